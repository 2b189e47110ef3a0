//! A small table of text, with columns that can be made wider.

use crate::ui::theme;
use egui::{Align, Label, Layout, Ui};
use egui_extras::{Column as Width, TableBuilder};

/// A column of a small table.
pub(in crate::ui) struct Column {
    /// Its name.
    pub(in crate::ui) name: String,
    /// How wide it is at first.
    pub(in crate::ui) width: f32,
    /// Whether it holds numbers, which end at the right.
    pub(in crate::ui) number: bool,
}

/// Draws this many rows, at most this high; `cell` gives the text of a row's column.
pub(in crate::ui) fn table_ui(
    ui: &mut Ui,
    id: &str,
    columns: &[Column],
    (rows, height): (usize, f32),
    cell: impl Fn(usize, usize) -> String,
) {
    let line = 20.0;
    let most = (height - line - 4.0).max(line);
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut table = TableBuilder::new(ui)
        .id_salt(id)
        .striped(true)
        .auto_shrink([false, true])
        .max_scroll_height(most)
        // Below others in a scrolled panel nothing seems to be left; it takes its room all the same.
        .min_scrolled_height(most.min(rows as f32 * line))
        .cell_layout(Layout::left_to_right(Align::Center));
    for column in columns {
        let width = Width::initial(column.width).at_least(36.0).clip(true).resizable(true);
        table = table.column(width);
    }
    let side = |number: bool| {
        let direction = if number { Layout::right_to_left } else { Layout::left_to_right };
        direction(Align::Center)
    };
    let head = |mut row: egui_extras::TableRow<'_, '_>| {
        for column in columns {
            row.col(|ui| {
                ui.with_layout(side(column.number), |ui| {
                    let name = theme::small(ui, column.name.as_str());
                    ui.add(Label::new(name).truncate());
                });
            });
        }
    };
    table.header(line, head).body(|body| {
        body.rows(line, rows, |mut row| {
            let index = row.index();
            for (at, column) in columns.iter().enumerate() {
                row.col(|ui| {
                    ui.with_layout(side(column.number), |ui| {
                        let text = theme::text(cell(index, at)).size(12.0);
                        ui.add(Label::new(text).truncate().selectable(true));
                    });
                });
            }
        });
    });
}
