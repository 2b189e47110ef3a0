//! A value, or whether something holds, for every row of an entity: what is kept beside the database
//! so that it need not be asked again.

use super::Query;
use super::asked::{Asked, count};
use super::page::{By, sort_order};
use super::scope::{ROW, Row, Scope};
use crate::bind::{BoundSlice, Expr, Members, Test};
use crate::model::catalog::Column;
use crate::sql::{Sql, ident};

/// A statement that gives something for every row of an entity.
#[derive(Debug, Clone, PartialEq)]
pub struct RowByRow {
    /// The statement.
    pub query: Query,
    /// Its rows are in any order, and the number of each, from 0, comes first. Otherwise they are
    /// in the order of the table, and what is asked for comes alone.
    pub is_numbered: bool,
}

/// How many rows an entity has. `None` when they have no order by which to number them.
pub fn row_count<'a>(slice: &'a BoundSlice<'a>) -> Option<Asked<'a, u64>> {
    let mut scope = Scope::new(slice);
    let from = scope.from();
    if !scope.keeps_order() {
        return None;
    }
    let query = scope.query(Sql::fill("SELECT count(*) FROM {}", &[&from]));
    Some(Asked::new(query, |rows| Ok(count(rows.first()?, 0))))
}

/// Whether the rows of an entity are numbered without gaps by the database itself: one row, one
/// cell. `None` when they are not stored in a table of one.
pub fn has_row_ids<'a>(slice: &'a BoundSlice<'a>) -> Option<Asked<'a, bool>> {
    let mut scope = Scope::new(slice);
    let from = scope.from();
    if !scope.keeps_order() || !scope.is_stored() {
        return None;
    }
    let select = "SELECT CAST(coalesce(max(e.rowid) + 1 = count(*), TRUE) AS INTEGER) FROM {}";
    let query = scope.query(Sql::fill(select, &[&from]));
    Some(Asked::new(query, |rows| Ok(count(rows.first()?, 0) == 1)))
}

/// The database's numbers of all rows, in the order of the people table.
pub fn row_order(slice: &BoundSlice<'_>, sort: By<'_>) -> Query {
    let mut scope = Scope::new(slice);
    let order = sort_order(&scope, sort);
    let from = scope.from();
    scope.query(Sql::fill("SELECT e.rowid FROM {} ORDER BY {}", &[&from, &order]))
}

impl RowByRow {
    /// A feature as it is stored, or as clocks in the stated zone show it. `None` when the rows have
    /// no order of their own.
    pub fn feature(slice: &BoundSlice<'_>, feature: &Column, local: bool) -> Option<Self> {
        let mut scope = Scope::new(slice);
        let value = match local {
            true => scope.local_value(feature.kind, scope.column(feature)),
            false => scope.column(feature),
        };
        let from = scope.from();
        if !scope.keeps_order() {
            return None;
        }
        let query = scope.query(Sql::fill("SELECT {} AS v\nFROM {}", &[&value, &from]));
        Some(Self { query, is_numbered: false })
    }

    /// A value. `None` when the rows have no order of their own.
    pub fn value(slice: &BoundSlice<'_>, value: &Expr<'_>) -> Option<Self> {
        Self::numbered(slice, |scope| scope.expr(value, Row::Entity))
    }

    /// The numbers of the rows for which a test is true, or false. `None` when the rows have no
    /// order of their own.
    pub fn held(slice: &BoundSlice<'_>, test: &Test<'_>, holds: bool) -> Option<Self> {
        Self::numbered(slice, |scope| {
            let test = scope.test(test, Row::Entity);
            let template = if holds { "coalesce({}, FALSE)" } else { "coalesce(NOT ({}), FALSE)" };
            Sql::fill(template, &[&test])
        })
    }

    /// The numbers of the rows that are among members. `None` when the rows have no order of their
    /// own.
    pub fn members(slice: &BoundSlice<'_>, members: &Members<'_>) -> Option<Self> {
        Self::numbered(slice, |scope| scope.member(members))
    }

    fn numbered(slice: &BoundSlice<'_>, value: impl FnOnce(&mut Scope<'_>) -> Sql) -> Option<Self> {
        let mut scope = Scope::numbered(slice);
        if !scope.has_order() || slice.entity.feature(ROW).is_some() {
            return None;
        }
        let value = value(&mut scope);
        let from = scope.from();
        let select = Sql::fill("SELECT e.{} AS n, {} AS v\nFROM {}", &[&ident(ROW), &value, &from]);
        Some(Self { query: scope.query(select), is_numbered: true })
    }
}
