//! A sync into files of a folder: what changed since the last one, in a file of its own, which the
//! database writes from the planned rows.
//!
//! A file is whole or not there. It is named after the sync, so none is ever written over.

use super::ended;
use super::plan::{Earlier, Plan, Taker, no_room, plan};
use crate::activate::guards;
use crate::activate::ledger::{Ledger, SettledChunk, SettledRow};
use crate::activate::spool::Record;
use crate::destinations::{FileFormat, Files, Kind, Settings};
use crate::disk::{PartFile, write};
use crate::engine::{Job, Session};
use crate::model::activation::{Fate, Op, SyncRequest, Synced};
use crate::model::export::CopiedFormat;
use crate::model::failure::Failure;
use crate::model::value::grouped;
use crate::protocol::Progress;
use crate::sql::copy;
use serde_json::{Map, Value};
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Rows that are written down as accepted at a time.
const LEDGER_ROWS: usize = 20_000;

/// Syncs into files.
///
/// # Errors
/// See [`super::sync`]; also when the folder cannot be written to.
pub(super) fn sync(
    session: &Session,
    request: &SyncRequest,
    (kind, files, settings): (&'static Kind, &'static dyn Files, &Settings),
    job: &mut Job<'_>,
) -> Result<Synced, Failure> {
    let taker = Taker::of(kind, settings);
    let workspace_file = &session.opened().workspace_file;
    if request.is_dry {
        let ledger = Ledger::open_existing(workspace_file)?;
        let earlier = Earlier::of(ledger.as_ref(), &request.activation.name)?;
        return Ok(Synced::Dry(plan(session, request, &taker, &earlier, job)?.told()));
    }
    let began = Instant::now();
    let mut ledger = Ledger::open(workspace_file)?;
    let activation = ledger.activation(&request.activation.name)?;
    let _held = ledger.hold(activation)?;
    for run in ledger.unfinished(activation)? {
        let cut_off = Failure::new("it was ended before its file was there", "", "");
        ended(&ledger, run, began, Some(&cut_off), false)?;
    }
    let mut plan = {
        let earlier = Earlier::of(Some(&ledger), &request.activation.name)?;
        plan(session, request, &taker, &earlier, job)?
    };
    guards::refuse(&plan.stopped, &request.force, &request.activation.name)?;
    let invalid = plan.invalid_rows().map_err(no_room)?;
    let run = ledger.begin(activation, &plan.new_run(request), invalid)?;
    let name = format!("{}-{run:05}", files.file(settings));
    let columns = columns(files, settings, request);
    let mut parts = Vec::new();
    for wanted in [Wanted::of(files, false), Wanted::of(files, true)].into_iter().flatten() {
        let file = format!("{name}{}.{}", wanted.ending, files.format(settings).word());
        let target = Path::new(settings.text("folder")).join(file);
        let doing = format!("Writing {}", target.display());
        (job.report)(Progress { doing, part: None });
        let format = files.format(settings);
        parts.extend(write_file(session, &mut plan, (&wanted, &columns, format), target)?);
    }
    if job.cancelled.load(Ordering::Relaxed) {
        return Err(Failure::cancelled());
    }
    for (part, target) in parts {
        part.rename().map_err(|error| cannot(&error, &target))?;
    }
    keep(&mut ledger, (activation, run), &mut plan, job)?;
    let done = ended(&ledger, run, began, None, false)?;
    Ok(Synced::Run(Box::new(done)))
}

/// The rows of one file.
struct Wanted {
    ops: &'static [Op],
    tells_ops: bool,
    ending: &'static str,
}

impl Wanted {
    /// The file of those that stay, or of those that left, where that is a file of its own.
    fn of(files: &dyn Files, of_removed: bool) -> Option<Self> {
        match (files.tells_ops(), of_removed) {
            (true, false) => {
                Some(Self { ops: &[Op::Add, Op::Update, Op::Remove], tells_ops: true, ending: "" })
            }
            (true, true) => None,
            (false, false) => {
                Some(Self { ops: &[Op::Add, Op::Update], tells_ops: false, ending: "-add" })
            }
            (false, true) => Some(Self { ops: &[Op::Remove], tells_ops: false, ending: "-remove" }),
        }
    }
}

