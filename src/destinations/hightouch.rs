//! A sync of Hightouch, started and followed. While the sync runs, a new run waits in its queue.

use super::runs::{self, in_address};
use super::settings::{Nature, Setting, Settings};
use super::{Job, JobState, Kind, Method, Reply, Request, Takes};
use serde_json::{Value, json};

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "hightouch",
    label: "Hightouch",
    about: "starts a sync and waits for its end",
    settings: SETTINGS,
    takes: Takes::Start(&Hightouch),
};

const SETTINGS: &[Setting] = &[
    Setting::optional("url", "Address", Nature::Url, URL, URL),
    Setting::required("token", "API key", Nature::Secret, "env:HIGHTOUCH_TOKEN"),
    Setting::required("sync_id", "Sync", Nature::Number, "the number in its address"),
    Setting::optional("full_resync", "All rows anew", Nature::Flag, "true or false", "false"),
];

const URL: &str = "https://api.hightouch.com/api/v1";

struct Hightouch;

fn runs_of(settings: &Settings, asked: &str) -> Request {
    let sync = in_address(settings.text("sync_id"));
    Request::get(format!("{}/syncs/{sync}/runs?{asked}", settings.url("url")))
        .bearer(&settings.secret("token"))
}

impl Job for Hightouch {
    fn start(&self, settings: &Settings) -> Request {
        // The number is text there.
        let mut body = json!({"syncId": settings.text("sync_id")});
        if settings.flag("full_resync") {
            body["fullResync"] = true.into();
        }
        let url = format!("{}/syncs/trigger", settings.url("url"));
        Request::json(Method::Post, url, &body).bearer(&settings.secret("token"))
    }

    fn started(&self, reply: &Reply) -> Result<String, String> {
        runs::started(reply, "/id")
    }

    fn find(&self, settings: &Settings) -> Option<Request> {
        Some(runs_of(settings, "limit=100"))
    }

    fn found(&self, reply: &Reply, since: &str) -> Option<String> {
        runs::first_since(&reply.json()["data"], ["id", "createdAt"], since)
    }

    fn poll(&self, settings: &Settings, run: &str) -> Request {
        runs_of(settings, &format!("runId={}", in_address(run)))
    }

    fn state(&self, _: &Settings, run: &str, reply: &Reply) -> JobState {
        let said = reply.json();
        let (true, Some(list)) = (reply.is_good(), said["data"].as_array()) else {
            return runs::untold(run, reply);
        };
        // A run that was started a moment ago may not stand in the list yet.
        let Some(found) = list.iter().find(|r| runs::id(&r["id"]).as_deref() == Some(run)) else {
            return runs::running("not in the list of runs yet");
        };
        let Some(status) = runs::text(found, "status") else {
            return runs::untold(run, reply);
        };
        match status {
            "success" | "warning" => ended(found, true, status),
            "failed" | "cancelled" | "interrupted" | "disabled" => ended(found, false, status),
            other => JobState::Running {
                doing: other.to_owned(),
                part: found["completionRatio"].as_f64().map(|part| part.clamp(0.0, 1.0) as f32),
            },
        }
    }

    /// Cancelling is not documented.
    fn cancel(&self, _: &Settings, _: &str) -> Option<Request> {
        None
    }
}

