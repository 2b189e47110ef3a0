//! Where bins and periods begin and end: round numbers and calendar units.

use crate::model::clause::Unit;
use jiff::civil::{Date, DateTime};
use jiff::{Span, ToSpan as _};

/// Bins of equal width.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bins {
    /// The lower edge of the first.
    pub start: f64,
    /// The width of each.
    pub width: f64,
    /// How many.
    pub count: u16,
}

/// Bins that cover `low..=high`, at most `bins_max`, 1, 2 or 5 times a power of ten wide and
/// aligned to their width; at least 1 wide for whole numbers.
///
/// # Source
/// P. Heckbert, "Nice Numbers for Graph Labels", Graphics Gems, 1990.
pub(super) fn nice_bins(low: f64, high: f64, bins_max: u16, whole: bool) -> Bins {
    let bins_max = bins_max.max(1);
    if low >= high {
        let width = if whole { 1.0 } else { (low.abs() * 0.1).max(1.0) };
        return Bins { start: low, width, count: 1 };
    }
    // Halves first, so that the widest range of floats does not overflow.
    let rough = high / f64::from(bins_max) - low / f64::from(bins_max);
    let mut exponent = rough.log10().floor() as i32 - 1;
    loop {
        for factor in [1.0, 2.0, 5.0] {
            let width = factor * 10f64.powi(exponent);
            if whole && width < 1.0 {
                continue;
            }
            let start = (low / width).floor() * width;
            let count = ((high - start) / width).floor() + 1.0;
            if width.is_finite() && start.is_finite() && count <= f64::from(bins_max) {
                return Bins { start, width, count: count as u16 };
            }
        }
        exponent += 1;
        if exponent > 308 {
            return Bins { start: low, width: f64::MAX, count: 2.min(bins_max) };
        }
    }
}

/// Calendar periods of one unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Periods {
    /// The unit.
    pub unit: Unit,
    /// The first moment of each, `YYYY-MM-DD HH:MM:SS`.
    pub starts: Vec<String>,
}

/// The shortest unit whose periods from `low` to `high` are at most `periods_max`, with every
/// period in between.
pub(super) fn periods(low: DateTime, high: DateTime, periods_max: u16) -> Periods {
    let units = [Unit::Hour, Unit::Day, Unit::Week, Unit::Month, Unit::Quarter, Unit::Year];
    for unit in units {
        let Some(mut at) = start_of(low, unit) else { continue };
        let mut starts = Vec::new();
        // The longest unit has to do, however many periods that gives.
        let enough = if unit == Unit::Year { usize::MAX } else { usize::from(periods_max) };
        while at <= high && starts.len() <= enough {
            starts.push(at.strftime("%Y-%m-%d %H:%M:%S").to_string());
            match at.checked_add(step(unit)) {
                Ok(next) => at = next,
                Err(_) => break,
            }
        }
        if starts.len() <= enough {
            return Periods { unit, starts };
        }
    }
    Periods { unit: Unit::Year, starts: Vec::new() }
}

fn step(unit: Unit) -> Span {
    match unit {
        Unit::Second => 1.second(),
        Unit::Minute => 1.minute(),
        Unit::Hour => 1.hour(),
        Unit::Day => 1.day(),
        Unit::Week => 1.week(),
        Unit::Month => 1.month(),
        Unit::Quarter => 3.months(),
        Unit::Year => 1.year(),
    }
}

fn start_of(at: DateTime, unit: Unit) -> Option<DateTime> {
    let midnight = |date: Date| date.at(0, 0, 0, 0);
    Some(match unit {
        Unit::Hour => at.date().at(at.hour(), 0, 0, 0),
        Unit::Week => {
            let back = i64::from(at.date().weekday().to_monday_zero_offset());
            midnight(at.date().checked_sub(back.days()).ok()?)
        }
        Unit::Month => midnight(at.date().first_of_month()),
        Unit::Quarter => midnight(Date::new(at.year(), (at.month() - 1) / 3 * 3 + 1, 1).ok()?),
        Unit::Year => midnight(at.date().first_of_year()),
        _ => midnight(at.date()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_round_cover_the_range_and_are_not_too_many() {
        for (low, high, max, whole) in [
            (-60.0, 179.0, 12, true),
            (0.0, 1.0, 30, false),
            (1.0, 7.0, 40, true),
            (0.001, 0.0011, 20, false),
            (-1e300, 1e300, 10, false),
            (f64::MIN, f64::MAX, 7, false),
            (5.0, 5.0, 10, true),
        ] {
            let bins = nice_bins(low, high, max, whole);
            assert!(bins.count >= 1 && bins.count <= max, "{low} {high}: {bins:?}");
            assert!(bins.start <= low, "{low} {high}: {bins:?}");
            let end = bins.start / 2.0 + bins.width / 2.0 * f64::from(bins.count);
            assert!(end >= high / 2.0, "{low} {high}: {bins:?}");
            assert!(!whole || bins.width.fract() == 0.0, "{bins:?}");
        }
        assert_eq!(
            nice_bins(-60.0, 179.0, 12, true),
            Bins { start: -60.0, width: 20.0, count: 12 }
        );
    }

    #[test]
    fn periods_have_no_gaps_and_fit() {
        let day = |text: &str| text.parse::<Date>().unwrap().at(0, 0, 0, 0);
        let months = periods("2024-01-15T10:00:00".parse().unwrap(), day("2024-06-02"), 10);
        assert_eq!(months.unit, Unit::Month);
        assert_eq!(months.starts.len(), 6);
        assert_eq!(months.starts[0], "2024-01-01 00:00:00");
        assert_eq!(periods(day("2024-01-01"), day("2024-01-20"), 40).unit, Unit::Day);
        assert_eq!(periods(day("0001-01-01"), day("9999-12-31"), 10).unit, Unit::Year);
    }
}
