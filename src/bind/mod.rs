//! Slice × catalog → bound slice, question × catalog → bound question: what is asked, with nothing
//! left to look up.
//!
//! ```text
//! slice ──────binder──▶ BoundSlice: cohort found, condition with columns, tables, ways, literals
//! question ──question──▶ BoundQuestion: its slice, its features, its bins and periods
//! ```
//!
//! What holds here:
//!
//! - Pure: nothing is read, no clock is asked, no dialect is known. Whoever answers a bound question,
//!   a database or something else, decides nothing more about what it means.
//! - Every name is the thing that it names: a column of the catalog, a table, the steps to it.
//! - A constant has the type of what it is compared with, moments are moments, now is worked out, and a day that a moment
//!   is compared with is the span that it means.
//! - What a negation does with missing values is said at it; NaN is missing wherever a column says
//!   so.
//!
//! Bins and periods need to know the least and the greatest value: [`ranges`] says of what, and
//! [`question`] takes the answers.
//!
//! Start at [`slice()`], then `binder.rs`.

mod binder;
mod bins;
mod bound;
mod constant;
mod error;
mod identity;
mod literal;
mod question;

pub use bins::{Bins, Periods};
pub use bound::{BoundSlice, Clause, ColumnUse, Condition, Expr, Figure, Measure, Members, Test};
pub use constant::Constant;
pub use error::{BindError, Reason};
pub use question::{BoundQuestion, Range, RangeOf, RelatedRows, question, ranges};

use crate::model::catalog::Catalog;
use crate::model::question::Slice;

/// A slice with every name found.
///
/// # Errors
/// When it names something that the catalog does not have, or compares what cannot be compared.
pub fn slice<'a>(catalog: &'a Catalog, slice: &'a Slice) -> Result<BoundSlice<'a>, BindError> {
    binder::bind(catalog, slice, &slice.tree)
}

/// Everyone of the entity that a slice is about.
///
/// # Errors
/// When the catalog does not have it.
pub fn everyone<'a>(catalog: &'a Catalog, slice: &'a Slice) -> Result<BoundSlice<'a>, BindError> {
    Ok(BoundSlice { cohort: None, ..binder::without_clauses(catalog, slice)? })
}
