//! Where each source was left, so that opening it returns there.

use super::{State, Tab};
use crate::language::{self, Scope};
use crate::model::clause::Tree;
use std::path::{Path, PathBuf};

/// Where a source was left. Charts are kept in its workspace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Bookmark {
    /// The cohort, as `entity/cohort`.
    pub cohort: String,
    /// The typed condition; empty is everyone.
    pub condition: String,
    /// The segment's name, when it was a saved one.
    pub segment: Option<String>,
    /// The tab's word.
    pub tab: String,
}

/// The name under which the place of a path is kept.
pub(super) fn key(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

impl State {
    /// Notes where the present source is being left.
    pub fn remember_place(&mut self) {
        let canvas = &self.canvas;
        let (Some(key), Some(cohort)) = (&self.source.place_key, &canvas.cohort) else { return };
        let place = Bookmark {
            cohort: cohort.to_string(),
            condition: language::print(canvas.tree()),
            segment: canvas.segment.clone(),
            tab: canvas.tab.word().to_owned(),
        };
        self.settings.keep_place(key.clone(), place);
    }

    /// Goes back to where the source was left. False when there is no such place any more.
    pub(super) fn return_to_place(&mut self) -> bool {
        let key = self.source.place_key.as_ref();
        let Some(place) = key.and_then(|key| self.settings.places.get(key)).cloned() else {
            return false;
        };
        let Some(catalog) = self.source.catalog().cloned() else { return false };
        let Ok(cohort) = catalog.cohort(&place.cohort) else { return false };
        let Some(entity) = catalog.entity(&cohort.entity) else { return false };
        let scope = Scope { catalog: &catalog, entity };
        // A condition that no longer reads, as when a column is gone, leaves the cohort as it is.
        let tree = language::parse(&place.condition, &scope).unwrap_or_else(|_| Tree::everyone());
        let segment = place.segment.filter(|name| self.source.segment(name).is_some());
        self.put_on_canvas(cohort, tree, segment);
        self.canvas.tab = Tab::ALL.into_iter().find(|t| t.word() == place.tab).unwrap_or_default();
        true
    }
}
