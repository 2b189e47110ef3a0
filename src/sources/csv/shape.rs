//! What a cell's text can be read as.
//!
//! A text fits a form only when nothing is lost: from the value the text can be printed again, up
//! to spellings that all readers agree on (`7.50` and `7.5`). So `007`, `+49…`, `0x1F`, `1_5` and
//! `12E4` are text, though many readers make numbers of them.

use crate::model::reading::UNITS;

/// What one text fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Shape {
    /// Numbers, yes and no, and dates: a bit for each form that it fits.
    pub forms: u32,
    /// How a time of day stands in it; see [`Clock`].
    pub clock: Option<Clock>,
    /// Whether it ends with an offset from UTC.
    pub offset: bool,
    /// The place of a unit in [`UNITS`], counted from 1; 0 for none.
    pub unit: u8,
}

/// How the time of a moment is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Clock {
    /// What stands before it.
    pub after: After,
    /// Whether seconds are written.
    pub seconds: bool,
    /// Whether fractions of seconds are.
    pub fraction: bool,
    /// Whether it is a clock of twelve hours, and whether a space stands before AM and PM.
    pub twelve: Option<bool>,
}

/// What stands between a date and a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum After {
    Space,
    T,
    CommaSpace,
}

pub(super) const WHOLE: u32 = 1;
pub(super) const HUGE: u32 = 1 << 1;
pub(super) const NUMBER: u32 = 1 << 2;
pub(super) const EXACT: u32 = 1 << 3;
pub(super) const YES_NO: u32 = 1 << 4;
pub(super) const TIME: u32 = 1 << 5;
/// Thousands and decimals: `1,234.5`.
pub(super) const COMMA_POINT: u32 = 1 << 6;
/// `1.234,5`
pub(super) const POINT_COMMA: u32 = 1 << 7;
/// `1 234,5`
pub(super) const SPACE_COMMA: u32 = 1 << 8;
/// `1'234.5`
pub(super) const APOSTROPHE_POINT: u32 = 1 << 9;
pub(super) const YMD_DASH: u32 = 1 << 10;
pub(super) const YMD_SLASH: u32 = 1 << 11;
pub(super) const YMD_POINT: u32 = 1 << 12;
pub(super) const DMY_DASH: u32 = 1 << 13;
pub(super) const DMY_SLASH: u32 = 1 << 14;
pub(super) const DMY_POINT: u32 = 1 << 15;
pub(super) const MDY_DASH: u32 = 1 << 16;
pub(super) const MDY_SLASH: u32 = 1 << 17;
pub(super) const DMY2_SLASH: u32 = 1 << 18;
pub(super) const DMY2_POINT: u32 = 1 << 19;
pub(super) const MDY2_SLASH: u32 = 1 << 20;
/// `25 Nov 2025`, with the first three letters of the month.
pub(super) const D_MON_Y: u32 = 1 << 21;
/// `25-Nov-2025`
pub(super) const D_MON_Y_DASH: u32 = 1 << 22;
/// `25-Nov-25`
pub(super) const D_MON_Y2_DASH: u32 = 1 << 23;
/// `25 November 2025`
pub(super) const D_MONTH_Y: u32 = 1 << 24;
/// `Nov 25, 2025`
pub(super) const MON_D_Y: u32 = 1 << 25;
/// `November 25, 2025`
pub(super) const MONTH_D_Y: u32 = 1 << 26;
/// `2025-11-25` or `25-11-25` that only might be a date; it stays text, and that is said.
pub(super) const TWO_DIGITS: u32 = 1 << 27;

/// All forms of dates.
pub(super) const DATES: u32 = (TWO_DIGITS - 1) & !(YMD_DASH - 1);
/// All forms of numbers.
pub(super) const NUMBERS: u32 =
    WHOLE | HUGE | NUMBER | EXACT | COMMA_POINT | POINT_COMMA | SPACE_COMMA | APOSTROPHE_POINT;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Longer texts are text.
const LENGTH_MAX: usize = 64;

/// The kinds of bytes that stand in a text, as bits.
const DIGIT: u8 = 1;
const POINT: u8 = 1 << 1;
const COMMA: u8 = 1 << 2;
const SPACE: u8 = 1 << 3;
const APOSTROPHE: u8 = 1 << 4;
const SIGN: u8 = 1 << 5;
const EXPONENT: u8 = 1 << 6;
const OTHER: u8 = 1 << 7;

