//! Sends planned rows, and writes down what becomes of each.
//!
//! One thread owns the ledger: it takes rows, makes chunks of them, writes them into the journal and
//! hands them out; others carry them. Answers that came meanwhile and the next chunks go to the disk
//! in one transaction. So every request that leaves is in the journal, and every answer is in the
//! ledger before more is sent on than the window holds.

use crate::activate::carrier::{Carried, Carrier, Road};
use crate::activate::ledger::{Journalled, Ledger, SettledChunk, SettledRow};
use crate::activate::spool::Record;
use crate::destinations::{Chunk, Repeat, Row};
use crate::model::activation::{Fate, Mode};
use crate::model::failure::{Failure, FailureKind};
use sha2::{Digest as _, Sha256};
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

/// Chunks on their way for each connection, where they can be sent again.
const WINDOW: usize = 4;
/// How often a row is sent that the destination asks to have again.
const ROW_ATTEMPTS: u32 = 3;
/// After so many rows in a row that were refused one by one, and none taken, the rest is not tried.
const LONE_REFUSALS: u32 = 200;

/// What is sent, and as what.
pub struct Sending<'a> {
    /// Where it is written down.
    pub ledger: &'a mut Ledger,
    /// The activation's number in the ledger.
    pub activation: i64,
    /// The sync's number.
    pub run: u64,
    /// What of changes is sent.
    pub mode: Mode,
    /// Who takes the chunks there.
    pub carrier: &'a dyn Carrier,
    /// Set when it is to end soon.
    pub cancelled: &'a Arc<AtomicBool>,
    /// Told the rows that are settled, now and then.
    pub report: &'a mut dyn FnMut(u64),
}

/// How it ended.
#[derive(Debug)]
pub struct Sent {
    /// Rows of which it is known what became.
    pub settled: u64,
    /// Why it could not go on, if it could not.
    pub stopped: Option<Failure>,
}

/// A message from who carries.
enum Told {
    /// A chunk is over.
    Over(Box<Journalled>, Carried),
    /// This is to be remembered about a chunk; answered when it is.
    Keep { number: u64, memory: String, done: SyncSender<Result<(), Failure>> },
}

/// Sends rows.
///
/// # Errors
/// When the rows cannot be read or the ledger cannot be written. What was being sent is in the
/// journal then.
pub fn send(
    sending: Sending<'_>,
    rows: impl Iterator<Item = io::Result<Record>>,
) -> Result<Sent, Failure> {
    let chunks = Chunks::new(rows, sending.carrier, VecDeque::new(), 1);
    Machine::new(sending, chunks).run()
}

/// Settles what was being sent when an earlier sync ended: it is sent again where that is safe, or
/// asked about where the destination gave a number for it; else it is unknown.
///
/// # Errors
/// When the ledger cannot be read or written.
pub fn settle_pending(sending: Sending<'_>) -> Result<Sent, Failure> {
    let pending = sending.ledger.pending(sending.run)?;
    let next = pending.iter().map(|chunk| chunk.number + 1).max().unwrap_or(1);
    let safe = sending.carrier.repeat() == Repeat::Safe;
    let (again, lost): (Vec<_>, Vec<_>) =
        pending.into_iter().partition(|chunk| safe || chunk.memory.is_some());
    let mut settled = 0;
    let ids = (sending.activation, sending.run);
    for chunk in lost {
        let message = "the program ended before there was an answer";
        let fate = Fate::Unknown { message: message.to_owned() };
        let number = chunk.number;
        let rows: Vec<SettledRow> =
            chunk.rows.into_iter().map(|row| SettledRow { row, fate: fate.clone() }).collect();
        settled += rows.len() as u64;
        sending.ledger.commit(ids, &[SettledChunk { number, rows }], &[])?;
    }
    let chunks = Chunks::new(std::iter::empty(), sending.carrier, again.into(), next);
    let sent = Machine::new(sending, chunks).run()?;
    Ok(Sent { settled: sent.settled + settled, ..sent })
}

/// Chunks in the order in which they are sent.
struct Chunks<'a, I> {
    rows: I,
    carrier: &'a dyn Carrier,
    /// Chunks that are in the journal already.
    journalled: VecDeque<Journalled>,
    /// Parts of chunks that were refused, or that are to be sent again.
    parts: VecDeque<(u32, Vec<Record>)>,
    /// Rows that wait for more of their lane.
    lanes: Vec<(u8, Vec<Record>, usize)>,
    ended: bool,
    next: u64,
}

