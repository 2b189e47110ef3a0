//! Files that hold several tables: SQLite databases and Excel workbooks.

use super::{Opened, failure, open};
use muster::engine::store::Store;
use muster::model::catalog::TableOrigin;
use muster::model::limits::Limits;
use muster::sql::Sql;
use muster::sql::relation;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use std::path::{Path, PathBuf};

/// An SQLite file that these statements made.
fn sqlite(folder: &Path, name: &str, statements: &str) -> PathBuf {
    let path = folder.join(name);
    let made = rusqlite::Connection::open(&path).unwrap();
    made.execute_batch(statements).unwrap();
    path
}

const SHOP: &str = "
    CREATE TABLE users (user_id INTEGER PRIMARY KEY, name TEXT, joined TEXT, vip BOOLEAN,
        score REAL, code TEXT, photo BLOB, odd INTEGER);
    INSERT INTO users VALUES (1, 'Ada', '2025-01-02', 1, 1.5, '007', x'00FF', 5),
        (2, 'Bea', '2025-01-03', 0, 2, '010', NULL, 'many'), (3, 'it''s', NULL, NULL, NULL, '', NULL, NULL);
    CREATE TABLE \"my orders\" (order_id INTEGER, user_id INTEGER, at TEXT);
    INSERT INTO \"my orders\" VALUES (10, 1, '2025-02-01 10:00:00'), (11, 2, '2025-02-02 11:00:00'),
        (12, 1, '2025-02-03 00:00:00.5');
    CREATE TABLE empty (a, b);
    CREATE VIEW seen AS SELECT * FROM users;";

#[test]
fn every_table_of_an_sqlite_file_is_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let path = sqlite(folder.path(), "shop.db", SHOP);
    let before = std::fs::read(&path).unwrap();
    let opened = open(&path);
    let names: Vec<&str> = opened.catalog.tables.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["empty", "my orders", "users"]);
    assert_eq!(
        opened.types("users"),
        ["BIGINT", "VARCHAR", "DATE", "BIGINT", "DOUBLE", "VARCHAR", "BLOB", "VARCHAR"]
    );
    assert_eq!(
        opened.rows("users")[0],
        ["1", "Ada", "2025-01-02", "1", "1.5", "007", "\\x00\\xFF", "5"]
    );
    assert_eq!(opened.rows("users")[1][7], "many");
    assert_eq!(opened.types("my orders")[2], "TIMESTAMP");
    assert!(opened.says("users: odd holds"), "{:?}", opened.catalog.findings);
    assert_eq!(opened.relations(), ["my orders.user_id → users.user_id 0"]);
    let printed = relation(&opened.catalog.table("users").unwrap().origin);
    assert!(printed.text().contains("sqlite_scan('"), "{printed}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
    let there: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(there.len(), 1, "{there:?}");
}

#[test]
fn changes_that_wait_in_a_log_are_read_and_stay_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = sqlite(folder.path(), "live.sqlite", SHOP);
    let writer = rusqlite::Connection::open(&path).unwrap();
    writer.pragma_update(None, "journal_mode", "wal").unwrap();
    writer.execute_batch("INSERT INTO users (user_id, name) VALUES (4, 'Dov')").unwrap();
    let wal = folder.path().join("live.sqlite-wal");
    let before = std::fs::read(&wal).unwrap();
    assert!(!before.is_empty());
    let opened = open(&path);
    assert_eq!(opened.catalog.table("users").unwrap().rows, 4);
    assert_eq!(std::fs::read(&wal).unwrap(), before);
    writer.execute_batch("INSERT INTO users (user_id, name) VALUES (5, 'Eva')").unwrap();
}

#[test]
fn code_in_an_sqlite_file_is_not_run_and_damage_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = sqlite(
        folder.path(),
        "a.sqlite",
        "CREATE TABLE t (id INTEGER, x TEXT); INSERT INTO t VALUES (1, 'a'), (2, 'b');
         CREATE VIEW v AS SELECT load_extension('evil') AS e, 1 AS id;
         CREATE VIRTUAL TABLE f USING fts5(x);
         CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT 1; END;",
    );
    let opened = open(&path);
    assert!(opened.catalog.table("v").is_none() && opened.catalog.table("f").is_none());
    assert_eq!(opened.rows("t"), [["1", "a"], ["2", "b"]]);
    let bytes = std::fs::read(&path).unwrap();
    let damaged = folder.path().join("damaged.sqlite");
    std::fs::write(&damaged, &bytes[..bytes.len() / 3]).unwrap();
    let told = super::open_with(&damaged, &[]);
    if let Err(failure) = told {
        assert!(!failure.what.is_empty() && !failure.hint.is_empty(), "{failure}");
    }
    std::fs::write(&damaged, b"SQLite format 3\0 and then nothing").unwrap();
    let refused = failure(&damaged);
    assert!(refused.what.contains("SQLite") && !refused.hint.is_empty(), "{refused}");
}

