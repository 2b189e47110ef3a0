//! How a text file is written, guessed from its first rows: what parts the cells, which quotes it
//! uses, where the table begins and what its columns are called.
//!
//! Each delimiter that occurs is tried with each kind of quote. The best one makes rows of one
//! length, whose cells look like values rather than like pieces of some.

use super::scan::{Cell, Marks, Record, records};
use super::shape;
use crate::sources::names::free;
use std::collections::BTreeSet;

/// Rows that are looked at.
const ROWS: usize = 300;
/// Lines before a table that are passed over at most.
const TITLE_LINES_MAX: usize = 30;
/// Delimiters, the more common first.
const DELIMITERS: &[&str] =
    &[",", ";", "\t", "|", ", ", "; ", "\u{1}", "\u{1f}", "^", "~", ":", " "];

/// How a file is written, as far as its first rows tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Guess {
    pub marks: Marks,
    /// Lines before the names, or before the rows when there are none.
    pub skip_lines: u64,
    /// The first of these lines that says something.
    pub title: Option<String>,
    /// Whether a line holds the names.
    pub header: bool,
    /// Whether the quotes in that line do not match.
    pub odd_header: bool,
    /// The first byte of that line.
    pub first_byte: Option<u8>,
    /// The names of the columns, made up where there are none.
    pub names: Vec<String>,
}

/// What a person said about a file.
#[derive(Debug, Clone, Default)]
pub(super) struct Given {
    pub delimiter: Option<String>,
    pub quote: Option<Option<char>>,
    pub header: Option<bool>,
    pub skip_lines: Option<u64>,
}

/// A row of the sample.
struct Row {
    line: u64,
    cells: Vec<Piece>,
    odd: bool,
    /// Whether a quote is closed too early or not at all.
    broken_quotes: bool,
    lines: u64,
}

struct Piece {
    text: String,
    quoted: bool,
}

impl Row {
    /// Cells without those at the end that are empty.
    fn filled(&self) -> usize {
        self.cells.iter().filter(|cell| !cell.text.trim().is_empty()).count()
    }
}

/// Guesses how the text is written of which `sample` is the start.
pub(super) fn guess(sample: &[u8], given: &Given) -> Guess {
    let text = String::from_utf8_lossy(sample);
    let mut given = given.clone();
    let mut skip = given.skip_lines.unwrap_or(0);
    if given.delimiter.is_none()
        && let Some(delimiter) = excel_separator(&text)
    {
        given.delimiter = Some(delimiter.to_string());
        skip = skip.max(1);
    }
    let body = after_lines(sample, skip);
    let mut best: Option<(f64, Marks, usize)> = None;
    // What was tried first wins unless another is clearly better.
    let better = |score: f64, marks: &Marks, best: &(f64, Marks, usize)| {
        let margin = if best.1.delimiter == marks.delimiter { 0.0005 } else { 0.02 };
        score > best.0 + margin
    };
    for marks in candidates(body, &given) {
        let rows = rows_of(body, &marks);
        let Some((score, start)) = score(&rows, &marks, given.skip_lines.is_some()) else {
            continue;
        };
        if best.as_ref().is_none_or(|best| better(score, &marks, best)) {
            best = Some((score, marks, start));
        }
    }
    let (marks, start) = match best {
        Some((_, marks, start)) => (marks, start),
        None => (lone_column(body, &given), 0),
    };
    let rows = rows_of(body, &marks);
    finish(body, &rows, (marks, start, skip), &given)
}

/// The delimiter that Excel's line `sep=;` names.
fn excel_separator(text: &str) -> Option<char> {
    let line = text.lines().next()?.trim_matches('"');
    let rest = line.strip_prefix("sep=").or_else(|| line.strip_prefix("SEP="))?;
    let mut chars = rest.chars();
    let delimiter = chars.next()?;
    chars.next().is_none().then_some(delimiter)
}

/// The bytes after this many lines.
pub(super) fn after_lines(bytes: &[u8], lines: u64) -> &[u8] {
    let mut rest = bytes;
    for _ in 0..lines {
        let Some(at) = rest.iter().position(|b| matches!(b, b'\n' | b'\r')) else { return &[] };
        let both = rest[at] == b'\r' && rest.get(at + 1) == Some(&b'\n');
        rest = &rest[at + 1 + usize::from(both)..];
    }
    rest
}

