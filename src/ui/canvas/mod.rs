//! The middle: where we are, the clause tree, the headline count and the tabs.

pub(in crate::ui) mod authored;
pub(in crate::ui) mod definition;
pub(in crate::ui) mod look;
pub(in crate::ui) mod people;
pub(in crate::ui) mod profile;
pub(in crate::ui) mod scroll;
pub(in crate::ui) mod small_table;
pub(in crate::ui) mod steps;

use crate::model::question::{Answer, Size};
use crate::state::{
    Action, LibraryAction, SliceAction, Slot, SourceAction, State, Tab, ViewAction,
};
use crate::ui::frame::library;
use crate::ui::icons::{self, Icon};
use crate::ui::{
    Actions, clause_tree_ui, definition_ui, look_ui, people_ui, steps_ui, text, theme, widgets,
};
use egui::{Align, Layout, Ui};

/// The canvas.
pub fn canvas_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    if state.canvas.cohort.is_none() {
        if let Some(definitions) = state.source.catalog().and_then(|c| c.definitions.as_ref()) {
            crate::ui::canvas::authored::unbuilt_ui(ui, definitions, actions);
        }
        definition_ui(ui, state, actions);
        return;
    }
    // A low window scrolls as a whole: what stands above a tab would leave it no room.
    if ui.available_height() < LOW {
        egui::ScrollArea::vertical().id_salt("canvas").auto_shrink(false).show(ui, |ui| {
            above_ui(ui, state, f32::INFINITY, actions);
            let size = egui::vec2(ui.available_width(), LOW * 0.7);
            ui.allocate_ui(size, |ui| {
                ui.set_min_height(size.y);
                tab_ui(ui, state, actions);
            });
        });
        return;
    }
    // The tree may grow; the charts must stay in sight.
    let editing = state.canvas.editor.is_some() || state.canvas.adding.is_some();
    let most = (ui.available_height() * if editing { 0.72 } else { 0.4 }).max(120.0);
    above_ui(ui, state, most, actions);
    tab_ui(ui, state, actions);
}

/// The height below which the canvas scrolls as a whole.
const LOW: f32 = 420.0;

/// What stands above the tab: where we are, the tree, at most so high, and the headline.
fn above_ui(ui: &mut Ui, state: &State, most: f32, actions: &mut Actions) {
    changed_ui(ui, state, actions);
    crumbs_ui(ui, state, actions);
    egui::ScrollArea::vertical()
        .id_salt("tree")
        .max_height(most)
        .auto_shrink([false, true])
        .show(ui, |ui| clause_tree_ui(ui, state, actions));
    headline_ui(ui, state, actions);
    hairline_ui(ui, state);
}

fn tab_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    if state.source.changed.is_some() {
        ui.set_opacity(0.6);
    }
    match state.canvas.tab {
        Tab::Look => look_ui(ui, state, actions),
        Tab::People => people_ui(ui, state, actions),
        Tab::Steps => steps_ui(ui, state, actions),
        Tab::Definition => definition_ui(ui, state, actions),
    }
}

/// Says that the files are no longer those that the numbers are of.
fn changed_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let (Some(at), Some(catalog)) = (&state.source.changed, state.source.catalog()) else { return };
    let p = theme::palette(ui);
    let frame = egui::Frame::new()
        .fill(p.card)
        .stroke(egui::Stroke::new(1.0, p.warning))
        .corner_radius(6)
        .inner_margin(egui::Margin::symmetric(10, 4));
    frame.show(ui, |ui| {
        let name = catalog.path.file_name().unwrap_or(catalog.path.as_os_str());
        let words = format!("{} changed at {at}", name.to_string_lossy());
        egui::Sides::new().shrink_left().truncate().show(
            ui,
            |ui| {
                ui.label(theme::text(words).color(p.warning));
                ui.label(theme::weak(ui, "what is shown is of before"));
            },
            |ui| {
                let is_idle = state.source.opening.is_none();
                let again = ui.add_enabled_ui(is_idle, |ui| widgets::primary(ui, "Read again"));
                if again.inner.clicked() {
                    actions.push(Action::Source(SourceAction::Reopen));
                }
            },
        );
    });
    ui.add_space(theme::HALF);
}

