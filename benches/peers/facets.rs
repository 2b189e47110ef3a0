//! Twelve charts out of 500 columns, none of which was looked at before: what scrolling through a
//! wide table costs. The file is in the memory of the system; no engine has read the columns yet.

use crate::common::Outcome;
use crate::data::{self, WIDE_COLUMNS, WIDE_ROWS_MAX};
use crate::duck::Duck;
use crate::floor;
use crate::lens;
use crate::muster_side::{Opened, told};
use crate::report::Report;
use crate::views::{View, rows};
use std::path::Path;
use std::time::{Duration, Instant};

/// Charts on screen.
const VISIBLE: usize = 12;
/// How many screens are looked at.
const SCREENS: usize = 7;

/// Lets Muster and DuckDB look at the same screens.
pub(crate) fn bench(size: u64, bandwidth: f64, report: &mut Report) -> Outcome<()> {
    if size > WIDE_ROWS_MAX {
        report.note("facets: no table of 500 columns is made at this size, for want of disk");
        return Ok(());
    }
    report.note("facets: polars and duckdb_codes would first have to load the columns; they have no such panel, and Mosaic asks what duckdb asks");
    let file = data::wide(size)?;
    data::read_once(&file)?;
    lens::forget(&file)?;
    let (opened, plain) = (Opened::new(&file)?, Duck::file(&file)?);
    // A database of its own: the one that is timed is to find the columns unread.
    let checker = Duck::file(&file)?;
    for screen in 0..SCREENS {
        let columns = columns(screen);
        let views = muster(&opened, &checker, &columns, ("facets", report))?;
        let took = duckdb(&plain, &views)?;
        report.add("facets", "duckdb", took);
        let bytes = VISIBLE as u64 * size;
        report.add("facets", "floor", floor::streaming(bytes, bandwidth));
    }
    drop(opened);
    if lens::HAS_SIDECAR {
        again(&file, &checker, report)?;
    }
    Ok(())
}

/// The columns of a screen. Screens are far apart, so that none reads for another.
fn columns(screen: usize) -> Vec<String> {
    let first = 1 + screen * (WIDE_COLUMNS / SCREENS / VISIBLE * VISIBLE);
    (first..first + VISIBLE).map(|number| format!("c{number}")).collect()
}

/// The same screens in a file that was open before.
fn again(file: &Path, checker: &Duck, report: &mut Report) -> Outcome<()> {
    let opened = Opened::new(file)?;
    for screen in 0..SCREENS {
        muster(&opened, checker, &columns(screen), ("facets_sidecar", report))?;
    }
    Ok(())
}

/// Muster's time: the database answers what was never looked at. The views are checked against DuckDB's counts.
fn muster(
    opened: &Opened,
    checker: &Duck,
    columns: &[String],
    (workload, report): (&str, &mut Report),
) -> Outcome<Vec<View>> {
    let questions: Outcome<Vec<_>> = columns.iter().map(|column| opened.question(column)).collect();
    let questions = questions?;
    let began = Instant::now();
    if workload == "facets_sidecar" {
        opened.fill(&questions)?;
    }
    let answered = opened.ask(opened.everyone.clone(), questions.clone())?;
    report.add(workload, "muster", began.elapsed());
    // What the window does behind what is seen, and what the next opening finds.
    opened.fill(&questions)?;
    let mut views = Vec::new();
    for (column, answered) in columns.iter().zip(&answered) {
        let view = View::of(("people", column), &answered.answer, &checker.db)?;
        told(&view, &answered.answer)?.check(&view, &view.all)?;
        views.push(view);
    }
    Ok(views)
}

/// The ends of all, then one statement for each.
fn duckdb(plain: &Duck, views: &[View]) -> Outcome<Duration> {
    let ends: Vec<_> = views.iter().map(|v| format!("min({0}), max({0})", v.column)).collect();
    let began = Instant::now();
    rows(&plain.db, &format!("select {} from people", ends.join(", ")))?;
    let found = plain.run(views.iter().map(|v| v.counting("people", &v.bin(), &[])).collect())?;
    let took = began.elapsed();
    for (view, batches) in views.iter().zip(&found) {
        if view.read(batches)? != view.all {
            return Err(format!("WRONG: duckdb told other counts of {}", view.column).into());
        }
    }
    Ok(took)
}
