//! The one integration binary: each module is named like the room that it tests.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod sources;
