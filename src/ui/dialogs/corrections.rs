//! The corrections sheet: what the person knows better than discovery.

use crate::model::catalog::{Catalog, Relation, Table};
use crate::model::workspace::{Correction, FileCorrection};
use crate::state::{Action, CorrectionAction, State, ViewAction, correction_words};
use crate::ui::dialogs::corrections_text;
use crate::ui::icons::{self, Icon};
use crate::ui::{Actions, theme, widgets};
use egui::Ui;

/// The sheet's content.
pub(in crate::ui) fn corrections_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    widgets::sheet(ui, 560.0);
    ui.label(theme::heading("Corrections"));
    let what = "They are kept in the workspace; the source stays as it is and is read again";
    ui.label(theme::small(ui, what));
    for (index, correction) in state.source.workspace.corrections.iter().enumerate() {
        let words = correction_words(correction);
        ui.horizontal(|ui| {
            ui.label(theme::text(&words));
            if icons::button(ui, Icon::Close, &format!("Undo: {words}"), true).clicked() {
                actions.push(Action::Correct(CorrectionAction::Remove(index)));
            }
        });
    }
    let Some(catalog) = state.source.catalog() else { return };
    ui.separator();
    kinds_ui(ui, catalog, state, actions);
    if let Some(draft) = &state.front.correction {
        let mut edited = draft.clone();
        draft_ui(ui, catalog, &mut edited);
        if edited != *draft {
            actions.push(Action::Correct(CorrectionAction::Draft(edited)));
        }
    }
    widgets::error_ui(ui, state);
    ui.horizontal(|ui| {
        if state.front.correction.is_some() && widgets::primary(ui, "Correct").clicked() {
            actions.push(Action::Correct(CorrectionAction::Add));
        }
        if ui.button("Close").clicked() {
            actions.push(ViewAction::Escape.into());
        }
    });
}

fn kinds_ui(ui: &mut Ui, catalog: &Catalog, state: &State, actions: &mut Actions) {
    let table = catalog.tables.first().map(|t| t.name.clone()).unwrap_or_default();
    let none = String::new;
    let kinds = [
        (
            "An entity",
            Correction::Entity {
                table: table.clone(),
                name: none(),
                key: none(),
                also: Vec::new(),
            },
        ),
        ("Not an entity", Correction::NotEntity { name: none() }),
        ("A relation", Correction::Relation { from: none(), to: none(), form: None }),
        ("The way", Correction::Way { by: none() }),
        ("Not a relation", Correction::NotRelation { from: none(), to: none() }),
        ("Time column", Correction::TimeColumn { table: table.clone(), column: None }),
        ("Personal", Correction::Personal { table: table.clone(), column: none(), personal: true }),
        (
            "Type of a column",
            Correction::Columns { table: table.clone(), column: none(), form: none() },
        ),
        ("A file", Correction::File(FileCorrection { table, ..FileCorrection::default() })),
    ];
    ui.horizontal_wrapped(|ui| {
        for (name, blank) in kinds {
            let same = |c: &Correction| std::mem::discriminant(c) == std::mem::discriminant(&blank);
            let on = state.front.correction.as_ref().is_some_and(same);
            if ui.add(egui::Button::selectable(on, name)).clicked() && !on {
                actions.push(Action::Correct(CorrectionAction::Draft(blank)));
            }
        }
    });
}

fn draft_ui(ui: &mut Ui, catalog: &Catalog, draft: &mut Correction) {
    ui.horizontal_wrapped(|ui| match draft {
        Correction::Entity { table, name, key, also } => {
            table_ui(ui, catalog, "Table", table);
            ui.label("is the entity");
            if let (_, Some(changed)) = widgets::field(ui, "name, singular", name, 120.0) {
                *name = changed;
            }
            ui.label("with the key");
            column_ui(ui, catalog.table(table), "Key", key);
            also_ui(ui, catalog, also);
        }
        Correction::NotEntity { name } => {
            let names: Vec<(String, &str)> =
                catalog.entities.iter().map(|e| (e.name.clone(), e.name.as_str())).collect();
            if let Some(picked) = widgets::choice(ui, "Entity", name, &names) {
                *name = picked;
            }
            ui.label("is not an entity");
        }
        Correction::Relation { from, to, form } => {
            place_ui(ui, catalog, "from", from);
            ui.label("points at");
            place_ui(ui, catalog, "to", to);
            let forms = [
                (None, "compared as they are"),
                (Some("text".to_owned()), "compared as text"),
                (Some("whole number".to_owned()), "compared as whole numbers"),
            ];
            if let Some(picked) = widgets::choice(ui, "Compared", form, &forms) {
                *form = picked;
            }
        }
        Correction::Way { by } => way_ui(ui, catalog, by),
        Correction::NotRelation { from, to } => not_relation_ui(ui, catalog, from, to),
        Correction::TimeColumn { table, column } => {
            table_ui(ui, catalog, "Table", table);
            let mut events = column.is_some();
            ui.checkbox(&mut events, "is a log of events, by");
            let mut name = column.clone().unwrap_or_default();
            if events {
                column_ui(ui, catalog.table(table), "Time column", &mut name);
            }
            *column = events.then_some(name);
        }
        Correction::Personal { table, column, personal } => {
            table_ui(ui, catalog, "Table", table);
            column_ui(ui, catalog.table(table), "Column", column);
            ui.selectable_value(personal, true, "is personal");
            ui.selectable_value(personal, false, "is not personal");
        }
        Correction::Columns { table, column, form } => {
            table_ui(ui, catalog, "Table", table);
            column_ui(ui, catalog.table(table), "Column", column);
            corrections_text::form_ui(ui, form);
        }
        Correction::File(file) => {
            table_ui(ui, catalog, "Table", &mut file.table);
            corrections_text::file_ui(ui, file);
        }
    });
}

