//! Tables that the engine reads cell by cell: as it keeps them, and as plain DuckDB reads them with
//! an extension of its own.

use super::Sql;
use super::files::converted;
use super::pieces::{ident, path, text};
use crate::model::catalog::{ForeignColumn, ForeignKind, ForeignReader, SheetPlace};
use std::path::Path;

/// The tables with rows of their own in an SQLite file: no views, no virtual ones, none of SQLite
/// itself.
pub fn sqlite_tables() -> Sql {
    Sql::raw(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0 \
         AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
    )
}

/// A table of this many text columns, into which cells are put.
pub fn stage(name: &str, columns: usize) -> Sql {
    let columns = (0..columns).map(|i| Sql::fill("{} VARCHAR", &[&cell(i)]));
    Sql::fill(
        "CREATE OR REPLACE TABLE {} ({})",
        &[&path(&["memory", "main", name]), &Sql::join(columns, ", ")],
    )
}

/// The rows of such a table, each text as what it stands for; with their number first when that
/// has a name.
pub fn from_stage(name: &str, columns: &[ForeignColumn], number: Option<&str>) -> Sql {
    let number = number.map(|name| Sql::fill("row_number() OVER () AS {}", &[&ident(name)]));
    let selected = columns.iter().enumerate().map(|(i, column)| {
        let value = converted(&cell(i), &column.conversion);
        Sql::fill("{} AS {}", &[&value, &ident(&column.name)])
    });
    let selected = Sql::join(number.into_iter().chain(selected), ", ");
    Sql::fill("SELECT {} FROM {}", &[&selected, &path(&["memory", "main", name])])
}

fn cell(i: usize) -> Sql {
    ident(&format!("c{i}"))
}

/// What follows `FROM` to read such a table in plain DuckDB, whose extension comes by itself.
pub(super) fn from_foreign(file: &Path, reader: &ForeignReader) -> Sql {
    let file = text(&file.to_string_lossy());
    match &reader.kind {
        ForeignKind::Sqlite { table } => {
            let selected = reader.columns.iter().map(|column| {
                let own = Sql::fill("CAST({} AS {})", &[&ident(&column.own), &named(column)]);
                Sql::fill("{} AS {}", &[&own, &ident(&column.name)])
            });
            Sql::fill(
                "(SELECT {} FROM sqlite_scan({}, {}))",
                &[&Sql::join(selected, ", "), &file, &text(table)],
            )
        }
        ForeignKind::Sheet(place) => of_sheet(&file, place, &reader.columns),
    }
}

fn named(column: &ForeignColumn) -> Sql {
    Sql::type_name(&column.type_name)
}

/// A sheet as its cells are written: dates are numbers of days there.
fn of_sheet(file: &Sql, place: &SheetPlace, columns: &[ForeignColumn]) -> Sql {
    let letters = |column: u32| {
        let mut out = String::new();
        let mut rest = column + 1;
        while rest > 0 {
            rest -= 1;
            out.insert(0, char::from(b'A' + (rest % 26) as u8));
            rest /= 26;
        }
        out
    };
    let (first, last) = place.columns;
    let range = format!(
        "{}{}:{}{}",
        letters(first),
        place.first_row + 1,
        letters(last),
        place.last_row + 1
    );
    let from = if place.from_1904 { "1904-01-01" } else { "1899-12-30" };
    let from = Sql::fill("TIMESTAMP {}", &[&text(from)]);
    let selected = columns.iter().enumerate().map(|(i, column)| {
        let days = Sql::fill(
            "({} + to_milliseconds(CAST(round(CAST({} AS DOUBLE) * 86400000) AS BIGINT)))",
            &[&from, &cell(i)],
        );
        let is_text =
            matches!(column.conversion, crate::model::catalog::Conversion::MomentText { .. });
        let value = match column.type_name.as_str() {
            "DATE" | "TIMESTAMP" | "TIME" if !is_text => {
                Sql::fill("CAST({} AS {})", &[&days, &named(column)])
            }
            _ => converted(&cell(i), &column.conversion),
        };
        Sql::fill("{} AS {}", &[&value, &ident(&column.name)])
    });
    let cells = Sql::join((0..columns.len()).map(cell), ", ");
    Sql::fill(
        "(SELECT {} FROM read_xlsx({}, sheet = {}, header = false, all_varchar = true, \
         stop_at_empty = false, range = {}) AS cells({}) WHERE coalesce({}, {}) IS NOT NULL)",
        &[
            &Sql::join(selected, ", "),
            file,
            &text(&place.sheet),
            &text(&range),
            &cells,
            &cells,
            &Sql::raw("NULL"),
        ],
    )
}
