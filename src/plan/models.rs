//! SQL models and feature tables.

use super::builder::{Builder, Draft, RowSource, material, owned};
use super::text::About;
use super::{Statement, Work, end_of_run};
use crate::define::{
    EntityId, FeatureId, FeatureTableId, Item, Node, OutputType, Owner, SqlBody, SqlModelId, Target,
};
use crate::sql::{Sql, ident, object};
use std::collections::BTreeSet;

impl Builder<'_> {
    /// A table made by SQL, in any of the forms in which it is written.
    pub(super) fn sql_model(&mut self, id: SqlModelId) -> Result<(), String> {
        let model = &self.project[id];
        if model.output == OutputType::Nothing {
            return Err("it makes no table".to_owned());
        }
        let about = match model.body {
            SqlBody::Statements => About::Statements,
            _ => About::Query,
        };
        let said = self.said(&model.sql, about)?.sql;
        let sql = match model.body {
            SqlBody::Continues => Sql::fill("WITH dummy_variable AS (SELECT 1)\n{}", &[&said]),
            SqlBody::Select | SqlBody::With | SqlBody::Statements => said,
        };
        let name = self.model_name(id);
        let mut about = vec![format!("The SQL model {name}.")];
        about.extend(model.description.iter().map(|text| text.replace('\n', " ")));
        let draft = Draft {
            name: format!("model {name}"),
            about,
            items: vec![Item::SqlModel(id)],
            reads: self.reads_of([Node::Item(Item::SqlModel(id))]),
            hashed: None,
        };
        let ephemeral = matches!(model.output, OutputType::Ephemeral | OutputType::Column);
        let (table, step) = match model.body {
            SqlBody::Statements => self.statements(draft, &name, &sql),
            _ if ephemeral => {
                let path = self.path_of(RowSource::SqlModel(id));
                self.session_view(draft, &path, &sql)
            }
            _ => self.table(draft, &name, &sql),
        };
        if let Some(time) = &model.occurred_at {
            self.notes_moments(Item::SqlModel(id), time, &table)?;
        }
        self.relations.insert(Target::SqlModel(id), (table, step));
        self.made(Node::Item(Item::SqlModel(id)), step);
        Ok(())
    }

    /// Several statements of which the last makes the model's own table.
    fn statements(&mut self, draft: Draft, model: &str, sql: &Sql) -> (Sql, usize) {
        let hash = self.hash_of(&draft, std::slice::from_ref(sql));
        let name = material(model, &hash);
        let draft = Draft { hashed: Some(hash), ..draft };
        let statement = Statement::Model { table: name.clone(), text: owned(sql, &name) };
        let step = self.add(draft, vec![name.clone()], Work::Tables, vec![statement]);
        (object(&name), step)
    }

    /// A table of chosen features.
    pub(super) fn feature_table(&mut self, id: FeatureTableId) -> Result<(), String> {
        let table = &self.project[id];
        let (base, entity) = match table.owner {
            Owner::Entity(entity) => (Target::Entity(entity), entity),
            Owner::Cohort(cohort) => (Target::Cohort(cohort), self.project[cohort].entity),
            Owner::Input(_) | Owner::SqlModel(_) => {
                return Err("it is about no entity".to_owned());
            }
        };
        let (base, base_step) = self
            .relations
            .get(&base)
            .cloned()
            .ok_or_else(|| "its members are not built".to_owned())?;
        let mut reads = self.reads_of([Node::Item(Item::FeatureTable(id))]);
        reads.push(base_step);
        // What cannot be computed is told where it is defined.
        let there = |var: &&FeatureId| self.stored.contains_key(*var);
        let features: Vec<FeatureId> = table.features.iter().filter(there).copied().collect();
        let chosen: Vec<(Target, String)> = table
            .columns
            .iter()
            .filter(|(target, _)| self.relations.contains_key(target))
            .cloned()
            .collect();
        let asked = table.features.len() + table.columns.len();
        if features.is_empty() && chosen.is_empty() && asked > 0 {
            return Err(format!("none of its {asked} features is built"));
        }
        let vars: BTreeSet<_> = features.iter().copied().collect();
        let joins = self.joins(entity, &vars, &mut reads)?;
        let mut columns: Vec<Sql> = features
            .iter()
            .map(|var| {
                let name = ident(&self.project[*var].name);
                Sql::fill(",\n  {} AS {}", &[&ident(&self.joined_name(*var)), &name])
            })
            .collect();
        let (more, more_joins) = self.columns_of_models(entity, &chosen, &mut reads)?;
        columns.extend(more);
        let main = ident(&self.project[entity].main_id);
        let query = Sql::fill(
            "SELECT base.{},\n  {} AS valid_at{}\nFROM {} AS base{}{}",
            &[&main, &end_of_run(), &Sql::join(columns, ""), &base, &joins, &more_joins],
        );
        let name = self.project[id].name.clone();
        let draft = Draft {
            name: format!("feature table {name}"),
            about: vec![format!("The chosen features of {name}, one row per main id.")],
            items: vec![Item::FeatureTable(id)],
            reads,
            hashed: None,
        };
        let (sql, step) = self.table(draft, &name, &query);
        self.relations.insert(Target::FeatureTable(id), (sql, step));
        self.made(Node::Item(Item::FeatureTable(id)), step);
        Ok(())
    }

    /// Columns that models bring ready: what is selected, and the joins to the main ids. Of several
    /// rows of one main id the greatest value counts.
    pub(super) fn columns_of_models(
        &mut self,
        entity: EntityId,
        columns: &[(Target, String)],
        reads: &mut Vec<usize>,
    ) -> Result<(Vec<Sql>, Sql), String> {
        let main = ident(&self.project[entity].main_id);
        let (mut selected, mut joins) = (Vec::new(), Vec::new());
        for (at, (target, column)) in columns.iter().enumerate() {
            let (rows, step) = match RowSource::of(*target) {
                Some(table) => {
                    let layer = self.layer(table, entity, &BTreeSet::new())?;
                    (layer.view, layer.step)
                }
                None => {
                    let step = self.relations.get(target).map_or(0, |(_, step)| *step);
                    (self.relation(*target)?, step)
                }
            };
            reads.push(step);
            let column = column.rsplit('/').next().unwrap_or(column);
            let (name, alias) = (ident(column), ident(&format!("model {}", at + 1)));
            selected.push(Sql::fill(",\n  {}.{} AS {}", &[&alias, &name, &name]));
            joins.push(Sql::fill(
                "\nLEFT JOIN (SELECT {}, max({}) AS {} FROM {} GROUP BY 1) AS {} USING ({})",
                &[&main, &name, &name, &rows, &alias, &main],
            ));
        }
        Ok((selected, Sql::join(joins, "")))
    }
}
