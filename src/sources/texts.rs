//! What texts have in common: whether all of them are days or moments in ISO form.

use super::seen::{CellPlace, Tally};

/// The texts of a column.
#[derive(Debug, Default)]
pub(super) struct Texts {
    pub all: Tally,
    /// Texts without a character.
    pub empty: Tally,
    /// Days.
    pub days: Tally,
    /// Moments without an offset.
    pub local: Tally,
    /// Moments with one.
    pub offset: Tally,
    /// Moments with a space before their offset.
    pub spaced: bool,
    /// Moments with an offset and finer than a microsecond.
    pub fine: Tally,
    /// Moments without an offset and finer than a microsecond.
    fine_local: bool,
    /// A year that moments to the nanosecond do not reach.
    far: bool,
    /// Other texts.
    pub other: Tally,
}

/// What texts become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextType {
    Text,
    Day,
    Moment,
    FineMoment,
    Instant,
}

impl Texts {
    /// Looks at a text.
    pub(super) fn take(&mut self, text: &str, place: &CellPlace<'_>) {
        self.all.add(text, place);
        if text.is_empty() {
            return self.empty.add(text, place);
        }
        let Some(moment) = Moment::read(text) else { return self.other.add(text, place) };
        let tally = match (moment.has_time, moment.has_offset) {
            (false, _) => &mut self.days,
            (true, false) => &mut self.local,
            (true, true) => &mut self.offset,
        };
        tally.add(text, place);
        self.spaced |= moment.is_spaced;
        self.far |= !(1678..=2261).contains(&moment.year);
        if moment.is_fine && moment.has_offset {
            self.fine.add(text, place);
        }
        self.fine_local |= moment.is_fine && !moment.has_offset;
    }

    /// How many are days or moments.
    pub(super) fn moments(&self) -> u64 {
        self.days.count + self.local.count + self.offset.count
    }

    /// What they become so that nothing is lost but parts of a microsecond.
    pub(super) fn type_of(&self) -> TextType {
        let (local, offset) = (self.days.count + self.local.count, self.offset.count);
        if self.other.count > 0 || (local > 0 && offset > 0) || local + offset == 0 {
            return TextType::Text;
        }
        match self.local.count {
            _ if offset > 0 => TextType::Instant,
            0 => TextType::Day,
            _ if self.fine_local && self.far => TextType::Text,
            _ if self.fine_local => TextType::FineMoment,
            _ => TextType::Moment,
        }
    }
}

/// A day or a moment in ISO form, as the database reads it.
#[derive(Debug, PartialEq, Eq)]
struct Moment {
    year: u32,
    has_time: bool,
    has_offset: bool,
    is_spaced: bool,
    is_fine: bool,
}

impl Moment {
    /// `2025-11-25`, `2025-11-25T10:00`, `2025-11-25 10:00:00.123+02:00`, `… Z`, `… UTC`.
    fn read(text: &str) -> Option<Self> {
        let day = text.get(..10)?;
        let year = number(day.get(..4)?)?;
        let (month, date) = (number(day.get(5..7)?)?, number(day.get(8..10)?)?);
        let dashed = day.as_bytes()[4] == b'-' && day.as_bytes()[7] == b'-';
        if !dashed || !(1..=12).contains(&month) || date == 0 || date > days_in(year, month) {
            return None;
        }
        let mut moment =
            Self { year, has_time: false, has_offset: false, is_spaced: false, is_fine: false };
        let rest = &text[10..];
        if rest.is_empty() {
            return Some(moment);
        }
        moment.has_time = true;
        let time = rest.strip_prefix(['T', ' '])?;
        let end = time.find(|c: char| !c.is_ascii_digit() && c != ':' && c != '.');
        let (time, offset) = time.split_at(end.unwrap_or(time.len()));
        moment.is_fine = is_time(time)?;
        if !offset.is_empty() {
            moment.has_offset = true;
            let bare = offset.trim_start_matches(' ');
            if offset.len() - bare.len() > 1 {
                return None;
            }
            let known = matches!(bare, "Z" | "UTC") || is_offset(bare);
            moment.is_spaced = offset.len() > bare.len();
            return known.then_some(moment);
        }
        Some(moment)
    }
}

/// Whether a time of day is finer than a microsecond; `None` when it is none.
fn is_time(text: &str) -> Option<bool> {
    let (clock, fraction) = text.split_once('.').map_or((text, None), |(c, f)| (c, Some(f)));
    let parts: Vec<&str> = clock.split(':').collect();
    let within = |part: &str, most: u32| part.len() == 2 && number(part).is_some_and(|n| n <= most);
    let clock = match parts.as_slice() {
        [hour, minute] => fraction.is_none() && within(hour, 23) && within(minute, 59),
        [hour, minute, second] => within(hour, 23) && within(minute, 59) && within(second, 59),
        _ => false,
    };
    let fraction = fraction.unwrap_or("0");
    let digits = (1..=9).contains(&fraction.len()) && number(fraction).is_some();
    (clock && digits)
        .then(|| fraction.get(6..).is_some_and(|rest| !rest.trim_matches('0').is_empty()))
}

/// `+02`, `+0200`, `-05:30`.
fn is_offset(text: &str) -> bool {
    let Some(digits) = text.strip_prefix(['+', '-']) else { return false };
    let (hours, minutes) = match digits.len() {
        2 => (digits, "00"),
        4 if digits.is_ascii() => digits.split_at(2),
        5 => digits.split_once(':').unwrap_or(("", "")),
        _ => return false,
    };
    hours.len() == 2
        && minutes.len() == 2
        && number(hours).is_some_and(|n| n <= 15)
        && number(minutes).is_some_and(|n| n <= 59)
}

fn number(digits: &str) -> Option<u32> {
    digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse().ok())?
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(written: &[&str]) -> TextType {
        let mut texts = Texts::default();
        for text in written {
            texts.take(text, &CellPlace::default());
        }
        texts.type_of()
    }

    #[test]
    fn texts_become_moments_only_when_all_are() {
        assert_eq!(texts(&["2025-11-25", "2024-02-29"]), TextType::Day);
        assert_eq!(texts(&["2025-11-25", "2025-11-25T10:00"]), TextType::Moment);
        assert_eq!(texts(&["2025-11-25T10:00:00.123456789"]), TextType::FineMoment);
        assert_eq!(
            texts(&[
                "2025-11-25T10:00:00Z",
                "2025-11-25 10:00:00 -0500",
                "2025-11-25 10:00:00 UTC"
            ]),
            TextType::Instant
        );
        assert_eq!(texts(&["2025-11-25T10:00:00Z", "2025-11-25T10:00:00"]), TextType::Text);
        assert_eq!(
            texts(&["2025-11-25T10:00:00Z", "", "2025-11-25T10:00:00.5+05:30"]),
            TextType::Instant
        );
        for odd in [
            "25-11-2025",
            "2025-02-29",
            "2025-11-25T24:00:00",
            "2025-11-25T10",
            "2025-11-25 10:00:00 CET",
            "2025-11-25T10:00:00,5",
            "20251125",
            "2025-11-25 ",
            "٢025-11-25",
            "",
        ] {
            assert_eq!(texts(&[odd]), TextType::Text, "{odd}");
        }
    }
}
