//! Salesforce: rows as records of an object, told apart by an external ID.
//!
//! Records go in collections of 200, and each has a result in the order in which it was sent; a
//! record that is refused does not hold back the others. Who leaves can be told through a checkbox
//! of one's own; nothing is deleted.

use super::parts::{MEMBER_HINT, all_unknown, identifier, member, modes_with, path_part};
use super::parts::{refused, unreadable};
use super::settings::{Nature, Setting, Settings};
use super::{Chunk, Field, Kind, Limits, Method, Reply, Request, Row, Rows, Step, Takes, Talk};
use crate::model::activation::{Fate, Mode, Op};
use crate::model::failure::Failure;
use serde_json::{Map, Value, json};

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "salesforce",
    label: "Salesforce",
    about: "rows as records of a Salesforce object",
    settings: SETTINGS,
    takes: Takes::Rows(&Salesforce),
};

const SETTINGS: &[Setting] = &[
    Setting::required("url", "Address", Nature::Url, "https://NAME.my.salesforce.com"),
    Setting::required("token", "Access token", Nature::Secret, "env:SALESFORCE_TOKEN"),
    Setting::optional("object", "Object", Nature::Text, "Contact, Lead, Member__c", "Contact"),
    Setting::required("external_id", "External ID field", Nature::Text, EXTERNAL_HINT),
    Setting::optional("member_field", "Checkbox of members", Nature::Text, MEMBER_HINT, ""),
    Setting::optional("version", "API version", Nature::Text, "63.0", "63.0"),
];

const EXTERNAL_HINT: &str =
    "the API name of a field that is marked as an external ID: Muster_Id__c";
/// The name under which the external ID is mapped, whatever its field is called over there.
const ID: &str = "external_id";

struct Salesforce;

impl Rows for Salesforce {
    fn limits(&self, _: &Settings) -> Limits {
        Limits::of(200, 3_000_000)
    }

    fn fields(&self, _: &Settings) -> Vec<Field> {
        let id = Field::identifier(ID, &["external_id", "user_id", "customer_id", "id"]);
        vec![
            Field { label: "the external ID", ..id },
            Field::plain("Email", &["email", "e_mail", "email_address", "mail"]),
            Field::plain("FirstName", &["first_name", "firstname", "given_name"]),
            Field::plain("LastName", &["last_name", "lastname", "surname", "family_name"]),
            Field::plain("Phone", &["phone", "phone_number"]),
            Field::plain("MobilePhone", &["mobile", "mobile_phone"]),
        ]
    }

    fn modes(&self, settings: &Settings) -> &'static [Mode] {
        modes_with(settings, "member_field")
    }

    fn invalid(&self, _: &Settings, _: Op, fields: &Map<String, Value>) -> Option<String> {
        identifier(fields, ID).is_none().then(|| format!("{ID} has no value"))
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
                "Salesforce",
                settings.url("url"),
                "check the address, the object, the external ID field and the API version",
            ),
        }
    }
}

fn request(settings: &Settings, chunk: &Chunk) -> Result<Request, Failure> {
    let version = path_part(settings, "version")?.trim_start_matches('v');
    let object = path_part(settings, "object")?;
    let field = path_part(settings, "external_id")?;
    let base = settings.url("url");
    let url = format!("{base}/services/data/v{version}/composite/sobjects/{object}/{field}");
    let record = |row: &Row| record(settings, object, field, row);
    let records: Vec<Value> = chunk.rows.iter().map(record).collect();
    let body = json!({"allOrNone": false, "records": records});
    Ok(Request::json(Method::Patch, url, &body).bearer(&settings.secret("token")))
}

fn record(settings: &Settings, object: &str, field: &str, row: &Row) -> Value {
    let mut fields = row.fields();
    let id = identifier(&fields, ID).unwrap_or_default();
    fields.shift_remove(ID);
    if row.op == Op::Remove {
        fields.clear();
    }
    let mut record = Map::new();
    record.insert("attributes".into(), json!({"type": object}));
    record.insert(field.into(), id.into());
    for (name, value) in fields.into_iter().chain(member(settings, "member_field", row.op)) {
        // The two above are the record's own.
        record.entry(name).or_insert(value);
    }
    Value::Object(record)
}

fn read(chunk: &Chunk, reply: &Reply) -> Step {
    let said = reply.json();
    let Some(results) = said.as_array() else {
        return unreadable(chunk, reply, "Salesforce");
    };
    if results.len() != chunk.rows.len() {
        let (told, sent) = (results.len(), chunk.rows.len());
        return all_unknown(
            chunk,
            &format!("Salesforce tells of {told} records, {sent} were sent"),
        );
    }
    Step::Done(results.iter().map(fate).collect())
}

