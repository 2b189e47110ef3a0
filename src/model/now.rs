//! "Now", pinned: one instant and one time zone, from which every relative date is worked out.
//!
//! The database never hears of now: a relative moment is resolved here and reaches SQL as a
//! literal, so that the same slice at the same instant gives the same list, and so that no
//! time-zone data is needed in the database.

use super::clause::{Now, Unit};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Unit as JiffUnit, Zoned};

/// Changes of clocks from this year on are not known to a statement: rules change sooner.
const OFFSETS_UNTIL: i16 = 2050;

/// A stated instant in a stated time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    zoned: Zoned,
}

/// Why text is not an instant.
#[derive(Debug, thiserror::Error)]
#[error("\"{text}\" is not {what}; {reason}")]
pub struct BadMoment {
    text: String,
    what: &'static str,
    reason: String,
}

impl Moment {
    /// An instant in a zone.
    pub fn new(instant: Timestamp, zone: TimeZone) -> Self {
        Self { zoned: instant.to_zoned(zone) }
    }

    /// Reads `2026-11-23T09:00:00Z`, `2026-11-23T09:00:00+01:00[Europe/Berlin]`, or
    /// `2026-11-23 09:00` and `2026-11-23`, which are local to `zone`.
    ///
    /// # Errors
    /// When the text is none of these.
    pub fn parse(text: &str, zone: &TimeZone) -> Result<Self, BadMoment> {
        let text = text.trim();
        if let Ok(zoned) = text.parse::<Zoned>() {
            return Ok(Self { zoned });
        }
        if let Ok(instant) = text.parse::<Timestamp>() {
            return Ok(Self::new(instant, zone.clone()));
        }
        let bad = |reason: String| BadMoment { text: text.to_owned(), what: "an instant", reason };
        text.parse::<DateTime>()
            .map_err(|_| bad("write 2026-11-23T09:00:00Z, or 2026-11-23 09:00".to_owned()))?
            .to_zoned(zone.clone())
            .map(|zoned| Self { zoned })
            .map_err(|error| bad(error.to_string()))
    }

    /// The zone named `name` (`Europe/Berlin`, `UTC`).
    ///
    /// # Errors
    /// When there is no zone of that name.
    pub fn zone(name: &str) -> Result<TimeZone, BadMoment> {
        TimeZone::get(name).map_err(|_| BadMoment {
            text: name.to_owned(),
            what: "a time zone",
            reason: "write a zone's name such as Europe/Berlin or UTC".to_owned(),
        })
    }

    /// The instant.
    pub fn instant(&self) -> Timestamp {
        self.zoned.timestamp()
    }

    /// The zone's name.
    pub fn zone_name(&self) -> String {
        self.zoned.time_zone().iana_name().unwrap_or("UTC").to_owned()
    }

    /// `2026-11-23T09:00:00+01:00[Europe/Berlin]`: what is written down, and read back by
    /// [`Moment::parse`].
    pub fn written(&self) -> String {
        self.zoned.to_string()
    }

    /// `23 Nov 2026 09:00 Europe/Berlin`: for the screen.
    pub fn display(&self) -> String {
        format!("{} {}", self.zoned.strftime("%-d %b %Y %H:%M"), self.zone_name())
    }

    /// The moment that `now` means, in the stated zone.
    pub fn resolve(&self, now: &Now) -> Zoned {
        let moved = match now.offset {
            None => self.zoned.clone(),
            // Out of the calendar's range: stay at now rather than fail; a clause 20,000 years
            // away keeps or drops everyone either way.
            Some((n, unit)) => span(n, unit)
                .and_then(|s| self.zoned.checked_add(s).ok())
                .unwrap_or_else(|| self.zoned.clone()),
        };
        match now.start_of {
            None => moved,
            Some(unit) => start_of(&moved, unit),
        }
    }

    /// The civil day of [`Moment::resolve`], `YYYY-MM-DD`.
    pub fn date(&self, now: &Now) -> String {
        self.resolve(now).date().to_string()
    }

    /// A day or moment without a zone, read as local to the stated zone, in UTC. `None` when the
    /// text is no moment or has a zone of its own.
    pub fn local_to_utc(&self, text: &str) -> Option<String> {
        let text = text.trim();
        let civil = text
            .parse::<DateTime>()
            .ok()
            .filter(|_| !text.contains('+') && !text.ends_with(['Z', 'z', ']']))
            .filter(|_| !text.get(10..).is_some_and(|time| time.contains('-')))?;
        let zoned = civil.to_zoned(self.zoned.time_zone().clone()).ok()?;
        Some(utc_text(&zoned))
    }

    /// [`Moment::resolve`] as the clocks of the stated zone show it, `YYYY-MM-DD HH:MM:SS[.ffffff]`.
    pub fn local(&self, now: &Now) -> String {
        civil_text(self.resolve(now).datetime())
    }

    /// The offsets of the stated zone, see [`offsets_of`].
    pub fn offsets(&self) -> Vec<(i64, i64)> {
        offsets_of(self.zoned.time_zone())
    }

    /// The day after a day; `None` when the text is no day.
    pub fn day_after(day: &str) -> Option<String> {
        let day = day.trim().parse::<jiff::civil::Date>().ok()?;
        Some(day.tomorrow().ok()?.to_string())
    }

