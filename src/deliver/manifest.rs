//! The manifest: the file beside a list which says exactly what it holds and how to get it again.
//!
//! `FILE.manifest.json`, schema 1, described field by field in `docs/json.md`. It is renamed into
//! place last, so that a list with a manifest is a whole list.

use super::{checksum, with_suffix};
use crate::disk::{PartFile, limit, read};
use crate::model::catalog::{FileStamp, Fingerprint, SourceKind};
use crate::model::export::{ExportColumn, ExportFormat, Normal};
use crate::model::failure::Failure;
use serde::{Deserialize, Serialize};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// The version of the manifest's format.
pub const SCHEMA: u32 = 1;

/// Sources up to this size in total are hashed; larger ones are known by size and modification
/// time alone, so that the manifest never costs more than a small part of the list.
pub const HASHED_BYTES_MAX: u64 = 64 << 20;

/// What is written beside a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format's version: 1.
    pub schema: u32,
    /// The list's file name, without its folder.
    pub file: String,
    /// What was read.
    pub source: SourceRecord,
    /// The entity's name.
    pub entity: String,
    /// The cohort's name; `all` for everyone.
    pub cohort: String,
    /// The typed condition; empty keeps everyone.
    #[serde(rename = "where")]
    pub condition: String,
    /// The condition in plain words.
    pub words: String,
    /// The saved segments that the condition refers to, as they were.
    #[serde(default)]
    pub segments: Vec<SegmentRecord>,
    /// The statement that gives the rows, in order, which plain DuckDB runs as it is.
    pub sql: String,
    /// The run that was read; `None` while sources have no runs.
    pub as_of: Option<String>,
    /// What "now" meant: an instant with its zone.
    pub now: String,
    /// The zone's name.
    pub zone: String,
    /// The columns in order.
    pub columns: Vec<ColumnRecord>,
    /// How the file was written.
    pub options: OptionsRecord,
    /// People in the list.
    pub rows: u64,
    /// Size of the list in bytes.
    pub bytes: u64,
    /// SHA-256 of the list, lower-case hexadecimal.
    pub sha256: String,
    /// What wrote it.
    pub versions: Versions,
}

/// A source as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceRecord {
    /// The file or folder that was opened.
    pub path: String,
    /// `duckdb` or `files`.
    pub kind: String,
    /// The folder of the workspace, whose corrections decide what the entities are.
    pub workspace: String,
    /// Every file that was read, in name order.
    pub files: Vec<FileRecord>,
}

/// One file of a source as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// The absolute path.
    pub path: String,
    /// Size in bytes.
    pub bytes: u64,
    /// Modification time, UTC.
    pub modified: String,
    /// SHA-256; `None` when all files together are larger than [`HASHED_BYTES_MAX`].
    pub sha256: Option<String>,
}

/// A saved segment that the condition refers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SegmentRecord {
    /// Its name.
    pub name: String,
    /// `ENTITY/COHORT`.
    pub cohort: String,
    /// Its typed condition.
    #[serde(rename = "where")]
    pub condition: String,
}

/// A column of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnRecord {
    /// The feature.
    pub feature: String,
    /// Its name in the file.
    pub name: String,
    /// Whether the value is replaced by its SHA-256.
    pub hashed: bool,
    /// What was done to the value before it was hashed; absent when nothing was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalised: Option<NormalisedRecord>,
}

/// What was done to the values of a column before they were hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NormalisedRecord {
    /// `email`, `google-email`, `phone` or `phone-digits`.
    pub how: String,
    /// Values that are another after it.
    pub changed: u64,
    /// Values of which nothing was left.
    pub lost: u64,
}

/// How the file was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionsRecord {
    /// `csv`, `parquet` or `xlsx`.
    pub format: String,
    /// Whether cells that a spreadsheet would run as a formula have an apostrophe in front.
    pub neutralise_formulas: bool,
    /// How many cells have one.
    #[serde(default)]
    pub apostrophes: u64,
    /// Whether the text begins with the mark by which Excel knows that it is UTF-8.
    #[serde(default)]
    pub byte_order_mark: bool,
}

/// What wrote a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versions {
    /// Muster's version.
    pub muster: String,
    /// DuckDB's version.
    pub duckdb: String,
}

impl Manifest {
    /// Where the manifest of a list stands.
    pub fn path_of(list: &Path) -> PathBuf {
        with_suffix(list, ".manifest.json")
    }

