//! Pairs of identifiers that belong together, column by column.
//!
//! A pair has no direction: its smaller number stands first. What most graphs do not need takes no
//! memory: the columns of moments, rows and marks stay empty until a value needs them.

use super::TooMany;
use super::intern::NOBODY;

/// The moment of an edge whose row has none: later than any other.
pub const UNTIMED: i64 = i64::MAX;

/// The identifier graph: pairs of numbers of an [`Interner`](super::Interner).
///
/// A pair of a number with itself says only that the identifier exists, and since when.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edges {
    a: Vec<u32>,
    b: Vec<u32>,
    /// Microseconds since 1970. Empty when every edge is [`UNTIMED`].
    seen: Vec<i64>,
    /// Empty when every edge stands for one row.
    rows: Vec<u32>,
    /// Empty when no edge is fixed.
    fixed: Vec<bool>,
}

impl Edges {
    /// No edges.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many edges there are.
    pub fn len(&self) -> usize {
        self.a.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.a.is_empty()
    }

    /// The smaller number of each edge.
    pub fn a(&self) -> &[u32] {
        &self.a
    }

    /// The greater number of each edge.
    pub fn b(&self) -> &[u32] {
        &self.b
    }

    /// Both numbers of an edge.
    pub fn ends(&self, edge: usize) -> (u32, u32) {
        (self.a[edge], self.b[edge])
    }

    /// Both numbers of each edge.
    pub fn pairs(&self) -> impl ExactSizeIterator<Item = (u32, u32)> + '_ {
        self.a.iter().copied().zip(self.b.iter().copied())
    }

    /// When an edge was first seen, in microseconds since 1970, or [`UNTIMED`].
    pub fn seen(&self, edge: usize) -> i64 {
        self.seen.get(edge).copied().unwrap_or(UNTIMED)
    }

    /// How many rows support an edge; [`u32::MAX`] stands for as many or more.
    pub fn rows(&self, edge: usize) -> u32 {
        self.rows.get(edge).copied().unwrap_or(1)
    }

    /// Whether an edge was put there by hand: no cap refuses it.
    pub fn is_fixed(&self, edge: usize) -> bool {
        self.fixed.get(edge).copied().unwrap_or(false)
    }

    /// Adds an edge that one row supports.
    ///
    /// # Errors
    /// When there are more edges than a `u32` counts.
    pub fn push(&mut self, a: u32, b: u32, seen: i64) -> Result<(), TooMany> {
        if self.len() >= u32::MAX as usize {
            return Err(TooMany::Edges);
        }
        if seen != UNTIMED && self.seen.is_empty() {
            self.seen.resize(self.len(), UNTIMED);
        }
        if seen != UNTIMED || !self.seen.is_empty() {
            self.seen.push(seen);
        }
        if !self.rows.is_empty() {
            self.rows.push(1);
        }
        if !self.fixed.is_empty() {
            self.fixed.push(false);
        }
        self.a.push(a.min(b));
        self.b.push(a.max(b));
        Ok(())
    }

    /// Adds an edge that was put there by hand: no cap refuses it.
    ///
    /// # Errors
    /// When there are more edges than a `u32` counts.
    pub fn push_fixed(&mut self, a: u32, b: u32, seen: i64) -> Result<(), TooMany> {
        self.push(a, b, seen)?;
        self.fixed.resize(self.len(), false);
        if let Some(fixed) = self.fixed.last_mut() {
            *fixed = true;
        }
        Ok(())
    }

    /// Adds an edge for each row of two columns of numbers, but for those where either is
    /// [`NOBODY`]. `seen` has the moment of each row, or is empty.
    ///
    /// # Errors
    /// When there are more edges than a `u32` counts.
    ///
    /// # Panics
    /// When the columns differ in length.
    pub fn push_columns(&mut self, a: &[u32], b: &[u32], seen: &[i64]) -> Result<(), TooMany> {
        assert_eq!(a.len(), b.len(), "two columns of one table");
        assert!(seen.is_empty() || seen.len() == a.len(), "a moment for each row, or none");
        for (row, (&a, &b)) in a.iter().zip(b).enumerate() {
            if a != NOBODY && b != NOBODY {
                self.push(a, b, seen.get(row).copied().unwrap_or(UNTIMED))?;
            }
        }
        Ok(())
    }

    /// The same graph with each pair once: seen when it was first seen, supported by the rows of
    /// all its repeats, fixed when one of them was.
    ///
    /// The edges come out ordered by `a`, then `b`, whatever order the rows had.
    #[must_use]
    pub fn merge_repeats(self) -> Self {
        let mut merged = Self::default();
        let mut grouped = Grouped::by_a(&self);
        for a in 0..grouped.len() {
            let group = grouped.of(a);
            if group.len() > 1 {
                group.sort_unstable();
            }
            for same in group.chunk_by(|x, y| b_of(*x) == b_of(*y)) {
                merged.push_merged(&self, a as u32, same);
            }
        }
        merged
    }

    /// Adds one edge for `same`, all repeats of one pair in `from`.
    fn push_merged(&mut self, from: &Self, a: u32, same: &[u64]) {
        let edges = || same.iter().map(|packed| edge_of(*packed));
        self.a.push(a);
        self.b.push(b_of(same[0]));
        if !from.seen.is_empty() {
            self.seen.push(edges().map(|edge| from.seen[edge]).min().unwrap_or(UNTIMED));
        }
        self.rows.push(edges().map(|edge| from.rows(edge)).fold(0, u32::saturating_add));
        if !from.fixed.is_empty() {
            self.fixed.push(edges().any(|edge| from.fixed[edge]));
        }
    }

    /// Keeps the edges for which `keep` says so, given their place.
    pub fn retain(&mut self, mut keep: impl FnMut(usize) -> bool) {
        let kept: Vec<u32> =
            (0..self.len()).filter(|edge| keep(*edge)).map(|edge| edge as u32).collect();
        if kept.len() < self.len() {
            *self = self.picked(&kept);
        }
    }

    /// The edges at these places, in this order.
    #[must_use]
    pub fn picked(&self, places: &[u32]) -> Self {
        Self {
            a: pick(&self.a, places),
            b: pick(&self.b, places),
            seen: pick(&self.seen, places),
            rows: pick(&self.rows, places),
            fixed: pick(&self.fixed, places),
        }
    }
}

