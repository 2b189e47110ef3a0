//! The only file that names duckdb.

use crate::model::failure::Failure;
use crate::model::value::Value;

/// The database.
pub struct Store {}

/// What a statement gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// Column names.
    pub columns: Vec<String>,
    /// One value per column.
    pub rows: Vec<Vec<Value>>,
}

/// Why a statement failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StoreError(String);

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(error.0, "", "")
    }
}

impl Store {
    /// Runs a statement and gives its rows.
    ///
    /// # Errors
    /// When it fails.
    pub fn query(&self, _sql: &str) -> Result<Rows, StoreError> {
        Err(StoreError("no session exists yet".into()))
    }
}
