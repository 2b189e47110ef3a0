//! What the syntax of a value means: features, constants, functions, arithmetic and figures over
//! related rows.

use super::conditions::{Context, Reader, call_name, strip};
use super::functions::{FUNCTIONS, TESTS, VIA, function};
use super::literal;
use super::moments;
use super::names::{self, RowsOf};
use super::print::{identifier, print_expr};
use super::scope::ParseError;
use crate::model::clause::{Aggregate, Arithmetic, CastType, Expr, Function, Measure, Now, Unit};
use crate::model::fields::field_of;
use crate::model::nearest::nearest;
use crate::model::value::{Kind, Value};
use crate::model::ways::{NoWay, steps, way_to};
use sqlparser::ast::{
    BinaryOperator, CeilFloorKind, DataType, DateTimeField, DuplicateTreatment, Expr as Sql,
    Function as SqlCall, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments,
    Ident, TypedString, UnaryOperator, Value as SqlValue,
};

impl<'a> Reader<'a> {
    /// A value: a feature, a constant, or something made of them.
    pub(super) fn expression(&self, sql: &Sql, place: Context<'a>) -> Result<Expr, ParseError> {
        self.check_depth(sql, place)?;
        let below = place.below();
        match sql {
            Sql::Nested(inner) => self.expression(inner, below),
            Sql::Identifier(name) => self.column(sql, name, place),
            Sql::CompoundIdentifier(parts) => self.qualified(sql, parts, place),
            Sql::Value(value) => self.constant(sql, &value.value),
            Sql::TypedString(typed) => self.typed(sql, typed),
            Sql::Array(items) => {
                Ok(Expr::Value(Value::List(self.values(items.elem.iter(), None, place)?)))
            }
            Sql::UnaryOp { op: UnaryOperator::Plus, expr } => self.expression(expr, below),
            Sql::UnaryOp { op: UnaryOperator::Minus, expr } => self.minus(expr, below),
            Sql::BinaryOp { left, op, right } => self.arithmetic(sql, (left, op, right), place),
            Sql::Cast { expr, data_type, format: None, .. } => {
                let to = self.cast_type(sql, data_type)?;
                Ok(Expr::Cast(Box::new(self.expression(expr, below)?), to))
            }
            Sql::Trim { trim_where: None, trim_what: None, expr, trim_characters: None } => {
                Ok(Expr::Call(Function::Trim, vec![self.expression(expr, below)?]))
            }
            Sql::Floor { expr, field } if is_bare(field) => {
                Ok(Expr::Call(Function::Floor, vec![self.expression(expr, below)?]))
            }
            Sql::Ceil { expr, field } if is_bare(field) => {
                Ok(Expr::Call(Function::Ceiling, vec![self.expression(expr, below)?]))
            }
            Sql::Extract { field, expr, .. } => {
                let part = self.date_part(sql, &field_name(field))?;
                Ok(Expr::Call(part, vec![self.expression(expr, below)?]))
            }
            Sql::Function(call) => self.call(sql, call, place),
            Sql::Interval(_) => Err(self.error(
                sql,
                "an interval goes with now() or today()",
                "write now() - interval 90 days",
            )),
            Sql::Tuple(_) => Err(self.error(sql, "a list goes after in", "write x in (1, 2)")),
            _ if is_condition(sql) => Err(self.error(
                sql,
                "this is a condition, but a value belongs here",
                "join conditions with and, or",
            )),
            _ => Err(self.error(
                sql,
                "this part of SQL cannot be used in a condition",
                "use features, values, and, or, not, in, between, like and the listed functions",
            )),
        }
    }

    fn column(&self, sql: &Sql, name: &Ident, place: Context<'a>) -> Result<Expr, ParseError> {
        if let Some(column) = place.rows.find(&self.scope, &name.value) {
            return Ok(Expr::Column(column.name.clone()));
        }
        let what = match place.rows {
            RowsOf::Entity => {
                format!("no feature of {} is called \"{}\"", self.scope.entity.name, name.value)
            }
            RowsOf::Related(table) => {
                format!("no column of {} is called \"{}\"", table.name, name.value)
            }
        };
        let columns = place.rows.columns(&self.scope);
        let near = nearest(&name.value, columns.iter().map(|c| c.name.as_str()));
        let hint = if let Some(near) = near {
            format!("perhaps {} is meant", super::print::column(near))
        } else if name.quote_style == Some('"') {
            format!("put text in single quotes: '{}'", name.value.replace('\'', "''"))
        } else if names::table(&self.scope, &name.value).is_some() {
            format!("{0} is a table: write count({0}) >= 1", name.value)
        } else {
            let some: Vec<String> =
                columns.iter().take(5).map(|c| super::print::column(&c.name)).collect();
            format!("available: {}{}", some.join(", "), if columns.len() > 5 { ", …" } else { "" })
        };
        Err(self.error(sql, &what, &hint))
    }

