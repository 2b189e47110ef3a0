//! Reads the files of a Profiles project, for [`crate::define`] to understand. Nothing is written.

use crate::define::{self, Project};
use crate::model::failure::Failure;
use crate::model::finding::Finding;
use std::path::{Path, PathBuf};

/// Folders deeper than this, and files beyond these limits, are not part of any project.
const DEPTH_MAX: usize = 12;
const FILES_MAX: usize = 20_000;
const BYTES_MAX: u64 = 8 * 1024 * 1024;

/// The folder of the project that a path means: the project file or the folder that holds it.
pub fn folder_of(path: &Path) -> Option<PathBuf> {
    let path = &std::path::absolute(path).ok()?;
    let folder = if path.is_file() { path.parent()? } else { path };
    let names: Vec<PathBuf> = if path.is_file() {
        vec![path.to_path_buf()]
    } else {
        let entries = std::fs::read_dir(path).ok()?;
        entries.filter_map(Result::ok).map(|e| e.path()).collect()
    };
    define::is_project(names.iter().map(PathBuf::as_path)).then(|| folder.to_path_buf())
}

/// The project in a folder, and everything that is wrong with it.
///
/// # Errors
/// When the folder cannot be listed. A file that cannot be read is read as empty and shows up as a
/// finding where it is missed.
pub fn read(folder: &Path) -> Result<(Project, Vec<Finding>), Failure> {
    let mut paths = Vec::new();
    list(folder, 0, &mut paths).map_err(|error| {
        Failure::new(
            format!("the project cannot be listed: {error}"),
            folder.display().to_string(),
            "check that the folder is there and may be read",
        )
    })?;
    paths.sort();
    let files: Vec<(PathBuf, Vec<u8>)> = paths
        .into_iter()
        .take(FILES_MAX)
        .filter_map(|path| std::fs::read(&path).ok().map(|bytes| (path, bytes)))
        .collect();
    Ok(define::read(&files, folder))
}

/// Files of the project below a folder. Links are not followed: they could lead out of it.
fn list(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let hidden = entry.file_name().to_string_lossy().starts_with(".git");
        if kind.is_dir() && depth < DEPTH_MAX && !hidden {
            list(&path, depth + 1, found)?;
        } else if kind.is_file()
            && define::wanted(&path)
            && entry.metadata().is_ok_and(|m| m.len() <= BYTES_MAX)
            && found.len() <= FILES_MAX
        {
            found.push(path);
        }
    }
    Ok(())
}
