//! Brush runs shaped like the published traces of real people: each about 150 events long, over one
//! view after another, with the last brush of the view before left standing.
//!
//! # Source
//! L. Battle et al., "Database Benchmarking for Supporting Real-Time Interactive Querying of Large
//! Data", SIGMOD 2020: 160 traces, a median of 137 to 179 events per run, 3 to 6 switches, 1.7 to 2.4
//! active filters, 6 to 8 linked views, two thirds of the events at display rate.

use crate::common::Outcome;
use crate::views::{Brush, Pixels, View};
use fastrand::Rng;

/// Events of one run.
pub(crate) const EVENTS: usize = 150;

/// The views that are brushed one after another, after a brush over `air_time`.
const ORDER: [&str; 6] =
    ["dep_delay", "distance", "fare", "arr_delay", "dep_minute", "flight_date"];

/// One view brushed until the person goes to the next.
pub(crate) struct Run {
    /// The brushed view.
    pub(crate) active: usize,
    /// What was brushed before and stays.
    pub(crate) standing: Brush,
    /// All other views: what has to follow.
    pub(crate) passive: Vec<usize>,
    /// The brush at each event.
    pub(crate) events: Vec<Brush>,
}

impl Run {
    /// The brushes that a view obeys while `active` is where it is: all but its own.
    pub(crate) fn brushes_on(&self, active: Brush, view: usize) -> Vec<Brush> {
        [self.standing, active].into_iter().filter(|brush| brush.view != view).collect()
    }
}

/// The runs of one person, the same for the same seed.
pub(crate) fn runs(views: &[View], seed: u64) -> Outcome<Vec<Run>> {
    let mut rng = Rng::with_seed(seed);
    let number = |column: &str| {
        views.iter().position(|view| view.column == column).ok_or("a view is missing")
    };
    let mut standing = Brush { view: number("air_time")?, from: 20, to: 180 };
    let mut runs = Vec::new();
    for column in ORDER {
        let active = number(column)?;
        let events = events(active, views[active].brushed()?, &mut rng);
        let passive = (0..views.len()).filter(|view| *view != active).collect();
        let last = *events.last().ok_or("a run without events")?;
        runs.push(Run { active, standing, passive, events });
        standing = last;
    }
    Ok(runs)
}

/// A brush is drawn out, pushed about and then pulled at one end, as a hand does it: speeds change
/// by little from event to event.
fn events(view: usize, pixels: &Pixels, rng: &mut Rng) -> Vec<Brush> {
    let (low, high) = (i32::from(pixels.busy.start), i32::from(pixels.busy.end));
    let mut from = rng.i32(low..low + (high - low) / 3);
    let (mut to, mut speed) = (from + 1, 2);
    let mut events = Vec::with_capacity(EVENTS);
    for event in 0..EVENTS {
        match event {
            0..30 => to += rng.i32(1..=3),
            30..120 => {
                speed = (speed + rng.i32(-1..=1)).clamp(-4, 4);
                if speed == 0 {
                    speed = if rng.bool() { 1 } else { -1 };
                }
                if from + speed < low || to + speed > high {
                    speed = -speed;
                }
                (from, to) = (from + speed, to + speed);
            }
            _ => {
                let pull = rng.i32(1..=3);
                to += if to + pull > high { -pull } else { pull };
            }
        }
        let inside = |end: i32| end.clamp(low, high);
        let (first, end) = (inside(from).min(high - 1), inside(to).max(inside(from) + 1));
        // Within what a pixel's number can be: the ends of `busy` are.
        events.push(Brush { view, from: first as u16, to: end.min(high) as u16 });
    }
    events
}
