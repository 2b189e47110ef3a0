//! How a delimited text file is read, found out by reading all of it.
//!
//! 1. The encoding, from the bytes.
//! 2. Delimiter, quotes and names, from DuckDB's sniffer, which is not believed blindly: a file
//!    that collapses into one column of text is sniffed again with the delimiter told.
//! 3. Every row as text. Rows that do not fit are reported, and reading becomes lenient.
//! 4. Types: the sniffer's guess from the first rows is checked on all rows.

mod encoding;
mod types;

use super::probe::Probe;
use crate::model::catalog::{CsvReader, Reader};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::model::value::Value;
use crate::sql::{Sql, from_files, number, session, text};
use std::path::{Path, PathBuf};

/// The table in which every row is kept as text for a while.
const STAGE: &str = "rows of a text file";
/// Delimiters that are looked for where the sniffer found none.
const DELIMITERS: &[char] = &[',', ';', '\t', '|'];
/// Odd lines that a finding names.
const LINES_NAMED: usize = 5;

/// Finds out how delimited files that make up one table are read.
///
/// # Errors
/// When they cannot be read as a table at all, or it was cancelled.
pub(super) fn reader(
    probe: &dyn Probe,
    paths: &[PathBuf],
    findings: &mut Vec<Finding>,
) -> Result<CsvReader, Failure> {
    let first = paths.first().map(PathBuf::as_path).unwrap_or_else(|| Path::new(""));
    let encoding = encoding::of(paths, findings)?;
    let mut reader = dialect(probe, first, encoding, findings)?;
    let guessed = std::mem::take(&mut reader.columns);
    reader.columns = guessed.iter().map(|(name, _)| (name.clone(), "VARCHAR".to_owned())).collect();
    stage(probe, paths, &mut reader, findings)?;
    let typed = types::check(probe, STAGE, &guessed, &reader, first, findings);
    let dropped = probe.run(&session::forget(STAGE));
    let typed = typed?;
    dropped?;
    Ok(typed)
}

/// The reader that keeps a column as text which does not convert after all.
///
/// `None` when the failure is about something else.
pub(super) fn without_type(
    reader: &CsvReader,
    failure: &Failure,
    first: &Path,
    findings: &mut Vec<Finding>,
) -> Option<CsvReader> {
    let (_, rest) = failure.what.split_once("converting column \"")?;
    let (_, told) = rest.split_once("\". Could not convert string \"")?;
    let (value, _) = told.split_once("\" to '")?;
    let index = reader.columns.iter().position(|(name, type_name)| {
        type_name != "VARCHAR" && rest.starts_with(&format!("{name}\". Could"))
    })?;
    let mut reader = reader.clone();
    if value.is_empty() && reader.quoted_empty_is_text {
        reader.quoted_empty_is_text = false;
        return Some(reader);
    }
    let (name, type_name) = &mut reader.columns[index];
    let message = format!("{name} is kept as text, because of the value \"{value}\"");
    findings.push(Finding::new(Severity::Note, message).at(first, None));
    *type_name = "VARCHAR".to_owned();
    Some(reader)
}

