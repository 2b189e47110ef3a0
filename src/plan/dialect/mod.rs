//! What SQL of a warehouse means, in DuckDB's words.
//!
//! ```text
//! text ─parse─▶ syntax tree ─rewrite, inside out─▶ tree ─printed─▶ DuckDB's SQL
//!                                 ├─ calls (texts, groups), dates, documents, types: written otherwise
//!                                 └─ order, windows: what means something else
//! ```
//!
//! - The tree is that of a maintained parser in the dialect of the warehouse; what no dialect reads
//!   stays as it was written, and the database says what it makes of it.
//! - A text in which nothing is to be written otherwise stays letter for letter.
//! - What only needs a function of another name is a macro of the session, see
//!   [`crate::sql::warehouse`]; here is what a macro cannot do: bare words, any number of
//!   arguments, the order of rows, types.
//!
//! Start at [`duckdb`], then `rewrite.rs`.

mod calls;
mod dates;
mod documents;
mod groups;
mod parse;
mod rewrite;
mod statements;
mod texts;
mod types;

pub(super) use statements::other_than_tables;
pub use statements::{refusal, single_statements};

use crate::sql::warehouse::Warehouse;
use parse::Parsed;
use rewrite::Rewriting;

/// Stands at the beginning of a name in double quotes that is ours, in the text of a warehouse
/// where such quotes are those of text.
pub(super) const NAME_MARK: char = '\u{E006}';

/// `sql` with the names in double quotes marked as such.
pub(super) fn marked_names(sql: &str) -> String {
    let mut out = String::with_capacity(sql.len() + 8);
    for (at, piece) in sql.split('"').enumerate() {
        match at % 2 {
            _ if at == 0 => {}
            1 => out.extend(['"', NAME_MARK]),
            _ => out.push('"'),
        }
        out.push_str(piece);
    }
    out
}

/// `sql` of a warehouse as DuckDB reads it.
///
/// # Errors
/// When it means something that cannot be said, in a sentence.
///
/// `main_id` is the column of the main id, where the text stands for rows that have one: projects
/// also call it `rudder_id`.
pub(super) fn duckdb(
    sql: &str,
    warehouse: Warehouse,
    main_id: Option<&str>,
) -> Result<String, String> {
    let unmarked = |sql: &str| sql.replace(NAME_MARK, "");
    let Some(mut parsed) = Parsed::read(sql, warehouse) else { return Ok(unmarked(sql)) };
    let mut rewriting = Rewriting::new(warehouse, main_id);
    parsed.visit(&mut rewriting);
    match rewriting.refused {
        Some(why) => Err(why),
        None if rewriting.changed || parsed.is_spelt_otherwise() => {
            Ok(unmarked(&parsed.to_string()))
        }
        None => Ok(unmarked(sql)),
    }
}

#[cfg(test)]
mod tests;
