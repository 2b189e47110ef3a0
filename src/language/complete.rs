//! What could be typed next.
//!
//! The text is unfinished by nature, so it is not parsed: the words before the cursor say whether
//! a feature, an operator or a value comes next, and whose columns are meant.

use super::moments;
use super::names::{self, RowsOf};
use super::print::{identifier, table as table_text};
use super::scope::Scope;
use crate::model::catalog::{Column, Table};
use crate::model::value::Kind;

/// Something that could be typed next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The text that takes the place of what is there from `replace_from` to the cursor.
    pub insert: String,
    /// What it is called in the list.
    pub label: String,
    /// What it is, in a few words.
    pub detail: String,
    /// Where the replaced text starts, in characters from 0.
    pub replace_from: usize,
}

/// How many are offered.
const MOST: usize = 12;

/// At most 12 things that could be typed at the cursor, the likeliest first. `cursor_chars` counts
/// characters from 0; beyond the end it means the end.
pub fn complete(text: &str, cursor_chars: usize, scope: &Scope<'_>) -> Vec<Completion> {
    let before: Vec<char> = text.chars().take(cursor_chars).collect();
    let (words, typed) = split(&before);
    let state = State::after(&words, scope);
    let mut offers = match (&typed.open, state.text_is) {
        (Open::Text, TextIs::Cohort) => cohorts(scope),
        (Open::Text, TextIs::Unit) => units().collect(),
        (Open::Text, TextIs::Free) | (Open::Closed, _) => return Vec::new(),
        (Open::Word | Open::Name, _) => offers(&state, scope),
    };
    if let Open::Name = typed.open {
        // An open double quote asks for a name, whatever else could stand here.
        offers.retain(|offer| offer.is_name);
    }
    let mut found = ranked(offers, &typed);
    let mut after = text.chars().skip(cursor_chars).peekable();
    if (&typed.open, state.text_is) == (&Open::Text, TextIs::Cohort) {
        // Nothing but its name stands in `in_cohort(…)`, so the name closes it.
        let next = after.clone().find(|c| !c.is_whitespace());
        if !matches!(next, Some('\'' | ')')) {
            found.iter_mut().for_each(|offer| offer.insert.push(')'));
            return found;
        }
    }
    // A quote that is already closed after the cursor is not closed twice.
    let closes = match typed.open {
        Open::Text => '\'',
        Open::Name => '"',
        Open::Word | Open::Closed => return found,
    };
    if after.peek() == Some(&closes) {
        for offer in &mut found {
            if closes == '"' && !offer.insert.starts_with('"') {
                offer.insert.insert(0, '"');
            } else if offer.insert.ends_with(closes) {
                offer.insert.pop();
            }
        }
    }
    found
}

/// What may be offered, before it is compared with what is typed.
#[derive(Debug)]
struct Offer {
    insert: String,
    label: String,
    detail: String,
    is_name: bool,
}

impl Offer {
    fn word(insert: &str, detail: &str) -> Self {
        let label = insert.trim_end().to_owned();
        Self { insert: insert.to_owned(), label, detail: detail.to_owned(), is_name: false }
    }

    fn column(column: &Column) -> Self {
        let kind = column.kind.word();
        let detail = match &column.description {
            Some(said) => format!("{kind}, {said}"),
            None => kind.to_owned(),
        };
        Self {
            insert: super::print::column(&column.name),
            label: column.name.clone(),
            detail,
            is_name: true,
        }
    }

    fn table(table: &Table, dot: &str) -> Self {
        let insert = format!("{}{dot}", table_text(&table.name));
        let detail = format!("table with {} rows", table.rows);
        Self { insert, label: table.name.clone(), detail, is_name: true }
    }
}

