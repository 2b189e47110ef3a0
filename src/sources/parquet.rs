//! How Parquet files are read: columns whose own description says less than what is in them.
//!
//! Text that was written without its mark is bytes to the database; moments to the nanosecond with
//! a zone cannot be compared with others; decimals of more than 38 digits become floats.

use super::folders;
use super::names::counted;
use super::parquet_parts::is_text;
use super::probe::{Probe, cancelled};
use crate::model::catalog::{Conversion, PartitionPart, Partitions, Reader};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::model::value::Value;
use crate::sql::{Sql, from_files, ident, parquet as statements};
use std::path::PathBuf;

/// Finds out how Parquet files are read that make up one table. A file that cannot be read is told
/// and left out when another can.
///
/// # Errors
/// When none can be read, or it was cancelled.
pub(super) fn reader(
    probe: &dyn Probe,
    paths: &mut Vec<PathBuf>,
    findings: &mut Vec<Finding>,
) -> Result<Reader, Failure> {
    let files = columns_of_each(probe, paths, findings)?;
    let mut own: Vec<String> = Vec::new();
    for (name, _) in files.iter().flatten() {
        if !own.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            own.push(name.clone());
        }
    }
    let partitions = folders::partitions(paths, &own, findings);
    let conversions = super::parquet_parts::conversions(probe, paths, &files, findings)?;
    let reader = match (partitions, conversions.iter().all(Vec::is_empty)) {
        (None, true) => Reader::Parquet,
        (Some(partitions), true) => Reader::Partitioned(partitions),
        (partitions, false) => {
            let partitions = partitions.unwrap_or_default();
            let values = partitions.parts.iter();
            let mut values: Vec<Vec<Option<String>>> = values
                .flat_map(|part| std::iter::repeat_n(part.values.clone(), part.files))
                .collect();
            values.resize(paths.len(), Vec::new());
            let mut parts: Vec<PartitionPart> = Vec::new();
            for (i, (values, conversions)) in values.into_iter().zip(conversions).enumerate() {
                // Files that are read at once are joined before anything is converted.
                let joined = conversions.is_empty() || (i > 0 && files[i] == files[i - 1]);
                match parts.last_mut() {
                    Some(last)
                        if joined && last.values == values && last.conversions == conversions =>
                    {
                        last.files += 1;
                    }
                    _ => parts.push(PartitionPart { files: 1, values, conversions }),
                }
            }
            Reader::Partitioned(Partitions { parts, by_names: false, ..partitions })
        }
    };
    converted(probe, paths, reader, findings)
}

