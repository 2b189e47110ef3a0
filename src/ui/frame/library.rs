//! The left panel: entities, their cohorts as a tree, and the segments of the workspace.

use super::activations::Of;
use crate::model::catalog::{CohortRef, Entity};
use crate::model::definition::{DefinedCohort, DefinedEntity, Definitions};
use crate::state::{Action, LibraryAction, State};
use crate::ui::icons::{self, Icon};
use crate::ui::{Actions, text, theme};
use egui::{Align2, Role, Sense, Ui, WidgetInfo, vec2};

/// The library.
pub fn library_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    egui::ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        let Some(catalog) = state.source.catalog() else { return };
        if let Some(definitions) =
            catalog.definitions.as_ref().filter(|_| catalog.entities.is_empty())
        {
            unbuilt_ui(ui, definitions, state, actions);
            return;
        }
        if catalog.entities.is_empty() {
            ui.label(theme::heading("No entity was found"));
            ui.add_space(theme::HALF);
            ui.label(theme::small(
                ui,
                "Say in Corrections which table holds one row per person or \
                 thing, and which column is its key",
            ));
            if ui.button("Corrections…").clicked() {
                actions.push(Action::Correct(crate::state::CorrectionAction::Open));
            }
            return;
        }
        ui.label(theme::heading("Cohorts"));
        for entity in &catalog.entities {
            entity_ui(ui, entity, state, actions);
        }
        ui.add_space(theme::SPACE * 2.0);
        segments_ui(ui, state, actions);
        ui.add_space(theme::SPACE * 2.0);
        super::activations::activations_ui(ui, state, actions);
    });
}

fn entity_ui(ui: &mut Ui, entity: &Entity, state: &State, actions: &mut Actions) {
    let everyone = CohortRef::all(&entity.name);
    let row = Row {
        name: text::everyone_of(&entity.name),
        count: Some(entity.size),
        depth: 0,
        lock: true,
        selected: state.canvas.segment.is_none() && state.canvas.cohort.as_ref() == Some(&everyone),
        hint: entity.why.clone(),
    };
    if row_ui(ui, &row).clicked() {
        actions.push(Action::Library(LibraryAction::SelectCohort(everyone.clone())));
    }
    super::activations::beneath_ui(ui, state, &state.sent_of_cohort(&everyone), (Of::Cohort, 1));
    for index in roots(entity) {
        cohort_ui(ui, entity, index, 1, state, actions);
    }
    let definitions = state.source.catalog().and_then(|catalog| catalog.definitions.as_ref());
    let Some(defined) = definitions.and_then(|d| d.entity(&entity.name)) else { return };
    for cohort in defined.cohorts.iter().filter(|c| entity.cohort(&c.name).is_none()) {
        let this = CohortRef { entity: entity.name.clone(), cohort: Some(cohort.name.clone()) };
        defined_ui(ui, this, "not built", 1, state, actions);
    }
}

/// The cohorts of a project that is not built: to be read, without sizes.
fn unbuilt_ui(ui: &mut Ui, definitions: &Definitions, state: &State, actions: &mut Actions) {
    ui.label(theme::heading("Cohorts"));
    for entity in &definitions.entities {
        defined_ui(ui, CohortRef::all(&entity.name), "", 0, state, actions);
        let is_root = |c: &&DefinedCohort| {
            c.extends.as_ref().is_none_or(|parent| entity.cohort(parent).is_none())
        };
        for cohort in entity.cohorts.iter().filter(is_root) {
            defined_tree_ui(ui, entity, cohort, 1, state, actions);
        }
    }
}

fn defined_tree_ui(
    ui: &mut Ui,
    entity: &DefinedEntity,
    cohort: &DefinedCohort,
    depth: usize,
    state: &State,
    actions: &mut Actions,
) {
    let mark = if cohort.not_built.is_some() { "cannot be built" } else { "" };
    let this = CohortRef { entity: entity.name.clone(), cohort: Some(cohort.name.clone()) };
    defined_ui(ui, this, mark, depth, state, actions);
    // A cohort that extends itself in a circle must not end the program.
    if depth > entity.cohorts.len() {
        return;
    }
    for child in entity.cohorts.iter().filter(|c| c.extends.as_ref() == Some(&cohort.name)) {
        defined_tree_ui(ui, entity, child, depth + 1, state, actions);
    }
}

