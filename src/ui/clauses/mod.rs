//! The clause tree as blocks: groups in frames, clauses as chips that say themselves in words.

pub(in crate::ui) mod adding;
pub(in crate::ui) mod editor;
pub(in crate::ui) mod parts;
pub(in crate::ui) mod related_editor;
pub(in crate::ui) mod text_editor;
pub(in crate::ui) mod typed_line;

use crate::model::clause::{Clause, Combine, Group, Missing, Node, Part, Test};
use crate::model::question::{Answer, Step};
use crate::state::{Action, EditAction, SliceAction, Slot, State};
use crate::ui::icons::{self, Icon};
use crate::ui::{Actions, clause_words, editor_ui, text, theme, widgets};
use egui::{Frame, Margin, Sense, Stroke, Ui, vec2};

/// The typed line, the blocks, the box that adds, and the open editor.
pub fn clause_tree_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    crate::ui::clauses::typed_line::typed_line_ui(ui, state, actions);
    group_ui(ui, state, state.canvas.tree(), &[], actions);
    if state.canvas.adding.is_some() {
        crate::ui::clauses::adding::adding_ui(ui, state, actions);
    }
    if state.canvas.editor.is_some() {
        editor_ui(ui, state, actions);
    }
}

fn group_ui(ui: &mut Ui, state: &State, group: &Group, path: &[usize], actions: &mut Actions) {
    let below = |index: usize| path.iter().copied().chain([index]).collect::<Vec<usize>>();
    ui.push_id(("group", path), |ui| {
        ui.spacing_mut().item_spacing = vec2(6.0, 6.0);
        // Clauses stand side by side as far as they fit; each group has lines of its own.
        let mut at = 0;
        loop {
            ui.horizontal_wrapped(|ui| {
                if at == 0 {
                    title_ui(ui, group, path, actions);
                }
                while let Some(part) = group.parts.get(at) {
                    let Node::Clause(clause) = &part.node else { break };
                    chip_ui(ui, state, part, clause, &below(at), actions);
                    at += 1;
                }
                if at == group.parts.len() {
                    add_ui(ui, path, actions);
                }
            });
            let Some(part) = group.parts.get(at) else { break };
            if let Node::Group(inner) = &part.node {
                block_ui(ui, state, part, inner, &below(at), actions);
                at += 1;
            }
        }
    });
}

fn title_ui(ui: &mut Ui, group: &Group, path: &[usize], actions: &mut Actions) {
    if group.parts.len() > 1 || !path.is_empty() || group.combine != Combine::All {
        combine_ui(ui, group, path, actions);
    } else if group.parts.is_empty() {
        ui.label(theme::weak(ui, "Everyone of the cohort"));
    }
}

fn add_ui(ui: &mut Ui, path: &[usize], actions: &mut Actions) {
    let add = |text| egui::Button::new(text).frame_when_inactive(false);
    if ui.add(add("+ condition")).clicked() {
        actions.push(Action::Slice(SliceAction::StartAdding(path.to_vec())));
    }
    if ui.add(add("+ group")).clicked() {
        actions.push(Action::Slice(SliceAction::AddGroup(path.to_vec())));
    }
}

/// A nested group in its own frame.
fn block_ui(
    ui: &mut Ui,
    state: &State,
    part: &Part,
    group: &Group,
    path: &[usize],
    actions: &mut Actions,
) {
    let p = theme::palette(ui);
    let frame = Frame::new()
        .stroke(Stroke::new(1.0, p.ghost))
        .corner_radius(6)
        .inner_margin(Margin::symmetric(6, 4));
    let shown = frame.show(ui, |ui| {
        ui.horizontal(|ui| {
            grip_ui(ui, path);
            ui.label(theme::small(ui, if part.off { "group, switched off" } else { "group" }));
            dropped_ui(ui, state, path);
            let more = icons::button(ui, Icon::More, "More about this group", true);
            egui::Popup::menu(&more).show(|ui| {
                part_menu_ui(ui, part, path, actions);
                if ui.button("Ungroup").clicked() {
                    actions.push(Action::Slice(SliceAction::Unwrap(path.to_vec())));
                }
            });
        });
        group_ui(ui, state, group, path, actions);
    });
    drop_ui(ui, &shown.response, path, actions);
}

