//! The bytes of a text file as text: decompressed, decoded, without a mark at the start.

use crate::model::reading::Encoding;
use crate::sources::files::is_compressed;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs_io::DecodeReaderBytesBuilder;
use std::io::{self, BufReader, Read};
use std::path::Path;

/// Bytes that are looked at to tell an encoding that is not UTF-8.
const LOOKED_AT: u64 = 16 << 20;

/// What the bytes of a file are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Written {
    pub encoding: Encoding,
    /// Whether it is not compressed though its name says so.
    pub plain: bool,
    /// Whether some bytes of it are no text.
    pub damaged: bool,
}

/// What the first bytes of a file say. UTF-8 is taken for granted until a byte says otherwise.
///
/// # Errors
/// When it cannot be read.
pub(super) fn of(path: &Path) -> io::Result<Written> {
    let plain = is_compressed(path) && !begins_compressed(path)?;
    let mut head = Vec::new();
    bytes(path, plain)?.take(4096).read_to_end(&mut head)?;
    let encoding = match head.as_slice() {
        [0xff, 0xfe, ..] => Encoding::Utf16,
        [0xfe, 0xff, ..] => Encoding::Other("UTF-16BE".to_owned()),
        [0xef, 0xbb, 0xbf, ..] => Encoding::Utf8,
        head => match zeros(head) {
            Zeros::Even => Encoding::Other("UTF-16BE".to_owned()),
            Zeros::Odd => Encoding::Utf16,
            Zeros::Few => Encoding::Utf8,
        },
    };
    Ok(Written { encoding, plain, damaged: false })
}

fn begins_compressed(path: &Path) -> io::Result<bool> {
    let head = crate::disk::read::head(path, 4)?;
    Ok(head.starts_with(b"\x1f\x8b") || head.starts_with(b"\x28\xb5\x2f\xfd"))
}

/// What a file is that is not all UTF-8: mostly UTF-8 with damaged bytes, or in another encoding.
///
/// # Errors
/// When it cannot be read.
pub(super) fn of_other(path: &Path, written: &Written) -> io::Result<Written> {
    let mut sample = Vec::new();
    bytes(path, written.plain)?.take(LOOKED_AT).read_to_end(&mut sample)?;
    let (good, bad) = sequences(&sample);
    if good > bad.saturating_mul(20) {
        return Ok(Written { damaged: true, ..written.clone() });
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&sample, true);
    let mut guess = detector.guess(None, Utf8Detection::Deny);
    if letters_stand_alone(&sample) && !is_latin(guess) {
        guess = encoding_rs::WINDOWS_1252;
    }
    // The two differ in these bytes alone; what reads Latin-1 refuses them.
    let latin = guess == encoding_rs::WINDOWS_1252
        && !sample.iter().any(|b| (0x80..0xa0).contains(b))
        && (sample.len() as u64) < LOOKED_AT;
    let encoding = if latin { Encoding::Latin1 } else { Encoding::Other(guess.name().to_owned()) };
    Ok(Written { encoding, ..written.clone() })
}

/// Whether most bytes beyond ASCII stand alone between others, as accents and signs do in Latin
/// letters. In other scripts whole words are of them.
fn letters_stand_alone(bytes: &[u8]) -> bool {
    let runs = bytes.split(u8::is_ascii).filter(|run| !run.is_empty());
    let (alone, all) =
        runs.fold((0_u64, 0_u64), |(alone, all), run| (alone + u64::from(run.len() == 1), all + 1));
    alone * 2 > all
}

/// Whether an encoding is one of Latin letters.
fn is_latin(encoding: &'static encoding_rs::Encoding) -> bool {
    let latin = ["windows-125", "ISO-8859-", "macintosh"];
    let others = ["1251", "1253", "1255", "1256", "8859-5", "8859-6", "8859-7", "8859-8"];
    let name = encoding.name();
    latin.iter().any(|family| name.starts_with(family))
        && !others.iter().any(|other| name.contains(other))
}

/// How many characters beyond ASCII are valid UTF-8, and how many sequences of bytes are not.
fn sequences(bytes: &[u8]) -> (u64, u64) {
    let (mut good, mut bad) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count() as u64;
        bad += u64::from(!chunk.invalid().is_empty());
    }
    (good, bad)
}

/// The bytes of a file, decompressed where its name says that it is compressed.
///
/// # Errors
/// When it cannot be opened.
pub(super) fn bytes(path: &Path, plain: bool) -> io::Result<Box<dyn Read>> {
    let file = crate::disk::read::open(path)?;
    if plain || !is_compressed(path) {
        return Ok(Box::new(file));
    }
    let file = BufReader::with_capacity(1 << 16, file);
    let name = path.to_string_lossy().to_lowercase();
    if name.ends_with(".gz") {
        return Ok(Box::new(flate2::bufread::MultiGzDecoder::new(file)));
    }
    Ok(Box::new(zstd::Decoder::with_buffer(file)?))
}

