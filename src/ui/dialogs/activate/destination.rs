//! Where it goes: the practice inbox first, what the workspace keeps, and every kind there is; then
//! the settings of the one that was chosen.

use super::act;
use crate::destinations::settings::Nature;
use crate::destinations::{self, Kind, Setting, Takes};
use crate::state::activate::{DraftEdit, Place, Sheet};
use crate::state::{ActivateAction, State};
use crate::ui::{Actions, theme, widgets};
use egui::{Role, Sense, TextEdit, Ui, WidgetInfo, vec2};

/// A title, and which kinds stand under it.
type Group = (&'static str, fn(&Kind) -> bool);

/// The part of the sheet.
pub(super) fn destination_ui(ui: &mut Ui, state: &State, sheet: &Sheet, actions: &mut Actions) {
    egui::ScrollArea::vertical().id_salt("destination").auto_shrink(false).show(ui, |ui| {
        match &sheet.draft.place {
            Some(place) => place_ui(ui, sheet, place, actions),
            None => choose_ui(ui, state, sheet, actions),
        }
    });
}

fn choose_ui(ui: &mut Ui, state: &State, sheet: &Sheet, actions: &mut Actions) {
    let practice = destinations::practice();
    let width = ui.available_width() - theme::SPACE;
    let about = "A first try in a minute: a receiver on this machine, without an account";
    let card = card_ui(ui, (practice.label, about), width, true);
    if !ui.is_sizing_pass() {
        widgets::first_focus(ui, &card);
    }
    if card.clicked() {
        act(actions, ActivateAction::ChooseNew(practice.name));
    }
    let kept = &state.source.workspace.destinations;
    let kept: Vec<_> = kept.iter().filter(|kept| kept.kind != practice.name).collect();
    if !kept.is_empty() {
        part_ui(ui, "In this workspace");
        let cards = kept.iter().map(|kept| {
            let label = destinations::kind(&kept.kind).map_or(kept.kind.as_str(), |k| k.label);
            (kept.name.as_str(), label, ActivateAction::Choose(kept.name.clone()))
        });
        grid_ui(ui, cards, actions);
    }
    let again = state.kept_for(&sheet.subject);
    if !again.is_empty() {
        part_ui(ui, "Sent before");
        crate::ui::sent::lines_ui(
            ui,
            state,
            &again.into_iter().map(|kept| state.sent(kept)).collect::<Vec<_>>(),
            actions,
        );
    }
    let groups: [Group; 3] = [
        ("Tools and databases", |kind| matches!(kind.takes, Takes::Rows(_) | Takes::Table)),
        ("Files", |kind| matches!(kind.takes, Takes::File(_))),
        ("A job that runs elsewhere", |kind| matches!(kind.takes, Takes::Start(_))),
    ];
    for (title, is_of) in groups {
        part_ui(ui, title);
        let kinds = destinations::KINDS.iter().copied();
        let kinds = kinds.filter(|kind| is_of(kind) && !std::ptr::eq(*kind, practice));
        let cards =
            kinds.map(|kind| (kind.label, kind.about, ActivateAction::ChooseNew(kind.name)));
        grid_ui(ui, cards, actions);
    }
}

fn part_ui(ui: &mut Ui, title: &str) {
    ui.add_space(theme::SPACE);
    ui.label(theme::heading(title));
}

fn grid_ui<'a>(
    ui: &mut Ui,
    cards: impl Iterator<Item = (&'a str, &'a str, ActivateAction)>,
    actions: &mut Actions,
) {
    let columns = 3.0;
    let width = (ui.available_width() - theme::SPACE * columns) / columns;
    let cards: Vec<_> = cards.collect();
    for row in cards.chunks(columns as usize) {
        ui.horizontal(|ui| {
            for (title, about, action) in row {
                if card_ui(ui, (title, about), width, false).clicked() {
                    act(actions, action.clone());
                }
            }
        });
    }
}

/// A button of two lines.
fn card_ui(ui: &mut Ui, (title, about): (&str, &str), width: f32, first: bool) -> egui::Response {
    let p = theme::palette(ui);
    let (rect, card) = ui.allocate_exact_size(vec2(width, theme::RAIL_ROW), Sense::click());
    let spoken = crate::ui::text::shown(title);
    card.widget_info(|| WidgetInfo::labeled(Role::Button, true, &spoken));
    let edge = if first || card.has_focus() { p.accent } else { p.line };
    let fill = match (first, card.hovered()) {
        (_, true) => p.hover,
        (true, false) => p.accent_soft,
        (false, false) => p.card,
    };
    let stroke = egui::Stroke::new(if card.has_focus() { 1.5 } else { 1.0 }, edge);
    ui.painter().rect(rect, 6, fill, stroke, egui::StrokeKind::Inside);
    let sides = (rect.left() + 10.0, rect.right() - theme::SPACE);
    let middle = rect.center().y;
    let font = theme::strong(theme::BODY);
    widgets::cut_text(ui, sides, middle - 8.0, title, font, p.text);
    let small = egui::FontId::proportional(theme::SMALL);
    widgets::cut_text(ui, sides, middle + 9.0, about, small, p.weak);
    card.on_hover_text(theme::text(about))
}

