//! While a source is being opened and nothing else is: what is looked at, how far, and a way out.

use crate::state::{State, ViewAction};
use crate::ui::{Actions, theme};
use egui::{ProgressBar, Ui};

/// The screen of an opening.
pub(in crate::ui) fn opening_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let Some(ticket) = state.source.opening else { return };
    let name =
        state.source.request.paths.first().map(|path| {
            path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
        });
    let width = ui.available_width().min(420.0);
    ui.vertical_centered(|ui| {
        ui.add_space((ui.available_height() * 0.3).max(theme::SPACE));
        ui.set_max_width(width);
        let title = format!("Opening {}", name.unwrap_or_default());
        ui.label(theme::text(title).font(theme::strong(theme::HEADLINE)));
        let job = state.status.jobs.get(&ticket);
        let (doing, part) = job.map_or((String::new(), None), |job| (job.doing.clone(), job.part));
        // The line keeps its room, so that nothing jumps while it changes.
        ui.label(theme::weak(ui, if doing.is_empty() { "…".to_owned() } else { doing }));
        ui.add_space(theme::HALF);
        match part {
            Some(part) => {
                ui.add(ProgressBar::new(part).desired_height(8.0));
            }
            None => {
                ui.add(ProgressBar::new(1.0).desired_height(8.0).animate(true));
            }
        }
        ui.add_space(theme::SPACE);
        if ui.button("Cancel").clicked() {
            actions.push(ViewAction::CancelJob(ticket).into());
        }
    });
}
