//! The only room that writes SQL text.
//!
//! Everything else composes [`Sql`] values. A name reaches the text through [`ident`] or
//! [`path`], a value through [`literal`] or [`text`]: there is no other way in. One dialect is
//! printed today, DuckDB's; it is kept in [`duckdb`] so that another can stand beside it.

pub mod build;
pub mod copy;
mod dialect;
pub mod duckdb;
pub mod foreign;
mod json;
mod keys;
mod nested;
pub mod parquet;
pub mod session;
mod text_files;
pub mod types;
pub mod warehouse;

pub use dialect::Dialect;
pub use duckdb::{
    DuckDb, from_files, ident, literal, literal_path, local_time, number, path, relation, text,
    text_as_it_is, timestamp, timestamptz, type_list,
};
pub use keys::in_form;
pub use nested::unnested;

use std::fmt;

/// A piece of SQL text that was put together in this room or from pieces that were.
///
/// It knows where names of the open database file's tables stand. Which database that is, is said
/// last: see [`Sql::within`]. So the file's schema never has to be the one in which names are
/// looked up, and no macro of the file can stand in for a function of ours.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct Sql {
    text: String,
    /// Where the name of the database goes in, as places in `text`, in order.
    places: Vec<usize>,
}

impl Sql {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), places: Vec::new() }
    }

    /// A fixed piece, written in the program itself.
    pub fn raw(text: &'static str) -> Self {
        Self::new(text)
    }

    /// SQL that the data team wrote in a project, taken as it stands.
    pub fn of_project(text: impl Into<String>) -> Self {
        Self::new(text)
    }

    /// The text, for a shell that was started on the database file.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The same with every table of the database file named in full.
    #[must_use]
    pub fn within(&self, database: &str) -> Self {
        let name = ident(database);
        let mut out = String::with_capacity(self.text.len() + 16 * self.places.len());
        let mut done = 0;
        for place in &self.places {
            out.push_str(&self.text[done..*place]);
            out.push_str(name.text());
            out.push('.');
            done = *place;
        }
        out.push_str(&self.text[done..]);
        Self::new(out)
    }

    /// The same with marks in its text replaced by what they stand for: a run puts in its number
    /// and its end when it begins.
    #[must_use]
    pub fn with_marks(&self, replaced: impl FnOnce(&str) -> String) -> Self {
        Self::new(replaced(&self.text))
    }

    /// One of several statements that a text consists of.
    #[must_use]
    pub fn part(&self, text: &str) -> Self {
        debug_assert!(self.text.contains(text), "a part of the text");
        Self::new(text)
    }

    /// This name as one of the database file's.
    fn of_database(mut self) -> Self {
        self.places.insert(0, 0);
        self
    }

    fn push(&mut self, piece: &Self) {
        let start = self.text.len();
        self.places.extend(piece.places.iter().map(|place| start + place));
        self.text.push_str(&piece.text);
    }

    /// Puts pieces into a template, in order, one for each `{}`.
    ///
    /// # Panics
    /// When the number of pieces is not the number of places: a mistake in the program.
    pub fn fill(template: &'static str, pieces: &[&Sql]) -> Self {
        let mut out = Self::new(String::with_capacity(template.len() + 32 * pieces.len()));
        let mut parts = template.split("{}");
        out.text.push_str(parts.next().unwrap_or_default());
        let mut pieces = pieces.iter();
        for part in parts {
            out.push(pieces.next().expect("a piece for each place in the template"));
            out.text.push_str(part);
        }
        assert!(pieces.next().is_none(), "a place for each piece in the template {template}");
        out
    }

    /// The pieces with a separator between them.
    pub fn join(pieces: impl IntoIterator<Item = Sql>, separator: &'static str) -> Self {
        let mut out = Self::default();
        for (number, piece) in pieces.into_iter().enumerate() {
            if number > 0 {
                out.text.push_str(separator);
            }
            out.push(&piece);
        }
        out
    }

    /// This piece in parentheses.
    #[must_use]
    pub fn nested(&self) -> Self {
        Self::fill("({})", &[self])
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
        let mut pieces: Vec<Sql> = conditions.into_iter().collect();
        match pieces.len() {
            0 => Self::raw(none),
            1 => pieces.remove(0),
            _ => Self::join(pieces, operator).nested(),
        }
    }
}

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
