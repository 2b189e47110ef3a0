//! The database: the only room that names duckdb.
//!
//! What holds here, and what is kept out:
//!
//! - A database file of a person is attached for reading only, and let go between questions, so
//!   that another program can write to it. Nothing is ever written to it.
//! - What was opened cannot act: before the first of its views runs, the database is shut
//!   (`store/sandbox.rs`). Its schema is never the one in which names are looked up.
//! - No extension is looked for or downloaded: the database does not go on the network.
//! - A statement stops soon after the flag given to [`Store::obey`] is set, and when its time is up.
//! - Cells leave as [`Value`]s, frames as polars frames; no type of the database is seen outside.

mod collapse;
mod copied;
mod error;
mod foreign;
mod later;
mod parser;
mod sandbox;
mod vet;
mod watch;
mod words;

pub use collapse::on_collapse;
pub use error::StoreError;
pub use watch::on_stubborn;
pub use words::Cause;

use super::arrow::{Shape, frame, is_plain, push_plain_rows, push_rows};
use crate::disk::PrivateFolder;
use crate::model::catalog::Reader;
use crate::model::failure::Failure;
use crate::model::limits::{Limits, bytes_of};
use crate::model::value::Value;
use crate::sources::{Probe, files};
use crate::sql::Sql;
use crate::sql::build;
use crate::sql::session::{self, Outward};
use arrow::array::RecordBatch;
use duckdb::Connection;
use later::Later;
pub(in crate::engine) use parser::Parser;
use sandbox::Reach;
use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use vet::Project;
pub(in crate::engine) use vet::SEVERAL;
use watch::{Statement, Watch};

/// Files of fewer bytes are read in one go.
const LITTLE_BYTES: u64 = 1 << 20;
/// What a look at a view may take without being counted.
const LITTLE: Duration = Duration::from_millis(100);
/// How often a long statement's progress is told.
const TELL_EVERY: Duration = Duration::from_millis(50);

/// The rows of an answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    /// Column names; they may be doubled or empty.
    pub columns: Vec<String>,
    /// Column types as DuckDB prints them.
    pub types: Vec<String>,
    /// One value per column.
    pub rows: Vec<Vec<Value>>,
}

/// A database in memory, beside which one database file can be attached for reading.
///
/// Used from one thread. It stops from others: see [`Store::obey`].
pub struct Store {
    // Dropped in this order: the watch uses the connection, which uses the folder.
    watch: Watch,
    connection: Connection,
    spill: Arc<PrivateFolder>,
    database: Option<Arc<DatabaseFile>>,
    attached: Cell<bool>,
    flag: RefCell<Arc<AtomicBool>>,
    limits: Arc<Limits>,
    look: Look,
    later: Arc<Later>,
    project: Option<Project>,
    /// Why the last statement failed: after it the database may only say that one did.
    failed: RefCell<Option<StoreError>>,
}

/// How views are looked at while a source is opened.
#[derive(Default)]
struct Look {
    /// Statements have the time for looking now.
    on: Cell<bool>,
    /// What statements that took more than a little have taken of the time so far.
    lost: Cell<Duration>,
    /// The last statement was stopped because its time was up.
    late: Cell<bool>,
    /// How often something was not found out for that.
    missed: Cell<u64>,
}

/// A database file that is attached when it is needed.
struct DatabaseFile {
    path: PathBuf,
    /// The key that opens it.
    key: Mutex<Option<String>>,
    hold: Mutex<Hold>,
}

/// How the stores that share a database hold the attached file: it is attached once for all of
/// them, and let go by the last.
#[derive(Default)]
struct Hold {
    /// The name under which it is attached, once that is known.
    alias: Option<String>,
    /// Stores that have it attached now.
    holders: u32,
}

impl DatabaseFile {
    fn hold(&self) -> MutexGuard<'_, Hold> {
        lock(&self.hold)
    }
}

/// A panic elsewhere leaves these values whole, so a poisoned lock may be used.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How far the statement of a store is, to be asked from any thread.
struct Gauge(duckdb::ProgressHandle);

impl Gauge {
    /// From 0 to 1; `None` when it cannot be known.
    fn part(&self) -> Option<f32> {
        let percentage = self.0.query_progress().percentage()?;
        Some((percentage as f32 / 100.0).clamp(0.0, 1.0))
    }
}

