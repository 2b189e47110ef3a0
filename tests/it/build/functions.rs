//! Functions of warehouses give what they give there: every line of `tests/functions.tsv`, built by
//! a project of its warehouse.

use super::{Scene, built};
use duckdb::Connection;
use muster::engine::builder::BuildRequest;
use muster::model::warehouse::Warehouse;
use std::fmt::Write as _;

const HEAD: &str = "name: functions\nschema_version: 80\nconnection: here\nmodel_folders: [models]\n\
    entities:\n  - {name: user, id_stitcher: models/ids}\nid_types: [{name: user_id}]\n---\n";

const INPUTS: &str = "\
inputs:
  - {name: each, app_defaults: {table: each, occurred_at_col: ts, ids: [{select: user_id, type: user_id, entity: user}]}}
  - {name: rows, app_defaults: {table: rows, occurred_at_col: ts, ids: [{select: user_id, type: user_id, entity: user}]}}
models:
  - name: ids
    model_type: id_stitcher
    model_spec: {entity_key: user, materialization: {run_type: discrete}, edge_sources: [{from: inputs/each}, {from: inputs/rows}]}
var_groups:
  - name: all
    entity_key: user
    vars:
";

const DATA: &str = "\
    CREATE TABLE each AS SELECT 'u1' AS user_id, TIMESTAMP '2026-01-01' AS ts;
    CREATE TABLE rows AS SELECT 'u1' AS user_id, TIMESTAMP '2026-01-01' AS ts, * FROM (VALUES
        (1, 2, true), (2, 4, false), (2, 4, true), (4, 8, NULL), (NULL, NULL, true)) t(x, y, b);";

/// A line of the table.
struct Line<'a> {
    warehouses: &'a str,
    source: &'a str,
    expression: &'a str,
    wanted: &'a str,
}

fn lines(table: &str) -> Vec<Line<'_>> {
    let lines = table.lines().filter(|line| !line.starts_with('#'));
    let lines = lines.map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [warehouses, source, expression, wanted] = cells.as_slice() else {
            panic!("four cells: {line}")
        };
        Line { warehouses, source, expression, wanted }
    });
    lines.collect()
}

/// Whether a value is what is wanted: numbers by their size, documents but for their spaces.
fn is_same(got: &str, wanted: &str) -> bool {
    let number = |text: &str| text.parse::<f64>().ok();
    match (number(got), number(wanted)) {
        _ if got == wanted => true,
        (Some(a), Some(b)) => (a - b).abs() <= 1e-6 * b.abs().max(1.0),
        _ => wanted.contains('{') && got.replace(' ', "") == wanted.replace(' ', ""),
    }
}

#[test]
fn functions_give_what_they_give_in_their_warehouse() {
    let table = std::fs::read_to_string(super::root().join("tests/functions.tsv")).unwrap();
    let all = lines(&table);
    let mut wrong = String::new();
    for warehouse in ["snowflake", "bigquery", "redshift", "databricks"] {
        let of: Vec<&Line<'_>> =
            all.iter().filter(|line| line.warehouses.split(',').any(|w| w == warehouse)).collect();
        assert!(of.len() > 50, "{warehouse} has its functions");
        let mut vars = String::new();
        for (at, line) in of.iter().enumerate() {
            // One row per person has its value as the greatest.
            let select = match line.source {
                "each" => format!("max({})", line.expression),
                _ => line.expression.to_owned(),
            };
            writeln!(
                vars,
                "      - entity_var: {{name: f{at}, select: {}, from: inputs/{}}}",
                serde_json::to_string(&select).unwrap(),
                line.source
            )
            .unwrap();
        }
        let scene = Scene::written(&format!("{HEAD}{INPUTS}{vars}"), DATA);
        let request = BuildRequest { warehouse: Warehouse::in_name(warehouse), ..scene.request() };
        built(&request).unwrap();
        let connection = Connection::open(scene.file()).unwrap();
        for (at, line) in of.iter().enumerate() {
            let asked =
                format!("SELECT coalesce(CAST(f{at} AS VARCHAR), 'NULL') FROM user_feature_view");
            let got = connection.query_row(&asked, [], |row| row.get::<_, String>(0));
            let got = got.unwrap_or_else(|_| "(not built)".to_owned());
            if !is_same(&got, line.wanted) {
                writeln!(wrong, "{warehouse}: {} is {got}, not {}", line.expression, line.wanted)
                    .unwrap();
            }
        }
    }
    assert_eq!(wrong, "");
}
