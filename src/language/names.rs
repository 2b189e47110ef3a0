//! Names: which ones a condition may use, and what was probably meant by one that it may not.

use super::scope::Scope;
use crate::model::catalog::{Column, Table, find_column};

/// The rows that column names are about.
#[derive(Debug, Clone, Copy)]
pub(super) enum RowsOf<'a> {
    /// The entity: names are features.
    Entity,
    /// One related table, inside an aggregate: names are its columns.
    Related(&'a Table),
}

impl<'a> RowsOf<'a> {
    /// The columns that may be named.
    pub(super) fn columns(self, scope: &Scope<'a>) -> &'a [Column] {
        match self {
            Self::Entity => &scope.entity.features,
            Self::Related(table) => &table.columns,
        }
    }

    /// The column of this name, ignoring case.
    pub(super) fn find(self, scope: &Scope<'a>, name: &str) -> Option<&'a Column> {
        find_column(self.columns(scope), name)
    }

    /// Whether `prefix.column` may be written for `column`.
    pub(super) fn is_prefix(self, scope: &Scope<'_>, prefix: &str) -> bool {
        match self {
            Self::Entity => {
                prefix.eq_ignore_ascii_case(&scope.entity.name)
                    || prefix.eq_ignore_ascii_case(scope.entity.table_name())
            }
            Self::Related(table) => prefix.eq_ignore_ascii_case(&table.name),
        }
    }
}

/// The table with this handle; `main.orders` is `orders`.
pub(super) fn table<'a>(scope: &Scope<'a>, handle: &str) -> Option<&'a Table> {
    let in_main = || {
        let (schema, rest) = handle.split_once('.')?;
        schema.eq_ignore_ascii_case("main").then(|| scope.catalog.table(rest)).flatten()
    };
    scope.catalog.table(handle).or_else(in_main)
}

/// Words that must be quoted to be names: DuckDB's reserved words (those for types and functions
/// included), the words that start or join conditions, and those that the parser takes for the start of something else.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "anti",
    "any",
    "array",
    "as",
    "asc",
    "asof",
    "asymmetric",
    "at",
    "authorization",
    "between",
    "binary",
    "both",
    "case",
    "cast",
    "ceil",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "convert",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "describe",
    "distinct",
    "div",
    "do",
    "else",
    "end",
    "escape",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "filter",
    "floor",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "generated",
    "glob",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "lambda",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "map",
    "match",
    "member",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "operator",
    "or",
    "order",
    "outer",
    "over",
    "overlaps",
    "overlay",
    "pivot",
    "pivot_longer",
    "pivot_wider",
    "placing",
    "position",
    "positional",
    "primary",
    "prior",
    "qualify",
    "references",
    "regexp",
    "returning",
    "right",
    "rlike",
    "safe_cast",
    "select",
    "semi",
    "session_user",
    "show",
    "similar",
    "some",
    "struct",
    "substr",
    "substring",
    "summarize",
    "symmetric",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "trim",
    "true",
    "try_cast",
    "try_convert",
    "union",
    "unique",
    "unnest",
    "unpack",
    "unpivot",
    "user",
    "using",
    "values",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xor",
];

/// Whether a name can be written without quotes.
pub(super) fn is_plain(name: &str) -> bool {
    let mut chars = name.chars();
    let starts = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    starts
        && chars.all(|c| c.is_alphabetic() || c.is_ascii_digit() || c == '_')
        && RESERVED.binary_search(&name.to_lowercase().as_str()).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_words_are_in_order_to_be_searched() {
        assert!(RESERVED.is_sorted());
    }

    #[test]
    fn odd_and_reserved_names_are_not_plain() {
        for name in ["order", "ORDER", "2x", "a b", "", "a.b", "a\"b", "x$"] {
            assert!(!is_plain(name), "{name}");
        }
        for name in ["orders", "_x", "größe", "Total2"] {
            assert!(is_plain(name), "{name}");
        }
    }
}
