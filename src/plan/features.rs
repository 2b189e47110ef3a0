//! Features: those computed from the same rows under the same condition share one step, and each
//! step gives every main id of the entity (or member of the cohort) one row.

use super::builder::{Builder, Draft, RowSource, Stored};
use super::end_of_run;
use super::text::{About, Said, bracketed, whole};
use crate::define::{CohortId, EntityId, FeatureId, Item, Node, Owner, StitcherId, Target, words};
use crate::sql::{Sql, ident};
use std::collections::{BTreeMap, BTreeSet};

/// Features that are computed together.
#[derive(Debug)]
struct Bundle {
    owner: Owner,
    entity: EntityId,
    from: Option<Target>,
    /// Of the rows, the layer that has what is used.
    rows: Option<(Sql, usize)>,
    filter: Option<Said>,
    windowed: bool,
    features: Vec<(FeatureId, Said)>,
}

/// What features of one bundle have in common.
type Key = (Owner, Option<Target>, Option<usize>, Option<String>, bool, Option<FeatureId>);

impl Builder<'_> {
    /// Everybody of an entity.
    pub(super) fn everyone(&mut self, id: EntityId) -> Result<(), String> {
        let entity = &self.project[id];
        let stitcher: StitcherId =
            entity.stitcher.ok_or_else(|| "nothing gives it ids".to_owned())?;
        let (graph, graph_step) = self
            .relations
            .get(&Target::Stitcher(stitcher))
            .cloned()
            .ok_or_else(|| "its ids are not joined".to_owned())?;
        let main = ident(&entity.main_id);
        let draft = Draft {
            name: words::every(&entity.name),
            about: vec![format!("The main ids of {}, each once.", words::every(&entity.name))],
            items: vec![Item::Entity(id)],
            reads: vec![graph_step],
            hashed: None,
        };
        let query = Sql::fill("SELECT DISTINCT {} FROM {} ORDER BY 1", &[&main, &graph]);
        let (table, step) = self.table(draft, &format!("{}_all", entity.name), &query);
        self.relations.insert(Target::Entity(id), (table, step));
        self.made(Node::Item(Item::Entity(id)), step);
        Ok(())
    }

    /// Computes features of which none needs another.
    pub(super) fn features(&mut self, features: &[FeatureId]) {
        let mut of_rows: BTreeMap<RowSource, Vec<FeatureId>> = BTreeMap::new();
        let mut bundles: BTreeMap<Key, Bundle> = BTreeMap::new();
        for id in features {
            match self.project[*id].owner {
                Owner::Input(input) => {
                    of_rows.entry(RowSource::Input(input)).or_default().push(*id)
                }
                Owner::SqlModel(model) => {
                    of_rows.entry(RowSource::SqlModel(model)).or_default().push(*id);
                }
                Owner::Entity(_) | Owner::Cohort(_) => {
                    if let Err(why) = self.add_to_bundle(*id, &mut bundles) {
                        self.leave_out(Node::Item(Item::Feature(*id)), why);
                    }
                }
            }
        }
        for (table, features) in of_rows {
            self.row_vars(table, &features);
        }
        let mut bundles: Vec<Bundle> = bundles.into_values().collect();
        bundles.sort_by_key(|bundle| bundle.features.first().map(|(id, _)| *id));
        for bundle in bundles {
            let ids: Vec<FeatureId> = bundle.features.iter().map(|(id, _)| *id).collect();
            if let Err(why) = self.compute(bundle) {
                for id in ids {
                    self.leave_out(Node::Item(Item::Feature(id)), why.clone());
                }
            }
        }
    }

    fn add_to_bundle(
        &mut self,
        id: FeatureId,
        bundles: &mut BTreeMap<Key, Bundle>,
    ) -> Result<(), String> {
        let feature = &self.project[id];
        let about = About::Entity(feature.entity);
        let mut said = self.column(id, &about, false)?;
        let filter = feature.filter.as_ref().map(|text| self.said(text, about)).transpose()?;
        let mut row_vars = said.row_vars.clone();
        row_vars.extend(filter.iter().flat_map(|f| f.row_vars.iter().copied()));
        let rows = match feature.from {
            Some(from) => Some(self.rows_for(from, feature.entity, &row_vars)?),
            None if !row_vars.is_empty() => {
                return Err("it uses a var of rows and has no `from`".to_owned());
            }
            None => None,
        };
        let windowed = feature.from.is_some() && feature.window.is_some();
        if feature.from.is_none() {
            // What is not read from rows is an expression over one row per main id.
            if let Some(filter) = &filter {
                said.vars.extend(filter.vars.iter().copied());
                said.sql = Sql::fill(
                    "CASE WHEN {} THEN {} END",
                    &[&bracketed(&filter.sql), &bracketed(&said.sql)],
                );
            }
        }
        let filter = filter.filter(|_| feature.from.is_some());
        let alone = self.options.alone.contains(&Item::Feature(id)).then_some(id);
        let key: Key = (
            feature.owner,
            feature.from,
            rows.as_ref().map(|(_, step)| *step),
            filter.as_ref().map(|f| f.sql.to_string()),
            windowed,
            alone,
        );
        let (owner, entity, from) = (feature.owner, feature.entity, feature.from);
        let bundle = bundles.entry(key).or_insert_with(|| Bundle {
            owner,
            entity,
            from,
            rows,
            filter,
            windowed,
            features: Vec::new(),
        });
        bundle.features.push((id, said));
        Ok(())
    }

    /// What a feature's rows are read from: something with the entity's main id in each row.
    fn rows_for(
        &mut self,
        from: Target,
        entity: EntityId,
        row_vars: &BTreeSet<FeatureId>,
    ) -> Result<(Sql, usize), String> {
        if let (Some(table), Target::Input(_) | Target::SqlModel(_)) = (RowSource::of(from), from) {
            let layer = self.layer(table, entity, row_vars)?;
            return Ok((layer.view, layer.step));
        }
        let of = match from {
            Target::Entity(id) | Target::EntityVars(id) | Target::EntityView(id, _) => Some(id),
            Target::Cohort(id) | Target::CohortVars(id) | Target::CohortView(id, _) => {
                Some(self.project[id].entity)
            }
            Target::Stitcher(id) | Target::Edges(id) => Some(self.project[id].entity),
            Target::FeatureTable(id) => match self.project[id].owner {
                Owner::Entity(id) => Some(id),
                Owner::Cohort(id) => Some(self.project[id].entity),
                Owner::Input(_) | Owner::SqlModel(_) => None,
            },
            _ => None,
        };
        if of.is_some_and(|of| of != entity) {
            return Err(format!(
                "the rows of {} are not about `{}`; read them through a SQL model with its ids",
                words::target(self.project, from),
                self.project[entity].name
            ));
        }
        let sql = self.relation(from)?;
        let step = self.relations.get(&from).map_or(0, |(_, step)| *step);
        Ok((sql, step))
    }

    /// Whom the features of an owner are computed for: a table with their main ids.
    fn base(&self, owner: Owner) -> Result<(Sql, usize), String> {
        let target = match owner {
            Owner::Entity(id) => Target::Entity(id),
            Owner::Cohort(id) => Target::Cohort(id),
            Owner::Input(_) | Owner::SqlModel(_) => {
                return Err("it is not a feature of an entity".to_owned());
            }
        };
        let found = self.relations.get(&target).cloned();
        found.ok_or_else(|| format!("{} is not built", words::target(self.project, target)))
    }

    fn owner_name(&self, owner: Owner) -> &str {
        match owner {
            Owner::Entity(id) => &self.project[id].name,
            Owner::Cohort(id) => &self.project[id].name,
            Owner::Input(id) => &self.project[id].name,
            Owner::SqlModel(id) => &self.project[id].name,
        }
    }

    fn compute(&mut self, bundle: Bundle) -> Result<(), String> {
        let ids: Vec<FeatureId> = bundle.features.iter().map(|(id, _)| *id).collect();
        let mut reads = self.reads_of(ids.iter().map(|id| Node::Item(Item::Feature(*id))));
        let (base, base_step) = self.base(bundle.owner)?;
        reads.push(base_step);
        let query = match &bundle.rows {
            Some((rows, step)) => {
                reads.push(*step);
                self.values_of_rows(&bundle, rows, &base, &mut reads)?
            }
            None => self.values_of_features(&bundle, &base, &mut reads)?,
        };
        let owner = self.owner_name(bundle.owner).to_owned();
        let source = match bundle.from {
            Some(from) => words::target(self.project, from),
            None => "other features".to_owned(),
        };
        let names: Vec<&str> = ids.iter().map(|id| self.project[*id].name.as_str()).collect();
        let name = match names.as_slice() {
            [one] => format!("{owner}: {one}"),
            _ => format!("{owner}: {} features from {source}", names.len()),
        };
        let mut about = vec![format!("Computes {} of {owner} from {source}.", names.join(", "))];
        for id in &ids {
            if let Some(said) = &self.project[*id].description {
                about.push(format!("{}: {}", self.project[*id].name, said.replace('\n', " ")));
            }
        }
        let draft = Draft {
            name,
            about,
            items: ids.iter().map(|id| Item::Feature(*id)).collect(),
            reads,
            hashed: None,
        };
        let (table, step) = self.work_table(draft, &format!("{owner}_vars"), &query);
        for id in ids {
            self.stored.insert(id, Stored { table: table.clone(), step });
            self.owned.entry(bundle.owner).or_default().push(id);
            self.made(Node::Item(Item::Feature(id)), step);
        }
        Ok(())
    }

    /// Values computed from rows, and the default for those who have none.
    fn values_of_rows(
        &self,
        bundle: &Bundle,
        rows: &Sql,
        base: &Sql,
        reads: &mut Vec<usize>,
    ) -> Result<Sql, String> {
        let main = ident(&self.project[bundle.entity].main_id);
        let about = About::Entity(bundle.entity);
        let mut vars: BTreeSet<FeatureId> =
            bundle.features.iter().flat_map(|(_, said)| said.vars.iter().copied()).collect();
        vars.extend(bundle.filter.iter().flat_map(|f| f.vars.iter().copied()));
        let joins = self.joins(bundle.entity, &vars, reads)?;
        let members = match bundle.owner {
            Owner::Cohort(_) => Sql::fill("\n  SEMI JOIN {} USING ({})", &[base, &main]),
            _ => Sql::raw(""),
        };
        let filter = match &bundle.filter {
            Some(filter) => Sql::fill("\n    AND {}", &[&bracketed(&filter.sql)]),
            None => Sql::raw(""),
        };
        let columns = bundle.features.iter().map(|(id, said)| {
            Sql::fill(",\n    {} AS {}", &[&whole(&said.sql), &ident(&self.project[*id].name)])
        });
        let columns = Sql::join(columns, "");
        let from = Sql::fill(
            "{}{}{}\n  WHERE {} IS NOT NULL{}",
            &[rows, &members, &joins, &main, &filter],
        );
        let computed = if bundle.windowed {
            // Every row of a main id has the value of its window; one is taken. Where a frame moves with
            // the rows, the greatest is, so that it is the same in each run.
            let picked = bundle.features.iter().map(|(id, _)| {
                let name = ident(&self.project[*id].name);
                Sql::fill(", max({}) AS {}", &[&name, &name])
            });
            Sql::fill(
                "SELECT {}{}\n  FROM (\n  SELECT {}{}\n  FROM {}\n  )\n  GROUP BY {}",
                &[&main, &Sql::join(picked, ""), &main, &columns, &from, &main],
            )
        } else {
            // A var of the same entity is one value per main id, so grouping by it changes nothing.
            let also = vars.iter().map(|id| Sql::fill(", {}", &[&ident(&self.joined_name(*id))]));
            Sql::fill(
                "SELECT {}{}\n  FROM {}\n  GROUP BY {}{}",
                &[&main, &columns, &from, &main, &Sql::join(also, "")],
            )
        };
        let mut finished = Vec::new();
        for (id, _) in &bundle.features {
            let name = ident(&self.project[*id].name);
            let value = Sql::fill("computed.{}", &[&name]);
            let value = self.finished(*id, &value, about)?;
            finished.push(Sql::fill(",\n  {} AS {}", &[&value, &name]));
        }
        Ok(Sql::fill(
            "WITH computed AS (\n  {}\n)\nSELECT base.{}{}\nFROM {} AS base\nLEFT JOIN computed USING ({})",
            &[&computed, &main, &Sql::join(finished, ""), base, &main],
        ))
    }

    /// Values computed from other features, one row per main id.
    fn values_of_features(
        &self,
        bundle: &Bundle,
        base: &Sql,
        reads: &mut Vec<usize>,
    ) -> Result<Sql, String> {
        let main = ident(&self.project[bundle.entity].main_id);
        let about = About::Entity(bundle.entity);
        let vars: BTreeSet<FeatureId> =
            bundle.features.iter().flat_map(|(_, said)| said.vars.iter().copied()).collect();
        let joins = self.joins(bundle.entity, &vars, reads)?;
        let mut columns = Vec::new();
        for (id, said) in &bundle.features {
            let value = self.finished(*id, &said.sql, about)?;
            let name = ident(&self.project[*id].name);
            columns.push(Sql::fill(",\n  {} AS {}", &[&whole(&value), &name]));
        }
        Ok(Sql::fill(
            "SELECT base.{}{}\nFROM {} AS base{}",
            &[&main, &Sql::join(columns, ""), base, &joins],
        ))
    }

    /// The table of all vars of an entity.
    pub(super) fn entity_vars(&mut self, id: EntityId) -> Result<(), String> {
        let base = self.base(Owner::Entity(id))?;
        let vars = self.owned.get(&Owner::Entity(id)).cloned().unwrap_or_default();
        let name = self.project[id].name.clone();
        let label = format!("{name}_var_table");
        let about = format!("All vars of {name}: one row per main id.");
        let (table, step) = self.wide(id, base, &vars, &label, about)?;
        self.relations.insert(Target::EntityVars(id), (table, step));
        self.made(Node::EntityVars(id), step);
        Ok(())
    }

    /// The table of all vars of a cohort: its own, and those that it inherits.
    pub(super) fn cohort_vars(&mut self, id: CohortId) -> Result<(), String> {
        let base = self.base(Owner::Cohort(id))?;
        let entity = self.project[id].entity;
        let vars = self.vars_of_cohort(id);
        let name = self.project[id].name.clone();
        let label = format!("{}_{name}_var_table", self.project[entity].name);
        let about = format!("All vars of the cohort {name}: one row per member.");
        let (table, step) = self.wide(entity, base, &vars, &label, about)?;
        self.relations.insert(Target::CohortVars(id), (table, step));
        self.made(Node::CohortVars(id), step);
        Ok(())
    }

    /// The vars of a cohort, those of its ancestors included; of two with one name the nearer.
    pub(super) fn vars_of_cohort(&self, id: CohortId) -> Vec<FeatureId> {
        let mut owners = vec![Owner::Entity(self.project[id].entity)];
        let mut chain = vec![id];
        while let Some(parent) = chain.last().and_then(|last| self.project[*last].extends) {
            if chain.contains(&parent) {
                break;
            }
            chain.push(parent);
        }
        owners.extend(chain.into_iter().rev().map(Owner::Cohort));
        let mut found: Vec<FeatureId> = Vec::new();
        for owner in owners {
            for id in self.owned.get(&owner).into_iter().flatten() {
                let same = |other: &FeatureId| {
                    self.project[*other].name.eq_ignore_ascii_case(&self.project[*id].name)
                };
                match found.iter().position(same) {
                    Some(at) => found[at] = *id,
                    None => found.push(*id),
                }
            }
        }
        found
    }

    /// One table with the main ids of `base` and the vars beside them.
    fn wide(
        &mut self,
        entity: EntityId,
        (base, base_step): (Sql, usize),
        vars: &[FeatureId],
        label: &str,
        about: String,
    ) -> Result<(Sql, usize), String> {
        let main = ident(&self.project[entity].main_id);
        let mut reads = vec![base_step];
        let wanted: BTreeSet<FeatureId> = vars.iter().copied().collect();
        let joins = self.joins(entity, &wanted, &mut reads)?;
        let mut seen = BTreeSet::new();
        let columns = vars.iter().filter(|id| seen.insert(self.project[**id].name.to_lowercase()));
        let columns = columns.map(|id| {
            let name = ident(&self.project[*id].name);
            Sql::fill(",\n  {} AS {}", &[&ident(&self.joined_name(*id)), &name])
        });
        let query = Sql::fill(
            "SELECT base.{},\n  {} AS valid_at{}\nFROM {} AS base{}",
            &[&main, &end_of_run(), &Sql::join(columns, ""), &base, &joins],
        );
        let draft = Draft {
            name: label.replace('_', " "),
            about: vec![about],
            items: Vec::new(),
            reads,
            hashed: None,
        };
        Ok(self.table(draft, label, &query))
    }
}
