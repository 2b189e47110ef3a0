//! Each sync with its counts, and the rows that did not arrive for sure.

use super::store::{Ledger, run_number, told};
use crate::model::activation::{FailedRow, SyncCounts, SyncRun, SyncStatus};
use crate::model::failure::Failure;
use rusqlite::{OptionalExtension as _, Row, params};

/// A sync that begins.
#[derive(Debug, Clone)]
pub struct NewRun {
    /// The destination's name.
    pub destination: String,
    /// The moment, in UTC.
    pub began: String,
    /// The user of the machine.
    pub who: String,
    /// What is sent: cohort, condition, now, commit; JSON.
    pub definition: String,
    /// The source.
    pub source: String,
    /// The run of the source that is shown, if it keeps runs.
    pub source_run: Option<u64>,
    /// A hash of what is mapped to what.
    pub mapping: String,
    /// What is planned.
    pub planned: SyncCounts,
}

/// How a sync ended.
#[derive(Debug, Clone)]
pub struct RunEnd {
    /// Where it stands.
    pub status: SyncStatus,
    /// The moment, in UTC.
    pub ended: String,
    /// Seconds that it took.
    pub seconds: u64,
    /// What went wrong, if something did.
    pub message: String,
}

/// What the last sync of an activation was made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    /// Its number.
    pub run: u64,
    /// Where it stands.
    pub status: SyncStatus,
    /// The source.
    pub source: String,
    /// The run of the source.
    pub source_run: Option<u64>,
    /// A hash of what was mapped to what.
    pub mapping: String,
    /// The job's number over there, of a job that was started.
    pub job: Option<String>,
    /// When it began.
    pub began: String,
}

const COLUMNS: &str = "run.id, activation.name, destination, status, began, ended, seconds, who,
    definition, accepted, rejected, invalid, unknown, adds, updates, removes, unchanged, meant,
    message, reported, waiting";

impl Ledger {
    /// Begins a sync; gives its number. `invalid` are the rows that cannot be sent.
    ///
    /// # Errors
    /// When the ledger cannot be written, or the rows cannot be read.
    pub fn begin(
        &mut self,
        activation: i64,
        new: &NewRun,
        invalid: impl Iterator<Item = std::io::Result<FailedRow>>,
    ) -> Result<u64, Failure> {
        let transaction = self.connection.transaction().map_err(told)?;
        let planned = &new.planned;
        let sql =
            "INSERT INTO run (activation, destination, status, began, who, definition, source,
            source_run, mapping, meant, invalid, unchanged, waiting)
            VALUES (?1, ?2, 'unfinished', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
        transaction
            .execute(
                sql,
                params![
                    activation,
                    new.destination,
                    new.began,
                    new.who,
                    new.definition,
                    new.source,
                    new.source_run.map(run_number).transpose()?,
                    new.mapping,
                    run_number(planned.planned)?,
                    run_number(planned.invalid)?,
                    run_number(planned.unchanged)?,
                    run_number(planned.waiting)?,
                ],
            )
            .map_err(told)?;
        let run = transaction.last_insert_rowid();
        for row in invalid {
            let row = row.map_err(|error| {
                Failure::new(format!("planned rows cannot be read: {error}"), "", "sync again")
            })?;
            let sql = "INSERT INTO fate (run, key, op, outcome, message) VALUES (?1,?2,?3,?4,?5)";
            transaction
                .prepare_cached(sql)
                .and_then(|mut insert| {
                    insert.execute(params![run, row.key, row.op, row.outcome, row.message])
                })
                .map_err(told)?;
        }
        transaction.commit().map_err(told)?;
        Ok(run.unsigned_abs())
    }

