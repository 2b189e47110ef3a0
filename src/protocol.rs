//! The only door between the faces and the engine: what may be asked, and what comes back.
//!
//! Plain data. A command carries a [`Ticket`] and ends in exactly one [`Event::Finished`], also
//! when it was cancelled, failed or panicked.

use crate::model::activation::{FailedRow, InboxView, SyncHistory, SyncRequest, Synced};
use crate::model::catalog::Catalog;
use crate::model::export::{ExportRequest, Exported};
use crate::model::failure::Failure;
use crate::model::limits::Limits;
use crate::model::question::{Answered, Question, Slice};
use crate::model::workspace::Workspace;
use std::path::PathBuf;
use std::sync::Arc;

/// The number of one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// A place on screen that a question is asked for. The newest question per slot wins.
///
/// The engine only compares them; what each one asks is worked out by the state of the screen.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Slot {
    /// How many the segment on the canvas keeps.
    Size,
    /// How many are left after each of its steps.
    Steps,
    /// The statement that lists its members.
    Members,
    /// A chart, by its number.
    Chart(u64),
    /// The small distribution beside a feature, by the feature's name.
    Feature(String),
    /// A page of the table of people, counted from 0.
    Page(u64),
    /// How many rows the table of people has while it shows those that one step drops.
    Dropped,
    /// The open profile.
    Profile,
    /// The values or the distribution in the editor of a clause.
    EditedShape,
    /// How many there are with the edited clause as it stands.
    EditedSize,
    /// How many there are without the edited clause.
    EditedWithout,
    /// How many a saved segment keeps, by its name.
    Segment(String),
    /// The values of a feature that a search finds, by the feature's name.
    Found(String),
    /// The people whom a search finds.
    FoundPeople,
}

/// Everything that a face can ask of the engine.
#[derive(Debug, Clone)]
pub enum Command {
    /// Open a source and find out what is in it. Replaces the one that is open.
    Open {
        /// The command's number.
        ticket: Ticket,
        /// What to open.
        request: OpenRequest,
    },
    /// Answer a question for a slot. Replaces a question for it that has not started, and
    /// interrupts one that has.
    Ask {
        /// The command's number.
        ticket: Ticket,
        /// For which place.
        slot: Slot,
        /// Asked of whom.
        slice: Arc<Slice>,
        /// What.
        question: Question,
    },
    /// Write a list.
    Export {
        /// The command's number.
        ticket: Ticket,
        /// What to write.
        request: Box<ExportRequest>,
    },
    /// Sync an activation, or say what that would do.
    Sync {
        /// The command's number.
        ticket: Ticket,
        /// Which, and how.
        request: Box<SyncRequest>,
    },
    /// Tell what was sent from this workspace.
    TellSyncs {
        /// The command's number.
        ticket: Ticket,
    },
    /// Tell the rows of a sync that did not arrive for sure.
    TellFailedRows {
        /// The command's number.
        ticket: Ticket,
        /// The sync.
        run: u64,
    },
    /// Start or end the practice inbox.
    PracticeInbox {
        /// The command's number.
        ticket: Ticket,
        /// Whether it is to listen.
        is_on: bool,
    },
    /// Keep the workspace.
    SaveWorkspace {
        /// The command's number.
        ticket: Ticket,
        /// Its new content.
        workspace: Box<Workspace>,
    },
    /// Stop a command that waits or runs.
    Cancel(Ticket),
}

/// What to open.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OpenRequest {
    /// Files, or one folder.
    pub paths: Vec<PathBuf>,
    /// The key of an encrypted DuckDB file.
    pub password: Option<String>,
    /// The workspace folder; `None` is beside the source or in the user's data folder.
    pub workspace: Option<PathBuf>,
    /// The run to show, of a source that keeps runs; `None` is the latest.
    pub run: Option<u64>,
    /// What SQL of the source may use of the machine.
    pub limits: Limits,
}

/// What an opened source brings.
#[derive(Debug, Clone, PartialEq)]
pub struct Opened {
    /// What was found, corrections applied.
    pub catalog: Arc<Catalog>,
    /// The person's own things.
    pub workspace: Workspace,
    /// The file where they are kept.
    pub workspace_file: PathBuf,
    /// Whether these are the first rows only, while the rest is read: the whole comes later as
    /// another opening of the same command.
    pub is_beginning: bool,
}

/// What the engine says.
#[derive(Debug, Clone)]
pub enum Event {
    /// The source is open.
    Opened(Ticket, Arc<Opened>),
    /// An answer. One that was overtaken is not sent.
    Answered(Ticket, Slot, Arc<Answered>),
    /// A list was written.
    Exported(Ticket, Exported),
    /// What came of a sync, or of a dry run.
    Synced(Ticket, Synced),
    /// What was sent from this workspace.
    SyncsTold(Ticket, Arc<SyncHistory>),
    /// The first rows of a sync that did not arrive for sure.
    FailedRowsTold(Ticket, u64, Arc<Vec<FailedRow>>),
    /// What the practice inbox holds now: told when it starts, after requests, and when it ends.
    InboxChanged(Arc<InboxView>),
    /// The source's files are no longer as they were when it was opened.
    SourceChanged {
        /// When that was seen, as the clock of this machine shows it.
        at: String,
    },
    /// How far a command is.
    Progress(Ticket, Progress),
    /// The command is over.
    Finished(Ticket, Outcome),
}

/// How far a command is.
#[derive(Debug, Clone, PartialEq)]
pub struct Progress {
    /// What is being done, in the screen's words: `Reading orders`.
    pub doing: String,
    /// From 0 to 1; `None` when it cannot be known.
    pub part: Option<f32>,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// As asked.
    Done,
    /// It was cancelled or overtaken.
    Cancelled,
    /// It failed.
    Failed(Failure),
}
