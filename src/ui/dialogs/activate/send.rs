//! Sending, what came of it, when it is done again, and what was sent before.

use super::act;
use super::dry_run::{big, code_height, request_ui, tiles_ui};
use super::rail::{runs_of, to_send};
use super::schedule::setup_ui;
use crate::model::activation::{SyncRun, SyncStatus};
use crate::state::activate::{Pane, Sheet};
use crate::state::{ActivateAction, State, ViewAction};
use crate::ui::canvas::small_table::{Column, table_ui};
use crate::ui::sent::{status_word, when};
use crate::ui::{Actions, text, theme, widgets};
use egui::{Sense, Ui, vec2};

/// The part of the sheet.
pub(super) fn send_ui(ui: &mut Ui, state: &State, sheet: &Sheet, actions: &mut Actions) {
    egui::ScrollArea::vertical().id_salt("send").auto_shrink(false).show(ui, |ui| {
        if let Some(failure) = &sheet.failure {
            ui.label(theme::heading("It was not sent"));
            widgets::failure_ui(ui, failure);
            ui.add_space(theme::SPACE);
        }
        match (&sheet.run, sheet.sending) {
            (_, Some(ticket)) => {
                let job = state.status.jobs.get(&ticket);
                let doing = job.map_or("Sending", |job| job.doing.as_str());
                ui.label(theme::text(doing).font(big()));
                let part = job.and_then(|job| job.part).unwrap_or(0.0);
                let width = ui.available_width() - theme::SPACE;
                ui.add(egui::ProgressBar::new(part).show_percentage().desired_width(width));
                let words = "This goes on when the sheet is closed. After a cancel the next sync \
                             goes on where it stopped";
                ui.label(theme::weak(ui, words));
            }
            (Some(run), None) => result_ui(ui, state, sheet, run, actions),
            (None, None) => {
                if let (Some(dry), Some(place)) = (sheet.known(), &sheet.draft.place)
                    && place.takes_members()
                {
                    let count = text::counted(to_send(&dry.counts), "member", "members");
                    let words = format!("{count} to be sent to {}", place.name);
                    ui.label(theme::text(words).font(big()));
                    ui.add_space(theme::HALF);
                }
                setup_ui(ui, state, sheet, actions);
            }
        }
    });
}

/// What a sync came to, in numbers that add up.
fn result_ui(ui: &mut Ui, state: &State, sheet: &Sheet, run: &SyncRun, actions: &mut Actions) {
    let counts = &run.counts;
    let to = &run.destination;
    let words = match (run.status, counts.planned) {
        (SyncStatus::Failed, _) => format!("The sync to {to} failed"),
        (SyncStatus::Unfinished, _) => format!("The sync to {to} is unfinished"),
        (_, 0) if !run.reported.is_empty() => format!("The job at {to} came to its end"),
        (_, 0) => format!("Nothing changed for {to}"),
        (_, _) => {
            format!("{to} accepted {}", text::counted(counts.accepted, "member", "members"))
        }
    };
    ui.label(theme::text(words).font(big()));
    let line = format!("{} · {} · by {}", when(state, &run.began), took(run), run.who);
    ui.label(theme::weak(ui, line));
    if !run.message.is_empty() {
        ui.label(theme::lines(&run.message).color(theme::palette(ui).warning));
    }
    if counts.planned > 0 {
        ui.add_space(theme::HALF);
        shares_ui(ui, run);
        tiles_ui(
            ui,
            &[
                ("planned", counts.planned),
                ("accepted", counts.accepted),
                ("rejected", counts.rejected),
                ("invalid", counts.invalid),
                ("unknown", counts.unknown),
            ],
        );
        ui.label(theme::small(ui, sum_words(run)));
    }
    for (name, value) in &run.reported {
        ui.label(theme::text(format!("{name} {value}")));
    }
    failed_ui(ui, state, run, actions);
    let is_practice = sheet.draft.place.as_ref().is_some_and(|place| place.is_practice());
    if is_practice && state.activate.inbox_is_on() {
        ui.add_space(theme::HALF);
        let held = text::counted(state.activate.inbox.members, "member", "members");
        ui.label(theme::heading(format!("The practice inbox holds {held}")));
        if let Some(last) = state.activate.inbox.requests.first() {
            ui.label(theme::small(ui, format!("Request {} as it arrived", last.number)));
            request_ui(ui, "The last request as it arrived", &last.request, code_height(ui));
        }
        if ui.button("See what arrived").clicked() {
            act(actions, ActivateAction::Show(Pane::Inbox));
        }
    }
}

/// How long it took.
fn took(run: &SyncRun) -> String {
    match run.seconds {
        0 => "under a second".to_owned(),
        seconds => text::counted(seconds, "second", "seconds"),
    }
}

