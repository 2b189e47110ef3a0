//! What has room beside the canvas, and what is a drawer where it has none.

use egui::{Id, Ui};

/// Which side panels have room beside the canvas.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// The library.
    pub(super) library: bool,
    /// The features, or a profile.
    pub(super) features: bool,
}

impl Room {
    /// In the window as it is.
    pub(super) fn of(ui: &Ui) -> Self {
        let width = ui.ctx().content_rect().width();
        Self { library: width >= 680.0, features: width >= 920.0 }
    }
}

/// A side panel that has no room beside the canvas and is shown when asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Drawer {
    /// The library.
    Library,
    /// The features.
    Features,
}

impl Drawer {
    fn id() -> Id {
        Id::unique("open drawer")
    }

    /// The one that is open.
    pub(super) fn open(ui: &Ui) -> Option<Self> {
        ui.data(|d| d.get_temp(Self::id()))
    }

    /// Opens it, or closes it when it is open.
    pub(super) fn toggle(self, ui: &Ui) {
        let is_open = Self::open(ui) == Some(self);
        ui.data_mut(|d| match is_open {
            true => {
                d.remove::<Self>(Self::id());
            }
            false => {
                d.insert_temp(Self::id(), self);
            }
        });
    }
}
