//! The dictionary of identifiers: (kind, text) to a dense number, in first-come order.
//!
//! Most of the time of a look-up is waiting for memory. So a look-up that finds its text touches
//! two places only, a line of the table and the record; and texts are looked up in blocks: each
//! step is done for a whole block before the next, so that the waits overlap.

mod records;
mod table;

use super::TooMany;
use foldhash::quality::RandomState;
use records::Records;
use std::hash::{BuildHasher as _, Hasher as _};
use table::{NOWHERE, Table};

/// Stands for "no identifier": a missing text, or a node that did not exist.
pub const NOBODY: u32 = u32::MAX;

/// Texts looked up together.
const BLOCK: usize = 64;

/// The kinds of the identifiers of one column.
#[derive(Debug, Clone, Copy)]
pub enum Kinds<'a> {
    /// Every identifier is of this kind.
    All(u16),
    /// One kind per row.
    Each(&'a [u16]),
}

impl Kinds<'_> {
    fn of(self, row: usize) -> u16 {
        match self {
            Self::All(kind) => kind,
            Self::Each(kinds) => kinds[row],
        }
    }
}

/// Gives each identifier, a text of some kind, a number: 0, 1, 2 … in first-come order.
///
/// Two identifiers get the same number when kind and text are equal byte by byte; a hash alone
/// never decides. The hash is seeded anew by each process, against crafted texts; numbers do not
/// depend on it.
#[derive(Debug, Clone)]
pub struct Interner {
    table: Table,
    records: Records,
    hasher: RandomState,
}

impl Default for Interner {
    fn default() -> Self {
        Self::new()
    }
}

impl Interner {
    /// An empty dictionary.
    pub fn new() -> Self {
        Self { table: Table::new(), records: Records::new(), hasher: RandomState::default() }
    }

    /// How many identifiers it holds; their numbers are those below.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The kind of an identifier.
    ///
    /// # Panics
    /// When it holds no such number; so does [`Interner::text`].
    pub fn kind(&self, id: u32) -> u16 {
        self.records.kind(id)
    }

    /// The text of an identifier.
    pub fn text(&self, id: u32) -> &str {
        std::str::from_utf8(self.bytes_of(id)).expect("records are made of whole texts")
    }

    /// The bytes of a text, which order like it.
    pub(super) fn bytes_of(&self, id: u32) -> &[u8] {
        self.records.text(id)
    }

    /// Kind and text, in whose order identifiers are compared where the order must not depend on
    /// which came first.
    pub fn key(&self, id: u32) -> (u16, &str) {
        (self.kind(id), self.text(id))
    }

    /// The bytes it takes in memory, room to grow included.
    pub fn memory_bytes(&self) -> usize {
        self.table.memory_bytes() + self.records.memory_bytes()
    }

    /// The number of an identifier that it may hold.
    pub fn find(&self, kind: u16, text: &str) -> Option<u32> {
        let is = |place| self.records.is(place, kind, text);
        let place = self.table.find(self.tag(kind, text), is).ok()?;
        Some(self.records.id_at(place))
    }

    /// The number of an identifier, which is added if need be.
    ///
    /// # Errors
    /// When it outgrows the numbers: see [`TooMany`].
    pub fn intern(&mut self, kind: u16, text: &str) -> Result<u32, TooMany> {
        self.table.make_room(self.len() + 1);
        self.settle(self.tag(kind, text), kind, text)
    }

