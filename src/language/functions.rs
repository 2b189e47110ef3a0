//! The functions that a condition may call, and words with a meaning of their own.

use crate::model::clause::Function;

/// The word between a table and the column by which its rows belong.
pub(super) const VIA: &str = "via";

/// The functions of values: name, meaning, least and most arguments. The first name of a meaning
/// is the one that is printed.
pub(super) const FUNCTIONS: &[(&str, Function, usize, usize)] = &[
    ("lower", Function::Lower, 1, 1),
    ("lcase", Function::Lower, 1, 1),
    ("upper", Function::Upper, 1, 1),
    ("ucase", Function::Upper, 1, 1),
    ("trim", Function::Trim, 1, 1),
    ("length", Function::Length, 1, 1),
    ("len", Function::Length, 1, 1),
    ("char_length", Function::Length, 1, 1),
    ("array_length", Function::ListLength, 1, 1),
    ("list_length", Function::ListLength, 1, 1),
    ("abs", Function::Absolute, 1, 1),
    ("round", Function::Round, 1, 2),
    ("floor", Function::Floor, 1, 1),
    ("ceil", Function::Ceiling, 1, 1),
    ("ceiling", Function::Ceiling, 1, 1),
    ("year", Function::Year, 1, 1),
    ("month", Function::Month, 1, 1),
    ("day", Function::Day, 1, 1),
    ("dayofmonth", Function::Day, 1, 1),
    ("hour", Function::Hour, 1, 1),
    ("isodow", Function::Weekday, 1, 1),
    ("coalesce", Function::Coalesce, 1, usize::MAX),
    ("split_part", Function::SplitPart, 3, 3),
    ("left", Function::Left, 2, 2),
];

/// The functions that are conditions.
pub(super) const TESTS: &[&str] = &[
    "contains",
    "starts_with",
    "ends_with",
    "regexp_matches",
    "list_contains",
    "list_has_any",
    "list_has_all",
    "in_cohort",
    "anniversary",
    "off",
];

/// The function of a name, with the least and the most arguments.
pub(super) fn function(name: &str) -> Option<(Function, usize, usize)> {
    FUNCTIONS
        .iter()
        .find(|(known, ..)| *known == name)
        .map(|(_, function, least, most)| (*function, *least, *most))
}
