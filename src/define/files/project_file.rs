//! The project file in every layout, as one shape.

use crate::define::files::fields::{Fields, items, text};
use crate::define::files::raw::{
    RawEntity, RawFilter, RawId, RawIdType, RawPackage, RawProject, RawRows, RawRule, RawRules,
    RawViews,
};
use crate::define::files::yaml::{Kind, Node};
use crate::define::place::Written;
use crate::define::report::Report;

/// The highest layout that is known. A newer one is read as far as it is alike.
const SCHEMA_KNOWN: u32 = 96;

/// Adds what a `pb_project.yaml` says to `raw`.
pub(in crate::define) fn project_file(node: &Node, raw: &mut RawProject, report: &mut Report) {
    let Some(mut fields) = Fields::of(node, "the project file", report) else { return };
    raw.name = fields.needed("name", report);
    raw.schema = schema_version(&mut fields, report);
    raw.connection = fields.text(&["connection"], report);
    raw.folders = fields.texts("model_folders", report);
    raw.retention = fields.text(&["retention_period"], report);
    for item in fields.list("entities") {
        raw.entities.extend(entity(item, report));
    }
    for item in fields.list("id_types") {
        raw.id_types.extend(id_type(item, report));
    }
    for item in fields.list("packages") {
        raw.packages.extend(package(item, report));
    }
    for item in fields.list("available_tags") {
        raw.tags.extend(named(item, "a tag", report));
    }
    raw.rules = fields.get("id_stitcher_rules").and_then(|node| stitcher_rules(node, report));
    fields.ignore(&["description", "tags"]);
    fields.without_effect(&[
        "python_requirements",
        "carry_forward_privileges",
        "allow_beta",
        "include_untimed",
        "profile",
        "main_id_type",
        "optimizations",
    ]);
    if raw.folders.is_empty() && !fields.has("model_folders") {
        let found = report
            .warning(&fields.place, "the project file has no `model_folders`")
            .hint("every YAML file under the project is read");
        report.add(found);
    }
    fields.done_leniently(report);
}

fn schema_version(fields: &mut Fields<'_>, report: &mut Report) -> Option<u32> {
    let place = fields.place.clone();
    let Some(node) = fields.get("schema_version") else {
        let found = report
            .warning(&place, "the project file has no `schema_version`")
            .hint("names are looked up by the rules of every layout");
        report.add(found);
        return None;
    };
    let version = fields.number("schema_version", report)?;
    let version = u32::try_from(version).unwrap_or(u32::MAX);
    if version > SCHEMA_KNOWN {
        let message = format!("schema version {version} is newer than any that Muster knows");
        let found = report
            .warning(&node.place, message)
            .hint(format!("it is read as version {SCHEMA_KNOWN}"));
        report.add(found);
    }
    Some(version)
}

fn entity(node: &Node, report: &mut Report) -> Option<RawEntity> {
    let mark = report.mark();
    let mut fields = Fields::of(node, "an entity", report)?;
    let name = fields.needed("name", report);
    let mut views = RawViews::default();
    if let Some(node) = fields.any(&["feature_views", "serve_traits_360"]) {
        views = report.apart(|report| feature_views(node, report));
    }
    for item in fields.list("serve_traits") {
        views.using.extend(report.apart(|report| served(item, report)));
    }
    let mut entity = RawEntity {
        description: fields.text(&["description"], report),
        id_stitcher: fields
            .text(&["id_stitcher"], report)
            .filter(|path| !path.text.trim().is_empty()),
        id_column: fields.text(&["id_column_name"], report),
        id_types: fields.texts("id_types", report),
        views,
        name: name?,
        fault: None,
    };
    hooks(&mut fields, report);
    fields.ignore(&["tags"]);
    fields.without_effect(&["default_id_stitcher"]);
    fields.done(report);
    entity.fault = report.fault_since(mark);
    Some(entity)
}

/// `{name, using_ids: [{id, name}]}`, or the list alone.
pub(in crate::define) fn feature_views(node: &Node, report: &mut Report) -> RawViews {
    let mut views = RawViews::default();
    if let Kind::List(_) = node.kind {
        views.using = items(node).into_iter().filter_map(|item| served(item, report)).collect();
        return views;
    }
    let mark = report.mark();
    let Some(mut fields) = Fields::of(node, "`feature_views`", report) else { return views };
    views.name = fields.text(&["name"], report);
    for item in fields.list("using_ids") {
        views.using.extend(report.apart(|report| served(item, report)));
    }
    fields.ignore(&["tags", "description"]);
    fields.without_effect(&["features"]);
    fields.done(report);
    if report.fault_since(mark).is_some() { RawViews::default() } else { views }
}

