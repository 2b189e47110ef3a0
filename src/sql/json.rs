//! Reading JSON files: each key as its type says, and what `read_json` cannot do by itself said in
//! SQL: keys that differ in case, lines that are no records, a byte order mark.

use super::Sql;
use super::files::{file_list, type_list};
use super::pieces::{ident, number, text};
use crate::model::catalog::{JsonColumn, JsonLayout, JsonPart, JsonReader};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The largest record that the database takes unasked.
const RECORD: u64 = 16 << 20;
/// The longest line of text that it takes unasked.
const LINE: u64 = 2_000_000;

/// What stands after `FROM` to read JSON files.
pub(super) fn from_json(paths: &[PathBuf], reader: &JsonReader) -> Sql {
    let mut rest = paths;
    let parts = reader.parts.iter().map(|part| {
        let (files, others) = rest.split_at(part.files.min(rest.len()));
        rest = others;
        part_of(files, part, reader)
    });
    let parts: Vec<Sql> = parts.collect();
    match parts.as_slice() {
        [one] => one.clone(),
        _ => {
            let selects = parts.iter().map(|part| Sql::fill("SELECT * FROM {}", &[part]));
            Sql::join(selects, " UNION ALL ").nested()
        }
    }
}

fn part_of(paths: &[PathBuf], part: &JsonPart, reader: &JsonReader) -> Sql {
    let direct = |column: &JsonColumn| column.keys == [column.name.as_str()];
    if reader.within.is_some()
        || part.mark
        || part.passes_over
        || !reader.columns.iter().all(direct)
    {
        return by_hand(paths, part, reader);
    }
    let columns: Vec<(String, String)> =
        reader.columns.iter().map(|c| (c.name.clone(), c.type_name.clone())).collect();
    let options = options(part.layout, reader);
    Sql::fill(
        "read_json({}, {}, records = 'true', columns = {})",
        &[&file_list(paths), &options, &type_list(&columns)],
    )
}

/// The records as they are, and each column made of them by itself.
fn by_hand(paths: &[PathBuf], part: &JsonPart, reader: &JsonReader) -> Sql {
    let folders: Vec<Sql> = reader.folders.iter().map(|(name, _)| ident(name)).collect();
    let kept = |json: Sql| Sql::join([json].into_iter().chain(folders.iter().cloned()), ", ");
    let mut records = records(paths, part, reader);
    if let Some(key) = &reader.within {
        let items =
            Sql::fill("unnest(CAST((json -> {}) AS JSON[])) AS json", &[&text(&pointer(key))]);
        records = Sql::fill("(SELECT {} FROM {})", &[&kept(items), &records]);
    }
    if let [JsonColumn { name, keys, type_name }] = reader.columns.as_slice()
        && keys.is_empty()
    {
        let value = typed(&Sql::raw("json"), "", type_name);
        return Sql::fill(
            "(SELECT {} AS {} FROM {} WHERE json IS NOT NULL)",
            &[&value, &ident(name), &records],
        );
    }
    let mut taken = BTreeSet::new();
    let mut described = serde_json::Map::new();
    // One description reads all keys that it can name; names that differ in case it cannot.
    for column in &reader.columns {
        for key in column.keys.iter().filter(|key| !key.is_empty() && !key.contains('\0')) {
            if taken.insert(key.to_lowercase()) {
                described.insert(key.clone(), column.type_name.clone().into());
            }
        }
    }
    let columns = reader.columns.iter().map(|column| {
        let values = column.keys.iter().map(|key| match described.contains_key(key) {
            true => Sql::fill("fields.{}", &[&ident(key)]),
            false => typed(&Sql::raw("json"), &pointer(key), &column.type_name),
        });
        let value = Sql::join(values, ", ");
        let value =
            if column.keys.len() > 1 { Sql::fill("coalesce({})", &[&value]) } else { value };
        Sql::fill("{} AS {}", &[&value, &ident(&column.name)])
    });
    let columns = Sql::join(columns.chain(folders.iter().cloned()), ", ");
    let kept = kept(Sql::raw("json"));
    let described = text(&serde_json::Value::Object(described).to_string());
    Sql::fill(
        "(SELECT {} FROM (SELECT {}, from_json(json, {}) AS fields FROM {} \
         WHERE json_type(json) = 'OBJECT'))",
        &[&columns, &kept, &described, &records],
    )
}

