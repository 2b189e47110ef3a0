//! What is written wrongly ends with 2 and a hint; what a destination does wrongly is told.

use super::shop::{NAME, SECRET, Shop};
use muster::inbox::Act;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

#[test]
fn names_that_are_not_there_are_told_with_those_that_are() {
    let shop = Shop::new();
    let other = shop.run(&["sync", "shop.duckdb", "--activation", "lapsed to hok"]).ends(2);
    other.tells(&["there is no activation \"lapsed to hok\"", "write \"lapsed to hook\""]);
    let cases: [(&[&str], &[&str], &[&str]); 8] = [
        (&[], &["destination: hok"], &["there is no destination \"hok\"", "muster.yaml has hook"]),
        (&["type: webhok"], &[], &["no kind of destination webhok", "write webhook"]),
        (&["bath: 10"], &[], &["webhook has no setting bath", "write batch"]),
        (&["batch: many"], &[], &["batch is not a whole number"]),
        (&[], &["mapping: { email: emial }"], &["emial", "in the mapping of", "email"]),
        (&[], &["mapping: { n: \"{{ nmae }}\" }"], &["nmae", "name"]),
        (&[], &["segment: Lapsed big spender"], &["Lapsed big spender", "activation lapsed"]),
        (&[], &["consent: consnt"], &["consnt", "consent of"]),
    ];
    for (destination, activation, words) in cases {
        shop.workspace(destination, activation);
        for more in [&["--dry-run"][..], &[]] {
            shop.sync(more).ends(2).tells(words);
        }
    }
    assert_eq!(shop.arrived(), 0);
}

#[test]
fn a_field_that_the_destination_does_not_know_is_told() {
    let shop = Shop::new();
    let folder = format!("folder: {}", shop.folder().display());
    shop.write(&format!(
        "destinations:\n  - name: meta\n    type: meta_file\n    {folder}\n\
         activations:\n  - name: to meta\n    cohort: user/all\n    destination: meta\n    \
         mapping: {{ emial: email }}\n"
    ));
    let told = shop.run(&["sync", "shop.duckdb", "--activation", "to meta"]).ends(2);
    told.tells(&["the destination has no field emial", "write email"]);
}

#[test]
fn a_secret_that_is_not_there_is_told_and_one_in_the_file_is_not_repeated() {
    let shop = Shop::new();
    let sync = ["sync", "shop.duckdb", "--activation", NAME];
    let told = shop.run_with(&sync, &[]).ends(2);
    told.tells(&["the environment has no variable HOOK_SECRET", "export HOOK_SECRET"]);
    shop.workspace(&[&format!("secret: {SECRET}")], &[]);
    let told = shop.run(&sync).ends(2);
    told.tells(&["a secret stands in the file itself", "env:NAME"]);
    assert!(!told.err.contains(SECRET));
    assert_eq!(shop.arrived(), 0);
}

#[test]
fn a_schedule_that_cannot_be_read_is_told() {
    let shop = Shop::new();
    shop.workspace(&[], &["schedule: \"61 9 * * *\""]);
    let told = shop.run(&["sync", "shop.duckdb", "--due"]).ends(2);
    told.tells(&["the schedule \"61 9 * * *\"", "write minute, hour, day, month and weekday"]);
}

#[test]
fn refused_access_stops_it_and_the_next_sync_goes_on() {
    let shop = Shop::new();
    let members = shop.members().len();
    shop.acts([Act::usual(), Act::status(401).body(r#"{"message":"the token is old"}"#)]);
    shop.workspace(&["connections: 1"], &[]);
    let told = shop.sync(&["--json"]).ends(1).json();
    assert_eq!((&told["status"], &told["accepted"]), (&"failed".into(), &100.into()));
    assert_eq!(told["left"], members - 100, "they were not tried");
    let message = told["message"].as_str().unwrap();
    assert!(message.contains("refuses the access: the token is old"), "{message}");
    assert!(message.contains("check the secret"), "{message}");
    assert_eq!(shop.arrived(), 2, "it is not asked again and again");
    let told = shop.sync(&["--json"]).ends(0).json();
    assert_eq!(told["adds"], members - 100);
    assert_eq!(shop.held(), shop.members());
}

#[test]
fn what_nobody_listens_to_is_told() {
    let shop = Shop::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    shop.workspace(&[&format!("url: http://{free}/rows")], &[]);
    let told = shop.sync(&["--json"]).ends(1).json();
    let message = told["message"].as_str().unwrap();
    assert!(message.contains("cannot be reached") && message.contains("sync again"), "{message}");
    assert_eq!((&told["accepted"], &told["unknown"]), (&0.into(), &0.into()));
}

/// Answers every request with a redirect to an address, until the test ends.
fn leads_to(address: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let here = format!("http://{}/rows", listener.local_addr().unwrap());
    let answer = move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut read = [0; 1 << 16];
            // The head and the body may come in two pieces; an answer that comes early is one too.
            let _ = stream.read(&mut read);
            let told = format!(
                "HTTP/1.1 307 Temporary Redirect\r\nLocation: {address}\r\nContent-Length: 0\r\n\
                 Connection: close\r\n\r\n"
            );
            let _ = stream.write_all(told.as_bytes());
            // Closed only when everything was read, so that the answer is not lost.
            let _ = stream.shutdown(std::net::Shutdown::Write);
            while stream.read(&mut read).is_ok_and(|bytes| bytes > 0) {}
        }
    };
    std::thread::Builder::new().spawn(answer).unwrap();
    here
}

#[test]
fn rows_are_sent_to_no_other_host() {
    let shop = Shop::new();
    let led = leads_to(shop.inbox.url());
    shop.workspace(&[&format!("url: {led}")], &[]);
    let told = shop.sync(&["--json"]).ends(1).json();
    let message = told["message"].as_str().unwrap();
    assert!(message.contains("leads to another address"), "{message}");
    assert_eq!(shop.arrived(), 0, "nobody else was asked");
    assert_eq!((&told["accepted"], &told["unknown"]), (&0.into(), &0.into()));
}
