//! What a screen may ask. The only way that charts, counts and tables get numbers.
//!
//! Every [`Question`] is asked of a [`Slice`] and answered by the [`super::answer::Answer`] variant
//! of the same name. How it is answered (SQL today) is not known here.

use super::catalog::CohortRef;
use super::clause::Tree;
use super::now::Moment;
use super::value::Value;

/// Who is asked about: a cohort, sliced, as of a stated now.
#[derive(Debug, Clone, PartialEq)]
pub struct Slice {
    /// The cohort.
    pub cohort: CohortRef,
    /// The clauses on top of it.
    pub tree: Tree,
    /// What "now" means in them.
    pub now: Moment,
    /// Saved segments, which clauses may refer to by name.
    pub segments: Vec<Segment>,
}

/// A slice with a name, so that other slices can refer to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    /// The name.
    pub name: String,
    /// The cohort that it slices.
    pub cohort: CohortRef,
    /// Its clauses.
    pub tree: Tree,
}

/// The order of the people table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// The feature by which rows are sorted; of equal ones the key decides. Missing comes last.
    pub by: String,
    /// The greatest first.
    pub descending: bool,
}

/// What is asked of a slice.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// How many there are, of how many in the cohort.
    Size,
    /// The statement that lists the members, one row each; nothing is run.
    Members,
    /// What each part of the root group keeps and drops, in order; what leaving one out would
    /// add; how many fail exactly one.
    Steps,
    /// A number's distribution.
    Histogram {
        /// The feature.
        column: String,
        /// At most so many bins.
        bins_max: u16,
    },
    /// A feature's most frequent values.
    Values {
        /// The feature, of any kind.
        column: String,
        /// At most so many; the rest is one figure.
        top: u16,
        /// Only values that contain this, without case. Empty is all.
        search: String,
    },
    /// A date's distribution, in days, weeks, months, quarters or years as fits.
    Timeline {
        /// The feature.
        column: String,
        /// At most so many periods.
        periods_max: u16,
    },
    /// Two numbers against each other, counted in cells.
    Grid {
        /// Across.
        x: String,
        /// Up.
        y: String,
        /// Cells per side at most.
        cells_max: u16,
    },
    /// A number's spread per value of another feature: five-number summaries.
    Boxes {
        /// The number.
        number: String,
        /// The feature whose most frequent values are the groups.
        by: String,
        /// At most so many groups.
        top: u16,
    },
    /// Rows of the people table.
    Page {
        /// Features to show.
        columns: Vec<String>,
        /// How they are sorted; `None`: by key.
        sort: Option<Sort>,
        /// Rows to skip.
        offset: u64,
        /// Rows to give.
        limit: u32,
    },
    /// One entity, whole.
    Profile {
        /// The value of its key.
        key: Value,
    },
}

impl Question {
    /// The column whose own clauses the chart does not obey.
    pub fn own_column(&self) -> Option<&str> {
        match self {
            Self::Histogram { column, .. }
            | Self::Values { column, .. }
            | Self::Timeline { column, .. } => Some(column),
            _ => None,
        }
    }
}
