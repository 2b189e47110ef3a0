//! The lens: answers questions from codes and bitmaps, without the database.
//!
//! ```text
//! Column ── a code per row, in the order of its values ──▶ a test is a range or a set of codes: Bitmap
//! BoundSlice ── AND, OR, NOT of bitmaps ──▶ who is in the cohort, and who in the slice
//! BoundQuestion ── counts by code of both ──▶ Answer
//! ```
//!
//! It reads bound slices and questions and knows nothing of SQL. What it lacks for an answer it says
//! ([`Lack`]): codes of a column, or the rows of a test that codes cannot decide. Whoever owns the
//! database brings both. Its answers are those of the database, to the last digit; what it cannot
//! answer so, it leaves to the database.
//!
//! A chart is counted anew only where its rows changed: its last counts are kept with the rows that
//! they are of, so that a brush costs what it moves (see `charts.rs`).
//!
//! Start at [`Lens::answer`], then `eye.rs`.

mod bits;
mod charts;
mod column;
mod constant;
mod eye;
mod held;
mod pages;

pub use bits::Bitmap;
pub use column::{Builder, Codes, Column, Nature, Unfit, Values};
pub use eye::{Lack, Need, Source};

use crate::bind::{BoundQuestion, BoundSlice, Condition};
use crate::model::catalog::Entity;
use crate::model::question::{Answer, Size, Step, Steps};
use eye::Eye;
use held::{Held, Order};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many sets of rows have to fit: those of the steps, the cohort, the slice, and what charts were
/// counted of.
const SETS_MIN: usize = 32;

/// What is held of one source. Shared by everyone who asks about it.
#[derive(Debug)]
pub struct Lens {
    held: Mutex<Held>,
}

impl Lens {
    /// A lens that holds at most so many bytes.
    pub fn new(budget: usize) -> Self {
        Self { held: Mutex::new(Held::new(budget)) }
    }

    /// Forgets everything and leaves all questions to the database, because the source is no longer
    /// as it was.
    pub fn close(&self) {
        self.held().close();
    }

