//! Random clause trees over a small catalog, for tests.

use super::scope::Scope;
use crate::model::catalog::{
    Catalog, Column, Entity, EntityBase, Fingerprint, SourceKind, Table, TableOrigin,
};
use crate::model::clause::{
    Aggregate, Arithmetic, Case, CastType, Clause, Combine, Comparison, Expr, Function, Group,
    Measure, Missing, Node, Now, Part, Test, TextMatch, Tree, Unit,
};
use crate::model::value::{Kind, Value};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A column of a type.
pub(crate) fn column(name: &str, type_name: &str) -> Column {
    Column {
        name: name.to_owned(),
        type_name: type_name.to_owned(),
        kind: Kind::of_duckdb_type(type_name),
        description: None,
        personal: None,
    }
}

fn table(name: &str, columns: Vec<Column>) -> Table {
    let stored = TableOrigin::Stored { schema: "main".into(), table: name.into() };
    Table { name: name.into(), origin: stored, columns, rows: 10, time_column: None }
}

/// Customers with orders, their items, members in another schema and a file with an odd name.
pub(crate) fn catalog() -> Catalog {
    let features = vec![
        column("id", "BIGINT"),
        column("country", "VARCHAR"),
        column("First Name", "VARCHAR"),
        column("order", "VARCHAR"),
        column("orders", "BIGINT"),
        column("total", "DECIMAL(18,2)"),
        column("score", "DOUBLE"),
        column("consent", "BOOLEAN"),
        column("birthday", "DATE"),
        column("last_order", "TIMESTAMP"),
        column("seen", "TIMESTAMP WITH TIME ZONE"),
        column("tags", "VARCHAR[]"),
        column("größe", "INTEGER"),
        column("device.os.Name", "VARCHAR"),
        column("basket.total", "DOUBLE"),
    ];
    let customer = Entity {
        name: "customer".into(),
        base: EntityBase::Table("customers".into()),
        key: "id".into(),
        size: 10,
        features: features.clone(),
        cohorts: Vec::new(),
        odd_rows: Default::default(),
        why: String::new(),
    };
    Catalog {
        path: "/data/shop.duckdb".into(),
        source: SourceKind::DuckDb,
        fingerprint: Fingerprint::default(),
        tables: vec![
            table(
                "audience.members",
                vec![
                    column("customer_id", "BIGINT"),
                    column("total", "DOUBLE"),
                    column("since", "DATE"),
                ],
            ),
            table("customers", features),
            table(
                "orders",
                vec![
                    column("id", "BIGINT"),
                    column("total", "DECIMAL(18,2)"),
                    column("ordered", "TIMESTAMP"),
                    column("status", "VARCHAR"),
                    column("gift", "BOOLEAN"),
                    column("when", "DATE"),
                    column("tags", "VARCHAR[]"),
                    column("gift.wrapped by", "VARCHAR"),
                    column("product.price", "DOUBLE"),
                ],
            ),
            table("orders_items", vec![column("orderid", "BIGINT"), column("sku", "VARCHAR")]),
            table("web events.csv", vec![column("user id", "BIGINT"), column("page", "VARCHAR")]),
        ],
        entities: vec![customer],
        relations: Vec::new(),
        findings: Vec::new(),
        definitions: None,
        runs: Vec::new(),
        run: None,
        shadows: None,
    }
}

/// The scope of the catalog's only entity.
pub(crate) fn scope(catalog: &Catalog) -> Scope<'_> {
    Scope { catalog, entity: &catalog.entities[0] }
}

/// Columns of one kind that a place knows.
#[derive(Debug, Clone, Copy)]
struct Columns {
    text: &'static [&'static str],
    number: &'static [&'static str],
    moment: &'static [&'static str],
    flag: &'static [&'static str],
    list: &'static [&'static str],
}

const FEATURES: Columns = Columns {
    text: &["country", "First Name", "device.os.Name", "order"],
    number: &["id", "orders", "basket.total", "total", "score", "größe"],
    moment: &["birthday", "last_order", "seen"],
    flag: &["consent"],
    list: &["tags"],
};

