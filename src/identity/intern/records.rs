//! Identifiers one after the other in memory: all that a comparison needs lies side by side.

use super::super::TooMany;
use super::table::NOWHERE;

/// Records start at multiples of this many bytes.
const ALIGN: usize = 4;

/// Bytes before the text: number (4), kind (2), length (2).
const HEAD: usize = 8;

/// The length in the head of a text that is as long or longer. The length itself is in eight more
/// bytes before such a text.
const LONG: usize = u16::MAX as usize;

/// Kinds and texts, each with a number. A record is known by its place, counted in [`ALIGN`] bytes.
#[derive(Debug, Clone)]
pub(super) struct Records {
    bytes: Vec<u8>,
    /// The place of each number.
    places: Vec<u32>,
    ids_max: u32,
    places_max: u32,
}

impl Records {
    /// No records.
    pub(super) fn new() -> Self {
        let nothing = vec![0; ALIGN * (NOWHERE as usize + 1)];
        // The last number stands for nobody.
        Self { bytes: nothing, places: Vec::new(), ids_max: u32::MAX, places_max: u32::MAX }
    }

    /// Room for fewer numbers and places.
    #[cfg(test)]
    pub(super) fn with_most(ids_max: u32, places_max: u32) -> Self {
        Self { ids_max, places_max, ..Self::new() }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// The bytes they take in memory, room to grow included.
    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes.capacity() + self.places.capacity() * size_of::<u32>()
    }

    /// Adds a record, and returns its number and place.
    pub(super) fn add(&mut self, kind: u16, text: &str) -> Result<(u32, u32), TooMany> {
        let below = |count: usize, most: u32| u32::try_from(count).ok().filter(|n| *n < most);
        let id = below(self.places.len(), self.ids_max).ok_or(TooMany::Ids)?;
        let place = self.bytes.len() / ALIGN;
        let place = below(place, self.places_max).ok_or(TooMany::Bytes)?;
        self.bytes.extend_from_slice(&id.to_le_bytes());
        self.bytes.extend_from_slice(&shape(kind, text.len()).to_le_bytes());
        if text.len() >= LONG {
            self.bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
        }
        self.bytes.extend_from_slice(text.as_bytes());
        self.bytes.resize(self.bytes.len().next_multiple_of(ALIGN), 0);
        self.places.push(place);
        Ok((id, place))
    }

    /// Whether the record at a place is of this kind and text.
    pub(super) fn is(&self, place: u32, kind: u16, text: &str) -> bool {
        self.shape_at(place) == shape(kind, text.len()) && self.text_at(place) == text.as_bytes()
    }

    /// The number of the record at a place.
    pub(super) fn id_at(&self, place: u32) -> u32 {
        self.word(start_of(place))
    }

    /// Something from both ends of a record with a text of `len` bytes, to have it fetched from
    /// memory. Also for [`NOWHERE`], and where the text is another.
    pub(super) fn touch(&self, place: u32, len: usize) -> u8 {
        let start = start_of(place);
        let end = (start + HEAD + len).min(self.bytes.len() - 1);
        self.bytes[start] ^ self.bytes[end]
    }

    /// The kind of a number.
    pub(super) fn kind(&self, id: u32) -> u16 {
        self.shape_at(self.places[id as usize]) as u16
    }

    /// The text of a number.
    pub(super) fn text(&self, id: u32) -> &[u8] {
        self.text_at(self.places[id as usize])
    }

    fn text_at(&self, place: u32) -> &[u8] {
        let start = start_of(place) + HEAD;
        match (self.shape_at(place) >> u16::BITS) as usize {
            LONG => {
                let (low, high) = (self.word(start), self.word(start + 4));
                let len = u64::from(high) << u32::BITS | u64::from(low);
                &self.bytes[start + 8..][..len as usize]
            }
            len => &self.bytes[start..start + len],
        }
    }

    fn shape_at(&self, place: u32) -> u32 {
        self.word(start_of(place) + 4)
    }

    fn word(&self, at: usize) -> u32 {
        let bytes = self.bytes[at..at + 4].try_into();
        u32::from_le_bytes(bytes.expect("four bytes were taken"))
    }
}

fn start_of(place: u32) -> usize {
    place as usize * ALIGN
}

/// Kind and length as the head of a record has them.
fn shape(kind: u16, len: usize) -> u32 {
    u32::from(kind) | (len.min(LONG) as u32) << u16::BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_every_length_come_back() {
        let mut records = Records::new();
        let texts: Vec<String> =
            [0, 1, 3, 4, 5, 65_534, 65_535, 65_536, 70_000].map(|len| "ä".repeat(len / 2)).into();
        let odd = texts.iter().map(|text| format!("{text}x"));
        let texts: Vec<String> = texts.iter().cloned().chain(odd).collect();
        let places: Vec<u32> = texts.iter().map(|text| records.add(9, text).unwrap().1).collect();
        for (id, (text, &place)) in (0..).zip(texts.iter().zip(&places)) {
            assert_eq!((records.id_at(place), records.kind(id)), (id, 9));
            assert_eq!(records.text(id), text.as_bytes());
            for other in &texts {
                assert_eq!(records.is(place, 9, other), other == text);
            }
            assert!(!records.is(place, 8, text));
        }
    }

    #[test]
    fn there_is_an_end_to_numbers_and_to_places() {
        let mut records = Records::with_most(1, u32::MAX);
        assert_eq!(records.add(0, "a"), Ok((0, 1)));
        assert_eq!(records.add(0, "b"), Err(TooMany::Ids));
        let mut records = Records::with_most(u32::MAX, 4);
        assert_eq!(records.add(0, "abc"), Ok((0, 1)));
        assert_eq!(records.add(0, "b"), Err(TooMany::Bytes));
        assert_eq!(records.len(), 1);
    }
}
