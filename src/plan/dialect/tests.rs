//! What SQL of a warehouse becomes.

use crate::plan::Run;
use crate::sql::warehouse::Warehouse;
use crate::sql::{Placeholder, Sql, ident};
use jiff::civil::date;

fn duckdb(sql: &str, warehouse: Warehouse, main_id: Option<&str>) -> Result<String, String> {
    of_pieces(warehouse, &Sql::of_project(sql), main_id)
}

fn of_pieces(warehouse: Warehouse, sql: &Sql, main_id: Option<&str>) -> Result<String, String> {
    let run = Run { number: 1, end: date(2026, 11, 20).at(6, 0, 0, 0) };
    Ok(run.settled(&super::duckdb(sql, warehouse, main_id)?).text())
}

fn of(warehouse: Warehouse, sql: &str) -> String {
    let said = duckdb(sql, warehouse, None).expect("it can be said");
    // Queries are laid out in lines.
    if said == sql { said } else { said.split_whitespace().collect::<Vec<_>>().join(" ") }
}

fn snowflake(sql: &str) -> String {
    of(Warehouse::Snowflake, sql)
}

const END: &str = "TIMESTAMP '2026-11-20 06:00:00.000000'";

#[test]
fn what_means_the_same_stays_letter_for_letter() {
    for sql in [
        "sum( total )  -- all of it",
        "case when a = 'it''s' then 1 end",
        "select a, \"b c\" from t where x is not null",
        ", x as (select 1) select * from x",
        "-- as before\n, x as (select 1) select * from x",
        "count(distinct a)",
        "not sql at all, is it",
    ] {
        assert_eq!(snowflake(sql), sql);
    }
}

#[test]
fn parts_of_dates_are_read_in_every_form() {
    let days = "date_diff('day', CAST(a AS TIMESTAMP), CAST(b AS TIMESTAMP))";
    for sql in ["datediff(day, a, b)", "DateDiff( days , a, b)", "timestampdiff('dd', a, b)"] {
        assert_eq!(snowflake(sql), days);
    }
    assert_eq!(of(Warehouse::BigQuery, "date_diff(b, a, day)"), days);
    assert_eq!(of(Warehouse::Databricks, "datediff(b, a)"), days);
    assert!(of(Warehouse::Databricks, "datediff(month, a, b)").starts_with("date_sub('month'"));
    assert_eq!(snowflake("date_trunc(mm, a)"), "date_trunc('month', CAST(a AS TIMESTAMP))");
    assert_eq!(
        snowflake("date_part(epoch_second, a)"),
        "CAST(floor(epoch(CAST(a AS TIMESTAMP))) AS BIGINT)"
    );
    assert_eq!(
        snowflake("dateadd(month, 1, a)"),
        "(CAST(a AS TIMESTAMP) + to_months(CAST(1 AS INTEGER)))"
    );
}

#[test]
fn now_is_the_end_of_the_run() {
    assert_eq!(snowflake("getdate()"), END);
    assert_eq!(snowflake("CURRENT_DATE() - 1"), format!("CAST({END} AS DATE) - 1"));
    assert_eq!(snowflake("t.current_date"), "t.current_date");
}

#[test]
fn missing_values_stand_where_the_warehouse_has_them() {
    let by = |warehouse, order| of(warehouse, &format!("select a from t order by a {order}"));
    assert_eq!(by(Warehouse::Snowflake, "desc"), "SELECT a FROM t ORDER BY a DESC NULLS FIRST");
    assert_eq!(by(Warehouse::Snowflake, "asc"), "select a from t order by a asc");
    assert_eq!(by(Warehouse::BigQuery, ""), "SELECT a FROM t ORDER BY a NULLS FIRST");
    assert_eq!(by(Warehouse::Databricks, "desc"), "select a from t order by a desc");
    assert_eq!(
        by(Warehouse::Snowflake, "desc nulls last"),
        "select a from t order by a desc nulls last"
    );
}

#[test]
fn what_has_a_place_in_a_window_sees_the_whole_of_it() {
    assert_eq!(
        snowflake("last_value(a) over (partition by b order by c)"),
        "last_value(a) OVER (PARTITION BY b ORDER BY c \
         ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
    );
    let framed = "last_value(a) over (order by c rows between unbounded preceding and current row)";
    assert_eq!(snowflake(framed), framed);
    assert_eq!(
        snowflake("first_value(a) ignore nulls over (order by c)"),
        "first_value(a IGNORE NULLS) OVER (ORDER BY c \
         ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
    );
}

