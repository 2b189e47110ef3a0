//! The People tab: a table of any length and width, painted as one widget.

use crate::model::catalog::Column;
use crate::model::question::Sort;
use crate::model::value::{Kind, Value};
use crate::state::{Action, Focus, PeopleAction, Slot, State, ViewAction};
use crate::ui::canvas::scroll::{self, Scroll};
use crate::ui::icons::{self, Icon};
use crate::ui::{Actions, text, theme, widgets};
use egui::accesskit;
use egui::{EventFilter, FontId, Id, Key, Rect, Sense, Stroke, Ui, pos2, vec2};

/// Room for the column that stays: the key.
const KEY_WIDTH: f32 = 132.0;

/// The table with its tools.
pub fn people_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    tools_ui(ui, state, actions);
    dropped_ui(ui, state, actions);
    let columns = state.shown_columns();
    if state.row_count() == 0 {
        match state.answers.failure(&state.people_size_slot()) {
            Some(failure) => widgets::failure_ui(ui, failure),
            None => empty_ui(ui, state),
        }
        return;
    }
    let slot = Slot::Page(state.people.seen.0 / crate::state::people::PAGE_ROWS);
    if let Some(failure) = state.answers.failure(&slot) {
        widgets::failure_ui(ui, failure);
        return;
    }
    table_ui(ui, state, &columns, actions);
}

/// Says whose rows these are, when they are not the segment's.
fn dropped_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let Some(index) = state.people.dropped_by else { return };
    let words = crate::ui::canvas::steps::step_title(state, index);
    let p = theme::palette(ui);
    let frame = egui::Frame::new().fill(p.accent_soft).corner_radius(4).inner_margin(6);
    frame.show(ui, |ui| {
        widgets::left_right(
            ui,
            |ui| {
                let count = text::grouped(state.row_count());
                let room = (ui.available_width() - 150.0).max(80.0);
                ui.allocate_ui(vec2(room, theme::ROW), |ui| {
                    widgets::plain(ui, &format!("{count} dropped by “{words}”"));
                });
            },
            |ui| {
                if ui.button("Back to the segment").clicked() {
                    actions.push(Action::People(PeopleAction::ShowDropped(None)));
                }
            },
        );
    });
}

fn empty_ui(ui: &mut Ui, state: &State) {
    ui.add_space(theme::SPACE * 2.0);
    if state.answers.answer(&state.people_size_slot()).is_none()
        || state.answers.is_waiting(&state.people_size_slot())
    {
        ui.label(theme::weak(ui, "Counting…"));
    } else if state.people.dropped_by.is_some() {
        ui.label(theme::heading("This condition drops no one"));
    } else {
        crate::ui::canvas::steps::no_one_ui(ui, state);
    }
}

fn tools_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    ui.horizontal(|ui| {
        let people = |action| Action::People(action);
        let (_, changed) = widgets::field(ui, "Search columns", &state.people.search, 160.0);
        if let Some(text) = changed {
            actions.push(people(PeopleAction::Search(text)));
        }
        let hidden = state.people.hidden.len();
        let name = if hidden == 0 { "Columns".into() } else { format!("Columns, {hidden} hidden") };
        ui.menu_button(name, |ui| columns_menu_ui(ui, state, actions));
        ui.label(theme::small(ui, "f keeps the value of the cell, x excludes it, Enter opens"));
    });
}

fn columns_menu_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let Some(entity) = state.entity() else { return };
    if ui.button("Show all").clicked() {
        actions.push(Action::People(PeopleAction::ShowAll));
    }
    egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
        for column in entity.features.iter().filter(|c| c.name != entity.key) {
            let mut shown = !state.people.hidden.contains(&column.name);
            ui.horizontal(|ui| {
                if ui.checkbox(&mut shown, theme::text(&column.name)).changed() {
                    actions.push(Action::People(PeopleAction::Hide(column.name.clone())));
                }
                if column.personal.is_some() {
                    let masked = state.people.is_masked(column);
                    let word = if masked { "reveal" } else { "mask" };
                    let button = ui.small_button(word);
                    widgets::name_field(ui, &button, &format!("{word} {}", column.name));
                    if button.clicked() {
                        actions.push(Action::People(PeopleAction::Reveal(column.name.clone())));
                    }
                }
            });
        }
    });
}

/// The widths and places of columns: prefix sums, so that only what is in sight is drawn.
struct Layout {
    /// The left edge of each column after the key, and the right edge of the last.
    edges: Vec<f32>,
}

