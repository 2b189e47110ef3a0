//! A run of a RudderStack Profiles project, started and followed.

use super::rudderstack_retl::URL_HINT;
use super::runs::{self, in_address};
use super::settings::{Nature, Setting, Settings};
use super::{Body, Job, JobState, Kind, Method, Reply, Request, Takes};
use serde_json::json;

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "rudderstack_profiles",
    label: "RudderStack Profiles",
    about: "starts a run of a project and waits for its end",
    settings: SETTINGS,
    takes: Takes::Start(&Profiles),
};

const SETTINGS: &[Setting] = &[
    Setting::optional("url", "Address", Nature::Url, URL_HINT, "https://api.rudderstack.com/v2"),
    Setting::required("token", "Service access token", Nature::Secret, "env:RUDDERSTACK_TOKEN"),
    Setting::required("profile_id", "Project", Nature::Text, "the id in its address"),
    Setting::optional("parameters", "Parameters", Nature::Text, "words with spaces between", ""),
];

struct Profiles;

fn address(settings: &Settings, rest: &str) -> String {
    format!("{}/sources/{}/{rest}", settings.url("url"), in_address(settings.text("profile_id")))
}

impl Job for Profiles {
    fn start(&self, settings: &Settings) -> Request {
        let words: Vec<&str> = settings.text("parameters").split_whitespace().collect();
        let body = match words.is_empty() {
            true => Body::None,
            false => Body::Json(json!({"parameters": words}).to_string()),
        };
        Request::of(Method::Post, address(settings, "start"), body)
            .bearer(&settings.secret("token"))
    }

    fn started(&self, reply: &Reply) -> Result<String, String> {
        runs::started(reply, "/runId")
    }

    /// A list of runs is not documented.
    fn find(&self, _: &Settings) -> Option<Request> {
        None
    }

    fn found(&self, _: &Reply, _: &str) -> Option<String> {
        None
    }

    fn poll(&self, settings: &Settings, run: &str) -> Request {
        Request::get(address(settings, &format!("runs/{}/status", in_address(run))))
            .bearer(&settings.secret("token"))
    }

    fn state(&self, _: &Settings, run: &str, reply: &Reply) -> JobState {
        let said = reply.json();
        let (true, Some(status)) = (reply.is_good(), runs::text(&said, "status")) else {
            return runs::untold(run, reply);
        };
        match status {
            "finished" => runs::ended(true, status),
            "failed" => runs::ended(false, runs::text(&said, "error").unwrap_or(status)),
            other => runs::running(other),
        }
    }

    /// Cancelling is not documented.
    fn cancel(&self, _: &Settings, _: &str) -> Option<Request> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(parameters: &str) -> Settings {
        let values = [
            ("url", "https://api.eu.rudderstack.com/v2"),
            ("profile_id", "p1"),
            ("parameters", parameters),
        ];
        Settings::of(&values, &[("token", "t")])
    }

    #[test]
    fn a_run_is_started() {
        let request = Profiles.start(&settings(" --rebase_incremental  -p "));
        assert_eq!(request.method, Method::Post);
        assert_eq!(request.url, "https://api.eu.rudderstack.com/v2/sources/p1/start");
        assert_eq!(request.body.bytes(), br#"{"parameters":["--rebase_incremental","-p"]}"#);
        assert_eq!(Profiles.start(&settings("")).body, Body::None);
        let started = Profiles.started(&Reply::of(200, r#"{"runId":"run1"}"#));
        assert_eq!(started, Ok("run1".into()));
        assert!(Profiles.started(&Reply::of(404, r#"{"runId":"run1"}"#)).is_err());
    }

    #[test]
    fn a_run_is_followed() {
        let settings = settings("");
        let poll = Profiles.poll(&settings, "run1");
        assert_eq!(poll.url, "https://api.eu.rudderstack.com/v2/sources/p1/runs/run1/status");
        let state = |body: &str| Profiles.state(&settings, "run1", &Reply::of(200, body));
        assert_eq!(state(r#"{"status":"running"}"#), runs::running("running"));
        assert_eq!(state(r#"{"status":"finished"}"#), runs::ended(true, "finished"));
        assert_eq!(
            state(r#"{"status":"failed","error":"no rows"}"#),
            runs::ended(false, "no rows")
        );
        assert_eq!(state(r#"{"status":"failed","error":null}"#), runs::ended(false, "failed"));
        assert!(matches!(state("<html>"), JobState::Ended { is_good: false, .. }));
    }
}
