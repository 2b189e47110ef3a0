//! Functions of other warehouses, lent to the SQL of projects.
//!
//! Projects are written for Snowflake, Redshift, Databricks or BigQuery. What is commonly used of
//! these and DuckDB lacks is defined as macros of the session, so that the SQL of a project runs
//! as it was written, and a person's own macros in the file stay as they are. What a macro
//! cannot do (`datediff(day, …)` with a bare word) is in `plan/dialect.rs`.

use super::Sql;

/// Statements that define the functions. They can be run again.
pub fn functions() -> Vec<Sql> {
    [
        // Missing values.
        "CREATE OR REPLACE TEMP MACRO nvl(a, b) AS coalesce(a, b)",
        "CREATE OR REPLACE TEMP MACRO nvl2(a, b, c) AS CASE WHEN a IS NOT NULL THEN b ELSE c END",
        "CREATE OR REPLACE TEMP MACRO zeroifnull(a) AS coalesce(a, 0)",
        "CREATE OR REPLACE TEMP MACRO nullifzero(a) AS nullif(a, 0)",
        "CREATE OR REPLACE TEMP MACRO equal_null(a, b) AS a IS NOT DISTINCT FROM b",
        "CREATE OR REPLACE TEMP MACRO iff(c, a, b) AS CASE WHEN c THEN a ELSE b END",
        "CREATE OR REPLACE TEMP MACRO div0(a, b) AS CASE WHEN b = 0 THEN 0 ELSE a / b END",
        // Truth values.
        "CREATE OR REPLACE TEMP MACRO boolor_agg(a) AS bool_or(a)",
        "CREATE OR REPLACE TEMP MACRO booland_agg(a) AS bool_and(a)",
        "CREATE OR REPLACE TEMP MACRO logical_or(a) AS bool_or(a)",
        "CREATE OR REPLACE TEMP MACRO logical_and(a) AS bool_and(a)",
        "CREATE OR REPLACE TEMP MACRO boolor(a, b) AS a OR b",
        "CREATE OR REPLACE TEMP MACRO booland(a, b) AS a AND b",
        // Dates. A day more of a date is a moment here, as the macro must have one type.
        "CREATE OR REPLACE TEMP MACRO dateadd(part, n, moment) AS CASE rtrim(lower(part), 's') \
         WHEN 'year' THEN moment + to_years(CAST(n AS INTEGER)) \
         WHEN 'quarter' THEN moment + to_months(CAST(3 * n AS INTEGER)) \
         WHEN 'month' THEN moment + to_months(CAST(n AS INTEGER)) \
         WHEN 'week' THEN moment + to_days(CAST(7 * n AS INTEGER)) \
         WHEN 'day' THEN moment + to_days(CAST(n AS INTEGER)) \
         WHEN 'hour' THEN moment + to_hours(CAST(n AS BIGINT)) \
         WHEN 'minute' THEN moment + to_minutes(CAST(n AS BIGINT)) \
         WHEN 'second' THEN moment + to_seconds(CAST(n AS DOUBLE)) \
         ELSE error('dateadd does not know the part ' || part) END",
        "CREATE OR REPLACE TEMP MACRO timestampadd(part, n, moment) AS dateadd(part, n, moment)",
        "CREATE OR REPLACE TEMP MACRO timestampdiff(part, a, b) AS date_diff(part, a, b)",
        "CREATE OR REPLACE TEMP MACRO add_months(moment, n) AS moment + to_months(CAST(n AS INTEGER))",
        "CREATE OR REPLACE TEMP MACRO to_date(a) AS CAST(a AS DATE)",
        "CREATE OR REPLACE TEMP MACRO to_timestamp_ntz(a) AS CAST(a AS TIMESTAMP)",
        "CREATE OR REPLACE TEMP MACRO try_to_date(a) AS TRY_CAST(a AS DATE)",
        "CREATE OR REPLACE TEMP MACRO try_to_timestamp(a) AS TRY_CAST(a AS TIMESTAMP)",
        "CREATE OR REPLACE TEMP MACRO try_to_number(a) AS TRY_CAST(a AS DOUBLE)",
        "CREATE OR REPLACE TEMP MACRO try_to_boolean(a) AS TRY_CAST(a AS BOOLEAN)",
        // The moment of a row, for Muster's own use.
        MOMENT,
        // Text and numbers.
        "CREATE OR REPLACE TEMP MACRO to_char(a) AS CAST(a AS VARCHAR)",
        "CREATE OR REPLACE TEMP MACRO to_varchar(a) AS CAST(a AS VARCHAR)",
        "CREATE OR REPLACE TEMP MACRO to_number(a) AS CAST(a AS DECIMAL(38, 0))",
        "CREATE OR REPLACE TEMP MACRO to_double(a) AS CAST(a AS DOUBLE)",
        "CREATE OR REPLACE TEMP MACRO to_boolean(a) AS CAST(a AS BOOLEAN)",
        "CREATE OR REPLACE TEMP MACRO charindex(part, whole) AS strpos(whole, part)",
        "CREATE OR REPLACE TEMP MACRO startswith(whole, part) AS starts_with(whole, part)",
        "CREATE OR REPLACE TEMP MACRO endswith(whole, part) AS ends_with(whole, part)",
        "CREATE OR REPLACE TEMP MACRO regexp_like(whole, pattern) AS \
         regexp_full_match(whole, pattern)",
        "CREATE OR REPLACE TEMP MACRO regexp_substr(whole, pattern) AS \
         nullif(regexp_extract(whole, pattern), '')",
        "CREATE OR REPLACE TEMP MACRO square(a) AS a * a",
        "CREATE OR REPLACE TEMP MACRO sha2(a) AS sha256(a), (a, bits) AS sha256(a)",
        "CREATE OR REPLACE TEMP MACRO uuid_string() AS CAST(uuid() AS VARCHAR)",
        // Lists and documents.
        "CREATE OR REPLACE TEMP MACRO parse_json(a) AS CAST(a AS JSON)",
        "CREATE OR REPLACE TEMP MACRO try_parse_json(a) AS TRY_CAST(a AS JSON)",
        "CREATE OR REPLACE TEMP MACRO array_size(a) AS json_array_length(to_json(a))",
        "CREATE OR REPLACE TEMP MACRO array_construct_compact(a) AS [a]",
        "CREATE OR REPLACE TEMP MACRO json_extract_path_text(a, name) AS \
         json_extract_string(a, name)",
        "CREATE OR REPLACE TEMP MACRO approx_percentile(a, part) AS approx_quantile(a, part)",
        // Types.
        "CREATE TEMP TYPE IF NOT EXISTS timestamp_ntz AS TIMESTAMP",
        "CREATE TEMP TYPE IF NOT EXISTS timestamp_ltz AS TIMESTAMP",
        "CREATE TEMP TYPE IF NOT EXISTS number AS DECIMAL(38, 0)",
        "CREATE TEMP TYPE IF NOT EXISTS super AS JSON",
        "CREATE TEMP TYPE IF NOT EXISTS float64 AS DOUBLE",
        "CREATE TEMP TYPE IF NOT EXISTS int64 AS BIGINT",
    ]
    .into_iter()
    .map(Sql::raw)
    .collect()
}

