//! Klaviyo: rows as profiles, through bulk import jobs and, with a list, as its members.
//!
//! A job is made, followed to its end, and asked for its errors, which tell a row by the profile
//! that was sent. An import may put profiles on a list and never subscribes anybody: consent is
//! another call, which is not made here. Who leaves is looked up and taken from the list; the
//! profile and its consent stay as they are.

use super::parts::{all_unknown, compared, double, doubles, doubt, encoded, first, identifier};
use super::parts::{modes_with, path_part, refused, rejected, unreadable};
use super::settings::{Nature, Setting, Settings};
use super::{Body, Chunk, Field, Kind, Limits, Method, Normal, Reply, Request, Row, Rows, Step};
use super::{Takes, Talk};
use crate::model::activation::{Fate, Mode, Op};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "klaviyo",
    label: "Klaviyo",
    about: "rows as Klaviyo profiles, and as members of a list",
    settings: SETTINGS,
    takes: Takes::Rows(&Klaviyo),
};

const SETTINGS: &[Setting] = &[
    Setting::optional(
        "url",
        "Address",
        Nature::Url,
        "https://a.klaviyo.com",
        "https://a.klaviyo.com",
    ),
    Setting::required("api_key", "Private API key", Nature::Secret, KEY_HINT),
    Setting::optional("list", "List", Nature::Text, LIST_HINT, ""),
    Setting::optional("revision", "Revision of the API", Nature::Text, "a date", "2026-01-15"),
];

const KEY_HINT: &str = "env:KLAVIYO_API_KEY, a private key with full access to profiles and lists";
const LIST_HINT: &str = "the list's ID: Y6nRLr; without one, nobody is removed";
/// What an import tells profiles by.
const IDS: &[&str] = &["external_id", "email", "phone_number"];
/// Fields of a profile itself; any other is a property of one's own.
const OWN: &[&str] = &[
    "external_id",
    "email",
    "phone_number",
    "first_name",
    "last_name",
    "organization",
    "title",
    "locale",
    "image",
];
/// Fields of a profile's location.
const LOCATION: &[&str] = &["address1", "address2", "city", "region", "zip", "country", "timezone"];
const JSON_API: &str = "application/vnd.api+json";
/// Profiles that are looked up at once: their addresses stand in the address of the request.
const LOOKED_UP: usize = 50;
/// How often a job is asked about before it is given up: some two hours.
const MOST_POLLS: u64 = 180;

struct Klaviyo;

impl Rows for Klaviyo {
    fn limits(&self, _: &Settings) -> Limits {
        // 5 MB a request and 100 KB a profile, less what is around the fields.
        Limits {
            row_bytes: 99_000,
            rate: Some((150, Duration::from_secs(60))),
            ..Limits::of(10_000, 4_400_000)
        }
    }

    fn fields(&self, _: &Settings) -> Vec<Field> {
        vec![
            Field::identifier("email", &["email", "e_mail", "email_address", "mail"]),
            Field::identifier("phone_number", &["phone", "phone_number", "mobile"])
                .normal(Normal::PhoneE164),
            Field::identifier("external_id", &["external_id", "user_id", "customer_id", "id"]),
            Field::plain("first_name", &["first_name", "firstname", "given_name"]),
            Field::plain("last_name", &["last_name", "lastname", "surname", "family_name"]),
            Field::plain("organization", &["organization", "company", "company_name"]),
            Field::plain("title", &["title", "job_title"]),
            Field::plain("locale", &["locale", "language"]),
            Field::plain("image", &["image", "avatar"]),
            Field::plain("address1", &["address", "address1", "street"]),
            Field::plain("address2", &["address2"]),
            Field::plain("city", &["city", "town"]),
            Field::plain("region", &["region", "state", "province"]),
            Field::plain("zip", &["zip", "postcode", "postal_code"]),
            Field::plain("country", &["country"]),
            Field::plain("timezone", &["timezone", "time_zone"]),
        ]
    }

