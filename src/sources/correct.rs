//! What the person changed about what discovery found.

use super::entities::{but_odd, event_entity, key_first};
use super::facts::{self, Facts, odd_rows};
use super::keys::{Keyed, compared, dangling, forms};
use super::odd;
use super::probe::Probe;
use crate::model::catalog::{
    Catalog, Column, Entity, EntityBase, KeyForm, OddRows, Relation, Table,
};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::model::value::Kind;
use crate::model::workspace::Correction;
use std::path::{Path, PathBuf};

/// Applies the corrections in order. One that no longer fits anything becomes a finding, and so
/// does one that takes the mark from a column that looks personal: it may have come with somebody
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
            Correction::Entity { table, name, key, also } => {
                set_entity(probe, catalog, &Named { table, name, key, also })?
            }
            Correction::NotEntity { name } => {
                let before = catalog.entities.len();
                catalog.entities.retain(|e| !e.name.eq_ignore_ascii_case(name));
                (catalog.entities.len() == before).then(|| format!("the entity {name}"))
            }
            Correction::Relation { from, to, form } => {
                set_relation(probe, catalog, &Ends { from, to, form: form.as_deref() })?
            }
            Correction::Way { by } => set_way(catalog, by),
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

/// A table or log named as an entity: its name, table and key, and other logs with the same id.
struct Named<'a> {
    table: &'a str,
    name: &'a str,
    key: &'a str,
    also: &'a [String],
}

fn set_entity(
    probe: &dyn Probe,
    catalog: &mut Catalog,
    named: &Named<'_>,
) -> Result<Option<String>, Failure> {
    let (key, name) = (named.key, named.name);
    let Some(table) = catalog.table(named.table).cloned() else {
        return Ok(Some(format!("the table {}", named.table)));
    };
    let Some(column) = table.column(key).cloned() else {
        return Ok(Some(format!("the column {}.{key}", table.name)));
    };
    let odd = odd_rows(probe, &table, &column.name)?;
    if !named.also.is_empty() || !few_by_hand(odd, table.rows) {
        return set_log_entity(probe, catalog, named);
    }
    if !odd.is_none() {
        catalog.findings.push(odd::finding(probe, &table, &column.name, odd)?);
    }
    let (handle, key) = (table.name.clone(), column.name.clone());
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
        features: key_first(&table, &key),
        key,
        size: table.rows,
        cohorts,
        odd_rows: odd,
        why: format!("it was set by hand{}", but_odd(odd)),
    };
    catalog.entities.insert(0, entity);
    Ok(None)
}

/// Whether a column that a person names is a key of the table rather than the id of a log. What
/// the person says counts: one row of ten may be odd.
fn few_by_hand(odd: OddRows, rows: u64) -> bool {
    (odd.without + odd.doubled) * 10 <= rows
}

/// Each different value of a column, or of columns of several logs, is one.
fn set_log_entity(
    probe: &dyn Probe,
    catalog: &mut Catalog,
    named: &Named<'_>,
) -> Result<Option<String>, Failure> {
    let own = format!("{}.{}", named.table, named.key);
    let mut places: Vec<(Table, Column, Facts)> = Vec::new();
    for place in [&own].into_iter().chain(named.also) {
        let found = place.rsplit_once('.').and_then(|(table, column)| {
            let table = catalog.table(table)?;
            Some((table.clone(), table.column(column)?.clone()))
        });
        let Some((table, column)) = found else { return Ok(Some(format!("the column {place}"))) };
        let facts = facts::look(probe, &table)?;
        places.push((table, column, facts));
    }
    let name = named.name.to_owned();
    if catalog.table(&name).is_some() {
        let message =
            format!("{own} cannot be the id of an entity called {name}: a table has that name");
        let hint = "choose another name for the entity";
        catalog.findings.push(Finding::new(Severity::Error, message).hint(hint));
        return Ok(None);
    }
    let borrowed: Vec<(&Table, &Facts, &Column)> =
        places.iter().map(|(table, column, facts)| (table, facts, column)).collect();
    let (entity, relations) = event_entity(probe, name, &borrowed)?;
    let why = format!("it was set by hand: {}", entity.why);
    catalog.entities.retain(|e| !e.name.eq_ignore_ascii_case(&entity.name));
    catalog.relations.retain(|r| {
        r.to_table != entity.name
            && !relations
                .iter()
                .any(|own| (&own.from_table, &own.from_column) == (&r.from_table, &r.from_column))
    });
    catalog.relations.extend(relations);
    catalog.entities.insert(0, Entity { why, ..entity });
    Ok(None)
}

