//! Nested columns: fields of structs become columns (`device.category`), items of lists of structs
//! become rows of a table of their own.

use super::facts::{self, count_rows};
use super::keys::{self, Keyed};
use super::names::free;
use super::personal;
use super::probe::{Probe, about, in_time, reach};
use crate::model::catalog::{
    Catalog, Column, EntityBase, KeyForm, ListItems, NestedField, Reader, Relation, Table,
    TableOrigin, Unnest,
};
use crate::model::failure::{Failure, FailureKind};
use crate::model::fields::fields;
use crate::model::finding::{Finding, Severity};
use crate::model::value::Kind;
use crate::sql::{ident, session, unnested};
use std::collections::BTreeSet;

/// Fields of the structs of one table beyond this many do not become columns.
const FIELDS_MAX: usize = 200;
/// Lists of a source beyond this many do not become tables.
const LISTS_MAX: usize = 40;

/// Makes columns of the fields of structs, each after its struct. A column of the table goes before
/// a field of the same name.
///
/// # Errors
/// When a table cannot be read in this way.
pub(super) fn columns(
    probe: &dyn Probe,
    tables: &mut [Table],
    findings: &mut Vec<Finding>,
) -> Result<(), Failure> {
    for table in tables {
        let mut taken: BTreeSet<String> =
            table.columns.iter().map(|column| column.name.to_lowercase()).collect();
        let (mut all, mut made) = (Vec::new(), Vec::new());
        let mut left_out = 0;
        for column in &table.columns {
            all.push(column.clone());
            let way = std::slice::from_ref(&column.name);
            for (field, column) in leaves(&column.type_name, way, &mut taken) {
                if made.len() < FIELDS_MAX {
                    made.push(field);
                    all.push(column);
                } else {
                    left_out += 1;
                }
            }
        }
        if made.is_empty() {
            continue;
        }
        if left_out > 0 {
            let message = format!(
                "{} has {} fields within its structs; {left_out} of them are not columns",
                table.name,
                made.len() + left_out
            );
            let hint = "conditions can use all of them by name: device.os.name = 'iOS'";
            findings.push(Finding::new(Severity::Note, message).hint(hint));
        }
        let before = table.origin.clone();
        let done = unnest(probe, table, Unnest::Fields(made));
        // What the database does not say of a struct after all costs its fields, not the table.
        let is_read = done.and_then(|()| probe.columns(&session::everything(&reach(table))));
        match is_read {
            Ok(_) => table.columns = all,
            Err(failure) if failure.kind == FailureKind::Cancelled => return Err(failure),
            Err(failure) => {
                table.origin = before;
                if let TableOrigin::Files { paths, reader } = &table.origin {
                    probe.name_files(&table.name, paths, reader, &mut |_| ())?;
                }
                let message = format!(
                    "fields within structs of {} are not columns: {}",
                    table.name, failure.what
                );
                findings.push(Finding::new(Severity::Note, message).hint(failure.hint));
            }
        }
    }
    Ok(())
}

/// The fields of a struct, and of the structs in it, that are no structs themselves.
fn leaves(
    type_name: &str,
    way: &[String],
    taken: &mut BTreeSet<String>,
) -> Vec<(NestedField, Column)> {
    let mut found = Vec::new();
    // A field without a name cannot be asked for by one.
    let named =
        fields(type_name).unwrap_or_default().into_iter().filter(|(name, _)| !name.is_empty());
    for (name, inner) in named {
        let way = [way, &[name]].concat();
        let kind = Kind::of_duckdb_type(&inner);
        if kind == Kind::Nested && inner.starts_with("STRUCT(") {
            found.extend(leaves(&inner, &way, taken));
            continue;
        }
        let name = way.join(".");
        if matches!(kind, Kind::Nested | Kind::Binary) || !taken.insert(name.to_lowercase()) {
            continue;
        }
        let column = Column {
            name: name.clone(),
            type_name: inner,
            kind,
            description: None,
            personal: None,
        };
        found.push((NestedField { name, way }, column));
    }
    found
}

