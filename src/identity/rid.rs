//! The main id of a cluster as other tools compute it: the least salted hash of its members.

use super::forest::Clusters;
use super::intern::{Interner, NOBODY};
use sha1::{Digest as _, Sha1};
use std::fmt;

/// What every hash starts with. It is no secret: any tool that computes the same ids has it.
const SALT: &[u8] = b"fe971b24-9572-4005-b22f-351e9c09274d";

const PREFIX: &str = "rid";

const BYTES: usize = 16;

/// The hash of one identifier, printed as `rid` and 32 hexadecimal digits. Orders like its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rid([u8; BYTES]);

impl Rid {
    /// Greater than any other, or as great.
    const GREATEST: Self = Self([u8::MAX; BYTES]);

    /// Reads what [`Rid`] prints.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX)?.as_bytes();
        if digits.len() != 2 * BYTES {
            return None;
        }
        let mut bytes = [0; BYTES];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = value(pair[0])? << 4 | value(pair[1])?;
        }
        Some(Self(bytes))
    }

    fn digits(self) -> [u8; 2 * BYTES] {
        hex(self.0)
    }
}

impl fmt::Display for Rid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.digits();
        // Hexadecimal digits are ASCII.
        write!(f, "{PREFIX}{}", std::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

/// The main id that an identifier has by itself.
pub fn rid(text: &str, kind_name: &str) -> String {
    Hashing::new().rid(text, kind_name).to_string()
}

/// A hash into which the salt has been fed.
#[derive(Debug, Clone)]
struct Hashing(Sha1);

impl Hashing {
    fn new() -> Self {
        Self(Sha1::new_with_prefix(SALT))
    }

    /// `rid` and the first 32 digits of the hash of the first 32 digits of the salted hash of the
    /// text, followed by the kind.
    fn rid(&self, text: &str, kind_name: &str) -> Rid {
        let inner = self.0.clone().chain_update(text.as_bytes()).finalize();
        let outer = Sha1::new_with_prefix(hex(first(inner.as_ref())))
            .chain_update(kind_name.as_bytes())
            .finalize();
        Rid(first(outer.as_ref()))
    }
}

/// The least hash of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Least {
    /// The hash.
    pub rid: Rid,
    /// The node it is of.
    pub node: u32,
}

/// The hashes of the identifiers of a dictionary.
#[derive(Debug, Clone)]
pub struct Rids<'a> {
    interner: &'a Interner,
    kind_names: &'a [String],
    hashing: Hashing,
}

impl<'a> Rids<'a> {
    /// Hashes of the identifiers of `interner`, whose kinds are places in `kind_names`.
    pub fn new(interner: &'a Interner, kind_names: &'a [String]) -> Self {
        Self { interner, kind_names, hashing: Hashing::new() }
    }

    /// The hash of a node.
    ///
    /// # Panics
    /// When there is no such node, or its kind has no name.
    pub fn of(&self, node: u32) -> Rid {
        let (kind, text) = self.interner.key(node);
        self.hashing.rid(text, &self.kind_names[usize::from(kind)])
    }

    /// The least hash of each cluster: its main id, unless it had another before.
    ///
    /// # Panics
    /// When there are more nodes than identifiers, or one's kind has no name.
    pub fn least_per_cluster(&self, clusters: &Clusters) -> Vec<Least> {
        let mut least = vec![Least { rid: Rid::GREATEST, node: NOBODY }; clusters.len()];
        for (node, cluster) in (0_u32..).zip(clusters.of_nodes()) {
            let least = &mut least[*cluster as usize];
            let rid = self.of(node);
            if rid < least.rid || least.node == NOBODY {
                *least = Least { rid, node };
            }
        }
        least
    }

    /// A hash for a cluster whose own are all taken: the hash of one of them.
    pub(super) fn beyond(&self, rid: Rid) -> Rid {
        self.hashing.rid(&rid.to_string(), "")
    }
}

fn first(digest: &[u8]) -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    bytes.copy_from_slice(&digest[..BYTES]);
    bytes
}

/// Hexadecimal digits in lower case.
fn hex(bytes: [u8; BYTES]) -> [u8; 2 * BYTES] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; 2 * BYTES];
    for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
        pair[0] = DIGITS[usize::from(byte >> 4)];
        pair[1] = DIGITS[usize::from(byte & 15)];
    }
    digits
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::edges::{Edges, UNTIMED};
    use super::super::forest::Forest;
    use super::*;

    /// Computed from the SQL that RudderStack's `pb` compiled (schema 42), with Python's hashlib.
    #[test]
    fn main_ids_are_those_of_the_compiled_sql() {
        for (text, kind, expected) in [
            ("a@b.com", "email", "rid472265556b5bbce78231441f51484e3e"),
            ("u1", "user_id", "rid7deb1b8ac65414960d41051cbc982d7b"),
            ("b", "anonymous_id", "rid9c079ddda98e44c8782d648de2dec2e0"),
        ] {
            assert_eq!(rid(text, kind), expected, "{kind} {text}");
        }
    }

    #[test]
    fn texts_of_any_length_are_hashed() {
        assert_eq!(rid("", "").len(), 35);
        assert_ne!(rid(&"x".repeat(100), "k"), rid(&"x".repeat(101), "k"));
    }

    #[test]
    fn a_main_id_reads_back_and_nothing_else_does() {
        let text = rid("u1", "user_id");
        let parsed = Rid::parse(&text).unwrap();
        assert_eq!(parsed.to_string(), text);
        for bad in ["", "rid", &text[1..], &text[..34], &text.to_uppercase(), &format!("{text}0")] {
            assert_eq!(Rid::parse(bad), None, "{bad}");
        }
        assert_eq!(Rid::parse("rid7deb1b8ac65414960d41051cbc982d7é"), None);
    }

    #[test]
    fn a_cluster_is_called_after_its_least_member() {
        let mut interner = Interner::new();
        for (kind, text) in [(0, "u1"), (1, "a@b.com"), (2, "b")] {
            interner.intern(kind, text).unwrap();
        }
        let mut edges = Edges::new();
        edges.push(0, 1, UNTIMED).unwrap();
        let kinds = ["user_id", "email", "anonymous_id"].map(str::to_owned);
        let clusters = Forest::grow(3, &edges).clusters();
        let least = Rids::new(&interner, &kinds).least_per_cluster(&clusters);
        let found: Vec<_> = least.iter().map(|l| (l.rid.to_string(), l.node)).collect();
        assert_eq!(found, [(rid("a@b.com", "email"), 1), (rid("b", "anonymous_id"), 2)]);
    }
}
