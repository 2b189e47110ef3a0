//! What the person changed about what discovery found.

use super::entities::key_first;
use super::facts::count_distinct;
use super::keys::{Keyed, compare_as_text, dangling};
use super::probe::Probe;
use crate::model::catalog::{Catalog, Entity, EntityBase, Relation};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::model::workspace::Correction;
use std::path::{Path, PathBuf};

/// Applies the corrections in order. One that fits nothing any more becomes a finding, and so does
/// one that takes the mark from a column that looks personal: it may have come with somebody
/// else's workspace, which is in the folder `workspace`.
///
/// # Errors
/// When a table cannot be read.
pub(super) fn apply(
    probe: &dyn Probe,
    catalog: &mut Catalog,
    corrections: &[Correction],
    workspace: Option<&Path>,
) -> Result<(), Failure> {
    for correction in corrections {
        let missing = match correction {
            Correction::Entity { table, name, key } => {
                set_entity(probe, catalog, (table, name, key))?
            }
            Correction::NotEntity { name } => {
                let before = catalog.entities.len();
                catalog.entities.retain(|e| !e.name.eq_ignore_ascii_case(name));
                (catalog.entities.len() == before).then(|| format!("the entity {name}"))
            }
            Correction::Relation { from, to } => set_relation(probe, catalog, from, to)?,
            Correction::NotRelation { from, to } => {
                let before = catalog.relations.len();
                catalog.relations.retain(|r| {
                    let named = |table: &str, column: &str| format!("{table}.{column}");
                    !(named(&r.from_table, &r.from_column) == *from
                        && named(&r.to_table, &r.to_column) == *to)
                });
                (catalog.relations.len() == before).then(|| format!("the relation {from} → {to}"))
            }
            Correction::TimeColumn { table, column } => set_time(catalog, table, column.as_deref()),
            Correction::Personal { table, column, personal } => {
                set_personal(catalog, table, column, (*personal, workspace))
            }
            // These were obeyed when the files were read.
            Correction::Columns { table, column, .. } => missing_column(catalog, table, column),
            Correction::File(file) => {
                let missing = catalog.table(&file.table).is_none();
                missing.then(|| format!("the table {}", file.table))
            }
        };
        if let Some(missing) = missing {
            let message = format!("a correction is about {missing}, which is not in the source");
            catalog.findings.push(
                Finding::new(Severity::Warning, message)
                    .hint("remove it from muster.yaml, or check the name"),
            );
        }
    }
    Ok(())
}

fn set_entity(
    probe: &dyn Probe,
    catalog: &mut Catalog,
    (table, name, key): (&str, &str, &str),
) -> Result<Option<String>, Failure> {
    let Some(table) = catalog.table(table) else { return Ok(Some(format!("the table {table}"))) };
    let Some(column) = table.column(key) else {
        return Ok(Some(format!("the column {}.{key}", table.name)));
    };
    let size = count_distinct(probe, table, &column.name)?;
    if size != table.rows {
        let message = format!(
            "{}.{} was named as a key, but {} rows have {size} different values",
            table.name, column.name, table.rows
        );
        let finding = Finding::new(Severity::Error, message)
            .hint("choose a column whose values are all different");
        catalog.findings.push(finding);
        return Ok(None);
    }
    let (handle, key) = (table.name.clone(), column.name.clone());
    let features = key_first(table, &key);
    let same = |e: &Entity| e.base == EntityBase::Table(handle.clone());
    let cohorts = catalog
        .entities
        .iter()
        .find(|e| same(e) && e.key == key)
        .map_or_else(Vec::new, |e| e.cohorts.clone());
    catalog.entities.retain(|e| !same(e) && !e.name.eq_ignore_ascii_case(name));
    let entity = Entity {
        name: name.to_owned(),
        base: EntityBase::Table(handle),
        key,
        size,
        features,
        cohorts,
        why: "it was set by hand".to_owned(),
    };
    catalog.entities.insert(0, entity);
    Ok(None)
}