/// Reads a table with what is made of its nested columns.
fn unnest(probe: &dyn Probe, table: &mut Table, unnest: Unnest) -> Result<(), Failure> {
    table.origin = made(probe, &table.name, (&table.name, &table.origin), unnest)?;
    Ok(())
}

/// Makes rows of the rows of a table readable under a name, and says how they are reached.
fn made(
    probe: &dyn Probe,
    name: &str,
    (of, origin): (&str, &TableOrigin),
    unnest: Unnest,
) -> Result<TableOrigin, Failure> {
    let (paths, reader) = match origin.clone() {
        TableOrigin::Files { paths, reader } => (paths, reader),
        stored => return Ok(TableOrigin::Unnested { unnest, of: Box::new(stored) }),
    };
    // What is in memory already is not read again.
    let kept = session::everything(&unnested(&ident(of), &unnest));
    let reader = Reader::Unnested { unnest, reader: Box::new(reader) };
    if reader.is_parquet() {
        probe.name_files(name, &paths, &reader, &mut |_| ())?;
    } else {
        probe.run(&session::keep(name, &kept))?;
    }
    Ok(TableOrigin::Files { paths, reader })
}

/// Makes a table of each list of structs. Its rows belong to the row that the list is in, by that
/// row's key; where it has none, to whom that row belongs.
///
/// # Errors
/// When a table cannot be read in this way.
pub(super) fn tables(probe: &dyn Probe, catalog: &mut Catalog) -> Result<(), Failure> {
    let mut taken: BTreeSet<String> =
        catalog.tables.iter().map(|table| table.name.to_lowercase()).collect();
    taken.extend(catalog.entities.iter().map(|entity| entity.name.to_lowercase()));
    let mut made = 0;
    for parent in catalog.tables.clone() {
        let lists = parent.columns.iter().filter(|c| fields_of_items(&c.type_name).is_some());
        let lists: Vec<&Column> = lists.collect();
        if lists.is_empty() || catalog.is_cohort_table(&parent.name) {
            continue;
        }
        let belongs = belonging(catalog, &parent);
        for list in lists {
            if belongs.is_empty() || made == LISTS_MAX {
                let why = match belongs.is_empty() {
                    true => "its rows belong to no entity",
                    false => "there are too many lists",
                };
                let message =
                    format!("the items of {}.{} are not rows: {why}", parent.name, list.name);
                catalog.findings.push(Finding::new(Severity::Note, message));
                continue;
            }
            let found = about(probe, &[&parent], || {
                items(probe, catalog, &parent, list, &belongs, &mut taken)
            });
            let (table, relations) = match in_time(probe, found.map(Some), None) {
                Ok(Some(made)) => made,
                Ok(None) => continue,
                Err(failure) if failure.kind == FailureKind::Cancelled => return Err(failure),
                Err(failure) => {
                    let message = format!(
                        "the items of {}.{} are not rows: {}",
                        parent.name, list.name, failure.what
                    );
                    let found = Finding::new(Severity::Note, message).hint(failure.hint);
                    catalog.findings.push(found);
                    continue;
                }
            };
            catalog.tables.push(table);
            catalog.relations.extend(relations);
            made += 1;
        }
    }
    catalog.tables.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(())
}

/// The rows that items are made of: without the fields of structs, unless these are kept.
fn rows_with<'t>(parent: &'t TableOrigin, items: &ListItems) -> &'t TableOrigin {
    match parent {
        TableOrigin::Unnested { unnest: Unnest::Fields(fields), of } => {
            let wanted = |field: &NestedField| {
                field.name == items.column || items.kept.contains(&field.name)
            };
            if fields.iter().any(wanted) { parent } else { of }
        }
        _ => parent,
    }
}

fn fields_of_items(type_name: &str) -> Option<&str> {
    type_name.strip_suffix("[]").filter(|item| item.starts_with("STRUCT("))
}

