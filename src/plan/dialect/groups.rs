//! Calls that make one value of the rows of a group: lists, texts, counts, percentiles.

use super::call::Call;
use super::rewriting::{Rewriting, piece};
use crate::sql::warehouse::Warehouse;
use sqlparser::ast::{
    DuplicateTreatment, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArgumentClause,
    FunctionArguments, Ident, NullTreatment, ObjectName, ObjectNamePart, OrderByExpr, WindowType,
};

/// A call that groups rows. What becomes finished text comes back; what is changed in its place does not.
pub(super) fn call(rewriting: &mut Rewriting, function: &mut Function) -> Option<String> {
    let name = match function.name.0.as_slice() {
        [ObjectNamePart::Identifier(name)] if name.quote_style.is_none() => {
            name.value.to_lowercase()
        }
        _ => return None,
    };
    filtered(rewriting, function);
    orders(rewriting, function);
    match name.as_str() {
        "listagg" | "string_agg" | "group_concat" => {
            order_within(function);
            named(function, "string_agg");
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
            listed(rewriting, function, &name)
        }
        "count_if" | "countif" => {
            let call = Call::of(function).filter(|call| call.args.len() == 1)?;
            let counted = format!("CASE WHEN {} THEN 1 END", call.args[0]);
            named(function, "count");
            rewriting.changed = true;
            if let FunctionArguments::List(list) = &mut function.args {
                list.args = vec![unnamed(Expr::Identifier(Ident::new(counted)))];
            }
            None
        }
        "skewness" if rewriting.warehouse == Warehouse::Databricks => {
            rewriting.refuse("`skewness` of a whole population is not built");
            None
        }
        // Of whole numbers it is a whole number.
        "avg" if rewriting.warehouse == Warehouse::Redshift => {
            let mut one = function.clone();
            named(&mut one, "max");
            Some(format!(
                "CASE WHEN contains(typeof({one}), 'INT') THEN trunc({function}) ELSE {function} END"
            ))
        }
        "object_agg" | "json_object_agg" => {
            let call = Call::of(function).filter(|call| call.args.len() == 2)?;
            let there = format!(
                "FILTER (WHERE {} IS NOT NULL AND {} IS NOT NULL)",
                call.args[0], call.args[1]
            );
            let text = format!(
                "to_json(map(coalesce(array_agg(CAST({} AS VARCHAR)) {there}, []), \
                 coalesce(array_agg(to_json({})) {there}, [])))",
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
            named(function, kind);
            rewriting.changed = true;
            None
        }
        _ => None,
    }
}

/// The values of a group as a list.
fn listed(rewriting: &mut Rewriting, function: &mut Function, name: &str) -> Option<String> {
    order_within(function);
    let is_set = matches!(name, "collect_set" | "array_unique_agg");
    let ignores = ignores_missing(function);
    let skips = rewriting.warehouse != Warehouse::BigQuery || ignores || name != "array_agg";
    if let FunctionArguments::List(list) = &mut function.args {
        if is_set {
            list.duplicate_treatment = Some(DuplicateTreatment::Distinct);
        }
        if skips && let [FunctionArg::Unnamed(FunctionArgExpr::Expr(value))] = list.args.as_slice()
        {
            let there = Expr::IsNotNull(Box::new(Expr::Identifier(Ident::new(piece(value)))));
            function.filter = Some(Box::new(match function.filter.take() {
                Some(filter) => {
                    Expr::Identifier(Ident::new(format!("{} AND {there}", piece(&filter))))
                }
                None => there,
            }));
        }
    }
    named(function, "array_agg");
    rewriting.changed = true;
    // A list of nothing is an empty list, but in BigQuery.
    (rewriting.warehouse != Warehouse::BigQuery).then(|| format!("coalesce({function}, [])"))
}

fn named(function: &mut Function, name: &str) {
    function.name = ObjectName::from(vec![Ident::new(name)]);
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

/// `sum(x WHERE y)` of BigQuery as `sum(x) FILTER (WHERE y)`.
fn filtered(rewriting: &mut Rewriting, function: &mut Function) {
    let FunctionArguments::List(list) = &mut function.args else { return };
    let clauses = std::mem::take(&mut list.clauses);
    for clause in clauses {
        match clause {
            FunctionArgumentClause::Where(filter) if function.filter.is_none() => {
                function.filter = Some(Box::new(filter));
                rewriting.changed = true;
            }
            other => list.clauses.push(other),
        }
    }
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
