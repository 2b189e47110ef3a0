//! The editor of one clause: the fields that fit its kind, and what it would keep.

use crate::model::clause::Unit;
use crate::model::question::Answer;
use crate::state::{Action, DateMode, EditAction, Form, NumberTest, Slot, State};
use crate::ui::clauses::parts::{COMPARISONS, not_ui, unit_ui};
use crate::ui::{Actions, chart, text, theme, widgets};
use egui::{Key, Ui};

/// The card of the open editor.
pub fn editor_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let Some(editor) = &state.canvas.editor else { return };
    let p = theme::palette(ui);
    let frame = theme::card(ui).stroke(egui::Stroke::new(1.0, p.accent));
    let shown = frame.show(ui, |ui| {
        ui.set_max_width(640.0_f32.min(ui.available_width()));
        let mut form = editor.form.clone();
        form_ui(ui, state, &mut form, actions);
        if form != editor.form {
            actions.push(Action::Edit(EditAction::Change(Box::new(form))));
        }
        let is_wide = ui.available_width() > 420.0;
        ui.horizontal(|ui| {
            if widgets::primary(ui, "Apply").clicked() {
                actions.push(Action::Edit(EditAction::Commit));
            }
            if ui.button("Cancel").clicked() {
                actions.push(Action::Edit(EditAction::Cancel));
            }
            if is_wide {
                preview_ui(ui, state);
            }
        });
        if !is_wide {
            preview_ui(ui, state);
        }
    });
    // Enter takes it from any single-line field of the card; a pasted list keeps its lines.
    let inside = ui.memory(|m| m.focused()).is_none_or(|id| {
        ui.ctx().read_response(id).is_some_and(|r| shown.response.rect.intersects(r.rect))
    });
    let enter = ui.input(|i| i.key_pressed(Key::Enter) && i.modifiers.is_none());
    if inside && enter && !egui::Popup::is_any_open(ui.ctx()) && !multiline_focused(ui) {
        actions.push(Action::Edit(EditAction::Commit));
    }
}

fn multiline_focused(ui: &Ui) -> bool {
    let id = crate::ui::clauses::text_editor::paste_id();
    ui.memory(|m| m.has_focus(id))
}

fn form_ui(ui: &mut Ui, state: &State, form: &mut Form, actions: &mut Actions) {
    if let Some(column) = form.column() {
        let feature = state.entity().and_then(|e| e.feature(column));
        let said = feature.and_then(|f| f.description.as_ref());
        ui.horizontal(|ui| {
            let font = theme::strong(theme::BODY);
            let part = if said.is_some() { 0.6 } else { 1.0 };
            let name = widgets::middle_cut(ui, column, &font, ui.available_width() * part);
            ui.label(theme::heading(name)).on_hover_text(theme::text(column));
            if let Some(said) = said {
                ui.add(egui::Label::new(theme::small(ui, said.clone())).truncate());
            }
        });
    }
    match form {
        Form::Number { .. } => number_ui(ui, state, form, actions),
        Form::Text { .. } => crate::ui::clauses::text_editor::text_ui(ui, state, form, actions),
        Form::Date { .. } => date_ui(ui, state, form, actions),
        Form::Boolean { pick, .. } => {
            ui.horizontal(|ui| {
                ui.selectable_value(pick, Some(true), "yes");
                ui.selectable_value(pick, Some(false), "no");
                ui.selectable_value(pick, None, "missing");
            });
        }
        Form::List { all, items, not, .. } => {
            ui.horizontal(|ui| {
                ui.selectable_value(all, false, "contains any of");
                ui.selectable_value(all, true, "contains all of");
            });
            crate::ui::clauses::text_editor::lines_ui(ui, "Items, one per line", items);
            not_ui(ui, not);
        }
        Form::Presence { present, .. } => {
            ui.horizontal(|ui| {
                ui.selectable_value(present, true, "has a value");
                ui.selectable_value(present, false, "is missing");
            });
        }
        Form::Related(related) => {
            crate::ui::clauses::related_editor::related_ui(ui, state, related)
        }
        Form::Member { name, inside } => {
            ui.horizontal(|ui| {
                ui.selectable_value(inside, true, "in");
                ui.selectable_value(inside, false, "not in");
                ui.label(theme::heading(name.as_str()));
            });
        }
        Form::Typed { text } => {
            let (_, changed) = widgets::field(ui, "Condition", text, f32::INFINITY);
            if let Some(changed) = changed {
                *text = changed;
            }
        }
    }
}

