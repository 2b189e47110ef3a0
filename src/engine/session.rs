//! An opened source, used from one thread. The command line calls it directly; the window reaches
//! it through [`super::Engine`].

use super::Job;
use super::jobs;
use super::remembered::Memory;
use super::store::Store;
use super::workspace;
use crate::bind::Range;
use crate::compile::{self, Asked, Query};
use crate::lens::Lens;
use crate::model::catalog::{Catalog, CohortRef};
use crate::model::failure::Failure;
use crate::model::question::{Slice, Sort};
use crate::protocol::{OpenRequest, Opened};
use crate::sql::Sql;
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// An opened source.
pub struct Session {
    store: Store,
    opened: Arc<Opened>,
    /// What is kept between questions, because charts ask for it again with every stroke. Shared
    /// by all sessions of this source.
    kept: Arc<Mutex<Kept>>,
    /// Answers without the database what it can. Shared by all sessions of this source.
    pub(super) lens: Option<Arc<Lens>>,
    /// Where codes are kept for the next time.
    pub(super) memory: Option<Arc<Memory>>,
    /// An answer would have come from codes, had there been any.
    pub(super) lacks_codes: Cell<bool>,
}

/// What is kept between questions.
#[derive(Default)]
pub(super) struct Kept {
    /// The least and greatest value of a feature in a cohort.
    pub(super) ranges: HashMap<(CohortRef, String), Range>,
    /// The last numbered order of people.
    pub(super) order: Option<NumberedOrder>,
    /// How many orders were numbered so far: the next table's number.
    pub(super) orders: u64,
}

/// The keys of a slice, numbered in the order of a sort and kept as a table.
pub(super) struct NumberedOrder {
    pub(super) slice: Slice,
    pub(super) sort: Option<Sort>,
    pub(super) table: String,
}

impl Session {
    /// Opens a source and finds out what is in it.
    ///
    /// # Errors
    /// When it cannot be read: the failure names the file, the place and what to try.
    pub fn open(request: &OpenRequest, job: &mut Job<'_>) -> Result<Self, Failure> {
        let (store, opened, memory) = jobs::open::open(request, None, job)?;
        Ok(Self::of(store, opened, memory))
    }

    /// The same; of large files of text `early` is handed the first rows while the rest is read.
    ///
    /// # Errors
    /// See [`Session::open`].
    pub fn open_early(
        request: &OpenRequest,
        early: &mut dyn FnMut(Self),
        job: &mut Job<'_>,
    ) -> Result<Self, Failure> {
        let mut early = |store, opened| early(Self::of(store, opened, None));
        let (store, opened, memory) = jobs::open::open(request, Some(&mut early), job)?;
        Ok(Self::of(store, opened, memory))
    }

    fn of(store: Store, opened: Opened, memory: Option<Memory>) -> Self {
        Self {
            store,
            opened: Arc::new(opened),
            kept: Arc::default(),
            lens: None,
            memory: memory.map(Arc::new),
            lacks_codes: Cell::default(),
        }
    }

    /// The same source for another thread: nothing is read again.
    ///
    /// # Errors
    /// When the database cannot open a second connection.
    pub fn fork(&self) -> Result<Self, Failure> {
        let store = self.store.fork()?;
        Ok(Self {
            store,
            opened: Arc::clone(&self.opened),
            kept: Arc::clone(&self.kept),
            lens: self.lens.clone(),
            memory: self.memory.clone(),
            lacks_codes: Cell::default(),
        })
    }

    /// What opening brought.
    pub fn opened(&self) -> &Arc<Opened> {
        &self.opened
    }

    /// What was found.
    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.opened.catalog
    }

    /// The database.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Questions from now on stop soon after `flag` is set.
    pub fn obey(&self, flag: Arc<AtomicBool>) {
        self.store.obey(flag);
    }

    /// Lets the source go until the next question, so that other programs may write to it.
    ///
    /// # Errors
    /// When the database does not let go.
    pub fn rest(&self) -> Result<(), Failure> {
        Ok(self.store.detach()?)
    }

    /// Whether the source's files are still as they were when it was opened.
    pub fn is_unchanged(&self) -> bool {
        let was = &self.catalog().fingerprint;
        crate::sources::fingerprint_now(was) == *was
    }

    /// The answer that the attached source gives.
    pub(super) fn answer<T>(&self, asked: Asked<'_, T>) -> Result<T, Failure> {
        self.store.attach()?;
        let statement = self.statement(&asked.query);
        let rows = match asked.is_typed {
            true => {
                let found = self.store.query(&statement)?;
                compile::Rows { columns: found.columns, rows: found.rows }
            }
            false => compile::Rows { columns: Vec::new(), rows: self.store.cells(&statement)? },
        };
        asked.read(rows)
    }

    /// A statement as it is run on this source. It must be attached, or have been before.
    pub(super) fn statement(&self, query: &Query) -> Sql {
        query.executed(self.store.database_name().as_deref())
    }

    /// What is kept between questions. Each change of it is whole, so a lock that a panic left
    /// behind is usable.
    pub(super) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the workspace.
    ///
    /// # Errors
    /// When it cannot be written; then the file is as it was.
    pub fn save_workspace(
        &self,
        workspace: &crate::model::workspace::Workspace,
    ) -> Result<(), Failure> {
        workspace::save(&self.opened.workspace_file, workspace)
    }
}
