//! Muster: see, slice and list the cohorts that a data team defined.
//!
//! One crate in rooms; `ARCHITECTURE.md` is the map. The window and the command line are two faces
//! of one engine, and [`protocol`] is the only door between the window and it.

pub mod activate;
pub mod app;
pub mod bind;
pub mod cli;
pub mod compile;
pub mod define;
pub mod deliver;
pub mod destinations;
pub mod disk;
pub mod engine;
pub mod identity;
pub mod inbox;
pub mod language;
pub mod lens;
pub mod mapping;
pub mod model;
pub mod plan;
pub mod protocol;
pub mod provenance;
pub mod sources;
pub mod sql;
pub mod state;
pub mod ui;
