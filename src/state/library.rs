//! Cohorts and segments: what stands on the canvas, and what the workspace keeps.

use super::{Dialog, Effect, JobKind, LibraryAction, State};
use crate::language::{self, Scope};
use crate::model::catalog::CohortRef;
use crate::model::clause::Tree;
use crate::model::failure::Failure;
use crate::model::question::Segment;
use crate::model::workspace::SavedSegment;
use crate::protocol::Command;

impl State {
    pub(super) fn on_library(&mut self, action: LibraryAction) -> Vec<Effect> {
        match action {
            LibraryAction::SelectCohort(_) | LibraryAction::SelectSegment(_)
                if self.segment.is_some() && self.is_dirty() =>
            {
                self.show(Dialog::Leave(Box::new(action)));
            }
            LibraryAction::ShowDefinition(what) => {
                self.defined = Some(what);
                self.tab = super::Tab::Definition;
            }
            LibraryAction::SelectCohort(cohort) => {
                self.put_on_canvas(cohort, Tree::everyone(), None);
            }
            LibraryAction::SelectSegment(name) => self.select_segment(name),
            LibraryAction::Anyway(action) => {
                self.show(Dialog::None);
                self.saved_tree = self.tree().clone();
                return self.on_library(*action);
            }
            LibraryAction::Save => match self.segment.clone() {
                Some(name) => return self.save_segment(name),
                None => self.show(Dialog::SaveSegment),
            },
            LibraryAction::SaveAs(name) => return self.save_as(&name),
            LibraryAction::AskRename(name) => {
                self.show(Dialog::RenameSegment(name.clone()));
                self.dialog_text = name;
            }
            LibraryAction::Rename(old, new) => return self.rename_segment(&old, &new),
            LibraryAction::AskDelete(name) => self.show(Dialog::DeleteSegment(name)),
            LibraryAction::Delete(name) => return self.delete_segment(&name),
        }
        Vec::new()
    }

    /// Puts a cohort, sliced by a tree, on the canvas. The way back begins anew.
    pub(super) fn put_on_canvas(&mut self, cohort: CohortRef, tree: Tree, segment: Option<String>) {
        let other_entity = self.cohort.as_ref().is_none_or(|c| c.entity != cohort.entity);
        self.cohort = Some(cohort);
        self.defined = None;
        self.saved_tree = match &segment {
            Some(name) => self.segment_tree(name).unwrap_or_else(|| tree.clone()),
            None => Tree::everyone(),
        };
        self.segment = segment;
        self.history = super::history::History::start(tree, "Start");
        self.editor = None;
        self.adding = None;
        self.people.dropped_by = None;
        self.people.forget_rows();
        if other_entity {
            self.people = super::people::People::default();
            self.features.forget();
            self.charts = self.charts_for_entity();
        }
        self.reset_typed();
    }

    pub(super) fn cohort_exists(&self, cohort: &CohortRef) -> bool {
        self.catalog().and_then(|c| c.entity(&cohort.entity)).is_some_and(|entity| {
            cohort.cohort.as_ref().is_none_or(|name| entity.cohort(name).is_some())
        })
    }

    fn segment_tree(&self, name: &str) -> Option<Tree> {
        self.segments.iter().find(|s| s.name == name).map(|s| s.tree.clone())
    }

    fn select_segment(&mut self, name: String) {
        match self.segments.iter().find(|s| s.name == name).cloned() {
            Some(Segment { name, cohort, tree }) => self.put_on_canvas(cohort, tree, Some(name)),
            None => self.fail(&Failure::new(
                format!("the segment {name} cannot be read on this source"),
                "",
                "its condition or cohort names something that is not here",
            )),
        }
    }

    /// Reads the saved segments. One that cannot be read stays in the workspace as it is.
    pub(super) fn read_segments(&mut self) {
        let Some(catalog) = self.catalog().cloned() else { return self.segments.clear() };
        let mut read = Vec::new();
        let mut failures = Vec::new();
        for saved in &self.workspace.segments {
            match read_segment(saved, &catalog) {
                Ok(segment) => read.push(segment),
                Err(failure) => failures.push(failure),
            }
        }
        self.segments = read;
        for failure in failures {
            self.fail(&failure);
        }
    }

