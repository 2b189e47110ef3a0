//! Types of warehouses and conversions to them.

use super::documents;
use super::rewriting::{Rewriting, piece, quoted};
use crate::sql::warehouse::Warehouse;
use sqlparser::ast::{DataType, Expr};

/// A type as DuckDB names what the warehouse means by it; `None` when the name means the same.
pub(super) fn name_of(warehouse: Warehouse, data_type: &DataType) -> Option<String> {
    let written = data_type.to_string().to_uppercase();
    let (base, size) = match written.split_once('(') {
        Some((base, rest)) => (base.trim(), rest.split_once(')').map(|(size, _)| size.trim())),
        None => (written.as_str(), None),
    };
    let name = match base {
        "INT" | "INTEGER" | "BIGINT" | "SMALLINT" | "TINYINT" | "BYTEINT" | "INT64" | "INT2"
        | "INT4" | "INT8" | "LONG" => "BIGINT",
        "NUMBER" | "NUMERIC" | "DECIMAL" | "DEC" | "BIGNUMERIC" | "BIGDECIMAL" => {
            return Some(match (size, warehouse) {
                (Some(size), _) => format!("DECIMAL({size})"),
                (None, Warehouse::Snowflake) => "DECIMAL(38, 0)".to_owned(),
                (None, Warehouse::BigQuery) => "DECIMAL(38, 9)".to_owned(),
                (None, Warehouse::Redshift) => "DECIMAL(18, 0)".to_owned(),
                (None, Warehouse::Databricks) => "DECIMAL(10, 0)".to_owned(),
            });
        }
        "FLOAT4" | "REAL" if warehouse != Warehouse::Snowflake => "FLOAT",
        "FLOAT" if warehouse == Warehouse::Databricks => "FLOAT",
        "FLOAT" | "FLOAT4" | "FLOAT8" | "FLOAT64" | "REAL" | "DOUBLE" | "DOUBLE PRECISION" => {
            "DOUBLE"
        }
        "TIMESTAMP_NTZ"
        | "TIMESTAMP_LTZ"
        | "TIMESTAMP_TZ"
        | "TIMESTAMPNTZ"
        | "TIMESTAMPLTZ"
        | "TIMESTAMPTZ"
        | "TIMESTAMP"
        | "DATETIME"
        | "TIMESTAMP WITH TIME ZONE"
        | "TIMESTAMP WITHOUT TIME ZONE" => "TIMESTAMP",
        "VARCHAR" | "STRING" | "TEXT" | "CHAR" | "CHARACTER" | "NVARCHAR" | "NVARCHAR2"
        | "NCHAR" | "BPCHAR" | "CHARACTER VARYING" => "VARCHAR",
        "VARIANT" | "OBJECT" | "ARRAY" | "SUPER" => "JSON",
        "BINARY" | "VARBINARY" | "BYTES" => "BLOB",
        _ => return None,
    };
    (name != written).then(|| name.to_owned())
}

/// A value as text, as the warehouse writes it.
pub(super) fn as_text(warehouse: Warehouse, value: &str) -> String {
    let is_text = value.starts_with('\'')
        || value.starts_with("muster_as_text(")
        || documents::is_text(value);
    let is_whole = value.parse::<i64>().is_ok();
    match (is_text, warehouse) {
        (true, _) => value.to_owned(),
        (_, Warehouse::Databricks) => format!("CAST({value} AS VARCHAR)"),
        _ if is_whole => format!("'{value}'"),
        _ => format!("muster_as_text({value})"),
    }
}

/// Whether moments of a type are points in time, not what a clock shows.
fn knows_zone(warehouse: Warehouse, data_type: &DataType) -> bool {
    match data_type.to_string().to_uppercase().as_str() {
        "TIMESTAMP" => matches!(warehouse, Warehouse::BigQuery | Warehouse::Databricks),
        name => {
            name.contains("LTZ")
                || name.contains("_TZ")
                || name.ends_with("TIMESTAMPTZ")
                || name.contains("WITH TIME ZONE")
        }
    }
}

/// Whether the text of a moment has no offset from UTC behind it.
fn is_local(text: &str) -> bool {
    let clock = text.get(10..).unwrap_or_default();
    !clock.contains(['+', '-', 'Z', 'z'])
}

/// A conversion that the database would do otherwise.
pub(super) fn cast(
    rewriting: &Rewriting,
    expr: &Expr,
    data_type: &DataType,
    is_try: bool,
) -> Option<String> {
    let warehouse = rewriting.warehouse;
    let name = name_of(warehouse, data_type);
    let value = piece(expr);
    let word = if is_try { "TRY_CAST" } else { "CAST" };
    let target = name.clone().unwrap_or_else(|| data_type.to_string());
    match target.to_uppercase().as_str() {
        "BIGINT" => {
            let macro_name = match (warehouse, is_try) {
                (Warehouse::Databricks, _) => "muster_whole_part",
                (_, false) => "muster_whole",
                (_, true) => "muster_try_whole",
            };
            Some(format!("{macro_name}({value})"))
        }
        "VARCHAR" => {
            let size = data_type.to_string();
            let size = size.split_once('(').and_then(|(_, rest)| rest.split_once(')'));
            let is_document = documents::is_item(expr) || documents::is_document(&value);
            let text = match is_document {
                true => format!("muster_text({value})"),
                false if quoted(expr).is_some() => format!("{word}({value} AS VARCHAR)"),
                false => as_text(warehouse, &value),
            };
            match size.and_then(|(size, _)| size.trim().parse::<u32>().ok()) {
                // A name of a type with a length cuts what is longer.
                Some(size) => Some(format!("left({text}, {size})")),
                None => Some(text),
            }
        }
        "JSON" => Some(documents::document(&value)),
        // A moment with a zone is told by its text.
        "TIMESTAMP" if knows_zone(warehouse, data_type) && !quoted(expr).is_some_and(is_local) => {
            let name = if is_try { "muster_moment" } else { "muster_to_moment" };
            Some(format!("{name}({value})"))
        }
        "DATE" if quoted(expr).is_none() && is_try => None,
        _ => name.map(|name| format!("{word}({value} AS {name})")),
    }
}
