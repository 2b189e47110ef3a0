//! What the syntax of a condition means: and, or, not, tests and their negations.

use super::names::RowsOf;
use super::scope::{ParseError, Places, Scope};
use crate::model::clause::{
    Case, Clause, Combine, Comparison, Expr, Group, Missing, Node, Part, Test, TextMatch, Tree,
};
use crate::model::value::{Kind, Value};
use sqlparser::ast::{BinaryOperator, Expr as Sql, Function as SqlCall, UnaryOperator};
use sqlparser::tokenizer::Location;

/// Levels of meaning inside each other before giving up; the syntax is bounded too, but chains such
/// as `a::text::text …` are deep without being nested.
const DEPTH: usize = 300;

/// Reads syntax as conditions and expressions over the names of a scope.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) scope: Scope<'a>,
    pub(super) places: &'a Places,
}

/// Where a part of the syntax stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    /// The rows that names are about.
    pub(super) rows: RowsOf<'a>,
    /// Levels above.
    depth: usize,
    /// Under a negation, where "unknown" is not the same as "no".
    negated: bool,
}

impl<'a> Context<'a> {
    pub(super) fn top(rows: RowsOf<'a>) -> Self {
        Self { rows, depth: 0, negated: false }
    }

    /// A place for the operands of a condition.
    pub(super) fn below(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    fn under_not(self) -> Self {
        Self { negated: true, ..self.below() }
    }
}

impl<'a> Reader<'a> {
    /// A whole condition; the root is a group of all.
    pub(super) fn tree(&self, sql: &Sql, rows: RowsOf<'a>) -> Result<Tree, ParseError> {
        if matches!(strip(sql), Sql::Value(value) if value.value == sqlparser::ast::Value::Boolean(true))
        {
            return Ok(Tree::everyone());
        }
        let part = self.part(sql, Context::top(rows))?;
        Ok(match part {
            Part { off: false, node: Node::Group(group) } if group.combine == Combine::All => group,
            part => Group { combine: Combine::All, parts: vec![part] },
        })
    }

    fn part(&self, sql: &Sql, place: Context<'a>) -> Result<Part, ParseError> {
        self.check_depth(sql, place)?;
        match sql {
            Sql::Nested(inner) => self.part(inner, place.below()),
            Sql::BinaryOp { op: BinaryOperator::And, .. } => {
                self.chain(sql, &BinaryOperator::And, Combine::All, place)
            }
            Sql::BinaryOp { op: BinaryOperator::Or, .. } => {
                self.chain(sql, &BinaryOperator::Or, Combine::Any, place)
            }
            Sql::UnaryOp { op: UnaryOperator::Not, expr } => {
                Ok(none(Missing::Drop, self.part(expr, place.under_not())?))
            }
            Sql::IsNotTrue(inner) => Ok(none(Missing::Keep, self.part(inner, place.under_not())?)),
            Sql::IsTrue(inner) => self.is_true(inner, place),
            Sql::IsFalse(inner) if place.negated => {
                let inner = none(Missing::Drop, self.part(inner, place.under_not())?);
                Ok(certain(inner))
            }
            Sql::IsFalse(inner) => Ok(self.is_no(self.part(inner, place.under_not())?)),
            Sql::IsNotFalse(inner) => {
                let part = self.is_no(self.part(inner, place.under_not())?);
                Ok(none(Missing::Keep, part))
            }
            Sql::Function(call) if call_name(call).as_deref() == Some("off") => {
                let [arg] = self.arguments(call)?[..] else {
                    return Err(self.error(
                        sql,
                        "off takes one condition",
                        "write off(country = 'DE')",
                    ));
                };
                let part = self.part(arg, place.below())?;
                Ok(Part { off: true, node: part.node })
            }
            Sql::IsDistinctFrom(left, right) => self.distinct(left, right, place),
            Sql::IsNotDistinctFrom(left, right) => self.not_distinct(left, right, place),
            _ => Ok(Part::on(Node::Clause(self.clause(sql, place)?))),
        }
    }

