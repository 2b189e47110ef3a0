//! Small icons, drawn by the painter. They stand beside words, or on buttons with a spoken name.

use crate::ui::{text, theme};
use egui::{
    Color32, Painter, Pos2, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};

/// What an icon shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Icon {
    /// Read-only.
    Lock,
    /// More, below.
    More,
    /// Close or take out.
    Close,
    /// Add.
    Plus,
    /// One step back.
    Undo,
    /// One step forward.
    Redo,
    /// Light.
    Sun,
    /// Dark.
    Moon,
    /// A person's data.
    Person,
    /// It holds.
    Tick,
    /// It does not hold.
    Cross,
    /// Up.
    Up,
    /// Down.
    Down,
    /// Six dots to drag by.
    Grip,
}

/// An icon that says something and does nothing.
pub(super) fn mark(ui: &mut Ui, icon: Icon, name: &str) {
    let (rect, response) = ui.allocate_exact_size(vec2(14.0, 14.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    paint(ui.painter(), rect.shrink(1.0), icon, theme::palette(ui).ghost);
    response.on_hover_text(name);
}

/// Draws an icon in the middle of a square.
pub(super) fn paint(painter: &Painter, rect: Rect, icon: Icon, color: Color32) {
    let c = rect.center();
    let s = rect.width().min(rect.height()) / 16.0;
    let at = |x: f32, y: f32| c + vec2(x, y) * s;
    let stroke = Stroke::new(1.5 * s.max(0.7), color);
    let line = |points: &[(f32, f32)]| {
        let points: Vec<Pos2> = points.iter().map(|(x, y)| at(*x, *y)).collect();
        painter.line(points, stroke);
    };
    match icon {
        Icon::Lock => {
            painter.rect_filled(Rect::from_min_max(at(-4.0, -0.5), at(4.0, 5.5)), 1.5 * s, color);
            line(&[
                (-2.5, -0.5),
                (-2.5, -3.0),
                (-1.2, -4.8),
                (1.2, -4.8),
                (2.5, -3.0),
                (2.5, -0.5),
            ]);
        }
        Icon::More => [-4.0, 0.0, 4.0].iter().for_each(|x| {
            painter.circle_filled(at(*x, 0.0), 1.3 * s, color);
        }),
        Icon::Close | Icon::Cross => {
            line(&[(-3.5, -3.5), (3.5, 3.5)]);
            line(&[(-3.5, 3.5), (3.5, -3.5)]);
        }
        Icon::Plus => {
            line(&[(-4.0, 0.0), (4.0, 0.0)]);
            line(&[(0.0, -4.0), (0.0, 4.0)]);
        }
        Icon::Undo | Icon::Redo => {
            let m = if icon == Icon::Undo { 1.0 } else { -1.0 };
            line(&[(-2.0 * m, -5.0), (-5.0 * m, -2.0), (-2.0 * m, 1.0)]);
            line(&[
                (-5.0 * m, -2.0),
                (1.5 * m, -2.0),
                (4.2 * m, -0.6),
                (4.6 * m, 1.6),
                (3.4 * m, 3.8),
                (0.5 * m, 4.5),
            ]);
        }
        Icon::Sun => {
            painter.circle_filled(c, 2.6 * s, color);
            for k in 0..8 {
                let (sin, cos) = (k as f32 * std::f32::consts::FRAC_PI_4).sin_cos();
                painter.line_segment([at(cos * 4.3, sin * 4.3), at(cos * 6.0, sin * 6.0)], stroke);
            }
        }
        Icon::Moon => {
            painter.circle_filled(c, 5.0 * s, color);
            let ground = painter.ctx().global_style().visuals.panel_fill;
            painter.circle_filled(at(2.4, -1.6), 4.2 * s, ground);
        }
        Icon::Person => {
            painter.circle_filled(at(0.0, -2.6), 2.4 * s, color);
            painter.rect_filled(Rect::from_min_max(at(-4.2, 0.8), at(4.2, 5.0)), 3.0 * s, color);
        }
        Icon::Tick => line(&[(-4.0, 0.3), (-1.2, 3.2), (4.2, -3.4)]),
        Icon::Up => line(&[(-3.5, 2.0), (0.0, -2.0), (3.5, 2.0)]),
        Icon::Down => line(&[(-3.5, -2.0), (0.0, 2.0), (3.5, -2.0)]),
        Icon::Grip => {
            for (x, y) in
                [(-2.0, -4.0), (2.0, -4.0), (-2.0, 0.0), (2.0, 0.0), (-2.0, 4.0), (2.0, 4.0)]
            {
                painter.circle_filled(at(x, y), 1.1 * s, color);
            }
        }
    }
}

/// A button that is an icon, with its name for the tooltip and for screen readers.
pub(super) fn button(ui: &mut Ui, icon: Icon, name: &str, enabled: bool) -> Response {
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let (rect, response) = ui.allocate_exact_size(vec2(theme::ROW, theme::ROW), sense);
    let name = text::shown(name);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, &name));
    let p = theme::palette(ui);
    if response.has_focus() {
        let stroke = Stroke::new(1.5, p.accent);
        ui.painter().rect_stroke(rect, 4, stroke, egui::StrokeKind::Inside);
    }
    if response.hovered() && enabled {
        ui.painter().rect_filled(rect, 4, p.hover);
    }
    let color = match (enabled, response.hovered()) {
        (false, _) => p.line,
        (true, true) => p.text,
        (true, false) => p.weak,
    };
    paint(ui.painter(), rect.shrink(4.0), icon, color);
    response.on_hover_text(name)
}

/// An icon beside words: it takes room, but is no control.
pub(super) fn beside(ui: &mut Ui, icon: Icon, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(14.0, 16.0), Sense::hover());
    let square = Rect::from_center_size(pos2(rect.center().x, rect.center().y), vec2(12.0, 12.0));
    paint(ui.painter(), square, icon, color);
}
