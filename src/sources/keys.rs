//! Unique keys, and which columns point at them.

use super::facts::{Facts, is_unique};
use super::names::{is_generic_key, normal, singular, subject, without_prefix, words};
use super::probe::{Probe, about, counts, in_time, reach};
use crate::model::catalog::{Column, Relation, Table};
use crate::model::failure::Failure;
use crate::model::value::{Kind, grouped};
use crate::sql::{Sql, ident};

/// A relation of one key to another, by name.
const DANGLING_OF_KEYS: u64 = 10;
/// Columns of a large table that are worth an exact count.
const CANDIDATES_MAX: usize = 4;
/// A relation by name stays one while at most so many of a hundred rows point at nothing.
const DANGLING_BY_NAME: u64 = 60;
/// A relation by values alone.
const DANGLING_BY_VALUE: u64 = 10;
/// So many different values must be found before values alone are evidence.
const VALUES_MIN: u64 = 10;

/// The column of a table that is unique and looks like a key.
///
/// # Errors
/// When the table cannot be read.
pub(super) fn unique_key(
    probe: &dyn Probe,
    table: &Table,
    facts: &Facts,
) -> Result<Option<String>, Failure> {
    let mut candidates: Vec<(i32, usize)> = facts
        .columns
        .iter()
        .enumerate()
        .filter(|(_, seen)| table.rows > 1 && seen.is_unique(facts.sample_rows))
        .filter_map(|(i, seen)| {
            let plain_text = seen.longest <= 64 && seen.spaced == 0;
            let score = key_score(table, i, plain_text)?;
            Some((-score, i))
        })
        .collect();
    candidates.sort_unstable();
    for (_, i) in candidates.into_iter().take(CANDIDATES_MAX) {
        let column = &table.columns[i].name;
        if is_unique(probe, table, column)? {
            return Ok(Some(column.clone()));
        }
    }
    Ok(None)
}

/// How much a unique column looks like the key; `None` when it does not at all.
fn key_score(table: &Table, index: usize, plain_text: bool) -> Option<i32> {
    let column = &table.columns[index];
    if !matches!(column.kind, Kind::Integer | Kind::Text) {
        return None;
    }
    let name = normal(&column.name);
    let own = normal(&singular(last_part(&table.name)));
    let about = subject(&column.name);
    let first = if index == 0 { 10 } else { 0 };
    if name == "id" || about.as_ref().is_some_and(|a| own == *a || own.ends_with(&format!("_{a}")))
    {
        return Some(100 + first);
    }
    if about.is_some() || matches!(name.as_str(), "key" | "uuid" | "guid" | "pk") {
        return Some(70 + first);
    }
    let said = words(&column.name);
    let says = |word: &str| said.iter().any(|w| w == word);
    if ["name", "title", "description", "text", "content", "comment", "url", "address"]
        .iter()
        .any(|word| says(word))
    {
        return None;
    }
    if !plain_text && column.kind == Kind::Text {
        return None;
    }
    let code = ["code", "number", "no", "nr", "sku", "num", "ref", "email", "username", "login"];
    if code.iter().any(|word| says(word)) || name.ends_with("num") {
        return Some(50 + first);
    }
    (index == 0).then_some(30)
}

/// Without the schema.
pub(super) fn last_part(table: &str) -> &str {
    table.rsplit_once('.').map_or(table, |(_, last)| last)
}

/// A table with its key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keyed<'a> {
    /// The table.
    pub table: &'a Table,
    /// Its unique column.
    pub key: &'a Column,
}

/// Why a column may point at a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ground {
    /// Only because its values are found there.
    Values,
    /// Because of its name.
    Name,
}

