//! The real binary, killed at random moments while it sends, until it comes to its end.

use super::shop::{NAME, SECRET, Shop};
use muster::inbox::{Act, Ending, Taken};
use serde_json::Value;
use std::process::Stdio;
use std::time::Duration;

/// So often a sync is killed before it may come to its end.
const KILLS: u64 = 3;

/// What is unknown is sent again; and whoever is killed early has much to add later.
const FORCE: [&str; 4] = ["--force", "unfinished", "--force", "growth"];

fn kill_and_resume(safe: bool, seed: u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let shop = Shop::new();
    let batch = format!("batch: {}", rng.usize(5..20));
    let connections = format!("connections: {}", rng.usize(1..5));
    let safe_line = format!("safe_to_repeat: {safe}");
    shop.workspace(&[&batch, &connections, &safe_line], &["cohort: user/newsletter", "segment:"]);
    let arguments = ["sync", "shop.duckdb", "--activation", NAME];
    for _ in 0..KILLS {
        shop.acts((0..rng.usize(0..6)).map(|_| match rng.u8(0..4) {
            0 => Act::of(Taken::All, Ending::Drop),
            1 => Act::status(503).header("Retry-After", "0"),
            2 => Act::of(Taken::Without(vec![rng.usize(0..9)]), Ending::Again),
            _ => Act::usual().after(Duration::from_millis(rng.u64(0..30))),
        }));
        let at = shop.arrived() + rng.u64(1..40);
        let mut process = shop.command(&[&arguments[..], &FORCE].concat());
        process.env("HOOK_SECRET", SECRET).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = process.spawn().unwrap();
        while process.try_wait().unwrap().is_none() {
            if shop.arrived() >= at {
                std::thread::sleep(Duration::from_micros(rng.u64(0..3_000)));
                process.kill().unwrap();
            }
            std::thread::sleep(Duration::from_micros(300));
        }
    }
    shop.acts([]);
    let told = shop.sync(&[&FORCE[..], &["--json"]].concat()).ends(0).json();
    assert_eq!(told["status"], "done");
    let members = shop.ask(
        "SELECT CAST(user_id AS VARCHAR) FROM cohorts.newsletter ORDER BY 1 COLLATE \"binary\"",
    );
    assert_eq!(shop.held(), members, "nobody is lost");
    assert_eq!(shop.inbox.held().doubled, 0, "nobody came twice in one sync");
    assert_eq!(shop.sync(&["--json"]).ends(0).json()["planned"], 0);

    let history = shop.syncs(&["--json"]).ends(0).json();
    let (mut accepted, mut unknown) = (0, 0);
    for run in history["syncs"].as_array().unwrap() {
        let of = |name: &str| run[name].as_u64().unwrap_or_else(|| panic!("{name} of {run}"));
        let told: u64 = ["accepted", "rejected", "invalid", "unknown"].map(of).iter().sum();
        let meant: u64 = ["adds", "updates", "removes", "invalid"].map(of).iter().sum();
        assert_eq!((of("planned"), of("planned")), (told, meant), "{run}");
        assert_ne!(run["status"], Value::from("unfinished"), "{run}");
        accepted += of("accepted");
        unknown += of("unknown");
    }
    let taken = shop.inbox.held().taken;
    assert!((accepted..=accepted + unknown).contains(&taken), "{taken}, {accepted}, {unknown}");
    if safe {
        assert_eq!(unknown, 0, "all of it may be repeated until it is known");
    }
}

#[test]
fn nobody_is_lost_where_repeating_is_safe() {
    (0..4).for_each(|seed| kill_and_resume(true, seed));
}

#[test]
fn nobody_is_lost_where_nothing_is_repeated() {
    (0..4).for_each(|seed| kill_and_resume(false, seed));
}
