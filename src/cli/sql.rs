//! `muster sql`: the statement that lists the members.

use super::Printed;
use super::args::{SliceArgs, SourceArgs};
use super::count::cohort_name;
use super::session::{Watch, open_run};
use super::slice::slice;
use crate::model::failure::Failure;
use crate::model::question::Question;
use clap::Args;
use serde::Serialize;

/// `muster sql PATH --cohort C`
#[derive(Debug, Args)]
pub struct SqlOf {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    slice: SliceArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl SqlOf {
    pub(super) fn run(&self) -> Result<Printed, Failure> {
        let watch = Watch::new();
        let session = open_run(&self.source, self.slice.now.run()?, &watch)?;
        let opened = session.opened();
        let slice = slice(&self.slice, &opened.catalog, &opened.workspace)?;
        let sql = session.ask(&slice, &Question::Members)?.sql;
        let shown = ShownSql {
            schema: 1,
            entity: slice.cohort.entity.clone(),
            cohort: cohort_name(&slice),
            now: slice.now.written(),
            zone: slice.now.zone_name(),
            sql,
        };
        Ok(match self.json {
            true => Printed::json(&shown),
            false => Printed::done(shown.sql),
        })
    }
}

#[derive(Debug, Serialize)]
struct ShownSql {
    schema: u32,
    entity: String,
    cohort: String,
    now: String,
    zone: String,
    sql: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_reads_like_this() {
        let shown = ShownSql {
            schema: 1,
            entity: "customer".into(),
            cohort: "vip".into(),
            now: "2026-11-23T09:00:00+00:00[UTC]".into(),
            zone: "UTC".into(),
            sql: "SELECT \"id\"".into(),
        };
        insta::assert_snapshot!(Printed::json(&shown).text, @r#"
        {
          "schema": 1,
          "entity": "customer",
          "cohort": "vip",
          "now": "2026-11-23T09:00:00+00:00[UTC]",
          "zone": "UTC",
          "sql": "SELECT \"id\""
        }
        "#);
    }
}
