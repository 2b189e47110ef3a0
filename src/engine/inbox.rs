//! Commands that wait: the newest question per slot wins, and anything can be cancelled.

use crate::model::question::{Question, Slice};
use crate::protocol::{Command, Slot, Ticket};
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Which worker carries a command out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lane {
    /// Opening, questions, the workspace.
    Questions,
    /// Lists being written.
    Deliveries,
    /// Activations being synced. They may take hours, and hold up no list.
    Syncs,
}

/// Waiting and running commands.
#[derive(Default)]
pub(super) struct Inbox {
    waiting: VecDeque<Command>,
    running: Vec<Running>,
    /// Questions whose next answers could come from codes, the newest last.
    wanted: VecDeque<Wanted>,
    /// Stops codes being read.
    reading: Option<Arc<AtomicBool>>,
    /// No more commands come.
    pub(super) closed: bool,
}

/// A question for which codes are wanted.
pub(super) struct Wanted {
    pub(super) slice: Arc<Slice>,
    pub(super) question: Question,
}

/// Of so many questions at most codes are wanted; what was asked before is long off the screen.
const WANTED_MAX: usize = 64;

struct Running {
    ticket: Ticket,
    slot: Option<Slot>,
    opens: bool,
    /// An opening that has something to ask already.
    lets_ask: bool,
    cancelled: Arc<AtomicBool>,
}

impl Inbox {
    /// Takes a command in. Gives the tickets that are over because of it.
    pub(super) fn push(&mut self, command: Command) -> Vec<Ticket> {
        match &command {
            Command::Cancel(ticket) => self.cancel(*ticket),
            Command::Ask { slot, .. } => {
                let over =
                    self.take_out(|c| matches!(c, Command::Ask { slot: s, .. } if s == slot));
                self.stop(|r| r.slot.as_ref() == Some(slot));
                self.waiting.push_back(command);
                over
            }
            // What was asked of the old source is no longer of interest.
            Command::Open { .. } => {
                let over =
                    self.take_out(|c| matches!(c, Command::Ask { .. } | Command::Open { .. }));
                self.stop(|r| r.opens || r.slot.is_some());
                self.want_nothing();
                self.waiting.push_back(command);
                over
            }
            Command::Export { .. }
            | Command::Sync { .. }
            | Command::TellSyncs { .. }
            | Command::TellFailedRows { .. }
            | Command::PracticeInbox { .. }
            | Command::SaveWorkspace { .. } => {
                self.waiting.push_back(command);
                Vec::new()
            }
        }
    }

    /// The next command for a lane, marked as running; the flag stops it.
    pub(super) fn next(&mut self, lane: Lane) -> Option<(Command, Arc<AtomicBool>)> {
        // What follows an opening is about the source that it opens.
        let asks = lane == Lane::Questions;
        if self.running.iter().any(|r| r.opens && !(asks && r.lets_ask)) {
            return None;
        }
        // Of two openings the later one is last to put its source in place: one after the other.
        let opening = self.running.iter().any(|r| r.opens);
        let may_start = |command: &Command| {
            lane_of(command) == lane && !(opening && matches!(command, Command::Open { .. }))
        };
        let at = self.waiting.iter().position(may_start)?;
        let command = self.waiting.remove(at)?;
        let cancelled = Arc::new(AtomicBool::new(false));
        let slot = match &command {
            Command::Ask { slot, .. } => Some(slot.clone()),
            _ => None,
        };
        self.running.push(Running {
            ticket: ticket_of(&command)?,
            slot,
            opens: matches!(command, Command::Open { .. }),
            lets_ask: false,
            cancelled: Arc::clone(&cancelled),
        });
        Some((command, cancelled))
    }

    /// Whether anything waits for a lane.
    pub(super) fn is_idle(&self, lane: Lane) -> bool {
        !self.waiting.iter().any(|c| lane_of(c) == lane)
    }

    /// Questions need not wait for an opening any longer.
    pub(super) fn lets_ask(&mut self, ticket: Ticket) {
        for running in self.running.iter_mut().filter(|r| r.ticket == ticket) {
            running.lets_ask = true;
        }
    }

    /// A running command is over.
    pub(super) fn finished(&mut self, ticket: Ticket) {
        self.running.retain(|r| r.ticket != ticket);
    }

    /// Stops everything, because the engine is going away.
    pub(super) fn close(&mut self) {
        self.closed = true;
        self.waiting.clear();
        self.want_nothing();
        self.stop(|_| true);
    }

    /// Codes are wanted for a question, before those that were asked earlier.
    pub(super) fn want(&mut self, slice: Arc<Slice>, question: Question) {
        // A brush asks the same of many slices, and the same codes answer all.
        self.wanted.retain(|wanted| wanted.question != question);
        if self.wanted.len() == WANTED_MAX {
            self.wanted.pop_front();
        }
        self.wanted.push_back(Wanted { slice, question });
    }

    /// The newest question for which codes are wanted; the flag stops their being read. Not while
    /// a source is opened.
    pub(super) fn next_wanted(&mut self) -> Option<(Wanted, Arc<AtomicBool>)> {
        if self.running.iter().any(|r| r.opens && !r.lets_ask) {
            return None;
        }
        let wanted = self.wanted.pop_back()?;
        let stopped = Arc::new(AtomicBool::new(false));
        self.reading = Some(Arc::clone(&stopped));
        Some((wanted, stopped))
    }

    fn want_nothing(&mut self) {
        self.wanted.clear();
        if let Some(reading) = self.reading.take() {
            reading.store(true, Ordering::Relaxed);
        }
    }