/// Delimiter, quotes, header and names.
fn dialect(
    probe: &dyn Probe,
    path: &Path,
    mut encoding: String,
    findings: &mut Vec<Finding>,
) -> Result<CsvReader, Failure> {
    let extension = path.to_string_lossy().to_lowercase();
    let tabs = [".tsv", ".tab", ".tsv.gz", ".tab.gz", ".tsv.zst"];
    let told = tabs.iter().any(|end| extension.ends_with(end)).then_some('\t');
    let mut sniffed = sniff(probe, path, &encoding, told, false);
    if let Err(failure) = &sniffed
        && encoding == "utf-8"
        && super::files::is_compressed(path)
        && failure.what.to_lowercase().contains("unicode")
    {
        // The bytes of files that are not compressed were looked at.
        findings.push(encoding::read_as_latin(path));
        encoding = "latin-1".to_owned();
        sniffed = sniff(probe, path, &encoding, told, false);
    }
    if probe.is_cancelled() {
        return Err(super::probe::cancelled());
    }
    let (columns, skipped) =
        sniffed.as_ref().map_or((0, 0), |reader| (reader.columns.len(), reader.skip_lines));
    if columns > 1 && skipped == 0 {
        return sniffed;
    }
    let lines = first_lines(probe, path, &encoding);
    let Ok(lines) = lines else { return sniffed };
    if columns > 1 && !passes_over_rows(&lines, skipped, columns) {
        findings.extend(passed_over(&lines, skipped, path));
        return sniffed;
    }
    if lines.iter().all(|line| line.trim().is_empty()) {
        let hint = "take another copy of the file";
        return Err(Failure::new("the file holds no rows", path.display().to_string(), hint));
    }
    let Some(delimiter) = told.or_else(|| frequent_delimiter(&lines)) else {
        return sniffed.or_else(|failure| by_hand(&lines, ',', &encoding, failure, path));
    };
    if let Ok(reader) = sniff(probe, path, &encoding, Some(delimiter), true)
        && reader.columns.len() > 1
        && reader.delimiter.starts_with(delimiter)
    {
        return Ok(reader);
    }
    let failure = sniffed.err().unwrap_or_else(|| Failure::new("the columns differ", "", ""));
    by_hand(&lines, delimiter, &encoding, failure, path)
}

/// Whether lines that the sniffer passes over look like rows: they have half the delimiters.
fn passes_over_rows(lines: &[String], skipped: u64, columns: usize) -> bool {
    let skipped = lines.iter().take(usize::try_from(skipped).unwrap_or(usize::MAX));
    let enough = ((columns - 1) / 2).max(1);
    skipped.into_iter().any(|line| DELIMITERS.iter().any(|d| line.matches(*d).count() >= enough))
}

/// Says that lines before the names are passed over, unless they are blank.
fn passed_over(lines: &[String], skipped: u64, path: &Path) -> Option<Finding> {
    let count = usize::try_from(skipped).unwrap_or(usize::MAX);
    let text = lines.iter().take(count).find(|line| !line.trim().is_empty())?;
    let text: String = text.chars().take(60).collect();
    let message = format!("lines before the names of the columns are passed over: \"{text}\"");
    Some(Finding::new(Severity::Note, message).at(path, Some(1)))
}

/// Asks DuckDB's sniffer.
fn sniff(
    probe: &dyn Probe,
    path: &Path,
    encoding: &str,
    delimiter: Option<char>,
    lenient: bool,
) -> Result<CsvReader, Failure> {
    let words = types::MISSING_WORDS.iter().map(|w| text(w));
    let mut options = vec![Sql::fill("nullstr = ['', {}]", &[&Sql::join(words, ", ")])];
    if encoding != "utf-8" {
        options.push(Sql::fill("encoding = {}", &[&text(encoding)]));
    }
    if let Some(delimiter) = delimiter {
        options.push(Sql::fill("delim = {}", &[&text(&delimiter.to_string())]));
    }
    if lenient {
        options.push(Sql::raw("strict_mode = false, null_padding = true, ignore_errors = true"));
    }
    let sql = Sql::fill(
        "SELECT Delimiter, \"Quote\", \"Escape\", NewLineDelimiter, SkipRows, HasHeader, \
         c.name, c.type FROM (SELECT *, unnest(\"Columns\") AS c FROM sniff_csv({}, {}))",
        &[&text(&path.to_string_lossy()), &Sql::join(options, ", ")],
    );
    let rows = probe.rows(&sql)?;
    let Some(first) = rows.first() else {
        return Err(Failure::new("no columns were found", path.display().to_string(), ""));
    };
    let told = |i: usize| match first.get(i).map(Value::display).unwrap_or_default().as_str() {
        "(empty)" | "\\0" => String::new(),
        other => other.to_owned(),
    };
    let columns = rows
        .iter()
        .map(|row| (row[6].display(), row[7].display()))
        .collect::<Vec<(String, String)>>();
    let (quote, escape) = (told(1), told(2));
    let new_line = told(3);
    Ok(CsvReader {
        delimiter: told(0).replace("\\t", "\t"),
        escape: if escape.is_empty() { quote.clone() } else { escape },
        quote,
        header: first.get(5) == Some(&Value::Boolean(true)),
        skip_lines: first.get(4).and_then(Value::as_u64).unwrap_or(0),
        missing_words: Vec::new(),
        quoted_empty_is_text: true,
        columns,
        encoding: encoding.to_owned(),
        lenient: false,
        // Written as the reader takes it: a backslash and a letter.
        new_line: (new_line == "\\r").then_some(new_line),
    })
}