impl<'a, I: Iterator<Item = io::Result<Record>>> Chunks<'a, I> {
    fn new(rows: I, carrier: &'a dyn Carrier, journalled: VecDeque<Journalled>, next: u64) -> Self {
        let (parts, lanes) = (VecDeque::new(), Vec::new());
        Self { rows, carrier, journalled, parts, lanes, ended: false, next }
    }

    /// The next chunk that is not in the journal yet.
    fn next_new(&mut self) -> Result<Option<Journalled>, Failure> {
        let (attempt, rows) = match self.parts.pop_front() {
            Some(part) => part,
            None => match self.filled()? {
                Some(rows) => (1, rows),
                None => return Ok(None),
            },
        };
        let number = self.next;
        self.next += 1;
        Ok(Some(Journalled { number, attempt, memory: None, was_sent: false, rows }))
    }

    /// Rows of one lane that fill a chunk, or the last ones.
    fn filled(&mut self) -> Result<Option<Vec<Record>>, Failure> {
        let limits = self.carrier.limits();
        while !self.ended {
            let Some(row) = self.rows.next() else {
                self.ended = true;
                break;
            };
            let row = row.map_err(|error| {
                Failure::new(format!("planned rows cannot be read: {error}"), "", "sync again")
            })?;
            let (lane, size) = (self.carrier.lane(row.op), row.size());
            let at = match self.lanes.iter().position(|(known, ..)| *known == lane) {
                Some(at) => at,
                None => {
                    self.lanes.push((lane, Vec::new(), 0));
                    self.lanes.len() - 1
                }
            };
            let (_, waiting, bytes) = &mut self.lanes[at];
            let is_full = !waiting.is_empty()
                && (waiting.len() >= limits.rows || *bytes + size > limits.bytes);
            let full = is_full.then(|| {
                *bytes = 0;
                std::mem::take(waiting)
            });
            waiting.push(row);
            *bytes += size;
            if full.is_some() {
                return Ok(full);
            }
        }
        let left = self.lanes.iter_mut().find(|(_, waiting, _)| !waiting.is_empty());
        Ok(left.map(|(_, waiting, _)| std::mem::take(waiting)))
    }
}

struct Machine<'a, I> {
    sending: Sending<'a>,
    chunks: Chunks<'a, I>,
    /// Set when nothing more is to be sent.
    stop: Arc<AtomicBool>,
    stopped: Option<Failure>,
    settled: u64,
    lone_refusals: u32,
    has_taken: bool,
    /// Answers that are not on the disk yet.
    answers: Vec<SettledChunk>,
    /// Chunks of which nothing was sent.
    not_sent: Vec<u64>,
}

impl<'a, I: Iterator<Item = io::Result<Record>>> Machine<'a, I> {
    fn new(sending: Sending<'a>, chunks: Chunks<'a, I>) -> Self {
        Self {
            sending,
            chunks,
            stop: Arc::new(AtomicBool::new(false)),
            stopped: None,
            settled: 0,
            lone_refusals: 0,
            has_taken: false,
            answers: Vec::new(),
            not_sent: Vec::new(),
        }
    }

    fn run(mut self) -> Result<Sent, Failure> {
        let connections = self.sending.carrier.limits().connections.max(1);
        // The window is never larger, so nobody waits to hand something in.
        let most = connections * WINDOW;
        let (loads, waiting) = sync_channel::<Journalled>(most);
        let waiting = Mutex::new(waiting);
        // A chunk that is over, and one thing to be remembered about it.
        let (tell, told) = sync_channel::<Told>(2 * most);
        let stop = Arc::clone(&self.stop);
        let carrier = self.sending.carrier;
        let about = (self.sending.run, self.sending.mode);
        let done = std::thread::scope(|scope| {
            for number in 0..connections {
                let (waiting, tell, stop) = (&waiting, tell.clone(), Arc::clone(&stop));
                let named = std::thread::Builder::new().name(format!("send {number}"));
                let carry = move || carry_on(carrier, about, waiting, &tell, &stop);
                if let Err(error) = named.spawn_scoped(scope, carry) {
                    let what = format!("no thread can be started: {error}");
                    return Err(Failure::new(what, "", ""));
                }
            }
            drop(tell);
            let done = self.hand_out(loads, &told, connections);
            // Also after a failure: whoever waits for an answer about something to be remembered
            // must not wait for ever.
            stop.store(true, Ordering::Relaxed);
            done
        });
        done?;
        Ok(Sent { settled: self.settled, stopped: self.stopped })
    }

