//! Joins the ids of an entity: rows stream out of the database (`reading`), [`crate::identity`]
//! joins them, and the id graph streams back (`writing`).

mod reading;
mod writing;

use super::super::store::Store;
use super::{Builder, ISO, Stitched, Stop};
use crate::identity::{Cap, Graph, Ids, Mode, TooMany};
use crate::model::failure::Failure;
use crate::plan::{CapPlan, Step, Stitch};
use crate::sql::Sql;
use crate::sql::build as statements;
use jiff::ToSpan as _;
use writing::Writing;

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
    store.batches(query, &mut |batch| reading::take(&mut ids, &batch, &[], &mut columns))?;
    let labels = crate::identity::labels(ids.interner().len(), ids.edges());
    let clusters = labels.iter().enumerate().filter(|(node, label)| **label == *node as u32);
    Ok(Joined { ids: ids.interner().len(), clusters: clusters.count() })
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
        let before = self.run_before(stitch, step)?;
        let mut ids = Ids::default();
        let carried = match &before.goes_on {
            Some(_) => Some(self.go_on(stitch, &before, &mut ids)?),
            None => None,
        };
        let since = before.goes_on.as_ref().map(|run| {
            let from = run.end.checked_sub(stitch.overlap_seconds.seconds()).unwrap_or(run.end);
            from.strftime(ISO).to_string()
        });
        for source in &stitch.sources {
            self.read_source(stitch, source, since.as_deref(), &mut ids)?;
        }
        tell("Joining");
        let rules = self.rules(stitch, &mut ids)?;
        let out = self.left_out(stitch, &ids, &rules)?;
        let caps: Vec<Cap> = stitch.caps.iter().map(cap).collect();
        let graph = Graph::grow(ids, &stitch.kinds, &rules, out, &caps).map_err(too_many)?;
        let converged = graph.check().map_err(|error| {
            let what = format!("joining ids of {} did not come to its end: {error}", stitch.entity);
            Failure::new(what, "", "report this with the project")
        })?;
        let mut earlier = match carried {
            Some(earlier) => earlier,
            None => self.recall(stitch, &before, graph.interner())?,
        };
        earlier.forget_left_out(graph.left_out());
        let keeps_names = stitch.incremental && !self.request.rebuild_ids;
        let mode = if keeps_names { Mode::Incremental } else { Mode::Rebuilt };
        let names = graph.name(&earlier, mode);
        tell("Writing");
        let clusters = graph.clusters();
        let listed = graph.listed(&clusters, &names);
        if !graph.adds_up(&listed) {
            let what = format!("the ids of {} do not add up with their joins", stitch.entity);
            return Err(Failure::new(what, "", "build with --rebuild-ids, and report this").into());
        }
        let counts = [listed.ids() as u64, listed.clusters() as u64];
        let writing = Writing {
            stitch,
            run: &self.run,
            store: self.store,
            graph: &graph,
            clusters: &clusters,
            names: &names,
            before: &before,
            earlier: &earlier,
        };
        let [edges, refused] = writing.write(listed)?;
        let [ids, clusters] = counts;
        let statement = format!(
            "checked: each of {} joined pairs lies within one main id, and {ids} ids in {} joins leave {clusters} main ids",
            converged.edges,
            graph.joins(),
        );
        self.note(Stitched {
            entity: stitch.entity.clone(),
            mode: if since.is_some() { "new rows" } else { "all rows" },
            ids,
            edges,
            refused,
            clusters,
            retired: names.aliases.len() as u64,
            statement,
        })
    }

    /// Keeps what came of it, for the run and for who built it.
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
}

fn cap(cap: &CapPlan) -> Cap {
    Cap { kind: cap.kind as u16, other: cap.other as u16, most: cap.most }
}

fn too_many(error: TooMany) -> Stop {
    Failure::new(error.to_string(), "", "build fewer sources at once").into()
}
