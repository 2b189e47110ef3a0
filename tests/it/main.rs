//! The one integration binary; its modules are named like the rooms.

mod define;
mod slices;
mod sources;
