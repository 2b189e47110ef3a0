//! Slices as people name them: a cohort, a typed condition, a saved segment and those that it
//! refers to.

use crate::disk::read;
use crate::engine::workspace::load_segment;
use crate::language::{self, ParseError, Scope};
use crate::model::catalog::{Catalog, CohortRef};
use crate::model::clause::{Test, Tree};
use crate::model::failure::Failure;
use crate::model::question::Segment;
use crate::model::workspace::{SavedSegment, Workspace};
use std::path::Path;

/// The cohort of this name.
///
/// # Errors
/// When there is none; the names that there are are told.
pub fn cohort(catalog: &Catalog, asked: &str, place: &str) -> Result<CohortRef, Failure> {
    catalog.cohort(asked).map_err(|message| {
        Failure::wrong_use(message, place, "name one of these; ENTITY/all is everyone")
    })
}

/// The tree of a typed condition; `place` says where it was written.
///
/// # Errors
/// When it cannot be read, with the place in it.
pub fn tree(
    condition: &str,
    cohort: &CohortRef,
    catalog: &Catalog,
    place: &str,
) -> Result<Tree, Failure> {
    let entity = catalog.entity(&cohort.entity).ok_or_else(|| {
        Failure::wrong_use(format!("there is no entity {}", cohort.entity), "", "")
    })?;
    language::parse(condition, &Scope { catalog, entity })
        .map_err(|error| explain(&error, condition, place))
}

/// Says where in a condition it went wrong, by quoting from there on.
fn explain(error: &ParseError, condition: &str, place: &str) -> Failure {
    let at = error.at.map(|at| {
        let rest: String = condition.chars().skip(at).take(20).collect();
        match rest.trim().is_empty() {
            true => ", at the end".to_owned(),
            false => format!(", character {}: `{}`", at + 1, rest.trim_end()),
        }
    });
    let place = format!("{place}{}", at.unwrap_or_default());
    Failure::wrong_use(error.message.clone(), place, error.hint.clone())
}

/// A segment of this name in the workspace, else in the file of this name.
///
/// # Errors
/// When there is neither.
pub fn segment(named: &Path, workspace: &Workspace) -> Result<SavedSegment, Failure> {
    let name = named.to_string_lossy();
    if let Some(found) = workspace.segments.iter().find(|s| s.name == name) {
        return Ok(found.clone());
    }
    if let Some(what) = read::instead_of_file(named) {
        let what = format!("this is {what}, not a file with a segment");
        let hint = "save it to a file, and name that";
        return Err(Failure::wrong_use(what, format!("--segment {name}"), hint));
    }
    if !named.is_file() {
        return Err(no_segment(&name, workspace));
    }
    load_segment(named)
}

fn no_segment(name: &str, workspace: &Workspace) -> Failure {
    let names: Vec<&str> = workspace.segments.iter().map(|s| s.name.as_str()).collect();
    let hint = match names.is_empty() {
        true => "the workspace has no segments".to_owned(),
        false => format!("the workspace has {}", names.join(", ")),
    };
    let what = format!("no segment or file is called \"{name}\"");
    Failure::wrong_use(what, "--segment", hint)
}

/// The saved segments that a tree refers to, and those that they refer to.
///
/// Others are left out, so that one that no longer fits the source stops nothing.
///
/// # Errors
/// When one of them does not fit the source.
pub fn referred(
    tree: &Tree,
    catalog: &Catalog,
    workspace: &Workspace,
) -> Result<Vec<Segment>, Failure> {
    let mut found: Vec<Segment> = Vec::new();
    let mut wanted = names_in(tree);
    while let Some(name) = wanted.pop() {
        if found.iter().any(|known| known.name == name) {
            continue;
        }
        // A name that is no segment is a cohort, or told as unknown when it is compiled.
        let Some(saved) = workspace.segments.iter().find(|s| s.name.eq_ignore_ascii_case(&name))
        else {
            continue;
        };
        let place = format!("segment {}", saved.name);
        let cohort = cohort(catalog, &saved.cohort, &place)?;
        let tree = self::tree(&saved.condition, &cohort, catalog, &place)?;
        wanted.extend(names_in(&tree));
        found.push(Segment { name, cohort, tree });
    }
    Ok(found)
}

fn names_in(tree: &Tree) -> Vec<String> {
    let mut names = Vec::new();
    tree.visit_clauses(&mut |clause| {
        if let Test::InCohort(name) = &clause.test {
            names.push(name.clone());
        }
    });
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_found_by_name_then_as_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("s.yaml");
        std::fs::write(&file, "# mine\ncohort: user/all\nwhere: \"x > 1\"\n").unwrap();
        let saved =
            SavedSegment { name: "A".into(), cohort: "user/all".into(), condition: "y".into() };
        let workspace = Workspace { segments: vec![saved], ..Workspace::default() };
        assert_eq!(segment(Path::new("A"), &workspace).unwrap().condition, "y");
        assert_eq!(segment(&file, &workspace).unwrap().condition, "x > 1");
        let failure = segment(Path::new("B"), &workspace).unwrap_err();
        assert_eq!(failure.hint, "the workspace has A");
        std::fs::write(&file, "cohort: user/all\nfilter: x\n").unwrap();
        assert!(segment(&file, &workspace).unwrap_err().what.contains("filter"));
    }

    #[test]
    fn a_mistake_is_quoted_from_where_it_is() {
        let error = ParseError { message: "m".into(), at: Some(4), hint: "h".into() };
        assert_eq!(explain(&error, "a = ü!", "--where").place, "--where, character 5: `ü!`");
        let error = ParseError { message: "m".into(), at: Some(6), hint: "h".into() };
        assert_eq!(explain(&error, "a = ü!", "--where").place, "--where, at the end");
    }
}
