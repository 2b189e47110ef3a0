//! Each question as one statement, and how its rows become the answer: first which is which, then a
//! part for each chart.
//!
//! Charts read every row of the cohort once and count twice: everyone, and those kept by the slice
//! without the chart's own clauses. The first is the ghost behind the second.

use super::asked::{Asked, count, counts};
use super::rows::{Extent, bin_of, number_value, over_cohort, time_value};
use super::{page, profile, size};
use crate::bind::{Bins, BoundQuestion, BoundSlice, Periods, Range, RangeOf};
use crate::model::catalog::Column;
use crate::model::question::{
    Answer, BoxSummary, Counts, Grid, Histogram, Shares, Timeline, Values,
};
use crate::model::value::{Kind, Value};
use crate::sql::{self, Sql};
use jiff::civil::{Date, DateTime};
use std::collections::BTreeMap;

/// The statement of a question, and how its rows become the answer. Of a profile it answers all but
/// the related rows, of a grid all but the points.
pub fn question<'a>(question: &'a BoundQuestion<'a>) -> Asked<'a, Answer> {
    match question {
        BoundQuestion::Size(slice) => size::size(slice).map(Answer::Size),
        BoundQuestion::Members(slice) => Asked::new(page::members(slice), |_| Ok(Answer::Members)),
        BoundQuestion::Steps { slice, steps } => size::steps(slice, steps).map(Answer::Steps),
        BoundQuestion::Histogram { slice, number, bins } => {
            histogram(slice, number, *bins).map(Answer::Histogram)
        }
        BoundQuestion::Values { slice, feature, top, search } => {
            values(slice, feature, *top, search).map(Answer::Values)
        }
        BoundQuestion::Timeline { slice, moment, periods } => {
            timeline(slice, moment, periods).map(Answer::Timeline)
        }
        BoundQuestion::Grid { slice, x, y } => grid(slice, *x, *y).map(Answer::Grid),
        BoundQuestion::Boxes { slice, number, by, top } => {
            boxes(slice, number, by, *top).map(Answer::Boxes)
        }
        BoundQuestion::Shares { slice, moment, by, periods, top } => {
            shares(slice, (moment, by), periods, *top).map(Answer::Shares)
        }
        BoundQuestion::Page { slice, columns, sort, window } => {
            page::page(slice, columns, *sort, *window).map(Answer::Page)
        }
        BoundQuestion::Profile { slice, key, parts, .. } => {
            profile::profile(slice, key, parts).map(Answer::Profile)
        }
    }
}

/// The statement of a range; `None` when it found a value that is not finite, or none.
pub fn range<'a>(of: &'a RangeOf<'a>, extent: Extent) -> Asked<'a, Option<Range>> {
    match of.feature.kind.is_numeric() {
        true => number_range(&of.cohort, of.feature, extent),
        false => moment_range(&of.cohort, of.feature, extent),
    }
}

/// The least and greatest value in the cohort, as floats.
fn number_range<'a>(
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
fn histogram<'a>(slice: &'a BoundSlice<'a>, number: &Column, bins: Bins) -> Asked<'a, Histogram> {
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

/// A row per value: it, the counts, then the same on every row: the counts over all values found,
/// how many different ones, and the counts of the missing. Without any value there is one row whose
/// value is NULL.
fn values<'a>(
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

/// The earliest and latest moment in the cohort, as text.
fn moment_range<'a>(
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
fn timeline<'a>(
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

/// How many fall into each cell. A row per cell: its place across and up (both NULL when one of the
/// numbers is missing or not finite), then how many.
fn grid<'a>(
    slice: &'a BoundSlice<'a>,
    (x, across): (&Column, Bins),
    (y, up): (&Column, Bins),
) -> Asked<'a, Grid> {
    let query = over_cohort(slice, |scope| {
        let (xv, yv) = (number_value(scope, x), number_value(scope, y));
        let (xs, ys) = (bin_of(&Sql::raw("x"), across), bin_of(&Sql::raw("y"), up));
        let both = Sql::raw("isfinite(x) AND isfinite(y)");
        (
            Sql::fill(", {} AS x, {} AS y", &[&xv, &yv]),
            Sql::fill(
                "SELECT CASE WHEN {} THEN {} END, CASE WHEN {} THEN {} END, count(*) AS kept\nFROM rows WHERE kept GROUP BY 1, 2 ORDER BY 1, 2",
                &[&both, &xs, &both, &ys],
            ),
        )
    });
    Asked::new(query, move |rows| {
        let mut found = Grid {
            x: (across.start, across.width),
            y: (up.start, up.width),
            cells: Vec::new(),
            points: Vec::new(),
            missing: 0,
        };
        for row in &rows.rows {
            match (row[0].as_u64(), row[1].as_u64()) {
                (Some(x), Some(y)) => found.cells.push((x as u16, y as u16, count(row, 2))),
                _ => found.missing += count(row, 2),
            }
        }
        Ok(found)
    })
}