fn ranked(offers: Vec<Offer>, typed: &Typed) -> Vec<Completion> {
    let needle = typed.text.to_lowercase();
    let rank = |offer: &Offer| {
        let label = offer.label.to_lowercase();
        let at = label.find(&needle)?;
        let starts_word = label[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        Some(match (at, starts_word) {
            (0, _) => 0,
            (_, true) => 1,
            _ => 2,
        })
    };
    let mut found: Vec<(i32, Offer)> = offers
        .into_iter()
        .filter(|offer| offer.insert.trim_end() != typed.text)
        .filter_map(|offer| rank(&offer).map(|rank| (rank, offer)))
        .collect();
    // Stable: within a rank the order of the offers stays.
    found.sort_by_key(|(rank, _)| *rank);
    let completion = |(_, offer): (i32, Offer)| Completion {
        insert: offer.insert,
        label: offer.label,
        detail: offer.detail,
        replace_from: typed.from,
    };
    found.into_iter().take(MOST).map(completion).collect()
}

/// A word of the text before the cursor.
#[derive(Debug, Clone, PartialEq)]
enum Word {
    /// A bare word, as it is typed.
    Bare(String),
    /// A name in double quotes.
    Name(String),
    /// A text in single quotes.
    Text,
    /// A number.
    Number,
    /// An operator, a parenthesis or a dot.
    Sign(String),
}

impl Word {
    fn is(&self, word: &str) -> bool {
        match self {
            Self::Bare(bare) => bare.eq_ignore_ascii_case(word),
            Self::Sign(sign) => sign == word,
            _ => false,
        }
    }
}

/// What is being typed at the cursor.
#[derive(Debug)]
struct Typed {
    text: String,
    from: usize,
    open: Open,
}

/// What the cursor stands in.
#[derive(Debug, PartialEq)]
enum Open {
    /// A bare word, or between words.
    Word,
    /// A name whose double quote is open.
    Name,
    /// A text whose single quote is open.
    Text,
    /// Something that nothing completes: a number or a comment.
    Closed,
}

/// The words before the cursor, and the unfinished one at it.
fn split(before: &[char]) -> (Vec<Word>, Typed) {
    let mut words = Vec::new();
    let mut at = 0;
    let typed = |from: usize, text: String, open| Typed { text, from, open };
    while at < before.len() {
        let c = before[at];
        let from = at;
        if c.is_whitespace() {
            at += 1;
        } else if c == '-' && before.get(at + 1) == Some(&'-') {
            match before[at..].iter().position(|c| *c == '\n') {
                Some(end) => at += end,
                None => return (words, typed(before.len(), String::new(), Open::Closed)),
            }
        } else if c == '\'' || c == '"' {
            let (text, end) = unquoted(before, at);
            match (end, c) {
                (Some(end), '"') => {
                    words.push(Word::Name(text));
                    at = end;
                }
                (Some(end), _) => {
                    words.push(Word::Text);
                    at = end;
                }
                // What replaces an open name brings its own quotes; an open text keeps them.
                (None, '"') => return (words, typed(from, text, Open::Name)),
                (None, _) => return (words, typed(from, text, Open::Text)),
            }
        } else if c.is_alphanumeric() || c == '_' {
            while at < before.len() && (before[at].is_alphanumeric() || "_$".contains(before[at])) {
                at += 1;
            }
            let text: String = before[from..at].iter().collect();
            let is_number = c.is_ascii_digit();
            match (at == before.len(), is_number) {
                (true, true) => return (words, typed(from, text, Open::Closed)),
                (true, false) => return (words, typed(from, text, Open::Word)),
                (false, true) => words.push(Word::Number),
                (false, false) => words.push(Word::Bare(text)),
            }
        } else {
            at += 1;
            let pair = |next: &char| "<=>!".contains(c) && "=>".contains(*next);
            if before.get(at).is_some_and(pair) {
                at += 1;
            }
            words.push(Word::Sign(before[from..at].iter().collect()));
        }
    }
    (words, typed(before.len(), String::new(), Open::Word))
}

/// The text in the quotes that open at `at`, and where it goes on after them.
fn unquoted(before: &[char], at: usize) -> (String, Option<usize>) {
    let quote = before[at];
    let mut text = String::new();
    let mut next = at + 1;
    while let Some(&c) = before.get(next) {
        if c != quote {
            text.push(c);
            next += 1;
        } else if before.get(next + 1) == Some(&quote) {
            text.push(quote);
            next += 2;
        } else {
            return (text, Some(next + 1));
        }
    }
    (text, None)
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Next {
    /// The start of a condition.
    Condition,
    /// A value or a feature of this kind, to compare with.
    Value,
    /// An operator.
    Operator,
    /// `and`, `or`, or the end.
    Join,
    /// What follows `is`.
    Is,
    /// What follows a feature and `not`.
    Not,
    /// A unit of time.
    Unit,
    /// A table whose rows are counted.
    Table,
    /// A table whose column follows.
    TableColumn,
    /// A column of the table named before the dot.
    ColumnOf,
    /// Nothing that is known here.
    Nothing,
}

/// What a text in single quotes names.
#[derive(Debug, Clone, Copy, PartialEq)]
enum TextIs {
    Free,
    Cohort,
    Unit,
}

/// An open parenthesis.
#[derive(Debug, Clone)]
struct Frame<'a> {
    /// The function before it, in lower case; empty for none.
    call: String,
    /// The rows that names inside are about.
    rows: RowsOf<'a>,
    /// What was going on before it.
    outer: Clause,
}

/// The clause at hand.
#[derive(Debug, Clone, Copy, Default)]
struct Clause {
    /// An operator was seen.
    compared: bool,
    /// `between` waits for its `and`.
    between: bool,
    /// The kind of the left side.
    kind: Option<Kind>,
    /// The left side is a moment relative to now.
    moment: bool,
}

/// What the words before the cursor amount to.
#[derive(Debug)]
struct State<'a> {
    next: Next,
    text_is: TextIs,
    rows: RowsOf<'a>,
    clause: Clause,
    /// The path before a dot at the cursor.
    path: Vec<String>,
    /// The table of the figure that ended just before, which a filter may follow.
    figure: Option<&'a Table>,
}

