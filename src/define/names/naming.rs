//! First pass: every definition gets its number and its name, so that the second can refer to any.

use std::collections::{HashMap, HashSet};

use crate::define::files::raw::{
    RawEntity, RawId, RawIdType, RawInput, RawModel, RawOwner, RawProject, RawSpec, RawVar,
};
use crate::define::names::{CohortName, EntityName, LookedUp, Model, Names, Scope};
use crate::define::place::{Place, Written};
use crate::define::project::{
    CohortId, EnableStatus, EntityId, FeatureId, FeatureTableId, InputId, OtherModelId, Owner,
    SqlModelId, StitcherId, Target,
};
use crate::define::report::{Report, with_hint};
use crate::model::nearest::nearest;

/// Id types that mean the main id itself.
pub(in crate::define) const MAIN_ID_TYPES: [&str; 2] = ["rudder_id", "main_id"];

/// How many entities a project may have.
const ENTITIES_MAX: usize = 300;
/// How many id types a project may have.
const ID_TYPES_MAX: usize = 1_000;

/// A definition and the package it is of.
pub(in crate::define) struct InPackage<T> {
    pub(in crate::define) package: usize,
    pub(in crate::define) raw: T,
}

/// Every definition with its number: the place in its list.
#[derive(Default)]
pub(in crate::define) struct Named {
    pub(in crate::define) names: Names,
    pub(in crate::define) entities: Vec<InPackage<RawEntity>>,
    pub(in crate::define) id_types: Vec<InPackage<RawIdType>>,
    pub(in crate::define) inputs: Vec<InPackage<RawInput>>,
    /// Stitchers of the project, then one entry without a model for each default stitcher.
    pub(in crate::define) stitchers: Vec<(Option<InPackage<RawModel>>, EntityId)>,
    pub(in crate::define) cohorts: Vec<InPackage<RawModel>>,
    /// Why a cohort cannot be built, as far as its name alone says.
    pub(in crate::define) cohort_broken: HashMap<CohortId, String>,
    pub(in crate::define) sql_models: Vec<InPackage<RawModel>>,
    pub(in crate::define) feature_tables: Vec<(InPackage<RawModel>, Owner)>,
    pub(in crate::define) views: Vec<(InPackage<RawModel>, EntityId)>,
    pub(in crate::define) others: Vec<InPackage<RawModel>>,
    pub(in crate::define) vars: Vec<(InPackage<RawVar>, Owner, EntityId)>,
}

/// Names everything in `raws`, which keeps only what has no name of its own.
pub(in crate::define) fn name_all(
    raws: &mut [RawProject],
    lost: &[String],
    report: &mut Report,
) -> Named {
    let mut named = Named::default();
    named.names.packages = raws.iter().map(|raw| raw.package.clone()).collect();
    named.names.not_fetched = lost.iter().map(|name| name.to_lowercase()).collect();
    named.names.bare = raws.iter().map(names_vars_bare).collect();
    for (package, raw) in raws.iter_mut().enumerate() {
        named.entities_of(package, std::mem::take(&mut raw.entities), report);
        named.id_types_of(package, std::mem::take(&mut raw.id_types), report);
    }
    if !lost.is_empty() {
        named.assume(raws);
    }
    if named.names.entities.is_empty() {
        without_entities(raws, report);
    }
    for (package, raw) in raws.iter_mut().enumerate() {
        named.inputs_of(package, std::mem::take(&mut raw.inputs), report);
    }
    named.map_inputs(raws, report);
    let mut later = Vec::new();
    for (package, raw) in raws.iter_mut().enumerate() {
        switch_off(raw);
        for model in std::mem::take(&mut raw.models) {
            later.extend(named.model(package, model, report));
        }
    }
    named.names.remember();
    named.link_cohorts(report);
    named.link_stitchers(report);
    for model in later {
        named.owned_model(model, report);
    }
    named.names.remember();
    for (package, raw) in raws.iter_mut().enumerate() {
        for var in std::mem::take(&mut raw.vars) {
            named.var(package, var, report);
        }
    }
    named
}

/// Whether vars are referred to by their bare name: up to schema version 42, and without a version
/// when all vars stand where only those layouts had them.
fn names_vars_bare(raw: &RawProject) -> bool {
    let old_layout = || !raw.vars.is_empty() && raw.vars.iter().all(|var| var.in_feature_table);
    raw.schema.map_or_else(old_layout, |version| version < 44)
}

