//! Budget: at least half the rows per second of its peer, the same requests without a ledger; at
//! most 300 MB of memory; a dry run of 1 M rows of which 1 % changed within 5 s.
//!
//! `cargo bench --bench sync`. 1 million rows go to an inbox on loopback that only counts, at 1, 4
//! and 8 connections. The inbox, the peer and each sync run in processes of their own, so that the
//! memory that is told is that of the sync. The peer has its bodies ready and does nothing but send
//! them; `sent` has its rows planned; `whole` reads them out of a DuckDB file, maps and plans them.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]

#[allow(dead_code, reason = "the sides run in processes of their own")]
mod common;

use common::{Outcome, job, people_file, scratch};
use duckdb::Connection;
use jiff::tz::TimeZone;
use muster::activate::carrier::HttpCarrier;
use muster::activate::ledger::{Ledger, NewRun};
use muster::activate::send::{self, Sending};
use muster::activate::spool::{Record, Spool};
use muster::activate::wire::Wire;
use muster::destinations::{self, Chunk, Request, Row, Rows, Settings, Step, Takes, Talk};
use muster::engine::{Session, sync};
use muster::inbox::{Inbox, Script};
use muster::mapping::rows::hash_of;
use muster::model::activation::{Mode, Op, SyncCounts, Synced};
use muster::model::now::Moment;
use muster::protocol::OpenRequest;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

const ROWS: u64 = 1_000_000;
const BATCH: usize = 100;
const CONNECTIONS: [usize; 3] = [1, 4, 8];
const BUDGET_RATIO: f64 = 0.5;
const BUDGET_MEGABYTES: u64 = 300;
const BUDGET_DRY_SECONDS: f64 = 5.0;

fn main() -> Outcome<()> {
    let words: Vec<String> = std::env::args().skip(1).filter(|w| !w.starts_with("--")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["serve"] => serve(),
        ["bare", url, connections] => bare(url, connections.parse()?),
        ["sent", url, connections, safe] => sent(url, connections.parse()?, safe),
        ["whole", url, connections, folder] => whole(url, connections, Path::new(folder)),
        ["dry", folder] => dry(Path::new(folder)),
        _ => compare(),
    }
}

/// Lets every side run, and tells the figures.
fn compare() -> Outcome<()> {
    let folder = scratch()?.join("sync");
    std::fs::create_dir_all(&folder)?;
    let mut inbox = Server::start()?;
    let url = inbox.url.clone();
    for connections in CONNECTIONS {
        let many = connections.to_string();
        let peer = run(&["bare", &url, &many])?;
        inbox.took(ROWS)?;
        for safe in ["true", "false"] {
            let ours = run(&["sent", &url, &many, safe])?;
            inbox.took(ROWS)?;
            let ratio = peer.seconds / ours.seconds;
            println!(
                "{connections} connections, safe to repeat {safe}: {:.0} rows/s, peer {:.0} rows/s, \
                 ratio {ratio:.2} ({}), {} MB ({})",
                ROWS as f64 / ours.seconds,
                ROWS as f64 / peer.seconds,
                said(ratio >= BUDGET_RATIO),
                ours.megabytes,
                said(ours.megabytes <= BUDGET_MEGABYTES)
            );
        }
    }
    let place = folder.to_str().ok_or("the folder's name is no text")?;
    let ours = run(&["whole", &url, "4", place])?;
    inbox.took(ROWS)?;
    println!(
        "whole sync, 4 connections: {:.1} s, {} MB ({})",
        ours.seconds,
        ours.megabytes,
        said(ours.megabytes <= BUDGET_MEGABYTES)
    );
    let ours = run(&["dry", place])?;
    println!(
        "dry run, 1 % changed: {:.1} s ({}), {} MB",
        ours.seconds,
        said(ours.seconds <= BUDGET_DRY_SECONDS),
        ours.megabytes
    );
    Ok(())
}

fn said(is_within: bool) -> &'static str {
    if is_within { "within its budget" } else { "OVER ITS BUDGET" }
}

/// What a process tells of itself.
struct Figures {
    seconds: f64,
    megabytes: u64,
}

