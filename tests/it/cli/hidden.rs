//! What cannot be seen: names and values that would move the cursor, colour the terminal, turn a
//! line around or forge one. Text shows them, JSON and statements keep them.

use super::{Ran, run};
use duckdb::Connection;
use muster::model::shown::is_hidden;
use std::path::Path;

/// One of each kind: escape, line feed, tab, return, delete, C1, directions, no width, tags.
const ODD: &str = "\u{1b}[2J\n\t\r\u{7f}\u{9b}\u{202e}\u{2066}\u{61c}\u{200b}\u{200d}\u{feff}\u{ad}\u{2028}\u{e0041}";

/// A database whose table, column and cells hold the lot, and one with clean names.
fn source(folder: &Path) -> (String, String) {
    let (odd_table, odd_column) = (format!("u{ODD}sers"), format!("c{ODD}"));
    let odd = Connection::open(folder.join("odd.duckdb")).unwrap();
    odd.execute_batch(&format!(
        "CREATE TABLE \"{odd_table}\" AS SELECT i AS id, 'v{ODD}' || i AS \"{odd_column}\" \
         FROM range(9) AS t(i)"
    ))
    .unwrap();
    let plain = Connection::open(folder.join("plain.duckdb")).unwrap();
    plain
        .execute_batch(&format!(
            "CREATE TABLE users AS SELECT i AS id, 'v{ODD}' || i AS v FROM range(9) AS t(i)"
        ))
        .unwrap();
    (odd_table, odd_column)
}

#[track_caller]
fn is_clean(ran: &Ran) {
    for text in [&ran.out, &ran.err] {
        assert!(text.chars().all(|c| c == '\n' || !is_hidden(c)), "{text:?}");
    }
}

#[test]
fn nothing_hidden_is_printed_and_json_is_exact() {
    let folder = tempfile::tempdir().unwrap();
    let (table, column) = source(folder.path());
    let run = |arguments: &[&str]| {
        let ran = run(folder.path(), arguments);
        is_clean(&ran);
        ran
    };
    let shown = run(&["show", "odd.duckdb", "--json"]).json();
    let entity = &shown["entities"][0];
    assert_eq!(entity["table"].as_str().unwrap(), table);
    assert_eq!(entity["features"][1]["name"].as_str().unwrap(), column);
    let name = entity["name"].as_str().unwrap();
    let all = format!("{name}/all");
    let value = format!("v{ODD}1");
    let quoted = format!("\"{column}\" = '{value}'");
    let forged = format!("nobody{ODD}\nerror: forged");
    for arguments in [
        &["show", "odd.duckdb"][..],
        &["check", "odd.duckdb"],
        &["count", "odd.duckdb", "--cohort", &all, "--where", &quoted, "--steps"],
        &["sql", "odd.duckdb", "--cohort", &all, "--where", &quoted],
        &["profile", "odd.duckdb", "--entity", name, "--id", "id=1", "--where", &quoted],
        &["export", "odd.duckdb", "--cohort", &all, "--to", "l\u{1b}\u{202e}.csv"],
        &["verify", "l\u{1b}\u{202e}.csv"],
    ] {
        let ran = run(arguments);
        assert_eq!(ran.status, 0, "{arguments:?}: {}", ran.err);
    }
    for arguments in [
        &["count", "odd.duckdb", "--cohort", &forged][..],
        &["count", "odd.duckdb", "--cohort", &all, "--where", &forged],
        &["count", "odd.duckdb", "--cohort", &all, "--segment", &forged],
        &["profile", "odd.duckdb", "--entity", &forged, "--id", "1"],
        &["profile", "odd.duckdb", "--entity", name, "--id", &forged],
        &["profile", "odd.duckdb", "--entity", name, "--id", &format!("{forged}=1")],
        &["export", "odd.duckdb", "--cohort", &all, "--columns", &forged, "--to", "m.csv"],
        &["show", &forged],
        &["show", "odd.duckdb", &format!("--{forged}")],
        &["build", &forged],
    ] {
        let ran = run(arguments);
        assert_ne!(ran.status, 0, "{arguments:?}");
        assert!(!ran.err.contains("\nerror: forged"), "{}", ran.err);
    }
    let profile =
        run(&["profile", "odd.duckdb", "--entity", name, "--id", "id=1", "--json"]).json();
    assert_eq!(profile["profile"]["features"][&column].as_str().unwrap(), value);
}

