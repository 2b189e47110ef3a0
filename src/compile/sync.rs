//! The members of a slice on their way to a destination: the key as text, and each feature as JSON,
//! in the order of the keys' bytes.

use super::Query;
use super::rows::{keep_condition, where_};
use super::scope::Scope;
use crate::bind::BoundSlice;
use crate::model::catalog::Column;
use crate::model::export::ExportFormat;
use crate::sql::copy::{CellForm, as_text, cell};
use crate::sql::{Sql, ident};

/// The name of the key's column.
pub const KEY: &str = "key";

/// The name of a feature's column, by its place.
pub fn feature_column(place: usize) -> String {
    format!("f{place}")
}

/// Rows with the key of each member as text and these features as JSON, in the order of that text.
/// A missing value is missing.
pub fn sync_rows(slice: &BoundSlice<'_>, key: &Column, features: &[&Column]) -> Query {
    let mut scope = Scope::new(slice);
    let keep = keep_condition(&mut scope);
    let form = CellForm {
        format: ExportFormat::JsonLines,
        neutralise_formulas: false,
        wide_as_text: false,
    };
    let first = Sql::fill("{} AS {}", &[&as_text(scope.column(key), key), &ident(KEY)]);
    let cells = features.iter().enumerate().map(|(place, feature)| {
        let value = scope.column(feature);
        let json = cell(value.clone(), feature, &form);
        Sql::fill(
            "CASE WHEN {} IS NOT NULL THEN {} END AS {}",
            &[&value, &json, &ident(&feature_column(place))],
        )
    });
    let columns = Sql::join(std::iter::once(first).chain(cells), ",\n  ");
    let from = scope.from();
    // Bytes, whatever the database's collation is: the ledger has the same order.
    scope.query(Sql::fill(
        "SELECT {}\nFROM {}{}\nORDER BY 1 COLLATE \"binary\" NULLS FIRST",
        &[&columns, &from, &where_(keep)],
    ))
}