    /// `orders.total`, which outside of an aggregate is only meant for the rows' own table.
    fn qualified(
        &self,
        sql: &Sql,
        parts: &[Ident],
        place: Context<'a>,
    ) -> Result<Expr, ParseError> {
        let (column, prefix) = parts
            .split_last()
            .ok_or_else(|| self.error(sql, "a name is missing", "write a feature"))?;
        let names = prefix;
        // A field of a struct that is a column by itself, and any column with dots in its name.
        let whole = joined(parts);
        if let Some(column) = place.rows.find(&self.scope, &whole) {
            return Ok(Expr::Column(column.name.clone()));
        }
        let prefix = joined(prefix);
        if place.rows.is_prefix(&self.scope, &prefix) {
            return self.column(sql, column, place);
        }
        if let Some(found) = self.field(names, column, place) {
            return Ok(found);
        }
        if let Some(found) = self.beyond(sql, names, column, place)? {
            return Ok(found);
        }
        if let Some(table) = names::table(&self.scope, &prefix) {
            let name =
                format!("{}.{}", super::print::table(&table.name), identifier(&column.value));
            return Err(self.error(
                sql,
                &format!("{} has several rows for one {}", table.name, self.scope.entity.name),
                &format!("write max({name}), or count({})", super::print::table(&table.name)),
            ));
        }
        let of_others =
            self.scope.catalog.tables.iter().find(|table| table.column(&whole).is_some());
        if let Some(table) = of_others {
            let (handle, whole) = (super::print::table(&table.name), super::print::column(&whole));
            return Err(self.error(
                sql,
                &format!("{whole} is a column of {}", table.name),
                &format!("write count({handle} where {whole} = …) >= 1"),
            ));
        }
        Err(self.unknown_table(sql, &prefix))
    }

    /// `device.os.name`: a field of a struct of the row itself, which goes before a table of that
    /// name. `None` when the names lead into no struct.
    fn field(&self, names: &[Ident], field: &Ident, place: Context<'a>) -> Option<Expr> {
        let names: Vec<&str> = names.iter().map(|name| name.value.as_str()).collect();
        let own = names.len() > 1 && place.rows.is_prefix(&self.scope, names[0]);
        let (first, rest) = names[usize::from(own)..].split_first()?;
        let column = place.rows.find(&self.scope, first)?;
        let way: Vec<&str> = rest.iter().copied().chain([field.value.as_str()]).collect();
        let (mut found, _) = field_of(&column.type_name, &way)?;
        let last = found.pop()?;
        found.insert(0, column.name.clone());
        Some(Expr::Beyond(found, last))
    }

    /// `track.genre.label`: a column of a row that is pointed at. `None` when the first name leads
    /// nowhere.
    fn beyond(
        &self,
        sql: &Sql,
        names: &[Ident],
        column: &Ident,
        place: Context<'a>,
    ) -> Result<Option<Expr>, ParseError> {
        let start = match place.rows {
            RowsOf::Entity => self.scope.entity.table_name(),
            RowsOf::Related(table) => &table.name,
        };
        let mut names: Vec<&str> = names.iter().map(|name| name.value.as_str()).collect();
        if names.len() > 1 && place.rows.is_prefix(&self.scope, names[0]) {
            names.remove(0);
        }
        let hops = match steps(self.scope.catalog, start, &names) {
            Ok(hops) => hops,
            Err((place, NoWay::Several(ways) | NoWay::NotBy(ways))) => {
                return Err(self.error(
                    sql,
                    &format!("{} can be reached by {}", names[place], ways.join(" or by ")),
                    &format!("write {} in place of {}", identifier(&ways[0]), names[place]),
                ));
            }
            Err((0, NoWay::None)) => return Ok(None),
            Err((place, NoWay::None)) => {
                let hint = "name a step after the table it leads to, or after the column that \
                            points there";
                let what =
                    format!("rows of {} do not point at any {}", names[place - 1], names[place]);
                return Err(self.error(sql, &what, hint));
            }
        };
        let end = hops.last().and_then(|hop| self.scope.catalog.table(&hop.to_table));
        let Some(end) = end else { return Ok(None) };
        let Expr::Column(column) = self.column(sql, column, Context::top(RowsOf::Related(end)))?
        else {
            return Ok(None);
        };
        let names = names.into_iter().map(str::to_owned).collect();
        Ok(Some(Expr::Beyond(names, column)))
    }

