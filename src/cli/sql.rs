//! `muster sql`: the statement that lists the members.

use super::args::{SliceArgs, SourceArgs};
use super::count::cohort_name;
use super::session::{Watch, open_run};
use super::slice::slice;
use super::{Lines, Printed};
use crate::model::failure::Failure;
use crate::model::question::Question;
use crate::model::shown::is_hidden;
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
            false => shown.printed(),
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

impl ShownSql {
    /// The statement line by line. A text in it is written by code where it must be; a name cannot
    /// be, so that one with a hidden character is shown and told about.
    fn printed(&self) -> Printed {
        let lines = statement_lines(&self.sql);
        let has_hidden = lines.iter().any(|line| line.chars().any(is_hidden));
        let note = has_hidden.then(|| {
            "the statement cannot be pasted as it is: a name in it holds an invisible character; \
             --json has it exactly"
                .to_owned()
        });
        Printed::done(&lines.into_iter().collect::<Lines>()).with_note(note)
    }
}

/// The lines of a statement. A line feed inside of a quoted name or text begins none.
fn statement_lines(sql: &str) -> Vec<&str> {
    let mut quoted = None;
    let is_end = |c: char| match (quoted, c) {
        (None, '\n') => true,
        (None, '"' | '\'') => {
            quoted = Some(c);
            false
        }
        // A doubled quote ends one part and begins the next.
        (Some(quote), c) if quote == c => {
            quoted = None;
            false
        }
        _ => false,
    };
    sql.split(is_end).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sql: &str) -> (String, bool) {
        let sql = sql.to_owned();
        let (entity, cohort, now, zone) = Default::default();
        let printed = ShownSql { schema: 1, entity, cohort, now, zone, sql }.printed();
        (printed.text.clone(), format!("{printed:?}").contains("cannot be pasted"))
    }

    #[test]
    fn a_name_that_cannot_be_pasted_is_told() {
        let plain = "SELECT \"a\"\"b\", 'it''s \"'\nFROM \"t\"";
        assert_eq!(check(plain), (plain.to_owned(), false));
        assert_eq!(
            check("SELECT \"a\n--\u{1b}\"\nFROM t"),
            ("SELECT \"a⟨LF⟩--⟨ESC⟩\"\nFROM t".to_owned(), true)
        );
    }

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
