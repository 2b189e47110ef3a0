//! Second pass: what every definition means, with all of its names resolved.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::define::files::raw::{
    RawCohortFilter, RawContract, RawEntity, RawExpression, RawId, RawIdType, RawInput, RawMacro,
    RawModel, RawProject, RawRows, RawRule, RawSpec, RawVar, RawViews,
};
use crate::define::names::naming::{
    InPackage, Named, entity_named, entity_of_id, is_main_id, target,
};
use crate::define::names::{Names, Scope};
use crate::define::place::Written;
use crate::define::project::{
    Cohort, CohortFilter, CohortId, CohortRule, CohortStep, EdgeSource, Entity, EntityId,
    Expression, Feature, FeatureId, FeatureTable, FeatureView, IdFilter, IdRule, IdType, IdTypeId,
    Input, InputId, Macro, OtherModel, OutputType, Owner, Package, Part, Project, RowId, Rows,
    Source, SqlBody, SqlModel, SqlModelId, Stitcher, StitcherRules, Target, Text, Window,
};
use crate::define::report::{Report, with_hint};
use crate::define::texts::macros::Macros;
use crate::define::texts::surface::plain_path;
use crate::define::texts::template::Evaluator;
use crate::model::nearest::nearest;
use crate::model::warehouse::Warehouse;

/// Tags that mark a feature as personal.
const PERSONAL_TAGS: [&str; 5] = ["pii", "personal", "personal_data", "sensitive", "gdpr"];
/// The pb release from which every var is served unless it says otherwise.
const ALL_SERVED_FROM: u32 = 49;
/// The layout from which an entity lists its id types.
const LISTED_FROM: u32 = 42;
/// How many passes a stitcher makes when the project does not say.
const MAX_ITERATIONS: u64 = 30;

/// What second pass needs beside the named definitions.
pub(super) struct Surroundings {
    pub(super) packages: Vec<Package>,
    pub(super) texts: HashMap<PathBuf, String>,
    pub(super) folders: Vec<PathBuf>,
    /// Whose rules hold, when it is said from outside.
    pub(super) warehouse: Option<Warehouse>,
}

struct Resolver<'a> {
    evaluator: Evaluator,
    names: Arc<Names>,
    packages: Vec<Option<String>>,
    schemas: Vec<Option<u32>>,
    folders: Vec<PathBuf>,
    report: &'a mut Report,
    project: Project,
    /// Why ids cannot be joined as the project means it: faults of its entities, its id types and
    /// its manual rules.
    entity_faults: HashMap<EntityId, String>,
    id_type_faults: HashMap<IdTypeId, String>,
    rules_fault: Option<String>,
    /// Vars by owner.
    owned: HashMap<Owner, Vec<FeatureId>>,
}

/// Makes the project from what `raws` still hold and everything that is named.
pub(super) fn resolve(
    mut raws: Vec<RawProject>,
    mut named: Named,
    surroundings: Surroundings,
    report: &mut Report,
) -> Project {
    let mut macros = Macros::default();
    for (package, raw) in raws.iter_mut().enumerate() {
        add_macros(&mut macros, package, raw, report);
    }
    let mut names = std::mem::take(&mut named.names);
    let connection = raws.first().and_then(|raw| raw.connection.as_ref());
    let of_connection = connection.and_then(|connection| Warehouse::in_name(&connection.text));
    names.warehouse = surroundings.warehouse.or(of_connection).unwrap_or_default();
    let names = Arc::new(names);
    let rules_fault =
        raws.first().and_then(|raw| raw.rules.as_ref()).and_then(|rules| rules.fault.clone());
    let mut project = head(&mut raws, surroundings.packages);
    project.warehouse = names.warehouse;
    let called = called_words(&surroundings.texts);
    let mut resolver = Resolver {
        evaluator: Evaluator::new(Arc::clone(&names), macros, surroundings.texts),
        packages: names.packages.clone(),
        schemas: raws.iter().map(|raw| raw.schema).collect(),
        names,
        folders: surroundings.folders,
        report,
        project,
        entity_faults: HashMap::new(),
        id_type_faults: HashMap::new(),
        rules_fault,
        owned: HashMap::new(),
    };
    resolver.all(named);
    resolver.project.macros = resolver.evaluator.macros.all;
    // What calls a macro may stand where texts are not evaluated here: in hooks, in models of other
    // kinds, in files that only a run reads.
    for made in &mut resolver.project.macros {
        made.used |= called.contains(&made.name);
    }
    resolver.project
}

/// Words before an opening bracket in any of the texts.
fn called_words(texts: &HashMap<PathBuf, String>) -> HashSet<String> {
    texts.values().flat_map(|text| called_in(text)).map(str::to_owned).collect()
}

fn called_in(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('(').filter_map(|(at, _)| {
        let before = text[..at].trim_end_matches([' ', '\t']);
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let start = before.len()
            - before.chars().rev().take_while(|c| word(*c)).map(char::len_utf8).sum::<usize>();
        let found = &before[start..];
        (!found.is_empty() && found.len() < 200).then_some(found)
    })
}

