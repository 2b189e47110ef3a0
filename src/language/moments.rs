//! Moments relative to now: units, and which chains of moving and cutting are one moment.

use crate::model::clause::{Now, Unit};

/// The unit of this name, singular or plural.
pub(super) fn unit(name: &str) -> Option<Unit> {
    let name = name.trim().to_lowercase();
    Some(match name.strip_suffix('s').unwrap_or(&name) {
        "second" => Unit::Second,
        "minute" => Unit::Minute,
        "hour" => Unit::Hour,
        "day" => Unit::Day,
        "week" => Unit::Week,
        "month" => Unit::Month,
        "quarter" => Unit::Quarter,
        "year" => Unit::Year,
        _ => return None,
    })
}

/// `90 days`, as in `interval '90 days'`.
pub(super) fn interval(text: &str) -> Option<(i64, Unit)> {
    let text = text.trim();
    let split = text.find(|c: char| c.is_alphabetic())?;
    let (amount, name) = text.split_at(split);
    Some((amount.trim().parse().ok()?, unit(name)?))
}

/// The moment moved further; `None` when the two moves are not one.
pub(super) fn moved(now: Now, n: i64, unit: Unit) -> Option<Now> {
    if let Some(start) = now.start_of
        && !moves_starts(start, unit)
    {
        return None;
    }
    let offset = match now.offset {
        None => (n, unit),
        Some((first, same)) if same == unit => (first.checked_add(n)?, unit),
        Some(_) => return None,
    };
    Some(Now { offset: Some(offset).filter(|(n, _)| *n != 0), ..now })
}

/// Whether moving the start of `start` by `unit` gives the start of what is moved: moving first
/// and cutting then is what [`Now`] says.
fn moves_starts(start: Unit, unit: Unit) -> bool {
    match start {
        Unit::Second => true,
        Unit::Minute => unit != Unit::Second,
        Unit::Hour => !matches!(unit, Unit::Second | Unit::Minute),
        Unit::Day => !matches!(unit, Unit::Second | Unit::Minute | Unit::Hour),
        Unit::Week => unit == Unit::Week,
        Unit::Month => matches!(unit, Unit::Month | Unit::Quarter | Unit::Year),
        Unit::Quarter => matches!(unit, Unit::Quarter | Unit::Year),
        Unit::Year => unit == Unit::Year,
    }
}

/// The moment cut down to the start of `unit`; `None` when it is cut already in another way.
pub(super) fn cut(now: Now, unit: Unit) -> Option<Now> {
    let start = match now.start_of {
        None => unit,
        Some(before) if holds(unit, before) => unit,
        Some(before) if holds(before, unit) => before,
        Some(_) => return None,
    };
    Some(Now { start_of: Some(start), ..now })
}

/// Whether every start of a `large` is the start of a `small`.
fn holds(large: Unit, small: Unit) -> bool {
    let rank = |unit| match unit {
        Unit::Second => 0,
        Unit::Minute => 1,
        Unit::Hour => 2,
        Unit::Day => 3,
        Unit::Week | Unit::Month => 4,
        Unit::Quarter => 5,
        Unit::Year => 6,
    };
    large == small || (small != Unit::Week && rank(large) > rank(small))
}
