//! Parquet files of one table that have other types for the same column: which type holds the
//! values of all, and what becomes of the others.

use super::probe::Probe;
use crate::model::catalog::{Conversion, PartitionPart, Partitions, Reader};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::model::value::Kind;
use crate::sql::{Sql, from_files, ident, parquet as statements};
use std::path::PathBuf;

/// Whole numbers up to this are floats as they are.
const FLOAT_WHOLE: i128 = 1 << 53;

/// What becomes of a column in the files in which it has another type.
type OfFile = Vec<(String, Conversion)>;

/// Files by themselves, without what the names of their folders say.
pub(super) fn alone(paths: &[PathBuf]) -> Sql {
    let part = PartitionPart { files: paths.len(), ..PartitionPart::default() };
    let partitions = Partitions { parts: vec![part], ..Partitions::default() };
    from_files(paths, &Reader::Partitioned(partitions))
}

/// What becomes of columns in each file, so that they can stand below each other and none loses a
/// value. What the database combines by itself without loss stays as it is.
///
/// # Errors
/// When a file cannot be read, or it was cancelled.
pub(super) fn conversions(
    probe: &dyn Probe,
    paths: &[PathBuf],
    files: &[Vec<(String, String)>],
    findings: &mut Vec<Finding>,
) -> Result<Vec<OfFile>, Failure> {
    let mut out: Vec<OfFile> = vec![Vec::new(); files.len()];
    let mut seen: Vec<&str> = Vec::new();
    for (name, _) in files.iter().flatten() {
        if seen.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            continue;
        }
        seen.push(name);
        let of: Vec<Option<&(String, String)>> = files
            .iter()
            .map(|columns| columns.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)))
            .collect();
        let mut types: Vec<(&str, usize)> = Vec::new();
        for (number, (_, type_name)) in of.iter().enumerate().filter_map(|(i, c)| Some((i, (*c)?)))
        {
            if !types.iter().any(|(known, _)| known == type_name) {
                types.push((type_name, number));
            }
        }
        if types.len() < 2 {
            continue;
        }
        let Some(rule) = rule(probe, paths, name, &of, &types)? else { continue };
        for (number, column) in of.iter().enumerate() {
            let Some((own, type_name)) = column else { continue };
            let conversion = rule.conversion(type_name);
            out[number].extend(conversion.map(|conversion| (own.clone(), conversion)));
        }
        let told: Vec<String> = types
            .iter()
            .take(4)
            .map(|(type_name, number)| {
                let file = paths[*number].file_name().unwrap_or_default().to_string_lossy();
                format!("{} in {file}", Kind::of_duckdb_type(type_name).word())
            })
            .collect();
        let message = format!("{name} is {}: {}", told.join(", "), rule.words());
        let second = &paths[types[1].1];
        findings.push(Finding::new(rule.severity(), message).at(second, None));
    }
    Ok(out)
}

/// How a column of several types becomes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Bytes that are text beside text.
    Decoded,
    /// Moments without a zone beside those with one.
    Utc,
    /// Nothing but text holds all.
    Text,
    /// The database turns it into text by itself.
    TextAnyway,
}

impl Rule {
    fn conversion(self, type_name: &str) -> Option<Conversion> {
        let kind = Kind::of_duckdb_type(type_name);
        match self {
            Self::Decoded if type_name == "BLOB" => Some(Conversion::BytesText),
            Self::Utc if matches!(kind, Kind::Timestamp | Kind::Date) => Some(Conversion::AsUtc),
            Self::Text if type_name != "VARCHAR" => {
                Some(Conversion::Cast { type_name: "VARCHAR".to_owned() })
            }
            _ => None,
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Decoded => "the bytes are text, and read as text",
            Self::Utc => "what has no zone is read as UTC",
            Self::Text | Self::TextAnyway => "all are read as text",
        }
    }

    fn severity(self) -> Severity {
        if self == Self::Decoded { Severity::Note } else { Severity::Warning }
    }
}

/// How the types of a column become one; `None` when the database joins them without a loss.
fn rule(
    probe: &dyn Probe,
    paths: &[PathBuf],
    name: &str,
    of: &[Option<&(String, String)>],
    types: &[(&str, usize)],
) -> Result<Option<Rule>, Failure> {
    let kinds: Vec<Kind> = types.iter().map(|(t, _)| Kind::of_duckdb_type(t)).collect();
    let only = |allowed: &[Kind]| kinds.iter().all(|kind| allowed.contains(kind));
    let has = |kind: Kind| kinds.contains(&kind);
    let of_kind = |wanted: Kind| -> Vec<PathBuf> {
        let is = |t: &str| Kind::of_duckdb_type(t) == wanted;
        let files = paths.iter().zip(of).filter(|(_, c)| c.is_some_and(|(_, t)| is(t)));
        files.map(|(path, _)| path.clone()).collect()
    };
    if only(&[Kind::Binary, Kind::Text]) {
        let bytes = alone(&of_kind(Kind::Binary));
        let text = is_text(probe, &bytes, name)?;
        return Ok(Some(if text { Rule::Decoded } else { Rule::Text }));
    }
    if only(&[Kind::Integer, Kind::Number]) {
        if !(has(Kind::Integer) && types.iter().any(|(t, _)| matches!(*t, "DOUBLE" | "FLOAT"))) {
            return Ok(None);
        }
        let greatest = statements::greatest(&alone(&of_kind(Kind::Integer)), &ident(name));
        let rows = probe.rows(&greatest)?;
        let greatest = rows.first().and_then(|row| row.first()).map(|cell| cell.display());
        let greatest = greatest.and_then(|digits| digits.parse::<i128>().ok()).unwrap_or(0);
        return Ok((greatest > FLOAT_WHOLE).then_some(Rule::Text));
    }
    let moments = [Kind::Date, Kind::Timestamp, Kind::Instant];
    if only(&moments) {
        return Ok(has(Kind::Instant).then_some(Rule::Utc));
    }
    let heads = |(t, _): &(&str, usize)| t.split('(').next().unwrap_or_default() == "STRUCT";
    if kinds.iter().all(|kind| *kind == kinds[0]) && (!has(Kind::Nested) || types.iter().all(heads))
    {
        return Ok(None);
    }
    let scalar = |kind: &Kind| !matches!(kind, Kind::List | Kind::Nested | Kind::Binary);
    let anyway = has(Kind::Text) && kinds.iter().all(scalar);
    Ok(Some(if anyway { Rule::TextAnyway } else { Rule::Text }))
}

/// Whether the bytes of a column are text throughout, and some are there. The first rows mostly
/// tell when they are not.
pub(super) fn is_text(probe: &dyn Probe, rows: &Sql, column: &str) -> Result<bool, Failure> {
    let column = ident(column);
    for sql in [
        statements::bytes_among_first(rows, &column),
        statements::bytes_that_are_no_text(rows, &column),
    ] {
        match super::probe::counts(probe, &sql)?.as_slice() {
            [filled, 0] if *filled > 0 => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}
