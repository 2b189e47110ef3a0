//! Two numbers against each other, and a number's spread per group, as plots with axes.

use crate::model::question::{BoxSummary, Grid};
use crate::state::{Action, LookAction, State};
use crate::ui::{Actions, text, theme};
use egui::accesskit::Role;
use egui::{Id, PointerButton, Pos2, Rect, Response, Sense, Ui, Vec2};
use egui_plot::{
    AxisHints, BoxElem, BoxPlot, BoxSpread, GridMark, Heatmap, HoverPosition, Plot, PlotPoint,
    PlotPoints, PlotTransform, Points,
};

/// The distance of ticks across at which their labels begin to show, and are clear.
const ACROSS: std::ops::RangeInclusive<f32> = 28.0..=44.0;

/// Parts into which an axis across is divided, more or less.
const MARKS: f64 = 4.0;

/// Marks at round numbers, so few that each has room for its label.
fn marks(bounds: (f64, f64)) -> Vec<GridMark> {
    let (from, to) = bounds;
    let least = (to - from) / MARKS;
    if !least.is_finite() || least <= 0.0 {
        return Vec::new();
    }
    let power = 10f64.powf(least.log10().floor());
    let round = [1.0, 2.0, 5.0].map(|n| n * power).into_iter().find(|step| *step >= least);
    let step_size = round.unwrap_or(10.0 * power);
    let (first, last) = ((from / step_size).ceil() as i64, (to / step_size).floor() as i64);
    (first..=last).map(|n| GridMark { value: n as f64 * step_size, step_size }).collect()
}

/// Characters of a group's name beside its box.
const NAME_MAX: usize = 12;

/// Two numbers against each other: points while there are few, cells otherwise. Dragging a
/// rectangle keeps a range of both.
pub(super) fn grid_ui(
    ui: &mut Ui,
    state: &State,
    (x, y): (&str, &str),
    grid: &Grid,
    actions: &mut Actions,
) {
    let total: u64 = grid.cells.iter().map(|c| c.2).sum();
    if total == 0 {
        ui.label(theme::weak(ui, "No one here has both numbers"));
        return;
    }
    let cells = Cells::new(grid);
    let p = theme::palette(ui);
    // Cells say themselves below: a plot's own text is for points.
    let hover = |at: &HoverPosition<'_>| match at {
        HoverPosition::NearDataPoint { position, .. } => {
            Some(format!("{x} {}\n{y} {}", text::number(position.x), text::number(position.y)))
        }
        HoverPosition::Elsewhere { .. } => None,
    };
    let plot = still(ui, &format!("{y} by {x}"))
        .custom_x_axes(vec![numbers(AxisHints::new_x(), x).label_spacing(ACROSS)])
        .custom_y_axes(vec![
            numbers(AxisHints::new_y(), y).min_thickness(30.0).label_spacing(12.0..=18.0),
        ])
        .include_x(cells.x.0)
        .include_x(cells.x.1)
        .include_y(cells.y.0)
        .include_y(cells.y.1)
        .x_grid_spacer(|input| marks(input.bounds))
        .set_margin_fraction(Vec2::splat(0.02))
        .label_formatter(hover);
    let shown = plot.show(ui, |plot| {
        if grid.points.is_empty() {
            plot.heatmap(cells.heatmap(p));
        } else {
            let points: Vec<PlotPoint> =
                grid.points.iter().map(|(x, y)| PlotPoint::new(*x, *y)).collect();
            let marks = Points::new("people", PlotPoints::Owned(points)).radius(2.0);
            plot.points(marks.color(p.accent.gamma_multiply(0.7)));
        }
    });
    if grid.points.is_empty()
        && let Some(at) = shown.response.hover_pos()
        && let Some(words) = cells.words(&shown.transform.value_from_position(at), (x, y))
    {
        shown.response.clone().on_hover_text_at_pointer(text::shown_lines(&words));
    }
    let range = |column| super::number_range(state, column);
    let chosen = (range(x), range(y));
    let mut says = format!(
        "{} in this segment, {} without a value",
        text::grouped(total),
        text::grouped(grid.missing)
    );
    for (name, range) in [(x, chosen.0), (y, chosen.1)] {
        if let Some((a, b)) = range {
            says.push_str(&format!(", {name} {} to {}", text::number(a), text::number(b)));
        }
    }
    speak(ui, &shown.response, &format!("{y} by {x}"), says);
    if chosen != (None, None) {
        // A range of one of them alone is a band over the whole of the other.
        let (x0, x1) = chosen.0.unwrap_or(cells.x);
        let (y0, y1) = chosen.1.unwrap_or(cells.y);
        let clamp = |v: f64, (from, to): (f64, f64)| v.clamp(from, to);
        let corner = |x, y| PlotPoint::new(clamp(x, cells.x), clamp(y, cells.y));
        chosen_ui(ui, &shown.transform, &corner(x0, y0), &corner(x1, y1));
    }
    brush(ui, (x, y), &cells, &shown.response, &shown.transform, actions);
    let clear = |actions: &mut Actions| {
        for column in [x, y] {
            actions.push(Action::Look(LookAction::Clear(column.to_owned())));
        }
    };
    if shown.response.double_clicked() {
        clear(actions);
    }
    shown.response.context_menu(|ui| {
        if ui.button("Clear the ranges").clicked() {
            clear(actions);
        }
    });
}

