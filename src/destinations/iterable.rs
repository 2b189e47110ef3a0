//! Iterable: rows as users and, with a list, as its subscribers.
//!
//! A reply counts what went well and names what failed, by address or id and not always in the
//! case in which it was sent. A row of which Iterable drops a field counts as refused here, for
//! what was asked did not happen. Being on a list is no consent: channels that a user left stay
//! left, and taking a user from a list leaves the channels as they are.

use super::parts::{compared, double, doubles, doubt, first, identifier, modes_with, refused};
use super::parts::{rejected, unreadable};
use super::settings::{Nature, Setting, Settings};
use super::{Chunk, Field, Kind, Limits, Method, Reply, Request, Row, Rows, Step, Takes, Talk};
use crate::model::activation::{Fate, Mode, Op};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "iterable",
    label: "Iterable",
    about: "rows as Iterable users, and as subscribers of a list",
    settings: SETTINGS,
    takes: Takes::Rows(&Iterable),
};

const SETTINGS: &[Setting] = &[
    Setting::optional("url", "Address", Nature::Url, URL_HINT, "https://api.iterable.com/api"),
    Setting::required("api_key", "API key", Nature::Secret, "env:ITERABLE_API_KEY"),
    Setting::optional("list", "List", Nature::Number, LIST_HINT, ""),
    Setting::optional("prefer_user_id", "Make users by id", Nature::Flag, PREFER_HINT, "false"),
    Setting::optional("merge_nested", "Merge nested objects", Nature::Flag, MERGE_HINT, "false"),
];

const URL_HINT: &str = "https://api.iterable.com/api, in the EU https://api.eu.iterable.com/api";
const LIST_HINT: &str = "the number of a static list; without one, nobody is removed";
const PREFER_HINT: &str = "true to make users that have an id and no address, in a project by \
     address";
const MERGE_HINT: &str = "true to keep what is in a nested object besides what is sent";
const IDS: &[&str] = &["userId", "email"];

struct Iterable;

impl Rows for Iterable {
    fn limits(&self, _: &Settings) -> Limits {
        Limits { rate: Some((5, Duration::from_secs(1))), ..Limits::of(1_000, 3_800_000) }
    }

    fn fields(&self, _: &Settings) -> Vec<Field> {
        vec![
            Field::identifier("email", &["email", "e_mail", "email_address", "mail"]),
            Field::identifier("userId", &["user_id", "userid", "customer_id", "external_id", "id"]),
            Field::plain("firstName", &["first_name", "firstname", "given_name"]),
            Field::plain("lastName", &["last_name", "lastname", "surname", "family_name"]),
            Field::plain("phoneNumber", &["phone", "phone_number", "mobile"]),
            Field::plain("timeZone", &["timezone", "time_zone"]),
        ]
    }

    fn modes(&self, settings: &Settings) -> &'static [Mode] {
        modes_with(settings, "list")
    }

    fn lane(&self, op: Op) -> u8 {
        u8::from(op == Op::Remove)
    }

    fn invalid(&self, _: &Settings, _: Op, fields: &Map<String, Value>) -> Option<String> {
        first(fields, IDS).is_none().then(|| "neither email nor userId has a value".into())
    }

    fn step(&self, settings: &Settings, chunk: &Chunk, talk: Talk<'_>) -> Step {
        match talk.reply {
            None => Step::ask(request(settings, chunk)),
            Some(reply) if reply.is_good() => read(chunk, reply),
            Some(reply) => refused(
                reply,
                "Iterable",
                settings.url("url"),
                "check the address and the list: projects in the EU have an address of their own",
            ),
        }
    }
}

fn is_removal(chunk: &Chunk) -> bool {
    chunk.rows.iter().any(|row| row.op == Op::Remove)
}

fn request(settings: &Settings, chunk: &Chunk) -> Request {
    let later = later_rows(chunk);
    let rows = chunk.rows.iter().enumerate().filter(|(n, _)| !later.contains(n));
    let users: Vec<Value> = rows.map(|(_, row)| user(settings, row)).collect();
    let (path, body) = match (settings.number("list"), is_removal(chunk)) {
        (Some(list), true) => ("lists/unsubscribe", json!({"listId": list, "subscribers": users})),
        (Some(list), false) => ("lists/subscribe", json!({"listId": list, "subscribers": users})),
        (None, _) => ("users/bulkUpdate", json!({"users": users})),
    };
    Request::json(Method::Post, format!("{}/{path}", settings.url("url")), &body).secret(
        "Api-Key",
        "",
        &settings.secret("api_key"),
    )
}

