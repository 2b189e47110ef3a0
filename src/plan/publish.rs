//! What others read when a run is done: feature views, and the latest view of everything.

use super::builder::{Builder, Draft, material, owned};
use super::{Holds, Output, Statement, View, Work};
use crate::define::{
    CohortId, EntityId, FeatureId, FeatureView, Item, Owner, SqlModelId, StitcherId, Target,
};
use crate::sql::{ObjectName, Sql, ident, object};

impl Builder<'_> {
    /// Adds the feature views and lists all latest views.
    pub(super) fn publish(&mut self) {
        for at in 0..self.project.stitchers.len() {
            self.publish_graph(StitcherId(at));
        }
        for at in 0..self.project.entities.len() {
            self.publish_entity(EntityId(at));
        }
        for at in 0..self.project.cohorts.len() {
            self.publish_cohort(CohortId(at));
        }
        for at in 0..self.project.entities.len() {
            self.publish_profiles(EntityId(at));
        }
        for at in 0..self.project.sql_models.len() {
            let id = SqlModelId(at);
            let name = self.model_name(id);
            let of = self.publish_table(Target::SqlModel(id), name.clone(), "sql_template");
            self.outputs.extend(of.map(|of| Output { what: Holds::Table, view: name, of }));
        }
        for at in 0..self.project.feature_tables.len() {
            let id = crate::define::FeatureTableId(at);
            let name = self.project[id].name.clone();
            let of =
                self.publish_table(Target::FeatureTable(id), name.clone(), "feature_table_model");
            self.outputs.extend(of.map(|of| Output { what: Holds::Table, view: name, of }));
        }
    }

    fn publish_graph(&mut self, id: StitcherId) {
        let Some((_, step)) = self.relations.get(&Target::Stitcher(id)).cloned() else { return };
        let stitcher = &self.project[id];
        let name = stitcher.name.clone();
        let entity = stitcher.entity;
        let parts = ["", "_edges", "_refused", "_merges", "_aliases"];
        let made = self.steps[step].makes.clone();
        for (part, of) in parts.into_iter().zip(&made) {
            let view = format!("{name}{part}");
            self.latest(view, of.clone(), &name, "id_stitcher", step);
        }
        if self.project[entity].stitcher == Some(id)
            && let Some(of) = made.first()
        {
            self.outputs.push(Output { what: Holds::Graph(entity), view: name, of: of.clone() });
        }
    }

    fn publish_entity(&mut self, id: EntityId) {
        let name = self.project[id].name.clone();
        self.publish_table(Target::Entity(id), format!("{name}_all"), "entity_cohort");
        let Some((vars, vars_step)) = self.relations.get(&Target::EntityVars(id)).cloned() else {
            return;
        };
        self.publish_table(Target::EntityVars(id), format!("{name}_var_table"), "var_table");
        let features = self.owned.get(&Owner::Entity(id)).cloned().unwrap_or_default();
        let mut columns = Vec::new();
        for (at, model) in self.project.sql_models.iter().enumerate() {
            let target = Target::SqlModel(SqlModelId(at));
            if model.owner == Some(Owner::Entity(id)) && self.relations.contains_key(&target) {
                columns.extend(model.features.iter().map(|(name, _)| (target, name.clone())));
            }
        }
        let mut served = self.project[id].served.clone();
        if !served.iter().any(|view| view.id_type.is_none()) {
            let name = format!("{name}_feature_view");
            served.insert(0, FeatureView { id_type: None, name, place: None });
        }
        served.sort_by_key(|view| view.id_type.is_some());
        let base = (vars, vars_step);
        let made = self.feature_views(id, &served, &features, &columns, &base);
        if let Some((view, of)) = made {
            self.outputs.push(Output { what: Holds::Entity(id), view, of });
        }
    }

    fn publish_cohort(&mut self, id: CohortId) {
        let cohort = &self.project[id];
        let entity = cohort.entity;
        let name = format!("{}_{}", self.project[entity].name, cohort.name);
        let Some(of) = self.publish_table(Target::Cohort(id), name.clone(), "entity_cohort") else {
            return;
        };
        self.outputs.push(Output { what: Holds::Cohort(id), view: name.clone(), of });
        let cohort = &self.project[id];
        let mut served = cohort.served.clone();
        if cohort.features.is_empty() && served.is_empty() {
            return;
        }
        if !self.relations.contains_key(&Target::CohortVars(id)) && self.cohort_vars(id).is_err() {
            return;
        }
        let Some(base) = self.relations.get(&Target::CohortVars(id)).cloned() else { return };
        self.publish_table(Target::CohortVars(id), format!("{name}_var_table"), "var_table");
        if !served.iter().any(|view| view.id_type.is_none()) {
            let name = format!("{name}_feature_view");
            served.insert(0, FeatureView { id_type: None, name, place: None });
        }
        served.sort_by_key(|view| view.id_type.is_some());
        let features = self.vars_of_cohort(id);
        if let Some((view, of)) = self.feature_views(entity, &served, &features, &[], &base) {
            self.outputs.push(Output { what: Holds::CohortFeatures(id), view, of });
        }
    }

    /// The features of an entity beside those of its cohorts, which are named after their cohort
    /// and missing for who is not in it. Where no cohort has features of its own the feature view
    /// is all there is.
    fn publish_profiles(&mut self, id: EntityId) {
        let of_entity = |output: &Output| output.what == Holds::Entity(id);
        let Some(at) = self.outputs.iter().position(of_entity) else { return };
        let entity = &self.project[id];
        let main = ident(&entity.main_id);
        let mut taken: Vec<String> = Vec::new();
        let (mut columns, mut joins, mut reads) = (Vec::new(), Vec::new(), Vec::new());
        for (number, cohort) in self.project.cohorts.iter().enumerate() {
            let cohort_id = CohortId(number);
            let own = self.owned.get(&Owner::Cohort(cohort_id)).cloned().unwrap_or_default();
            let Some((table, step)) = self.relations.get(&Target::CohortVars(cohort_id)) else {
                continue;
            };
            if cohort.entity != id || !own.iter().any(|var| self.project[*var].served) {
                continue;
            }
            let alias = ident(&format!("cohort {}", number + 1));
            for var in own.iter().filter(|var| self.project[**var].served) {
                let name = &self.project[*var].name;
                let column = format!("{}_{name}", cohort.name);
                let entity_has = self.owned.get(&Owner::Entity(id)).is_some_and(|vars| {
                    vars.iter().any(|v| self.project[*v].name.eq_ignore_ascii_case(&column))
                });
                if entity_has || taken.contains(&column.to_lowercase()) {
                    continue;
                }
                taken.push(column.to_lowercase());
                let pieces = [&alias, &ident(name), &ident(&column)];
                columns.push(Sql::fill(",\n  {}.{} AS {}", &pieces));
            }
            joins.push(Sql::fill("\nLEFT JOIN {} AS {} USING ({})", &[table, &alias, &main]));
            reads.push(*step);
        }
        if columns.is_empty() {
            return;
        }
        let view = format!("{}_profiles", entity.name);
        let features = object(&self.outputs[at].of);
        reads.extend(self.views.iter().find(|v| v.of == self.outputs[at].of).map(|v| v.step));
        let query = Sql::fill(
            "SELECT features.*{}\nFROM {} AS features{}",
            &[&Sql::join(columns, ""), &features, &Sql::join(joins, "")],
        );
        let draft = Draft {
            name: format!("view {view}"),
            about: vec![format!("Features of each {}, those of cohorts beside them.", entity.name)],
            items: Vec::new(),
            reads,
            hashed: None,
        };
        let (of, step) = self.run_view(draft, &view, &query, true);
        self.latest(view.clone(), of.clone(), &view, "feature_view", step);
        self.outputs[at].view = view;
        self.outputs[at].of = of;
    }

    /// The served features under the main id, and under each other id that they are served by.
    /// Gives the view by main id and its object.
    fn feature_views(
        &mut self,
        entity: EntityId,
        served: &[FeatureView],
        features: &[FeatureId],
        columns: &[(Target, String)],
        (vars, vars_step): &(Sql, usize),
    ) -> Option<(String, ObjectName)> {
        let main = ident(&self.project[entity].main_id);
        let mut by_main: Option<(String, ObjectName, usize)> = None;
        for view in served {
            let (query, reads, is_view) = match (view.id_type, &by_main) {
                (Some(kind), Some((_, of, step))) => {
                    let served = features.iter().filter(|id| self.project[**id].served);
                    let shown = self.beside_id(kind, served);
                    let (query, graph_step) = self.by_id(entity, kind, &object(of), &shown).ok()?;
                    (query, vec![*step, graph_step], true)
                }
                (Some(_), None) => continue,
                (None, _) => {
                    let mut reads = vec![*vars_step];
                    let shown = features.iter().filter(|id| self.project[**id].served);
                    let shown = shown
                        .map(|id| Sql::fill(",\n  vars.{}", &[&ident(&self.project[*id].name)]));
                    let shown = Sql::join(shown.collect::<Vec<_>>(), "");
                    let (more, joins) = self.columns_of_models(entity, columns, &mut reads).ok()?;
                    let query = Sql::fill(
                        "SELECT vars.{},\n  vars.valid_at{}{}\nFROM {} AS vars{}",
                        &[&main, &shown, &Sql::join(more, ""), vars, &joins],
                    );
                    (query, reads, columns.is_empty())
                }
            };
            let about = match view.id_type {
                Some(kind) => format!("Features by {}.", self.project[kind].name),
                None => "Features by main id.".to_owned(),
            };
            let mut items: Vec<Item> = columns.iter().map(|(target, _)| target.item()).collect();
            items.dedup();
            let draft = Draft {
                name: format!("view {}", view.name),
                about: vec![about],
                items,
                reads,
                hashed: None,
            };
            let (of, step) = self.run_view(draft, &view.name, &query, is_view);
            self.latest(view.name.clone(), of.clone(), &view.name, "feature_view", step);
            if view.id_type.is_none() && by_main.is_none() {
                by_main = Some((view.name.clone(), of, step));
            }
        }
        by_main.map(|(view, of, _)| (view, of))
    }

    /// A view of this run, or a table when it reads what does not outlive the session.
    fn run_view(
        &mut self,
        draft: Draft,
        label: &str,
        query: &Sql,
        is_view: bool,
    ) -> (ObjectName, usize) {
        let hash = self.hash_of(&draft, std::slice::from_ref(query));
        let name = material(label, &hash);
        let query = owned(query, &name);
        let object = object(&name);
        let head = match is_view {
            true => Sql::fill("CREATE OR REPLACE VIEW {} AS\n", &[&object]),
            false => Sql::fill("CREATE OR REPLACE TABLE {} AS\n", &[&object]),
        };
        let statement = Statement::Makes { head, query };
        let draft = Draft { hashed: Some(hash), ..draft };
        let step = self.add(draft, vec![name.clone()], Work::Tables, vec![statement]);
        (name, step)
    }

    fn publish_table(
        &mut self,
        target: Target,
        view: String,
        model_type: &'static str,
    ) -> Option<ObjectName> {
        let (_, step) = self.relations.get(&target).cloned()?;
        if !self.steps[step].stays() {
            return None;
        }
        let of = self.steps[step].makes.first()?.clone();
        let model = view.clone();
        self.latest(view, of.clone(), &model, model_type, step);
        Some(of)
    }

    fn latest(
        &mut self,
        name: String,
        of: ObjectName,
        model: &str,
        model_type: &'static str,
        step: usize,
    ) {
        // Two outputs of one name: the first is shown, the other can be read under its own name.
        if self.views.iter().any(|view| view.name.eq_ignore_ascii_case(&name)) {
            return;
        }
        self.views.push(View { name, of, model: model.to_owned(), model_type, step });
    }
}
