//! What the text of a column becomes: the first form that every value fits.
//!
//! A guess, and a form that nearly every value fits, is said; so is how to change it.

use super::seen::{CellPlace, ColumnSeen, Seen, Word};
use super::shape::{self, After, Clock};
use crate::model::finding::Severity;
use crate::model::reading::{DateOrder, Form, Marks, TextColumn, UNITS};
use crate::model::value::grouped;
use std::collections::BTreeSet;

/// What the other columns of a table say about how its dates and numbers are written.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Habits {
    /// Cells are separated by semicolons, as where the decimal mark is a comma.
    pub semicolons: bool,
    /// Another column has decimals after a comma.
    pub decimal_comma: bool,
    /// Another column has the day before the month, or the month before the day.
    pub day_first: Option<bool>,
}

/// What is said about a column, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Told {
    pub severity: Severity,
    pub message: String,
    /// A value that it is about.
    pub example: String,
    pub place: CellPlace,
    /// What to name as the form of the column.
    pub instead: String,
}

/// A decision about a column.
#[derive(Debug, Clone)]
pub(super) struct Decided {
    pub column: TextColumn,
    pub told: Option<Told>,
    /// What the column says about the others.
    pub habits: Habits,
}

/// Decides what the text of a column becomes.
pub(super) fn decide(name: &str, seen: &ColumnSeen, habits: Habits) -> Decided {
    let mut decided = Decided {
        column: TextColumn::text(name),
        told: None,
        habits: Habits { day_first: None, decimal_comma: false, ..habits },
    };
    let Some(first) = seen.kinds.first() else { return decided };
    let common = seen.kinds.iter().fold(u32::MAX, |bits, kind| bits & kind.shape.forms);
    let one_unit = seen.kinds.iter().all(|kind| kind.shape.unit == first.shape.unit);
    let form = if common == 0 {
        misfits(seen, &mut decided);
        Form::Text
    } else if common & shape::WHOLE != 0 {
        Form::Whole
    } else if common & shape::HUGE != 0 {
        Form::Huge
    } else if common & (shape::NUMBER | shape::EXACT) != 0 {
        number(seen, common, habits, &mut decided)
    } else if common & shape::YES_NO != 0 {
        Form::YesNo
    } else if common & shape::TIME != 0 {
        Form::Time
    } else if common & shape::DATES != 0 {
        date(seen, common, habits, &mut decided)
    } else if common & shape::TWO_DIGITS != 0 {
        two_digits(seen, &mut decided);
        Form::Text
    } else if one_unit {
        marked(seen, common, habits, &mut decided)
    } else {
        units_differ(seen, &mut decided);
        Form::Text
    };
    if form != Form::Text {
        decided.column.missing = seen.missing();
    }
    decided.column.form = form;
    decided
}

/// Says something with a value that it is about, its place, and the form to name instead.
fn tell(
    decided: &mut Decided,
    severity: Severity,
    message: impl Into<String>,
    (example, place, instead): (&str, CellPlace, &str),
) {
    decided.told = Some(Told {
        severity,
        message: message.into(),
        example: example.to_owned(),
        place,
        instead: instead.to_owned(),
    });
}

/// A plain number, exact where a float is not enough.
fn number(seen: &ColumnSeen, common: u32, habits: Habits, decided: &mut Decided) -> Form {
    if let Some((one, other, place)) = &seen.two_spellings {
        let message = "is kept as text, because two spellings would become one number";
        let both = format!("{one}\" and \"{other}");
        tell(decided, Severity::Note, message, (&both, *place, "number"));
        return Form::Text;
    }
    let parted: Vec<&Seen> = seen.kinds.iter().filter(|kind| kind.fraction).collect();
    let threes = !parted.is_empty() && parted.iter().all(|kind| kind.threes);
    if common & shape::POINT_COMMA != 0 && threes {
        let (example, place) = (parted[0].example.as_str(), parted[0].place);
        if habits.decimal_comma || (habits.semicolons && parted.iter().any(|k| k.zero_at_end)) {
            let message = "is read with points as thousands separators";
            tell(decided, Severity::Warning, message, (example, place, "number"));
            let unit = String::new();
            return Form::Marked(Marks { thousands: Some('.'), decimal: ',', unit, whole: true });
        }
        if habits.semicolons {
            let message = "is read with points as decimal marks, not as thousands separators";
            tell(decided, Severity::Warning, message, (example, place, "number 1.234"));
        }
    }
    if common & shape::NUMBER != 0 {
        return Form::Number;
    }
    let before = seen.kinds.iter().map(|kind| kind.digits.0).max().unwrap_or(0);
    let after = seen.kinds.iter().map(|kind| kind.digits.1).max().unwrap_or(0);
    if u16::from(before) + u16::from(after) <= 38 {
        return Form::Exact(after);
    }
    let first = &seen.kinds[0];
    let message = "is kept as text, because its numbers have more than 38 digits";
    tell(decided, Severity::Note, message, (&first.example, first.place, "number"));
    Form::Text
}

