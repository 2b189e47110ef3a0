//! Answers a question: binds it, writes it down, runs it.

use crate::bind::{self, BoundQuestion, Range, RangeOf};
use crate::compile::{self, Extent};
use crate::engine::session::{NumberedOrder, Session};
use crate::model::catalog::Column;
use crate::model::failure::Failure;
use crate::model::question::Answered;
use crate::model::question::{Answer, Page, Question, Slice, Sort};
use crate::sql;
use std::time::{Duration, Instant};

/// Points of a scatter are drawn one by one up to this many.
const POINTS_MAX: u32 = 2_000;

/// Related rows shown in a profile, per table.
const RELATED_MAX: u32 = 200;

impl Session {
    /// Answers a question.
    ///
    /// # Errors
    /// When the slice or the question does not fit the source, or reading fails.
    pub fn ask(&self, slice: &Slice, question: &Question) -> Result<Answered, Failure> {
        let started = Instant::now();
        let asked = answer(self, slice, question)?;
        Ok(Answered { took: started.elapsed(), ..asked })
    }

    /// The ranges that a question needs to be bound.
    pub(in crate::engine) fn ranges(
        &self,
        slice: &Slice,
        question: &Question,
    ) -> Result<Vec<Option<Range>>, Failure> {
        let wanted = bind::ranges(self.catalog(), slice, question)?;
        wanted.iter().map(|of| range(self, of, slice)).collect()
    }
}

fn answer(session: &Session, slice: &Slice, question: &Question) -> Result<Answered, Failure> {
    let told =
        |answer, sql, from_codes| Ok(Answered { answer, sql, took: Duration::ZERO, from_codes });
    let catalog = session.catalog();
    let found = session.ranges(slice, question)?;
    let bound = bind::question(catalog, slice, question, &found)?;
    let asked = compile::question(&bound);
    let sql = asked.query.portable();
    if let Some(answer) = session.seen(&bound, POINTS_MAX) {
        return told(answer, sql, true);
    }
    if let BoundQuestion::Page { columns, window, .. } = &bound
        && let Some(rows) = session.rows_of_page(&bound)
    {
        let everyone = bind::everyone(catalog, slice)?;
        let page = match rows.is_empty() {
            true => Page::empty(&everyone.entity.key, columns, window.0),
            false => session.answer(compile::page_of_rows(&everyone, columns, &rows, window.0))?,
        };
        return told(Answer::Page(page), sql, true);
    }
    let answer = match &bound {
        // Nothing is run: the statement is the answer.
        BoundQuestion::Members(_) => Answer::Members,
        BoundQuestion::Page { columns, window, .. } if window.0 > 0 => {
            let sort = match question {
                Question::Page { sort, .. } => sort.as_ref(),
                _ => None,
            };
            deep_page(session, slice, (columns, sort), *window)?
        }
        bound => completed(session, slice, bound, session.answer(asked)?)?,
    };
    told(answer, sql, false)
}

/// The answer with what other statements give: points, related rows.
fn completed(
    session: &Session,
    slice: &Slice,
    bound: &BoundQuestion<'_>,
    mut answer: Answer,
) -> Result<Answer, Failure> {
    match (bound, &mut answer) {
        (BoundQuestion::Grid { slice, x, y }, Answer::Grid(grid)) => {
            let total: u64 = grid.cells.iter().map(|(_, _, count)| count).sum();
            if total <= u64::from(POINTS_MAX) {
                let points = compile::grid_points(slice, (x.0, y.0), POINTS_MAX);
                grid.points = session.answer(points)?;
            }
        }
        (BoundQuestion::Profile { key, related, .. }, Answer::Profile(profile)) => {
            let everyone = bind::everyone(session.catalog(), slice)?;
            for rows in related {
                let asked = compile::related_rows(&everyone, key, rows, RELATED_MAX);
                profile.related.push(session.answer(asked)?);
            }
        }
        _ => {}
    }
    Ok(answer)
}

/// The least and greatest finite value of a feature in the cohort; `None` when it has none.
fn range(session: &Session, of: &RangeOf<'_>, slice: &Slice) -> Result<Option<Range>, Failure> {
    let key = (slice.cohort.clone(), of.feature.name.clone());
    if let Some(known) = session.kept().ranges.get(&key) {
        return Ok(Some(*known));
    }
    for extent in [Extent::All, Extent::Finite] {
        if let Some(found) = session.answer(compile::range(of, extent))? {
            session.kept().ranges.insert(key, found);
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// A page after the first. The keys are numbered once per slice and sort, so that a deep page
/// costs as little as the first; the first page alone is read directly.
fn deep_page(
    session: &Session,
    slice: &Slice,
    (columns, sort): (&[&Column], Option<&Sort>),
    window: (u64, u32),
) -> Result<Answer, Failure> {
    let table = numbered(session, slice, sort)?;
    let everyone = bind::everyone(session.catalog(), slice)?;
    let page = compile::page_of_order(&everyone, columns, &table, window);
    Ok(Answer::Page(session.answer(page)?))
}

fn numbered(session: &Session, slice: &Slice, sort: Option<&Sort>) -> Result<String, Failure> {
    // Held while the order is made: a second page of the same order waits for it.
    let mut kept = session.kept();
    let old = kept.order.take();
    if let Some(known) = &old
        && known.slice == *slice
        && known.sort.as_ref() == sort
    {
        let table = known.table.clone();
        kept.order = old;
        return Ok(table);
    }
    kept.orders += 1;
    let table = format!("people_order_{}", kept.orders);
    let bound = bind::slice(session.catalog(), slice)?;
    let by = match sort {
        None => None,
        Some(sort) => Some((bound.feature(&sort.by)?, sort.descending)),
    };
    let query = compile::order(&bound, by);
    session.store().attach()?;
    if let Some(old) = old {
        session.store().execute(&sql::session::forget(&old.table))?;
    }
    session.store().execute(&sql::session::keep_result(&table, &session.statement(&query)))?;
    kept.order =
        Some(NumberedOrder { slice: slice.clone(), sort: sort.cloned(), table: table.clone() });
    Ok(table)
}