    fn modes(&self, settings: &Settings) -> &'static [Mode] {
        modes_with(settings, "list")
    }

    fn lane(&self, op: Op) -> u8 {
        u8::from(op == Op::Remove)
    }

    fn invalid(&self, _: &Settings, _: Op, fields: &Map<String, Value>) -> Option<String> {
        let is_missing = first(fields, IDS).is_none();
        is_missing.then(|| "none of email, phone_number and external_id has a value".into())
    }

    fn step(&self, settings: &Settings, chunk: &Chunk, talk: Talk<'_>) -> Step {
        if !settings.text("list").is_empty()
            && let Err(failure) = path_part(settings, "list")
        {
            return Step::Stop(failure);
        }
        let memory = match talk.memory.map(serde_json::from_str::<Memory>) {
            None => None,
            Some(Ok(memory)) => Some(memory),
            Some(Err(_)) => {
                return all_unknown(chunk, "what was remembered of the import is damaged");
            }
        };
        match (memory, talk.reply) {
            (None, None) if chunk.rows.iter().any(|row| row.op == Op::Remove) => {
                ask(settings, chunk, Memory::Look { from: 0 })
            }
            (None, None) => Step::ask(import(settings, chunk)),
            (None, Some(reply)) => imported(settings, chunk, reply),
            // The request may not have gone out before the program ended: twice is as once.
            (Some(memory), None) => ask(settings, chunk, memory),
            (Some(memory), Some(reply)) => next(settings, chunk, memory, reply),
        }
    }
}

