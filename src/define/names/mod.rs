//! Every name of a project and its packages, and what it means from where it is used.

pub(in crate::define) mod naming;

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::define::project::{
    CohortId, EntityId, FeatureId, FeatureTableId, IdTypeId, InputId, OtherModelId, Owner,
    SqlModelId, StitcherId, Target,
};
use crate::model::nearest::nearest;

/// How many names are looked at in all searches for the nearest one.
const LOOKED_AT_MAX: usize = 3_000_000;

/// Where a name is used.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::define) struct Scope {
    /// 0 for the project itself, then its packages in order.
    pub(in crate::define) package: usize,
    pub(in crate::define) cohort: Option<CohortId>,
    pub(in crate::define) entity: Option<EntityId>,
    /// The rows that the text is about.
    pub(in crate::define) from: Option<Target>,
    /// The var whose own text it is.
    pub(in crate::define) own: Option<FeatureId>,
    /// It is about one row per main id and about no other rows: every name in it is a var.
    pub(in crate::define) of_vars: bool,
}

/// What a path led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::define) enum LookedUp {
    /// What it means.
    Target(Target),
    /// It means this, and is not written like this: the right way to write it.
    Misspelt(Target, String),
    /// It is of a package that was not there to be read.
    NotFetched(String),
    /// Nothing has that name; the nearest one.
    Nothing(Option<String>),
}

/// A name that stands alone in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::define) enum Definition {
    Entity(EntityId),
    Cohort(CohortId),
    Table(Target),
}

/// A model, by kind.
#[derive(Debug, Clone, Copy)]
pub(in crate::define) enum Model {
    Stitcher(StitcherId),
    Sql(SqlModelId),
    FeatureTable(FeatureTableId),
    Cohort(CohortId),
    View(EntityId),
    Other(OtherModelId),
}

/// What is known of an entity before its definition is resolved.
#[derive(Debug)]
pub(in crate::define) struct EntityName {
    pub(in crate::define) name: String,
    pub(in crate::define) main_id: String,
    pub(in crate::define) stitcher: Option<StitcherId>,
}

/// What is known of a cohort before its definition is resolved.
#[derive(Debug)]
pub(in crate::define) struct CohortName {
    pub(in crate::define) name: String,
    pub(in crate::define) entity: EntityId,
    pub(in crate::define) extends: Option<CohortId>,
}

/// All names. Names compare without regard to case.
#[derive(Debug, Default)]
pub(in crate::define) struct Names {
    /// Whose rules hold.
    pub(in crate::define) warehouse: crate::model::warehouse::Warehouse,
    pub(in crate::define) entities: Vec<EntityName>,
    pub(in crate::define) cohorts: Vec<CohortName>,
    pub(in crate::define) id_types: Vec<String>,
    pub(in crate::define) inputs: HashMap<(usize, String), InputId>,
    pub(in crate::define) models: HashMap<(usize, String), Model>,
    pub(in crate::define) vars: HashMap<(Owner, String), FeatureId>,
    /// Names of vars that some cohort has of its own.
    pub(in crate::define) cohort_vars: HashSet<String>,
    /// Columns of models that an entity serves as features.
    pub(in crate::define) columns: HashMap<(EntityId, String), Target>,
    /// Names of packages; the project itself is the first and has none.
    pub(in crate::define) packages: Vec<Option<String>>,
    pub(in crate::define) not_fetched: HashSet<String>,
    /// Vars that were reported and left out: using one is no second finding.
    pub(in crate::define) dropped: HashSet<String>,
    /// Model names that were reported and left out.
    pub(in crate::define) dropped_models: HashSet<String>,
    /// Feature names of models that are not built here, which are not known.
    pub(in crate::define) open_entities: HashSet<EntityId>,
    /// Packages in which vars are referred to by their bare name.
    pub(in crate::define) bare: Vec<bool>,
    known: Vec<String>,
    /// How many names were looked at in searches for the nearest one.
    looked_at: AtomicUsize,
}

impl Names {
    pub(in crate::define) fn entity(&self, name: &str) -> Option<EntityId> {
        self.entities.iter().position(|e| e.name.eq_ignore_ascii_case(name)).map(EntityId)
    }

    pub(in crate::define) fn id_type(&self, name: &str) -> Option<IdTypeId> {
        self.id_types.iter().position(|known| known.eq_ignore_ascii_case(name)).map(IdTypeId)
    }

