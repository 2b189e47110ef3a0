//! What the formats of lists are: what becomes of a cell, and the statements that write a list to a
//! file and read it in pages.
//!
//! The options are fixed, so that the same rows give the same bytes. `PRESERVE_ORDER` is said
//! although it is the default: where the optimizer makes a join of a condition (a long `IN` list),
//! the database takes the order for free and lets threads write as they come.

use super::types::{cast, is_nested};
use super::{Sql, ident, number, text, text_as_it_is};
use crate::model::catalog::Column;
use crate::model::export::{CopiedFormat, ExportFormat};
use crate::model::value::Kind;

/// How text starts that a spreadsheet reads as a formula: with a sign, of usual, small or full
/// width. Spaces, line breaks and whatever takes no room before it may be passed over: marks that
/// change a character, fillers, and all that has no shape (`C`). The database and the `regex` crate
/// read it alike.
pub const FORMULA_START: &str = r"^[\s\pZ\pC\pM\x{115F}\x{1160}\x{2800}\x{3164}\x{FFA0}]*[-+=@\x{2212}\x{FE62}\x{FE63}\x{FE66}\x{FE6B}\x{FF0B}\x{FF0D}\x{FF1D}\x{FF20}]";

/// What starts with a sign and is no formula: one number, and a telephone number in international
/// form, written with nothing but digits and single spaces. With a hyphen between its digits it
/// would be a difference, which a spreadsheet works out.
const NO_FORMULA: &str = r"^(?:[-+][0-9]+(?:[.,][0-9]+)?|\+[0-9]+(?: [0-9]+)*)$";

/// What the database writes into JSON for NaN and infinity, and JSON does not have.
const NOT_FINITE: &str = r"[\[:,](NaN|-?Infinity)[\],}]";

/// Rows per row group: DuckDB's own default, written down because the bytes depend on it.
const ROW_GROUP_ROWS: i32 = 122_880;

/// What a cell of a list is to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CellForm {
    /// The file's format.
    pub format: ExportFormat,
    /// In CSV, text that a spreadsheet would run as a formula gets an apostrophe in front.
    pub neutralise_formulas: bool,
    /// In Parquet, whole numbers of 128 bits are text: one of them does not fit a decimal.
    pub wide_as_text: bool,
}

/// A value as it goes into the file: turned into what its format can hold, without loss.
pub fn cell(value: Sql, column: &Column, form: &CellForm) -> Sql {
    match form.format {
        ExportFormat::Csv if form.neutralise_formulas && is_written_as_text(column.kind) => {
            let text = as_text(value, column);
            Sql::fill(
                "CASE WHEN {} THEN '''' || {} ELSE {} END",
                &[&is_formula(&text), &text, &text],
            )
        }
        ExportFormat::Csv => value,
        ExportFormat::Parquet => in_parquet(value, column, form.wide_as_text),
        // The database's own text of a list cannot be told from one of other items by everyone.
        ExportFormat::Excel if is_nested(&column.type_name) => {
            Sql::fill("CAST(to_json({}) AS VARCHAR)", &[&value])
        }
        ExportFormat::Excel => value,
        ExportFormat::JsonLines => in_json(value, column),
    }
}

/// The cells of a row as they are selected: each under its name, or all in one text of JSON. The
/// database would write floats for its decimals, with fewer digits.
pub fn row<'n>(format: ExportFormat, cells: impl Iterator<Item = (&'n str, Sql)>) -> Sql {
    if format != ExportFormat::JsonLines {
        let named = cells.map(|(name, cell)| Sql::fill("{} AS {}", &[&cell, &ident(name)]));
        return Sql::join(named, ",\n  ");
    }
    let members = cells.enumerate().map(|(number, (name, cell))| {
        let before = if number == 0 { "{" } else { "," };
        let key = format!("{before}{}:", serde_json::Value::from(name));
        Sql::fill("{}, coalesce({}, 'null')", &[&text(&key), &cell])
    });
    // One call: a chain of `||` is as deep as there are columns.
    Sql::fill("concat({}, '}') AS line", &[&Sql::join(members, ",\n  ")])
}

/// The rows of a file with a JSON object per line: these members as columns of text, in this order.
/// What a line does not have is missing.
pub fn rows_of_json_lines(file: &str, columns: &[String]) -> Sql {
    let types = columns.iter().map(|name| Sql::fill("{}: 'VARCHAR'", &[&ident(name)]));
    Sql::fill(
        "SELECT {} FROM read_json({}, format = 'newline_delimited', columns = {{}})",
        &[
            &Sql::join(columns.iter().map(|name| ident(name)), ", "),
            &text(file),
            &Sql::join(types, ", "),
        ],
    )
}

