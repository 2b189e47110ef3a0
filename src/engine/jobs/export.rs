//! Writes the members of a slice to a file, with a manifest beside it.
//!
//! ```text
//! private folder ──moved──▶ NAME.part ──counted, hashed──▶ NAME      renamed
//! NAME.manifest.json.part ──────────────▶ NAME.manifest.json   renamed last
//! ```
//!
//! What holds here:
//!
//! - CSV and Parquet are written by the engine's own `COPY`, so that a list costs what a copy
//!   costs, in bounded memory. Excel is written row by row from pages of a temporary table.
//! - The same request on the same source gives the same bytes.
//! - A list is there whole or not at all. What is left of a failed or cancelled one is taken away;
//!   what is left after a kill is a `.part` file, which the next export to that name replaces.
//! - The rows are counted as they were written and compared with the size of the slice.
//! - No file of the source is ever the target.
//! - A target that is a link means the file behind it; a link that lies where the part file or the
//!   manifest is to be is replaced, never written through.

use crate::bind;
use crate::compile::{self, Counted, ListForm};
use crate::deliver::checksum::{self, BYTE_ORDER_MARK, Checksum};
use crate::deliver::manifest::{
    ColumnRecord, FileRecord, Manifest, NormalisedRecord, OptionsRecord, SCHEMA, SegmentRecord,
    SourceRecord, Versions, changed_file, file_records, kind_word,
};
use crate::deliver::workbook::{self, ListBook};
use crate::disk::{PartFile, part_path, write};
use crate::engine::store::Store;
use crate::engine::{Job, Session};
use crate::language;
use crate::model::catalog::{Catalog, Entity};
use crate::model::export::{
    Apostrophes, CopiedFormat, ExportColumn, ExportFormat, ExportRequest, Exported, ListChanges,
    Normal, Normalised, Written as How,
};
use crate::model::failure::{Failure, FailureKind};
use crate::model::question::{Answer, Question, Segment, Size};
use crate::model::value::{Kind, Value};
use crate::protocol::Progress;
use crate::sql::{Sql, copy};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{Scope, ScopedJoinHandle};

/// How many rows are read at a time for a workbook.
const PAGE_ROWS: u64 = 8_192;

/// What was written to a part file.
#[derive(Debug)]
pub struct Written {
    /// People in it.
    pub rows: u64,
    /// What reading it back gave.
    pub checksum: Checksum,
    /// The statement that gives the rows in plain DuckDB.
    pub sql: String,
    /// The columns, none left to be understood.
    pub columns: Vec<ExportColumn>,
    /// The source's files as they were read.
    pub files: Vec<FileRecord>,
    /// What was changed on the way.
    pub changed: ListChanges,
}

/// Writes a list and its manifest.
///
/// # Errors
/// When the request does not fit the source, the target is a file of the source or cannot be
/// written to, the source was changed meanwhile, reading or writing fails, or the job is
/// cancelled. Then nothing is left at the target but what was there before.
pub fn export(
    session: &Session,
    request: &ExportRequest,
    job: &mut Job<'_>,
) -> Result<Exported, Failure> {
    let path = std::path::absolute(&request.path).unwrap_or_else(|_| request.path.clone());
    let path = write::behind_link(&path).map_err(|error| cannot_write(&error, &path))?;
    refuse_source_files(session.catalog(), &path)?;
    let mut part = part_of(&path)?;
    let written = write_list(session, request, &mut part, job)?;

    let manifest_path = Manifest::path_of(&path);
    let mut manifest_part = part_of(&manifest_path)?;
    let manifest = manifest(session, request, &path, &written)?;
    manifest.write_part(&mut manifest_part)?;
    stop_if_cancelled(&job.cancelled)?;
    // From here to the end a list without a manifest may stand, never one with a wrong manifest.
    remove_if_there(&manifest_path)?;
    part.rename().map_err(|error| cannot_write(&error, &path))?;
    manifest_part.rename().map_err(|error| cannot_write(&error, &manifest_path))?;
    let (rows, sha256, changed) = (written.rows, written.checksum.sha256, written.changed);
    Ok(Exported { path, manifest: manifest_path, rows, sha256, changed })
}

