//! Budget: at most 1.5 times the time of its peer, the same `LIMIT … OFFSET` in plain DuckDB.
//!
//! One screen of the people table, 44 rows of 300 columns, at places all over 1 million people:
//! the numbers behind a scroll. What a frame costs to draw is measured with the table itself.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]

mod common;

use common::{Outcome, duel, everyone, open, people_file, scratch};
use duckdb::Connection;
use muster::model::question::Question;

const ROUNDS: usize = 15;
const BUDGET: f64 = 1.5;
const ROWS: u32 = 44;

fn main() -> Outcome<()> {
    let file = people_file(&scratch()?, 1_000_000, 300)?;
    let session = open(&file)?;
    let slice = everyone(&session)?;
    let columns: Vec<String> =
        session.catalog().entities[0].features.iter().map(|feature| feature.name.clone()).collect();
    let config = duckdb::Config::default().access_mode(duckdb::AccessMode::ReadOnly)?;
    let peer = Connection::open_with_flags(&file, config)?;
    let (mut ours, mut theirs) = (places(), places());
    let ratio = duel(
        "scroll 44 x 300 of 1 M",
        ROUNDS,
        || {
            let offset = ours.next().unwrap_or_default();
            let columns = columns.clone();
            session.ask(&slice, &Question::Page { columns, sort: None, offset, limit: ROWS })?;
            Ok(())
        },
        || {
            let offset = theirs.next().unwrap_or_default();
            let mut page = peer.prepare(&format!(
                "select * from people order by person_id limit {ROWS} offset {offset}"
            ))?;
            std::hint::black_box(
                page.query_arrow([])?.map(|batch| batch.num_rows()).sum::<usize>(),
            );
            Ok(())
        },
    )?;
    println!("scroll: {}", if ratio <= BUDGET { "within its budget" } else { "OVER ITS BUDGET" });
    Ok(())
}

/// Places to scroll to, the same for both sides.
fn places() -> impl Iterator<Item = u64> {
    (0_u64..).map(|turn| turn * 618_033 % 990_000)
}
