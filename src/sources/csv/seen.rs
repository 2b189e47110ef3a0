//! What stands in a column of text, counted over every row of every part.

use super::shape::{self, EXACT, NUMBER, Shape};
use foldhash::HashMap;

/// Words that may stand for "missing" in a column of numbers, dates or yes and no.
const MISSING_WORDS: &[&str] = &[
    "NA", "N/A", "n/a", "#N/A", "NULL", "Null", "null", "None", "\\N", "NaN", "nan", "-",
    "#DIV/0!", "#VALUE!", "#REF!", "#NUM!", "#NAME?",
];
/// After this many cells of plain text the rest is not looked at closely.
const SURE: u64 = 100_000;
/// How many different words for missing are told apart in a column.
const WORDS_MAX: usize = 24;
/// Different numbers with decimals of a column that are kept to find two spellings of one.
const SPELLINGS_MAX: usize = 4096;

/// Where something was seen: a file of the table by its number, and a line in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct CellPlace {
    pub file: usize,
    pub line: u64,
}

/// Cells that fit the same forms.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub shape: Shape,
    pub count: u64,
    /// The first of them.
    pub example: String,
    pub place: CellPlace,
    /// The most digits before and after a decimal point.
    pub digits: (u8, u8),
    /// Whether each has a mark and exactly three digits after it, and whether one ends in zero.
    pub threes: bool,
    pub zero_at_end: bool,
    /// Whether one has a fraction.
    pub fraction: bool,
}

/// A word that may mean missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub text: String,
    pub count: u64,
    pub place: CellPlace,
}

/// What stands in one column.
#[derive(Debug, Clone, Default)]
pub(super) struct ColumnSeen {
    /// Cells with a value, by what they fit.
    pub kinds: Vec<Seen>,
    /// Words that may mean missing, and dates of zeros.
    pub words: Vec<Word>,
    /// Cells of spaces, and the first.
    pub blank: Option<Word>,
    /// Cells with two quotes and nothing between.
    pub quoted_empty: u64,
    /// Whether spaces stand around a value that is more than text.
    pub padded: bool,
    /// Two spellings of one number with decimals, `1.1` and `1.10`: they are no numbers.
    pub two_spellings: Option<(String, String, CellPlace)>,
    /// Numbers with decimals: their value without zeros at the end, and how each was written.
    spellings: HashMap<String, String>,
    last: usize,
}

impl ColumnSeen {
    /// Cells with a value.
    pub(super) fn values(&self) -> u64 {
        self.kinds.iter().map(|seen| seen.count).sum()
    }

    /// Takes in a cell. An unquoted empty one says nothing.
    pub(super) fn see(&mut self, text: &str, quoted: bool, place: CellPlace) {
        if text.is_empty() {
            self.quoted_empty += u64::from(quoted);
            return;
        }
        let spaced = text.starts_with(' ') || text.ends_with(' ');
        let trimmed = if spaced { text.trim_matches(' ') } else { text };
        if trimmed.is_empty() {
            let blank =
                self.blank.get_or_insert_with(|| Word { text: text.to_owned(), count: 0, place });
            blank.count += 1;
            return;
        }
        if is_missing_word(trimmed) && self.see_word(trimmed, place) {
            return;
        }
        let shape = if self.is_surely_text() { Shape::default() } else { shape::of(trimmed) };
        self.padded |= trimmed.len() != text.len() && shape.forms != 0;
        if shape.forms & (NUMBER | EXACT) != 0 && trimmed.contains('.') {
            self.see_spelling(trimmed, place);
        }
        let at = match self.kinds.get(self.last) {
            Some(seen) if seen.shape == shape => self.last,
            _ => self.kinds.iter().position(|seen| seen.shape == shape).unwrap_or_else(|| {
                self.kinds.push(Seen {
                    shape,
                    count: 0,
                    example: trimmed.chars().take(60).collect(),
                    place,
                    digits: (0, 0),
                    threes: true,
                    zero_at_end: false,
                    fraction: false,
                });
                self.kinds.len() - 1
            }),
        };
        self.last = at;
        let seen = &mut self.kinds[at];
        seen.count += 1;
        if shape.forms & shape::NUMBERS != 0 {
            seen.see_digits(trimmed);
        }
    }

    /// Whether so many cells are plain text that the column is, whatever follows.
    fn is_surely_text(&self) -> bool {
        self.kinds.get(self.last).is_some_and(|seen| {
            seen.shape == Shape::default()
                && seen.count >= SURE
                && seen.count * 10 >= self.values() * 9
        })
    }

    /// Whether the word was counted; one more that is new after many is a value.
    fn see_word(&mut self, text: &str, place: CellPlace) -> bool {
        if let Some(word) = self.words.iter_mut().find(|word| word.text == text) {
            word.count += 1;
            return true;
        }
        if self.words.len() < WORDS_MAX {
            self.words.push(Word { text: text.to_owned(), count: 1, place });
            return true;
        }
        false
    }