/// How far the talk is, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "at", rename_all = "snake_case")]
enum Memory {
    /// A job was made and is asked about.
    Job { job: String, polls: u64 },
    /// The job is over, and its errors are read page by page.
    Errors(Errors),
    /// Profiles of rows from here on are looked up.
    Look { from: usize },
    /// They are taken from the list.
    Drop { to: usize, profiles: Vec<String> },
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Errors {
    job: String,
    /// How many profiles the job says that it imported.
    completed: u64,
    /// And how many it did not.
    failed: u64,
    /// The page to read, unless it is the first.
    page: Option<String>,
    /// What is said, and of which rows.
    said: BTreeMap<String, BTreeSet<usize>>,
    /// What is said of no row that was sent.
    of_none: Option<String>,
}

fn request(settings: &Settings, method: Method, url: String, body: Option<Value>) -> Request {
    let body = body.map_or(Body::None, |body| Body::Text(body.to_string()));
    let has_body = body != Body::None;
    let request = Request::of(method, url, body)
        .secret("Authorization", "Klaviyo-API-Key ", &settings.secret("api_key"))
        .header("revision", settings.text("revision"))
        .header("Accept", JSON_API);
    match has_body {
        true => request.header("Content-Type", JSON_API),
        false => Request { only_looks: true, ..request },
    }
}

fn import(settings: &Settings, chunk: &Chunk) -> Request {
    let later = later_rows(chunk);
    let rows = chunk.rows.iter().enumerate().filter(|(n, _)| !later.contains(n));
    let profiles: Vec<Value> = rows.map(|(_, row)| profile(row)).collect();
    let mut data = json!({
        "type": "profile-bulk-import-job",
        "attributes": {"profiles": {"data": profiles}},
    });
    let list = settings.text("list");
    if !list.is_empty() {
        data["relationships"] = json!({"lists": {"data": [{"type": "list", "id": list}]}});
    }
    let url = format!("{}/api/profile-bulk-import-jobs", settings.url("url"));
    request(settings, Method::Post, url, Some(json!({"data": data})))
}

fn profile(row: &Row) -> Value {
    let mut attributes = Map::new();
    let mut location = Map::new();
    let mut properties = Map::new();
    for (name, value) in row.fields() {
        if IDS.contains(&name.as_str()) {
            // An identifier that is empty tells nobody; a number is one in digits.
            let id = identifier(&Map::from_iter([(name.clone(), value)]), &name);
            attributes.extend(id.map(|id| (name, id.into())));
        } else if OWN.contains(&name.as_str()) {
            attributes.insert(name, value);
        } else if LOCATION.contains(&name.as_str()) {
            location.insert(name, value);
        } else {
            properties.insert(name, value);
        }
    }
    for (name, fields) in [("location", location), ("properties", properties)] {
        if !fields.is_empty() {
            attributes.insert(name.into(), Value::Object(fields));
        }
    }
    json!({"type": "profile", "attributes": attributes})
}

/// All identifiers of a profile, to be compared with those of another.
fn identity(fields: &Map<String, Value>) -> String {
    let one = |name: &&str| compared(name, &identifier(fields, name).unwrap_or_default());
    IDS.iter().map(one).collect::<Vec<_>>().join("\n")
}

/// Rows that an error could not tell from an earlier one.
fn later_rows(chunk: &Chunk) -> BTreeSet<usize> {
    doubles(chunk.rows.iter().map(|row| identity(&row.fields())))
}

fn refusal(settings: &Settings, reply: &Reply) -> Step {
    refused(reply, "Klaviyo", settings.url("url"), "check the address and the list's ID")
}

/// The reply to the request for an import.
fn imported(settings: &Settings, chunk: &Chunk, reply: &Reply) -> Step {
    if !reply.is_good() {
        return refusal(settings, reply);
    }
    match reply.json()["data"]["id"].as_str() {
        Some(job) => ask(settings, chunk, Memory::Job { job: job.to_owned(), polls: 0 }),
        None => unreadable(chunk, reply, "Klaviyo"),
    }
}

/// The request that is due.
fn ask(settings: &Settings, chunk: &Chunk, memory: Memory) -> Step {
    let base = settings.url("url");
    let jobs = format!("{base}/api/profile-bulk-import-jobs");
    let mut wait = Duration::ZERO;
    let request = match &memory {
        Memory::Job { job, polls } => {
            // From three seconds on, slower the longer it takes, up to a minute.
            wait = Duration::from_secs((3 + polls / 2).min(60));
            request(settings, Method::Get, format!("{jobs}/{}", encoded(job)), None)
        }
        Memory::Errors(errors) => {
            let first = format!("{jobs}/{}/import-errors", encoded(&errors.job));
            let url = errors.page.clone().unwrap_or(first);
            request(settings, Method::Get, url, None)
        }
        Memory::Look { from } => {
            let Some((name, ids)) = looked_up(chunk, *from) else {
                return Step::all_accepted(chunk);
            };
            let ids: Vec<String> =
                ids.iter().map(|id| Value::from(id.as_str()).to_string()).collect();
            let filter = encoded(&format!("any({name},[{}])", ids.join(",")));
            let url = format!(
                "{base}/api/profiles?filter={filter}&fields%5Bprofile%5D={name}&page%5Bsize%5D=100"
            );
            request(settings, Method::Get, url, None)
        }
        Memory::Drop { profiles, .. } => {
            let url = format!("{base}/api/lists/{}/relationships/profiles", settings.text("list"));
            let data: Vec<Value> =
                profiles.iter().map(|id| json!({"type": "profile", "id": id})).collect();
            request(settings, Method::Delete, url, Some(json!({"data": data})))
        }
    };
    match serde_json::to_string(&memory) {
        Ok(memory) => Step::Ask { request, memory: Some(memory), wait },
        Err(error) => all_unknown(chunk, &format!("the replies cannot be kept: {error}")),
    }
}

/// What comes after a reply.
fn next(settings: &Settings, chunk: &Chunk, memory: Memory, reply: &Reply) -> Step {
    match memory {
        Memory::Job { job, polls } => follow(settings, chunk, (job, polls), reply),
        Memory::Errors(errors) => page(settings, chunk, errors, reply),
        // Rows before these are off the list already; off it they stay when they are sent again.
        Memory::Look { .. } | Memory::Drop { .. } if !reply.is_good() => refusal(settings, reply),
        Memory::Look { from } => {
            let said = reply.json();
            let Some(found) = said["data"].as_array() else {
                return unreadable(chunk, reply, "Klaviyo");
            };
            if said["links"]["next"].is_string() {
                // Identifiers are unique over there, so that this is another reply than was asked.
                return unreadable(chunk, reply, "Klaviyo");
            }
            let to = from + looked_up(chunk, from).map_or(0, |(_, ids)| ids.len());
            let id = |profile: &Value| profile["id"].as_str().map(str::to_owned);
            let profiles: Vec<String> = found.iter().filter_map(id).collect();
            // Who has no profile is on no list.
            match profiles.is_empty() {
                true => ask(settings, chunk, Memory::Look { from: to }),
                false => ask(settings, chunk, Memory::Drop { to, profiles }),
            }
        }
        Memory::Drop { to, .. } => ask(settings, chunk, Memory::Look { from: to }),
    }
}

/// Rows from one on that are told by the same identifier: its name and its values.
fn looked_up(chunk: &Chunk, from: usize) -> Option<(&'static str, Vec<String>)> {
    let rows = chunk.rows.get(from..)?;
    let (name, _) = first(&rows.first()?.fields(), IDS)?;
    let same = |row: &Row| first(&row.fields(), IDS).filter(|(other, _)| *other == name);
    let ids = rows.iter().take(LOOKED_UP).map_while(same).map(|(_, id)| id).collect();
    Some((name, ids))
}

/// The state of a job.
fn follow(settings: &Settings, chunk: &Chunk, asked: (String, u64), reply: &Reply) -> Step {
    let (job, polls) = asked;
    if !reply.is_good() {
        // The import was made: it may have been carried out, whatever is said of it now.
        let message = format!("Klaviyo does not tell of the import {job}: {}", reply.message());
        return all_unknown(chunk, &message);
    }
    let said = reply.json();
    let about = &said["data"]["attributes"];
    match about["status"].as_str() {
        Some("queued" | "processing") if polls < MOST_POLLS => {
            ask(settings, chunk, Memory::Job { job, polls: polls + 1 })
        }
        Some("complete") => {
            let count = |name: &str| about[name].as_u64();
            let (Some(completed), Some(failed)) = (count("completed_count"), count("failed_count"))
            else {
                return unreadable(chunk, reply, "Klaviyo");
            };
            let errors = Errors { job, completed, failed, ..Errors::default() };
            match failed {
                0 => finish(chunk, &errors),
                _ => ask(settings, chunk, Memory::Errors(errors)),
            }
        }
        Some(status) => {
            all_unknown(chunk, &format!("the import {job} is {status} and did not complete"))
        }
        None => unreadable(chunk, reply, "Klaviyo"),
    }
}

/// A page of a job's errors.
fn page(settings: &Settings, chunk: &Chunk, mut errors: Errors, reply: &Reply) -> Step {
    let said = reply.json();
    let Some(list) = said["data"].as_array().filter(|_| reply.is_good()) else {
        errors.of_none = Some(reply.message());
        return finish(chunk, &errors);
    };
    let later = later_rows(chunk);
    let sent = chunk.rows.iter().enumerate().filter(|(n, _)| !later.contains(n));
    let rows: BTreeMap<String, usize> = sent.map(|(n, row)| (identity(&row.fields()), n)).collect();
    for error in list {
        let about = match &error["attributes"] {
            Value::Null => error,
            attributes => attributes,
        };
        let payload = &about["original_payload"];
        let profile = payload["attributes"].as_object().or(payload.as_object());
        let row = profile.and_then(|profile| rows.get(&identity(profile)));
        match row {
            Some(n) => {
                errors.said.entry(words(about)).or_default().insert(*n);
            }
            None => errors.of_none = Some(words(about)),
        }
    }
    // The key goes along, so that a page elsewhere is not asked for.
    let base = format!("{}/", settings.url("url"));
    match said["links"]["next"].as_str() {
        Some(url) if url.starts_with(&base) && errors.page.as_deref() != Some(url) => {
            errors.page = Some(url.to_owned());
            ask(settings, chunk, Memory::Errors(errors))
        }
        _ => finish(chunk, &errors),
    }
}

fn words(about: &Value) -> String {
    let text = |name: &str| about[name].as_str().filter(|text| !text.is_empty());
    let mut words = match (text("title"), text("detail")) {
        (Some(title), Some(detail)) if title != detail => format!("{title}: {detail}"),
        (Some(one), _) | (None, Some(one)) => one.to_owned(),
        (None, None) => "refused without a reason".to_owned(),
    };
    if let Some(code) = text("code") {
        words = format!("{words} ({code})");
    }
    words.chars().take(300).collect()
}

/// The fates of all rows, from what the job says.
fn finish(chunk: &Chunk, errors: &Errors) -> Step {
    let later = later_rows(chunk);
    let mut fates = vec![Fate::Accepted; chunk.rows.len()];
    let mut named = BTreeSet::new();
    for (words, rows) in &errors.said {
        for n in rows {
            named.insert(*n);
            if let Some(fate) = fates.get_mut(*n) {
                *fate = rejected(words);
            }
        }
    }
    for n in &later {
        if let (Some(fate), Some(row)) = (fates.get_mut(*n), chunk.rows.get(*n)) {
            *fate = double("identifiers", row);
        }
    }
    let sent = (chunk.rows.len() - later.len()) as u64;
    let (completed, failed) = (errors.completed, errors.failed);
    if (named.len() as u64) < failed {
        let more = errors.of_none.as_deref().map(|words| format!(" ({words})")).unwrap_or_default();
        let message = format!(
            "Klaviyo says that {failed} profiles failed and names {} of them{more}",
            named.len()
        );
        doubt(&mut fates, &message);
    } else if completed + failed != sent {
        let message = format!(
            "Klaviyo says that {completed} profiles were imported and {failed} failed, of {sent}"
        );
        doubt(&mut fates, &message);
    }
    Step::Done(fates)
}

#[cfg(test)]
mod tests {
    use super::super::parts::testing::{after, asked, body, chunk, rows, settings, step, told};
    use super::*;

