//! Chunks on their way: written down before they are sent, and taken out with their answer.

use super::store::{Ledger, State, run_number, told};
use crate::activate::spool::{Record, packed, unpacked};
use crate::model::activation::{Fate, Op};
use crate::model::failure::{Failure, FailureKind};
use rusqlite::{Transaction, params};

/// A chunk that is being sent, or was when the program ended.
#[derive(Debug, Clone)]
pub struct Journalled {
    /// Its number in the sync.
    pub number: u64,
    /// How often its rows were sent before, in other chunks.
    pub attempt: u32,
    /// What was remembered of the talk about it.
    pub memory: Option<String>,
    /// Whether it may have been sent before, by a process that ended.
    pub was_sent: bool,
    /// Its rows.
    pub rows: Vec<Record>,
}

/// A row whose fate is known.
#[derive(Debug)]
pub struct SettledRow {
    /// The row.
    pub row: Record,
    /// What became of it.
    pub fate: Fate,
}

/// A chunk that is over.
#[derive(Debug)]
pub struct SettledChunk {
    /// Its number.
    pub number: u64,
    /// The rows of which it is known what became. Those that go into another chunk are not here.
    pub rows: Vec<SettledRow>,
}

impl Ledger {
    /// Writes down, in one transaction, what became of chunks and which are sent next.
    ///
    /// # Errors
    /// When it cannot be written; then nothing of it is.
    pub fn commit(
        &mut self,
        (activation, run): (i64, u64),
        settled: &[SettledChunk],
        next: &[Journalled],
    ) -> Result<(), Failure> {
        if settled.is_empty() && next.is_empty() {
            return Ok(());
        }
        let run = run_number(run)?;
        let transaction = self.connection.transaction().map_err(told)?;
        for chunk in settled {
            settle(&transaction, activation, run, chunk)?;
        }
        {
            let sql = "INSERT INTO chunk (run, number, attempt, memory, rows)
                VALUES (?1, ?2, ?3, ?4, ?5)";
            let mut insert = transaction.prepare_cached(sql).map_err(told)?;
            for chunk in next {
                let number = run_number(chunk.number)?;
                let rows = packed(&chunk.rows);
                insert
                    .execute(params![run, number, chunk.attempt, chunk.memory, rows])
                    .map_err(told)?;
            }
        }
        transaction.commit().map_err(told)
    }

    /// Remembers something about a chunk before the next request about it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn remember(&self, run: u64, number: u64, memory: &str) -> Result<(), Failure> {
        let sql = "UPDATE chunk SET memory = ?3 WHERE run = ?1 AND number = ?2";
        self.connection
            .execute(sql, params![run_number(run)?, run_number(number)?, memory])
            .map(drop)
            .map_err(told)
    }

    /// Takes chunks out of which nothing was sent.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn take_back(&mut self, run: u64, numbers: &[u64]) -> Result<(), Failure> {
        let transaction = self.connection.transaction().map_err(told)?;
        for number in numbers {
            let at = params![run_number(run)?, run_number(*number)?];
            let sql = "DELETE FROM chunk WHERE run = ?1 AND number = ?2";
            transaction.execute(sql, at).map_err(told)?;
        }
        transaction.commit().map_err(told)
    }

    /// The chunks of a sync that were being sent when it ended.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn pending(&self, run: u64) -> Result<Vec<Journalled>, Failure> {
        let sql = "SELECT number, attempt, memory, rows FROM chunk WHERE run = ?1 ORDER BY number";
        let mut statement = self.connection.prepare_cached(sql).map_err(told)?;
        let found = statement
            .query_map([run_number(run)?], |row| {
                let rows: Vec<u8> = row.get(3)?;
                Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?, rows))
            })
            .map_err(told)?;
        let mut chunks = Vec::new();
        for chunk in found {
            let (number, attempt, memory, rows) = chunk.map_err(told)?;
            let rows = unpacked(&rows).map_err(|_| {
                let hint = "put back a copy of the folder .muster";
                Failure::new("the journal is damaged", "", hint).of(FailureKind::Damaged)
            })?;
            let number = number.unsigned_abs();
            chunks.push(Journalled { number, attempt, memory, was_sent: true, rows });
        }
        Ok(chunks)
    }
}

fn settle(
    transaction: &Transaction<'_>,
    activation: i64,
    run: i64,
    chunk: &SettledChunk,
) -> Result<(), Failure> {
    let number = run_number(chunk.number)?;
    transaction
        .prepare_cached("DELETE FROM chunk WHERE run = ?1 AND number = ?2")
        .and_then(|mut delete| delete.execute([run, number]))
        .map_err(told)?;
    // Who may or may not have been there before an update that may have arrived still may not be.
    let mut keep = transaction
        .prepare_cached(
            "INSERT INTO sent (activation, key, hash, identity, state) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT DO UPDATE SET hash = excluded.hash, identity = excluded.identity,
                 state = CASE WHEN excluded.state = 2 AND sent.state IN (1, 3) THEN 1
                     ELSE excluded.state END",
        )
        .map_err(told)?;
    let mut forget = transaction
        .prepare_cached("DELETE FROM sent WHERE activation = ?1 AND key = ?2")
        .map_err(told)?;
    let mut tell = transaction
        .prepare_cached(
            "INSERT INTO fate (run, key, op, outcome, message) VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .map_err(told)?;
    let (mut accepted, mut rejected, mut unknown) = (0_i64, 0_i64, 0_i64);
    let mut by_op = [0_i64; 3];
    for SettledRow { row, fate } in &chunk.rows {
        by_op[row.op as usize] += 1;
        let mut write = |state: State| {
            let hash: &[u8] = &row.hash;
            keep.execute(params![activation, row.key, hash, row.identity, state.number()])
        };
        let done = match (fate, row.op) {
            (Fate::Accepted, Op::Add | Op::Update) => {
                accepted += 1;
                write(State::Held)
            }
            (Fate::Accepted, Op::Remove) => {
                accepted += 1;
                forget.execute(params![activation, row.key])
            }
            (Fate::Rejected { message, .. }, op) => {
                rejected += 1;
                tell.execute(params![run, row.key, op.word(), "rejected", message])
            }
            (Fate::Unknown { message }, op) => {
                unknown += 1;
                let state = match op {
                    Op::Add => State::MaybeAdded,
                    Op::Update => State::MaybeUpdated,
                    Op::Remove => State::MaybeRemoved,
                };
                write(state).and_then(|_| {
                    tell.execute(params![run, row.key, op.word(), "unknown", message])
                })
            }
        };
        done.map_err(told)?;
    }
    let [adds, updates, removes] = by_op;
    let sql = "UPDATE run SET accepted = accepted + ?2, rejected = rejected + ?3,
        unknown = unknown + ?4, adds = adds + ?5, updates = updates + ?6, removes = removes + ?7
        WHERE id = ?1";
    transaction
        .prepare_cached(sql)
        .and_then(|mut update| {
            update.execute([run, accepted, rejected, unknown, adds, updates, removes])
        })
        .map(drop)
        .map_err(told)
}
