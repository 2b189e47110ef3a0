//! A failure as every face tells it: what happened, where, and what to try; and of which kind it
//! is, by what happens next. Nothing is decided by reading its words.

use std::fmt;

/// What happened, where, and what to try. Each is a phrase without a full stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Failure {
    /// What happened.
    pub what: String,
    /// The file, table or place in a text it is about.
    pub place: String,
    /// What to try.
    pub hint: String,
    /// What happens next.
    pub kind: FailureKind,
}

/// Failures by what happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FailureKind {
    /// Nothing but telling it.
    #[default]
    Failed,
    /// The request itself was wrong, and is put otherwise (exit status 2).
    WrongUse,
    /// It was told to stop, so nothing is reported.
    Cancelled,
    /// The file is encrypted, and its key is asked for. Each face says how in its own words.
    KeyNeeded,
    /// The key does not open the file, and is asked for again. Each face says how.
    KeyWrong,
    /// Another program holds the file; later it may work.
    Busy,
    /// What was opened is no longer as it was; it is opened again.
    Changed,
    /// It used more time, memory or disk than it may; more may be allowed.
    Limit,
    /// The disk is full; some room is made, or another is chosen.
    DiskFull,
    /// A file is damaged or something else than its name says.
    Damaged,
    /// A mistake in this program.
    OwnFault,
}

impl Failure {
    /// A job that failed.
    pub fn new(what: impl Into<String>, place: impl Into<String>, hint: impl Into<String>) -> Self {
        let kind = FailureKind::Failed;
        Self { what: what.into(), place: place.into(), hint: hint.into(), kind }
    }

    /// What was told to stop has stopped.
    pub fn cancelled() -> Self {
        Self::new("cancelled", "", "").of(FailureKind::Cancelled)
    }

    /// The same failure as one of another kind.
    #[must_use]
    pub fn of(self, kind: FailureKind) -> Self {
        Self { kind, ..self }
    }

    /// A request that cannot be carried out as it was put.
    pub fn wrong_use(
        what: impl Into<String>,
        place: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self::new(what, place, hint).of(FailureKind::WrongUse)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&self.what, &self.place, &self.hint];
        let mut first = true;
        for part in parts.into_iter().filter(|p| !p.is_empty()) {
            if !first {
                f.write_str("; ")?;
            }
            f.write_str(part)?;
            first = false;
        }
        Ok(())
    }
}
