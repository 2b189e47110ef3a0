//! Corrections of how files of text are read: the form of a column, and how a file is written.

use crate::model::workspace::FileCorrection;
use crate::ui::widgets;
use egui::Ui;

/// Forms that are offered; any other can be written.
const FORMS: &[(&str, &str)] = &[
    ("text", "text, as it is"),
    ("whole number", "whole numbers"),
    ("number", "numbers: 1234.5"),
    ("number 1,234.5", "numbers: 1,234.5"),
    ("number 1.234,5", "numbers: 1.234,5"),
    ("yes/no", "yes or no"),
    ("date", "dates: 2025-11-30"),
    ("date %d/%m/%Y", "dates: 30/11/2025"),
    ("date %m/%d/%Y", "dates: 11/30/2025"),
    ("date %d.%m.%Y", "dates: 30.11.2025"),
    ("date %d-%b-%Y", "dates: 30-Nov-2025"),
    ("moment", "dates and times: 2025-11-30 18:00"),
    ("moment %d/%m/%Y %H:%M", "dates and times: 30/11/2025 18:00"),
    ("moment with offset", "dates and times: 2025-11-30 18:00+01:00"),
];
/// Delimiters that are offered.
const DELIMITERS: &[(&str, &str)] =
    &[("", "as detected"), (",", "comma"), (";", "semicolon"), ("\\t", "tab"), ("|", "bar")];

/// Chooses or writes the form of a column.
pub(in crate::ui) fn form_ui(ui: &mut Ui, form: &mut String) {
    ui.label("holds");
    let forms: Vec<(String, &str)> =
        FORMS.iter().map(|(form, words)| ((*form).to_owned(), *words)).collect();
    if let Some(picked) = widgets::choice(ui, "Form", form, &forms) {
        *form = picked;
    }
    ui.label("written as");
    if let (_, Some(changed)) = widgets::field(ui, "date %d/%m/%Y", form, 160.0) {
        *form = changed;
    }
}

/// Chooses how a file is written. What is left open stays as it was guessed.
pub(in crate::ui) fn file_ui(ui: &mut Ui, file: &mut FileCorrection) {
    ui.label("has its cells separated by");
    let delimiters: Vec<(String, &str)> =
        DELIMITERS.iter().map(|(mark, words)| ((*mark).to_owned(), *words)).collect();
    let now = file.delimiter.clone().unwrap_or_default();
    if let Some(picked) = widgets::choice(ui, "Delimiter", &now, &delimiters) {
        file.delimiter = Some(picked).filter(|mark| !mark.is_empty());
    }
    ui.label("in the encoding");
    let encoding = file.encoding.clone().unwrap_or_default();
    if let (_, Some(changed)) = widgets::field(ui, "as detected", &encoding, 120.0) {
        file.encoding = Some(changed).filter(|name| !name.trim().is_empty());
    }
    let headers = [
        (None, "header as detected"),
        (Some(true), "with a header line"),
        (Some(false), "no header line"),
    ];
    ui.label("with");
    if let Some(picked) = widgets::choice(ui, "Names", &file.header, &headers) {
        file.header = picked;
    }
}