    /// Hands out chunks until there are no more, and takes the answers.
    fn hand_out(
        &mut self,
        loads: SyncSender<Journalled>,
        told: &Receiver<Told>,
        connections: usize,
    ) -> Result<(), Failure> {
        // Where a chunk that may have been sent is lost, none is written down before its turn.
        let window = match self.sending.carrier.repeat() {
            Repeat::Safe => connections * WINDOW,
            Repeat::AfterAnswer | Repeat::Unsafe => connections,
        };
        let mut on_the_way = 0;
        loop {
            if self.sending.cancelled.load(Ordering::Relaxed) {
                self.stop.store(true, Ordering::Relaxed);
            }
            let next = self.fill(window - on_the_way)?;
            for chunk in next {
                on_the_way += 1;
                // Who carries is there until this end is dropped.
                let _ = loads.send(chunk);
            }
            if on_the_way == 0 {
                return Ok(());
            }
            let Ok(first) = told.recv() else {
                let what = "those that send have ended before the chunks";
                return Err(Failure::new(what, "", "").of(FailureKind::OwnFault));
            };
            let mut next = Some(first);
            while let Some(message) = next {
                match message {
                    Told::Over(chunk, carried) => {
                        on_the_way -= 1;
                        self.take(*chunk, carried);
                    }
                    Told::Keep { number, memory, done } => {
                        let kept = self.sending.ledger.remember(self.sending.run, number, &memory);
                        // Whoever asked may have ended.
                        let _ = done.send(kept);
                    }
                }
                next = told.try_recv().ok();
            }
            (self.sending.report)(self.settled);
        }
    }

    /// Writes the answers down and, in the same transaction, up to so many chunks that are next.
    fn fill(&mut self, room: usize) -> Result<Vec<Journalled>, Failure> {
        let (mut ready, mut new) = (Vec::new(), Vec::new());
        while ready.len() + new.len() < room && !self.stop.load(Ordering::Relaxed) {
            if let Some(chunk) = self.chunks.journalled.pop_front() {
                ready.push(chunk);
            } else if let Some(chunk) = self.chunks.next_new()? {
                new.push(chunk);
            } else {
                break;
            }
        }
        let ids = (self.sending.activation, self.sending.run);
        self.sending.ledger.commit(ids, &self.answers, &new)?;
        self.settled += self.answers.iter().map(|chunk| chunk.rows.len() as u64).sum::<u64>();
        self.answers.clear();
        if !self.not_sent.is_empty() {
            self.sending.ledger.take_back(self.sending.run, &self.not_sent)?;
            self.not_sent.clear();
        }
        ready.extend(new);
        Ok(ready)
    }

    /// What comes of a chunk that is over.
    fn take(&mut self, chunk: Journalled, carried: Carried) {
        let number = chunk.number;
        match carried {
            Carried::Done(fates) if fates.len() == chunk.rows.len() => self.sort(chunk, fates),
            Carried::Done(fates) => {
                let (had, sent) = (fates.len(), chunk.rows.len());
                let message = format!("{had} answers came for {sent} rows");
                let fate = Fate::Unknown { message };
                let fates = vec![fate; sent];
                self.sort(chunk, fates);
            }
            Carried::AllRefused(message) if chunk.rows.len() == 1 => {
                self.refused_alone(&message);
                let fate = Fate::Rejected { message, again: false };
                self.sort(chunk, vec![fate]);
            }
            Carried::AllRefused(_) => {
                let mut rows = chunk.rows;
                let second = rows.split_off(rows.len() / 2);
                self.chunks.parts.push_back((chunk.attempt, rows));
                self.chunks.parts.push_back((chunk.attempt, second));
                self.answers.push(SettledChunk { number, rows: Vec::new() });
            }
            // What may have been sent before stays in the journal until its fate is known.
            Carried::NotSent if chunk.was_sent => {}
            Carried::NotSent => self.not_sent.push(number),
            Carried::Open => {
                // Where it can be sent again, or asked about, the next sync settles it.
                let stays = self.sending.carrier.repeat() == Repeat::Safe;
                if !stays {
                    let message = "it was stopped before there was an answer".to_owned();
                    let fates = vec![Fate::Unknown { message }; chunk.rows.len()];
                    self.sort(chunk, fates);
                }
            }
            Carried::Stop(failure) => {
                if !chunk.was_sent {
                    self.not_sent.push(number);
                }
                self.end(failure);
            }
        }
    }

