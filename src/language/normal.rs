//! The one shape of a clause tree that the typed condition can say.
//!
//! Several trees mean the same (a group of one part, a doubled negation, `5 < x`). Text cannot
//! tell them apart, so [`normalise`] picks one, [`super::print`] prints that one and
//! [`super::parse`] returns it:
//!
//! - The root is a group of all. A group of all alone in it is the root itself.
//! - Groups inside hold at least two parts. An empty one is left out, and one part stands alone; a
//!   group of none with one part is the negated part. Nested groups of the same kind stay: they
//!   are parentheses that somebody wrote.
//! - None of (any of (…)) becomes none of (…).
//! - "Has no value" is negated with [`Missing::Drop`] and "in a cohort" with [`Missing::Keep`]:
//!   both are never unknown, so the two negations are one. Two negations of them cancel out.
//! - `x = ''` is [`Test::IsEmpty`]. `lower(x) = 'a'`, `contains(lower(x), 'a')` and
//!   `lower(x) in ('a')` with constants in lower case are tests that ignore case; the constants of
//!   such tests are in lower case.
//! - "One of" with a missing value among others is any of "one of" and "has no value".
//! - A constant stands on the right of a comparison.
//! - Days and moments are written in full, a move by nothing is no move, and the filter of a figure
//!   is absent rather than empty.

use super::literal;
use crate::model::clause::{
    Case, CastType, Clause, Combine, Comparison, Expr, Function, Group, Missing, Node, Part, Test,
    TextMatch, Tree,
};
use crate::model::value::Value;

/// The tree in the one shape that text can say. Idempotent.
pub fn normalise(tree: &Tree) -> Tree {
    let root = Part::on(Node::Group(tree.clone()));
    match part(&root) {
        None => Tree::everyone(),
        Some(Part { off: false, node: Node::Group(group) }) if group.combine == Combine::All => {
            group
        }
        Some(part) => Group { combine: Combine::All, parts: vec![part] },
    }
}

/// The clause in the one shape that text can express: a clause, except for "one of" with a missing
/// value among others.
pub fn normalise_clause(given: &Clause) -> Node {
    let clause = plain_clause(given);
    match clause.test {
        // "Equal to missing" is what a person picks from a list of values, not SQL's unknown.
        Test::Compare(Comparison::Equal, Expr::Value(Value::Missing)) => {
            let negated = negation(clause.negated, &Test::IsMissing);
            Node::Clause(Clause { test: Test::IsMissing, negated, ..clause })
        }
        Test::OneOf(items, case) if items.iter().any(Value::is_missing) => {
            let known: Vec<Value> = items.into_iter().filter(|item| !item.is_missing()).collect();
            let part = |test| {
                let clause = Clause { left: clause.left.clone(), test, negated: None };
                Part::on(Node::Clause(plain_clause(&clause)))
            };
            let mut parts = vec![part(Test::IsMissing)];
            if !known.is_empty() {
                parts.insert(0, part(Test::OneOf(known, case)));
            }
            let node = match parts.len() {
                1 => parts.remove(0).node,
                _ => Node::Group(Group { combine: Combine::Any, parts }),
            };
            match clause.negated {
                None => node,
                Some(missing) => negated(missing, node),
            }
        }
        _ => Node::Clause(clause),
    }
}

fn plain_clause(clause: &Clause) -> Clause {
    let left = match &clause.test {
        Test::InCohort(_) => Expr::Entity,
        _ => normalise_expr(&clause.left),
    };
    let (left, test) = test(left, &clause.test);
    Clause { negated: negation(clause.negated, &test), left, test }
}

