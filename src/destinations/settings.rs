//! What a destination asks for, and what a person answered.

use super::request::Header;
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

/// Headers, in small letters, whose values are secrets.
const HOLD_SECRETS: &[&str] = &["authorization", "api-key", "x-api-key", "cookie", "x-auth-token"];

/// What was written, as text.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Under which name the secret of a pair is kept.
fn pair_name(setting: &str, name: &str) -> String {
    format!("{setting}.{name}")
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
        let text = text_of(value);
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
            Nature::Pairs => return self.take_pairs(setting, value, place, secret),
            _ => {}
        }
        self.values.insert(setting.name.to_owned(), text.into());
        Ok(())
    }

    /// Names and values, of which some say where a secret is.
    fn take_pairs(
        &mut self,
        setting: &Setting,
        value: &Value,
        place: &str,
        secret: &dyn Fn(&str) -> Result<Secret, Failure>,
    ) -> Result<(), Failure> {
        let mut plain = Map::new();
        for (name, value) in value.as_object().into_iter().flatten() {
            let text = text_of(value);
            let place = format!("{name} of {} {place}", setting.name);
            if text.starts_with("env:") || text.starts_with("keyring:") {
                let found = secret(&text).map_err(|failure| Failure { place, ..failure })?;
                self.secrets.insert(pair_name(setting.name, name), found);
            } else if HOLD_SECRETS.contains(&name.to_ascii_lowercase().as_str()) {
                let hint = "write env:NAME or keyring:NAME, where the secret is";
                return Err(Failure::wrong_use("a secret stands in the file itself", place, hint));
            }
            plain.insert(name.clone(), text.into());
        }
        self.values.insert(setting.name.to_owned(), Value::Object(plain));
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

    /// Names and values; a secret where the value says where one is.
    pub fn pairs(&self, setting: &str) -> impl Iterator<Item = (&str, Header)> {
        let pairs = self.values.get(setting).and_then(Value::as_object);
        pairs.into_iter().flatten().map(move |(name, value)| {
            let value = match self.secrets.get(&pair_name(setting, name)) {
                Some(secret) => Header::Secret("", secret.clone()),
                None => Header::Plain(value.as_str().unwrap_or_default().to_owned()),
            };
            (name.as_str(), value)
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ASKED: &[Setting] = &[
        Setting::required("url", "Address", Nature::Url, "https://…"),
        Setting::optional("batch", "Rows", Nature::Number, "a number", "100"),
        Setting::optional("key", "Key", Nature::Secret, "env:NAME", ""),
        Setting::optional("headers", "Headers", Nature::Pairs, "names and values", ""),
    ];

    fn read(settings: Value) -> Result<Settings, Failure> {
        let settings = settings.as_object().cloned().unwrap_or_default();
        let saved = SavedDestination { name: "d".into(), kind: "webhook".into(), settings };
        Settings::read(&saved, ASKED, &|reference| match reference {
            "env:THERE" => Ok(Secret::new("hunter2")),
            _ => Err(Failure::wrong_use("a secret stands in the file itself", "", "")),
        })
    }

    #[test]
    fn answers_are_made_sure_of() {
        let read_well = read(json!({"url": "https://a.b/", "key": "env:THERE"})).unwrap();
        assert_eq!((read_well.url("url"), read_well.number("batch")), ("https://a.b", Some(100)));
        assert_eq!(read_well.secret("key").expose(), "hunter2");
        assert!(!format!("{read_well:?}").contains("hunter2"));
        for (wrong, told) in [
            (json!({}), "url is not set"),
            (json!({"url": "ftp://a"}), "url is not an address"),
            (json!({"url": "https://a", "batch": "many"}), "batch is not a whole number"),
            (json!({"url": "https://a", "bacth": 1}), "webhook has no setting bacth"),
            (json!({"url": "https://a", "key": "hunter2"}), "a secret stands in the file"),
            (json!({"url": "https://a", "headers": 1}), "headers is not names and values"),
        ] {
            let failure = read(wrong).unwrap_err();
            assert!(failure.what.starts_with(told), "{failure}");
            assert!(!failure.to_string().contains("hunter2"), "{failure}");
        }
    }

    #[test]
    fn a_header_may_say_where_its_secret_is_and_may_not_be_one() {
        let well = json!({"url": "https://a", "headers": {"Authorization": "env:THERE", "X": 1}});
        let pairs: Vec<String> =
            read(well).unwrap().pairs("headers").map(|(n, h)| format!("{n} {h:?}")).collect();
        assert_eq!(pairs, [r#"Authorization Secret("", Secret(…))"#, r#"X Plain("1")"#]);
        let bare = json!({"url": "https://a", "headers": {"authorization": "Bearer hunter2"}});
        assert!(read(bare).unwrap_err().hint.contains("env:NAME"));
    }
}
