//! What a slice is once nothing is left to look up.

use super::constant::Constant;
use super::error::BindError;
use super::error::Reason;
use crate::model::catalog::{Catalog, Column, Entity, Table};
use crate::model::clause::{Arithmetic, Case, CastType, Comparison, Function, Missing, TextMatch};
use crate::model::now::Moment;
use crate::model::value::Kind;
use crate::model::ways::Hop;

/// A slice of a cohort.
#[derive(Debug, Clone)]
pub struct BoundSlice<'a> {
    /// Where all of it was found.
    pub catalog: &'a Catalog,
    /// What it is about.
    pub entity: &'a Entity,
    /// Who is in the cohort; `None` is everyone.
    pub cohort: Option<Members<'a>>,
    /// Who of them is kept; `None` is everyone.
    pub condition: Option<Condition<'a>>,
    /// Holds the stated zone, in which moments have a day and an hour.
    pub zone: &'a Moment,
}

/// Those who are in a cohort or a segment.
#[derive(Debug, Clone)]
pub enum Members<'a> {
    /// Those whose key stands in a column of a table.
    Listed {
        /// The table.
        table: &'a Table,
        /// The column.
        key: &'a str,
        /// The column holds another kind of value than the entity's key: both are compared as text.
        as_text: bool,
    },
    /// Those that another slice of the same entity keeps.
    Segment(Box<BoundSlice<'a>>),
}

/// A condition. It may be unknown for a row, as SQL has it.
#[derive(Debug, Clone)]
pub enum Condition<'a> {
    /// All of these hold.
    All(Vec<Self>),
    /// Any of these holds.
    Any(Vec<Self>),
    /// None of these holds.
    None(Vec<Self>, Missing),
    /// A test.
    Clause(Clause<'a>),
}

/// A test, perhaps negated.
#[derive(Debug, Clone)]
pub struct Clause<'a> {
    /// The test.
    pub test: Test<'a>,
    /// `None`: it holds. Otherwise it does not, with what that means where it is unknown.
    pub negated: Option<Missing>,
}

