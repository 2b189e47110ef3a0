//! The main id of a cluster as other tools compute it: the least salted hash of its members.

use super::forest::Clusters;
use super::intern::{Interner, NOBODY};
use sha1::block_api::compress;
use sha1::{Digest as _, Sha1};
use std::fmt;

/// What every hash starts with. It is no secret: any tool that computes the same ids has it.
const SALT: &[u8] = b"fe971b24-9572-4005-b22f-351e9c09274d";

const PREFIX: &str = "rid";

/// Bytes of a hash that are kept.
const BYTES: usize = 16;

/// Bytes that SHA-1 takes in at a time.
const BLOCK: usize = 64;

/// Blocks of a short message.
const BLOCKS_MAX: usize = 2;

/// The hash of one identifier, printed as `rid` and 32 hexadecimal digits. Orders like its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rid([u8; BYTES]);

impl Rid {
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

    /// Another hash, for a cluster whose own are all taken.
    pub(super) fn next(self) -> Self {
        rid_of(self.to_string().as_bytes(), "")
    }
}

impl fmt::Display for Rid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = hex(self.0);
        // Hexadecimal digits are ASCII.
        write!(f, "{PREFIX}{}", std::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

/// The main id that an identifier has by itself.
pub fn rid(text: &str, kind_name: &str) -> String {
    rid_of(text.as_bytes(), kind_name).to_string()
}

/// The first 32 digits of the hash of: the first 32 digits of the salted hash of the text, and the
/// kind.
fn rid_of(text: &[u8], kind_name: &str) -> Rid {
    let inner = sha1(SALT, text);
    Rid(sha1(&hex(inner), kind_name.as_bytes()))
}

/// The first bytes of the SHA-1 hash of `head` and `tail`.
///
/// A short message is laid out as the standard pads it: a one bit, zeros, and the length in bits.
/// There are millions of them, and a hasher that takes them in piece by piece has more to do.
///
/// # Source
/// FIPS 180-4, sections 5.1.1 and 5.3.1.
fn sha1(head: &[u8], tail: &[u8]) -> [u8; BYTES] {
    const START: [u32; 5] = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];
    let len = head.len() + tail.len();
    let mut blocks = [[0; BLOCK]; BLOCKS_MAX];
    let used = (len + size_of::<u64>()) / BLOCK + 1;
    if used > BLOCKS_MAX {
        return first(&Sha1::new_with_prefix(head).chain_update(tail).finalize());
    }
    let message = blocks.as_flattened_mut();
    message[..head.len()].copy_from_slice(head);
    message[head.len()..len].copy_from_slice(tail);
    message[len] = 0x80;
    message[used * BLOCK - size_of::<u64>()..used * BLOCK]
        .copy_from_slice(&(len as u64 * 8).to_be_bytes());
    let mut state = START;
    compress(&mut state, &blocks[..used]);
    first(state.map(u32::to_be_bytes).as_flattened())
}

/// The least hash of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Least {
    /// The hash.
    pub rid: Rid,
    /// The node it is of.
    pub node: u32,
}

impl Least {
    /// Not looked for; no other is greater.
    const UNKNOWN: Self = Self { rid: Rid([u8::MAX; BYTES]), node: NOBODY };
}

/// The hashes of the identifiers of a dictionary.
#[derive(Debug, Clone, Copy)]
pub struct Rids<'a> {
    interner: &'a Interner,
    kind_names: &'a [String],
}

impl<'a> Rids<'a> {
    /// Hashes of the identifiers of `interner`, whose kinds are places in `kind_names`.
    pub fn new(interner: &'a Interner, kind_names: &'a [String]) -> Self {
        Self { interner, kind_names }
    }

    /// The hash of a node.
    ///
    /// # Panics
    /// When there is no such node, or its kind has no name.
    pub fn of(&self, node: u32) -> Rid {
        let kind = usize::from(self.interner.kind(node));
        rid_of(self.interner.bytes_of(node), &self.kind_names[kind])
    }

    /// The least hash of each cluster: its main id, unless it had another before.
    ///
    /// # Panics
    /// When there are more nodes than identifiers, or one's kind has no name.
    pub fn least_per_cluster(&self, clusters: &Clusters) -> Vec<Least> {
        self.least_where(clusters, |_| true)
    }

    /// The least hash of each cluster that is `wanted`, and [`Least::UNKNOWN`] of the others.
    pub(super) fn least_where(
        &self,
        clusters: &Clusters,
        wanted: impl Fn(u32) -> bool,
    ) -> Vec<Least> {
        let mut least = vec![Least::UNKNOWN; clusters.len()];
        for (node, &cluster) in (0_u32..).zip(clusters.of_nodes()) {
            if wanted(cluster) {
                let least = &mut least[cluster as usize];
                *least = (*least).min(Least { rid: self.of(node), node });
            }
        }
        least
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
    fn a_short_message_and_a_long_one_are_hashed_alike() {
        let text = "x".repeat(200);
        for len in 0..=200 {
            let (head, tail) = text.as_bytes()[..len].split_at(len / 3);
            assert_eq!(sha1(head, tail), first(&Sha1::digest(&text[..len])), "{len} bytes");
        }
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
