//! A job of dbt Cloud, started and followed.

use super::runs::{self, in_address};
use super::settings::{Nature, Setting, Settings};
use super::{Body, Job, JobState, Kind, Method, Reply, Request, Takes};
use serde_json::json;

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "dbt_cloud",
    label: "dbt Cloud",
    about: "starts a job and waits for its end",
    settings: SETTINGS,
    takes: Takes::Start(&Dbt),
};

const SETTINGS: &[Setting] = &[
    Setting::optional("url", "Address", Nature::Url, URL_HINT, "https://cloud.getdbt.com"),
    Setting::required("token", "Service token", Nature::Secret, "env:DBT_CLOUD_TOKEN"),
    Setting::required("account_id", "Account", Nature::Number, "the number in its address"),
    Setting::required("job_id", "Job", Nature::Number, "the number in its address"),
    Setting::optional("cause", "Cause", Nature::Text, "why the job runs", "Started by Muster"),
    Setting::optional("git_branch", "Branch", Nature::Text, "main", ""),
    Setting::optional("schema_override", "Schema", Nature::Text, "the name of a schema", ""),
];

const URL_HINT: &str = "the access URL in the account's settings";

/// Settings that go into the body by their own names, when they are given.
const OVERRIDES: [&str; 2] = ["git_branch", "schema_override"];

struct Dbt;

fn address(settings: &Settings, rest: &str) -> String {
    let account = in_address(settings.text("account_id"));
    format!("{}/api/v2/accounts/{account}/{rest}", settings.url("url"))
}

impl Job for Dbt {
    fn start(&self, settings: &Settings) -> Request {
        let mut body = json!({"cause": settings.text("cause")});
        for name in OVERRIDES {
            if !settings.text(name).is_empty() {
                body[name] = settings.text(name).into();
            }
        }
        let job = in_address(settings.text("job_id"));
        Request::json(Method::Post, address(settings, &format!("jobs/{job}/run/")), &body)
            .bearer(&settings.secret("token"))
    }

    fn started(&self, reply: &Reply) -> Result<String, String> {
        runs::started(reply, "/data/id").map_err(|told| match user_message(reply) {
            Some(message) => format!("{message} (status {})", reply.status),
            None => told,
        })
    }

    fn find(&self, settings: &Settings) -> Option<Request> {
        let job = in_address(settings.text("job_id"));
        let asked = format!("runs/?job_definition_id={job}&order_by=-id&limit=100");
        Some(Request::get(address(settings, &asked)).bearer(&settings.secret("token")))
    }

    fn found(&self, reply: &Reply, since: &str) -> Option<String> {
        runs::first_since(&reply.json()["data"], ["id", "created_at"], since)
    }

    fn poll(&self, settings: &Settings, run: &str) -> Request {
        Request::get(address(settings, &format!("runs/{}/", in_address(run))))
            .bearer(&settings.secret("token"))
    }

    fn state(&self, _: &Settings, run: &str, reply: &Reply) -> JobState {
        let said = reply.json();
        let data = &said["data"];
        let (true, Some(status)) = (reply.is_good(), data["status"].as_u64()) else {
            return runs::untold(run, reply);
        };
        let (is_good, word) = match status {
            1 => return runs::running("queued"),
            2 => return runs::running("starting"),
            3 => return runs::running("running"),
            10 => (true, "success"),
            20 => (false, "error"),
            30 => (false, "cancelled"),
            // A status of which nothing is known: its flags say whether it is over.
            _ if data["is_complete"] == true => (data["is_success"] == true, "ended"),
            other => return runs::running(&format!("status {other}")),
        };
        runs::ended(is_good, runs::text(data, "status_message").unwrap_or(word))
    }

    fn cancel(&self, settings: &Settings, run: &str) -> Option<Request> {
        let address = address(settings, &format!("runs/{}/cancel/", in_address(run)));
        let request = Request::of(Method::Post, address, Body::None);
        Some(request.bearer(&settings.secret("token")))
    }
}