    /// The column by which the rows of a table belong, when it is said or must be.
    fn via(
        &self,
        sql: &Sql,
        table: &str,
        said: Option<String>,
    ) -> Result<Option<String>, ParseError> {
        let entity = self.scope.entity;
        let way = way_to(self.scope.catalog, entity.table_name(), table, said.as_deref());
        let ways = match way {
            Ok(way) => return Ok(way.via),
            // What does not belong at all is reported where it is looked up.
            Err(NoWay::None) => return Ok(said),
            Err(NoWay::Several(ways) | NoWay::NotBy(ways)) => ways,
        };
        let what = match said {
            Some(said) => format!("rows of {table} do not belong to a {} by {said}", entity.name),
            None => {
                format!("rows of {table} belong to a {} by {}", entity.name, ways.join(" or by "))
            }
        };
        let last = ways.last().map_or("", String::as_str);
        let table = super::print::table(table);
        let hint = format!(
            "write count({table} via {}), or choose one with the correction `way`",
            super::print::reference(last)
        );
        Err(self.error(sql, &what, &hint))
    }

    fn unknown_table(&self, sql: &Sql, handle: &str) -> ParseError {
        let tables = &self.scope.catalog.tables;
        let hint = match nearest(handle, tables.iter().map(|t| t.name.as_str())) {
            Some(near) => format!("perhaps {} is meant", super::print::table(near)),
            None => {
                let some: Vec<&str> = tables.iter().take(5).map(|t| t.name.as_str()).collect();
                format!(
                    "available: {}{}",
                    some.join(", "),
                    if tables.len() > 5 { ", …" } else { "" }
                )
            }
        };
        self.error(sql, &format!("no table is called \"{handle}\""), &hint)
    }

    fn constant(&self, sql: &Sql, value: &SqlValue) -> Result<Expr, ParseError> {
        let value = match value {
            SqlValue::Number(text, _) => literal::number(text),
            SqlValue::SingleQuotedString(text) => Some(Value::Text(text.clone())),
            SqlValue::Boolean(yes) => Some(Value::Boolean(*yes)),
            SqlValue::Null => {
                let hint = "write x is null or x is not null";
                return Err(self.error(sql, "nothing equals null", hint));
            }
            _ => None,
        };
        value.map(Expr::Value).ok_or_else(|| {
            let hint = "write a number such as 10.5, or text in single quotes";
            self.error(sql, "this constant cannot be read", hint)
        })
    }

    fn typed(&self, sql: &Sql, typed: &TypedString) -> Result<Expr, ParseError> {
        let text = match &typed.value.value {
            SqlValue::SingleQuotedString(text) => text.as_str(),
            _ => {
                return Err(self.error(
                    sql,
                    "text in single quotes belongs here",
                    "write date '2026-11-23'",
                ));
            }
        };
        let name = typed.data_type.to_string().to_uppercase();
        let (value, hint) = match name.as_str() {
            "DATE" => (literal::date(text).map(Value::Date), "write date '2026-11-23'"),
            "TIMESTAMPTZ" | "TIMESTAMP WITH TIME ZONE" => (
                literal::instant(text).map(Value::Instant),
                "write timestamptz '2026-11-23 09:00:00+01'",
            ),
            "TIMESTAMP" | "TIMESTAMP WITHOUT TIME ZONE" | "DATETIME" => (
                literal::timestamp(text).map(Value::Timestamp),
                "write timestamp '2026-11-23 09:00:00'",
            ),
            // Compared as the database's own text.
            "TIME" | "UUID" => (Some(Value::Text(text.to_owned())), ""),
            _ => {
                let to = self.cast_type(sql, &typed.data_type)?;
                return Ok(Expr::Cast(Box::new(Expr::Value(Value::Text(text.to_owned()))), to));
            }
        };
        value
            .map(Expr::Value)
            .ok_or_else(|| self.error(sql, &format!("'{text}' is not a valid date"), hint))
    }

    fn minus(&self, sql: &Sql, place: Context<'a>) -> Result<Expr, ParseError> {
        // The magnitude of the least number does not fit without its sign.
        if let Sql::Value(value) = strip(sql)
            && let SqlValue::Number(text, _) = &value.value
            && let Some(negative) = literal::number(&format!("-{text}"))
        {
            return Ok(Expr::Value(negative));
        }
        let inner = self.expression(sql, place)?;
        if matches!(inner, Expr::Now(_)) {
            let hint = "compare a date with now() - interval 90 days instead";
            return Err(self.error(sql, "a point in time has no sign", hint));
        }
        let zero = Box::new(Expr::Value(Value::Integer(0)));
        Ok(Expr::Arithmetic(Arithmetic::Subtract, zero, Box::new(inner)))
    }

