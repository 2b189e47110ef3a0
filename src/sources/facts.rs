//! What a look at a table tells: its rows, and what its first thousands of rows say about each
//! column.
//!
//! The sample decides what is worth counting exactly: a column with a doubled value among the
//! first rows is not a key, however many rows follow.

use super::probe::{Probe, counts, reach};
use crate::model::catalog::{Column, Table};
use crate::model::failure::Failure;
use crate::model::value::{Kind, Value};
use crate::sql::{Sql, ident, number};

/// How many rows the sample has at most.
const SAMPLE_ROWS: u64 = 2000;
/// Columns beyond these are not looked at one by one.
const COLUMNS_MAX: usize = 400;

/// What is known about a table beyond its columns.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Facts {
    /// Rows in the sample.
    pub sample_rows: u64,
    /// One per column, in order; columns far to the right have none.
    pub columns: Vec<ColumnFacts>,
}

/// What the sample says about a column. All figures are rows of the sample.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct ColumnFacts {
    /// With a value.
    pub filled: u64,
    /// Different values of whole numbers and texts; 0 for other kinds.
    pub distinct: u64,
    /// Characters in the longest text.
    pub longest: u64,
    /// Texts with a space in them.
    pub spaced: u64,
    /// Texts that read as e-mail addresses.
    pub emails: u64,
    /// Texts that read as network addresses.
    pub ips: u64,
    /// Texts that read as phone numbers.
    pub phones: u64,
}

impl ColumnFacts {
    /// Whether no value is doubled or missing among the sample's rows.
    pub(super) fn is_unique(&self, sample_rows: u64) -> bool {
        sample_rows > 0 && self.filled == sample_rows && self.distinct == sample_rows
    }
}

/// How a column takes part in the look.
fn figures(column: &Column) -> Vec<Sql> {
    let name = ident(&column.name);
    let zero = || Sql::raw("0");
    if matches!(column.kind, Kind::Nested | Kind::List | Kind::Binary) {
        let filled = Sql::fill("count({})", &[&name]);
        return vec![filled, zero(), zero(), zero(), zero(), zero(), zero()];
    }
    // Telling values apart is the dear part, and only ids and keys need it.
    let telling = matches!(column.kind, Kind::Integer | Kind::Text);
    let distinct = if telling { Sql::fill("count(DISTINCT {})", &[&name]) } else { zero() };
    let mut figures = vec![Sql::fill("count({})", &[&name]), distinct];
    vec![Sql::fill("count({})", &[&name]), Sql::fill("count(DISTINCT {})", &[&name])];
    if column.type_name != "VARCHAR" {
        figures.extend((0..5).map(|_| zero()));
        return figures;
    }
    figures.push(Sql::fill("coalesce(max(length({})), 0)", &[&name]));
    figures.push(Sql::fill("count(*) FILTER (WHERE contains(trim({}), ' '))", &[&name]));
    for pattern in [
        r"'^\s*[^@\s,;]+@[^@\s,;]+\.[A-Za-z]{2,}\s*$'",
        r"'^((25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(25[0-5]|2[0-4]\d|1?\d?\d)$|^[0-9a-fA-F]{1,4}(:[0-9a-fA-F]{0,4}){3,7}$'",
        r"'^(\+|\(|00)[0-9() ./x-]{7,24}$|^\d{3}[-. ]\d{3}[-. ]\d{4}(x\d+)?$'",
    ] {
        let pattern = Sql::raw(pattern);
        figures
            .push(Sql::fill("count(*) FILTER (WHERE regexp_matches({}, {}))", &[&name, &pattern]));
    }
    figures
}

const FIGURES: usize = 7;

/// Looks at the first rows of a table.
///
/// # Errors
/// When it cannot be read.
pub(super) fn look(probe: &dyn Probe, table: &Table) -> Result<Facts, Failure> {
    let columns = &table.columns[..table.columns.len().min(COLUMNS_MAX)];
    let mut asked = vec![Sql::raw("count(*)")];
    asked.extend(columns.iter().flat_map(figures));
    let sql = Sql::fill(
        "SELECT {} FROM (SELECT * FROM {} LIMIT {})",
        &[&Sql::join(asked, ", "), &reach(table), &number(SAMPLE_ROWS)],
    );
    let found = counts(probe, &sql)?;
    let columns = found[1..]
        .chunks_exact(FIGURES)
        .map(|f| ColumnFacts {
            filled: f[0],
            distinct: f[1],
            longest: f[2],
            spaced: f[3],
            emails: f[4],
            ips: f[5],
            phones: f[6],
        })
        .collect();
    Ok(Facts { sample_rows: found[0], columns })
}

/// Counts the rows of a table by reading them.
///
/// A bare `count(*)` is answered from what a file says about itself; one column is hashed, so that
/// its blocks are read.
///
/// # Errors
/// When it cannot be read.
pub(super) fn count_rows(probe: &dyn Probe, table: &Table) -> Result<u64, Failure> {
    let cheap =
        |c: &&Column| c.kind.is_numeric() || c.kind.is_temporal() || c.kind == Kind::Boolean;
    let column = table.columns.iter().find(cheap).or_else(|| table.columns.first());
    let sql = match column {
        Some(column) => Sql::fill(
            "SELECT count(*), max(hash({})) IS NULL FROM {}",
            &[&ident(&column.name), &reach(table)],
        ),
        None => Sql::fill("SELECT count(*) FROM {}", &[&reach(table)]),
    };
    Ok(counts(probe, &sql)?.first().copied().unwrap_or(0))
}

/// Whether a column has no doubled and no missing value in the whole table.
///
/// # Errors
/// When it cannot be read.
pub(super) fn is_unique(probe: &dyn Probe, table: &Table, column: &str) -> Result<bool, Failure> {
    let name = ident(column);
    if table.rows > 200_000 {
        let about = Sql::fill("SELECT approx_count_distinct({}) FROM {}", &[&name, &reach(table)]);
        let about = counts(probe, &about)?.first().copied().unwrap_or(0);
        // The estimate is off by a few per cent.
        if about < table.rows / 5 * 4 {
            return Ok(false);
        }
    }
    let sql = Sql::fill("SELECT count(*) = count(DISTINCT {}) FROM {}", &[&name, &reach(table)]);
    let rows = probe.rows(&sql)?;
    Ok(rows.first().and_then(|row| row.first()) == Some(&Value::Boolean(true)))
}

/// How many different values a column has in the whole table.
///
/// # Errors
/// When it cannot be read.
pub(super) fn count_distinct(
    probe: &dyn Probe,
    table: &Table,
    column: &str,
) -> Result<u64, Failure> {
    let sql = Sql::fill("SELECT count(DISTINCT {}) FROM {}", &[&ident(column), &reach(table)]);
    Ok(counts(probe, &sql)?.first().copied().unwrap_or(0))
}