fn ended(run: &Value, is_good: bool, status: &str) -> JobState {
    let failed = runs::counts(run, &["failedRows"]);
    let failed: u64 = failed.values().filter_map(Value::as_u64).sum();
    let mut message = match (status, failed) {
        // It came to its end, but not with every row.
        ("warning", 1) => "ended with a warning: 1 row failed".to_owned(),
        ("warning", rows) => format!("ended with a warning: {rows} rows failed"),
        (other, _) => other.to_owned(),
    };
    if let Some(error) = runs::text(run, "error") {
        message = format!("{message}: {error}");
    }
    let names = ["querySize", "plannedRows", "successfulRows", "failedRows"];
    JobState::Ended { is_good, message, counts: runs::counts(run, &names) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &[(&str, &str)]) -> Settings {
        let mut values = vec![("url", URL), ("sync_id", "7")];
        values.extend_from_slice(more);
        Settings::of(&values, &[("token", "t")])
    }

    fn run(status: &str, more: &str) -> Reply {
        Reply::of(
            200,
            &format!(
                r#"{{"hasMore":false,"data":[{{"id":42,"createdAt":"2026-01-01T00:00:00Z",
                "querySize":1000,"status":"{status}",
                "plannedRows":{{"addedCount":10,"changedCount":2,"removedCount":1}},
                "successfulRows":{{"addedCount":9,"changedCount":2,"removedCount":1}},
                "failedRows":{{"addedCount":1,"changedCount":0,"removedCount":0}}{more}}}]}}"#
            ),
        )
    }

    #[test]
    fn a_sync_is_started_by_its_number_as_text() {
        let request = Hightouch.start(&settings(&[]));
        assert_eq!(request.url, "https://api.hightouch.com/api/v1/syncs/trigger");
        assert_eq!(request.body.bytes(), br#"{"syncId":"7"}"#);
        assert!(!request.only_looks);
        let full = Hightouch.start(&settings(&[("full_resync", "true")]));
        assert_eq!(full.body.bytes(), br#"{"syncId":"7","fullResync":true}"#);
        assert_eq!(Hightouch.started(&Reply::of(200, r#"{"id":"42"}"#)), Ok("42".into()));
        assert!(Hightouch.started(&Reply::of(422, r#"{"id":"42"}"#)).is_err());
    }

    #[test]
    fn a_run_is_followed() {
        let poll = Hightouch.poll(&settings(&[]), "42");
        assert_eq!(poll.url, "https://api.hightouch.com/api/v1/syncs/7/runs?runId=42");
        let state = |reply: &Reply| Hightouch.state(&settings(&[]), "42", reply);
        let half = run("processing", r#","completionRatio":0.4,"error":null"#);
        let doing = JobState::Running { doing: "processing".into(), part: Some(0.4) };
        assert_eq!(state(&half), doing);
        for word in ["queued", "querying", "reporting", "pending"] {
            assert_eq!(state(&run(word, "")), runs::running(word));
        }
        let none = Reply::of(200, r#"{"hasMore":false,"data":[{"id":41,"status":"success"}]}"#);
        assert!(matches!(state(&none), JobState::Running { .. }), "another run is not this one");
        let odd = state(&Reply::of(200, "{}"));
        assert!(matches!(odd, JobState::Ended { is_good: false, .. }));
    }

    #[test]
    fn every_end_is_told() {
        let end = |status: &str, more: &str| match Hightouch.state(
            &settings(&[]),
            "42",
            &run(status, more),
        ) {
            JobState::Ended { is_good, message, .. } => (is_good, message),
            other => panic!("{other:?}"),
        };
        assert_eq!(end("success", ""), (true, "success".into()));
        let warning = "ended with a warning: 1 row failed".to_owned();
        assert_eq!(end("warning", r#","error":null"#), (true, warning));
        let why = r#","error":"no such table""#;
        assert_eq!(end("failed", why), (false, "failed: no such table".into()));
        for word in ["cancelled", "interrupted"] {
            assert_eq!(end(word, ""), (false, word.into()));
        }
    }

    #[test]
    fn counts_have_the_names_of_hightouch() {
        let JobState::Ended { counts, .. } =
            Hightouch.state(&settings(&[]), "42", &run("warning", ""))
        else {
            panic!("it is over")
        };
        let named = json!({
            "querySize": 1000,
            "plannedRows.addedCount": 10,
            "plannedRows.changedCount": 2,
            "plannedRows.removedCount": 1,
            "successfulRows.addedCount": 9,
            "successfulRows.changedCount": 2,
            "successfulRows.removedCount": 1,
            "failedRows.addedCount": 1,
            "failedRows.changedCount": 0,
            "failedRows.removedCount": 0,
        });
        assert_eq!(Value::Object(counts), named);
    }

    #[test]
    fn a_run_of_late_is_found() {
        let find = Hightouch.find(&settings(&[])).unwrap();
        assert_eq!(find.url, "https://api.hightouch.com/api/v1/syncs/7/runs?limit=100");
        let found = |since| Hightouch.found(&run("processing", ""), since);
        assert_eq!(found("2026-01-01T01:00:00+01:00").as_deref(), Some("42"));
        assert_eq!(found("2026-01-01T00:00:01Z"), None);
    }
}
