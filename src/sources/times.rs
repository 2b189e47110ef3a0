//! The column that says when a row happened.

use super::facts::Facts;
use super::names::words;
use crate::model::catalog::{Catalog, Column, Table};
use crate::model::finding::{Finding, Severity};
use crate::model::value::Kind;

/// Whole numbers since 1970 that lie between 1990 and 2100, by unit.
const UNITS: &[(&str, i128)] = &[
    ("seconds", 1),
    ("milliseconds", 1_000),
    ("microseconds", 1_000_000),
    ("nanoseconds", 1_000_000_000),
];

/// The column that most likely says when a row happened; `None` when the table has no moments, or
/// only ones that are about something else, such as a birth.
pub(super) fn time_column(table: &Table) -> Option<&Column> {
    table
        .columns
        .iter()
        .enumerate()
        .filter(|(_, c)| c.kind.is_temporal())
        .filter_map(|(i, c)| Some((score(&c.name)?, std::cmp::Reverse(i), c)))
        .max_by_key(|(score, index, _)| (*score, *index))
        .map(|(_, _, column)| column)
}

/// The columns of whole numbers that are moments, counted from 1970, with their unit.
pub(super) fn epochs<'a>(
    table: &'a Table,
    facts: &'a Facts,
) -> impl Iterator<Item = (&'a Column, &'static str)> {
    let unit = |(low, high): (i128, i128)| {
        let fits = |scale: i128| low >= 631_152_000 * scale && high <= 4_102_444_800 * scale;
        UNITS.iter().find(|(_, scale)| fits(*scale)).map(|(unit, _)| *unit)
    };
    table.columns.iter().zip(&facts.columns).filter_map(move |(column, seen)| {
        let named = column.kind == Kind::Integer && says_when(&column.name);
        Some((column, seen.range.filter(|_| named).and_then(unit)?))
    })
}

/// Says which columns of whole numbers are moments: they are compared as numbers.
pub(super) fn tell_epochs(catalog: &mut Catalog, facts: &[Facts]) {
    for (table, facts) in catalog.tables.iter_mut().zip(facts) {
        let found: Vec<(String, &str)> =
            epochs(table, facts).map(|(column, unit)| (column.name.clone(), unit)).collect();
        for (name, unit) in found {
            let message = format!(
                "{}.{name} holds timestamps as {unit} since 1970, and is compared as a number",
                table.name
            );
            let hint = "to compare it as a timestamp, convert it where the data is made";
            catalog.findings.push(Finding::new(Severity::Note, message).hint(hint));
            if let Some(column) = table.columns.iter_mut().find(|c| c.name == name) {
                let said = || format!("Timestamps as {unit} since 1970");
                column.description.get_or_insert_with(said);
            }
        }
    }
}

fn says_when(name: &str) -> bool {
    const WHEN: &[&str] = &[
        "timestamp",
        "ts",
        "time",
        "at",
        "epoch",
        "datetime",
        "date",
        "created",
        "updated",
        "occurred",
        "micros",
        "millis",
    ];
    words(name).iter().any(|word| WHEN.contains(&word.as_str()))
}

fn score(name: &str) -> Option<i32> {
    let words = words(name);
    let has = |list: &[&str]| words.iter().any(|w| list.contains(&w.as_str()));
    if has(&["birth", "dob", "birthday", "birthdate", "born", "expiry", "expires", "valid"]) {
        return None;
    }
    if has(&["updated", "modified", "deleted", "loaded", "synced", "inserted", "ingested", "end"]) {
        return Some(1);
    }
    if has(&["event", "occurred", "happened", "timestamp", "ts"]) {
        return Some(9);
    }
    if has(&["at", "time", "datetime", "date", "on", "when", "day"]) {
        return Some(7);
    }
    if has(&["created", "start", "started", "month", "week"]) {
        return Some(6);
    }
    Some(4)
}

#[cfg(test)]
mod tests {
    use super::score;

    #[test]
    fn births_are_no_events_and_updates_come_last() {
        assert_eq!(score("date_of_birth"), None);
        assert!(score("updated_at") < score("ordered_at"));
        assert!(score("ordered_at") < score("event_time"));
    }
}
