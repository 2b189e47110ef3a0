//! Opening sources.

use super::{Dialog, Effect, JobKind, SourceAction, State};
use crate::model::clause::Tree;
use crate::model::workspace::Workspace;
use crate::protocol::{Command, OpenRequest};
use std::path::{Path, PathBuf};

/// Recent files that are remembered.
const RECENT_MAX: usize = 12;

impl State {
    pub(super) fn on_source(&mut self, action: SourceAction) -> Vec<Effect> {
        match action {
            SourceAction::PickFile => vec![Effect::PickFile],
            SourceAction::PickFolder => vec![Effect::PickFolder],
            SourceAction::OpenSample => vec![Effect::OpenSample],
            SourceAction::Open(paths) if paths.is_empty() => Vec::new(),
            SourceAction::Open(paths) => self.open(paths, None),
            SourceAction::OpenTyped(text) => self.open_typed(&text),
            SourceAction::Reopen => {
                let request = self.request.clone();
                self.open_request(request)
            }
            SourceAction::ShowRun(run) => {
                let request = OpenRequest { run, ..self.request.clone() };
                self.open_request(request)
            }
            SourceAction::Password(password) => {
                self.show(Dialog::None);
                let request = OpenRequest { password: Some(password), ..self.request.clone() };
                self.open_request(request)
            }
            SourceAction::NoChooser => {
                self.show(Dialog::Path);
                Vec::new()
            }
            SourceAction::Close => {
                self.remember_place();
                self.forget_source();
                vec![Effect::SaveSettings]
            }
        }
    }

    fn open_typed(&mut self, text: &str) -> Vec<Effect> {
        let text = text.trim().trim_matches('"');
        if text.is_empty() {
            self.dialog_error = Some("type the path of a file or folder".to_owned());
            return Vec::new();
        }
        self.open(vec![PathBuf::from(text)], None)
    }

    fn open(&mut self, paths: Vec<PathBuf>, password: Option<String>) -> Vec<Effect> {
        self.show(Dialog::None);
        let workspace = self.workspace_folder.clone();
        let limits = self.limits.clone();
        self.open_request(OpenRequest { paths, password, workspace, run: None, limits })
    }

    fn open_request(&mut self, request: OpenRequest) -> Vec<Effect> {
        let ticket = self.ticket();
        let mut effects = Vec::new();
        if let Some(before) = self.opening.replace(ticket) {
            effects.push(Effect::Send(Command::Cancel(before)));
        }
        let name = request.paths.first().map(|p| file_name(p)).unwrap_or_default();
        self.start_job(ticket, JobKind::Open, format!("Opening {name}"));
        self.request = request.clone();
        effects.push(Effect::Send(Command::Open { ticket, request }));
        effects
    }

    /// Puts the paths of what was just opened at the head of the recent ones.
    pub(super) fn remember_recent(&mut self) -> Vec<Effect> {
        // Several files at once have no one name to come back by, so their first one stands.
        let Some(path) = self.request.paths.first().cloned() else { return Vec::new() };
        let path = std::path::absolute(&path).unwrap_or(path);
        self.recent.retain(|p| *p != path);
        self.recent.insert(0, path);
        self.recent.truncate(RECENT_MAX);
        vec![Effect::SaveSettings]
    }

    /// Whether the first rows are shown, while the rest is read.
    pub fn is_beginning(&self) -> bool {
        self.opened.as_ref().is_some_and(|opened| opened.is_beginning)
    }

    pub(super) fn forget_source(&mut self) {
        self.opened = None;
        self.place_key = None;
        self.workspace = Workspace::default();
        self.cohort = None;
        self.defined = None;
        self.segment = None;
        self.segments.clear();
        self.saved_tree = Tree::everyone();
        self.history = super::history::History::default();
        self.answers.clear();
        self.editor = None;
        self.adding = None;
        self.charts.clear();
        self.people = super::people::People::default();
        self.features = super::features::Features::default();
        self.source_changed = false;
        self.tab = super::Tab::Look;
        self.reset_typed();
    }
}

/// The last part of a path, for reading.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
