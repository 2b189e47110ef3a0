//! The corrections sheet: what the person changes about what was found.

use super::{CorrectionAction, Dialog, Effect, State};
use crate::model::reading::Form;
use crate::model::workspace::Correction;

/// A correction being written.
pub type CorrectionDraft = Option<Correction>;

impl State {
    pub(super) fn on_correct(&mut self, action: CorrectionAction) -> Vec<Effect> {
        self.front.error = None;
        match action {
            CorrectionAction::Open => {
                self.front.correction = None;
                self.front.show(Dialog::Corrections);
            }
            CorrectionAction::Draft(correction) => self.front.correction = Some(correction),
            CorrectionAction::Add => return self.add_correction(),
            CorrectionAction::Remove(index) => {
                if index < self.source.workspace.corrections.len() {
                    self.source.workspace.corrections.remove(index);
                    return vec![self.save_workspace(true)];
                }
            }
        }
        Vec::new()
    }

    fn add_correction(&mut self) -> Vec<Effect> {
        let Some(correction) = self.front.correction.clone() else { return Vec::new() };
        if let Err(why) = complete(&correction) {
            self.front.error = Some(why);
            return Vec::new();
        }
        self.front.correction = None;
        self.source.workspace.corrections.push(correction);
        vec![self.save_workspace(true)]
    }
}

fn complete(correction: &Correction) -> Result<(), String> {
    let empty = |text: &str| text.trim().is_empty();
    match correction {
        Correction::Entity { table, name, key, .. }
            if empty(table) || empty(name) || empty(key) =>
        {
            Err("an entity needs a table, a name and a key".to_owned())
        }
        Correction::NotEntity { name } if empty(name) => Err("choose an entity".to_owned()),
        Correction::Relation { from, to, .. } if !from.contains('.') || !to.contains('.') => {
            Err("choose a column on both sides".to_owned())
        }
        Correction::Way { by } if !by.contains('.') => {
            Err("choose the column that points".to_owned())
        }
        Correction::NotRelation { from, .. } if empty(from) => Err("choose a relation".to_owned()),
        Correction::TimeColumn { table, .. } if empty(table) => Err("choose a table".to_owned()),
        Correction::Personal { table, column, .. } if empty(table) || empty(column) => {
            Err("choose a column".to_owned())
        }
        Correction::Columns { table, column, form } => {
            if empty(table) || empty(column) {
                return Err("choose a column".to_owned());
            }
            Form::parse(form).map(|_| ())
        }
        Correction::File(file) if empty(&file.table) => Err("choose a table".to_owned()),
        _ => Ok(()),
    }
}

/// A correction in words.
pub fn correction_words(correction: &Correction) -> String {
    match correction {
        Correction::Entity { table, name, key, also } if also.is_empty() => {
            format!("{table} is the entity {name}, with the key {key}")
        }
        Correction::Entity { table, name, key, also } => {
            format!("{table}.{key} and {} hold the entity {name}", also.join(" and "))
        }
        Correction::NotEntity { name } => format!("{name} is not an entity"),
        Correction::Relation { from, to, form: None } => format!("{from} points at {to}"),
        Correction::Relation { from, to, form: Some(form) } => {
            format!("{from} points at {to}, compared as {form}")
        }
        Correction::Way { by } => format!("{by} is the way that is meant"),
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
        Correction::Columns { table, column, form } => format!("{table}.{column} is {form}"),
        Correction::File(file) => {
            let said: Vec<String> = [
                file.delimiter.as_ref().map(|d| format!("cells are parted by {d}")),
                file.quote.as_ref().map(|q| format!("the quote is {q}")),
                file.encoding.as_ref().map(|e| format!("the encoding is {e}")),
                file.header.map(|h| format!("{} line holds names", if h { "a" } else { "no" })),
                file.skip_lines.map(|n| format!("{n} lines stand above")),
            ]
            .into_iter()
            .flatten()
            .collect();
            format!("{}: {}", file.table, said.join(", "))
        }
    }
}
