//! Planned rows on their way: written while the source is read, read again while they are sent.
//!
//! So the source is let go before the first request, what is sent is what was planned, and memory
//! does not grow with the list. The file lies in a private folder that is gone at the end, however
//! the program ends.

use crate::disk::{PrivateFolder, read, write};
use crate::model::activation::Op;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};

/// The bytes of a payload's hash that are kept: two different payloads of a member meet in none of
/// as many members as there are people.
pub const HASH_BYTES: usize = 16;

/// A row that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What happens.
    pub op: Op,
    /// The member's key.
    pub key: String,
    /// The payload's hash.
    pub hash: [u8; HASH_BYTES],
    /// The payload, a JSON object.
    pub data: String,
    /// The identifiers in it, a JSON object: what is sent when the member is removed one day.
    pub identity: String,
}

impl Record {
    /// How much it takes in a request, about.
    pub fn size(&self) -> usize {
        self.data.len() + self.key.len() + 40
    }

    /// Writes it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_to(&self, to: &mut impl Write) -> io::Result<()> {
        to.write_all(&[self.op as u8])?;
        to.write_all(&self.hash)?;
        for text in [&self.key, &self.data, &self.identity] {
            let length =
                u32::try_from(text.len()).map_err(|_| io::Error::other("a row is huge"))?;
            to.write_all(&length.to_le_bytes())?;
            to.write_all(text.as_bytes())?;
        }
        Ok(())
    }

    /// Reads one; `None` at the end.
    ///
    /// # Errors
    /// When it cannot be read, or is not what was written.
    pub fn read_from(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut op = [0];
        if from.read(&mut op)? == 0 {
            return Ok(None);
        }
        let op = match op[0] {
            0 => Op::Add,
            1 => Op::Update,
            2 => Op::Remove,
            _ => return Err(io::ErrorKind::InvalidData.into()),
        };
        let mut hash = [0; HASH_BYTES];
        from.read_exact(&mut hash)?;
        let mut text = || -> io::Result<String> {
            let mut length = [0; 4];
            from.read_exact(&mut length)?;
            let mut bytes = vec![0; u32::from_le_bytes(length) as usize];
            from.read_exact(&mut bytes)?;
            String::from_utf8(bytes).map_err(|_| io::ErrorKind::InvalidData.into())
        };
        Ok(Some(Self { op, hash, key: text()?, data: text()?, identity: text()? }))
    }
}

/// Rows as one piece of bytes, as the journal keeps them.
pub(super) fn packed(records: &[Record]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(records.iter().map(|r| r.size() + 40).sum());
    for record in records {
        record.write_to(&mut bytes).expect("memory takes every byte, and rows are bounded");
    }
    bytes
}

/// The rows of [`packed`].
///
/// # Errors
/// When the bytes are not what was kept.
pub(super) fn unpacked(mut bytes: &[u8]) -> io::Result<Vec<Record>> {
    std::iter::from_fn(|| Record::read_from(&mut bytes).transpose()).collect()
}

/// Rows in a file.
pub struct Spool {
    folder: PrivateFolder,
    file: BufWriter<File>,
    rows: u64,
}

impl Spool {
    /// An empty one.
    ///
    /// # Errors
    /// When no temporary folder can be made.
    pub fn new() -> io::Result<Self> {
        let folder = PrivateFolder::create("sync")?;
        let file = write::new_file(&folder.path().join("rows"))?;
        Ok(Self { folder, file: BufWriter::with_capacity(1 << 16, file), rows: 0 })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn push(&mut self, record: &Record) -> io::Result<()> {
        self.rows += 1;
        record.write_to(&mut self.file)
    }

    /// How many rows are in it.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// All rows, in the order in which they were added.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&mut self) -> io::Result<impl Iterator<Item = io::Result<Record>> + use<>> {
        self.file.flush()?;
        let file = read::open(&self.folder.path().join("rows"))?;
        let mut from = BufReader::with_capacity(1 << 16, file);
        Ok(std::iter::from_fn(move || Record::read_from(&mut from).transpose()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(n: u8) -> Record {
        Record {
            op: [Op::Add, Op::Update, Op::Remove][usize::from(n % 3)],
            key: format!("k\0é{n}"),
            hash: [n; HASH_BYTES],
            data: format!("{{\"n\":{n}}}"),
            identity: "{}".into(),
        }
    }

    #[test]
    fn rows_come_back_as_they_were() {
        let rows: Vec<Record> = (0..50).map(record).collect();
        let mut spool = Spool::new().unwrap();
        for row in &rows {
            spool.push(row).unwrap();
        }
        assert_eq!(spool.rows(), 50);
        assert_eq!(spool.read().unwrap().collect::<io::Result<Vec<_>>>().unwrap(), rows);
        assert_eq!(unpacked(&packed(&rows)).unwrap(), rows);
    }

    #[test]
    fn a_cut_off_row_is_an_error_and_not_an_end() {
        let bytes = packed(&[record(1)]);
        assert!(unpacked(&bytes[..bytes.len() - 1]).is_err());
        assert!(unpacked(&[]).unwrap().is_empty());
    }
}
