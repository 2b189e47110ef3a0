//! Slices counted by the compiled SQL and by an evaluation of our own over polars columns, which
//! knows nothing of SQL: the two agree on random trees over random tables, missing values
//! included.

use muster::bind::{self, BoundQuestion};
use muster::compile;
use muster::engine::store::Store;
use muster::model::catalog::{
    Catalog, CohortRef, Column, Entity, EntityBase, Fingerprint, KeyForm, Relation, SourceKind,
    Table, TableOrigin,
};
use muster::model::clause::{
    Aggregate, Case, Clause, Combine, Comparison, Expr, Group, Measure, Missing, Node, Part, Test,
    TextMatch,
};
use muster::model::now::Moment;
use muster::model::question::{Question, Slice};
use muster::model::value::{Kind, Value};
use muster::sql::Sql;
use polars::prelude::{
    BooleanChunked, ChunkCompareEq as _, ChunkCompareIneq as _, ChunkFull as _, DataFrame,
    NewChunkedArray as _, PlSmallStr,
};
use proptest::prelude::*;

/// A person: score, country, consent, and the totals of their orders.
type Person = (Option<f64>, Option<String>, Option<bool>, Vec<Option<i64>>);

const COUNTRIES: [&str; 4] = ["FR", "DE", "", "it's"];

fn column(name: &str, type_name: &str) -> Column {
    Column {
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        kind: Kind::of_duckdb_type(type_name),
        description: None,
        personal: None,
    }
}

fn table(name: &str, columns: &[(&str, &str)]) -> Table {
    Table {
        name: name.to_owned(),
        origin: TableOrigin::Stored { schema: "main".to_owned(), table: name.to_owned() },
        columns: columns.iter().map(|(n, t)| column(n, t)).collect(),
        rows: 0,
        time_column: None,
    }
}

pub(crate) fn catalog() -> Catalog {
    let people = table(
        "people",
        &[("id", "INTEGER"), ("score", "DOUBLE"), ("country", "VARCHAR"), ("consent", "BOOLEAN")],
    );
    let orders = table("orders", &[("person", "INTEGER"), ("total", "BIGINT")]);
    let entity = Entity {
        name: "person".to_owned(),
        base: EntityBase::Table("people".to_owned()),
        key: "id".to_owned(),
        size: 0,
        features: people.columns.clone(),
        cohorts: Vec::new(),
        odd_rows: Default::default(),
        why: String::new(),
    };
    Catalog {
        path: "made.duckdb".into(),
        source: SourceKind::DuckDb,
        fingerprint: Fingerprint::default(),
        tables: vec![orders, people],
        entities: vec![entity],
        relations: vec![Relation {
            from_table: "orders".to_owned(),
            from_column: "person".to_owned(),
            to_table: "people".to_owned(),
            to_column: "id".to_owned(),
            from_form: KeyForm::AsIs,
            to_form: KeyForm::AsIs,
            chosen: false,
            dangling: 0,
            why: String::new(),
        }],
        findings: Vec::new(),
        definitions: None,
        runs: Vec::new(),
        run: None,
        shadows: None,
    }
}

pub(crate) fn slice(tree: Group) -> Slice {
    Slice {
        cohort: CohortRef::all("person"),
        tree,
        now: Moment::parse("2026-11-23T09:00:00Z", &jiff::tz::TimeZone::UTC).unwrap(),
        segments: Vec::new(),
    }
}

fn fill(people: &[Person]) -> Store {
    let store = Store::in_memory().unwrap();
    let text = |value: Option<String>| value.unwrap_or_else(|| "NULL".to_owned());
    let mut statements = String::from(
        "CREATE TABLE people (id INTEGER, score DOUBLE, country VARCHAR, consent BOOLEAN);
         CREATE TABLE orders (person INTEGER, total BIGINT);",
    );
    for (id, (score, country, consent, totals)) in people.iter().enumerate() {
        statements += &format!(
            "INSERT INTO people VALUES ({id}, {}, {}, {});",
            text(score.map(|s| format!("{s:e}"))),
            text(country.as_ref().map(|c| format!("'{}'", c.replace('\'', "''")))),
            text(consent.map(|c| c.to_string())),
        );
        for total in totals {
            statements += &format!(
                "INSERT INTO orders VALUES ({id}, {});",
                text(total.map(|t| t.to_string()))
            );
        }
    }
    store.execute(&Sql::of_project(&statements)).unwrap();
    store
}

