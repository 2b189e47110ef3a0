//! The database itself: its tables, its lock, and what the destination has.

use crate::activate::spool::HASH_BYTES;
use crate::disk::write;
use crate::model::failure::{Failure, FailureKind};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The folder beside `muster.yaml`. It begins with a dot, so that it is no part of a source.
const FOLDER: &str = ".muster";
/// The version of its tables.
const VERSION: i64 = 1;

const TABLES: &str = "
    CREATE TABLE activation (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE
    ) STRICT;
    CREATE TABLE sent (
        activation INTEGER NOT NULL, key TEXT NOT NULL, hash BLOB NOT NULL,
        identity TEXT NOT NULL, state INTEGER NOT NULL,
        PRIMARY KEY (activation, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE run (
        id INTEGER PRIMARY KEY AUTOINCREMENT, activation INTEGER NOT NULL,
        destination TEXT NOT NULL, status TEXT NOT NULL, began TEXT NOT NULL, ended TEXT,
        seconds INTEGER NOT NULL DEFAULT 0, who TEXT NOT NULL, definition TEXT NOT NULL,
        source TEXT NOT NULL, source_run INTEGER, mapping TEXT NOT NULL,
        meant INTEGER NOT NULL DEFAULT 0,
        accepted INTEGER NOT NULL DEFAULT 0, rejected INTEGER NOT NULL DEFAULT 0,
        invalid INTEGER NOT NULL DEFAULT 0, unknown INTEGER NOT NULL DEFAULT 0,
        adds INTEGER NOT NULL DEFAULT 0, updates INTEGER NOT NULL DEFAULT 0,
        removes INTEGER NOT NULL DEFAULT 0, unchanged INTEGER NOT NULL DEFAULT 0,
        waiting INTEGER NOT NULL DEFAULT 0,
        message TEXT NOT NULL DEFAULT '', job TEXT, reported TEXT NOT NULL DEFAULT '{}'
    ) STRICT;
    CREATE TABLE chunk (
        run INTEGER NOT NULL, number INTEGER NOT NULL, attempt INTEGER NOT NULL,
        memory TEXT, rows BLOB NOT NULL,
        PRIMARY KEY (run, number)
    ) STRICT;
    CREATE TABLE fate (
        run INTEGER NOT NULL, key TEXT NOT NULL, op TEXT NOT NULL, outcome TEXT NOT NULL,
        message TEXT NOT NULL
    ) STRICT;
    CREATE INDEX fate_of_run ON fate (run, outcome);
    CREATE INDEX run_of_activation ON run (activation, id);
";

/// The ledger of a workspace.
#[derive(Debug)]
pub struct Ledger {
    pub(super) connection: Connection,
    folder: PathBuf,
}

/// The right to sync an activation, held by one process at a time.
#[derive(Debug)]
pub struct Hold {
    _file: File,
}

/// What is known of a member at the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is there.
    Held,
    /// It may be there: it was being added.
    MaybeAdded,
    /// It is there, in this or the former shape.
    MaybeUpdated,
    /// It may be gone.
    MaybeRemoved,
}

impl State {
    pub(super) fn number(self) -> i64 {
        match self {
            Self::Held => 0,
            Self::MaybeAdded => 1,
            Self::MaybeUpdated => 2,
            Self::MaybeRemoved => 3,
        }
    }

    fn of_number(number: i64) -> Self {
        match number {
            1 => Self::MaybeAdded,
            2 => Self::MaybeUpdated,
            3 => Self::MaybeRemoved,
            _ => Self::Held,
        }
    }
}

/// A member as the destination has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Its key.
    pub key: String,
    /// The hash of the payload that was sent last.
    pub hash: [u8; HASH_BYTES],
    /// Its identifiers, a JSON object.
    pub identity: String,
    /// How sure that is.
    pub state: State,
}

/// What a person says about rows of which it is unknown whether they arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settle {
    /// They arrived.
    Arrived,
    /// They did not: the next sync sends them again.
    Lost,
}

impl Ledger {
    /// The ledger of the workspace that is kept in `workspace_file`; made when there is none.
    ///
    /// # Errors
    /// When it cannot be made or read, or was written by a later version.
    pub fn open(workspace_file: &Path) -> Result<Self, Failure> {
        let folder = folder_of(workspace_file);
        write::create_private_folder(&folder).map_err(|error| {
            let what = format!("the ledger cannot be made: {error}");
            Failure::new(what, folder.display().to_string(), HINT_FOLDER)
        })?;
        let path = folder.join("ledger");
        // SQLite would follow a link; and what it makes is for its owner alone.
        drop(write::open_own(&path).map_err(|error| told_io(&error, &path))?);
        let connection = Connection::open(&path).map_err(told)?;
        let ledger = Self { connection, folder };
        ledger.prepare()?;
        Ok(ledger)
    }

