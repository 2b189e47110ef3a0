//! Histograms and time lines: bars side by side over an axis, with a brush.

use crate::model::clause::Unit;
use crate::model::question::{Counts, Histogram, Timeline};
use crate::state::Scale;
use crate::ui::figure::{self, Figure};
use crate::ui::{text, theme};
use egui::{Rect, Ui, pos2};

/// A brush over numbers: the new range, and whether the drag is over.
pub(super) type NumberBrush = Option<((f64, f64), bool)>;
/// A brush over days, both included, and whether the drag is over.
pub(super) type DayBrush = Option<((String, String), bool)>;

/// A number's distribution.
pub(super) fn histogram_ui(
    ui: &mut Ui,
    name: &str,
    histogram: &Histogram,
    selected: Option<(f64, f64)>,
    (height, high): (f32, High),
) -> (Figure, NumberBrush) {
    let count = histogram.bins.len();
    let end = histogram.start + histogram.width * count as f64;
    let kept: u64 = histogram.bins.iter().map(|b| b.kept).sum();
    let mut says = format!(
        "{count} bins from {} to {}, {} in this segment",
        text::number(histogram.start),
        text::number(end),
        text::grouped(kept)
    );
    if let Some((a, b)) = selected {
        says.push_str(&format!(", chosen {} to {}", text::number(a), text::number(b)));
    }
    let mut figure = figure::figure(ui, &format!("Histogram of {name}"), &says, height);
    figure.plot.min.y += TOP;
    if count == 0 || histogram.width <= 0.0 {
        empty_ui(ui, &figure, "No numbers here");
        return (figure, None);
    }
    let total = total(&histogram.bins, &[histogram.missing, histogram.not_finite]);
    bars_ui(ui, figure.plot, &histogram.bins, total, high);
    let part = |x: f64| ((x - histogram.start) / (end - histogram.start)) as f32;
    if let Some((a, b)) = selected {
        figure::range_ui(ui, figure.plot, part(a), part(b));
    }
    let middle = text::number((histogram.start + end) / 2.0);
    let (low, high) = (text::number(histogram.start), text::number(end));
    figure::axis_ui(ui, figure.plot, [&low, &middle, &high]);
    hover_ui(ui, &figure, &histogram.bins, |bin| {
        let from = histogram.start + histogram.width * bin as f64;
        format!("{} to {}", text::number(from), text::number(from + histogram.width))
    });
    let at = |part: f32| histogram.start + (end - histogram.start) * f64::from(part);
    let brush = match figure::drag(ui, &figure) {
        Some(d) => Some(((at(d.from), at(d.to)), d.done)),
        None => figure::arrows(ui, &figure).map(|(low, high)| {
            let (a, b) = selected.unwrap_or((histogram.start, histogram.start + histogram.width));
            let a = (a + low as f64 * histogram.width).clamp(histogram.start, end);
            let b = (b + high as f64 * histogram.width).clamp(a, end);
            ((a, b), true)
        }),
    };
    (figure, brush)
}