fn run(words: &[&str]) -> Outcome<Figures> {
    let output = Command::new(std::env::current_exe()?)
        .args(words)
        .stderr(Stdio::inherit())
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let mut told = text
        .lines()
        .rev()
        .find(|line| line.starts_with("took "))
        .unwrap_or_default()
        .split(' ')
        .skip(1);
    match (output.status.success(), told.next(), told.next()) {
        (true, Some(seconds), Some(megabytes)) => {
            Ok(Figures { seconds: seconds.parse()?, megabytes: megabytes.parse()? })
        }
        _ => Err(format!("{words:?} failed: {text}").into()),
    }
}

fn took(began: Instant) {
    println!("took {} {}", began.elapsed().as_secs_f64(), peak_megabytes());
}

fn peak_megabytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = peak.and_then(|text| text.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1_000
}

/// The inbox in a process of its own.
struct Server {
    process: Child,
    told: BufReader<std::process::ChildStdout>,
    url: String,
}

impl Server {
    fn start() -> Outcome<Self> {
        let mut process = Command::new(std::env::current_exe()?)
            .arg("serve")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let told = BufReader::new(process.stdout.take().ok_or("no output")?);
        let mut server = Self { process, told, url: String::new() };
        server.url = server.line()?;
        Ok(server)
    }

    fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        self.told.read_line(&mut line)?;
        Ok(line.trim().to_owned())
    }

    /// Makes sure that so many rows came since the last time.
    fn took(&mut self, rows: u64) -> Outcome<()> {
        let to = self.process.stdin.as_mut().ok_or("no input")?;
        to.write_all(b"how many\n")?;
        let taken: u64 = self.line()?.parse()?;
        if taken == rows { Ok(()) } else { Err(format!("{taken} rows came of {rows}").into()) }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn serve() -> Outcome<()> {
    let inbox = Inbox::start(0, Script::default(), || {})?;
    inbox.held().counts_only = true;
    println!("{}", inbox.url());
    for line in std::io::stdin().lines() {
        line?;
        println!("{}", std::mem::take(&mut inbox.held().taken));
    }
    Ok(())
}

fn settings(url: &str, connections: usize, safe: &str) -> Settings {
    let (connections, batch) = (connections.to_string(), BATCH.to_string());
    let values = [
        ("url", url),
        ("batch", batch.as_str()),
        ("bytes", "1000000"),
        ("connections", &connections),
        ("safe_to_repeat", safe),
        ("errors", "/errors"),
    ];
    Settings::of(&values, &[])
}

fn webhook() -> Outcome<&'static dyn Rows> {
    match destinations::kind("webhook").map(|kind| kind.takes) {
        Some(Takes::Rows(rows)) => Ok(rows),
        _ => Err("there is no webhook".into()),
    }
}

fn record(number: u64) -> Record {
    let data = format!(
        "{{\"email\":\"person_{number}@example.com\",\"name\":\"Person {number}\",\"orders\":{},\
         \"plan\":\"plus\",\"city\":\"München\"}}",
        number % 97
    );
    let identity = format!("{{\"email\":\"person_{number}@example.com\"}}");
    Record { op: Op::Add, key: format!("{number:08}"), hash: hash_of(&data), data, identity }
}

