//! Unique keys, and which columns point at them.

use super::facts::{ColumnFacts, Facts, is_unique, odd_rows};
use super::names::{is_generic_key, normal, singular, subject, without_prefix, words};
use super::personal::is_people;
use super::probe::{Probe, about, counts, in_time, reach};
use crate::model::catalog::{Catalog, Column, KeyForm, OddRows, Relation, Table};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::model::value::{Kind, grouped};
use crate::sql::Sql;
use crate::sql::facts::{self, Side};
use std::collections::BTreeMap;

/// How much a column that is named like the id of its own table looks like the key.
const OWN_ID: i32 = 100;
/// How much a column that is named like an id does.
const AN_ID: i32 = 70;
/// More rows without an id, or with one that is taken, are no dirt.
const ODD_MAX: u64 = 1000;
/// Whole numbers by what their column says, not by its name: nearly all must be found.
const DANGLING_BY_ROLE: u64 = 1;
/// A relation of one key to another, by name.
const DANGLING_OF_KEYS: u64 = 10;
/// Columns of a large table that are worth an exact count.
const CANDIDATES_MAX: usize = 4;
/// A relation by name stays one while at most this many of a hundred rows point at nothing.
const DANGLING_BY_NAME: u64 = 60;
/// A relation by values alone.
const DANGLING_BY_VALUE: u64 = 10;
/// So many different values must be found before values alone are evidence.
const VALUES_MIN: u64 = 10;

/// The key of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// The column.
    pub column: String,
    /// The rows that keep it from being unique, which are few.
    pub odd: OddRows,
}

/// The column of a table that looks like a key and is unique. A column that is named like the
/// table's own id and is nearly unique goes before a column that is unique and no id: one row
/// without an id does not make the e-mail address the key.
///
/// # Errors
/// When the table cannot be read.
pub(super) fn unique_key(
    probe: &dyn Probe,
    table: &Table,
    facts: &Facts,
) -> Result<Option<Key>, Failure> {
    let mut candidates: Vec<(i32, usize)> = facts
        .columns
        .iter()
        .enumerate()
        .filter(|_| table.rows > 1)
        .filter_map(|(i, seen)| {
            let plain_text = seen.longest <= 64 && seen.spaced == 0;
            let score = key_score(table, i, (seen, plain_text))?;
            let whole = table.columns[i].kind != Kind::Number || score >= AN_ID;
            let unique = seen.is_unique(facts.sample_rows)
                || (score >= OWN_ID && seen.is_nearly_unique(facts.sample_rows));
            (unique && whole).then_some((-score, i))
        })
        .collect();
    candidates.sort_unstable();
    candidates.truncate(CANDIDATES_MAX);
    let mut nearly = None;
    for (score, i) in candidates {
        let column = &table.columns[i].name;
        if nearly.is_some() && -score < AN_ID {
            break;
        }
        let in_sample = facts.columns[i].is_unique(facts.sample_rows);
        let is_known = || facts.tells_unique(table, i);
        if in_sample && (is_known() || is_unique(probe, table, column)?) {
            return Ok(Some(Key { column: column.clone(), odd: OddRows::default() }));
        }
        if nearly.is_none() && -score >= OWN_ID {
            let odd = odd_rows(probe, table, column)?;
            nearly = few(odd, table.rows).then(|| Key { column: column.clone(), odd });
        }
    }
    Ok(nearly)
}

/// Whether odd rows are dirt rather than the rule: at most one of a hundred rows and a thousand in
/// all, and in a small table one row of twenty. A log in which most people come once has more.
fn few(odd: OddRows, rows: u64) -> bool {
    let all = odd.without + odd.doubled;
    all <= ODD_MAX && (all * 100 <= rows || (all == 1 && rows >= 20))
}

