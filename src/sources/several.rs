//! Files that hold several tables: each becomes one, read into memory.

use super::files::Format;
use super::names::free;
use super::probe::{Probe, cancelled};
use super::{sqlite, workbook};
use crate::model::catalog::{ForeignReader, Reader, Table};
use crate::model::failure::Failure;
use crate::model::finding::Finding;
use crate::protocol::Progress;
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
    super::read::described(probe, name, paths, reader)
}
