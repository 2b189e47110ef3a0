//! Tables and views that hold a subset of an entity's keys.

use super::keys::{Keyed, dangling, forms, last_part};
use super::names::{counted, is_generic_key, normal, singular, subject, words};
use super::probe::Probe;
use crate::model::catalog::{Cohort, Entity, EntityBase, Table, TableOrigin};
use crate::model::failure::Failure;
use crate::model::value::Kind;

/// More cohorts of one entity are not compared with each other by their keys.
const COMPARED_MAX: usize = 12;

/// A cohort and the handle of the table that holds its entity.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FoundCohort {
    /// The handle of the entity's table.
    pub of: String,
    /// The cohort.
    pub cohort: Cohort,
}

/// The cohorts among the tables with a key.
///
/// # Errors
/// When a table cannot be read.
pub(super) fn of_tables(
    probe: &dyn Probe,
    keyed: &[Keyed<'_>],
) -> Result<Vec<FoundCohort>, Failure> {
    // The largest is the entity; of equals, the one that is stored.
    let mut order: Vec<&Keyed<'_>> = keyed.iter().collect();
    order.sort_by_key(|k| {
        let view = k.table.origin.is_view();
        (std::cmp::Reverse(k.table.rows), view, k.table.name.clone())
    });
    let mut entities: Vec<&Keyed<'_>> = Vec::new();
    let mut found = Vec::new();
    for candidate in order {
        let mut cohort = None;
        for entity in &entities {
            cohort = cohort_of(probe, candidate, entity)?;
            if cohort.is_some() {
                break;
            }
        }
        match cohort {
            Some(cohort) => found.push(cohort),
            None => entities.push(candidate),
        }
    }
    Ok(found)
}

/// Whether a table is named like a list, and its key is the id of something that other tables
/// know: `audience_vip.user_id` beside a log with `user_id`.
pub(super) fn is_list_of_others(list: &Keyed<'_>, tables: &[Table]) -> bool {
    let own = normal(&list.table.name);
    let key = normal(&list.key.name);
    let of_others = subject(&list.key.name).is_some_and(|about| !own.contains(&about));
    let known = tables
        .iter()
        .filter(|t| t.name != list.table.name)
        .any(|t| t.columns.iter().any(|c| normal(&c.name) == key));
    is_named_list(list.table) && of_others && known
}

/// Whether a table's name or schema says that it is a list of members.
fn is_named_list(table: &Table) -> bool {
    let said = words(&table.name);
    let lists = ["cohort", "cohorts", "audience", "audiences", "segment", "segments"];
    said.iter().any(|w| lists.contains(&w.as_str()))
}

fn cohort_of(
    probe: &dyn Probe,
    candidate: &Keyed<'_>,
    entity: &Keyed<'_>,
) -> Result<Option<FoundCohort>, Failure> {
    let keys = (normal(&candidate.key.name), normal(&entity.key.name));
    let about = normal(&singular(last_part(&entity.table.name)));
    let same_key = keys.0 == keys.1 || subject(&candidate.key.name).as_ref() == Some(&about);
    if !same_key || candidate.table.rows > entity.table.rows {
        return Ok(None);
    }
    let Some(looks) = looks_like_a_cohort(candidate, entity) else { return Ok(None) };
    let forms = forms(candidate.key, entity.key, false);
    let (filled, outside) = dangling(probe, candidate.table, &candidate.key.name, entity, forms)?;
    if outside > 0 || filled == 0 {
        return Ok(None);
    }
    let why = format!(
        "all its {} are keys of {}, and {looks}",
        counted(filled, "row"),
        entity.table.name
    );
    let cohort = cohort(candidate.table, &candidate.key.name, why);
    Ok(Some(FoundCohort { of: entity.table.name.clone(), cohort }))
}

fn cohort(table: &Table, key: &str, why: String) -> Cohort {
    let origin = match table.origin.stored() {
        TableOrigin::View { sql, .. } => sql.clone(),
        TableOrigin::Stored { .. } | TableOrigin::Unnested { .. } => {
            format!("the stored table {}", table.name)
        }
        TableOrigin::Files { paths, .. } => {
            paths.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(", ")
        }
    };
    Cohort {
        name: last_part(&table.name).to_owned(),
        table: table.name.clone(),
        key: key.to_owned(),
        size: table.rows,
        extends: None,
        origin,
        why,
    }
}

fn looks_like_a_cohort(candidate: &Keyed<'_>, entity: &Keyed<'_>) -> Option<String> {
    let named = mentions(candidate.table, last_part(&entity.table.name));
    if named && (!is_generic_key(&candidate.key.name) || same_columns(candidate, entity)) {
        return Some(format!("it is a view over {}", entity.table.name));
    }
    if is_named_list(candidate.table) {
        return Some("its name suggests that it is a list".to_owned());
    }
    if candidate.table.columns.len() == 1 && !is_generic_key(&candidate.key.name) {
        return Some("it has no other column".to_owned());
    }
    // Every small table's 1, 2, 3 are found in a larger one's; that says nothing.
    let telling = !is_generic_key(&candidate.key.name) || candidate.key.kind == Kind::Text;
    let fewer = candidate.table.rows < entity.table.rows;
    (fewer && telling && same_columns(candidate, entity))
        .then(|| format!("it has no column that {} does not have", entity.table.name))
}

fn same_columns(candidate: &Keyed<'_>, entity: &Keyed<'_>) -> bool {
    candidate.table.columns.iter().all(|c| entity.table.column(&c.name).is_some())
}

/// Whether the statement of a view has a name in it.
fn mentions(view: &Table, name: &str) -> bool {
    let TableOrigin::View { sql, .. } = view.origin.stored() else { return false };
    sql.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word.eq_ignore_ascii_case(name))
}