/// The kind of each byte. Nearly every cell of a column is known by the kinds that occur in it, so
/// that it is not looked at again for forms that it cannot fit.
const KINDS: [u8; 256] = {
    let mut kinds = [OTHER; 256];
    let mut byte = b'0';
    while byte <= b'9' {
        kinds[byte as usize] = DIGIT;
        byte += 1;
    }
    kinds[b'.' as usize] = POINT;
    kinds[b',' as usize] = COMMA;
    kinds[b' ' as usize] = SPACE;
    kinds[b'\'' as usize] = APOSTROPHE;
    kinds[b'-' as usize] = SIGN;
    kinds[b'+' as usize] = SIGN;
    kinds[b'e' as usize] = EXPONENT;
    kinds[b'E' as usize] = EXPONENT;
    kinds
};

/// The kinds of bytes in a text.
fn kinds_in(text: &str) -> u8 {
    text.bytes().fold(0, |kinds, byte| kinds | KINDS[usize::from(byte)])
}

/// What a text fits. Spaces around it do not count.
pub(super) fn of(text: &str) -> Shape {
    let bytes = text.as_bytes();
    let text = match (bytes.first(), bytes.last()) {
        (Some(b' '), _) | (_, Some(b' ')) => text.trim_matches(' '),
        _ => text,
    };
    let Some(first) = text.bytes().next() else { return Shape::default() };
    if text.len() > LENGTH_MAX {
        return Shape::default();
    }
    let kinds = kinds_in(text);
    if kinds & DIGIT == 0 {
        return of_word(text);
    }
    if kinds & OTHER == 0 && (first.is_ascii_digit() || first == b'-' || first == b'.') {
        let number = number(text, kinds);
        if number != 0 {
            return plain(number);
        }
    }
    if first.is_ascii_digit() || begins_month(text.as_bytes()) {
        let moment = moment(text);
        if moment.forms != 0 {
            return moment;
        }
        if is_time(text) {
            return plain(TIME);
        }
    }
    with_unit(text)
}

/// What a text without digits fits.
fn of_word(text: &str) -> Shape {
    if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") {
        return plain(YES_NO);
    }
    let infinite = text.strip_prefix('-').unwrap_or(text);
    if infinite.eq_ignore_ascii_case("inf") || infinite.eq_ignore_ascii_case("infinity") {
        return plain(NUMBER);
    }
    Shape::default()
}

fn begins_month(bytes: &[u8]) -> bool {
    let is_likely = |first: &u8| b"jfmasond".contains(&(first | 0x20));
    bytes.first().is_some_and(is_likely)
        && bytes.get(..3).is_some_and(|start| {
            MONTHS.iter().any(|name| start.eq_ignore_ascii_case(&name.as_bytes()[..3]))
        })
}

fn plain(forms: u32) -> Shape {
    Shape { forms, ..Shape::default() }
}

/// The forms of numbers that a text of these kinds of bytes fits.
fn number(text: &str, kinds: u8) -> u32 {
    let bytes = text.as_bytes();
    let digits = bytes.strip_prefix(b"-").unwrap_or(bytes);
    let has = |kind: u8| kinds & kind != 0;
    if !has(POINT | COMMA | SPACE | APOSTROPHE | EXPONENT) {
        let plain = digits.iter().all(u8::is_ascii_digit);
        return if plain { whole(text, digits) } else { 0 };
    }
    if has(EXPONENT) {
        return if is_float_with_exponent(text) { NUMBER } else { 0 };
    }
    let mut forms = 0;
    if !has(COMMA | SPACE | APOSTROPHE)
        && let Some((head, tail)) = split_once(digits, b'.')
        && head.iter().chain(tail).all(u8::is_ascii_digit)
        && !(head.is_empty() && tail.is_empty())
        && !has_leading_zero(head)
    {
        let lossless = keeps(text, head, tail);
        forms |= if lossless { NUMBER | COMMA_POINT | APOSTROPHE_POINT } else { 0 };
        if head.len() + tail.len() <= 38 && tail.len() <= 30 && !head.is_empty() {
            forms |= EXACT;
        }
    }
    if has(COMMA) {
        forms |= marked(digits, b',', b'.', COMMA_POINT);
    }
    forms |= marked(digits, b'.', b',', POINT_COMMA);
    if has(COMMA | SPACE) {
        forms |= marked(digits, b' ', b',', SPACE_COMMA);
    }
    if has(APOSTROPHE) {
        forms |= marked(digits, b'\'', b'.', APOSTROPHE_POINT);
    }
    forms
}

