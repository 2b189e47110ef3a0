//! Functions of other warehouses, lent to the SQL of projects.
//!
//! Projects are written for Snowflake, Redshift, Databricks or BigQuery. What is commonly used of
//! these and DuckDB lacks is defined as macros of the session, so that the SQL of a project runs
//! as it was written, and a person's own macros in the file stay as they are. What a macro
//! cannot do (`datediff(day, …)` with a bare word) is in `plan/dialect`, which also calls the macros
//! named `muster_…`: what DuckDB has under the same name or sign with another meaning.

use super::Sql;
pub use crate::model::warehouse::Warehouse;

/// Functions that DuckDB has under the same name with another meaning: whose, name, number of
/// arguments, and the macro that means what the warehouse does.
const RENAMED: &[(&[Warehouse], &str, usize, &str)] = &[
    (&[Warehouse::BigQuery], "array_to_string", 2, "muster_array_to_string_of_there"),
    (ALL, "array_to_string", 2, "muster_array_to_string"),
    (ALL, "json_array_length", 1, "muster_array_size"),
    (ALL, "ln", 1, "muster_ln"),
    (&[Warehouse::Snowflake, Warehouse::Databricks], "array_distinct", 1, "muster_array_distinct"),
    (&[Warehouse::Snowflake], "typeof", 1, "muster_typeof"),
    (&[Warehouse::Snowflake, Warehouse::BigQuery], "initcap", 1, "muster_initcap_of_list"),
    (&[Warehouse::Databricks], "initcap", 1, "muster_initcap_of_words"),
    (&[Warehouse::BigQuery], "json_type", 1, "muster_json_type"),
    (&[Warehouse::BigQuery], "md5", 1, "muster_md5_bytes"),
    (&[Warehouse::BigQuery], "sha1", 1, "muster_sha1_bytes"),
    (&[Warehouse::BigQuery], "sha256", 1, "muster_sha256_bytes"),
    (&[Warehouse::BigQuery, Warehouse::Redshift], "to_hex", 1, "muster_to_hex"),
    (&[Warehouse::Redshift], "regexp_substr", 2, "regexp_extract"),
    (&[Warehouse::Databricks], "kurtosis", 1, "kurtosis_pop"),
];

const ALL: &[Warehouse] =
    &[Warehouse::Snowflake, Warehouse::BigQuery, Warehouse::Redshift, Warehouse::Databricks];

/// The macro that means what a function means in the warehouse, where DuckDB has the name for
/// something else.
pub fn renamed(warehouse: Warehouse, name: &str, arguments: usize) -> Option<&'static str> {
    // Only in Snowflake a pattern has to fit the whole text.
    if matches!(name, "regexp_like" | "rlike" | "regexp") && arguments == 2 {
        return (warehouse != Warehouse::Snowflake).then_some("regexp_matches");
    }
    let found = RENAMED.iter().find(|(warehouses, of, count, _)| {
        *of == name && *count == arguments && warehouses.contains(&warehouse)
    });
    found.map(|(.., to)| *to)
}

/// Statements that define the functions. They can be run again.
pub fn functions() -> Vec<Sql> {
    FUNCTIONS.iter().copied().map(Sql::raw).collect()
}

