//! Lines of a file in the work tree beside those of HEAD: which stayed, which were edited or taken
//! out.

use gix::ObjectId;
use gix::bstr::ByteSlice as _;
use gix_imara_diff::{Algorithm, Diff, Hunk, InternedInput};
use std::ops::RangeInclusive;

/// Who wrote a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    /// When the trace learned it. It visits newer commits first.
    pub(super) rank: u32,
    /// `None` when it is this commit or an older one, and the history ends here.
    pub(super) commit: Option<ObjectId>,
}

/// A file of the work tree, each line with where it comes from.
pub(super) struct TracedFile {
    lines: Vec<WorkingLine>,
    removed: Vec<Removed>,
}

pub(super) struct WorkingLine {
    /// Who wrote it, or the line which it replaces. `None` for a line which came on top.
    origin: Option<Origin>,
    changed: bool,
    depth: usize,
}

/// Lines of HEAD which the working text has no more, or has otherwise.
pub(super) struct Removed {
    /// The index of the line they stood before.
    before: usize,
    /// How deep the first of them which is not blank was indented.
    depth: usize,
}

impl TracedFile {
    /// Compares the text `committed`, whose lines come from `origins`, with the text `working`.
    pub(super) fn new(committed: &[u8], working: &[u8], origins: &[Origin]) -> Self {
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
    pub(super) fn about(&self, lines: RangeInclusive<u64>) -> Option<(Option<Origin>, bool)> {
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
pub(super) fn depth(line: &[u8]) -> usize {
    line.iter().take_while(|it| matches!(it, b' ' | b'\t')).count()
}

/// Where the lines of two texts differ, leaving out how lines end.
///
/// The way of Git's own `diff` and `blame`, so that the answers agree with what those say.
pub(super) fn hunks(old: &[u8], new: &[u8]) -> Vec<Hunk> {
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
pub(super) fn indices_before(hunks: &[Hunk], old_lines: usize) -> Vec<Option<usize>> {
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
