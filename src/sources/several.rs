//! Files that hold several tables: each becomes one, read into memory.

use super::facts::count_rows;
use super::files::Format;
use super::names::free;
use super::probe::{Probe, cancelled};
use super::{sqlite, workbook};
use crate::model::catalog::Column;
use crate::model::catalog::TableOrigin;
use crate::model::catalog::{ForeignReader, Reader, Table};
use crate::model::failure::Failure;
use crate::model::finding::Finding;
use crate::model::value::Kind;
use crate::protocol::Progress;
use crate::sql::session;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The tables in a file.
///
/// # Errors
/// When it cannot be read, or it was cancelled.
pub(super) fn tables(
    probe: &dyn Probe,
    (path, format): (&Path, Format),
    taken: &mut BTreeSet<String>,
    findings: &mut Vec<Finding>,
    report: &mut dyn FnMut(Progress),
) -> Result<Vec<Table>, Failure> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    report(Progress { doing: format!("Reading {stem}"), part: None });
    let found: Vec<(String, ForeignReader)> = match format {
        Format::Sqlite => {
            let found = sqlite::tables(probe, path, findings)?;
            found.into_iter().map(|found| (found.table, found.reader)).collect()
        }
        _ => {
            let found = workbook::tables(probe, path, findings)?;
            let one = found.len() == 1;
            let name = |sheet: String| if one { stem.clone() } else { sheet };
            found.into_iter().map(|found| (name(found.sheet), found.reader)).collect()
        }
    };
    if found.is_empty() {
        let place = path.display().to_string();
        return Err(Failure::new("there is no table in the file", place, "choose another file"));
    }
    let mut out = Vec::new();
    for (name, reader) in found {
        if probe.is_cancelled() {
            return Err(cancelled());
        }
        let name = free(&name, taken);
        let doing = format!("Reading {name}");
        let mut tell = |part: Option<f32>| report(Progress { doing: doing.clone(), part });
        out.push(table(probe, name, path, Reader::Foreign(reader), &mut tell)?);
    }
    Ok(out)
}

fn table(
    probe: &dyn Probe,
    name: String,
    path: &Path,
    reader: Reader,
    tell: &mut dyn FnMut(Option<f32>),
) -> Result<Table, Failure> {
    let paths: Vec<PathBuf> = vec![path.to_path_buf()];
    probe.name_files(&name, &paths, &reader, tell)?;
    described(probe, name, paths, reader)
}

/// The table that was made readable: its columns, and its rows counted.
pub(super) fn described(
    probe: &dyn Probe,
    name: String,
    paths: Vec<PathBuf>,
    reader: Reader,
) -> Result<Table, Failure> {
    let mut table = Table {
        name,
        origin: TableOrigin::Files { paths, reader },
        columns: Vec::new(),
        rows: 0,
        time_column: None,
    };
    let columns = probe.columns(&session::everything(&super::reach(&table)))?;
    table.columns = columns
        .into_iter()
        .map(|(name, type_name)| Column {
            kind: Kind::of_duckdb_type(&type_name),
            description: None,
            personal: None,
            name,
            type_name,
        })
        .collect();
    table.rows = count_rows(probe, &table)?;
    Ok(table)
}