fn whole(text: &str, digits: &[u8]) -> u32 {
    if digits.is_empty() || has_leading_zero(digits) || text == "-0" {
        return 0;
    }
    let marked = COMMA_POINT | POINT_COMMA | SPACE_COMMA | APOSTROPHE_POINT;
    match digits.len() {
        ..=15 => WHOLE | HUGE | NUMBER | EXACT | marked,
        16..=19 if text.parse::<i64>().is_ok() => WHOLE | HUGE | EXACT,
        16..=38 => HUGE | EXACT,
        _ => 0,
    }
}

/// Zeros at the front belong to a code, and are lost in a number.
fn has_leading_zero(digits: &[u8]) -> bool {
    digits.len() > 1 && digits[0] == b'0'
}

fn split_once(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let place = bytes.iter().position(|b| *b == at)?;
    Some((&bytes[..place], &bytes[place + 1..]))
}

/// Whether a float keeps a number: fifteen digits always fit, more when the float is printed so.
fn keeps(text: &str, head: &[u8], tail: &[u8]) -> bool {
    let zeros = tail.iter().rev().take_while(|b| **b == b'0').count();
    let tail = &tail[..tail.len() - zeros];
    let significant = head.iter().chain(tail).skip_while(|b| **b == b'0').count();
    if significant <= 15 {
        return true;
    }
    let Ok(value) = text.parse::<f64>() else { return false };
    let printed = format!("{value}");
    let printed = printed.trim_start_matches('-');
    let (kept_head, kept_tail) = printed.split_once('.').unwrap_or((printed, ""));
    let head = if head.is_empty() { b"0" } else { head };
    kept_head.as_bytes() == head && kept_tail.as_bytes() == tail
}

/// Whether a number is written as programs print floats: `1e-05`, `1.5E7`. What only looks like one,
/// such as the code `12E4`, is not one.
fn is_float_with_exponent(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let Some((mantissa, exponent)) = unsigned.split_once(['e', 'E']) else { return false };
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let (head, tail) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    let printed = (exponent.len() > digits.len() && unsigned.contains('e')) || !tail.is_empty();
    head.len() == 1
        && head != "0"
        && printed
        && !digits.is_empty()
        && digits.len() <= 3
        && all_digits(head)
        && all_digits(tail)
        && all_digits(digits)
        && tail.len() <= 16
        && text.parse::<f64>().is_ok_and(|value| value.is_finite() && value != 0.0)
}

/// `form` when the digits are written with these marks and at most fifteen digits.
fn marked(digits: &[u8], thousands: u8, decimal: u8, form: u32) -> u32 {
    let (head, tail) = split_once(digits, decimal).unwrap_or((digits, b""));
    let ends_in_mark = digits.last() == Some(&decimal);
    let mut groups = head.split(|b| *b == thousands);
    let first = groups.next().unwrap_or_default();
    let grouped = head.len() > first.len();
    let digits_only = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let count = head.iter().chain(tail).filter(|b| b.is_ascii_digit()).count();
    let begins = match grouped {
        true => (1..=3).contains(&first.len()) && first != b"0",
        false => !first.is_empty(),
    };
    let fits = begins
        && digits_only(first)
        && !has_leading_zero(first)
        && groups.all(|group| group.len() == 3 && digits_only(group))
        && digits_only(tail)
        && !ends_in_mark
        && count <= 15;
    if fits { form } else { 0 }
}

/// A number with a unit before or after it: `$1,234.50`, `12 %`, `-€5`.
fn with_unit(text: &str) -> Shape {
    let Some(begin) = text.bytes().position(|b| b.is_ascii_digit()).filter(|at| *at <= 8) else {
        return Shape::default();
    };
    let end = text.bytes().rposition(|b| b.is_ascii_digit()).unwrap_or(begin);
    let (before, number, after) = (&text[..begin], &text[begin..=end], &text[end + 1..]);
    // A unit has few letters; it stands on one side.
    if before.len() > 8 || after.len() > 8 {
        return Shape::default();
    }
    let bare = |side: &str| side.trim_matches(['-', ' ', '\u{a0}']).len();
    let side = match (bare(before), bare(after)) {
        (0, 1..) => after,
        (1.., 0) => before,
        _ => return Shape::default(),
    };
    let signs = before.matches('-').count();
    let word = side.trim_matches(['-', ' ', '\u{a0}']);
    let Some(unit) = UNITS.iter().position(|unit| *unit == word) else { return Shape::default() };
    if signs > 1 || after.contains('-') || (signs == 1 && number == "0") {
        return Shape::default();
    }
    let marks = COMMA_POINT | POINT_COMMA | SPACE_COMMA | APOSTROPHE_POINT;
    let forms = self::number(number, kinds_in(number)) & marks;
    match forms {
        0 => Shape::default(),
        forms => Shape { forms, unit: u8::try_from(unit + 1).unwrap_or(0), ..Shape::default() },
    }
}