/// Without entities there is nothing that rows could be about: only the inputs and what SQL makes
/// of them are kept. A library may well be such a project; what is about an entity needs one.
fn without_entities(raws: &mut [RawProject], report: &mut Report) {
    let mut about_one = false;
    for raw in raws.iter_mut() {
        about_one |= !raw.vars.is_empty();
        raw.vars.clear();
        let before = raw.models.len();
        raw.models.retain(|model| {
            matches!(model.spec, RawSpec::Sql { .. } | RawSpec::Union(_) | RawSpec::Other)
        });
        about_one |= raw.models.len() < before;
        for model in &mut raw.models {
            model.ids.clear();
            model.owner = RawOwner::default();
        }
        raw.inputs.iter_mut().for_each(|input| input.ids.clear());
    }
    let Some(name) = raws.first().and_then(|raw| raw.name.as_ref()) else { return };
    let message = "the project has no entities";
    let found = if about_one {
        report
            .error(&name.place, message)
            .hint("list them in pb_project.yaml; what is about one is not read without it")
    } else {
        report.note(&name.place, message).hint("it can be used as a package of others")
    };
    report.add(found);
}

/// The entity that `<entity>/all` names.
fn entity_of_all(path: &Written) -> Option<Written> {
    let name = path.text.trim().strip_suffix("/all")?;
    let name = name.trim_start_matches("entity/");
    (!name.contains('/')).then(|| Written { text: name.to_owned(), ..path.clone() })
}

/// Applies what the project around a package switched off in it.
fn switch_off(raw: &mut RawProject) {
    let off: HashSet<String> = raw.disabled.iter().map(|path| path.text.to_lowercase()).collect();
    if off.is_empty() {
        return;
    }
    let hit = |folder: &str, name: &str| {
        off.iter().any(|path| path.ends_with(&format!("{folder}/{}", name.to_lowercase())))
    };
    for model in raw.models.iter_mut().filter(|model| hit("models", &model.name.text)) {
        model.status = EnableStatus::Disabled;
    }
    for var in raw.vars.iter_mut().filter(|var| hit("all", &var.name.text)) {
        var.status = EnableStatus::Disabled;
    }
}

impl Named {
    fn entities_of(&mut self, package: usize, entities: Vec<RawEntity>, report: &mut Report) {
        for raw in entities {
            if self.names.entities.len() >= ENTITIES_MAX {
                too_many("entities", ENTITIES_MAX, &raw.name, report);
                return;
            }
            let known = self.names.entity(&raw.name.text);
            if let Some(id) = known {
                let first = &mut self.entities[id.0];
                if first.package == package {
                    twice("entity", &raw.name, &first.raw.name.place, report);
                } else {
                    // An entity of the project and of its packages is one: the project's word wins.
                    let entity = &mut first.raw;
                    entity.id_stitcher = entity.id_stitcher.take().or(raw.id_stitcher);
                    entity.id_column = entity.id_column.take().or(raw.id_column);
                    entity.fault = entity.fault.take().or(raw.fault);
                    if entity.id_types.is_empty() {
                        entity.id_types = raw.id_types;
                    }
                }
                continue;
            }
            self.add_entity(package, raw);
        }
    }

    fn add_entity(&mut self, package: usize, raw: RawEntity) {
        let name = raw.name.text.clone();
        let main_id =
            raw.id_column.as_ref().map_or_else(|| format!("{name}_main_id"), |c| c.text.clone());
        self.names.entities.push(EntityName { name, main_id, stitcher: None });
        self.entities.push(InPackage { package, raw });
    }

    fn id_types_of(&mut self, package: usize, id_types: Vec<RawIdType>, report: &mut Report) {
        for raw in id_types {
            if self.names.id_types.len() >= ID_TYPES_MAX {
                too_many("id types", ID_TYPES_MAX, &raw.name, report);
                return;
            }
            if let Some(id) = self.names.id_type(&raw.name.text) {
                let first = &self.id_types[id.0];
                if first.package == package {
                    twice("id type", &raw.name, &first.raw.name.place, report);
                }
                continue;
            }
            self.names.id_types.push(raw.name.text.clone());
            self.id_types.push(InPackage { package, raw });
        }
    }