impl Layout {
    fn new(state: &State, columns: &[&Column]) -> Self {
        let mut edges = vec![0.0];
        for column in columns.iter().skip(1) {
            let name = column.name.chars().count() as f32 * 7.5 + 28.0;
            // A moment is seen whole; dots in place of values need little.
            let values: f32 = match column.kind {
                _ if state.people.is_masked(column) => 72.0,
                Kind::Timestamp | Kind::Instant => 164.0,
                Kind::Text => 136.0,
                Kind::Date => 104.0,
                _ => 84.0,
            };
            let width = name.max(values).min(260.0);
            edges.push(edges[edges.len() - 1] + width);
        }
        Self { edges }
    }

    fn total(&self) -> f32 {
        self.edges[self.edges.len() - 1]
    }

    /// The columns after the key that are in sight, by their index in `columns`.
    fn in_sight(&self, x: f32, width: f32) -> std::ops::Range<usize> {
        let first = self.edges.partition_point(|e| *e <= x).saturating_sub(1);
        let last = self.edges.partition_point(|e| *e < x + width);
        let count = self.edges.len() - 1;
        first.min(count) + 1..last.min(count) + 1
    }

    fn span(&self, column: usize) -> (f32, f32) {
        (self.edges[column - 1], self.edges[column])
    }
}

struct PeopleTable<'a> {
    state: &'a State,
    columns: &'a [&'a Column],
    layout: Layout,
    /// All of it, header included.
    area: Rect,
    /// The rows.
    body: Rect,
    scroll: Scroll,
}

impl PeopleTable<'_> {
    fn left(&self, column: usize) -> (f32, f32) {
        if column == 0 {
            return (self.area.left(), self.area.left() + KEY_WIDTH);
        }
        let (from, to) = self.layout.span(column);
        let start = self.area.left() + KEY_WIDTH - self.scroll.x;
        (start + from, start + to)
    }

    /// The cells right of the key.
    fn rest(&self, area: Rect) -> Rect {
        Rect::from_min_max(pos2(area.left() + KEY_WIDTH, area.top()), area.max)
    }
}

fn table_ui(ui: &mut Ui, state: &State, columns: &[&Column], actions: &mut Actions) {
    let rows = state.row_count();
    let (area, response) = ui.allocate_exact_size(ui.available_size(), Sense::click());
    let header = Rect::from_min_size(area.min, vec2(area.width(), theme::ROW));
    let body = Rect::from_min_max(pos2(area.left(), header.bottom()), area.max);
    let fit = ((body.height() / theme::ROW).floor() as u64).max(1);
    let id = Id::unique("people table").with(state.people.turn);
    let mut table = PeopleTable {
        state,
        columns,
        layout: Layout::new(state, columns),
        area,
        body,
        scroll: Scroll::load(ui, id),
    };
    let wide = table.layout.total() + KEY_WIDTH + 12.0 - area.width();
    table.scroll.wheel(ui, &response, rows, fit, wide);
    if state.focus == Some(Focus::People) || response.clicked() {
        response.request_focus();
    }
    if state.focus == Some(Focus::People) {
        actions.push(ViewAction::Focused.into());
    }
    if response.has_focus() {
        keys_ui(ui, &response, &mut table, fit, actions);
    }
    table.scroll.bar_ui(ui, body, id, rows, fit);
    table.scroll.store(ui, id);
    let first = table.scroll.row;
    let last = (first + fit + 2).min(rows);
    if state.people.seen != (first, last) {
        actions.push(Action::People(PeopleAction::See(first, last)));
    }
    if let Some(at) = response.interact_pointer_pos().filter(|_| response.clicked()) {
        click(&table, at, rows, response.double_clicked(), actions);
    }
    rows_ui(ui, &table, first, last, response.has_focus());
    header_ui(ui, &table, header, actions);
    spoken(ui, &table, response.id, rows);
}

fn keys_ui(
    ui: &Ui,
    response: &egui::Response,
    table: &mut PeopleTable<'_>,
    fit: u64,
    actions: &mut Actions,
) {
    let filter =
        EventFilter { horizontal_arrows: true, vertical_arrows: true, ..Default::default() };
    ui.memory_mut(|m| m.set_focus_lock_filter(response.id, filter));
    let before = table.state.people.cursor;
    let rows = table.state.row_count();
    let cursor = scroll::keys(ui, before, rows, table.columns.len(), fit);
    if cursor != before {
        actions.push(Action::People(PeopleAction::Cursor(cursor.0, cursor.1)));
        table.scroll.show_row(cursor.0, fit);
        if cursor.1 > 0 {
            let (from, to) = table.layout.span(cursor.1);
            let room = table.area.width() - KEY_WIDTH - 12.0;
            table.scroll.x = table.scroll.x.min(from).max(to - room).max(0.0);
        }
    }
    let typed = |key: &str| ui.input(|i| i.events.contains(&egui::Event::Text(key.to_owned())));
    if typed("f") {
        actions.push(Action::People(PeopleAction::FilterToCell));
    }
    if typed("x") {
        actions.push(Action::People(PeopleAction::ExcludeCell));
    }
    if ui.input(|i| i.key_pressed(Key::Enter)) {
        actions.push(Action::People(PeopleAction::OpenRow(cursor.0)));
    }
}

