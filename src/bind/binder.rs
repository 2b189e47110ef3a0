//! A clause tree of names → a condition of things.

use super::bound::feature;
use super::bound::{
    BoundSlice, Clause, ColumnUse, Condition, Expr, Figure, Measure, Members, Test,
};
use super::constant::Constant;
use super::error::{BindError, Reason};
use super::literal::{days_of_year, moment, typed};
use crate::language::{print_clause, print_expr};
use crate::model::catalog::{Catalog, Column, Entity, Table};
use crate::model::clause::{
    self, Aggregate, Case, CastType, Combine, Comparison, Group, Node, Tree,
};
use crate::model::fields::field_of;
use crate::model::now::Moment;
use crate::model::question::Slice;
use crate::model::value::{Kind, Value};
use crate::model::ways::{Hop, NoWay, steps, way_to};

/// The slice with these clauses in place of its own.
pub(super) fn bind<'a>(
    catalog: &'a Catalog,
    slice: &'a Slice,
    tree: &Tree,
) -> Result<BoundSlice<'a>, BindError> {
    let binder = Binder::new(catalog, slice)?;
    let condition = binder.condition(tree)?;
    Ok(BoundSlice { condition, ..binder.everyone()? })
}

/// The slice's cohort without clauses.
pub(super) fn without_clauses<'a>(
    catalog: &'a Catalog,
    slice: &'a Slice,
) -> Result<BoundSlice<'a>, BindError> {
    Binder::new(catalog, slice)?.everyone()
}

pub(super) fn entity<'a>(catalog: &'a Catalog, name: &str) -> Result<&'a Entity, BindError> {
    catalog.entity(name).ok_or_else(|| {
        let known = catalog.entities.iter().map(|e| e.name.as_str());
        Reason::unknown("entity", name, "", known).into()
    })
}

pub(super) fn table<'a>(catalog: &'a Catalog, name: &str) -> Result<&'a Table, BindError> {
    catalog.table(name).ok_or_else(|| {
        let known = catalog.tables.iter().map(|t| t.name.as_str());
        Reason::unknown("table", name, "", known).into()
    })
}

/// Whose columns are named.
#[derive(Clone, Copy)]
enum Row<'a> {
    Entity,
    Related(&'a Table),
}

/// What binds the clauses of one slice.
pub(super) struct Binder<'a> {
    catalog: &'a Catalog,
    slice: &'a Slice,
    pub(super) entity: &'a Entity,
    cohort: Option<&'a str>,
    /// Segments being bound, so that one cannot contain itself.
    within: Vec<&'a str>,
}

impl<'a> Binder<'a> {
    pub(super) fn new(catalog: &'a Catalog, slice: &'a Slice) -> Result<Self, BindError> {
        let entity = entity(catalog, &slice.cohort.entity)?;
        let cohort = slice.cohort.cohort.as_deref();
        Ok(Self { catalog, slice, entity, cohort, within: Vec::new() })
    }

