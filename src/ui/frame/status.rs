//! The bar at the bottom: exactness, time and engine; work in the background; what was said.

use crate::state::{Action, CorrectionAction, JobKind, Notice, Slot, State, ViewAction};
use crate::ui::icons::{self, Icon};
use crate::ui::{Actions, text, theme, widgets};
use egui::{Align2, ProgressBar, Ui, vec2};

/// The status bar.
pub fn status_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    egui::Sides::new().shrink_left().truncate().show(
        ui,
        |ui| {
            ui.label(theme::small(ui, exactness(state)));
        },
        |ui| {
            let bad = state.status.notices.iter().filter(|n| n.bad).count();
            // A notice may tell of several problems, so that their number is not that of notices.
            let name = match state.status.notices.len() {
                0 => "No notices".to_owned(),
                n => text::counted(n as u64, "notice", "notices"),
            };
            let name = match bad {
                0 => theme::small(ui, name),
                _ => theme::small(ui, name).color(theme::palette(ui).warning),
            };
            if ui.add(egui::Button::new(name).frame_when_inactive(false)).clicked() {
                actions.push(ViewAction::Notices.into());
            }
            let findings = state.source.catalog().map_or(&[][..], |catalog| &catalog.findings);
            if let Some(words) = crate::ui::findings::summary(ui, findings)
                && ui.add(egui::Button::new(words).frame_when_inactive(false)).clicked()
            {
                actions.push(ViewAction::Notices.into());
            }
            for (ticket, job) in state.status.jobs.iter().rev() {
                if matches!(job.kind, JobKind::Save { .. }) {
                    continue;
                }
                let name = format!("Cancel {}", job.doing);
                if icons::button(ui, Icon::Close, &name, true).clicked() {
                    actions.push(ViewAction::CancelJob(*ticket).into());
                }
                let bar = match job.part {
                    Some(part) => ProgressBar::new(part).text(format!("{:.0} %", part * 100.0)),
                    None => ProgressBar::new(0.0),
                };
                ui.add(bar.desired_width(96.0).desired_height(12.0));
                if ui.ctx().content_rect().width() > 560.0 {
                    ui.label(theme::small(ui, job.doing.clone()));
                }
            }
        },
    );
}

fn exactness(state: &State) -> String {
    if state.source.opened.is_none() {
        let words = if state.source.opening.is_some() { "Opening" } else { "Nothing is open" };
        return words.to_owned();
    }
    if state.source.changed.is_some() {
        return "of before the files changed".to_owned();
    }
    let size = state.answers.get(&Slot::Size).and_then(|h| h.value.as_ref());
    match size.map(|size| (text::took(size.took), size.from_codes)) {
        _ if state.source.is_beginning() => {
            "of the first rows only, while the rest is read".to_owned()
        }
        Some((took, true)) => format!("exact · {took} · from memory"),
        Some((took, false)) => format!("exact · {took} · DuckDB"),
        None => "DuckDB".to_owned(),
    }
}

/// How long good news floats. Bad news stays until it is closed.
const TOAST_SECONDS: f64 = 8.0;

/// Whether a notice has been shown for long enough.
fn outlived(data: &mut egui::util::IdTypeMap, index: usize, now: f64) -> bool {
    let id = egui::Id::unique("toast since");
    let (since, of) = data.get_temp::<(f64, usize)>(id).unwrap_or((now, index));
    let since = if of == index { since } else { now };
    data.insert_temp(id, (since, index));
    now - since >= TOAST_SECONDS
}

/// The notice that floats over the window. The history keeps it.
pub(in crate::ui) fn toast_ui(ui: &Ui, state: &State, actions: &mut Actions) {
    let Some(index) = state.status.toast else { return };
    let Some(notice) = state.status.notices.get(index) else { return };
    // Asked before the data is locked: egui's locks do not nest.
    let now = ui.input(|i| i.time);
    if !notice.bad && ui.data_mut(|d| outlived(d, index, now)) {
        actions.push(ViewAction::DropToast.into());
    }
    if !notice.bad {
        ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(TOAST_SECONDS));
    }
    let p = theme::palette(ui);
    let area = egui::Area::new(egui::Id::unique("toast"))
        .anchor(Align2::RIGHT_BOTTOM, vec2(-16.0, -40.0))
        .order(egui::Order::Foreground);
    area.show(ui.ctx(), |ui| {
        let edge = if notice.bad { p.warning } else { p.accent };
        let frame = egui::Frame::popup(ui.style()).stroke(egui::Stroke::new(1.0, edge));
        frame.show(ui, |ui| {
            let width = 380.0_f32.min(ui.ctx().content_rect().width() - 64.0);
            ui.set_max_width(width);
            ui.horizontal_top(|ui| {
                ui.vertical(|ui| {
                    ui.set_max_width(width - 50.0);
                    notice_ui(ui, notice, actions);
                });
                if icons::button(ui, Icon::Close, "Close the notice", true).clicked() {
                    actions.push(ViewAction::DropToast.into());
                }
            });
        });
        let id = ui.scope_id();
        ui.ctx().accesskit_node_builder(id, |node| {
            node.set_role(egui::accesskit::Role::Alert);
        });
    });
}

/// One notice, in the toast and in the history.
pub(in crate::ui) fn notice_ui(ui: &mut Ui, notice: &Notice, actions: &mut Actions) {
    let p = theme::palette(ui);
    let color = if notice.bad { p.warning } else { p.text };
    ui.add(egui::Label::new(theme::lines(&notice.what).color(color)).wrap());
    if !notice.more.is_empty() {
        ui.add(egui::Label::new(theme::small(ui, notice.more.clone())).selectable(true).wrap());
    }
    let Some(path) = &notice.path else { return };
    ui.horizontal(|ui| {
        if ui.small_button("Show in folder").clicked() {
            actions.push(ViewAction::ShowInFolder(path.clone()).into());
        }
        if ui.small_button("Copy the path").clicked() {
            actions.push(ViewAction::Copy(path.display().to_string()).into());
        }
    });
}

/// The history of notices.
pub(in crate::ui) fn notices_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    ui.label(theme::heading("Notices"));
    egui::ScrollArea::vertical().max_height(420.0).show(ui, |ui| {
        widgets::sheet(ui, 480.0);
        let findings = state.source.catalog().map_or(&[][..], |catalog| &catalog.findings);
        if !findings.is_empty() {
            ui.label(theme::text("About the data").strong());
            crate::ui::findings::findings_ui(ui, findings);
            if ui.button("Correct how it is read…").clicked() {
                actions.push(Action::Correct(CorrectionAction::Open));
            }
            ui.separator();
        }
        if state.status.notices.is_empty() {
            ui.label(theme::weak(ui, "No notices yet"));
        }
        for notice in state.status.notices.iter().rev() {
            notice_ui(ui, notice, actions);
            ui.separator();
        }
    });
    if widgets::primary(ui, "Close").clicked() {
        actions.push(ViewAction::Escape.into());
    }
}