/// The cells of a grid with their edges.
struct Cells<'a> {
    grid: &'a Grid,
    columns: u16,
    rows: u16,
    /// From and to, across.
    x: (f64, f64),
    /// From and to, up.
    y: (f64, f64),
}

impl<'a> Cells<'a> {
    fn new(grid: &'a Grid) -> Self {
        let columns = grid.cells.iter().map(|c| c.0 + 1).max().unwrap_or(1);
        let rows = grid.cells.iter().map(|c| c.1 + 1).max().unwrap_or(1);
        let range = |(start, width): (f64, f64), n: u16| {
            // A width of nothing, as when all are the same, still needs room.
            let width = if width > 0.0 { width } else { 1.0 };
            (start, start + width * f64::from(n))
        };
        Self { grid, columns, rows, x: range(grid.x, columns), y: range(grid.y, rows) }
    }

    /// How many, and where, for the cell at a place.
    fn words(&self, at: &PlotPoint, (x, y): (&str, &str)) -> Option<String> {
        let index = |v: f64, (from, to): (f64, f64), n: u16| {
            let part = (v - from) / (to - from);
            (0.0..=1.0).contains(&part).then(|| ((part * f64::from(n)) as u16).min(n - 1))
        };
        let (column, row) = (index(at.x, self.x, self.columns)?, index(at.y, self.y, self.rows)?);
        let count = self.grid.cells.iter().find(|c| (c.0, c.1) == (column, row)).map_or(0, |c| c.2);
        let span = |(from, to): (f64, f64), n: u16, i: u16| {
            let width = (to - from) / f64::from(n);
            let low = from + width * f64::from(i);
            format!("{} to {}", text::number(low), text::number(low + width))
        };
        Some(format!(
            "{x} {}\n{y} {}\n{}",
            span(self.x, self.columns, column),
            span(self.y, self.rows, row),
            text::grouped(count)
        ))
    }

    fn heatmap(&self, p: theme::Palette) -> Heatmap {
        let (columns, rows) = (usize::from(self.columns), usize::from(self.rows));
        let mut values = vec![0.0; columns * rows];
        for (column, row, count) in &self.grid.cells {
            values[usize::from(*row) * columns + usize::from(*column)] = *count as f64;
        }
        let most = values.iter().copied().fold(1.0, f64::max);
        let color = move |count: f64| {
            if count == 0.0 {
                return egui::Color32::TRANSPARENT;
            }
            // Counts differ by powers of ten; on a log scale small ones stay in sight.
            p.accent.gamma_multiply((count.ln_1p() / most.ln_1p()).max(0.12) as f32)
        };
        Heatmap::new(values, columns)
            .at(PlotPoint::new(self.x.0, self.y.0))
            .size((self.x.1 - self.x.0) as f32, (self.y.1 - self.y.0) as f32)
            .show_labels(false)
            .custom_mapping(Box::new(color))
    }
}

