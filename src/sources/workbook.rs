//! Excel workbooks (`.xlsx`): every sheet of one is a table here.
//!
//! The names of the columns are looked for below titles; dates are told from numbers by their
//! format. A workbook is a ZIP archive of XML: before it is opened, what its parts unpack to is
//! counted, so that a small file cannot fill the memory.

use super::cells::{self, Cell, CellShape, Note};
use super::names::counted;
use super::probe::{Probe, cancelled};
use super::seen::{CellPlace, Tally};
use crate::disk::read;
use crate::model::catalog::{ForeignKind, ForeignReader, SheetPlace};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use calamine::{DataRef, Reader as _, SheetType, SheetVisible, Xlsx};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

/// What the parts that are held in memory may unpack to, and the sheets, which are read on the way.
const HELD_MAX: u64 = 512 << 20;
const SHEETS_MAX: u64 = 8 << 30;
/// Columns of a sheet; the format has no more.
const COLUMNS_MAX: u32 = 16_384;
/// Rows that are looked at for the names of the columns.
const LOOK_ROWS: usize = 50;
/// Rows that may stand above the names.
const TITLE_ROWS: usize = 20;

type Book = Xlsx<BufReader<File>>;

/// A sheet of a workbook, and how it is read.
pub(super) struct FoundSheet {
    pub sheet: String,
    pub reader: ForeignReader,
}

/// A row: its number from 0, and its cells by the number of their column.
type Row = (u32, Vec<(u32, Cell)>);

/// The sheets of a workbook that hold a table.
///
/// # Errors
/// When it is damaged, unpacks to too much, or it was cancelled.
pub(super) fn tables(
    probe: &dyn Probe,
    path: &Path,
    findings: &mut Vec<Finding>,
) -> Result<Vec<FoundSheet>, Failure> {
    let mut book = open(path)?;
    let sheets: Vec<calamine::Sheet> = book.sheets_metadata().to_vec();
    let mut found = Vec::new();
    for sheet in sheets.into_iter().filter(|sheet| sheet.typ == SheetType::WorkSheet) {
        let mut notes = Vec::new();
        let looked = look(probe, &mut book, &sheet.name, &mut notes);
        if probe.is_cancelled() {
            return Err(cancelled());
        }
        let reader = match looked {
            Ok(Some(reader)) => reader,
            Ok(None) => continue,
            Err(message) => {
                let message = format!("the sheet {} cannot be read: {message}", sheet.name);
                let hint = "save the workbook again, and open that";
                findings.push(Finding::new(Severity::Error, message).at(path, None).hint(hint));
                continue;
            }
        };
        if sheet.visible != SheetVisible::Visible {
            let message = "the sheet is hidden, but is read too".to_owned();
            notes.push(Note { severity: Severity::Note, message, seen: None });
        }
        findings.extend(notes.into_iter().map(|note| note.finding(path, &sheet.name)));
        found.push(FoundSheet { sheet: sheet.name, reader });
    }
    Ok(found)
}

/// Hands over the rows of a sheet until `take` says that it is enough.
///
/// # Errors
/// When the workbook is damaged.
pub(super) fn rows(
    path: &Path,
    place: &SheetPlace,
    take: &mut dyn FnMut(&[Cell]) -> bool,
) -> Result<(), Failure> {
    let mut book = open(path)?;
    let (first, last) = place.columns;
    let mut cells = vec![Cell::Missing; (last - first + 1) as usize];
    let mut hand_over = |(row, found): &mut Row| {
        if *row < place.first_row {
            return true;
        }
        cells.fill(Cell::Missing);
        for (column, cell) in found.drain(..).filter(|(c, _)| (first..=last).contains(c)) {
            cells[(column - first) as usize] = cell;
        }
        take(&cells)
    };
    each(&mut book, &place.sheet, &mut Lost::default(), &mut hand_over)
        .map_err(|message| damaged(path, &message))
}

