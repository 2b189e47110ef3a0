//! The export sheet: file, format, columns.

use crate::model::export::{ExportFormat, Normal};
use crate::model::question::Answer;
use crate::state::{Action, ExportAction, ExportSheet, Focus, Place, Slot, State, ViewAction};
use crate::ui::icons::{self, Icon};
use crate::ui::{Actions, text, theme, widgets};
use egui::Ui;

/// The sheet's content.
pub fn export_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let export = |action| Action::Export(action);
    let sheet = &state.front.export;
    widgets::sheet(ui, 600.0);
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
            actions.push(export(ExportAction::Start { replace: false }));
        }
        if ui.button("Choose…").clicked() {
            actions.push(export(ExportAction::PickPath));
        }
    });
    text_ui(ui, sheet, actions);
    columns_ui(ui, state, actions);
    widgets::error_ui(ui, state);
    before_ui(ui, state);
    let replace = sheet.place() == Some(Place::File);
    ui.horizontal(|ui| {
        if widgets::primary(ui, if replace { "Replace" } else { "Export" }).clicked() {
            actions.push(export(ExportAction::Start { replace }));
        }
        if ui.button("Cancel").clicked() {
            actions.push(ViewAction::Escape.into());
        }
        ui.add(egui::Label::new(theme::small(ui, MANIFEST)).truncate());
    });
}

const MANIFEST: &str =
    "A manifest beside it says what it holds, by which rule, and how to make it again";

/// What only text files need. It keeps its room, so that nothing moves under the pointer when the
/// format changes.
fn text_ui(ui: &mut Ui, sheet: &ExportSheet, actions: &mut Actions) {
    ui.add_enabled_ui(sheet.format.is_sheet_of_text(), |ui| {
        let mut on = sheet.neutralise;
        let check = ui.checkbox(&mut on, "Make formulas harmless");
        let why = "A cell that a spreadsheet would run as a formula gets an apostrophe before it";
        if check.on_hover_text(why).on_disabled_hover_text(why).changed() {
            actions.push(Action::Export(ExportAction::Neutralise(on)));
        }
        let mut on = sheet.mark;
        let check = ui.checkbox(&mut on, "Mark as UTF-8 for Excel");
        let why = "The file begins with a byte order mark: without it Excel reads letters such as \
                   ü and é wrong";
        if check.on_hover_text(why).on_disabled_hover_text(why).changed() {
            actions.push(Action::Export(ExportAction::Mark(on)));
        }
    });
}

/// What is to be known before the button is pressed, on a line that is always there.
fn before_ui(ui: &mut Ui, state: &State) {
    let sheet = &state.front.export;
    let name = || {
        let path = std::path::Path::new(sheet.path.trim());
        path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    };
    let rows = match state.answers.answer(&Slot::Size) {
        Some(Answer::Size(size)) => Some(size.kept),
        _ => None,
    };
    let (words, is_warning) = match (sheet.place(), rows) {
        (_, Some(0)) => {
            ("No one is in it: the file will have a header and no rows".to_owned(), true)
        }
        (_, Some(rows)) if sheet.format.rows_max().is_some_and(|most| rows > most) => {
            let most = text::grouped(sheet.format.rows_max().unwrap_or_default());
            (format!("{} holds {most} rows: choose another format", sheet.format.name()), true)
        }
        (Some(Place::File), _) => (format!("Replaces {}", name()), true),
        (Some(Place::Folder), _) => ("This is a folder: add the name of a file".to_owned(), true),
        (Some(Place::NoFolder), _) => ("Its folder is not there".to_owned(), true),
        (_, Some(rows)) => {
            (format!("{} into {}", text::counted(rows, "row", "rows"), name()), false)
        }
        (_, None) => ("Counting…".to_owned(), false),
    };
    let p = theme::palette(ui);
    let color = if is_warning { p.warning } else { p.weak };
    ui.add(egui::Label::new(theme::text(words).color(color)).truncate());
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
        let search = &state.front.export.search;
        if let (_, Some(text)) = widgets::field(ui, "Search the columns", search, 180.0) {
            actions.push(export(ExportAction::Search(text)));
        }
    });
    let found = state.front.export.found();
    let height = (ui.ctx().content_rect().height() - 380.0).clamp(96.0, 360.0);
    // As high whatever is found, so that the buttons below stay where they are.
    let least = height.min(columns.len() as f32 * (theme::ROW + ui.spacing().item_spacing.y));
    let area = egui::ScrollArea::vertical().max_height(height).min_scrolled_height(least);
    area.auto_shrink([false, found.len() == columns.len()]).show_rows(
        ui,
        theme::ROW,
        found.len(),
        |ui, rows| {
            for index in rows {
                column_ui(ui, state, found[index], actions);
            }
        },
    );
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