/// The moment that a value stands for, in UTC, whatever its type is; missing when it stands for
/// none. It means the same in any session: a moment without an offset is in UTC, and one with an
/// offset obeys it. Whole numbers are seconds, milliseconds, microseconds or nanoseconds since 1970,
/// by how large they are. What is typed already costs nothing: the database folds the rest away.
const MOMENT: &str = "CREATE OR REPLACE TEMP MACRO muster_moment(x) AS CASE \
     WHEN typeof(x) IN ('TIMESTAMP', 'DATE', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'TIMESTAMP_NS') \
     THEN TRY_CAST(x AS TIMESTAMP) \
     WHEN typeof(x) IN ('TIMESTAMP WITH TIME ZONE', 'TIMESTAMPTZ_NS') \
     THEN CASE WHEN isfinite(TRY_CAST(x AS TIMESTAMPTZ)) \
     THEN make_timestamp(epoch_us(TRY_CAST(x AS TIMESTAMPTZ))) \
     ELSE TRY_CAST(x AS TIMESTAMP) END \
     WHEN typeof(x) IN ('BIGINT', 'INTEGER', 'UBIGINT', 'UINTEGER', 'HUGEINT') \
     THEN make_timestamp(CASE \
     WHEN TRY_CAST(x AS BIGINT) BETWEEN -99999999999 AND 99999999999 \
     THEN TRY_CAST(x AS BIGINT) * 1000000 \
     WHEN TRY_CAST(x AS BIGINT) BETWEEN -99999999999999 AND 99999999999999 \
     THEN TRY_CAST(x AS BIGINT) * 1000 \
     WHEN TRY_CAST(x AS BIGINT) BETWEEN -99999999999999999 AND 99999999999999999 \
     THEN TRY_CAST(x AS BIGINT) ELSE TRY_CAST(x AS BIGINT) // 1000 END) \
     WHEN regexp_full_match(trim(CAST(x AS VARCHAR)), '[-0-9]{8,10}([T ][0-9:.]*)?') \
     THEN TRY_CAST(trim(CAST(x AS VARCHAR)) AS TIMESTAMP) \
     WHEN regexp_full_match(trim(CAST(x AS VARCHAR)), \
     '[-0-9]{8,10}[ Tt][0-9:.]+ ?([Zz]|UTC|GMT|[-+][0-9]{2}(:?[0-9]{2})?)') \
     THEN make_timestamp(epoch_us(TRY_CAST(regexp_replace(regexp_replace(regexp_replace(\
     trim(CAST(x AS VARCHAR)), ' ?(Z|z|UTC|GMT)$', '+00'), ' ([-+][0-9:]+)$', '\\1'), \
     '([-+][0-9]{2})([0-9]{2})$', '\\1:\\2') AS TIMESTAMPTZ))) END";

