//! What is odd about a project whose names are all resolved.

pub(in crate::define) mod contradictions;
pub(in crate::define) mod graph;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::define::check::contradictions::Asked;
use crate::define::project::{
    CohortId, EntityId, Feature, IdTypeId, Owner, Part, Place, Project, RowId, StitcherId, Target,
    Text,
};
use crate::define::report::Report;
use crate::define::words;

/// How often something may be recomputed.
const GRAINS: [&str; 8] =
    ["tick", "10minutes", "tenminutes", "hour", "day", "week", "month", "year"];
/// Functions of windows.
const WINDOWED: [&str; 12] = [
    "first_value",
    "last_value",
    "nth_value",
    "row_number",
    "rank",
    "dense_rank",
    "percent_rank",
    "cume_dist",
    "ntile",
    "lag",
    "lead",
    "conditional_true_event",
];
/// Functions that aggregate.
const AGGREGATES: [&str; 7] = ["count(", "sum(", "avg(", "min(", "max(", "any_value(", "count_if("];

/// Reports everything odd.
pub(in crate::define) fn check(project: &Project, report: &mut Report) {
    macros(project, report);
    for at in 0..project.entities.len() {
        id_types(project, EntityId(at), report);
    }
    for (at, stitcher) in project.stitchers.iter().enumerate() {
        if project[stitcher.entity].stitcher == Some(StitcherId(at)) {
            edges(project, StitcherId(at), report);
        } else {
            let message = format!("id stitcher `{}` is not used by any entity", stitcher.name);
            let found = report.warning(&stitcher.place, message);
            report.add(found.hint("name it in `id_stitcher` of its entity"));
        }
    }
    for feature in &project.features {
        feature_oddities(project, feature, report);
    }
    let asked = Asked::of(project);
    for at in 0..project.cohorts.len() {
        cohort(project, &asked, CohortId(at), report);
    }
    grains(project, report);
    clashes(project, report);
    tags(project, report);
}

fn macros(project: &Project, report: &mut Report) {
    for made in project.macros.iter().filter(|m| !m.used && m.package.is_none()) {
        let message = format!("macro `{}` is never used", made.name);
        let found = report
            .warning(&made.place, message)
            .hint("remove it, or check the spelling of its calls");
        report.add(found);
    }
}

/// Id types of an entity that nothing supplies, or that nothing joins to the others.
fn id_types(project: &Project, id: EntityId, report: &mut Report) {
    let entity = &project[id];
    let Some(stitcher) = entity.stitcher.map(|s| &project[s]) else { return };
    if stitcher.broken.is_some() {
        return;
    }
    let mut supplied: BTreeMap<IdTypeId, Vec<&Place>> = BTreeMap::new();
    let mut groups = Groups::default();
    for source in &stitcher.sources {
        let kinds: BTreeSet<IdTypeId> = source.ids.iter().filter_map(|row| row.id_type).collect();
        for kind in &kinds {
            supplied.entry(*kind).or_default().push(&source.place);
            groups.join(*kind, *kinds.first().unwrap_or(kind));
        }
    }
    for kind in &entity.id_types {
        if !supplied.contains_key(kind) {
            let message =
                format!("no input gives `{}` an id of type `{}`", entity.name, project[*kind].name);
            let hint = match elsewhere(project, id, *kind) {
                Some(name) => {
                    format!("{name} has ids of that type: add it to the `edge_sources`")
                }
                None => "add an id of that type to an input, or take it off the list".to_owned(),
            };
            report.add(report.warning(&entity.place, message).hint(hint));
        }
    }
    for (kind, places) in &supplied {
        if !entity.id_types.contains(kind) {
            let message =
                format!("`{}` is not among the id types of `{}`", project[*kind].name, entity.name);
            let found = report.warning(places[0], message);
            report.add(found.hint("ids of that type are left out of its id graph"));
        }
    }
    let parts = groups.parts(entity.id_types.iter().filter(|kind| supplied.contains_key(kind)));
    if parts.len() > 1 {
        let names = |part: &Vec<IdTypeId>| {
            part.iter().map(|k| project[*k].name.as_str()).collect::<Vec<_>>().join(", ")
        };
        let listed: Vec<String> = parts.iter().map(names).collect();
        let message =
            format!("the id types of `{}` are not connected: {}", entity.name, listed.join(" | "));
        let found = report
            .warning(&entity.place, message)
            .hint("no input has ids of two of these groups, so one person counts once in each");
        report.add(found);
    }
}

