//! The reader of Profiles projects: version-controlled YAML → a project with every name resolved,
//! and everything that is wrong with it.
//!
//! ```text
//! files ─files/─▶ raw definitions ─names/─▶ each has a number ─resolve─▶ Project ─check/─▶ findings
//!                                                                 │           └─words/─▶ sentences
//!                                                  texts/: templates, and what they refer to
//! ```
//!
//! What holds here, and what is kept out:
//!
//! - No I/O. The files are handed in; [`wanted`] and [`is_project`] say which to hand in.
//! - Reading never fails and never ends at the first mistake: what is wrong is a finding, and the
//!   rest is read. What cannot be computed is marked with why.
//! - Time and memory are bounded for any input: sizes, depths, aliases, expansions, steps.
//!
//! Start at [`read`], then `names/naming.rs` and `resolve.rs`.

use std::path::{Path, PathBuf};

use crate::model::finding::Finding;
use crate::model::warehouse::Warehouse;

mod check;
mod excerpt;
mod files;
mod names;
mod outline;
mod place;
mod project;
mod report;
mod resolve;
mod texts;
pub mod words;

pub use check::graph::{Node, build_order, needs_of_all};
pub use excerpt::excerpt;
pub use outline::outline;
pub use project::*;

/// Reads the project in the folder `root` from its `files`, and gives all that is wrong with it.
///
/// Pure: nothing but `files` is looked at. Their paths start with `root`. A project whose file
/// stands in a folder below `root` is found too.
pub fn read(
    files: &[(PathBuf, Vec<u8>)],
    root: &Path,
    warehouse: Option<Warehouse>,
) -> (Project, Vec<Finding>) {
    let mut report = report::Report::default();
    let Some(collected) = files::collect::collect(files, root, &mut report) else {
        return (Project::default(), report.into_findings());
    };
    let files::collect::Collected { mut raws, packages, texts, folders } = collected;
    let lost: Vec<String> =
        packages.iter().filter(|p| !p.fetched).map(|p| p.name.clone()).collect();
    let named = names::naming::name_all(&mut raws, &lost, &mut report);
    let surroundings = resolve::Surroundings { packages, texts, folders, warehouse };
    let mut project = resolve::resolve(raws, named, surroundings, &mut report);
    check::graph::order(&mut project, &mut report);
    check::check(&project, &mut report);
    (project, report.into_findings())
}

/// Whether the contents of the file at `path` are to be handed to [`read`].
pub fn wanted(path: &Path) -> bool {
    files::collect::wanted(path)
}

/// Whether files with these names make a project.
pub fn is_project<'a>(names: impl Iterator<Item = &'a Path>) -> bool {
    files::collect::is_project(names)
}
