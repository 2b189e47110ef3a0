//! What a project defines, as it is shown: words, SQL, YAML, who changed it last. A build keeps it
//! beside the tables of its run.

use super::BuildRequest;
use crate::define::{
    self, CohortId, EntityId, FeatureId, Item, Owner, Place, Project, needs_of_all, words,
};
use crate::disk::{limit, read};
use crate::model::definition::{
    Commit, DefinedCohort, DefinedEntity, DefinedFeature, Definitions, Origin, Published,
};
use crate::model::finding::Finding;
use crate::plan::{self, Holds, Options, Plan, Run, item_name};
use crate::provenance::{self, History};
use crate::sql::ObjectName;
use jiff::tz::{Offset, TimeZone};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// The definitions of a project as they stand in its files, and what kept their history from being
/// read; nothing is built.
pub fn definitions(project: &Project, folder: &Path) -> (Definitions, Option<Finding>) {
    let plan = plan::plan(project, &Options::default());
    Maker::new(project, folder, &plan, None).made()
}

/// The definitions of a run as they are kept, the commit that was checked out, and what kept the
/// history from being read.
pub(super) fn document(
    project: &Project,
    request: &BuildRequest,
    plan: &Plan,
    run: &Run,
) -> (String, Option<String>, Option<Finding>) {
    let (made, trouble) = Maker::new(project, &request.folder, plan, Some(run)).made();
    let commit = made.commit.as_ref().map(|commit| commit.id.clone());
    let text = serde_json::to_string(&made);
    (text.expect("the shapes hold only text, numbers and lists"), commit, trouble)
}

struct Maker<'a> {
    project: &'a Project,
    folder: &'a Path,
    plan: &'a Plan,
    /// Whose tables these are; none when nothing is built.
    run: Option<&'a Run>,
    history: History,
    texts: HashMap<PathBuf, Option<String>>,
    needs: BTreeMap<Item, Vec<Item>>,
    users: BTreeMap<Item, Vec<Item>>,
    steps: BTreeMap<Item, usize>,
}

impl<'a> Maker<'a> {
    fn new(project: &'a Project, folder: &'a Path, plan: &'a Plan, run: Option<&'a Run>) -> Self {
        let needs: BTreeMap<Item, Vec<Item>> = needs_of_all(project).into_iter().collect();
        let mut users: BTreeMap<Item, Vec<Item>> = BTreeMap::new();
        for (item, list) in &needs {
            for need in list {
                users.entry(*need).or_default().push(*item);
            }
        }
        let mut steps = BTreeMap::new();
        for (at, step) in plan.steps.iter().enumerate() {
            steps.extend(step.items.iter().map(|item| (*item, at)));
        }
        let history = History::around(folder);
        let texts = HashMap::new();
        Self { project, folder, plan, run, history, texts, needs, users, steps }
    }

    fn made(mut self) -> (Definitions, Option<Finding>) {
        let entities = (0..self.project.entities.len()).map(|at| self.entity(EntityId(at)));
        let entities = entities.collect();
        let tables = self.plan.outputs.iter().filter(|output| output.what == Holds::Table);
        let made = Definitions {
            schema: 1,
            project: self.project.name.clone(),
            folder: self.folder.to_string_lossy().into_owned(),
            commit: self.history.head().cloned().map(commit),
            entities,
            tables: tables
                .filter_map(|output| self.published_as(&output.view, &output.of))
                .collect(),
        };
        (made, self.history.trouble())
    }

    fn published_as(&self, view: &str, of: &ObjectName) -> Option<Published> {
        let object = self.run?.settle(of);
        // A name that something else has is not that of this output.
        let is_shown = self.plan.views.iter().any(|v| v.name == view && v.of == *of);
        let view = if is_shown { view.to_owned() } else { object.clone() };
        Some(Published { view, object })
    }

    fn published(&self, what: &Holds) -> Option<Published> {
        let output = self.plan.outputs.iter().find(|output| output.what == *what)?;
        self.published_as(&output.view, &output.of)
    }

    fn entity(&mut self, id: EntityId) -> DefinedEntity {
        let project = self.project;
        let entity = &project[id];
        let features: Vec<DefinedFeature> = (0..project.features.len())
            .map(FeatureId)
            .filter(|feature| {
                let feature = &project[*feature];
                feature.entity == id && matches!(feature.owner, Owner::Entity(_) | Owner::Cohort(_))
            })
            .map(|feature| self.feature(feature))
            .collect();
        let cohorts: Vec<DefinedCohort> = (0..project.cohorts.len())
            .map(CohortId)
            .filter(|cohort| project[*cohort].entity == id)
            .map(|cohort| self.cohort(cohort))
            .collect();
        DefinedEntity {
            name: entity.name.clone(),
            description: entity.description.clone(),
            main_id: entity.main_id.clone(),
            id_types: entity.id_types.iter().map(|kind| project[*kind].name.clone()).collect(),
            features_in: self.published(&Holds::Entity(id)),
            graph: self.published(&Holds::Graph(id)),
            features,
            cohorts,
            origin: self.origin(&entity.place),
        }
    }

