//! Sending: dry runs, syncs, what they came to, and the practice inbox.

use super::action::Pane;
use super::place::Place;
use super::sheet::{Dry, Sheet};
use crate::model::activation::{
    FailedRow, InboxView, SyncHistory, SyncRequest, SyncRun, SyncStatus, Synced,
};
use crate::model::failure::Failure;
use crate::model::value::grouped;
use crate::protocol::{Command, Outcome, Ticket};
use crate::state::{Dialog, Effect, JobKind, Notice, State};
use std::sync::Arc;

impl State {
    /// Asks what would be sent.
    pub(super) fn dry_run(&mut self) -> Vec<Effect> {
        if let Some(start) = self.inbox_first() {
            return start;
        }
        let Some(request) = self.sync_request() else { return Vec::new() };
        let name = request.activation.name.clone();
        let ticket = self.ticket();
        self.status.start_job(ticket, JobKind::Sync, format!("Dry run of {name}"));
        let mut effects = Vec::new();
        if let Some(sheet) = &mut self.activate.sheet {
            if let Dry::Running(before) = sheet.dry {
                effects.push(Effect::Send(Command::Cancel(before)));
            }
            sheet.dry = Dry::Running(ticket);
            sheet.is_stale = false;
            sheet.ticked.clear();
            sheet.failure = None;
            sheet.run = None;
            sheet.pane = Pane::DryRun;
        }
        let request = Box::new(SyncRequest { is_dry: true, ..request });
        effects.push(Effect::Send(Command::Sync { ticket, request }));
        effects
    }

    /// The practice inbox has to listen before anything is said about what goes there, since only
    /// then its address is known. Nothing when that is not in the way.
    fn inbox_first(&mut self) -> Option<Vec<Effect>> {
        let url = self.activate.inbox.url.clone();
        let sheet = self.activate.sheet.as_mut()?;
        let place = sheet.draft.place.as_mut().filter(|place| place.is_practice())?;
        if !url.is_empty() {
            place.set("url", url);
            return None;
        }
        sheet.pane = Pane::DryRun;
        let start = self.switch_inbox(true);
        let ticket = Ticket(self.next_ticket);
        if let Some(sheet) = &mut self.activate.sheet {
            sheet.dry = Dry::Waiting(ticket);
        }
        Some(vec![start])
    }

    /// Starts or ends the practice inbox.
    pub(super) fn switch_inbox(&mut self, is_on: bool) -> Effect {
        let ticket = self.ticket();
        self.activate.asked.insert(ticket);
        Effect::Send(Command::PracticeInbox { ticket, is_on })
    }

    fn sync_request(&mut self) -> Option<SyncRequest> {
        let (activation, destination) = self.written()?;
        Some(SyncRequest {
            activation,
            destination,
            now: self.canvas.now.clone(),
            segments: self.source.workspace.segments.clone(),
            force: Vec::new(),
            is_dry: false,
            only_failed_of: None,
            who: String::new(),
        })
    }

    /// Sends: all that is new, or only what failed in a sync. What is set up is kept first.
    pub(super) fn send_it(&mut self, only_failed_of: Option<u64>) -> Vec<Effect> {
        let Some(sheet) = &self.activate.sheet else { return Vec::new() };
        if sheet.sending.is_some() || (only_failed_of.is_none() && !sheet.can_send()) {
            return Vec::new();
        }
        let force = sheet.ticked.clone();
        let is_inbox = sheet.draft.place.as_ref().is_some_and(Place::is_practice);
        if is_inbox && !self.activate.inbox_is_on() {
            // It was ended since: its address may be another one now.
            return self.dry_run();
        }
        let Some(request) = self.sync_request() else { return Vec::new() };
        let mut effects = self.keep_draft();
        let ticket = self.ticket();
        let to = &request.destination.name;
        self.status.start_job(ticket, JobKind::Sync, format!("Sending to {to}"));
        if let Some(sheet) = &mut self.activate.sheet {
            sheet.sending = Some(ticket);
            sheet.run = None;
            sheet.failure = None;
            sheet.pane = Pane::Send;
        }
        self.activate.failed = None;
        let request = Box::new(SyncRequest { force, only_failed_of, ..request });
        effects.push(Effect::Send(Command::Sync { ticket, request }));
        effects
    }

    pub(super) fn show_run(&mut self, run: u64) -> Vec<Effect> {
        let Some(found) = self.activate.history.runs.iter().find(|r| r.run == run).cloned() else {
            return Vec::new();
        };
        let fails = has_failed(&found);
        if let Some(sheet) = &mut self.activate.sheet {
            sheet.run = Some(found);
            sheet.failure = None;
            sheet.pane = Pane::Send;
        }
        if fails { vec![self.ask_failed(run)] } else { Vec::new() }
    }

    pub(super) fn ask_failed(&mut self, run: u64) -> Effect {
        let ticket = self.ticket();
        self.activate.asked.insert(ticket);
        Effect::Send(Command::TellFailedRows { ticket, run })
    }

    /// Asks what was sent from the workspace.
    pub(in crate::state) fn ask_history(&mut self) -> Effect {
        let ticket = self.ticket();
        self.activate.asked.insert(ticket);
        Effect::Send(Command::TellSyncs { ticket })
    }

