//! Braze: rows as attributes of users.
//!
//! Braze counts every attribute that is sent, so that only mapped fields go out. A reply names the
//! rows that it refuses by their place; with another message than `success` nothing was stored.
//! Who leaves can be told through an attribute of one's own; only users that Braze knows are told
//! so, or a removal could make a user.

use super::Talk;
use super::parts::{MEMBER_HINT, doubt, first, identifier, member, modes_with, place_of, refused};
use super::parts::{all_unknown, rejected, unreadable};
use super::settings::{Nature, Setting, Settings};
use super::{Chunk, Field, Kind, Limits, Method, Normal, Reply, Request, Row, Rows, Step, Takes};
use crate::model::activation::{Fate, Mode, Op};
use serde_json::{Map, Value, json};
use std::time::Duration;

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "braze",
    label: "Braze",
    about: "rows as attributes of Braze users",
    settings: SETTINGS,
    takes: Takes::Rows(&Braze),
};

const SETTINGS: &[Setting] = &[
    Setting::optional(
        "url",
        "REST endpoint",
        Nature::Url,
        URL_HINT,
        "https://rest.iad-01.braze.com",
    ),
    Setting::required("api_key", "API key", Nature::Secret, KEY_HINT),
    Setting::optional("member_attribute", "Attribute of members", Nature::Text, MEMBER_HINT, ""),
    Setting::optional(
        "only_known",
        "Only users that Braze knows",
        Nature::Flag,
        KNOWN_HINT,
        "false",
    ),
];

const URL_HINT: &str = "the REST endpoint of the instance: https://rest.iad-01.braze.com, \
     in the EU https://rest.fra-01.braze.eu";
const KEY_HINT: &str = "env:BRAZE_API_KEY, a key with the permission users.track";
const KNOWN_HINT: &str = "true to update users and make no new ones";
const IDS: &[&str] = &["external_id", "braze_id", "email", "phone"];

struct Braze;

impl Rows for Braze {
    fn limits(&self, _: &Settings) -> Limits {
        // 4 MB a request and 100 KB an object, less what is around the fields.
        Limits {
            row_bytes: 99_000,
            rate: Some((3_000, Duration::from_secs(3))),
            connections: 4,
            ..Limits::of(75, 3_900_000)
        }
    }

    fn fields(&self, _: &Settings) -> Vec<Field> {
        vec![
            Field::identifier("external_id", &["external_id", "user_id", "customer_id", "id"]),
            Field::identifier("braze_id", &["braze_id", "appboy_id"]),
            Field::identifier("email", &["email", "e_mail", "email_address", "mail"]),
            Field::identifier("phone", &["phone", "phone_number", "mobile"])
                .normal(Normal::PhoneE164),
            Field::plain("first_name", &["first_name", "firstname", "given_name"]),
            Field::plain("last_name", &["last_name", "lastname", "surname", "family_name"]),
            Field::plain("country", &["country", "country_code"]),
            Field::plain("home_city", &["home_city", "city", "town"]),
            Field::plain("language", &["language", "lang"]),
            Field::plain("time_zone", &["time_zone", "timezone"]),
            Field::plain("dob", &["dob", "date_of_birth", "birthday", "birth_date"]),
            Field::plain("gender", &["gender"]),
        ]
    }

    fn modes(&self, settings: &Settings) -> &'static [Mode] {
        modes_with(settings, "member_attribute")
    }

    fn invalid(&self, _: &Settings, _: Op, fields: &Map<String, Value>) -> Option<String> {
        let is_missing = first(fields, IDS).is_none();
        is_missing.then(|| "none of external_id, braze_id, email and phone has a value".into())
    }

    fn step(&self, settings: &Settings, chunk: &Chunk, talk: Talk<'_>) -> Step {
        let url = settings.url("url");
        match talk.reply {
            None => {
                let all: Vec<Value> =
                    chunk.rows.iter().map(|row| attributes(settings, row)).collect();
                let address = format!("{url}/users/track");
                let request = Request::json(Method::Post, address, &json!({"attributes": all}));
                Step::ask(request.bearer(&settings.secret("api_key")))
            }
            Some(reply) if reply.is_good() => read(settings, chunk, reply),
            Some(reply) => {
                refused(reply, "Braze", url, "check the REST endpoint of your Braze instance")
            }
        }
    }

    /// Braze says when its window begins anew, as a second of UTC, and never `Retry-After`.
    fn wait_for(&self, reply: &Reply, now_unix: u64) -> Option<Duration> {
        let reset: u64 = reply.header("x-ratelimit-reset")?.trim().parse().ok()?;
        Some(Duration::from_secs(reset.saturating_sub(now_unix).max(1)))
    }
}

fn attributes(settings: &Settings, row: &Row) -> Value {
    let mut fields = row.fields();
    let is_removal = row.op == Op::Remove;
    if is_removal {
        // An address that was sent long ago beside the id may have changed over there since.
        let name = first(&fields, IDS).map(|(name, _)| name);
        fields.retain(|field, _| Some(field.as_str()) == name);
    }
    for name in IDS {
        match identifier(&fields, name) {
            Some(id) => {
                fields.insert((*name).into(), id.into());
            }
            // An empty id is refused; an address that is given as null is to be erased.
            None if matches!(*name, "external_id" | "braze_id") => {
                fields.shift_remove(*name);
            }
            None => {}
        }
    }
    if is_removal || settings.flag("only_known") {
        fields.insert("_update_existing_only".into(), true.into());
    }
    fields.extend(member(settings, "member_attribute", row.op));
    Value::Object(fields)
}