/// Something that has no size: a click shows its definition.
fn defined_ui(
    ui: &mut Ui,
    this: CohortRef,
    mark: &str,
    depth: usize,
    state: &State,
    actions: &mut Actions,
) {
    let name = this.cohort.clone().unwrap_or_else(|| text::everyone_of(&this.entity));
    let row = Row {
        name: if mark.is_empty() { name } else { format!("{name} · {mark}") },
        count: None,
        depth,
        lock: true,
        selected: state.canvas.defined.as_ref() == Some(&this),
        hint: "Shows the definition; there are no members to count".to_owned(),
    };
    if row_ui(ui, &row).clicked() {
        actions.push(Action::Library(LibraryAction::ShowDefinition(this)));
    }
}

/// Cohorts that are part of no other one that is here.
fn roots(entity: &Entity) -> Vec<usize> {
    let named = |name: &Option<String>| name.as_ref().is_some_and(|n| entity.cohort(n).is_some());
    (0..entity.cohorts.len()).filter(|i| !named(&entity.cohorts[*i].extends)).collect()
}

fn cohort_ui(
    ui: &mut Ui,
    entity: &Entity,
    index: usize,
    depth: usize,
    state: &State,
    actions: &mut Actions,
) {
    let cohort = &entity.cohorts[index];
    let this = CohortRef { entity: entity.name.clone(), cohort: Some(cohort.name.clone()) };
    let row = Row {
        name: cohort.name.clone(),
        count: Some(cohort.size),
        depth,
        lock: true,
        selected: state.canvas.segment.is_none() && state.canvas.cohort.as_ref() == Some(&this),
        hint: cohort.why.clone(),
    };
    let response = row_ui(ui, &row);
    if response.clicked() {
        actions.push(Action::Library(LibraryAction::SelectCohort(this.clone())));
    }
    response.context_menu(|ui| cohort_menu_ui(ui, state, &this, actions));
    super::activations::beneath_ui(
        ui,
        state,
        &state.sent_of_cohort(&this),
        (Of::Cohort, depth + 1),
    );
    // A cohort that extends itself in a circle must not end the program.
    if depth > entity.cohorts.len() {
        return;
    }
    for child in 0..entity.cohorts.len() {
        if entity.cohorts[child].extends.as_ref() == Some(&cohort.name) && child != index {
            cohort_ui(ui, entity, child, depth + 1, state, actions);
        }
    }
}

fn segments_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let library = |action| Action::Library(action);
    crate::ui::widgets::left_right(
        ui,
        |ui| {
            ui.label(theme::heading("Segments"));
        },
        |ui| {
            let name = "Save the canvas as a segment";
            let new = state.canvas.segment.is_none() && !state.canvas.tree().parts.is_empty();
            if icons::button(ui, Icon::Plus, name, new).clicked() {
                actions.push(library(LibraryAction::Save));
            }
        },
    );
    if state.source.workspace.segments.is_empty() {
        ui.label(theme::small(ui, "A sliced cohort can be saved here with a name"));
    }
    for saved in &state.source.workspace.segments {
        let selected = state.canvas.segment.as_ref() == Some(&saved.name);
        let mark = if selected && state.canvas.is_dirty() { " *" } else { "" };
        let row = Row {
            name: format!("{}{mark}", saved.name),
            count: state.segment_size(&saved.name),
            depth: 0,
            lock: false,
            selected,
            hint: format!("{} · {}", saved.cohort, saved.condition),
        };
        let response = row_ui(ui, &row);
        if response.clicked() {
            actions.push(library(LibraryAction::SelectSegment(saved.name.clone())));
        }
        response.context_menu(|ui| segment_menu_ui(ui, state, &saved.name, actions));
        super::activations::beneath_ui(
            ui,
            state,
            &state.sent_of_segment(&saved.name),
            (Of::Segment, 1),
        );
    }
}

