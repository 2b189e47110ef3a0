//! What several destinations do alike: finding a row's identifier, reading refusals, and saying
//! which rows may be removed.

use super::{Chunk, Reply, Row, Settings, Step};
use crate::model::activation::{Fate, Mode, Op};
use crate::model::failure::Failure;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// What to write where a field for members is asked for.
pub(super) const MEMBER_HINT: &str = "a name, set to true for members and to false for who left; \
     without one, nobody is removed";

/// An identifier as text: a number is written in digits; what is empty counts as none.
pub(super) fn identifier(fields: &Map<String, Value>, name: &str) -> Option<String> {
    match fields.get(name)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The first of some identifiers that a row has, with its name.
pub(super) fn first<'n>(
    fields: &Map<String, Value>,
    names: &[&'n str],
) -> Option<(&'n str, String)> {
    names.iter().find_map(|name| identifier(fields, name).map(|text| (*name, text)))
}

/// What a reply without success means: a wrong address stops the sync; anything else refuses the
/// request as a whole, because of one or some of its rows.
pub(super) fn refused(reply: &Reply, who: &str, place: &str, hint: &str) -> Step {
    match reply.status {
        300..=399 | 404 | 405 | 410 => {
            Step::Stop(Failure::new(format!("{who} answers {}", reply.message()), place, hint))
        }
        _ => Step::AllRefused(reply.message()),
    }
}

/// Every row may or may not have arrived, because a reply of success cannot be read.
pub(super) fn unreadable(chunk: &Chunk, reply: &Reply, who: &str) -> Step {
    let message = format!("{who} answers what it should not: {}", reply.message());
    all_unknown(chunk, &message)
}

/// Every row may or may not have arrived.
pub(super) fn all_unknown(chunk: &Chunk, message: &str) -> Step {
    let fate = Fate::Unknown { message: message.to_owned() };
    Step::Done(vec![fate; chunk.rows.len()])
}

/// A refusal for good.
pub(super) fn rejected(message: impl Into<String>) -> Fate {
    Fate::Rejected { message: message.into(), again: false }
}

/// Takes back what was believed to be accepted.
pub(super) fn doubt(fates: &mut [Fate], message: &str) {
    for fate in fates.iter_mut().filter(|fate| **fate == Fate::Accepted) {
        *fate = Fate::Unknown { message: message.to_owned() };
    }
}

/// An index in a reply as a place among rows.
pub(super) fn place_of(index: &Value) -> Option<usize> {
    index.as_u64().and_then(|index| usize::try_from(index).ok())
}

/// Adding and updating; with the named setting, removing too.
pub(super) fn modes_with(settings: &Settings, name: &str) -> &'static [Mode] {
    match settings.text(name) {
        "" => &[Mode::Upsert],
        _ => &Mode::ALL,
    }
}

/// The field that says who is a member, and what it is set to by a change.
pub(super) fn member(settings: &Settings, name: &str, op: Op) -> Option<(String, Value)> {
    let field = settings.text(name);
    (!field.is_empty()).then(|| (field.to_owned(), Value::Bool(op != Op::Remove)))
}

/// A setting that becomes a part of an address, such as a list's id.
///
/// # Errors
/// When it holds more than letters, digits, `_`, `-` and `.`: it would lead to another address.
pub(super) fn path_part<'s>(settings: &'s Settings, name: &str) -> Result<&'s str, Failure> {
    let text = settings.text(name);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if !text.is_empty() && text.chars().all(is_plain) && text.chars().any(|c| c != '.') {
        return Ok(text);
    }
    Err(Failure::wrong_use(
        format!("{name} is {text}, which is no id or name"),
        format!("in the destination {}", settings.name),
        "write letters, digits, _, - and . only",
    ))
}

/// The rows whose identifier stands in an earlier row already. Where a reply tells rows by their
/// identifiers, only the first of them can be sent.
pub(super) fn doubles(ids: impl Iterator<Item = String>) -> BTreeSet<usize> {
    let mut seen = BTreeSet::new();
    ids.enumerate().filter_map(|(n, id)| (!seen.insert(id)).then_some(n)).collect()
}

/// An identifier as it is compared: addresses are the same in whatever case, ids are not.
pub(super) fn compared(name: &str, id: &str) -> String {
    match name.contains("email") {
        true => id.to_lowercase(),
        false => id.to_owned(),
    }
}

/// What is said of a row that [`doubles`] finds.
pub(super) fn double(name: &str, row: &Row) -> Fate {
    rejected(format!(
        "an earlier row has the same {name} as the row with key {}, so that only the earlier one \
         was sent",
        row.key
    ))
}