fn add_macros(macros: &mut Macros, package: usize, raw: &mut RawProject, report: &mut Report) {
    for RawMacro { name, inputs, value, within, fault } in std::mem::take(&mut raw.macros) {
        let made = Macro {
            name: name.text.clone(),
            package: raw.package.clone(),
            inputs: inputs.into_iter().map(|i| i.text).collect(),
            value: value.text,
            used: false,
            place: name.place.clone(),
        };
        if matches!(made.name.as_str(), "this" | "warehouse") {
            let found =
                report.error(&name.place, format!("a macro cannot be called `{}`", made.name));
            report.add(found.hint("this and warehouse are reserved by the template language"));
            continue;
        }
        let at = macros.all.len();
        let (inputs, value) = (made.inputs.clone(), made.value.clone());
        if let Err(first) = macros.add(package, within, made) {
            let first = &macros.all[first];
            if fault.is_none() && first.inputs == inputs && first.value.trim() == value.trim() {
                continue;
            }
            let first = &first.place;
            let hint = format!("the one in {}, line {} is used", first.file.display(), first.line);
            let message = format!("macro `{}` is defined twice", name.text);
            let found = report.error(&name.place, message).hint(hint);
            report.add(found);
        } else if let Some(fault) = fault {
            macros.faults.insert(at, fault);
        }
    }
}

fn head(raws: &mut [RawProject], packages: Vec<Package>) -> Project {
    let mut project = Project { packages, ..Project::default() };
    if let Some(raw) = raws.first_mut() {
        project.name = text_of(raw.name.take()).unwrap_or_default();
        project.schema_version = raw.schema;
        project.connection = text_of(raw.connection.take());
        project.retention = text_of(raw.retention.take());
        let tags = std::mem::take(&mut raw.tags);
        project.tags = tags.into_iter().map(|(name, about)| (name.text, text_of(about))).collect();
        project.stitcher_rules =
            raw.rules.take().filter(|r| r.enabled).map(|rules| StitcherRules {
                table: text_of(rules.table).unwrap_or_else(|| "id_stitch_rules".into()),
                include_first: rules.include_first,
            });
    }
    project
}

fn text_of(written: Option<Written>) -> Option<String> {
    written.map(|w| w.text)
}

