//! What would be sent: how many by kind of change, what stands in the way, and the exact requests.

use super::act;
use super::rail::to_send;
use crate::model::activation::{DryRun, ShownRequest};
use crate::state::activate::{Dry, Place, Sheet};
use crate::state::{ActivateAction, State};
use crate::ui::canvas::small_table::{Column, table_ui};
use crate::ui::{Actions, text, theme, widgets};
use egui::Ui;

/// The part of the sheet.
pub(super) fn dry_run_ui(ui: &mut Ui, state: &State, sheet: &Sheet, actions: &mut Actions) {
    let Some(place) = &sheet.draft.place else { return };
    egui::ScrollArea::vertical().id_salt("dry run").auto_shrink(false).show(ui, |ui| match &sheet
        .dry
    {
        Dry::None => {
            ui.label(theme::heading("What would be sent is not known yet"));
            ui.label(theme::weak(ui, "A dry run finds it out, and sends nothing"));
        }
        Dry::Waiting(_) | Dry::Running(_) => {
            // No spinner: the window draws only when something changes.
            ui.label(theme::text("Finding out what would be sent").font(big()));
            ui.label(theme::weak(ui, "Nothing is sent"));
        }
        Dry::Failed(failure) => widgets::failure_ui(ui, failure),
        Dry::Done(dry) => {
            if sheet.is_stale {
                let words = "Something was changed since this dry run";
                ui.label(theme::text(words).color(theme::palette(ui).warning));
            }
            done_ui(ui, state, (sheet, place), dry, actions);
        }
    });
}

fn done_ui(
    ui: &mut Ui,
    state: &State,
    (sheet, place): (&Sheet, &Place),
    dry: &DryRun,
    actions: &mut Actions,
) {
    if place.takes_members() {
        counts_ui(ui, state, sheet, place, dry);
    } else {
        ui.label(theme::text(format!("A job at {} would be started", place.name)).font(big()));
    }
    guards_ui(ui, sheet, dry, actions);
    if !dry.invalid.is_empty() {
        invalid_ui(ui, dry);
    }
    for field in dry.normalised.iter().filter(|field| field.changed + field.lost > 0) {
        let changed = text::counted(field.changed, "value is", "values are");
        let lost = match field.lost {
            0 => String::new(),
            lost => format!("; of {} nothing is left", text::counted(lost, "value", "values")),
        };
        let line = format!("{}: {changed} written otherwise ({}){lost}", field.field, field.how);
        ui.label(theme::small(ui, line));
    }
    if !dry.samples.is_empty() {
        ui.add_space(theme::HALF);
        ui.label(theme::heading("The request for the first of them"));
        ui.label(theme::small(ui, "As it would be sent; secrets and personal values are covered"));
        for (at, sample) in dry.samples.iter().enumerate() {
            request_ui(ui, &format!("Request {}", at + 1), sample, code_height(ui));
        }
    }
}

/// The font of the line that says it all.
pub(super) fn big() -> egui::FontId {
    theme::strong(theme::TITLE)
}

/// What would happen, in one plain sentence and in numbers.
fn counts_ui(ui: &mut Ui, state: &State, sheet: &Sheet, place: &Place, dry: &DryRun) {
    let counts = &dry.counts;
    let count = to_send(counts);
    let entity = text::counted(count, "member", "members");
    let words = match count {
        0 if counts.unchanged > 0 => {
            format!("Nothing changed since the last sync to {}", place.name)
        }
        0 => format!("Nobody would be sent to {}", place.name),
        _ => format!("{entity} would be sent to {}", place.name),
    };
    ui.label(theme::text(words).font(big()));
    let fields: Vec<&str> = sheet
        .draft
        .rows
        .iter()
        .filter(|row| row.written().is_some())
        .map(|row| row.label.unwrap_or(&row.field))
        .collect();
    if count > 0 {
        let shown = 8;
        let more = match fields.len().saturating_sub(shown) {
            0 => String::new(),
            n => format!(" and {n} more"),
        };
        let names = fields.iter().take(shown).copied().collect::<Vec<_>>().join(", ");
        let key = sheet.draft.saved.key.as_deref();
        let key = key.or(state.activated_entity().map(|e| e.key.as_str())).unwrap_or_default();
        let line = format!("Each with {names}{more}; told apart by {key}");
        ui.add(egui::Label::new(theme::weak(ui, line)).wrap());
    }
    if place.is_practice() && counts.unchanged > 0 && state.activate.inbox.members == 0 {
        let line = "The practice inbox forgets its members when it ends; what was sent before is \
                    remembered here";
        ui.add(egui::Label::new(theme::weak(ui, line)).wrap());
    }
    ui.add_space(theme::HALF);
    let mode = sheet.draft.saved.mode;
    let mut tiles = vec![("new", counts.adds)];
    if mode.updates() {
        tiles.push(("changed", counts.updates));
    }
    if mode.removes() {
        tiles.push(("left", counts.removes));
    }
    tiles.push(("unchanged, not sent", counts.unchanged));
    tiles.push(("cannot be sent", counts.invalid));
    tiles_ui(ui, &tiles);
}

