//! HubSpot: rows as contacts and, with a list, as its members.
//!
//! HubSpot may answer with success and have written nothing, so that a row counts as accepted only
//! when the reply shows its contact; a row that is neither shown nor refused is unknown. Each row
//! carries a trace id of its own, by which results and errors are told apart. Lists take numbers of
//! records only: those of rows that join come from the reply that wrote them, and those of rows
//! that leave are looked up, since writing them could make a contact anew that was deleted.

use super::parts::{all_unknown, rejected, unreadable};
use super::parts::{compared, double, doubles, identifier, modes_with, path_part, refused};
use super::settings::{Nature, Setting, Settings};
use super::{Chunk, Field, Kind, Limits, Method, Reply, Request, Row, Rows, Step, Takes, Talk};
use crate::model::activation::{Fate, Mode, Op};
use crate::model::failure::Failure;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "hubspot",
    label: "HubSpot",
    about: "rows as HubSpot contacts, and as members of a list",
    settings: SETTINGS,
    takes: Takes::Rows(&HubSpot),
};

const SETTINGS: &[Setting] = &[
    Setting::optional("url", "Address", Nature::Url, URL_HINT, "https://api.hubapi.com"),
    Setting::required("token", "Access token", Nature::Secret, TOKEN_HINT),
    Setting::optional("id_property", "Told apart by", Nature::Text, ID_HINT, "email"),
    Setting::optional("list", "List", Nature::Text, LIST_HINT, ""),
];

const URL_HINT: &str = "https://api.hubapi.com, also for accounts in the EU";
const TOKEN_HINT: &str = "env:HUBSPOT_TOKEN, the token of a private app that may write contacts";
const ID_HINT: &str = "email, or the internal name of another property that is unique; its value \
     is mapped to the field id";
const LIST_HINT: &str = "the number of a static list (MANUAL or SNAPSHOT); without one, nobody is \
     removed";
const CONTACTS: &str = "crm/v3/objects/contacts/batch";

struct HubSpot;

impl Rows for HubSpot {
    fn limits(&self, _: &Settings) -> Limits {
        // The lowest number that is known of any plan; others of the account share it.
        Limits {
            rate: Some((100, Duration::from_secs(10))),
            connections: 4,
            ..Limits::of(100, 3_000_000)
        }
    }

    fn fields(&self, settings: &Settings) -> Vec<Field> {
        let email = Field::identifier("email", &["email", "e_mail", "email_address", "mail"]);
        let mut fields = match id_field(settings) {
            "email" => vec![email],
            _ => vec![
                Field {
                    label: "the value of id_property",
                    ..Field::identifier("id", &["external_id", "user_id", "customer_id", "id"])
                },
                Field { is_identifier: false, ..email },
            ],
        };
        fields.extend([
            Field::plain("firstname", &["first_name", "firstname", "given_name"]),
            Field::plain("lastname", &["last_name", "lastname", "surname", "family_name"]),
            Field::plain("phone", &["phone", "phone_number", "mobile"]),
            Field::plain("company", &["company", "company_name", "organization"]),
            Field::plain("city", &["city", "town"]),
            Field::plain("country", &["country"]),
            Field::plain("zip", &["zip", "postcode", "postal_code"]),
        ]);
        fields
    }

