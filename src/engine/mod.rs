//! The engine: owns DuckDB, answers questions, writes lists.
//!
//! [`Session`] is an opened source, used from one thread; the command line calls it directly.
//! [`Engine`] runs a session on a worker thread behind [`crate::protocol`], for the window.

pub mod jobs;
pub mod store;
pub mod workspace;

use crate::model::answer::Answered;
use crate::model::catalog::Catalog;
use crate::model::failure::Failure;
use crate::model::question::{Question, Slice};
use crate::protocol::{Command, Event, OpenRequest, Opened, Progress};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What a job may be told and may tell while it runs.
pub struct Job<'a> {
    /// Set from outside: stop soon.
    pub cancelled: Arc<AtomicBool>,
    /// Called now and then with how far it is.
    pub report: &'a mut dyn FnMut(Progress),
}

/// An opened source.
pub struct Session {}

impl Session {
    /// Opens a source and finds out what is in it.
    ///
    /// # Errors
    /// When it cannot be read: the failure names the file, the place and what to try.
    pub fn open(_request: &OpenRequest, _job: &mut Job<'_>) -> Result<Self, Failure> {
        Err(Failure::new("nothing can be opened yet", "", ""))
    }

    /// What opening brought.
    pub fn opened(&self) -> &Arc<Opened> {
        unreachable!("no session exists yet")
    }

    /// What was found.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.opened().catalog
    }

    /// The database of this session.
    pub fn store(&self) -> &store::Store {
        unreachable!("no session exists yet")
    }

    /// Answers a question.
    ///
    /// # Errors
    /// When the slice or the question does not fit the source, or reading fails.
    pub fn ask(&self, _slice: &Slice, _question: &Question) -> Result<Answered, Failure> {
        unreachable!("no session exists yet")
    }
}

/// A session on a worker thread.
pub struct Engine {}

impl Engine {
    /// Starts the worker. `wake` is called after each event is sent.
    pub fn spawn(_wake: impl Fn() + Send + 'static) -> Self {
        Self {}
    }

    /// Sends a command.
    pub fn send(&self, _command: Command) {}

    /// The events that have arrived.
    pub fn drain(&self) -> Vec<Event> {
        Vec::new()
    }
}
