//! Members, row by row: all of them, a page, and a page of an order that is kept.

use super::Query;
use super::asked::Asked;
use super::rows::{keep_condition, where_};
use super::scope::Scope;
use crate::bind::BoundSlice;
use crate::model::catalog::Column;
use crate::model::question::Page;
use crate::sql::{self, Dialect, DuckDb, Sql};

/// The members of a slice: every feature, one row each, in a stable order.
pub fn members(slice: &BoundSlice<'_>) -> Query {
    members_in(&DuckDb, slice)
}

/// [`members`] in another dialect.
pub fn members_in(dialect: &dyn Dialect, slice: &BoundSlice<'_>) -> Query {
    listing(Scope::in_dialect(slice, dialect), |_| Sql::raw("e.*"))
}

/// The rows of a slice with these columns, in a stable order.
pub(super) fn listing(mut scope: Scope<'_>, columns: impl FnOnce(&Scope<'_>) -> Sql) -> Query {
    let keep = keep_condition(&mut scope);
    let columns = columns(&scope);
    let from = scope.from();
    let select = Sql::fill("SELECT {}\nFROM {}{}", &[&columns, &from, &where_(keep)]);
    let select = if scope.keeps_order() {
        select
    } else {
        Sql::fill("{}\nORDER BY {}", &[&select, &scope.key()])
    };
    scope.query(select)
}

/// The order of a page: by a feature, the greatest first or last; by key without one.
pub(super) type By<'a> = Option<(&'a Column, bool)>;

/// Rows of the people table: the key, then the columns asked for.
pub(super) fn page<'a>(
    slice: &'a BoundSlice<'a>,
    columns: &'a [&'a Column],
    sort: By<'_>,
    (offset, limit): (u64, u32),
) -> Asked<'a, Page> {
    let mut scope = Scope::new(slice);
    let keep = keep_condition(&mut scope);
    let selected = selected(&scope, columns);
    let order = sort_order(&scope, sort);
    let from = scope.from();
    let query = scope.query(Sql::fill(
        "SELECT {}\nFROM {}{}\nORDER BY {}\nLIMIT {} OFFSET {}",
        &[&selected, &from, &where_(keep), &order, &sql::number(limit), &sql::number(offset)],
    ));
    read_page(query, slice, columns, offset)
}

fn read_page<'a>(
    query: Query,
    slice: &'a BoundSlice<'a>,
    columns: &'a [&'a Column],
    offset: u64,
) -> Asked<'a, Page> {
    let asked = Asked::new(query, move |rows| {
        let names = columns.iter().map(|column| column.name.clone());
        let columns = std::iter::once(slice.entity.key.clone()).chain(names).collect();
        Ok(Page { offset, columns, rows: rows.rows })
    });
    asked.typed()
}

fn selected(scope: &Scope<'_>, columns: &[&Column]) -> Sql {
    let columns = columns.iter().map(|column| scope.column(column));
    Sql::join(std::iter::once(scope.key()).chain(columns), ", ")
}

pub(super) fn sort_order(scope: &Scope<'_>, sort: By<'_>) -> Sql {
    let key = scope.key();
    match sort {
        None => key,
        Some((column, descending)) => {
            let template =
                if descending { "{} DESC NULLS LAST, {}" } else { "{} ASC NULLS LAST, {}" };
            Sql::fill(template, &[&scope.column(column), &key])
        }
    }
}

/// The keys of a slice numbered from 0 in the order of the people table: `n`, `key`. Kept by the
/// engine so that any page is one look-up, however deep.
pub fn order(slice: &BoundSlice<'_>, sort: By<'_>) -> Query {
    let mut scope = Scope::new(slice);
    let keep = keep_condition(&mut scope);
    let order = sort_order(&scope, sort);
    let from = scope.from();
    let key = scope.key();
    scope.query(Sql::fill(
        "SELECT row_number() OVER (ORDER BY {}) - 1 AS n, {} AS key\nFROM {}{}\nORDER BY n",
        &[&order, &key, &from, &where_(keep)],
    ))
}

/// A page looked up in a table made by [`order`]: of everyone, since the table says who.
pub fn page_of_order<'a>(
    everyone: &'a BoundSlice<'a>,
    columns: &'a [&'a Column],
    order_table: &str,
    (offset, limit): (u64, u32),
) -> Asked<'a, Page> {
    let mut scope = Scope::new(everyone);
    let selected = selected(&scope, columns);
    let from = scope.from();
    let (key, table) = (scope.key(), sql::path(&["memory", "main", order_table]));
    let (first, end) = (sql::number(offset), sql::number(i128::from(offset) + i128::from(limit)));
    let query = scope.query(Sql::fill(
        "SELECT {}\nFROM {}\nJOIN (SELECT n, key FROM {} WHERE n >= {} AND n < {}) AS o ON o.key = {}\nORDER BY o.n",
        &[&selected, &from, &table, &first, &end, &key],
    ));
    read_page(query, everyone, columns, offset)
}

/// A page whose rows are known by the numbers that the database gave them.
pub fn page_of_rows<'a>(
    everyone: &'a BoundSlice<'a>,
    columns: &'a [&'a Column],
    rows: &[u32],
    offset: u64,
) -> Asked<'a, Page> {
    let mut scope = Scope::new(everyone);
    let selected = selected(&scope, columns);
    let from = scope.from();
    let places = rows.iter().zip(0_i128..);
    let places = places
        .map(|(row, place)| Sql::fill("({}, {})", &[&sql::number(place), &sql::number(*row)]));
    let ends = [rows.iter().min(), rows.iter().max()];
    let [least, most] = ends.map(|end| sql::number(end.copied().unwrap_or(0)));
    // The ends spare the database most of the table where the rows are close to each other.
    let query = scope.query(Sql::fill(
        "SELECT {}\nFROM {}\nJOIN (VALUES {}) AS o(n, r) ON o.r = e.rowid\nWHERE e.rowid BETWEEN {} AND {}\nORDER BY o.n",
        &[&selected, &from, &Sql::join(places, ", "), &least, &most],
    ));
    read_page(query, everyone, columns, offset)
}
