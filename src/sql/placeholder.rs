//! What a statement leaves open until a run begins: its number, its end, the table that a step makes.
//!
//! So a plan is the same for every run, and neither is part of the hash after which tables are named.

use super::Sql;
use std::fmt;

/// What only a run knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Placeholder {
    /// The name of a table or view of the run.
    Object(ObjectName),
    /// The end of the run, in a layout as Go writes them. It stands inside quotes.
    End(String),
    /// The name of the table that the step itself makes, while its hash is not known.
    Own,
}

impl fmt::Display for Placeholder {
    /// For reading, where no run in particular is meant.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(name) => write!(f, "\"{}\"", name.with_number("N").replace('"', "\"\"")),
            Self::End(_) => f.write_str("end of the run"),
            Self::Own => f.write_str("its own table"),
        }
    }
}

/// The name of a table or view that a plan makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectName {
    name: String,
    is_of_run: bool,
}

impl ObjectName {
    /// A name that is the same in every run.
    pub fn lasting(name: impl Into<String>) -> Self {
        Self { name: name.into(), is_of_run: false }
    }

    /// A name that the number of the run follows.
    pub fn of_run(name: impl Into<String>) -> Self {
        Self { name: name.into(), is_of_run: true }
    }

    /// The same with the schema before it, for reading.
    #[must_use]
    pub fn in_schema(&self, schema: &str) -> Self {
        Self { name: format!("{schema}.{}", self.name), is_of_run: self.is_of_run }
    }

    /// The name in a run.
    pub fn in_run(&self, number: u64) -> String {
        self.with_number(&number.to_string())
    }

    /// The name with something in place of the number.
    pub fn with_number(&self, number: &str) -> String {
        match self.is_of_run {
            true => format!("{}{number}", self.name),
            false => self.name.clone(),
        }
    }
}

/// A table or view of a run, by its name.
pub fn object(name: &ObjectName) -> Sql {
    Sql::placeholder(Placeholder::Object(name.clone()))
}
