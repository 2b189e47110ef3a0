//! Names: singular forms, handles, and what a column's name says about it.

use crate::model::value::grouped;
use std::collections::BTreeSet;

/// The singular of a table's name: `customers` is `customer`, `addresses` is `address`. A name
/// that is not a plural stays as it is.
pub(super) fn singular(name: &str) -> String {
    const KEPT: &[&str] = &["ss", "us", "is", "ews", "ies_", "series", "species", "data", "media"];
    const WHOLE: &[(&str, &str)] = &[
        ("people", "person"),
        ("children", "child"),
        ("men", "man"),
        ("women", "woman"),
        ("indices", "index"),
        ("movies", "movie"),
        ("cookies", "cookie"),
        ("buses", "bus"),
        ("statuses", "status"),
        ("houses", "house"),
        ("purchases", "purchase"),
        ("licenses", "license"),
        ("courses", "course"),
        ("nurses", "nurse"),
        ("expenses", "expense"),
        ("responses", "response"),
        ("warehouses", "warehouse"),
        ("databases", "database"),
        ("cases", "case"),
        ("leases", "lease"),
        ("releases", "release"),
    ];
    let lower = name.to_lowercase();
    let cut = |n: usize| name[..name.len() - n].to_owned();
    if !name.is_ascii() {
        return name.to_owned();
    }
    let word_start = lower.rfind(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |i| i + 1);
    if let Some((_, one)) = WHOLE.iter().find(|(many, _)| lower[word_start..] == **many) {
        return format!("{}{one}", &name[..word_start]);
    }
    if KEPT.iter().any(|end| lower.ends_with(end)) {
        return name.to_owned();
    }
    if lower.ends_with("ies") && lower.len() > 4 {
        return format!("{}y", cut(3));
    }
    if ["sses", "shes", "ches", "xes", "zes"].iter().any(|end| lower.ends_with(end)) {
        return cut(2);
    }
    if lower.ends_with('s') && lower.len() - word_start > 2 { cut(1) } else { name.to_owned() }
}

/// A name as compared: lower case, words parted by one underscore (`userId` is `user_id`).
pub(super) fn normal(name: &str) -> String {
    let mut out = String::with_capacity(name.len() + 4);
    let mut before_lower = false;
    for c in name.trim().chars() {
        if c.is_alphanumeric() {
            if c.is_uppercase() && before_lower {
                out.push('_');
            }
            before_lower = c.is_lowercase() || c.is_ascii_digit();
            out.extend(c.to_lowercase());
        } else {
            if !out.is_empty() && !out.ends_with('_') {
                out.push('_');
            }
            before_lower = false;
        }
    }
    out.trim_end_matches('_').to_owned()
}

/// The words of a name.
pub(super) fn words(name: &str) -> Vec<String> {
    normal(name).split('_').filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

/// Words that end like an id but are not one.
const NO_IDS: &[&str] = &[
    "prepaid", "unpaid", "valid", "invalid", "android", "covid", "monkey", "turkey", "hybrid",
    "fluid", "solid", "rapid", "avoid", "humid", "liquid", "squid", "hockey", "whiskey", "acid",
    "placid", "candid", "timid", "vivid", "repaid", "afraid", "madrid", "centroid", "asteroid",
];

/// What an id column is about: `user_id`, `userid` and `user_key` say `user`. `None` when the name
/// does not end like an id's, or says nothing more.
pub(super) fn subject(column: &str) -> Option<String> {
    let name = normal(column);
    let name = without_prefix(&name);
    for end in ["_id", "_key", "_uuid", "_guid", "_sk", "_pk", "_nr", "_no", "_ref"] {
        if let Some(head) = name.strip_suffix(end) {
            return (!head.is_empty()).then(|| head.to_owned());
        }
    }
    let last = name.rsplit('_').next().unwrap_or(name);
    for end in ["id", "key", "uuid"] {
        if let Some(head) = name.strip_suffix(end)
            && last.len() >= end.len() + 3
            && !NO_IDS.contains(&last)
        {
            return Some(head.to_owned());
        }
    }
    None
}

/// Whether a name says no more than "this is the key".
pub(super) fn is_generic_key(column: &str) -> bool {
    let name = normal(column);
    let numbered = name.strip_prefix("column").is_some_and(|n| n.parse::<u32>().is_ok());
    numbered
        || name.len() < 2
        || matches!(
            name.as_str(),
            "id" | "key"
                | "code"
                | "name"
                | "uuid"
                | "guid"
                | "pk"
                | "nr"
                | "no"
                | "index"
                | "number"
        )
}

/// Without the one or two letters that stand for the table, as in `c_custkey`.
pub(super) fn without_prefix(name: &str) -> &str {
    match name.split_once('_') {
        Some((head, rest)) if (1..=2).contains(&head.len()) && rest.len() > 3 => rest,
        _ => name,
    }
}

/// A name that is not taken yet, made from `wanted`; it is taken from now on.
pub(super) fn free(wanted: &str, taken: &mut BTreeSet<String>) -> String {
    let mut tried = if wanted.is_empty() { "table".to_owned() } else { wanted.to_owned() };
    let mut n = 2;
    while !taken.insert(tried.to_lowercase()) {
        tried = format!("{wanted}_{n}");
        n += 1;
    }
    tried
}

/// `1 row`, `12,345 rows`.
pub(super) fn counted(n: u64, one: &str) -> String {
    format!("{} {one}{}", grouped(n), if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_become_singular_and_other_names_stay() {
        for (many, one) in [
            ("customers", "customer"),
            ("raw_customers", "raw_customer"),
            ("addresses", "address"),
            ("categories", "category"),
            ("raw_supplies", "raw_supply"),
            ("planes", "plane"),
            ("purchases", "purchase"),
            ("boxes", "box"),
            ("people", "person"),
            ("movies", "movie"),
            ("status", "status"),
            ("address", "address"),
            ("analysis", "analysis"),
            ("news", "news"),
            ("customer", "customer"),
            ("Besucher 日本", "Besucher 日本"),
        ] {
            assert_eq!(singular(many), one);
        }
    }

    #[test]
    fn an_id_column_says_what_it_is_about() {
        for (column, about) in [
            ("user_id", Some("user")),
            ("userId", Some("user")),
            ("UserID", Some("user")),
            ("o_custkey", Some("cust")),
            ("id", None),
            ("paid", None),
            ("tax_paid", None),
            ("tax_invalid", None),
            ("valid", None),
            ("customer", None),
        ] {
            assert_eq!(subject(column).as_deref(), about, "{column}");
        }
    }

    #[test]
    fn names_that_are_taken_get_a_number() {
        let mut taken = BTreeSet::new();
        assert_eq!(free("a", &mut taken), "a");
        assert_eq!(free("A", &mut taken), "A_2");
        assert_eq!(free("", &mut taken), "table");
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(counted(1, "row"), "1 row");
        assert_eq!(counted(1_234_567, "row"), "1,234,567 rows");
    }
}
