//! Budget: from Parquet to labels of 10 M pairs at most 4.4 CPU-seconds and 2 GiB at their peak; its
//! peers are in `stitch_peers.py`, which can run this beside them.
//!
//! `cargo bench --bench stitch -- EDGES.parquet [labels|whole]`, over a file of pairs in the columns
//! `a` and `b`, such as the 10 M made up pairs of `gen_idgraph.py`. `labels` joins 1, 3, 10 and 30 M
//! pairs (the 30 M are three times the file, with other ids) and writes nothing; with a number of
//! millions behind it only so many. `whole` builds a project over the file: the id graph with edges
//! and the history of joins, written to a DuckDB file, told apart.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]

use jiff::civil::date;
use muster::engine::Job;
use muster::engine::builder::{BuildRequest, build, join};
use muster::engine::store::Store;
use muster::sql::Sql;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

const BUDGET_CPU_SECONDS: f64 = 4.4;

fn main() -> Outcome<()> {
    let mut words = std::env::args().skip(1).filter(|word| !word.starts_with("--"));
    let Some(file) = words.next().map(PathBuf::from) else {
        println!("name a file of pairs: cargo bench --bench stitch -- EDGES.parquet");
        return Ok(());
    };
    let file = std::path::absolute(file)?;
    let part = words.next();
    let millions: Option<u64> = words.next().and_then(|word| word.parse().ok());
    if part.as_deref() != Some("whole") {
        for size in [1, 3, 10, 30].into_iter().filter(|m| millions.is_none_or(|only| only == *m)) {
            labels(&file, size)?;
        }
    }
    if part.as_deref() != Some("labels") {
        whole(&file)?;
    }
    Ok(())
}

fn labels(file: &Path, millions: u64) -> Outcome<()> {
    let store = Store::in_memory()?;
    store.execute(&Sql::of_project("SET preserve_insertion_order = false"))?;
    let pairs = format!("SELECT CAST(NULL AS BIGINT), a, b FROM '{}'", file.display());
    let query = match millions {
        30 => {
            let again =
                |mark: &str| pairs.replace(" a, b ", &format!(" a || '{mark}', b || '{mark}' "));
            format!("{pairs} UNION ALL {} UNION ALL {}", again("-2"), again("-3"))
        }
        10 => pairs,
        _ => format!("{pairs} LIMIT {}", millions * 1_000_000),
    };
    let (cpu, began) = (cpu_seconds(), Instant::now());
    let joined = join(&store, &Sql::of_project(&query))?;
    let cpu = cpu_seconds() - cpu;
    println!(
        "labels of {millions} M pairs: {cpu:.2} CPU-s ({:.2} per 10 M), {:.2} s, peak {} MB, {} ids",
        cpu * 10.0 / millions as f64,
        began.elapsed().as_secs_f64(),
        peak_megabytes(),
        joined.ids
    );
    println!("clusters {}", joined.clusters);
    if millions == 10 {
        println!("{:.2} of the budget of {BUDGET_CPU_SECONDS} CPU-s", cpu / BUDGET_CPU_SECONDS);
    }
    Ok(())
}

fn whole(file: &Path) -> Outcome<()> {
    let scratch = tempfile::tempdir()?;
    let folder = scratch.path().join("project");
    std::fs::create_dir_all(folder.join("models"))?;
    let head = "name: pairs\nschema_version: 93\nconnection: none\nmodel_folders: [models]\n\
                entities: [{name: user, id_stitcher: models/ids, id_types: [any]}]\nid_types: [{name: any}]\n";
    let models = "inputs:\n  - name: pairs\n    app_defaults:\n      table: edges\n      ids: \
                  [{select: a, type: any, entity: user}, {select: b, type: any, entity: user}]\n\
                  models:\n  - {name: ids, model_type: id_stitcher, model_spec: {entity_key: user, \
                  edge_sources: [{from: inputs/pairs}]}}\n";
    std::fs::write(folder.join("pb_project.yaml"), head)?;
    std::fs::write(folder.join("models/all.yaml"), models)?;
    let into = folder.join("pairs.duckdb");
    let request = BuildRequest {
        folder,
        into,
        data: vec![file.to_path_buf()],
        end: Some(date(2026, 11, 20).at(0, 0, 0, 0)),
        ..BuildRequest::default()
    };
    let mut at: Vec<(String, f64)> = vec![("start".into(), cpu_seconds())];
    let mut report = |progress: muster::protocol::Progress| {
        let doing = progress.doing.split(' ').next().unwrap_or_default().to_owned();
        if at.last().is_none_or(|(last, _)| *last != doing) {
            at.push((doing, cpu_seconds()));
        }
    };
    let cancelled = Arc::new(AtomicBool::new(false));
    let built = build(&request, &mut Job { cancelled, report: &mut report })?;
    at.push(("end".into(), cpu_seconds()));
    for pair in at.windows(2) {
        println!("{}: {:.2} CPU-s", pair[0].0, pair[1].1 - pair[0].1);
    }
    println!("{:?}, peak {} MB", built.stitches, peak_megabytes());
    Ok(())
}

/// What all threads of this process used so far, where the system says so.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name in brackets may hold spaces; user and system time are the 12th and 13th after it.
    let rest = stat.rsplit(')').next().unwrap_or_default();
    let ticks: f64 =
        rest.split_whitespace().skip(11).take(2).filter_map(|word| word.parse::<f64>().ok()).sum();
    ticks / 100.0
}

fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or(0) / 1024
}
