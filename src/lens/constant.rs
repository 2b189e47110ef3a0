//! Where a constant stands among the values of a column.

use super::column::{Column, Nature, Values};
use crate::bind::Constant;
use crate::model::value::Value;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use std::cmp::Ordering;

/// Beyond this, not every whole number is a float.
const EXACT: i64 = 1 << 53;
const MICROS_PER_DAY: i64 = 86_400_000_000;

/// A place among values in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// So many are less.
    pub(super) less: u32,
    /// So many are less or equal.
    pub(super) upto: u32,
}

/// The place of a constant; `None` when the database has to say how both compare.
pub(super) fn place(column: &Column, constant: &Constant) -> Option<Place> {
    match (&column.values, column.nature) {
        (Values::Whole(values), nature) => {
            let wanted = match (nature, constant) {
                (Nature::Boolean, Constant::Cell(Value::Boolean(yes))) => i64::from(*yes),
                (Nature::Day, Constant::Day(day)) => days(*day)?,
                (Nature::Moment, Constant::Moment(moment)) => micros(*moment)?,
                (Nature::Instant, Constant::Instant(instant)) => instant.as_microsecond(),
                (Nature::Integer, Constant::Cell(cell)) => return among_wholes(values, cell),
                _ => return None,
            };
            Some(found(values, |value| value.cmp(&wanted)))
        }
        (Values::Float(values), Nature::Float | Nature::Single | Nature::Decimal) => {
            let Constant::Cell(cell) = constant else { return None };
            let wanted = exact_float(cell)?;
            Some(found(values, |value| value.partial_cmp(&wanted).unwrap_or(Ordering::Greater)))
        }
        (Values::Text(values), Nature::Text) => {
            let Constant::Cell(Value::Text(wanted)) = constant else { return None };
            Some(found(values, |value| value.as_str().cmp(wanted)))
        }
        _ => None,
    }
}

fn among_wholes(values: &[i64], cell: &Value) -> Option<Place> {
    if let Value::Integer(wanted) = cell {
        return Some(found(values, |value| i128::from(*value).cmp(wanted)));
    }
    let ends = values.first().zip(values.last());
    let is_exact = ends.is_none_or(|(least, most)| *least > -EXACT && *most < EXACT);
    let wanted = exact_float(cell).filter(|_| is_exact)?;
    Some(found(values, |value| (*value as f64).total_cmp(&wanted)))
}

fn found<T>(values: &[T], compare: impl Fn(&T) -> Ordering) -> Place {
    let less = values.partition_point(|value| compare(value).is_lt());
    let upto = values.partition_point(|value| compare(value).is_le());
    Place { less: less as u32, upto: upto as u32 }
}

/// A number that is a float without being rounded to another one.
fn exact_float(cell: &Value) -> Option<f64> {
    match cell {
        Value::Integer(number) => {
            let number = i64::try_from(*number).ok()?;
            (number > -EXACT && number < EXACT).then_some(number as f64)
        }
        Value::Float(number) => (!number.is_nan()).then_some(*number + 0.0),
        Value::Decimal(text) => {
            let digits = text.chars().filter(char::is_ascii_digit).count();
            if digits <= 15 { text.parse::<f64>().ok().map(|n| n + 0.0) } else { None }
        }
        _ => None,
    }
}

/// Days since 1970.
fn days(day: Date) -> Option<i64> {
    Some(micros(day.to_datetime(jiff::civil::Time::midnight()))?.div_euclid(MICROS_PER_DAY))
}

/// Microseconds since 1970 on a clock.
pub(super) fn micros(moment: DateTime) -> Option<i64> {
    Some(moment.to_zoned(TimeZone::UTC).ok()?.timestamp().as_microsecond())
}

/// The microseconds of a day or moment of a column; `None` for infinity.
pub(super) fn micros_of(nature: Nature, value: i64) -> Option<i64> {
    match nature {
        Nature::Day if value.unsigned_abs() < i32::MAX.unsigned_abs().into() => {
            value.checked_mul(MICROS_PER_DAY)
        }
        Nature::Moment | Nature::Instant if value.unsigned_abs() < i64::MAX.unsigned_abs() => {
            Some(value)
        }
        _ => None,
    }
}

/// A day as text; `None` for years that the calendar here does not have.
pub(super) fn day_text(value: i64) -> Option<String> {
    match i32::try_from(value) {
        Ok(i32::MAX) => return Some("infinity".to_owned()),
        Ok(day) if day == -i32::MAX => return Some("-infinity".to_owned()),
        _ => {}
    }
    let epoch = Date::constant(1970, 1, 1);
    let day = epoch.checked_add(jiff::Span::new().try_days(value).ok()?).ok()?;
    (day.year() > 0).then(|| day.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lens::column::Builder;
    use jiff::civil::date;

    fn column(nature: Nature, values: &[i64]) -> Column {
        let mut builder = Builder::new(nature);
        for value in values {
            builder.whole(*value).unwrap();
        }
        builder.finish().unwrap()
    }

    #[test]
    fn a_constant_stands_between_values() {
        let numbers = column(Nature::Integer, &[i64::MIN, 3, 1 << 60]);
        let at = |value| place(&numbers, &Constant::Cell(value));
        assert_eq!(at(Value::Integer(3)), Some(Place { less: 1, upto: 2 }));
        assert_eq!(at(Value::Integer(i128::MAX)), Some(Place { less: 3, upto: 3 }));
        assert_eq!(at(Value::Decimal("2.5".into())), None, "values that are no floats");
        let small = column(Nature::Integer, &[1, 3]);
        let at = |value| place(&small, &Constant::Cell(value));
        // Close numbers have a code for each number between.
        assert_eq!(at(Value::Decimal("2.5".into())), Some(Place { less: 2, upto: 2 }));
        assert_eq!(at(Value::Float(f64::NEG_INFINITY)), Some(Place { less: 0, upto: 0 }));
        assert_eq!(at(Value::Text("3".into())), None);
    }

    #[test]
    fn days_are_counted_from_1970() {
        let days = column(Nature::Day, &[-1, 0, 20_000]);
        let at = |day| place(&days, &Constant::Day(day)).map(|place| place.less);
        assert_eq!(at(date(1969, 12, 31)), Some(0));
        assert_eq!(at(date(1970, 1, 1)), Some(1));
        assert_eq!(day_text(20_000).as_deref(), Some("2024-10-04"));
        assert_eq!(day_text(i64::from(i32::MAX)).as_deref(), Some("infinity"));
        assert_eq!(day_text(-1_000_000), None);
        assert_eq!(micros_of(Nature::Day, i64::from(i32::MAX)), None);
    }
}