/// The records of files as the column `json`; missing where a line is not a record.
fn records(paths: &[PathBuf], part: &JsonPart, reader: &JsonReader) -> Sql {
    let list = file_list(paths);
    match (part.mark, part.layout) {
        (false, layout) => {
            let options = options(layout, reader);
            let ignore = match part.passes_over && layout == JsonLayout::Lines {
                true => Sql::raw(", ignore_errors = true"),
                false => Sql::default(),
            };
            Sql::fill("read_json_objects({}, {}{})", &[&list, &options, &ignore])
        }
        // The reader of delimited text passes over the mark.
        (true, JsonLayout::Lines) => Sql::fill(
            "(SELECT CASE WHEN json_valid(line) THEN CAST(line AS JSON) END AS json FROM \
             read_csv({}, auto_detect = false, header = false, delim = '', quote = '', \
             escape = '', columns = {'line': 'VARCHAR'}, max_line_size = {}))",
            &[&list, &number(i128::from(reader.largest.max(LINE) + 2))],
        ),
        (true, JsonLayout::Array) => Sql::fill(
            "(SELECT unnest(CAST(ltrim(content, chr(65279)) AS JSON[])) AS json \
             FROM read_text({}))",
            &[&list],
        ),
        (true, JsonLayout::Documents) => Sql::fill(
            "(SELECT CAST(ltrim(content, chr(65279)) AS JSON) AS json FROM read_text({}))",
            &[&list],
        ),
    }
}

fn options(layout: JsonLayout, reader: &JsonReader) -> Sql {
    let format = match layout {
        JsonLayout::Lines => Sql::raw("format = 'newline_delimited'"),
        JsonLayout::Array => Sql::raw("format = 'array'"),
        JsonLayout::Documents => Sql::raw("format = 'unstructured'"),
    };
    let mut options = vec![format];
    if reader.largest > RECORD / 2 {
        let most = number(i128::from(reader.largest) * 2);
        options.push(Sql::fill("maximum_object_size = {}", &[&most]));
    }
    if !reader.folders.is_empty() {
        let types = type_list(&reader.folders);
        options.push(Sql::fill("hive_partitioning = true, hive_types = {}", &[&types]));
    }
    Sql::join(options, ", ")
}

/// The value at a place of a record as a type; the record itself without a place.
fn typed(json: &Sql, pointer: &str, type_name: &str) -> Sql {
    let place = text(if pointer.is_empty() { "$" } else { pointer });
    match type_name {
        "VARCHAR" => Sql::fill("({} ->> {})", &[json, &place]),
        "JSON" => Sql::fill("({} -> {})", &[json, &place]),
        _ => Sql::fill("CAST(({} -> {}) AS {})", &[json, &place, &Sql::type_name(type_name)]),
    }
}

/// The place of a key as JSON's pointers write it.
fn pointer(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(keys: &[&str], type_name: &str) -> JsonColumn {
        let keys: Vec<String> = keys.iter().map(|k| (*k).to_owned()).collect();
        JsonColumn { name: keys[0].clone(), keys, type_name: type_name.to_owned() }
    }

    #[test]
    fn spellings_of_a_key_are_one_column_and_odd_lines_are_passed_over() {
        let mut part =
            JsonPart { files: 1, layout: JsonLayout::Lines, mark: false, passes_over: false };
        let columns = vec![column(&["id"], "BIGINT")];
        let mut reader = JsonReader {
            parts: vec![part],
            columns,
            largest: 10,
            folders: Vec::new(),
            within: None,
        };
        let paths = [PathBuf::from("a.jsonl")];
        assert_eq!(
            from_json(&paths, &reader).text(),
            "read_json('a.jsonl', format = 'newline_delimited', records = 'true', \
             columns = {'id': 'BIGINT'})"
        );
        part.passes_over = true;
        reader.parts = vec![part];
        reader.columns.push(column(&["Name", "name"], "VARCHAR"));
        assert_eq!(
            from_json(&paths, &reader).text(),
            "(SELECT fields.\"id\" AS \"id\", coalesce(fields.\"Name\", (json ->> '/name')) AS \
             \"Name\" FROM (SELECT json, from_json(json, \
             '{\"id\":\"BIGINT\",\"Name\":\"VARCHAR\"}') AS fields FROM \
             read_json_objects('a.jsonl', format = 'newline_delimited', ignore_errors = true) \
             WHERE json_type(json) = 'OBJECT'))"
        );
    }
}
