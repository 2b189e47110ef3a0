//! The typed condition, written from a clause tree.

use super::functions::FUNCTIONS;
use super::names::is_plain;
use super::normal::{lower, normalise, normalise_clause, normalise_expr};
use crate::model::clause::{
    Aggregate, Arithmetic, Case, CastType, Clause, Combine, Comparison, Expr, Function, Group,
    Measure, Missing, Node, Now, Part, Test, TextMatch, Tree, Unit,
};
use crate::model::value::Value;

/// The condition that [`super::parse`] reads back as the same tree, in the form of
/// [`normalise`]. Empty for a tree without parts.
pub fn print(tree: &Tree) -> String {
    bare(&normalise(tree))
}

/// One clause as text.
pub fn print_clause(clause: &Clause) -> String {
    node_text(&normalise_clause(clause))
}

/// One expression as text.
pub fn print_expr(expr: &Expr) -> String {
    value_text(&normalise_expr(expr))
}

/// A name as it stands in a condition: in double quotes where it must.
pub fn identifier(name: &str) -> String {
    if is_plain(name) { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A table's handle as it stands in a condition; `audience.members` needs no quotes.
pub(super) fn table(handle: &str) -> String {
    if handle.split('.').all(is_plain) { handle.to_owned() } else { identifier(handle) }
}

/// A column; `device.category` needs no quotes.
pub(super) fn column(name: &str) -> String {
    table(name)
}

/// A column that points, as it stands after `via`: with its table or alone.
pub(super) fn reference(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((handle, column)) => format!("{}.{}", table(handle), identifier(column)),
        None => identifier(name),
    }
}

/// A group without parentheses around it.
fn bare(group: &Group) -> String {
    let joined = |word: &str| {
        let parts: Vec<String> = group.parts.iter().map(part_text).collect();
        parts.join(word)
    };
    match group.combine {
        Combine::All => joined(" and "),
        Combine::Any => joined(" or "),
        Combine::None(missing) => {
            let inner = match &group.parts[..] {
                [Part { off: false, node }] => node_text(node),
                _ => joined(" or "),
            };
            match missing {
                Missing::Drop => format!("not ({inner})"),
                Missing::Keep => format!("({inner}) is not true"),
            }
        }
    }
}

/// A node that stands alone.
fn node_text(node: &Node) -> String {
    match node {
        Node::Clause(clause) => clause_text(clause),
        Node::Group(group) => bare(group),
    }
}

/// A part among others.
fn part_text(part: &Part) -> String {
    match &part.node {
        _ if part.off => format!("off({})", node_text(&part.node)),
        Node::Group(group) if matches!(group.combine, Combine::All | Combine::Any) => {
            format!("({})", bare(group))
        }
        node => node_text(node),
    }
}

fn clause_text(clause: &Clause) -> String {
    let left = value_text(&clause.left);
    let infix = match (&clause.test, clause.negated) {
        (Test::IsMissing, None) => Some(format!("{left} is null")),
        (Test::IsMissing, Some(_)) => Some(format!("{left} is not null")),
        (Test::InCohort(_), Some(_)) => Some(format!("not {}", test_text(&left, clause))),
        (_, None) => Some(test_text(&left, clause)),
        (Test::Compare(Comparison::Equal, right), Some(missing)) => {
            let known = matches!(right, Expr::Value(_) | Expr::Now(_));
            not_equal(&left, &value_text(right), missing, known)
        }
        (Test::IsEmpty, Some(missing)) => not_equal(&left, "''", missing, true),
        (Test::EqualIgnoringCase(text), Some(missing)) => {
            not_equal(&value_text(&lower(&clause.left)), &quoted(text), missing, true)
        }
        (Test::OneOf(items, case), Some(Missing::Drop)) => {
            Some(format!("{} not in ({})", cased(&clause.left, *case), list(items)))
        }
        (Test::Between(a, b), Some(Missing::Drop)) => {
            Some(format!("{left} not between {} and {}", value_text(a), value_text(b)))
        }
        (Test::Text(TextMatch::Like, pattern, case), Some(Missing::Drop)) => {
            Some(format!("{left} not {} {}", like(*case), quoted(pattern)))
        }
        _ => None,
    };
    infix.unwrap_or_else(|| {
        let positive = test_text(&left, clause);
        match clause.negated {
            Some(Missing::Keep) => format!("({positive}) is not true"),
            _ if is_call(&clause.test) => format!("not {positive}"),
            _ => format!("not ({positive})"),
        }
    })
}

/// Whether the test is printed as a call, which needs no parentheses after "not".
fn is_call(test: &Test) -> bool {
    match test {
        Test::Text(how, ..) => *how != TextMatch::Like,
        Test::ListHasAny(_) | Test::ListHasAll(_) | Test::Anniversary { .. } => true,
        _ => false,
    }
}

/// `<>` or `is distinct from`; the latter only beside a constant, because two missing values are
/// not distinct.
fn not_equal(left: &str, right: &str, missing: Missing, known: bool) -> Option<String> {
    match missing {
        Missing::Drop => Some(format!("{left} <> {right}")),
        Missing::Keep => known.then(|| format!("{left} is distinct from {right}")),
    }
}

/// The test of a clause, its negation left aside.
fn test_text(left: &str, clause: &Clause) -> String {
    match &clause.test {
        Test::Compare(comparison, right) => {
            format!("{left} {} {}", sign(*comparison), value_text(right))
        }
        Test::EqualIgnoringCase(text) => {
            format!("{} = {}", value_text(&lower(&clause.left)), quoted(text))
        }
        Test::Between(a, b) => format!("{left} between {} and {}", value_text(a), value_text(b)),
        Test::OneOf(items, case) => format!("{} in ({})", cased(&clause.left, *case), list(items)),
        Test::Text(how, pattern, case) => match how {
            TextMatch::Like => format!("{left} {} {}", like(*case), quoted(pattern)),
            TextMatch::Regex => {
                let flags = if *case == Case::Ignored { ", 'i'" } else { "" };
                format!("regexp_matches({left}, {}{flags})", quoted(pattern))
            }
            TextMatch::Contains | TextMatch::StartsWith | TextMatch::EndsWith => {
                let name = match how {
                    TextMatch::Contains => "contains",
                    TextMatch::StartsWith => "starts_with",
                    _ => "ends_with",
                };
                format!("{name}({}, {})", cased(&clause.left, *case), quoted(pattern))
            }
        },
        Test::IsMissing => format!("{left} is null"),
        Test::IsEmpty => format!("{left} = ''"),
        Test::ListHasAny(items) => match &items[..] {
            [one] => format!("list_contains({left}, {})", constant(one)),
            _ => format!("list_has_any({left}, [{}])", list(items)),
        },
        Test::ListHasAll(items) => format!("list_has_all({left}, [{}])", list(items)),
        Test::Anniversary { from_days, to_days } => {
            format!("anniversary({left}, {from_days}, {to_days})")
        }
        Test::InCohort(name) => format!("in_cohort({})", quoted(name)),
    }
}

fn cased(left: &Expr, case: Case) -> String {
    match case {
        Case::Sensitive => value_text(left),
        Case::Ignored => value_text(&lower(left)),
    }
}

fn like(case: Case) -> &'static str {
    match case {
        Case::Sensitive => "like",
        Case::Ignored => "ilike",
    }
}