    /// The same when there is one already.
    ///
    /// # Errors
    /// See [`Ledger::open`].
    pub fn open_existing(workspace_file: &Path) -> Result<Option<Self>, Failure> {
        match folder_of(workspace_file).join("ledger").is_file() {
            true => Self::open(workspace_file).map(Some),
            false => Ok(None),
        }
    }

    fn prepare(&self) -> Result<(), Failure> {
        let c = &self.connection;
        c.busy_timeout(Duration::from_secs(20)).map_err(told)?;
        c.pragma_update(None, "journal_mode", "wal").map_err(told)?;
        // A commit is on the disk before the request that it announces leaves.
        c.pragma_update(None, "synchronous", "full").map_err(told)?;
        // Rows of people are in the journal until their answer, and not in its free pages after it.
        c.pragma_update(None, "secure_delete", true).map_err(told)?;
        c.pragma_update(None, "cache_size", -16_384).map_err(told)?;
        c.pragma_update(None, "trusted_schema", false).map_err(told)?;
        let version = |c: &Connection| c.query_row("PRAGMA user_version", [], |row| row.get(0));
        let found: i64 = version(c).map_err(told)?;
        if found > VERSION {
            let what = format!("the ledger is of version {found}; this Muster reads {VERSION}");
            let place = self.folder.display().to_string();
            return Err(Failure::new(what, place, "use a later Muster; it is left as it is"));
        }
        if found == 0 {
            // Another process may be doing the same.
            c.execute_batch("BEGIN IMMEDIATE").map_err(told)?;
            let made = match version(c) {
                Ok(0) => c.execute_batch(&format!("{TABLES} PRAGMA user_version = {VERSION};")),
                other => other.map(|_: i64| ()),
            };
            let end = if made.is_ok() { "COMMIT" } else { "ROLLBACK" };
            c.execute_batch(end).map_err(told)?;
            made.map_err(told)?;
        }
        Ok(())
    }