/// Rows that cannot go with an earlier one of the same user. Two removals are one.
fn later_rows(chunk: &Chunk) -> BTreeSet<usize> {
    if is_removal(chunk) {
        return BTreeSet::new();
    }
    let id = |row: &Row| first(&row.fields(), IDS).map(|(name, id)| compared(name, &id));
    doubles(chunk.rows.iter().map(|row| id(row).unwrap_or_default()))
}

fn user(settings: &Settings, row: &Row) -> Value {
    let mut fields = row.fields();
    let mut user = Map::new();
    if row.op == Op::Remove {
        user.extend(first(&fields, IDS).map(|(name, id)| (name.to_owned(), Value::from(id))));
        return Value::Object(user);
    }
    for name in IDS {
        if let Some(id) = identifier(&fields, name) {
            user.insert((*name).into(), id.into());
        }
        fields.shift_remove(*name);
    }
    if settings.flag("prefer_user_id") {
        user.insert("preferUserId".into(), true.into());
    }
    if settings.flag("merge_nested") {
        user.insert("mergeNestedObjects".into(), true.into());
    }
    user.insert("dataFields".into(), Value::Object(fields));
    Value::Object(user)
}

/// What failed, by identifier in small letters, with the name of the list in which it stands.
struct Failed {
    emails: BTreeMap<String, String>,
    ids: BTreeMap<String, String>,
}

impl Failed {
    fn of(said: &Value) -> Self {
        let mut failed = Self { emails: BTreeMap::new(), ids: BTreeMap::new() };
        for (list, names) in said["failedUpdates"].as_object().into_iter().flatten() {
            let into = match list.ends_with("Emails") {
                true => &mut failed.emails,
                false => &mut failed.ids,
            };
            for name in names.as_array().into_iter().flatten().filter_map(Value::as_str) {
                into.insert(name.to_lowercase(), list.clone());
            }
        }
        failed
    }

    fn list_of(&self, fields: &Map<String, Value>) -> Option<&str> {
        let found = |map: &BTreeMap<String, String>, name| {
            let id = identifier(fields, name)?;
            map.get_key_value(&id.to_lowercase()).map(|(id, _)| id.clone())
        };
        let by_email = found(&self.emails, "email").and_then(|id| self.emails.get(&id));
        let by_id = || found(&self.ids, "userId").and_then(|id| self.ids.get(&id));
        by_email.or_else(by_id).map(String::as_str)
    }
}

fn read(chunk: &Chunk, reply: &Reply) -> Step {
    let said = reply.json();
    let counts = (said["successCount"].as_u64(), said["failCount"].as_u64());
    let (Some(succeeded), Some(fails)) = counts else {
        return unreadable(chunk, reply, "Iterable");
    };
    let failed = Failed::of(&said);
    let later = later_rows(chunk);
    let mut named = 0_u64;
    let mut fates = Vec::with_capacity(chunk.rows.len());
    for (n, row) in chunk.rows.iter().enumerate() {
        if later.contains(&n) {
            fates.push(double("user", row));
            continue;
        }
        let fields = row.fields();
        let list = failed.list_of(&fields);
        named += u64::from(list.is_some());
        fates.push(match list {
            // Whom Iterable does not have is on no list either.
            Some(list)
                if row.op == Op::Remove
                    && (list.starts_with("notFound") || list.starts_with("forgotten")) =>
            {
                Fate::Accepted
            }
            Some(list) => rejected(format!("Iterable names it in {list}")),
            None => dropped(&said, row, &fields),
        });
    }
    let sent = (chunk.rows.len() - later.len()) as u64;
    if fails > named {
        let message = format!("Iterable says that {fails} rows failed and names {named} of them");
        doubt(&mut fates, &message);
    } else if succeeded + fails < sent && !is_removal(chunk) {
        let message = format!("Iterable says of {sent} rows that {succeeded} went well");
        doubt(&mut fates, &message);
    }
    Step::Done(fates)
}