/// What can be done with a segment, from the library and from the canvas.
pub(in crate::ui) fn segment_menu_ui(
    ui: &mut Ui,
    state: &State,
    name: &str,
    actions: &mut Actions,
) {
    let mut item = |ui: &mut Ui, text: &str, make: fn(String) -> LibraryAction| {
        if ui.button(text).clicked() {
            actions.push(Action::Library(make(name.to_owned())));
        }
    };
    // A segment that refers to itself would have no end.
    if state.canvas.segment.as_deref() != Some(name) {
        item(ui, "Use as a condition", |name| LibraryAction::Use(name, false));
        item(ui, "Not in it, as a condition", |name| LibraryAction::Use(name, true));
        ui.separator();
    }
    item(ui, "Duplicate", LibraryAction::Duplicate);
    item(ui, "Rename…", LibraryAction::AskRename);
    item(ui, "Delete…", LibraryAction::AskDelete);
}

/// What can be done with a cohort.
pub(in crate::ui) fn cohort_menu_ui(
    ui: &mut Ui,
    state: &State,
    this: &CohortRef,
    actions: &mut Actions,
) {
    let canvas = state.canvas.cohort.as_ref();
    let is_other = canvas.is_some_and(|c| c.entity == this.entity && c.cohort != this.cohort);
    if let Some(name) = this.cohort.as_ref().filter(|_| is_other) {
        if ui.button("Use as a condition").clicked() {
            actions.push(Action::Library(LibraryAction::Use(name.clone(), false)));
        }
        if ui.button("Not in it, as a condition").clicked() {
            actions.push(Action::Library(LibraryAction::Use(name.clone(), true)));
        }
    }
    if ui.button("Show the definition").clicked() {
        actions.push(Action::Library(LibraryAction::ShowDefinition(this.clone())));
    }
}

struct Row {
    name: String,
    count: Option<u64>,
    depth: usize,
    lock: bool,
    selected: bool,
    hint: String,
}

fn row_ui(ui: &mut Ui, row: &Row) -> egui::Response {
    let p = theme::palette(ui);
    let size = vec2(ui.available_width(), theme::ROW);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let spoken = match row.count {
        Some(n) => format!("{}, {}", row.name, text::grouped(n)),
        None => row.name.clone(),
    };
    let spoken = text::shown(&spoken);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, row.selected, &spoken));
    let fill = match (row.selected, response.hovered()) {
        (true, _) => Some(p.accent_soft),
        (false, true) => Some(p.hover),
        (false, false) => None,
    };
    if let Some(fill) = fill {
        ui.painter().rect_filled(rect, 4, fill);
    }
    if response.has_focus() {
        let stroke = egui::Stroke::new(1.5, p.accent);
        ui.painter().rect_stroke(rect, 4, stroke, egui::StrokeKind::Inside);
    }
    let font = egui::FontId::proportional(theme::BODY);
    let mut right = rect.right() - theme::SPACE;
    if row.lock {
        let square = egui::Rect::from_center_size(
            egui::pos2(right - 4.0, rect.center().y),
            vec2(11.0, 11.0),
        );
        icons::paint(ui.painter(), square, Icon::Lock, p.ghost);
        right -= 16.0;
    }
    if let Some(count) = row.count {
        let at = egui::pos2(right, rect.center().y);
        let count = text::grouped(count);
        let font = egui::FontId::proportional(theme::SMALL);
        right = ui.painter().text(at, Align2::RIGHT_CENTER, count, font, p.weak).left() - 8.0;
    }
    let left = rect.left() + theme::SPACE + row.depth as f32 * 14.0;
    crate::ui::widgets::cut_text(ui, (left, right), rect.center().y, &row.name, font, p.text);
    if row.hint.is_empty() { response } else { response.on_hover_text(theme::text(&row.hint)) }
}
