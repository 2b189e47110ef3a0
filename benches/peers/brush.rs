//! Brushing: every event moves a brush and all other views follow. What is told apart is the first
//! update after the person has gone on to another view, and all others.

use crate::common::Outcome;
use crate::report::Report;
use crate::told::{Right, Told};
use crate::trace::{EVENTS, Run};
use crate::views::{Brush, Views};
use duckdb::Connection;
use std::time::{Duration, Instant};

/// What an engine told, to be read when no clock runs.
pub(crate) type Unread = Box<dyn FnOnce() -> Outcome<Vec<Told>>>;

/// Who follows a brush.
pub(crate) trait Engine {
    /// Its name in the table.
    fn name(&self) -> &'static str;
    /// Loads or fills what all that follows needs and says what that cost, here or before: it is
    /// charged to the first use.
    fn prepare(&mut self) -> Outcome<Duration>;
    /// The person begins to brush another view. Charged to the first update.
    fn switch(&mut self, _run: &Run) -> Outcome<()> {
        Ok(())
    }
    /// Counts all other views anew.
    fn update(&mut self, run: &Run, event: Brush) -> Outcome<Unread>;
    /// Lets go what was made for a run. Not timed.
    fn leave(&mut self) -> Outcome<()> {
        Ok(())
    }
}

/// How long one engine may take for the events of one run before it is shown only some of them.
const PATIENCE: Duration = Duration::from_secs(4);
/// At least so many updates of a run are measured.
const LEAST: usize = 4;

/// Lets all engines take turns at each run.
pub(crate) fn bench(
    engines: &mut [Box<dyn Engine>],
    runs: &[Run],
    (views, db): (&Views, &Connection),
    report: &mut Report,
) -> Outcome<()> {
    let is_first = !report.has("first_use");
    let mut prepared = Vec::new();
    for engine in engines.iter_mut() {
        prepared.push(engine.prepare()?);
    }
    for (number, run) in runs.iter().enumerate() {
        let right = Right::of(run, views, db)?;
        for turn in 0..engines.len() {
            let at = (turn + number) % engines.len();
            let engine = engines[at].as_mut();
            let began = Instant::now();
            engine.switch(run)?;
            let unread = engine.update(run, run.events[0])?;
            let first = began.elapsed();
            right.check(run, run.events[0], &unread()?).map_err(|e| of(engine, &*e))?;
            report.add("switch", engine.name(), first);
            if number == 0 && is_first {
                report.add("first_use", engine.name(), prepared[at] + first);
            }
            follow(engine, run, &right, report)?;
            engine.leave()?;
        }
    }
    Ok(())
}

/// All events of a run but the first; of a slow engine every so many, which is told.
fn follow(engine: &mut dyn Engine, run: &Run, right: &Right, report: &mut Report) -> Outcome<()> {
    let (mut event, mut stride) = (1, 1);
    while event < run.events.len() {
        let began = Instant::now();
        let unread = engine.update(run, run.events[event])?;
        let took = began.elapsed();
        right.check(run, run.events[event], &unread()?).map_err(|e| of(engine, &*e))?;
        report.add("brush", engine.name(), took);
        if event == 1 {
            let affordable = (PATIENCE.as_secs_f64() / took.as_secs_f64()) as usize;
            stride = EVENTS.div_ceil(affordable.clamp(LEAST, EVENTS));
        }
        event += stride;
    }
    Ok(())
}

/// The error with the engine that made it.
fn of(engine: &dyn Engine, error: &dyn std::error::Error) -> Box<dyn std::error::Error> {
    format!("{}: {error}", engine.name()).into()
}
