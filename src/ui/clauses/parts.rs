//! Fields that several editors have.

use crate::model::clause::{Comparison, Missing, Unit};
use crate::ui::widgets;
use egui::Ui;

/// Units of time as a person counts them.
pub(in crate::ui) const UNITS: [(Unit, &str); 6] = [
    (Unit::Hour, "hours"),
    (Unit::Day, "days"),
    (Unit::Week, "weeks"),
    (Unit::Month, "months"),
    (Unit::Quarter, "quarters"),
    (Unit::Year, "years"),
];

/// Comparisons in words.
pub(in crate::ui) const COMPARISONS: [(Comparison, &str); 5] = [
    (Comparison::GreaterOrEqual, "at least"),
    (Comparison::LessOrEqual, "at most"),
    (Comparison::Equal, "exactly"),
    (Comparison::Greater, "more than"),
    (Comparison::Less, "less than"),
];

/// What "or unknown" means.
pub(in crate::ui) const UNKNOWN: &str = "Those without a value are kept too";

/// Negation, and what it means for missing values.
pub(in crate::ui) fn not_ui(ui: &mut Ui, not: &mut Option<Missing>) {
    ui.horizontal(|ui| {
        let mut negated = not.is_some();
        if ui.checkbox(&mut negated, "is not so").changed() {
            *not = negated.then_some(Missing::Keep);
        }
        if let Some(missing) = not {
            let mut keep = *missing == Missing::Keep;
            if ui.checkbox(&mut keep, "or unknown").on_hover_text(UNKNOWN).changed() {
                *missing = if keep { Missing::Keep } else { Missing::Drop };
            }
        }
    });
}

/// The unit of a length of time.
pub(in crate::ui) fn unit_ui(ui: &mut Ui, unit: &mut Unit) {
    if let Some(picked) = widgets::choice(ui, "Unit", unit, &UNITS) {
        *unit = picked;
    }
}