/// The expression in the one shape that text can say.
pub fn normalise_expr(expr: &Expr) -> Expr {
    match expr {
        Expr::Entity | Expr::Column(_) | Expr::Beyond(..) => expr.clone(),
        Expr::Value(v) => Expr::Value(value(v)),
        Expr::Now(now) => {
            let mut now = *now;
            now.offset = now.offset.filter(|(n, _)| *n != 0);
            Expr::Now(now)
        }
        Expr::Aggregate(aggregate) => {
            let mut aggregate = aggregate.clone();
            aggregate.filter =
                aggregate.filter.as_ref().map(normalise).filter(|filter| !filter.parts.is_empty());
            Expr::Aggregate(aggregate)
        }
        Expr::Call(function, args) => {
            Expr::Call(*function, args.iter().map(normalise_expr).collect())
        }
        Expr::Arithmetic(op, a, b) => {
            Expr::Arithmetic(*op, Box::new(normalise_expr(a)), Box::new(normalise_expr(b)))
        }
        Expr::Cast(inner, to) => cast(normalise_expr(inner), *to),
    }
}

fn cast(inner: Expr, to: CastType) -> Expr {
    if let Expr::Value(Value::Text(text)) = &inner {
        let constant = match to {
            CastType::Date => literal::date(text).map(Value::Date),
            CastType::Timestamp => literal::timestamp(text).map(Value::Timestamp),
            CastType::Number => match text.as_str() {
                "nan" => Some(Value::Float(f64::NAN)),
                "infinity" => Some(Value::Float(f64::INFINITY)),
                "-infinity" => Some(Value::Float(f64::NEG_INFINITY)),
                _ => None,
            },
            _ => None,
        };
        if let Some(constant) = constant {
            return Expr::Value(constant);
        }
    }
    Expr::Cast(Box::new(inner), to)
}

pub(super) fn value(value: &Value) -> Value {
    let or_text = |made: Option<String>, text: &str, kind: fn(String) -> Value| match made {
        Some(made) => kind(made),
        None => Value::Text(text.to_owned()),
    };
    match value {
        Value::Date(text) => or_text(literal::date(text), text, Value::Date),
        Value::Timestamp(text) => or_text(literal::timestamp(text), text, Value::Timestamp),
        Value::Instant(text) => or_text(literal::instant(text), text, Value::Instant),
        Value::Decimal(text) => {
            literal::number(text).unwrap_or_else(|| Value::Text(text.to_owned()))
        }
        Value::Other(text) => Value::Text(text.clone()),
        Value::List(items) => Value::List(items.iter().map(self::value).collect()),
        other => other.clone(),
    }
}

fn values(items: &[Value]) -> Vec<Value> {
    items.iter().map(value).collect()
}

/// Tests that are never unknown.
fn is_certain(test: &Test) -> bool {
    matches!(test, Test::IsMissing | Test::InCohort(_))
}

fn negation(negated: Option<Missing>, test: &Test) -> Option<Missing> {
    negated.map(|missing| match test {
        Test::IsMissing => Missing::Drop,
        Test::InCohort(_) => Missing::Keep,
        _ => missing,
    })
}

fn test(left: Expr, test: &Test) -> (Expr, Test) {
    match test {
        Test::Compare(comparison, right) => compare(left, *comparison, normalise_expr(right)),
        Test::EqualIgnoringCase(text) if text.is_empty() => (left, Test::IsEmpty),
        Test::EqualIgnoringCase(text) => (left, Test::EqualIgnoringCase(text.to_lowercase())),
        Test::Between(a, b) => (left, Test::Between(normalise_expr(a), normalise_expr(b))),
        Test::OneOf(items, case) => one_of(left, values(items), *case),
        Test::Text(how, pattern, case) => text(left, *how, pattern, *case),
        Test::ListHasAny(items) => (left, Test::ListHasAny(values(items))),
        Test::ListHasAll(items) => (left, Test::ListHasAll(values(items))),
        Test::IsMissing | Test::IsEmpty | Test::Anniversary { .. } | Test::InCohort(_) => {
            (left, test.clone())
        }
    }
}

