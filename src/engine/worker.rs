//! A session on worker threads, behind the protocol.

use super::inbox::{Inbox, Lane, ticket_of};
use super::session::Session;
use super::{Job, jobs};
use crate::model::failure::Failure;
use crate::protocol::{Command, Event, Outcome, Ticket};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

/// A session on worker threads. Dropping it stops what runs and waits for it.
pub struct Engine {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    inbox: Mutex<Inbox>,
    bell: Condvar,
    outbox: Mutex<VecDeque<Event>>,
    wake: Box<dyn Fn() + Send + Sync>,
    /// The open source, for the lane that writes lists.
    for_deliveries: Mutex<Option<Session>>,
}

impl Engine {
    /// Starts the workers. `wake` is called after each event.
    ///
    /// # Panics
    /// When the system gives no thread.
    pub fn spawn(wake: impl Fn() + Send + Sync + 'static) -> Self {
        let shared = Arc::new(Shared {
            inbox: Mutex::default(),
            bell: Condvar::new(),
            outbox: Mutex::default(),
            wake: Box::new(wake),
            for_deliveries: Mutex::default(),
        });
        let lane = |name: &str, run: fn(&Shared)| {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name(name.to_owned())
                .spawn(move || run(&shared))
                .expect("the system gives a thread")
        };
        let threads =
            vec![lane("muster-ask", answer_questions), lane("muster-deliver", write_lists)];
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
        for thread in self.threads.drain(..) {
            // A panic was told as a failure already.
            let _ = thread.join();
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

    fn tell(&self, event: Event) {
        {
            let mut outbox = lock(&self.outbox);
            // Of two progress reports in a row only the newer is of interest.
            if let (Event::Progress(new, _), Some(Event::Progress(old, _))) = (&event, outbox.back())
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

    /// Runs a command and tells how it ended: exactly once, whatever happens.
    fn carry_out(
        &self,
        ticket: Ticket,
        cancelled: &AtomicBool,
        work: impl FnOnce() -> Result<(), Failure>,
    ) {
        let done = catch_unwind(AssertUnwindSafe(work));
        self.inbox().finished(ticket);
        let outcome = match done {
            Ok(Ok(())) => Outcome::Done,
            _ if cancelled.load(Ordering::Relaxed) => Outcome::Cancelled,
            Ok(Err(failure)) => Outcome::Failed(failure),
            Err(_) => Outcome::Failed(Failure::new(
                "a mistake in the program stopped this",
                "",
                "try again; if it comes back, report what was done",
            )),
        };
        self.tell(Event::Finished(ticket, outcome));
    }
}

fn answer_questions(shared: &Shared) {
    let mut session: Option<Session> = None;
    let mut told_change = false;
    loop {
        let mut rest = || {
            if let Some(session) = &session {
                // What cannot be let go now is let go after the next question.
                let _ = session.rest();
            }
        };
        let Some((command, cancelled)) = shared.next(Lane::Questions, &mut rest) else { return };
        let Some(ticket) = ticket_of(&command) else { continue };
        if let Some(session) = &session
            && !told_change
            && matches!(command, Command::Ask { .. })
            && !session.is_unchanged()
        {
            told_change = true;
            shared.tell(Event::SourceChanged);
        }
        if matches!(command, Command::Open { .. }) {
            told_change = false;
        }
        shared.carry_out(ticket, &cancelled, || {
            question(shared, &mut session, command, Arc::clone(&cancelled))
        });
    }
}

fn question(
    shared: &Shared,
    session: &mut Option<Session>,
    command: Command,
    cancelled: Arc<AtomicBool>,
) -> Result<(), Failure> {
    match command {
        Command::Open { ticket, request } => {
            let mut report = |progress| shared.tell(Event::Progress(ticket, progress));
            let opened = Session::open(&request, &mut Job { cancelled, report: &mut report })?;
            *lock(&shared.for_deliveries) = Some(opened.fork()?);
            shared.tell(Event::Opened(ticket, Arc::clone(opened.opened())));
            *session = Some(opened);
            Ok(())
        }
        Command::Ask { ticket, slot, slice, question } => {
            let session = session.as_ref().ok_or_else(nothing_open)?;
            session.obey(Arc::clone(&cancelled));
            let answered = session.ask(&slice, &question)?;
            if !cancelled.load(Ordering::Relaxed) {
                shared.tell(Event::Answered(ticket, slot, Arc::new(answered)));
            }
            Ok(())
        }
        Command::SaveWorkspace { workspace, .. } => {
            session.as_mut().ok_or_else(nothing_open)?.save_workspace(*workspace)
        }
        Command::Export { .. } | Command::Cancel(_) => unreachable!("not of this lane"),
    }
}

fn write_lists(shared: &Shared) {
    while let Some((command, cancelled)) = shared.next(Lane::Deliveries, &mut || {}) {
        let Command::Export { ticket, request } = command else { continue };
        let session = lock(&shared.for_deliveries).as_ref().map(Session::fork);
        shared.carry_out(ticket, &cancelled, || {
            let session = session.ok_or_else(nothing_open)??;
            session.obey(Arc::clone(&cancelled));
            let mut report = |progress| shared.tell(Event::Progress(ticket, progress));
            let mut job = Job { cancelled: Arc::clone(&cancelled), report: &mut report };
            let exported = jobs::export::export(&session, &request, &mut job)?;
            session.rest()?;
            shared.tell(Event::Exported(ticket, exported));
            Ok(())
        });
    }
}

fn nothing_open() -> Failure {
    Failure::wrong_use("nothing is open", "", "open a file or a folder first")
}
