//! Where the lens is told what it is to keep. It is not there yet: these do nothing, so that what
//! is measured is the database behind [`Session::ask`]. To be replaced by `Session::fill` and by what
//! forgets a sidecar, once they are there.

use crate::common::Outcome;
use muster::engine::Session;
use muster::model::question::{Question, Slice};
use std::path::Path;

/// Whether sidecars are kept, so that a second opening can be told from a first.
pub(crate) const HAS_SIDECAR: bool = false;

/// Fills what a question needs, so that its cost is charged to the first use.
pub(crate) fn fill(_session: &Session, _slice: &Slice, _question: &Question) -> Outcome<()> {
    Ok(())
}

/// Removes what the sidecar holds of a file.
pub(crate) fn forget(_file: &Path) -> Outcome<()> {
    Ok(())
}
