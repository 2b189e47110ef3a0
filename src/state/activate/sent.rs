//! Where cohorts and segments are sent, and what was sent there last.

use crate::model::activation::{SavedActivation, SyncRun};
use crate::model::catalog::CohortRef;
use crate::state::State;

/// One place that a cohort or segment goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent<'a> {
    /// The activation.
    pub activation: &'a SavedActivation,
    /// Its last sync.
    pub last: Option<&'a SyncRun>,
    /// How many members the destination has; nothing when no sync told.
    pub held: Option<u64>,
    /// The condition by which a segment of the cohort is sent, when it is not all of it.
    pub slice: Option<&'a str>,
}

impl State {
    /// What was sent of an activation.
    pub fn sent<'a>(&'a self, activation: &'a SavedActivation) -> Sent<'a> {
        let history = &self.activate.history;
        let of = |name: &str| name == activation.name;
        let segment = activation.segment.as_ref();
        let segments = &self.source.workspace.segments;
        Sent {
            activation,
            last: history.runs.iter().find(|run| of(&run.activation)),
            held: history.held.iter().find(|held| of(&held.0)).map(|held| held.1),
            slice: segment
                .and_then(|name| segments.iter().find(|kept| kept.name == *name))
                .map(|kept| kept.condition.as_str()),
        }
    }

    /// Where a segment goes.
    pub fn sent_of_segment<'a>(&'a self, name: &str) -> Vec<Sent<'a>> {
        let all = self.source.workspace.activations.iter();
        let of_it = all.filter(|a| a.segment.as_deref() == Some(name));
        of_it.map(|activation| self.sent(activation)).collect()
    }

    /// Where a cohort goes, whole or as a segment of it.
    pub fn sent_of_cohort<'a>(&'a self, cohort: &CohortRef) -> Vec<Sent<'a>> {
        let all = self.source.workspace.activations.iter();
        let of_it = all.filter(|a| self.cohort_of(a).as_ref() == Some(cohort));
        of_it.map(|activation| self.sent(activation)).collect()
    }

    /// The cohort that an activation sends, whole or a segment of it.
    pub(super) fn cohort_of(&self, activation: &SavedActivation) -> Option<CohortRef> {
        match (&activation.segment, &activation.cohort) {
            (Some(segment), _) => Some(self.source.segment(segment)?.cohort.clone()),
            (None, Some(cohort)) => self.source.catalog()?.cohort(cohort).ok(),
            (None, None) => None,
        }
    }
}
