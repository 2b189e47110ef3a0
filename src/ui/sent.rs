//! What was sent where, in words: for the library, the Definition tab and the activation sheet.

use crate::model::activation::{SyncRun, SyncStatus};
use crate::state::activate::Sent;
use crate::state::{Action, ActivateAction, State};
use crate::ui::{Actions, text, theme};
use egui::Ui;

/// A status as a person reads it.
pub(super) fn status_word(status: SyncStatus) -> &'static str {
    match status {
        SyncStatus::Done => "done",
        SyncStatus::Partly => "done in part",
        SyncStatus::Failed => "failed",
        SyncStatus::Unfinished => "unfinished",
    }
}

/// A moment of the history, in the zone that is on screen.
pub(super) fn when(state: &State, utc: &str) -> String {
    let zone = jiff::tz::TimeZone::get(&state.canvas.now.zone_name());
    match (utc.parse::<jiff::Timestamp>(), zone) {
        (Ok(moment), Ok(zone)) => moment.to_zoned(zone).strftime("%-d %b %Y %H:%M").to_string(),
        _ => utc.to_owned(),
    }
}

/// A sync in a few words: `done 27 Nov 2026 09:00`.
pub(super) fn run_words(state: &State, run: &SyncRun) -> String {
    format!("{} {}", status_word(run.status), when(state, &run.began))
}

/// How many members a destination has, when a sync told.
pub(super) fn held_words(sent: &Sent<'_>) -> Option<String> {
    let told = sent.held.filter(|_| sent.last.is_some())?;
    Some(text::counted(told, "member", "members"))
}

/// `Sent to Practice inbox, done 27 Nov 2026 09:00, 1,204 members`.
pub(super) fn line(state: &State, sent: &Sent<'_>) -> String {
    let to = &sent.activation.destination;
    let Some(last) = sent.last else { return format!("To be sent to {to}") };
    let held = held_words(sent).map(|held| format!(", {held}")).unwrap_or_default();
    format!("Sent to {to}, {}{held}", run_words(state, last))
}

/// Where something goes, a line per activation; a click opens it.
pub(super) fn lines_ui(ui: &mut Ui, state: &State, all: &[Sent<'_>], actions: &mut Actions) {
    for sent in all {
        ui.horizontal_wrapped(|ui| {
            ui.label(theme::text(line(state, sent)));
            if let Some(segment) = &sent.activation.segment {
                let slice = sent.slice.filter(|slice| !slice.is_empty()).unwrap_or("everyone");
                ui.label(theme::weak(ui, format!("as {segment}: {slice}")));
            }
            if let Some(schedule) = &sent.activation.schedule {
                ui.label(theme::weak(ui, format!("due {schedule}")));
            }
            let name = format!("Open {}", sent.activation.name);
            let open = ui.small_button("Open…");
            crate::ui::widgets::name_field(ui, &open, &name);
            if open.clicked() {
                let repeat = ActivateAction::Repeat(sent.activation.name.clone());
                actions.push(Action::Activate(repeat));
            }
        });
    }
}
