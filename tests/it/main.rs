//! The one integration binary; its modules are named like the rooms.

mod slices;
mod sources;
mod ui;
