//! What was opened, told as a [`Catalog`]: tables, entities, relations, cohorts, and why.
//!
//! ```text
//! paths ─▶ files ─▶ csv, json, parquet, lake ──┐
//!     │         └─▶ several: sqlite, workbook ─┤
//!     └─▶ database ────────────────────────────┴▶ tables ─▶ facts ─▶ keys ─▶ cohorts ─▶ entities ─▶ correct
//! ```
//!
//! - Nothing here knows which database answers: it is asked through [`Probe`].
//! - Rows are counted by reading them. What is worth an exact count is decided on a sample.
//! - Every find says why, with figures.

pub mod files;

mod blocks;
mod built;
mod cells;
mod cohorts;
mod correct;
mod csv;
mod database;
mod describing;
mod entities;
mod facts;
mod folders;
mod foreign;
mod json;
mod keys;
mod lake;
mod names;
mod nested;
mod odd;
mod parquet;
mod parquet_parts;
mod personal;
mod probe;
mod read;
mod rows;
mod seen;
mod several;
mod sqlite;
mod texts;
mod times;
mod workbook;

pub use csv::write_as_utf8;
pub use database::shadowing;
pub use files::log_of;
pub use foreign::rows_of;
pub use probe::{Probe, reach};

use crate::model::catalog::{
    Catalog, Entity, FileStamp, Fingerprint, OddRows, Shadows, SourceKind, Table, TableOrigin,
};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::model::workspace::Correction;
use crate::protocol::{OpenRequest, Progress};
use facts::Facts;
use keys::Keyed;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Finds out what is in a source. Its tables can then be read through the same database: those of
/// files by their handle, those of a database file while it is attached.
///
/// # Errors
/// When nothing can be read: the failure names the file, the place and what to try.
pub fn open(
    request: &OpenRequest,
    probe: &dyn Probe,
    corrections: &[Correction],
    report: &mut dyn FnMut(Progress),
) -> Result<Catalog, Failure> {
    let mut findings = Vec::new();
    let paths: Vec<PathBuf> = request
        .paths
        .iter()
        .map(|p| std::path::absolute(p).unwrap_or_else(|_| p.clone()))
        .collect();
    let Some(first) = paths.first() else {
        return Err(Failure::wrong_use("nothing was chosen", "", "choose a file or a folder"));
    };
    let is_database = probe.database().is_some();
    let source = if is_database { SourceKind::DuckDb } else { SourceKind::Files };
    let built = match source {
        SourceKind::DuckDb => built::read(probe, request.run)?,
        SourceKind::Files => None,
    };
    if let (None, Some(run)) = (&built, request.run) {
        return Err(Failure::wrong_use(
            format!("there is no run {run}: this source keeps no runs"),
            "--as-of",
            "leave it out to read the data as it is",
        ));
    }
    let mut tables = match source {
        SourceKind::DuckDb => {
            let mut tell = |table: &str| report(doing(&format!("Reading {table}"), None));
            if request.password.is_none() {
                // The log of an encrypted database has another shape.
                findings.extend(database::torn_log(first));
            }
            let shows = |origin: &TableOrigin| built.as_ref().is_none_or(|b| b.shows(origin));
            database::tables(probe, first, &shows, &mut findings, &mut tell)?
        }
        SourceKind::Files => read::tables(probe, &paths, corrections, &mut findings, report)?,
    };
    if built.is_none() {
        nested::columns(probe, &mut tables, &mut findings)?;
    }
    let path = match paths.as_slice() {
        [one] => one.clone(),
        _ => first.parent().unwrap_or(first).to_path_buf(),
    };
    let fingerprint = fingerprint(&paths, &tables, source);
    let mut catalog = Catalog {
        path,
        source,
        fingerprint,
        tables,
        entities: Vec::new(),
        relations: Vec::new(),
        findings,
        definitions: None,
        runs: Vec::new(),
        run: None,
        shadows: None,
    };
    report(doing("Looking for keys and relations", None));
    match built {
        Some(built) => built.fill(probe, &mut catalog)?,
        None => discover(probe, &mut catalog)?,
    }
    let workspace = request.workspace.as_deref();
    let corrected = correct::apply(probe, &mut catalog, corrections, workspace);
    probe::in_time(probe, corrected, ())?;
    if probe.missed() > 0 {
        let message = format!(
            "{} did not finish in time: keys, relations, cohorts or corrections may be missing",
            names::counted(probe.missed(), "look")
        );
        let hint = "allow more with --time-limit SECONDS or MUSTER_TIME_LIMIT";
        catalog.findings.push(Finding::new(Severity::Warning, message).hint(hint));
    }
    Ok(catalog)
}

/// The catalog of a database file that has these macros with names of built-in functions.
pub fn with_shadows(mut catalog: Catalog, names: &[String]) -> Catalog {
    if names.is_empty() {
        return catalog;
    }
    let message = format!(
        "the file has macros with the names of built-in functions: {}; Muster uses the built-in ones",
        names.join(", ")
    );
    let hint = "views of the file that call these macros may give unexpected numbers";
    let finding = Finding::new(Severity::Warning, message).at(&catalog.path, None).hint(hint);
    catalog.findings.push(finding);
    catalog.shadows = Some(Shadows { database: name_in_a_shell(&catalog.path) });
    catalog
}