/// The text of a file in UTF-8, without a mark at its start.
///
/// # Errors
/// When it cannot be opened.
pub(super) fn text(path: &Path, written: &Written) -> io::Result<Box<dyn Read>> {
    let bytes = bytes(path, written.plain)?;
    let encoding = match &written.encoding {
        Encoding::Utf8 => return Ok(Box::new(WithoutMark { inner: bytes, started: false })),
        Encoding::Utf16 => encoding_rs::UTF_16LE,
        // Windows-1252 has the same letters.
        Encoding::Latin1 => encoding_rs::WINDOWS_1252,
        Encoding::Other(name) => known(name),
    };
    Ok(Box::new(DecodeReaderBytesBuilder::new().encoding(Some(encoding)).build(bytes)))
}

/// The encoding with this name.
fn known(name: &str) -> &'static encoding_rs::Encoding {
    encoding_rs::Encoding::for_label(name.as_bytes()).unwrap_or(encoding_rs::UTF_8)
}

/// The encoding that a person names; `None` when there is none of that name.
pub(super) fn named(name: &str) -> Option<Encoding> {
    let encoding = encoding_rs::Encoding::for_label(name.trim().as_bytes())?;
    Some(match encoding.name() {
        "UTF-8" => Encoding::Utf8,
        "UTF-16LE" => Encoding::Utf16,
        name => Encoding::Other(name.to_owned()),
    })
}

/// Text without the mark that may stand at its start.
struct WithoutMark {
    inner: Box<dyn Read>,
    started: bool,
}

impl Read for WithoutMark {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.started || buffer.len() < 3 {
            return self.inner.read(buffer);
        }
        self.started = true;
        let mut filled = 0;
        while filled < 3 {
            match self.inner.read(&mut buffer[filled..])? {
                0 => break,
                n => filled += n,
            }
        }
        if buffer[..filled].starts_with(b"\xef\xbb\xbf") {
            buffer.copy_within(3..filled, 0);
            filled -= 3;
            // Nothing would say that the file ends here.
            return if filled == 0 { self.inner.read(buffer) } else { Ok(filled) };
        }
        Ok(filled)
    }
}

enum Zeros {
    Few,
    /// In every second byte from the first on.
    Even,
    /// In every second byte from the second on.
    Odd,
}

/// Where zero bytes stand, in a file without a mark at its start.
fn zeros(head: &[u8]) -> Zeros {
    let count = |offset: usize| head.iter().skip(offset).step_by(2).filter(|b| **b == 0).count();
    let most = head.len() * 2 / 5;
    match (count(0), count(1)) {
        (even, 0) if even > 0 && even >= most => Zeros::Even,
        (0, odd) if odd > 0 && odd >= most => Zeros::Odd,
        _ => Zeros::Few,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, bytes: &[u8]) -> (Encoding, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let mut written = of(&path).unwrap();
        let is_utf8 = written.encoding == Encoding::Utf8;
        if is_utf8 && std::str::from_utf8(bytes).is_err() {
            written = of_other(&path, &written).unwrap();
        }
        let mut out = String::new();
        text(&path, &written).unwrap().read_to_string(&mut out).unwrap();
        (written.encoding, out)
    }

    #[test]
    fn an_encoding_is_told_by_its_bytes() {
        let text = "id,note\n1,5 €, it’s Zürich\n";
        let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(text);
        assert_eq!(found("a.csv", &bytes), (Encoding::Other("windows-1252".into()), text.into()));
        // Few letters, and signs that Cyrillic encodings have letters for.
        let text = "id,note\n1,€a\n2,café €\n3,b€\n";
        let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(text);
        assert_eq!(found("a.csv", &bytes).1, text);
        let text = "id,ville\n1,Genève\n2,Besançon\n3,Zürich\n";
        let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(text);
        assert_eq!(found("a.csv", &bytes), (Encoding::Latin1, text.into()));
        let text = "id,город\n1,Москва\n2,Казань\n3,Новосибирск\n";
        let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(text);
        assert_eq!(found("a.csv", &bytes), (Encoding::Other("windows-1251".into()), text.into()));
        let wide: Vec<u8> = "a,b\n1,ü\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(found("a.csv", &wide), (Encoding::Utf16, "a,b\n1,ü\n".into()));
        let wide: Vec<u8> = "a,b\n1,ü\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(found("a.csv", &wide).1, "a,b\n1,ü\n");
        assert_eq!(found("a.csv", b"\xef\xbb\xbfa,b\n").1, "a,b\n");
        assert_eq!(found("a.csv.gz", b"a,b\n").1, "a,b\n");
    }
}
