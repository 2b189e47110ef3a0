//! What a run knew about its definitions, kept beside its tables.

use super::BuildRequest;
use crate::define::Project;
use crate::plan::{Plan, Run};

/// Placeholder.
pub fn definitions() {}

pub(super) fn document(
    _project: &Project,
    _request: &BuildRequest,
    _plan: &Plan,
    _run: &Run,
) -> (String, Option<String>) {
    ("{}".to_owned(), None)
}
