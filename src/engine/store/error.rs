//! Why the database did not do what it was asked, split by what happens next.
//!
//! The database gives text only. It is read here and in [`super::words`], once, where it becomes a
//! [`StoreError`]; whatever is decided afterwards is decided by that value.

use super::words::{self, Cause, Words};
use crate::model::failure::{Failure, FailureKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why the database did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It was told to stop.
    #[error("cancelled")]
    Cancelled,
    /// Another program holds the file. Trying again later may work.
    #[error("{} is locked by another program", path.display())]
    Busy {
        /// The file.
        path: PathBuf,
        /// The process that holds it, when the system says so.
        pid: Option<u32>,
    },
    /// The file needs a key and none was given.
    #[error("{} is encrypted", path.display())]
    Encrypted {
        /// The file.
        path: PathBuf,
    },
    /// The key that was given does not open the file.
    #[error("the key does not open {}", path.display())]
    WrongKey {
        /// The file.
        path: PathBuf,
    },
    /// The file has a storage version that this program does not read.
    #[error("{}: {message}", path.display())]
    OtherVersion {
        /// The file.
        path: PathBuf,
        /// What is known about its version.
        message: String,
    },
    /// The file is damaged, cut short or something else than its name says.
    #[error("{}: {message}", path.display())]
    NotReadable {
        /// The file.
        path: PathBuf,
        /// What happened.
        message: String,
        /// What to try.
        hint: String,
    },
    /// A statement was stopped because it used more than it may.
    #[error("{what}")]
    Limit {
        /// What was used up, and how much of it there was.
        what: String,
        /// How more is allowed.
        hint: &'static str,
    },
    /// The disk that something is written to is full.
    #[error("the disk is full")]
    DiskFull,
    /// A statement failed.
    #[error("{what}")]
    Sql {
        /// Why, as far as something is decided by it.
        cause: Cause,
        /// What happened.
        what: String,
        /// What to try; empty when nothing is known.
        hint: String,
    },
}

impl StoreError {
    /// Sorts a message of the database by what happens next. `file` is what was being read, when
    /// that is known.
    pub(super) fn of_message(message: &str, file: Option<&Path>) -> Self {
        let message = first_lines(message);
        let told = words::without_statement(&message);
        if told.contains("INTERRUPT Error") {
            return Self::Cancelled;
        }
        if let Some(limit) = Self::of_limit(told) {
            return limit;
        }
        if told.contains("No space left on device") {
            return Self::DiskFull;
        }
        if let Some(what) = kept_in(&message) {
            return Self::of_ours(what);
        }
        let Words { cause, what, hint, is_about_file, file: named } = words::of(&message);
        let about = named.or_else(|| file.map(Path::to_path_buf));
        if let Some(path) = about.filter(|_| is_about_file) {
            return Self::NotReadable { path, message: what, hint };
        }
        let Some(path) = file.map(Path::to_path_buf) else {
            return Self::Sql { cause, what, hint };
        };
        let has = |part: &str| message.contains(part);
        if has("Could not set lock") || has("Conflicting lock") {
            return Self::Busy { path, pid: pid_in(&message) };
        }
        if has("without a key") {
            return Self::Encrypted { path };
        }
        if has("Wrong encryption key") {
            return Self::WrongKey { path };
        }
        if has("storage version number") {
            return Self::OtherVersion { path, message };
        }
        match damage(&message) {
            Some((what, hint)) => {
                let (what, hint) = (what.to_owned(), hint.to_owned());
                Self::NotReadable { path, message: what, hint }
            }
            None => Self::Sql { cause, what, hint },
        }
    }

    /// A statement failed for what a sentence of ours tells.
    pub(in crate::engine) fn of_ours(what: impl Into<String>) -> Self {
        Self::Sql { cause: Cause::Statement, what: what.into(), hint: String::new() }
    }

    /// The machine does not give what is needed.
    pub(super) fn of_machine(what: impl Into<String>) -> Self {
        Self::Sql { cause: Cause::Machine, what: what.into(), hint: String::new() }
    }

    /// A statement of a project would do what it may not do.
    pub(in crate::engine) fn not_allowed(what: impl Into<String>) -> Self {
        Self::Sql { cause: Cause::NotAllowed, what: what.into(), hint: String::new() }
    }
}

/// How more time is allowed.
const MORE_TIME: &str = "allow more with --time-limit SECONDS or MUSTER_TIME_LIMIT";
/// What SQL of somebody else was kept from, told from the database's words.
fn kept_in(message: &str) -> Option<String> {
    let quoted = || message.split('"').find(|part| part.len() > 1 && !part.contains(' '));
    if message.contains("file system operations are disabled") {
        let (_, rest) = message.split_once('"')?;
        let (path, _) = rest.rsplit_once("\" - file system").unwrap_or((rest, ""));
        return Some(format!("it would open {path}, and nothing is opened but what was named"));
    }
    if message.contains("configuration has been locked") {
        let setting = quoted().filter(|_| message.contains("option"))?;
        return Some(format!(
            "it would change the setting {setting}, and settings stay as they are"
        ));
    }
    None
}