    fn cancel(&mut self, ticket: Ticket) -> Vec<Ticket> {
        self.stop(|r| r.ticket == ticket);
        self.take_out(|c| ticket_of(c) == Some(ticket))
    }

    fn stop(&self, which: impl Fn(&Running) -> bool) {
        for running in self.running.iter().filter(|r| which(r)) {
            running.cancelled.store(true, Ordering::Relaxed);
        }
    }

    fn take_out(&mut self, which: impl Fn(&Command) -> bool) -> Vec<Ticket> {
        let over = self.waiting.iter().filter(|c| which(c)).filter_map(ticket_of).collect();
        self.waiting.retain(|c| !which(c));
        over
    }
}

/// The ticket of a command; cancelling has none of its own.
pub(super) fn ticket_of(command: &Command) -> Option<Ticket> {
    match command {
        Command::Open { ticket, .. }
        | Command::Ask { ticket, .. }
        | Command::Export { ticket, .. }
        | Command::Sync { ticket, .. }
        | Command::TellSyncs { ticket }
        | Command::TellFailedRows { ticket, .. }
        | Command::PracticeInbox { ticket, .. }
        | Command::SaveWorkspace { ticket, .. } => Some(*ticket),
        Command::Cancel(_) => None,
    }
}

fn lane_of(command: &Command) -> Lane {
    match command {
        Command::Export { .. } => Lane::Deliveries,
        Command::Sync { .. } => Lane::Syncs,
        _ => Lane::Questions,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::catalog::CohortRef;
    use crate::model::clause::Tree;
    use crate::model::now::Moment;
    use crate::protocol::OpenRequest;

    fn ask(ticket: u64, slot: Slot) -> Command {
        let slice = Slice {
            cohort: CohortRef::all("user"),
            tree: Tree::everyone(),
            now: Moment::parse("2026-01-01T00:00:00Z", &jiff::tz::TimeZone::UTC).unwrap(),
            segments: Vec::new(),
        };
        Command::Ask {
            ticket: Ticket(ticket),
            slot,
            slice: Arc::new(slice),
            question: Question::Size,
        }
    }

    #[test]
    fn the_newest_question_of_a_slot_wins_and_the_old_one_is_over() {
        let mut inbox = Inbox::default();
        assert!(inbox.push(ask(1, Slot::Size)).is_empty());
        assert!(inbox.push(ask(2, Slot::Steps)).is_empty());
        assert_eq!(inbox.push(ask(3, Slot::Size)), [Ticket(1)]);
        let (first, _) = inbox.next(Lane::Questions).unwrap();
        assert_eq!(ticket_of(&first), Some(Ticket(2)));
    }

    #[test]
    fn a_running_question_that_is_overtaken_is_told_to_stop() {
        let mut inbox = Inbox::default();
        inbox.push(ask(1, Slot::Size));
        let (_, flag) = inbox.next(Lane::Questions).unwrap();
        inbox.push(ask(2, Slot::Steps));
        assert!(!flag.load(Ordering::Relaxed));
        inbox.push(ask(3, Slot::Size));
        assert!(flag.load(Ordering::Relaxed));
    }

    #[test]
    fn what_has_begun_lets_questions_pass_and_no_list_and_no_other_opening() {
        let open =
            |ticket| Command::Open { ticket: Ticket(ticket), request: OpenRequest::default() };
        let mut inbox = Inbox::default();
        inbox.push(open(1));
        let (_, stops) = inbox.next(Lane::Questions).unwrap();
        inbox.push(ask(2, Slot::Size));
        assert!(inbox.next(Lane::Questions).is_none());
        inbox.lets_ask(Ticket(1));
        assert!(inbox.next(Lane::Deliveries).is_none());
        let (asked, _) = inbox.next(Lane::Questions).unwrap();
        assert_eq!(ticket_of(&asked), Some(Ticket(2)));
        inbox.push(open(3));
        assert!(stops.load(Ordering::Relaxed));
        assert!(inbox.next(Lane::Questions).is_none(), "the first opening is not over");
        inbox.finished(Ticket(1));
        let (next, _) = inbox.next(Lane::Questions).unwrap();
        assert_eq!(ticket_of(&next), Some(Ticket(3)));
    }

    #[test]
    fn codes_are_wanted_of_the_newest_question_and_never_of_an_old_source() {
        let mut inbox = Inbox::default();
        let question = |column: &str| Question::Histogram { column: column.into(), bins_max: 9 };
        let Command::Ask { slice, .. } = ask(1, Slot::Size) else { unreachable!() };
        for column in ["older", "newer"] {
            inbox.want(Arc::clone(&slice), question(column));
        }
        inbox.want(Arc::clone(&slice), question("older"));
        let (first, _) = inbox.next_wanted().unwrap();
        assert_eq!(first.question, question("older"), "it was asked once more");
        let (second, stopped) = inbox.next_wanted().unwrap();
        assert_eq!(second.question, question("newer"));
        inbox.want(slice, question("next"));
        inbox.push(Command::Open { ticket: Ticket(2), request: OpenRequest::default() });
        assert!(stopped.load(Ordering::Relaxed), "the source is no longer of interest");
        assert!(inbox.next_wanted().is_none());
    }

    #[test]
    fn opening_ends_what_was_asked_of_the_old_source() {
        let mut inbox = Inbox::default();
        inbox.push(ask(1, Slot::Size));
        let open = Command::Open { ticket: Ticket(2), request: OpenRequest::default() };
        assert_eq!(inbox.push(open), [Ticket(1)]);
        assert_eq!(inbox.push(Command::Cancel(Ticket(2))), [Ticket(2)]);
        assert!(inbox.next(Lane::Questions).is_none());
    }
}
