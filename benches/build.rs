//! Budget: at most the time of its peer, the SQL that `muster compile` writes, run by plain DuckDB.
//!
//! The sample project over the sample shop, as a new run of an existing file each time. The peer
//! runs the same steps in the same order, and does not keep what was defined and by whom.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]

#[path = "common/duel.rs"]
mod duel;

use duckdb::Connection;
use duel::{Outcome, duel};
use jiff::ToSpan as _;
use jiff::civil::date;
use muster::engine::builder::{BuildRequest, build, compile};
use muster::engine::{Job, project};
use std::path::{Path, PathBuf};

const ROUNDS: usize = 9;
const BUDGET: f64 = 1.0;

fn main() -> Outcome<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join("sample_data/profiles");
    let shop = root.join("sample_data/shop.duckdb");
    let scratch = tempfile::tempdir()?;
    let (read, _) = project::read(&folder)?;
    let end = date(2026, 11, 20).at(6, 0, 0, 0);
    let plain = scratch.path().join("plain.duckdb");
    std::fs::copy(&shop, &plain)?;
    let into = scratch.path().join("built.duckdb");
    let (mut run, mut peer_run) = (0i64, 0u64);
    let ratio = duel(
        "build the sample project",
        ROUNDS,
        || {
            run += 1;
            let request = BuildRequest {
                folder: folder.clone(),
                into: into.clone(),
                data: vec![shop.clone()],
                end: Some(end.checked_add(run.seconds())?),
                now: end,
                rebuild_ids: true,
                ..BuildRequest::default()
            };
            let mut job = Job { cancelled: Default::default(), report: &mut |_| () };
            build(&request, &mut job)?;
            Ok(())
        },
        || {
            peer_run += 1;
            by_hand(&plain, &folder, &read, peer_run)
        },
    )?;
    println!("{ratio:.2} of the time by hand; budget {BUDGET}");
    Ok(())
}

fn by_hand(file: &PathBuf, folder: &Path, read: &muster::define::Project, run: u64) -> Outcome<()> {
    let end = date(2026, 11, 20).at(6, 0, 0, 0);
    let connection = Connection::open(file)?;
    for planned in compile(read, folder, end, Default::default()).files {
        if planned.name.ends_with(".sql") {
            // Tables of a run of its own, as a build makes them.
            let sql = planned.text.replace("_1\"", &format!("_{run}\""));
            connection.execute_batch(&sql)?;
        }
    }
    Ok(())
}