/// The columns that each file has by itself.
fn columns_of_each(
    probe: &dyn Probe,
    paths: &mut Vec<PathBuf>,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Vec<(String, String)>>, Failure> {
    let mut files = Vec::new();
    let mut kept = Vec::new();
    let mut failures = Vec::new();
    for path in paths.iter() {
        let rows = super::parquet_parts::alone(std::slice::from_ref(path));
        match probe.columns(&crate::sql::session::everything(&rows)) {
            Ok(columns) => {
                files.push(columns);
                kept.push(path.clone());
            }
            Err(_) if probe.is_cancelled() => return Err(cancelled()),
            Err(failure) => failures.push((path, failure)),
        }
    }
    if kept.is_empty() {
        let nothing = || Failure::new("there is no file to read", "", "choose another folder");
        return Err(failures.into_iter().next().map_or_else(nothing, |(_, failure)| failure));
    }
    findings.extend(failures.into_iter().map(|(path, failure)| {
        let first = failure.what.lines().next().unwrap_or_default();
        let message = format!("the file cannot be read, and its rows are missing: {first}");
        let hint = "get another copy of the file";
        Finding::new(Severity::Error, message).at(path, None).hint(hint)
    }));
    *paths = kept;
    Ok(files)
}

/// The same for a table that keeps a log of its live files.
///
/// # Errors
/// When its log or its files cannot be read, or it was cancelled.
pub(super) fn delta(
    probe: &dyn Probe,
    paths: &mut Vec<PathBuf>,
    findings: &mut Vec<Finding>,
) -> Result<Reader, Failure> {
    let folder = paths.first().cloned().unwrap_or_default();
    let (live, reader) = super::lake::delta(probe, &folder, findings)?;
    if live.is_empty() {
        let hint = "open another table";
        return Err(Failure::new("the table has no rows", folder.display().to_string(), hint));
    }
    *paths = live;
    let Reader::Partitioned(mut partitions) = reader else { return Ok(reader) };
    let bare = Partitions { order: Vec::new(), log: Vec::new(), ..partitions.clone() };
    let rows = from_files(paths, &Reader::Partitioned(bare));
    let there = probe.columns(&crate::sql::session::everything(&rows))?;
    let is_there = |name: &String| there.iter().any(|(n, _)| n.eq_ignore_ascii_case(name));
    let none: Vec<&str> =
        partitions.order.iter().filter(|name| !is_there(name)).map(String::as_str).collect();
    if !none.is_empty() {
        let message =
            format!("no live file has these columns, so they are left out: {}", none.join(", "));
        findings.push(Finding::new(Severity::Note, message).at(&folder, None));
    }
    partitions.order.retain(is_there);
    converted(probe, paths, Reader::Partitioned(partitions), findings)
}

/// The reader with the columns converted that need it.
///
/// # Errors
/// When the files cannot be read, or it was cancelled.
pub(super) fn converted(
    probe: &dyn Probe,
    paths: &[PathBuf],
    reader: Reader,
    findings: &mut Vec<Finding>,
) -> Result<Reader, Failure> {
    let rows = from_files(paths, &reader);
    let types = probe.columns(&crate::sql::session::everything(&rows))?;
    let mut columns = Vec::new();
    for (name, type_name) in types {
        let conversion = match type_name.as_str() {
            "BLOB" if is_text(probe, &rows, &name)? => Conversion::BytesText,
            "BLOB[]" if are_texts(probe, &rows, &name)? => Conversion::BytesTexts,
            "\"NULL\"" => Conversion::Cast { type_name: "VARCHAR".to_owned() },
            "TIMESTAMPTZ_NS" => {
                findings.extend(rounded(probe, paths, &rows, &name)?);
                Conversion::Cast { type_name: INSTANT.to_owned() }
            }
            other if other.contains("TIMESTAMPTZ_NS") => {
                Conversion::Cast { type_name: type_name.replace("TIMESTAMPTZ_NS", INSTANT) }
            }
            _ => continue,
        };
        if matches!(conversion, Conversion::BytesText | Conversion::BytesTexts) {
            let message =
                format!("{name} holds bytes without a type that are text: they are read as text");
            findings.push(about(paths, Severity::Note, message));
        }
        columns.push((name, conversion));
    }
    findings.extend(wide_decimals(probe, paths)?);
    match columns.is_empty() {
        true => Ok(reader),
        false => Ok(Reader::Converted { columns, reader: Box::new(reader) }),
    }
}

const INSTANT: &str = "TIMESTAMP WITH TIME ZONE";

fn about(paths: &[PathBuf], severity: Severity, message: String) -> Finding {
    Finding::new(severity, message).at(paths.first().cloned().unwrap_or_default(), None)
}

fn are_texts(probe: &dyn Probe, rows: &Sql, column: &str) -> Result<bool, Failure> {
    let items = statements::items(rows, &ident(column));
    is_text(probe, &items, "item")
}

/// What is told when moments lose parts of a microsecond.
fn rounded(
    probe: &dyn Probe,
    paths: &[PathBuf],
    rows: &Sql,
    column: &str,
) -> Result<Option<Finding>, Failure> {
    let found = probe.rows(&statements::finer_than_a_microsecond(rows, &ident(column)))?;
    let Some([count, example]) = found.first().map(Vec::as_slice) else { return Ok(None) };
    let count = count.as_u64().unwrap_or(0);
    if count == 0 {
        return Ok(None);
    }
    let count = counted(count, "timestamp");
    let message =
        format!("{count} of {column} finer than a microsecond rounded to the microsecond");
    Ok(Some(about(paths, Severity::Note, message).example(&example.display())))
}

/// What is told about decimals that become floats.
fn wide_decimals(probe: &dyn Probe, paths: &[PathBuf]) -> Result<Vec<Finding>, Failure> {
    let names = probe.rows(&statements::decimals_beyond(paths))?;
    let names: Vec<String> =
        names.iter().filter_map(|row| row.first()).map(Value::display).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let message = format!(
        "decimal numbers of more than 38 digits are read as floats, with about 15 digits: {}",
        names.join(", ")
    );
    let hint = "write them with fewer digits, or as text";
    Ok(vec![about(paths, Severity::Warning, message).hint(hint)])
}