    fn arithmetic(
        &self,
        sql: &Sql,
        (left, op, right): (&Sql, &BinaryOperator, &Sql),
        place: Context<'a>,
    ) -> Result<Expr, ParseError> {
        let op = match op {
            BinaryOperator::Plus => Arithmetic::Add,
            BinaryOperator::Minus => Arithmetic::Subtract,
            BinaryOperator::Multiply => Arithmetic::Multiply,
            BinaryOperator::Divide => Arithmetic::Divide,
            BinaryOperator::Modulo => Arithmetic::Remainder,
            _ if is_condition(sql) => {
                let hint = "join conditions with and, or";
                return Err(self.error(sql, "this is a condition, but a value belongs here", hint));
            }
            other => {
                let hint = "the operators are + - * / % and = <> < <= > >=";
                return Err(self.error(
                    sql,
                    &format!("the operator {other} cannot be used here"),
                    hint,
                ));
            }
        };
        let a = self.expression(left, place.below())?;
        if let (Expr::Now(now), Arithmetic::Add | Arithmetic::Subtract) = (&a, op) {
            let hint = "write now() - interval 90 days, or today() + interval 1 month";
            let later = op == Arithmetic::Add;
            let moved = self.offset(right, place)?.and_then(|(n, unit)| {
                moments::moved(*now, if later { n } else { n.checked_neg()? }, unit)
            });
            return moved
                .map(Expr::Now)
                .ok_or_else(|| self.error(right, "an interval of whole units belongs here", hint));
        }
        let b = self.expression(right, place.below())?;
        if let (Expr::Now(_), _) | (_, Expr::Now(_)) = (&a, &b) {
            let hint = "compare a date with now() - interval 90 days instead";
            return Err(self.error(
                sql,
                "only an interval can be added to or subtracted from a point in time",
                hint,
            ));
        }
        Ok(Expr::Arithmetic(op, Box::new(a), Box::new(b)))
    }

    /// How far a moment is moved: an interval, or a whole number of days.
    fn offset(&self, sql: &Sql, place: Context<'a>) -> Result<Option<(i64, Unit)>, ParseError> {
        let Sql::Interval(interval) = strip(sql) else {
            let Expr::Value(Value::Integer(days)) = self.expression(sql, place.below())? else {
                return Ok(None);
            };
            return Ok(i64::try_from(days).ok().map(|days| (days, Unit::Day)));
        };
        if interval.last_field.is_some() || interval.leading_precision.is_some() {
            return Ok(None);
        }
        let value = self.expression(&interval.value, place.below())?;
        Ok(match (&interval.leading_field, value) {
            (Some(field), Expr::Value(Value::Integer(n))) => moments::unit(&field_name(field))
                .zip(i64::try_from(n).ok())
                .map(|(unit, n)| (n, unit)),
            (Some(field), Expr::Value(Value::Text(n))) => moments::unit(&field_name(field))
                .zip(n.trim().parse().ok())
                .map(|(unit, n)| (n, unit)),
            (None, Expr::Value(Value::Text(text))) => moments::interval(&text),
            _ => None,
        })
    }

    fn cast_type(&self, sql: &Sql, data_type: &DataType) -> Result<CastType, ParseError> {
        let name = data_type.to_string().to_uppercase();
        Ok(match name.split('(').next().unwrap_or_default().trim() {
            "VARCHAR" | "TEXT" | "STRING" | "CHAR" | "CHARACTER VARYING" => CastType::Text,
            "INT" | "INTEGER" | "BIGINT" | "SMALLINT" | "TINYINT" | "HUGEINT" | "UBIGINT"
            | "INT4" | "INT8" | "INT64" | "UINTEGER" | "USMALLINT" | "UTINYINT" | "UHUGEINT" => {
                CastType::Integer
            }
            "DOUBLE" | "FLOAT" | "REAL" | "DECIMAL" | "NUMERIC" | "DOUBLE PRECISION" | "FLOAT4"
            | "FLOAT8" | "FLOAT64" => CastType::Number,
            "DATE" => CastType::Date,
            "TIMESTAMP" | "DATETIME" | "TIMESTAMP WITHOUT TIME ZONE" => CastType::Timestamp,
            "BOOLEAN" | "BOOL" => CastType::Boolean,
            _ => {
                let hint = "the types are varchar, bigint, double, date, timestamp and boolean";
                return Err(self.error(
                    sql,
                    &format!("{} is not a type that can be used here", name.to_lowercase()),
                    hint,
                ));
            }
        })
    }

