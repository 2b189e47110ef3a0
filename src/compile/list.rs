//! A list to be written: the chosen columns as they go into a file of its format, and what that
//! changes, counted.

use super::Query;
use super::asked::Asked;
use super::page::listing;
use super::rows::{keep_condition, where_};
use super::scope::Scope;
use crate::bind::{BindError, BoundSlice};
use crate::model::catalog::Column;
use crate::model::export::{ExportColumn, ExportFormat, Normal};
use crate::model::value::Value;
use crate::sql::copy::{
    CellForm, as_text, cell, is_formula, is_written_as_text, row, text_cell, wide_as_decimal,
};
use crate::sql::types::try_cast;
use crate::sql::{self, Sql};

/// White space at both ends.
const ENDS: &str = r"^[\s\pZ\x{FEFF}\x{200B}]+|[\s\pZ\x{FEFF}\x{200B}]+$";

/// What stands between the digits of a telephone number.
const BETWEEN_DIGITS: &str = r"[\s\pZ().\-/\x{FEFF}\x{200B}]+";

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListForm<'a> {
    /// The file's format.
    pub format: ExportFormat,
    /// In CSV, text that a spreadsheet would run as a formula gets an apostrophe in front.
    pub neutralise_formulas: bool,
    /// In Parquet, for each column whether its whole numbers of 128 bits are text: one of them does
    /// not fit a decimal.
    pub wide_as_text: &'a [bool],
}

/// What is counted over the rows of a list; two figures for each column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Cells that get an apostrophe, and the first of them in order of their text.
    Apostrophes,
    /// Values that normalising changes before they are hashed, and those of which nothing is left.
    Normalised,
    /// Whole numbers of 128 bits that do not fit a decimal of 38 digits, and nothing.
    TooWide,
}

/// The members of a slice as a list to be written: chosen columns under their names in the file.
///
/// What the format cannot hold is turned into what it can without loss: see `docs/lists.md`. Hashed
/// columns hold the SHA-256 of the value's text, in hexadecimal.
///
/// # Errors
/// When a column is of no feature.
pub fn list(
    slice: &BoundSlice<'_>,
    columns: &[ExportColumn],
    form: ListForm<'_>,
) -> Result<Query, BindError> {
    let features = features(slice, columns)?;
    Ok(listing(Scope::new(slice), |scope| {
        let cells = features.iter().zip(columns).enumerate().map(|(index, (feature, column))| {
            let wide_as_text = form.wide_as_text.get(index) == Some(&true);
            let value = list_value(scope.column(feature), feature, column, (form, wide_as_text));
            (column.name.as_str(), value)
        });
        row(form.format, cells)
    }))
}

/// Two figures of each column.
pub type ColumnCounts = Vec<(u64, Value)>;

/// Two figures for each column; `None` when there is nothing to count.
///
/// # Errors
/// When a column is of no feature.
pub fn list_counts<'a>(
    slice: &'a BoundSlice<'a>,
    columns: &[ExportColumn],
    what: Counted,
) -> Result<Option<Asked<'a, ColumnCounts>>, BindError> {
    let features = features(slice, columns)?;
    let mut scope = Scope::new(slice);
    let keep = keep_condition(&mut scope);
    let figures: Vec<Option<Sql>> = features
        .iter()
        .zip(columns)
        .map(|(feature, column)| figures_of(scope.column(feature), feature, column, what))
        .collect();
    if figures.iter().all(Option::is_none) {
        return Ok(None);
    }
    let figures = figures.into_iter().map(|found| found.unwrap_or_else(|| Sql::raw("0, NULL")));
    let figures = Sql::join(figures, ",\n  ");
    let from = scope.from();
    let query = scope.query(Sql::fill("SELECT {}\nFROM {}{}", &[&figures, &from, &where_(keep)]));
    let asked = Asked::new(query, |rows| {
        let pair = |pair: &[Value]| (pair[0].as_u64().unwrap_or(0), pair[1].clone());
        Ok(rows.first()?.chunks_exact(2).map(pair).collect())
    });
    Ok(Some(asked.typed()))
}

