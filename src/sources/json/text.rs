//! The grammar of JSON, over the bytes of one record: what the database's own reader takes, which
//! is JSON with `NaN` and `Infinity` and with a comma too many at the end of a list.
//!
//! Numbers keep their digits, which is why no ready-made reader stands here: it would round them.

/// Values within values beyond this are refused.
const DEPTH_MAX: usize = 500;

/// Why a text is no JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It ends before the value does.
    Cut,
    /// Something else than JSON stands at this byte.
    At(usize),
}

/// A place in the text of a record.
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

/// The next value, as far as its first byte tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Null,
    Boolean(bool),
    /// A number as it is spelled.
    Number(&'a str),
    /// What stands between the quotes, with its escapes.
    Text(&'a str),
    /// A list begins: see [`Cursor::next_item`].
    List,
    /// An object begins: see [`Cursor::next_key`].
    Object,
}

impl<'a> Cursor<'a> {
    /// At the start of a text.
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, depth: 0 }
    }

    /// The next value; what is in a list or an object is asked for afterwards.
    pub(super) fn value(&mut self) -> Result<Token<'a>, Fault> {
        match self.peek()? {
            b'{' => {
                self.deeper()?;
                Ok(Token::Object)
            }
            b'[' => {
                self.deeper()?;
                Ok(Token::List)
            }
            b'"' => Ok(Token::Text(self.string()?)),
            b'-' | b'0'..=b'9' => Ok(Token::Number(self.number()?)),
            _ => self.word(),
        }
    }

    /// Whether another value follows in the list; steps over what parts it from the one before.
    pub(super) fn next_item(&mut self, first: bool) -> Result<bool, Fault> {
        self.next(first, b']')
    }

    /// The next key of the object, with its escapes; the cursor is then before its value.
    pub(super) fn next_key(&mut self, first: bool) -> Result<Option<&'a str>, Fault> {
        if !self.next(first, b'}')? {
            return Ok(None);
        }
        if self.peek()? != b'"' {
            return Err(Fault::At(self.at));
        }
        let key = self.string()?;
        if self.peek()? != b':' {
            return Err(Fault::At(self.at));
        }
        self.at += 1;
        Ok(Some(key))
    }

    /// How many lists and objects the cursor is in.
    pub(super) fn depth(&self) -> usize {
        self.depth
    }

    /// Steps over a value.
    pub(super) fn skip(&mut self) -> Result<(), Fault> {
        let token = self.value()?;
        self.skip_rest(token)
    }

    /// Steps over the rest of a value whose beginning was seen.
    pub(super) fn skip_rest(&mut self, token: Token<'_>) -> Result<(), Fault> {
        match token {
            Token::List => {
                let mut first = true;
                while self.next_item(first)? {
                    self.skip()?;
                    first = false;
                }
            }
            Token::Object => {
                let mut first = true;
                while self.next_key(first)?.is_some() {
                    self.skip()?;
                    first = false;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn next(&mut self, first: bool, end: u8) -> Result<bool, Fault> {
        if !first {
            match self.peek()? {
                b',' => self.at += 1,
                byte if byte == end => {}
                _ => return Err(Fault::At(self.at)),
            }
        }
        if self.peek()? == end {
            self.at += 1;
            self.depth -= 1;
            return Ok(false);
        }
        Ok(true)
    }

    fn deeper(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Fault::At(self.at));
        }
        self.at += 1;
        Ok(())
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Result<u8, Fault> {
        while let Some(byte) = self.bytes.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Ok(*byte);
            }
            self.at += 1;
        }
        Err(Fault::Cut)
    }

    fn string(&mut self) -> Result<&'a str, Fault> {
        let start = self.at + 1;
        let mut at = start;
        loop {
            match self.bytes.get(at).ok_or(Fault::Cut)? {
                b'"' => break,
                b'\\' => at += self.escape(at)?,
                0..0x20 => return Err(Fault::At(at)),
                _ => at += 1,
            }
        }
        self.at = at + 1;
        let text = std::str::from_utf8(&self.bytes[start..at]);
        text.map_err(|error| Fault::At(start + error.valid_up_to()))
    }

    /// How many bytes the escape at this place has.
    fn escape(&self, at: usize) -> Result<usize, Fault> {
        match self.bytes.get(at + 1).ok_or(Fault::Cut)? {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(2),
            b'u' => {
                let high = self.code(at)?;
                match high {
                    0xd800..0xdc00 if self.bytes.get(at + 6).is_some_and(|b| *b != b'\\') => {
                        Err(Fault::At(at))
                    }
                    0xd800..0xdc00 => match self.code(at + 6) {
                        Ok(0xdc00..0xe000) => Ok(12),
                        Err(Fault::Cut) => Err(Fault::Cut),
                        _ => Err(Fault::At(at)),
                    },
                    0xdc00..0xe000 => Err(Fault::At(at)),
                    _ => Ok(6),
                }
            }
            _ => Err(Fault::At(at)),
        }
    }

    /// The number in `\u1234`.
    fn code(&self, at: usize) -> Result<u32, Fault> {
        let written = self.bytes.get(at..at + 6).ok_or(Fault::Cut)?;
        let digits = written.strip_prefix(b"\\u").ok_or(Fault::At(at))?;
        let digits = std::str::from_utf8(digits).map_err(|_| Fault::At(at))?;
        match digits.bytes().all(|b| b.is_ascii_hexdigit()) {
            true => u32::from_str_radix(digits, 16).map_err(|_| Fault::At(at)),
            false => Err(Fault::At(at)),
        }
    }

    fn number(&mut self) -> Result<&'a str, Fault> {
        let start = self.at;
        let byte = |at: usize| self.bytes.get(at).copied();
        let digits = |mut at: usize| {
            let from = at;
            while byte(at).is_some_and(|b| b.is_ascii_digit()) {
                at += 1;
            }
            if at == from { Err(byte(at).map_or(Fault::Cut, |_| Fault::At(at))) } else { Ok(at) }
        };
        let mut at = start + usize::from(byte(start) == Some(b'-'));
        if matches!(byte(at), Some(b'I' | b'i' | b'N' | b'n')) {
            return self.word_of_number(start, at);
        }
        let whole = at;
        at = digits(at)?;
        if at > whole + 1 && byte(whole) == Some(b'0') {
            return Err(Fault::At(whole));
        }
        if byte(at) == Some(b'.') {
            at = digits(at + 1)?;
        }
        if matches!(byte(at), Some(b'e' | b'E')) {
            at += 1;
            at = digits(at + usize::from(matches!(byte(at), Some(b'+' | b'-'))))?;
        }
        self.at = at;
        Ok(std::str::from_utf8(&self.bytes[start..at]).unwrap_or_default())
    }

    fn word_of_number(&mut self, start: usize, at: usize) -> Result<&'a str, Fault> {
        for word in ["infinity", "inf", "nan"] {
            let end = at + word.len();
            let there = self.bytes.get(at..end);
            if there.is_some_and(|bytes| bytes.eq_ignore_ascii_case(word.as_bytes())) {
                self.at = end;
                return Ok(std::str::from_utf8(&self.bytes[start..end]).unwrap_or_default());
            }
        }
        Err(Fault::At(at))
    }

    fn word(&mut self) -> Result<Token<'a>, Fault> {
        let rest = &self.bytes[self.at..];
        for (word, token) in [
            ("null", Token::Null),
            ("true", Token::Boolean(true)),
            ("false", Token::Boolean(false)),
        ] {
            if rest.starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(token);
            }
            if word.as_bytes().starts_with(rest) {
                return Err(Fault::Cut);
            }
        }
        match rest.first() {
            Some(b'I' | b'i' | b'N' | b'n') => {
                self.word_of_number(self.at, self.at).map(Token::Number)
            }
            _ => Err(Fault::At(self.at)),
        }
    }
}

