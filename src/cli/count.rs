//! `muster count`: how many are in a cohort or a slice of it, step by step if asked.

use super::args::{SliceArgs, SourceArgs};
use super::session::{Watch, open_run};
use super::slice::slice;
use super::table::table;
use super::{Lines, Printed};
use crate::engine::Session;
use crate::language::{print, print_clause, words};
use crate::model::clause::{Node, Tree};
use crate::model::failure::Failure;
use crate::model::question::{Answer, Question, Size, Slice, Steps};
use crate::model::value::grouped;
use clap::Args;
use serde::Serialize;

/// `muster count PATH --cohort C`
#[derive(Debug, Args)]
pub struct Count {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    slice: SliceArgs,
    /// How many are left after each clause.
    #[arg(long)]
    steps: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Count {
    pub(super) fn run(&self) -> Result<Printed, Failure> {
        let watch = Watch::new();
        let session = open_run(&self.source, self.slice.now.run()?, &watch)?;
        let opened = session.opened();
        let slice = slice(&self.slice, &opened.catalog, &opened.workspace)?;
        let size = size(&session, &slice)?;
        let steps = if self.steps { Some(steps(&session, &slice)?) } else { None };
        let catalog = session.catalog();
        let mut counted = Counted::of(&slice, catalog.run, size, steps.as_ref());
        counted.run_end = catalog.shown_run().map(|run| run.end.to_string());
        Ok(match self.json {
            true => Printed::json(&counted),
            false => Printed::done(&counted.text()),
        })
    }
}

fn size(session: &Session, slice: &Slice) -> Result<Size, Failure> {
    match session.ask(slice, &Question::Size)?.answer {
        Answer::Size(size) => Ok(size),
        other => Err(unexpected(&other)),
    }
}

fn steps(session: &Session, slice: &Slice) -> Result<Steps, Failure> {
    match session.ask(slice, &Question::Steps)?.answer {
        Answer::Steps(steps) => Ok(steps),
        other => Err(unexpected(&other)),
    }
}

/// What an answer of another kind than asked for is told as; it would be a mistake in Muster.
pub(super) fn unexpected(answer: &Answer) -> Failure {
    let told: String = format!("{answer:?}").chars().take(40).collect();
    Failure::new(format!("the engine answered something else: {told}"), "", "")
}

#[derive(Debug, Serialize)]
struct Counted {
    schema: u32,
    entity: String,
    cohort: String,
    #[serde(rename = "where")]
    condition: String,
    words: String,
    size: u64,
    of: u64,
    as_of: Option<String>,
    /// Up to when rows count in the run that is shown.
    #[serde(skip)]
    run_end: Option<String>,
    now: String,
    zone: String,
    steps: Vec<CountedStep>,
    near_misses: Option<u64>,
}

#[derive(Debug, Serialize)]
struct CountedStep {
    clause: String,
    words: String,
    kept: u64,
    dropped: u64,
    gained_without: u64,
    meets_alone: u64,
}

impl Counted {
    fn of(slice: &Slice, run: Option<u64>, size: Size, steps: Option<&Steps>) -> Self {
        let step = |step: &crate::model::question::Step| {
            let (clause, words) = part(&slice.tree, step.part, slice);
            CountedStep {
                clause,
                words,
                kept: step.kept,
                dropped: step.dropped,
                gained_without: step.gained_without,
                meets_alone: step.meets_alone,
            }
        };
        Self {
            schema: 1,
            entity: slice.cohort.entity.clone(),
            cohort: cohort_name(slice),
            condition: print(&slice.tree),
            words: words::tree(&slice.tree, Some(&slice.now)),
            size: size.kept,
            of: size.of,
            as_of: run.map(|run| run.to_string()),
            run_end: None,
            now: slice.now.written(),
            zone: slice.now.zone_name(),
            steps: steps.iter().flat_map(|s| &s.steps).map(step).collect(),
            near_misses: steps.map(|s| s.near_misses),
        }
    }

