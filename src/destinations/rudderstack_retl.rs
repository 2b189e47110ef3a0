//! A sync of RudderStack Reverse ETL, started and followed.

use super::runs::{self, in_address};
use super::settings::{Nature, Setting, Settings};
use super::{Job, JobState, Kind, Method, Reply, Request, Takes};
use serde_json::json;

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "rudderstack_retl",
    label: "RudderStack Reverse ETL",
    about: "starts a sync of a connection and waits for its end",
    settings: SETTINGS,
    takes: Takes::Start(&Retl),
};

const SETTINGS: &[Setting] = &[
    Setting::optional("url", "Address", Nature::Url, URL_HINT, "https://api.rudderstack.com/v2"),
    Setting::required("token", "Service access token", Nature::Secret, "env:RUDDERSTACK_TOKEN"),
    Setting::required("connection_id", "Connection", Nature::Text, "the id in its settings"),
    Setting::optional("sync_type", "Rows", Nature::Choice(TYPES), "incremental", "incremental"),
];

pub(super) const URL_HINT: &str = "in the EU https://api.eu.rudderstack.com/v2";
const TYPES: &[&str] = &["incremental", "full"];

struct Retl;

fn address(settings: &Settings, rest: &str) -> String {
    let connection = in_address(settings.text("connection_id"));
    format!("{}/retl-connections/{connection}/{rest}", settings.url("url"))
}

impl Job for Retl {
    fn start(&self, settings: &Settings) -> Request {
        let body = json!({"syncType": settings.text("sync_type")});
        Request::json(Method::Post, address(settings, "start"), &body)
            .bearer(&settings.secret("token"))
    }

    fn started(&self, reply: &Reply) -> Result<String, String> {
        runs::started(reply, "/syncId")
    }

    fn find(&self, settings: &Settings) -> Option<Request> {
        let request = Request::get(address(settings, "syncs?per_page=100"));
        Some(request.bearer(&settings.secret("token")))
    }

    fn found(&self, reply: &Reply, since: &str) -> Option<String> {
        runs::first_since(&reply.json()["syncs"], ["id", "startedAt"], since)
    }

    fn poll(&self, settings: &Settings, run: &str) -> Request {
        Request::get(address(settings, &format!("syncs/{}", in_address(run))))
            .bearer(&settings.secret("token"))
    }

    fn state(&self, _: &Settings, run: &str, reply: &Reply) -> JobState {
        let said = reply.json();
        let (true, Some(status)) = (reply.is_good(), runs::text(&said, "status")) else {
            return runs::untold(run, reply);
        };
        let is_good = match status {
            "succeeded" => true,
            "failed" => false,
            other => return runs::running(other),
        };
        JobState::Ended {
            is_good,
            message: runs::text(&said, "error").unwrap_or(status).to_owned(),
            counts: runs::counts(&said, &["metrics"]),
        }
    }

    /// It can stop whatever runs of a connection, not one sync: that may be another's.
    fn cancel(&self, _: &Settings, _: &str) -> Option<Request> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> Settings {
        let values = [
            ("url", "https://api.rudderstack.com/v2/"),
            ("connection_id", "c 1"),
            ("sync_type", "full"),
        ];
        Settings::of(&values, &[("token", "t")])
    }

    #[test]
    fn a_sync_is_started() {
        let shown = Retl.start(&settings()).shown();
        let address = "https://api.rudderstack.com/v2/retl-connections/c%201/start";
        assert_eq!(shown.line, format!("POST {address}"));
        assert_eq!(shown.headers, ["Authorization: Bearer …"]);
        assert_eq!(shown.body, "{\n  \"syncType\": \"full\"\n}");
        let started = Retl.started(&Reply::of(200, r#"{"syncId":"2abc"}"#));
        assert_eq!(started, Ok("2abc".into()));
        let busy = Retl.started(&Reply::of(409, r#"{"message":"already running"}"#));
        assert_eq!(busy, Err("already running (status 409)".into()));
    }

    #[test]
    fn a_sync_is_followed() {
        let poll = Retl.poll(&settings(), "2abc");
        assert!(poll.only_looks);
        assert_eq!(poll.url, "https://api.rudderstack.com/v2/retl-connections/c%201/syncs/2abc");
        let state = |body: &str| Retl.state(&settings(), "2abc", &Reply::of(200, body));
        assert_eq!(state(r#"{"id":"2abc","status":"running"}"#), runs::running("running"));
        let good = r#"{"id":"2abc","status":"succeeded","error":null,
            "metrics":{"succeeded":{"total":9},"failed":{"total":1},"total":10}}"#;
        let JobState::Ended { is_good: true, message, counts } = state(good) else {
            panic!("it is over")
        };
        assert_eq!(message, "succeeded");
        let named = json!({"metrics.succeeded.total": 9, "metrics.failed.total": 1,
            "metrics.total": 10});
        assert_eq!(serde_json::Value::Object(counts), named);
        let failed = r#"{"id":"2abc","status":"failed","error":"permission denied"}"#;
        assert_eq!(state(failed), runs::ended(false, "permission denied"));
        let gone = Retl.state(&settings(), "2abc", &Reply::of(404, r#"{"status":"succeeded"}"#));
        assert!(matches!(gone, JobState::Ended { is_good: false, .. }));
    }

    #[test]
    fn a_sync_of_late_is_found() {
        let find = Retl.find(&settings()).unwrap();
        assert_eq!(
            find.url,
            "https://api.rudderstack.com/v2/retl-connections/c%201/syncs?per_page=100"
        );
        let reply = Reply::of(
            200,
            r#"{"syncs":[{"id":"old","status":"failed","startedAt":"2024-04-20T05:41:18.871Z"},
            {"id":"new","status":"running","startedAt":"2024-04-20T05:41:19.001Z"}],"paging":{}}"#,
        );
        let found = |since| Retl.found(&reply, since);
        assert_eq!(found("2024-04-20T07:41:19+02:00").as_deref(), Some("new"));
        assert_eq!(found("2024-04-20T05:42:00Z"), None);
    }
}