    fn see_spelling(&mut self, text: &str, place: CellPlace) {
        if self.two_spellings.is_some() {
            return;
        }
        let value = text.trim_end_matches('0');
        // A whole number is one however its zeros are written.
        if value.ends_with('.') {
            return;
        }
        match self.spellings.get(value) {
            Some(other) if other != text => {
                self.two_spellings = Some((other.clone(), text.to_owned(), place));
            }
            Some(_) => {}
            None if self.spellings.len() < SPELLINGS_MAX => {
                self.spellings.insert(value.to_owned(), text.to_owned());
            }
            None => {}
        }
    }

    /// What means missing in the column, once it is more than text. The empty word stands for cells of
    /// spaces and for quotes with nothing between.
    pub(super) fn missing(&self) -> Vec<String> {
        let mut words: Vec<String> = self.words.iter().map(|word| word.text.clone()).collect();
        if self.blank.is_some() || self.padded || self.quoted_empty > 0 {
            words.push(String::new());
        }
        words
    }

    /// Says in which file of the table all of it was seen.
    pub(super) fn in_file(&mut self, file: usize) {
        let words = self.words.iter_mut().chain(&mut self.blank).map(|word| &mut word.place);
        let kinds = self.kinds.iter_mut().map(|kind| &mut kind.place);
        let spellings = self.two_spellings.iter_mut().map(|(.., place)| place);
        for place in words.chain(kinds).chain(spellings) {
            place.file = file;
        }
    }

    /// Takes in what was seen in another part, whose files come later.
    pub(super) fn merge(&mut self, other: Self) {
        for seen in other.kinds {
            match self.kinds.iter_mut().find(|own| own.shape == seen.shape) {
                Some(own) => own.merge(&seen),
                None => self.kinds.push(seen),
            }
        }
        for word in other.words {
            match self.words.iter_mut().find(|own| own.text == word.text) {
                Some(own) => own.count += word.count,
                None => self.words.push(word),
            }
        }
        match (&mut self.blank, other.blank) {
            (Some(own), Some(blank)) => own.count += blank.count,
            (own @ None, blank) => *own = blank,
            _ => {}
        }
        self.quoted_empty += other.quoted_empty;
        self.padded |= other.padded;
        let mut spellings: Vec<(String, String)> = other.spellings.into_iter().collect();
        spellings.sort_unstable();
        let place = other.two_spellings.as_ref().map(|(.., place)| *place).unwrap_or_default();
        self.two_spellings = self.two_spellings.take().or(other.two_spellings);
        for (_, text) in spellings {
            self.see_spelling(&text, place);
        }
    }
}

impl Seen {
    fn see_digits(&mut self, text: &str) {
        if !text.contains(['.', ',']) {
            let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
            self.digits.0 = self.digits.0.max(length);
            return;
        }
        let digits = |part: &str| part.bytes().filter(u8::is_ascii_digit).count();
        let (head, tail) = text.split_once('.').unwrap_or((text, ""));
        let small = |n: usize| u8::try_from(n).unwrap_or(u8::MAX);
        self.digits.0 = self.digits.0.max(small(digits(head)));
        self.digits.1 = self.digits.1.max(small(digits(tail)));
        let after = text.rfind(['.', ',']).map(|at| digits(&text[at..]));
        self.threes &= after.is_none_or(|n| n == 3);
        self.fraction |= after.is_some();
        self.zero_at_end |= after.is_some() && text.ends_with('0');
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.digits.0 = self.digits.0.max(other.digits.0);
        self.digits.1 = self.digits.1.max(other.digits.1);
        self.threes &= other.threes;
        self.fraction |= other.fraction;
        self.zero_at_end |= other.zero_at_end;
    }
}

fn is_missing_word(text: &str) -> bool {
    // Most cells are longer than the longest word, or begin otherwise.
    match text.as_bytes()[0] {
        b'0' => text.len() <= 32 && is_zero_date(text),
        b'N' | b'n' | b'#' | b'\\' | b'-' => text.len() <= 8 && MISSING_WORDS.contains(&text),
        _ => false,
    }
}

/// `0000-00-00`, with a time of zeros or not: what some databases write for a date that is missing.
fn is_zero_date(text: &str) -> bool {
    text.len() >= 10
        && ["0000-00-00", "0000/00/00", "00/00/0000", "00.00.0000", "00-00-0000"]
            .iter()
            .any(|zero| text.starts_with(zero))
        && text.bytes().all(|b| matches!(b, b'0' | b'-' | b'/' | b'.' | b':' | b' ' | b'T' | b'Z'))
}
