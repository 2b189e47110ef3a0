//! What lies over the window: small questions, sheets, the palette.

pub(in crate::ui) mod activate;
pub(in crate::ui) mod corrections;
pub(in crate::ui) mod corrections_text;
pub(in crate::ui) mod export;
pub(in crate::ui) mod palette;

use crate::state::{
    Action, ActivateAction, Dialog, LibraryAction, Slot, SourceAction, State, ViewAction,
};
use crate::ui::{Actions, export_ui, palette_ui, theme, widgets};
use egui::{Id, Modal, Ui};

/// The height up to which a sheet may not find room.
const LOW: f32 = 540.0;

/// Draws the dialog that is in front, if any.
pub fn dialogs_ui(ui: &Ui, state: &State, actions: &mut Actions) {
    if state.front.dialog == Dialog::None {
        return;
    }
    let frame = egui::Frame::popup(&ui.ctx().global_style()).inner_margin(16);
    let modal = Modal::new(Id::unique("dialog")).frame(frame);
    let shown = modal.show(ui.ctx(), |ui| {
        let height = ui.ctx().content_rect().height() - 48.0;
        ui.set_max_height(height);
        if height > LOW {
            content_ui(ui, state, actions);
        } else {
            // A low window scrolls what it cannot show at once.
            let area = egui::ScrollArea::both().max_height(height);
            area.show(ui, |ui| content_ui(ui, state, actions));
        }
    });
    if shown.should_close() {
        actions.push(ViewAction::Escape.into());
    }
}

fn content_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let library = |action| Action::Library(action);
    match &state.front.dialog {
        Dialog::None => {}
        Dialog::Path => {
            let text = Question {
                title: "Open a file or folder by its path",
                name: "Path",
                button: "Open",
                hint: "A DuckDB, Parquet, CSV, TSV or JSON file, or a folder of them",
            };
            if let Some(path) = text.ui(ui, state, actions) {
                actions.push(Action::Source(SourceAction::OpenTyped(path)));
            }
        }
        Dialog::Password => {
            let text = Question {
                title: "This file is encrypted",
                name: "Key",
                button: "Open",
                hint: "The key is used to read the file and is not kept",
            };
            if let Some(key) = text.ui(ui, state, actions) {
                actions.push(Action::Source(SourceAction::Password(key)));
            }
        }
        Dialog::SaveSegment => {
            let text = Question {
                title: "Save the segment",
                name: "Name",
                button: "Save",
                hint: "It is kept in the workspace, beside the source",
            };
            if let Some(name) = text.ui(ui, state, actions) {
                actions.push(library(LibraryAction::SaveAs(name)));
            }
        }
        Dialog::RenameSegment(old) => {
            let text =
                Question { title: "Rename the segment", name: "Name", button: "Rename", hint: "" };
            if let Some(name) = text.ui(ui, state, actions) {
                actions.push(library(LibraryAction::Rename(old.clone(), name)));
            }
        }
        Dialog::DeleteSegment(name) => {
            let title = format!("Delete the segment {name}");
            let delete = library(LibraryAction::Delete(name.clone()));
            sure_ui(ui, &title, "", ("Delete", delete), actions);
        }
        Dialog::Leave(next) => {
            let anyway = library(LibraryAction::Anyway(next.clone()));
            let what = "The changes to this segment are not saved";
            sure_ui(ui, what, "Leaving discards them", ("Leave anyway", anyway), actions);
        }
        Dialog::Now => now_ui(ui, state, actions),
        Dialog::Export => export_ui(ui, state, actions),
        Dialog::Activate => crate::ui::activate_ui(ui, state, actions),
        Dialog::RemoveActivation(name) => {
            let title = format!("Remove the activation {name}");
            let remove = Action::Activate(ActivateAction::Remove(name.clone()));
            let more = "What was sent stays where it is";
            sure_ui(ui, &title, more, ("Remove", remove), actions);
        }
        Dialog::Corrections => crate::ui::dialogs::corrections::corrections_ui(ui, state, actions),
        Dialog::Palette => palette_ui(ui, state, actions),
        Dialog::Keys => help_ui(ui, actions),
        Dialog::Notices => crate::ui::frame::status::notices_ui(ui, state, actions),
        Dialog::Sql => sql_ui(ui, state, actions),
    }
}

/// A question with one field.
struct Question<'a> {
    title: &'a str,
    name: &'a str,
    button: &'a str,
    hint: &'a str,
}

