//! The records of a JSON file, one after another, each with the line on which it begins. Never more
//! than one is held.

use super::text::{self, Fault};
use crate::disk::unpack;
use crate::model::catalog::JsonLayout;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// A record with more bytes than these is not read.
pub(super) const RECORD_MAX: usize = 128 << 20;
/// How much of a line tells how a file is laid out.
const LOOK_MAX: usize = 16 << 20;
const MARK: &[u8] = b"\xef\xbb\xbf";

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub layout: JsonLayout,
    /// Whether it begins with a byte order mark.
    pub mark: bool,
}

/// What is there instead of a record.
pub(super) struct Record<'a> {
    pub bytes: &'a [u8],
    /// From 1.
    pub line: u64,
    /// Whether it is a whole value.
    pub sound: Result<(), Fault>,
}

/// How a file is laid out, by its first record.
pub(super) fn layout_of(path: &Path) -> io::Result<Layout> {
    let mut file = Source::open(path)?;
    let mark = file.mark;
    let first = file.past_space()?;
    let mut line = Vec::new();
    // A line that is too long to look at is a whole file, or a record of its own.
    let looked = file.line(&mut line, LOOK_MAX).is_ok();
    let layout = match (first, text::whole(&line)) {
        // Each line may be a list.
        (Some(b'['), Ok(())) if looked && file.past_space()?.is_some() => JsonLayout::Lines,
        (Some(b'['), _) => JsonLayout::Array,
        (_, Err(Fault::Cut)) if looked => JsonLayout::Documents,
        (_, Err(Fault::At(at))) if text::whole(&line[..at]).is_ok() => JsonLayout::Documents,
        _ => JsonLayout::Lines,
    };
    Ok(Layout { layout, mark })
}

/// Hands over the records of a file until `take` says that it is enough.
///
/// # Errors
/// When the file cannot be read, or a record is too large.
pub(super) fn each(
    path: &Path,
    layout: JsonLayout,
    take: &mut dyn FnMut(Record<'_>) -> bool,
) -> io::Result<()> {
    let mut file = Source::open(path)?;
    let mut record = Vec::new();
    let mut inside = false;
    loop {
        record.clear();
        let Some(first) = file.past_space()? else { break };
        let line = file.line;
        if layout == JsonLayout::Lines {
            file.line(&mut record, RECORD_MAX)?;
        } else {
            let array = layout == JsonLayout::Array;
            match first {
                b'[' if array && !inside => {
                    inside = true;
                    file.step();
                    continue;
                }
                b',' if inside => {
                    file.step();
                    continue;
                }
                b']' if inside => {
                    inside = false;
                    file.step();
                    continue;
                }
                _ if array && !inside => {
                    // Something follows the end of the array.
                    take(Record { bytes: &record, line, sound: Err(Fault::At(0)) });
                    return Ok(());
                }
                _ => file.value(&mut record)?,
            }
        }
        let sound = text::whole(&record);
        if !take(Record { bytes: &record, line, sound }) {
            return Ok(());
        }
    }
    if inside {
        let line = file.line;
        take(Record { bytes: &[], line, sound: Err(Fault::Cut) });
    }
    Ok(())
}

/// The bytes of a file, and the line on which the next one is.
struct Source {
    bytes: BufReader<Box<dyn Read>>,
    line: u64,
    mark: bool,
}

impl Source {
    fn open(path: &Path) -> io::Result<Self> {
        let mut bytes = BufReader::with_capacity(1 << 18, unpack::open(path)?);
        let mark = bytes.fill_buf()?.starts_with(MARK);
        if mark {
            bytes.consume(MARK.len());
        }
        Ok(Self { bytes, line: 1, mark })
    }

    /// The next byte that is no white space, which stays there.
    fn past_space(&mut self) -> io::Result<Option<u8>> {
        loop {
            let some = self.bytes.fill_buf()?;
            if some.is_empty() {
                return Ok(None);
            }
            let space = |b: &&u8| matches!(b, b' ' | b'\t' | b'\n' | b'\r');
            let length = some.iter().take_while(space).count();
            self.line += some[..length].iter().filter(|b| **b == b'\n').count() as u64;
            let found = some.get(length).copied();
            self.bytes.consume(length);
            if found.is_some() {
                return Ok(found);
            }
        }
    }

    /// Steps over one byte that is no line break.
    fn step(&mut self) {
        self.bytes.consume(1);
    }

    /// The rest of the line.
    fn line(&mut self, to: &mut Vec<u8>, most: usize) -> io::Result<()> {
        let read = self.bytes.by_ref().take(most as u64 + 1).read_until(b'\n', to)?;
        if read > most {
            return Err(too_large(self.line));
        }
        self.line += u64::from(to.ends_with(b"\n"));
        Ok(())
    }

    /// The value that begins here, as far as brackets and quotes tell.
    fn value(&mut self, to: &mut Vec<u8>) -> io::Result<()> {
        let (mut depth, mut quoted, mut escaped) = (0_i64, false, false);
        let begun = self.line;
        loop {
            let some = self.bytes.fill_buf()?;
            if some.is_empty() {
                return Ok(());
            }
            let mut used = some.len();
            let mut over = false;
            for (i, byte) in some.iter().enumerate() {
                let before = depth == 0 && !quoted && (i > 0 || !to.is_empty());
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' if quoted => escaped = true,
                    b'"' if quoted => {
                        quoted = false;
                        over = depth == 0;
                    }
                    _ if quoted => {}
                    b',' | b']' | b' ' | b'\n' | b'\r' | b'\t' if before => {
                        // A word or a number ends before this byte.
                        used = i;
                        over = true;
                        break;
                    }
                    b'"' | b'{' | b'[' if before => {
                        used = i;
                        over = true;
                        break;
                    }
                    b'"' => quoted = true,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => {
                        depth -= 1;
                        over = depth <= 0;
                    }
                    _ => {}
                }
                if over {
                    used = i + 1;
                    break;
                }
            }
            let taken = &some[..used];
            self.line += taken.iter().filter(|b| **b == b'\n').count() as u64;
            to.extend_from_slice(taken);
            self.bytes.consume(used);
            if over {
                return Ok(());
            }
            if to.len() > RECORD_MAX {
                return Err(too_large(begun));
            }
        }
    }
}