/// What a database file is called in a shell that is started on it.
fn name_in_a_shell(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let first = name.trim_start_matches('.').split('.').next().unwrap_or_default();
    match first {
        "main" | "system" | "temp" => format!("{first}_db"),
        _ => first.to_owned(),
    }
}

/// The tables that files make up, readable through the same database by their handle.
///
/// # Errors
/// When none can be read: the first one's failure.
pub fn tables_of_files(
    probe: &dyn Probe,
    paths: &[PathBuf],
    findings: &mut Vec<Finding>,
    report: &mut dyn FnMut(Progress),
) -> Result<Vec<Table>, Failure> {
    let mut tables = read::tables(probe, paths, &[], findings, report)?;
    for table in tables.iter_mut().filter(|table| read::is_to_be_counted(table)) {
        let rows = facts::count_rows(probe, table)?;
        findings.extend(read::counted_rows(table, rows));
    }
    Ok(tables)
}

fn doing(what: &str, part: Option<f32>) -> Progress {
    Progress { doing: what.to_owned(), part }
}

/// Size and modification time of the files of a source, as they are now.
pub fn fingerprint_now(fingerprint: &Fingerprint) -> Fingerprint {
    stamped(fingerprint.files.iter().map(|f| f.path.clone()))
}

fn fingerprint(paths: &[PathBuf], tables: &[Table], source: SourceKind) -> Fingerprint {
    match source {
        // What was written lately may be in the log beside the file only.
        SourceKind::DuckDb => stamped(paths.iter().flat_map(|p| [p.clone(), files::log_of(p)])),
        SourceKind::Files => stamped(tables.iter().flat_map(|t| match &t.origin {
            TableOrigin::Files { paths, reader } => {
                let waiting =
                    reader.is_sqlite().then(|| paths.iter().flat_map(|p| sqlite::logs_of(p)));
                let known = paths.iter().chain(reader.log()).cloned();
                known.chain(waiting.into_iter().flatten()).collect()
            }
            _ => Vec::new(),
        })),
    }
}

fn stamped(paths: impl Iterator<Item = PathBuf>) -> Fingerprint {
    let paths: BTreeSet<PathBuf> = paths.collect();
    Fingerprint { files: paths.iter().map(|path| stamp(path)).collect() }
}

/// A file that is gone has no size, which differs from what it was.
fn stamp(path: &Path) -> FileStamp {
    let data = std::fs::metadata(path).ok();
    let modified_nanos = data
        .as_ref()
        .and_then(|d| d.modified().ok())
        .and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok())
        .and_then(|d| i128::try_from(d.as_nanos()).ok())
        .unwrap_or(0);
    FileStamp { path: path.to_path_buf(), bytes: data.map_or(0, |d| d.len()), modified_nanos }
}

/// Keys, cohorts, relations, entities and personal columns.
fn discover(probe: &dyn Probe, catalog: &mut Catalog) -> Result<(), Failure> {
    let mut facts: Vec<Facts> = Vec::new();
    let mut unread = Vec::new();
    for table in &mut catalog.tables {
        if probe.is_cancelled() {
            return Err(probe::cancelled());
        }
        match probe::about(probe, &[table], || facts::look(probe, table)) {
            Ok(found) => {
                if read::is_to_be_counted(table) {
                    catalog.findings.extend(read::counted_rows(table, found.sample_rows));
                }
                personal::mark(table, &found);
                facts.push(found);
            }
            Err(failure) => {
                let first = failure.what.lines().next().unwrap_or_default();
                let message = format!("{} cannot be examined: {first}", table.name);
                let finding = Finding::new(Severity::Error, message).at(&catalog.path, None);
                catalog.findings.push(finding.hint(failure.hint));
                unread.push(table.name.clone());
                facts.push(Facts::none());
            }
        }
    }
    let (keys, odd) = keys_of(probe, catalog, &facts)?;
    times::tell_epochs(catalog, &facts);
    let tables = catalog.tables.clone();
    let keyed: Vec<Keyed<'_>> = tables
        .iter()
        .zip(&keys)
        .filter_map(|(table, key)| Some(Keyed { table, key: table.column(key.as_ref()?)? }))
        .collect();
    let cohorts = probe::in_time(probe, cohorts::of_tables(probe, &keyed), Vec::new())?;
    let is_cohort = |table: &Table| cohorts.iter().any(|c| c.cohort.table == table.name);
    let (lists, keyed): (Vec<Keyed<'_>>, Vec<Keyed<'_>>) = keyed
        .into_iter()
        .partition(|k| is_cohort(k.table) || cohorts::is_list_of_others(k, &tables));
    // A list of members says who, and nothing else.
    let (read, read_facts): (Vec<Table>, Vec<Facts>) = tables
        .iter()
        .zip(&facts)
        .filter(|(table, _)| !lists.iter().any(|k| k.table.name == table.name))
        .map(|(table, facts)| (table.clone(), facts.clone()))
        .unzip();
    let relations = keys::relations(probe, &read, &read_facts, &keyed);
    let mut relations = probe::in_time(probe, relations, Vec::new())?;
    keys::choose_plain(&mut relations);
    set_times(catalog, &facts, &keys, &relations, &lists);
    let timed = |table: &Table| catalog.table(&table.name).cloned();
    let read: Vec<Table> = read.iter().filter_map(timed).collect();
    let tables = catalog.tables.clone();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let odd_of = |table: &Table| odd.get(&table.name).copied().unwrap_or_default();
    let mut entities = entities::of_tables(&keyed, &relations, &odd_of, &mut taken);
    taken.extend(tables.iter().map(|t| t.name.to_lowercase()));
    let found = entities::of_events(probe, &read, &read_facts, &relations, &mut taken);
    let (events, pointing) = probe::in_time(probe, found, (Vec::new(), Vec::new()))?;
    entities.extend(events);
    catalog.relations = relations;
    catalog.relations.extend(pointing);
    let given = give_cohorts(probe, &mut entities, cohorts, &lists, &tables);
    probe::in_time(probe, given, ())?;
    entities::rank(&mut entities, &tables, &catalog.relations);
    catalog.entities = entities;
    describing::hide(catalog);
    keys::tell_several(catalog);
    if catalog.entities.is_empty() {
        let numbered = rows::number(probe, catalog);
        probe::in_time(probe, numbered, ())?;
    }
    nested::tables(probe, catalog)
}