fn sign(comparison: Comparison) -> &'static str {
    match comparison {
        Comparison::Equal => "=",
        Comparison::Less => "<",
        Comparison::LessOrEqual => "<=",
        Comparison::Greater => ">",
        Comparison::GreaterOrEqual => ">=",
    }
}

fn value_text(expr: &Expr) -> String {
    match expr {
        // Stands only under "in a cohort", which does not print its left side.
        Expr::Entity => "entity".to_owned(),
        Expr::Column(name) => column(name),
        Expr::Beyond(steps, column) => {
            let names: Vec<String> = steps.iter().chain([column]).map(|n| identifier(n)).collect();
            names.join(".")
        }
        Expr::Value(value) => constant(value),
        Expr::Now(now) => moment(now),
        Expr::Aggregate(aggregate) => figure(aggregate),
        Expr::Call(function, args) => {
            let args: Vec<String> = args.iter().map(value_text).collect();
            format!("{}({})", function_name(*function), args.join(", "))
        }
        Expr::Arithmetic(op, a, b) => {
            let side = |expr: &Expr, parenthesised: bool| match parenthesised {
                true => format!("({})", value_text(expr)),
                false => value_text(expr),
            };
            let strength = binds(*op);
            let left = side(a, strength_of(a).is_some_and(|inner| inner < strength));
            let right = side(b, strength_of(b).is_some_and(|inner| inner <= strength));
            format!("{left} {} {right}", operator(*op))
        }
        Expr::Cast(inner, to) => format!("cast({} as {})", value_text(inner), type_name(*to)),
    }
}