    fn text(&self) -> Lines {
        let (size, of) = (grouped(self.size), grouped(self.of));
        let (entity, cohort) = (&self.entity, &self.cohort);
        let mut out = Lines::default();
        out.line(format_args!("{size} of {of} in {entity}/{cohort}"));
        if !self.words.is_empty() {
            out.line(&self.words);
        }
        if self.near_misses.is_some() {
            let mut rows =
                vec![vec![format!("{entity}/{cohort}"), of, String::new(), String::new()]];
            rows.extend(self.steps.iter().map(|step| {
                let without = format!("+{}", grouped(step.gained_without));
                vec![step.words.clone(), grouped(step.kept), grouped(step.dropped), without]
            }));
            out.blank();
            out.add("", table(&["step", "kept", "dropped", "without it"], rows, &[1, 2, 3]));
        }
        if let Some(near) = self.near_misses {
            out.line(format_args!("{} fail exactly one step", grouped(near)));
        }
        if let (Some(run), Some(end)) = (&self.as_of, &self.run_end) {
            out.line(format_args!("run {run}, up to {end} UTC"));
        }
        out.line(format_args!("as of {}", self.now));
        out
    }
}

/// The cohort's name; `all` for everyone.
pub(super) fn cohort_name(slice: &Slice) -> String {
    slice.cohort.cohort.clone().unwrap_or_else(|| "all".to_owned())
}

/// The condition of a part of the root group, typed and in words.
fn part(tree: &Tree, index: usize, slice: &Slice) -> (String, String) {
    let now = Some(&slice.now);
    // A root that is not a group of all is one step.
    let whole = || (print(tree), words::tree(tree, now));
    if tree.combine != crate::model::clause::Combine::All {
        return whole();
    }
    match tree.parts.get(index).map(|part| &part.node) {
        Some(Node::Clause(clause)) => (print_clause(clause), words::clause(clause, now)),
        Some(Node::Group(group)) => (print(group), words::tree(group, now)),
        None => whole(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(steps: bool) -> Counted {
        let step = CountedStep {
            clause: "country = 'DE'".into(),
            words: "country is DE".into(),
            kept: 120,
            dropped: 815,
            gained_without: 815,
            meets_alone: 120,
        };
        Counted {
            schema: 1,
            entity: "customer".into(),
            cohort: "all".into(),
            condition: "country = 'DE'".into(),
            words: "country is DE".into(),
            size: 120,
            of: 935,
            as_of: None,
            run_end: None,
            now: "2026-11-23T09:00:00+00:00[UTC]".into(),
            zone: "UTC".into(),
            steps: if steps { vec![step] } else { vec![] },
            near_misses: steps.then_some(815),
        }
    }

    #[test]
    fn the_json_reads_like_this() {
        insta::assert_snapshot!(Printed::json(&counted(true)).text, @r#"
        {
          "schema": 1,
          "entity": "customer",
          "cohort": "all",
          "where": "country = 'DE'",
          "words": "country is DE",
          "size": 120,
          "of": 935,
          "as_of": null,
          "now": "2026-11-23T09:00:00+00:00[UTC]",
          "zone": "UTC",
          "steps": [
            {
              "clause": "country = 'DE'",
              "words": "country is DE",
              "kept": 120,
              "dropped": 815,
              "gained_without": 815,
              "meets_alone": 120
            }
          ],
          "near_misses": 815
        }
        "#);
    }

    #[test]
    fn without_steps_there_are_none() {
        let value = serde_json::to_value(counted(false)).unwrap();
        assert_eq!(value["steps"], serde_json::json!([]));
        assert_eq!(value["near_misses"], serde_json::Value::Null);
    }

    #[test]
    fn the_text_reads_like_this() {
        insta::assert_snapshot!(counted(true).text(), @r"
        120 of 935 in customer/all
        country is DE

         step           kept  dropped  without it
         customer/all    935
         country is DE   120      815        +815
        815 fail exactly one step
        as of 2026-11-23T09:00:00+00:00[UTC]
        ");
    }
}
