//! Statements about the database itself: attaching a file, keeping a table, asking for types.

use super::Sql;
use super::pieces::{ident, path, text};
use std::path::{Path, PathBuf};

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

/// The names of all schemas, in small letters.
pub fn schema_names() -> Sql {
    Sql::raw("SELECT lower(schema_name) FROM duckdb_schemas()")
}

/// Every row and column of a relation.
pub fn everything(relation: &Sql) -> Sql {
    Sql::fill("SELECT * FROM {}", &[relation])
}

/// A statement for a shell started on a database file whose macros have the names of built-in
/// functions: it says that the built-in ones are meant, operators too.
pub fn with_built_in_functions(statement: &Sql, database: &str) -> String {
    let here = text(&path(&[database, "main"]).text());
    let back = Sql::fill("SET search_path = {}", &[&here]);
    format!(
        "-- Macros of this file have the names of built-in functions. Here the built-in ones are \
         meant; afterwards, {back} brings the others back.\nSET search_path = 'system.main';\n{}",
        statement.within(database)
    )
}

/// Limits in bytes of memory and of disk for what does not fit into it.
pub fn limits(memory: Option<u64>, spill: Option<u64>) -> Vec<Sql> {
    let bytes = |n: u64| text(&format!("{n}B"));
    let memory = memory.map(|n| Sql::fill("SET memory_limit = {}", &[&bytes(n)]));
    let spill = spill.map(|n| Sql::fill("SET max_temp_directory_size = {}", &[&bytes(n)]));
    memory.into_iter().chain(spill).collect()
}

/// From here on only these files and what lies in these folders can be read, and what is attached;
/// nothing can be written but what is spilled; settings stay as they are. It cannot be undone.
pub fn shut(files: &[PathBuf], folders: &[PathBuf]) -> Vec<Sql> {
    let list = |paths: &[PathBuf]| {
        let texts = paths.iter().map(|path| text(&path.to_string_lossy()));
        Sql::fill("[{}]", &[&Sql::join(texts, ", ")])
    };
    vec![
        Sql::fill("SET allowed_paths = {}", &[&list(files)]),
        Sql::fill("SET allowed_directories = {}", &[&list(folders)]),
        // Plans are told whole, also the parts that are never run.
        Sql::raw("SET explain_output = 'all'"),
        Sql::raw("SET enable_external_access = false"),
        // Each of these is a person's own to set and reaches nothing.
        Sql::raw(
            "SET allowed_configs = ['enable_progress_bar', 'enable_progress_bar_print', \
             'preserve_insertion_order', 'old_implicit_casting']",
        ),
        Sql::raw("SET lock_configuration = true"),
    ]
}

/// How much memory the database may use, as text: `12.7 GiB`.
pub fn memory_limit() -> Sql {
    Sql::raw("SELECT current_setting('memory_limit')")
}

/// The names and types of what a statement gives.
pub fn describe(statement: &Sql) -> Sql {
    Sql::fill("DESCRIBE {}", &[&statement.trimmed()])
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
    /// A list, nested this many times, of texts as the database prints them.
    TextLists(usize),
}

/// The statement with its columns converted, in order, under the names `c0`, `c1`, …
pub fn converted(statement: &Sql, columns: &[Outward]) -> Sql {
    let name = |i: usize| ident(&format!("c{i}"));
    let selected = columns.iter().enumerate().map(|(i, outward)| match outward {
        Outward::Same => name(i),
        Outward::Whole => Sql::fill("CAST({} AS BIGINT) AS {}", &[&name(i), &name(i)]),
        Outward::Text => Sql::fill("CAST({} AS VARCHAR) AS {}", &[&name(i), &name(i)]),
        Outward::TextLists(depth) => {
            let brackets = Sql::type_name("[]".repeat(*depth));
            Sql::fill("CAST({} AS VARCHAR{}) AS {}", &[&name(i), &brackets, &name(i)])
        }
    });
    let names = Sql::join((0..columns.len()).map(name), ", ");
    let inner = statement.trimmed();
    // A comment at the end of the statement must not swallow the parenthesis.
    Sql::fill("SELECT {} FROM (\n{}\n) AS asked({})", &[&Sql::join(selected, ", "), &inner, &names])
}

/// What a query would do, planned as a part of a query of ours: the database allows no statement
/// in there that changes something.
pub fn plan_of_query(query: &Sql) -> Sql {
    // A comment at the end of the query must not swallow the parenthesis.
    let query = query.trimmed();
    Sql::fill("EXPLAIN (FORMAT json) SELECT * FROM (\n{}\n) AS asked", &[&query])
}

/// What a statement would do.
pub fn plan_of(statement: &Sql) -> Sql {
    Sql::fill("EXPLAIN (FORMAT json) {}", &[&statement.trimmed()])
}

/// Functions that can stand after `FROM`, in small letters.
pub fn table_functions() -> Sql {
    Sql::raw(
        "SELECT DISTINCT lower(function_name) FROM duckdb_functions() \
         WHERE function_type IN ('table', 'pragma')",
    )
}

/// Code in the database files that are attached: the database, the name of a macro or nothing for a
/// view, and the code.
pub fn code_of_others() -> Sql {
    Sql::raw(
        "SELECT database_name, function_name, macro_definition FROM duckdb_functions() \
         WHERE NOT internal AND database_name NOT IN ('temp', 'system') UNION ALL \
         SELECT database_name, '', sql FROM duckdb_views() \
         WHERE NOT internal AND NOT temporary",
    )
}

/// Names of the functions and macros in the main schema of a database file.
pub fn own_functions(database: &str) -> Sql {
    Sql::fill(
        "SELECT DISTINCT function_name FROM duckdb_functions() WHERE database_name = {} \
         AND schema_name = 'main' AND NOT internal ORDER BY 1",
        &[&text(database)],
    )
}

/// Names of the functions that the database has by itself.
pub fn built_in_functions() -> Sql {
    Sql::raw("SELECT DISTINCT function_name FROM duckdb_functions() WHERE internal")
}

/// Keeps the rows of a statement as a table in memory.
pub fn keep_result(name: &str, statement: &Sql) -> Sql {
    keep(name, statement)
}
