//! The repository around a project: which commit changed which lines of a file last.

use super::lines::TracedFile;
use super::objects::Objects;
use super::trace::Trace;
use super::{BYTES_MAX, Commit, Provenance};
use crate::disk::read;
use gix::ObjectId;
use gix::bstr::{BString, ByteSlice as _};
use gix::discover::upwards;
use gix::sec::Trust;
use std::collections::{BTreeMap, HashMap};
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// The Git repository around a project, as it was when it was opened.
pub(super) struct Repository {
    objects: Objects,
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
        let mut objects = Objects { git, versions: HashMap::new(), entries: HashMap::new() };
        if let Some(head) = head {
            objects.version(head).ok()?;
        }
        Some(Self { objects, project, top, head, files: BTreeMap::new() })
    }

    /// The commit at HEAD. `None` before the first commit.
    pub(super) fn head(&self) -> Option<Commit> {
        self.objects.commit(self.head?)
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
            Some(origin) => Some(self.objects.commit(origin.commit?)?),
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
        let Some(blob) = self.objects.file_at(head, path.as_ref()).ok()? else {
            return never_committed();
        };
        let committed = self.objects.text(blob).ok()?;
        let lines = committed.lines().count();
        let origins = Trace::new(&mut self.objects, lines).run(head, path, blob);
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

#[cfg(test)]
mod tests {
    use gix::actor::SignatureRef;
    use gix::objs::tree::{Entry, EntryKind};
    use tempfile::TempDir;

    use super::super::objects::plain;
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
