//! One chart: which drawing fits the answer, and what a person does on it.

mod bars;
mod plot;
mod shares;
mod values;

use crate::model::catalog::{Column, Entity};
use crate::model::clause::{Comparison, Expr, Test};
use crate::model::question::{Answer, ChartKind, Counts, Histogram, Timeline};
use crate::model::value::Kind;
use crate::state::look::Chart;
use crate::state::{Action, LookAction, State};
use crate::ui::canvas::small_table;
use crate::ui::{Actions, text, theme};
use bars::{High, histogram_ui, timeline_ui};
use egui::Ui;

/// The height of the small chart in an editor.
const SMALL: f32 = 96.0;

/// The drawing of a chart, as high as there is room, or what stands in its place.
pub(super) fn chart_ui(ui: &mut Ui, state: &State, chart: &Chart, actions: &mut Actions) {
    let slot = chart.slot();
    if let Some(failure) = state.answers.failure(&slot) {
        crate::ui::widgets::failure_ui(ui, failure);
        return;
    }
    let Some(answer) = state.answers.answer(&slot) else {
        let words = if state.chart_question(&chart.kind).is_some() {
            "Counting…"
        } else {
            "This feature cannot be drawn"
        };
        ui.label(theme::weak(ui, words));
        return;
    };
    if let Some(column) = masked_column(state, &chart.kind) {
        crate::ui::widgets::masked_ui(ui, state, column, actions);
        return;
    }
    if chart.as_table {
        table_ui(ui, &chart.kind.title(), answer);
        return;
    }
    // The old numbers stay, dimmed, until the newer ones are here.
    if state.answers.is_waiting(&slot) {
        ui.set_opacity(0.6);
    }
    match (&chart.kind, answer) {
        (ChartKind::Feature(column), answer) => {
            feature_ui(ui, state, (column, chart.log), answer, actions);
        }
        (ChartKind::Grid { x, y }, Answer::Grid(grid)) => {
            plot::grid_ui(ui, state, (x, y), grid, actions);
        }
        (ChartKind::Boxes { number, by }, Answer::Boxes(boxes)) => {
            plot::boxes_ui(ui, (number, by), (boxes, chart.log), actions);
        }
        (ChartKind::Shares { moment, by }, Answer::Shares(shares)) => {
            shares::shares_ui(ui, state, (moment, by), shares, actions);
        }
        _ => {}
    }
}

/// The menu of charts that an entity can have; the one that was chosen.
pub(super) fn menu_ui(ui: &mut Ui, entity: &Entity) -> Option<ChartKind> {
    let mut chosen = None;
    ui.menu_button("One feature", |ui| {
        chosen = pick_ui(ui, entity, |c| drawable(c.kind), ChartKind::Feature);
    });
    ui.menu_button("Two numbers", |ui| {
        for x in of_kind(entity, Kind::is_numeric) {
            ui.menu_button(theme::text(format!("{} across", x.name)), |ui| {
                let make = |y| ChartKind::Grid { x: x.name.clone(), y };
                let others = |c: &Column| c.kind.is_numeric() && c.name != x.name;
                chosen = pick_ui(ui, entity, others, make).or(chosen.take());
            });
        }
    });
    ui.menu_button("Spread of a number", |ui| {
        for number in of_kind(entity, Kind::is_numeric) {
            ui.menu_button(theme::text(format!("{} per", number.name)), |ui| {
                let make = |by| ChartKind::Boxes { number: number.name.clone(), by };
                chosen = pick_ui(ui, entity, |c| groups(c.kind) && c.name != number.name, make)
                    .or(chosen.take());
            });
        }
    });
    ui.menu_button("Share over time", |ui| {
        for by in of_kind(entity, groups) {
            ui.menu_button(theme::text(format!("{} by", by.name)), |ui| {
                let make = |moment| ChartKind::Shares { moment, by: by.name.clone() };
                chosen = pick_ui(ui, entity, |c| is_day(c.kind), make).or(chosen.take());
            });
        }
    });
    chosen
}

fn is_day(kind: Kind) -> bool {
    matches!(kind, Kind::Date | Kind::Timestamp | Kind::Instant)
}

fn drawable(kind: Kind) -> bool {
    !matches!(kind, Kind::Nested | Kind::Binary)
}

