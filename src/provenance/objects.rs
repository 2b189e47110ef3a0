//! What a repository holds: commits, folders and texts, each looked up once.

use super::{BYTES_MAX, Commit};
use gix::ObjectId;
use gix::bstr::{BStr, BString, ByteSlice as _};
use gix::objs::tree::EntryMode;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// Folders in which a commit changed something, looked through for what an added file was before.
const FOLDERS_MAX: usize = 1_000;

/// Files which vanished there: at this many, no more folders are searched.
const VANISHED_MAX: usize = 1_000;

/// Something of the history is missing, damaged or too large.
#[derive(Debug)]
pub(super) struct Unreadable;

impl From<gix::Error> for Unreadable {
    fn from(_: gix::Error) -> Self {
        Self
    }
}

/// What the repository holds, with what was looked up before.
pub(super) struct Objects {
    pub(super) git: gix::Repository,
    pub(super) versions: HashMap<ObjectId, Version>,
    /// What a folder of a commit has under a name.
    pub(super) entries: HashMap<(ObjectId, BString), Option<(EntryMode, ObjectId)>>,
}

/// The part of a commit which leads further.
#[derive(Clone)]
pub(super) struct Version {
    pub(super) tree: ObjectId,
    pub(super) parents: Vec<ObjectId>,
    /// When it was made, which for a commit that was moved is later than when it was written.
    pub(super) seconds: i64,
}

impl Objects {
    pub(super) fn commit(&self, id: ObjectId) -> Option<Commit> {
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

    pub(super) fn version(&mut self, commit: ObjectId) -> Result<&Version, Unreadable> {
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
    pub(super) fn file_at(
        &mut self,
        commit: ObjectId,
        path: &BStr,
    ) -> Result<Option<ObjectId>, Unreadable> {
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

    pub(super) fn entry(
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

    pub(super) fn text(&self, blob: ObjectId) -> Result<Vec<u8>, Unreadable> {
        if self.bytes(blob)? > BYTES_MAX {
            return Err(Unreadable);
        }
        Ok(self.git.find_blob(blob)?.take_data())
    }

    pub(super) fn bytes(&self, blob: ObjectId) -> Result<u64, Unreadable> {
        Ok(self.git.find_header(blob)?.size())
    }

    /// What the folder `tree` has, by name.
    pub(super) fn folder(
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
    pub(super) fn vanished(
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
pub(super) fn plain(text: &BStr) -> String {
    text.to_str_lossy().trim().chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}