    fn date_part(&self, sql: &Sql, name: &str) -> Result<Function, ParseError> {
        Ok(match name {
            "year" | "years" => Function::Year,
            "month" | "months" => Function::Month,
            "day" | "days" => Function::Day,
            "hour" | "hours" => Function::Hour,
            "isodow" => Function::Weekday,
            _ => {
                let hint = "the parts are year, month, day, hour and isodow (1 is Monday)";
                return Err(self.error(
                    sql,
                    &format!("{name} is not a part of a date that can be used here"),
                    hint,
                ));
            }
        })
    }

    fn call(&self, sql: &Sql, call: &SqlCall, place: Context<'a>) -> Result<Expr, ParseError> {
        let name = call_name(call).unwrap_or_default();
        if let "count" | "sum" | "avg" | "mean" | "min" | "max" = name.as_str() {
            return self.aggregate(sql, call, &name, place);
        }
        if call.filter.is_some() {
            let hint = "filter follows count, sum, avg, min or max";
            return Err(self.error(sql, &format!("{name} takes no filter"), hint));
        }
        let args = self.arguments(call)?;
        if let Some(now) = self.moment(sql, &name, &args, place)? {
            return Ok(Expr::Now(now));
        }
        if name == "date_part" || name == "datepart" {
            let [part, day] = args[..] else {
                return Err(self.error(sql, "date_part takes two values", "write year(birthday)"));
            };
            let part = self.text(part, place)?.to_lowercase();
            let part = self.date_part(sql, &part)?;
            return Ok(Expr::Call(part, vec![self.expression(day, place.below())?]));
        }
        let values: Vec<Expr> =
            args.iter().map(|arg| self.expression(arg, place.below())).collect::<Result<_, _>>()?;
        let Some((mut function, least, most)) = function(&name) else {
            let known = FUNCTIONS.iter().map(|(name, ..)| *name).chain(TESTS.iter().copied());
            let hint = match nearest(&name, known) {
                Some(near) => format!("perhaps {near} is meant"),
                None if matches!(name.as_str(), "dayofweek" | "weekday") => {
                    "write isodow(day), where 1 is Monday".to_owned()
                }
                None => {
                    "available: lower, upper, trim, length, abs, round, year, month, coalesce, …"
                        .to_owned()
                }
            };
            return Err(self.error(sql, &format!("no function is called \"{name}\""), &hint));
        };
        if values.len() < least || values.len() > most {
            let takes = match (least, most) {
                (a, b) if a == b => format!("{a}"),
                (a, usize::MAX) => format!("at least {a}"),
                (a, b) => format!("{a} to {b}"),
            };
            let what = format!(
                "{name} takes {takes} value{}",
                if takes == "1" || takes == "at least 1" { "" } else { "s" }
            );
            return Err(self.error(sql, &what, &format!("there are {} here", values.len())));
        }
        if name == "len" && self.kind(&values[0], place) == Some(Kind::List) {
            function = Function::ListLength;
        }
        Ok(Expr::Call(function, values))
    }

    /// `now()`, `today()` and `date_trunc('month', now())`.
    fn moment(
        &self,
        sql: &Sql,
        name: &str,
        args: &[&Sql],
        place: Context<'a>,
    ) -> Result<Option<Now>, ParseError> {
        match (name, args) {
            ("now" | "current_timestamp", []) => Ok(Some(Now { offset: None, start_of: None })),
            ("today" | "current_date", []) => {
                Ok(Some(Now { offset: None, start_of: Some(Unit::Day) }))
            }
            ("date_trunc" | "datetrunc", [unit, moment]) => {
                let unit_name = self.text(unit, place)?;
                let start = moments::unit(&unit_name).ok_or_else(|| {
                    let hint =
                        "the units are second, minute, hour, day, week, month, quarter, year";
                    self.error(unit, &format!("\"{unit_name}\" is not a unit of time"), hint)
                })?;
                let Expr::Now(now) = self.expression(moment, place.below())? else {
                    let hint = "write date_trunc('month', now()); for a feature, compare year(…) and month(…)";
                    return Err(self.error(
                        moment,
                        "date_trunc works only on now() and today()",
                        hint,
                    ));
                };
                moments::cut(now, start).map(Some).ok_or_else(|| {
                    let hint = "write date_trunc('month', now() - interval 1 month)";
                    self.error(sql, "date_trunc is applied twice", hint)
                })
            }
            _ => Ok(None),
        }
    }

