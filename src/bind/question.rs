//! A question of a slice → what is asked of which features, with bins and periods.

use super::binder::{self, Binder, table};
use super::bins::{Bins, Periods, nice_bins, periods};
use super::bound::feature;
use super::bound::{BoundSlice, Condition};
use super::error::{BindError, Reason};
use crate::model::catalog::{Catalog, Column, Table};
use crate::model::clause::{Combine, Group, Node, Part, Unit};
use crate::model::question::{Question, Slice, Sort};
use crate::model::value::{Kind, Value};
use crate::model::ways::{Hop, straight};
use jiff::civil::DateTime;

/// A question with everything that it needs.
#[derive(Debug, Clone)]
pub enum BoundQuestion<'a> {
    /// How many there are, of how many in the cohort.
    Size(BoundSlice<'a>),
    /// The members, one row each.
    Members(BoundSlice<'a>),
    /// What each step keeps and drops.
    Steps {
        /// The cohort: the clauses are in the steps.
        slice: BoundSlice<'a>,
        /// The parts of the root that are steps, by their place in it.
        steps: Vec<(usize, Condition<'a>)>,
    },
    /// A number's distribution.
    Histogram {
        /// Who is asked about, without the chart's own clauses.
        slice: BoundSlice<'a>,
        /// The number.
        number: &'a Column,
        /// The bins.
        bins: Bins,
    },
    /// A feature's most frequent values.
    Values {
        /// Who is asked about, without the chart's own clauses.
        slice: BoundSlice<'a>,
        /// The feature.
        feature: &'a Column,
        /// At most this many.
        top: u16,
        /// Only values that contain this, without case. Empty is all.
        search: &'a str,
    },
    /// A date's distribution.
    Timeline {
        /// Who is asked about, without the chart's own clauses.
        slice: BoundSlice<'a>,
        /// The date or moment.
        moment: &'a Column,
        /// The periods.
        periods: Periods,
    },
    /// Two numbers against each other.
    Grid {
        /// Who is asked about.
        slice: BoundSlice<'a>,
        /// Across.
        x: (&'a Column, Bins),
        /// Up.
        y: (&'a Column, Bins),
    },
    /// A number's spread per value of another feature.
    Boxes {
        /// Who is asked about.
        slice: BoundSlice<'a>,
        /// The number.
        number: &'a Column,
        /// The groups.
        by: &'a Column,
        /// At most this many.
        top: u16,
    },
    /// The share of each value of a feature over time.
    Shares {
        /// Who is asked about.
        slice: BoundSlice<'a>,
        /// The date or moment.
        moment: &'a Column,
        /// The values.
        by: &'a Column,
        /// The periods.
        periods: Periods,
        /// At most this many values.
        top: u16,
    },
    /// Rows of the people table.
    Page {
        /// Who is asked about.
        slice: BoundSlice<'a>,
        /// What is shown beside the key.
        columns: Vec<&'a Column>,
        /// By what they are sorted; then by key. `None`: by key.
        sort: Option<(&'a Column, bool)>,
        /// Rows to skip, and to give.
        window: (u64, u32),
    },
    /// One entity, whole.
    Profile {
        /// Who is asked about.
        slice: BoundSlice<'a>,
        /// The value of its key.
        key: &'a Value,
        /// The parts of the tree, switched off ones too, by the way to each.
        parts: Vec<(Vec<usize>, Condition<'a>)>,
        /// The tables with rows that belong to it.
        related: Vec<RelatedRows<'a>>,
    },
}

/// A table with rows that belong to an entity.
#[derive(Debug, Clone)]
pub struct RelatedRows<'a> {
    /// The table.
    pub table: &'a Table,
    /// The steps by any of which they do; each is one step from the entity.
    pub ways: Vec<Hop>,
}

/// A feature whose least and greatest value must be known before a question can be bound.
#[derive(Debug, Clone)]
pub struct RangeOf<'a> {
    /// The cohort without clauses.
    pub cohort: BoundSlice<'a>,
    /// The number, date or moment.
    pub feature: &'a Column,
}

/// The least and the greatest finite value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Range {
    /// Of a number.
    Numbers(f64, f64),
    /// Of dates and moments, as clocks in the stated zone show them.
    Moments(DateTime, DateTime),
}

/// The features whose range a question needs, in order.
///
/// # Errors
/// When there is no such feature, or it has no range.
pub fn ranges<'a>(
    catalog: &'a Catalog,
    slice: &'a Slice,
    question: &Question,
) -> Result<Vec<RangeOf<'a>>, BindError> {
    let entity = binder::entity(catalog, &slice.cohort.entity)?;
    let features = match question {
        Question::Histogram { column, .. } => vec![number(feature(entity, column)?)?],
        Question::Timeline { column, .. } | Question::Shares { moment: column, .. } => {
            vec![moment(feature(entity, column)?)?]
        }
        Question::Grid { x, y, .. } => {
            vec![number(feature(entity, x)?)?, number(feature(entity, y)?)?]
        }
        _ => return Ok(Vec::new()),
    };
    let cohort = binder::without_clauses(catalog, slice)?;
    Ok(features.into_iter().map(|feature| RangeOf { cohort: cohort.clone(), feature }).collect())
}

/// A question with everything found and decided. `found` are the ranges that [`ranges`] asks for;
/// `None` is the range of a feature without finite values.
///
/// # Errors
/// When the slice or the question does not fit the catalog.
pub fn question<'a>(
    catalog: &'a Catalog,
    slice: &'a Slice,
    question: &'a Question,
    found: &[Option<Range>],
) -> Result<BoundQuestion<'a>, BindError> {
    let entity = binder::entity(catalog, &slice.cohort.entity)?;
    let whole = || super::slice(catalog, slice);
    let others = |own: &str| binder::bind(catalog, slice, &slice.tree.without_own(own));
    let range = |number: usize| found.get(number).copied().flatten();
    Ok(match question {
        Question::Size => BoundQuestion::Size(whole()?),
        Question::Members => BoundQuestion::Members(whole()?),
        Question::Steps => {
            let steps = steps(catalog, slice)?;
            BoundQuestion::Steps { steps, slice: binder::without_clauses(catalog, slice)? }
        }
        Question::Histogram { column, bins_max } => {
            let number = number(feature(entity, column)?)?;
            let bins = bins(number, range(0), *bins_max);
            BoundQuestion::Histogram { slice: others(column)?, number, bins }
        }
        Question::Values { column, top, search } => {
            let feature = feature(entity, column)?;
            BoundQuestion::Values { slice: others(column)?, feature, top: *top, search }
        }
        Question::Timeline { column, periods_max } => {
            let moment = moment(feature(entity, column)?)?;
            let periods = periods_of(range(0), *periods_max);
            BoundQuestion::Timeline { slice: others(column)?, moment, periods }
        }
        Question::Grid { x, y, cells_max } => {
            let (x, y) = (number(feature(entity, x)?)?, number(feature(entity, y)?)?);
            let (across, up) = (bins(x, range(0), *cells_max), bins(y, range(1), *cells_max));
            BoundQuestion::Grid { slice: whole()?, x: (x, across), y: (y, up) }
        }
        Question::Boxes { number: spread, by, top } => {
            let number = number(feature(entity, spread)?)?;
            BoundQuestion::Boxes { slice: whole()?, number, by: feature(entity, by)?, top: *top }
        }
        Question::Shares { moment: column, by, periods_max, top } => {
            let (moment, by) = (moment(feature(entity, column)?)?, feature(entity, by)?);
            let periods = periods_of(range(0), *periods_max);
            BoundQuestion::Shares { slice: whole()?, moment, by, periods, top: *top }
        }
        Question::Page { columns, sort, offset, limit } => {
            let columns: Result<Vec<_>, _> =
                columns.iter().map(|name| feature(entity, name)).collect();
            let by =
                |sort: &Sort| Ok::<_, BindError>((feature(entity, &sort.by)?, sort.descending));
            let sort = sort.as_ref().map(by).transpose()?;
            let window = (*offset, *limit);
            BoundQuestion::Page { slice: whole()?, columns: columns?, sort, window }
        }
        Question::Profile { key } => BoundQuestion::Profile {
            slice: whole()?,
            key,
            parts: parts(catalog, slice)?,
            related: related(catalog, entity.table_name())?,
        },
    })
}

