//! SQLite files: every table of one is a table here.
//!
//! SQLite is told to trust nothing that stands in the file: no view, no function and no virtual
//! table of it is run, and it is opened for reading only, as a file that nobody changes. Changes
//! that wait in a log beside the file are joined in a copy of both, so that the person's own stay
//! as they are.

use super::cells::{self, Cell, CellShape, Note};
use super::names::counted;
use super::probe::{Probe, cancelled};
use crate::disk::{PrivateFolder, read, write};
use crate::model::catalog::{ForeignKind, ForeignReader};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::sql::{foreign as statements, ident, session};
use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The first bytes of an SQLite file.
pub(super) const HEAD: &[u8] = b"SQLite format 3\0";
/// Tables of one file beyond these are not read.
const TABLES_MAX: usize = 2000;

/// A table of a file, and how it is read.
pub(super) struct FoundTable {
    pub table: String,
    pub reader: ForeignReader,
}

/// The tables of a file with a column each.
///
/// # Errors
/// When it is damaged, or it was cancelled.
pub(super) fn tables(
    probe: &dyn Probe,
    path: &Path,
    findings: &mut Vec<Finding>,
) -> Result<Vec<FoundTable>, Failure> {
    let file = Opened::new(path)?;
    let names = file.names().map_err(|error| damaged(path, &error))?;
    let mut found = Vec::new();
    if names.len() > TABLES_MAX {
        let message = format!("{} tables are too many: only {TABLES_MAX} are read", names.len());
        findings.push(Finding::new(Severity::Warning, message).at(path, None));
    }
    for table in names.into_iter().take(TABLES_MAX) {
        let mut shapes: Vec<CellShape> = Vec::new();
        let mut row = 0;
        let looked = file.each(&table, &mut |cells| {
            row += 1;
            shapes.resize_with(cells.len().max(shapes.len()), CellShape::default);
            for (shape, cell) in shapes.iter_mut().zip(cells) {
                shape.take(cell, row);
            }
            !cells::is_over(probe, row)
        });
        if probe.is_cancelled() {
            return Err(cancelled());
        }
        let seen = match looked {
            Ok(seen) => seen,
            Err(error) => {
                let message = format!("the table {table} cannot be read: {error}");
                let hint = "get another copy of the file";
                findings.push(Finding::new(Severity::Error, message).at(path, None).hint(hint));
                continue;
            }
        };
        shapes.resize_with(seen.columns.len(), CellShape::default);
        let mut notes = Vec::new();
        let columns = cells::columns(&seen.columns, &shapes, &mut notes);
        if seen.not_utf8 > 0 {
            let count = counted(seen.not_utf8, "text");
            let message = format!("{count} not in UTF-8: bytes that cannot be read are shown as �");
            notes.push(Note { severity: Severity::Warning, message, seen: None });
        }
        findings.extend(notes.into_iter().map(|note| note.finding(path, &table)));
        let kind = ForeignKind::Sqlite { table: table.clone() };
        found.push(FoundTable { table, reader: ForeignReader { kind, columns } });
    }
    Ok(found)
}

/// Hands over the rows of a table until `take` says that it is enough.
///
/// # Errors
/// When the file is damaged.
pub(super) fn rows(
    path: &Path,
    table: &str,
    take: &mut dyn FnMut(&[Cell]) -> bool,
) -> Result<(), Failure> {
    let file = Opened::new(path)?;
    file.each(table, take).map_err(|error| damaged(path, &error))?;
    Ok(())
}

/// A file, opened for reading.
struct Opened {
    connection: Connection,
    /// Where the copy is, when one was made.
    _copy: Option<PrivateFolder>,
}

/// What was seen of a table.
struct Seen {
    columns: Vec<String>,
    /// Texts that are not UTF-8.
    not_utf8: u64,
}

