//! What a source is asked while it is looked at: what is in it, how many rows, which columns are
//! unique, what points where.

use super::pieces::{ident, number, text};
use super::{Sql, in_form};
use crate::model::catalog::{Column, KeyForm};
use crate::model::value::Kind;

/// Tables and views of an attached database: schema, name, and the query of a view.
pub fn tables(database: &str) -> Sql {
    let name = text(database);
    Sql::fill(
        "SELECT schema_name, table_name, NULL FROM duckdb_tables() \
         WHERE database_name = {} AND NOT internal \
         UNION ALL \
         SELECT schema_name, view_name, sql FROM duckdb_views() \
         WHERE database_name = {} AND NOT internal ORDER BY 1, 2",
        &[&name, &name],
    )
}

/// The comments on columns: schema, table, column and comment.
pub fn comments(database: &str) -> Sql {
    Sql::fill(
        "SELECT schema_name, table_name, column_name, comment FROM duckdb_columns() \
         WHERE comment IS NOT NULL AND database_name = {}",
        &[&text(database)],
    )
}

/// How large a block of an attached file is, in bytes, how many it has, and how many are free.
pub fn blocks(database: &str) -> Sql {
    Sql::fill(
        "SELECT CAST(block_size AS BIGINT), CAST(total_blocks AS BIGINT), \
         CAST(free_blocks AS BIGINT) FROM pragma_database_size() WHERE database_name = {}",
        &[&text(database)],
    )
}

/// The first rows of a table, `most` of them: `TRUE`, then for each column the start of a text (so
/// many characters), a number, or for anything else only whether there is a value.
pub fn sample(table: &Sql, columns: &[Column], characters: u64, most: Option<u64>) -> Sql {
    let columns = columns.iter().map(|column| sampled(column, characters));
    let columns = Sql::join(std::iter::once(Sql::raw("TRUE")).chain(columns), ", ");
    let rows = Sql::fill("SELECT {} FROM {}", &[&columns, table]);
    match most {
        None => rows,
        Some(most) => Sql::fill("{} LIMIT {}", &[&rows, &number(most)]),
    }
}

fn sampled(column: &Column, characters: u64) -> Sql {
    let name = ident(&column.name);
    match column.kind {
        Kind::Text if column.type_name == "VARCHAR" => {
            Sql::fill("left({}, {})", &[&name, &number(characters)])
        }
        Kind::Text => Sql::fill("left(CAST({} AS VARCHAR), {})", &[&name, &number(characters)]),
        Kind::Integer if column.type_name != "BIGNUM" => name,
        // Nothing is found out about these, and a single one may be larger than memory.
        Kind::List | Kind::Nested | Kind::Binary => Sql::raw("NULL"),
        Kind::Number => name,
        _ => Sql::fill("CASE WHEN {} IS NOT NULL THEN TRUE END", &[&name]),
    }
}

/// How many rows there are, without reading them.
pub fn row_count(table: &Sql) -> Sql {
    Sql::fill("SELECT count(*) FROM {}", &[table])
}

/// How many rows there are, with a column of each read.
pub fn rows_read(table: &Sql, column: &str) -> Sql {
    Sql::fill("SELECT count(*), max(hash({})) IS NULL FROM {}", &[&ident(column), table])
}

/// How many rows have a value.
pub fn filled(table: &Sql, column: &str) -> Sql {
    Sql::fill("SELECT count({}) FROM {}", &[&ident(column), table])
}

/// How many different values there are, estimated.
pub fn distinct_estimate(table: &Sql, column: &str) -> Sql {
    Sql::fill("SELECT approx_count_distinct({}) FROM {}", &[&ident(column), table])
}

/// Whether every row has a value of its own.
pub fn is_unique(table: &Sql, column: &str) -> Sql {
    Sql::fill("SELECT count(*) = count(DISTINCT {}) FROM {}", &[&ident(column), table])
}

/// Whether every row has a whole number, and the least and the greatest.
pub fn whole_range(table: &Sql, column: &str) -> Sql {
    let name = ident(column);
    Sql::fill(
        "SELECT count(*) = count({}), CAST(min({}) AS BIGINT), CAST(max({}) AS BIGINT) FROM {}",
        &[&name, &name, &name, table],
    )
}

/// Whether whole numbers within a range are all different: one bit each.
pub fn is_unique_by_bits(table: &Sql, column: &str, low: i128, high: i128) -> Sql {
    Sql::fill(
        "SELECT bit_count(bitstring_agg({}, {}, {})) = count(*) FROM {}",
        &[&ident(column), &number(low), &number(high), table],
    )
}