/// A file with one column: a delimiter that does not occur.
fn lone_column(body: &[u8], given: &Given) -> Marks {
    let absent = |d: &&&str| !body.windows(d.len()).any(|bytes| bytes == d.as_bytes());
    let unused = [",", "\u{1}", "\u{1f}"].iter().find(absent).unwrap_or(&",");
    let delimiter = given.delimiter.clone().unwrap_or_else(|| (*unused).to_owned());
    Marks { delimiter: delimiter.into_bytes(), quote: Some(b'"'), escape: Some(b'"') }
}

fn candidates(body: &[u8], given: &Given) -> Vec<Marks> {
    let text = String::from_utf8_lossy(&body[..body.len().min(1 << 16)]);
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).take(ROWS).collect();
    let delimiters: Vec<String> = match &given.delimiter {
        Some(delimiter) => vec![delimiter.clone()],
        None => DELIMITERS
            .iter()
            .filter(|d| lines.iter().filter(|line| line.contains(**d)).count() * 2 > lines.len())
            .map(|d| (*d).to_owned())
            .collect(),
    };
    let mut out = Vec::new();
    for delimiter in delimiters {
        let at_edge = |quote: char| {
            let open = format!("{delimiter}{quote}");
            let close = format!("{quote}{delimiter}");
            text.contains(&open) || text.contains(&close) || text.starts_with(quote)
        };
        let mut styles: Vec<(Option<u8>, Option<u8>)> = match given.quote {
            Some(Some(quote)) => {
                let quote = u8::try_from(quote).ok();
                vec![(quote, quote)]
            }
            Some(None) => vec![(None, None)],
            None => vec![(Some(b'"'), Some(b'"'))],
        };
        if given.quote.is_none() {
            if text.contains("\\\"") && at_edge('"') {
                styles.push((Some(b'"'), Some(b'\\')));
            }
            if at_edge('\'') && !at_edge('"') {
                styles.push((Some(b'\''), Some(b'\'')));
            }
        }
        out.extend(styles.into_iter().map(|(quote, escape)| Marks {
            delimiter: delimiter.clone().into_bytes(),
            quote,
            escape,
        }));
    }
    out
}

fn rows_of(body: &[u8], marks: &Marks) -> Vec<Row> {
    if let Some((first, lines)) = odd_first_line(body, marks) {
        let mut rows = vec![first];
        rows.extend(cut_rows(after_lines(body, lines), marks, lines));
        let width = usual_width(&rows[1..]);
        if rows[0].cells.len() == width {
            return rows;
        }
    }
    cut_rows(body, marks, 0)
}

/// The first line that is not blank, cut at every delimiter, when its quotes do not match: read as
/// quotes, they would take rows along. With the number of lines up to its end.
fn odd_first_line(body: &[u8], marks: &Marks) -> Option<(Row, u64)> {
    let quote = marks.quote?;
    let mut lines = 0;
    while lines < TITLE_LINES_MAX as u64 && line_at(body, lines).trim().is_empty() {
        lines += 1;
    }
    let line = line_at(body, lines);
    if line.bytes().filter(|b| *b == quote).count().is_multiple_of(2) {
        return None;
    }
    let piece = |text: String| Piece { text, quoted: false };
    let cells = split_plainly(&line, marks).into_iter().map(piece).collect();
    let row = Row { line: lines + 1, cells, odd: true, broken_quotes: false, lines: 1 };
    Some((row, lines + 1))
}

fn cut_rows(body: &[u8], marks: &Marks, above: u64) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut take = |record: &Record<'_>| {
        let piece = |cell: &Cell| Piece { text: record.text(*cell, marks), quoted: cell.quoted };
        if !record.is_blank() {
            let breaks = record.bytes.iter().filter(|b| **b == b'\n').count() as u64;
            let broken_quotes = record.odd.after_quote || record.odd.open;
            rows.push(Row {
                line: record.line + above,
                cells: record.cells.iter().map(piece).collect(),
                odd: broken_quotes || record.odd.inner,
                broken_quotes,
                lines: breaks + 1,
            });
        }
        rows.len() < ROWS
    };
    // A slice of bytes can always be read.
    let _ = records(body, marks, &mut take);
    rows
}

