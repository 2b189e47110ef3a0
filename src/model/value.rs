//! One cell: the values that clauses compare with and that answers carry.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What kind of values a column holds, as far as slicing and drawing care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// True or false.
    Boolean,
    /// A whole number of any width.
    Integer,
    /// A decimal or floating-point number.
    Number,
    /// Text, an enum or a UUID.
    Text,
    /// A calendar day.
    Date,
    /// A moment without a zone, which is in the stated one.
    Timestamp,
    /// A moment with a zone (`TIMESTAMPTZ`).
    Instant,
    /// A time of day.
    Time,
    /// A duration.
    Interval,
    /// A list or array.
    List,
    /// A struct, map, union, JSON or other nested value.
    Nested,
    /// Bytes, bits or geometry.
    Binary,
}

impl Kind {
    /// Whether values can be added and binned.
    pub fn is_numeric(self) -> bool {
        matches!(self, Self::Integer | Self::Number)
    }

    /// Whether values are days or moments.
    pub fn is_temporal(self) -> bool {
        matches!(self, Self::Date | Self::Timestamp | Self::Instant)
    }

    /// The word for this kind on screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Boolean => "yes/no",
            Self::Integer => "whole number",
            Self::Number => "number",
            Self::Text => "text",
            Self::Date => "date",
            Self::Timestamp => "date and time",
            Self::Instant => "date and time with zone",
            Self::Time => "time of day",
            Self::Interval => "duration",
            Self::List => "list",
            Self::Nested => "nested",
            Self::Binary => "bytes",
        }
    }

    /// The kind of a DuckDB type, given as DuckDB prints it (`DECIMAL(18,3)`, `INTEGER[]`, …).
    pub fn of_duckdb_type(type_name: &str) -> Self {
        let upper = type_name.trim().to_ascii_uppercase();
        if upper.ends_with(']') {
            return Self::List;
        }
        let head = upper.split(['(', ' ']).next().unwrap_or_default();
        match head {
            "BOOLEAN" | "BOOL" => Self::Boolean,
            "TINYINT" | "SMALLINT" | "INTEGER" | "INT" | "BIGINT" | "HUGEINT" | "UTINYINT"
            | "USMALLINT" | "UINTEGER" | "UBIGINT" | "UHUGEINT" | "BIGNUM" | "VARINT" => {
                Self::Integer
            }
            "FLOAT" | "DOUBLE" | "REAL" | "DECIMAL" | "NUMERIC" => Self::Number,
            "VARCHAR" | "TEXT" | "CHAR" | "UUID" | "ENUM" => Self::Text,
            "DATE" => Self::Date,
            "TIMESTAMPTZ" => Self::Instant,
            _ if upper.starts_with("TIMESTAMP WITH TIME ZONE") => Self::Instant,
            "TIMESTAMP" | "TIMESTAMP_S" | "TIMESTAMP_MS" | "TIMESTAMP_NS" | "DATETIME" => {
                Self::Timestamp
            }
            "TIME" | "TIMETZ" | "TIME_NS" => Self::Time,
            "INTERVAL" => Self::Interval,
            "STRUCT" | "MAP" | "UNION" | "JSON" | "VARIANT" => Self::Nested,
            _ => Self::Binary,
        }
    }
}

/// A count with grouped thousands, as every face prints it: `1,204`.
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// One cell.
///
/// Dates and moments are text in ISO form because that is how they are typed, stored in the
/// workspace and printed; arithmetic on them happens in [`super::now`] and in the database.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value: SQL's `NULL`.
    Missing,
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Integer(i128),
    /// An exact decimal, as written (`"10.50"`), beyond what a float holds.
    Decimal(String),
    /// A floating-point number; may be NaN or infinite.
    Float(f64),
    /// Text.
    Text(String),
    /// A day, `YYYY-MM-DD`.
    Date(String),
    /// A moment without a zone, `YYYY-MM-DD HH:MM:SS[.ffffff]`, read as UTC.
    Timestamp(String),
    /// A moment with a zone, `YYYY-MM-DD HH:MM:SS[.ffffff]+00`.
    Instant(String),
    /// A list.
    List(Vec<Value>),
    /// Anything else, as DuckDB prints it.
    Other(String),
}

impl Value {
    /// Whether there is no value.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }

    /// The value as a float, when it is a number.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Integer(n) => Some(*n as f64),
            Self::Float(x) => Some(*x),
            Self::Decimal(text) => text.parse().ok(),
            Self::Boolean(b) => Some(f64::from(u8::from(*b))),
            _ => None,
        }
    }

    /// The value as a count, when it is a whole number that is not negative.
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Integer(n) => u64::try_from(*n).ok(),
            _ => None,
        }
    }

    /// Text without quotes, as a person reads it in a cell. Missing is empty.
    pub fn display(&self) -> String {
        match self {
            Self::Missing => String::new(),
            other => other.to_string(),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("missing"),
            Self::Boolean(b) => write!(f, "{b}"),
            Self::Integer(n) => write!(f, "{n}"),
            Self::Float(x) => write!(f, "{x}"),
            Self::Decimal(s)
            | Self::Text(s)
            | Self::Date(s)
            | Self::Timestamp(s)
            | Self::Instant(s)
            | Self::Other(s) => f.write_str(s),
            Self::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{item}")?;
                }
                f.write_str("]")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, grouped};

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1204), "1,204");
        assert_eq!(grouped(100_000_000), "100,000,000");
    }

    #[test]
    fn duckdb_types_fall_into_kinds() {
        for (name, kind) in [
            ("DECIMAL(18,3)", Kind::Number),
            ("INTEGER[]", Kind::List),
            ("VARCHAR[3]", Kind::List),
            ("ENUM('a', 'b')", Kind::Text),
            ("TIMESTAMP WITH TIME ZONE", Kind::Instant),
            ("TIMESTAMP_NS", Kind::Timestamp),
            ("TIME WITH TIME ZONE", Kind::Time),
            ("STRUCT(a INTEGER)", Kind::Nested),
            ("MAP(INTEGER, VARCHAR)", Kind::Nested),
            ("BLOB", Kind::Binary),
            ("UHUGEINT", Kind::Integer),
        ] {
            assert_eq!(Kind::of_duckdb_type(name), kind, "{name}");
        }
    }
}