/// A number with marks.
fn marked(seen: &ColumnSeen, common: u32, habits: Habits, decided: &mut Decided) -> Form {
    let first = &seen.kinds[0];
    let has = |form: u32| common & form != 0;
    let unit = match usize::from(first.shape.unit) {
        0 => "",
        n => UNITS.get(n - 1).copied().unwrap_or(""),
    };
    let parted = seen.kinds.iter().filter(|kind| kind.fraction).min_by_key(|kind| kind.place);
    let (thousands, decimal) = if has(shape::COMMA_POINT) && has(shape::POINT_COMMA) {
        if let Some(kind) = parted {
            let instead = if habits.decimal_comma { "number 1,234" } else { "number 1.234,5" };
            let decimals = habits.decimal_comma == kind.example.contains(',');
            let what = if decimals { "as a decimal mark" } else { "as a thousands separator" };
            let message = format!("is read with the mark {what}");
            tell(decided, Severity::Warning, message, (&kind.example, kind.place, instead));
        }
        if habits.decimal_comma { ('.', ',') } else { (',', '.') }
    } else if has(shape::COMMA_POINT) {
        (',', '.')
    } else if has(shape::POINT_COMMA) {
        decided.habits.decimal_comma = true;
        ('.', ',')
    } else if has(shape::SPACE_COMMA) {
        decided.habits.decimal_comma = true;
        (' ', ',')
    } else {
        ('\'', '.')
    };
    let with_decimals =
        |kind: &Seen| kind.fraction && !(kind.threes && thousands_only(kind, decimal));
    let whole = !seen.kinds.iter().any(with_decimals);
    let unit = unit.to_owned();
    Form::Marked(Marks { thousands: Some(thousands), decimal, unit, whole })
}

/// Whether the marks in these numbers stand between thousands only.
fn thousands_only(kind: &Seen, decimal: char) -> bool {
    !kind.example.contains(decimal)
}

/// A date or a moment.
fn date(seen: &ColumnSeen, common: u32, habits: Habits, decided: &mut Decided) -> Form {
    let first = &seen.kinds[0];
    let Some(form) = chosen_date(seen, common, habits, decided) else { return Form::Text };
    let offsets = seen.kinds.iter().filter(|kind| kind.shape.offset).map(|k| k.count).sum::<u64>();
    if offsets > 0 && offsets < seen.values() {
        let rarer = if offsets * 2 > seen.values() { 0 } else { 1 };
        let odd = seen.kinds.iter().find(|kind| usize::from(kind.shape.offset) == rarer);
        let odd = odd.unwrap_or(first);
        let message = format!(
            "is kept as text, because {} of {} timestamps have an offset from UTC and the others \
             have none",
            grouped(offsets),
            grouped(seen.values())
        );
        tell(decided, Severity::Warning, message, (&odd.example, odd.place, "moment"));
        return Form::Text;
    }
    let clocks: BTreeSet<Option<Clock>> = seen.kinds.iter().map(|kind| kind.shape.clock).collect();
    let plain = |clock: &Option<Clock>| {
        clock.is_none_or(|c| c.twelve.is_none() && c.after != After::CommaSpace)
    };
    if offsets > 0 {
        if let Some(order) = order_of(form)
            && clocks.iter().all(|c| c.is_none_or(|c| c.twelve.is_none()))
        {
            return Form::Instant(order);
        }
        let message =
            "is kept as text, because the offsets of its timestamps are written in an unknown way";
        tell(decided, Severity::Note, message, (&first.example, first.place, "moment"));
        return Form::Text;
    }
    let iso = form == shape::YMD_DASH && clocks.iter().all(plain);
    let Some(day) = pattern_of(form) else { return Form::Text };
    match (clocks.len(), clocks.first()) {
        (1, Some(None)) if iso => Form::Date(None),
        (1, Some(None)) => Form::Date(Some(day.to_owned())),
        _ if iso => Form::Moment(Vec::new()),
        _ => Form::Moment(clocks.iter().map(|clock| with_clock(day, *clock)).collect()),
    }
}

