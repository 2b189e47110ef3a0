//! A clause tree in plain words.
//!
//! The words name what a clause means, not how it is written: a relative moment carries the date
//! that it stands for, and a negation says what happens to rows without a value.

use super::normal::{normalise, normalise_clause};
use crate::model::clause::{
    Aggregate, Case, CastType, Clause, Combine, Comparison, Expr, Function, Group, Measure,
    Missing, Node, Now, Part, Test, TextMatch, Tree, Unit,
};
use crate::model::now::Moment;
use crate::model::value::Value;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

/// The whole tree as one sentence: `orders is at least 3, and country is not FR or is missing`.
/// Parts that are switched off are left out. `now` adds the dates that relative moments mean.
pub fn tree(tree: &Tree, now: Option<&Moment>) -> String {
    let said = Said { now, brief: true };
    match live(&normalise(tree)) {
        None => EVERYONE.to_owned(),
        Some(group) => match &group.parts[..] {
            [only] => Said { now, brief: false }.node(&only.node),
            parts if group.combine == Combine::All => said.list(parts, ", and "),
            _ => said.group(&group),
        },
    }
}

/// One clause as a phrase.
pub fn clause(clause: &Clause, now: Option<&Moment>) -> String {
    Said { now, brief: false }.node(&normalise_clause(clause))
}

/// One part as a phrase; one that is switched off ends in `(off)`.
pub fn part(part: &Part, now: Option<&Moment>) -> String {
    let said = match &part.node {
        Node::Clause(one) => clause(one, now),
        Node::Group(group) => {
            let all = Group { combine: Combine::All, parts: vec![Part::on(group.clone().into())] };
            match normalise(&all) {
                whole if whole.parts.is_empty() => EVERYONE.to_owned(),
                whole => match &whole.parts[..] {
                    [only] => Said { now, brief: false }.node(&only.node),
                    _ => Said { now, brief: true }.group(&whole),
                },
            }
        }
    };
    if part.off { format!("{said} (off)") } else { said }
}

/// The tree as lines with their indent, for screens: a group is a line of its own with its parts
/// below. Parts that are switched off stay and end in `(off)`.
pub fn lines(tree: &Tree, now: Option<&Moment>) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    if tree.combine == Combine::All {
        for part in &tree.parts {
            part_lines(part, 0, now, &mut lines);
        }
    } else {
        part_lines(&Part::on(tree.clone().into()), 0, now, &mut lines);
    }
    if lines.is_empty() {
        lines.push((0, EVERYONE.to_owned()));
    }
    lines
}

const EVERYONE: &str = "everyone";

fn part_lines(given: &Part, indent: usize, now: Option<&Moment>, lines: &mut Vec<(usize, String)>) {
    match &given.node {
        Node::Clause(_) => lines.push((indent, part(given, now))),
        Node::Group(group) if group.parts.is_empty() => {}
        Node::Group(group) => {
            let (before, after) = combined(group.combine);
            let off = if given.off { " (off)" } else { "" };
            lines.push((indent, format!("{before}{after}{off}")));
            for part in &group.parts {
                part_lines(part, indent + 1, now, lines);
            }
        }
    }
}

/// The words before and after the parts of a group.
fn combined(combine: Combine) -> (&'static str, &'static str) {
    match combine {
        Combine::All => ("all of", ""),
        Combine::Any => ("any of", ""),
        Combine::None(Missing::Keep) => ("none of", ", as far as known"),
        Combine::None(Missing::Drop) => ("none of", ", and all known"),
    }
}

/// The group without what is switched off; `None` when nothing is left.
fn live(group: &Group) -> Option<Group> {
    let part = |part: &Part| match &part.node {
        _ if part.off => None,
        Node::Clause(_) => Some(part.clone()),
        Node::Group(group) => live(group).map(|group| Part::on(Node::Group(group))),
    };
    let parts: Vec<Part> = group.parts.iter().filter_map(part).collect();
    // What is left may have become a group of one part.
    let group = Group { combine: group.combine, parts };
    Some(normalise(&group)).filter(|group| !group.parts.is_empty())
}

/// How things are said.
#[derive(Debug, Clone, Copy)]
struct Said<'a> {
    now: Option<&'a Moment>,
    /// Among others: without commas inside a clause.
    brief: bool,
}

/// What a subject does, and the opposite.
struct Verb {
    yes: String,
    no: String,
}

impl Verb {
    fn is(what: impl std::fmt::Display) -> Self {
        Self { yes: format!("is {what}"), no: format!("is not {what}") }
    }

