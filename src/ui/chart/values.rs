//! Bars of values.

use super::bars::{Heights, High, counts_words, total};
use crate::model::question::{Counts, Values};
use crate::model::value::Value;
use crate::state::{Action, LookAction, Scale, State, look};
use crate::ui::{Actions, text, theme, widgets};
use egui::{Align2, FontId, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

/// The height of a bar of a value.
const BAR: f32 = 19.0;

/// The most frequent values as bars. A click keeps only one, Shift adds.
pub(super) fn values_ui(
    ui: &mut Ui,
    state: &State,
    column: &str,
    values: &Values,
    actions: &mut Actions,
) {
    if values.top.is_empty() && values.missing.all == 0 {
        ui.label(theme::weak(ui, "No values here"));
        return;
    }
    let mut rows: Vec<(Option<&Value>, Counts)> =
        values.top.iter().map(|(value, counts)| (Some(value), *counts)).collect();
    if values.missing.all > 0 {
        rows.push((Some(&Value::Missing), values.missing));
    }
    if values.others.all > 0 {
        rows.push((None, values.others));
    }
    // "All others" may dwarf every single value, so its bar may end at the edge.
    let single: Vec<Counts> = rows.iter().filter(|r| r.0.is_some()).map(|r| r.1).collect();
    let total = total(&single, &[values.others]);
    let high = High { scale: state.look.scale, log: false };
    let heights = Heights::new(&single, total, high);
    let height = ui.available_height();
    egui::ScrollArea::vertical().id_salt(column).max_height(height).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 1.0;
        for (value, counts) in rows {
            let count = match high.scale {
                Scale::Share => text::percent(counts.kept, total.kept),
                _ => text::short(counts.kept as f64),
            };
            bar_ui(ui, state, column, (value, counts), (heights.parts(counts), count), actions);
        }
    });
}

fn bar_ui(
    ui: &mut Ui,
    state: &State,
    column: &str,
    (value, counts): (Option<&Value>, Counts),
    ((ghost, bar), count): ((f32, f32), String),
    actions: &mut Actions,
) {
    let p = theme::palette(ui);
    let name = name_of(value);
    let keeps = state.canvas.own_clause(column).zip(value).and_then(|(c, v)| look::keeps(c, v));
    let sense = if value.is_some() { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), BAR), sense);
    let spoken = format!("{name}, {}", counts_words(counts));
    response.widget_info(|| {
        WidgetInfo::selected(Role::Button, value.is_some(), keeps == Some(true), &spoken)
    });
    let split = rect.left() + (rect.width() * 0.4).min(240.0);
    let right = rect.right() - 64.0;
    let track = Rect::from_min_max(pos2(split, rect.top() + 3.0), pos2(right, rect.bottom() - 3.0));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 3, p.hover);
    }
    let part = |part: f32| {
        let width = (track.width() * part).clamp(1.0, track.width());
        Rect::from_min_size(track.min, vec2(width, track.height()))
    };
    if counts.all > 0 {
        ui.painter().rect_filled(part(ghost), 2, p.ghost);
    }
    if counts.kept > 0 {
        let color = if keeps == Some(false) { p.accent.gamma_multiply(0.35) } else { p.accent };
        // Slimmer than the ghost, which so stays in sight.
        ui.painter().rect_filled(part(bar).shrink2(vec2(0.0, 2.5)), 2, color);
    }
    let color = if keeps == Some(false) || value.is_none() { p.weak } else { p.text };
    let font = if keeps == Some(true) { theme::strong(12.0) } else { FontId::proportional(12.0) };
    let middle = rect.center().y;
    let name = widgets::middle_cut(ui, &name, &font, split - rect.left() - 8.0);
    widgets::cut_text(ui, (rect.left() + 2.0, split - 6.0), middle, &name, font, color);
    let font = FontId::proportional(theme::SMALL);
    // Room for the bar that scrolls.
    ui.painter().text(pos2(rect.right() - 8.0, middle), Align2::RIGHT_CENTER, count, font, p.weak);
    if let Some(value) = value {
        bar_actions(&response, ui, column, value, actions);
    }
    response.on_hover_text(spoken);
}

/// What a value is called in a chart; `None` is all others.
pub(super) fn name_of(value: Option<&Value>) -> String {
    match value {
        None => "all others".to_owned(),
        Some(Value::Missing) => "missing".to_owned(),
        Some(value) if text::cell(value).trim().is_empty() => "(blank)".to_owned(),
        Some(value) => text::cell(value),
    }
}

/// What a gesture on the bar of a value asks for.
type Make = fn(String, Value) -> LookAction;

fn bar_actions(
    response: &egui::Response,
    ui: &Ui,
    column: &str,
    value: &Value,
    actions: &mut Actions,
) {
    let look = |make: Make| Action::Look(make(column.to_owned(), value.clone()));
    if response.double_clicked() {
        actions.push(Action::Look(LookAction::Clear(column.to_owned())));
    } else if response.clicked() {
        let add = ui.input(|i| i.modifiers.shift || i.modifiers.command);
        let make = if add { LookAction::Include } else { LookAction::Only };
        actions.push(look(make));
    }
    response.context_menu(|ui| {
        let kinds: [(&str, Make); 3] = [
            ("Only this", LookAction::Only),
            ("Exclude", LookAction::Exclude),
            ("Keep too", LookAction::Include),
        ];
        for (name, make) in kinds {
            if ui.button(name).clicked() {
                actions.push(look(make));
            }
        }
        if ui.button("Clear").clicked() {
            actions.push(Action::Look(LookAction::Clear(column.to_owned())));
        }
    });
}

/// How many have no value, under a chart that cannot show them.
pub(super) fn missing_ui(
    ui: &mut Ui,
    state: &State,
    column: &str,
    missing: Counts,
    actions: &mut Actions,
) {
    if missing.all == 0 {
        return;
    }
    let on =
        state.canvas.own_clause(column).and_then(|c| look::keeps(c, &Value::Missing)) == Some(true);
    let text = format!("missing {}", text::grouped(missing.kept));
    let label = theme::text(text).size(theme::SMALL).color(theme::palette(ui).weak);
    let button = ui.add(egui::Button::selectable(on, label).small());
    if button.on_hover_text("Only those without a value").clicked() {
        actions.push(Action::Look(LookAction::Only(column.to_owned(), Value::Missing)));
    }
}
