//! The engine: owns DuckDB, answers questions, writes lists.
//!
//! ```text
//! window ──Command──▶ inbox ──▶ two lanes: questions, deliveries ──▶ DuckDB
//!    ▲                                       │
//!    └────────────────Event──────────────────┘
//! ```
//!
//! What holds here, and what is kept out:
//!
//! - No egui. Waking the window is a closure handed to [`Engine::spawn`].
//! - No SQL is written here. It comes from [`crate::compile`] and leaves through [`store`].
//! - Every command ends in exactly one [`crate::protocol::Event::Finished`], also when it failed,
//!   was cancelled or panicked.
//! - A list being written has a lane of its own, so that it never holds up a chart.
//!
//! Start at [`Session`], which the command line uses directly, then [`Engine`].

mod arrow;
pub mod builder;
mod codes;
mod inbox;
pub mod jobs;
mod practice;
pub mod project;
pub mod remembered;
mod session;
pub mod slices;
pub mod store;
pub mod sync;
mod worker;
pub mod workspace;

pub use session::Session;
pub use worker::Engine;

use crate::protocol::Progress;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What a job may be told and may tell while it runs.
pub struct Job<'a> {
    /// Set from outside: stop soon.
    pub cancelled: Arc<AtomicBool>,
    /// Called now and then with how far it is.
    pub report: &'a mut dyn FnMut(Progress),
}
