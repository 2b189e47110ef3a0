//! The findings of one reading, collected while it goes on.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use crate::model::finding::{Finding, Severity};

use crate::define::place::Place;

/// How many findings are kept. A project with more has one cause for most of them.
const FINDINGS_MAX: usize = 2_000;

/// All that was found so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    findings: Vec<Finding>,
    left_out: usize,
    broken: Vec<Arc<Path>>,
    /// What kept a part of some definition from being read, in the order in which it was found.
    faults: Vec<String>,
    /// Keys of which it was said that they have no effect.
    without_effect: HashSet<&'static str>,
}

impl Report {
    pub(super) fn error(&self, place: &Place, message: impl Into<String>) -> Finding {
        Finding::new(Severity::Error, message).at(&*place.file, Some(place.line))
    }

    pub(super) fn warning(&self, place: &Place, message: impl Into<String>) -> Finding {
        Finding::new(Severity::Warning, message).at(&*place.file, Some(place.line))
    }

    pub(super) fn note(&self, place: &Place, message: impl Into<String>) -> Finding {
        Finding::new(Severity::Note, message).at(&*place.file, Some(place.line))
    }

    pub(super) fn add(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        } else {
            self.left_out += 1;
        }
    }

    /// Adds a finding that says why a part of a definition is not read: what it says may be quite
    /// another thing with that part, so it is not built without it.
    pub(super) fn add_fault(&mut self, finding: Finding) {
        self.faults.push(finding.message.clone());
        self.add(finding);
    }

    /// Where a definition begins, for [`Report::fault_since`].
    pub(super) fn mark(&self) -> usize {
        self.faults.len()
    }

    /// Why what was read since `mark` cannot be built as it was meant, unless it can.
    pub(super) fn fault_since(&self, mark: usize) -> Option<String> {
        self.faults.get(mark).cloned()
    }

    /// Reads what stands inside a definition and is one of its own: its faults are not those of
    /// what is around it.
    pub(super) fn apart<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> T {
        let mark = self.mark();
        let found = read(self);
        self.faults.truncate(mark);
        found
    }

    /// Notes once for a project that a key is known and changes nothing here.
    pub(super) fn without_effect(&mut self, key: &'static str, place: &Place) {
        if self.without_effect.insert(key) {
            let message = format!("`{key}` is known and has no effect here");
            self.add(self.note(place, message));
        }
    }

    pub(super) fn absorb(&mut self, other: Self) {
        for finding in other.findings {
            self.add(finding);
        }
        self.left_out += other.left_out;
        self.broken.extend(other.broken);
    }

    /// Remembers that a part of `file` could not be read.
    pub(super) fn broken_file(&mut self, file: &Arc<Path>) {
        self.broken.push(Arc::clone(file));
    }

    /// What to say when a name is not known: the nearest known one, or the file that could not be
    /// read and may define it.
    pub(super) fn unknown_hint(&self, nearest: Option<&str>) -> Option<String> {
        if let Some(nearest) = nearest {
            return Some(format!("perhaps `{nearest}` is meant"));
        }
        let broken = self.broken.first()?;
        Some(format!("it may be defined in {}, which could not be fully read", broken.display()))
    }

    /// Every finding once, in the order of files and lines.
    pub(super) fn into_findings(mut self) -> Vec<Finding> {
        if self.left_out > 0 {
            let message = format!("{} more findings are not listed", self.left_out);
            self.findings.push(Finding::new(Severity::Warning, message));
        }
        let mut seen = HashSet::new();
        self.findings.retain(|f| seen.insert((f.file.clone(), f.line, f.message.clone())));
        self.findings.sort_by(|a, b| {
            (a.file.is_none(), &a.file, a.line).cmp(&(b.file.is_none(), &b.file, b.line))
        });
        self.findings
    }
}

/// The finding with a hint, when there is one.
pub(super) fn with_hint(finding: Finding, hint: Option<String>) -> Finding {
    match hint {
        Some(hint) => finding.hint(hint),
        None => finding,
    }
}
