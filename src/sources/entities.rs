//! What rows are about: tables with a key, and ids that event tables share.

use super::facts::{ColumnFacts, Facts};
use super::keys::{Keyed, compared, forms, last_part};
use super::names::{counted, free, normal, singular, subject, words};
use super::personal::is_people;
use super::probe::{Probe, reach};
use super::times;
use crate::model::catalog::{
    Column, Derivation, DerivedFeature, Entity, EntityBase, KeyForm, OddRows, Relation, Table,
};
use crate::model::failure::Failure;
use crate::model::value::{Kind, Value, grouped};
use crate::sql::Sql;
use crate::sql::facts::{self, Side};
use std::collections::{BTreeMap, BTreeSet};

/// So many different values are more than codes.
const LONE_MIN: u64 = 20;
/// Columns of an event table that may become constant features.
const CONSTANTS_MAX: usize = 60;

/// An entity for each table with a key.
pub(super) fn of_tables(
    keyed: &[Keyed<'_>],
    relations: &[Relation],
    odd_of: &dyn Fn(&Table) -> OddRows,
    taken: &mut BTreeSet<String>,
) -> Vec<Entity> {
    let names: Vec<String> = keyed.iter().map(|k| singular(last_part(&k.table.name))).collect();
    keyed
        .iter()
        .zip(&names)
        .map(|(k, name)| {
            let shared = names.iter().filter(|n| n.eq_ignore_ascii_case(name)).count() > 1;
            let wanted = if shared { singular(&k.table.name) } else { name.clone() };
            Entity {
                name: free(&wanted, taken),
                base: EntityBase::Table(k.table.name.clone()),
                key: k.key.name.clone(),
                size: k.table.rows,
                features: key_first(k.table, &k.key.name),
                cohorts: Vec::new(),
                odd_rows: odd_of(k.table),
                why: why_keyed(k, relations, odd_of(k.table)),
            }
        })
        .collect()
}

/// What keeps a key from being unique, as the end of a sentence.
pub(super) fn but_odd(odd: OddRows) -> String {
    let without = match odd.without {
        0 => None,
        n => Some(format!("{} without one", counted(n, "row"))),
    };
    let doubled = match odd.doubled {
        0 => None,
        n => Some(format!("{} with one that another row has", counted(n, "row"))),
    };
    let told: Vec<String> = without.into_iter().chain(doubled).collect();
    if told.is_empty() { String::new() } else { format!(", except for {}", told.join(" and ")) }
}

fn why_keyed(k: &Keyed<'_>, relations: &[Relation], odd: OddRows) -> String {
    let mut pointing: Vec<&str> = relations
        .iter()
        .filter(|r| r.to_table == k.table.name)
        .map(|r| r.from_table.as_str())
        .collect();
    pointing.dedup();
    let pointed = match pointing.len() {
        0 => String::new(),
        1 => format!(" and {} points at it", pointing[0]),
        n => format!(" and {n} tables point at it"),
    };
    let rows = counted(k.table.rows, "row");
    format!("{} is unique in {rows}{}{pointed}", k.key.name, but_odd(odd))
}

/// The columns of a table with the key before all others.
pub(super) fn key_first(table: &Table, key: &str) -> Vec<Column> {
    let (mut first, rest): (Vec<Column>, Vec<Column>) =
        table.columns.iter().cloned().partition(|c| c.name == key);
    first.extend(rest);
    first
}

/// An id that event tables share, with the tables and columns that hold it.
type SharedId<'a> = BTreeMap<String, Vec<(&'a Table, &'a Facts, &'a Column)>>;

/// An entity for each id that no table has as its key: `user_id` in a log of events is a user.
/// The relations of the logs to them come along.
///
/// # Errors
/// When a table cannot be read.
pub(super) fn of_events(
    probe: &dyn Probe,
    tables: &[Table],
    facts: &[Facts],
    relations: &[Relation],
    taken: &mut BTreeSet<String>,
) -> Result<(Vec<Entity>, Vec<Relation>), Failure> {
    let mut ids: SharedId<'_> = BTreeMap::new();
    for (table, facts) in tables.iter().zip(facts) {
        for (column, seen) in table.columns.iter().zip(&facts.columns) {
            let points = relations
                .iter()
                .any(|r| r.from_table == table.name && r.from_column == column.name);
            if points || !is_shared_id(column, seen, facts.sample_rows) {
                continue;
            }
            let Some(about) = subject(&column.name) else { continue };
            ids.entry(about).or_default().push((table, facts, column));
        }
    }
    let mut entities = Vec::new();
    let mut found = Vec::new();
    for (about, places) in ids {
        if places.len() < 2 && !is_worth_it(&about, &places) {
            continue;
        }
        let name = free(&about, taken);
        let (entity, pointing) = event_entity(probe, name, &places)?;
        entities.push(entity);
        found.extend(pointing);
    }
    Ok((entities, found))
}

