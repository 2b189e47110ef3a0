//! What the values of a key have in common, over all records of a table.

use super::numbers::Numbers;
use super::text::{Cursor, Fault, Token, unescaped};
use crate::sources::seen::{CellPlace, Tally};
use crate::sources::texts::Texts;
use std::collections::HashMap;

/// Keys of a record beyond these do not become columns.
pub(super) const COLUMNS_MAX: usize = 2000;
/// What lies deeper than this in a record is kept as one value.
const DEPTH_MAX: usize = 40;
/// Keys of a nested object beyond these make it a value of its own.
const FIELDS_MAX: usize = 200;

/// The values of a key.
#[derive(Debug, Default)]
pub(super) struct Shape {
    pub booleans: Tally,
    pub numbers: Numbers,
    pub texts: Texts,
    pub lists: Tally,
    /// What is in the lists.
    pub items: Option<Box<Shape>>,
    pub objects: Tally,
    pub fields: Option<Box<Fields>>,
}

impl Shape {
    /// Takes the next value in, whatever it is.
    ///
    /// # Errors
    /// When it is no JSON. Then a part of it may have been taken in.
    pub(super) fn take(
        &mut self,
        cursor: &mut Cursor<'_>,
        place: &CellPlace<'_>,
    ) -> Result<(), Fault> {
        let token = cursor.value()?;
        match token {
            // Nobody looks so deep, and types would grow without an end.
            Token::List if cursor.depth() > DEPTH_MAX => {
                self.lists.add("[…]", place);
                cursor.skip_rest(token)?;
            }
            Token::Object if cursor.depth() > DEPTH_MAX => {
                self.objects.add("{…}", place);
                cursor.skip_rest(token)?;
            }
            Token::Null => {}
            Token::Boolean(value) => self.booleans.add(if value { "true" } else { "false" }, place),
            Token::Number(written) => self.numbers.take(written, place),
            Token::Text(written) if written.contains('\\') => {
                self.texts.take(&unescaped(written), place);
            }
            Token::Text(written) => self.texts.take(written, place),
            Token::List => {
                self.lists.add("[…]", place);
                let items = self.items.get_or_insert_default();
                let mut first = true;
                while cursor.next_item(first)? {
                    items.take(cursor, place)?;
                    first = false;
                }
            }
            Token::Object => {
                self.objects.add("{…}", place);
                let fields =
                    self.fields.get_or_insert_with(|| Box::new(Fields::of_most(FIELDS_MAX)));
                fields.take(cursor, place)?;
            }
        }
        Ok(())
    }

    /// How many kinds of values there are, and of each the name and how many, the rarest first.
    pub(super) fn kinds(&self) -> Vec<(&'static str, &Tally)> {
        let mut kinds: Vec<(&'static str, &Tally)> = [
            ("yes/no", &self.booleans),
            ("number", &self.numbers.all),
            ("text", &self.texts.all),
            ("list", &self.lists),
            ("object", &self.objects),
        ]
        .into_iter()
        .filter(|(_, tally)| tally.count > 0)
        .collect();
        kinds.sort_by_key(|(_, tally)| tally.count);
        kinds
    }
}

/// The keys of objects, in the order in which they first came.
#[derive(Debug, Default)]
pub(super) struct Fields {
    most: usize,
    /// How many there were.
    objects: u64,
    pub list: Vec<Field>,
    places: HashMap<String, usize>,
    /// The first field of each name, whatever its case.
    names: HashMap<String, usize>,
    /// Keys for which there was no room.
    pub beyond: Tally,
    /// Keys that one object has twice.
    pub doubled: Tally,
    /// Objects in which two spellings of a key stand together.
    pub together: Tally,
}

/// A key of objects.
#[derive(Debug)]
pub(super) struct Field {
    pub key: String,
    pub shape: Shape,
    /// The first field whose name differs only in case; itself when it is the first.
    pub same_as: usize,
    /// Whether one object has this key and another spelling of it.
    pub apart: bool,
    /// The number of the last object that had it.
    seen: u64,
    /// The same for all spellings, kept at the first.
    seen_any: u64,
}

impl Fields {
    /// For objects of at most this many keys.
    pub(super) fn of_most(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// Takes in what is in an object; the cursor is behind its bracket.
    ///
    /// # Errors
    /// When it is no JSON.
    pub(super) fn take(
        &mut self,
        cursor: &mut Cursor<'_>,
        place: &CellPlace<'_>,
    ) -> Result<(), Fault> {
        self.objects += 1;
        let number = self.objects;
        let mut expected = 0;
        let mut first = true;
        while let Some(written) = cursor.next_key(first)? {
            first = false;
            let Some(at) = self.place_of(written, expected, place) else {
                cursor.skip()?;
                continue;
            };
            expected = at + 1;
            self.note_seen(at, number, place);
            self.list[at].shape.take(cursor, place)?;
        }
        Ok(())
    }

    /// Which field a key is; `None` when there is no room for it. Keys mostly come in one order.
    fn place_of(&mut self, written: &str, expected: usize, place: &CellPlace<'_>) -> Option<usize> {
        if self.list.get(expected).is_some_and(|field| field.key == written) {
            return Some(expected);
        }
        let key = unescaped(written);
        if let Some(at) = self.places.get(&key) {
            return Some(*at);
        }
        if self.list.len() >= self.most || !place.has_room() {
            self.beyond.add(&key, place);
            return None;
        }
        let at = self.list.len();
        let same_as = *self.names.entry(key.to_ascii_lowercase()).or_insert(at);
        self.places.insert(key.clone(), at);
        let shape = Shape::default();
        let field = Field { key, shape, same_as, apart: false, seen: 0, seen_any: 0 };
        self.list.push(field);
        Some(at)
    }

    /// Notes that the object of this number has the field.
    fn note_seen(&mut self, at: usize, number: u64, place: &CellPlace<'_>) {
        let first = self.list[at].same_as;
        if self.list[at].seen == number {
            self.doubled.add(&self.list[at].key, place);
        } else if self.list[first].seen_any == number {
            self.together.add(&self.list[at].key, place);
            self.list[first].apart = true;
        }
        self.list[at].seen = number;
        self.list[first].seen_any = number;
    }
}
