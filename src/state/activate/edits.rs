//! Setting an activation up: opening the sheet, choosing where it goes, keeping it.

use super::action::{ActivateAction, DraftEdit, Pane};
use super::draft::Draft;
use super::place::Place;
use super::sheet::{Dry, Sheet, Subject};
use crate::destinations;
use crate::language;
use crate::model::activation::{SavedActivation, SavedDestination};
use crate::model::catalog::{CohortRef, Entity};
use crate::model::failure::Failure;
use crate::protocol::Command;
use crate::state::{Dialog, Effect, State};

impl State {
    pub(in crate::state) fn on_activate(&mut self, action: ActivateAction) -> Vec<Effect> {
        self.front.error = None;
        match action {
            ActivateAction::Open => self.open_sheet(),
            ActivateAction::Repeat(name) => return self.repeat(&name),
            ActivateAction::Show(pane) => return self.show_pane(pane),
            ActivateAction::SliceName(name) => self.with_sheet(|sheet| sheet.slice_name = name),
            ActivateAction::SaveSlice(name) => return self.save_slice(&name),
            ActivateAction::Choose(name) => return self.choose_kept(&name),
            ActivateAction::ChooseNew(kind) => return self.choose_new(kind),
            ActivateAction::Unchoose => {
                let stopped = self.change(|draft, _| {
                    draft.place = None;
                    draft.rows.clear();
                });
                self.with_sheet(|sheet| {
                    sheet.dry = Dry::None;
                    sheet.pane = Pane::Destination;
                });
                return stopped;
            }
            ActivateAction::Edit(edit) => return self.edit_draft(edit),
            ActivateAction::DryRun => return self.dry_run(),
            ActivateAction::Tick(guard, on) => self.with_sheet(|sheet| {
                sheet.ticked.retain(|ticked| *ticked != guard);
                if on {
                    sheet.ticked.push(guard);
                }
            }),
            ActivateAction::Send => return self.send_it(None),
            ActivateAction::Save => return self.keep_draft(),
            ActivateAction::ShowRun(run) => return self.show_run(run),
            ActivateAction::ShowFailed(run) => return vec![self.ask_failed(run)],
            ActivateAction::Retry(run) => return self.send_it(Some(run)),
            ActivateAction::Inbox(on) => return vec![self.switch_inbox(on)],
            ActivateAction::ShowRequest(number) => {
                self.with_sheet(|sheet| sheet.request = Some(number));
            }
            ActivateAction::AskRemove(name) => self.front.show(Dialog::RemoveActivation(name)),
            ActivateAction::Remove(name) => return self.remove_activation(&name),
        }
        Vec::new()
    }

    fn with_sheet(&mut self, change: impl FnOnce(&mut Sheet)) {
        if let Some(sheet) = &mut self.activate.sheet {
            change(sheet);
        }
    }

    /// The entity that the sheet is about.
    pub fn activated_entity(&self) -> Option<&Entity> {
        self.source.catalog()?.entity(&self.activate.sheet.as_ref()?.entity)
    }

    /// What the sheet sends, as a person calls it.
    pub fn subject_name(&self, subject: &Subject) -> String {
        match subject {
            Subject::Cohort(CohortRef { entity, cohort: None }) => {
                super::super::values::everyone_of(entity)
            }
            Subject::Cohort(CohortRef { cohort: Some(name), .. }) => name.clone(),
            Subject::Segment(name) => name.clone(),
            Subject::Unsaved => "this slice".to_owned(),
        }
    }

    /// What is on the canvas, as something that can be sent.
    fn subject(&self) -> Option<(Subject, String)> {
        let cohort = self.canvas.cohort.clone()?;
        let entity = cohort.entity.clone();
        let subject = match &self.canvas.segment {
            Some(name) if !self.canvas.is_dirty() => Subject::Segment(name.clone()),
            None if self.canvas.tree().parts.is_empty() => Subject::Cohort(cohort),
            _ => Subject::Unsaved,
        };
        Some((subject, entity))
    }

