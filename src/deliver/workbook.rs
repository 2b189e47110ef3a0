//! A list as an Excel workbook: one sheet, typed cells, written row by row.
//!
//! - Numbers, yes/no and dates are cells of that type. Whole numbers and decimals of more than 15
//!   digits are text, since Excel would round them. Text is never a formula or a link.
//! - Excel knows days from 1900 to 9999 and moments to the millisecond. Days outside are text, and
//!   finer moments are text too, so that nothing is lost. Moments with a zone are in UTC.
//! - Lists, structs and maps are text in JSON, which the statement makes of them.
//! - Only a row at a time is in memory; the sheet grows in a temporary file of the system.
//! - Nothing in the file depends on when it was written.

use crate::model::failure::Failure;
use crate::model::value::{Kind, Value};
use jiff::civil::{Date, DateTime};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use std::fs::File;

/// The rows of a sheet, without the header.
pub const ROWS_MAX: u64 = crate::model::export::WORKBOOK_ROWS;
/// The columns of a sheet.
pub const COLUMNS_MAX: usize = 16_384;
/// The characters of a cell.
const TEXT_MAX: usize = 32_767;
/// The digits that Excel keeps of a number.
const DIGITS_MAX: usize = 15;

/// A workbook on its way.
pub struct ListBook {
    book: Workbook,
    names: Vec<String>,
    next_row: u32,
    day: Format,
    moment: Format,
}

impl ListBook {
    /// A workbook with a header line for these columns.
    ///
    /// # Errors
    /// When there are more columns than a sheet has, or no temporary file can be made.
    pub fn new(columns: &[(String, Kind)]) -> Result<Self, Failure> {
        if columns.len() > COLUMNS_MAX {
            let what = format!("{} columns do not fit on an Excel sheet", columns.len());
            let hint = format!("choose at most {COLUMNS_MAX}, or write CSV or Parquet");
            return Err(Failure::wrong_use(what, "", hint));
        }
        let mut book = Workbook::new();
        let written = ExcelDateTime::from_ymd(2000, 1, 1).map_err(|e| failed(&e))?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&written));
        let sheet = book.add_worksheet_with_constant_memory().map_err(|e| failed(&e))?;
        header(sheet, columns).map_err(|e| failed(&e))?;
        Ok(Self {
            book,
            names: columns.iter().map(|(name, _)| name.clone()).collect(),
            next_row: 1,
            day: Format::new().set_num_format("yyyy-mm-dd"),
            moment: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
        })
    }

    /// Adds a row: one value per column.
    ///
    /// # Errors
    /// When a text is longer than a cell holds, or the temporary file cannot be written.
    pub fn push(&mut self, row: &[Value]) -> Result<(), Failure> {
        let sheet = self.book.worksheet_from_index(0).map_err(|e| failed(&e))?;
        for (column, value) in row.iter().enumerate() {
            let at = (self.next_row, u16::try_from(column).expect("columns were counted before"));
            cell(sheet, at, value, [&self.day, &self.moment]).map_err(|error| {
                let name = self.names.get(column).map(String::as_str).unwrap_or_default();
                let mut failure = failed(&error);
                failure.place = format!("row {} of the list, column {name}", self.next_row);
                failure
            })?;
        }
        self.next_row += 1;
        Ok(())
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(mut self, file: File) -> Result<(), Failure> {
        self.book.save_to_writer(file).map_err(|e| failed(&e))
    }
}

fn header(sheet: &mut Worksheet, columns: &[(String, Kind)]) -> Result<(), XlsxError> {
    let bold = Format::new().set_bold();
    sheet.set_name("List")?;
    sheet.set_freeze_panes(1, 0)?;
    for (index, (name, kind)) in columns.iter().enumerate() {
        let index = u16::try_from(index).expect("columns were counted before");
        let width = match kind {
            Kind::Text | Kind::Timestamp | Kind::Instant => 20,
            _ => 12,
        };
        sheet.set_column_width(index, width)?;
        sheet.write_string_with_format(0, index, name, &bold)?;
    }
    Ok(())
}

fn cell(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    value: &Value,
    [day, moment]: [&Format; 2],
) -> Result<(), XlsxError> {
    match excel_value(value) {
        Cell::Blank => {}
        Cell::Boolean(b) => drop(sheet.write_boolean(row, column, b)?),
        Cell::Number(x) => drop(sheet.write_number(row, column, x)?),
        // Excel counts in units of UTF-16, of which some characters take two.
        Cell::Text(text) if text.len() > TEXT_MAX && text.encode_utf16().count() > TEXT_MAX => {
            return Err(XlsxError::MaxStringLengthExceeded);
        }
        Cell::Text(text) => drop(sheet.write_string(row, column, text)?),
        Cell::Day(at) => drop(sheet.write_datetime_with_format(row, column, &at, day)?),
        Cell::Moment(at) => drop(sheet.write_datetime_with_format(row, column, &at, moment)?),
    }
    Ok(())
}

/// What a value is on a sheet.
enum Cell {
    Blank,
    Boolean(bool),
    Number(f64),
    Text(String),
    Day(ExcelDateTime),
    Moment(ExcelDateTime),
}

fn excel_value(value: &Value) -> Cell {
    match value {
        Value::Missing => Cell::Blank,
        Value::Boolean(b) => Cell::Boolean(*b),
        Value::Integer(n) => number_or_text(&n.to_string()),
        Value::Decimal(digits) => number_or_text(digits),
        Value::Float(x) if x.is_finite() => Cell::Number(*x),
        Value::Date(text) => day(text).map_or_else(|| Cell::Text(text.clone()), Cell::Day),
        Value::Timestamp(text) => moment(text),
        Value::Instant(text) => moment(text.strip_suffix("+00").unwrap_or(text)),
        other => Cell::Text(other.display()),
    }
}