/// Whether the text is one whole JSON value and nothing else.
///
/// # Errors
/// What is wrong with it.
pub(super) fn whole(bytes: &[u8]) -> Result<(), Fault> {
    let mut cursor = Cursor::new(bytes);
    cursor.skip()?;
    match cursor.peek() {
        Err(Fault::Cut) => Ok(()),
        _ => Err(Fault::At(cursor.at)),
    }
}

/// The text that a string with escapes stands for.
pub(super) fn unescaped(written: &str) -> String {
    if !written.contains('\\') {
        return written.to_owned();
    }
    // What is not understood was refused before.
    serde_json::from_str(&format!("\"{written}\"")).unwrap_or_else(|_| written.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_whole_value_is_told_from_a_part_and_from_something_else() {
        for good in [
            "{}",
            " [1, -2.5e+3, \"a\\u00e9\\ud83d\\ude00\", null ] ",
            "{\"a\":[{\"b\":true}]}",
            "NaN",
            "[1,]",
            "-Infinity",
        ] {
            assert_eq!(whole(good.as_bytes()), Ok(()), "{good}");
        }
        for cut in ["", "{", "{\"a\"", "{\"a\":", "[1", "\"x", "nul", "-", "1.", "\"\\u00"] {
            assert_eq!(whole(cut.as_bytes()), Err(Fault::Cut), "{cut}");
        }
        for wrong in [
            "{a:1}",
            "[1 2]",
            "01",
            "1x",
            "{} {}",
            "\"a\tb\"",
            "\"\\x\"",
            "\"\\ud800\"",
            "hello",
            "{\"a\" 1}",
        ] {
            assert!(matches!(whole(wrong.as_bytes()), Err(Fault::At(_))), "{wrong}");
        }
        assert!(whole(b"\"\xff\"").is_err());
        assert!(whole("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn numbers_keep_their_digits() {
        let mut cursor = Cursor::new(b"123456789012345678901234567890.10");
        assert_eq!(cursor.value(), Ok(Token::Number("123456789012345678901234567890.10")));
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            any::<String>().prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                prop::collection::btree_map(any::<String>(), inner, 0..6)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_whole_and_its_beginnings_are_not(value in json()) {
            for text in [value.to_string(), format!("{value:#}")] {
                prop_assert_eq!(whole(text.as_bytes()), Ok(()));
                let closed = text.starts_with(['{', '[', '"']);
                for end in 0..text.len() {
                    prop_assert!(!closed || whole(&text.as_bytes()[..end]).is_err());
                }
            }
        }

        #[test]
        fn no_bytes_make_it_fail(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = whole(&bytes);
        }
    }
}