/// The truth of a node for every person; unknown is missing.
fn truth(node: &Node, frame: &DataFrame, people: &[Person]) -> Option<BooleanChunked> {
    match node {
        Node::Group(group) => group_truth(group, frame, people),
        Node::Clause(clause) => {
            let test = clause_truth(clause, frame, people);
            Some(negated(&test, clause.negated))
        }
    }
}

fn negated(test: &BooleanChunked, how: Option<Missing>) -> BooleanChunked {
    match how {
        None => test.clone(),
        Some(Missing::Drop) => !test,
        Some(Missing::Keep) => {
            let kept = test.iter().map(|value| Some(value != Some(true)));
            BooleanChunked::from_iter_options(PlSmallStr::EMPTY, kept)
        }
    }
}

fn group_truth(group: &Group, frame: &DataFrame, people: &[Person]) -> Option<BooleanChunked> {
    let parts: Vec<BooleanChunked> = group
        .parts
        .iter()
        .filter(|p| !p.off)
        .filter_map(|p| truth(&p.node, frame, people))
        .collect();
    let (first, rest) = parts.split_first()?;
    let any = || rest.iter().fold(first.clone(), |so_far, part| &so_far | part);
    Some(match group.combine {
        Combine::All => rest.iter().fold(first.clone(), |so_far, part| &so_far & part),
        Combine::Any => any(),
        Combine::None(missing) => negated(&any(), Some(missing)),
    })
}

fn clause_truth(clause: &Clause, frame: &DataFrame, people: &[Person]) -> BooleanChunked {
    match &clause.left {
        Expr::Column(name) => column_truth(&clause.test, frame, name),
        Expr::Aggregate(aggregate) => {
            let figures = people.iter().map(|person| figure(aggregate, &person.3));
            let Test::Compare(comparison, Expr::Value(value)) = &clause.test else {
                panic!("figures are only compared")
            };
            let limit = value.as_f64().unwrap();
            let held = figures.map(|figure| {
                figure.map(|figure| match comparison {
                    Comparison::Equal => figure == limit,
                    Comparison::Less => figure < limit,
                    Comparison::LessOrEqual => figure <= limit,
                    Comparison::Greater => figure > limit,
                    Comparison::GreaterOrEqual => figure >= limit,
                })
            });
            BooleanChunked::from_iter_options(PlSmallStr::EMPTY, held)
        }
        other => panic!("no such left side is made: {other:?}"),
    }
}

fn figure(aggregate: &Aggregate, totals: &[Option<i64>]) -> Option<f64> {
    let least = aggregate.filter.as_ref().map(|filter| {
        let Node::Clause(clause) = &filter.parts[0].node else { panic!("one clause is made") };
        let Test::Compare(_, Expr::Value(value)) = &clause.test else { panic!("a comparison") };
        value.as_f64().unwrap() as i64
    });
    let counted = |total: &&Option<i64>| match least {
        None => true,
        Some(least) => total.is_some_and(|t| t >= least),
    };
    let rows: Vec<Option<i64>> = totals.iter().filter(counted).copied().collect();
    let known: Vec<f64> = rows.iter().flatten().map(|t| *t as f64).collect();
    match aggregate.measure {
        Measure::Count => Some(rows.len() as f64),
        Measure::CountDistinct(_) => {
            let distinct: std::collections::BTreeSet<i64> = rows.into_iter().flatten().collect();
            Some(distinct.len() as f64)
        }
        _ if known.is_empty() => None,
        Measure::Sum(_) => Some(known.iter().sum()),
        Measure::Average(_) => Some(known.iter().sum::<f64>() / known.len() as f64),
        Measure::Minimum(_) => known.into_iter().reduce(f64::min),
        Measure::Maximum(_) => known.into_iter().reduce(f64::max),
    }
}

