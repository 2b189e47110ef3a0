//! Being told to stop: Ctrl-C, an ended session, or another program's request.
//!
//! The first time, what runs is asked to stop and cleans up after itself. What has not stopped a
//! little later, or is told so a second time, is ended as it is; what it had for a while is removed
//! then too.

use std::collections::BTreeSet;
#[cfg(unix)]
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

/// How long a job has to stop by itself.
#[cfg(unix)]
const GRACE: std::time::Duration = std::time::Duration::from_secs(3);

static ASKED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);
static SIGNAL: AtomicI32 = AtomicI32::new(0);
/// Files and folders that are there only for as long as the program runs.
static FOR_A_WHILE: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Set once the program was told to stop: for jobs that can be cancelled.
pub fn asked() -> Arc<AtomicBool> {
    Arc::clone(&ASKED)
}

/// The exit status of a program that was told to stop: 128 and the signal's number, as shells have
/// it.
pub fn status() -> Option<u8> {
    let signal = SIGNAL.load(Ordering::Relaxed);
    (signal != 0).then(|| u8::try_from(128 + signal).unwrap_or(1))
}

/// What a face does when it is told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopping {
    /// The job is cancelled, and has a little time for it.
    CancelFirst,
    /// The program ends at once.
    AtOnce,
}

/// From now on the program cleans up when it is told to stop. What is ignored (a command under
/// `nohup`) stays ignored.
pub fn listen(how: Stopping) {
    #[cfg(unix)]
    unix::listen(how);
    // Elsewhere the system ends the program; the next start sweeps.
    #[cfg(not(unix))]
    let _ = how;
}

/// Ends the program although something in it still runs and does not stop. What is there for a while
/// is removed.
pub fn end_now(status: u8) -> ! {
    #[cfg(unix)]
    {
        clean_up();
        signal_hook::low_level::exit(i32::from(status))
    }
    #[cfg(not(unix))]
    std::process::exit(i32::from(status))
}

pub(super) fn remove_at_end(path: &Path) {
    paths().insert(path.to_owned());
}

pub(super) fn removed(path: &Path) {
    paths().remove(path);
}

fn paths() -> std::sync::MutexGuard<'static, BTreeSet<PathBuf>> {
    // A set of paths is whole also after a panic.
    FOR_A_WHILE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes what is there for a while.
#[cfg(unix)]
fn clean_up() {
    for path in paths().iter() {
        // What runs may still put something in it: a few tries. What cannot be removed is swept at
        // the next start, or replaced by the next list.
        for _ in 0..5 {
            let removed = match fs::symlink_metadata(path) {
                Ok(facts) if facts.is_dir() => fs::remove_dir_all(path),
                _ => fs::remove_file(path),
            };
            if removed.is_ok() || !path.exists() {
                break;
            }
        }
    }
}

#[cfg(unix)]
mod unix {
    use super::{ASKED, GRACE, SIGNAL, Stopping, clean_up};
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    use std::sync::atomic::Ordering;

    pub(super) fn listen(how: Stopping) {
        let ignored = ignored();
        let heard = [SIGHUP, SIGINT, SIGTERM].into_iter().filter(|s| ignored & (1 << (s - 1)) == 0);
        // Where signals cannot be listened to, the next start sweeps.
        let Ok(mut signals) = Signals::new(heard) else { return };
        let _ = std::thread::Builder::new().name("stop".to_owned()).spawn(move || {
            for signal in signals.forever() {
                let first = SIGNAL.swap(signal, Ordering::Relaxed) == 0;
                if how == Stopping::AtOnce || !first {
                    end(signal);
                }
                ASKED.store(true, Ordering::Relaxed);
                let late = std::thread::Builder::new().name("stop late".to_owned());
                let _ = late.spawn(move || {
                    std::thread::sleep(GRACE);
                    end(signal);
                });
            }
        });
    }

    /// The database's threads may still run: nothing of the program is torn down under them.
    fn end(signal: i32) -> ! {
        clean_up();
        signal_hook::low_level::exit(128 + signal)
    }

    /// The signals that are ignored from the start, a bit each. Where the system does not tell,
    /// that of an ended session is left as it is: it is the one that `nohup` has ignored.
    fn ignored() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(1 << (SIGHUP - 1))
    }
}
