//! Tables of files that are read when they are first asked for.
//!
//! A source that is known already opens without reading a row. A statement that names one of its
//! tables reads that table first, once for all stores that share the database.

use super::{Store, StoreError};
use crate::model::catalog::Reader;
use crate::sql::Sql;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Tables that are not read yet.
#[derive(Default)]
pub(super) struct Later {
    waiting: Mutex<Vec<Waiting>>,
    /// How many, so that nothing is locked where nothing waits.
    count: AtomicUsize,
}

struct Waiting {
    name: String,
    paths: Vec<PathBuf>,
    reader: Reader,
}

impl Store {
    /// Makes files readable as the table `name`; they are read when a statement names it.
    pub(in crate::engine) fn name_files_later(
        &self,
        name: &str,
        paths: &[PathBuf],
        reader: &Reader,
    ) {
        let waiting =
            Waiting { name: name.to_owned(), paths: paths.to_vec(), reader: reader.clone() };
        let mut all = self.later.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        all.push(waiting);
        self.later.count.store(all.len(), Ordering::Release);
    }

    /// Reads the tables that a statement names and that wait to be read.
    pub(super) fn read_what_is_named(&self, sql: &Sql) -> Result<(), StoreError> {
        if self.later.count.load(Ordering::Acquire) == 0 {
            return Ok(());
        }
        // Others that need one of them wait until it is read.
        let mut all = self.later.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut at = 0;
        while at < all.len() {
            let one = &all[at];
            if !sql.names(&one.name) {
                at += 1;
                continue;
            }
            self.name_files(&one.name, &one.paths, &one.reader, &mut |_| ())?;
            all.remove(at);
            self.later.count.store(all.len(), Ordering::Release);
        }
        Ok(())
    }
}
