//! Where lines come from: the commit which last changed them, and whether they are committed.
//!
//! ```text
//! working text ──line diff──▶ text at HEAD ──walk back──▶ a commit for each line
//! ```
//!
//! What holds here, and what is kept out:
//!
//! - Git's data is only read: no hook, filter, diff driver or other program runs, nothing is
//!   written, and no configuration outside the repository counts. The repository's own is not
//!   trusted.
//! - Lines are compared without their line ending, so a work tree with Windows newlines is no edit.
//!   For the same reason a commit which changed nothing but newlines is not named.
//! - A history which is cut off (a shallow or partial clone), too long or damaged gives no answer
//!   where the answer lies beyond the end: never the commit at which the reading stopped.
//! - A file which was renamed keeps the commits from before.
//! - Each file is read and traced once. After files or commits changed, open the repository anew.
//!
//! Start at [`Repository::provenance`], then `Trace`.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use crate::disk::read;
use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::discover::upwards;
use gix::objs::tree::EntryMode;
use gix::sec::Trust;
use gix_imara_diff::{Algorithm, Diff, Hunk, InternedInput};

/// A file larger than this, in the work tree or in a commit, is not read.
const BYTES_MAX: u64 = 8 << 20;

/// Text compared for one file before its trace ends: some hundred versions of a large file.
const COMPARED_BYTES_MAX: u64 = 1 << 30;

/// Commits visited for one file before its trace ends.
const COMMITS_MAX: u32 = 20_000;

/// Folders in which a commit changed something, looked through for what an added file was before.
const FOLDERS_MAX: usize = 1_000;

/// Files which vanished there: with so many, no more folders are looked through.
const VANISHED_MAX: usize = 1_000;

/// How many of those are read and compared with the added file, where none has its very text.
const COMPARED_MAX: usize = 50;

/// A commit, as shown next to what it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Commit {
    /// The full id, in hexadecimal.
    pub(super) id: String,
    /// Who wrote it, without the address.
    pub(super) author: String,
    /// When it was written, in seconds since 1970-01-01 UTC.
    pub(super) at_seconds: i64,
    /// How far the author's clock was ahead of UTC, in seconds.
    pub(super) offset_seconds: i32,
    /// The first paragraph of its message, on one line.
    pub(super) title: String,
}

/// Where some lines of a file come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Provenance {
    /// The newest commit which changed one of the lines. `None` when no commit has them.
    pub(super) commit: Option<Commit>,
    /// The lines in the work tree differ from those of the commit at HEAD.
    pub(super) uncommitted: bool,
}

/// The Git repository around a project, as it was when it was opened.
pub(super) struct Repository {
    history: History,
    /// The project's folder: a relative file is looked for there.
    project: PathBuf,
    /// The top of the work tree, without links.
    top: PathBuf,
    /// The commit at HEAD. `None` before the first commit.
    head: Option<ObjectId>,
    /// The files asked for so far. `None` for one about which nothing can be said.
    files: BTreeMap<PathBuf, Option<TracedFile>>,
}

impl Repository {
    /// Opens the repository whose work tree holds `folder`.
    ///
    /// `None` when there is none, when it has no work tree or when its data cannot be read.
    pub(super) fn discover(folder: &Path) -> Option<Self> {
        let project = folder.canonicalize().ok()?;
        let git = open(&project)?;
        let top = git.workdir()?.canonicalize().ok()?;
        let head = match git.head().ok()? {
            head if head.is_unborn() => None,
            head => Some(head.id()?.detach()),
        };
        let mut history = History { git, versions: HashMap::new(), entries: HashMap::new() };
        if let Some(head) = head {
            history.version(head).ok()?;
        }
        Some(Self { history, project, top, head, files: BTreeMap::new() })
    }

    /// The commit at HEAD. `None` before the first commit.
    pub(super) fn head(&self) -> Option<Commit> {
        self.history.commit(self.head?)
    }

