//! From members to the payloads of a destination, and what of them changed since the sync before.
//!
//! Mapping, normalising, hashing and comparing are polars expressions over frames that stream out
//! of the store: memory does not grow with the list. Knows no database and no network.
//!
//! Start at [`Mapping::read`], then [`rows::Payloads`] and [`compare::Comparing`].

pub mod compare;
mod read;
pub mod rows;

pub use read::{MappedField, Mapping, Origin, fingerprint};
