//! Files become tables: how each is read, and its rows counted.

use super::facts::count_rows;
use super::files::{FileSet, Format, check_content, file_sets};
use super::names::free;
use super::probe::{Probe, cancelled};
use super::{csv, files, json};
use crate::model::catalog::{Column, Reader, Table, TableOrigin};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::model::value::Kind;
use crate::protocol::Progress;
use crate::sql::{Sql, session};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Reads the files that the paths mean. A file that cannot be read is a finding as long as
/// another one can.
///
/// # Errors
/// When none can be read: the first one's failure.
pub(super) fn tables(
    probe: &dyn Probe,
    paths: &[PathBuf],
    findings: &mut Vec<Finding>,
    report: &mut dyn FnMut(Progress),
) -> Result<Vec<Table>, Failure> {
    let mut failures: Vec<Failure> = Vec::new();
    let mut out = Vec::new();
    let mut taken = BTreeSet::new();
    let sets = file_sets(paths, findings)?;
    let several = sets.len() > 1;
    for set in sets {
        for set in alike(probe, sound(set, &mut failures)) {
            if probe.is_cancelled() {
                return Err(cancelled());
            }
            let path = set.paths.first().cloned().unwrap_or_default();
            let prose = path.extension().is_some_and(|e| e.eq_ignore_ascii_case("txt"));
            let name = handle(&set, &path, &mut taken);
            let doing = format!("Reading {name}");
            let mut tell = |part: Option<f32>| report(Progress { doing: doing.clone(), part });
            tell(None);
            let told = findings.len();
            match table(probe, name, set, findings, &mut tell) {
                Ok(table) => out.push(table),
                Err(_) if probe.is_cancelled() => return Err(cancelled()),
                // Any text may be called .txt; among other files it is not missed.
                Err(_) if prose && several => {
                    findings.truncate(told);
                    findings.push(files::left_out(&[path]));
                }
                Err(failure) => failures.push(failure),
            }
        }
    }
    if out.is_empty() {
        let nothing = || Failure::new("no file can be read", "", "choose another folder");
        return Err(failures.into_iter().next().unwrap_or_else(nothing));
    }
    findings.extend(failures.into_iter().map(|failure| {
        Finding::new(Severity::Error, failure.what).at(failure.place, None).hint(failure.hint)
    }));
    out.sort_by(|a: &Table, b| a.name.cmp(&b.name));
    Ok(out)
}

/// The set's name; where it is taken, with the format or the folder added.
fn handle(set: &FileSet, path: &Path, taken: &mut BTreeSet<String>) -> String {
    let end = match set.format {
        Format::Parquet => "parquet",
        Format::Json => "json",
        Format::Csv => "csv",
    };
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let wanted =
        [set.name.clone(), format!("{}_{end}", set.name), format!("{folder}_{}", set.name)];
    let unused = wanted.iter().find(|name| !taken.contains(&name.to_lowercase()));
    free(unused.unwrap_or(&set.name), taken)
}

/// The set without the files whose content is not what their name says.
fn sound(mut set: FileSet, failures: &mut Vec<Failure>) -> FileSet {
    set.paths.retain(|path| match check_content(path, set.format) {
        Ok(()) => true,
        Err(failure) => {
            failures.push(failure);
            false
        }
    });
    set
}

/// Like-named files are one table only when they have the same columns.
fn alike(probe: &dyn Probe, set: FileSet) -> Vec<FileSet> {
    if set.paths.len() < 2 {
        return if set.paths.is_empty() { Vec::new() } else { vec![set] };
    }
    let names = |path: &PathBuf| {
        let file = crate::sql::text(&path.to_string_lossy());
        let sql = match set.format {
            Format::Parquet => Sql::fill("SELECT * FROM read_parquet({})", &[&file]),
            Format::Json => Sql::fill("SELECT * FROM read_json({})", &[&file]),
            Format::Csv => Sql::fill("SELECT * FROM read_csv({}, all_varchar = true)", &[&file]),
        };
        let columns = probe.columns(&sql).ok()?;
        Some(columns.into_iter().map(|(name, _)| name).collect::<BTreeSet<String>>())
    };
    let all: Vec<Option<BTreeSet<String>>> = set.paths.iter().map(names).collect();
    let first = all.iter().flatten().next();
    // JSON records may lack a field; a file that cannot be looked at tells why when it is read.
    let same = |columns: &Option<BTreeSet<String>>| {
        set.format == Format::Json || columns.is_none() || columns.as_ref() == first
    };
    if all.iter().all(same) {
        return vec![set];
    }
    set.paths
        .iter()
        .map(|path| {
            let stem = path.file_name().unwrap_or_default().to_string_lossy();
            let name = stem.split('.').next().unwrap_or_default().to_owned();
            FileSet { name, paths: vec![path.clone()], format: set.format }
        })
        .collect()
}

fn table(
    probe: &dyn Probe,
    name: String,
    set: FileSet,
    findings: &mut Vec<Finding>,
    tell: &mut dyn FnMut(Option<f32>),
) -> Result<Table, Failure> {
    let mut reader = match set.format {
        Format::Parquet => Reader::Parquet,
        Format::Json => json::reader(probe, &set.paths)?,
        Format::Csv => Reader::Csv(csv::reader(probe, &set.paths, findings)?),
    };
    let place = set.paths.first().cloned().unwrap_or_default();
    let located = |failure: Failure| {
        if failure.place.is_empty() {
            Failure { place: place.display().to_string(), ..failure }
        } else {
            failure
        }
    };
    // Each turn makes one column text, so there are no more turns than columns.
    while let Err(failure) = probe.name_files(&name, &set.paths, &reader, tell) {
        if probe.is_cancelled() {
            return Err(cancelled());
        }
        let milder = match &reader {
            Reader::Csv(csv) => csv::without_type(csv, &failure, &place, findings).map(Reader::Csv),
            Reader::Json { .. } => json::with_plain_dates(&reader, findings),
            Reader::Parquet | Reader::Numbered { .. } => None,
        };
        reader = milder.ok_or_else(|| located(failure))?;
    }
    let mut table = Table {
        name,
        origin: TableOrigin::Files { paths: set.paths, reader },
        columns: Vec::new(),
        rows: 0,
        time_column: None,
    };
    let columns = probe.columns(&session::everything(&super::reach(&table)));
    table.columns = columns
        .map_err(located)?
        .into_iter()
        .map(|(name, type_name)| Column {
            kind: Kind::of_duckdb_type(&type_name),
            description: None,
            personal: None,
            name,
            type_name,
        })
        .collect();
    table.rows = count_rows(probe, &table).map_err(located)?;
    Ok(table)
}
