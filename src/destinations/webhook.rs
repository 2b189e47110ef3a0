//! A webhook: rows as JSON to an address of one's own.
//!
//! The body is `{"run","chunk","rows":[{"op","key","data"}]}` unless templates are given. Each
//! request carries `Idempotency-Key`, the same however often it is sent, and, with a secret,
//! `X-Signature`: the HMAC-SHA256 of the body in hexadecimal. A reply may name rows that it refuses:
//! `{"errors":[{"index","message","retry"}]}`.

use super::settings::{Nature, Setting, Settings};
use super::template::Template;
use super::{Body, Chunk, Field, Kind, Limits, Method, Repeat, Reply, Request, Row, Rows};
use super::{Step, Takes, Talk};
use crate::model::activation::{Fate, Mode, Op, Secret};
use crate::model::failure::Failure;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::time::Duration;

/// The kind of destination.
pub(super) static KIND: Kind = Kind {
    name: "webhook",
    label: "Webhook",
    about: "rows as JSON to an address of one's own",
    settings: SETTINGS,
    takes: Takes::Rows(&Webhook),
};

/// The practice inbox: a webhook on this machine, to try an activation without an account.
pub(super) static INBOX: Kind = Kind {
    name: "inbox",
    label: "Practice inbox",
    about: "a receiver on this machine, to try an activation without an account",
    settings: &[
        Setting::optional("url", "Address", Nature::Url, INBOX_URL, INBOX_URL),
        Setting::optional("batch", "Rows per request", Nature::Number, "a whole number", "100"),
        // It knows what it had before by the idempotency key.
        Setting::optional("safe_to_repeat", "Safe to repeat", Nature::Flag, SAFE_HINT, "true"),
        Setting::optional("errors", "Errors in the reply", Nature::Text, "/errors", "/errors"),
    ],
    takes: Takes::Rows(&Webhook),
};

const INBOX_URL: &str = "http://127.0.0.1:4755/rows";

const SETTINGS: &[Setting] = &[
    Setting::required("url", "Address", Nature::Url, "https://example.com/rows"),
    Setting::optional("secret", "Signing secret", Nature::Secret, "env:HOOK_SECRET", ""),
    Setting::optional("token", "Bearer token", Nature::Secret, "env:HOOK_TOKEN", ""),
    Setting::optional("batch", "Rows per request", Nature::Number, "a whole number", "100"),
    Setting::optional("bytes", "Bytes per request", Nature::Number, "a whole number", "1000000"),
    Setting::optional("connections", "Requests at once", Nature::Number, "a whole number", "4"),
    Setting::optional("per_second", "Requests per second", Nature::Number, "a whole number", ""),
    Setting::optional(
        "method",
        "Method",
        Nature::Choice(&["POST", "PUT", "PATCH"]),
        "POST",
        "POST",
    ),
    Setting::optional("headers", "Headers", Nature::Pairs, "names and values", ""),
    Setting::optional("safe_to_repeat", "Safe to repeat", Nature::Flag, SAFE_HINT, "false"),
    Setting::optional("errors", "Errors in the reply", Nature::Text, "/errors", "/errors"),
    Setting::optional("add", "Template of an added row", Nature::Template, TEMPLATE_HINT, ""),
    Setting::optional("update", "Template of an updated row", Nature::Template, TEMPLATE_HINT, ""),
    Setting::optional("remove", "Template of a removed row", Nature::Template, TEMPLATE_HINT, ""),
];

const SAFE_HINT: &str = "true when a request that arrives twice does the same as once";
const TEMPLATE_HINT: &str = "JSON with {{ key }}, {{ op }} and {{ data.FIELD }}";

struct Webhook;

impl Rows for Webhook {
    fn limits(&self, settings: &Settings) -> Limits {
        let number =
            |name: &str, usual: u64| settings.number(name).unwrap_or(usual).max(1) as usize;
        let rate = settings.number("per_second").filter(|n| *n > 0);
        Limits {
            rate: rate.map(|n| (u32::try_from(n).unwrap_or(u32::MAX), Duration::from_secs(1))),
            connections: number("connections", 4).min(32),
            ..Limits::of(number("batch", 100), number("bytes", 1_000_000))
        }
    }

    fn fields(&self, _: &Settings) -> Vec<Field> {
        Vec::new()
    }

