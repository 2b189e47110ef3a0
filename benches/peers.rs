//! Budget: one frame for every answer, and ten times less than plain DuckDB for an update of a
//! brush; its peers are DuckDB, polars, Mosaic's method and the floor of the machine.
//!
//! `cargo bench --bench peers -- [--sizes 1e6,1e7,1e8] [--workloads brush,page] [--json FILE]`. What
//! is measured, how, and what is not, is said in `docs/benchmarks.md`. Each answer is held to what
//! plain SQL counts; a wrong one ends the run.

#![allow(clippy::print_stdout, reason = "a bench tells its figures")]

#[allow(dead_code, unused_imports, reason = "each bench uses a part of what they share")]
mod common;

#[path = "peers/brush.rs"]
mod brush;
#[path = "peers/crew.rs"]
mod crew;
#[path = "peers/data.rs"]
mod data;
#[path = "peers/duck.rs"]
mod duck;
#[path = "peers/facets.rs"]
mod facets;
#[path = "peers/floor.rs"]
mod floor;
#[path = "peers/frames.rs"]
mod frames;
#[path = "peers/lens.rs"]
mod lens;
#[path = "peers/muster_side.rs"]
mod muster_side;
#[path = "peers/page.rs"]
mod page;
#[path = "peers/reopen.rs"]
mod reopen;
#[path = "peers/report.rs"]
mod report;
#[path = "peers/told.rs"]
mod told;
#[path = "peers/trace.rs"]
mod trace;
#[path = "peers/views.rs"]
mod views;
#[path = "peers/waterfall.rs"]
mod waterfall;

use brush::Engine;
use common::Outcome;
use crew::THREADS;
use duck::Duck;
use frames::Frames;
use muster_side::Opened;
use report::Report;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// Seeds of the people who brush, one for each session; one is enough for a trial.
const SEEDS: [u64; 2] = [1, 2];
/// Sizes below this are trials.
const TRIAL: u64 = 1_000_000;

/// What a row of the flights takes in memory, at most: plain, as codes of DuckDB, as codes of polars.
const PLAIN_BYTES: u64 = 75;
const CODED_BYTES: u64 = 32;
const FRAME_BYTES: u64 = 40;

fn main() -> Outcome<()> {
    let asked = Asked::read()?;
    let load = report::load();
    let bandwidth = floor::bandwidth();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "{cores} cores, {THREADS} threads for each engine; load average {}; memory streams at {:.1} GB/s",
        load.map_or("unknown".to_owned(), |load| format!("{load:.2}")),
        bandwidth / 1e9
    );
    if load.is_none_or(|load| load > 0.5) {
        println!("the machine is not idle: these figures are not to be published");
    }
    let mut told = Vec::new();
    for size in &asked.sizes {
        let mut report = Report::new(*size);
        measure(*size, &asked, bandwidth, &mut report)?;
        told.extend(report.told());
    }
    if let Some(load) = report::load() {
        println!("\nload average at the end {load:.2}");
    }
    if let Some(file) = &asked.json {
        report::write(file, &told)?;
    }
    Ok(())
}

/// What was asked for on the command line.
struct Asked {
    sizes: Vec<u64>,
    workloads: Vec<String>,
    json: Option<PathBuf>,
}

impl Asked {
    fn read() -> Outcome<Self> {
        let mut asked =
            Self { sizes: vec![1_000_000, 10_000_000], workloads: Vec::new(), json: None };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            match word.as_str() {
                // Cargo says it of itself.
                "--bench" => {}
                "--sizes" => {
                    let sizes = value()?;
                    let sizes = sizes.split(',').map(|size| size.trim().parse::<f64>());
                    asked.sizes = sizes.map(|size| Ok(size? as u64)).collect::<Outcome<_>>()?;
                }
                "--workloads" => {
                    asked.workloads = value()?.split(',').map(str::to_owned).collect();
                }
                "--json" => asked.json = Some(value()?.into()),
                other => return Err(format!("{other} is not known; there are --sizes 1e6,1e7,1e8, --workloads brush,waterfall,facets,page,reopen and --json FILE").into()),
            }
        }
        Ok(asked)
    }

    fn wants(&self, workload: &str) -> bool {
        self.workloads.is_empty() || self.workloads.iter().any(|wanted| wanted == workload)
    }
}