fn compare(left: Expr, comparison: Comparison, right: Expr) -> (Expr, Test) {
    let constant = |expr: &Expr| matches!(expr, Expr::Value(_) | Expr::Now(_));
    if constant(&left) && !constant(&right) {
        let turned = match comparison {
            Comparison::Equal => Comparison::Equal,
            Comparison::Less => Comparison::Greater,
            Comparison::LessOrEqual => Comparison::GreaterOrEqual,
            Comparison::Greater => Comparison::Less,
            Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        };
        return compare(right, turned, left);
    }
    if comparison == Comparison::Equal
        && let Expr::Value(Value::Text(text)) = &right
    {
        if text.is_empty() {
            return (left, Test::IsEmpty);
        }
        if let Some(inner) = lowered(&left)
            && is_lower(text)
        {
            return (inner.clone(), Test::EqualIgnoringCase(text.clone()));
        }
    }
    (left, Test::Compare(comparison, right))
}

fn one_of(left: Expr, items: Vec<Value>, case: Case) -> (Expr, Test) {
    let lower = |v: &Value| match v {
        Value::Missing => Value::Missing,
        v => Value::Text(v.to_string().to_lowercase()),
    };
    let all_lower = items.iter().all(|v| matches!(v, Value::Text(text) if is_lower(text)));
    match case {
        _ if items.is_empty() => (left, Test::OneOf(items, Case::Sensitive)),
        Case::Sensitive => match lowered(&left) {
            Some(inner) if all_lower => (inner.clone(), Test::OneOf(items, Case::Ignored)),
            _ => (left, Test::OneOf(items, Case::Sensitive)),
        },
        Case::Ignored => (left, Test::OneOf(items.iter().map(lower).collect(), Case::Ignored)),
    }
}

fn text(left: Expr, how: TextMatch, pattern: &str, case: Case) -> (Expr, Test) {
    let same = |left, pattern: &str, case| (left, Test::Text(how, pattern.to_owned(), case));
    match (how, case) {
        (TextMatch::Like | TextMatch::Regex, _) => same(left, pattern, case),
        (_, Case::Ignored) => same(left, &pattern.to_lowercase(), case),
        (_, Case::Sensitive) => match lowered(&left) {
            Some(inner) if is_lower(pattern) => same(inner.clone(), pattern, Case::Ignored),
            _ => same(left, pattern, case),
        },
    }
}

fn is_lower(text: &str) -> bool {
    text.to_lowercase() == text
}

/// `lower(expr)`, as tests that ignore case are printed.
pub(super) fn lower(expr: &Expr) -> Expr {
    Expr::Call(Function::Lower, vec![expr.clone()])
}

/// The part in its one shape; `None` when it is an empty group.
fn part(given: &Part) -> Option<Part> {
    let group = match &given.node {
        Node::Clause(clause) => {
            return Some(Part { off: given.off, node: normalise_clause(clause) });
        }
        Node::Group(group) => group,
    };
    let mut parts: Vec<Part> = group.parts.iter().filter_map(part).collect();
    match (parts.len(), group.combine) {
        (0, _) => None,
        (1, combine) => {
            let only = parts.remove(0);
            let node = match combine {
                Combine::All | Combine::Any => only.node,
                Combine::None(missing) => negated(missing, only.node),
            };
            Some(Part { off: given.off || only.off, node })
        }
        (_, combine) => Some(Part { off: given.off, node: Node::Group(Group { combine, parts }) }),
    }
}

/// The node that holds where this one, in its one shape, does not.
fn negated(missing: Missing, node: Node) -> Node {
    let combine = Combine::None(missing);
    match node {
        Node::Clause(clause) => match clause.negated {
            None => {
                let negated = negation(Some(missing), &clause.test);
                Node::Clause(Clause { negated, ..clause })
            }
            Some(_) if is_certain(&clause.test) => Node::Clause(Clause { negated: None, ..clause }),
            Some(Missing::Drop) if missing == Missing::Drop => {
                Node::Clause(Clause { negated: None, ..clause })
            }
            Some(_) => Node::Group(Group { combine, parts: vec![Part::on(Node::Clause(clause))] }),
        },
        Node::Group(Group { combine: Combine::Any, parts }) => {
            Node::Group(Group { combine, parts })
        }
        group => Node::Group(Group { combine, parts: vec![Part::on(group)] }),
    }
}

