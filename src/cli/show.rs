//! `muster show`: what is in a source.

use super::args::SourceArgs;
use super::session::{Watch, open};
use super::table::section;
use super::table::{cut, table};
use super::{Lines, Printed, project};
use crate::deliver::manifest::kind_word;
use crate::model::catalog::{
    Catalog, Cohort, Column, Entity, Relation, SourceKind, Table, TableOrigin,
};
use crate::model::definition::Run;
use crate::model::failure::Failure;
use crate::model::value::grouped;
use clap::Args;
use serde::Serialize;

/// `muster show PATH`
#[derive(Debug, Args)]
pub struct Show {
    #[command(flatten)]
    source: SourceArgs,
    /// For a Profiles project: who last changed each definition, in which commit.
    #[arg(long)]
    git: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(&self) -> Result<Printed, Failure> {
        if let Some(project) = project::read(&self.source)?
            && (self.git || !project.is_built())
        {
            return Ok(project.show(self.json, self.git));
        }
        let watch = Watch::new();
        let session = open(&self.source, &watch)?;
        let catalog = session.catalog();
        Ok(match self.json {
            true => Printed::json(&Shown::of(catalog)),
            false => Printed::done(&text(catalog)),
        })
    }
}

#[derive(Debug, Serialize)]
struct Shown<'a> {
    schema: u32,
    source: String,
    kind: &'static str,
    entities: Vec<ShownEntity<'a>>,
    relations: Vec<ShownRelation<'a>>,
    tables: Vec<ShownTable<'a>>,
    runs: Vec<ShownRun<'a>>,
    run: Option<u64>,
    findings: usize,
}

#[derive(Debug, Serialize)]
struct ShownRun<'a> {
    number: u64,
    end_time: &'a str,
}

#[derive(Debug, Serialize)]
struct ShownEntity<'a> {
    name: &'a str,
    table: &'a str,
    key: &'a str,
    size: u64,
    why: &'a str,
    features: Vec<ShownFeature<'a>>,
    cohorts: Vec<ShownCohort<'a>>,
}

#[derive(Debug, Serialize)]
struct ShownFeature<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    type_name: &'a str,
    description: Option<&'a str>,
    personal: bool,
    personal_why: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct ShownCohort<'a> {
    name: &'a str,
    size: u64,
    extends: Option<&'a str>,
    origin: &'a str,
    why: &'a str,
}

#[derive(Debug, Serialize)]
struct ShownRelation<'a> {
    from_table: &'a str,
    from_column: &'a str,
    to_table: &'a str,
    to_column: &'a str,
    as_text: bool,
    dangling: u64,
    why: &'a str,
}

#[derive(Debug, Serialize)]
struct ShownTable<'a> {
    name: &'a str,
    kind: &'static str,
    rows: u64,
    columns: Vec<ShownColumn<'a>>,
    time_column: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct ShownColumn<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    type_name: &'a str,
}

impl<'a> Shown<'a> {
    fn of(catalog: &'a Catalog) -> Self {
        Self {
            schema: 1,
            source: catalog.path.to_string_lossy().into_owned(),
            kind: kind_word(catalog.source),
            entities: catalog.entities.iter().map(ShownEntity::of).collect(),
            relations: catalog.relations.iter().map(ShownRelation::of).collect(),
            tables: catalog.tables.iter().map(ShownTable::of).collect(),
            runs: catalog.runs.iter().map(ShownRun::of).collect(),
            run: catalog.run,
            findings: catalog.findings.len(),
        }
    }
}

impl<'a> ShownRun<'a> {
    fn of(run: &'a Run) -> Self {
        Self { number: run.number, end_time: &run.end }
    }
}

impl<'a> ShownEntity<'a> {
    fn of(entity: &'a Entity) -> Self {
        let feature = |c: &'a Column| ShownFeature {
            name: &c.name,
            type_name: &c.type_name,
            description: c.description.as_deref(),
            personal: c.personal.is_some(),
            personal_why: c.personal.as_deref(),
        };
        let cohort = |c: &'a Cohort| ShownCohort {
            name: &c.name,
            size: c.size,
            extends: c.extends.as_deref(),
            origin: &c.origin,
            why: &c.why,
        };
        Self {
            name: &entity.name,
            table: entity.table_name(),
            key: &entity.key,
            size: entity.size,
            why: &entity.why,
            features: entity.features.iter().map(feature).collect(),
            cohorts: entity.cohorts.iter().map(cohort).collect(),
        }
    }
}

