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

mod call;
mod calls;
mod dates;
mod documents;
mod groups;
mod parse;
mod rewrite;
mod rewriting;
mod statements;
mod texts;
mod types;

pub(super) use statements::other_than_tables;
pub use statements::{refusal, single_statements};

use crate::sql::Sql;
use crate::sql::warehouse::Warehouse;
use parse::Parsed;
use rewriting::Rewriting;

/// `sql` of a warehouse as DuckDB reads it. What in it is ours comes out as it went in: for the
/// parser words stand for it.
///
/// # Errors
/// When it means something that cannot be said, in a sentence.
///
/// `main_id` is the column of the main id, where the text stands for rows that have one: projects
/// also call it `rudder_id`.
pub(super) fn duckdb(
    sql: &Sql,
    warehouse: Warehouse,
    main_id: Option<&str>,
) -> Result<Sql, String> {
    let (text, stand_ins) = sql.with_stand_ins();
    let Some(mut parsed) = Parsed::read(&text, warehouse) else { return Ok(sql.clone()) };
    let mut rewriting = Rewriting::new(warehouse, main_id, stand_ins);
    parsed.visit(&mut rewriting);
    match rewriting.refused {
        Some(why) => Err(why),
        None if rewriting.changed || parsed.is_spelt_otherwise() => {
            Ok(rewriting.stand_ins.put_back(&parsed.to_string()))
        }
        None => Ok(sql.clone()),
    }
}

#[cfg(test)]
mod tests;
