//! The column that says when a row happened.

use super::names::words;
use crate::model::catalog::{Column, Table};

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