    fn sort(&mut self, chunk: Journalled, fates: Vec<Fate>) {
        let mut again = Vec::new();
        let mut rows = Vec::with_capacity(chunk.rows.len());
        for (row, fate) in chunk.rows.into_iter().zip(fates) {
            match fate {
                Fate::Rejected { again: true, .. } if chunk.attempt < ROW_ATTEMPTS => {
                    again.push(row);
                }
                fate => {
                    if fate == Fate::Accepted {
                        (self.has_taken, self.lone_refusals) = (true, 0);
                    }
                    rows.push(SettledRow { row, fate });
                }
            }
        }
        if !again.is_empty() {
            self.chunks.parts.push_back((chunk.attempt + 1, again));
        }
        self.answers.push(SettledChunk { number: chunk.number, rows });
    }

    /// A destination that takes nothing at all is not asked a million times.
    fn refused_alone(&mut self, message: &str) {
        self.lone_refusals += 1;
        if self.lone_refusals >= LONE_REFUSALS && !self.has_taken {
            self.end(Failure::new(
                format!("the destination refuses every row: {message}"),
                "",
                "look at the mapping; the rest was not sent",
            ));
        }
    }

    fn end(&mut self, failure: Failure) {
        self.stop.store(true, Ordering::Relaxed);
        self.stopped.get_or_insert(failure);
    }
}

/// Carries chunks until there are no more.
fn carry_on(
    carrier: &dyn Carrier,
    (run, mode): (u64, Mode),
    waiting: &Mutex<Receiver<Journalled>>,
    tell: &SyncSender<Told>,
    stop: &AtomicBool,
) {
    loop {
        let load = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(journalled) = load else { return };
        if stop.load(Ordering::Relaxed) && journalled.memory.is_none() {
            let _ = tell.send(Told::Over(Box::new(journalled), Carried::NotSent));
            continue;
        }
        let chunk = chunk_of(run, mode, &journalled);
        let number = journalled.number;
        let keep = |memory: &str| {
            let (done, answer) = sync_channel(1);
            let memory = memory.to_owned();
            let _ = tell.send(Told::Keep { number, memory, done });
            answer.recv().unwrap_or_else(|_| Err(Failure::cancelled()))
        };
        let road = Road { stop, keep: &keep, was_sent: journalled.was_sent };
        let carried = carrier.carry(&chunk, journalled.memory.clone(), &road);
        if tell.send(Told::Over(Box::new(journalled), carried)).is_err() {
            return;
        }
    }
}

fn chunk_of(run: u64, mode: Mode, journalled: &Journalled) -> Chunk {
    let row =
        |record: &Record| Row { op: record.op, key: record.key.clone(), data: record.data.clone() };
    Chunk {
        run: run.to_string(),
        number: journalled.number,
        id: chunk_id(run, journalled),
        mode,
        rows: journalled.rows.iter().map(row).collect(),
    }
}

/// The same for the same rows of the same chunk, and for no others.
fn chunk_id(run: u64, journalled: &Journalled) -> String {
    let mut hash = Sha256::new();
    hash.update(run.to_le_bytes());
    hash.update(journalled.number.to_le_bytes());
    for row in &journalled.rows {
        hash.update([row.op as u8]);
        hash.update(row.hash);
        hash.update((row.key.len() as u64).to_le_bytes());
        hash.update(row.key.as_bytes());
    }
    let mut id = String::with_capacity(32);
    for byte in &hash.finalize()[..16] {
        let _ = write!(id, "{byte:02x}");
    }
    id
}
