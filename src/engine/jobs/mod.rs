//! One file per command.

pub(super) mod ask;
pub(super) mod export;
pub(super) mod open;
