//! What was found in a source, kept so that it opens at once the next time.
//!
//! - Kept in the user's cache folder, readable by its owner only: names, types, keys, relations,
//!   counts and how files are read. Never a value of a row: examples are left out of findings.
//! - Beside it, by the window only, the codes of features that were charted or sliced by
//!   (`remembered/codes.rs`), which do hold values; not of personal data.
//! - It counts only while every file of the source is the same (size, times, inode), and for the
//!   same program, corrections and run. A file more in a folder is another source.
//! - Small sources, which open quickly, encrypted files, projects and what they built are not kept.
//! - `muster forget` removes all of it.

mod codes;

use crate::deliver::checksum;
use crate::disk::{Readers, read, write};
use crate::model::catalog::Catalog;
use crate::model::workspace::Correction;
use crate::protocol::OpenRequest;
use crate::sources::{self, files};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A source with less than these bytes, in fewer than these files, opens quickly and is found anew
/// each time.
const SMALL: (u64, usize) = (1 << 20, 16);
/// Sources that are remembered; the oldest go.
const KEPT_MAX: usize = 200;
/// The ending of a file with what was found in a source.
const ENDING: &str = "json";
/// Bytes of what is kept about one source.
const BYTES_MAX: u64 = 32 << 20;

/// Where what is known about a source is kept, and what its files are now.
pub(in crate::engine) struct Memory {
    file: PathBuf,
    paths: Vec<PathBuf>,
    files: Vec<State>,
}

/// What tells a file from a changed one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct State {
    path: PathBuf,
    bytes: u64,
    /// Nanoseconds since 1970 of the last change of its content, and of anything about it.
    changed: (i128, i128),
    inode: u64,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    files: Vec<State>,
    catalog: Catalog,
}

impl Memory {
    /// `None` when nothing about the source is to be kept.
    pub(in crate::engine) fn of(request: &OpenRequest, corrections: &[Correction]) -> Option<Self> {
        if request.password.is_some() {
            return None;
        }
        let absolute = |path: &PathBuf| std::path::absolute(path).ok();
        let paths: Vec<PathBuf> = request.paths.iter().map(absolute).collect::<Option<_>>()?;
        let program = state(&std::env::current_exe().ok()?)?;
        let asked = (&paths, corrections, &request.workspace, request.run, &program);
        let key = checksum::of_bytes(&serde_json::to_vec(&asked).ok()?);
        let file = folder()?.join(format!("{}.{ENDING}", &key[..32]));
        Some(Self { files: states(&paths)?, file, paths })
    }

    /// What was found when the files were as they are now.
    pub(in crate::engine) fn recall(&self) -> Option<Catalog> {
        let bytes = read::whole(&self.file, BYTES_MAX).ok()?;
        let kept: Kept = serde_json::from_slice(&bytes).ok()?;
        (kept.files == self.files).then_some(kept.catalog)
    }

    /// Keeps what was found, unless the source is small or its files have changed meanwhile.
    pub(in crate::engine) fn keep(&self, catalog: &Catalog) {
        let built = catalog.definitions.is_some() || !catalog.runs.is_empty();
        let bytes: u64 = self.files.iter().map(|file| file.bytes).sum();
        let is_small = bytes < SMALL.0 && self.files.len() < SMALL.1;
        if is_small || built || states(&self.paths).as_ref() != Some(&self.files) {
            return;
        }
        let mut catalog = catalog.clone();
        for finding in &mut catalog.findings {
            finding.without_example();
        }
        let kept = Kept { files: self.files.clone(), catalog };
        // What is not kept is looked for again.
        let _ = self.write(&kept);
    }

    fn write(&self, kept: &Kept) -> std::io::Result<()> {
        let bytes = serde_json::to_vec(kept)?;
        let Some(folder) = self.file.parent().filter(|_| bytes.len() as u64 <= BYTES_MAX) else {
            return Ok(());
        };
        write::create_private_folder(folder)?;
        write::replace(&self.file, &bytes, Readers::Owner)?;
        let mut all = kept_files(folder, ENDING);
        all.sort_by_key(|kept| std::cmp::Reverse(kept.age));
        for oldest in all.into_iter().skip(KEPT_MAX) {
            std::fs::remove_file(oldest.path)?;
        }
        Ok(())
    }
}

/// Removes all that is kept about sources, and says of how many it was.
///
/// # Errors
/// When a file cannot be removed.
pub fn forget() -> std::io::Result<usize> {
    let Some(folder) = folder() else { return Ok(0) };
    let mut sources = BTreeSet::new();
    for kept in [ENDING, codes::ENDING].iter().flat_map(|ending| kept_files(&folder, ending)) {
        std::fs::remove_file(&kept.path)?;
        // The name of a file begins with that of its source.
        let name = kept.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        sources.insert(name.split('-').next().unwrap_or_default().to_owned());
    }
    Ok(sources.len())
}

/// The folder in which it is kept, made when it is not there yet, so that a command that is walled
/// in can write there.
pub fn folder() -> Option<PathBuf> {
    let folder = directories::ProjectDirs::from("", "", "muster")?.cache_dir().join("opened");
    write::create_private_folder(&folder).ok()?;
    Some(folder)
}

/// A file of what is kept.
struct KeptFile {
    age: Option<std::time::SystemTime>,
    bytes: u64,
    path: PathBuf,
}

fn kept_files(folder: &Path, ending: &str) -> Vec<KeptFile> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == ending))
        .filter_map(|path| {
            let data = path.metadata().ok()?;
            Some(KeptFile { age: data.modified().ok(), bytes: data.len(), path })
        })
        .collect()
}

/// The states of all files that a source is made of.
fn states(paths: &[PathBuf]) -> Option<Vec<State>> {
    let mut files: Vec<PathBuf> = match paths {
        [one] if files::is_database(one) => vec![one.clone(), sources::log_of(one)],
        _ => {
            let sets = files::file_sets(paths, &mut Vec::new()).ok()?;
            sets.iter().flat_map(files::FileSet::watched).collect()
        }
    };
    files.sort();
    Some(files.iter().filter_map(|path| state(path)).collect())
}

fn state(path: &Path) -> Option<State> {
    let data = std::fs::metadata(path).ok()?;
    let since = data.modified().ok()?.duration_since(std::time::UNIX_EPOCH).ok()?;
    let content = i128::try_from(since.as_nanos()).ok()?;
    #[cfg(unix)]
    let (any, inode) = {
        use std::os::unix::fs::MetadataExt as _;
        let any = i128::from(data.ctime()) * 1_000_000_000 + i128::from(data.ctime_nsec());
        (any, data.ino())
    };
    #[cfg(not(unix))]
    let (any, inode) = (content, 0);
    Some(State { path: path.to_path_buf(), bytes: data.len(), changed: (content, any), inode })
}