/// `1,204 planned = 1,200 accepted + 4 rejected`, and what is left.
fn sum_words(run: &SyncRun) -> String {
    let c = &run.counts;
    let all = [
        (c.accepted, "accepted"),
        (c.rejected, "rejected"),
        (c.invalid, "invalid"),
        (c.unknown, "unknown"),
        (run.left, "not tried"),
    ];
    let parts: Vec<String> = all
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", text::grouped(count)))
        .collect();
    format!("{} planned = {}", text::grouped(c.planned), parts.join(" + "))
}

/// What was planned as a bar: accepted, not accepted, not known or tried.
fn shares_ui(ui: &mut Ui, run: &SyncRun) {
    let p = theme::palette(ui);
    let c = &run.counts;
    let width = ui.available_width() - theme::SPACE;
    let (rect, _) = ui.allocate_exact_size(vec2(width, theme::SPACE), Sense::hover());
    ui.painter().rect_filled(rect, 4, p.ghost);
    let mut left = rect.left();
    for (count, color) in [(c.accepted, p.accent), (c.rejected + c.invalid, p.warning)] {
        let part = rect.width() * (count as f32 / c.planned.max(1) as f32);
        let piece =
            egui::Rect::from_min_size(egui::pos2(left, rect.top()), vec2(part, rect.height()));
        ui.painter().rect_filled(piece, 4, color);
        left += part;
    }
}

fn failed_ui(ui: &mut Ui, state: &State, run: &SyncRun, actions: &mut Actions) {
    let counts = &run.counts;
    let failed = counts.rejected + counts.invalid + counts.unknown;
    if failed == 0 {
        return;
    }
    ui.add_space(theme::SPACE);
    ui.label(theme::heading("Rows that did not arrive for sure"));
    let rows = match &state.activate.failed {
        Some((of, rows)) if *of == run.run => rows,
        _ => {
            ui.label(theme::weak(ui, "Being read"));
            return;
        }
    };
    let names = [("key", 140.0), ("change", 72.0), ("outcome", 84.0), ("why", 320.0)];
    let columns = names.map(|(name, width)| Column { name: name.into(), width, number: false });
    let height = ((rows.len() as f32 + 2.0) * 20.0).min(180.0);
    ui.scope(|ui| {
        table_ui(ui, "failed rows", &columns, (rows.len(), height), |row, at| {
            let row = &rows[row];
            let cells = [&row.key, &row.op, &row.outcome, &row.message];
            cells[at].clone()
        });
    });
    if failed > rows.len() as u64 {
        let (shown, all) = (text::grouped(rows.len() as u64), text::grouped(failed));
        ui.label(theme::small(ui, format!("{shown} of {all} are shown")));
    }
    if ui.small_button("Copy these rows").clicked() {
        let lines = rows
            .iter()
            .map(|row| format!("{}\t{}\t{}\t{}", row.key, row.op, row.outcome, row.message));
        let all: Vec<String> =
            std::iter::once("key\tchange\toutcome\twhy".to_owned()).chain(lines).collect();
        actions.push(ViewAction::Copy(all.join("\n")).into());
    }
}

/// What was sent by this activation.
pub(super) fn history_ui(ui: &mut Ui, state: &State, sheet: &Sheet, actions: &mut Actions) {
    ui.label(theme::text(format!("Syncs of {}", sheet.draft.saved.name)).font(big()));
    egui::ScrollArea::vertical().id_salt("history").auto_shrink(false).show(ui, |ui| {
        for run in runs_of(state, sheet) {
            theme::card(ui).show(ui, |ui| {
                ui.set_min_width(ui.available_width() - theme::SPACE);
                run_ui(ui, state, run, actions);
            });
        }
    });
}

fn run_ui(ui: &mut Ui, state: &State, run: &SyncRun, actions: &mut Actions) {
    let p = theme::palette(ui);
    let color = if run.status == SyncStatus::Done { p.text } else { p.warning };
    widgets::left_right(
        ui,
        |ui| {
            ui.label(theme::heading(when(state, &run.began)));
            ui.label(theme::text(status_word(run.status)).color(color));
            ui.label(theme::weak(ui, sum_words(run)));
        },
        |ui| {
            let show = ui.small_button("Show");
            widgets::name_field(ui, &show, &format!("Show sync {}", run.run));
            if show.clicked() {
                act(actions, ActivateAction::ShowRun(run.run));
            }
        },
    );
    let said = |name: &str| run.definition.get(name).and_then(|v| v.as_str()).unwrap_or_default();
    let whole = match said("where") {
        "" => "everyone".to_owned(),
        condition => condition.to_owned(),
    };
    let commit = match said("commit") {
        "" => String::new(),
        id => format!(" · commit {}", id.get(..8).unwrap_or(id)),
    };
    let now = when(state, said("now"));
    let line = format!(
        "{} · {whole} · as of {now}{commit} · {} · by {}",
        said("cohort"),
        took(run),
        run.who
    );
    widgets::plain_weak(ui, &line);
}
