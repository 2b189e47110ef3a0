//! Makes a list again from its manifest and compares the two.
//!
//! The manifest may be somebody else's: it decides what is read only in the list's own folder.
//! What lies elsewhere is read when the person names it.

use super::export::{Written, part_of, versions, write_list};
use crate::deliver::manifest::Versions;
use crate::deliver::verify::{Verdict, changed_sources, first_differing_line};
use crate::disk::links;
use crate::engine::{Job, Session, workspace};
use crate::language::{self, Scope};
use crate::model::catalog::{Catalog, CohortRef};
use crate::model::clause::Tree;
use crate::model::export::ExportRequest;
use crate::model::failure::Failure;
use crate::model::limits::Limits;
use crate::model::now::Moment;
use crate::model::question::{Segment, Slice};
use crate::protocol::OpenRequest;
use jiff::tz::TimeZone;
use std::path::{Path, PathBuf};

/// What making a list again brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// Whether both lists are the same, byte for byte.
    pub identical: bool,
    /// SHA-256 of the list made again.
    pub sha256: String,
    /// People in it.
    pub rows: u64,
    /// What differs and what may be why, a sentence each without a full stop. Empty when
    /// identical.
    pub differences: Vec<String>,
}

/// What the person says may be read, beside what lies in the list's own folder.
#[derive(Debug, Clone, Default)]
pub struct Consent {
    /// Where the source is now; empty leaves it to the manifest.
    pub source: Vec<PathBuf>,
    /// The folder of the workspace.
    pub workspace: Option<PathBuf>,
    /// What SQL of the source may use of the machine.
    pub limits: Limits,
}

/// Makes the list of a verdict again, beside it and only for as long as it takes to compare.
///
/// # Errors
/// When the source or the workspace is elsewhere and was not consented to, the source cannot be
/// opened, the condition no longer fits it, or writing fails.
pub fn rebuild(
    verdict: &Verdict,
    consent: &Consent,
    password: Option<&str>,
    job: &mut Job<'_>,
) -> Result<Rebuilt, Failure> {
    let session = open(verdict, consent, password, job)?;
    let request = request(verdict, session.catalog())?;
    let mut part = part_of(&rebuilt_path(&verdict.list))?;
    let written = write_list(&session, &request, &mut part, job)?;
    let identical = written.checksum.sha256 == verdict.sha256;
    let differences = match identical {
        true => Vec::new(),
        false => differences(verdict, &written, &versions(session.store())?, part.path()),
    };
    Ok(Rebuilt { identical, sha256: written.checksum.sha256, rows: written.rows, differences })
}

/// `NAME.rebuilt`, of which only the part file is ever written: so an export to the same name
/// meanwhile is not in the way.
fn rebuilt_path(list: &Path) -> PathBuf {
    let mut name = list.as_os_str().to_owned();
    name.push(".rebuilt");
    PathBuf::from(name)
}

/// Opens what the person or the manifest names. Several files that were opened one by one are
/// opened so again.
fn open(
    verdict: &Verdict,
    consent: &Consent,
    password: Option<&str>,
    job: &mut Job<'_>,
) -> Result<Session, Failure> {
    let manifest = &verdict.manifest;
    let source = &manifest.source;
    let beside = beside(&verdict.list);
    let paths = match consent.source.is_empty() {
        // A path that is not whole is meant from where the list lies.
        true => vec![beside.join(&source.path)],
        false => consent.source.clone(),
    };
    if consent.source.is_empty() && !lies_in(&paths[0], &beside) {
        return Err(elsewhere(verdict));
    }
    let mut request = OpenRequest {
        paths,
        password: password.map(str::to_owned),
        workspace: consent.workspace.clone(),
        run: manifest.as_of.as_deref().and_then(|run| run.parse().ok()),
        limits: consent.limits.clone(),
    };
    if request.workspace.is_none() {
        request.workspace = workspace_of(verdict, &request, &beside)?;
    }
    let whole = Session::open(&request, job);
    let files: Vec<PathBuf> = source.files.iter().map(|f| PathBuf::from(&f.path)).collect();
    let is_same = |session: &Session| {
        let found = &session.catalog().fingerprint.files;
        found.len() == files.len() && found.iter().all(|f| files.contains(&f.path))
    };
    let may_read = |file: &PathBuf| {
        let consented = |path: &PathBuf| lies_in(file, path);
        file.is_file() && (lies_in(file, &beside) || consent.source.iter().any(consented))
    };
    if source.kind != "files" || whole.as_ref().is_ok_and(is_same) || !files.iter().all(may_read) {
        return whole;
    }
    request.paths = files;
    Session::open(&request, job)
}

/// The folder of a list.
fn beside(list: &Path) -> PathBuf {
    let list = std::path::absolute(list).unwrap_or_else(|_| list.to_owned());
    list.parent().unwrap_or(Path::new("/")).to_owned()
}

/// Whether a path is in a folder, or is it, with all links followed. What is not there lies nowhere.
fn lies_in(path: &Path, folder: &Path) -> bool {
    path.exists() && links::leads_out(folder, path).is_none()
}

