//! Calls about text: parts of it, patterns, hashes.

use super::call::Call;
use super::rewriting::{Rewriting, quoted};
use super::types;
use crate::sql::warehouse::Warehouse;
use sqlparser::ast::Expr;

/// A call about text; `None` when it is none.
pub(super) fn call(rewriting: &mut Rewriting, call: &Call<'_>) -> Option<String> {
    let args = &call.args;
    let warehouse = rewriting.warehouse;
    let texts = |args: &[String]| -> Vec<String> {
        args.iter().map(|arg| types::as_text(warehouse, arg)).collect()
    };
    match (call.name.as_str(), args.len()) {
        // With a missing value among them the whole is missing.
        ("concat", 1..) => Some(format!("({})", texts(args).join(" || "))),
        ("concat_ws", 2..) if warehouse == Warehouse::Snowflake => {
            let between = format!(" || {} || ", args[0]);
            Some(format!("({})", texts(&args[1..]).join(&between)))
        }
        ("split", 2) if warehouse == Warehouse::Databricks => {
            Some(format!("regexp_split_to_array({}, {})", args[0], args[1]))
        }
        ("replace", 2) => Some(format!("replace({}, {}, '')", args[0], args[1])),
        ("lpad" | "rpad", 2) => Some(format!("{}({}, {}, ' ')", call.name, args[0], args[1])),
        ("format", 1..) if warehouse == Warehouse::BigQuery => {
            Some(format!("printf({})", args.join(", ")))
        }
        ("left" | "right", 2) if args[1].parse::<u32>().is_err() => {
            Some(format!("{}({}, greatest({}, 0))", call.name, args[0], args[1]))
        }
        // What is cut off comes first.
        ("ltrim" | "rtrim", 2) if warehouse == Warehouse::Databricks => {
            Some(format!("{}({}, {})", call.name, args[1], args[0]))
        }
        ("regexp_extract", 2) => extracted(warehouse, call),
        ("sha2" | "sha2_hex", 2) => Some(format!("sha256({})", args[0])),
        ("regexp_replace", 2) => Some(format!("regexp_replace({}, {}, '', 'g')", args[0], args[1])),
        // All matches are replaced.
        ("regexp_replace", 3) => Some(format!(
            "regexp_replace({}, {}, {}, 'g')",
            args[0],
            args[1],
            back_references(call.exprs[2]).unwrap_or_else(|| args[2].clone())
        )),
        ("regexp_replace" | "regexp_substr" | "regexp_instr", 4..) => {
            rewriting.refuse(format!(
                "`{}` with {} arguments is not built; write it with three",
                call.name,
                args.len()
            ));
            None
        }
        ("split_part", 3) if args[1] == "''" => {
            Some(format!("CASE WHEN {} IN (0, 1, -1) THEN {} ELSE '' END", args[2], args[0]))
        }
        ("split_part", 3) if args[2] == "0" => {
            Some(format!("split_part({}, {}, 1)", args[0], args[1]))
        }
        _ => None,
    }
}

/// A part of a text from a place on.
pub(super) fn part(warehouse: Warehouse, x: &str, from: &str, length: Option<&str>) -> String {
    let from = first_place(warehouse, from);
    match length {
        Some(length) => format!("substr({x}, {from}, {length})"),
        None => format!("substr({x}, {from})"),
    }
}

/// A place in a text: in Redshift one may begin before the first, elsewhere 0 is the first.
fn first_place(warehouse: Warehouse, at: &str) -> String {
    match at.trim_start_matches('-').parse::<u32>() {
        _ if warehouse == Warehouse::Redshift => at.to_owned(),
        Ok(0) => "1".to_owned(),
        Ok(_) => at.to_owned(),
        Err(_) => format!("CASE {at} WHEN 0 THEN 1 ELSE {at} END"),
    }
}

/// `regexp_extract(text, pattern)`: its first group in Databricks, and in BigQuery if it has one.
fn extracted(warehouse: Warehouse, call: &Call<'_>) -> Option<String> {
    let (whole, pattern) = (&call.args[0], &call.args[1]);
    let has_group = quoted(call.exprs[1]).is_some_and(|pattern| {
        let plain = pattern.replace("\\\\", "").replace("\\(", "").replace("(?:", "");
        plain.contains('(')
    });
    match warehouse {
        Warehouse::Databricks => Some(format!("regexp_extract({whole}, {pattern}, 1)")),
        Warehouse::BigQuery => Some(format!(
            "CASE WHEN regexp_matches({whole}, {pattern}) \
             THEN regexp_extract({whole}, {pattern}, {}) END",
            u8::from(has_group)
        )),
        Warehouse::Snowflake | Warehouse::Redshift => None,
    }
}

/// `$1` of Spark as `\1`.
fn back_references(expr: &Expr) -> Option<String> {
    let text = quoted(expr)?;
    text.contains('$').then(|| format!("'{}'", text.replace('$', "\\").replace('\'', "''")))
}
