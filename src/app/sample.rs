//! The sample shop.

use crate::model::failure::Failure;
use std::path::PathBuf;

/// The path of the sample's DuckDB file.
///
/// # Errors
/// When it is not there.
pub fn path() -> Result<PathBuf, Failure> {
    let path = PathBuf::from("sample_data/shop.duckdb");
    if path.is_file() {
        return std::path::absolute(&path).map_err(|error| {
            Failure::new("the sample cannot be found", path.display().to_string(), error.to_string())
        });
    }
    Err(Failure::new(
        "the sample shop is not here",
        path.display().to_string(),
        "start muster in the folder of its sources",
    ))
}