fn features<'a>(
    slice: &BoundSlice<'a>,
    columns: &[ExportColumn],
) -> Result<Vec<&'a Column>, BindError> {
    columns.iter().map(|column| slice.feature(&column.feature)).collect()
}

fn figures_of(value: Sql, feature: &Column, column: &ExportColumn, what: Counted) -> Option<Sql> {
    match (what, column.hash) {
        (Counted::Apostrophes, None) if is_written_as_text(feature.kind) => {
            let text = as_text(value, feature);
            let formula = is_formula(&text);
            Some(Sql::fill(
                "count(*) FILTER (WHERE {}), min({}) FILTER (WHERE {})",
                &[&formula, &text, &formula],
            ))
        }
        (Counted::Normalised, Some(normal)) if normal != Normal::AsItIs => {
            let text = as_text(value, feature);
            let made = normalised(&text, normal);
            Some(Sql::fill(
                "count(*) FILTER (WHERE {} <> {}), count(*) FILTER (WHERE {} IS NOT NULL AND {} IS NULL)",
                &[&text, &made, &text, &made],
            ))
        }
        (Counted::TooWide, None) => {
            let narrow = try_cast(&value, &feature.type_name, &wide_as_decimal);
            narrow.map(|narrow| {
                Sql::fill(
                    "count(*) FILTER (WHERE CAST({} AS VARCHAR) \
                     IS DISTINCT FROM CAST({} AS VARCHAR)), NULL",
                    &[&narrow, &value],
                )
            })
        }
        _ => None,
    }
}

/// The value of a column as it goes into the file.
fn list_value(
    value: Sql,
    feature: &Column,
    column: &ExportColumn,
    (form, wide_as_text): (ListForm<'_>, bool),
) -> Sql {
    if let Some(normal) = column.hash {
        let text = match normal {
            Normal::AsItIs => Sql::fill("CAST({} AS VARCHAR)", &[&value]),
            normal => normalised(&as_text(value, feature), normal),
        };
        return text_cell(Sql::fill("sha256({})", &[&text]), form.format);
    }
    cell(
        value,
        feature,
        &CellForm {
            format: form.format,
            neutralise_formulas: form.neutralise_formulas,
            wide_as_text,
        },
    )
}

/// A text as it is hashed; missing when nothing that could be found again is left of it.
fn normalised(text: &Sql, normal: Normal) -> Sql {
    let email = || {
        let ends = sql::text(ENDS);
        Sql::fill("nullif(lower(regexp_replace({}, {}, '', 'g')), '')", &[text, &ends])
    };
    let phone = || {
        let between = sql::text(BETWEEN_DIGITS);
        // A zero in parentheses is dialled only within the country.
        Sql::fill(
            "regexp_replace(regexp_replace(replace({}, '(0)', ''), {}, '', 'g'), '^00', '+')",
            &[text, &between],
        )
    };
    match normal {
        Normal::AsItIs => text.clone(),
        Normal::Email => email(),
        Normal::GoogleEmail => {
            let email = email();
            Sql::fill(
                "CASE WHEN regexp_full_match({}, '[^@]+@(gmail|googlemail)\\.com') \
                 THEN replace(regexp_replace({}, '(\\+[^@]*)?@.*', ''), '.', '') \
                 || regexp_extract({}, '@.*') ELSE {} END",
                &[&email, &email, &email, &email],
            )
        }
        Normal::Phone => {
            let phone = phone();
            Sql::fill(
                "CASE WHEN regexp_full_match({}, '\\+[1-9][0-9]{6,14}') THEN {} END",
                &[&phone, &phone],
            )
        }
        Normal::PhoneDigits => {
            let digits = Sql::fill("regexp_replace({}, '^\\+', '')", &[&phone()]);
            Sql::fill(
                "CASE WHEN regexp_full_match({}, '[1-9][0-9]{6,14}') THEN {} END",
                &[&digits, &digits],
            )
        }
    }
}