#[test]
fn missing_values_are_left_out_of_lists_and_make_greatest_missing() {
    assert_eq!(
        snowflake("array_agg(a)"),
        "coalesce(array_agg(a) FILTER (WHERE a IS NOT NULL), [])"
    );
    assert_eq!(of(Warehouse::BigQuery, "array_agg(a)"), "array_agg(a)");
    assert_eq!(
        snowflake("listagg(a, ',') within group (order by b)"),
        "coalesce(string_agg(a, ',' ORDER BY b), '')"
    );
    assert_eq!(snowflake("greatest(a, b)"), "muster_greatest([a, b])");
    assert_eq!(of(Warehouse::Redshift, "greatest(a, b)"), "greatest(a, b)");
    assert_eq!(snowflake("concat(a, 1)"), "(muster_as_text(a) || '1')");
}

#[test]
fn documents_are_read_by_paths() {
    assert_eq!(
        snowflake("parse_json(doc):k.n::integer"),
        "muster_whole(json_extract_string(parse_json(doc), '$.\"k\".\"n\"'))"
    );
    assert_eq!(snowflake("doc:a[0]"), "json_extract_string(muster_json(doc), '$.\"a\"[0]')");
    assert_eq!(
        snowflake("get(get(doc, 'a'), 0)"),
        "json_extract_string(json_extract(muster_json(doc), '$.\"a\"'), '$[0]')"
    );
    assert_eq!(
        snowflake("array_size(doc:items)"),
        "muster_array_size(json_extract(muster_json(doc), '$.\"items\"'))"
    );
    assert_eq!(
        snowflake("object_construct('k', a)"),
        "json_merge_patch('{}', json_object('k', a))"
    );
}

#[test]
fn places_in_brackets_are_those_of_documents() {
    assert_eq!(
        snowflake("t.value['sku']"),
        "json_extract_string(muster_json(t.value), '$.\"sku\"')"
    );
    assert_eq!(
        snowflake("to_char(t.value['a'][0])"),
        "to_char(json_extract_string(muster_json(t.value), '$.\"a\"[0]'))"
    );
    assert_eq!(
        snowflake("array_construct('a', 'b')[mod(n, 2)]::text"),
        "json_extract_string(list_extract(CAST(muster_json(['a', 'b']) AS JSON[]), \
         CAST(mod(n, 2) AS BIGINT) + 1), '$')"
    );
    let bigquery = |sql| of(Warehouse::BigQuery, sql);
    assert_eq!(
        bigquery("approx_quantiles(cast(a as float64), 2)[offset(1)]"),
        "quantile_cont(CAST(a AS DOUBLE), 0.5)"
    );
    assert_eq!(
        bigquery("json_value(a, \"$.k\")"),
        "json_extract_string(muster_json(a), '$.\"k\"')"
    );
    assert_eq!(
        of(Warehouse::Databricks, "size(from_json(get_json_object(a, '$'), 'array<string>'))"),
        "muster_array_size(json_extract(muster_json(a), '$'))"
    );
}

#[test]
fn numbers_are_divided_and_cut_as_the_warehouse_does() {
    assert_eq!(snowflake("a / b"), "muster_divide(a, b)");
    assert_eq!(of(Warehouse::Redshift, "a / b"), "muster_divide_whole(a, b)");
    assert_eq!(snowflake("a::int"), "muster_whole(a)");
    assert_eq!(snowflake("a::number(10, 2)"), "CAST(a AS DECIMAL(10, 2))");
    assert_eq!(snowflake("a::float"), "CAST(a AS DOUBLE)");
    assert_eq!(snowflake("a::timestamp_ntz(9)"), "CAST(a AS TIMESTAMP)");
    assert_eq!(snowflake("a::varchar(3)"), "left(muster_as_text(a), 3)");
}

