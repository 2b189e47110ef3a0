//! The sample shop, which travels inside the program.

use crate::disk::{Readers, read, write};
use crate::model::failure::Failure;
use std::io;
use std::path::{Path, PathBuf};

/// The sample's DuckDB file.
const SHOP: &[u8] = include_bytes!("../../sample_data/shop.duckdb");

/// The path of the sample in the user's data folder, written there when it is missing or another.
///
/// # Errors
/// When there is no such folder, or it cannot be written.
pub fn path() -> Result<PathBuf, Failure> {
    let folders = directories::ProjectDirs::from("", "", "muster").ok_or_else(|| {
        Failure::new("the sample cannot be unpacked", "", "this user has no data folder")
    })?;
    let path = folders.data_dir().join("sample").join("shop.duckdb");
    unpack(&path).map_err(|error| {
        let place = path.display().to_string();
        Failure::new("the sample cannot be unpacked", place, error.to_string())
    })?;
    Ok(path)
}

fn unpack(path: &Path) -> io::Result<()> {
    if read::whole(path, SHOP.len() as u64).is_ok_and(|there| there == SHOP) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        write::create_private_folder(folder)?;
    }
    write::replace(path, SHOP, Readers::AsUsual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_is_written_once_and_mended_when_it_differs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/shop.duckdb");
        unpack(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), SHOP);
        std::fs::write(&path, "torn").unwrap();
        unpack(&path).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), SHOP);
    }
}