    /// The activation's number, made when it has none.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn activation(&self, name: &str) -> Result<i64, Failure> {
        let c = &self.connection;
        c.execute("INSERT INTO activation (name) VALUES (?1) ON CONFLICT DO NOTHING", [name])
            .map_err(told)?;
        c.query_row("SELECT id FROM activation WHERE name = ?1", [name], |row| row.get(0))
            .map_err(told)
    }

    /// The right to sync an activation, until it is dropped or the process ends.
    ///
    /// # Errors
    /// When another process has it ([`FailureKind::Busy`]).
    pub fn hold(&self, activation: i64) -> Result<Hold, Failure> {
        let path = self.folder.join(format!("sync-{activation}.lock"));
        match write::hold(&path) {
            Ok(file) => Ok(Hold { _file: file }),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => Err(Failure::new(
                "this activation is being synced by another process",
                path.display().to_string(),
                "wait until it is done",
            )
            .of(FailureKind::Busy)),
            Err(error) => Err(told_io(&error, &path)),
        }
    }

    /// How many members the destination has of an activation, and of how many that is unknown.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn sizes(&self, activation: i64) -> Result<(u64, u64), Failure> {
        let sql = "SELECT count(*), coalesce(sum(state <> 0), 0) FROM sent WHERE activation = ?1";
        self.connection
            .query_row(sql, [activation], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))
            .map(|(all, unknown)| (all.unsigned_abs(), unknown.unsigned_abs()))
            .map_err(told)
    }

    /// The same of every activation, by name.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn held(&self) -> Result<Vec<(String, u64, u64)>, Failure> {
        let sql = "SELECT name, count(key), coalesce(sum(state <> 0), 0)
            FROM activation LEFT JOIN sent ON activation = id GROUP BY id ORDER BY name";
        let mut statement = self.connection.prepare_cached(sql).map_err(told)?;
        let rows = statement.query_map([], |row| {
            let count = |at: usize| row.get::<_, i64>(at).map(i64::unsigned_abs);
            Ok((row.get(0)?, count(1)?, count(2)?))
        });
        rows.map_err(told)?.collect::<Result<_, _>>().map_err(told)
    }

    /// Members in the order of their keys: after one key, up to another (itself included), at most
    /// so many.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn page(
        &self,
        activation: i64,
        (after, up_to): (Option<&str>, Option<&str>),
        most: usize,
    ) -> Result<Vec<Held>, Failure> {
        let sql = "SELECT key, hash, identity, state FROM sent
            WHERE activation = ?1 AND (?2 IS NULL OR key > ?2) AND (?3 IS NULL OR key <= ?3)
            ORDER BY key LIMIT ?4";
        // Without the two ORs the primary key is walked from where it is to begin.
        let sql = match (after, up_to) {
            (Some(_), Some(_)) => sql
                .replace("(?2 IS NULL OR key > ?2)", "key > ?2")
                .replace("(?3 IS NULL OR key <= ?3)", "key <= ?3"),
            (Some(_), None) => sql.replace("(?2 IS NULL OR key > ?2)", "key > ?2"),
            _ => sql.to_owned(),
        };
        let mut statement = self.connection.prepare_cached(&sql).map_err(told)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![activation, after, up_to, most], |row| {
            Ok(Held {
                key: row.get(0)?,
                hash: row.get(1)?,
                identity: row.get(2)?,
                state: State::of_number(row.get(3)?),
            })
        });
        rows.map_err(told)?.collect::<Result<_, _>>().map_err(told)
    }

    /// Takes a person's word for the rows of an activation whose fate is unknown, or for those of
    /// one sync; says how many.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn settle(
        &mut self,
        activation: i64,
        of_run: Option<u64>,
        how: Settle,
    ) -> Result<u64, Failure> {
        let run = of_run.map(run_number).transpose()?;
        let such = "activation = ?1 AND (?2 IS NULL OR key IN
            (SELECT fate.key FROM fate WHERE fate.run = ?2 AND outcome = 'unknown'))";
        let transaction = self.connection.transaction().map_err(told)?;
        let gone = match how {
            Settle::Arrived => State::MaybeRemoved,
            Settle::Lost => State::MaybeAdded,
        };
        let delete = format!("DELETE FROM sent WHERE {such} AND state = ?3");
        let removed =
            transaction.execute(&delete, params![activation, run, gone.number()]).map_err(told)?;
        // An update that was lost is made again: no payload has an empty hash.
        let hash = match how {
            Settle::Arrived => "hash",
            Settle::Lost => "CASE state WHEN 2 THEN zeroblob(16) ELSE hash END",
        };
        let sql = format!("UPDATE sent SET hash = {hash}, state = 0 WHERE {such} AND state <> 0");
        let kept = transaction.execute(&sql, params![activation, run]).map_err(told)?;
        transaction.commit().map_err(told)?;
        Ok((removed + kept) as u64)
    }

    /// The name of an activation's destination in its last sync, if it ever ran.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn number_of(&self, name: &str) -> Result<Option<i64>, Failure> {
        self.connection
            .query_row("SELECT id FROM activation WHERE name = ?1", [name], |row| row.get(0))
            .optional()
            .map_err(told)
    }
}

const HINT_FOLDER: &str = "choose a folder that can be written to with --workspace";

fn folder_of(workspace_file: &Path) -> PathBuf {
    workspace_file.parent().unwrap_or(Path::new(".")).join(FOLDER)
}

fn told_io(error: &std::io::Error, path: &Path) -> Failure {
    let what = format!("the ledger cannot be opened: {error}");
    Failure::new(what, path.display().to_string(), HINT_FOLDER)
}

/// A failure of the database, by what happens next.
#[expect(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub(super) fn told(error: rusqlite::Error) -> Failure {
    let (kind, hint) = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => {
            (FailureKind::DiskFull, "free some space and sync again: it goes on where it stopped")
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            (FailureKind::Busy, "wait until the other process is done")
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => (
            FailureKind::Damaged,
            "put back a copy of the folder .muster, or move it away to begin anew",
        ),
        _ => (FailureKind::Failed, "sync again: it goes on where it stopped"),
    };
    let what = match kind {
        FailureKind::DiskFull => "the disk is full, so the ledger cannot be kept".to_owned(),
        _ => format!("the ledger cannot be used: {error}"),
    };
    Failure::new(what, "", hint).of(kind)
}

/// A number as the database keeps it.
pub(super) fn run_number(number: u64) -> Result<i64, Failure> {
    i64::try_from(number).map_err(|_| {
        Failure::new("a number is too large for the ledger", "", "").of(FailureKind::OwnFault)
    })
}
