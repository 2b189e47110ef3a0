//! Reads the files of a Profiles project, for [`crate::define`] to understand. Nothing is written.

use crate::define::{self, Project};
use crate::disk::links::{Entry, Opened};
use crate::disk::{limit, read};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::model::warehouse::Warehouse;
use std::io;
use std::path::{Path, PathBuf};

/// Folders deeper than this, and files beyond these limits, are not part of any project.
const DEPTH_MAX: usize = 12;
const FILES_MAX: usize = 20_000;
/// So many links and the like are told one by one.
const TOLD_MAX: usize = 20;

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
/// When the folder cannot be listed. A file that cannot be read is a finding, and reads as missing.
pub fn read(folder: &Path) -> Result<(Project, Vec<Finding>), Failure> {
    read_as(folder, None)
}

/// The same, for the SQL of a warehouse that is named from outside.
///
/// # Errors
/// See [`read()`].
pub fn read_as(
    folder: &Path,
    warehouse: Option<Warehouse>,
) -> Result<(Project, Vec<Finding>), Failure> {
    let mut listed = Listed::default();
    Opened::new(folder).and_then(|mut opened| listed.list(&mut opened, folder, 0)).map_err(
        |error| {
            Failure::new(
                format!("the project cannot be listed: {error}"),
                folder.display().to_string(),
                "check that the folder exists and can be read",
            )
        },
    )?;
    let files = listed.read(folder);
    let (project, mut findings) = define::read(&files, folder, warehouse);
    let more = listed.strays.len().saturating_sub(TOLD_MAX);
    findings.extend(listed.strays.into_iter().take(TOLD_MAX));
    if more > 0 {
        let message = format!("{more} more files, links and pipes are not read");
        findings.push(Finding::new(Severity::Warning, message).at(folder, None));
    }
    Ok((project, findings))
}

/// What is in the folder of a project.
#[derive(Default)]
struct Listed {
    paths: Vec<PathBuf>,
    /// Links that lead out of the project, pipes, and files that are not read.
    strays: Vec<Finding>,
}

impl Listed {
    fn list(&mut self, opened: &mut Opened, folder: &Path, depth: usize) -> io::Result<()> {
        for (path, entry) in opened.entries(folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.starts_with(".git") {
                continue;
            }
            match &entry {
                Entry::Folder if depth < DEPTH_MAX => self.list(opened, &path, depth + 1)?,
                Entry::File if define::wanted(&path) => self.paths.push(path),
                // One that would not have been read anyway is nobody's concern, a folder may be.
                Entry::LeadsOut(to) if to.is_dir() => self.strays.extend(entry.finding(&path)),
                stray if define::wanted(&path) => self.strays.extend(stray.finding(&path)),
                _ => {}
            }
            if self.paths.len() > FILES_MAX {
                break;
            }
        }
        Ok(())
    }

    /// The contents of the files, in the order of their paths.
    fn read(&mut self, folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        self.paths.sort();
        let mut left = limit::PROJECT;
        let mut files = Vec::new();
        let paths = std::mem::take(&mut self.paths);
        let too_many = paths.len() > FILES_MAX;
        for path in paths.into_iter().take(FILES_MAX) {
            match read::whole(&path, limit::PROJECT_FILE.min(left)) {
                Ok(bytes) => {
                    left -= bytes.len() as u64;
                    files.push((path, bytes));
                }
                Err(error) => self.strays.push(not_read(&path, &error, left)),
            }
        }
        if too_many {
            let message =
                format!("the project has more than {FILES_MAX} files; the rest is not read");
            self.strays.push(Finding::new(Severity::Error, message).at(folder, None));
        }
        files
    }
}

fn not_read(path: &Path, error: &io::Error, left: u64) -> Finding {
    let of_all = error.kind() == io::ErrorKind::FileTooLarge && left < limit::PROJECT_FILE;
    let why = match of_all {
        true => format!("the project has more than {} MB", limit::PROJECT >> 20),
        false => error.to_string(),
    };
    let message = format!("the file is not read: {why}");
    Finding::new(Severity::Error, message).at(path, None).hint(
        "remove what is not a definition from the project, or check that the file can be read",
    )
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_is_not_read_of_a_project_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("project/models")).unwrap();
        fs::create_dir(at("elsewhere")).unwrap();
        fs::write(at("elsewhere/secret.yaml"), "models: []\n").unwrap();
        fs::write(at("project/pb_project.yaml"), "name: p\nschema_version: 85\n").unwrap();
        let link = |to: &str, name: &str| {
            std::os::unix::fs::symlink(to, at("project").join(name)).unwrap();
        };
        link("../../elsewhere/secret.yaml", "models/out.yaml");
        link("../elsewhere", "all");
        link("..", "up");
        link(".", "circle");
        link("/bin/sh", "sh");
        let pipe = at("project/models/pipe.yaml");
        assert!(std::process::Command::new("mkfifo").arg(pipe).status().unwrap().success());
        fs::write(at("project/large.yaml"), vec![b'#'; (8 << 20) + 1]).unwrap();
        let (_, findings) = read(&at("project")).unwrap();
        let told: Vec<String> = findings
            .iter()
            .filter(|f| f.message.contains("leads out") || f.message.contains("not read"))
            .filter_map(|f| Some(f.file.as_ref()?.file_name()?.to_string_lossy().into_owned()))
            .collect();
        assert_eq!(told, ["out.yaml", "all", "up", "large.yaml"]);
        assert!(findings.iter().any(|f| f.message.contains("pipe.yaml is a pipe")));
    }
}
