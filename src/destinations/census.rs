//! A sync of Fivetran Activations, which was Census, started and followed.
//!
//! The status of the envelope (`success`) says that the request went well; that of the run stands
//! within `data`. Its API is about to change, so no more of it is used than is needed.

use super::runs::{self, in_address};
use super::settings::{Nature, Setting, Settings};
use super::{Body, Job, JobState, Kind, Method, Reply, Request, Takes};
use serde_json::Value;

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "census",
    label: "Fivetran Activations (Census)",
    about: "starts a sync and waits for its end",
    settings: SETTINGS,
    takes: Takes::Start(&Census),
};

const SETTINGS: &[Setting] = &[
    Setting::optional("url", "Address", Nature::Url, URL_HINT, "https://app.getcensus.com/api/v1"),
    Setting::required("token", "API key", Nature::Secret, "env:CENSUS_TOKEN"),
    Setting::required("sync_id", "Sync", Nature::Number, "the number in its address"),
];

const URL_HINT: &str = "in the EU https://app-eu.getcensus.com/api/v1";

struct Census;

fn sync(settings: &Settings, rest: &str) -> String {
    format!("{}/syncs/{}/{rest}", settings.url("url"), in_address(settings.text("sync_id")))
}

impl Job for Census {
    fn start(&self, settings: &Settings) -> Request {
        Request::of(Method::Post, sync(settings, "trigger"), Body::None)
            .bearer(&settings.secret("token"))
    }

    fn started(&self, reply: &Reply) -> Result<String, String> {
        // A sync that is paused is told with status 200.
        match reply.json()["status"].as_str() {
            Some("error") => Err(reply.message()),
            _ => runs::started(reply, "/data/sync_run_id"),
        }
    }

    fn find(&self, settings: &Settings) -> Option<Request> {
        let request = Request::get(sync(settings, "sync_runs?per_page=100&order=desc"));
        Some(request.bearer(&settings.secret("token")))
    }

    fn found(&self, reply: &Reply, since: &str) -> Option<String> {
        runs::first_since(&reply.json()["data"], ["id", "created_at"], since)
    }

    fn poll(&self, settings: &Settings, run: &str) -> Request {
        Request::get(format!("{}/sync_runs/{}", settings.url("url"), in_address(run)))
            .bearer(&settings.secret("token"))
    }

    fn state(&self, _: &Settings, run: &str, reply: &Reply) -> JobState {
        let said = reply.json();
        let data = &said["data"];
        let (true, Some(status)) = (reply.is_good(), runs::text(data, "status")) else {
            return runs::untold(run, reply);
        };
        let is_cancelled = data["canceled"] == true;
        let is_good = match status {
            "completed" => !is_cancelled,
            "failed" | "skipped" => false,
            _ if is_cancelled => false,
            other => return runs::running(other),
        };
        JobState::Ended { is_good, message: message(data, status), counts: counts(data) }
    }

    /// Cancelling is not documented.
    fn cancel(&self, _: &Settings, _: &str) -> Option<Request> {
        None
    }
}

fn counts(data: &Value) -> serde_json::Map<String, Value> {
    let names = ["records_processed", "records_updated", "records_invalid", "records_failed"];
    runs::counts(data, &names)
}

fn message(data: &Value, status: &str) -> String {
    if let Some(error) = runs::text(data, "error_message") {
        return error.to_owned();
    }
    if data["canceled"] == true {
        return "cancelled".to_owned();
    }
    let number = |name: &str| data[name].as_u64().unwrap_or_default();
    match (status, number("records_failed"), number("records_invalid")) {
        // It is called completed also when rows did not arrive.
        ("completed", failed, invalid) if failed + invalid > 0 => {
            format!("completed, with {failed} rows failed and {invalid} invalid")
        }
        ("skipped", ..) => "skipped: an earlier run of the sync goes on".to_owned(),
        _ => status.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        let values = [("url", "https://app.getcensus.com/api/v1"), ("sync_id", "12")];
        Settings::of(&values, &[("token", "t")])
    }

    #[test]
    fn a_sync_is_started_with_an_empty_body() {
        let request = Census.start(&settings());
        assert_eq!(request.url, "https://app.getcensus.com/api/v1/syncs/12/trigger");
        assert_eq!((request.method, &request.body), (Method::Post, &Body::None));
        let ok = r#"{"status":"success","data":{"sync_run_id":1234567890}}"#;
        assert_eq!(Census.started(&Reply::of(200, ok)), Ok("1234567890".into()));
        let paused = Reply::of(200, r#"{"status":"error","message":"Sync is paused"}"#);
        assert_eq!(Census.started(&paused), Err("Sync is paused (status 200)".into()));
    }

    #[test]
    fn a_run_is_followed() {
        let poll = Census.poll(&settings(), "1234567890");
        assert_eq!(poll.url, "https://app.getcensus.com/api/v1/sync_runs/1234567890");
        let state = |data: &str| {
            let body = format!(r#"{{"status":"success","data":{data}}}"#);
            Census.state(&settings(), "1", &Reply::of(200, &body))
        };
        let working = r#"{"status":"working","error_message":null}"#;
        assert_eq!(state(working), runs::running("working"));
        assert_eq!(state(r#"{"status":"queued"}"#), runs::running("queued"));
        let JobState::Ended { is_good: true, message, counts } = state(
            r#"{"status":"completed","error_message":null,"records_processed":100,
            "records_updated":80,"records_invalid":5,"records_failed":15}"#,
        ) else {
            panic!("it is over")
        };
        assert_eq!(message, "completed, with 15 rows failed and 5 invalid");
        let named = serde_json::json!({"records_processed": 100, "records_updated": 80,
            "records_invalid": 5, "records_failed": 15});
        assert_eq!(Value::Object(counts), named);
        let why = "A mapped source column has been deleted: email";
        let failed = format!(r#"{{"status":"failed","error_message":"{why}"}}"#);
        assert_eq!(state(&failed), runs::ended(false, why));
        assert_eq!(state(r#"{"status":"completed"}"#), runs::ended(true, "completed"));
        let cancelled = r#"{"status":"completed","canceled":true}"#;
        assert_eq!(state(cancelled), runs::ended(false, "cancelled"));
        let odd = state("{}");
        assert!(matches!(odd, JobState::Ended { is_good: false, .. }), "the envelope is no run");
    }

    #[test]
    fn a_run_of_late_is_found() {
        let find = Census.find(&settings()).unwrap();
        assert_eq!(
            find.url,
            "https://app.getcensus.com/api/v1/syncs/12/sync_runs?per_page=100&order=desc"
        );
        let runs = r#"{"status":"success","data":[{"id":94,"status":"working",
            "created_at":"2021-10-20T02:51:07.546Z"},{"id":95,"status":"working"}]}"#;
        let found = |since| Census.found(&Reply::of(200, runs), since);
        assert_eq!(found("2021-10-20T02:51:07Z").as_deref(), Some("94"));
        assert_eq!(found("2021-10-20T02:51:08Z"), None);
    }
}