fn column_truth(test: &Test, frame: &DataFrame, name: &str) -> BooleanChunked {
    let column = frame.column(name).unwrap().as_materialized_series();
    match test {
        Test::IsMissing => column.is_null(),
        Test::Compare(Comparison::Equal, Expr::Value(Value::Boolean(value))) => {
            let same = column.bool().unwrap().iter().map(|v| v.map(|v| v == *value));
            BooleanChunked::from_iter_options(PlSmallStr::EMPTY, same)
        }
        Test::Compare(comparison, Expr::Value(value)) => {
            let (column, limit) = (column.f64().unwrap(), value.as_f64().unwrap());
            match comparison {
                Comparison::Equal => column.equal(limit),
                Comparison::Less => column.lt(limit),
                Comparison::LessOrEqual => column.lt_eq(limit),
                Comparison::Greater => column.gt(limit),
                Comparison::GreaterOrEqual => column.gt_eq(limit),
            }
        }
        Test::Between(Expr::Value(low), Expr::Value(high)) => {
            let column = column.f64().unwrap();
            let (low, high) = (low.as_f64().unwrap(), high.as_f64().unwrap());
            &column.gt_eq(low) & &column.lt_eq(high)
        }
        Test::IsEmpty => column.str().unwrap().equal(""),
        Test::OneOf(values, Case::Sensitive) => {
            let column = column.str().unwrap();
            let none = BooleanChunked::full(PlSmallStr::EMPTY, false, column.len());
            values
                .iter()
                .fold(none, |so_far, value| &so_far | &column.equal(value.display().as_str()))
        }
        Test::Text(how, pattern, case) => {
            let held = column.str().unwrap().iter().map(|text| {
                text.map(|text| match case {
                    Case::Sensitive => text_held(*how, text, pattern),
                    Case::Ignored => text_held(*how, &text.to_lowercase(), &pattern.to_lowercase()),
                })
            });
            BooleanChunked::from_iter_options(PlSmallStr::EMPTY, held)
        }
        other => panic!("no such test is made: {other:?}"),
    }
}

fn text_held(how: TextMatch, text: &str, pattern: &str) -> bool {
    match how {
        TextMatch::Contains => text.contains(pattern),
        TextMatch::StartsWith => text.starts_with(pattern),
        TextMatch::EndsWith => text.ends_with(pattern),
        other => panic!("no such match is made: {other:?}"),
    }
}

fn number() -> impl Strategy<Value = Expr> {
    prop_oneof![
        (-3i128..6).prop_map(|n| Expr::Value(Value::Integer(n))),
        (-3i32..6).prop_map(|n| Expr::Value(Value::Float(f64::from(n) + 0.5))),
        Just(Expr::Value(Value::Decimal("1.5".to_owned()))),
    ]
}

fn comparison() -> impl Strategy<Value = Comparison> {
    prop::sample::select(vec![
        Comparison::Equal,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ])
}

fn aggregate() -> impl Strategy<Value = Expr> {
    let total = || "total".to_owned();
    let measure = prop::sample::select(vec![
        Measure::Count,
        Measure::CountDistinct(total()),
        Measure::Sum(total()),
        Measure::Average(total()),
        Measure::Minimum(total()),
        Measure::Maximum(total()),
    ]);
    let filter = prop::option::of((-2i128..5).prop_map(|least| {
        let value = Expr::Value(Value::Integer(least));
        let test = Test::Compare(Comparison::GreaterOrEqual, value);
        Group::all([Clause::on("total", test).into()])
    }));
    (measure, filter).prop_map(|(measure, filter)| {
        Expr::Aggregate(Box::new(Aggregate {
            measure,
            table: "orders".to_owned(),
            via: None,
            filter,
        }))
    })
}

fn clause() -> impl Strategy<Value = Node> {
    let country = || prop::sample::select(COUNTRIES.to_vec()).prop_map(str::to_owned);
    let case = prop::sample::select(vec![Case::Sensitive, Case::Ignored]);
    let how =
        prop::sample::select(vec![TextMatch::Contains, TextMatch::StartsWith, TextMatch::EndsWith]);
    let countries = prop::collection::vec(country().prop_map(Value::Text), 0..3);
    let positive = prop_oneof![
        (comparison(), number()).prop_map(|(c, n)| Clause::on("score", Test::Compare(c, n))),
        (number(), number()).prop_map(|(a, b)| Clause::on("score", Test::Between(a, b))),
        prop::sample::select(vec!["score", "country", "consent"])
            .prop_map(|name| Clause::on(name, Test::IsMissing)),
        any::<bool>().prop_map(|value| {
            let value = Expr::Value(Value::Boolean(value));
            Clause::on("consent", Test::Compare(Comparison::Equal, value))
        }),
        countries.prop_map(|list| Clause::on("country", Test::OneOf(list, Case::Sensitive))),
        Just(Clause::on("country", Test::IsEmpty)),
        (how, prop::sample::select(vec!["", "f", "F", "'s", "R"]), case)
            .prop_map(|(how, p, case)| Clause::on("country", Test::Text(how, p.to_owned(), case))),
        (aggregate(), comparison(), number()).prop_map(|(left, comparison, number)| Clause {
            left,
            test: Test::Compare(comparison, number),
            negated: None,
        }),
    ];
    (positive, prop::option::of(missing()))
        .prop_map(|(clause, negated)| Node::Clause(Clause { negated, ..clause }))
}

