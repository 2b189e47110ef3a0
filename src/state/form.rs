//! A clause as the fields of its editor. Fields hold text as typed; [`Form::node`] reads them.

use super::State;
use super::values::read_value;
use crate::language;
use crate::model::clause::{
    Aggregate, Case, Clause, Comparison, Expr, Function, Group, Measure, Missing, Node, Now, Part,
    Test, TextMatch, Unit,
};
use crate::model::value::{Kind, Value};

/// The fields of a clause's editor, by the kind of the clause.
#[derive(Debug, Clone, PartialEq)]
pub enum Form {
    /// A number.
    Number {
        /// The feature.
        column: String,
        /// The test.
        test: NumberTest,
        /// The first bound, or the only one.
        low: String,
        /// The second bound.
        high: String,
        /// Negated, and what that means for missing values.
        not: Option<Missing>,
    },
    /// A text.
    Text {
        /// The feature.
        column: String,
        /// The test.
        mode: TextMode,
        /// The values chosen.
        values: Vec<Value>,
        /// The pattern.
        pattern: String,
        /// Whether case counts.
        case: Case,
        /// Negated, and what that means for missing values.
        not: Option<Missing>,
    },
    /// A day or moment.
    Date {
        /// The feature.
        column: String,
        /// The test.
        mode: DateMode,
        /// The first day, or the only one.
        from: String,
        /// The second day.
        to: String,
        /// How many units.
        count: String,
        /// Units of what.
        unit: Unit,
        /// Negated, and what that means for missing values.
        not: Option<Missing>,
    },
    /// Yes or no: `None` is missing.
    Boolean {
        /// The feature.
        column: String,
        /// What it is.
        pick: Option<bool>,
    },
    /// A list.
    List {
        /// The feature.
        column: String,
        /// All of the items rather than any.
        all: bool,
        /// The items, one per line.
        items: String,
        /// Negated, and what that means for missing values.
        not: Option<Missing>,
    },
    /// Only whether there is a value.
    Presence {
        /// The feature.
        column: String,
        /// Whether there must be one.
        present: bool,
    },
    /// A figure over related rows.
    Related(RelatedForm),
    /// In a cohort or segment.
    Member {
        /// Its name.
        name: String,
        /// In it, rather than not in it.
        inside: bool,
    },
    /// Anything else, as text.
    Typed {
        /// The condition.
        text: String,
    },
}

/// Tests on a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NumberTest {
    /// From low to high.
    Between,
    /// A comparison with low.
    Compare(Comparison),
    /// No value.
    Missing,
}

/// Tests on a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextMode {
    /// One of the chosen values.
    OneOf,
    /// Matches the pattern.
    Match(TextMatch),
    /// So many characters, compared with the number in the pattern.
    Length(Comparison),
    /// No characters.
    Empty,
    /// No value.
    Missing,
}

/// Tests on a day or moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateMode {
    /// In the last N units.
    Last,
    /// In the next N units.
    Next,
    /// More than N units ago.
    Ago,
    /// Since the start of this unit.
    ThisUnit,
    /// From one day to another.
    Between,
    /// On or after a day.
    Since,
    /// Before a day.
    Before,
    /// Month and day within the next N days.
    Anniversary,
    /// No value.
    Missing,
}

/// The fields of a clause over related rows.
#[derive(Debug, Clone, PartialEq)]
pub struct RelatedForm {
    /// The related table.
    pub table: String,
    /// The column by which its rows belong, where several could be meant.
    pub via: Option<String>,
    /// Which figure.
    pub measure: Measure,
    /// The comparison.
    pub comparison: Comparison,
    /// What it is compared with.
    pub value: String,
    /// Only rows for which this condition holds.
    pub filter: String,
    /// Only rows of the last N units: the time column, N, the unit.
    pub window: Option<(String, String, Unit)>,
    /// Negated.
    pub not: Option<Missing>,
}

impl Form {
    /// The form for a new clause on a feature.
    pub fn for_feature(name: &str, kind: Kind) -> Self {
        let column = name.to_owned();
        match kind {
            Kind::Integer | Kind::Number => Self::Number {
                column,
                test: NumberTest::Between,
                low: String::new(),
                high: String::new(),
                not: None,
            },
            Kind::Text => Self::Text {
                column,
                mode: TextMode::OneOf,
                values: Vec::new(),
                pattern: String::new(),
                case: Case::Ignored,
                not: None,
            },
            Kind::Date | Kind::Timestamp | Kind::Instant => Self::Date {
                column,
                mode: DateMode::Last,
                from: String::new(),
                to: String::new(),
                count: "30".to_owned(),
                unit: Unit::Day,
                not: None,
            },
            Kind::Boolean => Self::Boolean { column, pick: Some(true) },
            Kind::List => Self::List { column, all: false, items: String::new(), not: None },
            _ => Self::Presence { column, present: true },
        }
    }

