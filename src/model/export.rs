//! A list to be written: which people, which columns, which file.

use super::question::Slice;
use super::value::grouped;
use std::path::PathBuf;

/// A request to write the members of a slice to a file.
#[derive(Debug, Clone, PartialEq)]
pub struct ExportRequest {
    /// Who.
    pub slice: Slice,
    /// What of them, in order. Empty: every feature under its own name.
    pub columns: Vec<ExportColumn>,
    /// The file to write. Written beside it as `NAME.part` first.
    pub path: PathBuf,
    /// The file's format.
    pub format: ExportFormat,
    /// In CSV, put an apostrophe before cells that a spreadsheet would run as a formula.
    pub neutralise_formulas: bool,
    /// In CSV, begin with the mark by which Excel knows that the text is UTF-8.
    pub byte_order_mark: bool,
}

/// A column of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportColumn {
    /// The feature.
    pub feature: String,
    /// Its name in the file.
    pub name: String,
    /// Whether the value is replaced by its SHA-256 (lower-case hexadecimal of its UTF-8 text), and
    /// what is done to it before.
    pub hash: Option<Normal>,
}

/// What is done to a value before it is hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Normal {
    /// Nothing.
    AsItIs,
    /// Without white space at its ends, in small letters.
    Email,
    /// The same; at gmail.com and googlemail.com also without dots and what follows a plus sign.
    GoogleEmail,
    /// A telephone number in international form, `+` and digits. Others are missing.
    Phone,
    /// The same without the plus sign.
    PhoneDigits,
}

impl Normal {
    /// Every way to hash.
    pub const ALL: [Self; 5] =
        [Self::AsItIs, Self::Email, Self::GoogleEmail, Self::Phone, Self::PhoneDigits];

    /// The word for it, as it is typed and kept.
    pub fn word(self) -> &'static str {
        match self {
            Self::AsItIs => "as-is",
            Self::Email => "email",
            Self::GoogleEmail => "google-email",
            Self::Phone => "phone",
            Self::PhoneDigits => "phone-digits",
        }
    }

    /// The way that a word means.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|normal| normal.word().eq_ignore_ascii_case(word))
    }

    /// What is done, as a person reads it.
    pub fn words(self) -> &'static str {
        match self {
            Self::AsItIs => "as it is",
            Self::Email => "without outer spaces, in lower case",
            Self::GoogleEmail => {
                "without outer spaces, in lower case, for Gmail without dots and +…"
            }
            Self::Phone => "as a phone number, + and digits",
            Self::PhoneDigits => "as a phone number, digits only",
        }
    }

    /// Whether it is about telephone numbers.
    pub fn is_phone(self) -> bool {
        matches!(self, Self::Phone | Self::PhoneDigits)
    }
}

/// The format of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ExportFormat {
    /// Comma-separated text, UTF-8, with a header line.
    Csv,
    /// Apache Parquet, zstd.
    Parquet,
    /// An Excel workbook with one sheet; at most 1,048,575 people.
    Excel,
    /// One JSON object per line, UTF-8.
    JsonLines,
}

/// How a list gets into its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Written {
    /// The database writes the file.
    Copied(CopiedFormat),
    /// Rows are read in pages and put into a workbook.
    Paged,
}

/// The formats that the database itself writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopiedFormat {
    /// See [`ExportFormat::Csv`].
    Csv,
    /// See [`ExportFormat::Parquet`].
    Parquet,
    /// See [`ExportFormat::JsonLines`].
    JsonLines,
}

/// Rows of a sheet of Excel, its header not counted.
pub const WORKBOOK_ROWS: u64 = 1_048_575;

impl ExportFormat {
    /// Every format, in the order in which it is offered.
    pub const ALL: [Self; 4] = [Self::Csv, Self::Parquet, Self::Excel, Self::JsonLines];

    /// The rows that a file of it holds at most, its header not counted.
    pub fn rows_max(self) -> Option<u64> {
        (self == Self::Excel).then_some(WORKBOOK_ROWS)
    }

