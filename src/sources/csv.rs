//! Delimited text: every file is looked at whole before it is read.
//!
//! ```text
//! bytes ─▶ encoding ─▶ dialect (first rows) ─▶ scan: every record, every cell ─▶ FileLook
//! FileLooks of one table ─▶ columns by name ─▶ form of each column ─▶ TextFiles
//! ```
//!
//! - Each file has its own delimiter, quotes, encoding, titles and order of columns.
//! - A column becomes more than text only when every value of every file fits (`csv/shape.rs`).
//! - What is odd, dropped or guessed is a finding, with how many, the first example and its line.

mod dialect;
mod encoding;
mod form;
mod merge;
mod scan;
mod seen;
mod shape;
mod tally;

pub(super) use merge::merged;

use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::model::reading::{Dialect, Encoding};
use crate::model::workspace::FileCorrection;
use dialect::{Given, Guess};
use encoding::Written;
use scan::{LineEnd, Marks, Record, records};
use seen::{CellPlace, ColumnSeen};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use tally::Tallies;

/// Bytes from which the dialect of a file is guessed.
const SAMPLE: u64 = 128 << 10;
/// Longer lines are not read unless the reader is told so.
const LINE_MAX: u64 = 2_000_000;

/// What one file of text holds.
#[derive(Debug)]
pub(super) struct FileLook {
    pub path: PathBuf,
    /// The names of its columns.
    pub names: Vec<String>,
    /// How it is written.
    dialect: Dialect,
    /// What stands in its columns.
    columns: Vec<ColumnSeen>,
    /// Rows that will be read.
    rows: u64,
    /// What is odd about it.
    findings: Vec<Finding>,
}

/// Looks at a whole file.
///
/// # Errors
/// When it cannot be read, holds no rows, or `stop` says so.
pub(super) fn look(
    path: &Path,
    given: &FileCorrection,
    stop: &dyn Fn() -> bool,
) -> Result<FileLook, Failure> {
    let mut written = encoding::of(path).map_err(|e| unread(path, &e))?;
    if let Some(name) = &given.encoding {
        written.encoding = named_encoding(name)?;
    }
    match look_as(path, &written, given, stop) {
        Err(Unread::NotUtf8) if given.encoding.is_none() => {
            let other = encoding::of_other(path, &written).map_err(|e| unread(path, &e))?;
            look_as(path, &other, given, stop)
        }
        Err(Unread::NotUtf8) => look_as(path, &Written { damaged: true, ..written }, given, stop),
        looked => looked,
    }
    .map_err(|error| match error {
        Unread::Failed(failure) => failure,
        Unread::Io(error) => unread(path, &error),
        Unread::NotUtf8 => unread(path, &io::Error::other("the file is not UTF-8")),
    })
}

/// Why a file was not looked at.
enum Unread {
    Io(io::Error),
    NotUtf8,
    Failed(Failure),
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn unread(path: &Path, error: &io::Error) -> Failure {
    let compressed = super::files::is_compressed(path);
    let (what, hint) = match error.kind() {
        io::ErrorKind::PermissionDenied => {
            (format!("the file cannot be read: {error}"), "change the file's permissions")
        }
        _ if compressed => (
            "the compressed file is damaged or cut short".to_owned(),
            "get another copy of the file, or unpack it first",
        ),
        _ => (format!("the file cannot be read: {error}"), "get another copy of the file"),
    };
    Failure::new(what, path.display().to_string(), hint)
}

fn named_encoding(name: &str) -> Result<Encoding, Failure> {
    encoding::named(name).ok_or_else(|| {
        Failure::new(
            format!("the encoding \"{name}\" is not known"),
            "muster.yaml",
            "write a name such as utf-8, windows-1252, iso-8859-2 or shift_jis",
        )
    })
}

fn look_as(
    path: &Path,
    written: &Written,
    correction: &FileCorrection,
    stop: &dyn Fn() -> bool,
) -> Result<FileLook, Unread> {
    let mut sample = Vec::new();
    let mut text = encoding::text(path, written)?;
    text.by_ref().take(SAMPLE).read_to_end(&mut sample)?;
    let cut = sample.len() as u64 == SAMPLE;
    if cut && let Some(end) = sample.iter().rposition(|b| matches!(b, b'\n' | b'\r')) {
        sample.truncate(end + 1);
    }
    if sample.iter().all(u8::is_ascii_whitespace) && !cut {
        let hint = "get another copy of the file";
        let place = path.display().to_string();
        return Err(Unread::Failed(Failure::new("the file holds no rows", place, hint)));
    }
    let guess = dialect::guess(&sample, &given(path, correction, &sample));
    let mut scan = Scan::new(&guess, written);
    let text = encoding::text(path, written)?;
    scan.run(text, &guess, stop)?;
    Ok(scan.finish(path, written, guess))
}

/// What a person said about a file, and what its name says.
fn given(path: &Path, correction: &FileCorrection, sample: &[u8]) -> Given {
    let name = path.to_string_lossy().to_lowercase();
    let tabs = [".tsv", ".tab", ".tsv.gz", ".tab.gz", ".tsv.zst", ".tab.zst"];
    let tabbed = tabs.iter().any(|end| name.ends_with(end)) && sample.contains(&b'\t');
    Given {
        delimiter: correction
            .delimiter
            .as_ref()
            .map(|d| d.replace("\\t", "\t"))
            .or_else(|| tabbed.then(|| "\t".to_owned())),
        quote: correction.quote.as_ref().map(|quote| quote.chars().next()),
        header: correction.header,
        skip_lines: correction.skip_lines,
    }
}

/// A file while all of its records are looked at.
struct Scan {
    marks: Marks,
    columns: Vec<ColumnSeen>,
    tallies: Tallies,
    damaged: bool,
    rows: u64,
    longest: u64,
    /// Whether a quoted cell has a line break.
    broken: bool,
    returns: u64,
    feeds: u64,
    /// Characters that stand in the rows, for a header that must be passed over by its first one.
    used: Box<[bool; 256]>,
    escaped: bool,
}

impl Scan {
    fn new(guess: &Guess, written: &Written) -> Self {
        Self {
            marks: guess.marks.clone(),
            columns: guess.names.iter().map(|_| ColumnSeen::default()).collect(),
            tallies: Tallies::default(),
            damaged: written.damaged,
            rows: 0,
            longest: 0,
            broken: false,
            returns: 0,
            feeds: 0,
            used: Box::new([false; 256]),
            escaped: false,
        }
    }

