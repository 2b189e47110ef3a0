//! The one integration binary; its modules are named like the rooms.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod build;
mod circles;
mod cli;
mod define;
mod files;
mod fuzz;
mod journeys;
mod lens;
mod moments;
mod postgres;
mod postgres_table;
mod safety;
mod slices;
mod sources;
mod sync;
mod tidy;
mod ui;