/// What has ids of a type but is not a source of the id graph.
fn elsewhere(project: &Project, entity: EntityId, kind: IdTypeId) -> Option<&str> {
    let gives =
        |ids: &[RowId]| ids.iter().any(|id| id.entity == entity && id.id_type == Some(kind));
    let inputs = project.inputs.iter().map(|input| (&input.name, &input.ids));
    let models = project.sql_models.iter().map(|model| (&model.name, &model.ids));
    inputs.chain(models).find(|(_, ids)| gives(ids)).map(|(name, _)| name.as_str())
}

/// Which id types come together in some input.
#[derive(Default)]
struct Groups {
    parent: HashMap<IdTypeId, IdTypeId>,
}

impl Groups {
    fn root(&self, kind: IdTypeId) -> IdTypeId {
        let mut at = kind;
        while let Some(parent) = self.parent.get(&at).filter(|p| **p != at) {
            at = *parent;
        }
        at
    }

    fn join(&mut self, a: IdTypeId, b: IdTypeId) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent.insert(a.max(b), a.min(b));
    }

    fn parts<'a>(&self, kinds: impl Iterator<Item = &'a IdTypeId>) -> Vec<Vec<IdTypeId>> {
        let mut parts: BTreeMap<IdTypeId, Vec<IdTypeId>> = BTreeMap::new();
        for kind in kinds {
            parts.entry(self.root(*kind)).or_default().push(*kind);
        }
        parts.into_values().collect()
    }
}

/// Sources of edges that join nothing.
fn edges(project: &Project, id: StitcherId, report: &mut Report) {
    let stitcher = &project[id];
    for source in &stitcher.sources {
        let kinds: HashSet<Option<IdTypeId>> =
            source.ids.iter().map(|row: &RowId| row.id_type).collect();
        if source.ids.len() == 1 && kinds.len() == 1 {
            let kind = source.ids[0].id_type.map_or("main id", |k| project[k].name.as_str());
            let message = format!(
                "{} has a single id, `{kind}`, and joins nothing",
                words::target(project, source.from)
            );
            let found = report
                .note(&source.place, message)
                .hint("its rows still count for the ids they name");
            report.add(found);
        }
    }
    let mut seen = HashSet::new();
    for source in stitcher.sources.iter().filter(|_| !stitcher.default) {
        if !seen.insert(source.from) {
            let message = format!(
                "{} is listed twice as an edge source",
                words::target(project, source.from)
            );
            let found = report.warning(&source.place, message);
            report.add(found);
        }
    }
}

fn feature_oddities(project: &Project, feature: &Feature, report: &mut Report) {
    if feature.broken.is_some() || !matches!(feature.owner, Owner::Entity(_) | Owner::Cohort(_)) {
        return;
    }
    let select = plain(&feature.select);
    let bare: String = select.chars().filter(|c| !c.is_whitespace()).collect();
    let reads_rows = !matches!(
        feature.from,
        None | Some(Target::Entity(_) | Target::EntityVars(_) | Target::FeatureTable(_))
    );
    let constant = bare.starts_with('\'') || bare.parse::<f64>().is_ok();
    if reads_rows && feature.window.is_none() && !bare.contains('(') && !constant {
        let message = format!(
            "feature `{}` has many rows per {} and does not say which one counts",
            feature.name, project[feature.entity].name
        );
        let found = report
            .warning(&feature.select.place, message)
            .hint("aggregate in `select`, or add a `window`");
        report.add(found);
    }
    if feature.from.is_none()
        && feature.window.is_none()
        && AGGREGATES.iter().any(|f| bare.starts_with(f))
    {
        let message = format!("feature `{}` aggregates and has no `from`", feature.name);
        let found = report
            .warning(&feature.select.place, message)
            .hint("name the rows that it aggregates in `from`");
        report.add(found);
    }
    if feature.window.is_none()
        && !bare.contains("over(")
        && let Some(name) = WINDOWED.iter().find(|name| calls(&bare, name))
    {
        let message = format!("feature `{}` uses `{name}` and has no `window`", feature.name);
        let found = report
            .warning(&feature.select.place, message)
            .hint("add `window:` with `order_by`, which says in what order rows are read");
        report.add(found);
    }
    merge(feature, &bare, report);
}