/// Where dbt says what was wrong with a request.
fn user_message(reply: &Reply) -> Option<String> {
    runs::text(&reply.json()["status"], "user_message").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &[(&str, &str)]) -> Settings {
        let mut values = vec![
            ("url", "https://cloud.getdbt.com/"),
            ("account_id", "1"),
            ("job_id", "2"),
            ("cause", "Started by Muster"),
        ];
        values.extend_from_slice(more);
        Settings::of(&values, &[("token", "t")])
    }

    #[test]
    fn a_job_is_started_with_a_cause() {
        let request = Dbt.start(&settings(&[]));
        assert_eq!(request.url, "https://cloud.getdbt.com/api/v2/accounts/1/jobs/2/run/");
        assert_eq!(request.body.bytes(), br#"{"cause":"Started by Muster"}"#);
        let branch = Dbt.start(&settings(&[("git_branch", "main")]));
        assert_eq!(branch.body.bytes(), br#"{"cause":"Started by Muster","git_branch":"main"}"#);
        let reply = r#"{"status":{"code":200,"user_message":"Success!"},"data":{"id":77}}"#;
        assert_eq!(Dbt.started(&Reply::of(200, reply)), Ok("77".into()));
        let wrong = r#"{"status":{"code":404,"user_message":"Not found"},"data":null}"#;
        assert_eq!(Dbt.started(&Reply::of(404, wrong)), Err("Not found (status 404)".into()));
    }

    #[test]
    fn a_run_is_followed_and_cancelled() {
        let settings = settings(&[]);
        let run = "https://cloud.getdbt.com/api/v2/accounts/1/runs/77/";
        assert_eq!(Dbt.poll(&settings, "77").shown().line, format!("GET {run}"));
        let cancel = Dbt.cancel(&settings, "77").unwrap();
        assert_eq!(cancel.shown().line, format!("POST {run}cancel/"));
        let state = |data: &str| {
            let body = format!(r#"{{"status":{{"code":200}},"data":{data}}}"#);
            Dbt.state(&settings, "77", &Reply::of(200, &body))
        };
        for (status, word) in [(1, "queued"), (2, "starting"), (3, "running")] {
            assert_eq!(state(&format!(r#"{{"status":{status}}}"#)), runs::running(word));
        }
        for (status, is_good, word) in
            [(10, true, "success"), (20, false, "error"), (30, false, "cancelled")]
        {
            assert_eq!(state(&format!(r#"{{"status":{status}}}"#)), runs::ended(is_good, word));
        }
        let why = r#"{"status":20,"status_message":"Could not connect","is_error":true}"#;
        assert_eq!(state(why), runs::ended(false, "Could not connect"));
        let new = r#"{"status":40,"is_complete":true,"is_success":false}"#;
        assert_eq!(state(new), runs::ended(false, "ended"));
        assert_eq!(state(r#"{"status":4}"#), runs::running("status 4"));
        assert!(matches!(state("null"), JobState::Ended { is_good: false, .. }));
    }

    #[test]
    fn a_run_of_late_is_found() {
        let find = Dbt.find(&settings(&[])).unwrap();
        let asked = "runs/?job_definition_id=2&order_by=-id&limit=100";
        assert_eq!(find.url, format!("https://cloud.getdbt.com/api/v2/accounts/1/{asked}"));
        let runs = r#"{"data":[{"id":78,"created_at":"2023-05-17 08:21:31.141341+00:00"},
            {"id":70,"created_at":"2023-05-16 08:21:31.141341+00:00"}]}"#;
        let found = |since| Dbt.found(&Reply::of(200, runs), since);
        assert_eq!(found("2023-05-17T08:21:31Z").as_deref(), Some("78"));
        assert_eq!(found("2023-05-17T08:21:32Z"), None);
    }
}
