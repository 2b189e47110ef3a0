//! The bar at the top: the source, the entity, "as of", and what is always at hand.

use crate::model::catalog::CohortRef;
use crate::model::definition::Run;
use crate::state::{
    Action, ActivateAction, CorrectionAction, ExportAction, FeatureAction, LibraryAction,
    SourceAction, State, Theme, ViewAction,
};
use crate::ui::icons::{self, Icon};
use crate::ui::{Actions, text, theme, widgets};
use egui::{Align, Layout, Ui};

/// The top bar.
pub fn top_bar_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    ui.horizontal(|ui| {
        source_ui(ui, state, actions);
        entity_ui(ui, state, actions);
        run_ui(ui, state, actions);
        let full = format!("as of {}", text::moment(&state.canvas.now));
        let narrow = ui.available_width() < 640.0;
        let now = if narrow { "as of…".to_owned() } else { full.clone() };
        let button = ui.add(egui::Button::new(now).frame_when_inactive(false));
        let hint = format!("{full}: the instant that relative dates are counted from");
        if button.on_hover_text(hint).clicked() {
            actions.push(ViewAction::AskNow.into());
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let is_ready = state.canvas.cohort.is_some() && !state.source.is_beginning();
            let activate = ui.add_enabled_ui(is_ready, |ui| widgets::primary(ui, "Activate…"));
            let hint = "Send to the tool where people work; Ctrl+Shift+E";
            if activate.inner.on_hover_text(hint).clicked() {
                actions.push(Action::Activate(ActivateAction::Open));
            }
            let has_cohort = state.canvas.cohort.is_some();
            if ui.add_enabled(has_cohort, egui::Button::new("Export…")).clicked() {
                actions.push(Action::Export(ExportAction::Open));
            }
            let (icon, name, to) = if ui.visuals().dark_mode {
                (Icon::Sun, "Light theme", Theme::Light)
            } else {
                (Icon::Moon, "Dark theme", Theme::Dark)
            };
            if icons::button(ui, icon, name, true).clicked() {
                actions.push(ViewAction::Theme(to).into());
            }
            let features = egui::Button::selectable(state.features.open, "Features");
            if ui.add(features).clicked() {
                actions.push(Action::Features(FeatureAction::Toggle));
            }
            let find = egui::Button::new("Find").shortcut_text("Ctrl+K");
            if ui.add(find).on_hover_text("Every command, cohort and feature").clicked() {
                actions.push(ViewAction::Palette.into());
            }
        });
    });
}

fn source_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let Some(catalog) = state.source.catalog() else { return };
    let name = catalog.path.file_name().unwrap_or(catalog.path.as_os_str()).to_string_lossy();
    let title = theme::text(name).font(theme::strong(theme::BODY));
    let menu = ui.menu_button(title, |ui| {
        ui.label(theme::small(ui, catalog.path.display().to_string()));
        ui.separator();
        let mut item = |ui: &mut Ui, text: &str, action: Action| {
            if ui.button(theme::text(text)).clicked() {
                actions.push(action);
                ui.close();
            }
        };
        item(ui, "Open a file…", Action::Source(SourceAction::PickFile));
        item(ui, "Open a folder…", Action::Source(SourceAction::PickFolder));
        item(ui, "Open by path…", Action::Source(SourceAction::NoChooser));
        item(ui, "Explore the sample shop", Action::Source(SourceAction::OpenSample));
        ui.separator();
        item(ui, "Read again", Action::Source(SourceAction::Reopen));
        item(ui, "Corrections…", Action::Correct(CorrectionAction::Open));
        item(ui, "Close", Action::Source(SourceAction::Close));
        let recent = state.settings.recent.iter().filter(|p| **p != catalog.path).take(6);
        for (i, path) in recent.enumerate() {
            if i == 0 {
                ui.separator();
            }
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy();
            item(ui, &name, Action::Source(SourceAction::Open(vec![path.clone()])));
        }
    });
    menu.response.on_hover_text(theme::text(catalog.path.display().to_string()));
}

/// Which run is shown, of a source that keeps runs.
fn run_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let Some(catalog) = state.source.catalog() else { return };
    let Some(shown) = catalog.shown_run() else { return };
    let latest = catalog.runs.last().map(|run| run.number);
    let said = |run: &Run| {
        let end = run.end.get(..16).unwrap_or(&run.end);
        let mark = if Some(run.number) == latest { "" } else { ", not the latest" };
        format!("run {} · {end}{mark}", run.number)
    };
    let combo = egui::ComboBox::from_id_salt("run").width(190.0).selected_text(said(shown));
    let response = combo.show_ui(ui, |ui| {
        for run in catalog.runs.iter().rev() {
            if ui.selectable_label(run.number == shown.number, said(run)).clicked()
                && run.number != shown.number
            {
                let to = (Some(run.number) != latest).then_some(run.number);
                actions.push(Action::Source(SourceAction::ShowRun(to)));
            }
        }
    });
    let hint = "The build whose tables are shown; rows count up to its end, in UTC";
    widgets::name_field(ui, &response.response.on_hover_text(hint), "Run");
}

fn entity_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let (Some(catalog), Some(entity)) = (state.source.catalog(), state.entity()) else { return };
    let combo = egui::ComboBox::from_id_salt("entity").selected_text(text::spaced(&entity.name));
    let response = combo.show_ui(ui, |ui| {
        for other in &catalog.entities {
            let name = text::spaced(&other.name);
            if ui.selectable_label(other.name == entity.name, name).clicked() {
                let everyone = CohortRef::all(&other.name);
                actions.push(Action::Library(LibraryAction::SelectCohort(everyone)));
            }
        }
    });
    widgets::name_field(ui, &response.response, "Entity");
}
