//! The way of an activation through the real binary: tried out, sent, sent again, failed, repeated.

use super::shop::{NAME, Shop, counts};
use muster::inbox::{Act, Ending, Taken};
use serde_json::{Value, json};

const COUNTS: [&str; 5] = ["planned", "accepted", "adds", "updates", "removes"];

#[test]
fn a_dry_run_sends_nothing_and_says_what_is_not_known() {
    let shop = Shop::new();
    let members = shop.members().len();
    assert!(members > 100, "{members}");
    let told = shop.sync(&["--dry-run", "--json"]).ends(0).json();
    assert_eq!((&told["schema"], &told["activation"]), (&json!(1), &json!(NAME)));
    assert_eq!((&told["planned"], &told["adds"]), (&json!(members), &json!(members)));
    for unknown in ["run", "accepted", "rejected", "unknown"] {
        assert_eq!(told[unknown], Value::Null, "{unknown} is unknown, and not nought");
    }
    let sample = told["samples"][0]["body"].as_str().unwrap();
    assert!(sample.contains("\"op\": \"add\"") && sample.contains("•••"), "{sample}");
    assert!(!sample.contains('@'), "personal values are covered: {sample}");
    assert_eq!(shop.arrived(), 0, "nothing was sent");
    assert!(!shop.path(".muster").exists(), "and nothing was written");
}

#[test]
fn what_changed_is_sent_and_nothing_else() {
    let shop = Shop::new();
    let members = shop.members();
    let all = members.len() as i64;
    let told = shop.sync(&["--json"]).ends(0).json();
    assert_eq!(counts(&told, &COUNTS), [all, all, all, 0, 0]);
    assert_eq!(shop.held(), members);
    let (one, gone) = (members[3].clone(), members[5].clone());
    let wanted = |key: &str| {
        let name = "SELECT name || ' of ' || city FROM users WHERE user_id =";
        let email = "SELECT email FROM users WHERE user_id =";
        json!({"email": shop.ask(&format!("{email} {key}"))[0],
               "name": shop.ask(&format!("{name} {key}"))[0]})
    };
    assert_eq!(shop.data(&one), wanted(&one));

    let arrived = shop.arrived();
    let told = shop.sync(&["--json"]).ends(0).json();
    assert_eq!(counts(&told, &COUNTS), [0, 0, 0, 0, 0]);
    assert_eq!(told["unchanged"], all);
    assert_eq!(shop.arrived(), arrived, "nothing changed, so nothing was sent");

    // Somebody else put this one there; it is nobody's business here.
    shop.inbox.held().rows.insert("theirs".into(), "{}".into());
    shop.change(&format!(
        "UPDATE users SET email = 'new@example.com' WHERE user_id = {one};
         UPDATE users SET lifetime_value = 1 WHERE user_id = {gone};"
    ));
    let told = shop.sync(&["--json"]).ends(0).json();
    assert_eq!(counts(&told, &COUNTS), [2, 2, 0, 1, 1]);
    assert_eq!(shop.data(&one), wanted(&one));
    assert_eq!(shop.data(&one)["email"], "new@example.com");
    let mut left: Vec<String> = members.into_iter().filter(|key| *key != gone).collect();
    left.push("theirs".into());
    assert_eq!(shop.held(), left, "only what was sent from here is removed");
    let body = shop.inbox.held().requests.back().unwrap().body.clone();
    let body: Value = serde_json::from_str(&body).unwrap();
    let rows = body["rows"].as_array().unwrap();
    let ops: Vec<(&str, &str)> = rows
        .iter()
        .map(|row| (row["op"].as_str().unwrap(), row["key"].as_str().unwrap()))
        .collect();
    assert!(ops.contains(&("update", &one)) && ops.contains(&("remove", &gone)), "{ops:?}");
    assert_eq!(ops.len(), 2);
}

#[test]
fn modes_send_what_they_say() {
    for (mode, updates, removes) in [("upsert", 1, 0), ("add_remove", 0, 1)] {
        let shop = Shop::new();
        shop.workspace(&[], &[&format!("mode: {mode}")]);
        shop.sync(&[]).ends(0);
        let members = shop.members();
        let (one, gone) = (&members[0], &members[1]);
        let was = shop.data(one);
        shop.change(&format!(
            "UPDATE users SET email = 'new@example.com' WHERE user_id = {one};
             UPDATE users SET lifetime_value = 1 WHERE user_id = {gone};"
        ));
        let told = shop.sync(&["--json"]).ends(0).json();
        let many = updates + removes;
        assert_eq!(counts(&told, &COUNTS), [many, many, 0, updates, removes], "{mode}");
        assert_eq!(shop.held().contains(gone), removes == 0, "{mode}");
        assert_eq!(shop.data(one) == was, updates == 0, "{mode}");
    }
}