const FIGURES: &[&str] = &["count", "sum", "avg", "min", "max"];

impl<'a> State<'a> {
    fn after(words: &[Word], scope: &Scope<'a>) -> Self {
        let mut state = State {
            next: Next::Condition,
            text_is: TextIs::Free,
            rows: RowsOf::Entity,
            clause: Clause::default(),
            path: Vec::new(),
            figure: None,
        };
        let mut frames: Vec<Frame<'a>> = Vec::new();
        for (i, word) in words.iter().enumerate() {
            let previous = i.checked_sub(1).map(|i| &words[i]);
            state.step(word, previous, &mut frames, scope);
        }
        state
    }

    fn step(
        &mut self,
        word: &Word,
        previous: Option<&Word>,
        frames: &mut Vec<Frame<'a>>,
        scope: &Scope<'a>,
    ) {
        self.text_is = TextIs::Free;
        match word {
            Word::Sign(sign) => self.sign(sign, previous, frames, scope),
            Word::Bare(bare) if self.keyword(&bare.to_lowercase(), previous) => self.path.clear(),
            Word::Bare(name) | Word::Name(name) => {
                if !previous.is_some_and(|word| word.is(".")) {
                    self.path.clear();
                }
                self.path.push(name.clone());
                self.operand(self.rows.find(scope, name).map(|column| column.kind));
            }
            Word::Text => self.operand(Some(Kind::Text)),
            Word::Number if previous.is_some_and(|word| word.is("interval")) => {
                self.next = Next::Unit;
            }
            Word::Number => self.operand(Some(Kind::Number)),
        }
    }

    /// A whole operand stands there.
    fn operand(&mut self, kind: Option<Kind>) {
        if self.clause.compared {
            self.next = if self.clause.between { Next::Nothing } else { Next::Join };
        } else {
            self.clause.kind = kind;
            self.next = Next::Operator;
        }
    }

    /// Whether `word` is a keyword here.
    fn keyword(&mut self, word: &str, previous: Option<&Word>) -> bool {
        let after_operand = matches!(self.next, Next::Operator);
        match word {
            "and" if self.clause.between => {
                self.clause.between = false;
                self.next = Next::Value;
            }
            "and" | "or" | "where" => {
                self.clause = Clause::default();
                self.next = Next::Condition;
            }
            "not" if previous.is_some_and(|word| word.is("is")) => {}
            "not" if after_operand => self.next = Next::Not,
            "not" => self.next = Next::Condition,
            "is" => {
                self.clause.compared = true;
                self.next = Next::Is;
            }
            "between" => {
                self.clause.compared = true;
                self.clause.between = true;
                self.next = Next::Value;
            }
            "in" | "like" | "ilike" | "from" => {
                self.clause.compared = true;
                self.next = if word == "from" { Next::Value } else { Next::Nothing };
            }
            "null" | "true" | "false" => self.operand(Some(Kind::Boolean)),
            "interval" | "filter" | "as" => self.next = Next::Nothing,
            "distinct" if self.next == Next::Is => self.next = Next::Nothing,
            "distinct" => self.next = Next::TableColumn,
            _ if self.next == Next::Unit => self.next = Next::Join,
            _ => return false,
        }
        true
    }

