//! A mapping as it is written, made sure of: every field is one of the destination's, every feature
//! is there, every template can be read.

use crate::destinations::template::Template;
use crate::destinations::{Field, Normal};
use crate::model::activation::SavedActivation;
use crate::model::failure::Failure;
use crate::model::nearest::nearest;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// What is sent of a member, and under which names.
pub struct Mapping {
    /// The destination's fields, in the order in which they are written.
    pub fields: Vec<MappedField>,
    /// The features that are read for them, each once.
    pub features: Vec<String>,
}

/// One field and where its value comes from.
pub struct MappedField {
    /// The destination's name for it.
    pub name: String,
    /// Where its value comes from.
    pub origin: Origin,
    /// What stands there when the value is missing.
    pub default: Option<Value>,
    /// Whether a missing value is sent as `null`, which erases at most destinations.
    pub sends_missing: bool,
    /// Whether it is sent only with members that are new, so that what was put there since stays.
    pub only_when_new: bool,
    /// What is done to the value first.
    pub normal: Normal,
    /// Whether its SHA-256 is sent.
    pub is_hashed: bool,
    /// Whether the destination knows people by it.
    pub is_identifier: bool,
}

/// Where a value comes from.
pub enum Origin {
    /// A feature, by its place among [`Mapping::features`].
    Feature(usize),
    /// The same for everyone.
    Constant(Value),
    /// A template over features, by name and place.
    Template(Box<Template>, Vec<(String, usize)>),
}

impl Mapping {
    /// The mapping of an activation. `feature` gives a feature's name as the entity writes it.
    ///
    /// # Errors
    /// When a field, a feature or a template is not right; each is told with what there is.
    pub fn read(
        saved: &SavedActivation,
        (known, is_open): (&[Field], bool),
        feature: &dyn Fn(&str) -> Result<String, Failure>,
    ) -> Result<Self, Failure> {
        let mut mapping = Self { fields: Vec::new(), features: Vec::new() };
        for (name, value) in &saved.mapping {
            let place = format!("{name} in the mapping of {}", saved.name);
            let field = known.iter().find(|field| field.name == name);
            if field.is_none() && !is_open {
                return Err(unknown_field(name, known, place));
            }
            let read = mapping.field(name, value, (field, &place), feature)?;
            mapping.fields.push(read);
        }
        Ok(mapping)
    }

    fn field(
        &mut self,
        name: &str,
        value: &Value,
        (field, place): (Option<&Field>, &str),
        feature: &dyn Fn(&str) -> Result<String, Failure>,
    ) -> Result<MappedField, Failure> {
        let mut read = MappedField {
            name: name.to_owned(),
            origin: Origin::Constant(Value::Null),
            default: None,
            sends_missing: false,
            only_when_new: false,
            normal: field.map_or(Normal::AsItIs, |field| field.normal),
            is_hashed: field.is_some_and(|field| field.is_hashed),
            is_identifier: field.is_some_and(|field| field.is_identifier),
        };
        match value {
            Value::String(text) if text.contains("{{") => {
                read.origin = self.template(text, place, feature)?;
            }
            Value::String(text) => {
                read.origin = Origin::Feature(self.place_of(text, place, feature)?)
            }
            Value::Object(said) => self.said(&mut read, said, place, feature)?,
            Value::Array(_) | Value::Null => {
                let what = format!("{name} is mapped to {value}");
                return Err(Failure::wrong_use(what, place, HINT));
            }
            constant => read.origin = Origin::Constant(constant.clone()),
        }
        Ok(read)
    }

