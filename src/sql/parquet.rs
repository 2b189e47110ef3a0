//! Questions about Parquet files whose description says less than what is in them.

use super::Sql;
use super::files::{converted, file_list, type_list};
use super::pieces::{ident, text};
use crate::model::catalog::{PartitionPart, Partitions};
use std::path::PathBuf;

/// Rows that are looked at before all are.
const FIRST: &str = "SELECT count({}), count({}) FILTER (WHERE {}) FROM \
                     (SELECT {} FROM {} LIMIT 2048)";

/// How many of the first rows have bytes, and how many of these are no text.
pub fn bytes_among_first(rows: &Sql, column: &Sql) -> Sql {
    Sql::fill(FIRST, &[column, column, &no_text(column), column, rows])
}

/// How many rows have bytes, and how many of these are no text.
pub fn bytes_that_are_no_text(rows: &Sql, column: &Sql) -> Sql {
    Sql::fill(
        "SELECT count({}), count({}) FILTER (WHERE {}) FROM {}",
        &[column, column, &no_text(column), rows],
    )
}

/// Text is UTF-8 without the characters that stand only in other data.
fn no_text(column: &Sql) -> Sql {
    Sql::fill(
        "TRY(regexp_matches(decode({}), '[\\x00-\\x08\\x0e-\\x1f]')) IS DISTINCT FROM FALSE",
        &[column],
    )
}

/// What is in lists, one item in each row.
pub fn items(rows: &Sql, column: &Sql) -> Sql {
    Sql::fill("(SELECT unnest({}) AS item FROM {})", &[column, rows])
}

/// How many moments are finer than a microsecond, and one of them.
pub fn finer_than_a_microsecond(rows: &Sql, column: &Sql) -> Sql {
    Sql::fill(
        "SELECT count(*), CAST(min({}) AS VARCHAR) FROM {} WHERE epoch_ns({}) % 1000 <> 0",
        &[column, rows, column],
    )
}

/// Names of columns with decimals of more digits than the database has.
pub fn decimals_beyond(paths: &[PathBuf]) -> Sql {
    Sql::fill(
        "SELECT DISTINCT name FROM parquet_schema({}) WHERE converted_type = 'DECIMAL' \
         AND duckdb_type = 'DOUBLE' ORDER BY 1",
        &[&file_list(paths)],
    )
}

/// What follows `FROM` to read Parquet files with columns whose values are not in the files.
pub(super) fn partitioned(paths: &[PathBuf], partitions: &Partitions) -> Sql {
    if partitions.by_names {
        return Sql::fill(
            "read_parquet({}, union_by_name = true, hive_partitioning = true, hive_types = {})",
            &[&file_list(paths), &type_list(&partitions.columns)],
        );
    }
    let mut rest = paths;
    let parts = partitions.parts.iter().map(|part| {
        let (files, others) = rest.split_at(part.files.min(rest.len()));
        rest = others;
        part_of(files, part, &partitions.columns)
    });
    let rows = Sql::join(parts, " UNION ALL BY NAME ").nested();
    if partitions.order.is_empty() {
        return rows;
    }
    let columns = Sql::join(partitions.order.iter().map(|name| ident(name)), ", ");
    Sql::fill("(SELECT {} FROM {})", &[&columns, &rows])
}

fn part_of(files: &[PathBuf], part: &PartitionPart, columns: &[(String, String)]) -> Sql {
    let replaced = part.conversions.iter().map(|(name, conversion)| {
        Sql::fill("{} AS {}", &[&converted(&ident(name), conversion), &ident(name)])
    });
    let replaced = Sql::join(replaced, ", ");
    let replaced = match part.conversions.is_empty() {
        true => replaced,
        false => Sql::fill(" REPLACE ({})", &[&replaced]),
    };
    let written = columns.iter().zip(&part.values).map(|((name, type_name), value)| {
        let value = value.as_deref().map_or(Sql::raw("NULL"), text);
        let type_name = Sql::type_name(type_name);
        Sql::fill(", CAST({} AS {}) AS {}", &[&value, &type_name, &ident(name)])
    });
    Sql::fill(
        "SELECT *{}{} FROM read_parquet({}, union_by_name = true, hive_partitioning = false)",
        &[&replaced, &Sql::join(written, ""), &file_list(files)],
    )
}

/// The greatest whole number of a column, whatever its sign, as a text of digits.
pub fn greatest(rows: &Sql, column: &Sql) -> Sql {
    Sql::fill("SELECT max(abs(CAST({} AS HUGEINT))) FROM {}", &[column, rows])
}

/// What a checkpoint of a Delta table says, as JSON: what it asks of readers, what the table is,
/// and which files it has.
pub fn checkpoint(files: &[PathBuf]) -> Sql {
    Sql::fill(
        "SELECT CAST(to_json(protocol) AS VARCHAR), CAST(to_json(\"metaData\") AS VARCHAR), \
         CAST(to_json(add) AS VARCHAR) FROM read_parquet({}) \
         WHERE protocol IS NOT NULL OR \"metaData\" IS NOT NULL OR add IS NOT NULL",
        &[&file_list(files)],
    )
}
