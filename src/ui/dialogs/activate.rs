//! The activation sheet: destination, mapping, dry run, send; with the history and the practice
//! inbox beside them.

mod destination;
mod dry_run;
mod inbox;
mod mapping;
mod rail;
mod schedule;
mod send;

use crate::state::activate::{Dry, Pane, Sheet, Subject};
use crate::state::{Action, ActivateAction, State, ViewAction};
use crate::ui::{Actions, text, theme, widgets};
use egui::{Align, Layout, Ui, vec2};
use rail::to_send;

/// Says what a person did on the sheet.
fn act(actions: &mut Actions, action: ActivateAction) {
    actions.push(Action::Activate(action));
}

/// The sheet's content.
pub fn activate_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let Some(sheet) = &state.activate.sheet else {
        actions.push(ViewAction::Escape.into());
        return;
    };
    let screen = ui.ctx().content_rect();
    let width = (screen.width() - 96.0).min(theme::SHEET_WIDTH);
    let height = height(ui);
    ui.set_width(width);
    head_ui(ui, state, sheet);
    ui.separator();
    if sheet.subject == Subject::Unsaved {
        slice_ui(ui, state, sheet, actions);
        return;
    }
    ui.horizontal_top(|ui| {
        let down = Layout::top_down(Align::Min);
        ui.allocate_ui_with_layout(vec2(theme::RAIL, height), down, |ui| {
            ui.set_min_height(height);
            rail::rail_ui(ui, state, sheet, actions);
        });
        ui.add_space(theme::SPACE);
        let size = vec2(ui.available_width(), height);
        ui.allocate_ui_with_layout(size, down, |ui| {
            ui.set_min_size(size);
            pane_ui(ui, state, sheet, actions);
        });
    });
    ui.separator();
    foot_ui(ui, state, sheet, actions);
}

/// The height of the middle of the sheet.
fn height(ui: &Ui) -> f32 {
    (ui.ctx().content_rect().height() - 232.0).clamp(240.0, theme::SHEET_HEIGHT)
}

fn head_ui(ui: &mut Ui, state: &State, sheet: &Sheet) {
    let name = state.subject_name(&sheet.subject);
    ui.label(theme::text(format!("Activate {name}")).font(theme::strong(theme::TITLE)));
    let entity = text::spaced(&sheet.entity);
    let now = text::moment(&state.canvas.now);
    let words = state.subject_words(&sheet.subject);
    widgets::plain_weak(ui, &format!("{entity} · {words} · as of {now}"));
}

/// A slice has to have a name before it can be sent again as the same.
fn slice_ui(ui: &mut Ui, state: &State, sheet: &Sheet, actions: &mut Actions) {
    ui.add_space(theme::HALF);
    ui.label(theme::heading("This slice is kept as a segment first"));
    ui.label(theme::weak(ui, "What was sent is remembered under its name"));
    ui.add_space(theme::HALF);
    let (field, changed) = widgets::field(ui, "Name of the segment", &sheet.slice_name, 320.0);
    let mut meant = widgets::entered(ui, &field);
    widgets::first_focus(ui, &field);
    if let Some(name) = changed {
        act(actions, ActivateAction::SliceName(name));
    }
    widgets::error_ui(ui, state);
    ui.horizontal(|ui| {
        meant |= widgets::primary(ui, "Save and go on").clicked();
        if ui.button("Cancel").clicked() {
            actions.push(ViewAction::Escape.into());
        }
    });
    if meant {
        act(actions, ActivateAction::SaveSlice(sheet.slice_name.clone()));
    }
}

fn pane_ui(ui: &mut Ui, state: &State, sheet: &Sheet, actions: &mut Actions) {
    match sheet.pane {
        Pane::Destination => destination::destination_ui(ui, state, sheet, actions),
        Pane::Mapping => mapping::mapping_ui(ui, state, sheet, actions),
        Pane::DryRun => dry_run::dry_run_ui(ui, state, sheet, actions),
        Pane::Send => send::send_ui(ui, state, sheet, actions),
        Pane::History => send::history_ui(ui, state, sheet, actions),
        Pane::Inbox => inbox::inbox_ui(ui, state, sheet, actions),
    }
}

/// What stands in the way, and the one thing to do next.
fn foot_ui(ui: &mut Ui, state: &State, sheet: &Sheet, actions: &mut Actions) {
    let mut said = Vec::new();
    let mut say = |action| said.push(action);
    widgets::left_right(
        ui,
        |ui| {
            if ui.button("Close").clicked() {
                actions.push(ViewAction::Escape.into());
            }
            widgets::error_ui(ui, state);
        },
        |ui| next_ui(ui, state, sheet, &mut say),
    );
    actions.extend(said);
}

fn next_ui(ui: &mut Ui, state: &State, sheet: &Sheet, say: &mut dyn FnMut(Action)) {
    let Some(place) = &sheet.draft.place else { return };
    let mut act = |action| say(Action::Activate(action));
    let under_way = sheet.sending.or(match sheet.dry {
        Dry::Running(ticket) => Some(ticket),
        _ => None,
    });
    if let Some(ticket) = under_way {
        let doing = state.status.jobs.get(&ticket);
        if ui.button("Cancel").clicked() {
            say(ViewAction::CancelJob(ticket).into());
        }
        if let Some(job) = doing {
            ui.add(egui::ProgressBar::new(job.part.unwrap_or(0.0)).desired_width(140.0));
            ui.label(theme::small(ui, job.doing.clone()));
        }
        return;
    }
    if let Some(run) = &sheet.run {
        let counts = &run.counts;
        let failed = counts.rejected + counts.invalid + counts.unknown;
        if widgets::primary(ui, "Done").clicked() {
            say(ViewAction::Escape.into());
            return;
        }
        if failed > 0 && ui.button("Send the failed again").clicked() {
            act(ActivateAction::Retry(run.run));
        }
        if ui.button("Dry run").clicked() {
            act(ActivateAction::DryRun);
        }
        return;
    }
    match sheet.known() {
        Some(dry) => {
            let count = to_send(&dry.counts);
            let is_job = !place.takes_members();
            let words = match (is_job, count) {
                (true, _) => "Start the job".to_owned(),
                (false, 0) => "Nothing to send".to_owned(),
                (false, count) => format!("Send {}", text::grouped(count)),
            };
            let enabled = sheet.can_send() && (is_job || count > 0);
            let send = ui.add_enabled_ui(enabled, |ui| widgets::primary(ui, &words)).inner;
            // Enter is enough where nothing leaves the machine.
            if enabled && place.is_practice() && !ui.is_sizing_pass() {
                widgets::first_focus(ui, &send);
            }
            if send.clicked() {
                act(ActivateAction::Send);
            }
        }
        None => {
            if widgets::primary(ui, "Dry run").clicked() {
                act(ActivateAction::DryRun);
            }
        }
    }
    if ui.button("Save").on_hover_text("Keeps the activation and sends nothing").clicked() {
        act(ActivateAction::Save);
    }
}
