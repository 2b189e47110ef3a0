//! Which type the values of a key get, so that none is lost, and what is told about it.

use super::numbers::NumberType;
use super::shape::{Fields, Shape};
use crate::model::catalog::Conversion;
use crate::model::finding::Severity;
use crate::sources::names::counted;
use crate::sources::seen::{Seen, Tally};
use crate::sources::texts::{TextType, Texts};

/// So many of a column's texts that are no moments, of a hundred, are told one by one; of more it
/// is not a column of moments.
const ODD_MAX: u64 = 20;

/// A column's type, and what it is converted to afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Typed {
    pub type_name: String,
    pub then: Option<Conversion>,
}

impl Typed {
    fn of(type_name: impl Into<String>) -> Self {
        Self { type_name: type_name.into(), then: None }
    }
}

/// Something to tell about a column.
#[derive(Debug)]
pub(super) struct Note {
    pub severity: Severity,
    pub message: String,
    pub seen: Option<Seen>,
    /// Whether what was seen is shown as an example.
    pub with_example: bool,
    pub hint: &'static str,
}

impl Note {
    /// A note about what was seen, with it as an example.
    pub(super) fn seen(
        severity: Severity,
        message: String,
        seen: Option<Seen>,
        hint: &'static str,
    ) -> Self {
        Self { severity, message, seen, with_example: true, hint }
    }

    /// A note about a place.
    pub(super) fn at(severity: Severity, message: String, seen: Option<Seen>) -> Self {
        Self { severity, message, seen, with_example: false, hint: "" }
    }
}

/// The type of the values of a key; `name` is what a person calls it.
pub(super) fn typed(name: &str, shape: &Shape, notes: &mut Vec<Note>) -> Typed {
    let kinds = shape.kinds();
    let [(only, _)] = kinds.as_slice() else {
        if !kinds.is_empty() {
            notes.push(mixed(name, &kinds));
        }
        return Typed::of("VARCHAR");
    };
    match *only {
        "yes/no" => Typed::of("BOOLEAN"),
        "number" => Typed::of(number(name, shape, notes)),
        "text" => text(name, &shape.texts, notes),
        "list" => Typed::of(list(name, shape, notes)),
        _ => Typed::of(object(name, shape.fields.as_deref(), notes)),
    }
}

/// The type of a value within another: there it cannot be converted afterwards.
fn nested(name: &str, shape: &Shape, notes: &mut Vec<Note>) -> String {
    let typed = typed(name, shape, notes);
    match typed.then {
        Some(_) => "VARCHAR".to_owned(),
        None => typed.type_name,
    }
}

