//! What the benches share: turns taken by Muster and its peer in one process, and the figures.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]

mod duel;

#[allow(unused_imports, reason = "not every bench has a peer in the same process")]
pub(crate) use duel::{Outcome, duel};

use duckdb::Connection;
use jiff::tz::TimeZone;
use muster::engine::{Job, Session};
use muster::model::catalog::CohortRef;
use muster::model::clause::Tree;
use muster::model::now::Moment;
use muster::model::question::Slice;
use muster::protocol::OpenRequest;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Opens a source as the command line does.
pub(crate) fn open(path: &Path) -> Outcome<Session> {
    let request = OpenRequest { paths: vec![path.to_owned()], ..OpenRequest::default() };
    Ok(Session::open(&request, &mut job(&mut |_| {}))?)
}

/// A job that nobody cancels.
pub(crate) fn job<'a>(report: &'a mut dyn FnMut(muster::protocol::Progress)) -> Job<'a> {
    Job { cancelled: Arc::new(AtomicBool::new(false)), report }
}

/// Everyone of the first entity, as of a fixed moment.
pub(crate) fn everyone(session: &Session) -> Outcome<Slice> {
    let entity = session.catalog().entities.first().ok_or("no entity was found in the source")?;
    Ok(Slice {
        cohort: CohortRef::all(&entity.name),
        tree: Tree::everyone(),
        now: Moment::parse("2026-11-20", &TimeZone::UTC)?,
        segments: Vec::new(),
    })
}

/// A DuckDB file with a table `people` of so many rows and columns, made once and kept between runs.
pub(crate) fn people_file(folder: &Path, rows: u64, columns: usize) -> Outcome<PathBuf> {
    let path = folder.join(format!("people_{rows}_{columns}.duckdb"));
    if path.exists() {
        return Ok(path);
    }
    let list: Vec<String> =
        (1..columns).map(|number| format!("{} as c{number}", cell(number))).collect();
    let db = Connection::open(&path)?;
    db.execute_batch(&format!(
        "create table people as select range as person_id, {} from range({rows}); checkpoint",
        list.join(", ")
    ))?;
    Ok(path)
}

/// The expression of a column: numbers, text with few and many values, moments, gaps.
fn cell(number: usize) -> String {
    let mix = format!("(hash(range + {number} * 1000003) % 1000000)");
    match number % 6 {
        0 => format!("{mix}::integer"),
        1 => format!("{mix} / 997.0"),
        2 => format!("'value ' || ({mix} % 12)"),
        3 => format!("timestamp '2023-01-01' + to_seconds(({mix} * 120)::bigint)"),
        4 => format!("case when {mix} % 5 = 0 then null else {mix} % 400 end"),
        _ => format!("'text ' || {mix}"),
    }
}

/// Where made files are kept between runs: beside the build, never in the project.
pub(crate) fn scratch() -> Outcome<PathBuf> {
    let folder = std::env::temp_dir().join("muster-benches");
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}