/// The first lines as they stand.
fn first_lines(probe: &dyn Probe, path: &Path, encoding: &str) -> Result<Vec<String>, Failure> {
    let sql = Sql::fill(
        "SELECT line FROM read_csv({}, columns = {'line': 'VARCHAR'}, delim = chr(1), quote = '', \
         escape = '', header = false, auto_detect = false, strict_mode = false, \
         ignore_errors = true, encoding = {}) LIMIT 200",
        &[&text(&path.to_string_lossy()), &text(encoding)],
    );
    Ok(probe.rows(&sql)?.iter().map(|row| row[0].display()).collect())
}

/// A delimiter that stands in the first line and in most others.
fn frequent_delimiter(lines: &[String]) -> Option<char> {
    let filled: Vec<&String> = lines.iter().filter(|l| !l.trim().is_empty()).collect();
    let head = filled.first()?;
    DELIMITERS
        .iter()
        .filter(|d| {
            let with = filled.iter().filter(|line| line.contains(**d)).count();
            head.contains(**d) && with * 2 > filled.len()
        })
        .max_by_key(|d| head.matches(**d).count())
        .copied()
}

/// A reader made from the first line, where the sniffer gives up.
fn by_hand(
    lines: &[String],
    delimiter: char,
    encoding: &str,
    failure: Failure,
    path: &Path,
) -> Result<CsvReader, Failure> {
    let skip = lines.iter().take_while(|line| line.trim().is_empty()).count();
    let Some(head) = lines.get(skip) else {
        let what = failure.what.lines().next().unwrap_or_default().to_owned();
        let hint = "open it in a text editor and check its first lines";
        return Err(Failure::new(what, path.display().to_string(), hint));
    };
    let mut taken = std::collections::BTreeSet::new();
    let cells: Vec<&str> = head.split(delimiter).map(|c| c.trim().trim_matches('"')).collect();
    let header = cells.iter().all(|c| c.parse::<f64>().is_err());
    let columns = cells
        .iter()
        .enumerate()
        .map(|(i, cell)| {
            let wanted =
                if header && !cell.is_empty() { (*cell).to_owned() } else { format!("column{i}") };
            (super::names::free(&wanted, &mut taken), "VARCHAR".to_owned())
        })
        .collect();
    Ok(CsvReader {
        delimiter: delimiter.to_string(),
        quote: "\"".to_owned(),
        escape: "\"".to_owned(),
        header,
        skip_lines: skip as u64,
        missing_words: Vec::new(),
        quoted_empty_is_text: true,
        columns,
        encoding: encoding.to_owned(),
        lenient: false,
        new_line: None,
    })
}

/// Keeps every row as text. When rows do not fit, they are reported and reading becomes lenient.
fn stage(
    probe: &dyn Probe,
    paths: &[PathBuf],
    reader: &mut CsvReader,
    findings: &mut Vec<Finding>,
) -> Result<(), Failure> {
    let keep = |reader: &CsvReader| {
        let rows = session::everything(&from_files(paths, &Reader::Csv(reader.clone())));
        probe.run(&session::keep(STAGE, &rows))
    };
    if reader.quote.is_empty() {
        // The first rows have no quotes; later ones may, and then they mean what they do elsewhere.
        let quoted = CsvReader { quote: "\"".into(), escape: "\"".into(), ..reader.clone() };
        if keep(&quoted).is_ok() {
            *reader = quoted;
            return Ok(());
        }
    }
    let Err(failure) = keep(reader) else { return Ok(()) };
    if probe.is_cancelled() {
        return Err(super::probe::cancelled());
    }
    if reader.quote.is_empty() {
        reader.quote = "\"".to_owned();
        reader.escape = "\"".to_owned();
    }
    reader.lenient = true;
    report_odd_rows(probe, paths, reader, findings)?;
    keep(reader).map_err(|_| {
        let what = failure.what.lines().next().unwrap_or_default().to_owned();
        let place = paths.first().map(|p| p.display().to_string()).unwrap_or_default();
        Failure::new(what, place, "open it in a text editor and check its first lines")
    })
}

