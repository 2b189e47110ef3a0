//! `muster values`: which values a feature has in a cohort or a slice of it, and how often.

use super::args::{SliceArgs, SourceArgs};
use super::count::{cohort_name, unexpected};
use super::profile::{json, text};
use super::session::{Watch, open_run};
use super::slice::slice;
use super::table::table;
use super::{Lines, Printed};
use crate::language::{print, words};
use crate::model::clause::{Combine, Node, Part, Tree};
use crate::model::failure::Failure;
use crate::model::question::{Answer, Counts, Question, Slice, Values};
use crate::model::value::grouped;
use clap::Args;
use serde::Serialize;
use serde_json::Value as Json;

/// `muster values PATH --cohort C --feature F`
#[derive(Debug, Args)]
pub struct ValuesOf {
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    slice: SliceArgs,
    /// The feature whose values are counted.
    #[arg(long, value_name = "NAME")]
    feature: String,
    /// How many values to list, the most frequent first.
    #[arg(long, value_name = "COUNT", default_value_t = 20)]
    top: u16,
    /// Only values that contain this, ignoring case.
    #[arg(long, value_name = "TEXT", default_value = "")]
    search: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl ValuesOf {
    pub(super) fn run(&self) -> Result<Printed, Failure> {
        let watch = Watch::new();
        let session = open_run(&self.source, self.slice.now.run()?, &watch)?;
        let opened = session.opened();
        let slice = slice(&self.slice, &opened.catalog, &opened.workspace)?;
        let entity = opened.catalog.entity(&slice.cohort.entity);
        let entity = entity.ok_or_else(|| Failure::new("the cohort has no entity", "", ""))?;
        let feature = entity.known_feature(&self.feature, "--feature")?.name.clone();
        let question = Question::Values {
            column: feature.clone(),
            top: self.top,
            search: self.search.clone(),
        };
        let values = match session.ask(&whole(&slice), &question)?.answer {
            Answer::Values(values) => values,
            other => return Err(unexpected(&other)),
        };
        let shown = Shown::of(&slice, session.catalog().run, feature, &values);
        Ok(match self.json {
            true => Printed::json(&shown),
            false => Printed::done(&shown.text()),
        })
    }
}

/// The slice with its condition as one: a chart does not obey clauses on its own feature, and here
/// all of them hold.
fn whole(slice: &Slice) -> Slice {
    let part = Part { off: false, node: Node::Group(slice.tree.clone()) };
    let tree = match slice.tree.parts.is_empty() {
        true => Tree::everyone(),
        false => Tree { combine: Combine::All, parts: vec![part] },
    };
    Slice { tree, ..slice.clone() }
}

#[derive(Debug, Serialize)]
struct Shown {
    schema: u32,
    entity: String,
    cohort: String,
    #[serde(rename = "where")]
    condition: String,
    words: String,
    feature: String,
    /// Different values in the cohort.
    distinct: u64,
    values: Vec<ShownValue>,
    others: ShownCounts,
    missing: ShownCounts,
    as_of: Option<String>,
    now: String,
    zone: String,
}

#[derive(Debug, Serialize)]
struct ShownValue {
    value: Json,
    size: u64,
    of: u64,
}

#[derive(Debug, Serialize)]
struct ShownCounts {
    size: u64,
    of: u64,
}

impl ShownCounts {
    fn of(counts: &Counts) -> Self {
        Self { size: counts.kept, of: counts.all }
    }
}

impl Shown {
    fn of(slice: &Slice, run: Option<u64>, feature: String, values: &Values) -> Self {
        Self {
            schema: 1,
            entity: slice.cohort.entity.clone(),
            cohort: cohort_name(slice),
            condition: print(&slice.tree),
            words: words::tree(&slice.tree, Some(&slice.now)),
            feature,
            distinct: values.distinct,
            values: values
                .top
                .iter()
                .map(|(value, counts)| ShownValue {
                    value: json(value),
                    size: counts.kept,
                    of: counts.all,
                })
                .collect(),
            others: ShownCounts::of(&values.others),
            missing: ShownCounts::of(&values.missing),
            as_of: run.map(|run| run.to_string()),
            now: slice.now.written(),
            zone: slice.now.zone_name(),
        }
    }

    fn text(&self) -> Lines {
        let mut out = Lines::default();
        let (entity, cohort) = (&self.entity, &self.cohort);
        let different = grouped(self.distinct);
        out.line(format_args!(
            "{different} different values of {} in {entity}/{cohort}",
            self.feature
        ));
        if !self.words.is_empty() {
            out.line(&self.words);
        }
        let row = |name: String, size: u64, of: u64| vec![name, grouped(size), grouped(of)];
        let mut rows: Vec<Vec<String>> =
            self.values.iter().map(|v| row(text(&v.value), v.size, v.of)).collect();
        let told = self.values.len() as u64;
        if self.others.of > 0 {
            let others = format!("({} others)", grouped(self.distinct.saturating_sub(told)));
            rows.push(row(others, self.others.size, self.others.of));
        }
        if self.missing.of > 0 {
            rows.push(row("(missing)".to_owned(), self.missing.size, self.missing.of));
        }
        out.blank();
        out.add("", table(&["value", "size", "of"], rows, &[1, 2]));
        out.line(format_args!("as of {}", self.now));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_reads_like_this() {
        let shown = Shown {
            schema: 1,
            entity: "customer".into(),
            cohort: "all".into(),
            condition: "orders >= 3".into(),
            words: "orders is at least 3".into(),
            feature: "country".into(),
            distinct: 14,
            values: vec![ShownValue { value: "DE".into(), size: 1_200, of: 4_000 }],
            others: ShownCounts { size: 10, of: 20 },
            missing: ShownCounts { size: 0, of: 3 },
            as_of: None,
            now: "2026-11-23T09:00:00+00:00[UTC]".into(),
            zone: "UTC".into(),
        };
        insta::assert_snapshot!(shown.text(), @r"
        14 different values of country in customer/all
        orders is at least 3

         value         size     of
         DE           1,200  4,000
         (13 others)     10     20
         (missing)        0      3
        as of 2026-11-23T09:00:00+00:00[UTC]
        ");
    }
}