/// `HH:MM:SS`, as the database prints it.
fn is_time(text: &str) -> bool {
    let bytes = text.as_bytes();
    let two = |at: usize, most: u8| {
        bytes[at].is_ascii_digit()
            && bytes[at + 1].is_ascii_digit()
            && (bytes[at] - b'0') * 10 + bytes[at + 1] - b'0' <= most
    };
    bytes.len() == 8
        && bytes[2] == b':'
        && bytes[5] == b':'
        && two(0, 23)
        && two(3, 59)
        && two(6, 59)
}

/// A date, with or without a time and an offset.
fn moment(text: &str) -> Shape {
    let Some((forms, length)) = date(text.as_bytes()) else { return Shape::default() };
    let rest = &text[length..];
    if rest.is_empty() {
        return plain(forms);
    }
    let (after, rest) = if let Some(rest) = rest.strip_prefix(", ") {
        (After::CommaSpace, rest)
    } else if let Some(rest) = rest.strip_prefix(' ') {
        (After::Space, rest)
    } else if let Some(rest) = rest.strip_prefix('T') {
        (After::T, rest)
    } else {
        return Shape::default();
    };
    let Some((clock, offset)) = clock(rest.as_bytes(), after) else { return Shape::default() };
    // A date that is not sure to be one says nothing with a time either.
    Shape { forms: forms & DATES, clock: Some(clock), offset, unit: 0 }
}

/// The digits at the front: their value and how many there are.
fn leading(bytes: &[u8]) -> (u32, usize) {
    let count = bytes.iter().take(5).take_while(|b| b.is_ascii_digit()).count();
    let value = bytes[..count].iter().fold(0, |n, b| n * 10 + u32::from(b - b'0'));
    (value, count)
}

fn is_day(year: u32, month: u32, day: u32) -> bool {
    let small = |n: u32| i8::try_from(n).unwrap_or(0);
    let year = i16::try_from(year).unwrap_or(0);
    year >= 1 && jiff::civil::Date::new(year, small(month), small(day)).is_ok()
}

/// The year that two digits mean, as `strptime` has it.
fn of_two_digits(year: u32) -> u32 {
    if year < 69 { 2000 + year } else { 1900 + year }
}

/// The forms of dates that the front of a text fits, and how many bytes they take.
fn date(bytes: &[u8]) -> Option<(u32, usize)> {
    let (a, a_length) = leading(bytes);
    if a_length == 0 {
        return month_first(bytes);
    }
    let mark = *bytes.get(a_length)?;
    let rest = &bytes[a_length + 1..];
    if a_length <= 2 && rest.first().is_some_and(u8::is_ascii_alphabetic) {
        let (forms, length) = day_and_month_name(a, mark, rest)?;
        return Some((forms, a_length + 1 + length));
    }
    if !matches!(mark, b'-' | b'/' | b'.') {
        return None;
    }
    let (b, b_length) = leading(rest);
    if !(1..=2).contains(&b_length) || rest.get(b_length) != Some(&mark) {
        return None;
    }
    let (c, c_length) = leading(&rest[b_length + 1..]);
    let length = a_length + b_length + c_length + 2;
    let bit = |test: bool, form: u32| if test { form } else { 0 };
    let forms = match (a_length, c_length) {
        (4, 1..=2) => {
            let form = [YMD_DASH, YMD_SLASH, YMD_POINT][place(mark)];
            bit(is_day(a, b, c), form)
        }
        (1..=2, 4) => {
            let day_first = [DMY_DASH, DMY_SLASH, DMY_POINT][place(mark)];
            let month_first = [MDY_DASH, MDY_SLASH, 0][place(mark)];
            bit(is_day(c, b, a), day_first) | bit(is_day(c, a, b), month_first)
        }
        (2, 2) if mark == b'-' && b_length == 2 => {
            let any = is_day(of_two_digits(a), b, c)
                || is_day(of_two_digits(c), b, a)
                || is_day(of_two_digits(c), a, b);
            bit(any, TWO_DIGITS)
        }
        (1..=2, 2) => {
            let year = of_two_digits(c);
            match mark {
                b'/' => bit(is_day(year, b, a), DMY2_SLASH) | bit(is_day(year, a, b), MDY2_SLASH),
                // `1.2.25` is rather a version.
                b'.' => bit(is_day(year, b, a) && (a_length, b_length) == (2, 2), DMY2_POINT),
                _ => 0,
            }
        }
        _ => 0,
    };
    (forms != 0).then_some((forms, length))
}

