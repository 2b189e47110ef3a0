//! The panels of the window: each draws from a [`State`] and says what the person asked for.
//!
//! Nothing changes while drawing. What only matters to drawing (where a table is scrolled to, where
//! a drag began) lives in egui's own memory.

mod adding;
mod authored;
mod canvas;
mod chart;
mod clause_tree;
mod corrections;
mod corrections_text;
mod definition;
mod dialogs;
mod editor;
mod editor_parts;
mod editor_related;
mod editor_text;
mod export;
mod features;
mod figure;
mod findings;
mod icons;
mod keys;
mod library;
mod look;
mod palette;
mod people;
mod profile;
mod scroll;
mod small_table;
mod status;
mod steps;
pub mod text;
pub mod theme;
mod top_bar;
mod typed_line;
mod welcome;
mod widgets;
mod window;

pub use canvas::canvas_ui;
pub use clause_tree::clause_tree_ui;
pub use definition::definition_ui;
pub use dialogs::dialogs_ui;
pub use editor::editor_ui;
pub use export::export_ui;
pub use features::features_ui;
pub use library::library_ui;
pub use look::look_ui;
pub use palette::palette_ui;
pub use people::people_ui;
pub use profile::profile_ui;
pub use status::status_ui;
pub use steps::steps_ui;
pub use top_bar::top_bar_ui;
pub use welcome::welcome_ui;
pub use window::window_ui;

use crate::state::State;

/// What a panel says the person did.
pub type Actions = Vec<crate::state::Action>;

/// The words of a clause, with the dates that relative moments mean.
fn clause_words(clause: &crate::model::clause::Clause, state: &State) -> String {
    text::shown(&crate::language::words::clause(clause, Some(&state.canvas.now))).into_owned()
}