fn number(feature: &Column) -> Result<&Column, Reason> {
    match feature.kind.is_numeric() {
        true => Ok(feature),
        false => Err(Reason::mismatch(
            format!("{} is not a number but {}", feature.name, feature.kind.word()),
            "choose a number for this chart",
        )),
    }
}

fn moment(feature: &Column) -> Result<&Column, Reason> {
    match feature.kind.is_temporal() {
        true => Ok(feature),
        false => Err(Reason::mismatch(
            format!("{} is not a date but {}", feature.name, feature.kind.word()),
            "choose a date for this chart",
        )),
    }
}

fn bins(number: &Column, range: Option<Range>, most: u16) -> Bins {
    match range {
        Some(Range::Numbers(low, high)) => nice_bins(low, high, most, number.kind == Kind::Integer),
        _ => Bins { start: 0.0, width: 1.0, count: 1 },
    }
}

fn periods_of(range: Option<Range>, most: u16) -> Periods {
    match range {
        Some(Range::Moments(low, high)) => periods(low, high, most),
        _ => Periods { unit: Unit::Year, starts: Vec::new() },
    }
}

/// A root of all has a step per part; any other root is one step.
fn steps<'a>(
    catalog: &'a Catalog,
    slice: &'a Slice,
) -> Result<Vec<(usize, Condition<'a>)>, BindError> {
    let binder = Binder::new(catalog, slice)?;
    if slice.tree.combine != Combine::All {
        return Ok(binder.condition(&slice.tree)?.map(|root| (0, root)).into_iter().collect());
    }
    let mut steps = Vec::new();
    for (index, part) in slice.tree.parts.iter().enumerate().filter(|(_, part)| !part.off) {
        steps.extend(binder.part(part)?.map(|condition| (index, condition)));
    }
    Ok(steps)
}