    /// Where `lines` of `file` come from, counted from 1 in the working text.
    ///
    /// A file or a line which was never committed has no commit and is uncommitted. For a line
    /// which is edited and not committed, the commit is that of the line it replaces. A line taken
    /// out at the end of `lines` counts as theirs when it was indented deeper than their first.
    ///
    /// `None` when nothing can be said: `file` is outside of the work tree, in a repository of its
    /// own within it, unreadable or too large, has no such line, or the history ends too early.
    pub(super) fn provenance(
        &mut self,
        file: &Path,
        lines: RangeInclusive<u64>,
    ) -> Option<Provenance> {
        if !self.files.contains_key(file) {
            let traced = self.trace_file(file);
            self.files.insert(file.to_owned(), traced);
        }
        let traced = self.files.get(file)?.as_ref()?;
        let (origin, uncommitted) = traced.about(lines)?;
        let commit = match origin {
            Some(origin) => Some(self.history.commit(origin.commit?)?),
            None => None,
        };
        Some(Provenance { commit, uncommitted })
    }

    /// Compares `file` with what HEAD has of it, and traces that back.
    fn trace_file(&mut self, file: &Path) -> Option<TracedFile> {
        let file = self.project.join(file).canonicalize().ok()?;
        let path = self.path_in_tree(&file)?;
        let working = read::whole(&file, BYTES_MAX).ok()?;

        let never_committed = || Some(TracedFile::new(b"", &working, &[]));
        let Some(head) = self.head else { return never_committed() };
        let Some(blob) = self.history.file_at(head, path.as_ref()).ok()? else {
            return never_committed();
        };
        let committed = self.history.text(blob).ok()?;
        let lines = committed.lines().count();
        let origins = Trace::new(&mut self.history, lines).run(head, path, blob);
        Some(TracedFile::new(&committed, &working, &origins))
    }

    /// The path of `file` as Git writes it. `None` when it belongs to no or to another repository.
    fn path_in_tree(&self, file: &Path) -> Option<BString> {
        let inside = file.strip_prefix(&self.top).ok()?;
        let mut folders = inside.ancestors().skip(1).filter(|it| !it.as_os_str().is_empty());
        if folders.any(|folder| self.top.join(folder).join(".git").exists()) {
            return None;
        }
        let names: Option<Vec<&str>> =
            inside.components().map(|name| name.as_os_str().to_str()).collect();
        Some(names?.join("/").into())
    }
}

/// Opens the repository around `folder` for reading, with nothing of it trusted.
fn open(folder: &Path) -> Option<gix::Repository> {
    let upwards = upwards::Options {
        trust: upwards::TrustPolicy::Assume(Trust::Reduced),
        dot_git_only: true,
        ..upwards::Options::default()
    };
    let isolated = gix::open::Options::isolated;
    let by_trust = gix::sec::trust::Mapping { full: isolated(), reduced: isolated() };
    let shared = gix::ThreadSafeRepository::discover_opts(folder, upwards, by_trust).ok()?;
    Some(shared.to_thread_local())
}

/// Something of the history is missing, damaged or too large.
#[derive(Debug)]
struct Unreadable;

impl From<gix::Error> for Unreadable {
    fn from(_: gix::Error) -> Self {
        Self
    }
}

/// What the repository holds, with what was looked up before.
struct History {
    git: gix::Repository,
    versions: HashMap<ObjectId, Version>,
    /// What a folder of a commit has under a name.
    entries: HashMap<(ObjectId, BString), Option<(EntryMode, ObjectId)>>,
}

/// The part of a commit which leads further.
#[derive(Clone)]
struct Version {
    tree: ObjectId,
    parents: Vec<ObjectId>,
    /// When it was made, which for a commit that was moved is later than when it was written.
    seconds: i64,
}

impl History {
    fn commit(&self, id: ObjectId) -> Option<Commit> {
        let commit = self.git.find_commit(id).ok()?;
        let author = commit.author().ok()?;
        let at = author.time().ok()?;
        Some(Commit {
            id: id.to_string(),
            author: plain(author.name),
            at_seconds: at.seconds,
            offset_seconds: at.offset,
            title: plain(commit.message().ok()?.summary().as_ref()),
        })
    }

    fn version(&mut self, commit: ObjectId) -> Result<&Version, Unreadable> {
        if !self.versions.contains_key(&commit) {
            let read = self.git.find_commit(commit)?;
            let version = Version {
                tree: read.tree_id()?.detach(),
                parents: read.parent_ids().map(gix::Id::detach).collect(),
                seconds: read.time().map_or(0, |at| at.seconds),
            };
            self.versions.insert(commit, version);
        }
        self.versions.get(&commit).ok_or(Unreadable)
    }