fn fate(result: &Value) -> Fate {
    match result["success"].as_bool() {
        Some(true) => return Fate::Accepted,
        Some(false) => {}
        None => {
            return Fate::Unknown { message: format!("Salesforce does not say success: {result}") };
        }
    }
    let errors = result["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let words: Vec<String> = errors.iter().map(words).collect();
    let message = match words.is_empty() {
        true => "refused without a reason".to_owned(),
        false => words.join("; "),
    };
    let again = errors.iter().any(|error| error["statusCode"] == "UNABLE_TO_LOCK_ROW");
    Fate::Rejected { message, again }
}

fn words(error: &Value) -> String {
    let text = |name: &str| error[name].as_str().unwrap_or_default();
    let all = error["fields"].as_array().into_iter().flatten();
    let fields: Vec<&str> = all.filter_map(Value::as_str).collect();
    let about = match fields.is_empty() {
        true => String::new(),
        false => format!(" ({})", fields.join(", ")),
    };
    format!("{}: {}{about}", text("statusCode"), text("message"))
}

#[cfg(test)]
mod tests {
    use super::super::parts::testing::{after, asked, body, chunk, rows, settings, step, told};
    use super::*;

    fn given(more: &[(&str, &str)]) -> Settings {
        let mut values = vec![
            ("url", "https://x.my.salesforce.com/"),
            ("token", "T"),
            ("external_id", "Own__c"),
        ];
        values.extend_from_slice(more);
        settings(&KIND, &values)
    }

    #[test]
    fn rows_are_records() {
        let sent = chunk(&[
            (Op::Add, r#"{"external_id":5,"Email":"a@b.c","Phone":null}"#),
            (Op::Remove, r#"{"external_id":"6"}"#),
        ]);
        let settings = given(&[("member_field", "Vip__c")]);
        let (request, _) = asked(step(&KIND, &settings, &sent, None, None));
        assert_eq!(request.method, Method::Patch);
        assert_eq!(
            request.url,
            "https://x.my.salesforce.com/services/data/v63.0/composite/sobjects/Contact/Own__c"
        );
        assert_eq!(
            body(&request),
            json!({"allOrNone": false, "records": [
                {"attributes": {"type": "Contact"}, "Own__c": "5", "Email": "a@b.c",
                 "Phone": null, "Vip__c": true},
                {"attributes": {"type": "Contact"}, "Own__c": "6", "Vip__c": false},
            ]})
        );
    }

    #[test]
    fn results_come_in_the_order_of_rows() {
        let sent = chunk(&[(Op::Add, r#"{"external_id":1}"#), (Op::Add, r#"{"external_id":2}"#)]);
        let after = |status, body| after(&KIND, &given(&[]), &sent, status, body);
        let mixed = r#"[{"id":"003xx","success":true,"created":false,"errors":[]},
            {"success":false,"errors":[{"statusCode":"INVALID_EMAIL_ADDRESS","message":"bad email",
            "fields":["Email"]}]}]"#;
        assert_eq!(after(200, mixed), "+- | INVALID_EMAIL_ADDRESS: bad email (Email)");
        let locked = r#"[{"success":false,"errors":[{"statusCode":"UNABLE_TO_LOCK_ROW",
            "message":"locked","fields":[]}]},{"success":true,"errors":[]}]"#;
        assert_eq!(after(200, locked), "~+ | UNABLE_TO_LOCK_ROW: locked");
        assert!(after(200, "[]").starts_with("?? | Salesforce tells of 0 records, 2 were sent"));
        assert!(after(200, r#"[{},{"success":true}]"#).starts_with("?+"));
        assert!(after(200, "{}").starts_with("??"));
        let bad = r#"[{"message":"no such column","errorCode":"INVALID_FIELD"}]"#;
        assert_eq!(after(400, bad), "refused: no such column (status 400)");
        assert!(after(404, "[]").starts_with("stop: Salesforce answers"));
    }

    #[test]
    fn settings_cannot_lead_to_another_address() {
        let sent = chunk(&[(Op::Add, r#"{"external_id":1}"#)]);
        let told = told(step(&KIND, &given(&[("object", "../x")]), &sent, None, None));
        assert!(told.starts_with("stop: object is ../x"), "{told}");
        let fields = json!({"Email": "a@b.c"});
        assert!(rows(&KIND).invalid(&given(&[]), Op::Add, fields.as_object().unwrap()).is_some());
        assert_eq!(rows(&KIND).modes(&given(&[])), [Mode::Upsert]);
    }
}