    /// A package that is not there may define entities and id types: those that are used are taken
    /// to be defined there.
    fn assume(&mut self, raws: &[RawProject]) {
        let mut entities: Vec<Written> = Vec::new();
        let mut id_types: Vec<Written> = Vec::new();
        for raw in raws {
            let of_inputs = raw.inputs.iter().flat_map(|input| &input.ids);
            for id in of_inputs.chain(raw.models.iter().flat_map(|model| &model.ids)) {
                id_types.push(id.id_type.clone());
                entities.extend(id.entity.clone());
            }
            entities.extend(raw.vars.iter().filter_map(|var| var.owner.entity.clone()));
            entities.extend(raw.models.iter().filter_map(|model| model.owner.entity.clone()));
            for model in &raw.models {
                match &model.spec {
                    RawSpec::Stitcher { sources, .. } => {
                        let ids = sources.iter().flat_map(|source| &source.ids);
                        id_types.extend(ids.map(|id| id.id_type.clone()));
                    }
                    RawSpec::Cohort { extends, views, .. } => {
                        id_types.extend(views.using.iter().map(|(id, _)| id.clone()));
                        entities.extend(extends.as_ref().and_then(entity_of_all));
                    }
                    _ => {}
                }
            }
        }
        for entity in &self.entities {
            id_types.extend(entity.raw.id_types.iter().cloned());
            id_types.extend(entity.raw.views.using.iter().map(|(id, _)| id.clone()));
        }
        for kind in &self.id_types {
            id_types.extend(kind.raw.extends.clone());
            id_types.extend(kind.raw.caps.iter().map(|(other, _)| other.clone()));
        }
        for name in entities {
            let room = self.names.entities.len() < ENTITIES_MAX;
            if room && self.names.entity(&name.text).is_none() {
                let raw = RawEntity {
                    description: None,
                    id_stitcher: None,
                    id_column: None,
                    id_types: Vec::new(),
                    views: Default::default(),
                    fault: None,
                    name,
                };
                self.add_entity(0, raw);
            }
        }
        for name in id_types {
            let room = self.names.id_types.len() < ID_TYPES_MAX;
            if room && self.names.id_type(&name.text).is_none() && !self.is_main_id(&name.text) {
                self.names.id_types.push(name.text.clone());
                let raw = RawIdType {
                    name,
                    extends: None,
                    filters: Vec::new(),
                    caps: Vec::new(),
                    fault: None,
                };
                self.id_types.push(InPackage { package: 0, raw });
            }
        }
    }

    pub(in crate::define) fn is_main_id(&self, name: &str) -> bool {
        is_main_id(&self.names, name)
    }

    fn inputs_of(&mut self, package: usize, inputs: Vec<RawInput>, report: &mut Report) {
        for raw in inputs {
            let key = (package, raw.name.text.to_lowercase());
            if let Some(first) = self.names.inputs.get(&key) {
                twice("input", &raw.name, &self.inputs[first.0].raw.name.place, report);
                continue;
            }
            self.names.inputs.insert(key, InputId(self.inputs.len()));
            self.inputs.push(InPackage { package, raw });
        }
    }

    /// `inputsMap`: what a package reads becomes an input of the project around it.
    fn map_inputs(&mut self, raws: &[RawProject], report: &mut Report) {
        for (package, raw) in raws.iter().enumerate() {
            for (from, to) in &raw.mapped {
                let name = last_segment(&from.text);
                let key = (package, name.to_lowercase());
                if !self.names.inputs.contains_key(&key) {
                    let known = self.names.inputs.keys().filter(|(p, _)| *p == package);
                    let hint = nearest(name, known.map(|(_, n)| n.as_str()))
                        .map(|n| format!("perhaps `{n}` is meant"));
                    let message = format!("the package has no input `{name}`");
                    let found = with_hint(report.warning(&from.place, message), hint);
                    report.add(found);
                    continue;
                }
                let Some(to) = to else { continue };
                match self.names.inputs.get(&(0, last_segment(&to.text).to_lowercase())) {
                    Some(input) => {
                        let input = *input;
                        self.names.inputs.insert(key, input);
                    }
                    None => {
                        let found =
                            report.error(&to.place, format!("`{}` is not defined", to.text));
                        report.add(found);
                    }
                }
            }
        }
    }

