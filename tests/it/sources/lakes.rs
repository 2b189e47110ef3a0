//! Folders of files that are one table by their names, or by a log of their own.

use super::{failure, open, write};
use muster::engine::store::Store;
use muster::model::value::Value;
use muster::sql::Sql;
use muster::sql::relation;
use serde_json::json;
use std::path::{Path, PathBuf};

/// A Delta table that is written commit by commit.
struct Delta {
    folder: tempfile::TempDir,
    next: u64,
}

impl Delta {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), next: 0 }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("users")
    }

    fn data(&self, name: &str, query: &str) {
        parquet(&self.root(), name, query);
    }

    fn commit(&mut self, actions: &[serde_json::Value]) {
        let text: String = actions.iter().map(|action| format!("{action}\n")).collect();
        write(&self.root(), &format!("_delta_log/{:020}.json", self.next), text);
        self.next += 1;
    }
}

fn parquet(folder: &Path, name: &str, query: &str) {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    let made = Store::in_memory().unwrap();
    made.execute(&Sql::of_project(format!(
        "COPY ({query}) TO '{}' (FORMAT parquet)",
        path.display()
    )))
    .unwrap();
}

fn protocol() -> serde_json::Value {
    json!({"protocol": {"minReaderVersion": 1, "minWriterVersion": 2}})
}

fn metadata(columns: &[(&str, &str)], partitioned: &[&str]) -> serde_json::Value {
    let fields = columns
        .iter()
        .map(|(name, kind)| json!({"name": name, "type": kind, "nullable": true, "metadata": {}}));
    let schema = json!({"type": "struct", "fields": fields.collect::<Vec<_>>()}).to_string();
    json!({"metaData": {"id": "x", "schemaString": schema, "partitionColumns": partitioned,
        "configuration": {}}})
}

fn add(path: &str, values: serde_json::Value) -> serde_json::Value {
    json!({"add": {"path": path, "partitionValues": values, "size": 1, "modificationTime": 1,
        "dataChange": true}})
}

fn remove(path: &str) -> serde_json::Value {
    json!({"remove": {"path": path, "deletionTimestamp": 2, "dataChange": true}})
}

fn printed(opened: &super::Opened, table: &str) -> Vec<Vec<String>> {
    let table = opened.catalog.table(table).unwrap();
    let sql = format!("SELECT * FROM {}", relation(&table.origin));
    let rows = Store::in_memory().unwrap().query(&Sql::of_project(&sql)).unwrap().rows;
    rows.iter().map(|row| row.iter().map(Value::to_string).collect()).collect()
}

fn sorted(mut rows: Vec<Vec<String>>) -> Vec<Vec<String>> {
    rows.sort();
    rows
}

#[test]
fn a_delta_table_is_what_its_log_says() {
    let mut delta = Delta::new();
    delta.data("a.parquet", "SELECT 1 AS user_id, 'old' AS name");
    delta.data("b.parquet", "SELECT 1 AS user_id, 'new' AS name");
    delta.data("never.parquet", "SELECT 9 AS user_id, 'never' AS name");
    delta.data("at=2024-01-02 10%3A00/c.parquet", "SELECT 2 AS user_id, true AS later");
    let columns =
        [("at", "string"), ("user_id", "integer"), ("name", "string"), ("later", "boolean")];
    delta.commit(&[protocol(), metadata(&columns, &["at"]), add("a.parquet", json!({"at": ""}))]);
    delta.commit(&[add("b.parquet", json!({"at": null})), remove("a.parquet")]);
    let escaped = "at=2024-01-02%2010%253A00/c.parquet";
    delta.commit(&[add(escaped, json!({"at": "2024-01-02 10:00"}))]);
    let opened = open(&delta.root());
    let rows = [["2024-01-02 10:00", "2", "missing", "true"], ["missing", "1", "new", "missing"]];
    assert_eq!(sorted(opened.rows("users")), rows);
    assert_eq!(sorted(printed(&opened, "users")), rows);
    assert_eq!(opened.types("users"), ["VARCHAR", "INTEGER", "VARCHAR", "BOOLEAN"]);
    assert!(opened.says("version 2 is read, with 2 live files"));
    let next = |name: &str| opened.catalog.fingerprint.files.iter().any(|f| f.path.ends_with(name));
    assert!(next("00000000000000000003.json"), "a commit that comes is noticed");
}

