//! Names and values as pieces: the ways in for what is not text of the program.

use super::{Piece, Sql};
use crate::model::value::Value;

/// A name, quoted when it is printed.
pub fn ident(name: &str) -> Sql {
    Sql::of(Piece::Name(name.to_owned()))
}

/// Names with dots between them.
pub fn path(names: &[&str]) -> Sql {
    Sql::join(names.iter().map(|n| ident(n)), ".")
}

/// A text literal.
pub fn text(value: &str) -> Sql {
    literal(&Value::Text(value.to_owned()))
}

/// A text literal with all its characters in it, for names in a list of types and for the file
/// after `COPY … TO`: there the database takes codes for text.
pub fn text_as_it_is(value: &str) -> Sql {
    Sql::of(Piece::PlainText(value.to_owned()))
}

/// A whole number.
pub fn number(value: impl Into<i128>) -> Sql {
    literal(&Value::Integer(value.into()))
}

/// A moment without a zone, from its ISO text.
pub fn timestamp(iso: &str) -> Sql {
    literal(&Value::Timestamp(iso.to_owned()))
}

/// A moment with a zone, from its ISO text with an offset.
pub fn timestamptz(iso: &str) -> Sql {
    literal(&Value::Instant(iso.to_owned()))
}

/// A value, written as a literal of its own type when it is printed.
pub fn literal(value: &Value) -> Sql {
    Sql::of(Piece::Value(value.clone()))
}