    /// Names a model. Those whose owner may be a cohort come back, for when cohorts are known.
    fn model(
        &mut self,
        package: usize,
        raw: RawModel,
        report: &mut Report,
    ) -> Option<InPackage<RawModel>> {
        let key = (package, raw.name.text.to_lowercase());
        if self.names.models.contains_key(&key) {
            twice_model(self, &key, &raw.name, report);
            return None;
        }
        let model = match &raw.spec {
            RawSpec::FeatureTable | RawSpec::FeatureView { .. } => {
                return Some(InPackage { package, raw });
            }
            RawSpec::Stitcher { .. } => {
                let Some(entity) = self.entity_of(&raw.owner, &raw.name, "id stitcher", report)
                else {
                    self.names.dropped_models.insert(key.1);
                    return None;
                };
                self.stitchers.push((Some(InPackage { package, raw }), entity));
                Model::Stitcher(StitcherId(self.stitchers.len() - 1))
            }
            RawSpec::Cohort { .. } => {
                let id = CohortId(self.cohorts.len());
                let name = raw.name.text.clone();
                self.names.cohorts.push(CohortName { name, entity: EntityId(0), extends: None });
                self.cohorts.push(InPackage { package, raw });
                Model::Cohort(id)
            }
            RawSpec::Sql { .. } | RawSpec::Union(_) => {
                let id = SqlModelId(self.sql_models.len());
                self.columns_of(&raw, Target::SqlModel(id));
                self.sql_models.push(InPackage { package, raw });
                Model::Sql(id)
            }
            RawSpec::Other => {
                let id = OtherModelId(self.others.len());
                self.columns_of(&raw, Target::Other(id));
                let entity = raw.owner.entity.as_ref().and_then(|e| self.names.entity(&e.text));
                self.names.open_entities.extend(entity);
                self.others.push(InPackage { package, raw });
                Model::Other(id)
            }
        };
        self.names.models.insert(key, model);
        None
    }

    /// Columns that a model gives to its entity as features.
    fn columns_of(&mut self, raw: &RawModel, table: Target) {
        let owner = raw.owner.entity.as_ref().and_then(|e| self.names.entity(&e.text));
        let of_ids = raw.ids.iter().find_map(|id| self.names.entity(&id.entity.as_ref()?.text));
        let only = (self.names.entities.len() == 1).then_some(EntityId(0));
        let Some(entity) = owner.or(of_ids).or(only) else { return };
        for (name, _) in &raw.features {
            self.names.columns.entry((entity, name.text.to_lowercase())).or_insert(table);
        }
    }

    fn entity_of(
        &self,
        owner: &RawOwner,
        name: &Written,
        what: &str,
        report: &mut Report,
    ) -> Option<EntityId> {
        let Some(key) = &owner.entity else {
            if self.names.entities.len() == 1 {
                return Some(EntityId(0));
            }
            let found =
                report.error(&name.place, format!("{what} `{}` has no `entity_key`", name.text));
            report.add(found);
            return None;
        };
        self.entity_named(key, report)
    }

    fn entity_named(&self, key: &Written, report: &mut Report) -> Option<EntityId> {
        entity_named(&self.names, key, report)
    }

    fn link_cohorts(&mut self, report: &mut Report) {
        for at in 0..self.cohorts.len() {
            let id = CohortId(at);
            let of = &self.cohorts[at];
            let RawSpec::Cohort { extends, .. } = &of.raw.spec else { continue };
            let scope = Scope { package: of.package, ..Scope::default() };
            let keyed =
                of.raw.owner.entity.as_ref().and_then(|key| entity_named(&self.names, key, report));
            let mut entity = keyed;
            let mut parent = None;
            match extends {
                None if keyed.is_none() => {
                    let message = format!("cohort `{}` extends nothing", of.raw.name.text);
                    let found = report
                        .error(&of.raw.name.place, message)
                        .hint("add `extends: <entity>/all`, or the cohort that it narrows");
                    report.add(found);
                    self.cohort_broken.insert(id, "it extends nothing".into());
                }
                None => {}
                Some(path) => match self.extended(path, &scope, report) {
                    Some(Target::Cohort(cohort)) => parent = Some(cohort),
                    Some(Target::Entity(found)) => entity = Some(found),
                    _ => {
                        self.cohort_broken.insert(
                            id,
                            format!("it extends `{}`, which is not defined", path.text),
                        );
                    }
                },
            }
            let name = &mut self.names.cohorts[at];
            name.extends = parent;
            if let Some(entity) = entity {
                name.entity = entity;
            }
        }
        self.cut_circles(report);
    }