/// A plot that stands still: dragging on it means a range, not another place to look at.
fn still<'a>(ui: &Ui, name: &str) -> Plot<'a> {
    let p = theme::palette(ui);
    Plot::new(name)
        .height(ui.available_height())
        .show_background(false)
        .grid_color(p.line)
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_axis_zoom_drag(false)
        .allow_double_click_reset(false)
        .show_crosshair(false)
        .sense(Sense::click_and_drag())
}

/// An axis of numbers, with its name.
fn numbers<'a>(axis: AxisHints<'a>, name: &str) -> AxisHints<'a> {
    let name: String = name.chars().take(24).collect();
    axis.label(theme::text(name).size(theme::SMALL))
        .tick_label_font(egui::FontId::proportional(10.0))
        .formatter(|mark, _| text::short(mark.value))
}

fn speak(ui: &Ui, response: &Response, name: &str, says: String) {
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(Role::Figure);
        node.set_label(text::shown(name));
        node.set_description(text::shown(&says));
    });
    if response.has_focus() {
        let stroke = egui::Stroke::new(1.5, theme::palette(ui).accent);
        ui.painter().rect_stroke(response.rect, 3, stroke, egui::StrokeKind::Outside);
    }
}

/// The chosen rectangle.
fn chosen_ui(ui: &Ui, transform: &PlotTransform, low: &PlotPoint, high: &PlotPoint) {
    let p = theme::palette(ui);
    let rect = transform.rect_from_values(low, high);
    let painter = ui.painter_at(transform.frame().expand(1.0));
    painter.rect_filled(rect, 0, p.accent.gamma_multiply(0.08));
    let stroke = egui::Stroke::new(1.5, p.accent);
    painter.rect_stroke(rect, 0, stroke, egui::StrokeKind::Inside);
}

/// The drag of a rectangle, from where the button went down.
fn brush(
    ui: &Ui,
    (x, y): (&str, &str),
    cells: &Cells<'_>,
    response: &Response,
    transform: &PlotTransform,
    actions: &mut Actions,
) {
    let id: Id = response.id.with("brush");
    if response.drag_started_by(PointerButton::Primary)
        && let Some(origin) = ui.input(|i| i.pointer.press_origin())
    {
        ui.data_mut(|d| d.insert_temp(id, origin));
    }
    let stopped = response.drag_stopped();
    if !(response.dragged() || stopped) {
        return;
    }
    let Some(from) = ui.data(|d| d.get_temp::<Pos2>(id)) else { return };
    let pointer = response.interact_pointer_pos().or(ui.input(|i| i.pointer.latest_pos()));
    let Some(to) = pointer else { return };
    let last = ui.data(|d| d.get_temp::<Pos2>(id.with("last")));
    if stopped {
        ui.data_mut(|d| {
            d.remove::<Pos2>(id);
            d.remove::<Pos2>(id.with("last"));
        });
    } else if last == Some(to) {
        return;
    } else {
        ui.data_mut(|d| d.insert_temp(id.with("last"), to));
    }
    let rect = Rect::from_two_pos(from, to);
    let (a, b) = (
        transform.value_from_position(rect.left_bottom()),
        transform.value_from_position(rect.right_top()),
    );
    let within =
        |low: f64, high: f64, (from, to): (f64, f64)| (low.clamp(from, to), high.clamp(from, to));
    actions.push(Action::Look(LookAction::BrushGrid {
        x: (x.to_owned(), within(a.x, b.x, cells.x)),
        y: (y.to_owned(), within(a.y, b.y, cells.y)),
        done: stopped,
    }));
}

