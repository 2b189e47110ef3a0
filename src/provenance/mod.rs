//! Where lines of a project come from: the commit which last changed them, and whether they are
//! committed.
//!
//! ```text
//! history: asks on a thread of its own, with a patience that ends
//!   └─▶ repository: working text ──lines: diff──▶ text at HEAD ──trace: walk back──▶ a commit for each line
//!                                                                  └─▶ objects: what Git holds
//! ```
//!
//! What holds here, and what is kept out:
//!
//! - Git's data is only read: no hook, filter, diff driver or other program runs, nothing is
//!   written, and no configuration outside the repository counts. The repository's own is not
//!   trusted.
//! - Lines are compared without their line ending, so a work tree with Windows newlines is no edit.
//!   For the same reason a commit which changed nothing but newlines is not named.
//! - A history that is cut off (a shallow or partial clone), too long or damaged yields no answer
//!   where the answer lies beyond the end: never the commit at which the reading stopped.
//! - A file which was renamed keeps the commits from before.
//! - Each file is read and traced once. After files or commits changed, open the repository anew.
//!
//! - The walk back is ours because it has to end: a history can be built to be slow, to be cut off or
//!   to fill the memory, and the library's own blame (gix-blame 0.20) has no limit on commits or on
//!   compared text, cannot be stopped, and answers nothing where a part of the history is missing.
//!
//! Start at [`History`].

mod history;
mod lines;
mod objects;
mod repository;
mod trace;

pub use history::History;

/// A file larger than this, in the work tree or in a commit, is not read.
const BYTES_MAX: u64 = 8 << 20;

/// A commit, as shown next to what it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The full id, in hexadecimal.
    pub id: String,
    /// Who wrote it, without the address.
    pub author: String,
    /// When it was written, in seconds since 1970-01-01 UTC.
    pub at_seconds: i64,
    /// How far the author's clock was ahead of UTC, in seconds.
    pub offset_seconds: i32,
    /// The first paragraph of its message, on one line.
    pub title: String,
}

/// Where some lines of a file come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The newest commit which changed one of the lines. `None` when no commit has them.
    pub commit: Option<Commit>,
    /// The lines in the work tree differ from those of the commit at HEAD.
    pub uncommitted: bool,
}