    /// The file which `commit` has at `path`.
    fn file_at(&mut self, commit: ObjectId, path: &BStr) -> Result<Option<ObjectId>, Unreadable> {
        let mut folder = self.version(commit)?.tree;
        let mut names = path.split_str("/").peekable();
        while let Some(name) = names.next() {
            let Some((mode, id)) = self.entry(folder, name.as_bstr())? else { return Ok(None) };
            if names.peek().is_none() {
                return Ok(mode.is_blob().then_some(id));
            }
            if !mode.is_tree() {
                return Ok(None);
            }
            folder = id;
        }
        Ok(None)
    }

    fn entry(
        &mut self,
        folder: ObjectId,
        name: &BStr,
    ) -> Result<Option<(EntryMode, ObjectId)>, Unreadable> {
        let key = (folder, name.to_owned());
        if let Some(known) = self.entries.get(&key) {
            return Ok(*known);
        }
        let mut found = None;
        for entry in self.git.find_tree(folder)?.iter() {
            let entry = entry?;
            if entry.filename() == name {
                found = Some((entry.mode(), entry.object_id()));
                break;
            }
        }
        self.entries.insert(key, found);
        Ok(found)
    }

    fn text(&self, blob: ObjectId) -> Result<Vec<u8>, Unreadable> {
        if self.bytes(blob)? > BYTES_MAX {
            return Err(Unreadable);
        }
        Ok(self.git.find_blob(blob)?.take_data())
    }

    fn bytes(&self, blob: ObjectId) -> Result<u64, Unreadable> {
        Ok(self.git.find_header(blob)?.size())
    }

    /// What the folder `tree` has, by name.
    fn folder(
        &self,
        tree: ObjectId,
    ) -> Result<BTreeMap<BString, (EntryMode, ObjectId)>, Unreadable> {
        let mut found = BTreeMap::new();
        for entry in self.git.find_tree(tree)?.iter() {
            let entry = entry?;
            found.insert(entry.filename().to_owned(), (entry.mode(), entry.object_id()));
        }
        Ok(found)
    }

    /// The files of the folder `before` which the folder `after` has no more, higher ones first.
    fn vanished(
        &self,
        before: ObjectId,
        after: ObjectId,
    ) -> Result<Vec<(BString, ObjectId)>, Unreadable> {
        let mut vanished = Vec::new();
        let mut open = VecDeque::from([(BString::default(), before, Some(after))]);
        for _ in 0..FOLDERS_MAX {
            let Some((folder, before, after)) = open.pop_front() else { break };
            let after = after.map_or(Ok(BTreeMap::new()), |after| self.folder(after))?;
            for (name, (mode, id)) in self.folder(before)? {
                let new = after.get(&name);
                let mut path = folder.clone();
                path.extend_from_slice(&name);
                if mode.is_tree() {
                    let new = new.filter(|(mode, _)| mode.is_tree()).map(|(_, new)| *new);
                    if new != Some(id) {
                        path.push(b'/');
                        open.push_back((path, id, new));
                    }
                } else if mode.is_blob() && !new.is_some_and(|(mode, _)| mode.is_blob()) {
                    vanished.push((path, id));
                }
            }
            if vanished.len() >= VANISHED_MAX {
                break;
            }
        }
        Ok(vanished)
    }
}

/// A text out of a commit, fit to be shown: whoever wrote the commit chose its bytes.
fn plain(text: &BStr) -> String {
    text.to_str_lossy().trim().chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}

/// Who wrote a line.
#[derive(Debug, Clone, Copy)]
struct Origin {
    /// When the trace learned it. It visits newer commits first.
    rank: u32,
    /// `None` when it is this commit or an older one, and the history ends here.
    commit: Option<ObjectId>,
}

/// A line on its way back through the history.
#[derive(Debug, Clone, Copy)]
struct Traced {
    /// Its index at HEAD.
    head: usize,
    /// Its index in the version visited.
    here: usize,
}

/// A walk back from HEAD which asks each commit for the lines it took over from its parents.
///
/// The lines which no parent has were written in the commit. A parent which has the whole file as
/// it is takes all of its lines; otherwise each parent in turn takes what it has.
struct Trace<'a> {
    history: &'a mut History,
    /// The versions of the file to visit, the newest last: when, which commit, the file's path
    /// there.
    open: BTreeMap<(i64, ObjectId, BString), (ObjectId, Vec<Traced>)>,
    origins: Vec<Origin>,
    compared_bytes: u64,
}