impl Resolver<'_> {
    fn all(&mut self, named: Named) {
        for (at, of) in named.id_types.iter().enumerate() {
            self.id_type_faults.extend(of.raw.fault.clone().map(|fault| (IdTypeId(at), fault)));
        }
        for (at, of) in named.entities.iter().enumerate() {
            self.entity_faults.extend(of.raw.fault.clone().map(|fault| (EntityId(at), fault)));
        }
        let id_types: Vec<IdType> = named.id_types.iter().map(|of| self.id_type(of)).collect();
        self.project.id_types = id_types;
        self.inherit_id_filters();
        for (at, of) in named.entities.into_iter().enumerate() {
            let entity = self.entity(EntityId(at), of);
            self.project.entities.push(entity);
        }
        for (of, entity) in &named.views {
            self.feature_view(&of.raw, *entity);
        }
        for of in named.inputs {
            let input = self.input(of);
            self.project.inputs.push(input);
        }
        for of in named.sql_models {
            let model = self.sql_model(of);
            self.project.sql_models.push(model);
        }
        let mut served: HashMap<String, bool> = HashMap::new();
        for (of, _) in &named.feature_tables {
            for (name, _) in &of.raw.features {
                served.insert(name.text.to_lowercase(), true);
            }
        }
        for (at, (of, owner, entity)) in named.vars.into_iter().enumerate() {
            let feature = self.feature(FeatureId(at), of, owner, entity, &served);
            self.owned.entry(owner).or_default().push(FeatureId(at));
            self.project.features.push(feature);
        }
        for (at, of) in named.cohorts.into_iter().enumerate() {
            let broken = named.cohort_broken.get(&CohortId(at)).cloned();
            let cohort = self.cohort(CohortId(at), of, broken);
            self.project.cohorts.push(cohort);
        }
        for (of, owner) in named.feature_tables {
            let table = self.feature_table(of, owner);
            self.project.feature_tables.push(table);
        }
        for (of, entity) in named.stitchers {
            let stitcher = self.stitcher(of, entity);
            self.project.stitchers.push(stitcher);
        }
        for of in named.others {
            self.other(of);
        }
        self.fill_id_types();
        self.break_stitchers();
    }

    /// Ids are not joined by rules of which a part is not read: people who are not the same could
    /// become one.
    fn break_stitchers(&mut self) {
        for at in 0..self.project.stitchers.len() {
            let entity = self.project.stitchers[at].entity;
            let mut fault = self.entity_faults.get(&entity).or(self.rules_fault.as_ref()).cloned();
            for kind in &self.project[entity].id_types {
                let (mut next, mut steps) = (Some(*kind), 0);
                while let Some(kind) = next.filter(|_| fault.is_none() && steps < 64) {
                    fault = self.id_type_faults.get(&kind).cloned();
                    next = self.project[kind].extends;
                    steps += 1;
                }
            }
            if let Some(fault) = fault {
                self.project.stitchers[at].broken.get_or_insert(fault);
            }
        }
    }

    /// An entity that lists no id types has all that its sources of edges give, as in layouts that
    /// had no such list.
    fn fill_id_types(&mut self) {
        for at in 0..self.project.entities.len() {
            let Some(stitcher) = self.project.entities[at].stitcher else { continue };
            if !self.project.entities[at].id_types.is_empty() {
                continue;
            }
            let sources = &self.project[stitcher].sources;
            let given = sources.iter().flat_map(|s| &s.ids).filter_map(|id| id.id_type);
            let kinds: BTreeSet<IdTypeId> = given.collect();
            let entity = &self.project.entities[at];
            if !kinds.is_empty() && self.schemas[0].is_none_or(|version| version >= LISTED_FROM) {
                let message = format!("entity `{}` lists no id types", entity.name);
                let found = self.report.warning(&entity.place, message);
                self.report.add(found.hint("every id type that its inputs have takes part"));
            }
            self.project.entities[at].id_types = kinds.into_iter().collect();
        }
    }

    fn package(&self, package: usize) -> Option<String> {
        self.packages.get(package).cloned().flatten()
    }

    fn text(&mut self, written: &Written, scope: &Scope) -> Text {
        self.evaluator.text(written, scope, self.report)
    }

    fn optional(&mut self, written: Option<&Written>, scope: &Scope) -> Option<Text> {
        written.map(|written| self.text(written, scope))
    }

    fn target(&mut self, path: &Written, scope: &Scope) -> Option<Target> {
        target(&self.names, path, scope, self.report)
    }

    fn id_type(&mut self, of: &InPackage<RawIdType>) -> IdType {
        let scope = Scope { package: of.package, ..Scope::default() };
        let raw = &of.raw;
        let extends = raw.extends.as_ref().and_then(|name| self.id_type_named(name));
        let mut filters = Vec::new();
        for filter in &raw.filters {
            let rule = match &filter.rule {
                RawRule::Value(value) => IdRule::Value(self.plain(value, &scope)),
                RawRule::Regex(regex) => IdRule::Regex(self.plain(regex, &scope)),
                RawRule::Sql(rows) => IdRule::Rows(self.rows(rows, &scope)),
            };
            filters.push(IdFilter { include: filter.include, rule, place: filter.place.clone() });
        }
        let caps =
            raw.caps.iter().filter_map(|(name, most)| Some((self.id_type_named(name)?, *most)));
        IdType {
            name: raw.name.text.clone(),
            extends,
            filters,
            caps: caps.collect(),
            place: raw.name.place.clone(),
        }
    }

    /// A text that is compared as it is, its templates evaluated.
    fn plain(&mut self, written: &Written, scope: &Scope) -> String {
        if !written.text.contains("{{") && !written.text.contains("{%") {
            return written.text.clone();
        }
        let parts = self.text(written, scope).parts;
        let sql = |part: Part| if let Part::Sql(sql) = part { Some(sql) } else { None };
        let plain: Option<String> = parts.into_iter().map(sql).collect();
        plain.unwrap_or_else(|| {
            let message = "this must be plain text, but its template gives something else";
            let found = self.report.error(&written.place, message);
            self.report.add(found);
            written.text.clone()
        })
    }

    /// Puts the filters of what an id type extends before its own.
    fn inherit_id_filters(&mut self) {
        let own: Vec<(Option<IdTypeId>, Vec<IdFilter>)> =
            self.project.id_types.iter().map(|t| (t.extends, t.filters.clone())).collect();
        for at in 0..own.len() {
            let mut chain = Vec::new();
            let mut next = own[at].0;
            while let Some(parent) = next {
                if parent.0 == at || chain.contains(&parent.0) || chain.len() > 64 {
                    let kind = &self.project.id_types[at];
                    let message = format!("id type `{}` extends itself through others", kind.name);
                    let found = self.report.error(&kind.place, message);
                    self.report.add(found);
                    self.project.id_types[at].extends = None;
                    chain.clear();
                    break;
                }
                chain.push(parent.0);
                next = own[parent.0].0;
            }
            let mut filters: Vec<IdFilter> =
                chain.iter().rev().flat_map(|parent| own[*parent].1.clone()).collect();
            filters.extend(own[at].1.clone());
            self.project.id_types[at].filters = filters;
        }
    }

    fn id_type_named(&mut self, name: &Written) -> Option<IdTypeId> {
        let found = self.names.id_type(&name.text);
        if found.is_none() {
            let known = self.names.id_types.iter().map(String::as_str);
            let hint = self.report.unknown_hint(nearest(&name.text, known));
            let message = format!("`{}` is not an id type", name.text);
            let finding = with_hint(self.report.error(&name.place, message), hint);
            self.report.add(finding);
        }
        found
    }

    fn rows(&mut self, rows: &RawRows, scope: &Scope) -> Rows {
        let from = rows.from.as_ref().and_then(|path| self.target(path, scope));
        let scope = Scope { from, ..*scope };
        Rows {
            select: self.text(&rows.select, &scope),
            from,
            filter: self.optional(rows.filter.as_ref(), &scope),
        }
    }

    fn entity(&mut self, id: EntityId, of: InPackage<RawEntity>) -> Entity {
        let raw = of.raw;
        let mut id_types = Vec::new();
        for name in &raw.id_types {
            if is_main_id(&self.names, &name.text) {
                continue;
            }
            if let Some(kind) = self.id_type_named(name)
                && !id_types.contains(&kind)
            {
                id_types.push(kind);
            }
        }
        let default = format!("{}_feature_view", raw.name.text);
        Entity {
            main_id: self.names.entities[id.0].main_id.clone(),
            stitcher: self.names.entities[id.0].stitcher,
            served: self.views(&raw.views, Some(&default)),
            description: text_of(raw.description),
            id_types,
            place: raw.name.place,
            name: raw.name.text,
        }
    }

    fn views(&mut self, raw: &RawViews, main: Option<&str>) -> Vec<FeatureView> {
        let mut made = Vec::new();
        let name = raw.name.as_ref().map(|n| n.text.clone()).or_else(|| main.map(str::to_owned));
        if let Some(name) = name {
            let place = raw.name.as_ref().map(|n| n.place.clone());
            made.push(FeatureView { id_type: None, name, place });
        }
        for (id, name) in &raw.using {
            let main = is_main_id(&self.names, &id.text);
            let id_type = if main { None } else { self.id_type_named(id) };
            if id_type.is_none() && !main {
                continue;
            }
            let default = || format!("feature_view_with_{}", id.text);
            let name_text = name.as_ref().map_or_else(default, |n| n.text.clone());
            let place = Some(name.as_ref().map_or(&id.place, |n| &n.place).clone());
            if main && let Some(first) = made.iter_mut().find(|v| v.id_type.is_none()) {
                if name.is_some() {
                    *first = FeatureView { id_type: None, name: name_text, place };
                }
                continue;
            }
            made.push(FeatureView { id_type, name: name_text, place });
        }
        made
    }

    fn feature_view(&mut self, raw: &RawModel, entity: EntityId) {
        let RawSpec::FeatureView { id, views } = &raw.spec else { return };
        if raw.fault.is_some() {
            return;
        }
        let id_type = id.as_ref().filter(|id| !is_main_id(&self.names, &id.text));
        let id_type = id_type.and_then(|id| self.id_type_named(id));
        let mut more = self.views(views, None);
        if id.is_some() || more.is_empty() {
            let place = Some(raw.name.place.clone());
            more.push(FeatureView { id_type, name: raw.name.text.clone(), place });
        }
        self.project.entities[entity.0].served.extend(more);
    }

    fn ids(&mut self, raws: &[RawId], entity: Option<EntityId>, scope: &Scope) -> Vec<RowId> {
        let mut made = Vec::new();
        for raw in raws {
            let Some(entity) = entity_of_id(&self.names, raw, entity, self.report) else {
                continue;
            };
            let main = is_main_id(&self.names, &raw.id_type.text);
            let id_type = if main { None } else { self.id_type_named(&raw.id_type) };
            if id_type.is_none() && !main {
                continue;
            }
            // An id is read from the row alone: a word in it is a column, never a var.
            let scope = Scope { package: scope.package, ..Scope::default() };
            let select = self.text(&raw.select, &scope);
            let to_default_stitcher = raw.to_default_stitcher;
            let place = raw.id_type.place.clone();
            made.push(RowId { select, id_type, entity, to_default_stitcher, place });
        }
        made
    }

    fn input(&mut self, of: InPackage<RawInput>) -> Input {
        let RawInput { name, source, occurred_at, row_identifier, ids, filter, contract, fault } =
            of.raw;
        let RawContract { optional, event_stream, append_only, columns } = contract;
        let scope = Scope { package: of.package, ..Scope::default() };
        let (source, elsewhere) = self.source(source, of.package);
        // Of an id that is not read whole no more has to be said.
        let told = |id: &RawId| fault.is_none() || id.entity.is_some();
        let ids: Vec<RawId> = ids.into_iter().filter(told).collect();
        let broken = fault.or(elsewhere);
        if append_only && occurred_at.is_none() {
            let message =
                format!("input `{}` is append-only and has no `occurred_at_col`", name.text);
            let found = self.report.error(&name.place, message);
            self.report.add(found);
        }
        Input {
            package: self.package(of.package),
            source,
            occurred_at: self.optional(occurred_at.as_ref(), &scope),
            row_identifier: row_identifier.into_iter().map(|w| w.text).collect(),
            ids: self.ids(&ids, None, &scope),
            filter: self.optional(filter.as_ref(), &scope),
            optional,
            event_stream,
            append_only,
            columns: columns.into_iter().map(|(name, kind)| (name.text, text_of(kind))).collect(),
            place: name.place,
            name: name.text,
            broken,
        }
    }

    fn source(
        &mut self,
        source: Option<(&str, Written)>,
        package: usize,
    ) -> (Source, Option<String>) {
        let Some((kind, written)) = source else {
            return (Source::Elsewhere(String::new()), Some("it names no table".into()));
        };
        let extension = Path::new(&written.text).extension().and_then(|e| e.to_str());
        let is_file =
            matches!(extension, Some("csv" | "parquet" | "tsv")) && !written.text.contains("://");
        match kind {
            "view" => (Source::View(written.text), None),
            "table" if !is_file => (Source::Table(written.text), None),
            "table" | "csv" if !written.text.contains("://") => self.file(&written, package),
            _ => {
                let message = format!("`{}` is somewhere else and is not read", written.text);
                let found = self
                    .report
                    .warning(&written.place, message)
                    .hint("copy the file into the project, or name a table");
                self.report.add(found);
                (Source::Elsewhere(written.text), Some("its rows are somewhere else".into()))
            }
        }
    }

    /// A file by its path in the package that names it; it is kept by its path in the project.
    fn file(&mut self, written: &Written, package: usize) -> (Source, Option<String>) {
        let folder = self.folders.get(package).unwrap_or(&self.folders[0]);
        let inside = plain_path(&folder.join(&written.text));
        let root = &self.folders[0];
        let inside = inside.and_then(|p| p.strip_prefix(root).ok().map(Path::to_path_buf));
        if let Some(path) = inside {
            return (Source::File(path), None);
        }
        let message = format!("the file `{}` is outside the project", written.text);
        let found = self.report.error(&written.place, message).hint("it is not read");
        self.report.add(found);
        (Source::Elsewhere(written.text.clone()), Some("its file is outside the project".into()))
    }

    fn sql_model(&mut self, of: InPackage<RawModel>) -> SqlModel {
        let raw = of.raw;
        let entity =
            raw.owner.entity.as_ref().and_then(|key| entity_named(&self.names, key, self.report));
        let cohort_scope = Scope { package: of.package, ..Scope::default() };
        let cohort = raw.owner.cohort.as_ref().and_then(|path| self.target(path, &cohort_scope));
        let owner = match (cohort, entity) {
            (Some(Target::Cohort(id)), _) => Some(Owner::Cohort(id)),
            (Some(Target::Entity(id)), _) | (_, Some(id)) => Some(Owner::Entity(id)),
            _ => None,
        };
        let (cohort, entity) = match owner {
            Some(Owner::Cohort(id)) => (Some(id), Some(self.names.cohorts[id.0].entity)),
            _ => (None, entity),
        };
        let scope = Scope { package: of.package, cohort, entity, ..Scope::default() };
        let mut broken = raw.fault;
        let mut statements = false;
        let mut ids = self.ids(&raw.ids, entity, &scope);
        let sql = match raw.spec {
            RawSpec::Union(sources) => {
                let (sql, of_all) = self.union(&raw.name, &sources, &scope);
                if ids.is_empty() {
                    ids = of_all;
                }
                sql
            }
            RawSpec::Sql { single, multi } => {
                statements = single.is_none() && multi.is_some();
                let written = single.or(multi).unwrap_or_else(|| {
                    let message = format!("SQL model `{}` has no `single_sql`", raw.name.text);
                    let found = self.report.error(&raw.name.place, message);
                    self.report.add(found);
                    broken.get_or_insert("it has no SQL".to_owned());
                    Written::new("", &raw.name.place)
                });
                self.text(&written, &scope)
            }
            _ => unreachable!("a SQL model has SQL"),
        };
        if sql.parts.is_empty() {
            broken.get_or_insert("it has no SQL".to_owned());
        }
        // Features of rows with ids of one entity are that entity's, also unsaid.
        let of_ids = ids.first().map(|id| id.entity).filter(|_| !raw.features.is_empty());
        let of_ids = of_ids.filter(|entity| ids.iter().all(|id| id.entity == *entity));
        let owner = owner.or(of_ids.map(Owner::Entity));
        SqlModel {
            body: if statements { SqlBody::Statements } else { body_of(&sql) },
            package: self.package(of.package),
            owner,
            description: text_of(raw.description),
            sql,
            output: raw.output.unwrap_or(OutputType::Ephemeral),
            ids,
            occurred_at: self.optional(raw.occurred_at.as_ref(), &scope),
            features: raw
                .features
                .into_iter()
                .map(|(name, about)| (name.text, text_of(about)))
                .collect(),
            status: raw.status,
            time_grain: text_of(raw.time_grain),
            retention: text_of(raw.retention),
            place: raw.name.place,
            name: raw.name.text,
            broken,
        }
    }

    fn feature(
        &mut self,
        id: FeatureId,
        of: InPackage<RawVar>,
        owner: Owner,
        entity: EntityId,
        listed: &HashMap<String, bool>,
    ) -> Feature {
        let raw = of.raw;
        let cohort = if let Owner::Cohort(cohort) = owner { Some(cohort) } else { None };
        let outer = Scope {
            package: of.package,
            cohort,
            entity: Some(entity),
            own: Some(id),
            ..Scope::default()
        };
        let within = raw.group.as_ref().filter(|_| raw.in_feature_table);
        self.evaluator.macros.within = within.map(|name| name.text.to_lowercase());
        let from = raw.from.as_ref().and_then(|path| self.target(path, &outer));
        let is_var = matches!(owner, Owner::Entity(_) | Owner::Cohort(_));
        let of_vars = is_var && raw.from.is_none();
        let scope = Scope { from, of_vars, ..outer };
        let mut broken = raw.fault;
        if let (Some(path), None) = (&raw.from, from) {
            broken.get_or_insert(format!("it reads `{}`, which does not exist", path.text));
        }
        let windowed =
            !raw.order_by.is_empty() || !raw.partition_by.is_empty() || raw.frame.is_some();
        let old =
            self.schemas.get(of.package).copied().flatten().is_some_and(|v| v < ALL_SERVED_FROM);
        let listed = listed.is_empty() || listed.contains_key(&raw.name.text.to_lowercase());
        let texts =
            |list: &[Written], this: &mut Self| list.iter().map(|w| this.text(w, &scope)).collect();
        let plain_scope = Scope { of_vars: false, ..scope };
        let feature = Feature {
            package: self.package(of.package),
            owner,
            entity,
            group: text_of(raw.group),
            description: text_of(raw.description),
            personal: raw
                .tags
                .iter()
                .any(|t| PERSONAL_TAGS.contains(&t.text.to_lowercase().as_str())),
            tags: raw.tags.into_iter().map(|t| t.text).collect(),
            select: self
                .text(&raw.select.unwrap_or_else(|| Written::new("NULL", &raw.name.place)), &scope),
            from,
            filter: self.optional(raw.filter.as_ref(), &scope),
            window: windowed.then(|| Window {
                partition_by: texts(&raw.partition_by, self),
                order_by: texts(&raw.order_by, self),
                frame: self.optional(raw.frame.as_ref(), &plain_scope),
            }),
            default: self.optional(raw.default.as_ref(), &scope),
            data_type: self.optional(raw.data_type.as_ref(), &plain_scope),
            served: is_var && raw.served && (!old || listed),
            merge: self.optional(raw.merge.as_ref(), &plain_scope),
            merge_filter: self.optional(raw.merge_where.as_ref(), &plain_scope),
            status: raw.status,
            time_grain: text_of(raw.time_grain),
            retention: text_of(raw.retention),
            place: raw.name.place,
            name: raw.name.text,
            broken,
        };
        self.evaluator.macros.within = None;
        feature
    }

    fn cohort(&mut self, id: CohortId, of: InPackage<RawModel>, broken: Option<String>) -> Cohort {
        let raw = of.raw;
        let entity = self.names.cohorts[id.0].entity;
        // Its own vars are computed for its members, so who is a member cannot depend on them.
        let outer = self.names.cohorts[id.0].extends;
        let scope = Scope {
            package: of.package,
            cohort: outer,
            entity: Some(entity),
            of_vars: true,
            ..Scope::default()
        };
        let mut broken = broken.or(raw.fault);
        let RawSpec::Cohort { filter, views, .. } = raw.spec else {
            unreachable!("a cohort has a filter")
        };
        Cohort {
            features: self.owned.get(&Owner::Cohort(id)).cloned().unwrap_or_default(),
            package: self.package(of.package),
            entity,
            extends: self.names.cohorts[id.0].extends,
            description: text_of(raw.description),
            filter: self.cohort_filter(filter, &scope, &mut broken),
            served: self.views(&views, None),
            output: raw.output.unwrap_or_default(),
            status: raw.status,
            time_grain: text_of(raw.time_grain),
            retention: text_of(raw.retention),
            place: raw.name.place,
            name: raw.name.text,
            broken,
        }
    }

    fn cohort_filter(
        &mut self,
        raw: RawCohortFilter,
        scope: &Scope,
        broken: &mut Option<String>,
    ) -> CohortFilter {
        let of_rows = Scope { of_vars: false, ..*scope };
        let mut steps = Vec::new();
        for step in raw.steps {
            let rule = match &step.rule {
                RawRule::Value(value) => CohortRule::Condition(self.text(value, scope)),
                RawRule::Sql(rows) => CohortRule::Rows(self.rows(rows, &of_rows)),
                RawRule::Regex(regex) => {
                    let found =
                        self.report.error(&regex.place, "a step of a cohort takes no `regex`");
                    self.report.add(found.hint("write the condition as `value`"));
                    broken.get_or_insert("one of its steps has a `regex`".to_owned());
                    continue;
                }
            };
            steps.push(CohortStep { include: step.include, rule, place: step.place });
        }
        let expression = raw.expression.map(|raw| self.expression(raw, scope));
        CohortFilter { steps, expression }
    }

    fn expression(&mut self, raw: RawExpression, scope: &Scope) -> Expression {
        match raw {
            RawExpression::Condition(written) => Expression::Condition(self.text(&written, scope)),
            RawExpression::And(list) => {
                Expression::And(list.into_iter().map(|part| self.expression(part, scope)).collect())
            }
            RawExpression::Or(list) => {
                Expression::Or(list.into_iter().map(|part| self.expression(part, scope)).collect())
            }
        }
    }

    fn feature_table(&mut self, of: InPackage<RawModel>, owner: Owner) -> FeatureTable {
        let raw = of.raw;
        let (entity, cohort) = match owner {
            Owner::Cohort(id) => (self.names.cohorts[id.0].entity, Some(id)),
            Owner::Entity(id) => (id, None),
            Owner::Input(_) | Owner::SqlModel(_) => (EntityId(0), None),
        };
        let scope = Scope { package: of.package, cohort, entity: Some(entity), ..Scope::default() };
        let (mut features, mut columns) = (Vec::new(), Vec::new());
        for (name, _) in &raw.features {
            if let Some(id) = self.names.var(entity, &name.text, &scope) {
                features.push(id);
            } else if let Some(table) = self.names.columns.get(&(entity, name.text.to_lowercase()))
            {
                columns.push((*table, name.text.clone()));
            } else if name.text.contains('/') {
                match self.target(name, &scope) {
                    Some(Target::Feature(id)) => features.push(id),
                    Some(table) => columns.push((table, name.text.clone())),
                    None => {}
                }
            } else {
                self.unknown_feature(name, entity);
            }
        }
        if raw.features.is_empty() {
            let group = Some(raw.name.text.as_str());
            let own = self.owned.get(&owner).cloned().unwrap_or_default();
            let of_table = |id: &FeatureId| {
                let feature = &self.project[*id];
                feature.group.as_deref() == group && feature.served
            };
            features = own.into_iter().filter(of_table).collect();
        }
        FeatureTable {
            package: self.package(of.package),
            owner,
            features,
            columns,
            validity: text_of(raw.validity),
            retention: text_of(raw.retention),
            status: raw.status,
            place: raw.name.place,
            name: raw.name.text,
            broken: raw.fault,
        }
    }

    fn unknown_feature(&mut self, name: &Written, entity: EntityId) {
        let reported = self.names.dropped.contains(&name.text.to_lowercase());
        if reported || self.names.open_entities.contains(&entity) {
            return;
        }
        let near = self.names.nearest_var(&[Owner::Entity(entity)], &name.text);
        let hint = self.report.unknown_hint(near.as_deref());
        let entity = &self.names.entities[entity.0].name;
        let message = format!("`{entity}` has no feature `{}`", name.text);
        let found = with_hint(self.report.error(&name.place, message), hint);
        self.report.add(found);
    }

    fn stitcher(&mut self, of: Option<InPackage<RawModel>>, entity: EntityId) -> Stitcher {
        let Some(of) = of else { return self.default_stitcher(entity) };
        let raw = of.raw;
        let RawSpec::Stitcher { sources, max_iterations, overlap } = raw.spec else {
            unreachable!("a stitcher has edge sources")
        };
        let scope = Scope { package: of.package, entity: Some(entity), ..Scope::default() };
        let mut made = Vec::new();
        for source in sources {
            let Some(from) = self.target(&source.from, &scope) else { continue };
            let listed = self.ids(&source.ids, Some(entity), &scope);
            let ids = if source.ids.is_empty() { self.ids_of(from) } else { listed };
            let ids: Vec<RowId> = ids.into_iter().filter(|id| id.entity == entity).collect();
            if ids.is_empty() {
                let name = &self.names.entities[entity.0].name;
                let message =
                    format!("`{}` has no ids of `{name}` and gives no edges", source.from.text);
                let found = self.report.error(&source.from.place, message).of_part();
                self.report.add(found.hint("add `ids:` to it"));
            }
            made.push(EdgeSource { from, ids, place: source.from.place });
        }
        let mut broken = raw.fault;
        if made.is_empty() && broken.is_none() {
            let message = format!("id stitcher `{}` has no edge sources", raw.name.text);
            let found = self.report.error(&raw.name.place, message);
            self.report.add(found);
            broken = Some("it has no edge sources".to_owned());
        }
        Stitcher {
            package: self.package(of.package),
            entity,
            sources: made,
            incremental: raw.incremental.unwrap_or(true),
            overlap: text_of(overlap),
            max_iterations: max_iterations.unwrap_or(MAX_ITERATIONS),
            default: false,
            place: raw.name.place,
            name: raw.name.text,
            broken,
        }
    }

    /// The stitcher of an entity that has none: over every input with an id of it.
    fn default_stitcher(&mut self, entity: EntityId) -> Stitcher {
        let mut sources = Vec::new();
        let all = self.project.inputs.iter().flat_map(|input| &input.ids);
        let chosen = all.filter(|id| id.entity == entity).any(|id| id.to_default_stitcher);
        let takes = |id: &&RowId| id.entity == entity && (id.to_default_stitcher || !chosen);
        for (at, input) in self.project.inputs.iter().enumerate() {
            let ids: Vec<RowId> = input.ids.iter().filter(takes).cloned().collect();
            if !ids.is_empty() {
                let from = Target::Input(InputId(at));
                sources.push(EdgeSource { from, ids, place: input.place.clone() });
            }
        }
        if sources.is_empty() {
            sources = self.models_with_ids(entity);
        }
        let known = &self.project.entities[entity.0];
        let broken = sources.is_empty().then(|| format!("nothing has an id of `{}`", known.name));
        if broken.is_some() {
            let message = format!("nothing has an id of `{}`, so it has no members", known.name);
            let wanted = self.project.features.iter().any(|feature| feature.entity == entity)
                || self.project.cohorts.iter().any(|cohort| cohort.entity == entity);
            let elsewhere = self.project.packages.iter().any(|package| !package.fetched);
            let found = if wanted && !elsewhere {
                self.report.error(&known.place, message)
            } else {
                self.report.note(&known.place, message)
            };
            self.report.add(found.hint("add `ids:` to an input"));
        }
        Stitcher {
            name: format!("{}_default_id_stitcher", known.name),
            package: None,
            entity,
            sources,
            incremental: false,
            overlap: None,
            max_iterations: MAX_ITERATIONS,
            default: true,
            place: known.place.clone(),
            broken,
        }
    }

    /// SQL models whose rows have ids of an entity, for one whose ids no input has.
    fn models_with_ids(&self, entity: EntityId) -> Vec<EdgeSource> {
        let mut sources = Vec::new();
        for (at, model) in self.project.sql_models.iter().enumerate() {
            let of_entity = |id: &&RowId| id.entity == entity && id.id_type.is_some();
            let ids: Vec<RowId> = model.ids.iter().filter(of_entity).cloned().collect();
            if !ids.is_empty() {
                let from = Target::SqlModel(SqlModelId(at));
                sources.push(EdgeSource { from, ids, place: model.place.clone() });
            }
        }
        sources
    }

    /// The rows of several inputs or models, one below the other, and the ids that all of them have
    /// in the same columns.
    fn union(&mut self, name: &Written, sources: &[Written], scope: &Scope) -> (Text, Vec<RowId>) {
        let mut parts = Vec::new();
        let mut of_all: Option<Vec<RowId>> = None;
        for source in sources {
            let Some(target) = self.target(source, scope) else { continue };
            let start = if parts.is_empty() { "" } else { "\nUNION ALL BY NAME\n" };
            parts.push(Part::Sql(format!("{start}SELECT * FROM ")));
            parts.push(Part::Ref(target));
            let ids = match target {
                Target::Input(id) => self.project[id].ids.clone(),
                _ => Vec::new(),
            };
            let is_same = |a: &RowId, b: &RowId| {
                a.id_type == b.id_type
                    && a.entity == b.entity
                    && a.select.written == b.select.written
            };
            of_all = Some(match of_all {
                None => ids,
                Some(mut all) => {
                    all.retain(|one| ids.iter().any(|other| is_same(one, other)));
                    all
                }
            });
        }
        if parts.is_empty() {
            let message = format!("`{}` lists no inputs that can be read", name.text);
            let found = self.report.error(&name.place, message);
            self.report.add(found.hint("list them in `inputs:`"));
        }
        let written =
            sources.iter().map(|source| source.text.clone()).collect::<Vec<_>>().join(", ");
        let text = Text { written, parts, also: Vec::new(), place: name.place.clone() };
        (text, of_all.unwrap_or_default())
    }

    fn ids_of(&self, target: Target) -> Vec<RowId> {
        match target {
            Target::Input(id) | Target::InputVars(id) => self.project[id].ids.clone(),
            Target::SqlModel(id) | Target::SqlModelVars(id) => self.project[id].ids.clone(),
            _ => Vec::new(),
        }
    }

    fn other(&mut self, of: InPackage<RawModel>) {
        let raw = of.raw;
        let known = [
            "propensity",
            "training_model",
            "prediction_model",
            "python_model",
            "attribution",
            "attribution_report",
            "campaign_attribution_scores",
            "llm_model",
            "pyplot",
            "report_model",
            "audit_id_stitcher",
            "profiles_tutorial",
            "id_collator",
        ];
        let ours = [
            "id_stitcher",
            "sql_template",
            "common_column_union",
            "feature_table_model",
            "entity_cohort",
            "feature_view",
        ];
        let kind = &raw.kind.text;
        let finding = if raw.fault.is_some() && kind == "unknown" {
            None
        } else if known.contains(&kind.as_str()) {
            let message = format!("models of type `{kind}` are not built here");
            let found = self.report.note(&raw.kind.place, message);
            Some(found.hint("what needs its columns is left out"))
        } else {
            let near = nearest(kind, ours.into_iter().chain(known))
                .map(|n| format!("perhaps `{n}` is meant"));
            let message = format!("`{kind}` is not a type of model");
            Some(with_hint(self.report.error(&raw.kind.place, message), near))
        };
        finding.into_iter().for_each(|finding| self.report.add(finding));
        self.project.other_models.push(OtherModel {
            package: self.package(of.package),
            kind: kind.clone(),
            place: raw.name.place,
            name: raw.name.text,
        });
    }
}

