//! Writes a finished id graph into the database: its ids, its edges, what was refused, the history
//! of joins, and where main ids went.

use super::super::super::store::Store;
use super::super::{Stop, runs};
use super::reading::RunBefore;
use crate::identity::{
    Cause, Clusters, Earlier, Graph, Id, Listed, NOBODY, Names, Reason, UNTIMED,
};
use crate::model::value::Value;
use crate::plan::{Run, Stitch};
use crate::sql::build as statements;
use crate::sql::{ObjectName, Sql, ident};
use arrow::array::{
    ArrayRef, Int64Builder, RecordBatch, StringBuilder, TimestampMicrosecondBuilder,
};
use std::iter::{Peekable, Take};
use std::sync::Arc;

/// Rows that are written at once.
const CHUNK: usize = 1 << 15;
/// Why a manual rule refuses something.
const BY_RULE: &str = "excluded by a manual rule";

/// A finished id graph on its way into the database.
pub(super) struct Writing<'a> {
    pub(super) stitch: &'a Stitch,
    pub(super) run: &'a Run,
    pub(super) store: &'a Store,
    pub(super) graph: &'a Graph,
    pub(super) clusters: &'a Clusters,
    pub(super) names: &'a Names,
    pub(super) before: &'a RunBefore,
    pub(super) earlier: &'a Earlier,
}