    /// Appends to `out` the number of each text of a column, [`NOBODY`] for a missing one.
    /// Identifiers that are new are added, in the order of the rows.
    ///
    /// # Errors
    /// When it outgrows the numbers: see [`TooMany`]. What `out` got is then of no use.
    ///
    /// # Panics
    /// When kinds are given for each row, but for fewer rows than there are.
    pub fn intern_column<'t>(
        &mut self,
        kinds: Kinds<'_>,
        texts: impl IntoIterator<Item = Option<&'t str>>,
        out: &mut Vec<u32>,
    ) -> Result<(), TooMany> {
        let mut block = Block::new();
        for (row, text) in texts.into_iter().enumerate() {
            if let Some(text) = text {
                block.push(out.len(), kinds.of(row), text);
            }
            out.push(NOBODY);
            if block.len == BLOCK {
                self.intern_block(&mut block, out)?;
            }
        }
        self.intern_block(&mut block, out)
    }

    /// Looks a block up and empties it.
    fn intern_block(&mut self, block: &mut Block<'_>, out: &mut [u32]) -> Result<(), TooMany> {
        self.table.make_room(self.len() + block.len);
        self.guess(block);
        for i in 0..block.len {
            let (kind, text, guess) = (block.kinds[i], block.texts[i], block.guesses[i]);
            out[block.rows[i]] = if guess != NOWHERE && self.records.is(guess, kind, text) {
                self.records.id_at(guess)
            } else {
                self.settle(block.tags[i], kind, text)?
            };
        }
        block.len = 0;
        Ok(())
    }

    /// Finds for each text of a block the first place with its tag, and touches the memory that
    /// will be compared.
    fn guess(&self, block: &mut Block<'_>) {
        for i in 0..block.len {
            block.tags[i] = self.tag(block.kinds[i], block.texts[i]);
        }
        let touched = block.tags[..block.len].iter().fold(0, |t, tag| t ^ self.table.touch(*tag));
        std::hint::black_box(touched);
        for i in 0..block.len {
            block.guesses[i] = self.table.first(block.tags[i]);
        }
        let places = block.guesses[..block.len].iter().zip(&block.texts);
        let touched = places.fold(0, |t, (place, text)| t ^ self.records.touch(*place, text.len()));
        std::hint::black_box(touched);
    }

    /// Finds an identifier or adds it. There must be room to spare in the table.
    fn settle(&mut self, tag: u32, kind: u16, text: &str) -> Result<u32, TooMany> {
        match self.table.find(tag, |place| self.records.is(place, kind, text)) {
            Ok(place) => Ok(self.records.id_at(place)),
            Err(gap) => {
                let (id, place) = self.records.add(kind, text)?;
                self.table.put(gap, tag, place);
                Ok(id)
            }
        }
    }

    fn tag(&self, kind: u16, text: &str) -> u32 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(text.as_bytes());
        hasher.write_u16(kind);
        (hasher.finish() >> 32) as u32
    }
}

/// The present texts of up to [`BLOCK`] rows, with what was found out about each so far.
struct Block<'t> {
    len: usize,
    rows: [usize; BLOCK],
    kinds: [u16; BLOCK],
    texts: [&'t str; BLOCK],
    tags: [u32; BLOCK],
    guesses: [u32; BLOCK],
}

impl<'t> Block<'t> {
    fn new() -> Self {
        Self {
            len: 0,
            rows: [0; BLOCK],
            kinds: [0; BLOCK],
            texts: [""; BLOCK],
            tags: [0; BLOCK],
            guesses: [NOWHERE; BLOCK],
        }
    }

