//! Rows into a table of a PostgreSQL database.
//!
//! Each chunk is one transaction: rows go into a temporary table by `COPY`, from there they are
//! inserted or updated by the key, and those that left are deleted by it. Only what the ledger says
//! was sent before is ever deleted. A chunk that is carried twice does the same as once.

use crate::activate::carrier::{Carried, Carrier, Road};
use crate::activate::pace;
use crate::destinations::{Chunk, Limits, Repeat, Row, Settings};
use crate::model::activation::{Fate, Op, SavedActivation, Secret};
use crate::model::failure::Failure;
use postgres::error::SqlState;
use postgres::{Client, Config, NoTls, Transaction};
use rustls_platform_verifier::BuilderVerifierExt as _;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio_postgres_rustls::MakeRustlsConnect;

/// How often a chunk is tried whose connection broke.
const ATTEMPTS: u32 = 5;
/// The temporary table.
const STAGING: &str = "muster_staging";

/// Takes rows to a table.
pub struct TableCarrier {
    connection: Secret,
    verify: bool,
    table: Vec<String>,
    key: String,
    columns: Vec<String>,
    batch: usize,
    client: Mutex<Option<Open>>,
}

/// A connection, and the types of the columns.
struct Open {
    client: Client,
    types: BTreeMap<String, String>,
}

/// Why a chunk did not go through.
enum Trouble {
    /// The connection broke; later it may work.
    Broken(String),
    /// The rows are not to the table's liking.
    Rows(String),
    /// Nothing can be written there as it is set up.
    Stop(Failure),
}

impl TableCarrier {
    /// For an activation whose mapping names the columns.
    ///
    /// # Errors
    /// When a column stands for the key and for something else.
    pub fn new(settings: &Settings, activation: &SavedActivation) -> Result<Self, Failure> {
        let key = settings.text("key_column").to_owned();
        let columns: Vec<String> = activation.mapping.keys().cloned().collect();
        if columns.contains(&key) {
            return Err(Failure::wrong_use(
                format!("the column {key} holds the key already"),
                format!("the mapping of {}", activation.name),
                "leave it out of the mapping, or name another key_column",
            ));
        }
        Ok(Self {
            connection: settings.secret("connection"),
            verify: settings.text("tls") != "off",
            table: settings.text("table").split('.').map(str::to_owned).collect(),
            key,
            columns,
            batch: settings.number("batch").map_or(5_000, |n| n.max(1) as usize),
            client: Mutex::new(None),
        })
    }

    fn table(&self) -> String {
        self.table.iter().map(|part| quoted(part)).collect::<Vec<_>>().join(".")
    }

    fn open(&self) -> Result<Open, Trouble> {
        let mut config: Config = self.connection.expose().parse().map_err(|_| {
            // The text is a secret, and so is what the library says of it.
            Trouble::Stop(Failure::wrong_use(
                "the connection cannot be read",
                "connection",
                "write postgresql://user:password@host/database",
            ))
        })?;
        config.connect_timeout(Duration::from_secs(10)).application_name("muster");
        let connected = match self.verify {
            true => config.connect(tls()?),
            false => config.connect(NoTls),
        };
        let mut client = connected.map_err(|error| sorted(&error))?;
        let types = self.types(&mut client)?;
        Ok(Open { client, types })
    }

    /// The types of the columns that are written; also makes sure that they are there.
    fn types(&self, client: &mut Client) -> Result<BTreeMap<String, String>, Trouble> {
        let sql = "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
            WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped";
        let table = self.table();
        let rows = client.query(sql, &[&table]).map_err(|error| sorted(&error))?;
        let types: BTreeMap<String, String> =
            rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let stop = |what: String, hint: String| Trouble::Stop(Failure::new(what, "", hint));
        if types.is_empty() {
            let hint = "make it, or name another; the user must be able to see it".to_owned();
            return Err(stop(format!("there is no table {table}"), hint));
        }
        for column in std::iter::once(&self.key).chain(&self.columns) {
            if !types.contains_key(column) {
                let names: Vec<&str> = types.keys().map(String::as_str).collect();
                let hint = format!("it has {}", names.join(", "));
                return Err(stop(format!("{table} has no column {column}"), hint));
            }
        }
        Ok(types)
    }