    /// Takes in what came of a sync or a dry run.
    pub(in crate::state) fn on_synced(&mut self, ticket: Ticket, synced: Synced) -> Vec<Effect> {
        match synced {
            Synced::Dry(dry) => {
                if let Some(sheet) = &mut self.activate.sheet
                    && matches!(sheet.dry, Dry::Running(asked) if asked == ticket)
                {
                    sheet.dry = Dry::Done(Box::new(dry));
                }
                Vec::new()
            }
            Synced::Run(run) => self.on_run(ticket, *run),
        }
    }

    fn on_run(&mut self, ticket: Ticket, run: SyncRun) -> Vec<Effect> {
        let is_seen = self.is_sending(ticket) && self.front.dialog == Dialog::Activate;
        self.status.say(notice_of(&run));
        if is_seen {
            // The sheet says it.
            self.status.toast = None;
        }
        let mut effects = vec![self.ask_history()];
        if has_failed(&run) {
            effects.push(self.ask_failed(run.run));
        }
        if let Some(sheet) = self.activate.sheet.as_mut().filter(|s| s.sending == Some(ticket)) {
            sheet.run = Some(run);
            // What it would do now is another thing.
            sheet.dry = Dry::None;
            sheet.ticked.clear();
        }
        effects
    }

    fn is_sending(&self, ticket: Ticket) -> bool {
        self.activate.sheet.as_ref().is_some_and(|sheet| sheet.sending == Some(ticket))
    }

    /// Takes in what was sent from the workspace.
    pub(in crate::state) fn on_history(&mut self, history: Arc<SyncHistory>) {
        self.activate.history = history;
    }

    /// Takes in the rows of a sync that did not arrive for sure.
    pub(in crate::state) fn on_failed_rows(&mut self, run: u64, rows: Arc<Vec<FailedRow>>) {
        self.activate.failed = Some((run, rows));
    }

    /// Takes in what the practice inbox holds. What waited for its address goes on.
    pub(in crate::state) fn on_inbox(&mut self, view: Arc<InboxView>) -> Vec<Effect> {
        self.activate.inbox = view;
        let waits = self.activate.sheet.as_ref().is_some_and(|s| matches!(s.dry, Dry::Waiting(_)));
        if waits && self.activate.inbox_is_on() { self.dry_run() } else { Vec::new() }
    }

    /// A dry run, a sync or a question about what was sent is over. Whether it was one of these.
    pub(in crate::state) fn sync_finished(
        &mut self,
        ticket: Ticket,
        outcome: &Outcome,
    ) -> Option<Vec<Effect>> {
        if self.activate.asked.remove(&ticket) {
            if let Outcome::Failed(failure) = outcome {
                self.status.fail(failure);
                self.waits_no_more(ticket, failure);
            }
            return Some(Vec::new());
        }
        let is_seen = self.front.dialog == Dialog::Activate;
        let sheet = self.activate.sheet.as_mut();
        let sheet = sheet.filter(|sheet| sheet.is_of(ticket))?;
        let was_sending = sheet.sending == Some(ticket);
        sheet.sending = sheet.sending.filter(|sending| *sending != ticket);
        match outcome {
            Outcome::Done => return Some(Vec::new()),
            Outcome::Cancelled if !was_sending => sheet.dry = Dry::None,
            Outcome::Cancelled => {}
            Outcome::Failed(failure) if !was_sending => sheet.dry = Dry::Failed(failure.clone()),
            Outcome::Failed(failure) => {
                sheet.failure = Some(failure.clone());
                sheet.is_stale = true;
            }
        }
        if let Outcome::Failed(failure) = outcome {
            self.status.fail(failure);
            if is_seen {
                self.status.toast = None;
            }
        }
        Some(if was_sending { vec![self.ask_history()] } else { Vec::new() })
    }

    /// The practice inbox did not start.
    fn waits_no_more(&mut self, ticket: Ticket, failure: &Failure) {
        if let Some(sheet) = &mut self.activate.sheet
            && matches!(sheet.dry, Dry::Waiting(started) if started == ticket)
        {
            sheet.dry = Dry::Failed(failure.clone());
        }
    }
}

impl Sheet {
    fn is_of(&self, ticket: Ticket) -> bool {
        self.sending == Some(ticket)
            || matches!(self.dry, Dry::Running(running) if running == ticket)
    }
}

fn has_failed(run: &SyncRun) -> bool {
    run.counts.rejected + run.counts.invalid + run.counts.unknown > 0
}

/// What a sync came to, in a line.
fn notice_of(run: &SyncRun) -> Notice {
    let counts = &run.counts;
    let more = if run.message.is_empty() { run.activation.clone() } else { run.message.clone() };
    let to = &run.destination;
    let so_far = match run.status {
        SyncStatus::Unfinished => " so far",
        _ => "",
    };
    let said = match (counts.planned, run.reported.is_empty()) {
        (0, false) => format!("The job at {to} came to its end"),
        (0, true) if run.status == SyncStatus::Failed => format!("The sync to {to} failed"),
        (0, true) => format!("Nothing changed for {to}"),
        (planned, _) => {
            let accepted = grouped(counts.accepted);
            format!("{to} accepted {accepted} of {}{so_far}", grouped(planned))
        }
    };
    Notice { bad: run.status != SyncStatus::Done, what: said, more, path: None }
}