    fn aggregate(
        &self,
        sql: &Sql,
        call: &SqlCall,
        name: &str,
        place: Context<'a>,
    ) -> Result<Expr, ParseError> {
        if matches!(place.rows, RowsOf::Related(_)) {
            let hint = "a filter can compare only columns of its own table";
            return Err(self.error(sql, "an aggregate cannot be inside a filter", hint));
        }
        let distinct = matches!(&call.args, FunctionArguments::List(list)
            if list.duplicate_treatment == Some(DuplicateTreatment::Distinct));
        if call.over.is_some() || (distinct && name != "count") {
            return Err(self.error(
                sql,
                &format!("{name} cannot be used in this way"),
                "write sum(orders.total)",
            ));
        }
        let hint = if name == "count" {
            "name the table whose rows are counted: count(orders)".to_owned()
        } else {
            format!("name a column of a related table: {name}(orders.total)")
        };
        let args = match &call.args {
            FunctionArguments::List(list) => &list.args[..],
            _ => &[],
        };
        let [FunctionArg::Unnamed(FunctionArgExpr::Expr(arg))] = args else {
            return Err(self.error(sql, &format!("{name} does not say of what"), &hint));
        };
        let (arg, via) = match strip(arg) {
            Sql::BinaryOp { left, op: BinaryOperator::Custom(op), right } if op == VIA => {
                (left.as_ref(), Some(right.as_ref()))
            }
            _ => (arg, None),
        };
        let via = match via {
            None => None,
            Some(Sql::Identifier(one)) => Some(one.value.clone()),
            Some(Sql::CompoundIdentifier(several)) => Some(joined(several)),
            Some(other) => return Err(self.error(other, "a column belongs after via", &hint)),
        };
        let parts: Vec<&Ident> = match strip(arg) {
            Sql::Identifier(one) => vec![one],
            Sql::CompoundIdentifier(several) => several.iter().collect(),
            _ => return Err(self.error(arg, &format!("{name} works on a related table"), &hint)),
        };
        let (table, measure) = self.measure(arg, (name, distinct), &parts, &hint)?;
        let filter = match self.filter_of(call, name)? {
            None => None,
            Some(filter) => Some(self.tree(filter, RowsOf::Related(table))?),
        };
        let via = self.via(arg, &table.name, via)?;
        Ok(Expr::Aggregate(Box::new(Aggregate { measure, table: table.name.clone(), via, filter })))
    }

    /// Where a call begins, in characters.
    fn place_of(&self, call: &SqlCall) -> Option<usize> {
        let name = call.name.0.first()?.as_ident()?;
        self.places.at(name.span.start)
    }

