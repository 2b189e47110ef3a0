//! Joins the ids of an entity: rows stream out of the database, [`crate::identity`] joins them, and
//! the id graph streams back.

use super::super::store::{Store, StoreError};
use super::{Builder, ISO, Stitched, Stop};
use crate::define::{Item, Target};
use crate::identity::{
    Before, Cap, Cause, Edges, Forest, Interner, Kinds, Mode, NOBODY, Names, Rids, TooMany,
    UNTIMED, apply_caps, name_clusters,
};
use crate::model::failure::Failure;
use crate::model::value::Value;
use crate::plan::{FilterRule, Run, Step, Stitch, StitchSource};
use crate::sql::build as statements;
use crate::sql::{ObjectName, Sql, ident};
use arrow::array::{
    Array, ArrayRef, AsArray, Int64Array, Int64Builder, RecordBatch, StringBuilder,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::Int64Type;
use jiff::ToSpan as _;
use regex::Regex;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// Rows that are written at once.
const CHUNK: usize = 1 << 15;
/// The moment of pairs that only say what was joined in an earlier run: before all others.
const BEFORE: i64 = i64::MIN;
/// Why a manual rule refuses something.
const BY_RULE: &str = "excluded by a manual rule";

/// How many ids a query gives, and how many entities they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Joined {
    /// Ids.
    pub ids: usize,
    /// Clusters of ids.
    pub clusters: usize,
}

/// Joins the ids that a query gives, as a build does, and writes nothing. Its first column is a
/// moment in microseconds or missing, the others are ids of one type.
///
/// # Errors
/// When the query does not run, or gives more ids than can be numbered.
pub fn join(store: &Store, query: &Sql) -> Result<Joined, Failure> {
    let mut ids = Ids::default();
    let mut columns: Vec<Vec<u32>> = Vec::new();
    store.batches(query, &mut |batch| ids.read(&batch, &[], &mut columns))?;
    let labels = crate::identity::labels(ids.interner.len(), &ids.edges);
    let clusters = labels.iter().enumerate().filter(|(node, label)| **label == *node as u32);
    Ok(Joined { ids: ids.interner.len(), clusters: clusters.count() })
}

/// The ids of an entity, as they are collected.
#[derive(Default)]
struct Ids {
    interner: Interner,
    /// When each id was seen first, in microseconds since 1970.
    seen: Vec<i64>,
    edges: Edges,
    /// Pairs that only say what was joined in an earlier run.
    joined: Vec<(u32, u32)>,
}

/// The run before, as far as its ids are gone on with.
#[derive(Default)]
struct Earlier {
    /// The run before, when it was made by the same definition; only what is new is read then.
    goes_on: Option<Run>,
    /// The object that shows its id graph.
    graph: Option<String>,
    /// Its aliases.
    aliases: Option<String>,
    /// Its main ids.
    main_ids: Vec<String>,
    /// The main id of each id, as a place among them.
    of_nodes: Vec<u32>,
}

/// What takes no part, and why.
#[derive(Default)]
struct LeftOut {
    /// For each id, the reason that it is left out for, as a place in `reasons`.
    ids: Vec<u16>,
    reasons: Vec<String>,
}

/// A pair that is not joined.
struct Refused {
    a: u32,
    b: u32,
    seen: i64,
    reason: u16,
}

