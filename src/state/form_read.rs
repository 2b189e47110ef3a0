//! The other way round: the form of a clause that is there, to edit it.

use super::form::{DateMode, Form, NumberTest, RelatedForm, TextMode};
use crate::language;
use crate::model::catalog::Entity;
use crate::model::clause::{
    Aggregate, Case, Clause, Combine, Comparison, Expr, Function, Missing, Node, Now, Part, Test,
    Unit,
};
use crate::model::value::{Kind, Value};

/// The form that edits a clause. One that no form fits is edited as text.
pub fn form_of(clause: &Clause, entity: &Entity) -> Form {
    fitting(clause, entity).unwrap_or_else(|| Form::Typed { text: language::print_clause(clause) })
}

fn fitting(clause: &Clause, entity: &Entity) -> Option<Form> {
    match (&clause.left, &clause.test) {
        (Expr::Entity, Test::InCohort(name)) => {
            Some(Form::Member { name: name.clone(), inside: clause.negated.is_none() })
        }
        (Expr::Column(column), _) => {
            let feature = entity.feature(column)?;
            column_form(column, feature.kind, clause)
        }
        (Expr::Call(Function::Length, of), Test::Compare(comparison, Expr::Value(length))) => {
            let [Expr::Column(column)] = of.as_slice() else { return None };
            let is_text = entity.feature(column)?.kind == Kind::Text;
            (is_text && length.as_u64().is_some()).then(|| Form::Text {
                column: column.clone(),
                mode: TextMode::Length(*comparison),
                values: Vec::new(),
                pattern: length.display(),
                case: Case::Ignored,
                not: clause.negated,
            })
        }
        (Expr::Aggregate(aggregate), Test::Compare(comparison, Expr::Value(value))) => {
            Some(Form::Related(related_form(aggregate, *comparison, value, clause.negated)))
        }
        _ => None,
    }
}

fn column_form(column: &str, kind: Kind, clause: &Clause) -> Option<Form> {
    let not = clause.negated;
    let column = column.to_owned();
    match kind {
        Kind::Integer | Kind::Number => number_form(column, clause),
        Kind::Text => {
            let (mode, values, pattern, case) = match &clause.test {
                Test::OneOf(values, case) => {
                    (TextMode::OneOf, values.clone(), String::new(), *case)
                }
                Test::Compare(Comparison::Equal, Expr::Value(v)) => {
                    (TextMode::OneOf, vec![v.clone()], String::new(), Case::Sensitive)
                }
                Test::EqualIgnoringCase(text) => {
                    (TextMode::OneOf, vec![Value::Text(text.clone())], String::new(), Case::Ignored)
                }
                Test::Text(how, pattern, case) => {
                    (TextMode::Match(*how), Vec::new(), pattern.clone(), *case)
                }
                Test::IsEmpty => (TextMode::Empty, Vec::new(), String::new(), Case::Ignored),
                Test::IsMissing => (TextMode::Missing, Vec::new(), String::new(), Case::Ignored),
                _ => return None,
            };
            Some(Form::Text { column, mode, values, pattern, case, not })
        }
        Kind::Date | Kind::Timestamp | Kind::Instant => date_form(column, clause),
        Kind::Boolean => match &clause.test {
            Test::Compare(Comparison::Equal, Expr::Value(Value::Boolean(b))) if not.is_none() => {
                Some(Form::Boolean { column, pick: Some(*b) })
            }
            Test::IsMissing if not.is_none() => Some(Form::Boolean { column, pick: None }),
            _ => None,
        },
        Kind::List => {
            let (all, items) = match &clause.test {
                Test::ListHasAny(items) => (false, items),
                Test::ListHasAll(items) => (true, items),
                _ => return None,
            };
            let items: Vec<String> = items.iter().map(Value::display).collect();
            Some(Form::List { column, all, items: items.join("\n"), not })
        }
        _ => match clause.test {
            Test::IsMissing => Some(Form::Presence { column, present: not.is_some() }),
            _ => None,
        },
    }
}

