//! The palette: one search over everything that can be done or shown.

use crate::state::{State, ViewAction};
use crate::ui::finder::{self, Did, Line};
use crate::ui::{Actions, widgets};
use egui::{Id, Ui};

/// The palette's content.
pub fn palette_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    widgets::sheet(ui, 560.0);
    let entries = state.palette_entries();
    let lines: Vec<Line<'_>> =
        entries.iter().map(|e| Line { about: e.about, name: &e.name, detail: &e.detail }).collect();
    let field =
        (Id::unique("palette search"), "Search commands, cohorts, features, values and people");
    let now = (state.front.palette.text.as_str(), state.front.palette.mark);
    for did in finder::finder_ui(ui, field, now, &lines, true) {
        actions.push(
            match did {
                Did::Typed(text) => ViewAction::PaletteText(text),
                Did::Moved(by) => ViewAction::PaletteMove(by),
                Did::Took(index, not) => ViewAction::PaletteTake(index, not),
                Did::Left => ViewAction::Escape,
            }
            .into(),
        );
    }
}