    /// Carries a chunk in one transaction.
    fn write(&self, open: &mut Open, chunk: &Chunk) -> Result<(), Trouble> {
        let told = |error: postgres::Error| sorted(&error);
        let mut transaction = open.client.transaction().map_err(told)?;
        self.stage(&mut transaction, chunk).map_err(told)?;
        let key_type = &open.types[&self.key];
        let (table, key) = (self.table(), quoted(&self.key));
        let delete = format!(
            "DELETE FROM {table} AS t USING {STAGING} AS s
             WHERE s.op = 'remove' AND t.{key} = s.key::{key_type}"
        );
        transaction.execute(&delete, &[]).map_err(told)?;
        for (present, pattern) in patterns(chunk, &self.columns) {
            let sql = self.upsert(&open.types, &present);
            transaction.execute(&sql, &[&pattern]).map_err(told)?;
        }
        transaction.commit().map_err(told)
    }

    /// Inserts or updates the rows that have these columns and no others: what a row does not say
    /// stays as it is.
    fn upsert(&self, types: &BTreeMap<String, String>, present: &[usize]) -> String {
        let (table, key) = (self.table(), quoted(&self.key));
        let mut names = key.clone();
        let mut values = format!("key::{}", types[&self.key]);
        let mut sets = Vec::new();
        for &place in present {
            let (name, type_name) = (quoted(&self.columns[place]), &types[&self.columns[place]]);
            let _ = write!(names, ", {name}");
            let _ = write!(values, ", c{place}::{type_name}");
            sets.push(format!("{name} = EXCLUDED.{name}"));
        }
        let conflict = match sets.is_empty() {
            true => "DO NOTHING".to_owned(),
            false => format!("DO UPDATE SET {}", sets.join(", ")),
        };
        format!(
            "INSERT INTO {table} ({names}) SELECT {values} FROM {STAGING}
             WHERE op <> 'remove' AND present = $1 ON CONFLICT ({key}) {conflict}"
        )
    }

    fn stage(
        &self,
        transaction: &mut Transaction<'_>,
        chunk: &Chunk,
    ) -> Result<(), postgres::Error> {
        let columns: String = (0..self.columns.len()).map(|n| format!(", c{n} text")).collect();
        transaction.batch_execute(&format!(
            "CREATE TEMP TABLE {STAGING} (op text, key text, present text{columns}) ON COMMIT DROP"
        ))?;
        let mut lines = String::new();
        for row in &chunk.rows {
            self.line(row, &mut lines);
        }
        let mut copy = transaction.copy_in(&format!("COPY {STAGING} FROM STDIN"))?;
        // What goes wrong here is told by the end of the copy.
        let _ = copy.write_all(lines.as_bytes());
        copy.finish().map(drop)
    }

    /// A row in the text format of `COPY`.
    fn line(&self, row: &Row, to: &mut String) {
        to.push_str(row.op.word());
        to.push('\t');
        escape(&row.key, to);
        to.push('\t');
        to.push_str(&pattern(row, &self.columns));
        let fields = row.fields();
        for column in &self.columns {
            to.push('\t');
            match fields.get(column) {
                None | Some(Value::Null) => to.push_str("\\N"),
                Some(Value::String(text)) => escape(text, to),
                Some(other) => escape(&other.to_string(), to),
            }
        }
        to.push('\n');
    }
}

/// Which columns a row has, as a text of `1` and `0`.
fn pattern(row: &Row, columns: &[String]) -> String {
    let fields = row.fields();
    columns.iter().map(|column| if fields.contains_key(column) { '1' } else { '0' }).collect()
}

