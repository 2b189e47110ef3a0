//! How JSON files are read, found out by reading all of them here: which keys there are, which
//! type keeps all values of each, and where something stands that does not fit.
//!
//! ```text
//! file ─▶ records ─▶ text ─▶ shape (of each key: numbers, texts) ─▶ types ─▶ JsonReader
//! ```

mod numbers;
mod records;
mod shape;
mod text;
mod types;

use super::names::{counted, free};
use super::probe::{Probe, cancelled};
use super::seen::{CellPlace, Seen, Tally};
use crate::disk::unpack;
use crate::model::catalog::{Conversion, JsonColumn, JsonLayout, JsonPart, JsonReader, Reader};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use records::Layout;
use shape::{COLUMNS_MAX, Fields, Shape};
use std::cell::Cell;
use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use text::{Cursor, Token};
use types::{Note, Typed};

/// Findings about columns of one table that are told one by one.
const TOLD_MAX: usize = 25;

/// Finds out how JSON files are read, looking at all of their records. A file that cannot be read
/// is told and left out when another can.
///
/// # Errors
/// When none is JSON, or it was cancelled.
pub(super) fn reader(
    probe: &dyn Probe,
    paths: &mut Vec<PathBuf>,
    findings: &mut Vec<Finding>,
) -> Result<Reader, Failure> {
    let mut failures = Vec::new();
    let (found, parts) = loop {
        match look_at_all(probe, paths)? {
            Ok(found) => break found,
            Err((number, failure)) => {
                paths.remove(number);
                failures.push(failure);
            }
        }
    };
    if paths.is_empty() {
        let nothing = || Failure::new("there is no file to read", "", "choose another folder");
        return Err(failures.into_iter().next().unwrap_or_else(nothing));
    }
    findings.extend(failures.into_iter().map(|failure| {
        Finding::new(Severity::Error, failure.what).at(failure.place, None).hint(failure.hint)
    }));
    let mut notes = Vec::new();
    let within = found.within();
    let fields = match within {
        Some((key, fields)) => {
            notes.push(found.unwrapped(key));
            fields
        }
        None => &found.fields,
    };
    let (columns, conversions) = found.columns(fields, &mut notes);
    let within = within.map(|(key, _)| key.to_owned());
    findings.extend(found.lost(paths));
    findings.extend(told(notes, paths));
    let own: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    let partitions = super::folders::partitions(paths, &own, findings).unwrap_or_default();
    let marked = parts.iter().any(|part| part.mark);
    let mut folders = partitions.columns.clone();
    if !folders.is_empty() && (marked || !partitions.by_names) {
        findings.push(super::folders::not_read(&partitions, paths));
        folders.clear();
    }
    let json = Reader::Json(JsonReader { parts, within, columns, largest: found.largest, folders });
    if conversions.is_empty() {
        return Ok(json);
    }
    Ok(Reader::Converted { columns: conversions, reader: Box::new(json) })
}

/// What is in all files; the number of a file that cannot be read, and why, when there is one.
type Looked = Result<(FoundShape, Vec<JsonPart>), (usize, Failure)>;

fn look_at_all(probe: &dyn Probe, paths: &[PathBuf]) -> Result<Looked, Failure> {
    let budget = Cell::new(0);
    let mut found = FoundShape::new();
    let mut parts: Vec<JsonPart> = Vec::new();
    for (number, path) in paths.iter().enumerate() {
        let part = match found.look_at(probe, path, number, &budget) {
            Ok(part) => part,
            Err(_) if probe.is_cancelled() => return Err(cancelled()),
            Err(failure) => return Ok(Err((number, failure))),
        };
        match parts.last_mut() {
            Some(last) if JsonPart { files: last.files, ..part } == *last => last.files += 1,
            _ => parts.push(part),
        }
    }
    Ok(Ok((found, parts)))
}

/// Notes as findings, no more than a person reads.
fn told(notes: Vec<Note>, paths: &[PathBuf]) -> Vec<Finding> {
    let more = notes.len().saturating_sub(TOLD_MAX);
    let mut findings: Vec<Finding> =
        notes.into_iter().take(TOLD_MAX).map(|note| finding(note, paths)).collect();
    if more > 0 {
        let message =
            format!("{} more of this kind are not listed", counted(more as u64, "finding"));
        findings.push(Finding::new(Severity::Note, message));
    }
    findings
}

fn finding(note: Note, paths: &[PathBuf]) -> Finding {
    let mut finding = Finding::new(note.severity, note.message).hint(note.hint);
    if let Some(seen) = note.seen.as_ref().filter(|_| note.with_example) {
        finding = finding.example(&seen.text);
    }
    let first = || paths.first().cloned().unwrap_or_default();
    match note.seen {
        Some(Seen { file, line, .. }) => {
            finding.at(paths.get(file).cloned().unwrap_or_else(first), Some(line))
        }
        None => finding.at(first(), None),
    }
}

