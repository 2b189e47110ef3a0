//! A job of Airbyte, started and followed.
//!
//! The tokens of Airbyte Cloud are short-lived: whoever keeps one makes it anew before a sync.

use super::runs::{self, in_address};
use super::settings::{Nature, Setting, Settings};
use super::{Body, Job, JobState, Kind, Method, Reply, Request, Takes};
use serde_json::json;

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "airbyte",
    label: "Airbyte",
    about: "starts a job of a connection and waits for its end",
    settings: SETTINGS,
    takes: Takes::Start(&Airbyte),
};

const SETTINGS: &[Setting] = &[
    Setting::optional("url", "Address", Nature::Url, URL_HINT, "https://api.airbyte.com/v1"),
    Setting::required("token", "Access token", Nature::Secret, "env:AIRBYTE_TOKEN"),
    Setting::required("connection_id", "Connection", Nature::Text, "the id in its address"),
    Setting::optional("job_type", "Job", Nature::Choice(TYPES), "sync", "sync"),
];

const URL_HINT: &str = "on a server of one's own https://HOST/api/public/v1";
const TYPES: &[&str] = &["sync", "reset", "refresh", "clear"];

struct Airbyte;

fn job(settings: &Settings, run: &str) -> String {
    format!("{}/jobs/{}", settings.url("url"), in_address(run))
}

impl Job for Airbyte {
    fn start(&self, settings: &Settings) -> Request {
        let body = json!({
            "connectionId": settings.text("connection_id"),
            "jobType": settings.text("job_type"),
        });
        Request::json(Method::Post, format!("{}/jobs", settings.url("url")), &body)
            .bearer(&settings.secret("token"))
    }

    fn started(&self, reply: &Reply) -> Result<String, String> {
        runs::started(reply, "/jobId")
    }

    fn find(&self, settings: &Settings) -> Option<Request> {
        let connection = in_address(settings.text("connection_id"));
        let asked = format!("connectionId={connection}&limit=100&orderBy=createdAt%7CDESC");
        let request = Request::get(format!("{}/jobs?{asked}", settings.url("url")));
        Some(request.bearer(&settings.secret("token")))
    }

    fn found(&self, reply: &Reply, since: &str) -> Option<String> {
        runs::first_since(&reply.json()["data"], ["jobId", "startTime"], since)
    }

    fn poll(&self, settings: &Settings, run: &str) -> Request {
        Request::get(job(settings, run)).bearer(&settings.secret("token"))
    }

    fn state(&self, _: &Settings, run: &str, reply: &Reply) -> JobState {
        let said = reply.json();
        let (true, Some(status)) = (reply.is_good(), runs::text(&said, "status")) else {
            return runs::untold(run, reply);
        };
        let is_good = match status {
            "succeeded" => true,
            "failed" | "cancelled" => false,
            // Also `incomplete`: one attempt failed, and another follows.
            other => return runs::running(other),
        };
        let counts = runs::counts(&said, &["rowsSynced", "bytesSynced"]);
        JobState::Ended { is_good, message: status.to_owned(), counts }
    }

    fn cancel(&self, settings: &Settings, run: &str) -> Option<Request> {
        let request = Request::of(Method::Delete, job(settings, run), Body::None);
        Some(request.bearer(&settings.secret("token")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONNECTION: &str = "e735894a-e773-4938-969f-45f53957b75b";

    fn settings() -> Settings {
        let values = [
            ("url", "https://api.airbyte.com/v1"),
            ("connection_id", CONNECTION),
            ("job_type", "sync"),
        ];
        Settings::of(&values, &[("token", "t")])
    }

    #[test]
    fn a_job_is_started_followed_and_cancelled() {
        let request = Airbyte.start(&settings());
        assert_eq!(request.url, "https://api.airbyte.com/v1/jobs");
        let body = format!(r#"{{"connectionId":"{CONNECTION}","jobType":"sync"}}"#);
        assert_eq!(request.body.bytes(), body.as_bytes());
        let reply = Reply::of(200, r#"{"jobId":1234,"status":"running","jobType":"sync"}"#);
        assert_eq!(Airbyte.started(&reply), Ok("1234".into()));
        let poll = Airbyte.poll(&settings(), "1234").shown().line;
        assert_eq!(poll, "GET https://api.airbyte.com/v1/jobs/1234");
        let cancel = Airbyte.cancel(&settings(), "1234").unwrap();
        assert_eq!(cancel.shown().line, "DELETE https://api.airbyte.com/v1/jobs/1234");
        assert!(!cancel.only_looks);
    }

    #[test]
    fn every_state_is_told() {
        let state = |status: &str| {
            let body =
                format!(r#"{{"jobId":1,"status":"{status}","rowsSynced":5,"bytesSynced":90}}"#);
            Airbyte.state(&settings(), "1", &Reply::of(200, &body))
        };
        for word in ["pending", "queued", "running", "incomplete"] {
            assert_eq!(state(word), runs::running(word));
        }
        for (word, is_good) in [("succeeded", true), ("failed", false), ("cancelled", false)] {
            let counts = json!({"rowsSynced": 5, "bytesSynced": 90});
            let counts = counts.as_object().unwrap().clone();
            assert_eq!(state(word), JobState::Ended { is_good, message: word.into(), counts });
        }
        let refused = Airbyte.state(&settings(), "1", &Reply::of(404, r#"{"status":"succeeded"}"#));
        assert!(matches!(refused, JobState::Ended { is_good: false, .. }));
    }

    #[test]
    fn a_job_of_late_is_found() {
        let find = Airbyte.find(&settings()).unwrap();
        let asked = format!("connectionId={CONNECTION}&limit=100&orderBy=createdAt%7CDESC");
        assert_eq!(find.url, format!("https://api.airbyte.com/v1/jobs?{asked}"));
        let jobs = r#"{"data":[{"jobId":8,"startTime":"2023-03-25T01:30:50Z"},
            {"jobId":7,"startTime":"2023-03-24T01:30:50Z"}]}"#;
        let found = |since| Airbyte.found(&Reply::of(200, jobs), since);
        assert_eq!(found("2023-03-25T01:30:50.9Z").as_deref(), Some("8"));
        assert_eq!(found("2023-03-24T01:00:00Z").as_deref(), Some("7"));
        assert_eq!(found("2023-03-25T01:30:51Z"), None);
    }
}
