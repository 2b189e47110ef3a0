//! The Look tab: a grid of linked charts.

use crate::model::question::{Answer, ChartKind};
use crate::state::look::Chart;
use crate::state::{Action, LookAction, Slot, State, ViewAction};
use crate::ui::icons::{self, Icon};
use crate::ui::{Actions, chart, theme};
use egui::{Align, Layout, Ui, vec2};

/// The grid of charts.
pub fn look_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    add_ui(ui, state, actions);
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
        let gap = theme::SPACE * 1.5;
        let width = ui.available_width() - theme::SPACE;
        let columns = ((width + gap) / (theme::CHART_WIDTH + gap)).floor().max(1.0) as usize;
        let each = (width - gap * (columns - 1) as f32) / columns as f32;
        for row in state.look.charts.chunks(columns) {
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = gap;
                for chart in row {
                    ui.push_id(chart.id, |ui| card_ui(ui, state, chart, each, actions));
                }
            });
            ui.add_space(gap - 6.0);
        }
    });
}

fn card_ui(ui: &mut Ui, state: &State, chart: &Chart, width: f32, actions: &mut Actions) {
    let margin = 18.0;
    ui.allocate_ui_with_layout(
        vec2(width, theme::CHART + 48.0),
        Layout::top_down(Align::Min),
        |ui| {
            theme::card(ui).show(ui, |ui| {
                ui.set_width(width - margin);
                ui.set_height(theme::CHART + 30.0);
                let title = chart.kind.title();
                ui.horizontal(|ui| {
                    let room = ui.available_width() - 36.0;
                    ui.allocate_ui(vec2(room, theme::ROW), |ui| {
                        ui.set_min_width(room);
                        let label = egui::Label::new(theme::heading(&title)).truncate();
                        if chart.log && !chart.as_table {
                            ui.horizontal(|ui| {
                                ui.add(label);
                                ui.label(theme::small(ui, "log scale"));
                            });
                        } else {
                            ui.add(label);
                        }
                    });
                    let name = format!("More about the chart {title}");
                    let more = icons::button(ui, Icon::More, &name, true);
                    egui::Popup::menu(&more).show(|ui| menu_ui(ui, state, chart, actions));
                });
                chart::chart_ui(ui, state, chart, actions);
            });
        },
    );
}

fn menu_ui(ui: &mut Ui, state: &State, chart: &Chart, actions: &mut Actions) {
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
        let hint = "Drag a range or click a bar; double-click clears. \
                    Grey is the whole cohort, behind slim bars only its shape";
        ui.add(egui::Label::new(theme::small(ui, hint)).truncate());
    });
    if let Some(kind) = chosen {
        actions.push(Action::Look(LookAction::Add(kind)));
    }
}