/// Writes a list to `part`, counts and hashes it. No manifest, no renaming.
///
/// # Errors
/// Like [`export`], except for the target.
pub fn write_list(
    session: &Session,
    request: &ExportRequest,
    part: &mut PartFile,
    job: &mut Job<'_>,
) -> Result<Written, Failure> {
    let catalog = session.catalog();
    session.obey(job.cancelled.clone());
    refuse_changed_source(catalog)?;
    let columns = columns(catalog, request)?;
    let neutralise = request.neutralise_formulas && request.format.is_sheet_of_text();
    let in_file = if neutralise { harmless_names(&columns) } else { columns.clone() };
    let kinds = kinds(catalog, request, &columns);
    say(job, format!("Counting {}", request.slice.cohort), None);
    let size = size(session, request)?;
    stop_if_cancelled(&job.cancelled)?;

    let store = session.store();
    store.attach()?;
    let wide_as_text: Vec<bool> = match request.format {
        ExportFormat::Parquet => {
            let found = counted(session, request, &columns, Counted::TooWide)?;
            found.iter().map(|(cells, _)| *cells > 0).collect()
        }
        _ => Vec::new(),
    };
    let form = ListForm {
        format: request.format,
        neutralise_formulas: neutralise,
        wide_as_text: &wide_as_text,
    };
    let query = compile::list(&bind::slice(catalog, &request.slice)?, &in_file, form)?;
    let cancelled = job.cancelled.clone();
    let (rows, files) = std::thread::scope(|scope| -> Result<_, Failure> {
        // The source is hashed while it is read: both are bound by different things.
        let files = beside(scope, "source checksum", || {
            file_records(&catalog.fingerprint, catalog.source, &cancelled)
        })?;
        let rows = match request.format.written() {
            How::Copied(format) => {
                let doing = format!("Writing {}", file_name(&request.path));
                let mut tell = |told| say(job, doing.clone(), told);
                let file = (request, format, &mut *part);
                copy_to(store, &session.statement(&query), file, &mut tell)
            }
            How::Paged => excel_size(size.kept).and_then(|()| {
                write_excel(store, &session.statement(&query), &kinds, &mut *part, job)
            }),
        };
        let files = files.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((rows.map_err(|failure| explain(failure, &request.path))?, files?))
    })?;
    stop_if_cancelled(&job.cancelled)?;
    if rows != size.kept {
        return Err(Failure::new(
            format!("{rows} rows were written, but the slice holds {}", size.kept),
            request.path.display().to_string(),
            "nothing was kept; open the source again and repeat the export",
        ));
    }
    // Only now: the database puts parts of a file in place out of order, so that a file which is
    // still being written cannot be hashed along.
    let (checksum, may_have_apostrophes) = checksum_of(part.path(), &request.path, job)?;
    let changed = changes(session, request, &columns, neutralise && may_have_apostrophes)?;
    refuse_changed_source(catalog)?;
    Ok(Written { rows, checksum, sql: query.portable(), columns, files, changed })
}

/// What was changed on the way into the list, counted. It is asked only when something may have
/// been: another look at all rows takes a good part of the time that writing them takes.
fn changes(
    session: &Session,
    request: &ExportRequest,
    columns: &[ExportColumn],
    may_have_apostrophes: bool,
) -> Result<ListChanges, Failure> {
    let mut changes = ListChanges::default();
    if may_have_apostrophes {
        let found = counted(session, request, columns, Counted::Apostrophes)?;
        for (column, (cells, example)) in columns.iter().zip(found) {
            if cells > 0 {
                let (column, example) = (column.name.clone(), example.display());
                changes.apostrophes.push(Apostrophes { column, cells, example });
            }
        }
    }
    let found = counted(session, request, columns, Counted::Normalised)?;
    for (column, (changed, lost)) in columns.iter().zip(found) {
        if let Some(how) = column.hash.filter(|how| *how != Normal::AsItIs) {
            let (column, lost) = (column.name.clone(), lost.as_u64().unwrap_or(0));
            changes.normalised.push(Normalised { column, how, changed, lost });
        }
    }
    Ok(changes)
}

/// Two figures for each column of a list.
fn counted(
    session: &Session,
    request: &ExportRequest,
    columns: &[ExportColumn],
    what: Counted,
) -> Result<Vec<(u64, Value)>, Failure> {
    let bound = bind::slice(session.catalog(), &request.slice)?;
    match compile::list_counts(&bound, columns, what)? {
        None => Ok(vec![(0, Value::Missing); columns.len()]),
        Some(asked) => session.answer(asked),
    }
}

/// Starts a thread beside the one that uses the database.
fn beside<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    name: &str,
    work: impl FnOnce() -> T + Send + 'scope,
) -> Result<ScopedJoinHandle<'scope, T>, Failure> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn_scoped(scope, work)
        .map_err(|error| Failure::new(format!("no thread can be started: {error}"), "", ""))
}

