//! The app room.

use std::path::PathBuf;
use std::process::ExitCode;

/// What the window opens with.
#[derive(Debug, Clone, Default)]
pub struct WindowArgs {
    /// Files, or one folder.
    pub paths: Vec<PathBuf>,
    /// The workspace folder.
    pub workspace: Option<PathBuf>,
}

/// Opens the window.
pub fn run(_args: WindowArgs) -> ExitCode {
    ExitCode::FAILURE
}