fn missing() -> impl Strategy<Value = Missing> {
    prop::sample::select(vec![Missing::Keep, Missing::Drop])
}

pub(crate) fn tree() -> impl Strategy<Value = Group> {
    let node = clause().prop_recursive(3, 16, 4, |inner| {
        let part = (prop::bool::weighted(0.15), inner).prop_map(|(off, node)| Part { off, node });
        let combine =
            prop_oneof![Just(Combine::All), Just(Combine::Any), missing().prop_map(Combine::None)];
        (combine, prop::collection::vec(part, 0..4))
            .prop_map(|(combine, parts)| Node::Group(Group { combine, parts }))
    });
    prop::collection::vec(node, 0..4).prop_map(Group::all)
}

fn people() -> impl Strategy<Value = Vec<Person>> {
    let score = prop::option::of((-3i32..6).prop_map(|n| f64::from(n) / 2.0));
    let country =
        prop::option::of(prop::sample::select(COUNTRIES.to_vec()).prop_map(str::to_owned));
    let totals = prop::collection::vec(prop::option::weighted(0.8, -2i64..5), 0..4);
    prop::collection::vec((score, country, prop::option::of(any::<bool>()), totals), 0..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn counts_and_steps_agree_with_an_independent_evaluation(people in people(), tree in tree()) {
        let store = fill(&people);
        let frame = store.polars(&Sql::of_project("SELECT * FROM people ORDER BY id")).unwrap();
        let catalog = catalog();
        let slice = slice(tree.clone());

        let bound = bind::slice(&catalog, &slice).unwrap();
        let size = store.query(&compile::size(&bound).query.executed(None)).unwrap();
        let kept = group_truth(&tree, &frame, &people)
            .map_or(people.len(), |held| held.iter().filter(|v| *v == Some(true)).count());
        prop_assert_eq!(size.rows[0][0].as_u64(), Some(kept as u64));
        prop_assert_eq!(size.rows[0][1].as_u64(), Some(people.len() as u64));

        let members = compile::members(&bound);
        prop_assert_eq!(store.query(&members.executed(None)).unwrap().rows.len(), kept);

        let question = bind::question(&catalog, &slice, &Question::Steps, &[]).unwrap();
        let BoundQuestion::Steps { steps: parts, .. } = &question else { unreachable!() };
        let query = compile::question(&question).query;
        let row = store.query(&query.executed(None)).unwrap().rows.remove(0);
        let figure = |i: usize| row[i].as_u64().unwrap();
        let last = if parts.is_empty() { figure(0) } else { figure(1 + 3 * (parts.len() - 1)) };
        prop_assert_eq!(last, kept as u64);
        let gained: u64 = (0..parts.len()).map(|i| figure(3 + 3 * i)).sum();
        prop_assert_eq!(gained, figure(1 + 3 * parts.len()), "near misses are the sum of gains");
    }
}

#[test]
fn figures_over_one_table_are_joined_once() {
    let count = |comparison, n| Clause {
        left: Expr::Aggregate(Box::new(Aggregate {
            measure: Measure::Count,
            table: "orders".to_owned(),
            via: None,
            filter: None,
        })),
        test: Test::Compare(comparison, Expr::Value(Value::Integer(n))),
        negated: None,
    };
    let tree =
        Group::all([count(Comparison::Greater, 1).into(), count(Comparison::Less, 9).into()]);
    let sql = compile::members(&bind::slice(&catalog(), &slice(tree)).unwrap()).portable();
    insta::assert_snapshot!(sql, @r#"
    SELECT e.*
    FROM "main"."people" AS e
    LEFT JOIN (
      SELECT r."person" AS k, count(*) AS a1
      FROM "main"."orders" AS r
      GROUP BY 1
    ) AS r1 ON r1.k = e."id"
    WHERE ((coalesce(r1.a1, 0) > 1) AND (coalesce(r1.a1, 0) < 9))
    ORDER BY e."id"
    "#);
}
