//! What a destination asks for, and what a person answered.

use crate::model::activation::{SavedDestination, Secret};
use crate::model::failure::Failure;
use crate::model::nearest::nearest;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// One thing that a destination asks for.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its name in `muster.yaml`.
    pub name: &'static str,
    /// What it is called on screen.
    pub label: &'static str,
    /// What to put there.
    pub hint: &'static str,
    /// What it holds.
    pub nature: Nature,
    /// Whether it must be given.
    pub is_required: bool,
    /// What it is when it is not given.
    pub default: &'static str,
}

/// What a setting holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// Text of one line.
    Text,
    /// An address that begins with `http://` or `https://`.
    Url,
    /// A whole number.
    Number,
    /// Yes or no.
    Flag,
    /// `env:NAME` or `keyring:NAME`: where the secret is.
    Secret,
    /// One of some words.
    Choice(&'static [&'static str]),
    /// A template of text.
    Template,
    /// Names and values: headers.
    Pairs,
    /// A folder.
    Folder,
}

impl Setting {
    /// A setting that must be given.
    pub const fn required(
        name: &'static str,
        label: &'static str,
        nature: Nature,
        hint: &'static str,
    ) -> Self {
        Self { name, label, hint, nature, is_required: true, default: "" }
    }

    /// A setting that may go without.
    pub const fn optional(
        name: &'static str,
        label: &'static str,
        nature: Nature,
        hint: &'static str,
        default: &'static str,
    ) -> Self {
        Self { name, label, hint, nature, is_required: false, default }
    }
}

/// The answers, each of the nature that was asked for, and the secrets themselves.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The destination's name.
    pub name: String,
    values: Map<String, Value>,
    secrets: BTreeMap<String, Secret>,
}

impl Settings {
    /// The settings of a destination. `secret` finds what stands behind `env:NAME`.
    ///
    /// # Errors
    /// When a setting is unknown, missing or of another nature, or a secret is not found.
    pub fn read(
        saved: &SavedDestination,
        asked: &[Setting],
        secret: &dyn Fn(&str) -> Result<Secret, Failure>,
    ) -> Result<Self, Failure> {
        let place = format!("in the destination {}", saved.name);
        let names: Vec<&str> = asked.iter().map(|setting| setting.name).collect();
        for name in saved.settings.keys() {
            if !names.contains(&name.as_str()) {
                let hint = match nearest(name, names.iter().copied()) {
                    Some(near) => format!("write {near}"),
                    None => format!("it has {}", names.join(", ")),
                };
                let what = format!("{} has no setting {name}", saved.kind);
                return Err(Failure::wrong_use(what, place, hint));
            }
        }
        let mut read = Self { name: saved.name.clone(), ..Self::default() };
        for setting in asked {
            match saved.settings.get(setting.name) {
                None | Some(Value::Null) if setting.is_required => {
                    let what = format!("{} is not set", setting.name);
                    return Err(Failure::wrong_use(what, place, setting.hint));
                }
                None | Some(Value::Null) => {}
                Some(value) => read.take(setting, value, &place, secret)?,
            }
            if !setting.default.is_empty() && !read.values.contains_key(setting.name) {
                read.values.insert(setting.name.to_owned(), setting.default.into());
            }
        }
        Ok(read)
    }

    fn take(
        &mut self,
        setting: &Setting,
        value: &Value,
        place: &str,
        secret: &dyn Fn(&str) -> Result<Secret, Failure>,
    ) -> Result<(), Failure> {
        let wrong = |wanted: &str| {
            let what = format!("{} is not {wanted}", setting.name);
            Failure::wrong_use(what, place.to_owned(), setting.hint)
        };
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match setting.nature {
            Nature::Secret => {
                let found = secret(&text).map_err(|failure| Failure {
                    place: format!("{} {place}", setting.name),
                    ..failure
                })?;
                self.secrets.insert(setting.name.to_owned(), found);
                return Ok(());
            }
            Nature::Pairs if !value.is_object() => return Err(wrong("names and values")),
            Nature::Url if !(text.starts_with("https://") || text.starts_with("http://")) => {
                return Err(wrong("an address that begins with https://"));
            }
            Nature::Number if text.parse::<u64>().is_err() => return Err(wrong("a whole number")),
            Nature::Flag if !["true", "false"].contains(&text.as_str()) => {
                return Err(wrong("true or false"));
            }
            Nature::Choice(words) if !words.contains(&text.as_str()) => {
                return Err(wrong(&format!("one of {}", words.join(", "))));
            }
            Nature::Pairs => {
                self.values.insert(setting.name.to_owned(), value.clone());
                return Ok(());
            }
            _ => {}
        }
        self.values.insert(setting.name.to_owned(), text.into());
        Ok(())
    }

    /// Settings for tests: values as text, secrets by name.
    pub fn of(values: &[(&str, &str)], secrets: &[(&str, &str)]) -> Self {
        Self {
            name: "test".into(),
            values: values.iter().map(|(n, v)| ((*n).into(), (*v).into())).collect(),
            secrets: secrets.iter().map(|(n, v)| ((*n).into(), Secret::new(*v))).collect(),
        }
    }

    /// A setting's text; empty when it is not given.
    pub fn text(&self, name: &str) -> &str {
        self.values.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// An address, without a slash at its end.
    pub fn url(&self, name: &str) -> &str {
        self.text(name).trim_end_matches('/')
    }

    /// A number, if it is given.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.text(name).parse().ok()
    }

    /// Whether a flag is set.
    pub fn flag(&self, name: &str) -> bool {
        self.text(name) == "true"
    }

    /// Names and values.
    pub fn pairs(&self, name: &str) -> impl Iterator<Item = (&str, String)> {
        let pairs = self.values.get(name).and_then(Value::as_object);
        pairs.into_iter().flatten().map(|(name, value)| match value {
            Value::String(text) => (name.as_str(), text.clone()),
            other => (name.as_str(), other.to_string()),
        })
    }

    /// A secret; an empty one when it is not given.
    pub fn secret(&self, name: &str) -> Secret {
        self.secrets.get(name).cloned().unwrap_or_else(|| Secret::new(""))
    }

    /// Whether a secret is given.
    pub fn has_secret(&self, name: &str) -> bool {
        self.secrets.contains_key(name)
    }
}
