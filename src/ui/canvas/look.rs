//! The Look tab: a grid of linked charts.

use crate::model::question::{Answer, ChartKind};
use crate::state::look::Chart;
use crate::state::{Action, LookAction, Scale, Slot, State, ViewAction};
use crate::ui::icons::{self, Icon};
use crate::ui::{Actions, chart, text, theme, widgets};
use egui::{Align, Layout, Sense, Ui, vec2};

/// The grid of charts.
pub fn look_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    add_ui(ui, state, actions);
    // What is in sight without scrolling.
    let sight = ui.available_size() - vec2(theme::SPACE, 0.0);
    egui::ScrollArea::vertical().id_salt("look").auto_shrink(false).show(ui, |ui| {
        if state.look.charts.is_empty() {
            ui.add_space(theme::SPACE * 2.0);
            ui.label(theme::weak(ui, "No charts yet. A click on a feature adds one"));
            return;
        }
        let size = state.answers.answer(&Slot::Size);
        let no_one = matches!(size, Some(Answer::Size(s)) if s.kept == 0);
        if no_one && !state.canvas.tree().is_idle() && !state.answers.is_waiting(&Slot::Size) {
            crate::ui::canvas::steps::no_one_ui(ui, state);
            ui.add_space(theme::SPACE);
        }
        let enlarged =
            state.look.enlarged.and_then(|id| state.look.charts.iter().find(|c| c.id == id));
        if let Some(chart) = enlarged {
            let size = vec2(sight.x, sight.y.max(theme::CHART + FRAME));
            ui.push_id(chart.id, |ui| card_ui(ui, state, (0, chart), size, actions));
            return;
        }
        grid_ui(ui, state, sight, actions);
    });
}

/// What a card has beside its drawing: the title and the margins.
const FRAME: f32 = 48.0;

/// The space between cards.
const GAP: f32 = theme::SPACE * 1.5;

/// A card may be so many times as large as the smallest one.
const GROWTH: f32 = 2.4;

/// How many cards stand side by side, and how large each is: the largest that leave all of them in
/// sight, and the smallest where that cannot be.
fn fit(charts: usize, sight: egui::Vec2) -> (usize, egui::Vec2) {
    let most = ((sight.x + GAP) / (theme::CHART_WIDTH + GAP)).floor().max(1.0) as usize;
    let size = |columns: usize, room: f32| {
        let width = (sight.x - GAP * (columns - 1) as f32) / columns as f32;
        let factor = (width / theme::CHART_WIDTH).clamp(1.0, GROWTH);
        let tall = (theme::CHART * factor).min(room - FRAME).max(theme::CHART);
        vec2(width.min(theme::CHART_WIDTH * GROWTH), tall + FRAME)
    };
    let fits = |columns: &usize| {
        let rows = charts.div_ceil(*columns) as f32;
        rows * (theme::CHART + FRAME + GAP) <= sight.y
    };
    // With fewer side by side they would be as wide as they may be, and the rest would stay empty.
    let least = ((sight.x + GAP) / (theme::CHART_WIDTH * GROWTH + GAP)).ceil().max(1.0) as usize;
    match (least..=most.max(least)).find(fits) {
        Some(columns) => {
            let rows = charts.div_ceil(columns).max(1) as f32;
            (columns, size(columns, sight.y / rows - GAP))
        }
        None => (most, size(most, theme::CHART + FRAME)),
    }
}

/// The cards in rows.
fn grid_ui(ui: &mut Ui, state: &State, sight: egui::Vec2, actions: &mut Actions) {
    let (columns, size) = fit(state.look.charts.len(), sight);
    let charts: Vec<(usize, &Chart)> = state.look.charts.iter().enumerate().collect();
    for row in charts.chunks(columns) {
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            for chart in row {
                ui.push_id(chart.1.id, |ui| card_ui(ui, state, *chart, size, actions));
            }
        });
        ui.add_space(GAP - 6.0);
    }
}

fn card_ui(
    ui: &mut Ui,
    state: &State,
    (place, chart): (usize, &Chart),
    size: egui::Vec2,
    actions: &mut Actions,
) {
    let margin = 18.0;
    let shown = ui.allocate_ui_with_layout(size, Layout::top_down(Align::Min), |ui| {
        theme::card(ui).show(ui, |ui| {
            ui.set_width(size.x - margin);
            ui.set_height(size.y - margin);
            ui.horizontal(|ui| title_ui(ui, state, chart, actions));
            chart::chart_ui(ui, state, chart, actions);
        });
    });
    drop_ui(ui, &shown.response, place, actions);
}

