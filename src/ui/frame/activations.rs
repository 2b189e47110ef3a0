//! Activations in the library: what is sent where, when last, and how that went.

use crate::model::activation::SyncStatus;
use crate::state::activate::Sent;
use crate::state::{Action, ActivateAction, State};
use crate::ui::{Actions, sent, text, theme, widgets};
use egui::{Role, Sense, Ui, WidgetInfo, vec2};

/// So many lines stand beneath a cohort or segment; the Definition tab has them all.
const BENEATH: usize = 2;

/// The activations of the workspace.
pub(super) fn activations_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    ui.label(theme::heading("Activations"));
    let all = &state.source.workspace.activations;
    if all.is_empty() {
        let hint = "What is sent from Activate… is listed here, and sent again by two clicks";
        ui.label(theme::small(ui, hint));
    }
    for kept in all {
        let row = row_ui(ui, state, &state.sent(kept));
        if row.clicked() {
            actions.push(Action::Activate(ActivateAction::Repeat(kept.name.clone())));
        }
        row.context_menu(|ui| {
            if ui.button("Remove…").clicked() {
                actions.push(Action::Activate(ActivateAction::AskRemove(kept.name.clone())));
            }
        });
    }
}

fn row_ui(ui: &mut Ui, state: &State, sent: &Sent<'_>) -> egui::Response {
    let p = theme::palette(ui);
    let size = vec2(ui.available_width(), theme::RAIL_ROW);
    let (rect, row) = ui.allocate_exact_size(size, Sense::click());
    let kept = sent.activation;
    let last = match sent.last {
        Some(run) => sent::run_words(state, run),
        None => "never sent".to_owned(),
    };
    let due = kept.schedule.as_ref().map(|_| " · scheduled").unwrap_or_default();
    let below = format!("{last}{due}");
    let spoken = format!("{}, to {}, {below}", kept.name, kept.destination);
    let spoken = text::shown(&spoken);
    row.widget_info(|| WidgetInfo::labeled(Role::Button, true, &spoken));
    if row.hovered() {
        ui.painter().rect_filled(rect, 4, p.hover);
    }
    if row.has_focus() {
        let stroke = egui::Stroke::new(1.5, p.accent);
        ui.painter().rect_stroke(rect, 4, stroke, egui::StrokeKind::Inside);
    }
    let middle = rect.center().y;
    let sides = (rect.left() + theme::SPACE, rect.right() - theme::SPACE);
    let font = egui::FontId::proportional(theme::BODY);
    widgets::cut_text(ui, sides, middle - 9.0, &kept.name, font, p.text);
    let small = egui::FontId::proportional(theme::SMALL);
    let is_bad = sent.last.is_some_and(|run| run.status != SyncStatus::Done);
    let color = if is_bad { p.warning } else { p.weak };
    widgets::cut_text(ui, sides, middle + 8.0, &below, small, color);
    let hint = format!("{} · a click shows what would be sent now", sent::line(state, sent));
    row.on_hover_text(theme::text(hint))
}

/// Beneath what a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    /// A cohort: the line says which slice of it is sent.
    Cohort,
    /// A segment.
    Segment,
}

/// Where a cohort or segment is sent, beneath its row.
pub(super) fn beneath_ui(ui: &mut Ui, state: &State, all: &[Sent<'_>], (of, depth): (Of, usize)) {
    for (at, sent) in all.iter().enumerate() {
        let line = match all.len() - at {
            left if at == BENEATH => format!("and {left} more"),
            _ => beneath_words(sent, of),
        };
        ui.horizontal(|ui| {
            ui.add_space(theme::SPACE + depth as f32 * 14.0);
            let label = widgets::plain_small(ui, &line);
            label.on_hover_text(theme::text(sent::line(state, sent)));
        });
        if at == BENEATH {
            return;
        }
    }
}

fn beneath_words(sent: &Sent<'_>, of: Of) -> String {
    let to = &sent.activation.destination;
    let slice = match &sent.activation.segment {
        Some(segment) if of == Of::Cohort => format!(" as {segment}"),
        _ => String::new(),
    };
    match sent::held_words(sent) {
        Some(held) => format!("{held} sent to {to}{slice}"),
        None => format!("to be sent to {to}{slice}"),
    }
}
