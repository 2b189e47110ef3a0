//! The system's file choosers, each on a thread of its own so that the window never waits.

use crate::state::{Action, ExportAction, SourceAction};
use std::path::PathBuf;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

/// A chooser that answers "nothing" sooner than a person could is not there at all.
const TOO_SOON: Duration = Duration::from_millis(100);

/// What is to be chosen.
#[derive(Debug, Clone)]
pub(super) enum Choose {
    /// Files to open.
    Files,
    /// A folder to open.
    Folder,
    /// A file to write: the folder to start in, and a name.
    Save(Option<PathBuf>, String),
}

/// Shows a chooser. What the person chose arrives as an action, and `wake` is called after it.
pub(super) fn choose(what: Choose, answers: SyncSender<Action>, wake: impl Fn() + Send + 'static) {
    let work = move || {
        let begin = Instant::now();
        let chosen = ask(&what);
        let gone = chosen.is_none() && begin.elapsed() < TOO_SOON && cfg!(target_os = "linux");
        let action = match (what, chosen) {
            (Choose::Save(..), Some(mut paths)) => {
                let path = paths.pop().unwrap_or_default();
                Some(Action::Export(ExportAction::Path(path.to_string_lossy().into_owned())))
            }
            // The sheet has a field for the path, so nothing more is to be said.
            (Choose::Save(..), None) => None,
            (_, Some(paths)) => Some(Action::Source(SourceAction::Open(paths))),
            (_, None) if gone => Some(Action::Source(SourceAction::NoChooser)),
            (_, None) => None,
        };
        if let Some(action) = action {
            // The window is gone when no one takes it.
            answers.send(action).ok();
            wake();
        }
    };
    let spawned = std::thread::Builder::new().name("file chooser".to_owned()).spawn(work);
    if let Err(error) = spawned {
        log::error!("the file chooser cannot be started: {error}");
    }
}

fn ask(what: &Choose) -> Option<Vec<PathBuf>> {
    let dialog = rfd::FileDialog::new();
    match what {
        Choose::Files => dialog
            .set_title("Open files")
            .add_filter(
                "Data",
                &[
                    "duckdb", "db", "ddb", "parquet", "csv", "tsv", "json", "jsonl", "ndjson",
                    "gz", "zst",
                ],
            )
            .add_filter("All files", &["*"])
            .pick_files(),
        Choose::Folder => dialog.set_title("Open a folder").pick_folder().map(|path| vec![path]),
        Choose::Save(folder, name) => {
            let mut dialog = dialog.set_title("Export").set_file_name(name);
            if let Some(folder) = folder {
                dialog = dialog.set_directory(folder);
            }
            dialog.save_file().map(|path| vec![path])
        }
    }
}
