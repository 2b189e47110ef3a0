//! What a text of a project refers to, by name, for people.

use crate::define::project::{Part, Project, Target, Text};

/// Everybody of an entity, whether its name is that of one or of many: `every user`, `all users`.
pub fn every(name: &str) -> String {
    let is_many = name.ends_with('s') && !name.ends_with("ss");
    if is_many { format!("all {name}") } else { format!("every {name}") }
}

/// A text of the project as SQL for people: what it refers to stands by name, in braces.
pub fn sql(project: &Project, text: &Text) -> String {
    text.parts.iter().map(|p| part(project, p)).collect::<String>().trim().to_owned()
}

pub(in crate::define) fn part(project: &Project, part: &Part) -> String {
    match part {
        Part::Sql(sql) => sql.clone(),
        Part::Ref(of) => format!("{{{}}}", target(project, *of)),
        Part::Column(table, column) => format!("{{{}.{column}}}", target(project, *table)),
        Part::RowSet(name) => format!("{{rowset.{name}}}"),
        Part::InCohort { cohort, member } => {
            format!("{{{} {}}}", if *member { "in" } else { "not in" }, target(project, *cohort))
        }
        Part::TimeFilter(table) => {
            format!("{{{} up to the end of the run}}", target(project, *table))
        }
        Part::EndTime => "{end of the run}".into(),
        Part::EndTimeText(layout) => format!("{{end of the run as {layout}}}"),
        Part::This => "{this table}".into(),
        Part::Broken(why) => format!("{{not evaluated: {why}}}"),
        Part::Unknown(name) => format!("{{unknown: {name}}}"),
    }
}

/// What a reference means, by name.
pub fn target(project: &Project, target: Target) -> String {
    match target {
        Target::Input(id) => format!("input {}", project[id].name),
        Target::InputVars(id) => format!("input {} with its vars", project[id].name),
        Target::InputMainId(id, entity) => {
            format!("{} of input {}", project[entity].main_id, project[id].name)
        }
        Target::Entity(id) => every(&project[id].name),
        Target::EntityVars(id) => format!("vars of {}", project[id].name),
        Target::EntityView(id, kind) => view(project, &project[id].name, kind),
        Target::Stitcher(id) => format!("id graph {}", project[id].name),
        Target::Edges(id) => format!("edges of {}", project[id].name),
        Target::Feature(id) => {
            let feature = &project[id];
            let owner = match feature.owner {
                crate::define::project::Owner::Entity(id) => &project[id].name,
                crate::define::project::Owner::Cohort(id) => &project[id].name,
                crate::define::project::Owner::Input(id) => &project[id].name,
                crate::define::project::Owner::SqlModel(id) => &project[id].name,
            };
            format!("{owner}.{}", feature.name)
        }
        Target::Cohort(id) => format!("cohort {}", project[id].name),
        Target::CohortVars(id) => format!("vars of cohort {}", project[id].name),
        Target::CohortView(id, kind) => view(project, &project[id].name, kind),
        Target::SqlModel(id) => format!("SQL model {}", project[id].name),
        Target::SqlModelVars(id) => format!("SQL model {} with its vars", project[id].name),
        Target::FeatureTable(id) => format!("feature table {}", project[id].name),
        Target::Other(id) => format!("model {}", project[id].name),
    }
}

fn view(project: &Project, of: &str, kind: Option<crate::define::project::IdTypeId>) -> String {
    match kind {
        None => format!("features of {of}"),
        Some(kind) => format!("features of {of} by {}", project[kind].name),
    }
}
