//! Reads what is joined: rows with ids, manual rules, lists of ids that take part or do not, and
//! what an earlier run left.

use super::super::super::store::StoreError;
use super::super::{Builder, Stop, runs, why_broken};
use super::too_many;
use crate::define::{Item, Target};
use crate::identity::{
    Action, Earlier, EarlierRows, Filter, Ids, Interner, LeftOut, Rules, TooMany, UNTIMED,
};
use crate::model::value::Value;
use crate::plan::{FilterPlan, FilterRule, Run, Step, Stitch, StitchSource};
use crate::sql::build as statements;
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch};
use arrow::datatypes::Int64Type;
use regex::Regex;
use std::collections::{HashMap, HashSet};

/// What the run before left of an id graph.
#[derive(Default)]
pub(super) struct RunBefore {
    /// The run, when it was made by the same definition; only what is new is read then.
    pub(super) goes_on: Option<Run>,
    /// The object that shows its id graph.
    graph: Option<String>,
    /// Its aliases.
    pub(super) aliases: Option<String>,
}

impl Builder<'_> {
    /// What the last good run with this id graph left of it.
    pub(super) fn run_before(&self, stitch: &Stitch, step: &Step) -> Result<RunBefore, Stop> {
        let stitcher = &self.project[stitch.id].name;
        for run in runs::good(self.store)? {
            let made = runs::objects_of(self.store, run.number)?;
            let named = |part: &str| {
                let start = format!("Material_{stitcher}{part}_");
                let is = |name: &&String| {
                    let rest = name.strip_prefix(&start);
                    rest.is_some_and(|rest| rest.matches('_').count() == 1)
                };
                made.iter().find(is).cloned()
            };
            let Some(graph) = named("") else { continue };
            // A table's name holds the hash of what makes it.
            let same = step.makes.iter().all(|name| made.contains(&run.settle(name)));
            let goes_on = same && self.can_go_on(stitch) && run.end <= self.run.end;
            let (graph, aliases) = match same {
                true => {
                    let tables = &stitch.tables;
                    (run.settle(&tables.graph), Some(run.settle(&tables.aliases)))
                }
                false => (graph, named("_aliases")),
            };
            return Ok(RunBefore { graph: Some(graph), aliases, goes_on: goes_on.then_some(run) });
        }
        Ok(RunBefore::default())
    }

    /// Whether new rows can be added to an earlier id graph. With caps, rules, lists of ids
    /// that are read from tables and rows that a SQL model makes, one new row can change what is kept
    /// of the old ones.
    fn can_go_on(&self, stitch: &Stitch) -> bool {
        let is_list = |filter: &FilterPlan| matches!(filter.rule, FilterRule::Rows(_));
        stitch.incremental
            && !self.request.rebuild_ids
            && stitch.caps.is_empty()
            && stitch.rules.is_none()
            && !stitch.filters.iter().any(is_list)
            && stitch.sources.iter().all(|source| source.only_grows)
    }

    /// Takes over the ids of the run before: those of one main id hang together.
    pub(super) fn go_on(
        &self,
        stitch: &Stitch,
        before: &RunBefore,
        ids: &mut Ids,
    ) -> Result<Earlier, Stop> {
        let Some(graph) = &before.graph else { return Ok(Earlier::default()) };
        let kinds = kind_places(stitch);
        let mut earlier = EarlierRows::default();
        let query = statements::graph_rows(graph, &stitch.main_id);
        self.store.batches(&query, &mut |batch| {
            let rows = GraphRows::of(&batch)?;
            for row in 0..batch.num_rows() {
                let (main, id, kind, seen) = rows.row(row)?;
                let Some(kind) = kinds.get(kind) else { continue };
                earlier.go_on(ids, main, (*kind, id), seen).map_err(in_words)?;
            }
            Ok(())
        })?;
        Ok(earlier.done())
    }

    /// The main ids of the run before, for ids that are known in this one too.
    pub(super) fn recall(
        &self,
        stitch: &Stitch,
        before: &RunBefore,
        interner: &Interner,
    ) -> Result<Earlier, Stop> {
        let Some(graph) = &before.graph else { return Ok(Earlier::default()) };
        let kinds = kind_places(stitch);
        let mut earlier = EarlierRows::default();
        let query = statements::graph_rows(graph, &stitch.main_id);
        let read = self.store.batches(&query, &mut |batch| {
            let rows = GraphRows::of(&batch)?;
            for row in 0..batch.num_rows() {
                let (main, id, kind, _) = rows.row(row)?;
                let id = kinds.get(kind).map(|kind| (*kind, id));
                earlier.recall(interner, main, id).map_err(in_words)?;
            }
            Ok(())
        });
        match read {
            // A run of another definition may have kept its graph in another shape.
            Err(StoreError::Sql { .. }) => Ok(Earlier::default()),
            Err(error) => Err(error.into()),
            Ok(()) => Ok(earlier.done()),
        }
    }

    /// Takes the ids of a source; with `since`, only those of rows from then on.
    pub(super) fn read_source(
        &self,
        stitch: &Stitch,
        source: &StitchSource,
        since: Option<&str>,
        ids: &mut Ids,
    ) -> Result<(), Stop> {
        let query = statements::id_rows(&self.run.settled(&source.query), since);
        // A source whose ids cannot be selected is left out; the others are joined.
        self.store.columns(&query).map_err(|error| self.fault(stitch, source, &error))?;
        let mut columns: Vec<Vec<u32>> = Vec::new();
        let mut take = |batch: RecordBatch| take(ids, &batch, &source.kinds, &mut columns);
        // The order of rows changes nothing, and keeping it costs a quarter more.
        self.store.execute(&statements::keep_order(false))?;
        let read = self.store.batches(&query, &mut take);
        // After a failure the transaction is undone first, and then this is set for it.
        read.map_err(|error| self.fault(stitch, source, &error))?;
        Ok(self.store.execute(&statements::keep_order(true))?)
    }

    /// What is broken when the ids of a source cannot be read.
    pub(in crate::engine::builder) fn fault(
        &self,
        stitch: &Stitch,
        source: &StitchSource,
        error: &StoreError,
    ) -> Stop {
        let Some(message) = why_broken(error) else { return error.clone().into() };
        let from = self.project[stitch.id].sources.get(source.number).map(|source| source.from);
        let items = match from.map(Target::item) {
            Some(item) => vec![item],
            None => vec![Item::Stitcher(stitch.id)],
        };
        let why = format!("its ids cannot be read: {message}");
        Stop::Broken { items, why }
    }

    /// The manual rules. Their ids and the pairs that they join are added to `ids`.
    pub(super) fn rules(&self, stitch: &Stitch, ids: &mut Ids) -> Result<Rules, Stop> {
        let Some(plan) = &stitch.rules else { return Ok(Rules::default()) };
        let mut rules = Rules::new(plan.include_first);
        let kinds = kind_places(stitch);
        let query = self.run.settled(&plan.query);
        let rows = self.store.cells(&query).map_err(|error| Stop::Broken {
            items: vec![Item::Stitcher(stitch.id)],
            why: format!("the table of manual rules cannot be read: {error}"),
        })?;
        for row in rows {
            let text = |at: usize| row.get(at).filter(|v| !v.is_missing()).map(Value::display);
            let id = |id: usize, kind: usize, ids: &mut Ids| -> Result<Option<u32>, Stop> {
                let (Some(id), Some(kind)) = (text(id), text(kind)) else { return Ok(None) };
                let Some(kind) = kinds.get(kind.as_str()) else { return Ok(None) };
                Ok(Some(ids.intern(*kind, &id).map_err(too_many)?))
            };
            let action = match text(0).as_deref() {
                Some("include") => Action::Include,
                _ => Action::Exclude,
            };
            let (first, second) = (id(1, 2, ids)?, id(3, 4, ids)?);
            rules.add(action, first, second, ids).map_err(too_many)?;
        }
        Ok(rules)
    }

    /// Which ids take no part, each with the first reason.
    pub(super) fn left_out(
        &self,
        stitch: &Stitch,
        ids: &Ids,
        rules: &Rules,
    ) -> Result<LeftOut, Stop> {
        let interner = ids.interner();
        let mut out = LeftOut::by_rules(interner.len(), rules);
        for (place, plan) in (0_u16..).zip(&stitch.filters) {
            let filter = Filter { place, kind: plan.kind as u16, include: plan.include };
            let broken = |why: String| Stop::Broken {
                items: vec![Item::Stitcher(stitch.id)],
                why: format!("{why} ({})", plan.place),
            };
            match &plan.rule {
                FilterRule::Value(value) => {
                    out.filter(filter, interner, rules, |text| text == value);
                }
                FilterRule::Regex(pattern) => {
                    let regex = Regex::new(&format!("^(?:{pattern})$")).map_err(|error| {
                        broken(format!("`{pattern}` is not a regular expression: {error}"))
                    })?;
                    out.filter(filter, interner, rules, |text| regex.is_match(text));
                }
                FilterRule::Rows(query) => {
                    let read = self.store.cells(&self.run.settled(query));
                    let read =
                        read.map_err(|error| broken(format!("its ids cannot be read: {error}")))?;
                    let listed: HashSet<String> = read
                        .into_iter()
                        .filter_map(|row| row.first().map(Value::display))
                        .collect();
                    out.filter(filter, interner, rules, |text| listed.contains(text));
                }
            }
        }
        Ok(out)
    }
}

