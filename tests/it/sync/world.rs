//! One history of the fault matrix: a source that changes, an inbox that misbehaves, syncs that are
//! killed, and what must hold all the time.

use super::child::{self, Ended, NAME, Order, hash_of};
use muster::activate::ledger::{Held, Ledger, Settle, State};
use muster::inbox::{self, Act, Ending, Inbox, Script, Taken};
use muster::model::activation::{Mode, Op, SyncStatus};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::PathBuf;
use std::process::Child;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The patience with an inbox that misbehaves, in milliseconds.
const SHORT: u64 = 150;
/// The patience with one that behaves: a busy machine is no fault.
const LONG: u64 = 30_000;
/// So many syncs bring the worst history to rest.
const ROUNDS: usize = 8;

/// What an inbox holds at a moment, and what is on its way to it.
pub(super) struct Before {
    rows: BTreeMap<String, String>,
    /// Payloads that an interrupted sync may deliver yet; none for who is removed.
    on_the_way: Vec<(String, Option<String>)>,
}

impl Before {
    /// Whether a member may be there so, although it was not sent since.
    fn allows(&self, key: &str, has: Option<&String>) -> bool {
        let mut open = self.on_the_way.iter().filter(|(on_the_way, _)| on_the_way == key);
        has == self.rows.get(key) || open.any(|(_, data)| data.as_ref() == has)
    }
}

/// A history.
pub(super) struct World {
    mode: Mode,
    safe: bool,
    rng: fastrand::Rng,
    folder: tempfile::TempDir,
    inbox: Inbox,
    /// Requests that came to it.
    arrived: Arc<AtomicU64>,
    source: BTreeMap<String, String>,
    /// Keys about which a person said what is not so.
    mistaken: BTreeSet<String>,
    /// What each sync meant to send, where that is known.
    meant: BTreeMap<u64, u64>,
    made: u64,
}

