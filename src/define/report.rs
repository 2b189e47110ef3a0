//! The findings of one reading, collected while it goes on.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use crate::model::finding::{Finding, Severity};

use super::place::Place;

/// How many findings are kept. A project with more has one cause for most of them.
const FINDINGS_MAX: usize = 2_000;

/// All that was found so far.
#[derive(Debug, Default)]
pub(super) struct Report {
    findings: Vec<Finding>,
    left_out: usize,
    broken: Vec<Arc<Path>>,
    /// Keys of definitions that nobody knows, in the order in which they were met.
    unknown_keys: Vec<String>,
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

    pub(super) fn absorb(&mut self, other: Self) {
        for finding in other.findings {
            self.add(finding);
        }
        self.left_out += other.left_out;
        self.broken.extend(other.broken);
        self.unknown_keys.extend(other.unknown_keys);
    }

    /// Remembers that a definition has a key that nobody knows.
    pub(super) fn unknown_key(&mut self, what: String) {
        self.unknown_keys.push(what);
    }

    /// How many such keys were met so far.
    pub(super) fn unknown_keys(&self) -> usize {
        self.unknown_keys.len()
    }

    /// The first of them that was met since there were so many: what a definition says with a key
    /// that nobody knows is not known, so it is not computed.
    pub(super) fn unknown_key_since(&self, before: usize) -> Option<String> {
        self.unknown_keys.get(before).cloned()
    }

    /// Remembers that a part of `file` could not be read.
    pub(super) fn broken_file(&mut self, file: &Arc<Path>) {
        self.broken.push(Arc::clone(file));
    }

    /// What to say when a name is not known: the nearest known one, or the file that could not be
    /// read and may define it.
    pub(super) fn unknown_hint(&self, nearest: Option<&str>) -> Option<String> {
        if let Some(nearest) = nearest {
            return Some(format!("did this mean `{nearest}`?"));
        }
        let broken = self.broken.first()?;
        Some(format!("it may be defined in {}, which could not be read whole", broken.display()))
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

/// The name among `known` that was most likely meant by `name`: at most a third of it differs.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let length = name.chars().count();
    if length > 80 {
        return None;
    }
    let limit = (length / 3).clamp(1, 4);
    known
        .into_iter()
        .filter(|other| other.chars().count().abs_diff(length) <= limit)
        .map(|other| (distance(&name, &other.to_lowercase()), other))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, other)| other)
}

/// How many letters have to be changed, added, dropped or swapped to make one from the other.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i];
        for j in 1..=b.len() {
            let change = row[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = change.min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before[j - 2] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_a_far_one_is_not() {
        let known = ["select", "from", "where", "default_value"];
        assert_eq!(nearest("slect", known), Some("select"));
        assert_eq!(nearest("form", known), Some("from"));
        assert_eq!(nearest("default_vlaue", known), Some("default_value"));
        assert_eq!(nearest("colour", known), None);
    }
}
