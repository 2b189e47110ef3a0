//! A sync that starts a job at another service and follows it to its end.
//!
//! A job is never started twice. What the service calls its run is kept before anything else is
//! asked; when the reply to the start did not arrive, the service's own list of runs is looked at
//! first; and where there is no such list, a person is asked.

use super::{is_forced, now_utc};
use crate::activate::ledger::{Ledger, NewRun, RunEnd};
use crate::activate::pace;
use crate::activate::wire::{NoReply, Wire};
use crate::destinations::{self, JobState, Reply, Request, Settings};
use crate::engine::{Job, Session};
use crate::mapping;
use crate::model::activation::{
    DryRun, Guard, SyncCounts, SyncRequest, SyncRun, SyncStatus, Synced,
};
use crate::model::failure::Failure;
use crate::protocol::Progress;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The wait before the first look at a job.
const FIRST_LOOK: Duration = Duration::from_secs(3);
/// The longest wait between two looks.
const LONGEST_LOOK: Duration = Duration::from_secs(60);
/// How often the list of runs is looked at for one whose start was not answered.
const LOOKS: u32 = 3;
/// How often a look that failed is repeated.
const PATIENCE: u32 = 20;

/// Starts a job, or goes on following one, to its end.
///
/// # Errors
/// When it cannot be started, is lost out of sight, or it is not known whether it was started.
pub(super) fn sync(
    session: &Session,
    request: &SyncRequest,
    (started, settings): (&'static dyn destinations::Job, &Settings),
    job: &mut Job<'_>,
) -> Result<Synced, Failure> {
    if request.is_dry {
        let samples = vec![started.start(settings).shown()];
        return Ok(Synced::Dry(DryRun { samples, ..DryRun::default() }));
    }
    let mut ledger = Ledger::open(&session.opened().workspace_file)?;
    let activation = ledger.activation(&request.activation.name)?;
    let _held = ledger.hold(activation)?;
    let stop = Arc::clone(&job.cancelled);
    let following =
        Following { started, settings, wire: Wire::new(1, None), stop: &stop, unit: FIRST_LOOK };
    let open = ledger.before(activation)?.filter(|run| run.status == SyncStatus::Unfinished);
    let run = match open {
        Some(open) => {
            let number = match (open.job, following.look_up(&open.began)) {
                (Some(number), _) => Some(number),
                (None, looked) => match looked? {
                    Looked::Found(number) => Some(number),
                    Looked::NotThere => None,
                    Looked::NoList if is_forced(request, Guard::Unfinished) => None,
                    Looked::NoList => return Err(unknown_start(open.run, request)),
                },
            };
            match number {
                Some(number) => {
                    ledger.keep_job(open.run, &number)?;
                    open.run
                }
                None => {
                    let end = ending(SyncStatus::Failed, 0, "it was not started");
                    ledger.end(open.run, &end)?;
                    begin(&mut ledger, activation, request, session)?
                }
            }
        }
        None => begin(&mut ledger, activation, request, session)?,
    };
    let began = Instant::now();
    let number = match ledger.before(activation)?.and_then(|run| run.job) {
        Some(number) => number,
        None => {
            (job.report)(Progress { doing: format!("Starting {}", settings.name), part: None });
            match following.start(&ledger, run)? {
                Ok(number) => number,
                Err(failure) => {
                    let end = ending(SyncStatus::Failed, began.elapsed().as_secs(), "");
                    ledger.end(run, &RunEnd { message: failure.to_string(), ..end })?;
                    return Ok(Synced::Run(Box::new(ledger.run(run)?)));
                }
            }
        }
    };
    let done = following.follow(&ledger, (run, &number), began, job)?;
    Ok(Synced::Run(Box::new(done)))
}

fn begin(
    ledger: &mut Ledger,
    activation: i64,
    request: &SyncRequest,
    session: &Session,
) -> Result<u64, Failure> {
    let new = NewRun {
        destination: request.destination.name.clone(),
        began: now_utc(),
        who: request.who.clone(),
        definition: json!({"starts": request.destination.kind}).to_string(),
        source: session.catalog().path.display().to_string(),
        source_run: session.catalog().run,
        mapping: mapping::fingerprint(&request.activation),
        planned: SyncCounts::default(),
    };
    ledger.begin(activation, &new, std::iter::empty())
}

fn ending(status: SyncStatus, seconds: u64, message: &str) -> RunEnd {
    RunEnd { status, ended: now_utc(), seconds, message: message.to_owned() }
}

fn unknown_start(run: u64, request: &SyncRequest) -> Failure {
    Failure::new(
        format!("it is not known whether sync {run} started the job, and the service has no list"),
        format!("activation {}", request.activation.name),
        "look there; if it does not run, go on with --force unfinished",
    )
}

/// What the list of runs says.
enum Looked {
    Found(String),
    NotThere,
    NoList,
}

/// Follows a job.
pub(super) struct Following<'a> {
    pub(super) started: &'static dyn destinations::Job,
    pub(super) settings: &'a Settings,
    pub(super) wire: Wire,
    pub(super) stop: &'a AtomicBool,
    /// The wait before the first look.
    pub(super) unit: Duration,
}

