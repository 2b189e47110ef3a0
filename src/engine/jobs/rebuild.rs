//! Makes a list again from its manifest and compares the two.

use super::export::{PartFile, Written, versions, write_list};
use crate::deliver::manifest::{Manifest, Versions};
use crate::deliver::verify::{Verdict, changed_sources, first_differing_line};
use crate::engine::{Job, Session};
use crate::language::{self, Scope};
use crate::model::catalog::{Catalog, CohortRef};
use crate::model::clause::Tree;
use crate::model::export::{ExportFormat, ExportRequest};
use crate::model::failure::Failure;
use crate::model::now::Moment;
use crate::model::question::Slice;
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

/// Makes the list of a verdict again, beside it and only for as long as it takes to compare.
///
/// # Errors
/// When the source cannot be opened, the condition no longer fits it, or writing fails.
pub fn rebuild(
    verdict: &Verdict,
    password: Option<&str>,
    job: &mut Job<'_>,
) -> Result<Rebuilt, Failure> {
    let manifest = &verdict.manifest;
    let session = open(manifest, password, job)?;
    let request = request(verdict, session.catalog())?;
    let part = PartFile::of(&rebuilt_path(&verdict.list))?;
    let written = write_list(&session, &request, &part.path, job)?;
    let identical = written.checksum.sha256 == verdict.sha256;
    let differences = match identical {
        true => Vec::new(),
        false => differences(verdict, &written, &versions(session.store())?, &part.path),
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

/// Opens what the manifest names. Several files that were opened one by one are opened so again.
fn open(
    manifest: &Manifest,
    password: Option<&str>,
    job: &mut Job<'_>,
) -> Result<Session, Failure> {
    let source = &manifest.source;
    let workspace = (!source.workspace.is_empty()).then(|| PathBuf::from(&source.workspace));
    let mut request = OpenRequest {
        paths: vec![PathBuf::from(&source.path)],
        password: password.map(str::to_owned),
        workspace,
        run: manifest.as_of.as_deref().and_then(|run| run.parse().ok()),
        ..OpenRequest::default()
    };
    let whole = Session::open(&request, job);
    let files: Vec<PathBuf> = source.files.iter().map(|f| PathBuf::from(&f.path)).collect();
    let is_same = |session: &Session| {
        let found = &session.catalog().fingerprint.files;
        found.len() == files.len() && found.iter().all(|f| files.contains(&f.path))
    };
    if source.kind != "files"
        || whole.as_ref().is_ok_and(is_same)
        || !files.iter().all(|f| f.is_file())
    {
        return whole;
    }
    request.paths = files;
    Session::open(&request, job)
}

fn request(verdict: &Verdict, catalog: &Catalog) -> Result<ExportRequest, Failure> {
    let manifest = &verdict.manifest;
    let place = || verdict.manifest_path.display().to_string();
    let hint = "the source or the workspace was changed since; compare the SQL in the manifest";
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
        let of = cohort(&segment.cohort)?;
        let condition = tree(&of, &segment.condition)?;
        segments.push((segment.name.clone(), of, condition));
    }
    let format = manifest.format().ok_or_else(|| unknown_format(&manifest.options.format))?;
    Ok(ExportRequest {
        slice: Slice { tree: tree(&base, &manifest.condition)?, cohort: base, now, segments },
        columns: manifest.export_columns(),
        path: verdict.list.clone(),
        format,
        neutralise_formulas: manifest.options.neutralise_formulas,
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
        let mut out =
            vec!["made again it is as the manifest says: the list was changed".to_owned()];
        out.extend(differing_line(verdict, rebuilt));
        return out;
    }
    let mut out = vec!["the list made again has other bytes".to_owned()];
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
        out.push(format!("the list made again has {now} rows, the manifest says {was}"));
    }
    out.extend(differing_line(verdict, rebuilt));
    out
}

fn differing_line(verdict: &Verdict, rebuilt: &Path) -> Option<String> {
    match verdict.manifest.format() {
        // A line that cannot be found says nothing beyond what is said.
        Some(ExportFormat::Csv) => first_differing_line(&verdict.list, rebuilt).ok().flatten(),
        _ => None,
    }
}
