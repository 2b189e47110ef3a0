//! What accompanies a list that leaves the program, and whether the list still matches it.
//!
//! Nothing here knows the database. Writing a list is the engine's job
//! ([`crate::engine::jobs::export`]); this room holds what is true of the files: their checksums,
//! the manifest, and the comparison of a list with its manifest.

pub mod checksum;
pub mod manifest;
pub mod parquet_rows;
pub mod verify;
pub mod workbook;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The same path with something appended; file names that are not UTF-8 stay as they are.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