impl<'a> Trace<'a> {
    fn new(history: &'a mut History, lines: usize) -> Self {
        let unknown = Origin { rank: u32::MAX, commit: None };
        let origins = vec![unknown; lines];
        Self { history, open: BTreeMap::new(), origins, compared_bytes: 0 }
    }

    /// Who wrote each line of the file `blob`, which is at `path` in the commit `head`.
    fn run(mut self, head: ObjectId, path: BString, blob: ObjectId) -> Vec<Origin> {
        let lines = (0..self.origins.len()).map(|line| Traced { head: line, here: line }).collect();
        self.open.insert((i64::MAX, head, path), (blob, lines));
        for rank in 0..COMMITS_MAX {
            let Some(((_, commit, path), (blob, mut lines))) = self.open.pop_last() else { break };
            let passed_on = self.pass_on(commit, &path, blob, &mut lines);
            let origin = Origin { rank, commit: passed_on.is_ok().then_some(commit) };
            for line in lines {
                self.origins[line.head] = origin;
            }
        }
        self.origins
    }

    /// Hands those of `lines` to the parents of `commit` which they have. The rest stays.
    fn pass_on(
        &mut self,
        commit: ObjectId,
        path: &BString,
        blob: ObjectId,
        lines: &mut Vec<Traced>,
    ) -> Result<(), Unreadable> {
        let parents = self.history.version(commit)?.parents.clone();
        let mut earlier = Vec::new();
        for &parent in &parents {
            let Some(old) = self.history.file_at(parent, path.as_ref())? else { continue };
            if old == blob {
                return self.hand(parent, path.clone(), old, std::mem::take(lines));
            }
            earlier.push((parent, path.clone(), old));
        }
        if earlier.is_empty() {
            for &parent in &parents {
                let renamed = self.name_before(parent, commit, blob)?;
                earlier.extend(renamed.map(|(path, old)| (parent, path, old)));
            }
        }
        for (parent, path, old) in earlier {
            let before = self.lines_before(old, blob)?;
            let mut taken = Vec::new();
            lines.retain(|line| match before.get(line.here).copied().flatten() {
                Some(here) => {
                    taken.push(Traced { here, ..*line });
                    false
                }
                None => true,
            });
            self.hand(parent, path, old, taken)?;
        }
        Ok(())
    }

    /// Asks `commit` for `lines` later, of the file `blob` which it has at `path`.
    fn hand(
        &mut self,
        commit: ObjectId,
        path: BString,
        blob: ObjectId,
        lines: Vec<Traced>,
    ) -> Result<(), Unreadable> {
        if !lines.is_empty() {
            let seconds = self.history.version(commit)?.seconds;
            let open = self.open.entry((seconds, commit, path));
            open.or_insert_with(|| (blob, Vec::new())).1.extend(lines);
        }
        Ok(())
    }

    /// For each line of the file `new`, its index in the file `old` if that has it.
    fn lines_before(
        &mut self,
        old: ObjectId,
        new: ObjectId,
    ) -> Result<Vec<Option<usize>>, Unreadable> {
        let (old, new) = (self.history.text(old)?, self.history.text(new)?);
        self.compared_bytes += (old.len() + new.len()) as u64;
        if self.compared_bytes > COMPARED_BYTES_MAX {
            return Err(Unreadable);
        }
        Ok(indices_before(&hunks(&old, &new), old.lines().count()))
    }

    /// What the file `blob`, which `commit` added, was in `parent`: a file which vanished with that
    /// commit and has the same text, or else the one with the most lines in common, but at least
    /// half of them.
    fn name_before(
        &mut self,
        parent: ObjectId,
        commit: ObjectId,
        blob: ObjectId,
    ) -> Result<Option<(BString, ObjectId)>, Unreadable> {
        let before = self.history.version(parent)?.tree;
        let after = self.history.version(commit)?.tree;
        let vanished = self.history.vanished(before, after)?;
        if let Some(same) = vanished.iter().find(|(_, old)| *old == blob) {
            return Ok(Some(same.clone()));
        }

        let bytes = self.history.bytes(blob)?;
        let mut compared = 0;
        let mut best = None;
        for (path, old) in vanished {
            let old_bytes = self.history.bytes(old)?;
            if old_bytes / 2 > bytes || bytes / 2 > old_bytes || compared == COMPARED_MAX {
                continue;
            }
            compared += 1;
            let lines = self.lines_before(old, blob)?;
            let common = lines.iter().flatten().count();
            let all = lines.len().max(self.history.text(old)?.lines().count());
            if common * 2 >= all && best.as_ref().is_none_or(|(most, _)| common > *most) {
                best = Some((common, (path, old)));
            }
        }
        Ok(best.map(|(_, found)| found))
    }
}