    fn does(verb: &str, base: &str, what: &str) -> Self {
        Self { yes: format!("{verb} {what}"), no: format!("does not {base} {what}") }
    }
}

impl Said<'_> {
    fn node(self, node: &Node) -> String {
        match node {
            Node::Clause(clause) => self.clause(clause),
            Node::Group(group) => Said { brief: true, ..self }.group(group),
        }
    }

    fn group(self, group: &Group) -> String {
        let (before, after) = combined(group.combine);
        format!("{before} ({}){after}", self.list(&group.parts, "; "))
    }

    fn list(self, parts: &[Part], between: &str) -> String {
        let said: Vec<String> =
            parts.iter().filter(|part| !part.off).map(|part| self.node(&part.node)).collect();
        said.join(between)
    }

    fn clause(self, clause: &Clause) -> String {
        let Clause { left, test, negated } = clause;
        if let Some(said) = self.related(clause) {
            return said;
        }
        let subject = self.expr(left);
        let Verb { yes, no } = self.verb(left, test);
        if let Test::InCohort(_) = test {
            return if negated.is_some() { no } else { yes };
        }
        let comma = if self.brief { "" } else { "," };
        let counted = matches!(left, Expr::Aggregate(a) if is_count(&a.measure));
        match negated {
            None => format!("{subject} {yes}"),
            Some(_) if *test == Test::IsMissing || counted => format!("{subject} {no}"),
            Some(Missing::Keep) => format!("{subject} {no}{comma} or is missing"),
            Some(Missing::Drop) => format!("{subject} {no}{comma} and is known"),
        }
    }

    /// `has at least 3 orders of which …`, for a number of related rows.
    fn related(self, clause: &Clause) -> Option<String> {
        let Expr::Aggregate(aggregate) = &clause.left else { return None };
        if aggregate.measure != Measure::Count {
            return None;
        }
        let which = self.which(aggregate);
        let (amount, rows) = match &clause.test {
            Test::Compare(comparison, Expr::Value(Value::Integer(n))) => {
                let least = match comparison {
                    Comparison::Equal if *n == 0 => None,
                    Comparison::Less if *n == 1 => None,
                    Comparison::LessOrEqual if *n == 0 => None,
                    Comparison::Equal => Some("exactly"),
                    Comparison::Less => Some("fewer than"),
                    Comparison::LessOrEqual => Some("at most"),
                    Comparison::Greater => Some("more than"),
                    Comparison::GreaterOrEqual => Some("at least"),
                };
                let Some(words) = least else {
                    let not = if clause.negated.is_some() { "has" } else { "did not have" };
                    return Some(format!("{not} any {}{which}", aggregate.table));
                };
                (format!("{words} {}", number(*n)), rows(&aggregate.table, *n))
            }
            Test::Between(Expr::Value(Value::Integer(a)), Expr::Value(Value::Integer(b))) => {
                (format!("{} to {}", number(*a), number(*b)), aggregate.table.clone())
            }
            _ => return None,
        };
        let has = if clause.negated.is_some() { "does not have" } else { "has" };
        Some(format!("{has} {amount} {rows}{which}"))
    }

    /// The rows that a figure is about, when not all: ` of which …`.
    fn which(self, aggregate: &Aggregate) -> String {
        let via = aggregate.via.as_ref().map(|via| format!(" by {via}")).unwrap_or_default();
        let Some(filter) = aggregate.filter.as_ref().and_then(live) else { return via };
        format!("{via} of which {}", Said { brief: true, ..self }.list(&filter.parts, " and "))
    }

    fn verb(self, left: &Expr, test: &Test) -> Verb {
        match test {
            Test::Compare(comparison, right) => self.compared(left, *comparison, right),
            Test::EqualIgnoringCase(text) => Verb::is(format!("{} (any case)", quoted(text))),
            Test::Between(a, b) => Verb::is(self.between(left, a, b)),
            Test::OneOf(items, case) => {
                let any_case = if *case == Case::Ignored { " (any case)" } else { "" };
                match &items[..] {
                    [one] => Verb::is(format!("{}{any_case}", named(left, one))),
                    [a, b] => {
                        let no = format!("is neither {} nor {}", named(left, a), named(left, b));
                        let yes = format!("is {}", several(left, items, "or"));
                        Verb { yes: format!("{yes}{any_case}"), no: format!("{no}{any_case}") }
                    }
                    _ => Verb {
                        yes: format!("is {}{any_case}", several(left, items, "or")),
                        no: format!("is none of {}{any_case}", several(left, items, "and")),
                    },
                }
            }
            Test::Text(how, pattern, case) => matched(*how, pattern, *case),
            Test::IsMissing => Verb { yes: "is missing".into(), no: "is known".into() },
            Test::IsEmpty => Verb::is("empty"),
            Test::ListHasAny(items) => match &items[..] {
                [one] => Verb::does("has", "have", &named(left, one)),
                _ => {
                    let items = several(left, items, "and");
                    Verb { yes: format!("has any of {items}"), no: format!("has none of {items}") }
                }
            },
            Test::ListHasAll(items) => {
                Verb::does("has", "have", &format!("all of {}", several(left, items, "and")))
            }
            Test::Anniversary { from_days, to_days } => {
                let when = self.days(*from_days, *to_days);
                Verb {
                    yes: format!("has its anniversary {when}"),
                    no: format!("does not have its anniversary {when}"),
                }
            }
            Test::InCohort(name) => Verb::is(format!("in {}", quoted(name))),
        }
    }

    fn compared(self, left: &Expr, comparison: Comparison, right: &Expr) -> Verb {
        if let Expr::Now(now) = right
            && let Some((n, unit)) = now.offset
            && matches!(now.start_of, None | Some(Unit::Day))
            && comparison != Comparison::Equal
            && n.unsigned_abs() > 0
        {
            return Verb::is(self.away(comparison, (n, unit), now));
        }
        let what = match right {
            Expr::Value(value) => named(left, value),
            Expr::Column(name) if comparison == Comparison::Equal => format!("the same as {name}"),
            Expr::Now(now) => self.moment(now),
            other => self.expr(other),
        };
        let time = matches!(
            right,
            Expr::Now(_) | Expr::Value(Value::Date(_) | Value::Timestamp(_) | Value::Instant(_))
        );
        Verb::is(match (comparison, time) {
            (Comparison::Equal, _) => what,
            (Comparison::Less, true) => format!("before {what}"),
            (Comparison::LessOrEqual, true) => format!("on or before {what}"),
            (Comparison::Greater, true) => format!("after {what}"),
            (Comparison::GreaterOrEqual, true) => format!("on or after {what}"),
            (Comparison::Less, false) => format!("less than {what}"),
            (Comparison::LessOrEqual, false) => format!("at most {what}"),
            (Comparison::Greater, false) => format!("more than {what}"),
            (Comparison::GreaterOrEqual, false) => format!("at least {what}"),
        })
    }

    /// A distance from now: `more than 90 days ago (before 25 Aug 2026)`.
    fn away(self, comparison: Comparison, (n, unit): (i64, Unit), now: &Now) -> String {
        let span = span(n, unit);
        let (words, side) = match (comparison, n < 0) {
            (Comparison::GreaterOrEqual, true) => {
                (format!("in the last {}", recent(n, unit)), "since")
            }
            (Comparison::Greater, true) => (format!("less than {span} ago"), "after"),
            (Comparison::Less, true) => (format!("more than {span} ago"), "before"),
            (Comparison::LessOrEqual, true) => (format!("at least {span} ago"), "until"),
            (Comparison::GreaterOrEqual, false) => (format!("at least {span} ahead"), "from"),
            (Comparison::Greater, false) => (format!("more than {span} ahead"), "after"),
            (Comparison::Less, false) => (format!("less than {span} ahead"), "before"),
            (_, _) => (format!("at most {span} ahead"), "until"),
        };
        match self.dated(now) {
            Some(date) => format!("{words} ({side} {date})"),
            None => words,
        }
    }

    fn between(self, left: &Expr, a: &Expr, b: &Expr) -> String {
        if let (Expr::Now(from), Expr::Now(to)) = (a, b) {
            let here =
                |now: &Now| now.offset.is_none() && matches!(now.start_of, None | Some(Unit::Day));
            let away =
                |now: &Now| now.offset.filter(|_| matches!(now.start_of, None | Some(Unit::Day)));
            match (away(from), away(to)) {
                (Some((n, unit)), None) if n < 0 && here(to) => {
                    let date = self.dated(from).map(|date| format!(" (since {date})"));
                    return format!("in the last {}{}", recent(n, unit), date.unwrap_or_default());
                }
                (None, Some((n, unit))) if n > 0 && here(from) => {
                    let date = self.dated(to).map(|date| format!(" (until {date})"));
                    return format!("in the next {}{}", recent(n, unit), date.unwrap_or_default());
                }
                _ => {}
            }
        }
        let side = |expr: &Expr| match expr {
            Expr::Value(value) => named(left, value),
            other => self.expr(other),
        };
        format!("between {} and {}", side(a), side(b))
    }

    /// The days from one number of days from today to another.
    fn days(self, from: i32, to: i32) -> String {
        let day =
            |n: i32| Now { offset: Some((i64::from(n), Unit::Day)), start_of: Some(Unit::Day) };
        let words = match (from, to) {
            (0, 0) => "today".to_owned(),
            (from, 0) if from < 0 => format!("in the last {}", recent(i64::from(from), Unit::Day)),
            (0, to) if to > 0 => format!("in the next {}", recent(i64::from(to), Unit::Day)),
            (from, to) if from == to => self.relative(&day(from)),
            (from, to) => {
                format!("from {} to {}", self.relative(&day(from)), self.relative(&day(to)))
            }
        };
        match self.now {
            None => words,
            Some(now) => {
                let shown = |n| now.resolve(&day(n)).strftime("%-d %b").to_string();
                match from == to {
                    true => format!("{words} ({})", shown(from)),
                    false => format!("{words} ({} to {})", shown(from), shown(to)),
                }
            }
        }
    }

    /// A moment as a noun, with its date.
    fn moment(self, now: &Now) -> String {
        match self.dated(now) {
            Some(date) => format!("{} ({date})", self.relative(now)),
            None => self.relative(now),
        }
    }

    fn relative(self, now: &Now) -> String {
        let away = |(n, unit): (i64, Unit)| match (n, unit, now.start_of) {
            (-1, Unit::Day, Some(Unit::Day)) => "yesterday".to_owned(),
            (1, Unit::Day, Some(Unit::Day)) => "tomorrow".to_owned(),
            (n, unit, _) if n < 0 => format!("{} ago", span(n, unit)),
            (n, unit, _) => format!("{} from now", span(n, unit)),
        };
        match (now.offset, now.start_of) {
            (None, None) => "now".to_owned(),
            (None, Some(Unit::Day)) => "today".to_owned(),
            (None, Some(unit)) => format!("the start of this {}", unit.word()),
            (Some(offset), None | Some(Unit::Day)) => away(offset),
            (Some((-1, unit)), Some(start)) if unit == start => {
                format!("the start of last {}", start.word())
            }
            (Some((1, unit)), Some(start)) if unit == start => {
                format!("the start of next {}", start.word())
            }
            (Some(offset), Some(start)) => {
                format!("the start of the {} {}", start.word(), away(offset))
            }
        }
    }

    /// The date that a moment means; with the time where hours matter.
    fn dated(self, now: &Now) -> Option<String> {
        let small = |unit| matches!(unit, Unit::Second | Unit::Minute | Unit::Hour);
        let timed = match (now.start_of, now.offset) {
            (Some(start), _) => small(start),
            (None, Some((_, unit))) => small(unit),
            (None, None) => false,
        };
        let format = if timed { "%-d %b %Y %H:%M" } else { "%-d %b %Y" };
        self.now.map(|moment| moment.resolve(now).strftime(format).to_string())
    }

    fn expr(self, expr: &Expr) -> String {
        match expr {
            Expr::Entity => "this".to_owned(),
            Expr::Column(name) => name.clone(),
            Expr::Beyond(steps, column) => format!("{}'s {column}", steps.join("'s ")),
            Expr::Value(value) => shown(value),
            Expr::Now(now) => self.moment(now),
            Expr::Aggregate(aggregate) => self.figure(aggregate),
            Expr::Call(function, args) => self.call(*function, args),
            // The signs are the same in words; the printer knows where parentheses belong.
            Expr::Arithmetic(..) => super::print::print_expr(expr),
            Expr::Cast(inner, to) => {
                let inner = self.expr(inner);
                match to {
                    CastType::Text => format!("{inner} as text"),
                    CastType::Integer => format!("{inner} as a whole number"),
                    CastType::Number => format!("{inner} as a number"),
                    CastType::Date => format!("the day of {inner}"),
                    CastType::Timestamp => format!("{inner} as a date and time"),
                    CastType::Boolean => format!("{inner} as yes or no"),
                }
            }
        }
    }

    fn figure(self, aggregate: &Aggregate) -> String {
        let table = &aggregate.table;
        let which = match self.which(aggregate) {
            which if which.is_empty() => which,
            which => format!(" ({})", which.trim_start()),
        };
        match &aggregate.measure {
            Measure::Count => format!("the number of {table}{which}"),
            Measure::CountDistinct(column) => {
                format!("the number of different {column} in {table}{which}")
            }
            Measure::Sum(column) => format!("the sum of {column} over {table}{which}"),
            Measure::Average(column) => format!("the average {column} of {table}{which}"),
            Measure::Minimum(column) => format!("the minimum {column} of {table}{which}"),
            Measure::Maximum(column) => format!("the maximum {column} of {table}{which}"),
        }
    }

    fn call(self, function: Function, args: &[Expr]) -> String {
        let args: Vec<String> = args.iter().map(|arg| self.expr(arg)).collect();
        let first = args.first().cloned().unwrap_or_default();
        let other = |n: usize| args.get(n).cloned().unwrap_or_default();
        match function {
            Function::Lower => format!("{first} in lower case"),
            Function::Upper => format!("{first} in upper case"),
            Function::Trim => format!("{first} without outer spaces"),
            Function::Length => format!("the length of {first}"),
            Function::ListLength => format!("the number of {first}"),
            Function::Absolute => format!("the absolute value of {first}"),
            Function::Round if args.len() > 1 => {
                format!("{first} rounded to {} decimals", other(1))
            }
            Function::Round => format!("{first} rounded"),
            Function::Floor => format!("{first} rounded down"),
            Function::Ceiling => format!("{first} rounded up"),
            Function::Year => format!("the year of {first}"),
            Function::Month => format!("the month of {first}"),
            Function::Day => format!("the day of the month of {first}"),
            Function::Hour => format!("the hour of {first}"),
            Function::Weekday => format!("the day of the week of {first}"),
            Function::Coalesce => args.join(" or else "),
            Function::SplitPart => format!("part {} of {first} split at {}", other(2), other(1)),
            Function::Left => format!("the first {} characters of {first}", other(1)),
        }
    }
}