/// A date's distribution.
pub(super) fn timeline_ui(
    ui: &mut Ui,
    name: &str,
    timeline: &Timeline,
    selected: Option<(String, String)>,
    (height, high): (f32, High),
) -> (Figure, DayBrush) {
    let periods = &timeline.periods;
    let bins: Vec<Counts> = periods.iter().map(|(_, counts)| *counts).collect();
    let label =
        |i: usize| periods.get(i).map_or(String::new(), |(s, _)| text::period(s, timeline.unit));
    let kept: u64 = bins.iter().map(|b| b.kept).sum();
    let (first, last) = (label(0), label(periods.len().saturating_sub(1)));
    let mut says = format!("from {first} to {last}, {} in this segment", text::grouped(kept));
    if let Some((a, b)) = &selected {
        says.push_str(&format!(", chosen {a} to {b}"));
    }
    let mut figure = figure::figure(ui, &format!("Time line of {name}"), &says, height);
    figure.plot.min.y += TOP;
    if bins.is_empty() {
        empty_ui(ui, &figure, "No dates here");
        return (figure, None);
    }
    bars_ui(ui, figure.plot, &bins, total(&bins, &[timeline.missing]), high);
    let count = bins.len();
    let chosen = selected.and_then(|(a, b)| period_range(periods, &a, &b));
    if let Some((a, b)) = chosen {
        let part = |i: usize| i as f32 / count as f32;
        figure::range_ui(ui, figure.plot, part(a), part(b + 1));
    }
    let middle = if count > 2 { label(count / 2) } else { String::new() };
    figure::axis_ui(ui, figure.plot, [&first, &middle, &last]);
    hover_ui(ui, &figure, &bins, label);
    let days = |a: usize, b: usize| (day(&periods[a].0), last_day(&periods[b].0, timeline.unit));
    let brush = match figure::drag(ui, &figure) {
        Some(d) => {
            let index = |part: f32| ((part * count as f32) as usize).min(count - 1);
            Some((days(index(d.from), index(d.to)), d.done))
        }
        None => figure::arrows(ui, &figure).map(|(low, high)| {
            let (a, b) = chosen.unwrap_or((0, 0));
            let moved = |i: usize, by: i64| i.saturating_add_signed(by as isize).min(count - 1);
            let a = moved(a, low);
            (days(a, moved(b, high).max(a)), true)
        }),
    };
    (figure, brush)
}

/// Everyone of a chart: those in its bins and those in none.
pub(super) fn total(bins: &[Counts], rest: &[Counts]) -> Counts {
    let sum = |of: fn(&Counts) -> u64| bins.iter().chain(rest).map(of).sum();
    Counts { all: sum(|c| c.all), kept: sum(|c| c.kept) }
}

pub(super) fn day(start: &str) -> String {
    start.get(..10).unwrap_or(start).to_owned()
}

/// The last day of a period: the day before the next one starts.
pub(super) fn last_day(start: &str, unit: Unit) -> String {
    use jiff::Span;
    let start = day(start);
    let Ok(first) = start.parse::<jiff::civil::Date>() else { return start };
    let span = match unit {
        Unit::Week => Span::new().weeks(1),
        Unit::Month => Span::new().months(1),
        Unit::Quarter => Span::new().months(3),
        Unit::Year => Span::new().years(1),
        _ => Span::new().days(1),
    };
    let last = first.checked_add(span).and_then(|d| d.checked_sub(Span::new().days(1)));
    last.map_or(start, |d| d.to_string())
}

fn period_range(periods: &[(String, Counts)], from: &str, to: &str) -> Option<(usize, usize)> {
    let first = periods.iter().position(|(s, _)| day(s).as_str() >= day(from).as_str());
    let last = periods.iter().rposition(|(s, _)| day(s).as_str() <= day(to).as_str())?;
    Some((first.unwrap_or(last).min(last), last))
}

fn empty_ui(ui: &Ui, figure: &Figure, says: &str) {
    let p = theme::palette(ui);
    let font = egui::FontId::proportional(theme::BODY);
    ui.painter().text(figure.plot.center(), egui::Align2::CENTER_CENTER, says, font, p.weak);
}

/// What the height of a bar means.
#[derive(Debug, Clone, Copy)]
pub(super) struct High {
    /// Of what it is the height.
    pub(super) scale: Scale,
    /// As high as the logarithm of its count, so that one bar cannot dwarf all others. Shares are
    /// drawn as they are.
    pub(super) log: bool,
}

impl High {
    /// Counts as they are.
    pub(super) const PLAIN: Self = Self { scale: Scale::Count, log: false };

    fn of(self, count: u64) -> f32 {
        let is_log = self.log && self.scale != Scale::Share;
        if is_log { (count as f32).ln_1p() } else { count as f32 }
    }
}

/// The heights of the bars of one chart, and what its whole height stands for.
pub(super) struct Heights {
    high: High,
    all: f32,
    kept: f32,
    /// The words at the top of the axis.
    pub(super) top: String,
}

