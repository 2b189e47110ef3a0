//! The share of each value over time: a column per period, as high as the chart, parted by value.

use super::bars::{day, last_day};
use super::values::name_of;
use crate::model::question::Shares;
use crate::model::value::Value;
use crate::state::{Action, LookAction, State, look};
use crate::ui::figure::{self, Figure};
use crate::ui::{Actions, text, theme, widgets};
use egui::{Color32, FontId, Rect, Sense, Ui, pos2, vec2};

/// The height of a line of the legend.
const LEGEND: f32 = 17.0;

/// The shares, with a legend that is clicked to keep one value. Dragging keeps a range of days.
pub(super) fn shares_ui(
    ui: &mut Ui,
    state: &State,
    (moment, by): (&str, &str),
    shares: &Shares,
    actions: &mut Actions,
) {
    let total: u64 = shares.periods.iter().flat_map(|(_, counts)| counts).sum();
    if total == 0 {
        ui.label(theme::weak(ui, "No one here has a date"));
        return;
    }
    let kept = |value: &Option<Value>| {
        state
            .canvas
            .own_clause(by)
            .zip(value.as_ref())
            .and_then(|(clause, v)| look::keeps(clause, v))
    };
    let colors: Vec<Color32> = (0..)
        .zip(&shares.values)
        .map(|(i, value)| match (value, kept(value)) {
            (None, _) => theme::palette(ui).ghost,
            (Some(_), Some(false)) => theme::series(ui, i).gamma_multiply(0.3),
            (Some(_), _) => theme::series(ui, i),
        })
        .collect();
    let room = ui.available_height();
    let lines = legend_ui(ui, by, (shares, &colors), actions);
    let label = |i: usize| text::period(&shares.periods[i].0, shares.unit);
    let last = shares.periods.len() - 1;
    let says = format!(
        "{} from {} to {}, {} people",
        text::counted(shares.values.len() as u64, "value", "values"),
        label(0),
        label(last),
        text::grouped(total)
    );
    let height = (room - lines).max(48.0);
    let figure = figure::figure(ui, &format!("Share of {by} by {moment}"), &says, height);
    columns_ui(ui, &figure, shares, &colors);
    let middle = if last > 1 { label(last / 2) } else { String::new() };
    figure::axis_ui(ui, figure.plot, [&label(0), &middle, &label(last)]);
    hover_ui(&figure, shares);
    if let Some(dragged) = figure::drag(ui, &figure) {
        let index = |part: f32| ((part * (last + 1) as f32) as usize).min(last);
        let (from, to) = (index(dragged.from), index(dragged.to));
        let start = |i: usize| shares.periods[i].0.as_str();
        let range = (day(start(from)), last_day(start(to), shares.unit));
        let (column, done) = (moment.to_owned(), dragged.done);
        actions.push(Action::Look(LookAction::BrushDays { column, range, done }));
    }
    let clear = |actions: &mut Actions| {
        for column in [moment, by] {
            actions.push(Action::Look(LookAction::Clear(column.to_owned())));
        }
    };
    if figure.response.double_clicked() {
        clear(actions);
    }
    figure.response.context_menu(|ui| {
        if ui.button("Clear").clicked() {
            clear(actions);
        }
    });
}

/// What a colour stands for, each a button; as high as it is in the end.
fn legend_ui(
    ui: &mut Ui,
    by: &str,
    (shares, colors): (&Shares, &[Color32]),
    actions: &mut Actions,
) -> f32 {
    let shown = ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(8.0, 0.0);
        for (value, color) in shares.values.iter().zip(colors) {
            let name = name_of(value.as_ref());
            let font = FontId::proportional(theme::SMALL);
            let width = widgets::text_width(ui, &name, &font).min(110.0) + 14.0;
            let sense = if value.is_some() { Sense::click() } else { Sense::hover() };
            let (rect, response) = ui.allocate_exact_size(vec2(width, LEGEND), sense);
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::Button, value.is_some(), &name)
            });
            let p = theme::palette(ui);
            if response.hovered() && value.is_some() || response.has_focus() {
                ui.painter().rect_filled(rect.expand2(vec2(3.0, 0.0)), 3, p.hover);
            }
            let mark =
                Rect::from_center_size(pos2(rect.left() + 5.0, rect.center().y), vec2(9.0, 9.0));
            ui.painter().rect_filled(mark, 2, *color);
            let across = (rect.left() + 13.0, rect.right());
            widgets::cut_text(ui, across, rect.center().y, &name, font, p.text);
            let response = response.on_hover_text(match value {
                Some(_) => format!("Keep only {name}"),
                None => "All other values".to_owned(),
            });
            if let Some(value) = value.as_ref().filter(|_| response.clicked()) {
                actions.push(Action::Look(LookAction::Only(by.to_owned(), value.clone())));
            }
        }
    });
    shown.response.rect.height() + ui.spacing().item_spacing.y
}

fn columns_ui(ui: &Ui, figure: &Figure, shares: &Shares, colors: &[Color32]) {
    let plot = figure.plot;
    let step = plot.width() / shares.periods.len() as f32;
    let gap = if step > 4.0 { 1.0 } else { 0.0 };
    for (i, (_, counts)) in shares.periods.iter().enumerate() {
        let total: u64 = counts.iter().sum();
        let mut bottom = plot.bottom();
        let x = plot.left() + step * i as f32;
        for (count, color) in counts.iter().zip(colors).filter(|(count, _)| **count > 0) {
            let top = bottom - (plot.height() - 4.0) * *count as f32 / total as f32;
            let part = Rect::from_min_max(pos2(x, top), pos2(x + step - gap, bottom));
            ui.painter().rect_filled(part, 0, *color);
            bottom = top;
        }
    }
}

/// The period under the pointer with the share of each value, the top one first.
fn hover_ui(figure: &Figure, shares: &Shares) {
    let Some(pointer) = figure.response.hover_pos().filter(|p| figure.plot.contains(*p)) else {
        return;
    };
    let part = (pointer.x - figure.plot.left()) / figure.plot.width().max(1.0);
    let index = ((part * shares.periods.len() as f32) as usize).min(shares.periods.len() - 1);
    let (start, counts) = &shares.periods[index];
    let total: u64 = counts.iter().sum();
    figure.response.clone().on_hover_ui_at_pointer(|ui| {
        ui.label(theme::heading(text::period(start, shares.unit)));
        for (value, count) in shares.values.iter().zip(counts).rev().filter(|(_, n)| **n > 0) {
            let name = name_of(value.as_ref());
            let (share, count) = (text::percent(*count, total), text::grouped(*count));
            ui.label(theme::text(format!("{name}  {share} · {count}")));
        }
        if total == 0 {
            ui.label(theme::weak(ui, "No one"));
        }
    });
}

/// The numbers of the chart: period and value, the share, how many.
pub(super) fn rows(shares: &Shares) -> Vec<(String, String, String)> {
    let mut rows = Vec::new();
    for (start, counts) in &shares.periods {
        let total: u64 = counts.iter().sum();
        for (value, count) in shares.values.iter().zip(counts).filter(|(_, n)| **n > 0) {
            let label =
                format!("{}, {}", text::period(start, shares.unit), name_of(value.as_ref()));
            rows.push((label, text::percent(*count, total), text::grouped(*count)));
        }
    }
    rows
}