/// The same requests, made before the clock starts, sent by threads that do nothing else.
fn bare(url: &str, connections: usize) -> Outcome<()> {
    let (settings, rows) = (settings(url, connections, "true"), webhook()?);
    let mut requests: Vec<Request> = Vec::new();
    let numbers: Vec<u64> = (0..ROWS).collect();
    for (number, part) in numbers.chunks(BATCH).enumerate() {
        let row = |number: &u64| {
            let Record { op, key, data, .. } = record(*number);
            Row { op, key, data }
        };
        let chunk = Chunk {
            run: "1".to_owned(),
            number: number as u64 + 1,
            id: format!("{number:032x}"),
            mode: Mode::Mirror,
            rows: part.iter().map(row).collect(),
        };
        match rows.step(&settings, &chunk, Talk { memory: None, reply: None }) {
            Step::Ask { request, .. } => requests.push(request),
            other => return Err(format!("{other:?}").into()),
        }
    }
    let (wire, next) = (Wire::new(connections, None), AtomicUsize::new(0));
    let failed = AtomicBool::new(false);
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..connections {
            scope.spawn(|| {
                while let Some(request) = requests.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if !wire.ask(request).is_ok_and(|reply| reply.is_good()) {
                        failed.store(true, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    took(began);
    if failed.into_inner() { Err("a request failed".into()) } else { Ok(()) }
}

/// Planned rows, sent with the ledger.
fn sent(url: &str, connections: usize, safe: &str) -> Outcome<()> {
    let settings = settings(url, connections, safe);
    let carrier = HttpCarrier::new(webhook()?, &settings);
    let folder = tempfile::tempdir()?;
    let mut ledger = Ledger::open(&folder.path().join("muster.yaml"))?;
    let activation = ledger.activation("bench")?;
    let mut spool = Spool::new()?;
    for number in 0..ROWS {
        spool.push(&record(number))?;
    }
    let rows = spool.read()?;
    let new = NewRun {
        destination: "bench".into(),
        began: "2026-11-20T00:00:00Z".into(),
        who: "bench".into(),
        definition: "{}".into(),
        source: "bench".into(),
        source_run: None,
        mapping: String::new(),
        planned: SyncCounts { planned: ROWS, ..SyncCounts::default() },
    };
    let began = Instant::now();
    let run = ledger.begin(activation, &new, std::iter::empty())?;
    let sending = Sending {
        ledger: &mut ledger,
        activation,
        run,
        mode: Mode::Mirror,
        carrier: &carrier,
        cancelled: &Arc::new(AtomicBool::new(false)),
        report: &mut |_| {},
    };
    let done = send::send(sending, rows)?;
    took(began);
    if let Some(failure) = done.stopped {
        return Err(failure.into());
    }
    match ledger.run(run)?.counts.accepted {
        ROWS => Ok(()),
        other => Err(format!("{other} rows were accepted").into()),
    }
}

const NAME: &str = "everyone";

/// A sync as the command line makes it, of a file whose ledger is empty.
fn whole(url: &str, connections: &str, folder: &Path) -> Outcome<()> {
    let source = people_file(&scratch()?, ROWS, 8)?;
    std::fs::copy(source, folder.join("people.duckdb"))?;
    let _ = std::fs::remove_dir_all(folder.join(".muster"));
    std::fs::write(
        folder.join("muster.yaml"),
        format!(
            "version: 1\ndestinations:\n  - name: hook\n    type: webhook\n    url: {url}\n    \
             batch: {BATCH}\n    connections: {connections}\n    safe_to_repeat: true\n\
             activations:\n  - name: {NAME}\n    cohort: person/all\n    destination: hook\n    \
             mode: mirror\n    mapping: {{ one: c1, two: c2, three: c3, four: c4, five: c5, \
             all: \"{{{{ c2 }}}} and {{{{ c5 }}}}\" }}\n"
        ),
    )?;
    let began = Instant::now();
    match synced(folder, false)? {
        Synced::Run(run) if run.counts.accepted == ROWS => took(began),
        other => return Err(format!("{other:?}").into()),
    }
    Ok(())
}

/// What a sync would do after 1 % of the rows changed.
fn dry(folder: &Path) -> Outcome<()> {
    let file = Connection::open(folder.join("people.duckdb"))?;
    file.execute_batch("update people set c5 = 'changed' where person_id % 100 = 0; checkpoint")?;
    drop(file);
    let began = Instant::now();
    match synced(folder, true)? {
        Synced::Dry(dry) if dry.counts.updates == ROWS / 100 => took(began),
        other => return Err(format!("{other:?}").into()),
    }
    Ok(())
}

fn synced(folder: &Path, is_dry: bool) -> Outcome<Synced> {
    let open = OpenRequest {
        paths: vec![folder.join("people.duckdb")],
        workspace: Some(folder.to_owned()),
        ..OpenRequest::default()
    };
    let session = Session::open(&open, &mut job(&mut |_| {}))?;
    let now = Moment::parse("2026-11-20", &TimeZone::UTC)?;
    let mut request = sync::request_of(&session.opened().workspace, NAME, now)?;
    request.is_dry = is_dry;
    Ok(sync::sync(&session, &request, &mut job(&mut |_| {}))?)
}