    /// The feature it is about, if it is about one.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::Number { column, .. }
            | Self::Text { column, .. }
            | Self::Date { column, .. }
            | Self::Boolean { column, .. }
            | Self::List { column, .. }
            | Self::Presence { column, .. } => Some(column),
            _ => None,
        }
    }

    /// The clause that the fields mean.
    ///
    /// # Errors
    /// What is missing or cannot be read, as a phrase.
    pub fn node(&self, state: &State) -> Result<Node, String> {
        let kind = |column: &str| {
            let feature = state.entity().and_then(|e| e.feature(column));
            feature.map(|f| f.kind).ok_or_else(|| format!("there is no feature {column}"))
        };
        let (column, test, not) = match self {
            Self::Number { column, test, low, high, not } => {
                (column, number_test(*test, low, high, kind(column)?)?, *not)
            }
            Self::Text { column, mode, values, pattern, case, not } => {
                (column, text_test(*mode, values, pattern, *case)?, *not)
            }
            Self::Date { column, not, .. } => (column, self.date_test(kind(column)?)?, *not),
            Self::Boolean { column, pick } => match pick {
                Some(yes) => {
                    let value = Expr::Value(Value::Boolean(*yes));
                    (column, Test::Compare(Comparison::Equal, value), None)
                }
                None => (column, Test::IsMissing, None),
            },
            Self::List { column, all, items, not } => (column, list_test(*all, items)?, *not),
            Self::Presence { column, present } => {
                (column, Test::IsMissing, present.then_some(Missing::Drop))
            }
            Self::Related(form) => return form.node(state),
            Self::Member { name, inside } => {
                let negated = (!inside).then_some(Missing::Keep);
                return Ok(Clause { negated, ..Clause::in_cohort(name) }.into());
            }
            Self::Typed { text } => return typed_node(text, state),
        };
        let negated = match test {
            Test::IsMissing => not.map(|_| Missing::Drop),
            _ => not,
        };
        let value = Expr::Column(column.clone());
        let left = match self {
            Self::Text { mode: TextMode::Length(_), .. } => {
                Expr::Call(Function::Length, vec![value])
            }
            _ => value,
        };
        Ok(Clause { left, test, negated }.into())
    }

    fn date_test(&self, kind: Kind) -> Result<Test, String> {
        let Self::Date { mode, from, to, count, unit, .. } = self else {
            return Err("no date".to_owned());
        };
        let day = |text: &str, last: bool| read_edge(text, kind, last).map(Expr::Value);
        let moved = |sign: i64| -> Result<Expr, String> {
            let n: i64 = count.trim().parse().map_err(|_| "type a whole number".to_owned())?;
            Ok(Expr::Now(Now { offset: Some((sign * n, *unit)), start_of: None }))
        };
        let now = Expr::Now(Now { offset: None, start_of: None });
        Ok(match mode {
            DateMode::Last => Test::Between(moved(-1)?, now),
            DateMode::Next => Test::Between(now, moved(1)?),
            DateMode::Ago => Test::Compare(Comparison::Less, moved(-1)?),
            DateMode::ThisUnit => Test::Compare(
                Comparison::GreaterOrEqual,
                Expr::Now(Now { offset: None, start_of: Some(*unit) }),
            ),
            DateMode::Between => Test::Between(day(from, false)?, day(to, true)?),
            DateMode::Since => Test::Compare(Comparison::GreaterOrEqual, day(from, false)?),
            DateMode::Before => Test::Compare(Comparison::Less, day(from, false)?),
            DateMode::Anniversary => {
                let n: i32 = count.trim().parse().map_err(|_| "type a whole number".to_owned())?;
                Test::Anniversary { from_days: n.min(0), to_days: n.max(0) }
            }
            DateMode::Missing => Test::IsMissing,
        })
    }
}

fn number_test(test: NumberTest, low: &str, high: &str, kind: Kind) -> Result<Test, String> {
    let number = |text: &str| read_value(text, kind).map(Expr::Value);
    Ok(match test {
        NumberTest::Missing => Test::IsMissing,
        NumberTest::Compare(comparison) => Test::Compare(comparison, number(low)?),
        // A bound left open is a comparison with the other one.
        NumberTest::Between => match (low.trim().is_empty(), high.trim().is_empty()) {
            (true, true) => return Err("type a number, or drag a range".to_owned()),
            (false, true) => Test::Compare(Comparison::GreaterOrEqual, number(low)?),
            (true, false) => Test::Compare(Comparison::LessOrEqual, number(high)?),
            (false, false) => Test::Between(number(low)?, number(high)?),
        },
    })
}

