//! Small pieces that several panels use.

use crate::state::State;
use crate::ui::{text, theme};
use egui::{Align, Layout, Response, TextEdit, Ui};

/// A text field that reports a change. `name` is spoken and shown while it is empty.
pub(super) fn field(ui: &mut Ui, name: &str, text: &str, width: f32) -> (Response, Option<String>) {
    let mut edited = text.to_owned();
    let response =
        ui.add(TextEdit::singleline(&mut edited).hint_text(theme::text(name)).desired_width(width));
    name_field(ui, &response, name);
    let changed = (edited != text).then_some(edited);
    (response, changed)
}

/// Gives a field a spoken name that stays when it is filled.
pub(super) fn name_field(ui: &Ui, response: &Response, name: &str) {
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(text::shown(name)));
}

/// Gives the text field with this id the keys, with its text selected so that typing replaces it.
/// Called before the field is shown, it misses no key of the present frame.
pub(super) fn focus_all(ui: &Ui, id: egui::Id, text: &str) {
    use egui::text::{CCursor, CCursorRange};
    ui.memory_mut(|m| m.request_focus(id));
    let mut edit = TextEdit::load_state(ui.ctx(), id).unwrap_or_default();
    let all = CCursorRange::two(CCursor::new(0), CCursor::new(text.chars().count()));
    edit.cursor.set_char_range(Some(all));
    TextEdit::store_state(ui.ctx(), id, edit);
}

/// Whether Enter was pressed in a single-line field.
pub(super) fn entered(ui: &Ui, response: &Response) -> bool {
    response.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter))
}

/// A button in the accent colour: the one thing to do on a sheet.
pub(super) fn primary(ui: &mut Ui, text: &str) -> Response {
    let p = theme::palette(ui);
    let label = theme::text(text).color(p.on_accent);
    ui.add(egui::Button::new(label).fill(p.accent).stroke(egui::Stroke::new(1.0, p.accent)))
}

/// Stands in the place of personal values until they are revealed. True while it does.
pub(super) fn masked_ui(
    ui: &mut Ui,
    state: &crate::state::State,
    column: &str,
    actions: &mut crate::ui::Actions,
) -> bool {
    let feature = state.entity().and_then(|e| e.feature(column));
    let Some(feature) = feature.filter(|f| state.people.is_masked(f)) else { return false };
    ui.label(theme::weak(ui, "Personal values are masked. They still filter and export"));
    let button = ui.button("Reveal for this sitting");
    name_field(ui, &button, &format!("Reveal {column}"));
    if button.clicked() {
        let reveal = crate::state::PeopleAction::Reveal(feature.name.clone());
        actions.push(crate::state::Action::People(reveal));
    }
    true
}

/// A row with something at its left and something at its right.
pub(super) fn left_right(ui: &mut Ui, left: impl FnOnce(&mut Ui), right: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        left(ui);
        ui.with_layout(Layout::right_to_left(Align::Center), right);
    });
}

/// A failure where an answer would stand.
pub(super) fn failure_ui(ui: &mut Ui, failure: &crate::model::failure::Failure) {
    let p = theme::palette(ui);
    ui.label(theme::lines(&failure.what).color(p.warning));
    for more in [&failure.place, &failure.hint] {
        if !more.is_empty() {
            ui.label(theme::small(ui, more.clone()));
        }
    }
}

/// The width of the words of a choice; longer ones are cut.
const CHOICE_MAX: f32 = 240.0;

/// A choice between a few words: a combo box that reports a change.
pub(super) fn choice<T: PartialEq + Clone>(
    ui: &mut Ui,
    name: &str,
    now: &T,
    all: &[(T, &str)],
) -> Option<T> {
    let mut picked = None;
    let word = all.iter().find(|(value, _)| value == now).map_or("", |(_, word)| *word);
    let font = egui::FontId::proportional(theme::BODY);
    let room = CHOICE_MAX.min((ui.available_width() - 40.0).max(48.0));
    let said = middle_cut(ui, word, &font, room);
    let combo = egui::ComboBox::from_id_salt(("choice", name)).selected_text(theme::text(said));
    let response = combo.show_ui(ui, |ui| {
        for (value, word) in all {
            if ui.selectable_label(value == now, theme::text(word)).clicked() && value != now {
                picked = Some(value.clone());
            }
        }
    });
    name_field(ui, &response.response, name);
    picked
}

