//! Where something was written.

use std::path::Path;
use std::sync::Arc;

/// A line of a file of the project.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The file, as it was handed to the reader.
    pub file: Arc<Path>,
    /// The line, from 1.
    pub line: u64,
}

impl Place {
    pub(super) fn new(file: &Arc<Path>, line: usize) -> Self {
        Self { file: Arc::clone(file), line: (line as u64).max(1) }
    }

    /// The place `lines` further down.
    pub(super) fn below(&self, lines: u64) -> Self {
        Self { file: Arc::clone(&self.file), line: self.line + lines }
    }
}

/// A text of the project and where it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The text, without quotes.
    pub text: String,
    /// It stood without quotes, so a number or a truth value was meant as one.
    pub plain: bool,
    /// Where.
    pub place: Place,
}

impl Written {
    pub(super) fn new(text: impl Into<String>, place: &Place) -> Self {
        Self { text: text.into(), plain: true, place: place.clone() }
    }
}
