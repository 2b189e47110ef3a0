//! Secrets are sent where they belong and stand nowhere else: every byte of the workspace and of
//! everything that is printed is looked at.

use super::shop::{NAME, Ran, SECRET, Shop};
use muster::inbox::{Act, Ending, Taken};
use std::fmt::Write as _;
use std::path::Path;

const TOKEN: &str = "T0ken-of-the-hook-93bd";

fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push((path.display().to_string(), std::fs::read(&path).unwrap())),
        }
    }
}

#[track_caller]
fn nowhere(shop: &Shop, ran: &Ran) {
    let mut found = vec![
        ("what was printed".to_owned(), ran.out.clone().into_bytes()),
        ("the error".to_owned(), ran.err.clone().into_bytes()),
    ];
    files(shop.folder(), &mut found);
    for secret in [SECRET, TOKEN] {
        let base64 = {
            use base64::Engine as _;
            base64::engine::general_purpose::STANDARD.encode(secret)
        };
        let mut hex = String::new();
        secret.bytes().for_each(|byte| write!(hex, "{byte:02x}").unwrap());
        for form in [secret, &base64, &hex] {
            for (place, bytes) in &found {
                let is_there = bytes.windows(form.len()).any(|part| part == form.as_bytes());
                assert!(!is_there, "a secret stands in {place}");
            }
        }
    }
}

#[test]
fn a_secret_is_in_no_file_and_no_output() {
    let shop = Shop::new();
    shop.workspace(&["token: env:HOOK_TOKEN", "connections: 1"], &[]);
    let run = |arguments: &[&str]| {
        let ran = shop.run_with(
            arguments,
            &[("HOOK_SECRET", SECRET), ("HOOK_TOKEN", TOKEN), ("RUST_LOG", "trace")],
        );
        nowhere(&shop, &ran);
        ran
    };
    let sync = ["sync", "shop.duckdb", "--activation", NAME];
    run(&[&sync[..], &["--dry-run"]].concat()).ends(0);
    run(&[&sync[..], &["--dry-run", "--json"]].concat()).ends(0);
    // Also when the destination repeats what it was told.
    let echo = format!(r#"{{"message":"the token {TOKEN} is old"}}"#);
    shop.acts([
        Act::of(Taken::All, Ending::Drop),
        Act::status(422).body(&echo),
        Act::status(401).body(&echo),
    ]);
    run(&[&sync[..], &["--json"]].concat()).ends(1);
    run(&["syncs", "shop.duckdb"]).ends(0);
    run(&["syncs", "shop.duckdb", "--failed", "--to", "failed.csv"]).ends(0);
    run(&[&sync[..], &["--force", "unfinished"]].concat()).ends(0);
    run(&["show", "shop.duckdb"]).ends(0);
    // It was used: the requests are signed, and the inbox covers the token that it shows.
    let held = shop.inbox.held();
    let headers = &held.requests.back().unwrap().headers;
    assert!(headers.iter().any(|header| header.starts_with("x-signature: ")), "{headers:?}");
    assert!(headers.contains(&"authorization: …".to_owned()), "{headers:?}");
}

#[test]
fn rows_of_people_leave_the_journal_with_their_answer() {
    let shop = Shop::new();
    shop.sync(&[]).ends(0);
    let email = shop.data(&shop.members()[0])["email"].as_str().unwrap().to_owned();
    let mut found = Vec::new();
    files(&shop.path(".muster"), &mut found);
    assert!(!found.is_empty());
    for (place, bytes) in found {
        let is_there = bytes.windows(email.len()).any(|part| part == email.as_bytes());
        assert!(!is_there, "an address stands in {place}");
    }
}
