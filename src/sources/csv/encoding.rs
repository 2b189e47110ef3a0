//! The encoding of a text file, from its bytes.

use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::sources::files::is_compressed;
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// `utf-8`, `utf-16` or `latin-1`, for files that make up one table.
///
/// # Errors
/// When a file is in an encoding that is not read, or cannot be read.
pub(super) fn of(paths: &[PathBuf], findings: &mut Vec<Finding>) -> Result<String, Failure> {
    let mut encoding = "utf-8".to_owned();
    for path in paths.iter().filter(|p| !is_compressed(p)) {
        match look(path)? {
            "utf-8" => {}
            "latin-1" => {
                findings.push(read_as_latin(path));
                encoding = "latin-1".to_owned();
            }
            other => encoding = other.to_owned(),
        }
    }
    Ok(encoding)
}

/// What is said about a file that is not UTF-8.
pub(super) fn read_as_latin(path: &Path) -> Finding {
    let message = "the file is not UTF-8 and is read as Latin-1; letters with accents may be wrong";
    Finding::new(Severity::Warning, message).at(path, None).hint("save it as UTF-8")
}

fn look(path: &Path) -> Result<&'static str, Failure> {
    let place = path.display().to_string();
    let failed = |e: std::io::Error| {
        Failure::new(format!("the file cannot be read: {e}"), path.display().to_string(), "")
    };
    let mut file = crate::disk::read::open(path).map_err(failed)?;
    let mut buffer = vec![0; 1 << 20];
    let mut kept = 0;
    let mut first = true;
    loop {
        let read = file.read(&mut buffer[kept..]).map_err(failed)?;
        let bytes = &buffer[..kept + read];
        if first {
            if bytes.starts_with(&[0xff, 0xfe]) {
                return Ok("utf-16");
            }
            let big = bytes.starts_with(&[0xfe, 0xff]);
            match zeros(bytes) {
                _ if big => return Err(big_endian(place)),
                Zeros::Even => return Err(big_endian(place)),
                Zeros::Odd => return Ok("utf-16"),
                Zeros::Few => {}
            }
            first = false;
        }
        match std::str::from_utf8(bytes) {
            Ok(_) => kept = 0,
            // A character that is cut by the end of the buffer.
            Err(error) if error.error_len().is_none() && read > 0 => {
                let valid = error.valid_up_to();
                let end = bytes.len();
                buffer.copy_within(valid..end, 0);
                kept = end - valid;
            }
            Err(_) => return Ok("latin-1"),
        }
        if read == 0 {
            return Ok("utf-8");
        }
    }
}

fn big_endian(place: String) -> Failure {
    Failure::new("the file is in big-endian UTF-16, which is not read", place, "save it as UTF-8")
}

enum Zeros {
    Few,
    /// In every second byte from the first on.
    Even,
    /// In every second byte from the second on.
    Odd,
}

/// Where zero bytes stand, in a file without a mark at its start.
fn zeros(bytes: &[u8]) -> Zeros {
    let head = &bytes[..bytes.len().min(4096)];
    let count = |offset: usize| head.iter().skip(offset).step_by(2).filter(|b| **b == 0).count();
    let most = head.len() * 2 / 5;
    match (count(0), count(1)) {
        (even, 0) if even > 0 && even >= most => Zeros::Even,
        (0, odd) if odd > 0 && odd >= most => Zeros::Odd,
        _ => Zeros::Few,
    }
}
