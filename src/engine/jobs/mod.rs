//! What the engine can be asked to do: one file per command.

pub mod export;
pub mod rebuild;
