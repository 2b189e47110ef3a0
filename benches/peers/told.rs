//! What an engine told of a view, and whether it is right.

use crate::common::Outcome;
use crate::trace::Run;
use crate::views::{Brush, View, Views};
use duckdb::Connection;

/// The counts of one view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// Of every bin, the missing last.
    Every(Vec<u64>),
    /// Of the most frequent values, by their place among the words; then the rest.
    Top { shown: Vec<(usize, u64)>, others: u64, missing: u64 },
}

impl Told {
    /// Compares with the right counts of every bin.
    pub(crate) fn check(&self, view: &View, right: &[u64]) -> Outcome<()> {
        let is_right = match self {
            Self::Every(counts) => counts == right,
            Self::Top { shown, others, missing } => {
                let words = right.len() - 1;
                let mut order: Vec<usize> = (0..words).collect();
                order.sort_by_key(|place| (u64::MAX - right[*place], u64::MAX - view.all[*place]));
                let top: Vec<(usize, u64)> =
                    order.iter().take(shown.len()).map(|place| (*place, right[*place])).collect();
                let rest: u64 = order.iter().skip(shown.len()).map(|place| right[*place]).sum();
                let full = shown.len() == words.min(crate::muster_side::TOP);
                full && *shown == top && *others == rest && *missing == right[words]
            }
        };
        match is_right {
            true => Ok(()),
            false => {
                Err(format!("WRONG: {} told {self:?}, right is {right:?}", view.column).into())
            }
        }
    }
}

/// The right counts of every view at every event of a run, out of one statement per view.
///
/// Plain DuckDB answers every event by a statement of its own and is held to the same, so that a
/// mistake here would void the run too.
pub(crate) struct Right {
    views: Views,
    /// Per view in the order of the run: of each pixel of the brushed view, the counts of all pixels
    /// before it.
    before: Vec<Vec<Vec<u64>>>,
}

impl Right {
    /// Asks plain DuckDB.
    pub(crate) fn of(run: &Run, views: &Views, db: &Connection) -> Outcome<Self> {
        let mut before = Vec::new();
        for view in &run.passive {
            before.push(summed(run, (&views[run.active], &views[*view], *view), views, db)?);
        }
        Ok(Self { views: std::sync::Arc::clone(views), before })
    }

    /// Holds what was told of all views of the run at an event to what is right.
    pub(crate) fn check(&self, run: &Run, event: Brush, told: &[Told]) -> Outcome<()> {
        if told.len() != run.passive.len() {
            return Err("WRONG: a view was not told".into());
        }
        for ((view, before), told) in run.passive.iter().zip(&self.before).zip(told) {
            let (low, high) = (&before[usize::from(event.from)], &before[usize::from(event.to)]);
            let right: Vec<u64> = high.iter().zip(low).map(|(high, low)| high - low).collect();
            told.check(&self.views[*view], &right)?;
        }
        Ok(())
    }
}

fn summed(
    run: &Run,
    (active, view, number): (&View, &View, usize),
    views: &Views,
    db: &Connection,
) -> Outcome<Vec<Vec<u64>>> {
    let conditions: Vec<String> = std::iter::once(format!("{} is not null", active.column))
        .map(Ok)
        .chain(
            std::iter::once(run.standing)
                .filter(|brush| brush.view != number)
                .map(|brush| views[brush.view].condition(brush)),
        )
        .collect::<Outcome<_>>()?;
    let sql = format!(
        "select cast({} as integer), cast({} as varchar), count(*) from flights where {} group by all",
        active.pixel()?,
        view.bin(),
        conditions.join(" and ")
    );
    let bins = view.bins();
    let mut cells = vec![vec![0; bins + 1]; usize::from(active.brushed()?.count) + 1];
    let mut statement = db.prepare(&sql)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (pixel, bin, count): (usize, Option<String>, u64) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        let place = match (bin, &view.shape) {
            (None, _) => bins,
            (Some(word), crate::views::Shape::Words(_)) => view.place(&word)?,
            (Some(number), _) => number.parse::<f64>()? as usize,
        };
        cells[pixel + 1][place] += count;
    }
    for pixel in 1..cells.len() {
        let (before, own) = cells.split_at_mut(pixel);
        for (sum, last) in own[0].iter_mut().zip(&before[pixel - 1]) {
            *sum += last;
        }
    }
    Ok(cells)
}
