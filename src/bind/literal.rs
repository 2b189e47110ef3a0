//! Literals of the type of what they are compared with.

use super::constant::Constant;
use super::error::Reason;
use crate::language::parse_value;
use crate::model::clause::{Now, Unit};
use crate::model::now::Moment;
use crate::model::value::{Kind, Value};

/// A constant that is compared with a value of this kind, which `name` has.
pub(super) fn typed(
    value: &Value,
    kind: Option<Kind>,
    name: &str,
    zone: &Moment,
) -> Result<Constant, Reason> {
    Ok(typed_cell(value, kind, name, zone)?.into())
}

fn typed_cell(
    value: &Value,
    kind: Option<Kind>,
    name: &str,
    zone: &Moment,
) -> Result<Value, Reason> {
    match (kind, value) {
        // A database would turn every text into a number, and fail on the first that is not one.
        (Some(Kind::Text), Value::Integer(_) | Value::Decimal(_) | Value::Float(_)) => {
            Err(Reason::mismatch(
                format!("{name} is text, but {value} is a number"),
                format!("write '{value}'"),
            ))
        }
        (Some(Kind::Integer | Kind::Number), Value::Text(text)) => {
            number(text.trim()).ok_or_else(|| {
                Reason::mismatch(
                    format!("{name} is a number, but '{text}' is text"),
                    "write a number without quotes",
                )
            })
        }
        // A day or moment without a zone means the one in the stated zone.
        (Some(Kind::Instant), Value::Date(day) | Value::Timestamp(day) | Value::Text(day)) => {
            Ok(match zone.local_to_utc(day) {
                Some(utc) => Value::Instant(format!("{utc}+00")),
                None => value.clone(),
            })
        }
        (Some(kind @ (Kind::Date | Kind::Timestamp)), Value::Text(text)) => {
            Ok(parse_value(text, kind).unwrap_or_else(|| value.clone()))
        }
        _ => Ok(value.clone()),
    }
}

/// A number from its text as the database reads it; what is exact stays so.
fn number(text: &str) -> Option<Value> {
    if let Ok(whole) = text.parse::<i128>() {
        return Some(Value::Integer(whole));
    }
    let float = text.parse::<f64>().ok()?;
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_exact = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    Some(if is_exact { Value::Decimal(text.to_owned()) } else { Value::Float(float) })
}

/// A moment relative to now, as a value of the kind that it is compared with.
pub(super) fn moment(now: &Now, other: Option<Kind>, zone: &Moment) -> Constant {
    Constant::from(match other {
        Some(Kind::Date) => Value::Date(zone.date(now)),
        Some(Kind::Instant) => Value::Instant(format!("{}+00", zone.utc(now))),
        _ => Value::Timestamp(zone.local(now)),
    })
}

/// Month and day of each day from today + `from` to today + `to`, in order.
pub(super) fn days_of_year(from: i32, to: i32, zone: &Moment) -> Vec<String> {
    let (from, to) = (from.min(to), from.max(to).min(from.saturating_add(366)));
    let mut days: Vec<String> = Vec::new();
    for day in from..=to {
        let now = Now { offset: Some((i64::from(day), Unit::Day)), start_of: None };
        let date = zone.resolve(&now).date();
        days.push(date.strftime("%m-%d").to_string());
        if date.month() == 2 && date.day() == 28 && !date.in_leap_year() {
            days.push("02-29".to_owned());
        }
    }
    days.sort();
    days.dedup();
    days
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn berlin() -> Moment {
        let instant: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
        Moment::new(instant, Moment::zone("Europe/Berlin").unwrap())
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    #[test]
    fn text_becomes_what_it_is_compared_with() {
        let zone = berlin();
        let bound = |value: &str, kind| typed_cell(&text(value), Some(kind), "x", &zone).unwrap();
        assert_eq!(bound("12", Kind::Integer), Value::Integer(12));
        assert_eq!(bound("-1.50", Kind::Number), Value::Decimal("-1.50".to_owned()));
        assert_eq!(bound("1e3", Kind::Number), Value::Float(1000.0));
        assert_eq!(bound("2026-01-05", Kind::Date), Value::Date("2026-01-05".to_owned()));
        assert_eq!(
            bound("2026-01-05 10:00", Kind::Instant),
            Value::Instant("2026-01-05 09:00:00+00".to_owned())
        );
        assert_eq!(bound("2026", Kind::Text), text("2026"));
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        let zone = berlin();
        assert!(typed(&text("many"), Some(Kind::Integer), "x", &zone).is_err());
        assert!(typed(&Value::Integer(1), Some(Kind::Text), "x", &zone).is_err());
    }

    #[test]
    fn the_leap_day_is_the_day_before_in_other_years() {
        let instant: Timestamp = "2027-02-28T12:00:00Z".parse().unwrap();
        let zone = Moment::new(instant, Moment::zone("UTC").unwrap());
        assert_eq!(days_of_year(0, 1, &zone), ["02-28", "02-29", "03-01"]);
    }
}
