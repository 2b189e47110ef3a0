//! Opens a source: the workspace first, whose corrections discovery then obeys.

mod beginnings;

use crate::define::Project;
use crate::disk::links::{self, Entry};
use crate::engine::remembered::Memory;
use crate::engine::store::Store;
use crate::engine::{Job, builder, project, workspace};
use crate::model::catalog::{Catalog, Fingerprint, SourceKind, TableOrigin};
use crate::model::failure::{Failure, FailureKind};
use crate::model::finding::{Finding, Severity};
use crate::model::workspace::Correction;
use crate::protocol::{OpenRequest, Opened, Progress};
use crate::sources::{self, Probe as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Takes what is found in the beginnings of large files, while the rest is being read.
pub(in crate::engine) type Early<'e> = &'e mut dyn FnMut(Store, Opened);

/// The source, and where more of it can be remembered.
pub(in crate::engine) fn open(
    request: &OpenRequest,
    early: Option<Early<'_>>,
    job: &mut Job<'_>,
) -> Result<(Store, Opened, Option<Memory>), Failure> {
    let workspace_file = workspace::locate(request);
    let kept = workspace::load(&workspace_file)?;
    let (store, catalog, memory) = match project_of(request) {
        Some(folder) => {
            let (store, catalog) = open_project(request, &folder, job)?;
            (store, catalog, None)
        }
        None => {
            let store = Store::open(&request.paths, request.password.as_deref(), &request.limits)?;
            // The file of the corrections is named with what they take away.
            let folder = workspace_file.parent().map(Path::to_owned);
            let request = OpenRequest { workspace: folder, ..request.clone() };
            let mut early = early.map(|early| {
                let (workspace, file) = (kept.clone(), workspace_file.clone());
                move |store, catalog: Catalog| {
                    early(
                        store,
                        Opened {
                            catalog: Arc::new(catalog),
                            workspace: workspace.clone(),
                            workspace_file: file.clone(),
                            is_beginning: true,
                        },
                    );
                }
            });
            let early = early.as_mut().map(|early| early as &mut dyn FnMut(Store, Catalog));
            let memory = Memory::of(&request, &kept.corrections);
            let remembered = (memory.as_ref(), kept.corrections.as_slice());
            let catalog = known_or_looked_at(&request, &store, remembered, early, job);
            (store, catalog.map_err(|failure| placed(failure, &request.paths))?, memory)
        }
    };
    let opened =
        Opened { catalog: Arc::new(catalog), workspace: kept, workspace_file, is_beginning: false };
    Ok((store, opened, memory))
}

/// What is remembered of a source that did not change, its files to be read when they are asked for;
/// otherwise what is found now.
fn known_or_looked_at(
    request: &OpenRequest,
    store: &Store,
    (memory, corrections): (Option<&Memory>, &[Correction]),
    early: Option<&mut dyn FnMut(Store, Catalog)>,
    job: &mut Job<'_>,
) -> Result<Catalog, Failure> {
    if let Some(known) = memory.and_then(Memory::recall) {
        for table in &known.tables {
            if let TableOrigin::Files { paths, reader } = &table.origin {
                store.name_files_later(&table.name, paths, reader);
            }
        }
        return Ok(known);
    }
    if let Some(early) = early
        && let Some((beginnings, catalog)) = beginnings::open(request, corrections, job)
    {
        early(beginnings, catalog);
    }
    let catalog = look(request, store, corrections, job)?;
    if let Some(memory) = memory.filter(|_| store.missed() == 0) {
        memory.keep(&catalog);
    }
    Ok(catalog)
}

/// A failure that names no place is about the one file that was opened.
fn placed(failure: Failure, paths: &[PathBuf]) -> Failure {
    match paths {
        [path] if failure.place.is_empty() && failure.kind != FailureKind::Cancelled => {
            Failure { place: path.display().to_string(), ..failure }
        }
        _ => failure,
    }
}

fn look(
    request: &OpenRequest,
    store: &Store,
    corrections: &[Correction],
    job: &mut Job<'_>,
) -> Result<Catalog, Failure> {
    store.obey(Arc::clone(&job.cancelled));
    store.attach()?;
    let Some(database) = store.database_name() else {
        return sources::open(request, store, corrections, job.report);
    };
    // Listing functions takes the database long, and nothing else waits for it.
    let beside = store.fork()?;
    beside.obey(Arc::clone(&job.cancelled));
    let list = move || {
        beside.attach()?;
        sources::shadowing(&beside, &database)
    };
    let (catalog, shadowing) = std::thread::scope(|scope| {
        let listing = std::thread::Builder::new().name("functions".to_owned());
        let listing = listing.spawn_scoped(scope, list).map_err(|error| {
            Failure::new(format!("no thread can be started: {error}"), "", "close other programs")
        })?;
        let catalog = sources::open(request, store, corrections, job.report)?;
        let shadowing = listing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok::<_, Failure>((catalog, shadowing))
    })?;
    store.detach()?;
    Ok(sources::with_shadows(catalog, &shadowing))
}

fn project_of(request: &OpenRequest) -> Option<PathBuf> {
    let [path] = request.paths.as_slice() else { return None };
    project::folder_of(path)
}

/// Opens a project: its definitions as they stand in its files now, over the tables of its last
/// build when there is one.
fn open_project(
    request: &OpenRequest,
    folder: &Path,
    job: &mut Job<'_>,
) -> Result<(Store, Catalog), Failure> {
    (job.report)(Progress { doing: "Reading the project".into(), part: None });
    let (project, mut findings) = project::read(folder)?;
    let (mut definitions, trouble) = builder::definitions(&project, folder);
    findings.extend(trouble);
    let file = builder::output_of(folder, &project);
    let leads_to = links::leads_out(folder, &file);
    if !file.is_file() || leads_to.is_some() {
        let stray = leads_to.and_then(|to| Entry::LeadsOut(to).finding(&file));
        findings.extend(stray);
        let store = Store::open(&[], None, &request.limits)?;
        return Ok((store, unbuilt(folder, &project, definitions, findings)));
    }
    let of_file = OpenRequest { paths: vec![file.clone()], ..request.clone() };
    let store = Store::open(&of_file.paths, request.password.as_deref(), &request.limits)?;
    let mut catalog = look(&of_file, &store, &[], job)?;
    // What was built is what the tables hold; what is shown of a definition is what it says now.
    if let Some(built) = catalog.definitions.take() {
        definitions.take_tables(&built);
        catalog.findings.extend(findings);
        catalog.definitions = Some(Arc::new(definitions));
    }
    Ok((store, catalog))
}

/// A project without tables: what is defined can be looked at, and nothing be counted.
fn unbuilt(
    folder: &Path,
    project: &Project,
    definitions: crate::model::definition::Definitions,
    mut findings: Vec<Finding>,
) -> Catalog {
    let message =
        format!("the project {} is not built yet, so nothing can be counted", project.name);
    let hint = format!("muster build {} --data FILE_OR_FOLDER", folder.display());
    findings.insert(0, Finding::new(Severity::Note, message).hint(hint));
    Catalog {
        path: folder.to_path_buf(),
        source: SourceKind::DuckDb,
        fingerprint: Fingerprint::default(),
        tables: Vec::new(),
        entities: Vec::new(),
        relations: Vec::new(),
        findings,
        definitions: Some(Arc::new(definitions)),
        runs: Vec::new(),
        run: None,
        shadows: None,
    }
}