    fn modes(&self, settings: &Settings) -> &'static [Mode] {
        modes_with(settings, "list")
    }

    fn lane(&self, op: Op) -> u8 {
        u8::from(op == Op::Remove)
    }

    fn invalid(&self, settings: &Settings, _: Op, fields: &Map<String, Value>) -> Option<String> {
        let name = id_field(settings);
        identifier(fields, name).is_none().then(|| format!("{name} has no value"))
    }

    fn step(&self, settings: &Settings, chunk: &Chunk, talk: Talk<'_>) -> Step {
        let memory = match talk.memory.map(serde_json::from_str::<Vec<Known>>) {
            None => None,
            Some(Ok(known)) if known.len() == chunk.rows.len() => Some(known),
            Some(_) => return all_unknown(chunk, "what was remembered of the request is damaged"),
        };
        match (memory, talk.reply) {
            (None, None) if is_removal(chunk) => Step::ask(look_up(settings, chunk)),
            (None, None) => Step::ask(upsert(settings, chunk)),
            (None, Some(reply)) if !reply.is_good() => refusal(settings, reply),
            (None, Some(reply)) => {
                let Some(found) = Found::read(settings, reply) else {
                    return unreadable(chunk, reply, "HubSpot");
                };
                let known = match is_removal(chunk) {
                    true => found.looked_up(settings, chunk),
                    false => found.written(settings, chunk),
                };
                change_list(settings, chunk, known)
            }
            // The request may not have gone out before the program ended: twice is as once.
            (Some(known), None) => change_list(settings, chunk, known),
            (Some(known), Some(reply)) => list_changed(settings, chunk, known, reply),
        }
    }
}

/// The field in which a row has the value that tells it apart.
fn id_field(settings: &Settings) -> &'static str {
    match settings.text("id_property") {
        "email" | "" => "email",
        _ => "id",
    }
}

fn id_property(settings: &Settings) -> &str {
    match id_field(settings) {
        "email" => "email",
        _ => settings.text("id_property"),
    }
}

fn id_of(settings: &Settings, row: &Row) -> String {
    identifier(&row.fields(), id_field(settings)).unwrap_or_default()
}

fn is_removal(chunk: &Chunk) -> bool {
    chunk.rows.iter().any(|row| row.op == Op::Remove)
}

/// Rows with the identifier of an earlier one: HubSpot refuses a batch in which one comes twice.
fn later_rows(settings: &Settings, chunk: &Chunk) -> BTreeSet<usize> {
    let name = id_field(settings);
    doubles(chunk.rows.iter().map(|row| compared(name, &id_of(settings, row))))
}

fn rows_once<'c>(settings: &Settings, chunk: &'c Chunk) -> impl Iterator<Item = (usize, &'c Row)> {
    let later = later_rows(settings, chunk);
    chunk.rows.iter().enumerate().filter(move |(n, _)| !later.contains(n))
}

fn upsert(settings: &Settings, chunk: &Chunk) -> Request {
    let input = |(n, row): (usize, &Row)| {
        let mut fields = row.fields();
        if id_field(settings) == "id" {
            fields.shift_remove("id");
        }
        let properties: Map<String, Value> =
            fields.iter().map(|(name, value)| (name.clone(), property(value).into())).collect();
        json!({
            "id": id_of(settings, row),
            "idProperty": id_property(settings),
            "objectWriteTraceId": n.to_string(),
            "properties": properties,
        })
    };
    let inputs: Vec<Value> = rows_once(settings, chunk).map(input).collect();
    let url = format!("{}/{CONTACTS}/upsert", settings.url("url"));
    Request::json(Method::Post, url, &json!({"inputs": inputs})).bearer(&settings.secret("token"))
}

/// Properties are text. Empty text clears one, and several choices stand with semicolons.
fn property(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(property).collect::<Vec<_>>().join(";"),
        other => other.to_string(),
    }
}

fn look_up(settings: &Settings, chunk: &Chunk) -> Request {
    let inputs: Vec<Value> =
        rows_once(settings, chunk).map(|(_, row)| json!({"id": id_of(settings, row)})).collect();
    let name = id_property(settings);
    let body = json!({"idProperty": name, "properties": [name], "inputs": inputs});
    let url = format!("{}/{CONTACTS}/read", settings.url("url"));
    let request = Request::json(Method::Post, url, &body).bearer(&settings.secret("token"));
    Request { only_looks: true, ..request }
}

fn refusal(settings: &Settings, reply: &Reply) -> Step {
    // Every batch has the same fields: halving it does not help against one that is not there.
    if reply.body.contains("PROPERTY_DOESNT_EXIST") {
        return Step::Stop(Failure::new(
            format!("HubSpot does not know a property: {}", reply.message()),
            format!("in the destination {}", settings.name),
            "make the property in HubSpot, or map the field to one by its internal name",
        ));
    }
    let place = settings.url("url");
    refused(reply, "HubSpot", place, "check the address and the token's scopes")
}

