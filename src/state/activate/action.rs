//! What a person can do on the activation sheet and with what was sent.

use super::mapping::{Origin, RowOption};
use crate::model::activation::{Guard, Mode, SyncLimits};

/// Activations: setting one up, sending, and looking at what was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActivateAction {
    /// Show the sheet for what is on the canvas.
    Open,
    /// Show it for a kept activation, with a dry run under way.
    Repeat(String),
    /// Show another part of the sheet.
    Show(Pane),
    /// Keep the unsaved slice under this name, and go on.
    SaveSlice(String),
    /// The name of the unsaved slice, while it is typed.
    SliceName(String),
    /// Send to a kept destination.
    Choose(String),
    /// Send to a new destination of this kind.
    ChooseNew(&'static str),
    /// Choose otherwise.
    Unchoose,
    /// A part of what is set up.
    Edit(DraftEdit),
    /// See what would be sent.
    DryRun,
    /// Go on although this guard stops it, or not.
    Tick(Guard, bool),
    /// Send.
    Send,
    /// Keep the activation without sending.
    Save,
    /// Show a sync of the history.
    ShowRun(u64),
    /// Tell the rows of a sync that did not arrive.
    ShowFailed(u64),
    /// Send the rows again that failed in a sync.
    Retry(u64),
    /// Start or end the practice inbox.
    Inbox(bool),
    /// Show a request of the practice inbox.
    ShowRequest(u64),
    /// Ask whether to remove an activation.
    AskRemove(String),
    /// Remove it. What was sent stays where it is.
    Remove(String),
}

/// A change of what is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftEdit {
    /// The activation's name.
    Name(String),
    /// The name of the new destination.
    DestinationName(String),
    /// A setting of the destination, by its name.
    Setting(&'static str, String),
    /// What is sent of changes.
    Mode(Mode),
    /// The feature that tells members apart.
    Key(String),
    /// Where the value of the field in this row comes from.
    Map(usize, Origin),
    /// The name of the field in this row.
    Rename(usize, String),
    /// How the value in this row is sent.
    Option(usize, RowOption, bool),
    /// A row more.
    AddRow,
    /// A row less.
    RemoveRow(usize),
    /// The mapping that the names suggest.
    Suggest,
    /// When it is due; empty for never.
    Schedule(String),
    /// What it stops at.
    Limits(SyncLimits),
    /// The feature that says who may be sent.
    Consent(Option<String>),
}

/// The parts of the sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pane {
    /// Where it goes.
    #[default]
    Destination,
    /// What is sent of each member.
    Mapping,
    /// What would be sent.
    DryRun,
    /// Sending, and when it is done again.
    Send,
    /// What was sent.
    History,
    /// What the practice inbox holds.
    Inbox,
}

impl Pane {
    /// The steps, in their order.
    pub const STEPS: [Self; 4] = [Self::Destination, Self::Mapping, Self::DryRun, Self::Send];

    /// What it is called.
    pub fn word(self) -> &'static str {
        match self {
            Self::Destination => "Destination",
            Self::Mapping => "Mapping",
            Self::DryRun => "Dry run",
            Self::Send => "Send",
            Self::History => "History",
            Self::Inbox => "Practice inbox",
        }
    }
}
