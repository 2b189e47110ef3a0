//! The Definition tab: where everything comes from, in words, as text and as SQL.

use crate::model::catalog::{Catalog, Entity, EntityBase};
use crate::state::{Action, CorrectionAction, State, ViewAction};
use crate::ui::findings::findings_ui;
use crate::ui::{Actions, dialogs, text, theme, widgets};
use egui::Ui;

/// Read-only: words, typed condition, SQL, origins, relations, findings.
pub fn definition_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let Some(catalog) = state.source.catalog() else { return };
    egui::ScrollArea::vertical().id_salt("definition").auto_shrink(false).show(ui, |ui| {
        ui.add_space(theme::HALF);
        let defined = crate::ui::canvas::authored::defined_ui(ui, state, actions);
        if let Some(entity) = state.entity() {
            slice_ui(ui, state, actions);
            if !defined {
                cohort_ui(ui, state, entity, actions);
                entity_ui(ui, catalog, entity, actions);
            }
        }
        relations_ui(ui, catalog);
        if !catalog.findings.is_empty() {
            part_ui(ui, "Findings", |ui| findings_ui(ui, &catalog.findings));
        }
        tables_ui(ui, catalog);
        let file = state.source.opened.as_ref().map(|o| o.workspace_file.display().to_string());
        part_ui(ui, "Workspace", |ui| {
            ui.add(egui::Label::new(theme::text(file.unwrap_or_default())).selectable(true).wrap());
            for correction in &state.source.workspace.corrections {
                ui.label(theme::weak(ui, crate::state::correction_words(correction)));
            }
        });
    });
}

/// A part of the tab under its title.
fn part_ui(ui: &mut Ui, title: &str, content: impl FnOnce(&mut Ui)) {
    ui.label(theme::heading(title));
    content(ui);
    ui.add_space(theme::SPACE * 1.5);
}

fn slice_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    part_ui(ui, "In words", |ui| {
        let words = crate::language::words::tree(state.canvas.tree(), Some(&state.canvas.now));
        let words =
            if state.canvas.tree().is_idle() { "Everyone of the cohort".to_owned() } else { words };
        ui.add(egui::Label::new(theme::text(words)).wrap().selectable(true));
        ui.label(theme::small(ui, format!("as of {}", text::moment(&state.canvas.now))));
    });
    let typed = crate::language::print(state.canvas.tree());
    if !typed.is_empty() {
        part_ui(ui, "As typed", |ui| {
            let typed_text = theme::text(&typed).monospace();
            ui.add(egui::Label::new(typed_text).wrap().selectable(true));
            if ui.small_button("Copy condition").clicked() {
                actions.push(ViewAction::Copy(typed.clone()).into());
            }
        });
    }
    let sent = match (&state.canvas.segment, &state.canvas.cohort) {
        (Some(segment), _) => state.sent_of_segment(segment),
        (None, Some(cohort)) => state.sent_of_cohort(cohort),
        (None, None) => Vec::new(),
    };
    if !sent.is_empty() {
        part_ui(ui, "Activations", |ui| crate::ui::sent::lines_ui(ui, state, &sent, actions));
    }
    part_ui(ui, "SQL", |ui| dialogs::sql_text_ui(ui, state, 220.0, actions));
}

fn cohort_ui(ui: &mut Ui, state: &State, entity: &Entity, actions: &mut Actions) {
    let name = state.canvas.cohort.as_ref().and_then(|c| c.cohort.as_ref());
    let Some(cohort) = name.and_then(|name| entity.cohort(name)) else { return };
    part_ui(ui, &format!("Cohort {}", cohort.name), |ui| {
        ui.label(theme::text(&cohort.why));
        if let Some(parent) = &cohort.extends {
            ui.label(theme::weak(ui, format!("part of {parent}")));
        }
        widgets::code_ui(ui, "Origin of the cohort", &cohort.origin, 160.0);
        if ui.small_button("Copy origin").clicked() {
            actions.push(ViewAction::Copy(cohort.origin.clone()).into());
        }
    });
}

fn entity_ui(ui: &mut Ui, catalog: &Catalog, entity: &Entity, actions: &mut Actions) {
    part_ui(ui, &format!("Entity {}", text::spaced(&entity.name)), |ui| {
        ui.label(theme::text(&entity.why));
        let base = match &entity.base {
            EntityBase::Table(table) => format!("rows of {table}, key {}", entity.key),
            EntityBase::Events { tables, .. } => {
                let names: Vec<String> = tables.iter().map(|(t, k)| format!("{t}.{k}")).collect();
                format!("one per key of {}", names.join(", "))
            }
        };
        ui.label(theme::weak(ui, base));
        ui.label(theme::small(ui, catalog.path.display().to_string()));
        if ui.button("Corrections…").clicked() {
            actions.push(Action::Correct(CorrectionAction::Open));
        }
    });
}

fn relations_ui(ui: &mut Ui, catalog: &Catalog) {
    // The member list of a cohort is not a thing with relations of its own.
    let relations: Vec<_> =
        catalog.relations.iter().filter(|r| !catalog.is_cohort_table(&r.from_table)).collect();
    if relations.is_empty() {
        return;
    }
    part_ui(ui, "Relations", |ui| {
        for r in relations {
            ui.horizontal_wrapped(|ui| {
                ui.label(theme::text(format!(
                    "{}.{} points at {}.{}",
                    r.from_table, r.from_column, r.to_table, r.to_column
                )));
                if r.as_text() {
                    ui.label(theme::small(ui, "compared as text"));
                }
                if r.dangling > 0 {
                    let words = text::counted(r.dangling, "row points", "rows point");
                    let color = theme::palette(ui).warning;
                    ui.label(theme::text(format!("{words} at nothing")).color(color));
                }
            })
            .response
            .on_hover_text(theme::text(&r.why));
        }
    });
}

fn tables_ui(ui: &mut Ui, catalog: &Catalog) {
    part_ui(ui, "Tables", |ui| {
        for table in &catalog.tables {
            let rows = text::counted(table.rows, "row", "rows");
            let columns = text::counted(table.columns.len() as u64, "column", "columns");
            let title = format!("{} · {rows} · {columns}", table.name);
            egui::CollapsingHeader::new(theme::text(title)).id_salt(&table.name).show(ui, |ui| {
                if let Some(time) = &table.time_column {
                    ui.label(theme::small(ui, format!("a log of events, by {time}")));
                }
                for column in table.columns.iter().take(500) {
                    let personal = match &column.personal {
                        Some(why) => format!(" · personal: {why}"),
                        None => String::new(),
                    };
                    let line = format!("{} · {}{personal}", column.name, column.type_name);
                    widgets::plain(ui, &line);
                }
            });
        }
    });
}
