//! The rows of a sync that did not arrive for sure, as a file.

use crate::activate::ledger::Ledger;
use crate::disk::{PartFile, write};
use crate::model::failure::Failure;
use crate::sql::copy;
use regex::Regex;
use std::io::{BufWriter, Write as _};
use std::path::Path;

/// Writes them as CSV, whole or not at all; says how many there are.
///
/// # Errors
/// When the ledger cannot be read or the file cannot be written.
pub fn write_failed(ledger: &Ledger, run: u64, to: &Path) -> Result<u64, Failure> {
    let cannot = |error: std::io::Error| {
        let what = format!("the file cannot be written: {error}");
        Failure::new(what, to.display().to_string(), "choose another place")
    };
    let target = write::behind_link(to).map_err(cannot)?;
    let mut part = PartFile::of(&target).map_err(cannot)?;
    let formula = Regex::new(copy::FORMULA_START).expect("the pattern is right");
    let mut rows = 0;
    {
        let mut out = BufWriter::new(part.file());
        out.write_all(b"key,change,outcome,why\n").map_err(cannot)?;
        ledger.failed_rows(run, &mut |row| {
            rows += 1;
            let cells = [&row.key, &row.op, &row.outcome, &row.message];
            let cells = cells.map(|cell| quoted(cell, &formula));
            writeln!(out, "{}", cells.join(",")).map_err(cannot)
        })?;
        out.flush().map_err(cannot)?;
    }
    part.rename().map_err(cannot)?;
    Ok(rows)
}

/// A cell as RFC 4180 has it; text that a spreadsheet would run gets an apostrophe in front, by the
/// rule of lists.
fn quoted(cell: &str, formula: &Regex) -> String {
    let guard = if formula.is_match(cell) { "'" } else { "" };
    match cell.contains([',', '"', '\n', '\r']) || !guard.is_empty() {
        true => format!("\"{guard}{}\"", cell.replace('"', "\"\"")),
        false => cell.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_needed_and_run_nothing() {
        let formula = Regex::new(copy::FORMULA_START).unwrap();
        let quoted = |cell| quoted(cell, &formula);
        assert_eq!(quoted("plain"), "plain");
        assert_eq!(quoted("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
        assert_eq!(quoted("\u{FEFF} @sum"), "\"'\u{FEFF} @sum\"");
    }
}
