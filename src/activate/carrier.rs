//! One chunk to its end: requests, replies, waits, and what is known afterwards.

use crate::activate::pace::{self, Pace};
use crate::activate::wire::{NoReply, Wire};
use crate::destinations::{Chunk, Limits, Repeat, Reply, Request, Rows, Settings, Step, Talk};
use crate::model::activation::{Fate, Op};
use crate::model::failure::Failure;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Takes chunks to a destination.
pub trait Carrier: Sync {
    /// How many rows go into a chunk, and how often.
    fn limits(&self) -> Limits;

    /// Rows of different lanes never share a chunk.
    fn lane(&self, op: Op) -> u8;

    /// Whether what may have arrived can be sent again.
    fn repeat(&self) -> Repeat;

    /// Carries a chunk to its end. `keep` writes down what is to be remembered of the talk before
    /// the next request about it.
    fn carry(&self, chunk: &Chunk, memory: Option<String>, road: &Road<'_>) -> Carried;
}

/// What a carrier needs on its way.
pub struct Road<'a> {
    /// Set when the sync is to end soon.
    pub stop: &'a AtomicBool,
    /// Writes something down about this chunk, on the disk when it comes back.
    pub keep: &'a dyn Fn(&str) -> Result<(), Failure>,
    /// Whether the chunk may have been sent before, by a process that ended.
    pub was_sent: bool,
}

/// What is known of a chunk afterwards.
#[derive(Debug)]
pub enum Carried {
    /// The fate of each row, in order.
    Done(Vec<Fate>),
    /// No row was taken, because of one or some of them.
    AllRefused(String),
    /// It was stopped before anything was sent.
    NotSent,
    /// It was stopped while its fate was open; it is in the journal.
    Open,
    /// Nothing more can be sent. None of these rows was.
    Stop(Failure),
}

/// Rows over HTTP.
pub struct HttpCarrier<'a> {
    /// What the destination is.
    pub rows: &'static dyn Rows,
    /// Its settings.
    pub settings: &'a Settings,
    /// The network.
    pub wire: Wire,
    /// How fast.
    pub pace: Pace,
    /// The unit of waits between attempts.
    pub unit: Duration,
}

impl<'a> HttpCarrier<'a> {
    /// A carrier at the destination's own pace.
    pub fn new(rows: &'static dyn Rows, settings: &'a Settings) -> Self {
        let limits = rows.limits(settings);
        Self {
            rows,
            settings,
            wire: Wire::new(limits.connections, None),
            pace: Pace::new(limits.rate),
            unit: Duration::from_millis(500),
        }
    }
}

/// What a request came to.
enum Asked {
    Reply(Reply),
    /// There is no reply worth reading, after all attempts; whether it arrived is not known.
    Maybe(String),
    /// It did surely not have an effect.
    Nothing(String),
    /// It was stopped; the flag says whether it may have arrived.
    Stopped(bool),
    Stop(Failure),
}

impl Carrier for HttpCarrier<'_> {
    fn limits(&self) -> Limits {
        self.rows.limits(self.settings)
    }

    fn lane(&self, op: Op) -> u8 {
        self.rows.lane(op)
    }

    fn repeat(&self) -> Repeat {
        self.rows.repeat(self.settings)
    }

    fn carry(&self, chunk: &Chunk, memory: Option<String>, road: &Road<'_>) -> Carried {
        let mut memory = memory;
        let mut reply: Option<Reply> = None;
        // Whether a request of this chunk that changes something was answered.
        let mut has_begun = memory.is_some();
        loop {
            let talk = Talk { memory: memory.as_deref(), reply: reply.as_ref() };
            let (request, wait) = match self.rows.step(self.settings, chunk, talk) {
                Step::Ask { request, memory: kept, wait } => {
                    if let Some(kept) = kept {
                        if let Err(failure) = (road.keep)(&kept) {
                            return if has_begun { Carried::Open } else { Carried::Stop(failure) };
                        }
                        memory = Some(kept);
                    }
                    (request, wait)
                }
                Step::Done(fates) => return Carried::Done(fates),
                Step::AllRefused(message) => return Carried::AllRefused(message),
                Step::Stop(failure) => return Carried::Stop(failure),
            };
            if !pace::wait(wait, road.stop) {
                return if has_begun { Carried::Open } else { Carried::NotSent };
            }
            match self.ask(&request, road.stop) {
                Asked::Reply(got) => {
                    has_begun = has_begun || !request.only_looks;
                    reply = Some(got);
                }
                Asked::Stopped(may_have) => {
                    return if has_begun || may_have { Carried::Open } else { Carried::NotSent };
                }
                Asked::Stop(failure) if has_begun => {
                    return Carried::Done(vec![unknown(&failure.what); chunk.rows.len()]);
                }
                Asked::Stop(failure) => return Carried::Stop(failure),
                Asked::Nothing(message) if !has_begun && !road.was_sent => {
                    let fate = Fate::Rejected { message, again: false };
                    return Carried::Done(vec![fate; chunk.rows.len()]);
                }
                Asked::Nothing(message) | Asked::Maybe(message) => {
                    return Carried::Done(vec![unknown(&message); chunk.rows.len()]);
                }
            }
        }
    }
}