fn groups(kind: Kind) -> bool {
    matches!(kind, Kind::Text | Kind::Boolean | Kind::Integer)
}

fn of_kind(entity: &Entity, fits: fn(Kind) -> bool) -> impl Iterator<Item = &Column> {
    entity.features.iter().filter(move |c| fits(c.kind) && c.name != entity.key)
}

/// A list of features in a menu; the one that was clicked.
fn pick_ui(
    ui: &mut Ui,
    entity: &Entity,
    fits: impl Fn(&Column) -> bool,
    make: impl Fn(String) -> ChartKind,
) -> Option<ChartKind> {
    let mut chosen = None;
    egui::ScrollArea::vertical().max_height(360.0).show(ui, |ui| {
        for column in entity.features.iter().filter(|c| c.name != entity.key && fits(c)) {
            if ui.button(theme::text(&column.name)).clicked() {
                chosen = Some(make(column.name.clone()));
            }
        }
    });
    chosen
}

/// The feature of a chart whose values are masked, if any is.
pub(super) fn masked_column<'a>(state: &State, kind: &'a ChartKind) -> Option<&'a str> {
    let is_masked = |column: &&str| {
        let feature = state.entity().and_then(|e| e.feature(column));
        feature.is_some_and(|f| state.people.is_masked(f))
    };
    kind.columns().into_iter().find(is_masked)
}

fn feature_ui(
    ui: &mut Ui,
    state: &State,
    (column, log): (&str, bool),
    answer: &Answer,
    actions: &mut Actions,
) {
    let look = |action| Action::Look(action);
    match answer {
        Answer::Histogram(histogram) => {
            let selected = number_range(state, column);
            let height = ui.available_height() - missing_room(histogram.missing.all);
            let high = (height, High { scale: state.look.scale, log });
            let (figure, brush) = histogram_ui(ui, column, histogram, selected, high);
            if let Some((range, done)) = brush {
                let column = column.to_owned();
                actions.push(look(LookAction::BrushNumber { column, range, done }));
            }
            clear_ui(&figure.response, column, actions);
            values::missing_ui(ui, state, column, histogram.missing, actions);
        }
        Answer::Timeline(timeline) => {
            let selected = day_range(state, column);
            let height = ui.available_height() - missing_room(timeline.missing.all);
            let high = (height, High { scale: state.look.scale, log });
            let (figure, brush) = timeline_ui(ui, column, timeline, selected, high);
            if let Some((range, done)) = brush {
                let column = column.to_owned();
                actions.push(look(LookAction::BrushDays { column, range, done }));
            }
            clear_ui(&figure.response, column, actions);
            values::missing_ui(ui, state, column, timeline.missing, actions);
        }
        Answer::Values(values) => values::values_ui(ui, state, column, values, actions),
        _ => {}
    }
}

/// Room for the line that says how many have no value.
fn missing_room(missing: u64) -> f32 {
    if missing > 0 { 22.0 } else { 0.0 }
}

fn clear_ui(response: &egui::Response, column: &str, actions: &mut Actions) {
    if response.double_clicked() {
        actions.push(Action::Look(LookAction::Clear(column.to_owned())));
    }
    response.context_menu(|ui| {
        if ui.button("Clear the range").clicked() {
            actions.push(Action::Look(LookAction::Clear(column.to_owned())));
        }
    });
}

/// The range of numbers that the chart's own clause keeps.
pub(super) fn number_range(state: &State, column: &str) -> Option<(f64, f64)> {
    let number = |expr: &Expr| match expr {
        Expr::Value(value) => value.as_f64(),
        _ => None,
    };
    let clause = state.canvas.own_clause(column).filter(|c| c.negated.is_none())?;
    match &clause.test {
        Test::Between(a, b) => Some((number(a)?, number(b)?)),
        Test::Compare(Comparison::Greater | Comparison::GreaterOrEqual, a) => {
            Some((number(a)?, f64::INFINITY))
        }
        Test::Compare(Comparison::Less | Comparison::LessOrEqual, b) => {
            Some((f64::NEG_INFINITY, number(b)?))
        }
        _ => None,
    }
}

