//! Ten steps and how many are left after each. A person switches steps off and on, which leaves
//! every condition as it was, or types another threshold.

use crate::common::Outcome;
use crate::duck::{Duck, coded_condition};
use crate::floor;
use crate::frames::{Frames, condition, word_is_one_of};
use crate::lens;
use crate::muster_side::{Opened, clause};
use crate::report::Report;
use crate::views::{Brush, Views, rows};
use duckdb::Connection;
use duckdb::arrow::array::AsArray;
use duckdb::arrow::datatypes::Int64Type;
use fastrand::Rng;
use muster::model::clause::{Case, Clause, Combine, Group, Node, Part, Test};
use muster::model::question::{Answer, Question, Step as Line, Steps};
use muster::model::value::Value;
use polars::prelude::{BooleanChunked, IntoLazy};
use std::ops::BitAnd as _;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How often each engine is asked, at most.
const SAMPLES: usize = 40;
/// How long one engine may take together, after which it is asked no more.
const PATIENCE: Duration = Duration::from_secs(25);

/// One condition, in the terms of every engine.
#[derive(Debug, Clone)]
enum Step {
    Brush(Brush),
    /// One of some texts of a view, by their places; or none of them, missing ones included.
    Words {
        view: usize,
        places: Vec<usize>,
        is_in: bool,
    },
    /// Any of two.
    Either(Box<Step>, Box<Step>),
}

/// All steps, and which are switched on.
#[derive(Debug, Clone)]
struct Stairs {
    steps: Vec<Step>,
    on: Vec<bool>,
}

impl Stairs {
    fn new(views: &Views) -> Outcome<Self> {
        let number = |column: &str| {
            views.iter().position(|view| view.column == column).ok_or("a view is missing")
        };
        let brush = |column: &str, from, to| {
            Ok::<_, Box<dyn std::error::Error>>(Step::Brush(Brush {
                view: number(column)?,
                from,
                to,
            }))
        };
        let words = |column: &str, places: &[usize], is_in| {
            Ok::<_, Box<dyn std::error::Error>>(Step::Words {
                view: number(column)?,
                places: places.to_vec(),
                is_in,
            })
        };
        let either = Step::Either(
            Box::new(brush("arr_delay", 0, 75)?),
            Box::new(words("carrier", &[1, 2], true)?),
        );
        let steps = vec![
            words("carrier", &[0, 1, 2, 3, 5, 8, 9], true)?,
            brush("flight_date", 20, 400)?,
            brush("dep_delay", 40, 200)?,
            brush("distance", 8, 300)?,
            words("origin", &[3, 50, 101], false)?,
            brush("arr_delay", 20, 190)?,
            brush("air_time", 12, 250)?,
            brush("dep_minute", 110, 440)?,
            brush("fare", 19, 200)?,
            either,
        ];
        Ok(Self { on: vec![true; steps.len()], steps })
    }

    fn shown(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().zip(&self.on).filter(|(_, on)| **on).map(|(step, _)| step)
    }

    /// Switches one step off or on.
    fn toggle(&mut self, rng: &mut Rng) {
        let at = rng.usize(..self.on.len());
        self.on[at] = !self.on[at];
    }

    /// Moves one threshold by a few pixels.
    fn edit(&mut self, rng: &mut Rng) {
        let brushes = self.steps.iter_mut().filter_map(|step| match step {
            Step::Brush(brush) => Some(brush),
            _ => None,
        });
        let mut brushes: Vec<_> = brushes.collect();
        let at = rng.usize(..brushes.len());
        brushes[at].from += rng.u16(1..3);
        brushes[at].to -= rng.u16(1..3);
    }
}

impl Step {
    fn sql(&self, views: &Views, is_coded: bool) -> Outcome<String> {
        Ok(match self {
            Self::Brush(brush) if is_coded => coded_condition(&views[brush.view], *brush),
            Self::Brush(brush) => views[brush.view].condition(*brush)?,
            Self::Words { view, places, is_in } => {
                let view = &views[*view];
                let words: Vec<_> = view.words(places)?.iter().map(|w| format!("'{w}'")).collect();
                let found = format!("{} in ({})", view.column, words.join(", "));
                if *is_in { found } else { format!("({found}) is not true") }
            }
            Self::Either(one, other) => {
                format!("({} or {})", one.sql(views, is_coded)?, other.sql(views, is_coded)?)
            }
        })
    }