/// The values at these places of a column, nothing of an empty one.
fn pick<T: Copy>(column: &[T], places: &[u32]) -> Vec<T> {
    if column.is_empty() {
        return Vec::new();
    }
    places.iter().map(|place| column[*place as usize]).collect()
}

/// The edges grouped by their smaller number: where each group ends, and in each group the greater
/// number and the place of each edge, packed.
struct Grouped {
    ends: Vec<u32>,
    packed: Vec<u64>,
}

impl Grouped {
    fn by_a(edges: &Edges) -> Self {
        let nodes = edges.a.iter().max().map_or(0, |a| *a as usize + 1);
        let mut ends = vec![0_u32; nodes];
        for &a in &edges.a {
            ends[a as usize] += 1;
        }
        let mut start = 0;
        for end in &mut ends {
            // For now where the group starts; filling it moves that to its end.
            start += std::mem::replace(end, start);
        }
        let mut packed = vec![0; edges.len()];
        for (edge, (a, b)) in edges.pairs().enumerate() {
            let at = &mut ends[a as usize];
            packed[*at as usize] = u64::from(b) << 32 | edge as u64;
            *at += 1;
        }
        Self { ends, packed }
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn of(&mut self, a: usize) -> &mut [u64] {
        let start = if a == 0 { 0 } else { self.ends[a - 1] };
        &mut self.packed[start as usize..self.ends[a] as usize]
    }
}

fn b_of(packed: u64) -> u32 {
    (packed >> 32) as u32
}

fn edge_of(packed: u64) -> usize {
    packed as u32 as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Interner;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn listed(edges: &Edges) -> Vec<(u32, u32, i64, u32, bool)> {
        edges
            .pairs()
            .enumerate()
            .map(|(i, (a, b))| (a, b, edges.seen(i), edges.rows(i), edges.is_fixed(i)))
            .collect()
    }

    #[test]
    fn a_row_with_a_missing_identifier_is_no_edge() {
        let mut edges = Edges::new();
        edges.push_columns(&[5, NOBODY, 1, 2], &[3, 1, NOBODY, 2], &[]).unwrap();
        assert_eq!(listed(&edges), [(3, 5, UNTIMED, 1, false), (2, 2, UNTIMED, 1, false)]);
    }

    #[test]
    fn a_moment_that_comes_late_leaves_the_earlier_edges_untimed() {
        let mut edges = Edges::new();
        edges.push(0, 1, UNTIMED).unwrap();
        edges.push_fixed(2, 1, 7).unwrap();
        edges.push(3, 3, UNTIMED).unwrap();
        assert_eq!(
            listed(&edges),
            [(0, 1, UNTIMED, 1, false), (1, 2, 7, 1, true), (3, 3, UNTIMED, 1, false)]
        );
    }

    #[test]
    fn repeats_keep_the_first_moment_and_add_their_rows() {
        let mut edges = Edges::new();
        edges.push_columns(&[4, 1, 2, 4], &[1, 4, 2, 0], &[9, 3, UNTIMED, 5]).unwrap();
        edges.push_fixed(1, 4, UNTIMED).unwrap();
        let merged = edges.merge_repeats();
        let expected = [(0, 4, 5, 1, false), (1, 4, 3, 3, true), (2, 2, UNTIMED, 1, false)];
        assert_eq!(listed(&merged), expected);
        assert_eq!(listed(&merged.merge_repeats()), expected);
    }

    #[test]
    fn no_edges_stay_no_edges() {
        let mut edges = Edges::new().merge_repeats();
        edges.in_first_seen_order(&Interner::new());
        assert!(edges.is_empty());
    }

    #[test]
    fn edges_are_kept_by_their_place() {
        let mut edges = Edges::new();
        edges.push_columns(&[0, 1, 2], &[1, 2, 3], &[7, 8, 9]).unwrap();
        edges.retain(|edge| edge != 1);
        assert_eq!(listed(&edges), [(0, 1, 7, 1, false), (2, 3, 9, 1, false)]);
    }

    proptest! {
        #[test]
        fn merging_is_what_a_plain_dictionary_does(
            rows in prop::collection::vec((0_u32..8, 0_u32..8, prop::option::of(-3_i64..3)), 0..80),
        ) {
            let mut edges = Edges::new();
            let mut plain: BTreeMap<(u32, u32), (i64, u32)> = BTreeMap::new();
            for (a, b, seen) in rows {
                let seen = seen.unwrap_or(UNTIMED);
                edges.push(a, b, seen).unwrap();
                let pair = plain.entry((a.min(b), a.max(b))).or_insert((UNTIMED, 0));
                *pair = (pair.0.min(seen), pair.1 + 1);
            }
            let expected: Vec<_> = plain
                .into_iter()
                .map(|((a, b), (seen, rows))| (a, b, seen, rows, false))
                .collect();
            prop_assert_eq!(listed(&edges.merge_repeats()), expected);
        }
    }
}
