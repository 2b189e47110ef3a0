//! Fields of structs as columns, and items of lists as rows.

use super::Sql;
use super::pieces::{ident, text};
use crate::model::catalog::{ListItems, NestedField, Unnest};

/// What is made of the nested columns of `rows`, as something that can stand after `FROM`.
pub fn unnested(rows: &Sql, unnest: &Unnest) -> Sql {
    match unnest {
        Unnest::Fields(fields) => {
            let fields = fields.iter().map(|field| {
                let way: Vec<&str> = field.way.iter().map(String::as_str).collect();
                match way.split_first() {
                    Some((column, inside)) => named(&within(ident(column), inside), field),
                    None => Sql::raw("NULL"),
                }
            });
            Sql::fill("(SELECT *, {} FROM {})", &[&Sql::join(fields, ", "), rows])
        }
        Unnest::Items(items) => items_of(rows, items),
    }
}

fn items_of(rows: &Sql, items: &ListItems) -> Sql {
    let kept = Sql::join(items.kept.iter().map(|name| Sql::fill("{}, ", &[&ident(name)])), "");
    let (list, place) = (ident(&items.column), ident(&items.place));
    // A name that no column has.
    let item = ident(&format!("{} item", items.column));
    let fields = items.fields.iter().map(|field| {
        let way: Vec<&str> = field.way.iter().map(String::as_str).collect();
        named(&within(item.clone(), &way), field)
    });
    let fields = std::iter::once(place.clone()).chain(fields);
    Sql::fill(
        "(SELECT {}{} FROM (SELECT {}generate_subscripts({}, 1) AS {}, unnest({}) AS {} FROM {}))",
        &[&kept, &Sql::join(fields, ", "), &kept, &list, &place, &list, &item, rows],
    )
}

fn named(value: &Sql, field: &NestedField) -> Sql {
    Sql::fill("{} AS {}", &[value, &ident(&field.name)])
}

/// What stands in a struct at the end of a way.
fn within(value: Sql, way: &[&str]) -> Sql {
    way.iter()
        .fold(value, |value, name| Sql::fill("struct_extract({}, {})", &[&value, &text(name)]))
}