    fn extended(&self, path: &Written, scope: &Scope, report: &mut Report) -> Option<Target> {
        let target = target(&self.names, path, scope, report)?;
        if !matches!(target, Target::Cohort(_) | Target::Entity(_)) {
            let found = report.error(&path.place, format!("`{}` is not a cohort", path.text));
            report.add(found);
            return None;
        }
        Some(target)
    }

    /// Cohorts that extend each other in a circle are cut loose; the rest gets the entity of the
    /// first cohort of its chain.
    fn cut_circles(&mut self, report: &mut Report) {
        let count = self.names.cohorts.len();
        // 0: not looked at, 1: on the way, 2: done.
        let mut state = vec![0u8; count];
        for start in 0..count {
            let mut chain = Vec::new();
            let mut at = start;
            while state[at] == 0 {
                state[at] = 1;
                chain.push(at);
                match self.names.cohorts[at].extends {
                    Some(parent) => at = parent.0,
                    None => break,
                }
            }
            if state[at] == 1 && self.names.cohorts[at].extends.is_some() && chain.contains(&at) {
                let from = chain.iter().position(|c| *c == at).unwrap_or(0);
                self.cut(&chain[from..], report);
            }
            for at in chain.into_iter().rev() {
                state[at] = 2;
                if let Some(parent) = self.names.cohorts[at].extends {
                    self.names.cohorts[at].entity = self.names.cohorts[parent.0].entity;
                }
            }
        }
    }

    fn cut(&mut self, circle: &[usize], report: &mut Report) {
        let mut names: Vec<&str> =
            circle.iter().map(|at| self.names.cohorts[*at].name.as_str()).collect();
        names.push(names[0]);
        let way = names.join(" → ");
        let place = self.cohorts[circle[0]].raw.name.place.clone();
        let found = report
            .error(&place, format!("cohorts extend each other in a circle: {way}"))
            .hint("one of them has to extend everyone of the entity");
        report.add(found);
        for at in circle {
            self.names.cohorts[*at].extends = None;
            self.cohort_broken.insert(CohortId(*at), "it extends itself through others".into());
        }
    }

    fn link_stitchers(&mut self, report: &mut Report) {
        for at in 0..self.entities.len() {
            let entity = EntityId(at);
            let of = &self.entities[at];
            let scope = Scope { package: of.package, ..Scope::default() };
            let mut chosen = None;
            let mut asked = None;
            if let Some(path) = &of.raw.id_stitcher {
                match self.names.find(&path.text, &scope) {
                    LookedUp::Target(Target::Stitcher(id))
                    | LookedUp::Misspelt(Target::Stitcher(id), _) => chosen = Some(id),
                    // The name of a stitcher that nobody defines is how the default one is asked for.
                    LookedUp::Nothing(_) if path.text.contains("default") => asked = Some(path),
                    LookedUp::NotFetched(_) => {}
                    LookedUp::Target(_) | LookedUp::Misspelt(..) => {
                        let found = report
                            .error(&path.place, format!("`{}` is not an id stitcher", path.text));
                        report.add(found);
                    }
                    LookedUp::Nothing(near) => {
                        let hint = near.map_or_else(
                            || "the default stitcher is used".to_owned(),
                            |n| format!("perhaps `{n}` is meant"),
                        );
                        let found = report
                            .error(&path.place, format!("`{}` is not defined", path.text))
                            .hint(hint);
                        report.add(found);
                    }
                }
            }
            if let Some(id) = chosen
                && self.stitchers[id.0].1 != entity
            {
                let place = of.raw.id_stitcher.as_ref().map_or(&of.raw.name.place, |p| &p.place);
                let message =
                    format!("the id stitcher of `{}` belongs to another entity", of.raw.name.text);
                let found = report.error(place, message);
                report.add(found);
                chosen = None;
            }
            let own = || self.stitchers.iter().position(|(_, of)| *of == entity).map(StitcherId);
            let asked = asked.map(|path| last_segment(&path.text).to_lowercase());
            let chosen = chosen.or_else(own).unwrap_or_else(|| self.default_stitcher(entity));
            if let Some(name) = asked {
                self.names.models.entry((0, name)).or_insert(Model::Stitcher(chosen));
            }
            self.names.entities[at].stitcher = Some(chosen);
        }
    }