/// How well marks fit, and the row with which the table begins; `None` when not at all.
fn score(rows: &[Row], marks: &Marks, start_given: bool) -> Option<(f64, usize)> {
    let width = usual_width(rows);
    if width < 2 {
        return None;
    }
    let is_row =
        |row: &Row| (row.cells.len() == width || is_with_end(row, width)) && !row.broken_quotes;
    let near = |row: &Row| {
        row.cells.len() >= width.saturating_sub(1).max(2) && row.cells.len() <= width + 2
    };
    let start = if start_given { 0 } else { rows.iter().position(near)? };
    let table = &rows[start..];
    let fit = table.iter().filter(|row| is_row(row)).count() as f64 / table.len() as f64;
    let weak = matches!(marks.delimiter.as_slice(), b" " | b":" | b"^" | b"~");
    let quoted = table.iter().any(|row| row.cells.iter().any(|cell| cell.quoted));
    if start > 0 {
        let typed = table.iter().skip(1).any(|row| {
            row.cells.iter().any(|cell| shape::of(&cell.text).forms & !shape::YES_NO != 0)
        });
        // One comma in a line of prose does not make a table under a title.
        let strong =
            width > 2 || matches!(marks.delimiter.as_slice(), b";" | b"\t" | b"|") || typed;
        if weak || !strong || start > TITLE_LINES_MAX {
            return None;
        }
    }
    if fit < 0.34 || (weak && (fit < 0.97 || !(width > 2 || quoted))) {
        return None;
    }
    let (mut clean, mut all) = (0.0, 0.0);
    for row in table {
        for cell in &row.cells {
            all += 1.0;
            // Quotes that do not match are pieces of something else.
            let whole = !(cell.quoted && row.odd);
            clean += f64::from(u8::from(whole && is_clean(cell, marks)));
        }
    }
    let width = width as f64;
    Some((fit * (clean / all) * (1.0 - 0.5 / width), start))
}

/// The number of cells that most rows have.
fn usual_width(rows: &[Row]) -> usize {
    let mut counts: Vec<(usize, usize)> = Vec::new();
    for row in rows {
        // Where every row ends in a delimiter, nothing follows it.
        let cells = row.cells.len();
        match counts.iter_mut().find(|(width, _)| *width == cells) {
            Some((_, n)) => *n += 1,
            None => counts.push((cells, 1)),
        }
    }
    counts.into_iter().max_by_key(|(width, n)| (*n, *width)).map_or(0, |(width, _)| width)
}

/// Whether a row has one cell too many, with nothing in it.
fn is_with_end(row: &Row, width: usize) -> bool {
    row.cells.len() == width + 1 && row.cells[width].text.is_empty()
}

/// Whether a cell looks like a value rather than like a piece of one.
fn is_clean(cell: &Piece, marks: &Marks) -> bool {
    let text = cell.text.trim();
    if cell.quoted || text.is_empty() || shape::of(text).forms != 0 {
        return true;
    }
    let others = [';', '\t', '|'].iter().any(|c| text.contains(*c));
    let begins = cell.text.starts_with(' ') && marks.delimiter != b" ";
    let balanced =
        |open: char, close: char| text.matches(open).count() == text.matches(close).count();
    let quotes = text.contains('"') || text.starts_with('\'') || text.ends_with('\'');
    let braces = text.starts_with(['{', '[']);
    !others && !begins && !quotes && !braces && balanced('(', ')') && balanced('[', ']')
}

fn finish(
    body: &[u8],
    rows: &[Row],
    (marks, start, skipped): (Marks, usize, u64),
    given: &Given,
) -> Guess {
    let width = usual_width(&rows[start.min(rows.len())..]).max(1);
    let start = if given.skip_lines.is_some() { 0 } else { past_titles(rows, start, width) };
    let mut guess = Guess {
        marks,
        skip_lines: skipped,
        title: None,
        header: false,
        odd_header: false,
        first_byte: None,
        names: Vec::new(),
    };
    let Some(first) = rows.get(start) else {
        guess.names = made_up(width);
        return guess;
    };
    guess.skip_lines += first.line - 1;
    guess.title = title(body, first.line - 1);
    let table = &rows[start..];
    let line = line_at(body, first.line - 1);
    guess.first_byte = line.bytes().next();
    let by_line: Vec<String> = split_plainly(&line, &guess.marks);
    let names: Vec<String> = if first.odd || first.lines > 1 && by_line.len() == width {
        guess.odd_header = true;
        by_line
    } else {
        first.cells.iter().map(|cell| cell.text.clone()).collect()
    };
    guess.header = given.header.unwrap_or_else(|| is_header(&names, &table[1..]));
    if !guess.header {
        guess.odd_header = false;
        guess.names = made_up(width);
        return guess;
    }
    guess.names = column_names(names, &table[1..], width);
    guess
}

