//! The graph of a plan as a picture: steps in columns, each right of all that it reads.

use super::{Plan, Work};
use crate::define::{Item, Project};
use std::fmt::Write as _;

const BOX: (i32, i32) = (210, 34);
const GAP: (i32, i32) = (70, 14);
const MARGIN: i32 = 24;
/// How many letters of a name fit into a box.
const NAME_MAX: usize = 30;

/// The picture as SVG. The same plan gives the same bytes.
pub fn picture(plan: &Plan, project: &Project) -> String {
    // The functions are read by all and would hide the rest.
    let shown: Vec<usize> =
        (0..plan.steps.len()).filter(|at| !plan.steps[*at].makes.is_empty()).collect();
    let mut columns = vec![0usize; plan.steps.len()];
    for (at, step) in plan.steps.iter().enumerate() {
        let below = step.reads.iter().filter(|r| shown.contains(r)).map(|r| columns[*r]).max();
        columns[at] = below.map_or(0, |column| column + 1);
    }
    let width = columns.iter().copied().max().unwrap_or(0) + 1;
    let mut rows = vec![0i32; width];
    let mut places = vec![(0, 0); plan.steps.len()];
    for at in &shown {
        let column = columns[*at];
        let x = MARGIN + column as i32 * (BOX.0 + GAP.0);
        let y = MARGIN + 40 + rows[column] * (BOX.1 + GAP.1);
        places[*at] = (x, y);
        rows[column] += 1;
    }
    let total = (
        MARGIN * 2 + width as i32 * (BOX.0 + GAP.0) - GAP.0,
        MARGIN * 2 + 40 + rows.iter().copied().max().unwrap_or(0) * (BOX.1 + GAP.1),
    );
    let mut out = String::new();
    let _ = writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" width="{}" height="{}" font-family="sans-serif" font-size="12">"#,
        total.0, total.1, total.0, total.1
    );
    let _ = writeln!(out, r##"<rect width="100%" height="100%" fill="#ffffff"/>"##);
    let title = format!("{}: what is built from what", project.name);
    let _ = writeln!(
        out,
        r##"<text x="{MARGIN}" y="{}" font-size="16" fill="#1f2933">{}</text>"##,
        MARGIN + 12,
        escaped(&title)
    );
    for at in &shown {
        for read in plan.steps[*at].reads.iter().filter(|r| shown.contains(r)) {
            line(&mut out, places[*read], places[*at]);
        }
    }
    for at in &shown {
        let step = &plan.steps[*at];
        let (x, y) = places[*at];
        let _ = writeln!(
            out,
            r##"<g><title>{}</title><rect x="{x}" y="{y}" width="{}" height="{}" rx="5" fill="{}" stroke="#52606d"/><text x="{}" y="{}" fill="#1f2933">{}</text></g>"##,
            escaped(&step.about.join("\n")),
            BOX.0,
            BOX.1,
            color(step),
            x + 10,
            y + BOX.1 / 2 + 4,
            escaped(&cut(&step.name)),
        );
    }
    out.push_str("</svg>\n");
    out
}

/// A curve from the right side of one box to the left side of another.
fn line(out: &mut String, from: (i32, i32), to: (i32, i32)) {
    let (x1, y1) = (from.0 + BOX.0, from.1 + BOX.1 / 2);
    let (x2, y2) = (to.0, to.1 + BOX.1 / 2);
    let bend = GAP.0 / 2;
    let _ = writeln!(
        out,
        r##"<path d="M{x1},{y1} C{},{y1} {},{y2} {x2},{y2}" fill="none" stroke="#9aa5b1"/>"##,
        x1 + bend,
        x2 - bend
    );
}

/// Rows, ids, features and cohorts have a colour each; their names say the same.
fn color(step: &super::Step) -> &'static str {
    match (&step.work, step.items.first()) {
        (Work::Stitch(_), _) => "#ffe8b3",
        (_, Some(Item::Cohort(_))) => "#cfe8d5",
        (_, Some(Item::Feature(_))) => "#d9e7fb",
        (_, Some(Item::SqlModel(_))) => "#ecdff5",
        (Work::Session, _) => "#f1f3f5",
        _ => "#e4e7eb",
    }
}

fn cut(name: &str) -> String {
    if name.chars().count() <= NAME_MAX {
        return name.to_owned();
    }
    let start: String = name.chars().take(NAME_MAX - 1).collect();
    format!("{start}…")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
