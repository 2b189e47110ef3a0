//! Two numbers against each other.

use super::asked::{Asked, count};
use super::rows::{bin_of, number_value, over_cohort};
use crate::bind::{Bins, BoundSlice};
use crate::model::answer::Grid;
use crate::model::catalog::Column;
use crate::sql::{self, Sql};

/// How many fall into each cell. A row per cell: its place across and up (both NULL when one of the
/// numbers is missing or not finite), then how many.
pub(super) fn grid<'a>(
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

/// The two numbers of at most so many members.
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