fn is_shared_id(column: &Column, seen: &ColumnFacts, sample_rows: u64) -> bool {
    matches!(column.kind, Kind::Integer | Kind::Text | Kind::Number)
        && seen.filled > 0
        && seen.distinct > 1
        && seen.longest <= 64
        && !seen.is_unique(sample_rows)
}

/// Whether an id that one table alone holds is more than a code: the table is a log, or the id is
/// of a person, or it has many values.
fn is_worth_it(about: &str, places: &[(&Table, &Facts, &Column)]) -> bool {
    places.iter().any(|(table, facts, column)| {
        let seen = table.columns.iter().position(|c| c == *column);
        let distinct = seen.and_then(|i| facts.columns.get(i)).map_or(0, |seen| seen.distinct);
        table.time_column.is_some()
            || times::epochs(table, facts).next().is_some()
            || is_people(about)
            || distinct >= LONE_MIN
    })
}

/// The key of an entity that logs share, and how each log's own is read to be it: as text when
/// they differ in that, as a whole number when a float holds it.
fn shared_key(places: &[(&Table, &Facts, &Column)]) -> (Column, Vec<KeyForm>) {
    let whole = |table: &Table, facts: &Facts, column: &Column| {
        let place = table.columns.iter().position(|c| c.name == column.name);
        let seen = place.and_then(|i| facts.columns.get(i));
        column.kind == Kind::Number
            && !column.type_name.ends_with(",0)")
            && seen.is_some_and(|seen| seen.is_id_like(column))
    };
    let first = places[0].2;
    let pairs: Vec<(KeyForm, KeyForm)> =
        places.iter().map(|(_, _, column)| forms(column, first, false)).collect();
    let text = |form: KeyForm| matches!(form, KeyForm::Text | KeyForm::WholeText);
    let mut key = first.clone();
    if pairs.iter().any(|(own, _)| text(*own)) {
        (key.type_name, key.kind) = ("VARCHAR".to_owned(), Kind::Text);
        let form = |column: &Column| match column.kind {
            Kind::Number if !column.type_name.ends_with(",0)") => KeyForm::WholeText,
            _ => KeyForm::Text,
        };
        return (key, places.iter().map(|(_, _, column)| form(column)).collect());
    }
    let forms: Vec<KeyForm> = places
        .iter()
        .map(|(table, facts, column)| match whole(table, facts, column) {
            true => KeyForm::Whole,
            false => KeyForm::AsIs,
        })
        .collect();
    if forms.iter().all(|form| *form == KeyForm::Whole) {
        (key.type_name, key.kind) = ("BIGINT".to_owned(), Kind::Integer);
    }
    (key, forms)
}

pub(super) fn event_entity(
    probe: &dyn Probe,
    name: String,
    places: &[(&Table, &Facts, &Column)],
) -> Result<(Entity, Vec<Relation>), Failure> {
    let (key, forms) = shared_key(places);
    let size = union_size(probe, places, &forms)?;
    let mut features = vec![key.clone()];
    let mut derived = Vec::new();
    let mut taken: BTreeSet<String> = BTreeSet::from([key.name.to_lowercase()]);
    for (table, facts, column) in places {
        for (feature, kept) in table_features(probe, table, facts, column, places.len() == 1)? {
            let feature = DerivedFeature { name: free(&feature.name, &mut taken), ..feature };
            features.push(Column { name: feature.name.clone(), ..kept });
            derived.push(feature);
        }
    }
    let relations = places
        .iter()
        .zip(&forms)
        .map(|((table, _, column), form)| Relation {
            from_table: table.name.clone(),
            from_column: column.name.clone(),
            to_table: name.clone(),
            to_column: key.name.clone(),
            from_form: *form,
            to_form: KeyForm::AsIs,
            chosen: false,
            dangling: 0,
            why: format!(
                "{} are the different values of {}{}",
                singular(&name),
                column.name,
                compared((*form, *form))
            ),
        })
        .collect();
    let tables: Vec<(String, String)> =
        places.iter().map(|(t, _, c)| (t.name.clone(), c.name.clone())).collect();
    let rows = places.iter().map(|(t, ..)| t.rows).sum();
    let whence = match places {
        [(table, ..)] => table.name.clone(),
        _ => format!("{} tables", places.len()),
    };
    let entity = Entity {
        why: format!(
            "{} has {} different values in {} of {whence}, and no table has it as its key",
            key.name,
            grouped(size),
            counted(rows, "row")
        ),
        base: EntityBase::Events { tables, forms, features: derived },
        key: key.name.clone(),
        size,
        features,
        cohorts: Vec::new(),
        odd_rows: OddRows::default(),
        name,
    };
    Ok((entity, relations))
}