/// How the SQL of a model goes on after what may come before it.
fn body_of(sql: &Text) -> SqlBody {
    let start: String = sql
        .parts
        .iter()
        .map_while(|part| match part {
            Part::Sql(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    let start = after_comments(&start);
    let word: String = start.chars().take_while(|c| c.is_alphanumeric()).collect();
    if start.starts_with(',') {
        SqlBody::Continues
    } else if word.eq_ignore_ascii_case("with") {
        SqlBody::With
    } else {
        SqlBody::Select
    }
}

fn after_comments(mut sql: &str) -> &str {
    loop {
        sql = sql.trim_start();
        let skipped = if sql.starts_with("--") {
            sql.find('\n')
        } else if sql.starts_with("/*") {
            sql.find("*/").map(|end| end + 2)
        } else {
            None
        };
        match skipped {
            Some(length) => sql = &sql[length..],
            None => return sql,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_sql_is_seen_through_comments() {
        let place = crate::define::place::Place::new(&Path::new("a").into(), 1);
        let of = |sql: &str| {
            let parts = vec![Part::Sql(sql.to_owned())];
            body_of(&Text { written: sql.into(), parts, also: Vec::new(), place: place.clone() })
        };
        assert_eq!(of("-- a\n , x AS (SELECT 1) SELECT 1"), SqlBody::Continues);
        assert_eq!(of("/* a */ with x as (select 1) select 1"), SqlBody::With);
        assert_eq!(of("SELECT * FROM (WITH x AS (SELECT 1) SELECT 1)"), SqlBody::Select);
        assert_eq!(of("withdrawals"), SqlBody::Select);
    }
}