impl Store {
    /// A database in memory, with nothing in it and not shut: for tests and benches.
    ///
    /// # Errors
    /// When the database cannot be started.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::start(None, &Limits::default())
    }

    /// A store over a database file that is written to: the one that a build makes. It is created
    /// when it is not there. Nothing else may have it open.
    ///
    /// # Errors
    /// When it is locked, damaged, or cannot be made.
    pub fn writable(path: &Path, limits: &Limits) -> Result<Self, StoreError> {
        let mut store = Self::start(Some(path), limits)?;
        store.project = Some(Project::default());
        Ok(store)
    }

    fn start(path: Option<&Path>, limits: &Limits) -> Result<Self, StoreError> {
        let spill = PrivateFolder::create("spill").map_err(|error| {
            StoreError::of_machine(format!("no temporary folder can be made: {error}"))
        })?;
        let told = |error: duckdb::Error| told(&error, path);
        let config = sandbox::config(spill.path()).map_err(told)?;
        let connection = match path {
            None => Connection::open_in_memory_with_flags(config),
            Some(path) => Connection::open_with_flags(path, config),
        };
        let connection = connection.map_err(told)?;
        let store = Self::over(
            connection,
            Arc::new(spill),
            None,
            Arc::new(limits.clone()),
            &Arc::default(),
        )?;
        for statement in session::limits(limits.memory, limits.spill) {
            store.batch(&statement, path)?;
        }
        Ok(store)
    }

    /// A second store over the same database, for another thread: it sees the same tables, and
    /// the same database file.
    ///
    /// # Errors
    /// When the database gives no second connection.
    pub fn fork(&self) -> Result<Self, StoreError> {
        let connection = self.connection.try_clone().map_err(plain)?;
        let (spill, limits) = (Arc::clone(&self.spill), Arc::clone(&self.limits));
        Self::over(connection, spill, self.database.clone(), limits, &self.later)
    }

    /// From here on the database reads these files and what was attached before, nothing else,
    /// writes nothing but what it spills, and its settings stay as they are.
    ///
    /// # Errors
    /// When the database refuses.
    pub(in crate::engine) fn shut(&self, files: &[PathBuf]) -> Result<(), StoreError> {
        self.shut_but(&Reach::of_files(files))
    }

    fn shut_but(&self, reach: &Reach) -> Result<(), StoreError> {
        for statement in session::shut(&reach.files, &reach.folders) {
            self.batch(&statement, None)?;
        }
        Ok(())
    }

    /// Attaches a database file beside the one that is written to, for reading.
    ///
    /// # Errors
    /// When it is locked, encrypted, damaged, or gone.
    pub fn attach_beside(
        &self,
        path: &Path,
        alias: &str,
        key: Option<&str>,
    ) -> Result<(), StoreError> {
        self.batch(&session::attach(path, alias, key), Some(path))
    }

    /// Hands the rows of a statement over as they come, in the types in which the database has
    /// them.
    ///
    /// # Errors
    /// When it was cancelled, does not run, or `take` gives a sentence about what it cannot take.
    pub(in crate::engine) fn batches(
        &self,
        sql: &Sql,
        take: &mut dyn FnMut(RecordBatch) -> Result<(), String>,
    ) -> Result<(), StoreError> {
        self.stream(sql, None, take).map(|_| ())
    }

    /// Adds rows to a table.
    ///
    /// # Errors
    /// When the rows do not fit the table, or cannot be written.
    pub(in crate::engine) fn append(
        &self,
        table: &str,
        batches: impl Iterator<Item = RecordBatch>,
    ) -> Result<(), StoreError> {
        let mut appender = self.connection.appender(table).map_err(plain)?;
        for batch in batches {
            if self.is_cancelled() {
                return Err(StoreError::Cancelled);
            }
            appender.append_record_batch(batch).map_err(plain)?;
        }
        appender.flush().map_err(plain)
    }

    /// Undoes a transaction, also after a cancellation.
    pub(in crate::engine) fn undo(&self) {
        // A statement that failed may have ended it already.
        let _ = self.connection.execute_batch(&build::rollback().text());
    }

    fn over(
        connection: Connection,
        spill: Arc<PrivateFolder>,
        database: Option<Arc<DatabaseFile>>,
        limits: Arc<Limits>,
        later: &Arc<Later>,
    ) -> Result<Self, StoreError> {
        connection.set_query_progress_tracking(true).map_err(plain)?;
        let interrupt = connection.interrupt_handle();
        let watch = Watch::start(move || interrupt.interrupt()).map_err(|error| {
            StoreError::of_machine(format!("no thread can be started: {error}"))
        })?;
        Ok(Self {
            watch,
            connection,
            spill,
            database,
            attached: Cell::new(false),
            flag: RefCell::new(Arc::new(AtomicBool::new(false))),
            limits,
            look: Look::default(),
            later: Arc::clone(later),
            project: None,
            failed: RefCell::default(),
        })
    }

    /// A store for a source: a database file, or other files, which are read later. It reaches
    /// nothing else. Without a path it reaches nothing at all.
    ///
    /// Nothing stays attached.
    ///
    /// # Errors
    /// When the database file cannot be read.
    pub fn open(
        paths: &[PathBuf],
        password: Option<&str>,
        limits: &Limits,
    ) -> Result<Self, StoreError> {
        let mut store = Self::start(None, limits)?;
        if let [path] = paths
            && files::is_database(path)
        {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            if let Some((message, hint)) = files::instead_of_database(&path) {
                return Err(StoreError::NotReadable { path, message, hint });
            }
            collapse::opened(&path);
            store.shut_but(&Reach::of_database(&path))?;
            let key = Mutex::new(password.map(str::to_owned));
            store.database = Some(Arc::new(DatabaseFile { path, key, hold: Mutex::default() }));
            store.attach()?;
            store.detach()?;
        } else {
            store.shut_but(&Reach::of_paths(paths))?;
        }
        Ok(store)
    }

    /// A file that is not there yet, in the one folder that the database may write to. What is
    /// written to it is moved away afterwards, or removed with the store.
    pub fn way_out(&self) -> PathBuf {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        self.spill.path().join(format!("list-{number}"))
    }

    /// Under which name the database file is attached; `None` when the source is other files.
    pub fn database_name(&self) -> Option<String> {
        self.database.as_ref()?.hold().alias.clone()
    }

    /// Statements from now on stop soon after `flag` is set, and end in
    /// [`StoreError::Cancelled`]; so does one that starts when it is set already.
    pub fn obey(&self, flag: Arc<AtomicBool>) {
        *self.flag.borrow_mut() = flag;
    }

    /// Whether the flag given to [`Store::obey`] is set.
    pub fn is_cancelled(&self) -> bool {
        self.flag.borrow().load(Ordering::Relaxed)
    }

    /// Attaches the database file, so that its tables can be read by their full names. Does nothing
    /// when it is attached, or when the source is other files.
    ///
    /// # Errors
    /// When it is locked, encrypted, damaged, or gone.
    pub fn attach(&self) -> Result<(), StoreError> {
        let Some(database) = &self.database else { return Ok(()) };
        if self.attached.get() {
            return Ok(());
        }
        let mut hold = database.hold();
        match hold.alias.clone() {
            None => hold.alias = Some(self.attach_first(database)?),
            Some(alias) if hold.holders == 0 => self.attach_as(database, &alias)?,
            Some(_) => {}
        }
        hold.holders += 1;
        self.attached.set(true);
        Ok(())
    }

    /// Lets the database file go, so that another program can write to it.
    ///
    /// # Errors
    /// When an answer of it is still being read.
    pub fn detach(&self) -> Result<(), StoreError> {
        let Some(database) = &self.database else { return Ok(()) };
        if !self.attached.get() {
            return Ok(());
        }
        let mut hold = database.hold();
        if hold.holders == 1 {
            self.let_go(database, hold.alias.as_deref().unwrap_or_default())?;
        }
        hold.holders -= 1;
        self.attached.set(false);
        Ok(())
    }

    /// Attaches the file under the name that a shell would give it, by which its views may call
    /// themselves; under another when that name means something else in a statement. Gives the
    /// name.
    fn attach_first(&self, database: &DatabaseFile) -> Result<String, StoreError> {
        let stem = database.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let reserved = ["", "main", "memory", "temp", "system", "information_schema", "pg_catalog"];
        if reserved.contains(&stem.to_lowercase().as_str()) {
            self.attach_as(database, "source")?;
            return Ok("source".to_owned());
        }
        self.attach_as(database, &stem)?;
        let schemas = self.cells(&session::schema_names());
        let taken = |name: &str| {
            let name = Value::Text(name.to_lowercase());
            schemas.as_ref().is_ok_and(|s| s.iter().any(|row| row.first() == Some(&name)))
        };
        if schemas.is_ok() && !taken(&stem) {
            return Ok(stem);
        }
        self.let_go(database, &stem)?;
        schemas.as_ref().map_err(Clone::clone)?;
        // A schema of the same name would make `"name"."table"` ambiguous.
        let mut alias = stem.clone();
        while taken(&alias) {
            alias.push('_');
        }
        self.attach_as(database, &alias)?;
        Ok(alias)
    }

    fn attach_as(&self, database: &DatabaseFile, alias: &str) -> Result<(), StoreError> {
        let key = lock(&database.key).clone();
        let attach = |key: Option<&str>| {
            self.batch(&session::attach(&database.path, alias, key), Some(&database.path))
        };
        match attach(key.as_deref()) {
            // A key in the environment is meant for another file.
            Err(error) if key.is_some() && error.cause() == Some(Cause::NeedlessKey) => {
                attach(None).map_err(|error| error.with_version(files::storage_version))?;
                *lock(&database.key) = None;
            }
            done => done.map_err(|error| error.with_version(files::storage_version))?,
        }
        Ok(())
    }

    /// Also after a cancellation: the file must not stay locked.
    fn let_go(&self, database: &DatabaseFile, alias: &str) -> Result<(), StoreError> {
        let detach = session::detach(alias);
        let done = self.connection.execute_batch(&detach.text());
        done.map_err(|error| told(&error, Some(&database.path)))
    }

    /// Makes files readable as the table `name`: Parquet where it lies, text files read once into
    /// memory. Tells now and then how far it is.
    ///
    /// # Errors
    /// When it was cancelled, or a file cannot be read.
    pub fn name_files(
        &self,
        name: &str,
        paths: &[PathBuf],
        reader: &Reader,
        tell: &mut dyn FnMut(Option<f32>),
    ) -> Result<Option<u64>, StoreError> {
        let file = paths.first().map(PathBuf::as_path);
        if let (Some((foreign, number)), Some(file)) = (reader.foreign(), file) {
            return self.keep_foreign(name, file, (foreign, number), tell).map(|()| None);
        }
        let copied = self.copied(reader)?;
        let reader = copied.as_ref().map_or(reader, |copied| &copied.reader);
        let rows = session::everything(&crate::sql::from_files(paths, reader));
        if reader.is_parquet() {
            return self.batch(&session::name_query(name, &rows), file).map(|()| None);
        }
        let keep = session::keep(name, &rows);
        if is_little(paths) {
            // Asked how many rows it kept, the database plans the statement twice.
            return self.batch(&keep, file).map(|()| None);
        }
        let keep = keep.text();
        let kept =
            |connection: &Connection| connection.query_row(&keep, [], |row| row.get::<_, u64>(0));
        self.on_own_connection(file, kept, tell).map(Some)
    }

    /// The rows that a statement gives, every type turned into cells.
    ///
    /// # Errors
    /// When it was cancelled, or does not run.
    pub fn query(&self, sql: &Sql) -> Result<Rows, StoreError> {
        self.run(sql, self.file())
    }

    /// The rows of a statement that most likely gives plain types, without asking for its types
    /// first. Text that is more than text (JSON, an enum) may come as text.
    ///
    /// # Errors
    /// When it was cancelled, or does not run.
    pub fn cells(&self, sql: &Sql) -> Result<Vec<Vec<Value>>, StoreError> {
        let mut rows = Vec::new();
        let mut odd = false;
        self.stream(sql, self.file(), &mut |batch| {
            odd = odd || !is_plain(&batch);
            if odd { Ok(()) } else { push_plain_rows(&batch, &mut rows) }
        })?;
        if odd { Ok(self.query(sql)?.rows) } else { Ok(rows) }
    }

    fn run(&self, sql: &Sql, file: Option<&Path>) -> Result<Rows, StoreError> {
        let (columns, types) = self.described(sql, file)?;
        let shapes: Vec<Shape> = types.iter().map(|name| Shape::of(name)).collect();
        let outward: Vec<Outward> = shapes.iter().map(|shape| shape.outward).collect();
        let mut rows = Vec::new();
        self.stream(&as_asked(sql, &outward), file, &mut |batch| {
            push_rows(&batch, &shapes, &mut rows)
        })?;
        Ok(Rows { columns, types, rows })
    }

    /// The answer of a statement as a polars frame. Types that the slim polars lacks (decimals,
    /// huge whole numbers, zoned moments, nested types, …) are text as DuckDB prints them.
    ///
    /// # Errors
    /// When it was cancelled, or does not run.
    pub fn polars(&self, sql: &Sql) -> Result<polars::prelude::DataFrame, StoreError> {
        let file = self.file();
        let (columns, types) = self.described(sql, file)?;
        let outward: Vec<Outward> = types.iter().map(|name| Shape::for_polars(name)).collect();
        let statement = as_asked(sql, &outward);
        let mut batches: Vec<RecordBatch> = Vec::new();
        let schema = self.stream(&statement, file, &mut |batch| {
            batches.push(batch);
            Ok(())
        })?;
        if batches.is_empty() {
            batches.push(RecordBatch::new_empty(schema));
        }
        frame(&columns, &batches).map_err(StoreError::of_ours)
    }

    /// The answer of a statement as frames of so many rows or a little more, handed over one by
    /// one while the statement runs. Types travel as in [`Store::polars`].
    ///
    /// # Errors
    /// When it was cancelled, does not run, or `take` fails.
    pub fn frames(
        &self,
        sql: &Sql,
        rows: usize,
        take: &mut dyn FnMut(polars::prelude::DataFrame) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let file = self.file();
        let (columns, types) = self.described(sql, file)?;
        let outward: Vec<Outward> = types.iter().map(|name| Shape::for_polars(name)).collect();
        let mut waiting: Vec<RecordBatch> = Vec::new();
        let mut failed = None;
        let mut hand_over = |waiting: &mut Vec<RecordBatch>| -> Result<(), String> {
            let whole = frame(&columns, waiting)?;
            waiting.clear();
            take(whole).map_err(|failure| {
                let told = failure.what.clone();
                failed = Some(failure);
                told
            })
        };
        let streamed = self.stream(&as_asked(sql, &outward), file, &mut |batch| {
            waiting.push(batch);
            match waiting.iter().map(RecordBatch::num_rows).sum::<usize>() >= rows {
                true => hand_over(&mut waiting),
                false => Ok(()),
            }
        });
        let done = match (streamed, waiting.is_empty()) {
            (Ok(_), false) => hand_over(&mut waiting).map_err(StoreError::of_ours),
            (other, _) => other.map(drop),
        };
        match (done, failed) {
            (Err(_), Some(failure)) => Err(failure),
            (done, _) => Ok(done?),
        }
    }

    /// The bytes of memory that the database may use; `None` when it does not say.
    pub fn memory_limit(&self) -> Option<u64> {
        let rows = self.cells(&session::memory_limit()).ok()?;
        bytes_of(&rows.first()?.first()?.display())
    }

    /// The names and types of a statement's columns; nothing is run.
    ///
    /// # Errors
    /// When the statement does not fit the tables.
    pub fn columns(&self, sql: &Sql) -> Result<Vec<(String, String)>, StoreError> {
        let (names, types) = self.described(sql, self.file())?;
        Ok(names.into_iter().zip(types).collect())
    }

    fn described(
        &self,
        sql: &Sql,
        file: Option<&Path>,
    ) -> Result<(Vec<String>, Vec<String>), StoreError> {
        let shapes = [Shape::of("VARCHAR"), Shape::of("VARCHAR")];
        let mut rows = Vec::new();
        self.stream(&session::describe(sql), file, &mut |batch| {
            push_rows(&batch, &shapes, &mut rows)
        })?;
        Ok(rows
            .into_iter()
            .map(|row| {
                let mut cells = row.into_iter().map(|cell| cell.display());
                (cells.next().unwrap_or_default(), cells.next().unwrap_or_default())
            })
            .unzip())
    }

    /// Runs a statement and hands over its batches.
    fn stream(
        &self,
        sql: &Sql,
        file: Option<&Path>,
        take: &mut dyn FnMut(RecordBatch) -> Result<(), String>,
    ) -> Result<arrow::datatypes::SchemaRef, StoreError> {
        self.read_what_is_named(sql)?;
        let text = sql.text();
        self.single(&text)?;
        self.watched(|statement| {
            let told = |error: duckdb::Error| told(&error, file);
            let mut prepared = self.connection.prepare(&text).map_err(told)?;
            let stream = prepared.stream_arrow([]).map_err(told)?;
            let schema = stream.get_schema();
            for batch in stream {
                if statement.is_over() {
                    return Err(StoreError::Cancelled);
                }
                take(batch.map_err(told)?).map_err(StoreError::of_ours)?;
            }
            Ok(schema)
        })
    }

    /// Runs a statement that is stopped when it is cancelled or its time is up.
    fn watched<T>(
        &self,
        run: impl FnOnce(&Statement) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let statement = self.started()?;
        let watching = self.watch.statement(&statement);
        let begun = Instant::now();
        let done = run(&statement);
        drop(watching);
        self.ended(&statement, begun, done)
    }

    /// Tells a statement whose time was up apart from one that was cancelled.
    fn ended<T>(
        &self,
        statement: &Statement,
        begun: Instant,
        done: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let late = statement.was_late() && matches!(done, Err(StoreError::Cancelled));
        self.look.late.set(late);
        let took = begun.elapsed();
        if self.look.on.get() && took > LITTLE {
            self.look.lost.set(self.look.lost.get() + took);
        }
        let done = match late {
            true => Err(StoreError::time_is_up(self.time())),
            false => done,
        };
        self.with_cause(done)
    }

    /// In a transaction that a failure has ended, the failure is told again, not that there was
    /// one.
    fn with_cause<T>(&self, done: Result<T, StoreError>) -> Result<T, StoreError> {
        let mut failed = self.failed.borrow_mut();
        match done {
            Err(error) if error.cause() == Some(Cause::Aftermath) => {
                Err(failed.clone().unwrap_or(error))
            }
            done => {
                *failed = done.as_ref().err().cloned();
                done
            }
        }
    }

    /// How long a statement may run now.
    fn time(&self) -> Duration {
        if self.look.on.get() { self.limits.look } else { self.limits.time }
    }

    /// Runs statements whose rows are of no interest.
    ///
    /// # Errors
    /// When one was cancelled, or does not run.
    pub fn execute(&self, sql: &Sql) -> Result<(), StoreError> {
        self.read_what_is_named(sql)?;
        self.batch(sql, self.file())
    }

    fn batch(&self, sql: &Sql, file: Option<&Path>) -> Result<(), StoreError> {
        let text = sql.text();
        self.single(&text)?;
        self.watched(|_| self.connection.execute_batch(&text).map_err(|error| told(&error, file)))
    }

    /// Runs a statement that writes rows somewhere, tells now and then how far it is (from 0 to 1,
    /// `None` when it cannot be known), and gives how many rows it says it wrote. It runs on a
    /// connection of its own and sees the tables that [`Store::query`] sees, but for temporary ones.
    ///
    /// # Errors
    /// When it was cancelled, or does not run.
    pub fn write_telling(
        &self,
        sql: &Sql,
        tell: &mut dyn FnMut(Option<f32>),
    ) -> Result<u64, StoreError> {
        self.read_what_is_named(sql)?;
        let text = sql.text();
        self.single(&text)?;
        let write = move |connection: &Connection| Ok(connection.execute(&text, [])? as u64);
        self.on_own_connection(self.file(), write, tell)
    }

    fn telling(
        &self,
        sql: &Sql,
        file: Option<&Path>,
        tell: &mut dyn FnMut(Option<f32>),
    ) -> Result<(), StoreError> {
        let text = sql.text();
        self.on_own_connection(file, move |connection| connection.execute_batch(&text), tell)
    }

    fn on_own_connection<T: Send>(
        &self,
        file: Option<&Path>,
        work: impl FnOnce(&Connection) -> Result<T, duckdb::Error> + Send,
        tell: &mut dyn FnMut(Option<f32>),
    ) -> Result<T, StoreError> {
        let statement = self.started()?;
        let begun = Instant::now();
        let connection = self.connection.try_clone().map_err(plain)?;
        connection.set_query_progress_tracking(true).map_err(plain)?;
        let gauge = Gauge(connection.progress_handle());
        let interrupt = connection.interrupt_handle();
        let done = std::thread::scope(|scope| {
            let teller = std::thread::current();
            // A thread counts as finished only some time after its last statement.
            let over = Arc::new(AtomicBool::new(false));
            let done_flag = Arc::clone(&over);
            let worker = std::thread::Builder::new()
                .name("muster-read".to_owned())
                .spawn_scoped(scope, move || {
                    let done = work(&connection).map_err(|error| told(&error, file));
                    done_flag.store(true, Ordering::Release);
                    teller.unpark();
                    done
                })
                .map_err(|error| StoreError::of_machine(error.to_string()))?;
            while !over.load(Ordering::Acquire) && !worker.is_finished() {
                std::thread::park_timeout(TELL_EVERY);
                if statement.is_over() {
                    interrupt.interrupt();
                    statement.act_if_stubborn();
                } else if !over.load(Ordering::Acquire) {
                    tell(gauge.part());
                }
            }
            worker.join().unwrap_or_else(|_| Err(StoreError::of_ours("the database gave up")))
        });
        self.ended(&statement, begun, done)
    }

    /// The file that a failure is about.
    fn file(&self) -> Option<&Path> {
        self.database.as_deref().map(|database| database.path.as_path())
    }

    fn started(&self) -> Result<Arc<Statement>, StoreError> {
        let flag = self.flag.borrow();
        if flag.load(Ordering::Relaxed) {
            return Err(StoreError::Cancelled);
        }
        self.look.late.set(false);
        if self.look.on.get() && self.look.lost.get() >= self.limits.look_together() {
            self.look.late.set(true);
            return Err(StoreError::not_looked_at(self.limits.look_together()));
        }
        Ok(Statement::new(&flag, self.time()))
    }

    /// The statement as it is run here: with the database file's tables named in full.
    fn settled(&self, sql: &Sql) -> Sql {
        match self.database_name() {
            Some(name) => sql.within(&name),
            None => sql.clone(),
        }
    }
}

