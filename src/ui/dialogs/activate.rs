//! The activation sheet: destination, mapping, dry run, send; with the history and the practice
//! inbox beside them.

mod destination;
mod dry_run;
mod inbox;
mod mapping;
mod send;

use crate::model::activation::{SyncCounts, SyncStatus};
use crate::state::activate::{Dry, Pane, Sheet, Subject};
use crate::state::{Action, ActivateAction, State, ViewAction};
use crate::ui::icons::{self, Icon};
use crate::ui::{Actions, text, theme, widgets};
use egui::{Align, Layout, Role, Sense, Ui, WidgetInfo, vec2};

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
            rail_ui(ui, state, sheet, actions);
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

/// The steps with what is known of each, and what stands beside them.
fn rail_ui(ui: &mut Ui, state: &State, sheet: &Sheet, actions: &mut Actions) {
    ui.spacing_mut().item_spacing.y = theme::HALF;
    let has_place = sheet.draft.place.is_some();
    for (at, pane) in Pane::STEPS.into_iter().enumerate() {
        let (summary, is_done) = step_words(sheet, pane);
        let mark = if is_done { Mark::Tick } else { Mark::Number(at + 1) };
        let enabled = has_place || pane == Pane::Destination;
        rail_row_ui(ui, sheet, pane, (mark, &summary, enabled), actions);
    }
    let runs = runs_of(state, sheet).count();
    if runs > 0 || state.activate.inbox_is_on() {
        ui.separator();
    }
    if runs > 0 {
        let summary = text::counted(runs as u64, "sync", "syncs");
        rail_row_ui(ui, sheet, Pane::History, (Mark::None, &summary, true), actions);
    }
    if state.activate.inbox_is_on() {
        let held = text::counted(state.activate.inbox.members, "member", "members");
        let summary = format!("holds {held}");
        rail_row_ui(ui, sheet, Pane::Inbox, (Mark::None, &summary, true), actions);
    }
}

/// The syncs of the activation on the sheet, the latest first.
fn runs_of<'a>(
    state: &'a State,
    sheet: &'a Sheet,
) -> impl Iterator<Item = &'a crate::model::activation::SyncRun> {
    let name = sheet.draft.saved.name.as_str();
    let all = state.activate.history.runs.iter();
    all.filter(move |run| sheet.draft.is_kept && run.activation == name)
}

/// What is known of a step, and whether it is behind.
fn step_words(sheet: &Sheet, pane: Pane) -> (String, bool) {
    let draft = &sheet.draft;
    let Some(place) = &draft.place else {
        let words = if pane == Pane::Destination { "not chosen yet" } else { "" };
        return (words.to_owned(), false);
    };
    match pane {
        Pane::Destination => (place.name.clone(), place.is_complete()),
        Pane::Mapping if !place.takes_members() => ("none is needed".to_owned(), true),
        Pane::Mapping => {
            let mapped = draft.mapped();
            (text::counted(mapped as u64, "field", "fields"), mapped > 0)
        }
        Pane::DryRun => match &sheet.dry {
            Dry::None if sheet.run.is_some() => (String::new(), true),
            Dry::None => ("not asked for yet".to_owned(), false),
            Dry::Running(_) | Dry::Waiting => ("under way".to_owned(), false),
            Dry::Failed(_) => ("failed".to_owned(), false),
            Dry::Done(_) if sheet.is_stale => ("changed since".to_owned(), false),
            Dry::Done(dry) if dry.stopped.len() > sheet.ticked.len() => {
                ("stopped".to_owned(), false)
            }
            Dry::Done(_) if !place.takes_members() => ("a job is started".to_owned(), true),
            Dry::Done(dry) => (format!("{} to send", text::grouped(to_send(&dry.counts))), true),
        },
        _ => match (&sheet.run, sheet.sending) {
            (_, Some(_)) => ("under way".to_owned(), false),
            (Some(run), None) => {
                let is_done = run.status == SyncStatus::Done;
                (crate::ui::sent::status_word(run.status).to_owned(), is_done)
            }
            (None, None) => match &draft.saved.schedule {
                Some(schedule) => (format!("due {schedule}"), false),
                None => (String::new(), false),
            },
        },
    }
}

/// Rows that are sent.
fn to_send(counts: &SyncCounts) -> u64 {
    counts.adds + counts.updates + counts.removes
}

/// What stands before the name of a row of the rail.
enum Mark {
    Number(usize),
    Tick,
    None,
}

fn rail_row_ui(
    ui: &mut Ui,
    sheet: &Sheet,
    pane: Pane,
    (mark, summary, enabled): (Mark, &str, bool),
    actions: &mut Actions,
) {
    let p = theme::palette(ui);
    let selected = sheet.pane == pane;
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, row) = ui.allocate_exact_size(vec2(theme::RAIL, theme::RAIL_ROW), sense);
    let spoken = match summary {
        "" => pane.word().to_owned(),
        summary => text::shown(&format!("{}, {summary}", pane.word())).into_owned(),
    };
    row.widget_info(|| WidgetInfo::selected(Role::Button, enabled, selected, &spoken));
    let fill = match (selected, row.hovered() && enabled) {
        (true, _) => Some(p.accent_soft),
        (false, true) => Some(p.hover),
        (false, false) => None,
    };
    if let Some(fill) = fill {
        ui.painter().rect_filled(rect, 6, fill);
    }
    if row.has_focus() {
        let stroke = egui::Stroke::new(1.5, p.accent);
        ui.painter().rect_stroke(rect, 6, stroke, egui::StrokeKind::Inside);
    }
    let color = if enabled { p.text } else { p.weak };
    let dot = egui::pos2(rect.left() + 18.0, rect.center().y);
    match mark {
        Mark::Tick => {
            ui.painter().circle_filled(dot, 9.0, p.accent);
            let square = egui::Rect::from_center_size(dot, vec2(11.0, 11.0));
            icons::paint(ui.painter(), square, Icon::Tick, p.on_accent);
        }
        Mark::Number(number) => {
            let edge = if selected { p.accent } else { p.ghost };
            ui.painter().circle_stroke(dot, 9.0, egui::Stroke::new(1.5, edge));
            let font = theme::strong(theme::SMALL);
            let center = egui::Align2::CENTER_CENTER;
            ui.painter().text(dot, center, number.to_string(), font, color);
        }
        Mark::None => {}
    }
    let sides = (rect.left() + 36.0, rect.right() - theme::HALF);
    let middle = rect.center().y;
    let (name_at, font) = (if summary.is_empty() { middle } else { middle - 8.0 }, theme::BODY);
    widgets::cut_text(ui, sides, name_at, pane.word(), theme::strong(font), color);
    let small = egui::FontId::proportional(theme::SMALL);
    widgets::cut_text(ui, sides, middle + 9.0, summary, small, p.weak);
    if row.clicked() {
        act(actions, ActivateAction::Show(pane));
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
