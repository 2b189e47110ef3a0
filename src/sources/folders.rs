//! Columns out of the names of folders: `year=2024/month=01/part.parquet`.

use super::names::counted;
use crate::model::catalog::{PartitionPart, Partitions};
use crate::model::finding::{Finding, Severity};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How a missing value is written in the name of a folder.
const MISSING: &str = "__HIVE_DEFAULT_PARTITION__";

/// What the names of the folders of files say; `None` when they say nothing. `own` are the names of
/// columns that the files have themselves: there the files are believed.
pub(super) fn partitions(
    paths: &[PathBuf],
    own: &[String],
    findings: &mut Vec<Finding>,
) -> Option<Partitions> {
    let found: Vec<Vec<(String, Option<String>)>> = paths.iter().map(|p| said(p)).collect();
    let mut names: Vec<String> = Vec::new();
    for (name, _) in found.iter().flatten() {
        if !names.iter().any(|n| n.eq_ignore_ascii_case(name)) {
            names.push(name.clone());
        }
    }
    // The database takes any folder of the path for one of these.
    let elsewhere = paths.iter().zip(&found).any(|(path, said)| marked(path) > said.len());
    if names.is_empty() && !elsewhere {
        return None;
    }
    let own: BTreeSet<String> = own.iter().map(|name| name.to_lowercase()).collect();
    let both: Vec<String> =
        names.iter().filter(|name| own.contains(&name.to_lowercase())).cloned().collect();
    names.retain(|name| !both.contains(name));
    if !both.is_empty() {
        let message = format!(
            "{} is both in the files and in the names of their folders: the files count",
            both.join(", ")
        );
        let first = paths.first().cloned().unwrap_or_default();
        findings.push(Finding::new(Severity::Note, message).at(first, None));
    }
    let value = |said: &[(String, Option<String>)], name: &String| {
        said.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).and_then(|(_, v)| v.clone())
    };
    let values: Vec<Vec<Option<String>>> =
        found.iter().map(|said| names.iter().map(|name| value(said, name)).collect()).collect();
    let same = found
        .iter()
        .all(|said| said.len() == names.len() && said.iter().zip(&names).all(|((a, _), b)| a == b));
    let columns = names.iter().enumerate().map(|(i, name)| {
        let all: Vec<&str> = values.iter().filter_map(|row| row[i].as_deref()).collect();
        (name.clone(), type_of(&all).to_owned())
    });
    Some(Partitions {
        columns: columns.collect(),
        by_names: same && !elsewhere && both.is_empty(),
        parts: runs(values),
        ..Partitions::default()
    })
}

/// Files that follow each other and have the same values, out of the values of each.
pub(super) fn runs(files: Vec<Vec<Option<String>>>) -> Vec<PartitionPart> {
    let mut runs: Vec<PartitionPart> = Vec::new();
    for values in files {
        match runs.last_mut() {
            Some(last) if last.values == values => last.files += 1,
            _ => runs.push(PartitionPart { files: 1, values, conversions: Vec::new() }),
        }
    }
    runs
}

/// What the folders right above a file say, the uppermost first.
fn said(path: &Path) -> Vec<(String, Option<String>)> {
    let mut out = Vec::new();
    for folder in path.ancestors().skip(1) {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let Some((key, value)) = name.split_once('=').filter(|(key, _)| !key.is_empty()) else {
            break;
        };
        let value = unescaped(value);
        out.push((unescaped(key), Some(value).filter(|v| v != MISSING && !v.is_empty())));
    }
    out.reverse();
    out
}

/// How many parts of a path have an equals sign.
fn marked(path: &Path) -> usize {
    path.iter().filter(|part| part.to_string_lossy().contains('=')).count()
}

/// `a%20b` is `a b`; what is not written so stays as it is.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.as_bytes();
    while let Some((first, rest)) = bytes.split_first() {
        let code = rest.get(..2).filter(|_| *first == b'%');
        let code = code.filter(|code| code.iter().all(u8::is_ascii_hexdigit));
        let code = code.and_then(|code| std::str::from_utf8(code).ok());
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                bytes = &rest[2..];
            }
            None => {
                out.push(*first);
                bytes = rest;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// The type that keeps all values as they are written.
fn type_of(values: &[&str]) -> &'static str {
    let whole = |v: &&str| v.parse::<i64>().is_ok_and(|n| n.to_string() == **v);
    if !values.is_empty() && values.iter().all(whole) {
        return "BIGINT";
    }
    let day = |v: &&str| v.len() == 10 && v.parse::<jiff::civil::Date>().is_ok();
    if !values.is_empty() && values.iter().all(day) {
        return "DATE";
    }
    "VARCHAR"
}

/// What is told when the names of folders cannot be read along.
pub(super) fn not_read(partitions: &Partitions, paths: &[PathBuf]) -> Finding {
    let names: Vec<&str> = partitions.columns.iter().map(|(name, _)| name.as_str()).collect();
    let message = format!(
        "{} from the names of folders left out, because they differ between the files: {}",
        counted(names.len() as u64, "column"),
        names.join(", ")
    );
    let first = paths.first().cloned().unwrap_or_default();
    Finding::new(Severity::Warning, message).at(first, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(paths: &[&str], own: &[&str]) -> Option<Partitions> {
        let paths: Vec<PathBuf> = paths.iter().map(PathBuf::from).collect();
        let own: Vec<String> = own.iter().map(|name| (*name).to_owned()).collect();
        partitions(&paths, &own, &mut Vec::new())
    }

    #[test]
    fn folders_give_columns_that_keep_what_is_written() {
        let found = of(
            &[
                "/d/y=2024/m=01/on=2024-01-05/x=a%20b/p",
                "/d/y=2025/m=12/on=2025-02-28/x=__HIVE_DEFAULT_PARTITION__/p",
            ],
            &[],
        )
        .unwrap();
        let types: Vec<&str> = found.columns.iter().map(|(_, t)| t.as_str()).collect();
        assert_eq!(types, ["BIGINT", "VARCHAR", "DATE", "VARCHAR"]);
        assert!(found.by_names);
        assert_eq!(found.parts[0].values[3].as_deref(), Some("a b"));
        assert_eq!(found.parts[1].values[3], None);
        assert_eq!(of(&["/d/p"], &[]), None);
    }

    #[test]
    fn what_the_database_would_read_otherwise_is_written_out() {
        assert!(!of(&["/a=b/d/y=2024/p"], &[]).unwrap().by_names);
        assert!(!of(&["/d/y=2024/p", "/d/y=2024/m=1/p"], &[]).unwrap().by_names);
        let own = of(&["/d/y=2024/p", "/d/y=2025/p"], &["Y"]).unwrap();
        assert!(!own.by_names && own.columns.is_empty() && own.parts.len() == 1);
    }
}