/// Which of the forms that all dates fit is meant.
fn chosen_date(
    seen: &ColumnSeen,
    common: u32,
    habits: Habits,
    decided: &mut Decided,
) -> Option<u32> {
    let pairs = [
        (shape::DMY_DASH, shape::MDY_DASH),
        (shape::DMY_SLASH, shape::MDY_SLASH),
        (shape::DMY2_SLASH, shape::MDY2_SLASH),
    ];
    let first = &seen.kinds[0];
    for (day_first, month_first) in pairs {
        let both = common & day_first != 0 && common & month_first != 0;
        if !both {
            if common & day_first != 0 {
                decided.habits.day_first = Some(true);
            } else if common & month_first != 0 {
                decided.habits.day_first = Some(false);
            }
            continue;
        }
        let twelve = seen.kinds.iter().any(|k| k.shape.clock.is_some_and(|c| c.twelve.is_some()));
        // Americans write slashes and twelve hours, and part cells by commas.
        let american = twelve || (day_first != shape::DMY_DASH && !habits.semicolons);
        let by_others = habits.day_first.is_some();
        let is_day_first = habits.day_first.unwrap_or(!american);
        let (form, other) =
            if is_day_first { (day_first, month_first) } else { (month_first, day_first) };
        let reads = if is_day_first { "day before month" } else { "month before day" };
        let why = if by_others { ", as in other columns" } else { "; either would fit" };
        let message = format!("is read as {reads}{why}");
        let severity = if by_others { Severity::Note } else { Severity::Warning };
        let instead = format!("date {}", pattern_of(other).unwrap_or_default());
        tell(decided, severity, message, (&first.example, first.place, &instead));
        return Some(form);
    }
    let form = common & shape::DATES;
    // The lowest bit: one form is left, or May, which is a name both whole and cut.
    Some(form & form.wrapping_neg()).filter(|form| *form != 0)
}

/// The pattern of `strptime` for a form of dates.
fn pattern_of(form: u32) -> Option<&'static str> {
    Some(match form {
        shape::YMD_DASH => "%Y-%m-%d",
        shape::YMD_SLASH => "%Y/%m/%d",
        shape::YMD_POINT => "%Y.%m.%d",
        shape::DMY_DASH => "%d-%m-%Y",
        shape::DMY_SLASH => "%d/%m/%Y",
        shape::DMY_POINT => "%d.%m.%Y",
        shape::MDY_DASH => "%m-%d-%Y",
        shape::MDY_SLASH => "%m/%d/%Y",
        shape::DMY2_SLASH => "%d/%m/%y",
        shape::DMY2_POINT => "%d.%m.%y",
        shape::MDY2_SLASH => "%m/%d/%y",
        shape::D_MON_Y => "%d %b %Y",
        shape::D_MON_Y_DASH => "%d-%b-%Y",
        shape::D_MON_Y2_DASH => "%d-%b-%y",
        shape::D_MONTH_Y => "%d %B %Y",
        shape::MON_D_Y => "%b %d, %Y",
        shape::MONTH_D_Y => "%B %d, %Y",
        _ => return None,
    })
}

fn order_of(form: u32) -> Option<DateOrder> {
    Some(match form {
        shape::YMD_DASH => DateOrder::YearFirst('-'),
        shape::YMD_SLASH => DateOrder::YearFirst('/'),
        shape::YMD_POINT => DateOrder::YearFirst('.'),
        shape::DMY_DASH => DateOrder::DayFirst('-'),
        shape::DMY_SLASH => DateOrder::DayFirst('/'),
        shape::DMY_POINT => DateOrder::DayFirst('.'),
        shape::MDY_DASH => DateOrder::MonthFirst('-'),
        shape::MDY_SLASH => DateOrder::MonthFirst('/'),
        _ => return None,
    })
}

