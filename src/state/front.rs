//! What stands in front of the window: dialogs, sheets, the palette.

use super::corrections::CorrectionDraft;
use super::dialog::Dialog;
use super::exports::ExportSheet;
use super::palette::Palette;

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
