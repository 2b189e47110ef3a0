//! The palette: one search over everything that can be done or shown.

use crate::state::{State, ViewAction};
use crate::ui::{Actions, theme, widgets};
use egui::{Key, Ui, vec2};

/// The palette's content.
pub fn palette_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    ui.set_width(520.0);
    let name = "Search commands, cohorts, segments and features";
    let entries = state.palette_entries();
    // The field would take these keys for its own cursor.
    let (down, up, enter) = ui.input_mut(|i| {
        let none = egui::Modifiers::NONE;
        (
            i.consume_key(none, Key::ArrowDown),
            i.consume_key(none, Key::ArrowUp),
            i.consume_key(none, Key::Enter),
        )
    });
    let (field, changed) = widgets::field(ui, name, &state.front.palette.text, f32::INFINITY);
    widgets::first_focus(ui, &field);
    if let Some(text) = changed {
        actions.push(ViewAction::PaletteText(text).into());
    }
    if down || up {
        actions.push(ViewAction::PaletteMove(if down { 1 } else { -1 }).into());
    }
    if enter && !entries.is_empty() {
        actions.push(ViewAction::PaletteTake(state.front.palette.mark).into());
    }
    if entries.is_empty() {
        ui.label(theme::weak(ui, "Nothing matches"));
    }
    ui.spacing_mut().item_spacing.y = 1.0;
    for (index, entry) in entries.iter().enumerate() {
        let detail = theme::small(ui, entry.detail.clone());
        let button =
            egui::Button::selectable(index == state.front.palette.mark, theme::text(&entry.name))
                .right_text(detail)
                .min_size(vec2(ui.available_width(), theme::ROW));
        if ui.add(button).clicked() {
            actions.push(ViewAction::PaletteTake(index).into());
        }
    }
}
