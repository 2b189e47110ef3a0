//! How long a database file must be at least, told from its header and its list of free blocks.
//!
//! ```text
//! 4 KiB main header │ 4 KiB header │ 4 KiB header │ block 0 │ block 1 │ …
//! ```
//!
//! The header with the higher number counts. It says how many blocks there are and where the list
//! of the free ones begins. The file may lack free blocks at its end: the database lets them go
//! when it has written the header.
//!
//! It is read before the database attaches the file: closing a second handle later would drop the
//! lock under which the database reads it.

use crate::disk::read;
use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Where the first block begins, after the three headers.
const FIRST_BLOCK: u64 = 3 * 4096;
/// Where the two headers are that take turns.
const HEADERS: [u64; 2] = [4096, 8192];
/// What stands for no block.
const NONE: u64 = u64::MAX;
/// A block holds this many parts of metadata, after a checksum of 8 bytes.
const PARTS: u64 = 64;
/// Lists of more free blocks than these are not read: a quarter of a terabyte.
const FREE_MAX: u64 = 1 << 20;

/// The bytes that a database file has, and that it must have at least; `None` when its header is
/// none that is understood, such as that of an encrypted file.
pub(super) fn has_and_needs(path: &Path) -> Option<(u64, u64)> {
    let mut file = read::open(path).ok()?;
    let has = file.metadata().ok()?.len();
    Some((has, needs(&mut file)?))
}

/// The numbers of a header, in its order.
struct Header {
    number: u64,
    free_list: u64,
    blocks: u64,
    block_size: u64,
}

fn needs<F: Read + Seek>(file: &mut F) -> Option<u64> {
    let headers = HEADERS.map(|at| header(file, at));
    let newest = headers.into_iter().flatten().max_by_key(|header| header.number)?;
    let plausible = (1 << 10..=1 << 20).contains(&newest.block_size)
        && newest.block_size.is_power_of_two()
        && newest.blocks < 1 << 40;
    if !plausible {
        return None;
    }
    let free = free_blocks(file, &newest)?;
    let mut used = newest.blocks;
    while used > 0 && free.contains(&(used - 1)) {
        used -= 1;
    }
    Some(FIRST_BLOCK + used * newest.block_size)
}

fn header<F: Read + Seek>(file: &mut F, at: u64) -> Option<Header> {
    file.seek(SeekFrom::Start(at)).ok()?;
    // A checksum, the number, where the metadata begins, where the list of free blocks begins, how
    // many blocks there are and how large each is.
    let mut numbers = [0; 6];
    for number in &mut numbers {
        *number = next(file)?;
    }
    let [_, number, _, free_list, blocks, block_size] = numbers;
    Some(Header { number, free_list, blocks, block_size })
}

fn next(from: &mut impl Read) -> Option<u64> {
    let mut bytes = [0; 8];
    from.read_exact(&mut bytes).ok()?;
    Some(u64::from_le_bytes(bytes))
}

/// The list is spread over parts of metadata blocks; each begins with where the next one is.
fn free_blocks<F: Read + Seek>(file: &mut F, header: &Header) -> Option<BTreeSet<u64>> {
    let mut free = BTreeSet::new();
    let mut at = header.free_list;
    // Nothing is free before a database was written to a second time.
    if at == NONE {
        return Some(free);
    }
    let part_size = (header.block_size - 8) / PARTS / 8 * 8;
    let mut left = None;
    loop {
        let (block, part) = (at & (NONE >> 8), at >> 56);
        if block >= header.blocks || part >= PARTS {
            return None;
        }
        let place = FIRST_BLOCK + block * header.block_size + 8 + part * part_size;
        file.seek(SeekFrom::Start(place)).ok()?;
        let mut bytes = vec![0; usize::try_from(part_size).ok()?];
        file.read_exact(&mut bytes).ok()?;
        let mut rest = bytes.as_slice();
        at = next(&mut rest)?;
        let mut more = match left {
            None => next(&mut rest)?,
            Some(left) => left,
        };
        if more > FREE_MAX.min(header.blocks) {
            return None;
        }
        while more > 0 && !rest.is_empty() {
            let id = next(&mut rest)?;
            // A list that names what cannot be is another one than this.
            if id >= header.blocks || !free.insert(id) {
                return None;
            }
            more -= 1;
        }
        if more == 0 {
            return Some(free);
        }
        left = Some(more);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    const BLOCK: u64 = 1 << 12;

    /// A file of eight blocks whose list of free ones is in block 0.
    fn file(free: &[u64]) -> Cursor<Vec<u8>> {
        let mut bytes = vec![0; FIRST_BLOCK as usize];
        let headers = [(1, NONE, 3), (2, 2 << 56, 8)];
        for (at, (number, free_list, blocks)) in HEADERS.iter().zip(headers) {
            for (place, value) in [0, number, 0, free_list, blocks, BLOCK].iter().enumerate() {
                let at = *at as usize + place * 8;
                bytes[at..at + 8].copy_from_slice(&u64::to_le_bytes(*value));
            }
        }
        let mut block = vec![0; BLOCK as usize];
        // Parts of 56 bytes, so that a list of more than five goes on in another one.
        let part = ((BLOCK - 8) / PARTS / 8 * 8) as usize;
        let numbers: Vec<u64> = [&[free.len() as u64], free].concat();
        for (n, some) in numbers.chunks(part / 8 - 1).enumerate() {
            let next =
                if (n + 1) * (part / 8 - 1) < numbers.len() { (n as u64 + 3) << 56 } else { NONE };
            for (place, value) in [&[next], some].concat().iter().enumerate() {
                let at = 8 + (n + 2) * part + place * 8;
                block[at..at + 8].copy_from_slice(&value.to_le_bytes());
            }
        }
        bytes.extend(block);
        Cursor::new(bytes)
    }

    fn blocks_needed(free: &[u64]) -> Option<u64> {
        Some((needs(&mut file(free))? - FIRST_BLOCK) / BLOCK)
    }

    #[test]
    fn only_free_blocks_at_the_end_may_be_missing() {
        assert_eq!(blocks_needed(&[]), Some(8));
        assert_eq!(blocks_needed(&[7]), Some(7));
        assert_eq!(blocks_needed(&[3, 5, 6]), Some(8), "the last one is used");
        assert_eq!(blocks_needed(&[1, 2, 3, 4, 5, 6, 7]), Some(1), "the list has two parts");
    }

    #[test]
    fn a_list_that_cannot_be_one_says_nothing() {
        assert_eq!(blocks_needed(&[9]), None);
        assert_eq!(blocks_needed(&[3, 3]), None);
        assert_eq!(needs(&mut Cursor::new(vec![0; 9000])), None, "no header");
        let mut odd = file(&[7]);
        odd.get_mut()[8192 + 24..8192 + 32].copy_from_slice(&[0xff, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(needs(&mut odd), None, "the list is in no block");
    }
}