impl Opened {
    fn new(path: &Path) -> Result<Self, Failure> {
        let logs = logs_of(path);
        let waiting = logs.iter().any(|log| std::fs::metadata(log).is_ok_and(|f| f.len() > 0));
        let copy = match waiting {
            true => Some(copied(path, &logs)?),
            false => None,
        };
        let (uri, flags) = match &copy {
            Some(folder) => {
                (uri(&folder.path().join("copy"), ""), OpenFlags::SQLITE_OPEN_READ_WRITE)
            }
            None => (uri(path, "?immutable=1"), OpenFlags::SQLITE_OPEN_READ_ONLY),
        };
        let flags = flags | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let opened = Connection::open_with_flags(uri, flags).and_then(|connection| {
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_VIEW, false)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false)?;
            // Damaged cells are refused where they stand.
            connection.pragma_update(None, "cell_size_check", true)?;
            Ok(connection)
        });
        let connection = opened.map_err(|error| damaged(path, &error))?;
        Ok(Self { connection, _copy: copy })
    }

    /// Tables with rows of their own: no views, no virtual tables, none of SQLite itself.
    fn names(&self) -> rusqlite::Result<Vec<String>> {
        let mut statement = self.connection.prepare(&statements::sqlite_tables().text())?;
        let names = statement.query_map([], |row| row.get(0))?;
        names.collect()
    }

    /// Hands over the rows of a table, in their order.
    fn each(&self, table: &str, take: &mut dyn FnMut(&[Cell]) -> bool) -> rusqlite::Result<Seen> {
        let everything = session::everything(&ident(table));
        let mut statement = self.connection.prepare(&everything.text())?;
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut seen = Seen { columns, not_utf8: 0 };
        let mut rows = statement.query([])?;
        let mut cells = Vec::with_capacity(seen.columns.len());
        while let Some(row) = rows.next()? {
            cells.clear();
            for i in 0..seen.columns.len() {
                cells.push(match row.get_ref(i)? {
                    ValueRef::Null => Cell::Missing,
                    ValueRef::Integer(n) => Cell::Whole(n),
                    ValueRef::Real(x) => Cell::Number(x),
                    ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
                    ValueRef::Text(bytes) => {
                        let text = String::from_utf8_lossy(bytes);
                        seen.not_utf8 += u64::from(matches!(text, std::borrow::Cow::Owned(_)));
                        Cell::Text(text.into_owned())
                    }
                });
            }
            if !take(&cells) {
                break;
            }
        }
        Ok(seen)
    }
}

/// The files in which SQLite keeps changes on their way into a file, or what they replaced.
pub(super) fn logs_of(path: &Path) -> [PathBuf; 2] {
    ["-wal", "-journal"].map(|end| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        name.into()
    })
}

/// A copy of the file and of what waits beside it.
fn copied(path: &Path, logs: &[PathBuf; 2]) -> Result<PrivateFolder, Failure> {
    let told = |error: std::io::Error| {
        Failure::new(
            format!("changes wait in a log beside the file, and the two cannot be copied: {error}"),
            path.display().to_string(),
            "close the program that has it open, which then writes them into the file",
        )
    };
    let folder = PrivateFolder::create("sqlite").map_err(told)?;
    for (from, end) in [(path, ""), (&logs[0], "-wal"), (&logs[1], "-journal")] {
        if !end.is_empty() && !from.is_file() {
            continue;
        }
        let mut file = read::open(from).map_err(told)?;
        write::copy_into(&mut file, &folder.path().join(format!("copy{end}"))).map_err(told)?;
    }
    Ok(folder)
}

/// A path as SQLite takes it, with options after it.
fn uri(path: &Path, options: &str) -> String {
    let mut out = String::from("file:");
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    for byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => {
                out.push(char::from(*byte));
            }
            // Text grows without failing.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out + options
}

fn damaged(path: &Path, error: &rusqlite::Error) -> Failure {
    Failure::new(
        format!("the SQLite database cannot be read: {error}"),
        path.display().to_string(),
        "get another copy of the file",
    )
}