fn table_ui(ui: &mut Ui, catalog: &Catalog, name: &str, table: &mut String) {
    let tables: Vec<(String, &str)> =
        catalog.tables.iter().map(|t| (t.name.clone(), t.name.as_str())).collect();
    if let Some(picked) = widgets::choice(ui, name, table, &tables) {
        *table = picked;
    }
}

fn column_ui(ui: &mut Ui, table: Option<&Table>, name: &str, column: &mut String) {
    let columns: Vec<(String, &str)> = table
        .into_iter()
        .flat_map(|t| &t.columns)
        .map(|c| (c.name.clone(), c.name.as_str()))
        .collect();
    if let Some(picked) = widgets::choice(ui, name, column, &columns) {
        *column = picked;
    }
}

/// Other logs that hold the same id.
fn also_ui(ui: &mut Ui, catalog: &Catalog, also: &mut Vec<String>) {
    for (number, place) in also.iter_mut().enumerate() {
        ui.label("and");
        place_ui(ui, catalog, &format!("also {}", number + 1), place);
    }
    if ui.button("Another log").on_hover_text("The same id is in another log too").clicked() {
        also.push(String::new());
    }
}

/// The references of tables that point at one table by several columns.
fn way_ui(ui: &mut Ui, catalog: &Catalog, by: &mut String) {
    let ends = |r: &Relation| (r.from_table.clone(), r.to_table.clone());
    let several: Vec<(String, String)> = catalog
        .relations
        .iter()
        .filter(|r| catalog.relations.iter().filter(|o| ends(o) == ends(r)).count() > 1)
        .map(|r| {
            let place = format!("{}.{}", r.from_table, r.from_column);
            let words = format!("{place}, which points at {}", r.to_table);
            (place, words)
        })
        .collect();
    let choices: Vec<(String, &str)> =
        several.iter().map(|(place, words)| (place.clone(), words.as_str())).collect();
    if choices.is_empty() {
        ui.label(theme::weak(ui, "No table points at another by several columns"));
        return;
    }
    if let Some(picked) = widgets::choice(ui, "Way", by, &choices) {
        *by = picked;
    }
    ui.label("is used unless a condition says otherwise");
}

/// A table and a column of it, as `table.column`.
fn place_ui(ui: &mut Ui, catalog: &Catalog, side: &str, place: &mut String) {
    let (mut table, mut column) = match place.rsplit_once('.') {
        Some((table, column)) => (table.to_owned(), column.to_owned()),
        None => (place.clone(), String::new()),
    };
    let before = (table.clone(), column.clone());
    table_ui(ui, catalog, &format!("Table {side}"), &mut table);
    column_ui(ui, catalog.table(&table), &format!("Column {side}"), &mut column);
    if (&table, &column) != (&before.0, &before.1) {
        *place = if column.is_empty() { table } else { format!("{table}.{column}") };
    }
}

fn not_relation_ui(ui: &mut Ui, catalog: &Catalog, from: &mut String, to: &mut String) {
    let ends: Vec<(String, String, String)> = catalog
        .relations
        .iter()
        .map(|r| {
            let from = format!("{}.{}", r.from_table, r.from_column);
            let to = format!("{}.{}", r.to_table, r.to_column);
            let words = format!("{from} points at {to}");
            (from, to, words)
        })
        .collect();
    let now = ends.iter().position(|(f, t, _)| f == from && t == to).unwrap_or(usize::MAX);
    let choices: Vec<(usize, &str)> =
        ends.iter().enumerate().map(|(i, (_, _, words))| (i, words.as_str())).collect();
    if let Some(picked) = widgets::choice(ui, "Relation", &now, &choices) {
        (*from, *to) = (ends[picked].0.clone(), ends[picked].1.clone());
    }
    ui.label("does not hold");
}
