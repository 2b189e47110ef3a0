//! The reader of Profiles projects: version-controlled YAML → a project with every name resolved,
//! and everything that is wrong with it.
//!
//! ```text
//! files ─collect─▶ which belong ─yaml─▶ located trees ─layout─▶ raw (one shape for all layouts)
//!       ─naming─▶ every definition has a number ─resolve─▶ Project ─graph, check─▶ findings
//!                                                  │
//!                              template, surface, macros, bare: texts and what they refer to
//! ```
//!
//! What holds here, and what is kept out:
//!
//! - No I/O. The files are handed in; [`wanted`] and [`is_project`] say which to hand in.
//! - Reading never fails and never ends at the first mistake: what is wrong is a finding, and the
//!   rest is read. What cannot be computed is marked with why.
//! - Time and memory are bounded for any input: sizes, depths, aliases, expansions, steps.
//!
//! Start at [`read`], then `naming.rs` and `resolve.rs`.

use std::path::{Path, PathBuf};

use crate::model::finding::Finding;
use crate::model::warehouse::Warehouse;

mod check;
mod collect;
mod condition;
mod contradictions;
mod excerpt;
mod fields;
mod graph;
mod layout;
mod layout_models;
mod macros;
mod named;
mod names;
mod naming;
mod outline;
mod place;
mod project;
mod raw;
mod report;
mod resolve;
mod surface;
mod template;
mod unbraced;
pub mod words;
mod yaml;

pub use excerpt::excerpt;
pub use graph::{Node, build_order, needs_of_all};
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
    let Some(collected) = collect::collect(files, root, &mut report) else {
        return (Project::default(), report.into_findings());
    };
    let collect::Collected { mut raws, packages, texts, folders } = collected;
    let lost: Vec<String> =
        packages.iter().filter(|p| !p.fetched).map(|p| p.name.clone()).collect();
    let named = naming::name_all(&mut raws, &lost, &mut report);
    let surroundings = resolve::Surroundings { packages, texts, folders, warehouse };
    let mut project = resolve::resolve(raws, named, surroundings, &mut report);
    graph::order(&mut project, &mut report);
    check::check(&project, &mut report);
    (project, report.into_findings())
}

/// Whether the contents of the file at `path` are to be handed to [`read`].
pub fn wanted(path: &Path) -> bool {
    collect::wanted(path)
}

/// Whether files with these names make a project.
pub fn is_project<'a>(names: impl Iterator<Item = &'a Path>) -> bool {
    collect::is_project(names)
}
