//! The tables and views of a DuckDB file.

use super::facts::count_rows;
use super::files::log_of;
use super::probe::{Probe, reach};
use crate::disk;
use crate::model::catalog::{Column, Table, TableOrigin};
use crate::model::failure::{Failure, FailureKind};
use crate::model::finding::{Finding, Severity};
use crate::model::value::{Kind, Value};
use crate::sql::{Sql, facts, session};
use std::collections::BTreeMap;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// More entries of a log than these are not looked at.
const ENTRIES_MAX: u32 = 2_000_000;

/// Reads what tables and views there are, in every schema, as far as `shows` wants them. A view
/// that does not work is a finding.
///
/// # Errors
/// When the file cannot be read at all.
pub(super) fn tables(
    probe: &dyn Probe,
    path: &Path,
    shows: &dyn Fn(&TableOrigin) -> bool,
    findings: &mut Vec<Finding>,
    tell: &mut dyn FnMut(&str),
) -> Result<Vec<Table>, Failure> {
    if let Some(finding) = cut_short(probe, path)? {
        return Err(finding);
    }
    let mut out = Vec::new();
    let mut first_failure = None;
    let Some(database) = probe.database() else { return Ok(out) };
    let comments = comments(probe, &database)?;
    for origin in origins(probe, &database)?.into_iter().filter(|origin| shows(origin)) {
        if probe.is_cancelled() {
            return Err(super::probe::cancelled());
        }
        let name = handle(&origin);
        tell(&name);
        let is_view = matches!(origin, TableOrigin::View { .. });
        let mut table = Table { name, origin, columns: Vec::new(), rows: 0, time_column: None };
        probe.hurry(is_view);
        let found = read(probe, &mut table, &comments);
        probe.hurry(false);
        match found {
            Ok(()) => out.push(table),
            Err(_) if probe.is_cancelled() => return Err(super::probe::cancelled()),
            Err(failure) => {
                let what = if is_view { "view" } else { "table" };
                let first = failure.what.lines().next().unwrap_or_default().to_owned();
                let message = format!("the {what} {} cannot be read: {first}", table.name);
                // What to try about a statement is of no use where it stands in the file; how more
                // of the machine is allowed is.
                let hint = match is_view && failure.kind != FailureKind::Limit {
                    true => String::new(),
                    false => failure.hint.clone(),
                };
                first_failure = first_failure.or(Some(failure));
                let finding = Finding::new(Severity::Error, message).at(path, None);
                findings.push(if !hint.is_empty() {
                    finding.hint(hint)
                } else if is_view {
                    finding.hint("fix the view's statement; the other tables work")
                } else {
                    finding.hint("get another copy of the file, or a backup")
                });
            }
        }
    }
    if let Some(failure) = first_failure.filter(|_| out.is_empty()) {
        let place = || path.display().to_string();
        let place = if failure.place.is_empty() { place() } else { failure.place };
        return Err(Failure { place, ..failure });
    }
    out.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(out)
}

/// The name by which SQL reaches it: the schema is left out where it is `main`.
fn handle(origin: &TableOrigin) -> String {
    match origin {
        TableOrigin::Stored { schema, table } | TableOrigin::View { schema, table, .. } => {
            if schema == "main" { table.clone() } else { format!("{schema}.{table}") }
        }
        TableOrigin::Files { .. } | TableOrigin::Unnested { .. } => String::new(),
    }
}

fn origins(probe: &dyn Probe, database: &str) -> Result<Vec<TableOrigin>, Failure> {
    Ok(probe
        .rows(&facts::tables(database))?
        .into_iter()
        .filter_map(|row| {
            let mut cells = row.into_iter();
            let (schema, table) = (cells.next()?.display(), cells.next()?.display());
            Some(match cells.next()? {
                Value::Missing => TableOrigin::Stored { schema, table },
                sql => TableOrigin::View { schema, table, sql: sql.display() },
            })
        })
        .collect())
}

fn read(probe: &dyn Probe, table: &mut Table, comments: &Comments) -> Result<(), Failure> {
    let (schema, stored) = match &table.origin {
        TableOrigin::Stored { schema, table } | TableOrigin::View { schema, table, .. } => {
            (schema.clone(), table.clone())
        }
        TableOrigin::Files { .. } | TableOrigin::Unnested { .. } => (String::new(), String::new()),
    };
    table.columns = probe
        .columns(&session::everything(&reach(table)))?
        .into_iter()
        .map(|(name, type_name)| Column {
            kind: Kind::of_duckdb_type(&type_name),
            description: comments.get(&(schema.clone(), stored.clone(), name.clone())).cloned(),
            personal: None,
            name,
            type_name,
        })
        .collect();
    table.rows = count_rows(probe, table)?;
    Ok(())
}

