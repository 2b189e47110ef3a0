//! The "+ condition" box: one search, and what it finds.

use crate::state::{Action, Focus, SliceAction, State, ViewAction};
use crate::ui::{Actions, theme, widgets};
use egui::{Key, Ui};

/// The box under the tree.
pub(in crate::ui) fn adding_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let Some(adding) = &state.canvas.adding else { return };
    let slice = |action| Action::Slice(action);
    theme::card(ui).show(ui, |ui| {
        ui.set_max_width(520.0);
        let name = "Search features, related tables, cohorts and segments";
        let (field, changed) = widgets::field(ui, name, &adding.text, f32::INFINITY);
        if state.focus == Some(Focus::Adding) {
            field.request_focus();
            actions.push(ViewAction::Focused.into());
        }
        if let Some(text) = changed {
            actions.push(slice(SliceAction::Adding(text)));
        }
        if field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter)) {
            actions.push(slice(SliceAction::Take(0)));
        }
        if field.lost_focus() && ui.input(|i| i.key_pressed(Key::Escape)) {
            actions.push(slice(SliceAction::StopAdding));
        }
        if adding.found.is_empty() {
            ui.label(theme::weak(ui, "Nothing matches"));
        }
        ui.spacing_mut().item_spacing.y = 1.0;
        for (index, found) in adding.found.iter().enumerate() {
            let detail: String = found.detail.chars().take(64).collect();
            let detail = theme::small(ui, detail);
            let button = egui::Button::selectable(index == 0, theme::text(&found.name))
                .right_text(detail)
                .min_size(egui::vec2(ui.available_width(), theme::ROW));
            if ui.add(button).clicked() {
                actions.push(slice(SliceAction::Take(index)));
            }
        }
    });
}
