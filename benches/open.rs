//! Budget: at most 2.0 times the time of its peer, plain DuckDB running only the same statements.
//!
//! From nothing to the size of everyone and the first four charts, on a DuckDB file of 1 million
//! people with 60 columns, and on each file named: `cargo bench --bench open -- flights-3m.parquet`.
//!
//! Then reading delimited text, which has the same budget: one file of a million rows, and 63
//! small and 305 larger files that are tables of their own. Its peer makes a table of each file with `read_csv`. What is
//! remembered of a source does not count: a file is touched before every turn.

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
    read("a CSV file of 1 million rows", &text_files(1, 1_000_000)?)?;
    read("63 CSV files of 20 rows", &text_files(63, 20)?)?;
    read("305 CSV files of 3,000 rows", &text_files(305, 3_000)?)
}

/// A folder of so many files of delimited text with so many rows each, made anew.
fn text_files(files: usize, rows: u64) -> Outcome<PathBuf> {
    let folder = scratch()?.join(format!("text_{files}"));
    std::fs::create_dir_all(&folder)?;
    let db = Connection::open_in_memory()?;
    for number in 0..files {
        // Names without digits: files that differ in these alone are one table.
        let letters = [number / 26 % 26, number % 26].map(|n| char::from(b'a' + (n % 26) as u8));
        let name = format!("table{}{}.csv", letters[0], letters[1]);
        db.execute_batch(&format!(
            "copy (select i + {number} * {rows} as id, 'user ' || i as name, md5(i::varchar) as h, \
             (i * 7919) % 90 as age, ((i * 31) % 1000)::decimal(8, 2) as spend, \
             date '2020-01-01' + (i % 1500)::integer as day, 'note, ' || i as note \
             from range({rows}) t(i)) to '{}' (header)",
            folder.join(name).display()
        ))?;
    }
    Ok(folder)
}

fn read(name: &str, folder: &Path) -> Outcome<()> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<Outcome<_>>()?;
    files.sort();
    let ratio = duel(
        name,
        ROUNDS,
        || {
            let touched = std::fs::File::options().append(true).open(&files[0])?;
            touched.set_modified(std::time::SystemTime::now())?;
            std::hint::black_box(open(folder)?.catalog().tables.len());
            Ok(())
        },
        || {
            let db = Connection::open_in_memory()?;
            for (number, file) in files.iter().enumerate() {
                let file = file.display();
                db.execute_batch(&format!("create table t{number} as from read_csv('{file}')"))?;
            }
            Ok(())
        },
    )?;
    println!("{name}: {}", if ratio <= BUDGET { "within its budget" } else { "OVER ITS BUDGET" });
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
