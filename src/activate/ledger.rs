//! What was sent, and what is being sent: kept in a small database with a write-ahead log beside
//! `muster.yaml`.
//!
//! - **The ledger** knows, for each activation, the keys that the destination has, with the hash of
//!   what it has of them and the identifiers by which they are removed one day.
//! - **The journal** has the rows of a chunk from just before it is sent until its answer is
//!   written down. Rows of people are in it for that long and no longer.
//! - **The history** has each sync with its counts, and the rows that did not arrive for sure.
//!
//! Every change is one transaction, on the disk before the next request leaves. What a power
//! failure leaves behind is therefore at most what is in the journal, and that is settled first by
//! the next sync.

mod history;
mod journal;
mod store;

pub use history::{Before, NewRun, RunEnd};
pub use journal::{Journalled, SettledChunk, SettledRow};
pub use store::{Held, Hold, Ledger, Settle, State};
