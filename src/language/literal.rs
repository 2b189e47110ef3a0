//! Constants as they are typed: dates and moments brought to one written form, and the values that
//! input fields accept.

use crate::model::value::{Kind, Value};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// `YYYY-MM-DD`, when the text is a day.
pub(super) fn date(text: &str) -> Option<String> {
    let text = text.trim();
    text.parse::<Date>().ok().filter(|_| looks_like_a_day(text)).map(|day| day.to_string())
}

/// `YYYY-MM-DD HH:MM:SS[.ffffff]`, when the text is a day or a moment without a zone.
pub(super) fn timestamp(text: &str) -> Option<String> {
    let text = text.trim();
    if !looks_like_a_day(text) {
        return None;
    }
    text.parse::<DateTime>().ok().map(civil)
}

/// `YYYY-MM-DD HH:MM:SS[.ffffff]+00`, when the text is a moment; without an offset it is UTC.
pub(super) fn instant(text: &str) -> Option<String> {
    let text = text.trim();
    if !looks_like_a_day(text) {
        return None;
    }
    let utc = match text.parse::<Timestamp>() {
        Ok(instant) => instant.to_zoned(TimeZone::UTC).datetime(),
        Err(_) => text.parse::<DateTime>().ok()?,
    };
    Some(format!("{}+00", civil(utc)))
}

/// The written form of a moment whose database text may end early (`10:00:00.5`).
fn civil(moment: DateTime) -> String {
    let base = moment.strftime("%Y-%m-%d %H:%M:%S").to_string();
    let nanos = moment.subsec_nanosecond();
    match (nanos, nanos % 1000) {
        (0, _) => base,
        (_, 0) => format!("{base}.{:06}", nanos / 1000),
        _ => format!("{base}.{nanos:09}"),
    }
}

/// ISO with dashes only: `20220101` is a number to whoever typed it.
fn looks_like_a_day(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 10 && bytes[4] == b'-' && bytes[7] == b'-'
}

/// Reads what was typed into an input field for values of `kind`.
///
/// Numbers may be grouped (`1 234`, `1,234`, `1_234`); days and moments are ISO (`2026-11-23`,
/// `2026-11-23 09:00`). `None` when the text is no such value, and for kinds that have no field of
/// their own (nested values and bytes).
pub fn parse_value(text: &str, kind: Kind) -> Option<Value> {
    let trimmed = text.trim();
    match kind {
        Kind::Text => Some(Value::Text(text.to_owned())),
        Kind::Boolean => match trimmed.to_ascii_lowercase().as_str() {
            "true" | "yes" | "y" | "t" | "1" => Some(Value::Boolean(true)),
            "false" | "no" | "n" | "f" | "0" => Some(Value::Boolean(false)),
            _ => None,
        },
        Kind::Integer | Kind::Number => number(&ungrouped(trimmed)?),
        Kind::Date => date(trimmed).map(Value::Date),
        Kind::Timestamp => timestamp(trimmed).map(Value::Timestamp),
        Kind::Instant => instant(trimmed).map(Value::Instant),
        Kind::Time | Kind::Interval => {
            (!trimmed.is_empty()).then(|| Value::Other(trimmed.to_owned()))
        }
        Kind::List => {
            let items = trimmed.split(',').map(str::trim).filter(|item| !item.is_empty());
            Some(Value::List(items.map(|item| Value::Text(item.to_owned())).collect()))
        }
        Kind::Nested | Kind::Binary => None,
    }
}

/// The number without its grouping; `None` when the groups are not of three digits.
fn ungrouped(text: &str) -> Option<String> {
    let is_group = |c: char| matches!(c, ',' | '_' | ' ' | '\u{a0}' | '\u{202f}' | '\'');
    if !text.contains(is_group) {
        return Some(text.to_owned());
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let whole = unsigned.split('.').next().unwrap_or_default();
    let groups: Vec<&str> = whole.split(is_group).collect();
    let digits = |group: &&str| group.chars().all(|c| c.is_ascii_digit());
    let (first, rest) = groups.split_first()?;
    let fits = groups.iter().all(digits)
        && (1..=3).contains(&first.len())
        && rest.iter().all(|group| group.len() == 3);
    fits.then(|| text.chars().filter(|c| !is_group(*c)).collect())
}

/// A number as SQL reads it: whole, exact with a point, or a float with an exponent.
pub(super) fn number(text: &str) -> Option<Value> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let digits = digits.replace('_', "");
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    if digits.contains(['e', 'E']) {
        return format!("{sign}{digits}").parse().ok().map(Value::Float);
    }
    match digits.split_once('.') {
        None => format!("{sign}{digits}").parse().ok().map(Value::Integer),
        Some((whole, part)) => {
            let all_digits = |s: &str| s.chars().all(|c| c.is_ascii_digit());
            if !all_digits(whole) || !all_digits(part) || (whole.is_empty() && part.is_empty()) {
                return None;
            }
            let or_zero = |s: &str| if s.is_empty() { "0".to_owned() } else { s.to_owned() };
            Some(Value::Decimal(format!("{sign}{}.{}", or_zero(whole), or_zero(part))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_read_numbers_with_grouping() {
        for (text, value) in [
            ("1,234", Value::Integer(1234)),
            ("-1 234 567", Value::Integer(-1_234_567)),
            ("1\u{202f}234.50", Value::Decimal("1234.50".into())),
            (".5", Value::Decimal("0.5".into())),
            ("1e3", Value::Float(1000.0)),
        ] {
            assert_eq!(parse_value(text, Kind::Number), Some(value), "{text}");
        }
        for text in ["", "1,23", "12,34,567", "abc", "1.2.3", "--1", ",", "1,,000"] {
            assert_eq!(parse_value(text, Kind::Number), None, "{text}");
        }
    }

    #[test]
    fn fields_read_days_and_moments() {
        let day = |text| parse_value(text, Kind::Date);
        assert_eq!(day(" 2026-11-23 "), Some(Value::Date("2026-11-23".into())));
        assert_eq!(day("2026-02-30"), None);
        assert_eq!(day("20261123"), None);
        assert_eq!(
            parse_value("2026-11-23 09:00", Kind::Timestamp),
            Some(Value::Timestamp("2026-11-23 09:00:00".into()))
        );
        assert_eq!(
            parse_value("2026-11-23T09:00:00.5+02:00", Kind::Instant),
            Some(Value::Instant("2026-11-23 07:00:00.500000+00".into()))
        );
        assert_eq!(
            parse_value("2026-11-23 09:00:00+00", Kind::Instant),
            Some(Value::Instant("2026-11-23 09:00:00+00".into()))
        );
        assert_eq!(parse_value("maybe", Kind::Boolean), None);
    }
}
