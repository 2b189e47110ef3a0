//! What the lens holds, under a budget: what was not used for longest goes first.

use super::bits::Bitmap;
use super::column::{Codes, Column};
use std::any::Any;
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

/// Rows in the order of the people table.
#[derive(Debug)]
pub(super) enum Order {
    /// As they are stored.
    Stored,
    /// By number.
    Rows(Vec<u32>),
}

/// Places in an order, of which any is found by its number in a few steps.
#[derive(Debug)]
pub(super) struct Places {
    bits: Bitmap,
    /// How many come before each stretch of so many words.
    before: Vec<u64>,
}

impl Places {
    /// So many words make a stretch: 4,096 rows.
    const STRETCH: usize = 64;

    pub(super) fn new(bits: Bitmap) -> Self {
        let mut so_far = 0;
        let mut before = Vec::with_capacity(bits.words().len() / Self::STRETCH + 1);
        for stretch in bits.words().chunks(Self::STRETCH) {
            before.push(so_far);
            so_far += stretch.iter().map(|word| u64::from(word.count_ones())).sum::<u64>();
        }
        Self { bits, before }
    }

    /// The places from a number on, in order.
    pub(super) fn from(&self, number: u64) -> impl Iterator<Item = usize> + '_ {
        let stretch = self.before.partition_point(|before| *before <= number).max(1) - 1;
        let skipped = self.before.get(stretch).map_or(0, |before| number - before);
        self.bits.iter_from(stretch * Self::STRETCH).skip(usize::try_from(skipped).unwrap_or(0))
    }
}

/// Something that takes memory.
pub(super) trait Weighs: Any + Send + Sync {
    /// How much, in bytes.
    fn bytes(&self) -> usize;
}

impl Weighs for Column {
    fn bytes(&self) -> usize {
        self.codes.bytes() + self.values.bytes()
    }
}

impl Weighs for Plate {
    fn bytes(&self) -> usize {
        self.codes.bytes()
    }
}

impl Weighs for Bitmap {
    fn bytes(&self) -> usize {
        size_of_val(self.words())
    }
}

impl Weighs for Tally {
    /// Its rows are mostly held by themselves too.
    fn bytes(&self) -> usize {
        size_of_val(self.counts.as_slice())
    }
}

impl Weighs for Order {
    fn bytes(&self) -> usize {
        match self {
            Self::Stored => 0,
            Self::Rows(rows) => size_of_val(rows.as_slice()),
        }
    }
}

impl Weighs for Places {
    fn bytes(&self) -> usize {
        self.bits.bytes() + size_of_val(self.before.as_slice())
    }
}

/// Something that is held.
#[derive(Debug)]
struct Thing {
    what: Arc<dyn Any + Send + Sync>,
    bytes: usize,
    /// When it was used last.
    used: u64,
}

/// Things by name.
#[derive(Debug)]
pub(super) struct Held {
    things: HashMap<String, Thing>,
    /// What cannot be held as codes, by name.
    unfit: HashSet<String>,
    /// How many rows each entity has; `None` when they have no order by which to number them.
    rows: HashMap<String, Option<usize>>,
    bytes: usize,
    budget: usize,
    /// Counts uses, to tell which was last.
    clock: u64,
    is_closed: bool,
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
            is_closed: false,
        }
    }

    /// Forgets everything, and holds nothing from now on.
    pub(super) fn close(&mut self) {
        *self = Self { is_closed: true, ..Self::new(self.budget) };
    }

    pub(super) fn budget(&self) -> usize {
        self.budget
    }

    /// How many rows an entity has, once that was said.
    pub(super) fn rows(&self, entity: &str) -> Option<Option<usize>> {
        if self.is_closed {
            return Some(None);
        }
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

    /// What is held under a name.
    pub(super) fn get<T: Weighs>(&mut self, name: &str) -> Option<Arc<T>> {
        self.clock += 1;
        let thing = self.things.get_mut(name)?;
        thing.used = self.clock;
        Arc::clone(&thing.what).downcast().ok()
    }

    /// Holds a thing. One that is larger than the whole budget is unfit, and not held.
    pub(super) fn put<T: Weighs>(&mut self, name: String, what: Arc<T>) {
        if self.is_closed {
            return;
        }
        let bytes = what.bytes();
        if bytes > self.budget {
            self.unfit.insert(name);
            return;
        }
        self.clock += 1;
        let thing = Thing { what, bytes, used: self.clock };
        if let Some(old) = self.things.insert(name, thing) {
            self.bytes -= old.bytes;
        }
        self.bytes += bytes;
        while self.bytes > self.budget {
            let oldest = self.things.iter().min_by_key(|(_, thing)| thing.used);
            let Some(name) = oldest.map(|(name, _)| name.clone()) else { return };
            if let Some(old) = self.things.remove(&name) {
                self.bytes -= old.bytes;
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
            held.put(name.to_owned(), rows(1024));
        }
        assert!(held.get::<Bitmap>("a").is_some());
        held.put("d".to_owned(), rows(1024));
        assert!(held.get::<Bitmap>("b").is_none(), "it was used before the others");
        assert!(["a", "c", "d"].iter().all(|name| held.get::<Bitmap>(name).is_some()));
        assert_eq!(held.bytes, 3 * 128);
    }

    #[test]
    fn any_place_is_found_by_its_number() {
        let bits = Bitmap::of(20_000, |row| row % 7 == 3 || row > 19_000);
        let all: Vec<usize> = bits.iter().collect();
        let places = Places::new(bits);
        for number in [0, 1, 585, 586, 1_000, 2_715, all.len() - 1, all.len(), all.len() + 9] {
            let found: Vec<usize> = places.from(number as u64).take(3).collect();
            assert_eq!(found, all.iter().skip(number).take(3).copied().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_closed_one_holds_nothing_and_knows_no_rows() {
        let mut held = Held::new(1_000);
        held.set_rows("person", Some(64));
        held.put("a".to_owned(), rows(64));
        held.close();
        held.put("b".to_owned(), rows(64));
        assert!(held.get::<Bitmap>("a").is_none() && held.get::<Bitmap>("b").is_none());
        assert_eq!(held.rows("person"), Some(None), "all questions are for the database");
    }

    #[test]
    fn a_thing_larger_than_the_budget_is_unfit() {
        let mut held = Held::new(100);
        held.put("large".to_owned(), rows(1024));
        assert!(held.is_unfit("large") && held.get::<Bitmap>("large").is_none());
        assert_eq!(held.bytes, 0);
    }
}