/// Takes the rows of a batch: a moment, and ids of the types `kinds`; of the first type where none
/// is named. `columns` are buffers that are used again.
pub(super) fn take(
    ids: &mut Ids,
    batch: &RecordBatch,
    kinds: &[usize],
    columns: &mut Vec<Vec<u32>>,
) -> Result<(), String> {
    let seen = batch.column(0).as_primitive_opt::<Int64Type>();
    let seen = seen.ok_or_else(|| "a moment came in an unknown shape".to_owned())?;
    columns.resize(batch.num_columns() - 1, Vec::new());
    for (at, column) in columns.iter_mut().enumerate() {
        column.clear();
        let kind = kinds.get(at).copied().unwrap_or(0) as u16;
        intern(ids, batch.column(at + 1), kind, column)?;
    }
    let taken = match seen.null_count() == seen.len() {
        true => ids.take_untimed(columns),
        false => ids.take(columns, seen),
    };
    taken.map_err(in_words)
}

/// Numbers of the ids of one column.
fn intern(ids: &mut Ids, array: &ArrayRef, kind: u16, out: &mut Vec<u32>) -> Result<(), String> {
    let done = if let Some(texts) = array.as_string_opt::<i32>() {
        ids.intern_column(kind, texts, out)
    } else if let Some(texts) = array.as_string_opt::<i64>() {
        ids.intern_column(kind, texts, out)
    } else {
        return Err(format!("ids came as {}, which is not expected", array.data_type()));
    };
    done.map_err(in_words)
}

