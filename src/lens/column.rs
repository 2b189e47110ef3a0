//! A feature as codes: for each row a small number that stands for its value.
//!
//! Codes keep the order of the values, so that a range of values is a range of codes. 0 is a
//! missing value; the value of code `c` stands at `c - 1` among the values.

use super::bits::{self, Bitmap, Code};
use foldhash::{HashMap, HashMapExt as _};
use std::ops::RangeInclusive;

/// Up to so many different values are looked for by a table of them; of more the values are sorted.
const FEW: usize = 65_535;
/// The different texts that a column may have.
const TEXTS_MAX: usize = 4_000_000;

/// The codes of all rows, as narrow as they fit.
#[derive(Debug, Clone)]
pub enum Codes {
    /// Up to 256 codes.
    Narrow(Vec<u8>),
    /// Up to 65,536.
    Wide(Vec<u16>),
    /// More.
    Full(Vec<u32>),
}

/// Does the same for codes of each width.
macro_rules! each_width {
    ($codes:expr, $name:ident => $does:expr) => {
        match $codes {
            Codes::Narrow($name) => $does,
            Codes::Wide($name) => $does,
            Codes::Full($name) => $does,
        }
    };
}

impl Codes {
    /// From numbers below `distinct`.
    pub fn of(numbers: impl Iterator<Item = u32>, distinct: usize) -> Self {
        fn collected<C: Code>(numbers: impl Iterator<Item = u32>) -> Vec<C> {
            numbers.map(C::of).collect()
        }
        match distinct {
            0..=0x100 => Self::Narrow(collected(numbers)),
            0x101..=0x1_0000 => Self::Wide(collected(numbers)),
            _ => Self::Full(collected(numbers)),
        }
    }

    /// The codes that `to` has in place of each of these, of which there are `distinct`.
    pub fn mapped(&self, to: &[u32], distinct: usize) -> Self {
        fn of<C: Code, D: Code>(codes: &[C], to: &[u32]) -> Vec<D> {
            codes.iter().map(|code| D::of(to[code.number() as usize])).collect()
        }
        match distinct {
            0..=0x100 => Self::Narrow(each_width!(self, codes => of(codes, to))),
            0x101..=0x1_0000 => Self::Wide(each_width!(self, codes => of(codes, to))),
            _ => Self::Full(each_width!(self, codes => of(codes, to))),
        }
    }

    /// How many rows.
    pub fn rows(&self) -> usize {
        each_width!(self, codes => codes.len())
    }

    /// The code of a row.
    pub fn at(&self, row: usize) -> u32 {
        each_width!(self, codes => codes[row].number())
    }

    /// The codes of all rows in order.
    pub fn numbers(&self) -> Box<dyn Iterator<Item = u32> + '_> {
        each_width!(self, codes => Box::new(codes.iter().map(|code| code.number())))
    }

    /// The rows whose code is in a range, whose ends are codes.
    pub fn within(&self, range: RangeInclusive<u32>) -> Bitmap {
        fn of<C: Code>(codes: &[C], range: RangeInclusive<u32>) -> Bitmap {
            bits::within(codes, C::of(*range.start()), C::of(*range.end()))
        }
        if range.is_empty() {
            return Bitmap::none(self.rows());
        }
        each_width!(self, codes => of(codes, range))
    }

    /// The rows whose code is chosen.
    pub fn among(&self, chosen: &[bool]) -> Bitmap {
        each_width!(self, codes => bits::among(codes, chosen))
    }

    /// How many of the rows have each of so many codes.
    pub fn tally(&self, rows: &Bitmap, distinct: usize) -> Vec<u32> {
        each_width!(self, codes => bits::tally(codes, rows, distinct))
    }

    /// Turns the counts of some rows into those of others: only rows that
    /// came or went are looked at.
    pub fn retally(&self, before: &Bitmap, after: &Bitmap, counts: &mut [u32]) {
        each_width!(self, codes => bits::retally(codes, before, after, counts));
    }

    /// The memory that they take, in bytes.
    pub fn bytes(&self) -> usize {
        each_width!(self, codes => size_of_val(codes.as_slice()))
    }
}

/// The different values of a column in ascending order.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Whole numbers, true and false as 1 and 0, days since 1970, microseconds since 1970. Some of
    /// them may be of no row.
    Whole(Vec<i64>),
    /// Floats; NaN is the greatest, and there is one zero.
    Float(Vec<f64>),
    /// Texts, by their bytes.
    Text(Vec<String>),
}

impl Values {
    /// How many.
    pub fn count(&self) -> usize {
        match self {
            Self::Whole(values) => values.len(),
            Self::Float(values) => values.len(),
            Self::Text(values) => values.len(),
        }
    }