fn parts<'a>(
    catalog: &'a Catalog,
    slice: &'a Slice,
) -> Result<Vec<(Vec<usize>, Condition<'a>)>, BindError> {
    let binder = Binder::new(catalog, slice)?;
    let mut parts = Vec::new();
    visit(&slice.tree, &mut Vec::new(), &mut |path, part| {
        parts.extend(binder.part(part)?.map(|condition| (path.to_vec(), condition)));
        Ok(())
    })?;
    Ok(parts)
}

/// Called with the way to each part and the part.
type Visit<'v> = dyn FnMut(&[usize], &Part) -> Result<(), BindError> + 'v;

fn visit(group: &Group, path: &mut Vec<usize>, at: &mut Visit<'_>) -> Result<(), BindError> {
    for (index, part) in group.parts.iter().enumerate() {
        path.push(index);
        at(path, part)?;
        if let Node::Group(inner) = &part.node {
            visit(inner, path, at)?;
        }
        path.pop();
    }
    Ok(())
}

fn related<'a>(catalog: &'a Catalog, base: &str) -> Result<Vec<RelatedRows<'a>>, BindError> {
    let mut found = Vec::new();
    for known in catalog.tables.iter().filter(|t| !catalog.is_cohort_table(&t.name)) {
        let ways = straight(catalog, base, &known.name);
        if let Some(first) = ways.first() {
            found.push(RelatedRows { table: table(catalog, &first.to_table)?, ways });
        }
    }
    Ok(found)
}
