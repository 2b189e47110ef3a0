//! Whether a list still matches its manifest, and where two lists differ.

use super::checksum::{self, Checksum};
use super::manifest::{FileRecord, Manifest};
use super::parquet_rows;
use crate::disk::{links, read, write};
use crate::model::export::ExportFormat;
use crate::model::failure::Failure;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// What comparing a list with its manifest brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The list.
    pub list: PathBuf,
    /// Its manifest.
    pub manifest_path: PathBuf,
    /// What the manifest says.
    pub manifest: Manifest,
    /// SHA-256 of the list as it is.
    pub sha256: String,
    /// Rows of the list as it is; `None` where they cannot be counted (Excel, damaged Parquet).
    pub rows: Option<u64>,
    /// What differs, a sentence each without a full stop. Empty: the list matches.
    pub differences: Vec<String>,
}

/// The list that a path names: itself, or the list of a manifest.
pub fn list_of(path: &Path) -> PathBuf {
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    match name.strip_suffix(".manifest.json") {
        Some(list) if !list.is_empty() => path.with_file_name(list),
        _ => path.to_owned(),
    }
}

/// Compares a list with its manifest. `on_block` is called with the bytes read so far.
///
/// # Errors
/// When one of the two cannot be read. A list that differs is no error here.
pub fn verify(
    path: &Path,
    on_block: &mut dyn FnMut(u64) -> Result<(), Failure>,
) -> Result<Verdict, Failure> {
    let mut list = list_of(path);
    // A list that was sent to a link lies with its manifest where the link leads.
    if links::is_link(&list) && !Manifest::path_of(&list).exists() {
        list = write::behind_link(&list).unwrap_or(list);
    }
    if !list.exists() {
        let place = list.display().to_string();
        return Err(Failure::new("there is no such list", place, "check the path"));
    }
    checksum::can_be_read(&list)?;
    let manifest_path = Manifest::path_of(&list);
    let manifest = Manifest::read(&manifest_path)?;
    let found = checksum::of_file(&list, on_block)?;
    let rows = rows_of(&list, &manifest, &found)?;
    let mut differences = differences(&manifest, &found, rows);
    if manifest.format().is_some_and(ExportFormat::is_sheet_of_text) {
        differences.extend(other_mark(&list, &manifest));
    }
    Ok(Verdict { list, manifest_path, manifest, sha256: found.sha256, rows, differences })
}

fn rows_of(list: &Path, manifest: &Manifest, found: &Checksum) -> Result<Option<u64>, Failure> {
    Ok(match manifest.format() {
        Some(ExportFormat::Csv) => checksum::records(list)?.checked_sub(1),
        Some(ExportFormat::JsonLines) => Some(checksum::lines(list)?),
        Some(ExportFormat::Parquet) => parquet_rows::rows(list),
        // The workbook is packed; its checksum says it all.
        Some(ExportFormat::Excel) if found.sha256 == manifest.sha256 => Some(manifest.rows),
        Some(ExportFormat::Excel) | None => None,
    })
}

/// Editors add and drop the mark at the beginning of a text.
fn other_mark(list: &Path, manifest: &Manifest) -> Option<String> {
    match (checksum::has_byte_order_mark(list), manifest.options.byte_order_mark) {
        (true, false) => Some(
            "the list begins with a byte order mark, which the manifest does not mention".into(),
        ),
        (false, true) => {
            Some("the list has no byte order mark, but the manifest says it has one".into())
        }
        _ => None,
    }
}

fn differences(manifest: &Manifest, found: &Checksum, rows: Option<u64>) -> Vec<String> {
    let mut out = Vec::new();
    if found.bytes != manifest.bytes {
        let (is, was) = (found.bytes, manifest.bytes);
        out.push(format!("the list is {is} bytes long, but the manifest says {was}"));
    }
    if found.sha256 != manifest.sha256 {
        out.push("the list's SHA-256 is not the one in the manifest".to_owned());
    }
    match rows {
        Some(rows) if rows != manifest.rows => {
            out.push(format!("the list has {rows} rows, but the manifest says {}", manifest.rows));
        }
        _ => {}
    }
    out
}

/// Which source files are not as the manifest says, a sentence each.
///
/// A file whose bytes are the same is the same, whatever its modification time.
pub fn changed_sources(then: &[FileRecord], now: &[FileRecord]) -> Vec<String> {
    let mut out = Vec::new();
    for old in then {
        let Some(new) = now.iter().find(|n| n.path == old.path) else {
            out.push(format!("a source file is no longer there: {}", old.path));
            continue;
        };
        let same = match (&old.sha256, &new.sha256) {
            (Some(a), Some(b)) => a == b,
            _ => old.bytes == new.bytes && old.modified == new.modified,
        };
        if !same {
            out.push(format!("a source file has changed since: {}", old.path));
        }
    }
    for new in now.iter().filter(|n| then.iter().all(|o| o.path != n.path)) {
        out.push(format!("a source file is new: {}", new.path));
    }
    out
}

