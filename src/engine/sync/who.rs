//! Who is in an activation: its cohort, or its segment.

use crate::engine::slices;
use crate::model::activation::SavedActivation;
use crate::model::catalog::{Catalog, Column, Entity};
use crate::model::failure::Failure;
use crate::model::now::Moment;
use crate::model::question::Slice;
use crate::model::workspace::{SavedSegment, Workspace};

/// The slice that an activation sends.
///
/// # Errors
/// When its cohort or segment is not there, or no longer fits the source.
pub fn slice_of(
    activation: &SavedActivation,
    now: &Moment,
    (catalog, segments): (&Catalog, &[SavedSegment]),
) -> Result<Slice, Failure> {
    let workspace = &Workspace { segments: segments.to_vec(), ..Workspace::default() };
    let place = format!("activation {}", activation.name);
    let (cohort, condition, place) = match (&activation.segment, &activation.cohort) {
        (Some(name), _) => {
            let named = std::path::Path::new(name);
            let segment = slices::segment(named, workspace)
                .map_err(|failure| Failure { place: place.clone(), ..failure })?;
            let place = format!("segment {}", segment.name);
            (slices::cohort(catalog, &segment.cohort, &place)?, segment.condition, place)
        }
        (None, Some(cohort)) => (slices::cohort(catalog, cohort, &place)?, String::new(), place),
        (None, None) => {
            let what = "it names neither a segment nor a cohort";
            return Err(Failure::wrong_use(what, place, "add `segment: NAME` or `cohort: NAME`"));
        }
    };
    let tree = slices::tree(&condition, &cohort, catalog, &place)?;
    let segments = slices::referred(&tree, catalog, workspace)?;
    Ok(Slice { cohort, tree, now: now.clone(), segments })
}

/// The feature that tells members apart.
///
/// # Errors
/// When there is no such feature.
pub(super) fn key_of<'a>(
    activation: &SavedActivation,
    entity: &'a Entity,
) -> Result<&'a Column, Failure> {
    let name = activation.key.as_deref().unwrap_or(&entity.key);
    entity.known_feature(name, &format!("the key of activation {}", activation.name))
}