/// The range of days that the chart's own clause keeps.
fn day_range(state: &State, column: &str) -> Option<(String, String)> {
    let moment = |expr: &Expr| match expr {
        Expr::Value(value) => Some(value.display()),
        Expr::Now(now) => Some(state.canvas.now.date(now)),
        _ => None,
    };
    let clause = state.canvas.own_clause(column).filter(|c| c.negated.is_none())?;
    match &clause.test {
        Test::Between(a, b) => Some((moment(a)?, moment(b)?)),
        Test::Compare(Comparison::Greater | Comparison::GreaterOrEqual, a) => {
            Some((moment(a)?, "9999-12-31".to_owned()))
        }
        Test::Compare(Comparison::Less | Comparison::LessOrEqual, b) => {
            Some(("0001-01-01".to_owned(), moment(b)?))
        }
        _ => None,
    }
}

/// A small histogram to drag a range on.
pub(super) fn brush_numbers_ui(
    ui: &mut Ui,
    column: &str,
    histogram: &Histogram,
    selected: Option<(f64, f64)>,
) -> Option<(f64, f64)> {
    histogram_ui(ui, column, histogram, selected, (SMALL, High::PLAIN)).1.map(|(range, _)| range)
}

/// A small time line to drag a range on.
pub(super) fn brush_days_ui(
    ui: &mut Ui,
    column: &str,
    timeline: &Timeline,
    selected: Option<(String, String)>,
) -> Option<(String, String)> {
    timeline_ui(ui, column, timeline, selected, (SMALL, High::PLAIN)).1.map(|(range, _)| range)
}

/// Any chart as rows of text.
fn table_ui(ui: &mut Ui, name: &str, answer: &Answer) {
    let rows = rows_of(answer);
    let heads = match answer {
        Answer::Boxes(_) => ["group", "lowest to highest", "people"],
        Answer::Grid(_) => ["cell", "people", ""],
        Answer::Shares(_) => ["period and value", "share", "people"],
        _ => ["", "this segment", "everyone"],
    };
    let width = ui.available_width();
    let columns = [
        small_table::Column { name: heads[0].to_owned(), width: width * 0.44, number: false },
        small_table::Column { name: heads[1].to_owned(), width: width * 0.27, number: true },
        small_table::Column { name: heads[2].to_owned(), width: width * 0.2, number: true },
    ];
    small_table::table_ui(
        ui,
        name,
        &columns,
        (rows.len(), ui.available_height()),
        |row, column| {
            let (label, kept, all) = &rows[row];
            [label, kept, all][column].clone()
        },
    );
}

/// A chart's numbers: label, this segment, everyone.
pub(super) fn rows_of(answer: &Answer) -> Vec<(String, String, String)> {
    let row = |label: String, c: &Counts| (label, text::grouped(c.kept), text::grouped(c.all));
    match answer {
        Answer::Histogram(h) => (0..)
            .zip(&h.bins)
            .map(|(i, bin)| {
                let from = h.start + h.width * f64::from(i);
                row(format!("{} to {}", text::number(from), text::number(from + h.width)), bin)
            })
            .chain([row("missing".to_owned(), &h.missing)])
            .collect(),
        Answer::Values(v) => v
            .top
            .iter()
            .map(|(value, c)| row(text::cell(value), c))
            .chain([row("all others".into(), &v.others), row("missing".into(), &v.missing)])
            .collect(),
        Answer::Timeline(t) => t
            .periods
            .iter()
            .map(|(start, c)| row(text::period(start, t.unit), c))
            .chain([row("missing".to_owned(), &t.missing)])
            .collect(),
        Answer::Boxes(boxes) => boxes
            .iter()
            .map(|b| {
                let five = b.five.map(text::number).join(" · ");
                (text::cell(&b.group), five, text::grouped(b.count))
            })
            .collect(),
        Answer::Grid(grid) => grid
            .cells
            .iter()
            .map(|(c, r, n)| {
                let from =
                    |(start, width): (f64, f64), i: u16| text::number(start + width * f64::from(i));
                let label = format!("from {}, from {}", from(grid.x, *c), from(grid.y, *r));
                (label, text::grouped(*n), String::new())
            })
            .collect(),
        Answer::Shares(shares) => shares::rows(shares),
        _ => Vec::new(),
    }
}
