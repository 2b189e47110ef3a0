//! The whole window: where the panels stand, and what lies over them.

use crate::state::{Dialog, SourceAction, State};
use crate::ui::frame::opening::opening_ui;
use crate::ui::room::{Drawer, Room};
use crate::ui::{
    Actions, canvas_ui, dialogs_ui, features_ui, library_ui, profile_ui, status_ui, theme,
    top_bar_ui, welcome_ui,
};
use egui::{Align2, Color32, Frame, Id, LayerId, Margin, Order, Panel, Ui};

/// Draws everything.
pub fn window_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    crate::ui::keys::keys_ui(ui, state, actions);
    if state.front.dialog != Dialog::None {
        // What is behind a sheet does nothing; a tooltip that is open would else stay over it.
        ui.visuals_mut().disabled_alpha = 1.0;
        ui.disable();
    }
    panels_ui(ui, state, actions);
    dialogs_ui(ui, state, actions);
    crate::ui::frame::status::toast_ui(ui, state, actions);
    drop_ui(ui, actions);
}

/// The bars, the panels and the canvas.
fn panels_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let p = theme::palette(ui);
    let bar = Frame::new().fill(p.side).inner_margin(Margin::symmetric(8, 4));
    Panel::bottom("status").frame(bar).show(ui, |ui| status_ui(ui, state, actions));
    if state.source.opened.is_some() {
        let bar = Frame::new().fill(p.side).inner_margin(Margin::symmetric(8, 6));
        Panel::top("top").frame(bar).show(ui, |ui| top_bar_ui(ui, state, actions));
        open_ui(ui, state, actions);
    } else {
        let canvas = Frame::new().fill(p.ground).inner_margin(Margin::same(16));
        egui::CentralPanel::default().frame(canvas).show(ui, |ui| {
            if state.source.opening.is_some() {
                opening_ui(ui, state, actions);
            } else {
                welcome_ui(ui, state, actions);
            }
        });
    }
}

/// Library, canvas and features side by side; in a narrow window one at a time, as a drawer.
fn open_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let p = theme::palette(ui);
    let side = theme::side_frame(ui);
    let room = Room::of(ui);
    let full = ui.available_width();
    let drawer = Drawer::open(ui);
    let library = Panel::left("library").frame(side);
    if room.library {
        let library = library.default_size(228.0).size_range(140.0..=420.0);
        library.show(ui, |ui| library_ui(ui, state, actions));
    } else if drawer == Some(Drawer::Library) {
        let before = actions.len();
        let library = library.exact_size((full * 0.62).min(300.0)).resizable(false);
        library.show(ui, |ui| library_ui(ui, state, actions));
        // What was chosen is looked at next.
        if actions.len() > before {
            Drawer::Library.toggle(ui);
        }
    }
    let is_whole = state.people.profile.is_some() && !room.features;
    let features = Panel::right("features").frame(side);
    if is_whole {
        let canvas = Frame::new().fill(p.side).inner_margin(Margin::symmetric(12, 8));
        let whole = egui::CentralPanel::default().frame(canvas);
        whole.show(ui, |ui| profile_ui(ui, state, actions));
        return;
    } else if state.people.profile.is_some() {
        Panel::right("profile")
            .frame(side)
            .default_size(360.0)
            .size_range(240.0..=720.0)
            .show(ui, |ui| profile_ui(ui, state, actions));
    } else if state.entity().is_some() && room.features && state.features.open {
        let features = features.default_size(232.0).size_range(160.0..=480.0);
        features.show(ui, |ui| features_ui(ui, state, actions));
    } else if drawer == Some(Drawer::Features) && !room.features && state.entity().is_some() {
        let features = features.exact_size((full * 0.62).min(300.0)).resizable(false);
        features.show(ui, |ui| features_ui(ui, state, actions));
    }
    let canvas = Frame::new().fill(p.ground).inner_margin(Margin::symmetric(16, 8));
    egui::CentralPanel::default().frame(canvas).show(ui, |ui| canvas_ui(ui, state, actions));
}

/// Takes files dropped anywhere, and says so while they hover.
fn drop_ui(ui: &Ui, actions: &mut Actions) {
    let (hovering, dropped) = ui.input(|input| {
        let dropped: Vec<_> =
            input.raw.dropped_files.iter().map(|f| f.path().to_path_buf()).collect();
        (!input.raw.hovered_files.is_empty(), dropped)
    });
    let dropped: Vec<_> = dropped.into_iter().filter(|p| !p.as_os_str().is_empty()).collect();
    if !dropped.is_empty() {
        actions.push(SourceAction::Open(dropped).into());
    }
    if hovering {
        let painter =
            ui.ctx().layer_painter(LayerId::new(Order::Foreground, Id::unique("drop overlay")));
        let rect = ui.ctx().content_rect();
        let p = theme::palette(ui);
        painter.rect_filled(rect, 0, Color32::from_black_alpha(120));
        painter.rect_stroke(
            rect.shrink(16.0),
            8,
            egui::Stroke::new(2.0, p.accent),
            egui::StrokeKind::Inside,
        );
        let font = theme::strong(theme::HEADLINE);
        painter.text(rect.center(), Align2::CENTER_CENTER, "Drop to open", font, Color32::WHITE);
    }
}