    fn open_sheet(&mut self) {
        let Some((subject, entity)) = self.subject() else { return };
        let same = self.activate.sheet.as_ref().is_some_and(|sheet| {
            sheet.subject == subject && (sheet.sending.is_some() || sheet.run.is_none())
        });
        if !same {
            let mut sheet = Sheet::new(subject, &entity);
            sheet.slice_name = self.canvas.segment.clone().unwrap_or_default();
            self.activate.sheet = Some(sheet);
        } else if let Some(sheet) = &mut self.activate.sheet {
            // The data or the moment may be another one than when it was closed.
            sheet.is_stale = true;
        }
        self.front.show(Dialog::Activate);
    }

    /// The activations that send what the sheet is about.
    pub fn kept_for(&self, subject: &Subject) -> Vec<&SavedActivation> {
        let is_it = |activation: &&SavedActivation| match subject {
            Subject::Segment(name) => activation.segment.as_ref() == Some(name),
            Subject::Cohort(cohort) => {
                activation.segment.is_none() && self.cohort_of(activation).as_ref() == Some(cohort)
            }
            Subject::Unsaved => false,
        };
        self.source.workspace.activations.iter().filter(is_it).collect()
    }

    fn repeat(&mut self, name: &str) -> Vec<Effect> {
        if self.activate.sheet.as_ref().is_some_and(|sheet| {
            sheet.sending.is_some() && sheet.draft.is_kept && sheet.draft.saved.name == name
        }) {
            self.front.show(Dialog::Activate);
            return Vec::new();
        }
        match self.kept_sheet(name) {
            Ok(sheet) => {
                self.activate.sheet = Some(sheet);
                self.front.show(Dialog::Activate);
                self.dry_run()
            }
            Err(failure) => {
                self.status.fail(&failure);
                Vec::new()
            }
        }
    }

    /// The sheet of a kept activation.
    fn kept_sheet(&self, name: &str) -> Result<Sheet, Failure> {
        let broken = |place: String, hint: &str| {
            Failure::new(format!("the activation {name} cannot be shown"), place, hint)
        };
        let workspace = &self.source.workspace;
        let saved = workspace.activations.iter().find(|kept| kept.name == name);
        let saved = saved.ok_or_else(|| broken(String::new(), "it is no longer kept"))?;
        let cohort = self.cohort_of(saved).ok_or_else(|| {
            broken("its cohort or segment".to_owned(), "it names something that is not here")
        })?;
        let entity = self.source.catalog().and_then(|c| c.entity(&cohort.entity));
        let entity = entity.ok_or_else(|| broken(cohort.entity.clone(), "it is not here"))?;
        let place = workspace.destinations.iter().find(|kept| kept.name == saved.destination);
        let place = place.and_then(kept_place).ok_or_else(|| {
            broken(format!("destination {}", saved.destination), "muster.yaml does not have it")
        })?;
        let subject = match &saved.segment {
            Some(segment) => Subject::Segment(segment.clone()),
            None => Subject::Cohort(cohort.clone()),
        };
        let mut sheet = Sheet::new(subject, &entity.name);
        sheet.draft = Draft::of(saved, place);
        Ok(sheet)
    }

    fn show_pane(&mut self, pane: Pane) -> Vec<Effect> {
        self.with_sheet(|sheet| sheet.pane = pane);
        let sheet = self.activate.sheet.as_ref();
        let is_open = sheet.is_some_and(|s| s.draft.place.is_some() && s.known().is_none());
        // Who wants to see what would be sent need not ask for it.
        match pane {
            Pane::DryRun | Pane::Send if is_open && !sheet.is_some_and(Sheet::is_busy) => {
                self.dry_run()
            }
            _ => Vec::new(),
        }
    }