    /// The memory that they take, in bytes.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Whole(values) => size_of_val(values.as_slice()),
            Self::Float(values) => size_of_val(values.as_slice()),
            Self::Text(values) => {
                size_of_val(values.as_slice()) + values.iter().map(String::len).sum::<usize>()
            }
        }
    }
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// True and false, as 1 and 0.
    Boolean,
    /// Whole numbers.
    Integer,
    /// Days since 1970.
    Day,
    /// Microseconds since 1970 on the clocks of some zone.
    Moment,
    /// Microseconds since 1970, UTC.
    Instant,
    /// Floats of 64 bits.
    Float,
    /// Floats of 32 bits, widened.
    Single,
    /// Decimals of at most 15 digits, so that no two of them are one float.
    Decimal,
    /// Texts.
    Text,
}

/// A feature of every row.
#[derive(Debug, Clone)]
pub struct Column {
    /// What its values are.
    pub nature: Nature,
    /// The codes, by row.
    pub codes: Codes,
    /// What they stand for.
    pub values: Values,
}

impl Column {
    /// One more than the greatest code.
    pub fn distinct(&self) -> usize {
        self.values.count() + 1
    }

    /// Whether every code stands for a value, and the values are in order.
    pub fn is_sound(&self) -> bool {
        let in_order = match &self.values {
            Values::Whole(values) => values.windows(2).all(|pair| pair[0] < pair[1]),
            Values::Float(values) => {
                values.windows(2).all(|pair| pair[0] < pair[1] || pair[1].is_nan())
            }
            Values::Text(values) => values.windows(2).all(|pair| pair[0] < pair[1]),
        };
        let last = self.values.count() as u32;
        in_order
            && each_width!(&self.codes, codes => codes.iter().all(|code| code.number() <= last))
    }

    /// The same column, whose rows came in this order. `None` when one came twice or not at all.
    pub fn in_order(self, order: &[u32]) -> Option<Self> {
        let rows = self.codes.rows();
        if order.len() != rows {
            return None;
        }
        let mut placed = vec![u32::MAX; rows];
        for (code, row) in self.codes.numbers().zip(order) {
            *placed.get_mut(*row as usize)? = code;
        }
        if placed.contains(&u32::MAX) {
            return None;
        }
        let codes = Codes::of(placed.into_iter(), self.distinct());
        Some(Self { codes, ..self })
    }

    /// How many of its last values are NaN: none or one.
    pub fn nans(&self) -> u32 {
        match &self.values {
            Values::Float(values) => u32::from(values.last().is_some_and(|last| last.is_nan())),
            _ => 0,
        }
    }
}

/// Takes the values of a column in, row by row.
#[derive(Debug)]
pub struct Builder {
    nature: Nature,
    values: Taken,
    rows: usize,
    /// The rows without a value, in order.
    missing: Vec<u32>,
}

/// The value of each row; 0 in place of a missing one.
#[derive(Debug)]
enum Taken {
    Whole(Vec<i64>),
    Float(Vec<f64>),
    Text(Texts),
}

#[derive(Debug, Default)]
struct Texts {
    /// By row, the number of its text in the order of coming.
    numbers: Vec<u32>,
    known: HashMap<String, u32>,
}

/// Why a column cannot be held as codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Its values are of another kind, or of one that has no order here.
    Kind,
    /// It has too many rows, or too many different texts.
    Size,
}

impl Builder {
    /// For values of this nature.
    pub fn new(nature: Nature) -> Self {
        let values = match nature {
            Nature::Float | Nature::Single | Nature::Decimal => Taken::Float(Vec::new()),
            Nature::Text => Taken::Text(Texts::default()),
            Nature::Boolean | Nature::Integer | Nature::Day | Nature::Moment | Nature::Instant => {
                Taken::Whole(Vec::new())
            }
        };
        Self { nature, values, rows: 0, missing: Vec::new() }
    }

    /// A row without a value.
    pub fn missing(&mut self) {
        self.missing.push(u32::try_from(self.rows).unwrap_or(u32::MAX));
        match &mut self.values {
            Taken::Whole(values) => values.push(0),
            Taken::Float(values) => values.push(0.0),
            Taken::Text(texts) => texts.numbers.push(0),
        }
        self.rows += 1;
    }

    /// A row with a whole number.
    ///
    /// # Errors
    /// When it takes values of another kind.
    pub fn whole(&mut self, value: i64) -> Result<(), Unfit> {
        let Taken::Whole(values) = &mut self.values else { return Err(Unfit::Kind) };
        values.push(value);
        self.rows += 1;
        Ok(())
    }

    /// A row with a float.
    ///
    /// # Errors
    /// When it takes values of another kind.
    pub fn float(&mut self, value: f64) -> Result<(), Unfit> {
        let Taken::Float(values) = &mut self.values else { return Err(Unfit::Kind) };
        values.push(value);
        self.rows += 1;
        Ok(())
    }

