//! `muster syncs`: what was sent, when, and what became of the rows.

use super::args::SourceArgs;
use super::session::{Watch, open};
use super::sync::{Told, run_text};
use super::table::table;
use super::{Lines, Printed};
use crate::activate::ledger::{Ledger, Settle};
use crate::engine::sync;
use crate::model::activation::{FailedRow, SyncRun};
use crate::model::failure::Failure;
use crate::model::value::grouped;
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// How many syncs are listed unless one activation is named.
const LISTED: usize = 50;

/// `muster syncs PATH`
#[derive(Debug, Args)]
pub struct Syncs {
    #[command(flatten)]
    source: SourceArgs,
    /// Only those of this activation.
    #[arg(long, value_name = "NAME")]
    activation: Option<String>,
    /// The rows of the last sync, or of the one that --run names, that did not arrive for sure.
    #[arg(long)]
    failed: bool,
    /// The number of a sync.
    #[arg(long, value_name = "RUN", requires = "failed")]
    run: Option<u64>,
    /// A CSV file to write them to.
    #[arg(long, value_name = "FILE.csv", requires = "failed")]
    to: Option<PathBuf>,
    /// Send the rows again that failed in this sync.
    #[arg(long, value_name = "RUN", conflicts_with = "failed")]
    retry: Option<u64>,
    /// Say what became of rows of which that is not known: they arrived, or they were lost and are
    /// sent again by the next sync.
    #[arg(long, value_name = "WORD", requires = "activation", conflicts_with_all = ["failed", "retry"])]
    settle: Option<Became>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// What became of rows.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Became {
    Arrived,
    Lost,
}

#[derive(Debug, Serialize)]
struct Listed<'a> {
    schema: u32,
    syncs: &'a [SyncRun],
}

#[derive(Debug, Serialize)]
struct Failed {
    schema: u32,
    run: u64,
    rows: Vec<FailedRow>,
}

impl Syncs {
    pub(super) fn run(&self) -> Result<Printed, Failure> {
        let watch = Watch::new();
        if let Some(run) = self.retry {
            return self.again(run, &watch);
        }
        let file = crate::engine::workspace::locate(&self.source.request()?);
        let Some(mut ledger) = Ledger::open_existing(&file)? else {
            return Ok(self.listed(&[]));
        };
        if let (Some(became), Some(name)) = (self.settle, &self.activation) {
            return settle(&mut ledger, name, became);
        }
        let runs = ledger.runs(self.activation.as_deref(), LISTED)?;
        if !self.failed {
            return Ok(self.listed(&runs));
        }
        let run = match (self.run, runs.first()) {
            (Some(run), _) => ledger.run(run)?.run,
            (None, Some(last)) => last.run,
            (None, None) => {
                let hint = "see them with `muster syncs PATH`";
                return Err(Failure::wrong_use("there was no sync yet", "--failed", hint));
            }
        };
        match &self.to {
            Some(to) => write_failed(&ledger, run, to),
            None => self.failed(&ledger, run),
        }
    }

    fn listed(&self, runs: &[SyncRun]) -> Printed {
        if self.json {
            return Printed::json(&Listed { schema: 1, syncs: runs });
        }
        let mut lines = Lines::default();
        if runs.is_empty() {
            lines.line("Nothing was sent yet");
            return Printed::done(&lines);
        }
        let rows = runs.iter().map(|run| {
            let counts = &run.counts;
            vec![
                run.run.to_string(),
                run.began.clone(),
                run.activation.clone(),
                run.destination.clone(),
                run.status.word().to_owned(),
                grouped(counts.planned),
                grouped(counts.accepted),
                grouped(counts.rejected),
                grouped(counts.invalid),
                grouped(counts.unknown),
                run.who.clone(),
            ]
        });
        let heads = [
            "run",
            "began",
            "activation",
            "to",
            "status",
            "planned",
            "accepted",
            "rejected",
            "invalid",
            "unknown",
            "by",
        ];
        lines.add("", table(&heads, rows.collect(), &[5, 6, 7, 8, 9]));
        if let ([only], true) = (runs, self.activation.is_some()) {
            lines.blank();
            run_text(only, &mut lines);
        }
        Printed::done(&lines)
    }

    fn failed(&self, ledger: &Ledger, run: u64) -> Result<Printed, Failure> {
        let mut rows = Vec::new();
        ledger.failed_rows(run, &mut |row| {
            rows.push(row);
            Ok(())
        })?;
        if self.json {
            return Ok(Printed::json(&Failed { schema: 1, run, rows }));
        }
        let mut lines = Lines::default();
        lines.line(format_args!("{} rows of sync {run} did not arrive for sure", rows.len()));
        if !rows.is_empty() {
            let cells = rows.into_iter().map(|row| vec![row.key, row.op, row.outcome, row.message]);
            lines.add("", table(&["key", "change", "outcome", "why"], cells.collect(), &[]));
        }
        Ok(Printed::done(&lines))
    }

    fn again(&self, run: u64, watch: &Watch) -> Result<Printed, Failure> {
        let session = open(&self.source, watch)?;
        let opened = session.opened();
        let failed = Ledger::open(&opened.workspace_file)?.run(run)?;
        let now = super::slice::moment(&super::args::NowArgs::default())?;
        let mut request = sync::request_of(&opened.workspace, &failed.activation, now)?;
        request.only_failed_of = Some(run);
        let synced = watch.over(|job| sync::sync(&session, &request, job))?;
        let told = Told::of(&failed.activation, synced);
        let printed = match self.json {
            true => Printed::json(&told),
            false => Printed::done(&told.text()),
        };
        Ok(printed.with_status(told.status()))
    }
}

fn settle(ledger: &mut Ledger, name: &str, became: Became) -> Result<Printed, Failure> {
    let Some(activation) = ledger.number_of(name)? else {
        let what = format!("\"{name}\" was never synced");
        return Err(Failure::wrong_use(what, "--activation", "see `muster syncs PATH`"));
    };
    let _held = ledger.hold(activation)?;
    let how = match became {
        Became::Arrived => Settle::Arrived,
        Became::Lost => Settle::Lost,
    };
    let many = grouped(ledger.settle(activation, None, how)?);
    let mut lines = Lines::default();
    lines.line(match became {
        Became::Arrived => format!("{many} rows count as arrived"),
        Became::Lost => format!("{many} rows count as lost; the next sync sends them again"),
    });
    Ok(Printed::done(&lines))
}

/// Writes the rows that failed to a CSV file, whole or not at all.
fn write_failed(ledger: &Ledger, run: u64, to: &Path) -> Result<Printed, Failure> {
    let many = sync::write_failed(ledger, run, to)?;
    let mut lines = Lines::default();
    lines.line(format_args!("{} rows in {}", grouped(many), to.display()));
    Ok(Printed::done(&lines))
}
