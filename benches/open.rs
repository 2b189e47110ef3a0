//! Budget: at most 2.0 times the time of its peer, plain DuckDB running only the same statements.
//!
//! From nothing to the size of everyone and the first four charts, on a DuckDB file of 1 million
//! people with 60 columns, and on each file named: `cargo bench --bench open -- flights-3m.parquet`.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]

mod common;

use common::{Outcome, duel, everyone, open, people_file, scratch};
use duckdb::Connection;
use muster::engine::Session;
use muster::model::catalog::Column;
use muster::model::question::{Question, Slice};
use muster::model::value::Kind;
use std::path::{Path, PathBuf};

const ROUNDS: usize = 7;
const BUDGET: f64 = 2.0;

fn main() -> Outcome<()> {
    let mut files = vec![people_file(&scratch()?, 1_000_000, 60)?];
    files
        .extend(std::env::args().skip(1).filter(|word| !word.starts_with("--")).map(PathBuf::from));
    for file in files {
        bench(&file)?;
    }
    Ok(())
}

fn bench(file: &Path) -> Outcome<()> {
    let session = open(file)?;
    let slice = everyone(&session)?;
    let statements = ask_all(&session, &slice)?;
    drop(session);
    let name = format!("open {}", file.display());
    let ratio = duel(
        &name,
        ROUNDS,
        || {
            let session = open(file)?;
            let slice = everyone(&session)?;
            ask_all(&session, &slice)?;
            Ok(())
        },
        || run_all(file, &statements),
    )?;
    println!("{name}: {}", if ratio <= BUDGET { "within its budget" } else { "OVER ITS BUDGET" });
    Ok(())
}

/// Asks for the size and four charts, and gives the statements that answer them.
fn ask_all(session: &Session, slice: &Slice) -> Outcome<Vec<String>> {
    let entity = &session.catalog().entities[0];
    let mut questions = vec![Question::Size];
    let charts = entity.features.iter().filter(|f| f.name != entity.key).filter_map(chart);
    questions.extend(charts.take(4));
    questions.iter().map(|question| Ok(session.ask(slice, question)?.sql)).collect()
}

/// The chart that a feature gets on the first screen.
fn chart(feature: &Column) -> Option<Question> {
    let column = feature.name.clone();
    match feature.kind {
        Kind::Integer | Kind::Number => Some(Question::Histogram { column, bins_max: 40 }),
        Kind::Text | Kind::Boolean => {
            Some(Question::Values { column, top: 12, search: String::new() })
        }
        Kind::Date | Kind::Timestamp | Kind::Instant => {
            Some(Question::Timeline { column, periods_max: 60 })
        }
        _ => None,
    }
}

fn run_all(file: &Path, statements: &[String]) -> Outcome<()> {
    let db = if file.extension().is_some_and(|ending| ending == "duckdb") {
        let config = duckdb::Config::default().access_mode(duckdb::AccessMode::ReadOnly)?;
        Connection::open_with_flags(file, config)?
    } else {
        Connection::open_in_memory()?
    };
    for statement in statements {
        let mut prepared = db.prepare(statement)?;
        let rows = prepared.query_arrow([])?.map(|batch| batch.num_rows()).sum::<usize>();
        std::hint::black_box(rows);
    }
    Ok(())
}
