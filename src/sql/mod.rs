//! The only room that writes SQL text.
//!
//! Everything else composes [`Sql`] values. A name reaches the text through [`ident`] or
//! [`path`], a value through [`literal`] or [`text`]: there is no other way in. One dialect is
//! printed today, DuckDB's; it is kept in [`duckdb`] so that another can stand beside it.

pub mod build;
pub mod copy;
pub mod duckdb;
pub mod session;
pub mod warehouse;

pub use duckdb::{
    from_files, from_files_with_rejects, ident, literal, number, path, relation, text,
    text_as_it_is, timestamp, timestamptz, type_list,
};

use std::fmt;

/// A piece of SQL text that was put together in this room or from pieces that were.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct Sql(String);

impl Sql {
    /// A fixed piece, written in the program itself.
    pub fn raw(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// SQL that the data team wrote in a project, taken as it stands.
    pub fn of_project(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Puts pieces into a template, in order, one for each `{}`.
    ///
    /// # Panics
    /// When the number of pieces is not the number of places: a mistake in the program.
    pub fn fill(template: &'static str, pieces: &[&Sql]) -> Self {
        let mut out = String::with_capacity(template.len() + 32 * pieces.len());
        let mut parts = template.split("{}");
        out.push_str(parts.next().unwrap_or_default());
        let mut pieces = pieces.iter();
        for part in parts {
            out.push_str(pieces.next().expect("a piece for each place in the template").text());
            out.push_str(part);
        }
        assert!(pieces.next().is_none(), "a place for each piece in the template {template}");
        Self(out)
    }

    /// The pieces with a separator between them.
    pub fn join(pieces: impl IntoIterator<Item = Sql>, separator: &'static str) -> Self {
        let texts: Vec<String> = pieces.into_iter().map(|p| p.0).collect();
        Self(texts.join(separator))
    }

    /// This piece in parentheses.
    #[must_use]
    pub fn nested(&self) -> Self {
        Self(format!("({})", self.0))
    }

    /// All of these conditions; true of none.
    pub fn all_of(conditions: impl IntoIterator<Item = Sql>) -> Self {
        Self::combine(conditions, " AND ", "TRUE")
    }

    /// Any of these conditions; false of none.
    pub fn any_of(conditions: impl IntoIterator<Item = Sql>) -> Self {
        Self::combine(conditions, " OR ", "FALSE")
    }

    fn combine(
        conditions: impl IntoIterator<Item = Sql>,
        operator: &'static str,
        none: &'static str,
    ) -> Self {
        let mut texts: Vec<String> = conditions.into_iter().map(|p| p.0).collect();
        match texts.len() {
            0 => Self(none.to_owned()),
            1 => Self(texts.remove(0)),
            _ => Self(format!("({})", texts.join(operator))),
        }
    }
}

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
