//! The files of the model folders in every layout, as one shape: inputs, models, vars, macros.

use std::sync::Arc;

use crate::define::files::fields::{Fields, items, text};
use crate::define::files::project_file::{feature_views, filter, hooks, ids, named};
use crate::define::files::raw::{
    RawCohortFilter, RawContract, RawEdgeSource, RawExpression, RawInput, RawMacro, RawModel,
    RawOwner, RawProject, RawSpec, RawStep, RawVar, RawViews,
};
use crate::define::files::yaml::{Kind, Node};
use crate::define::place::Written;
use crate::define::project::{EnableStatus, OutputType};
use crate::define::report::Report;

/// How kinds of vars are called, also in the first layouts, and whether they are of rows.
const VARS: [(&str, bool); 6] = [
    ("entity_var", false),
    ("input_var", true),
    ("table_var", true),
    ("entityvar", false),
    ("inputvar", true),
    ("tablevar", true),
];
/// How deep AND and OR may nest.
const EXPRESSION_DEPTH_MAX: usize = 32;

/// Adds what a file of a model folder says to `raw`.
pub(in crate::define) fn model_file(node: &Node, raw: &mut RawProject, report: &mut Report) {
    if matches!(node.kind, Kind::Nothing) {
        return;
    }
    let Some(mut fields) = Fields::of(node, "a model file", report) else { return };
    for item in fields.list("inputs") {
        raw.inputs.extend(input(item, report));
    }
    for item in fields.list("models") {
        let (model, inside) = model(item, report);
        raw.models.extend(model);
        raw.vars.extend(inside.vars);
        raw.macros.extend(inside.macros);
    }
    for item in fields.list("var_groups") {
        raw.vars.extend(var_group(item, report));
    }
    for item in fields.list("macros") {
        raw.macros.extend(template_macro(item, report));
    }
    fields.ignore(&["version", "schema_version"]);
    fields.without_effect(&["optimizations"]);
    fields.done_leniently(report);
}

fn input(node: &Node, report: &mut Report) -> Option<RawInput> {
    let mark = report.mark();
    let mut fields = Fields::of(node, "an input", report)?;
    let name = fields.needed("name", report);
    let mut input = RawInput {
        name: name?,
        source: None,
        occurred_at: None,
        row_identifier: Vec::new(),
        ids: Vec::new(),
        filter: None,
        contract: RawContract::default(),
        fault: None,
    };
    // The old layout has these beside the name, the newer one inside `app_defaults`.
    input_table(&mut fields, &mut input, report);
    if let Some(node) = fields.get("app_defaults")
        && let Some(mut inner) = Fields::of(node, "`app_defaults`", report)
    {
        input_table(&mut inner, &mut input, report);
        inner.done(report);
    }
    if let Some(node) = fields.get("contract") {
        input.contract = contract(node, report).unwrap_or_default();
    }
    fields.ignore(&["source_metadata", "description", "tags"]);
    fields.without_effect(&["remapping", "time_grain", "retention_period"]);
    fields.done(report);
    input.fault = report.fault_since(mark);
    if input.source.is_none() {
        let found = report
            .error(
                &input.name.place,
                format!("input `{}` has no table, view or file", input.name.text),
            )
            .hint("add `table:` inside `app_defaults`");
        report.add(found);
    }
    Some(input)
}

fn input_table(fields: &mut Fields<'_>, input: &mut RawInput, report: &mut Report) {
    for kind in ["table", "view", "csv", "s3"] {
        let Some(written) = fields.text(&[kind], report) else { continue };
        match &input.source {
            None => input.source = Some((kind, written)),
            Some((first, _)) => {
                let message =
                    format!("input `{}` has both `{first}` and `{kind}`", input.name.text);
                let found =
                    report.error(&written.place, message).hint(format!("`{first}` is used"));
                report.add(found);
            }
        }
    }
    input.occurred_at = fields.text(&["occurred_at_col"], report).or(input.occurred_at.take());
    input.filter = fields.text(&["where"], report).or(input.filter.take());
    input.row_identifier.extend(fields.texts("row_identifier", report));
    let list = fields.list("ids");
    input.ids.extend(ids(list, report));
    fields.without_effect(&["is_event_stream", "is_append_only"]);
}

