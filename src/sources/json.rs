//! How a JSON file is read: as lines, as one array, or as documents one after another.

use super::probe::Probe;
use crate::model::catalog::Reader;
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::sql::{Sql, text};
use std::path::PathBuf;

/// Finds out how JSON files are read, looking at all of their records.
///
/// # Errors
/// When they are not JSON.
pub(super) fn reader(probe: &dyn Probe, paths: &[PathBuf]) -> Result<Reader, Failure> {
    let list = paths.iter().map(|p| text(&p.to_string_lossy()));
    let list = Sql::join(list, ", ");
    let mut first = None;
    let mut formats = ["newline_delimited", "array", "unstructured"];
    if paths.iter().any(|path| super::files::starts_with_bracket(path)) {
        formats.swap(0, 1);
    }
    for format in formats {
        let sql = Sql::fill(
            "SELECT * FROM read_json([{}], format = {}, sample_size = -1, union_by_name = true, \
             maximum_object_size = 134217728)",
            &[&list, &text(format)],
        );
        match probe.columns(&sql) {
            Ok(columns) => return Ok(Reader::Json { format: format.to_owned(), columns }),
            Err(_) if probe.is_cancelled() => return Err(super::probe::cancelled()),
            Err(failure) => first = first.or(Some(failure)),
        }
    }
    let place = paths.first().map(|p| p.display().to_string()).unwrap_or_default();
    let what = first.map(|f| f.what).unwrap_or_default();
    let what = what.lines().next().unwrap_or_default();
    Err(Failure::new(
        format!("the file cannot be read as JSON: {what}"),
        place,
        "check that it holds whole JSON records",
    ))
}

/// The same reader with every date and moment as text; `None` when there is none. The sniffer
/// knows more ways to write a date than the reader does.
pub(super) fn with_plain_dates(reader: &Reader, findings: &mut Vec<Finding>) -> Option<Reader> {
    let Reader::Json { format, columns } = reader else { return None };
    let dated = |t: &str| t.starts_with("DATE") || t.starts_with("TIME");
    let changed: Vec<String> =
        columns.iter().filter(|(_, t)| dated(t)).map(|(name, _)| name.clone()).collect();
    if changed.is_empty() {
        return None;
    }
    findings.push(Finding::new(
        Severity::Note,
        format!("kept as text, for not every value is an ISO date: {}", changed.join(", ")),
    ));
    let columns = columns
        .iter()
        .map(|(name, t)| (name.clone(), if dated(t) { "VARCHAR".to_owned() } else { t.clone() }))
        .collect();
    Some(Reader::Json { format: format.clone(), columns })
}