fn unknown(message: &str) -> Fate {
    Fate::Unknown { message: message.to_owned() }
}

impl HttpCarrier<'_> {
    /// Asks until there is a reply worth reading, as often and as fast as is safe.
    fn ask(&self, request: &Request, stop: &AtomicBool) -> Asked {
        let repeat = if request.only_looks { Repeat::Safe } else { self.repeat() };
        let mut may_have = false;
        let mut attempt = 0;
        loop {
            if !self.pace.turn(stop) {
                return Asked::Stopped(may_have);
            }
            attempt += 1;
            let last = attempt >= pace::ATTEMPTS;
            let (message, asked_wait) = match self.wire.ask(request) {
                Ok(reply) => match sort(&reply, repeat) {
                    Sorted::Read => return Asked::Reply(reply),
                    // An attempt before may have arrived; the next chunk is stopped alike.
                    Sorted::Stop if may_have => return Asked::Maybe(reply.message()),
                    Sorted::Stop => return Asked::Stop(refused(&reply, request)),
                    Sorted::Unknown => return Asked::Maybe(reply.message()),
                    Sorted::Again { had_effect } => {
                        may_have = may_have || had_effect;
                        let own = self.rows.wait_for(&reply, pace::now_unix());
                        (reply.message(), own.or_else(|| pace::retry_after(&reply)))
                    }
                },
                Err(NoReply::NotSent(told)) if last && !may_have => {
                    return Asked::Stop(out_of_reach(&told, request));
                }
                Err(NoReply::NotSent(told)) => (told, None),
                Err(NoReply::Maybe(told)) if repeat == Repeat::Safe => {
                    may_have = true;
                    (told, None)
                }
                Err(NoReply::Maybe(told)) => return Asked::Maybe(told),
                Err(NoReply::Refused(failure)) if may_have => return Asked::Maybe(failure.what),
                Err(NoReply::Refused(failure)) => return Asked::Stop(failure),
            };
            if last {
                return if may_have { Asked::Maybe(message) } else { Asked::Nothing(message) };
            }
            if let Some(wait) = asked_wait {
                self.pace.hold_off(wait);
            }
            let wait = asked_wait.unwrap_or_else(|| pace::back_off(attempt, self.unit));
            if !pace::wait(wait, stop) {
                return Asked::Stopped(may_have);
            }
        }
    }
}

/// What a reply calls for, alike at every destination.
enum Sorted {
    Read,
    Again { had_effect: bool },
    Unknown,
    Stop,
}

fn sort(reply: &Reply, repeat: Repeat) -> Sorted {
    match reply.status {
        401 | 403 => Sorted::Stop,
        // It was turned away before it was looked at.
        408 | 425 | 429 | 503 => Sorted::Again { had_effect: false },
        500..=599 if repeat == Repeat::Unsafe => Sorted::Unknown,
        500..=599 => Sorted::Again { had_effect: true },
        300..=399 => Sorted::Stop,
        _ => Sorted::Read,
    }
}

fn refused(reply: &Reply, request: &Request) -> Failure {
    let place = request.shown().line;
    match reply.status {
        401 | 403 => Failure::new(
            format!("the destination refuses the access: {}", reply.message()),
            place,
            "check the secret and what it may do",
        ),
        _ => Failure::new(
            format!("the destination leads elsewhere: {}", reply.message()),
            place,
            "check the address",
        ),
    }
}

fn out_of_reach(told: &str, request: &Request) -> Failure {
    Failure::new(
        format!("the destination cannot be reached: {told}"),
        request.shown().line,
        "check the address and the network, and sync again: it goes on where it stopped",
    )
}
