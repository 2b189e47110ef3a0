//! What a sync stops at, and that it goes on when it is told to.

use super::shop::{NAME, Shop};

/// A sync that stops, says why and names the word; nothing is sent. With the word it goes on.
#[track_caller]
fn stops(shop: &Shop, words: &[&str], told: &str) -> serde_json::Value {
    let before = (shop.arrived(), shop.held());
    let dry = shop.sync(&["--dry-run", "--json"]).ends(1).json();
    let stopped: Vec<&str> = dry["stopped"]
        .as_array()
        .unwrap()
        .iter()
        .map(|stopped| stopped["guard"].as_str().unwrap())
        .collect();
    assert_eq!(stopped, words, "{dry}");
    let forced: Vec<String> = words.iter().map(|word| format!("--force {word}")).collect();
    let stopped = shop.sync(&[]).ends(1);
    assert_eq!(stopped.out, "");
    stopped.tells(&[told, NAME, &forced.join(" ")]);
    // One word of two is not enough.
    if words.len() > 1 {
        shop.sync(&["--force", words[0]]).ends(1);
    }
    assert_eq!((shop.arrived(), shop.held()), before, "nothing was sent");
    let force: Vec<&str> = words.iter().flat_map(|word| ["--force", word]).collect();
    shop.sync(&[&["--json"], &force[..]].concat()).ends(0).json()
}

#[test]
fn too_many_removals_stop_it() {
    let shop = Shop::new();
    shop.sync(&[]).ends(0);
    let members = shop.members();
    let many = members.len() / 4;
    shop.change(&format!(
        "UPDATE users SET lifetime_value = 1 WHERE user_id IN ({})",
        members[..many].join(", ")
    ));
    let told = stops(&shop, &["removals"], "would be removed");
    assert_eq!(told["removes"], many);
    assert_eq!(shop.held(), shop.members());
}

#[test]
fn an_empty_segment_stops_it() {
    let shop = Shop::new();
    shop.sync(&[]).ends(0);
    shop.change("UPDATE users SET lifetime_value = 1");
    let told = stops(&shop, &["empty", "removals"], "nobody is in it");
    assert_eq!(told["removes"], told["planned"]);
    assert!(shop.held().is_empty());
}

#[test]
fn too_much_growth_stops_it() {
    let shop = Shop::new();
    shop.change("CREATE TABLE was AS SELECT user_id, lifetime_value FROM users");
    let few = shop.members()[..20].join(", ");
    shop.change(&format!("UPDATE users SET lifetime_value = 1 WHERE user_id NOT IN ({few})"));
    shop.sync(&[]).ends(0);
    shop.change(
        "UPDATE users SET lifetime_value = was.lifetime_value FROM was
         WHERE was.user_id = users.user_id",
    );
    let told = stops(&shop, &["growth"], "would be added to 20");
    assert_eq!(told["adds"], shop.members().len() - 20);
}

#[test]
fn another_mapping_stops_it() {
    let shop = Shop::new();
    shop.sync(&[]).ends(0);
    shop.workspace(&[], &["mapping: { email: email, city: city }"]);
    let told = stops(&shop, &["mapping"], "the mapping is not the one of sync 1");
    assert_eq!(told["updates"], shop.members().len());
    let first = &shop.members()[0];
    assert!(shop.data(first).get("city").is_some());
}

#[test]
fn another_source_stops_it() {
    let shop = Shop::new();
    shop.sync(&[]).ends(0);
    std::fs::copy(shop.path("shop.duckdb"), shop.path("other.duckdb")).unwrap();
    let sync =
        |more: &[&str]| shop.run(&[&["sync", "other.duckdb", "--activation", NAME], more].concat());
    let stopped = sync(&[]).ends(1);
    stopped.tells(&["another source", "shop.duckdb", "--force source"]);
    sync(&["--force", "source"]).ends(0);
}

#[test]
fn who_has_not_consented_stops_it_and_is_never_sent() {
    let shop = Shop::new();
    shop.workspace(&[], &["consent: marketing_consent"]);
    let told = stops(&shop, &["consent"], "have not consented");
    let agreed = shop.ask(
        "SELECT CAST(user_id AS VARCHAR) FROM cohorts.lapsed JOIN users USING (user_id)
         WHERE users.lifetime_value > 300 AND users.marketing_consent
         ORDER BY 1 COLLATE \"binary\"",
    );
    assert_eq!(shop.held(), agreed);
    assert_eq!(told["invalid"], shop.members().len() - agreed.len());
    // Who takes the consent back is removed.
    shop.change(&format!(
        "UPDATE users SET marketing_consent = NULL WHERE user_id = {}",
        agreed[0]
    ));
    let told = shop.sync(&["--force", "consent", "--json"]).ends(0).json();
    assert_eq!(told["removes"], 1);
    assert!(!shop.held().contains(&agreed[0]));
}
