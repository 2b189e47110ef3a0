//! JSON as it is found: no value is lost, and what does not fit is told with its line.

use super::{Opened, open, open_files, write};
use muster::engine::store::Store;
use muster::model::value::Value;
use muster::sql::Sql;
use muster::sql::relation;
use proptest::prelude::*;
use serde_json::json;

/// One file, opened.
fn opened(name: &str, text: &str) -> (tempfile::TempDir, Opened) {
    open_files(&[(name, text)])
}

/// What the printed statement gives in a database that knows nothing of ours.
fn printed(opened: &Opened, table: &str) -> Vec<Vec<String>> {
    let table = opened.catalog.table(table).unwrap();
    let sql = format!("SELECT * FROM {}", relation(&table.origin));
    let rows = Store::in_memory().unwrap().query(&Sql::of_project(&sql)).unwrap().rows;
    rows.iter().map(|row| row.iter().map(Value::to_string).collect()).collect()
}

fn line_of(opened: &Opened, part: &str) -> Option<u64> {
    let finding = opened.catalog.findings.iter().find(|f| f.message.contains(part));
    finding.unwrap_or_else(|| panic!("{part}: {:?}", opened.catalog.findings)).line
}

#[test]
fn keys_that_differ_in_case_lose_no_value() {
    let (_folder, apart) =
        opened("a.jsonl", "{\"id\":1,\"Name\":\"A\"}\n{\"id\":2,\"name\":\"B\"}\n{\"id\":3}\n");
    assert_eq!(apart.rows("a"), [["1", "A"], ["2", "B"], ["3", "missing"]]);
    assert_eq!(printed(&apart, "a"), apart.rows("a"));
    assert!(apart.says("Name and name differ only in case"));
    let (_folder, together) =
        opened("a.json", "[{\"id\":1,\"Name\":\"A\",\"name\":\"a\"},{\"id\":2,\"name\":\"B\"}]");
    assert_eq!(together.rows("a"), [["1", "A", "a"], ["2", "missing", "B"]]);
    assert_eq!(printed(&together, "a"), together.rows("a"));
    let (_folder, types) = opened("a.jsonl", "{\"id\":1,\"N\":1}\n{\"id\":2,\"n\":\"x\"}\n");
    assert_eq!(types.rows("a"), [["1", "1", "missing"], ["2", "missing", "x"]]);
    let (_folder, nested) = opened("a.jsonl", "{\"id\":1,\"d\":{\"Os\":1,\"os\":2}}\n{\"id\":2}\n");
    assert_eq!(nested.rows("a")[0][1], "{\"Os\":1,\"os\":2}");
}

#[test]
fn many_and_sparse_keys_are_columns() {
    let wide: String = (1..=5)
        .map(|k| {
            let fields = (0..300).map(|j| (format!("f{j}"), json!(j * k)));
            let mut record: serde_json::Map<String, serde_json::Value> = fields.collect();
            record.insert("user_id".into(), json!(k));
            format!("{}\n", serde_json::Value::Object(record))
        })
        .collect();
    let (_folder, wide) = opened("users.jsonl", &wide);
    assert_eq!(wide.entities(), [("user", "user_id", 5)]);
    assert_eq!(wide.catalog.table("users").unwrap().columns.len(), 301);
    let sparse: String =
        (1..=40).map(|k| format!("{{\"user_id\":{k},\"trait_{k}\":{k}}}\n")).collect();
    let (_folder, sparse) = opened("users.jsonl", &sparse);
    assert_eq!(sparse.entities(), [("user", "user_id", 40)]);
    assert_eq!(sparse.rows("users")[9][10], "10");
}

#[test]
fn numbers_keep_their_digits() {
    let (_folder, a) = opened(
        "a.jsonl",
        "{\"id\":123456789012345678901,\"serial\":9007199254740993,\"x\":1}\n\
         {\"id\":123456789012345678902,\"serial\":1.5,\"x\":0.5}\n",
    );
    assert_eq!(a.types("a"), ["HUGEINT", "DECIMAL(17,1)", "DOUBLE"]);
    assert_eq!(
        a.rows("a"),
        [
            ["123456789012345678901", "9007199254740993.0", "1"],
            ["123456789012345678902", "1.5", "0.5"]
        ]
    );
    assert_eq!(printed(&a, "a"), a.rows("a"));
    let long = "1".repeat(50);
    let (_folder, b) = opened("b.jsonl", &format!("{{\"id\":{long}}}\n{{\"id\":2}}\n"));
    assert_eq!(b.rows("b")[0][0], long);
    let (_folder, c) =
        opened("c.jsonl", "{\"id\":1,\"x\":0.1}\n{\"id\":2,\"x\":0.12345678901234567890123}\n");
    assert_eq!(line_of(&c, "rounded to 17 digits"), Some(2));
}

