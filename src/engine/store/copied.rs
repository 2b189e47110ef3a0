//! Copies of text files in UTF-8, for encodings that the database does not know by itself.

use super::{Store, StoreError};
use crate::disk::PartFile;
use crate::model::catalog::Reader;
use crate::model::reading::{Encoding, TextFiles};
use std::path::{Path, PathBuf};

/// A reader of copies, which are gone when this is dropped.
pub(super) struct Copied {
    /// Reads the copies as the other reader reads the files.
    pub(super) reader: Reader,
    copies: Vec<PathBuf>,
}

impl Drop for Copied {
    fn drop(&mut self) {
        for copy in &self.copies {
            // Otherwise it goes with the folder.
            let _ = std::fs::remove_file(copy);
        }
    }
}

impl Store {
    /// The reader of copies of the files that the database cannot read itself; `None` when it can
    /// read all of them.
    pub(super) fn copied(&self, reader: &Reader) -> Result<Option<Copied>, StoreError> {
        let text = |reader: &Reader| match reader {
            Reader::Text(files) => Some(files.clone()),
            _ => None,
        };
        let Some(files) = text(reader).filter(needs_copies) else { return Ok(None) };
        let mut copied = Copied { reader: Reader::Parquet, copies: Vec::new() };
        copied.reader = Reader::Text(self.copy_each(files, &mut copied.copies)?);
        Ok(Some(copied))
    }

    fn copy_each(
        &self,
        mut files: TextFiles,
        copies: &mut Vec<PathBuf>,
    ) -> Result<TextFiles, StoreError> {
        let parts = files.parts.iter_mut();
        for part in parts.filter(|part| matches!(part.dialect.encoding, Encoding::Other(_))) {
            for path in &mut part.paths {
                let copy = self.spill.path().join(format!("text-{}", copies.len()));
                copies.push(copy.clone());
                let written = PartFile::of(&copy).and_then(|mut file| {
                    let stop = || self.is_cancelled();
                    crate::sources::write_as_utf8(path, &part.dialect, file.file(), &stop)?;
                    file.rename()
                });
                written.map_err(|error| self.not_copied(&error, path))?;
                *path = copy;
            }
            part.dialect.encoding = Encoding::Utf8;
            // The copy's name says nothing about how it is compressed.
            part.dialect.plain = false;
        }
        Ok(files)
    }

    fn not_copied(&self, error: &std::io::Error, path: &Path) -> StoreError {
        if self.is_cancelled() {
            return StoreError::Cancelled;
        }
        StoreError::NotReadable {
            path: path.to_path_buf(),
            message: format!("the file cannot be converted to UTF-8: {error}"),
            hint: "save it as UTF-8".to_owned(),
        }
    }
}

fn needs_copies(files: &TextFiles) -> bool {
    files.parts.iter().any(|part| matches!(part.dialect.encoding, Encoding::Other(_)))
}
