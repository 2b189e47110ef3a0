//! Tables that keep a log of their own: which of the files in their folder are live.
//!
//! A Delta table is read by its log: what was added and not removed again, with what the log says
//! of each file. What this reading does not understand is refused, never guessed: a file that is no
//! longer live is never read. Iceberg and Hudi are refused.

use super::folders::{runs, unescaped};
use super::probe::Probe;
use crate::disk::links::{self, Entry};
use crate::disk::read;
use crate::model::catalog::{Partitions, Reader};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::sql::parquet as statements;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folder of a Delta table's log.
const LOG: &str = "_delta_log";
/// The most bytes of one commit, and of all together.
const COMMIT_MAX: u64 = 256 << 20;
const LOG_MAX: u64 = 1 << 30;
/// Live files beyond these are not opened at once.
const FILES_MAX: usize = 20_000;
/// What readers are asked to know and is either read here or looked for file by file.
const KNOWN: &[&str] = &[
    "timestampNtz",
    "vacuumProtocolCheck",
    "deletionVectors",
    "columnMapping",
    "typeWidening",
    "appendOnly",
    "invariants",
];

/// What a folder is, going by what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lake {
    /// A Delta table.
    Delta,
    /// A table whose log is not read: the name of its kind.
    Other(&'static str),
}

/// Which kind of table with a log the entries of a folder are; `None` when they are plain files.
pub(super) fn kind(entries: &[(PathBuf, Entry)]) -> Option<Lake> {
    let folder = |name: &str| {
        let named = |(path, entry): &&(PathBuf, Entry)| {
            *entry == Entry::Folder && path.file_name().is_some_and(|n| n == name)
        };
        entries.iter().find(named).map(|(path, _)| path)
    };
    if folder(LOG).is_some() {
        return Some(Lake::Delta);
    }
    if folder(".hoodie").is_some() {
        return Some(Lake::Other("Hudi"));
    }
    let names = std::fs::read_dir(folder("metadata")?).ok()?;
    let iceberg = names
        .filter_map(Result::ok)
        .any(|entry| entry.file_name().to_string_lossy().ends_with(".metadata.json"));
    iceberg.then_some(Lake::Other("Iceberg"))
}

/// The files of a Delta table's log.
pub(super) fn log_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.join(LOG)).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// The refusal of a table whose log is not read.
pub(super) fn refusal(name: &str, folder: &Path) -> Failure {
    Failure::new(
        format!(
            "this is an {name} table, and which of its files are live is in a log that Muster \
             does not read"
        )
        .replace("an Hudi", "a Hudi"),
        folder.display().to_string(),
        "export the live rows to Parquet or a DuckDB file with a program that knows such tables, \
         and open that",
    )
}

/// The live files of the Delta table in a folder, and how they are read; no file when it has no
/// rows.
///
/// # Errors
/// When the log cannot be read, or asks for what is not understood here.
pub(super) fn delta(
    probe: &dyn Probe,
    folder: &Path,
    findings: &mut Vec<Finding>,
) -> Result<(Vec<PathBuf>, Reader), Failure> {
    let log = Log { folder, probe };
    let (state, version) = log.replayed()?;
    state.refuse_unknown(folder)?;
    let schema = state.schema(folder)?;
    let partitioned: Vec<String> = state
        .metadata
        .get("partitionColumns")
        .and_then(Json::as_array)
        .map(|names| names.iter().filter_map(Json::as_str).map(str::to_owned).collect())
        .unwrap_or_default();
    let mut files: Vec<(Vec<Option<String>>, PathBuf)> = Vec::new();
    for (path, add) in &state.live {
        let values = add.get("partitionValues");
        let value = |name: &String| {
            let value = values?.get(name)?.as_str()?;
            (!value.is_empty()).then(|| value.to_owned())
        };
        files.push((partitioned.iter().map(value).collect(), log.file(path)?));
    }
    files.sort();
    if files.len() > FILES_MAX {
        let what = format!("{} live files are too many to open at once", files.len());
        return Err(Failure::new(what, folder.display().to_string(), "open a smaller table"));
    }
    let columns: Vec<(String, String)> = partitioned
        .iter()
        .map(|name| {
            let of = schema.iter().find(|(n, _)| n == name);
            (name.clone(), of.map_or("VARCHAR", |(_, t)| partition_type(t)).to_owned())
        })
        .collect();
    let message = format!(
        "{} is a Delta table: version {version} is read, with {} live files",
        folder.file_name().unwrap_or_default().to_string_lossy(),
        files.len()
    );
    findings.push(Finding::new(Severity::Note, message).at(folder, None));
    let (values, paths): (Vec<_>, Vec<_>) = files.into_iter().unzip();
    let partitions = Partitions {
        columns,
        by_names: false,
        parts: runs(values),
        order: schema.into_iter().map(|(name, _)| name).collect(),
        log: vec![log.commit(version), log.commit(version + 1)],
    };
    Ok((paths, Reader::Partitioned(partitions)))
}

