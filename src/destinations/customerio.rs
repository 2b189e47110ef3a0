//! Customer.io: rows as people, through version 2 of its Track API.
//!
//! Rows that are refused are named by their place; the rest is taken. Who leaves can be told
//! through an attribute of one's own, on which a segment over there can be built. Nobody is
//! deleted: that would take away more than was sent. Manual segments are not used, since
//! Customer.io passes over ids that it does not know without a word.

use super::parts::{MEMBER_HINT, all_unknown, first, identifier, member, modes_with, place_of};
use super::parts::{refused, rejected, unreadable};
use super::settings::{Nature, Setting, Settings};
use super::{Chunk, Field, Kind, Limits, Method, Reply, Request, Row, Rows, Step, Takes, Talk};
use crate::model::activation::{Fate, Mode, Op};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "customerio",
    label: "Customer.io",
    about: "rows as people of a Customer.io workspace",
    settings: SETTINGS,
    takes: Takes::Rows(&CustomerIo),
};

const SETTINGS: &[Setting] = &[
    Setting::optional("url", "Address", Nature::Url, URL_HINT, "https://track.customer.io"),
    Setting::required("site_id", "Site ID", Nature::Text, "the site ID of the workspace"),
    Setting::required("api_key", "API key", Nature::Secret, "env:CUSTOMERIO_API_KEY"),
    Setting::optional("member_attribute", "Attribute of members", Nature::Text, MEMBER_HINT, ""),
];

const URL_HINT: &str = "https://track.customer.io, in the EU https://track-eu.customer.io";
const IDS: &[&str] = &["cio_id", "id", "email"];

struct CustomerIo;

impl Rows for CustomerIo {
    fn limits(&self, _: &Settings) -> Limits {
        // Less than 500 KB a request and 32 KB a person, less what is around the fields.
        Limits {
            row_bytes: 31_000,
            rate: Some((1_000, Duration::from_secs(1))),
            connections: 4,
            ..Limits::of(500, 430_000)
        }
    }

    fn fields(&self, _: &Settings) -> Vec<Field> {
        vec![
            Field::identifier("id", &["id", "user_id", "customer_id", "external_id"]),
            Field::identifier("email", &["email", "e_mail", "email_address", "mail"]),
            Field::identifier("cio_id", &["cio_id"]),
            Field::plain("first_name", &["first_name", "firstname", "given_name"]),
            Field::plain("last_name", &["last_name", "lastname", "surname", "family_name"]),
            Field::plain("phone", &["phone", "phone_number", "mobile"]),
            Field::plain("created_at", &["created_at", "created", "signed_up", "registered"]),
            Field::plain("timezone", &["timezone", "time_zone"]),
        ]
    }

    fn modes(&self, settings: &Settings) -> &'static [Mode] {
        modes_with(settings, "member_attribute")
    }

    fn invalid(&self, _: &Settings, _: Op, fields: &Map<String, Value>) -> Option<String> {
        first(fields, IDS).is_none().then(|| "none of id, email and cio_id has a value".into())
    }

    fn step(&self, settings: &Settings, chunk: &Chunk, talk: Talk<'_>) -> Step {
        let url = settings.url("url");
        match talk.reply {
            None => {
                let people: Vec<Value> =
                    chunk.rows.iter().map(|row| person(settings, row)).collect();
                let address = format!("{url}/api/v2/batch");
                let request = Request::json(Method::Post, address, &json!({"batch": people}));
                let key = settings.secret("api_key");
                Step::ask(request.basic(settings.text("site_id"), key.expose()))
            }
            Some(reply) if reply.is_good() => read(chunk, reply),
            Some(reply) => refused(
                reply,
                "Customer.io",
                url,
                "check the address: workspaces in the EU have one of their own",
            ),
        }
    }
}

fn person(settings: &Settings, row: &Row) -> Value {
    let mut attributes = row.fields();
    let mut identifiers = Map::new();
    // A person is told by one identifier; another one is set as an attribute.
    if let Some((name, id)) = first(&attributes, IDS) {
        attributes.shift_remove(name);
        identifiers.insert(name.into(), id.into());
    }
    for name in IDS {
        match identifier(&attributes, name) {
            Some(id) => {
                attributes.insert((*name).into(), id.into());
            }
            // An address may be erased, an id is never empty.
            None if *name != "email" => {
                attributes.shift_remove(*name);
            }
            None => {}
        }
    }
    if row.op == Op::Remove {
        attributes.clear();
    }
    attributes.extend(member(settings, "member_attribute", row.op));
    json!({
        "type": "person",
        "action": "identify",
        "identifiers": identifiers,
        "attributes": attributes,
    })
}

