//! Tables that the database does not read by itself: those of SQLite files and the sheets of
//! workbooks. Their cells are read here, twice: to find the type of each column, and to hand the
//! rows over.

use super::names::counted;
use super::probe::Probe;
use super::seen::{CellPlace, Seen, Tally};
use super::texts::{TextType, Texts};
use crate::model::catalog::{Conversion, ForeignColumn};
use crate::model::finding::{Finding, Severity};
use std::path::Path;

/// Whole numbers up to this are floats as they are.
const FLOAT_WHOLE: u64 = 1 << 53;

/// A cell as its file has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Missing,
    YesNo(bool),
    Whole(i64),
    Number(f64),
    Text(String),
    /// `2025-11-25`
    Day(String),
    /// `2025-11-25 10:00:00.000`
    Moment(String),
    /// `10:00:00.000`
    Time(String),
    Bytes(Vec<u8>),
}

/// What the cells of a column have in common.
#[derive(Debug, Default)]
pub(super) struct CellShape {
    yes_no: Tally,
    whole: Tally,
    /// A whole number that a float would change.
    wide: bool,
    number: Tally,
    texts: Texts,
    day: Tally,
    moment: Tally,
    time: Tally,
    bytes: Tally,
}

impl CellShape {
    /// Looks at a cell of the row with this number, from 1.
    pub(super) fn take(&mut self, cell: &Cell, row: u64) {
        let place = CellPlace::of_line(row);
        let tally = match cell {
            Cell::Missing => return,
            Cell::Text(text) => return self.texts.take(text, &place),
            Cell::YesNo(_) => &mut self.yes_no,
            Cell::Whole(n) => {
                self.wide |= n.unsigned_abs() > FLOAT_WHOLE;
                &mut self.whole
            }
            Cell::Number(_) => &mut self.number,
            Cell::Day(_) => &mut self.day,
            Cell::Moment(_) => &mut self.moment,
            Cell::Time(_) => &mut self.time,
            Cell::Bytes(_) => &mut self.bytes,
        };
        if tally.first.is_none() {
            tally.add(&text_of(cell, "VARCHAR").unwrap_or_default(), &place);
        } else {
            tally.count += 1;
        }
    }

    fn kinds(&self) -> Vec<(&'static str, &Tally)> {
        let mut kinds: Vec<(&'static str, &Tally)> = [
            ("yes/no", &self.yes_no),
            ("whole numbers", &self.whole),
            ("numbers", &self.number),
            ("texts", &self.texts.all),
            ("dates", &self.day),
            ("timestamps", &self.moment),
            ("times", &self.time),
            ("bytes", &self.bytes),
        ]
        .into_iter()
        .filter(|(_, tally)| tally.count > 0)
        .collect();
        kinds.sort_by_key(|(_, tally)| tally.count);
        kinds
    }

    /// The type that holds all cells as they are, and how their text becomes it; and what is to be
    /// told.
    pub(super) fn typed(&self, name: &str) -> (String, Conversion, Option<Note>) {
        let kinds = self.kinds();
        let names: Vec<&str> = kinds.iter().map(|(kind, _)| *kind).collect();
        let cast = |t: &str| (t.to_owned(), Conversion::Cast { type_name: t.to_owned() }, None);
        let only = |allowed: &[&str]| names.iter().all(|name| allowed.contains(name));
        match names.as_slice() {
            [] => cast("VARCHAR"),
            ["yes/no"] => cast("BOOLEAN"),
            ["whole numbers"] => cast("BIGINT"),
            ["dates"] => cast("DATE"),
            ["times"] => cast("TIME"),
            ["bytes"] => ("BLOB".to_owned(), Conversion::HexBytes, None),
            ["texts"] => self.of_texts(name),
            _ if only(&["whole numbers", "numbers"]) && !self.wide => cast("DOUBLE"),
            _ if only(&["dates", "timestamps"]) => cast("TIMESTAMP"),
            _ => {
                let (_, rarest) = kinds[0];
                let told: Vec<String> =
                    kinds.iter().rev().map(|(kind, n)| format!("{kind} ({})", n.count)).collect();
                let message = format!("{name} holds {}: all are read as text", told.join(" and "));
                let seen = rarest.first.clone();
                let (type_name, then, _) = cast("VARCHAR");
                (type_name, then, Some(Note { severity: Severity::Warning, message, seen }))
            }
        }
    }