/// Which of `-`, `/` and `.` a mark is.
fn place(mark: u8) -> usize {
    match mark {
        b'-' => 0,
        b'/' => 1,
        _ => 2,
    }
}

/// A month's name at the front: its number, whether it is written whole, and its length.
fn month_name(bytes: &[u8]) -> Option<(u32, bool, usize)> {
    let length = bytes.iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let word = &bytes[..length];
    (1..).zip(MONTHS).find_map(|(n, name)| {
        let name = name.as_bytes();
        // May is both whole and cut; it is taken for cut, which reads either.
        let is_one = |name: &[u8]| word.eq_ignore_ascii_case(name);
        (is_one(&name[..3]) || is_one(name)).then_some((n, length > 3, length))
    })
}

/// `25 Nov 2025` and its like, from the month on.
fn day_and_month_name(day: u32, mark: u8, rest: &[u8]) -> Option<(u32, usize)> {
    let (month, whole, length) = month_name(rest)?;
    if rest.get(length) != Some(&mark) {
        return None;
    }
    let (year, digits) = leading(&rest[length + 1..]);
    let form = match (mark, digits, whole) {
        (b' ', 4, false) => D_MON_Y,
        (b' ', 4, true) => D_MONTH_Y,
        (b'-', 4, false) => D_MON_Y_DASH,
        (b'-', 2, false) => D_MON_Y2_DASH,
        _ => return None,
    };
    let year = if digits == 2 { of_two_digits(year) } else { year };
    is_day(year, month, day).then_some((form, length + 1 + digits))
}

/// `Nov 25, 2025` and `November 25, 2025`.
fn month_first(bytes: &[u8]) -> Option<(u32, usize)> {
    let (month, whole, length) = month_name(bytes)?;
    let rest = bytes.get(length..)?.strip_prefix(b" ")?;
    let (day, day_length) = leading(rest);
    let rest = rest.get(day_length..)?.strip_prefix(b", ")?;
    let (year, digits) = leading(rest);
    let fits = (1..=2).contains(&day_length) && digits == 4 && is_day(year, month, day);
    let form = if whole { MONTH_D_Y } else { MON_D_Y };
    fits.then_some((form, length + 1 + day_length + 2 + digits))
}