/// The chosen destination and its settings.
fn place_ui(ui: &mut Ui, sheet: &Sheet, place: &Place, actions: &mut Actions) {
    widgets::left_right(
        ui,
        |ui| {
            ui.label(theme::heading(place.kind.label));
            ui.label(theme::weak(ui, place.kind.about));
        },
        |ui| {
            let is_free = !sheet.is_busy();
            if ui.add_enabled(is_free, egui::Button::new("Choose another")).clicked() {
                act(actions, ActivateAction::Unchoose);
            }
        },
    );
    ui.add_space(theme::HALF);
    if place.is_practice() {
        ui.label(theme::weak(ui, "Nothing has to be set: it listens on this machine only"));
        ui.add_space(theme::HALF);
    }
    let edit = |edit| ActivateAction::Edit(edit);
    row_ui(ui, "Name", |ui| {
        if place.is_kept {
            ui.label(theme::text(&place.name));
            return;
        }
        let name = "Name of the destination";
        let (_, changed) = widgets::field(ui, name, &place.name, theme::FIELD);
        if let Some(name) = changed {
            act(actions, edit(DraftEdit::DestinationName(name)));
        }
    });
    let (needed, more): (Vec<_>, Vec<_>) =
        place.kind.settings.iter().partition(|setting| setting.is_required);
    for setting in needed {
        setting_ui(ui, sheet, place, setting, actions);
    }
    if more.is_empty() {
        return;
    }
    let is_set = more.iter().any(|setting| !place.text(setting).is_empty());
    let open = is_set && !place.is_practice();
    let header = egui::CollapsingHeader::new("More settings").default_open(open);
    header.show(ui, |ui| {
        for setting in more {
            setting_ui(ui, sheet, place, setting, actions);
        }
    });
}

/// A label and what stands beside it.
pub(super) fn row_ui(ui: &mut Ui, label: &str, content: impl FnOnce(&mut Ui)) {
    ui.horizontal_top(|ui| {
        let size = vec2(theme::RAIL, theme::ROW);
        let middle = egui::Layout::left_to_right(egui::Align::Center);
        ui.allocate_ui_with_layout(size, middle, |ui| {
            ui.set_min_width(theme::RAIL);
            ui.add(egui::Label::new(theme::weak(ui, label)).truncate());
        });
        ui.vertical(content);
    });
}

fn setting_ui(ui: &mut Ui, sheet: &Sheet, place: &Place, setting: &Setting, actions: &mut Actions) {
    let text = place.text(setting);
    row_ui(ui, setting.label, |ui| {
        let changed = match setting.nature {
            Nature::Choice(words) => choice_ui(ui, setting, text, words),
            Nature::Flag => choice_ui(ui, setting, text, &["true", "false"]),
            _ => text_ui(ui, setting, text),
        };
        if let Some(text) = changed {
            act(actions, ActivateAction::Edit(DraftEdit::Setting(setting.name, text)));
        }
        // What is empty is missed once something was tried, and not before.
        let fault = place.error(setting).filter(|_| !text.is_empty() || sheet.draft.is_tried);
        if let Some(fault) = fault {
            ui.label(theme::text(fault).size(theme::SMALL).color(theme::palette(ui).warning));
        } else if setting.nature == Nature::Secret && text.is_empty() {
            let hint = "Where the secret is: env:NAME for a variable of the environment, \
                        keyring:NAME for the system's key store";
            ui.label(theme::small(ui, hint));
        }
    });
}

fn text_ui(ui: &mut Ui, setting: &Setting, text: &str) -> Option<String> {
    let mut edited = text.to_owned();
    let hint = if setting.default.is_empty() { setting.hint } else { setting.default };
    let field = match setting.nature {
        Nature::Template | Nature::Pairs => {
            TextEdit::multiline(&mut edited).code_editor().desired_rows(2)
        }
        _ => TextEdit::singleline(&mut edited),
    };
    let width = (ui.available_width() - theme::SPACE).min(theme::FIELD);
    let response = ui.add(field.hint_text(theme::text(hint)).desired_width(width));
    widgets::name_field(ui, &response, setting.label);
    (edited != text).then_some(edited)
}

fn choice_ui(ui: &mut Ui, setting: &Setting, text: &str, words: &[&str]) -> Option<String> {
    let usual = match setting.default {
        "" => "not set".to_owned(),
        word => format!("{word}, as usual"),
    };
    let mut all = vec![(String::new(), usual.as_str())];
    all.extend(words.iter().map(|word| ((*word).to_owned(), *word)));
    widgets::choice(ui, setting.label, &text.to_owned(), &all)
}
