//! A statement with the reading of its rows.

use super::Query;
use crate::model::failure::{Failure, FailureKind};
use crate::model::question::Counts;
use crate::model::value::Value;

/// What a statement gave.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<Value>>,
}

type Read<'a, T> = Box<dyn FnOnce(Rows) -> Result<T, Failure> + 'a>;

/// A statement, and how its rows become an answer.
pub struct Asked<'a, T> {
    /// The statement.
    pub query: Query,
    /// Some cells are of types that must be told apart (dates from text), or the columns are not
    /// known before.
    pub is_typed: bool,
    read: Read<'a, T>,
}

impl<'a, T: 'a> Asked<'a, T> {
    pub(super) fn new(query: Query, read: impl FnOnce(Rows) -> Result<T, Failure> + 'a) -> Self {
        Self { query, is_typed: false, read: Box::new(read) }
    }

    /// The same, with the types of its cells.
    pub(super) fn typed(self) -> Self {
        Self { is_typed: true, ..self }
    }

    pub(super) fn map<U>(self, then: impl FnOnce(T) -> U + 'a) -> Asked<'a, U> {
        let read = self.read;
        Asked {
            query: self.query,
            is_typed: self.is_typed,
            read: Box::new(move |rows| Ok(then(read(rows)?))),
        }
    }

    /// The answer.
    ///
    /// # Errors
    /// When the rows are not those of the statement.
    pub fn read(self, rows: Rows) -> Result<T, Failure> {
        (self.read)(rows)
    }
}

impl Rows {
    /// The first row.
    pub(super) fn first(&self) -> Result<&[Value], Failure> {
        self.rows.first().map(Vec::as_slice).ok_or_else(|| {
            Failure::new("the database gave no answer", "", "open the source again")
                .of(FailureKind::OwnFault)
        })
    }
}

/// A count in a row.
pub(super) fn count(row: &[Value], column: usize) -> u64 {
    row.get(column).and_then(Value::as_u64).unwrap_or(0)
}

/// Two counts side by side: `all`, `kept`.
pub(super) fn counts(row: &[Value], column: usize) -> Counts {
    Counts { all: count(row, column), kept: count(row, column + 1) }
}
