//! Parquet files whose description says less than what is in them.

use super::{Opened, open};
use muster::engine::store::Store;
use muster::model::value::Value;
use muster::sql::Sql;
use muster::sql::relation;

/// A Parquet file with what a query gives, opened.
fn opened(name: &str, query: &str) -> (tempfile::TempDir, Opened) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let made = Store::in_memory().unwrap();
    made.execute(&Sql::of_project(format!(
        "COPY ({query}) TO '{}' (FORMAT parquet)",
        path.display()
    )))
    .unwrap();
    let opened = open(&path);
    (folder, opened)
}

fn printed(opened: &Opened, table: &str) -> Vec<Vec<String>> {
    let table = opened.catalog.table(table).unwrap();
    let sql = format!("SELECT * FROM {}", relation(&table.origin));
    let rows = Store::in_memory().unwrap().query(&Sql::of_project(&sql)).unwrap().rows;
    rows.iter().map(|row| row.iter().map(Value::to_string).collect()).collect()
}

#[test]
fn bytes_that_are_text_are_read_as_text_and_others_stay() {
    let (_folder, a) = opened(
        "users.parquet",
        "SELECT encode('u' || i) AS user_id, encode('Zürich') AS city, \
         CASE WHEN i = 2999 THEN '\\xFF'::BLOB ELSE encode('x') END AS late, \
         '\\x00\\x01'::BLOB AS control, NULL::BLOB AS none, [encode('a'), NULL] AS tags \
         FROM range(3000) r(i)",
    );
    assert_eq!(a.types("users"), ["VARCHAR", "VARCHAR", "BLOB", "BLOB", "BLOB", "VARCHAR[]"]);
    assert_eq!(a.entities(), [("user", "user_id", 3000)]);
    assert_eq!(a.rows("users")[7][..2], ["u7", "Zürich"]);
    assert_eq!(printed(&a, "users"), a.rows("users"));
    assert!(a.says("city holds bytes without a type that are text"));
    assert!(!a.says("late holds"));
}

#[test]
fn moments_to_the_nanosecond_with_a_zone_are_moments() {
    let (_folder, a) = opened(
        "users.parquet",
        "SELECT * FROM (VALUES (1, '2025-11-01 00:00:00.000001001+00'::TIMESTAMPTZ_NS, \
         [TIMESTAMPTZ_NS '2025-11-01 00:00:00+00']), (2, '2025-12-01 02:00:00+02', NULL)) \
         t(user_id, seen, more)",
    );
    let instant = "TIMESTAMP WITH TIME ZONE";
    assert_eq!(a.types("users"), ["INTEGER", instant, &format!("{instant}[]")]);
    assert_eq!(a.rows("users")[1][1], "2025-12-01 00:00:00+00");
    assert_eq!(printed(&a, "users"), a.rows("users"));
    assert!(a.says("1 timestamp of seen finer than a microsecond"), "{:?}", a.catalog.findings);
}

#[test]
fn what_is_converted_is_converted_in_numbered_rows_too() {
    let (_folder, a) = opened("notes.parquet", "SELECT encode('same') AS t FROM range(3)");
    assert_eq!(a.rows("notes"), [["1", "same"], ["2", "same"], ["3", "same"]]);
    assert_eq!(printed(&a, "notes"), a.rows("notes"));
}

#[test]
fn a_table_of_nested_values_alone_is_counted() {
    let (_folder, a) = opened(
        "maps.parquet",
        "SELECT MAP {'a': i} AS m, [i] AS l, {'x': i} AS s FROM range(5) r(i)",
    );
    assert_eq!(a.catalog.table("maps").unwrap().rows, 5);
}

/// A folder with two parts of a table, opened.
fn parts(first: &str, second: &str) -> (tempfile::TempDir, Opened) {
    let folder = tempfile::tempdir().unwrap();
    let made = Store::in_memory().unwrap();
    for (number, query) in [(1, first), (2, second)] {
        let path = folder.path().join(format!("users_{number}.parquet"));
        made.execute(&Sql::of_project(format!(
            "COPY ({query}) TO '{}' (FORMAT parquet)",
            path.display()
        )))
        .unwrap();
    }
    let opened = open(folder.path());
    (folder, opened)
}

#[test]
fn parts_are_read_by_name_and_later_columns_are_missing_before() {
    let (_folder, a) = parts(
        "SELECT i AS user_id, 'a' AS city FROM range(1, 3) r(i)",
        "SELECT 'b' AS CITY, i AS user_id, true AS later FROM range(3, 5) r(i)",
    );
    assert_eq!(a.entities(), [("user", "user_id", 4)]);
    assert_eq!(a.rows("users")[0], ["1", "a", "missing"]);
    assert_eq!(a.rows("users")[3], ["4", "b", "true"]);
}

#[test]
fn parts_with_other_types_lose_no_value() {
    let of = |first: &str, second: &str| {
        let (folder, opened) = parts(
            &format!("SELECT 1 AS user_id, {first} AS x"),
            &format!("SELECT 2 AS user_id, {second} AS x"),
        );
        let mut rows = opened.rows("users");
        rows.sort();
        let mut values = printed(&opened, "users");
        values.sort();
        assert_eq!(rows, values);
        drop(folder);
        let values: Vec<String> = rows.into_iter().map(|row| row[1].clone()).collect();
        (opened.types("users")[1].clone(), values, opened.says("x is "))
    };
    let found = |type_name: &str, values: [&str; 2], told: bool| {
        (type_name.to_owned(), values.map(str::to_owned).to_vec(), told)
    };
    let big = "9007199254740993";
    assert_eq!(of(&format!("{big}::BIGINT"), "1.5::DOUBLE"), found("VARCHAR", [big, "1.5"], true));
    assert_eq!(of("7::BIGINT", "1.5::DOUBLE"), found("DOUBLE", ["7", "1.5"], false));
    assert_eq!(of("encode('é')", "'é'"), found("VARCHAR", ["é", "é"], true));
    assert_eq!(of("true", "1"), found("VARCHAR", ["true", "1"], true));
    assert_eq!(of("5", "'x'"), found("VARCHAR", ["5", "x"], true));
    assert_eq!(of("[1]", "'x'"), found("VARCHAR", ["[1]", "x"], true));
    assert_eq!(of("[1]", "[2::BIGINT]"), found("BIGINT[]", ["[1]", "[2]"], false));
    assert_eq!(
        of("TIMESTAMP '2025-01-01 10:00:00'", "TIMESTAMPTZ '2025-01-01 12:00:00+01'"),
        found(
            "TIMESTAMP WITH TIME ZONE",
            ["2025-01-01 10:00:00+00", "2025-01-01 11:00:00+00"],
            true
        )
    );
}

#[test]
fn a_part_that_cannot_be_read_is_told_and_the_rest_is_read() {
    let (folder, _) = parts("SELECT 1 AS user_id", "SELECT 2 AS user_id");
    let good = std::fs::read(folder.path().join("users_1.parquet")).unwrap();
    let mut bad = good.clone();
    let end = bad.len() - 8;
    bad[end - 40..end].fill(0xff);
    std::fs::write(folder.path().join("users_3.parquet"), bad).unwrap();
    let opened = open(folder.path());
    let table = opened.catalog.tables.iter().find(|t| t.name == "users").unwrap();
    assert_eq!(table.rows, 2);
    let told = opened.catalog.findings.iter().find(|f| f.message.contains("cannot be read"));
    assert!(told.unwrap().file.as_ref().unwrap().ends_with("users_3.parquet"));
}