    /// The answer to a question; of a grid with at most so many points these too.
    ///
    /// # Errors
    /// What it lacks.
    pub fn answer<'q>(
        &self,
        question: &'q BoundQuestion<'q>,
        points_max: u32,
    ) -> Result<Answer, Lack<'q>> {
        let Some(slice) = slice_of(question) else { return Err(Lack::Never) };
        let mut eye = self.eye(slice, false)?;
        match question {
            BoundQuestion::Size(slice) => {
                let (cohort, kept) = (eye.cohort(slice), eye.kept(slice));
                let (Some(cohort), Some(kept)) = (cohort, kept) else {
                    return Err(Lack::Needs(eye.needs));
                };
                Ok(Answer::Size(Size { kept: kept.count(), of: cohort.count() }))
            }
            BoundQuestion::Steps { slice, steps } => {
                eye.steps(slice, steps).map(Answer::Steps).ok_or(Lack::Needs(eye.needs))
            }
            BoundQuestion::Histogram { slice, number, bins } => {
                eye.histogram(slice, number, *bins).map(Answer::Histogram)
            }
            BoundQuestion::Values { slice, feature, top, search } => {
                eye.values(slice, feature, (*top, search)).map(Answer::Values)
            }
            BoundQuestion::Timeline { slice, moment, periods } => {
                eye.timeline(slice, moment, periods).map(Answer::Timeline)
            }
            BoundQuestion::Grid { slice, x, y } => {
                eye.grid(slice, *x, *y, points_max).map(Answer::Grid)
            }
            BoundQuestion::Shares { slice, moment, by, periods, top } => {
                eye.shares(slice, (moment, by), periods, *top).map(Answer::Shares)
            }
            // Spreads are interpolated by the database, whose last digit depends on its compiler.
            BoundQuestion::Boxes { .. }
            | BoundQuestion::Members(_)
            | BoundQuestion::Page { .. }
            | BoundQuestion::Profile { .. } => Err(Lack::Never),
        }
    }

    /// The numbers of the rows of a page, in order.
    ///
    /// # Errors
    /// What it lacks.
    pub fn page<'q>(&self, question: &'q BoundQuestion<'q>) -> Result<Vec<u32>, Lack<'q>> {
        let BoundQuestion::Page { slice, sort, window, .. } = question else {
            return Err(Lack::Never);
        };
        self.eye(slice, false)?.page(slice, *sort, *window)
    }

    /// Holds the order of a need; `None` when rows have no number by which they are found again.
    pub fn put_order(&self, need: &Need<'_>, rows: Option<Vec<u32>>) {
        let Need::Order { slice, sort } = need else { return };
        let name = named(slice, &pages::order_identity(*sort));
        let mut held = self.held();
        match rows {
            Some(rows) => {
                let is_stored = rows.iter().zip(0..).all(|(row, place)| *row == place);
                let order = if is_stored { Order::Stored } else { Order::Rows(rows) };
                held.put(name, Arc::new(order));
            }
            None => held.set_unfit(name),
        }
    }

    /// The codes that would spare the database the next tests of the kind that a question has,
    /// beside those that the answer needs.
    pub fn better<'q>(&self, question: &'q BoundQuestion<'q>) -> Vec<Need<'q>> {
        let Some(mut eye) = slice_of(question).and_then(|slice| self.eye(slice, true).ok()) else {
            return Vec::new();
        };
        if let BoundQuestion::Steps { slice, steps } = question {
            for (_, condition) in steps {
                eye.rows(slice, condition, true);
            }
        } else if let Some(slice) = slice_of(question) {
            eye.kept(slice);
        }
        let better = eye.needs.into_iter().filter_map(|need| match need {
            Need::Rows { slice, better: Some(source), .. } => Some(Need::Column { slice, source }),
            _ => None,
        });
        better.collect()
    }

    /// Says how many rows an entity has; `None` when they have no order by which to number them.
    pub fn set_rows(&self, entity: &Entity, rows: Option<usize>) {
        let mut held = self.held();
        // Where a few sets of rows fill the budget, all would be read again and again.
        let rows = rows.filter(|rows| rows.div_ceil(8) <= held.budget() / SETS_MIN);
        held.set_rows(&entity.name, rows);
    }

    /// Holds the codes of a column. `false` when it has another number of rows than the entity:
    /// then the source changed in between.
    pub fn put_column(&self, slice: &BoundSlice<'_>, source: Source<'_>, column: Column) -> bool {
        let mut held = self.held();
        let fits = held.rows(&slice.entity.name) == Some(Some(column.codes.rows()));
        if fits {
            held.put(named(slice, &source.identity()), Arc::new(column));
        }
        fits
    }

    /// Remembers that the codes of something cannot be held.
    pub fn leave_out(&self, slice: &BoundSlice<'_>, source: Source<'_>) {
        self.held().set_unfit(named(slice, &source.identity()));
    }

    /// How many rows an entity has; `None` when that was not said.
    pub fn rows(&self, entity: &Entity) -> Option<usize> {
        self.held().rows(&entity.name).flatten()
    }

    /// Whether the codes of something are held, or cannot be.
    pub fn is_settled(&self, slice: &BoundSlice<'_>, source: Source<'_>) -> bool {
        let name = named(slice, &source.identity());
        let mut held = self.held();
        held.is_unfit(&name) || held.get::<Column>(&name).is_some()
    }

    /// Holds the rows of a need, as the database gave them.
    pub fn put_rows(&self, need: &Need<'_>, rows: Bitmap) {
        let (slice, identity) = match need {
            Need::RowCount { .. } | Need::Column { .. } | Need::Order { .. } => return,
            Need::Rows { slice, test, holds, .. } => {
                (slice, format!("{holds} {}", test.identity()))
            }
            Need::Members { slice, members } => (slice, members.identity()),
        };
        self.held().put(named(slice, &identity), Arc::new(rows));
    }

    fn eye<'q>(
        &self,
        slice: &'q BoundSlice<'q>,
        prefers_codes: bool,
    ) -> Result<Eye<'_, 'q>, Lack<'q>> {
        let entity = slice.entity;
        match self.held().rows(&entity.name) {
            None => Err(Lack::Needs(vec![Need::RowCount { slice }])),
            Some(None) => Err(Lack::Never),
            Some(Some(rows)) => {
                let prefix = named(slice, "");
                Ok(Eye { lens: self, entity, prefix, rows, prefers_codes, needs: Vec::new() })
            }
        }
    }

    /// What is held is whole between two changes, so a lock that a panic left behind is usable.
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The name of something of a slice's entity. Moments are read by the clocks of the slice's zone.
fn named(slice: &BoundSlice<'_>, identity: &str) -> String {
    format!("{}@{}/{identity}", slice.entity.name, slice.zone.zone_name())
}

fn slice_of<'q>(question: &'q BoundQuestion<'q>) -> Option<&'q BoundSlice<'q>> {
    match question {
        BoundQuestion::Size(slice)
        | BoundQuestion::Steps { slice, .. }
        | BoundQuestion::Histogram { slice, .. }
        | BoundQuestion::Values { slice, .. }
        | BoundQuestion::Timeline { slice, .. }
        | BoundQuestion::Grid { slice, .. }
        | BoundQuestion::Shares { slice, .. } => Some(slice),
        BoundQuestion::Members(_)
        | BoundQuestion::Boxes { .. }
        | BoundQuestion::Page { .. }
        | BoundQuestion::Profile { .. } => None,
    }
}

impl<'q> Eye<'_, 'q> {
    fn steps(
        &mut self,
        slice: &'q BoundSlice<'q>,
        steps: &'q [(usize, Condition<'q>)],
    ) -> Option<Steps> {
        let cohort = self.cohort(slice);
        let each: Vec<Option<Arc<Bitmap>>> =
            steps.iter().map(|(_, condition)| self.rows(slice, condition, true)).collect();
        let each: Vec<Arc<Bitmap>> = each.into_iter().collect::<Option<_>>()?;
        let cohort = cohort?;
        let found = bits::attrition(&cohort, &each.iter().map(Arc::as_ref).collect::<Vec<_>>());
        let of = cohort.count();
        let mut before = of;
        let made = steps.iter().enumerate().map(|(number, (part, _))| {
            let kept = found.kept[number];
            let dropped = before - kept;
            before = kept;
            let (meets_alone, gained_without) = (found.alone[number], found.failed_alone[number]);
            Step { part: *part, kept, dropped, gained_without, meets_alone }
        });
        Some(Steps { of, steps: made.collect(), near_misses: found.near })
    }
}