fn is_count(measure: &Measure) -> bool {
    matches!(measure, Measure::Count | Measure::CountDistinct(_))
}

fn matched(how: TextMatch, pattern: &str, case: Case) -> Verb {
    let any_case = if case == Case::Ignored { " (any case)" } else { "" };
    let what = format!("{}{any_case}", quoted(pattern));
    match how {
        TextMatch::Contains => Verb::does("contains", "contain", &what),
        TextMatch::StartsWith => Verb::does("starts with", "start with", &what),
        TextMatch::EndsWith => Verb::does("ends with", "end with", &what),
        TextMatch::Like => Verb::is(format!("like {what}")),
        TextMatch::Regex => Verb::does("matches", "match", &what),
    }
}

/// `90 days`, `1 day`.
fn span(n: i64, unit: Unit) -> String {
    let amount = n.unsigned_abs();
    let plural = if amount == 1 { "" } else { "s" };
    format!("{} {}{plural}", number(i128::from(amount)), unit.word())
}

/// `90 days`, `day`: after "in the last".
fn recent(n: i64, unit: Unit) -> String {
    if n.unsigned_abs() == 1 { unit.word().to_owned() } else { span(n, unit) }
}

/// The name of a table's rows, for a number of them.
fn rows(table: &str, n: i128) -> String {
    match table.strip_suffix('s') {
        Some(one) if n == 1 && !one.ends_with('s') => one.to_owned(),
        _ => table.to_owned(),
    }
}

