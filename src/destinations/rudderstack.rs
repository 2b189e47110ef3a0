//! RudderStack: rows as identify calls to a data plane.
//!
//! A batch is answered with `OK` or refused as a whole. Each call carries a `messageId` that is the
//! same however often its chunk is sent. Who leaves can be told through a trait of one's own, which
//! is true for members and false for who left: RudderStack has no list to be taken from.

use super::parts::{MEMBER_HINT, first, identifier, member, modes_with, refused, unreadable};
use super::settings::{Nature, Setting, Settings};
use super::{Chunk, Field, Kind, Limits, Method, Reply, Request, Row, Rows, Step, Takes, Talk};
use crate::model::activation::{Mode, Op};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "rudderstack",
    label: "RudderStack",
    about: "rows as identify calls to a RudderStack source",
    settings: SETTINGS,
    takes: Takes::Rows(&RudderStack),
};

const SETTINGS: &[Setting] = &[
    Setting::required("url", "Data plane", Nature::Url, URL_HINT),
    Setting::required("write_key", "Write key", Nature::Secret, "env:RUDDERSTACK_WRITE_KEY"),
    Setting::optional("member_trait", "Trait of members", Nature::Text, MEMBER_HINT, ""),
];

const URL_HINT: &str = "the address of the data plane, as the RudderStack dashboard shows it, \
     also in the EU: https://NAME.dataplane.rudderstack.com";
const IDS: &[&str] = &["userId", "anonymousId"];

struct RudderStack;

impl Rows for RudderStack {
    fn limits(&self, _: &Settings) -> Limits {
        // A batch may hold 4 MB and a call 32 KB; what is around the fields needs some of it.
        Limits { row_bytes: 31_000, ..Limits::of(1_000, 3_700_000) }
    }

    fn fields(&self, _: &Settings) -> Vec<Field> {
        vec![
            Field::identifier("userId", &["user_id", "userid", "customer_id", "id"]),
            Field::identifier("anonymousId", &["anonymous_id", "anonymousid", "anon_id"]),
            Field::plain("email", &["email", "e_mail", "email_address", "mail"]),
            Field::plain("phone", &["phone", "phone_number", "mobile"]),
            Field::plain("firstName", &["first_name", "firstname", "given_name"]),
            Field::plain("lastName", &["last_name", "lastname", "surname", "family_name"]),
            Field::plain("name", &["name", "full_name"]),
        ]
    }

    fn modes(&self, settings: &Settings) -> &'static [Mode] {
        modes_with(settings, "member_trait")
    }

    fn invalid(&self, _: &Settings, _: Op, fields: &Map<String, Value>) -> Option<String> {
        first(fields, IDS).is_none().then(|| "neither userId nor anonymousId has a value".into())
    }

    fn step(&self, settings: &Settings, chunk: &Chunk, talk: Talk<'_>) -> Step {
        let url = settings.url("url");
        match talk.reply {
            None => {
                let calls: Vec<Value> =
                    chunk.rows.iter().map(|row| call(settings, chunk, row)).collect();
                let address = format!("{url}/v1/batch");
                let request = Request::json(Method::Post, address, &json!({"batch": calls}));
                Step::ask(request.basic(settings.secret("write_key").expose(), ""))
            }
            Some(reply) if reply.is_good() => match is_ok(reply) {
                true => Step::all_accepted(chunk),
                false => unreadable(chunk, reply, "RudderStack"),
            },
            Some(reply) => refused(
                reply,
                "RudderStack",
                url,
                "check the data plane's address, and that the source is enabled",
            ),
        }
    }
}

/// A page of something else behind a wrong address may well answer 200, but not with this word.
fn is_ok(reply: &Reply) -> bool {
    reply.body.trim().trim_matches('"').eq_ignore_ascii_case("ok")
}

