//! Looks at conditions: bound condition → the rows for which it holds.
//!
//! A condition is true, false or unknown for a row. Its rows are worked out for one of the first
//! two at a time: that is all that anything above it asks for.

use super::Lens;
use super::bits::Bitmap;
use super::column::{Column, Nature};
use super::constant::place;
use super::held::Held;
use crate::bind::{BoundSlice, Clause, Condition, Constant, Expr, Members, Test};
use crate::model::catalog::{Column as Feature, Entity};
use crate::model::clause::{Comparison, Missing};
use std::ops::RangeInclusive;
use std::sync::{Arc, MutexGuard};

/// What the codes of a column are made of.
#[derive(Debug, Clone, Copy)]
pub enum Source<'q> {
    /// A feature as it is stored.
    Feature(&'q Feature),
    /// A moment with a zone, as clocks in the stated zone show it.
    Local(&'q Feature),
    /// Any other value.
    Value(&'q Expr<'q>),
}

impl<'q> Source<'q> {
    /// Of the charts of a feature, which show moments as clocks do.
    pub(super) fn shown(feature: &'q Feature) -> Self {
        match feature.kind {
            crate::model::value::Kind::Instant => Self::Local(feature),
            _ => Self::Feature(feature),
        }
    }

    fn of(expr: &'q Expr<'q>) -> Option<Self> {
        match expr {
            Expr::Column(used) => Some(Self::Feature(used.column)),
            Expr::Local(moment) => match moment.as_ref() {
                Expr::Column(used) => Some(Self::Local(used.column)),
                _ => Some(Self::Value(expr)),
            },
            Expr::Key | Expr::Constant(_) => None,
            _ => Some(Self::Value(expr)),
        }
    }

    pub(super) fn identity(&self) -> String {
        match self {
            Self::Feature(feature) => format!("column {:?}", feature.name),
            Self::Local(feature) => format!("local {:?}", feature.name),
            Self::Value(expr) => format!("value {}", expr.identity()),
        }
    }
}

/// What the lens lacks for an answer.
#[derive(Debug, Clone, Copy)]
pub enum Need<'q> {
    /// How many rows the entity of a slice has.
    RowCount {
        /// The slice.
        slice: &'q BoundSlice<'q>,
    },
    /// The codes of a column.
    Column {
        /// A slice of the entity.
        slice: &'q BoundSlice<'q>,
        /// Of what.
        source: Source<'q>,
    },
    /// The rows for which a test is true (or false).
    Rows {
        /// The slice that the test is of.
        slice: &'q BoundSlice<'q>,
        /// The test.
        test: &'q Test<'q>,
        /// Whether rows are wanted for which it is true.
        holds: bool,
        /// With the codes of this, the next test of its kind would need nothing.
        better: Option<Source<'q>>,
    },
    /// The numbers of all rows in the order of a sort, then of the key.
    Order {
        /// A slice of the entity.
        slice: &'q BoundSlice<'q>,
        /// The feature, and whether the greatest comes first; by key without one.
        sort: Option<(&'q Feature, bool)>,
    },
    /// The rows that are among members.
    Members {
        /// The slice that asks.
        slice: &'q BoundSlice<'q>,
        /// Who.
        members: &'q Members<'q>,
    },
}

/// Why the lens has no answer.
#[derive(Debug, Clone)]
pub enum Lack<'q> {
    /// It never will: the question is for the database.
    Never,
    /// It lacks these, at least one.
    Needs(Vec<Need<'q>>),
}

/// Looks at the rows of one entity.
pub(super) struct Eye<'l, 'q> {
    pub(super) lens: &'l Lens,
    pub(super) entity: &'q Entity,
    /// Under which everything of the entity is held.
    pub(super) prefix: String,
    pub(super) rows: usize,
    /// What codes could decide counts as lacking, also where the database decided it before.
    pub(super) prefers_codes: bool,
    /// What was found lacking so far.
    pub(super) needs: Vec<Need<'q>>,
}

/// A column with what its conditions make of it.
struct Looked {
    column: Arc<Column>,
    /// The greatest code that is a value: NaN may not be one.
    last: u32,
}

impl Looked {
    fn new(column: Arc<Column>, nan_is_missing: bool) -> Self {
        let values = column.values.count() as u32;
        let last = if nan_is_missing { values - column.nans() } else { values };
        Self { column, last }
    }

    /// The rows with a value in a range of codes, or in none of it.
    fn rows(&self, range: RangeInclusive<u32>, inside: bool) -> Bitmap {
        let codes = &self.column.codes;
        if inside {
            return codes.within(range);
        }
        if range.is_empty() {
            return codes.within(1..=self.last);
        }
        let mut outside = codes.within(1..=range.start() - 1);
        if *range.end() < self.last {
            outside.or(&codes.within(range.end() + 1..=self.last));
        }
        outside
    }
}

impl<'q> Eye<'_, 'q> {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.lens.held()
    }

    pub(super) fn name(&self, identity: &str) -> String {
        format!("{}{identity}", self.prefix)
    }

    /// The codes of a column; notes that they are lacking.
    pub(super) fn column(
        &mut self,
        slice: &'q BoundSlice<'q>,
        source: Source<'q>,
    ) -> Option<Arc<Column>> {
        let name = self.name(&source.identity());
        let found = self.held().get::<Column>(&name);
        if found.is_none() {
            self.needs.push(Need::Column { slice, source });
        }
        found
    }

    /// Whether the codes of a column cannot be held.
    pub(super) fn is_unfit(&self, source: Source<'q>) -> bool {
        self.held().is_unfit(&self.name(&source.identity()))
    }

    /// The members of a slice's cohort.
    pub(super) fn cohort(&mut self, slice: &'q BoundSlice<'q>) -> Option<Arc<Bitmap>> {
        match &slice.cohort {
            Some(members) => self.members(slice, members),
            None => self.kept_under("everyone", |eye| Some(Bitmap::all(eye.rows))),
        }
    }

    /// Those of a slice's cohort that its clauses keep.
    pub(super) fn kept(&mut self, slice: &'q BoundSlice<'q>) -> Option<Arc<Bitmap>> {
        match &slice.condition {
            None => self.cohort(slice),
            Some(condition) => self.kept_of(slice, condition),
        }
    }

    /// Those of a slice's cohort that a condition keeps.
    pub(super) fn kept_of(
        &mut self,
        slice: &'q BoundSlice<'q>,
        condition: &'q Condition<'q>,
    ) -> Option<Arc<Bitmap>> {
        let identity = format!("kept {} {}", slice.cohort_identity(), condition.identity());
        self.kept_under(&identity, |eye| {
            let cohort = eye.cohort(slice);
            let condition = eye.rows(slice, condition, true);
            let mut kept = Bitmap::clone(cohort?.as_ref());
            kept.and(condition?.as_ref());
            Some(kept)
        })
    }

    fn kept_under(
        &mut self,
        identity: &str,
        make: impl FnOnce(&mut Self) -> Option<Bitmap>,
    ) -> Option<Arc<Bitmap>> {
        let name = self.name(identity);
        let known = self.held().get::<Bitmap>(&name);
        if let Some(known) = known.filter(|_| !self.prefers_codes) {
            return Some(known);
        }
        let made = Arc::new(make(self)?);
        self.held().put(name, Arc::clone(&made));
        Some(made)
    }

    /// The rows for which a condition is true, or those for which it is false.
    pub(super) fn rows(
        &mut self,
        slice: &'q BoundSlice<'q>,
        condition: &'q Condition<'q>,
        holds: bool,
    ) -> Option<Arc<Bitmap>> {
        match condition {
            Condition::All(all) => self.combined(slice, all, holds, holds).map(Arc::new),
            Condition::Any(any) => self.combined(slice, any, holds, !holds).map(Arc::new),
            Condition::None(none, missing) => match (holds, missing) {
                (true, Missing::Drop) => self.combined(slice, none, false, true).map(Arc::new),
                (true, Missing::Keep) => {
                    let mut some = self.combined(slice, none, true, false)?;
                    some.not();
                    Some(Arc::new(some))
                }
                (false, _) => self.combined(slice, none, true, false).map(Arc::new),
            },
            Condition::Clause(clause) => self.clause(slice, clause, holds),
        }
    }

    /// The rows for which all conditions, or any, are true (or false).
    fn combined(
        &mut self,
        slice: &'q BoundSlice<'q>,
        conditions: &'q [Condition<'q>],
        holds: bool,
        all: bool,
    ) -> Option<Bitmap> {
        let start = if all { Bitmap::all(self.rows) } else { Bitmap::none(self.rows) };
        let mut combined = Some(start);
        for condition in conditions {
            // All are looked at, so that everything that is lacking is found.
            let rows = self.rows(slice, condition, holds);
            combined = combined.zip(rows).map(|(mut combined, rows)| {
                match all {
                    true => combined.and(&rows),
                    false => combined.or(&rows),
                }
                combined
            });
        }
        combined
    }

    fn clause(
        &mut self,
        slice: &'q BoundSlice<'q>,
        clause: &'q Clause<'q>,
        holds: bool,
    ) -> Option<Arc<Bitmap>> {
        match (clause.negated, holds) {
            (None, holds) => self.test(slice, &clause.test, holds),
            (Some(_), false) => self.test(slice, &clause.test, true),
            (Some(Missing::Drop), true) => self.test(slice, &clause.test, false),
            (Some(Missing::Keep), true) => {
                let mut rows = Bitmap::clone(self.test(slice, &clause.test, true)?.as_ref());
                rows.not();
                Some(Arc::new(rows))
            }
        }
    }

    fn test(
        &mut self,
        slice: &'q BoundSlice<'q>,
        test: &'q Test<'q>,
        holds: bool,
    ) -> Option<Arc<Bitmap>> {
        if let Test::Member(members) = test {
            let members = self.members(slice, members)?;
            return match holds {
                true => Some(members),
                false => {
                    let mut others = Bitmap::clone(&members);
                    others.not();
                    Some(Arc::new(others))
                }
            };
        }
        let name = self.name(&format!("{holds} {}", test.identity()));
        let known = self.held().get::<Bitmap>(&name);
        if known.is_some() && !self.prefers_codes {
            return known;
        }
        let better = match self.seen(test, holds) {
            Seen::Rows(rows) => {
                let rows = Arc::new(rows);
                self.held().put(name, Arc::clone(&rows));
                return Some(rows);
            }
            Seen::Lacks(Source::Value(expr)) => Some(Source::Value(expr)),
            Seen::Lacks(source) => {
                self.needs.push(Need::Column { slice, source });
                return None;
            }
            Seen::Never => None,
        };
        self.needs.push(Need::Rows { slice, test, holds, better });
        None
    }

    /// What codes say about a test.
    fn seen(&mut self, test: &'q Test<'q>, holds: bool) -> Seen<'q> {
        match test {
            Test::Never if holds => Seen::Rows(Bitmap::none(self.rows)),
            Test::Never => Seen::Rows(Bitmap::all(self.rows)),
            Test::Compare(how, left, Expr::Constant(constant)) => self
                .look(left, |looked| Some(looked.rows(compared(looked, *how, constant)?, holds))),
            Test::Compare(how, Expr::Constant(constant), right) => self.look(right, |looked| {
                Some(looked.rows(compared(looked, turned(*how), constant)?, holds))
            }),
            Test::Between(of, Expr::Constant(low), Expr::Constant(high)) => {
                self.look(of, |looked| {
                    let (low, high) = (place(&looked.column, low)?, place(&looked.column, high)?);
                    Some(looked.rows(low.less + 1..=high.upto.min(looked.last), holds))
                })
            }
            Test::Within(of, Expr::Constant(from), Expr::Constant(until)) => {
                self.look(of, |looked| {
                    let (from, until) =
                        (place(&looked.column, from)?, place(&looked.column, until)?);
                    Some(looked.rows(from.less + 1..=until.less.min(looked.last), holds))
                })
            }
            Test::Missing(of) => self.look(of, |looked| {
                let mut rows = looked.column.codes.within(1..=looked.last);
                if holds {
                    rows.not();
                }
                Some(rows)
            }),
            Test::Empty(text) => {
                let empty = Constant::Cell(crate::model::value::Value::Text(String::new()));
                self.look(text, |looked| {
                    Some(looked.rows(compared(looked, Comparison::Equal, &empty)?, holds))
                })
            }
            Test::OneOf(of, values) => self.look(of, |looked| one_of(looked, values, holds)),
            _ => Seen::Never,
        }
    }

    fn look(
        &mut self,
        expr: &'q Expr<'q>,
        rows: impl FnOnce(&Looked) -> Option<Bitmap>,
    ) -> Seen<'q> {
        let Some(source) = Source::of(expr).filter(|source| !self.is_unfit(*source)) else {
            return Seen::Never;
        };
        let name = self.name(&source.identity());
        let Some(column) = self.held().get::<Column>(&name) else { return Seen::Lacks(source) };
        let as_double = matches!(expr, Expr::Column(used) if used.may_be_nan);
        // How floats of 32 bits compare depends on what they are compared with.
        if column.nature == Nature::Single && !as_double {
            return Seen::Never;
        }
        rows(&Looked::new(column, as_double)).map_or(Seen::Never, Seen::Rows)
    }

    fn members(
        &mut self,
        slice: &'q BoundSlice<'q>,
        members: &'q Members<'q>,
    ) -> Option<Arc<Bitmap>> {
        if let Members::Segment(inner) = members
            && self.entity.odd_rows.is_none()
        {
            return self.kept(inner);
        }
        let name = self.name(&members.identity());
        let known = self.held().get::<Bitmap>(&name);
        if known.is_none() {
            self.needs.push(Need::Members { slice, members });
        }
        known
    }
}