/// A workbook with a sheet of people below a title, a sheet of codes, and one that is empty.
fn workbook(path: &Path) {
    let mut book = Workbook::new();
    let day = Format::new().set_num_format("yyyy-mm-dd");
    let moment = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
    let time = Format::new().set_num_format("hh:mm:ss");
    let sheet = book.add_worksheet();
    sheet.set_name("people").unwrap();
    sheet.merge_range(0, 1, 0, 6, "All people of 2025", &Format::new()).unwrap();
    let names = ["person_id", "code", "joined", "seen", "score", "vip", "wakes", "mixed"];
    for (column, name) in names.iter().enumerate() {
        sheet.write(2, column as u16 + 1, *name).unwrap();
    }
    for (i, row) in [3_u32, 4, 6].into_iter().enumerate() {
        let n = i as u8 + 1;
        sheet.write(row, 1, 9_000_000_000_f64 + f64::from(n)).unwrap();
        sheet.write(row, 2, format!("00{n}")).unwrap();
        let date = ExcelDateTime::from_ymd(2025, 1, n).unwrap();
        sheet.write_with_format(row, 3, &date, &day).unwrap();
        let date = ExcelDateTime::from_ymd(2025, 1, n).unwrap().and_hms(10, 30, 1.5).unwrap();
        sheet.write_with_format(row, 4, &date, &moment).unwrap();
        sheet.write(row, 5, f64::from(n) / 2.0).unwrap();
        sheet.write(row, 6, n == 1).unwrap();
        let at = ExcelDateTime::from_hms(7, 30, 0).unwrap();
        sheet.write_with_format(row, 7, &at, &time).unwrap();
    }
    sheet.write(3, 8, 5).unwrap();
    sheet.write(4, 8, "n/a").unwrap();
    sheet.write_formula(6, 8, rust_xlsxwriter::Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
    let sheet = book.add_worksheet();
    sheet.set_name("codes").unwrap();
    for (row, cells) in [["A1", "x"], ["B2", "y"]].iter().enumerate() {
        sheet.write(row as u32, 0, row as u32).unwrap();
        sheet.write(row as u32, 1, cells[1]).unwrap();
    }
    book.add_worksheet().set_name("nothing").unwrap();
    book.save(path).unwrap();
}

fn opened_workbook() -> (tempfile::TempDir, Opened) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("club.xlsx");
    workbook(&path);
    let opened = open(&path);
    (folder, opened)
}

#[test]
fn every_sheet_of_a_workbook_is_a_table() {
    let (_folder, opened) = opened_workbook();
    let names: Vec<&str> = opened.catalog.tables.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["codes", "people"]);
    assert_eq!(
        opened.types("people"),
        ["BIGINT", "VARCHAR", "DATE", "TIMESTAMP", "DOUBLE", "BOOLEAN", "TIME", "VARCHAR"]
    );
    assert_eq!(
        opened.rows("people")[0],
        [
            "9000000001",
            "001",
            "2025-01-01",
            "2025-01-01 10:30:01.5",
            "0.5",
            "true",
            "07:30:00",
            "5"
        ]
    );
    assert_eq!(opened.catalog.table("people").unwrap().rows, 3);
    assert!(opened.says("people: 1 row above the column names"), "{:?}", opened.catalog.findings);
    assert!(opened.says("people: mixed holds"));
    assert!(
        opened.says("1 cell with an error read as missing (row 7), such as \"#DIV/0!\""),
        "{:?}",
        opened.catalog.findings
    );
    assert!(opened.says("codes: no row holds column names"));
    let columns: Vec<&str> =
        opened.catalog.table("codes").unwrap().columns.iter().map(|c| c.name.as_str()).collect();
    assert_eq!(columns, ["A", "B"]);
    let printed = relation(&opened.catalog.table("people").unwrap().origin);
    assert!(printed.text().contains("range = 'B4:I7'"), "{printed}");
}

#[test]
fn a_workbook_that_is_none_or_too_much_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("club.xlsx");
    workbook(&path);
    let bytes = std::fs::read(&path).unwrap();
    let cut = folder.path().join("cut.xlsx");
    std::fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let refused = failure(&cut);
    assert!(refused.what.contains("workbook") && !refused.hint.is_empty(), "{refused}");
    let bomb = folder.path().join("bomb.xlsx");
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&bomb).unwrap());
    let packed = zip::write::SimpleFileOptions::default();
    archive.start_file("xl/sharedStrings.xml", packed).unwrap();
    let piece = vec![b' '; 1 << 20];
    for _ in 0..600 {
        std::io::Write::write_all(&mut archive, &piece).unwrap();
    }
    archive.finish().unwrap();
    assert!(failure(&bomb).what.contains("unpacks to more"), "{}", failure(&bomb));
}

#[test]
fn files_with_several_tables_stand_beside_others_in_a_folder() {
    let (folder, _) = opened_workbook();
    sqlite(folder.path(), "shop.db", SHOP);
    super::write(folder.path(), "visits.csv", "visit_id,user_id\n1,1\n2,2\n3,1\n");
    let opened = open(folder.path());
    let names: Vec<&str> = opened.catalog.tables.iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["codes", "empty", "my orders", "people", "users", "visits"]);
    assert!(opened.relations().contains(&"visits.user_id → users.user_id 0".to_owned()));
}

#[test]
fn what_is_known_of_such_a_table_is_enough_to_read_it_again() {
    let folder = tempfile::tempdir().unwrap();
    let made =
        "CREATE TABLE t (x TEXT, y INTEGER); INSERT INTO t VALUES ('a', 1), ('a', 1), ('b', 2)";
    let path = sqlite(folder.path(), "t.sqlite", made);
    let opened = open(&path);
    let table = opened.catalog.table("t").unwrap();
    assert_eq!(opened.rows("t"), [["1", "a", "1"], ["2", "a", "1"], ["3", "b", "2"]]);
    let TableOrigin::Files { paths, reader } = &table.origin else { panic!("{:?}", table.origin) };
    let kept = serde_json::to_string(reader).unwrap();
    let reader = serde_json::from_str(&kept).unwrap();
    let store = Store::open(std::slice::from_ref(&path), None, &Limits::default()).unwrap();
    store.name_files("t", paths, &reader, &mut |_| ()).unwrap();
    let rows = store.query(&Sql::of_project("SELECT * FROM t")).unwrap().rows;
    assert_eq!(rows, opened.store.query(&Sql::of_project("SELECT * FROM t")).unwrap().rows);
}
