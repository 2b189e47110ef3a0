//! The history of a project, asked with a patience that ends.
//!
//! A project's Git data is somebody else's. A pipe where Git keeps a file would keep a reader
//! waiting for ever, and a history may be built to be slow. So what lies there is looked at before
//! it is opened, and all of it is read on a thread of its own: when that takes too long, the project
//! is shown without its history.

use super::repository::Repository;
use super::{Commit, Provenance};
use crate::disk::read::{self, FileKind};
use crate::model::finding::{Finding, Severity};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// How long all answers together are waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// So many entries of a folder of Git's are looked at. What lies beyond is left to the patience.
const ENTRIES_MAX: usize = 100_000;
/// Folders in one of Git's that are not read here.
const NOT_READ: [&str; 5] = ["annex", "hooks", "lfs", "modules", "worktrees"];

/// The history of the repository around a project. One question is asked at a time, and none after
/// one that was not answered, so there is always room for it.
pub struct History {
    ask: Option<SyncSender<Question>>,
    head: Option<Commit>,
    left: Duration,
    trouble: Option<Finding>,
}

/// Where some lines of a file come from, and where the answer goes.
struct Question {
    file: PathBuf,
    lines: RangeInclusive<u64>,
    answer: SyncSender<Option<Provenance>>,
}

impl History {
    /// The history around a folder; without a repository there is none.
    pub fn around(folder: &Path) -> Self {
        Self::of(folder, PATIENCE, Repository::discover)
    }

    fn of(
        folder: &Path,
        patience: Duration,
        discover: impl FnOnce(&Path) -> Option<Repository> + Send + 'static,
    ) -> Self {
        let mut history = Self { ask: None, head: None, left: patience, trouble: None };
        if let Some((path, what)) = odd_in_git(folder) {
            let message = format!("the history of the project is not read: it contains {what}");
            let hint = "get another copy of the project, without it";
            let finding = Finding::new(Severity::Note, message).at(path, None).hint(hint);
            history.trouble = Some(finding);
            return history;
        }
        let (ask, asked) = sync_channel(1);
        let (tell_head, head) = sync_channel(1);
        let at = folder.to_owned();
        let reader = std::thread::Builder::new().name("history".to_owned());
        let started = reader.spawn(move || {
            if let Some(repository) = discover(&at) {
                answer(repository, &asked, &tell_head);
            }
        });
        if started.is_ok() {
            history.head = history.wait(&head, folder).flatten();
            history.ask = history.trouble.is_none().then_some(ask);
        }
        history
    }

    /// The commit at HEAD. `None` before the first commit, and without a repository.
    pub fn head(&self) -> Option<&Commit> {
        self.head.as_ref()
    }

    /// Where `lines` of `file` come from, counted from 1 in the working text. `None` when nothing can
    /// be said, when there is no history, and when it took too long.
    pub fn provenance(&mut self, file: &Path, lines: RangeInclusive<u64>) -> Option<Provenance> {
        let (answer, answered) = sync_channel(1);
        let question = Question { file: file.to_owned(), lines, answer };
        self.ask.as_ref()?.send(question).ok()?;
        let found = self.wait(&answered, file).flatten();
        if self.trouble.is_some() {
            self.ask = None;
        }
        found
    }

    /// What kept the history from being read, as far as it was not.
    pub fn trouble(&self) -> Option<Finding> {
        self.trouble.clone()
    }

    fn wait<T>(&mut self, answered: &Receiver<T>, place: &Path) -> Option<T> {
        let began = Instant::now();
        let found = answered.recv_timeout(self.left);
        self.left = self.left.saturating_sub(began.elapsed());
        if matches!(found, Err(RecvTimeoutError::Timeout)) {
            let message = "reading the history of the project took too long; commits are left out";
            self.trouble = Some(Finding::new(Severity::Note, message).at(place, None));
        }
        found.ok()
    }
}

/// Answers until no more questions come.
fn answer(
    mut repository: Repository,
    asked: &Receiver<Question>,
    tell_head: &SyncSender<Option<Commit>>,
) {
    // Nobody listens any more once the patience is over.
    let _ = tell_head.send(repository.head());
    for Question { file, lines, answer } in asked {
        let _ = answer.send(repository.provenance(&file, lines));
    }
}

/// Something in Git's data around a folder that would keep a reader waiting, and what it is.
fn odd_in_git(folder: &Path) -> Option<(PathBuf, FileKind)> {
    let folder = folder.canonicalize().ok()?;
    folder.ancestors().find_map(|above| {
        let git = above.join(".git");
        if git.is_dir() {
            return odd_in(&git);
        }
        if let Some(odd) = odd(&git) {
            return Some(odd);
        }
        // A work tree of its own names the folder, and that one the folder which it shares.
        let shared = |from: &Path, file: &str| {
            let text = read::text(&from.join(file), 4096).ok()?;
            Some(from.join(text.trim().trim_start_matches("gitdir:").trim()))
        };
        let own = shared(above, ".git")?;
        odd_in(&own).or_else(|| odd_in(&shared(&own, "commondir")?))
    })
}

fn odd_in(git: &Path) -> Option<(PathBuf, FileKind)> {
    let mut folders = vec![git.to_owned()];
    let mut left = ENTRIES_MAX;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for entry in entries.filter_map(Result::ok) {
            left = left.checked_sub(1)?;
            let Ok(kind) = entry.file_type() else { continue };
            let path = entry.path();
            if kind.is_dir() {
                let name = entry.file_name();
                folders.extend((!NOT_READ.iter().any(|not| name == *not)).then_some(path));
            } else if !kind.is_file()
                && let Some(odd) = odd(&path)
            {
                return Some(odd);
            }
        }
    }
    None
}

/// A socket is not odd: a program of Git's own listens there, and opening it fails at once.
fn odd(path: &Path) -> Option<(PathBuf, FileKind)> {
    let thing = read::instead_of_file(path)?;
    matches!(thing, FileKind::Pipe | FileKind::Device).then(|| (path.to_owned(), thing))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn pipe(path: &Path) {
        assert!(std::process::Command::new("mkfifo").arg(path).status().is_ok_and(|s| s.success()));
    }

    #[test]
    fn a_pipe_in_the_history_is_told_and_not_opened() {
        for name in ["HEAD", "config", "packed-refs", "refs/heads/main", "objects/pack/a.idx"] {
            let folder = tempfile::tempdir().unwrap();
            let at = folder.path().join(".git").join(name);
            std::fs::create_dir_all(at.parent().unwrap()).unwrap();
            pipe(&at);
            std::fs::create_dir(folder.path().join("inner")).unwrap();
            let history = History::around(&folder.path().join("inner"));
            let told = history.trouble().unwrap();
            assert!(told.message.contains("a pipe"), "{}", told.message);
            assert!(told.file.unwrap().ends_with(name));
        }
        let folder = tempfile::tempdir().unwrap();
        pipe(&folder.path().join(".git"));
        assert!(History::around(folder.path()).trouble().is_some());
    }

    #[test]
    fn patience_ends() {
        let folder = tempfile::tempdir().unwrap();
        let slow = |_: &Path| {
            std::thread::sleep(Duration::from_secs(60));
            None
        };
        let began = Instant::now();
        let mut history = History::of(folder.path(), Duration::from_millis(50), slow);
        assert!(history.trouble().unwrap().message.contains("too long"));
        assert_eq!(history.provenance(Path::new("a"), 1..=1), None);
        assert!(began.elapsed() < Duration::from_secs(30));
    }
}