const ORDER_COLUMNS: Columns = Columns {
    text: &["status", "gift.wrapped by"],
    number: &["id", "total", "product.price"],
    moment: &["ordered", "when"],
    flag: &["gift"],
    list: &["tags"],
};

/// A whole tree, not in normal form.
pub(crate) fn tree() -> impl Strategy<Value = Tree> {
    group(clause(FEATURES, true))
}

fn group(clause: BoxedStrategy<Clause>) -> BoxedStrategy<Group> {
    let node = clause.prop_map(Node::Clause).boxed().prop_recursive(4, 24, 4, |inner| {
        (combine(), vec((any::<bool>(), inner), 0..4)).prop_map(|(combine, parts)| {
            // One part in four is off.
            let parts = parts.into_iter().enumerate();
            let part = |(i, (off, node))| Part { off: off && i % 2 == 0, node };
            Node::Group(Group { combine, parts: parts.map(part).collect() })
        })
    });
    (combine(), vec((prop::bool::weighted(0.2), node), 0..4))
        .prop_map(|(combine, parts)| Group {
            combine,
            parts: parts.into_iter().map(|(off, node)| Part { off, node }).collect(),
        })
        .boxed()
}

fn combine() -> impl Strategy<Value = Combine> {
    select(vec![
        Combine::All,
        Combine::Any,
        Combine::None(Missing::Keep),
        Combine::None(Missing::Drop),
    ])
}

fn negated() -> impl Strategy<Value = Option<Missing>> {
    select(vec![None, None, Some(Missing::Keep), Some(Missing::Drop)])
}

fn clause(columns: Columns, figures: bool) -> BoxedStrategy<Clause> {
    let text = text_expr(columns);
    let number = number_expr(columns, figures);
    let moment = moment_expr(columns);
    let flag = select(columns.flag).prop_map(|c| Expr::Column(c.into()));
    let list = select(columns.list).prop_map(|c| Expr::Column(c.into())).boxed();
    let of = |(left, test): (Expr, Test), negated| Clause { left, test, negated };
    let any_expr = prop_oneof![text.clone(), number.clone(), moment.clone(), list.clone()];
    let tested = prop_oneof![
        3 => (text.clone(), text_test()),
        3 => (number.clone(), number_test(number.clone())),
        2 => (number_value(), number.clone().prop_map(|n| Test::Compare(Comparison::Less, n)))
            .prop_map(|(value, test)| (Expr::Value(value), test)),
        3 => (moment.clone(), moment_test(moment)),
        1 => (flag, any::<bool>().prop_map(|yes| {
            Test::Compare(Comparison::Equal, Expr::Value(Value::Boolean(yes)))
        })),
        1 => (list, list_test()),
        1 => (any_expr, Just(Test::IsMissing)),
        1 => (text.clone(), text.prop_map(|t| Test::Compare(Comparison::Equal, t))),
    ];
    let tested = match figures {
        true => prop_oneof![
            12 => tested,
            1 => any_text().prop_map(|name| (Expr::Entity, Test::InCohort(name))),
        ]
        .boxed(),
        false => tested.boxed(),
    };
    (tested, negated()).prop_map(move |(tested, negated)| of(tested, negated)).boxed()
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        "[a-z]{1,6}",
        "[A-Za-z '\"%_\\\\\\-;]{1,8}",
        any::<String>().prop_filter("no NUL", |s| !s.contains('\0')),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    select(vec![Case::Sensitive, Case::Ignored])
}

fn text_test() -> impl Strategy<Value = Test> {
    let how = select(vec![
        TextMatch::Contains,
        TextMatch::StartsWith,
        TextMatch::EndsWith,
        TextMatch::Like,
        TextMatch::Regex,
    ]);
    prop_oneof![
        any_text().prop_map(|t| Test::Compare(Comparison::Equal, Expr::Value(Value::Text(t)))),
        any_text().prop_map(Test::EqualIgnoringCase),
        (
            vec(
                prop_oneof![9 => any_text().prop_map(Value::Text), 1 => Just(Value::Missing)],
                0..4
            ),
            case()
        )
            .prop_map(|(v, c)| Test::OneOf(v, c)),
        (how, any_text(), case()).prop_map(|(how, pattern, case)| Test::Text(how, pattern, case)),
        Just(Test::IsEmpty),
    ]
}

