//! A segment as a person keeps it.

use serde::{Deserialize, Serialize};

/// A slice with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedSegment {
    /// Its name.
    pub name: String,
    /// `ENTITY/COHORT`.
    pub cohort: String,
    /// The typed condition. Empty keeps everyone.
    #[serde(default, rename = "where")]
    pub condition: String,
}