    fn sign(
        &mut self,
        sign: &str,
        previous: Option<&Word>,
        frames: &mut Vec<Frame<'a>>,
        scope: &Scope<'a>,
    ) {
        match sign {
            "(" => self.open(previous, frames),
            ")" => self.close(frames, scope),
            "." => self.next = Next::ColumnOf,
            "," => {
                self.next = Next::Value;
                self.text_is = TextIs::Free;
            }
            "=" | "==" | "<" | "<=" | ">" | ">=" | "<>" | "!=" => {
                self.clause.compared = true;
                self.next = Next::Value;
            }
            "+" | "-" | "*" | "/" | "%" => {
                self.next = if self.clause.moment { Next::Nothing } else { Next::Value };
            }
            _ => self.next = Next::Nothing,
        }
    }

    fn open(&mut self, previous: Option<&Word>, frames: &mut Vec<Frame<'a>>) {
        let call = match previous {
            Some(Word::Bare(word)) => word.to_lowercase(),
            _ => String::new(),
        };
        let frame = Frame { call: call.clone(), rows: self.rows, outer: self.clause };
        frames.push(frame);
        self.path.clear();
        if call == "filter"
            && let Some(table) = self.figure
        {
            self.rows = RowsOf::Related(table);
        }
        self.clause = Clause { compared: true, ..Clause::default() };
        self.next = match call.as_str() {
            "count" => Next::Table,
            call if FIGURES.contains(&call) => Next::TableColumn,
            "" | "and" | "or" | "not" | "where" | "off" => {
                self.clause = Clause::default();
                Next::Condition
            }
            "in" | "filter" | "now" | "today" => Next::Nothing,
            _ => Next::Value,
        };
        self.text_is = match call.as_str() {
            "in_cohort" => TextIs::Cohort,
            "date_trunc" => TextIs::Unit,
            _ => TextIs::Free,
        };
    }

    fn close(&mut self, frames: &mut Vec<Frame<'a>>, scope: &Scope<'a>) {
        let Some(frame) = frames.pop() else {
            self.next = Next::Nothing;
            return;
        };
        let is_figure = FIGURES.contains(&frame.call.as_str());
        let handle = match frame.call.as_str() {
            "count" => self.path.join("."),
            _ => self.path.split_last().map(|(_, table)| table.join(".")).unwrap_or_default(),
        };
        self.figure = if is_figure { names::table(scope, &handle) } else { None };
        self.rows = frame.rows;
        self.clause = frame.outer;
        self.path.clear();
        match frame.call.as_str() {
            "" | "and" | "or" | "not" | "where" | "off" | "in" => self.next = Next::Join,
            call if super::functions::TESTS.contains(&call) => self.next = Next::Join,
            "now" | "today" | "date_trunc" => {
                self.clause.moment = true;
                self.operand(None);
            }
            "filter" => self.operand(Some(Kind::Number)),
            call => self.operand(match call {
                "lower" | "upper" | "trim" | "left" | "split_part" => Some(Kind::Text),
                "coalesce" | "cast" => None,
                _ => Some(Kind::Number),
            }),
        }
    }
}

