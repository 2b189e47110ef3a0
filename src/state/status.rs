//! What the status bar shows: work in the background, and what was said.

use crate::model::failure::Failure;
use crate::protocol::{Progress, Ticket};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Notices that are remembered.
const NOTICES_MAX: usize = 200;

/// Work in the background.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// What kind of work.
    pub kind: JobKind,
    /// What is being done, in the screen's words.
    pub doing: String,
    /// From 0 to 1, when that is known.
    pub part: Option<f32>,
}

/// The kinds of work in the background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobKind {
    /// A source is being read.
    Open,
    /// A list is being written.
    Export,
    /// An activation is synced, or what that would do is found out.
    Sync,
    /// The workspace is being kept. When it is done, the source may have to be read again.
    Save {
        /// Read the source again afterwards.
        reopen: bool,
    },
}

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Whether it is bad news.
    pub bad: bool,
    /// What happened.
    pub what: String,
    /// Where, and what to try.
    pub more: String,
    /// A file it is about, to copy its path.
    pub path: Option<PathBuf>,
}

/// The work that goes on, and the notices of what happened.
#[derive(Debug, Default)]
pub struct Status {
    /// Work in the background, by ticket.
    pub jobs: BTreeMap<Ticket, Job>,
    /// What was said, oldest first.
    pub notices: Vec<Notice>,
    /// The notice that floats over the window: an index into `notices`.
    pub toast: Option<usize>,
}

impl Status {
    /// Says that something went well.
    pub(super) fn note(&mut self, what: impl Into<String>, path: Option<PathBuf>) {
        self.say(Notice { bad: false, what: what.into(), more: String::new(), path });
    }

    /// Says what went wrong. It stays in the history.
    pub(super) fn fail(&mut self, failure: &Failure) {
        let more = [failure.place.as_str(), failure.hint.as_str()];
        let more: Vec<&str> = more.into_iter().filter(|s| !s.is_empty()).collect();
        self.say(Notice {
            bad: true,
            what: failure.what.clone(),
            more: more.join("; "),
            path: None,
        });
    }

    /// Says something, above the window too.
    pub(super) fn say(&mut self, notice: Notice) {
        if self.notices.len() == NOTICES_MAX {
            self.notices.remove(0);
        }
        self.notices.push(notice);
        self.toast = Some(self.notices.len() - 1);
    }

    /// Starts a job: the status bar shows it until its command ends.
    pub(super) fn start_job(&mut self, ticket: Ticket, kind: JobKind, doing: impl Into<String>) {
        self.jobs.insert(ticket, Job { kind, doing: doing.into(), part: None });
    }

    /// Takes in how far a job is.
    pub(super) fn progress(&mut self, ticket: Ticket, progress: Progress) {
        if let Some(job) = self.jobs.get_mut(&ticket) {
            job.doing = progress.doing;
            job.part = progress.part;
        }
    }
}