    fn zone(&self) -> &'a Moment {
        &self.slice.now
    }

    /// The cohort without clauses.
    pub(super) fn everyone(&self) -> Result<BoundSlice<'a>, BindError> {
        let cohort = self.cohort.map(|name| self.listed(name)).transpose()?;
        Ok(BoundSlice {
            catalog: self.catalog,
            entity: self.entity,
            cohort,
            condition: None,
            zone: self.zone(),
        })
    }

    /// The condition of a whole tree; `None` when nothing in it is switched on.
    pub(super) fn condition(&self, tree: &Tree) -> Result<Option<Condition<'a>>, BindError> {
        self.group(tree, Row::Entity)
    }

    /// The condition of one part, whether it is switched on or not; `None` for an idle group.
    pub(super) fn part(&self, part: &clause::Part) -> Result<Option<Condition<'a>>, BindError> {
        self.node(&part.node, Row::Entity)
    }

    fn group(&self, group: &Group, row: Row<'a>) -> Result<Option<Condition<'a>>, BindError> {
        let mut conditions = Vec::new();
        for part in group.parts.iter().filter(|part| !part.off) {
            conditions.extend(self.node(&part.node, row)?);
        }
        if conditions.is_empty() {
            return Ok(None);
        }
        Ok(Some(match group.combine {
            Combine::All => Condition::All(conditions),
            Combine::Any => Condition::Any(conditions),
            Combine::None(missing) => Condition::None(conditions, missing),
        }))
    }

    fn node(&self, node: &Node, row: Row<'a>) -> Result<Option<Condition<'a>>, BindError> {
        match node {
            Node::Group(group) => self.group(group, row),
            Node::Clause(clause) => {
                let test = self.test(clause, row);
                let test = test.map_err(|error| error.within(|| print_clause(clause)))?;
                Ok(Some(Condition::Clause(Clause { test, negated: clause.negated })))
            }
        }
    }

    fn test(&self, clause: &clause::Clause, row: Row<'a>) -> Result<Test<'a>, BindError> {
        match &clause.test {
            clause::Test::Compare(comparison, right) => {
                self.comparison(*comparison, &clause.left, right, row)
            }
            clause::Test::Between(low, high) => self.between(&clause.left, low, high, row),
            clause::Test::InCohort(name) => match row {
                Row::Entity => Ok(Test::Member(self.members(name)?)),
                Row::Related(_) => Err(Reason::mismatch(
                    "a cohort cannot be used inside the filter of an aggregate",
                    "put in_cohort outside the filter",
                )
                .into()),
            },
            clause::Test::OneOf(values, _) if values.is_empty() => Ok(Test::Never),
            test => {
                let left = self.expr(&clause.left, None, row)?;
                self.unary(test, &clause.left, left)
            }
        }
    }

    /// Tests of one value against constants.
    fn unary(
        &self,
        test: &clause::Test,
        asked: &clause::Expr,
        left: Expr<'a>,
    ) -> Result<Test<'a>, BindError> {
        Ok(match test {
            clause::Test::IsMissing => Test::Missing(left),
            clause::Test::IsEmpty => Test::Empty(as_text(left)),
            clause::Test::EqualIgnoringCase(text) => {
                Test::EqualIgnoringCase(as_text(left), text.clone())
            }
            clause::Test::OneOf(values, Case::Ignored) => {
                let texts = values.iter().map(Value::display).collect();
                Test::OneOfIgnoringCase(as_text(left), texts)
            }
            clause::Test::OneOf(values, Case::Sensitive) => self.one_of(values, asked, left)?,
            clause::Test::Text(how, pattern, case) => {
                Test::Text(*how, as_text(left), pattern.clone(), *case)
            }
            clause::Test::ListHasAny(values) => Test::HasAny(left, constants(values)),
            clause::Test::ListHasAll(values) => Test::HasAll(left, constants(values)),
            clause::Test::Anniversary { from_days, to_days } => {
                let days = days_of_year(*from_days, *to_days, self.zone());
                Test::DayOfYear(local(left), days)
            }
            clause::Test::Compare(..) | clause::Test::Between(..) | clause::Test::InCohort(_) => {
                unreachable!("handled where there are two sides")
            }
        })
    }

    /// A day stands for all of it where a moment is compared with it: "on or before 30 November"
    /// has that day.
    fn comparison(
        &self,
        comparison: Comparison,
        left: &clause::Expr,
        right: &clause::Expr,
        row: Row<'a>,
    ) -> Result<Test<'a>, BindError> {
        let (one, other) = self.sides(left, right, row)?;
        let Some(next) = next_day(&one, right) else {
            return Ok(Test::Compare(comparison, one, other));
        };
        let until = self.constant(&next, &one, left)?;
        Ok(match comparison {
            Comparison::Equal => Test::Within(one, other, until),
            Comparison::LessOrEqual => Test::Compare(Comparison::Less, one, until),
            Comparison::Greater => Test::Compare(Comparison::GreaterOrEqual, one, until),
            Comparison::Less | Comparison::GreaterOrEqual => Test::Compare(comparison, one, other),
        })
    }

    fn between(
        &self,
        left: &clause::Expr,
        low: &clause::Expr,
        high: &clause::Expr,
        row: Row<'a>,
    ) -> Result<Test<'a>, BindError> {
        let (of, from) = self.sides(left, low, row)?;
        let (_, to) = self.sides(left, high, row)?;
        Ok(match next_day(&of, high) {
            Some(next) => {
                let until = self.constant(&next, &of, left)?;
                Test::Within(of, from, until)
            }
            None => Test::Between(of, from, to),
        })
    }

    fn one_of(
        &self,
        values: &[Value],
        asked: &clause::Expr,
        left: Expr<'a>,
    ) -> Result<Test<'a>, BindError> {
        let days: Option<Vec<(&Value, Value)>> = match is_moment(&left) {
            true => values.iter().map(|value| Some((value, day_after(value)?))).collect(),
            false => None,
        };
        if let Some(days) = days {
            let within = |(day, next): (&Value, Value)| {
                let (from, until) =
                    (self.constant(day, &left, asked)?, self.constant(&next, &left, asked)?);
                Ok(Test::Within(left.clone(), from, until))
            };
            let days: Result<Vec<_>, BindError> = days.into_iter().map(within).collect();
            return Ok(Test::Any(days?));
        }
        let kind = left.kind();
        let name = name_of(asked);
        let values: Result<Vec<Constant>, Reason> =
            values.iter().map(|value| typed(value, kind, name, self.zone())).collect();
        Ok(Test::OneOf(left, values?))
    }

    /// A constant of the type of what it is compared with.
    fn constant(
        &self,
        value: &Value,
        other: &Expr<'a>,
        asked: &clause::Expr,
    ) -> Result<Expr<'a>, BindError> {
        Ok(Expr::Constant(typed(value, other.kind(), name_of(asked), self.zone())?))
    }

    /// Both sides of a comparison as values of one type.
    fn sides(
        &self,
        left: &clause::Expr,
        right: &clause::Expr,
        row: Row<'a>,
    ) -> Result<(Expr<'a>, Expr<'a>), BindError> {
        let bind = |side: &clause::Expr| match is_constant(side) {
            true => Ok(None),
            false => self.expr(side, None, row).map(Some),
        };
        let (bound_left, bound_right) = (bind(left)?, bind(right)?);
        let kind = |side: &Option<Expr<'a>>| side.as_ref().and_then(Expr::kind);
        let kinds = (kind(&bound_left), kind(&bound_right));
        refuse_text_as_moment(left, right, kinds.0)?;
        refuse_text_as_moment(right, left, kinds.1)?;
        let as_other = |side: &clause::Expr, other: &clause::Expr, kind| match side {
            clause::Expr::Value(value) => {
                Ok(Expr::Constant(typed(value, kind, name_of(other), self.zone())?))
            }
            side => self.expr(side, kind, row),
        };
        let one = match bound_left {
            Some(bound) => bound,
            None => as_other(left, right, kinds.1)?,
        };
        let other = match bound_right {
            Some(bound) => bound,
            None => as_other(right, left, kinds.0)?,
        };
        // A moment without a zone is in the stated one; a day begins there.
        let is_local = |kind: Option<Kind>| matches!(kind, Some(Kind::Timestamp | Kind::Date));
        Ok(match kinds {
            (Some(Kind::Instant), kind) if is_local(kind) => (local(one), other),
            (kind, Some(Kind::Instant)) if is_local(kind) => (one, local(other)),
            _ => (one, other),
        })
    }

    /// A value; now is of the kind of what it is compared with.
    fn expr(
        &self,
        expr: &clause::Expr,
        other: Option<Kind>,
        row: Row<'a>,
    ) -> Result<Expr<'a>, BindError> {
        Ok(match expr {
            clause::Expr::Entity => Expr::Key,
            clause::Expr::Column(name) => Expr::Column(self.column(name, row)?),
            clause::Expr::Beyond(steps, name) => self.beyond(steps, name, row)?,
            clause::Expr::Value(value) => Expr::Constant(value.clone().into()),
            clause::Expr::Now(now) => Expr::Constant(moment(now, other, self.zone())),
            clause::Expr::Aggregate(aggregate) => match row {
                Row::Entity => Expr::Figure(Box::new(self.figure(aggregate)?)),
                Row::Related(_) => {
                    return Err(Reason::mismatch(
                        "an aggregate cannot be inside the filter of another",
                        "use columns of the table in the filter",
                    )
                    .into());
                }
            },
            clause::Expr::Call(function, arguments) => {
                let argument = |argument| {
                    let bound = self.expr(argument, None, row)?;
                    Ok(if function.is_of_calendar() { local(bound) } else { bound })
                };
                let arguments: Result<Vec<_>, BindError> = arguments.iter().map(argument).collect();
                Expr::Call(*function, arguments?)
            }
            clause::Expr::Arithmetic(operation, left, right) => {
                let (left, right) = self.operands(left, right, row)?;
                Expr::Arithmetic(*operation, Box::new(left), Box::new(right))
            }
            clause::Expr::Cast(inner, to) => {
                Expr::Cast(Box::new(local(self.expr(inner, None, row)?)), *to)
            }
        })
    }

    fn operands(
        &self,
        left: &clause::Expr,
        right: &clause::Expr,
        row: Row<'a>,
    ) -> Result<(Expr<'a>, Expr<'a>), BindError> {
        let is_now = |side: &clause::Expr| matches!(side, clause::Expr::Now(_));
        Ok(match (is_now(left), is_now(right)) {
            (true, false) => {
                let right = self.expr(right, None, row)?;
                (self.expr(left, right.kind(), row)?, right)
            }
            _ => {
                let left = self.expr(left, None, row)?;
                let right = self.expr(right, left.kind(), row)?;
                (left, right)
            }
        })
    }

    fn column(&self, name: &str, row: Row<'a>) -> Result<ColumnUse<'a>, BindError> {
        match row {
            Row::Entity => {
                let base = self.catalog.table(self.entity.table_name());
                Ok(ColumnUse::new(feature(self.entity, name)?, base))
            }
            Row::Related(table) => Ok(ColumnUse::new(column_of(table, name)?, Some(table))),
        }
    }

    /// A field of a struct, or a column of a row that is reached by steps.
    fn beyond(&self, names: &[String], name: &str, row: Row<'a>) -> Result<Expr<'a>, BindError> {
        if let Some(field) = self.field(names, name, row) {
            return Ok(field);
        }
        let hops = self.steps(names, row)?;
        let end = hops.last().map_or("", |hop| hop.to_table.as_str());
        let column = column_of(table(self.catalog, end)?, name)?;
        Ok(Expr::Beyond(hops, column))
    }

    fn field(&self, names: &[String], name: &str, row: Row<'a>) -> Option<Expr<'a>> {
        let (first, rest) = names.split_first()?;
        let column = match row {
            Row::Entity => self.entity.feature(first)?,
            Row::Related(table) => table.column(first)?,
        };
        let way: Vec<&str> = rest.iter().map(String::as_str).chain([name]).collect();
        let (path, type_name) = field_of(&column.type_name, &way)?;
        Some(Expr::Field { column, path, type_name })
    }

    fn steps(&self, names: &[String], row: Row<'_>) -> Result<Vec<Hop>, BindError> {
        let start = match row {
            Row::Entity => self.entity.table_name(),
            Row::Related(table) => &table.name,
        };
        let borrowed: Vec<&str> = names.iter().map(String::as_str).collect();
        steps(self.catalog, start, &borrowed).map_err(|(place, why)| {
            let (step, steps) = (names[place].clone(), names.join("."));
            Reason::NoStep { step, steps, why }.into()
        })
    }

    fn figure(&self, aggregate: &Aggregate) -> Result<Figure<'a>, BindError> {
        let table = table(self.catalog, &aggregate.table)?;
        let start = self.entity.table_name();
        let no_way = |why: NoWay| Reason::NoWay {
            table: table.name.clone(),
            entity: self.entity.name.clone(),
            via: aggregate.via.clone(),
            why,
        };
        let way = way_to(self.catalog, start, &table.name, aggregate.via.as_deref());
        let row = Row::Related(table);
        let column = |name: &str| Ok::<_, BindError>(Expr::Column(self.column(name, row)?));
        let measure = match &aggregate.measure {
            clause::Measure::Count => Measure::Count,
            clause::Measure::CountDistinct(of) => Measure::CountDistinct(column(of)?),
            clause::Measure::Sum(of) => Measure::Sum(column(of)?),
            clause::Measure::Average(of) => Measure::Average(column(of)?),
            clause::Measure::Minimum(of) => Measure::Minimum(column(of)?),
            clause::Measure::Maximum(of) => Measure::Maximum(column(of)?),
        };
        let filter = match &aggregate.filter {
            None => None,
            Some(group) => self.group(group, row)?,
        };
        Ok(Figure { measure, table, way: way.map_err(no_way)?.hops, filter })
    }

    /// Those in a cohort or segment of this name.
    fn members(&self, name: &str) -> Result<Members<'a>, BindError> {
        let is_named = |n: &str| n == name || n.eq_ignore_ascii_case(name);
        let segment = self
            .slice
            .segments
            .iter()
            .find(|s| is_named(&s.name) && s.cohort.entity == self.entity.name);
        let Some(segment) = segment else { return self.listed(name) };
        let name = segment.name.as_str();
        if self.within.contains(&name) {
            let by = self.within.iter().map(|&name| name.to_owned()).collect();
            return Err(Reason::Circle { segment: name.to_owned(), by }.into());
        }
        let inner = Self {
            catalog: self.catalog,
            slice: self.slice,
            entity: self.entity,
            cohort: segment.cohort.cohort.as_deref(),
            within: self.within.iter().copied().chain([name]).collect(),
        };
        let condition = inner.condition(&segment.tree)?;
        Ok(Members::Segment(Box::new(BoundSlice { condition, ..inner.everyone()? })))
    }

    /// Those in a cohort that the data team defined.
    fn listed(&self, name: &str) -> Result<Members<'a>, BindError> {
        let entity = self.entity;
        let cohort = entity
            .cohorts
            .iter()
            .find(|cohort| cohort.name == name)
            .or_else(|| entity.cohorts.iter().find(|c| c.name.eq_ignore_ascii_case(name)))
            .ok_or_else(|| {
                let known = entity.cohorts.iter().map(|cohort| cohort.name.as_str());
                let among = format!("the cohorts of {}", entity.name);
                Reason::unknown("cohort or segment", name, among, known)
            })?;
        let table = table(self.catalog, &cohort.table)?;
        let kinds = (
            table.column(&cohort.key).map(|column| column.kind),
            entity.feature(&entity.key).map(|column| column.kind),
        );
        Ok(Members::Listed { table, key: &cohort.key, as_text: kinds.0 != kinds.1 })
    }
}

