//! One person at the side: features, related rows, and why in or why not.

use crate::model::clause::{Expr, Group, Node, Part};
use crate::model::question::{Answer, Profile, RelatedRows};
use crate::state::{Action, PeopleAction, Slot, State};
use crate::ui::canvas::small_table::Column;
use crate::ui::icons::{self, Icon};
use crate::ui::{Actions, clause_words, text, theme, widgets};
use egui::Ui;

/// Room for the names of features.
const NAMES: f32 = 116.0;

/// Related rows shown per table.
const ROWS_MAX: usize = 50;

/// The profile panel.
pub fn profile_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let Some(key) = &state.people.profile else { return };
    widgets::left_right(
        ui,
        |ui| {
            let masked = state.entity().is_some_and(|e| {
                e.feature(&e.key).is_some_and(|feature| state.people.is_masked(feature))
            });
            let name = if masked { "•••••".to_owned() } else { key.display() };
            let name = theme::text(name).font(theme::strong(16.0));
            ui.add(egui::Label::new(name).truncate().selectable(true));
        },
        |ui| {
            if icons::button(ui, Icon::Close, "Close the profile", true).clicked() {
                actions.push(Action::People(PeopleAction::CloseProfile));
            }
        },
    );
    if let Some(failure) = state.answers.failure(&Slot::Profile) {
        widgets::failure_ui(ui, failure);
        return;
    }
    let Some(Answer::Profile(profile)) = state.answers.answer(&Slot::Profile) else {
        ui.label(theme::weak(ui, "Reading…"));
        return;
    };
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        why_ui(ui, state, profile);
        ui.add_space(theme::SPACE);
        features_ui(ui, state, profile, actions);
        let (some, none): (Vec<_>, Vec<_>) = profile.related.iter().partition(|r| r.total > 0);
        for related in some {
            ui.add_space(theme::SPACE);
            related_ui(ui, state, related);
        }
        if !none.is_empty() {
            let names: Vec<&str> = none.iter().map(|r| r.table.as_str()).collect();
            ui.label(theme::small(ui, format!("No rows in {}", names.join(", "))));
        }
    });
}

fn why_ui(ui: &mut Ui, state: &State, profile: &Profile) {
    let p = theme::palette(ui);
    let (title, color) = match (profile.in_cohort, profile.in_slice) {
        (false, _) => ("Not in the cohort", p.warning),
        (true, true) if state.canvas.tree().is_idle() => ("In the cohort", p.text),
        (true, true) => ("In this segment", p.text),
        (true, false) => ("Not in this segment", p.warning),
    };
    ui.label(theme::text(title).font(theme::strong(theme::BODY)).color(color));
    for (path, holds) in &profile.why {
        let Some(part) = state.canvas.tree().part(path) else { continue };
        ui.horizontal(|ui| {
            ui.add_space((path.len() - 1) as f32 * 14.0);
            let (icon, color, word) = match holds {
                Some(true) => (Icon::Tick, p.accent, "holds"),
                Some(false) => (Icon::Cross, p.warning, "does not hold"),
                None => (Icon::More, p.weak, "unknown: a value is missing"),
            };
            icons::beside(ui, icon, color);
            let mut words = part_words(part, state);
            if let Some(fact) = fact(part, profile, state) {
                words = format!("{words} · {fact}");
            }
            let label = ui.add(egui::Label::new(&words).wrap());
            widgets::name_field(ui, &label, &format!("{words}, {word}"));
            label.on_hover_text(word);
        });
    }
}

/// The value that a condition on a feature met, when it can be shown.
fn fact(part: &Part, profile: &Profile, state: &State) -> Option<String> {
    let Node::Clause(clause) = &part.node else { return None };
    let Expr::Column(name) = &clause.left else { return None };
    let feature = state.entity()?.feature(name)?;
    let (_, value) = profile.features.iter().find(|(of, _)| of == name)?;
    if state.people.is_masked(feature) || value.is_missing() {
        return None;
    }
    let value: String = text::named_cell(name, value).chars().take(40).collect();
    Some(format!("it is {value}"))
}

/// A group in words.
pub(in crate::ui) fn tree_words(group: &Group, state: &State) -> String {
    text::shown(&crate::language::words::tree(group, Some(&state.canvas.now))).into_owned()
}

/// A part of the tree in words.
pub(in crate::ui) fn part_words(part: &Part, state: &State) -> String {
    match &part.node {
        Node::Clause(clause) => clause_words(clause, state),
        Node::Group(group) => tree_words(group, state),
    }
}