/// What is known of a row between two requests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Known {
    /// Its contact's number.
    Record(String),
    /// All is done for it.
    Done,
    /// It is refused.
    Refused { message: String, again: bool },
    /// It may or may not have arrived.
    Unknown(String),
}

impl Known {
    fn fate(self) -> Fate {
        match self {
            Self::Record(_) | Self::Done => Fate::Accepted,
            Self::Refused { message, again } => Fate::Rejected { message, again },
            Self::Unknown(message) => Fate::Unknown { message },
        }
    }
}

/// What a reply says of contacts and errors.
struct Found {
    /// Trace id → the contact's number.
    traces: BTreeMap<String, String>,
    /// Identifier → the contact's number.
    ids: BTreeMap<String, String>,
    errors: Vec<Value>,
}

impl Found {
    fn read(settings: &Settings, reply: &Reply) -> Option<Self> {
        let said = reply.json();
        let mut found = Self { traces: BTreeMap::new(), ids: BTreeMap::new(), errors: Vec::new() };
        for result in said["results"].as_array()? {
            let Some(record) = result["id"].as_str() else { continue };
            if let Some(trace) = result["objectWriteTraceId"].as_str() {
                found.traces.insert(trace.to_owned(), record.to_owned());
            }
            if let Some(id) = result["properties"][id_property(settings)].as_str() {
                found.ids.insert(compared(id_field(settings), id), record.to_owned());
            }
        }
        found.errors = said["errors"].as_array().cloned().unwrap_or_default();
        Some(found)
    }

    /// The error that names a row by its trace id or its identifier.
    fn error_of(&self, settings: &Settings, n: usize, id: &str) -> Option<&Value> {
        let name = id_field(settings);
        let is_id = |text: &str| compared(name, text) == compared(name, id);
        self.errors.iter().find(|error| {
            let context = &error["context"];
            has(&context["objectWriteTraceId"], &|trace| trace == n.to_string())
                || has(&context["ids"], &is_id)
                || has(&context["id"], &is_id)
        })
    }

    /// What became of the rows of an upsert.
    fn written(&self, settings: &Settings, chunk: &Chunk) -> Vec<Known> {
        let later = later_rows(settings, chunk);
        let known = |(n, row): (usize, &Row)| {
            let id = id_of(settings, row);
            if later.contains(&n) {
                let fate = double(id_property(settings), row);
                return refused_as(fate);
            }
            if let Some(error) = self.error_of(settings, n, &id) {
                let again = error["category"] == "RATE_LIMITS";
                return Known::Refused { message: words(error), again };
            }
            let by_trace = self.traces.get(&n.to_string());
            match by_trace.or_else(|| self.ids.get(&compared(id_field(settings), &id))) {
                Some(record) => Known::Record(record.clone()),
                None => Known::Unknown(self.silence()),
            }
        };
        chunk.rows.iter().enumerate().map(known).collect()
    }

    /// Neither a result nor an error: HubSpot does that, and nothing was written then as a rule.
    fn silence(&self) -> String {
        let told = "HubSpot shows neither a contact nor an error for this row";
        match self.errors.first() {
            Some(error) => format!("{told}, and an error of no row: {}", words(error)),
            None => told.to_owned(),
        }
    }

    /// The contacts of rows that leave the list.
    fn looked_up(&self, settings: &Settings, chunk: &Chunk) -> Vec<Known> {
        let known = |(n, row): (usize, &Row)| {
            let id = id_of(settings, row);
            if let Some(record) = self.ids.get(&compared(id_field(settings), &id)) {
                return Known::Record(record.clone());
            }
            match self.error_of(settings, n, &id) {
                // Who is no contact is on no list.
                Some(error) if error["category"] == "OBJECT_NOT_FOUND" => Known::Done,
                Some(error) => Known::Refused { message: words(error), again: false },
                None => Known::Refused {
                    message: format!("HubSpot does not say which contact has {id}"),
                    again: false,
                },
            }
        };
        chunk.rows.iter().enumerate().map(known).collect()
    }
}

