//! What the lens holds, under a budget: what was not used for longest goes first.

use super::bits::Bitmap;
use super::column::{Codes, Column};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Counts of rows by code, with the rows that were counted.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) rows: Arc<Bitmap>,
    pub(super) counts: Vec<u32>,
}

/// The codes of what a chart draws: of bins, periods or cells.
#[derive(Debug)]
pub(super) struct Plate {
    pub(super) codes: Codes,
    /// One more than the greatest code.
    pub(super) distinct: usize,
}

#[derive(Debug, Clone)]
enum Thing {
    Column(Arc<Column>),
    Plate(Arc<Plate>),
    Rows(Arc<Bitmap>),
    Tally(Arc<Tally>),
}

impl Thing {
    fn bytes(&self) -> usize {
        match self {
            Self::Column(column) => column.bytes(),
            Self::Plate(plate) => plate.codes.bytes(),
            Self::Rows(rows) => rows.bytes(),
            // Its rows are mostly held by themselves too.
            Self::Tally(tally) => size_of_val(tally.counts.as_slice()),
        }
    }
}

/// Things by name.
#[derive(Debug)]
pub(super) struct Held {
    things: HashMap<String, (Thing, u64)>,
    /// What cannot be held as codes, by name.
    unfit: HashSet<String>,
    /// How many rows each entity has; `None` when they have no order by which to number them.
    rows: HashMap<String, Option<usize>>,
    bytes: usize,
    budget: usize,
    /// Counts uses, to tell which was last.
    clock: u64,
}

impl Held {
    pub(super) fn new(budget: usize) -> Self {
        Self {
            things: HashMap::new(),
            unfit: HashSet::new(),
            rows: HashMap::new(),
            bytes: 0,
            budget,
            clock: 0,
        }
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        *self = Self::new(self.budget);
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many rows an entity has, once that was said.
    pub(super) fn rows(&self, entity: &str) -> Option<Option<usize>> {
        self.rows.get(entity).copied()
    }

    /// Says how many rows an entity has.
    pub(super) fn set_rows(&mut self, entity: &str, rows: Option<usize>) {
        self.rows.insert(entity.to_owned(), rows);
    }

    pub(super) fn is_unfit(&self, name: &str) -> bool {
        self.unfit.contains(name)
    }

    pub(super) fn set_unfit(&mut self, name: String) {
        self.unfit.insert(name);
    }

    fn get(&mut self, name: &str) -> Option<&Thing> {
        self.clock += 1;
        let (thing, used) = self.things.get_mut(name)?;
        *used = self.clock;
        Some(thing)
    }

    pub(super) fn column(&mut self, name: &str) -> Option<Arc<Column>> {
        match self.get(name)? {
            Thing::Column(column) => Some(Arc::clone(column)),
            _ => None,
        }
    }

    pub(super) fn plate(&mut self, name: &str) -> Option<Arc<Plate>> {
        match self.get(name)? {
            Thing::Plate(plate) => Some(Arc::clone(plate)),
            _ => None,
        }
    }

    pub(super) fn bitmap(&mut self, name: &str) -> Option<Arc<Bitmap>> {
        match self.get(name)? {
            Thing::Rows(rows) => Some(Arc::clone(rows)),
            _ => None,
        }
    }

    pub(super) fn tally(&mut self, name: &str) -> Option<Arc<Tally>> {
        match self.get(name)? {
            Thing::Tally(tally) => Some(Arc::clone(tally)),
            _ => None,
        }
    }

    pub(super) fn put_column(&mut self, name: String, column: Arc<Column>) {
        self.put(name, Thing::Column(column));
    }

    pub(super) fn put_plate(&mut self, name: String, plate: Arc<Plate>) {
        self.put(name, Thing::Plate(plate));
    }

    pub(super) fn put_bitmap(&mut self, name: String, rows: Arc<Bitmap>) {
        self.put(name, Thing::Rows(rows));
    }

    pub(super) fn put_tally(&mut self, name: String, tally: Arc<Tally>) {
        self.put(name, Thing::Tally(tally));
    }

    /// Holds a thing. One that is larger than the whole budget is unfit, and not held.
    fn put(&mut self, name: String, thing: Thing) {
        let bytes = thing.bytes();
        if bytes > self.budget {
            self.unfit.insert(name);
            return;
        }
        self.clock += 1;
        if let Some((old, _)) = self.things.insert(name, (thing, self.clock)) {
            self.bytes -= old.bytes();
        }
        self.bytes += bytes;
        while self.bytes > self.budget {
            let oldest = self.things.iter().min_by_key(|(_, (_, used))| *used);
            let Some(name) = oldest.map(|(name, _)| name.clone()) else { return };
            if let Some((old, _)) = self.things.remove(&name) {
                self.bytes -= old.bytes();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(many: usize) -> Arc<Bitmap> {
        Arc::new(Bitmap::all(many))
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let mut held = Held::new(3 * 128);
        for name in ["a", "b", "c"] {
            held.put_bitmap(name.to_owned(), rows(1024));
        }
        assert!(held.bitmap("a").is_some());
        held.put_bitmap("d".to_owned(), rows(1024));
        assert!(held.bitmap("b").is_none(), "it was used before the others");
        assert!(["a", "c", "d"].iter().all(|name| held.bitmap(name).is_some()));
        assert_eq!(held.bytes(), 3 * 128);
    }

    #[test]
    fn a_thing_larger_than_the_budget_is_unfit() {
        let mut held = Held::new(100);
        held.put_bitmap("large".to_owned(), rows(1024));
        assert!(held.is_unfit("large") && held.bitmap("large").is_none());
        assert_eq!(held.bytes(), 0);
    }
}
