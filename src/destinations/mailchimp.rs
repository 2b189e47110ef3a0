//! Mailchimp: rows as contacts of an audience.
//!
//! Whether a contact may be sent marketing is its status, and a sync must not decide that by the
//! way. So `status_if_new` is sent and `status` never: contacts that are there keep the status that
//! they have, and new ones get the one of the setting, by default `transactional`, which grants
//! nothing and sends nobody a message. The batch call knows no status for archived contacts, and
//! unsubscribing would speak for people who did not ask for it; who leaves can be told through a
//! merge field.

use super::parts::{MEMBER_HINT, double, doubles, doubt, identifier, member, modes_with};
use super::parts::{path_part, refused, rejected, unreadable};
use super::settings::{Nature, Setting, Settings};
use super::{Chunk, Field, Kind, Limits, Method, Reply, Request, Row, Rows, Step, Takes, Talk};
use crate::model::activation::{Fate, Mode, Op, Secret};
use crate::model::failure::Failure;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "mailchimp",
    label: "Mailchimp",
    about: "rows as contacts of a Mailchimp audience",
    settings: SETTINGS,
    takes: Takes::Rows(&Mailchimp),
};

const SETTINGS: &[Setting] = &[
    Setting::required("api_key", "API key", Nature::Secret, "env:MAILCHIMP_API_KEY"),
    Setting::required("list", "Audience", Nature::Text, "the audience ID: a1b2c3d4e5"),
    Setting::optional("status", "Status of new contacts", STATUSES, STATUS_HINT, "transactional"),
    Setting::optional("member_field", "Merge field of members", Nature::Text, MEMBER_HINT, ""),
    Setting::optional("url", "Address", Nature::Url, URL_HINT, ""),
];

const STATUSES: Nature =
    Nature::Choice(&["transactional", "unsubscribed", "pending", "subscribed"]);
const STATUS_HINT: &str = "transactional grants no marketing; pending sends each new contact a \
     message that asks; choose subscribed only for people who agreed to marketing";
const URL_HINT: &str = "found from the key's end; or https://us1.api.mailchimp.com/3.0";
const EMAIL: &str = "email_address";

struct Mailchimp;

impl Rows for Mailchimp {
    fn limits(&self, _: &Settings) -> Limits {
        // Ten connections at once are allowed in all, and others may hold some of them.
        Limits { connections: 4, ..Limits::of(500, 4_000_000) }
    }

    fn fields(&self, _: &Settings) -> Vec<Field> {
        vec![
            Field::identifier(EMAIL, &["email", "e_mail", "email_address", "mail"]),
            Field::plain("FNAME", &["first_name", "firstname", "given_name"]),
            Field::plain("LNAME", &["last_name", "lastname", "surname", "family_name"]),
            Field::plain("PHONE", &["phone", "phone_number", "mobile"]),
        ]
    }

    fn modes(&self, settings: &Settings) -> &'static [Mode] {
        modes_with(settings, "member_field")
    }

    fn invalid(&self, _: &Settings, _: Op, fields: &Map<String, Value>) -> Option<String> {
        identifier(fields, EMAIL).is_none().then(|| format!("{EMAIL} has no value"))
    }

    fn step(&self, settings: &Settings, chunk: &Chunk, talk: Talk<'_>) -> Step {
        match talk.reply {
            None => match request(settings, chunk) {
                Ok(request) => Step::ask(request),
                Err(failure) => Step::Stop(failure),
            },
            Some(reply) if reply.is_good() => read(chunk, reply),
            Some(reply) => refused(
                reply,
                "Mailchimp",
                &format!("the audience {}", settings.text("list")),
                "check the audience ID and the end of the API key",
            ),
        }
    }
}

/// The address that is given, or that of the data center at the key's end: `…-us21`.
fn base(settings: &Settings, key: &Secret) -> Result<String, Failure> {
    if !settings.url("url").is_empty() {
        return Ok(settings.url("url").to_owned());
    }
    let center = key.expose().rsplit_once('-').map(|(_, center)| center);
    match center {
        Some(center) if !center.is_empty() && center.chars().all(|c| c.is_ascii_alphanumeric()) => {
            Ok(format!("https://{center}.api.mailchimp.com/3.0"))
        }
        _ => Err(Failure::wrong_use(
            "the API key does not end in a data center, such as -us21",
            format!("api_key in the destination {}", settings.name),
            "copy the whole key, or set url",
        )),
    }
}

