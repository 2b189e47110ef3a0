//! The destination that is chosen or set up on the sheet.

use crate::destinations::settings::Nature;
use crate::destinations::{Field, Kind, Setting, Settings, Takes};
use crate::model::activation::{Mode, SavedDestination, Secret};
use crate::model::failure::Failure;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A destination, kept or new, with its settings as they are typed.
#[derive(Clone)]
pub struct Place {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: &'static Kind,
    /// Whether it is one that the workspace keeps.
    pub is_kept: bool,
    texts: BTreeMap<&'static str, String>,
    /// Settings that this version does not know stay as they are.
    others: Map<String, Value>,
}

impl Place {
    /// A new one of a kind.
    pub(super) fn new(kind: &'static Kind, name: String) -> Self {
        let (texts, others) = (BTreeMap::new(), Map::new());
        Self { name, kind, is_kept: false, texts, others }
    }

    /// A kept one.
    pub(super) fn of(saved: &SavedDestination, kind: &'static Kind) -> Self {
        let mut place = Self { is_kept: true, ..Self::new(kind, saved.name.clone()) };
        place.others = saved.settings.clone();
        for setting in kind.settings {
            if let Some(value) = place.others.remove(setting.name) {
                place.texts.insert(setting.name, typed(&value));
            }
        }
        place
    }

    /// A setting as it is typed.
    pub fn text(&self, setting: &Setting) -> &str {
        self.texts.get(setting.name).map_or("", String::as_str)
    }

    /// Sets a setting.
    pub(super) fn set(&mut self, name: &'static str, text: String) {
        match text.is_empty() {
            true => self.texts.remove(name),
            false => self.texts.insert(name, text),
        };
    }

    /// Why a setting does not do, as a phrase.
    pub fn error(&self, setting: &Setting) -> Option<String> {
        setting_error(setting, self.text(setting))
    }

    /// Whether every setting does.
    pub fn is_complete(&self) -> bool {
        self.kind.settings.iter().all(|setting| self.error(setting).is_none())
    }

    /// As the workspace keeps it.
    pub fn saved(&self) -> SavedDestination {
        let mut settings = self.others.clone();
        for setting in self.kind.settings {
            let text = self.text(setting);
            if !text.trim().is_empty() {
                settings.insert(setting.name.to_owned(), value(setting.nature, text));
            }
        }
        SavedDestination { name: self.name.clone(), kind: self.kind.name.to_owned(), settings }
    }

    /// Its settings as far as they are known, without any secret.
    fn settings(&self) -> Settings {
        let covered = |_: &str| -> Result<Secret, Failure> { Ok(Secret::new("secret")) };
        Settings::read(&self.saved(), self.kind.settings, &covered).unwrap_or_default()
    }

    /// The fields that it knows, and whether others may be mapped.
    pub(super) fn fields(&self) -> (Vec<Field>, bool) {
        match self.kind.takes {
            Takes::Rows(rows) => (rows.fields(&self.settings()), rows.is_open()),
            Takes::File(files) => (files.fields(&self.settings()), files.is_open()),
            Takes::Table => (Vec::new(), true),
            Takes::Start(_) | Takes::Notice(_) => (Vec::new(), false),
        }
    }

    /// The modes that it can do; none where no members are sent.
    pub fn modes(&self) -> &'static [Mode] {
        match self.kind.takes {
            Takes::Rows(rows) => rows.modes(&self.settings()),
            Takes::File(_) | Takes::Table => &Mode::ALL,
            Takes::Start(_) | Takes::Notice(_) => &[],
        }
    }

    /// Whether members are sent there, and not only a job is started.
    pub fn takes_members(&self) -> bool {
        matches!(self.kind.takes, Takes::Rows(_) | Takes::File(_) | Takes::Table)
    }

    /// Whether fields of one's own may be mapped.
    pub fn is_open(&self) -> bool {
        self.fields().1
    }

    /// Whether it is the practice inbox.
    pub fn is_practice(&self) -> bool {
        std::ptr::eq(self.kind, crate::destinations::practice())
    }
}