impl World {
    pub(super) fn new(mode: Mode, safe: bool, mut rng: fastrand::Rng) -> Self {
        let arrived = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&arrived);
        let wake = move || {
            count.fetch_add(1, Ordering::Relaxed);
        };
        let inbox = Inbox::start(0, Script::default(), wake).unwrap();
        // Who does not repeat what may have arrived needs nobody to notice it.
        inbox.held().overlooks_ids = !safe && rng.bool();
        let mut world = Self {
            mode,
            safe,
            rng,
            folder: folder(),
            inbox,
            arrived,
            source: BTreeMap::new(),
            mistaken: BTreeSet::new(),
            meant: BTreeMap::new(),
            made: 0,
        };
        world.change_source();
        world
    }

    /// Members come, change and leave.
    pub(super) fn change_source(&mut self) {
        let rng = &mut self.rng;
        self.source.retain(|_, _| rng.u8(0..4) > 0);
        for data in self.source.values_mut() {
            if rng.u8(0..3) == 0 {
                self.made += 1;
                *data = format!("{{\"n\":{}}}", self.made);
            }
        }
        for _ in 0..rng.usize(0..25) {
            self.made += 1;
            // Few keys, so that who left comes back.
            let key = format!("k{}", rng.u8(0..50));
            let data = format!("{{\"n\":{},\"text\":\"é \\\" {}\"}}", self.made, rng.u16(..));
            self.source.entry(key).or_insert(data);
        }
    }

    /// The inbox misbehaves from now on.
    pub(super) fn misbehave(&mut self) {
        let mut script = Script::default();
        let refused: Vec<String> =
            (0..self.rng.usize(1..4)).map(|_| format!("k{}", self.rng.u8(0..50))).collect();
        for _ in 0..self.rng.usize(0..20) {
            let act = self.fault(&refused);
            // A fault that lasts is one that attempts do not get over.
            let times = if self.rng.u8(0..12) == 0 { 8 } else { 1 };
            for _ in 0..times {
                script.push("/rows", act.clone());
            }
        }
        self.inbox.script(script);
    }

    fn fault(&mut self, refused: &[String]) -> Act {
        let overlooks_ids = self.inbox.held().overlooks_ids;
        let rng = &mut self.rng;
        let nothing = |status: u16| Act::status(status);
        match rng.u8(0..20) {
            0 | 1 => Act::of(Taken::Nothing, Ending::Drop),
            2 | 3 => Act::of(Taken::All, Ending::Drop),
            4 => Act::usual().after(Duration::from_millis(SHORT + 100)),
            5 => nothing(429).header("Retry-After", "0"),
            6 => nothing(429).header("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT"),
            7 => nothing(429),
            8 => nothing(503),
            9 => nothing([500, 502][rng.usize(0..2)]),
            // It says that it failed, and did not: who is told so may repeat it.
            10 | 11 if !overlooks_ids => {
                Act::of(Taken::All, Ending::Says(500, Vec::new(), String::new()))
            }
            12 => Act::of(some_of(rng), Ending::Usual),
            13 => Act::of(some_of(rng), Ending::Again),
            14 => {
                let body = r#"{"accepted":0}"#.to_owned();
                Act::of(Taken::Nothing, Ending::Says(200, Vec::new(), body))
            }
            15 => Act::of(Taken::WholeWithout(refused.to_vec()), Ending::Usual),
            16 => nothing(401),
            17 => Act::usual().after(Duration::from_millis(rng.u64(0..20))),
            _ => Act::usual(),
        }
    }

    fn order(&mut self, patience: u64) -> Order {
        Order {
            workspace_file: self.workspace_file(),
            url: self.inbox.url(),
            safe: self.safe,
            mode: self.mode,
            batch: self.rng.usize(1..8),
            connections: self.rng.usize(1..4),
            patience,
            source: self.source.clone(),
        }
    }

    fn workspace_file(&self) -> PathBuf {
        self.folder.path().join("muster.yaml")
    }

    /// A sync to its end.
    pub(super) fn sync(&mut self) -> Ended {
        let order = self.order(SHORT);
        self.run(&order)
    }

    fn run(&mut self, order: &Order) -> Ended {
        let before = self.last_run();
        let process = child::command(order).spawn().unwrap();
        let (ended, output) = over(process);
        self.remember_meant(before, &output);
        ended.expect("nobody killed it")
    }

    /// A sync that is killed at some moment, unless it is faster.
    pub(super) fn sync_and_kill(&mut self) {
        let order = self.order(SHORT);
        let before = self.last_run();
        let mut process = child::command(&order).spawn().unwrap();
        // At a request, or at any moment.
        let at_request = self.rng.u8(0..4) > 0;
        let requests = self.arrived.load(Ordering::Relaxed) + self.rng.u64(1..9);
        let began = Instant::now();
        let time = Duration::from_micros(self.rng.u64(0..60_000));
        while process.try_wait().unwrap().is_none() {
            let is_time = match at_request {
                true => self.arrived.load(Ordering::Relaxed) >= requests,
                false => began.elapsed() >= time,
            };
            if is_time {
                std::thread::sleep(Duration::from_micros(self.rng.u64(0..1_500)));
                process.kill().unwrap();
                break;
            }
            std::thread::sleep(Duration::from_micros(200));
        }
        let (_, output) = over(process);
        self.remember_meant(before, &output);
    }

    /// Two syncs at the same time; the one that comes later is turned away, or has nothing to do.
    pub(super) fn sync_twice_at_once(&mut self) {
        let order = self.order(SHORT);
        let two = [0, 1].map(|_| child::command(&order).spawn().unwrap());
        let ended = two.map(|process| over(process).0.expect("nobody killed it"));
        assert!(ended.iter().any(|ended| *ended != Ended::Busy), "one of them goes on");
    }

    fn last_run(&self) -> u64 {
        let ledger = Ledger::open(&self.workspace_file()).unwrap();
        ledger.runs(None, 1).unwrap().first().map_or(0, |run| run.run)
    }

    fn remember_meant(&mut self, before: u64, output: &str) {
        let last = self.last_run();
        if let (Some(planned), true) = (child::planned_in(output), last == before + 1) {
            self.meant.insert(last, planned);
        }
    }

    /// A person says what became of the rows that wait, as far as one word can say it.
    pub(super) fn settle(&mut self) {
        let mut ledger = Ledger::open(&self.workspace_file()).unwrap();
        let activation = ledger.activation(NAME).unwrap();
        if !ledger.unfinished(activation).unwrap().is_empty() {
            return;
        }
        let known = ledger.page(activation, (None, None), usize::MAX).unwrap();
        let open: Vec<Held> = known.into_iter().filter(|held| held.state != State::Held).collect();
        let has_arrived = |held: &Held| {
            let there = self.inbox.held().rows.get(&held.key).map(|data| hash_of(data));
            match held.state {
                State::MaybeRemoved => there.is_none(),
                _ => there == Some(held.hash),
            }
        };
        let (arrived, lost): (Vec<Held>, Vec<Held>) = open.into_iter().partition(has_arrived);
        let how = match (arrived.is_empty(), lost.is_empty()) {
            (true, _) => Settle::Lost,
            (_, true) => Settle::Arrived,
            _ => [Settle::Lost, Settle::Arrived][self.rng.usize(0..2)],
        };
        let wrong = if how == Settle::Lost { arrived } else { lost };
        self.mistaken.extend(wrong.into_iter().map(|held| held.key));
        ledger.settle(activation, None, how).unwrap();
    }

    /// The inbox behaves again, and syncs go on until nothing is left to do.
    pub(super) fn come_to_rest(&mut self) {
        self.inbox.script(Script::default());
        for _ in 0..ROUNDS {
            let order = self.order(LONG);
            match self.run(&order) {
                Ended::Done => return,
                Ended::Waits => {
                    assert!(!self.safe, "nothing waits where all may be repeated");
                    self.check();
                    self.settle();
                }
                other => panic!("without a fault a sync is {other:?}"),
            }
        }
        panic!("{ROUNDS} syncs did not bring it to rest");
    }

    /// A sync now has nothing to send.
    pub(super) fn check_at_rest(&mut self) {
        let order = self.order(LONG);
        let before = self.arrived.load(Ordering::Relaxed);
        let uncertain = self.known().1.values().any(|held| held.state != State::Held);
        assert_eq!(self.run(&order), Ended::Done);
        if !uncertain {
            assert_eq!(self.arrived.load(Ordering::Relaxed), before, "nothing changed");
        }
    }

    /// The ledger's rows, and the keys of those that are still on their way.
    fn known(&self) -> (Ledger, BTreeMap<String, Held>, BTreeSet<String>) {
        let ledger = Ledger::open(&self.workspace_file()).unwrap();
        let activation = ledger.activation(NAME).unwrap();
        let mut on_the_way = BTreeSet::new();
        for run in ledger.runs(None, usize::MAX).unwrap() {
            let chunks = ledger.pending(run.run).unwrap();
            on_the_way.extend(chunks.into_iter().flat_map(|c| c.rows).map(|row| row.key));
        }
        let known = ledger.page(activation, (None, None), usize::MAX).unwrap();
        (ledger, known.into_iter().map(|held| (held.key.clone(), held)).collect(), on_the_way)
    }

    /// What holds at every moment at which no sync runs.
    pub(super) fn check(&self) {
        let (ledger, known, on_the_way) = self.known();
        let inbox = self.inbox.held();
        assert_eq!(inbox.doubled, 0, "delivered twice");
        let keys: BTreeSet<&String> = known.keys().chain(inbox.rows.keys()).collect();
        for key in keys {
            if self.mistaken.contains(key) || on_the_way.contains(key) {
                continue;
            }
            let there = inbox.rows.get(key).map(|data| hash_of(data));
            let (is_right, state) = match known.get(key) {
                None => (there.is_none(), None),
                Some(held) => {
                    let is_right = match held.state {
                        // An update that a person says is lost has no hash.
                        State::Held if held.hash == [0; 16] => there.is_some(),
                        State::Held => there == Some(held.hash),
                        State::MaybeUpdated => there.is_some(),
                        State::MaybeAdded | State::MaybeRemoved => true,
                    };
                    (is_right, Some(held.state))
                }
            };
            let has = inbox.rows.get(key);
            let requests = || requests_about(key, &inbox);
            assert!(is_right, "{key} is {state:?} in the ledger; inbox: {has:?}\n{}", requests());
        }
        let (mut accepted, mut unknown) = (0, 0);
        let mut ever_unknown = BTreeSet::new();
        for run in ledger.runs(None, usize::MAX).unwrap() {
            assert_eq!(run.counts.mismatch(), None, "sync {}", run.run);
            if let Some(meant) = self.meant.get(&run.run) {
                assert_eq!(run.counts.planned + run.left, *meant, "sync {}: {run:?}", run.run);
            }
            let mut told = [0, 0];
            ledger
                .failed_rows(run.run, &mut |row| {
                    told[usize::from(row.outcome == "unknown")] += 1;
                    if row.outcome == "unknown" {
                        ever_unknown.insert(row.key);
                    }
                    Ok(())
                })
                .unwrap();
            assert_eq!(told, [run.counts.rejected, run.counts.unknown], "sync {}", run.run);
            if matches!(run.status, SyncStatus::Done | SyncStatus::Partly) {
                assert_eq!(run.left, 0, "sync {} left rows untried", run.run);
            }
            accepted += run.counts.accepted;
            unknown += run.counts.unknown;
        }
        // Who is unknown has a row in the history that says why.
        for held in known.values().filter(|held| held.state != State::Held) {
            assert!(ever_unknown.contains(&held.key), "{} is unknown, nobody knows why", held.key);
        }
        let open = on_the_way.len() as u64;
        let most = accepted + unknown + open;
        let taken = inbox.taken;
        assert!(
            (accepted..=most).contains(&taken),
            "{taken} rows were taken; {accepted} accepted, {unknown} unknown, {open} on their way"
        );
    }

    /// What the inbox holds at rest is what the mode makes of the source.
    pub(super) fn check_converged(&self, before: &Before) {
        let (_, known, on_the_way) = self.known();
        assert!(on_the_way.is_empty(), "at rest nothing is on its way");
        let inbox = self.inbox.held();
        let keys: BTreeSet<&String> = self.source.keys().chain(inbox.rows.keys()).collect();
        for key in keys.into_iter().filter(|key| !self.mistaken.contains(*key)) {
            let (has, wanted) = (inbox.rows.get(key), self.source.get(key));
            let is_right = match (self.mode, wanted) {
                (Mode::Upsert, None) => before.allows(key, has),
                // Changes are not told; what was sent again is as it is now.
                (Mode::AddRemove, Some(_)) => {
                    has == wanted || has.is_some() && before.allows(key, has)
                }
                _ => has == wanted,
            };
            let requests = || requests_about(key, &inbox);
            assert!(is_right, "{key}: wanted {wanted:?}, has {has:?}\n{}", requests());
        }
        let open = known.values().filter(|held| held.state != State::Held);
        for held in open {
            // Only of who left, where leaving is not told.
            let is_gone = !self.source.contains_key(&held.key) && self.mode == Mode::Upsert;
            assert!(is_gone, "{} is still {:?}", held.key, held.state);
        }
    }

    /// What the inbox holds, and what is on its way to it.
    pub(super) fn now(&self) -> Before {
        let ledger = Ledger::open(&self.workspace_file()).unwrap();
        let runs = ledger.runs(None, usize::MAX).unwrap();
        let chunks = runs.iter().flat_map(|run| ledger.pending(run.run).unwrap());
        let on_the_way = chunks.flat_map(|chunk| chunk.rows).map(|row| {
            let data = (row.op != Op::Remove).then_some(row.data);
            (row.key, data)
        });
        Before { on_the_way: on_the_way.collect(), rows: self.inbox.held().rows.clone() }
    }
}

