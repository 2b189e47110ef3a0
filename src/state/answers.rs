//! What the screen needs to know, what was asked for it, and what came back.
//!
//! The screen's needs are worked out afresh after each change ([`State::wanted`]) and compared with
//! what was asked before. So a view never asks by hand, nothing is asked twice, and a question that
//! no one looks at any more is cancelled. The previous value stays until the newer one arrives.

use super::{State, Tab};
use crate::model::clause::Tree;
use crate::model::failure::Failure;
use crate::model::question::{Answer, Answered, ChartKind, Question, Slice};
use crate::protocol::{Command, Outcome, Slot, Ticket};
use crate::state::Effect;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Slots that stay in memory although no view needs them, so that coming back is instant.
const KEPT_SLOTS: usize = 400;

/// One slot: the newest question and the newest answer.
#[derive(Debug, Clone)]
pub struct Held {
    /// The newest question.
    pub question: Question,
    /// Of whom it was asked.
    pub slice: Arc<Slice>,
    /// Its command.
    pub ticket: Ticket,
    /// Whether its answer is on its way.
    pub waiting: bool,
    /// The newest answer, perhaps to an earlier question.
    pub value: Option<Arc<Answered>>,
    /// Why the newest question has no answer.
    pub failure: Option<Failure>,
    /// Whether the newest question came to its end. One that was cancelled because no one looked
    /// at it any more did not, and is asked again when someone does.
    settled: bool,
}

/// Everything asked and answered, by slot.
#[derive(Debug, Default)]
pub struct Answers {
    held: BTreeMap<Slot, Held>,
}

impl Answers {
    /// What is known for a slot.
    pub fn get(&self, slot: &Slot) -> Option<&Held> {
        self.held.get(slot)
    }

    /// The newest answer for a slot.
    pub fn answer(&self, slot: &Slot) -> Option<&Answer> {
        self.held.get(slot)?.value.as_deref().map(|v| &v.answer)
    }

    /// Whether a newer answer is on its way.
    pub fn is_waiting(&self, slot: &Slot) -> bool {
        self.held.get(slot).is_some_and(|h| h.waiting)
    }

    /// Why a slot has no answer.
    pub fn failure(&self, slot: &Slot) -> Option<&Failure> {
        self.held.get(slot)?.failure.as_ref()
    }

    /// Whether any answer is on its way.
    pub fn any_waiting(&self) -> bool {
        self.held.values().any(|h| h.waiting)
    }

    /// Forgets everything, as when another source is opened.
    pub(super) fn clear(&mut self) {
        self.held.clear();
    }

    /// Forgets the failures, so that those questions are asked again.
    pub(super) fn forget_failures(&mut self) {
        self.held.retain(|_, held| held.failure.is_none());
    }

    /// Forgets why questions failed, and keeps the answers from before.
    pub(super) fn forgive(&mut self) {
        self.held.values_mut().for_each(|held| held.failure = None);
    }

    /// Takes in an answer. One whose question was overtaken is dropped.
    pub(super) fn answered(&mut self, ticket: Ticket, slot: &Slot, answered: Arc<Answered>) {
        if let Some(held) = self.held.get_mut(slot).filter(|h| h.ticket == ticket) {
            held.waiting = false;
            held.failure = None;
            held.settled = true;
            held.value = Some(answered);
        }
    }

    /// Takes in the end of a command. True when it was the newest question of a slot.
    pub(super) fn finished(&mut self, ticket: Ticket, outcome: &Outcome) -> bool {
        let Some(held) = self.held.values_mut().find(|h| h.ticket == ticket) else { return false };
        held.settled |= held.waiting;
        held.waiting = false;
        if let Outcome::Failed(failure) = outcome {
            held.failure = Some(failure.clone());
        }
        true
    }

    fn is_asked(&self, slot: &Slot, slice: &Slice, question: &Question) -> bool {
        self.held.get(slot).is_some_and(|held| {
            (held.waiting || held.settled)
                && held.question == *question
                && same_for(question, &held.slice, slice)
        })
    }
}

