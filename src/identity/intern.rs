//! The dictionary of identifiers: (kind, text) to a dense number, in first-come order.
//!
//! Open addressing with linear probing. A slot holds 32 bits of the hash and the number; the text
//! lies in one long string. Slots are laid out in the order of those bits, so that growing moves
//! them from front to back without hashing a text again.
//!
//! Most of the time of a look-up is waiting for memory. Texts are therefore looked up in blocks:
//! each step is done for the whole block before the next, so that the waits overlap.

use super::TooMany;
use foldhash::quality::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};

/// Stands for "no identifier": a missing text, or a node that did not exist.
pub const NOBODY: u32 = u32::MAX;

/// Texts looked up together.
const BLOCK: usize = 128;

/// A slot that holds no number.
const FREE: u64 = u64::MAX;

/// Slots of a dictionary that has none yet.
const SLOTS_MIN: usize = 1024;

/// Bits of an entry that hold the kind.
const KIND_BITS: u32 = u16::BITS;

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
    /// The upper half is the tag of an identifier, the lower its number; or [`FREE`].
    slots: Vec<u64>,
    /// Where the text of a number starts, and its kind. One more than there are numbers: a text
    /// ends where the next one starts.
    entries: Vec<u64>,
    texts: String,
    hasher: RandomState,
    ids_max: u32,
}

impl Default for Interner {
    fn default() -> Self {
        Self::new()
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

impl Block<'_> {
    fn new() -> Self {
        Self {
            len: 0,
            rows: [0; BLOCK],
            kinds: [0; BLOCK],
            texts: [""; BLOCK],
            tags: [0; BLOCK],
            guesses: [NOBODY; BLOCK],
        }
    }
}

impl Interner {
    /// An empty dictionary.
    pub fn new() -> Self {
        Self {
            slots: Vec::new(),
            entries: vec![0],
            texts: String::new(),
            hasher: RandomState::default(),
            // The last number stands for nobody.
            ids_max: NOBODY,
        }
    }

    /// How many identifiers it holds; their numbers are those below.
    pub fn len(&self) -> usize {
        self.entries.len() - 1
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
        self.entries[..self.len()][id as usize] as u16
    }

    /// The text of an identifier.
    pub fn text(&self, id: u32) -> &str {
        let (start, end) = self.span(id);
        &self.texts[start..end]
    }

    /// Kind and text, in whose order identifiers are compared where the order must not depend on
    /// which came first.
    pub fn key(&self, id: u32) -> (u16, &str) {
        (self.kind(id), self.text(id))
    }

    /// The bytes it holds in memory, room to grow included.
    pub fn bytes(&self) -> usize {
        (self.slots.capacity() + self.entries.capacity()) * size_of::<u64>() + self.texts.capacity()
    }

    /// The number of an identifier that it may hold.
    pub fn find(&self, kind: u16, text: &str) -> Option<u32> {
        if self.slots.is_empty() {
            return None;
        }
        let tag = self.tag(kind, text);
        let mut at = self.home(tag);
        while self.slots[at] != FREE {
            let id = self.slots[at] as u32;
            if tag_of(self.slots[at]) == tag && self.is(id, kind, text) {
                return Some(id);
            }
            at = self.after(at);
        }
        None
    }

    /// The number of an identifier, which is added if need be.
    ///
    /// # Errors
    /// When there are more identifiers than numbers.
    pub fn intern(&mut self, kind: u16, text: &str) -> Result<u32, TooMany> {
        self.make_room(1);
        self.settle(self.tag(kind, text), kind, text)
    }

