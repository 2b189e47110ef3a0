//! Opens a source: the workspace first, whose corrections discovery then obeys.

use crate::engine::store::Store;
use crate::engine::{Job, workspace};
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
    let catalog = sources::open(request, &store, &kept.corrections, job.report)?;
    store.detach()?;
    let opened = Opened { catalog: Arc::new(catalog), workspace: kept, workspace_file };
    Ok((store, opened))
}