impl Builder<'_> {
    /// Makes the tables of an id graph.
    pub(super) fn stitch(
        &mut self,
        stitch: &Stitch,
        step: &Step,
        tell: &mut dyn FnMut(&str),
    ) -> Result<(), Stop> {
        tell("Reading");
        let mut earlier = self.earlier(stitch, step)?;
        let mut ids = Ids::default();
        if earlier.goes_on.is_some() {
            self.go_on(stitch, &mut ids, &mut earlier)?;
        }
        let since = earlier.goes_on.as_ref().map(|run| {
            let from = run.end.checked_sub(stitch.overlap_seconds.seconds()).unwrap_or(run.end);
            from.strftime(ISO).to_string()
        });
        for source in &stitch.sources {
            self.read_source(stitch, source, since.as_deref(), &mut ids)?;
        }
        tell("Joining");
        let rules = self.rules(stitch, &mut ids)?;
        let out = self.left_out(stitch, &ids, &rules)?;
        let Ids { interner, mut seen, edges, joined } = ids;
        seen.resize(interner.len(), UNTIMED);
        let (mut edges, mut refused) = take_out(edges.merge_repeats(), &out, &seen, &rules);
        let caps: Vec<Cap> = stitch.caps.iter().map(cap).collect();
        let mut reasons = out.reasons.clone();
        cap_edges(&mut edges, &interner, &caps, &mut refused, reasons.len() as u16);
        reasons.extend(stitch.caps.iter().map(|cap| stitch.cap_reason(cap)));
        edges.in_first_seen_order(&interner);
        let with_joined = after_joined(&joined, &edges).map_err(too_many)?;
        let grown = with_joined.as_ref().unwrap_or(&edges);
        let forest = Forest::grow(interner.len(), grown);
        let converged = forest.check(grown).map_err(|error| {
            let what = format!("joining ids of {} did not come to its end: {error}", stitch.entity);
            Failure::new(what, "", "report this with the project")
        })?;
        if earlier.goes_on.is_none() {
            self.recall(stitch, &interner, &mut earlier)?;
        }
        forget_left_out(&mut earlier, &out);
        let before = Before { of_nodes: &earlier.of_nodes, main_ids: &earlier.main_ids };
        let keeps_names = stitch.incremental && !self.request.rebuild_ids;
        let mode = if keeps_names { Mode::Incremental } else { Mode::Rebuilt };
        let rids = Rids::new(&interner, &stitch.kinds);
        let names = name_clusters(&forest, grown, before, &rids, mode);
        let graph = Graph {
            stitch,
            run: &self.run,
            store: self.store,
            interner: &interner,
            seen: &seen,
            edges: &edges,
            joined: joined.len(),
            forest: &forest,
            names: &names,
            out: &out,
        };
        tell("Writing");
        let counts = graph.write(&refused, &reasons, &earlier)?;
        if counts.ids != counts.clusters + forest.joins().len() as u64 {
            let what = format!("the ids of {} do not add up with their joins", stitch.entity);
            return Err(Failure::new(what, "", "build with --rebuild-ids, and report this").into());
        }
        let statement = format!(
            "checked: each of {} joined pairs lies within one main id, and {} ids in {} joins leave {} main ids",
            converged.edges,
            counts.ids,
            forest.joins().len(),
            counts.clusters
        );
        let stitched = Stitched {
            entity: stitch.entity.clone(),
            mode: if since.is_some() { "new rows" } else { "all rows" },
            ids: counts.ids,
            edges: counts.edges,
            refused: counts.refused,
            clusters: counts.clusters,
            retired: names.aliases.len() as u64,
            statement,
        };
        self.note(stitched)
    }

    fn note(&mut self, stitched: Stitched) -> Result<(), Stop> {
        let counts =
            [stitched.ids, stitched.edges, stitched.refused, stitched.clusters, stitched.retired];
        let (entity, mode) = (&stitched.entity, stitched.mode);
        // The run may have joined them before, by another definition.
        self.store.execute(&statements::forget_stitch(self.run.number, entity))?;
        let kept =
            statements::keep_stitch(self.run.number, entity, mode, counts, &stitched.statement);
        self.store.execute(&kept)?;
        self.built.stitches.push(stitched);
        Ok(())
    }

    /// What the last good run with this id graph left of it.
    fn earlier(&self, stitch: &Stitch, step: &Step) -> Result<Earlier, Stop> {
        let stitcher = &self.project[stitch.id].name;
        for run in super::runs::good(self.store)? {
            let made = super::runs::objects_of(self.store, run.number)?;
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
            return Ok(Earlier {
                graph: Some(graph),
                aliases,
                goes_on: goes_on.then_some(run),
                ..Earlier::default()
            });
        }
        Ok(Earlier::default())
    }

    /// Whether new rows can be added to an earlier id graph. With caps, rules, lists of ids
    /// that are read from tables and rows that a SQL model makes, one new row can change what is kept
    /// of the old ones.
    fn can_go_on(&self, stitch: &Stitch) -> bool {
        let is_list = |filter: &crate::plan::FilterPlan| matches!(filter.rule, FilterRule::Rows(_));
        stitch.incremental
            && !self.request.rebuild_ids
            && stitch.caps.is_empty()
            && stitch.rules.is_none()
            && !stitch.filters.iter().any(is_list)
            && stitch.sources.iter().all(|source| source.only_grows)
    }

    /// Takes over the ids of the run before: those of one main id hang together.
    fn go_on(&self, stitch: &Stitch, ids: &mut Ids, earlier: &mut Earlier) -> Result<(), Stop> {
        let Some(graph) = earlier.graph.clone() else { return Ok(()) };
        let mut firsts: Vec<u32> = Vec::new();
        let mut places: HashMap<String, u32> = HashMap::new();
        let kinds = kind_places(stitch);
        let query = statements::graph_rows(&graph, &stitch.main_id);
        self.store.batches(&query, &mut |batch| {
            let rows = GraphRows::of(&batch)?;
            for row in 0..batch.num_rows() {
                let (main, id, kind, seen) = rows.row(row)?;
                let Some(kind) = kinds.get(kind) else { continue };
                let node = ids.interner.intern(*kind, id).map_err(|e| e.to_string())?;
                ids.note(node, seen);
                let place = match places.get(main) {
                    Some(place) => *place,
                    None => {
                        let place = earlier.main_ids.len() as u32;
                        earlier.main_ids.push(main.to_owned());
                        places.insert(main.to_owned(), place);
                        firsts.push(node);
                        place
                    }
                };
                earlier.of_nodes.resize(ids.interner.len(), NOBODY);
                earlier.of_nodes[node as usize] = place;
                let first = firsts[place as usize];
                if first != node {
                    ids.joined.push((first, node));
                }
            }
            Ok(())
        })?;
        Ok(())
    }

    /// The main ids of the run before, for ids that are known in this one too.
    fn recall(
        &self,
        stitch: &Stitch,
        interner: &Interner,
        earlier: &mut Earlier,
    ) -> Result<(), Stop> {
        let Some(graph) = earlier.graph.clone() else { return Ok(()) };
        let kinds = kind_places(stitch);
        let mut places: HashMap<String, u32> = HashMap::new();
        earlier.of_nodes = vec![NOBODY; interner.len()];
        let query = statements::graph_rows(&graph, &stitch.main_id);
        let read = self.store.batches(&query, &mut |batch| {
            let rows = GraphRows::of(&batch)?;
            for row in 0..batch.num_rows() {
                let (main, id, kind, _) = rows.row(row)?;
                let place = *places.entry(main.to_owned()).or_insert_with(|| {
                    earlier.main_ids.push(main.to_owned());
                    earlier.main_ids.len() as u32 - 1
                });
                if let Some(node) = kinds.get(kind).and_then(|kind| interner.find(*kind, id)) {
                    earlier.of_nodes[node as usize] = place;
                }
            }
            Ok(())
        });
        match read {
            // A run of another definition may have kept its graph in another shape.
            Err(StoreError::Sql { .. }) => {
                (earlier.main_ids, earlier.of_nodes) = (Vec::new(), Vec::new());
                Ok(())
            }
            read => Ok(read?),
        }
    }

    fn read_source(
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
        let mut take = |batch: RecordBatch| ids.read(&batch, &source.kinds, &mut columns);
        // The order of rows changes nothing, and keeping it costs a quarter more.
        self.store.execute(&statements::keep_order(false))?;
        let read = self.store.batches(&query, &mut take);
        // After a failure the transaction is undone first, and then this is set for it.
        read.map_err(|error| self.fault(stitch, source, &error))?;
        Ok(self.store.execute(&statements::keep_order(true))?)
    }

    pub(super) fn fault(&self, stitch: &Stitch, source: &StitchSource, error: &StoreError) -> Stop {
        let Some(message) = super::why_broken(error) else { return error.clone().into() };
        let from = self.project[stitch.id].sources.get(source.number).map(|source| source.from);
        let items = match from.map(Target::item) {
            Some(item) => vec![item],
            None => vec![Item::Stitcher(stitch.id)],
        };
        let why = format!("its ids cannot be read: {message}");
        Stop::Broken { items, why }
    }

    fn rules(&self, stitch: &Stitch, ids: &mut Ids) -> Result<Rules, Stop> {
        let mut rules = Rules::default();
        let Some(plan) = &stitch.rules else { return Ok(rules) };
        rules.include_first = plan.include_first;
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
                Ok(Some(ids.interner.intern(*kind, &id).map_err(too_many)?))
            };
            let include = text(0).as_deref() == Some("include");
            let (first, second) = (id(1, 2, ids)?, id(3, 4, ids)?);
            match (first, second) {
                (Some(a), Some(b)) if include => {
                    ids.edges.push_fixed(a, b, UNTIMED).map_err(too_many)?;
                    rules.included.extend([a, b]);
                    rules.of_included_pairs.extend([a, b]);
                    rules.included_pairs.insert((a.min(b), a.max(b)));
                }
                (Some(a), Some(b)) => {
                    rules.excluded_pairs.insert((a.min(b), a.max(b)));
                }
                (Some(a), None) if include => {
                    rules.included.insert(a);
                }
                (Some(a), None) => {
                    rules.excluded.insert(a);
                }
                _ => {}
            }
        }
        Ok(rules)
    }

    /// Which ids take no part, each with the first reason.
    fn left_out(&self, stitch: &Stitch, ids: &Ids, rules: &Rules) -> Result<LeftOut, Stop> {
        let mut out = LeftOut { ids: vec![NONE; ids.interner.len()], reasons: Vec::new() };
        out.reasons.push(BY_RULE.to_owned());
        for id in &rules.excluded {
            if !(rules.include_first && rules.of_included_pairs.contains(id)) {
                out.ids[*id as usize] = 0;
            }
        }
        for filter in &stitch.filters {
            let reason = out.reasons.len() as u16;
            out.reasons.push(filter.reason.clone());
            let matcher = self.matcher(stitch, filter)?;
            for id in 0..ids.interner.len() as u32 {
                let (kind, text) = ids.interner.key(id);
                let taken = out.ids[id as usize] != NONE || rules.included.contains(&id);
                if usize::from(kind) == filter.kind && !taken && matcher(text) != filter.include {
                    out.ids[id as usize] = reason;
                }
            }
        }
        Ok(out)
    }

    fn matcher(&self, stitch: &Stitch, filter: &crate::plan::FilterPlan) -> Result<Matcher, Stop> {
        let broken = |why: String| Stop::Broken {
            items: vec![Item::Stitcher(stitch.id)],
            why: format!("{why} ({})", filter.place),
        };
        Ok(match &filter.rule {
            FilterRule::Value(value) => {
                let value = value.clone();
                Box::new(move |text| text == value)
            }
            FilterRule::Regex(pattern) => {
                let regex = Regex::new(&format!("^(?:{pattern})$")).map_err(|error| {
                    broken(format!("`{pattern}` is no regular expression: {error}"))
                })?;
                Box::new(move |text| regex.is_match(text))
            }
            FilterRule::Rows(rows) => {
                let query = self.run.settled(rows);
                let rows = self.store.cells(&query);
                let rows =
                    rows.map_err(|error| broken(format!("its ids cannot be read: {error}")))?;
                let listed: HashSet<String> =
                    rows.into_iter().filter_map(|row| row.first().map(Value::display)).collect();
                Box::new(move |text| listed.contains(text))
            }
        })
    }
}