    fn default_stitcher(&mut self, entity: EntityId) -> StitcherId {
        let id = StitcherId(self.stitchers.len());
        self.stitchers.push((None, entity));
        let name =
            format!("{}_default_id_stitcher", self.names.entities[entity.0].name.to_lowercase());
        self.names.models.entry((0, name)).or_insert(Model::Stitcher(id));
        id
    }

    /// The owner that `entity_key` and `entity_cohort` name.
    pub(in crate::define) fn owner(
        &self,
        raw: &RawOwner,
        name: &Written,
        package: usize,
        report: &mut Report,
    ) -> Option<(Owner, EntityId)> {
        let Some(path) = &raw.cohort else {
            let entity = self.entity_of(raw, name, "the definition", report)?;
            return Some((Owner::Entity(entity), entity));
        };
        let scope = Scope { package, ..Scope::default() };
        match self.extended(path, &scope, report)? {
            Target::Cohort(id) => Some((Owner::Cohort(id), self.names.cohorts[id.0].entity)),
            Target::Entity(id) => Some((Owner::Entity(id), id)),
            _ => None,
        }
    }

    fn owned_model(&mut self, of: InPackage<RawModel>, report: &mut Report) {
        let key = (of.package, of.raw.name.text.to_lowercase());
        if self.names.models.contains_key(&key) {
            twice_model(self, &key, &of.raw.name, report);
            return;
        }
        let Some((owner, entity)) = self.owner(&of.raw.owner, &of.raw.name, of.package, report)
        else {
            self.names.dropped_models.insert(key.1);
            return;
        };
        let model = if matches!(of.raw.spec, RawSpec::FeatureView { .. }) {
            self.views.push((of, entity));
            Model::View(entity)
        } else {
            self.feature_tables.push((of, owner));
            Model::FeatureTable(FeatureTableId(self.feature_tables.len() - 1))
        };
        self.names.models.insert(key, model);
    }

    fn var(&mut self, package: usize, raw: RawVar, report: &mut Report) {
        let name = raw.name.text.to_lowercase();
        let owner = if raw.select.is_none() { None } else { self.var_owner(package, &raw, report) };
        let Some((owner, entity)) = owner else {
            self.names.dropped.insert(name);
            return;
        };
        let key = (owner, name);
        if let Some(first) = self.names.vars.get(&key) {
            let first = &self.vars[first.0].0.raw;
            // Tables of features that each bring the helpers they need may bring the same.
            if first.says_the_same_as(&raw) {
                return;
            }
            let first = &first.name;
            let what = if first.text == raw.name.text {
                "feature"
            } else {
                "feature (except for its case)"
            };
            twice(what, &raw.name, &first.place, report);
            return;
        }
        if matches!(owner, Owner::Cohort(_)) {
            self.names.cohort_vars.insert(key.1.clone());
        }
        self.names.vars.insert(key, FeatureId(self.vars.len()));
        self.vars.push((InPackage { package, raw }, owner, entity));
    }

    fn var_owner(
        &self,
        package: usize,
        raw: &RawVar,
        report: &mut Report,
    ) -> Option<(Owner, EntityId)> {
        let (owner, entity) = self.owner(&raw.owner, &raw.name, package, report)?;
        if !raw.of_input {
            return Some((owner, entity));
        }
        let Some(from) = &raw.from else {
            let message = format!("input var `{}` has no `from`", raw.name.text);
            let found =
                report.error(&raw.name.place, message).hint("name the input it adds a column to");
            report.add(found);
            return None;
        };
        let scope = Scope { package, ..Scope::default() };
        match target(&self.names, from, &scope, report)? {
            Target::Input(id) | Target::InputVars(id) => Some((Owner::Input(id), entity)),
            Target::SqlModel(id) | Target::SqlModelVars(id) => Some((Owner::SqlModel(id), entity)),
            _ => {
                let message = format!(
                    "an input var adds a column to an input or a SQL model, and `{}` is neither",
                    from.text
                );
                let found = report.error(&from.place, message);
                report.add(found);
                None
            }
        }
    }
}

