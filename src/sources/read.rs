//! Files become tables: how each is read, and its rows counted.

use super::csv::{self, FileLook};
use super::facts::{SAMPLE_ROWS, count_rows};
use super::files::{FileSet, Format, check_content, file_sets};
use super::names::{counted, free};
use super::probe::{Probe, cancelled, counts};
use super::several::described;
use super::{files, json, parquet};
use crate::model::catalog::{Column, Reader, Table, TableOrigin};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::model::reading::{Form, TextColumn};
use crate::model::value::Kind;
use crate::model::workspace::{Correction, FileCorrection};
use crate::protocol::Progress;
use crate::sql::{facts, from_files, session};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often is looked whether the work is to stop, while threads look at files.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Looks at files of text, by their path.
type Looks = BTreeMap<PathBuf, Result<FileLook, Failure>>;

/// Reads the files that the paths mean. A file that cannot be read is a finding as long as
/// another one can.
///
/// # Errors
/// When none can be read: the first one's failure.
pub(super) fn tables(
    probe: &dyn Probe,
    paths: &[PathBuf],
    corrections: &[Correction],
    findings: &mut Vec<Finding>,
    report: &mut dyn FnMut(Progress),
) -> Result<Vec<Table>, Failure> {
    let mut failures: Vec<Failure> = Vec::new();
    let mut out = Vec::new();
    let mut taken = BTreeSet::new();
    let sets = file_sets(paths, findings)?;
    let several = sets.len() > 1;
    let sets: Vec<FileSet> = sets.into_iter().map(|set| sound(set, &mut failures)).collect();
    let mut looks = look_at_texts(probe, &sets, corrections, report)?;
    for set in sets {
        if set.format.holds_tables() {
            for path in &set.paths {
                let file = (path.as_path(), set.format);
                match super::several::tables(probe, file, &mut taken, findings, report) {
                    Ok(tables) => out.extend(tables),
                    Err(_) if probe.is_cancelled() => return Err(cancelled()),
                    Err(failure) => failures.push(failure),
                }
            }
            continue;
        }
        for set in alike(probe, set, &looks, findings) {
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
            let made = match set.format {
                Format::Csv => {
                    let looks = take_looks(&mut looks, &set.paths, &mut failures);
                    text_table(probe, name, looks, corrections, (findings, &mut tell))
                }
                _ => table(probe, name, set, findings, &mut tell).map(Some),
            };
            match made {
                Ok(table) => out.extend(table),
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

/// Looks at every file of delimited text, several at a time.
fn look_at_texts(
    probe: &dyn Probe,
    sets: &[FileSet],
    corrections: &[Correction],
    report: &mut dyn FnMut(Progress),
) -> Result<Looks, Failure> {
    let texts = sets.iter().filter(|set| set.format == Format::Csv);
    let wanted: Vec<(&PathBuf, FileCorrection)> = texts
        .flat_map(|set| set.paths.iter().map(|path| (path, given_for(set, path, corrections))))
        .collect();
    let found: Mutex<Looks> = Mutex::new(BTreeMap::new());
    let (next, done, stop) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicBool::new(false));
    let waiting = std::thread::current();
    let work = || {
        while let Some((path, given)) = wanted.get(next.fetch_add(1, Ordering::Relaxed)) {
            let look = csv::look(path, given, &|| stop.load(Ordering::Relaxed));
            let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
            found.insert((*path).clone(), look);
            if done.fetch_add(1, Ordering::Relaxed) + 1 == wanted.len() {
                waiting.unpark();
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(wanted.len());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
        while done.load(Ordering::Relaxed) < wanted.len() && !stop.load(Ordering::Relaxed) {
            let part = done.load(Ordering::Relaxed) as f32 / wanted.len() as f32;
            report(Progress { doing: "Looking at the files".to_owned(), part: Some(part) });
            if probe.is_cancelled() {
                stop.store(true, Ordering::Relaxed);
                next.store(wanted.len(), Ordering::Relaxed);
            }
            std::thread::park_timeout(LOOK_EVERY);
        }
    });
    if probe.is_cancelled() {
        return Err(cancelled());
    }
    Ok(found.into_inner().unwrap_or_else(PoisonError::into_inner))
}

/// What a person said about how a file is written, by the name of its table.
fn given_for(set: &FileSet, path: &Path, corrections: &[Correction]) -> FileCorrection {
    let file = path.file_name().unwrap_or_default().to_string_lossy();
    let stem = file.split('.').next().unwrap_or_default().to_lowercase();
    let mut given = FileCorrection::default();
    for correction in corrections {
        if let Correction::File(correction) = correction {
            let table = correction.table.to_lowercase();
            if table == set.name.to_lowercase() || table == stem {
                given = correction.clone();
            }
        }
    }
    given
}

/// The looks at the files of a table; of what could not be looked at, the failures.
fn take_looks(looks: &mut Looks, paths: &[PathBuf], failures: &mut Vec<Failure>) -> Vec<FileLook> {
    let mut taken = Vec::new();
    let mut failed = Vec::new();
    for path in paths {
        match looks.remove(path) {
            Some(Ok(look)) => taken.push(look),
            Some(Err(failure)) => failed.push(failure),
            None => {}
        }
    }
    failures.extend(failed);
    taken
}

/// The set's name; where it is taken, with the format or the folder added.
fn handle(set: &FileSet, path: &Path, taken: &mut BTreeSet<String>) -> String {
    let end = match set.format {
        Format::Parquet | Format::Delta => "parquet",
        Format::Json => "json",
        Format::Csv => "csv",
        Format::Sqlite => "sqlite",
        Format::Workbook => "xlsx",
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

/// Like-named files are one table only as far as they have the same columns: those that share half
/// of them with the others do, and the rest are tables of their own.
fn alike(
    probe: &dyn Probe,
    set: FileSet,
    looks: &Looks,
    findings: &mut Vec<Finding>,
) -> Vec<FileSet> {
    if set.paths.len() < 2 || !matches!(set.format, Format::Csv | Format::Parquet) {
        return if set.paths.is_empty() { Vec::new() } else { vec![set] };
    }
    let names = |path: &PathBuf| -> Option<BTreeSet<String>> {
        if set.format == Format::Csv {
            let look = looks.get(path)?.as_ref().ok()?;
            return Some(look.names.iter().map(|name| name.to_lowercase()).collect());
        }
        let file = from_files(std::slice::from_ref(path), &Reader::Parquet);
        let columns = probe.columns(&session::everything(&file)).ok()?;
        Some(columns.into_iter().map(|(name, _)| name.to_lowercase()).collect())
    };
    let all: Vec<Option<BTreeSet<String>>> = set.paths.iter().map(names).collect();
    let share = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
        a.intersection(b).count() * 2 >= a.len().min(b.len()).max(1)
    };
    // What most files are like decides; a file that cannot be looked at tells why when it is read.
    let likes = |one: &BTreeSet<String>| all.iter().flatten().filter(|b| share(one, b)).count();
    let Some(usual) = all.iter().flatten().rev().max_by_key(|one| likes(one)).cloned() else {
        return vec![set];
    };
    let (mut together, mut apart) = (Vec::new(), Vec::new());
    for (path, names) in set.paths.iter().zip(&all) {
        let belongs = names.as_ref().is_none_or(|names| share(names, &usual));
        if belongs { together.push(path.clone()) } else { apart.push(path.clone()) }
    }
    for path in &apart {
        let message =
            format!("its columns differ from those of {}, so it is a table by itself", set.name);
        findings.push(Finding::new(Severity::Note, message).at(path, None));
    }
    let alone = |path: PathBuf| {
        let stem = path.file_name().unwrap_or_default().to_string_lossy();
        let name = stem.split('.').next().unwrap_or_default().to_owned();
        FileSet { name, paths: vec![path], format: set.format }
    };
    let mut sets = match together.len() {
        1 => vec![alone(together.remove(0))],
        _ => vec![FileSet { name: set.name.clone(), paths: together, format: set.format }],
    };
    sets.extend(apart.into_iter().map(alone));
    sets
}

/// The table that files of text make up; `None` when none of them could be looked at.
fn text_table(
    probe: &dyn Probe,
    name: String,
    looks: Vec<FileLook>,
    corrections: &[Correction],
    (findings, tell): (&mut Vec<Finding>, &mut dyn FnMut(Option<f32>)),
) -> Result<Option<Table>, Failure> {
    if looks.is_empty() {
        return Ok(None);
    }
    let paths: Vec<PathBuf> = looks.iter().map(|look| look.path.clone()).collect();
    let place = paths[0].clone();
    let forms = forms_of(&name, corrections, findings);
    let form_of = |column: &str| forms.get(&column.to_lowercase()).cloned();
    let mut read = csv::merged(looks, &form_of);
    let located = |failure: Failure| match failure.place.is_empty() {
        true => Failure { place: place.display().to_string(), ..failure },
        false => failure,
    };
    let mut reader = Reader::Text(read.files.clone());
    let mut named = probe.name_files(&name, &paths, &reader, tell);
    if let Err(failure) = named {
        if probe.is_cancelled() {
            return Err(cancelled());
        }
        // What was looked at should convert. Where it does not after all, nothing is lost as text.
        let mut plain = read.files.clone();
        for column in &mut plain.columns {
            column.form = Form::Text;
        }
        if plain == read.files {
            return Err(located(failure));
        }
        reader = Reader::Text(plain);
        named = probe.name_files(&name, &paths, &reader, tell);
        let message = format!(
            "all columns of {name} are kept as text, because some could not be read as another type"
        );
        findings.push(Finding::new(Severity::Warning, message).at(&place, None));
        read.forced.clear();
    }
    findings.append(&mut read.findings);
    let rows = named.map_err(located)?;
    // The rows of a small table are counted when it is looked at.
    let is_later = rows.is_none() && read.rows <= SAMPLE_ROWS;
    let rows = if is_later { Some(read.rows) } else { rows };
    let mut table = text_described(probe, name, paths, (reader, rows)).map_err(located)?;
    for (column, description) in table.columns.iter_mut().zip(read.descriptions) {
        column.description = description;
    }
    let rows = std::mem::replace(&mut table.rows, read.rows);
    findings.extend(counted_rows(&mut table, rows));
    for (column, values) in read.forced {
        let filled = facts::filled(&super::reach(&table), &column);
        let kept = counts(probe, &filled)?.first().copied().unwrap_or(0);
        if kept < values {
            let message = format!(
                "{column} has {} that do not fit its correction: they are read as missing",
                counted(values - kept, "value")
            );
            findings.push(Finding::new(Severity::Warning, message).at(&place, None));
        }
    }
    Ok(Some(table))
}

/// Takes down how many rows a table of text has. When fewer or more were seen, that is told.
pub(super) fn counted_rows(table: &mut Table, rows: u64) -> Option<Finding> {
    let seen = std::mem::replace(&mut table.rows, rows);
    let TableOrigin::Files { paths, .. } = &table.origin else { return None };
    let (place, message) = (
        paths.first()?,
        format!("{} were read, but {} were seen", counted(rows, "row"), counted(seen, "row")),
    );
    let hint = "correct the rows that the other findings name, where the file was made";
    (rows != seen).then(|| Finding::new(Severity::Warning, message).at(place, None).hint(hint))
}

/// Whether the rows of a table of text are those that were seen, and not counted yet.
pub(super) fn is_to_be_counted(table: &Table) -> bool {
    let is_text = matches!(&table.origin, TableOrigin::Files { reader, .. } if reader.is_text());
    is_text && table.rows <= SAMPLE_ROWS
}

/// The forms that a person named for columns of a table, by the column's name in lower case.
fn forms_of(
    table: &str,
    corrections: &[Correction],
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, Form> {
    let mut forms = BTreeMap::new();
    for correction in corrections {
        let Correction::Columns { table: named, column, form } = correction else { continue };
        if !named.eq_ignore_ascii_case(table) {
            continue;
        }
        match Form::parse(form) {
            Ok(form) => {
                forms.insert(column.to_lowercase(), form);
            }
            Err(told) => {
                let message = format!("the correction of {table}.{column} cannot be read: {told}");
                findings.push(Finding::new(Severity::Error, message));
            }
        }
    }
    forms
}

fn table(
    probe: &dyn Probe,
    name: String,
    mut set: FileSet,
    findings: &mut Vec<Finding>,
    tell: &mut dyn FnMut(Option<f32>),
) -> Result<Table, Failure> {
    let reader = match set.format {
        Format::Parquet => parquet::reader(probe, &mut set.paths, findings)?,
        Format::Delta => parquet::delta(probe, &mut set.paths, findings)?,
        Format::Json => json::reader(probe, &mut set.paths, findings)?,
        Format::Csv | Format::Sqlite | Format::Workbook => {
            return Err(Failure::new("the file is read elsewhere", "", ""));
        }
    };
    let place = set.paths.first().cloned().unwrap_or_default();
    let located = |failure: Failure| {
        if failure.place.is_empty() {
            Failure { place: place.display().to_string(), ..failure }
        } else {
            failure
        }
    };
    if let Err(failure) = probe.name_files(&name, &set.paths, &reader, tell) {
        return Err(if probe.is_cancelled() { cancelled() } else { located(failure) });
    }
    described(probe, name, set.paths, reader).map_err(located)
}

/// The table of text that was made readable: what its columns are was decided before, and its rows
/// are in memory.
fn text_described(
    probe: &dyn Probe,
    name: String,
    paths: Vec<PathBuf>,
    (reader, rows): (Reader, Option<u64>),
) -> Result<Table, Failure> {
    let Reader::Text(files) = &reader else { return described(probe, name, paths, reader) };
    let column = |column: &TextColumn| {
        let type_name = column.form.type_name();
        Column {
            name: column.name.clone(),
            kind: Kind::of_duckdb_type(&type_name),
            type_name,
            description: None,
            personal: None,
        }
    };
    let columns = files.columns.iter().map(column).collect();
    let origin = TableOrigin::Files { paths, reader };
    let mut table = Table { name, origin, columns, rows: 0, time_column: None };
    table.rows = match rows {
        Some(rows) => rows,
        None => count_rows(probe, &table)?,
    };
    Ok(table)
}
