//! The source: what is open, and opening another.

use super::{Canvas, Dialog, Effect, Features, JobKind, Look, People, SourceAction, State};
use crate::model::catalog::Catalog;
use crate::model::question::Segment;
use crate::model::workspace::Workspace;
use crate::protocol::{Command, OpenRequest, Opened, Ticket};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What was opened, with the person's own things, and what is being opened.
#[derive(Debug, Default)]
pub struct Source {
    /// What was opened.
    pub opened: Option<Arc<Opened>>,
    /// The last request to open, to open it again. Its workspace folder and limits are those that
    /// the window was started with, and hold for every other opening too.
    pub request: OpenRequest,
    /// The open command that is under way.
    pub opening: Option<Ticket>,
    /// The person's own things, as last changed here.
    pub workspace: Workspace,
    /// Saved segments that could be read, for clauses that refer to them.
    pub segments: Vec<Segment>,
    /// When it was seen that the files changed since they were opened.
    pub changed: Option<String>,
    /// The path under which its place is kept.
    pub(super) place_key: Option<PathBuf>,
}

impl Source {
    /// What was found in it.
    pub fn catalog(&self) -> Option<&Arc<Catalog>> {
        self.opened.as_ref().map(|o| &o.catalog)
    }

    /// Whether the first rows are shown, while the rest is read.
    pub fn is_beginning(&self) -> bool {
        self.opened.as_ref().is_some_and(|opened| opened.is_beginning)
    }

    /// A saved segment that could be read, by its name.
    pub(super) fn segment(&self, name: &str) -> Option<&Segment> {
        self.segments.iter().find(|s| s.name == name)
    }

    /// Forgets what was opened. What is being opened goes on.
    fn forget(&mut self) {
        let request = std::mem::take(&mut self.request);
        *self = Self { request, opening: self.opening, ..Self::default() };
    }
}

impl State {
    pub(super) fn on_source(&mut self, action: SourceAction) -> Vec<Effect> {
        match action {
            SourceAction::PickFile => vec![Effect::PickFile],
            SourceAction::PickFolder => vec![Effect::PickFolder],
            SourceAction::OpenSample => vec![Effect::OpenSample],
            SourceAction::Open(paths) if paths.is_empty() => Vec::new(),
            SourceAction::Open(paths) => self.open(paths),
            SourceAction::OpenTyped(text) => self.open_typed(&text),
            SourceAction::Reopen => {
                let request = self.source.request.clone();
                self.open_request(request)
            }
            SourceAction::ShowRun(run) => {
                let request = OpenRequest { run, ..self.source.request.clone() };
                self.open_request(request)
            }
            SourceAction::Password(password) => {
                self.front.show(Dialog::None);
                let request =
                    OpenRequest { password: Some(password), ..self.source.request.clone() };
                self.open_request(request)
            }
            SourceAction::NoChooser => {
                self.front.show(Dialog::Path);
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
            self.front.error = Some("type the path of a file or folder".to_owned());
            return Vec::new();
        }
        self.open(vec![PathBuf::from(text)])
    }

    fn open(&mut self, paths: Vec<PathBuf>) -> Vec<Effect> {
        self.front.show(Dialog::None);
        let before = self.source.request.clone();
        self.open_request(OpenRequest { paths, password: None, run: None, ..before })
    }

    fn open_request(&mut self, request: OpenRequest) -> Vec<Effect> {
        let ticket = self.ticket();
        let mut effects = Vec::new();
        if let Some(before) = self.source.opening.replace(ticket) {
            effects.push(Effect::Send(Command::Cancel(before)));
        }
        let name = request.paths.first().map(|p| file_name(p)).unwrap_or_default();
        self.status.start_job(ticket, JobKind::Open, format!("Opening {name}"));
        self.source.request = request.clone();
        effects.push(Effect::Send(Command::Open { ticket, request }));
        effects
    }

    /// Puts the path of what was just opened at the head of the recent ones.
    pub(super) fn remember_recent(&mut self) -> Vec<Effect> {
        // Several files at once have no one name to come back by, so their first one stands.
        let Some(path) = self.source.request.paths.first() else { return Vec::new() };
        self.settings.keep_recent(super::bookmarks::key(path));
        vec![Effect::SaveSettings]
    }

    /// Takes what was opened off the screen.
    pub(super) fn forget_source(&mut self) {
        self.source.forget();
        self.canvas = Canvas::new(self.canvas.now.clone());
        self.look = Look { scale: self.look.scale, ..Look::default() };
        self.people = People::default();
        self.features = Features::default();
        self.answers.clear();
        self.activate.forget();
    }
}

/// The last part of a path, for reading.
pub(crate) fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
