//! A date's distribution.

use super::asked::{Asked, counts};
use super::rows::{Extent, over_cohort, time_value};
use crate::bind::{BoundSlice, Periods, Range};
use crate::model::answer::{Counts, Timeline};
use crate::model::catalog::Column;
use crate::model::value::Value;
use crate::sql::{self, Sql};
use jiff::civil::{Date, DateTime};
use std::collections::BTreeMap;

/// The earliest and latest moment in the cohort, as text.
pub(super) fn range<'a>(
    cohort: &'a BoundSlice<'a>,
    moment: &Column,
    extent: Extent,
) -> Asked<'a, Option<Range>> {
    let query = over_cohort(cohort, |scope| {
        let ends = ["min(v)", "max(v)"].map(|end| scope.local_value(moment.kind, Sql::raw(end)));
        match extent {
            Extent::All => (
                Sql::fill(", {} AS v", &[&scope.column(moment)]),
                Sql::fill(
                    "SELECT CAST({} AS VARCHAR), CAST({} AS VARCHAR) FROM rows",
                    &[&ends[0], &ends[1]],
                ),
            ),
            Extent::Finite => (
                Sql::fill(", {} AS v", &[&time_value(scope, moment)]),
                Sql::raw(
                    "SELECT CAST(min(v) AS VARCHAR), CAST(max(v) AS VARCHAR) FROM rows WHERE isfinite(v)",
                ),
            ),
        }
    });
    Asked::new(query, |rows| {
        let row = rows.first()?;
        let end = |column: usize| civil(&row.get(column)?.display());
        Ok(end(0).zip(end(1)).map(|(low, high)| Range::Moments(low, high)))
    })
}

/// A day or moment as the database prints it; `None` for infinity and years that no calendar has.
fn civil(text: &str) -> Option<DateTime> {
    text.parse::<DateTime>().ok().or_else(|| text.parse::<Date>().ok().map(|d| d.at(0, 0, 0, 0)))
}

/// How many fall into each period. A row per period: its first moment as text (NULL for missing or
/// infinite), then the counts.
pub(super) fn timeline<'a>(
    slice: &'a BoundSlice<'a>,
    moment: &Column,
    periods: &'a Periods,
) -> Asked<'a, Timeline> {
    let query = over_cohort(slice, |scope| {
        (
            Sql::fill(", {} AS v", &[&time_value(scope, moment)]),
            Sql::fill(
                "SELECT strftime(period, '%Y-%m-%d %H:%M:%S') AS period, \"all\", kept\nFROM (\n  SELECT CASE WHEN isfinite(v) THEN CAST(date_trunc({}, v) AS TIMESTAMP) END AS period,\n    count(*) AS \"all\", count(*) FILTER (WHERE kept) AS kept\n  FROM rows GROUP BY 1\n) ORDER BY 1",
                &[&sql::text(periods.unit.word())],
            ),
        )
    });
    Asked::new(query, move |rows| {
        let mut missing = Counts::default();
        let mut found: BTreeMap<String, Counts> = BTreeMap::new();
        for row in &rows.rows {
            match &row[0] {
                Value::Missing => missing += counts(row, 1),
                period => *found.entry(period.display()).or_default() += counts(row, 1),
            }
        }
        // Years before 1 have no fixed width; they come first as the database gave them.
        let mut shown: Vec<(String, Counts)> = Vec::with_capacity(periods.starts.len());
        for start in &periods.starts {
            let counts = found.remove(start).unwrap_or_default();
            shown.push((start.clone(), counts));
        }
        shown.splice(0..0, found);
        Ok(Timeline { unit: periods.unit, periods: shown, missing })
    })
}