/// Text as a part of an address: all but letters, digits and `-._~` in hexadecimal.
pub(super) fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                out.push(char::from(byte));
            }
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// Settings, chunks and talks for the tests of destinations.
#[cfg(test)]
pub(super) mod testing {
    use super::super::{Kind, Request, Rows, Takes, Talk};
    use super::*;
    use crate::model::activation::{SavedDestination, Secret};

    /// Settings as they are read from `muster.yaml`, defaults and all. Each secret is itself.
    pub(crate) fn settings(kind: &Kind, values: &[(&str, &str)]) -> Settings {
        let saved = SavedDestination {
            name: "test".into(),
            kind: kind.name.into(),
            settings: values.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect(),
        };
        Settings::read(&saved, kind.settings, &|text| Ok(Secret::new(text))).unwrap()
    }

    /// A chunk of rows that are changed so and hold this.
    pub(crate) fn chunk(rows: &[(Op, &str)]) -> Chunk {
        let row = |(n, (op, data)): (usize, &(Op, &str))| Row {
            op: *op,
            key: format!("k{n}"),
            data: (*data).to_owned(),
        };
        Chunk {
            run: "7".into(),
            number: 1,
            id: "abc".into(),
            mode: Mode::Mirror,
            rows: rows.iter().enumerate().map(row).collect(),
        }
    }

    /// How a kind takes rows.
    pub(crate) fn rows(kind: &Kind) -> &'static dyn Rows {
        match kind.takes {
            Takes::Rows(rows) => rows,
            _ => panic!("{} takes no rows", kind.name),
        }
    }

    /// The next step.
    pub(crate) fn step(
        kind: &Kind,
        settings: &Settings,
        chunk: &Chunk,
        memory: Option<&str>,
        reply: Option<(u16, &str)>,
    ) -> Step {
        let reply = reply.map(|(status, body)| Reply::of(status, body));
        let talk = Talk { memory, reply: reply.as_ref() };
        rows(kind).step(settings, chunk, talk)
    }

    /// The request of a step, and what is to be remembered.
    pub(crate) fn asked(step: Step) -> (Request, Option<String>) {
        match step {
            Step::Ask { request, memory, .. } => (request, memory),
            other => panic!("no request: {other:?}"),
        }
    }

    /// A request's body.
    pub(crate) fn body(request: &Request) -> Value {
        serde_json::from_slice(request.body.bytes()).unwrap()
    }

    /// A step in short: `+` accepted, `-` rejected, `~` rejected but worth a second try, `?`
    /// unknown, with their messages after.
    pub(crate) fn told(step: Step) -> String {
        match step {
            Step::Done(fates) => {
                let mut signs = String::new();
                let mut words = String::new();
                for fate in fates {
                    let (sign, message) = match fate {
                        Fate::Accepted => ('+', String::new()),
                        Fate::Rejected { message, again: false } => ('-', message),
                        Fate::Rejected { message, again: true } => ('~', message),
                        Fate::Unknown { message } => ('?', message),
                    };
                    signs.push(sign);
                    if !message.is_empty() {
                        words = format!("{words} | {message}");
                    }
                }
                signs + &words
            }
            Step::AllRefused(message) => format!("refused: {message}"),
            Step::Stop(failure) => format!("stop: {failure}"),
            Step::Ask { request, .. } => format!("asks {}", request.url),
        }
    }

    /// The answer to the first request, in short.
    pub(crate) fn after(
        kind: &Kind,
        settings: &Settings,
        chunk: &Chunk,
        status: u16,
        body: &str,
    ) -> String {
        told(step(kind, settings, chunk, None, Some((status, body))))
    }

    #[test]
    fn identifiers_are_text() {
        let fields = serde_json::json!({"a": 12, "b": " ", "c": null, "d": "x"});
        let fields = fields.as_object().unwrap();
        assert_eq!(first(fields, &["c", "b", "a", "d"]), Some(("a", "12".to_owned())));
        assert_eq!(first(fields, &["b", "c", "e"]), None);
    }

    #[test]
    fn only_later_rows_are_doubles() {
        let ids = ["a@b.c", "x@y.z", "A@B.C"].map(|id| compared("email", id));
        assert_eq!(doubles(ids.into_iter()).into_iter().collect::<Vec<_>>(), [2]);
        let ids = ["x", "X", "x"].map(|id| compared("userId", id));
        assert_eq!(doubles(ids.into_iter()).into_iter().collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn a_setting_cannot_lead_to_another_address() {
        let part = |text: &str| path_part(&Settings::of(&[("list", text)], &[]), "list").is_ok();
        assert!(part("a1-B_2"));
        assert!(!part("1/../../x") && !part("..") && !part("") && !part("a?b"));
    }
}
