//! Stops a running statement when a flag is set from outside, or when its time is up.
//!
//! An interrupt that arrives between two statements is forgotten by the database. So a thread
//! repeats it for as long as a statement runs and has to stop. While nothing runs, it sleeps.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often is looked whether a running statement has to stop.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// How long a statement has to stop that was told to. Hardly any takes a tenth of a second; one that
/// works on a single huge value may take for ever.
const OBEY: Duration = Duration::from_secs(10);

/// What is done about a statement that does not stop.
static STUBBORN: OnceLock<fn()> = OnceLock::new();

/// Says what is done when a statement does not stop although it was told to. A program whose only
/// work it is can end; without this it is waited for.
pub fn on_stubborn(act: fn()) {
    // Set again it stays as it was.
    let _ = STUBBORN.set(act);
}

enum Watched {
    Nothing,
    Statement(Arc<Statement>),
    Closed,
}

/// What makes a running statement stop.
pub(super) struct Statement {
    flag: Arc<AtomicBool>,
    /// When its time is up; `None` for never.
    deadline: Option<Instant>,
    late: AtomicBool,
    /// When it was first told to stop.
    told: OnceLock<Instant>,
}

impl Statement {
    pub(super) fn new(flag: &Arc<AtomicBool>, time: Duration) -> Arc<Self> {
        let deadline = Instant::now().checked_add(time);
        Arc::new(Self {
            flag: Arc::clone(flag),
            deadline,
            late: AtomicBool::new(false),
            told: OnceLock::new(),
        })
    }

    /// Whether it has to stop now.
    pub(super) fn is_over(&self) -> bool {
        if self.flag.load(Ordering::Relaxed) {
            return true;
        }
        let late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
        if late {
            self.late.store(true, Ordering::Relaxed);
        }
        late
    }

    /// Does what is to be done when it was told to stop long ago.
    pub(super) fn act_if_stubborn(&self) {
        let told = self.told.get_or_init(Instant::now);
        if told.elapsed() > OBEY
            && let Some(act) = STUBBORN.get()
        {
            act();
        }
    }

    /// Whether it was stopped because its time was up.
    pub(super) fn was_late(&self) -> bool {
        self.late.load(Ordering::Relaxed) && !self.flag.load(Ordering::Relaxed)
    }
}

struct Shared {
    state: Mutex<WatchState>,
    changed: Condvar,
}

struct WatchState {
    watched: Watched,
    /// The thread sleeps until it is told. Otherwise it looks again soon by itself, and waking it
    /// for each of many short statements would take longer than these.
    asleep: bool,
}

impl Shared {
    /// A panic elsewhere leaves the enum whole, so a poisoned lock may be used.
    fn lock(&self) -> MutexGuard<'_, WatchState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, watched: Watched) {
        let mut state = self.lock();
        let wakes = match watched {
            Watched::Nothing => false,
            Watched::Statement(_) => state.asleep,
            Watched::Closed => true,
        };
        state.watched = watched;
        drop(state);
        if wakes {
            self.changed.notify_one();
        }
    }
}

/// The watching thread. It ends when this is dropped.
pub(super) struct Watch {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// A statement is being watched until this is dropped.
pub(super) struct Watching<'a>(&'a Shared);

impl Drop for Watching<'_> {
    fn drop(&mut self) {
        self.0.set(Watched::Nothing);
    }
}

impl Watch {
    /// Starts the thread; `interrupt` stops whatever runs.
    pub(super) fn start(interrupt: impl Fn() + Send + 'static) -> std::io::Result<Self> {
        let state = WatchState { watched: Watched::Nothing, asleep: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let inside = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("muster-watch".to_owned())
            .spawn(move || watch(&inside, interrupt))?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Watches until the guard is dropped.
    pub(super) fn statement(&self, statement: &Arc<Statement>) -> Watching<'_> {
        self.shared.set(Watched::Statement(Arc::clone(statement)));
        Watching(&self.shared)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.shared.set(Watched::Closed);
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has nothing to add here.
            let _ = thread.join();
        }
    }
}

fn watch(shared: &Shared, interrupt: impl Fn()) {
    let mut state = shared.lock();
    loop {
        state = match &state.watched {
            Watched::Closed => return,
            Watched::Nothing => {
                state.asleep = true;
                let mut state = shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
                state.asleep = false;
                state
            }
            Watched::Statement(statement) => {
                if statement.is_over() {
                    interrupt();
                    statement.act_if_stubborn();
                }
                shared
                    .changed
                    .wait_timeout(state, LOOK_EVERY)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
    }
}
