//! A sync in a process of its own, which may be killed: settling, planning and sending as the
//! engine does it, over a source that is a few payloads.

use muster::activate::carrier::{Carrier, HttpCarrier};
use muster::activate::ledger::{Held, Ledger, NewRun, RunEnd, State};
use muster::activate::send::{self, Sending, Sent};
use muster::activate::spool::Record;
use muster::activate::wire::Wire;
use muster::destinations::{self, Repeat, Settings, Takes};
use muster::model::activation::{Mode, Op, SyncCounts, SyncStatus};
use muster::model::failure::{Failure, FailureKind};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// The variable that makes the test below a sync.
const ORDER: &str = "MUSTER_TEST_SYNC";
/// The activation's name.
pub(super) const NAME: &str = "lapsed to hook";

/// What is to be synced, and how.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) workspace_file: PathBuf,
    pub(super) url: String,
    pub(super) safe: bool,
    pub(super) mode: Mode,
    pub(super) batch: usize,
    pub(super) connections: usize,
    /// How long an answer is waited for, in milliseconds.
    pub(super) patience: u64,
    pub(super) source: BTreeMap<String, String>,
}

/// How a sync ended that was not killed: the status of its process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// It came to its end.
    Done = 0,
    /// Another process syncs the same.
    Busy = 3,
    /// It could not go on.
    Stopped = 4,
    /// Rows wait for a person's word.
    Waits = 5,
}

impl Ended {
    pub(super) fn of(status: i32) -> Self {
        let all = [Self::Done, Self::Busy, Self::Stopped, Self::Waits];
        let found = all.into_iter().find(|ended| *ended as i32 == status);
        found.unwrap_or_else(|| panic!("a sync ended with status {status}"))
    }
}

/// The process of a sync, ready to be started. Rows that it planned stand in its output.
pub(super) fn command(order: &Order) -> Command {
    // Both the whole binary and one that is made of these tests alone find the test.
    let path = module_path!().split_once("::").map_or("", |(_, path)| path);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([&format!("{path}::a_sync_of_the_matrix"), "--exact", "--nocapture"])
        .arg("--test-threads=1")
        .env(ORDER, serde_json::to_string(order).unwrap())
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command
}

/// How many rows a process planned, if it came that far.
pub(super) fn planned_in(output: &str) -> Option<u64> {
    let told = output.lines().find_map(|line| line.split("PLANNED ").nth(1))?;
    told.trim().parse().ok()
}

/// No test of its own: the process that the matrix starts.
#[test]
fn a_sync_of_the_matrix() {
    let Ok(order) = std::env::var(ORDER) else { return };
    let order: Order = serde_json::from_str(&order).unwrap();
    let ended = match sync(&order) {
        Ok(ended) => ended,
        Err(failure) if failure.kind == FailureKind::Busy => Ended::Busy,
        Err(failure) => panic!("{failure}"),
    };
    std::process::exit(ended as i32);
}

fn sync(order: &Order) -> Result<Ended, Failure> {
    let (batch, connections) = (order.batch.to_string(), order.connections.to_string());
    let values = [
        ("url", order.url.as_str()),
        ("batch", &batch),
        ("connections", &connections),
        ("safe_to_repeat", if order.safe { "true" } else { "false" }),
        ("errors", "/errors"),
    ];
    let settings = Settings::of(&values, &[]);
    let Takes::Rows(rows) = destinations::kind("webhook").unwrap().takes else { unreachable!() };
    let carrier = HttpCarrier {
        wire: Wire::new(order.connections, Some(Duration::from_millis(order.patience))),
        unit: Duration::from_millis(1),
        ..HttpCarrier::new(rows, &settings)
    };
    let mut ledger = Ledger::open(&order.workspace_file)?;
    let activation = ledger.activation(NAME)?;
    let _held = ledger.hold(activation)?;
    for run in ledger.unfinished(activation)? {
        let sent = send::settle_pending(sending(&mut ledger, (activation, run), order, &carrier))?;
        if sent.stopped.is_some() {
            return Ok(Ended::Stopped);
        }
        end(&ledger, run, false)?;
    }
    let Some((planned, counts)) = plan(&ledger, activation, order, carrier.repeat())? else {
        return Ok(Ended::Waits);
    };
    writeln!(std::io::stdout(), "\nPLANNED {}", planned.len()).expect("the parent reads it");
    let run = ledger.begin(activation, &new_run(counts), std::iter::empty())?;
    let rows = planned.into_iter().map(Ok);
    let Sent { stopped, .. } =
        send::send(sending(&mut ledger, (activation, run), order, &carrier), rows)?;
    let left = ledger.run(run)?.left;
    assert!(stopped.is_some() || left == 0, "{left} rows of sync {run} have no fate");
    end(&ledger, run, stopped.is_some())?;
    Ok(if stopped.is_some() { Ended::Stopped } else { Ended::Done })
}

