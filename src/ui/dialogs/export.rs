//! The export sheet: file, format, columns.

use crate::model::export::{ExportFormat, Normal};
use crate::model::question::Answer;
use crate::state::{Action, ExportAction, Focus, Slot, State, ViewAction};
use crate::ui::icons::{self, Icon};
use crate::ui::{Actions, text, theme, widgets};
use egui::Ui;

/// The sheet's content.
pub fn export_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let export = |action| Action::Export(action);
    let sheet = &state.front.export;
    ui.set_width(600.0);
    let who = match state.answers.answer(&Slot::Size) {
        Some(Answer::Size(size)) => format!(" · {}", text::grouped(size.kept)),
        _ => String::new(),
    };
    ui.label(theme::heading(format!("Export {}{who}", state.export_title())));
    ui.horizontal(|ui| {
        for format in ExportFormat::ALL {
            let on = sheet.format == format;
            if ui.add(egui::Button::selectable(on, format.name())).clicked() && !on {
                actions.push(export(ExportAction::Format(format)));
            }
        }
    });
    ui.horizontal(|ui| {
        let width = ui.available_width() - 92.0;
        let id = egui::Id::unique("export path");
        // A sheet that is only being measured cannot take the keys yet.
        if state.focus == Some(Focus::ExportPath) && !ui.is_sizing_pass() {
            widgets::focus_all(ui, id, &sheet.path);
            actions.push(ViewAction::Focused.into());
        }
        let name = "Path of the file to write";
        let mut path = sheet.path.clone();
        let field = egui::TextEdit::singleline(&mut path).id(id).hint_text(name);
        let field = ui.add(field.desired_width(width));
        widgets::name_field(ui, &field, name);
        if path != sheet.path {
            actions.push(export(ExportAction::Path(path)));
        }
        if widgets::entered(ui, &field) {
            actions.push(export(ExportAction::Start));
        }
        if ui.button("Choose…").clicked() {
            actions.push(export(ExportAction::PickPath));
        }
    });
    if sheet.format.is_sheet_of_text() {
        let mut on = sheet.neutralise;
        let check = ui.checkbox(&mut on, "Make formulas harmless");
        let why = "A cell that a spreadsheet would run as a formula gets an apostrophe before it";
        if check.on_hover_text(why).changed() {
            actions.push(export(ExportAction::Neutralise(on)));
        }
        let mut on = sheet.mark;
        let check = ui.checkbox(&mut on, "Mark as UTF-8 for Excel");
        let why = "The file begins with a byte order mark: without it Excel reads letters such as \
                   ü and é wrong";
        if check.on_hover_text(why).changed() {
            actions.push(export(ExportAction::Mark(on)));
        }
    }
    columns_ui(ui, state, actions);
    widgets::error_ui(ui, state);
    ui.label(theme::small(
        ui,
        "A manifest is written beside it: what it holds, by which rule, and how to make it again",
    ));
    ui.horizontal(|ui| {
        if widgets::primary(ui, "Export").clicked() {
            actions.push(export(ExportAction::Start));
        }
        if ui.button("Cancel").clicked() {
            actions.push(ViewAction::Escape.into());
        }
    });
}

fn columns_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let export = |action| Action::Export(action);
    let columns = &state.front.export.columns;
    let chosen = columns.iter().filter(|c| c.0).count();
    ui.horizontal(|ui| {
        ui.label(theme::heading("Columns"));
        ui.label(theme::small(ui, format!("{chosen} of {}", columns.len())));
        if ui.small_button("All").clicked() {
            actions.push(export(ExportAction::ChooseAll(true)));
        }
        if ui.small_button("None").clicked() {
            actions.push(export(ExportAction::ChooseAll(false)));
        }
    });
    let height = (ui.ctx().content_rect().height() - 360.0).clamp(120.0, 360.0);
    let area = egui::ScrollArea::vertical().max_height(height);
    area.show_rows(ui, theme::ROW, columns.len(), |ui, rows| {
        for index in rows {
            column_ui(ui, state, index, actions);
        }
    });
}

fn column_ui(ui: &mut Ui, state: &State, index: usize, actions: &mut Actions) {
    let export = |action| Action::Export(action);
    let columns = &state.front.export.columns;
    let (chosen, column) = &columns[index];
    ui.horizontal(|ui| {
        let mut on = *chosen;
        ui.allocate_ui(egui::vec2(210.0, theme::ROW), |ui| {
            ui.set_min_width(210.0);
            if ui.checkbox(&mut on, theme::text(&column.feature)).changed() {
                actions.push(export(ExportAction::Choose(index, on)));
            }
        });
        ui.add_enabled_ui(*chosen, |ui| {
            let name = format!("Name of {} in the file", column.feature);
            // The choice beside it needs room of its own.
            let width = if column.hash.is_some() { 80.0 } else { 170.0 };
            let (_, changed) = widgets::field(ui, &name, &column.name, width);
            if let Some(name) = changed {
                actions.push(export(ExportAction::Rename(index, name)));
            }
            let mut hashed = column.hash.is_some();
            let check = ui.checkbox(&mut hashed, "hash");
            widgets::name_field(ui, &check, &format!("Hash {}", column.feature));
            if check.on_hover_text("The value is replaced by its SHA-256").changed() {
                actions.push(export(ExportAction::Hash(index, hashed.then_some(Normal::AsItIs))));
            }
            if let Some(normal) = column.hash {
                normal_ui(ui, (index, &column.feature), normal, actions);
            }
        });
        let personal = state.entity().and_then(|e| e.feature(&column.feature));
        if personal.is_some_and(|f| f.personal.is_some()) {
            icons::beside(ui, Icon::Person, theme::palette(ui).weak);
        } else {
            // The arrows stand in one line, icon or not.
            ui.add_space(14.0 + theme::SPACE);
        }
        let up = format!("Move {} up", column.feature);
        if icons::button(ui, Icon::Up, &up, index > 0).clicked() {
            actions.push(export(ExportAction::Move(index, -1)));
        }
        let down = format!("Move {} down", column.feature);
        let more = index + 1 < columns.len();
        if icons::button(ui, Icon::Down, &down, more).clicked() {
            actions.push(export(ExportAction::Move(index, 1)));
        }
    });
}

/// What is done to the values of a column before they are hashed.
fn normal_ui(ui: &mut Ui, (index, feature): (usize, &str), normal: Normal, actions: &mut Actions) {
    let all = Normal::ALL.map(|normal| (normal, normal.word()));
    let name = format!("How {feature} is hashed");
    if let Some(other) = widgets::choice(ui, &name, &normal, &all) {
        actions.push(Action::Export(ExportAction::Hash(index, Some(other))));
    }
}