/// A number's spread per group. A click keeps one group.
pub(super) fn boxes_ui(
    ui: &mut Ui,
    (number, by): (&str, &str),
    (boxes, log): (&[BoxSummary], bool),
    actions: &mut Actions,
) {
    let boxes: Vec<&BoxSummary> =
        boxes.iter().filter(|b| b.five.iter().all(|v| v.is_finite())).collect();
    if boxes.is_empty() {
        ui.label(theme::weak(ui, "No numbers here"));
        return;
    }
    let p = theme::palette(ui);
    // A logarithm needs numbers from 0 on; with others among them the scale stays plain.
    let log = log && boxes.iter().all(|b| b.five[0] >= 0.0);
    let place = move |x: f64| if log { x.ln_1p() } else { x };
    let ticks = numbers(AxisHints::new_x(), number)
        .label_spacing(ACROSS)
        .formatter(move |mark, _| text::short(if log { mark.value.exp_m1() } else { mark.value }));
    let names: Vec<String> = boxes.iter().map(|b| text::cell(&b.group)).collect();
    let tick = |value: f64| {
        let index = -value.round();
        let near = (value + index).abs() < 0.01 && index >= 0.0;
        let name = near.then(|| names.get(index as usize)).flatten();
        name.map_or(String::new(), |name| shortened(name, NAME_MAX))
    };
    let axis = AxisHints::new_y()
        .formatter(|mark, _| tick(mark.value))
        .tick_label_font(egui::FontId::proportional(10.5))
        .label_spacing(4.0..=8.0)
        .min_thickness(72.0);
    let count = boxes.len();
    let elements = boxes.iter().enumerate().map(|(i, group)| {
        let five = group.five.map(text::number).join(" · ");
        let [least, lower, median, upper, greatest] = group.five.map(place);
        let words = format!("{}, {} people\n{five}", names[i], text::grouped(group.count));
        BoxElem::new(-(i as f64), BoxSpread::new(least, lower, median, upper, greatest))
            .name(words)
            .box_width(0.62)
            .whisker_width(0.3)
            .fill(p.accent_soft)
            .stroke(egui::Stroke::new(1.2, p.accent))
    });
    let plot = BoxPlot::new("spread", elements.collect())
        .horizontal()
        .element_formatter(Box::new(|element, _| element.name.clone()));
    let title = format!("{number} per {by}");
    let shown = still(ui, &title)
        .x_grid_spacer(move |input| {
            let (from, to) = input.bounds;
            if !log {
                return marks(input.bounds);
            }
            let mark = |power: i32| {
                let value = if power < 0 { 0.0 } else { 10f64.powi(power).ln_1p() };
                GridMark { value, step_size: std::f64::consts::LN_10 }
            };
            (-1..15).map(mark).filter(|m| (from..=to).contains(&m.value)).collect()
        })
        .custom_x_axes(vec![ticks])
        .custom_y_axes(vec![axis])
        .y_grid_spacer(move |_| {
            let mark = |i| GridMark { value: -(i as f64), step_size: 1.0 };
            (0..count).map(mark).collect()
        })
        .include_y(0.6)
        .include_y(0.4 - count as f64)
        .set_margin_fraction(Vec2::new(0.02, 0.0))
        .label_formatter(|_| None)
        .show(ui, |ui| ui.box_plot(plot));
    speak(ui, &shown.response, &title, text::counted(count as u64, "group", "groups"));
    if shown.response.clicked()
        && let Some(at) = shown.response.interact_pointer_pos()
    {
        let index = -shown.transform.value_from_position(at).y.round();
        let group = (index >= 0.0).then(|| boxes.get(index as usize)).flatten();
        if let Some(group) = group {
            let only = LookAction::Only(by.to_owned(), group.group.clone());
            actions.push(Action::Look(only));
        }
    }
    shown.response.context_menu(|ui| {
        if ui.button("Clear").clicked() {
            actions.push(Action::Look(LookAction::Clear(by.to_owned())));
        }
    });
}

/// A name cut with `…` when it has more than this many characters.
fn shortened(name: &str, most: usize) -> String {
    if name.chars().count() <= most {
        return name.to_owned();
    }
    let cut: String = name.chars().take(most - 1).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_has_a_few_round_marks_whatever_its_range() {
        for (from, to) in [(-13.0, 6700.0), (0.0, 1.0), (-3.5, 55.0), (1e9, 4e9), (-0.02, 0.01)] {
            let found = marks((from, to));
            assert!((2..=6).contains(&found.len()), "{from} to {to}: {found:?}");
            assert!(found.iter().all(|m| (from..=to).contains(&m.value)), "{found:?}");
        }
        assert!(marks((1.0, 1.0)).is_empty() && marks((f64::NAN, 1.0)).is_empty());
    }
}
