//! What the destinations that start a job share: ids in addresses, runs of late, counts and states.

use super::parts::encoded;
use super::{JobState, Reply};
use jiff::Timestamp;
use serde_json::{Map, Value};

/// An id as a part of an address, in which its characters mean nothing.
pub(super) fn in_address(id: &str) -> String {
    encoded(id.trim())
}

/// An id, which some services write as text and others as a number.
pub(super) fn id(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The id in the reply to a start, at this place.
pub(super) fn started(reply: &Reply, place: &str) -> Result<String, String> {
    if !reply.is_good() {
        return Err(reply.message());
    }
    let found = reply.json().pointer(place).and_then(id);
    found.ok_or_else(|| format!("the reply names no run: {}", reply.message()))
}

/// The id of the first run that began at or after a moment. `names` are those of its id and its
/// time; a run without a time does not count.
///
/// The first, since the moment lies before the request that started it, and later runs are those of
/// others.
pub(super) fn first_since(runs: &Value, names: [&str; 2], since: &str) -> Option<String> {
    let since: Timestamp = since.parse().ok()?;
    let mut first: Option<(Timestamp, String)> = None;
    for run in runs.as_array()? {
        let began = run[names[1]].as_str().and_then(|time| time.parse::<Timestamp>().ok());
        let (Some(began), Some(id)) = (began, id(&run[names[0]])) else { continue };
        // Who tells whole seconds only has cut the rest off: the run of that second may be the one,
        // and to overlook it would start the job twice.
        let is_late = match began.subsec_nanosecond() {
            0 => began.as_second() >= since.as_second(),
            _ => began >= since,
        };
        if is_late && first.as_ref().is_none_or(|(earlier, _)| began < *earlier) {
            first = Some((began, id));
        }
    }
    first.map(|(_, id)| id)
}

/// The numbers at these names, those within objects by all their names: `failedRows.addedCount`.
pub(super) fn counts(of: &Value, names: &[&str]) -> Map<String, Value> {
    let mut found = Map::new();
    for name in names {
        add_counts(&mut found, name, &of[*name]);
    }
    found
}

fn add_counts(found: &mut Map<String, Value>, name: &str, value: &Value) {
    match value {
        Value::Number(_) => {
            found.insert(name.to_owned(), value.clone());
        }
        Value::Object(inner) => {
            for (part, value) in inner {
                add_counts(found, &format!("{name}.{part}"), value);
            }
        }
        _ => {}
    }
}

/// It goes on.
pub(super) fn running(doing: &str) -> JobState {
    JobState::Running { doing: doing.to_owned(), part: None }
}

/// It came to its end without counts.
pub(super) fn ended(is_good: bool, message: impl Into<String>) -> JobState {
    JobState::Ended { is_good, message: message.into(), counts: Map::new() }
}

/// The reply does not say how far the run is. Asking for ever would not help, and it is not called
/// good.
pub(super) fn untold(run: &str, reply: &Reply) -> JobState {
    ended(false, format!("how far run {run} is is not told: {}", reply.message()))
}

/// The text at a name, if there is one.
pub(super) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value[name].as_str().map(str::trim).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_id_is_one_part_of_an_address() {
        assert_eq!(in_address("2abC-_.~9"), "2abC-_.~9");
        assert_eq!(in_address(" ../a?b#ü "), "..%2Fa%3Fb%23%C3%BC");
    }

    #[test]
    fn moments_are_compared_and_not_their_text() {
        let names = ["id", "at"];
        let since = "2026-01-01T12:00:00.5Z";
        let found = |runs: Value| first_since(&runs, names, since);
        assert_eq!(found(json!([{"id": 1, "at": "2026-01-01T13:00:00.4+01:00"}])), None);
        let same = json!([{"id": 1, "at": "2026-01-01T13:00:00.5+01:00"}]);
        assert_eq!(found(same).as_deref(), Some("1"));
        // 23:00 of the day before is later than noon in UTC.
        let west = json!([{"id": "w", "at": "2025-12-31T23:00:01-14:00"}]);
        assert_eq!(found(west).as_deref(), Some("w"));
        let first = json!([
            {"id": 3, "at": "2026-01-01 12:05:00.1+00:00"},
            {"id": 2, "at": "2026-01-01 12:00:01.1+00:00"},
            {"id": 1, "at": "2026-01-01 11:00:00.1+00:00"},
            {"id": 9, "at": null},
            {"id": 8},
        ]);
        assert_eq!(found(first).as_deref(), Some("2"));
    }

    #[test]
    fn a_run_of_the_same_whole_second_is_not_overlooked() {
        let at = |time: &str| {
            first_since(&json!([{"id": 1, "at": time}]), ["id", "at"], "2026-01-01T12:00:00.5Z")
        };
        assert_eq!(at("2026-01-01T12:00:00Z").as_deref(), Some("1"));
        assert_eq!(at("2026-01-01T11:59:59Z"), None);
    }

    #[test]
    fn what_is_no_list_or_no_moment_finds_nothing() {
        let runs = json!([{"id": 1, "at": "2026-01-01T12:00:00Z"}, {"id": 2, "at": "yesterday"}]);
        assert_eq!(first_since(&runs, ["id", "at"], "soon"), None);
        assert_eq!(first_since(&json!({"at": 1}), ["id", "at"], "2026-01-01T12:00:00Z"), None);
        assert_eq!(
            first_since(
                &json!([{"at": "2026-01-01T12:00:00Z"}]),
                ["id", "at"],
                "2026-01-01T12:00:00Z"
            ),
            None
        );
    }

    #[test]
    fn counts_keep_their_names() {
        let of = json!({"n": 3, "rows": {"added": 1, "more": {"x": 2}, "word": "a"}, "other": 9});
        let found = Value::Object(counts(&of, &["n", "rows", "missing"]));
        assert_eq!(found, json!({"n": 3, "rows.added": 1, "rows.more.x": 2}));
    }

    #[test]
    fn a_start_that_names_no_run_is_told() {
        let told = |status, body: &str| started(&Reply::of(status, body), "/data/id");
        assert_eq!(told(200, r#"{"data":{"id":7}}"#), Ok("7".into()));
        assert!(told(200, "{}").is_err_and(|told| told.contains("no run")));
        assert_eq!(
            told(409, r#"{"message":"busy","data":{"id":7}}"#),
            Err("busy (status 409)".into())
        );
    }
}
