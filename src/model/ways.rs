//! Ways along relations: how rows of one table belong to an entity, and which row of another table
//! a row points at.

use super::catalog::{Catalog, EntityBase, KeyForm, Relation};

/// So many relations at most lead from an entity to the rows that belong to it.
const STEPS_MAX: usize = 6;
/// As many may lead there by way of tables that it points at, which is seldom what is meant.
const DETOUR_MAX: usize = 3;
/// Of more ways of one length to one table, the rest is not looked at.
const WAYS_MAX: usize = 16;

/// One step from a table to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The table it starts at.
    pub from_table: String,
    /// The column there.
    pub from_column: String,
    /// How its values are read.
    pub from_form: KeyForm,
    /// The table it leads to.
    pub to_table: String,
    /// The column there.
    pub to_column: String,
    /// How its values are read.
    pub to_form: KeyForm,
    /// Whether one row at the start may have many at the end.
    pub to_many: bool,
    /// Whether the relation is used unless a condition says otherwise.
    pub chosen: bool,
}

impl Hop {
    fn along(relation: &Relation) -> Self {
        Self {
            from_table: relation.from_table.clone(),
            from_column: relation.from_column.clone(),
            from_form: relation.from_form,
            to_table: relation.to_table.clone(),
            to_column: relation.to_column.clone(),
            to_form: relation.to_form,
            to_many: false,
            chosen: relation.chosen,
        }
    }

    fn against(relation: &Relation) -> Self {
        Self {
            from_table: relation.to_table.clone(),
            from_column: relation.to_column.clone(),
            from_form: relation.to_form,
            to_table: relation.from_table.clone(),
            to_column: relation.from_column.clone(),
            to_form: relation.from_form,
            to_many: true,
            chosen: relation.chosen,
        }
    }

    /// The table and the column that point.
    pub fn reference(&self) -> (&str, &str) {
        match self.to_many {
            true => (&self.to_table, &self.to_column),
            false => (&self.from_table, &self.from_column),
        }
    }

    /// Whether a person means it: by the column that points, with or without its table.
    fn is_called(&self, name: &str) -> bool {
        let (table, column) = self.reference();
        column.eq_ignore_ascii_case(name)
            || name.rsplit_once('.').is_some_and(|(of, last)| {
                of.eq_ignore_ascii_case(table) && last.eq_ignore_ascii_case(column)
            })
    }
}

/// How rows of a table belong to an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The steps, from the entity.
    pub hops: Vec<Hop>,
    /// The column that tells it from others as short, when there are others.
    pub via: Option<String>,
}

/// Why there is no one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoWay {
    /// No relation leads there.
    None,
    /// Several do, by these columns; one must be said.
    Several(Vec<String>),
    /// Several do or one, and none by the column that was said; these are there.
    NotBy(Vec<String>),
}

/// The shortest way from `start` to `end`; rows that point at `start` are preferred to rows that it
/// points at. A table reaches itself only by a relation to itself. Of several such ways the one
/// that is said (`via`), or the one that was chosen.
///
/// # Errors
/// When there is none, or nothing says which.
pub fn way_to(catalog: &Catalog, start: &str, end: &str, via: Option<&str>) -> Result<Way, NoWay> {
    let mut ways = shortest(catalog, start, end);
    let detour = |way: &Vec<Hop>| way.iter().map(|hop| !hop.to_many).collect::<Vec<bool>>();
    let Some(best) = ways.iter().map(detour).min() else { return Err(NoWay::None) };
    match via {
        Some(via) => {
            let names = |ways: &[Vec<Hop>]| match telling(ways) {
                names if names.is_empty() => references(ways),
                names => names,
            };
            let known = names(&ways);
            ways.retain(|way| way.iter().any(|hop| hop.is_called(via)));
            match ways.len() {
                0 => return Err(NoWay::NotBy(known)),
                1 => {}
                _ => return Err(NoWay::Several(telling(&ways))),
            }
            Ok(Way { hops: ways.remove(0), via: Some(via.to_owned()) })
        }
        None => {
            ways.retain(|way| detour(way) == best);
            if ways.len() == 1 {
                return Ok(Way { hops: ways.remove(0), via: None });
            }
            let names = telling(&ways);
            let chosen = |way: &[Hop]| way.iter().filter(|hop| hop.chosen).count();
            let most = ways.iter().map(|way| chosen(way)).max().unwrap_or(0);
            let mut of_most = (0..ways.len()).filter(|i| chosen(&ways[*i]) == most);
            match (of_most.next(), of_most.next()) {
                (Some(one), None) => {
                    Ok(Way { hops: ways.remove(one), via: names.get(one).cloned() })
                }
                _ => Err(NoWay::Several(names)),
            }
        }
    }
}

/// The columns by which rows of a table may belong to an entity, when there are several ways.
pub fn choices(catalog: &Catalog, start: &str, end: &str) -> Vec<String> {
    match way_to(catalog, start, end, None) {
        Err(NoWay::Several(names)) => names,
        Ok(Way { via: Some(chosen), .. }) => match way_to(catalog, start, end, Some("")) {
            Err(NoWay::NotBy(names)) => names,
            _ => vec![chosen],
        },
        _ => Vec::new(),
    }
}