fn click(table: &PeopleTable<'_>, at: egui::Pos2, rows: u64, twice: bool, actions: &mut Actions) {
    if at.y < table.body.top() || at.x > table.body.right() - 10.0 {
        return;
    }
    let down = (at.y - table.body.top() + table.scroll.offset) / theme::ROW;
    let row = table.scroll.row + down.max(0.0) as u64;
    if row >= rows {
        return;
    }
    let column = (0..table.columns.len()).find(|c| {
        let (from, to) = table.left(*c);
        at.x >= from && at.x < to && (*c == 0 || at.x >= table.area.left() + KEY_WIDTH)
    });
    if let Some(column) = column {
        actions.push(Action::People(PeopleAction::Cursor(row, column)));
        if twice || column == 0 || table.state.people.profile.is_some() {
            actions.push(Action::People(PeopleAction::OpenRow(row)));
        }
    }
}

fn rows_ui(ui: &Ui, table: &PeopleTable<'_>, first: u64, last: u64, focused: bool) {
    let p = theme::palette(ui);
    let painter = ui.painter_at(table.body);
    let rest = painter.with_clip_rect(table.rest(table.body).intersect(table.body));
    let sight = table.layout.in_sight(table.scroll.x, table.area.width() - KEY_WIDTH);
    let mut top = table.body.top() - table.scroll.offset;
    for row in first..last {
        let line =
            Rect::from_min_size(pos2(table.area.left(), top), vec2(table.area.width(), theme::ROW));
        painter.hline(line.x_range(), line.bottom(), Stroke::new(1.0, p.line));
        for column in sight.clone().chain([0]) {
            let painter = if column == 0 { &painter } else { &rest };
            let (left, right) = table.left(column);
            let cell = Rect::from_min_max(pos2(left, top), pos2(right, top + theme::ROW));
            if table.state.people.cursor == (row, column) {
                painter.rect_filled(cell, 2, p.accent_soft);
                if focused {
                    let stroke = Stroke::new(1.5, p.accent);
                    painter.rect_stroke(cell, 2, stroke, egui::StrokeKind::Inside);
                }
            }
            cell_ui(painter, table, row, column, cell, p);
        }
        top += theme::ROW;
    }
    let x = table.area.left() + KEY_WIDTH;
    painter.vline(x, table.body.y_range(), Stroke::new(1.0, p.line));
}

fn cell_ui(
    painter: &egui::Painter,
    table: &PeopleTable<'_>,
    row: u64,
    column: usize,
    cell: Rect,
    p: theme::Palette,
) {
    let feature = table.columns[column];
    let (words, color) = match table.state.cell_of(row, &feature.name) {
        None => ("…".to_owned(), p.line),
        Some(Value::Missing) => ("–".to_owned(), p.ghost),
        Some(_) if table.state.people.is_masked(feature) => ("•••••".to_owned(), p.weak),
        Some(value) if column == 0 => (value.display(), p.accent),
        Some(value) => (text::named_cell(&feature.name, value), p.text),
    };
    // A cell shows one line; a novel in it must not cost its length each frame.
    let words: String = words.chars().take(64).collect();
    let painter =
        painter.with_clip_rect(painter.clip_rect().intersect(cell.shrink2(vec2(4.0, 0.0))));
    let font = FontId::proportional(12.5);
    let galley = cut(&painter, words, font, color, cell.width() - 14.0);
    let left = if feature.kind.is_numeric() && column > 0 {
        cell.right() - 8.0 - galley.size().x
    } else {
        cell.left() + 8.0
    };
    painter.galley(pos2(left, cell.center().y - galley.size().y / 2.0), galley, color);
}

/// One line of text that ends with `…` where it does not fit.
fn cut(
    painter: &egui::Painter,
    words: String,
    font: FontId,
    color: egui::Color32,
    width: f32,
) -> std::sync::Arc<egui::Galley> {
    let mut job =
        egui::text::LayoutJob::simple_singleline(text::shown(&words).into_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(1.0));
    painter.layout_job(job)
}

