//! The bar at the top: the source, the entity, "as of", and what is always at hand.

use crate::model::catalog::CohortRef;
use crate::model::definition::Run;
use crate::state::{
    Action, ActivateAction, CorrectionAction, ExportAction, FeatureAction, LibraryAction,
    SourceAction, State, Theme, ViewAction,
};
use crate::ui::icons::{self, Icon};
use crate::ui::room::{Drawer, Room};
use crate::ui::{Actions, text, theme, widgets};
use egui::Ui;

/// The width of the window from which on everything stands in the bar.
const WIDE: f32 = 980.0;

/// The width below which only what is needed most does.
const NARROW: f32 = 560.0;

/// The top bar. What has no room is in its last menu.
pub fn top_bar_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let width = ui.ctx().content_rect().width();
    let (is_wide, is_narrow) = (width >= WIDE, width < NARROW);
    let mut left = Actions::new();
    egui::Sides::new().shrink_left().truncate().show(
        ui,
        |ui| {
            if !Room::of(ui).library {
                let on = Drawer::open(ui) == Some(Drawer::Library);
                if ui.add(egui::Button::selectable(on, "Cohorts")).clicked() {
                    Drawer::Library.toggle(ui);
                }
            }
            source_ui(ui, state, &mut left);
            entity_ui(ui, state, &mut left);
            if is_wide {
                run_ui(ui, state, &mut left);
                now_ui(ui, state, &mut left);
            }
        },
        |ui| {
            let is_ready = state.canvas.cohort.is_some() && !state.source.is_beginning();
            let activate = ui.add_enabled_ui(is_ready, |ui| widgets::primary(ui, "Activate…"));
            let hint = "Send to the tool where people work; Ctrl+Shift+E";
            if activate.inner.on_hover_text(hint).clicked() {
                actions.push(Action::Activate(ActivateAction::Open));
            }
            if !is_narrow {
                export_ui(ui, state, actions);
            }
            if is_wide {
                always_ui(ui, state, actions);
            } else {
                let more = icons::button(ui, Icon::More, "More", true);
                egui::Popup::menu(&more).show(|ui| {
                    if is_narrow {
                        export_ui(ui, state, actions);
                    }
                    always_ui(ui, state, actions);
                    now_ui(ui, state, actions);
                    run_ui(ui, state, actions);
                });
            }
        },
    );
    actions.append(&mut left);
}

fn export_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let has_cohort = state.canvas.cohort.is_some();
    if ui.add_enabled(has_cohort, egui::Button::new("Export…")).clicked() {
        actions.push(Action::Export(ExportAction::Open));
    }
}

/// What is always at hand: the theme, the features, the palette.
fn always_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let (icon, name, to) = if ui.visuals().dark_mode {
        (Icon::Sun, "Light theme", Theme::Light)
    } else {
        (Icon::Moon, "Dark theme", Theme::Dark)
    };
    if icons::button(ui, icon, name, true).clicked() {
        actions.push(ViewAction::Theme(to).into());
    }
    let has_room = Room::of(ui).features;
    let on =
        if has_room { state.features.open } else { Drawer::open(ui) == Some(Drawer::Features) };
    if ui.add(egui::Button::selectable(on, "Features")).clicked() {
        if has_room {
            actions.push(Action::Features(FeatureAction::Toggle));
        } else {
            Drawer::Features.toggle(ui);
        }
    }
    let find = egui::Button::new("Find").shortcut_text("Ctrl+K");
    let hint = "Every command, cohort, feature, value and person";
    if ui.add(find).on_hover_text(hint).clicked() {
        actions.push(ViewAction::Palette.into());
    }
}

/// The instant that relative dates are counted from.
fn now_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let full = format!("as of {}", text::moment(&state.canvas.now));
    let button = ui.add(egui::Button::new(&full).frame_when_inactive(false));
    let hint = format!("{full}: the instant that relative dates are counted from");
    if button.on_hover_text(hint).clicked() {
        actions.push(ViewAction::AskNow.into());
    }
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
