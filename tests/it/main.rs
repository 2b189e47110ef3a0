//! The one integration binary; its modules are named like the rooms.

mod journeys;
mod slices;
mod sources;
mod tidy;
mod ui;