fn call(settings: &Settings, chunk: &Chunk, row: &Row) -> Value {
    let mut traits = row.fields();
    let mut call = Map::new();
    call.insert("type".into(), "identify".into());
    call.insert("messageId".into(), message_id(chunk, row).into());
    // One identifier tells who leaves; a second one could tie two people together.
    let ids = match row.op {
        Op::Remove => first(&traits, IDS).map(|(name, _)| vec![name]).unwrap_or_default(),
        Op::Add | Op::Update => IDS.to_vec(),
    };
    for name in ids {
        if let Some(id) = identifier(&traits, name) {
            call.insert(name.into(), id.into());
        }
    }
    if row.op == Op::Remove {
        traits.clear();
    }
    traits.retain(|name, _| !IDS.contains(&name.as_str()));
    traits.extend(member(settings, "member_trait", row.op));
    call.insert("traits".into(), Value::Object(traits));
    Value::Object(call)
}

/// The same for the same row of the same chunk, so that a repeat can be told from a new call.
fn message_id(chunk: &Chunk, row: &Row) -> String {
    let digest = Sha256::digest(format!("{}\0{}\0{}", chunk.id, row.op.word(), row.key));
    digest.iter().take(16).fold(String::with_capacity(32), |mut id, byte| {
        let _ = write!(id, "{byte:02x}");
        id
    })
}

#[cfg(test)]
mod tests {
    use super::super::parts::testing::{after, asked, body, chunk, rows, settings, step};
    use super::*;

    fn given(more: &[(&str, &str)]) -> Settings {
        let mut values = vec![("url", "https://x.example/"), ("write_key", "WK")];
        values.extend_from_slice(more);
        settings(&KIND, &values)
    }

    #[test]
    fn rows_are_identify_calls() {
        let sent = chunk(&[
            (Op::Add, r#"{"userId":12,"email":"a@b.c","plan":null}"#),
            (Op::Remove, r#"{"userId":"u","anonymousId":"z"}"#),
        ]);
        let settings = given(&[("member_trait", "vip")]);
        let (request, _) = asked(step(&KIND, &settings, &sent, None, None));
        assert_eq!(request.url, "https://x.example/v1/batch");
        // WK and an empty password.
        let expected = Request::get("").basic("WK", "").headers;
        assert_eq!(request.headers, expected);
        let mut body = body(&request);
        let ids: Vec<Value> = body["batch"]
            .as_array_mut()
            .unwrap()
            .iter_mut()
            .map(|c| c["messageId"].take())
            .collect();
        assert_ne!(ids[0], ids[1]);
        assert_eq!(ids[0].as_str().unwrap().len(), 32);
        assert_eq!(
            body,
            json!({"batch": [
                {"type": "identify", "messageId": null, "userId": "12",
                 "traits": {"email": "a@b.c", "plan": null, "vip": true}},
                {"type": "identify", "messageId": null, "userId": "u", "traits": {"vip": false}},
            ]})
        );
    }

    #[test]
    fn a_repeat_carries_the_same_ids_and_another_chunk_others() {
        let sent = chunk(&[(Op::Add, r#"{"userId":"1"}"#)]);
        let request = |chunk: &Chunk| asked(step(&KIND, &given(&[]), chunk, None, None)).0.body;
        assert_eq!(request(&sent), request(&sent));
        let other = Chunk { id: "abd".into(), ..sent.clone() };
        assert_ne!(request(&sent), request(&other));
    }

    #[test]
    fn replies_are_read() {
        let sent = chunk(&[(Op::Add, r#"{"userId":"1"}"#), (Op::Add, r#"{"userId":"2"}"#)]);
        let after = |status, body| after(&KIND, &given(&[]), &sent, status, body);
        assert_eq!(after(200, "OK"), "++");
        assert!(after(200, "<html>").starts_with("?? | RudderStack answers what it should not"));
        assert_eq!(after(400, "Invalid JSON"), "refused: Invalid JSON (status 400)");
        assert!(after(413, "Request size exceeds max limit").starts_with("refused: "));
        assert!(
            after(404, "Source is disabled").contains("RudderStack answers Source is disabled")
        );
    }

    #[test]
    fn only_a_trait_makes_removals_possible() {
        assert_eq!(rows(&KIND).modes(&given(&[])), [Mode::Upsert]);
        assert_eq!(rows(&KIND).modes(&given(&[("member_trait", "vip")])), Mode::ALL);
        let fields = json!({"email": "a@b.c", "userId": ""});
        let told = rows(&KIND).invalid(&given(&[]), Op::Add, fields.as_object().unwrap());
        assert!(told.unwrap().contains("userId"));
    }
}
