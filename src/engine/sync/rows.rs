//! A sync of rows: planned, guarded, sent, and told.

use super::plan::{Earlier, Plan, Taker, no_room, plan};
use super::{ended, is_forced};
use crate::activate::carrier::{Carrier, HttpCarrier};
use crate::activate::guards;
use crate::activate::ledger::{Ledger, Settle};
use crate::activate::send::{self, Sending, Sent};
use crate::activate::spool::Record;
use crate::activate::table::TableCarrier;
use crate::destinations::{Chunk, Kind, Row, Settings, Step, Takes, Talk};
use crate::engine::{Job, Session};
use crate::model::activation::{Guard, ShownRequest, SyncRequest, Synced};
use crate::model::failure::Failure;
use crate::model::value::grouped;
use crate::protocol::Progress;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

/// Syncs rows to a destination.
///
/// # Errors
/// See [`super::sync`].
pub(super) fn sync(
    session: &Session,
    request: &SyncRequest,
    (kind, settings): (&'static Kind, &Settings),
    job: &mut Job<'_>,
) -> Result<Synced, Failure> {
    refuse_mode(request, kind, settings)?;
    let taker = Taker::of(kind, settings);
    let workspace_file = &session.opened().workspace_file;
    if request.is_dry {
        let ledger = Ledger::open_existing(workspace_file)?;
        let earlier = Earlier::of(ledger.as_ref(), &request.activation.name)?;
        let plan = plan(session, request, &taker, &earlier, job)?;
        let mut told = plan.told();
        told.samples = samples(kind, settings, request, &plan)?;
        return Ok(Synced::Dry(told));
    }
    let began = Instant::now();
    let mut ledger = Ledger::open(workspace_file)?;
    let activation = ledger.activation(&request.activation.name)?;
    let _held = ledger.hold(activation)?;
    let carrier = carrier(kind, settings, request)?;
    let carrier = carrier.as_ref();
    let resumes = settle_earlier(&mut ledger, activation, (request, carrier), job)?;
    // Who goes on in spite of it, or asks for them, says that those rows are to be sent again.
    if is_forced(request, Guard::Unfinished) {
        ledger.settle(activation, None, Settle::Lost)?;
    } else if let Some(run) = request.only_failed_of {
        ledger.settle(activation, Some(run), Settle::Lost)?;
    }
    let mut plan = {
        let mut earlier = Earlier::of(Some(&ledger), &request.activation.name)?;
        earlier.resumes = resumes;
        plan(session, request, &taker, &earlier, job)?
    };
    guards::refuse(&plan.stopped, &request.force, &request.activation.name)?;
    let invalid = plan.invalid_rows().map_err(no_room)?;
    let run = ledger.begin(activation, &plan.new_run(request), invalid)?;
    let total = plan.rows.rows();
    let rows = plan.rows.read().map_err(no_room)?;
    let cancelled = Arc::clone(&job.cancelled);
    let mut report = told(job, request, total);
    let sending = Sending {
        ledger: &mut ledger,
        activation,
        run,
        mode: request.activation.mode,
        carrier,
        cancelled: &cancelled,
        report: &mut report,
    };
    let Sent { stopped, .. } = send::send(sending, rows)?;
    let is_cancelled = cancelled.load(Ordering::Relaxed);
    let ended = ended(&ledger, run, began, stopped.as_ref(), is_cancelled)?;
    Ok(Synced::Run(Box::new(ended)))
}

fn refuse_mode(request: &SyncRequest, kind: &Kind, settings: &Settings) -> Result<(), Failure> {
    let Takes::Rows(rows) = kind.takes else { return Ok(()) };
    let modes = rows.modes(settings);
    if modes.contains(&request.activation.mode) {
        return Ok(());
    }
    let words: Vec<&str> = modes.iter().map(|mode| mode.word()).collect();
    Err(Failure::wrong_use(
        format!("{} cannot do {}", kind.label, request.activation.mode.word()),
        format!("the mode of activation {}", request.activation.name),
        format!("with these settings it does {}", words.join(", ")),
    ))
}

fn carrier<'a>(
    kind: &'static Kind,
    settings: &'a Settings,
    request: &SyncRequest,
) -> Result<Box<dyn Carrier + 'a>, Failure> {
    match kind.takes {
        Takes::Rows(rows) => Ok(Box::new(HttpCarrier::new(rows, settings))),
        _ => Ok(Box::new(TableCarrier::new(settings, &request.activation)?)),
    }
}

/// Settles what earlier syncs left open, and ends them; says whether there were any.
fn settle_earlier(
    ledger: &mut Ledger,
    activation: i64,
    (request, carrier): (&SyncRequest, &dyn Carrier),
    job: &mut Job<'_>,
) -> Result<bool, Failure> {
    let open = ledger.unfinished(activation)?;
    for &run in &open {
        let began = Instant::now();
        let cancelled = Arc::clone(&job.cancelled);
        let doing = format!("Settling sync {run} of {}", request.activation.name);
        (job.report)(Progress { doing, part: None });
        let sent = send::settle_pending(Sending {
            ledger,
            activation,
            run,
            mode: request.activation.mode,
            carrier,
            cancelled: &cancelled,
            report: &mut |_| {},
        })?;
        if cancelled.load(Ordering::Relaxed) {
            return Err(Failure::cancelled());
        }
        if let Some(failure) = sent.stopped {
            return Err(failure);
        }
        let left = ledger.run(run)?.left;
        let cut_off = Failure::new(
            format!("it was ended from outside; {} planned rows were not tried", grouped(left)),
            "",
            "",
        );
        ended(ledger, run, began, Some(&cut_off).filter(|_| left > 0), false)?;
    }
    Ok(!open.is_empty())
}

fn told<'a>(
    job: &'a mut Job<'_>,
    request: &'a SyncRequest,
    total: u64,
) -> impl FnMut(u64) + use<'a> {
    let report: &mut dyn FnMut(Progress) = job.report;
    let to = request.destination.name.clone();
    move |settled| {
        let doing = format!("Sending to {to}: {} of {}", grouped(settled), grouped(total));
        report(Progress { doing, part: Some(settled as f32 / total.max(1) as f32) });
    }
}

/// The requests of the first rows, as they would be sent, with personal values covered.
fn samples(
    kind: &Kind,
    settings: &Settings,
    request: &SyncRequest,
    plan: &Plan,
) -> Result<Vec<ShownRequest>, Failure> {
    let Takes::Rows(rows) = kind.takes else { return Ok(Vec::new()) };
    let mut shown = Vec::new();
    let mut lanes: Vec<u8> = plan.samples.iter().map(|record| rows.lane(record.op)).collect();
    lanes.sort_unstable();
    lanes.dedup();
    for lane in lanes {
        let of_lane = plan.samples.iter().filter(|record| rows.lane(record.op) == lane);
        let row = |record: &Record| Row {
            op: record.op,
            key: record.key.clone(),
            data: record.data.clone(),
        };
        let chunk = Chunk {
            run: "0".to_owned(),
            number: 1,
            id: "dry-run".to_owned(),
            mode: request.activation.mode,
            rows: of_lane.map(row).collect(),
        };
        match rows.step(settings, &chunk, Talk { memory: None, reply: None }) {
            Step::Ask { request, .. } => shown.push(request.shown()),
            Step::Stop(failure) => return Err(failure),
            Step::Done(_) | Step::AllRefused(_) => {}
        }
    }
    Ok(shown)
}