    /// Reads a manifest.
    ///
    /// # Errors
    /// When it is not there, is not a manifest, or is of a later schema.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let place = path.display().to_string();
        let text = read::text(path, limit::MANIFEST).map_err(|error| {
            let hint = "a manifest is written beside each exported list; keep the two together";
            Failure::new(format!("there is no manifest to read: {error}"), &place, hint)
        })?;
        let broken = |error: serde_json::Error| {
            Failure::new(format!("the manifest cannot be read: {error}"), &place, "export again")
        };
        let value: serde_json::Value = serde_json::from_str(&text).map_err(broken)?;
        match value.get("schema").and_then(serde_json::Value::as_u64) {
            Some(schema) if schema > u64::from(SCHEMA) => Err(Failure::new(
                format!("the manifest has schema {schema}, written by a later Muster"),
                place,
                "verify the list with that version",
            )),
            _ => serde_json::from_value(value).map_err(broken),
        }
    }

    /// The manifest's text: JSON with two spaces of indent, fields in their own order.
    pub fn text(&self) -> String {
        let mut text =
            serde_json::to_string_pretty(self).expect("a manifest holds only text and numbers");
        text.push('\n');
        text
    }

    /// Writes the manifest to the part file of its place.
    ///
    /// # Errors
    /// When it cannot be written to.
    pub fn write_part(&self, part: &mut PartFile) -> Result<(), Failure> {
        part.file().write_all(self.text().as_bytes()).map_err(|error| {
            Failure::new(
                format!("the manifest cannot be written: {error}"),
                part.path().display().to_string(),
                "choose a folder that can be written to",
            )
        })
    }

    /// The columns as they were asked for.
    ///
    /// # Errors
    /// The word for what is done before hashing, when this version does not know it.
    pub fn export_columns(&self) -> Result<Vec<ExportColumn>, String> {
        let column = |c: &ColumnRecord| {
            let hash = match &c.normalised {
                Some(done) => Some(Normal::of_word(&done.how).ok_or_else(|| done.how.clone())?),
                None => c.hashed.then_some(Normal::AsItIs),
            };
            Ok(ExportColumn { feature: c.feature.clone(), name: c.name.clone(), hash })
        };
        self.columns.iter().map(column).collect()
    }

    /// The list's format; `None` when this version does not know it.
    pub fn format(&self) -> Option<ExportFormat> {
        ExportFormat::ALL.into_iter().find(|f| f.ending() == self.options.format)
    }
}

/// The word for a kind of source.
pub fn kind_word(kind: SourceKind) -> &'static str {
    match kind {
        SourceKind::DuckDb => "duckdb",
        SourceKind::Files => "files",
    }
}

/// The files of a source as records, hashed when they are small enough in total.
///
/// # Errors
/// When a file cannot be read, or `cancelled` is set meanwhile.
pub fn file_records(
    fingerprint: &Fingerprint,
    kind: SourceKind,
    cancelled: &AtomicBool,
) -> Result<Vec<FileRecord>, Failure> {
    let total: u64 = fingerprint.files.iter().map(|f| f.bytes).sum();
    // Closing a second handle of a database file would drop the lock under which it is read.
    let hashed = kind == SourceKind::Files && total <= HASHED_BYTES_MAX;
    let mut records = Vec::with_capacity(fingerprint.files.len());
    for file in fingerprint.files.iter().filter(|f| !was_absent(f)) {
        let sha256 = if hashed {
            let mut go_on = |_| match cancelled.load(Ordering::Relaxed) {
                true => Err(Failure::cancelled()),
                false => Ok(()),
            };
            Some(checksum::of_file(&file.path, &mut go_on)?.sha256)
        } else {
            None
        };
        records.push(FileRecord {
            path: file.path.to_string_lossy().into_owned(),
            bytes: file.bytes,
            modified: modified_text(file.modified_nanos),
            sha256,
        });
    }
    Ok(records)
}

fn modified_text(nanos: i128) -> String {
    jiff::Timestamp::from_nanosecond(nanos).map_or_else(|_| nanos.to_string(), |t| t.to_string())
}

/// The first file that is no longer as the fingerprint says.
pub fn changed_file(fingerprint: &Fingerprint) -> Option<&FileStamp> {
    fingerprint.files.iter().find(|stamp| !is_unchanged(stamp))
}

fn is_unchanged(stamp: &FileStamp) -> bool {
    let Ok(metadata) = std::fs::metadata(&stamp.path) else {
        return was_absent(stamp);
    };
    let modified = metadata.modified().ok().and_then(nanos_since_1970);
    metadata.len() == stamp.bytes && modified.is_none_or(|m| m == stamp.modified_nanos)
}

/// Whether the file was not there when the stamp was taken: a database's log comes and goes.
fn was_absent(stamp: &FileStamp) -> bool {
    stamp.bytes == 0 && stamp.modified_nanos == 0
}

