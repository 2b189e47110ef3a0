//! The palette: every command, cohort, segment and feature behind one search.

use super::action::{
    Action, CorrectionAction, ExportAction, FeatureAction, LibraryAction, LookAction, PeopleAction,
    SliceAction, SourceAction, ViewAction,
};
use super::activate::ActivateAction;
use super::lookup::Take;
use super::search::{self, About};
use super::{Focus, State, Tab, Theme};
use crate::model::catalog::CohortRef;
use crate::model::question::{ChartKind, Segment};

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
        self.mark = search::moved(self.mark, by, count);
    }
}

/// One entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What kind of thing it is.
    pub about: About,
    /// What it is called.
    pub name: String,
    /// More about it, or its keys.
    pub detail: String,
    /// What taking it does.
    pub take: Taken,
}

/// What taking an entry does.
#[derive(Debug, Clone, PartialEq)]
pub enum Taken {
    /// Something that can be done elsewhere too.
    Act(Box<Action>),
    /// A condition at the end of the root.
    Condition(Take),
}

impl Entry {
    fn act(about: About, name: &str, detail: &str, action: Action) -> Self {
        let (name, detail) = (name.to_owned(), detail.to_owned());
        Self { about, name, detail, take: Taken::Act(Box::new(action)) }
    }
}

impl State {
    /// The entries that match, the best first, in groups.
    pub fn palette_entries(&self) -> Vec<Entry> {
        let text = &self.front.palette.text;
        let all = self.all_entries();
        let named = all.iter().map(|e| (e.name.as_str(), e.detail.as_str()));
        let order = search::ranked(text, named);
        let mut found: Vec<Entry> = order.into_iter().map(|i| all[i].clone()).collect();
        if !text.trim().is_empty() {
            let conditions = self.find_conditions(text).into_iter().map(|found| Entry {
                about: found.about,
                name: found.name,
                detail: found.detail,
                take: Taken::Condition(found.take),
            });
            found.extend(conditions);
            found.extend(self.people_found().into_iter().map(|key| {
                let name = key.display();
                let open = Action::People(PeopleAction::Profile(key));
                Entry::act(About::People, &name, "why in, or why not", open)
            }));
        }
        search::grouped(found, |e| e.about)
    }

    fn all_entries(&self) -> Vec<Entry> {
        let mut all = self.commands();
        let mut push = |about: About, name: &str, detail: &str, action: Action| {
            all.push(Entry::act(about, name, detail, action));
        };
        let cohorts = About::Cohorts;
        for Segment { name, .. } in &self.source.segments {
            let select = LibraryAction::SelectSegment(name.clone());
            push(cohorts, name, "segment", Action::Library(select));
        }
        for kept in &self.source.workspace.activations {
            let repeat = ActivateAction::Repeat(kept.name.clone());
            push(About::Commands, &kept.name, "activation", Action::Activate(repeat));
        }
        for entity in self.source.catalog().into_iter().flat_map(|c| &c.entities) {
            let everyone = LibraryAction::SelectCohort(CohortRef::all(&entity.name));
            let name = super::values::everyone_of(&entity.name);
            push(cohorts, &name, "entity", Action::Library(everyone));
            for cohort in &entity.cohorts {
                let to =
                    CohortRef { entity: entity.name.clone(), cohort: Some(cohort.name.clone()) };
                let select = Action::Library(LibraryAction::SelectCohort(to));
                push(cohorts, &cohort.name, "cohort", select);
            }
        }
        for feature in self.entity().into_iter().flat_map(|e| &e.features) {
            let add = LookAction::Add(ChartKind::Feature(feature.name.clone()));
            let name = format!("Chart {}", feature.name);
            push(About::Commands, &name, "chart", Action::Look(add));
        }
        all
    }

    fn commands(&self) -> Vec<Entry> {
        let entry = |name: &str, keys: &str, action: Action| {
            Entry::act(About::Commands, name, keys, action)
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
            entry("Add a condition…", "c", slice(SliceAction::StartAdding(Vec::new()))),
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
