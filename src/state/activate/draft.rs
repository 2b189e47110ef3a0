//! What is being set up on the sheet: where it goes, what is sent of each member, and how.

use super::action::DraftEdit;
use super::mapping::{MappingRow, Origin};
use super::place::Place;
use crate::destinations::suggest::suggest;
use crate::model::activation::{SavedActivation, SavedDestination};
use crate::model::catalog::Entity;

/// An activation, kept or new, as it is set up.
#[derive(Clone, Default)]
pub struct Draft {
    /// The activation. Its mapping and destination stand beside it until it is written.
    pub saved: SavedActivation,
    /// The destination, once it is chosen.
    pub place: Option<Place>,
    /// The mapping.
    pub rows: Vec<MappingRow>,
    /// Whether the workspace keeps it under its name.
    pub is_kept: bool,
    /// Whether what is missing was asked for, so that it is told.
    pub is_tried: bool,
}

impl Draft {
    /// A kept activation with its destination.
    pub(super) fn of(saved: &SavedActivation, place: Place) -> Self {
        let mut draft = Self { saved: saved.clone(), is_kept: true, ..Self::default() };
        let kept = saved.mapping.iter();
        draft.rows = kept.map(|(field, value)| MappingRow::read(field, value)).collect();
        draft.place = Some(place);
        draft.name_fields();
        draft.fit_mode();
        draft
    }

    /// Takes a destination, with the mapping that the names suggest.
    pub(super) fn take(&mut self, place: Place, entity: &Entity) {
        self.place = Some(place);
        self.is_tried = false;
        self.rows = Vec::new();
        self.suggest(entity);
        self.fit_mode();
        if self.saved.key.is_none() {
            self.saved.key = Some(entity.key.clone());
        }
    }

    /// The mapping that the names suggest, with every field that the destination knows.
    fn suggest(&mut self, entity: &Entity) {
        let Some(place) = &self.place else { return };
        let (fields, is_open) = place.fields();
        let features: Vec<(&str, bool)> = entity
            .features
            .iter()
            .filter(|feature| !entity.is_taken_apart(feature))
            .map(|feature| (feature.name.as_str(), feature.personal.is_some()))
            .collect();
        let suggested = suggest(&features, &fields, is_open);
        self.rows = suggested.iter().map(|(field, value)| MappingRow::read(field, value)).collect();
        self.name_fields();
    }

    /// Adds the fields that the destination knows and that are not mapped, and names all of them.
    fn name_fields(&mut self) {
        let Some(place) = &self.place else { return };
        for field in place.fields().0 {
            let at = self.rows.iter().position(|row| row.field == field.name);
            let at = at.unwrap_or_else(|| {
                self.rows.push(MappingRow::new(field.name));
                self.rows.len() - 1
            });
            self.rows[at].label = Some(field.label);
            self.rows[at].is_identifier = field.is_identifier;
        }
    }

    /// A mode that the destination can do.
    fn fit_mode(&mut self) {
        let modes = self.place.as_ref().map_or(&[][..], Place::modes);
        if let Some(first) = modes.first()
            && !modes.contains(&self.saved.mode)
        {
            self.saved.mode = *first;
        }
    }

    /// Takes a change.
    pub(super) fn edit(&mut self, edit: DraftEdit, entity: &Entity) {
        match edit {
            DraftEdit::Name(name) if !self.is_kept => self.saved.name = name,
            DraftEdit::Name(_) => {}
            DraftEdit::DestinationName(name) => {
                if let Some(place) = self.place.as_mut().filter(|place| !place.is_kept) {
                    place.name = name;
                }
            }
            DraftEdit::Setting(name, text) => {
                if let Some(place) = &mut self.place {
                    place.set(name, text);
                }
                // What a destination knows and can do may hang on its settings.
                self.name_fields();
                self.fit_mode();
            }
            DraftEdit::Mode(mode) => self.saved.mode = mode,
            DraftEdit::Key(key) => self.saved.key = Some(key),
            DraftEdit::Map(at, origin) => self.row(at, |row| row.origin = origin),
            DraftEdit::Rename(at, name) => self.row(at, |row| row.field = name),
            DraftEdit::Option(at, option, on) => self.row(at, |row| row.set(option, on)),
            DraftEdit::AddRow => {
                let mut row = MappingRow::new("");
                row.origin = Origin::Feature(String::new());
                self.rows.push(row);
            }
            DraftEdit::RemoveRow(at) if at < self.rows.len() => {
                self.rows.remove(at);
            }
            DraftEdit::RemoveRow(_) => {}
            DraftEdit::Suggest => self.suggest(entity),
            DraftEdit::Schedule(text) => {
                self.saved.schedule = Some(text).filter(|text| !text.is_empty());
            }
            DraftEdit::Limits(limits) => self.saved.limits = limits,
            DraftEdit::Consent(feature) => self.saved.consent = feature,
        }
    }

    fn row(&mut self, at: usize, change: impl FnOnce(&mut MappingRow)) {
        if let Some(row) = self.rows.get_mut(at) {
            change(row);
        }
    }

    /// How many fields are sent.
    pub fn mapped(&self) -> usize {
        self.rows.iter().filter(|row| row.origin != Origin::Nothing).count()
    }

    /// The activation and its destination as the workspace keeps them.
    ///
    /// # Errors
    /// What is missing, as a phrase.
    pub fn written(&self) -> Result<(SavedActivation, SavedDestination), String> {
        let place = self.place.as_ref().ok_or("choose a destination")?;
        if place.name.trim().is_empty() {
            return Err("the destination needs a name".to_owned());
        }
        if !place.is_complete() {
            return Err("the settings of the destination are not complete".to_owned());
        }
        if self.saved.name.trim().is_empty() {
            return Err("the activation needs a name".to_owned());
        }
        if self.saved.schedule.as_ref().is_some_and(|text| text.split_whitespace().count() != 5) {
            return Err("a schedule has minute, hour, day, month and weekday".to_owned());
        }
        let mut saved = self.saved.clone();
        saved.destination = place.name.clone();
        saved.mapping.clear();
        if place.takes_members() {
            for row in &self.rows {
                if row.is_incomplete() {
                    return Err("every field of the mapping needs a name and a value".to_owned());
                }
                let Some(value) = row.written() else { continue };
                if saved.mapping.insert(row.field.clone(), value).is_some() {
                    return Err(format!("the field {} is mapped twice", row.field));
                }
            }
            if saved.mapping.is_empty() {
                return Err("map at least one field".to_owned());
            }
        }
        Ok((saved, place.saved()))
    }
}