fn columns(files: &dyn Files, settings: &Settings, request: &SyncRequest) -> Vec<String> {
    let mapped = request.activation.mapping.keys().cloned();
    match files.is_whole_template() {
        false => mapped.collect(),
        true => files.fields(settings).iter().map(|field| field.name.to_owned()).collect(),
    }
}

/// Writes one file beside its place; none when there is no row for it.
fn write_file(
    session: &Session,
    plan: &mut Plan,
    (wanted, columns, format): (&Wanted, &[String], FileFormat),
    target: PathBuf,
) -> Result<Option<(PartFile, PathBuf)>, Failure> {
    let store = session.store();
    let lines = store.way_out();
    let mut to = BufWriter::new(write::new_file(&lines).map_err(no_room)?);
    let mut rows = 0_u64;
    for record in plan.rows.read().map_err(no_room)? {
        let record = record.map_err(no_room)?;
        if wanted.ops.contains(&record.op) {
            rows += 1;
            to.write_all(line(&record, wanted.tells_ops).as_bytes()).map_err(no_room)?;
        }
    }
    to.into_inner().map_err(|error| no_room(error.into_error()))?;
    if rows == 0 {
        return Ok(None);
    }
    let mut names = columns.to_vec();
    if wanted.tells_ops {
        names.insert(0, KEY.to_owned());
        names.insert(0, OP.to_owned());
    }
    let (from, out) = (lines.to_string_lossy().into_owned(), store.way_out());
    let query = copy::rows_of_json_lines(&from, &names);
    let copied = match format {
        FileFormat::Csv => CopiedFormat::Csv,
        FileFormat::Parquet => CopiedFormat::Parquet,
    };
    let statement = copy::copy_list(copied, &query, &out.to_string_lossy());
    let written = store.write_telling(&statement, &mut |_| {})?;
    if written != rows {
        let what = format!("{written} rows were written of {rows}");
        return Err(Failure::new(what, target.display().to_string(), "sync again"));
    }
    let mut part = PartFile::of(&target).map_err(|error| cannot(&error, &target))?;
    part.take(&out).map_err(|error| cannot(&error, &target))?;
    Ok(Some((part, target)))
}

const OP: &str = "op";
const KEY: &str = "key";

/// A row as a line of JSON, every value as text.
fn line(record: &Record, tells_ops: bool) -> String {
    let fields: Map<String, Value> = serde_json::from_str(&record.data).unwrap_or_default();
    let mut line = Map::new();
    if tells_ops {
        line.insert(OP.to_owned(), record.op.word().into());
        line.insert(KEY.to_owned(), record.key.as_str().into());
    }
    for (name, value) in fields {
        let text = match value {
            Value::Null => continue,
            Value::String(text) => text,
            other => other.to_string(),
        };
        line.insert(name, text.into());
    }
    let mut text = Value::Object(line).to_string();
    text.push('\n');
    text
}

/// Writes down that the destination has the rows.
fn keep(
    ledger: &mut Ledger,
    ids: (i64, u64),
    plan: &mut Plan,
    job: &mut Job<'_>,
) -> Result<(), Failure> {
    let total = plan.rows.rows();
    let mut rows = Vec::new();
    let (mut number, mut done) = (0, 0_u64);
    for record in plan.rows.read().map_err(no_room)? {
        rows.push(SettledRow { row: record.map_err(no_room)?, fate: Fate::Accepted });
        done += 1;
        if rows.len() == LEDGER_ROWS || done == total {
            number += 1;
            let rows = std::mem::take(&mut rows);
            ledger.commit(ids, &[SettledChunk { number, rows }], &[])?;
            let doing = format!("Keeping {} of {}", grouped(done), grouped(total));
            (job.report)(Progress { doing, part: Some(done as f32 / total.max(1) as f32) });
        }
    }
    Ok(())
}

fn cannot(error: &std::io::Error, target: &Path) -> Failure {
    let what = format!("the file cannot be written: {error}");
    Failure::new(what, target.display().to_string(), "check the folder of the destination")
}
