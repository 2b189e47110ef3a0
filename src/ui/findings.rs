//! What is odd about the data: in the notices and on the Definition tab.

use crate::model::finding::{Finding, Severity};
use crate::ui::{text, theme};
use egui::{RichText, Ui};

/// Findings that are listed; `muster check` tells all of them.
const LISTED_MAX: usize = 200;

/// Each finding, the worst first, with its place and what to try.
pub(super) fn findings_ui(ui: &mut Ui, findings: &[Finding]) {
    let mut worst_first: Vec<&Finding> = findings.iter().collect();
    worst_first.sort_by_key(|finding| finding.severity);
    for finding in worst_first.into_iter().take(LISTED_MAX) {
        let word = match finding.severity {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
            Severity::Note => "Note",
        };
        let p = theme::palette(ui);
        let color = if finding.severity == Severity::Note { p.weak } else { p.warning };
        ui.horizontal_wrapped(|ui| {
            ui.label(theme::text(word).color(color));
            ui.add(egui::Label::new(theme::lines(&finding.message)).wrap().selectable(true));
        });
        let place = finding.file.as_ref().map(|file| match finding.line {
            Some(line) => format!("{}:{line}", file.display()),
            None => file.display().to_string(),
        });
        for more in [place, finding.hint.clone()].into_iter().flatten() {
            ui.add(egui::Label::new(theme::small(ui, more)).wrap().selectable(true));
        }
        ui.add_space(theme::HALF);
    }
    let more = findings.len().saturating_sub(LISTED_MAX);
    if more > 0 {
        ui.label(theme::weak(ui, format!("muster check lists {more} more")));
    }
}

/// How many findings there are, in the status bar; `None` when nothing is odd.
pub(super) fn summary(ui: &Ui, findings: &[Finding]) -> Option<RichText> {
    let bad = findings.iter().filter(|finding| finding.severity != Severity::Note).count();
    let p = theme::palette(ui);
    match (findings.len(), bad) {
        (0, _) => None,
        (n, 0) => {
            Some(theme::small(ui, text::counted(n as u64, "note on the data", "notes on the data")))
        }
        (_, bad) => {
            let words =
                text::counted(bad as u64, "warning about the data", "warnings about the data");
            Some(theme::small(ui, words).color(p.warning))
        }
    }
}