fn nanos_since_1970(time: std::time::SystemTime) -> Option<i128> {
    match time.duration_since(std::time::UNIX_EPOCH) {
        Ok(after) => i128::try_from(after.as_nanos()).ok(),
        Err(before) => i128::try_from(before.duration().as_nanos()).ok().map(|n| -n),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A manifest as an export writes it.
    pub(crate) fn sample() -> Manifest {
        Manifest {
            schema: 1,
            file: "list.csv".into(),
            source: SourceRecord {
                path: "/data/shop.duckdb".into(),
                kind: "duckdb".into(),
                workspace: "/data".into(),
                files: vec![FileRecord {
                    path: "/data/shop.duckdb".into(),
                    bytes: 12,
                    modified: modified_text(1_700_000_000_000_000_000),
                    sha256: Some("ab".into()),
                }],
            },
            entity: "customer".into(),
            cohort: "all".into(),
            condition: "country = 'DE'".into(),
            words: "country is DE".into(),
            segments: vec![],
            sql: "SELECT 1".into(),
            as_of: None,
            now: "2026-11-23T09:00:00+00:00[UTC]".into(),
            zone: "UTC".into(),
            columns: vec![ColumnRecord {
                feature: "email".into(),
                name: "Email".into(),
                hashed: true,
                normalised: Some(NormalisedRecord { how: "email".into(), changed: 1, lost: 0 }),
            }],
            options: OptionsRecord {
                format: "csv".into(),
                neutralise_formulas: true,
                apostrophes: 0,
                byte_order_mark: false,
            },
            rows: 1,
            bytes: 8,
            sha256: "cd".into(),
            versions: Versions { muster: "0.1.0".into(), duckdb: "v2.0.0".into() },
        }
    }

    #[test]
    fn the_manifest_reads_like_this() {
        insta::assert_snapshot!(sample().text(), @r#"
        {
          "schema": 1,
          "file": "list.csv",
          "source": {
            "path": "/data/shop.duckdb",
            "kind": "duckdb",
            "workspace": "/data",
            "files": [
              {
                "path": "/data/shop.duckdb",
                "bytes": 12,
                "modified": "2023-11-14T22:13:20Z",
                "sha256": "ab"
              }
            ]
          },
          "entity": "customer",
          "cohort": "all",
          "where": "country = 'DE'",
          "words": "country is DE",
          "segments": [],
          "sql": "SELECT 1",
          "as_of": null,
          "now": "2026-11-23T09:00:00+00:00[UTC]",
          "zone": "UTC",
          "columns": [
            {
              "feature": "email",
              "name": "Email",
              "hashed": true,
              "normalised": {
                "how": "email",
                "changed": 1,
                "lost": 0
              }
            }
          ],
          "options": {
            "format": "csv",
            "neutralise_formulas": true,
            "apostrophes": 0,
            "byte_order_mark": false
          },
          "rows": 1,
          "bytes": 8,
          "sha256": "cd",
          "versions": {
            "muster": "0.1.0",
            "duckdb": "v2.0.0"
          }
        }
        "#);
    }

    #[test]
    fn a_manifest_is_read_back_and_a_later_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.csv.manifest.json");
        let mut part = PartFile::of(&path).unwrap();
        sample().write_part(&mut part).unwrap();
        part.rename().unwrap();
        assert_eq!(Manifest::read(&path).unwrap(), sample());

        std::fs::write(&path, sample().text().replace("\"schema\": 1", "\"schema\": 2")).unwrap();
        assert!(Manifest::read(&path).unwrap_err().what.contains("schema 2"));
        std::fs::write(&path, "{").unwrap();
        assert!(Manifest::read(&path).unwrap_err().what.contains("cannot be read"));
    }

    #[test]
    fn a_manifest_of_before_says_that_nothing_was_done_before_hashing() {
        let mut value: serde_json::Value = serde_json::from_str(&sample().text()).unwrap();
        value["columns"][0].as_object_mut().unwrap().remove("normalised");
        value["options"] = serde_json::json!({ "format": "csv", "neutralise_formulas": true });
        let mut manifest: Manifest = serde_json::from_value(value).unwrap();
        assert_eq!(manifest.export_columns().unwrap()[0].hash, Some(Normal::AsItIs));
        assert!(!manifest.options.byte_order_mark);
        let how = "as nobody knows".to_owned();
        manifest.columns[0].normalised = Some(NormalisedRecord { how, changed: 0, lost: 0 });
        assert_eq!(manifest.export_columns().unwrap_err(), "as nobody knows");
    }

    #[test]
    fn a_file_that_was_touched_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f.csv");
        std::fs::write(&path, "a\n1\n").unwrap();
        let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
        let modified_nanos = nanos_since_1970(modified).unwrap();
        let stamp = FileStamp { path: path.clone(), bytes: 4, modified_nanos };
        let fingerprint = Fingerprint { files: vec![stamp] };
        assert_eq!(changed_file(&fingerprint), None);
        let records =
            file_records(&fingerprint, SourceKind::Files, &AtomicBool::new(false)).unwrap();
        assert_eq!(records[0].sha256.as_deref(), Some(&*checksum::of_bytes(b"a\n1\n")));

        std::fs::write(&path, "a\n12\n").unwrap();
        assert_eq!(changed_file(&fingerprint).map(|f| &f.path), Some(&path));
    }
}
