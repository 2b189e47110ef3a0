//! What discovery asks of a database, so that it need not know which one.

use crate::model::catalog::{Reader, Table, TableOrigin};
use crate::model::failure::Failure;
use crate::model::value::Value;
use crate::sql::{Sql, ident, relation};
use std::path::PathBuf;

/// A database that can be asked about a source.
pub trait Probe {
    /// The rows of a statement.
    ///
    /// # Errors
    /// When it does not run, or was cancelled.
    fn rows(&self, sql: &Sql) -> Result<Vec<Vec<Value>>, Failure>;

    /// The names and types of a statement's columns; nothing is run.
    ///
    /// # Errors
    /// When the statement does not fit the tables.
    fn columns(&self, sql: &Sql) -> Result<Vec<(String, String)>, Failure>;

    /// Runs a statement without rows.
    ///
    /// # Errors
    /// When it does not run, or was cancelled.
    fn run(&self, sql: &Sql) -> Result<(), Failure>;

    /// Makes files readable as the table `name`, and tells now and then how far it is. Gives how many
    /// rows were read; `None` where that has to be asked.
    ///
    /// # Errors
    /// When a file cannot be read, or it was cancelled.
    fn name_files(
        &self,
        name: &str,
        paths: &[PathBuf],
        reader: &Reader,
        tell: &mut dyn FnMut(Option<f32>),
    ) -> Result<Option<u64>, Failure>;

    /// Under which name the source's database file is attached now; `None` when it is other files.
    ///
    /// Asked instead of the file itself: opening and closing a file drops the lock that this
    /// process has on it.
    fn database(&self) -> Option<String>;

    /// Whether statements from now on have the little time in which a view must answer while a
    /// source is opened: it may be without an end.
    fn hurry(&self, on: bool);

    /// Whether the last statement was stopped because its time was up.
    fn was_late(&self) -> bool;

    /// Notes that something was not found out because its time was up.
    fn note_missed(&self);

    /// How often that was.
    fn missed(&self) -> u64;

    /// Whether the work is to stop.
    fn is_cancelled(&self) -> bool;
}

/// What stands after `FROM` while a source is open: a table's own name in a database, the handle
/// for files.
pub fn reach(table: &Table) -> Sql {
    match &table.origin {
        TableOrigin::Files { .. } => ident(&table.name),
        stored => relation(stored),
    }
}

/// What a statement found, or what counts when it did not end in its time. What was missed is told
/// when the source is open.
///
/// # Errors
/// Every other failure.
pub(super) fn in_time<T>(
    probe: &dyn Probe,
    found: Result<T, Failure>,
    late: T,
) -> Result<T, Failure> {
    if found.is_err() && probe.was_late() {
        probe.note_missed();
        return Ok(late);
    }
    found
}

/// Asks about tables; in a hurry when one of them is a view, which may be without an end.
pub(super) fn about<T>(probe: &dyn Probe, tables: &[&Table], ask: impl FnOnce() -> T) -> T {
    probe.hurry(tables.iter().any(|table| table.origin.is_view()));
    let found = ask();
    probe.hurry(false);
    found
}

/// The whole numbers of the one row that a statement of counts gives.
///
/// # Errors
/// When it does not run, or was cancelled.
pub(super) fn counts(probe: &dyn Probe, sql: &Sql) -> Result<Vec<u64>, Failure> {
    let rows = probe.rows(sql)?;
    let row = rows.into_iter().next().unwrap_or_default();
    Ok(row.iter().map(|cell| cell.as_u64().unwrap_or(0)).collect())
}

/// The failure that says that the work was stopped.
pub(super) fn cancelled() -> Failure {
    Failure::cancelled()
}