impl Question<'_> {
    /// The text when it is meant.
    fn ui(&self, ui: &mut Ui, state: &State, actions: &mut Actions) -> Option<String> {
        widgets::sheet(ui, 440.0);
        ui.label(theme::heading(self.title));
        ui.add_space(theme::HALF);
        let mut text = state.front.text.clone();
        let field = ui.add(
            egui::TextEdit::singleline(&mut text)
                .hint_text(self.name)
                .password(state.front.dialog == Dialog::Password)
                .desired_width(f32::INFINITY),
        );
        widgets::name_field(ui, &field, self.name);
        // Before the field has the keys back that Enter took from it.
        let mut meant = widgets::entered(ui, &field);
        widgets::first_focus(ui, &field);
        if text != state.front.text {
            actions.push(ViewAction::DialogText(text.clone()).into());
        }
        if !self.hint.is_empty() {
            ui.label(theme::small(ui, self.hint));
        }
        widgets::error_ui(ui, state);
        ui.horizontal(|ui| {
            meant |= widgets::primary(ui, self.button).clicked();
            if ui.button("Cancel").clicked() {
                actions.push(ViewAction::Escape.into());
            }
        });
        meant.then_some(text)
    }
}

fn sure_ui(
    ui: &mut Ui,
    what: &str,
    more: &str,
    (button, action): (&str, Action),
    actions: &mut Actions,
) {
    widgets::sheet(ui, 400.0);
    ui.label(theme::heading(what));
    if !more.is_empty() {
        ui.label(theme::weak(ui, more));
    }
    ui.add_space(theme::HALF);
    ui.horizontal(|ui| {
        if widgets::primary(ui, button).clicked() {
            actions.push(action);
        }
        if ui.button("Cancel").clicked() {
            actions.push(ViewAction::Escape.into());
        }
    });
}

fn now_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    widgets::sheet(ui, 400.0);
    ui.label(theme::heading("As of"));
    ui.label(theme::weak(ui, "Relative dates are counted from this instant, in this zone"));
    let id = Id::unique("zone field");
    let mut zone =
        ui.data(|d| d.get_temp::<String>(id)).unwrap_or_else(|| state.canvas.now.zone_name());
    let (day, changed) =
        widgets::field(ui, "Instant, such as 2026-11-23 09:00", &state.front.text, 220.0);
    let mut entered = widgets::entered(ui, &day);
    widgets::first_focus(ui, &day);
    if let Some(text) = changed {
        actions.push(ViewAction::DialogText(text).into());
    }
    let (zone_field, changed) = widgets::field(ui, "Zone, such as Europe/Berlin", &zone, 220.0);
    if let Some(text) = changed {
        zone = text;
        ui.data_mut(|d| d.insert_temp(id, zone.clone()));
    }
    widgets::error_ui(ui, state);
    entered |= widgets::entered(ui, &zone_field);
    ui.horizontal(|ui| {
        if widgets::primary(ui, "Set").clicked() || entered {
            actions.push(ViewAction::SetNow(state.front.text.clone(), zone.clone()).into());
            ui.data_mut(|d| d.remove::<String>(id));
        }
        if ui.button("Cancel").clicked() {
            ui.data_mut(|d| d.remove::<String>(id));
            actions.push(ViewAction::Escape.into());
        }
    });
}

fn help_ui(ui: &mut Ui, actions: &mut Actions) {
    widgets::sheet(ui, 520.0);
    ui.label(theme::heading("Keys"));
    egui::ScrollArea::vertical().max_height(440.0).show(ui, |ui| {
        egui::Grid::new("keys").num_columns(2).spacing([24.0, 6.0]).show(ui, |ui| {
            for (keys, what) in crate::ui::keys::KEYS {
                ui.label(theme::heading(keys));
                ui.label(what);
                ui.end_row();
            }
        });
    });
    if widgets::primary(ui, "Close").clicked() {
        actions.push(ViewAction::Escape.into());
    }
}

fn sql_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    widgets::sheet(ui, 640.0);
    ui.label(theme::heading("The statement behind this slice"));
    ui.label(theme::weak(ui, "Plain DuckDB runs it as it is, on the same data"));
    sql_text_ui(ui, state, 420.0, actions);
    if ui.button("Close").clicked() {
        actions.push(ViewAction::Escape.into());
    }
}

/// The SQL that lists the members, to select and copy.
pub(in crate::ui) fn sql_text_ui(ui: &mut Ui, state: &State, height: f32, actions: &mut Actions) {
    let Some(held) = state.answers.get(&Slot::Members) else { return };
    if let Some(failure) = &held.failure {
        widgets::failure_ui(ui, failure);
        return;
    }
    let Some(answered) = &held.value else {
        ui.label(theme::weak(ui, "Writing the statement…"));
        return;
    };
    widgets::code_ui(ui, "SQL", &answered.sql, height);
    if ui.button("Copy SQL").clicked() {
        actions.push(ViewAction::Copy(answered.sql.clone()).into());
    }
}
