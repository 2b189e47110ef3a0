//! Vars named without braces, as layouts up to schema version 42 wrote them.

use crate::define::names::{Names, Scope};
use crate::define::project::{EntityId, FeatureId, Part, Target};

/// Words of SQL that may stand where a var may but are not vars: keywords, types, parts of dates.
const WORDS: &str = " all and any array as asc at between bigint binary bool boolean both bytes \
    by case cast char character collate cross current current_date current_time \
    current_timestamp d date date_part datetime day dayofmonth dayofweek dayofweekiso dayofyear \
    days decade dec decimal desc distinct double doy dow else end epoch epoch_microsecond \
    epoch_millisecond epoch_nanosecond epoch_second epoch_seconds escape except exclude exists \
    false filter first float float4 float64 float8 following for from group h having hh hour \
    hours ignore ilike in int int64 integer interval is isnull iso isodow isoweek isoyear join \
    json last lateral leading left like limit local localtime localtimestamp m map microsecond \
    microseconds mi millennium millisecond milliseconds minute minutes mm mon month months ms \
    nanosecond nanoseconds none not notnull null nulls number numeric object on or order outer \
    over overlaps partition preceding precision q qtr quarter quarters range real regexp respect \
    right rlike row rows s second seconds select separator set signed similar smallint some \
    string struct super sysdate systimestamp text then time timestamp timestamp_ltz \
    timestamp_ntz timestamp_tz timestampltz timestampntz timestamptz timezone tinyint to \
    trailing true unbounded unknown unsigned using uuid valid_at varbinary varchar variant vector \
    w week weekday weekiso weekofyear weeks when where window with within without y year \
    yearofweek years yy yyyy zone ";

fn is_word(word: &str) -> bool {
    WORDS.contains(&format!(" {} ", word.to_lowercase()))
}

/// Words that stand where only vars of an entity can stand but are not vars. A text with a query of
/// its own may name columns of what that reads, so nothing is said of it.
pub(in crate::define) fn unknown_words(
    parts: &[Part],
    names: &Names,
    entity: EntityId,
) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for part in parts {
        let Part::Sql(sql) = part else { continue };
        for (from, to) in words(sql) {
            let word = sql[from..to].to_lowercase();
            if word == "select" {
                return Vec::new();
            }
            let quoted_or_parameter = sql[..from].ends_with(['@', '$', '#']);
            let known = is_word(&word)
                || names.entities.iter().any(|e| e.main_id.eq_ignore_ascii_case(&word))
                || names.columns.contains_key(&(entity, word.clone()))
                || names.dropped.contains(&word)
                || names.vars.keys().any(|(_, var)| *var == word);
            if !known && !quoted_or_parameter && !found.contains(&word) {
                found.push(word);
            }
        }
    }
    found.truncate(5);
    found
}

/// Replaces words of SQL that are names of vars by references to them.
///
/// A word counts when it stands outside of quotes and comments, is no function and no member of
/// something, and is not the var's own name: there the column of that name is meant.
pub(in crate::define) fn bare_names(parts: &mut Vec<Part>, names: &Names, scope: &Scope) {
    let mut made = Vec::with_capacity(parts.len());
    for part in std::mem::take(parts) {
        match part {
            Part::Sql(sql) => cut(&sql, names, scope, &mut made),
            other => made.push(other),
        }
    }
    *parts = made;
}

fn cut(sql: &str, names: &Names, scope: &Scope, made: &mut Vec<Part>) {
    let mut start = 0;
    for (from, to) in words(sql) {
        let word = &sql[from..to];
        if scope.of_vars && is_word(word) {
            continue;
        }
        let Some(var) = var(word, names, scope) else { continue };
        if Some(var) == scope.own {
            continue;
        }
        if from > start {
            made.push(Part::Sql(sql[start..from].to_owned()));
        }
        made.push(Part::Ref(Target::Feature(var)));
        start = to;
    }
    if start < sql.len() {
        made.push(Part::Sql(sql[start..].to_owned()));
    }
}

fn var(word: &str, names: &Names, scope: &Scope) -> Option<FeatureId> {
    let of_rows = scope.from.and_then(|table| names.var_of_table(table, word));
    of_rows.or_else(|| names.var(scope.entity?, word, scope))
}

/// Where words stand that may be names of columns.
fn words(sql: &str) -> Vec<(usize, usize)> {
    let bytes = sql.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &sql[at..];
        match bytes[at] {
            quote @ (b'\'' | b'"' | b'`') => at += after(rest, quote as char),
            b'-' | b'/' if rest.starts_with("--") || rest.starts_with("//") => {
                at += rest.find('\n').unwrap_or(rest.len())
            }
            b'/' if rest.starts_with("/*") => at += rest.find("*/").map_or(rest.len(), |n| n + 2),
            b if b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80 => {
                let length = rest
                    .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$')))
                    .unwrap_or(rest.len())
                    .max(rest.chars().next().map_or(1, char::len_utf8));
                let member = sql[..at].trim_end().ends_with(['.', ':']);
                let next = sql[at + length..].trim_start();
                if !member && !next.starts_with(['(', '.']) && !b.is_ascii_digit() {
                    found.push((at, at + length));
                }
                at += length;
            }
            _ => at += 1,
        }
    }
    found
}

/// The length of the quoted text that `text` starts with.
fn after(text: &str, quote: char) -> usize {
    text[1..].find(quote).map_or(text.len(), |end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_may_be_columns_are_looked_at() {
        let sql = "sum(total) / t.orders -- orders\n + 'orders' + \"orders\" + a::int + é /* x */";
        let found: Vec<&str> = words(sql).into_iter().map(|(a, b)| &sql[a..b]).collect();
        assert_eq!(
            found,
            ["total", "t", "a", "é"].into_iter().filter(|w| *w != "t").collect::<Vec<_>>()
        );
    }
}