fn request(settings: &Settings, chunk: &Chunk) -> Result<Request, Failure> {
    let key = settings.secret("api_key");
    let url = format!("{}/lists/{}", base(settings, &key)?, path_part(settings, "list")?);
    let later = later_rows(chunk);
    let rows = chunk.rows.iter().enumerate().filter(|(n, _)| !later.contains(n));
    let members: Vec<Value> = rows.map(|(_, row)| contact(settings, row)).collect();
    let body = json!({"members": members, "update_existing": true});
    Ok(Request::json(Method::Post, url, &body).basic("muster", key.expose()))
}

fn address(row: &Row) -> String {
    identifier(&row.fields(), EMAIL).unwrap_or_default()
}

/// Mailchimp tells rows by their address, and each may come once in a request.
fn later_rows(chunk: &Chunk) -> BTreeSet<usize> {
    doubles(chunk.rows.iter().map(|row| address(row).to_lowercase()))
}

fn contact(settings: &Settings, row: &Row) -> Value {
    let mut fields = row.fields();
    fields.shift_remove(EMAIL);
    if row.op == Op::Remove {
        fields.clear();
    }
    fields.extend(member(settings, "member_field", row.op));
    for (_, value) in &mut fields {
        // Merge fields hold text, numbers and addresses; empty text clears them.
        match value {
            Value::Null => *value = "".into(),
            Value::Bool(is) => *value = is.to_string().into(),
            _ => {}
        }
    }
    let mut contact = Map::new();
    contact.insert(EMAIL.into(), address(row).into());
    // Who left is not to be made anew, so that no status is given for it.
    if row.op != Op::Remove {
        contact.insert("status_if_new".into(), settings.text("status").into());
    }
    if !fields.is_empty() {
        contact.insert("merge_fields".into(), Value::Object(fields));
    }
    Value::Object(contact)
}

fn read(chunk: &Chunk, reply: &Reply) -> Step {
    let said = reply.json();
    let counts = (said["total_created"].as_u64(), said["total_updated"].as_u64());
    let (Some(created), Some(updated)) = counts else {
        return unreadable(chunk, reply, "Mailchimp");
    };
    let all = |name: &str| said[name].as_array().map(Vec::as_slice).unwrap_or_default();
    let small = |one: &Value| one[EMAIL].as_str().unwrap_or_default().to_lowercase();
    let errors: BTreeMap<String, String> =
        all("errors").iter().map(|error| (small(error), words(error))).collect();
    let written: BTreeSet<String> =
        all("new_members").iter().chain(all("updated_members")).map(small).collect();
    let later = later_rows(chunk);
    let fate = |(n, row): (usize, &Row)| match errors.get(&address(row).to_lowercase()) {
        _ if later.contains(&n) => double(EMAIL, row),
        Some(message) => rejected(message),
        None => Fate::Accepted,
    };
    let mut fates: Vec<Fate> = chunk.rows.iter().enumerate().map(fate).collect();
    let accepted = fates.iter().filter(|fate| **fate == Fate::Accepted).count() as u64;
    if accepted != created + updated {
        // Where the counts do not tell, only contacts that are named were written for sure.
        let message = format!(
            "Mailchimp says that it made {created} contacts and updated {updated}, of {accepted} \
             that it did not refuse"
        );
        for (fate, row) in fates.iter_mut().zip(&chunk.rows) {
            if !written.contains(&address(row).to_lowercase()) {
                doubt(std::slice::from_mut(fate), &message);
            }
        }
    }
    Step::Done(fates)
}

