//! What SQL of a project may do, decided from the plan that the database makes of it.
//!
//! A query of a project is planned inside a transaction that may only read, as a part of a query of
//! ours. So the database itself refuses it when it, or a view or macro that it uses, changes
//! something. What it calls is then seen in the plan, whatever it was called through: functions
//! that only give rows are allowed by name, all others that the database has are not.

use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Functions that give rows and do nothing else. What they may read is a matter of the sandbox.
const GIVE_ROWS: [&str; 21] = [
    "arrow_scan",
    "generate_series",
    "json_each",
    "json_tree",
    "parquet_scan",
    "range",
    "read_csv",
    "read_csv_auto",
    "read_json",
    "read_json_auto",
    "read_json_objects",
    "read_ndjson",
    "read_ndjson_auto",
    "read_ndjson_objects",
    "read_parquet",
    "repeat",
    "repeat_row",
    "seq_scan",
    "unnest",
    "duckdb_columns",
    "duckdb_tables",
];

/// What statements of a model may do; where they may do it is a matter of the transaction.
const KINDS: [&str; 8] =
    ["ALTER", "CREATE_TABLE", "CREATE_VIEW", "DELETE", "DROP", "INSERT", "MERGE_INTO", "UPDATE"];

/// Operators of plans that are no functions, so that most plans are decided without asking which
/// functions there are.
const OPERATORS: [&str; 30] = [
    "aggregate",
    "any_join",
    "asof_join",
    "chunk_get",
    "comparison_join",
    "cross_product",
    "cte",
    "cte_scan",
    "delete",
    "dependent_join",
    "distinct",
    "dummy_scan",
    "except",
    "expression_get",
    "filter",
    "insert",
    "intersect",
    "join",
    "limit",
    "materialized_cte",
    "order_by",
    "positional_join",
    "projection",
    "rec_cte",
    "sample",
    "top_n",
    "union",
    "update",
    "window",
    "create_table",
];

/// Names in a plan that may be functions which do more than give rows.
pub(super) fn unknown(plan: &Json) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    visit(plan, &mut |name| {
        let name = name.trim().to_lowercase();
        if !GIVE_ROWS.contains(&name.as_str()) && !OPERATORS.contains(&name.as_str()) {
            found.insert(name);
        }
    });
    found
}

/// Whether a plan is one of a statement that makes or changes a table or view.
pub(super) fn changes(plan: &Json) -> bool {
    let root = plan.as_array().and_then(|roots| roots.first()).unwrap_or(plan);
    root["name"].as_str().is_some_and(|name| KINDS.contains(&name.trim()))
}

fn visit(node: &Json, see: &mut dyn FnMut(&str)) {
    match node {
        Json::Array(nodes) => nodes.iter().for_each(|node| visit(node, see)),
        Json::Object(fields) => {
            if let Some(name) = fields.get("name").and_then(Json::as_str) {
                see(name);
            }
            // Where a plan names its function apart from the operator, that is looked at too.
            if let Some(name) = node["extra_info"]["Function"].as_str() {
                see(name);
            }
            if let Some(children) = fields.get("children") {
                visit(children, see);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_act_are_found_wherever_they_stand() {
        let plan = serde_json::json!([{ "name": "PROJECTION", "children": [
            { "name": "CROSS_PRODUCT", "children": [
                { "name": "RANGE", "children": [] },
                { "name": " CHECKPOINT ", "children": [] },
                { "name": "SEQ_SCAN", "children": [] },
            ] },
        ] }]);
        assert_eq!(unknown(&plan), BTreeSet::from(["checkpoint".to_owned()]));
    }

    #[test]
    fn only_statements_about_tables_and_views_change_something_allowed() {
        let plan = |name: &str| serde_json::json!([{ "name": name, "children": [] }]);
        assert!(changes(&plan("INSERT")));
        for other in ["COPY_TO_FILE", "SET", "TRANSACTION", "CREATE_MACRO", "PROJECTION", "LOAD"] {
            assert!(!changes(&plan(other)), "{other}");
        }
    }
}