const FUNCTIONS: &[&str] = &[
    // Text beside a number or a date is read as one.
    "SET old_implicit_casting = true",
    // Signs and casts.
    "CREATE OR REPLACE TEMP MACRO muster_divide(a, b) AS CASE WHEN CAST(b AS DOUBLE) = 0 \
     THEN error('division by zero: write div0 or nullif') \
     WHEN typeof(a) IN ('DOUBLE', 'FLOAT') OR typeof(b) IN ('DOUBLE', 'FLOAT') \
     THEN CAST(a AS DOUBLE) / CAST(b AS DOUBLE) \
     ELSE round(CAST(a AS DOUBLE) / CAST(b AS DOUBLE), 6) END",
    "CREATE OR REPLACE TEMP MACRO muster_divide_whole(a, b) AS CASE \
         WHEN TRY_CAST(CAST(b AS VARCHAR) AS DOUBLE) = 0 \
         THEN error('division by zero: write nullif') \
         WHEN contains(typeof(a), 'INT') AND contains(typeof(b), 'INT') \
         THEN trunc(a / b) ELSE a / b END",
    "CREATE OR REPLACE TEMP MACRO muster_ratio(a, b) AS CASE \
         WHEN TRY_CAST(CAST(b AS VARCHAR) AS DOUBLE) = 0 \
         THEN error('division by zero: write nullif') ELSE a / b END",
    "CREATE OR REPLACE TEMP MACRO muster_whole(x) AS CASE \
         WHEN typeof(x) IN ('DOUBLE', 'FLOAT') \
         THEN CAST(round(CAST(CAST(x AS VARCHAR) AS DOUBLE)) AS BIGINT) \
         ELSE CAST(x AS BIGINT) END",
    "CREATE OR REPLACE TEMP MACRO muster_try_whole(x) AS CASE \
         WHEN typeof(x) IN ('DOUBLE', 'FLOAT') \
         THEN TRY_CAST(round(TRY_CAST(CAST(x AS VARCHAR) AS DOUBLE)) AS BIGINT) \
         ELSE TRY_CAST(x AS BIGINT) END",
    "CREATE OR REPLACE TEMP MACRO muster_whole_part(x) AS CASE \
         WHEN typeof(x) IN ('DOUBLE', 'FLOAT') OR starts_with(typeof(x), 'DECIMAL') \
         THEN CAST(trunc(CAST(CAST(x AS VARCHAR) AS DOUBLE)) AS BIGINT) \
         ELSE CAST(x AS BIGINT) END",
    "CREATE OR REPLACE TEMP MACRO muster_json(x) AS CASE \
         WHEN typeof(x) = 'VARCHAR' THEN TRY_CAST(CAST(x AS VARCHAR) AS JSON) \
         ELSE to_json(x) END",
    "CREATE OR REPLACE TEMP MACRO muster_text(x) AS CASE \
         WHEN typeof(x) = 'JSON' THEN json_extract_string(to_json(x), '$') \
         ELSE CAST(x AS VARCHAR) END",
    // What is no list has no size.
    "CREATE OR REPLACE TEMP MACRO muster_array_size(x) AS CASE \
         WHEN json_type(muster_json(x)) = 'ARRAY' THEN json_array_length(muster_json(x)) END",
    // A missing item is empty text.
    "CREATE OR REPLACE TEMP MACRO muster_array_to_string(x, between) AS array_to_string(\
         list_transform(CAST(muster_json(x) AS JSON[]), \
         lambda item: coalesce(json_extract_string(item, '$'), '')), between)",
    "CREATE OR REPLACE TEMP MACRO muster_array_to_string_of_there(x, between) AS \
         array_to_string(list_transform(CAST(muster_json(x) AS JSON[]), \
         lambda item: json_extract_string(item, '$')), between)",
    "CREATE OR REPLACE TEMP MACRO muster_array_distinct(x) AS CASE \
         WHEN len(list_filter(x, lambda item: item IS NULL)) = 0 THEN list_distinct(x) \
         ELSE list_append(list_distinct(x), NULL) END",
    "CREATE OR REPLACE TEMP MACRO array_flatten(x) AS \
         flatten(CAST(muster_json(x) AS JSON[][]))",
    "CREATE OR REPLACE TEMP MACRO muster_typeof(x) AS CASE json_type(muster_json(x)) \
         WHEN 'BIGINT' THEN 'INTEGER' WHEN 'UBIGINT' THEN 'INTEGER' \
         WHEN 'DOUBLE' THEN 'DECIMAL' WHEN 'NULL' THEN 'NULL_VALUE' \
         ELSE json_type(muster_json(x)) END",
    "CREATE OR REPLACE TEMP MACRO muster_json_type(x) AS CASE json_type(muster_json(x)) \
         WHEN 'BIGINT' THEN 'number' WHEN 'UBIGINT' THEN 'number' WHEN 'DOUBLE' THEN 'number' \
         WHEN 'VARCHAR' THEN 'string' ELSE lower(json_type(muster_json(x))) END",
    // A number with nothing after its point is written without one.
    "CREATE OR REPLACE TEMP MACRO muster_as_text(x) AS CASE \
         WHEN typeof(x) IN ('DOUBLE', 'FLOAT') \
         THEN regexp_replace(CAST(x AS VARCHAR), '\\.0$', '') ELSE CAST(x AS VARCHAR) END",
    "CREATE OR REPLACE TEMP MACRO muster_ln(x) AS CASE WHEN x > 0 THEN ln(x) \
         WHEN x IS NOT NULL THEN error('a logarithm of what is not above 0: write nullif') END",
    "CREATE OR REPLACE TEMP MACRO muster_md5_bytes(x) AS unhex(md5(x))",
    "CREATE OR REPLACE TEMP MACRO muster_sha1_bytes(x) AS unhex(sha1(x))",
    "CREATE OR REPLACE TEMP MACRO muster_sha256_bytes(x) AS unhex(sha256(x))",
    "CREATE OR REPLACE TEMP MACRO muster_to_hex(x) AS lower(to_hex(x))",
    // The day of the month stays, but the last one stays the last one.
    "CREATE OR REPLACE TEMP MACRO muster_add_months(x, n) AS CASE \
         WHEN day(x) = day(last_day(x)) THEN x + to_months(n) \
         + to_days(CAST(day(last_day(x + to_months(n))) - day(x + to_months(n)) AS INTEGER)) \
         ELSE x + to_months(n) END",
    // Borders between weeks: those of DuckDB are no Mondays.
    "CREATE OR REPLACE TEMP MACRO muster_weeks(a, b) AS CAST(\
         date_diff('day', date_trunc('week', a), date_trunc('week', b)) // 7 AS BIGINT)",
    "CREATE OR REPLACE TEMP MACRO muster_weeks_from_sunday(a, b) AS \
         muster_weeks(a + to_days(1), b + to_days(1))",
    "CREATE OR REPLACE TEMP MACRO muster_greatest(items) AS CASE \
         WHEN len(list_filter(items, lambda item: item IS NULL)) = 0 THEN list_max(items) END",
    "CREATE OR REPLACE TEMP MACRO muster_least(items) AS CASE \
         WHEN len(list_filter(items, lambda item: item IS NULL)) = 0 THEN list_min(items) END",
    // Missing values.
    "CREATE OR REPLACE TEMP MACRO nvl(a, b) AS coalesce(a, b)",
    "CREATE OR REPLACE TEMP MACRO nvl2(a, b, c) AS CASE WHEN a IS NOT NULL THEN b ELSE c END",
    "CREATE OR REPLACE TEMP MACRO zeroifnull(a) AS coalesce(a, 0)",
    "CREATE OR REPLACE TEMP MACRO equal_null(a, b) AS a IS NOT DISTINCT FROM b",
    "CREATE OR REPLACE TEMP MACRO iff(c, a, b) AS CASE WHEN c THEN a ELSE b END",
    "CREATE OR REPLACE TEMP MACRO div0(a, b) AS CASE WHEN b = 0 THEN 0 ELSE round(a / b, 6) END",
    "CREATE OR REPLACE TEMP MACRO div0null(a, b) AS \
         CASE WHEN b IS NULL OR b = 0 THEN 0 ELSE round(a / b, 6) END",
    "CREATE OR REPLACE TEMP MACRO safe_divide(a, b) AS CASE WHEN b <> 0 THEN a / b END",
    "CREATE OR REPLACE TEMP MACRO ieee_divide(a, b) AS CAST(a AS DOUBLE) / CAST(b AS DOUBLE)",
    "CREATE OR REPLACE TEMP MACRO nullifzero(a) AS nullif(a, 0)",
    // Truth values.
    "CREATE OR REPLACE TEMP MACRO boolor_agg(a) AS bool_or(a)",
    "CREATE OR REPLACE TEMP MACRO booland_agg(a) AS bool_and(a)",
    "CREATE OR REPLACE TEMP MACRO logical_or(a) AS bool_or(a)",
    "CREATE OR REPLACE TEMP MACRO logical_and(a) AS bool_and(a)",
    "CREATE OR REPLACE TEMP MACRO boolor(a, b) AS a OR b",
    "CREATE OR REPLACE TEMP MACRO booland(a, b) AS a AND b",
    // Dates.
    "CREATE OR REPLACE TEMP MACRO muster_months_between(a, b) AS CASE \
         WHEN day(a) = day(b) OR (a = last_day(a) AND b = last_day(b)) \
         THEN date_diff('month', b, a) \
         ELSE date_diff('month', b, a) + (day(a) - day(b) \
         + (epoch(a) - epoch(date_trunc('day', a)) - epoch(b) + epoch(date_trunc('day', b))) / 86400) \
         / 31 END",
    "CREATE OR REPLACE TEMP MACRO date_from_parts(y, m, d) AS \
         CAST(make_date(y, 1, 1) + to_months(CAST(m - 1 AS INTEGER)) + to_days(CAST(d - 1 AS INTEGER)) AS DATE)",
    "CREATE OR REPLACE TEMP MACRO datefromparts(y, m, d) AS date_from_parts(y, m, d)",
    "CREATE OR REPLACE TEMP MACRO timestamp_from_parts(y, mo, d, h, mi, s) AS \
         make_timestamp(y, mo, d, h, mi, CAST(s AS DOUBLE))",
    "CREATE OR REPLACE TEMP MACRO unix_seconds(x) AS CAST(floor(epoch(CAST(x AS TIMESTAMP))) AS BIGINT)",
    "CREATE OR REPLACE TEMP MACRO unix_millis(x) AS epoch_ms(CAST(x AS TIMESTAMP))",
    "CREATE OR REPLACE TEMP MACRO unix_micros(x) AS epoch_us(CAST(x AS TIMESTAMP))",
    "CREATE OR REPLACE TEMP MACRO unix_timestamp(x) AS CAST(floor(epoch(CAST(x AS TIMESTAMP))) AS BIGINT)",
    "CREATE OR REPLACE TEMP MACRO timestamp_seconds(n) AS make_timestamp(CAST(n AS BIGINT) * 1000000)",
    "CREATE OR REPLACE TEMP MACRO timestamp_millis(n) AS make_timestamp(CAST(n AS BIGINT) * 1000)",
    "CREATE OR REPLACE TEMP MACRO timestamp_micros(n) AS make_timestamp(CAST(n AS BIGINT))",
    "CREATE OR REPLACE TEMP MACRO from_unixtime(n) AS \
         strftime(make_timestamp(CAST(n AS BIGINT) * 1000000), '%Y-%m-%d %H:%M:%S')",
    "CREATE OR REPLACE TEMP MACRO try_to_boolean(a) AS CASE lower(trim(CAST(a AS VARCHAR))) \
         WHEN 'on' THEN TRUE WHEN 'off' THEN FALSE ELSE TRY_CAST(a AS BOOLEAN) END",
    // The moment of a row, for Muster's own use.
    MOMENT,
    // A value that is not a moment makes the cast fail.
    "CREATE OR REPLACE TEMP MACRO muster_to_moment(x) AS CASE \
         WHEN muster_moment(x) IS NOT NULL THEN muster_moment(x) \
         ELSE CAST(CAST(x AS VARCHAR) AS TIMESTAMP) END",
    // Text and numbers.
    "CREATE OR REPLACE TEMP MACRO to_char(a) AS muster_as_text(a)",
    "CREATE OR REPLACE TEMP MACRO to_varchar(a) AS muster_as_text(a)",
    "CREATE OR REPLACE TEMP MACRO to_json_string(a) AS CAST(to_json(a) AS VARCHAR)",
    "CREATE OR REPLACE TEMP MACRO initcap(x) AS array_to_string(list_transform(\
         regexp_extract_all(x, '[0-9A-Za-zÀ-ɏ]+|[^0-9A-Za-zÀ-ɏ]+'), \
         lambda part: upper(left(part, 1)) || lower(substr(part, 2))), '')",
    "CREATE OR REPLACE TEMP MACRO muster_initcap_of_list(x) AS array_to_string(list_transform(\
         regexp_extract_all(x, '[\\s!?@\"^#$&~_,.:;+\\-*%/|\\\\\\[\\](){}<>]+|[^\\s!?@\"^#$&~_,.:;+\\-*%/|\\\\\\[\\](){}<>]+'), \
         lambda part: upper(left(part, 1)) || lower(substr(part, 2))), '')",
    "CREATE OR REPLACE TEMP MACRO muster_initcap_of_words(x) AS array_to_string(list_transform(\
         regexp_extract_all(x, '\\s+|\\S+'), \
         lambda part: upper(left(part, 1)) || lower(substr(part, 2))), '')",
    "CREATE OR REPLACE TEMP MACRO regexp_count(whole, pattern) AS \
         len(regexp_extract_all(whole, pattern))",
    "CREATE OR REPLACE TEMP MACRO regexp_contains(whole, pattern) AS \
         regexp_matches(whole, pattern)",
    "CREATE OR REPLACE TEMP MACRO rlike(whole, pattern) AS regexp_full_match(whole, pattern)",
    "CREATE OR REPLACE TEMP MACRO instr(whole, part) AS strpos(whole, part)",
    "CREATE OR REPLACE TEMP MACRO locate(part, whole) AS strpos(whole, part)",
    "CREATE OR REPLACE TEMP MACRO editdistance(a, b) AS levenshtein(a, b)",
    "CREATE OR REPLACE TEMP MACRO jarowinkler_similarity(a, b) AS \
         CAST(floor(100 * jaro_winkler_similarity(lower(a), lower(b))) AS BIGINT)",
    "CREATE OR REPLACE TEMP MACRO space(n) AS repeat(' ', n)",
    "CREATE OR REPLACE TEMP MACRO replicate(x, n) AS repeat(x, n)",
    "CREATE OR REPLACE TEMP MACRO strtok(x, between, n) AS \
         CASE WHEN n > 0 THEN \
         list_filter(string_split(translate(x, between, repeat(left(between, 1), length(between))), \
         left(between, 1)), lambda part: part <> '')[n] END",
    "CREATE OR REPLACE TEMP MACRO truncate(x) AS trunc(x)",
    "CREATE OR REPLACE TEMP MACRO boolxor_agg(a) AS (count_if(a) = 1)",
    "CREATE OR REPLACE TEMP MACRO hll(a) AS approx_count_distinct(a)",
    "CREATE OR REPLACE TEMP MACRO variance_samp(a) AS var_samp(a)",
    "CREATE OR REPLACE TEMP MACRO variance_pop(a) AS var_pop(a)",
    "CREATE OR REPLACE TEMP MACRO is_null_value(a) AS (json_type(muster_json(a)) = 'NULL')",
    "CREATE OR REPLACE TEMP MACRO is_array(a) AS (json_type(muster_json(a)) = 'ARRAY')",
    "CREATE OR REPLACE TEMP MACRO is_object(a) AS (json_type(muster_json(a)) = 'OBJECT')",
    "CREATE OR REPLACE TEMP MACRO array_cat(a, b) AS list_concat(a, b)",
    "CREATE OR REPLACE TEMP MACRO array_compact(a) AS list_filter(a, lambda item: item IS NOT NULL)",
    "CREATE OR REPLACE TEMP MACRO arrays_overlap(a, b) AS list_has_any(a, b)",
    "CREATE OR REPLACE TEMP MACRO array_intersection(a, b) AS list_intersect(a, b)",
    "CREATE OR REPLACE TEMP MACRO sort_array(a) AS list_sort(a)",
    "CREATE OR REPLACE TEMP MACRO array_sort(a) AS list_sort(a)",
    "CREATE OR REPLACE TEMP MACRO to_variant(a) AS to_json(a)",
    "CREATE OR REPLACE TEMP MACRO to_array(a) AS muster_json(a)",
    "CREATE OR REPLACE TEMP MACRO to_object(a) AS muster_json(a)",
    "CREATE OR REPLACE TEMP MACRO check_json(a) AS \
         CASE WHEN TRY_CAST(a AS JSON) IS NULL AND a IS NOT NULL THEN 'it is no JSON' END",
    "CREATE OR REPLACE TEMP MACRO to_double(a) AS CAST(a AS DOUBLE)",
    "CREATE OR REPLACE TEMP MACRO to_boolean(a) AS CASE lower(trim(CAST(a AS VARCHAR))) \
         WHEN 'on' THEN TRUE WHEN 'off' THEN FALSE ELSE CAST(a AS BOOLEAN) END",
    "CREATE OR REPLACE TEMP MACRO charindex(part, whole) AS strpos(whole, part)",
    "CREATE OR REPLACE TEMP MACRO startswith(whole, part) AS starts_with(whole, part)",
    "CREATE OR REPLACE TEMP MACRO endswith(whole, part) AS ends_with(whole, part)",
    "CREATE OR REPLACE TEMP MACRO regexp_like(whole, pattern) AS \
         regexp_full_match(whole, pattern)",
    "CREATE OR REPLACE TEMP MACRO regexp_substr(whole, pattern) AS \
         nullif(regexp_extract(whole, pattern), '')",
    "CREATE OR REPLACE TEMP MACRO square(a) AS a * a",
    "CREATE OR REPLACE TEMP MACRO sha2(a) AS sha256(a)",
    "CREATE OR REPLACE TEMP MACRO sha2_hex(a) AS sha256(a)",
    "CREATE OR REPLACE TEMP MACRO md5_hex(a) AS md5(a)",
    "CREATE OR REPLACE TEMP MACRO sha1_hex(a) AS sha1(a)",
    "CREATE OR REPLACE TEMP MACRO func_sha1(a) AS sha1(a)",
    "CREATE OR REPLACE TEMP MACRO sha(a) AS sha1(a)",
    "CREATE OR REPLACE TEMP MACRO uuid_string() AS CAST(uuid() AS VARCHAR)",
    // Lists and documents.
    "CREATE OR REPLACE TEMP MACRO parse_json(a) AS \
         CAST(CASE WHEN trim(CAST(a AS VARCHAR)) <> '' THEN a END AS JSON)",
    "CREATE OR REPLACE TEMP MACRO json_parse(a) AS CAST(a AS JSON)",
    "CREATE OR REPLACE TEMP MACRO try_parse_json(a) AS TRY_CAST(a AS JSON)",
    "CREATE OR REPLACE TEMP MACRO array_construct_compact(a) AS [a]",
    "CREATE OR REPLACE TEMP MACRO approx_percentile(a, part) AS approx_quantile(a, part)",
    // Types.
    "CREATE TEMP TYPE IF NOT EXISTS timestamp_ntz AS TIMESTAMP",
    "CREATE TEMP TYPE IF NOT EXISTS timestamp_ltz AS TIMESTAMP",
    "CREATE TEMP TYPE IF NOT EXISTS number AS DECIMAL(38, 0)",
    "CREATE TEMP TYPE IF NOT EXISTS super AS JSON",
    "CREATE TEMP TYPE IF NOT EXISTS float64 AS DOUBLE",
    "CREATE TEMP TYPE IF NOT EXISTS int64 AS BIGINT",
];

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
     WHEN regexp_full_match(trim(CAST(x AS VARCHAR)), '[0-9]{10}([0-9]{3}){0,3}') \
     THEN make_timestamp(CASE length(trim(CAST(x AS VARCHAR))) \
     WHEN 10 THEN TRY_CAST(CAST(x AS VARCHAR) AS BIGINT) * 1000000 \
     WHEN 13 THEN TRY_CAST(CAST(x AS VARCHAR) AS BIGINT) * 1000 \
     WHEN 16 THEN TRY_CAST(CAST(x AS VARCHAR) AS BIGINT) \
     ELSE TRY_CAST(CAST(x AS VARCHAR) AS BIGINT) // 1000 END) \
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

/// One row about an expression that should give moments: how many values do not, one of them,
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

/// A layout such as `YYYY-MM-DD HH24:MI:SS`, in upper or lower case, in DuckDB's words; `None` when a
/// part of it is not known. DuckDB wants layouts as constants, so no macro can do this.
pub fn layout(written: &str) -> Option<String> {
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
            None if first == '"' => {
                let (inside, after) = rest[1..].split_once('"')?;
                out.push_str(&inside.replace('%', "%%"));
                rest = after;
            }
            None if first.is_ascii_alphanumeric() && !matches!(first, 'T' | 'Z') => return None,
            None => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    Some(out)
}

/// A layout of Spark, such as `yyyy-MM-dd HH:mm`, in DuckDB's words; `None` when a part of it is not
/// known.
pub fn spark_layout(written: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = written;
    while let Some(first) = rest.chars().next() {
        let word = &rest[..rest.len() - rest.trim_start_matches(first).len()];
        let form = match (first, word.len()) {
            ('y' | 'u', 2) => "%y",
            ('y' | 'u', _) => "%Y",
            ('M' | 'L', 4..) => "%B",
            ('M' | 'L', 3) => "%b",
            ('M' | 'L', 2) => "%m",
            ('M' | 'L', _) => "%-m",
            ('d', 2) => "%d",
            ('d', _) => "%-d",
            ('D', _) => "%j",
            ('E', 4..) => "%A",
            ('E', _) => "%a",
            ('H', 2) => "%H",
            ('H', _) => "%-H",
            ('h' | 'K', _) => "%I",
            ('m', _) => "%M",
            ('s', _) => "%S",
            ('S', ..=3) => "%g",
            ('S', _) => "%f",
            ('a', _) => "%p",
            _ if first.is_ascii_alphabetic() => return None,
            _ => word,
        };
        if first == '\'' {
            let quoted = rest[1..].split('\'').next().unwrap_or_default();
            out.push_str(quoted);
            rest = rest.get(quoted.len() + 2..).unwrap_or_default();
            continue;
        }
        out.push_str(form);
        rest = &rest[word.len()..];
    }
    Some(out)
}

/// A layout of BigQuery in DuckDB's words; `None` when a part of it is not known.
pub fn strftime_layout(written: &str) -> Option<String> {
    const LONG: [(&str, &str); 12] = [
        ("F", "%Y-%m-%d"),
        ("T", "%H:%M:%S"),
        ("R", "%H:%M"),
        ("D", "%m/%d/%y"),
        ("x", "%m/%d/%y"),
        ("X", "%H:%M:%S"),
        ("c", "%a %b %-d %H:%M:%S %Y"),
        ("E*S", "%S.%f"),
        ("E3S", "%S.%g"),
        ("E6S", "%S.%f"),
        ("E4Y", "%Y"),
        ("e", "%-d"),
    ];
    const SAME: &str = "aAbBdHIjmMpSuUVwWyYG%";
    let mut pieces = written.split('%');
    let mut out = pieces.next()?.to_owned();
    while let Some(piece) = pieces.next() {
        if let Some((short, long)) = LONG.iter().find(|(short, _)| piece.starts_with(short)) {
            out.push_str(long);
            out.push_str(&piece[short.len()..]);
        } else if piece.is_empty() {
            // A per cent sign, and what follows it.
            out.push_str("%%");
            out.push_str(pieces.next().unwrap_or_default());
        } else if piece.starts_with(|first| SAME.contains(first)) {
            out.push('%');
            out.push_str(piece);
        } else {
            return None;
        }
    }
    Some(out)
}

/// Words of a layout, longer ones before those that they start with.
const LAYOUT: [(&str, &str); 20] = [
    ("YYYY", "%Y"),
    ("YY", "%y"),
    ("MMMM", "%B"),
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
    ("FF6", "%f"),
    ("FF9", "%n"),
    ("FF", "%n"),
    ("AM", "%p"),
    ("PM", "%p"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_macro_is_in_the_table_of_functions() {
        let table = include_str!("../../docs/warehouses.md");
        for function in functions() {
            let text = function.text();
            let Some((_, rest)) = text.split_once(" MACRO ") else { continue };
            let name = rest.split('(').next().unwrap_or_default();
            let is_named = name.starts_with("muster_") || table.contains(&format!("`{name}`"));
            assert!(is_named, "{name} is not in docs/warehouses.md");
        }
    }

    #[test]
    fn layouts_are_read_in_each_spelling() {
        assert_eq!(layout("YYYY-MM-DD HH24:MI:SS").unwrap(), "%Y-%m-%d %H:%M:%S");
        assert_eq!(layout("DD\" of \"MMMM").unwrap(), "%d of %B");
        assert_eq!(layout("Q/YYYY"), None);
        let spark = spark_layout("yyyy-MM-dd'T'HH:mm:ss.SSS").unwrap();
        assert_eq!(spark, "%Y-%m-%dT%H:%M:%S.%g");
        assert_eq!(spark_layout("q"), None);
        assert_eq!(strftime_layout("%F %T").unwrap(), "%Y-%m-%d %H:%M:%S");
        assert_eq!(strftime_layout("100%%-%x").unwrap(), "100%%-%m/%d/%y");
        assert_eq!(strftime_layout("%Q"), None);
    }
}