/// The sets of columns that rows of a chunk have.
fn patterns(chunk: &Chunk, columns: &[String]) -> Vec<(Vec<usize>, String)> {
    let kept = chunk.rows.iter().filter(|row| row.op != Op::Remove);
    let mut found: Vec<String> = kept.map(|row| pattern(row, columns)).collect();
    found.sort();
    found.dedup();
    found
        .into_iter()
        .map(|pattern| {
            let places = pattern.char_indices().filter(|(_, c)| *c == '1').map(|(at, _)| at);
            (places.collect(), pattern)
        })
        .collect()
}

fn escape(text: &str, to: &mut String) {
    for c in text.chars() {
        match c {
            '\\' => to.push_str("\\\\"),
            '\t' => to.push_str("\\t"),
            '\n' => to.push_str("\\n"),
            '\r' => to.push_str("\\r"),
            c => to.push(c),
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn tls() -> Result<MakeRustlsConnect, Trouble> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_platform_verifier());
    let config = config.map_err(|error| {
        let what = format!("encryption cannot be set up: {error}");
        Trouble::Stop(Failure::new(what, "", "check the certificates that the system trusts"))
    })?;
    Ok(MakeRustlsConnect::new(config.with_no_client_auth()))
}

/// What an error of the database calls for.
fn sorted(error: &postgres::Error) -> Trouble {
    let Some(said) = error.as_db_error() else {
        let mut told = error.to_string();
        if let Some(cause) = std::error::Error::source(error) {
            let _ = write!(told, ": {cause}");
        }
        return Trouble::Broken(told);
    };
    let code = said.code();
    let told = format!("{} ({})", said.message(), code.code());
    let class = &code.code()[..2];
    if matches!(class, "22" | "23") || *code == SqlState::CHARACTER_NOT_IN_REPERTOIRE {
        return Trouble::Rows(told);
    }
    // Deadlocks, shutting down, too many connections, out of resources.
    if matches!(class, "08" | "40" | "53" | "55" | "57") {
        return Trouble::Broken(told);
    }
    let hint = match *code {
        SqlState::INVALID_COLUMN_REFERENCE => "key_column must have a primary or unique key",
        SqlState::INSUFFICIENT_PRIVILEGE => "let the user insert, update and delete there",
        _ => "check the settings of the destination",
    };
    Trouble::Stop(Failure::new(format!("PostgreSQL says: {told}"), "", hint))
}

impl Carrier for TableCarrier {
    fn limits(&self) -> Limits {
        Limits::of(self.batch, 32_000_000)
    }

    fn lane(&self, _: Op) -> u8 {
        0
    }

    fn repeat(&self) -> Repeat {
        Repeat::Safe
    }

    fn carry(&self, chunk: &Chunk, _: Option<String>, road: &Road<'_>) -> Carried {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        let mut may_have = false;
        for attempt in 1..=ATTEMPTS {
            let told = match client.take().map_or_else(|| self.open(), Ok) {
                Ok(mut open) => match self.write(&mut open, chunk) {
                    Ok(()) => {
                        *client = Some(open);
                        return Carried::Done(vec![Fate::Accepted; chunk.rows.len()]);
                    }
                    Err(Trouble::Rows(told)) => {
                        *client = Some(open);
                        return Carried::AllRefused(told);
                    }
                    Err(Trouble::Stop(failure)) => return Carried::Stop(failure),
                    Err(Trouble::Broken(told)) => {
                        may_have = true;
                        told
                    }
                },
                Err(Trouble::Stop(failure)) => return Carried::Stop(failure),
                Err(Trouble::Rows(told) | Trouble::Broken(told)) => told,
            };
            if attempt == ATTEMPTS {
                return match may_have {
                    true => Carried::Done(vec![Fate::Unknown { message: told }; chunk.rows.len()]),
                    false => Carried::Stop(Failure::new(
                        format!("the database cannot be reached: {told}"),
                        "",
                        "check the connection, and sync again: it goes on where it stopped",
                    )),
                };
            }
            if !pace::wait(pace::back_off(attempt, Duration::from_millis(500)), road.stop) {
                return if may_have { Carried::Open } else { Carried::NotSent };
            }
        }
        Carried::NotSent
    }
}
