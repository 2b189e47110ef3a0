//! What the machine itself needs: the bytes that must be read, over how fast they stream, and the
//! AND of bitmaps with counting. A line to measure against, not a bound: counting ahead reads less.

use crate::crew::THREADS;
use std::hint::black_box;
use std::ops::Range;
use std::time::{Duration, Instant};

/// Bytes that are streamed for measuring: more than caches hold.
const STREAMED: usize = 512 << 20;

/// Bytes per second at which all threads together read memory, at best of several times.
pub(crate) fn bandwidth() -> f64 {
    let words = vec![1_u64; STREAMED / 8];
    let sum =
        |part: Range<usize>| words[part].iter().fold(0_u64, |sum, word| sum.wrapping_add(*word));
    let best = (0..7).map(|_| timed(|| spread(words.len(), sum))).min().unwrap_or_default();
    STREAMED as f64 / best.as_secs_f64()
}

/// The time for so many bytes.
pub(crate) fn streaming(bytes: u64, bandwidth: f64) -> Duration {
    Duration::from_secs_f64(bytes as f64 / bandwidth)
}

/// The times for the AND of so many bitmaps of so many rows, counting after each: a waterfall
/// whose bitmaps are there.
pub(crate) fn waterfall(rows: u64, bitmaps: usize, samples: usize) -> Vec<Duration> {
    let words = rows.div_ceil(64) as usize;
    let mut rng = fastrand::Rng::with_seed(7);
    let maps: Vec<Vec<u64>> =
        (0..bitmaps).map(|_| (0..words).map(|_| rng.u64(..) | rng.u64(..)).collect()).collect();
    let count = |part: Range<usize>| {
        let mut counts = vec![0_u64; maps.len()];
        // In pieces that caches hold, as any engine would.
        let mut so_far = [0_u64; 512];
        for at in part.clone().step_by(so_far.len()) {
            let end = (at + so_far.len()).min(part.end);
            so_far.fill(u64::MAX);
            for (map, count) in maps.iter().zip(&mut counts) {
                for (kept, word) in so_far.iter_mut().zip(&map[at..end]) {
                    *kept &= word;
                    *count += u64::from(kept.count_ones());
                }
            }
        }
        counts.iter().sum()
    };
    (0..samples).map(|_| timed(|| spread(words, count))).collect()
}

fn timed(run: impl Fn() -> u64) -> Duration {
    let began = Instant::now();
    black_box(run());
    began.elapsed()
}

/// Below so many words one thread is done sooner than two have started.
const FEW: usize = 1 << 16;

/// Lets each thread work on its part and adds up.
fn spread(words: usize, work: impl Fn(Range<usize>) -> u64 + Sync) -> u64 {
    if words <= FEW {
        return work(black_box(0..words));
    }
    let (work, part) = (&work, words.div_ceil(THREADS));
    std::thread::scope(|scope| {
        let parts = (0..words).step_by(part).map(|at| at..(at + part).min(words));
        let threads: Vec<_> =
            parts.map(|part| scope.spawn(move || work(black_box(part)))).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).sum()
    })
}
