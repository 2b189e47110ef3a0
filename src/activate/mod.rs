//! From planned rows to a destination, with every row's fate known.
//!
//! ```text
//! planned rows ─spool─▶ chunks ─journal─▶ requests ─replies─▶ fates ─▶ ledger, history
//! ```
//!
//! Knows no database of the source and no destination by name: rows come from the engine, requests
//! and the reading of replies from [`crate::destinations`]. The only room that goes on the network.
//!
//! Start at [`send::send`].

pub mod carrier;
pub mod guards;
pub mod ledger;
pub mod pace;
pub mod schedule;
pub mod secrets;
pub mod send;
pub mod spool;
pub mod table;
pub mod wire;
