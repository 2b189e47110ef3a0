//! The features panel: search, and the small distribution beside each feature on screen.

use super::{FeatureAction, State};
use crate::model::catalog::Column;
use crate::model::clause::Tree;
use crate::model::question::Question;
use crate::model::value::Kind;
use crate::protocol::Slot;

/// Distributions asked for at once.
const SEEN_MAX: usize = 40;

/// What is shown of the features.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Features {
    /// Whether the panel is there.
    pub open: bool,
    /// The search.
    pub search: String,
    /// The features on screen.
    pub seen: Vec<String>,
}

impl Default for Features {
    fn default() -> Self {
        Self { open: true, search: String::new(), seen: Vec::new() }
    }
}

impl Features {
    pub(super) fn on_action(&mut self, action: FeatureAction) {
        match action {
            FeatureAction::Search(text) => self.search = text,
            FeatureAction::See(names) => {
                self.seen = names;
                self.seen.truncate(SEEN_MAX);
            }
            FeatureAction::Toggle => self.open = !self.open,
        }
    }

    pub(super) fn forget(&mut self) {
        self.seen.clear();
        self.search.clear();
    }
}

impl State {
    /// The features that the search finds, but for structs whose fields are features.
    pub fn found_features(&self) -> Vec<&Column> {
        let Some(entity) = self.entity() else { return Vec::new() };
        let shown = entity.features.iter().filter(|f| !entity.is_taken_apart(f));
        let shown: Vec<&Column> = shown.collect();
        let named =
            shown.iter().map(|f| (f.name.as_str(), f.description.as_deref().unwrap_or_default()));
        let found = super::search::ranked(&self.features.search, named);
        found.into_iter().map(|i| shown[i]).collect()
    }

    /// The shapes in the panel are those of the whole cohort, so that slicing asks nothing anew.
    pub(super) fn features_wanted(&self) -> Vec<(Slot, Tree, Question)> {
        let Some(entity) = self.entity().filter(|_| self.features.open) else {
            return Vec::new();
        };
        let seen = self.features.seen.iter().filter_map(|name| entity.feature(name));
        seen.filter(|f| f.name != entity.key)
            .filter_map(|f| {
                Some((Slot::Feature(f.name.clone()), Tree::everyone(), small_question(f)?))
            })
            .collect()
    }
}

fn small_question(feature: &Column) -> Option<Question> {
    let column = feature.name.clone();
    match feature.kind {
        Kind::Integer | Kind::Number => Some(Question::Histogram { column, bins_max: 16 }),
        Kind::Date | Kind::Timestamp | Kind::Instant => {
            Some(Question::Timeline { column, periods_max: 16 })
        }
        Kind::Nested | Kind::Binary => None,
        _ => Some(Question::Values { column, top: 6, search: String::new() }),
    }
}
