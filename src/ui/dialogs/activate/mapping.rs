//! What is sent of each member: a field of the destination per row, and where its value comes from.

use super::act;
use super::destination::row_ui;
use crate::model::activation::Mode;
use crate::model::catalog::Entity;
use crate::state::activate::{DraftEdit, MappingRow, Origin, Place, RowOption, Sheet};
use crate::state::{ActivateAction, State};
use crate::ui::icons::{self, Icon};
use crate::ui::{Actions, theme, widgets};
use egui::{Ui, vec2};

fn edit(actions: &mut Actions, edit: DraftEdit) {
    act(actions, ActivateAction::Edit(edit));
}

/// The part of the sheet.
pub(super) fn mapping_ui(ui: &mut Ui, state: &State, sheet: &Sheet, actions: &mut Actions) {
    let (Some(place), Some(entity)) = (&sheet.draft.place, state.activated_entity()) else {
        return;
    };
    if !place.takes_members() {
        ui.label(theme::heading("Nothing is mapped"));
        ui.label(theme::weak(ui, "This starts a job that runs elsewhere: no members are sent"));
        return;
    }
    mode_ui(ui, sheet, place, actions);
    key_ui(ui, sheet, entity, actions);
    ui.add_space(theme::HALF);
    widgets::left_right(
        ui,
        |ui| {
            ui.label(theme::heading("Fields"));
            let mapped = sheet.draft.mapped();
            let all = sheet.draft.rows.len();
            ui.label(theme::small(ui, format!("{mapped} of {all} are sent")));
        },
        |ui| {
            if ui.small_button("Suggest again").clicked() {
                edit(actions, DraftEdit::Suggest);
            }
            if place.is_open() && ui.small_button("Add a field").clicked() {
                edit(actions, DraftEdit::AddRow);
            }
        },
    );
    let rows = &sheet.draft.rows;
    let area = egui::ScrollArea::vertical().id_salt("mapping").auto_shrink(false);
    area.show_rows(ui, theme::ROW, rows.len(), |ui, shown| {
        for index in shown {
            field_ui(ui, (index, &rows[index]), (place, entity), actions);
        }
    });
}

fn mode_ui(ui: &mut Ui, sheet: &Sheet, place: &Place, actions: &mut Actions) {
    row_ui(ui, "What is sent of changes", |ui| {
        ui.horizontal(|ui| {
            let modes: Vec<(Mode, &str)> =
                place.modes().iter().map(|mode| (*mode, mode.label())).collect();
            let mode = sheet.draft.saved.mode;
            if let Some(mode) = widgets::choice(ui, "What is sent of changes", &mode, &modes) {
                edit(actions, DraftEdit::Mode(mode));
            }
            ui.add(egui::Label::new(theme::small(ui, mode.words())).truncate());
        });
    });
}

fn key_ui(ui: &mut Ui, sheet: &Sheet, entity: &Entity, actions: &mut Actions) {
    row_ui(ui, "Members are told apart by", |ui| {
        let key = sheet.draft.saved.key.as_deref().unwrap_or(&entity.key);
        if let Some(key) = feature_ui(ui, "Members are told apart by", (key, None), entity) {
            edit(actions, DraftEdit::Key(key));
        }
    });
}

/// A choice among the features of an entity, or none of them under the words for that.
pub(super) fn feature_ui(
    ui: &mut Ui,
    name: &str,
    (now, none): (&str, Option<&str>),
    entity: &Entity,
) -> Option<String> {
    let none = none.map(|words| (String::new(), words));
    let features = entity
        .features
        .iter()
        .filter(|feature| !entity.is_taken_apart(feature))
        .map(|feature| (feature.name.clone(), feature.name.as_str()));
    let all: Vec<(String, &str)> = none.into_iter().chain(features).collect();
    widgets::choice(ui, name, &now.to_owned(), &all)
}

