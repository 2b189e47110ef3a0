//! The typed condition above the tree.

use super::State;
use crate::language::ParseError;

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

/// A proposal for the word at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// What takes the word's place.
    pub insert: String,
    /// What it is.
    pub detail: String,
    /// Where the word begins, in characters.
    pub from: usize,
}

impl State {
    /// What the word before the cursor may become.
    pub fn proposals(&self, text: &str, cursor: usize) -> Vec<Proposal> {
        let Some(entity) = self.entity() else { return Vec::new() };
        let chars: Vec<char> = text.chars().take(cursor).collect();
        let is_word = |c: &&char| c.is_alphanumeric() || **c == '_';
        let from = chars.len() - chars.iter().rev().take_while(is_word).count();
        let word: String = chars[from..].iter().collect();
        if word.is_empty() || in_quotes(&chars[..from]) {
            return Vec::new();
        }
        let low = word.to_lowercase();
        let mut found: Vec<Proposal> = entity
            .features
            .iter()
            .filter(|f| f.name.to_lowercase().contains(&low) && f.name != word)
            .map(|f| Proposal {
                insert: quoted_name(&f.name),
                detail: f.kind.word().to_owned(),
                from,
            })
            .collect();
        found.sort_by_key(|p| !p.insert.trim_start_matches('"').to_lowercase().starts_with(&low));
        found.truncate(8);
        found
    }
}

/// Whether the end of the text is inside a quoted text.
fn in_quotes(chars: &[char]) -> bool {
    chars.iter().filter(|c| **c == '\'').count() % 2 == 1
}

/// A name as it is typed: quoted when it is not a plain word.
pub fn quoted_name(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.chars().next().is_some_and(|c| !c.is_ascii_digit());
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}
