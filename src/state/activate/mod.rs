//! Activations on screen: the sheet that sets one up and sends it, what was sent before, and the
//! practice inbox.

mod action;
mod draft;
mod edits;
mod mapping;
mod place;
mod sent;
mod sheet;
mod syncs;

pub use action::{ActivateAction, DraftEdit, Pane};
pub use draft::Draft;
pub use mapping::{MappingRow, Origin, RowOption};
pub use place::Place;
pub use sent::Sent;
pub use sheet::{Dry, Sheet, Subject};

use crate::model::activation::{FailedRow, InboxView, SyncHistory};
use crate::protocol::Ticket;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is set up, was sent, and arrived in the practice inbox.
#[derive(Default)]
pub struct Activate {
    /// The sheet. It stays when it is closed.
    pub sheet: Option<Sheet>,
    /// What was sent from the workspace.
    pub history: Arc<SyncHistory>,
    /// What the practice inbox holds.
    pub inbox: Arc<InboxView>,
    /// The rows of a sync that did not arrive for sure.
    pub failed: Option<(u64, Arc<Vec<FailedRow>>)>,
    /// Questions about what was sent; a failure of theirs is told.
    asked: BTreeSet<Ticket>,
}

impl Activate {
    /// Forgets what belongs to the open source. The practice inbox goes on.
    pub(super) fn forget(&mut self) {
        let inbox = Arc::clone(&self.inbox);
        *self = Self { inbox, ..Self::default() };
    }

    /// Whether the practice inbox listens.
    pub fn inbox_is_on(&self) -> bool {
        !self.inbox.url.is_empty()
    }
}

#[cfg(test)]
mod tests;
