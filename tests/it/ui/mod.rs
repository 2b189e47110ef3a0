//! The window without a display: what each panel says (accessible names) and what it asks for.

mod activate;
mod faults;
mod hidden;
mod journey;
mod panels;
mod reflow;
mod shot;

use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use muster::app::MusterApp;
use muster::state::State;
use std::time::{Duration, Instant};

/// Longer than any step of a journey takes on a busy machine.
const DEADLINE: Duration = Duration::from_secs(60);

/// The whole app over the real engine, in a window of this size.
fn app(size: [f32; 2], dark: bool) -> (Harness<'static, MusterApp>, shot::Screen) {
    let screen = shot::Screen::default();
    let harness = Harness::builder()
        .with_size(size)
        .with_max_steps(40)
        // The sample's names are of many scripts; the app finds fonts for them on the system.
        .allow_missing_glyphs()
        .renderer(screen.clone())
        .build_eframe(|context| MusterApp::start(&context.egui_ctx, None));
    let mut harness = harness;
    let theme = if dark { muster::state::Theme::Dark } else { muster::state::Theme::Light };
    let ctx = harness.ctx.clone();
    harness.state_mut().act(muster::state::ViewAction::Theme(theme).into(), &ctx);
    (harness, screen)
}

/// Steps until something holds of the state.
#[track_caller]
fn until(harness: &mut Harness<'_, MusterApp>, what: &str, holds: impl Fn(&State) -> bool) {
    let begin = Instant::now();
    loop {
        harness.step();
        if holds(harness.state().state()) {
            break;
        }
        assert!(begin.elapsed() < DEADLINE, "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
    harness.run();
}

/// Steps until no answer is on its way.
#[track_caller]
fn settle(harness: &mut Harness<'_, MusterApp>) {
    for _ in 0..3 {
        until(harness, "every answer is here", |s| {
            s.source.opening.is_none() && !s.answers.any_waiting()
        });
    }
}

/// The sample shop, opened, with every answer there.
fn opened(size: [f32; 2], dark: bool) -> (Harness<'static, MusterApp>, shot::Screen) {
    opened_with(size, dark, None)
}

/// The same, with a workspace beside it.
fn opened_with(
    size: [f32; 2],
    dark: bool,
    workspace: Option<&str>,
) -> (Harness<'static, MusterApp>, shot::Screen) {
    let (mut harness, screen) = app(size, dark);
    harness.run();
    // A copy of its own, in a folder by the name of the test: the workspace is written beside it.
    let test = std::thread::current().name().unwrap_or("test").replace("::", "-");
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    // Left by the run before, or not there.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let path = folder.join("shop.duckdb");
    std::fs::copy("sample_data/shop.duckdb", &path).expect("a copy of the sample");
    if let Some(workspace) = workspace {
        std::fs::write(folder.join("muster.yaml"), workspace).expect("a workspace");
    }
    let ctx = harness.ctx.clone();
    harness.state_mut().act(muster::state::SourceAction::Open(vec![path]).into(), &ctx);
    until(&mut harness, "the sample is open", |s| s.source.opened.is_some());
    settle(&mut harness);
    (harness, screen)
}

/// Clicks the control with this name.
#[track_caller]
fn click(harness: &mut Harness<'_, MusterApp>, label: &str) {
    harness.get_by_label(label).click();
    harness.run();
}
