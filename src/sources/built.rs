//! A file that was built from a project: its runs, and what its data team defined. Nothing is
//! guessed then.

use super::facts::{self, Facts};
use super::keys::{Keyed, relations};
use super::names::counted;
use super::personal;
use super::probe::Probe;
use crate::model::catalog::{Catalog, Cohort, Column, Entity, EntityBase, Table, TableOrigin};
use crate::model::definition::{DefinedEntity, Definitions, Published, Run};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::model::value::Kind;
use crate::sql::build as statements;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a built file says of itself.
pub(super) struct Built {
    /// Every finished run, oldest first.
    runs: Vec<Run>,
    /// The one that is shown.
    run: u64,
    definitions: Definitions,
    /// The tables of the run itself are shown, not the latest views.
    past: bool,
}

/// What a file says of its runs; `None` when it was not built from a project.
///
/// # Errors
/// When a run is asked for that is not there, or what is kept cannot be read.
pub(super) fn read(probe: &dyn Probe, asked: Option<u64>) -> Result<Option<Built>, Failure> {
    let Some(database) = probe.database() else { return Ok(None) };
    let there = super::probe::counts(probe, &statements::has_runs(&database))?;
    if there.first() != Some(&2) {
        return Ok(None);
    }
    let rows = probe.rows(&statements::runs())?;
    let mut latest = None;
    let runs: Vec<Run> = rows
        .into_iter()
        .filter_map(|row| {
            let cells: Vec<String> = row.iter().map(|cell| cell.display()).collect();
            let end = cells.get(2)?.split('.').next()?.to_owned();
            let number = cells.first()?.parse().ok()?;
            match cells.get(1)?.as_str() {
                "done" => latest = Some(number),
                statements::HISTORY => {}
                _ => return None,
            }
            Some(Run { number, end })
        })
        .collect();
    let Some(latest) = latest else { return Ok(None) };
    let run = asked.unwrap_or(latest);
    if !runs.iter().any(|known| known.number == run) {
        let known: Vec<String> = runs.iter().map(|run| run.number.to_string()).collect();
        return Err(Failure::wrong_use(
            format!("there is no run {run}"),
            "--as-of",
            format!("available: {}", known.join(", ")),
        ));
    }
    let document = probe.rows(&statements::definitions(run))?;
    let text = document.first().and_then(|row| row.first()).map(|cell| cell.display());
    let definitions = text.as_deref().map(serde_json::from_str::<Definitions>);
    let definitions = definitions.transpose().ok().flatten().ok_or_else(|| {
        Failure::new(
            format!("the definitions of run {run} cannot be read"),
            "",
            "build the project again",
        )
    })?;
    Ok(Some(Built { runs, run, definitions, past: run != latest }))
}

impl Built {
    /// Whether a table or view of the file is shown: what the run published, and what is the
    /// person's own.
    pub(super) fn shows(&self, origin: &TableOrigin) -> bool {
        let (schema, name, is_view) = match origin {
            TableOrigin::Stored { schema, table } => (schema, table, false),
            TableOrigin::View { schema, table, .. } => (schema, table, true),
            TableOrigin::Files { .. } | TableOrigin::Unnested { .. } => return true,
        };
        if schema != "main" {
            return !schema.starts_with("muster");
        }
        let made = name.starts_with("Material_") || name == "material_registry" || is_view;
        !made || self.published().any(|published| self.name(published) == name)
    }

    fn published(&self) -> impl Iterator<Item = &Published> {
        let of_entities = self.definitions.entities.iter().flat_map(|entity| {
            let members = entity.cohorts.iter().filter_map(|c| c.members_in.as_ref());
            entity.features_in.iter().chain(&entity.graph).chain(members)
        });
        of_entities.chain(&self.definitions.tables)
    }

