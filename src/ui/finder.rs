//! A box that finds something: a field, and what was found in groups. Arrows move the mark, Enter
//! takes it, Shift+Enter its opposite.

use crate::state::search::About;
use crate::ui::{theme, widgets};
use egui::{Id, Key, Modifiers, Ui, vec2};

/// One thing that was found.
pub(super) struct Line<'a> {
    pub(super) about: About,
    pub(super) name: &'a str,
    pub(super) detail: &'a str,
}

/// What the person did.
pub(super) enum Did {
    /// Typed another text.
    Typed(String),
    /// Moved the mark.
    Moved(isize),
    /// Took the Nth line, or its opposite.
    Took(usize, bool),
    /// Left without taking anything.
    Left,
}

/// The text of a detail that fits beside a name.
const DETAIL_MAX: usize = 64;

/// The field and the lines under it. `takes_keys` gives the field the keys.
pub(super) fn finder_ui(
    ui: &mut Ui,
    (id, name): (Id, &str),
    (text, mark): (&str, usize),
    lines: &[Line<'_>],
    takes_keys: bool,
) -> Vec<Did> {
    let mut did = Vec::new();
    if takes_keys && !ui.memory(|m| m.has_focus(id)) {
        // At once, so that what is typed right after arrives there.
        ui.memory_mut(|m| m.request_focus(id));
    }
    if ui.memory(|m| m.has_focus(id)) {
        // The field would take these keys for its own cursor.
        ui.input_mut(|i| {
            let mut pressed = |modifiers, key| i.consume_key(modifiers, key);
            if pressed(Modifiers::NONE, Key::ArrowDown) {
                did.push(Did::Moved(1));
            }
            if pressed(Modifiers::NONE, Key::ArrowUp) {
                did.push(Did::Moved(-1));
            }
            // The longer combination first: the shorter one would take it too.
            if pressed(Modifiers::SHIFT, Key::Enter) && !lines.is_empty() {
                did.push(Did::Took(mark, true));
            } else if pressed(Modifiers::NONE, Key::Enter) && !lines.is_empty() {
                did.push(Did::Took(mark, false));
            }
            if pressed(Modifiers::NONE, Key::Escape) {
                did.push(Did::Left);
            }
        });
    }
    let mut typed = text.to_owned();
    let field =
        egui::TextEdit::singleline(&mut typed).id(id).hint_text(name).desired_width(f32::INFINITY);
    let field = ui.add(field);
    widgets::name_field(ui, &field, name);
    if typed != text {
        did.push(Did::Typed(typed));
    }
    if lines.is_empty() {
        ui.label(theme::weak(ui, "Nothing matches"));
    }
    ui.spacing_mut().item_spacing.y = 1.0;
    let mut before = None;
    for (index, line) in lines.iter().enumerate() {
        if before.replace(line.about) != Some(line.about) {
            ui.add_space(theme::HALF);
            ui.label(theme::small(ui, line.about.word()));
        }
        let detail: String = line.detail.chars().take(DETAIL_MAX).collect();
        let button = egui::Button::selectable(index == mark, theme::text(line.name))
            .right_text(theme::small(ui, detail))
            .truncate()
            .min_size(vec2(ui.available_width(), theme::ROW));
        if ui.add(button).clicked() {
            did.push(Did::Took(index, ui.input(|i| i.modifiers.shift)));
        }
    }
    did
}