fn union_size(
    probe: &dyn Probe,
    places: &[(&Table, &Facts, &Column)],
    forms: &[KeyForm],
) -> Result<u64, Failure> {
    let rows: Vec<Sql> = places.iter().map(|(table, ..)| reach(table)).collect();
    let sides = places.iter().zip(forms).zip(&rows).map(|(((_, _, column), form), table)| Side {
        table,
        column: &column.name,
        form: *form,
    });
    let sql = facts::union_size(sides);
    let tables: Vec<&Table> = places.iter().map(|(table, ..)| *table).collect();
    let counted = super::probe::about(probe, &tables, || super::probe::counts(probe, &sql));
    Ok(counted?.first().copied().unwrap_or(0))
}

/// The features that one event table gives: what is constant per key, how many rows, and the
/// first and last moment.
fn table_features(
    probe: &dyn Probe,
    table: &Table,
    facts: &Facts,
    key: &Column,
    alone: bool,
) -> Result<Vec<(DerivedFeature, Column)>, Failure> {
    let derived = |name: String, how| DerivedFeature { name, table: table.name.clone(), how };
    let mut out = Vec::new();
    for column in constant_columns(probe, table, facts, key)? {
        let feature = derived(column.name.clone(), Derivation::Constant(column.name.clone()));
        out.push((feature, column.clone()));
    }
    let count = Column {
        name: String::new(),
        type_name: "BIGINT".to_owned(),
        kind: Kind::Integer,
        description: Some(format!("How many rows of {}", table.name)),
        personal: None,
    };
    let plain = normal(last_part(&table.name));
    out.push((derived(format!("{plain}_count"), Derivation::Count), count));
    if let Some(time) = table.time_column.as_ref().and_then(|name| table.column(name)) {
        let middle = if alone { String::new() } else { format!("{plain}_") };
        let first = format!("first_{middle}{}", time.name);
        let last = format!("last_{middle}{}", time.name);
        out.push((derived(first, Derivation::First(time.name.clone())), time.clone()));
        out.push((derived(last, Derivation::Last(time.name.clone())), time.clone()));
    }
    Ok(out)
}

/// The columns that have one value for all rows of each key.
fn constant_columns<'a>(
    probe: &dyn Probe,
    table: &'a Table,
    facts: &Facts,
    key: &Column,
) -> Result<Vec<&'a Column>, Failure> {
    let simple = |c: &Column| !matches!(c.kind, Kind::List | Kind::Nested | Kind::Binary);
    let candidates: Vec<&Column> = table
        .columns
        .iter()
        .zip(&facts.columns)
        .filter(|(c, seen)| {
            c.name != key.name
                && simple(c)
                && seen.filled > 0
                && !seen.is_unique(facts.sample_rows)
                && table.time_column.as_ref() != Some(&c.name)
        })
        .map(|(c, _)| c)
        .take(CONSTANTS_MAX)
        .collect();
    // The first rows rule out most columns; only the rest is looked at in all rows.
    let sample = facts::first_rows(&reach(table));
    super::probe::about(probe, &[table], || {
        let likely = constant_in(probe, &sample, key, candidates)?;
        constant_in(probe, &reach(table), key, likely)
    })
}

fn constant_in<'a>(
    probe: &dyn Probe,
    relation: &Sql,
    key: &Column,
    columns: Vec<&'a Column>,
) -> Result<Vec<&'a Column>, Failure> {
    if columns.is_empty() {
        return Ok(columns);
    }
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let sql = facts::constant_per_key(relation, &key.name, &names);
    let row = probe.rows(&sql)?.into_iter().next().unwrap_or_default();
    Ok(columns
        .into_iter()
        .zip(row)
        .filter(|(_, cell)| *cell == Value::Boolean(true))
        .map(|(column, _)| column)
        .collect())
}

/// Puts the entities in the order in which a person is likely to look for them.
pub(super) fn rank(entities: &mut [Entity], tables: &[Table], relations: &[Relation]) {
    let score = |entity: &Entity| {
        let incoming = relations.iter().filter(|r| r.to_table == entity.table_name()).count();
        let outgoing = relations.iter().filter(|r| r.from_table == entity.table_name()).count();
        let derived = matches!(entity.base, EntityBase::Events { .. });
        let event = tables.iter().any(|t| t.name == entity.table_name() && t.time_column.is_some());
        let group = ["account", "company", "household", "organization", "organisation", "family"];
        let mut score = 10 * i64::try_from(incoming.min(20)).unwrap_or(0);
        score -= 8 * i64::try_from(outgoing.min(20)).unwrap_or(0);
        if is_people(&entity.name) {
            score += 200;
        } else if words(&entity.name).iter().any(|w| group.contains(&w.as_str())) {
            score += 150;
        }
        if derived {
            score -= 10 * i64::try_from(incoming.min(20)).unwrap_or(0);
        }
        if event {
            score -= 15;
        }
        if entity.size < 50 {
            score -= 20;
        }
        if entity.features.len() < 2 {
            score -= 30;
        }
        score + 5 * i64::from(entity.size.max(1).ilog10())
    };
    entities.sort_by_cached_key(|e| (std::cmp::Reverse(score(e)), e.name.clone()));
}
