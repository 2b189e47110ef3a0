//! From nothing to the size of everyone and the first four charts: of a file that was never seen,
//! and of one that was open before.

use crate::common::Outcome;
use crate::duck::Duck;
use crate::lens;
use crate::muster_side::{Opened, told};
use crate::report::Report;
use crate::views::{COLUMNS, Views, rows};
use muster::model::question::{Answer, Question};
use std::path::Path;
use std::time::Instant;

const ROUNDS: usize = 7;
/// Charts on the first screen.
const CHARTS: usize = 4;

/// Lets Muster and DuckDB take turns.
pub(crate) fn bench(file: &Path, views: &Views, size: u64, report: &mut Report) -> Outcome<()> {
    for _ in 0..ROUNDS {
        lens::forget(file)?;
        muster(file, views, size, ("open", report))?;
        muster(file, views, size, ("reopen", report))?;
        duckdb(file, views, size, report)?;
    }
    Ok(())
}

fn muster(
    file: &Path,
    views: &Views,
    size: u64,
    (workload, report): (&str, &mut Report),
) -> Outcome<()> {
    let began = Instant::now();
    let opened = Opened::new(file)?;
    let mut questions = vec![Question::Size];
    for column in &COLUMNS[..CHARTS] {
        questions.push(opened.question(column)?);
    }
    let answered = opened.ask(opened.everyone.clone(), questions.clone())?;
    report.add(workload, "muster", began.elapsed());
    // What the window does behind what is seen, and what the next opening finds.
    opened.fill(&questions)?;
    match &answered[0].answer {
        Answer::Size(told) if told.kept == size && told.of == size => {}
        other => return Err(format!("WRONG: muster told the size {other:?}").into()),
    }
    for (view, answered) in views.iter().zip(&answered[1..]) {
        told(view, &answered.answer)?.check(view, &view.all)?;
    }
    Ok(())
}

/// DuckDB has nothing to find out and nothing that it remembers: both are one.
fn duckdb(file: &Path, views: &Views, size: u64, report: &mut Report) -> Outcome<()> {
    let began = Instant::now();
    let duck = Duck::file(file)?;
    let ends: Vec<_> = COLUMNS[..CHARTS].iter().map(|c| format!("min({c}), max({c})")).collect();
    rows(&duck.db, &format!("select {} from flights", ends.join(", ")))?;
    let mut statements = vec!["select count(*) from flights".to_owned()];
    let charts = views.iter().take(CHARTS);
    statements.extend(charts.map(|view| view.counting("flights", &view.bin(), &[])));
    let found = duck.run(statements)?;
    let took = began.elapsed();
    report.add("open", "duckdb", took);
    report.add("reopen", "duckdb", took);
    for (view, batches) in views.iter().zip(&found[1..]) {
        if view.read(batches)? != view.all || view.all.iter().sum::<u64>() != size {
            return Err(format!("WRONG: duckdb told other counts of {}", view.column).into());
        }
    }
    Ok(())
}
