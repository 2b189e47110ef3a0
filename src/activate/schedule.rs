//! When an activation is due: five fields of cron, in a stated time zone.

use crate::model::activation::SavedActivation;
use crate::model::failure::Failure;
use cronexpr::{Crontab, MakeTimestamp};
use jiff::Timestamp;

/// When an activation is next due after a moment; `None` for one without a schedule.
///
/// # Errors
/// When the schedule cannot be read.
pub fn next_after(
    activation: &SavedActivation,
    moment: Timestamp,
) -> Result<Option<Timestamp>, Failure> {
    let Some(schedule) = &activation.schedule else { return Ok(None) };
    let zone = activation.zone.as_deref().unwrap_or("UTC");
    let wrong = |told: String| {
        Failure::wrong_use(
            format!("the schedule \"{schedule}\" in {zone} cannot be read: {told}"),
            format!("activation {}", activation.name),
            "write minute, hour, day, month and weekday: \"0 9 * * *\", and zone: Europe/Berlin",
        )
    };
    let crontab: Crontab = cronexpr::parse_crontab(&format!("{} {zone}", schedule.trim()))
        .map_err(|error| {
            wrong(error.to_string().lines().last().unwrap_or_default().trim().to_owned())
        })?;
    let after = MakeTimestamp(moment);
    crontab
        .find_next(after)
        .map(|next| Some(next.timestamp()))
        .map_err(|_| wrong("it has no next time".to_owned()))
}

/// Whether an activation is due: its schedule has come by since its last sync began. One that never
/// ran is due.
///
/// # Errors
/// When the schedule cannot be read.
pub fn is_due(
    activation: &SavedActivation,
    last_began: Option<&str>,
    now: Timestamp,
) -> Result<bool, Failure> {
    // Also one that never ran must have a schedule that can be read.
    if next_after(activation, now)?.is_none() {
        return Ok(false);
    }
    let Some(last) = last_began.and_then(|text| text.parse::<Timestamp>().ok()) else {
        return Ok(true);
    };
    Ok(next_after(activation, last)?.is_some_and(|next| next <= now))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nine(zone: Option<&str>) -> SavedActivation {
        SavedActivation {
            name: "a".into(),
            schedule: Some("0 9 * * *".into()),
            zone: zone.map(str::to_owned),
            ..SavedActivation::default()
        }
    }

    fn due(activation: &SavedActivation, last: Option<&str>, now: &str) -> bool {
        is_due(activation, last, now.parse().unwrap()).unwrap()
    }

    #[test]
    fn it_is_due_once_its_time_has_come_by() {
        let last = Some("2026-11-26T09:00:05Z");
        assert!(!due(&nine(None), last, "2026-11-27T08:59:59Z"));
        assert!(due(&nine(None), last, "2026-11-27T09:00:00Z"));
        // Days later it is due once, not once for each day.
        assert!(due(&nine(None), last, "2026-12-01T00:00:00Z"));
        assert!(due(&nine(None), None, "2026-11-27T03:00:00Z"));
    }

    #[test]
    fn its_zone_counts_also_where_the_clock_is_changed() {
        let berlin = nine(Some("Europe/Berlin"));
        let next =
            |after: &str| next_after(&berlin, after.parse().unwrap()).unwrap().unwrap().to_string();
        assert_eq!(next("2026-10-24T12:00:00Z"), "2026-10-25T08:00:00Z", "winter time began");
        assert_eq!(next("2026-10-24T00:00:00Z"), "2026-10-24T07:00:00Z", "summer time");
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        let odd = SavedActivation { schedule: Some("every day".into()), ..nine(None) };
        assert!(is_due(&odd, None, Timestamp::UNIX_EPOCH).is_err());
        assert!(is_due(&nine(Some("Mars/Base")), None, Timestamp::UNIX_EPOCH).is_err());
        let none = SavedActivation { schedule: None, ..nine(None) };
        assert!(!due(&none, None, "2026-11-27T03:00:00Z"));
    }
}
