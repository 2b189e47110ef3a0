//! Dates and moments. A run is in UTC throughout, so a moment has no zone; what names a zone is
//! worked out from the zones' own data.

use super::call::Call;
use super::rewriting::{Rewriting, piece, quoted, word};
use crate::model::now::offsets_of;
use crate::sql::warehouse::{Warehouse, layout, spark_layout, strftime_layout};
use crate::sql::{Sql, local_time, text};
use jiff::tz::TimeZone;
use sqlparser::ast::Expr;

/// A part of a date by any of its names; `None` when it is none.
fn part(name: &str) -> Option<&'static str> {
    let name = name.trim_matches(['\'', '"']).to_lowercase();
    let of = |part, names: &[&str]| names.contains(&name.as_str()).then_some(part);
    of("year", &["year", "y", "yy", "yyy", "yyyy", "yr", "years", "yrs"])
        .or_else(|| of("month", &["month", "mm", "mon", "mons", "months"]))
        .or_else(|| of("day", &["day", "d", "dd", "days", "dayofmonth"]))
        .or_else(|| of("dow", &["dayofweek", "weekday", "dow", "dw"]))
        .or_else(|| {
            of(
                "isodow",
                &["dayofweekiso", "weekday_iso", "dow_iso", "dw_iso", "isodow", "dayofweek_iso"],
            )
        })
        .or_else(|| of("doy", &["dayofyear", "yearday", "doy", "dy"]))
        .or_else(|| {
            of(
                "week",
                &[
                    "week",
                    "w",
                    "wk",
                    "weekofyear",
                    "woy",
                    "wy",
                    "weeks",
                    "weekiso",
                    "week_iso",
                    "isoweek",
                    "weekofyeariso",
                ],
            )
        })
        .or_else(|| of("quarter", &["quarter", "q", "qtr", "qtrs", "quarters"]))
        .or_else(|| of("isoyear", &["yearofweek", "yearofweekiso", "isoyear"]))
        .or_else(|| of("hour", &["hour", "h", "hh", "hr", "hours", "hrs"]))
        .or_else(|| of("minute", &["minute", "m", "mi", "min", "minutes", "mins"]))
        .or_else(|| of("second", &["second", "s", "sec", "seconds", "secs"]))
        .or_else(|| of("millisecond", &["millisecond", "ms", "msec", "milliseconds"]))
        .or_else(|| of("microsecond", &["microsecond", "us", "usec", "microseconds"]))
        .or_else(|| of("epoch_second", &["epoch_second", "epoch", "epoch_seconds"]))
        .or_else(|| of("epoch_millisecond", &["epoch_millisecond", "epoch_milliseconds"]))
        .or_else(|| of("epoch_microsecond", &["epoch_microsecond", "epoch_microseconds"]))
}

/// The part that an expression names, as a bare word or in quotes.
fn named_part(expr: &Expr) -> Option<&'static str> {
    part(&word(expr).or_else(|| quoted(expr).map(str::to_owned))?)
}

/// A piece as a moment: text is read, a date is its midnight.
fn moment(value: &str) -> String {
    let is_cast = value.starts_with("CAST(") && value.ends_with("AS TIMESTAMP)");
    match is_cast || value.starts_with("TIMESTAMP '") {
        true => value.to_owned(),
        false => format!("CAST({value} AS TIMESTAMP)"),
    }
}

/// Whether a piece is a date by how it is written.
fn is_date(value: &str) -> bool {
    let value = value.to_uppercase();
    (value.starts_with("CAST(") && value.ends_with("AS DATE)"))
        || value.starts_with("DATE '")
        || value.starts_with("DATE(")
        || value.starts_with("TO_DATE(")
        || value.ends_with("::DATE")
        || value.ends_with("::DATE)")
}

fn as_date_where(is_date: bool, value: String) -> String {
    if is_date { format!("CAST({value} AS DATE)") } else { value }
}

