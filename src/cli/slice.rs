//! The slice that the arguments describe: cohort, condition or segment, and the stated now.

use super::args::{NowArgs, SliceArgs};
use crate::engine::slices::{cohort, referred, segment, tree};
use crate::model::catalog::{Catalog, CohortRef};
use crate::model::failure::Failure;
use crate::model::now::Moment;
use crate::model::question::Slice;
use crate::model::workspace::Workspace;
use jiff::Timestamp;
use jiff::tz::TimeZone;

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
}
