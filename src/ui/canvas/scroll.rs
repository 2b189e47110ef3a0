//! Scrolling through any number of rows: a whole row plus a small offset, so that it stays exact
//! at a thousand million of them.

use egui::{Id, Key, Rect, Response, Sense, Ui, pos2, vec2};

/// The width of the scroll bar.
const BAR: f32 = 10.0;

/// Where a table stands.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(in crate::ui) struct Scroll {
    /// The first row, wholly or partly.
    pub(in crate::ui) row: u64,
    /// How much of it is above the edge, in points.
    pub(in crate::ui) offset: f32,
    /// How far it is moved sideways, in points.
    pub(in crate::ui) x: f32,
}

impl Scroll {
    pub(in crate::ui) fn load(ui: &Ui, id: Id) -> Self {
        ui.data(|d| d.get_temp(id)).unwrap_or_default()
    }

    pub(in crate::ui) fn store(self, ui: &Ui, id: Id) {
        ui.data_mut(|d| d.insert_temp(id, self));
    }

    /// Moves by the wheel, and keeps within `rows` and `wide` (the width that does not fit).
    pub(in crate::ui) fn wheel(
        &mut self,
        ui: &Ui,
        over: &Response,
        rows: u64,
        fit: u64,
        wide: f32,
    ) {
        if over.contains_pointer() {
            let delta = ui.input(|i| i.smooth_scroll_delta());
            self.offset -= delta.y;
            self.x -= delta.x;
        }
        self.settle(rows, fit);
        self.x = self.x.clamp(0.0, wide.max(0.0));
    }

    fn settle(&mut self, rows: u64, fit: u64) {
        let height = crate::ui::theme::ROW;
        while self.offset < 0.0 && self.row > 0 {
            self.row -= 1;
            self.offset += height;
        }
        let whole = (self.offset / height).floor().max(0.0);
        self.row = self.row.saturating_add(whole as u64);
        self.offset = (self.offset - whole * height).max(0.0);
        // One row more than fits, so that the last one is never cut.
        let last = rows.saturating_sub(fit);
        if self.row >= last {
            self.row = last;
            self.offset = 0.0;
        }
    }

    /// Brings a row into sight.
    pub(in crate::ui) fn show_row(&mut self, row: u64, fit: u64) {
        if row < self.row || (row == self.row && self.offset > 0.0) {
            self.row = row;
            self.offset = 0.0;
        } else if row >= self.row + fit {
            self.row = (row + 1).saturating_sub(fit);
            self.offset = 0.0;
        }
    }

    /// The bar at the right of `area`.
    pub(in crate::ui) fn bar_ui(&mut self, ui: &Ui, area: Rect, id: Id, rows: u64, fit: u64) {
        let last = rows.saturating_sub(fit);
        if last == 0 {
            return;
        }
        let bar = Rect::from_min_max(pos2(area.right() - BAR, area.top()), area.max);
        let response = ui.interact(bar, id.with("bar"), Sense::click_and_drag());
        if let (true, Some(at)) =
            (response.dragged() || response.clicked(), response.interact_pointer_pos())
        {
            let part = f64::from((at.y - bar.top()) / bar.height()).clamp(0.0, 1.0);
            self.row = (part * last as f64) as u64;
            self.offset = 0.0;
        }
        let tall = (bar.height() * (fit as f64 / rows.max(1) as f64) as f32).max(20.0);
        let top = bar.top() + (bar.height() - tall) * (self.row as f64 / last as f64) as f32;
        let p = crate::ui::theme::palette(ui);
        let thumb = Rect::from_min_size(pos2(bar.left() + 2.0, top), vec2(BAR - 4.0, tall));
        let color = if response.hovered() || response.dragged() { p.weak } else { p.ghost };
        ui.painter().rect_filled(thumb, 3, color);
    }
}

/// Where the cursor goes by the keys that are pressed.
pub(in crate::ui) fn keys(
    ui: &Ui,
    cursor: (u64, usize),
    rows: u64,
    columns: usize,
    fit: u64,
) -> (u64, usize) {
    let last = rows.saturating_sub(1);
    let (mut row, mut column) = cursor;
    ui.input(|i| {
        let pressed = |key| i.key_pressed(key);
        if pressed(Key::ArrowDown) {
            row = row.saturating_add(1);
        }
        if pressed(Key::ArrowUp) {
            row = row.saturating_sub(1);
        }
        if pressed(Key::PageDown) {
            row = row.saturating_add(fit);
        }
        if pressed(Key::PageUp) {
            row = row.saturating_sub(fit);
        }
        if pressed(Key::Home) {
            row = 0;
        }
        if pressed(Key::End) {
            row = last;
        }
        if pressed(Key::ArrowRight) {
            column += 1;
        }
        if pressed(Key::ArrowLeft) {
            column = column.saturating_sub(1);
        }
    });
    (row.min(last), column.min(columns.saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scrolling_is_exact_at_a_thousand_million_rows() {
        let rows = 1_000_000_000;
        let mut scroll = Scroll { row: 999_999_000, offset: 0.0, x: 0.0 };
        scroll.offset += crate::ui::theme::ROW * 2.5;
        scroll.settle(rows, 20);
        assert_eq!(scroll.row, 999_999_002);
        assert!((scroll.offset - crate::ui::theme::ROW * 0.5).abs() < 1e-3);
        scroll.offset -= crate::ui::theme::ROW;
        scroll.settle(rows, 20);
        assert_eq!(scroll.row, 999_999_001);
    }

    #[test]
    fn the_end_is_the_last_full_page() {
        let mut scroll = Scroll { row: 95, offset: 3.0, x: 0.0 };
        scroll.settle(100, 20);
        assert_eq!((scroll.row, scroll.offset), (80, 0.0));
        scroll.settle(10, 20);
        assert_eq!(scroll.row, 0);
    }
}
