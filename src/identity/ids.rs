//! The ids of rows, as they are collected: a number for each, when it was first seen, and the pairs
//! that stand in one row.

use super::TooMany;
use super::edges::{Edges, UNTIMED};
use super::intern::{Interner, Kinds, NOBODY};

/// The ids of an entity and their pairs.
///
/// Rows are taken block by block: [`Ids::intern_column`] for each column of ids, then one of
/// [`Ids::take`] and [`Ids::take_untimed`].
#[derive(Debug, Default)]
pub struct Ids {
    pub(super) interner: Interner,
    /// When each id was first seen. Ids past the end were seen at no known moment.
    pub(super) seen: Vec<i64>,
    pub(super) edges: Edges,
    /// Pairs that only say what was joined in an earlier run.
    pub(super) joined: Vec<(u32, u32)>,
}

impl Ids {
    /// The numbers of the ids.
    pub fn interner(&self) -> &Interner {
        &self.interner
    }

    /// The pairs, as often as they came.
    pub fn edges(&self) -> &Edges {
        &self.edges
    }

    /// Appends to `out` the number of each id of a column, which are all of one kind; [`NOBODY`]
    /// for one that is missing or blank.
    ///
    /// # Errors
    /// When the ids outgrow their numbers. What `out` got is then of no use.
    pub fn intern_column<'t>(
        &mut self,
        kind: u16,
        texts: impl IntoIterator<Item = Option<&'t str>>,
        out: &mut Vec<u32>,
    ) -> Result<(), TooMany> {
        let there = |text: &&str| !text.trim_matches(' ').is_empty();
        let texts = texts.into_iter().map(|text| text.filter(there));
        self.interner.intern_column(Kinds::All(kind), texts, out)
    }

    /// The number of an id, which is added if need be.
    ///
    /// # Errors
    /// When the ids outgrow their numbers.
    pub fn intern(&mut self, kind: u16, text: &str) -> Result<u32, TooMany> {
        self.interner.intern(kind, text)
    }

    /// Takes the ids of some rows, given column by column and with the moment of each row, in
    /// microseconds since 1970: each two of a row are a pair.
    ///
    /// # Errors
    /// When there are more pairs than can be numbered.
    ///
    /// # Panics
    /// When a column has fewer rows than there are moments, or a number that no id has.
    pub fn take(
        &mut self,
        columns: &[Vec<u32>],
        moments: impl IntoIterator<Item = Option<i64>>,
    ) -> Result<(), TooMany> {
        self.seen.resize(self.interner.len(), UNTIMED);
        for (row, seen) in moments.into_iter().enumerate() {
            let seen = seen.unwrap_or(UNTIMED);
            for (at, column) in columns.iter().enumerate() {
                let a = column[row];
                if a == NOBODY {
                    continue;
                }
                let first = &mut self.seen[a as usize];
                *first = (*first).min(seen);
                for other in &columns[at + 1..] {
                    let b = other[row];
                    if b != NOBODY && a != b {
                        self.edges.push(a, b, seen)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes the ids of rows without a moment: when an id was seen needs no looking up.
    ///
    /// # Errors
    /// When there are more pairs than can be numbered.
    pub fn take_untimed(&mut self, columns: &[Vec<u32>]) -> Result<(), TooMany> {
        self.seen.resize(self.interner.len(), UNTIMED);
        for (at, column) in columns.iter().enumerate() {
            for other in &columns[at + 1..] {
                for (a, b) in column.iter().zip(other) {
                    if *a != NOBODY && *b != NOBODY && a != b {
                        self.edges.push(*a, *b, UNTIMED)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// Notes that an id was seen at a moment.
    pub(super) fn note(&mut self, id: u32, seen: i64) {
        let at = id as usize;
        if at >= self.seen.len() {
            self.seen.resize(self.interner.len().max(at + 1), UNTIMED);
        }
        self.seen[at] = self.seen[at].min(seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes rows of an e-mail, a user and a device, with a moment each.
    fn take(ids: &mut Ids, rows: &[([Option<&str>; 3], Option<i64>)]) {
        let mut columns = vec![Vec::new(); 3];
        for (kind, column) in (0_u16..).zip(&mut columns) {
            let texts = rows.iter().map(|(row, _)| row[usize::from(kind)]);
            ids.intern_column(kind, texts, column).unwrap();
        }
        ids.take(&columns, rows.iter().map(|(_, seen)| *seen)).unwrap();
    }

    /// The pairs by text, with their moments.
    fn pairs(ids: &Ids) -> Vec<(&str, &str, i64)> {
        let text = |id| ids.interner.text(id);
        let pairs = ids.edges.pairs().enumerate();
        pairs.map(|(at, (a, b))| (text(a), text(b), ids.edges.seen(at))).collect()
    }

    #[test]
    fn each_two_ids_of_a_row_are_a_pair() {
        let mut ids = Ids::default();
        take(&mut ids, &[([Some("m"), Some("u"), Some("d")], Some(5))]);
        assert_eq!(pairs(&ids), [("m", "u", 5), ("m", "d", 5), ("u", "d", 5)]);
        assert_eq!(ids.seen, [5, 5, 5]);
    }

    #[test]
    fn an_id_alone_is_seen_and_in_no_pair() {
        let mut ids = Ids::default();
        take(&mut ids, &[([None, Some("u"), None], Some(9)), ([None, None, None], Some(1))]);
        assert_eq!(pairs(&ids), []);
        assert_eq!((ids.interner.len(), &ids.seen[..]), (1, &[9][..]));
    }

    #[test]
    fn an_id_was_first_seen_at_the_least_of_its_moments() {
        let mut ids = Ids::default();
        take(&mut ids, &[([Some("m"), Some("u"), None], None)]);
        assert_eq!(ids.seen, [UNTIMED, UNTIMED]);
        take(&mut ids, &[([Some("m"), None, None], Some(7)), ([Some("m"), None, None], Some(8))]);
        assert_eq!(ids.seen, [7, UNTIMED]);
        take(&mut ids, &[([Some("m"), Some("u"), None], Some(-3))]);
        assert_eq!(ids.seen, [-3, -3]);
        assert_eq!(pairs(&ids), [("m", "u", UNTIMED), ("m", "u", -3)]);
    }

    #[test]
    fn a_blank_text_is_no_id_but_other_white_space_is() {
        let mut ids = Ids::default();
        let mut out = Vec::new();
        let texts = [Some(""), Some("  "), None, Some("\t"), Some(" a ")];
        ids.intern_column(0, texts, &mut out).unwrap();
        assert_eq!(out, [NOBODY, NOBODY, NOBODY, 0, 1]);
        assert_eq!(ids.interner.text(1), " a ");
    }

    #[test]
    fn one_id_twice_in_a_row_is_no_pair() {
        let mut ids = Ids::default();
        let id = ids.intern(0, "a").unwrap();
        ids.take(&[vec![id], vec![id]], [Some(4)]).unwrap();
        ids.take_untimed(&[vec![id], vec![id]]).unwrap();
        assert!(ids.edges.is_empty());
        assert_eq!(ids.seen, [4]);
    }

    #[test]
    fn rows_without_moments_give_the_pairs_that_missing_moments_give() {
        let (mut timed, mut untimed) = (Ids::default(), Ids::default());
        let columns = [vec![0, 1, NOBODY, 2], vec![1, 1, 2, NOBODY], vec![2, NOBODY, 0, 2]];
        for ids in [&mut timed, &mut untimed] {
            for text in ["a", "b", "c"] {
                ids.intern(0, text).unwrap();
            }
        }
        timed.take(&columns, [None; 4]).unwrap();
        untimed.take_untimed(&columns).unwrap();
        assert_eq!(timed.edges.clone().merge_repeats(), untimed.edges.clone().merge_repeats());
        assert_eq!(timed.seen, untimed.seen);
        assert_eq!(timed.edges.len(), 4);
    }

    #[test]
    fn noting_an_id_leaves_those_before_it_untimed() {
        let mut ids = Ids::default();
        let [_, b] = ["a", "b"].map(|text| ids.intern(0, text).unwrap());
        ids.note(b, 6);
        ids.note(b, 8);
        assert_eq!(ids.seen, [UNTIMED, 6]);
    }
}
