//! What a look at a table tells: its rows, and what its first thousand rows say about each
//! column.
//!
//! The sample decides what is worth counting exactly: a column with a doubled value among the
//! first rows is not a key, however many rows follow.

use super::probe::{Probe, counts, reach};
use crate::model::catalog::{Column, OddRows, Table};
use crate::model::failure::Failure;
use crate::model::value::{Kind, Value};
use crate::sql::facts as sql;
use std::collections::BTreeSet;

/// How many rows the sample has at most.
pub(super) const SAMPLE_ROWS: u64 = 1000;
/// Characters of a text that are looked at.
const TEXT_MAX: u64 = 200;
/// Beyond this, a float does not hold every whole number.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;
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

impl Facts {
    /// Whether the sample tells of a column of the table that no value is doubled or missing, without
    /// another look: it has all rows. Of texts it has the beginnings, which is enough when no two
    /// begin alike; of fractions it is not sure which are the same.
    pub(super) fn tells_unique(&self, table: &Table, column: usize) -> bool {
        let of_kind = matches!(table.columns[column].kind, Kind::Integer | Kind::Text);
        let is_whole = is_small(table) && self.sample_rows == table.rows;
        of_kind && is_whole && self.columns[column].is_unique(self.sample_rows)
    }

    /// Of a table that could not be looked at.
    pub(super) fn none() -> Self {
        Self { sample_rows: 0, columns: Vec::new() }
    }
}

/// What the sample says about a column. All figures are rows of the sample.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct ColumnFacts {
    /// With a value.
    pub filled: u64,
    /// Different values of numbers and texts; 0 for other kinds.
    pub distinct: u64,
    /// Numbers without a fraction that a whole number can hold.
    pub whole: u64,
    /// The least and the greatest whole number.
    pub range: Option<(i128, i128)>,
    /// Texts of digits that end in `.0`, as whole numbers do that went through a float.
    pub pointed: u64,
    /// Characters in the longest text.
    pub longest: u64,
    /// Texts with a space in them.
    pub spaced: u64,
    /// Texts that read as e-mail addresses.
    pub emails: u64,
    /// Texts that read as IP addresses.
    pub ips: u64,
    /// Texts that read as phone numbers.
    pub phones: u64,
}

impl ColumnFacts {
    /// Whether no value is doubled or missing among the sample's rows.
    pub(super) fn is_unique(&self, sample_rows: u64) -> bool {
        sample_rows > 0 && self.filled == sample_rows && self.distinct == sample_rows
    }

    /// Whether only few values are doubled or missing among the sample's rows. Dirt comes in
    /// heaps, so that the sample may have more of it than the whole table.
    pub(super) fn is_nearly_unique(&self, sample_rows: u64) -> bool {
        let odd = sample_rows.saturating_sub(self.distinct);
        self.distinct > 1 && (odd * 20 <= sample_rows || odd == 1)
    }

    /// Whether the values can be ids: texts, whole numbers, and other numbers when all are whole.
    pub(super) fn is_id_like(&self, column: &Column) -> bool {
        match column.kind {
            Kind::Integer | Kind::Text => true,
            Kind::Number => self.filled > 0 && self.whole == self.filled,
            _ => false,
        }
    }

    /// Whether whole numbers lie so far apart that finding them elsewhere says something: of any
    /// two lists of 1, 2, 3 one is found in the other.
    pub(super) fn is_sparse(&self, rows: u64) -> bool {
        self.range.is_some_and(|(low, high)| high.saturating_sub(low) > i128::from(rows) * 10)
    }
}

/// Looks at the first rows of a table.
///
/// The rows are fetched and looked at here: planning hundreds of aggregates over a wide table takes
/// the database longer than giving a thousand rows.
///
/// # Errors
/// When it cannot be read.
pub(super) fn look(probe: &dyn Probe, table: &Table) -> Result<Facts, Failure> {
    let columns = &table.columns[..table.columns.len().min(COLUMNS_MAX)];
    // A limit costs as much as reading a small table.
    let most = (!is_small(table)).then_some(SAMPLE_ROWS);
    let rows = probe.rows(&sql::sample(&reach(table), columns, TEXT_MAX, most))?;
    let columns = columns
        .iter()
        .enumerate()
        .map(|(i, column)| seen(column, rows.iter().map(|row| &row[i + 1])))
        .collect();
    Ok(Facts { sample_rows: rows.len() as u64, columns })
}

/// Whether the sample is the whole table, as far as is known.
fn is_small(table: &Table) -> bool {
    !table.origin.is_view() && table.rows <= SAMPLE_ROWS
}

fn seen<'v>(column: &Column, values: impl Iterator<Item = &'v Value>) -> ColumnFacts {
    let mut facts = ColumnFacts::default();
    let (mut texts, mut numbers) = (BTreeSet::new(), BTreeSet::new());
    let (mut fractions, mut decimals) = (BTreeSet::new(), BTreeSet::new());
    let telling_texts = column.type_name == "VARCHAR";
    for value in values.filter(|v| !v.is_missing()) {
        facts.filled += 1;
        match value {
            Value::Text(text) => {
                texts.insert(text.as_str());
                if telling_texts {
                    look_at_text(text, &mut facts);
                }
            }
            Value::Integer(n) => {
                numbers.insert(*n);
                facts.whole += 1;
            }
            Value::Float(x) => {
                fractions.insert(x.to_bits());
                facts.whole += u64::from(x.fract() == 0.0 && x.abs() <= WHOLE_MAX);
            }
            Value::Decimal(text) => {
                decimals.insert(text.as_str());
                let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
                facts.whole += u64::from(fraction.bytes().all(|b| b == b'0'));
            }
            _ => {}
        }
    }
    facts.range = numbers.first().copied().zip(numbers.last().copied());
    let other = fractions.len() + decimals.len();
    facts.distinct = (texts.len() + numbers.len() + other) as u64;
    facts
}