fn text_test(mode: TextMode, values: &[Value], pattern: &str, case: Case) -> Result<Test, String> {
    Ok(match mode {
        TextMode::OneOf if values.is_empty() => return Err("choose a value".to_owned()),
        TextMode::OneOf => Test::OneOf(values.to_vec(), case),
        TextMode::Match(_) if pattern.is_empty() => return Err("type a text".to_owned()),
        TextMode::Match(how) => Test::Text(how, pattern.to_owned(), case),
        TextMode::Length(comparison) => {
            let length = pattern.trim().parse::<u32>();
            let length = length.map_err(|_| "type how many characters".to_owned())?;
            Test::Compare(comparison, Expr::Value(Value::Integer(length.into())))
        }
        TextMode::Empty => Test::IsEmpty,
        TextMode::Missing => Test::IsMissing,
    })
}

fn list_test(all: bool, items: &str) -> Result<Test, String> {
    let items: Vec<Value> = pasted_values(items);
    if items.is_empty() {
        return Err("type the items, one per line".to_owned());
    }
    Ok(if all { Test::ListHasAll(items) } else { Test::ListHasAny(items) })
}

/// A pasted list: one value per line, or separated by commas or semicolons on one line.
pub fn pasted_values(text: &str) -> Vec<Value> {
    let one_line = !text.trim().contains('\n');
    let mut values: Vec<Value> = Vec::new();
    for item in text.split(|c| c == '\n' || c == '\t' || (one_line && matches!(c, ',' | ';'))) {
        let item = item.trim().trim_matches('"');
        let value = Value::Text(item.to_owned());
        if !item.is_empty() && !values.contains(&value) {
            values.push(value);
        }
    }
    values
}

/// A typed day as a bound: the last moment of the day when it is an upper one.
fn read_edge(text: &str, kind: Kind, last: bool) -> Result<Value, String> {
    let is_day = text.trim().len() == 10;
    match (read_value(text, kind)?, last && is_day) {
        (Value::Timestamp(t), true) => Ok(Value::Timestamp(format!("{}23:59:59.999999", &t[..11]))),
        (Value::Instant(t), true) => Ok(Value::Instant(format!("{}23:59:59.999999+00", &t[..11]))),
        (value, _) => Ok(value),
    }
}

fn typed_node(text: &str, state: &State) -> Result<Node, String> {
    let mut tree = state.parse(text).map_err(|error| error.told(text))?;
    match tree.parts.len() {
        0 => Err("type a condition".to_owned()),
        1 => Ok(tree.parts.remove(0).node),
        _ => Ok(tree.into()),
    }
}

impl RelatedForm {
    /// A new clause over a related table: it has at least one row.
    pub fn new(table: &str) -> Self {
        Self {
            table: table.to_owned(),
            via: None,
            measure: Measure::Count,
            comparison: Comparison::GreaterOrEqual,
            value: "1".to_owned(),
            filter: String::new(),
            window: None,
            not: None,
        }
    }

    /// The kind of the figure.
    fn kind(&self, state: &State) -> Kind {
        match &self.measure {
            Measure::Count | Measure::CountDistinct(_) => Kind::Integer,
            Measure::Sum(_) | Measure::Average(_) => Kind::Number,
            Measure::Minimum(c) | Measure::Maximum(c) => {
                let table = state.source.catalog().and_then(|k| k.table(&self.table));
                table.and_then(|t| t.column(c)).map_or(Kind::Number, |c| c.kind)
            }
        }
    }

    fn node(&self, state: &State) -> Result<Node, String> {
        let value = read_value(&self.value, self.kind(state))?;
        let mut filter = self.rows_filter(state)?;
        if let Some((column, count, unit)) = &self.window {
            let n: i64 = count.trim().parse().map_err(|_| "type a whole number".to_owned())?;
            let since = Expr::Now(Now { offset: Some((-n, *unit)), start_of: None });
            let clause = Clause::on(column, Test::Compare(Comparison::GreaterOrEqual, since));
            if filter.combine != crate::model::clause::Combine::All {
                filter = Group::all([filter.into()]);
            }
            filter.parts.push(Part::on(clause.into()));
        }
        let aggregate = Aggregate {
            measure: self.measure.clone(),
            table: self.table.clone(),
            via: self.via.clone(),
            filter: (!filter.parts.is_empty()).then_some(filter),
        };
        Ok(Clause {
            left: Expr::Aggregate(Box::new(aggregate)),
            test: Test::Compare(self.comparison, Expr::Value(value)),
            negated: self.not,
        }
        .into())
    }

    /// The condition on the rows.
    fn rows_filter(&self, state: &State) -> Result<Group, String> {
        let (Some(catalog), Some(entity)) = (state.source.catalog(), state.entity()) else {
            return Ok(Group::everyone());
        };
        let table = catalog.table(&self.table);
        let table = table.ok_or_else(|| format!("there is no table {}", self.table))?;
        let scope = language::Scope { catalog, entity };
        language::parse_rows(&self.filter, table, &scope)
            .map_err(|error| format!("in the condition on rows: {}", error.told(&self.filter)))
    }
}
