//! What is done when the database ends the process.
//!
//! It is a C++ program. A damaged file can make it throw where nothing may be thrown, and then the
//! language ends the process at once, with a message for its makers. Before that is what a person
//! should know told, and what was there for a while removed.

#![cfg_attr(
    unix,
    expect(unsafe_code, reason = "there is no safe call that is told of the end of a C++ program")
)]

use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

static ACT: OnceLock<fn(&str)> = OnceLock::new();
/// The database file that was opened last.
static OPENED: Mutex<String> = Mutex::new(String::new());

/// Notes which file is most likely to be the cause.
pub(super) fn opened(path: &Path) {
    *OPENED.lock().unwrap_or_else(PoisonError::into_inner) = path.display().to_string();
}

/// Says what is done when the database ends the process: `act` is told which database file was
/// opened last, and does not come back.
pub fn on_collapse(act: fn(&str)) {
    // Set again it stays as it was.
    if ACT.set(act).is_ok() {
        listen();
    }
}

#[cfg(unix)]
fn listen() {
    unsafe extern "C" {
        /// `std::set_terminate` of the C++ library that the database is linked with.
        #[link_name = "_ZSt13set_terminatePFvvE"]
        fn set_terminate(handler: Option<extern "C" fn()>) -> Option<extern "C" fn()>;
    }
    extern "C" fn collapsed() {
        if let Some(act) = ACT.get() {
            let place = OPENED.try_lock().map(|place| place.clone()).unwrap_or_default();
            act(&place);
        }
        std::process::abort();
    }
    // SAFETY: the handler is of the type that the C++ standard asks for, lives as long as the
    // program, and does not return. What it takes the place of is the library's own message.
    unsafe {
        set_terminate(Some(collapsed));
    }
}

#[cfg(not(unix))]
fn listen() {}