    /// `a and b and c` as one group. Parentheses keep a group of their own.
    fn chain(
        &self,
        sql: &Sql,
        operator: &BinaryOperator,
        combine: Combine,
        place: Context<'a>,
    ) -> Result<Part, ParseError> {
        let mut operands = Vec::new();
        let mut rest = sql;
        // The chain leans to the left, and may be long: a loop, not a call per operand.
        while let Sql::BinaryOp { left, op, right } = rest
            && op == operator
        {
            operands.push(right.as_ref());
            rest = left;
        }
        operands.push(rest);
        let parts = operands.into_iter().rev().map(|operand| self.part(operand, place.below()));
        Ok(Part::on(Node::Group(Group { combine, parts: parts.collect::<Result<_, _>>()? })))
    }

    /// At the top, "is true" says no more than the condition itself.
    fn is_true(&self, inner: &Sql, place: Context<'a>) -> Result<Part, ParseError> {
        if place.negated {
            Ok(certain(self.part(inner, place.under_not())?))
        } else {
            self.part(inner, place.below())
        }
    }

    /// The condition's opposite, which for a bare feature is that it is "no".
    fn is_no(&self, part: Part) -> Part {
        let yes = Test::Compare(Comparison::Equal, Expr::Value(Value::Boolean(true)));
        match part {
            Part { off, node: Node::Clause(Clause { left, test, negated: None }) }
                if test == yes =>
            {
                let no = Test::Compare(Comparison::Equal, Expr::Value(Value::Boolean(false)));
                Part { off, node: Node::Clause(Clause { left, test: no, negated: None }) }
            }
            part => none(Missing::Drop, part),
        }
    }

    fn distinct(&self, left: &Sql, right: &Sql, place: Context<'a>) -> Result<Part, ParseError> {
        let (a, b) = self.operands(left, right, place)?;
        let known = is_known(&a) || is_known(&b);
        let differs = Part::on(Node::Clause(Clause {
            left: a.clone(),
            test: Test::Compare(Comparison::Equal, b.clone()),
            negated: Some(Missing::Keep),
        }));
        if known {
            return Ok(differs);
        }
        // Two missing values are not distinct, but neither are they equal.
        let some = vec![missing(a, true), missing(b, true)];
        let some = Part::on(Node::Group(Group { combine: Combine::Any, parts: some }));
        Ok(Part::on(Node::Group(Group { combine: Combine::All, parts: vec![differs, some] })))
    }

    fn not_distinct(
        &self,
        left: &Sql,
        right: &Sql,
        place: Context<'a>,
    ) -> Result<Part, ParseError> {
        let (a, b) = self.operands(left, right, place)?;
        let known = is_known(&a) || is_known(&b);
        let same = Part::on(Node::Clause(Clause {
            left: a.clone(),
            test: Test::Compare(Comparison::Equal, b.clone()),
            negated: None,
        }));
        if known {
            return Ok(if place.negated { certain(same) } else { same });
        }
        let both = vec![missing(a, false), missing(b, false)];
        let both = Part::on(Node::Group(Group { combine: Combine::All, parts: both }));
        let same = if place.negated { certain(same) } else { same };
        Ok(Part::on(Node::Group(Group { combine: Combine::Any, parts: vec![same, both] })))
    }

