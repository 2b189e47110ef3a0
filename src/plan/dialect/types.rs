//! Types of warehouses and conversions to them.

use super::documents;
use super::rewrite::{Rewriting, piece, quoted};
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
            let text = match documents::is_item(expr) {
                true => format!("muster_text({value})"),
                false => format!("{word}({value} AS VARCHAR)"),
            };
            match size.and_then(|(size, _)| size.trim().parse::<u32>().ok()) {
                // A name of a type with a length cuts what is longer.
                Some(size) => Some(format!("left({text}, {size})")),
                None if name.is_some() || documents::is_item(expr) => Some(text),
                None => None,
            }
        }
        "JSON" => Some(documents::document(&value)),
        "DATE" if quoted(expr).is_none() && is_try => None,
        _ => name.map(|name| format!("{word}({value} AS {name})")),
    }
}