impl Following<'_> {
    /// Starts the job; the inner error is why it certainly did not start.
    fn start(&self, ledger: &Ledger, run: u64) -> Result<Result<String, Failure>, Failure> {
        let began = now_utc();
        let request = self.started.start(self.settings);
        let mut attempt = 0;
        loop {
            attempt += 1;
            let reply = match self.wire.ask(&request) {
                Ok(reply) => reply,
                Err(NoReply::Refused(failure)) => return Ok(Err(failure)),
                Err(NoReply::NotSent(told)) => {
                    let what = format!("the service cannot be reached: {told}");
                    return Ok(Err(Failure::new(what, request.shown().line, "sync again later")));
                }
                Err(NoReply::Maybe(told)) => return self.start_unknown(ledger, run, &began, &told),
            };
            match reply.status {
                408 | 425 | 429 | 503 if attempt < pace::ATTEMPTS => {
                    let wait = pace::retry_after(&reply);
                    let wait = wait.unwrap_or_else(|| pace::back_off(attempt, self.unit));
                    if !pace::wait(wait, self.stop) {
                        return Ok(Err(Failure::cancelled()));
                    }
                }
                500..=599 if reply.status != 503 => {
                    return self.start_unknown(ledger, run, &began, &reply.message());
                }
                _ => {
                    return match self.started.started(&reply) {
                        Ok(number) => {
                            ledger.keep_job(run, &number)?;
                            Ok(Ok(number))
                        }
                        Err(told) => Ok(Err(Failure::new(
                            format!("the job was not started: {told}"),
                            request.shown().line,
                            "check the settings of the destination and what the token may do",
                        ))),
                    };
                }
            }
        }
    }

    /// The start may have arrived: the list of runs says.
    fn start_unknown(
        &self,
        ledger: &Ledger,
        run: u64,
        began: &str,
        told: &str,
    ) -> Result<Result<String, Failure>, Failure> {
        for _ in 0..LOOKS {
            if !pace::wait(self.unit, self.stop) {
                break;
            }
            if let Looked::Found(number) = self.look_up(began)? {
                ledger.keep_job(run, &number)?;
                return Ok(Ok(number));
            }
        }
        // The sync stays open: the next one looks again before it starts anything.
        Err(Failure::new(
            format!("it is not known whether the job was started: {told}"),
            self.settings.name.clone(),
            "sync again: it looks before it starts anything",
        ))
    }

    fn look_up(&self, since: &str) -> Result<Looked, Failure> {
        let Some(request) = self.started.find(self.settings) else { return Ok(Looked::NoList) };
        let reply = self.look(&request)?;
        Ok(match self.started.found(&reply, since) {
            Some(number) => Looked::Found(number),
            None => Looked::NotThere,
        })
    }

    /// Asks something that only looks, with patience.
    fn look(&self, request: &Request) -> Result<Reply, Failure> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let (told, wait) = match self.wire.ask(request) {
                Ok(reply) if matches!(reply.status, 408 | 425 | 429 | 500..=599) => {
                    (reply.message(), pace::retry_after(&reply))
                }
                Ok(reply) if !reply.is_good() => {
                    let what = format!("the service does not answer: {}", reply.message());
                    let hint = "check the token and the settings";
                    return Err(Failure::new(what, request.shown().line, hint));
                }
                Ok(reply) => return Ok(reply),
                Err(NoReply::Refused(failure)) => return Err(failure),
                Err(NoReply::NotSent(told) | NoReply::Maybe(told)) => (told, None),
            };
            let wait = wait.unwrap_or_else(|| pace::back_off(attempt, self.unit));
            if attempt >= PATIENCE || !pace::wait(wait, self.stop) {
                return Err(Failure::new(
                    format!("the service cannot be asked how far the job is: {told}"),
                    request.shown().line,
                    "sync again: it goes on following the same job",
                ));
            }
        }
    }

    fn follow(
        &self,
        ledger: &Ledger,
        (run, number): (u64, &str),
        began: Instant,
        job: &mut Job<'_>,
    ) -> Result<SyncRun, Failure> {
        let mut wait = self.unit;
        loop {
            let reply = self.look(&self.started.poll(self.settings, number))?;
            match self.started.state(self.settings, number, &reply) {
                JobState::Running { doing, part } => {
                    let doing = format!("{}: {doing}", self.settings.name);
                    (job.report)(Progress { doing, part });
                }
                JobState::Ended { is_good, message, counts } => {
                    let reported = serde_json::Value::Object(counts).to_string();
                    ledger.keep_report(run, &reported)?;
                    let status = if is_good { SyncStatus::Done } else { SyncStatus::Failed };
                    let seconds = began.elapsed().as_secs();
                    ledger.end(run, &ending(status, seconds, &message))?;
                    return ledger.run(run);
                }
            }
            if !pace::wait(wait, self.stop) {
                return self.cancelled(ledger, (run, number), began);
            }
            wait = wait.mul_f64(1.5).min(LONGEST_LOOK);
        }
    }

    fn cancelled(
        &self,
        ledger: &Ledger,
        (run, number): (u64, &str),
        began: Instant,
    ) -> Result<SyncRun, Failure> {
        debug_assert!(self.stop.load(Ordering::Relaxed), "only a wait that is cut short ends so");
        let Some(request) = self.started.cancel(self.settings, number) else {
            // It goes on over there, and the next sync goes on following it.
            return ledger.run(run);
        };
        let message = match self.wire.ask(&request) {
            Ok(reply) if reply.is_good() => "cancelled".to_owned(),
            Ok(reply) => format!("it could not be cancelled: {}", reply.message()),
            Err(_) => return ledger.run(run),
        };
        let seconds = began.elapsed().as_secs();
        ledger.end(run, &ending(SyncStatus::Failed, seconds, &message))?;
        ledger.run(run)
    }
}