/// The log of a Delta table.
struct Log<'a> {
    folder: &'a Path,
    probe: &'a dyn Probe,
}

/// What holds after all commits.
#[derive(Default)]
struct State {
    protocol: Json,
    metadata: Json,
    /// What was added last under each path and not removed since.
    live: BTreeMap<String, Json>,
}

impl Log<'_> {
    fn refused(&self, what: impl Into<String>) -> Failure {
        Failure::new(
            format!("the Delta table cannot be read: {}", what.into()),
            self.folder.display().to_string(),
            "export the live rows to Parquet with a program that knows Delta tables, and open that",
        )
    }

    fn commit(&self, version: u64) -> PathBuf {
        self.folder.join(LOG).join(format!("{version:020}.json"))
    }

    /// All commits, one after another, from the last checkpoint that is needed; and the number of
    /// the last.
    fn replayed(&self) -> Result<(State, u64), Failure> {
        let names = std::fs::read_dir(self.folder.join(LOG));
        let names = names.map_err(|e| self.refused(format!("its log cannot be listed: {e}")))?;
        let mut commits = Vec::new();
        let mut checkpoints: BTreeMap<u64, Vec<PathBuf>> = BTreeMap::new();
        for entry in names.filter_map(Result::ok) {
            let name = entry.file_name().to_string_lossy().into_owned();
            let (digits, rest) = name.split_at_checked(20).unwrap_or(("", ""));
            let Ok(version) = digits.parse::<u64>() else { continue };
            if rest == ".json" {
                commits.push(version);
            } else if rest.starts_with(".checkpoint") && rest.ends_with(".parquet") {
                checkpoints.entry(version).or_default().push(entry.path());
            }
        }
        commits.sort_unstable();
        let Some(last) = commits.last().copied() else {
            return Err(self.refused("its log holds no commit"));
        };
        // The commits that follow each other without a gap up to the last.
        let mut first = last;
        while first > 0 && commits.binary_search(&(first - 1)).is_ok() {
            first -= 1;
        }
        let mut state = State::default();
        if first > 0 {
            let checkpoint = checkpoints.into_iter().rfind(|(version, _)| *version + 1 >= first);
            let Some((version, files)) = checkpoint.filter(|(version, _)| *version <= last) else {
                let what =
                    format!("commit {} is missing, and no checkpoint replaces it", first - 1);
                return Err(self.refused(what));
            };
            self.take_checkpoint(&files, &mut state)?;
            first = version + 1;
        }
        let mut bytes = 0;
        for version in first..=last {
            self.take_commit(version, &mut bytes, &mut state)?;
        }
        Ok((state, last))
    }

    fn take_commit(&self, version: u64, bytes: &mut u64, state: &mut State) -> Result<(), Failure> {
        let path = self.commit(version);
        self.inside(&path)?;
        let text = read::text(&path, COMMIT_MAX)
            .map_err(|error| self.refused(format!("commit {version} cannot be read: {error}")))?;
        *bytes += text.len() as u64;
        if *bytes > LOG_MAX || self.probe.is_cancelled() {
            return Err(self.refused("its log is too large"));
        }
        let mut actions = Vec::new();
        for (number, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
            let action = serde_json::from_str::<Json>(line).map_err(|error| {
                self.refused(format!(
                    "line {} of commit {version} is not JSON: {error}",
                    number + 1
                ))
            })?;
            actions.push(action);
        }
        // What a commit takes away was there before it.
        actions.sort_by_key(|action| action.get("remove").is_none());
        actions.into_iter().for_each(|action| state.take(action));
        Ok(())
    }

    fn take_checkpoint(&self, files: &[PathBuf], state: &mut State) -> Result<(), Failure> {
        for file in files {
            self.inside(file)?;
        }
        let rows = self.probe.rows(&statements::checkpoint(files)).map_err(|failure| {
            let what = failure.what.lines().next().unwrap_or_default().to_owned();
            self.refused(format!("its checkpoint cannot be read: {what}"))
        })?;
        for row in rows {
            for (name, cell) in ["protocol", "metaData", "add"].iter().zip(&row) {
                let value: Option<Json> = serde_json::from_str(&cell.display()).ok();
                if let Some(value) = value.filter(|value| !value.is_null()) {
                    state.take(Json::Object([((*name).to_owned(), value)].into_iter().collect()));
                }
            }
        }
        if state.protocol.is_null() || state.metadata.is_null() {
            return Err(self.refused("its checkpoint is of a kind that Muster does not read"));
        }
        Ok(())
    }

    /// A live file by the path that the log gives it.
    fn file(&self, written: &str) -> Result<PathBuf, Failure> {
        let path = unescaped(written);
        if path.contains("://") || Path::new(&path).is_absolute() || path.starts_with("file:") {
            return Err(self.refused(format!("its file {path} is elsewhere")));
        }
        let file = self.folder.join(&path);
        if !file.is_file() {
            return Err(self.refused(format!("its live file {path} is missing")));
        }
        self.inside(&file)?;
        Ok(file)
    }

    fn inside(&self, path: &Path) -> Result<(), Failure> {
        match links::leads_out(self.folder, path) {
            None => Ok(()),
            Some(to) => Err(self.refused(format!("its file is elsewhere, at {}", to.display()))),
        }
    }
}

