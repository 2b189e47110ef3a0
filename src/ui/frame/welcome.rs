//! The first screen: ways to open something.

use crate::state::{Action, SourceAction, State};
use crate::ui::{Actions, theme, widgets};
use egui::{Ui, vec2};

/// The welcome screen.
pub fn welcome_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let source = |action| Action::Source(action);
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.add_space((ui.available_height() * 0.14).max(theme::SPACE));
        let width = ui.available_width().min(560.0);
        let margin = (ui.available_width() - width) / 2.0;
        ui.horizontal(|ui| {
            ui.add_space(margin);
            ui.vertical(|ui| {
                ui.set_width(width);
                ui.label(theme::text("Muster").font(theme::strong(34.0)));
                let what = "See, slice and list the cohorts in a database file or a folder of data";
                ui.label(theme::weak(ui, what).size(15.0));
                ui.add_space(theme::SPACE * 3.0);
                ui.horizontal_wrapped(|ui| {
                    ui.spacing_mut().button_padding = vec2(14.0, 8.0);
                    if widgets::primary(ui, "Open a file…").clicked() {
                        actions.push(source(SourceAction::PickFile));
                    }
                    if ui.button("Open a folder…").clicked() {
                        actions.push(source(SourceAction::PickFolder));
                    }
                    if ui.button("Explore the sample shop").clicked() {
                        actions.push(source(SourceAction::OpenSample));
                    }
                });
                ui.add_space(theme::SPACE);
                path_ui(ui, actions);
                let kinds = "DuckDB, Parquet, CSV, TSV and JSON. Files can also be dropped here. \
                             They are only read";
                ui.label(theme::small(ui, kinds));
                recent_ui(ui, state, actions);
            });
        });
    });
}

fn path_ui(ui: &mut Ui, actions: &mut Actions) {
    let id = egui::Id::unique("welcome path");
    let mut text = ui.data(|d| d.get_temp::<String>(id)).unwrap_or_default();
    ui.horizontal(|ui| {
        let width = ui.available_width() - 72.0;
        let (field, changed) = widgets::field(ui, "Path of a file or folder", &text, width);
        let entered = widgets::entered(ui, &field);
        if let Some(changed) = changed {
            text = changed;
            ui.data_mut(|d| d.insert_temp(id, text.clone()));
        }
        if ui.button("Open").clicked() || entered {
            actions.push(Action::Source(SourceAction::OpenTyped(text.clone())));
        }
    });
}

fn recent_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    if state.settings.recent.is_empty() {
        return;
    }
    ui.add_space(theme::SPACE * 2.0);
    ui.label(theme::heading("Recent"));
    for path in &state.settings.recent {
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
        let folder = path.parent().map(|p| p.display().to_string()).unwrap_or_default();
        ui.horizontal(|ui| {
            if ui.link(theme::text(name)).clicked() {
                actions.push(Action::Source(SourceAction::Open(vec![path.clone()])));
            }
            ui.add(egui::Label::new(theme::small(ui, folder)).truncate());
        });
    }
}

impl From<SourceAction> for Action {
    fn from(action: SourceAction) -> Self {
        Self::Source(action)
    }
}