impl Writing<'_> {
    /// Makes the tables and fills them. Gives the rows of edges and of what was refused, with those
    /// of the run that is gone on with.
    pub(super) fn write(&self, listed: Listed) -> Result<[u64; 2], Stop> {
        let names = &self.stitch.tables;
        let table = |name: &ObjectName| self.run.settle(name);
        let (graph, edges) = (table(&names.graph), table(&names.edges));
        let (refusals, merges) = (table(&names.refused), table(&names.merges));
        let main = &self.stitch.main_id;
        let run = |sql: Sql| self.store.execute(&sql);
        run(statements::graph_table(&graph, main))?;
        run(statements::edges_table(&edges, main))?;
        run(statements::refused_table(&refusals))?;
        run(statements::merges_table(&ident(&merges)))?;
        self.write_graph(&graph, &listed)?;
        // It takes room that is better used from here on.
        drop(listed);
        self.write_refused(&refusals)?;
        if let Some(past) = &self.before.goes_on {
            let fresh = format!("{edges}_fresh");
            run(statements::edges_table(&fresh, main))?;
            self.write_edges(&fresh)?;
            run(statements::join_edges(&edges, main, &past.settle(&names.edges), &fresh, &graph))?;
            run(statements::drop_object("main", &fresh, false))?;
            let old = past.settle(&names.merges);
            run(statements::copy_rows(&old, &merges))?;
            let last = self.store.cells(&statements::last_merge(&old))?;
            let last = last.first().and_then(|row| row.first()).and_then(Value::as_u64);
            self.write_merges(&merges, last.unwrap_or(0) as i64)?;
            run(statements::carry_refused(&past.settle(&names.refused), &refusals))?;
        } else {
            self.write_edges(&edges)?;
            self.write_merges(&merges, 0)?;
        }
        self.write_aliases(&graph)?;
        Ok([runs::count(self.store, &edges)?, runs::count(self.store, &refusals)?])
    }

    /// Ids and their main id, in the order of main id, type and id.
    fn write_graph(&self, table: &str, listed: &Listed) -> Result<(), Stop> {
        let batches = batches(listed.rows(), |rows| {
            let mut texts = Texts::<3>::new();
            let mut moments = TimestampMicrosecondBuilder::new();
            for (cluster, id) in rows {
                let Id { kind, text } = self.graph.id(id);
                texts.add([&self.names.main_ids[cluster as usize], text, kind]);
                moments.append_option(moment(self.graph.seen(id)));
            }
            let mut columns = texts.finish();
            columns.push(Arc::new(moments.finish()));
            columns
        });
        Ok(self.store.append(table, batches)?)
    }

    fn write_edges(&self, table: &str) -> Result<(), Stop> {
        let edges = self.graph.edges();
        let batches = batches(0..edges.len(), |places| {
            let mut texts = Texts::<5>::new();
            let mut moments = TimestampMicrosecondBuilder::new();
            let mut rows = Int64Builder::new();
            for at in places {
                let (a, b) = edges.ends(at);
                let main = &self.names.main_ids[self.clusters.of(a) as usize];
                let [first, second] = self.graph.ends(a, b);
                texts.add([main, first.text, first.kind, second.text, second.kind]);
                moments.append_option(moment(edges.seen(at)));
                rows.append_value(edges.rows(at).into());
            }
            let mut columns = texts.finish();
            columns.push(Arc::new(moments.finish()));
            columns.push(Arc::new(rows.finish()));
            columns
        });
        Ok(self.store.append(table, batches)?)
    }

    fn write_refused(&self, table: &str) -> Result<(), Stop> {
        let stitch = self.stitch;
        let caps: Vec<String> = stitch.caps.iter().map(|cap| stitch.cap_reason(cap)).collect();
        let in_words = |reason: Reason| match reason {
            Reason::Rule => BY_RULE,
            Reason::Filter(place) => &stitch.filters[usize::from(place)].reason,
            Reason::Cap(place) => &caps[usize::from(place)],
        };
        let batches = batches(self.graph.refused().iter(), |rows| {
            let mut texts = Texts::<4>::new();
            let mut moments = TimestampMicrosecondBuilder::new();
            let mut why = StringBuilder::new();
            for refused in rows {
                let [first, second] = self.graph.ends(refused.a, refused.b);
                texts.add([first.text, first.kind, second.text, second.kind]);
                moments.append_option(moment(refused.seen));
                why.append_value(in_words(refused.reason));
            }
            let mut columns = texts.finish();
            columns.push(Arc::new(moments.finish()));
            columns.push(Arc::new(why.finish()));
            columns
        });
        Ok(self.store.append(table, batches)?)
    }

    /// The history of joins, numbered on from `last`.
    fn write_merges(&self, table: &str, last: i64) -> Result<(), Stop> {
        let batches = batches((last + 1..).zip(self.graph.merges()), |rows| {
            let mut texts = Texts::<4>::new();
            let mut moments = TimestampMicrosecondBuilder::new();
            let [mut numbers, mut size1, mut size2] = [(); 3].map(|()| Int64Builder::new());
            for (number, merge) in rows {
                let [first, second] = merge.ends;
                numbers.append_value(number);
                moments.append_option(moment(merge.seen));
                texts.add([first.text, first.kind, second.text, second.kind]);
                size1.append_value(merge.sizes[0].into());
                size2.append_value(merge.sizes[1].into());
            }
            let mut columns: Vec<ArrayRef> =
                vec![Arc::new(numbers.finish()), Arc::new(moments.finish())];
            columns.extend(texts.finish());
            columns.push(Arc::new(size1.finish()));
            columns.push(Arc::new(size2.finish()));
            columns
        });
        Ok(self.store.append(table, batches)?)
    }

    /// Where main ids went: those of the run before, and those of runs before it that are none now.
    fn write_aliases(&self, graph: &str) -> Result<(), Stop> {
        let table = self.run.settle(&self.stitch.tables.aliases);
        self.store.execute(&statements::aliases_table(&ident(&table)))?;
        let main_ids = self.earlier.main_ids();
        let batches = batches(self.names.aliases.iter(), |rows| {
            let mut columns: [StringBuilder; 7] = [(); 7].map(|()| StringBuilder::new());
            let mut runs = Int64Builder::new();
            let mut moments = TimestampMicrosecondBuilder::new();
            for alias in rows {
                let new = (alias.cluster != NOBODY)
                    .then(|| self.names.main_ids[alias.cluster as usize].as_str());
                let ([first, second], seen) = self.graph.about(alias.cause);
                let texts = [
                    Some(main_ids[alias.old as usize].as_str()),
                    new,
                    Some(word(alias.cause)),
                    first.map(|id| id.text),
                    first.map(|id| id.kind),
                    second.map(|id| id.text),
                    second.map(|id| id.kind),
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
            made
        });
        self.store.append(&table, batches)?;
        if let Some(old) = &self.before.aliases {
            self.store.execute(&statements::carry_aliases(old, &table))?;
        }
        let living = statements::drop_living_aliases(&table, graph, &self.stitch.main_id);
        Ok(self.store.execute(&living)?)
    }
}

/// What the table of aliases calls a cause.
fn word(cause: Cause) -> &'static str {
    match cause {
        Cause::Merged { .. } => "merged",
        Cause::Renamed { .. } => "renamed",
        Cause::Split => "split",
        Cause::Gone => "gone",
    }
}

fn moment(seen: i64) -> Option<i64> {
    (seen != UNTIMED).then_some(seen)
}

/// The next rows of some.
type Chunk<'a, I> = Take<&'a mut Peekable<I>>;

/// Rows in batches of up to [`CHUNK`], whose columns `fill` makes of the rows.
fn batches<I: Iterator>(
    rows: I,
    fill: impl Fn(Chunk<'_, I>) -> Vec<ArrayRef>,
) -> impl Iterator<Item = RecordBatch> {
    let mut rows = rows.peekable();
    std::iter::from_fn(move || {
        rows.peek()?;
        Some(batch(fill(rows.by_ref().take(CHUNK))))
    })
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