#[test]
fn one_odd_date_leaves_other_columns_alone() {
    let (_folder, a) = opened(
        "a.jsonl",
        "{\"id\":1,\"at\":\"2025-11-25T10:00:00Z\",\"born\":\"25-11-1990\",\"on\":\"2025-01-01\"}\n\
         {\"id\":2,\"at\":\"2025-11-26T11:00:00.5+02:00\",\"born\":\"26-11-1991\",\"on\":\"2025-01-02\"}\n",
    );
    assert_eq!(a.types("a"), ["BIGINT", "TIMESTAMP WITH TIME ZONE", "VARCHAR", "DATE"]);
    assert_eq!(a.rows("a")[1][1], "2025-11-26 09:00:00.5+00");
    let mut text: String =
        (1..=30).map(|k| format!("{{\"id\":{k},\"on\":\"2025-01-{k:02}\"}}\n")).collect();
    text.push_str("{\"id\":31,\"on\":\"soon\"}\n");
    let (_folder, b) = opened("b.jsonl", &text);
    assert_eq!(b.types("b"), ["BIGINT", "VARCHAR"]);
    assert_eq!(
        line_of(&b, "on is kept as text: 1 of 31 is not a date, such as \"soon\""),
        Some(31)
    );
    let (_folder, c) = opened(
        "c.jsonl",
        "{\"id\":1,\"at\":\"2025-11-25 10:00:00 -0500\"}\n{\"id\":2,\"at\":\"\"}\n",
    );
    assert_eq!(c.rows("c"), [["1", "2025-11-25 15:00:00+00"], ["2", "missing"]]);
    assert_eq!(printed(&c, "c"), c.rows("c"));
    assert_eq!(line_of(&c, "read as missing"), Some(2));
}

#[test]
fn values_of_several_kinds_are_text_and_told() {
    let (_folder, a) = opened(
        "a.jsonl",
        "{\"id\":1,\"v\":10}\n{\"id\":2,\"v\":\"n/a\"}\n{\"id\":3,\"v\":[1]}\n{\"id\":4,\"v\":20}\n",
    );
    let values: Vec<String> = a.rows("a").into_iter().map(|mut row| row.remove(1)).collect();
    assert_eq!(values, ["10", "n/a", "[1]", "20"]);
    assert!(line_of(&a, "v holds numbers (2) and").is_some());
}

#[test]
fn lines_that_are_no_records_are_told_and_the_rest_is_read() {
    let (_folder, a) =
        opened("a.jsonl", "{\"id\":1}\n{\"id\":\n\n[5]\n{\"id\":3}\n{\"id\":4}\n{\"id\":5");
    assert_eq!(a.rows("a"), [["1"], ["3"], ["4"]]);
    assert_eq!(printed(&a, "a"), a.rows("a"));
    assert_eq!(line_of(&a, "2 lines left out"), Some(2));
    assert_eq!(line_of(&a, "1 record left out"), Some(4));
}

#[test]
fn what_lies_deep_is_kept_as_one_value() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let deep = format!("{}1{}", open.repeat(300), close.repeat(300));
        let (_folder, a) = opened("a.jsonl", &format!("{{\"id\":1,\"d\":{deep}}}\n{{\"id\":2}}\n"));
        assert_eq!(a.entities(), [("a", "id", 2)]);
        assert!(a.rows("a")[0][1].contains(&open.repeat(200)));
    }
}

#[test]
fn the_only_list_of_objects_in_a_file_is_the_table() {
    let (_folder, a) = opened(
        "users.json",
        "{\"total\":2,\"users\":[{\"user_id\":1,\"Name\":\"A\"},{\"user_id\":2,\"name\":\"B\"}]}",
    );
    assert_eq!(a.entities(), [("user", "user_id", 2)]);
    assert_eq!(a.rows("users"), [["1", "A"], ["2", "B"]]);
    assert_eq!(printed(&a, "users"), a.rows("users"));
    assert!(
        a.says("the objects in its list users are the rows; what is beside it is not read: total")
    );
    let two = "{\"a\":[{\"x\":1},{\"x\":2}],\"b\":[{\"y\":1},{\"y\":2}]}";
    let (_folder, b) = opened("b.json", two);
    assert_eq!(b.catalog.table("b").unwrap().rows, 1);
}

#[test]
fn files_with_a_byte_order_mark_are_read() {
    let mark = "\u{feff}";
    for (name, text) in [
        ("a.jsonl", "{\"id\":1,\"t\":\"é,\\\"\"}\r\n{\"id\":2}\r\n"),
        ("a.json", "[{\"id\":1,\"t\":\"é,\\\"\"},\n{\"id\":2}]"),
    ] {
        let (_folder, a) = opened(name, &format!("{mark}{text}"));
        assert_eq!(a.rows("a"), [["1", "é,\""], ["2", "missing"]], "{name}");
        assert_eq!(printed(&a, "a"), a.rows("a"));
    }
}

