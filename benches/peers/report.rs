//! The figures: a table for people, and JSON for programs.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]

use crate::common::Outcome;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// The workloads in the order of the table.
const WORKLOADS: [&str; 10] = [
    "first_use",
    "switch",
    "brush",
    "waterfall",
    "waterfall_edit",
    "facets",
    "facets_sidecar",
    "page",
    "open",
    "reopen",
];
/// The engines in the order of the table.
const ENGINES: [&str; 6] = ["muster", "duckdb", "duckdb_codes", "polars", "mosaic", "floor"];

/// The times of all workloads of one size.
pub(crate) struct Report {
    size: u64,
    times: BTreeMap<(usize, usize), Vec<Duration>>,
    notes: Vec<String>,
}

impl Report {
    pub(crate) fn new(size: u64) -> Self {
        Self { size, times: BTreeMap::new(), notes: Vec::new() }
    }

    /// Adds a time.
    pub(crate) fn add(&mut self, workload: &str, engine: &str, time: Duration) {
        let place = |names: &[&str], name| names.iter().position(|known| *known == name);
        let key = (place(&WORKLOADS, workload), place(&ENGINES, engine));
        // A name that is not listed would be a mistake here; it comes last and is seen.
        let key = (key.0.unwrap_or(WORKLOADS.len() - 1), key.1.unwrap_or(ENGINES.len() - 1));
        self.times.entry(key).or_default().push(time);
    }

    /// Whether there is a time of a workload.
    pub(crate) fn has(&self, workload: &str) -> bool {
        self.times.keys().any(|(known, _)| WORKLOADS[*known] == workload)
    }

    /// Adds why something is not there.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        self.notes.push(note.into());
    }

    /// Prints the table and gives the rows for programs.
    pub(crate) fn told(mut self) -> Vec<Value> {
        println!("\n{} rows", muster::model::value::grouped(self.size));
        println!(
            "{:<15} {:<13} {:>7} {:>12} {:>12} {:>12} {:>9}",
            "workload", "engine", "samples", "min ms", "median ms", "p99 ms", "x muster"
        );
        let mut rows = Vec::new();
        let mut muster = (usize::MAX, f64::NAN);
        for ((workload, engine), times) in &mut self.times {
            times.sort_unstable();
            let millis = |share: f64| {
                let rank = (share * times.len() as f64).ceil() as usize;
                times[rank.clamp(1, times.len()) - 1].as_secs_f64() * 1_000.0
            };
            let (least, median, p99) = (millis(0.0), millis(0.5), millis(0.99));
            if *engine == 0 {
                muster = (*workload, median);
            }
            let ratio = if muster.0 == *workload { median / muster.1 } else { f64::NAN };
            let (workload, engine) = (WORKLOADS[*workload], ENGINES[*engine]);
            println!(
                "{workload:<15} {engine:<13} {:>7} {least:>12.3} {median:>12.3} {p99:>12.3} {ratio:>9.2}",
                times.len()
            );
            rows.push(json!({
                "workload": workload, "size": self.size, "engine": engine,
                "min_ms": rounded(least), "median_ms": rounded(median), "p99_ms": rounded(p99),
            }));
        }
        for note in &self.notes {
            println!("- {note}");
        }
        rows
    }
}

/// To the nearest hundred nanoseconds.
fn rounded(millis: f64) -> f64 {
    (millis * 10_000.0).round() / 10_000.0
}

/// Writes the rows of all sizes.
pub(crate) fn write(file: &Path, rows: &[Value]) -> Outcome<()> {
    Ok(std::fs::write(file, serde_json::to_string_pretty(rows)? + "\n")?)
}

/// The load of the machine over the last minute, where the system tells it.
pub(crate) fn load() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/loadavg").ok()?;
    told.split(' ').next()?.parse().ok()
}

/// Bytes of memory that can still be used, where the system tells it.
pub(crate) fn free_memory() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = told.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}
