//! What every chart is made of: a place with a spoken name, an axis, a brush.

use crate::ui::{text, theme};
use egui::accesskit::Role;
use egui::{Align2, FontId, Id, Key, Rect, Response, Sense, Stroke, StrokeKind, Ui, pos2, vec2};

/// Room for the axis under a chart.
const AXIS: f32 = 18.0;

/// A chart's place: where to draw, and what happens there.
pub(super) struct Figure {
    /// Where marks are drawn.
    pub(super) plot: Rect,
    /// Clicks, drags and keys on it.
    pub(super) response: Response,
}

/// Makes room for a chart and gives it a spoken name and description.
pub(super) fn figure(ui: &mut Ui, name: &str, says: &str, height: f32) -> Figure {
    let size = vec2(ui.available_width(), height);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    let mut plot = rect;
    plot.max.y -= AXIS;
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(Role::Figure);
        node.set_label(text::shown(name));
        node.set_description(text::shown(says));
    });
    let p = theme::palette(ui);
    if response.has_focus() {
        let stroke = Stroke::new(1.5, p.accent);
        ui.painter().rect_stroke(rect.expand(2.0), 4, stroke, StrokeKind::Outside);
        let filter = egui::EventFilter { horizontal_arrows: true, ..Default::default() };
        ui.memory_mut(|m| m.set_focus_lock_filter(response.id, filter));
    }
    ui.painter().hline(plot.x_range(), plot.bottom(), Stroke::new(1.0, p.line));
    Figure { plot, response }
}

/// Labels under the axis: at the left, in the middle, at the right.
pub(super) fn axis_ui(ui: &Ui, plot: Rect, labels: [&str; 3]) {
    let color = theme::palette(ui).weak;
    let y = plot.bottom() + 3.0;
    let places = [
        (plot.left(), Align2::LEFT_TOP),
        (plot.center().x, Align2::CENTER_TOP),
        (plot.right(), Align2::RIGHT_TOP),
    ];
    for (label, (x, align)) in labels.into_iter().zip(places) {
        let label = text::shown(label);
        ui.painter().text(pos2(x, y), align, label, FontId::proportional(theme::SMALL), color);
    }
}

/// A range being dragged over a chart, as parts of its width, and whether the drag is over.
pub(super) struct Dragged {
    pub(super) from: f32,
    pub(super) to: f32,
    pub(super) done: bool,
}

/// The drag over a figure, from where the button went down.
pub(super) fn drag(ui: &Ui, figure: &Figure) -> Option<Dragged> {
    let id: Id = figure.response.id.with("brush");
    let part = |x: f32| ((x - figure.plot.left()) / figure.plot.width().max(1.0)).clamp(0.0, 1.0);
    if figure.response.drag_started()
        && let Some(origin) = ui.input(|i| i.pointer.press_origin())
    {
        ui.data_mut(|d| d.insert_temp(id, part(origin.x)));
    }
    let stopped = figure.response.drag_stopped();
    if !(figure.response.dragged() || stopped) {
        return None;
    }
    let start: f32 = ui.data(|d| d.get_temp(id))?;
    let pointer =
        figure.response.interact_pointer_pos().or(ui.input(|i| i.pointer.latest_pos()))?.x;
    if stopped {
        ui.data_mut(|d| {
            d.remove::<f32>(id);
            d.remove::<f32>(id.with("last"));
        });
    } else {
        // A pointer that is held still asks for nothing, also when the chart moves under it.
        let last: Option<f32> = ui.data(|d| d.get_temp(id.with("last")));
        if last == Some(pointer) {
            return None;
        }
        ui.data_mut(|d| d.insert_temp(id.with("last"), pointer));
    }
    let now = part(pointer);
    Some(Dragged { from: start.min(now), to: start.max(now), done: stopped })
}

/// What the arrow keys ask of a range: by how many bins each of its ends moves.
pub(super) fn arrows(ui: &Ui, figure: &Figure) -> Option<(i64, i64)> {
    if !figure.response.has_focus() {
        return None;
    }
    ui.input(|i| {
        let by =
            i64::from(i.key_pressed(Key::ArrowRight)) - i64::from(i.key_pressed(Key::ArrowLeft));
        match (by, i.modifiers.shift) {
            (0, _) => None,
            (by, true) => Some((0, by)),
            (by, false) => Some((by, by)),
        }
    })
}

/// The chosen range, drawn over a chart: what lies outside is veiled.
pub(super) fn range_ui(ui: &Ui, plot: Rect, from: f32, to: f32) {
    let p = theme::palette(ui);
    let x = |part: f32| plot.left() + plot.width() * part.clamp(0.0, 1.0);
    let veil = p.card.gamma_multiply(0.6);
    let left = Rect::from_min_max(plot.min, pos2(x(from), plot.bottom()));
    let right = Rect::from_min_max(pos2(x(to), plot.top()), plot.max);
    ui.painter().rect_filled(left, 0, veil);
    ui.painter().rect_filled(right, 0, veil);
    for edge in [x(from), x(to)] {
        ui.painter().vline(edge, plot.y_range(), Stroke::new(1.5, p.accent));
    }
}