    fn save_slice(&mut self, name: &str) -> Vec<Effect> {
        let name = name.trim().to_owned();
        let is_own = self.canvas.segment.as_ref() == Some(&name);
        if name.is_empty() {
            self.front.error = Some("a segment needs a name".to_owned());
            return Vec::new();
        }
        if !is_own && self.source.name_is_taken(&name) {
            self.front.error = Some(format!("{name} is taken"));
            return Vec::new();
        }
        let effects = self.save_segment(name.clone());
        self.with_sheet(|sheet| sheet.subject = Subject::Segment(name));
        effects
    }

    fn choose_kept(&mut self, name: &str) -> Vec<Effect> {
        let kept = self.source.workspace.destinations.iter().find(|kept| kept.name == name);
        let Some(place) = kept.and_then(kept_place) else { return Vec::new() };
        // What goes there already is gone on with, with its mapping and what was sent.
        let subject = self.activate.sheet.as_ref().map(|sheet| sheet.subject.clone());
        let before = subject.and_then(|subject| {
            let kept = self.kept_for(&subject);
            kept.iter().find(|kept| kept.destination == name).map(|kept| kept.name.clone())
        });
        match before {
            Some(activation) => self.repeat(&activation),
            None => self.choose(place),
        }
    }

    fn choose_new(&mut self, kind: &str) -> Vec<Effect> {
        let Some(kind) = destinations::kind(kind) else { return Vec::new() };
        let kept = &self.source.workspace.destinations;
        // One practice inbox is enough.
        let practice = std::ptr::eq(kind, destinations::practice());
        if let Some(kept) = kept.iter().find(|kept| practice && kept.kind == kind.name) {
            let name = kept.name.clone();
            return self.choose_kept(&name);
        }
        let name = free_name(kind.label, |name| kept.iter().any(|kept| kept.name == name));
        self.choose(Place::new(kind, name))
    }

    fn choose(&mut self, place: Place) -> Vec<Effect> {
        let Some(sheet) = &self.activate.sheet else { return Vec::new() };
        let name = format!("{} to {}", self.subject_name(&sheet.subject), place.name);
        let kept = &self.source.workspace.activations;
        let name = free_name(&name, |name| kept.iter().any(|kept| kept.name == name));
        let is_complete = place.is_complete();
        let has_settings = place.kind.settings.iter().any(|setting| setting.is_required);
        let is_new = !place.is_kept && has_settings;
        let mut effects = self.change(|draft, entity| {
            draft.saved.name = name;
            draft.is_kept = false;
            draft.take(place, entity);
        });
        // What needs nothing more said shows at once what it would do.
        if is_complete && !is_new {
            effects.extend(self.dry_run());
        }
        effects
    }

    fn edit_draft(&mut self, edit: DraftEdit) -> Vec<Effect> {
        let decides = !matches!(edit, DraftEdit::Schedule(_));
        let zone = self.canvas.now.zone_name();
        let Some(entity) = self.activated_entity().cloned() else { return Vec::new() };
        let Some(sheet) = &mut self.activate.sheet else { return Vec::new() };
        sheet.draft.edit(edit, &entity);
        // A schedule is meant in the zone that is on screen.
        if sheet.draft.saved.schedule.is_some() && sheet.draft.saved.zone.is_none() {
            sheet.draft.saved.zone = Some(zone);
        }
        let overtaken = if decides { sheet.changed() } else { None };
        overtaken.map(|ticket| Effect::Send(Command::Cancel(ticket))).into_iter().collect()
    }

    /// Changes what is set up, with the entity at hand.
    fn change(&mut self, change: impl FnOnce(&mut Draft, &Entity)) -> Vec<Effect> {
        let Some(entity) = self.activated_entity().cloned() else { return Vec::new() };
        let Some(sheet) = &mut self.activate.sheet else { return Vec::new() };
        change(&mut sheet.draft, &entity);
        let overtaken = sheet.changed();
        overtaken.map(|ticket| Effect::Send(Command::Cancel(ticket))).into_iter().collect()
    }

