//! What the numbers of a key have in common: which type holds all of them as they are.

use crate::sources::seen::{CellPlace, Tally};

/// Digits that a 64-bit float keeps of any decimal number.
const FLOAT_DIGITS: usize = 15;
/// Digits of the longest number that does not become text.
const DIGITS_MAX: usize = 38;
/// Whole numbers up to this are floats as they are.
const FLOAT_WHOLE: u128 = 1 << 53;

/// The numbers of a column.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    pub all: Tally,
    /// Numbers with a point, an exponent or a word such as `NaN`.
    broken: u64,
    /// Whole numbers that do not fit 64 bits.
    wide: bool,
    /// Whole numbers of more digits than any type has.
    beyond: bool,
    /// A whole number that a float would change.
    pub changed_whole: Tally,
    /// A decimal number that a float would change.
    pub changed: Tally,
    /// Most digits before and after the point.
    before: usize,
    after: usize,
    /// Some number has more digits than any float keeps.
    long: bool,
    /// Some number is written with an exponent or a word.
    exponent: bool,
    /// Some number is more than a float holds.
    infinite: bool,
}

/// The type of numbers.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NumberType {
    Named(String),
    /// No type of number has all of them as they are.
    Text,
}

impl Numbers {
    /// Looks at a number as it is spelled.
    pub(super) fn take(&mut self, written: &str, place: &CellPlace<'_>) {
        self.all.add(written, place);
        let digits = written.strip_prefix('-').unwrap_or(written);
        if digits.bytes().all(|b| b.is_ascii_digit()) {
            return self.take_whole(written, digits, place);
        }
        self.broken += 1;
        let Some((mantissa, exponent)) = mantissa(digits) else {
            self.exponent = true;
            return;
        };
        self.exponent |= exponent;
        let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        self.before = self.before.max(before.len());
        self.after = self.after.max(after.len());
        let significant = significant(mantissa);
        if significant.len() <= FLOAT_DIGITS && !exponent {
            return;
        }
        self.long |= significant.len() > FLOAT_DIGITS;
        let value: f64 = digits.parse().unwrap_or(f64::INFINITY);
        if value.is_infinite() {
            self.infinite = true;
        } else if significant != significant_of(value) {
            self.changed.add(written, place);
        }
    }

    fn take_whole(&mut self, written: &str, digits: &str, place: &CellPlace<'_>) {
        self.before = self.before.max(digits.len());
        self.wide |= written.parse::<i64>().is_err();
        self.beyond |= digits.len() > DIGITS_MAX;
        let changed = digits.parse::<u128>().map_or(true, |n| n > FLOAT_WHOLE);
        if changed {
            self.changed_whole.add(written, place);
        }
    }

    /// The type that holds them all.
    pub(super) fn type_name(&self) -> NumberType {
        let named = |name: &str| NumberType::Named(name.to_owned());
        if self.broken == 0 {
            return match (self.beyond, self.wide) {
                (true, _) => NumberType::Text,
                (_, true) => named("HUGEINT"),
                _ => named("BIGINT"),
            };
        }
        if self.changed_whole.count == 0 && !self.infinite {
            return named("DOUBLE");
        }
        let digits = self.before + self.after;
        if digits > DIGITS_MAX || self.exponent || self.long || self.infinite {
            return NumberType::Text;
        }
        NumberType::Named(format!("DECIMAL({},{})", digits.max(1), self.after))
    }
}

/// The digits and the point before an exponent, and whether there is one; `None` for a word.
fn mantissa(written: &str) -> Option<(&str, bool)> {
    match written.find(['e', 'E']) {
        _ if !written.starts_with(|c: char| c.is_ascii_digit()) => None,
        Some(at) => Some((&written[..at], true)),
        None => Some((written, false)),
    }
}

/// The digits that count: without the point and the zeros at both ends.
fn significant(mantissa: &str) -> String {
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    digits.trim_matches('0').to_owned()
}

fn significant_of(value: f64) -> String {
    let shortest = format!("{value:e}");
    significant(shortest.split('e').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn numbers(written: &[&str]) -> NumberType {
        let mut numbers = Numbers::default();
        for number in written {
            numbers.take(number, &CellPlace::default());
        }
        numbers.type_name()
    }

    #[test]
    fn numbers_have_the_type_that_keeps_them() {
        let named = |name: &str| NumberType::Named(name.to_owned());
        assert_eq!(numbers(&["1", "-9223372036854775808"]), named("BIGINT"));
        assert_eq!(numbers(&["1", "9223372036854775808"]), named("HUGEINT"));
        assert_eq!(numbers(&["123456789012345678901"]), named("HUGEINT"));
        assert_eq!(numbers(&[&"9".repeat(39)]), NumberType::Text);
        assert_eq!(numbers(&["1", "1.5", "1e3", "0.30000000000000004"]), named("DOUBLE"));
        assert_eq!(numbers(&["9007199254740993", "1.5"]), named("DECIMAL(17,1)"));
        assert_eq!(numbers(&["9007199254740993", "1e5"]), NumberType::Text);
        assert_eq!(numbers(&["1e400"]), NumberType::Text);
        assert_eq!(numbers(&["1", "NaN"]), named("DOUBLE"));
    }

    #[test]
    fn a_number_that_a_float_changes_is_noticed() {
        let mut numbers = Numbers::default();
        for (number, changed) in [
            ("0.1", 0),
            ("1.23456789012345678", 1),
            ("0.1000000000000000055511151231257827", 2),
            ("5e-324", 2),
        ] {
            numbers.take(number, &CellPlace::default());
            assert_eq!(numbers.changed.count, changed, "{number}");
        }
    }

    proptest! {
        #[test]
        fn whole_numbers_of_any_size_are_whole(n in any::<i128>()) {
            let written = n.to_string();
            let wide = i64::try_from(n).is_err();
            let digits = written.trim_start_matches('-').len();
            let expected = match (digits > 38, wide) {
                (true, _) => NumberType::Text,
                (_, true) => NumberType::Named("HUGEINT".into()),
                _ => NumberType::Named("BIGINT".into()),
            };
            prop_assert_eq!(numbers(&[&written]), expected);
        }

        #[test]
        fn a_float_as_it_is_printed_is_a_float(x in any::<f64>()) {
            prop_assume!(x.is_finite());
            let mut numbers = Numbers::default();
            numbers.take(&format!("{x:e}"), &CellPlace::default());
            prop_assert_eq!(numbers.changed.count, 0);
        }
    }
}