/// `extract(part from x)` and `date_part(part, x)`.
pub(super) fn part_of(rewriting: &Rewriting, name: &str, expr: &Expr) -> Option<String> {
    let part = part(name)?;
    let x = moment(&piece(expr));
    Some(match part {
        "epoch_second" => format!("CAST(floor(epoch({x})) AS BIGINT)"),
        "epoch_millisecond" => format!("epoch_ms({x})"),
        "epoch_microsecond" => format!("epoch_us({x})"),
        // Sunday is 0 in Snowflake and Redshift, 1 in BigQuery and Databricks.
        "dow" if counts_from_one(rewriting.warehouse) => format!("(date_part('dow', {x}) + 1)"),
        // Weeks that begin on Sunday; days before the first are in week 0.
        "week"
            if rewriting.warehouse == Warehouse::BigQuery && name.eq_ignore_ascii_case("week") =>
        {
            format!("CAST(strftime({x}, '%U') AS BIGINT)")
        }
        // Seconds with their fraction are another part.
        part => format!("date_part('{part}', {x})"),
    })
}

fn counts_from_one(warehouse: Warehouse) -> bool {
    matches!(warehouse, Warehouse::BigQuery | Warehouse::Databricks)
}

/// How many of a part lie between two moments, by the borders that are crossed.
fn borders(part: &str, from: &str, to: &str) -> String {
    match part {
        "week" => format!("muster_weeks({}, {})", moment(from), moment(to)),
        _ => format!("date_diff('{part}', {}, {})", moment(from), moment(to)),
    }
}

/// The same, where weeks that are not called ISO weeks begin on Sunday.
fn borders_of(rewriting: &Rewriting, part: &Expr, from: &str, to: &str) -> Option<String> {
    let is_week = word(part).is_some_and(|word| word == "week");
    if is_week && rewriting.warehouse == Warehouse::BigQuery {
        return Some(format!("muster_weeks_from_sunday({}, {})", moment(from), moment(to)));
    }
    Some(borders(named_part(part)?, from, to))
}

/// How many whole ones of a part lie between two moments.
fn elapsed(part: &str, from: &str, to: &str) -> String {
    format!("date_sub('{part}', {}, {})", moment(from), moment(to))
}

/// A moment, and so many of a part more.
fn later(part: &str, n: &str, x: &str) -> Option<String> {
    let by = match part {
        "year" => format!("to_years(CAST({n} AS INTEGER))"),
        "quarter" => format!("to_months(CAST(3 * ({n}) AS INTEGER))"),
        "month" => format!("to_months(CAST({n} AS INTEGER))"),
        "week" => format!("to_days(CAST(7 * ({n}) AS INTEGER))"),
        "day" | "dow" | "doy" => format!("to_days(CAST({n} AS INTEGER))"),
        "hour" => format!("to_hours(CAST({n} AS BIGINT))"),
        "minute" => format!("to_minutes(CAST({n} AS BIGINT))"),
        "second" => format!("to_seconds(CAST({n} AS BIGINT))"),
        "millisecond" => format!("to_milliseconds(CAST({n} AS BIGINT))"),
        "microsecond" => format!("to_microseconds(CAST({n} AS BIGINT))"),
        _ => return None,
    };
    let is_day = matches!(part, "year" | "quarter" | "month" | "week" | "day");
    Some(as_date_where(is_day && is_date(x), format!("({} + {by})", moment(x))))
}

fn cut(part: &str, x: &str) -> String {
    as_date_where(is_date(x), format!("date_trunc('{part}', {})", moment(x)))
}

/// What reads the clock means the end of the run.
fn clock(rewriting: &mut Rewriting, name: &str) -> Option<String> {
    let mut end = || rewriting.end_of_run();
    match name {
        "current_date" | "today" | "curdate" => Some(format!("CAST({} AS DATE)", end())),
        "current_timestamp"
        | "localtimestamp"
        | "getdate"
        | "sysdate"
        | "systimestamp"
        | "now"
        | "get_current_timestamp"
        | "transaction_timestamp"
        | "get_current_time"
        | "current_datetime" => Some(end()),
        "current_time" | "localtime" => Some(format!("CAST({} AS TIME)", end())),
        _ => None,
    }
}

