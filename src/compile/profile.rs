//! One entity, whole: its features, the rows that belong to it, and why it is in.

use super::asked::{Asked, count};
use super::scope::Scope;
use crate::bind::{BoundSlice, Condition, RelatedRows};
use crate::model::failure::Failure;
use crate::model::question::{self as asked, Profile};
use crate::model::value::{Kind, Value};
use crate::sql::{self, Sql, ident};

/// Everything about the entity with this key but its related rows. One row: whether it is in the
/// cohort, whether each part holds, whether the slice keeps it, then every feature.
pub(super) fn profile<'a>(
    slice: &'a BoundSlice<'a>,
    key: &'a Value,
    parts: &'a [(Vec<usize>, Condition<'a>)],
) -> Asked<'a, Profile> {
    let mut scope = Scope::new(slice);
    let mut columns = vec![scope.in_cohort().unwrap_or_else(|| Sql::raw("TRUE"))];
    columns.extend(parts.iter().map(|(_, condition)| scope.condition(condition)));
    columns.push(match scope.kept() {
        Some(condition) => Sql::fill("coalesce({}, FALSE)", &[&condition]),
        None => Sql::raw("TRUE"),
    });
    columns.push(Sql::raw("e.*"));
    let from = scope.from();
    let is_this = has_key(&scope, key);
    let query = scope.query(Sql::fill(
        "SELECT {}\nFROM {}\nWHERE {}\nLIMIT 1",
        &[&Sql::join(columns, ", "), &from, &is_this],
    ));
    let asked = Asked::new(query, move |rows| {
        let Some(row) = rows.rows.first() else {
            return Err(Failure::wrong_use(
                format!("there is no {} \"{key}\"", slice.entity.name),
                "",
                "check the id",
            ));
        };
        let features = 2 + parts.len();
        let why =
            parts.iter().zip(&row[1..]).map(|((path, _), cell)| (path.clone(), verdict(cell)));
        let names = rows.columns[features..].iter().cloned();
        let in_cohort = verdict(&row[0]) == Some(true);
        Ok(Profile {
            key: key.clone(),
            features: names.zip(row[features..].iter().cloned()).collect(),
            related: Vec::new(),
            why: why.collect(),
            in_cohort,
            in_slice: in_cohort && verdict(&row[features - 1]) == Some(true),
        })
    });
    asked.typed()
}

fn verdict(value: &Value) -> Option<bool> {
    match value {
        Value::Boolean(holds) => Some(*holds),
        _ => None,
    }
}

/// The condition that an entity is the one with this key.
fn has_key(scope: &Scope<'_>, key: &Value) -> Sql {
    let own = scope.key();
    let value = Sql::fill("CAST({} AS VARCHAR)", &[&sql::literal(key)]);
    match scope.slice.entity.feature(&scope.slice.entity.key).map(|key| key.kind) {
        // 17850.0 is asked for as 17850 too.
        Some(Kind::Number) => Sql::fill(
            "(CAST({} AS VARCHAR) = {} OR {} = TRY_CAST({} AS DOUBLE))",
            &[&own, &value, &own, &value],
        ),
        _ => Sql::fill("CAST({} AS VARCHAR) = {}", &[&own, &value]),
    }
}

/// The newest rows of a table that belong to the entity with this key: how many there are in all,
/// then the columns of the table.
pub fn related_rows<'a>(
    everyone: &'a BoundSlice<'a>,
    key: &Value,
    related: &'a RelatedRows<'a>,
    most: u32,
) -> Asked<'a, asked::RelatedRows> {
    let table = related.table;
    let mut scope = Scope::new(everyone);
    let from = scope.from();
    let name = scope.table(table);
    let is_this = has_key(&scope, key);
    // Rows that belong by any of several columns.
    let belongs = Sql::any_of(related.ways.iter().map(|hop| {
        let here = scope.key_of(&Sql::raw("r"), &hop.to_column, hop.to_form);
        let start = scope.key_of(&Sql::raw("e"), &hop.from_column, hop.from_form);
        Sql::fill("{} IN (SELECT {} FROM {} WHERE {})", &[&here, &start, &from, &is_this])
    }));
    let order = match (&table.time_column, related.ways.first()) {
        (Some(column), _) => Sql::fill("r.{} DESC NULLS LAST", &[&ident(column)]),
        (None, Some(first)) if !table.origin.is_view() => {
            scope.key_of(&Sql::raw("r"), &first.to_column, first.to_form)
        }
        _ => Sql::raw("1"),
    };
    let query = scope.query(Sql::fill(
        "SELECT count(*) OVER () AS total, r.*\nFROM {} AS r\nWHERE {}\nORDER BY {}\nLIMIT {}",
        &[&name, &belongs, &order, &sql::number(most)],
    ));
    let asked = Asked::new(query, move |rows| {
        Ok(asked::RelatedRows {
            table: table.name.clone(),
            time_column: table.time_column.clone(),
            total: rows.rows.first().map_or(0, |row| count(row, 0)),
            columns: table.columns.iter().map(|column| column.name.clone()).collect(),
            rows: rows.rows.into_iter().map(|mut row| row.split_off(1)).collect(),
        })
    });
    asked.typed()
}
