//! The slice that the arguments describe: cohort, condition or segment, and the stated now.

use super::args::{NowArgs, SliceArgs};
use crate::disk::read;
use crate::engine::workspace::load_segment;
use crate::language::{self, ParseError, Scope};
use crate::model::catalog::{Catalog, CohortRef};
use crate::model::clause::{Test, Tree};
use crate::model::failure::Failure;
use crate::model::now::Moment;
use crate::model::question::{Segment, Slice};
use crate::model::workspace::{SavedSegment, Workspace};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::path::Path;

/// The moment that "now" stands for. The clock is read here, once.
pub(super) fn moment(args: &NowArgs) -> Result<Moment, Failure> {
    let wrong = |error: crate::model::now::BadMoment, option: &str| {
        Failure::wrong_use(error.to_string(), option, "")
    };
    let zone = match &args.zone {
        Some(name) => Moment::zone(name).map_err(|e| wrong(e, "--zone"))?,
        // A zone without a name counts as UTC, because it could not be stated again.
        None => Some(TimeZone::system()).filter(is_named).unwrap_or(TimeZone::UTC),
    };
    match &args.now {
        Some(text) => Moment::parse(text, &zone).map_err(|e| wrong(e, "--now")),
        // Whole seconds read better and can be typed again.
        None => {
            let now = Timestamp::now();
            let second = Timestamp::from_second(now.as_second()).unwrap_or(now);
            Ok(Moment::new(second, zone))
        }
    }
}

fn is_named(zone: &TimeZone) -> bool {
    zone.iana_name().is_some()
}

/// The slice that is asked about.
pub(super) fn slice(
    args: &SliceArgs,
    catalog: &Catalog,
    workspace: &Workspace,
) -> Result<Slice, Failure> {
    let now = moment(&args.now)?;
    let (cohort, condition, place) = match &args.segment {
        None => {
            let asked = args.cohort.as_deref().unwrap_or_default();
            let condition = args.condition.clone().unwrap_or_default();
            (cohort(catalog, asked, "--cohort")?, condition, "--where".to_owned())
        }
        Some(named) => {
            let segment = segment(named, workspace)?;
            let place = format!("segment {}", segment.name);
            let of = cohort(catalog, &segment.cohort, &place)?;
            if let Some(asked) = &args.cohort {
                agree(&of, &cohort(catalog, asked, "--cohort")?)?;
            }
            (of, segment.condition, place)
        }
    };
    let tree = tree(&condition, &cohort, catalog, &place)?;
    let segments = referred(&tree, catalog, workspace)?;
    Ok(Slice { cohort, tree, now, segments })
}

/// A cohort, sliced by a condition that was given with `--where`.
pub(super) fn conditioned(
    cohort: CohortRef,
    condition: &str,
    now: Moment,
    (catalog, workspace): (&Catalog, &Workspace),
) -> Result<Slice, Failure> {
    let tree = tree(condition, &cohort, catalog, "--where")?;
    let segments = referred(&tree, catalog, workspace)?;
    Ok(Slice { cohort, tree, now, segments })
}

fn agree(of_segment: &CohortRef, asked: &CohortRef) -> Result<(), Failure> {
    if of_segment == asked {
        return Ok(());
    }
    Err(Failure::wrong_use(
        format!("the segment is of {of_segment}, not of {asked}"),
        "--cohort",
        "leave --cohort out: a segment names its own",
    ))
}

/// The cohort of this name.
pub(super) fn cohort(catalog: &Catalog, asked: &str, place: &str) -> Result<CohortRef, Failure> {
    catalog.cohort(asked).map_err(|message| {
        Failure::wrong_use(message, place, "name one of these; ENTITY/all is everyone")
    })
}

fn tree(
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
fn segment(named: &Path, workspace: &Workspace) -> Result<SavedSegment, Failure> {
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
fn referred(
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
    use crate::model::failure::FailureKind;

    #[test]
    fn now_is_local_to_the_zone_that_is_named() {
        let moment = moment(&NowArgs::of(Some("2026-03-30"), Some("Europe/Berlin"))).unwrap();
        assert_eq!(moment.written(), "2026-03-30T00:00:00+02:00[Europe/Berlin]");
        let failure = super::moment(&NowArgs::of(None, Some("Mars/Base"))).unwrap_err();
        assert!(failure.kind == FailureKind::WrongUse && failure.place == "--zone", "{failure}");
        let failure = super::moment(&NowArgs::of(Some("soon"), None)).unwrap_err();
        assert!(failure.kind == FailureKind::WrongUse && failure.place == "--now", "{failure}");
    }

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