/// Which columns of the tables point at the keys.
///
/// # Errors
/// When a table cannot be read.
pub(super) fn relations(
    probe: &dyn Probe,
    tables: &[Table],
    facts: &[Facts],
    keyed: &[Keyed<'_>],
) -> Result<Vec<Relation>, Failure> {
    let mut found = Vec::new();
    for (table, facts) in tables.iter().zip(facts) {
        for (column, seen) in table.columns.iter().zip(&facts.columns) {
            if !matches!(column.kind, Kind::Integer | Kind::Text) || seen.filled == 0 {
                continue;
            }
            let has_key = keyed.iter().any(|k| k.table.name == table.name);
            let own_key = keyed.iter().any(|k| k.table.name == table.name && k.key == column);
            let repeats = !has_key && !seen.is_unique(facts.sample_rows);
            let mut grounds: Vec<(Ground, &Keyed<'_>)> = keyed
                .iter()
                .filter(|k| k.table.name != table.name || names_own_kind(column, k))
                .filter_map(|k| Some((ground(table, column, k, repeats)?, k)))
                .collect();
            grounds.sort_by_key(|(ground, k)| (std::cmp::Reverse(*ground), k.table.rows));
            let by_name = grounds.first().is_some_and(|(g, _)| *g == Ground::Name);
            if own_key && !by_name {
                continue;
            }
            // Values alone: only texts that could be codes, and enough of them.
            let telling = seen.distinct >= VALUES_MIN && seen.longest <= 64 && seen.spaced == 0;
            let mut best: Option<Relation> = None;
            for (ground, target) in grounds {
                if ground == Ground::Values && (!telling || best.is_some()) {
                    continue;
                }
                if own_key && points_back(table, column, target) {
                    continue;
                }
                let allowed = match ground {
                    Ground::Name if own_key || is_generic_key(&column.name) => DANGLING_OF_KEYS,
                    Ground::Name => DANGLING_BY_NAME,
                    Ground::Values => DANGLING_BY_VALUE,
                };
                let relation = verified(probe, table, column, target, (ground, allowed))?;
                if let Some(relation) = relation
                    && best.as_ref().is_none_or(|b| relation.dangling < b.dangling)
                {
                    best = Some(relation);
                }
            }
            found.extend(best);
        }
    }
    Ok(found)
}

/// Whether a column of a table points at its own key: `parent_account_id` in accounts.
fn names_own_kind(column: &Column, own: &Keyed<'_>) -> bool {
    let key = normal(&own.key.name);
    let entity = normal(&singular(last_part(&own.table.name)));
    let about = subject(&column.name).unwrap_or_default();
    !is_generic_key(&column.name)
        && column.name != own.key.name
        && ((!is_generic_key(&own.key.name) && normal(&column.name).ends_with(&format!("_{key}")))
            || about.ends_with(&format!("_{entity}")))
}

/// Two tables with the same key: the smaller points at the larger, the later at the earlier.
fn points_back(table: &Table, column: &Column, target: &Keyed<'_>) -> bool {
    normal(&column.name) == normal(&target.key.name)
        && (table.rows, &target.table.name) > (target.table.rows, &table.name)
}

/// Why `column` may point at `target`, before its values are looked at. `repeats`: it has doubled
/// values, in a table without a key.
fn ground(table: &Table, column: &Column, target: &Keyed<'_>, repeats: bool) -> Option<Ground> {
    let name = normal(&column.name);
    let key = normal(&target.key.name);
    let generic = is_generic_key(&target.key.name);
    // An `id` that repeats is the id of something else.
    if repeats && name == key && matches!(name.as_str(), "id" | "uuid" | "guid") {
        return Some(Ground::Name);
    }
    if !generic && (name == key || without_prefix(&name) == without_prefix(&key)) {
        return Some(Ground::Name);
    }
    let entity = normal(&singular(last_part(&target.table.name)));
    // `raw_orders` is about orders, `dim_customer` about customers.
    let about: Vec<&str> = [Some(entity.as_str()), entity.split_once('_').map(|(_, rest)| rest)]
        .into_iter()
        .flatten()
        .filter(|a| a.len() > 1)
        .collect();
    let said = subject(&column.name).unwrap_or_else(|| name.clone());
    let names_it =
        |a: &str| said == a || said.ends_with(&format!("_{a}")) || name == format!("{a}_{key}");
    if !is_generic_key(&column.name) && about.iter().any(|a| names_it(a)) {
        return Some(Ground::Name);
    }
    let both_text = column.kind == Kind::Text && target.key.kind == Kind::Text;
    let own_id = name == "id" || table.rows == 0;
    (both_text && !own_id).then_some(Ground::Values)
}

/// Counts what points at nothing, and makes the relation when that is little enough.
fn verified(
    probe: &dyn Probe,
    table: &Table,
    column: &Column,
    target: &Keyed<'_>,
    (ground, allowed): (Ground, u64),
) -> Result<Option<Relation>, Failure> {
    let as_text = compare_as_text(column, target.key);
    if ground == Ground::Values && !first_values_match(probe, table, column, target, as_text)? {
        return Ok(None);
    }
    let (filled, dangling) = dangling(probe, table, &column.name, target, as_text)?;
    if filled == 0 || u128::from(dangling) * 100 > u128::from(filled) * u128::from(allowed) {
        return Ok(None);
    }
    let matched = filled - dangling;
    let why = format!(
        "{} of {} values of {} are found in {}.{}{}",
        grouped(matched),
        grouped(filled),
        column.name,
        target.table.name,
        target.key.name,
        if as_text { ", compared as text" } else { "" }
    );
    Ok(Some(Relation {
        from_table: table.name.clone(),
        from_column: column.name.clone(),
        to_table: target.table.name.clone(),
        to_column: target.key.name.clone(),
        as_text,
        dangling,
        why,
    }))
}

/// Whether two columns must be compared as text, because their types differ.
pub(super) fn compare_as_text(a: &Column, b: &Column) -> bool {
    let plain = |c: &Column| c.kind == Kind::Integer || c.type_name == "VARCHAR";
    a.type_name != b.type_name && (a.kind != b.kind || !plain(a) || !plain(b))
}

fn side(name: &str, column: &str, as_text: bool) -> Sql {
    let column = Sql::fill("{}.{}", &[&ident(name), &ident(column)]);
    if as_text { Sql::fill("CAST({} AS VARCHAR)", &[&column]) } else { column }
}

/// How many rows have a value, and how many of these point at nothing.
///
/// # Errors
/// When a table cannot be read.
pub(super) fn dangling(
    probe: &dyn Probe,
    table: &Table,
    column: &str,
    target: &Keyed<'_>,
    as_text: bool,
) -> Result<(u64, u64), Failure> {
    let from = side("f", column, as_text);
    let to = side("k", &target.key.name, as_text);
    let sql = Sql::fill(
        "SELECT count(*), count(*) FILTER (WHERE key IS NULL) FROM \
         (SELECT {} AS value FROM {} AS f WHERE {} IS NOT NULL) LEFT JOIN \
         (SELECT DISTINCT {} AS key FROM {} AS k) ON value = key",
        &[&from, &reach(table), &from, &to, &reach(target.table)],
    );
    let found = about(probe, &[table, target.table], || counts(probe, &sql));
    let found = in_time(probe, found, Vec::new())?;
    Ok((found.first().copied().unwrap_or(0), found.get(1).copied().unwrap_or(0)))
}

/// A cheap look before the whole table is joined: nearly all of the first values are keys.
fn first_values_match(
    probe: &dyn Probe,
    table: &Table,
    column: &Column,
    target: &Keyed<'_>,
    as_text: bool,
) -> Result<bool, Failure> {
    let from = side("f", &column.name, as_text);
    let to = side("k", &target.key.name, as_text);
    let sql = Sql::fill(
        "SELECT count(*), count(*) FILTER (WHERE value IN (SELECT {} FROM {} AS k)) FROM \
         (SELECT DISTINCT {} AS value FROM (SELECT * FROM {} LIMIT 1000) AS f \
         WHERE {} IS NOT NULL)",
        &[&to, &reach(target.table), &from, &reach(table), &from],
    );
    let found = about(probe, &[table, target.table], || counts(probe, &sql));
    let found = in_time(probe, found, Vec::new())?;
    let (all, matched) = (found.first().copied(), found.get(1).copied());
    let (all, matched) = (all.unwrap_or(0), matched.unwrap_or(0));
    Ok(all >= VALUES_MIN && matched * 10 >= all * 9)
}
