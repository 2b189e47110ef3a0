//! Statements about the database itself: attaching a file, keeping a table, asking for types.

use super::duckdb::{ident, path, text};
use super::{Sql, duckdb};
use std::path::Path;

/// Attaches a database file for reading only.
pub fn attach(file: &Path, alias: &str, key: Option<&str>) -> Sql {
    let file = text(&file.to_string_lossy());
    let alias = ident(alias);
    match key {
        None => Sql::fill("ATTACH {} AS {} (READ_ONLY, TYPE duckdb)", &[&file, &alias]),
        Some(key) => Sql::fill(
            "ATTACH {} AS {} (READ_ONLY, TYPE duckdb, ENCRYPTION_KEY {})",
            &[&file, &alias, &text(key)],
        ),
    }
}

/// Makes an attached database the one in which names are looked up.
pub fn use_database(alias: &str) -> Sql {
    Sql::fill("USE {}", &[&path(&[alias, "main"])])
}

/// Lets an attached database go.
pub fn detach(alias: &str) -> Sql {
    Sql::fill("DETACH {}", &[&ident(alias)])
}

/// Keeps the rows of a query as a table in memory.
pub fn keep(name: &str, query: &Sql) -> Sql {
    Sql::fill("CREATE OR REPLACE TABLE {} AS {}", &[&path(&["memory", "main", name]), query])
}

/// Gives a query a name.
pub fn name_query(name: &str, query: &Sql) -> Sql {
    Sql::fill("CREATE OR REPLACE VIEW {} AS {}", &[&path(&["memory", "main", name]), query])
}

/// Lets a table in memory go.
pub fn forget(name: &str) -> Sql {
    Sql::fill("DROP TABLE IF EXISTS {}", &[&path(&["memory", "main", name])])
}

/// Every row and column of a relation.
pub fn everything(relation: &Sql) -> Sql {
    Sql::fill("SELECT * FROM {}", &[relation])
}

/// The names and types of what a statement gives.
pub fn describe(statement: &str) -> Sql {
    Sql::fill("DESCRIBE {}", &[&Sql(without_end(statement).to_owned())])
}

/// What one column of a statement is converted to on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outward {
    /// As it is.
    Same,
    /// A 64-bit whole number.
    Whole,
    /// Text as the database prints it.
    Text,
    /// A list, nested so many times, of texts as the database prints them.
    TextLists(usize),
}

/// The statement with its columns converted, in order, under the names `c0`, `c1`, …
pub fn converted(statement: &str, columns: &[Outward]) -> Sql {
    let name = |i: usize| Sql(format!("c{i}"));
    let selected = columns.iter().enumerate().map(|(i, outward)| match outward {
        Outward::Same => name(i),
        Outward::Whole => Sql::fill("CAST({} AS BIGINT) AS {}", &[&name(i), &name(i)]),
        Outward::Text => Sql::fill("CAST({} AS VARCHAR) AS {}", &[&name(i), &name(i)]),
        Outward::TextLists(depth) => {
            let brackets = Sql("[]".repeat(*depth));
            Sql::fill("CAST({} AS VARCHAR{}) AS {}", &[&name(i), &brackets, &name(i)])
        }
    });
    let names = Sql::join((0..columns.len()).map(name), ", ");
    let inner = Sql(without_end(statement).to_owned());
    // A comment at the end of the statement must not swallow the parenthesis.
    Sql::fill("SELECT {} FROM (\n{}\n) AS asked({})", &[&Sql::join(selected, ", "), &inner, &names])
}

/// A setting of the database.
pub fn set(name: &'static str, value: &str) -> Sql {
    Sql::fill("SET {} = {}", &[&Sql::raw(name), &duckdb::text(value)])
}

fn without_end(statement: &str) -> &str {
    statement.trim().trim_end_matches(';').trim_end()
}

/// Keeps the rows of a statement as a table in memory.
pub fn keep_result(name: &str, statement: &str) -> Sql {
    keep(name, &Sql(without_end(statement).to_owned()))
}
