//! What was opened, told as a catalog.

pub mod files;