fn read(settings: &Settings, chunk: &Chunk, reply: &Reply) -> Step {
    let said = reply.json();
    match said["message"].as_str() {
        Some("success") => {}
        Some(_) => return Step::AllRefused(reply.message()),
        None => return unreadable(chunk, reply, "Braze"),
    }
    let mut fates = vec![Fate::Accepted; chunk.rows.len()];
    let mut refused = 0_u64;
    for error in said["errors"].as_array().into_iter().flatten() {
        let message = match &error["type"] {
            Value::String(text) => text.clone(),
            _ => format!("refused without a reason: {error}"),
        };
        let is_about_rows = error["input_array"].as_str().is_none_or(|name| name == "attributes");
        let place = place_of(&error["index"]).filter(|_| is_about_rows);
        let Some(fate) = place.and_then(|place| fates.get_mut(place)) else {
            return all_unknown(chunk, &format!("Braze names an error of no row: {message}"));
        };
        refused += u64::from(*fate == Fate::Accepted);
        *fate = rejected(message);
    }
    // Users that Braze does not know are passed over where only known ones are asked for, and
    // whether they are counted is not documented.
    let passes_over =
        settings.flag("only_known") || chunk.rows.iter().any(|row| row.op == Op::Remove);
    if let Some(processed) = said["attributes_processed"].as_u64()
        && !passes_over
        && processed + refused != chunk.rows.len() as u64
    {
        doubt(&mut fates, &format!("Braze says that it processed {processed} rows"));
    }
    Step::Done(fates)
}

#[cfg(test)]
mod tests {
    use super::super::parts::testing::{after, asked, body, chunk, rows, settings, step};
    use super::*;

    fn given(more: &[(&str, &str)]) -> Settings {
        let mut values = vec![("api_key", "K")];
        values.extend_from_slice(more);
        settings(&KIND, &values)
    }

    #[test]
    fn rows_are_attributes() {
        let sent = chunk(&[
            (Op::Add, r#"{"external_id":7,"email":null,"plan":"pro"}"#),
            (Op::Remove, r#"{"external_id":"8","email":"old@b.c"}"#),
            (Op::Update, r#"{"external_id":"","email":"a@b.c"}"#),
        ]);
        let settings = given(&[("member_attribute", "vip")]);
        let (request, _) = asked(step(&KIND, &settings, &sent, None, None));
        assert_eq!(request.url, "https://rest.iad-01.braze.com/users/track");
        assert_eq!(
            body(&request),
            json!({"attributes": [
                {"external_id": "7", "email": null, "plan": "pro", "vip": true},
                {"external_id": "8", "_update_existing_only": true, "vip": false},
                {"email": "a@b.c", "vip": true},
            ]})
        );
        assert_eq!(request.shown().headers, ["Authorization: Bearer …"]);
    }

    #[test]
    fn replies_are_read() {
        let sent = chunk(&[(Op::Add, r#"{"email":"a"}"#), (Op::Add, "{}")]);
        let after = |status, body| after(&KIND, &given(&[]), &sent, status, body);
        assert_eq!(after(201, r#"{"message":"success","attributes_processed":2}"#), "++");
        let minor = r#"{"message":"success","attributes_processed":1,"errors":[{"type":
            "'external_id' or 'email' is required","input_array":"attributes","index":1}]}"#;
        assert_eq!(after(201, minor), "+- | 'external_id' or 'email' is required");
        let fatal = r#"{"message":"Valid data must be provided","errors":[{"type":"invalid",
            "input_array":"attributes","index":0}]}"#;
        assert_eq!(after(400, fatal), "refused: Valid data must be provided (status 400)");
        assert!(after(201, r#"{"message":"no such thing"}"#).starts_with("refused: no such"));
        assert!(after(201, r#"{"message":"success","attributes_processed":0}"#).starts_with("??"));
        let odd =
            r#"{"message":"success","errors":[{"type":"x","input_array":"events","index":0}]}"#;
        assert!(after(201, odd).starts_with("?? | Braze names an error of no row: x"));
        assert!(after(200, "<html>").starts_with("??"));
        assert!(after(404, "").starts_with("stop: Braze answers"));
    }

    #[test]
    fn a_window_is_waited_out() {
        let mut reply = Reply::of(429, "{}");
        assert_eq!(rows(&KIND).wait_for(&reply, 1_000), None);
        reply.headers.push(("x-ratelimit-reset".into(), "1007".into()));
        assert_eq!(rows(&KIND).wait_for(&reply, 1_000), Some(Duration::from_secs(7)));
        assert_eq!(rows(&KIND).wait_for(&reply, 2_000), Some(Duration::from_secs(1)));
    }

    #[test]
    fn rows_need_an_identifier() {
        let told =
            |fields: Value| rows(&KIND).invalid(&given(&[]), Op::Add, fields.as_object().unwrap());
        assert_eq!(told(json!({"phone": "+491"})), None);
        assert!(told(json!({"plan": "pro"})).unwrap().contains("external_id"));
        assert_eq!(rows(&KIND).limits(&given(&[])).rows, 75);
    }
}