fn typed(ui: &mut Ui, name: &str, text: &mut String, width: f32) {
    if let (_, Some(changed)) = widgets::field(ui, name, text, width) {
        *text = changed;
    }
}

fn number_ui(ui: &mut Ui, state: &State, form: &mut Form, actions: &mut Actions) {
    let Form::Number { column, test, low, high, not } = form else { return };
    let mut tests = vec![(NumberTest::Between, "between")];
    tests.extend(COMPARISONS.map(|(c, word)| (NumberTest::Compare(c), word)));
    tests.push((NumberTest::Missing, "missing"));
    if let Some(Answer::Histogram(histogram)) = state.answers.answer(&Slot::EditedShape)
        && !widgets::masked_ui(ui, state, column, actions)
    {
        let range = (low.replace(',', "").parse().ok(), high.replace(',', "").parse().ok());
        let selected = match (*test, range) {
            (NumberTest::Between, (Some(a), Some(b))) => Some((a, b)),
            _ => None,
        };
        let dragged = chart::brush_numbers_ui(ui, column, histogram, selected);
        if let Some((a, b)) = dragged {
            let kind = state.entity().and_then(|e| e.feature(column)).map(|f| f.kind);
            let kind = kind.unwrap_or(crate::model::value::Kind::Number);
            let step = (b - a) / 100.0;
            let edge = |x: f64, is_low| {
                use crate::state::values;
                values::edge(values::rounded(x, step), kind, is_low).display()
            };
            (*low, *high) = (edge(a, true), edge(b, false));
            *test = NumberTest::Between;
        }
    }
    ui.horizontal(|ui| {
        if let Some(picked) = widgets::choice(ui, "Test", test, &tests) {
            *test = picked;
        }
        match test {
            NumberTest::Between => {
                typed(ui, "from", low, 96.0);
                ui.label("to");
                typed(ui, "to", high, 96.0);
            }
            NumberTest::Compare(_) => typed(ui, "number", low, 96.0),
            NumberTest::Missing => {}
        }
    });
    not_ui(ui, not);
}

