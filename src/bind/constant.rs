//! Constants: days and moments as such, anything else as the cell that it is.

use crate::model::now::civil_text;
use crate::model::value::Value;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// A constant of the type of what it is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Constant {
    /// A day.
    Day(Date),
    /// A moment without a zone, which is in the stated one.
    Moment(DateTime),
    /// A moment with a zone.
    Instant(Timestamp),
    /// A cell of another kind; also a day or moment that the calendar here does not have or that is
    /// finer than a microsecond, such as `infinity`: it is for the database to say what it means.
    Cell(Value),
}

impl Constant {
    /// The cell that it is.
    pub fn value(&self) -> Value {
        match self {
            Self::Day(day) => Value::Date(day.to_string()),
            Self::Moment(moment) => Value::Timestamp(civil_text(*moment)),
            Self::Instant(instant) => {
                let utc = instant.to_zoned(TimeZone::UTC).datetime();
                Value::Instant(format!("{}+00", civil_text(utc)))
            }
            Self::Cell(value) => value.clone(),
        }
    }

    /// The cells of a list of constants.
    pub fn values(constants: &[Self]) -> Vec<Value> {
        constants.iter().map(Self::value).collect()
    }
}

impl From<Value> for Constant {
    fn from(value: Value) -> Self {
        let read = match &value {
            Value::Date(text) => text.parse().ok().map(Self::Day),
            Value::Timestamp(text) => text.parse().ok().map(Self::Moment),
            Value::Instant(text) => text.parse().ok().map(Self::Instant),
            _ => None,
        };
        // What would be written otherwise than it came is kept as it came.
        read.filter(|read| read.value() == value).unwrap_or(Self::Cell(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, datetime};

    #[test]
    fn days_and_moments_are_such_and_come_back_as_they_were() {
        let cases = [
            (Value::Date("2026-11-23".into()), Constant::Day(date(2026, 11, 23))),
            (
                Value::Timestamp("2026-11-23 09:00:00".into()),
                Constant::Moment(datetime(2026, 11, 23, 9, 0, 0, 0)),
            ),
            (
                Value::Instant("2026-11-23 09:00:00.500000+00".into()),
                Constant::Instant("2026-11-23T09:00:00.5Z".parse().unwrap()),
            ),
        ];
        for (value, constant) in cases {
            assert_eq!(Constant::from(value.clone()), constant);
            assert_eq!(constant.value(), value);
        }
    }

    #[test]
    fn what_the_calendar_does_not_have_stays_as_it_is() {
        for odd in [
            Value::Date("infinity".into()),
            Value::Date("0044-03-15 (BC)".into()),
            Value::Timestamp("2026-11-23 09:00:00.123456789".into()),
            Value::Timestamp("2026-11-23".into()),
            Value::Text("2026-11-23".into()),
        ] {
            assert_eq!(Constant::from(odd.clone()), Constant::Cell(odd));
        }
    }
}
