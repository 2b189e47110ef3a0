//! The corrections sheet: what the person changes about what was found.

use super::{CorrectionAction, Dialog, Effect, State};
use crate::model::workspace::Correction;

/// A correction being written.
pub type CorrectionDraft = Option<Correction>;

impl State {
    pub(super) fn on_correct(&mut self, action: CorrectionAction) -> Vec<Effect> {
        self.dialog_error = None;
        match action {
            CorrectionAction::Open => {
                self.correction = None;
                self.show(Dialog::Corrections);
            }
            CorrectionAction::Draft(correction) => self.correction = Some(correction),
            CorrectionAction::Add => return self.add_correction(),
            CorrectionAction::Remove(index) => {
                if index < self.workspace.corrections.len() {
                    self.workspace.corrections.remove(index);
                    return vec![self.save_workspace(true)];
                }
            }
        }
        Vec::new()
    }

    fn add_correction(&mut self) -> Vec<Effect> {
        let Some(correction) = self.correction.clone() else { return Vec::new() };
        if let Err(why) = complete(&correction) {
            self.dialog_error = Some(why.to_owned());
            return Vec::new();
        }
        self.correction = None;
        self.workspace.corrections.push(correction);
        vec![self.save_workspace(true)]
    }
}

fn complete(correction: &Correction) -> Result<(), &'static str> {
    let empty = |text: &str| text.trim().is_empty();
    match correction {
        Correction::Entity { table, name, key } if empty(table) || empty(name) || empty(key) => {
            Err("an entity needs a table, a name and a key")
        }
        Correction::NotEntity { name } if empty(name) => Err("choose an entity"),
        Correction::Relation { from, to } if !from.contains('.') || !to.contains('.') => {
            Err("choose a column on both sides")
        }
        Correction::NotRelation { from, .. } if empty(from) => Err("choose a relation"),
        Correction::TimeColumn { table, .. } if empty(table) => Err("choose a table"),
        Correction::Personal { table, column, .. } if empty(table) || empty(column) => {
            Err("choose a column")
        }
        _ => Ok(()),
    }
}

/// A correction in words.
pub fn correction_words(correction: &Correction) -> String {
    match correction {
        Correction::Entity { table, name, key } => {
            format!("{table} is the entity {name}, with the key {key}")
        }
        Correction::NotEntity { name } => format!("{name} is not an entity"),
        Correction::Relation { from, to } => format!("{from} points at {to}"),
        Correction::NotRelation { from, to } => format!("{from} does not point at {to}"),
        Correction::TimeColumn { table, column: Some(column) } => {
            format!("{column} says when a row of {table} happened")
        }
        Correction::TimeColumn { table, column: None } => format!("{table} is not a log of events"),
        Correction::Personal { table, column, personal: true } => {
            format!("{table}.{column} is personal")
        }
        Correction::Personal { table, column, personal: false } => {
            format!("{table}.{column} is not personal")
        }
    }
}