    fn modes(&self, _: &Settings) -> &'static [Mode] {
        &Mode::ALL
    }

    fn repeat(&self, settings: &Settings) -> Repeat {
        match settings.flag("safe_to_repeat") {
            true => Repeat::Safe,
            false => Repeat::AfterAnswer,
        }
    }

    fn step(&self, settings: &Settings, chunk: &Chunk, talk: Talk<'_>) -> Step {
        match talk.reply {
            None => match body(settings, chunk) {
                Ok(body) => Step::ask(request(settings, chunk, body)),
                Err(failure) => Step::Stop(failure),
            },
            Some(reply) => read(settings, chunk, reply),
        }
    }
}

fn request(settings: &Settings, chunk: &Chunk, body: String) -> Request {
    let method = match settings.text("method") {
        "PUT" => Method::Put,
        "PATCH" => Method::Patch,
        _ => Method::Post,
    };
    let signature = settings.has_secret("secret").then(|| signature(settings, body.as_bytes()));
    let mut request = Request::of(method, settings.text("url"), Body::Json(body))
        .header("Idempotency-Key", &chunk.id);
    if let Some(signature) = signature {
        request = request.header("X-Signature", signature);
    }
    if settings.has_secret("token") {
        request = request.bearer(&settings.secret("token"));
    }
    let own = settings.pairs("headers");
    request.own_headers = own.map(|(name, value)| (name.to_owned(), value)).collect();
    request
}

/// HMAC-SHA256 of the body, in small hexadecimal digits.
fn signature(settings: &Settings, body: &[u8]) -> String {
    let secret: Secret = settings.secret("secret");
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.expose().as_bytes())
        .expect("HMAC takes keys of any length");
    mac.update(body);
    let mut hex = String::with_capacity(64);
    for byte in mac.finalize().into_bytes() {
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

fn body(settings: &Settings, chunk: &Chunk) -> Result<String, Failure> {
    let room: usize = chunk.rows.iter().map(|row| row.data.len() + row.key.len() + 40).sum();
    let mut body = String::with_capacity(room + 64);
    let run = Value::from(chunk.run.as_str());
    let _ = write!(body, "{{\"run\":{run},\"chunk\":{},\"rows\":[", chunk.number);
    let own = Templates::of(settings)?;
    for (index, row) in chunk.rows.iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        match own.of_op(row.op) {
            Some(template) => body.push_str(&filled(template, row)?),
            None => {
                let key = Value::from(row.key.as_str());
                let op = row.op.word();
                let _ = write!(body, "{{\"op\":\"{op}\",\"key\":{key},\"data\":{}}}", row.data);
            }
        }
    }
    body.push_str("]}");
    Ok(body)
}

/// The templates that a person gave.
struct Templates([Option<Template>; 3]);

impl Templates {
    fn of(settings: &Settings) -> Result<Self, Failure> {
        let read = |op: Op| match settings.text(op.word()) {
            "" => Ok(None),
            text => Template::json(text, &format!("{} of {}", op.word(), settings.name)).map(Some),
        };
        Ok(Self([read(Op::Add)?, read(Op::Update)?, read(Op::Remove)?]))
    }

    fn of_op(&self, op: Op) -> Option<&Template> {
        let [add, update, remove] = &self.0;
        match op {
            Op::Add => add.as_ref(),
            // Who gives one template for what is there means both by it.
            Op::Update => update.as_ref().or(add.as_ref()),
            Op::Remove => remove.as_ref(),
        }
    }
}

fn filled(template: &Template, row: &Row) -> Result<String, Failure> {
    let values = json!({"op": row.op.word(), "key": row.key, "data": row.fields()});
    let text = template.fill(&values).map_err(|told| {
        Failure::wrong_use(told, format!("the row with key {}", row.key), TEMPLATE_HINT)
    })?;
    match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
        Ok(_) => Ok(text),
        Err(error) => Err(Failure::wrong_use(
            format!("the template does not give JSON: {error}"),
            format!("the row with key {}", row.key),
            "values come with their quotes: write {{ key }}, not \"{{ key }}\"",
        )),
    }
}

