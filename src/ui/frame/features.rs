//! The right panel: every feature with its type, its shape and its missing share.

use crate::model::catalog::Column;
use crate::model::question::{Answer, ChartKind, Counts};
use crate::state::{Action, EditAction, FeatureAction, Focus, LookAction, Slot, State, ViewAction};
use crate::ui::icons::{self, Icon};
use crate::ui::{Actions, text, theme, widgets};
use egui::{Align2, FontId, Key, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

/// The height of a feature.
const HEIGHT: f32 = 40.0;

/// The features panel.
pub fn features_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let found = state.found_features();
    ui.label(theme::heading("Features"));
    let (search, changed) =
        widgets::field(ui, "Search features", &state.features.search, f32::INFINITY);
    if let Some(text) = changed {
        actions.push(Action::Features(FeatureAction::Search(text)));
    }
    if state.focus == Some(Focus::Features) {
        search.request_focus();
        actions.push(ViewAction::Focused.into());
    }
    let enter = search.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
    if let Some(first) = found.first().filter(|_| enter) {
        actions.push(Action::Edit(EditAction::New(first.name.clone())));
    }
    if found.is_empty() {
        ui.label(theme::weak(ui, "No feature matches"));
    }
    let seen = list_ui(ui, state, &found, actions);
    if seen != state.features.seen {
        actions.push(Action::Features(FeatureAction::See(seen)));
    }
}

/// The features in sight, and their names.
fn list_ui(ui: &mut Ui, state: &State, found: &[&Column], actions: &mut Actions) -> Vec<String> {
    let area = egui::ScrollArea::vertical().id_salt("features").auto_shrink(false);
    ui.spacing_mut().item_spacing.y = 0.0;
    area.show_rows(ui, HEIGHT, found.len(), |ui, rows| {
        let seen: Vec<&Column> = found[rows].to_vec();
        for feature in &seen {
            feature_ui(ui, state, feature, actions);
        }
        seen.into_iter().map(|f| f.name.clone()).collect()
    })
    .inner
}

fn feature_ui(ui: &mut Ui, state: &State, feature: &Column, actions: &mut Actions) {
    let p = theme::palette(ui);
    let size = vec2(ui.available_width(), HEIGHT);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let answer = state.answers.answer(&Slot::Feature(feature.name.clone()));
    let missing = answer.and_then(missing_words);
    let personal = if feature.personal.is_some() { ", personal" } else { "" };
    let spoken = format!(
        "{}, {}{personal}{}",
        feature.name,
        feature.kind.word(),
        missing.as_ref().map(|m| format!(", {m}")).unwrap_or_default()
    );
    let spoken = text::shown(&spoken);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &spoken));
    if response.hovered() {
        ui.painter().rect_filled(rect, 4, p.hover);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 4, Stroke::new(1.5, p.accent), egui::StrokeKind::Inside);
        // Enter adds a condition; Space, like a click, adds a chart.
        if ui.input(|i| i.key_pressed(Key::Enter)) {
            actions.push(Action::Edit(EditAction::New(feature.name.clone())));
        } else if response.clicked() {
            add_chart(feature, actions);
        }
    } else if response.clicked() {
        add_chart(feature, actions);
    }
    let shape = Rect::from_min_max(
        pos2(rect.right() - 72.0, rect.top() + 6.0),
        pos2(rect.right() - 6.0, rect.bottom() - 8.0),
    );
    shape_ui(ui, shape, answer, state.people.is_masked(feature));
    let mut left = rect.left() + 4.0;
    if feature.personal.is_some() {
        let square = Rect::from_min_size(pos2(left, rect.top() + 7.0), vec2(11.0, 11.0));
        icons::paint(ui.painter(), square, Icon::Person, p.weak);
        left += 15.0;
    }
    let font = FontId::proportional(theme::BODY);
    let right = shape.left() - 6.0;
    widgets::cut_text(ui, (left, right), rect.top() + 13.0, &feature.name, font, p.text);
    let detail = match missing {
        Some(missing) => format!("{} · {missing}", feature.kind.word()),
        None => feature.kind.word().to_owned(),
    };
    let font = FontId::proportional(theme::SMALL);
    widgets::cut_text(ui, (rect.left() + 4.0, right), rect.top() + 29.0, &detail, font, p.weak);
    response.context_menu(|ui| {
        if ui.button("Add a chart").clicked() {
            add_chart(feature, actions);
        }
        if ui.button("Add a condition…").clicked() {
            actions.push(Action::Edit(EditAction::New(feature.name.clone())));
        }
    });
    let more = match (&feature.description, &feature.personal) {
        (Some(text), Some(why)) => format!("{text}\npersonal: {why}"),
        (Some(text), None) => text.clone(),
        (None, Some(why)) => format!("personal: {why}"),
        (None, None) => feature.type_name.clone(),
    };
    response.on_hover_text(theme::lines(more));
}