/// What is in the records of all files.
struct FoundShape {
    fields: Fields,
    /// The records that are no objects.
    values: Shape,
    objects: u64,
    /// Records that are no objects.
    others: Tally,
    /// Lines that are no JSON.
    broken: Tally,
    /// The bytes of the largest record.
    largest: u64,
}

impl FoundShape {
    fn new() -> Self {
        Self {
            fields: Fields::of_most(COLUMNS_MAX),
            values: Shape::default(),
            objects: 0,
            others: Tally::default(),
            broken: Tally::default(),
            largest: 0,
        }
    }

    /// Takes in what is in a file.
    fn look_at(
        &mut self,
        probe: &dyn Probe,
        path: &Path,
        file: usize,
        budget: &Cell<usize>,
    ) -> Result<JsonPart, Failure> {
        let Layout { layout, mark } = layout_of(path)?;
        let (mut sound, mut others, mut broken) = (0_u64, false, Tally::default());
        let take = &mut |record: records::Record<'_>| {
            let place = CellPlace::new(file, record.line, budget);
            if record.sound.is_ok() {
                sound += 1;
                others |= !self.take(&record, &place);
            } else {
                broken.add(String::from_utf8_lossy(record.bytes).trim(), &place);
            }
            // Where records are not lines, there is no way to find the next one after a broken one.
            let lost = layout != JsonLayout::Lines && broken.count > 0;
            let stopped = sound.is_multiple_of(1024) && probe.is_cancelled();
            !(lost || stopped)
        };
        records::each(path, layout, take).map_err(|error| unreadable(path, &error))?;
        if probe.is_cancelled() {
            return Err(cancelled());
        }
        refuse_broken(path, layout, sound, &broken)?;
        if mark && layout == JsonLayout::Documents && sound > 1 {
            return Err(Failure::new(
                "the file begins with a byte order mark, and its records are not one per line",
                path.display().to_string(),
                "save it without the mark, or with one record on each line",
            ));
        }
        let passes_over = others || broken.count > 0;
        self.broken.count += broken.count;
        self.broken.first = self.broken.first.take().or(broken.first);
        Ok(JsonPart { files: 1, layout, mark, passes_over })
    }

    /// Takes in a record; whether it is an object.
    fn take(&mut self, record: &records::Record<'_>, place: &CellPlace<'_>) -> bool {
        self.largest = self.largest.max(record.bytes.len() as u64);
        let mut cursor = Cursor::new(record.bytes);
        // The record was found whole, so nothing is wrong with it.
        if let Ok(Token::Object) = Cursor::new(record.bytes).value() {
            self.objects += 1;
            let _ = cursor.value().and_then(|_| self.fields.take(&mut cursor, place));
            return true;
        }
        self.others.add(String::from_utf8_lossy(record.bytes).trim(), place);
        let _ = self.values.take(&mut cursor, place);
        false
    }

    /// The columns of the table, and what becomes of some of them afterwards.
    fn columns(
        &self,
        fields: &Fields,
        notes: &mut Vec<Note>,
    ) -> (Vec<JsonColumn>, Vec<(String, Conversion)>) {
        let mut columns = Vec::new();
        let mut conversions = Vec::new();
        let mut taken = BTreeSet::new();
        let mut add = |name: &str, keys: Vec<String>, typed: Typed| {
            let plain = name.replace('\0', "");
            let name = free(if plain.is_empty() { "column" } else { &plain }, &mut taken);
            conversions.extend(typed.then.map(|then| (name.clone(), then)));
            columns.push(JsonColumn { name, keys, type_name: typed.type_name });
        };
        if self.objects == 0 {
            let typed = types::typed("json", &self.values, notes);
            add("json", Vec::new(), typed);
        }
        notes.extend(types::doubled("", fields));
        let types: Vec<Typed> =
            fields.list.iter().map(|f| types::typed(&f.key, &f.shape, notes)).collect();
        let all = &fields.list;
        for (at, field) in all.iter().enumerate() {
            let spellings: Vec<usize> =
                (0..all.len()).filter(|i| all[*i].same_as == field.same_as).collect();
            let alike = spellings.iter().all(|i| types[*i] == types[at]);
            let one = alike && !all[field.same_as].apart;
            if one && field.same_as != at {
                continue;
            }
            let keys = match one {
                true => spellings.iter().map(|i| all[*i].key.clone()).collect(),
                false => vec![field.key.clone()],
            };
            if keys.len() > 1 {
                notes.push(spelled(&keys));
            } else if spellings.len() > 1 && field.same_as == at {
                notes.push(apart(fields, &spellings));
            }
            add(&field.key, keys, types[at].clone());
        }
        if columns.is_empty() {
            // Records without a key are records all the same.
            columns.push(JsonColumn {
                name: "json".into(),
                keys: Vec::new(),
                type_name: "JSON".into(),
            });
        }
        (columns, conversions)
    }

    /// The only list of objects in the only record, and what is in these: a table in a wrapper.
    fn within(&self) -> Option<(&str, &Fields)> {
        if self.objects != 1 || self.others.count > 0 || self.fields.beyond.count > 0 {
            return None;
        }
        let mut found = self.fields.list.iter().filter_map(|field| {
            let items = field.shape.items.as_deref()?;
            let only = items.kinds().len() == 1 && items.objects.count > 1;
            let fields = items.fields.as_deref().filter(|f| f.beyond.count == 0)?;
            only.then_some((field.key.as_str(), fields))
        });
        let first = found.next()?;
        // With several of them it is a thing of its own.
        found.next().is_none().then_some(first)
    }

    fn unwrapped(&self, key: &str) -> Note {
        let others: Vec<&str> =
            self.fields.list.iter().map(|f| f.key.as_str()).filter(|k| *k != key).collect();
        let beside = match others.is_empty() {
            true => String::new(),
            false => format!("; what is beside it is not read: {}", others.join(", ")),
        };
        let message =
            format!("the file is one record: the objects in its list {key} are the rows{beside}");
        Note::at(Severity::Note, message, None)
    }

    /// What is told about records and keys that are not read.
    fn lost(&self, paths: &[PathBuf]) -> Vec<Finding> {
        let mut notes = Vec::new();
        let mut tell = |tally: &Tally, one: &str, why: &str, hint: &'static str| {
            if tally.count > 0 {
                let message = format!("{} left out: {why}", counted(tally.count, one));
                notes.push(Note::seen(Severity::Warning, message, tally.first.clone(), hint));
            }
        };
        let hint = "correct the line, or get another copy of the file";
        tell(&self.broken, "line", "not a whole JSON record", hint);
        if self.objects > 0 {
            let hint = "write it as an object, like the others";
            tell(&self.others, "record", "not an object with keys", hint);
        }
        let most = format!("the records have more than {} different keys", self.fields.list.len());
        let hint = "put values whose key differs in every record into a list";
        tell(&self.fields.beyond, "value", &most, hint);
        notes.into_iter().map(|note| finding(note, paths)).collect()
    }
}