/// Whether an id of type `name` is the main id itself.
pub(in crate::define) fn is_main_id(names: &Names, name: &str) -> bool {
    MAIN_ID_TYPES.contains(&name.to_lowercase().as_str())
        || names.entities.iter().any(|e| e.main_id.eq_ignore_ascii_case(name))
}

/// The entity called `key`, or a finding.
pub(in crate::define) fn entity_named(
    names: &Names,
    key: &Written,
    report: &mut Report,
) -> Option<EntityId> {
    let word = key.text.trim_start_matches("entity/").trim_end_matches("/all");
    let found = names.entity(word);
    if found.is_none() {
        let hint =
            report.unknown_hint(nearest(word, names.entities.iter().map(|e| e.name.as_str())));
        let finding =
            with_hint(report.error(&key.place, format!("`{word}` is not an entity")), hint);
        report.add(finding);
    }
    found
}

/// What a path means; a finding when it means nothing.
pub(in crate::define) fn target(
    names: &Names,
    path: &Written,
    scope: &Scope,
    report: &mut Report,
) -> Option<Target> {
    match names.find(&path.text, scope) {
        LookedUp::Target(target) => Some(target),
        LookedUp::Misspelt(target, right) => {
            let message = format!("`{}` is not defined", path.text);
            let found = report.warning(&path.place, message).hint(format!("read as `{right}`"));
            report.add(found);
            Some(target)
        }
        LookedUp::NotFetched(package) => {
            let message = format!("`{}` is from a package that is not fetched", path.text);
            let found = report.warning(&path.place, message);
            report.add(found.hint(format!("check out the package `{package}`")));
            None
        }
        LookedUp::Nothing(near) => {
            let last = last_segment(&path.text).to_lowercase();
            if !names.dropped_models.contains(&last) && !names.dropped.contains(&last) {
                let hint = report.unknown_hint(near.as_deref());
                let found = with_hint(
                    report.error(&path.place, format!("`{}` is not defined", path.text)),
                    hint,
                );
                report.add(found);
            }
            None
        }
    }
}

pub(in crate::define) fn last_segment(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

fn too_many(what: &str, most: usize, name: &Written, report: &mut Report) {
    let message = format!("the project has more than {most} {what}");
    let found = report.error(&name.place, message).hint("the rest is not read");
    report.add(found);
}

fn twice(what: &str, name: &Written, first: &Place, report: &mut Report) {
    let message = format!("{what} `{}` is defined twice", name.text);
    let hint = format!("the one in {}, line {} is used", first.file.display(), first.line);
    let found = report.error(&name.place, message).hint(hint);
    report.add(found);
}

fn twice_model(named: &Named, key: &(usize, String), name: &Written, report: &mut Report) {
    let place = match named.names.models.get(key) {
        Some(Model::Stitcher(id)) => named.stitchers[id.0].0.as_ref().map(|of| &of.raw.name.place),
        Some(Model::Cohort(id)) => Some(&named.cohorts[id.0].raw.name.place),
        Some(Model::Sql(id)) => Some(&named.sql_models[id.0].raw.name.place),
        Some(Model::FeatureTable(id)) => Some(&named.feature_tables[id.0].0.raw.name.place),
        Some(Model::Other(id)) => Some(&named.others[id.0].raw.name.place),
        Some(Model::View(_)) | None => None,
    };
    twice("model", name, place.unwrap_or(&name.place), report);
}

/// The entity that an id belongs to.
pub(in crate::define) fn entity_of_id(
    names: &Names,
    raw: &RawId,
    default: Option<EntityId>,
    report: &mut Report,
) -> Option<EntityId> {
    if let Some(key) = &raw.entity {
        return entity_named(names, key, report);
    }
    let only = (names.entities.len() == 1).then_some(EntityId(0));
    let found = default.or(only);
    if found.is_none() {
        let message = format!("the id of type `{}` names no entity", raw.id_type.text);
        let finding = report.error(&raw.id_type.place, message).hint("add `entity:`");
        report.add(finding);
    }
    found
}