/// A call about dates; `None` when it is none.
pub(super) fn call(rewriting: &mut Rewriting, call: &Call<'_>) -> Option<String> {
    let args = &call.args;
    let name = call.name.as_str();
    if args.len() <= 1
        && let Some(now) = clock(rewriting, name)
    {
        return Some(now);
    }
    if name == "unix_timestamp" && args.is_empty() {
        return Some(format!("CAST(epoch({}) AS BIGINT)", rewriting.end_of_run()));
    }
    between(rewriting, call)
        .or_else(|| moved(rewriting, call))
        .or_else(|| parted(rewriting, call))
        .or_else(|| written(rewriting, call))
        .or_else(|| in_zone(rewriting, call))
}

fn between(rewriting: &Rewriting, call: &Call<'_>) -> Option<String> {
    let args = &call.args;
    let part_at = |at: usize| call.exprs.get(at).and_then(|expr| named_part(expr));
    match (call.name.as_str(), args.len()) {
        ("datediff" | "date_diff" | "timestampdiff" | "timediff", 3) => match part_at(0) {
            Some(part) if rewriting.warehouse == Warehouse::Databricks => {
                Some(elapsed(part, &args[1], &args[2]))
            }
            Some(part) => Some(borders(part, &args[1], &args[2])),
            // BigQuery names the later one first and the part last.
            None => borders_of(rewriting, call.exprs[2], &args[1], &args[0]),
        },
        ("datetime_diff", 3) => borders_of(rewriting, call.exprs[2], &args[1], &args[0]),
        ("timestamp_diff" | "time_diff", 3) => Some(elapsed(part_at(2)?, &args[1], &args[0])),
        // Databricks: the later one first.
        ("datediff" | "date_diff", 2) => Some(borders("day", &args[1], &args[0])),
        _ => None,
    }
}

fn moved(rewriting: &Rewriting, call: &Call<'_>) -> Option<String> {
    let args = &call.args;
    let part_at = |at: usize| call.exprs.get(at).and_then(|expr| named_part(expr));
    match (call.name.as_str(), args.len()) {
        ("dateadd" | "date_add" | "timestampadd" | "timeadd", 3) => {
            later(part_at(0)?, &args[1], &args[2])
        }
        (
            "date_add" | "date_sub" | "timestamp_add" | "timestamp_sub" | "datetime_add"
            | "datetime_sub" | "dateadd" | "adddate" | "subdate",
            2,
        ) => {
            let back = call.name.ends_with("_sub") || call.name == "subdate";
            let sign = if back { '-' } else { '+' };
            match call.exprs[1] {
                Expr::Interval(interval) => {
                    let moved =
                        format!("({} {sign} {})", moment(&args[0]), written_interval(interval)?);
                    Some(as_date_where(is_date(&args[0]) || call.name.starts_with("date_"), moved))
                }
                _ => {
                    Some(format!("(CAST({} AS DATE) {sign} CAST({} AS INTEGER))", args[0], args[1]))
                }
            }
        }
        ("add_months", 2) => {
            let is_dated = rewriting.warehouse == Warehouse::Databricks;
            let (x, n) = (moment(&args[0]), format!("CAST({} AS INTEGER)", args[1]));
            let moved = match is_dated {
                true => format!("({x} + to_months({n}))"),
                false => format!("muster_add_months({x}, {n})"),
            };
            Some(as_date_where(is_dated || is_date(&args[0]), moved))
        }
        _ => None,
    }
}