/// How a sheet is read; `None` when there is nothing in it.
fn look(
    probe: &dyn Probe,
    book: &mut Book,
    sheet: &str,
    notes: &mut Vec<Note>,
) -> Result<Option<ForeignReader>, String> {
    let mut first: Vec<Row> = Vec::new();
    each(book, sheet, &mut Lost::default(), &mut |row| {
        first.push(std::mem::take(row));
        first.len() < LOOK_ROWS
    })?;
    let Some(width) = first.iter().map(|(_, cells)| cells.len()).max() else { return Ok(None) };
    let header = header_of(&first, width);
    let first_row = match header {
        Some(at) => first[at].0 + 1,
        None => first[0].0,
    };
    let mut shapes: Vec<CellShape> = Vec::new();
    let (mut least, mut most, mut last_row, mut rows) = (COLUMNS_MAX, 0, first_row, 0_u64);
    let mut see = |number: u32, cells: &[(u32, Cell)]| {
        for (column, cell) in cells {
            (least, most) = (least.min(*column), most.max(*column));
            let needed = *column as usize + 1;
            shapes.resize_with(needed.max(shapes.len()), CellShape::default);
            shapes[*column as usize].take(cell, u64::from(number) + 1);
        }
    };
    if let Some(at) = header {
        // A column with a name alone is one too.
        let named: Vec<(u32, Cell)> =
            first[at].1.iter().map(|(column, _)| (*column, Cell::Missing)).collect();
        see(first[at].0, &named);
    }
    let mut lost = Lost::default();
    each(book, sheet, &mut lost, &mut |(number, cells)| {
        if *number >= first_row {
            rows += 1;
            last_row = *number;
            see(*number, cells);
        }
        !cells::is_over(probe, rows)
    })?;
    if rows == 0 {
        return Ok(None);
    }
    let names = names(header.map(|at| &first[at]), least, most);
    tell_titles(&first, header, notes);
    lost.tell(notes);
    let merged = book.merge_cells_from(sheet, first_row);
    if merged > 0 {
        let count = counted(merged, "merged cell");
        let message = format!("{count} over several rows: only the first row gets the value");
        notes.push(Note { severity: Severity::Warning, message, seen: None });
    }
    let columns = cells::columns(&names, &shapes[least as usize..=most as usize], notes);
    let place = SheetPlace {
        sheet: sheet.to_owned(),
        first_row,
        last_row,
        columns: (least, most),
        from_1904: book.has_1904_epoch(),
    };
    Ok(Some(ForeignReader { kind: ForeignKind::Sheet(place), columns }))
}

/// Which of the first rows has the names: the first that is nearly as wide as the widest and holds
/// different texts alone, or years among them, with a row below it.
fn header_of(first: &[Row], width: usize) -> Option<usize> {
    let is_name = |cell: &Cell| match cell {
        Cell::Text(text) => !text.trim().is_empty(),
        Cell::Whole(n) => (1900..=2100).contains(n),
        _ => false,
    };
    let is_header = |(_, cells): &Row| {
        let mut seen = BTreeSet::new();
        cells.len() * 5 >= width * 3
            && cells.iter().all(|(_, cell)| is_name(cell))
            && cells.iter().any(|(_, cell)| matches!(cell, Cell::Text(_)))
            && cells.iter().all(|(_, cell)| {
                seen.insert(cells::text_of(cell, "VARCHAR").unwrap_or_default().to_lowercase())
            })
    };
    let looked = first.len().saturating_sub(1).min(TITLE_ROWS);
    first[..looked].iter().position(is_header)
}

fn names(header: Option<&Row>, least: u32, most: u32) -> Vec<String> {
    let named = |column: u32| {
        let cell = header?.1.iter().find(|(c, _)| *c == column)?;
        let name = cells::text_of(&cell.1, "VARCHAR")?;
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        (!name.is_empty()).then_some(name)
    };
    (least..=most).map(|column| named(column).unwrap_or_else(|| letters(column))).collect()
}