/// The columns of a table by which its rows point straight at `start`, or the one by which `start`
/// points at a row of it.
pub fn straight(catalog: &Catalog, start: &str, end: &str) -> Vec<Hop> {
    let ways = shortest(catalog, start, end);
    let belong = ways.iter().any(|way| way.iter().all(|hop| hop.to_many));
    let one = |way: Vec<Hop>| match <[Hop; 1]>::try_from(way) {
        Ok([hop]) if hop.to_many == belong => Some(hop),
        _ => None,
    };
    ways.into_iter().filter_map(one).collect()
}

/// All shortest ways.
fn shortest(catalog: &Catalog, start: &str, end: &str) -> Vec<Vec<Hop>> {
    let mut ways: Vec<Vec<Hop>> = vec![Vec::new()];
    let mut seen = vec![start.to_owned()];
    for length in 1..=STEPS_MAX {
        let mut found = Vec::new();
        let mut next: Vec<Vec<Hop>> = Vec::new();
        for way in &ways {
            let here = way.last().map_or(start, |hop| hop.to_table.as_str());
            for hop in hops(catalog, here) {
                let longer: Vec<Hop> = way.iter().cloned().chain([hop]).collect();
                if length > DETOUR_MAX && !is_direct(&longer) {
                    continue;
                }
                let there = &longer[longer.len() - 1].to_table;
                if there == end {
                    found.push(longer);
                } else if !seen.contains(there)
                    && next.iter().filter(|w| w[w.len() - 1].to_table == *there).count() < WAYS_MAX
                {
                    next.push(longer);
                }
            }
        }
        if !found.is_empty() {
            return found;
        }
        seen.extend(next.iter().map(|way| way[way.len() - 1].to_table.clone()));
        ways = next;
    }
    Vec::new()
}

/// Whether rows belong to rows all the way, and then point.
fn is_direct(way: &[Hop]) -> bool {
    let belonging = way.iter().take_while(|hop| hop.to_many).count();
    way[belonging..].iter().all(|hop| !hop.to_many)
}

/// For each way the column that the others do not go by; with its table where the name alone says
/// too little.
fn telling(ways: &[Vec<Hop>]) -> Vec<String> {
    let goes_by =
        |way: &[Hop], reference: (&str, &str)| way.iter().any(|hop| hop.reference() == reference);
    let is_own = |r: &(&str, &str)| ways.iter().filter(|other| goes_by(other, *r)).count() == 1;
    let found: Vec<(&str, &str)> =
        ways.iter().filter_map(|way| way.iter().map(Hop::reference).find(is_own)).collect();
    let column = |(table, column): &(&str, &str)| {
        let doubled = ways.iter().flatten().any(|hop| {
            let other = hop.reference();
            other.1.eq_ignore_ascii_case(column) && other.0 != *table
        });
        if doubled { format!("{table}.{column}") } else { (*column).to_owned() }
    };
    found.iter().map(column).collect()
}

fn references(ways: &[Vec<Hop>]) -> Vec<String> {
    let mut names: Vec<String> =
        ways.iter().flatten().map(|hop| hop.reference().1.to_owned()).collect();
    names.dedup();
    names
}

fn hops<'a>(catalog: &'a Catalog, table: &'a str) -> impl Iterator<Item = Hop> + 'a {
    let against = catalog.relations.iter().filter(move |r| r.to_table == table).map(Hop::against);
    let along = catalog
        .relations
        .iter()
        .filter(move |r| r.from_table == table && !r.is_within())
        .map(Hop::along);
    against.chain(along)
}

/// The steps from a row to the one that it points at, and so on: `track`, `genre`. A step is called
/// by the table that it leads to, or by the column that points.
///
/// # Errors
/// The place of the step that leads nowhere, or may lead by several columns.
pub fn steps(catalog: &Catalog, start: &str, names: &[&str]) -> Result<Vec<Hop>, (usize, NoWay)> {
    let mut here = start.to_owned();
    let mut found = Vec::new();
    for (place, name) in names.iter().enumerate() {
        let hop = step(catalog, &here, name).map_err(|why| (place, why))?;
        here.clone_from(&hop.to_table);
        found.push(hop);
    }
    Ok(found)
}

fn step(catalog: &Catalog, table: &str, name: &str) -> Result<Hop, NoWay> {
    let same = |a: &str| a.eq_ignore_ascii_case(name);
    let is_thing = |r: &&Relation| {
        catalog
            .entities
            .iter()
            .any(|e| e.base == EntityBase::Table(r.to_table.clone()) && same(&e.name))
    };
    let last = |handle: &str| handle.rsplit('.').next().unwrap_or_default().to_owned();
    let by: [&dyn Fn(&&Relation) -> bool; 4] = [
        &|r| same(&r.from_column),
        &|r| same(&r.to_table) || same(&last(&r.to_table)),
        &is_thing,
        &|r| r.from_column.to_lowercase().strip_suffix("_id").is_some_and(same),
    ];
    let from_here = || {
        let is_table = |r: &&Relation| catalog.tables.iter().any(|t| t.name == r.to_table);
        catalog.relations.iter().filter(|r| r.from_table == table).filter(is_table)
    };
    for how in by {
        let found: Vec<&Relation> = from_here().filter(how).collect();
        let chosen: Vec<&Relation> = found.iter().copied().filter(|r| r.chosen).collect();
        match (found.as_slice(), chosen.as_slice()) {
            ([], _) => {}
            ([one], _) | (_, [one]) => return Ok(Hop::along(one)),
            _ => {
                let names = found.iter().map(|r| r.from_column.clone()).collect();
                return Err(NoWay::Several(names));
            }
        }
    }
    Err(NoWay::None)
}