/// Whether Iterable left out a field of the row.
fn dropped(said: &Value, row: &Row, fields: &Map<String, Value>) -> Fate {
    let all = said["filteredOutFields"].as_array().into_iter().flatten();
    let mut own = all.filter_map(Value::as_str).filter(|name| fields.contains_key(*name));
    match own.next().filter(|_| row.op != Op::Remove) {
        Some(name) => rejected(format!(
            "Iterable took the user without the field {name}: make the field there, or do not \
             map it"
        )),
        None => Fate::Accepted,
    }
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

    fn two() -> Chunk {
        chunk(&[
            (Op::Add, r#"{"email":"Good@b.c","plan":"pro"}"#),
            (Op::Update, r#"{"email":"Bad@b.c","userId":9,"color":null}"#),
        ])
    }

    #[test]
    fn rows_are_users() {
        let settings = given(&[("merge_nested", "true")]);
        let (request, _) = asked(step(&KIND, &settings, &two(), None, None));
        assert_eq!(request.url, "https://api.iterable.com/api/users/bulkUpdate");
        assert_eq!(request.shown().headers, ["Api-Key: …"]);
        assert_eq!(
            body(&request),
            json!({"users": [
                {"email": "Good@b.c", "mergeNestedObjects": true, "dataFields": {"plan": "pro"}},
                {"userId": "9", "email": "Bad@b.c", "mergeNestedObjects": true,
                 "dataFields": {"color": null}},
            ]})
        );
    }

    #[test]
    fn a_list_is_joined_and_left() {
        let settings = given(&[("list", "12")]);
        let (request, _) = asked(step(&KIND, &settings, &two(), None, None));
        assert!(request.url.ends_with("/lists/subscribe"));
        assert_eq!(body(&request)["listId"], 12);
        assert_eq!(body(&request)["subscribers"][0]["dataFields"], json!({"plan": "pro"}));
        let gone = chunk(&[(Op::Remove, r#"{"email":"a@b.c","userId":"3"}"#)]);
        let (request, _) = asked(step(&KIND, &settings, &gone, None, None));
        assert!(request.url.ends_with("/lists/unsubscribe"));
        assert_eq!(body(&request), json!({"listId": 12, "subscribers": [{"userId": "3"}]}));
        assert_ne!(rows(&KIND).lane(Op::Add), rows(&KIND).lane(Op::Remove));
    }

    #[test]
    fn replies_are_read() {
        let after = |body| after(&KIND, &given(&[]), &two(), 200, body);
        let ok = r#"{"successCount":2,"failCount":0,"failedUpdates":{},"filteredOutFields":[]}"#;
        assert_eq!(after(ok), "++");
        let partial = r#"{"successCount":1,"failCount":1,
            "failedUpdates":{"invalidEmails":["bad@B.c"],"forgottenEmails":[]}}"#;
        assert_eq!(after(partial), "+- | Iterable names it in invalidEmails");
        let by_id = r#"{"successCount":1,"failCount":1,
            "failedUpdates":{"conflictUserIds":["9"]}}"#;
        assert_eq!(after(by_id), "+- | Iterable names it in conflictUserIds");
        let silent = r#"{"successCount":1,"failCount":1,"failedUpdates":{}}"#;
        assert!(after(silent).starts_with("?? | Iterable says that 1 rows failed and names 0"));
        assert!(after(r#"{"successCount":0,"failCount":0}"#).starts_with("??"));
        let left_out = r#"{"successCount":2,"failCount":0,"filteredOutFields":["plan"]}"#;
        assert!(after(left_out).starts_with("-+ | Iterable took the user without the field plan"));
        assert!(after("<html>").starts_with("??"));
    }

    #[test]
    fn refusals_are_read() {
        let after = |status, body| after(&KIND, &given(&[]), &two(), status, body);
        let bad = r#"{"msg":"Invalid","code":"BadParams","params":null}"#;
        assert_eq!(after(400, bad), "refused: Invalid (status 400)");
        assert!(after(404, "").starts_with("stop: Iterable answers"));
    }

    #[test]
    fn whom_iterable_does_not_have_is_off_its_list() {
        let gone = chunk(&[(Op::Remove, r#"{"email":"a@b.c"}"#), (Op::Remove, r#"{"email":"x"}"#)]);
        let reply = r#"{"successCount":0,"failCount":2,
            "failedUpdates":{"notFoundEmails":["a@b.c"],"invalidEmails":["x"]}}"#;
        let told = after(&KIND, &given(&[("list", "1")]), &gone, 200, reply);
        assert_eq!(told, "+- | Iterable names it in invalidEmails");
    }

    #[test]
    fn the_second_row_of_a_user_is_not_sent() {
        let twice = chunk(&[(Op::Add, r#"{"email":"a@b.c"}"#), (Op::Add, r#"{"email":"A@b.c"}"#)]);
        let (request, _) = asked(step(&KIND, &given(&[]), &twice, None, None));
        assert_eq!(body(&request)["users"].as_array().unwrap().len(), 1);
        let told = after(&KIND, &given(&[]), &twice, 200, r#"{"successCount":1,"failCount":0}"#);
        assert!(told.starts_with("+- | an earlier row has the same user"), "{told}");
    }
}