fn set_relation(
    probe: &dyn Probe,
    catalog: &mut Catalog,
    from: &str,
    to: &str,
) -> Result<Option<String>, Failure> {
    let place = |text: &str| {
        let (table, column) = text.rsplit_once('.')?;
        let table = catalog.table(table)?;
        Some((table, table.column(column)?))
    };
    let Some((from_table, from_column)) = place(from) else { return Ok(Some(from.to_owned())) };
    let Some((table, key)) = place(to) else { return Ok(Some(to.to_owned())) };
    let as_text = compare_as_text(from_column, key);
    let target = Keyed { table, key };
    let (_, dangling) = dangling(probe, from_table, &from_column.name, &target, as_text)?;
    let relation = Relation {
        from_table: from_table.name.clone(),
        from_column: from_column.name.clone(),
        to_table: table.name.clone(),
        to_column: key.name.clone(),
        as_text,
        dangling,
        why: "it was set by hand".to_owned(),
    };
    catalog.relations.retain(|r| {
        (&r.from_table, &r.from_column) != (&relation.from_table, &relation.from_column)
    });
    catalog.relations.push(relation);
    Ok(None)
}

fn missing_column(catalog: &Catalog, table: &str, column: &str) -> Option<String> {
    match catalog.table(table) {
        None => Some(format!("the table {table}")),
        Some(found) if found.column(column).is_none() => {
            Some(format!("the column {table}.{column}"))
        }
        Some(_) => None,
    }
}

fn set_time(catalog: &mut Catalog, table: &str, column: Option<&str>) -> Option<String> {
    let Some(name) = catalog.table(table).map(|t| t.name.clone()) else {
        return Some(format!("the table {table}"));
    };
    let found = catalog.tables.iter_mut().find(|t| t.name == name)?;
    let Some(column) = column else {
        found.time_column = None;
        return None;
    };
    let Some(column) = found.column(column).map(|c| c.name.clone()) else {
        return Some(format!("the column {name}.{column}"));
    };
    found.time_column = Some(column);
    None
}

/// A column that is not personal any more, because a workspace says so.
fn taken_off(column: &str, looked_so: &str, workspace: Option<&Path>) -> Finding {
    let file = workspace.map_or_else(|| PathBuf::from("muster.yaml"), |w| w.join("muster.yaml"));
    let message = format!(
        "{column} looks personal ({looked_so}), and is taken for not personal because {} says so",
        file.display()
    );
    let hint = format!(
        "if that is not yours, remove the correction `personal` of {column} from {}",
        file.display()
    );
    Finding::new(Severity::Warning, message).at(file, None).hint(hint)
}

fn set_personal(
    catalog: &mut Catalog,
    table: &str,
    column: &str,
    (personal, workspace): (bool, Option<&Path>),
) -> Option<String> {
    let why = personal.then(|| "it was set by hand".to_owned());
    let name = catalog.table(table).map(|t| t.name.clone());
    let found = name
        .as_ref()
        .and_then(|name| catalog.tables.iter_mut().find(|t| t.name == *name))
        .and_then(|t| t.columns.iter_mut().find(|c| c.name.eq_ignore_ascii_case(column)));
    let (Some(found), Some(name)) = (found, name) else {
        return Some(format!("the column {table}.{column}"));
    };
    let looked_so = std::mem::replace(&mut found.personal, why.clone());
    let own = found.name.clone();
    if let (Some(looked_so), false) = (looked_so, personal) {
        catalog.findings.push(taken_off(&format!("{name}.{own}"), &looked_so, workspace));
    }
    for entity in &mut catalog.entities {
        let holds = match &entity.base {
            EntityBase::Table(t) => *t == name,
            EntityBase::Events { tables, .. } => tables.iter().any(|(t, _)| *t == name),
        };
        if holds && let Some(feature) = entity.features.iter_mut().find(|f| f.name == own) {
            feature.personal.clone_from(&why);
        }
    }
    None
}