fn offers<'a>(state: &State<'a>, scope: &Scope<'a>) -> Vec<Offer> {
    let tables = |dot: &'static str| scope.catalog.tables.iter().map(move |t| Offer::table(t, dot));
    let columns = || state.rows.columns(scope).iter().map(Offer::column);
    let kind = state.clause.kind;
    match state.next {
        Next::Nothing => Vec::new(),
        Next::Condition => {
            let mut offers: Vec<Offer> = columns().collect();
            offers.extend(starts(matches!(state.rows, RowsOf::Entity)));
            offers
        }
        Next::Value => {
            let mut offers = fitting(kind);
            let same = |column: &&Column| kind.is_none_or(|kind| like(kind, column.kind));
            let all = state.rows.columns(scope).iter();
            offers.extend(all.filter(same).map(Offer::column));
            offers.extend(values(matches!(state.rows, RowsOf::Entity)));
            offers
        }
        Next::Operator => {
            let mut offers = Vec::new();
            if state.figure.is_some() {
                offers
                    .push(Offer::word("filter (where ", "only related rows for which this holds"));
            }
            if state.clause.moment {
                offers.extend(moved());
            }
            offers.extend(operators(kind));
            offers
        }
        Next::Join => {
            let mut offers = Vec::new();
            if state.figure.is_some() {
                offers
                    .push(Offer::word("filter (where ", "only related rows for which this holds"));
            }
            if state.clause.moment {
                offers.extend(moved());
            }
            offers.push(Offer::word("and ", "both hold"));
            offers.push(Offer::word("or ", "at least one holds"));
            offers
        }
        Next::Is => vec![
            Offer::word("null", "has no value"),
            Offer::word("not null", "has a value"),
            Offer::word("distinct from ", "not equal, missing kept"),
            Offer::word("not distinct from ", "equal, or both missing"),
            Offer::word("true", "yes"),
            Offer::word("false", "no"),
            Offer::word("not true", "no, or missing"),
        ],
        Next::Not => vec![
            Offer::word("in (", "none of these values"),
            Offer::word("between ", "outside a range"),
            Offer::word("like ", "does not match a pattern with % and _"),
            Offer::word("ilike ", "the same, ignoring case"),
        ],
        Next::Unit => {
            units().map(|offer| Offer { insert: offer.label.clone() + "s", ..offer }).collect()
        }
        Next::Table => {
            let mut offers: Vec<Offer> = tables("").collect();
            offers.push(Offer::word("distinct ", "different values of a column"));
            offers
        }
        Next::TableColumn => tables(".").collect(),
        Next::ColumnOf => after_dot(state, scope),
    }
}

/// Columns of the table before the dot, or what is left of a handle with a dot in it.
fn after_dot<'a>(state: &State<'a>, scope: &Scope<'a>) -> Vec<Offer> {
    let handle = state.path.join(".");
    if let Some(table) = names::table(scope, &handle) {
        return table.columns.iter().map(Offer::column).collect();
    }
    if state.rows.is_prefix(scope, &handle) {
        return state.rows.columns(scope).iter().map(Offer::column).collect();
    }
    let schema = format!("{}.", handle.to_lowercase());
    let inside = scope.catalog.tables.iter().filter_map(|table| {
        let rest =
            table.name.to_lowercase().starts_with(&schema).then(|| table.name.get(schema.len()..));
        let rest = rest.flatten()?;
        let offer = Offer::table(table, "");
        Some(Offer { insert: identifier(rest), label: rest.to_owned(), ..offer })
    });
    inside.collect()
}

/// How a condition may start, beside with a feature.
fn starts(entity: bool) -> Vec<Offer> {
    let mut offers = Vec::new();
    if entity {
        offers.extend(figures());
        offers.push(Offer::word("in_cohort('", "in a cohort or segment"));
    }
    offers.extend([
        Offer::word("not ", "the opposite; missing values are dropped"),
        Offer::word("contains(", "text that contains this, or a list with this item"),
        Offer::word("starts_with(", "text that starts with this"),
        Offer::word("ends_with(", "text that ends with this"),
        Offer::word("regexp_matches(", "text that matches a pattern"),
        Offer::word("list_has_any(", "a list with any of these items"),
        Offer::word("list_has_all(", "a list with all of these items"),
        Offer::word("anniversary(", "a day of the year near today"),
        Offer::word("off(", "kept, but switched off"),
    ]);
    offers.extend(functions());
    offers
}

fn figures() -> [Offer; 5] {
    [
        Offer::word("count(", "how many related rows"),
        Offer::word("sum(", "the sum over related rows"),
        Offer::word("avg(", "the average over related rows"),
        Offer::word("min(", "the minimum over related rows"),
        Offer::word("max(", "the maximum over related rows"),
    ]
}

fn functions() -> [Offer; 12] {
    [
        Offer::word("lower(", "text in lower case"),
        Offer::word("upper(", "text in upper case"),
        Offer::word("trim(", "text without outer spaces"),
        Offer::word("length(", "characters in a text"),
        Offer::word("year(", "the year of a date"),
        Offer::word("month(", "the month of a date, 1 to 12"),
        Offer::word("day(", "the day of the month"),
        Offer::word("isodow(", "the day of the week, 1 is Monday"),
        Offer::word("coalesce(", "the first value that is not missing"),
        Offer::word("round(", "a number rounded"),
        Offer::word("abs(", "a number's absolute value"),
        Offer::word("cast(", "converted to another type"),
    ]
}

