//! Reading compressed files as what is in them, a piece at a time: however much comes out, no more
//! of it is held than a buffer.

use super::read;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Opens a regular file for reading, unpacked when it begins like gzip or zstd.
///
/// # Errors
/// As [`read::open`]; reading fails later where the file is damaged.
pub fn open(path: &Path) -> io::Result<Box<dyn Read>> {
    let head = read::head(path, 4)?;
    let file = BufReader::with_capacity(1 << 18, read::open(path)?);
    if head.starts_with(b"\x1f\x8b") {
        return Ok(Box::new(flate2::read::MultiGzDecoder::new(file)));
    }
    if head == b"\x28\xb5\x2f\xfd" {
        return Ok(Box::new(zstd::Decoder::with_buffer(file)?));
    }
    Ok(Box::new(file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn through(bytes: &[u8]) -> io::Result<Vec<u8>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        std::fs::write(&path, bytes).unwrap();
        let mut out = Vec::new();
        open(&path)?.read_to_end(&mut out)?;
        Ok(out)
    }

    #[test]
    fn what_is_compressed_comes_out_as_it_was() {
        let text: Vec<u8> = (0..90_000_u32).flat_map(|n| n.to_string().into_bytes()).collect();
        assert_eq!(through(&text).unwrap(), text);
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gzip.write_all(&text).unwrap();
        let gzip = gzip.finish().unwrap();
        // Parts that were packed by themselves may follow each other.
        assert_eq!(through(&[gzip.clone(), gzip.clone()].concat()).unwrap(), text.repeat(2));
        assert!(through(&gzip[..gzip.len() / 2]).is_err());
        let zstd = zstd::encode_all(&text[..], 1).unwrap();
        assert_eq!(through(&zstd).unwrap(), text);
        assert_eq!(through(&[zstd.clone(), zstd.clone()].concat()).unwrap(), text.repeat(2));
        assert!(through(&zstd[..zstd.len() / 2]).is_err());
    }
}