    /// The nearest name, as long as not too many were looked at.
    fn near<'a>(&self, name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        if self.looked_at.load(Ordering::Relaxed) > LOOKED_AT_MAX {
            return None;
        }
        let known: Vec<&str> = known.into_iter().collect();
        let looked_at = self.looked_at.fetch_add(known.len(), Ordering::Relaxed);
        if looked_at < LOOKED_AT_MAX { nearest(name, known) } else { None }
    }

    /// Makes the list from which the nearest name is looked for. To be called when all are known.
    pub(in crate::define) fn remember(&mut self) {
        let paths = self.inputs.keys().map(|(package, name)| self.path(*package, "inputs", name));
        let models = self.models.keys().map(|(package, name)| self.path(*package, "models", name));
        let mut known: Vec<String> = paths.chain(models).collect();
        known.extend(self.entities.iter().map(|e| format!("{}/all", e.name)));
        known.sort();
        self.known = known;
    }

    fn path(&self, package: usize, folder: &str, name: &str) -> String {
        match self.packages.get(package).and_then(Option::as_ref) {
            None => format!("{folder}/{name}"),
            Some(package) => format!("packages/{package}/{folder}/{name}"),
        }
    }

    /// What `path` means when it is used in `scope`.
    pub(in crate::define) fn find(&self, path: &str, scope: &Scope) -> LookedUp {
        let written = path.trim();
        let path = written.trim_start_matches(['.', '~', '/']).trim_end_matches('/');
        let lower = path.to_lowercase();
        let mut segments: Vec<&str> = lower.split('/').collect();
        let mut package = scope.package;
        if let ["packages", name, rest @ ..] = &segments[..] {
            let Some(at) = self.packages.iter().position(|p| p.as_deref() == Some(*name)) else {
                if self.not_fetched.contains(*name) {
                    return LookedUp::NotFetched((*name).to_owned());
                }
                let known = self.packages.iter().flatten().map(String::as_str);
                return LookedUp::Nothing(self.near(name, known).map(|p| format!("packages/{p}")));
            };
            package = at;
            segments = rest.to_vec();
        }
        // What a package does not define is looked for in the project around it.
        let found = self.find_in(&segments, package, scope);
        let found = found.or_else(|| (package != 0).then(|| self.find_in(&segments, 0, scope))?);
        let found = found.or_else(|| self.beside(&segments, written, scope));
        let found = found.or_else(|| self.find_in_one_package(&segments, package, scope));
        if let Some(target) = found {
            return LookedUp::Target(target);
        }
        match self.misspelt(&segments, package, scope) {
            Some((target, right)) => LookedUp::Misspelt(target, right),
            None => LookedUp::Nothing(
                self.near(&lower, self.known.iter().map(String::as_str)).map(str::to_owned),
            ),
        }
    }

    /// `./n` beside a var: another one of the same owner.
    fn beside(&self, segments: &[&str], written: &str, scope: &Scope) -> Option<Target> {
        let ([name], true) = (segments, written.starts_with("./")) else { return None };
        let of_rows = scope.from.and_then(|table| self.var_of_table(table, name));
        let found = of_rows.or_else(|| self.var(scope.entity?, name, scope));
        found.map(Target::Feature)
    }

    /// What a path of the project means when exactly one of its packages defines it: an entity that
    /// comes from a package names its stitcher as the package does.
    fn find_in_one_package(
        &self,
        segments: &[&str],
        package: usize,
        scope: &Scope,
    ) -> Option<Target> {
        let others = (1..self.packages.len()).filter(|other| *other != package);
        let mut found = others.filter_map(|other| self.find_in(segments, other, scope));
        let first = found.next()?;
        found.all(|other| other == first).then_some(first)
    }

    fn find_in(&self, segments: &[&str], package: usize, scope: &Scope) -> Option<Target> {
        match segments {
            ["inputs", name, rest @ ..] => {
                let input = *self.inputs.get(&(package, (*name).to_owned()))?;
                self.of_input(input, rest)
            }
            ["models", name, rest @ ..] => {
                let model = *self.models.get(&(package, (*name).to_owned()))?;
                self.of_model(model, rest)
            }
            ["entity" | "entities", entity, rest @ ..] => {
                let entity = self.entity(entity)?;
                let rest = rest.strip_prefix(&["all"]).unwrap_or(rest);
                self.of_entity(entity, rest)
            }
            ["edges" | "mappings"] => match scope.from? {
                Target::Stitcher(id) => Some(Target::Edges(id)),
                _ => None,
            },
            [entity, "all", rest @ ..] => self.of_entity(self.entity(entity)?, rest),
            _ => None,
        }
    }

    /// Frequent slips: `users/all`, a cohort or input named without its folder.
    fn misspelt(
        &self,
        segments: &[&str],
        package: usize,
        scope: &Scope,
    ) -> Option<(Target, String)> {
        if let [plural, "all", rest @ ..] = segments {
            let entity = self.entity(plural.strip_suffix('s')?)?;
            let mut right = format!("{}/all", self.entities[entity.0].name);
            for segment in rest {
                right = format!("{right}/{segment}");
            }
            return Some((self.of_entity(entity, rest)?, right));
        }
        let [_name] = segments else { return None };
        ["models", "inputs"].into_iter().find_map(|folder| {
            let target = self.find_in(&[folder, segments[0]], package, scope)?;
            Some((target, format!("{folder}/{}", segments[0])))
        })
    }

    fn of_input(&self, input: InputId, rest: &[&str]) -> Option<Target> {
        match rest {
            [] | ["incr_delta_tbl"] => Some(Target::Input(input)),
            ["var_table"] => Some(Target::InputVars(input)),
            ["var_table", column] | [column] => {
                if let Some(entity) = self.main_id(column) {
                    return Some(Target::InputMainId(input, entity));
                }
                self.vars
                    .get(&(Owner::Input(input), (*column).to_owned()))
                    .map(|v| Target::Feature(*v))
            }
            _ => None,
        }
    }

    fn main_id(&self, column: &str) -> Option<EntityId> {
        self.entities.iter().position(|e| e.main_id.eq_ignore_ascii_case(column)).map(EntityId)
    }

    fn of_model(&self, model: Model, rest: &[&str]) -> Option<Target> {
        match (model, rest) {
            (Model::Stitcher(id), [] | ["id_clusters_delta"]) => Some(Target::Stitcher(id)),
            (Model::Stitcher(id), ["edges" | "mappings"]) => Some(Target::Edges(id)),
            (Model::Sql(id), ["var_table"]) => Some(Target::SqlModelVars(id)),
            (Model::Sql(id), []) => Some(Target::SqlModel(id)),
            (Model::Sql(id), [var]) => self
                .vars
                .get(&(Owner::SqlModel(id), (*var).to_owned()))
                .map(|v| Target::Feature(*v)),
            (Model::FeatureTable(id), []) => Some(Target::FeatureTable(id)),
            (Model::Cohort(id), [] | ["all"]) => Some(Target::Cohort(id)),
            (Model::Cohort(id), ["var_table"]) => Some(Target::CohortVars(id)),
            (Model::Cohort(id), ["feature_view", using @ ..]) => {
                Some(Target::CohortView(id, self.using(using)?))
            }
            (Model::Cohort(id), [var]) => self.var_of_cohort(id, var).map(Target::Feature),
            (Model::View(id), []) => Some(Target::EntityView(id, None)),
            (Model::Other(id), _) => Some(Target::Other(id)),
            _ => None,
        }
    }

    fn of_entity(&self, entity: EntityId, rest: &[&str]) -> Option<Target> {
        match rest {
            [] => Some(Target::Entity(entity)),
            ["var_table"] => Some(Target::EntityVars(entity)),
            ["feature_view", using @ ..] => Some(Target::EntityView(entity, self.using(using)?)),
            [name] if self.is_default_stitcher(entity, name) => {
                self.entities[entity.0].stitcher.map(Target::Stitcher)
            }
            [var] => {
                let key = (Owner::Entity(entity), (*var).to_owned());
                let var = self.vars.get(&key).map(|v| Target::Feature(*v));
                var.or_else(|| self.columns.get(&(entity, rest[0].to_owned())).copied())
            }
            _ => None,
        }
    }

    fn is_default_stitcher(&self, entity: EntityId, name: &str) -> bool {
        let plain = name.strip_prefix(&self.entities[entity.0].name.to_lowercase());
        let plain = plain.and_then(|rest| rest.strip_prefix('_')).unwrap_or(name);
        matches!(plain, "id_stitcher" | "default_id_stitcher")
    }

    /// `using_email`: outer `None` when there is no such id type.
    fn using(&self, segments: &[&str]) -> Option<Option<IdTypeId>> {
        match segments {
            [] => Some(None),
            [using] => {
                let id = using.strip_prefix("using_").unwrap_or(using);
                if self.main_id(id).is_some() { Some(None) } else { Some(Some(self.id_type(id)?)) }
            }
            _ => None,
        }
    }

    /// The var called `name` of a cohort: its own, else the nearest ancestor's.
    pub(in crate::define) fn var_of_cohort(
        &self,
        cohort: CohortId,
        name: &str,
    ) -> Option<FeatureId> {
        let name = name.to_lowercase();
        let mut seen = HashSet::new();
        // Most names are of no cohort, and the way up can be long.
        let mut at = Some(cohort).filter(|_| self.cohort_vars.contains(&name));
        while let Some(cohort) = at {
            if let Some(var) = self.vars.get(&(Owner::Cohort(cohort), name.clone())) {
                return Some(*var);
            }
            if !seen.insert(cohort) {
                return None;
            }
            at = self.cohorts[cohort.0].extends;
        }
        let entity = self.cohorts[cohort.0].entity;
        self.vars.get(&(Owner::Entity(entity), name)).copied()
    }

    /// The var of an entity as seen from `scope`: inside a cohort the cohort's own come first. A var
    /// that overrides one of an ancestor means that one when it names itself.
    pub(in crate::define) fn var(
        &self,
        entity: EntityId,
        name: &str,
        scope: &Scope,
    ) -> Option<FeatureId> {
        let of_entity = || self.vars.get(&(Owner::Entity(entity), name.to_lowercase())).copied();
        let cohort = scope.cohort.filter(|cohort| self.cohorts[cohort.0].entity == entity);
        let found = cohort.map_or_else(of_entity, |cohort| self.var_of_cohort(cohort, name));
        let (Some(own), Some(cohort)) = (scope.own.filter(|own| found == Some(*own)), cohort)
        else {
            return found;
        };
        let outer = match self.cohorts[cohort.0].extends {
            Some(parent) => self.var_of_cohort(parent, name),
            None => of_entity(),
        };
        outer.or(Some(own))
    }

    /// A var added to the rows of a table.
    pub(in crate::define) fn var_of_table(&self, table: Target, name: &str) -> Option<FeatureId> {
        let owner = match table {
            Target::Input(id) | Target::InputVars(id) => Owner::Input(id),
            Target::SqlModel(id) | Target::SqlModelVars(id) => Owner::SqlModel(id),
            _ => return None,
        };
        self.vars.get(&(owner, name.to_lowercase())).copied()
    }

    /// What a word that stands alone in a template means.
    pub(in crate::define) fn thing(&self, name: &str, scope: &Scope) -> Option<Definition> {
        if let Some(entity) = self.entity(name) {
            return Some(Definition::Entity(entity));
        }
        let lower = name.to_lowercase();
        for package in [scope.package, 0] {
            let key = (package, lower.clone());
            if let Some(input) = self.inputs.get(&key) {
                return Some(Definition::Table(Target::Input(*input)));
            }
            match self.models.get(&key) {
                Some(Model::Cohort(id)) => return Some(Definition::Cohort(*id)),
                Some(model) => return self.of_model(*model, &[]).map(Definition::Table),
                None => {}
            }
        }
        None
    }

    /// The nearest name of an entity, input or model.
    pub(in crate::define) fn nearest_thing(&self, name: &str) -> Option<String> {
        let entities = self.entities.iter().map(|e| e.name.as_str());
        let inputs = self.inputs.keys().map(|(_, name)| name.as_str());
        let models = self.models.keys().map(|(_, name)| name.as_str());
        self.near(name, entities.chain(inputs).chain(models)).map(str::to_owned)
    }

    /// The nearest var that could be meant by `name`.
    pub(in crate::define) fn nearest_var(&self, owners: &[Owner], name: &str) -> Option<String> {
        let vars = self.vars.keys().filter(|(owner, _)| owners.contains(owner));
        self.near(name, vars.map(|(_, name)| name.as_str())).map(str::to_owned)
    }
}
