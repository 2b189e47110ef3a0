//! Calls of functions: those that DuckDB has under another name or not at all, and those that it
//! has with another meaning.

use super::rewrite::{Rewriting, piece, quoted};
use super::{dates, documents};
use crate::sql::warehouse::{Warehouse, renamed};
use sqlparser::ast::{
    DuplicateTreatment, ExceptSelectItem, ExcludeSelectItem, Expr, Function, FunctionArg,
    FunctionArgExpr, FunctionArgumentClause, FunctionArguments, Ident, NullTreatment, ObjectName,
    ObjectNamePart, OrderByExpr, WildcardAdditionalOptions, WindowType,
};

/// A call with its arguments as pieces.
pub(super) struct Call<'a> {
    /// In lower case, without a schema.
    pub(super) name: String,
    pub(super) args: Vec<String>,
    pub(super) exprs: Vec<&'a Expr>,
}

impl<'a> Call<'a> {
    /// `None` for a call with arguments that are no plain expressions.
    pub(super) fn of(function: &'a Function) -> Option<Self> {
        let name = match function.name.0.as_slice() {
            [ObjectNamePart::Identifier(name)] if name.quote_style.is_none() => {
                name.value.to_lowercase()
            }
            // `safe.parse_date(…)` of BigQuery.
            [ObjectNamePart::Identifier(safe), ObjectNamePart::Identifier(name)]
                if safe.value.eq_ignore_ascii_case("safe") =>
            {
                format!("safe_{}", name.value.to_lowercase())
            }
            _ => return None,
        };
        let mut exprs = Vec::new();
        if let FunctionArguments::List(list) = &function.args {
            for arg in &list.args {
                match arg {
                    FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => exprs.push(expr),
                    _ => return None,
                }
            }
        }
        let args = exprs.iter().map(|expr| piece(expr)).collect();
        Some(Self { name, args, exprs })
    }
}

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
    if let Some(text) = aggregate(rewriting, function) {
        return Some(text);
    }
    let of_rows = function.over.is_some()
        || function.filter.is_some()
        || !function.within_group.is_empty()
        || matches!(&function.args, FunctionArguments::List(list)
            if list.duplicate_treatment.is_some() || !list.clauses.is_empty());
    let (text, new_name) = {
        let call = Call::of(function)?;
        let arguments = call.args.len();
        let new_name = renamed(rewriting.warehouse, &call.name, arguments);
        let text = match of_rows {
            true => None,
            false => dates::call(rewriting, &call)
                .or_else(|| documents::call(rewriting, &call))
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
    let joined = |separator: &str| {
        let texts = args.iter().map(|arg| format!("CAST({arg} AS VARCHAR)"));
        texts.collect::<Vec<String>>().join(separator)
    };
    match (call.name.as_str(), args.len()) {
        // With a missing value among them the whole is missing.
        ("concat", 1..) => Some(format!("({})", joined(" || "))),
        ("concat_ws", 2..) if warehouse == Warehouse::Snowflake => {
            let between = format!(" || {} || ", args[0]);
            let texts = args[1..].iter().map(|arg| format!("CAST({arg} AS VARCHAR)"));
            Some(format!("({})", texts.collect::<Vec<String>>().join(&between)))
        }
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
        // The number comes first.
        ("log", 2) if warehouse == Warehouse::BigQuery => {
            Some(format!("log({}, {})", args[1], args[0]))
        }
        ("split", 2) if warehouse == Warehouse::Databricks => {
            Some(format!("regexp_split_to_array({}, {})", args[0], args[1]))
        }
        // Places in lists are counted from 0 there and from 1 in DuckDB.
        ("array_position" | "array_slice" | "array_insert" | "array_remove_at", _)
            if warehouse == Warehouse::Snowflake =>
        {
            rewriting.refuse(format!("`{}` is not built; take items by `x[n]`", call.name));
            None
        }
        ("replace", 2) => Some(format!("replace({}, {}, '')", args[0], args[1])),
        ("lpad" | "rpad", 2) => Some(format!("{}({}, {}, ' ')", call.name, args[0], args[1])),
        ("substr" | "substring", 3) => {
            Some(format!("substr({}, {}, {})", args[0], args[1], args[2]))
        }
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
        ("split_part", 3) if args[2] == "0" => {
            Some(format!("split_part({}, {}, 1)", args[0], args[1]))
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

/// `$1` of Spark as `\1`.
fn back_references(expr: &Expr) -> Option<String> {
    let text = quoted(expr)?;
    text.contains('$').then(|| format!("'{}'", text.replace('$', "\\").replace('\'', "''")))
}

/// What groups rows. What becomes finished text comes back; what is changed in its place does not.
fn aggregate(rewriting: &mut Rewriting, function: &mut Function) -> Option<String> {
    let name = match function.name.0.as_slice() {
        [ObjectNamePart::Identifier(name)] if name.quote_style.is_none() => {
            name.value.to_lowercase()
        }
        _ => return None,
    };
    orders(rewriting, function);
    let set_name = |function: &mut Function, name: &str| {
        function.name = ObjectName::from(vec![Ident::new(name)]);
    };
    match name.as_str() {
        "listagg" | "string_agg" | "group_concat" => {
            order_within(function);
            set_name(function, "string_agg");
            rewriting.changed = true;
            if let FunctionArguments::List(list) = &mut function.args
                && list.args.len() == 1
            {
                let between = if name == "listagg" { "''" } else { "','" };
                list.args.push(unnamed(Expr::Identifier(Ident::new(between))));
            }
            // Of nobody's values Snowflake makes empty text.
            let is_empty = name == "listagg" && rewriting.warehouse == Warehouse::Snowflake;
            is_empty.then(|| format!("coalesce({function}, '')"))
        }
        "array_agg" | "collect_list" | "collect_set" | "array_unique_agg" => {
            order_within(function);
            let is_set = matches!(name.as_str(), "collect_set" | "array_unique_agg");
            let ignores = ignores_missing(function);
            let skips =
                rewriting.warehouse != Warehouse::BigQuery || ignores || name != "array_agg";
            if let FunctionArguments::List(list) = &mut function.args {
                if is_set {
                    list.duplicate_treatment = Some(DuplicateTreatment::Distinct);
                }
                if skips
                    && let [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))] =
                        list.args.as_slice()
                {
                    let there =
                        Expr::IsNotNull(Box::new(Expr::Identifier(Ident::new(piece(value)))));
                    function.filter = Some(Box::new(match function.filter.take() {
                        Some(filter) => {
                            Expr::Identifier(Ident::new(format!("{} AND {there}", piece(&filter))))
                        }
                        None => there,
                    }));
                }
            }
            set_name(function, "array_agg");
            rewriting.changed = true;
            None
        }
        "object_agg" | "json_object_agg" => {
            let call = Call::of(function).filter(|call| call.args.len() == 2)?;
            let text = format!(
                "json_group_object({0}, {1}) FILTER (WHERE {0} IS NOT NULL AND {1} IS NOT NULL)",
                call.args[0], call.args[1]
            );
            function.over.is_none().then_some(text)
        }
        "count" => counted_rows(function),
        "ratio_to_report" => {
            let call = Call::of(function)?;
            let over = match &function.over {
                Some(WindowType::WindowSpec(spec)) => format!("({spec})"),
                Some(WindowType::NamedWindow(name)) => name.to_string(),
                None => return None,
            };
            let x = &call.args[0];
            Some(format!("(CAST({x} AS DOUBLE) / nullif(sum({x}) OVER {over}, 0))"))
        }
        "percentile_cont" | "percentile_disc" if function.within_group.is_empty() => {
            let kind = if name == "percentile_cont" { "quantile_cont" } else { "quantile_disc" };
            set_name(function, kind);
            rewriting.changed = true;
            None
        }
        _ => None,
    }
}

/// `count(DISTINCT a, b)`: pairs without a missing part.
fn counted_rows(function: &Function) -> Option<String> {
    let FunctionArguments::List(list) = &function.args else { return None };
    let call = Call::of(function).filter(|call| call.args.len() > 1)?;
    let is_distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
    if function.over.is_some() {
        return None;
    }
    let there: Vec<String> = call.args.iter().map(|arg| format!("{arg} IS NOT NULL")).collect();
    let there = there.join(" AND ");
    let filter = function.filter.as_ref();
    let filter = filter.map(|filter| format!(" FILTER (WHERE {filter})")).unwrap_or_default();
    Some(match is_distinct {
        true => format!(
            "count(DISTINCT CASE WHEN {there} THEN row({}) END){filter}",
            call.args.join(", ")
        ),
        false => format!("count(CASE WHEN {there} THEN 1 END){filter}"),
    })
}

fn unnamed(expr: Expr) -> FunctionArg {
    FunctionArg::Unnamed(FunctionArgExpr::Expr(expr))
}

/// Whether a call says `IGNORE NULLS`, which is taken out.
fn ignores_missing(function: &mut Function) -> bool {
    let FunctionArguments::List(list) = &mut function.args else { return false };
    let ignores = |clause: &FunctionArgumentClause| {
        matches!(clause, FunctionArgumentClause::IgnoreOrRespectNulls(NullTreatment::IgnoreNulls))
    };
    let found = list.clauses.iter().any(ignores);
    list.clauses
        .retain(|clause| !matches!(clause, FunctionArgumentClause::IgnoreOrRespectNulls(_)));
    found
}

/// `f(a) WITHIN GROUP (ORDER BY b)` as `f(a ORDER BY b)`.
fn order_within(function: &mut Function) {
    let order: Vec<OrderByExpr> = std::mem::take(&mut function.within_group);
    if order.is_empty() {
        return;
    }
    if let FunctionArguments::List(list) = &mut function.args {
        list.clauses.push(FunctionArgumentClause::OrderBy(order));
    }
}

fn orders(rewriting: &mut Rewriting, function: &mut Function) {
    // What is not there takes no part in a percentile.
    let name = function.name.to_string().to_lowercase();
    if !name.starts_with("percentile") {
        function.within_group.iter_mut().for_each(|order| rewriting.order(order));
    }
    if let FunctionArguments::List(list) = &mut function.args {
        for clause in &mut list.clauses {
            if let FunctionArgumentClause::OrderBy(orders) = clause {
                orders.iter_mut().for_each(|order| rewriting.order(order));
            }
        }
    }
}