    fn clause(&self, sql: &Sql, place: Context<'a>) -> Result<Clause, ParseError> {
        let when = |negated: &bool| negated.then_some(Missing::Drop);
        match sql {
            Sql::BinaryOp { left, op, right } => {
                if let Some((comparison, negated)) = comparison(op) {
                    let (left, right) = self.operands(left, right, place)?;
                    let test = Test::Compare(comparison, right);
                    return Ok(Clause { left, test, negated });
                }
                self.truth(sql, place)
            }
            Sql::IsNull(inner) | Sql::IsUnknown(inner) => {
                let left = self.expression(inner, place.below())?;
                Ok(Clause { left, test: Test::IsMissing, negated: None })
            }
            Sql::IsNotNull(inner) | Sql::IsNotUnknown(inner) => {
                let left = self.expression(inner, place.below())?;
                Ok(Clause { left, test: Test::IsMissing, negated: Some(Missing::Drop) })
            }
            Sql::InList { expr, list, negated } => {
                let left = self.expression(expr, place.below())?;
                let values = self.values(list.iter(), Some(&left), place)?;
                let test = Test::OneOf(values, Case::Sensitive);
                Ok(Clause { left, test, negated: when(negated) })
            }
            Sql::Between { expr, negated, low, high } => {
                let left = self.expression(expr, place.below())?;
                let low = self.fitting(low, &left, place)?;
                let high = self.fitting(high, &left, place)?;
                Ok(Clause { left, test: Test::Between(low, high), negated: when(negated) })
            }
            Sql::Like { negated, any: false, expr, pattern, escape_char: None } => {
                self.like((expr, pattern), Case::Sensitive, when(negated), place)
            }
            Sql::ILike { negated, any: false, expr, pattern, escape_char: None } => {
                self.like((expr, pattern), Case::Ignored, when(negated), place)
            }
            Sql::Like { .. } | Sql::ILike { .. } => Err(self.error(
                sql,
                "like with escape or any cannot be used here",
                "write contains(name, 'a_b') to match characters as they are",
            )),
            Sql::InSubquery { .. } | Sql::Exists { .. } | Sql::Subquery(_) => Err(self.error(
                sql,
                "a query cannot be used inside a condition",
                "write count(orders) >= 1, or in_cohort('name')",
            )),
            Sql::Function(call) => match self.test_call(sql, call, place)? {
                Some(clause) => Ok(clause),
                None => self.truth(sql, place),
            },
            _ => self.truth(sql, place),
        }
    }

    /// Both sides of a comparison, each read in the light of the other.
    fn operands(&self, a: &Sql, b: &Sql, place: Context<'a>) -> Result<(Expr, Expr), ParseError> {
        let left = self.expression(a, place.below())?;
        let right = self.expression(b, place.below())?;
        let fitted_right = self.fit(b, right, &left, place)?;
        let fitted_left = self.fit(a, left, &fitted_right, place)?;
        Ok((fitted_left, fitted_right))
    }

    fn like(
        &self,
        (expr, pattern): (&Sql, &Sql),
        case: Case,
        negated: Option<Missing>,
        place: Context<'a>,
    ) -> Result<Clause, ParseError> {
        let left = self.expression(expr, place.below())?;
        let pattern = self.text(pattern, place)?;
        Ok(Clause { left, test: Test::Text(TextMatch::Like, pattern, case), negated })
    }

    /// A feature, or an expression, that is itself yes or no.
    fn truth(&self, sql: &Sql, place: Context<'a>) -> Result<Clause, ParseError> {
        let left = self.expression(sql, place.below())?;
        let hint = match (&left, self.kind(&left, place)) {
            (Expr::Value(_) | Expr::Now(_), _) => {
                "a condition compares a feature, as in orders >= 3".into()
            }
            (_, Some(Kind::Boolean)) => {
                let yes = Test::Compare(Comparison::Equal, Expr::Value(Value::Boolean(true)));
                return Ok(Clause { left, test: yes, negated: None });
            }
            (_, kind) => {
                let name = super::print::print_expr(&left);
                match kind {
                    Some(Kind::Text) => format!("write {name} = 'a', or {name} is not null"),
                    Some(Kind::List) => format!("write list_contains({name}, 'a')"),
                    Some(Kind::Date | Kind::Timestamp | Kind::Instant) => {
                        format!("write {name} >= now() - interval 30 days")
                    }
                    _ => format!("write {name} >= 3, or {name} is not null"),
                }
            }
        };
        Err(self.error(sql, "this is a value, not a condition", &hint))
    }