/// Whether `sql`, in lower case and without space, calls a function.
fn calls(sql: &str, name: &str) -> bool {
    sql.match_indices(name).any(|(at, _)| {
        let inside = |c: char| c.is_alphanumeric() || c == '_';
        sql[at + name.len()..].starts_with('(') && !sql[..at].ends_with(inside)
    })
}

/// Whether the way to merge fits what is merged: a wrong pair runs, and gives wrong numbers.
fn merge(feature: &Feature, select: &str, report: &mut Report) {
    let Some(merge) = &feature.merge else { return };
    let merge_text = plain(merge).trim_start().to_lowercase();
    let right = if select.starts_with("count(distinct") || select.starts_with("median(") {
        Some("nothing: it has to be computed from scratch")
    } else if select.starts_with("count(") || select.starts_with("sum(") {
        (!merge_text.starts_with("sum(")).then_some("sum")
    } else if select.starts_with("avg(") {
        Some("nothing: it needs a sum and a count of its own")
    } else if select.starts_with("max(") {
        (!merge_text.starts_with("max(")).then_some("max")
    } else if select.starts_with("min(") {
        (!merge_text.starts_with("min(")).then_some("min")
    } else {
        None
    };
    if let Some(right) = right {
        let message = format!("the `merge` of `{}` does not fit its `select`", feature.name);
        let found = report.error(&merge.place, message).hint(format!("what fits is {right}"));
        report.add(found);
    }
}

/// The SQL of a text in lower case, references left out.
fn plain(text: &Text) -> String {
    let parts = text.parts.iter().filter_map(|part| match part {
        Part::Sql(sql) => Some(sql.as_str()),
        _ => None,
    });
    parts.collect::<String>().to_lowercase()
}

fn cohort(project: &Project, asked: &Asked<'_>, id: CohortId, report: &mut Report) {
    if project[id].broken.is_some() {
        return;
    }
    let Some(reason) = asked.never(id) else { return };
    let cohort = &project[id];
    let message = format!("cohort `{}` can never hold anyone: {reason}", cohort.name);
    let found = report.warning(&cohort.place, message).hint(
        "each step narrows what the one before it left; if either is meant, write `or` in one \
         condition",
    );
    report.add(found);
}

/// Time grains that are not known.
fn grains(project: &Project, report: &mut Report) {
    let features = project.features.iter().map(|f| (&f.time_grain, &f.place));
    let cohorts = project.cohorts.iter().map(|c| (&c.time_grain, &c.place));
    let models = project.sql_models.iter().map(|m| (&m.time_grain, &m.place));
    for (grain, place) in features.chain(cohorts).chain(models) {
        let Some(grain) = grain.as_deref().filter(|grain| !GRAINS.contains(grain)) else {
            continue;
        };
        let message = format!("`{grain}` is not a time grain");
        let found = report.warning(place, message);
        report.add(found.hint("use tick, 10minutes, hour, day, week, month or year"));
    }
}