    fn given(more: &[(&str, &str)]) -> Settings {
        let mut values = vec![("api_key", "K"), ("url", "https://k.example/")];
        values.extend_from_slice(more);
        settings(&KIND, &values)
    }

    fn two() -> Chunk {
        chunk(&[
            (Op::Add, r#"{"email":"A@b.c","external_id":7,"city":"Bonn","plan":null}"#),
            (Op::Update, r#"{"email":"d@e.f","first_name":"D"}"#),
        ])
    }

    const MADE: &str = r#"{"data":{"type":"profile-bulk-import-job","id":"J1","attributes":
        {"status":"queued"}}}"#;

    fn state(status: &str, completed: u64, failed: u64) -> String {
        json!({"data": {"id": "J1", "attributes": {"status": status, "total_count": 2,
            "completed_count": completed, "failed_count": failed}}})
        .to_string()
    }

    #[test]
    fn rows_are_profiles_of_an_import() {
        let (request, _) = asked(step(&KIND, &given(&[("list", "Y6")]), &two(), None, None));
        assert_eq!(request.url, "https://k.example/api/profile-bulk-import-jobs");
        assert_eq!(
            request.shown().headers,
            [
                "Authorization: Klaviyo-API-Key …",
                "revision: 2026-01-15",
                "Accept: application/vnd.api+json",
                "Content-Type: application/vnd.api+json",
            ]
        );
        assert_eq!(
            body(&request),
            json!({"data": {
                "type": "profile-bulk-import-job",
                "attributes": {"profiles": {"data": [
                    {"type": "profile", "attributes": {"email": "A@b.c", "external_id": "7",
                     "location": {"city": "Bonn"}, "properties": {"plan": null}}},
                    {"type": "profile", "attributes": {"email": "d@e.f", "first_name": "D"}},
                ]}},
                "relationships": {"lists": {"data": [{"type": "list", "id": "Y6"}]}},
            }})
        );
        let (request, _) = asked(step(&KIND, &given(&[]), &two(), None, None));
        assert_eq!(body(&request)["data"].get("relationships"), None);
    }

