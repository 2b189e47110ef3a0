//! Rows of inputs and SQL models: cut at the end of the run, with main ids, with vars of their own.

use super::builder::{Builder, Chain, Draft, Layer, RowSource};
use super::text::{About, Said, bracketed, whole};
use super::{Moments, end_of_run};
use crate::define::{EntityId, FeatureId, InputId, Item, Node, RowId, Source, Target, Text};
use crate::sql::{Sql, ident, path, text, warehouse};
use std::collections::{BTreeMap, BTreeSet};

impl Builder<'_> {
    /// `inputs/orders`, `packages/shop/inputs/orders`, `models/visits`.
    pub(super) fn path_of(&self, table: RowSource) -> String {
        let (folder, name, package) = match table {
            RowSource::Input(id) => ("inputs", &self.project[id].name, &self.project[id].package),
            RowSource::SqlModel(id) => {
                ("models", &self.project[id].name, &self.project[id].package)
            }
        };
        match package {
            Some(package) => format!("packages/{package}/{folder}/{name}"),
            None => format!("{folder}/{name}"),
        }
    }

    fn ids_of(&self, table: RowSource) -> Vec<RowId> {
        match table {
            RowSource::Input(id) => self.project[id].ids.clone(),
            RowSource::SqlModel(id) => self.project[id].ids.clone(),
        }
    }

    /// The rows of an input that count: up to the end of the run, and as its `where` says.
    pub(super) fn input(&mut self, id: InputId) -> Result<(), String> {
        let input = &self.project[id];
        let written = match &input.source {
            Source::Table(name) | Source::View(name) => table_named(name),
            Source::File(file) => file_rows(&file.to_string_lossy()),
            Source::Elsewhere(place) => return Err(format!("`{place}` is not read")),
        };
        let mut conditions = Vec::new();
        if let Some(filter) = &input.filter {
            conditions.push(bracketed(&self.said(filter, About::Query)?.sql));
        }
        if let Some(time) = &input.occurred_at {
            let moment = warehouse::moment(&bracketed(&self.said(time, About::Query)?.sql));
            conditions
                .push(Sql::fill("({} IS NULL OR {} < {})", &[&moment, &moment, &end_of_run()]));
        }
        let select = |rows: &Sql| {
            let all = Sql::fill("SELECT * FROM {}", &[rows]);
            if conditions.is_empty() {
                return all;
            }
            let conditions = Sql::join(conditions.iter().cloned(), "\n  AND ");
            Sql::fill("{}\nWHERE {}", &[&all, &conditions])
        };
        let name = self.path_of(RowSource::Input(id));
        let rows = self.options.tables.get(&id).unwrap_or(&written);
        let draft = Draft {
            name: name.clone(),
            about: vec![format!("Rows of the input {} that count in this run.", input.name)],
            items: vec![Item::Input(id)],
            reads: Vec::new(),
            // Where the rows are is no part of what is computed from them.
            hashed: Some(select(&written).to_string()),
        };
        let query = select(rows);
        let (view, step) = self.session_view(draft, &name, &query);
        if let Some(time) = &input.occurred_at {
            self.notes_moments(Item::Input(id), time, &view)?;
        }
        self.relations.insert(Target::Input(id), (view, step));
        self.made(Node::Item(Item::Input(id)), step);
        Ok(())
    }

    /// Where the moments of rows are, so that what is none can be told.
    pub(super) fn notes_moments(
        &mut self,
        item: Item,
        time: &Text,
        rows: &Sql,
    ) -> Result<(), String> {
        let value = self.said(time, About::Query)?.sql;
        self.moments.push(Moments {
            item,
            place: time.place.clone(),
            written: time.written.clone(),
            query: warehouse::moments_in(&bracketed(&value), rows),
        });
        Ok(())
    }

    /// The layer of rows with the main id of `entity` that has all of `vars`.
    pub(super) fn layer(
        &mut self,
        table: RowSource,
        entity: EntityId,
        vars: &BTreeSet<FeatureId>,
    ) -> Result<Layer, String> {
        if !self.chains.contains_key(&(table, entity)) {
            let name = format!("{}/{}", self.path_of(table), self.project[entity].name);
            let (rows, from) = self.rows_and_step(table)?;
            let (view, step) = self.with_main_id(table, entity, &name, &rows, vec![from])?;
            let layer = Layer { view, vars: BTreeSet::new(), step };
            self.chains.insert((table, entity), Chain { layers: vec![layer] });
        }
        let chain = &self.chains[&(table, entity)];
        let found = chain.layers.iter().find(|layer| vars.is_subset(&layer.vars));
        found
            .cloned()
            .ok_or_else(|| format!("it uses a var of `{}` that is not built", self.path_of(table)))
    }

    fn rows_and_step(&self, table: RowSource) -> Result<(Sql, usize), String> {
        let found = self.relations.get(&table.target()).cloned();
        found.ok_or_else(|| format!("`{}` is not built", self.path_of(table)))
    }

    /// A view of rows with the main id of an entity: that of the first of its ids that the id graph
    /// knows, in the order in which the ids are listed.
    fn with_main_id(
        &mut self,
        table: RowSource,
        entity: EntityId,
        name: &str,
        rows: &Sql,
        mut reads: Vec<usize>,
    ) -> Result<(Sql, usize), String> {
        let main = ident(&self.project[entity].main_id);
        let ids: Vec<RowId> =
            self.ids_of(table).into_iter().filter(|id| id.entity == entity).collect();
        let (mut extra, mut joins, mut found, mut carried) =
            (Vec::new(), Vec::new(), Vec::new(), false);
        for (at, id) in ids.iter().enumerate() {
            let select = self.said(&id.select, About::Query)?.sql;
            let Some(kind) = id.id_type else {
                carried = select
                    .text()
                    .trim_matches('"')
                    .eq_ignore_ascii_case(&self.project[entity].main_id);
                found.push(Sql::fill("CAST({} AS VARCHAR)", &[&bracketed(&select)]));
                continue;
            };
            let stitcher = self.project[entity].stitcher;
            let graph = stitcher.and_then(|s| self.relations.get(&Target::Stitcher(s)).cloned());
            let Some((graph, graph_step)) = graph else {
                return Err(format!("the ids of `{}` are not joined", self.project[entity].name));
            };
            reads.push(graph_step);
            let column = ident(&format!("id {}", at + 1));
            let alias = ident(&format!("graph {}", at + 1));
            let cast = Sql::fill("CAST({} AS VARCHAR) AS {}", &[&bracketed(&select), &column]);
            extra.push((cast, column.clone()));
            joins.push(Sql::fill(
                "\nLEFT JOIN {} AS {} ON {}.other_id_type = {} AND {}.other_id = given.{}",
                &[&graph, &alias, &alias, &text(&self.project[kind].name), &alias, &column],
            ));
            found.push(Sql::fill("{}.{}", &[&alias, &main]));
        }
        if found.is_empty() {
            return Err(format!(
                "`{}` has no ids of `{}`",
                self.path_of(table),
                self.project[entity].name
            ));
        }
        let query = if carried && found.len() == 1 {
            Sql::fill("SELECT * FROM {}", &[rows])
        } else {
            let first = match found.len() {
                1 => found.remove(0),
                _ => Sql::fill("coalesce({})", &[&Sql::join(found, ", ")]),
            };
            let columns = extra.iter().map(|(cast, _)| Sql::fill(", {}", &[cast]));
            let given =
                Sql::fill("(SELECT *{} FROM {}) AS given", &[&Sql::join(columns, ""), rows]);
            let hidden = match extra.is_empty() {
                true => Sql::raw("given.*"),
                false => Sql::fill(
                    "given.* EXCLUDE ({})",
                    &[&Sql::join(extra.iter().map(|(_, column)| column.clone()), ", ")],
                ),
            };
            Sql::fill(
                "SELECT {}, {} AS {}\nFROM {}{}",
                &[&hidden, &first, &main, &given, &Sql::join(joins, "")],
            )
        };
        let about = format!(
            "Rows of {} with the main id of each {}.",
            self.path_of(table),
            self.project[entity].name
        );
        let draft = Draft {
            name: name.to_owned(),
            about: vec![about],
            items: vec![table.item()],
            reads,
            hashed: None,
        };
        Ok(self.session_view(draft, name, &query))
    }

    /// Adds vars to the rows of a table: one more layer for each entity they are about.
    pub(super) fn row_vars(&mut self, table: RowSource, features: &[FeatureId]) {
        let mut by_entity: BTreeMap<EntityId, Vec<FeatureId>> = BTreeMap::new();
        for id in features {
            by_entity.entry(self.project[*id].entity).or_default().push(*id);
        }
        for (entity, features) in by_entity {
            for id in features {
                if let Err(why) = self.row_var(table, entity, id) {
                    self.leave_out(Node::Item(Item::Feature(id)), why);
                }
            }
        }
    }

    fn row_var(&mut self, table: RowSource, entity: EntityId, id: FeatureId) -> Result<(), String> {
        self.layer(table, entity, &BTreeSet::new())?;
        let last = self.chains[&(table, entity)].layers.last().cloned();
        let last = last.ok_or_else(|| "its rows are not built".to_owned())?;
        let column = self.column(id, &About::Entity(entity), true)?;
        let mut reads = self.reads_of([Node::Item(Item::Feature(id))]);
        reads.push(last.step);
        let joins = self.joins(entity, &column.vars, &mut reads)?;
        let name = ident(&self.project[id].name);
        let query = Sql::fill(
            "SELECT given.*, {} AS {}\nFROM {} AS given{}",
            &[&column.sql, &name, &last.view, &joins],
        );
        let view_name = format!(
            "{}/{}/{}",
            self.path_of(table),
            self.project[entity].name,
            self.project[id].name
        );
        let draft = Draft {
            name: view_name.clone(),
            about: vec![format!(
                "Adds {} to the rows of {}.",
                self.project[id].name,
                self.path_of(table)
            )],
            items: vec![Item::Feature(id)],
            reads,
            hashed: None,
        };
        let (view, step) = self.session_view(draft, &view_name, &query);
        let mut vars = last.vars.clone();
        vars.insert(id);
        let layer = Layer { view, vars, step };
        if let Some(chain) = self.chains.get_mut(&(table, entity)) {
            chain.layers.push(layer);
        }
        self.owned.entry(table.owner()).or_default().push(id);
        self.made(Node::Item(Item::Feature(id)), step);
        Ok(())
    }

    /// The rows of a table with the main ids of all entities and all vars.
    pub(super) fn var_table(&mut self, table: RowSource) -> Result<(), String> {
        let entities: BTreeSet<EntityId> = self.ids_of(table).iter().map(|id| id.entity).collect();
        let name = format!("{}/var_table", self.path_of(table));
        let mut current: Option<(Sql, usize)> = None;
        for entity in &entities {
            self.layer(table, *entity, &BTreeSet::new())?;
            let last = self.chains[&(table, *entity)].layers.last().cloned();
            let Some(last) = last else { continue };
            current = Some(match current {
                None => (last.view, last.step),
                Some((rows, step)) => {
                    // Rows have no number of their own, so that the main ids of each further entity
                    // are joined to what there is, and vars about it are left out.
                    let name = format!("{name}/{}", self.project[*entity].name);
                    self.with_main_id(table, *entity, &name, &rows, vec![step])?
                }
            });
        }
        let (rows, step) = match current {
            Some(current) => current,
            None => self.rows_and_step(table)?,
        };
        let draft = Draft {
            name: name.clone(),
            about: vec![format!("Rows of {} with main ids and vars.", self.path_of(table))],
            items: vec![table.item()],
            reads: vec![step],
            hashed: None,
        };
        let query = Sql::fill("SELECT * FROM {}", &[&rows]);
        let (view, step) = self.session_view(draft, &name, &query);
        let (target, node) = match table {
            RowSource::Input(id) => (Target::InputVars(id), Node::InputVars(id)),
            RowSource::SqlModel(id) => (Target::SqlModelVars(id), Node::SqlModelVars(id)),
        };
        self.relations.insert(target, (view, step));
        self.made(node, step);
        Ok(())
    }

    /// Joins of vars of an entity to rows with its main id; each var under its joined name.
    pub(super) fn joins(
        &self,
        entity: EntityId,
        vars: &BTreeSet<FeatureId>,
        reads: &mut Vec<usize>,
    ) -> Result<Sql, String> {
        let main = ident(&self.project[entity].main_id);
        let mut by_table: BTreeMap<usize, (Sql, Vec<FeatureId>)> = BTreeMap::new();
        for id in vars {
            let stored = self.stored.get(id).ok_or_else(|| {
                format!("it uses `{}`, which is not built", self.project[*id].name)
            })?;
            let entry = by_table.entry(stored.step);
            entry.or_insert_with(|| (stored.table.clone(), Vec::new())).1.push(*id);
        }
        let mut joins = Vec::new();
        for (number, (step, (table, ids))) in by_table.into_iter().enumerate() {
            reads.push(step);
            let columns = ids.iter().map(|id| {
                let name = ident(&self.project[*id].name);
                Sql::fill(", {} AS {}", &[&name, &ident(&self.joined_name(*id))])
            });
            joins.push(Sql::fill(
                "\nLEFT JOIN (SELECT {}{} FROM {}) AS {} USING ({})",
                &[
                    &main,
                    &Sql::join(columns, ""),
                    &table,
                    &ident(&format!("vars {}", number + 1)),
                    &main,
                ],
            ));
        }
        Ok(Sql::join(joins, ""))
    }

    /// An expression of a var with its window, type and default. Of a row var, rows that its
    /// `where` leaves out have none.
    pub(super) fn column(
        &self,
        id: FeatureId,
        about: &About,
        of_rows: bool,
    ) -> Result<Said, String> {
        let feature = &self.project[id];
        let mut said = match &feature.window {
            None => self.said(&feature.select, *about)?,
            // What a function means depends on its window, so both are read together.
            Some(window) => {
                let mut said = self.as_written(&feature.select, *about)?;
                // Rows of an entity are parted by its main id; one row per main id is not.
                let parted = (!of_rows && feature.from.is_some()).then_some(feature.entity);
                let over = self.over(window, about, parted, &mut said)?;
                let sql = Sql::fill("{} OVER ({})", &[&whole(&said.sql), &over]);
                Said { sql: self.in_duckdb(&sql, *about)?, ..said }
            }
        };
        if of_rows {
            if let Some(filter) = &feature.filter {
                let filter = self.said(filter, *about)?;
                said.vars.extend(filter.vars);
                said.row_vars.extend(filter.row_vars);
                said.sql = Sql::fill(
                    "CASE WHEN {} THEN {} END",
                    &[&bracketed(&filter.sql), &bracketed(&said.sql)],
                );
            }
            said.sql = self.finished(id, &said.sql, *about)?;
        }
        Ok(said)
    }

    fn over(
        &self,
        window: &crate::define::Window,
        about: &About,
        parted: Option<EntityId>,
        said: &mut Said,
    ) -> Result<Sql, String> {
        let mut list = |texts: &[crate::define::Text]| -> Result<Vec<Sql>, String> {
            let mut found = Vec::new();
            for text in texts {
                let one = self.as_written(text, *about)?;
                said.vars.extend(one.vars);
                said.row_vars.extend(one.row_vars);
                found.push(whole(&one.sql));
            }
            Ok(found)
        };
        let mut partition = list(&window.partition_by)?;
        let order = list(&window.order_by)?;
        if partition.is_empty()
            && let Some(entity) = parted
        {
            partition.push(ident(&self.project[entity].main_id));
        }
        let mut pieces = Vec::new();
        if !partition.is_empty() {
            pieces.push(Sql::fill("PARTITION BY {}", &[&Sql::join(partition, ", ")]));
        }
        if !order.is_empty() {
            pieces.push(Sql::fill("ORDER BY {}", &[&Sql::join(order, ", ")]));
        }
        if let Some(frame) = &window.frame {
            pieces.extend(list(std::slice::from_ref(frame))?);
        }
        Ok(Sql::join(pieces, " "))
    }

    /// A computed value with the type and the default of its var.
    pub(super) fn finished(&self, id: FeatureId, sql: &Sql, about: About) -> Result<Sql, String> {
        let feature = &self.project[id];
        let mut sql = sql.clone();
        if let Some(data_type) = &feature.data_type {
            let data_type = self.said(data_type, about)?.sql;
            sql = Sql::fill("CAST({} AS {})", &[&whole(&sql), &data_type]);
        }
        if let Some(default) = &feature.default {
            let default = self.said(default, about)?.sql;
            sql = Sql::fill("coalesce({}, {})", &[&whole(&sql), &whole(&default)]);
        }
        Ok(sql)
    }
}

/// A table by its possibly qualified name.
pub(super) fn table_named(name: &str) -> Sql {
    let parts: Vec<&str> =
        name.split('.').map(|part| part.trim().trim_matches(['"', '`'])).collect();
    path(&parts)
}

/// The rows of a file of the project.
fn file_rows(file: &str) -> Sql {
    let name = text(file);
    if file.to_lowercase().ends_with(".parquet") {
        Sql::fill("read_parquet({})", &[&name])
    } else {
        Sql::fill("read_csv({})", &[&name])
    }
}