/// To what items belong, by columns of the row that they are in: to that row where it is known by
/// a key, else to what that row belongs to.
fn belonging(catalog: &Catalog, parent: &Table) -> Vec<Relation> {
    let own_key = catalog.entities.iter().find_map(|entity| match &entity.base {
        EntityBase::Table(name) if *name == parent.name => Some(entity.key.clone()),
        _ => None,
    });
    let pointed_at = || {
        let by = catalog.relations.iter().find(|r| r.to_table == parent.name);
        by.map(|relation| relation.to_column.clone())
    };
    match own_key.or_else(pointed_at) {
        Some(key) => vec![Relation {
            from_table: parent.name.clone(),
            from_column: key.clone(),
            to_table: parent.name.clone(),
            to_column: key,
            from_form: KeyForm::AsIs,
            to_form: KeyForm::AsIs,
            chosen: true,
            dangling: 0,
            why: String::new(),
        }],
        None => catalog.relations.iter().filter(|r| r.from_table == parent.name).cloned().collect(),
    }
}

fn items(
    probe: &dyn Probe,
    catalog: &Catalog,
    parent: &Table,
    list: &Column,
    belongs: &[Relation],
    taken: &mut BTreeSet<String>,
) -> Result<(Table, Vec<Relation>), Failure> {
    let name = match taken.contains(&list.name.to_lowercase()) {
        false => free(&list.name, taken),
        true => free(&format!("{}.{}", parent.name, list.name), taken),
    };
    let wanted = belongs.iter().map(|r| &r.from_column).chain(&parent.time_column);
    let mut kept: Vec<&Column> = Vec::new();
    for column in wanted.filter_map(|name| parent.column(name)) {
        if !kept.iter().any(|known| known.name == column.name) {
            kept.push(column);
        }
    }
    let mut within: BTreeSet<String> = kept.iter().map(|c| c.name.to_lowercase()).collect();
    let fields = leaves(fields_of_items(&list.type_name).unwrap_or_default(), &[], &mut within);
    let fields: Vec<(NestedField, Column)> = fields.into_iter().take(FIELDS_MAX).collect();
    let place = free("place", &mut within);
    let mut columns: Vec<Column> = kept.iter().map(|column| (*column).clone()).collect();
    columns.push(Column {
        name: place.clone(),
        type_name: "BIGINT".to_owned(),
        kind: Kind::Integer,
        description: Some(format!("Its position in {}", list.name)),
        personal: None,
    });
    columns.extend(fields.iter().map(|(_, column)| column.clone()));
    let how = Unnest::Items(ListItems {
        column: list.name.clone(),
        kept: kept.iter().map(|column| column.name.clone()).collect(),
        place,
        fields: fields.into_iter().map(|(field, _)| field).collect(),
    });
    let from = match &how {
        Unnest::Items(items) => rows_with(&parent.origin, items),
        Unnest::Fields(_) => &parent.origin,
    };
    let origin = made(probe, &name, (&parent.name, from), how)?;
    let time_column = parent.time_column.clone();
    let mut table = Table { name, origin, columns, rows: 0, time_column };
    table.rows = count_rows(probe, &table)?;
    let seen = facts::look(probe, &table)?;
    personal::mark(&mut table, &seen);
    let mut relations = Vec::new();
    for belongs in belongs {
        let target = catalog.table(&belongs.to_table).filter(|_| belongs.dangling > 0);
        let dangling = match target.and_then(|t| Some((t, t.column(&belongs.to_column)?))) {
            Some((target, key)) => {
                let (forms, column) = ((belongs.from_form, belongs.to_form), &belongs.from_column);
                keys::dangling(probe, &table, column, &Keyed { table: target, key }, forms)?.1
            }
            None => 0,
        };
        relations.push(Relation {
            from_table: table.name.clone(),
            dangling,
            why: format!("each of its rows is an item of {} in {}", list.name, parent.name),
            ..belongs.clone()
        });
    }
    Ok((table, relations))
}
