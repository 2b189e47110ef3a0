//! What is on screen, and what follows from what a person does or the engine says.
//!
//! Pure: no window, no database, no clock. The window draws a [`State`], collects [`Action`]s and
//! gives them to [`State::on_action`]; the engine's events go to [`State::on_event`]; both give
//! back [`Effect`]s for the app to carry out. After either, [`State`] compares what the screen
//! needs with what was asked before, and asks only for the difference (see [`answers`]).

pub mod action;
pub mod answers;
mod corrections;
pub mod editor;
mod events;
mod exports;
pub mod features;
mod form;
pub mod form_read;
pub mod history;
mod library;
pub mod look;
pub(crate) mod lookup;
pub mod palette;
pub mod people;
mod places;
mod slices;
mod source;
pub mod typed;
pub mod values;
mod view;

pub use action::{
    Action, CorrectionAction, EditAction, Effect, ExportAction, FeatureAction, LibraryAction,
    LookAction, PeopleAction, SliceAction, SourceAction, ViewAction,
};
pub use answers::{Answers, Held};
pub use corrections::{CorrectionDraft, correction_words};
pub use exports::ExportSheet;
pub use form::{DateMode, Form, NumberTest, RelatedForm, TextMode, pasted_values};
pub use lookup::{Adding, Found, fits_measure, related_tables};
pub use places::Place;
pub use view::{Job, JobKind, Notice, Theme};

pub use crate::protocol::Slot;

use crate::model::catalog::{Catalog, CohortRef, Entity};
use crate::model::clause::Tree;
use crate::model::limits::Limits;
use crate::model::now::Moment;
use crate::model::question::{Segment, Slice};
use crate::model::workspace::Workspace;
use crate::protocol::{OpenRequest, Opened, Ticket};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// A tab of the canvas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tab {
    /// Linked charts.
    #[default]
    Look,
    /// The table of people.
    People,
    /// The waterfall.
    Steps,
    /// Where everything comes from.
    Definition,
}

impl Tab {
    /// All of them, in the order shown.
    pub const ALL: [Self; 4] = [Self::Look, Self::People, Self::Steps, Self::Definition];

    /// Its name on screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Look => "Look",
            Self::People => "People",
            Self::Steps => "Steps",
            Self::Definition => "Definition",
        }
    }
}

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

/// Everything that decides what is on screen.
pub struct State {
    /// What was opened.
    pub opened: Option<Arc<Opened>>,
    /// The last request to open, to open it again.
    pub request: OpenRequest,
    /// The open command that is under way.
    pub opening: Option<Ticket>,
    /// The person's own things, as last changed here.
    pub workspace: Workspace,
    /// What is sliced.
    pub cohort: Option<CohortRef>,
    /// The definition that is looked at, when it is not that of the cohort on the canvas.
    pub defined: Option<CohortRef>,
    /// How it is sliced, with the way back.
    pub history: history::History,
    /// The name of the segment on the canvas, when it is a saved one.
    pub segment: Option<String>,
    /// Its tree as it was saved.
    pub saved_tree: Tree,
    /// Saved segments that could be read, for clauses that refer to them.
    pub segments: Vec<Segment>,
    /// What "now" means.
    pub now: Moment,
    /// The typed condition.
    pub typed: typed::TypedLine,
    /// The clause being edited.
    pub editor: Option<editor::Editor>,
    /// The "+ condition" box: the group it adds to, and the text.
    pub adding: Option<lookup::Adding>,
    /// The tab.
    pub tab: Tab,
    /// The charts on Look.
    pub charts: Vec<look::Chart>,
    /// The column whose brush is being dragged.
    pub brushing: Option<String>,
    /// The table of people.
    pub people: people::People,
    /// The features panel.
    pub features: features::Features,
    /// Answers by slot.
    pub answers: Answers,
    /// What is in front.
    pub dialog: Dialog,
    /// The text of the dialog's only field.
    pub dialog_text: String,
    /// Why the dialog's text does not do.
    pub dialog_error: Option<String>,
    /// The export sheet's content.
    pub export: ExportSheet,
    /// The correction being written.
    pub correction: CorrectionDraft,
    /// The palette's state.
    pub palette: palette::Palette,
    /// Work in the background, by ticket.
    pub jobs: BTreeMap<Ticket, Job>,
    /// What was said, oldest first.
    pub notices: Vec<Notice>,
    /// The notice that floats over the window: an index into `notices`.
    pub toast: Option<usize>,
    /// Whether the files changed since they were opened.
    pub source_changed: bool,
    /// Files opened before, newest first.
    pub recent: Vec<PathBuf>,
    /// Where each source was left, by its path.
    pub places: BTreeMap<PathBuf, Place>,
    /// The path under which the place of the present source is kept.
    place_key: Option<PathBuf>,
    /// Light, dark or as the system says.
    pub theme: Theme,
    /// The size of text, from 0.75 to 2.
    pub scale: f32,
    /// Asks the named field to take the keys at the next frame.
    pub focus: Option<Focus>,
    /// The workspace folder asked for at the start.
    pub workspace_folder: Option<PathBuf>,
    /// What SQL of a source may use of the machine.
    pub limits: Limits,
    next_ticket: u64,
}