fn read(chunk: &Chunk, reply: &Reply) -> Step {
    let said = reply.json();
    if !reply.body.trim().is_empty() && !said.is_object() {
        return unreadable(chunk, reply, "Customer.io");
    }
    let errors = said["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    if errors.is_empty() && reply.status == 207 {
        return all_unknown(chunk, "Customer.io refuses some rows and does not say which");
    }
    let mut fates = vec![Fate::Accepted; chunk.rows.len()];
    for error in errors {
        let words = ["reason", "field", "message"].map(|name| error[name].as_str());
        let words: Vec<&str> = words.into_iter().flatten().filter(|w| !w.is_empty()).collect();
        let message = match words.is_empty() {
            true => "refused without a reason".to_owned(),
            false => words.join(": "),
        };
        match place_of(&error["batch_index"]).and_then(|place| fates.get_mut(place)) {
            Some(fate) => *fate = rejected(message),
            None => {
                let message = format!("Customer.io names an error of no row: {message}");
                return all_unknown(chunk, &message);
            }
        }
    }
    Step::Done(fates)
}

#[cfg(test)]
mod tests {
    use super::super::parts::testing::{after, asked, body, chunk, rows, settings, step};
    use super::*;

    fn given(more: &[(&str, &str)]) -> Settings {
        let mut values = vec![("site_id", "S"), ("api_key", "K")];
        values.extend_from_slice(more);
        settings(&KIND, &values)
    }

    #[test]
    fn rows_are_people() {
        let sent = chunk(&[
            (Op::Add, r#"{"id":5,"email":"a@b.c","plan":null}"#),
            (Op::Remove, r#"{"id":"6","email":"old@b.c"}"#),
            (Op::Update, r#"{"email":"x@y.z"}"#),
        ]);
        let settings = given(&[("member_attribute", "vip")]);
        let (request, _) = asked(step(&KIND, &settings, &sent, None, None));
        assert_eq!(request.url, "https://track.customer.io/api/v2/batch");
        assert_eq!(request.headers, Request::get("").basic("S", "K").headers);
        assert_eq!(
            body(&request),
            json!({"batch": [
                {"type": "person", "action": "identify", "identifiers": {"id": "5"},
                 "attributes": {"email": "a@b.c", "plan": null, "vip": true}},
                {"type": "person", "action": "identify", "identifiers": {"id": "6"},
                 "attributes": {"vip": false}},
                {"type": "person", "action": "identify", "identifiers": {"email": "x@y.z"},
                 "attributes": {"vip": true}},
            ]})
        );
    }

    #[test]
    fn replies_are_read() {
        let sent = chunk(&[(Op::Add, r#"{"id":"1"}"#), (Op::Add, r#"{"id":"2"}"#)]);
        let after = |status, body| after(&KIND, &given(&[]), &sent, status, body);
        assert_eq!(after(200, "{}"), "++");
        let some = r#"{"errors":[{"batch_index":1,"reason":"invalid","field":"identifiers",
            "message":"missing"}]}"#;
        assert_eq!(after(207, some), "+- | invalid: identifiers: missing");
        assert_eq!(after(400, r#"{"errors":[{"reason":"parse"}]}"#), "refused: parse (status 400)");
        assert!(after(207, "{}").starts_with("?? | Customer.io refuses some rows"));
        let lost = r#"{"errors":[{"batch_index":2,"reason":"invalid"}]}"#;
        assert!(after(207, lost).starts_with("?? | Customer.io names an error of no row: invalid"));
        assert!(after(200, "<html>").starts_with("??"));
        assert!(after(404, "").starts_with("stop: "));
    }

    #[test]
    fn rows_need_an_identifier_and_removals_an_attribute() {
        let told =
            |fields: Value| rows(&KIND).invalid(&given(&[]), Op::Add, fields.as_object().unwrap());
        assert_eq!(told(json!({"email": "a@b.c"})), None);
        assert!(told(json!({"email": null})).unwrap().contains("cio_id"));
        assert_eq!(rows(&KIND).modes(&given(&[])), [Mode::Upsert]);
        assert_eq!(rows(&KIND).modes(&given(&[("member_attribute", "m")])), Mode::ALL);
    }
}