fn served(node: &Node, report: &mut Report) -> Option<(Written, Option<Written>)> {
    if let Kind::Scalar { .. } = node.kind {
        return Some((text(node, "id", report)?, None));
    }
    let mark = report.mark();
    let mut fields = Fields::of(node, "a feature view", report)?;
    let id = fields.text(&["id", "id_served"], report);
    let name = fields.text(&["name"], report);
    if id.is_none() {
        let found = report.error(&fields.place, "a feature view has no `id`");
        report.add(found);
    }
    fields.ignore(&["tags", "description"]);
    fields.done(report);
    if report.fault_since(mark).is_some() { None } else { Some((id?, name)) }
}

fn id_type(node: &Node, report: &mut Report) -> Option<RawIdType> {
    if let Kind::Scalar { .. } = node.kind {
        let name = text(node, "name", report)?;
        return Some(RawIdType {
            name,
            extends: None,
            filters: Vec::new(),
            caps: Vec::new(),
            fault: None,
        });
    }
    let mark = report.mark();
    let mut fields = Fields::of(node, "an id type", report)?;
    let name = fields.needed("name", report);
    let extends = fields.text(&["extends"], report);
    let filters =
        fields.list("filters").into_iter().filter_map(|item| filter(item, report)).collect();
    let mut caps = Vec::new();
    for item in fields.list("maximum_edges") {
        caps.extend(edge_caps(item, report));
    }
    fields.ignore(&["description"]);
    fields.done(report);
    Some(RawIdType { name: name?, extends, filters, caps, fault: report.fault_since(mark) })
}

fn edge_caps(node: &Node, report: &mut Report) -> Vec<(Written, u64)> {
    let Kind::Map(entries) = &node.kind else {
        let found = report.error(&node.place, "`maximum_edges` lists pairs like `user_id: 3`");
        report.add_fault(found);
        return Vec::new();
    };
    let mut caps = Vec::new();
    for (key, value) in entries {
        let number = text(value, &key.text, report).and_then(|w| w.text.parse().ok());
        match number {
            Some(number) => caps.push((key.clone(), number)),
            None => {
                let message = format!("the cap for `{}` must be a whole number", key.text);
                let found = report.error(&value.place, message);
                report.add_fault(found);
            }
        }
    }
    caps
}

/// One include or exclude filter of an id type, or one step of a cohort's pipeline.
pub(in crate::define) fn filter(node: &Node, report: &mut Report) -> Option<RawFilter> {
    let mut fields = Fields::of(node, "a filter", report)?;
    let kind = fields.needed("type", report);
    let include = match kind.as_ref().map(|k| k.text.to_lowercase()) {
        Some(kind) if kind == "include" => Some(true),
        Some(kind) if kind == "exclude" => Some(false),
        Some(kind) => {
            let found = report.error(
                &fields.place,
                format!("the type of a filter must be include or exclude, not `{kind}`"),
            );
            report.add_fault(found);
            None
        }
        None => None,
    };
    let value = fields.text(&["value"], report);
    let regex = fields.text(&["regex"], report);
    let sql = fields.get("sql").and_then(|node| rows(node, report));
    let place = fields.place.clone();
    fields.ignore(&["description"]);
    fields.done(report);
    let mut rules: Vec<RawRule> = value.map(RawRule::Value).into_iter().collect();
    rules.extend(regex.map(RawRule::Regex));
    rules.extend(sql.map(RawRule::Sql));
    if rules.len() != 1 {
        let said = if rules.is_empty() { "none" } else { "several" };
        let found = report
            .error(
                &place,
                format!(
                    "a filter takes one of `value`, `regex` and `sql`, but this one has {said}"
                ),
            )
            .hint("the definition it is in is not built");
        report.add_fault(found);
    }
    let rule = rules.into_iter().next()?;
    Some(RawFilter { include: include?, rule, place })
}

/// `{select, from, where}`.
pub(in crate::define) fn rows(node: &Node, report: &mut Report) -> Option<RawRows> {
    let mut fields = Fields::of(node, "`sql` of a filter", report)?;
    let select = fields.needed("select", report);
    let from = fields.needed("from", report);
    let filter = fields.text(&["where"], report);
    fields.done(report);
    Some(RawRows { select: select?, from, filter })
}