/// How much a unique column looks like the key; `None` when it does not at all.
fn key_score(table: &Table, index: usize, (seen, plain_text): (&ColumnFacts, bool)) -> Option<i32> {
    let column = &table.columns[index];
    if !seen.is_id_like(column) {
        return None;
    }
    let name = normal(&column.name);
    let own = normal(&singular(last_part(&table.name)));
    let about = subject(&column.name);
    let first = if index == 0 { 10 } else { 0 };
    if name == "id" || about.as_ref().is_some_and(|a| own == *a || own.ends_with(&format!("_{a}")))
    {
        return Some(OWN_ID + first);
    }
    if about.is_some() || matches!(name.as_str(), "key" | "uuid" | "guid" | "pk") {
        return Some(AN_ID + first);
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
    /// Because its values are found there, and it is about people as the table is.
    People,
    /// Because it says what a row is to another of its own table: `reports_to`.
    Role,
    /// Because of its name.
    Name,
}

/// A column that may point, with what is known about it.
struct Pointing<'a> {
    table: &'a Table,
    column: &'a Column,
    seen: &'a ColumnFacts,
    /// It has doubled values, in a table without a key.
    repeats: bool,
    own_key: bool,
    /// Its name as compared, what that is about, and whether it says no more than "a key".
    name: String,
    about: Option<String>,
    generic: bool,
}

/// A key that may be pointed at, with what its names say: asked of every column, worked out once.
struct Target<'a> {
    keyed: &'a Keyed<'a>,
    seen: Option<&'a ColumnFacts>,
    /// The name of the key as compared.
    key: String,
    /// It says no more than that it is a key.
    generic: bool,
    /// What the table is about: one of its rows.
    entity: String,
    of_people: bool,
}

