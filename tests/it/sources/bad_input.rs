//! Files that cannot be read: the failure names the file, the place and what to try.

use super::{failure, open, write};
use muster::engine::store::{Store, StoreError};
use muster::model::failure::FailureKind;
use muster::model::limits::Limits;
use muster::protocol::OpenRequest;
use muster::sql::Sql;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

fn made(folder: &Path, name: &str, statements: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    let writer = Store::in_memory().unwrap();
    writer
        .execute(&Sql::of_project(format!("ATTACH '{}' AS made; USE made", path.display())))
        .unwrap();
    writer
        .execute(&Sql::of_project(format!(
            "{statements}; CHECKPOINT made; USE memory; DETACH made"
        )))
        .unwrap();
    path
}

/// The beginning of a text that was compressed with gzip.
const TORN_GZIP: [u8; 24] = [
    0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 0x03, 0xcb, 0x4c, 0xd1, 0xa9, 0xe0, 0x32, 0xd4, 0x49, 0xe4,
    0x32, 0xd2, 0x49, 0xe2, 0x32,
];

#[test]
fn each_bad_file_says_what_is_wrong_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let rows =
        "CREATE TABLE t AS SELECT range AS id, hash(range)::VARCHAR AS text FROM range(200000)";
    let database = std::fs::read(made(root, "good.duckdb", rows)).unwrap();
    let parquet = root.join("good.parquet");
    let copy =
        format!("COPY (SELECT range FROM range(9999)) TO '{}' (FORMAT parquet)", parquet.display());
    Store::in_memory().unwrap().execute(&Sql::of_project(&copy)).unwrap();
    let parquet = std::fs::read(parquet).unwrap();

    let mut flipped = database.clone();
    flipped.iter_mut().skip(12288 + 100).step_by(4096).for_each(|byte| *byte ^= 0xff);
    let mut newer = database.clone();
    newer[12] = 200;
    let sqlite = b"SQLite format 3\0".repeat(300);
    for (name, bytes, what) in [
        ("empty.duckdb", &b""[..], "empty"),
        ("text.duckdb", b"a,b\n1,2\n", "a text file"),
        ("sqlite.duckdb", &sqlite, "SQLite"),
        ("flipped.duckdb", &flipped, "damaged"),
        ("newer.duckdb", &newer, "storage version"),
        ("head.duckdb", &database[..12288], "cut short"),
        ("half.duckdb", &database[..database.len() / 2], "cut short"),
        ("parquet.duckdb", &parquet, "a Parquet file"),
        ("parquet.csv", &parquet, "a Parquet file"),
        ("text.parquet", b"a,b\n1,2\n", "a text file"),
        ("half.parquet", &parquet[..parquet.len() / 2], "cut short"),
        ("empty.csv", b"", "empty"),
        ("blank.csv", b"\n\n", "no rows"),
        ("broken.json", b"{\"a\": 1, ", "JSON"),
        ("sheet.xlsx", b"PK\x03\x04rest", "workbook"),
        ("book.ods", b"PK\x03\x04rest", "spreadsheet"),
        ("torn.csv.gz", &TORN_GZIP, "cut short"),
    ] {
        let path = write(root, name, bytes);
        let failure = failure(&path);
        assert!(failure.what.contains(what), "{name}: {failure}");
        assert!(failure.place.ends_with(name), "{name}: {failure}");
        assert!(!failure.hint.is_empty(), "{name}: {failure}");
        assert!(!failure.to_string().contains(" Error: "), "{name}: {failure}");
    }
}

#[test]
fn one_bad_file_among_others_is_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "good.csv", "id,x\n1,a\n2,b\n");
    write(folder.path(), "bad.parquet", "not parquet");
    let opened = open(folder.path());
    assert_eq!(opened.entities(), [("good", "id", 2)]);
    let finding = opened.catalog.findings.iter().find(|f| f.message.contains("text file")).unwrap();
    assert!(finding.file.as_ref().unwrap().ends_with("bad.parquet"));
}

#[test]
fn a_missing_path_is_a_wrong_request() {
    let folder = tempfile::tempdir().unwrap();
    assert!(failure(&folder.path().join("nowhere.csv")).kind == FailureKind::WrongUse);
    assert!(failure(&folder.path().join("nowhere.duckdb")).kind == FailureKind::WrongUse);
}

#[test]
fn names_with_wildcards_mean_themselves() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a[1]/b*.csv", "id,x\n1,a\n2,b\n");
    write(folder.path(), "a[1]/bc.csv", "id,x\n3,a\n4,b\n5,c\n");
    let opened = open(&folder.path().join("a[1]/b*.csv"));
    assert_eq!(opened.catalog.tables[0].rows, 2);
}

#[test]
fn opening_stops_when_it_is_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "a.csv", "id,x\n1,a\n2,b\n");
    let request = OpenRequest { paths: vec![path], ..OpenRequest::default() };
    let store = Store::open(&request.paths, None, &Limits::default()).unwrap();
    store.obey(Arc::new(AtomicBool::new(true)));
    let failure = muster::sources::open(&request, &store, &[], &mut |_| ()).unwrap_err();
    assert_eq!(failure, StoreError::Cancelled.into());
}

#[test]
fn a_table_without_columns_to_speak_of_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = made(
        folder.path(),
        "odd.duckdb",
        "CREATE TABLE nothing (a INTEGER, b VARCHAR); \
         CREATE TABLE gaps AS SELECT NULL::INTEGER AS a, NULL::VARCHAR AS b FROM range(5); \
         CREATE TABLE types AS SELECT * FROM test_all_types(); \
         CREATE TABLE \"a \"\"b\"\".c\" AS SELECT range AS \"id \"\"x\"\"\" FROM range(3)",
    );
    let opened = open(&path);
    let rows: Vec<(&str, u64)> = opened.catalog.tables.iter().map(|t| (&*t.name, t.rows)).collect();
    assert_eq!(rows, [("a \"b\".c", 3), ("gaps", 5), ("nothing", 0), ("types", 3)]);
    assert!(opened.catalog.table("types").unwrap().columns.len() > 50);
}