fn mixed(name: &str, kinds: &[(&'static str, &Tally)]) -> Note {
    let several = |kind: &'static str| match kind {
        "yes/no" => "yes/no",
        "number" => "numbers",
        "text" => "texts",
        "list" => "lists",
        _ => "objects",
    };
    let told: Vec<String> = kinds
        .iter()
        .rev()
        .map(|(kind, tally)| format!("{} ({})", several(kind), tally.count))
        .collect();
    let rarest = kinds.first().and_then(|(_, tally)| tally.first.clone());
    let message = format!("{name} holds {}: all are read as text", told.join(" and "));
    let hint = "compare it with text, or correct the rarer kind in the file";
    Note::seen(Severity::Warning, message, rarest, hint)
}

fn number(name: &str, shape: &Shape, notes: &mut Vec<Note>) -> String {
    let numbers = &shape.numbers;
    let type_name = match numbers.type_name() {
        NumberType::Named(type_name) => type_name,
        NumberType::Text => {
            let seen = numbers.changed_whole.first.clone().or(numbers.changed.first.clone());
            let seen = seen.or(numbers.all.first.clone());
            let message = format!("{name} is kept as text: no number type keeps all its digits");
            let hint = "compare it with text";
            notes.push(Note::seen(Severity::Warning, message, seen, hint));
            return "VARCHAR".to_owned();
        }
    };
    if numbers.changed.count > 0 {
        let count = counted(numbers.changed.count, "number");
        let message =
            format!("{count} of {name} with more digits than a float holds, rounded to 17 digits");
        let hint = "write such numbers in quotes to keep all their digits, as text";
        let first = numbers.changed.first.clone();
        notes.push(Note::seen(Severity::Warning, message, first, hint));
    }
    type_name
}

fn text(name: &str, texts: &Texts, notes: &mut Vec<Note>) -> Typed {
    let type_name = match texts.type_of() {
        TextType::Text => {
            notes.extend(odd_moment(name, texts));
            return Typed::of("VARCHAR");
        }
        TextType::Day => "DATE",
        TextType::Moment => "TIMESTAMP",
        TextType::FineMoment => "TIMESTAMP_NS",
        TextType::Instant => "TIMESTAMP WITH TIME ZONE",
    };
    if texts.empty.count > 0 {
        let count = counted(texts.empty.count, "empty text");
        let what = if texts.days.count == texts.moments() { "dates" } else { "timestamps" };
        let message = format!("{count} among the {what} of {name} read as missing");
        let seen = texts.empty.first.clone();
        notes.push(Note::at(Severity::Note, message, seen));
    }
    if texts.days.count > 0 && texts.local.count > 0 {
        let count = counted(texts.days.count, "day");
        let message = format!("{count} among the timestamps of {name} read as 00:00 of that day");
        let seen = texts.days.first.clone();
        notes.push(Note::at(Severity::Note, message, seen));
    }
    if texts.fine.count > 0 {
        let count = counted(texts.fine.count, "timestamp");
        let message =
            format!("{count} of {name} finer than a microsecond: rounded to the microsecond");
        let seen = texts.fine.first.clone();
        notes.push(Note::at(Severity::Note, message, seen));
    }
    if texts.empty.count > 0 || texts.spaced {
        let then = Conversion::MomentText { type_name: type_name.to_owned() };
        return Typed { type_name: "VARCHAR".to_owned(), then: Some(then) };
    }
    Typed::of(type_name)
}

/// What is told when nearly all texts are days or moments.
fn odd_moment(name: &str, texts: &Texts) -> Option<Note> {
    let moments = texts.moments();
    let local = texts.days.count + texts.local.count;
    let (odd, why) = match texts.other.count {
        0 if moments == 0 => return None,
        0 if local > 0 && texts.offset.count > 0 && local <= texts.offset.count => {
            let odd = if texts.days.count > 0 { &texts.days } else { &texts.local };
            (odd, "without an offset from UTC, others have one".to_owned())
        }
        0 => (&texts.offset, "with an offset from UTC, others have none".to_owned()),
        n if n * 100 <= moments * ODD_MAX => (&texts.other, "not a date".to_owned()),
        _ => return None,
    };
    let message = format!("{name} is kept as text: {} of {} is {why}", odd.count, texts.all.count);
    let hint = "write all of them in the same way, such as 2025-11-25T10:00:00Z";
    Some(Note::seen(Severity::Note, message, odd.first.clone(), hint))
}

fn list(name: &str, shape: &Shape, notes: &mut Vec<Note>) -> String {
    match &shape.items {
        Some(items) => format!("{}[]", nested(&format!("{name}[]"), items, notes)),
        None => "JSON".to_owned(),
    }
}

fn object(name: &str, fields: Option<&Fields>, notes: &mut Vec<Note>) -> String {
    let json = "JSON".to_owned();
    let Some(fields) = fields.filter(|fields| !fields.list.is_empty()) else { return json };
    if fields.beyond.count > 0 {
        let message = format!(
            "{name} has more than {} different keys: it is kept as one JSON value",
            fields.list.len()
        );
        let seen = fields.beyond.first.clone();
        notes.push(Note::at(Severity::Note, message, seen));
        return json;
    }
    let twin = fields.list.iter().enumerate().find(|(i, field)| field.same_as != *i);
    if let Some((_, twin)) = twin {
        let message = format!(
            "{name} has the keys {} and {}, which differ only in case: it is kept as one JSON \
             value",
            fields.list[twin.same_as].key, twin.key
        );
        let seen = None;
        notes.push(Note::at(Severity::Note, message, seen));
        return json;
    }
    if fields.list.iter().any(|field| field.key.is_empty() || field.key.contains('\0')) {
        return json;
    }
    notes.extend(doubled(name, fields));
    let types = fields.list.iter().map(|field| {
        let type_name = nested(&format!("{name}.{}", field.key), &field.shape, notes);
        format!("\"{}\" {type_name}", field.key.replace('"', "\"\""))
    });
    format!("STRUCT({})", types.collect::<Vec<_>>().join(", "))
}

/// What is told about keys that one object has twice.
pub(super) fn doubled(name: &str, fields: &Fields) -> Option<Note> {
    let seen = fields.doubled.first.clone()?;
    let count = counted(fields.doubled.count, "time");
    let of = if name.is_empty() { String::new() } else { format!(" of {name}") };
    let message = format!("a key{of} is twice in one object ({count}): the first counts");
    let hint = "remove the second from the file";
    Some(Note::seen(Severity::Warning, message, Some(seen), hint))
}

#[cfg(test)]
mod tests {
    use super::super::text::Cursor;
    use super::*;
    use crate::sources::seen::CellPlace;

    fn of(values: &[&str]) -> (Typed, Vec<String>) {
        let mut shape = Shape::default();
        for value in values {
            shape.take(&mut Cursor::new(value.as_bytes()), &CellPlace::default()).unwrap();
        }
        let mut notes = Vec::new();
        let typed = typed("x", &shape, &mut notes);
        (typed, notes.into_iter().map(|note| note.message).collect())
    }

    #[test]
    fn values_of_one_kind_keep_it() {
        for (values, type_name) in [
            (&["true", "null"][..], "BOOLEAN"),
            (&["null"], "VARCHAR"),
            (&["\"a\"", "\"007\""], "VARCHAR"),
            (&["[1]", "[]", "[2.5]"], "DOUBLE[]"),
            (&["[]"], "VARCHAR[]"),
            (&["{}"], "JSON"),
            (
                &["{\"a\":1}", "{\"b\":[{\"c\":\"2025-01-01\"}]}"],
                "STRUCT(\"a\" BIGINT, \"b\" STRUCT(\"c\" DATE)[])",
            ),
            (&["{\"a\\\"b\":1}"], "STRUCT(\"a\"\"b\" BIGINT)"),
        ] {
            let (typed, notes) = of(values);
            assert_eq!((typed, notes), (Typed::of(type_name), Vec::new()), "{values:?}");
        }
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let (typed, notes) = of(&["1", "2", "\"n/a\""]);
        assert_eq!(typed, Typed::of("VARCHAR"));
        assert_eq!(notes, ["x holds numbers (2) and texts (1): all are read as text"]);
        let (typed, notes) = of(&["{\"a\":1,\"A\":2}"]);
        assert_eq!(typed, Typed::of("JSON"));
        assert!(notes[0].contains("a and A"), "{notes:?}");
        let dates = ["\"2025-01-01\""; 9];
        let (typed, notes) = of(&[&dates[..], &["\"soon\""]].concat());
        assert_eq!(typed, Typed::of("VARCHAR"));
        assert!(notes[0].contains("1 of 10 is not a date"), "{notes:?}");
        let (typed, notes) = of(&[&dates[..], &["\"\""]].concat());
        assert_eq!(typed.then, Some(Conversion::MomentText { type_name: "DATE".into() }));
        assert!(notes[0].contains("read as missing"), "{notes:?}");
    }
}
