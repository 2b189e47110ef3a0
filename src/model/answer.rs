//! What comes back for a [`super::question::Question`]: plain numbers, ready to draw.

use super::value::Value;
use std::ops::AddAssign;
use std::time::Duration;

/// An answer with its provenance.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The numbers.
    pub answer: Answer,
    /// The statement that gives them, which plain DuckDB runs as it is.
    pub sql: String,
    /// How long it took.
    pub took: Duration,
}

/// The numbers, by kind of question.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// To [`super::question::Question::Size`].
    Size(Size),
    /// To [`super::question::Question::Members`]: the statement is [`Answered::sql`].
    Members,
    /// To [`super::question::Question::Steps`].
    Steps(Steps),
    /// To [`super::question::Question::Histogram`].
    Histogram(Histogram),
    /// To [`super::question::Question::Values`].
    Values(Values),
    /// To [`super::question::Question::Timeline`].
    Timeline(Timeline),
    /// To [`super::question::Question::Grid`].
    Grid(Grid),
    /// To [`super::question::Question::Boxes`].
    Boxes(Vec<BoxSummary>),
    /// To [`super::question::Question::Page`].
    Page(Page),
    /// To [`super::question::Question::Profile`].
    Profile(Profile),
}

/// How many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// In the slice.
    pub kept: u64,
    /// In the cohort.
    pub of: u64,
}

/// The waterfall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Steps {
    /// In the cohort, before any clause.
    pub of: u64,
    /// One per switched-on part of the root group. A root that is not a group of all is one step.
    pub steps: Vec<Step>,
    /// How many fail exactly one step.
    pub near_misses: u64,
}

/// One line of the waterfall. `kept + dropped` is what the step before kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The index of the part in the root group.
    pub part: usize,
    /// Left after it.
    pub kept: u64,
    /// Dropped by it.
    pub dropped: u64,
    /// How many fail this step alone: what the slice would gain without it.
    pub gained_without: u64,
    /// How many of the cohort meet this step taken alone.
    pub meets_alone: u64,
}

/// A number's distribution. Bins have equal width, and the last one includes its upper edge.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// The lower edge of the first bin.
    pub start: f64,
    /// The width of a bin.
    pub width: f64,
    /// Per bin: in the whole cohort, and in the slice without the chart's own clauses.
    pub bins: Vec<Counts>,
    /// Without a value.
    pub missing: Counts,
    /// NaN or infinite.
    pub not_finite: Counts,
}

/// A count for everyone of the cohort and for the slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// In the cohort: the ghost behind.
    pub all: u64,
    /// In the slice without the chart's own clauses.
    pub kept: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.all += more.all;
        self.kept += more.kept;
    }
}

/// A feature's most frequent values.
#[derive(Debug, Clone, PartialEq)]
pub struct Values {
    /// Most frequent in the slice first, ties in value order. Missing is not among them.
    pub top: Vec<(Value, Counts)>,
    /// All other values together.
    pub others: Counts,
    /// How many different values there are in the cohort, those shown included.
    pub distinct: u64,
    /// Without a value.
    pub missing: Counts,
}

/// A date's distribution, in equal calendar periods without gaps.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// The length of a period.
    pub unit: super::clause::Unit,
    /// The first day of each period (`YYYY-MM-DD`, or with a time for hours) with its counts.
    pub periods: Vec<(String, Counts)>,
    /// Without a value, or infinite.
    pub missing: Counts,
}

/// Two numbers against each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// The lower edge and cell width across.
    pub x: (f64, f64),
    /// The lower edge and cell width up.
    pub y: (f64, f64),
    /// Cells that hold anyone: column, row, how many in the slice.
    pub cells: Vec<(u16, u16, u64)>,
    /// Points one by one, when there are few enough to draw; otherwise empty.
    pub points: Vec<(f64, f64)>,
    /// In the slice, but without one of the two values.
    pub missing: u64,
}

/// The spread of a number within one group.
#[derive(Debug, Clone, PartialEq)]
pub struct BoxSummary {
    /// The group's value.
    pub group: Value,
    /// How many have a number.
    pub count: u64,
    /// Least, lower quartile, median, upper quartile, greatest.
    pub five: [f64; 5],
}

/// Rows of the people table.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The number of the first row, from 0.
    pub offset: u64,
    /// The columns, the key first.
    pub columns: Vec<String>,
    /// The rows: one value per column.
    pub rows: Vec<Vec<Value>>,
}

/// One entity, whole.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// The value of its key.
    pub key: Value,
    /// Every feature with its value.
    pub features: Vec<(String, Value)>,
    /// Related rows, per table, the newest first.
    pub related: Vec<RelatedRows>,
    /// Whether it meets each part of the tree: the path of the part, and true, false, or unknown
    /// because a value is missing.
    pub why: Vec<(Vec<usize>, Option<bool>)>,
    /// Whether it is in the cohort.
    pub in_cohort: bool,
    /// Whether it is in the slice.
    pub in_slice: bool,
}

/// The rows of one table that belong to an entity.
#[derive(Debug, Clone, PartialEq)]
pub struct RelatedRows {
    /// The table's handle.
    pub table: String,
    /// Its time column, if it has one.
    pub time_column: Option<String>,
    /// How many rows belong to the entity.
    pub total: u64,
    /// Column names.
    pub columns: Vec<String>,
    /// The newest rows, at most 200.
    pub rows: Vec<Vec<Value>>,
}
