//! What stands in front of the window: dialogs, sheets, the palette.

use super::LibraryAction;
use super::corrections::CorrectionDraft;
use super::exports::ExportSheet;
use super::palette::Palette;

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

/// The dialog in front, and what the fields of the dialogs hold.
#[derive(Debug, Default)]
pub struct Front {
    /// What is in front.
    pub dialog: Dialog,
    /// The text of the dialog's only field.
    pub text: String,
    /// Why what the dialog holds does not do.
    pub error: Option<String>,
    /// The export sheet's content. It stays when the sheet is closed.
    pub export: ExportSheet,
    /// The correction being written.
    pub correction: CorrectionDraft,
    /// The palette's state.
    pub palette: Palette,
}

impl Front {
    /// Puts a dialog in front, with an empty field.
    pub(super) fn show(&mut self, dialog: Dialog) {
        self.dialog = dialog;
        self.text.clear();
        self.error = None;
    }
}
