//! What the engine can be asked to do: one file per command.

pub(super) mod ask;
mod beginnings;
pub mod export;
pub(super) mod open;
pub mod rebuild;