    fn push(&mut self, row: usize, kind: u16, text: &'t str) {
        self.rows[self.len] = row;
        self.kinds[self.len] = kind;
        self.texts[self.len] = text;
        self.len += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn interned(interner: &mut Interner, kinds: Kinds<'_>, texts: &[Option<&str>]) -> Vec<u32> {
        let mut out = Vec::new();
        interner.intern_column(kinds, texts.iter().copied(), &mut out).unwrap();
        out
    }

    #[test]
    fn numbers_come_in_first_come_order_and_a_missing_text_is_nobody() {
        let mut interner = Interner::new();
        let texts = [Some("b"), None, Some("a"), Some("b"), Some(""), Some("")];
        assert_eq!(interned(&mut interner, Kinds::All(3), &texts), [0, NOBODY, 1, 0, 2, 2]);
        assert_eq!(interner.len(), 3);
        assert_eq!((interner.kind(1), interner.text(1)), (3, "a"));
        assert_eq!(interner.key(2), (3, ""));
    }

    #[test]
    fn one_text_of_two_kinds_is_two_identifiers() {
        let mut interner = Interner::new();
        let kinds = Kinds::Each(&[0, 1, 0, u16::MAX]);
        let texts = [Some("x"), Some("x"), Some("x"), Some("x")];
        assert_eq!(interned(&mut interner, kinds, &texts), [0, 1, 0, 2]);
        assert_eq!(interner.kind(2), u16::MAX);
        assert_eq!(interner.find(1, "x"), Some(1));
        assert_eq!(interner.find(2, "x"), None);
    }

    #[test]
    fn an_empty_dictionary_holds_nothing() {
        let mut interner = Interner::default();
        assert!(interner.is_empty());
        assert_eq!(interner.find(0, ""), None);
        assert!(interned(&mut interner, Kinds::All(0), &[]).is_empty());
        assert_eq!(interned(&mut interner, Kinds::All(0), &[None]), [NOBODY]);
    }

    #[test]
    fn texts_of_one_tag_stay_apart() {
        let mut interner = Interner::new();
        interner.table.make_room(3);
        let ids: Vec<u32> =
            ["a", "b", "a", "c"].iter().map(|text| interner.settle(7, 0, text).unwrap()).collect();
        assert_eq!(ids, [0, 1, 0, 2]);
    }

    #[test]
    fn more_identifiers_than_numbers_is_an_error() {
        let mut interner = Interner::new();
        interner.records = Records::with_most(2, u32::MAX);
        let mut out = Vec::new();
        let texts = [Some("a"), Some("b"), Some("a")];
        assert_eq!(interner.intern_column(Kinds::All(0), texts, &mut out), Ok(()));
        assert_eq!(
            interner.intern_column(Kinds::All(0), [Some("b"), Some("c")], &mut out),
            Err(TooMany::Ids)
        );
        assert_eq!(interner.len(), 2);
    }

    #[test]
    fn half_a_million_identifiers_are_found_again() {
        let mut interner = Interner::new();
        let texts: Vec<String> = (0..500_000).map(|i| format!("user.{i}@mail.example")).collect();
        let column = || texts.iter().map(|text| Some(text.as_str()));
        let mut out = Vec::new();
        interner.intern_column(Kinds::All(1), column(), &mut out).unwrap();
        interner.intern_column(Kinds::All(1), column(), &mut out).unwrap();
        assert!(out.iter().enumerate().all(|(row, id)| *id as usize == row % 500_000));
        assert!(interner.memory_bytes() < 32 << 20, "{} bytes", interner.memory_bytes());
    }

    proptest! {
        #[test]
        fn numbers_are_those_of_a_plain_dictionary(
            rows in prop::collection::vec((0_u16..3, prop::option::of("[a-cä]{0,3}")), 0..400),
        ) {
            let kinds: Vec<u16> = rows.iter().map(|row| row.0).collect();
            let texts: Vec<Option<&str>> = rows.iter().map(|row| row.1.as_deref()).collect();
            let mut plain = BTreeMap::new();
            let expected: Vec<u32> = kinds.iter().zip(&texts).map(|(kind, text)| {
                let Some(text) = text else { return NOBODY };
                let next = plain.len() as u32;
                *plain.entry((*kind, *text)).or_insert(next)
            }).collect();
            let mut interner = Interner::new();
            prop_assert_eq!(&interned(&mut interner, Kinds::Each(&kinds), &texts), &expected);
            for ((kind, text), id) in plain {
                prop_assert_eq!(interner.key(id), (kind, text));
                prop_assert_eq!(interner.find(kind, text), Some(id));
                prop_assert_eq!(interner.intern(kind, text), Ok(id));
            }
        }
    }
}