/// Where a relation starts and ends, and how it is compared.
struct Ends<'a> {
    from: &'a str,
    to: &'a str,
    form: Option<&'a str>,
}

fn set_relation(
    probe: &dyn Probe,
    catalog: &mut Catalog,
    ends: &Ends<'_>,
) -> Result<Option<String>, Failure> {
    let place = |text: &str| {
        let (table, column) = text.rsplit_once('.')?;
        let table = catalog.table(table)?;
        Some((table, table.column(column)?))
    };
    let Some((from_table, from_column)) = place(ends.from) else {
        return Ok(Some(ends.from.to_owned()));
    };
    let Some((table, key)) = place(ends.to) else { return Ok(Some(ends.to.to_owned())) };
    let forms = match forms_by_hand(from_column, key, ends.form) {
        Ok(forms) => forms,
        Err(what) => {
            let message = format!("the relation {} → {} {what}", ends.from, ends.to);
            let hint = "write as: text, or as: whole number, or leave it out";
            catalog.findings.push(Finding::new(Severity::Error, message).hint(hint));
            return Ok(None);
        }
    };
    let target = Keyed { table, key };
    let (filled, dangling) = dangling(probe, from_table, &from_column.name, &target, forms)?;
    let relation = Relation {
        from_table: from_table.name.clone(),
        from_column: from_column.name.clone(),
        to_table: table.name.clone(),
        to_column: key.name.clone(),
        from_form: forms.0,
        to_form: forms.1,
        chosen: false,
        dangling,
        why: format!("it was set by hand{}", compared(forms)),
    };
    let none = filled > 0 && dangling == filled;
    catalog.relations.retain(|r| {
        (&r.from_table, &r.from_column) != (&relation.from_table, &relation.from_column)
    });
    catalog.relations.push(relation);
    if none {
        let message = format!("no value of {} is found in {}", ends.from, ends.to);
        let hint = "check that the columns are the right ones, or compare them with as: text";
        catalog.findings.push(Finding::new(Severity::Warning, message).hint(hint));
    }
    Ok(None)
}

fn forms_by_hand(
    from: &Column,
    to: &Column,
    form: Option<&str>,
) -> Result<(KeyForm, KeyForm), String> {
    let text = |c: &Column| match c.kind {
        Kind::Number => KeyForm::WholeText,
        _ => KeyForm::Text,
    };
    let whole = |c: &Column| match c.kind {
        Kind::Number => KeyForm::WholeText,
        Kind::Text if c.type_name == "VARCHAR" => KeyForm::BareText,
        _ => KeyForm::Text,
    };
    match form.map(str::trim) {
        None | Some("") => Ok(forms(from, to, false)),
        Some("text") => Ok((text(from), text(to))),
        Some("whole number") => match (from.kind, to.kind) {
            (Kind::Text, _) | (_, Kind::Text) => Ok((whole(from), whole(to))),
            _ => Ok((KeyForm::Whole, KeyForm::Whole)),
        },
        Some(other) => Err(format!("cannot be compared as \"{other}\"")),
    }
}

/// Marks the reference that is meant among several from its table to the same one.
fn set_way(catalog: &mut Catalog, by: &str) -> Option<String> {
    let found = catalog
        .relations
        .iter()
        .find(|r| format!("{}.{}", r.from_table, r.from_column).eq_ignore_ascii_case(by));
    let Some((from, to, column)) =
        found.map(|r| (r.from_table.clone(), r.to_table.clone(), r.from_column.clone()))
    else {
        return Some(format!("a relation by {by}"));
    };
    let between = catalog.relations.iter_mut().filter(|r| r.from_table == from && r.to_table == to);
    for relation in between {
        relation.chosen = relation.from_column == column;
    }
    None
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

/// A column that is no longer personal, because a workspace says so.
fn taken_off(column: &str, looked_so: &str, workspace: Option<&Path>) -> Finding {
    let file = workspace.map_or_else(|| PathBuf::from("muster.yaml"), |w| w.join("muster.yaml"));
    let message = format!(
        "{column} looks personal ({looked_so}), but is treated as not personal because {} says so",
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