fn with_clock(day: &str, clock: Option<Clock>) -> String {
    let Some(clock) = clock else { return day.to_owned() };
    let after = match clock.after {
        After::Space => " ",
        After::T => "T",
        After::CommaSpace => ", ",
    };
    let hour = if clock.twelve.is_some() { "%I" } else { "%H" };
    let seconds = if clock.seconds { ":%S" } else { "" };
    let fraction = if clock.fraction { ".%f" } else { "" };
    let half = match clock.twelve {
        Some(true) => " %p",
        Some(false) => "%p",
        None => "",
    };
    format!("{day}{after}{hour}:%M{seconds}{fraction}{half}")
}

/// Dates with years of two digits and dashes: as likely part numbers.
fn two_digits(seen: &ColumnSeen, decided: &mut Decided) {
    let first = &seen.kinds[0];
    let message = "is kept as text, though its values might be dates";
    tell(decided, Severity::Note, message, (&first.example, first.place, "date %y-%m-%d"));
}

fn units_differ(seen: &ColumnSeen, decided: &mut Decided) {
    let first = &seen.kinds[0];
    let other = seen.kinds.iter().find(|kind| kind.shape.unit != first.shape.unit);
    let other = other.unwrap_or(first);
    let message = "is kept as text, because its numbers have different units";
    let both = format!("{}\" and \"{}", first.example, other.example);
    tell(decided, Severity::Note, message, (&both, other.place, "number 1,234.5"));
}

/// Says what keeps a column from being what most of its values are.
fn misfits(seen: &ColumnSeen, decided: &mut Decided) {
    let names: [(u32, &str, &str); 9] = [
        (shape::WHOLE, "whole numbers", "whole number"),
        (shape::NUMBER, "numbers", "number"),
        (shape::COMMA_POINT, "numbers", "number 1,234.5"),
        (shape::POINT_COMMA, "numbers", "number 1.234,5"),
        (shape::YES_NO, "true or false", "yes/no"),
        (shape::YMD_DASH, "dates", "date"),
        (shape::DMY_SLASH | shape::DMY_DASH | shape::DMY_POINT, "dates", "date %d/%m/%Y"),
        (shape::MDY_SLASH | shape::MDY_DASH, "dates", "date %m/%d/%Y"),
        (shape::TIME, "times of day", "time"),
    ];
    let all = seen.values();
    let fitting = |forms: u32| -> u64 {
        seen.kinds.iter().filter(|k| k.shape.forms & forms != 0).map(|k| k.count).sum()
    };
    let Some((forms, what, instead)) =
        names.into_iter().rev().max_by_key(|(forms, ..)| fitting(*forms))
    else {
        return;
    };
    let fit = fitting(forms);
    if fit < 2 || fit * 2 < all || fit == all {
        return;
    }
    let odd = seen.kinds.iter().filter(|kind| kind.shape.forms & forms == 0);
    let Some(odd) = odd.min_by_key(|kind| kind.place) else { return };
    let instead = match what {
        "dates" if odd_has_clock(seen, forms) => "moment",
        _ => instead,
    };
    let message = format!(
        "is kept as text: {} of {} values are not {what}",
        grouped(all - fit),
        grouped(all)
    );
    tell(decided, Severity::Warning, message, (&odd.example, odd.place, instead));
}

fn odd_has_clock(seen: &ColumnSeen, forms: u32) -> bool {
    seen.kinds.iter().any(|k| k.shape.forms & forms != 0 && k.shape.clock.is_some())
}