/// Whether two slices give the same answer to a question: a chart does not obey the clauses that
/// it sets itself, so brushing it does not ask for it again.
fn same_for(question: &Question, a: &Slice, b: &Slice) -> bool {
    if a.cohort != b.cohort || a.now != b.now || a.segments != b.segments {
        return false;
    }
    match question.own_column() {
        Some(column) => a.tree.without_own(column) == b.tree.without_own(column),
        None => a.tree == b.tree,
    }
}

impl State {
    /// Everything that the present screen needs to know, most urgent first.
    pub fn wanted(&self) -> Vec<(Slot, Tree, Question)> {
        if self.source.opened.is_none() || self.canvas.cohort.is_none() {
            return Vec::new();
        }
        let tree = self.canvas.tree();
        let mut wanted = vec![(Slot::Size, tree.clone(), Question::Size)];
        if let Some(editor) = &self.canvas.editor {
            wanted.extend(editor.wanted(tree));
        }
        match self.canvas.tab {
            Tab::Look => {
                for chart in &self.look.charts {
                    if let Some((question, tree)) = self.chart_question(&chart.kind) {
                        wanted.push((chart.slot(), tree, question));
                    }
                }
            }
            Tab::People => wanted.extend(self.people_wanted()),
            Tab::Steps => {}
            Tab::Definition => {
                wanted.push((Slot::Members, tree.clone(), Question::Members));
            }
        }
        if self.front.dialog == super::Dialog::Sql {
            wanted.push((Slot::Members, tree.clone(), Question::Members));
        }
        if !tree.is_idle() {
            // Also beside the clauses, so always.
            wanted.push((Slot::Steps, tree.clone(), Question::Steps));
        }
        if let Some(key) = &self.people.profile {
            let question = Question::Profile { key: key.clone() };
            wanted.push((Slot::Profile, tree.clone(), question));
        }
        wanted.extend(self.search_wanted());
        wanted.extend(self.library_wanted());
        wanted.extend(self.features_wanted());
        wanted
    }

    /// What a chart asks, and of which clauses; none when its features are gone.
    pub fn chart_question(&self, kind: &ChartKind) -> Option<(Question, Tree)> {
        kind.question(self.entity()?, self.canvas.tree())
    }

    /// Asks for what is shown and not known, and cancels what is no longer looked at.
    pub(super) fn ask_for_what_is_shown(&mut self) -> Vec<Effect> {
        // Figures of a source that changed would be of another one than those on screen.
        if self.source.changed.is_some() {
            return Vec::new();
        }
        let wanted = self.wanted();
        let mut effects = Vec::new();
        for (slot, held) in &mut self.answers.held {
            if held.waiting && !wanted.iter().any(|(place, ..)| place == slot) {
                held.waiting = false;
                effects.push(Effect::Send(Command::Cancel(held.ticket)));
            }
        }
        self.answers.forget_far(&wanted);
        for (slot, tree, question) in wanted {
            let Some(cohort) = self.asked_of(&slot) else { continue };
            let Some(slice) = self.slice_of(tree).map(|slice| Slice { cohort, ..slice }) else {
                continue;
            };
            if self.answers.is_asked(&slot, &slice, &question) {
                continue;
            }
            effects.push(self.ask(slot, slice, question));
        }
        effects
    }

    fn ask(&mut self, slot: Slot, slice: Slice, question: Question) -> Effect {
        let ticket = self.ticket();
        let slice = Arc::new(slice);
        let before = self.answers.held.remove(&slot);
        // A page of other rows or another person is not "the previous value" of this one.
        let keeps = before.as_ref().is_some_and(|b| b.slice.cohort == slice.cohort)
            && !matches!(question, Question::Profile { .. });
        self.answers.held.insert(
            slot.clone(),
            Held {
                question: question.clone(),
                slice: Arc::clone(&slice),
                ticket,
                waiting: true,
                value: before.filter(|_| keeps).and_then(|b| b.value),
                failure: None,
                settled: false,
            },
        );
        Effect::Send(Command::Ask { ticket, slot, slice, question })
    }
}

impl Answers {
    fn forget_far(&mut self, wanted: &[(Slot, Tree, Question)]) {
        if self.held.len() > KEPT_SLOTS {
            self.held.retain(|slot, held| {
                held.waiting || wanted.iter().any(|(place, ..)| place == slot)
            });
        }
    }
}