/// Whether an id matches a rule.
type Matcher = Box<dyn Fn(&str) -> bool>;

/// No reason.
const NONE: u16 = u16::MAX;

/// Manual rules about ids and pairs that are there.
#[derive(Default)]
struct Rules {
    include_first: bool,
    excluded: BTreeSet<u32>,
    included: BTreeSet<u32>,
    of_included_pairs: BTreeSet<u32>,
    included_pairs: BTreeSet<(u32, u32)>,
    excluded_pairs: BTreeSet<(u32, u32)>,
}

impl Ids {
    /// Takes the rows of a batch: a moment, and ids of the types `kinds`; of the first type where
    /// none is named. `columns` are buffers that are used again.
    fn read(
        &mut self,
        batch: &RecordBatch,
        kinds: &[usize],
        columns: &mut Vec<Vec<u32>>,
    ) -> Result<(), String> {
        let seen = batch.column(0).as_primitive_opt::<Int64Type>();
        let seen = seen.ok_or_else(|| "a moment came in an unknown shape".to_owned())?;
        columns.resize(batch.num_columns() - 1, Vec::new());
        for (at, column) in columns.iter_mut().enumerate() {
            column.clear();
            let kind = Kinds::All(kinds.get(at).copied().unwrap_or(0) as u16);
            intern(batch.column(at + 1), kind, &mut self.interner, column)?;
        }
        self.take(columns, seen).map_err(|error| error.to_string())
    }