/// Gives the lists that are of an event entity to it: their key is named like its id.
///
/// # Errors
/// When a table cannot be read.
pub(super) fn of_event_entities(
    probe: &dyn Probe,
    lists: &[Keyed<'_>],
    entities: &mut [Entity],
    tables: &[Table],
) -> Result<(), Failure> {
    for list in lists {
        for entity in entities.iter_mut() {
            let EntityBase::Events { tables: places, .. } = &entity.base else { continue };
            if normal(&entity.key) != normal(&list.key.name) {
                continue;
            }
            let Some((place, column)) = places.first() else { continue };
            let Some(table) = tables.iter().find(|t| t.name == *place) else { continue };
            let Some(key) = table.column(column) else { continue };
            let target = Keyed { table, key };
            let forms = forms(list.key, key, false);
            let (filled, outside) = dangling(probe, list.table, &list.key.name, &target, forms)?;
            if outside > 0 || filled == 0 {
                continue;
            }
            let why = format!(
                "all its {} are values of {}.{column}, and its name suggests that it is a list",
                counted(filled, "row"),
                table.name
            );
            entity.cohorts.push(cohort(list.table, &list.key.name, why));
            break;
        }
    }
    Ok(())
}

/// Finds out which cohort is a part of which: its statement names it, or its keys are within it.
///
/// # Errors
/// When a table cannot be read.
pub(super) fn nest(
    probe: &dyn Probe,
    entity: &mut Entity,
    tables: &[Table],
) -> Result<(), Failure> {
    let cohorts = entity.cohorts.clone();
    let table = |c: &Cohort| tables.iter().find(|t| t.name == c.table);
    for cohort in &mut entity.cohorts {
        let Some(own) = table(cohort) else { continue };
        let mut wider: Vec<&Cohort> =
            cohorts.iter().filter(|c| c.name != cohort.name && c.size >= cohort.size).collect();
        wider.sort_by_key(|c| c.size);
        if let Some(named) = wider.iter().find(|c| mentions(own, last_part(&c.table))) {
            cohort.extends = Some(named.name.clone());
            continue;
        }
        if cohorts.len() > COMPARED_MAX {
            continue;
        }
        for other in wider.into_iter().filter(|c| c.size > cohort.size) {
            let Some(other_table) = table(other) else { continue };
            let (Some(key), Some(own_key)) =
                (other_table.column(&other.key), own.column(&cohort.key))
            else {
                continue;
            };
            let target = Keyed { table: other_table, key };
            let forms = forms(own_key, key, false);
            let (_, outside) = dangling(probe, own, &cohort.key, &target, forms)?;
            if outside == 0 {
                cohort.extends = Some(other.name.clone());
                break;
            }
        }
    }
    Ok(())
}
