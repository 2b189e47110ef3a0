//! Cuts delimited text into records and cells, and says what is odd about each record.
//!
//! It reads as DuckDB's lenient reader does, so that what it counts is what is read: a quote counts
//! at the start of a cell only, text after a closing quote is left out, a quote that is not closed
//! takes the following lines along.

use std::io::{self, Read};

/// Bytes that are read at once.
const CHUNK: usize = 1 << 20;
/// A record with more bytes than this is one with a quote that is never closed.
pub(super) const RECORD_MAX: usize = 32 << 20;

/// What stands between and around cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marks {
    pub delimiter: Vec<u8>,
    pub quote: Option<u8>,
    pub escape: Option<u8>,
}

/// Where a cell stands in its record's bytes, without its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    pub start: usize,
    pub end: usize,
    pub quoted: bool,
    /// Whether quotes are escaped in it.
    pub escaped: bool,
}

/// What is odd about the quotes of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Odd {
    /// Text follows a closing quote.
    pub after_quote: bool,
    /// A quote is not closed before the end of the file.
    pub open: bool,
    /// A quote stands within a cell that does not begin with one.
    pub inner: bool,
}

/// One record.
pub(super) struct Record<'a> {
    /// The bytes of the record, without its line break.
    pub bytes: &'a [u8],
    pub cells: &'a [Cell],
    /// The line on which it begins, from 1.
    pub line: u64,
    /// Whether it has line breaks within quotes.
    pub broken: bool,
    pub odd: Odd,
    pub ends: LineEnd,
}

impl Record<'_> {
    /// The text of a cell as it stands between its quotes.
    pub(super) fn raw(&self, cell: Cell) -> &[u8] {
        &self.bytes[cell.start..cell.end]
    }

    /// The text of a cell.
    pub(super) fn text(&self, cell: Cell, marks: &Marks) -> String {
        let raw = String::from_utf8_lossy(self.raw(cell));
        match (marks.quote, marks.escape) {
            (Some(quote), Some(escape)) if cell.escaped => {
                let (quote, escape) = (char::from(quote), char::from(escape));
                raw.replace(&format!("{escape}{quote}"), &quote.to_string())
            }
            _ => raw.into_owned(),
        }
    }

    /// Whether nothing stands on the line.
    pub(super) fn is_blank(&self) -> bool {
        self.bytes.is_empty()
    }
}

/// How a line ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LineEnd {
    Feed,
    ReturnFeed,
    Return,
    File,
}