fn contract(node: &Node, report: &mut Report) -> Option<RawContract> {
    let mut fields = Fields::of(node, "`contract`", report)?;
    let mut contract = RawContract {
        optional: fields.flag("is_optional", report).unwrap_or(false),
        event_stream: fields.flag("is_event_stream", report).unwrap_or(false),
        append_only: fields.flag("is_append_only", report).unwrap_or(false),
        columns: Vec::new(),
    };
    for item in fields.list("with_columns") {
        if let Kind::Scalar { .. } = item.kind {
            contract.columns.extend(text(item, "name", report).map(|name| (name, None)));
            continue;
        }
        let Some(mut column) = Fields::of(item, "a column of a contract", report) else { continue };
        let name = column.needed("name", report);
        let datatype = column.text(&["datatype", "data_type"], report);
        column.ignore(&["is_optional", "description"]);
        column.done_leniently(report);
        contract.columns.extend(name.map(|name| (name, datatype)));
    }
    fields.ignore(&["with_entity_ids", "description"]);
    fields.done_leniently(report);
    Some(contract)
}

fn template_macro(node: &Node, report: &mut Report) -> Option<RawMacro> {
    let mark = report.mark();
    let mut fields = Fields::of(node, "a macro", report)?;
    let name = fields.needed("name", report);
    let inputs = fields.texts("inputs", report);
    let value = fields.needed("value", report);
    fields.ignore(&["description"]);
    fields.done(report);
    let (name, fault) = (name?, report.fault_since(mark));
    let value = value.unwrap_or_else(|| Written::new("", &name.place));
    Some(RawMacro { name, inputs, value, within: None, fault })
}

fn owner(fields: &mut Fields<'_>, report: &mut Report) -> RawOwner {
    let owner = RawOwner {
        entity: fields.text(&["entity_key"], report),
        cohort: fields.text(&["entity_cohort"], report),
    };
    if let (Some(_), Some(cohort)) = (&owner.entity, &owner.cohort) {
        let found = report
            .error(&cohort.place, "`entity_key` and `entity_cohort` cannot be combined")
            .hint("`entity_cohort` is used");
        report.add(found);
    }
    owner
}

fn var_group(node: &Node, report: &mut Report) -> Vec<RawVar> {
    let mark = report.mark();
    let Some(mut fields) = Fields::of(node, "a var group", report) else { return Vec::new() };
    let group = fields.needed("name", report);
    let owner = owner(&mut fields, report);
    if owner.entity.is_none() && owner.cohort.is_none() {
        let found =
            report.error(&fields.place, "a var group has neither `entity_key` nor `entity_cohort`");
        report.add(found);
    }
    let time_grain = fields.text(&["time_grain"], report);
    let list = fields.list("vars");
    let mut vars = report.apart(|report| vars(list, &owner, report));
    fields.ignore(&["description", "tags"]);
    fields.without_effect(&["materialization", "retention_period"]);
    fields.done(report);
    let fault = report.fault_since(mark);
    for var in &mut vars {
        var.group.clone_from(&group);
        var.time_grain = var.time_grain.take().or_else(|| time_grain.clone());
        var.fault = var.fault.take().or_else(|| fault.clone());
    }
    vars
}

fn vars(list: Vec<&Node>, owner: &RawOwner, report: &mut Report) -> Vec<RawVar> {
    let mut vars = Vec::new();
    for item in list {
        let Some(mut fields) = Fields::of(item, "an item of `vars`", report) else { continue };
        let (mark, first) = (report.mark(), vars.len());
        let mut kinds = 0;
        for (key, of_input) in VARS {
            let Some(node) = fields.get(key) else { continue };
            kinds += 1;
            vars.extend(report.apart(|report| var(node, of_input, owner, report)));
        }
        if kinds == 0 && !fields.is_empty() && !fields.has("name") && !fields.has("select") {
            // Something else is written in place of the kind of var.
            fields.done(report);
            continue;
        }
        if kinds == 0 {
            let found = report
                .error(&fields.place, "an item of `vars` is neither an `entity_var` nor an `input_var`")
                .hint("check the indentation: the fields of a var stand one level below `- entity_var:`");
            report.add(found);
            continue;
        }
        fields.done(report);
        let fault = report.fault_since(mark);
        for var in &mut vars[first..] {
            var.fault = var.fault.take().or_else(|| fault.clone());
        }
    }
    vars
}

