//! The keys of the whole window, in one place. The longest combination is asked first.

use crate::state::{
    Action, ActivateAction, Dialog, ExportAction, Focus, LibraryAction, SliceAction, SourceAction,
    State, Tab, ViewAction,
};
use crate::ui::Actions;
use egui::{Key, KeyboardShortcut, Modifiers, Ui};

const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

/// Every key and what it does, for the sheet of keys.
pub(super) const KEYS: [(&str, &str); 20] = [
    ("Ctrl+K", "Palette: every command, cohort, feature, value and person"),
    ("c", "Add a condition; Enter takes it, Shift+Enter its opposite"),
    ("Ctrl+O", "Open a file"),
    ("Ctrl+L", "Type a condition"),
    ("Ctrl+E", "Export"),
    ("Ctrl+Shift+E", "Activate"),
    ("Ctrl+S", "Save the segment"),
    ("Ctrl+Z, Ctrl+Shift+Z", "Undo, redo"),
    ("Ctrl+1 to Ctrl+4", "Look, People, Steps, Definition"),
    ("Ctrl+plus, Ctrl+minus, Ctrl+0", "Larger, smaller, normal text"),
    ("/", "Search features"),
    ("Arrows, Page Up, Page Down, Home, End", "Move in the table of people"),
    ("Enter", "In the table: open the profile. In an editor: apply it"),
    ("f", "In the table: keep only the value of the cell"),
    ("x", "In the table: exclude the value of the cell"),
    ("Arrows in a chart", "Move the range; with Shift, widen it"),
    ("Tab, Shift+Tab", "Next and previous control"),
    ("Esc", "Close or cancel what is in front"),
    ("Ctrl+Q", "Close the window"),
    ("?", "These keys"),
];

/// Takes the keys that are meant for the window.
pub(super) fn keys_ui(ui: &Ui, state: &State, actions: &mut Actions) {
    let pressed = |modifiers, key| {
        ui.input_mut(|i| i.consume_shortcut(&KeyboardShortcut::new(modifiers, key)))
    };
    // What is in front has the keys: nothing may happen behind it.
    let free = state.front.dialog == Dialog::None;
    let open = free && state.source.opened.is_some();
    let typing = ui.ctx().text_edit_focused();
    // A text field has its own way back while it is typed in.
    if open && !typing {
        if pressed(CTRL_SHIFT, Key::Z) || pressed(Modifiers::COMMAND, Key::Y) {
            actions.push(Action::Slice(SliceAction::Redo));
        } else if pressed(Modifiers::COMMAND, Key::Z) {
            actions.push(Action::Slice(SliceAction::Undo));
        }
    }
    if free && pressed(Modifiers::COMMAND, Key::K) {
        actions.push(ViewAction::Palette.into());
    }
    if free && pressed(Modifiers::COMMAND, Key::O) {
        actions.push(Action::Source(SourceAction::PickFile));
    }
    if pressed(Modifiers::COMMAND, Key::Q) {
        actions.push(ViewAction::Quit.into());
    }
    if open {
        open_keys(ui, state, actions, &pressed);
    }
    scale_keys(state, actions, &pressed);
    // Of several keys within one frame the letters after Ctrl+L or Ctrl+K are for the field.
    if free && actions.is_empty() && !ui.ctx().text_edit_focused() {
        if open && pressed(Modifiers::NONE, Key::Slash) {
            actions.push(ViewAction::Focus(Focus::Features).into());
        }
        if open && state.canvas.cohort.is_some() && typed(ui, "c") {
            actions.push(Action::Slice(SliceAction::StartAdding(Vec::new())));
        }
        if typed(ui, "?") {
            actions.push(ViewAction::Keys.into());
        }
    }
    // Modal sheets take Esc themselves.
    let calendar = ui.data_mut(|d| d.remove_temp::<bool>(calendar_id())).is_some();
    let own = free && !egui::Popup::is_any_open(ui.ctx()) && !calendar;
    if own && pressed(Modifiers::NONE, Key::Escape) {
        actions.push(ViewAction::Escape.into());
    }
}

/// Takes a letter that was typed, so that no field shown later gets it too.
fn typed(ui: &Ui, letter: &str) -> bool {
    ui.input_mut(|i| {
        let before = i.events.len();
        i.events.retain(|event| !matches!(event, egui::Event::Text(text) if text == letter));
        i.events.len() < before
    })
}

/// Keys that need something open, and nothing in front of it.
fn open_keys(
    ui: &Ui,
    state: &State,
    actions: &mut Actions,
    pressed: &dyn Fn(Modifiers, Key) -> bool,
) {
    if pressed(Modifiers::COMMAND, Key::L) {
        // At once, so that what is typed right after it arrives there.
        let id = egui::Id::unique(crate::ui::clauses::typed_line::FIELD);
        crate::ui::widgets::focus_all(ui, id, &state.canvas.typed.text);
    }
    if pressed(CTRL_SHIFT, Key::E) {
        actions.push(Action::Activate(ActivateAction::Open));
    } else if pressed(Modifiers::COMMAND, Key::E) {
        actions.push(Action::Export(ExportAction::Open));
    }
    if pressed(Modifiers::COMMAND, Key::S) {
        actions.push(Action::Library(LibraryAction::Save));
    }
    let digits = [Key::Num1, Key::Num2, Key::Num3, Key::Num4];
    for (key, tab) in digits.into_iter().zip(Tab::ALL) {
        if pressed(Modifiers::COMMAND, key) {
            actions.push(ViewAction::Tab(tab).into());
        }
    }
}

/// Where a calendar notes that it was open in the last frame.
pub(super) fn calendar_id() -> egui::Id {
    egui::Id::unique("calendar open")
}

fn scale_keys(state: &State, actions: &mut Actions, pressed: &dyn Fn(Modifiers, Key) -> bool) {
    let larger = pressed(Modifiers::COMMAND, Key::Plus) || pressed(Modifiers::COMMAND, Key::Equals);
    if larger {
        actions.push(ViewAction::Scale(state.settings.scale + 0.125).into());
    } else if pressed(Modifiers::COMMAND, Key::Minus) {
        actions.push(ViewAction::Scale(state.settings.scale - 0.125).into());
    } else if pressed(Modifiers::COMMAND, Key::Num0) {
        actions.push(ViewAction::Scale(1.0).into());
    }
}
