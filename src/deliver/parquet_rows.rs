//! The number of rows that a Parquet file says it holds.
//!
//! The file ends in its description, its length, and `PAR1`. The description is a struct in
//! Thrift's compact protocol: field 1 is the version, 2 the schema, 3 the number of rows. Only as
//! much of it is read as leads to field 3.

use crate::disk::read;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Longer descriptions count as damage.
const FOOTER_MAX: u64 = 256 << 20;

/// The rows of a Parquet file; `None` when it is not one or is damaged.
pub fn rows(path: &Path) -> Option<u64> {
    let mut file = read::open(path).ok()?;
    let size = file.metadata().ok()?.len();
    let mut tail = [0; 8];
    file.seek(SeekFrom::Start(size.checked_sub(8)?)).ok()?;
    file.read_exact(&mut tail).ok()?;
    let (length, mark) = tail.split_at(4);
    if mark != b"PAR1" {
        return None;
    }
    let length = u64::from(u32::from_le_bytes(length.try_into().ok()?));
    if length > FOOTER_MAX {
        return None;
    }
    file.seek(SeekFrom::Start(size.checked_sub(8 + length)?)).ok()?;
    let mut footer = vec![0; usize::try_from(length).ok()?];
    file.read_exact(&mut footer).ok()?;
    rows_in_footer(&footer)
}

fn rows_in_footer(footer: &[u8]) -> Option<u64> {
    let mut reader = Compact { rest: footer };
    let mut field = 0;
    loop {
        let kind = reader.field(&mut field)?;
        if field == 3 {
            return u64::try_from(reader.signed()?).ok();
        }
        reader.skip(kind, 0)?;
    }
}

/// A reader of Thrift's compact protocol.
struct Compact<'a> {
    rest: &'a [u8],
}

impl Compact<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn drop_bytes(&mut self, count: u64) -> Option<()> {
        self.rest = self.rest.get(usize::try_from(count).ok()?..)?;
        Some(())
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let zigzag = self.varint()?;
        Some((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64))
    }

    /// The kind of the next field, whose number is put into `field`. `None` at the end of a struct.
    fn field(&mut self, field: &mut i64) -> Option<u8> {
        let header = self.byte()?;
        if header == 0 {
            return None;
        }
        let step = i64::from(header >> 4);
        *field = if step == 0 { self.signed()? } else { *field + step };
        Some(header & 0x0f)
    }

    fn skip(&mut self, kind: u8, depth: u8) -> Option<()> {
        if depth > 32 {
            return None;
        }
        match kind {
            1 | 2 => Some(()),
            3 => self.drop_bytes(1),
            4..=6 => self.varint().map(drop),
            7 => self.drop_bytes(8),
            8 => {
                let length = self.varint()?;
                self.drop_bytes(length)
            }
            9 | 10 => self.skip_list(depth),
            12 => self.skip_struct(depth),
            _ => None,
        }
    }

    fn skip_list(&mut self, depth: u8) -> Option<()> {
        let header = self.byte()?;
        let count = match header >> 4 {
            15 => self.varint()?,
            short => u64::from(short),
        };
        for _ in 0..count {
            match header & 0x0f {
                // Inside a list a boolean takes a byte, unlike as a field.
                1 | 2 => self.drop_bytes(1)?,
                kind => self.skip(kind, depth + 1)?,
            }
        }
        Some(())
    }

    fn skip_struct(&mut self, depth: u8) -> Option<()> {
        let mut field = 0;
        loop {
            if self.rest.first()? == &0 {
                return self.drop_bytes(1);
            }
            let kind = self.field(&mut field)?;
            self.skip(kind, depth + 1)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rows_stand_behind_the_schema() {
        // version 1; a schema of one element { name "s" }; 300 rows; end.
        let footer = [0x15, 0x02, 0x19, 0x1c, 0x48, 0x01, b's', 0x00, 0x16, 0xd8, 0x04, 0x00];
        assert_eq!(rows_in_footer(&footer), Some(300));
        assert_eq!(rows_in_footer(&footer[..9]), None, "cut off");
        assert_eq!(rows_in_footer(&[0x00]), None, "no rows in it");
    }

    #[test]
    fn other_files_have_no_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        for content in [&b""[..], b"PAR1", b"\xff\xff\xff\xffPAR1", b"a,b\n1,2\n"] {
            std::fs::write(&path, content).unwrap();
            assert_eq!(rows(&path), None);
        }
    }
}