    /// The format that a file name's ending asks for.
    pub fn of_path(path: &std::path::Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?.to_ascii_lowercase();
        Self::ALL.into_iter().find(|format| format.ending() == ending)
    }

    /// The file name's ending, without the dot.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Excel => "xlsx",
            Self::JsonLines => "jsonl",
        }
    }

    /// What it is called on a button.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Parquet => "Parquet",
            Self::Excel => "Excel",
            Self::JsonLines => "JSON lines",
        }
    }

    /// How the file comes to be.
    pub fn written(self) -> Written {
        match self {
            Self::Csv => Written::Copied(CopiedFormat::Csv),
            Self::Parquet => Written::Copied(CopiedFormat::Parquet),
            Self::JsonLines => Written::Copied(CopiedFormat::JsonLines),
            Self::Excel => Written::Paged,
        }
    }

    /// Whether people open it in a spreadsheet as text: cells may be run as formulas, and a mark
    /// says that it is UTF-8.
    pub fn is_sheet_of_text(self) -> bool {
        matches!(self, Self::Csv)
    }

    /// Whether it is text, line by line.
    pub fn is_lines(self) -> bool {
        matches!(self, Self::Csv | Self::JsonLines)
    }

    /// The endings of all formats, for a sentence: `.csv, .parquet or .xlsx`.
    pub fn endings() -> String {
        let endings = Self::ALL.map(|format| format!(".{}", format.ending()));
        match endings.split_last() {
            Some((last, others)) => format!("{} or {last}", others.join(", ")),
            None => String::new(),
        }
    }
}

/// A list that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The list.
    pub path: PathBuf,
    /// Its manifest.
    pub manifest: PathBuf,
    /// People in it.
    pub rows: u64,
    /// SHA-256 of the file, lower-case hexadecimal.
    pub sha256: String,
    /// What was changed on the way out.
    pub changed: ListChanges,
}

/// What was changed on the way into a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListChanges {
    /// Columns with cells that got an apostrophe, so that no spreadsheet runs them.
    pub apostrophes: Vec<Apostrophes>,
    /// Columns that were normalised before they were hashed.
    pub normalised: Vec<Normalised>,
}

/// Cells of a column that got an apostrophe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apostrophes {
    /// The column's name in the file.
    pub column: String,
    /// How many.
    pub cells: u64,
    /// One of them, as it was.
    pub example: String,
}

/// What normalising did to the values of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Normalised {
    /// The column's name in the file.
    pub column: String,
    /// How.
    pub how: Normal,
    /// Values that are another after it.
    pub changed: u64,
    /// Values of which nothing was left: their cells are empty.
    pub lost: u64,
}

impl ListChanges {
    /// All cells that got an apostrophe.
    pub fn cells(&self) -> u64 {
        self.apostrophes.iter().map(|found| found.cells).sum()
    }

    /// The changes as sentences without a full stop.
    pub fn told(&self) -> Vec<String> {
        let mut told = Vec::new();
        if let Some(first) = self.apostrophes.first() {
            let (cells, got) = match self.cells() {
                1 => ("1 cell".to_owned(), "it"),
                n => (format!("{} cells", grouped(n)), "them"),
            };
            let names: Vec<&str> = self.apostrophes.iter().map(|a| a.column.as_str()).collect();
            let example: String = first.example.chars().take(40).collect();
            told.push(format!(
                "{cells} got an apostrophe, so that no spreadsheet runs {got}: in {}, such as `{example}`",
                names.join(", ")
            ));
        }
        for column in &self.normalised {
            let Normalised { column, how, changed, lost } = column;
            let changed = grouped(*changed);
            let mut sentence = format!(
                "{column} was hashed {}: {changed} values were changed by that",
                how.words()
            );
            if *lost > 0 {
                let lost = grouped(*lost);
                let why = match how.is_phone() {
                    true => "not phone numbers with a country code",
                    false => "empty",
                };
                sentence.push_str(&format!("; {lost} are {why} and were left empty"));
            }
            told.push(sentence);
        }
        told
    }
}
