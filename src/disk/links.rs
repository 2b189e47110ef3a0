//! Links in what was opened: somebody else's folder must not make this program read what lies
//! elsewhere. A path that a person names may be a link; one that lies in a folder which they opened
//! is followed only as long as it stays in there.

use super::read;
use crate::model::finding::{Finding, Severity};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A folder that was opened, while it is gone through.
#[derive(Debug)]
pub struct Opened {
    /// Without links.
    root: PathBuf,
    /// Folders that were gone through, without links: a link to one of them leads in a circle, or
    /// to what is read anyway.
    seen: BTreeSet<PathBuf>,
}

/// What stands in a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A file, or a link to one in what was opened.
    File,
    /// A folder, or a link to one in what was opened.
    Folder,
    /// A link out of what was opened, and where it leads.
    LeadsOut(PathBuf),
    /// A link to nothing.
    LeadsNowhere,
    /// Neither, such as a pipe.
    Other(read::FileKind),
}

impl Opened {
    /// Begins with the folder that was opened.
    ///
    /// # Errors
    /// When it is not there.
    pub fn new(folder: &Path) -> io::Result<Self> {
        Ok(Self { root: folder.canonicalize()?, seen: BTreeSet::new() })
    }

    /// What stands in a folder, in name order, links last. One that was gone through already has
    /// nothing new.
    ///
    /// # Errors
    /// When it cannot be listed.
    pub fn entries(&mut self, folder: &Path) -> io::Result<Vec<(PathBuf, Entry)>> {
        if !self.seen.insert(folder.canonicalize()?) {
            return Ok(Vec::new());
        }
        let mut plain = Vec::new();
        let mut links = Vec::new();
        for entry in fs::read_dir(folder)? {
            let Ok(entry) = entry else { continue };
            let Ok(kind) = entry.file_type() else { continue };
            match kind.is_symlink() {
                true => links.push(entry.path()),
                false if kind.is_dir() => plain.push((entry.path(), Entry::Folder)),
                false if kind.is_file() => plain.push((entry.path(), Entry::File)),
                false => plain.push((entry.path(), Entry::Other(read::thing(kind)))),
            }
        }
        plain.sort_by(|(a, _), (b, _)| a.cmp(b));
        links.sort();
        for path in links {
            if let Some(entry) = self.behind(&path) {
                plain.push((path, entry));
            }
        }
        Ok(plain)
    }

    fn behind(&self, link: &Path) -> Option<Entry> {
        let Ok(real) = link.canonicalize() else { return Some(Entry::LeadsNowhere) };
        if !real.starts_with(&self.root) {
            return Some(Entry::LeadsOut(real));
        }
        let facts = fs::metadata(&real).ok()?;
        match (facts.is_dir(), facts.is_file()) {
            (true, _) => (!self.seen.contains(&real)).then_some(Entry::Folder),
            (_, true) => Some(Entry::File),
            _ => Some(Entry::Other(read::thing(facts.file_type()))),
        }
    }
}

/// Where a path leads when that is not in `folder`: through a link, or by `..`. `None` when it
/// stays in there, or is not there.
pub fn leads_out(folder: &Path, path: &Path) -> Option<PathBuf> {
    let root = folder.canonicalize().ok()?;
    let real = path.canonicalize().ok()?;
    (!real.starts_with(root)).then_some(real)
}

/// Whether a path itself is a link, wherever it leads.
pub fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|facts| facts.is_symlink())
}

impl Entry {
    /// What is told about an entry that is passed over; `None` for files and folders.
    pub fn finding(&self, path: &Path) -> Option<Finding> {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let (message, hint) = match self {
            Self::File | Self::Folder => return None,
            Self::LeadsOut(to) => (
                format!(
                    "{name} is a link that leads out of the folder, to {}; it is not followed",
                    to.display()
                ),
                format!("to read it, name {} itself, or put a copy of it here", to.display()),
            ),
            Self::LeadsNowhere => (
                format!("{name} is a link that leads nowhere"),
                "fix the link, or remove it".to_owned(),
            ),
            Self::Other(what) => (
                format!("{name} is {what}, not a file, and is left out"),
                "put a file in its place, or remove it".to_owned(),
            ),
        };
        Some(Finding::new(Severity::Warning, message).at(path, None).hint(hint))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_as_long_as_they_stay_inside() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("opened/.data")).unwrap();
        fs::create_dir(at("elsewhere")).unwrap();
        fs::write(at("elsewhere/secret"), "x").unwrap();
        fs::write(at("opened/.data/real"), "x").unwrap();
        let link = |to: &str, name: &str| symlink(to, at("opened").join(name)).unwrap();
        link(".data/real", "inside");
        link(".data", "to folder");
        link("../elsewhere/secret", "out");
        link("../elsewhere", "out folder");
        link("nothing", "nowhere");
        link("loop", "loop");
        link(".", "circle");
        let mut opened = Opened::new(&at("opened")).unwrap();
        let found: Vec<(String, Entry)> = opened
            .entries(&at("opened"))
            .unwrap()
            .into_iter()
            .map(|(path, entry)| (path.file_name().unwrap().to_str().unwrap().to_owned(), entry))
            .collect();
        let real = at("elsewhere").canonicalize().unwrap();
        let expected = [
            (".data", Entry::Folder),
            ("inside", Entry::File),
            ("loop", Entry::LeadsNowhere),
            ("nowhere", Entry::LeadsNowhere),
            ("out", Entry::LeadsOut(real.join("secret"))),
            ("out folder", Entry::LeadsOut(real)),
            ("to folder", Entry::Folder),
        ];
        let expected: Vec<(String, Entry)> =
            expected.into_iter().map(|(name, entry)| (name.to_owned(), entry)).collect();
        assert_eq!(found, expected);
        assert!(leads_out(&at("opened"), &at("opened/../elsewhere/secret")).is_some());
        assert_eq!(leads_out(&at("opened"), &at("opened/inside")), None);
    }
}