    fn node(&self, views: &Views) -> Outcome<Node> {
        Ok(match self {
            Self::Brush(brush) => clause(&views[brush.view], *brush)?,
            Self::Words { view, places, is_in } => {
                let words = views[*view].words(places)?.into_iter().map(Value::Text).collect();
                let among = Clause::on(&views[*view].column, Test::OneOf(words, Case::Sensitive));
                if *is_in { among.into() } else { among.not().into() }
            }
            Self::Either(one, other) => {
                let parts = vec![Part::on(one.node(views)?), Part::on(other.node(views)?)];
                Group { combine: Combine::Any, parts }.into()
            }
        })
    }

    fn expr(&self, views: &Views) -> polars::prelude::Expr {
        match self {
            Self::Brush(brush) => condition(&views[brush.view], *brush),
            Self::Words { view, places, is_in } => {
                let found = word_is_one_of(&views[*view], places);
                if *is_in { found } else { found.not() }
            }
            Self::Either(one, other) => one.expr(views).or(other.expr(views)),
        }
    }
}

/// Which engines take part.
pub(crate) struct Sides<'a> {
    pub(crate) opened: &'a Opened,
    pub(crate) plain: &'a Duck,
    pub(crate) coded: Option<&'a Duck>,
    pub(crate) frames: Option<&'a Rc<Frames>>,
    pub(crate) views: &'a Views,
}

/// Lets all engines take turns at each change.
pub(crate) fn bench(sides: &Sides<'_>, size: u64, report: &mut Report) -> Outcome<()> {
    for (workload, seed) in [("waterfall", 11), ("waterfall_edit", 12)] {
        let (mut stairs, mut rng) = (Stairs::new(sides.views)?, Rng::with_seed(seed));
        let mut spent = [Duration::ZERO; 3];
        for sample in 0..SAMPLES {
            match workload {
                "waterfall" => stairs.toggle(&mut rng),
                _ => stairs.edit(&mut rng),
            }
            if stairs.shown().count() == 0 {
                continue;
            }
            let right = right(&stairs, sides)?;
            let kept: Vec<u64> = right.steps.iter().map(|step| step.kept).collect();
            let (took, told) = muster(&stairs, sides, sample == 0)?;
            if told != right {
                return Err(format!("WRONG: muster told {told:?}, right is {right:?}").into());
            }
            report.add(workload, "muster", took);
            for (peer, spent) in spent.iter_mut().enumerate() {
                if *spent >= PATIENCE {
                    continue;
                }
                let Some((name, took, told)) = peer_of(peer, &stairs, sides)? else { continue };
                if told != kept {
                    return Err(format!("WRONG: {name} told {told:?}, right is {kept:?}").into());
                }
                *spent += took;
                report.add(workload, name, took);
            }
        }
    }
    for time in floor::waterfall(size, 10, SAMPLES) {
        report.add("waterfall", "floor", time);
    }
    Ok(())
}

