//! What the engine says.

use super::{Dialog, Effect, JobKind, Notice, SourceAction, State};
use crate::model::catalog::{Catalog, CohortRef};
use crate::model::export::Exported;
use crate::model::failure::{Failure, FailureKind};
use crate::model::finding::Severity;
use crate::protocol::{Event, Opened, Outcome, Ticket};
use std::sync::Arc;

/// What was in a source and is no longer, in words.
fn gone(before: &Catalog, after: &Catalog) -> Vec<String> {
    let mut gone = Vec::new();
    for entity in &before.entities {
        let Some(now) = after.entity(&entity.name) else {
            gone.push(format!("the entity {}", entity.name));
            continue;
        };
        let features = entity.features.iter().filter(|f| now.feature(&f.name).is_none());
        gone.extend(features.map(|f| format!("the feature {} of {}", f.name, entity.name)));
        let cohorts = entity.cohorts.iter().filter(|c| now.cohort(&c.name).is_none());
        gone.extend(cohorts.map(|c| format!("the cohort {} of {}", c.name, entity.name)));
    }
    gone
}

impl State {
    /// Takes in an event of the engine. Gives what is to be done about it.
    pub fn on_event(&mut self, event: Event) -> Vec<Effect> {
        let mut effects = match event {
            Event::Opened(ticket, opened) => self.on_opened(ticket, opened),
            Event::Answered(ticket, slot, answered) => {
                self.answers.answered(ticket, &slot, answered);
                Vec::new()
            }
            Event::Exported(_, exported) => self.on_exported(exported),
            Event::Synced(ticket, synced) => self.on_synced(ticket, synced),
            Event::SyncsTold(_, history) => {
                self.on_history(history);
                Vec::new()
            }
            Event::FailedRowsTold(_, run, rows) => {
                self.on_failed_rows(run, rows);
                Vec::new()
            }
            Event::InboxChanged(view) => self.on_inbox(view),
            Event::SourceChanged { at } => {
                self.source.changed = Some(at);
                // What failed because of it is no news.
                self.answers.forgive();
                Vec::new()
            }
            Event::Progress(ticket, progress) => {
                self.status.progress(ticket, progress);
                Vec::new()
            }
            Event::Finished(ticket, outcome) => self.on_finished(ticket, &outcome),
        };
        effects.extend(self.ask_for_what_is_shown());
        effects
    }

    fn on_opened(&mut self, ticket: Ticket, opened: Arc<Opened>) -> Vec<Effect> {
        if self.source.opening != Some(ticket) {
            return Vec::new();
        }
        let same = self.source.catalog().is_some_and(|c| c.path == opened.catalog.path);
        let canvas = &self.canvas;
        let before =
            (canvas.cohort.clone(), canvas.tree().clone(), canvas.segment.clone(), canvas.tab);
        if !same {
            self.remember_place();
        }
        let gone =
            self.source.catalog().filter(|_| same).map(|before| gone(before, &opened.catalog));
        self.forget_source();
        self.source.workspace = opened.workspace.clone();
        self.source.opened = Some(Arc::clone(&opened));
        self.read_segments();
        self.source.place_key = self.source.request.paths.first().map(|p| super::bookmarks::key(p));
        let first = opened.catalog.entities.first().map(|e| CohortRef::all(&e.name));
        match before {
            // Read again, as after a correction: back to the same place if it is still there.
            (Some(cohort), tree, segment, tab) if same && self.source.has_cohort(&cohort) => {
                self.put_on_canvas(cohort, tree, segment);
                self.canvas.tab = tab;
            }
            _ => {
                if !self.return_to_place()
                    && let Some(cohort) = first
                {
                    self.put_on_canvas(cohort, crate::model::clause::Tree::everyone(), None);
                }
            }
        }
        if opened.is_beginning {
            return Vec::new();
        }
        let errors =
            opened.catalog.findings.iter().filter(|f| f.severity == Severity::Error).count();
        if errors > 0 {
            self.status.say(Notice {
                bad: true,
                what: format!(
                    "{errors} problem{} in this source",
                    if errors == 1 { "" } else { "s" }
                ),
                more: "the Definition tab lists what was found".to_owned(),
                path: None,
            });
        }
        if let Some(gone) = gone.filter(|gone| !gone.is_empty()) {
            self.status.say(Notice {
                bad: true,
                what: "After reading again some things are gone".to_owned(),
                more: gone.join("; "),
                path: None,
            });
        }
        let mut effects = self.remember_recent();
        effects.push(self.ask_history());
        effects
    }

    fn on_exported(&mut self, exported: Exported) -> Vec<Effect> {
        self.settings.lists_folder = exported.path.parent().map(std::path::Path::to_owned);
        let name = super::source::file_name(&exported.path);
        let rows = crate::model::value::grouped(exported.rows);
        let changed = exported.changed.told().into_iter().map(|told| format!("{told} · "));
        let changed: String = changed.collect();
        self.status.say(Notice {
            bad: false,
            what: format!("{rows} written to {name}"),
            more: format!(
                "{changed}{} · manifest {}",
                exported.path.display(),
                exported.manifest.display()
            ),
            path: Some(exported.path),
        });
        vec![Effect::SaveSettings]
    }

    /// The sheet comes back with what went wrong, unless something else is in front by now.
    fn export_failed(&mut self, failure: &Failure) {
        self.status.fail(failure);
        if self.front.dialog == Dialog::None {
            self.front.show(Dialog::Export);
            self.front.error = Some(failure.to_string());
            self.status.toast = None;
        }
    }

    fn on_finished(&mut self, ticket: Ticket, outcome: &Outcome) -> Vec<Effect> {
        // Of a source that is no longer as it was the answers from before stay.
        let newest = match outcome {
            Outcome::Failed(_) if self.source.changed.is_some() => {
                self.answers.finished(ticket, &Outcome::Cancelled)
            }
            outcome => self.answers.finished(ticket, outcome),
        };
        let job = self.status.jobs.remove(&ticket);
        if self.source.opening == Some(ticket) {
            self.source.opening = None;
            if self.source.is_beginning() {
                // The rest did not come: the first rows alone are no source.
                self.forget_source();
            }
            if let Outcome::Failed(failure) = outcome
                && matches!(failure.kind, FailureKind::KeyNeeded | FailureKind::KeyWrong)
            {
                self.front.show(Dialog::Password);
                if failure.kind == FailureKind::KeyWrong {
                    self.front.error = Some("this key does not open the file".to_owned());
                }
                return Vec::new();
            }
        }
        if let Some(effects) = self.sync_finished(ticket, outcome) {
            return effects;
        }
        match (job.map(|j| j.kind), outcome) {
            (Some(JobKind::Export), Outcome::Failed(failure)) => self.export_failed(failure),
            (Some(_), Outcome::Failed(failure)) => self.status.fail(failure),
            (Some(JobKind::Export), Outcome::Cancelled) => {
                self.status.note("The export was cancelled", None)
            }
            (Some(JobKind::Save { reopen: true }), Outcome::Done) => {
                return self.on_source(SourceAction::Reopen);
            }
            // A question's failure stands where its answer would.
            (None, Outcome::Failed(_)) if newest => {}
            _ => {}
        }
        Vec::new()
    }
}