    /// A function that is a test; `None` when it is a function of values.
    fn test_call(
        &self,
        sql: &Sql,
        call: &SqlCall,
        place: Context<'a>,
    ) -> Result<Option<Clause>, ParseError> {
        let name = call_name(call).unwrap_or_default();
        let how = match name.as_str() {
            "contains" => TextMatch::Contains,
            "starts_with" | "prefix" => TextMatch::StartsWith,
            "ends_with" | "suffix" => TextMatch::EndsWith,
            "regexp_matches" => TextMatch::Regex,
            _ => return self.other_test(sql, call, &name, place),
        };
        let args = self.arguments(call)?;
        let (expr, pattern, case) = match (&args[..], how) {
            ([expr, pattern], _) => (expr, pattern, Case::Sensitive),
            ([expr, pattern, flags], TextMatch::Regex) => {
                let case = match self.text(flags, place)?.as_str() {
                    "i" => Case::Ignored,
                    "c" | "" => Case::Sensitive,
                    _ => {
                        let hint = "the only options are 'i', to ignore case, and 'c'";
                        return Err(self.error(flags, "this option is not known", hint));
                    }
                };
                (expr, pattern, case)
            }
            _ => {
                let hint = format!("write {name}(name, 'text')");
                return Err(self.error(sql, &format!("{name} takes a feature and text"), &hint));
            }
        };
        let left = self.expression(expr, place.below())?;
        if how == TextMatch::Contains && self.kind(&left, place) == Some(Kind::List) {
            let value = self.values([*pattern], None, place)?;
            return Ok(Some(Clause { left, test: Test::ListHasAny(value), negated: None }));
        }
        let test = Test::Text(how, self.text(pattern, place)?, case);
        Ok(Some(Clause { left, test, negated: None }))
    }

    fn other_test(
        &self,
        sql: &Sql,
        call: &SqlCall,
        name: &str,
        place: Context<'a>,
    ) -> Result<Option<Clause>, ParseError> {
        let wrong = |what: &str, hint: &str| Err(self.error(sql, what, hint));
        let (left, test) = match name {
            "list_contains" | "array_contains" | "list_has" | "array_has" => {
                let [list, item] = self.arguments(call)?[..] else {
                    return wrong(
                        "list_contains takes a list and a value",
                        "write list_contains(tags, 'a')",
                    );
                };
                let left = self.expression(list, place.below())?;
                (left, Test::ListHasAny(self.values([item], None, place)?))
            }
            "list_has_any" | "array_has_any" | "list_has_all" | "array_has_all" => {
                let [list, Sql::Array(items)] = self.arguments(call)?[..] else {
                    return wrong(
                        &format!("{name} takes a list and values in brackets"),
                        &format!("write {name}(tags, ['a', 'b'])"),
                    );
                };
                let left = self.expression(list, place.below())?;
                let values = self.values(items.elem.iter(), None, place)?;
                let any = name.ends_with("any");
                (left, if any { Test::ListHasAny(values) } else { Test::ListHasAll(values) })
            }
            "in_cohort" => {
                let [cohort] = self.arguments(call)?[..] else {
                    return wrong("in_cohort takes one name", "write in_cohort('name')");
                };
                if matches!(place.rows, RowsOf::Related(_)) {
                    let hint = "put in_cohort outside the filter";
                    return wrong("rows of a related table are not in cohorts", hint);
                }
                (Expr::Entity, Test::InCohort(self.text(cohort, place)?))
            }
            "anniversary" => {
                let hint = "write anniversary(birthday, -7, 0) for the last 7 days";
                let [day, from, to] = self.arguments(call)?[..] else {
                    return wrong("anniversary takes a day and two numbers of days", hint);
                };
                let left = self.expression(day, place.below())?;
                let from_days = self.days(from, place)?;
                let to_days = self.days(to, place)?;
                if from_days > to_days {
                    return wrong("the first day is after the last day", hint);
                }
                (left, Test::Anniversary { from_days, to_days })
            }
            _ => return Ok(None),
        };
        Ok(Some(Clause { left, test, negated: None }))
    }

    fn days(&self, sql: &Sql, place: Context<'a>) -> Result<i32, ParseError> {
        match self.expression(sql, place.below())? {
            Expr::Value(Value::Integer(days)) => i32::try_from(days).ok(),
            _ => None,
        }
        .ok_or_else(|| {
            self.error(sql, "a whole number of days belongs here", "write -7 for 7 days ago")
        })
    }

    pub(super) fn check_depth(&self, sql: &Sql, place: Context<'a>) -> Result<(), ParseError> {
        if place.depth < DEPTH {
            return Ok(());
        }
        let hint = "use fewer parentheses and shorter sums";
        Err(self.error(sql, "the condition is nested too deeply", hint))
    }

