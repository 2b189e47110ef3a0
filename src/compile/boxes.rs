//! A number's spread per value of another feature.

use super::asked::{Asked, count};
use super::rows::{number_value, over_cohort};
use crate::bind::BoundSlice;
use crate::model::answer::BoxSummary;
use crate::model::catalog::Column;
use crate::model::value::Value;
use crate::sql::{self, Sql};

/// Five-number summaries per group, the largest group first: group, count, then the five.
pub(super) fn boxes<'a>(
    slice: &'a BoundSlice<'a>,
    number: &Column,
    by: &Column,
    top: u16,
) -> Asked<'a, Vec<BoxSummary>> {
    let query = over_cohort(slice, |scope| {
        let (value, group) = (number_value(scope, number), scope.column(by));
        let five = ["0", "0.25", "0.5", "0.75", "1"]
            .map(|p| Sql::fill("quantile_cont(v, {})", &[&Sql::raw(p)]));
        (
            Sql::fill(", {} AS v, {} AS g", &[&value, &group]),
            Sql::fill(
                "SELECT g, count(*) AS members, {}\nFROM rows WHERE kept AND isfinite(v) GROUP BY g ORDER BY members DESC, g LIMIT {}",
                &[&Sql::join(five, ", "), &sql::number(top)],
            ),
        )
    });
    let asked = Asked::new(query, |rows| {
        let summary = |row: &Vec<Value>| BoxSummary {
            group: row[0].clone(),
            count: count(row, 1),
            five: std::array::from_fn(|i| row[2 + i].as_f64().unwrap_or(0.0)),
        };
        Ok(rows.rows.iter().map(summary).collect())
    });
    asked.typed()
}