/// Whether some text, or one in a list of them, is so.
fn has(value: &Value, is: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is(text),
        Value::Array(values) => values.iter().filter_map(Value::as_str).any(is),
        _ => false,
    }
}

fn words(error: &Value) -> String {
    let text = |name: &str| error[name].as_str().filter(|text| !text.is_empty());
    match (text("category"), text("message")) {
        (Some(category), Some(message)) => format!("{category}: {message}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => format!("refused without a reason: {error}"),
    }
}

fn refused_as(fate: Fate) -> Known {
    match fate {
        Fate::Accepted => Known::Done,
        Fate::Rejected { message, again } => Known::Refused { message, again },
        Fate::Unknown { message } => Known::Unknown(message),
    }
}

/// The change of the list, if there is a list and somebody to put on it or take from it.
fn change_list(settings: &Settings, chunk: &Chunk, known: Vec<Known>) -> Step {
    let record = |known: &Known| match known {
        Known::Record(record) => Some(record.clone()),
        _ => None,
    };
    let records: BTreeSet<String> = known.iter().filter_map(record).collect();
    if settings.text("list").is_empty() || records.is_empty() {
        return done(known);
    }
    let list = match path_part(settings, "list") {
        Ok(list) => list,
        Err(failure) => return Step::Stop(failure),
    };
    let none: [&str; 0] = [];
    let body = match is_removal(chunk) {
        true => json!({"recordIdsToAdd": none, "recordIdsToRemove": records}),
        false => json!({"recordIdsToAdd": records, "recordIdsToRemove": none}),
    };
    let url = format!("{}/crm/v3/lists/{list}/memberships/add-and-remove", settings.url("url"));
    let request = Request::json(Method::Put, url, &body).bearer(&settings.secret("token"));
    match serde_json::to_string(&known) {
        Ok(memory) => Step::Ask { request, memory: Some(memory), wait: Duration::ZERO },
        Err(error) => all_unknown(chunk, &format!("the replies cannot be kept: {error}")),
    }
}

fn done(known: Vec<Known>) -> Step {
    Step::Done(known.into_iter().map(Known::fate).collect())
}

fn list_changed(settings: &Settings, chunk: &Chunk, known: Vec<Known>, reply: &Reply) -> Step {
    if !reply.is_good() {
        // The list refuses every request alike; what was written is written again the next time.
        return Step::Stop(Failure::new(
            format!("HubSpot does not change the list: {}", reply.message()),
            format!("the list {} of {}", settings.text("list"), settings.name),
            "check the list's number, and that it is a static list (MANUAL or SNAPSHOT)",
        ));
    }
    let said = reply.json();
    let Some(missing) = said["recordIdsMissing"].as_array() else {
        return unreadable(chunk, reply, "HubSpot");
    };
    let missing: BTreeSet<&str> = missing.iter().filter_map(Value::as_str).collect();
    let is_removal = is_removal(chunk);
    let after = |known: Known| match known {
        // Who is no contact any more is on no list.
        Known::Record(record) if missing.contains(record.as_str()) && !is_removal => {
            refused_as(rejected(format!("HubSpot does not find the contact {record} for the list")))
        }
        known => known,
    };
    done(known.into_iter().map(after).collect())
}

#[cfg(test)]
mod tests {
    use super::super::parts::testing::{after, asked, body, chunk, rows, settings, step, told};
    use super::*;

    fn given(more: &[(&str, &str)]) -> Settings {
        let mut values = vec![("token", "T")];
        values.extend_from_slice(more);
        settings(&KIND, &values)
    }

    fn two() -> Chunk {
        chunk(&[
            (Op::Add, r#"{"email":"A@b.c","age":5,"tags":["x","y"],"city":null}"#),
            (Op::Update, r#"{"email":"d@e.f"}"#),
        ])
    }

    const BOTH: &str = r#"{"status":"COMPLETE","results":[
        {"id":"102","new":true,"properties":{"email":"d@e.f"},"objectWriteTraceId":"1"},
        {"id":"101","new":true,"properties":{"email":"a@b.c"},"objectWriteTraceId":"0"}]}"#;

    #[test]
    fn rows_are_upserts_with_a_trace() {
        let (request, _) = asked(step(&KIND, &given(&[]), &two(), None, None));
        assert_eq!(request.url, "https://api.hubapi.com/crm/v3/objects/contacts/batch/upsert");
        assert_eq!(
            body(&request),
            json!({"inputs": [
                {"id": "A@b.c", "idProperty": "email", "objectWriteTraceId": "0",
                 "properties": {"email": "A@b.c", "age": "5", "tags": "x;y", "city": ""}},
                {"id": "d@e.f", "idProperty": "email", "objectWriteTraceId": "1",
                 "properties": {"email": "d@e.f"}},
            ]})
        );
    }

    #[test]
    fn another_property_can_tell_contacts_apart() {
        let settings = given(&[("id_property", "member_no")]);
        let sent = chunk(&[(Op::Add, r#"{"id":7,"email":"a@b.c"}"#)]);
        let (request, _) = asked(step(&KIND, &settings, &sent, None, None));
        assert_eq!(
            body(&request)["inputs"][0],
            json!({"id": "7", "idProperty": "member_no", "objectWriteTraceId": "0",
                   "properties": {"email": "a@b.c"}})
        );
        let told =
            |fields: Value| rows(&KIND).invalid(&settings, Op::Add, fields.as_object().unwrap());
        assert_eq!(told(json!({"email": "a@b.c"})), Some("id has no value".into()));
        let fields = rows(&KIND).fields(&settings);
        let ids: Vec<_> = fields.iter().filter(|f| f.is_identifier).map(|f| f.name).collect();
        assert_eq!(ids, ["id"]);
    }

    #[test]
    fn replies_are_read_row_by_row() {
        let after = |status, body| after(&KIND, &given(&[]), &two(), status, body);
        assert_eq!(after(200, BOTH), "++");
        let by_email = r#"{"results":[{"id":"101","properties":{"email":"a@b.c"}}]}"#;
        assert!(after(200, by_email).starts_with("+? | HubSpot shows neither"));
        let silent = r#"{"status":"COMPLETE","results":[]}"#;
        assert!(after(200, silent).starts_with("?? | HubSpot shows neither"));
        let some = r#"{"status":"COMPLETE","numErrors":1,
            "results":[{"id":"101","objectWriteTraceId":"0"}],
            "errors":[{"status":"error","category":"VALIDATION_ERROR",
            "message":"Property values were not valid","context":{"objectWriteTraceId":["1"]}}]}"#;
        assert_eq!(after(207, some), "+- | VALIDATION_ERROR: Property values were not valid");
        let lost = r#"{"results":[],"errors":[{"message":"odd","context":{}}]}"#;
        assert!(after(207, lost).contains("an error of no row: odd"));
        assert!(after(200, "{}").starts_with("??"));
    }

    #[test]
    fn refusals_are_read() {
        let after = |status, body| after(&KIND, &given(&[]), &two(), status, body);
        let bad = r#"{"status":"error","category":"VALIDATION_ERROR","message":"no"}"#;
        assert_eq!(after(400, bad), "refused: no (status 400)");
        let field = r#"{"message":"Property \"x\" does not exist: PROPERTY_DOESNT_EXIST"}"#;
        assert!(after(400, field).starts_with("stop: HubSpot does not know a property"));
        assert!(after(404, "{}").starts_with("stop: HubSpot answers"));
    }

    #[test]
    fn written_contacts_join_the_list() {
        let settings = given(&[("list", "55")]);
        let (request, memory) = asked(step(&KIND, &settings, &two(), None, Some((200, BOTH))));
        assert_eq!(request.method, Method::Put);
        assert!(request.url.ends_with("/crm/v3/lists/55/memberships/add-and-remove"));
        let expected = json!({"recordIdsToAdd": ["101", "102"], "recordIdsToRemove": []});
        assert_eq!(body(&request), expected);
        // After a crash the same is asked again.
        let memory = memory.as_deref();
        let (again, kept) = asked(step(&KIND, &settings, &two(), memory, None));
        assert_eq!((&again, kept.as_deref()), (&request, memory));
        let reply =
            r#"{"recordIdsMissing":["102"],"recordIdsRemoved":[],"recordsIdsAdded":["101"]}"#;
        let after = told(step(&KIND, &settings, &two(), memory, Some((200, reply))));
        assert_eq!(after, "+- | HubSpot does not find the contact 102 for the list");
        let dynamic = Some((400, r#"{"message":"not a static list"}"#));
        let after = told(step(&KIND, &settings, &two(), memory, dynamic));
        assert!(after.starts_with("stop: HubSpot does not change the list: not a static list"));
        assert!(told(step(&KIND, &settings, &two(), memory, Some((200, "")))).starts_with("??"));
        assert!(told(step(&KIND, &settings, &two(), Some("x"), None)).starts_with("??"));
    }

    #[test]
    fn who_is_refused_does_not_join() {
        let settings = given(&[("list", "55")]);
        let reply = r#"{"results":[{"id":"101","objectWriteTraceId":"0"}],
            "errors":[{"message":"bad","context":{"objectWriteTraceId":["1"]}}]}"#;
        let (request, memory) = asked(step(&KIND, &settings, &two(), None, Some((207, reply))));
        assert_eq!(body(&request)["recordIdsToAdd"], json!(["101"]));
        let joined = r#"{"recordIdsMissing":[],"recordIdsRemoved":[],"recordsIdsAdded":["101"]}"#;
        let after = step(&KIND, &settings, &two(), memory.as_deref(), Some((200, joined)));
        assert_eq!(told(after), "+- | bad");
    }

    #[test]
    fn who_leaves_is_looked_up_and_never_written() {
        let settings = given(&[("list", "55")]);
        let gone = chunk(&[
            (Op::Remove, r#"{"email":"A@b.c"}"#),
            (Op::Remove, r#"{"email":"no@e.f"}"#),
            (Op::Remove, r#"{"email":"odd@e.f"}"#),
        ]);
        let (request, _) = asked(step(&KIND, &settings, &gone, None, None));
        assert!(request.url.ends_with("/batch/read") && request.only_looks);
        assert_eq!(
            body(&request),
            json!({"idProperty": "email", "properties": ["email"],
                   "inputs": [{"id": "A@b.c"}, {"id": "no@e.f"}, {"id": "odd@e.f"}]})
        );
        let found = r#"{"results":[{"id":"101","properties":{"email":"a@b.c"}}],
            "errors":[{"category":"OBJECT_NOT_FOUND","message":"no",
            "context":{"ids":["no@e.f"]}}]}"#;
        let (request, memory) = asked(step(&KIND, &settings, &gone, None, Some((207, found))));
        assert_eq!(body(&request), json!({"recordIdsToAdd": [], "recordIdsToRemove": ["101"]}));
        let reply = r#"{"recordIdsMissing":[],"recordIdsRemoved":["101"],"recordsIdsAdded":[]}"#;
        let after = step(&KIND, &settings, &gone, memory.as_deref(), Some((200, reply)));
        assert_eq!(told(after), "++- | HubSpot does not say which contact has odd@e.f");
        assert_eq!(rows(&KIND).modes(&given(&[])), [Mode::Upsert]);
    }

    #[test]
    fn a_batch_has_each_contact_once() {
        let twice = chunk(&[(Op::Add, r#"{"email":"a@b.c"}"#), (Op::Add, r#"{"email":"A@B.C"}"#)]);
        let (request, _) = asked(step(&KIND, &given(&[]), &twice, None, None));
        assert_eq!(body(&request)["inputs"].as_array().unwrap().len(), 1);
        let reply = r#"{"results":[{"id":"1","objectWriteTraceId":"0"}]}"#;
        let told = after(&KIND, &given(&[]), &twice, 200, reply);
        assert!(told.starts_with("+- | an earlier row has the same email"), "{told}");
    }
}