fn sending<'a>(
    ledger: &'a mut Ledger,
    (activation, run): (i64, u64),
    order: &Order,
    carrier: &'a dyn Carrier,
) -> Sending<'a> {
    // A process has one sync, so nothing is lost by never taking these back.
    let cancelled: &'static Arc<AtomicBool> = Box::leak(Box::default());
    let report = Box::leak(Box::new(|_| {}));
    Sending { ledger, activation, run, mode: order.mode, carrier, cancelled, report }
}

fn end(ledger: &Ledger, run: u64, is_stopped: bool) -> Result<(), Failure> {
    let so_far = ledger.run(run)?;
    let failed = so_far.counts.rejected + so_far.counts.unknown;
    let status = match (is_stopped || so_far.left > 0, failed) {
        (true, _) => SyncStatus::Failed,
        (false, 0) => SyncStatus::Done,
        (false, _) => SyncStatus::Partly,
    };
    let (ended, message) = ("2026-11-27T00:00:01Z".to_owned(), String::new());
    ledger.end(run, &RunEnd { status, ended, seconds: 1, message })
}

fn new_run(planned: SyncCounts) -> NewRun {
    NewRun {
        destination: "hook".into(),
        began: "2026-11-27T00:00:00Z".into(),
        who: "test".into(),
        definition: "{}".into(),
        source: "test".into(),
        source_run: None,
        mapping: String::new(),
        planned,
    }
}

/// What is to be sent; nothing when rows wait for a person's word.
fn plan(
    ledger: &Ledger,
    activation: i64,
    order: &Order,
    repeat: Repeat,
) -> Result<Option<(Vec<Record>, SyncCounts)>, Failure> {
    let known = ledger.page(activation, (None, None), usize::MAX)?;
    let known: BTreeMap<&str, &Held> = known.iter().map(|held| (held.key.as_str(), held)).collect();
    let mut counts = SyncCounts::default();
    let mut rows = Vec::new();
    let is_open = |held: &Held| held.state != State::Held;
    for (key, data) in &order.source {
        let hash = hash_of(data);
        let op = match known.get(key.as_str()) {
            None => Op::Add,
            Some(held) if is_open(held) && repeat != Repeat::Safe => return Ok(None),
            Some(held) if is_open(held) || held.hash != hash && order.mode.updates() => Op::Update,
            Some(_) => {
                counts.unchanged += 1;
                continue;
            }
        };
        let identity = format!("{{\"id\":\"{key}\"}}");
        rows.push(Record { op, key: key.clone(), hash, data: data.clone(), identity });
    }
    let gone = known.values().filter(|held| !order.source.contains_key(&held.key));
    for held in gone.filter(|_| order.mode.removes()) {
        if is_open(held) && repeat != Repeat::Safe {
            return Ok(None);
        }
        let (key, identity) = (held.key.clone(), held.identity.clone());
        let data = identity.clone();
        rows.push(Record { op: Op::Remove, key, hash: held.hash, data, identity });
    }
    counts.planned = rows.len() as u64;
    Ok(Some((rows, counts)))
}

/// The hash of a payload, as the ledger keeps it.
pub(super) fn hash_of(data: &str) -> [u8; 16] {
    let mut hash = [0; 16];
    hash.copy_from_slice(&Sha256::digest(data)[..16]);
    hash
}