/// The first line in which two texts differ, as a sentence; `None` when they are the same.
///
/// # Errors
/// When one of the files cannot be read.
pub fn first_differing_line(list: &Path, rebuilt: &Path) -> std::io::Result<Option<String>> {
    let mut old = BufReader::new(read::open(list)?);
    let mut new = BufReader::new(read::open(rebuilt)?);
    let (mut a, mut b) = (Vec::new(), Vec::new());
    for line in 1_u64.. {
        a.clear();
        b.clear();
        let ends = old.read_until(b'\n', &mut a)? == 0;
        let new_ends = new.read_until(b'\n', &mut b)? == 0;
        if ends && new_ends {
            return Ok(None);
        }
        if a != b {
            return Ok(Some(format!(
                "line {line} is the first that differs: {} in the list, {} now",
                excerpt(&a, ends),
                excerpt(&b, new_ends)
            )));
        }
    }
    Ok(None)
}

fn excerpt(line: &[u8], ended: bool) -> String {
    if ended {
        return "no line".to_owned();
    }
    let text = String::from_utf8_lossy(line);
    let cut: String = text.trim_end_matches(['\n', '\r']).chars().take(120).collect();
    format!("`{cut}`")
}

#[cfg(test)]
mod tests {
    use super::super::manifest::tests::sample;
    use super::*;

    /// A list of two rows with its manifest.
    fn written(folder: &Path) -> PathBuf {
        let list = folder.join("list.csv");
        let content = "id,name\n1,\"A\nB\"\n2,C\n";
        std::fs::write(&list, content).unwrap();
        let manifest = Manifest {
            rows: 2,
            bytes: content.len() as u64,
            sha256: checksum::of_bytes(content.as_bytes()),
            ..sample()
        };
        std::fs::write(Manifest::path_of(&list), manifest.text()).unwrap();
        list
    }

    fn check(path: &Path) -> Vec<String> {
        verify(path, &mut |_| Ok(())).unwrap().differences
    }

    #[test]
    fn a_list_that_was_not_touched_matches() {
        let folder = tempfile::tempdir().unwrap();
        let list = written(folder.path());
        assert_eq!(check(&list), Vec::<String>::new());
        assert_eq!(check(&Manifest::path_of(&list)), Vec::<String>::new(), "by its manifest");
    }

    #[test]
    fn a_lost_row_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let list = written(folder.path());
        std::fs::write(&list, "id,name\n1,\"A\nB\"\n").unwrap();
        let found = check(&list);
        assert!(
            found.contains(&"the list has 1 rows, but the manifest says 2".to_owned()),
            "{found:?}"
        );
    }

    #[test]
    fn one_changed_letter_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let list = written(folder.path());
        std::fs::write(&list, "id,name\n1,\"A\nB\"\n2,D\n").unwrap();
        assert_eq!(check(&list), ["the list's SHA-256 is not the one in the manifest"]);
    }

    #[test]
    fn a_lost_byte_order_mark_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let list = written(folder.path());
        let marked = [checksum::BYTE_ORDER_MARK, &std::fs::read(&list).unwrap()].concat();
        let mut manifest = Manifest::read(&Manifest::path_of(&list)).unwrap();
        manifest.options.byte_order_mark = true;
        manifest.bytes += 3;
        manifest.sha256 = checksum::of_bytes(&marked);
        std::fs::write(Manifest::path_of(&list), manifest.text()).unwrap();
        let found = check(&list);
        assert!(found.iter().any(|said| said.contains("no byte order mark")), "{found:?}");
        std::fs::write(&list, marked).unwrap();
        assert_eq!(check(&list), Vec::<String>::new());
    }

    #[test]
    fn a_list_without_a_manifest_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let list = written(folder.path());
        std::fs::remove_file(Manifest::path_of(&list)).unwrap();
        let failure = verify(&list, &mut |_| Ok(())).unwrap_err();
        assert!(failure.what.contains("no manifest"), "{failure}");
    }

    #[test]
    fn the_same_bytes_under_a_new_time_are_no_change() {
        let old = sample().source.files;
        let mut new = old.clone();
        new[0].modified = "2026-01-01T00:00:00Z".into();
        assert_eq!(changed_sources(&old, &new), Vec::<String>::new());
        new[0].sha256 = Some("other".into());
        assert_eq!(changed_sources(&old, &new).len(), 1);
        assert_eq!(changed_sources(&old, &[]).len(), 1);
        assert_eq!(changed_sources(&[], &new).len(), 1);
    }

    #[test]
    fn the_first_differing_line_is_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let (a, b) = (folder.path().join("a"), folder.path().join("b"));
        std::fs::write(&a, "x\n1\n2\n").unwrap();
        std::fs::write(&b, "x\n1\n3\n").unwrap();
        let line = first_differing_line(&a, &b).unwrap().unwrap();
        assert_eq!(line, "line 3 is the first that differs: `2` in the list, `3` now");
        std::fs::write(&b, "x\n1\n").unwrap();
        assert!(first_differing_line(&a, &b).unwrap().unwrap().contains("no line now"));
        assert_eq!(first_differing_line(&a, &a).unwrap(), None);
    }
}