fn too_large(line: u64) -> io::Error {
    let message = format!("the record on line {line} is larger than {} MB", RECORD_MAX >> 20);
    io::Error::new(io::ErrorKind::FileTooLarge, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn records(text: &[u8]) -> (Layout, Vec<(String, u64, bool)>) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        std::fs::write(&path, text).unwrap();
        let layout = layout_of(&path).unwrap();
        let mut out = Vec::new();
        each(&path, layout.layout, &mut |record| {
            let text = String::from_utf8_lossy(record.bytes).trim().to_owned();
            out.push((text, record.line, record.sound.is_ok()));
            true
        })
        .unwrap();
        (layout, out)
    }

    fn record(text: &str, line: u64, sound: bool) -> (String, u64, bool) {
        (text.to_owned(), line, sound)
    }

    #[test]
    fn records_have_their_lines_in_every_layout() {
        let (layout, found) = records(b"{\"a\":1}\r\n\r\n{\"a\":\n{\"a\":3}");
        assert_eq!((layout.layout, layout.mark), (JsonLayout::Lines, false));
        let expected = [
            record("{\"a\":1}", 1, true),
            record("{\"a\":", 3, false),
            record("{\"a\":3}", 4, true),
        ];
        assert_eq!(found, expected);

        let (layout, found) = records(b"\xef\xbb\xbf[\n {\"a\":\"]},\\\"\"},\n 2,\"x\"\n]\n");
        assert_eq!((layout.layout, layout.mark), (JsonLayout::Array, true));
        let expected = [
            record("{\"a\":\"]},\\\"\"}", 2, true),
            record("2", 3, true),
            record("\"x\"", 3, true),
        ];
        assert_eq!(found, expected);

        let (layout, found) = records(b"{\n\"a\":1\n}\n{\"a\":2}{\"a\":3}");
        assert_eq!(layout.layout, JsonLayout::Documents);
        let lines: Vec<u64> = found.iter().map(|(_, line, _)| *line).collect();
        assert_eq!(lines, [1, 4, 4]);
    }

    #[test]
    fn what_is_cut_or_follows_is_no_record() {
        assert_eq!(records(b"[{\"a\":1}").1.last(), Some(&record("", 1, false)));
        assert!(!records(b"[{\"a\":1}] x").1.last().unwrap().2);
        assert!(!records(b"{\n\"a\":1").1.last().unwrap().2);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            records(&bytes);
        }
    }
}
