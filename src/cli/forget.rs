//! `muster forget`: removes what is kept about sources.

use super::{Lines, Printed};
use crate::engine::remembered;
use crate::model::failure::Failure;
use clap::Args;

/// `muster forget`
#[derive(Debug, Args)]
pub struct Forget {}

impl Forget {
    #[expect(clippy::unused_self, reason = "every command runs in the same way")]
    pub(super) fn run(&self) -> Result<Printed, Failure> {
        let count = remembered::forget().map_err(|error| {
            let place = remembered::folder().unwrap_or_default();
            let what = format!("what is kept about sources cannot be removed: {error}");
            Failure::new(what, place.display().to_string(), "remove the folder by hand")
        })?;
        let sources = if count == 1 { "source" } else { "sources" };
        let mut lines = Lines::default();
        lines.line(format!("Forgot what was found in {count} {sources}"));
        Ok(Printed::done(&lines))
    }
}
