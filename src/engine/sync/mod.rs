//! Syncs an activation: who is in it, what changed since the last time, and sending that.
//!
//! ```text
//! earlier syncs settled ─▶ members ─mapping, comparing─▶ planned rows in a file ─guards─▶ sent
//!                          source let go ────────────────┘
//! ```

pub mod alert;
mod failed;
mod file;
mod plan;
mod rows;
mod start;
mod who;

use crate::activate::ledger::{Ledger, RunEnd};
use crate::activate::{schedule, secrets};
use crate::destinations::{self, Kind, Settings, Takes};
use crate::engine::{Job, Session};
use crate::model::activation::{
    FailedRow, Guard, SavedDestination, Secret, SyncHistory, SyncRequest, SyncRun, SyncStatus,
    Synced,
};
use crate::model::failure::{Failure, FailureKind};
use crate::model::nearest::nearest;
use crate::model::workspace::Workspace;
pub use failed::write_failed;
pub use plan::mapping_of;
use std::path::Path;
use std::time::Instant;
pub use who::slice_of;

/// Syncs an activation, or says what that would do.
///
/// # Errors
/// When it is not set up well, a guard stops it, the source cannot be read or the ledger cannot be
/// kept. What the destination refuses is no failure here: the run says it.
pub fn sync(
    session: &Session,
    request: &SyncRequest,
    job: &mut Job<'_>,
) -> Result<Synced, Failure> {
    let who = if request.who.is_empty() { who_runs() } else { request.who.clone() };
    let request = &SyncRequest { who, ..request.clone() };
    let kind = kind_of(&request.destination)?;
    let settings = settings(kind, &request.destination, request.is_dry)?;
    match kind.takes {
        Takes::Rows(_) | Takes::Table => rows::sync(session, request, (kind, &settings), job),
        Takes::File(files) => file::sync(session, request, (kind, files, &settings), job),
        Takes::Start(started) => start::sync(session, request, (started, &settings), job),
        Takes::Notice(_) => Err(Failure::wrong_use(
            format!("{} takes messages about syncs, and no members", kind.label),
            format!("destination {}", request.destination.name),
            "name it under `alert` of an activation that goes elsewhere",
        )),
    }
}

/// The kind of a destination.
///
/// # Errors
/// When there is none of that name.
pub fn kind_of(saved: &SavedDestination) -> Result<&'static Kind, Failure> {
    destinations::kind(&saved.kind).ok_or_else(|| {
        let names: Vec<&str> = destinations::KINDS.iter().map(|kind| kind.name).collect();
        let hint = match nearest(&saved.kind, names.iter().copied()) {
            Some(near) => format!("write {near}"),
            None => format!("there is {}", names.join(", ")),
        };
        let what = format!("there is no kind of destination {}", saved.kind);
        Failure::wrong_use(what, format!("destination {}", saved.name), hint)
    })
}

/// The settings of a destination; where nothing is sent, no secret is looked up.
///
/// # Errors
/// When one is missing or wrong.
pub fn settings(kind: &Kind, saved: &SavedDestination, is_dry: bool) -> Result<Settings, Failure> {
    let covered = |reference: &str| match reference.split_once(':') {
        Some(("env" | "keyring", _)) => Ok(Secret::new("secret")),
        _ => secrets::find(reference),
    };
    match is_dry {
        true => Settings::read(saved, kind.settings, &covered),
        false => Settings::read(saved, kind.settings, &secrets::find),
    }
}

/// The request to sync an activation of a workspace.
///
/// # Errors
/// When the activation or its destination is not there.
pub fn request_of(
    workspace: &Workspace,
    name: &str,
    now: crate::model::now::Moment,
) -> Result<SyncRequest, Failure> {
    let found = workspace.activations.iter().find(|activation| activation.name == name);
    let activation = found.ok_or_else(|| {
        let names: Vec<&str> = workspace.activations.iter().map(|a| a.name.as_str()).collect();
        let hint = match (names.is_empty(), nearest(name, names.iter().copied())) {
            (true, _) => "muster.yaml has no activations".to_owned(),
            (false, Some(near)) => format!("write \"{near}\""),
            (false, None) => format!("there is {}", names.join(", ")),
        };
        Failure::wrong_use(format!("there is no activation \"{name}\""), "--activation", hint)
    })?;
    Ok(SyncRequest {
        activation: activation.clone(),
        destination: destination(workspace, &activation.destination, &activation.name)?,
        now,
        segments: workspace.segments.clone(),
        force: Vec::new(),
        is_dry: false,
        only_failed_of: None,
        who: String::new(),
    })
}

