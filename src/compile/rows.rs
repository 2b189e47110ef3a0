//! What the statements of several questions share: the rows of a cohort with what is asked of them.

use super::Query;
use super::scope::Scope;
use crate::bind::{Bins, BoundSlice};
use crate::model::catalog::Column;
use crate::model::value::Value;
use crate::sql::{self, Sql};

/// Which least and greatest value is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Of all values: a stored column knows it without being read, but it may be infinite or NaN.
    All,
    /// Of the finite values.
    Finite,
}

/// The condition on a line of its own; nothing for none.
pub(super) fn where_(condition: Option<Sql>) -> Sql {
    condition.map_or_else(Sql::default, |c| Sql::fill("\nWHERE {}", &[&c]))
}

/// The condition of the cohort and of the clauses; `None` for everyone.
pub(super) fn keep_condition(scope: &mut Scope<'_>) -> Option<Sql> {
    let cohort = scope.in_cohort();
    let kept = scope.kept();
    let both: Vec<Sql> = cohort.into_iter().chain(kept).collect();
    (!both.is_empty()).then(|| Sql::all_of(both))
}

/// A statement over `rows`: the cohort's rows with the wanted columns and `kept`.
///
/// `plan` gives the extra columns of `rows` (empty, or starting with a comma) and the outer
/// statement.
pub(super) fn over_cohort(
    slice: &BoundSlice<'_>,
    plan: impl FnOnce(&Scope<'_>) -> (Sql, Sql),
) -> Query {
    over(Scope::new(slice), plan)
}

/// The same, for a scope with a dialect of its own.
pub(super) fn over(mut scope: Scope<'_>, plan: impl FnOnce(&Scope<'_>) -> (Sql, Sql)) -> Query {
    let cohort = where_(scope.in_cohort());
    let kept = match scope.kept() {
        None => Sql::raw("TRUE"),
        Some(condition) => Sql::fill("coalesce({}, FALSE)", &[&condition]),
    };
    let (columns, outer) = plan(&scope);
    let from = scope.from();
    let rows = Sql::fill("  SELECT {} AS kept{}\n  FROM {}{}", &[&kept, &columns, &from, &cohort]);
    let mut query = scope.query(outer);
    query.name_first("rows", rows);
    query
}

/// A number as a float.
pub(super) fn number_value(scope: &Scope<'_>, number: &Column) -> Sql {
    Sql::fill("CAST({} AS DOUBLE)", &[&scope.column(number)])
}

/// A date or moment as clocks in the stated zone show it.
pub(super) fn time_value(scope: &Scope<'_>, moment: &Column) -> Sql {
    let value = scope.local_value(moment.kind, scope.column(moment));
    Sql::fill("CAST({} AS TIMESTAMP)", &[&value])
}

/// The number of the bin that a value falls into.
pub(super) fn bin_of(value: &Sql, bins: Bins) -> Sql {
    let start = sql::literal(&Value::Float(bins.start));
    let width = sql::literal(&Value::Float(bins.width));
    let last = sql::number(i128::from(bins.count) - 1);
    Sql::fill(
        "CAST(least(greatest(floor(({} - {}) / {}), 0), {}) AS INTEGER)",
        &[value, &start, &width, &last],
    )
}
