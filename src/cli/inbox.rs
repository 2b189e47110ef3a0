//! `muster inbox`: the practice inbox, which shows each request as it arrives.

use super::print::say_line;
use super::{Lines, Printed};
use crate::disk::stop;
use crate::inbox::{Arrived, Inbox, PORT, Script};
use crate::model::failure::Failure;
use crate::model::value::grouped;
use clap::Args;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How much of a body is shown.
const SHOWN: usize = 600;

/// `muster inbox`
#[derive(Debug, Args)]
pub struct InboxOf {
    /// The port on which it listens, on this machine only.
    #[arg(long, value_name = "PORT", default_value_t = PORT)]
    port: u16,
    /// Show whole bodies.
    #[arg(long)]
    whole: bool,
}

impl InboxOf {
    pub(super) fn run(&self) -> Result<Printed, Failure> {
        let inbox = Inbox::start(self.port, Script::default(), || {}).map_err(|error| {
            let what = format!("the practice inbox cannot listen: {error}");
            let hint = "end the other inbox, or name another port with --port";
            Failure::new(what, format!("port {}", self.port), hint)
        })?;
        say_line(&format!("Listening on {}; Ctrl-C ends it", inbox.url()));
        let stopped = stop::asked();
        let mut seen = 0;
        while !stopped.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(50));
            let new: Vec<Arrived> = {
                let held = inbox.held();
                held.requests.iter().filter(|request| request.number > seen).cloned().collect()
            };
            for request in new {
                seen = request.number;
                self.show(&request, inbox.held().rows.len());
            }
        }
        let held = inbox.held();
        let mut lines = Lines::default();
        let (members, requests) = (grouped(held.rows.len() as u64), grouped(held.arrived));
        lines.line(format_args!("It held {members} members after {requests} requests"));
        Ok(Printed::done(&lines))
    }

    fn show(&self, request: &Arrived, members: usize) {
        say_line(&format!("{} · {} rows taken", request.line, request.taken));
        for header in &request.headers {
            say_line(&format!("  {header}"));
        }
        let body: String = match self.whole {
            true => request.body.clone(),
            false => request.body.chars().take(SHOWN).collect(),
        };
        let more = if body.len() < request.body.len() { "…" } else { "" };
        say_line(&format!("  {body}{more}"));
        say_line(&format!("  it holds {} members now", grouped(members as u64)));
    }
}