/// Thousands grouped; four digits are not, which would spoil years.
fn number(n: i128) -> String {
    let digits = n.unsigned_abs().to_string();
    if digits.len() < 5 {
        return n.to_string();
    }
    let mut grouped = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if n < 0 { format!("-{grouped}") } else { grouped }
}

/// Text as it is; in quotes where its ends would be unclear.
fn quoted(text: &str) -> String {
    let clear = !text.is_empty()
        && text.chars().all(|c| c.is_alphanumeric() || "-_.@/+%&^$*:#".contains(c));
    if clear { text.to_owned() } else { format!("\"{text}\"") }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Boolean(true) => "yes".to_owned(),
        Value::Boolean(false) => "no".to_owned(),
        Value::Integer(n) => number(*n),
        Value::Decimal(text) => match text.split_once('.') {
            // `-0.5` keeps its sign, which a whole part of 0 has not.
            Some((whole, part)) => match whole.parse::<i128>() {
                Ok(whole) if whole != 0 => format!("{}.{part}", number(whole)),
                _ => text.clone(),
            },
            None => text.clone(),
        },
        Value::Text(text) => quoted(text),
        Value::Date(text) => match text.parse::<Date>() {
            Ok(day) => day.strftime("%-d %b %Y").to_string(),
            Err(_) => text.clone(),
        },
        Value::Timestamp(text) => match text.parse::<DateTime>() {
            Ok(moment) => clock(moment),
            Err(_) => text.clone(),
        },
        Value::Instant(text) => match text.parse::<Timestamp>() {
            Ok(instant) => {
                format!("{} UTC", clock(instant.to_zoned(jiff::tz::TimeZone::UTC).datetime()))
            }
            Err(_) => text.clone(),
        },
        Value::List(items) => {
            format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        Value::Missing | Value::Float(_) | Value::Other(_) => value.to_string(),
    }
}

