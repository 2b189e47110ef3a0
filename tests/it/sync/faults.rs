//! The fault matrix: every fault of a destination × every mode × SIGKILL at random moments.
//!
//! Each history is made of its seed. What the inbox holds must be what the ledger says, and the
//! counts must add up, in every one. `MUSTER_SEEDS` says how many histories are tried in all.

use super::child::Ended;
use super::world::World;
use muster::model::activation::Mode;

/// Histories in all, unless `MUSTER_SEEDS` says how many.
const HISTORIES: u64 = 540;
/// Each mode, to an inbox that may be sent the same twice and to one that may not.
const SORTS: u64 = 6;

/// Tells the seed of a history that fails.
struct Told(u64);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "this history has the seed {}; MUSTER_SEED={} tries it alone",
                self.0, self.0
            );
        }
    }
}

fn histories(mode: Mode, safe: bool) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = match number("MUSTER_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("MUSTER_SEEDS").unwrap_or(HISTORIES).div_ceil(SORTS),
    };
    for seed in seeds {
        let _told = Told(seed);
        history(mode, safe, seed);
    }
}

fn history(mode: Mode, safe: bool, seed: u64) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut world = World::new(mode, safe, rng.fork());
    for _ in 0..rng.usize(1..4) {
        world.misbehave();
        match rng.u8(0..5) {
            0 => world.sync_twice_at_once(),
            1 => {
                if world.sync() == Ended::Waits {
                    world.settle();
                }
            }
            _ => world.sync_and_kill(),
        }
        world.check();
        if rng.bool() {
            world.change_source();
        }
    }
    let before = world.now();
    world.come_to_rest();
    world.check();
    world.check_converged(&before);
    if rng.u8(0..4) == 0 {
        world.check_at_rest();
        world.check();
    }
}

#[test]
fn added_and_updated_where_repeating_is_safe() {
    histories(Mode::Upsert, true);
}

#[test]
fn added_and_updated_where_nothing_is_repeated() {
    histories(Mode::Upsert, false);
}

#[test]
fn added_and_removed_where_repeating_is_safe() {
    histories(Mode::AddRemove, true);
}

#[test]
fn added_and_removed_where_nothing_is_repeated() {
    histories(Mode::AddRemove, false);
}

#[test]
fn mirrored_where_repeating_is_safe() {
    histories(Mode::Mirror, true);
}

#[test]
fn mirrored_where_nothing_is_repeated() {
    histories(Mode::Mirror, false);
}