#[test]
fn a_checkpoint_stands_for_commits_that_are_gone() {
    let mut delta = Delta::new();
    delta.data("a.parquet", "SELECT 1 AS user_id");
    delta.data("b.parquet", "SELECT 2 AS user_id");
    delta.data("c.parquet", "SELECT 3 AS user_id");
    let schema = metadata(&[("user_id", "integer")], &[])["metaData"]["schemaString"].to_string();
    let schema: String = serde_json::from_str(&schema).unwrap();
    delta.data(
        "_delta_log/00000000000000000004.checkpoint.parquet",
        &format!(
            "SELECT * FROM (VALUES \
             ({{'minReaderVersion': 1, 'minWriterVersion': 2}}, NULL, NULL), \
             (NULL, {{'schemaString': '{schema}', 'partitionColumns': []::VARCHAR[], \
             'configuration': MAP {{}}::MAP(VARCHAR, VARCHAR)}}, NULL), \
             (NULL, NULL, {{'path': 'a.parquet', 'partitionValues': MAP {{}}::MAP(VARCHAR, VARCHAR)}}), \
             (NULL, NULL, {{'path': 'b.parquet', 'partitionValues': MAP {{}}::MAP(VARCHAR, VARCHAR)}})) \
             t(protocol, \"metaData\", add)"
        ),
    );
    delta.next = 5;
    delta.commit(&[remove("a.parquet"), add("c.parquet", json!({}))]);
    assert_eq!(sorted(open(&delta.root()).rows("users")), [["2"], ["3"]]);
    let path = delta.root().join("_delta_log/00000000000000000004.checkpoint.parquet");
    std::fs::remove_file(path).unwrap();
    assert!(failure(&delta.root()).what.contains("commit 4 is missing"));
}

#[test]
fn what_is_not_understood_of_a_delta_table_is_refused() {
    let table = |more: &[serde_json::Value]| {
        let mut delta = Delta::new();
        delta.data("a.parquet", "SELECT i AS user_id FROM range(1, 3) r(i)");
        delta.commit(&[protocol(), metadata(&[("user_id", "integer")], &[])]);
        delta.commit(&[add("a.parquet", json!({}))]);
        delta.commit(more);
        delta
    };
    assert_eq!(open(&table(&[]).root()).rows("users"), [["1"], ["2"]]);
    let features = json!({"protocol": {"minReaderVersion": 3, "minWriterVersion": 7,
        "readerFeatures": ["deletionVectors", "fromTheFuture"]}});
    let mut mapped = metadata(&[("user_id", "integer")], &[]);
    mapped["metaData"]["configuration"] = json!({"delta.columnMapping.mode": "name"});
    let mut vector = add("a.parquet", json!({}));
    vector["add"]["deletionVector"] = json!({"storageType": "u", "pathOrInlineDv": "x"});
    for (action, told) in [
        (features, "fromTheFuture"),
        (mapped, "other names"),
        (vector, "marked as deleted"),
        (add("gone.parquet", json!({})), "gone.parquet is missing"),
        (add("s3://bucket/a.parquet", json!({})), "is elsewhere"),
        (add("../secret.parquet", json!({})), ""),
    ] {
        let delta = table(&[action]);
        parquet(delta.folder.path(), "secret.parquet", "SELECT 'TOKEN' AS user_id");
        let failure = failure(&delta.root());
        assert!(failure.what.contains("Delta") && failure.what.contains(told), "{failure}");
        assert!(!failure.hint.is_empty());
    }
}

#[test]
fn tables_with_other_logs_are_refused_and_their_neighbours_read() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    parquet(root, "orders/data/a.parquet", "SELECT 1 AS order_id");
    write(root, "orders/metadata/v1.metadata.json", "{}");
    let refused = failure(&root.join("orders"));
    assert!(refused.what.contains("Iceberg") && !refused.hint.is_empty(), "{refused}");
    parquet(root, "visits/a.parquet", "SELECT 1 AS visit_id");
    std::fs::create_dir_all(root.join("visits/.hoodie")).unwrap();
    assert!(failure(&root.join("visits")).what.contains("Hudi"));
    write(root, "users.csv", "user_id,name\n1,Ada\n2,Bea\n");
    let opened = open(root);
    assert_eq!(opened.catalog.tables.len(), 1);
    assert!(opened.says("Iceberg") && opened.says("Hudi"));
}

#[test]
fn folders_named_after_values_are_columns() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("sales");
    for (year, month) in [("2024", "01"), ("2025", "02")] {
        let query = format!("SELECT {year}{month} AS sale_id");
        parquet(&root, &format!("year={year}/month={month}/on={year}-01-05/a.parquet"), &query);
    }
    let opened = open(&root);
    let mut types = opened.types("sales");
    types.sort();
    assert_eq!(types, ["BIGINT", "DATE", "INTEGER", "VARCHAR"]);
    let row = &sorted(opened.rows("sales"))[0];
    assert!(row.contains(&"01".to_owned()) && row.contains(&"2024-01-05".to_owned()), "{row:?}");
    assert_eq!(sorted(printed(&opened, "sales")), sorted(opened.rows("sales")));
    for year in ["2024", "2025"] {
        let path = format!("logs/year={year}/a.jsonl");
        write(folder.path(), &path, format!("{{\"log_id\":{year}}}\n"));
    }
    let opened = open(&folder.path().join("logs"));
    assert_eq!(opened.rows("logs"), [["2024", "2024"], ["2025", "2025"]]);
    assert_eq!(printed(&opened, "logs"), opened.rows("logs"));
}

#[test]
fn a_column_of_the_files_counts_before_the_name_of_their_folder() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("sales");
    parquet(&root, "year=2024/a.parquet", "SELECT 1 AS sale_id, 1999 AS year");
    parquet(&root, "year=2025/a.parquet", "SELECT 2 AS sale_id, 2000 AS year");
    let opened = open(&root);
    assert_eq!(sorted(opened.rows("sales")), [["1", "1999"], ["2", "2000"]]);
    assert!(opened.says("the files count"));
}