fn combine_ui(ui: &mut Ui, group: &Group, path: &[usize], actions: &mut Actions) {
    let word = match group.combine {
        Combine::All => "all of",
        Combine::Any => "any of",
        Combine::None(Missing::Keep) => "none of",
        Combine::None(Missing::Drop) => "none of, unknown dropped",
    };
    let text = theme::text(word).color(theme::palette(ui).weak);
    let button = ui.add(egui::Button::new(text).frame_when_inactive(false));
    let button = button.on_hover_text("How the conditions of this group combine");
    egui::Popup::menu(&button).show(|ui| {
        for (combine, name) in [
            (Combine::All, "all of: every condition holds"),
            (Combine::Any, "any of: at least one holds"),
            (Combine::None(Missing::Keep), "none of: none holds, unknown kept"),
            (Combine::None(Missing::Drop), "none of: none holds, unknown dropped"),
        ] {
            if ui.selectable_label(group.combine == combine, name).clicked() {
                actions.push(Action::Slice(SliceAction::Combine(path.to_vec(), combine)));
            }
        }
    });
}

/// What a chip takes beside its words: the handle, the count, the menu and margins.
const CHIP: f32 = 132.0;

/// One clause: its words, what it drops, its menu. A click edits it.
fn chip_ui(
    ui: &mut Ui,
    state: &State,
    part: &Part,
    clause: &Clause,
    path: &[usize],
    actions: &mut Actions,
) {
    let p = theme::palette(ui);
    let edited = state.canvas.editor.as_ref().is_some_and(|e| e.path.as_deref() == Some(path));
    let line = if edited { p.accent } else { p.line };
    let frame = Frame::new()
        .fill(p.card)
        .stroke(Stroke::new(1.0, line))
        .corner_radius(6)
        .inner_margin(Margin { left: 2, right: 2, top: 1, bottom: 1 });
    let words = clause_words(clause, state);
    // A frame does not wrap by itself: its width is worked out before.
    let widest = (ui.max_rect().width() - CHIP).clamp(96.0, WORDS_MAX);
    let text = chip_words(ui, &words, widest, part.off);
    if ui.available_size_before_wrap().x < text.size().x + CHIP {
        ui.end_row();
    }
    let is_cut = text.elided;
    let shown = frame.show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            grip_ui(ui, path);
            let button = ui.add(egui::Button::new(text).frame_when_inactive(false));
            widgets::name_field(ui, &button, &words);
            let spoken = crate::language::print_clause(clause);
            let hint = if is_cut { format!("{words}\n{spoken}") } else { spoken };
            if button.on_hover_text(text::shown_lines(&hint)).clicked() {
                actions.push(Action::Edit(EditAction::Open(path.to_vec())));
            }
            dropped_ui(ui, state, path);
            let more = icons::button(ui, Icon::More, "More about this condition", true);
            egui::Popup::menu(&more).show(|ui| {
                negate_menu_ui(ui, clause, path, actions);
                part_menu_ui(ui, part, path, actions);
            });
        });
    });
    drop_ui(ui, &shown.response, path, actions);
}

/// The width of the words of a chip.
const WORDS_MAX: f32 = 380.0;

/// The words of a chip, on two lines at most; the hover text has all of them.
fn chip_words(ui: &Ui, words: &str, width: f32, is_off: bool) -> std::sync::Arc<egui::Galley> {
    let p = theme::palette(ui);
    let font = egui::FontId::proportional(theme::BODY);
    let mut format = egui::TextFormat::simple(font, if is_off { p.weak } else { p.text });
    if is_off {
        format.strikethrough = Stroke::new(1.0, p.weak);
    }
    let mut job = egui::text::LayoutJob::single_section(words.to_owned(), format);
    job.wrap = egui::text::TextWrapping {
        max_width: width,
        max_rows: 2,
        ..egui::text::TextWrapping::default()
    };
    ui.painter().layout_job(job)
}

