//! The clause tree: how a cohort is sliced.
//!
//! One tree has three faces: the visual blocks, the typed condition ([`crate::language::parse`]) and plain
//! words ([`crate::language::words`]). A node has one meaning, so each face prints from the node and none of
//! them keeps text of its own.
//!
//! Missing values: SQL's `NOT` and `<>` drop rows whose value is missing; a person who says "not
//! France" means to keep them. So every negation says which it is ([`Missing`]).

use super::value::{Kind, Value};

/// What a negation does with rows for which the thing negated is unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Missing {
    /// They stay: "not France" includes "unknown". The visual face's rule.
    Keep,
    /// They go: SQL's rule, and so the typed form's.
    Drop,
}

/// How the parts of a group combine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Combine {
    /// Every part holds.
    All,
    /// At least one part holds.
    Any,
    /// No part holds.
    None(Missing),
}

/// A group of parts. An empty group, or one whose parts are all switched off, has no effect: alone
/// it keeps everyone, and inside another group it is as if it were not there.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// How the parts combine.
    pub combine: Combine,
    /// The parts, in the order shown, which is the order of the steps.
    pub parts: Vec<Part>,
}

/// One part of a group.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// Switched off: kept in the tree, without effect.
    pub off: bool,
    /// What it is.
    pub node: Node,
}

/// A clause or a group of them.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// One condition.
    Clause(Clause),
    /// A nested group.
    Group(Group),
}

/// A whole slice: a group of all by convention; other roots are legal.
pub type Tree = Group;

/// One condition: a test on an expression, perhaps negated.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// What is tested.
    pub left: Expr,
    /// The test.
    pub test: Test,
    /// `None`: the test holds. Otherwise it does not hold, with what that means for missing values.
    pub negated: Option<Missing>,
}

/// A comparison of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Comparison {
    /// Equal. "Not equal" is a negated `Equal`.
    Equal,
    /// Less.
    Less,
    /// Less or equal.
    LessOrEqual,
    /// Greater.
    Greater,
    /// Greater or equal.
    GreaterOrEqual,
}

/// Whether upper and lower case count as the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Case {
    /// `A` and `a` differ.
    Sensitive,
    /// `A` and `a` are the same.
    Ignored,
}

/// How text is matched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextMatch {
    /// Contains the pattern as it is.
    Contains,
    /// Starts with it.
    StartsWith,
    /// Ends with it.
    EndsWith,
    /// SQL's `LIKE`, with `%` and `_`.
    Like,
    /// A regular expression that matches anywhere.
    Regex,
}

/// What is asked of the left-hand expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// A comparison with another expression.
    Compare(Comparison, Expr),
    /// Equal to a text, letters compared without case.
    EqualIgnoringCase(String),
    /// From the first to the second, both included.
    Between(Expr, Expr),
    /// One of these values.
    OneOf(Vec<Value>, Case),
    /// Text that matches a pattern.
    Text(TextMatch, String, Case),
    /// Has no value. Its negation is "has a value", whatever [`Missing`] says.
    IsMissing,
    /// Text of no characters (missing is not empty).
    IsEmpty,
    /// A list with at least one of these.
    ListHasAny(Vec<Value>),
    /// A list with all of these.
    ListHasAll(Vec<Value>),
    /// A day whose month and day fall within days from now, both included, counted from today
    /// (`-7, 0` is the last week). 29 February counts as 28 February in other years.
    Anniversary {
        /// The first day, relative to today.
        from_days: i32,
        /// The last day, relative to today.
        to_days: i32,
    },
    /// The entity is in a cohort or segment of this name. The left side is then
    /// [`Expr::Entity`].
    InCohort(String),
}

/// A value that a test compares.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// The thing sliced itself (only under [`Test::InCohort`]).
    Entity,
    /// A feature of the entity; inside an aggregate's filter, a column of its table.
    Column(String),
    /// A column of a row that is pointed at: `track.genre.label`.
    Beyond(Vec<String>, String),
    /// A constant.
    Value(Value),
    /// A moment relative to the stated now.
    Now(Now),
    /// A figure over related rows.
    Aggregate(Box<Aggregate>),
    /// A function of the short list that every dialect has.
    Call(Function, Vec<Expr>),
    /// Two numbers combined.
    Arithmetic(Arithmetic, Box<Expr>, Box<Expr>),
    /// A conversion.
    Cast(Box<Expr>, CastType),
}