/// A file of the work tree, each line with where it comes from.
struct TracedFile {
    lines: Vec<WorkingLine>,
    removed: Vec<Removed>,
}

struct WorkingLine {
    /// Who wrote it, or the line which it replaces. `None` for a line which came on top.
    origin: Option<Origin>,
    changed: bool,
    depth: usize,
}

/// Lines of HEAD which the working text has no more, or has otherwise.
struct Removed {
    /// The index of the line they stood before.
    before: usize,
    /// How deep the first of them which is not blank was indented.
    depth: usize,
}

impl TracedFile {
    /// Compares the text `committed`, whose lines come from `origins`, with the text `working`.
    fn new(committed: &[u8], working: &[u8], origins: &[Origin]) -> Self {
        let old: Vec<&[u8]> = committed.lines().collect();
        let hunks = hunks(committed, working);
        let origin = |line: usize| origins.get(line).copied();
        let before = indices_before(&hunks, old.len());
        let mut lines: Vec<WorkingLine> = before
            .into_iter()
            .zip(working.lines())
            .map(|(before, text)| WorkingLine {
                origin: before.and_then(origin),
                changed: before.is_none(),
                depth: depth(text),
            })
            .collect();

        let mut removed = Vec::new();
        for Hunk { before, after } in hunks {
            // Edited lines mostly keep their number and order: each stands for the one it replaces.
            for (line, replaced) in after.clone().zip(before.clone()) {
                lines[line as usize].origin = origin(replaced as usize);
            }
            let gone = &old[before.start as usize..before.end as usize];
            if let Some(first) = gone.iter().find(|line| !line.trim().is_empty()) {
                removed.push(Removed { before: after.start as usize, depth: depth(first) });
            }
        }
        Self { lines, removed }
    }

    /// The newest origin of `lines`, counted from 1, and whether they differ from HEAD.
    fn about(&self, lines: RangeInclusive<u64>) -> Option<(Option<Origin>, bool)> {
        let start = usize::try_from(lines.start().saturating_sub(1)).ok()?;
        let end = usize::try_from(*lines.end()).unwrap_or(usize::MAX).min(self.lines.len());
        let these = self.lines.get(start..end)?;
        let depth = these.first()?.depth;
        let newest = these.iter().filter_map(|line| line.origin).min_by_key(|origin| origin.rank);
        let changed = these.iter().any(|line| line.changed);
        let shortened = self.removed.iter().any(|removed| {
            (start < removed.before && removed.before < end)
                || (removed.before == end && removed.depth > depth)
        });
        Some((newest, changed || shortened))
    }
}

/// How many blanks a line starts with.
fn depth(line: &[u8]) -> usize {
    line.iter().take_while(|it| matches!(it, b' ' | b'\t')).count()
}

/// Where the lines of two texts differ, leaving out how lines end.
///
/// The way of Git's own `diff` and `blame`, so that the answers agree with what those say.
fn hunks(old: &[u8], new: &[u8]) -> Vec<Hunk> {
    let mut input = InternedInput::default();
    input.update_before(old.lines());
    input.update_after(new.lines());
    let mut diff = Diff::compute(Algorithm::Myers, &input);
    // Among equal ways to read an edit, this takes the one which follows the indentation: a whole
    // definition came or went, not the end of one and the start of the next.
    diff.postprocess_lines(&input);
    diff.hunks().collect()
}

/// For each line of the new text, its index in the old text of `old_lines` lines if it was there.
fn indices_before(hunks: &[Hunk], old_lines: usize) -> Vec<Option<usize>> {
    let mut before = Vec::new();
    let mut next = 0;
    for hunk in hunks {
        before.extend((next..hunk.before.start as usize).map(Some));
        before.extend(hunk.after.clone().map(|_| None));
        next = hunk.before.end as usize;
    }
    before.extend((next..old_lines).map(Some));
    before
}