/// The two numbers of at most this many members.
pub fn grid_points<'a>(
    slice: &'a BoundSlice<'a>,
    (x, y): (&Column, &Column),
    most: u32,
) -> Asked<'a, Vec<(f64, f64)>> {
    let query = over_cohort(slice, |scope| {
        let (xv, yv) = (number_value(scope, x), number_value(scope, y));
        (
            Sql::fill(", {} AS x, {} AS y", &[&xv, &yv]),
            Sql::fill(
                "SELECT x, y FROM rows WHERE kept AND isfinite(x) AND isfinite(y) LIMIT {}",
                &[&sql::number(most)],
            ),
        )
    });
    Asked::new(query, |rows| {
        Ok(rows.rows.iter().filter_map(|row| Some((row[0].as_f64()?, row[1].as_f64()?))).collect())
    })
}

/// Five-number summaries per group, the largest group first: group, count, then the five.
fn boxes<'a>(
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

/// How many of each value fall into each period. A row per period and value: the first moment of
/// the period as text (NULL for missing or infinite), the place of the value among the most
/// frequent (NULL for all others), the value, then how many.
///
/// Which are the most frequent is asked of the whole cohort: a value keeps its place, and so its
/// colour, however the cohort is sliced.
fn shares<'a>(
    slice: &'a BoundSlice<'a>,
    (moment, by): (&Column, &Column),
    periods: &'a Periods,
    top: u16,
) -> Asked<'a, Shares> {
    let mut query = over_cohort(slice, |scope| {
        (
            Sql::fill(", {} AS v, {} AS g", &[&time_value(scope, moment), &scope.column(by)]),
            Sql::fill(
                "SELECT strftime(period, '%Y-%m-%d %H:%M:%S') AS period, place, g, members\nFROM (\n  SELECT CASE WHEN isfinite(r.v) THEN CAST(date_trunc({}, r.v) AS TIMESTAMP) END AS period,\n    p.place, p.g, count(*) FILTER (WHERE r.kept) AS members\n  FROM rows AS r LEFT JOIN places AS p ON r.g IS NOT DISTINCT FROM p.g\n  GROUP BY 1, 2, 3\n) ORDER BY 1, 2",
                &[&sql::text(periods.unit.word())],
            ),
        )
    });
    query.name_first(
        "places",
        Sql::fill(
            "  SELECT g, row_number() OVER (ORDER BY count(*) DESC, g) AS place\n  FROM rows WHERE isfinite(v) GROUP BY g ORDER BY place LIMIT {}",
            &[&sql::number(top)],
        ),
    );
    Asked::new(query, move |rows| Ok(read_shares(&rows.rows, periods))).typed()
}

fn read_shares(rows: &[Vec<Value>], periods: &Periods) -> Shares {
    let mut values: BTreeMap<usize, Value> = BTreeMap::new();
    let (mut missing, mut others) = (0, false);
    for row in rows {
        match (row[0].is_missing(), row[1].as_u64()) {
            (true, _) => missing += count(row, 3),
            (false, Some(place)) => {
                values.insert(place as usize - 1, row[2].clone());
            }
            (false, None) => others = true,
        }
    }
    let known = values.len();
    let mut values: Vec<Option<Value>> = values.into_values().map(Some).collect();
    if others {
        values.push(None);
    }
    let mut found: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row[0].is_missing()) {
        let place = row[1].as_u64().map_or(known, |place| place as usize - 1);
        let counts = found.entry(row[0].display()).or_insert_with(|| vec![0; values.len()]);
        counts[place] += count(row, 3);
    }
    let mut shown: Vec<(String, Vec<u64>)> = Vec::with_capacity(periods.starts.len());
    for start in &periods.starts {
        let counts = found.remove(start).unwrap_or_else(|| vec![0; values.len()]);
        shown.push((start.clone(), counts));
    }
    // Years before 1 have no fixed width; they come first as the database gave them.
    shown.splice(0..0, found);
    Shares { unit: periods.unit, values, periods: shown, missing }
}
