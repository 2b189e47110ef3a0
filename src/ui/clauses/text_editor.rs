//! The editor of a text: every value with its count, patterns, and a pasted list.

use crate::model::clause::{Case, TextMatch};
use crate::model::question::Answer;
use crate::model::value::Value;
use crate::state::{Action, EditAction, Form, Slot, State, TextMode};
use crate::ui::{Actions, text, theme, widgets};
use egui::{Id, TextEdit, Ui};

/// The field of several lines, in which Enter is a new line.
pub(in crate::ui) fn paste_id() -> Id {
    Id::unique("lines of the clause editor")
}

/// A field of several lines.
pub(in crate::ui) fn lines_ui(ui: &mut Ui, name: &str, lines: &mut String) {
    let field = TextEdit::multiline(lines)
        .id(paste_id())
        .hint_text(name)
        .desired_rows(4)
        .desired_width(f32::INFINITY);
    let response = ui.add(field);
    widgets::name_field(ui, &response, name);
}

/// The fields of a text clause.
pub(in crate::ui) fn text_ui(ui: &mut Ui, state: &State, form: &mut Form, actions: &mut Actions) {
    let Form::Text { mode, values, pattern, case, not, .. } = form else { return };
    let mut modes = vec![
        (TextMode::OneOf, "is one of"),
        (TextMode::Match(TextMatch::Contains), "contains"),
        (TextMode::Match(TextMatch::StartsWith), "starts with"),
        (TextMode::Match(TextMatch::EndsWith), "ends with"),
        (TextMode::Match(TextMatch::Like), "is like (% and _)"),
        (TextMode::Match(TextMatch::Regex), "matches the expression"),
        (TextMode::Empty, "is empty text"),
        (TextMode::Missing, "is missing"),
    ];
    let lengths = crate::ui::clauses::parts::COMPARISONS.map(|(comparison, word)| {
        (TextMode::Length(comparison), format!("has {word} … characters"))
    });
    modes.extend(lengths.iter().map(|(mode, words)| (*mode, words.as_str())));
    ui.horizontal(|ui| {
        if let Some(picked) = widgets::choice(ui, "Test", mode, &modes) {
            *mode = picked;
        }
        if matches!(mode, TextMode::Match(_))
            && let (_, Some(changed)) = widgets::field(ui, "text", pattern, 220.0)
        {
            *pattern = changed;
        }
        if matches!(mode, TextMode::Length(_)) {
            if let (_, Some(changed)) = widgets::field(ui, "number", pattern, 64.0) {
                *pattern = changed;
            }
            ui.label(theme::weak(ui, "characters"));
        }
        if matches!(mode, TextMode::Match(_) | TextMode::OneOf) {
            let mut same = *case == Case::Ignored;
            if ui
                .checkbox(&mut same, "ignore case")
                .on_hover_text("A and a count as the same")
                .changed()
            {
                *case = if same { Case::Ignored } else { Case::Sensitive };
            }
        }
    });
    if *mode == TextMode::OneOf {
        values_ui(ui, state, values, actions);
        paste_ui(ui, values);
    }
    crate::ui::clauses::parts::not_ui(ui, not);
}

/// Every value with its count; a click takes it in or out.
fn values_ui(ui: &mut Ui, state: &State, chosen: &mut Vec<Value>, actions: &mut Actions) {
    let search = state.canvas.editor.as_ref().map(|e| e.search.as_str()).unwrap_or_default();
    ui.horizontal(|ui| {
        if let (_, Some(changed)) = widgets::field(ui, "Search values", search, 220.0) {
            actions.push(Action::Edit(EditAction::Search(changed)));
        }
        if !chosen.is_empty() {
            ui.label(theme::small(ui, format!("{} chosen", chosen.len())));
            if ui.small_button("None").clicked() {
                chosen.clear();
            }
        }
    });
    let column = state.canvas.editor.as_ref().and_then(|e| e.form.column()).unwrap_or_default();
    if widgets::masked_ui(ui, state, column, actions) {
        return;
    }
    let Some(Answer::Values(values)) = state.answers.answer(&Slot::EditedShape) else {
        ui.label(theme::weak(ui, "Reading the values…"));
        return;
    };
    egui::ScrollArea::vertical().id_salt("values").max_height(132.0).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 0.0;
        let unseen: Vec<Value> =
            chosen.iter().filter(|v| !values.top.iter().any(|(t, _)| t == *v)).cloned().collect();
        let found = values.top.iter().map(|(value, counts)| (value, Some(counts.kept)));
        for (value, count) in unseen.iter().map(|v| (v, None)).chain(found) {
            let mut on = chosen.contains(value);
            ui.horizontal(|ui| {
                if ui.checkbox(&mut on, shown(value)).changed() {
                    if on {
                        chosen.push(value.clone());
                    } else {
                        chosen.retain(|v| v != value);
                    }
                }
                if let Some(count) = count {
                    ui.label(theme::small(ui, text::grouped(count)));
                }
                let only = format!("Only {}", shown(value));
                let button = ui.small_button("only");
                widgets::name_field(ui, &button, &only);
                if button.clicked() {
                    *chosen = vec![value.clone()];
                }
            });
        }
        if values.distinct > values.top.len() as u64 && search.is_empty() {
            let all = text::counted(values.distinct, "value", "values");
            ui.label(theme::small(
                ui,
                format!("the most frequent of {all}; search finds the rest"),
            ));
        }
    });
}

fn shown(value: &Value) -> String {
    let text = text::cell(value);
    if text.trim().is_empty() { "(blank)".to_owned() } else { text.chars().take(80).collect() }
}

/// A list pasted from elsewhere joins the chosen values.
fn paste_ui(ui: &mut Ui, chosen: &mut Vec<Value>) {
    ui.collapsing("Paste a list", |ui| {
        let id = Id::unique("pasted list");
        let mut lines = ui.data(|d| d.get_temp::<String>(id)).unwrap_or_default();
        let before = lines.clone();
        lines_ui(ui, "One value per line", &mut lines);
        if ui.button("Add these").clicked() {
            for value in crate::state::pasted_values(&lines) {
                if !chosen.contains(&value) {
                    chosen.push(value);
                }
            }
            lines.clear();
        }
        if lines != before {
            ui.data_mut(|d| d.insert_temp(id, lines));
        }
    });
}
