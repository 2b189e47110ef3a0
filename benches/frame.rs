//! Budget: at most 8 ms of CPU for one frame, 44 visible rows of 300 columns while scrolling.
//!
//! The whole window over the engine, on a table of 1 million people with 300 columns, without a
//! display: what one frame costs the thread that draws it, accessibility tree included. Its peer
//! is the budget itself, for no other program draws the same table.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]

#[allow(dead_code, reason = "each bench uses a part of what they share")]
mod common;

use common::{Outcome, people_file, scratch};
use egui_kittest::Harness;
use muster::app::MusterApp;
use muster::state::{SourceAction, State, Tab, ViewAction};
use std::time::{Duration, Instant};

const FRAMES: usize = 200;
const BUDGET_MILLIS: f64 = 8.0;

fn main() -> Outcome<()> {
    let file = people_file(&scratch()?, 1_000_000, 300)?;
    let mut window = Harness::builder()
        .with_size([1600.0, 1160.0])
        .allow_missing_glyphs()
        .build_eframe(|context| MusterApp::start(&context.egui_ctx, None));
    let ctx = window.ctx.clone();
    window.state_mut().act(SourceAction::Open(vec![file]).into(), &ctx);
    until(&mut window, |state| state.source.opened.is_some() && state.source.opening.is_none());
    window.state_mut().act(ViewAction::Tab(Tab::People).into(), &ctx);
    until(&mut window, |state| !state.answers.any_waiting());

    window.hover_at(egui::pos2(700.0, 700.0));
    // The system tells CPU time in ticks of some milliseconds, so only the sum says something.
    let (began, drawn_before) = (cpu_time(), window.ctx.cumulative_pass_nr());
    for _ in 0..FRAMES {
        window.event(wheel());
        window.step();
    }
    let frames = window.ctx.cumulative_pass_nr() - drawn_before;
    let millis = (cpu_time() - began).as_secs_f64() * 1_000.0 / frames as f64;
    println!("frame 44 x 300 of 1 M: CPU mean {millis:.2} ms over {frames} frames");
    let held = if millis <= BUDGET_MILLIS { "within its budget" } else { "OVER ITS BUDGET" };
    println!("frame: {held}");
    Ok(())
}

fn until(window: &mut Harness<'_, MusterApp>, holds: impl Fn(&State) -> bool) {
    loop {
        window.step();
        if holds(window.state().state()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn wheel() -> egui::Event {
    egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, -60.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: egui::Modifiers::default(),
    }
}

/// CPU time of this thread where the system tells it, else the time that passed.
fn cpu_time() -> Duration {
    static BEGAN: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    match told.as_deref().and_then(|line| line.split(' ').next()?.parse().ok()) {
        Some(nanos) => Duration::from_nanos(nanos),
        None => BEGAN.get_or_init(Instant::now).elapsed(),
    }
}
