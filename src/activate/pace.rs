//! How fast and how often: rates, waits, and what a destination says about them.

use crate::destinations::Reply;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How often a request is tried in all.
pub const ATTEMPTS: u32 = 6;
/// The longest wait between two attempts, unless the destination asks for a longer one.
const LONGEST: Duration = Duration::from_secs(60);
/// The longest that a destination is obeyed.
const OBEYED: Duration = Duration::from_secs(15 * 60);
/// A wait is looked at so often, to be cut short.
const GLANCE: Duration = Duration::from_millis(20);

/// Keeps requests to so many in so much time, over all connections.
#[derive(Debug)]
pub struct Pace {
    apart: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// So many in so much time; `None` for no limit.
    pub fn new(rate: Option<(u32, Duration)>) -> Self {
        let apart = rate.map_or(Duration::ZERO, |(many, time)| time / many.max(1));
        Self { apart, next: Mutex::new(None) }
    }

    /// Waits for the turn of one request; `false` when it was stopped meanwhile.
    pub fn turn(&self, stop: &AtomicBool) -> bool {
        if self.apart.is_zero() {
            return !stop.load(Ordering::Relaxed);
        }
        let at = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            let at = next.map_or(now, |next| next.max(now));
            *next = Some(at + self.apart);
            at
        };
        wait(at.saturating_duration_since(Instant::now()), stop)
    }

    /// Lets nobody go before a moment: a destination said so to one of them.
    pub fn hold_off(&self, time: Duration) {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let until = Instant::now() + time;
        *next = Some(next.map_or(until, |next| next.max(until)));
    }
}

/// Waits, and gives up soon after `stop` is set; `false` then.
pub fn wait(time: Duration, stop: &AtomicBool) -> bool {
    let until = Instant::now() + time;
    loop {
        if stop.load(Ordering::Relaxed) {
            return false;
        }
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return true;
        }
        std::thread::sleep(left.min(GLANCE));
    }
}

/// How long to wait before the next attempt: at random up to a bound that doubles, so that many
/// that failed together do not come back together.
///
/// # Source
/// "Full jitter" in M. Brooker, "Exponential Backoff And Jitter", 2015.
pub fn back_off(attempt: u32, unit: Duration) -> Duration {
    let bound = unit.saturating_mul(1 << attempt.min(10)).min(LONGEST);
    bound.mul_f64(fastrand::f64())
}

/// What `Retry-After` says: seconds, or a date.
pub fn retry_after(reply: &Reply) -> Option<Duration> {
    let text = reply.header("retry-after")?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(OBEYED));
    }
    let at = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
    let from_now = at.as_second() - i64::try_from(now_unix()).ok()?;
    Some(Duration::from_secs(u64::try_from(from_now).unwrap_or(0)).min(OBEYED))
}

/// Seconds since 1970.
pub fn now_unix() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(value: &str) -> Option<u64> {
        let headers = vec![("retry-after".to_owned(), value.to_owned())];
        let reply = Reply { status: 429, headers, body: String::new() };
        retry_after(&reply).map(|time| time.as_secs())
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        assert_eq!(told("120"), Some(120));
        assert_eq!(told("99999999"), Some(900), "nobody is obeyed for years");
        assert_eq!(told("Wed, 21 Oct 2015 07:28:00 GMT"), Some(0), "it has passed");
        let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(100);
        let text = soon.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        assert!(told(&text).is_some_and(|seconds| (95..=100).contains(&seconds)), "{text}");
        assert_eq!(told("soon"), None);
    }

    #[test]
    fn a_wait_is_cut_short() {
        assert!(wait(Duration::from_millis(1), &AtomicBool::new(false)));
        assert!(!wait(Duration::from_secs(3600), &AtomicBool::new(true)));
    }

    #[test]
    fn the_wait_between_attempts_is_bounded() {
        for attempt in 0..40 {
            assert!(back_off(attempt, Duration::from_secs(1)) <= LONGEST);
        }
    }
}
