//! A session on worker threads, behind the protocol.

use super::inbox::{Inbox, Lane, Wanted, ticket_of};
use super::practice::PracticeInbox;
use super::session::Session;
use super::{Job, jobs, sync};
use crate::model::failure::{Failure, FailureKind};
use crate::protocol::{Command, Event, OpenRequest, Outcome, Ticket};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How many syncs are told.
const SYNCS_TOLD: usize = 200;
/// How many rows are told that did not arrive.
const FAILED_TOLD: usize = 500;
/// How long what runs has to stop when the engine goes away.
const PATIENCE: Duration = Duration::from_secs(5);

/// A session on worker threads. Dropping it stops what runs and waits a little for it.
pub struct Engine {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    inbox: Mutex<Inbox>,
    bell: Condvar,
    outbox: Arc<Mutex<VecDeque<Event>>>,
    wake: Arc<dyn Fn() + Send + Sync>,
    /// The practice inbox, while it listens.
    practice: Mutex<Option<PracticeInbox>>,
    /// The open source, with the number of the opening. Each worker has a fork of it.
    source: Mutex<(u64, Option<Session>)>,
    /// The number of the opening whose files were last seen to have changed.
    told_change: AtomicU64,
}

impl Engine {
    /// Starts the workers. `wake` is called after each event.
    ///
    /// # Panics
    /// When the system cannot start a thread.
    pub fn spawn(wake: impl Fn() + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared {
            inbox: Mutex::default(),
            bell: Condvar::new(),
            outbox: Arc::default(),
            wake: Arc::new(wake),
            practice: Mutex::default(),
            source: Mutex::default(),
            told_change: AtomicU64::new(0),
        });
        let worker = |name: String, run: fn(&Shared)| {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name(name)
                .spawn(move || run(&shared))
                .expect("the system gives a thread")
        };
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        // A small question keeps one core busy, so several are answered side by side.
        let mut threads: Vec<_> = (1..=cores.clamp(2, 4))
            .map(|number| worker(format!("muster-ask-{number}"), answer_questions))
            .collect();
        threads.push(worker("muster-deliver".to_owned(), write_lists));
        threads.push(worker("muster-sync".to_owned(), sync_activations));
        threads.push(worker("muster-codes".to_owned(), read_codes));
        Self { shared, threads }
    }

    /// Sends a command. Never waits.
    pub fn send(&self, command: Command) {
        let over = self.shared.inbox().push(command);
        for ticket in over {
            self.shared.tell(Event::Finished(ticket, Outcome::Cancelled));
        }
        self.shared.bell.notify_all();
    }

    /// The events that have arrived, oldest first. Never waits.
    pub fn drain(&self) -> Vec<Event> {
        lock(&self.shared.outbox).drain(..).collect()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.shared.inbox().close();
        self.shared.bell.notify_all();
        // One that works on a single huge value may never stop: it goes with the program.
        let until = Instant::now() + PATIENCE;
        for thread in self.threads.drain(..) {
            while !thread.is_finished() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(5));
            }
            if thread.is_finished() {
                // A panic was told as a failure already.
                let _ = thread.join();
            }
        }
    }
}