#[cfg(test)]
mod tests {
    use gix::actor::SignatureRef;
    use gix::objs::tree::{Entry, EntryKind};
    use tempfile::TempDir;

    use super::*;
    use std::fs;

    const MAIN: &str = "refs/heads/main";
    const FILE: &str = "vars.yaml";

    const TWO: &str = "\
vars:
  - name: spend
    select: sum(total)
  - name: orders_n
    select: count(*)
";

    /// A folder with a repository, and the means to commit to it.
    struct Project {
        folder: TempDir,
        git: gix::Repository,
    }

    impl Project {
        fn new() -> Self {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let git = gix::ThreadSafeRepository::init_opts(
                folder.path(),
                gix::create::Kind::WithWorktree,
                gix::create::Options::default(),
                gix::open::Options::isolated(),
            );
            Self { git: git.expect("a new repository").to_thread_local(), folder }
        }

        fn write(&self, file: &str, text: &str) {
            let file = self.folder.path().join(file);
            fs::create_dir_all(file.parent().expect("a folder")).expect("the folder is made");
            fs::write(file, text).expect("the file is written");
        }

        /// Commits `files` to `branch`, on top of `parents`, as the whole of the tree.
        fn commit_to(
            &self,
            branch: &str,
            author: &str,
            parents: &[ObjectId],
            files: &[(&str, &str)],
        ) -> ObjectId {
            let blob = |text: &str| self.git.write_blob(text).expect("a blob").detach();
            let mut top = gix::objs::Tree::empty();
            for (path, text) in files {
                let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
                let file =
                    Entry { mode: EntryKind::Blob.into(), filename: name.into(), oid: blob(text) };
                if folder.is_empty() {
                    top.entries.push(file);
                } else {
                    let below = gix::objs::Tree { entries: vec![file] };
                    top.entries.push(Entry {
                        mode: EntryKind::Tree.into(),
                        filename: folder.into(),
                        oid: self.git.write_object(&below).expect("a tree").detach(),
                    });
                }
            }
            top.entries.sort();
            let tree = self.git.write_object(&top).expect("a tree").detach();
            let who =
                SignatureRef { name: author.into(), email: "".into(), time: "1700000000 +0200" };
            let title = format!("{author} writes\nmore\n\nBody.\n");
            let commit = self.git.commit_as(who, who, branch, title, tree, parents.iter().copied());
            commit.expect("a commit").detach()
        }

        /// Commits [`FILE`] to the branch at HEAD.
        fn commit(&self, author: &str, parents: &[ObjectId], text: &str) -> ObjectId {
            self.commit_to(MAIN, author, parents, &[(FILE, text)])
        }

        fn open(&self) -> Repository {
            Repository::discover(self.folder.path()).expect("the repository is found")
        }

        /// Who wrote `lines` of [`FILE`] last, and whether they are uncommitted.
        fn who(&self, lines: RangeInclusive<u64>) -> (Option<String>, bool) {
            let found = self.open().provenance(Path::new(FILE), lines).expect("an answer");
            (found.commit.map(|commit| commit.author), found.uncommitted)
        }

        #[track_caller]
        fn check(&self, lines: RangeInclusive<u64>, author: &str, uncommitted: bool) {
            assert_eq!(self.who(lines), (Some(author.to_owned()), uncommitted));
        }
    }

    /// Ada committed both definitions, then Bo changed the second.
    fn ada_then_bo() -> (Project, ObjectId) {
        let project = Project::new();
        let first = project.commit("Ada", &[], TWO);
        let text = TWO.replace("count(*)", "count(distinct id)");
        let second = project.commit("Bo", &[first], &text);
        project.write(FILE, &text);
        (project, second)
    }

    #[test]
    fn each_definition_has_the_commit_which_changed_it_last() {
        let (project, head) = ada_then_bo();
        project.check(2..=3, "Ada", false);
        project.check(4..=5, "Bo", false);
        project.check(4..=4, "Ada", false);
        project.check(1..=99, "Bo", false);

        let commit = project.open().head().expect("a commit");
        assert_eq!(
            commit,
            Commit {
                id: head.to_string(),
                author: "Bo".to_owned(),
                at_seconds: 1_700_000_000,
                offset_seconds: 7_200,
                title: "Bo writes more".to_owned(),
            }
        );
    }