/// Columns of an id graph.
struct GraphRows<'a> {
    columns: [&'a ArrayRef; 3],
    seen: &'a Int64Array,
}

impl<'a> GraphRows<'a> {
    fn of(batch: &'a RecordBatch) -> Result<Self, String> {
        let odd = || "the id graph of the run before has another shape".to_owned();
        let seen = batch.column(3).as_primitive_opt::<Int64Type>().ok_or_else(odd)?;
        Ok(Self { columns: [batch.column(0), batch.column(1), batch.column(2)], seen })
    }

    /// Main id, id, its type, and when it was first seen.
    fn row(&self, row: usize) -> Result<(&'a str, &'a str, &'a str, i64), String> {
        let odd = || "the id graph of the run before has another shape".to_owned();
        let text = |at: usize| {
            self.columns[at].as_string_opt::<i32>().map(|texts| texts.value(row)).ok_or_else(odd)
        };
        let seen = if self.seen.is_null(row) { UNTIMED } else { self.seen.value(row) };
        Ok((text(0)?, text(1)?, text(2)?, seen))
    }
}

/// What the database is told when it hands over more than is taken.
fn in_words(error: TooMany) -> String {
    error.to_string()
}

fn kind_places(stitch: &Stitch) -> HashMap<&str, u16> {
    stitch.kinds.iter().enumerate().map(|(at, kind)| (kind.as_str(), at as u16)).collect()
}
