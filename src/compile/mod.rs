//! Slice × question → SQL. Pure: the catalog and the stated now are parameters, nothing is run.
//!
//! ```text
//! slice ──scope──▶ the rows asked about: base table, joined figures over related rows, conditions
//!   question ────▶ one statement over them
//! ```
//!
//! A [`Query`] has two printings: what our engine runs, where file tables are already readable by
//! name and tables of a database file are named in full, and what plain DuckDB runs as it is, where
//! a common table expression per file table says how the files are read, and the file's own tables
//! are named as in a shell that was started on it.
//!
//! Start at [`members`], then `scope::Scope`.

mod bins;
mod condition;
mod list;
mod profile;
mod question;
mod scope;

pub use bins::{Bins, Periods, nice_bins, periods};
pub use list::{Counted, FORMULA_START, ListForm, list, list_counts};
pub use profile::{ProfileQueries, RelatedQuery, profile};
pub use question::{
    Extent, boxes, grid, grid_points, histogram, members, order, page, page_of_order, range, size,
    steps, time_range, timeline, values,
};

use crate::model::catalog::Shadows;
use crate::model::failure::Failure;
use crate::sql::{self, Sql};

/// Rows with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Named {
    name: Sql,
    rows: Sql,
    /// Only what a statement asks of them is read: they are not made first.
    as_asked: bool,
}

/// A statement with the tables it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Table expressions for files; our engine has these tables already.
    files: Vec<Named>,
    /// Table expressions that both printings need.
    tables: Vec<Named>,
    /// What is selected from them.
    select: Sql,
    /// What the file's macros must not stand in for.
    shadows: Option<Shadows>,
}

impl Query {
    /// Gives rows a name for the rest of the statement; they are made first.
    fn name_first(&mut self, name: &'static str, rows: Sql) {
        self.tables.push(Named { name: Sql::raw(name), rows, as_asked: false });
    }

    /// The statement for our own engine, in which the database file has this name.
    pub fn executed(&self, database: Option<&str>) -> String {
        let sql = with(&self.tables.iter().collect::<Vec<_>>(), &self.select);
        database.map_or_else(|| sql.to_string(), |name| sql.within(name))
    }

    /// The statement that plain DuckDB runs as it is: in a shell started on the same file, or
    /// anywhere for files.
    pub fn portable(&self) -> String {
        let tables: Vec<_> = self.files.iter().chain(&self.tables).collect();
        let sql = with(&tables, &self.select);
        match &self.shadows {
            None => sql.to_string(),
            Some(shadows) => sql::session::with_built_in_functions(&sql, &shadows.database),
        }
    }
}

fn with(tables: &[&Named], select: &Sql) -> Sql {
    if tables.is_empty() {
        return select.clone();
    }
    let tables = tables.iter().map(|named| {
        let how = if named.as_asked { "NOT MATERIALIZED " } else { "" };
        Sql::fill("{} AS {}(\n{}\n)", &[&named.name, &Sql::raw(how), &named.rows])
    });
    Sql::fill("WITH {}\n{}", &[&Sql::join(tables, ",\n"), select])
}

fn unknown(what: &str, name: &str, hint: impl Into<String>) -> Failure {
    Failure::wrong_use(format!("there is no {what} called \"{name}\""), "", hint)
}