    #[test]
    fn the_newest_commit_is_the_last_one_whatever_its_clock_said() {
        // Every commit of these tests is of the same second: only their order tells.
        let project = Project::new();
        let mut parents = Vec::new();
        let mut text = String::new();
        for author in ["A", "B", "C", "D", "E"] {
            text = format!("{text}- {author}\n");
            parents = vec![project.commit(author, &parents, &text)];
        }
        project.write(FILE, &text);
        project.check(1..=5, "E", false);
        project.check(1..=3, "C", false);
    }

    #[test]
    fn what_stands_below_an_edit_keeps_its_commit() {
        let (project, _) = ada_then_bo();
        let text = "vars:
  - name: spend
    select: sum(total)
    where: total > 0
  - name: new
    select: 1
  - name: orders_n
    select: count(distinct id)
";
        project.write(FILE, text);
        project.check(2..=4, "Ada", true);
        assert_eq!(project.who(5..=6), (None, true));
        project.check(7..=8, "Bo", false);
    }

    #[test]
    fn an_edited_line_has_the_commit_of_the_line_it_replaces() {
        let (project, _) = ada_then_bo();
        project.write(FILE, &TWO.replace("count(*)", "1"));
        project.check(5..=5, "Bo", true);
        project.check(4..=5, "Bo", true);
        project.check(2..=3, "Ada", false);
    }

    #[test]
    fn a_line_taken_out_is_an_edit_of_the_definition_it_was_part_of() {
        let (project, _) = ada_then_bo();
        let text = "vars:\n  - name: spend\n  - name: orders_n\n    select: count(distinct id)\n";
        project.write(FILE, text);
        project.check(2..=2, "Ada", true);
        project.check(3..=4, "Bo", false);

        project.write(FILE, "vars:\n  - name: spend\n    select: sum(total)\n");
        project.check(2..=3, "Ada", false);
        project.check(1..=3, "Ada", true);

        let three = format!("{TWO}  - name: last\n    select: count(*)\n");
        let project = Project::new();
        project.commit("Ada", &[], &three);
        project.write(FILE, &three.replace("  - name: orders_n\n    select: count(*)\n", ""));
        project.check(2..=3, "Ada", false);
        project.check(4..=5, "Ada", false);
    }

    #[test]
    fn a_file_which_was_never_committed_is_uncommitted() {
        let (project, _) = ada_then_bo();
        project.write("models/new.yaml", "a: 1\n");
        let found = project.open().provenance(Path::new("models/new.yaml"), 1..=1);
        assert_eq!(found, Some(Provenance { commit: None, uncommitted: true }));
    }

    #[test]
    fn before_the_first_commit_all_is_uncommitted() {
        let project = Project::new();
        project.write(FILE, TWO);
        assert_eq!(project.open().head(), None);
        assert_eq!(project.who(1..=3), (None, true));
    }