/// How wide a name is on one line.
pub(super) fn text_width(ui: &Ui, name: &str, font: &egui::FontId) -> f32 {
    let shown = text::shown(name).into_owned();
    ui.painter().layout_no_wrap(shown, font.clone(), egui::Color32::PLACEHOLDER).rect.width()
}

/// A name that fits into a width, cut in its middle: of long names both ends tell them apart.
pub(super) fn middle_cut(ui: &Ui, name: &str, font: &egui::FontId, width: f32) -> String {
    let full = text_width(ui, name, font);
    if full <= width {
        return name.to_owned();
    }
    let letters: Vec<char> = name.chars().collect();
    let mut fit =
        ((letters.len() as f32 * width / full) as usize).min(letters.len().saturating_sub(1));
    loop {
        let (head, tail) = (fit.div_ceil(2), fit / 2);
        let cut: String = letters[..head]
            .iter()
            .chain(['…'].iter())
            .chain(&letters[letters.len() - tail..])
            .collect();
        if fit <= 2 || text_width(ui, &cut, font) <= width {
            return cut;
        }
        fit -= 1;
    }
}

/// Text between two sides, cut with `…` where it does not fit.
pub(super) fn cut_text(
    ui: &Ui,
    (left, right): (f32, f32),
    middle: f32,
    text: &str,
    font: egui::FontId,
    color: egui::Color32,
) {
    let mut job =
        egui::text::LayoutJob::simple_singleline(text::shown(text).into_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width((right - left).max(1.0));
    let galley = ui.painter().layout_job(job);
    let at = egui::pos2(left, middle - galley.size().y / 2.0);
    ui.painter().galley(at, galley, color);
}

/// A line of text that is cut where it does not fit.
pub(super) fn plain(ui: &mut Ui, text: &str) -> Response {
    ui.add(egui::Label::new(theme::text(text)).truncate())
}

/// A line of small text that says less and is cut where it does not fit.
pub(super) fn plain_small(ui: &mut Ui, text: &str) -> Response {
    ui.add(egui::Label::new(theme::small(ui, text)).truncate())
}

/// A line of text that says less and is cut where it does not fit.
pub(super) fn plain_weak(ui: &mut Ui, text: &str) -> Response {
    ui.add(egui::Label::new(theme::weak(ui, text)).truncate())
}

/// Gives a field the keys when nothing else has them. Whether Enter was pressed in it has to be asked
/// before: Enter takes the keys from it.
pub(super) fn first_focus(ui: &Ui, field: &egui::Response) {
    if ui.memory(|m| m.focused().is_none()) {
        field.request_focus();
    }
}

/// Gives a sheet its width, or what the window has.
pub(super) fn sheet(ui: &mut Ui, width: f32) {
    ui.set_width(width.min(ui.ctx().content_rect().width() - 56.0));
}

/// Why the dialog's content does not do.
pub(super) fn error_ui(ui: &mut Ui, state: &State) {
    if let Some(error) = &state.front.error {
        ui.label(theme::lines(error).color(theme::palette(ui).warning));
    }
}

/// Text in the fixed-width face that can be selected and not changed.
pub(super) fn code_ui(ui: &mut Ui, name: &str, code: &str, height: f32) {
    egui::ScrollArea::vertical().id_salt(name).max_height(height).show(ui, |ui| {
        // What is copied is exact; what is drawn shows all that is in it.
        let shown = text::shown_lines(code);
        let mut text: &str = &shown;
        let field = egui::TextEdit::multiline(&mut text)
            .code_editor()
            .desired_rows(3)
            .desired_width(f32::INFINITY);
        let response = ui.add(field);
        name_field(ui, &response, name);
    });
}