#[test]
fn values_come_from_where_the_mapping_says() {
    let shop = Shop::new();
    let mapping = "mapping: { mail: email, from: { constant: shop }, score: 7, \
        plan: { feature: plan, default: none }, nps: { feature: nps, send_missing: true }, \
        rating: nps, tags: tags, joined: { feature: signed_up, set_if_empty: true }, \
        hello: \"Hello {{ name }}\" }";
    shop.workspace(&[], &["mode: upsert", mapping]);
    let members = shop.members();
    shop.change(&format!(
        "UPDATE users SET nps = NULL, plan = NULL, tags = ['a', 'b\"c'], name = 'Ann \"A\" é'
         WHERE user_id = {}",
        members[0]
    ));
    shop.sync(&[]).ends(0);
    let data = shop.data(&members[0]);
    let expected = json!({"from": "shop", "score": 7, "plan": "none", "nps": null,
        "tags": ["a", "b\"c"], "hello": "Hello Ann \"A\" é"});
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&data[field], value, "{field} of {data}");
        assert!(data.get(field).is_some(), "{field} is sent");
    }
    assert!(data.get("rating").is_none(), "what is missing is not sent unless asked for");
    assert!(data["joined"].is_string(), "a new member has it: {data}");
    // What is set where it is empty stays as it is there.
    shop.change(&format!(
        "UPDATE users SET signed_up = TIMESTAMP '2001-01-01', nps = 3 WHERE user_id = {}",
        members[0]
    ));
    let told = shop.sync(&["--json"]).ends(0).json();
    assert_eq!(told["updates"], 1);
    let data = shop.data(&members[0]);
    assert!(data.get("joined").is_none() && data["nps"] == 3, "{data}");
    shop.change(&format!(
        "UPDATE users SET signed_up = TIMESTAMP '2002-01-01' WHERE user_id = {}",
        members[0]
    ));
    assert_eq!(shop.sync(&["--json"]).ends(0).json()["planned"], 0, "it is no change");
}

#[test]
fn another_key_and_a_whole_cohort_can_be_sent() {
    let shop = Shop::empty();
    shop.write(&format!(
        "destinations:\n  - name: practice\n    type: inbox\n    url: {}\n\
         activations:\n  - name: by email\n    cohort: user/known_customers\n    \
         destination: practice\n    key: email\n    mapping: {{ id: user_id }}\n",
        shop.inbox.url()
    ));
    let told =
        shop.run(&["sync", "shop.duckdb", "--activation", "by email", "--json"]).ends(0).json();
    let emails = shop.ask(
        "SELECT DISTINCT users.email FROM cohorts.known_customers JOIN users USING (user_id)
         WHERE users.email <> '' ORDER BY 1 COLLATE \"binary\"",
    );
    assert_eq!(shop.held(), emails);
    let planned = told["planned"].as_u64().unwrap();
    let invalid = told["invalid"].as_u64().unwrap();
    assert_eq!(planned - invalid, emails.len() as u64, "the rest share an address: {told}");
}