/// The moment that an expression stands for, by that macro.
pub fn moment(value: &Sql) -> Sql {
    Sql::fill("muster_moment({})", &[value])
}

/// One row about an expression that should give moments: how many values give none, one of them,
/// how many give one, and the type.
pub fn moments_in(value: &Sql, rows: &Sql) -> Sql {
    let moment = moment(value);
    let odd = Sql::fill("{} IS NULL AND trim(CAST({} AS VARCHAR)) <> ''", &[&moment, value]);
    Sql::fill(
        "SELECT count(*) FILTER (WHERE {}), min(CAST({} AS VARCHAR)) FILTER (WHERE {}), \
         count({}), any_value(typeof({})) FROM {}",
        &[&odd, value, &odd, &moment, value, rows],
    )
}

/// A layout such as `YYYY-MM-DD HH24:MI:SS`, in upper or lower case, in DuckDB's words. DuckDB wants
/// layouts as constants, so no macro can do this.
pub fn layout(written: &str) -> String {
    let mut out = String::new();
    let mut rest = written;
    while let Some(first) = rest.chars().next() {
        let starts = |word: &str| {
            rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
        };
        match LAYOUT.iter().find(|(word, _)| starts(word)) {
            Some((word, form)) => {
                out.push_str(form);
                rest = &rest[word.len()..];
            }
            None => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    out
}

/// Words of a layout, longer ones before those that they start with.
const LAYOUT: [(&str, &str); 16] = [
    ("YYYY", "%Y"),
    ("YY", "%y"),
    ("MONTH", "%B"),
    ("MON", "%b"),
    ("HH24", "%H"),
    ("HH12", "%I"),
    ("HH", "%H"),
    ("MI", "%M"),
    ("MM", "%m"),
    ("DDD", "%j"),
    ("DD", "%d"),
    ("DY", "%a"),
    ("SS", "%S"),
    ("FF3", "%g"),
    ("AM", "%p"),
    ("PM", "%p"),
];