/// What is likely compared with a feature of this kind.
fn fitting(kind: Option<Kind>) -> Vec<Offer> {
    match kind {
        Some(Kind::Boolean) => vec![Offer::word("true", "yes"), Offer::word("false", "no")],
        Some(kind) if kind.is_temporal() => vec![
            Offer::word("now() - interval 30 days", "30 days ago"),
            Offer::word("today()", "the start of today"),
            Offer::word("now()", "this moment"),
            Offer::word("date_trunc('", "the start of a month, a year, …"),
            Offer::word("date '", "a day"),
        ],
        _ => Vec::new(),
    }
}

/// Functions that give a value.
fn values(entity: bool) -> Vec<Offer> {
    let mut offers =
        vec![Offer::word("now()", "this moment"), Offer::word("today()", "the start of today")];
    if entity {
        offers.extend(figures());
    }
    offers.extend(functions());
    offers
}

fn moved() -> [Offer; 2] {
    [Offer::word("- interval ", "earlier"), Offer::word("+ interval ", "later")]
}

fn operators(kind: Option<Kind>) -> Vec<Offer> {
    let equal = Offer::word("= ", "equal");
    let unequal = Offer::word("<> ", "not equal, missing dropped");
    let distinct = Offer::word("is distinct from ", "not equal, missing kept");
    let one_of = Offer::word("in (", "one of these values");
    let missing =
        [Offer::word("is null", "has no value"), Offer::word("is not null", "has a value")];
    let order = [
        Offer::word(">= ", "at least"),
        Offer::word("> ", "more than"),
        Offer::word("<= ", "at most"),
        Offer::word("< ", "less than"),
        Offer::word("between ", "from … to …, both included"),
    ];
    let mut offers = match kind {
        Some(Kind::Text) => vec![equal, one_of, unequal, distinct],
        Some(Kind::Boolean) => {
            vec![equal, Offer::word("and ", "both hold"), Offer::word("or ", "at least one holds")]
        }
        Some(Kind::List | Kind::Nested | Kind::Binary) => Vec::new(),
        Some(kind) if kind.is_temporal() => {
            let mut offers = Vec::from(order);
            offers.extend([equal, unequal]);
            offers
        }
        _ => {
            let mut offers = vec![equal];
            offers.extend(order);
            offers.extend([unequal, one_of, distinct]);
            offers
        }
    };
    if kind == Some(Kind::Text) {
        offers.push(Offer::word("like ", "a pattern with % and _"));
        offers.push(Offer::word("ilike ", "the same, ignoring case"));
    }
    offers.extend(missing);
    offers.push(Offer::word("not ", "not in, not between, not like"));
    offers
}

/// Whether values of two kinds are compared with sense.
fn like(a: Kind, b: Kind) -> bool {
    a == b || (a.is_numeric() && b.is_numeric()) || (a.is_temporal() && b.is_temporal())
}

fn units() -> impl Iterator<Item = Offer> {
    ["day", "week", "month", "quarter", "year", "hour", "minute", "second"].into_iter().map(
        |name| {
            debug_assert!(moments::unit(name).is_some(), "a unit that is read back");
            Offer {
                insert: format!("'{name}'"),
                label: name.to_owned(),
                detail: "unit of time".to_owned(),
                is_name: false,
            }
        },
    )
}

fn cohorts(scope: &Scope<'_>) -> Vec<Offer> {
    let offer = |cohort: &crate::model::catalog::Cohort| Offer {
        insert: format!("'{}'", cohort.name.replace('\'', "''")),
        label: cohort.name.clone(),
        detail: format!("cohort of {}", cohort.size),
        is_name: false,
    };
    scope.entity.cohorts.iter().map(offer).collect()
}

#[cfg(test)]
mod tests {
    use super::super::arbitrary::{catalog, scope, tree};
    use super::*;
    use proptest::prelude::*;

    /// What is offered where `|` stands.
    fn at(text: &str) -> Vec<String> {
        let mut catalog = catalog();
        catalog.entities[0].cohorts = vec![crate::model::catalog::Cohort {
            name: "Big spenders".into(),
            table: "big".into(),
            key: "id".into(),
            size: 3,
            extends: None,
            origin: String::new(),
            why: String::new(),
        }];
        let cursor = text.chars().position(|c| c == '|').unwrap();
        let found = complete(&text.replace('|', ""), cursor, &scope(&catalog));
        found.into_iter().map(|completion| completion.insert).collect()
    }

