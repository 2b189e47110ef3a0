//! The only room that writes SQL text.
//!
//! Everything else composes [`Sql`] values: pieces that become text when a dialect prints them. A
//! name is put in by [`ident`] or [`path`], a value by [`literal`] or [`text`], what only a run
//! knows by [`Placeholder`], and what a data team wrote by [`Sql::of_project`]: there is no other way in.
//! DuckDB's dialect is [`DuckDb`]; another can stand beside it.

pub mod build;
pub mod copy;
mod dialect;
mod duckdb;
pub mod facts;
mod files;
pub mod foreign;
mod json;
mod keys;
mod nested;
pub mod parquet;
mod pieces;
mod placeholder;
mod relations;
pub mod session;
mod stand_ins;
mod text_files;
pub mod types;
pub mod warehouse;

pub use dialect::Dialect;
pub use duckdb::{DuckDb, local_time};
pub use files::{literal_path, type_list};
pub use keys::in_form;
pub use nested::unnested;
pub use pieces::{ident, literal, number, path, text, text_as_it_is, timestamp, timestamptz};
pub use placeholder::{ObjectName, Placeholder, object};
pub use relations::{from_files, relation};
pub use stand_ins::StandIns;

use crate::model::value::Value;
use std::fmt;

/// A statement or a part of one: pieces in order, put together in this room or from pieces that
/// were.
///
/// It knows where names of the open database file's tables stand. Which database that is, is said
/// last: see [`Sql::within`]. So the file's schema never has to be the one in which names are
/// looked up, and no macro of the file can stand in for a function of ours.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sql {
    pieces: Vec<Piece>,
}

/// A piece of a statement.
#[derive(Debug, Clone, PartialEq)]
enum Piece {
    /// Text of the program.
    Fixed(&'static str),
    /// A name, not yet quoted.
    Name(String),
    /// A value, not yet written as a literal.
    Value(Value),
    /// A text of which every character is written as it is.
    PlainText(String),
    /// The name of a type, as the database told it.
    Type(String),
    /// What the data team wrote.
    Project(String),
    /// A piece that stays whole: no parser of a project's text looks into it.
    Whole(Box<Sql>),
    /// Where the name of the open database file goes, before the name of something in it.
    Database,
    /// What the run puts in.
    Placeholder(Placeholder),
}

impl Sql {
    fn of(piece: Piece) -> Self {
        Self { pieces: vec![piece] }
    }

    /// A fixed piece, written in the program itself.
    pub fn raw(text: &'static str) -> Self {
        Self::of(Piece::Fixed(text))
    }

    /// SQL that the data team wrote in a project, taken as it stands.
    pub fn of_project(text: impl Into<String>) -> Self {
        Self::of(Piece::Project(text.into()))
    }

    /// What a run puts in when it begins.
    pub fn placeholder(placeholder: Placeholder) -> Self {
        Self::of(Piece::Placeholder(placeholder))
    }

    /// The name of a type, as the database told it.
    fn type_name(name: impl Into<String>) -> Self {
        Self::of(Piece::Type(name.into()))
    }

    /// The text in DuckDB's dialect, for a shell that was started on the database file. What only a
    /// run knows stands in it for reading: `N` for its number.
    pub fn text(&self) -> String {
        self.printed(&DuckDb)
    }

    /// The text in a dialect.
    pub fn printed(&self, dialect: &dyn Dialect) -> String {
        self.printed_with(dialect, &ToString::to_string)
    }

    /// The text in DuckDB's dialect, with `open` for what only a run knows.
    pub fn text_with(&self, open: &dyn Fn(&Placeholder) -> String) -> String {
        self.printed_with(&DuckDb, open)
    }

    fn printed_with(&self, dialect: &dyn Dialect, open: &dyn Fn(&Placeholder) -> String) -> String {
        let mut out = String::with_capacity(12 * self.pieces.len());
        for piece in &self.pieces {
            match piece {
                Piece::Fixed(text) => out.push_str(text),
                Piece::Name(name) => dialect.write_name(name, &mut out),
                Piece::Value(value) => dialect.write_value(value, &mut out),
                Piece::PlainText(text) => write_plain_text(text, &mut out),
                Piece::Type(text) | Piece::Project(text) => out.push_str(text),
                Piece::Whole(sql) => out.push_str(&sql.printed_with(dialect, open)),
                Piece::Database => {}
                Piece::Placeholder(placeholder) => out.push_str(&open(placeholder)),
            }
        }
        out
    }

