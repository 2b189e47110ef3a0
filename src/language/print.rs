//! The typed condition, written from a clause tree.

use crate::model::clause::{Clause, Expr, Tree};

/// The condition that [`super::parse`] reads back as the same tree. Empty for an empty tree.
pub fn print(_tree: &Tree) -> String {
    String::new()
}

/// One clause as text.
pub fn print_clause(_clause: &Clause) -> String {
    String::new()
}

/// One expression as text.
pub fn print_expr(_expr: &Expr) -> String {
    String::new()
}
