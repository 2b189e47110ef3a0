//! Sets of rows, a bit each, and the loops over them.
//!
//! The loops are written so that the compiler turns them into vector instructions, once for each
//! set of instructions that is worth it; which is used is decided when the program runs.

use multiversion::multiversion;

/// So many rows stand in one word.
const WORD: usize = 64;

/// A set of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitmap {
    rows: usize,
    /// Bits beyond the last row are 0.
    words: Vec<u64>,
}

impl Bitmap {
    /// No row.
    pub fn none(rows: usize) -> Self {
        Self { rows, words: vec![0; rows.div_ceil(WORD)] }
    }

    /// Every row.
    pub fn all(rows: usize) -> Self {
        let mut all = Self { rows, words: vec![!0; rows.div_ceil(WORD)] };
        all.trim();
        all
    }

    /// The rows for which `holds`.
    pub fn of(rows: usize, holds: impl Fn(usize) -> bool) -> Self {
        let mut made = Self::none(rows);
        for row in (0..rows).filter(|row| holds(*row)) {
            made.insert(row);
        }
        made
    }

    /// Adds a row. One that there is not is left out.
    pub fn insert(&mut self, row: usize) {
        if let Some(word) = self.words.get_mut(row / WORD).filter(|_| row < self.rows) {
            *word |= 1 << (row % WORD);
        }
    }

    /// How many rows there are to choose from.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The words, the first row in the lowest bit of the first.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// How many rows are in it.
    pub fn count(&self) -> u64 {
        count(&self.words)
    }

    /// How many rows are in one of both, but not in the other.
    pub fn distance(&self, other: &Self) -> u64 {
        distance(&self.words, &other.words)
    }

    /// Keeps what is in `other` too.
    pub fn and(&mut self, other: &Self) {
        and(&mut self.words, &other.words);
    }

    /// Adds what is in `other`.
    pub fn or(&mut self, other: &Self) {
        or(&mut self.words, &other.words);
    }

    /// Everything else.
    pub fn not(&mut self) {
        for word in &mut self.words {
            *word = !*word;
        }
        self.trim();
    }

    /// Whether a row is in it.
    pub fn contains(&self, row: usize) -> bool {
        self.words.get(row / WORD).is_some_and(|word| word >> (row % WORD) & 1 == 1)
    }

    /// The rows in it, in order.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.iter_from(0)
    }

    /// The same, of the words from one on.
    pub(super) fn iter_from(&self, first: usize) -> impl Iterator<Item = usize> + '_ {
        self.words.iter().enumerate().skip(first).flat_map(|(at, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
                rest &= rest - 1;
                Some(at * WORD + bit)
            })
        })
    }

    fn trim(&mut self) {
        let used = self.rows % WORD;
        if let Some(last) = self.words.last_mut().filter(|_| used > 0) {
            *last &= (1 << used) - 1;
        }
    }
}

/// A code of a row: small numbers that stand for values.
pub(super) trait Code: Copy + PartialEq {
    /// From a number that fits.
    fn of(number: u32) -> Self;
    /// As a number.
    fn number(self) -> u32;
    /// How far it is above `low`, going round below it.
    fn above(self, low: Self) -> Self;
    /// Whether it is at most `most`.
    fn at_most(self, most: Self) -> bool;
}

macro_rules! codes {
    ($($number:ty),*) => {$(
        impl Code for $number {
            #[inline(always)]
            fn of(number: u32) -> Self {
                number as $number
            }
            #[inline(always)]
            fn number(self) -> u32 {
                self as u32
            }
            #[inline(always)]
            fn above(self, low: Self) -> Self {
                self.wrapping_sub(low)
            }
            #[inline(always)]
            fn at_most(self, most: Self) -> bool {
                self <= most
            }
        }
    )*};
}
codes!(u8, u16, u32);

/// The rows whose code is at least `low` and at most `high`.
pub(super) fn within<C: Code>(codes: &[C], low: C, high: C) -> Bitmap {
    let mut made = Bitmap::none(codes.len());
    let whole = codes.len() / WORD * WORD;
    write_within(&codes[..whole], low, high.above(low), &mut made.words);
    for (row, code) in codes.iter().enumerate().skip(whole) {
        if code.above(low).at_most(high.above(low)) {
            made.insert(row);
        }
    }
    made
}

#[multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512vl+avx512vpopcntdq+popcnt+bmi1+bmi2",
    "x86_64+avx2+popcnt+bmi1+bmi2"
))]
fn write_within<C: Code>(codes: &[C], low: C, span: C, words: &mut [u64]) {
    for (codes, word) in codes.as_chunks::<WORD>().0.iter().zip(words) {
        let mut flags = [0_u8; WORD];
        for (flag, code) in flags.iter_mut().zip(codes) {
            *flag = u8::from(code.above(low).at_most(span));
        }
        *word = packed(&flags);
    }
}