/// The requests that a member was in, to see what went wrong.
fn requests_about(key: &str, inbox: &inbox::Held) -> String {
    let key = format!("\"{key}\"");
    let about = inbox.requests.iter().filter(|request| request.body.contains(&key));
    let line = |request: &inbox::Arrived| {
        let id = request.headers.iter().find(|header| header.starts_with("idempotency-key"));
        let (number, status, taken) = (request.number, request.status, request.taken);
        format!("{number}: status {status}, {taken} taken, {id:?} {}", request.body)
    };
    about.map(line).collect::<Vec<_>>().join("\n")
}

fn some_of(rng: &mut fastrand::Rng) -> Taken {
    Taken::Without(vec![rng.usize(0..4), rng.usize(0..4)])
}

/// Waits for a process; its status, unless it was killed, and its output.
fn over(mut process: Child) -> (Option<Ended>, String) {
    let mut output = String::new();
    let mut from = process.stdout.take().unwrap();
    from.read_to_string(&mut output).unwrap();
    let status = process.wait().unwrap();
    (status.code().map(Ended::of), output)
}

/// A folder in memory where there is one: what is tested is not the disk.
fn folder() -> tempfile::TempDir {
    let made = tempfile::tempdir_in("/dev/shm");
    made.or_else(|_| tempfile::tempdir()).unwrap()
}