fn var(node: &Node, of_input: bool, owner: &RawOwner, report: &mut Report) -> Option<RawVar> {
    let mark = report.mark();
    let what = if of_input { "an input_var" } else { "an entity_var" };
    let mut fields = Fields::of(node, what, report)?;
    let name = fields.needed("name", report);
    let materialization = materialization(fields.get("materialization"), report);
    let mut var = RawVar {
        of_input,
        name: name?,
        owner: owner.clone(),
        group: None,
        in_feature_table: false,
        select: fields.needed("select", report),
        from: fields.text(&["from"], report),
        filter: fields.text(&["where"], report),
        order_by: Vec::new(),
        partition_by: fields.texts("partition_by", report),
        frame: None,
        default: fields.text(&["default_value", "default"], report),
        served: fields.flag("is_feature", report).unwrap_or(true),
        description: fields.text(&["description"], report),
        tags: fields.texts("tags", report),
        data_type: fields.text(&["column_data_type"], report),
        merge: fields.text(&["merge"], report),
        merge_where: fields.text(&["merge_where"], report),
        status: materialization.status,
        time_grain: fields.text(&["time_grain"], report),
        retention: fields.text(&["retention_period"], report),
        fault: None,
    };
    if let Some(node) = fields.get("window") {
        window(node, &mut var, report);
    }
    fields.without_effect(&["dependencies", "delta_update", "lookback", "contract", "merge_type"]);
    fields.done(report);
    var.fault = report.fault_since(mark);
    Some(var)
}

fn window(node: &Node, var: &mut RawVar, report: &mut Report) {
    let Some(mut fields) = Fields::of(node, "`window`", report) else { return };
    var.order_by = fields.texts("order_by", report);
    var.partition_by.extend(fields.texts("partition_by", report));
    var.frame = fields.text(&["frame_clause"], report);
    fields.done(report);
}

#[derive(Default)]
struct Materialization {
    output: Option<OutputType>,
    incremental: Option<bool>,
    status: EnableStatus,
}

fn materialization(node: Option<&Node>, report: &mut Report) -> Materialization {
    let mut made = Materialization::default();
    let Some(mut fields) = node.and_then(|n| Fields::of(n, "`materialization`", report)) else {
        return made;
    };
    if let Some(written) = fields.text(&["output_type"], report) {
        made.output = OutputType::of(&written.text);
        if made.output.is_none() {
            let message = format!("`{}` is not a kind of output", written.text);
            let found = report
                .warning(&written.place, message)
                .hint("use table, view, ephemeral, column, none, image, report or shell");
            report.add(found);
        }
    }
    made.incremental = fields.text(&["run_type"], report).map(|w| w.text == "incremental");
    if let Some(written) = fields.text(&["enable_status", "requested_enable_status"], report) {
        match EnableStatus::of(&written.text) {
            Some(status) => made.status = status,
            None => {
                let found = report
                    .warning(&written.place, format!("`{}` is not an enable status", written.text))
                    .hint("use good_to_have, must_have, only_if_necessary or disabled");
                report.add(found);
            }
        }
    }
    fields.without_effect(&["symlinks", "enabled"]);
    fields.done(report);
    made
}

/// What stands inside the `model_spec` of an old feature table.
#[derive(Default)]
struct Inside {
    vars: Vec<RawVar>,
    macros: Vec<RawMacro>,
}

