//! Sending, what came of it, when it is done again, and what was sent before.

use super::destination::row_ui;
use super::dry_run::{big, code_height, request_ui, tiles_ui};
use super::mapping::feature_ui;
use super::{act, runs_of, to_send};
use crate::model::activation::{SyncLimits, SyncRun, SyncStatus};
use crate::state::activate::{DraftEdit, Pane, Sheet};
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

/// The name, the schedule and the limits.
fn setup_ui(ui: &mut Ui, state: &State, sheet: &Sheet, actions: &mut Actions) {
    let saved = &sheet.draft.saved;
    let mut edit = |edit| act(actions, ActivateAction::Edit(edit));
    row_ui(ui, "Name", |ui| {
        if sheet.draft.is_kept {
            ui.label(theme::text(&saved.name));
            return;
        }
        let name = "Name of the activation";
        if let Some(name) = widgets::field(ui, name, &saved.name, theme::FIELD).1 {
            edit(DraftEdit::Name(name));
        }
        ui.label(theme::small(ui, "What was sent before is remembered under it"));
    });
    schedule_ui(ui, sheet, &mut edit);
    let takes = sheet.draft.place.as_ref().is_some_and(|place| place.takes_members());
    if !takes {
        return;
    }
    limits_ui(ui, saved.limits, &mut edit);
    let Some(entity) = state.activated_entity() else { return };
    row_ui(ui, "Consent", |ui| {
        ui.horizontal(|ui| {
            let now = saved.consent.clone().unwrap_or_default();
            let name = "The feature that says who may be sent";
            if let Some(feature) = feature_ui(ui, name, (&now, Some("not looked at")), entity) {
                edit(DraftEdit::Consent(Some(feature).filter(|feature| !feature.is_empty())));
            }
        });
        ui.label(theme::small(ui, "The feature that says who may be sent, if there is one"));
    });
}

fn schedule_ui(ui: &mut Ui, sheet: &Sheet, edit: &mut dyn FnMut(DraftEdit)) {
    const USUAL: [(&str, &str); 4] = [
        ("", "by hand only"),
        ("0 * * * *", "every hour"),
        ("0 9 * * *", "every day at 9:00"),
        ("0 9 * * 1", "every Monday at 9:00"),
    ];
    let saved = &sheet.draft.saved;
    let now = saved.schedule.as_deref().unwrap_or_default();
    row_ui(ui, "When", |ui| {
        ui.horizontal(|ui| {
            let mut all = USUAL.map(|(cron, words)| (cron.to_owned(), words)).to_vec();
            if USUAL.iter().all(|(cron, _)| *cron != now) {
                all.push((now.to_owned(), "as written"));
            }
            if let Some(cron) = widgets::choice(ui, "When it is sent", &now.to_owned(), &all) {
                edit(DraftEdit::Schedule(cron));
            }
            if !now.is_empty() {
                let name = "Minute, hour, day, month, weekday";
                if let Some(cron) = widgets::field(ui, name, now, 120.0).1 {
                    edit(DraftEdit::Schedule(cron));
                }
                ui.label(theme::small(ui, saved.zone.as_deref().unwrap_or("UTC")));
            }
        });
        if !now.is_empty() {
            ui.label(theme::small(ui, "muster sync --due sends what is due, from cron or a timer"));
        }
    });
}

fn limits_ui(ui: &mut Ui, limits: SyncLimits, edit: &mut dyn FnMut(DraftEdit)) {
    let drag = |ui: &mut Ui, name: &str, value: u32, most: u32| {
        let mut changed = value;
        let drag = egui::DragValue::new(&mut changed).range(0..=most).suffix(" %");
        let field = ui.add(drag);
        widgets::name_field(ui, &field, name);
        (changed != value).then_some(changed)
    };
    row_ui(ui, "Stop and ask", |ui| {
        ui.horizontal(|ui| {
            ui.label("when more leave than");
            let name = "Most that may be removed, in percent";
            if let Some(most) = drag(ui, name, limits.removals_max_percent, 100) {
                edit(DraftEdit::Limits(SyncLimits { removals_max_percent: most, ..limits }));
            }
            ui.label("or more are new than");
            let name = "Most that may be added, in percent";
            if let Some(most) = drag(ui, name, limits.growth_max_percent, 10_000) {
                edit(DraftEdit::Limits(SyncLimits { growth_max_percent: most, ..limits }));
            }
        });
        ui.label(theme::small(ui, "of what was sent before; 0 % of new ones is no limit"));
    });
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
    let line = format!("{} · {whole}{commit} · {} · by {}", said("cohort"), took(run), run.who);
    widgets::plain_weak(ui, &line);
}
