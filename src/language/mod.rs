//! The typed condition and plain words: two of the three faces of a clause tree.
//!
//! Pure: text in, tree out, and back. [`parse`] reads a boolean SQL expression over feature names,
//! [`print`] writes it, and `parse(print(tree)) == tree` for every tree that the visual face can
//! make. [`words`] says it for a person to read.

mod parse;
mod print;
pub mod words;

pub use parse::{ParseError, Scope, parse};
pub use print::{print, print_clause, print_expr};
