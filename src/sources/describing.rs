//! Tables that only describe others: codes, days, bands. They are reached by steps
//! (`orders.status.label`) and are not in the list of entities when that is long.

use super::keys::last_part;
use super::names::words;
use super::personal::is_people;
use crate::model::catalog::{Catalog, Entity, EntityBase, Table};
use crate::model::finding::{Finding, Severity};

/// A list of this many entities can be looked through; nothing is removed from it.
const ENOUGH: usize = 12;
/// A table of so few rows holds codes rather than things.
const CODES_ROWS: u64 = 100;
/// And one of so few columns.
const CODES_COLUMNS: usize = 4;

/// Takes tables that only describe others out of a long list of entities, and says so. A correction
/// `entity` brings each back.
pub(super) fn hide(catalog: &mut Catalog) {
    if catalog.entities.len() <= ENOUGH {
        return;
    }
    let hidden: Vec<(String, String)> = catalog
        .entities
        .iter()
        .filter(|entity| entity.cohorts.is_empty())
        .filter_map(|entity| Some((entity.name.clone(), describes(catalog, entity)?)))
        .collect();
    if hidden.is_empty() || hidden.len() == catalog.entities.len() {
        return;
    }
    catalog.entities.retain(|entity| !hidden.iter().any(|(name, _)| *name == entity.name));
    let named: Vec<String> = hidden.iter().map(|(name, why)| format!("{name} ({why})")).collect();
    let message = format!(
        "{} as entities: {}",
        match hidden.len() {
            1 => "1 table or id only describes others and is not listed".to_owned(),
            n => format!("{n} tables or ids only describe others and are not listed"),
        },
        named.join(", ")
    );
    let hint = "their columns are reached by steps, as in count(orders) filter (where \
                status.label = 'sent'); the correction `entity` brings one back";
    catalog.findings.push(Finding::new(Severity::Note, message).hint(hint));
}

/// Why an entity only describes others; `None` when it does not.
fn describes(catalog: &Catalog, entity: &Entity) -> Option<String> {
    if (is_people(&entity.name) || is_group(&entity.name)) && !says_codes(&entity.name) {
        return None;
    }
    let table = match &entity.base {
        EntityBase::Table(name) => catalog.table(name)?,
        EntityBase::Events { tables, .. } => {
            let lone = tables.len() == 1 && entity.features.len() <= CODES_COLUMNS;
            return lone.then(|| format!("an id that only {} has", tables[0].0));
        }
    };
    let incoming = catalog.relations.iter().filter(|r| r.to_table == table.name).count();
    let outgoing = catalog
        .relations
        .iter()
        .filter(|r| r.from_table == table.name && r.to_table != table.name)
        .count();
    if incoming == 0 || table.time_column.is_some() {
        return None;
    }
    if is_calendar(table) {
        return Some(format!("days or times that {}", pointing(incoming)));
    }
    let codes = table.rows <= CODES_ROWS || table.columns.len() <= CODES_COLUMNS;
    let named = says_codes(&table.name);
    if outgoing == 0 && (named || (codes && !is_place_or_thing(table))) {
        let what = if named { "codes, going by the name," } else { "a short list" };
        return Some(format!("{what} that {}", pointing(incoming)));
    }
    None
}

fn pointing(incoming: usize) -> String {
    match incoming {
        1 => "1 column points at".to_owned(),
        n => format!("{n} columns point at"),
    }
}

fn has_word(name: &str, list: &[&str]) -> bool {
    words(last_part(name)).iter().any(|word| {
        let one = word.strip_suffix('s').unwrap_or(word);
        list.contains(&word.as_str()) || list.contains(&one)
    })
}

fn is_group(name: &str) -> bool {
    has_word(name, &["account", "company", "household", "organization", "organisation", "family"])
}

/// What marketers ask about though it may be few: kept in the list.
fn is_place_or_thing(table: &Table) -> bool {
    const KEPT: &[&str] = &[
        "store",
        "shop",
        "item",
        "product",
        "campaign",
        "promotion",
        "brand",
        "supplier",
        "vendor",
        "site",
        "page",
        "catalog",
        "course",
        "film",
        "movie",
        "track",
        "artist",
        "album",
        "team",
    ];
    has_word(&table.name, KEPT)
}

fn is_calendar(table: &Table) -> bool {
    const DAYS: &[&str] =
        &["date", "day", "time", "calendar", "hour", "week", "month", "quarter", "year"];
    let said = words(last_part(&table.name));
    let plain = |word: &String| word == "dim" || word == "dimension" || word == "table";
    let named = said
        .iter()
        .filter(|w| !plain(w))
        .all(|w| DAYS.contains(&w.as_str()) || DAYS.contains(&w.strip_suffix('s').unwrap_or(w)));
    named && said.iter().any(|word| !plain(word))
}

fn says_codes(name: &str) -> bool {
    const CODES: &[&str] = &[
        "demographic",
        "type",
        "status",
        "statuses",
        "mode",
        "reason",
        "category",
        "categories",
        "lookup",
        "code",
        "band",
        "kind",
        "class",
        "classe",
        "genre",
        "tag",
        "label",
        "level",
        "tier",
        "currency",
        "currencies",
        "unit",
    ];
    has_word(name, CODES)
}
