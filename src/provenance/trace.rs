//! The walk back through the history: which commit wrote each line of a file.

use super::lines::{Origin, hunks, indices_before};
use super::objects::{Objects, Unreadable};
use gix::ObjectId;
use gix::bstr::{BString, ByteSlice as _};
use std::collections::BTreeMap;

/// Text compared for one file before its trace ends: some hundred versions of a large file.
const COMPARED_BYTES_MAX: u64 = 1 << 30;

/// Commits visited for one file before its trace ends.
const COMMITS_MAX: u32 = 20_000;

/// How many of those are read and compared with the added file, where none has its very text.
const COMPARED_MAX: usize = 50;

/// A line on its way back through the history.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traced {
    /// Its index at HEAD.
    head: usize,
    /// Its index in the version visited.
    here: usize,
}

/// A walk back from HEAD which asks each commit for the lines it took over from its parents.
///
/// The lines which no parent has were written in the commit. A parent which has the whole file as
/// it is takes all of its lines; otherwise each parent in turn takes what it has.
pub(super) struct Trace<'a> {
    objects: &'a mut Objects,
    /// The versions of the file to visit, the newest last: when, which commit, the file's path
    /// there.
    open: BTreeMap<(i64, ObjectId, BString), (ObjectId, Vec<Traced>)>,
    origins: Vec<Origin>,
    compared_bytes: u64,
}

impl<'a> Trace<'a> {
    pub(super) fn new(objects: &'a mut Objects, lines: usize) -> Self {
        let unknown = Origin { rank: u32::MAX, commit: None };
        let origins = vec![unknown; lines];
        Self { objects, open: BTreeMap::new(), origins, compared_bytes: 0 }
    }

    /// Who wrote each line of the file `blob`, which is at `path` in the commit `head`.
    pub(super) fn run(mut self, head: ObjectId, path: BString, blob: ObjectId) -> Vec<Origin> {
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
    pub(super) fn pass_on(
        &mut self,
        commit: ObjectId,
        path: &BString,
        blob: ObjectId,
        lines: &mut Vec<Traced>,
    ) -> Result<(), Unreadable> {
        let parents = self.objects.version(commit)?.parents.clone();
        let mut earlier = Vec::new();
        for &parent in &parents {
            let Some(old) = self.objects.file_at(parent, path.as_ref())? else { continue };
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
    pub(super) fn hand(
        &mut self,
        commit: ObjectId,
        path: BString,
        blob: ObjectId,
        lines: Vec<Traced>,
    ) -> Result<(), Unreadable> {
        if !lines.is_empty() {
            let seconds = self.objects.version(commit)?.seconds;
            let open = self.open.entry((seconds, commit, path));
            open.or_insert_with(|| (blob, Vec::new())).1.extend(lines);
        }
        Ok(())
    }

    /// For each line of the file `new`, its index in the file `old` if that has it.
    pub(super) fn lines_before(
        &mut self,
        old: ObjectId,
        new: ObjectId,
    ) -> Result<Vec<Option<usize>>, Unreadable> {
        let (old, new) = (self.objects.text(old)?, self.objects.text(new)?);
        self.compared_bytes += (old.len() + new.len()) as u64;
        if self.compared_bytes > COMPARED_BYTES_MAX {
            return Err(Unreadable);
        }
        Ok(indices_before(&hunks(&old, &new), old.lines().count()))
    }

    /// What the file `blob`, which `commit` added, was in `parent`: a file which vanished with that
    /// commit and has the same text, or else the one with the most lines in common, but at least
    /// half of them.
    pub(super) fn name_before(
        &mut self,
        parent: ObjectId,
        commit: ObjectId,
        blob: ObjectId,
    ) -> Result<Option<(BString, ObjectId)>, Unreadable> {
        let before = self.objects.version(parent)?.tree;
        let after = self.objects.version(commit)?.tree;
        let vanished = self.objects.vanished(before, after)?;
        if let Some(same) = vanished.iter().find(|(_, old)| *old == blob) {
            return Ok(Some(same.clone()));
        }

        let bytes = self.objects.bytes(blob)?;
        let mut compared = 0;
        let mut best = None;
        for (path, old) in vanished {
            let old_bytes = self.objects.bytes(old)?;
            if old_bytes / 2 > bytes || bytes / 2 > old_bytes || compared == COMPARED_MAX {
                continue;
            }
            compared += 1;
            let lines = self.lines_before(old, blob)?;
            let common = lines.iter().flatten().count();
            let all = lines.len().max(self.objects.text(old)?.lines().count());
            if common * 2 >= all && best.as_ref().is_none_or(|(most, _)| common > *most) {
                best = Some((common, (path, old)));
            }
        }
        Ok(best.map(|(_, found)| found))
    }
}