fn read(settings: &Settings, chunk: &Chunk, reply: &Reply) -> Step {
    if !reply.is_good() {
        return match reply.status {
            404 | 405 | 410 => Step::Stop(Failure::new(
                format!("the webhook answers {}", reply.message()),
                settings.text("url"),
                "check the address and the method",
            )),
            _ => Step::AllRefused(reply.message()),
        };
    }
    let said = reply.json();
    let mut fates = vec![Fate::Accepted; chunk.rows.len()];
    let errors = said.pointer(settings.text("errors")).and_then(Value::as_array);
    let mut refused = 0_u64;
    for error in errors.into_iter().flatten() {
        let index = error["index"].as_u64().and_then(|n| usize::try_from(n).ok());
        let message = error["message"].as_str().unwrap_or("refused without a reason").to_owned();
        let Some(fate) = index.and_then(|index| fates.get_mut(index)) else {
            // An error about no row that was sent: which one is meant cannot be known.
            let message = format!("the reply has an error about no row of the request: {message}");
            return Step::Done(vec![Fate::Unknown { message }; chunk.rows.len()]);
        };
        refused += u64::from(*fate == Fate::Accepted);
        *fate = Fate::Rejected { message, again: error["retry"] == true };
    }
    // A reply that counts is held to its word.
    if let Some(accepted) = said["accepted"].as_u64()
        && accepted + refused != chunk.rows.len() as u64
    {
        let message = format!("the reply says that {accepted} rows were accepted");
        for fate in fates.iter_mut().filter(|fate| **fate == Fate::Accepted) {
            *fate = Fate::Unknown { message: message.clone() };
        }
    }
    Step::Done(fates)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk() -> Chunk {
        let row = |op, key: &str, data: &str| Row { op, key: key.into(), data: data.into() };
        Chunk {
            run: "7".into(),
            number: 2,
            id: "abc".into(),
            mode: Mode::Mirror,
            rows: vec![row(Op::Add, "1", r#"{"email":"a@b.c"}"#), row(Op::Remove, "2\"", "{}")],
        }
    }

    fn settings(more: &[(&str, &str)]) -> Settings {
        let mut values = vec![("url", "https://h.example/rows"), ("errors", "/errors")];
        values.extend_from_slice(more);
        Settings::of(&values, &[("secret", "key")])
    }

    fn asked(settings: &Settings) -> Request {
        match Webhook.step(settings, &chunk(), Talk { memory: None, reply: None }) {
            Step::Ask { request, .. } => request,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_body_is_what_the_documentation_says() {
        let request = asked(&settings(&[]));
        let body = String::from_utf8(request.body.bytes().to_vec()).unwrap();
        assert_eq!(
            body,
            r#"{"run":"7","chunk":2,"rows":[{"op":"add","key":"1","data":{"email":"a@b.c"}},{"op":"remove","key":"2\"","data":{}}]}"#
        );
        let headers: Vec<_> = request.all_headers().map(|(name, _)| name).collect();
        assert_eq!(headers, ["Idempotency-Key", "X-Signature"]);
    }

    /// RFC 4231, test case 2: the key `Jefe`.
    #[test]
    fn the_signature_is_hmac_sha256() {
        let settings = Settings::of(&[], &[("secret", "Jefe")]);
        assert_eq!(
            signature(&settings, b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    #[test]
    fn templates_of_ones_own_make_the_rows() {
        let request = asked(&settings(&[
            ("add", r#"{"who": {{ key }}, "mail": {{ data.email }}}"#),
            ("remove", r#"{"gone": {{ key }}}"#),
        ]));
        let body: Value = serde_json::from_slice(request.body.bytes()).unwrap();
        assert_eq!(body["rows"], json!([{"who": "1", "mail": "a@b.c"}, {"gone": "2\""}]));
    }

    #[test]
    fn a_template_that_gives_no_json_is_told() {
        let settings = settings(&[("add", r#"{"who": "{{ key }}"}"#)]);
        match Webhook.step(&settings, &chunk(), Talk { memory: None, reply: None }) {
            Step::Stop(failure) => assert!(failure.what.contains("JSON"), "{failure}"),
            other => panic!("{other:?}"),
        }
    }

    fn fates(status: u16, body: &str) -> String {
        let reply = Reply::of(status, body);
        let talk = Talk { memory: None, reply: Some(&reply) };
        match Webhook.step(&settings(&[]), &chunk(), talk) {
            Step::Done(fates) => format!("{fates:?}"),
            Step::AllRefused(message) => format!("refused: {message}"),
            Step::Stop(failure) => format!("stop: {failure}"),
            Step::Ask { .. } => "asks again".into(),
        }
    }

    #[test]
    fn replies_are_read() {
        assert_eq!(fates(200, ""), "[Accepted, Accepted]");
        assert_eq!(
            fates(207, r#"{"errors":[{"index":1,"message":"no","retry":true}]}"#),
            r#"[Accepted, Rejected { message: "no", again: true }]"#
        );
        assert!(fates(200, r#"{"errors":[{"index":9,"message":"x"}]}"#).contains("no row of"));
        assert!(fates(200, r#"{"accepted":0}"#).contains("0 rows were accepted"));
        assert!(fates(422, r#"{"message":"bad"}"#).starts_with("refused: bad"));
        assert!(fates(404, "").starts_with("stop: "));
    }
}
