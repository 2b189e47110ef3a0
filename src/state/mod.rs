//! What is on screen, and what follows from what a person does or the engine says.
//!
//! Pure: no window, no database, no clock. The window draws a [`State`], collects [`Action`]s and
//! gives them to [`State::on_action`]; the engine's events go to [`State::on_event`]; both give
//! back [`Effect`]s for the app to carry out. After either, [`State`] compares what the screen
//! needs with what was asked before, and asks only for the difference (see [`answers`]).

pub mod action;
pub mod activate;
pub mod answers;
mod bookmarks;
mod canvas;
mod choices;
mod corrections;
mod dialog;
pub mod editor;
mod events;
mod exports;
pub mod features;
mod form;
pub mod form_read;
mod front;
pub mod history;
mod library;
pub mod look;
pub(crate) mod lookup;
pub mod palette;
pub mod people;
pub mod search;
mod settings;
mod slices;
mod source;
mod status;
pub mod typed;
pub mod values;
mod view;

pub use action::{
    Action, CorrectionAction, EditAction, Effect, ExportAction, FeatureAction, LibraryAction,
    LookAction, PeopleAction, SliceAction, SourceAction, ViewAction,
};
pub use activate::{Activate, ActivateAction};
pub use answers::{Answers, Held};
pub use bookmarks::Bookmark;
pub use canvas::Canvas;
pub use choices::{Place, Scale, Tab, Theme};
pub use corrections::{CorrectionDraft, correction_words};
pub use dialog::Dialog;
pub use exports::ExportSheet;
pub use features::Features;
pub use form::{DateMode, Form, NumberTest, RelatedForm, TextMode, pasted_values};
pub use front::Front;
pub use look::Look;
pub use lookup::{Adding, Suggestion, Take, fits_measure, related_tables};
pub use people::People;
pub use settings::Settings;
pub use source::Source;
pub use status::{Job, JobKind, Notice, Status};

pub use crate::protocol::Slot;

use crate::model::catalog::Entity;
use crate::model::clause::Tree;
use crate::model::now::Moment;
use crate::model::question::Slice;
use crate::protocol::Ticket;

/// Everything that decides what is on screen: a few groups of things, each in a file of its own.
pub struct State {
    /// What is open.
    pub source: Source,
    /// What is sliced, and how.
    pub canvas: Canvas,
    /// The charts.
    pub look: Look,
    /// The table of people.
    pub people: People,
    /// The features panel.
    pub features: Features,
    /// What was asked and answered, by slot.
    pub answers: Answers,
    /// Activations: the sheet, what was sent, the practice inbox.
    pub activate: Activate,
    /// What is in front of the window.
    pub front: Front,
    /// What goes on in the background, and what was said.
    pub status: Status,
    /// What outlives the session.
    pub settings: Settings,
    /// Asks the named field to take the keys at the next frame.
    pub focus: Option<Focus>,
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
            source: Source::default(),
            canvas: Canvas::new(now),
            look: Look::default(),
            people: People::default(),
            features: Features::default(),
            answers: Answers::default(),
            activate: Activate::default(),
            front: Front::default(),
            status: Status::default(),
            settings: Settings::default(),
            focus: None,
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
            Action::Features(a) => {
                self.features.on_action(a);
                Vec::new()
            }
            Action::Export(a) => self.on_export(a),
            Action::Activate(a) => self.on_activate(a),
            Action::Correct(a) => self.on_correct(a),
            Action::View(a) => self.on_view(a),
        };
        effects.extend(self.ask_for_what_is_shown());
        effects
    }

    /// The entity that is sliced.
    pub fn entity(&self) -> Option<&Entity> {
        self.source.catalog()?.entity(&self.canvas.cohort.as_ref()?.entity)
    }

    /// The slice on the canvas.
    pub fn slice(&self) -> Option<Slice> {
        self.slice_of(self.canvas.tree().clone())
    }

    /// The cohort on the canvas, sliced by another tree.
    pub fn slice_of(&self, tree: Tree) -> Option<Slice> {
        Some(Slice {
            cohort: self.canvas.cohort.clone()?,
            tree,
            now: self.canvas.now.clone(),
            segments: self.source.segments.clone(),
        })
    }

    fn ticket(&mut self) -> Ticket {
        self.next_ticket += 1;
        Ticket(self.next_ticket)
    }
}

#[cfg(test)]
pub(crate) mod tests;