fn number_form(column: String, clause: &Clause) -> Option<Form> {
    let (test, low, high) = match &clause.test {
        Test::Between(Expr::Value(a), Expr::Value(b)) => {
            (NumberTest::Between, a.display(), b.display())
        }
        Test::Compare(comparison, Expr::Value(v)) => {
            (NumberTest::Compare(*comparison), v.display(), String::new())
        }
        Test::IsMissing => (NumberTest::Missing, String::new(), String::new()),
        _ => return None,
    };
    Some(Form::Number { column, test, low, high, not: clause.negated })
}

fn date_form(column: String, clause: &Clause) -> Option<Form> {
    let mut from = String::new();
    let mut to = String::new();
    let mut count = "30".to_owned();
    let mut of_unit = Unit::Day;
    let now = Expr::Now(Now { offset: None, start_of: None });
    let mode = match &clause.test {
        Test::Between(Expr::Now(Now { offset: Some((n, unit)), start_of: None }), b)
            if *b == now && *n <= 0 =>
        {
            count = (-n).to_string();
            of_unit = *unit;
            DateMode::Last
        }
        Test::Between(a, Expr::Now(Now { offset: Some((n, unit)), start_of: None }))
            if *a == now && *n >= 0 =>
        {
            count = n.to_string();
            of_unit = *unit;
            DateMode::Next
        }
        Test::Compare(
            Comparison::Less,
            Expr::Now(Now { offset: Some((n, unit)), start_of: None }),
        ) if *n <= 0 => {
            count = (-n).to_string();
            of_unit = *unit;
            DateMode::Ago
        }
        Test::Compare(
            Comparison::GreaterOrEqual,
            Expr::Now(Now { offset: None, start_of: Some(unit) }),
        ) => {
            of_unit = *unit;
            DateMode::ThisUnit
        }
        Test::Between(Expr::Value(a), Expr::Value(b)) => {
            (from, to) = (day_of(a), day_of(b));
            DateMode::Between
        }
        Test::Compare(Comparison::GreaterOrEqual, Expr::Value(v)) => {
            from = day_of(v);
            DateMode::Since
        }
        Test::Compare(Comparison::Less, Expr::Value(v)) => {
            from = day_of(v);
            DateMode::Before
        }
        Test::Anniversary { from_days: 0, to_days } => {
            count = to_days.to_string();
            DateMode::Anniversary
        }
        Test::IsMissing => DateMode::Missing,
        _ => return None,
    };
    Some(Form::Date { column, mode, from, to, count, unit: of_unit, not: clause.negated })
}

/// A bound as it is typed: without a time when the day says it all.
fn day_of(value: &Value) -> String {
    let text = value.display();
    let text = text.trim_end_matches("+00");
    let whole = text.ends_with(" 00:00:00") || text.ends_with(" 23:59:59.999999");
    if whole { text[..10].to_owned() } else { text.to_owned() }
}

fn related_form(
    aggregate: &Aggregate,
    comparison: Comparison,
    value: &Value,
    not: Option<Missing>,
) -> RelatedForm {
    let mut filter = aggregate.filter.clone();
    let mut window = None;
    if let Some(group) = &mut filter
        && group.combine == Combine::All
        && let Some(found) = group.parts.last().and_then(window_of)
    {
        window = Some(found);
        group.parts.pop();
    }
    RelatedForm {
        table: aggregate.table.clone(),
        via: aggregate.via.clone(),
        measure: aggregate.measure.clone(),
        comparison,
        value: value.display(),
        filter: filter
            .filter(|g| !g.parts.is_empty())
            .map(|g| language::print(&g))
            .unwrap_or_default(),
        window,
        not,
    }
}

fn window_of(part: &Part) -> Option<(String, String, Unit)> {
    let Node::Clause(Clause { left: Expr::Column(column), test, negated: None }) = &part.node
    else {
        return None;
    };
    match test {
        Test::Compare(
            Comparison::GreaterOrEqual,
            Expr::Now(Now { offset: Some((n, unit)), start_of: None }),
        ) if *n < 0 && !part.off => Some((column.clone(), (-n).to_string(), *unit)),
        _ => None,
    }
}