    /// Goes over every record after the header.
    fn run(
        &mut self,
        text: Box<dyn io::Read>,
        guess: &Guess,
        stop: &dyn Fn() -> bool,
    ) -> Result<(), Unread> {
        let lines = guess.skip_lines + u64::from(guess.odd_header);
        let mut body = scan::Lines::new(text, lines, !self.damaged);
        let mut names = guess.header && !guess.odd_header;
        let mut stopped = false;
        let marks = self.marks.clone();
        let read = records(&mut body, &marks, &mut |record| {
            if record.line % 4096 == 0 && stop() {
                stopped = true;
                return false;
            }
            if names && !record.is_blank() {
                names = false;
                return true;
            }
            self.see(record, lines, guess.odd_header);
            true
        });
        if stopped {
            return Err(Unread::Failed(super::probe::cancelled()));
        }
        match read {
            Err(error)
                if error.kind() == io::ErrorKind::InvalidData && scan::is_not_utf8(&error) =>
            {
                Err(Unread::NotUtf8)
            }
            read => Ok(read?),
        }
    }

    /// Takes in a record, `lines` lines below the start of the file.
    fn see(&mut self, record: &Record<'_>, lines: u64, look_at_bytes: bool) {
        let width = self.columns.len();
        match record.ends {
            LineEnd::Return => self.returns += 1,
            LineEnd::Feed | LineEnd::ReturnFeed => self.feeds += 1,
            LineEnd::File => {}
        }
        // A blank line is a row in a table of one column; in a wider table it is not.
        if record.is_blank() && (width > 1 || record.ends == LineEnd::File) {
            self.tallies.see_blank();
            return;
        }
        let place = CellPlace { file: 0, line: record.line + lines };
        self.longest = self.longest.max(record.bytes.len() as u64);
        self.broken |= record.broken;
        if look_at_bytes {
            for byte in record.bytes {
                self.used[usize::from(*byte)] = true;
            }
        }
        let Ok(text) = std::str::from_utf8(record.bytes) else {
            self.tallies.bad_bytes.add(place, record);
            return;
        };
        self.rows += 1;
        self.tallies.see(record, width, place);
        for (cell, column) in record.cells.iter().zip(&mut self.columns) {
            self.escaped |= cell.escaped;
            if cell.escaped {
                column.see(&record.text(*cell, &self.marks), cell.quoted, place);
            } else if let Some(text) = text.get(cell.start..cell.end) {
                column.see(text, cell.quoted, place);
            }
        }
    }

