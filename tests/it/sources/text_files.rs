//! Delimited text and JSON as it is found: every file reads to the right rows, or says what is odd.

use super::{open, open_files, write};
use muster::engine::store::Store;
use muster::model::catalog::{JsonLayout, Reader, TableOrigin};
use muster::sql::Sql;
use muster::sql::relation;
use std::fmt::Write as _;

#[test]
fn words_for_missing_do_not_make_numbers_text() {
    let (_folder, opened) = open_files(&[(
        "flights.csv",
        "id,tail,delay,day\n1,N1,5,2024-01-01\n2,NA,NA,2024-01-02\n3,N3,-7,NULL\n4,N4,70,2024-01-04\n",
    )]);
    assert_eq!(opened.types("flights"), ["BIGINT", "VARCHAR", "BIGINT", "DATE"]);
    assert_eq!(opened.csv("flights").columns[2].missing, ["NA"]);
    // The same word stays text where it may be a value.
    assert_eq!(opened.rows("flights")[1], ["2", "NA", "missing", "2024-01-02"]);
    assert!(
        opened.says("\"NA\" (1), \"NULL\" (1) are read as missing in delay, day"),
        "{:?}",
        opened.catalog.findings
    );
}

#[test]
fn words_for_missing_stay_text_where_there_is_only_text() {
    let (_folder, opened) =
        open_files(&[("users.csv", "user_id,name\nu0,\"\"\nu1,NULL\nu2,NA\nu3,\n")]);
    assert!(opened.csv("users").columns.iter().all(|column| column.missing.is_empty()));
    let names: Vec<String> = opened.rows("users").into_iter().map(|mut r| r.remove(1)).collect();
    assert_eq!(names, ["", "NULL", "NA", "missing"]);
}

#[test]
fn codes_keep_their_zeros_however_late_the_first_one_comes() {
    let mut text = "zip,n\n".to_owned();
    for n in 0..25_000 {
        writeln!(text, "{},{n}", 10_000 + n).unwrap();
    }
    text.push_str("00501,7\n");
    let (_folder, opened) = open_files(&[("zips.csv", &text)]);
    assert_eq!(opened.types("zips"), ["VARCHAR", "BIGINT"]);
    assert_eq!(opened.rows("zips")[25_000][0], "00501");
}

#[test]
fn a_late_value_changes_the_type_and_nothing_is_lost() {
    let mut text = "id,count,day,flag\n".to_owned();
    for n in 0..25_000 {
        writeln!(text, "{n},{n},2024-01-01,true").unwrap();
    }
    text.push_str("25000,1.5,2024-01-02 10:30:00,maybe\n");
    let (_folder, opened) = open_files(&[("late.csv", &text)]);
    assert_eq!(opened.types("late"), ["BIGINT", "DOUBLE", "TIMESTAMP", "VARCHAR"]);
    assert_eq!(opened.rows("late")[25_000], ["25000", "1.5", "2024-01-02 10:30:00", "maybe"]);
    assert!(opened.says("such as \"maybe\""));
}

#[test]
fn numbers_beyond_a_float_stay_whole() {
    let (_folder, opened) =
        open_files(&[("big.csv", "id,v\n12345678901234567890,1\n12345678901234567891,2\n")]);
    assert_eq!(opened.entities(), [("big", "id", 2)]);
    assert_eq!(opened.rows("big")[1][0], "12345678901234567891");
}

#[test]
fn a_file_never_collapses_into_one_column_of_text() {
    let (_folder, opened) =
        open_files(&[("ragged.csv", "a,b,c\n1,cat\ndog,c\n3,b,c\n4,b,c,d,e\n")]);
    let table = opened.catalog.table("ragged").unwrap();
    assert!(table.columns.len() >= 3, "{:?}", table.columns);
    assert_eq!(table.rows, 4);
    assert!(opened.csv("ragged").parts[0].dialect.lenient);
    assert!(opened.says("cells"), "{:?}", opened.catalog.findings);
    let odd = opened.catalog.findings.iter().find(|f| f.line.is_some()).unwrap();
    assert!(odd.file.as_ref().unwrap().ends_with("ragged.csv"));
}

#[test]
fn odd_rows_are_reported_with_their_lines() {
    let mut text = "id,name\n".to_owned();
    for n in 0..30_000 {
        writeln!(text, "{n},x").unwrap();
    }
    text.push_str("30000,a,b\n30001\n30002,ok\n");
    let (_folder, opened) = open_files(&[("people.csv", &text)]);
    assert_eq!(opened.catalog.table("people").unwrap().rows, 30_003);
    assert!(
        opened.says("1 row with more than 2 cells: the cells beyond are left out (line 30002)"),
        "{:?}",
        opened.catalog.findings
    );
    assert!(opened.says("1 row with fewer than 2 cells: the rest is read as missing (line 30003)"));
}

#[test]
fn quotes_delimiters_and_line_breaks_are_kept() {
    let text = "a;b\r\n\"x;y\";\"say \"\"hi\"\"\"\r\n\"two\nlines\";z\r\n";
    let (_folder, opened) = open_files(&[("semi.csv", text)]);
    let rows = opened.rows("semi");
    assert!(rows[0].ends_with(&["x;y".to_owned(), "say \"hi\"".to_owned()]), "{rows:?}");
    assert!(rows[1].contains(&"two\nlines".to_owned()), "{rows:?}");
}