/// The lowest bit of each byte.
#[inline(always)]
fn packed(flags: &[u8; WORD]) -> u64 {
    /// Moves the lowest bit of byte `i` to bit `56 + i`.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut word = 0;
    for (at, eight) in flags.as_chunks::<8>().0.iter().enumerate() {
        let gathered = u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56;
        word |= gathered << (8 * at);
    }
    word
}

/// The rows whose code is among those that are set in `chosen`, by code.
pub(super) fn among<C: Code>(codes: &[C], chosen: &[bool]) -> Bitmap {
    let mut made = Bitmap::none(codes.len());
    for (codes, word) in codes.chunks(WORD).zip(&mut made.words) {
        for (bit, code) in codes.iter().enumerate() {
            let is_chosen = chosen.get(code.number() as usize).copied().unwrap_or(false);
            *word |= u64::from(is_chosen) << bit;
        }
    }
    made
}

/// How many rows of `rows` have each code.
pub(super) fn tally<C: Code>(codes: &[C], rows: &Bitmap, distinct: usize) -> Vec<u32> {
    let mut counts = vec![0; distinct];
    retally(codes, &Bitmap::none(rows.rows()), rows, &mut counts);
    counts
}

/// Turns the counts of the rows of `before` into those of `after`: only rows that are in one of
/// both, but not in the other, are looked at.
pub(super) fn retally<C: Code>(codes: &[C], before: &Bitmap, after: &Bitmap, counts: &mut [u32]) {
    let pairs = before.words.iter().zip(&after.words);
    for ((was, is), codes) in pairs.zip(codes.chunks(WORD)) {
        let mut changed = was ^ is;
        while changed != 0 {
            let bit = changed.trailing_zeros() as usize;
            changed &= changed - 1;
            let more = ((is >> bit & 1) as u32).wrapping_mul(2).wrapping_sub(1);
            if let Some(count) = counts.get_mut(codes[bit].number() as usize) {
                *count = count.wrapping_add(more);
            }
        }
    }
}

/// What several conditions, one after the other, leave of the rows of `from`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Attrition {
    /// Per condition: the rows that it and all before it keep.
    pub(super) kept: Vec<u64>,
    /// Per condition: the rows that it keeps, taken alone.
    pub(super) alone: Vec<u64>,
    /// Per condition: the rows that fail it and no other.
    pub(super) failed_alone: Vec<u64>,
    /// The rows that fail exactly one.
    pub(super) near: u64,
}

/// Goes through the rows once, a stretch at a time that fits the fastest memory.
pub(super) fn attrition(from: &Bitmap, conditions: &[&Bitmap]) -> Attrition {
    let steps = conditions.len();
    let words: Vec<&[u64]> = conditions.iter().map(|condition| condition.words()).collect();
    let mut found = Attrition {
        kept: vec![0; steps],
        alone: vec![0; steps],
        failed_alone: vec![0; steps],
        near: 0,
    };
    add_attrition(from.words(), &words, &mut found);
    found
}

#[multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512vl+avx512vpopcntdq+popcnt+bmi1+bmi2",
    "x86_64+avx2+popcnt+bmi1+bmi2"
))]
fn add_attrition(from: &[u64], conditions: &[&[u64]], found: &mut Attrition) {
    const STRETCH: usize = 256;
    for (number, from) in from.chunks(STRETCH).enumerate() {
        let at = number * STRETCH;
        let (mut left, mut once, mut twice) = ([0; STRETCH], [0; STRETCH], [0; STRETCH]);
        left[..from.len()].copy_from_slice(from);
        for (step, condition) in conditions.iter().enumerate() {
            let words = &condition[at..at + from.len()];
            let (mut kept, mut alone) = (0, 0);
            for (i, word) in words.iter().enumerate() {
                left[i] &= word;
                kept += u64::from(left[i].count_ones());
                alone += u64::from((word & from[i]).count_ones());
                let fails = from[i] & !word;
                twice[i] |= once[i] & fails;
                once[i] |= fails;
            }
            found.kept[step] += kept;
            found.alone[step] += alone;
        }
        for (once, twice) in once.iter_mut().zip(&twice) {
            *once &= !twice;
        }
        found.near += count(&once);
        for (step, condition) in conditions.iter().enumerate() {
            let words = &condition[at..at + from.len()];
            let failed = once.iter().zip(words).map(|(once, word)| (once & !word).count_ones());
            found.failed_alone[step] += failed.map(u64::from).sum::<u64>();
        }
    }
}

#[multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512vl+avx512vpopcntdq+popcnt+bmi1+bmi2",
    "x86_64+avx2+popcnt+bmi1+bmi2"
))]
fn count(words: &[u64]) -> u64 {
    words.iter().map(|word| u64::from(word.count_ones())).sum()
}