/// A moment relative to now: first moved by `offset`, then cut down to the start of `start_of`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Now {
    /// How far from now: a signed number of units.
    pub offset: Option<(i64, Unit)>,
    /// The start of which unit; `None` leaves the moment as it is. `today()` is the start of the day.
    pub start_of: Option<Unit>,
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// 1 second.
    Second,
    /// 60 seconds.
    Minute,
    /// 60 minutes.
    Hour,
    /// A calendar day in the stated zone.
    Day,
    /// 7 days; starts on Monday.
    Week,
    /// A calendar month.
    Month,
    /// 3 calendar months.
    Quarter,
    /// A calendar year.
    Year,
}

/// A figure over the rows of a related table that belong to one entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Aggregate {
    /// Which figure.
    pub measure: Measure,
    /// The handle of the related table. It may be several relations away.
    pub table: String,
    /// The column by which its rows belong to the entity, where several could be meant; with or
    /// without its table.
    pub via: Option<String>,
    /// Only rows for which this holds; columns in it are columns of the table.
    pub filter: Option<Group>,
}

/// Which figure an aggregate gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// How many rows. 0 where there are none; all others but the distinct count are then missing.
    Count,
    /// How many different values of a column.
    CountDistinct(String),
    /// The sum of a column.
    Sum(String),
    /// The average of a column.
    Average(String),
    /// The least value of a column.
    Minimum(String),
    /// The greatest value of a column.
    Maximum(String),
}

/// A function in an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Function {
    /// Lower case.
    Lower,
    /// Upper case.
    Upper,
    /// Without spaces at both ends.
    Trim,
    /// Characters in a text.
    Length,
    /// Items in a list.
    ListLength,
    /// Without sign.
    Absolute,
    /// Rounded to the nearest whole, or to a number of decimals.
    Round,
    /// Rounded down.
    Floor,
    /// Rounded up.
    Ceiling,
    /// The calendar year.
    Year,
    /// The calendar month, 1 to 12.
    Month,
    /// The day of the month, 1 to 31.
    Day,
    /// The hour, 0 to 23.
    Hour,
    /// The day of the week, 1 (Monday) to 7.
    Weekday,
    /// The first argument that is not missing.
    Coalesce,
    /// Part N (from 1) of a text split at a separator.
    SplitPart,
    /// The first N characters.
    Left,
}

/// An arithmetic operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arithmetic {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`, with a fraction.
    Divide,
    /// `%`
    Remainder,
}

/// The type that an expression is converted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CastType {
    /// Text.
    Text,
    /// A 64-bit whole number.
    Integer,
    /// A 64-bit float.
    Number,
    /// A day.
    Date,
    /// A moment without a zone.
    Timestamp,
    /// True or false.
    Boolean,
}

impl Group {
    /// A group without parts, which keeps everyone.
    pub fn everyone() -> Self {
        Self { combine: Combine::All, parts: Vec::new() }
    }

    /// A group of all these.
    pub fn all(nodes: impl IntoIterator<Item = Node>) -> Self {
        Self { combine: Combine::All, parts: nodes.into_iter().map(Part::on).collect() }
    }

    /// Whether it keeps everyone because nothing in it is switched on.
    pub fn is_idle(&self) -> bool {
        self.parts.iter().all(|part| {
            part.off
                || match &part.node {
                    Node::Clause(_) => false,
                    Node::Group(group) => group.is_idle(),
                }
        })
    }

    /// Calls `visit` with every clause, switched off ones too, outermost first.
    pub fn visit_clauses<'a>(&'a self, visit: &mut dyn FnMut(&'a Clause)) {
        for part in &self.parts {
            match &part.node {
                Node::Clause(clause) => visit(clause),
                Node::Group(group) => group.visit_clauses(visit),
            }
        }
    }

    /// The tree that a chart of `column` obeys: without the clauses on that column that stand
    /// directly under a root of all, which are the ones that the chart itself sets.
    #[must_use]
    pub fn without_own(&self, column: &str) -> Self {
        if self.combine != Combine::All {
            return self.clone();
        }
        let parts = self
            .parts
            .iter()
            .filter(
                |p| !matches!(&p.node, Node::Clause(c) if c.left == Expr::Column(column.into())),
            )
            .cloned()
            .collect();
        Self { combine: Combine::All, parts }
    }

    /// The part at `path`: an index per level.
    pub fn part(&self, path: &[usize]) -> Option<&Part> {
        let (first, rest) = path.split_first()?;
        let part = self.parts.get(*first)?;
        match (&part.node, rest.is_empty()) {
            (_, true) => Some(part),
            (Node::Group(group), false) => group.part(rest),
            (Node::Clause(_), false) => None,
        }
    }