    fn finish(self, path: &Path, written: &Written, guess: Guess) -> FileLook {
        let width = guess.names.len();
        let mut findings = Vec::new();
        if let Some(title) = &guess.title {
            let message = "lines above the column names are skipped";
            let finding = Finding::new(Severity::Note, message).example(title);
            findings.push(finding.at(path, Some(1)));
        }
        if written.plain {
            let message = "the file is not compressed, though its name says so";
            findings.push(Finding::new(Severity::Note, message).at(path, None));
        }
        findings.extend(encoding_told(path, &written.encoding));
        if !guess.header {
            let message = "no line holds column names: the columns are called column0, column1, …";
            let finding =
                Finding::new(Severity::Note, message).at(path, Some(guess.skip_lines + 1));
            findings.push(finding.hint(
                "if the first line holds names, add the correction `file` with header: true",
            ));
        }
        if guess.odd_header {
            let line = guess.skip_lines + 1;
            let message = "the quotes in the header line do not match";
            let hint = "correct the line where the file was made";
            let finding = Finding::new(Severity::Warning, message).at(path, Some(line));
            findings.push(finding.hint(hint));
        }
        if self.returns > 0 && self.feeds > 0 {
            let message = "some lines end in a carriage return alone: rows may be read wrong";
            let finding = Finding::new(Severity::Warning, message).at(path, None);
            findings.push(finding.hint("save the file with one kind of line ending"));
        }
        let lenient = self.tallies.need_lenience(self.rows) || self.damaged;
        findings.extend(self.tallies.findings(path, width, self.rows));
        let skipped = self.skipped_header(&guess);
        // Even so it is read as well as can be: up to the next quote, the rows go with the names.
        let swallows = guess.odd_header && matches!(skipped, Skipped::AsItIs);
        let lenient = lenient || swallows;
        let char_of = |byte: Option<u8>| byte.map(char::from);
        let quoted = self.marks.quote.is_some();
        FileLook {
            path: path.to_path_buf(),
            dialect: Dialect {
                delimiter: String::from_utf8_lossy(&self.marks.delimiter).into_owned(),
                quote: char_of(self.marks.quote),
                escape: match skipped {
                    Skipped::WithoutEscape => None,
                    _ => char_of(self.marks.escape).filter(|_| quoted),
                },
                header: guess.header && !matches!(skipped, Skipped::By(_)),
                skip_lines: guess.skip_lines,
                comment: match skipped {
                    Skipped::By(comment) => Some(comment),
                    _ => None,
                },
                encoding: written.encoding.clone(),
                lenient,
                by_one: lenient && (self.broken || swallows),
                plain: written.plain,
                carriage_returns: self.returns > 0 && self.feeds == 0,
                longest_line: (self.longest > LINE_MAX).then(|| self.longest + 1024),
            },
            names: guess.names,
            columns: self.columns,
            rows: self.rows,
            findings,
        }
    }

    /// How with a header line whose quotes do not match is passed over: as it stands, it would take
    /// rows along.
    fn skipped_header(&self, guess: &Guess) -> Skipped {
        if !guess.odd_header {
            return Skipped::AsItIs;
        }
        let first = guess.first_byte.filter(u8::is_ascii_graphic);
        match first {
            Some(byte) if !self.used[usize::from(byte)] && guess.skip_lines == 0 => {
                Skipped::By(char::from(byte))
            }
            _ if !self.escaped => Skipped::WithoutEscape,
            _ => Skipped::AsItIs,
        }
    }
}

/// How the line of names is passed over.
enum Skipped {
    AsItIs,
    /// As a comment that begins with this character.
    By(char),
    /// Without an escape, which no row needs.
    WithoutEscape,
}

fn encoding_told(path: &Path, encoding: &Encoding) -> Option<Finding> {
    let name = match encoding {
        Encoding::Utf8 | Encoding::Utf16 => return None,
        Encoding::Latin1 => "ISO-8859-1",
        Encoding::Other(name) => name,
    };
    let message = format!("the file is not UTF-8 and is read as {name}");
    let hint =
        "if letters look wrong, name its encoding in the correction `file`, or save it as UTF-8";
    Some(Finding::new(Severity::Note, message).at(path, None).hint(hint))
}

/// Writes the text of a file in UTF-8, for a database that does not know its encoding.
///
/// # Errors
/// When reading or writing fails.
pub fn write_as_utf8(
    path: &Path,
    dialect: &Dialect,
    out: &mut dyn io::Write,
    stop: &dyn Fn() -> bool,
) -> io::Result<()> {
    let written =
        Written { encoding: dialect.encoding.clone(), plain: dialect.plain, damaged: false };
    let mut text = encoding::text(path, &written)?;
    let mut buffer = vec![0; 1 << 18];
    loop {
        let read = text.read(&mut buffer)?;
        if read == 0 {
            return out.flush();
        }
        if stop() {
            return Err(io::Error::from(io::ErrorKind::Interrupted));
        }
        out.write_all(&buffer[..read])?;
    }
}