/// What Excel calls a column.
pub(super) fn letters(column: u32) -> String {
    let mut out = String::new();
    let mut rest = column + 1;
    while rest > 0 {
        rest -= 1;
        out.insert(0, char::from(b'A' + (rest % 26) as u8));
        rest /= 26;
    }
    out
}

fn tell_titles(first: &[Row], header: Option<usize>, notes: &mut Vec<Note>) {
    let note = match header {
        Some(0) => return,
        Some(at) => {
            let text = first[0].1.first().and_then(|(_, cell)| cells::text_of(cell, "VARCHAR"));
            let lines = counted(at as u64, "row");
            let message = format!("{lines} above the column names skipped");
            let mut title = Tally::default();
            title.add(&text.unwrap_or_default(), &CellPlace::of_line(u64::from(first[0].0) + 1));
            Note { severity: Severity::Note, message, seen: title.first }
        }
        None => {
            let message =
                "no row holds column names: columns are named by their letters".to_owned();
            Note { severity: Severity::Note, message, seen: None }
        }
    };
    notes.push(note);
}

/// Cells that have no value though something stands in them.
#[derive(Default)]
struct Lost {
    errors: Tally,
    formulas: Tally,
}

impl Lost {
    fn note(&mut self, value: &DataRef<'_>, is_formula: bool, row: u32) {
        let place = CellPlace::of_line(u64::from(row) + 1);
        match value {
            DataRef::Error(error) => self.errors.add(&error.to_string(), &place),
            DataRef::Empty if is_formula => self.formulas.add("", &place),
            _ => {}
        }
    }

    fn tell(&self, notes: &mut Vec<Note>) {
        let mut tell = |tally: &Tally, one: &str, why: &str| {
            if tally.count > 0 {
                let message = format!("{} {why}", counted(tally.count, one));
                let seen = tally.first.clone();
                notes.push(Note { severity: Severity::Warning, message, seen });
            }
        };
        tell(&self.errors, "cell", "with an error read as missing");
        let why = "without a value read as missing: open the workbook in a spreadsheet program \
                   and save it, to compute them";
        tell(&self.formulas, "formula", why);
    }
}

/// Hands over the rows of a sheet that are not empty.
fn each(
    book: &mut Book,
    sheet: &str,
    lost: &mut Lost,
    take: &mut dyn FnMut(&mut Row) -> bool,
) -> Result<(), String> {
    let told = |error: calamine::XlsxError| error.to_string();
    let mut reader = book.worksheet_cells_reader(sheet).map_err(told)?;
    let mut row: Row = (0, Vec::new());
    while let Some(found) = reader.next_cell_with_formula_metadata().map_err(told)? {
        let (number, column) = found.pos;
        lost.note(&found.value, found.formula.is_some(), number);
        let cell = cell_of(&found.value);
        if cell == Cell::Missing || column >= COLUMNS_MAX {
            continue;
        }
        if number < row.0 {
            return Err(format!("row {} follows row {}", number + 1, row.0 + 1));
        }
        if number > row.0 && !row.1.is_empty() {
            if !take(&mut row) {
                return Ok(());
            }
            row.1.clear();
        }
        row.0 = number;
        row.1.push((column, cell));
    }
    if !row.1.is_empty() {
        take(&mut row);
    }
    Ok(())
}

fn cell_of(value: &DataRef<'_>) -> Cell {
    match value {
        DataRef::Empty | DataRef::Error(_) => Cell::Missing,
        DataRef::Int(n) => Cell::Whole(*n),
        // Excel has no other numbers than floats.
        DataRef::Float(x) if x.fract() == 0.0 && x.abs() <= 9_007_199_254_740_992.0 => {
            Cell::Whole(*x as i64)
        }
        DataRef::Float(x) => Cell::Number(*x),
        DataRef::String(text) => text_cell(text),
        DataRef::SharedString(text) => text_cell(text),
        DataRef::Bool(value) => Cell::YesNo(*value),
        DataRef::DateTime(moment) if moment.is_duration() => Cell::Number(moment.as_f64()),
        DataRef::DateTime(moment) => {
            let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
            let time = format!("{hour:02}:{minute:02}:{second:02}.{milli:03}");
            let date = format!("{year:04}-{month:02}-{day:02}");
            match moment.as_f64() {
                value if (0.0..1.0).contains(&value) => Cell::Time(time),
                value if value.fract() == 0.0 => Cell::Day(date),
                _ => Cell::Moment(format!("{date} {time}")),
            }
        }
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text_cell(text),
    }
}

