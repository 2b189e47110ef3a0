//! `muster show` and `muster check` of a Profiles project: what the data team defined.

use super::args::{ProjectArgs, SourceArgs};
use super::table::section;
use super::table::table;
use super::{Lines, Printed};
use crate::define::Item;
use crate::define::{Cohort, Entity, Feature, Owner, Place, Project, words};
use crate::engine::{builder, project};
use crate::model::definition::{Commit, Origin};
use crate::model::failure::Failure;
use crate::model::finding::Finding;
use crate::model::warehouse::Warehouse;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A project that was read.
pub(crate) struct Read {
    folder: PathBuf,
    project: Project,
    pub(super) findings: Vec<Finding>,
}

/// The project that the paths mean; `None` when they are another kind of source.
///
/// # Errors
/// When it is a project whose folder cannot be listed.
pub(super) fn read(source: &SourceArgs) -> Result<Option<Read>, Failure> {
    let [path] = source.paths.as_slice() else { return Ok(None) };
    let Some(folder) = project::folder_of(path) else { return Ok(None) };
    let folder = std::path::absolute(&folder).unwrap_or(folder);
    let (project, findings) = project::read(&folder)?;
    Ok(Some(Read { folder, project, findings }))
}

/// The project at a path that is to be one.
///
/// # Errors
/// When there is none, or its folder cannot be listed.
pub(super) fn read_project(path: &Path, warehouse: Option<Warehouse>) -> Result<Read, Failure> {
    let folder = project::folder_of(path).ok_or_else(|| {
        Failure::wrong_use(
            "there is no Profiles project here",
            path.display().to_string(),
            "name a folder with a pb_project.yaml",
        )
    })?;
    let (project, findings) = project::read_as(&folder, warehouse)?;
    Ok(Read { folder, project, findings })
}

impl ProjectArgs {
    /// The definitions that `--select` names.
    pub(super) fn selected(&self, read: &Read) -> Result<BTreeSet<Item>, Failure> {
        self.select.iter().map(|name| builder::item_named(read.project(), name)).collect()
    }
}

impl Read {
    pub(super) fn project(&self) -> &Project {
        &self.project
    }

    /// Whether its tables are where a build puts them.
    pub(super) fn is_built(&self) -> bool {
        builder::output_of(&self.folder, &self.project).is_file()
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What is defined; with `git`, by whom it was changed last.
    pub(super) fn show(&self, json: bool, git: bool) -> Printed {
        let history = git.then(|| History::of(self));
        match json {
            true => Printed::json(&self.shown(history.as_ref())),
            false => Printed::done(&self.text(history.as_ref())),
        }
    }

    fn text(&self, history: Option<&History>) -> Lines {
        let mut out = Lines::default();
        let folder = self.folder.display();
        out.line(format_args!("{folder} (Profiles project {})", self.project.name));
        for (number, entity) in self.project.entities.iter().enumerate() {
            self.entity_text(number, entity, history, &mut out);
        }
        if let Some(trouble) = history.and_then(|history| history.trouble.as_ref()) {
            out.blank();
            out.line(trouble);
        }
        out.blank();
        out.line("Sizes come with a build; nothing is computed here.");
        if !self.findings.is_empty() {
            let found = self.findings.len();
            out.line(format_args!("Findings: {found}. `muster check` lists them."));
        }
        out
    }

    fn entity_text(
        &self,
        number: usize,
        entity: &Entity,
        history: Option<&History>,
        out: &mut Lines,
    ) {
        let ids: Vec<&str> =
            entity.id_types.iter().map(|id| self.project[*id].name.as_str()).collect();
        let (name, main_id, ids) = (&entity.name, &entity.main_id, ids.join(", "));
        out.blank();
        out.line(format_args!("{name}: main id {main_id}, from {ids}"));
        let cohorts: Vec<Vec<String>> = self
            .cohorts_of(number)
            .map(|(id, cohort)| {
                let who = words::cohort(&self.project, crate::define::CohortId(id)).join("; ");
                let mut row = vec![cohort.name.clone(), who, self.place(&cohort.place)];
                row.extend(history.map(|history| history.words(&cohort.place)));
                row
            })
            .collect();
        if !cohorts.is_empty() {
            let headings = ["name", "who", "at", "last change"];
            let shown = headings.len() - usize::from(history.is_none());
            section("Cohorts", table(&headings[..shown], cohorts, &[]), out);
        }
        let features: Vec<Vec<String>> = self
            .features_of(number)
            .map(|feature| {
                let about = feature.description.clone().unwrap_or_default();
                let made = self.made_by(feature);
                let mut row = vec![feature.name.clone(), about, made, self.place(&feature.place)];
                row.extend(history.map(|history| history.words(&feature.place)));
                row
            })
            .collect();
        if !features.is_empty() {
            let headings = ["name", "description", "made by", "at", "last change"];
            let shown = headings.len() - usize::from(history.is_none());
            section("Features", table(&headings[..shown], features, &[]), out);
        }
    }

    fn cohorts_of(&self, entity: usize) -> impl Iterator<Item = (usize, &Cohort)> {
        self.project.cohorts.iter().enumerate().filter(move |(_, c)| c.entity.0 == entity)
    }

    /// The served vars of an entity, and those of its cohorts.
    fn features_of(&self, entity: usize) -> impl Iterator<Item = &Feature> {
        self.project.features.iter().filter(move |f| {
            f.served
                && f.entity.0 == entity
                && matches!(f.owner, Owner::Entity(_) | Owner::Cohort(_))
        })
    }

    /// How a feature is computed: its expression, from what, and which of those rows.
    fn made_by(&self, feature: &Feature) -> String {
        let mut made = words::sql(&self.project, &feature.select);
        if let Some(from) = self.from(feature) {
            made = format!("{made} from {from}");
        }
        if let Some(filter) = &feature.filter {
            made = format!("{made} where {}", words::sql(&self.project, filter));
        }
        made
    }

    fn from(&self, feature: &Feature) -> Option<String> {
        feature.from.map(|from| words::target(&self.project, from))
    }

    fn place(&self, place: &Place) -> String {
        let file: &Path = place.file.strip_prefix(&self.folder).unwrap_or(&place.file);
        format!("{}:{}", file.display(), place.line)
    }

    fn shown<'a>(&'a self, history: Option<&'a History>) -> Shown<'a> {
        let entities = self.project.entities.iter().enumerate().map(|(number, entity)| {
            let features = self.features_of(number).map(|feature| ShownFeature {
                name: &feature.name,
                description: feature.description.as_deref(),
                personal: feature.personal,
                cohort: match feature.owner {
                    Owner::Cohort(id) => Some(&self.project[id].name),
                    _ => None,
                },
                made_by: words::sql(&self.project, &feature.select),
                from: self.from(feature),
                filter: feature.filter.as_ref().map(|text| words::sql(&self.project, text)),
                origin: self.place(&feature.place),
                commit: history.and_then(|history| history.commit(&feature.place)),
            });
            let cohorts = self.cohorts_of(number).map(|(id, cohort)| ShownCohort {
                name: &cohort.name,
                size: None,
                extends: cohort.extends.map(|id| self.project[id].name.as_str()),
                description: cohort.description.as_deref(),
                words: words::cohort(&self.project, crate::define::CohortId(id)),
                origin: self.place(&cohort.place),
                commit: history.and_then(|history| history.commit(&cohort.place)),
            });
            ShownEntity {
                name: &entity.name,
                key: &entity.main_id,
                size: None,
                features: features.collect(),
                cohorts: cohorts.collect(),
            }
        });
        Shown {
            schema: 1,
            source: self.folder.to_string_lossy().into_owned(),
            kind: "profiles",
            entities: entities.collect(),
            relations: [],
            runs: [],
            findings: self.findings.len(),
        }
    }
}

/// Who changed the definitions of a project last, by file and line.
struct History {
    changes: BTreeMap<(String, u64), Origin>,
    folder: PathBuf,
    /// What kept the history from being read.
    trouble: Option<String>,
}

impl History {
    fn of(read: &Read) -> Self {
        let (definitions, trouble) = builder::definitions(&read.project, &read.folder);
        let origins = definitions.entities.into_iter().flat_map(|entity| {
            let features = entity.features.into_iter().map(|feature| feature.origin);
            features.chain(entity.cohorts.into_iter().map(|cohort| cohort.origin))
        });
        let changes = origins.map(|origin| ((origin.file.clone(), origin.line), origin));
        Self {
            changes: changes.collect(),
            folder: read.folder.clone(),
            trouble: trouble.map(|finding| finding.message),
        }
    }