fn package(node: &Node, report: &mut Report) -> Option<RawPackage> {
    let mark = report.mark();
    let mut fields = Fields::of(node, "a package", report)?;
    let name = fields.needed("name", report);
    let url = fields.text(&["url", "gitUrl", "git_url", "path"], report);
    let mut mapped = Vec::new();
    if let Some(node) = fields.any(&["inputsMap", "inputs_map", "remapping"]) {
        mapped = inputs_map(node, report);
    }
    let mut disabled = Vec::new();
    for item in fields.list("overrides") {
        disabled.extend(overrides(item, report));
    }
    fields.ignore(&["description"]);
    fields.without_effect(&["branch", "tag", "version"]);
    fields.done(report);
    Some(RawPackage { name: name?, url, mapped, disabled, fault: report.fault_since(mark) })
}

fn inputs_map(node: &Node, report: &mut Report) -> Vec<(Written, Option<Written>)> {
    let Kind::Map(entries) = &node.kind else {
        let found = report
            .error(&node.place, format!("`inputsMap` must be a mapping, not {}", node.what()));
        report.add_fault(found);
        return Vec::new();
    };
    let mut mapped = Vec::new();
    for (key, value) in entries {
        let to = match &value.kind {
            Kind::Nothing => None,
            _ => text(value, &key.text, report)
                .filter(|w| !matches!(w.text.as_str(), "nil" | "null")),
        };
        mapped.push((key.clone(), to));
    }
    mapped
}

/// What the overrides of a package switch off. Other overrides change nothing that is read here.
fn overrides(node: &Node, report: &mut Report) -> Vec<Written> {
    let Some(mut fields) = Fields::of(node, "an override", report) else { return Vec::new() };
    let status = fields.text(&["requested_enable_status", "enable_status"], report);
    let models = fields.texts("models", report);
    fields.without_effect(&["materialization", "time_grain", "retention_period"]);
    fields.done(report);
    if status.is_some_and(|s| s.text == "disabled") { models } else { Vec::new() }
}

fn stitcher_rules(node: &Node, report: &mut Report) -> Option<RawRules> {
    let mark = report.mark();
    let mut fields = Fields::of(node, "`id_stitcher_rules`", report)?;
    let mut rules = RawRules {
        enabled: fields.flag("enabled", report).unwrap_or(false),
        table: fields.text(&["table_name"], report),
        include_first: fields.text(&["priority"], report).is_some_and(|p| p.text == "include"),
        fault: None,
    };
    fields.done(report);
    rules.fault = report.fault_since(mark);
    Some(rules)
}

/// `{name, description}`, or the name alone.
pub(in crate::define) fn named(
    node: &Node,
    what: &'static str,
    report: &mut Report,
) -> Option<(Written, Option<Written>)> {
    if let Kind::Scalar { .. } = node.kind {
        return Some((text(node, "name", report)?, None));
    }
    let mut fields = Fields::of(node, what, report)?;
    let name = fields.needed("name", report);
    let description = fields.text(&["description"], report);
    fields.ignore(&["tags", "color", "is_feature", "data_type", "column_data_type"]);
    fields.done_leniently(report);
    Some((name?, description))
}

/// `ids:` of an input, a SQL model or an edge source.
pub(in crate::define) fn ids(list: Vec<&Node>, report: &mut Report) -> Vec<RawId> {
    list.into_iter().filter_map(|node| id(node, report)).collect()
}

fn id(node: &Node, report: &mut Report) -> Option<RawId> {
    let mut fields = Fields::of(node, "an id", report)?;
    let select = fields.needed("select", report);
    let id_type = fields.needed("type", report);
    let entity = fields.text(&["entity", "entity_key"], report);
    let to_default_stitcher = fields.flag("to_default_stitcher", report).unwrap_or(false);
    fields.ignore(&["description"]);
    fields.done(report);
    Some(RawId { select: select?, id_type: id_type?, entity, to_default_stitcher })
}

/// `hooks` are known and not carried out.
pub(in crate::define) fn hooks(fields: &mut Fields<'_>, report: &mut Report) {
    if let Some(node) = fields.get("hooks") {
        let found = report
            .note(&node.place, "hooks are not run")
            .hint("run their SQL before or after the build");
        report.add(found);
    }
}