/// Cuts text into records. `on_record` says whether to go on.
///
/// # Errors
/// When reading fails.
pub(super) fn records(
    mut input: impl Read,
    marks: &Marks,
    on_record: &mut dyn FnMut(&Record<'_>) -> bool,
) -> io::Result<()> {
    let cutter = Cutter::new(marks);
    let mut buffer: Vec<u8> = Vec::new();
    let mut cells = Vec::new();
    let (mut at, mut line, mut last) = (0, 1, false);
    loop {
        while at < buffer.len() {
            let rest = &buffer[at..];
            let whole = last || rest.len() > RECORD_MAX;
            let Some(cut) = cutter.cut(rest, whole, &mut cells) else { break };
            let record = Record {
                bytes: &rest[..cut.end],
                cells: &cells,
                line,
                broken: cut.breaks > 0,
                odd: cut.odd,
                ends: cut.ends,
            };
            line += cut.breaks + 1;
            at += cut.next;
            if !on_record(&record) {
                return Ok(());
            }
        }
        if last {
            return Ok(());
        }
        buffer.drain(..at);
        at = 0;
        let kept = buffer.len();
        // A long record is not cut anew for every piece of it.
        let more = CHUNK.max(kept);
        buffer.resize(kept + more, 0);
        let read = read_some(&mut input, &mut buffer[kept..])?;
        buffer.truncate(kept + read);
        last = read == 0;
    }
}

fn read_some(input: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The text after this many lines, checked to be UTF-8 when that is asked for.
pub(super) struct Lines<R> {
    inner: R,
    skip: u64,
    /// The last byte was a carriage return that ended a line.
    returned: bool,
    check: bool,
    /// The start of a character whose end was not read yet.
    kept: Vec<u8>,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(inner: R, skip: u64, check: bool) -> Self {
        Self { inner, skip, returned: false, check, kept: Vec::new() }
    }

    /// How many of these bytes belong to lines that are passed over.
    fn passed(&mut self, bytes: &[u8]) -> usize {
        for (i, byte) in bytes.iter().enumerate() {
            let feed = std::mem::take(&mut self.returned) && *byte == b'\n';
            if feed {
                continue;
            }
            if self.skip == 0 {
                return i;
            }
            if matches!(byte, b'\n' | b'\r') {
                self.skip -= 1;
                self.returned = *byte == b'\r';
            }
        }
        bytes.len()
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let kept = self.kept.len().min(buffer.len());
            buffer[..kept].copy_from_slice(&self.kept[..kept]);
            self.kept.drain(..kept);
            let read = self.inner.read(&mut buffer[kept..])?;
            let mut end = kept + read;
            if read > 0 && (self.skip > 0 || self.returned) {
                let passed = self.passed(&buffer[..end]);
                buffer.copy_within(passed..end, 0);
                end -= passed;
            }
            if self.check
                && let Err(error) = std::str::from_utf8(&buffer[..end])
            {
                if error.error_len().is_some() || read == 0 {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, NotUtf8));
                }
                let valid = error.valid_up_to();
                self.kept.extend_from_slice(&buffer[valid..end]);
                end = valid;
            }
            if end > 0 || read == 0 {
                return Ok(end);
            }
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the text is not UTF-8")]
struct NotUtf8;

/// Whether reading failed because the text is not UTF-8.
pub(super) fn is_not_utf8(error: &io::Error) -> bool {
    error.get_ref().is_some_and(|inner| inner.is::<NotUtf8>())
}

struct Cutter<'a> {
    marks: &'a Marks,
    /// Bytes at which an unquoted cell may end.
    stops: [bool; 256],
}

/// A record that was cut off the front of some bytes.
struct Cut {
    /// Where its bytes end.
    end: usize,
    /// Where the next one begins.
    next: usize,
    /// Line breaks within quotes.
    breaks: u64,
    odd: Odd,
    ends: LineEnd,
}

impl<'a> Cutter<'a> {
    fn new(marks: &'a Marks) -> Self {
        let mut stops = [false; 256];
        let first = marks.delimiter.first().copied();
        for byte in [Some(b'\n'), Some(b'\r'), first, marks.quote].into_iter().flatten() {
            stops[usize::from(byte)] = true;
        }
        Self { marks, stops }
    }

    /// Cuts one record; `None` when its end is not among the bytes. `whole`: no more will come.
    fn cut(&self, bytes: &[u8], whole: bool, cells: &mut Vec<Cell>) -> Option<Cut> {
        cells.clear();
        let mut cut = Cut { end: 0, next: 0, breaks: 0, odd: Odd::default(), ends: LineEnd::File };
        let mut at = 0;
        loop {
            let (cell, after) = match self.quote_at(bytes, at) {
                Some(open) => self.quoted(bytes, open + 1, whole, &mut cut)?,
                None => self.unquoted(bytes, at, &mut cut.odd),
            };
            cells.push(cell);
            at = after;
            match bytes.get(at) {
                None if whole => {
                    (cut.end, cut.next) = (at, at);
                    return Some(cut);
                }
                None => return None,
                Some(b'\n') => {
                    (cut.end, cut.next, cut.ends) = (at, at + 1, LineEnd::Feed);
                    return Some(cut);
                }
                Some(b'\r') => {
                    if at + 1 == bytes.len() && !whole {
                        return None;
                    }
                    let feed = bytes.get(at + 1) == Some(&b'\n');
                    cut.ends = if feed { LineEnd::ReturnFeed } else { LineEnd::Return };
                    (cut.end, cut.next) = (at, at + 1 + usize::from(feed));
                    return Some(cut);
                }
                Some(_) => at += self.marks.delimiter.len(),
            }
        }
    }

    /// The place of the quote with which the cell at `at` begins, spaces before it or not.
    fn quote_at(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let quote = self.marks.quote?;
        let mut place = at;
        if self.marks.delimiter != b" " {
            place += bytes[at..].iter().take_while(|b| **b == b' ').count();
        }
        (bytes.get(place) == Some(&quote)).then_some(place)
    }

    fn is_delimiter(&self, bytes: &[u8], at: usize) -> bool {
        bytes[at..].starts_with(&self.marks.delimiter)
    }

    fn unquoted(&self, bytes: &[u8], start: usize, odd: &mut Odd) -> (Cell, usize) {
        let mut at = start;
        while let Some(byte) = bytes.get(at) {
            if self.stops[usize::from(*byte)] {
                if matches!(byte, b'\n' | b'\r') || self.is_delimiter(bytes, at) {
                    break;
                }
                odd.inner |= Some(*byte) == self.marks.quote;
            }
            at += 1;
        }
        (Cell { start, end: at, quoted: false, escaped: false }, at)
    }

    /// The rest of a cell after its opening quote; `None` when its end is not among the bytes.
    fn quoted(
        &self,
        bytes: &[u8],
        start: usize,
        whole: bool,
        cut: &mut Cut,
    ) -> Option<(Cell, usize)> {
        let quote = self.marks.quote?;
        let mut cell = Cell { start, end: start, quoted: true, escaped: false };
        let mut at = start;
        loop {
            let Some(byte) = bytes.get(at) else {
                if !whole {
                    return None;
                }
                cut.odd.open = true;
                cell.end = at;
                return Some((cell, at));
            };
            if Some(*byte) == self.marks.escape && bytes.get(at + 1) == Some(&quote) {
                cell.escaped = true;
                at += 2;
                continue;
            }
            if *byte == quote {
                if at + 1 == bytes.len() && !whole {
                    return None;
                }
                break;
            }
            let feed = *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n'));
            cut.breaks += u64::from(feed);
            at += 1;
        }
        cell.end = at;
        at += 1;
        let closed = at;
        while let Some(byte) = bytes.get(at) {
            if matches!(byte, b'\n' | b'\r') || self.is_delimiter(bytes, at) {
                break;
            }
            at += 1;
        }
        cut.odd.after_quote |= bytes[closed..at].iter().any(|b| *b != b' ');
        Some((cell, at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marks(delimiter: &str) -> Marks {
        Marks { delimiter: delimiter.into(), quote: Some(b'"'), escape: Some(b'"') }
    }

    fn read(text: &str, marks: &Marks) -> Vec<(u64, Vec<String>, Odd)> {
        let mut out = Vec::new();
        records(text.as_bytes(), marks, &mut |record| {
            let cells = record.cells.iter().map(|cell| record.text(*cell, marks)).collect();
            out.push((record.line, cells, record.odd));
            true
        })
        .unwrap();
        out
    }

    #[test]
    fn records_know_their_lines() {
        let found = read("a,b\r\n1,\"x\ny\"\n\n2,z", &marks(","));
        let lines: Vec<u64> = found.iter().map(|(line, ..)| *line).collect();
        assert_eq!(lines, [1, 2, 4, 5]);
        assert_eq!(found[1].1, ["1", "x\ny"]);
    }

    #[test]
    fn odd_quotes_are_noticed() {
        let odd = |text: &str| read(text, &marks(","))[0].2;
        assert_eq!(odd("1,\"a \"\"b\"\" c\" ,2"), Odd::default());
        assert!(odd("1,\"a\"b,2").after_quote);
        assert!(odd("1,a\"b,2").inner);
        assert!(odd("1,\"a,2\n3,4").open);
        assert_eq!(read("a, \"b, c\", d", &marks(", "))[0].1, ["a", "b, c", "d"]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            rows in prop::collection::vec(prop::collection::vec("[a-c \",;\n]{0,6}", 3), 1..20),
        ) {
            let line = |row: &Vec<String>| {
                let cells: Vec<String> =
                    row.iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect();
                cells.join(",")
            };
            let text: Vec<String> = rows.iter().map(line).collect();
            let found = read(&text.join("\n"), &marks(","));
            let cells: Vec<Vec<String>> = found.into_iter().map(|(_, cells, _)| cells).collect();
            prop_assert_eq!(cells, rows);
        }
    }
}