/// `interval 3 day` with any expression for the number.
fn written_interval(interval: &sqlparser::ast::Interval) -> Option<String> {
    let unit = interval.leading_field.as_ref().and_then(|field| part(&field.to_string()));
    match unit {
        Some(unit) => {
            let n = piece(&interval.value);
            let n = quoted(&interval.value).map_or(n, str::to_owned);
            let one = if unit == "quarter" { "3 months".to_owned() } else { format!("1 {unit}") };
            Some(format!("(CAST({n} AS BIGINT) * INTERVAL '{one}')"))
        }
        None => Some(interval.to_string()),
    }
}

fn parted(rewriting: &Rewriting, call: &Call<'_>) -> Option<String> {
    let args = &call.args;
    let part_at = |at: usize| call.exprs.get(at).and_then(|expr| named_part(expr));
    let warehouse = rewriting.warehouse;
    match (call.name.as_str(), args.len()) {
        ("date_trunc" | "timestamp_trunc" | "datetime_trunc" | "trunc", 2) => {
            if let Some(part) = part_at(0) {
                return Some(cut(part, &args[1]));
            }
            let bare = word(call.exprs[1]);
            let is_trunc = call.name == "trunc";
            let part = match bare.as_deref() {
                _ if is_trunc && quoted(call.exprs[1]).is_none() => return None,
                // BigQuery's weeks begin on Sunday.
                Some("week") if warehouse == Warehouse::BigQuery => {
                    let day = to_day(&args[0]);
                    return Some(format!("({day} - CAST(date_part('dow', {day}) AS INTEGER))"));
                }
                _ => part_at(1)?,
            };
            let is_of_date = call.name != "timestamp_trunc" && warehouse != Warehouse::Snowflake;
            let is_day = is_trunc && warehouse == Warehouse::Databricks;
            Some(as_date_where(
                is_day || (is_of_date && call.name == "date_trunc" && is_date(&args[0])),
                cut(part, &args[0]),
            ))
        }
        ("date_part" | "datepart", 2) => {
            let name = word(call.exprs[0]).or_else(|| quoted(call.exprs[0]).map(str::to_owned))?;
            part_of(rewriting, &name, call.exprs[1])
        }
        (
            "year" | "month" | "day" | "dayofmonth" | "hour" | "minute" | "second" | "quarter"
            | "week" | "weekofyear" | "weekiso" | "dayofweek" | "dayofweekiso" | "dayofweek_iso"
            | "dayofyear" | "yearofweekiso",
            1,
        ) => part_of(rewriting, &call.name, call.exprs[0]),
        ("weekday", 1) => Some(format!("(date_part('isodow', {}) - 1)", moment(&args[0]))),
        ("dayname" | "monthname", 1) => {
            Some(format!("left({}({}), 3)", call.name, moment(&args[0])))
        }
        ("last_day", 1) => Some(format!("last_day({})", moment(&args[0]))),
        ("last_day", 2) => {
            let part = part_at(1)?;
            let cut = cut(part, &args[0]);
            let next = later(part, "1", &cut)?;
            Some(format!("(CAST({next} AS DATE) - 1)"))
        }
        ("next_day", 2) => {
            let day = quoted(call.exprs[1])?.to_lowercase();
            let days = ["mo", "tu", "we", "th", "fr", "sa", "su"];
            let wanted = days.iter().position(|start| day.starts_with(start))? + 1;
            let x = to_day(&args[0]);
            Some(format!(
                "({x} + CAST((({wanted} - date_part('isodow', {x}) + 6) % 7) + 1 AS INTEGER))"
            ))
        }
        ("months_between", 2) => {
            Some(format!("muster_months_between({}, {})", moment(&args[0]), moment(&args[1])))
        }
        _ => None,
    }
}

fn to_day(value: &str) -> String {
    format!("CAST({} AS DATE)", moment(value))
}

