//! A number's distribution.

use super::asked::{Asked, counts};
use super::rows::{Extent, bin_of, number_value, over_cohort};
use crate::bind::{Bins, BoundSlice, Range};
use crate::model::answer::{Counts, Histogram};
use crate::model::catalog::Column;
use crate::model::value::Value;
use crate::sql::Sql;

/// The least and greatest value in the cohort, as floats.
pub(super) fn range<'a>(
    cohort: &'a BoundSlice<'a>,
    number: &Column,
    extent: Extent,
) -> Asked<'a, Option<Range>> {
    let query = over_cohort(cohort, |scope| {
        let (value, outer) = match extent {
            Extent::All => (
                scope.column(number),
                Sql::raw("SELECT CAST(min(v) AS DOUBLE), CAST(max(v) AS DOUBLE) FROM rows"),
            ),
            Extent::Finite => (
                number_value(scope, number),
                Sql::raw("SELECT min(v), max(v) FROM rows WHERE isfinite(v)"),
            ),
        };
        (Sql::fill(", {} AS v", &[&value]), outer)
    });
    Asked::new(query, |rows| {
        let row = rows.first()?;
        let end = |column: usize| row.get(column)?.as_f64().filter(|end| end.is_finite());
        Ok(end(0).zip(end(1)).map(|(low, high)| Range::Numbers(low, high)))
    })
}

/// How many fall into each bin. A row per bin: its number (NULL for missing, -1 for not finite),
/// then the counts.
pub(super) fn histogram<'a>(
    slice: &'a BoundSlice<'a>,
    number: &Column,
    bins: Bins,
) -> Asked<'a, Histogram> {
    let query = over_cohort(slice, |scope| {
        (
            Sql::fill(", {} AS v", &[&number_value(scope, number)]),
            Sql::fill(
                "SELECT CASE WHEN v IS NULL THEN NULL WHEN NOT isfinite(v) THEN -1 ELSE {} END AS bin,\n  count(*) AS \"all\", count(*) FILTER (WHERE kept) AS kept\nFROM rows GROUP BY 1 ORDER BY 1",
                &[&bin_of(&Sql::raw("v"), bins)],
            ),
        )
    });
    Asked::new(query, move |rows| {
        let mut found = Histogram {
            start: bins.start,
            width: bins.width,
            bins: vec![Counts::default(); usize::from(bins.count)],
            missing: Counts::default(),
            not_finite: Counts::default(),
        };
        for row in &rows.rows {
            let place = match &row[0] {
                Value::Integer(-1) => &mut found.not_finite,
                Value::Integer(bin) => {
                    let bin = usize::try_from(*bin).unwrap_or(0).min(found.bins.len() - 1);
                    &mut found.bins[bin]
                }
                _ => &mut found.missing,
            };
            *place += counts(row, 1);
        }
        Ok(found)
    })
}