fn made_up(width: usize) -> Vec<String> {
    (0..width).map(|i| format!("column{i}")).collect()
}

/// The names of the columns: as wide as the rows are.
fn column_names(mut names: Vec<String>, rows: &[Row], width: usize) -> Vec<String> {
    let has_end = rows.iter().any(|row| row.cells.len() > width);
    // Nothing but a delimiter at the end of the names.
    while names.len() > 1
        && names.last().is_some_and(|name| name.trim().is_empty())
        && rows.iter().all(|row| {
            row.cells.get(names.len() - 1).is_none_or(|cell| cell.text.is_empty() && !cell.quoted)
        })
        && (names.len() > width || has_end || rows.iter().any(|r| r.cells.len() < names.len()))
    {
        names.pop();
    }
    let always = |n: usize| {
        rows.len() > 1
            && rows.iter().all(|row| row.cells.len() == n && !row.cells[n - 1].text.is_empty())
    };
    if always(names.len() + 1) {
        // The names of the rows stand first, and are not named themselves.
        names.insert(0, String::new());
    }
    let has_more = |row: &Row| row.cells.iter().skip(names.len()).any(|c| !c.text.is_empty());
    let all_wider = rows.len() > 1
        && rows.iter().all(|row| row.cells.len() > names.len())
        && rows.iter().any(has_more);
    let wanted = if all_wider { width.max(names.len()) } else { names.len() };
    names.resize(wanted, String::new());
    let mut taken = BTreeSet::new();
    names
        .into_iter()
        .enumerate()
        .map(|(i, name)| {
            let name = name.trim();
            let made = format!("column{i}");
            free(if name.is_empty() { &made } else { name }, &mut taken)
        })
        .collect()
}

/// The row with which the table begins, past lines of titles and comments above it.
fn past_titles(rows: &[Row], start: usize, width: usize) -> usize {
    let mut at = start;
    while at + 1 < rows.len() && at < start + TITLE_LINES_MAX {
        let (row, next) = (&rows[at], &rows[at + 1]);
        let comment = row.cells[0].text.starts_with('#') && !row.cells[0].quoted;
        let comment = comment && next.cells.len() >= width && looks_like_names(next);
        let sparse = width > 1
            && row.filled() * 2 < width.max(3)
            && row.filled() < width
            && next.filled() > row.filled()
            && next.filled() * 2 > width
            && looks_like_names(next);
        let short = row.cells.len() < width
            && row.filled() <= 1
            && next.cells.len() == width
            && width > 2
            && looks_like_names(next);
        if !(comment || sparse || short) {
            break;
        }
        at += 1;
    }
    at
}

/// Whether the cells of a row are words, no two of them the same.
fn looks_like_names(row: &Row) -> bool {
    let filled: Vec<&str> =
        row.cells.iter().map(|c| c.text.trim()).filter(|text| !text.is_empty()).collect();
    let different: BTreeSet<&str> = filled.iter().copied().collect();
    !filled.is_empty()
        && different.len() == filled.len()
        && filled.iter().all(|text| shape::of(text).forms == 0)
}

/// Whether a line holds the names of the columns of these rows.
fn is_header(names: &[String], rows: &[Row]) -> bool {
    let typed = |text: &str| shape::of(text).forms != 0;
    if rows.is_empty() {
        return !names.iter().any(|name| typed(name));
    }
    let mut values = false;
    let mut repeated = 0;
    for (i, name) in names.iter().enumerate() {
        let column =
            || rows.iter().filter_map(|row| row.cells.get(i)).filter(|c| !c.text.is_empty());
        let filled = column().count();
        let of_type = column().filter(|cell| typed(&cell.text)).count();
        let is_typed = filled > 0 && of_type * 10 >= filled * 9;
        if is_typed && !typed(name) && !name.trim().is_empty() && !is_word_for_missing(name) {
            // A word above numbers.
            return true;
        }
        values |= typed(name);
        let again = filled > 1 && !name.is_empty() && column().any(|cell| cell.text == *name);
        repeated += usize::from(again);
    }
    // Where every word of the line comes again below it, it is a row like the others.
    !values && repeated < names.len()
}

fn is_word_for_missing(text: &str) -> bool {
    matches!(text.trim(), "NA" | "N/A" | "NULL" | "null" | "NaN" | "\\N" | "-")
}

