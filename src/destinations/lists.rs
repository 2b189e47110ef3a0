//! What the destinations share that write a list of people as a file: their settings, the file's
//! name, and whether a row still tells who is meant.

use super::settings::{Nature, Setting};
use serde_json::{Map, Value};

/// Where the file goes.
pub(super) const FOLDER: Setting =
    Setting::required("folder", "Folder", Nature::Folder, "a folder of this machine");

/// Where telephone numbers without a country's code belong.
pub(super) const COUNTRY: Setting = Setting::optional(
    "country",
    "Country of telephone numbers",
    Nature::Text,
    "two letters, DE; without it only numbers with + or 00 are sent",
    "",
);

/// Whether features hold hashes.
pub(super) const ALREADY_HASHED: Setting = Setting::optional(
    "already_hashed",
    "Already hashed",
    Nature::Flag,
    "true when features hold SHA-256 in hexadecimal digits",
    "false",
);

/// The beginning of the file's name.
pub(super) const fn file(usual: &'static str) -> Setting {
    Setting::optional("file", "File name", Nature::Text, "a name without folder and ending", usual)
}

/// A name that stays in its folder on every system.
pub(super) fn file_name(text: &str) -> String {
    let allowed = |c: char| match c {
        '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '-',
        c if c.is_control() => '-',
        c => c,
    };
    let name: String = text.chars().map(allowed).collect();
    match name.trim_matches(['.', ' ']) {
        "" => "members".to_owned(),
        name => name.to_owned(),
    }
}

/// Whether a row has something in each of these fields.
pub(super) fn has_all(fields: &Map<String, Value>, names: &[&str]) -> bool {
    names.iter().all(|name| match fields.get(*name) {
        None | Some(Value::Null) => false,
        Some(Value::String(text)) => !text.is_empty(),
        Some(_) => true,
    })
}

/// What a row lacks that has none of these groups of fields whole.
pub(super) fn without_any(
    fields: &Map<String, Value>,
    groups: &[&[&str]],
    lacks: &str,
) -> Option<String> {
    let is_known = groups.iter().any(|group| has_all(fields, group));
    (!is_known).then(|| format!("without {lacks}"))
}

/// A row as it is written, for tests: what nothing is left of has no value.
#[cfg(test)]
pub(super) fn row(
    fields: &[super::Field],
    values: &[(&str, &str)],
    already_hashed: bool,
) -> Map<String, Value> {
    let mut row = Map::new();
    for (name, value) in values {
        let field = fields.iter().find(|field| field.name == *name).unwrap();
        if let Some(sent) = field.sent(value, Some("DE"), already_hashed) {
            row.insert((*name).to_owned(), sent.into());
        }
    }
    row
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_name_stays_in_its_folder() {
        assert_eq!(file_name("../../etc/passwd"), "-..-etc-passwd");
        assert_eq!(file_name(r"C:\x\..\y"), "C--x-..-y");
        assert_eq!(file_name("VIP März"), "VIP März");
        assert_eq!(file_name("a\nb"), "a-b");
        for empty in ["", "..", " . "] {
            assert_eq!(file_name(empty), "members");
        }
    }

    #[test]
    fn nothing_in_a_field_is_no_identifier() {
        let fields = json!({"a": "", "b": null, "c": "x", "d": 5});
        let fields = fields.as_object().unwrap();
        let told = |groups: &[&[&str]]| without_any(fields, groups, "x");
        assert_eq!(told(&[&["a"], &["b"], &["e"]]).as_deref(), Some("without x"));
        assert_eq!(told(&[&["a"], &["c"]]), None);
        assert_eq!(told(&[&["d"]]), None);
        assert!(told(&[&["c", "a"]]).is_some(), "half of a group is nobody");
    }
}