fn date_ui(ui: &mut Ui, state: &State, form: &mut Form, actions: &mut Actions) {
    let Form::Date { column, mode, from, to, count, unit, not } = form else { return };
    if let Some(Answer::Timeline(timeline)) = state.answers.answer(&Slot::EditedShape)
        && !widgets::masked_ui(ui, state, column, actions)
        && let Some((a, b)) = chart::brush_days_ui(ui, column, timeline, None)
    {
        (*from, *to, *mode) = (a, b, DateMode::Between);
    }
    let modes = [
        (DateMode::Last, "in the last"),
        (DateMode::Ago, "more than … ago"),
        (DateMode::Next, "in the next"),
        (DateMode::ThisUnit, "since the start of this"),
        (DateMode::Between, "from … to"),
        (DateMode::Since, "on or after"),
        (DateMode::Before, "before"),
        (DateMode::Anniversary, "anniversary in the next days"),
        (DateMode::Missing, "missing"),
    ];
    ui.horizontal_wrapped(|ui| {
        for (n, u, word) in [
            ("7", Unit::Day, "Last 7 days"),
            ("30", Unit::Day, "Last 30 days"),
            ("90", Unit::Day, "Last 90 days"),
            ("1", Unit::Year, "Last year"),
        ] {
            if ui.small_button(word).clicked() {
                (*mode, *count, *unit) = (DateMode::Last, n.to_owned(), u);
            }
        }
        for (u, word) in
            [(Unit::Day, "Today"), (Unit::Month, "This month"), (Unit::Year, "This year")]
        {
            if ui.small_button(word).clicked() {
                (*mode, *unit) = (DateMode::ThisUnit, u);
            }
        }
    });
    ui.horizontal(|ui| {
        if let Some(picked) = widgets::choice(ui, "Test", mode, &modes) {
            *mode = picked;
        }
        match mode {
            DateMode::Last | DateMode::Ago | DateMode::Next => {
                typed(ui, "how many", count, 56.0);
                unit_ui(ui, unit);
            }
            DateMode::ThisUnit => unit_ui(ui, unit),
            DateMode::Between => {
                day_field_ui(ui, state, "first day, 2026-11-23", from);
                ui.label("to");
                day_field_ui(ui, state, "last day, 2026-11-23", to);
            }
            DateMode::Since | DateMode::Before => {
                day_field_ui(ui, state, "day, 2026-11-23", from);
            }
            DateMode::Anniversary => typed(ui, "how many days", count, 56.0),
            DateMode::Missing => {}
        }
    });
    not_ui(ui, not);
}

/// A day, typed or picked from a calendar.
fn day_field_ui(ui: &mut Ui, state: &State, name: &str, text: &mut String) {
    typed(ui, name, text, 132.0);
    let start_of = Some(Unit::Day);
    let now = crate::model::clause::Now { offset: None, start_of };
    let today = state.canvas.now.resolve(&now).date();
    let typed_day = text.get(..10).and_then(|day| day.parse().ok());
    let mut day: jiff::civil::Date = typed_day.unwrap_or(today);
    let picker = egui_extras::DatePickerButton::new(&mut day)
        .id_salt(name)
        .format("Calendar")
        .show_icon(false)
        .highlight_weekends(false)
        .calendar_week(false);
    // The picker names its area like this; while it is open, Esc is its own.
    let area = egui::LayerId::new(egui::Order::Foreground, ui.make_persistent_id(Some(name)));
    let button = ui.add(picker);
    if ui.memory(|m| m.areas().is_visible(&area)) {
        ui.data_mut(|d| d.insert_temp(crate::ui::keys::calendar_id(), true));
    }
    widgets::name_field(ui, &button, &format!("Calendar for the {name}"));
    if button.changed() {
        *text = day.to_string();
    }
}

/// What the clause as it stands would keep and drop.
fn preview_ui(ui: &mut Ui, state: &State) {
    let Some(editor) = &state.canvas.editor else { return };
    let p = theme::palette(ui);
    match &editor.node {
        Err(why) => {
            ui.label(theme::lines(why).color(p.weak));
        }
        Ok(_) => {
            let size = |slot| match state.answers.answer(slot) {
                Some(Answer::Size(size)) => Some(size.kept),
                _ => None,
            };
            if let Some(failure) = state.answers.failure(&Slot::EditedSize) {
                ui.label(theme::lines(&failure.what).color(p.warning));
            } else if let (Some(with), Some(without)) =
                (size(&Slot::EditedSize), size(&Slot::EditedWithout))
            {
                // The words of the Steps tab: what it drops there counts after those before it.
                let more = text::change('+', without.saturating_sub(with));
                let text = format!("keeps {} · without it {more}", text::grouped(with));
                let dim = state.answers.is_waiting(&Slot::EditedSize);
                ui.label(theme::text(text).color(if dim { p.weak } else { p.text }));
            } else {
                ui.label(theme::weak(ui, "counting…"));
            }
            if let Ok(crate::model::clause::Node::Clause(clause)) = &editor.node {
                let words = crate::ui::clause_words(clause, state);
                ui.add(egui::Label::new(theme::small(ui, words)).truncate());
            }
        }
    }
}
