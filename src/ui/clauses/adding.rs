//! The "+ condition" box: one search, and what it finds.

use crate::state::{Action, Focus, SliceAction, State, ViewAction};
use crate::ui::finder::{self, Did, Line};
use crate::ui::{Actions, theme};
use egui::{Id, Ui};

/// The box under the tree.
pub(in crate::ui) fn adding_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let Some(adding) = &state.canvas.adding else { return };
    theme::card(ui).show(ui, |ui| {
        ui.set_max_width(560.0_f32.min(ui.available_width()));
        let found = state.suggestions();
        let lines: Vec<Line<'_>> = found
            .iter()
            .map(|f| Line { about: f.about, name: &f.name, detail: &f.detail })
            .collect();
        let takes_keys = state.focus == Some(Focus::Adding);
        if takes_keys {
            actions.push(ViewAction::Focused.into());
        }
        let name = "Search features, values, related rows, cohorts and segments";
        let field = (Id::unique("condition search"), name);
        let now = (adding.text.as_str(), adding.mark);
        for did in finder::finder_ui(ui, field, now, &lines, takes_keys) {
            actions.push(Action::Slice(match did {
                Did::Typed(text) => SliceAction::Adding(text),
                Did::Moved(by) => SliceAction::MoveFound(by),
                Did::Took(index, not) => SliceAction::Take(index, not),
                Did::Left => SliceAction::StopAdding,
            }));
        }
    });
}
