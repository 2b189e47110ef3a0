//! What the dialects of SQL write differently: names, values, and what conditions need. All else that a bound slice needs is
//! the same in each: comparisons, `IN`, `BETWEEN`, `IS DISTINCT FROM`, joins, `FILTER`.

use super::Sql;
use crate::model::catalog::{KeyForm, TableOrigin};
use crate::model::clause::{Arithmetic, Case, CastType, Function, TextMatch};
use crate::model::value::Value;

/// A dialect of SQL: how it prints pieces, and what it says where conditions differ.
pub trait Dialect {
    /// What stands after `FROM` to read a table where it lives.
    fn relation(&self, origin: &TableOrigin) -> Sql;

    /// Writes a name in quotes.
    fn write_name(&self, name: &str, out: &mut String) {
        out.push('"');
        out.push_str(&name.replace('"', "\"\""));
        out.push('"');
    }

    /// Writes a value as a literal of its own type.
    fn write_value(&self, value: &Value, out: &mut String);

    /// A function of its arguments.
    fn call(&self, function: Function, arguments: &[Sql]) -> Sql;

    /// Two numbers combined, or a moment moved.
    fn arithmetic(&self, operation: Arithmetic, left: &Sql, right: &Sql) -> Sql;

    /// A conversion; what does not fit is missing.
    fn cast(&self, value: &Sql, to: CastType) -> Sql;

    /// Whether a text matches a pattern.
    fn matches(&self, how: TextMatch, text: &Sql, pattern: &str, case: Case) -> Sql;

    /// Whether a list has any of these values.
    fn has_any(&self, list: &Sql, values: &[Value]) -> Sql;

    /// Whether a list has all of these values.
    fn has_all(&self, list: &Sql, values: &[Value]) -> Sql;

    /// The month and the day of a day or moment, `MM-DD`.
    fn day_of_year(&self, moment: &Sql) -> Sql;

    /// A moment with a zone, as clocks show it whose offsets from UTC, in microseconds, hold from
    /// these microseconds since 1970 on.
    fn local_time(&self, moment: &Sql, offsets: &[(i64, i64)]) -> Sql;

    /// A float, missing where it is NaN.
    fn without_nan(&self, float: &Sql) -> Sql;

    /// A field of a struct.
    fn field(&self, of: &Sql, name: &str) -> Sql;

    /// A key as it is compared with one of another type.
    fn key(&self, key: Sql, form: KeyForm) -> Sql;
}