fn text_cell(text: &str) -> Cell {
    if text.is_empty() { Cell::Missing } else { Cell::Text(text.to_owned()) }
}

/// Opens a workbook whose parts do not unpack to too much.
fn open(path: &Path) -> Result<Book, Failure> {
    let told = |error: &dyn std::fmt::Display| damaged(path, &error.to_string());
    let file = read::open(path).map_err(|error| told(&error))?;
    let mut archive = zip::ZipArchive::new(BufReader::new(file)).map_err(|error| told(&error))?;
    let (mut held, mut sheets) = (0_u64, 0_u64);
    for i in 0..archive.len() {
        let mut part = archive.by_index(i).map_err(|error| told(&error))?;
        let sheet = part.name().is_ok_and(|name| name.starts_with("xl/worksheets/"));
        let (sum, most) = if sheet { (&mut sheets, SHEETS_MAX) } else { (&mut held, HELD_MAX) };
        // What a part says of its size need not be true.
        let mut limited = (&mut part).take(most - *sum + 1);
        *sum += std::io::copy(&mut limited, &mut std::io::sink()).map_err(|error| told(&error))?;
        if *sum > most {
            let what = format!("the workbook unpacks to more than {} MB", most >> 20);
            let hint = "save its sheets as CSV, and open those";
            return Err(Failure::new(what, path.display().to_string(), hint));
        }
    }
    let file = read::open(path).map_err(|error| told(&error))?;
    Xlsx::new(BufReader::new(file)).map_err(|error| told(&error))
}

fn damaged(path: &Path, message: &str) -> Failure {
    Failure::new(
        format!("the workbook cannot be read: {message}"),
        path.display().to_string(),
        "save it again as .xlsx, and open that",
    )
}

/// Merged cells, as far as they matter here.
trait Merged {
    /// How many stand in this row or below it and reach over several rows.
    fn merge_cells_from(&mut self, sheet: &str, row: u32) -> u64;
}

impl Merged for Book {
    fn merge_cells_from(&mut self, sheet: &str, row: u32) -> u64 {
        let Ok(merged) = self.merge_cells_by_sheet_name(sheet) else { return 0 };
        merged.iter().filter(|m| m.start.0 >= row && m.end.0 > m.start.0).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: u32, cells: &[Cell]) -> Row {
        (number, cells.iter().cloned().enumerate().map(|(i, c)| (i as u32, c)).collect())
    }

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn names_are_found_below_titles() {
        let data = || row(5, &[Cell::Whole(1), text("Ada"), Cell::Whole(7)]);
        let names = || row(3, &[text("id"), text("name"), text("n")]);
        assert_eq!(header_of(&[row(0, &[text("Report")]), names(), data()], 3), Some(1));
        assert_eq!(header_of(&[names(), data()], 3), Some(0));
        assert_eq!(header_of(&[data(), data()], 3), None);
        assert_eq!(header_of(&[names()], 3), None);
        let years = row(0, &[text("country"), Cell::Whole(2024), Cell::Whole(2025)]);
        assert_eq!(header_of(&[years, data()], 3), Some(0));
        let doubled = row(0, &[text("a"), text("A"), text("b")]);
        assert_eq!(header_of(&[doubled, data()], 3), None);
    }

    #[test]
    fn columns_have_the_letters_of_excel() {
        let letters: Vec<String> = [0, 25, 26, 701, 702, 16_383].map(letters).to_vec();
        assert_eq!(letters, ["A", "Z", "AA", "ZZ", "AAA", "XFD"]);
    }
}