#[test]
fn words_of_several_warehouses_are_read() {
    assert_eq!(
        snowflake("decode(a, 1, 'x', 'y')"),
        "(CASE WHEN a IS NOT DISTINCT FROM 1 THEN 'x' ELSE 'y' END)"
    );
    assert_eq!(snowflake("a rlike '^w.*'"), "(regexp_full_match(a, '^w.*'))");
    assert_eq!(of(Warehouse::Databricks, "a rlike 'w'"), "(regexp_matches(a, 'w'))");
    assert_eq!(snowflake("a ilike any ('x%', 'y')"), "((a ILIKE 'x%' OR a ILIKE 'y'))");
    assert_eq!(
        snowflake("count(distinct a, b)"),
        "count(DISTINCT CASE WHEN a IS NOT NULL AND b IS NOT NULL THEN row(a, b) END)"
    );
    assert_eq!(
        of(Warehouse::BigQuery, "select `a b` from `p.d.t`"),
        "SELECT \"a b\" FROM \"d\".\"t\""
    );
    assert_eq!(
        snowflake("select a from t minus select b from u"),
        "SELECT a FROM t EXCEPT SELECT b FROM u"
    );
    assert_eq!(snowflake("regexp_replace(a, '\\\\d', 'x')"), "regexp_replace(a, '\\d', 'x', 'g')");
    assert_eq!(snowflake("replace(a, ' UTC')"), "replace(a, ' UTC', '')");
    assert_eq!(snowflake("max(t.at)"), "max(t.\"at\")");
}

#[test]
fn zones_are_worked_out_and_one_that_is_none_is_refused() {
    assert_eq!(snowflake("convert_timezone('UTC', 'UTC', a)"), "CAST(a AS TIMESTAMP)");
    assert!(snowflake("convert_timezone('Europe/Berlin', a)").contains("3600000000"));
    let why =
        duckdb("convert_timezone('UTC', 'Berlin', a)", Warehouse::Snowflake, None).unwrap_err();
    assert!(why.contains("`'Berlin'` is not the name of a time zone"), "{why}");
}

#[test]
fn what_doubles_within_itself_is_not_built() {
    let mut sql = "a".to_owned();
    for _ in 0..24 {
        sql = format!("decode({sql}, 1, {sql}, 2)");
        if sql.len() > 1 << 16 {
            break;
        }
    }
    assert!(sql.len() > 1 << 16);
    let _ = duckdb(&sql, Warehouse::Snowflake, None);
}

#[test]
fn the_same_name_with_another_meaning_is_said_or_refused() {
    assert_eq!(of(Warehouse::BigQuery, "log(a, 2)"), "log(2, a)");
    assert_eq!(snowflake("log(2, a)"), "log(2, a)");
    assert_eq!(of(Warehouse::Databricks, "split(a, '[,;]')"), "regexp_split_to_array(a, '[,;]')");
    let why = duckdb("array_slice(a, 0, 2)", Warehouse::Snowflake, None).unwrap_err();
    assert!(why.contains("array_slice"), "{why}");
}

#[test]
fn the_main_id_has_another_name() {
    let said = duckdb("count(distinct rudder_id)", Warehouse::Snowflake, Some("user_main_id"));
    assert_eq!(said.unwrap(), "count(DISTINCT \"user_main_id\")");
}

#[test]
fn names_that_are_ours_stay_names_where_double_quotes_are_text() {
    let theirs = |text: &str| Sql::of_project(text);
    let ours = Sql::join([theirs("max("), ident("user.most"), theirs(") || \"x\"")], "");
    let said = |warehouse| of_pieces(warehouse, &ours, None).unwrap();
    for warehouse in [Warehouse::BigQuery, Warehouse::Databricks] {
        assert_eq!(said(warehouse), "max(\"user.most\") || 'x'");
    }
    assert_eq!(said(Warehouse::Snowflake), "max(\"user.most\") || \"x\"");
}

#[test]
fn the_end_of_the_run_is_rewritten_around_as_a_number_and_as_text() {
    let end = |layout: &str| Sql::placeholder(Placeholder::End(layout.to_owned()));
    let pieces = [Sql::of_project("a / "), end("20060102"), Sql::of_project(" || '")];
    let sql = Sql::join(pieces.into_iter().chain([end("2006"), Sql::of_project("'")]), "");
    let said = of_pieces(Warehouse::Snowflake, &sql, None).unwrap();
    assert_eq!(said, "muster_divide(a, 20261120) || '2026'");
}

#[test]
fn what_has_another_meaning_and_is_not_built_is_refused() {
    let refused = |warehouse, sql| duckdb(sql, warehouse, None).is_err();
    assert!(refused(Warehouse::Snowflake, "sha2(a, 512)"));
    assert!(refused(Warehouse::Redshift, "hash(a)"));
    assert!(refused(Warehouse::Databricks, "date_format(a, 'q')"));
    assert!(refused(Warehouse::BigQuery, "format_date('%Q', a)"));
    assert!(refused(Warehouse::Redshift, "to_char(a, 'Q')"));
    assert!(refused(Warehouse::Databricks, "skewness(a)"));
    assert!(!refused(Warehouse::Snowflake, "sha2(a, 256)"));
}
