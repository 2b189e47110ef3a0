//! The Steps tab: the waterfall, what leaving a condition out would add, near misses.

use crate::model::clause::Combine;
use crate::model::question::{Answer, Step, Steps};
use crate::state::{Action, EditAction, PeopleAction, SliceAction, Slot, State};
use crate::ui::{Actions, text, theme, widgets};
use egui::{Rect, Sense, Ui, pos2, vec2};

/// The waterfall.
pub fn steps_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    egui::ScrollArea::vertical().id_salt("steps").auto_shrink(false).show(ui, |ui| {
        if state.canvas.tree().is_idle() {
            ui.add_space(theme::SPACE);
            ui.label(theme::heading("No conditions yet"));
            let what = "Each condition becomes a step here: how many it keeps, how many it drops, \
                        and how many would come back without it";
            ui.label(theme::weak(ui, what));
            if ui.button("+ condition").clicked() {
                actions.push(Action::Slice(SliceAction::StartAdding(Vec::new())));
            }
            return;
        }
        if let Some(failure) = state.answers.failure(&Slot::Steps) {
            widgets::failure_ui(ui, failure);
            return;
        }
        let Some(Answer::Steps(steps)) = state.answers.answer(&Slot::Steps) else {
            ui.label(theme::weak(ui, "Counting…"));
            return;
        };
        if state.answers.is_waiting(&Slot::Steps) {
            ui.set_opacity(0.6);
        }
        waterfall_ui(ui, state, steps, actions);
        ui.add_space(theme::SPACE);
        let near = text::grouped(steps.near_misses);
        ui.label(theme::text(format!("{near} near misses")).font(theme::strong(theme::BODY)));
        ui.label(theme::small(ui, "They fail exactly one step"));
        if steps.steps.last().is_some_and(|s| s.kept == 0) {
            culprit_ui(ui, state);
        }
    });
}

fn waterfall_ui(ui: &mut Ui, state: &State, steps: &Steps, actions: &mut Actions) {
    line_ui(ui, "Everyone of the cohort", (steps.of, 0), steps.of, Sense::hover());
    for step in &steps.steps {
        let words = step_title(state, step.part);
        let counts = (step.kept, step.dropped);
        let response = line_ui(ui, &words, counts, steps.of, Sense::click());
        if response.on_hover_text("A click shows the people that it drops").clicked() {
            actions.push(Action::People(PeopleAction::ShowDropped(Some(step.part))));
        }
        ui.horizontal(|ui| {
            ui.label(theme::small(ui, step_words(step)));
            if state.canvas.tree().combine == Combine::All {
                let button = ui.small_button("Edit");
                widgets::name_field(ui, &button, &format!("Edit {words}"));
                if button.clicked() {
                    actions.push(Action::Edit(EditAction::Open(vec![step.part])));
                }
            }
            if step.gained_without > 0 && state.canvas.tree().combine == Combine::All {
                let button = ui.small_button("Switch off");
                widgets::name_field(ui, &button, &format!("Switch off {words}"));
                if button.clicked() {
                    actions.push(Action::Slice(SliceAction::Toggle(vec![step.part])));
                }
            }
        });
    }
}

/// A step of the root in words.
pub(in crate::ui) fn step_title(state: &State, part: usize) -> String {
    // A root that is not a group of all is one step.
    if state.canvas.tree().combine != Combine::All {
        return crate::ui::canvas::profile::tree_words(state.canvas.tree(), state);
    }
    let part = state.canvas.tree().parts.get(part);
    part.map(|part| crate::ui::canvas::profile::part_words(part, state)).unwrap_or_default()
}

/// What is shown in place of people when the segment has none.
pub(in crate::ui) fn no_one_ui(ui: &mut Ui, state: &State) {
    ui.label(theme::heading("No one matches"));
    culprit_ui(ui, state);
}

fn step_words(step: &Step) -> String {
    format!(
        "keeps {}, drops {} · without this condition {} · {} meet it alone",
        text::grouped(step.kept),
        text::grouped(step.dropped),
        text::change('+', step.gained_without),
        text::grouped(step.meets_alone)
    )
}

/// One bar: what is kept, and what is dropped beside it.
fn line_ui(
    ui: &mut Ui,
    words: &str,
    (kept, dropped): (u64, u64),
    of: u64,
    sense: Sense,
) -> egui::Response {
    let p = theme::palette(ui);
    ui.add_space(theme::HALF);
    let size = vec2(ui.available_width(), 34.0);
    let (rect, response) = ui.allocate_exact_size(size, sense);
    let spoken =
        format!("{words}, keeps {}, drops {}", text::grouped(kept), text::grouped(dropped));
    let role = if sense.senses_click() { egui::Role::Button } else { egui::Role::Label };
    response.widget_info(|| egui::WidgetInfo::labeled(role, true, &spoken));
    if sense.senses_click() && (response.hovered() || response.has_focus()) {
        ui.painter().rect_filled(rect, 4, p.hover);
    }
    let font = egui::FontId::proportional(theme::BODY);
    let count = text::grouped(kept);
    let right = rect.right() - 4.0;
    let at = pos2(right, rect.top() + 9.0);
    let strong = theme::strong(theme::BODY);
    let left = ui.painter().text(at, egui::Align2::RIGHT_CENTER, count, strong, p.text).left();
    widgets::cut_text(ui, (rect.left() + 4.0, left - 12.0), rect.top() + 9.0, words, font, p.text);
    let track = Rect::from_min_max(
        pos2(rect.left() + 4.0, rect.bottom() - 13.0),
        pos2(right, rect.bottom() - 4.0),
    );
    let x = |n: u64| track.left() + track.width() * (n as f64 / of.max(1) as f64) as f32;
    let bar =
        |from: f32, to: f32| Rect::from_min_max(pos2(from, track.top()), pos2(to, track.bottom()));
    ui.painter().rect_filled(bar(x(kept), x(kept + dropped)), 2, p.ghost);
    ui.painter().rect_filled(bar(track.left(), x(kept).max(track.left() + 1.0)), 2, p.accent);
    response
}

/// When no one is left: the condition that alone removes everyone, or the one that costs most.
pub(in crate::ui) fn culprit_ui(ui: &mut Ui, state: &State) {
    let Some(Answer::Steps(steps)) = state.answers.answer(&Slot::Steps) else { return };
    let words = |step: &Step| step_title(state, step.part);
    let alone = steps.steps.iter().find(|s| s.meets_alone == 0).map(words);
    let most = steps.steps.iter().max_by_key(|s| s.gained_without).filter(|s| s.gained_without > 0);
    if let Some(words) = alone {
        let p = theme::palette(ui);
        let format = |font| egui::TextFormat::simple(font, p.text);
        let mut job = egui::text::LayoutJob::default();
        job.append(&words, 0.0, format(theme::strong(theme::BODY)));
        let plain = egui::FontId::proportional(theme::BODY);
        job.append(" alone removes everyone", 0.0, format(plain));
        ui.add(egui::Label::new(job).wrap());
        return;
    }
    let says = match most {
        Some(step) => {
            format!("Without {}, {} would be left", words(step), text::grouped(step.gained_without))
        }
        None => "No single condition removes everyone; together they do".to_owned(),
    };
    ui.label(theme::weak(ui, says));
}
