//! Rows that are not as they should be: how many, and on which lines.

use super::scan::Record;
use super::seen::CellPlace;
use crate::model::finding::{Finding, Severity};
use crate::sources::names::counted;
use std::path::Path;

/// Lines that a finding names.
const LINES_NAMED: usize = 5;
/// One row in this many may have a quote within a cell; with more, that is how the file is written.
const RARE: u64 = 10;

/// Rows that are odd in one way.
#[derive(Debug, Default)]
pub(super) struct Tally {
    count: u64,
    lines: Vec<u64>,
    /// The start of the first one.
    example: String,
}

impl Tally {
    pub(super) fn add(&mut self, place: CellPlace, record: &Record<'_>) {
        self.count += 1;
        if self.lines.is_empty() {
            let text = String::from_utf8_lossy(record.bytes);
            self.example = text.chars().take(60).collect();
        }
        if self.lines.len() < LINES_NAMED {
            self.lines.push(place.line);
        }
    }
}

/// The ways in which rows are odd.
#[derive(Debug, Default)]
pub(super) struct Tallies {
    /// More cells than columns.
    wide: Tally,
    /// One cell too many, with nothing in it.
    ends: Tally,
    /// Fewer cells than columns.
    short: Tally,
    /// Text after a closing quote.
    after_quote: Tally,
    /// A quote that is not closed.
    open: Tally,
    /// A quote within a cell that does not begin with one.
    inner: Tally,
    /// Cells enough, and nothing in any of them.
    nothing: Tally,
    /// Bytes that are no text.
    pub bad_bytes: Tally,
    /// Lines with nothing on them, above a row.
    pub blank: Tally,
    /// The last ones, above nothing yet.
    waiting: u64,
    /// Rows with a quoted cell.
    quoted: u64,
}

impl Tallies {
    pub(super) fn see(&mut self, record: &Record<'_>, width: usize, place: CellPlace) {
        if self.waiting > 0 {
            let above = CellPlace { line: place.line - 1, ..place };
            self.blank.add(above, record);
            self.blank.count += self.waiting - 1;
            self.waiting = 0;
        }
        let cells = record.cells.len();
        let quoted = record.cells.iter().any(|cell| cell.quoted);
        self.quoted += u64::from(quoted);
        if width > 1 && record.cells.iter().all(|cell| cell.start == cell.end && !cell.quoted) {
            self.nothing.add(place, record);
        }
        if cells == width && record.odd == super::scan::Odd::default() {
            return;
        }
        if cells > width {
            let nothing = cells == width + 1
                && record.cells.last().is_some_and(|c| c.start == c.end && !c.quoted);
            if nothing { self.ends.add(place, record) } else { self.wide.add(place, record) }
        } else if cells < width {
            self.short.add(place, record);
        }
        if record.odd.after_quote {
            self.after_quote.add(place, record);
        }
        if record.odd.open {
            self.open.add(place, record);
        }
        if record.odd.inner {
            self.inner.add(place, record);
        }
    }

    /// Whether a strict reader would refuse the file.
    pub(super) fn need_lenience(&self, _rows: u64) -> bool {
        let counts = [&self.wide, &self.short, &self.after_quote, &self.open];
        counts.iter().any(|tally| tally.count > 0)
    }

    /// What is said about a file with this many columns and rows.
    pub(super) fn findings(&self, path: &Path, width: usize, rows: u64) -> Vec<Finding> {
        let wide = format!("with more than {width} cells: the cells beyond are left out");
        let short = format!("with fewer than {width} cells: the rest is read as missing");
        let ends = format!("with one delimiter too many for {width} columns");
        let is_rare = |tally: &Tally| tally.count * RARE < rows.max(RARE + 1);
        let all = [
            (&self.wide, wide.as_str(), true),
            (&self.short, short.as_str(), true),
            // Every row may end in a delimiter.
            (&self.ends, ends.as_str(), self.ends.count < rows),
            (&self.after_quote, "with text after a closing quote: it is left out", true),
            (&self.open, "with a quote that is never closed: what follows is one cell", true),
            (
                &self.inner,
                "with a quote in the middle of a cell: it is read as it is",
                self.quoted > 0 && is_rare(&self.inner),
            ),
            (&self.nothing, "with nothing in them", true),
            (&self.bad_bytes, "with bytes that are not text: they are left out", true),
        ];
        let rows = all
            .into_iter()
            .filter(|(tally, _, told)| tally.count > 0 && *told)
            .map(|(tally, what, _)| finding(path, tally, what));
        rows.chain(self.blank_lines(path)).collect()
    }
}

impl Tallies {
    /// Notes a line with nothing on it.
    pub(super) fn see_blank(&mut self) {
        self.waiting += 1;
    }

    /// What is said about blank lines between rows. Those at the end of a file mean nothing.
    fn blank_lines(&self, path: &Path) -> Option<Finding> {
        if self.blank.count == 0 {
            return None;
        }
        let (lines, are) = if self.blank.count == 1 { ("line", "is") } else { ("lines", "are") };
        let count = crate::model::value::grouped(self.blank.count);
        let message = format!("{count} blank {lines} between rows {are} skipped");
        let line = self.blank.lines.first().copied();
        Some(Finding::new(Severity::Note, message).at(path, line))
    }
}

fn finding(path: &Path, tally: &Tally, what: &str) -> Finding {
    let named: Vec<String> = tally.lines.iter().map(u64::to_string).collect();
    let more = if tally.count > tally.lines.len() as u64 { ", …" } else { "" };
    let line = if tally.count == 1 { "line" } else { "lines" };
    let message =
        format!("{} {what} ({line} {}{more})", counted(tally.count, "row"), named.join(", "));
    Finding::new(Severity::Warning, message)
        .example(&tally.example)
        .at(path, tally.lines.first().copied())
        .hint("correct the file where it was made")
}