    /// Ends a sync.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn end(&self, run: u64, end: &RunEnd) -> Result<(), Failure> {
        let sql = "UPDATE run SET status = ?2, ended = ?3, seconds = ?4, message = ?5
            WHERE id = ?1";
        let at = params![
            run_number(run)?,
            end.status.word(),
            end.ended,
            run_number(end.seconds)?,
            end.message
        ];
        self.connection.execute(sql, at).map(drop).map_err(told)
    }

    /// Keeps the number of a job before anything else is asked about it.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn keep_job(&self, run: u64, job: &str) -> Result<(), Failure> {
        let at = params![run_number(run)?, job];
        self.connection.execute("UPDATE run SET job = ?2 WHERE id = ?1", at).map(drop).map_err(told)
    }

    /// Keeps what a job reports of itself.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn keep_report(&self, run: u64, reported: &str) -> Result<(), Failure> {
        let at = params![run_number(run)?, reported];
        self.connection
            .execute("UPDATE run SET reported = ?2 WHERE id = ?1", at)
            .map(drop)
            .map_err(told)
    }

    /// The last sync of an activation.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn before(&self, activation: i64) -> Result<Option<Before>, Failure> {
        let sql = "SELECT id, status, source, source_run, mapping, job, began FROM run
            WHERE activation = ?1 ORDER BY id DESC LIMIT 1";
        self.connection
            .query_row(sql, [activation], |row| {
                Ok(Before {
                    run: row.get::<_, i64>(0)?.unsigned_abs(),
                    status: status(&row.get::<_, String>(1)?),
                    source: row.get(2)?,
                    source_run: row.get::<_, Option<i64>>(3)?.map(i64::unsigned_abs),
                    mapping: row.get(4)?,
                    job: row.get(5)?,
                    began: row.get(6)?,
                })
            })
            .optional()
            .map_err(told)
    }

    /// The syncs that did not come to their end, or of which chunks are still in the journal: one
    /// connection was waiting for an answer when another stopped the sync.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn unfinished(&self, activation: i64) -> Result<Vec<u64>, Failure> {
        let sql = "SELECT id FROM run WHERE activation = ?1
            AND (status = 'unfinished' OR id IN (SELECT run FROM chunk)) ORDER BY id";
        let mut statement = self.connection.prepare_cached(sql).map_err(told)?;
        let runs = statement.query_map([activation], |row| row.get::<_, i64>(0)).map_err(told)?;
        runs.map(|run| run.map(i64::unsigned_abs)).collect::<Result<_, _>>().map_err(told)
    }

    /// One sync.
    ///
    /// # Errors
    /// When there is none of this number, or the ledger cannot be read.
    pub fn run(&self, run: u64) -> Result<SyncRun, Failure> {
        let sql = format!(
            "SELECT {COLUMNS} FROM run JOIN activation ON activation.id = run.activation
             WHERE run.id = ?1"
        );
        let found = self
            .connection
            .query_row(&sql, [run_number(run)?], read_run)
            .optional()
            .map_err(told)?;
        found.ok_or_else(|| {
            let what = format!("there is no sync with the number {run}");
            Failure::wrong_use(what, "", "see the numbers with `muster syncs PATH`")
        })
    }

    /// The syncs of an activation, or of all, the latest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn runs(&self, activation: Option<&str>, most: usize) -> Result<Vec<SyncRun>, Failure> {
        let sql = format!(
            "SELECT {COLUMNS} FROM run JOIN activation ON activation.id = run.activation
             WHERE ?1 IS NULL OR activation.name = ?1 ORDER BY run.id DESC LIMIT ?2"
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(told)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let runs = statement.query_map(params![activation, most], read_run).map_err(told)?;
        runs.collect::<Result<_, _>>().map_err(told)
    }

    /// The rows of a sync that did not arrive for sure, handed over one by one.
    ///
    /// # Errors
    /// When the ledger cannot be read, or `take` fails.
    pub fn failed_rows(
        &self,
        run: u64,
        take: &mut dyn FnMut(FailedRow) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let sql = "SELECT key, op, outcome, message FROM fate WHERE run = ?1 ORDER BY rowid";
        let mut statement = self.connection.prepare_cached(sql).map_err(told)?;
        let rows = statement
            .query_map([run_number(run)?], |row| {
                Ok(FailedRow {
                    key: row.get(0)?,
                    op: row.get(1)?,
                    outcome: row.get(2)?,
                    message: row.get(3)?,
                })
            })
            .map_err(told)?;
        for row in rows {
            take(row.map_err(told)?)?;
        }
        Ok(())
    }
}

fn status(word: &str) -> SyncStatus {
    SyncStatus::of_word(word).unwrap_or(SyncStatus::Unfinished)
}

fn read_run(row: &Row<'_>) -> rusqlite::Result<SyncRun> {
    let count = |at: usize| row.get::<_, i64>(at).map(i64::unsigned_abs);
    let mut counts = SyncCounts {
        planned: 0,
        accepted: count(9)?,
        rejected: count(10)?,
        invalid: count(11)?,
        unknown: count(12)?,
        adds: count(13)?,
        updates: count(14)?,
        removes: count(15)?,
        unchanged: count(16)?,
        waiting: count(20)?,
    };
    // What was meant and not tried is told apart, so that the rest adds up at every moment.
    counts.planned = counts.adds + counts.updates + counts.removes + counts.invalid;
    let json = |text: String| serde_json::from_str(&text).unwrap_or_default();
    Ok(SyncRun {
        run: count(0)?,
        activation: row.get(1)?,
        destination: row.get(2)?,
        status: status(&row.get::<_, String>(3)?),
        began: row.get(4)?,
        ended: row.get(5)?,
        seconds: count(6)?,
        who: row.get(7)?,
        definition: json(row.get(8)?),
        counts,
        left: count(17)?.saturating_sub(counts.planned),
        message: row.get(18)?,
        reported: serde_json::from_str(&row.get::<_, String>(19)?).unwrap_or_default(),
    })
}
