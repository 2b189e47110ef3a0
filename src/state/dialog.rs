//! What can be in front of the window.

use super::action::LibraryAction;

/// What is in front of the window and takes its keys, if anything is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Dialog {
    /// Nothing.
    #[default]
    None,
    /// A path is asked for by typing it.
    Path,
    /// The key of an encrypted file is asked for.
    Password,
    /// A name for the segment is asked for.
    SaveSegment,
    /// A new name for a segment is asked for.
    RenameSegment(String),
    /// A segment is about to be deleted.
    DeleteSegment(String),
    /// "As of" is edited.
    Now,
    /// The export sheet.
    Export,
    /// The activation sheet.
    Activate,
    /// An activation is about to be removed.
    RemoveActivation(String),
    /// The corrections sheet.
    Corrections,
    /// The command palette.
    Palette,
    /// The keys.
    Keys,
    /// The history of notices.
    Notices,
    /// The SQL of the slice.
    Sql,
    /// The segment has unsaved changes, and something else was asked for.
    Leave(Box<LibraryAction>),
}
