//! Cohorts and segments: what stands on the canvas, and what the workspace keeps.

use super::history::History;
use super::{Canvas, Dialog, Effect, JobKind, LibraryAction, People, Source, State};
use crate::language::{self, Scope};
use crate::model::catalog::CohortRef;
use crate::model::clause::{Clause, Missing, Node, Tree};
use crate::model::failure::Failure;
use crate::model::question::{Answer, Question, Segment};
use crate::model::workspace::SavedSegment;
use crate::protocol::{Command, Slot};

impl State {
    pub(super) fn on_library(&mut self, action: LibraryAction) -> Vec<Effect> {
        match action {
            LibraryAction::SelectCohort(_) | LibraryAction::SelectSegment(_)
                if self.canvas.segment.is_some() && self.canvas.is_dirty() =>
            {
                self.front.show(Dialog::Leave(Box::new(action)));
            }
            LibraryAction::ShowDefinition(what) => {
                self.canvas.defined = Some(what);
                self.canvas.tab = super::Tab::Definition;
            }
            LibraryAction::SelectCohort(cohort) => {
                self.put_on_canvas(cohort, Tree::everyone(), None);
            }
            LibraryAction::SelectSegment(name) => self.select_segment(&name),
            LibraryAction::Anyway(action) => {
                self.front.show(Dialog::None);
                self.canvas.saved_tree = self.canvas.tree().clone();
                return self.on_library(*action);
            }
            LibraryAction::Save => match self.canvas.segment.clone() {
                Some(name) => return self.save_segment(name),
                None => self.front.show(Dialog::SaveSegment),
            },
            LibraryAction::SaveAs(name) => return self.save_as(&name),
            LibraryAction::Use(name, not) => {
                let negated = not.then_some(Missing::Keep);
                let clause = Clause { negated, ..Clause::in_cohort(name) };
                self.add(&[], Node::Clause(clause));
            }
            LibraryAction::Duplicate(name) => return self.duplicate_segment(&name),
            LibraryAction::AskRename(name) => {
                self.front.show(Dialog::RenameSegment(name.clone()));
                self.front.text = name;
            }
            LibraryAction::Rename(old, new) => return self.rename_segment(&old, &new),
            LibraryAction::AskDelete(name) => self.front.show(Dialog::DeleteSegment(name)),
            LibraryAction::Delete(name) => return self.delete_segment(&name),
        }
        Vec::new()
    }

    /// Puts a cohort, sliced by a tree, on the canvas. The way back begins anew.
    pub(super) fn put_on_canvas(&mut self, cohort: CohortRef, tree: Tree, segment: Option<String>) {
        let before = self.canvas.cohort.as_ref();
        let other_entity = before.is_none_or(|c| c.entity != cohort.entity);
        let saved_tree = match &segment {
            Some(name) => {
                self.source.segment(name).map_or_else(|| tree.clone(), |s| s.tree.clone())
            }
            None => Tree::everyone(),
        };
        self.canvas = Canvas {
            cohort: Some(cohort),
            segment,
            saved_tree,
            history: History::start(tree, "Start"),
            tab: self.canvas.tab,
            ..Canvas::new(self.canvas.now.clone())
        };
        self.canvas.reset_typed();
        if other_entity {
            self.people = People::default();
            self.features.forget();
            self.look.charts = self.charts_for_entity();
            self.look.enlarged = None;
        } else {
            self.people.show_dropped(None);
        }
    }

    fn select_segment(&mut self, name: &str) {
        match self.source.segment(name).cloned() {
            Some(Segment { name, cohort, tree }) => self.put_on_canvas(cohort, tree, Some(name)),
            None => self.status.fail(&Failure::new(
                format!("the segment {name} cannot be read on this source"),
                "",
                "its condition or cohort names something that is not here",
            )),
        }
    }

    /// Reads the saved segments, and says which ones cannot be read.
    pub(super) fn read_segments(&mut self) {
        for failure in self.source.read_segments() {
            self.status.fail(&failure);
        }
    }

    fn save_as(&mut self, name: &str) -> Vec<Effect> {
        let name = name.trim();
        if name.is_empty() {
            self.front.error = Some("a segment needs a name".to_owned());
            return Vec::new();
        }
        if self.source.name_is_taken(name) {
            self.front.error = Some(format!("{name} is taken"));
            return Vec::new();
        }
        self.front.show(Dialog::None);
        self.save_segment(name.to_owned())
    }

