//! A second dialect, as a proof that bound slices know none: they are printed for PostgreSQL, read
//! by a parser of its grammar, and give the same counts on a real one.

use crate::slices::{catalog, slice as slice_of, tree};
use muster::bind;
use muster::compile;
use muster::engine::store::Store;
use muster::engine::{Job, Session};
use muster::language;
use muster::model::catalog::{KeyForm, TableOrigin};
use muster::model::clause::{Arithmetic, Case, CastType, Function, TextMatch};
use muster::model::now::Moment;
use muster::model::question::{Answer, Question, Slice};
use muster::model::value::Value;
use muster::protocol::OpenRequest;
use muster::sql::{self, Dialect, DuckDb, Sql, ident, path, text};
use proptest::prelude::*;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::Parser;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// PostgreSQL's words.
struct Postgres;

impl Dialect for Postgres {
    fn relation(&self, origin: &TableOrigin) -> Sql {
        match origin {
            TableOrigin::Stored { schema, table } | TableOrigin::View { schema, table, .. } => {
                path(&[schema, table])
            }
            other => panic!("only tables of a database are asked: {other:?}"),
        }
    }

    fn write_value(&self, value: &Value, out: &mut String) {
        match value {
            Value::Float(float) if !float.is_finite() => {
                write!(out, "CAST('{float}' AS DOUBLE PRECISION)").unwrap();
            }
            Value::List(items) => {
                out.push_str("CAST(ARRAY[");
                for (number, item) in items.iter().enumerate() {
                    out.push_str(if number == 0 { "" } else { ", " });
                    self.write_value(item, out);
                }
                out.push_str("] AS TEXT[])");
            }
            plain => DuckDb.write_value(plain, out),
        }
    }

    fn call(&self, function: Function, arguments: &[Sql]) -> Sql {
        let all = Sql::join(arguments.iter().cloned(), ", ");
        let template = match function {
            Function::Lower => "lower({})",
            Function::Upper => "upper({})",
            Function::Trim => "trim({})",
            Function::Length => "length({})",
            Function::ListLength => "cardinality({})",
            Function::Absolute => "abs({})",
            Function::Floor => "floor({})",
            Function::Ceiling => "ceil({})",
            Function::Year => "CAST(extract(year FROM {}) AS INTEGER)",
            Function::Month => "CAST(extract(month FROM {}) AS INTEGER)",
            Function::Day => "CAST(extract(day FROM {}) AS INTEGER)",
            Function::Hour => "CAST(extract(hour FROM {}) AS INTEGER)",
            Function::Weekday => "CAST(extract(isodow FROM {}) AS INTEGER)",
            Function::Coalesce => "coalesce({})",
            Function::SplitPart => "split_part({})",
            Function::Left => "left({})",
            // Floats are rounded to even there.
            Function::Round => {
                let exact = Sql::fill("CAST({} AS NUMERIC)", &[&arguments[0]]);
                let rest = arguments[1..].iter().cloned();
                let all = Sql::join(std::iter::once(exact).chain(rest), ", ");
                return Sql::fill("round({})", &[&all]);
            }
        };
        Sql::fill(template, &[&all])
    }

    fn arithmetic(&self, operation: Arithmetic, left: &Sql, right: &Sql) -> Sql {
        let template = match operation {
            Arithmetic::Add => "({} + {})",
            Arithmetic::Subtract => "({} - {})",
            Arithmetic::Multiply => "({} * {})",
            // Of whole numbers it would give a whole one.
            Arithmetic::Divide => "({} / nullif(CAST({} AS DOUBLE PRECISION), 0))",
            Arithmetic::Remainder => "({} % nullif({}, 0))",
        };
        Sql::fill(template, &[left, right])
    }

    fn cast(&self, value: &Sql, to: CastType) -> Sql {
        let template = match to {
            CastType::Text => return Sql::fill("CAST({} AS VARCHAR)", &[value]),
            CastType::Integer => {
                "CASE WHEN CAST({} AS TEXT) ~ '^[-+]?[0-9]{1,18}$' THEN CAST({} AS BIGINT) END"
            }
            CastType::Number => {
                "CASE WHEN CAST({} AS TEXT) ~ '^[-+]?[0-9]+([.][0-9]+)?$' \
                 THEN CAST({} AS DOUBLE PRECISION) END"
            }
            CastType::Date => {
                "CASE WHEN CAST({} AS TEXT) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}' \
                 THEN CAST({} AS DATE) END"
            }
            CastType::Timestamp => {
                "CASE WHEN CAST({} AS TEXT) ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}' \
                 THEN CAST({} AS TIMESTAMP) END"
            }
            CastType::Boolean => {
                "CASE WHEN lower(CAST({} AS TEXT)) IN ('true', 'false') \
                 THEN CAST({} AS BOOLEAN) END"
            }
        };
        Sql::fill(template, &[value, value])
    }