fn number_value() -> BoxedStrategy<Value> {
    prop_oneof![
        any::<i128>().prop_map(Value::Integer),
        (-100i128..100).prop_map(Value::Integer),
        "-?[0-9]{1,20}\\.[0-9]{1,9}".prop_map(Value::Decimal),
        any::<f64>().prop_filter("equals itself", |x| !x.is_nan()).prop_map(Value::Float),
    ]
    .boxed()
}

fn comparison() -> impl Strategy<Value = Comparison> {
    select(vec![
        Comparison::Equal,
        Comparison::Less,
        Comparison::LessOrEqual,
        Comparison::Greater,
        Comparison::GreaterOrEqual,
    ])
}

fn number_test(number: BoxedStrategy<Expr>) -> impl Strategy<Value = Test> {
    let value = || number_value().prop_map(Expr::Value);
    let either = prop_oneof![number, number_value().prop_map(Expr::Value)].boxed();
    prop_oneof![
        (comparison(), either.clone()).prop_map(|(c, e)| Test::Compare(c, e)),
        (value(), either).prop_map(|(a, b)| Test::Between(a, b)),
        vec(number_value(), 0..4).prop_map(|v| Test::OneOf(v, Case::Sensitive)),
    ]
}

fn unit() -> impl Strategy<Value = Unit> {
    select(vec![
        Unit::Second,
        Unit::Minute,
        Unit::Hour,
        Unit::Day,
        Unit::Week,
        Unit::Month,
        Unit::Quarter,
        Unit::Year,
    ])
}

/// A moment relative to now.
pub(crate) fn now() -> impl Strategy<Value = Now> {
    let amount = prop_oneof![-400i64..400, any::<i64>()];
    (prop::option::of((amount, unit())), prop::option::of(unit()))
        .prop_map(|(offset, start_of)| Now { offset, start_of })
}

fn day() -> impl Strategy<Value = String> {
    (1900..2100, 1..=12, 1..=28).prop_map(|(y, m, d)| format!("{y:04}-{m:02}-{d:02}"))
}

fn moment_value() -> impl Strategy<Value = Value> {
    let clock = (day(), 0..24, 0..60, select(vec!["", ".5", ".250000", ".123456789"]));
    let clock =
        clock.prop_map(|(day, h, m, fraction)| format!("{day} {h:02}:{m:02}:07{fraction}")).boxed();
    prop_oneof![
        day().prop_map(Value::Date),
        clock.clone().prop_map(Value::Timestamp),
        clock.prop_map(|text| Value::Instant(format!("{text}+00"))),
    ]
}

fn moment_test(moment: BoxedStrategy<Expr>) -> impl Strategy<Value = Test> {
    let point = prop_oneof![
        3 => now().prop_map(Expr::Now),
        2 => moment_value().prop_map(Expr::Value),
        1 => moment,
    ]
    .boxed();
    prop_oneof![
        3 => (comparison(), point.clone()).prop_map(|(c, e)| Test::Compare(c, e)),
        2 => (point.clone(), point).prop_map(|(a, b)| Test::Between(a, b)),
        1 => vec(moment_value(), 0..3).prop_map(|v| Test::OneOf(v, Case::Sensitive)),
        1 => (-400i32..0, 0i32..400)
            .prop_map(|(from_days, to_days)| Test::Anniversary { from_days, to_days }),
    ]
}

fn list_test() -> impl Strategy<Value = Test> {
    let items = || vec(any_text().prop_map(Value::Text), 0..4);
    prop_oneof![items().prop_map(Test::ListHasAny), items().prop_map(Test::ListHasAll)]
}

