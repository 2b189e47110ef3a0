//! The nouns of Muster: values with invariants and pure operations on them.
//!
//! Nothing here does I/O, starts a thread or reads the clock, and nothing here names a library of
//! the window or of the database. Every other room may import this one; it imports none of them.
//!
//! Start at [`catalog::Catalog`] (what was opened), [`clause::Tree`] (how it is sliced) and
//! [`question::Question`] (what a chart asks).

pub mod activation;
pub mod catalog;
pub mod clause;
pub mod definition;
pub mod export;
pub mod failure;
pub mod fields;
pub mod finding;
pub mod limits;
pub mod nearest;
pub mod now;
pub mod question;
pub mod reading;
pub mod segment;
pub mod shown;
pub mod value;
pub mod warehouse;
pub mod ways;
pub mod workspace;