    fn save_as(&mut self, name: &str) -> Vec<Effect> {
        let name = name.trim();
        if name.is_empty() {
            self.dialog_error = Some("a segment needs a name".to_owned());
            return Vec::new();
        }
        if self.name_is_taken(name) {
            self.dialog_error = Some(format!("{name} is taken"));
            return Vec::new();
        }
        self.show(Dialog::None);
        self.save_segment(name.to_owned())
    }

    fn name_is_taken(&self, name: &str) -> bool {
        let cohorts = self.catalog().into_iter().flat_map(|c| &c.entities).flat_map(|e| &e.cohorts);
        self.workspace.segments.iter().any(|s| s.name.eq_ignore_ascii_case(name))
            || cohorts.into_iter().any(|c| c.name.eq_ignore_ascii_case(name))
    }

    fn save_segment(&mut self, name: String) -> Vec<Effect> {
        let Some(cohort) = self.cohort.clone() else { return Vec::new() };
        let saved = SavedSegment {
            name: name.clone(),
            cohort: cohort.to_string(),
            condition: language::print(self.tree()),
        };
        match self.workspace.segments.iter_mut().find(|s| s.name == name) {
            Some(there) => *there = saved,
            None => self.workspace.segments.push(saved),
        }
        self.saved_tree = self.tree().clone();
        self.segment = Some(name);
        self.workspace_changed()
    }

    fn rename_segment(&mut self, old: &str, new: &str) -> Vec<Effect> {
        let new = new.trim();
        if new == old {
            self.show(Dialog::None);
            return Vec::new();
        }
        if new.is_empty() || self.name_is_taken(new) {
            let why = if new.is_empty() { "a segment needs a name" } else { "this name is taken" };
            self.dialog_error = Some(why.to_owned());
            return Vec::new();
        }
        self.show(Dialog::None);
        if let Some(saved) = self.workspace.segments.iter_mut().find(|s| s.name == old) {
            new.clone_into(&mut saved.name);
        }
        if self.segment.as_deref() == Some(old) {
            self.segment = Some(new.to_owned());
        }
        self.workspace_changed()
    }

    fn delete_segment(&mut self, name: &str) -> Vec<Effect> {
        self.show(Dialog::None);
        self.workspace.segments.retain(|s| s.name != name);
        if self.segment.as_deref() == Some(name) {
            self.segment = None;
            self.saved_tree = Tree::everyone();
        }
        self.workspace_changed()
    }

    fn workspace_changed(&mut self) -> Vec<Effect> {
        self.read_segments();
        vec![self.save_workspace(false)]
    }

    /// Has the workspace kept.
    pub(super) fn save_workspace(&mut self, reopen: bool) -> Effect {
        let ticket = self.ticket();
        self.start_job(ticket, JobKind::Save { reopen }, "Saving the workspace");
        let workspace = Box::new(self.workspace.clone());
        Effect::Send(Command::SaveWorkspace { ticket, workspace })
    }
}

fn read_segment(
    saved: &SavedSegment,
    catalog: &crate::model::catalog::Catalog,
) -> Result<Segment, Failure> {
    let what = || format!("the segment {} cannot be read", saved.name);
    let cohort = catalog
        .cohort(&saved.cohort)
        .map_err(|why| Failure::new(what(), saved.cohort.clone(), why))?;
    let entity = catalog
        .entity(&cohort.entity)
        .ok_or_else(|| Failure::new(what(), saved.cohort.clone(), "its entity is not here"))?;
    let tree = language::parse(&saved.condition, &Scope { catalog, entity })
        .map_err(|error| Failure::new(what(), error.message, error.hint))?;
    Ok(Segment { name: saved.name.clone(), cohort, tree })
}