fn features_ui(ui: &mut Ui, state: &State, profile: &Profile, actions: &mut Actions) {
    ui.label(theme::heading("Features"));
    let entity = state.entity();
    ui.spacing_mut().item_spacing.y = 2.0;
    for (name, value) in &profile.features {
        ui.horizontal_top(|ui| {
            let (rect, label) =
                ui.allocate_exact_size(egui::vec2(NAMES, 18.0), egui::Sense::hover());
            let font = egui::FontId::proportional(theme::SMALL);
            let color = theme::palette(ui).weak;
            let (left, right) = (rect.left(), rect.right());
            widgets::cut_text(ui, (left, right), rect.center().y, name, font, color);
            label.on_hover_text(theme::text(name));
            let feature = entity.and_then(|e| e.feature(name));
            match feature.filter(|f| state.people.is_masked(f)) {
                Some(feature) => {
                    let button = ui.small_button("•••••");
                    widgets::name_field(ui, &button, &format!("Reveal {name}"));
                    if button.on_hover_text("Personal. A click shows it for this sitting").clicked()
                    {
                        let reveal = PeopleAction::Reveal(feature.name.clone());
                        actions.push(Action::People(reveal));
                    }
                }
                None if value.is_missing() => {
                    ui.label(theme::weak(ui, "–"));
                }
                None => {
                    let is_key = entity.is_some_and(|e| e.key == *name);
                    let shown =
                        if is_key { value.display() } else { text::named_cell(name, value) };
                    let shown: String = shown.chars().take(400).collect();
                    ui.add(egui::Label::new(theme::text(shown)).wrap().selectable(true));
                }
            }
        });
    }
}

fn related_ui(ui: &mut Ui, state: &State, related: &RelatedRows) {
    let count = text::counted(related.total, "row", "rows");
    ui.label(theme::heading(format!("{} · {count}", related.table)));
    let time = related.time_column.as_ref();
    let time = time.and_then(|t| related.columns.iter().position(|c| c == t));
    if let Some(index) = time {
        moments_ui(ui, related, index);
    }
    if related.rows.is_empty() {
        return;
    }
    let columns: Vec<Column> = related
        .columns
        .iter()
        .map(|name| {
            let room = name.chars().count() as f32 * 7.0 + 12.0;
            let column = state.source.catalog().and_then(|c| c.table(&related.table)?.column(name));
            let room = match column {
                Some(c) if c.kind.is_temporal() => room.max(124.0),
                _ => room,
            };
            let number = column.is_some_and(|c| c.kind.is_numeric())
                && !crate::state::look::looks_like_an_id(name);
            Column { name: name.clone(), width: room.clamp(56.0, 132.0), number }
        })
        .collect();
    let rows = related.rows.len().min(ROWS_MAX);
    egui::ScrollArea::horizontal().id_salt(&related.table).show(ui, |ui| {
        crate::ui::canvas::small_table::table_ui(
            ui,
            &related.table,
            &columns,
            (rows, 190.0),
            |row, at| {
                let name = &related.columns[at];
                if masked(state, &related.table, name) {
                    return "•••••".to_owned();
                }
                let value = related.rows[row].get(at);
                value
                    .map_or(String::new(), |v| text::named_cell(name, v).chars().take(64).collect())
            },
        );
    });
    if related.total > ROWS_MAX as u64 {
        let words = format!("the newest {ROWS_MAX} of {}", text::grouped(related.total));
        ui.label(theme::small(ui, words));
    }
}

/// Whether the values of a related column are masked. One that is revealed anywhere is revealed.
fn masked(state: &State, table: &str, column: &str) -> bool {
    let table = state.source.catalog().and_then(|c| c.table(table));
    table.and_then(|t| t.column(column)).is_some_and(|c| state.people.is_masked(c))
}

/// When the rows happened, as ticks on a line.
fn moments_ui(ui: &mut Ui, related: &RelatedRows, index: usize) {
    let day = |value: &crate::model::value::Value| {
        let text = value.display();
        let day: jiff::civil::Date = text.get(..10)?.parse().ok()?;
        Some((day, day.since(jiff::civil::Date::constant(1970, 1, 1)).ok()?.get_days()))
    };
    let days: Vec<_> = related.rows.iter().filter_map(|r| day(r.get(index)?)).collect();
    let (Some(first), Some(last)) = (days.iter().min(), days.iter().max()) else { return };
    let name = format!("Time line of {}", related.table);
    let says = format!("{} events from {} to {}", days.len(), first.0, last.0);
    let figure = crate::ui::figure::figure(ui, &name, &says, 44.0);
    let p = theme::palette(ui);
    let length = (last.1 - first.1).max(1) as f32;
    for (_, day) in &days {
        let part = (day - first.1) as f32 / length;
        let x = figure.plot.left() + figure.plot.width() * part;
        ui.painter().vline(
            x,
            figure.plot.y_range(),
            egui::Stroke::new(1.5, p.accent.gamma_multiply(0.7)),
        );
    }
    let words = |d: jiff::civil::Date| d.strftime("%-d %b %Y").to_string();
    crate::ui::figure::axis_ui(ui, figure.plot, [&words(first.0), "", &words(last.0)]);
}