    /// The name under which something published is read.
    fn name<'a>(&self, published: &'a Published) -> &'a str {
        if self.past { &published.object } else { &published.view }
    }

    /// Fills in entities, cohorts and relations.
    ///
    /// # Errors
    /// When a table cannot be read.
    pub(super) fn fill(self, probe: &dyn Probe, catalog: &mut Catalog) -> Result<(), Failure> {
        let mut facts: Vec<Facts> = Vec::new();
        for table in &mut catalog.tables {
            if probe.is_cancelled() {
                return Err(super::probe::cancelled());
            }
            let found = super::probe::about(probe, &[table], || facts::look(probe, table));
            let found = super::probe::in_time(probe, found, Facts::none())?;
            personal::mark(table, &found);
            facts.push(found);
        }
        let tables = catalog.tables.clone();
        let mut keyed: Vec<Keyed<'_>> = Vec::new();
        let mut lists: Vec<Keyed<'_>> = Vec::new();
        for entity in &self.definitions.entities {
            let Some((table, key)) = self.base(entity, &tables) else { continue };
            keyed.push(Keyed { table, key });
            let members = entity.cohorts.iter().filter_map(|cohort| cohort.members_in.as_ref());
            for published in members {
                let table = tables.iter().find(|t| t.name == self.name(published));
                let list = table.and_then(|table| Some((table, table.column(&entity.main_id)?)));
                lists.extend(list.map(|(table, key)| Keyed { table, key }));
            }
            let entity = self.entity(entity, table, &tables);
            catalog.entities.push(entity);
        }
        let listed: BTreeSet<&str> = lists.iter().map(|k| k.table.name.as_str()).collect();
        let (read, read_facts): (Vec<Table>, Vec<Facts>) = tables
            .iter()
            .zip(&facts)
            .filter(|(table, _)| !listed.contains(table.name.as_str()))
            .map(|(table, facts)| (table.clone(), facts.clone()))
            .unzip();
        let relations = relations(probe, &read, &read_facts, &keyed);
        catalog.relations = super::probe::in_time(probe, relations, Vec::new())?;
        let key_of = |table: &Table| {
            let of = keyed.iter().find(|k| k.table.name == table.name);
            of.map(|k| k.key.name.clone())
        };
        let keys: Vec<Option<String>> = tables.iter().map(key_of).collect();
        let pointing = catalog.relations.clone();
        super::set_times(catalog, &facts, &keys, &pointing, &lists);
        self.tell_missing(catalog);
        catalog.run = Some(self.run);
        catalog.runs = self.runs;
        catalog.definitions = Some(Arc::new(self.definitions));
        Ok(())
    }

    fn base<'a>(
        &self,
        entity: &DefinedEntity,
        tables: &'a [Table],
    ) -> Option<(&'a Table, &'a Column)> {
        let name = self.name(entity.features_in.as_ref()?);
        let table = tables.iter().find(|table| table.name == name)?;
        Some((table, table.column(&entity.main_id)?))
    }

    fn entity(&self, defined: &DefinedEntity, table: &Table, tables: &[Table]) -> Entity {
        let mut features = super::entities::key_first(table, &defined.main_id);
        // The moment of the run is the same for all.
        features.retain(|column| column.name != "valid_at");
        for column in &mut features {
            let Some(feature) = defined.feature(&column.name) else {
                // The main id says nothing about a person.
                column.personal = None;
                continue;
            };
            let of_cohort = feature.cohort.as_ref().map(|c| format!("of the cohort {c}"));
            column.description = match (&feature.description, of_cohort) {
                (Some(said), Some(of)) => Some(format!("{said} ({of})")),
                (said, of) => said.clone().or(of),
            };
            // Of numbers and moments the data team says which are personal; a name says too little.
            let marked = feature.personal.then(|| "the data team marked it as personal".to_owned());
            column.personal =
                marked.or_else(|| column.personal.take().filter(|_| column.kind == Kind::Text));
        }
        let cohorts = defined.cohorts.iter().filter_map(|cohort| {
            let name = self.name(cohort.members_in.as_ref()?);
            let table = tables.iter().find(|table| table.name == name)?;
            let why = cohort.description.clone().unwrap_or_else(|| cohort.words.join("; "));
            Some(Cohort {
                name: cohort.name.clone(),
                table: table.name.clone(),
                key: defined.main_id.clone(),
                size: table.rows,
                extends: cohort.extends.clone(),
                origin: format!("{}\n\n{}", cohort.origin.place(), cohort.sql),
                why,
            })
        });
        let why = match &defined.description {
            Some(said) => said.clone(),
            None => format!("the project {} defines it", self.definitions.project),
        };
        Entity {
            name: defined.name.clone(),
            base: EntityBase::Table(table.name.clone()),
            key: defined.main_id.clone(),
            size: table.rows,
            features,
            cohorts: cohorts.collect(),
            odd_rows: Default::default(),
            why,
        }
    }

    /// What the run could not build is missed by whoever looks for it.
    fn tell_missing(&self, catalog: &mut Catalog) {
        for entity in &self.definitions.entities {
            let cohorts =
                entity.cohorts.iter().map(|c| ("cohort", &c.name, &c.not_built, &c.origin));
            let features =
                entity.features.iter().map(|f| ("feature", &f.name, &f.not_built, &f.origin));
            for (what, name, why, origin) in cohorts.chain(features) {
                let Some(why) = why else { continue };
                let message = format!("{what} {name} is not built: {why}");
                let file = std::path::Path::new(&self.definitions.folder).join(&origin.file);
                let finding = Finding::new(Severity::Warning, message).at(file, Some(origin.line));
                catalog.findings.push(finding);
            }
        }
        if self.past {
            let runs = counted(self.runs.len() as u64, "run");
            let message = format!("run {} of {runs} is shown, not the latest", self.run);
            catalog.findings.push(Finding::new(Severity::Note, message));
        }
    }
}