impl Probe for Store {
    fn rows(&self, sql: &Sql) -> Result<Vec<Vec<Value>>, Failure> {
        Ok(self.cells(&self.settled(sql))?)
    }

    fn columns(&self, sql: &Sql) -> Result<Vec<(String, String)>, Failure> {
        Ok(Self::columns(self, &self.settled(sql))?)
    }

    fn run(&self, sql: &Sql) -> Result<(), Failure> {
        Ok(self.execute(&self.settled(sql))?)
    }

    fn name_files(
        &self,
        name: &str,
        paths: &[PathBuf],
        reader: &Reader,
        tell: &mut dyn FnMut(Option<f32>),
    ) -> Result<Option<u64>, Failure> {
        Ok(Self::name_files(self, name, paths, reader, tell)?)
    }

    fn database(&self) -> Option<String> {
        self.database_name()
    }

    fn hurry(&self, on: bool) {
        self.look.on.set(on);
    }

    fn was_late(&self) -> bool {
        self.look.late.get()
    }

    fn note_missed(&self) {
        self.look.missed.set(self.look.missed.get() + 1);
    }

    fn missed(&self) -> u64 {
        self.look.missed.get()
    }

    fn is_cancelled(&self) -> bool {
        Self::is_cancelled(self)
    }
}