/// A text that was made for the list, as it goes into the file.
pub fn text_cell(value: Sql, format: ExportFormat) -> Sql {
    match format {
        ExportFormat::JsonLines => json_text(&value),
        _ => value,
    }
}

fn json_text(value: &Sql) -> Sql {
    Sql::fill("CAST(to_json(CAST({} AS VARCHAR)) AS VARCHAR)", &[value])
}

/// A value as JSON text. JSON has no NaN and no infinity: they are texts.
fn in_json(value: Sql, column: &Column) -> Sql {
    let type_name = column.type_name.as_str();
    if is_nested(type_name) {
        return nested_in_json(&value, type_name);
    }
    let digits = Sql::fill("CAST({} AS VARCHAR)", &[&value]);
    match (column.kind, type_name) {
        // Line breaks between its parts; in its texts they are written by code.
        (_, "JSON") => Sql::fill("translate({}, chr(10) || chr(13), '  ')", &[&digits]),
        (_, "DOUBLE" | "FLOAT") => {
            let text = json_text(&value);
            Sql::fill("CASE WHEN isfinite({}) THEN {} ELSE {} END", &[&value, &digits, &text])
        }
        (Kind::Integer | Kind::Number | Kind::Boolean, _) => digits,
        _ => json_text(&value),
    }
}

/// Numbers within that JSON, or a float, cannot hold are texts.
fn nested_in_json(value: &Sql, type_name: &str) -> Sql {
    let made = Sql::fill("CAST(to_json({}) AS VARCHAR)", &[value]);
    let long = |name: &str| {
        let digits = name.strip_prefix("DECIMAL(").and_then(|rest| rest.split(',').next());
        let is_long = digits.and_then(|digits| digits.parse::<u8>().ok()).is_some_and(|n| n > 15);
        is_long.then_some("VARCHAR")
    };
    let made = match cast(value, type_name, &long) {
        Some(exact) => Sql::fill("CAST(to_json({}) AS VARCHAR)", &[&exact]),
        None => made,
    };
    let float = |name: &str| {
        let is_float = matches!(name, "DOUBLE" | "FLOAT");
        if is_float { Some("VARCHAR") } else { long(name) }
    };
    match cast(value, type_name, &float) {
        Some(texts) if type_name.contains("DOUBLE") || type_name.contains("FLOAT") => Sql::fill(
            "CASE WHEN regexp_matches({}, {}) THEN CAST(to_json({}) AS VARCHAR) ELSE {} END",
            &[&made, &text(NOT_FINITE), &texts, &made],
        ),
        _ => made,
    }
}

/// Parquet has no whole numbers of 128 bits (the database would write floats), no moments of a day
/// with a zone, no empty structs, and intervals of milliseconds.
fn in_parquet(value: Sql, feature: &Column, wide_as_text: bool) -> Sql {
    let replace = |name: &str| match name {
        "HUGEINT" | "UHUGEINT" if wide_as_text => Some("VARCHAR"),
        "INTERVAL" | "TIME WITH TIME ZONE" | "TIMETZ" | "BIGNUM" | "STRUCT" => Some("VARCHAR"),
        name => wide_as_decimal(name),
    };
    match cast(&value, &feature.type_name, &replace) {
        // The type of a tuple cannot be written down.
        Some(_) if feature.type_name.contains("TUPLE(") => {
            Sql::fill("CAST(to_json({}) AS VARCHAR)", &[&value])
        }
        Some(made) => made,
        None => value,
    }
}

/// The type in which whole numbers of 128 bits are written.
pub fn wide_as_decimal(type_name: &str) -> Option<&'static str> {
    matches!(type_name, "HUGEINT" | "UHUGEINT").then_some("DECIMAL(38,0)")
}

/// A value of a column as text.
pub fn as_text(value: Sql, feature: &Column) -> Sql {
    match feature.type_name.as_str() {
        "VARCHAR" => value,
        _ => Sql::fill("CAST({} AS VARCHAR)", &[&value]),
    }
}

/// Whether a spreadsheet would run a text as a formula.
pub fn is_formula(text: &Sql) -> Sql {
    // The comparisons spare the patterns most cells, which start with a letter or a digit: they
    // are several times faster.
    Sql::fill(
        "({} < '0' OR {} >= ':' AND {} < 'A' OR {} >= chr(127)) \
         AND regexp_matches({}, {}) AND NOT regexp_matches({}, {})",
        &[
            text,
            text,
            text,
            text,
            text,
            &super::text(FORMULA_START),
            text,
            &super::text(NO_FORMULA),
        ],
    )
}

