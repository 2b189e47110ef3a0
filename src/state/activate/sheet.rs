//! The activation sheet: who is sent, what is set up, and how far sending it is.

use super::action::Pane;
use super::draft::Draft;
use crate::model::activation::{DryRun, Guard, SyncRun};
use crate::model::catalog::CohortRef;
use crate::model::failure::Failure;
use crate::protocol::Ticket;

/// Who is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A cohort, or everyone of an entity.
    Cohort(CohortRef),
    /// A kept segment.
    Segment(String),
    /// The slice on the canvas, which has to be kept first.
    Unsaved,
}

/// A dry run.
#[derive(Clone, Default)]
pub enum Dry {
    /// It was not asked for.
    #[default]
    None,
    /// It waits for the practice inbox to say where it listens.
    Waiting(Ticket),
    /// It is under way.
    Running(Ticket),
    /// What would be sent.
    Done(Box<DryRun>),
    /// It cannot be said.
    Failed(Failure),
}

/// The sheet.
pub struct Sheet {
    /// Who is sent.
    pub subject: Subject,
    /// The entity that they are of.
    pub entity: String,
    /// The part that is shown.
    pub pane: Pane,
    /// What is set up.
    pub draft: Draft,
    /// The name of the unsaved slice, as it is typed.
    pub slice_name: String,
    /// What would be sent.
    pub dry: Dry,
    /// Whether something was changed since.
    pub is_stale: bool,
    /// Guards that it does not stop at.
    pub ticked: Vec<Guard>,
    /// The sync that is under way.
    pub sending: Option<Ticket>,
    /// The sync that is shown.
    pub run: Option<SyncRun>,
    /// Why sending failed.
    pub failure: Option<Failure>,
    /// The request of the practice inbox that is shown; the last one unless one is chosen.
    pub request: Option<u64>,
}

impl Sheet {
    /// An empty one.
    pub(super) fn new(subject: Subject, entity: &str) -> Self {
        Self {
            subject,
            entity: entity.to_owned(),
            pane: Pane::Destination,
            draft: Draft::default(),
            slice_name: String::new(),
            dry: Dry::None,
            is_stale: false,
            ticked: Vec::new(),
            sending: None,
            run: None,
            failure: None,
            request: None,
        }
    }

    /// What would be sent, when that is known of what is set up now.
    pub fn known(&self) -> Option<&DryRun> {
        match &self.dry {
            Dry::Done(dry) if !self.is_stale => Some(dry),
            _ => None,
        }
    }

    /// Whether nothing stands in the way of sending.
    pub fn can_send(&self) -> bool {
        let is_free = |dry: &DryRun| dry.stopped.iter().all(|s| self.ticked.contains(&s.guard));
        self.sending.is_none() && self.known().is_some_and(is_free)
    }

    /// Whether something is under way.
    pub fn is_busy(&self) -> bool {
        self.sending.is_some() || matches!(self.dry, Dry::Running(_) | Dry::Waiting(_))
    }

    /// Something that decides what is sent was changed. Gives the dry run that is no longer of use.
    pub(super) fn changed(&mut self) -> Option<Ticket> {
        self.ticked.clear();
        self.failure = None;
        match self.dry {
            Dry::Running(ticket) => {
                self.dry = Dry::None;
                Some(ticket)
            }
            Dry::Waiting(_) => {
                self.dry = Dry::None;
                None
            }
            _ => {
                self.is_stale = true;
                None
            }
        }
    }
}