fn column_of<'a>(table: &'a Table, name: &str) -> Result<&'a Column, BindError> {
    table.column(name).ok_or_else(|| {
        let known = table.columns.iter().map(|column| column.name.as_str());
        Reason::unknown("column", name, format!("the columns of {}", table.name), known).into()
    })
}

fn constants(values: &[Value]) -> Vec<Constant> {
    values.iter().cloned().map(Constant::from).collect()
}

/// What takes the type of what it is compared with.
fn is_constant(expr: &clause::Expr) -> bool {
    matches!(expr, clause::Expr::Value(_) | clause::Expr::Now(_))
}

fn is_moment(expr: &Expr<'_>) -> bool {
    matches!(expr.kind(), Some(Kind::Timestamp | Kind::Instant))
}

fn day_after(value: &Value) -> Option<Value> {
    match value {
        Value::Date(day) => Moment::day_after(day).map(Value::Date),
        _ => None,
    }
}

/// The day after the one that a moment is compared with.
fn next_day(left: &Expr<'_>, right: &clause::Expr) -> Option<Value> {
    match right {
        clause::Expr::Value(day) if is_moment(left) => day_after(day),
        _ => None,
    }
}

/// A moment as clocks in the stated zone show it; anything else as it is.
fn local(expr: Expr<'_>) -> Expr<'_> {
    match expr.kind() {
        Some(Kind::Instant) => Expr::Local(Box::new(expr)),
        _ => expr,
    }
}

fn as_text(expr: Expr<'_>) -> Expr<'_> {
    if expr.is_text() { expr } else { Expr::Cast(Box::new(expr), CastType::Text) }
}

/// What a message calls a value.
fn name_of(expr: &clause::Expr) -> &str {
    match expr {
        clause::Expr::Column(name) | clause::Expr::Beyond(_, name) => name,
        _ => "this",
    }
}

/// Refuses to compare text with a day or a moment: the database would read every text as one, and
/// fail on the first that is not.
fn refuse_text_as_moment(
    expr: &clause::Expr,
    other: &clause::Expr,
    kind: Option<Kind>,
) -> Result<(), Reason> {
    if kind != Some(Kind::Text) {
        return Ok(());
    }
    let name = name_of(expr);
    let what = match other {
        clause::Expr::Now(_) => {
            format!("{name} is text and cannot be compared with a point in time")
        }
        clause::Expr::Value(value @ (Value::Date(_) | Value::Timestamp(_) | Value::Instant(_))) => {
            format!("{name} is text, but {value} is a date")
        }
        _ => return Ok(()),
    };
    let hint = format!(
        "write cast({} as date), or say what {name} holds with the correction `columns`",
        print_expr(expr)
    );
    Err(Reason::mismatch(what, hint))
}