impl<'a> ShownRelation<'a> {
    fn of(relation: &'a Relation) -> Self {
        Self {
            from_table: &relation.from_table,
            from_column: &relation.from_column,
            to_table: &relation.to_table,
            to_column: &relation.to_column,
            as_text: relation.as_text(),
            dangling: relation.dangling,
            why: &relation.why,
        }
    }
}

impl<'a> ShownTable<'a> {
    fn of(table: &'a Table) -> Self {
        let column = |c: &'a Column| ShownColumn { name: &c.name, type_name: &c.type_name };
        Self {
            name: &table.name,
            kind: table_kind(table),
            rows: table.rows,
            columns: table.columns.iter().map(column).collect(),
            time_column: table.time_column.as_deref(),
        }
    }
}

fn table_kind(table: &Table) -> &'static str {
    match table.origin.stored() {
        TableOrigin::View { .. } => "view",
        TableOrigin::Files { .. } => "files",
        TableOrigin::Stored { .. } | TableOrigin::Unnested { .. } => "table",
    }
}

fn text(catalog: &Catalog) -> Lines {
    let kind = match catalog.source {
        SourceKind::DuckDb => "DuckDB file",
        SourceKind::Files => "files",
    };
    let mut out = Lines::default();
    out.line(format_args!("{} ({kind})", catalog.path.display()));
    if catalog.entities.is_empty() {
        out.blank();
        out.line("No entity was found. The tables are below.");
    }
    if let Some(run) = catalog.shown_run() {
        let kept = grouped(catalog.runs.len() as u64);
        out.line(format_args!("Run {} up to {} UTC, one of {kept} kept", run.number, run.end));
    }
    for entity in &catalog.entities {
        entity_text(entity, &mut out);
    }
    if !catalog.relations.is_empty() {
        let rows = catalog.relations.iter().map(relation_row).collect();
        section("Relations", table(&["from", "to", "dangling"], rows, &[2]), &mut out);
    }
    let rows = catalog.tables.iter().map(table_row).collect();
    let headings = ["name", "kind", "rows", "columns", "time column"];
    section("Tables", table(&headings, rows, &[2, 3]), &mut out);
    if !catalog.findings.is_empty() {
        let found = grouped(catalog.findings.len() as u64);
        out.blank();
        out.line(format_args!("Findings: {found}. `muster check` lists them."));
    }
    out
}

fn entity_text(entity: &Entity, out: &mut Lines) {
    let (name, key, of) = (cut(&entity.name), cut(&entity.key), cut(entity.table_name()));
    out.blank();
    out.line(format_args!("{name}: {}, key {key} of {of}", grouped(entity.size)));
    if !entity.why.is_empty() {
        out.line(format_args!("  {}", entity.why));
    }
    let mut cohorts = vec![vec!["all".to_owned(), grouped(entity.size), String::new()]];
    cohorts.extend(
        entity
            .cohorts
            .iter()
            .map(|c| vec![c.name.clone(), grouped(c.size), c.extends.clone().unwrap_or_default()]),
    );
    section("Cohorts", table(&["name", "size", "extends"], cohorts, &[1]), out);
    let rows = entity.features.iter().map(feature_row).collect();
    section("Features", table(&["name", "type", "personal", "description"], rows, &[]), out);
}

fn feature_row(feature: &Column) -> Vec<String> {
    let personal = if feature.personal.is_some() { "personal" } else { "" };
    let description = feature.description.clone().unwrap_or_default();
    vec![feature.name.clone(), feature.type_name.clone(), personal.to_owned(), description]
}

fn relation_row(relation: &Relation) -> Vec<String> {
    let dangling = match relation.dangling {
        0 => String::new(),
        n => grouped(n),
    };
    vec![
        format!("{}.{}", relation.from_table, relation.from_column),
        format!("{}.{}", relation.to_table, relation.to_column),
        dangling,
    ]
}

