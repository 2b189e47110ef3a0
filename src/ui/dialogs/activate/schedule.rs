//! What an activation is called, when it is sent, and what it stops at.

use super::act;
use super::destination::row_ui;
use super::mapping::feature_ui;
use crate::model::activation::SyncLimits;
use crate::state::activate::{DraftEdit, Sheet};
use crate::state::{ActivateAction, State};
use crate::ui::{Actions, theme, widgets};
use egui::Ui;

/// The name, the schedule and the limits.
pub(super) fn setup_ui(ui: &mut Ui, state: &State, sheet: &Sheet, actions: &mut Actions) {
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
