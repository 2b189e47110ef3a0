//! Numbers and dates as the window writes them.

pub use crate::model::shown::{shown, shown_lines};
pub use crate::model::value::grouped;

use crate::model::clause::Unit;
use crate::model::value::Value;
use std::time::Duration;

/// The name of an entity with spaces in it, as it is drawn.
pub fn spaced(name: &str) -> String {
    shown(&crate::state::values::spaced(name)).into_owned()
}

/// What everyone of an entity is called, as it is drawn.
pub fn everyone_of(entity: &str) -> String {
    shown(&crate::state::values::everyone_of(entity)).into_owned()
}

/// A share with at most three significant digits: `2.8 %`, `0.05 %`, `100 %`.
pub fn percent(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "0 %".to_owned();
    }
    let share = part as f64 / whole as f64 * 100.0;
    // Not everyone is never rounded to all, nor someone to none.
    if part > 0 && part < whole {
        if share > 99.9 {
            return "over 99.9 %".to_owned();
        }
        if share < 0.01 {
            return "under 0.01 %".to_owned();
        }
    }
    let text = match share {
        s if s >= 99.95 || s == 0.0 => format!("{s:.0}"),
        s if s >= 1.0 => format!("{s:.1}"),
        s => format!("{s:.2}"),
    };
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    };
    format!("{text} %")
}

/// A number for an axis or a cell: grouped, without noise.
pub fn number(x: f64) -> String {
    if !x.is_finite() {
        return x.to_string();
    }
    let size = x.abs();
    if size != 0.0 && !(1e-4..1e15).contains(&size) {
        return format!("{x:.3e}");
    }
    let decimals = match size {
        s if s.fract() == 0.0 || s >= 1000.0 => 0,
        s if s >= 10.0 => 1,
        s if s >= 1.0 => 2,
        _ => 4,
    };
    let text = format!("{size:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
    let fraction = fraction.trim_end_matches('0');
    let sign =
        if x < 0.0 && text.chars().any(|c| c.is_ascii_digit() && c != '0') { "−" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// A number in little room: `1.2k`, `42k`, `3.4M`.
pub fn short(x: f64) -> String {
    const UNITS: [(f64, &str); 4] = [(1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T")];
    let size = x.abs();
    if size < 10_000.0 {
        return number(x);
    }
    // The unit is that of the rounded number: 999,961 is 1M, not 1000k.
    let fits = |(factor, _): &&(f64, &str)| size / factor < 999.5;
    let (factor, unit) = UNITS.iter().find(fits).unwrap_or(&UNITS[3]);
    let scaled = x / factor;
    let text = if scaled.abs() >= 100.0 { format!("{scaled:.0}") } else { format!("{scaled:.1}") };
    let text = text.strip_suffix(".0").unwrap_or(&text).replace('-', "−");
    format!("{text}{unit}")
}

/// A change with its sign: `−4,102`, `+1,240`.
pub fn change(sign: char, n: u64) -> String {
    if n == 0 { "0".to_owned() } else { format!("{sign}{}", grouped(n)) }
}

/// A cell of a table.
pub fn cell(value: &Value) -> String {
    match value {
        Value::Integer(n) => match u64::try_from(n.unsigned_abs()) {
            Ok(size) => format!("{}{}", if *n < 0 { "−" } else { "" }, grouped(size)),
            Err(_) => n.to_string(),
        },
        Value::Float(x) => number(*x),
        Value::Boolean(b) => if *b { "yes" } else { "no" }.to_owned(),
        Value::Timestamp(t) => t.strip_suffix(" 00:00:00").unwrap_or(t).to_owned(),
        Value::Instant(t) => t.strip_suffix(" 00:00:00+00").unwrap_or(t).to_owned(),
        other => shown(&other.display()).into_owned(),
    }
}

/// A cell of a named column: the digits of an identifier are not grouped.
pub fn named_cell(column: &str, value: &Value) -> String {
    match value {
        Value::Integer(_) if crate::state::look::looks_like_an_id(column) => value.display(),
        _ => cell(value),
    }
}

/// An instant as it reads on screen.
pub fn moment(now: &crate::model::now::Moment) -> String {
    now.display().replace("Etc/UTC", "UTC")
}

/// How long something took: `3 ms`, `1.2 s`.
pub fn took(duration: Duration) -> String {
    let ms = duration.as_secs_f64() * 1000.0;
    match ms {
        m if m < 1.0 => "under 1 ms".to_owned(),
        m if m < 1000.0 => format!("{m:.0} ms"),
        m => format!("{:.1} s", m / 1000.0),
    }
}

/// A period's first day for an axis: `Nov 2026`, `23 Nov`, `2026`.
pub fn period(start: &str, unit: Unit) -> String {
    let Ok(day) = start.get(..10).unwrap_or(start).parse::<jiff::civil::Date>() else {
        return start.to_owned();
    };
    match unit {
        Unit::Year => day.strftime("%Y").to_string(),
        Unit::Quarter => format!("Q{} {}", (day.month() + 2) / 3, day.year()),
        Unit::Month => day.strftime("%b %Y").to_string(),
        Unit::Day | Unit::Week => day.strftime("%-d %b %Y").to_string(),
        _ => start.get(..16).unwrap_or(start).to_owned(),
    }
}

/// A noun with its count: `1 row`, `1,204 rows`.
pub fn counted(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_have_at_most_three_digits_and_never_round_to_all_or_none() {
        assert_eq!(percent(1204, 42_310), "2.8 %");
        assert_eq!(percent(1, 3), "33.3 %");
        assert_eq!(percent(5, 5), "100 %");
        assert_eq!(percent(0, 5), "0 %");
        assert_eq!(percent(99_999, 100_000), "over 99.9 %");
        assert_eq!(percent(1, 100_000_000), "under 0.01 %");
        assert_eq!(percent(1, 2), "50 %");
        assert_eq!(percent(0, 0), "0 %");
    }

    #[test]
    fn numbers_are_grouped_and_short_ones_stay_short() {
        assert_eq!(number(1234567.0), "1,234,567");
        assert_eq!(number(-0.5), "−0.5");
        assert_eq!(number(12.34), "12.3");
        assert_eq!(number(0.0), "0");
        assert_eq!(short(42_310.0), "42.3k");
        assert_eq!(short(100_000_000.0), "100M");
        assert_eq!(short(999.0), "999");
        assert_eq!(short(999_961.0), "1M");
        assert_eq!(short(-999_499.0), "−999k");
        assert_eq!(short(99_960.0), "100k");
        assert_eq!(short(2e15), "2000T");
    }

    #[test]
    fn periods_read_as_people_write_them() {
        assert_eq!(period("2026-11-01", Unit::Month), "Nov 2026");
        assert_eq!(period("2026-10-01", Unit::Quarter), "Q4 2026");
        assert_eq!(period("2026-11-23", Unit::Day), "23 Nov 2026");
    }
}
