//! Members as payloads: each frame of features becomes a frame of JSON.
//!
//! In comes a column `key` and a column of JSON text per feature; out come, for each member, `key`,
//! `data` (the payload), `first` (the payload of a member that is new, where some fields are only
//! for those), `identity` (the identifiers in it) and `hash` (of `data`).

use super::read::{MappedField, Mapping, Origin};
use crate::destinations::normal;
use crate::model::activation::NormalisedField;
use crate::model::failure::{Failure, FailureKind};
use polars::prelude::{
    BinaryChunked, Column, DataFrame, DataType, Expr, Field, IntoColumn as _, IntoLazy as _,
    NamedFrom as _, PlSmallStr, PolarsError, PolarsResult, Schema, Series, StringChunked, col,
    concat_str, lit,
};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The bytes of a hash that are kept.
const HASH_BYTES: usize = 16;

/// Makes payloads.
pub struct Payloads {
    columns: Vec<Expr>,
    counted: Vec<(String, &'static str, Arc<Counts>)>,
}

/// What normalising did to a field.
#[derive(Default)]
struct Counts {
    changed: AtomicU64,
    lost: AtomicU64,
}

/// What a value becomes before it is sent.
struct Making {
    normal: crate::destinations::Normal,
    is_hashed: bool,
    already_hashed: bool,
    country: Option<String>,
    counts: Arc<Counts>,
}

impl Payloads {
    /// For a mapping. `column` names the column of a feature by its place; `country` is that of
    /// telephone numbers without one; `already_hashed` says that values which look like a SHA-256
    /// are one.
    pub fn new(
        mapping: Mapping,
        column: &dyn Fn(usize) -> String,
        (country, already_hashed): (Option<&str>, bool),
    ) -> Self {
        let has_first = mapping.has_only_when_new();
        let (mut data, mut first, mut identity) = (Vec::new(), Vec::new(), Vec::new());
        let mut counted = Vec::new();
        for field in mapping.fields {
            let name = field.name.clone();
            let (only_when_new, is_identifier) = (field.only_when_new, field.is_identifier);
            let counts = Arc::new(Counts::default());
            let is_made = field.normal != crate::destinations::Normal::AsItIs || field.is_hashed;
            if is_made {
                counted.push((name.clone(), field.normal.words(), Arc::clone(&counts)));
            }
            let making = is_made.then(|| Making {
                normal: field.normal,
                is_hashed: field.is_hashed,
                already_hashed,
                country: country.map(str::to_owned),
                counts,
            });
            let value = value(field, column, making);
            let piece = lit(format!("{}:", Value::from(name))) + value;
            if is_identifier {
                identity.push(piece.clone());
            }
            first.push(piece.clone());
            if !only_when_new {
                data.push(piece);
            }
        }
        let data = object(data);
        let first = if has_first { object(first) } else { lit("") };
        let columns = vec![
            col("key"),
            data.clone().alias("data"),
            first.alias("first"),
            object(identity).alias("identity"),
            data.map(hash, |_, field| Ok(Field::new(field.name().clone(), DataType::Binary)))
                .alias("hash"),
        ];
        Self { columns, counted }
    }

    /// The payloads of the members of a frame, in their order.
    ///
    /// # Errors
    /// When a template fails for one of them.
    pub fn of(&self, members: DataFrame) -> Result<DataFrame, Failure> {
        let has_consent = members.get_column_names().iter().any(|name| *name == CONSENT);
        let mut columns = self.columns.clone();
        if has_consent {
            columns.push(col(CONSENT));
        }
        members.lazy().select(columns).collect().map_err(told)
    }