/// How many are left after each step, and who told so in which time.
type Left = Option<(&'static str, Duration, Vec<u64>)>;

fn peer_of(peer: usize, stairs: &Stairs, sides: &Sides<'_>) -> Outcome<Left> {
    let views = sides.views;
    Ok(match (peer, sides.coded, sides.frames) {
        (0, ..) => Some(counted("duckdb", &sides.plain.db, stairs, (views, false))?),
        (1, Some(coded), _) => Some(counted("duckdb_codes", &coded.db, stairs, (views, true))?),
        (2, _, Some(frames)) => Some(framed(frames, stairs, views)?),
        _ => None,
    })
}

/// The first time is charged with what has to be read.
fn muster(stairs: &Stairs, sides: &Sides<'_>, is_first: bool) -> Outcome<(Duration, Steps)> {
    let nodes: Outcome<Vec<Node>> =
        stairs.steps.iter().map(|step| step.node(sides.views)).collect();
    let mut slice = sides.opened.slice(nodes?);
    for (part, on) in slice.tree.parts.iter_mut().zip(&stairs.on) {
        part.off = !on;
    }
    let began = Instant::now();
    if is_first {
        lens::fill(&sides.opened.session, &slice, &Question::Steps)?;
    }
    let answered = sides.opened.session.ask(&slice, &Question::Steps)?;
    let took = began.elapsed();
    match answered.answer {
        Answer::Steps(steps) => Ok((took, steps)),
        other => Err(format!("WRONG: steps are answered by {other:?}").into()),
    }
}

/// DuckDB names the first step that each row fails.
fn counted(
    name: &'static str,
    db: &Connection,
    stairs: &Stairs,
    (views, is_coded): (&Views, bool),
) -> Outcome<(&'static str, Duration, Vec<u64>)> {
    let mut cases = String::new();
    for (number, step) in stairs.shown().enumerate() {
        cases += &format!(" when ({}) is not true then {number}", step.sql(views, is_coded)?);
    }
    let last = stairs.shown().count();
    let sql = format!(
        "select case{cases} else {last} end::bigint as failed, count(*) from flights group by 1"
    );
    let began = Instant::now();
    let found = rows(db, &sql)?;
    let took = began.elapsed();
    let mut ended = vec![0; last + 1];
    for batch in &found {
        let columns = [0, 1].map(|at| batch.column(at).as_primitive::<Int64Type>());
        for row in 0..batch.num_rows() {
            ended[usize::try_from(columns[0].value(row))?] += u64::try_from(columns[1].value(row))?;
        }
    }
    let mut left: u64 = ended.iter().sum();
    let kept = ended.iter().take(last).map(|ended| {
        left -= ended;
        left
    });
    Ok((name, took, kept.collect()))
}

/// polars works out all conditions together, then their AND one after another.
fn framed(
    frames: &Frames,
    stairs: &Stairs,
    views: &Views,
) -> Outcome<(&'static str, Duration, Vec<u64>)> {
    let conditions: Vec<_> = stairs
        .shown()
        .enumerate()
        .map(|(number, step)| step.expr(views).alias(format!("s{number}")))
        .collect();
    let began = Instant::now();
    let found = frames.codes.clone().lazy().select(conditions).collect()?;
    let mut so_far: Option<BooleanChunked> = None;
    let mut kept = Vec::new();
    for column in found.columns() {
        let own = column.bool()?;
        let both = match so_far {
            None => own.clone(),
            Some(so_far) => (&so_far).bitand(own),
        };
        kept.push(both.sum().map_or(0, u64::from));
        so_far = Some(both);
    }
    Ok(("polars", began.elapsed(), kept))
}

/// All figures of the waterfall, by a statement of its own.
fn right(stairs: &Stairs, sides: &Sides<'_>) -> Outcome<Steps> {
    let shown: Vec<&Step> = stairs.shown().collect();
    let mut columns = Vec::new();
    for (number, step) in shown.iter().enumerate() {
        columns.push(format!("coalesce({}, false) as s{number}", step.sql(sides.views, false)?));
    }
    let sum = |parts: &mut dyn Iterator<Item = String>| parts.collect::<Vec<_>>().join(" + ");
    let failed = sum(&mut (0..shown.len()).map(|number| format!("(not s{number})::integer")));
    let mut figures = vec!["count(*)".to_owned()];
    for number in 0..shown.len() {
        let so_far: Vec<_> = (0..=number).map(|before| format!("s{before}")).collect();
        figures.push(format!("count(*) filter ({})", so_far.join(" and ")));
        figures.push(format!("count(*) filter (s{number})"));
        figures.push(format!("count(*) filter (not s{number} and failed = 1)"));
    }
    figures.push("count(*) filter (failed = 1)".to_owned());
    let sql = format!(
        "select [{}] from (select *, {failed} as failed from (select {} from flights))",
        figures.join(", "),
        columns.join(", ")
    );
    let found = rows(&sides.plain.db, &sql)?;
    let list = found.first().ok_or("no figures")?.column(0).as_list::<i32>().value(0);
    let figures: Vec<u64> = list
        .as_primitive::<Int64Type>()
        .values()
        .iter()
        .map(|figure| u64::try_from(*figure))
        .collect::<Result<_, _>>()?;
    let mut before = figures[0];
    let parts = stairs.on.iter().enumerate().filter(|(_, on)| **on).map(|(part, _)| part);
    let steps = parts.zip(figures[1..].chunks(3)).map(|(part, figures)| {
        let dropped = before - figures[0];
        before = figures[0];
        Line { part, kept: before, dropped, meets_alone: figures[1], gained_without: figures[2] }
    });
    Ok(Steps { of: figures[0], steps: steps.collect(), near_misses: figures[figures.len() - 1] })
}
