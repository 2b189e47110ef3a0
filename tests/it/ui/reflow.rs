//! Every screen from a small window with large text to a large one with small text: no text is cut
//! by an edge, and none lies over another.

use super::{opened, settle};
use egui::accesskit::Role;
use egui::{Rect, Shape};
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT as _;
use muster::app::MusterApp;
use muster::state::{Action, EditAction, LookAction, SliceAction, State, Tab, ViewAction};

/// A text as it is drawn, and the part of the window that shows it.
struct Drawn {
    text: String,
    at: Rect,
    clip: Rect,
}

fn drawn_in(shape: &Shape, clip: Rect, found: &mut Vec<Drawn>) {
    match shape {
        Shape::Text(text) if !text.galley.text().trim().is_empty() => found.push(Drawn {
            text: text.galley.text().to_owned(),
            at: text.galley.mesh_bounds.translate(text.pos.to_vec2()),
            clip,
        }),
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| drawn_in(shape, clip, found)),
        _ => {}
    }
}

/// Edges may touch, and the fade at the end of a scrolled area begins early.
const SLACK: f32 = 2.0;

/// What is wrong with the texts on screen.
fn faults(harness: &Harness<'_, MusterApp>) -> Vec<String> {
    let mut drawn = Vec::new();
    for clipped in &harness.output().shapes {
        drawn_in(&clipped.shape, clipped.clip_rect, &mut drawn);
    }
    // A field scrolls what is typed in it.
    let typed: Vec<String> = harness
        .root()
        .children_recursive()
        .filter(|n| n.accesskit_node().role() == Role::TextInput)
        .filter_map(|n| n.accesskit_node().value())
        .collect();
    drawn.retain(|d| d.at.intersect(d.clip).is_positive() && !typed.contains(&d.text));
    let mut faults = Vec::new();
    let screen = harness.ctx.content_rect();
    for d in &drawn {
        let window = d.clip.intersect(screen);
        if d.at.right() > window.right() + SLACK || d.at.left() < window.left() - SLACK {
            faults.push(format!("cut: {:?} {:?} in {window:?}", d.text, d.at));
        }
    }
    for (i, a) in drawn.iter().enumerate() {
        for b in &drawn[i + 1..] {
            let both = a.at.intersect(a.clip).intersect(b.at.intersect(b.clip));
            if both.width() > SLACK && both.height() > SLACK {
                faults.push(format!("over each other: {:?} and {:?} at {both:?}", a.text, b.text));
            }
        }
    }
    faults
}

/// The corners of the range of windows and sizes of text, and the usual one.
const CORNERS: [([f32; 2], f32); 5] = [
    ([900.0, 600.0], 2.0),
    ([900.0, 600.0], 0.75),
    ([1280.0, 800.0], 1.0),
    ([2560.0, 1440.0], 2.0),
    ([2560.0, 1440.0], 0.75),
];

#[test]
fn no_text_is_cut_or_lies_over_another() {
    let mut found = Vec::new();
    for (size, scale) in CORNERS {
        let (mut harness, screen) = opened(size, false);
        let ctx = harness.ctx.clone();
        let act = |harness: &mut Harness<'_, MusterApp>, action: Action| {
            harness.state_mut().act(action, &ctx);
            settle(harness);
        };
        act(&mut harness, ViewAction::Scale(scale).into());
        let condition = "orders >= 1 and country in ('DE', 'AT') and plan = 'free' \
             and (city like 'B%' or not in_cohort('newsletter')) \
             and count(orders) filter (where total > 20 and status = 'paid') >= 0";
        let mut look = |harness: &Harness<'_, MusterApp>, name: &str| {
            screen.shoot(harness, &format!("reflow-{}x{}-{scale}-{name}", size[0], size[1]));
            let at = format!("{}x{} at {scale}, {name}", size[0], size[1]);
            found.extend(faults(harness).into_iter().map(|fault| format!("{at}: {fault}")));
        };
        look(&harness, "everyone");
        act(&mut harness, Action::Slice(SliceAction::Typing(condition.into())));
        act(&mut harness, Action::Slice(SliceAction::CommitTyped));
        for tab in [Tab::Look, Tab::Steps, Tab::Definition] {
            act(&mut harness, ViewAction::Tab(tab).into());
            look(&harness, tab.word());
        }
        act(&mut harness, Action::Slice(SliceAction::Clear));
        act(&mut harness, Action::Edit(EditAction::New("orders".into())));
        look(&harness, "editor");
        act(&mut harness, Action::Edit(EditAction::Cancel));
        act(&mut harness, Action::Slice(SliceAction::StartAdding(Vec::new())));
        look(&harness, "adding");
        act(&mut harness, Action::Slice(SliceAction::StopAdding));
        act(&mut harness, ViewAction::Tab(Tab::Look).into());
        let first = |state: &State| state.look.charts[0].id;
        let id = first(harness.state().state());
        act(&mut harness, Action::Look(LookAction::Enlarge(id)));
        look(&harness, "enlarged");
    }
    assert!(found.is_empty(), "{} faults:\n{}", found.len(), found.join("\n"));
}