    /// The condition on the rows of a figure: `count(orders) filter (where …)`, or within the
    /// brackets, `count(orders where …)`.
    fn filter_of<'s>(&self, call: &'s SqlCall, name: &str) -> Result<Option<&'s Sql>, ParseError> {
        let mut found = call.filter.as_deref();
        let clauses = match &call.args {
            FunctionArguments::List(list) => &list.clauses[..],
            _ => &[],
        };
        let refused = |message: String| ParseError {
            message,
            at: self.place_of(call),
            hint: "write count(orders where total > 10)".to_owned(),
        };
        for clause in clauses {
            match clause {
                FunctionArgumentClause::Where(filter) if found.is_none() => found = Some(filter),
                FunctionArgumentClause::Where(_) => {
                    return Err(refused(format!("{name} has two conditions; join them with and")));
                }
                _ => {
                    return Err(refused(format!("only a condition can follow the rows of {name}")));
                }
            }
        }
        if !call.within_group.is_empty() || call.null_treatment.is_some() {
            return Err(refused(format!("{name} cannot be used in this way")));
        }
        Ok(found)
    }

    fn measure(
        &self,
        arg: &Sql,
        (name, distinct): (&str, bool),
        parts: &[&Ident],
        hint: &str,
    ) -> Result<(&'a crate::model::catalog::Table, Measure), ParseError> {
        let whole = joined_refs(parts);
        if name == "count" && !distinct {
            if let Some(table) = names::table(&self.scope, &whole) {
                return Ok((table, Measure::Count));
            }
            if let Some((_, prefix)) = parts.split_last()
                && let Some(table) = names::table(&self.scope, &joined_refs(prefix))
            {
                let handle = super::print::table(&table.name);
                return Err(self.error(
                    arg,
                    "count counts rows, not values",
                    &format!("write count({handle}), or count(distinct {whole})"),
                ));
            }
            return Err(self.unknown_table(arg, &whole));
        }
        let split = (1..parts.len()).rev().find_map(|at| {
            let table = names::table(&self.scope, &joined_refs(&parts[..at]))?;
            Some((table, &parts[at..]))
        });
        let (table, column) = match (split, parts.split_last()) {
            (Some(found), _) => found,
            (None, Some((_, prefix))) if !prefix.is_empty() => {
                return Err(self.unknown_table(arg, &joined_refs(prefix)));
            }
            _ => {
                let what = match names::table(&self.scope, &whole) {
                    Some(_) => format!("{name} needs a column of {whole}"),
                    None => format!("\"{whole}\" does not say which table"),
                };
                return Err(self.error(arg, &what, hint));
            }
        };
        // A field of a struct that is a column by itself has dots in its name.
        let column = Ident { value: joined_refs(column), ..column[0].clone() };
        let Expr::Column(column) =
            self.column(arg, &column, Context::top(RowsOf::Related(table)))?
        else {
            return Err(self.error(arg, "a column belongs here", hint));
        };
        Ok((
            table,
            match name {
                "count" => Measure::CountDistinct(column),
                "sum" => Measure::Sum(column),
                "min" => Measure::Minimum(column),
                "max" => Measure::Maximum(column),
                _ => Measure::Average(column),
            },
        ))
    }

    /// The plain arguments of a call.
    pub(super) fn arguments<'s>(&self, call: &'s SqlCall) -> Result<Vec<&'s Sql>, ParseError> {
        let is_filtered = matches!(&call.args, FunctionArguments::List(list)
            if list.clauses.iter().any(|c| matches!(c, FunctionArgumentClause::Where(_))));
        let odd = || ParseError {
            message: match is_filtered {
                true => "only an aggregate over related rows takes a condition on them".to_owned(),
                false => "only values belong in these parentheses".to_owned(),
            },
            at: self.place_of(call),
            hint: match is_filtered {
                true => "write count(orders where total > 10) >= 1".to_owned(),
                false => "write lower(name)".to_owned(),
            },
        };
        if call.over.is_some() || !call.within_group.is_empty() || call.null_treatment.is_some() {
            return Err(odd());
        }
        match &call.args {
            FunctionArguments::None => Ok(Vec::new()),
            FunctionArguments::List(list)
                if list.clauses.is_empty() && list.duplicate_treatment.is_none() =>
            {
                let plain = |arg: &'s FunctionArg| match arg {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
                    _ => Err(odd()),
                };
                list.args.iter().map(plain).collect()
            }
            _ => Err(odd()),
        }
    }

    /// A text constant.
    pub(super) fn text(&self, sql: &Sql, place: Context<'a>) -> Result<String, ParseError> {
        match self.expression(sql, place.below())? {
            Expr::Value(Value::Text(text)) => Ok(text),
            _ => Err(self.error(sql, "text in single quotes belongs here", "write 'text'")),
        }
    }

    /// Constants, read in the light of what they are compared with.
    pub(super) fn values<'s>(
        &self,
        items: impl IntoIterator<Item = &'s Sql>,
        beside: Option<&Expr>,
        place: Context<'a>,
    ) -> Result<Vec<Value>, ParseError> {
        let one = |sql: &'s Sql| {
            let expr = self.expression(sql, place.below())?;
            let expr = match beside {
                Some(beside) => self.fit(sql, expr, beside, place)?,
                None => expr,
            };
            match super::normal::normalise_expr(&expr) {
                Expr::Value(value) => Ok(value),
                _ => Err(self.error(
                    sql,
                    "a list can hold only constants",
                    "write x = a or x = b for features",
                )),
            }
        };
        items.into_iter().map(one).collect()
    }

    /// A value that is compared with `beside`.
    pub(super) fn fitting(
        &self,
        sql: &Sql,
        beside: &Expr,
        place: Context<'a>,
    ) -> Result<Expr, ParseError> {
        let expr = self.expression(sql, place.below())?;
        self.fit(sql, expr, beside, place)
    }

    /// A constant brought to the kind of what it is compared with: text beside a date is a date,
    /// as in SQL; text beside a number, or the other way round, is a slip.
    pub(super) fn fit(
        &self,
        sql: &Sql,
        expr: Expr,
        beside: &Expr,
        place: Context<'a>,
    ) -> Result<Expr, ParseError> {
        let Expr::Value(value) = &expr else { return Ok(expr) };
        // An infinite number is written as a conversion, and is a constant all the same.
        if matches!(super::normal::normalise_expr(beside), Expr::Value(_)) {
            return Ok(expr);
        }
        let Some(kind) = self.kind(beside, place) else { return Ok(expr) };
        let name = print_expr(beside);
        match (value, kind) {
            (Value::Text(text), Kind::Date | Kind::Timestamp | Kind::Instant) => {
                let day = literal::date(text).filter(|_| text.trim().len() == 10).map(Value::Date);
                let moment = match kind {
                    Kind::Instant => literal::instant(text).map(Value::Instant),
                    _ => literal::timestamp(text).map(Value::Timestamp),
                };
                day.or(moment).map(Expr::Value).ok_or_else(|| {
                    let hint = "write '2026-11-23', or now() - interval 90 days";
                    self.error(sql, &format!("{name} is a date, but '{text}' is not"), hint)
                })
            }
            (Value::Text(text), Kind::Integer | Kind::Number) => {
                let hint = match literal::number(text.trim()) {
                    Some(number) => format!("write {number} without quotes"),
                    None => format!("write {name} = 3"),
                };
                Err(self.error(sql, &format!("{name} is a number, but '{text}' is text"), &hint))
            }
            (Value::Integer(_) | Value::Decimal(_) | Value::Float(_), Kind::Text) => Err(self
                .error(
                    sql,
                    &format!("{name} is text, but {value} is a number"),
                    &format!("write '{value}' in single quotes"),
                )),
            (Value::Boolean(_), Kind::Text) => Err(self.error(
                sql,
                &format!("{name} is text, but {value} is yes or no"),
                &format!("write '{value}' in single quotes"),
            )),
            _ => Ok(expr),
        }
    }

    /// The kind of values that an expression has, where it is known.
    pub(super) fn kind(&self, expr: &Expr, place: Context<'a>) -> Option<Kind> {
        match expr {
            Expr::Entity => None,
            Expr::Column(name) => place.rows.find(&self.scope, name).map(|c| c.kind),
            Expr::Beyond(names, column) => {
                let start = match place.rows {
                    RowsOf::Entity => self.scope.entity.table_name(),
                    RowsOf::Related(table) => &table.name,
                };
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                if let Some((first, rest)) = names.split_first()
                    && let Some(own) = place.rows.find(&self.scope, first)
                {
                    let way: Vec<&str> = rest.iter().copied().chain([column.as_str()]).collect();
                    if let Some((_, type_name)) = field_of(&own.type_name, &way) {
                        return Some(Kind::of_duckdb_type(&type_name));
                    }
                }
                let hops = steps(self.scope.catalog, start, &names).ok()?;
                self.scope.catalog.table(&hops.last()?.to_table)?.column(column).map(|c| c.kind)
            }
            Expr::Value(value) => match value {
                Value::Boolean(_) => Some(Kind::Boolean),
                Value::List(_) => Some(Kind::List),
                _ => None,
            },
            Expr::Now(_) => None,
            Expr::Aggregate(aggregate) => match &aggregate.measure {
                Measure::Count | Measure::CountDistinct(_) => Some(Kind::Integer),
                Measure::Sum(_) | Measure::Average(_) => Some(Kind::Number),
                Measure::Minimum(column) | Measure::Maximum(column) => {
                    self.scope.catalog.table(&aggregate.table)?.column(column).map(|c| c.kind)
                }
            },
            Expr::Call(function, args) => {
                function.kind().or_else(|| args.iter().find_map(|arg| self.kind(arg, place)))
            }
            // A day and a number make a day, two days a number: the database knows.
            Expr::Arithmetic(..) => None,
            Expr::Cast(_, to) => Some(to.kind()),
        }
    }
}