fn table_row(table: &Table) -> Vec<String> {
    vec![
        table.name.clone(),
        table_kind(table).to_owned(),
        grouped(table.rows),
        grouped(table.columns.len() as u64),
        table.time_column.clone().unwrap_or_default(),
    ]
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::catalog::{EntityBase, Fingerprint};
    use crate::model::value::Kind;

    fn column(name: &str, type_name: &str, personal: Option<&str>) -> Column {
        Column {
            name: name.into(),
            type_name: type_name.into(),
            kind: Kind::of_duckdb_type(type_name),
            description: None,
            personal: personal.map(str::to_owned),
        }
    }

    /// A source with one entity, one cohort and one relation.
    pub(in crate::cli) fn shop() -> Catalog {
        let stored = |name: &str, columns: Vec<Column>, rows, time: Option<&str>| Table {
            name: name.into(),
            origin: TableOrigin::Stored { schema: "main".into(), table: name.into() },
            columns,
            rows,
            time_column: time.map(str::to_owned),
        };
        let features = vec![
            column("customer_id", "BIGINT", None),
            column("email", "VARCHAR", Some("holds e-mail addresses")),
        ];
        Catalog {
            path: "/data/shop.duckdb".into(),
            source: SourceKind::DuckDb,
            fingerprint: Fingerprint::default(),
            tables: vec![
                stored("customers", features.clone(), 935, None),
                stored(
                    "orders",
                    vec![column("ordered", "TIMESTAMP", None)],
                    61_948,
                    Some("ordered"),
                ),
            ],
            entities: vec![Entity {
                name: "customer".into(),
                base: EntityBase::Table("customers".into()),
                key: "customer_id".into(),
                size: 935,
                features,
                cohorts: vec![Cohort {
                    name: "vip".into(),
                    table: "vip".into(),
                    key: "customer_id".into(),
                    size: 12,
                    extends: None,
                    origin: "SELECT 1".into(),
                    why: "its keys are keys of customers".into(),
                }],
                odd_rows: Default::default(),
                why: "customer_id is unique in customers".into(),
            }],
            relations: vec![Relation {
                from_table: "orders".into(),
                from_column: "customer_id".into(),
                to_table: "customers".into(),
                to_column: "customer_id".into(),
                from_form: Default::default(),
                to_form: Default::default(),
                chosen: false,
                dangling: 1_003,
                why: "same name, values match".into(),
            }],
            findings: vec![],
            definitions: None,
            runs: Vec::new(),
            run: None,
            shadows: None,
        }
    }

    #[test]
    fn the_json_reads_like_this() {
        insta::assert_snapshot!(Printed::json(&Shown::of(&shop())).text, @r#"
        {
          "schema": 1,
          "source": "/data/shop.duckdb",
          "kind": "duckdb",
          "entities": [
            {
              "name": "customer",
              "table": "customers",
              "key": "customer_id",
              "size": 935,
              "why": "customer_id is unique in customers",
              "features": [
                {
                  "name": "customer_id",
                  "type": "BIGINT",
                  "description": null,
                  "personal": false,
                  "personal_why": null
                },
                {
                  "name": "email",
                  "type": "VARCHAR",
                  "description": null,
                  "personal": true,
                  "personal_why": "holds e-mail addresses"
                }
              ],
              "cohorts": [
                {
                  "name": "vip",
                  "size": 12,
                  "extends": null,
                  "origin": "SELECT 1",
                  "why": "its keys are keys of customers"
                }
              ]
            }
          ],
          "relations": [
            {
              "from_table": "orders",
              "from_column": "customer_id",
              "to_table": "customers",
              "to_column": "customer_id",
              "as_text": false,
              "dangling": 1003,
              "why": "same name, values match"
            }
          ],
          "tables": [
            {
              "name": "customers",
              "kind": "table",
              "rows": 935,
              "columns": [
                {
                  "name": "customer_id",
                  "type": "BIGINT"
                },
                {
                  "name": "email",
                  "type": "VARCHAR"
                }
              ],
              "time_column": null
            },
            {
              "name": "orders",
              "kind": "table",
              "rows": 61948,
              "columns": [
                {
                  "name": "ordered",
                  "type": "TIMESTAMP"
                }
              ],
              "time_column": "ordered"
            }
          ],
          "runs": [],
          "run": null,
          "findings": 0
        }
        "#);
    }

    #[test]
    fn the_text_reads_like_this() {
        insta::assert_snapshot!(text(&shop()), @r"
        /data/shop.duckdb (DuckDB file)

        customer: 935, key customer_id of customers
          customer_id is unique in customers

          Cohorts
            name  size  extends
            all    935
            vip     12

          Features
            name         type     personal  description
            customer_id  BIGINT
            email        VARCHAR  personal

          Relations
            from                to                     dangling
            orders.customer_id  customers.customer_id     1,003

          Tables
            name       kind     rows  columns  time column
            customers  table     935        2
            orders     table  61,948        1  ordered
        ");
    }
}