/// The name of a chart, which is also its handle, and its menu.
fn title_ui(ui: &mut Ui, state: &State, chart: &Chart, actions: &mut Actions) {
    let title = chart.kind.title();
    let room = ui.available_width() - 36.0;
    let (rect, handle) = ui.allocate_exact_size(vec2(room, theme::ROW), Sense::click_and_drag());
    let title = text::shown(&title);
    handle.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &title));
    let p = theme::palette(ui);
    let font = theme::strong(theme::BODY);
    let mut right = rect.right();
    if chart.log && !chart.as_table && state.look.scale != Scale::Share {
        let small = egui::FontId::proportional(theme::SMALL);
        let at = egui::pos2(right, rect.center().y);
        let words = ui.painter().text(at, egui::Align2::RIGHT_CENTER, "log scale", small, p.weak);
        right = words.left() - theme::SPACE;
    }
    let name = widgets::middle_cut(ui, &title, &font, right - rect.left());
    widgets::cut_text(ui, (rect.left(), right), rect.center().y, &name, font, p.text);
    if handle.has_focus() {
        let stroke = egui::Stroke::new(1.5, p.accent);
        ui.painter().rect_stroke(rect, 3, stroke, egui::StrokeKind::Inside);
    }
    handle.dnd_set_drag_payload(chart.id);
    let enter = handle.has_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
    if handle.double_clicked() || enter {
        actions.push(Action::Look(LookAction::Enlarge(chart.id)));
    }
    let hint = "Double-click enlarges, drag moves";
    let said = if name == title { hint.to_owned() } else { format!("{title}\n{hint}") };
    handle.on_hover_text(theme::lines(&said));
    let name = format!("More about the chart {title}");
    let more = icons::button(ui, Icon::More, &name, true);
    egui::Popup::menu(&more).show(|ui| menu_ui(ui, state, chart, actions));
}

/// Takes a chart that is dropped on another: before its middle or after.
fn drop_ui(ui: &Ui, card: &egui::Response, place: usize, actions: &mut Actions) {
    let Some(pointer) = ui.input(|i| i.pointer.hover_pos()) else { return };
    let after = pointer.x > card.rect.center().x;
    if card.dnd_hover_payload::<u64>().is_some() {
        let x = if after { card.rect.right() + 5.0 } else { card.rect.left() - 5.0 };
        let stroke = egui::Stroke::new(2.0, theme::palette(ui).accent);
        ui.painter().vline(x, card.rect.y_range(), stroke);
    }
    if let Some(id) = card.dnd_release_payload::<u64>() {
        actions.push(Action::Look(LookAction::MoveTo(*id, place + usize::from(after))));
    }
}

fn menu_ui(ui: &mut Ui, state: &State, chart: &Chart, actions: &mut Actions) {
    let enlarged = state.look.enlarged == Some(chart.id);
    if ui.button(if enlarged { "Show all charts" } else { "Enlarge" }).clicked() {
        actions.push(Action::Look(LookAction::Enlarge(chart.id)));
    }
    let table = if chart.as_table { "Show as chart" } else { "Show as table" };
    if ui.button(table).clicked() {
        actions.push(Action::Look(LookAction::AsTable(chart.id)));
    }
    let answer = state.answers.answer(&chart.slot());
    let counts = matches!(answer, Some(Answer::Histogram(_) | Answer::Timeline(_)));
    let spread = matches!(answer, Some(Answer::Boxes(_)));
    if (counts || spread) && !chart.as_table {
        let scale = match (chart.log, counts) {
            (true, _) => "Plain scale",
            (false, true) => "Counts on a log scale",
            (false, false) => "Numbers on a log scale",
        };
        if ui.button(scale).clicked() {
            actions.push(Action::Look(LookAction::LogCounts(chart.id)));
        }
    }
    let value = state.answers.get(&chart.slot()).and_then(|h| h.value.as_ref());
    if let Some(answered) = value {
        if ui.button("Copy SQL").clicked() {
            actions.push(ViewAction::Copy(answered.sql.clone()).into());
        }
        let masked = chart::masked_column(state, &chart.kind).is_some();
        if !masked && ui.button("Copy numbers").clicked() {
            let rows = chart::rows_of(&answered.answer);
            let lines: Vec<String> =
                rows.into_iter().map(|(a, b, c)| format!("{a}\t{b}\t{c}")).collect();
            actions.push(ViewAction::Copy(lines.join("\n")).into());
        }
    }
    if let ChartKind::Feature(column) = &chart.kind
        && ui.button("Clear its range").clicked()
    {
        actions.push(Action::Look(LookAction::Clear(column.clone())));
    }
    if ui.button("Remove the chart").clicked() {
        actions.push(Action::Look(LookAction::Remove(chart.id)));
    }
}

fn add_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let Some(entity) = state.entity() else { return };
    let mut chosen = None;
    ui.horizontal(|ui| {
        ui.menu_button("+ chart", |ui| {
            chosen = chart::menu_ui(ui, entity);
        });
        ui.separator();
        for scale in Scale::ALL {
            let on = state.look.scale == scale;
            let button = ui.add(egui::Button::selectable(on, scale.word()));
            if button.on_hover_text(scale.meaning()).clicked() {
                actions.push(Action::Look(LookAction::Scale(scale)));
            }
        }
        let hint = format!("{} · drag a range or click a bar", state.look.scale.meaning());
        ui.add(egui::Label::new(theme::small(ui, hint)).truncate());
    });
    if let Some(kind) = chosen {
        actions.push(Action::Look(LookAction::Add(kind)));
    }
}