fn apart(fields: &Fields, spellings: &[usize]) -> Note {
    let keys: Vec<&str> = spellings.iter().map(|i| fields.list[*i].key.as_str()).collect();
    let message =
        format!("the keys {} differ only in case, and become separate columns", keys.join(" and "));
    let seen = fields.together.first.clone();
    Note::at(Severity::Note, message, seen)
}

fn spelled(keys: &[String]) -> Note {
    let message = format!(
        "the keys {} differ only in case, and no record has two of them: they become one column, \
         {}",
        keys.join(" and "),
        keys.first().map_or("", String::as_str)
    );
    Note::at(Severity::Note, message, None)
}

fn layout_of(path: &Path) -> Result<Layout, Failure> {
    let mut head = Vec::new();
    let read = unpack::open(path).and_then(|file| file.take(4).read_to_end(&mut head));
    read.map_err(|error| unreadable(path, &error))?;
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") || head.contains(&0) {
        return Err(Failure::new(
            "the file cannot be read as JSON: it is written in UTF-16",
            path.display().to_string(),
            "save it as UTF-8",
        ));
    }
    records::layout_of(path).map_err(|error| unreadable(path, &error))
}

/// Refuses a file of which too little can be read.
fn refuse_broken(
    path: &Path,
    layout: JsonLayout,
    sound: u64,
    broken: &Tally,
) -> Result<(), Failure> {
    let place = path.display().to_string();
    let Some(Seen { line, text, .. }) = &broken.first else {
        if sound > 0 {
            return Ok(());
        }
        let hint = "get another copy of the file";
        return Err(Failure::new("the file holds no records", place, hint));
    };
    if layout == JsonLayout::Lines && sound >= broken.count {
        return Ok(());
    }
    let what = match text.is_empty() {
        true => "it ends in the middle of its list of records".to_owned(),
        false => format!("line {line} is not a whole JSON record: {text}"),
    };
    Err(Failure::new(
        format!("the file cannot be read as JSON: {what}"),
        place,
        "check that it holds whole JSON records, one on each line or all in one list",
    ))
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    let what = format!("the file cannot be read as JSON: {error}");
    Failure::new(what, path.display().to_string(), "get another copy of the file")
}
