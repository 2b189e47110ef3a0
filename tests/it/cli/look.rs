//! `show`, `check`, `count`, `sql` and `profile`.

use super::{Shop, run};
use serde_json::json;
use std::process::{Command, Stdio};

const ALL: [&str; 2] = ["--cohort", "customer/all"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    ALL.iter().chain(more).copied().collect()
}

#[test]
fn show_names_entities_features_and_tables() {
    let shop = Shop::new();
    let shown = shop.run("show", &["--json"]).json();
    let customer =
        shown["entities"].as_array().unwrap().iter().find(|e| e["name"] == "customer").unwrap();
    assert_eq!(customer["table"], "customers");
    assert_eq!(customer["key"], "customer_id");
    assert_eq!(customer["size"], 6);
    let email =
        customer["features"].as_array().unwrap().iter().find(|f| f["name"] == "email").unwrap();
    assert_eq!((&email["type"], &email["personal"]), (&json!("VARCHAR"), &json!(true)));
    assert_eq!(shown["tables"][1]["name"], "orders");
    assert_eq!(shown["tables"][1]["rows"], 9);
    assert_eq!(shown["runs"], json!([]));
    assert!(shop.run("show", &[]).good().contains("customer: 6, key customer_id"));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let shop = Shop::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_muster"))
        .arg("show")
        .arg(shop.path("shop"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert!(output.status.success());
}

#[test]
fn check_ends_with_what_it_found() {
    let shop = Shop::new();
    let checked = shop.run("check", &["--json"]).json();
    assert_eq!(checked["errors"], 0, "{checked}");
    let listed = checked["findings"].as_array().unwrap().len() as u64;
    let counted = ["errors", "warnings", "notes"].map(|k| checked[k].as_u64().unwrap());
    assert_eq!(listed, counted.iter().sum::<u64>());
}

#[test]
fn count_takes_a_condition_and_tells_the_steps() {
    let shop = Shop::new();
    let condition = "country = 'DE' and count(orders) >= 3";
    let counted = shop.run("count", &with(&["--where", condition, "--steps", "--json"])).json();
    assert_eq!((&counted["size"], &counted["of"]), (&json!(1), &json!(6)));
    assert_eq!((&counted["entity"], &counted["cohort"]), (&json!("customer"), &json!("all")));
    assert_eq!(counted["as_of"], json!(null));
    assert_eq!(counted["now"], "2026-11-23T09:00:00+00:00[UTC]");
    let steps = counted["steps"].as_array().unwrap();
    let kept: Vec<_> = steps.iter().map(|s| (s["kept"].clone(), s["dropped"].clone())).collect();
    assert_eq!(kept, [(json!(2), json!(4)), (json!(1), json!(1))]);
    assert_eq!(steps[0]["clause"], "country = 'DE'");
    assert!(steps.iter().all(|s| s["words"] != ""), "{counted}");
}

#[test]
fn values_are_counted_where_all_clauses_hold() {
    let shop = Shop::new();
    let told = |more: &[&str]| {
        let arguments: Vec<&str> =
            ["--feature", "country", "--json"].into_iter().chain(more.iter().copied()).collect();
        shop.run("values", &with(&arguments)).json()
    };
    let all = told(&[]);
    let sum = |told: &serde_json::Value, key: &str| {
        let listed = told["values"].as_array().unwrap().iter();
        let listed: u64 = listed.map(|value| value[key].as_u64().unwrap()).sum();
        listed + told["others"][key].as_u64().unwrap() + told["missing"][key].as_u64().unwrap()
    };
    assert_eq!((sum(&all, "size"), sum(&all, "of")), (6, 6), "{all}");
    // A clause on the feature itself holds here, as it would not in the feature's own chart.
    let german = told(&["--where", "country = 'DE'"]);
    assert_eq!((sum(&german, "size"), sum(&german, "of")), (2, 6), "{german}");
    assert_eq!(german["values"][0]["value"], "DE");
    let one = told(&["--top", "1"]);
    assert_eq!(one["values"].as_array().unwrap().len(), 1);
    assert_eq!(sum(&one, "of"), 6);
    assert_eq!(told(&["--search", "d"])["values"].as_array().unwrap().len(), 1);
    let wrong = shop.run("values", &with(&["--feature", "nothing"]));
    assert!(
        wrong.err.contains("no feature nothing") && wrong.err.contains("country"),
        "{}",
        wrong.err
    );
}

#[test]
fn relative_dates_follow_the_stated_now() {
    let shop = Shop::new();
    let condition = "max(orders.ordered) >= now() - interval 10 days";
    let counted = shop.run("count", &with(&["--where", condition, "--json"])).json();
    assert_eq!(counted["size"], 2, "customers 1 and 2 ordered since 13 November 2026");
    let source = shop.path("shop");
    let earlier = ["count", source.to_str().unwrap(), "--now", "2026-11-15", "--zone", "UTC"];
    let arguments: Vec<&str> =
        earlier.into_iter().chain(with(&["--where", condition, "--json"])).collect();
    assert_eq!(run(&shop.path(""), &arguments).json()["size"], 4, "customers 1, 2, 3 and 6");
}

#[test]
fn a_segment_comes_from_the_workspace_or_from_a_file() {
    let shop = Shop::new();
    let workspace = "version: 1\nsegments:\n  - name: French\n    cohort: customer/all\n    where: country = 'FR'\n";
    std::fs::create_dir(shop.path("mine")).unwrap();
    std::fs::write(shop.path("mine/muster.yaml"), workspace).unwrap();
    std::fs::write(shop.path("german.yaml"), "cohort: customer/all\nwhere: country = 'DE'\n")
        .unwrap();
    let size = |more: &[&str]| {
        let all: Vec<&str> =
            more.iter().chain(&["--workspace", "mine", "--json"]).copied().collect();
        shop.run("count", &all).json()["size"].clone()
    };
    assert_eq!(size(&["--segment", "French"]), 2);
    assert_eq!(size(&["--segment", "german.yaml"]), 2);
    assert_eq!(size(&["--cohort", "customer/all", "--segment", "French"]), 2);
    let failed = shop.run("count", &["--segment", "Dutch", "--workspace", "mine"]).fails(2);
    assert!(failed.contains("the workspace has French"), "{failed}");
}

#[test]
fn a_workspace_of_a_later_version_is_left_alone() {
    let shop = Shop::new();
    std::fs::write(shop.path("muster.yaml"), "version: 9\nnew: [1]\n").unwrap();
    let failed = shop.run("show", &["--workspace", "."]).fails(1);
    assert!(failed.contains("version 9"), "{failed}");
    assert_eq!(
        std::fs::read_to_string(shop.path("muster.yaml")).unwrap(),
        "version: 9\nnew: [1]\n"
    );
}

#[test]
fn sql_is_one_statement_that_reads_the_files() {
    let shop = Shop::new();
    let sql = shop.run("sql", &with(&["--where", "country = 'DE'"])).good();
    assert!(sql.contains("read_csv(") && sql.contains("'DE'"), "{sql}");
    assert!(!sql.contains(';'), "{sql}");
    assert_eq!(
        shop.run("sql", &with(&["--where", "country = 'DE'", "--json"])).json()["sql"],
        sql.trim_end()
    );
}

#[test]
fn profile_finds_one_by_any_feature() {
    let shop = Shop::new();
    let of = |id: &str| shop.run("profile", &["--entity", "customer", "--id", id, "--json"]);
    let ana = of("email=a@x.com").json();
    assert_eq!(ana["profile"]["key"], 1);
    assert_eq!(ana["profile"]["features"]["name"], "Ana");
    let related = ana["profile"]["related"].as_array().unwrap();
    let orders = related.iter().find(|r| r["table"] == "orders").unwrap();
    assert_eq!(orders["total"], 3);
    assert_eq!(of("4").json()["profile"]["features"]["country"], json!(null));
    let several = of("country=FR").json();
    assert_eq!((&several["matches"], &several["profile"]), (&json!([3, 5]), &json!(null)));
    assert!(of("email=nobody").fails(1).contains("no customer has email = nobody"));
    assert!(of("phone=1").fails(2).contains("no feature phone"));
}

#[test]
fn profile_says_why_and_why_not() {
    let shop = Shop::new();
    let condition = "country = 'DE' and spent > 100";
    let arguments = ["--entity", "customer", "--id", "1", "--where", condition, "--json"];
    let profile = shop.run("profile", &arguments).json()["profile"].clone();
    assert_eq!((&profile["in_cohort"], &profile["in_slice"]), (&json!(true), &json!(false)));
    let holds: Vec<_> =
        profile["why"].as_array().unwrap().iter().map(|w| w["holds"].clone()).collect();
    assert_eq!(holds, [json!(true), json!(false)]);
}

#[test]
fn wrong_use_says_what_where_and_what_to_try() {
    let shop = Shop::new();
    let wrong = |more: &[&str], part: &str| {
        let failed = shop.run("count", more).fails(2);
        assert!(failed.contains(part), "{failed}");
    };
    wrong(&["--cohort", "nope"], "customer/all");
    wrong(&with(&["--where", "contry = 'DE'"]), "country");
    wrong(&with(&["--where", "country ="]), "--where");
    wrong(&with(&["--as-of", "1"]), "keeps no runs");
    wrong(&with(&["--as-of", "2026-01"]), "not the number of a run");
    wrong(&["--segment", "a", "--where", "b"], "--segment");
    let folder = shop.path("");
    run(&folder, &["count", "shop", "--cohort", "customer/all", "--zone", "Mars"]).fails(2);
    run(&folder, &["show"]).fails(2);
    let missing = run(&folder, &["show", "not there.csv"]);
    assert!(missing.status != 0 && missing.err.contains("not there.csv"), "{}", missing.err);
    assert_eq!(
        run(&folder, &["show", "shop", "--nope"]).fails(2).lines().next().map(str::is_empty),
        Some(false)
    );
    assert!(run(&folder, &["--version"]).good().starts_with("muster "));
}

#[cfg(unix)]
#[test]
fn a_path_that_is_no_text_is_opened_or_told() {
    use std::os::unix::ffi::OsStrExt as _;
    let shop = Shop::new();
    let odd = shop.path("").join(std::ffi::OsStr::from_bytes(b"caf\xe9.csv"));
    std::fs::copy(shop.path("shop/customers.csv"), &odd).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_muster")).arg("show").arg(&odd).output().unwrap();
    let told = super::ran(&output);
    assert!(told.status == 0 || told.err.starts_with("error: "), "{}", told.err);
    assert!(!told.err.contains("panicked"), "{}", told.err);
}