/// What codes say about a test.
enum Seen<'q> {
    Rows(Bitmap),
    /// Nothing, without the codes of this.
    Lacks(Source<'q>),
    /// Nothing.
    Never,
}

fn compared(looked: &Looked, how: Comparison, constant: &Constant) -> Option<RangeInclusive<u32>> {
    let at = place(&looked.column, constant)?;
    let (less, upto) = (at.less, at.upto.min(looked.last));
    Some(match how {
        Comparison::Equal => less + 1..=upto,
        Comparison::Less => 1..=less,
        Comparison::LessOrEqual => 1..=upto,
        Comparison::Greater => upto + 1..=looked.last,
        Comparison::GreaterOrEqual => less + 1..=looked.last,
    })
}

/// The same comparison with its sides exchanged.
fn turned(how: Comparison) -> Comparison {
    match how {
        Comparison::Equal => Comparison::Equal,
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
    }
}

fn one_of(looked: &Looked, values: &[Constant], holds: bool) -> Option<Bitmap> {
    let mut chosen = vec![false; looked.column.distinct()];
    for value in values {
        let range = compared(looked, Comparison::Equal, value)?;
        for code in range {
            chosen[code as usize] = true;
        }
    }
    if !holds {
        let last = looked.last as usize;
        for chosen in &mut chosen[1..=last] {
            *chosen = !*chosen;
        }
    }
    Some(looked.column.codes.among(&chosen))
}