fn field_ui(
    ui: &mut Ui,
    (index, row): (usize, &MappingRow),
    (place, entity): (&Place, &Entity),
    actions: &mut Actions,
) {
    ui.push_id(index, |ui| {
        ui.horizontal(|ui| {
            ui.allocate_ui(vec2(theme::RAIL, theme::ROW), |ui| {
                ui.set_min_width(theme::RAIL);
                name_ui(ui, (index, row), actions);
            });
            // All of one width, so that what follows stands in columns.
            ui.spacing_mut().combo_width = theme::CHOICE;
            origin_ui(ui, (index, row), entity, actions);
            if row.origin != Origin::Nothing {
                options_ui(ui, (index, row), actions);
            }
            let is_own = row.label.is_none() && place.is_open();
            let name = format!("Take out {}", row.field);
            if is_own && icons::button(ui, Icon::Close, &name, true).clicked() {
                edit(actions, DraftEdit::RemoveRow(index));
            }
            let feature = match &row.origin {
                Origin::Feature(name) => entity.feature(name),
                _ => None,
            };
            if feature.is_some_and(|feature| feature.personal.is_some()) {
                icons::beside(ui, Icon::Person, theme::palette(ui).weak);
                ui.label(theme::small(ui, "personal"));
            }
            if row.is_identifier {
                ui.label(theme::small(ui, "identifies"));
            }
        });
    });
}

fn name_ui(ui: &mut Ui, (index, row): (usize, &MappingRow), actions: &mut Actions) {
    match row.label {
        Some(label) => {
            let name = ui.add(egui::Label::new(theme::text(label)).truncate());
            name.on_hover_text(theme::text(&row.field));
        }
        None => {
            let width = theme::RAIL - 2.0 * theme::SPACE;
            let (_, changed) = widgets::field(ui, "Name of the field", &row.field, width);
            if let Some(name) = changed {
                edit(actions, DraftEdit::Rename(index, name));
            }
        }
    }
}

/// The sorts of origins.
#[derive(Clone, Copy, PartialEq)]
enum Sort {
    Nothing,
    Feature,
    Constant,
    Template,
}

fn origin_ui(
    ui: &mut Ui,
    (index, row): (usize, &MappingRow),
    entity: &Entity,
    actions: &mut Actions,
) {
    const SORTS: [(Sort, &str); 4] = [
        (Sort::Nothing, "not sent"),
        (Sort::Feature, "feature"),
        (Sort::Constant, "the same for all"),
        (Sort::Template, "template"),
    ];
    let (sort, text) = match &row.origin {
        Origin::Nothing => (Sort::Nothing, ""),
        Origin::Feature(name) => (Sort::Feature, name.as_str()),
        Origin::Constant(text) => (Sort::Constant, text.as_str()),
        Origin::Template(text) => (Sort::Template, text.as_str()),
    };
    let name = format!("Where {} comes from", row.field);
    if let Some(sort) = widgets::choice(ui, &name, &sort, &SORTS) {
        let origin = match sort {
            Sort::Nothing => Origin::Nothing,
            Sort::Feature => Origin::Feature(String::new()),
            Sort::Constant => Origin::Constant(String::new()),
            Sort::Template if text.is_empty() || text.contains("{{") => {
                Origin::Template(text.to_owned())
            }
            // From a feature to a template with it: the way to put something around it.
            Sort::Template => Origin::Template(format!("{{{{ {text} }}}}")),
        };
        edit(actions, DraftEdit::Map(index, origin));
    }
    let value = format!("Value of {}", row.field);
    let width = theme::CHOICE - 2.0 * theme::SPACE;
    let changed = match sort {
        Sort::Nothing => None,
        Sort::Feature => feature_ui(ui, &value, (text, None), entity).map(Origin::Feature),
        Sort::Constant => widgets::field(ui, &value, text, width).1.map(Origin::Constant),
        Sort::Template => widgets::field(ui, &value, text, width).1.map(Origin::Template),
    };
    if let Some(origin) = changed {
        edit(actions, DraftEdit::Map(index, origin));
    }
}

fn options_ui(ui: &mut Ui, (index, row): (usize, &MappingRow), actions: &mut Actions) {
    let name = format!("More about {}", row.field);
    let more = icons::button(ui, Icon::More, &name, true);
    egui::Popup::menu(&more).close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside).show(
        |ui| {
            for option in RowOption::ALL {
                let mut on = row.has(option);
                if ui.checkbox(&mut on, option.label()).changed() {
                    edit(actions, DraftEdit::Option(index, option, on));
                }
            }
        },
    );
    if RowOption::ALL.into_iter().any(|option| row.has(option)) {
        ui.label(theme::small(ui, "with conditions"));
    }
}
