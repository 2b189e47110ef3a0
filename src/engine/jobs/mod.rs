//! What the engine can be asked to do: one file per command.

pub(super) mod ask;
pub mod export;
pub(super) mod open;
pub mod rebuild;