/// The key of each table, and by table the rows whose key is missing or doubled.
type KeysFound = (Vec<Option<String>>, BTreeMap<String, OddRows>);

/// The key of each table, and the rows of those that are nearly unique.
fn keys_of(
    probe: &dyn Probe,
    catalog: &mut Catalog,
    facts: &[Facts],
) -> Result<KeysFound, Failure> {
    let mut keys = Vec::new();
    let mut odd = BTreeMap::new();
    let mut told = Vec::new();
    for (table, facts) in catalog.tables.iter().zip(facts) {
        let key = probe::about(probe, &[table], || keys::unique_key(probe, table, facts));
        let key = probe::in_time(probe, key, None)?;
        if let Some(key) = key.as_ref().filter(|key| !key.odd.is_none()) {
            odd.insert(table.name.clone(), key.odd);
            let finding = odd::finding(probe, table, &key.column, key.odd);
            told.extend(probe::in_time(probe, finding.map(Some), None)?);
        }
        keys.push(key.map(|key| key.column));
    }
    catalog.findings.extend(told);
    Ok((keys, odd))
}

fn give_cohorts(
    probe: &dyn Probe,
    entities: &mut [Entity],
    cohorts: Vec<cohorts::FoundCohort>,
    lists: &[Keyed<'_>],
    tables: &[Table],
) -> Result<(), Failure> {
    let free: Vec<Keyed<'_>> = lists
        .iter()
        .filter(|k| !cohorts.iter().any(|c| c.cohort.table == k.table.name))
        .copied()
        .collect();
    for found in cohorts {
        if let Some(entity) = entities.iter_mut().find(|e| e.table_name() == found.of) {
            entity.cohorts.push(found.cohort);
        }
    }
    cohorts::of_event_entities(probe, &free, entities, tables)?;
    for entity in entities {
        cohorts::nest(probe, entity, tables)?;
        entity.cohorts.sort_by(|a, b| b.size.cmp(&a.size).then(a.name.cmp(&b.name)));
    }
    Ok(())
}

/// A table is a log of events when it has moments, and points at something or has no key.
fn set_times(
    catalog: &mut Catalog,
    facts: &[Facts],
    keys: &[Option<String>],
    relations: &[crate::model::catalog::Relation],
    lists: &[Keyed<'_>],
) {
    for ((table, facts), key) in catalog.tables.iter_mut().zip(facts).zip(keys) {
        if lists.iter().any(|k| k.table.name == table.name) {
            continue;
        }
        let points = relations.iter().any(|r| r.from_table == table.name);
        let shares = !personal::is_people(&table.name)
            && table.columns.iter().zip(&facts.columns).any(|(column, seen)| {
                Some(&column.name) != key.as_ref()
                    && names::subject(&column.name).is_some()
                    && !seen.is_unique(facts.sample_rows)
            });
        if points || shares || key.is_none() {
            table.time_column = times::time_column(table).map(|c| c.name.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_called_as_the_database_calls_it() {
        let folder = tempfile::tempdir().unwrap();
        for name in
            ["shop.duckdb", "a.b.c.duckdb", "main.db", "system.duckdb", "temp.x.db", ".h.db"]
        {
            let path = folder.path().join(name);
            let shell = duckdb::Connection::open(&path).unwrap();
            let own: String =
                shell.query_row("SELECT current_database()", [], |row| row.get(0)).unwrap();
            assert_eq!(name_in_a_shell(&path), own, "{name}");
        }
    }
}
