//! Statements that write a list to a file, and that read it in pages.
//!
//! The options are fixed, so that the same rows give the same bytes. `PRESERVE_ORDER` is said
//! although it is the default: where the optimizer makes a join of a condition (a long `IN` list),
//! the database takes the order for free and lets threads write as they come.

use super::{Sql, number, text, text_as_it_is};

/// Rows per row group: DuckDB's own default, written down because the bytes depend on it.
const ROW_GROUP_ROWS: i32 = 122_880;

/// Writes the rows of `query` as UTF-8 CSV: a header, commas, line feeds, quotes where needed.
/// Missing is an empty cell, empty text a quoted one.
pub fn copy_csv(query: &str, file: &str) -> Sql {
    let options = Sql::raw(
        "FORMAT csv, HEADER true, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR '', \
         COMPRESSION none, USE_TMP_FILE false, \
         PRESERVE_ORDER true",
    );
    copy(query, file, &options)
}

/// Writes the rows of `query` as Parquet.
pub fn copy_parquet(query: &str, file: &str) -> Sql {
    let rows = number(ROW_GROUP_ROWS);
    let options = Sql::fill(
        "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {}, USE_TMP_FILE false, \
         PRESERVE_ORDER true",
        &[&rows],
    );
    copy(query, file, &options)
}

fn copy(query: &str, file: &str, options: &Sql) -> Sql {
    Sql::fill("COPY ({}) TO {} ({})", &[&whole(query), &text_as_it_is(file), options])
}

/// Keeps the rows of `query`, in order, in a temporary table for [`list_page`].
pub fn keep_list(query: &str) -> Sql {
    Sql::fill("CREATE OR REPLACE TEMP TABLE muster_list AS {}", &[&whole(query)])
}

/// Rows of the kept list, in order, from number `from` (from 0) up to but without `to`.
pub fn list_page(from: u64, to: u64) -> Sql {
    let (from, to) = (number(from), number(to));
    Sql::fill(
        "SELECT * FROM temp.main.muster_list WHERE rowid >= {} AND rowid < {} ORDER BY rowid",
        &[&from, &to],
    )
}

/// Lets the kept list go.
pub fn drop_list() -> Sql {
    Sql::raw("DROP TABLE IF EXISTS temp.main.muster_list")
}

/// The rows that a Parquet file holds.
pub fn count_parquet(file: &str) -> Sql {
    Sql::fill("SELECT count(*) FROM read_parquet({})", &[&text(file)])
}

/// The engine's version.
pub fn version() -> Sql {
    Sql::raw("SELECT version()")
}

/// A statement that the compiler printed, without a semicolon at its end.
fn whole(query: &str) -> Sql {
    Sql::new(query.trim_end().trim_end_matches(';').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_written_with_every_option_said() {
        insta::assert_snapshot!(
            copy_csv("SELECT 1 AS a;\n", "/tmp/it's.csv.part"),
            @r#"COPY (SELECT 1 AS a) TO '/tmp/it''s.csv.part' (FORMAT csv, HEADER true, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '', COMPRESSION none, USE_TMP_FILE false, PRESERVE_ORDER true)"#
        );
        insta::assert_snapshot!(
            copy_parquet("SELECT 1 AS a", "x.part"),
            @"COPY (SELECT 1 AS a) TO 'x.part' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, USE_TMP_FILE false, PRESERVE_ORDER true)"
        );
    }

    #[test]
    fn a_page_names_its_rows() {
        insta::assert_snapshot!(
            list_page(10, 20),
            @"SELECT * FROM temp.main.muster_list WHERE rowid >= 10 AND rowid < 20 ORDER BY rowid"
        );
    }
}
