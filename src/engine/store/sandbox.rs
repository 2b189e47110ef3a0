//! What a database may reach while SQL that somebody else wrote runs in it.
//!
//! A source's views, macros, generated columns and types are SQL of whoever made it, and so is the
//! SQL of a project. Before the first of it runs, the database is shut, which the database itself
//! cannot undo:
//!
//! - It reads the files of the source, by their real paths, links followed; no others.
//! - It writes nowhere but into its private folder for spilling.
//! - Its settings cannot be changed any more, so that profiling and logging, which write files,
//!   stay off.
//! - It does not go on the network, and loads no extension.
//!
//! `tests/it/safety.rs` tries every table function and pragma of the database against that.

use crate::sql::literal_path;
use duckdb::Config;
use std::path::{Path, PathBuf};

/// Files and folders that a database may read.
#[derive(Debug, Default)]
pub(super) struct Reach {
    pub(super) files: Vec<PathBuf>,
    pub(super) folders: Vec<PathBuf>,
}

impl Reach {
    /// A database file with its log of changes.
    pub(super) fn of_database(path: &Path) -> Self {
        let mut reach = Self::default();
        for path in spellings(path) {
            reach.files.push(crate::sources::log_of(&path));
            reach.files.push(path);
        }
        reach
    }

    /// Files, and folders with all that is in them.
    pub(super) fn of_paths(paths: &[PathBuf]) -> Self {
        let mut reach = Self::default();
        for path in paths {
            let to = if path.is_dir() { &mut reach.folders } else { &mut reach.files };
            to.extend(spellings(path));
        }
        reach
    }

    /// Files.
    pub(super) fn of_files(paths: &[PathBuf]) -> Self {
        Self { files: paths.iter().flat_map(|path| spellings(path)).collect(), ..Self::default() }
    }
}

/// The path as it is named and as it is really: the database compares real paths. It is also asked
/// for a path as its readers write it, where `[`, `*` and `?` stand for themselves.
fn spellings(path: &Path) -> Vec<PathBuf> {
    let named = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut all = vec![named.clone()];
    all.extend(path.canonicalize().ok().filter(|real| *real != named));
    let literal = |path: &PathBuf| PathBuf::from(literal_path(&path.to_string_lossy()));
    let written: Vec<PathBuf> =
        all.iter().map(literal).filter(|path| !all.contains(path)).collect();
    all.extend(written);
    all
}

/// How every database is started.
pub(super) fn config(spill: &Path) -> Result<Config, duckdb::Error> {
    Config::default()
        .with("autoinstall_known_extensions", "false")?
        .with("autoload_known_extensions", "false")?
        .with("allow_persistent_secrets", "false")?
        .with("preserve_insertion_order", "true")?
        .with("temp_directory", spill.to_string_lossy())
}