fn negate_menu_ui(ui: &mut Ui, clause: &Clause, path: &[usize], actions: &mut Actions) {
    let mut item = |ui: &mut Ui, text: &str, to: Option<Missing>| {
        let button = egui::Button::selectable(clause.negated == to, text);
        if ui.add(button).clicked() && clause.negated != to {
            actions.push(Action::Slice(SliceAction::Negate(path.to_vec(), to)));
        }
    };
    if clause.test == Test::IsMissing {
        item(ui, "Has no value", None);
        item(ui, "Has a value", Some(Missing::Drop));
    } else {
        item(ui, "Is so", None);
        item(ui, "Is not so, or unknown", Some(Missing::Keep));
        item(ui, "Is not so, and known", Some(Missing::Drop));
    }
    ui.separator();
}

fn part_menu_ui(ui: &mut Ui, part: &Part, path: &[usize], actions: &mut Actions) {
    let mut item = |ui: &mut Ui, text: &str, action: SliceAction| {
        if ui.button(text).clicked() {
            actions.push(Action::Slice(action));
        }
    };
    let here = || path.to_vec();
    let switch = if part.off { "Switch on" } else { "Switch off" };
    item(ui, switch, SliceAction::Toggle(here()));
    item(ui, "Duplicate", SliceAction::Duplicate(here()));
    item(ui, "Move up", SliceAction::Move(here(), -1));
    item(ui, "Move down", SliceAction::Move(here(), 1));
    item(ui, "Put in a group", SliceAction::Wrap(here()));
    item(ui, "Delete", SliceAction::Remove(here()));
}

/// The step of a part of the root.
fn step_of<'a>(state: &'a State, path: &[usize]) -> Option<&'a Step> {
    let [index] = path else { return None };
    match state.answers.answer(&Slot::Steps)? {
        Answer::Steps(steps) => steps.steps.iter().find(|s| s.part == *index),
        _ => None,
    }
}

fn dropped_ui(ui: &mut Ui, state: &State, path: &[usize]) {
    let held = state.answers.get(&Slot::Steps);
    // While a newer answer is on its way, these belong to other conditions.
    if held.is_none_or(|h| h.waiting) || state.canvas.tree().combine != Combine::All {
        return;
    }
    if let Some(step) = step_of(state, path) {
        ui.label(theme::small(ui, text::change('−', step.dropped)))
            .on_hover_text("Dropped by this condition, after those before it");
    }
}

/// The handle to drag a part by.
fn grip_ui(ui: &mut Ui, path: &[usize]) {
    let (rect, _) = ui.allocate_exact_size(vec2(12.0, theme::ROW), Sense::hover());
    let id = ui.scope_id().with(("grip", path));
    let response = ui.interact(rect, id, Sense::drag());
    let square = egui::Rect::from_center_size(rect.center(), vec2(12.0, 12.0));
    let p = theme::palette(ui);
    let color = if response.hovered() { p.weak } else { p.ghost };
    icons::paint(ui.painter(), square, Icon::Grip, color);
    response.dnd_set_drag_payload(path.to_vec());
    if response.hovered() {
        ui.ctx().set_cursor_icon(egui::CursorIcon::Grab);
    }
}

/// Takes a part that is dropped on another: before its middle or after.
fn drop_ui(ui: &Ui, target: &egui::Response, path: &[usize], actions: &mut Actions) {
    let Some(pointer) = ui.input(|i| i.pointer.hover_pos()) else { return };
    let Some((last, parent)) = path.split_last() else { return };
    let after = pointer.x > target.rect.center().x;
    if target.dnd_hover_payload::<Vec<usize>>().is_some() {
        let x = if after { target.rect.right() + 2.0 } else { target.rect.left() - 2.0 };
        let stroke = Stroke::new(2.0, theme::palette(ui).accent);
        ui.painter().vline(x, target.rect.y_range(), stroke);
    }
    if let Some(from) = target.dnd_release_payload::<Vec<usize>>()
        && *from != path
    {
        let before = last + usize::from(after);
        let to = SliceAction::MoveTo(from.to_vec(), parent.to_vec(), before);
        actions.push(Action::Slice(to));
    }
}