    /// What the sheet describes, as the workspace keeps it; told on the sheet when it lacks
    /// something.
    pub(super) fn written(&mut self) -> Option<(SavedActivation, SavedDestination)> {
        let sheet = self.activate.sheet.as_mut()?;
        sheet.draft.is_tried = true;
        let written = match &sheet.subject {
            Subject::Unsaved => Err("keep the slice as a segment first".to_owned()),
            _ => sheet.draft.written(),
        };
        let workspace = &self.source.workspace;
        let is_new = !sheet.draft.is_kept;
        let new_place = sheet.draft.place.as_ref().is_some_and(|place| !place.is_kept);
        let written = written.and_then(|(mut activation, destination)| {
            if is_new && workspace.activations.iter().any(|kept| kept.name == activation.name) {
                return Err(format!("there is an activation {}", activation.name));
            }
            if new_place && workspace.destinations.iter().any(|kept| kept.name == destination.name)
            {
                return Err(format!("there is a destination {}", destination.name));
            }
            (activation.segment, activation.cohort) = match &sheet.subject {
                Subject::Segment(name) => (Some(name.clone()), None),
                Subject::Cohort(cohort) => (None, Some(cohort.to_string())),
                Subject::Unsaved => (None, None),
            };
            Ok((activation, destination))
        });
        match written {
            Ok(written) => Some(written),
            Err(fault) => {
                self.front.error = Some(fault);
                None
            }
        }
    }

    /// Keeps what is set up in the workspace, if that is anything new.
    pub(super) fn keep_draft(&mut self) -> Vec<Effect> {
        let Some((activation, destination)) = self.written() else { return Vec::new() };
        let workspace = &mut self.source.workspace;
        let before = workspace.clone();
        match workspace.activations.iter_mut().find(|kept| kept.name == activation.name) {
            Some(kept) => *kept = activation,
            None => workspace.activations.push(activation),
        }
        match workspace.destinations.iter_mut().find(|kept| kept.name == destination.name) {
            Some(kept) => *kept = destination,
            None => workspace.destinations.push(destination),
        }
        let is_new = *workspace != before;
        self.with_sheet(|sheet| {
            sheet.draft.is_kept = true;
            if let Some(place) = &mut sheet.draft.place {
                place.is_kept = true;
            }
        });
        if is_new { vec![self.save_workspace(false)] } else { Vec::new() }
    }

    fn remove_activation(&mut self, name: &str) -> Vec<Effect> {
        self.front.show(Dialog::None);
        self.source.workspace.activations.retain(|kept| kept.name != name);
        if self.activate.sheet.as_ref().is_some_and(|sheet| sheet.draft.saved.name == name) {
            self.activate.sheet = None;
        }
        vec![self.save_workspace(false)]
    }

    /// The typed condition of a kept segment, in words for the sheet.
    pub fn subject_words(&self, subject: &Subject) -> String {
        match subject {
            Subject::Cohort(_) => "everyone in it".to_owned(),
            Subject::Segment(name) => self.source.segment(name).map_or_else(String::new, |s| {
                language::words::tree(&s.tree, Some(&self.canvas.now))
            }),
            Subject::Unsaved => language::words::tree(self.canvas.tree(), Some(&self.canvas.now)),
        }
    }
}

/// A kept destination, if its kind is known.
fn kept_place(saved: &SavedDestination) -> Option<Place> {
    destinations::kind(&saved.kind).map(|kind| Place::of(saved, kind))
}

/// A name that is not taken: itself, or with a number behind it.
fn free_name(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    if !is_taken(name) {
        return name.to_owned();
    }
    let mut number = 2_u64;
    loop {
        let numbered = format!("{name} {number}");
        if !is_taken(&numbered) {
            return numbered;
        }
        number += 1;
    }
}
