//! A plan as files: one of SQL per step, in the order in which they run, and `plan.json`.

use super::{Plan, Run, Step, Work};
use crate::define::{Item, Owner, Place, Project};
use crate::sql::{Sql, ident, object};
use serde::Serialize;
use std::fmt::Write as _;
use std::path::Path;

/// A file of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFile {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// The files of a plan for a run. Run in the order of their names in a DuckDB shell that stands in
/// the folder `root` of the project, on a file with the tables that the inputs name, they build
/// the run.
pub fn files(plan: &Plan, project: &Project, run: &Run, root: &Path) -> Vec<PlannedFile> {
    let digits = (plan.steps.len() + 1).to_string().len().max(3);
    let named = |at: usize, name: &str| format!("{:0digits$}_{}.sql", at + 1, slug(name));
    let mut files = Vec::new();
    for (at, step) in plan.steps.iter().enumerate() {
        let mut text = head(plan, step, run);
        for statement in step.statements(run).iter().map(|s| s.whole().to_string()) {
            let _ = writeln!(text, "{statement};\n");
        }
        let text = format!("{}\n", text.trim_end());
        files.push(PlannedFile { name: named(at, &step.name), text });
    }
    let mut text = String::from("-- The latest views: each shows what this run made.\n\n");
    for statement in views(plan, run) {
        let _ = writeln!(text, "{statement};");
    }
    files.push(PlannedFile { name: named(plan.steps.len(), "latest views"), text });
    let names: Vec<String> = files.iter().map(|file| file.name.clone()).collect();
    files.push(PlannedFile {
        name: "plan.json".into(),
        text: json(plan, project, run, &names, root),
    });
    files.push(PlannedFile { name: "plan.svg".into(), text: super::picture(plan, project) });
    files
}

/// Statements that make the latest views show this run.
pub fn views(plan: &Plan, run: &Run) -> Vec<Sql> {
    let view = |view: &super::View| {
        let statement = Sql::fill(
            "CREATE OR REPLACE VIEW {} AS SELECT * FROM {}",
            &[&ident(&view.name), &object(&view.of)],
        );
        run.settled(&statement)
    };
    plan.views.iter().map(view).collect()
}

/// What a step makes and from what, as comments.
fn head(plan: &Plan, step: &Step, run: &Run) -> String {
    let mut text = String::new();
    for line in &step.about {
        let _ = writeln!(text, "-- {}", line.replace(['\n', '\r'], " "));
    }
    let list =
        |names: Vec<String>| if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    let makes = match &step.work {
        Work::Session if step.makes.is_empty() => "functions and a schema".to_owned(),
        _ => list(step.makes.iter().map(|name| run.settle(name)).collect()),
    };
    let reads = step.reads.iter().map(|at| plan.steps[*at].name.clone()).collect();
    let _ = writeln!(text, "-- Makes: {makes}");
    let _ = writeln!(text, "-- From: {}\n", list(reads));
    text
}

/// A name as a part of a file name.
fn slug(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_alphanumeric() {
            out.extend(c.to_lowercase());
        } else if !out.ends_with('_') && !out.is_empty() {
            out.push('_');
        }
    }
    let cut: String = out.trim_end_matches('_').chars().take(80).collect();
    if cut.is_empty() { "step".to_owned() } else { cut }
}

#[derive(Serialize)]
struct PlanJson<'a> {
    schema: u32,
    project: &'a str,
    run: u64,
    end_time: String,
    steps: Vec<StepJson<'a>>,
    latest_views: &'a str,
    views: Vec<ViewJson<'a>>,
    not_built: Vec<LeftOutJson<'a>>,
}

#[derive(Serialize)]
struct StepJson<'a> {
    number: usize,
    name: &'a str,
    file: &'a str,
    hash: &'a str,
    makes: Vec<String>,
    reads: Vec<usize>,
    definitions: Vec<DefinitionJson>,
}

#[derive(Serialize)]
struct DefinitionJson {
    name: String,
    file: String,
    line: u64,
}

#[derive(Serialize)]
struct ViewJson<'a> {
    name: &'a str,
    of: String,
}

#[derive(Serialize)]
struct LeftOutJson<'a> {
    #[serde(flatten)]
    definition: DefinitionJson,
    why: &'a str,
}

fn json(plan: &Plan, project: &Project, run: &Run, names: &[String], root: &Path) -> String {
    let definition = |item: &Item| {
        let place = item_place(project, *item);
        let file = place.file.strip_prefix(root).unwrap_or(&place.file);
        let file = file.to_string_lossy().replace('\\', "/");
        DefinitionJson { name: item_name(project, *item), file, line: place.line }
    };
    let step = |(at, step): (usize, &'_ Step)| StepJson {
        number: at + 1,
        name: &plan.steps[at].name,
        file: &names[at],
        hash: &plan.steps[at].hash,
        makes: step.makes.iter().map(|name| run.settle(name)).collect(),
        reads: step.reads.iter().map(|at| at + 1).collect(),
        definitions: step.items.iter().map(definition).collect(),
    };
    let made = PlanJson {
        schema: 1,
        project: &project.name,
        run: run.number,
        end_time: format!("{}Z", run.end),
        steps: plan.steps.iter().enumerate().map(step).collect(),
        latest_views: names.last().map_or("", String::as_str),
        views: plan
            .views
            .iter()
            .map(|view| ViewJson { name: &view.name, of: run.settle(&view.of) })
            .collect(),
        not_built: plan
            .left_out
            .iter()
            .map(|out| LeftOutJson { definition: definition(&out.item), why: &out.why })
            .collect(),
    };
    let text = serde_json::to_string_pretty(&made);
    format!("{}\n", text.expect("the shapes hold only text, numbers and lists"))
}

/// A definition by kind and name: `feature user.orders_n`.
pub fn item_name(project: &Project, item: Item) -> String {
    match item {
        Item::Input(id) => format!("input {}", project[id].name),
        Item::Stitcher(id) => format!("id stitcher {}", project[id].name),
        Item::Entity(id) => format!("entity {}", project[id].name),
        Item::Feature(id) => {
            let owner = match project[id].owner {
                Owner::Entity(owner) => &project[owner].name,
                Owner::Cohort(owner) => &project[owner].name,
                Owner::Input(owner) => &project[owner].name,
                Owner::SqlModel(owner) => &project[owner].name,
            };
            format!("feature {owner}.{}", project[id].name)
        }
        Item::Cohort(id) => format!("cohort {}", project[id].name),
        Item::SqlModel(id) => format!("SQL model {}", project[id].name),
        Item::FeatureTable(id) => format!("feature table {}", project[id].name),
        Item::Other(id) => format!("model {}", project[id].name),
    }
}

/// Where a definition stands.
pub fn item_place(project: &Project, item: Item) -> &Place {
    match item {
        Item::Input(id) => &project[id].place,
        Item::Stitcher(id) => &project[id].place,
        Item::Entity(id) => &project[id].place,
        Item::Feature(id) => &project[id].place,
        Item::Cohort(id) => &project[id].place,
        Item::SqlModel(id) => &project[id].place,
        Item::FeatureTable(id) => &project[id].place,
        Item::Other(id) => &project[id].place,
    }
}