fn measure(size: u64, asked: &Asked, bandwidth: f64, report: &mut Report) -> Outcome<()> {
    let file = data::flights(size)?;
    data::read_once(&file)?;
    let in_memory = fits(PLAIN_BYTES * size, "the plain table", report);
    let plain = Rc::new(if in_memory { Duck::plain(&file)? } else { Duck::file(&file)? });
    let views = muster_side::views(&Opened::new(&file)?, &plain.db)?;
    // What is timed finds nothing read and nothing remembered.
    lens::forget(&file)?;
    let opened = Rc::new(Opened::new(&file)?);
    if asked.wants("brush") || asked.wants("waterfall") {
        let (coded, frames) = codes(&file, &views, size, report)?;
        if asked.wants("brush") {
            let peers = Peers { opened: &opened, plain: &plain, coded: &coded, frames: &frames };
            let mut engines = peers.engines(&views, in_memory);
            if !in_memory {
                report.note("duckdb reads the file, and mosaic is left out");
            }
            for seed in &SEEDS[..if size < TRIAL { 1 } else { 2 }] {
                let runs = trace::runs(&views, *seed)?;
                brush::bench(&mut engines, &runs, (&views, &plain.db), report)?;
            }
            // The codes of eight views and of two conditions, a byte each.
            let floor = floor::streaming(10 * size, bandwidth);
            report.add("brush", "floor", floor);
            report.add("switch", "floor", floor);
        }
        if asked.wants("waterfall") {
            let sides = waterfall::Sides {
                opened: &opened,
                plain: &plain,
                coded: coded.as_deref(),
                frames: frames.as_ref(),
                views: &views,
            };
            waterfall::bench(&sides, size, report)?;
        }
    }
    if asked.wants("page") {
        page::bench((&opened, &plain, &views), size, report)?;
    }
    // The last, for it touches the file: what is open is then of an older one.
    if asked.wants("reopen") {
        reopen::bench(&file, &views, size, report)?;
    }
    drop((opened, plain));
    if asked.wants("facets") {
        facets::bench(size, bandwidth, report)?;
    }
    Ok(())
}

/// Who follows a brush.
struct Peers<'a> {
    opened: &'a Rc<Opened>,
    plain: &'a Rc<Duck>,
    coded: &'a Option<Rc<Duck>>,
    frames: &'a Option<Rc<Frames>>,
}

impl Peers<'_> {
    /// Muster first. Mosaic's method makes tables, for which a file that is read has no place.
    fn engines(&self, views: &views::Views, in_memory: bool) -> Vec<Box<dyn Engine>> {
        let views = || Arc::clone(views);
        let mut engines: Vec<Box<dyn Engine>> = vec![
            Box::new(muster_side::Muster { opened: Rc::clone(self.opened), views: views() }),
            Box::new(duck::Plain { duck: Rc::clone(self.plain), views: views() }),
        ];
        if let Some(duck) = self.coded {
            engines.push(Box::new(duck::Coded { duck: Rc::clone(duck), views: views() }));
        }
        if let Some(frames) = self.frames {
            engines.push(Box::new(frames::Polars { frames: Rc::clone(frames), views: views() }));
        }
        if in_memory {
            engines.push(Box::new(duck::Mosaic { duck: Rc::clone(self.plain), views: views() }));
        }
        engines
    }
}

type Codes = (Option<Rc<Duck>>, Option<Rc<Frames>>);

/// The codes of the peers, as far as memory holds them.
fn codes(file: &Path, views: &views::Views, size: u64, report: &mut Report) -> Outcome<Codes> {
    if !fits(CODED_BYTES * size, "duckdb_codes", report) {
        report.note("polars is left out: it gets its codes from duckdb_codes");
        return Ok((None, None));
    }
    let coded = Rc::new(Duck::coded(file, views)?);
    let frames = match fits(FRAME_BYTES * size, "polars", report) {
        true => Some(Rc::new(Frames::new(&coded, views)?)),
        false => None,
    };
    Ok((Some(coded), frames))
}

/// Whether so many bytes fit into memory beside all else; it is told when they do not.
fn fits(bytes: u64, what: &str, report: &mut Report) -> bool {
    let fits = report::free_memory().is_none_or(|free| free / 10 * 8 > bytes);
    if !fits {
        report.note(format!("{what} is not held: its {} MB do not fit into memory", bytes >> 20));
    }
    fits
}
