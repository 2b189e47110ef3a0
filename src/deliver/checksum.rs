//! SHA-256 of files, read once from front to back, and the records of delimited text.

use crate::disk::read;
use crate::model::failure::Failure;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::io::Read;
use std::path::Path;

/// How much is read at a time.
const BLOCK: usize = 1 << 20;

/// What reading a file once tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    /// SHA-256, lower-case hexadecimal.
    pub sha256: String,
    /// Size in bytes.
    pub bytes: u64,
}

/// Reads a file and returns its checksum. `on_block` is called with the bytes read so far and says
/// whether to go on.
///
/// # Errors
/// When the file cannot be read, or when `on_block` says stop.
pub fn of_file(
    path: &Path,
    on_block: &mut dyn FnMut(u64) -> Result<(), Failure>,
) -> Result<Checksum, Failure> {
    of_text(path, on_block).map(|(checksum, _)| checksum)
}

/// The same of comma-separated text, and whether a cell of it may begin with an apostrophe. That is
/// never `false` when one does.
///
/// # Errors
/// See [`of_file`].
pub fn of_text(
    path: &Path,
    on_block: &mut dyn FnMut(u64) -> Result<(), Failure>,
) -> Result<(Checksum, bool), Failure> {
    let mut hash = Sha256::new();
    let mut bytes = 0;
    let mut apostrophes = Apostrophes::default();
    each_block(path, &mut |block| {
        hash.update(block);
        apostrophes.feed(block);
        bytes += block.len() as u64;
        on_block(bytes)
    })?;
    Ok((Checksum { sha256: hex(&hash.finalize()), bytes }, apostrophes.found))
}

/// Looks for apostrophes at the beginning of a cell as text streams by.
#[derive(Debug, Default)]
struct Apostrophes {
    found: bool,
    /// The last byte so far.
    before: u8,
}

impl Apostrophes {
    fn feed(&mut self, block: &[u8]) {
        // Most blocks have none at all, which is found out fast.
        if !self.found && block.contains(&b'\'') {
            let before = std::iter::once(&self.before).chain(block);
            self.found = before
                .zip(block)
                .any(|(before, byte)| *byte == b'\'' && matches!(before, b',' | b'\n' | b'"'));
        }
        self.before = block.last().copied().unwrap_or(self.before);
    }
}

/// The mark with which a text in UTF-8 may begin.
pub const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Whether a file begins with [`BYTE_ORDER_MARK`].
pub fn has_byte_order_mark(path: &Path) -> bool {
    read::head(path, 3).is_ok_and(|head| head == BYTE_ORDER_MARK)
}

/// Whether a path is a file that can be read.
///
/// # Errors
/// When it is not.
pub fn can_be_read(path: &Path) -> Result<(), Failure> {
    read::open(path).map(|_| ()).map_err(|error| cannot_read(&error, path))
}

/// The records of comma-separated text, the header included: lines outside of quotes.
///
/// # Errors
/// When the file cannot be read.
pub fn records(path: &Path) -> Result<u64, Failure> {
    let mut records = Records::default();
    each_block(path, &mut |block| {
        records.feed(block);
        Ok(())
    })?;
    Ok(records.finish())
}

/// The lines of a text; the last one may end with the file.
///
/// # Errors
/// When the file cannot be read.
pub fn lines(path: &Path) -> Result<u64, Failure> {
    let (mut lines, mut last) = (0, b'\n');
    each_block(path, &mut |block| {
        lines += block.iter().filter(|byte| **byte == b'\n').count() as u64;
        last = block.last().copied().unwrap_or(last);
        Ok(())
    })?;
    Ok(lines + u64::from(last != b'\n'))
}

fn each_block(
    path: &Path,
    take: &mut dyn FnMut(&[u8]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut file = read::open(path).map_err(|error| cannot_read(&error, path))?;
    let mut block = vec![0; BLOCK];
    loop {
        match file.read(&mut block).map_err(|error| cannot_read(&error, path))? {
            0 => return Ok(()),
            read => take(&block[..read])?,
        }
    }
}

fn cannot_read(error: &std::io::Error, path: &Path) -> Failure {
    Failure::new(
        format!("the file cannot be read: {error}"),
        path.display().to_string(),
        "check that it exists and can be read",
    )
}

/// SHA-256 of bytes, lower-case hexadecimal.
pub fn of_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
        write!(out, "{byte:02x}").expect("writing to a string does not fail");
        out
    })
}

/// Counts records of comma-separated text as it streams by.
#[derive(Debug, Default)]
struct Records {
    quoted: bool,
    open: bool,
    count: u64,
}

impl Records {
    fn feed(&mut self, block: &[u8]) {
        // A doubled quote toggles twice, so that toggling alone finds the lines outside of quotes.
        for byte in block {
            match byte {
                b'"' => {
                    self.quoted = !self.quoted;
                    self.open = true;
                }
                b'\n' if !self.quoted => {
                    self.count += 1;
                    self.open = false;
                }
                _ => self.open = true,
            }
        }
    }

    fn finish(self) -> u64 {
        self.count + u64::from(self.open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &[u8]) -> Checksum {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, content).unwrap();
        of_file(&path, &mut |_| Ok(())).unwrap()
    }

    #[test]
    fn the_checksum_is_sha_256_in_lower_case() {
        // The test vector of FIPS 180-2 for "abc".
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(check(b"abc").sha256, abc);
        assert_eq!(of_bytes(b"abc"), abc);
        assert_eq!(check(b"abc").bytes, 3);
    }

    #[track_caller]
    fn check_records(content: &[u8], count: u64) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, content).unwrap();
        assert_eq!(records(&path).unwrap(), count);
    }

    #[test]
    fn a_line_break_inside_quotes_is_not_a_record() {
        check_records(b"a,b\n1,\"x\ny \"\" z\n\"\n2,3\n", 3);
        check_records(b"a\n1", 2);
        check_records(b"", 0);
    }

    #[test]
    fn an_apostrophe_is_looked_for_where_a_cell_begins() {
        for (blocks, found) in [
            (&["a,b\n1,O'Neil\n"][..], false),
            (&["a\n'=1\n"], true),
            (&["a\n1,\"'=1,2\"\n"], true),
            (&["a\n1,", "'@x\n"], true),
            (&["a\n1", "'x\n"], false),
        ] {
            let mut apostrophes = Apostrophes::default();
            blocks.iter().for_each(|block| apostrophes.feed(block.as_bytes()));
            assert_eq!(apostrophes.found, found, "{blocks:?}");
        }
    }

    #[test]
    fn reading_stops_when_told_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, b"abc").unwrap();
        let stopped = of_file(&path, &mut |_| Err(Failure::new("stopped", "", "")));
        assert_eq!(stopped.unwrap_err().what, "stopped");
    }
}