/// The workspace that the manifest names, as far as it may be read: beside the list, or where the
/// workspace of the source is anyway.
fn workspace_of(
    verdict: &Verdict,
    request: &OpenRequest,
    beside: &Path,
) -> Result<Option<PathBuf>, Failure> {
    let named = &verdict.manifest.source.workspace;
    if named.is_empty() {
        return Ok(None);
    }
    let folder = PathBuf::from(named);
    let usual = workspace::locate(request);
    if !folder.join(workspace::FILE).exists() || usual.parent() == Some(folder.as_path()) {
        return Ok(None);
    }
    if lies_in(&folder, beside) {
        return Ok(Some(folder));
    }
    Err(Failure::wrong_use(
        "the manifest names a workspace outside the list's folder, so it is not read unasked",
        named,
        format!("if it is the right one, repeat with --workspace {}", shell_word(named)),
    ))
}

fn elsewhere(verdict: &Verdict) -> Failure {
    let source = &verdict.manifest.source.path;
    if !beside(&verdict.list).join(source).exists() {
        return Failure::wrong_use(
            "the source that the manifest names does not exist",
            source,
            "name where it is now with --source PATH",
        );
    }
    Failure::wrong_use(
        "the manifest names a source outside the list's folder, so it is not opened unasked",
        source,
        format!(
            "if it is the right one, repeat with --source {}; name another place if it was moved",
            shell_word(source)
        ),
    )
}

/// A path as it can be pasted into a shell.
fn shell_word(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:@".contains(c);
    match path.chars().all(plain) {
        true => path.to_owned(),
        false => format!("'{}'", path.replace('\'', "'\\''")),
    }
}

fn request(verdict: &Verdict, catalog: &Catalog) -> Result<ExportRequest, Failure> {
    let manifest = &verdict.manifest;
    let place = || verdict.manifest_path.display().to_string();
    let hint = "the source or the workspace has changed since; compare the SQL in the manifest";
    let now = Moment::parse(&manifest.now, &TimeZone::UTC)
        .map_err(|error| Failure::new(error.to_string(), place(), "export again"))?;
    let cohort =
        |asked: &str| catalog.cohort(asked).map_err(|message| Failure::new(message, place(), hint));
    let tree = |cohort: &CohortRef, condition: &str| -> Result<Tree, Failure> {
        let entity = catalog.entity(&cohort.entity).ok_or_else(|| {
            Failure::new(format!("there is no entity {}", cohort.entity), place(), hint)
        })?;
        language::parse(condition, &Scope { catalog, entity })
            .map_err(|error| Failure::new(error.message, place(), hint))
    };
    let base = cohort(&format!("{}/{}", manifest.entity, manifest.cohort))?;
    let mut segments = Vec::with_capacity(manifest.segments.len());
    for segment in &manifest.segments {
        let cohort = cohort(&segment.cohort)?;
        let tree = tree(&cohort, &segment.condition)?;
        segments.push(Segment { name: segment.name.clone(), cohort, tree });
    }
    let format = manifest.format().ok_or_else(|| unknown_format(&manifest.options.format))?;
    let columns = manifest.export_columns().map_err(|how| {
        let what =
            format!("the manifest names a way to hash, {how}, which this Muster does not know");
        Failure::new(what, place(), "rebuild it with the version that the manifest names")
    })?;
    Ok(ExportRequest {
        slice: Slice { tree: tree(&base, &manifest.condition)?, cohort: base, now, segments },
        columns,
        path: verdict.list.clone(),
        format,
        neutralise_formulas: manifest.options.neutralise_formulas,
        byte_order_mark: manifest.options.byte_order_mark,
    })
}

fn unknown_format(format: &str) -> Failure {
    Failure::new(
        format!("the manifest names the format {format}, which this Muster does not write"),
        "",
        "rebuild it with the version that the manifest names",
    )
}

fn differences(
    verdict: &Verdict,
    written: &Written,
    versions: &Versions,
    rebuilt: &Path,
) -> Vec<String> {
    let manifest = &verdict.manifest;
    if written.checksum.sha256 == manifest.sha256 {
        let mut out = vec!["a rebuilt list matches the manifest: this list was changed".to_owned()];
        out.extend(differing_line(verdict, rebuilt));
        return out;
    }
    let mut out = vec!["the rebuilt list has other bytes".to_owned()];
    out.extend(changed_sources(&manifest.source.files, &written.files));
    if versions != &manifest.versions {
        let was = &manifest.versions;
        out.push(format!(
            "it was written by Muster {} with DuckDB {}, now by Muster {} with DuckDB {}",
            was.muster, was.duckdb, versions.muster, versions.duckdb
        ));
    }
    if written.sql != manifest.sql {
        out.push("the SQL is not the one in the manifest".to_owned());
    }
    if written.rows != manifest.rows {
        let (now, was) = (written.rows, manifest.rows);
        out.push(format!("the rebuilt list has {now} rows, but the manifest says {was}"));
    }
    out.extend(differing_line(verdict, rebuilt));
    out
}

fn differing_line(verdict: &Verdict, rebuilt: &Path) -> Option<String> {
    match verdict.manifest.format() {
        // A line that cannot be found says nothing beyond what is said.
        Some(format) if format.is_lines() => {
            first_differing_line(&verdict.list, rebuilt).ok().flatten()
        }
        _ => None,
    }
}