impl Heights {
    /// So that the highest of these bars fills the height. `total` is what shares are of.
    pub(super) fn new(bins: &[Counts], total: Counts, high: High) -> Self {
        let most = |of: fn(&Counts) -> u64| bins.iter().map(of).max().unwrap_or(0).max(1);
        let (all, kept) = (most(|b| b.all), most(|b| b.kept));
        match high.scale {
            Scale::Count => {
                let top = high.of(all);
                Self { high, all: top, kept: top, top: text::grouped(all) }
            }
            Scale::Own => {
                let top = format!("{} · everyone {}", text::grouped(kept), text::grouped(all));
                Self { high, all: high.of(all), kept: high.of(kept), top }
            }
            Scale::Share => {
                let part = |most: u64, of: u64| most as f32 / of.max(1) as f32;
                let (whole, segment) = (part(all, total.all), part(kept, total.kept));
                let words = match whole > segment {
                    true => text::percent(all, total.all),
                    false => text::percent(kept, total.kept),
                };
                let top = whole.max(segment).max(f32::MIN_POSITIVE);
                let of = |total: u64| total.max(1) as f32 * top;
                Self { high, all: of(total.all), kept: of(total.kept), top: words }
            }
        }
    }

    /// How high the bars of everyone and of this segment are, as parts of the whole height.
    pub(super) fn parts(&self, counts: Counts) -> (f32, f32) {
        (self.high.of(counts.all) / self.all, self.high.of(counts.kept) / self.kept)
    }
}

/// Room above the bars for the words of the axis.
const TOP: f32 = 13.0;

/// The ghost of everyone behind, this segment before it, under a line that says how high it is.
fn bars_ui(ui: &Ui, plot: Rect, bins: &[Counts], total: Counts, high: High) {
    let p = theme::palette(ui);
    let heights = Heights::new(bins, total, high);
    let small = egui::FontId::proportional(theme::AXIS);
    let at = pos2(plot.left(), plot.top() - 1.0);
    ui.painter().text(at, egui::Align2::LEFT_BOTTOM, &heights.top, small, p.weak);
    ui.painter().hline(plot.x_range(), plot.top(), egui::Stroke::new(1.0, p.line));
    let step = plot.width() / bins.len() as f32;
    let gap = if step > 4.0 { 1.0 } else { 0.0 };
    // Where each has a scale of its own, slim bars leave the ghost in sight.
    let slim = if high.scale == Scale::Count { 0.0 } else { step * 0.22 };
    for (i, bin) in bins.iter().enumerate() {
        let x = plot.left() + step * i as f32;
        let bar = |part: f32| {
            let top = plot.bottom() - plot.height() * part.min(1.0);
            Rect::from_min_max(pos2(x, top), pos2(x + step - gap, plot.bottom()))
        };
        let (all, kept) = heights.parts(*bin);
        if bin.all > 0 {
            ui.painter().rect_filled(bar(all.max(0.01)), 1, p.ghost);
        }
        if bin.kept > 0 {
            let bar = bar(kept.max(0.015));
            ui.painter().rect_filled(bar.shrink2(egui::vec2(slim, 0.0)), 1, p.accent);
        }
    }
}

fn hover_ui(ui: &Ui, figure: &Figure, bins: &[Counts], label: impl Fn(usize) -> String) {
    let Some(pointer) = figure.response.hover_pos().filter(|p| figure.plot.contains(*p)) else {
        return;
    };
    let part = (pointer.x - figure.plot.left()) / figure.plot.width().max(1.0);
    let index = ((part * bins.len() as f32) as usize).min(bins.len() - 1);
    let counts = bins[index];
    let _ = ui;
    figure.response.clone().on_hover_ui_at_pointer(|ui| {
        ui.label(theme::heading(label(index)));
        ui.label(counts_words(counts));
    });
}

/// "612 of 4,102 · 14.9 %".
pub(in crate::ui) fn counts_words(counts: Counts) -> String {
    let (kept, all) = (text::grouped(counts.kept), text::grouped(counts.all));
    format!("{kept} of {all} · {}", text::percent(counts.kept, counts.all))
}