    /// What normalising did so far.
    pub fn normalised(&self) -> Vec<NormalisedField> {
        let told = |(field, how, counts): &(String, &'static str, Arc<Counts>)| NormalisedField {
            field: field.clone(),
            how: (*how).to_owned(),
            changed: counts.changed.load(Ordering::Relaxed),
            lost: counts.lost.load(Ordering::Relaxed),
        };
        self.counted.iter().map(told).collect()
    }
}

/// The column that says whether a member may be sent.
pub const CONSENT: &str = "consent";

/// The value of a field as JSON text; missing when it is left out.
fn value(field: MappedField, column: &dyn Fn(usize) -> String, making: Option<Making>) -> Expr {
    let mut value = match field.origin {
        Origin::Feature(place) => col(column(place).as_str()),
        Origin::Constant(constant) => lit(constant.to_string()),
        Origin::Template(template, names) => {
            let columns: Vec<Expr> =
                names.iter().map(|(_, place)| col(column(*place).as_str())).collect();
            let names: Vec<String> = names.into_iter().map(|(name, _)| name).collect();
            match columns.split_first() {
                // A template without fields is the same for everyone.
                None => {
                    lit(Value::from(template.fill(&Map::new()).unwrap_or_default()).to_string())
                }
                Some((head, tail)) => head.clone().map_many(
                    move |columns| filled(&template, &names, columns),
                    tail,
                    |_, fields| Ok(Field::new(fields[0].name().clone(), DataType::String)),
                ),
            }
        }
    };
    if let Some(making) = making {
        let text =
            |_: &Schema, field: &Field| Ok(Field::new(field.name().clone(), DataType::String));
        value = value.map(move |column| made(&making, &column), text);
    }
    if let Some(default) = field.default {
        value = value.fill_null(lit(default.to_string()));
    }
    if field.sends_missing {
        value = value.fill_null(lit("null"));
    }
    value
}

/// A JSON object of pieces; those that are missing are left out.
fn object(pieces: Vec<Expr>) -> Expr {
    if pieces.is_empty() {
        return lit("{}");
    }
    lit("{") + concat_str(pieces, ",", true) + lit("}")
}

fn texts(
    column: &Column,
    each: impl FnMut(Option<&str>) -> Option<String>,
) -> PolarsResult<Column> {
    let made: StringChunked = column.str()?.iter().map(each).collect();
    Ok(made.with_name(column.name().clone()).into_column())
}

/// The text that a JSON value is: a string's content, else its digits.
fn text_of(json: &str) -> String {
    match serde_json::from_str(json) {
        Ok(Value::String(text)) => text,
        _ => json.to_owned(),
    }
}

fn made(making: &Making, column: &Column) -> PolarsResult<Column> {
    texts(column, |json| {
        let json = json?;
        let text = text_of(json);
        let country = making.country.as_deref();
        let normal = making.normal.apply(&text, country);
        match &normal {
            None => drop(making.counts.lost.fetch_add(1, Ordering::Relaxed)),
            Some(new) if *new != text => {
                making.counts.changed.fetch_add(1, Ordering::Relaxed);
            }
            Some(_) => {}
        }
        let made = match making.is_hashed {
            true => normal::hashed(making.normal, &text, country, making.already_hashed),
            false => normal,
        };
        made.map(|text| Value::from(text).to_string())
    })
}

fn filled(
    template: &crate::destinations::template::Template,
    names: &[String],
    columns: &mut [Column],
) -> PolarsResult<Column> {
    let cells: Vec<&StringChunked> =
        columns.iter().map(|column| column.str()).collect::<PolarsResult<_>>()?;
    let rows = cells.first().map_or(0, |column| column.len());
    let mut out: Vec<Option<String>> = Vec::with_capacity(rows);
    for row in 0..rows {
        let mut is_all_missing = true;
        let mut values = Map::new();
        for (name, column) in names.iter().zip(&cells) {
            let value = match column.get(row) {
                // What is missing leaves a gap, not a word.
                None => Value::from(""),
                Some(json) => {
                    is_all_missing = false;
                    serde_json::from_str(json).unwrap_or_default()
                }
            };
            values.insert(name.clone(), value);
        }
        out.push(match is_all_missing {
            true => None,
            false => {
                let text = template.fill(&values);
                let text = text.map_err(|told| PolarsError::ComputeError(told.into()))?;
                let text = text.trim();
                (!text.is_empty()).then(|| Value::from(text).to_string())
            }
        });
    }
    Ok(Series::new(PlSmallStr::from_static("made"), out).into_column())
}

fn hash(column: Column) -> PolarsResult<Column> {
    let hashes = column.str()?.iter().map(|text| text.map(hash_of));
    let made: BinaryChunked = hashes.map(|hash| hash.map(|hash| hash.to_vec())).collect();
    Ok(made.with_name(column.name().clone()).into_column())
}

/// The hash of a payload.
pub fn hash_of(data: &str) -> [u8; HASH_BYTES] {
    let mut hash = [0; HASH_BYTES];
    hash.copy_from_slice(&Sha256::digest(data)[..HASH_BYTES]);
    hash
}

/// A failure of polars. What a template says is its own words; the rest would be our mistake.
pub(super) fn told(error: PolarsError) -> Failure {
    match error {
        PolarsError::ComputeError(what) => {
            Failure::wrong_use(what.to_string(), "in the mapping", "look at the template")
        }
        other => Failure::new(format!("the rows cannot be mapped: {other}"), "", "")
            .of(FailureKind::OwnFault),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::destinations::{Field as TargetField, Normal};
    use crate::model::activation::SavedActivation;
    use polars::prelude::df;
    use serde_json::json;

    /// Payloads of three people, of whom the second has no last name and the third nothing.
    fn payloads(mapping: Value, known: &[TargetField]) -> Result<DataFrame, Failure> {
        let saved = SavedActivation {
            name: "a".into(),
            mapping: mapping.as_object().cloned().unwrap(),
            ..SavedActivation::default()
        };
        let names = ["first", "last", "mail", "n"];
        let feature = |name: &str| match names.contains(&name) {
            true => Ok(name.to_owned()),
            false => Err(Failure::wrong_use(format!("no feature {name}"), "", "")),
        };
        let mapping = Mapping::read(&saved, (known, true), &feature)?;
        let features = mapping.features.clone();
        let frame = df!(
            "key" => ["1", "2", "3"],
            "first" => [Some("\"Ann\""), Some("\"Bo \\\"x\\\"\""), None],
            "last" => [Some("\"Ek\""), None, None],
            "mail" => [Some("\" A.N@GMAIL.com \""), Some("\"nothing\""), None],
            "n" => [Some("1.50"), Some("12345678901234567890"), None],
        )
        .unwrap();
        let column = |place: usize| features[place].clone();
        Payloads::new(mapping, &column, (None, false)).of(frame)
    }

    fn told(frame: &DataFrame, column: &str) -> Vec<String> {
        let texts = frame.column(column).unwrap().str().unwrap().iter();
        texts.map(|text| text.unwrap_or("missing").to_owned()).collect()
    }

    #[test]
    fn values_keep_every_digit_and_what_is_missing_is_left_out() {
        let frame = payloads(json!({"name": "first", "many": "n"}), &[]).unwrap();
        let expected = [
            r#"{"name":"Ann","many":1.50}"#,
            r#"{"name":"Bo \"x\"","many":12345678901234567890}"#,
            "{}",
        ];
        assert_eq!(told(&frame, "data"), expected);
    }

    #[test]
    fn templates_constants_defaults_and_missing_values_stand_where_they_are_asked_for() {
        let mapping = json!({
            "name": "{{ first }} {{ last }}",
            "source": {"constant": "muster"},
            "number": 7,
            "last": {"feature": "last", "default": "-"},
            "n": {"feature": "n", "send_missing": true},
        });
        let frame = payloads(mapping, &[]).unwrap();
        let expected = [
            r#"{"name":"Ann Ek","source":"muster","number":7,"last":"Ek","n":1.50}"#,
            r#"{"name":"Bo \"x\"","source":"muster","number":7,"last":"-","n":12345678901234567890}"#,
            r#"{"source":"muster","number":7,"last":"-","n":null}"#,
        ];
        assert_eq!(told(&frame, "data"), expected);
    }

    #[test]
    fn what_is_set_only_when_empty_goes_with_new_members_alone() {
        let mapping = json!({"a": "first", "b": {"feature": "last", "set_if_empty": true}});
        let frame = payloads(mapping, &[]).unwrap();
        assert_eq!(told(&frame, "data")[0], r#"{"a":"Ann"}"#);
        assert_eq!(told(&frame, "first")[0], r#"{"a":"Ann","b":"Ek"}"#);
        let hashes = frame.column("hash").unwrap().binary().unwrap().clone();
        assert_eq!(hashes.get(0), Some(hash_of(r#"{"a":"Ann"}"#).as_slice()));
    }

    #[test]
    fn identifiers_are_normalised_hashed_and_kept_apart() {
        const FIELDS: &[TargetField] =
            &[TargetField::identifier("em", &[]).normal(Normal::EmailGoogle).hashed()];
        let frame = payloads(json!({"em": "mail", "first": "first"}), FIELDS).unwrap();
        let hash = normal::sha256("an@gmail.com");
        assert_eq!(
            told(&frame, "identity"),
            [format!(r#"{{"em":"{hash}"}}"#), "{}".into(), "{}".into()]
        );
        assert_eq!(told(&frame, "data")[1], r#"{"first":"Bo \"x\""}"#, "no address, no hash");
    }

    #[test]
    fn what_is_wrong_with_a_mapping_is_told() {
        for (mapping, what) in [
            (json!({"a": "frist"}), "no feature frist"),
            (json!({"a": "{{ frist }}"}), "no feature frist"),
            (json!({"a": {"default": 1}}), "it needs one origin"),
            (json!({"a": {"feature": "first", "constant": 1}}), "it needs one origin"),
            (json!({"a": {"feature": "first", "hush": true}}), "hush: true is not understood"),
            (json!({"a": ["first"]}), "a is mapped to"),
        ] {
            let failure = payloads(mapping, &[]).unwrap_err();
            assert!(failure.what.starts_with(what), "{failure}");
            assert!(failure.place.starts_with("a in the mapping"), "{failure}");
        }
    }
}