    #[test]
    fn the_words_before_the_cursor_decide_what_is_offered() {
        for (text, first) in [
            ("|", vec!["id", "country", "\"First Name\"", "\"order\""]),
            ("co|", vec!["country", "consent", "count(", "contains(", "coalesce("]),
            ("CO|", vec!["country", "consent"]),
            ("name|", vec!["\"First Name\""]),
            ("\"fir|", vec!["\"First Name\""]),
            ("country |", vec!["= ", "in (", "<> "]),
            ("orders |", vec!["= ", ">= "]),
            ("last_order |", vec![">= "]),
            ("last_order >= |", vec!["now() - interval 30 days", "today()", "now()"]),
            ("last_order >= to|", vec!["today()"]),
            ("last_order >= now() |", vec!["- interval ", "+ interval ", "and "]),
            ("last_order >= now() - interval 30 |", vec!["days", "weeks"]),
            (
                "last_order >= now() - interval 30 days |",
                vec!["- interval ", "+ interval ", "and ", "or "],
            ),
            ("consent = |", vec!["true", "false", "consent"]),
            ("country = 'DE' |", vec!["and ", "or "]),
            ("country = 'DE' a|", vec!["and "]),
            ("country = 'DE' and or|", vec!["\"order\"", "orders"]),
            ("orders between 1 and |", vec!["id", "orders", "total"]),
            ("country is |", vec!["null", "not null", "distinct from "]),
            ("country not |", vec!["in ("]),
            ("count(|", vec!["audience.members", "customers", "orders"]),
            ("count(or|", vec!["orders", "orders_items"]),
            ("count(distinct o|", vec!["orders.", "orders_items."]),
            ("sum(|", vec!["audience.members."]),
            ("sum(\"web|", vec!["\"web events.csv\"."]),
            ("sum(orders.|", vec!["id", "total"]),
            ("sum(orders.to|", vec!["total"]),
            ("max(audience.|", vec!["members"]),
            ("max(audience.members.s|", vec!["since"]),
            ("count(orders) |", vec!["filter (where ", "= ", ">= "]),
            ("count(orders) filter (where |", vec!["id", "total", "ordered"]),
            (
                "sum(orders.total) filter (where st|",
                vec!["status", "starts_with(", "list_has_any("],
            ),
            ("sum(orders.total) filter (where status = 'a') |", vec!["= ", ">= "]),
            ("in_cohort('|", vec!["'Big spenders')"]),
            ("in_cohort('sp|", vec!["'Big spenders')"]),
            ("in_cohort('sp| and id = 1", vec!["'Big spenders')"]),
            ("in_cohort('sp|)", vec!["'Big spenders'"]),
            ("in_cohort('sp|')", vec!["'Big spenders"]),
            ("\"coun|\" = 'DE'", vec!["\"country"]),
            ("\"fir|\" = 'DE'", vec!["\"First Name"]),
            ("date_trunc('mo|", vec!["'month'"]),
            ("(country = 'DE' or |", vec!["id", "country"]),
        ] {
            let offered = at(text);
            let start: Vec<&str> = offered.iter().take(first.len()).map(String::as_str).collect();
            assert_eq!(start, first, "{text}");
        }
        for text in ["country = 'D|", "orders = 3|", "country = 'a' -- or|", "country in (|"] {
            assert_eq!(at(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn what_is_typed_is_replaced_from_its_start() {
        let catalog = catalog();
        let text = "größe > 1 and coun";
        let found = complete(text, 18, &scope(&catalog));
        assert_eq!((found[0].insert.as_str(), found[0].replace_from), ("country", 14));
        let found = complete("\"fir", 4, &scope(&catalog));
        assert_eq!((found[0].label.as_str(), found[0].replace_from), ("First Name", 0));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_place_in_any_text_has_an_answer(text in any::<String>(), cursor in 0usize..200) {
            let catalog = catalog();
            for offer in complete(&text, cursor, &scope(&catalog)) {
                prop_assert!(offer.replace_from <= cursor.min(text.chars().count()));
            }
        }

        #[test]
        fn every_place_in_a_condition_has_an_answer(tree in tree(), cursor in 0usize..400) {
            let catalog = catalog();
            let text = super::super::print(&tree);
            let found = complete(&text, cursor, &scope(&catalog));
            prop_assert!(found.len() <= MOST);
        }
    }
}