fn add_chart(feature: &Column, actions: &mut Actions) {
    let kind = ChartKind::Feature(feature.name.clone());
    actions.push(Action::Look(LookAction::Add(kind)));
}

fn missing_words(answer: &Answer) -> Option<String> {
    let (missing, shown) = match answer {
        Answer::Histogram(h) => {
            let rest: u64 = h.bins.iter().map(|b| b.all).sum();
            (h.missing, rest + h.not_finite.all)
        }
        Answer::Values(v) => {
            let rest: u64 = v.top.iter().map(|(_, c)| c.all).sum();
            (v.missing, rest + v.others.all)
        }
        Answer::Timeline(t) => (t.missing, t.periods.iter().map(|(_, c)| c.all).sum()),
        _ => return None,
    };
    let all = missing.all + shown;
    (missing.all > 0).then(|| format!("missing {}", text::percent(missing.all, all)))
}

/// A distribution in the size of a word.
fn shape_ui(ui: &Ui, rect: Rect, answer: Option<&Answer>, masked: bool) {
    let p = theme::palette(ui);
    let bars: Vec<Counts> = match answer {
        Some(Answer::Histogram(h)) => h.bins.clone(),
        Some(Answer::Timeline(t)) => t.periods.iter().map(|(_, c)| *c).collect(),
        Some(Answer::Values(v)) => {
            if let Some((value, counts)) = v.top.first().filter(|_| !masked) {
                let most = text::short(counts.all as f64);
                let font = FontId::proportional(theme::SMALL);
                let words: String = text::cell(value).chars().take(14).collect();
                let at = pos2(rect.right(), rect.bottom());
                ui.painter().text(at, Align2::RIGHT_BOTTOM, most, font.clone(), p.weak);
                let room = (rect.left(), rect.right() - 34.0);
                widgets::cut_text(ui, room, rect.bottom() - 7.0, &words, font, p.weak);
            }
            let bars = v.top.iter().map(|(_, c)| *c).collect::<Vec<_>>();
            let top = Rect::from_min_max(rect.min, pos2(rect.right(), rect.center().y));
            return bars_ui(ui, top, &bars);
        }
        _ => return,
    };
    bars_ui(ui, rect, &bars);
}

fn bars_ui(ui: &Ui, rect: Rect, bars: &[Counts]) {
    let p = theme::palette(ui);
    let most = bars.iter().map(|b| b.all).max().unwrap_or(0).max(1) as f32;
    let step = rect.width() / bars.len().max(1) as f32;
    for (i, bar) in bars.iter().enumerate().filter(|(_, b)| b.all > 0) {
        let height = (rect.height() * bar.all as f32 / most).max(1.0);
        let x = rect.left() + step * i as f32;
        let bar = Rect::from_min_max(
            pos2(x, rect.bottom() - height),
            pos2(x + (step - 1.0).max(1.0), rect.bottom()),
        );
        ui.painter().rect_filled(bar, 1, p.ghost);
    }
}