/// Whether files are read before anybody could be told how far it is.
fn is_little(paths: &[PathBuf]) -> bool {
    let bytes = paths.iter().map(|path| std::fs::metadata(path).map_or(u64::MAX, |m| m.len()));
    bytes.fold(0, u64::saturating_add) < LITTLE_BYTES
}

/// The statement itself when nothing has to be converted.
fn as_asked(sql: &Sql, outward: &[Outward]) -> Sql {
    match outward.iter().all(|o| *o == Outward::Same) {
        true => sql.clone(),
        false => session::converted(sql, outward),
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // A store that goes away while it holds the file must not keep it from other programs.
        let _ = self.detach();
    }
}

/// What the database says, sorted by what happens next: the one door for its words.
fn told(error: &duckdb::Error, file: Option<&Path>) -> StoreError {
    let message = match error {
        duckdb::Error::DuckDBFailure(_, Some(message)) => message.clone(),
        other => other.to_string(),
    };
    StoreError::of_message(&message, file)
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed to map_err")]
fn plain(error: duckdb::Error) -> StoreError {
    told(&error, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> Store {
        Store::in_memory().unwrap()
    }

    fn cell(sql: &str) -> Value {
        store().query(&Sql::of_project(sql)).unwrap().rows[0][0].clone()
    }

    /// A value as DuckDB prints it, where a value prints otherwise: a missing item of a list, and
    /// whole floats.
    fn printed(value: &Value) -> String {
        match value {
            Value::Float(x) if x.is_finite() && x.fract() == 0.0 && x.abs() < 1e15 => {
                format!("{x:.1}")
            }
            Value::Float(x) if x.is_nan() => "nan".to_owned(),
            Value::List(items) => {
                let items: Vec<String> = items
                    .iter()
                    .map(|v| if v.is_missing() { "NULL".to_owned() } else { printed(v) })
                    .collect();
                format!("[{}]", items.join(", "))
            }
            other => other.to_string(),
        }
    }

    #[test]
    fn writing_says_how_many_rows_it_wrote() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("out.csv");
        let copy = crate::sql::copy::copy_list(
            crate::model::export::CopiedFormat::Csv,
            &Sql::raw("SELECT * FROM range(12345)"),
            file.to_str().unwrap(),
        );
        assert_eq!(store().write_telling(&copy, &mut |_| ()).unwrap(), 12_345);
        assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 12_346);
    }

    #[test]
    fn every_type_reads_as_duckdb_prints_it() {
        let store = store();
        let types = "SELECT * FROM test_all_types()";
        let rows = store.query(&Sql::of_project(types)).unwrap();
        let as_text: Vec<Outward> = rows
            .types
            .iter()
            .map(|name| {
                // Structs in lists print with other quotes on their own than inside a list.
                if name.ends_with(']') && name.contains('(') {
                    Outward::Same
                } else {
                    Outward::Text
                }
            })
            .collect();
        let texts = store.query(&session::converted(&Sql::of_project(types), &as_text)).unwrap();
        assert!(rows.columns.len() > 50, "{}", rows.columns.len());
        let mut differ = Vec::new();
        for (row, texts) in rows.rows.iter().zip(&texts.rows) {
            for (i, (value, text)) in row.iter().zip(texts).enumerate() {
                // Floats beyond 1e15 have several shortest forms.
                let float = matches!(value, Value::Float(x) if x.is_finite() && x.abs() >= 1e15);
                let same = match text {
                    Value::Missing => value.is_missing(),
                    Value::List(_) => value == text,
                    Value::Text(text) if float => text.parse::<f64>().ok() == value.as_f64(),
                    // The database prints strings inside lists with quotes where it must.
                    text => printed(value).replace('\'', "") == text.to_string().replace('\'', ""),
                };
                if !same {
                    let name = &rows.columns[i];
                    differ.push(format!("{name} {}: {value:?} is not {text:?}", rows.types[i]));
                }
            }
        }
        assert!(differ.is_empty(), "{}", differ.join("\n"));
    }

    #[test]
    fn exact_and_infinite_values_keep_their_kind() {
        assert_eq!(cell("SELECT 1::HUGEINT << 100"), Value::Integer(1 << 100));
        assert_eq!(cell("SELECT 0.10::DECIMAL(10,2)"), Value::Decimal("0.10".into()));
        assert_eq!(cell("SELECT 0.1::FLOAT"), Value::Float(0.1));
        assert_eq!(cell("SELECT DATE 'infinity'"), Value::Date("infinity".into()));
        assert_eq!(
            cell("SELECT TIMESTAMPTZ '2024-05-01 10:00:00+02'"),
            Value::Instant("2024-05-01 08:00:00+00".into())
        );
        assert_eq!(
            cell("SELECT [[1, NULL], [2]]"),
            Value::List(vec![
                Value::List(vec![Value::Integer(1), Value::Missing]),
                Value::List(vec![Value::Integer(2)]),
            ])
        );
        assert_eq!(cell("SELECT 'a'::ENUM('a', 'b')"), Value::Text("a".into()));
    }

    #[test]
    fn in_a_transaction_that_failed_the_first_failure_is_told_again() {
        let store = store();
        store.execute(&Sql::of_project("BEGIN")).unwrap();
        let first =
            store.execute(&Sql::of_project("SELECT error('the first') FROM range(2)")).unwrap_err();
        assert_eq!(first.to_string(), "the first");
        assert_eq!(store.query(&Sql::of_project("SELECT 1")).unwrap_err(), first);
        assert_eq!(store.execute(&Sql::of_project("SELECT 2")).unwrap_err(), first);
        store.undo();
        assert!(store.query(&Sql::of_project("SELECT 1")).is_ok());
    }

    #[test]
    fn doubled_names_and_a_comment_at_the_end_do_no_harm() {
        let rows = store()
            .query(&Sql::of_project("SELECT DATE '2024-01-01' AS a, 2 AS a -- twice"))
            .unwrap();
        assert_eq!(rows.columns, ["a", "a"]);
        assert_eq!(rows.rows[0], [Value::Date("2024-01-01".into()), Value::Integer(2)]);
    }

    #[test]
    fn a_raised_flag_stops_a_running_statement() {
        let store = store();
        let flag = Arc::new(AtomicBool::new(false));
        store.obey(Arc::clone(&flag));
        let raiser = std::thread::Builder::new()
            .spawn(move || {
                std::thread::sleep(Duration::from_millis(50));
                flag.store(true, Ordering::Relaxed);
            })
            .unwrap();
        let endless = "SELECT count(*) FROM range(10000000000) a, range(10000000000) b \
                       WHERE (a.range * b.range) % 7 = 3";
        assert_eq!(store.query(&Sql::of_project(endless)), Err(StoreError::Cancelled));
        raiser.join().unwrap();
        assert_eq!(store.query(&Sql::of_project("SELECT 1")), Err(StoreError::Cancelled));
        store.obey(Arc::new(AtomicBool::new(false)));
        assert_eq!(store.query(&Sql::of_project("SELECT 1")).unwrap().rows, [[Value::Integer(1)]]);
    }

    #[test]
    fn a_long_statement_stops_and_tells_how_far_it_is() {
        let store = store();
        let flag = Arc::new(AtomicBool::new(false));
        store.obey(Arc::clone(&flag));
        let endless = "CREATE TABLE memory.main.t AS SELECT count(*) AS n \
                       FROM range(10000000000) a, range(10000000000) b WHERE a.range = b.range * 2";
        let mut told = 0;
        let done = store.telling(&Sql::of_project(endless), None, &mut |_| {
            told += 1;
            flag.store(told > 1, Ordering::Relaxed);
        });
        assert_eq!(done, Err(StoreError::Cancelled));
        assert_eq!(told, 2);
    }

    #[test]
    fn nothing_is_installed_and_no_zone_data_is_loaded() {
        let error = store().query(&Sql::of_project("SELECT current_date")).unwrap_err();
        assert!(matches!(error, StoreError::Sql { .. }), "{error:?}");
        assert!(store().execute(&Sql::of_project("INSTALL icu FROM 'nowhere'; LOAD icu")).is_err());
    }

    #[test]
    fn a_frame_holds_what_the_rows_hold() {
        let sql = "SELECT i::SMALLINT AS small, i / 2 AS half, 'x' || i AS text, \
                   DATE '2024-01-01' + i::INTEGER AS day, i::DECIMAL(9,2) AS price, \
                   nullif(i, 1) AS text FROM range(5000) r(i)";
        let frame = store().polars(&Sql::of_project(sql)).unwrap();
        assert_eq!(frame.shape(), (5000, 6));
        assert_eq!(frame.get_column_names()[5], "text_1");
        assert_eq!(frame.column("small").unwrap().i64().unwrap().get(4999), Some(4999));
        assert_eq!(frame.column("half").unwrap().f64().unwrap().get(3), Some(1.5));
        assert_eq!(frame.column("text").unwrap().str().unwrap().get(7), Some("x7"));
        assert_eq!(frame.column("price").unwrap().str().unwrap().get(7), Some("7.00"));
        assert_eq!(frame.column("text_1").unwrap().null_count(), 1);
        let day = frame.column("day").unwrap().get(31).unwrap();
        assert_eq!(day.to_string(), "2024-02-01");
    }

    #[test]
    fn a_frame_without_rows_has_its_columns() {
        let frame =
            store().polars(&Sql::of_project("SELECT 1 AS a, 'b' AS b WHERE false")).unwrap();
        assert_eq!(frame.shape(), (0, 2));
    }

    #[test]
    fn a_store_can_move_to_the_thread_that_works() {
        let store = store();
        let worker = std::thread::Builder::new()
            .spawn(move || store.query(&Sql::of_project("SELECT 1")).unwrap());
        assert_eq!(worker.unwrap().join().unwrap().rows, [[Value::Integer(1)]]);
    }

    #[test]
    fn the_folder_for_spilling_goes_with_the_store() {
        let store = store();
        let folder = store.spill.path().to_owned();
        assert!(folder.is_dir());
        drop(store);
        assert!(!folder.exists());
    }
}