#[test]
fn rows_that_are_refused_are_listed_written_and_sent_again() {
    let shop = Shop::new();
    let members = shop.members();
    shop.acts([Act::of(Taken::Without(vec![0, 2]), Ending::Usual)]);
    let told = shop.sync(&["--json"]).ends(1).json();
    assert_eq!(counts(&told, &["accepted", "rejected"]), [members.len() as i64 - 2, 2]);
    assert_eq!(told["status"], "partly");
    let run = told["run"].to_string();

    let failed = shop.syncs(&["--failed", "--json"]).ends(0).json();
    let rows = failed["rows"].as_array().unwrap();
    let keys: Vec<&str> = rows.iter().map(|row| row["key"].as_str().unwrap()).collect();
    assert_eq!(keys.len(), 2);
    assert!(rows.iter().all(|row| row["outcome"] == "rejected" && row["message"] == "refused"));
    assert!(keys.iter().all(|key| !shop.held().contains(&(*key).to_owned())));
    shop.syncs(&["--failed", "--run", &run, "--to", "failed.csv"]).ends(0);
    let written = std::fs::read_to_string(shop.path("failed.csv")).unwrap();
    let lines: Vec<&str> = written.lines().collect();
    let expected: Vec<String> =
        keys.iter().map(|key| format!("{key},add,rejected,refused")).collect();
    assert_eq!(lines[0], "key,change,outcome,why");
    assert_eq!(lines[1..], expected);

    // Somebody new is not a row that failed.
    shop.change(&format!("UPDATE users SET email = 'x@y.z' WHERE user_id = {}", members[9]));
    let again = shop.syncs(&["--retry", &run, "--json"]).ends(0).json();
    assert_eq!(again["schema"], 1);
    assert_eq!(counts(&again, &COUNTS), [2, 2, 2, 0, 0]);
    assert_eq!(shop.held(), members);
    assert_eq!(shop.sync(&["--json"]).ends(0).json()["updates"], 1);

    let history = shop.syncs(&["--json"]).ends(0).json();
    let runs = history["syncs"].as_array().unwrap();
    assert_eq!(runs.len(), 3);
    assert_eq!(runs[2]["rejected"], 2, "the latest comes first");
    assert_eq!(runs[0]["definition"]["where"], "lifetime_value > 300");
    let text = shop.syncs(&["--activation", NAME]).ends(0).out;
    assert!(text.contains("partly") && text.contains("hook"), "{text}");
}

#[test]
fn what_may_have_arrived_waits_for_a_word() {
    for word in ["arrived", "lost"] {
        let shop = Shop::new();
        let members = shop.members();
        shop.acts([Act::of(Taken::All, Ending::Drop)]);
        let told = shop.sync(&["--json"]).ends(1).json();
        // Requests are under way side by side: any of them may be the one that was not answered.
        let unknown = told["unknown"].as_i64().unwrap();
        let chunks = [100, members.len() as i64 % 100];
        assert!(chunks.contains(&unknown), "one request was not answered: {told}");
        assert_eq!(told["rejected"], 0);
        let arrived = shop.arrived();
        let stopped = shop.sync(&[]).ends(1);
        let rows = format!("{unknown} rows");
        stopped.tells(&[&rows, "--force unfinished", "--settle"]);
        assert_eq!(shop.arrived(), arrived);
        let text = shop.syncs(&["--activation", NAME, "--settle", word]).ends(0).out;
        assert!(text.contains(&format!("{rows} count as")), "{text}");
        let told = shop.sync(&["--json"]).ends(0).json();
        let again = if word == "lost" { unknown } else { 0 };
        assert_eq!(counts(&told, &["planned", "accepted"]), [again, again], "{word}");
        assert_eq!(shop.held(), members);
    }
}

#[test]
fn what_is_due_is_sent_once_until_its_time_comes_by_again() {
    let shop = Shop::new();
    shop.workspace(&[], &["schedule: \"0 9 * * *\"", "zone: Europe/Berlin"]);
    let due = |now: &str| {
        shop.run(&["sync", "shop.duckdb", "--due", "--now", now, "--json"]).ends(0).json()
    };
    let first = due("2026-11-20T00:00:00Z");
    assert_eq!(first[0]["adds"], shop.members().len());
    let began = first[0]["began"].as_str().unwrap();
    assert_eq!(due(began), json!([]), "it ran");
    let began: jiff::Timestamp = began.parse().unwrap();
    let later = began + jiff::SignedDuration::from_hours(25);
    let second = due(&later.to_string());
    assert_eq!((&second[0]["planned"], second.as_array().unwrap().len()), (&json!(0), 1));
}

#[test]
fn a_failure_is_told_where_the_activation_says() {
    let shop = Shop::new();
    let told_at = muster::inbox::Inbox::start(0, Default::default(), || {}).unwrap();
    let text = std::fs::read_to_string(shop.path("muster.yaml")).unwrap();
    let other =
        format!("destinations:\n  - name: pager\n    type: webhook\n    url: {}\n", told_at.url());
    let text = text.replace("destinations:\n", &other) + "    alert: pager\n";
    std::fs::write(shop.path("muster.yaml"), text).unwrap();
    shop.sync(&[]).ends(0);
    assert_eq!(told_at.held().arrived, 0, "all went well");
    shop.change("UPDATE users SET email = 'e' || user_id || '@example.com'");
    shop.acts([Act::of(Taken::Without(vec![0]), Ending::Usual)]);
    shop.sync(&[]).ends(1);
    let held = told_at.held();
    let body = &held.requests.back().unwrap().body;
    assert!(body.contains(NAME) && body.contains("1 rejected"), "{body}");
}
