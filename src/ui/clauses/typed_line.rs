//! The typed condition above the blocks: the same tree as text, with completion.

use crate::language::Completion;
use crate::state::typed::TypedLine;
use crate::state::{Action, Focus, SliceAction, State, ViewAction};
use crate::ui::{Actions, theme, widgets};
use egui::text::{CCursor, CCursorRange};
use egui::{Id, Key, Modifiers, TextEdit, Ui};

const NAME: &str = "Type a condition, such as country = 'DE' and orders >= 3";

/// Lines of a condition that are seen at once.
const LINES: f32 = 3.0;

/// The field's id, which the keys of the window know too.
pub(in crate::ui) const FIELD: &str = "typed condition";

/// The line, its proposals and its error.
pub(in crate::ui) fn typed_line_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let id = Id::unique(FIELD);
    let line = &state.canvas.typed;
    let mut text = line.text.clone();
    if state.focus == Some(Focus::Typed) {
        widgets::focus_all(ui, id, &text);
        actions.push(ViewAction::Focused.into());
    }
    let cursor = cursor_of(ui, id);
    let proposals = match cursor {
        Some(cursor) if line.editing => state.proposals(&text, cursor),
        _ => Vec::new(),
    };
    let take_first =
        !proposals.is_empty() && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Tab));
    let p = theme::palette(ui);
    let has_keys = ui.memory(|m| m.has_focus(id));
    let enter = has_keys && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Enter));
    // A long condition is seen as far as three lines go, and scrolls beyond them.
    let row = ui.text_style_height(&egui::TextStyle::Monospace);
    let area = egui::ScrollArea::vertical().id_salt("typed").max_height(LINES * row + 6.0);
    let output = area.show(ui, |ui| {
        TextEdit::multiline(&mut text)
            .id(id)
            .hint_text(NAME)
            .font(egui::TextStyle::Monospace)
            .text_color_opt(line.error.as_ref().map(|_| p.warning))
            .lock_focus(!proposals.is_empty())
            .return_key(None)
            .desired_rows(1)
            .desired_width(f32::INFINITY)
            .show(ui)
    });
    let response = &output.inner.response.response;
    widgets::name_field(ui, response, "Condition as text");
    // It wraps, but holds one line.
    ui.ctx().accesskit_node_builder(response.id, |node| {
        node.set_role(egui::accesskit::Role::TextInput);
    });
    let slice = |action| Action::Slice(action);
    if text != line.text {
        actions.push(slice(SliceAction::Typing(text.clone())));
    }
    if take_first && let Some(first) = proposals.first() {
        take(ui, id, &text, cursor.unwrap_or_default(), first, actions);
    }
    if enter {
        response.surrender_focus();
        actions.push(slice(SliceAction::CommitTyped));
    } else if response.lost_focus() && ui.input(|i| i.key_pressed(Key::Escape)) {
        actions.push(slice(SliceAction::CancelTyped));
    }
    if response.has_focus() && !proposals.is_empty() {
        proposals_ui(response, &text, cursor.unwrap_or_default(), &proposals, actions);
    }
    error_ui(ui, line);
}

fn cursor_of(ui: &Ui, id: Id) -> Option<usize> {
    let range = TextEdit::load_state(ui.ctx(), id)?.cursor.char_range()?;
    Some(range.primary.index.0)
}

fn error_ui(ui: &mut Ui, line: &TypedLine) {
    let Some(error) = line.error.as_ref().filter(|_| line.editing) else { return };
    let text = error.told(&line.text);
    let color = theme::palette(ui).warning;
    ui.label(theme::text(text).size(theme::SMALL).color(color));
}

fn proposals_ui(
    field: &egui::Response,
    text: &str,
    cursor: usize,
    proposals: &[Completion],
    actions: &mut Actions,
) {
    egui::Popup::from_response(field)
        .open(true)
        .close_behavior(egui::PopupCloseBehavior::IgnoreClicks)
        .show(|ui| {
            ui.set_min_width(240.0);
            for (i, proposal) in proposals.iter().enumerate() {
                let keys = if i == 0 { "Tab" } else { "" };
                let label = format!("{}  {}", proposal.label, proposal.detail);
                let button = egui::Button::selectable(i == 0, theme::text(label)).right_text(keys);
                if ui.add(button).clicked() {
                    take(ui, field.id, text, cursor, proposal, actions);
                    field.request_focus();
                }
            }
        });
}

/// Puts a proposal in the place of the word at the cursor.
fn take(ui: &Ui, id: Id, text: &str, cursor: usize, proposal: &Completion, actions: &mut Actions) {
    let before: String = text.chars().take(proposal.replace_from).collect();
    let after: String = text.chars().skip(cursor).collect();
    let end = proposal.replace_from + proposal.insert.chars().count();
    let text = format!("{before}{}{after}", proposal.insert);
    if let Some(mut edit) = TextEdit::load_state(ui.ctx(), id) {
        edit.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(end))));
        TextEdit::store_state(ui.ctx(), id, edit);
    }
    actions.push(Action::Slice(SliceAction::Typing(text)));
}