    /// A row with a text.
    ///
    /// # Errors
    /// When it takes values of another kind, or there are too many different texts.
    pub fn text(&mut self, value: &str) -> Result<(), Unfit> {
        let Taken::Text(texts) = &mut self.values else { return Err(Unfit::Kind) };
        let number = match texts.known.get(value) {
            Some(number) => *number,
            None => {
                let number = texts.known.len();
                if number >= TEXTS_MAX {
                    return Err(Unfit::Size);
                }
                texts.known.insert(value.to_owned(), number as u32);
                number as u32
            }
        };
        texts.numbers.push(number);
        self.rows += 1;
        Ok(())
    }

    /// The column.
    ///
    /// # Errors
    /// When it has more rows than can be numbered.
    pub fn finish(self) -> Result<Column, Unfit> {
        if u32::try_from(self.rows).is_err() {
            return Err(Unfit::Size);
        }
        let missing = self.missing;
        let (codes, values) = match self.values {
            Taken::Whole(values) => match dense(&values, &missing) {
                Some((codes, values)) => (codes, Values::Whole(values)),
                None => {
                    let keys = values.into_iter().map(|value| value.cast_unsigned() ^ SIGN);
                    let (codes, keys) = ranked(keys.collect(), &missing);
                    let values = keys.into_iter().map(|key| (key ^ SIGN).cast_signed());
                    (codes, Values::Whole(values.collect()))
                }
            },
            Taken::Float(values) => {
                let keys = values.into_iter().map(float_key).collect();
                let (codes, keys) = ranked(keys, &missing);
                (codes, Values::Float(keys.into_iter().map(float_of).collect()))
            }
            Taken::Text(texts) => texts.finish(&missing),
        };
        Ok(Column { nature: self.nature, codes, values })
    }
}

impl Texts {
    fn finish(self, missing: &[u32]) -> (Codes, Values) {
        let mut known: Vec<(String, u32)> = self.known.into_iter().collect();
        known.sort_unstable();
        let mut code_of = vec![0; known.len().max(1)];
        for (place, (_, number)) in known.iter().enumerate() {
            code_of[*number as usize] = place as u32 + 1;
        }
        let values: Vec<String> = known.into_iter().map(|(text, _)| text).collect();
        let numbers = self.numbers.iter().map(|number| code_of[*number as usize]);
        let codes = Codes::of(without(numbers, missing), values.len() + 1);
        (codes, Values::Text(values))
    }
}

const SIGN: u64 = 1 << 63;

/// A number that has the order of floats. There is one NaN, the greatest, and one zero.
fn float_key(value: f64) -> u64 {
    let value = match value {
        0.0 => 0.0,
        value if value.is_nan() => f64::NAN.abs(),
        value => value,
    };
    let bits = value.to_bits();
    if bits & SIGN == 0 { bits ^ SIGN } else { !bits }
}

fn float_of(key: u64) -> f64 {
    f64::from_bits(if key & SIGN == 0 { !key } else { key ^ SIGN })
}

/// The codes, with 0 in the place of the missing.
fn without<'a>(
    codes: impl Iterator<Item = u32> + 'a,
    missing: &'a [u32],
) -> impl Iterator<Item = u32> + 'a {
    let mut rest = missing;
    codes.enumerate().map(move |(row, code)| match rest.split_first() {
        Some((first, others)) if *first as usize == row => {
            rest = others;
            0
        }
        _ => code,
    })
}

/// Whole numbers close enough to each other that each number between the least and the greatest
/// has a code.
fn dense(values: &[i64], missing: &[u32]) -> Option<(Codes, Vec<i64>)> {
    let (mut least, mut greatest) = (i64::MAX, i64::MIN);
    for (value, is_there) in values.iter().zip(presence(values.len(), missing)) {
        if is_there {
            (least, greatest) = (least.min(*value), greatest.max(*value));
        }
    }
    let span = usize::try_from(i128::from(greatest) - i128::from(least)).ok()?;
    if span + 2 > FEW {
        return None;
    }
    let codes = values.iter().map(|value| value.wrapping_sub(least) as u32 + 1);
    let codes = Codes::of(without(codes, missing), span + 2);
    Some((codes, (least..=greatest).collect()))
}

fn presence(rows: usize, missing: &[u32]) -> impl Iterator<Item = bool> + '_ {
    without(std::iter::repeat_n(1, rows), missing).map(|code| code == 1)
}