    /// An error at the start of `sql`.
    pub(super) fn error(&self, sql: &Sql, message: &str, hint: &str) -> ParseError {
        let at = start(sql).and_then(|place| self.places.at(place));
        ParseError { message: message.to_owned(), at, hint: hint.to_owned() }
    }
}

/// Where the syntax starts. A loop rather than the parser's own spans: those walk the whole
/// expression, whose chains may be deep.
fn start(mut sql: &Sql) -> Option<Location> {
    loop {
        sql = match sql {
            Sql::Identifier(name) => return Some(name.span.start),
            Sql::CompoundIdentifier(names) => return names.first().map(|name| name.span.start),
            Sql::Value(value) => return Some(value.span.start),
            Sql::TypedString(typed) => return Some(typed.value.span.start),
            Sql::Function(call) => {
                let name = call.name.0.first()?.as_ident()?;
                return Some(name.span.start);
            }
            Sql::Case { case_token, .. } => return Some(case_token.0.span.start),
            Sql::Array(items) => items.elem.first()?,
            Sql::Tuple(items) => items.first()?,
            Sql::Interval(interval) => &interval.value,
            Sql::BinaryOp { left: inner, .. }
            | Sql::IsDistinctFrom(inner, _)
            | Sql::IsNotDistinctFrom(inner, _)
            | Sql::UnaryOp { expr: inner, .. }
            | Sql::Cast { expr: inner, .. }
            | Sql::Trim { expr: inner, .. }
            | Sql::Floor { expr: inner, .. }
            | Sql::Ceil { expr: inner, .. }
            | Sql::Extract { expr: inner, .. }
            | Sql::Position { expr: inner, .. }
            | Sql::Substring { expr: inner, .. }
            | Sql::Nested(inner)
            | Sql::IsTrue(inner)
            | Sql::IsNotTrue(inner)
            | Sql::IsFalse(inner)
            | Sql::IsNotFalse(inner)
            | Sql::IsNull(inner)
            | Sql::IsNotNull(inner)
            | Sql::InList { expr: inner, .. }
            | Sql::InSubquery { expr: inner, .. }
            | Sql::Between { expr: inner, .. }
            | Sql::Like { expr: inner, .. }
            | Sql::ILike { expr: inner, .. }
            | Sql::SimilarTo { expr: inner, .. }
            | Sql::RLike { expr: inner, .. }
            | Sql::CompoundFieldAccess { root: inner, .. } => inner,
            _ => return None,
        };
    }
}

/// Without the parentheses around it.
pub(super) fn strip(mut sql: &Sql) -> &Sql {
    while let Sql::Nested(inner) = sql {
        sql = inner;
    }
    sql
}

/// The lower-case name of a called function; `None` when it has a schema.
pub(super) fn call_name(call: &SqlCall) -> Option<String> {
    match &call.name.0[..] {
        [part] => part.as_ident().map(|ident| ident.value.to_lowercase()),
        _ => None,
    }
}

/// Neither missing nor dependent on a row.
fn is_known(expr: &Expr) -> bool {
    match expr {
        Expr::Value(value) => !value.is_missing(),
        Expr::Now(_) => true,
        _ => false,
    }
}

fn missing(left: Expr, negated: bool) -> Part {
    let negated = negated.then_some(Missing::Drop);
    Part::on(Node::Clause(Clause { left, test: Test::IsMissing, negated }))
}

/// No part of it holds.
fn none(missing: Missing, part: Part) -> Part {
    let combine = Combine::None(missing);
    match part {
        Part { off: false, node: Node::Group(Group { combine: Combine::Any, parts }) } => {
            Part::on(Node::Group(Group { combine, parts }))
        }
        part => Part::on(Node::Group(Group { combine, parts: vec![part] })),
    }
}

/// True, and not merely unknown: matters under a negation.
fn certain(part: Part) -> Part {
    none(Missing::Drop, none(Missing::Keep, part))
}

fn comparison(op: &BinaryOperator) -> Option<(Comparison, Option<Missing>)> {
    Some(match op {
        BinaryOperator::Eq => (Comparison::Equal, None),
        BinaryOperator::NotEq => (Comparison::Equal, Some(Missing::Drop)),
        BinaryOperator::Lt => (Comparison::Less, None),
        BinaryOperator::LtEq => (Comparison::LessOrEqual, None),
        BinaryOperator::Gt => (Comparison::Greater, None),
        BinaryOperator::GtEq => (Comparison::GreaterOrEqual, None),
        _ => return None,
    })
}