/// Whether the values are text in a list of text, rather than numbers, dates or yes and no.
pub fn is_written_as_text(kind: Kind) -> bool {
    match kind {
        Kind::Text | Kind::Interval | Kind::List | Kind::Nested | Kind::Binary => true,
        Kind::Boolean | Kind::Integer | Kind::Number => false,
        Kind::Date | Kind::Timestamp | Kind::Instant | Kind::Time => false,
    }
}

/// Writes the rows of `query` to a file.
pub fn copy_list(format: CopiedFormat, query: &Sql, file: &str) -> Sql {
    let options = match format {
        // A header, commas, line feeds, quotes where needed. Missing is an empty cell, empty text a
        // quoted one.
        CopiedFormat::Csv => Sql::raw(
            "FORMAT csv, HEADER true, DELIMITER ',', QUOTE '\"', ESCAPE '\"', NULLSTR '', \
             COMPRESSION none, USE_TMP_FILE false, \
             PRESERVE_ORDER true",
        ),
        CopiedFormat::Parquet => Sql::fill(
            "FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {}, USE_TMP_FILE false, \
             PRESERVE_ORDER true",
            &[&number(ROW_GROUP_ROWS)],
        ),
        // One text per row, as it is: of what parts or quotes cells nothing can stand in it.
        CopiedFormat::JsonLines => Sql::raw(
            "FORMAT csv, HEADER false, DELIMITER e'\\x01', QUOTE '', ESCAPE '', NULLSTR '', \
             COMPRESSION none, USE_TMP_FILE false, PRESERVE_ORDER true",
        ),
    };
    copy(query, file, &options)
}

fn copy(query: &Sql, file: &str, options: &Sql) -> Sql {
    Sql::fill("COPY ({}) TO {} ({})", &[query, &text_as_it_is(file), options])
}

/// Keeps the rows of `query`, in order, in a temporary table for [`list_page`].
pub fn keep_list(query: &Sql) -> Sql {
    Sql::fill("CREATE OR REPLACE TEMP TABLE muster_list AS {}", &[query])
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

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;

    #[test]
    fn a_list_is_written_with_every_option_said() {
        insta::assert_snapshot!(
            copy_list(CopiedFormat::Csv, &Sql::raw("SELECT 1 AS a"), "/tmp/it's.csv.part"),
            @r#"COPY (SELECT 1 AS a) TO '/tmp/it''s.csv.part' (FORMAT csv, HEADER true, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR '', COMPRESSION none, USE_TMP_FILE false, PRESERVE_ORDER true)"#
        );
        insta::assert_snapshot!(
            copy_list(CopiedFormat::Parquet, &Sql::raw("SELECT 1 AS a"), "x.part"),
            @"COPY (SELECT 1 AS a) TO 'x.part' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880, USE_TMP_FILE false, PRESERVE_ORDER true)"
        );
    }

    #[test]
    fn a_row_is_one_text_of_json_or_its_cells_under_their_names() {
        let cells = || [("a", Sql::raw("e.a")), ("b \"x\"", Sql::raw("e.b"))].into_iter();
        insta::assert_snapshot!(
            row(ExportFormat::JsonLines, cells()),
            @r#"
        concat('{"a":', coalesce(e.a, 'null'),
          ',"b \"x\"":', coalesce(e.b, 'null'), '}') AS line
        "#
        );
        insta::assert_snapshot!(row(ExportFormat::Csv, cells()), @r#"
        e.a AS "a",
          e.b AS "b ""x"""
        "#);
    }

    #[test]
    fn a_page_names_its_rows() {
        insta::assert_snapshot!(
            list_page(10, 20),
            @"SELECT * FROM temp.main.muster_list WHERE rowid >= 10 AND rowid < 20 ORDER BY rowid"
        );
    }

    #[test]
    fn numbers_and_telephone_numbers_are_no_formulas() {
        let start = Regex::new(FORMULA_START).unwrap();
        let harmless = Regex::new(NO_FORMULA).unwrap();
        let is_run = |text: &str| start.is_match(text) && !harmless.is_match(text);
        for text in ["+49 170 1234567", "+4917012345", "+1", "-5", "-1.5", "+0,75", "5", "a"] {
            assert!(!is_run(text), "{text}");
        }
        for text in [
            "+1-202-555-0147",
            "+49-170",
            "+1+1",
            "-1-1",
            "+49 (0) 170",
            "+1 202.555",
            "-5 3",
            "+",
            "-",
            "+ 49",
            "+49  170",
            "+49 170 ",
            " +49",
            "+49\n1",
            "+1\n",
            "+a1",
            "=1",
            "@1",
            "+1E5",
            "-1.5.6",
            "+1/2",
            "\u{ff0b}49",
            "+４９",
        ] {
            assert!(is_run(text), "{text}");
        }
    }
}