    /// The part at `path`, to change.
    pub fn part_mut(&mut self, path: &[usize]) -> Option<&mut Part> {
        let (first, rest) = path.split_first()?;
        let part = self.parts.get_mut(*first)?;
        if rest.is_empty() {
            return Some(part);
        }
        match &mut part.node {
            Node::Group(group) => group.part_mut(rest),
            Node::Clause(_) => None,
        }
    }

    /// The group at `path`; the empty path is this group.
    pub fn group_mut(&mut self, path: &[usize]) -> Option<&mut Group> {
        if path.is_empty() {
            return Some(self);
        }
        match &mut self.part_mut(path)?.node {
            Node::Group(group) => Some(group),
            Node::Clause(_) => None,
        }
    }

    /// Takes the part at `path` out.
    pub fn remove(&mut self, path: &[usize]) -> Option<Part> {
        let (last, parent) = path.split_last()?;
        let group = self.group_mut(parent)?;
        (*last < group.parts.len()).then(|| group.parts.remove(*last))
    }
}

impl Part {
    /// A part that is switched on.
    pub fn on(node: Node) -> Self {
        Self { off: false, node }
    }
}

impl Clause {
    /// In a cohort or segment.
    pub fn in_cohort(name: impl Into<String>) -> Self {
        Self { left: Expr::Entity, test: Test::InCohort(name.into()), negated: None }
    }

    /// A test on a column.
    pub fn on(column: impl Into<String>, test: Test) -> Self {
        Self { left: Expr::Column(column.into()), test, negated: None }
    }

    /// The opposite, keeping rows whose value is missing: the visual face's negation.
    #[expect(
        clippy::should_implement_trait,
        reason = "it decides about missing values; `!` would not say so"
    )]
    #[must_use]
    pub fn not(mut self) -> Self {
        self.negated = Some(match self.test {
            // "Has a value" has one meaning; `Drop` is its only written form.
            Test::IsMissing => Missing::Drop,
            _ => Missing::Keep,
        });
        self
    }
}

impl From<Clause> for Node {
    fn from(clause: Clause) -> Self {
        Self::Clause(clause)
    }
}

impl From<Group> for Node {
    fn from(group: Group) -> Self {
        Self::Group(group)
    }
}

impl Unit {
    /// Its name in the singular, which is also what SQL calls it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Second => "second",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Quarter => "quarter",
            Self::Year => "year",
        }
    }
}

impl Function {
    /// Whether it gives a part of a day or a time, which depends on the zone.
    pub fn is_of_calendar(self) -> bool {
        matches!(self, Self::Year | Self::Month | Self::Day | Self::Hour | Self::Weekday)
    }

    /// The kind of value it gives; `None` for that of its arguments.
    pub fn kind(self) -> Option<Kind> {
        match self {
            Self::Lower | Self::Upper | Self::Trim | Self::SplitPart | Self::Left => {
                Some(Kind::Text)
            }
            Self::Coalesce => None,
            Self::Absolute | Self::Round | Self::Floor | Self::Ceiling => Some(Kind::Number),
            Self::Length
            | Self::ListLength
            | Self::Year
            | Self::Month
            | Self::Day
            | Self::Hour
            | Self::Weekday => Some(Kind::Integer),
        }
    }
}

impl CastType {
    /// The kind of value it gives.
    pub fn kind(self) -> Kind {
        match self {
            Self::Text => Kind::Text,
            Self::Integer => Kind::Integer,
            Self::Number => Kind::Number,
            Self::Date => Kind::Date,
            Self::Timestamp => Kind::Timestamp,
            Self::Boolean => Kind::Boolean,
        }
    }
}

impl Expr {
    /// The first feature that it is about, if any.
    pub fn first_column(&self) -> Option<&str> {
        match self {
            Self::Column(name) => Some(name),
            Self::Cast(inner, _) => inner.first_column(),
            Self::Call(_, parts) => parts.iter().find_map(Self::first_column),
            Self::Arithmetic(_, a, b) => a.first_column().or_else(|| b.first_column()),
            Self::Entity
            | Self::Beyond(..)
            | Self::Value(_)
            | Self::Now(_)
            | Self::Aggregate(_) => None,
        }
    }
}

impl Measure {
    /// The column it is about; none for a count of rows.
    pub fn column(&self) -> Option<&str> {
        match self {
            Self::Count => None,
            Self::CountDistinct(c)
            | Self::Sum(c)
            | Self::Average(c)
            | Self::Minimum(c)
            | Self::Maximum(c) => Some(c),
        }
    }
}