impl<'a> Target<'a> {
    fn new(keyed: &'a Keyed<'a>, tables: &[Table], facts: &'a [Facts]) -> Self {
        let place = tables.iter().position(|table| table.name == keyed.table.name);
        let column = keyed.table.columns.iter().position(|column| column == keyed.key);
        let seen = place.zip(column).and_then(|(table, column)| facts[table].columns.get(column));
        let key = normal(&keyed.key.name);
        let generic = is_generic_key(&keyed.key.name);
        let one = singular(last_part(&keyed.table.name));
        let of_people = names_people(&one)
            && (generic || subject(&key).is_some_and(|about| names_people(&about)));
        Self { keyed, seen, key, generic, entity: normal(&one), of_people }
    }
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
    let targets: Vec<Target<'_>> =
        keyed.iter().map(|keyed| Target::new(keyed, tables, facts)).collect();
    for (table, facts) in tables.iter().zip(facts) {
        let own = keyed.iter().find(|keyed| keyed.table.name == table.name);
        for (column, seen) in table.columns.iter().zip(&facts.columns) {
            if !seen.is_id_like(column) || seen.filled == 0 {
                continue;
            }
            let pointing = Pointing {
                table,
                column,
                seen,
                repeats: own.is_none() && !seen.is_unique(facts.sample_rows),
                own_key: own.is_some_and(|keyed| keyed.key == column),
                name: normal(&column.name),
                about: subject(&column.name),
                generic: is_generic_key(&column.name),
            };
            let mut grounds: Vec<(Ground, &Keyed<'_>)> = targets
                .iter()
                .filter_map(|target| Some((ground(&pointing, target)?, target.keyed)))
                .collect();
            grounds.sort_by_key(|(ground, k)| (std::cmp::Reverse(*ground), k.table.rows));
            found.extend(best(probe, &pointing, grounds)?);
        }
    }
    Ok(found)
}

/// The relation of a column that has the fewest values without a target, of those with the best
/// ground. Of several tables of people with the same figures none is chosen.
fn best(
    probe: &dyn Probe,
    pointing: &Pointing<'_>,
    grounds: Vec<(Ground, &Keyed<'_>)>,
) -> Result<Option<Relation>, Failure> {
    let (column, own_key) = (pointing.column, pointing.own_key);
    let by_name = grounds.first().is_some_and(|(g, _)| *g == Ground::Name);
    if own_key && !by_name {
        return Ok(None);
    }
    // Values alone: only codes and numbers that say something, and enough of them.
    let seen = pointing.seen;
    let telling = seen.distinct >= VALUES_MIN && seen.longest <= 64 && seen.spaced == 0;
    let mut best: Option<(Ground, Relation)> = None;
    let mut tied = false;
    for (ground, target) in grounds {
        if best.as_ref().is_some_and(|(other, _)| *other > ground)
            || (ground == Ground::Values && (!telling || best.is_some()))
            || (own_key && points_back(pointing.table, column, target))
        {
            continue;
        }
        let allowed = match ground {
            Ground::Name if own_key || is_generic_key(&column.name) => DANGLING_OF_KEYS,
            Ground::Name => DANGLING_BY_NAME,
            Ground::Values => DANGLING_BY_VALUE,
            Ground::People | Ground::Role => DANGLING_BY_ROLE,
        };
        let Some(relation) = verified(probe, pointing, target, (ground, allowed))? else {
            continue;
        };
        let known = best.as_ref().map(|(_, b)| b.dangling);
        tied = ground == Ground::People && known == Some(relation.dangling);
        if known.is_none_or(|least| relation.dangling < least) {
            best = Some((ground, relation));
        }
    }
    Ok(best.filter(|_| !tied).map(|(_, relation)| relation))
}

/// Of several references from one table to another, the one that is named as the key is (beside
/// `referrer_customer_id`, `customer_id`) is used unless a condition says otherwise.
pub(super) fn choose_plain(relations: &mut [Relation]) {
    let plain = |r: &Relation| {
        let (from, to) = (normal(&r.from_column), normal(&r.to_column));
        let about = singular(last_part(&r.to_table));
        !r.is_within()
            && (without_prefix(&from) == without_prefix(&to)
                || subject(&r.from_column).is_some_and(|said| said == normal(&about)))
    };
    let ends = |r: &Relation| (r.from_table.clone(), r.to_table.clone());
    let chosen: Vec<bool> = relations
        .iter()
        .map(|r| {
            let others = relations.iter().filter(|o| ends(o) == ends(r));
            plain(r) && others.clone().count() > 1 && others.filter(|o| plain(o)).count() == 1
        })
        .collect();
    for (relation, chosen) in relations.iter_mut().zip(chosen) {
        relation.chosen = chosen;
    }
}

/// Tells where one table points at another by several columns.
pub(super) fn tell_several(catalog: &mut Catalog) {
    let mut ways: BTreeMap<(String, String), Vec<&Relation>> = BTreeMap::new();
    for relation in catalog.relations.iter().filter(|r| !r.is_within()) {
        let ends = (relation.from_table.clone(), relation.to_table.clone());
        ways.entry(ends).or_default().push(relation);
    }
    let mut told = Vec::new();
    for ((from, to), relations) in ways.iter().filter(|(_, relations)| relations.len() > 1) {
        let columns: Vec<&str> = relations.iter().map(|r| r.from_column.as_str()).collect();
        let which = match relations.iter().find(|r| r.chosen) {
            Some(chosen) => {
                format!("{} is used unless a condition says otherwise", chosen.from_column)
            }
            None => "a condition must say which".to_owned(),
        };
        let message = format!("{from} points at {to} by {}; {which}", columns.join(" and "));
        let hint = format!(
            "write count({from} via {}), or choose one with the correction `way`",
            columns.last().unwrap_or(&"")
        );
        told.push(Finding::new(Severity::Note, message).hint(hint));
    }
    catalog.findings.extend(told);
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

/// Why a column may point at `target`, before its values are looked at.
fn ground(pointing: &Pointing<'_>, target: &Target<'_>) -> Option<Ground> {
    let Pointing { table, column, seen, .. } = *pointing;
    let own = table.name == target.keyed.table.name;
    if own {
        let other = column.name != target.keyed.key.name;
        let role = other && says_a_role(&column.name);
        return match other && names_own_kind(column, target.keyed) {
            true => Some(Ground::Name),
            false => role.then_some(Ground::Role),
        };
    }
    let name = pointing.name.as_str();
    // An `id` that repeats is the id of something else.
    if pointing.repeats && name == target.key && matches!(name, "id" | "uuid" | "guid") {
        return Some(Ground::Name);
    }
    if names_key(name, target) || names_table(pointing, target) {
        return Some(Ground::Name);
    }
    let own_id = name == "id" || table.rows == 0;
    if own_id || pointing.own_key {
        return None;
    }
    let said = pointing.about.as_deref().unwrap_or(name);
    if target.of_people && (names_people(said) || says_a_person(said)) {
        return Some(Ground::People);
    }
    let both_text = column.kind == Kind::Text && target.keyed.key.kind == Kind::Text;
    let sparse = pointing.about.is_some()
        && seen.range.is_some()
        && target.seen.is_some_and(|key| key.is_sparse(target.keyed.table.rows));
    (both_text || sparse).then_some(Ground::Values)
}

/// `customer_id` and `refunded_customer_id` beside the key `customer_id`; `ss_item_sk` beside
/// `i_item_sk`.
fn names_key(name: &str, target: &Target<'_>) -> bool {
    let (bare, bare_key) = (without_prefix(name), without_prefix(&target.key));
    !target.generic
        && (name == target.key
            || bare == bare_key
            || (ends_with_word(bare, bare_key) && subject(&target.key).is_some()))
}

/// Whether a name of several words ends with this one.
fn ends_with_word(name: &str, word: &str) -> bool {
    name.strip_suffix(word).is_some_and(|head| head.ends_with('_'))
}

/// `customer_id` and `customer` beside the table `dim_customers`.
fn names_table(pointing: &Pointing<'_>, target: &Target<'_>) -> bool {
    let name = pointing.name.as_str();
    let said = pointing.about.as_deref().unwrap_or(name);
    let names_key_of = |about: &str| {
        let rest = name.strip_prefix(about).and_then(|rest| rest.strip_prefix('_'));
        rest == Some(target.key.as_str())
    };
    // `raw_orders` is about orders, `dim_customer` about customers.
    let entity = target.entity.as_str();
    let mut about = std::iter::once(entity).chain(entity.split_once('_').map(|(_, rest)| rest));
    !pointing.generic
        && about.any(|about| {
            about.len() > 1 && (said == about || ends_with_word(said, about) || names_key_of(about))
        })
}

/// Whether a column is named after what another row of its own table is to a row.
fn says_a_role(column: &str) -> bool {
    const ROLES: &[&str] = &[
        "parent",
        "manager",
        "supervisor",
        "boss",
        "reports",
        "superior",
        "mentor",
        "sponsor",
        "referrer",
        "referred",
        "referral",
        "inviter",
        "invited",
        "predecessor",
        "previous",
        "root",
        "original",
        "replaces",
        "replaced",
        "merged",
        "duplicate",
    ];
    words(column).iter().any(|word| ROLES.contains(&word.as_str()))
}

/// Whether the thing that a name names is a person: not `user_events`.
fn names_people(name: &str) -> bool {
    words(name).last().is_some_and(|word| is_people(word))
}

/// Whether a column is named after what a person is to a row: `support_rep_id`, `created_by`.
fn says_a_person(said: &str) -> bool {
    const PERSONS: &[&str] = &[
        "rep",
        "agent",
        "manager",
        "seller",
        "salesperson",
        "owner",
        "assignee",
        "author",
        "sender",
        "recipient",
        "by",
        "payer",
        "holder",
        "staff",
        "driver",
        "referrer",
    ];
    words(said).last().is_some_and(|word| PERSONS.contains(&word.as_str()))
}

/// Counts what points at nothing, and makes the relation when that is little enough.
fn verified(
    probe: &dyn Probe,
    pointing: &Pointing<'_>,
    target: &Keyed<'_>,
    (ground, allowed): (Ground, u64),
) -> Result<Option<Relation>, Failure> {
    let Pointing { table, column, seen, .. } = *pointing;
    let forms = forms(column, target.key, seen.pointed > 0);
    if ground == Ground::Values && !first_values_match(probe, table, column, target, forms)? {
        return Ok(None);
    }
    let (filled, dangling) = dangling(probe, table, &column.name, target, forms)?;
    if filled == 0 || u128::from(dangling) * 100 > u128::from(filled) * u128::from(allowed) {
        return Ok(None);
    }
    let matched = filled - dangling;
    let ground = match ground {
        Ground::Name => "",
        Ground::Values => ", though its name is different",
        Ground::People => ", and both are about people",
        Ground::Role => ", and its name says how one relates to the other",
    };
    let why = format!(
        "{} of {} values of {} are found in {}.{}{}{ground}",
        grouped(matched),
        grouped(filled),
        column.name,
        target.table.name,
        target.key.name,
        compared(forms)
    );
    Ok(Some(Relation {
        from_table: table.name.clone(),
        from_column: column.name.clone(),
        to_table: target.table.name.clone(),
        to_column: target.key.name.clone(),
        from_form: forms.0,
        to_form: forms.1,
        chosen: false,
        dangling,
        why,
    }))
}

/// How two columns are compared, in words, when not as they are.
pub(super) fn compared(forms: (KeyForm, KeyForm)) -> &'static str {
    match forms {
        (KeyForm::AsIs, KeyForm::AsIs) => "",
        (KeyForm::Whole | KeyForm::AsIs, KeyForm::Whole | KeyForm::AsIs) => {
            ", compared as whole numbers"
        }
        _ => ", compared as text",
    }
}

/// How the values of two columns are read so that they can be compared and nothing is lost;
/// `pointed` when texts of the first end in `.0`.
pub(super) fn forms(a: &Column, b: &Column, pointed: bool) -> (KeyForm, KeyForm) {
    if a.type_name == b.type_name {
        return (KeyForm::AsIs, KeyForm::AsIs);
    }
    match (is_exact(a), is_exact(b)) {
        (true, true) => return (KeyForm::AsIs, KeyForm::AsIs),
        (false, true) if a.kind == Kind::Number => return (KeyForm::Whole, KeyForm::AsIs),
        (true, false) if b.kind == Kind::Number => return (KeyForm::AsIs, KeyForm::Whole),
        _ => {}
    }
    if a.kind == b.kind && (a.kind == Kind::Number || is_plain_text(a) && is_plain_text(b)) {
        return (KeyForm::AsIs, KeyForm::AsIs);
    }
    let as_text = |c: &Column, pointed: bool| match c.kind {
        Kind::Number if !is_exact(c) => KeyForm::WholeText,
        Kind::Text if pointed && is_plain_text(c) => KeyForm::BareText,
        _ => KeyForm::Text,
    };
    (as_text(a, pointed && b.kind != Kind::Text), as_text(b, false))
}

/// Whether a type holds whole numbers and nothing else.
fn is_exact(column: &Column) -> bool {
    column.kind == Kind::Integer || is_whole_decimal(column)
}

/// `DECIMAL(38,0)`, as some databases write whole numbers.
fn is_whole_decimal(column: &Column) -> bool {
    column.type_name.starts_with("DECIMAL(") && column.type_name.ends_with(",0)")
}

fn is_plain_text(column: &Column) -> bool {
    column.type_name == "VARCHAR"
}

fn side<'a>(table: &'a Sql, column: &'a str, form: KeyForm) -> Side<'a> {
    Side { table, column, form }
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
    forms: (KeyForm, KeyForm),
) -> Result<(u64, u64), Failure> {
    let (rows, keys) = (reach(table), reach(target.table));
    let from = side(&rows, column, forms.0);
    let sql = facts::dangling(from, side(&keys, &target.key.name, forms.1));
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
    forms: (KeyForm, KeyForm),
) -> Result<bool, Failure> {
    let (rows, keys) = (reach(table), reach(target.table));
    let from = side(&rows, &column.name, forms.0);
    let sql = facts::first_matches(from, side(&keys, &target.key.name, forms.1));
    let found = about(probe, &[table, target.table], || counts(probe, &sql));
    let found = in_time(probe, found, Vec::new())?;
    let (all, matched) = (found.first().copied(), found.get(1).copied());
    let (all, matched) = (all.unwrap_or(0), matched.unwrap_or(0));
    Ok(all >= VALUES_MIN && matched * 10 >= all * 9)
}