#[test]
fn a_printed_statement_means_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (_, column) = source(folder.path());
    let condition = format!("v = 'v{ODD}1' or v = 'v{ODD}2\\'");
    let arguments = ["sql", "plain.duckdb", "--cohort", "user/all", "--where", &condition];
    let ran = run(folder.path(), &arguments);
    is_clean(&ran);
    let sql = ran.good();
    let plain = Connection::open(folder.path().join("plain.duckdb")).unwrap();
    let ids: Vec<i64> = plain
        .prepare(&sql)
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(ids, [1], "{sql}");

    // A name cannot be written by code. That is told, and JSON has the statement exactly.
    let shown = run(folder.path(), &["show", "odd.duckdb", "--json"]).json();
    let all = format!("{}/all", shown["entities"][0]["name"].as_str().unwrap());
    let ordered = format!("\"{column}\" <> ''");
    let arguments = ["sql", "odd.duckdb", "--cohort", &all, "--where", &ordered];
    let told = run(folder.path(), &arguments);
    assert!(told.err.starts_with("note: ") && told.err.contains("--json"), "{}", told.err);
    assert!(told.out.contains("⟨ESC⟩"), "{}", told.out);
    let exact = run(folder.path(), &[&arguments[..], &["--json"]].concat()).json();
    let odd = Connection::open(folder.path().join("odd.duckdb")).unwrap();
    let mut statement = odd.prepare(exact["sql"].as_str().unwrap()).unwrap();
    assert_eq!(statement.query_map([], |_| Ok(())).unwrap().count(), 9);
}

#[test]
fn text_written_by_code_is_the_text_itself() {
    let database = Connection::open_in_memory().unwrap();
    let hidden = ('\0'..=char::MAX).filter(|c| is_hidden(*c));
    let texts = hidden.map(|c| format!("a{c}f'\\n{c}")).chain([ODD.to_owned()]);
    let literals: Vec<(String, String)> =
        texts.map(|text| (muster::sql::text(&text).text().to_owned(), text)).collect();
    for some in literals.chunks(64) {
        let list: Vec<&str> = some.iter().map(|(literal, _)| literal.as_str()).collect();
        let mut statement =
            database.prepare(&format!("SELECT unnest([{}])", list.join(", "))).unwrap();
        let read = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
        for (read, (literal, text)) in read.zip(some) {
            assert_eq!(read.unwrap(), *text, "{literal}");
            assert!(!literal.chars().any(is_hidden), "{literal:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn files_and_columns_of_odd_names_are_read_and_their_statement_runs() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("so\u{1b}urce\u{202e}");
    std::fs::create_dir(&source).unwrap();
    let csv = "id,na\u{200b}me\n1,a\u{202e}\n2,b\n";
    std::fs::write(source.join("us\u{9b}ers\u{202e}\u{1b}[2J.csv"), csv).unwrap();
    std::fs::write(source.join("ta\u{200d}bs.tsv"), "key\tv\n1\tx\n2\ty\n").unwrap();
    std::fs::write(source.join("do\u{feff}cs.json"), "[{\"doc\": 1, \"k\u{200b}\": 2}]").unwrap();
    let path = source.to_str().unwrap();
    let shown = run(folder.path(), &["show", path, "--json"]).json();
    let tables = shown["tables"].as_array().unwrap();
    assert_eq!(tables.len(), 3, "{shown}");
    for entity in shown["entities"].as_array().unwrap() {
        let all = format!("{}/all", entity["name"].as_str().unwrap());
        let told = run(folder.path(), &["sql", path, "--cohort", &all, "--json"]).json();
        let database = Connection::open_in_memory().unwrap();
        let mut statement = database.prepare(told["sql"].as_str().unwrap()).unwrap();
        let rows = statement.query_map([], |_| Ok(())).unwrap().count() as u64;
        assert_eq!(Some(rows), entity["size"].as_u64(), "{}", told["sql"]);
        is_clean(&run(folder.path(), &["sql", path, "--cohort", &all]));
        let list = format!("{}.parquet", entity["size"]);
        let to = ["export", path, "--cohort", &all, "--to", &list];
        is_clean(&run(folder.path(), &to));
        assert_eq!(run(folder.path(), &["verify", &list, "--rebuild"]).status, 0);
    }
}