    fn feature(&mut self, id: FeatureId) -> DefinedFeature {
        let project = self.project;
        let feature = &project[id];
        let cohort = match feature.owner {
            Owner::Cohort(cohort) => Some(project[cohort].name.clone()),
            _ => None,
        };
        let column = match &cohort {
            Some(cohort) => format!("{cohort}_{}", feature.name),
            None => feature.name.clone(),
        };
        let item = Item::Feature(id);
        DefinedFeature {
            name: feature.name.clone(),
            column,
            cohort,
            description: feature.description.clone(),
            tags: feature.tags.clone(),
            personal: feature.personal,
            served: feature.served,
            made_by: made_by(project, feature),
            sql: self.sql(item),
            needs: self.names(self.needs.get(&item)),
            used_by: self.names(self.users.get(&item)),
            not_built: self.not_built(item, feature.broken.as_ref()),
            origin: self.origin(&feature.place),
        }
    }

    fn cohort(&mut self, id: CohortId) -> DefinedCohort {
        let project = self.project;
        let cohort = &project[id];
        let item = Item::Cohort(id);
        DefinedCohort {
            name: cohort.name.clone(),
            extends: cohort.extends.map(|parent| project[parent].name.clone()),
            description: cohort.description.clone(),
            words: words::cohort(project, id),
            sql: self.sql(item),
            needs: self.names(self.needs.get(&item)),
            used_by: self.names(self.users.get(&item)),
            members_in: self.published(&Holds::Cohort(id)),
            not_built: self.not_built(item, cohort.broken.as_ref()),
            origin: self.origin(&cohort.place),
        }
    }

    fn names(&self, items: Option<&Vec<Item>>) -> Vec<String> {
        // That it is made from everybody of its entity goes without saying.
        let items = items.into_iter().flatten();
        let told = items.filter(|item| !matches!(item, Item::Entity(_) | Item::Other(_)));
        told.map(|item| item_name(self.project, *item)).collect()
    }

    fn sql(&self, item: Item) -> String {
        let Some(step) = self.steps.get(&item) else { return String::new() };
        let step = &self.plan.steps[*step];
        let statements = self.run.map_or_else(
            || step.shown(),
            |run| step.statements(run).iter().map(|s| s.whole().to_string()).collect(),
        );
        statements.join(";\n\n")
    }

    fn not_built(&self, item: Item, broken: Option<&String>) -> Option<String> {
        let left_out = self.plan.left_out.iter().find(|out| out.item == item);
        left_out.map(|out| out.why.clone()).or_else(|| broken.cloned())
    }

    fn origin(&mut self, place: &Place) -> Origin {
        let file: &Path = &place.file;
        let text = self.texts.entry(file.to_path_buf()).or_insert_with(|| {
            let bytes = read::whole(file, limit::PROJECT_FILE).ok()?;
            Some(String::from_utf8_lossy(&bytes).into_owned())
        });
        let shown = file.strip_prefix(self.folder).unwrap_or(file);
        let mut origin = Origin {
            file: shown.to_string_lossy().replace('\\', "/"),
            line: place.line,
            first: place.line,
            ..Origin::default()
        };
        let Some(text) = text else { return origin };
        let lines = define::excerpt(text, place.line);
        origin.first = *lines.start();
        let count = (lines.end() - lines.start() + 1) as usize;
        let shown = text.trim_start_matches('\u{feff}').lines().skip(*lines.start() as usize - 1);
        origin.yaml = shown.take(count).collect::<Vec<_>>().join("\n");
        if let Some(found) = self.history.provenance(file, lines) {
            origin.commit = found.commit.map(commit);
            origin.uncommitted = Some(found.uncommitted);
        }
        origin
    }
}

fn commit(commit: provenance::Commit) -> Commit {
    let offset = Offset::from_seconds(commit.offset_seconds).unwrap_or(Offset::UTC);
    let date = jiff::Timestamp::from_second(commit.at_seconds)
        .map(|at| at.to_zoned(TimeZone::fixed(offset)).strftime("%Y-%m-%d %H:%M %:z").to_string());
    Commit {
        id: commit.id,
        author: commit.author,
        date: date.unwrap_or_default(),
        title: commit.title,
    }
}

/// How a feature is made, in the words of its definition.
fn made_by(project: &Project, feature: &define::Feature) -> Vec<String> {
    let mut lines = vec![words::sql(project, &feature.select)];
    if let Some(from) = feature.from {
        lines.push(format!("from {}", words::target(project, from)));
    }
    if let Some(filter) = &feature.filter {
        lines.push(format!("where {}", words::sql(project, filter)));
    }
    if let Some(window) = &feature.window {
        let list = |texts: &[define::Text]| {
            texts.iter().map(|text| words::sql(project, text)).collect::<Vec<_>>().join(", ")
        };
        if !window.partition_by.is_empty() {
            lines.push(format!("for each {}", list(&window.partition_by)));
        }
        if !window.order_by.is_empty() {
            lines.push(format!("in the order of {}", list(&window.order_by)));
        }
    }
    if let Some(default) = &feature.default {
        lines.push(format!("{} where it would be missing", words::sql(project, default)));
    }
    lines
}