#[test]
fn encodings_and_newlines_of_all_ages_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain("a,b\n1,ʤ\n2,é\n".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    for (name, bytes, expected) in [
        ("bom.csv", b"\xef\xbb\xbfa,b\n1,x\n2,y\n".to_vec(), ["1", "x"]),
        ("latin.csv", b"a,b\n1,caf\xe9\n2,y\n".to_vec(), ["1", "café"]),
        ("wide.csv", utf16, ["1", "ʤ"]),
        ("mac.csv", b"a,b\r1,x\r2,y\r".to_vec(), ["1", "x"]),
        ("zero.csv", b"a,b\n1,x\0\n2,y\n".to_vec(), ["1", "x\0"]),
        ("tabs.tsv", b"a\tb\n1\tx,y\n2\tz\n".to_vec(), ["1", "x,y"]),
    ] {
        let opened = open(&write(folder.path(), name, bytes));
        let table = opened.catalog.tables[0].name.clone();
        assert_eq!(opened.rows(&table)[0], expected, "{name}");
        assert_eq!(opened.rows(&table).len(), 2, "{name}");
    }
}

#[test]
fn strange_names_of_columns_are_kept() {
    let long = "x".repeat(300);
    let text =
        format!("\"say \"\"a\"\"\",c.d,select,🦆,{long},dup,dup\n1,2,3,4,5,6,7\n2,3,4,5,6,7,8\n");
    let (_folder, opened) = open_files(&[("odd \"name\".v2.csv", &text)]);
    let table = &opened.catalog.tables[0];
    assert_eq!(table.name, "odd \"name\".v2");
    let names: Vec<&str> = table.columns.iter().map(|c| &*c.name).collect();
    assert_eq!(names[..5], ["say \"a\"", "c.d", "select", "🦆", &long]);
    assert_eq!(names.len(), 7);
    assert_ne!(names[5], names[6]);
    assert_eq!(opened.rows(&table.name)[1], ["2", "3", "4", "5", "6", "7", "8"]);
}

#[test]
fn a_header_without_rows_is_a_table_without_rows() {
    let (_folder, opened) = open_files(&[("none.csv", "a,b\n"), ("some.csv", "id,x\n1,y\n2,z\n")]);
    let table = opened.catalog.table("none").unwrap();
    assert_eq!((table.rows, table.columns.len()), (0, 2));
}

#[test]
fn the_printed_reader_gives_the_rows_that_are_kept() {
    let (_folder, opened) = open_files(&[
        ("a_1.csv", "id,v,w\n1,NA,\"\"\n2,5,x\n"),
        ("a_2.csv", "id,v,w\n3,6,\n4,NA,y\n"),
    ]);
    let table = opened.catalog.table("a").unwrap();
    assert_eq!(table.rows, 4);
    let other = Store::in_memory().unwrap();
    let printed = other
        .query(&Sql::of_project(format!("SELECT * FROM {}", relation(&table.origin))))
        .unwrap();
    let kept = opened.store.query(&Sql::of_project("SELECT * FROM \"a\"")).unwrap();
    assert_eq!(printed.rows, kept.rows);
    assert_eq!(opened.rows("a")[0], ["1", "missing", ""]);
}

#[test]
fn json_is_read_as_lines_as_an_array_and_as_a_document() {
    let (_folder, opened) = open_files(&[
        ("lines.ndjson", "{\"id\": 1, \"x\": \"a\"}\n{\"id\": 2, \"y\": [1, 2]}\n"),
        ("array.json", "[{\"id\": 1, \"on\": \"2024-01-01\"}, {\"id\": 2, \"on\": null}]"),
        ("document.json", "{\n  \"id\": 1,\n  \"sub\": {\"a\": 2}\n}\n"),
    ]);
    let layout = |table: &str| match &opened.catalog.table(table).unwrap().origin {
        TableOrigin::Files { reader, .. } => match reader.inner() {
            Reader::Json(json) => json.parts[0].layout,
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    };
    assert_eq!(layout("lines"), JsonLayout::Lines);
    assert_eq!(layout("array"), JsonLayout::Array);
    assert_eq!(layout("document"), JsonLayout::Documents);
    assert_eq!(opened.rows("lines"), [["1", "a", "missing"], ["2", "missing", "[1, 2]"]]);
    assert_eq!(opened.types("array"), ["BIGINT", "DATE"]);
    assert_eq!(opened.rows("document")[0][1], "{'a': 2}");
}

#[test]
fn compressed_text_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let made = Store::in_memory().unwrap();
    for end in ["csv.gz", "csv.zst"] {
        let path = folder.path().join(format!("users.{end}"));
        let compression = if end.ends_with("gz") { "gzip" } else { "zstd" };
        made.execute(&Sql::of_project(format!(
            "COPY (SELECT range AS id, 'x' || range AS t FROM range(3000)) TO '{}' \
             (FORMAT csv, COMPRESSION {compression})",
            path.display()
        )))
        .unwrap();
        let opened = open(&path);
        assert_eq!(opened.entities(), [("user", "id", 3000)], "{end}");
    }
}
