//! The typed condition and plain words: two of the three faces of a clause tree.
//!
//! Pure: text in, tree out, and back. [`parse`] reads a boolean SQL expression over feature names,
//! [`print()`] writes it, and `parse(print(tree)) == normalise(tree)` for every tree that the visual
//! face can make. [`words`] says it for a person to read. [`complete`] offers what could be typed
//! next.

#[cfg(test)]
pub(crate) mod arbitrary;
mod complete;
mod conditions;
#[cfg(test)]
pub(crate) mod examples;
mod expressions;
mod functions;
mod literal;
mod mistakes;
mod moments;
mod names;
mod normal;
mod parse;
mod print;
mod scope;
pub mod words;

pub use complete::{Completion, complete};
pub use literal::parse_value;
pub use normal::{normalise, normalise_clause, normalise_expr};
pub use parse::{parse, parse_rows};
pub use print::{identifier, print, print_clause, print_expr};
pub use scope::{ParseError, Scope};
