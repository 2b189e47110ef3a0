//! polars over frames in memory. It is built without its categories and small unsigned numbers
//! here, as Muster is, so texts are the 16-bit codes that a category holds, and bins and pixels too.

use crate::brush::{Engine, Unread};
use crate::common::Outcome;
use crate::duck::Duck;
use crate::told::Told;
use crate::trace::Run;
use crate::views::{Brush, Shape, View, Views};
use duckdb::arrow::array::AsArray;
use duckdb::arrow::datatypes::Int16Type;
use polars::prelude::{
    Column, DataFrame, Engine as Collector, Expr, Int16Chunked, IntoColumn, IntoLazy, LazyFrame,
    OptFlags, col, len, lit,
};
use std::rc::Rc;
use std::time::{Duration, Instant};

/// The codes of all flights.
pub(crate) struct Frames {
    pub(crate) codes: DataFrame,
    loading: Duration,
}

impl Frames {
    /// Takes the codes over from DuckDB, which made them; both are its cost.
    pub(crate) fn new(coded: &Duck, views: &Views) -> Outcome<Self> {
        let began = Instant::now();
        let mut columns = Vec::new();
        for view in views.iter() {
            let (name, bins) = (&view.column, view.bins());
            if view.pixels.is_some() {
                columns.push(numbers(coded, &format!("p_{name}"), &format!("p_{name}"))?);
                columns.push(numbers(coded, &format!("b_{name}"), &format!("b_{name}"))?);
            } else {
                let code = format!("coalesce(enum_code({name}), {bins})");
                columns.push(numbers(coded, &code, &format!("b_{name}"))?);
            }
        }
        let rows = columns.first().map_or(0, Column::len);
        let codes = DataFrame::new(rows, columns)?;
        Ok(Self { codes, loading: coded.loading + began.elapsed() })
    }
}

/// A column of small numbers; what is above 32,767 means missing and is -1.
fn numbers(coded: &Duck, what: &str, name: &str) -> Outcome<Column> {
    let sql = format!("select if({what} > 32767, -1, {what})::smallint from flights");
    let mut statement = coded.db.prepare(&sql)?;
    let mut all = Vec::new();
    for batch in statement.stream_arrow([])? {
        all.extend_from_slice(batch?.column(0).as_primitive::<Int16Type>().values());
    }
    Ok(Int16Chunked::from_vec(name.into(), all).into_column())
}

/// The condition of a brush.
pub(crate) fn condition(view: &View, brush: Brush) -> Expr {
    let pixel = || col(format!("p_{}", view.column));
    let end = |pixel: u16| lit(pixel as i16);
    pixel().gt_eq(end(brush.from)).and(pixel().lt(end(brush.to)))
}

/// The rows that views with the same brushes keep are found once; then all views are counted
/// together. One query for each view takes about twice as long, whether collected together or not.
pub(crate) struct Polars {
    pub(crate) frames: Rc<Frames>,
    pub(crate) views: Views,
}

impl Polars {
    fn bin(&self, view: usize) -> String {
        format!("b_{}", self.views[view].column)
    }

    /// The bins of views that all obey these brushes, of the rows that are kept.
    fn kept(&self, brushes: &[Brush], views: &[usize]) -> Outcome<DataFrame> {
        let conditions = brushes.iter().map(|brush| condition(&self.views[brush.view], *brush));
        let kept = conditions.reduce(Expr::and).unwrap_or_else(|| lit(true));
        let bins: Vec<_> = views.iter().map(|view| col(self.bin(*view))).collect();
        Ok(self.frames.codes.clone().lazy().filter(kept).select(bins).collect()?)
    }
}

impl Engine for Polars {
    fn name(&self) -> &'static str {
        "polars"
    }

    fn prepare(&mut self) -> Outcome<Duration> {
        Ok(self.frames.loading)
    }

    fn update(&mut self, run: &Run, event: Brush) -> Outcome<Unread> {
        let (own, others): (Vec<usize>, Vec<usize>) =
            run.passive.iter().partition(|view| **view == run.standing.view);
        let (own_kept, kept) =
            (self.kept(&[event], &own)?, self.kept(&[run.standing, event], &others)?);
        let query = |view: &usize| {
            let from = if own.contains(view) { &own_kept } else { &kept };
            from.clone().lazy().group_by([col(self.bin(*view))]).agg([len()]).logical_plan
        };
        let queries = run.passive.iter().map(query).collect();
        let found =
            LazyFrame::collect_all_with_engine(queries, Collector::InMemory, OptFlags::default())?;
        let bins: Vec<usize> = run.passive.iter().map(|view| self.views[*view].bins()).collect();
        Ok(Box::new(move || found.iter().zip(&bins).map(|(f, bins)| counts(f, *bins)).collect()))
    }
}

fn counts(found: &DataFrame, bins: usize) -> Outcome<Told> {
    let mut counts = vec![0; bins + 1];
    let (places, rows) = (found.columns()[0].i16()?, found.columns()[1].u32()?);
    for (place, rows) in places.iter().zip(rows.iter()) {
        let place = usize::try_from(place.unwrap_or(-1))?;
        *counts.get_mut(place).ok_or("a bin that the view does not have")? +=
            u64::from(rows.unwrap_or(0));
    }
    Ok(Told::Every(counts))
}

/// The code of a word of a view without pixels.
pub(crate) fn word_is_one_of(view: &View, places: &[usize]) -> Expr {
    debug_assert!(matches!(view.shape, Shape::Words(_)));
    let name = format!("b_{}", view.column);
    places
        .iter()
        .map(|place| col(name.clone()).eq(lit(*place as i16)))
        .reduce(Expr::or)
        .unwrap_or_else(|| lit(false))
}