fn destination(
    workspace: &Workspace,
    name: &str,
    activation: &str,
) -> Result<SavedDestination, Failure> {
    let found = workspace.destinations.iter().find(|destination| destination.name == name);
    found.cloned().ok_or_else(|| {
        let names: Vec<&str> = workspace.destinations.iter().map(|d| d.name.as_str()).collect();
        let what = format!("there is no destination \"{name}\"");
        let hint = format!("muster.yaml has {}", names.join(", "));
        Failure::wrong_use(what, format!("activation {activation}"), hint)
    })
}

/// The names of the activations that are due at a moment.
///
/// # Errors
/// When a schedule or the ledger cannot be read.
pub fn due(session: &Session, now: jiff::Timestamp) -> Result<Vec<String>, Failure> {
    let opened = session.opened();
    let ledger = Ledger::open_existing(&opened.workspace_file)?;
    let mut due = Vec::new();
    for activation in &opened.workspace.activations {
        let number = match &ledger {
            Some(ledger) => ledger.number_of(&activation.name)?,
            None => None,
        };
        let last = match (&ledger, number) {
            (Some(ledger), Some(number)) => ledger.before(number)?.map(|before| before.began),
            _ => None,
        };
        if schedule::is_due(activation, last.as_deref(), now)? {
            due.push(activation.name.clone());
        }
    }
    Ok(due)
}

/// What was sent from the workspace of a source.
///
/// # Errors
/// When the ledger cannot be read.
pub fn history(workspace_file: &Path, most: usize) -> Result<SyncHistory, Failure> {
    let Some(ledger) = Ledger::open_existing(workspace_file)? else {
        return Ok(SyncHistory::default());
    };
    Ok(SyncHistory { runs: ledger.runs(None, most)?, held: ledger.held()? })
}

/// The rows of a sync that did not arrive for sure, up to so many.
///
/// # Errors
/// When there is no such sync, or the ledger cannot be read.
pub fn failed_rows(
    workspace_file: &Path,
    run: u64,
    most: usize,
) -> Result<Vec<FailedRow>, Failure> {
    let ledger = Ledger::open(workspace_file)?;
    let mut rows = Vec::new();
    ledger.failed_rows(run, &mut |row| {
        if rows.len() < most {
            rows.push(row);
        }
        Ok(())
    })?;
    Ok(rows)
}

/// The user of the machine, as the system names them.
fn who_runs() -> String {
    ["USER", "USERNAME", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|name| !name.is_empty()))
        .unwrap_or_else(|| "unknown".to_owned())
}

/// The moment now, in UTC to the second.
fn now_utc() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Ends a sync that ran until here, and gives it as the history has it. Its counts are checked.
fn ended(
    ledger: &Ledger,
    run: u64,
    began: Instant,
    stopped: Option<&Failure>,
    is_cancelled: bool,
) -> Result<SyncRun, Failure> {
    let so_far = ledger.run(run)?;
    let counts = so_far.counts;
    let failed = counts.rejected + counts.invalid + counts.unknown;
    let status = match (stopped, is_cancelled, failed) {
        (Some(_), ..) => SyncStatus::Failed,
        (None, true, _) if so_far.left > 0 => SyncStatus::Unfinished,
        (None, _, 0) => SyncStatus::Done,
        (None, ..) => SyncStatus::Partly,
    };
    let message = stopped.map(ToString::to_string).unwrap_or_default();
    let seconds = began.elapsed().as_secs();
    ledger.end(run, &RunEnd { status, ended: now_utc(), seconds, message })?;
    let run = ledger.run(run)?;
    let lost = match status {
        SyncStatus::Done | SyncStatus::Partly if run.left > 0 => {
            Some(format!("{} planned rows have no fate", run.left))
        }
        _ => run.counts.mismatch(),
    };
    match lost {
        None => Ok(run),
        Some(what) => Err(Failure::new(
            format!("the counts of sync {} do not add up: {what}", run.run),
            format!("activation {}", run.activation),
            "this is a mistake in Muster; the ledger is as it was written",
        )
        .of(FailureKind::OwnFault)),
    }
}

/// Whether a person said to go on in spite of this.
fn is_forced(request: &SyncRequest, guard: Guard) -> bool {
    request.force.contains(&guard)
}