impl State {
    fn take(&mut self, mut action: Json) {
        let mut of = |name: &str| action.get_mut(name).map(Json::take).filter(|v| !v.is_null());
        if let Some(protocol) = of("protocol") {
            self.protocol = protocol;
        }
        if let Some(metadata) = of("metaData") {
            self.metadata = metadata;
        }
        let path = |value: &Json| value.get("path").and_then(Json::as_str).map(str::to_owned);
        if let Some(path) = of("remove").as_ref().and_then(path) {
            self.live.remove(&path);
        }
        if let Some(add) = of("add")
            && let Some(path) = path(&add)
        {
            self.live.insert(path, add);
        }
    }

    /// Refuses what would be read wrongly.
    fn refuse_unknown(&self, folder: &Path) -> Result<(), Failure> {
        let log = |what: String| {
            Failure::new(
                format!("the Delta table cannot be read: {what}"),
                folder.display().to_string(),
                "export the live rows to Parquet with a program that knows Delta tables, and \
                 open that",
            )
        };
        let features = self.protocol.get("readerFeatures").and_then(Json::as_array);
        let unknown: Vec<&str> = features
            .into_iter()
            .flatten()
            .filter_map(Json::as_str)
            .filter(|name| !KNOWN.contains(name))
            .collect();
        if !unknown.is_empty() {
            return Err(log(format!("it needs what Muster does not know: {}", unknown.join(", "))));
        }
        let version = self.protocol.get("minReaderVersion").and_then(Json::as_u64);
        if version.is_none_or(|version| version > 3) {
            return Err(log("it does not say in a known way what readers need".to_owned()));
        }
        let mapping = self
            .metadata
            .get("configuration")
            .and_then(|all| all.get("delta.columnMapping.mode"))
            .and_then(Json::as_str);
        if mapping.is_some_and(|mode| mode != "none") {
            return Err(log("its columns have other names in its files".to_owned()));
        }
        let has_vector = |add: &&Json| add.get("deletionVector").is_some_and(|v| !v.is_null());
        match self.live.values().filter(has_vector).count() {
            0 => Ok(()),
            n => Err(log(format!("{n} of its files have rows that are marked as deleted"))),
        }
    }

    /// The names of the columns and their types, as the log has them.
    fn schema(&self, folder: &Path) -> Result<Vec<(String, String)>, Failure> {
        let text = self.metadata.get("schemaString").and_then(Json::as_str);
        // A log without a description of the table has columns all the same.
        let Some(text) = text else { return Ok(Vec::new()) };
        let schema: Option<Json> = serde_json::from_str(text).ok();
        let fields = schema.as_ref().and_then(|s| s.get("fields")).and_then(Json::as_array);
        let Some(fields) = fields else {
            let what = "the Delta table cannot be read: its schema is not understood";
            let hint = "get another copy of the table";
            return Err(Failure::new(what, folder.display().to_string(), hint));
        };
        let field = |field: &Json| {
            let name = field.get("name")?.as_str()?.to_owned();
            Some((name, field.get("type").and_then(Json::as_str).unwrap_or("").to_owned()))
        };
        Ok(fields.iter().filter_map(field).collect())
    }
}

/// The type of a column that is written in the log as text.
fn partition_type(delta: &str) -> &'static str {
    match delta {
        "byte" | "short" | "integer" => "INTEGER",
        "long" => "BIGINT",
        "float" | "double" => "DOUBLE",
        "boolean" => "BOOLEAN",
        "date" => "DATE",
        // A moment without a zone here is in a zone that only its writer knew.
        "timestamp" | "timestamp_ntz" => "TIMESTAMP",
        _ => "VARCHAR",
    }
}