/// A test on values of one row.
#[derive(Debug, Clone)]
pub enum Test<'a> {
    /// A comparison of two values of one type.
    Compare(Comparison, Expr<'a>, Expr<'a>),
    /// From the second to the third, both included.
    Between(Expr<'a>, Expr<'a>, Expr<'a>),
    /// From the second on and before the third.
    Within(Expr<'a>, Expr<'a>, Expr<'a>),
    /// Any of these, at least one.
    Any(Vec<Self>),
    /// Never.
    Never,
    /// Has no value.
    Missing(Expr<'a>),
    /// A text of no characters.
    Empty(Expr<'a>),
    /// A text equal to another, letters compared without case.
    EqualIgnoringCase(Expr<'a>, String),
    /// One of these values, of which there is at least one.
    OneOf(Expr<'a>, Vec<Constant>),
    /// A text that is one of these, letters compared without case.
    OneOfIgnoringCase(Expr<'a>, Vec<String>),
    /// A text that matches a pattern.
    Text(TextMatch, Expr<'a>, String, Case),
    /// A list with at least one of these.
    HasAny(Expr<'a>, Vec<Constant>),
    /// A list with all of these.
    HasAll(Expr<'a>, Vec<Constant>),
    /// A day or moment that falls on one of these days of a year, `MM-DD`.
    DayOfYear(Expr<'a>, Vec<String>),
    /// The entity is among the members.
    Member(Members<'a>),
}

/// A value of a row. Inside the filter of a figure the row is one of the related table, elsewhere
/// one of the entity.
#[derive(Debug, Clone)]
pub enum Expr<'a> {
    /// The entity's key.
    Key,
    /// A column of the row itself.
    Column(ColumnUse<'a>),
    /// A field of a struct of the row itself.
    Field {
        /// The column that holds the struct.
        column: &'a Column,
        /// The names of the fields on the way, and of the field.
        path: Vec<String>,
        /// The field's type, as DuckDB writes it.
        type_name: String,
    },
    /// A column of a row that this one points at.
    Beyond(Vec<Hop>, &'a Column),
    /// A constant.
    Constant(Constant),
    /// A figure over the related rows of an entity.
    Figure(Box<Figure<'a>>),
    /// A function.
    Call(Function, Vec<Self>),
    /// Two numbers combined, or a moment moved.
    Arithmetic(Arithmetic, Box<Self>, Box<Self>),
    /// A conversion; what does not fit is missing.
    Cast(Box<Self>, CastType),
    /// A moment with a zone, as clocks in the stated zone show it.
    Local(Box<Self>),
}

/// A column that is used.
#[derive(Debug, Clone, Copy)]
pub struct ColumnUse<'a> {
    /// The column.
    pub column: &'a Column,
    /// It may hold NaN, which is not a value and counts as missing.
    pub may_be_nan: bool,
}

/// A figure over the rows of a table that belong to one entity.
#[derive(Debug, Clone)]
pub struct Figure<'a> {
    /// Which.
    pub measure: Measure<'a>,
    /// The table.
    pub table: &'a Table,
    /// The steps from the entity's rows to the table's; at least one.
    pub way: Vec<Hop>,
    /// Only rows for which this holds.
    pub filter: Option<Condition<'a>>,
}

/// Which figure it is. Without any row a count is 0, and all others are missing.
#[derive(Debug, Clone)]
pub enum Measure<'a> {
    /// How many rows.
    Count,
    /// How many different values.
    CountDistinct(Expr<'a>),
    /// The sum.
    Sum(Expr<'a>),
    /// The average.
    Average(Expr<'a>),
    /// The least.
    Minimum(Expr<'a>),
    /// The greatest.
    Maximum(Expr<'a>),
}

impl<'a> BoundSlice<'a> {
    /// A feature of its entity.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn feature(&self, name: &str) -> Result<&'a Column, BindError> {
        feature(self.entity, name)
    }
}

impl<'a> ColumnUse<'a> {
    /// A column of a table, or of no single one.
    pub(super) fn new(column: &'a Column, table: Option<&Table>) -> Self {
        let is_float = matches!(column.type_name.as_str(), "DOUBLE" | "FLOAT");
        // What was read from text has no NaN.
        let reads_text = table.is_some_and(Table::reads_text);
        Self { column, may_be_nan: is_float && !reads_text }
    }
}

impl Expr<'_> {
    /// Whether the value is stored as plain text.
    pub fn is_text(&self) -> bool {
        let is_varchar = |name: &str| name.eq_ignore_ascii_case("VARCHAR");
        match self {
            Self::Column(used) => is_varchar(&used.column.type_name),
            Self::Beyond(_, column) => is_varchar(&column.type_name),
            Self::Field { type_name, .. } => is_varchar(type_name),
            other => other.kind() == Some(Kind::Text),
        }
    }

    /// The kind of value; `None` where another decides it.
    pub fn kind(&self) -> Option<Kind> {
        match self {
            Self::Column(used) => Some(used.column.kind),
            Self::Beyond(_, column) => Some(column.kind),
            Self::Field { type_name, .. } => Some(Kind::of_duckdb_type(type_name)),
            Self::Figure(figure) => figure.kind(),
            Self::Call(function, arguments) => {
                function.kind().or_else(|| arguments.iter().find_map(Self::kind))
            }
            Self::Arithmetic(_, left, right) => {
                // A moment less days is a moment.
                let kind = left.kind().or_else(|| right.kind());
                Some(kind.filter(|kind| kind.is_temporal()).unwrap_or(Kind::Number))
            }
            Self::Cast(_, to) => Some(to.kind()),
            Self::Local(_) => Some(Kind::Timestamp),
            Self::Key | Self::Constant(_) => None,
        }
    }
}

impl Figure<'_> {
    fn kind(&self) -> Option<Kind> {
        match &self.measure {
            Measure::Count | Measure::CountDistinct(_) => Some(Kind::Integer),
            Measure::Average(_) => Some(Kind::Number),
            Measure::Sum(of) | Measure::Minimum(of) | Measure::Maximum(of) => of.kind(),
        }
    }
}

pub(super) fn feature<'a>(entity: &'a Entity, name: &str) -> Result<&'a Column, BindError> {
    entity.feature(name).ok_or_else(|| {
        let known = entity.listed().map(|feature| feature.name.as_str());
        Reason::unknown("feature", name, format!("the features of {}", entity.name), known).into()
    })
}