fn words(error: &Value) -> String {
    let text = |name: &str| error[name].as_str().filter(|text| !text.is_empty());
    let mut words = text("error").unwrap_or("refused without a reason").to_owned();
    let field = text("field").map(|field| match text("field_message") {
        Some(message) => format!("{field}: {message}"),
        None => field.to_owned(),
    });
    for more in field.into_iter().chain(text("error_code").map(str::to_owned)) {
        words = format!("{words} ({more})");
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::parts::testing::{after, asked, body, chunk, rows, settings, step, told};
    use super::*;

    fn given(more: &[(&str, &str)]) -> Settings {
        let mut values = vec![("api_key", "0123-us21"), ("list", "a1b2")];
        values.extend_from_slice(more);
        settings(&KIND, &values)
    }

    #[test]
    fn rows_are_contacts_and_consent_is_left_alone() {
        let sent = chunk(&[
            (Op::Add, r#"{"email_address":"a@b.c","FNAME":"A","VIP":true,"PHONE":null}"#),
            (Op::Remove, r#"{"email_address":"x@y.z"}"#),
        ]);
        let settings = given(&[("member_field", "IN")]);
        let (request, _) = asked(step(&KIND, &settings, &sent, None, None));
        assert_eq!(request.url, "https://us21.api.mailchimp.com/3.0/lists/a1b2");
        assert_eq!(request.headers, Request::get("").basic("muster", "0123-us21").headers);
        assert_eq!(
            body(&request),
            json!({"members": [
                {"email_address": "a@b.c", "status_if_new": "transactional",
                 "merge_fields": {"FNAME": "A", "VIP": "true", "PHONE": "", "IN": "true"}},
                {"email_address": "x@y.z", "merge_fields": {"IN": "false"}},
            ], "update_existing": true})
        );
    }

    #[test]
    fn the_address_comes_from_the_key_or_the_setting() {
        let url = |values: &[(&str, &str)]| {
            let settings = settings(&KIND, values);
            let sent = chunk(&[(Op::Add, r#"{"email_address":"a@b.c"}"#)]);
            match step(&KIND, &settings, &sent, None, None) {
                Step::Ask { request, .. } => request.url,
                other => told(other),
            }
        };
        let own = [("api_key", "k"), ("list", "l"), ("url", "http://localhost:1/3.0/")];
        assert_eq!(url(&own), "http://localhost:1/3.0/lists/l");
        assert!(url(&[("api_key", "k"), ("list", "l")]).contains("data center"));
        // A key cannot lead to another host.
        assert!(url(&[("api_key", "k-x.evil/"), ("list", "l")]).contains("data center"));
        assert!(url(&[("api_key", "k-us1"), ("list", "l/../x")]).starts_with("stop: list is"));
    }

    #[test]
    fn replies_are_read() {
        let sent = chunk(&[
            (Op::Add, r#"{"email_address":"a@b.c"}"#),
            (Op::Add, r#"{"email_address":"Bad@"}"#),
            (Op::Add, r#"{"email_address":"A@B.C"}"#),
        ]);
        let after = |status, body| after(&KIND, &given(&[]), &sent, status, body);
        let some = r#"{"new_members":[],"updated_members":[],"errors":[{"email_address":"bad@",
            "error":"Please provide a valid email address.","error_code":"ERROR_GENERIC"}],
            "total_created":1,"total_updated":0,"error_count":1}"#;
        let told = after(200, some);
        assert!(
            told.starts_with(
                "+-- | Please provide a valid email address. (ERROR_GENERIC) | an ear"
            ),
            "{told}"
        );
        let nothing = r#"{"new_members":[],"updated_members":[],"errors":[],"total_created":0,
            "total_updated":0,"error_count":0}"#;
        assert!(after(200, nothing).starts_with("??- | Mailchimp says that it made 0 contacts"));
        let named = r#"{"new_members":[{"email_address":"a@b.c"}],"updated_members":[],"errors":[],
            "total_created":1,"total_updated":0,"error_count":0}"#;
        assert!(after(200, named).starts_with("+?- | Mailchimp"));
        let problem = r#"{"title":"Bad Request","status":400,"detail":"The JSON is malformed"}"#;
        assert_eq!(after(400, problem), "refused: The JSON is malformed (status 400)");
        assert!(after(404, "{}").starts_with("stop: "));
        assert!(after(200, "<html>").starts_with("???"));
    }

    #[test]
    fn subscribing_is_chosen_and_removals_need_a_field() {
        let sent = chunk(&[(Op::Add, r#"{"email_address":"a@b.c"}"#)]);
        let settings = given(&[("status", "subscribed")]);
        let (request, _) = asked(step(&KIND, &settings, &sent, None, None));
        assert_eq!(body(&request)["members"][0]["status_if_new"], "subscribed");
        assert_eq!(body(&request)["members"][0].get("status"), None);
        assert_eq!(rows(&KIND).modes(&settings), [Mode::Upsert]);
        let fields = json!({"FNAME": "A"});
        let told = rows(&KIND).invalid(&settings, Op::Add, fields.as_object().unwrap());
        assert!(told.is_some());
    }
}