/// Why a statement of a project is not run.
const REFUSAL: &str = "this kind of statement is not carried out";

impl StoreError {
    /// A statement of a project is of a kind that is not run.
    pub(super) fn refusal() -> Self {
        Self::not_allowed(REFUSAL)
    }

    /// The time of a statement is up.
    pub(super) fn time_is_up(time: Duration) -> Self {
        let seconds = time.as_secs_f64();
        Self::Limit {
            what: format!("it took longer than {seconds} s and was stopped"),
            hint: MORE_TIME,
        }
    }

    /// Slow views have used up the time that they may take together.
    pub(super) fn not_looked_at(time: Duration) -> Self {
        let seconds = time.as_secs_f64();
        Self::Limit {
            what: format!(
                "slow views took the {seconds} s that they may take together, so it was not \
                 looked at"
            ),
            hint: MORE_TIME,
        }
    }

    /// Memory or disk used up, told from the database's words.
    fn of_limit(message: &str) -> Option<Self> {
        if message.contains("max_temp_directory_size") {
            return Some(Self::Limit {
                what: "it takes more disk for what does not fit into memory than it may use".into(),
                hint: "allow more with --spill-limit SIZE or MUSTER_SPILL_LIMIT",
            });
        }
        let memory = message.contains("Out of Memory Error") || message.contains("bad_alloc");
        memory.then(|| Self::Limit {
            what: "it takes more memory than it may use".into(),
            hint: "allow more with --memory-limit SIZE or MUSTER_MEMORY_LIMIT",
        })
    }
}

impl StoreError {
    /// What happened, with the names that there are where one was written that is none.
    pub(in crate::engine) fn why(&self) -> String {
        match self {
            Self::Sql { cause: Cause::NoSuchName, what, hint } => format!("{what}; {hint}"),
            other => other.to_string(),
        }
    }
}

/// The newest storage version that the bundled database reads.
const NEWEST_VERSION: u64 = 69;
/// What files of DuckDB 2.0 have where older ones have their version.
const NEW_LAYOUT: u64 = 999;

impl StoreError {
    /// Why a statement failed; `None` when it was something else.
    pub(in crate::engine) fn cause(&self) -> Option<Cause> {
        match self {
            Self::Sql { cause, .. } => Some(*cause),
            _ => None,
        }
    }

    /// A file of a newer version may look damaged; then its version is what to tell.
    pub(super) fn with_version(self, version: impl Fn(&Path) -> Option<u64>) -> Self {
        match self {
            Self::NotReadable { path, message, hint } => match version(&path) {
                Some(n) if n > NEWEST_VERSION && n != NEW_LAYOUT => Self::OtherVersion {
                    path,
                    message: format!(
                        "storage version number {n}, but versions between 64 and {NEWEST_VERSION} \
                         are read"
                    ),
                },
                _ => Self::NotReadable { path, message, hint },
            },
            other => other,
        }
    }
}

/// What is wrong with a file, told from the database's words, and what to try.
fn damage(message: &str) -> Option<(&'static str, &'static str)> {
    let has = |part: &str| message.contains(part);
    let another_copy = "get another copy of the file, or a backup";
    if has("not a valid DuckDB database") {
        return Some(("it is not a DuckDB database", "check that the right file was chosen"));
    }
    if has("sqlite_scanner") || has("sqlite3") {
        return Some((
            "it is an SQLite database, not a DuckDB one",
            "copy its tables into a DuckDB file or to Parquet, and open that",
        ));
    }
    if has("computed checksum") {
        return Some(("it is damaged: a checksum does not match its content", another_copy));
    }
    if has("Could not read enough bytes") || has("Reached the end of the file") {
        return Some(("it is cut short", another_copy));
    }
    if has("Permission denied") {
        return Some(("it may not be read", "change the file's permissions"));
    }
    if has("magic bytes") || has("too small to be a Parquet") {
        return Some(("it is not a Parquet file", "check that the right file was chosen"));
    }
    (has("Corrupt") || has("Serialization Error") || has("snappy") || has("ZSTD") || has("GZIP"))
        .then_some(("it is damaged", another_copy))
}