/// Whether `expr` is `lower(…)`, and of what.
pub(super) fn lowered(expr: &Expr) -> Option<&Expr> {
    match expr {
        Expr::Call(Function::Lower, args) => match &args[..] {
            [inner] => Some(inner),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clause(column: &str) -> Clause {
        Clause::on(column, Test::Compare(Comparison::Greater, Expr::Value(Value::Integer(3))))
    }

    fn group(combine: Combine, parts: Vec<Part>) -> Part {
        Part::on(Node::Group(Group { combine, parts }))
    }

    fn on(column: &str) -> Part {
        Part::on(Node::Clause(clause(column)))
    }

    fn normal(parts: Vec<Part>) -> Vec<Part> {
        normalise(&Group { combine: Combine::All, parts }).parts
    }

    #[test]
    fn groups_of_one_part_are_that_part() {
        let nested = group(Combine::Any, vec![group(Combine::All, vec![on("a")])]);
        assert_eq!(normal(vec![nested, on("b")]), vec![on("a"), on("b")]);
    }

    #[test]
    fn empty_groups_are_left_out() {
        let empty = group(Combine::None(Missing::Keep), vec![group(Combine::Any, vec![])]);
        assert_eq!(normal(vec![empty, on("b")]), vec![on("b")]);
    }

    #[test]
    fn a_group_of_none_with_one_part_is_the_negated_part() {
        let none = group(Combine::None(Missing::Keep), vec![on("a")]);
        assert_eq!(normal(vec![none]), vec![Part::on(Node::Clause(clause("a").not()))]);
        let any = group(Combine::Any, vec![on("a"), on("b")]);
        let none = group(Combine::None(Missing::Drop), vec![any]);
        let flat = group(Combine::None(Missing::Drop), vec![on("a"), on("b")]);
        assert_eq!(normal(vec![none]), vec![flat]);
    }

    #[test]
    fn negations_that_keep_missing_values_do_not_cancel() {
        let twice =
            group(Combine::None(Missing::Drop), vec![Part::on(Node::Clause(clause("a").not()))]);
        assert_eq!(normal(vec![twice.clone()]), vec![twice]);
    }

    #[test]
    fn a_part_switched_off_stays_off_when_its_group_goes() {
        let off = Part { off: true, ..on("a") };
        let none = group(Combine::None(Missing::Keep), vec![off]);
        let expected = Part { off: true, node: Node::Clause(clause("a").not()) };
        assert_eq!(normal(vec![none, on("b")]), vec![expected, on("b")]);
    }

    #[test]
    fn a_missing_value_in_a_list_is_a_test_of_its_own() {
        let list = vec![Value::Text("A".into()), Value::Missing];
        let one_of = Clause::on("a", Test::OneOf(list, Case::Ignored));
        let known = Clause::on("a", Test::OneOf(vec![Value::Text("a".into())], Case::Ignored));
        let parts = vec![
            Part::on(Node::Clause(known)),
            Part::on(Node::Clause(Clause::on("a", Test::IsMissing))),
        ];
        let written = |clause: Clause| normal(vec![Part::on(Node::Clause(clause)), on("b")]);
        let any = group(Combine::Any, parts.clone());
        assert_eq!(written(one_of.clone()), vec![any, on("b")]);
        let none = group(Combine::None(Missing::Keep), parts);
        assert_eq!(written(one_of.not()), vec![none, on("b")]);
        let equal = Clause::on("a", Test::Compare(Comparison::Equal, Expr::Value(Value::Missing)));
        let missing = Clause::on("a", Test::IsMissing);
        assert_eq!(written(equal), vec![Part::on(Node::Clause(missing)), on("b")]);
    }

    #[test]
    fn same_groups_inside_each_other_stay() {
        let all = group(Combine::All, vec![on("a"), on("b")]);
        assert_eq!(normal(vec![all.clone(), on("c")]), vec![all, on("c")]);
    }
}