/// Why the text of a setting does not do, as a phrase. What it lets through, the destination reads.
fn setting_error(setting: &Setting, text: &str) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return setting.is_required.then(|| "this is needed".to_owned());
    }
    let fault = match setting.nature {
        Nature::Secret if !is_reference(text) => {
            "write env:NAME or keyring:NAME, where the secret is, and never the secret itself"
        }
        Nature::Url if !(text.starts_with("https://") || text.starts_with("http://")) => {
            "it begins with https://"
        }
        Nature::Number if text.parse::<u64>().is_err() => "a whole number",
        Nature::Flag if !["true", "false"].contains(&text) => "true or false",
        Nature::Choice(words) if !words.contains(&text) => "one of those offered",
        Nature::Pairs if pairs(text).is_none() => "a name, a colon and a value per line",
        _ => return None,
    };
    Some(fault.to_owned())
}

/// Whether a text says where a secret is.
fn is_reference(text: &str) -> bool {
    let name = text.strip_prefix("env:").or_else(|| text.strip_prefix("keyring:"));
    name.is_some_and(|name| !name.trim().is_empty())
}

fn typed(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(pairs) => {
            let lines: Vec<String> =
                pairs.iter().map(|(name, value)| format!("{name}: {}", typed(value))).collect();
            lines.join("\n")
        }
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn value(nature: Nature, text: &str) -> Value {
    let trimmed = text.trim();
    match nature {
        Nature::Number => trimmed.parse::<u64>().map_or_else(|_| trimmed.into(), Value::from),
        Nature::Flag => trimmed.parse::<bool>().map_or_else(|_| trimmed.into(), Value::Bool),
        Nature::Pairs => pairs(text).map_or_else(|| trimmed.into(), Value::Object),
        Nature::Template => text.into(),
        _ => trimmed.into(),
    }
}

/// Names and values, one per line.
fn pairs(text: &str) -> Option<Map<String, Value>> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let pair = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let name = name.trim();
        (!name.is_empty()).then(|| (name.to_owned(), Value::from(value.trim())))
    };
    lines.map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destinations::{KINDS, kind};
    use serde_json::json;

    fn saved(kind: &str, settings: Value) -> SavedDestination {
        let Value::Object(settings) = settings else { panic!("an object") };
        SavedDestination { name: "there".into(), kind: kind.into(), settings }
    }

    #[test]
    fn a_kept_destination_is_kept_as_it_was() {
        let hook = saved(
            "webhook",
            json!({
                "url": "https://example.com/rows",
                "secret": "env:HOOK",
                "batch": 50,
                "safe_to_repeat": true,
                "headers": {"X-Team": "growth"},
                "of_a_later_version": [1, 2],
            }),
        );
        let place = Place::of(&hook, kind("webhook").unwrap());
        assert!(place.is_complete());
        assert_eq!(place.saved(), hook);
    }

    #[test]
    fn a_secret_itself_is_never_taken() {
        for text in ["hunter2", "env:", "keyring: ", "sk_live:123", "environment"] {
            let mut place = Place::new(kind("webhook").unwrap(), "hook".into());
            place.set("url", "https://example.com".into());
            place.set("secret", text.into());
            assert!(!place.is_complete(), "{text}");
        }
    }

    /// What the sheet lets through, reading the settings lets through, for every kind.
    #[test]
    fn complete_settings_are_read_by_their_kind() {
        for kind in KINDS {
            let mut place = Place::new(kind, "there".into());
            for setting in kind.settings {
                let text = match setting.nature {
                    Nature::Url => "https://example.com",
                    Nature::Number => "12",
                    Nature::Flag => "true",
                    Nature::Secret => "env:TOKEN",
                    Nature::Choice(words) => words[0],
                    Nature::Pairs => "X-Team: growth\nX-More: a:b",
                    Nature::Text | Nature::Template | Nature::Folder => "text",
                };
                let is_needed = place.error(setting).is_some();
                assert_eq!(is_needed, setting.is_required, "{} of {}", setting.name, kind.name);
                place.set(setting.name, text.into());
            }
            assert!(place.is_complete(), "{}", kind.name);
            let covered = |_: &str| -> Result<Secret, Failure> { Ok(Secret::new("s")) };
            let read = Settings::read(&place.saved(), kind.settings, &covered);
            assert!(read.is_ok(), "{}: {}", kind.name, read.unwrap_err());
        }
    }
}