fn is_bare(field: &CeilFloorKind) -> bool {
    matches!(field, CeilFloorKind::DateTimeField(DateTimeField::NoDateTime))
}

fn field_name(field: &DateTimeField) -> String {
    field.to_string().trim_matches('\'').to_lowercase()
}

fn is_condition(sql: &Sql) -> bool {
    use BinaryOperator as Op;
    match sql {
        Sql::BinaryOp { op, .. } => matches!(
            op,
            Op::And | Op::Or | Op::Eq | Op::NotEq | Op::Lt | Op::LtEq | Op::Gt | Op::GtEq
        ),
        Sql::UnaryOp { op: UnaryOperator::Not, .. }
        | Sql::IsNull(_)
        | Sql::IsNotNull(_)
        | Sql::IsTrue(_)
        | Sql::IsNotTrue(_)
        | Sql::IsFalse(_)
        | Sql::IsNotFalse(_)
        | Sql::IsDistinctFrom(..)
        | Sql::IsNotDistinctFrom(..)
        | Sql::InList { .. }
        | Sql::Between { .. }
        | Sql::Like { .. }
        | Sql::ILike { .. } => true,
        _ => false,
    }
}

fn joined(parts: &[Ident]) -> String {
    parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".")
}

fn joined_refs(parts: &[&Ident]) -> String {
    parts.iter().map(|part| part.value.as_str()).collect::<Vec<_>>().join(".")
}