/// Codes by the order of keys, and the different keys in order.
fn ranked(keys: Vec<u64>, missing: &[u32]) -> (Codes, Vec<u64>) {
    if let Some((numbers, came)) = few(&keys, missing) {
        let mut distinct: Vec<(u64, u32)> = came.into_iter().zip(0..).collect();
        distinct.sort_unstable();
        let mut code_of = vec![0; distinct.len().max(1)];
        for (place, (_, number)) in distinct.iter().enumerate() {
            code_of[*number as usize] = place as u32 + 1;
        }
        let codes = numbers.iter().map(|number| code_of[*number as usize]);
        let codes = Codes::of(without(codes, missing), distinct.len() + 1);
        return (codes, distinct.into_iter().map(|(key, _)| key).collect());
    }
    let there = presence(keys.len(), missing);
    let rows = keys.into_iter().zip(0_u32..).zip(there);
    let mut sorted: Vec<(u64, u32)> =
        rows.filter_map(|(pair, is_there)| is_there.then_some(pair)).collect();
    sorted.sort_unstable();
    let mut codes = vec![0; sorted.len() + missing.len()];
    let mut distinct: Vec<u64> = Vec::new();
    for (key, row) in sorted {
        if distinct.last() != Some(&key) {
            distinct.push(key);
        }
        codes[row as usize] = distinct.len() as u32;
    }
    let codes = match distinct.len() < FEW {
        true => Codes::of(codes.into_iter(), distinct.len() + 1),
        false => Codes::Full(codes),
    };
    (codes, distinct)
}

/// By row, the number of its key in the order of coming, and the keys in this order; when they are
/// few.
fn few(keys: &[u64], missing: &[u32]) -> Option<(Vec<u32>, Vec<u64>)> {
    let mut known = HashMap::new();
    let (mut numbers, mut came) = (Vec::with_capacity(keys.len()), Vec::new());
    for (key, is_there) in keys.iter().zip(presence(keys.len(), missing)) {
        if !is_there {
            numbers.push(0);
            continue;
        }
        let number = *known.entry(*key).or_insert_with(|| {
            came.push(*key);
            came.len() as u32 - 1
        });
        if came.len() >= FEW {
            return None;
        }
        numbers.push(number);
    }
    Some((numbers, came))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn column<T: Copy>(
        nature: Nature,
        rows: &[Option<T>],
        push: impl Fn(&mut Builder, T) -> Result<(), Unfit>,
    ) -> Column {
        let mut builder = Builder::new(nature);
        for row in rows {
            match row {
                None => builder.missing(),
                Some(value) => push(&mut builder, *value).unwrap(),
            }
        }
        builder.finish().unwrap()
    }

    fn read<T: Clone>(column: &Column, values: &[T]) -> Vec<Option<T>> {
        let codes = column.codes.numbers();
        codes.map(|code| Some(values[code.checked_sub(1)? as usize].clone())).collect()
    }

    proptest! {
        #[test]
        fn values_come_back_and_stand_in_order(
            wholes in prop::collection::vec(prop::option::of(any::<i64>()), 0..60),
            near in prop::collection::vec(prop::option::of(-90_i64..90), 0..60),
            floats in prop::collection::vec(prop::option::of(any::<f64>()), 0..60),
            texts in prop::collection::vec(prop::option::of("[a-cä]{0,2}"), 0..60),
        ) {
            for rows in [wholes, near] {
                let made = column(Nature::Integer, &rows, Builder::whole);
                let Values::Whole(values) = &made.values else { panic!("whole numbers") };
                prop_assert!(values.is_sorted());
                prop_assert_eq!(read(&made, values), rows);
            }
            let made = column(Nature::Float, &floats, Builder::float);
            let Values::Float(values) = &made.values else { panic!("floats") };
            let bits = |row: &Option<f64>| row.map(float_key);
            let found = read(&made, values);
            prop_assert_eq!(found.iter().map(bits).collect::<Vec<_>>(),
                floats.iter().map(bits).collect::<Vec<_>>());
            prop_assert!(values.windows(2).all(|pair| pair[0] < pair[1] || pair[1].is_nan()));
            let borrowed: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
            let made = column(Nature::Text, &borrowed, Builder::text);
            let Values::Text(values) = &made.values else { panic!("texts") };
            prop_assert!(values.is_sorted());
            prop_assert_eq!(read(&made, values), texts);
        }
    }

    #[test]
    fn more_values_than_a_table_takes_are_sorted() {
        let rows: Vec<Option<i64>> =
            (0..200_000).map(|row| (row % 7 > 0).then_some(row * 7_919 % 1_000_003)).collect();
        let made = column(Nature::Integer, &rows, Builder::whole);
        assert!(matches!(made.codes, Codes::Full(_)));
        let Values::Whole(values) = &made.values else { panic!("whole numbers") };
        assert_eq!(read(&made, values), rows);
    }

    #[test]
    fn values_of_two_kinds_are_refused() {
        let mut builder = Builder::new(Nature::Integer);
        builder.missing();
        builder.whole(1).unwrap();
        assert_eq!(builder.text("one"), Err(Unfit::Kind));
    }
}
