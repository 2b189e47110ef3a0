//! The practice inbox: how many members it holds, and each request as it arrived.

use super::act;
use super::dry_run::{big, request_ui};
use crate::state::activate::Sheet;
use crate::state::{ActivateAction, State};
use crate::ui::{Actions, text, theme, widgets};
use egui::{Align, Layout, Ui, vec2};

/// The part of the sheet.
pub(super) fn inbox_ui(ui: &mut Ui, state: &State, sheet: &Sheet, actions: &mut Actions) {
    let inbox = &state.activate.inbox;
    if !state.activate.inbox_is_on() {
        ui.label(theme::heading("The practice inbox does not listen"));
        if ui.button("Start it").clicked() {
            act(actions, ActivateAction::Inbox(true));
        }
        return;
    }
    let held = text::counted(inbox.members, "member", "members");
    ui.label(theme::text(format!("It holds {held}")).font(big()));
    widgets::left_right(
        ui,
        |ui| {
            let arrived = text::counted(inbox.arrived, "request", "requests");
            let line = format!("{arrived} arrived at {} · it forgets them when it ends", inbox.url);
            ui.label(theme::weak(ui, line));
        },
        |ui| {
            let end = egui::Button::new("End it").small();
            if ui.add_enabled(!sheet.is_busy(), end).clicked() {
                act(actions, ActivateAction::Inbox(false));
            }
        },
    );
    if inbox.requests.is_empty() {
        ui.label(theme::weak(ui, "No request arrived yet"));
        return;
    }
    let chosen = inbox.requests.iter().find(|request| Some(request.number) == sheet.request);
    let shown = chosen.or(inbox.requests.first());
    let height = ui.available_height();
    ui.horizontal_top(|ui| {
        let down = Layout::top_down(Align::Min);
        ui.allocate_ui_with_layout(vec2(theme::RAIL, height), down, |ui| {
            ui.set_min_width(theme::RAIL);
            let area = egui::ScrollArea::vertical().id_salt("requests").auto_shrink(false);
            area.show(ui, |ui| {
                for request in &inbox.requests {
                    let rows = text::counted(request.taken, "row", "rows");
                    let name = format!("{} · {rows} · {}", request.number, request.status);
                    let on = shown.is_some_and(|shown| shown.number == request.number);
                    let button = egui::Button::selectable(on, theme::text(name));
                    if ui.add(button).clicked() {
                        act(actions, ActivateAction::ShowRequest(request.number));
                    }
                }
            });
        });
        ui.vertical(|ui| {
            if let Some(request) = shown {
                let name = format!("Request {} as it arrived", request.number);
                request_ui(ui, &name, &request.request, height - theme::SPACE);
            }
        });
    });
}