    /// [`Moment::resolve`] in UTC without a zone, `YYYY-MM-DD HH:MM:SS[.ffffff]`, as the
    /// database's `TIMESTAMP` literals are written.
    pub fn utc(&self, now: &Now) -> String {
        utc_text(&self.resolve(now))
    }
}

fn utc_text(zoned: &Zoned) -> String {
    civil_text(zoned.with_time_zone(TimeZone::UTC).datetime())
}

/// A moment without a zone in ISO form, to the microsecond: `2026-11-23 09:00:00`.
pub fn civil_text(civil: DateTime) -> String {
    let micros = civil.subsec_nanosecond() / 1000;
    let base = civil.strftime("%Y-%m-%d %H:%M:%S").to_string();
    if micros == 0 { base } else { format!("{base}.{micros:06}") }
}

fn span(n: i64, unit: Unit) -> Option<Span> {
    let span = Span::new();
    match unit {
        Unit::Second => span.try_seconds(n),
        Unit::Minute => span.try_minutes(n),
        Unit::Hour => span.try_hours(n),
        Unit::Day => span.try_days(n),
        Unit::Week => span.try_weeks(n),
        Unit::Month => span.try_months(n),
        Unit::Quarter => span.try_months(n.checked_mul(3)?),
        Unit::Year => span.try_years(n),
    }
    .ok()
}

fn start_of(moment: &Zoned, unit: Unit) -> Zoned {
    let day = |z: &Zoned| z.start_of_day().unwrap_or_else(|_| z.clone());
    match unit {
        Unit::Second | Unit::Minute | Unit::Hour => {
            let unit = match unit {
                Unit::Second => JiffUnit::Second,
                Unit::Minute => JiffUnit::Minute,
                _ => JiffUnit::Hour,
            };
            let cut = jiff::ZonedRound::new().smallest(unit).mode(jiff::RoundMode::Trunc);
            moment.round(cut).unwrap_or_else(|_| moment.clone())
        }
        Unit::Day => day(moment),
        Unit::Week => {
            let back = i64::from(moment.weekday().to_monday_zero_offset());
            day(&moment.checked_sub(Span::new().days(back)).unwrap_or_else(|_| moment.clone()))
        }
        Unit::Month => day(&moment.first_of_month().unwrap_or_else(|_| moment.clone())),
        Unit::Quarter => {
            let month = (moment.month() - 1) / 3 * 3 + 1;
            let first = moment.first_of_month().and_then(|z| z.with().month(month).build());
            day(&first.unwrap_or_else(|_| moment.clone()))
        }
        Unit::Year => day(&moment.first_of_year().unwrap_or_else(|_| moment.clone())),
    }
}

/// The offset of a zone from UTC in microseconds, from the microsecond since 1970 on at which it
/// holds, in order. The first holds from the beginning.
pub fn offsets_of(zone: &TimeZone) -> Vec<(i64, i64)> {
    let micros = |seconds: i32| i64::from(seconds) * 1_000_000;
    let first = zone.to_offset(jiff::Timestamp::MIN);
    let mut out = vec![(i64::MIN, micros(first.seconds()))];
    let end = jiff::civil::date(OFFSETS_UNTIL, 1, 1).to_zoned(TimeZone::UTC);
    let Ok(end) = end.map(|end| end.timestamp()) else { return out };
    for transition in zone.following(jiff::Timestamp::MIN) {
        if transition.timestamp() >= end {
            break;
        }
        let offset = micros(transition.offset().seconds());
        // Names may change where clocks do not.
        if out.last().is_some_and(|(_, last)| *last != offset) {
            out.push((transition.timestamp().as_microsecond(), offset));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> Moment {
        Moment::parse("2026-03-30T00:30:00+02:00[Europe/Berlin]", &TimeZone::UTC).unwrap()
    }

    #[test]
    fn a_day_back_over_the_clock_change_is_the_same_wall_time() {
        let now = Now { offset: Some((-1, Unit::Day)), start_of: None };
        // 29 March 2026 00:30 in Berlin is still winter time, an hour nearer to UTC.
        assert_eq!(berlin().utc(&now), "2026-03-28 23:30:00");
    }

    #[test]
    fn starts_are_local_to_the_zone() {
        let start = |unit| berlin().utc(&Now { offset: None, start_of: Some(unit) });
        assert_eq!(start(Unit::Day), "2026-03-29 22:00:00");
        assert_eq!(start(Unit::Week), "2026-03-29 22:00:00");
        assert_eq!(start(Unit::Month), "2026-02-28 23:00:00");
        assert_eq!(start(Unit::Quarter), "2025-12-31 23:00:00");
        assert_eq!(start(Unit::Year), "2025-12-31 23:00:00");
        assert_eq!(start(Unit::Hour), "2026-03-29 22:00:00");
    }

    #[test]
    fn what_is_written_is_read_back() {
        let moment = berlin();
        assert_eq!(Moment::parse(&moment.written(), &TimeZone::UTC).unwrap(), moment);
        assert!(Moment::parse("soon", &TimeZone::UTC).is_err());
    }
}