    fn note(&mut self, node: u32, seen: i64) {
        let at = node as usize;
        if at >= self.seen.len() {
            self.seen.resize(self.interner.len().max(at + 1), UNTIMED);
        }
        self.seen[at] = self.seen[at].min(seen);
    }

    /// Takes the ids of some rows: each two of a row are a pair.
    fn take(&mut self, columns: &[Vec<u32>], moments: &Int64Array) -> Result<(), TooMany> {
        self.seen.resize(self.interner.len(), UNTIMED);
        if moments.null_count() == moments.len() {
            return self.take_untimed(columns);
        }
        for row in 0..moments.len() {
            let seen = if moments.is_null(row) { UNTIMED } else { moments.value(row) };
            for (at, column) in columns.iter().enumerate() {
                let a = column[row];
                if a == NOBODY {
                    continue;
                }
                let first = &mut self.seen[a as usize];
                *first = (*first).min(seen);
                for other in &columns[at + 1..] {
                    let b = other[row];
                    if b != NOBODY && a != b {
                        self.edges.push(a, b, seen)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Ids {
    /// Takes the ids of rows without a moment: when an id was seen needs no looking up.
    fn take_untimed(&mut self, columns: &[Vec<u32>]) -> Result<(), TooMany> {
        for (at, column) in columns.iter().enumerate() {
            for other in &columns[at + 1..] {
                for (a, b) in column.iter().zip(other) {
                    if *a != NOBODY && *b != NOBODY && a != b {
                        self.edges.push(*a, *b, UNTIMED)?;
                    }
                }
            }
        }
        Ok(())
    }
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

    fn row(&self, row: usize) -> Result<(&'a str, &'a str, &'a str, i64), String> {
        let odd = || "the id graph of the run before has another shape".to_owned();
        let text = |at: usize| {
            self.columns[at].as_string_opt::<i32>().map(|texts| texts.value(row)).ok_or_else(odd)
        };
        let seen = if self.seen.is_null(row) { UNTIMED } else { self.seen.value(row) };
        Ok((text(0)?, text(1)?, text(2)?, seen))
    }
}

fn too_many(error: TooMany) -> Stop {
    Failure::new(error.to_string(), "", "build fewer sources at once").into()
}

fn kind_places(stitch: &Stitch) -> HashMap<&str, u16> {
    stitch.kinds.iter().enumerate().map(|(at, kind)| (kind.as_str(), at as u16)).collect()
}

fn cap(cap: &crate::plan::CapPlan) -> Cap {
    Cap { kind: cap.kind as u16, other: cap.other as u16, most: cap.most }
}

/// Numbers of the ids of one column; blank ones are no ids.
fn intern(
    array: &ArrayRef,
    kind: Kinds<'_>,
    interner: &mut Interner,
    out: &mut Vec<u32>,
) -> Result<(), String> {
    let there = |text: &&str| !text.trim_matches(' ').is_empty();
    let done = if let Some(texts) = array.as_string_opt::<i32>() {
        interner.intern_column(kind, texts.iter().map(|t| t.filter(there)), out)
    } else if let Some(texts) = array.as_string_opt::<i64>() {
        interner.intern_column(kind, texts.iter().map(|t| t.filter(there)), out)
    } else {
        return Err(format!("ids came as {}, which is not expected", array.data_type()));
    };
    done.map_err(|error| error.to_string())
}

/// Parts pairs into those that take part and those with an id that does not.
fn take_out(edges: Edges, out: &LeftOut, seen: &[i64], rules: &Rules) -> (Edges, Vec<Refused>) {
    let mut refused = Vec::new();
    for (id, reason) in out.ids.iter().enumerate() {
        if *reason != NONE {
            let id = id as u32;
            refused.push(Refused { a: id, b: id, seen: seen[id as usize], reason: *reason });
        }
    }
    let mut why = vec![NONE; edges.len()];
    for (at, (a, b)) in edges.pairs().enumerate() {
        let by_id = [a, b].map(|id| out.ids[id as usize]).into_iter().find(|why| *why != NONE);
        let by_rule = rules.excluded_pairs.contains(&(a, b)).then_some(0);
        if let Some(reason) = by_id.or(by_rule) {
            why[at] = reason;
            refused.push(Refused { a, b, seen: edges.seen(at), reason });
        }
    }
    let mut edges = edges;
    edges.retain(|at| why[at] == NONE);
    (edges, refused)
}

fn cap_edges(
    edges: &mut Edges,
    interner: &Interner,
    caps: &[Cap],
    refused: &mut Vec<Refused>,
    first_reason: u16,
) {
    if caps.is_empty() {
        return;
    }
    let mut why = vec![NONE; edges.len()];
    for refusal in apply_caps(edges, interner, caps) {
        let at = refusal.edge as usize;
        if why[at] == NONE {
            why[at] = first_reason + refusal.cap as u16;
        }
    }
    for (at, (a, b)) in edges.pairs().enumerate() {
        if why[at] != NONE {
            refused.push(Refused { a, b, seen: edges.seen(at), reason: why[at] });
        }
    }
    edges.retain(|at| why[at] == NONE);
}

/// The pairs of an earlier run, and the edges after them; `None` when there were none.
fn after_joined(joined: &[(u32, u32)], edges: &Edges) -> Result<Option<Edges>, TooMany> {
    if joined.is_empty() {
        return Ok(None);
    }
    let mut all = Edges::new();
    for (a, b) in joined {
        all.push(*a, *b, BEFORE)?;
    }
    for (at, (a, b)) in edges.pairs().enumerate() {
        all.push(a, b, edges.seen(at))?;
    }
    Ok(Some(all))
}

/// An id that takes no part any more has no main id to go on with.
fn forget_left_out(earlier: &mut Earlier, out: &LeftOut) {
    for (place, reason) in earlier.of_nodes.iter_mut().zip(&out.ids) {
        if *reason != NONE {
            *place = NOBODY;
        }
    }
}

/// How much was written.
struct Counts {
    ids: u64,
    edges: u64,
    refused: u64,
    clusters: u64,
}

/// A finished id graph on its way into the database.
struct Graph<'a> {
    stitch: &'a Stitch,
    run: &'a Run,
    store: &'a Store,
    interner: &'a Interner,
    seen: &'a [i64],
    edges: &'a Edges,
    /// How many pairs of an earlier run came before these edges.
    joined: usize,
    forest: &'a Forest,
    names: &'a Names,
    out: &'a LeftOut,
}

impl Graph<'_> {
    fn write(
        &self,
        refused: &[Refused],
        reasons: &[String],
        earlier: &Earlier,
    ) -> Result<Counts, Stop> {
        let names = &self.stitch.tables;
        let table = |name: &ObjectName| self.run.settle(name);
        let (graph, edges) = (table(&names.graph), table(&names.edges));
        let (refusals, merges) = (table(&names.refused), table(&names.merges));
        let main = &self.stitch.main_id;
        let run = |sql: crate::sql::Sql| self.store.execute(&sql);
        run(statements::graph_table(&graph, main))?;
        run(statements::edges_table(&edges, main))?;
        run(statements::refused_table(&refusals))?;
        run(statements::merges_table(&ident(&merges)))?;
        let clusters = self.forest.clusters();
        let (ids, main_ids) = self.write_graph(&graph, clusters.of_nodes())?;
        self.write_refused(&refusals, refused, reasons)?;
        if let Some(past) = &earlier.goes_on {
            let fresh = format!("{edges}_fresh");
            run(statements::edges_table(&fresh, main))?;
            self.write_edges(&fresh, clusters.of_nodes())?;
            run(statements::join_edges(&edges, main, &past.settle(&names.edges), &fresh, &graph))?;
            run(statements::drop_object("main", &fresh, false))?;
            let old = past.settle(&names.merges);
            run(statements::copy_rows(&old, &merges))?;
            let last = self.store.cells(&statements::last_merge(&old))?;
            let last = last.first().and_then(|row| row.first()).and_then(Value::as_u64);
            self.write_merges(&merges, last.unwrap_or(0) as i64)?;
            run(statements::carry_refused(&past.settle(&names.refused), &refusals))?;
        } else {
            self.write_edges(&edges, clusters.of_nodes())?;
            self.write_merges(&merges, 0)?;
        }
        self.write_aliases(&graph, earlier)?;
        let edges = super::runs::count(self.store, &edges)?;
        let refused = super::runs::count(self.store, &refusals)?;
        Ok(Counts { ids, edges, refused, clusters: main_ids })
    }

    fn kind(&self, id: u32) -> &str {
        &self.stitch.kinds[usize::from(self.interner.kind(id))]
    }

    /// Ids and their main id, in the order of main id, type and id. Gives how many of each.
    fn write_graph(&self, table: &str, clusters: &[u32]) -> Result<(u64, u64), Stop> {
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); self.names.main_ids.len()];
        let mut ids = 0;
        for (id, cluster) in clusters.iter().enumerate() {
            if self.out.ids[id] == NONE {
                members[*cluster as usize].push(id as u32);
                ids += 1;
            }
        }
        let mut order: Vec<usize> =
            (0..members.len()).filter(|c| !members[*c].is_empty()).collect();
        order.sort_unstable_by(|a, b| self.names.main_ids[*a].cmp(&self.names.main_ids[*b]));
        let main_ids = order.len() as u64;
        for cluster in &order {
            members[*cluster].sort_unstable_by(|a, b| {
                (self.kind(*a), self.interner.text(*a))
                    .cmp(&(self.kind(*b), self.interner.text(*b)))
            });
        }
        let rows = order.iter().flat_map(|c| members[*c].iter().map(move |id| (*c, *id)));
        let mut rows = rows.peekable();
        let batches = std::iter::from_fn(|| {
            rows.peek()?;
            let mut texts = Texts::<3>::new();
            let mut moments = TimestampMicrosecondBuilder::new();
            for (cluster, id) in rows.by_ref().take(CHUNK) {
                texts.add([&self.names.main_ids[cluster], self.interner.text(id), self.kind(id)]);
                moments.append_option(moment(self.seen[id as usize]));
            }
            let mut columns = texts.finish();
            columns.push(Arc::new(moments.finish()));
            Some(batch(columns))
        });
        self.store.append(table, batches)?;
        Ok((ids, main_ids))
    }

    fn write_edges(&self, table: &str, clusters: &[u32]) -> Result<(), Stop> {
        let mut fresh = (0..self.edges.len()).peekable();
        let (a, b) = (self.edges.a(), self.edges.b());
        let batches = std::iter::from_fn(|| {
            fresh.peek()?;
            let mut texts = Texts::<5>::new();
            let mut moments = TimestampMicrosecondBuilder::new();
            let mut rows = Int64Builder::new();
            for at in fresh.by_ref().take(CHUNK) {
                let main = &self.names.main_ids[clusters[a[at] as usize] as usize];
                let [first, second] = self.ordered(a[at], b[at]);
                texts.add([main, first.1, first.0, second.1, second.0]);
                moments.append_option(moment(self.edges.seen(at)));
                rows.append_value(self.edges.rows(at).into());
            }
            let mut columns = texts.finish();
            columns.push(Arc::new(moments.finish()));
            columns.push(Arc::new(rows.finish()));
            Some(batch(columns))
        });
        Ok(self.store.append(table, batches)?)
    }

    /// The ends of a pair as type and text, the lesser first: the same whichever came first.
    fn ordered(&self, a: u32, b: u32) -> [(&str, &str); 2] {
        let mut ends = [a, b].map(|id| (self.kind(id), self.interner.text(id)));
        ends.sort_unstable();
        ends
    }

    fn write_refused(
        &self,
        table: &str,
        refused: &[Refused],
        reasons: &[String],
    ) -> Result<(), Stop> {
        let batches = refused.chunks(CHUNK).map(|chunk| {
            let mut texts = Texts::<4>::new();
            let mut moments = TimestampMicrosecondBuilder::new();
            let mut why = StringBuilder::new();
            for pair in chunk {
                let [first, second] = self.ordered(pair.a, pair.b);
                texts.add([first.1, first.0, second.1, second.0]);
                moments.append_option(moment(pair.seen));
                why.append_value(&reasons[usize::from(pair.reason)]);
            }
            let mut columns = texts.finish();
            columns.push(Arc::new(moments.finish()));
            columns.push(Arc::new(why.finish()));
            batch(columns)
        });
        Ok(self.store.append(table, batches)?)
    }

    fn write_merges(&self, table: &str, last: i64) -> Result<(), Stop> {
        let fresh = |join: &&crate::identity::Join| join.edge as usize >= self.joined;
        let joins: Vec<_> = self.forest.joins().iter().filter(fresh).collect();
        let mut seq = last;
        let batches = joins.chunks(CHUNK).map(|chunk| {
            let mut texts = Texts::<4>::new();
            let mut moments = TimestampMicrosecondBuilder::new();
            let [mut numbers, mut size1, mut size2] = [(); 3].map(|()| Int64Builder::new());
            for join in chunk {
                let at = join.edge as usize - self.joined;
                let (a, b) = (self.edges.a()[at], self.edges.b()[at]);
                let [first, second] = self.ordered(a, b);
                let as_is = (self.kind(a), self.interner.text(a)) == first;
                let sizes = [i64::from(join.size_a), i64::from(join.size_b)];
                let [one, two] = if as_is { sizes } else { [sizes[1], sizes[0]] };
                seq += 1;
                numbers.append_value(seq);
                moments.append_option(moment(self.edges.seen(at)));
                texts.add([first.1, first.0, second.1, second.0]);
                size1.append_value(one);
                size2.append_value(two);
            }
            let mut columns: Vec<ArrayRef> =
                vec![Arc::new(numbers.finish()), Arc::new(moments.finish())];
            columns.extend(texts.finish());
            columns.push(Arc::new(size1.finish()));
            columns.push(Arc::new(size2.finish()));
            batch(columns)
        });
        Ok(self.store.append(table, batches)?)
    }

    fn write_aliases(&self, graph: &str, earlier: &Earlier) -> Result<(), Stop> {
        let table = self.run.settle(&self.stitch.tables.aliases);
        self.store.execute(&statements::aliases_table(&ident(&table)))?;
        let batches = self.names.aliases.chunks(CHUNK).map(|chunk| {
            let mut columns: [StringBuilder; 7] = [(); 7].map(|()| StringBuilder::new());
            let mut runs = Int64Builder::new();
            let mut moments = TimestampMicrosecondBuilder::new();
            for alias in chunk {
                let new = (alias.cluster != NOBODY)
                    .then(|| self.names.main_ids[alias.cluster as usize].as_str());
                let (cause, ends, seen) = self.cause(alias.cause);
                let texts = [
                    Some(earlier.main_ids[alias.old as usize].as_str()),
                    new,
                    Some(cause),
                    ends.first().map(|end| end.1),
                    ends.first().map(|end| end.0),
                    ends.get(1).map(|end| end.1),
                    ends.get(1).map(|end| end.0),
                ];
                for (column, text) in columns.iter_mut().zip(texts) {
                    column.append_option(text);
                }
                runs.append_value(self.run.number as i64);
                moments.append_option(seen.and_then(moment));
            }
            let mut made: Vec<ArrayRef> =
                columns.iter_mut().map(|c| Arc::new(c.finish()) as ArrayRef).collect();
            made.insert(2, Arc::new(runs.finish()));
            made.push(Arc::new(moments.finish()));
            batch(made)
        });
        self.store.append(&table, batches)?;
        if let Some(old) = &earlier.aliases {
            self.store.execute(&statements::carry_aliases(old, &table))?;
        }
        let living = statements::drop_living_aliases(&table, graph, &self.stitch.main_id);
        Ok(self.store.execute(&living)?)
    }

    fn cause(&self, cause: Cause) -> (&'static str, Vec<(&str, &str)>, Option<i64>) {
        match cause {
            // What an earlier run joined was one main id then.
            Cause::Merged { edge } => {
                let at = (edge as usize).saturating_sub(self.joined);
                let ends = self.ordered(self.edges.a()[at], self.edges.b()[at]);
                ("merged", ends.to_vec(), Some(self.edges.seen(at)))
            }
            Cause::Renamed { node } => {
                let end = (self.kind(node), self.interner.text(node));
                ("renamed", vec![end], Some(self.seen[node as usize]))
            }
            Cause::Split => ("split", Vec::new(), None),
            Cause::Gone => ("gone", Vec::new(), None),
        }
    }
}

fn moment(seen: i64) -> Option<i64> {
    (seen != UNTIMED).then_some(seen)
}

/// Columns of text that are filled row by row.
struct Texts<const N: usize>([StringBuilder; N]);

impl<const N: usize> Texts<N> {
    fn new() -> Self {
        Self([(); N].map(|()| StringBuilder::new()))
    }

    fn add(&mut self, row: [&str; N]) {
        for (column, text) in self.0.iter_mut().zip(row) {
            column.append_value(text);
        }
    }

    fn finish(&mut self) -> Vec<ArrayRef> {
        self.0.iter_mut().map(|column| Arc::new(column.finish()) as ArrayRef).collect()
    }
}

fn batch(columns: Vec<ArrayRef>) -> RecordBatch {
    let named = columns.into_iter().enumerate().map(|(at, column)| (format!("c{at}"), column));
    RecordBatch::try_from_iter_with_nullable(named.map(|(name, column)| (name, column, true)))
        .expect("columns filled row by row are of one length")
}