fn number_or_text(digits: &str) -> Cell {
    let significant = digits.bytes().filter(u8::is_ascii_digit).skip_while(|b| *b == b'0').count();
    match digits.parse() {
        Ok(number) if significant <= DIGITS_MAX => Cell::Number(number),
        _ => Cell::Text(digits.to_owned()),
    }
}

fn day(text: &str) -> Option<ExcelDateTime> {
    excel_day(text.parse().ok()?)
}

fn excel_day(date: Date) -> Option<ExcelDateTime> {
    let year = u16::try_from(date.year()).ok().filter(|y| *y >= 1900)?;
    let (month, day) = (u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?);
    ExcelDateTime::from_ymd(year, month, day).ok()
}

fn moment(text: &str) -> Cell {
    let at = || {
        let at: DateTime = text.parse().ok()?;
        let (hour, minute) = (u16::try_from(at.hour()).ok()?, u8::try_from(at.minute()).ok()?);
        let second = u8::try_from(at.second()).ok()?;
        let nanos = at.subsec_nanosecond();
        if nanos % 1_000_000 != 0 {
            return None;
        }
        let millis = u16::try_from(nanos / 1_000_000).ok()?;
        excel_day(at.date())?.and_hms_milli(hour, minute, second, millis).ok()
    };
    at().map_or_else(|| Cell::Text(text.to_owned()), Cell::Moment)
}

fn failed(error: &XlsxError) -> Failure {
    match error {
        XlsxError::MaxStringLengthExceeded => Failure::new(
            "a text is longer than the 32,767 characters of an Excel cell",
            "",
            "leave that column out, or write CSV or Parquet",
        ),
        XlsxError::IoError(error) if error.kind() == std::io::ErrorKind::StorageFull => {
            Failure::new("the disk is full", "", "free some space or choose another folder")
        }
        other => Failure::new(
            format!("the workbook cannot be written: {other}"),
            "",
            "write CSV or Parquet instead",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::failure::FailureKind;

    fn check(value: Value) -> String {
        match excel_value(&value) {
            Cell::Blank => "blank".into(),
            Cell::Boolean(b) => format!("yes/no {b}"),
            Cell::Number(x) => format!("number {x}"),
            Cell::Text(t) => format!("text {t}"),
            Cell::Day(at) => format!("day {}", at.to_excel()),
            Cell::Moment(at) => format!("moment {}", at.to_excel()),
        }
    }

    #[test]
    fn cells_keep_their_type_and_no_digit_is_lost() {
        assert_eq!(check(Value::Missing), "blank");
        assert_eq!(check(Value::Integer(-42)), "number -42");
        assert_eq!(check(Value::Integer(999_999_999_999_999)), "number 999999999999999");
        assert_eq!(check(Value::Integer(1_234_567_890_123_456)), "text 1234567890123456");
        assert_eq!(check(Value::Decimal("0.10".into())), "number 0.1");
        assert_eq!(check(Value::Decimal("1234567890.1234567".into())), "text 1234567890.1234567");
        assert_eq!(check(Value::Float(f64::NAN)), "text NaN");
        assert_eq!(check(Value::Text("=1+1".into())), "text =1+1");
        assert_eq!(check(Value::Date("2026-11-23".into())), "day 46349");
        assert_eq!(check(Value::Date("1899-12-31".into())), "text 1899-12-31");
        assert_eq!(check(Value::Date("infinity".into())), "text infinity");
        assert_eq!(check(Value::Timestamp("2026-11-23 12:00:00".into())), "moment 46349.5");
        assert_eq!(check(Value::Instant("2026-11-23 12:00:00+00".into())), "moment 46349.5");
        let fine = "2026-11-23 12:00:00.000001";
        assert_eq!(check(Value::Timestamp(fine.into())), format!("text {fine}"));
    }

    fn book() -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.xlsx");
        let columns = [("id".to_owned(), Kind::Integer), ("=name".to_owned(), Kind::Text)];
        let mut book = ListBook::new(&columns).unwrap();
        for n in 0..100 {
            book.push(&[Value::Integer(n), Value::Text(format!("=n{n}"))]).unwrap();
        }
        book.save(File::create(&path).unwrap()).unwrap();
        std::fs::read(&path).unwrap()
    }

    #[test]
    fn the_same_rows_give_the_same_bytes() {
        let first = book();
        assert!(first.starts_with(b"PK"));
        std::thread::sleep(std::time::Duration::from_millis(2100));
        assert!(first == book(), "a zip time is kept in steps of two seconds");
    }

    #[test]
    fn a_text_that_no_cell_holds_is_named_by_row_and_column() {
        let mut book = ListBook::new(&[("note".to_owned(), Kind::Text)]).unwrap();
        book.push(&[Value::Text("é".repeat(32_767))]).unwrap();
        for long in ["x".repeat(32_768), "🦆".repeat(16_384)] {
            let failure = book.push(&[Value::Text(long)]).unwrap_err();
            assert_eq!(failure.place, "row 2 of the list, column note");
        }
    }

    #[test]
    fn a_sheet_has_so_many_columns_and_no_more() {
        let columns = vec![("c".to_owned(), Kind::Text); COLUMNS_MAX + 1];
        assert!(ListBook::new(&columns).err().unwrap().kind == FailureKind::WrongUse);
    }
}
