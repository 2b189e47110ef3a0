//! A list to be written: which people, which columns, which file.

use super::question::Slice;
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
}

/// A column of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportColumn {
    /// The feature.
    pub feature: String,
    /// Its name in the file.
    pub name: String,
    /// Whether the value is replaced by its SHA-256 (lower-case hexadecimal of its UTF-8 text).
    pub hashed: bool,
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
}

impl ExportFormat {
    /// The format that a file name's ending asks for.
    pub fn of_path(path: &std::path::Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "parquet" => Some(Self::Parquet),
            "xlsx" => Some(Self::Excel),
            _ => None,
        }
    }

    /// The file name's ending, without the dot.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
            Self::Excel => "xlsx",
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
}