fn model(node: &Node, report: &mut Report) -> (Option<RawModel>, Inside) {
    let mark = report.mark();
    let none = Inside::default;
    let Some(mut fields) = Fields::of(node, "a model", report) else { return (None, none()) };
    let name = fields.needed("name", report);
    let kind = fields.needed("model_type", report);
    let description = fields.text(&["description"], report);
    let spec = fields.get("model_spec");
    hooks(&mut fields, report);
    let beside = materialization(fields.get("materialization"), report);
    fields.ignore(&["tags"]);
    if spec.is_none() {
        let found = report.error(&fields.place, "a model has no `model_spec`");
        report.add_fault(found);
    }
    fields.done(report);
    let Some(name) = name else { return (None, none()) };
    let fields = spec.and_then(|spec| Fields::of(spec, "this `model_spec`", report));
    let (Some(kind), Some(mut fields)) = (kind, fields) else {
        return (Some(unread(name, report.fault_since(mark))), none());
    };
    let materialization = match fields.get("materialization") {
        Some(node) => materialization(Some(node), report),
        None => beside,
    };
    let owner = owner(&mut fields, report);
    let id_list = fields.list("ids");
    let mut model = RawModel {
        output: materialization.output,
        incremental: materialization.incremental,
        status: materialization.status,
        time_grain: fields.text(&["time_grain"], report),
        retention: fields.text(&["retention_period"], report),
        validity: fields.text(&["validity_time"], report),
        ids: ids(id_list, report),
        occurred_at: fields.text(&["occurred_at_col"], report),
        features: Vec::new(),
        description: fields.text(&["description"], report).or(description),
        spec: RawSpec::Other,
        fault: None,
        owner,
        name,
        kind,
    };
    hooks(&mut fields, report);
    fields.ignore(&["contract", "tags"]);
    fields.without_effect(&["compatibility_mode"]);
    let mut inside = model_spec(&mut model, &mut fields, report);
    if !matches!(model.spec, RawSpec::Other) {
        fields.done(report);
    }
    model.fault = report.fault_since(mark);
    for var in &mut inside.vars {
        var.fault = var.fault.take().or_else(|| model.fault.clone());
    }
    (Some(model), inside)
}

/// A model of which no more than its name is read.
fn unread(name: Written, fault: Option<String>) -> RawModel {
    RawModel {
        kind: Written::new("unknown", &name.place),
        owner: RawOwner::default(),
        output: None,
        incremental: None,
        status: EnableStatus::default(),
        time_grain: None,
        retention: None,
        validity: None,
        ids: Vec::new(),
        occurred_at: None,
        features: Vec::new(),
        description: None,
        spec: RawSpec::Other,
        fault,
        name,
    }
}

/// The part of a `model_spec` that belongs to its type, and what old feature tables hold.
fn model_spec(model: &mut RawModel, fields: &mut Fields<'_>, report: &mut Report) -> Inside {
    let mut inside = Inside::default();
    if model.kind.text == "feature_view" {
        // A view has all features that are served.
        fields.without_effect(&["features"]);
    } else if model.kind.text != "id_stitcher" {
        for item in fields.list("features") {
            model.features.extend(named(item, "a feature", report));
        }
    }
    model.spec = match model.kind.text.as_str() {
        "id_stitcher" => {
            let list = fields.list("edge_sources");
            let sources = list.into_iter().filter_map(|n| edge_source(n, report)).collect();
            fields.without_effect(&[
                "main_id_type",
                "main_id",
                "is_default",
                "id_types",
                // What is logged about edges and nodes: the id graph has it all.
                "log_direct_edge_info",
                "log_node_metadata",
            ]);
            RawSpec::Stitcher {
                sources,
                max_iterations: fields.number("max_iterations", report),
                overlap: fields.text(&["incremental_timedelta"], report),
            }
        }
        "sql_template" => RawSpec::Sql {
            single: fields.text(&["single_sql"], report),
            multi: fields.text(&["multi_sql"], report),
        },
        kind if kind.starts_with("common_column_union") => {
            RawSpec::Union(fields.texts("inputs", report))
        }
        "feature_table_model" => {
            let list = fields.list("vars");
            inside.vars = report.apart(|report| vars(list, &model.owner, report));
            for var in &mut inside.vars {
                var.group = Some(model.name.clone());
                var.in_feature_table = true;
            }
            for item in fields.list("macros") {
                let made = report.apart(|report| template_macro(item, report));
                let within = Some(model.name.text.to_lowercase());
                inside.macros.extend(made.map(|made| RawMacro { within, ..made }));
            }
            fields.without_effect(&["dependencies"]);
            RawSpec::FeatureTable
        }
        "entity_cohort" => RawSpec::Cohort {
            extends: fields.text(&["extends"], report),
            filter: cohort_filter(fields, report),
            views: fields
                .any(&["feature_views", "serve_traits_360"])
                .map_or_else(RawViews::default, |n| report.apart(|r| feature_views(n, r))),
        },
        "feature_view" => RawSpec::FeatureView {
            id: fields.text(&["id", "using_id", "id_served"], report),
            views: fields
                .any(&["feature_views", "using_ids"])
                .map_or_else(RawViews::default, |node| feature_views(node, report)),
        },
        _ => {
            if let Some(node) = fields.get("prediction") {
                model.features.extend(predicted(node));
            }
            RawSpec::Other
        }
    };
    inside
}