/// How many rows there are, how many have a value, and how many different values there are.
pub fn key_counts(table: &Sql, column: &str) -> Sql {
    let name = ident(column);
    Sql::fill("SELECT count(*), count({}), count(DISTINCT {}) FROM {}", &[&name, &name, table])
}

/// The number of the first row without a value.
pub fn first_missing(table: &Sql, column: &str) -> Sql {
    Sql::fill(
        "SELECT min(n) FROM (SELECT row_number() OVER () AS n, {} AS k FROM {}) WHERE k IS NULL",
        &[&ident(column), table],
    )
}

/// The least of the values that several rows have.
pub fn first_doubled(table: &Sql, column: &str) -> Sql {
    let name = ident(column);
    Sql::fill(
        "SELECT CAST(min(k) AS VARCHAR) FROM \
         (SELECT {} AS k FROM {} WHERE {} IS NOT NULL GROUP BY 1 HAVING count(*) > 1)",
        &[&name, table, &name],
    )
}

/// A column that refers to the key of another table: the rows, the column, and how it is read.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// The rows.
    pub table: &'a Sql,
    /// The column.
    pub column: &'a str,
    /// How its values are read to be compared.
    pub form: KeyForm,
}

impl Side<'_> {
    fn value(&self, name: &str) -> Sql {
        in_form(Sql::fill("{}.{}", &[&ident(name), &ident(self.column)]), self.form)
    }
}

/// How many rows have a value, and how many of these point at nothing.
pub fn dangling(from: Side<'_>, to: Side<'_>) -> Sql {
    let (value, key) = (from.value("f"), to.value("k"));
    Sql::fill(
        "SELECT count(*), count(*) FILTER (WHERE key IS NULL) FROM \
         (SELECT {} AS value FROM {} AS f WHERE {} IS NOT NULL) LEFT JOIN \
         (SELECT DISTINCT {} AS key FROM {} AS k) ON value = key",
        &[&value, from.table, &value, &key, to.table],
    )
}

/// How many different values the first thousand rows have, and how many of these are keys.
pub fn first_matches(from: Side<'_>, to: Side<'_>) -> Sql {
    let (value, key) = (from.value("f"), to.value("k"));
    Sql::fill(
        "SELECT count(*), count(*) FILTER (WHERE value IN (SELECT {} FROM {} AS k)) FROM \
         (SELECT DISTINCT {} AS value FROM (SELECT * FROM {} LIMIT 1000) AS f \
         WHERE {} IS NOT NULL)",
        &[&key, to.table, &value, from.table, &value],
    )
}

/// How many different keys several tables have together.
pub fn union_size<'a>(sides: impl IntoIterator<Item = Side<'a>>) -> Sql {
    let parts = sides.into_iter().map(|side| {
        let key = in_form(ident(side.column), side.form);
        Sql::fill("SELECT {} AS key FROM {}", &[&key, side.table])
    });
    Sql::fill("SELECT count(DISTINCT key) FROM ({})", &[&Sql::join(parts, " UNION ALL ")])
}

/// The first two thousand rows, as rows to ask about.
pub fn first_rows(table: &Sql) -> Sql {
    Sql::fill("(SELECT * FROM {} LIMIT 2000)", &[table])
}

/// For each column, whether it has one value for all rows of each key.
pub fn constant_per_key(table: &Sql, key: &str, columns: &[&str]) -> Sql {
    let number = |i: usize| ident(&format!("c{i}"));
    let per_key = columns.iter().enumerate().map(|(i, column)| {
        let column = ident(column);
        Sql::fill(
            "(count({}) = 0 OR (count({}) = count(*) AND min({}) = max({}))) AS {}",
            &[&column, &column, &column, &column, &number(i)],
        )
    });
    let per_key = Sql::join(per_key, ", ");
    let all = (0..columns.len()).map(|i| Sql::fill("bool_and({})", &[&number(i)]));
    let key = ident(key);
    Sql::fill(
        "SELECT {} FROM (SELECT {} FROM {} WHERE {} IS NOT NULL GROUP BY {})",
        &[&Sql::join(all, ", "), &per_key, table, &key, &key],
    )
}

/// The rows of a table with their number in a column before all others.
pub fn numbered(table: &str, column: &str) -> Sql {
    Sql::fill("SELECT row_number() OVER () AS {}, * FROM {}", &[&ident(column), &ident(table)])
}