fn checksum_of(part: &Path, path: &Path, job: &mut Job<'_>) -> Result<(Checksum, bool), Failure> {
    let total = std::fs::metadata(part).map_or(0, |m| m.len()).max(1);
    checksum::of_text(part, &mut |bytes| {
        stop_if_cancelled(&job.cancelled)?;
        say(job, format!("Checking {}", file_name(path)), Some(bytes as f32 / total as f32));
        Ok(())
    })
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn size(session: &Session, request: &ExportRequest) -> Result<Size, Failure> {
    match session.ask(&request.slice, &Question::Size)?.answer {
        Answer::Size(size) => Ok(size),
        other => Err(Failure::new(format!("the size came back as {other:?}"), "", "")),
    }
}

/// The columns that are asked for, each an existing feature, under a name of its own.
fn columns(catalog: &Catalog, request: &ExportRequest) -> Result<Vec<ExportColumn>, Failure> {
    let name = &request.slice.cohort.entity;
    let entity = catalog.entity(name).ok_or_else(|| {
        Failure::wrong_use(format!("there is no entity {name}"), "", "name an entity of the source")
    })?;
    let own_name = |feature: &str| ExportColumn {
        feature: feature.to_owned(),
        name: feature.to_owned(),
        hash: None,
    };
    let mut columns = request.columns.clone();
    if columns.is_empty() {
        columns = entity.listed().map(|f| own_name(&f.name)).collect();
    }
    let mut seen: Vec<String> = Vec::with_capacity(columns.len());
    for column in &mut columns {
        column.feature = feature_name(entity, &column.feature)?;
        refuse_odd_phone(entity, column)?;
        let lower = column.name.to_lowercase();
        if lower.is_empty() || seen.contains(&lower) {
            let what = match lower.is_empty() {
                true => format!("the column of {} has no name", column.feature),
                false => format!("two columns are named {}", column.name),
            };
            return Err(Failure::wrong_use(what, "in the columns", "give each a name of its own"));
        }
        seen.push(lower);
    }
    Ok(columns)
}

/// A number with decimals has no digits that could be told to be those of a telephone number.
fn refuse_odd_phone(entity: &Entity, column: &ExportColumn) -> Result<(), Failure> {
    let Some(feature) = entity.feature(&column.feature) else { return Ok(()) };
    let is_phone = column.hash.is_some_and(Normal::is_phone);
    if !is_phone || matches!(feature.kind, Kind::Text | Kind::Integer) {
        return Ok(());
    }
    Err(Failure::wrong_use(
        format!("{} is {}, not a telephone number", feature.name, feature.kind.word()),
        "in the columns",
        "hash it as it is, or choose a column of text",
    ))
}

/// The feature's name as the entity writes it.
fn feature_name(entity: &Entity, asked: &str) -> Result<String, Failure> {
    entity.known_feature(asked, "in the columns").map(|feature| feature.name.clone())
}

/// Runs `COPY` and gives the rows that it says it wrote; Parquet is counted again from the file.
///
/// The database is shut: it writes into its own folder only, and from there the list is moved.
fn copy_to(
    store: &Store,
    query: &Sql,
    (request, format, part): (&ExportRequest, CopiedFormat, &mut PartFile),
    tell: &mut dyn FnMut(Option<f32>),
) -> Result<u64, Failure> {
    let way_out = store.way_out();
    let file = way_out.to_string_lossy().into_owned();
    let statement = copy::copy_list(format, query, &file);
    let written = store.write_telling(&statement, tell).map_err(Failure::from);
    let moved = written.and_then(|mut rows| {
        if format == CopiedFormat::Parquet {
            let found = first_count(store, &copy::count_parquet(&file))?;
            // A difference shows as a difference with the size.
            rows = rows.min(found);
        }
        let taken = match request.byte_order_mark && request.format.is_sheet_of_text() {
            true => part.take_behind(BYTE_ORDER_MARK, &way_out),
            false => part.take(&way_out),
        };
        taken.map_err(|error| cannot_write(&error, part.path()))?;
        Ok(rows)
    });
    if moved.is_err() {
        // What was written of a list that failed takes up room until the source is closed.
        let _ = std::fs::remove_file(&way_out);
    }
    moved
}

fn excel_size(rows: u64) -> Result<(), Failure> {
    if rows <= workbook::ROWS_MAX {
        return Ok(());
    }
    Err(Failure::new(
        format!("{rows} people do not fit on an Excel sheet of 1,048,575 rows"),
        "",
        "write CSV or Parquet, or slice further",
    ))
}

/// Writes pages of the list, row by row.
fn write_excel(
    store: &Store,
    query: &Sql,
    columns: &[(String, Kind)],
    part: &mut PartFile,
    job: &mut Job<'_>,
) -> Result<u64, Failure> {
    let mut book = ListBook::new(columns)?;
    store.execute(&copy::keep_list(query))?;
    let written = push_pages(store, &mut book, job);
    // Also after a failure: the rows would stay in memory.
    let dropped = store.execute(&copy::drop_list());
    let rows = written?;
    dropped?;
    let file = part.file().try_clone().map_err(|error| cannot_write(&error, part.path()))?;
    book.save(file)?;
    Ok(rows)
}

fn push_pages(store: &Store, book: &mut ListBook, job: &mut Job<'_>) -> Result<u64, Failure> {
    let mut written = 0;
    loop {
        stop_if_cancelled(&job.cancelled)?;
        let page = store.query(&copy::list_page(written, written + PAGE_ROWS))?.rows;
        if page.is_empty() {
            return Ok(written);
        }
        for row in &page {
            book.push(row)?;
        }
        written += page.len() as u64;
        say(job, format!("Writing row {written}"), None);
    }
}

fn kinds(
    catalog: &Catalog,
    request: &ExportRequest,
    columns: &[ExportColumn],
) -> Vec<(String, Kind)> {
    let entity = catalog.entity(&request.slice.cohort.entity);
    let kind = |c: &ExportColumn| match entity.and_then(|e| e.feature(&c.feature)) {
        Some(feature) if c.hash.is_none() => feature.kind,
        _ => Kind::Text,
    };
    columns.iter().map(|c| (c.name.clone(), kind(c))).collect()
}

/// Names that no spreadsheet runs as a formula.
fn harmless_names(columns: &[ExportColumn]) -> Vec<ExportColumn> {
    let formula = regex::Regex::new(copy::FORMULA_START).expect("the pattern is right");
    let mut columns = columns.to_vec();
    for column in &mut columns {
        if formula.is_match(&column.name) {
            column.name.insert(0, '\'');
        }
    }
    columns
}

/// The number in the first cell that a statement gives.
fn first_count(store: &Store, statement: &Sql) -> Result<u64, Failure> {
    let rows = store.query(statement)?;
    let count = rows.rows.first().and_then(|row| row.first()).and_then(|value| value.as_u64());
    count.ok_or_else(|| Failure::new("the database did not say how many rows there are", "", ""))
}

fn manifest(
    session: &Session,
    request: &ExportRequest,
    path: &Path,
    written: &Written,
) -> Result<Manifest, Failure> {
    let (catalog, slice) = (session.catalog(), &request.slice);
    let workspace = session.opened().workspace_file.parent().unwrap_or(Path::new(""));
    let segment = |segment: &Segment| SegmentRecord {
        name: segment.name.clone(),
        cohort: segment.cohort.to_string(),
        condition: language::print(&segment.tree),
    };
    let column = |c: &ExportColumn| {
        let mut normalised = written.changed.normalised.iter();
        ColumnRecord {
            feature: c.feature.clone(),
            name: c.name.clone(),
            hashed: c.hash.is_some(),
            normalised: normalised.find(|n| n.column == c.name).map(|n| NormalisedRecord {
                how: n.how.word().to_owned(),
                changed: n.changed,
                lost: n.lost,
            }),
        }
    };
    Ok(Manifest {
        schema: SCHEMA,
        file: file_name(path),
        source: SourceRecord {
            path: catalog.path.to_string_lossy().into_owned(),
            kind: kind_word(catalog.source).to_owned(),
            workspace: workspace.to_string_lossy().into_owned(),
            files: written.files.clone(),
        },
        entity: slice.cohort.entity.clone(),
        cohort: slice.cohort.cohort.clone().unwrap_or_else(|| "all".to_owned()),
        condition: language::print(&slice.tree),
        words: language::words::tree(&slice.tree, Some(&slice.now)),
        segments: slice.segments.iter().map(segment).collect(),
        sql: written.sql.clone(),
        as_of: catalog.run.map(|run| run.to_string()),
        now: slice.now.written(),
        zone: slice.now.zone_name(),
        columns: written.columns.iter().map(column).collect(),
        options: OptionsRecord {
            format: request.format.ending().to_owned(),
            neutralise_formulas: request.neutralise_formulas,
            apostrophes: written.changed.cells(),
            byte_order_mark: request.byte_order_mark && request.format.is_sheet_of_text(),
        },
        rows: written.rows,
        bytes: written.checksum.bytes,
        sha256: written.checksum.sha256.clone(),
        versions: versions(session.store())?,
    })
}

/// What writes lists.
///
/// # Errors
/// When the database does not answer.
pub fn versions(store: &Store) -> Result<Versions, Failure> {
    let rows = store.query(&copy::version())?;
    let duckdb = rows.rows.first().and_then(|r| r.first()).map(|v| v.display()).unwrap_or_default();
    Ok(Versions { muster: env!("CARGO_PKG_VERSION").to_owned(), duckdb })
}

/// A list that replaced a file of its own source would destroy it.
fn refuse_source_files(catalog: &Catalog, path: &Path) -> Result<(), Failure> {
    let manifest = Manifest::path_of(path);
    let targets = [path.to_owned(), part_path(path), part_path(&manifest), manifest];
    let sources = catalog.fingerprint.files.iter().map(|f| &f.path).chain([&catalog.path]);
    for source in sources {
        if targets.iter().any(|target| is_same_file(target, source)) {
            return Err(Failure::wrong_use(
                "the list would overwrite a file of the source",
                source.display().to_string(),
                "choose another name",
            ));
        }
    }
    Ok(())
}

/// Whether two paths lead to the same file, links followed.
fn is_same_file(a: &Path, b: &Path) -> bool {
    let real = |path: &Path| -> Option<PathBuf> {
        path.canonicalize().ok().or_else(|| {
            // What is not there yet may still be named through a linked folder.
            Some(path.parent()?.canonicalize().ok()?.join(path.file_name()?))
        })
    };
    a == b || matches!((real(a), real(b)), (Some(a), Some(b)) if a == b)
}

fn refuse_changed_source(catalog: &Catalog) -> Result<(), Failure> {
    match changed_file(&catalog.fingerprint) {
        None => Ok(()),
        Some(file) => Err(Failure::new(
            "the source has changed since it was opened",
            file.path.display().to_string(),
            "open it again, check the numbers, and repeat the export",
        )
        .of(FailureKind::Changed)),
    }
}

/// Adds the file, and the cause where the database's words hide it.
fn explain(mut failure: Failure, path: &Path) -> Failure {
    if failure.kind == FailureKind::DiskFull {
        failure.hint = "free some space or choose another folder; nothing was kept".to_owned();
    }
    if failure.place.is_empty() {
        failure.place = path.display().to_string();
    }
    failure
}

fn cannot_write(error: &std::io::Error, path: &Path) -> Failure {
    let (what, hint) = match error.kind() {
        std::io::ErrorKind::NotFound => ("the folder is not there", "create it or choose another"),
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            ("the folder may not be written to", "choose another folder")
        }
        std::io::ErrorKind::StorageFull => ("the disk is full", "free some space"),
        std::io::ErrorKind::IsADirectory => ("a folder has this name", "choose another name"),
        std::io::ErrorKind::ResourceBusy => {
            ("another export is writing this list", "wait for it, or choose another name")
        }
        _ => {
            let what = format!("the file cannot be written: {error}");
            return Failure::new(what, path.display().to_string(), "choose another folder");
        }
    };
    let kind = match error.kind() {
        std::io::ErrorKind::StorageFull => FailureKind::DiskFull,
        std::io::ErrorKind::ResourceBusy => FailureKind::Busy,
        _ => FailureKind::Failed,
    };
    Failure::new(what, path.display().to_string(), hint).of(kind)
}

fn remove_if_there(path: &Path) -> Result<(), Failure> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(cannot_write(&error, path))
        }
        _ => Ok(()),
    }
}

/// What a cancelled job ends with; the engine tells it as cancelled, not as failed.
fn stop_if_cancelled(cancelled: &AtomicBool) -> Result<(), Failure> {
    match cancelled.load(Ordering::Relaxed) {
        true => Err(Failure::cancelled()),
        false => Ok(()),
    }
}

fn say(job: &mut Job<'_>, doing: String, part: Option<f32>) {
    (job.report)(Progress { doing, part });
}

/// The part file of a target.
pub(super) fn part_of(target: &Path) -> Result<PartFile, Failure> {
    PartFile::of(target).map_err(|error| {
        let part = part_path(target);
        match !target.is_dir() && part.is_dir() {
            true => Failure::new(
                "a folder has the temporary name of the list",
                part.display().to_string(),
                "move the folder, or choose another name for the list",
            ),
            false => cannot_write(&error, target),
        }
    })
}
