//! When nothing has a key: each row is one, known by its number.

use super::names::{counted, free, singular};
use super::probe::Probe;
use crate::model::catalog::{
    Catalog, Column, Entity, EntityBase, NestedField, Reader, Table, TableOrigin, Unnest,
};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::model::value::Kind;
use crate::sql::{facts, session};
use std::collections::BTreeSet;

/// Only this many tables, the largest ones, become entities this way.
const TABLES_MAX: usize = 8;

/// Makes an entity of the rows of each table, the largest first. Views and tables without rows
/// stay without.
///
/// # Errors
/// When a table cannot be read.
pub(super) fn number(probe: &dyn Probe, catalog: &mut Catalog) -> Result<(), Failure> {
    let mut order: Vec<usize> = (0..catalog.tables.len()).collect();
    order.sort_by_key(|i| std::cmp::Reverse(catalog.tables[*i].rows));
    let mut taken = BTreeSet::new();
    // Where nothing has rows, the columns are worth a look all the same.
    let all_empty = catalog.tables.iter().all(|table| table.rows == 0);
    for i in order.into_iter().take(TABLES_MAX) {
        let table = &mut catalog.tables[i];
        if table.rows == 0 && !all_empty {
            continue;
        }
        let Some(key) = numbered(probe, table)? else { continue };
        table.columns.insert(0, number_column(&key));
        let entity = Entity {
            name: free(&singular(&table.name), &mut taken),
            base: EntityBase::Table(table.name.clone()),
            key,
            size: table.rows,
            features: table.columns.clone(),
            cohorts: Vec::new(),
            odd_rows: Default::default(),
            why: format!(
                "no column is a key, so each of the {} of {} counts as one, known by its row \
                 number",
                counted(table.rows, "row"),
                table.name
            ),
        };
        catalog.entities.push(entity);
    }
    if catalog.entities.is_empty() {
        let message = "no table has a unique key, and no id is shared";
        catalog.findings.push(
            Finding::new(Severity::Warning, message)
                .hint("name a key in the workspace's corrections"),
        );
    }
    Ok(())
}

fn number_column(name: &str) -> Column {
    Column {
        name: name.to_owned(),
        type_name: "BIGINT".to_owned(),
        kind: Kind::Integer,
        description: Some("Row number".to_owned()),
        personal: None,
    }
}

/// Gives the rows of a table a number, and says in which column.
fn numbered(probe: &dyn Probe, table: &mut Table) -> Result<Option<String>, Failure> {
    let mut taken: BTreeSet<String> = table.columns.iter().map(|c| c.name.to_lowercase()).collect();
    match &mut table.origin {
        // The database numbers the rows of what it stores by itself.
        TableOrigin::Stored { .. } if !taken.contains("rowid") => Ok(Some("rowid".to_owned())),
        // Beside the columns that were made of nested ones the number has to be asked for.
        TableOrigin::Unnested { unnest: Unnest::Fields(fields), of }
            if matches!(**of, TableOrigin::Stored { .. }) && !taken.contains("rowid") =>
        {
            let rowid = "rowid".to_owned();
            fields.push(NestedField { name: rowid.clone(), way: vec![rowid.clone()] });
            Ok(Some(rowid))
        }
        TableOrigin::Stored { .. } | TableOrigin::View { .. } | TableOrigin::Unnested { .. } => {
            Ok(None)
        }
        TableOrigin::Files { paths, reader } => {
            let column = free("row", &mut taken);
            *reader = Reader::Numbered {
                column: column.clone(),
                reader: Box::new(std::mem::replace(reader, Reader::Parquet)),
            };
            if reader.is_parquet() {
                probe.name_files(&table.name, paths, reader, &mut |_| ())?;
            } else {
                // What is in memory already is not read again.
                let rows = facts::numbered(&table.name, &column);
                probe.run(&session::keep(&table.name, &rows))?;
            }
            Ok(Some(column))
        }
    }
}
