//! Calls of functions: those that DuckDB has under another name or not at all, and those that it
//! has with another meaning.

use super::call::Call;
use super::rewriting::{Rewriting, quoted};
use super::{dates, documents, groups, texts};
use crate::sql::warehouse::{Warehouse, renamed};
use sqlparser::ast::{
    ExceptSelectItem, ExcludeSelectItem, Function, FunctionArgumentClause, FunctionArguments,
    Ident, NullTreatment, ObjectName, WildcardAdditionalOptions,
};

/// Puts how missing values are treated where DuckDB has it: within the brackets.
pub(super) fn within_brackets(function: &mut Function, treatment: NullTreatment) {
    if let FunctionArguments::List(list) = &mut function.args {
        list.clauses.insert(0, FunctionArgumentClause::IgnoreOrRespectNulls(treatment));
    }
}

/// `* EXCEPT (a, b)` of BigQuery.
pub(super) fn except_as_exclude(options: &mut WildcardAdditionalOptions) -> bool {
    let Some(ExceptSelectItem { first_element, additional_elements }) = options.opt_except.take()
    else {
        return false;
    };
    let names = std::iter::once(first_element).chain(additional_elements);
    let names = names.map(|name| ObjectName::from(vec![name])).collect();
    options.opt_exclude = Some(ExcludeSelectItem::Multiple(names));
    true
}

/// What a call becomes; `None` when it stays. What groups rows is changed in its place.
pub(super) fn rewritten(rewriting: &mut Rewriting, function: &mut Function) -> Option<String> {
    if let Some(text) = groups::call(rewriting, function) {
        return Some(text);
    }
    let of_rows = function.over.is_some()
        || function.filter.is_some()
        || !function.within_group.is_empty()
        || matches!(&function.args, FunctionArguments::List(list)
            if list.duplicate_treatment.is_some() || !list.clauses.is_empty());
    let (text, new_name) = {
        let call = Call::of(function)?;
        if let Some(why) = not_had(rewriting.warehouse, &call) {
            rewriting.refuse(why);
            return None;
        }
        let arguments = call.args.len();
        let new_name = renamed(rewriting.warehouse, &call.name, arguments);
        let text = match of_rows {
            true => None,
            false => dates::call(rewriting, &call)
                .or_else(|| documents::call(rewriting, &call))
                .or_else(|| texts::call(rewriting, &call))
                .or_else(|| scalar(rewriting, &call)),
        };
        (text, new_name)
    };
    if text.is_none()
        && let Some(name) = new_name
    {
        function.name = ObjectName::from(vec![Ident::new(name)]);
        rewriting.changed = true;
    }
    text
}

/// What is computed from the values of one row.
fn scalar(rewriting: &mut Rewriting, call: &Call<'_>) -> Option<String> {
    let args = &call.args;
    let warehouse = rewriting.warehouse;
    match (call.name.as_str(), args.len()) {
        ("greatest" | "least", 2..)
            if matches!(warehouse, Warehouse::Snowflake | Warehouse::BigQuery) =>
        {
            Some(format!("muster_{}([{}])", call.name, args.join(", ")))
        }
        ("greatest_ignore_nulls" | "least_ignore_nulls", 2..) => {
            let name = call.name.trim_end_matches("_ignore_nulls");
            Some(format!("{name}({})", args.join(", ")))
        }
        ("decode", 3..) => Some(decoded(args)),
        // By itself it is the natural one.
        ("log", 1) if warehouse == Warehouse::BigQuery => Some(format!("muster_ln({})", args[0])),
        ("ln" | "log", 1) if warehouse == Warehouse::Databricks => {
            Some(format!("CASE WHEN {0} > 0 THEN ln({0}) END", args[0]))
        }
        // The number comes first.
        ("log", 2) if warehouse == Warehouse::BigQuery => {
            Some(format!("log({}, {})", args[1], args[0]))
        }
        // Places in lists are counted from 0 there and from 1 in DuckDB.
        ("array_position" | "array_slice" | "array_insert" | "array_remove_at", _)
            if warehouse == Warehouse::Snowflake =>
        {
            rewriting.refuse(format!("`{}` is not built; take items by `x[n]`", call.name));
            None
        }
        ("uniform", 3) => {
            let whole = call.exprs[..2].iter().all(|expr| !expr.to_string().contains('.'));
            Some(match whole {
                true => format!(
                    "CAST({0} + floor(random() * ({1} - {0} + 1)) AS BIGINT)",
                    args[0], args[1]
                ),
                false => format!("({0} + random() * ({1} - {0}))", args[0], args[1]),
            })
        }
        ("random", 0..=1) if warehouse == Warehouse::Snowflake => {
            Some("CAST((random() - 0.5) * 18446744073709549568 AS BIGINT)".to_owned())
        }
        ("rand", 0..=1) => Some("random()".to_owned()),
        (
            "to_number" | "to_decimal" | "to_numeric" | "try_to_number" | "try_to_decimal"
            | "try_to_numeric",
            1..,
        ) => {
            let word = if call.name.starts_with("try_") { "TRY_CAST" } else { "CAST" };
            let size = match (args.len(), quoted_layout(call)) {
                (1, _) => "38, 0".to_owned(),
                (_, true) => return None,
                (2, _) => format!("{}, 0", args[1]),
                (_, _) => format!("{}, {}", args[1], args[2]),
            };
            Some(format!("{word}({} AS DECIMAL({size}))", args[0]))
        }
        _ => None,
    }
}

/// Why a call means something that cannot be had.
fn not_had(warehouse: Warehouse, call: &Call<'_>) -> Option<String> {
    match (call.name.as_str(), call.args.len()) {
        ("sha2" | "sha2_hex", 2) if !matches!(call.args[1].as_str(), "0" | "256") => {
            Some(format!("SHA-2 of {} bits is not built; 256 is", call.args[1]))
        }
        ("hash", _) => {
            Some("`hash` gives numbers of its own in each warehouse; write md5".to_owned())
        }
        ("typeof", 1) if warehouse == Warehouse::Databricks => {
            Some("`typeof` names other types here and is not built".to_owned())
        }
        _ => None,
    }
}

fn quoted_layout(call: &Call<'_>) -> bool {
    call.exprs.get(1).is_some_and(|expr| quoted(expr).is_some())
}

/// `decode(x, a, 1, b, 2, 0)`: missing equals missing.
fn decoded(args: &[String]) -> String {
    let mut out = String::from("CASE");
    let mut rest = &args[1..];
    while let [search, result, more @ ..] = rest {
        out.push_str(&format!(" WHEN {} IS NOT DISTINCT FROM {search} THEN {result}", args[0]));
        rest = more;
    }
    if let [otherwise] = rest {
        out.push_str(&format!(" ELSE {otherwise}"));
    }
    format!("({out} END)")
}