    pub(super) fn save_segment(&mut self, name: String) -> Vec<Effect> {
        let Some(cohort) = self.canvas.cohort.clone() else { return Vec::new() };
        let saved = SavedSegment {
            name: name.clone(),
            cohort: cohort.to_string(),
            condition: language::print(self.canvas.tree()),
        };
        match self.source.workspace.segments.iter_mut().find(|s| s.name == name) {
            Some(there) => *there = saved,
            None => self.source.workspace.segments.push(saved),
        }
        self.canvas.saved_tree = self.canvas.tree().clone();
        self.canvas.segment = Some(name);
        self.workspace_changed()
    }

    fn rename_segment(&mut self, old: &str, new: &str) -> Vec<Effect> {
        let new = new.trim();
        if new == old {
            self.front.show(Dialog::None);
            return Vec::new();
        }
        if new.is_empty() || self.source.name_is_taken(new) {
            let why = if new.is_empty() { "a segment needs a name" } else { "this name is taken" };
            self.front.error = Some(why.to_owned());
            return Vec::new();
        }
        self.front.show(Dialog::None);
        if let Some(saved) = self.source.workspace.segments.iter_mut().find(|s| s.name == old) {
            new.clone_into(&mut saved.name);
        }
        if self.canvas.segment.as_deref() == Some(old) {
            self.canvas.segment = Some(new.to_owned());
        }
        self.workspace_changed()
    }

    fn duplicate_segment(&mut self, name: &str) -> Vec<Effect> {
        let kept = &self.source.workspace.segments;
        let Some(saved) = kept.iter().find(|s| s.name == name).cloned() else { return Vec::new() };
        let free = |n: &u32| {
            let name = copy_name(name, *n);
            !self.source.name_is_taken(&name)
        };
        let Some(n) = (1..1000).find(free) else { return Vec::new() };
        let copy = SavedSegment { name: copy_name(name, n), ..saved };
        self.source.workspace.segments.push(copy);
        self.workspace_changed()
    }

    /// What the library wants to know: the sizes of the segments.
    pub(super) fn library_wanted(&self) -> Vec<(Slot, Tree, Question)> {
        let sized = self.source.segments.iter().take(SIZED_MAX);
        sized.map(|s| (Slot::Segment(s.name.clone()), s.tree.clone(), Question::Size)).collect()
    }

    /// How many a segment keeps, when that is known.
    pub fn segment_size(&self, name: &str) -> Option<u64> {
        match self.answers.answer(&Slot::Segment(name.to_owned())) {
            Some(Answer::Size(size)) => Some(size.kept),
            _ => None,
        }
    }

    fn delete_segment(&mut self, name: &str) -> Vec<Effect> {
        self.front.show(Dialog::None);
        self.source.workspace.segments.retain(|s| s.name != name);
        if self.canvas.segment.as_deref() == Some(name) {
            self.canvas.segment = None;
            self.canvas.saved_tree = Tree::everyone();
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
        self.status.start_job(ticket, JobKind::Save { reopen }, "Saving the workspace");
        let workspace = Box::new(self.source.workspace.clone());
        Effect::Send(Command::SaveWorkspace { ticket, workspace })
    }
}

/// Segments whose sizes are asked for.
const SIZED_MAX: usize = 40;

/// The name of the Nth copy.
fn copy_name(name: &str, n: u32) -> String {
    if n == 1 { format!("{name} copy") } else { format!("{name} copy {n}") }
}

impl Source {
    /// Whether a cohort is one of this source.
    pub(super) fn has_cohort(&self, cohort: &CohortRef) -> bool {
        self.catalog().and_then(|c| c.entity(&cohort.entity)).is_some_and(|entity| {
            cohort.cohort.as_ref().is_none_or(|name| entity.cohort(name).is_some())
        })
    }

    pub(super) fn name_is_taken(&self, name: &str) -> bool {
        let mut cohorts =
            self.catalog().into_iter().flat_map(|c| &c.entities).flat_map(|e| &e.cohorts);
        self.workspace.segments.iter().any(|s| s.name.eq_ignore_ascii_case(name))
            || cohorts.any(|c| c.name.eq_ignore_ascii_case(name))
    }

    /// Reads the saved segments. Gives why some cannot be read; these stay in the workspace as
    /// they are.
    fn read_segments(&mut self) -> Vec<Failure> {
        self.segments.clear();
        let Some(catalog) = self.catalog().cloned() else { return Vec::new() };
        let mut failures = Vec::new();
        for saved in &self.workspace.segments {
            match read_segment(saved, &catalog) {
                Ok(segment) => self.segments.push(segment),
                Err(failure) => failures.push(failure),
            }
        }
        failures
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
