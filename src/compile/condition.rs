//! A clause tree → one SQL condition.
//!
//! Negation follows the clause: what drops missing values is printed as `NOT`, what keeps them as
//! `IS NOT TRUE` (or `IS DISTINCT FROM`). Moments relative to now become literals of the type of
//! what they are compared with.

use super::scope::{Scope, Start, without_nan};
use super::unknown;
use crate::model::catalog::{Column, Table, find_column};
use crate::model::clause::{
    Arithmetic, Case, CastType, Clause, Combine, Comparison, Expr, Function, Group, Missing, Node,
    Now, Part, Test, TextMatch, Unit,
};
use crate::model::failure::Failure;
use crate::model::now::Moment;
use crate::model::value::{Kind, Value};
use crate::sql::{self, Sql, ident};

/// Where columns are looked up.
#[derive(Clone, Copy)]
enum Place<'t> {
    Entity,
    Rows(&'t Table),
}

impl<'t> Place<'t> {
    fn start(self) -> Start<'t> {
        match self {
            Self::Entity => Start::Entity,
            Self::Rows(table) => Start::Rows(table),
        }
    }
}

impl Scope<'_> {
    /// The condition of a whole tree; `None` when nothing in it is switched on.
    pub(super) fn condition(&mut self, group: &Group) -> Result<Option<Sql>, Failure> {
        self.group(group, Place::Entity)
    }

    /// The condition of one part, whether it is switched on or not; `None` for an idle group.
    pub(super) fn part_condition(&mut self, part: &Part) -> Result<Option<Sql>, Failure> {
        self.node(&part.node, Place::Entity)
    }

    /// The condition of a filter on the rows of a related table, known as `r`.
    pub(super) fn row_condition(
        &mut self,
        group: &Group,
        table: &Table,
    ) -> Result<Option<Sql>, Failure> {
        self.group(group, Place::Rows(table))
    }

    fn group(&mut self, group: &Group, place: Place<'_>) -> Result<Option<Sql>, Failure> {
        let mut conditions = Vec::new();
        for part in group.parts.iter().filter(|p| !p.off) {
            conditions.extend(self.node(&part.node, place)?);
        }
        if conditions.is_empty() {
            return Ok(None);
        }
        Ok(Some(match group.combine {
            Combine::All => Sql::all_of(conditions),
            Combine::Any => Sql::any_of(conditions),
            Combine::None(Missing::Drop) => Sql::fill("(NOT ({}))", &[&Sql::any_of(conditions)]),
            Combine::None(Missing::Keep) => {
                Sql::fill("(({}) IS NOT TRUE)", &[&Sql::any_of(conditions)])
            }
        }))
    }

    fn node(&mut self, node: &Node, place: Place<'_>) -> Result<Option<Sql>, Failure> {
        match node {
            Node::Clause(clause) => self.clause(clause, place).map(Some),
            Node::Group(group) => self.group(group, place),
        }
    }

    fn clause(&mut self, clause: &Clause, place: Place<'_>) -> Result<Sql, Failure> {
        if let Some(short) = self.short_negation(clause, place)? {
            return Ok(short);
        }
        let test = self.test(clause, place)?;
        Ok(match clause.negated {
            None => test.nested(),
            Some(Missing::Drop) => Sql::fill("(NOT ({}))", &[&test]),
            Some(Missing::Keep) => Sql::fill("(({}) IS NOT TRUE)", &[&test]),
        })
    }

    /// Negations that SQL has a word for.
    fn short_negation(
        &mut self,
        clause: &Clause,
        place: Place<'_>,
    ) -> Result<Option<Sql>, Failure> {
        if clause.negated.is_some() && self.whole_days(clause, place)?.is_some() {
            return Ok(None);
        }
        let template = match (&clause.test, clause.negated) {
            (Test::Compare(Comparison::Equal, _), Some(Missing::Drop)) => "({} <> {})",
            (Test::Compare(Comparison::Equal, _), Some(Missing::Keep)) => {
                "({} IS DISTINCT FROM {})"
            }
            (Test::IsMissing, Some(_)) => {
                let left = self.expr(&clause.left, None, place)?;
                return Ok(Some(Sql::fill("({} IS NOT NULL)", &[&left])));
            }
            _ => return Ok(None),
        };
        let Test::Compare(_, right) = &clause.test else {
            unreachable!("only comparisons come this far")
        };
        let (left, right) = self.sides(&clause.left, right, place)?;
        Ok(Some(Sql::fill(template, &[&left, &right])))
    }

    /// A day stands for all of it where a moment is compared with it: "on or before 30 November" has
    /// that day. `None` for everything else.
    fn whole_days(&mut self, clause: &Clause, place: Place<'_>) -> Result<Option<Sql>, Failure> {
        let kind = self.kind(&clause.left, place);
        if !matches!(kind, Some(Kind::Timestamp | Kind::Instant)) {
            return Ok(None);
        }
        let next = |expr: &Expr| match expr {
            Expr::Value(Value::Date(day)) => Moment::day_after(day).map(Value::Date),
            _ => None,
        };
        let left = self.expr(&clause.left, None, place)?;
        let within = |value: &Value| -> Result<Option<Sql>, Failure> {
            let Some(end) = next(&Expr::Value(value.clone())) else { return Ok(None) };
            let from = self.typed_literal(value, kind, &clause.left)?;
            let to = self.typed_literal(&end, kind, &clause.left)?;
            Ok(Some(Sql::fill("({} >= {} AND {} < {})", &[&left, &from, &left, &to])))
        };
        match &clause.test {
            Test::Compare(Comparison::Equal, Expr::Value(value)) => within(value),
            Test::OneOf(values, _) => {
                let mut any = Vec::new();
                for value in values {
                    let Some(one) = within(value)? else { return Ok(None) };
                    any.push(one);
                }
                Ok((!any.is_empty()).then(|| Sql::any_of(any)))
            }
            Test::Compare(comparison @ (Comparison::LessOrEqual | Comparison::Greater), right) => {
                let Some(end) = next(right) else { return Ok(None) };
                let end = self.typed_literal(&end, kind, &clause.left)?;
                let template = match comparison {
                    Comparison::LessOrEqual => "{} < {}",
                    _ => "{} >= {}",
                };
                Ok(Some(Sql::fill(template, &[&left, &end])))
            }
            Test::Between(low, high) => {
                let Some(end) = next(high) else { return Ok(None) };
                let (left, low) = self.sides(&clause.left, low, place)?;
                let end = self.typed_literal(&end, kind, &clause.left)?;
                Ok(Some(Sql::fill("({} >= {} AND {} < {})", &[&left, &low, &left, &end])))
            }
            _ => Ok(None),
        }
    }

    fn test(&mut self, clause: &Clause, place: Place<'_>) -> Result<Sql, Failure> {
        if let Some(days) = self.whole_days(clause, place)? {
            return Ok(days);
        }
        match &clause.test {
            Test::Compare(comparison, right) => {
                let (left, right) = self.sides(&clause.left, right, place)?;
                let template = match comparison {
                    Comparison::Equal => "{} = {}",
                    Comparison::Less => "{} < {}",
                    Comparison::LessOrEqual => "{} <= {}",
                    Comparison::Greater => "{} > {}",
                    Comparison::GreaterOrEqual => "{} >= {}",
                };
                Ok(Sql::fill(template, &[&left, &right]))
            }
            Test::Between(low, high) => {
                let (left, low) = self.sides(&clause.left, low, place)?;
                let (_, high) = self.sides(&clause.left, high, place)?;
                Ok(Sql::fill("{} BETWEEN {} AND {}", &[&left, &low, &high]))
            }
            Test::InCohort(name) => match place {
                Place::Entity => self.in_cohort(name),
                Place::Rows(_) => Err(Failure::wrong_use(
                    "a cohort cannot be asked for inside the filter of a figure",
                    "",
                    "put in_cohort outside the filter",
                )),
            },
            _ => self.unary_test(clause, place),
        }
    }

    fn unary_test(&mut self, clause: &Clause, place: Place<'_>) -> Result<Sql, Failure> {
        let kind = self.kind(&clause.left, place);
        let left = self.expr(&clause.left, None, place)?;
        match &clause.test {
            Test::IsMissing => Ok(Sql::fill("{} IS NULL", &[&left])),
            Test::IsEmpty => Ok(Sql::fill("{} = ''", &[&self.as_text(&clause.left, left, place)])),
            Test::EqualIgnoringCase(value) => {
                let left = self.as_text(&clause.left, left, place);
                Ok(Sql::fill("lower({}) = lower({})", &[&left, &sql::text(value)]))
            }
            Test::OneOf(values, case) => self.one_of(clause, values, *case, place),
            Test::Text(how, pattern, case) => {
                let left = self.as_text(&clause.left, left, place);
                Ok(text_test(&left, *how, pattern, *case))
            }
            Test::ListHasAny(values) => {
                let list = Sql::join(values.iter().map(sql::literal), ", ");
                Ok(Sql::fill("list_has_any({}, [{}])", &[&left, &list]))
            }
            Test::ListHasAll(values) => {
                let list = Sql::join(values.iter().map(sql::literal), ", ");
                Ok(Sql::fill("list_has_all({}, [{}])", &[&left, &list]))
            }
            Test::Anniversary { from_days, to_days } => {
                let days = self.anniversary_days(*from_days, *to_days);
                let moment = self.local(kind, left);
                Ok(Sql::fill("strftime({}, '%m-%d') IN ({})", &[&moment, &days]))
            }
            Test::Compare(..) | Test::Between(..) | Test::InCohort(_) => {
                unreachable!("handled where there are two sides")
            }
        }
    }

    fn one_of(
        &mut self,
        clause: &Clause,
        values: &[Value],
        case: Case,
        place: Place<'_>,
    ) -> Result<Sql, Failure> {
        if values.is_empty() {
            return Ok(Sql::raw("FALSE"));
        }
        let kind = self.kind(&clause.left, place);
        let left = self.expr(&clause.left, None, place)?;
        if case == Case::Ignored {
            let left = self.as_text(&clause.left, left, place);
            let texts = values.iter().map(|v| Sql::fill("lower({})", &[&sql::text(&v.display())]));
            return Ok(Sql::fill("lower({}) IN ({})", &[&left, &Sql::join(texts, ", ")]));
        }
        let mut literals = Vec::new();
        for value in values {
            literals.push(self.typed_literal(value, kind, &clause.left)?);
        }
        Ok(Sql::fill("{} IN ({})", &[&left, &Sql::join(literals, ", ")]))
    }

    /// Both sides of a comparison, constants printed as the type of the other side.
    fn sides(
        &mut self,
        left: &Expr,
        right: &Expr,
        place: Place<'_>,
    ) -> Result<(Sql, Sql), Failure> {
        let (left_kind, right_kind) = (self.kind(left, place), self.kind(right, place));
        self.refuse_text_as_moment(left, right, left_kind)?;
        self.refuse_text_as_moment(right, left, right_kind)?;
        let mut one = |this: &Expr, other: &Expr, other_kind: Option<Kind>| match this {
            Expr::Value(value) => self.typed_literal(value, other_kind, other),
            _ => self.expr(this, other_kind, place),
        };
        let (one, other) = (one(left, right, right_kind)?, one(right, left, left_kind)?);
        // A moment without a zone is in the stated one; a day begins there.
        let local = |kind: Option<Kind>| matches!(kind, Some(Kind::Timestamp | Kind::Date));
        if left_kind == Some(Kind::Instant) && local(right_kind) {
            return Ok((self.local(left_kind, one), other));
        }
        if right_kind == Some(Kind::Instant) && local(left_kind) {
            return Ok((one, self.local(right_kind, other)));
        }
        Ok((one, other))
    }

    /// Refuses to compare text with a day or a moment: the database would read every text as one,
    /// and fail on the first that is none.
    fn refuse_text_as_moment(
        &self,
        expr: &Expr,
        other: &Expr,
        kind: Option<Kind>,
    ) -> Result<(), Failure> {
        let moment = match other {
            Expr::Now(_) => "a moment".to_owned(),
            Expr::Value(value @ (Value::Date(_) | Value::Timestamp(_) | Value::Instant(_))) => {
                format!("{value} is a date")
            }
            _ => return Ok(()),
        };
        if kind != Some(Kind::Text) {
            return Ok(());
        }
        let name = match expr {
            Expr::Column(name) | Expr::Beyond(_, name) => name.as_str(),
            _ => "this",
        };
        let what = match other {
            Expr::Now(_) => format!("{name} is text, and cannot be compared with {moment}"),
            _ => format!("{name} is text, but {moment}"),
        };
        let hint = format!(
            "write cast({name} as date), or say what {name} holds with the correction `columns`"
        );
        Err(Failure::wrong_use(what, name, hint))
    }

    /// A constant, as the type of what it is compared with.
    fn typed_literal(
        &self,
        value: &Value,
        kind: Option<Kind>,
        other: &Expr,
    ) -> Result<Sql, Failure> {
        let name = match other {
            Expr::Column(name) | Expr::Beyond(_, name) => name.as_str(),
            _ => "this",
        };
        match (kind, value) {
            // DuckDB would turn every text into a number, and fail on the first that is none.
            (Some(Kind::Text), Value::Integer(_) | Value::Decimal(_) | Value::Float(_)) => {
                Err(Failure::wrong_use(
                    format!("{name} is text, but {value} is a number"),
                    "",
                    format!("write '{value}'"),
                ))
            }
            (Some(Kind::Integer | Kind::Number), Value::Text(text))
                if text.trim().parse::<f64>().is_err() =>
            {
                Err(Failure::wrong_use(
                    format!("{name} is a number, but '{text}' is text"),
                    "",
                    "write a number without quotes",
                ))
            }
            // A day or moment without a zone means the one in the stated zone.
            (Some(Kind::Instant), Value::Date(day) | Value::Timestamp(day) | Value::Text(day)) => {
                match self.slice.now.local_to_utc(day) {
                    Some(utc) => Ok(sql::timestamptz(&format!("{utc}+00"))),
                    None => Ok(sql::literal(value)),
                }
            }
            _ => Ok(sql::literal(value)),
        }
    }

    fn as_text(&self, expr: &Expr, printed: Sql, place: Place<'_>) -> Sql {
        let plain = match expr {
            Expr::Column(name) => self
                .find_column(name, place)
                .is_some_and(|c| c.type_name.eq_ignore_ascii_case("VARCHAR")),
            Expr::Beyond(steps, name) => {
                let field = self.struct_field(place.start(), steps, name);
                let type_name = field.map(|(.., type_name)| type_name).or_else(|| {
                    let column = self.column_beyond(place.start(), steps, name)?;
                    Some(column.type_name.clone())
                });
                type_name.is_some_and(|name| name.eq_ignore_ascii_case("VARCHAR"))
            }
            _ => self.kind(expr, place) == Some(Kind::Text),
        };
        if plain { printed } else { Sql::fill("CAST({} AS VARCHAR)", &[&printed]) }
    }

    fn find_column(&self, name: &str, place: Place<'_>) -> Option<&Column> {
        match place {
            Place::Entity => self.entity.feature(name),
            // Looked up in the catalog, whose life is the scope's.
            Place::Rows(table) => find_column(&self.catalog.table(&table.name)?.columns, name),
        }
    }

    /// The kind of value of an expression; `None` for what takes the other side's.
    fn kind(&self, expr: &Expr, place: Place<'_>) -> Option<Kind> {
        match expr {
            Expr::Column(name) => self.find_column(name, place).map(|c| c.kind),
            Expr::Beyond(steps, name) => match self.struct_field(place.start(), steps, name) {
                Some((.., type_name)) => Some(Kind::of_duckdb_type(&type_name)),
                None => self.column_beyond(place.start(), steps, name).map(|c| c.kind),
            },
            Expr::Aggregate(aggregate) => self.aggregate_kind(aggregate),
            Expr::Call(function, args) => {
                function.kind().or_else(|| args.iter().find_map(|arg| self.kind(arg, place)))
            }
            Expr::Arithmetic(_, left, right) => {
                // A moment less days is a moment.
                let kind = self.kind(left, place).or_else(|| self.kind(right, place));
                Some(kind.filter(|k| k.is_temporal()).unwrap_or(Kind::Number))
            }
            Expr::Cast(_, to) => Some(to.kind()),
            Expr::Entity | Expr::Value(_) | Expr::Now(_) => None,
        }
    }

    fn expr(
        &mut self,
        expr: &Expr,
        other_kind: Option<Kind>,
        place: Place<'_>,
    ) -> Result<Sql, Failure> {
        match expr {
            Expr::Entity => Ok(self.key()),
            Expr::Column(name) => self.column_expr(name, place),
            Expr::Beyond(steps, name) => self.beyond(place.start(), steps, name),
            Expr::Value(value) => Ok(sql::literal(value)),
            Expr::Now(now) => Ok(self.moment(now, other_kind)),
            Expr::Aggregate(aggregate) => match place {
                Place::Entity => self.aggregate(aggregate),
                Place::Rows(_) => Err(Failure::wrong_use(
                    "a figure over related rows cannot stand inside the filter of another",
                    "",
                    "use columns of the table in the filter",
                )),
            },
            Expr::Call(function, args) => self.call(*function, args, place),
            Expr::Arithmetic(operation, left, right) => {
                let kinds = (self.kind(left, place), self.kind(right, place));
                let left = self.expr(left, kinds.1, place)?;
                let right = self.expr(right, kinds.0, place)?;
                let template = match operation {
                    Arithmetic::Add => "({} + {})",
                    Arithmetic::Subtract => "({} - {})",
                    Arithmetic::Multiply => "({} * {})",
                    Arithmetic::Divide => "({} / {})",
                    Arithmetic::Remainder => "({} % {})",
                };
                Ok(Sql::fill(template, &[&left, &right]))
            }
            Expr::Cast(inner, to) => {
                let kind = self.kind(inner, place);
                let inner = self.expr(inner, None, place)?;
                let inner = self.local(kind, inner);
                // What does not fit is missing: one odd value must not hide all others.
                let template = match to {
                    CastType::Text => "CAST({} AS VARCHAR)",
                    CastType::Integer => "TRY_CAST({} AS BIGINT)",
                    CastType::Number => "TRY_CAST({} AS DOUBLE)",
                    CastType::Date => "TRY_CAST({} AS DATE)",
                    CastType::Timestamp => "TRY_CAST({} AS TIMESTAMP)",
                    CastType::Boolean => "TRY_CAST({} AS BOOLEAN)",
                };
                Ok(Sql::fill(template, &[&inner]))
            }
        }
    }

    fn column_expr(&self, name: &str, place: Place<'_>) -> Result<Sql, Failure> {
        let Some(column) = self.find_column(name, place) else {
            let of = match place {
                Place::Entity => &self.entity.name,
                Place::Rows(table) => &table.name,
            };
            return Err(unknown("feature", name, format!("it is not a feature of {of}")));
        };
        let name = ident(&column.name);
        Ok(match place {
            Place::Entity => {
                let table = self.catalog.table(self.entity.table_name());
                without_nan(Sql::fill("e.{}", &[&name]), column, table)
            }
            Place::Rows(table) => without_nan(Sql::fill("r.{}", &[&name]), column, Some(table)),
        })
    }

    fn call(
        &mut self,
        function: Function,
        args: &[Expr],
        place: Place<'_>,
    ) -> Result<Sql, Failure> {
        let mut printed = Vec::new();
        for arg in args {
            let kind = self.kind(arg, place);
            let sql = self.expr(arg, None, place)?;
            let calendar = matches!(
                function,
                Function::Year
                    | Function::Month
                    | Function::Day
                    | Function::Hour
                    | Function::Weekday
            );
            printed.push(if calendar { self.local(kind, sql) } else { sql });
        }
        let args = Sql::join(printed, ", ");
        let template = match function {
            Function::Lower => "lower({})",
            Function::Upper => "upper({})",
            Function::Trim => "trim({})",
            Function::Length => "length({})",
            Function::ListLength => "len({})",
            Function::Absolute => "abs({})",
            Function::Round => "round({})",
            Function::Floor => "floor({})",
            Function::Ceiling => "ceil({})",
            Function::Year => "year({})",
            Function::Month => "month({})",
            Function::Day => "day({})",
            Function::Hour => "hour({})",
            Function::Weekday => "isodow({})",
            Function::Coalesce => "coalesce({})",
            Function::SplitPart => "split_part({})",
            Function::Left => "left({})",
        };
        Ok(Sql::fill(template, &[&args]))
    }

    /// A moment relative to now, as a literal of the type it is compared with.
    fn moment(&self, now: &Now, other: Option<Kind>) -> Sql {
        let moment = &self.slice.now;
        match other {
            Some(Kind::Date) => sql::literal(&Value::Date(moment.date(now))),
            Some(Kind::Instant) => sql::timestamptz(&format!("{}+00", moment.utc(now))),
            _ => sql::timestamp(&moment.local(now)),
        }
    }

    /// Month and day of each day from today + `from` to today + `to`, as a list.
    fn anniversary_days(&self, from: i32, to: i32) -> Sql {
        let (from, to) = (from.min(to), from.max(to).min(from.saturating_add(366)));
        let mut days: Vec<String> = Vec::new();
        for day in from..=to {
            let now = Now { offset: Some((i64::from(day), Unit::Day)), start_of: None };
            let date = self.slice.now.resolve(&now).date();
            days.push(date.strftime("%m-%d").to_string());
            if date.month() == 2 && date.day() == 28 && !date.in_leap_year() {
                days.push("02-29".to_owned());
            }
        }
        days.sort();
        days.dedup();
        Sql::join(days.iter().map(|d| sql::text(d)), ", ")
    }
}

fn text_test(left: &Sql, how: TextMatch, pattern: &str, case: Case) -> Sql {
    let pattern = sql::text(pattern);
    let template = match (how, case) {
        (TextMatch::Contains, Case::Sensitive) => "contains({}, {})",
        (TextMatch::StartsWith, Case::Sensitive) => "starts_with({}, {})",
        (TextMatch::EndsWith, Case::Sensitive) => "ends_with({}, {})",
        (TextMatch::Like, Case::Sensitive) => "{} LIKE {}",
        (TextMatch::Regex, Case::Sensitive) => "regexp_matches({}, {})",
        (TextMatch::Contains, Case::Ignored) => "contains(lower({}), lower({}))",
        (TextMatch::StartsWith, Case::Ignored) => "starts_with(lower({}), lower({}))",
        (TextMatch::EndsWith, Case::Ignored) => "ends_with(lower({}), lower({}))",
        (TextMatch::Like, Case::Ignored) => "{} ILIKE {}",
        (TextMatch::Regex, Case::Ignored) => "regexp_matches({}, {}, 'i')",
    };
    Sql::fill(template, &[left, &pattern])
}