    /// Appends to `out` the number of each text of a column, [`NOBODY`] for a missing one.
    /// Identifiers that are new are added, in the order of the rows.
    ///
    /// # Errors
    /// When there are more identifiers than numbers. What `out` got is then of no use.
    ///
    /// # Panics
    /// When there is a kind for each row, but for fewer rows.
    pub fn intern_column<'t>(
        &mut self,
        kinds: Kinds<'_>,
        texts: impl IntoIterator<Item = Option<&'t str>>,
        out: &mut Vec<u32>,
    ) -> Result<(), TooMany> {
        let mut block = Block::new();
        for (row, text) in texts.into_iter().enumerate() {
            if let Some(text) = text {
                block.rows[block.len] = out.len();
                block.kinds[block.len] = kinds.of(row);
                block.texts[block.len] = text;
                block.len += 1;
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
        self.make_room(block.len);
        self.guess(block);
        for i in 0..block.len {
            let (kind, text, guess) = (block.kinds[i], block.texts[i], block.guesses[i]);
            out[block.rows[i]] = if guess != NOBODY && self.is(guess, kind, text) {
                guess
            } else {
                self.settle(block.tags[i], kind, text)?
            };
        }
        block.len = 0;
        Ok(())
    }

    /// Finds for each text of a block the first number with its tag, and touches the memory in
    /// which the comparison will look.
    fn guess(&self, block: &mut Block<'_>) {
        let len = block.len;
        for i in 0..len {
            block.tags[i] = self.tag(block.kinds[i], block.texts[i]);
        }
        let mut touched = 0;
        for &tag in &block.tags[..len] {
            touched ^= self.slots[self.home(tag)];
        }
        std::hint::black_box(touched);
        for i in 0..len {
            block.guesses[i] = self.first_of_tag(block.tags[i]);
        }
        let mut starts = [0; BLOCK];
        for (start, &guess) in starts.iter_mut().zip(&block.guesses[..len]) {
            // Any entry will do for a text that has none.
            *start = start_of(self.entries[if guess == NOBODY { 0 } else { guess as usize }]);
        }
        let bytes = self.texts.as_bytes();
        let last = bytes.len().saturating_sub(1);
        let mut touched = 0;
        for (start, text) in starts.iter().zip(&block.texts[..len]) {
            touched ^= bytes.get(*start).copied().unwrap_or(0);
            touched ^= bytes.get((start + text.len()).min(last)).copied().unwrap_or(0);
        }
        std::hint::black_box(touched);
    }

    fn first_of_tag(&self, tag: u32) -> u32 {
        let mut at = self.home(tag);
        while self.slots[at] != FREE {
            if tag_of(self.slots[at]) == tag {
                return self.slots[at] as u32;
            }
            at = self.after(at);
        }
        NOBODY
    }

    /// Finds an identifier or adds it. There must be a free slot to spare.
    fn settle(&mut self, tag: u32, kind: u16, text: &str) -> Result<u32, TooMany> {
        let mut at = self.home(tag);
        while self.slots[at] != FREE {
            let id = self.slots[at] as u32;
            if tag_of(self.slots[at]) == tag && self.is(id, kind, text) {
                return Ok(id);
            }
            at = self.after(at);
        }
        let id = self.add(kind, text)?;
        self.slots[at] = u64::from(tag) << 32 | u64::from(id);
        Ok(id)
    }

    fn add(&mut self, kind: u16, text: &str) -> Result<u32, TooMany> {
        let id = u32::try_from(self.len()).ok().filter(|id| *id < self.ids_max);
        let id = id.ok_or(TooMany::Ids)?;
        if let Some(entry) = self.entries.last_mut() {
            *entry |= u64::from(kind);
        }
        self.texts.push_str(text);
        self.entries.push((self.texts.len() as u64) << KIND_BITS);
        Ok(id)
    }

    /// Whether a number stands for this kind and text.
    fn is(&self, id: u32, kind: u16, text: &str) -> bool {
        let (start, end) = self.span(id);
        self.entries[id as usize] as u16 == kind
            && end - start == text.len()
            && self.texts.as_bytes()[start..end] == *text.as_bytes()
    }

    fn span(&self, id: u32) -> (usize, usize) {
        let id = id as usize;
        (start_of(self.entries[id]), start_of(self.entries[id + 1]))
    }

    fn tag(&self, kind: u16, text: &str) -> u32 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(text.as_bytes());
        hasher.write_u16(kind);
        (hasher.finish() >> 32) as u32
    }

    /// The slot where the search for a tag starts: a greater tag never has a smaller one.
    fn home(&self, tag: u32) -> usize {
        home(tag, self.slots.len())
    }

    fn after(&self, slot: usize) -> usize {
        if slot + 1 == self.slots.len() { 0 } else { slot + 1 }
    }

    /// Grows so that after `more` identifiers at least three slots of eight are still free.
    fn make_room(&mut self, more: usize) {
        let needed = (self.len() + more) / 5 * 8 + 8;
        if needed > self.slots.len() {
            self.grow((self.slots.len() * 2).max(SLOTS_MIN).max(needed));
        }
    }

    fn grow(&mut self, slots: usize) {
        let old = std::mem::replace(&mut self.slots, vec![FREE; slots]);
        for slot in old.into_iter().filter(|slot| *slot != FREE) {
            let mut at = self.home(tag_of(slot));
            while self.slots[at] != FREE {
                at = self.after(at);
            }
            self.slots[at] = slot;
        }
    }
}

fn tag_of(slot: u64) -> u32 {
    (slot >> 32) as u32
}

fn start_of(entry: u64) -> usize {
    (entry >> KIND_BITS) as usize
}

fn home(tag: u32, slots: usize) -> usize {
    ((u128::from(tag) * slots as u128) >> 32) as usize
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
        interner.make_room(3);
        let ids: Vec<u32> =
            ["a", "b", "a", "c"].iter().map(|text| interner.settle(7, 0, text).unwrap()).collect();
        assert_eq!(ids, [0, 1, 0, 2]);
    }

    #[test]
    fn tags_at_the_end_wrap_around_also_while_growing() {
        let mut interner = Interner::new();
        interner.make_room(1);
        let name = |i: u32| format!("id{i}");
        for i in 0..500 {
            assert_eq!(interner.settle(u32::MAX - i % 3, 0, &name(i)).unwrap(), i);
        }
        interner.grow(2048);
        for i in 0..500 {
            assert_eq!(interner.settle(u32::MAX - i % 3, 0, &name(i)).unwrap(), i);
        }
    }

    #[test]
    fn more_identifiers_than_numbers_is_an_error() {
        let mut interner = Interner::new();
        interner.ids_max = 2;
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
        assert!(interner.bytes() < 32 << 20, "{} bytes", interner.bytes());
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