/// The line after this many others.
fn line_at(body: &[u8], lines: u64) -> String {
    let rest = after_lines(body, lines);
    let end = rest.iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(rest.len());
    String::from_utf8_lossy(&rest[..end]).into_owned()
}

/// A line cut at every delimiter, whatever its quotes say.
fn split_plainly(line: &str, marks: &Marks) -> Vec<String> {
    let delimiter = String::from_utf8_lossy(&marks.delimiter).into_owned();
    let quote = marks.quote.map(char::from);
    let bare = |cell: &str| {
        let cell = cell.trim();
        let cell = quote.and_then(|q| cell.strip_prefix(q)).unwrap_or(cell);
        quote.and_then(|q| cell.strip_suffix(q)).unwrap_or(cell).to_owned()
    };
    line.split(&delimiter).map(bare).collect()
}

/// The first of the lines above the table that says something.
fn title(body: &[u8], lines: u64) -> Option<String> {
    let rest = after_lines(body, lines);
    let above = String::from_utf8_lossy(&body[..body.len() - rest.len()]);
    let line = above.lines().find(|line| !line.trim().is_empty())?;
    Some(line.chars().take(60).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(text: &str) -> Guess {
        guess(text.as_bytes(), &Given::default())
    }

    fn told(text: &str) -> (String, Vec<String>, u64) {
        let guess = guessed(text);
        (String::from_utf8(guess.marks.delimiter).unwrap(), guess.names, guess.skip_lines)
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|n| (*n).to_owned()).collect()
    }

    #[test]
    fn a_delimiter_makes_rows_of_one_length() {
        assert_eq!(told("a;b\n1,5;2\n3,5;4,5\n"), (";".into(), names(&["a", "b"]), 0));
        assert_eq!(told("a\tb\n1\t{\"k\": 1, \"l\": 2}\n2\t{\"k\": 1, \"l\": 2}\n").0, "\t");
        assert_eq!(told("id item note\n1 lamp \"a, b\"\n2 lamp \"a, c\"\n").0, " ");
        assert_eq!(told("a, b, c\n1, \"x, y\", 3\n2, \"x\", 4\n").0, ", ");
        assert_eq!(told("note\none, two\nthree, four\n"), ("\u{1}".into(), names(&["note"]), 0));
        assert_eq!(told("full name\nAda Lovelace\nBea Roy\n").1, names(&["full name"]));
        assert_eq!(told("sep=;\nid;name\n1;Ada\n"), (";".into(), names(&["id", "name"]), 1));
    }

    #[test]
    fn quotes_are_those_that_make_rows_of_one_length() {
        assert_eq!(guessed("a,b\n1,'x, y'\n2,'z'\n").marks.quote, Some(b'\''));
        assert_eq!(guessed("a,b\n1,\"x \\\"y\\\", z\"\n2,z\n").marks.escape, Some(b'\\'));
    }

    #[test]
    fn titles_and_comments_stand_above_a_table() {
        assert_eq!(told("REPORT,,,\nid,item,note,code\n1,a,b,c\n2,a,b,c\n").2, 1);
        assert_eq!(told("# made in May\nid,name\n1,Ada\n2,Bea\n").2, 1);
        assert_eq!(told("Sales\n\nid,name,n\n1,Ada,2\n2,Bea,3\n").2, 2);
    }

    #[test]
    fn names_are_words_above_values() {
        assert_eq!(told("1,2\n3,4\n").1, names(&["column0", "column1"]));
        assert_eq!(told("id,item\n").1, names(&["id", "item"]));
        assert_eq!(told("id,2019,2020\n1,5,6\n2,7,8\n").1, names(&["id", "2019", "2020"]));
        assert_eq!(told("id,name,n,\n1,Ada,3\n2,Bea,4\n").1, names(&["id", "name", "n"]));
        assert_eq!(told("a,b\nr1,1,2\nr2,3,4\n").1, names(&["column0", "a", "b"]));
        let odd = guessed("id,\"item,\"note\",code\n1,a,b,c\n2,a,b,c\n");
        assert!(odd.odd_header, "{odd:?}");
        assert_eq!(odd.names, names(&["id", "item", "note", "code"]));
        let open = guessed("id,\"item,note,code\n1,a,b,c\n2,a,b,c\n");
        assert_eq!(open.names, names(&["id", "item", "note", "code"]));
    }
}