    fn of_texts(&self, name: &str) -> (String, Conversion, Option<Note>) {
        let texts = &self.texts;
        let type_name = match texts.type_of() {
            TextType::Text => "VARCHAR",
            TextType::Day => "DATE",
            TextType::Moment => "TIMESTAMP",
            TextType::FineMoment => "TIMESTAMP_NS",
            TextType::Instant => "TIMESTAMP WITH TIME ZONE",
        };
        if type_name == "VARCHAR" {
            let type_name = type_name.to_owned();
            return (type_name.clone(), Conversion::Cast { type_name }, None);
        }
        let note = (texts.empty.count > 0).then(|| {
            let count = counted(texts.empty.count, "empty text");
            let message = format!("{count} among the dates of {name} read as missing");
            Note { severity: Severity::Note, message, seen: texts.empty.first.clone() }
        });
        let type_name = type_name.to_owned();
        (type_name.clone(), Conversion::MomentText { type_name }, note)
    }
}

/// Something to tell about a column.
#[derive(Debug)]
pub(super) struct Note {
    pub severity: Severity,
    pub message: String,
    /// The first of what it is about, if that is a cell.
    pub seen: Option<Seen>,
}

impl Note {
    /// As a finding about a table of a file.
    pub(super) fn finding(self, path: &Path, part: &str) -> Finding {
        let row = self.seen.as_ref().map(|seen| format!(" (row {})", seen.line));
        let message = format!("{part}: {}{}", self.message, row.unwrap_or_default());
        let finding = Finding::new(self.severity, message).at(path, None);
        match self.seen.filter(|seen| !seen.text.is_empty()) {
            Some(seen) => finding.example(&seen.text),
            None => finding,
        }
    }
}

/// The columns with the types of what was seen in them.
pub(super) fn columns(
    names: &[String],
    shapes: &[CellShape],
    notes: &mut Vec<Note>,
) -> Vec<ForeignColumn> {
    let mut taken = std::collections::BTreeSet::new();
    let typed = names.iter().zip(shapes).map(|(name, shape)| {
        let (type_name, conversion, note) = shape.typed(name);
        notes.extend(note);
        let own = name.clone();
        ForeignColumn { name: super::names::free(name, &mut taken), own, type_name, conversion }
    });
    typed.collect()
}

/// A cell as text that its column's conversion reads; `None` when it is missing.
pub(super) fn text_of(cell: &Cell, type_name: &str) -> Option<String> {
    Some(match cell {
        Cell::Missing => return None,
        Cell::YesNo(value) => value.to_string(),
        Cell::Whole(n) => n.to_string(),
        Cell::Number(x) => x.to_string(),
        Cell::Text(text) | Cell::Day(text) | Cell::Moment(text) | Cell::Time(text) => text.clone(),
        Cell::Bytes(bytes) if type_name == "BLOB" => hex(bytes),
        Cell::Bytes(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => format!("0x{}", hex(bytes)),
        },
    })
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Text grows without failing.
        let _ = write!(out, "{byte:02X}");
    }
    out
}

/// Whether the work is to stop, looked at now and then.
pub(super) fn is_over(probe: &dyn Probe, row: u64) -> bool {
    row.is_multiple_of(1024) && probe.is_cancelled()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(cells: &[Cell]) -> String {
        let mut shape = CellShape::default();
        for (row, cell) in cells.iter().enumerate() {
            shape.take(cell, row as u64 + 1);
        }
        shape.typed("x").0
    }

    #[test]
    fn a_column_has_the_type_that_keeps_its_cells() {
        let text = |t: &str| Cell::Text(t.to_owned());
        let big = (1 << 53) + 1;
        for (cells, type_name) in [
            (vec![Cell::Missing, Cell::Whole(1)], "BIGINT"),
            (vec![Cell::Whole(1), Cell::Number(0.5)], "DOUBLE"),
            (vec![Cell::Whole(big), Cell::Number(0.5)], "VARCHAR"),
            (vec![Cell::Whole(1), text("x")], "VARCHAR"),
            (vec![text("007")], "VARCHAR"),
            (vec![text("2025-01-01"), text("")], "DATE"),
            (
                vec![Cell::Day("2025-01-01".into()), Cell::Moment("2025-01-01 10:00:00".into())],
                "TIMESTAMP",
            ),
            (vec![Cell::Bytes(vec![1])], "BLOB"),
            (vec![], "VARCHAR"),
        ] {
            assert_eq!(typed(&cells), type_name, "{cells:?}");
        }
    }
}