fn crumbs_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let Some(cohort) = &state.canvas.cohort else { return };
    let left = |ui: &mut Ui| {
        let name = cohort.cohort.clone().unwrap_or_else(|| text::everyone_of(&cohort.entity));
        ui.label(theme::text(name).font(theme::strong(15.0)));
        let name = match &state.canvas.segment {
            Some(name) if state.canvas.is_dirty() => Some(format!("{name} *")),
            Some(name) => Some(name.clone()),
            None if state.canvas.is_dirty() => Some("unsaved segment".to_owned()),
            None => None,
        };
        if let Some(name) = name {
            ui.label(theme::weak(ui, "›"));
            ui.label(theme::text(name).size(15.0));
        }
    };
    egui::Sides::new().shrink_left().truncate().show(ui, left, |ui| {
        let more = icons::button(ui, Icon::More, "More about this cohort or segment", true);
        egui::Popup::menu(&more).show(|ui| match &state.canvas.segment {
            Some(name) => library::segment_menu_ui(ui, state, name, actions),
            None => library::cohort_menu_ui(ui, state, cohort, actions),
        });
        if ui.button("SQL").on_hover_text("The statement behind this slice").clicked() {
            actions.push(ViewAction::Sql.into());
        }
        if state.canvas.is_dirty() && ui.button("Save segment").clicked() {
            actions.push(Action::Library(LibraryAction::Save));
        }
        history_ui(ui, state, actions);
    });
}

fn history_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let can = (state.canvas.history.can_undo(), state.canvas.history.can_redo());
    if icons::button(ui, Icon::Redo, "Redo", can.1).clicked() {
        actions.push(Action::Slice(SliceAction::Redo));
    }
    let undo = icons::button(ui, Icon::Undo, "Undo", can.0);
    if undo.clicked() {
        actions.push(Action::Slice(SliceAction::Undo));
    }
    undo.context_menu(|ui| {
        let (steps, at) = state.canvas.history.steps();
        for (index, step) in steps.iter().enumerate().rev().take(20) {
            let words = crate::language::words::tree(&step.tree, None);
            let words: String = words.chars().take(60).collect();
            if ui
                .selectable_label(index == at, text::shown(&format!("{} · {words}", step.what)))
                .clicked()
            {
                actions.push(Action::Slice(SliceAction::GoTo(index)));
                ui.close();
            }
        }
    });
}

fn headline_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let p = theme::palette(ui);
    ui.add_space(theme::HALF);
    // Count and tabs share a line where there is room for both.
    let narrow = ui.available_width() < 540.0;
    ui.horizontal(|ui| {
        let waiting = state.answers.is_waiting(&Slot::Size);
        match (state.answers.answer(&Slot::Size), state.answers.failure(&Slot::Size)) {
            (_, Some(failure)) => {
                ui.vertical(|ui| crate::ui::widgets::failure_ui(ui, failure));
                if ui.button("Try again").clicked() {
                    actions.push(ViewAction::Retry.into());
                }
            }
            (Some(Answer::Size(size)), None) => {
                let color = if waiting { p.weak } else { p.text };
                let count = theme::text(text::grouped(size.kept));
                ui.label(count.font(theme::strong(theme::HEADLINE)).color(color));
                ui.label(theme::weak(ui, headline_rest(*size)).size(15.0));
                if state.source.is_beginning() {
                    let first = "first rows only, the rest is being read";
                    ui.label(theme::text(first).color(p.warning));
                }
            }
            _ => {
                ui.label(theme::weak(ui, "Counting…").size(15.0));
            }
        }
        if !narrow {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                tabs_ui(ui, state, Tab::ALL.into_iter().rev(), actions);
            });
        }
    });
    if narrow {
        ui.horizontal_wrapped(|ui| tabs_ui(ui, state, Tab::ALL.into_iter(), actions));
    }
}

fn tabs_ui(ui: &mut Ui, state: &State, tabs: impl Iterator<Item = Tab>, actions: &mut Actions) {
    for tab in tabs {
        if ui.add(egui::Button::selectable(state.canvas.tab == tab, tab.word())).clicked() {
            actions.push(ViewAction::Tab(tab).into());
        }
    }
}

fn headline_rest(size: Size) -> String {
    format!("of {} · {}", text::grouped(size.of), text::percent(size.kept, size.of))
}

/// A line that is there while anything is on its way. It keeps its room, so nothing jumps.
fn hairline_ui(ui: &mut Ui, state: &State) {
    let p = theme::palette(ui);
    let size = egui::vec2(ui.available_width(), 2.0);
    let (rect, _) = ui.allocate_exact_size(size, egui::Sense::hover());
    ui.painter().rect_filled(rect, 0, p.line);
    if state.answers.any_waiting() || state.source.opening.is_some() {
        let part = state.status.jobs.values().find_map(|j| j.part).unwrap_or(0.35);
        let mut done = rect;
        done.set_width(rect.width() * part.clamp(0.02, 1.0));
        ui.painter().rect_filled(done, 0, p.accent);
    }
}