fn clock(moment: DateTime) -> String {
    let format = match (moment.second(), moment.subsec_nanosecond()) {
        (0, 0) => "%-d %b %Y %H:%M",
        (_, 0) => "%-d %b %Y %H:%M:%S",
        _ => "%-d %b %Y %H:%M:%S%.f",
    };
    moment.strftime(format).to_string()
}

/// A constant beside what it is compared with: months and days of the week have names.
fn named(left: &Expr, value: &Value) -> String {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    const DAYS: [&str; 7] =
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let names: &[&str] = match left {
        Expr::Call(Function::Month, _) => &MONTHS,
        Expr::Call(Function::Weekday, _) => &DAYS,
        _ => &[],
    };
    let index = match value {
        Value::Integer(n) => usize::try_from(*n).ok().and_then(|n| n.checked_sub(1)),
        _ => None,
    };
    match index.and_then(|index| names.get(index)) {
        Some(name) => (*name).to_owned(),
        None => shown(value),
    }
}

/// Up to four in full; of more, two and how many more.
fn several(left: &Expr, items: &[Value], join: &str) -> String {
    let all = |items: &[Value]| items.iter().map(|item| named(left, item)).collect::<Vec<_>>();
    match items {
        [] => "nothing".to_owned(),
        [_] => all(items).concat(),
        [rest @ .., last] if items.len() <= 4 => {
            format!("{} {join} {}", all(rest).join(", "), named(left, last))
        }
        _ => {
            let more = i128::try_from(items.len() - 2).unwrap_or(i128::MAX);
            format!("{} {join} {} more", all(&items[..2]).join(", "), number(more))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::arbitrary::{catalog, scope};
    use super::super::examples;
    use super::super::parse;
    use super::*;
    use proptest::prelude::*;

    fn moment() -> Moment {
        let zone = Moment::zone("Europe/Berlin").unwrap();
        Moment::parse("2026-11-23 09:00", &zone).unwrap()
    }

    fn read(text: &str) -> Tree {
        let catalog = catalog();
        parse(text, &scope(&catalog)).unwrap()
    }

    #[test]
    fn conditions_in_plain_words() {
        for (text, words) in examples::SAID.iter().copied() {
            assert_eq!(tree(&read(text), Some(&moment())), words, "{text}");
        }
    }

    #[test]
    fn without_a_moment_no_date_is_claimed() {
        let read = read("last_order < now() - interval 90 days and anniversary(birthday, 0, 7)");
        assert_eq!(
            tree(&read, None),
            "last_order is more than 90 days ago, and birthday has its anniversary in the next 7 days"
        );
    }

    #[test]
    fn lines_show_groups_and_what_is_off() {
        let read = read(
            "orders > 1 and off(consent) and (country = 'DE' or not (orders = 1 or orders = 2))",
        );
        let expected = [
            (0, "orders is more than 1"),
            (0, "consent is yes (off)"),
            (0, "any of"),
            (1, "country is DE"),
            (1, "none of, and all known"),
            (2, "orders is 1"),
            (2, "orders is 2"),
        ];
        assert_eq!(lines(&read, None), expected.map(|(indent, line)| (indent, line.to_owned())));
        assert_eq!(lines(&Tree::everyone(), None), [(0, "everyone".to_owned())]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_tree_can_be_said(given in super::super::arbitrary::tree()) {
            let moment = moment();
            prop_assert!(!tree(&given, Some(&moment)).is_empty());
            prop_assert!(!lines(&given, Some(&moment)).is_empty());
            for one in &given.parts {
                prop_assert!(!part(one, Some(&moment)).is_empty());
            }
        }
    }
}
