//! A feature's most frequent values.

use super::asked::{Asked, count, counts};
use super::rows::over_cohort;
use crate::bind::BoundSlice;
use crate::model::answer::{Counts, Values};
use crate::model::catalog::Column;
use crate::model::value::Kind;
use crate::sql::{self, Sql};

/// A row per value: it, the counts, then the same on every row: the counts over all values found,
/// how many different ones, and the counts of the missing. Without any value there is one row whose
/// value is NULL.
pub(super) fn values<'a>(
    slice: &'a BoundSlice<'a>,
    feature: &Column,
    top: u16,
    search: &str,
) -> Asked<'a, Values> {
    let mut query = over_cohort(slice, |scope| {
        let value = scope.column(feature);
        let value = match feature.kind {
            Kind::List | Kind::Nested | Kind::Binary | Kind::Interval | Kind::Time => {
                Sql::fill("CAST({} AS VARCHAR)", &[&value])
            }
            _ => value,
        };
        let found = if search.is_empty() {
            Sql::raw("v IS NOT NULL")
        } else {
            let search = sql::text(search);
            Sql::fill("contains(lower(CAST(v AS VARCHAR)), lower({}))", &[&search])
        };
        let outer = Sql::fill(
            "SELECT f.v, coalesce(f.\"all\", 0) AS \"all\", coalesce(f.kept, 0) AS kept, t.*\nFROM (\n  SELECT CAST(coalesce(sum(\"all\") FILTER (WHERE {}), 0) AS BIGINT) AS all_total,\n    CAST(coalesce(sum(kept) FILTER (WHERE {}), 0) AS BIGINT) AS kept_total,\n    count(*) FILTER (WHERE {}) AS distinct_total,\n    CAST(coalesce(sum(\"all\") FILTER (WHERE v IS NULL), 0) AS BIGINT) AS all_missing,\n    CAST(coalesce(sum(kept) FILTER (WHERE v IS NULL), 0) AS BIGINT) AS kept_missing\n  FROM counts\n) AS t\nLEFT JOIN (SELECT * FROM counts WHERE {} ORDER BY kept DESC, \"all\" DESC, v LIMIT {}) AS f ON TRUE\nORDER BY f.kept DESC, f.\"all\" DESC, f.v",
            &[&found, &found, &found, &found, &sql::number(top)],
        );
        (Sql::fill(", {} AS v", &[&value]), outer)
    });
    query.name_first(
        "counts",
        Sql::raw("  SELECT v, count(*) AS \"all\", count(*) FILTER (WHERE kept) AS kept FROM rows GROUP BY v"),
    );
    let asked = Asked::new(query, |rows| {
        let row = rows.first()?;
        let (total, distinct, missing) = (counts(row, 3), count(row, 5), counts(row, 6));
        let (mut top, mut shown) = (Vec::new(), Counts::default());
        for mut row in rows.rows.into_iter().filter(|row| !row[0].is_missing()) {
            let counts = counts(&row, 1);
            shown += counts;
            top.push((row.swap_remove(0), counts));
        }
        let others = Counts { all: total.all - shown.all, kept: total.kept - shown.kept };
        Ok(Values { top, others, distinct, missing })
    });
    let plain =
        matches!(feature.kind, Kind::Integer | Kind::Boolean) || feature.type_name == "VARCHAR";
    // A date among the values has to come as one, for clauses are made from it.
    if plain { asked } else { asked.typed() }
}
