//! What readers of files take alike: lists of paths and of types, and what becomes of a column.

use super::Sql;
use super::pieces::{text, text_as_it_is};
use crate::model::catalog::Conversion;
use std::path::PathBuf;

/// The names of files as their readers take them: a path means the one file that has it, whatever
/// characters are in it.
pub(super) fn file_list(paths: &[PathBuf]) -> Sql {
    let list = paths.iter().map(|path| text(&literal_path(&path.to_string_lossy())));
    match paths.len() {
        1 => Sql::join(list, ""),
        _ => Sql::fill("[{}]", &[&Sql::join(list, ", ")]),
    }
}

/// A path in which nothing stands for other characters: `[`, `*` and `?` as classes of one.
pub fn literal_path(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for c in path.chars() {
        match c {
            '[' | '*' | '?' => out.extend(['[', c, ']']),
            c => out.push(c),
        }
    }
    out
}

/// `{'name': 'TYPE', …}`, as the file readers take their columns.
pub fn type_list(columns: &[(String, String)]) -> Sql {
    let pairs = columns
        .iter()
        .map(|(name, type_name)| Sql::fill("{}: {}", &[&text_as_it_is(name), &text(type_name)]));
    let pairs = Sql::join(pairs, ", ");
    Sql::join([Sql::raw("{"), pairs, Sql::raw("}")], "")
}

/// What becomes of a column.
pub(super) fn converted(column: &Sql, conversion: &Conversion) -> Sql {
    match conversion {
        // An offset is read only when it follows the time at once.
        Conversion::MomentText { type_name } => Sql::fill(
            "CAST(nullif(regexp_replace({}, ' ([+-])', '\\1'), '') AS {})",
            &[column, &Sql::type_name(type_name)],
        ),
        Conversion::BytesText => Sql::fill("decode({})", &[column]),
        Conversion::BytesTexts => {
            Sql::fill("list_transform({}, lambda item: decode(item))", &[column])
        }
        // Whatever the zone of a session is.
        Conversion::AsUtc => Sql::fill(
            "CAST(CAST(CAST({} AS TIMESTAMP) AS VARCHAR) || '+00' AS TIMESTAMP WITH TIME ZONE)",
            &[column],
        ),
        Conversion::HexBytes => Sql::fill("unhex({})", &[column]),
        Conversion::Cast { type_name } => {
            Sql::fill("CAST({} AS {})", &[column, &Sql::type_name(type_name)])
        }
    }
}
