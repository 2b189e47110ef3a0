//! What a data team defined, as it is shown: read-only, each with where it comes from.
//!
//! A build keeps these beside the tables of a run, so that a file that was built says by itself
//! what is in it. Serialised, and so a promise: fields may be added, these stay.

use serde::{Deserialize, Serialize};

/// The definitions of a project, as of one run or as they stand in its files.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Definitions {
    /// The version of this shape: 1.
    pub schema: u32,
    /// The project's name.
    pub project: String,
    /// The folder that the files of origins are relative to.
    pub folder: String,
    /// The commit that was checked out, when the project is in a repository.
    pub commit: Option<Commit>,
    /// Its entities.
    pub entities: Vec<DefinedEntity>,
    /// Tables beside entities and cohorts: SQL models, feature tables.
    #[serde(default)]
    pub tables: Vec<Published>,
}

/// A table or view that a run made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The latest view.
    pub view: String,
    /// The object of the run.
    pub object: String,
}

/// An entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefinedEntity {
    /// Its name.
    pub name: String,
    /// What it stands for.
    pub description: Option<String>,
    /// The column of its main id.
    pub main_id: String,
    /// Its id types.
    pub id_types: Vec<String>,
    /// Where its features are; none while nothing is built.
    pub features_in: Option<Published>,
    /// Its id graph.
    pub graph: Option<Published>,
    /// Its features, those of its cohorts too.
    pub features: Vec<DefinedFeature>,
    /// Its cohorts.
    pub cohorts: Vec<DefinedCohort>,
    /// Where it is defined.
    pub origin: Origin,
}

/// A feature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefinedFeature {
    /// Its name.
    pub name: String,
    /// The column that holds it among the features of the entity.
    pub column: String,
    /// The cohort that it is computed for; none for everybody.
    pub cohort: Option<String>,
    /// What it stands for.
    pub description: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// A tag says that it is personal.
    pub personal: bool,
    /// It is served; otherwise it only helps others.
    pub served: bool,
    /// How it is made, in a few lines.
    pub made_by: Vec<String>,
    /// The SQL of the step that computes it.
    pub sql: String,
    /// What it is made from.
    pub needs: Vec<String>,
    /// What is made from it.
    pub used_by: Vec<String>,
    /// Why it is not built, if it is not.
    pub not_built: Option<String>,
    /// Where it is defined.
    pub origin: Origin,
}

/// A cohort.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefinedCohort {
    /// Its name.
    pub name: String,
    /// The cohort that it extends; none for everybody of the entity.
    pub extends: Option<String>,
    /// What it stands for.
    pub description: Option<String>,
    /// Who is in, in plain words, a line per step.
    pub words: Vec<String>,
    /// The SQL of the step that finds its members.
    pub sql: String,
    /// What it is made from.
    pub needs: Vec<String>,
    /// What is made from it.
    pub used_by: Vec<String>,
    /// Where its members are; none while it is not built.
    pub members_in: Option<Published>,
    /// Why it is not built, if it is not.
    pub not_built: Option<String>,
    /// Where it is defined.
    pub origin: Origin,
}

/// Where something is defined.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Origin {
    /// The file, relative to the project's folder.
    pub file: String,
    /// The line of its name, from 1.
    pub line: u64,
    /// The first line of `yaml`, from 1.
    pub first: u64,
    /// The definition as it was written.
    pub yaml: String,
    /// The commit that last changed it; none when no commit has it, or none is known.
    pub commit: Option<Commit>,
    /// It differs from what was committed; none when the project is in no repository.
    pub uncommitted: Option<bool>,
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commit {
    /// Its full id.
    pub id: String,
    /// Who wrote it.
    pub author: String,
    /// When: `2026-11-20 06:00 +01:00`.
    pub date: String,
    /// The first line of its message.
    pub title: String,
}

/// A run: one build of the tables at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its number.
    pub number: u64,
    /// Up to when rows counted, in UTC: `2026-11-20 06:00:00`.
    pub end: String,
}

impl Definitions {
    /// The entity of this name.
    pub fn entity(&self, name: &str) -> Option<&DefinedEntity> {
        self.entities.iter().find(|entity| entity.name.eq_ignore_ascii_case(name))
    }
}

impl Definitions {
    /// Takes over where a run keeps the tables of what is still defined.
    pub fn take_tables(&mut self, built: &Self) {
        self.tables.clone_from(&built.tables);
        for entity in &mut self.entities {
            let Some(before) = built.entity(&entity.name) else { continue };
            entity.features_in.clone_from(&before.features_in);
            entity.graph.clone_from(&before.graph);
            for cohort in &mut entity.cohorts {
                let before = before.cohort(&cohort.name);
                cohort.members_in = before.and_then(|before| before.members_in.clone());
            }
        }
    }
}

impl DefinedEntity {
    /// The cohort of this name.
    pub fn cohort(&self, name: &str) -> Option<&DefinedCohort> {
        self.cohorts.iter().find(|cohort| cohort.name == name)
    }

    /// The feature that a column holds.
    pub fn feature(&self, column: &str) -> Option<&DefinedFeature> {
        self.features.iter().find(|feature| feature.column.eq_ignore_ascii_case(column))
    }
}

impl Origin {
    /// `models/cohorts.yaml:12`.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }

    /// Who last changed it and when, in a sentence.
    pub fn history(&self) -> Option<String> {
        let committed = self.commit.as_ref().map(|commit| {
            let short: String = commit.id.chars().take(8).collect();
            format!("{} by {}: {} ({short})", commit.date, commit.author, commit.title)
        });
        match (committed, self.uncommitted) {
            (Some(commit), Some(true)) => {
                Some(format!("changed since, not committed; before that {commit}"))
            }
            (Some(commit), _) => Some(format!("changed {commit}")),
            (None, Some(true)) => Some("not committed yet".to_owned()),
            (None, _) => None,
        }
    }
}
