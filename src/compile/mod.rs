//! Slice × question → SQL.

use crate::model::catalog::Catalog;
use crate::model::export::ExportColumn;
use crate::model::failure::Failure;
use crate::model::question::Slice;

/// A statement.
pub struct Query(String);

impl Query {
    /// What our engine runs.
    pub fn executed(&self) -> &str {
        &self.0
    }

    /// What plain DuckDB runs as it is.
    pub fn portable(&self) -> String {
        self.0.clone()
    }
}

/// The members of a slice with these columns.
///
/// # Errors
/// When the slice does not fit the source.
pub fn list(
    _catalog: &Catalog,
    _slice: &Slice,
    _columns: &[ExportColumn],
    _neutralise_formulas: bool,
) -> Result<Query, Failure> {
    Err(Failure::new("nothing can be compiled yet", "", ""))
}
