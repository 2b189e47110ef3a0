//! Rows that are read cell by cell are kept as a table in memory: as text first, which the database
//! then turns into the types of the columns.

use super::{Store, StoreError};
use crate::model::catalog::ForeignReader;
use crate::sources;
use crate::sql::{foreign as statements, session};
use arrow::array::{ArrayRef, RecordBatch, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema};
use std::path::Path;
use std::sync::Arc;

/// Rows that are handed over at once.
const BATCH: usize = 2048;
/// Bytes of text after which they are handed over anyway.
const BATCH_BYTES: usize = 32 << 20;

impl Store {
    /// Reads a table into memory that the database does not read by itself.
    pub(super) fn keep_foreign(
        &self,
        name: &str,
        file: &Path,
        (reader, number): (&ForeignReader, Option<&str>),
        tell: &mut dyn FnMut(Option<f32>),
    ) -> Result<(), StoreError> {
        let stage = format!("{name} as text");
        self.batch(&statements::stage(&stage, reader.columns.len()), Some(file))?;
        let kept = self.fill_stage(&stage, file, reader).and_then(|()| {
            let rows = statements::from_stage(&stage, &reader.columns, number);
            self.telling(&session::keep(name, &rows), Some(file), tell)
        });
        let dropped = self.connection.execute_batch(&session::forget(&stage).text());
        kept?;
        dropped.map_err(|error| super::told(&error, Some(file)))
    }

    fn fill_stage(
        &self,
        stage: &str,
        file: &Path,
        reader: &ForeignReader,
    ) -> Result<(), StoreError> {
        let mut appender = self.connection.appender(stage).map_err(super::plain)?;
        let mut rows = Texts::of(reader.columns.len());
        let mut failed = None;
        let read = sources::rows_of(file, reader, &|| self.is_cancelled(), &mut |row| {
            rows.push(row);
            if !rows.is_full() {
                return Ok(());
            }
            let batch = rows.take()?;
            appender.append_record_batch(batch).map_err(|error| {
                let error = super::plain(error);
                let told = error.to_string();
                failed = Some(error);
                told
            })
        });
        if self.is_cancelled() {
            return Err(StoreError::Cancelled);
        }
        // The database did not take the rows: nothing is wrong with the file.
        if let Some(error) = failed {
            return Err(error);
        }
        read.map_err(|failure| StoreError::NotReadable {
            path: file.to_path_buf(),
            message: failure.what,
            hint: failure.hint,
        })?;
        let last = rows.take().map_err(StoreError::of_ours)?;
        appender.append_record_batch(last).map_err(super::plain)?;
        appender.flush().map_err(super::plain)
    }
}

/// Rows of texts on their way.
struct Texts {
    columns: Vec<StringBuilder>,
    schema: Arc<Schema>,
    rows: usize,
    bytes: usize,
}

impl Texts {
    fn of(columns: usize) -> Self {
        let fields: Vec<Field> =
            (0..columns).map(|i| Field::new(format!("c{i}"), DataType::Utf8, true)).collect();
        Self {
            columns: (0..columns).map(|_| StringBuilder::new()).collect(),
            schema: Arc::new(Schema::new(fields)),
            rows: 0,
            bytes: 0,
        }
    }

    fn push(&mut self, row: &[Option<String>]) {
        for (column, cell) in self.columns.iter_mut().zip(row) {
            self.bytes += cell.as_ref().map_or(0, String::len);
            column.append_option(cell.as_deref());
        }
        self.rows += 1;
    }

    fn is_full(&self) -> bool {
        self.rows >= BATCH || self.bytes >= BATCH_BYTES
    }

    fn take(&mut self) -> Result<RecordBatch, String> {
        (self.rows, self.bytes) = (0, 0);
        let columns: Vec<ArrayRef> =
            self.columns.iter_mut().map(|c| Arc::new(c.finish()) as ArrayRef).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(|e| e.to_string())
    }
}
