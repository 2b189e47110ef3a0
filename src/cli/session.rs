//! Opening a source for a command, with a progress bar where someone watches.

use super::args::{KeyArgs, SourceArgs};
use super::print::Bar;
use super::print::KEY_VARIABLE;
use crate::disk::{limit, read, stop};
use crate::engine::{Job, Session};
use crate::model::failure::Failure;
use crate::protocol::{OpenRequest, Progress};
use std::path::Path;

/// Tells how far something long is, to who watches.
pub(super) struct Watch {
    bar: Bar,
}

impl Watch {
    /// A bar that shows itself with the first thing reported.
    pub(super) fn new() -> Self {
        Self { bar: Bar::new() }
    }

    /// Runs something long that reports how far it is.
    pub(super) fn over<T>(&self, work: impl FnOnce(&mut Job<'_>) -> T) -> T {
        let bar = self.bar.clone();
        let mut report = move |progress: Progress| bar.report(&progress);
        let mut job = Job { cancelled: stop::asked(), report: &mut report };
        work(&mut job)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.bar.clear();
    }
}

/// Opens the source.
pub(super) fn open(source: &SourceArgs, watch: &Watch) -> Result<Session, Failure> {
    open_run(source, None, watch)
}

/// Opens the source as of a run, when one is named.
pub(super) fn open_run(
    source: &SourceArgs,
    run: Option<u64>,
    watch: &Watch,
) -> Result<Session, Failure> {
    let request = OpenRequest { run, ..source.request()? };
    let session = watch.over(|job| Session::open(&request, job))?;
    let catalog = session.catalog();
    if catalog.definitions.is_some() && catalog.runs.is_empty() {
        let folder = catalog.path.display().to_string();
        return Err(Failure::wrong_use(
            "the Profiles project is not built yet, so there are no tables to count",
            folder.clone(),
            format!("muster build {folder} --data FILE_OR_FOLDER"),
        ));
    }
    Ok(session)
}

impl SourceArgs {
    /// What is to be opened.
    pub(super) fn request(&self) -> Result<OpenRequest, Failure> {
        Ok(OpenRequest {
            paths: self.paths.clone(),
            password: key(&self.key)?,
            workspace: self.workspace.clone(),
            run: None,
            limits: self.limits.impose()?,
        })
    }
}

/// The key from the file, else from the environment.
pub(super) fn key(args: &KeyArgs) -> Result<Option<String>, Failure> {
    match &args.key_file {
        Some(file) => key_in(file).map(Some),
        None => Ok(std::env::var(KEY_VARIABLE).ok().filter(|key| !key.is_empty())),
    }
}

fn key_in(file: &Path) -> Result<String, Failure> {
    let place = file.display().to_string();
    let text = read::text(file, limit::KEY).map_err(|error| {
        let what = format!("the key cannot be read: {error}");
        Failure::wrong_use(what, &place, "name a text file with the key on its first line")
    })?;
    match text.lines().next() {
        Some(key) if !key.is_empty() => Ok(key.to_owned()),
        _ => Err(Failure::wrong_use("the key file is empty", place, "put the key in it")),
    }
}