/// Numbers with what they count below.
pub(super) fn tiles_ui(ui: &mut Ui, tiles: &[(&str, u64)]) {
    ui.horizontal(|ui| {
        for (words, count) in tiles {
            theme::card(ui).show(ui, |ui| {
                ui.vertical(|ui| {
                    ui.set_min_width(theme::TILE);
                    ui.spacing_mut().item_spacing.y = 2.0;
                    let number = theme::text(text::grouped(*count));
                    let number = number.font(theme::strong(theme::HEADLINE));
                    let weak = theme::palette(ui).weak;
                    ui.label(if *count == 0 { number.color(weak) } else { number });
                    ui.label(theme::small(ui, *words));
                });
            });
        }
    });
}

fn guards_ui(ui: &mut Ui, sheet: &Sheet, dry: &DryRun, actions: &mut Actions) {
    if dry.stopped.is_empty() {
        return;
    }
    ui.add_space(theme::HALF);
    ui.label(theme::heading("Before this is sent").color(theme::palette(ui).warning));
    for stopped in &dry.stopped {
        let mut on = sheet.ticked.contains(&stopped.guard);
        let words = format!("Go on although {}", stopped.what);
        if ui.checkbox(&mut on, theme::text(words)).changed() {
            act(actions, ActivateAction::Tick(stopped.guard, on));
        }
    }
}

fn invalid_ui(ui: &mut Ui, dry: &DryRun) {
    ui.add_space(theme::HALF);
    ui.label(theme::heading("Cannot be sent"));
    let column = |name: &str, width, number| Column { name: name.to_owned(), width, number };
    let columns =
        [column("rows", 72.0, true), column("why", 400.0, false), column("such as", 120.0, false)];
    let height = (dry.invalid.len() as f32 + 2.0) * 20.0;
    ui.scope(|ui| {
        table_ui(ui, "invalid", &columns, (dry.invalid.len(), height.min(140.0)), |row, at| {
            let reason = &dry.invalid[row];
            match at {
                0 => text::grouped(reason.rows),
                1 => reason.reason.clone(),
                _ => reason.example.clone(),
            }
        });
    });
}

/// The room for a request below what is said about it.
pub(super) fn code_height(ui: &Ui) -> f32 {
    (super::height(ui) - 236.0).max(160.0)
}

/// So much of a body is laid out to be read.
const BODY_SHOWN: usize = 6_000;
/// A longer body is shown as it is.
const BODY_FORMATTED: usize = 100_000;

/// A request: its line, its headers and its body.
pub(super) fn request_ui(ui: &mut Ui, name: &str, request: &ShownRequest, height: f32) {
    let parsed = (request.body.len() <= BODY_FORMATTED)
        .then(|| serde_json::from_str::<serde_json::Value>(&request.body).ok())
        .flatten();
    let body = parsed.and_then(|body| serde_json::to_string_pretty(&body).ok());
    let body = body.unwrap_or_else(|| request.body.clone());
    let cut: String = body.chars().take(BODY_SHOWN).collect();
    let more = if cut.len() < body.len() { "\n…" } else { "" };
    let headers = request.headers.join("\n");
    let code = format!("{}\n{headers}\n\n{cut}{more}", request.line);
    widgets::code_ui(ui, name, &code, height);
}