    /// The same as one piece: no parser of a project's text looks into it.
    #[must_use]
    pub fn as_whole(self) -> Self {
        match self.pieces.as_slice() {
            [_] => self,
            _ => Self::of(Piece::Whole(Box::new(self))),
        }
    }

    /// The same with every table of the database file named in full.
    #[must_use]
    pub fn within(&self, database: &str) -> Self {
        let name = || [Piece::Name(database.to_owned()), Piece::Fixed(".")];
        self.with(&|piece| match piece {
            Piece::Database => Some(Self { pieces: name().into() }),
            _ => None,
        })
    }

    /// The same with what was left for later put in, as far as `put` knows it.
    #[must_use]
    pub fn settled(&self, put: &dyn Fn(&Placeholder) -> Option<Sql>) -> Self {
        self.with(&|piece| match piece {
            Piece::Placeholder(placeholder) => put(placeholder),
            _ => None,
        })
    }

    /// The same with other pieces in the places of some.
    fn with(&self, other: &dyn Fn(&Piece) -> Option<Sql>) -> Self {
        let mut out = Self { pieces: Vec::with_capacity(self.pieces.len()) };
        for piece in &self.pieces {
            match (other(piece), piece) {
                (Some(other), _) => out.push(&other),
                (None, Piece::Whole(sql)) => {
                    out.pieces.push(Piece::Whole(Box::new(sql.with(other))));
                }
                (None, piece) => out.pieces.push(piece.clone()),
            }
        }
        out
    }

    /// The same without blanks around what a project wrote, and without the semicolons after it.
    #[must_use]
    pub fn trimmed(&self) -> Self {
        let mut out = self.clone();
        if let Some(Piece::Project(text)) = out.pieces.first_mut() {
            *text = text.trim_start().to_owned();
        }
        if let Some(Piece::Project(text)) = out.pieces.last_mut() {
            *text = text.trim_end().trim_end_matches(';').trim_end().to_owned();
        }
        out
    }

    /// Whether something of this name stands in it.
    pub fn names(&self, name: &str) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Piece::Name(found) => found == name,
            Piece::Whole(sql) => sql.names(name),
            _ => false,
        })
    }

    /// Whether a line comment may begin in it, which would swallow what follows on its line.
    pub fn may_end_in_comment(&self) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Piece::Project(text) => text.contains("--"),
            Piece::Whole(sql) => sql.may_end_in_comment(),
            _ => false,
        })
    }

    /// This name as one of the database file's.
    fn of_database(mut self) -> Self {
        self.pieces.insert(0, Piece::Database);
        self
    }

    fn push(&mut self, piece: &Self) {
        self.pieces.extend_from_slice(&piece.pieces);
    }

    fn push_fixed(&mut self, text: &'static str) {
        if !text.is_empty() {
            self.pieces.push(Piece::Fixed(text));
        }
    }

    /// Puts pieces into a template, in order, one for each `{}`.
    ///
    /// # Panics
    /// When the number of pieces is not the number of places: a mistake in the program.
    pub fn fill(template: &'static str, pieces: &[&Sql]) -> Self {
        let size: usize = pieces.iter().map(|piece| piece.pieces.len() + 1).sum();
        let mut out = Self { pieces: Vec::with_capacity(size + 1) };
        let mut parts = template.split("{}");
        out.push_fixed(parts.next().unwrap_or_default());
        let mut pieces = pieces.iter();
        for part in parts {
            out.push(pieces.next().expect("a piece for each place in the template"));
            out.push_fixed(part);
        }
        assert!(pieces.next().is_none(), "a place for each piece in the template {template}");
        out
    }

    /// The pieces with a separator between them.
    pub fn join(pieces: impl IntoIterator<Item = Sql>, separator: &'static str) -> Self {
        let mut out = Self::default();
        for (number, piece) in pieces.into_iter().enumerate() {
            if number > 0 {
                out.push_fixed(separator);
            }
            out.pieces.extend(piece.pieces);
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

/// Writes a text of which every character stands as it is: alike in every dialect.
fn write_plain_text(value: &str, out: &mut String) {
    out.push('\'');
    out.push_str(&value.replace('\'', "''"));
    out.push('\'');
}

impl fmt::Display for Sql {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}
