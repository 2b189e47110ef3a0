//! A failure as every face tells it: what happened, where, and what to try.

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
    /// Whose turn it is: `true` when the request itself was wrong (exit status 2).
    pub wrong_use: bool,
}

impl Failure {
    /// A job that failed.
    pub fn new(what: impl Into<String>, place: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { what: what.into(), place: place.into(), hint: hint.into(), wrong_use: false }
    }

    /// A request that cannot be carried out as it was put.
    pub fn wrong_use(
        what: impl Into<String>,
        place: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self { wrong_use: true, ..Self::new(what, place, hint) }
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