fn binds(op: Arithmetic) -> u8 {
    match op {
        Arithmetic::Add | Arithmetic::Subtract => 1,
        Arithmetic::Multiply | Arithmetic::Divide | Arithmetic::Remainder => 2,
    }
}

/// How strongly an expression holds together; `None` when nothing can pull it apart.
fn strength_of(expr: &Expr) -> Option<u8> {
    match expr {
        Expr::Arithmetic(op, ..) => Some(binds(*op)),
        // `now() - interval 1 day` has an operator of its own.
        Expr::Now(_) => Some(0),
        _ => None,
    }
}

fn operator(op: Arithmetic) -> &'static str {
    match op {
        Arithmetic::Add => "+",
        Arithmetic::Subtract => "-",
        Arithmetic::Multiply => "*",
        Arithmetic::Divide => "/",
        Arithmetic::Remainder => "%",
    }
}

fn type_name(to: CastType) -> &'static str {
    match to {
        CastType::Text => "varchar",
        CastType::Integer => "bigint",
        CastType::Number => "double",
        CastType::Date => "date",
        CastType::Timestamp => "timestamp",
        CastType::Boolean => "boolean",
    }
}

fn function_name(function: Function) -> &'static str {
    match function {
        // Of a list, which is how it is read back.
        Function::ListLength => "len",
        _ => FUNCTIONS
            .iter()
            .find(|(_, known, ..)| *known == function)
            .map_or("coalesce", |(name, ..)| name),
    }
}

fn figure(aggregate: &Aggregate) -> String {
    let handle = table(&aggregate.table);
    let via = aggregate.via.as_ref().map(|via| format!(" via {}", reference(via)));
    let via = via.unwrap_or_default();
    let of = |name: &str| format!("{handle}.{}{via}", column(name));
    let figure = match &aggregate.measure {
        Measure::Count => format!("count({handle}{via})"),
        Measure::CountDistinct(column) => format!("count(distinct {})", of(column)),
        Measure::Sum(column) => format!("sum({})", of(column)),
        Measure::Average(column) => format!("avg({})", of(column)),
        Measure::Minimum(column) => format!("min({})", of(column)),
        Measure::Maximum(column) => format!("max({})", of(column)),
    };
    match &aggregate.filter {
        Some(filter) if !filter.parts.is_empty() => {
            format!("{figure} filter (where {})", bare(filter))
        }
        _ => figure,
    }
}

fn moment(now: &Now) -> String {
    let moved = |base: &str| match now.offset {
        None => base.to_owned(),
        Some((n, unit)) => {
            let amount = n.unsigned_abs();
            // The plural of quarter is not a unit in every reader of SQL.
            let plural = if amount == 1 || unit == Unit::Quarter { "" } else { "s" };
            let sign = if n < 0 { '-' } else { '+' };
            format!("{base} {sign} interval {amount} {}{plural}", unit.word())
        }
    };
    let whole_days = !matches!(now.offset, Some((_, Unit::Second | Unit::Minute | Unit::Hour)));
    match now.start_of {
        None => moved("now()"),
        Some(Unit::Day) if whole_days => moved("today()"),
        Some(unit) => format!("date_trunc('{}', {})", unit.word(), moved("now()")),
    }
}

fn list(items: &[Value]) -> String {
    items.iter().map(constant).collect::<Vec<_>>().join(", ")
}

/// Text in single quotes.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

fn constant(value: &Value) -> String {
    match value {
        Value::Missing => "null".to_owned(),
        Value::Boolean(yes) => yes.to_string(),
        Value::Integer(n) => n.to_string(),
        Value::Decimal(text) => text.clone(),
        Value::Float(x) if x.is_nan() => "cast('nan' as double)".to_owned(),
        Value::Float(x) if x.is_infinite() => {
            format!("cast('{}infinity' as double)", if *x < 0.0 { "-" } else { "" })
        }
        // The exponent tells it from an exact decimal.
        Value::Float(x) => format!("{x:e}"),
        Value::Text(text) | Value::Other(text) => quoted(text),
        Value::Date(text) => format!("date {}", quoted(text)),
        Value::Timestamp(text) => format!("timestamp {}", quoted(text)),
        Value::Instant(text) => format!("timestamptz {}", quoted(text)),
        Value::List(items) => format!("[{}]", list(items)),
    }
}
