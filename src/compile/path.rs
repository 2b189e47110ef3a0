//! How rows of one table belong to an entity: the shortest way along relations.

use crate::model::catalog::{Catalog, Relation};

/// One step from a table to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The table it starts at.
    pub from_table: String,
    /// The column there.
    pub from_column: String,
    /// The table it leads to.
    pub to_table: String,
    /// The column there.
    pub to_column: String,
    /// Whether both columns are compared as text.
    pub as_text: bool,
    /// Whether one row at the start may have many at the end.
    pub to_many: bool,
}

impl Hop {
    fn along(relation: &Relation) -> Self {
        Self {
            from_table: relation.from_table.clone(),
            from_column: relation.from_column.clone(),
            to_table: relation.to_table.clone(),
            to_column: relation.to_column.clone(),
            as_text: relation.as_text,
            to_many: false,
        }
    }

    fn against(relation: &Relation) -> Self {
        Self {
            from_table: relation.to_table.clone(),
            from_column: relation.to_column.clone(),
            to_table: relation.from_table.clone(),
            to_column: relation.from_column.clone(),
            as_text: relation.as_text,
            to_many: true,
        }
    }
}

/// The shortest way from `start` to `end`, at most three relations; rows that point at `start`
/// are preferred to rows that it points at. A table reaches itself only by a relation to itself.
pub fn path_to(catalog: &Catalog, start: &str, end: &str) -> Option<Vec<Hop>> {
    let mut ways: Vec<Vec<Hop>> = vec![Vec::new()];
    let mut seen = vec![start.to_owned()];
    for _ in 0..3 {
        let mut next = Vec::new();
        for way in &ways {
            let here = way.last().map_or(start, |hop| hop.to_table.as_str());
            for hop in hops(catalog, here) {
                if hop.to_table == end {
                    return Some(way.iter().cloned().chain([hop]).collect());
                }
                if !seen.contains(&hop.to_table) {
                    seen.push(hop.to_table.clone());
                    next.push(way.iter().cloned().chain([hop]).collect());
                }
            }
        }
        ways = next;
    }
    None
}

fn hops<'a>(catalog: &'a Catalog, table: &'a str) -> impl Iterator<Item = Hop> + 'a {
    let against = catalog.relations.iter().filter(move |r| r.to_table == table).map(Hop::against);
    let along = catalog
        .relations
        .iter()
        .filter(move |r| r.from_table == table && r.to_table != table)
        .map(Hop::along);
    against.chain(along)
}
