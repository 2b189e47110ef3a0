//! Bound question → SQL. Pure: nothing is looked up, nothing is run.
//!
//! ```text
//! BoundSlice ──scope──▶ the rows asked about: base table, joined figures over related rows, conditions
//! BoundQuestion ──charts, page, …──▶ one statement over them, and how its rows become the answer
//! ```
//!
//! What is asked is decided already (see [`crate::bind`]); here it is only written down. A statement
//! and the reading of its rows stand side by side, so that no other room knows their columns.
//!
//! A [`Query`] has two printings: what our engine runs, where file tables are already readable by
//! name and tables of a database file are named in full, and what plain DuckDB runs as it is, where
//! a common table expression per file table says how the files are read, and the file's own tables
//! are named as in a shell that was started on it.
//!
//! Start at [`question`] in `charts.rs`, then `scope::Scope`.

mod asked;
mod charts;
mod codes;
mod condition;
mod list;
mod page;
mod profile;
mod rows;
mod scope;
mod size;
mod sync;

pub use asked::{Asked, Rows};
pub use charts::{grid_points, question, range};
pub use codes::{RowByRow, has_row_ids, row_count, row_order};
pub use list::{ColumnCounts, Counted, ListForm, list, list_counts};
pub use page::{members, members_in, order, page_of_order, page_of_rows};
pub use profile::related_rows;
pub use rows::Extent;
pub use size::{size, size_in};
pub use sync::{KEY, feature_column, sync_rows};

use crate::model::catalog::Shadows;
use crate::sql::{self, Dialect, DuckDb, Sql};

/// Rows with a name.
#[derive(Debug, Clone, PartialEq)]
struct Named {
    name: Sql,
    rows: Sql,
    /// Only what a statement asks of them is read: they are not made first.
    as_asked: bool,
}

/// A statement with the tables it reads.
#[derive(Debug, Clone, PartialEq)]
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
    pub fn executed(&self, database: Option<&str>) -> Sql {
        let sql = with(&self.tables.iter().collect::<Vec<_>>(), &self.select);
        match database {
            None => sql,
            Some(name) => sql.within(name),
        }
    }

    /// The statement that plain DuckDB runs as it is: in a shell started on the same file, or
    /// anywhere for files.
    pub fn portable(&self) -> String {
        match &self.shadows {
            None => self.portable_in(&DuckDb),
            Some(shadows) => {
                sql::session::with_built_in_functions(&self.whole(), &shadows.database)
            }
        }
    }

    /// The same in another dialect, as far as the statement was compiled for it.
    pub fn portable_in(&self, dialect: &dyn Dialect) -> String {
        self.whole().printed(dialect)
    }

    fn whole(&self) -> Sql {
        with(&self.files.iter().chain(&self.tables).collect::<Vec<_>>(), &self.select)
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
