//! The editor of a clause over related rows, which reads as a sentence.

use crate::model::catalog::Table;
use crate::model::clause::{Measure, Unit};
use crate::state::{RelatedForm, State, fits_measure};
use crate::ui::{theme, widgets};
use egui::Ui;

/// Makes a measure of a column.
type Make = fn(String) -> Measure;

/// The measures by word, each about a column.
const MEASURES: [(&str, Make); 6] = [
    ("number", |_| Measure::Count),
    ("different values", Measure::CountDistinct),
    ("sum", Measure::Sum),
    ("average", Measure::Average),
    ("least", Measure::Minimum),
    ("greatest", Measure::Maximum),
];

fn word(measure: &Measure) -> &'static str {
    let column = measure.column().unwrap_or_default().to_owned();
    MEASURES.iter().find(|(_, make)| make(column.clone()) == *measure).map_or("number", |m| m.0)
}

/// "The sum of `total` over `orders` is at least 100, of rows where …, in the last 30 days".
pub(in crate::ui) fn related_ui(ui: &mut Ui, state: &State, form: &mut RelatedForm) {
    let Some(table) = state.source.catalog().and_then(|c| c.table(&form.table)) else {
        ui.label(theme::weak(ui, format!("There is no table {}", form.table)));
        return;
    };
    ui.horizontal_wrapped(|ui| {
        ui.label("The");
        let words: Vec<(&str, &str)> = MEASURES.iter().map(|(w, _)| (*w, *w)).collect();
        if let Some(picked) = widgets::choice(ui, "Figure", &word(&form.measure), &words) {
            let make = MEASURES.iter().find(|(w, _)| *w == picked).map(|(_, make)| make);
            if let Some(make) = make {
                form.measure = make(fitting(table, make));
            }
        }
        if form.measure.column().is_some() {
            ui.label("of");
            column_ui(ui, table, form);
            ui.label("over");
        } else {
            ui.label("of");
        }
        ui.label(theme::heading(form.table.as_str()));
        via_ui(ui, state, form);
        ui.label("is");
        if let Some(picked) = widgets::choice(
            ui,
            "Comparison",
            &form.comparison,
            &crate::ui::clauses::parts::COMPARISONS,
        ) {
            form.comparison = picked;
        }
        if let (_, Some(changed)) = widgets::field(ui, "value", &form.value, 72.0) {
            form.value = changed;
        }
    });
    ui.horizontal(|ui| {
        ui.label("of rows where");
        let name = "all rows; or a condition on their columns";
        if let (_, Some(changed)) = widgets::field(ui, name, &form.filter, f32::INFINITY) {
            form.filter = changed;
        }
    });
    window_ui(ui, table, form);
    if form.not.is_some() {
        crate::ui::clauses::parts::not_ui(ui, &mut form.not);
    }
    let columns: Vec<&str> = table.columns.iter().map(|c| c.name.as_str()).collect();
    let names = format!("columns: {}", columns.join(", "));
    ui.add(egui::Label::new(theme::small(ui, names)).truncate());
}

/// By which column the rows belong, where several could be meant.
fn via_ui(ui: &mut Ui, state: &State, form: &mut RelatedForm) {
    let names = state.ways_to(&form.table);
    if names.is_empty() && form.via.is_none() {
        return;
    }
    ui.label("by");
    let columns: Vec<(Option<String>, &str)> =
        names.iter().map(|name| (Some(name.clone()), name.as_str())).collect();
    if let Some(picked) = widgets::choice(ui, "Way", &form.via, &columns) {
        form.via = picked;
    }
}

/// The first column that a measure can be about.
fn fitting(table: &Table, make: &Make) -> String {
    let fits = |c: &&crate::model::catalog::Column| fits_measure(&make(c.name.clone()), c.kind);
    table.columns.iter().find(fits).map(|c| c.name.clone()).unwrap_or_default()
}

fn column_ui(ui: &mut Ui, table: &Table, form: &mut RelatedForm) {
    let now = form.measure.column().unwrap_or_default().to_owned();
    let columns: Vec<(String, &str)> = table
        .columns
        .iter()
        .filter(|c| fits_measure(&form.measure, c.kind))
        .map(|c| (c.name.clone(), c.name.as_str()))
        .collect();
    if let Some(picked) = widgets::choice(ui, "Column", &now, &columns) {
        let make = MEASURES.iter().find(|(w, _)| *w == word(&form.measure)).map(|(_, m)| m);
        if let Some(make) = make {
            form.measure = make(picked);
        }
    }
}

fn window_ui(ui: &mut Ui, table: &Table, form: &mut RelatedForm) {
    let temporal = table.columns.iter().find(|c| c.kind.is_temporal()).map(|c| c.name.clone());
    let Some(time) = table.time_column.clone().or(temporal) else { return };
    ui.horizontal(|ui| {
        let mut on = form.window.is_some();
        if ui.checkbox(&mut on, "in the last").changed() {
            form.window = on.then(|| (time.clone(), "30".to_owned(), Unit::Day));
        }
        if let Some((column, count, unit)) = &mut form.window {
            if let (_, Some(changed)) = widgets::field(ui, "how many", count, 56.0) {
                *count = changed;
            }
            crate::ui::clauses::parts::unit_ui(ui, unit);
            ui.label(theme::small(ui, format!("by {column}")));
        }
    });
}