    #[test]
    fn without_a_repository_there_is_nothing() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(Repository::discover(folder.path()).is_none());
        assert!(Repository::discover(&folder.path().join("nowhere")).is_none());
        fs::write(folder.path().join(".git"), "gitdir: nowhere").expect("the file is written");
        assert!(Repository::discover(folder.path()).is_none());
    }

    #[test]
    fn windows_newlines_in_the_work_tree_are_no_edit() {
        let (project, head) = ada_then_bo();
        let text = TWO.replace("count(*)", "count(distinct id)").replace('\n', "\r\n");
        project.write(FILE, &text);
        project.check(2..=3, "Ada", false);
        project.check(4..=5, "Bo", false);

        project.write(FILE, &text.replace("spend", "spent"));
        project.check(2..=3, "Ada", true);
        project.check(4..=5, "Bo", false);

        // Nor are they a change when someone commits them.
        project.commit("Cy", &[head], &text);
        project.write(FILE, text.trim_end());
        project.check(2..=3, "Ada", false);
        project.check(4..=5, "Bo", false);
    }

    #[test]
    fn a_merge_names_who_wrote_a_line_on_either_side() {
        let (project, bo) = ada_then_bo();
        let ada = bo_s_parent(&project, bo);
        let side = TWO.replace("sum(total)", "sum(net)");
        let cy = project.commit_to("refs/heads/side", "Cy", &[ada], &[(FILE, &side)]);
        let merged = side.replace("count(*)", "count(distinct id)").replace("vars:", "all:");
        project.commit("Di", &[bo, cy], &merged);
        project.write(FILE, &merged);
        project.check(1..=1, "Di", false);
        project.check(2..=2, "Ada", false);
        project.check(2..=3, "Cy", false);
        project.check(4..=5, "Bo", false);
    }

    fn bo_s_parent(project: &Project, bo: ObjectId) -> ObjectId {
        let commit = project.git.find_commit(bo).expect("a commit");
        commit.parent_ids().next().expect("a parent").detach()
    }

    #[test]
    fn two_histories_without_a_common_start_both_count() {
        let project = Project::new();
        let ada = project.commit("Ada", &[], TWO);
        let other = "  - name: other\n    select: 1\n";
        let side = "refs/heads/side";
        let bo = project.commit_to(side, "Bo", &[], &[("other.yaml", "x\n"), (FILE, other)]);
        let merged = format!("{TWO}{other}");
        project.commit("Cy", &[ada, bo], &merged);
        project.write(FILE, &merged);
        project.check(2..=5, "Ada", false);
        project.check(6..=7, "Bo", false);
    }

    #[test]
    fn a_renamed_file_keeps_its_commits() {
        let project = Project::new();
        let others = [("a.yaml", "a\n"), ("old.yaml", TWO)];
        let ada = project.commit_to(MAIN, "Ada", &[], &others);
        let bo = project.commit_to(MAIN, "Bo", &[ada], &[("models/old.yaml", TWO)]);
        let text = TWO.replace("count(*)", "1");
        project.commit("Cy", &[bo], &text);
        project.write(FILE, &text);
        project.check(2..=3, "Ada", false);
        project.check(4..=5, "Cy", false);
    }

    #[test]
    fn a_history_which_is_cut_off_names_no_commit_beyond_its_end() {
        let project = Project::new();
        let ada = project.commit("Ada", &[], TWO);
        let text = TWO.replace("count(*)", "1");
        project.commit("Bo", &[ada], &text);
        let name = ada.to_string();
        let object = project.git.git_dir().join("objects").join(&name[..2]).join(&name[2..]);
        fs::remove_file(object).expect("the commit was there");
        project.write(FILE, &format!("{text}  - new\n"));

        let mut repository = project.open();
        let mut ask = |lines| repository.provenance(Path::new(FILE), lines);
        assert_eq!(ask(2..=3), None);
        assert_eq!(ask(4..=5), None, "the cut hides whether Bo was the last to change these");
        assert_eq!(ask(6..=6), Some(Provenance { commit: None, uncommitted: true }));
    }

    #[test]
    fn lines_and_files_which_are_not_there_have_no_answer() {
        let (project, _) = ada_then_bo();
        fs::create_dir_all(project.folder.path().join("inner/.git")).expect("a folder");
        project.write("inner/a.yaml", "a\n");
        let outside = tempfile::NamedTempFile::new().expect("a file");
        let mut repository = project.open();
        for (file, lines) in [
            (Path::new(FILE), 6..=7),
            (Path::new(FILE), RangeInclusive::new(3, 2)),
            (Path::new(FILE), u64::MAX..=u64::MAX),
            (Path::new("nowhere.yaml"), 1..=1),
            (Path::new("inner/a.yaml"), 1..=1),
            (outside.path(), 1..=1),
            (project.folder.path(), 1..=1),
        ] {
            assert_eq!(repository.provenance(file, lines.clone()), None, "{file:?} {lines:?}");
        }
        let absolute = project.folder.path().join(FILE);
        assert!(repository.provenance(&absolute, 0..=5).is_some());
    }

    #[test]
    fn a_project_within_a_repository_is_found() {
        let project = Project::new();
        project.commit_to(MAIN, "Ada", &[], &[("shop/vars.yaml", TWO)]);
        project.write("shop/vars.yaml", TWO);
        let folder = project.folder.path().join("shop");
        let mut repository = Repository::discover(&folder).expect("the repository is found");
        let found = repository.provenance(Path::new(FILE), 1..=5).expect("an answer");
        assert_eq!(found.commit, repository.head());
        assert!(!found.uncommitted);
    }

    #[test]
    fn what_a_commit_says_is_fit_to_be_shown() {
        assert_eq!(plain(b" a\x1b[31m\tb\xff ".as_bstr()), "a [31m b\u{fffd}");
    }

    #[test]
    fn a_repository_can_move_to_another_thread() {
        fn is_send<T: Send>() {}
        is_send::<Repository>();
    }
}
