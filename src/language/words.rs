//! A clause tree in plain words.

use crate::model::clause::{Clause, Tree};
use crate::model::now::Moment;

/// The whole tree as one sentence: `orders is at least 3, and country is not France or is missing`.
/// `now` adds the dates that relative moments mean.
pub fn tree(_tree: &Tree, _now: Option<&Moment>) -> String {
    String::new()
}

/// One clause as a phrase.
pub fn clause(_clause: &Clause, _now: Option<&Moment>) -> String {
    String::new()
}

/// The tree line by line, with the depth of each.
pub fn lines(_tree: &Tree, _now: Option<&Moment>) -> Vec<(usize, String)> {
    Vec::new()
}
