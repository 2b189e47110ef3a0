//! The palette: every command, cohort, segment and feature behind one search.

use super::action::{
    Action, CorrectionAction, EditAction, ExportAction, FeatureAction, LibraryAction, LookAction,
    SliceAction, SourceAction, ViewAction,
};
use super::activate::ActivateAction;
use super::{Focus, State, Tab, Theme};
use crate::model::catalog::CohortRef;
use crate::model::question::{ChartKind, Segment};

/// Entries shown at most.
const SHOWN_MAX: usize = 14;

/// The palette's state.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Palette {
    /// The search.
    pub text: String,
    /// The marked entry.
    pub mark: usize,
}

impl Palette {
    pub(super) fn set_text(&mut self, text: String) {
        self.text = text;
        self.mark = 0;
    }

    /// Moves the mark among `count` entries.
    pub(super) fn move_mark(&mut self, by: isize, count: usize) {
        self.mark = self.mark.saturating_add_signed(by).min(count.saturating_sub(1));
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What it is called.
    pub name: String,
    /// What kind of thing it is, or its keys.
    pub detail: String,
    /// What taking it does.
    pub action: Action,
}

impl State {
    /// The entries that match, the best first.
    pub fn palette_entries(&self) -> Vec<Entry> {
        let all = self.all_entries();
        let named = all.iter().map(|e| (e.name.as_str(), e.detail.as_str()));
        super::lookup::ranked(&self.front.palette.text, named)
            .into_iter()
            .take(SHOWN_MAX)
            .map(|i| all[i].clone())
            .collect()
    }

    fn all_entries(&self) -> Vec<Entry> {
        let mut all = self.commands();
        let mut push = |name: &str, detail: &str, action: Action| {
            all.push(Entry { name: name.to_owned(), detail: detail.to_owned(), action });
        };
        for Segment { name, .. } in &self.source.segments {
            push(name, "segment", Action::Library(LibraryAction::SelectSegment(name.clone())));
        }
        for kept in &self.source.workspace.activations {
            let repeat = ActivateAction::Repeat(kept.name.clone());
            push(&kept.name, "activation", Action::Activate(repeat));
        }
        for entity in self.source.catalog().into_iter().flat_map(|c| &c.entities) {
            let everyone = CohortRef::all(&entity.name);
            push(
                &super::values::everyone_of(&entity.name),
                "entity",
                Action::Library(LibraryAction::SelectCohort(everyone)),
            );
            for cohort in &entity.cohorts {
                let to =
                    CohortRef { entity: entity.name.clone(), cohort: Some(cohort.name.clone()) };
                push(&cohort.name, "cohort", Action::Library(LibraryAction::SelectCohort(to)));
            }
        }
        for feature in self.entity().into_iter().flat_map(|e| &e.features) {
            let action = Action::Edit(EditAction::New(feature.name.clone()));
            push(&feature.name, "add a condition", action);
            let kind = ChartKind::Feature(feature.name.clone());
            push(&format!("Chart {}", feature.name), "chart", Action::Look(LookAction::Add(kind)));
        }
        all
    }

    fn commands(&self) -> Vec<Entry> {
        let entry = |name: &str, keys: &str, action: Action| Entry {
            name: name.to_owned(),
            detail: keys.to_owned(),
            action,
        };
        let mut all = vec![
            entry("Open a file…", "Ctrl+O", Action::Source(SourceAction::PickFile)),
            entry("Open a folder…", "command", Action::Source(SourceAction::PickFolder)),
            entry("Open by path…", "command", Action::Source(SourceAction::NoChooser)),
            entry("Explore the sample shop", "command", Action::Source(SourceAction::OpenSample)),
            entry("Light theme", "command", ViewAction::Theme(Theme::Light).into()),
            entry("Dark theme", "command", ViewAction::Theme(Theme::Dark).into()),
            entry("System theme", "command", ViewAction::Theme(Theme::System).into()),
            entry("Keys", "?", ViewAction::Keys.into()),
            entry("Notices", "command", ViewAction::Notices.into()),
            entry("Quit", "command", ViewAction::Quit.into()),
        ];
        if self.source.opened.is_none() {
            return all;
        }
        for tab in Tab::ALL {
            all.push(entry(tab.word(), "tab", ViewAction::Tab(tab).into()));
        }
        let slice = Action::Slice;
        all.extend([
            entry("Export…", "Ctrl+E", Action::Export(ExportAction::Open)),
            entry("Activate…", "Ctrl+Shift+E", Action::Activate(ActivateAction::Open)),
            entry("Save the segment…", "Ctrl+S", Action::Library(LibraryAction::Save)),
            entry("Undo", "Ctrl+Z", slice(SliceAction::Undo)),
            entry("Redo", "Ctrl+Shift+Z", slice(SliceAction::Redo)),
            entry("Add a condition…", "command", slice(SliceAction::StartAdding(Vec::new()))),
            entry("Add a group", "command", slice(SliceAction::AddGroup(Vec::new()))),
            entry("Remove all conditions", "command", slice(SliceAction::Clear)),
            entry("Type a condition", "command", ViewAction::Focus(Focus::Typed).into()),
            entry("Search features", "/", ViewAction::Focus(Focus::Features).into()),
            entry("Features panel", "command", Action::Features(FeatureAction::Toggle)),
            entry("Back to the first charts", "command", Action::Look(LookAction::Reset)),
            entry("SQL of the slice", "command", ViewAction::Sql.into()),
            entry("As of…", "command", ViewAction::AskNow.into()),
            entry("Corrections…", "command", Action::Correct(CorrectionAction::Open)),
            entry("Read the source again", "command", Action::Source(SourceAction::Reopen)),
            entry("Close the source", "command", Action::Source(SourceAction::Close)),
        ]);
        all
    }
}