fn text_expr(columns: Columns) -> BoxedStrategy<Expr> {
    let one = |f: Function| move |e: Expr| Expr::Call(f, vec![e]);
    select(columns.text)
        .prop_map(|c| Expr::Column(c.into()))
        .prop_recursive(2, 4, 2, move |inner| {
            prop_oneof![
                inner.clone().prop_map(one(Function::Lower)),
                inner.clone().prop_map(one(Function::Upper)),
                inner.clone().prop_map(one(Function::Trim)),
                (inner.clone(), 0i128..9).prop_map(|(e, n)| {
                    Expr::Call(Function::Left, vec![e, Expr::Value(Value::Integer(n))])
                }),
                (inner.clone(), inner.clone())
                    .prop_map(|(a, b)| Expr::Call(Function::Coalesce, vec![a, b])),
                inner.prop_map(|e| Expr::Call(
                    Function::SplitPart,
                    vec![e, Expr::Value(Value::Text("@".into())), Expr::Value(Value::Integer(2))],
                )),
            ]
        })
        .boxed()
}

fn moment_expr(columns: Columns) -> BoxedStrategy<Expr> {
    let column = select(columns.moment).prop_map(|c| Expr::Column(c.into()));
    prop_oneof![
        3 => column.clone(),
        1 => column.prop_map(|c| Expr::Cast(Box::new(c), CastType::Date)),
    ]
    .boxed()
}

fn number_expr(columns: Columns, figures: bool) -> BoxedStrategy<Expr> {
    let column = select(columns.number).prop_map(|c| Expr::Column(c.into())).boxed();
    let part = select(vec![
        Function::Year,
        Function::Month,
        Function::Day,
        Function::Hour,
        Function::Weekday,
    ]);
    let leaf = prop_oneof![
        4 => column,
        1 => (part, moment_expr(columns)).prop_map(|(f, e)| Expr::Call(f, vec![e])),
        1 => text_expr(columns).prop_map(|e| Expr::Call(Function::Length, vec![e])),
        1 => select(columns.list).prop_map(|c| Expr::Call(Function::ListLength, vec![Expr::Column(c.into())])),
    ];
    let leaf = match figures {
        true => prop_oneof![3 => leaf, 2 => figure()].boxed(),
        false => leaf.boxed(),
    };
    let op = select(vec![
        Arithmetic::Add,
        Arithmetic::Subtract,
        Arithmetic::Multiply,
        Arithmetic::Divide,
        Arithmetic::Remainder,
    ]);
    leaf.prop_recursive(3, 8, 2, move |inner| {
        let side = prop_oneof![3 => inner.clone(), 1 => number_value().prop_map(Expr::Value)];
        prop_oneof![
            (op.clone(), inner.clone(), side).prop_map(|(op, a, b)| Expr::Arithmetic(
                op,
                Box::new(a),
                Box::new(b)
            )),
            inner
                .clone()
                .prop_map(|e| Expr::Call(Function::Round, vec![e, Expr::Value(Value::Integer(2))])),
            inner.clone().prop_map(|e| Expr::Call(Function::Floor, vec![e])),
            inner.clone().prop_map(|e| Expr::Call(Function::Ceiling, vec![e])),
            inner.clone().prop_map(|e| Expr::Call(Function::Absolute, vec![e])),
            inner.prop_map(|e| Expr::Cast(Box::new(e), CastType::Integer)),
        ]
    })
    .boxed()
}

fn figure() -> BoxedStrategy<Expr> {
    let measures = |column: &'static str| {
        select(vec![
            Measure::Count,
            Measure::CountDistinct(column.into()),
            Measure::Sum(column.into()),
            Measure::Average(column.into()),
            Measure::Minimum(column.into()),
            Measure::Maximum(column.into()),
        ])
    };
    let filter = prop::option::of(group(clause(ORDER_COLUMNS, false)));
    let orders =
        (measures("total"), filter).prop_map(|(measure, filter)| ("orders", measure, filter));
    let members = measures("total").prop_map(|measure| ("audience.members", measure, None));
    let events = measures("user id").prop_map(|measure| ("web events.csv", measure, None));
    prop_oneof![4 => orders, 1 => members, 1 => events]
        .prop_map(|(table, measure, filter)| {
            Expr::Aggregate(Box::new(Aggregate { measure, table: table.into(), via: None, filter }))
        })
        .boxed()
}