/// A field that can be told to take the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Focus {
    /// The search over features.
    Features,
    /// The typed condition.
    Typed,
    /// The table of people.
    People,
    /// The "+ condition" box.
    Adding,
    /// The path on the export sheet.
    ExportPath,
}

impl State {
    /// A window with nothing open.
    pub fn new(now: Moment) -> Self {
        Self {
            opened: None,
            request: OpenRequest::default(),
            opening: None,
            workspace: Workspace::default(),
            cohort: None,
            defined: None,
            history: history::History::default(),
            segment: None,
            saved_tree: Tree::everyone(),
            segments: Vec::new(),
            now,
            typed: typed::TypedLine::default(),
            editor: None,
            adding: None,
            tab: Tab::Look,
            charts: Vec::new(),
            brushing: None,
            people: people::People::default(),
            features: features::Features::default(),
            answers: Answers::default(),
            dialog: Dialog::None,
            dialog_text: String::new(),
            dialog_error: None,
            export: ExportSheet::default(),
            correction: CorrectionDraft::default(),
            palette: palette::Palette::default(),
            jobs: BTreeMap::new(),
            notices: Vec::new(),
            toast: None,
            source_changed: false,
            recent: Vec::new(),
            places: BTreeMap::new(),
            place_key: None,
            theme: Theme::System,
            scale: 1.0,
            focus: None,
            workspace_folder: None,
            limits: Limits::default(),
            next_ticket: 0,
        }
    }

    /// Takes in what a person did. Gives what is to be done about it.
    pub fn on_action(&mut self, action: Action) -> Vec<Effect> {
        let mut effects = match action {
            Action::Source(a) => self.on_source(a),
            Action::Library(a) => self.on_library(a),
            Action::Slice(a) => self.on_slice(a),
            Action::Edit(a) => self.on_edit(a),
            Action::Look(a) => self.on_look(a),
            Action::People(a) => self.on_people(a),
            Action::Features(a) => self.on_features(a),
            Action::Export(a) => self.on_export(a),
            Action::Correct(a) => self.on_correct(a),
            Action::View(a) => self.on_view(a),
        };
        effects.extend(self.ask_for_what_is_shown());
        effects
    }

    /// The tree on the canvas.
    pub fn tree(&self) -> &Tree {
        self.history.tree()
    }

    /// Whether the canvas differs from the saved segment.
    pub fn is_dirty(&self) -> bool {
        *self.tree() != self.saved_tree
    }

    /// What was found in the source.
    pub fn catalog(&self) -> Option<&Arc<Catalog>> {
        self.opened.as_ref().map(|o| &o.catalog)
    }

    /// The entity that is sliced.
    pub fn entity(&self) -> Option<&Entity> {
        self.catalog()?.entity(&self.cohort.as_ref()?.entity)
    }

    /// The slice on the canvas.
    pub fn slice(&self) -> Option<Slice> {
        self.slice_of(self.tree().clone())
    }

    /// The cohort on the canvas, sliced by another tree.
    pub fn slice_of(&self, tree: Tree) -> Option<Slice> {
        Some(Slice {
            cohort: self.cohort.clone()?,
            tree,
            now: self.now.clone(),
            segments: self.segments.clone(),
        })
    }

    fn ticket(&mut self) -> Ticket {
        self.next_ticket += 1;
        Ticket(self.next_ticket)
    }
}

#[cfg(test)]
pub(crate) mod tests;
