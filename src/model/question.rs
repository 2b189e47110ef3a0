//! What a screen may ask, and what comes back: the only way that charts, counts and tables get
//! numbers.
//!
//! Every [`Question`] is asked of a [`Slice`] and answered by the [`Answer`] variant of the same
//! name. How it is answered (SQL today) is not known here.

use super::catalog::{CohortRef, Column, Entity};
use super::clause::{Tree, Unit};
use super::now::Moment;
use super::value::{Kind, Value};
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;
use std::time::Duration;

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
        /// At most this many bins.
        bins_max: u16,
    },
    /// A feature's most frequent values.
    Values {
        /// The feature, of any kind.
        column: String,
        /// At most this many; the rest is one figure.
        top: u16,
        /// Only values that contain this, without case. Empty is all.
        search: String,
    },
    /// A date's distribution, in days, weeks, months, quarters or years as fits.
    Timeline {
        /// The feature.
        column: String,
        /// At most this many periods.
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
        /// At most this many groups.
        top: u16,
    },
    /// The share of each value of a feature over time.
    Shares {
        /// The date or moment.
        moment: String,
        /// The feature whose most frequent values share each period.
        by: String,
        /// At most this many periods.
        periods_max: u16,
        /// At most this many values; the rest is one.
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
    /// The question that the chart of a feature asks; `None` when it cannot be drawn.
    pub fn of_feature(feature: &Column) -> Option<Self> {
        let column = feature.name.clone();
        match feature.kind {
            Kind::Integer | Kind::Number => Some(Self::Histogram { column, bins_max: 40 }),
            Kind::Date | Kind::Timestamp | Kind::Instant => {
                Some(Self::Timeline { column, periods_max: 60 })
            }
            Kind::Nested | Kind::Binary => None,
            _ => Some(Self::Values { column, top: 12, search: String::new() }),
        }
    }

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

/// What a chart shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChartKind {
    /// One feature: a histogram, bars or a time line by its kind.
    Feature(String),
    /// Two numbers against each other.
    Grid {
        /// Across.
        x: String,
        /// Up.
        y: String,
    },
    /// A number's spread per value of another feature.
    Boxes {
        /// The number.
        number: String,
        /// The groups.
        by: String,
    },
    /// The share of each value of a feature over time.
    Shares {
        /// The date or moment.
        moment: String,
        /// The values.
        by: String,
    },
}

impl ChartKind {
    /// The features that it shows.
    pub fn columns(&self) -> [&str; 2] {
        match self {
            Self::Feature(column) => [column, column],
            Self::Grid { x, y } => [x, y],
            Self::Boxes { number, by } => [number, by],
            Self::Shares { moment, by } => [moment, by],
        }
    }

    /// What it is called.
    pub fn title(&self) -> String {
        match self {
            Self::Feature(column) => column.clone(),
            Self::Grid { x, y } => format!("{y} by {x}"),
            Self::Boxes { number, by } => format!("{number} per {by}"),
            Self::Shares { moment, by } => format!("Share of {by} by {moment}"),
        }
    }

    /// What it asks, and of which clauses: a chart does not obey the ranges that it sets itself.
    /// `None` when its features are gone or cannot be drawn.
    pub fn question(&self, entity: &Entity, tree: &Tree) -> Option<(Question, Tree)> {
        let name = |column: &str| Some(entity.feature(column)?.name.clone());
        Some(match self {
            // A question about one feature leaves out its clauses by itself.
            Self::Feature(column) => (Question::of_feature(entity.feature(column)?)?, tree.clone()),
            Self::Grid { x, y } => {
                let question = Question::Grid { x: name(x)?, y: name(y)?, cells_max: 48 };
                (question, tree.without_own(x).without_own(y))
            }
            Self::Boxes { number, by } => {
                let question = Question::Boxes { number: name(number)?, by: name(by)?, top: 7 };
                (question, tree.clone())
            }
            Self::Shares { moment, by } => {
                let (moment, by) = (name(moment)?, name(by)?);
                let tree = tree.without_own(&moment).without_own(&by);
                (Question::Shares { moment, by, periods_max: 40, top: 6 }, tree)
            }
        })
    }
}

/// An answer with its provenance.
#[derive(Debug, Clone, PartialEq)]
pub struct Answered {
    /// The numbers.
    pub answer: Answer,
    /// The statement that gives them, which plain DuckDB runs as it is.
    pub sql: String,
    /// How long it took.
    pub took: Duration,
    /// Whether it came from codes held in memory; of a page, which rows stand on it.
    pub from_codes: bool,
}

/// The numbers, by kind of question.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// To [`Question::Size`].
    Size(Size),
    /// To [`Question::Members`]: the statement is [`Answered::sql`].
    Members,
    /// To [`Question::Steps`].
    Steps(Steps),
    /// To [`Question::Histogram`].
    Histogram(Histogram),
    /// To [`Question::Values`].
    Values(Values),
    /// To [`Question::Timeline`].
    Timeline(Timeline),
    /// To [`Question::Grid`].
    Grid(Grid),
    /// To [`Question::Boxes`].
    Boxes(Vec<BoxSummary>),
    /// To [`Question::Shares`].
    Shares(Shares),
    /// To [`Question::Page`].
    Page(Page),
    /// To [`Question::Profile`].
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
    pub unit: Unit,
    /// The first day of each period (`YYYY-MM-DD`, or with a time for hours) with its counts.
    pub periods: Vec<(String, Counts)>,
    /// Without a value, or infinite.
    pub missing: Counts,
}

/// Shares of values over time, in the slice.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// The length of a period.
    pub unit: Unit,
    /// The values, the most frequent of the cohort first; `None` is all others together, and last.
    pub values: Vec<Option<Value>>,
    /// The first moment of each period, and how many there are of each value.
    pub periods: Vec<(String, Vec<u64>)>,
    /// Without a moment.
    pub missing: u64,
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

impl Page {
    /// A page beyond the last row.
    pub fn empty(key: &str, columns: &[&Column], offset: u64) -> Self {
        let names = columns.iter().map(|column| column.name.clone());
        let columns = std::iter::once(key.to_owned()).chain(names).collect();
        Self { offset, columns, rows: Vec::new() }
    }
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
