//! Muster and its peer taking turns in one process.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]

use std::error::Error;
use std::time::{Duration, Instant};

/// What a bench gives back.
pub(crate) type Outcome<T> = Result<T, Box<dyn Error>>;

/// Lets both sides take turns, the first of each uncounted, and prints the least and the middle time
/// of each with Muster's share of its peer's time.
pub(crate) fn duel(
    name: &str,
    rounds: usize,
    mut muster: impl FnMut() -> Outcome<()>,
    mut peer: impl FnMut() -> Outcome<()>,
) -> Outcome<f64> {
    let mut ours = Vec::with_capacity(rounds);
    let mut theirs = Vec::with_capacity(rounds);
    for round in 0..=rounds {
        let one = timed(&mut muster)?;
        let other = timed(&mut peer)?;
        if round > 0 {
            ours.push(one);
            theirs.push(other);
        }
    }
    let (least, middle) = least_and_middle(&mut ours);
    let (peer_least, peer_middle) = least_and_middle(&mut theirs);
    let ratio = middle / peer_middle;
    println!(
        "{name}: muster min {least:.1} ms, median {middle:.1} ms; \
         peer min {peer_least:.1} ms, median {peer_middle:.1} ms; ratio {ratio:.2}"
    );
    Ok(ratio)
}

fn timed(run: &mut impl FnMut() -> Outcome<()>) -> Outcome<Duration> {
    let began = Instant::now();
    run()?;
    Ok(began.elapsed())
}

fn least_and_middle(times: &mut [Duration]) -> (f64, f64) {
    times.sort_unstable();
    let millis = |time: &Duration| time.as_secs_f64() * 1_000.0;
    (millis(&times[0]), millis(&times[times.len() / 2]))
}
