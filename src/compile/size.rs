//! How many there are, and what each step keeps and drops.

use super::asked::{Asked, count};
use super::rows::{over, where_};
use super::scope::Scope;
use crate::bind::{BoundSlice, Condition};
use crate::model::question::{Size, Step, Steps};
use crate::sql::{self, Dialect, DuckDb, Sql};

/// How many: those in the slice, of those in the cohort.
pub fn size<'a>(slice: &'a BoundSlice<'a>) -> Asked<'a, Size> {
    size_in(&DuckDb, slice)
}

/// [`size`] in another dialect.
pub fn size_in<'a>(dialect: &dyn Dialect, slice: &'a BoundSlice<'a>) -> Asked<'a, Size> {
    let figures = "SELECT count(*) FILTER (WHERE kept) AS kept, count(*) AS \"of\" FROM rows";
    let query = over(Scope::in_dialect(slice, dialect), |_| (Sql::default(), Sql::raw(figures)));
    Asked::new(query, |rows| {
        let row = rows.first()?;
        Ok(Size { kept: count(row, 0), of: count(row, 1) })
    })
}

/// The waterfall. One row: the cohort's size, then for each step how many are kept so far, by it
/// alone, and would be gained without it; then the near misses.
pub(super) fn steps<'a>(
    slice: &'a BoundSlice<'a>,
    steps: &'a [(usize, Condition<'a>)],
) -> Asked<'a, Steps> {
    let mut scope = Scope::new(slice);
    let cohort = where_(scope.in_cohort());
    let names: Vec<Sql> = (1..=steps.len()).map(step_name).collect();
    let mut columns = vec![Sql::raw("1 AS one")];
    for ((_, condition), name) in steps.iter().zip(&names) {
        let condition = scope.condition(condition);
        columns.push(Sql::fill("coalesce({}, FALSE) AS {}", &[&condition, name]));
    }
    let from = scope.from();
    let rows = Sql::fill("  SELECT {}\n  FROM {}{}", &[&Sql::join(columns, ", "), &from, &cohort]);
    let failed = names.iter().map(|n| Sql::fill("CAST(NOT {} AS INTEGER)", &[n]));
    let failed = Sql::join(std::iter::once(Sql::raw("0")).chain(failed), " + ");
    let mut figures = vec![Sql::raw("count(*) AS \"of\"")];
    for (i, name) in names.iter().enumerate() {
        let so_far = Sql::all_of(names[..=i].iter().cloned());
        figures.push(Sql::fill("count(*) FILTER (WHERE {})", &[&so_far]));
        figures.push(Sql::fill("count(*) FILTER (WHERE {})", &[name]));
        figures.push(Sql::fill("count(*) FILTER (WHERE NOT {} AND failed = 1)", &[name]));
    }
    figures.push(Sql::raw("count(*) FILTER (WHERE failed = 1) AS near_misses"));
    let select = Sql::fill(
        "SELECT {}\nFROM (SELECT *, {} AS failed FROM rows)",
        &[&Sql::join(figures, ",\n  "), &failed],
    );
    let mut query = scope.query(select);
    query.name_first("rows", rows);
    Asked::new(query, move |rows| {
        let row = rows.first()?;
        let of = count(row, 0);
        let mut before = of;
        let step = |(number, (part, _)): (usize, &(usize, Condition<'_>))| {
            let at = 1 + 3 * number;
            let kept = count(row, at);
            let dropped = before.saturating_sub(kept);
            before = kept;
            let (meets_alone, gained_without) = (count(row, at + 1), count(row, at + 2));
            Step { part: *part, kept, dropped, meets_alone, gained_without }
        };
        let made = steps.iter().enumerate().map(step).collect();
        Ok(Steps { of, steps: made, near_misses: count(row, 1 + 3 * steps.len()) })
    })
}

fn step_name(number: usize) -> Sql {
    Sql::fill("s{}", &[&sql::number(number as i128)])
}
