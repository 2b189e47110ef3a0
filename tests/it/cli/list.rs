//! `export` and `verify`.

use super::{Ran, Shop, run};
use serde_json::{Value, json};

/// Exports everyone with these arguments.
fn export(shop: &Shop, to: &str, more: &[&str]) -> Ran {
    let mut arguments = vec!["--cohort", "customer/all", "--to", to];
    arguments.extend(more);
    shop.run("export", &arguments)
}

fn verify(shop: &Shop, more: &[&str]) -> Ran {
    let arguments: Vec<&str> = ["verify"].iter().chain(more).copied().collect();
    run(&shop.path(""), &arguments)
}

fn manifest(shop: &Shop, list: &str) -> Value {
    let text = std::fs::read_to_string(shop.path(&format!("{list}.manifest.json"))).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn no_part_is_left(shop: &Shop) {
    let left: Vec<_> = std::fs::read_dir(shop.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains(".part"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn a_csv_list_is_harmless_in_a_spreadsheet_and_exact_otherwise() {
    let shop = Shop::new();
    export(&shop, "list.csv", &["--columns", "customer_id=id,name,country,spent"]).good();
    assert_eq!(
        std::fs::read_to_string(shop.path("list.csv")).unwrap(),
        "id,name,country,spent\n\
         1,Ana,DE,10.5\n\
         2,\"'=HYPERLINK(\"\"x\"\")\",DE,-3.0\n\
         3,\"Line\nbreak, \"\"quoted\"\"\",FR,0.0\n\
         4,'@sum,,1000.0\n\
         5,Ünïcode 名前,FR,7.0\n\
         6,Bob,US,8.0\n"
    );
    export(&shop, "raw.csv", &["--columns", "name", "--raw-formulas"]).good();
    assert!(std::fs::read_to_string(shop.path("raw.csv")).unwrap().contains("\n@sum\n"));
    no_part_is_left(&shop);
}

#[test]
fn json_lines_hold_an_object_per_person_with_hashes_and_renamed_columns() {
    let shop = Shop::new();
    let columns = "customer_id=id,name=\"full\" name,country,spent,email";
    export(&shop, "list.jsonl", &["--columns", columns, "--hash", "email"]).good();
    let list = std::fs::read_to_string(shop.path("list.jsonl")).unwrap();
    let people: Vec<Value> = list.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(people.len(), 6);
    let hash = muster::deliver::checksum::of_bytes(b"a@x.com");
    let first =
        json!({"id": 1, "\"full\" name": "Ana", "country": "DE", "spent": 10.5, "email": hash});
    assert_eq!(people[0], first);
    assert_eq!(people[2]["\"full\" name"], "Line\nbreak, \"quoted\"");
    assert_eq!(people[3]["country"], Value::Null);
    assert_eq!(people[3]["\"full\" name"], "@sum", "nothing runs JSON as a formula");
}

#[test]
fn a_thousand_columns_fit_on_a_line_of_json() {
    let shop = Shop::new();
    std::fs::create_dir(shop.path("wide")).unwrap();
    let columns: Vec<String> = (0..1_000).map(|i| format!("c{i}")).collect();
    let row = |id: usize| {
        let cells: Vec<String> = (0..1_000).map(|i| (i * 10 + id).to_string()).collect();
        format!("{id},{}\n", cells.join(","))
    };
    let text = format!("person_id,{}\n{}{}{}", columns.join(","), row(1), row(2), row(3));
    std::fs::write(shop.path("wide/persons.csv"), text).unwrap();
    let arguments = ["export", "wide", "--cohort", "person/all", "--to", "wide.jsonl"];
    run(&shop.path(""), &arguments).good();
    let list = std::fs::read_to_string(shop.path("wide.jsonl")).unwrap();
    let people: Vec<Value> = list.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(people.len(), 3);
    assert!(people.iter().all(|person| person.as_object().is_some_and(|o| o.len() == 1_001)));
    assert_eq!(people[2]["c999"], 9_993);
}

#[test]
fn the_manifest_says_what_the_list_holds() {
    let shop = Shop::new();
    let condition = "country = 'DE'";
    let exported = export(
        &shop,
        "list.csv",
        &["--where", condition, "--columns", "customer_id,email=mail", "--hash", "mail", "--json"],
    )
    .json();
    assert_eq!(exported["rows"], 2);
    let manifest = manifest(&shop, "list.csv");
    assert_eq!((&manifest["entity"], &manifest["cohort"]), (&json!("customer"), &json!("all")));
    assert_eq!(manifest["where"], condition);
    assert_ne!(manifest["words"], "");
    assert_eq!(manifest["now"], "2026-11-23T09:00:00+00:00[UTC]");
    assert_eq!((&manifest["rows"], &manifest["sha256"]), (&json!(2), &exported["sha256"]));
    assert_eq!(manifest["columns"][1], json!({"feature": "email", "name": "mail", "hashed": true}));
    let files = manifest["source"]["files"].as_array().unwrap();
    assert_eq!(files.len(), 2);
    assert!(files.iter().all(|f| f["sha256"].as_str().is_some_and(|s| s.len() == 64)));
    // SHA-256 of "a@x.com".
    let list = std::fs::read_to_string(shop.path("list.csv")).unwrap();
    let hash = muster::deliver::checksum::of_bytes(b"a@x.com");
    assert_eq!(list.lines().nth(1), Some(&*format!("1,{hash}")));
}

#[test]
fn every_format_is_the_same_bytes_again_and_verifies() {
    let shop = Shop::new();
    for ending in ["csv", "parquet", "xlsx", "jsonl"] {
        let (first, again) = (format!("first.{ending}"), format!("again.{ending}"));
        export(&shop, &first, &[]).good();
        export(&shop, &again, &[]).good();
        let read = |name: &str| std::fs::read(shop.path(name)).unwrap();
        assert!(read(&first) == read(&again), "{ending}");
        let verified = verify(&shop, &[&first, "--rebuild", "--json"]).json();
        assert_eq!(verified["matches"], true);
        assert_eq!(verified["rows"], 6);
        assert_eq!(verified["rebuilt"]["identical"], true, "{verified}");
    }
    no_part_is_left(&shop);
}

#[test]
fn a_changed_list_and_a_changed_source_are_told_apart() {
    let shop = Shop::new();
    export(&shop, "list.csv", &[]).good();
    let customers = shop.path("shop/customers.csv");
    let before = std::fs::read_to_string(&customers).unwrap();
    std::fs::write(&customers, before.replace("Bob", "Rob")).unwrap();
    let told = verify(&shop, &["list.csv", "--rebuild"]);
    assert_eq!(told.status, 1, "{}", told.out);
    for part in ["matches its manifest", "customers.csv", "line 8 is the first", "Bob", "Rob"] {
        assert!(told.out.contains(part), "{part} in {}", told.out);
    }

    std::fs::write(&customers, before).unwrap();
    let list = std::fs::read_to_string(shop.path("list.csv")).unwrap();
    std::fs::write(shop.path("list.csv"), list.replace("Bob", "Rob")).unwrap();
    let told = verify(&shop, &["list.csv", "--rebuild"]);
    assert_eq!(told.status, 1);
    assert!(told.out.contains("does not match") && told.out.contains("this list was changed"));
    no_part_is_left(&shop);
}

#[test]
fn a_list_without_a_manifest_cannot_be_verified() {
    let shop = Shop::new();
    assert!(verify(&shop, &["shop/orders.csv"]).fails(1).contains("no manifest"));
    assert!(verify(&shop, &["nope.csv"]).fails(1).contains("no such list"));
}

#[test]
fn a_list_never_replaces_a_file_of_its_source() {
    let shop = Shop::new();
    let before = std::fs::read(shop.path("shop/customers.csv")).unwrap();
    let failed = export(&shop, "shop/customers.csv", &[]).fails(2);
    assert!(failed.contains("would overwrite a file of the source"), "{failed}");
    assert!(std::fs::read(shop.path("shop/customers.csv")).unwrap() == before);
}

#[test]
fn a_failed_export_leaves_what_was_there() {
    let shop = Shop::new();
    export(&shop, "list.csv", &[]).good();
    let before = std::fs::read(shop.path("list.csv")).unwrap();
    let fails = |to: &str, more: &[&str], status: i32, part: &str| {
        let failed = export(&shop, to, more).fails(status);
        assert!(failed.contains(part), "{failed}");
    };
    fails("list.csv", &["--columns", "nope"], 2, "no feature nope");
    fails("list.csv", &["--columns", "name,email=NAME"], 2, "two columns are named NAME");
    fails("list.csv", &["--hash", "nope"], 2, "no column is called nope");
    fails("list.txt", &[], 2, ".csv, .parquet, .xlsx or .jsonl");
    fails("nowhere/list.csv", &[], 1, "the folder is not there");
    std::fs::create_dir(shop.path("folder.csv")).unwrap();
    fails("folder.csv", &[], 1, "a folder has this name");
    assert!(std::fs::read(shop.path("list.csv")).unwrap() == before);
    no_part_is_left(&shop);
}

#[test]
fn a_part_left_by_a_kill_is_replaced() {
    let shop = Shop::new();
    std::fs::write(shop.path("list.csv.part"), "half of it").unwrap();
    export(&shop, "list.csv", &["--columns", "customer_id"]).good();
    assert_eq!(
        std::fs::read_to_string(shop.path("list.csv")).unwrap(),
        "customer_id\n1\n2\n3\n4\n5\n6\n"
    );
    no_part_is_left(&shop);
}

#[test]
fn a_list_of_nobody_has_a_header() {
    let shop = Shop::new();
    export(&shop, "list.csv", &["--where", "spent > 1e9", "--columns", "name"]).good();
    assert_eq!(std::fs::read_to_string(shop.path("list.csv")).unwrap(), "name\n");
    assert_eq!(manifest(&shop, "list.csv")["rows"], 0);
    verify(&shop, &["list.csv", "--rebuild"]).good();
}

/// Everything before a sign that a spreadsheet passes over, or may.
const BEFORE: [&str; 14] = [
    "",
    " ",
    "\t",
    "\n",
    "\r\n",
    "\u{b}\u{c}",
    "\u{a0}",
    "\u{3000}",
    "\u{feff}",
    "\u{200b}",
    "\u{202e}\u{2066}",
    "\u{1b}",
    "\u{85}",
    "\u{2800}\u{fe0f}",
];

#[test]
fn no_cell_and_no_header_is_run_whatever_precedes_its_sign() {
    let shop = Shop::new();
    let database = duckdb::Connection::open(shop.path("odd.duckdb")).unwrap();
    let mut texts = vec!["a=1", "'=1", "\"=1", "5", "Zoë", "", "名前"];
    let signed: Vec<String> = BEFORE
        .iter()
        .flat_map(|before| "=+-@＝＋－＠﹦﹢﹣﹫−".chars().map(move |c| format!("{before}{c}1")))
        .collect();
    texts.extend(signed.iter().map(String::as_str));
    database.execute_batch("CREATE TABLE users (id INTEGER, v VARCHAR, \" =h\" INTEGER)").unwrap();
    for (id, text) in texts.iter().enumerate() {
        let row = duckdb::params![id as i64, text, -1];
        database.execute("INSERT INTO users VALUES (?, ?, ?)", row).unwrap();
    }
    drop(database);
    let to = |list: &str, more: &[&str]| {
        let arguments = ["export", "odd.duckdb", "--cohort", "user/all", "--to", list];
        run(&shop.path(""), &[&arguments[..], more].concat()).good();
    };
    to("odd.csv", &[]);
    let rows = read(&shop, "odd.csv");
    assert_eq!(rows[0], ["id", "v", "' =h"]);
    assert_eq!(rows.len(), texts.len() + 1);
    for (id, (text, row)) in texts.iter().zip(&rows[1..]).enumerate() {
        // One plain number is none, whatever its type.
        let harmless = id < 7 || ["+1", "-1"].contains(text);
        let wanted = if harmless { (*text).to_owned() } else { format!("'{text}") };
        assert_eq!(row, &[id.to_string(), wanted, "-1".to_owned()], "{text:?}");
    }
    to("raw.csv", &["--raw-formulas"]);
    let raw = read(&shop, "raw.csv");
    assert!(raw[1..].iter().zip(&texts).all(|(row, text)| row[1] == *text));
}

#[test]
fn values_of_every_type_that_becomes_text_are_harmless() {
    let shop = Shop::new();
    let database = duckdb::Connection::open(shop.path("odd.duckdb")).unwrap();
    database
        .execute_batch(
            "CREATE TYPE mood AS ENUM ('=1+1', 'fine');
             CREATE TABLE users AS SELECT i AS id, '=1+1'::mood AS mood, '=1+1'::BLOB AS blob,
               '-1'::JSON AS json, union_value(s := '=1+1') AS u, ['=1'] AS list,
               {'=a': 1} AS struct, MAP {'=a': 1} AS map, INTERVAL (-1) DAY AS span,
               '101'::BIT AS bit, -1 AS n, -1.5 AS x, DATE '2026-01-01' AS d, TRUE AS b,
               TIME '01:00:00' AS t FROM range(2) AS t(i)",
        )
        .unwrap();
    drop(database);
    let arguments = ["export", "odd.duckdb", "--cohort", "user/all", "--to", "odd.csv"];
    run(&shop.path(""), &arguments).good();
    let rows = read(&shop, "odd.csv");
    assert_eq!(
        rows[1],
        [
            "0",
            "'=1+1",
            "'=1+1",
            "-1",
            "'=1+1",
            "['=1']",
            "{'=a': 1}",
            "{'=a'=1}",
            "'-1 day",
            "101",
            "-1",
            "-1.5",
            "2026-01-01",
            "true",
            "01:00:00"
        ]
    );
}

/// The cells of a list, as a program reads CSV.
fn read(shop: &Shop, list: &str) -> Vec<Vec<String>> {
    let text = std::fs::read_to_string(shop.path(list)).unwrap();
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            c => cell.push(c),
        }
    }
    rows
}