/// A time and an offset, to the end of the text.
fn clock(bytes: &[u8], after: After) -> Option<(Clock, bool)> {
    let (hour, hour_length) = leading(bytes);
    let mut at = hour_length;
    let is_sixtieth = |at: usize| {
        let rest = bytes.get(at..).and_then(|rest| rest.strip_prefix(b":"));
        rest.map(leading).is_some_and(|(value, length)| length == 2 && value <= 59)
    };
    if !(1..=2).contains(&hour_length) || !is_sixtieth(at) {
        return None;
    }
    at += 3;
    let seconds = bytes.get(at) == Some(&b':');
    if seconds {
        if !is_sixtieth(at) {
            return None;
        }
        at += 3;
    }
    let mut fraction = false;
    if seconds && bytes.get(at) == Some(&b'.') {
        let digits = bytes[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
        let kept = bytes[at + 1..].iter().take(digits).skip(6).all(|b| *b == b'0');
        if digits == 0 || digits > 9 || !kept {
            return None;
        }
        fraction = true;
        at += 1 + digits;
    }
    let rest = &bytes[at..];
    let spaced = rest.first() == Some(&b' ');
    let word = if spaced { &rest[1..] } else { rest };
    let twelve = word.eq_ignore_ascii_case(b"am") || word.eq_ignore_ascii_case(b"pm");
    if twelve {
        let clock = Clock { after, seconds, fraction, twelve: Some(spaced) };
        return ((1..=12).contains(&hour) && !fraction).then_some((clock, false));
    }
    let clock = Clock { after, seconds, fraction, twelve: None };
    if hour > 23 {
        return None;
    }
    if rest.is_empty() {
        return Some((clock, false));
    }
    is_offset(word).then_some((clock, true))
}

fn is_offset(word: &[u8]) -> bool {
    if word.eq_ignore_ascii_case(b"z") || word == b"UTC" || word == b"GMT" {
        return true;
    }
    let Some(digits) = word.strip_prefix(b"+").or_else(|| word.strip_prefix(b"-")) else {
        return false;
    };
    let (hours, minutes) = match digits {
        [a, b] => ([*a, *b], [b'0', b'0']),
        [a, b, b':', c, d] | [a, b, c, d] => ([*a, *b], [*c, *d]),
        _ => return false,
    };
    let all_digits = hours.iter().chain(&minutes).all(u8::is_ascii_digit);
    all_digits && hours <= *b"15" && minutes <= *b"59"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forms(text: &str) -> u32 {
        of(text).forms
    }

    #[test]
    fn what_would_be_lost_stays_text() {
        for text in [
            "007",
            "+49170123",
            "+5",
            "0x1F",
            "1_5",
            "12E4",
            "7E05",
            "1E10",
            "55E1",
            "1e5",
            "-0",
            "00",
            "0.1234567890123456789012345678901234567890",
            "1.2.3",
            "12-05",
            "1,2,3",
            "--5",
            "2025-13-01",
            "31/02/2025",
            "2025-11-25 24:00",
            "2025-11-25T10:00:00.1234567",
            "5 apples",
            "",
            " ",
            "t",
            "yes",
            "1-1-1",
            "12:5",
            "1:30",
            "May",
            "10.1.1.1",
            "٣",
            "½",
        ] {
            assert_eq!(forms(text) & !TWO_DIGITS, 0, "{text}");
        }
        assert_eq!(forms("12-05-03"), TWO_DIGITS);
    }

    #[test]
    fn numbers_are_what_every_reader_takes_for_one() {
        assert!(forms("12") & WHOLE != 0 && forms(" -12 ") & WHOLE != 0);
        assert!(forms("9223372036854775807") & WHOLE != 0);
        assert_eq!(forms("9223372036854775808"), HUGE | EXACT);
        assert!(
            forms("1.50") & NUMBER != 0 && forms(".5") & NUMBER != 0 && forms("5.") & NUMBER != 0
        );
        assert!(forms("0.30000000000000004") & NUMBER != 0);
        assert_eq!(forms("123456789012345678.25"), EXACT);
        for text in ["1e-05", "-1.5E7", "2.5e+20"] {
            assert_eq!(forms(text), NUMBER, "{text}");
        }
        assert_eq!(forms("1,234.5"), COMMA_POINT);
        assert_eq!(forms("1.234,5"), POINT_COMMA);
        assert_eq!(forms("1'234.5"), APOSTROPHE_POINT);
        assert_eq!(forms("1,234"), COMMA_POINT | POINT_COMMA | SPACE_COMMA);
        assert_eq!(of("$1,234.50"), Shape { forms: COMMA_POINT, unit: 2, ..Shape::default() });
        assert_eq!(of("12,5 %").forms, POINT_COMMA | SPACE_COMMA);
        assert_eq!(of("-€5").unit, 3);
    }

    #[test]
    fn dates_are_days_of_the_calendar() {
        assert_eq!(forms("2025-11-25"), YMD_DASH);
        assert_eq!(forms("29.02.2024"), DMY_POINT);
        assert_eq!(forms("29.02.2023"), 0);
        assert_eq!(forms("3/11/2025"), DMY_SLASH | MDY_SLASH);
        assert_eq!(forms("25/11/2025"), DMY_SLASH);
        assert_eq!(forms("11/25/25"), MDY2_SLASH);
        assert_eq!(forms("25-NOV-25"), D_MON_Y2_DASH);
        assert_eq!(forms("november 25, 2025"), MONTH_D_Y);
        assert_eq!(forms("25 Nov 2025"), D_MON_Y);
    }

    #[test]
    fn moments_have_a_clock_and_may_have_an_offset() {
        let iso = of("2025-11-25T23:30:00-05:00");
        assert!(iso.forms == YMD_DASH && iso.offset && iso.clock.is_some());
        assert!(of("2025-11-25 23:30:00 +0100").offset && of("2025-11-25 23:30Z").offset);
        let clock = of("11/25/2025, 5:03:09 PM").clock.unwrap();
        assert_eq!((clock.after, clock.twelve), (After::CommaSpace, Some(true)));
        assert!(of("25.11.2025 17:03").clock.is_some());
        assert_eq!(forms("12:30:45"), TIME);
        assert_eq!(forms("24:30:45"), 0);
    }
}