    fn origin(&self, place: &Place) -> Option<&Origin> {
        let file: &Path = place.file.strip_prefix(&self.folder).unwrap_or(&place.file);
        self.changes.get(&(file.to_string_lossy().into_owned(), place.line))
    }

    fn commit(&self, place: &Place) -> Option<&Commit> {
        self.origin(place)?.commit.as_ref()
    }

    /// `Ada, 2026-11-20 06:00 +01:00, 1a2b3c4d: Count orders`.
    fn words(&self, place: &Place) -> String {
        let Some(origin) = self.origin(place) else { return String::new() };
        let commit = origin.commit.as_ref().map(|commit| {
            let id: String = commit.id.chars().take(8).collect();
            format!("{}, {}, {id}: {}", commit.author, commit.date, commit.title)
        });
        match (commit, origin.uncommitted) {
            (Some(commit), Some(true)) => format!("not committed; before: {commit}"),
            (Some(commit), _) => commit,
            (None, Some(true)) => "not committed".to_owned(),
            (None, _) => String::new(),
        }
    }
}

/// As for other sources; sizes are null until the project is built.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    schema: u32,
    source: String,
    kind: &'static str,
    entities: Vec<ShownEntity<'a>>,
    relations: [(); 0],
    runs: [(); 0],
    findings: usize,
}

#[derive(Debug, Serialize)]
struct ShownEntity<'a> {
    name: &'a str,
    key: &'a str,
    size: Option<u64>,
    features: Vec<ShownFeature<'a>>,
    cohorts: Vec<ShownCohort<'a>>,
}

#[derive(Debug, Serialize)]
struct ShownFeature<'a> {
    name: &'a str,
    description: Option<&'a str>,
    personal: bool,
    cohort: Option<&'a String>,
    made_by: String,
    from: Option<String>,
    #[serde(rename = "where")]
    filter: Option<String>,
    origin: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a Commit>,
}

#[derive(Debug, Serialize)]
struct ShownCohort<'a> {
    name: &'a str,
    size: Option<u64>,
    extends: Option<&'a str>,
    description: Option<&'a str>,
    words: Vec<String>,
    origin: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<&'a Commit>,
}
