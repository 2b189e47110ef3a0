//! The panels of the window: each draws from a [`State`] and says what the person asked for.
//!
//! Nothing changes while drawing. What only matters to drawing (where a table is scrolled to, where
//! a drag began) lives in egui's own memory.

mod canvas;
mod chart;
mod clauses;
mod dialogs;
mod figure;
mod finder;
mod findings;
mod frame;
mod icons;
mod keys;
mod room;
mod sent;
pub mod text;
pub mod theme;
mod widgets;
mod window;

pub use canvas::canvas_ui;
pub use canvas::definition::definition_ui;
pub use canvas::look::look_ui;
pub use canvas::people::people_ui;
pub use canvas::profile::profile_ui;
pub use canvas::steps::steps_ui;
pub use clauses::clause_tree_ui;
pub use clauses::editor::editor_ui;
pub use dialogs::activate::activate_ui;
pub use dialogs::dialogs_ui;
pub use dialogs::export::export_ui;
pub use dialogs::palette::palette_ui;
pub use frame::features::features_ui;
pub use frame::library::library_ui;
pub use frame::status::status_ui;
pub use frame::top_bar::top_bar_ui;
pub use frame::welcome::welcome_ui;
pub use window::window_ui;

use crate::state::State;

/// What a panel says the person did.
pub type Actions = Vec<crate::state::Action>;

/// The words of a clause, with the dates that relative moments mean.
fn clause_words(clause: &crate::model::clause::Clause, state: &State) -> String {
    text::shown(&crate::language::words::clause(clause, Some(&state.canvas.now))).into_owned()
}
