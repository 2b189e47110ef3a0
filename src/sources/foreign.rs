//! The rows of tables that the database does not read by itself, from whichever kind of file.

use super::cells::{Cell, text_of};
use super::probe::cancelled;
use super::{sqlite, workbook};
use crate::model::catalog::{ForeignKind, ForeignReader};
use crate::model::failure::Failure;
use std::path::Path;

/// What takes a row, each cell as text; a sentence about what it cannot take.
pub(super) type TakeRow<'a> = &'a mut dyn FnMut(&[Option<String>]) -> Result<(), String>;

/// Hands over the rows of a table that the database does not read by itself, each cell as text.
/// It stops when `is_over` says so, or `take` gives a sentence about what it cannot take.
///
/// # Errors
/// When the file cannot be read.
pub fn rows_of(
    path: &Path,
    reader: &ForeignReader,
    is_over: &dyn Fn() -> bool,
    take: TakeRow<'_>,
) -> Result<(), Failure> {
    let types: Vec<&str> = reader.columns.iter().map(|c| c.type_name.as_str()).collect();
    let mut refused = None;
    let mut row = Vec::with_capacity(types.len());
    let hand_over = &mut |cells: &[Cell]| {
        row.clear();
        row.extend(cells.iter().zip(&types).map(|(cell, type_name)| text_of(cell, type_name)));
        if let Err(message) = take(&row) {
            refused = Some(message);
        }
        refused.is_none() && !is_over()
    };
    match &reader.kind {
        ForeignKind::Sqlite { table } => sqlite::rows(path, table, hand_over)?,
        ForeignKind::Sheet(sheet) => workbook::rows(path, sheet, hand_over)?,
    }
    match refused {
        Some(message) => Err(Failure::new(message, path.display().to_string(), "")),
        None if is_over() => Err(cancelled()),
        None => Ok(()),
    }
}