#[test]
fn parts_are_read_by_name_each_as_it_is_written() {
    let (_folder, a) = open_files(&[
        ("d/users_1.jsonl", "{\"id\":1,\"n\":7}\n"),
        ("d/users_2.jsonl", "[{\"later\":true,\"n\":0.5,\"id\":2}]"),
        ("d/users_3.jsonl", "{\n\"id\": 3}\n{\"id\":4, \"n\":9}"),
        ("d/users_4.jsonl", "no JSON at all\n"),
    ]);
    assert_eq!(
        a.rows("users"),
        [
            ["1", "7", "missing"],
            ["2", "0.5", "true"],
            ["3", "missing", "missing"],
            ["4", "9", "missing"]
        ]
    );
    assert_eq!(printed(&a, "users"), a.rows("users"));
    let told = a.catalog.findings.iter().find(|f| f.message.contains("not a whole JSON record"));
    assert!(format!("{:?}", told.unwrap().file).contains("users_4.jsonl"));
}

#[test]
fn compressed_files_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let made = Store::in_memory().unwrap();
    for (end, compression) in [("gz", "gzip"), ("zst", "zstd")] {
        let path = folder.path().join(format!("users.jsonl.{end}"));
        made.execute(&Sql::of_project(format!(
            "COPY (SELECT range AS id, 'x' || range AS t FROM range(30000)) TO '{}' \
             (FORMAT json, COMPRESSION {compression})",
            path.display()
        )))
        .unwrap();
        assert_eq!(open(&path).entities(), [("user", "id", 30_000)], "{end}");
    }
}

/// A table that is written in some way and comes back.
#[derive(Debug, Clone)]
struct Table {
    names: Vec<String>,
    rows: Vec<Vec<serde_json::Value>>,
}

fn table() -> impl Strategy<Value = Table> {
    let name = "[a-zA-Z][a-zA-Z0-9_ .\"'é]{0,6}";
    let cells = || {
        prop_oneof![
            prop::collection::vec(any::<i64>().prop_map(|n| json!(n)), 6),
            prop::collection::vec("[^\\x00]{0,8}".prop_map(|t| json!(t)), 6),
            prop::collection::vec(any::<bool>().prop_map(|b| json!(b)), 6),
            prop::collection::vec(any::<i32>().prop_map(|n| json!(f64::from(n) / 8.0)), 6),
            prop::collection::vec("2[0-9]{3}-0[1-9]-1[0-9]".prop_map(|t| json!(t)), 6),
        ]
    };
    prop::collection::vec((name, cells()), 1..5).prop_map(|columns| {
        let mut columns = columns;
        let mut seen = std::collections::BTreeSet::new();
        columns.retain(|(name, _)| seen.insert(name.to_lowercase()));
        let names: Vec<String> = columns.iter().map(|(name, _)| name.clone()).collect();
        let rows = (0..6).map(|i| columns.iter().map(|(_, cells)| cells[i].clone()).collect());
        Table { rows: rows.collect(), names }
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_table_comes_back_as_it_was_written(table in table(), layout in 0..3) {
        let record = |row: &Vec<serde_json::Value>| {
            let fields = table.names.iter().cloned().zip(row.iter().cloned());
            serde_json::Value::Object(fields.collect())
        };
        let records: Vec<serde_json::Value> = table.rows.iter().map(record).collect();
        let text = match layout {
            0 => records.iter().map(|r| format!("{r}\n")).collect(),
            1 => json!(records).to_string(),
            _ => records.iter().map(|r| format!("{r:#}\n")).collect::<String>(),
        };
        let folder = tempfile::tempdir().unwrap();
        let opened = open(&write(folder.path(), "t.json", text));
        let table_found = opened.catalog.table("t").unwrap();
        let skip = table_found.columns.len() - table.names.len();
        let names: Vec<&String> = table_found.columns[skip..].iter().map(|c| &c.name).collect();
        prop_assert_eq!(names, table.names.iter().collect::<Vec<_>>());
        let as_text = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Number(n) if n.is_f64() => n.as_f64().unwrap().to_string(),
            other => other.to_string(),
        };
        let wanted: Vec<Vec<String>> =
            table.rows.iter().map(|row| row.iter().map(as_text).collect()).collect();
        let found: Vec<Vec<String>> =
            opened.rows("t").into_iter().map(|row| row[skip..].to_vec()).collect();
        prop_assert_eq!(&found, &wanted);
    }
}
