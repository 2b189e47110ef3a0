//! The mapping as rows that can be edited: a field of the destination, and where its value comes
//! from.

use serde_json::{Map, Value};

/// One field of the destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MappingRow {
    /// The field's name in the payload.
    pub field: String,
    /// What it is called on screen, when the destination has a name for it.
    pub label: Option<&'static str>,
    /// Whether the destination knows people by it.
    pub is_identifier: bool,
    /// Where its value comes from.
    pub origin: Origin,
    /// What else is said about it: a default, a hash.
    pub more: Map<String, Value>,
    /// As it was written. One mapping written in two ways would pass for a changed one.
    kept: Option<Value>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It is not sent.
    Nothing,
    /// A feature.
    Feature(String),
    /// The same for everyone.
    Constant(String),
    /// A text with features in it: `{{ first }} {{ last }}`.
    Template(String),
}

/// How a value is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOption {
    /// A missing value is sent, and erases what is there.
    SendMissing,
    /// It is sent only with members that are new.
    OnlyWhenNew,
}

impl RowOption {
    /// Both.
    pub const ALL: [Self; 2] = [Self::SendMissing, Self::OnlyWhenNew];

    /// The word for it in `muster.yaml`.
    fn word(self) -> &'static str {
        match self {
            Self::SendMissing => "send_missing",
            Self::OnlyWhenNew => "set_if_empty",
        }
    }

    /// What it is called on screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::SendMissing => "Send a missing value too, which erases what is there",
            Self::OnlyWhenNew => "Send it only with new members",
        }
    }
}

impl MappingRow {
    /// A field that is not sent.
    pub fn new(field: &str) -> Self {
        let field = field.to_owned();
        let (label, origin, more) = (None, Origin::Nothing, Map::new());
        Self { field, label, is_identifier: false, origin, more, kept: None }
    }

    /// A field as it stands in a mapping.
    pub fn read(field: &str, value: &Value) -> Self {
        let mut row = Self { kept: Some(value.clone()), ..Self::new(field) };
        match value {
            Value::Object(said) => {
                row.more = said.clone();
                for key in ["feature", "template", "constant"] {
                    if let Some(value) = row.more.remove(key) {
                        row.origin = origin(key, &value);
                    }
                }
            }
            Value::String(text) if text.contains("{{") => {
                row.origin = Origin::Template(text.clone());
            }
            Value::String(text) => row.origin = Origin::Feature(text.clone()),
            constant => row.origin = origin("constant", constant),
        }
        row
    }

    /// As it is written in a mapping; nothing when it is not sent.
    pub fn written(&self) -> Option<Value> {
        if let Some(kept) = &self.kept {
            let before = Self::read(&self.field, kept);
            if before.origin == self.origin && before.more == self.more {
                return Some(kept.clone());
            }
        }
        let (key, value) = match &self.origin {
            Origin::Nothing => return None,
            Origin::Feature(name) => ("feature", Value::from(name.as_str())),
            Origin::Template(text) => ("template", Value::from(text.as_str())),
            Origin::Constant(text) => ("constant", constant(text)),
        };
        // The short form says the same, where it is read back as the same.
        let short = match &self.origin {
            Origin::Feature(name) => !name.contains("{{"),
            Origin::Template(text) => text.contains("{{"),
            _ => !value.is_string() && !value.is_null(),
        };
        if self.more.is_empty() && short {
            return Some(value);
        }
        let mut said = Map::new();
        said.insert(key.to_owned(), value);
        said.extend(self.more.clone());
        Some(Value::Object(said))
    }

    /// Whether an option is on.
    pub fn has(&self, option: RowOption) -> bool {
        self.more.get(option.word()) == Some(&Value::Bool(true))
    }

    /// Switches an option on or off.
    pub(super) fn set(&mut self, option: RowOption, on: bool) {
        match on {
            true => self.more.insert(option.word().to_owned(), Value::Bool(true)),
            false => self.more.remove(option.word()),
        };
    }

    /// Whether its origin lacks what it needs.
    pub(super) fn is_incomplete(&self) -> bool {
        match &self.origin {
            Origin::Nothing => false,
            Origin::Feature(text) | Origin::Template(text) | Origin::Constant(text) => {
                text.trim().is_empty() || self.field.trim().is_empty()
            }
        }
    }
}

fn origin(key: &str, value: &Value) -> Origin {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match key {
        "feature" => Origin::Feature(text),
        "template" => Origin::Template(text),
        _ => Origin::Constant(text),
    }
}

/// A constant as a person types it: numbers and yes or no are themselves.
fn constant(text: &str) -> Value {
    match serde_json::from_str(text.trim()) {
        Ok(value @ (Value::Number(_) | Value::Bool(_))) => value,
        _ => Value::from(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_back_and_written_the_same() {
        for value in [
            json!("email"),
            json!("{{ first }} {{ last }}"),
            json!(7),
            json!(true),
            json!({"constant": "gold"}),
            json!({"feature": "plan"}),
            json!({"feature": "plan", "send_missing": true}),
            json!({"template": "all", "default": "x"}),
            json!({"feature": "email", "hash": true, "normalise": "email"}),
        ] {
            let row = MappingRow::read("field", &value);
            assert_eq!(row.written(), Some(value));
        }
        assert_eq!(MappingRow::new("field").written(), None);
    }

    #[test]
    fn options_are_switched_on_and_off() {
        let mut row = MappingRow::read("field", &json!("plan"));
        row.set(RowOption::SendMissing, true);
        assert_eq!(row.written(), Some(json!({"feature": "plan", "send_missing": true})));
        row.set(RowOption::SendMissing, false);
        assert_eq!(row.written(), Some(json!("plan")));
    }
}