/// Reading and writing by a layout.
fn written(rewriting: &mut Rewriting, call: &Call<'_>) -> Option<String> {
    let args = &call.args;
    let read = |value: &str, form: &str, is_try: bool| {
        let name = if is_try { "try_strptime" } else { "strptime" };
        format!("{name}(CAST({value} AS VARCHAR), {})", text(form))
    };
    let is_try = call.name.starts_with("try_") || call.name.starts_with("safe_");
    let name = call.name.trim_start_matches("try_").trim_start_matches("safe_");
    let warehouse = rewriting.warehouse;
    let mut known = |form: Option<String>, written: &str| {
        if form.is_none() {
            rewriting.refuse(format!("a part of the layout `{written}` is not built"));
        }
        form
    };
    let layout_of = |written: &str| match warehouse {
        Warehouse::Databricks => spark_layout(written),
        _ => layout(written),
    };
    match (name, args.len()) {
        ("to_date", 2) => {
            let written = quoted(call.exprs[1])?;
            let form = known(layout_of(written), written)?;
            Some(format!("CAST({} AS DATE)", read(&args[0], &form, is_try)))
        }
        ("to_timestamp" | "to_timestamp_ntz" | "to_timestamp_ltz" | "to_timestamp_tz", 2) => {
            match quoted(call.exprs[1]) {
                Some(form) => Some(read(&args[0], &known(layout_of(form), form)?, is_try)),
                // A number of digits behind the second.
                None => Some(format!(
                    "make_timestamp(CAST(CAST({} AS DECIMAL(38, 6)) * 1000000 / (10 ** {}) AS BIGINT))",
                    args[0], args[1]
                )),
            }
        }
        (
            "to_timestamp" | "to_timestamp_ntz" | "to_timestamp_ltz" | "to_timestamp_tz"
            | "timestamp",
            1,
        ) => Some(match is_try {
            true => format!("muster_moment({})", args[0]),
            false => format!("muster_to_moment({})", args[0]),
        }),
        ("to_date" | "date", 1) => Some(match is_try {
            true => format!("CAST(muster_moment({}) AS DATE)", args[0]),
            false => format!("CAST(muster_to_moment({}) AS DATE)", args[0]),
        }),
        ("to_char" | "to_varchar", 2) => {
            let form = quoted(call.exprs[1])?;
            if !form.to_uppercase().contains(['Y', 'M', 'D', 'H', 'S', 'Q']) {
                rewriting.refuse(format!("the layout `{form}` of a number is not built; round it"));
                return None;
            }
            let x = moment(&args[0]);
            if warehouse == Warehouse::Redshift
                && let Some(word) = padded_word(form, &x)
            {
                return Some(word);
            }
            let shown = match warehouse == Warehouse::Redshift && has_words(form) {
                true => None,
                false => layout(form),
            };
            Some(format!("strftime({x}, {})", text(&known(shown, form)?)))
        }
        ("date_format", 2) => {
            let written = quoted(call.exprs[1])?;
            let form = known(spark_layout(written), written)?;
            Some(format!("strftime({}, {})", moment(&args[0]), text(&form)))
        }
        ("format_date" | "format_timestamp" | "format_datetime", 2) => {
            let written = quoted(call.exprs[0])?;
            let form = known(strftime_layout(written), written)?;
            Some(format!("strftime({}, {})", moment(&args[1]), text(&form)))
        }
        ("parse_date", 2) => {
            let written = quoted(call.exprs[0])?;
            let form = known(strftime_layout(written), written)?;
            Some(format!("CAST({} AS DATE)", read(&args[1], &form, is_try)))
        }
        ("parse_timestamp" | "parse_datetime", 2) => {
            let written = quoted(call.exprs[0])?;
            let form = known(strftime_layout(written), written)?;
            Some(read(&args[1], &form, is_try))
        }
        _ => None,
    }
}

/// Words whose case Redshift keeps: `MON` is `DEC`, `Month` has nine letters.
const WORDS: [&str; 4] = ["month", "mon", "day", "dy"];

fn has_words(form: &str) -> bool {
    let form = form.to_lowercase();
    WORDS.iter().any(|word| form.contains(word))
}

