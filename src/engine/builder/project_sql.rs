//! SQL of the project: looked at before it is run, and run where it can change nothing of a person.
//!
//! ```text
//! query of a step ──may it act? planned where it only reads──▶ CREATE TABLE … AS query
//! statements of a model ──one by one, in a scratch database──▶ its own table ──copied──▶ the file
//! ```
//!
//! - What a text does is told by the database that runs it, from the plan that it makes. A query in
//!   which none of the words stands without which nothing can be done needs no plan.
//! - A transaction of the database writes to one database only. A model's begins by writing to the
//!   scratch database, so that nothing else can be written to, however its statements name it.
//! - What a model leaves behind beside its own table is thrown away, and what was there before it
//!   is there as it was.

use super::super::store::{Cause, StoreError};
use super::{Builder, Stop};
use crate::model::value::Value;
use crate::plan::{self, FilterRule, Statement, Step, Work};
use crate::sql::build::{self as statements, SCRATCH};
use crate::sql::{Sql, path};
use std::collections::BTreeSet;

/// A temporary table, view or macro: name, kind and what defines it.
type Temporary = (String, String, String);

impl Builder<'_> {
    /// Refuses what a step's SQL of the project does beyond reading.
    pub(super) fn vet(&self, step: &Step) -> Result<(), Stop> {
        if let Work::Stitch(stitch) = &step.work {
            let vet = |query: &Sql| self.store.vet_query(&self.run.settled(query));
            for source in &stitch.sources {
                vet(&source.query).map_err(|error| self.fault(stitch, source, &error))?;
            }
            if let Some(rules) = &stitch.rules {
                self.sorted(vet(&rules.query), step)?;
            }
            for filter in &stitch.filters {
                if let FilterRule::Rows(rows) = &filter.rule {
                    self.sorted(vet(rows), step)?;
                }
            }
            return Ok(());
        }
        for statement in step.statements(&self.run) {
            if let Statement::Makes { query, .. } = &statement {
                self.sorted(self.store.vet_query(query), step)?;
            }
        }
        Ok(())
    }

    /// Runs the statements of a model in the scratch database. Its table is there afterwards.
    pub(super) fn model_apart(&self, step: &Step) -> Result<(), Stop> {
        for statement in step.statements(&self.run) {
            if let Statement::Model { table, text } = &statement {
                self.store.execute(&statements::attach_scratch())?;
                let scratch = path(&[SCRATCH, "main"]);
                let places = std::iter::once(scratch).chain(self.places.iter().cloned());
                let places: Vec<Sql> = places.collect();
                self.store.execute(&statements::look_in(&places))?;
                let done = self.in_scratch(&self.run.settle(table), text);
                if done.is_err() {
                    self.store.undo();
                }
                self.store.execute(&statements::look_in(&self.places))?;
                self.sorted(done, step)?;
            }
        }
        Ok(())
    }

    fn in_scratch(&self, table: &str, text: &Sql) -> Result<(), StoreError> {
        let refused = |what: String| StoreError::not_allowed(what);
        let pieces = plan::single_statements(&text.text());
        let pieces: Vec<Sql> = pieces.into_iter().map(Sql::of_project).collect();
        let all = self.store.count_statements(text)?;
        let is_one = |piece: &Sql| self.store.count_statements(piece).is_ok_and(|n| n == 1);
        if all != pieces.len() as u64 || !pieces.iter().all(is_one) {
            return Err(refused("its statements cannot be told apart".to_owned()));
        }
        let before = self.temporary()?;
        self.store.execute(&statements::begin())?;
        // From here on the transaction writes to the scratch database and to no other.
        self.store.execute(&statements::mark_scratch())?;
        for piece in &pieces {
            let done = self.store.vet_statement(piece).and_then(|()| self.store.execute(piece));
            done.map_err(|error| explained(error, &piece.text()))?;
        }
        let after = self.temporary()?;
        if let Some((name, ..)) = before.iter().find(|known| !after.contains(known)) {
            return Err(refused(format!("it changes `{name}`, which is not its own")));
        }
        let made = self.store.cells(&statements::scratch_objects())?;
        let made: BTreeSet<String> =
            made.iter().filter_map(|row| row.first().map(Value::display)).collect();
        if let Some(other) = made.iter().find(|name| *name != table) {
            return Err(refused(format!(
                "it makes `{other}`, and a model makes its own table and temporary ones only"
            )));
        }
        if made.is_empty() {
            return Err(refused("it does not make its own table".to_owned()));
        }
        self.store.execute(&statements::commit())?;
        // Its table may be a view, whose query runs when it is copied.
        self.store.vet_plan(&statements::scratch_rows(table))
    }

    /// Throws away what models left behind.
    pub(super) fn clear_scratch(&self, step: &Step) -> Result<(), Stop> {
        let is_model = |statement: &Statement| matches!(statement, Statement::Model { .. });
        if !step.statements(&self.run).iter().any(is_model) {
            return Ok(());
        }
        self.store.execute(&statements::detach_scratch())?;
        for (name, kind, _) in self.temporary()? {
            if kind != "macro" && !self.defined_views.contains(&name) {
                let dropped = statements::drop_temporary(&name, kind == "view");
                self.store.execute(&dropped)?;
            }
        }
        Ok(())
    }

    fn temporary(&self) -> Result<BTreeSet<Temporary>, StoreError> {
        let rows = self.store.cells(&statements::temporary_objects())?;
        let object = |row: Vec<Value>| {
            let mut cells = row.iter().map(Value::display);
            Some((cells.next()?, cells.next()?, cells.next()?))
        };
        Ok(rows.into_iter().filter_map(object).collect())
    }
}

/// Says in the words of a project why a statement was refused.
fn explained(error: StoreError, statement: &str) -> StoreError {
    match error.cause() {
        Some(Cause::NotAllowed) => StoreError::not_allowed(plan::refusal(statement)),
        _ => error,
    }
}
