//! One entity, whole: its features, the rows that belong to it, and why it is in.

use super::scope::{Scope, column_of};
use super::{Query, unknown};
use crate::model::catalog::Catalog;
use crate::model::clause::{Group, Node, Part};
use crate::model::failure::Failure;
use crate::model::question::Slice;
use crate::model::value::{Kind, Value};
use crate::model::ways::{Hop, straight};
use crate::sql::{self, Sql, ident};

/// The statements behind a profile.
#[derive(Debug)]
pub struct ProfileQueries {
    /// One row: `in_cohort`, one boolean (or NULL) per path in `paths`, then every feature. No
    /// row: there is no such entity.
    pub main: Query,
    /// The paths of the parts, in the order of the booleans.
    pub paths: Vec<Vec<usize>>,
    /// Related rows, one statement per table.
    pub related: Vec<RelatedQuery>,
}

/// The statement that gives an entity's rows of one table.
#[derive(Debug)]
pub struct RelatedQuery {
    /// The table's handle.
    pub table: String,
    /// Its time column.
    pub time_column: Option<String>,
    /// The columns of the statement; the first column before them is the count of all such rows.
    pub columns: Vec<String>,
    /// Newest first.
    pub query: Query,
}

/// Everything about the entity with this key.
///
/// # Errors
/// When the slice or the catalog does not fit.
pub fn profile(
    catalog: &Catalog,
    slice: &Slice,
    key: &Value,
    rows_max: u32,
) -> Result<ProfileQueries, Failure> {
    let mut scope = Scope::new(catalog, slice)?;
    let mut columns = vec![match scope.in_own_cohort()? {
        Some(condition) => condition,
        None => Sql::raw("TRUE"),
    }];
    let mut paths = Vec::new();
    collect(&slice.tree, &mut Vec::new(), &mut |path, part| {
        if let Some(condition) = scope.part_condition(part)? {
            paths.push(path.to_vec());
            columns.push(condition);
        }
        Ok(())
    })?;
    columns.push(match scope.condition(&slice.tree)? {
        Some(condition) => Sql::fill("coalesce({}, FALSE)", &[&condition]),
        None => Sql::raw("TRUE"),
    });
    columns.push(Sql::raw("e.*"));
    let from = scope.from()?;
    let own = scope.key();
    let value = Sql::fill("CAST({} AS VARCHAR)", &[&sql::literal(key)]);
    let kind = scope.entity.feature(&scope.entity.key).map(|c| c.kind);
    let is_this = match kind {
        // 17850.0 is asked for as 17850 too.
        Some(Kind::Number) => Sql::fill(
            "(CAST({} AS VARCHAR) = {} OR {} = TRY_CAST({} AS DOUBLE))",
            &[&own, &value, &own, &value],
        ),
        _ => Sql::fill("CAST({} AS VARCHAR) = {}", &[&own, &value]),
    };
    let select = Sql::fill(
        "SELECT {}\nFROM {}\nWHERE {}\nLIMIT 1",
        &[&Sql::join(columns, ", "), &from, &is_this],
    );
    let base = scope.entity.table_name().to_owned();
    let main = scope.query(select)?;
    let mut related = Vec::new();
    for table in catalog.tables.iter().filter(|t| !catalog.is_cohort_table(&t.name)) {
        let hops = straight(catalog, &base, &table.name);
        if !hops.is_empty() {
            related.push(related_rows(catalog, slice, &hops, &is_this, rows_max)?);
        }
    }
    Ok(ProfileQueries { main, paths, related })
}

/// Called with the path of each part and the part.
type Visit<'a> = dyn FnMut(&[usize], &Part) -> Result<(), Failure> + 'a;

fn collect(group: &Group, path: &mut Vec<usize>, visit: &mut Visit<'_>) -> Result<(), Failure> {
    for (index, part) in group.parts.iter().enumerate() {
        path.push(index);
        visit(path, part)?;
        if let Node::Group(inner) = &part.node {
            collect(inner, path, visit)?;
        }
        path.pop();
    }
    Ok(())
}

fn related_rows(
    catalog: &Catalog,
    slice: &Slice,
    hops: &[Hop],
    is_this: &Sql,
    rows_max: u32,
) -> Result<RelatedQuery, Failure> {
    let first = &hops[0];
    let table = catalog
        .table(&first.to_table)
        .ok_or_else(|| unknown("table", &first.to_table, "open the source again"))?;
    let mut scope = Scope::new(catalog, slice)?;
    let from = scope.from()?;
    let name = scope.table(&table.name)?;
    let there = |hop: &Hop| column_of(&Sql::raw("r"), &hop.to_column, hop.to_form);
    let key_column = there(first);
    // Rows that belong by any of several columns.
    let belongs = Sql::any_of(hops.iter().map(|hop| {
        let start = column_of(&Sql::raw("e"), &hop.from_column, hop.from_form);
        Sql::fill("{} IN (SELECT {} FROM {} WHERE {})", &[&there(hop), &start, &from, is_this])
    }));
    let order = match &table.time_column {
        Some(column) => Sql::fill("r.{} DESC NULLS LAST", &[&ident(column)]),
        None if table.origin.is_view() => Sql::raw("1"),
        None => key_column.clone(),
    };
    let select = Sql::fill(
        "SELECT count(*) OVER () AS total, r.*\nFROM {} AS r\nWHERE {}\nORDER BY {}\nLIMIT {}",
        &[&name, &belongs, &order, &sql::number(rows_max)],
    );
    Ok(RelatedQuery {
        table: table.name.clone(),
        time_column: table.time_column.clone(),
        columns: table.columns.iter().map(|c| c.name.clone()).collect(),
        query: scope.query(select)?,
    })
}