/// Macros of the file's main schema whose names are those of built-in functions: in a shell that is
/// started on the file they stand in for them.
///
/// # Errors
/// When the database does not tell.
pub fn shadowing(probe: &dyn Probe, database: &str) -> Result<Vec<String>, Failure> {
    let listed = |sql: &Sql| -> Result<Vec<String>, Failure> {
        let names = probe.rows(sql)?;
        Ok(names.into_iter().filter_map(|row| row.first().map(Value::display)).collect())
    };
    // Listing functions is slow, and most files have none of their own.
    let own = listed(&session::own_functions(database))?;
    if own.is_empty() {
        return Ok(own);
    }
    let built_in = listed(&session::built_in_functions())?;
    Ok(own.into_iter().filter(|name| built_in.contains(name)).collect())
}

/// What the data team wrote about columns: schema, table and column, and the comment.
type Comments = BTreeMap<(String, String, String), String>;

/// Asked once for all tables: listing columns takes the database as long for one as for all.
fn comments(probe: &dyn Probe, database: &str) -> Result<Comments, Failure> {
    let commented = probe.rows(&facts::comments(database))?.into_iter().filter_map(|row| {
        let mut cells = row.into_iter().map(|cell| cell.display());
        Some(((cells.next()?, cells.next()?, cells.next()?), cells.next()?))
    });
    Ok(commented.collect())
}

/// A file that is shorter than what it says it holds would be read with silent gaps. What of it is
/// free and may be missing was looked at in the file, as far as it could be; here it is known only
/// how many blocks are free.
fn cut_short(probe: &dyn Probe, path: &Path) -> Result<Option<Failure>, Failure> {
    let Some(database) = probe.database() else { return Ok(None) };
    let found = super::probe::counts(probe, &facts::blocks(&database))?;
    let [block, blocks, free] = found.as_slice() else { return Ok(None) };
    let Ok(bytes) = std::fs::metadata(path).map(|m| m.len()) else { return Ok(None) };
    let needed = block.saturating_mul(blocks.saturating_sub(*free));
    Ok((bytes < needed).then(|| {
        let (message, hint) = super::files::cut_short(bytes, needed);
        Failure::new(message, path.display().to_string(), hint)
    }))
}

/// A log of changes that ends in the middle of one: what follows the break is lost, and DuckDB
/// says nothing about it.
pub(super) fn torn_log(path: &Path) -> Option<Finding> {
    let log = log_of(path);
    let file = disk::read::open(&log).ok()?;
    let length = file.metadata().ok().map(|facts| facts.len()).filter(|length| *length > 0)?;
    let mut entries = Entries { file: BufReader::new(file), length, left: ENTRIES_MAX };
    for start in 0..length.min(160) {
        // A log that is too long to be looked through, or cannot be read, says nothing.
        if entries.end_there(start).ok()?? {
            return None;
        }
    }
    Some(
        Finding::new(
            Severity::Warning,
            "the log of pending changes ends in the middle of a change; later changes are lost",
        )
        .at(log, None)
        .hint("copy it again while nothing writes to it; what is shown is the state before"),
    )
}

/// The entries of a log: each is its length, a checksum, and that many bytes.
struct Entries<F> {
    file: F,
    length: u64,
    /// So many more are looked at.
    left: u32,
}

impl<F: Read + Seek> Entries<F> {
    /// Whether a chain of entries that starts at `start` ends where the file ends; `None` when
    /// there are too many of them.
    fn end_there(&mut self, start: u64) -> std::io::Result<Option<bool>> {
        let mut at = start;
        self.file.seek(SeekFrom::Start(start))?;
        while at < self.length {
            let mut length = [0; 8];
            if self.length - at < 16 {
                return Ok(Some(false));
            }
            self.file.read_exact(&mut length)?;
            let length = u64::from_le_bytes(length);
            let rest = self.length - at - 16;
            if length == 0 || length > rest {
                return Ok(Some(false));
            }
            let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
            self.left = left;
            at += 16 + length;
            self.file.seek_relative(i64::try_from(8 + length).unwrap_or(i64::MAX))?;
        }
        Ok(Some(true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(entries: &[usize]) -> Vec<u8> {
        let mut bytes = vec![0x64, 0, 0x62, 0x65, 0, 2, 0xff, 0xff];
        for length in entries {
            bytes.extend((*length as u64).to_le_bytes());
            bytes.extend([7; 8]);
            bytes.extend(vec![0x64; *length]);
        }
        bytes
    }

    #[test]
    fn a_torn_log_is_noticed_and_a_whole_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.duckdb");
        let wal = folder.path().join("a.duckdb.wal");
        assert!(torn_log(&path).is_none());
        let whole = log(&[20, 4000, 5]);
        std::fs::write(&wal, &whole).unwrap();
        assert!(torn_log(&path).is_none());
        std::fs::write(&wal, &whole[..2000]).unwrap();
        assert!(torn_log(&path).is_some());
    }
}