/// Names that mean two things.
fn clashes(project: &Project, report: &mut Report) {
    let mut words = Taken::new("is the name of");
    project.entities.iter().for_each(|e| words.take(&e.name, "an entity", &e.place, report));
    project
        .inputs
        .iter()
        .filter(|i| i.package.is_none())
        .for_each(|i| words.take(&i.name, "an input", &i.place, report));
    project
        .cohorts
        .iter()
        .filter(|c| c.package.is_none())
        .for_each(|c| words.take(&c.name, "a cohort", &c.place, report));
    project
        .sql_models
        .iter()
        .filter(|m| m.package.is_none())
        .for_each(|m| words.take(&m.name, "a SQL model", &m.place, report));
    project
        .macros
        .iter()
        .filter(|m| m.package.is_none())
        .for_each(|m| words.take(&m.name, "a macro", &m.place, report));

    let mut made = Taken::new("would be made twice: for");
    for model in project.sql_models.iter().filter(|m| m.package.is_none()) {
        made.take(&model.name, "a SQL model", &model.place, report);
    }
    for table in project.feature_tables.iter().filter(|t| t.package.is_none()) {
        made.take(&table.name, "a feature table", &table.place, report);
    }
    for entity in &project.entities {
        for view in &entity.served {
            let place = view.place.as_ref().unwrap_or(&entity.place);
            made.take_once(&view.name, "a feature view", place, report);
        }
    }
    for cohort in &project.cohorts {
        for view in &cohort.served {
            let place = view.place.as_ref().unwrap_or(&cohort.place);
            made.take_once(&view.name, "a feature view", place, report);
        }
    }
    for feature in &project.features {
        let main_id = &project[feature.entity].main_id;
        let reserved = [main_id.as_str(), "valid_at", "input_row_id"];
        if let Some(column) = reserved.iter().find(|name| name.eq_ignore_ascii_case(&feature.name))
        {
            let message =
                format!("feature `{}` has the name of a column that every table has", feature.name);
            let found = report
                .error(&feature.place, message)
                .hint(format!("`{column}` is taken: rename the feature"));
            report.add(found);
        }
    }
    columns(project, report);
}

/// Features that come both from a var and from a model.
fn columns(project: &Project, report: &mut Report) {
    let served: HashMap<(EntityId, String), &Place> = project
        .features
        .iter()
        .filter(|f| matches!(f.owner, Owner::Entity(_)))
        .map(|f| ((f.entity, f.name.to_lowercase()), &f.place))
        .collect();
    for model in &project.sql_models {
        let Some(Owner::Entity(entity)) = model.owner else { continue };
        for (name, _) in &model.features {
            if let Some(first) = served.get(&(entity, name.to_lowercase())) {
                let message =
                    format!("SQL model `{}` and a var both make the feature `{name}`", model.name);
                let hint = format!(
                    "the var is in {}, line {}, and it is used",
                    first.file.display(),
                    first.line
                );
                let found = report.error(&model.place, message).hint(hint);
                report.add(found);
            }
        }
    }
}

/// Names that were taken, by what and where.
struct Taken {
    verb: &'static str,
    by: HashMap<String, (&'static str, Place)>,
}

impl Taken {
    fn new(verb: &'static str) -> Self {
        Self { verb, by: HashMap::new() }
    }

    /// Takes a name; a second taker of another kind is reported.
    fn take(&mut self, name: &str, what: &'static str, place: &Place, report: &mut Report) {
        let same_kind = self.by.get(&name.to_lowercase()).is_some_and(|(first, _)| *first == what);
        if !same_kind {
            self.take_once(name, what, place, report);
        }
    }

    /// Takes a name; any second taker is reported.
    fn take_once(&mut self, name: &str, what: &'static str, place: &Place, report: &mut Report) {
        let key = name.to_lowercase();
        let Some((first, at)) = self.by.get(&key) else {
            self.by.insert(key, (what, place.clone()));
            return;
        };
        let both = if self.verb.ends_with("of") { "of" } else { "for" };
        let whose = format!("{first} and {both} {what}");
        let hint = format!("the other is in {}, line {}", at.file.display(), at.line);
        let found = report.warning(place, format!("`{name}` {} {whose}", self.verb)).hint(hint);
        report.add(found);
    }
}

fn tags(project: &Project, report: &mut Report) {
    if project.tags.is_empty() {
        return;
    }
    let known: HashSet<&str> = project.tags.iter().map(|(name, _)| name.as_str()).collect();
    for feature in project.features.iter().filter(|f| f.package.is_none()) {
        for tag in feature.tags.iter().filter(|tag| !known.contains(tag.as_str())) {
            let message = format!("tag `{tag}` is not among the available tags");
            let found = report.note(&feature.place, message);
            let near = crate::model::nearest::nearest(tag, known.iter().copied());
            report.add(crate::define::report::with_hint(
                found,
                near.map(|n| format!("perhaps `{n}` is meant")),
            ));
        }
    }
}
