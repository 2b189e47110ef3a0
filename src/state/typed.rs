//! The typed condition above the tree.

use super::State;
use crate::language::{self, Completion, ParseError, Scope};

/// The line as it is typed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TypedLine {
    /// The text.
    pub text: String,
    /// Whether it is being typed, and so may differ from the tree.
    pub editing: bool,
    /// Why it cannot be read as it is.
    pub error: Option<ParseError>,
}

impl State {
    /// What may be typed at the cursor.
    pub fn proposals(&self, text: &str, cursor: usize) -> Vec<Completion> {
        let (Some(catalog), Some(entity)) = (self.source.catalog(), self.entity()) else {
            return Vec::new();
        };
        language::complete(text, cursor, &Scope { catalog, entity })
    }
}