/// Names of the columns that a prediction gives: `output_columns: {score: {name: …}, …}`.
fn predicted(node: &Node) -> Vec<(Written, Option<Written>)> {
    let inside = |node: &Node, name: &str| match &node.kind {
        Kind::Map(entries) => {
            entries.iter().find(|(key, _)| key.text == name).map(|(_, value)| Arc::clone(value))
        }
        _ => None,
    };
    let Some(columns) = inside(node, "output_columns") else { return Vec::new() };
    let Kind::Map(columns) = &columns.kind else { return Vec::new() };
    let mut found = Vec::new();
    for (_, column) in columns {
        // What is wrong with a model that is not built here is of no interest.
        let mut silent = Report::default();
        let name = inside(column, "name").and_then(|name| text(&name, "name", &mut silent));
        found.extend(name.map(|name| (name, None)));
    }
    found
}

fn edge_source(node: &Node, report: &mut Report) -> Option<RawEdgeSource> {
    if let Kind::Scalar { .. } = node.kind {
        return Some(RawEdgeSource { from: text(node, "from", report)?, ids: Vec::new() });
    }
    let mut fields = Fields::of(node, "an edge source", report)?;
    let from = fields.text(&["from", "inputs"], report);
    let list = fields.list("ids");
    let ids = ids(list, report);
    if from.is_none() {
        let found = report.error(&fields.place, "an edge source has no `from`");
        report.add_fault(found);
    }
    fields.done(report);
    Some(RawEdgeSource { from: from?, ids })
}

fn cohort_filter(fields: &mut Fields<'_>, report: &mut Report) -> RawCohortFilter {
    let mut made = RawCohortFilter::default();
    for item in fields.list("filter_pipeline") {
        made.steps.extend(filter(item, report).map(|found| RawStep {
            include: found.include,
            rule: found.rule,
            place: found.place,
        }));
    }
    if let Some(node) = fields.get("filter_expression") {
        made.expression = expression(node, 0, report);
        if !made.steps.is_empty() {
            let found = report
                .error(&node.place, "`filter_pipeline` and `filter_expression` cannot be combined")
                .hint("here both have to hold");
            report.add(found);
        }
    }
    made
}

fn expression(node: &Node, depth: usize, report: &mut Report) -> Option<RawExpression> {
    if depth > EXPRESSION_DEPTH_MAX {
        let message = format!("AND and OR nest deeper than {EXPRESSION_DEPTH_MAX}");
        let found = report.error(&node.place, message);
        report.add_fault(found);
        return None;
    }
    match &node.kind {
        Kind::Scalar { .. } => {
            text(node, "filter_expression", report).map(RawExpression::Condition)
        }
        Kind::Map(entries) => {
            let mut parts = Vec::new();
            for (key, value) in entries {
                let inner: Vec<RawExpression> = items(value)
                    .into_iter()
                    .filter_map(|item| expression(item, depth + 1, report))
                    .collect();
                parts.extend(group(key, inner, report));
            }
            (!parts.is_empty()).then(|| one_or_all(parts))
        }
        Kind::List(list) => {
            let parts: Vec<RawExpression> =
                list.iter().filter_map(|item| expression(item, depth + 1, report)).collect();
            (!parts.is_empty()).then(|| one_or_all(parts))
        }
        Kind::Nothing => None,
    }
}

/// Several parts beside each other all have to hold.
fn one_or_all(mut parts: Vec<RawExpression>) -> RawExpression {
    if parts.len() == 1 { parts.remove(0) } else { RawExpression::And(parts) }
}

fn group(key: &Written, inner: Vec<RawExpression>, report: &mut Report) -> Option<RawExpression> {
    if inner.is_empty() {
        let found = report.error(&key.place, format!("`{}` holds no condition", key.text));
        report.add_fault(found);
        return None;
    }
    match key.text.to_uppercase().as_str() {
        "AND" => Some(RawExpression::And(inner)),
        "OR" => Some(RawExpression::Or(inner)),
        _ => {
            let found = report
                .error(&key.place, format!("`{}` is not a key of a filter expression", key.text))
                .hint("use AND or OR; the definition it is in is not built");
            report.add_fault(found);
            Some(RawExpression::And(inner))
        }
    }
}