/// Column names: a click sorts. These are real controls, for those in sight.
fn header_ui(ui: &mut Ui, table: &PeopleTable<'_>, header: Rect, actions: &mut Actions) {
    let p = theme::palette(ui);
    ui.painter().rect_filled(header, 0, p.side);
    ui.painter().hline(header.x_range(), header.bottom(), Stroke::new(1.0, p.line));
    let sight = table.layout.in_sight(table.scroll.x, table.area.width() - KEY_WIDTH);
    for column in [0].into_iter().chain(sight) {
        let feature = table.columns[column];
        let (left, right) = table.left(column);
        let cell = Rect::from_min_max(pos2(left, header.top()), pos2(right, header.bottom()));
        let clip = if column == 0 { header } else { table.rest(header) };
        let seen = cell.intersect(clip);
        if seen.width() <= 1.0 {
            continue;
        }
        let response = ui.interact(seen, Id::unique(("sort", &feature.name)), Sense::click());
        let sort = table.state.people.sort.as_ref().filter(|sort| sort.by == feature.name);
        let spoken = match sort {
            Some(Sort { descending: true, .. }) => {
                format!("{}, sorted from the highest", feature.name)
            }
            Some(_) => format!("{}, sorted from the lowest", feature.name),
            None => format!("Sort by {}", feature.name),
        };
        let spoken = text::shown(&spoken);
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &spoken));
        if response.clicked() {
            actions.push(Action::People(PeopleAction::Sort(feature.name.clone())));
        }
        let painter = ui.painter().with_clip_rect(seen);
        if response.hovered() || response.has_focus() {
            painter.rect_filled(cell, 0, p.hover);
        }
        let icon = if sort.is_some() || feature.personal.is_some() { 18.0 } else { 0.0 };
        let room = cell.width() - 14.0 - icon;
        let name = cut(&painter, feature.name.clone(), theme::strong(12.0), p.text, room);
        let left = cell.left() + 8.0;
        let end = left + name.size().x;
        painter.galley(pos2(left, cell.center().y - name.size().y / 2.0), name, p.text);
        let mark = |x: f32| Rect::from_center_size(pos2(x, cell.center().y), vec2(11.0, 11.0));
        if let Some(Sort { descending: down, .. }) = sort {
            let icon = if *down { Icon::Down } else { Icon::Up };
            icons::paint(&painter, mark(end + 10.0), icon, p.accent);
        } else if feature.personal.is_some() {
            icons::paint(&painter, mark(end + 10.0), Icon::Person, p.ghost);
        }
        header_menu_ui(&response, table.state, feature, column > 0, actions);
        let about = feature.description.as_deref().unwrap_or(feature.kind.word());
        response.on_hover_text(theme::lines(about));
    }
}

fn header_menu_ui(
    response: &egui::Response,
    state: &State,
    feature: &Column,
    may_hide: bool,
    actions: &mut Actions,
) {
    response.context_menu(|ui| {
        let name = || feature.name.clone();
        let mut item = |ui: &mut Ui, text: &str, action: Action| {
            if ui.button(text).clicked() {
                actions.push(action);
            }
        };
        item(ui, "Add a condition…", Action::Edit(crate::state::EditAction::New(name())));
        let kind = crate::model::question::ChartKind::Feature(name());
        item(ui, "Add a chart", Action::Look(crate::state::LookAction::Add(kind)));
        if may_hide {
            item(ui, "Hide the column", Action::People(PeopleAction::Hide(name())));
        }
        if feature.personal.is_some() {
            let word =
                if state.people.is_masked(feature) { "Reveal for this sitting" } else { "Mask" };
            item(ui, word, Action::People(PeopleAction::Reveal(name())));
        }
    });
}

/// The table's one node: what it is, and the cell under the keys.
fn spoken(ui: &Ui, table: &PeopleTable<'_>, id: Id, rows: u64) {
    let (row, column) = table.state.people.cursor;
    let label = format!(
        "People, {}, {}",
        text::counted(rows, "row", "rows"),
        text::counted(table.columns.len() as u64, "column", "columns")
    );
    let value = table.columns.get(column).map(|feature| {
        let cell = match table.state.cell_of(row, &feature.name) {
            Some(_) if table.state.people.is_masked(feature) => "masked".to_owned(),
            Some(Value::Missing) => "missing".to_owned(),
            Some(value) => text::cell(value),
            None => "not read yet".to_owned(),
        };
        format!("row {}, {}, {cell}", text::grouped(row + 1), feature.name)
    });
    ui.ctx().accesskit_node_builder(id, |node| {
        node.set_role(accesskit::Role::Grid);
        node.set_label(label);
        if let Some(value) = value {
            node.set_value(text::shown(&value));
        }
    });
}