/// A layout that is one word of Redshift.
fn padded_word(form: &str, x: &str) -> Option<String> {
    let word = WORDS.into_iter().find(|word| form.eq_ignore_ascii_case(word))?;
    let name = match word {
        "month" => format!("rpad(strftime({x}, '%B'), 9, ' ')"),
        "mon" => format!("strftime({x}, '%b')"),
        "day" => format!("rpad(strftime({x}, '%A'), 9, ' ')"),
        _ => format!("strftime({x}, '%a')"),
    };
    let is_upper = form.chars().all(char::is_uppercase);
    let is_lower = form.chars().all(char::is_lowercase);
    Some(match (is_upper, is_lower) {
        (true, _) => format!("upper({name})"),
        (_, true) => format!("lower({name})"),
        _ => name,
    })
}

/// Moments as clocks of a zone show them, and back.
fn in_zone(rewriting: &mut Rewriting, call: &Call<'_>) -> Option<String> {
    let args = &call.args;
    let name = call.name.as_str();
    let zone = |rewriting: &mut Rewriting, at: usize| {
        let found = quoted(call.exprs[at]).and_then(zone_named);
        if found.is_none() {
            rewriting.refuse(format!(
                "`{}` is not the name of a time zone in quotes, such as 'Europe/Berlin'",
                call.exprs[at]
            ));
        }
        found
    };
    match (name, args.len()) {
        ("convert_timezone", 3) => {
            let (from, to) = (zone(rewriting, 0)?, zone(rewriting, 1)?);
            Some(local(&universal(&moment(&args[2]), &from), &to))
        }
        ("convert_timezone", 2) => Some(local(&moment(&args[1]), &zone(rewriting, 0)?)),
        ("from_utc_timestamp", 2) => Some(local(&moment(&args[0]), &zone(rewriting, 1)?)),
        ("to_utc_timestamp", 2) => Some(universal(&moment(&args[0]), &zone(rewriting, 1)?)),
        ("datetime", 1) => Some(moment(&args[0])),
        ("datetime", 2) => Some(local(&moment(&args[0]), &zone(rewriting, 1)?)),
        ("date", 2) => {
            Some(format!("CAST({} AS DATE)", local(&moment(&args[0]), &zone(rewriting, 1)?)))
        }
        ("timestamp", 2) => Some(universal(&moment(&args[0]), &zone(rewriting, 1)?)),
        _ => None,
    }
}

/// `x AT TIME ZONE 'zone'`: what clocks of the zone showed becomes a moment.
pub(super) fn at_time_zone(rewriting: &mut Rewriting, x: &Expr, zone: &Expr) -> Option<String> {
    match quoted(zone).and_then(zone_named) {
        Some(zone) => Some(universal(&moment(&piece(x)), &zone)),
        None => {
            rewriting.refuse(format!("`{zone}` is not the name of a time zone in quotes"));
            None
        }
    }
}

fn zone_named(name: &str) -> Option<TimeZone> {
    match name.to_uppercase().as_str() {
        "UTC" | "GMT" | "Z" | "ETC/UTC" => Some(TimeZone::UTC),
        _ => TimeZone::get(name).ok(),
    }
}

fn local(x: &str, zone: &TimeZone) -> String {
    match *zone == TimeZone::UTC {
        true => x.to_owned(),
        false => local_time(&Sql::of_project(x.to_owned()), &offsets_of(zone)).to_string(),
    }
}

/// The moment at which clocks of a zone showed something. What they showed twice is the first time,
/// what they left out is counted on from before.
fn universal(x: &str, zone: &TimeZone) -> String {
    if *zone == TimeZone::UTC {
        return x.to_owned();
    }
    let offsets = offsets_of(zone);
    let mut shown = Vec::with_capacity(offsets.len());
    let mut before = None;
    for (from, offset) in offsets {
        let later = before.map_or(offset, |before: i64| before.max(offset));
        shown.push((from.saturating_add(later), -offset));
        before = Some(offset);
    }
    local_time(&Sql::of_project(x.to_owned()), &shown).to_string()
}
