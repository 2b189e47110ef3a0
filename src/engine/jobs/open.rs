//! Opens a source: the workspace first, whose corrections discovery then obeys.

use crate::engine::store::Store;
use crate::engine::{Job, project, workspace};
use crate::model::failure::Failure;
use crate::protocol::{OpenRequest, Opened};
use crate::sources;
use std::sync::Arc;

pub(in crate::engine) fn open(
    request: &OpenRequest,
    job: &mut Job<'_>,
) -> Result<(Store, Opened), Failure> {
    let workspace_file = workspace::locate(request);
    let kept = workspace::load(&workspace_file)?;
    let store = Store::open(&request.paths, request.password.as_deref())?;
    store.obey(Arc::clone(&job.cancelled));
    store.attach()?;
    let catalog = sources::open(request, &store, &kept.corrections, job.report)
        .map_err(|failure| unbuilt_project(request).unwrap_or(failure))?;
    store.detach()?;
    let opened = Opened { catalog: Arc::new(catalog), workspace: kept, workspace_file };
    Ok((store, opened))
}

/// Why a folder without data cannot be opened, when it is a project.
fn unbuilt_project(request: &OpenRequest) -> Option<Failure> {
    let [path] = request.paths.as_slice() else { return None };
    project::folder_of(path).map(|folder| {
        Failure::wrong_use(
            "a Profiles project holds definitions, and no tables that could be counted",
            folder.display().to_string(),
            "see it with muster show or muster check, or open the tables that were built from it",
        )
    })
}