/// What is shared is whole between two statements, so a lock that a panic left behind is usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        lock(&self.inbox)
    }

    /// Puts a source in the place of the one that is open, and tells.
    fn put(&self, ticket: Ticket, session: Session) {
        let opened = Arc::clone(session.opened());
        {
            let mut source = lock(&self.source);
            *source = (source.0 + 1, Some(session.with_lens_of_its_share()));
        }
        self.tell(Event::Opened(ticket, opened));
    }

    fn tell(&self, event: Event) {
        {
            let mut outbox = lock(&self.outbox);
            // Of two progress reports in a row only the newer is of interest.
            if let (Event::Progress(new, _), Some(Event::Progress(old, _))) =
                (&event, outbox.back())
                && new == old
            {
                outbox.pop_back();
            }
            outbox.push_back(event);
        }
        (self.wake)();
    }

    /// Waits for the next command of a lane; `None` when the engine goes away. Before it sleeps,
    /// it calls `rest`.
    fn next(&self, lane: Lane, rest: &mut dyn FnMut()) -> Option<(Command, Arc<AtomicBool>)> {
        let mut inbox = self.inbox();
        if !inbox.closed && inbox.is_idle(lane) {
            drop(inbox);
            rest();
            inbox = self.inbox();
        }
        loop {
            if inbox.closed {
                return None;
            }
            if let Some(next) = inbox.next(lane) {
                return Some(next);
            }
            inbox = self.bell.wait(inbox).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits for a question whose next answers could come from codes.
    fn next_wanted(&self, rest: &mut dyn FnMut()) -> Option<(Wanted, Arc<AtomicBool>)> {
        let mut inbox = self.inbox();
        let mut is_at_rest = false;
        loop {
            if inbox.closed {
                return None;
            }
            if let Some(next) = inbox.next_wanted() {
                return Some(next);
            }
            if !is_at_rest {
                is_at_rest = true;
                drop(inbox);
                rest();
                inbox = self.inbox();
                continue;
            }
            inbox = self.bell.wait(inbox).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Runs a command and tells how it ended: exactly once, whatever happens.
    fn carry_out(
        &self,
        ticket: Ticket,
        cancelled: &AtomicBool,
        work: impl FnOnce() -> Result<(), Failure>,
    ) {
        let done = catch_unwind(AssertUnwindSafe(work));
        self.inbox().finished(ticket);
        // An opening that is over lets the questions behind it start.
        self.bell.notify_all();
        let outcome = match done {
            Ok(Ok(())) => Outcome::Done,
            Ok(Err(failure)) if failure.kind == FailureKind::Cancelled => Outcome::Cancelled,
            // What is interrupted in the middle may fail in words of its own.
            Ok(Err(_)) if cancelled.load(Ordering::Relaxed) => Outcome::Cancelled,
            Ok(Err(failure)) => Outcome::Failed(failure),
            Err(_) => Outcome::Failed(
                Failure::new(
                    "an error in the program stopped this",
                    "",
                    "try again; if it happens again, report what was done",
                )
                .of(FailureKind::OwnFault),
            ),
        };
        self.tell(Event::Finished(ticket, outcome));
    }
}

/// A worker's own view of the open source.
#[derive(Default)]
struct Own {
    opening: u64,
    session: Option<Session>,
}

impl Own {
    /// The source that is open now, forked anew when it is another one than before.
    fn session(&mut self, shared: &Shared) -> Result<&Session, Failure> {
        let source = lock(&shared.source);
        if self.opening != source.0 || self.session.is_none() {
            self.opening = source.0;
            self.session = source.1.as_ref().map(Session::fork).transpose()?;
        }
        drop(source);
        self.session.as_ref().ok_or_else(nothing_open)
    }

    /// Lets the source go until the next command.
    fn rest(&self) {
        if let Some(session) = &self.session {
            // What cannot be let go now is let go after the next question.
            let _ = session.rest();
        }
    }
}

fn answer_questions(shared: &Shared) {
    let mut own = Own::default();
    loop {
        let next = shared.next(Lane::Questions, &mut || own.rest());
        let Some((command, cancelled)) = next else { return };
        let Some(ticket) = ticket_of(&command) else { continue };
        shared.carry_out(ticket, &cancelled, || match command {
            Command::Open { ticket, request } => {
                own = Own::default();
                open(shared, ticket, &request, Arc::clone(&cancelled))
            }
            Command::Ask { ticket, slot, slice, question } => {
                let session = own.session(shared)?;
                watch_for_change(shared, session);
                session.obey(Arc::clone(&cancelled));
                let answered = session.ask(&slice, &question)?;
                if session.lacked_codes() {
                    shared.inbox().want(slice, question);
                    shared.bell.notify_all();
                }
                if !cancelled.load(Ordering::Relaxed) {
                    shared.tell(Event::Answered(ticket, slot, Arc::new(answered)));
                }
                Ok(())
            }
            Command::SaveWorkspace { workspace, .. } => {
                own.session(shared)?.save_workspace(&workspace)
            }
            Command::TellSyncs { ticket } => {
                let file = own.session(shared)?.opened().workspace_file.clone();
                let history = sync::history(&file, SYNCS_TOLD)?;
                shared.tell(Event::SyncsTold(ticket, Arc::new(history)));
                Ok(())
            }
            Command::TellFailedRows { ticket, run } => {
                let file = own.session(shared)?.opened().workspace_file.clone();
                let rows = sync::failed_rows(&file, run, FAILED_TOLD)?;
                shared.tell(Event::FailedRowsTold(ticket, run, Arc::new(rows)));
                Ok(())
            }
            Command::PracticeInbox { is_on, .. } => practice(shared, is_on),
            Command::Export { .. } | Command::Sync { .. } | Command::Cancel(_) => {
                unreachable!("not of this lane")
            }
        });
    }
}

fn open(
    shared: &Shared,
    ticket: Ticket,
    request: &OpenRequest,
    cancelled: Arc<AtomicBool>,
) -> Result<(), Failure> {
    let mut report = |progress| shared.tell(Event::Progress(ticket, progress));
    let mut has_begun = false;
    let mut early = |session: Session| {
        has_begun = true;
        shared.put(ticket, session);
        // What is asked now is asked of the first rows; lists wait for the rest.
        shared.inbox().lets_ask(ticket);
        shared.bell.notify_all();
    };
    let mut job = Job { cancelled, report: &mut report };
    match Session::open_early(request, &mut early, &mut job) {
        Ok(session) => {
            shared.put(ticket, session);
            Ok(())
        }
        Err(failure) => {
            // The first rows alone are no source.
            if has_begun {
                let mut source = lock(&shared.source);
                *source = (source.0 + 1, None);
            }
            Err(failure)
        }
    }
}

/// Tells once per opening that the files are no longer as they were.
fn watch_for_change(shared: &Shared, session: &Session) {
    let opening = lock(&shared.source).0;
    if shared.told_change.load(Ordering::Relaxed) != opening && !session.is_unchanged() {
        shared.told_change.store(opening, Ordering::Relaxed);
        let at = jiff::Zoned::now().strftime("%H:%M").to_string();
        shared.tell(Event::SourceChanged { at });
    }
}

/// Reads codes behind what is asked. Nobody waits for them, so nobody is told of a failure: what
/// cannot be read is left to the database, which says what is wrong when it is asked.
fn read_codes(shared: &Shared) {
    let mut own = Own::default();
    loop {
        let next = shared.next_wanted(&mut || own.rest());
        let Some((wanted, stopped)) = next else { return };
        let _ = catch_unwind(AssertUnwindSafe(|| {
            let session = own.session(shared)?;
            session.obey(Arc::clone(&stopped));
            session.fill(&wanted.slice, &wanted.question)
        }));
    }
}

fn write_lists(shared: &Shared) {
    let mut own = Own::default();
    loop {
        let next = shared.next(Lane::Deliveries, &mut || own.rest());
        let Some((command, cancelled)) = next else { return };
        let Command::Export { ticket, request } = command else { continue };
        shared.carry_out(ticket, &cancelled, || {
            let session = own.session(shared)?;
            session.obey(Arc::clone(&cancelled));
            let mut report = |progress| shared.tell(Event::Progress(ticket, progress));
            let mut job = Job { cancelled: Arc::clone(&cancelled), report: &mut report };
            let exported = jobs::export::export(session, &request, &mut job)?;
            shared.tell(Event::Exported(ticket, exported));
            Ok(())
        });
    }
}

fn sync_activations(shared: &Shared) {
    let mut own = Own::default();
    loop {
        let next = shared.next(Lane::Syncs, &mut || own.rest());
        let Some((command, cancelled)) = next else { return };
        let Command::Sync { ticket, request } = command else { continue };
        shared.carry_out(ticket, &cancelled, || {
            let session = own.session(shared)?;
            session.obey(Arc::clone(&cancelled));
            let mut report = |progress| shared.tell(Event::Progress(ticket, progress));
            let mut job = Job { cancelled: Arc::clone(&cancelled), report: &mut report };
            let synced = sync::sync(session, &request, &mut job)?;
            shared.tell(Event::Synced(ticket, synced));
            Ok(())
        });
    }
}

/// Starts or ends the practice inbox. It tells what it holds after each request.
fn practice(shared: &Shared, is_on: bool) -> Result<(), Failure> {
    let mut practice = lock(&shared.practice);
    if !is_on {
        *practice = None;
        drop(practice);
        shared.tell(Event::InboxChanged(Arc::default()));
        return Ok(());
    }
    if practice.is_none() {
        let outbox = Arc::clone(&shared.outbox);
        let wake = Arc::clone(&shared.wake);
        *practice = Some(PracticeInbox::start(move |view| {
            let mut outbox = lock(&outbox);
            // Of several in a row only the newest is of interest.
            if let Some(Event::InboxChanged(_)) = outbox.back() {
                outbox.pop_back();
            }
            outbox.push_back(Event::InboxChanged(Arc::new(view)));
            drop(outbox);
            wake();
        })?);
    }
    let view = practice.as_ref().map(PracticeInbox::view).unwrap_or_default();
    drop(practice);
    shared.tell(Event::InboxChanged(Arc::new(view)));
    Ok(())
}

fn nothing_open() -> Failure {
    Failure::wrong_use("nothing is open", "", "open a file or a folder first")
}
