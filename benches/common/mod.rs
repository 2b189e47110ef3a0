//! What the benches share: turns taken by Muster and its peer in one process, and the figures.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]

use duckdb::Connection;
use jiff::tz::TimeZone;
use muster::engine::{Job, Session};
use muster::model::catalog::CohortRef;
use muster::model::clause::Tree;
use muster::model::now::Moment;
use muster::model::question::Slice;
use muster::protocol::OpenRequest;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// What a bench gives back.
pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// Lets both sides take turns, the first of each uncounted, and prints the least and the middle time
/// of each with Muster's share of its peer's time.
pub(crate) fn duel(
    name: &str,
    rounds: usize,
    mut muster: impl FnMut() -> Outcome<()>,
    mut peer: impl FnMut() -> Outcome<()>,
) -> Outcome<f64> {
    let mut ours = Vec::with_capacity(rounds);
    let mut theirs = Vec::with_capacity(rounds);
    for round in 0..=rounds {
        let one = timed(&mut muster)?;
        let other = timed(&mut peer)?;
        if round > 0 {
            ours.push(one);
            theirs.push(other);
        }
    }
    let (least, middle) = least_and_middle(&mut ours);
    let (peer_least, peer_middle) = least_and_middle(&mut theirs);
    let ratio = middle / peer_middle;
    println!(
        "{name}: muster min {least:.1} ms, median {middle:.1} ms; \
         peer min {peer_least:.1} ms, median {peer_middle:.1} ms; ratio {ratio:.2}"
    );
    Ok(ratio)
}

fn timed(run: &mut impl FnMut() -> Outcome<()>) -> Outcome<Duration> {
    let began = Instant::now();
    run()?;
    Ok(began.elapsed())
}

fn least_and_middle(times: &mut [Duration]) -> (f64, f64) {
    times.sort_unstable();
    let millis = |time: &Duration| time.as_secs_f64() * 1_000.0;
    (millis(&times[0]), millis(&times[times.len() / 2]))
}

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
