//! The practice inbox: a receiver on this machine that takes rows as a webhook would, needs no
//! account, shows each request as it arrived and holds what it was sent.
//!
//! Tests tell it to misbehave ([`Script`]) and count what was delivered twice or never. It listens
//! on loopback only.

mod held;
mod script;
mod server;

pub use held::{Arrived, Held};
pub use script::{Act, Ending, Script, Taken};
pub use server::Inbox;

/// The port at which it listens unless told otherwise.
pub const PORT: u16 = 4755;