fn look_at_text(text: &str, facts: &mut ColumnFacts) {
    let trimmed = text.trim();
    facts.longest = facts.longest.max(text.chars().count() as u64);
    facts.spaced += u64::from(trimmed.contains(' '));
    facts.emails += u64::from(is_email(trimmed));
    facts.ips += u64::from(trimmed.parse::<std::net::IpAddr>().is_ok());
    facts.phones += u64::from(is_phone(trimmed));
    let bare = trimmed.strip_suffix(".0").unwrap_or_default();
    let digits = !bare.is_empty() && bare.bytes().all(|b| b.is_ascii_digit());
    facts.pointed += u64::from(digits);
}

fn is_email(text: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && !part.contains(['@', ',', ';', ' ', '\t', '\n']);
    text.split_once('@').is_some_and(|(name, domain)| {
        plain(name)
            && plain(domain)
            && domain.rsplit_once('.').is_some_and(|(host, end)| {
                !host.is_empty() && end.len() >= 2 && end.bytes().all(|b| b.is_ascii_alphabetic())
            })
    })
}

/// A number written as phone numbers are: with a country or area code, or in the groups of North
/// America. Plain digits are not told from other numbers.
fn is_phone(text: &str) -> bool {
    let (number, extension) = text.split_once('x').unwrap_or((text, "1"));
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    let lengths: Vec<usize> = number.split(['-', '.', ' ']).map(str::len).collect();
    let grouped = lengths == [3, 3, 4] && digits == 10;
    let coded = number.starts_with(['+', '(']) || number.starts_with("00");
    let signs = number.chars().all(|c| c.is_ascii_digit() || "+() ./-".contains(c));
    signs
        && extension.bytes().all(|b| b.is_ascii_digit())
        && (grouped || (coded && (7..=17).contains(&digits)))
}

/// Counts the rows of a table by reading them.
///
/// A bare `count(*)` is answered from what a file says about itself; one column is hashed, so that
/// its blocks are read; no nested one, for a single value of these may be larger than memory.
///
/// # Errors
/// When it cannot be read.
pub(super) fn count_rows(probe: &dyn Probe, table: &Table) -> Result<u64, Failure> {
    let cheap =
        |c: &&Column| c.kind.is_numeric() || c.kind.is_temporal() || c.kind == Kind::Boolean;
    let whole = |c: &&Column| !matches!(c.kind, Kind::List | Kind::Nested | Kind::Binary);
    let column = table.columns.iter().find(cheap).or_else(|| table.columns.iter().find(whole));
    let sql = match column {
        Some(column) => sql::rows_read(&reach(table), &column.name),
        None => sql::row_count(&reach(table)),
    };
    Ok(counts(probe, &sql)?.first().copied().unwrap_or(0))
}

/// Whether a column has no doubled and no missing value in the whole table.
///
/// # Errors
/// When it cannot be read.
pub(super) fn is_unique(probe: &dyn Probe, table: &Table, column: &str) -> Result<bool, Failure> {
    if let Some(unique) = is_unique_by_bits(probe, table, column)? {
        return Ok(unique);
    }
    if table.rows > 200_000 {
        let about = sql::distinct_estimate(&reach(table), column);
        let about = counts(probe, &about)?.first().copied().unwrap_or(0);
        // The estimate is off by a few per cent.
        if about < table.rows / 5 * 4 {
            return Ok(false);
        }
    }
    let rows = probe.rows(&sql::is_unique(&reach(table), column))?;
    Ok(rows.first().and_then(|row| row.first()) == Some(&Value::Boolean(true)))
}

/// Whether whole numbers that lie close together are all different: one bit each, which takes a
/// fraction of the time of telling values apart in general. `None` when they lie too far apart.
fn is_unique_by_bits(
    probe: &dyn Probe,
    table: &Table,
    column: &str,
) -> Result<Option<bool>, Failure> {
    let whole = ["TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UINTEGER", "USMALLINT"];
    if table.rows < 50_000
        || !table.column(column).is_some_and(|c| whole.contains(&c.type_name.as_str()))
    {
        return Ok(None);
    }
    let rows = probe.rows(&sql::whole_range(&reach(table), column))?;
    let Some([Value::Boolean(filled), Value::Integer(low), Value::Integer(high)]) =
        rows.first().map(Vec::as_slice)
    else {
        return Ok(None);
    };
    if !filled {
        return Ok(Some(false));
    }
    if high - low >= i128::from(table.rows) * 16 {
        return Ok(None);
    }
    let rows = probe.rows(&sql::is_unique_by_bits(&reach(table), column, *low, *high))?;
    Ok(Some(rows.first().and_then(|row| row.first()) == Some(&Value::Boolean(true))))
}

/// The rows that keep a column from being unique.
///
/// # Errors
/// When it cannot be read.
pub(super) fn odd_rows(probe: &dyn Probe, table: &Table, column: &str) -> Result<OddRows, Failure> {
    let found = counts(probe, &sql::key_counts(&reach(table), column))?;
    let at = |i: usize| found.get(i).copied().unwrap_or(0);
    Ok(OddRows { without: at(0).saturating_sub(at(1)), doubled: at(1).saturating_sub(at(2)) })
}
