//! What a condition may name, and why a text is none, by its place.

use crate::model::catalog::{Catalog, Entity};
use sqlparser::tokenizer::Location;

/// The names that a condition may use.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The source.
    pub catalog: &'a Catalog,
    /// The entity that is sliced.
    pub entity: &'a Entity,
}

/// Why a text is not a condition.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    /// What is wrong, as a phrase.
    pub message: String,
    /// Where it is, in characters from 0, when that is known.
    pub at: Option<usize>,
    /// What to try.
    pub hint: String,
}

impl ParseError {
    /// What is wrong, at which word of `text`, and what to try, on one line.
    pub fn told(&self, text: &str) -> String {
        let mut told = self.message.clone();
        if let Some(at) = self.at {
            let rest: String = text.chars().skip(at).take(16).collect();
            match rest.trim_end() {
                "" => told.push_str(" at the end"),
                rest => told.push_str(&format!(" at {rest}")),
            }
        }
        if !self.hint.is_empty() {
            told.push_str(&format!("; {}", self.hint));
        }
        told
    }
}

/// Where lines start, to turn the parser's line and column into characters from 0.
#[derive(Debug)]
pub(super) struct Places {
    lines: Vec<usize>,
    end: usize,
}

impl Places {
    pub(super) fn of(text: &str) -> Self {
        let mut lines = vec![0];
        let mut end = 0;
        for c in text.chars() {
            end += 1;
            if c == '\n' {
                lines.push(end);
            }
        }
        Self { lines, end }
    }

    /// Behind the last character.
    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// Characters from 0; `None` where the parser does not know.
    pub(super) fn at(&self, location: Location) -> Option<usize> {
        let line = usize::try_from(location.line).ok()?.checked_sub(1)?;
        let column = usize::try_from(location.column).ok()?.checked_sub(1)?;
        self.lines.get(line).map(|start| (start + column).min(self.end))
    }
}