/// The process id in `(PID 123)`.
fn pid_in(message: &str) -> Option<u32> {
    let (_, rest) = message.split_once("PID ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Without the links and the stack that the database adds.
fn first_lines(message: &str) -> String {
    let message = message.split("\n\nStack Trace").next().unwrap_or(message);
    message.trim().to_owned()
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let place = |path: &Path| path.display().to_string();
        match error {
            StoreError::Cancelled => Self::cancelled(),
            StoreError::Busy { path, pid } => {
                let holder = match pid {
                    Some(pid) => format!("another program (process {pid}) is writing to it"),
                    None => "another program is writing to it".to_owned(),
                };
                let hint = "close it there, or open a copy of the file";
                Self::new(holder, place(&path), hint).of(FailureKind::Busy)
            }
            StoreError::Encrypted { path } => {
                let what = "the database is encrypted";
                Self::new(what, place(&path), "").of(FailureKind::KeyNeeded)
            }
            StoreError::WrongKey { path } => {
                let what = "the key does not open the database";
                Self::new(what, place(&path), "").of(FailureKind::KeyWrong)
            }
            StoreError::OtherVersion { path, message } => {
                let (what, hint) = version_words(&message);
                Self::new(what, place(&path), hint)
            }
            StoreError::NotReadable { path, message, hint } => {
                Self::new(message, place(&path), hint).of(FailureKind::Damaged)
            }
            StoreError::Limit { what, hint } => Self::new(what, "", hint).of(FailureKind::Limit),
            StoreError::DiskFull => {
                let hint = "free some space, or name another disk in TMPDIR";
                Self::new("the disk is full", "", hint).of(FailureKind::DiskFull)
            }
            StoreError::Sql { what, hint, .. } => Self::new(what, "", hint),
        }
    }
}

/// Told from `… storage version number 51, but we can only read storage versions between 64 and 69.`
fn version_words(message: &str) -> (String, String) {
    let number_after = |text: &str| -> Option<u64> {
        let (_, rest) = message.split_once(text)?;
        let digits: String = rest.trim_start().chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    match (number_after("version number"), number_after("between"), number_after(" and ")) {
        (Some(is), Some(low), Some(high)) if is < low => (
            format!("the database has storage version {is}; versions {low} to {high} can be read"),
            "export it with the older DuckDB (EXPORT DATABASE) and import it with a newer one"
                .to_owned(),
        ),
        (Some(is), Some(low), Some(high)) => (
            format!("the database has storage version {is}; versions {low} to {high} can be read"),
            "a newer DuckDB wrote it: export its tables to Parquet there".to_owned(),
        ),
        _ => (
            "the database has a storage version that cannot be read".to_owned(),
            "export its tables to Parquet with the DuckDB that wrote it".to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(message: &str) -> Failure {
        StoreError::of_message(message, Some(Path::new("/data/a.duckdb"))).into()
    }

    #[test]
    fn a_locked_file_names_the_process_that_holds_it() {
        let failure = failure(
            "IO Error: Could not set lock on file \"/data/a.duckdb\": Conflicting lock is held in \
             /usr/bin/python3 (PID 4711). See also https://duckdb.org",
        );
        assert!(failure.what.contains("process 4711"), "{failure}");
        assert_eq!(failure.place, "/data/a.duckdb");
    }

    #[test]
    fn an_older_and_a_newer_storage_version_get_different_hints() {
        let words = |n: u32| {
            failure(&format!(
                "IO Error: Trying to read a database file with storage version number {n}, but we \
                 can only read storage versions between 64 and 69."
            ))
        };
        assert!(words(51).what.contains("storage version 51"));
        assert!(words(51).hint.contains("older DuckDB"));
        assert!(words(123).hint.contains("newer DuckDB"));
    }

    #[test]
    fn what_sql_was_kept_from_is_told_in_our_words() {
        let words = |message: &str| match StoreError::of_message(message, None) {
            StoreError::Sql { what, .. } => what,
            other => panic!("{other:?}"),
        };
        assert_eq!(
            words(
                "Permission Error: Cannot access file \"/a b/\"c\"\" - file system operations are \
                 disabled by configuration\n\nLINE 1: from \"x\""
            ),
            "it would open /a b/\"c\", and nothing is opened but what was named"
        );
        assert_eq!(
            words(
                "Invalid Input Error: Cannot change configuration option \"\"enable_profiling\"\" - \
                 the configuration has been locked"
            ),
            "it would change the setting enable_profiling, and settings stay as they are"
        );
    }

    #[test]
    fn what_is_decided_by_is_the_type_and_not_what_is_quoted() {
        let cause = |message: &str| StoreError::of_message(message, None).cause();
        for (message, expected) in [
            ("Parser Error: syntax error at or near \"a\"\n\nLINE 1: IO Error", Cause::NotSql),
            ("Binder Error: No function\n\nLINE 1: 'INTERRUPT Error'", Cause::Statement),
            ("Conversion Error: Could not convert string 'IO Error' to INT32", Cause::Statement),
            ("Invalid Input Error: Current transaction is aborted", Cause::Statement),
            (
                "TransactionContext Error: Current transaction is aborted (please ROLLBACK)",
                Cause::Aftermath,
            ),
            (
                "TransactionContext Error: Attempting to write to database \"a\" in a transaction",
                Cause::NotAllowed,
            ),
            ("IO Error: the disk is gone", Cause::Machine),
            ("TransactionContext Error: Failed to commit: IO Error: gone", Cause::Machine),
            ("could not allocate block", Cause::Machine),
        ] {
            assert_eq!(cause(message), Some(expected), "{message}");
        }
    }

    #[test]
    fn an_interrupt_is_a_cancellation_and_not_a_failure() {
        let error = StoreError::of_message("INTERRUPT Error: Interrupted!", None);
        assert_eq!(error, StoreError::Cancelled);
    }
}
