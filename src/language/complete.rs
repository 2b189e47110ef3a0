//! What could be typed next.

use super::parse::Scope;

/// Something that could be typed next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The text that takes the place of what is there from `replace_from` to the cursor.
    pub insert: String,
    /// What it is called in the list.
    pub label: String,
    /// What it is, in a few words.
    pub detail: String,
    /// Where the replaced text starts, in characters from 0.
    pub replace_from: usize,
}

/// At most 12 things that could be typed at the cursor, the likeliest first.
pub fn complete(_text: &str, _cursor_chars: usize, _scope: &Scope<'_>) -> Vec<Completion> {
    Vec::new()
}