/// Says which rows do not fit, with their lines.
fn report_odd_rows(
    probe: &dyn Probe,
    paths: &[PathBuf],
    reader: &CsvReader,
    findings: &mut Vec<Finding>,
) -> Result<(), Failure> {
    probe.run(&Sql::raw("DROP TABLE IF EXISTS reject_errors"))?;
    probe.run(&Sql::raw("DROP TABLE IF EXISTS reject_scans"))?;
    let strict = CsvReader { lenient: false, ..reader.clone() };
    let read = crate::sql::from_files_with_rejects(paths, &strict);
    if probe.rows(&Sql::fill("SELECT count(COLUMNS(*)) FROM {}", &[&read])).is_err() {
        // Even so it fails: the lenient reading is the last try, and it tells its own failure.
        return Ok(());
    }
    let kinds = Sql::fill(
        "SELECT s.file_path, e.error_type::VARCHAR, count(DISTINCT e.line), \
         list(DISTINCT e.line ORDER BY e.line)[1:{}] FROM reject_errors AS e \
         JOIN reject_scans AS s USING (scan_id, file_id) GROUP BY ALL ORDER BY ALL",
        &[&number(LINES_NAMED as i128)],
    );
    for row in probe.rows(&kinds)? {
        let count = row[2].as_u64().unwrap_or(0);
        let lines: Vec<u64> = match &row[3] {
            Value::List(items) => items.iter().filter_map(Value::as_u64).collect(),
            _ => Vec::new(),
        };
        findings.push(
            odd_rows(&row[1].display(), count, &lines, reader.columns.len())
                .at(row[0].display(), lines.first().copied()),
        );
    }
    Ok(())
}

fn odd_rows(kind: &str, count: u64, lines: &[u64], columns: usize) -> Finding {
    let named: Vec<String> = lines.iter().map(u64::to_string).collect();
    let more = if count > lines.len() as u64 { ", …" } else { "" };
    let line = if count == 1 { "line" } else { "lines" };
    let rows = super::names::counted(count, "row");
    let what = match kind {
        "TOO MANY COLUMNS" => {
            format!("with more than {columns} cells: the cells beyond are left out")
        }
        "MISSING COLUMNS" => {
            format!("with fewer than {columns} cells: the rest is read as missing")
        }
        "INVALID ENCODING" => "with bytes that are not text: left out".to_owned(),
        "LINE SIZE OVER MAXIMUM" => "too long to read: left out".to_owned(),
        _ => "with a quote that is not closed where it should be".to_owned(),
    };
    let message = format!("{rows} {what} ({line} {}{more})", named.join(", "));
    Finding::new(Severity::Warning, message).hint("correct the file where it was made")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[&str]) -> Vec<String> {
        text.iter().map(|l| (*l).to_owned()).collect()
    }

    #[test]
    fn a_delimiter_must_stand_in_the_first_line_and_in_most_others() {
        assert_eq!(frequent_delimiter(&lines(&["a;b", "1;2", "3;4,5"])), Some(';'));
        assert_eq!(frequent_delimiter(&lines(&["note", "one, two", "three, four"])), None);
        assert_eq!(frequent_delimiter(&lines(&["a,b", "1", "2", "3"])), None);
    }

    #[test]
    fn a_first_line_of_numbers_is_no_header() {
        let failure = Failure::new("", "", "");
        let path = Path::new("a.csv");
        let made = by_hand(&lines(&["1,2"]), ',', "utf-8", failure, path).unwrap();
        assert!(!made.header);
        assert_eq!(made.columns[1].0, "column1");
    }
}