    fn matches(&self, how: TextMatch, value: &Sql, pattern: &str, case: Case) -> Sql {
        let pattern = text(pattern);
        let (value, pattern) = match case {
            Case::Sensitive => (value.clone(), pattern),
            Case::Ignored => (
                Sql::fill("lower({})", &[value]),
                match how {
                    TextMatch::Regex => pattern,
                    _ => Sql::fill("lower({})", &[&pattern]),
                },
            ),
        };
        match (how, case) {
            (TextMatch::Contains, _) => Sql::fill("strpos({}, {}) > 0", &[&value, &pattern]),
            (TextMatch::StartsWith, _) => Sql::fill("starts_with({}, {})", &[&value, &pattern]),
            (TextMatch::EndsWith, _) => {
                Sql::fill("right({}, length({})) = {}", &[&value, &pattern, &pattern])
            }
            (TextMatch::Like, _) => Sql::fill("{} LIKE {} ESCAPE ''", &[&value, &pattern]),
            (TextMatch::Regex, Case::Sensitive) => Sql::fill("{} ~ {}", &[&value, &pattern]),
            (TextMatch::Regex, Case::Ignored) => Sql::fill("{} ~* {}", &[&value, &pattern]),
        }
    }

    fn has_any(&self, list: &Sql, values: &[Value]) -> Sql {
        Sql::fill("{} && {}", &[list, &sql::literal(&Value::List(values.to_vec()))])
    }

    fn has_all(&self, list: &Sql, values: &[Value]) -> Sql {
        Sql::fill("{} @> {}", &[list, &sql::literal(&Value::List(values.to_vec()))])
    }

    fn day_of_year(&self, moment: &Sql) -> Sql {
        Sql::fill("to_char({}, 'MM-DD')", &[moment])
    }

    fn local_time(&self, moment: &Sql, offsets: &[(i64, i64)]) -> Sql {
        let utc = Sql::fill("({} AT TIME ZONE 'UTC')", &[moment]);
        let Some(((_, first), later)) = offsets.split_first() else { return utc };
        let micros = Sql::fill("extract(epoch FROM {}) * 1000000", &[moment]);
        let offset = later.iter().fold(sql::number(*first), |before, (at, offset)| {
            let (at, offset) = (sql::number(*at), sql::number(*offset));
            Sql::fill("CASE WHEN {} >= {} THEN {} ELSE {} END", &[&micros, &at, &offset, &before])
        });
        Sql::fill("({} + ({}) * INTERVAL '1 microsecond')", &[&utc, &offset])
    }

    fn without_nan(&self, float: &Sql) -> Sql {
        Sql::fill("nullif({}, CAST('nan' AS DOUBLE PRECISION))", &[float])
    }

    fn field(&self, of: &Sql, name: &str) -> Sql {
        Sql::fill("({}).{}", &[of, &ident(name)])
    }

    fn key(&self, key: Sql, form: KeyForm) -> Sql {
        match form {
            KeyForm::AsIs => key,
            KeyForm::Whole => Sql::fill(
                "CASE WHEN {} = trunc({}) THEN CAST({} AS BIGINT) END",
                &[&key, &key, &key],
            ),
            KeyForm::Text | KeyForm::WholeText => Sql::fill("CAST({} AS VARCHAR)", &[&key]),
            KeyForm::BareText => Sql::fill("regexp_replace({}, '[.]0$', '')", &[&key]),
        }
    }
}

/// Conditions of the sample shop, each with another part of the language.
const CONDITIONS: &[(&str, &str)] = &[
    ("user/all", ""),
    ("user/all", "country = 'DE' and orders >= 3"),
    ("user/known_customers", "country is distinct from 'FR' and not (nps < 5)"),
    ("user/all", "(country in ('DE', 'AT') or lower(city) in ('paris', 'lyon')) is not true"),
    ("user/all", "contains(name, 'an') and not ends_with(email, '.com')"),
    ("user/all", "city like 'B%' or regexp_matches(email, '^[a-c].*n', 'i') or city ilike '%burg'"),
    ("user/all", "list_has_any(tags, ['vip', 'gift']) or list_has_all(tags, ['vegan'])"),
    ("user/all", "len(tags) >= 2 and length(name) > 14"),
    ("user/all", "last_order < now() - interval 90 day and signed_up <= date '2025-01-31'"),
    ("user/all", "year(signed_up) = 2025 and month(signed_up) in (1, 2, 3)"),
    ("user/all", "anniversary(birthday, -7, 14) or isodow(last_seen) in (6, 7)"),
    ("user/all", "lifetime_value / orders > 30 and round(lifetime_value, 0) <> 0"),
    ("user/all", "coalesce(nps, 10) < 7 and split_part(email, '@', 2) <> 'example.com'"),
    ("user/all", "cast(birthday as varchar) like '199%' and left(country, 1) = 'D'"),
    ("user/all", "count(orders) >= 2 and sum(orders.total where channel = 'web') > 100"),
    ("user/all", "max(orders.ordered) between timestamp '2026-01-01' and now()"),
    ("user/all", "count(order_items where sku.category = 'Coffee') > 0"),
    ("user/lapsed", "not in_cohort('newsletter') and account_id.seats > 5"),
    ("order/all", "user_id.country = 'DE' and total between 20 and 50.5"),
    ("order/all", "discount is null and status <> 'cancelled'"),
];