/// Words that are read as missing in columns that are more than text: with how many cells, the
/// columns, and the first place.
pub(super) fn missing_words(columns: &[(&TextColumn, &ColumnSeen)]) -> Option<(String, CellPlace)> {
    let mut words: Vec<(String, u64)> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    let mut first: Option<CellPlace> = None;
    for (column, seen) in columns.iter().filter(|(column, _)| column.form != Form::Text) {
        let blank = seen.blank.as_ref().map(|b| Word { text: " ".into(), ..b.clone() });
        for word in seen.words.iter().chain(&blank) {
            match words.iter_mut().find(|(text, _)| *text == word.text) {
                Some((_, count)) => *count += word.count,
                None => words.push((word.text.clone(), word.count)),
            }
            first = Some(first.map_or(word.place, |place| place.min(word.place)));
            if names.last() != Some(&column.name.as_str()) {
                names.push(&column.name);
            }
        }
    }
    let first = first?;
    let quoted: Vec<String> =
        words.iter().map(|(text, count)| format!("\"{text}\" ({})", grouped(*count))).collect();
    let verb = if words.len() == 1 { "is" } else { "are" };
    let shown = names.iter().take(6).copied().collect::<Vec<_>>().join(", ");
    let more = match names.len().saturating_sub(6) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some((format!("{} {verb} read as missing in {shown}{more}", quoted.join(", ")), first))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decided(values: &[&str], habits: Habits) -> Decided {
        let mut seen = ColumnSeen::default();
        for (line, value) in (2..).zip(values) {
            seen.see(value, false, CellPlace { file: 0, line });
        }
        decide("c", &seen, habits)
    }

    fn form(values: &[&str]) -> String {
        let form = decided(values, Habits::default()).column.form;
        format!("{form}: {}", form.type_name())
    }

    #[test]
    fn a_column_becomes_what_all_its_values_are() {
        for (values, expected) in [
            (&["1", "-2", "NA", ""][..], "whole number: BIGINT"),
            (&["1", "2.5"], "number: DOUBLE"),
            (&["12345678901234567890"], "whole number: HUGEINT"),
            (&["12345678901234567.25", "1"], "number: DECIMAL(38,2)"),
            (&["1.1", "1.10"], "text: VARCHAR"),
            (&["1.50", "2.25", "1.00"], "number: DOUBLE"),
            (&["true", "FALSE"], "yes/no: BOOLEAN"),
            (&["10,50", "1.200,00"], "number 1.234,5: DOUBLE"),
            (&["$1,200", "$5"], "number 1,234 $: BIGINT"),
            (&["$1,200", "5 €"], "text: VARCHAR"),
            (&["5%", "12.5%"], "number 1,234.5 %: DOUBLE"),
            (&["25/11/2025", "03/11/2025"], "date %d/%m/%Y: DATE"),
            (&["25.11.2025 5:30", "0000-00-00"], "moment %d.%m.%Y %H:%M: TIMESTAMP"),
            (&["2025-11-25", "2025-11-25T10:00:00"], "moment: TIMESTAMP"),
            (
                &["2025-11-25T10:00Z", "2025-11-25 10:00 +0100"],
                "moment with offset: TIMESTAMP WITH TIME ZONE",
            ),
            (&["2025-11-25T10:00Z", "2025-11-25 10:00"], "text: VARCHAR"),
            (&["12-05-03", "11-02-07"], "text: VARCHAR"),
            (&["12:30:45"], "time: TIME"),
            (&["NA", "DE"], "text: VARCHAR"),
        ] {
            assert_eq!(form(values), expected, "{values:?}");
        }
    }

    #[test]
    fn a_guess_is_said_and_other_columns_decide_it() {
        let guess = decided(&["03/11/2025", "04/12/2025"], Habits::default());
        assert_eq!(guess.column.form, Form::Date(Some("%m/%d/%Y".into())));
        let told = guess.told.unwrap();
        assert_eq!((told.severity, told.instead.as_str()), (Severity::Warning, "date %d/%m/%Y"));
        let habits = Habits { day_first: Some(true), ..Habits::default() };
        let guess = decided(&["03/11/2025"], habits);
        assert_eq!(guess.column.form, Form::Date(Some("%d/%m/%Y".into())));
    }

    #[test]
    fn what_keeps_a_column_text_is_named() {
        let told = decided(&["1", "2", "3", "TOTAL"], Habits::default()).told.unwrap();
        assert!(told.message.contains("1 of 4 values are not whole numbers"));
        assert_eq!(told.example, "TOTAL");
        assert_eq!(told.place.line, 5);
        assert!(decided(&["a", "b", "1"], Habits::default()).told.is_none());
    }
}