#[multiversion(targets(
    "x86_64+avx512f+avx512bw+avx512vl+avx512vpopcntdq+popcnt+bmi1+bmi2",
    "x86_64+avx2+popcnt+bmi1+bmi2"
))]
fn distance(left: &[u64], right: &[u64]) -> u64 {
    left.iter().zip(right).map(|(left, right)| u64::from((left ^ right).count_ones())).sum()
}

fn and(left: &mut [u64], right: &[u64]) {
    for (left, right) in left.iter_mut().zip(right) {
        *left &= right;
    }
}

fn or(left: &mut [u64], right: &[u64]) {
    for (left, right) in left.iter_mut().zip(right) {
        *left |= right;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bitmap(bits: &[bool]) -> Bitmap {
        Bitmap::of(bits.len(), |row| bits[row])
    }

    proptest! {
        #[test]
        fn ranges_and_sets_of_codes_agree_with_a_look_at_each_row(
            codes in prop::collection::vec(0_u16..300, 0..400),
            low in 0_u16..300,
            high in 0_u16..300,
        ) {
            let (low, high) = (low.min(high), low.max(high));
            let expected = Bitmap::of(codes.len(), |row| (low..=high).contains(&codes[row]));
            prop_assert_eq!(&within(&codes, low, high), &expected);
            let chosen: Vec<bool> = (0..300).map(|code| (low..=high).contains(&code)).collect();
            prop_assert_eq!(&among(&codes, &chosen), &expected);
            let wide: Vec<u32> = codes.iter().map(|code| u32::from(*code)).collect();
            prop_assert_eq!(&within(&wide, low.into(), high.into()), &expected);
            let narrow: Vec<u8> = codes.iter().map(|code| (code % 250) as u8).collect();
            let (low, high) = ((low % 250) as u8, (high % 250) as u8);
            let (low, high) = (low.min(high), low.max(high));
            let expected = Bitmap::of(narrow.len(), |row| (low..=high).contains(&narrow[row]));
            prop_assert_eq!(within(&narrow, low, high), expected);
        }

        #[test]
        fn counts_after_a_change_are_those_of_counting_anew(
            rows in prop::collection::vec((0_u8..9, any::<bool>(), any::<bool>()), 0..300),
        ) {
            let codes: Vec<u8> = rows.iter().map(|row| row.0).collect();
            let before = bitmap(&rows.iter().map(|row| row.1).collect::<Vec<_>>());
            let after = bitmap(&rows.iter().map(|row| row.2).collect::<Vec<_>>());
            let mut counts = tally(&codes, &before, 9);
            retally(&codes, &before, &after, &mut counts);
            let expected: Vec<u32> = (0..9)
                .map(|code| rows.iter().filter(|row| row.0 == code && row.2).count() as u32)
                .collect();
            prop_assert_eq!(counts, expected);
            prop_assert_eq!(
                before.distance(&after),
                rows.iter().filter(|row| row.1 != row.2).count() as u64
            );
        }

        #[test]
        fn attrition_agrees_with_a_look_at_each_row(
            rows in prop::collection::vec((any::<bool>(), any::<[bool; 3]>()), 0..400),
        ) {
            let from = bitmap(&rows.iter().map(|row| row.0).collect::<Vec<_>>());
            let conditions: Vec<Bitmap> = (0..3)
                .map(|step| bitmap(&rows.iter().map(|row| row.1[step]).collect::<Vec<_>>()))
                .collect();
            let found = attrition(&from, &conditions.iter().collect::<Vec<_>>());
            let inside = || rows.iter().filter(|row| row.0).map(|row| row.1);
            let fails = |row: [bool; 3]| row.iter().filter(|met| !**met).count();
            for step in 0..3 {
                let kept = inside().filter(|row| row[..=step].iter().all(|met| *met)).count();
                let alone = inside().filter(|row| row[step]).count();
                let failed = inside().filter(|row| !row[step] && fails(*row) == 1).count();
                prop_assert_eq!(found.kept[step], kept as u64);
                prop_assert_eq!(found.alone[step], alone as u64);
                prop_assert_eq!(found.failed_alone[step], failed as u64);
            }
            prop_assert_eq!(found.near, inside().filter(|row| fails(*row) == 1).count() as u64);
        }

        #[test]
        fn everything_else_is_all_but_it(bits in prop::collection::vec(any::<bool>(), 0..200)) {
            let some = bitmap(&bits);
            let mut others = some.clone();
            others.not();
            prop_assert_eq!(others.count(), (bits.len() as u64) - some.count());
            others.or(&some);
            prop_assert_eq!(&others, &Bitmap::all(bits.len()));
            prop_assert_eq!(some.iter().collect::<Vec<_>>(),
                (0..bits.len()).filter(|row| bits[*row]).collect::<Vec<_>>());
        }
    }
}