fn shop() -> (Session, tempfile::TempDir) {
    let workspace = tempfile::tempdir().unwrap();
    let request = OpenRequest {
        paths: vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data/shop.duckdb")],
        workspace: Some(workspace.path().to_path_buf()),
        ..OpenRequest::default()
    };
    let mut report = |_| {};
    let mut job = Job { cancelled: Arc::new(AtomicBool::new(false)), report: &mut report };
    (Session::open(&request, &mut job).unwrap(), workspace)
}

fn asked(session: &Session, (cohort, condition): (&str, &str)) -> Slice {
    let catalog = session.catalog();
    let cohort = catalog.cohort(cohort).unwrap();
    let entity = catalog.entity(&cohort.entity).unwrap();
    let tree = language::parse(condition, &language::Scope { catalog, entity })
        .unwrap_or_else(|error| panic!("{condition}: {}", error.message));
    let zone = Moment::zone("Europe/Berlin").unwrap();
    let now = Moment::parse("2026-11-20T06:00:00Z", &zone).unwrap();
    Slice { cohort, tree, now, segments: Vec::new() }
}

fn parses(statement: &str) -> Result<(), String> {
    match Parser::parse_sql(&PostgreSqlDialect {}, statement) {
        Ok(statements) if statements.len() == 1 => Ok(()),
        Ok(statements) => Err(format!("{} statements: {statement}", statements.len())),
        Err(error) => Err(format!("{error}: {statement}")),
    }
}

#[test]
fn slices_of_the_shop_are_statements_of_postgresql() {
    let (session, _workspace) = shop();
    for condition in CONDITIONS {
        let slice = asked(&session, *condition);
        let bound = bind::slice(session.catalog(), &slice).unwrap();
        parses(&compile::size_in(&Postgres, &bound).query.portable_in(&Postgres)).unwrap();
        parses(&compile::members_in(&Postgres, &bound).portable_in(&Postgres)).unwrap();
    }
}

proptest! {
    #[test]
    fn random_slices_are_statements_of_postgresql(tree in tree()) {
        let (catalog, slice) = (catalog(), slice_of(tree));
        let bound = bind::slice(&catalog, &slice).unwrap();
        prop_assert_eq!(parses(&compile::size_in(&Postgres, &bound).query.portable_in(&Postgres)), Ok(()));
    }
}

/// The rows of a table or view of the shop, as statements that make them there.
fn copied(shell: &Store, schema: &str, table: &str) -> String {
    let name = path(&[schema, table]).to_string();
    let rows = shell.query(&Sql::of_project(format!("SELECT * FROM shop.{name}"))).unwrap();
    let columns = rows.columns.iter().zip(&rows.types).map(|(column, type_name)| {
        let type_name = match type_name.as_str() {
            "DOUBLE" => "DOUBLE PRECISION",
            "VARCHAR[]" => "TEXT[]",
            same => same,
        };
        format!("{} {type_name}", ident(column))
    });
    let columns = columns.collect::<Vec<_>>().join(", ");
    let mut made = format!("CREATE TABLE {name} ({columns});\n");
    for row in &rows.rows {
        let cells: Vec<String> =
            row.iter().map(|cell| sql::literal(cell).printed(&Postgres)).collect();
        writeln!(made, "INSERT INTO {name} VALUES ({});", cells.join(", ")).unwrap();
    }
    made
}

/// What `psql` prints for a script, on the server that the environment names.
pub(crate) fn psql(script: &str) -> String {
    let mut psql = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
        .args(["--set", "ON_ERROR_STOP=1", "--single-transaction", "--file", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    psql.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let done = psql.wait_with_output().unwrap();
    assert!(done.status.success());
    String::from_utf8(done.stdout).unwrap()
}

#[test]
#[ignore = "needs a PostgreSQL server, named by PGHOST and PGUSER"]
fn slices_of_the_shop_count_the_same_on_postgresql() {
    let (session, _workspace) = shop();
    let shell = Store::in_memory().unwrap();
    shell
        .execute(&Sql::of_project(format!(
            "ATTACH '{}' AS shop (READ_ONLY)",
            session.catalog().path.display()
        )))
        .unwrap();
    let mut made = String::from("CREATE SCHEMA main; CREATE SCHEMA cohorts;\n");
    for table in ["accounts", "orders", "order_items", "products", "users"] {
        made += &copied(&shell, "main", table);
    }
    for cohort in ["known_customers", "lapsed", "newsletter"] {
        made += &copied(&shell, "cohorts", cohort);
    }
    psql(&made);
    for condition in CONDITIONS {
        let slice = asked(&session, *condition);
        let Answer::Size(size) = session.ask(&slice, &Question::Size).unwrap().answer else {
            panic!("a size")
        };
        let bound = bind::slice(session.catalog(), &slice).unwrap();
        let statement = compile::size_in(&Postgres, &bound).query.portable_in(&Postgres);
        let counted = psql(&format!("{statement};\n"));
        assert_eq!(counted.trim(), format!("{}|{}", size.kept, size.of), "{condition:?}");
        assert!(size.kept > 0, "{condition:?} keeps nobody, which shows nothing");
    }
}
