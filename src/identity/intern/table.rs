//! Finds places by tag: a hash table whose lines are those of the processor's cache.
//!
//! A tag belongs into the line that its size says; when that is full, into the next. So lines are
//! in the order of the tags, and growing moves them from front to back. A look-up that is settled
//! in its first line, as nearly all are, waits for memory once.

/// Stands for no place.
pub(super) const NOWHERE: u32 = 0;

/// Tags and places in a line.
const LANES: usize = 8;

/// Lines of a table that has grown for the first time.
const LINES_MIN: usize = 128;

/// As many bytes as a line of the processor's cache, and lying as one. Filled from the front.
#[derive(Debug, Clone)]
#[repr(align(64))]
struct Line {
    tags: [u32; LANES],
    places: [u32; LANES],
}

impl Line {
    const EMPTY: Self = Self { tags: [0; LANES], places: [NOWHERE; LANES] };

    /// The lanes with this tag, one bit each. No branch, so that lanes are compared all at once.
    fn lanes_of(&self, tag: u32) -> u32 {
        let same = self.tags.iter().map(|other| u32::from(*other == tag));
        same.enumerate().fold(0, |lanes, (lane, same)| lanes | same << lane)
    }

    fn is_full(&self) -> bool {
        self.places[LANES - 1] != NOWHERE
    }
}

/// Where a tag and its place can be put.
#[derive(Debug, Clone, Copy)]
pub(super) struct Gap {
    line: usize,
    lane: usize,
}

/// Tags, 32 bits of a hash, and a place for each. Places may share a tag.
#[derive(Debug, Clone)]
pub(super) struct Table {
    lines: Vec<Line>,
}

impl Table {
    /// A table with room for nothing, which can be searched.
    pub(super) fn new() -> Self {
        Self { lines: vec![Line::EMPTY] }
    }

    /// The bytes it holds in memory.
    pub(super) fn memory_bytes(&self) -> usize {
        self.lines.capacity() * size_of::<Line>()
    }

    /// Grows so that a quarter of it is still free when it holds `len` places.
    pub(super) fn make_room(&mut self, len: usize) {
        let needed = len / (LANES - LANES / 4) + 1;
        if needed >= self.lines.len() {
            self.grow(needed.max(self.lines.len() * 2).max(LINES_MIN));
        }
    }

    /// Something from the line where the search for a tag starts, to have it fetched from memory.
    pub(super) fn touch(&self, tag: u32) -> u32 {
        self.lines[self.home(tag)].tags[0]
    }

    /// The first place with a tag, or [`NOWHERE`].
    pub(super) fn first(&self, tag: u32) -> u32 {
        let mut at = self.home(tag);
        loop {
            let line = &self.lines[at];
            let lanes = line.lanes_of(tag);
            if lanes != 0 {
                return line.places[lanes.trailing_zeros() as usize];
            }
            if !line.is_full() {
                return NOWHERE;
            }
            at = self.after(at);
        }
    }

    /// The place with a tag for which `is` says so, or else where it can be put.
    pub(super) fn find(&self, tag: u32, is: impl Fn(u32) -> bool) -> Result<u32, Gap> {
        let mut at = self.home(tag);
        loop {
            let line = &self.lines[at];
            for (lane, (&other, &place)) in line.tags.iter().zip(&line.places).enumerate() {
                if place == NOWHERE {
                    return Err(Gap { line: at, lane });
                }
                if other == tag && is(place) {
                    return Ok(place);
                }
            }
            at = self.after(at);
        }
    }

    /// Fills a gap that [`Table::find`] found for this tag.
    pub(super) fn put(&mut self, gap: Gap, tag: u32, place: u32) {
        self.lines[gap.line].tags[gap.lane] = tag;
        self.lines[gap.line].places[gap.lane] = place;
    }

    /// The line where the search for a tag starts: a greater tag never has an earlier one.
    fn home(&self, tag: u32) -> usize {
        ((u128::from(tag) * self.lines.len() as u128) >> u32::BITS) as usize
    }

    fn after(&self, line: usize) -> usize {
        if line + 1 == self.lines.len() { 0 } else { line + 1 }
    }

    fn grow(&mut self, lines: usize) {
        let old = std::mem::replace(&mut self.lines, vec![Line::EMPTY; lines]);
        for line in old {
            for (tag, place) in line.tags.into_iter().zip(line.places) {
                if place == NOWHERE {
                    break;
                }
                if let Err(gap) = self.find(tag, |_| false) {
                    self.put(gap, tag, place);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(table: &mut Table, tag: u32, place: u32) {
        let gap = table.find(tag, |other| other == place).unwrap_err();
        table.put(gap, tag, place);
    }

    #[test]
    fn a_line_is_one_line_of_the_cache() {
        assert_eq!((size_of::<Line>(), align_of::<Line>()), (64, 64));
    }

    #[test]
    fn a_new_table_holds_nothing() {
        let table = Table::new();
        assert_eq!(table.first(0), NOWHERE);
        assert!(table.find(0, |_| true).is_err());
    }

    #[test]
    fn the_tag_of_an_empty_lane_is_not_found() {
        let mut table = Table::new();
        add(&mut table, 7, 1);
        assert_eq!((table.first(0), table.first(7)), (NOWHERE, 1));
        add(&mut table, 0, 2);
        assert_eq!((table.first(0), table.find(0, |place| place == 2).ok()), (2, Some(2)));
    }

    #[test]
    fn places_of_one_tag_run_over_into_the_next_lines_also_around_the_end() {
        let mut table = Table::new();
        table.make_room(500);
        for place in 1..=500 {
            add(&mut table, u32::MAX - place % 3, place);
        }
        for lines in [0, 300, 1_000] {
            if lines > 0 {
                table.grow(lines);
            }
            for place in 1..=500 {
                let tag = u32::MAX - place % 3;
                assert_eq!(table.find(tag, |other| other == place).ok(), Some(place));
            }
            assert!(table.find(u32::MAX - 3, |_| true).is_err());
        }
    }

    #[test]
    fn the_first_place_is_looked_for_beyond_a_full_line() {
        let mut table = Table::new();
        table.make_room(50);
        for place in 1..=50 {
            add(&mut table, 1_000 + place, place);
        }
        assert_eq!(table.home(1_001), table.home(1_050));
        assert!((1..=50).all(|place| table.first(1_000 + place) == place));
        assert_eq!(table.first(1_051), NOWHERE);
    }

    #[test]
    fn a_quarter_stays_free() {
        let mut table = Table::new();
        for len in 1..100_000 {
            table.make_room(len);
            assert!(len <= table.lines.len() * LANES / 4 * 3, "{len}");
            assert!(table.lines.len() <= LINES_MIN.max(len), "{len}");
        }
    }
}