    /// The long form: `{ feature: email, send_missing: true }`.
    fn said(
        &mut self,
        read: &mut MappedField,
        said: &Map<String, Value>,
        place: &str,
        feature: &dyn Fn(&str) -> Result<String, Failure>,
    ) -> Result<(), Failure> {
        let mut origins = 0;
        for (key, value) in said {
            match (key.as_str(), value) {
                ("feature", Value::String(text)) => {
                    read.origin = Origin::Feature(self.place_of(text, place, feature)?);
                    origins += 1;
                }
                ("template", Value::String(text)) => {
                    read.origin = self.template(text, place, feature)?;
                    origins += 1;
                }
                ("constant", value) if !value.is_array() && !value.is_object() => {
                    read.origin = Origin::Constant(value.clone());
                    origins += 1;
                }
                ("default", value) => read.default = Some(value.clone()),
                ("send_missing", Value::Bool(yes)) => read.sends_missing = *yes,
                ("set_if_empty", Value::Bool(yes)) => read.only_when_new = *yes,
                ("hash", Value::Bool(yes)) => read.is_hashed = *yes,
                ("normalise", Value::String(word)) => {
                    read.normal = Normal::of_word(word).ok_or_else(|| {
                        let what = format!("nothing is normalised as {word}");
                        let words: Vec<&str> = Normal::ALL.iter().map(|n| n.word()).collect();
                        Failure::wrong_use(what, place, format!("there is {}", words.join(", ")))
                    })?;
                }
                _ => {
                    let what = format!("{key}: {value} is not understood");
                    return Err(Failure::wrong_use(what, place, HINT));
                }
            }
        }
        match origins {
            1 => Ok(()),
            _ => Err(Failure::wrong_use("it needs one origin", place, HINT)),
        }
    }

    fn template(
        &mut self,
        text: &str,
        place: &str,
        feature: &dyn Fn(&str) -> Result<String, Failure>,
    ) -> Result<Origin, Failure> {
        let template = Template::text(text, place)?;
        let mut names = Vec::new();
        for name in template.names() {
            let at = self.place_of(&name, place, feature)?;
            names.push((name, at));
        }
        Ok(Origin::Template(Box::new(template), names))
    }

    fn place_of(
        &mut self,
        name: &str,
        place: &str,
        feature: &dyn Fn(&str) -> Result<String, Failure>,
    ) -> Result<usize, Failure> {
        let name =
            feature(name).map_err(|failure| Failure { place: place.to_owned(), ..failure })?;
        Ok(self.place_of_known(name))
    }

    /// The place of a feature that is there, read for the mapping or besides it.
    pub fn place_of_known(&mut self, name: String) -> usize {
        self.features.iter().position(|known| *known == name).unwrap_or_else(|| {
            self.features.push(name);
            self.features.len() - 1
        })
    }

    /// The fields in which values of such features stand. A hash shows none.
    pub fn fields_with(&self, is_such: &dyn Fn(&str) -> bool) -> Vec<String> {
        let of = |place: &usize| self.features.get(*place).is_some_and(|name| is_such(name));
        let shown = self.fields.iter().filter(|field| !field.is_hashed);
        shown
            .filter(|field| match &field.origin {
                Origin::Feature(place) => of(place),
                Origin::Constant(_) => false,
                Origin::Template(_, names) => names.iter().any(|(_, place)| of(place)),
            })
            .map(|field| field.name.clone())
            .collect()
    }

    /// Whether some fields go only with new members.
    pub fn has_only_when_new(&self) -> bool {
        self.fields.iter().any(|field| field.only_when_new)
    }
}

/// A hash of what is mapped to what, by which a changed mapping is noticed.
pub fn fingerprint(saved: &SavedActivation) -> String {
    let said = serde_json::json!({
        "key": saved.key,
        "mapping": saved.mapping,
        "destination": saved.destination,
    });
    let mut text = String::with_capacity(32);
    for byte in &Sha256::digest(said.to_string())[..16] {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

const HINT: &str = "write a feature, a template with {{ feature }}, a number, or \
                    { feature: …, default: …, send_missing: true, set_if_empty: true }";

fn unknown_field(name: &str, known: &[Field], place: String) -> Failure {
    let names: Vec<&str> = known.iter().map(|field| field.name).collect();
    let hint = match nearest(name, names.iter().copied()) {
        Some(near) => format!("write {near}"),
        None => format!("it has {}", names.join(", ")),
    };
    Failure::wrong_use(format!("the destination has no field {name}"), place, hint)
}
