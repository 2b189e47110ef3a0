//! The steps of the sheet in a list, with what is known of each.

use super::act;
use crate::model::activation::{SyncCounts, SyncRun, SyncStatus};
use crate::state::activate::{Dry, Pane, Sheet};
use crate::state::{ActivateAction, State};
use crate::ui::icons::{self, Icon};
use crate::ui::{Actions, text, theme, widgets};
use egui::{Role, Sense, Ui, WidgetInfo, vec2};

/// The steps with what is known of each, and what stands beside them.
pub(super) fn rail_ui(ui: &mut Ui, state: &State, sheet: &Sheet, actions: &mut Actions) {
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
pub(super) fn runs_of<'a>(state: &'a State, sheet: &'a Sheet) -> impl Iterator<Item = &'a SyncRun> {
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
            Dry::Running(_) | Dry::Waiting(_) => ("under way".to_owned(), false),
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
pub(super) fn to_send(counts: &SyncCounts) -> u64 {
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