    #[test]
    fn a_job_is_followed_to_its_end() {
        let settings = given(&[]);
        let (request, memory) = asked(step(&KIND, &settings, &two(), None, Some((202, MADE))));
        assert_eq!(request.url, "https://k.example/api/profile-bulk-import-jobs/J1");
        assert!(request.only_looks);
        // After a crash the job is asked about, and not made once more.
        let (again, _) = asked(step(&KIND, &settings, &two(), memory.as_deref(), None));
        assert_eq!(again, request);
        let running = state("processing", 1, 0);
        let running = Some((200, running.as_str()));
        match step(&KIND, &settings, &two(), memory.as_deref(), running) {
            Step::Ask { memory, wait, .. } => {
                assert!(memory.unwrap().contains(r#""polls":1"#));
                assert_eq!(wait, Duration::from_secs(3));
            }
            other => panic!("{other:?}"),
        }
        let after =
            |body: &str| told(step(&KIND, &settings, &two(), memory.as_deref(), Some((200, body))));
        assert_eq!(after(&state("complete", 2, 0)), "++");
        assert!(after(&state("complete", 0, 0)).starts_with("?? | Klaviyo says that 0 profiles"));
        assert!(after(&state("cancelled", 1, 0)).starts_with("?? | the import J1 is cancelled"));
        assert!(after("<html>").starts_with("??"));
        let gone = step(&KIND, &settings, &two(), memory.as_deref(), Some((404, "{}")));
        assert!(told(gone).starts_with("?? | Klaviyo does not tell of the import J1"));
        let old = r#"{"at":"job","job":"J1","polls":180}"#;
        let late = told(step(&KIND, &settings, &two(), Some(old), running));
        assert!(late.starts_with("?? | the import J1 is processing"), "{late}");
    }

    #[test]
    fn errors_are_read_page_by_page_and_tell_their_rows() {
        let settings = given(&[]);
        let job = Some(r#"{"at":"job","job":"J1","polls":0}"#);
        let partly = state("complete", 0, 2);
        let (request, memory) =
            asked(step(&KIND, &settings, &two(), job, Some((200, partly.as_str()))));
        assert!(request.url.ends_with("/J1/import-errors"));
        let error = |payload: Value| {
            json!({"type": "import-error", "id": "e", "attributes": {"code": "invalid",
                "title": "Invalid input.", "detail": "Bad email", "source": {"pointer": "/"},
                "original_payload": payload}})
        };
        let first = json!({"data": [error(json!({"email": "d@E.f", "first_name": "D"}))],
            "links": {"next": "https://k.example/api/next"}})
        .to_string();
        let (request, second) =
            asked(step(&KIND, &settings, &two(), memory.as_deref(), Some((200, first.as_str()))));
        assert_eq!(request.url, "https://k.example/api/next");
        let last = |errors: Value, next: &str| {
            let page = json!({"data": errors, "links": {"next": next}}).to_string();
            let page = Some((200, page.as_str()));
            told(step(&KIND, &settings, &two(), second.as_deref(), page))
        };
        let words = "Invalid input.: Bad email (invalid)";
        let known = json!([error(json!({"attributes": {"email": "a@b.c", "external_id": "7"}}))]);
        assert_eq!(last(known, ""), format!("-- | {words} | {words}"));
        let lost = json!([error(json!({"email": "who@b.c"}))]);
        assert!(last(lost, "").starts_with("?- | Klaviyo says that 2 profiles failed and names 1"));
        // The key is sent to no other host.
        assert!(last(json!([]), "https://evil.example/").starts_with("?-"));
    }

    #[test]
    fn refusals_are_read() {
        let after = |status, body| after(&KIND, &given(&[]), &two(), status, body);
        let bad = r#"{"errors":[{"code":"invalid","title":"Invalid input.","detail":"no data"}]}"#;
        assert_eq!(after(400, bad), "refused: no data (status 400)");
        assert!(after(404, "{}").starts_with("stop: Klaviyo answers"));
        assert!(after(202, "").starts_with("?? | Klaviyo answers what it should not"));
        let told = told(step(&KIND, &given(&[("list", "a/b")]), &two(), None, None));
        assert!(told.starts_with("stop: list is a/b"));
    }

    #[test]
    fn who_leaves_is_looked_up_and_taken_from_the_list() {
        let settings = given(&[("list", "Y6")]);
        let gone = chunk(&[
            (Op::Remove, r#"{"email":"a+b@c.d"}"#),
            (Op::Remove, r#"{"email":"e\"@f.g"}"#),
            (Op::Remove, r#"{"email":"x","external_id":"9"}"#),
        ]);
        let (request, memory) = asked(step(&KIND, &settings, &gone, None, None));
        assert_eq!(
            request.url,
            "https://k.example/api/profiles?filter=any%28email%2C%5B%22a%2Bb%40c.d%22%2C%22e%5C%22\
             %40f.g%22%5D%29&fields%5Bprofile%5D=email&page%5Bsize%5D=100"
        );
        let found = r#"{"data":[{"type":"profile","id":"P1"}],"links":{"next":null}}"#;
        let (request, memory) =
            asked(step(&KIND, &settings, &gone, memory.as_deref(), Some((200, found))));
        assert_eq!(request.method, Method::Delete);
        assert_eq!(request.url, "https://k.example/api/lists/Y6/relationships/profiles");
        assert_eq!(body(&request), json!({"data": [{"type": "profile", "id": "P1"}]}));
        assert!(!request.only_looks);
        let (request, memory) =
            asked(step(&KIND, &settings, &gone, memory.as_deref(), Some((204, ""))));
        assert!(request.url.contains("any%28external_id%2C%5B%229%22%5D%29"));
        // Nobody is found, and all rows are through.
        let none = Some((200, r#"{"data":[]}"#));
        assert_eq!(told(step(&KIND, &settings, &gone, memory.as_deref(), none)), "+++");
        let bad = Some((400, r#"{"errors":[{"detail":"no"}]}"#));
        let after = told(step(&KIND, &settings, &gone, memory.as_deref(), bad));
        assert_eq!(after, "refused: no (status 400)");
        assert!(told(step(&KIND, &settings, &gone, Some("{}"), None)).starts_with("???"));
    }

    #[test]
    fn a_profile_is_sent_once_and_needs_an_identifier() {
        let twice = chunk(&[(Op::Add, r#"{"email":"a@b.c"}"#), (Op::Add, r#"{"email":"A@b.c"}"#)]);
        let (request, _) = asked(step(&KIND, &given(&[]), &twice, None, None));
        let profiles = body(&request)["data"]["attributes"]["profiles"]["data"].take();
        assert_eq!(profiles.as_array().unwrap().len(), 1);
        let job = Some(r#"{"at":"job","job":"J1","polls":0}"#);
        let all = state("complete", 1, 0);
        let told = told(step(&KIND, &given(&[]), &twice, job, Some((200, all.as_str()))));
        assert!(told.starts_with("+- | an earlier row has the same identifiers"), "{told}");
        let fields = json!({"email": null, "first_name": "A"});
        let fields = fields.as_object().unwrap();
        assert!(rows(&KIND).invalid(&given(&[]), Op::Add, fields).is_some());
        assert_eq!(rows(&KIND).modes(&given(&[])), [Mode::Upsert]);
    }
}
