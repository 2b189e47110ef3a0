//! Destinations that are no addresses for rows: jobs that are started, and files.

use super::shop::{Ran, Shop};
use muster::inbox::{Act, Ending, Script, Taken};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

fn job(shop: &Shop) -> impl Fn(&[&str]) -> Ran {
    let url = format!("http://{}", shop.inbox.address());
    shop.write(&format!(
        "destinations:\n  - name: tower\n    type: hightouch\n    url: {url}\n    \
         token: env:HOOK_SECRET\n    sync_id: 7\n\
         activations:\n  - name: start it\n    cohort: user/all\n    destination: tower\n"
    ));
    |more| shop.run(&[&["sync", "shop.duckdb", "--activation", "start it"], more].concat())
}

/// A run as Hightouch tells it.
fn run(status: &str) -> Act {
    let run = json!({"id": 42, "createdAt": "2999-01-01T00:00:00Z", "status": status,
        "querySize": 10, "plannedRows": {"addedCount": 10}, "error": null,
        "successfulRows": {"addedCount": 9}, "failedRows": {"addedCount": 1}});
    Act::status(200).body(&json!({"data": [run]}).to_string())
}

fn lines(shop: &Shop) -> Vec<String> {
    shop.inbox.held().requests.iter().map(|request| request.line.clone()).collect()
}

#[test]
fn a_job_is_started_and_followed_to_its_end() {
    let shop = Shop::empty();
    let sync = job(&shop);
    let dry = sync(&["--dry-run", "--json"]).ends(0).json();
    assert!(dry["samples"][0]["line"].as_str().unwrap().ends_with("/syncs/trigger"), "{dry}");
    assert_eq!(shop.arrived(), 0);
    let mut script = Script::default();
    script.push("/syncs/trigger", Act::status(200).body(r#"{"id":"42"}"#));
    script.push("/syncs/7/runs", run("processing"));
    script.push("/syncs/7/runs", run("success"));
    shop.inbox.script(script);
    let told = sync(&["--json"]).ends(0).json();
    assert_eq!(told["status"], "done");
    assert_eq!(told["reported"]["successfulRows.addedCount"], 9);
    let asked = "GET /syncs/7/runs?runId=42";
    assert_eq!(lines(&shop), ["POST /syncs/trigger", asked, asked]);
}

#[test]
fn a_job_that_fails_is_told_with_its_words() {
    let shop = Shop::empty();
    let sync = job(&shop);
    let mut script = Script::default();
    script.push("/syncs/trigger", Act::status(200).body(r#"{"id":"42"}"#));
    script.push("/syncs/7/runs", run("failed"));
    shop.inbox.script(script);
    let told = sync(&["--json"]).ends(1).json();
    assert_eq!((&told["status"], &told["message"]), (&"failed".into(), &"failed".into()));
}

#[test]
fn a_job_whose_start_was_not_answered_is_looked_for_and_not_started_twice() {
    let shop = Shop::empty();
    let sync = job(&shop);
    let mut script = Script::default();
    script.push("/syncs/trigger", Act::of(Taken::All, Ending::Drop));
    script.push("/syncs/7/runs", run("success"));
    script.push("/syncs/7/runs", run("success"));
    shop.inbox.script(script);
    sync(&[]).ends(0);
    let lines = lines(&shop);
    let starts = lines.iter().filter(|line| line.starts_with("POST")).count();
    assert_eq!(starts, 1, "{lines:?}");
    assert_eq!(lines[1], "GET /syncs/7/runs?limit=100", "the list of runs is looked at first");
}

/// A workspace with one destination of this kind that writes files into `out`.
fn files(shop: &Shop, kind: &str, more: &str, activation: &str) -> impl Fn() -> Value {
    std::fs::create_dir_all(shop.path("out")).unwrap();
    shop.write(&format!(
        "destinations:\n  - name: files\n    type: {kind}\n    folder: {}\n{more}\
         activations:\n  - name: to files\n    segment: Lapsed big spenders\n    \
         destination: files\n    mode: mirror\n    {activation}\n",
        shop.path("out").display()
    ));
    || shop.run(&["sync", "shop.duckdb", "--activation", "to files", "--json"]).ends(0).json()
}

fn written(shop: &Shop) -> Vec<String> {
    let names = std::fs::read_dir(shop.path("out")).unwrap();
    let mut names: Vec<String> =
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_folder_takes_csv_and_parquet() {
    for format in ["csv", "parquet"] {
        let shop = Shop::empty();
        let mapping = "mapping: { mail: email, city: city }";
        let format_line = format!("    format: {format}\n");
        let sync = files(&shop, "folder", &format_line, mapping);
        sync();
        let first = format!("members-00001.{format}");
        assert_eq!(written(&shop), std::slice::from_ref(&first));
        let file = shop.path("out").join(&first);
        let read = match format {
            "csv" => format!("read_csv('{}', all_varchar = true)", file.display()),
            _ => format!("read_parquet('{}')", file.display()),
        };
        let rows = |from: &str, op: &str, key: &str, mail: &str| {
            shop.ask(&format!(
                "SELECT concat_ws('|', {op}, {key}, {mail}, city) FROM {from}
                 ORDER BY {key} COLLATE \"binary\""
            ))
        };
        let source = "(SELECT CAST(users.user_id AS VARCHAR) AS k, users.email, users.city
            FROM cohorts.lapsed JOIN users USING (user_id) WHERE users.lifetime_value > 300)";
        assert_eq!(rows(&read, "op", "key", "mail"), rows(source, "'add'", "k", "email"));
        let told = sync();
        assert_eq!((&told["planned"], written(&shop).len()), (&json!(0), 1), "no empty file");
        let gone = shop.members()[0].clone();
        shop.change(&format!("UPDATE users SET lifetime_value = 1 WHERE user_id = {gone}"));
        sync();
        let last = read.replace("00001", "00003");
        let ops = format!("SELECT op || key FROM {last}");
        assert_eq!(shop.ask(&ops), [format!("remove{gone}")]);
    }
}

fn sha256(text: &str) -> String {
    let mut hex = String::new();
    Sha256::digest(text).iter().for_each(|byte| write!(hex, "{byte:02x}").unwrap());
    hex
}

#[test]
fn a_list_for_meta_is_hashed_as_it_asks() {
    let shop = Shop::empty();
    let mapping = "mapping: { email: email, country: country, extern_id: user_id }";
    let sync = files(&shop, "meta_file", "", mapping);
    let members = shop.members();
    let one = &members[0];
    shop.change(&format!(
        "UPDATE users SET email = '  Ann.Smith+tea@EXAMPLE.com ', country = 'DE'
         WHERE user_id = {one}"
    ));
    sync();
    let names = written(&shop);
    assert_eq!(names, ["meta-00001-add.csv"]);
    let file = shop.path("out").join(&names[0]);
    let row = shop.ask(&format!(
        "SELECT concat_ws('|', email, country, extern_id)
         FROM read_csv('{}', all_varchar = true) WHERE extern_id = '{one}'",
        file.display()
    ));
    let (email, country) = (sha256("ann.smith+tea@example.com"), sha256("de"));
    assert_eq!(row, [format!("{email}|{country}|{one}")]);
    let text = std::fs::read_to_string(file).unwrap();
    assert!(!text.contains('@'), "no address stands in it in plain");
    assert_eq!(text.lines().count(), members.len() + 1);
}
