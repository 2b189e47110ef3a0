//! Budget: at most 1.11 times the time (0.9 of the throughput) of its peer, DuckDB's own `COPY`.
//!
//! 1 million people with 20 columns, to Parquet and to CSV. The manifest and the checksum of the
//! file are part of Muster's time. The greatest memory of the process is told at the end.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]

mod common;

use common::{Outcome, duel, everyone, job, open, people_file, scratch};
use duckdb::Connection;
use muster::engine::jobs::export::export;
use muster::model::export::{ExportFormat, ExportRequest};
use std::path::Path;

const ROUNDS: usize = 5;
const BUDGET: f64 = 1.0 / 0.9;

fn main() -> Outcome<()> {
    let folder = scratch()?;
    let file = people_file(&folder, 1_000_000, 20)?;
    bench(&folder, &file, ExportFormat::Parquet, "format parquet, compression zstd")?;
    bench(&folder, &file, ExportFormat::Csv, "format csv, header")?;
    if let Ok(status) = std::fs::read_to_string("/proc/self/status")
        && let Some(peak) = status.lines().find(|line| line.starts_with("VmHWM"))
    {
        println!("greatest memory of both sides together: {peak}");
    }
    Ok(())
}

fn bench(folder: &Path, file: &Path, format: ExportFormat, options: &str) -> Outcome<()> {
    let session = open(file)?;
    let request = ExportRequest {
        slice: everyone(&session)?,
        columns: Vec::new(),
        path: folder.join(format!("list.{}", format.ending())),
        format,
        neutralise_formulas: true,
        byte_order_mark: false,
    };
    let config = duckdb::Config::default().access_mode(duckdb::AccessMode::ReadOnly)?;
    let peer = Connection::open_with_flags(file, config)?;
    let copied = folder.join(format!("copy.{}", format.ending()));
    let copy = format!(
        "copy (select * from people order by person_id) to '{}' ({options})",
        copied.display()
    );
    let name = format!("export 1 M x 20, {}", format.ending());
    let ratio = duel(
        &name,
        ROUNDS,
        || {
            export(&session, &request, &mut job(&mut |_| {}))?;
            Ok(())
        },
        || Ok(peer.execute_batch(&copy)?),
    )?;
    println!("{name}: {}", if ratio <= BUDGET { "within its budget" } else { "OVER ITS BUDGET" });
    Ok(())
}
