//! DuckDB by itself: over plain columns, over columns of codes, and the way that Mosaic has of using
//! it. Statements go as text, one for each view, over as many connections as there are threads.

use crate::brush::{Engine, Unread};
use crate::common::Outcome;
use crate::crew::{Crew, THREADS};
use crate::told::Told;
use crate::trace::Run;
use crate::views::{Brush, Shape, View, Views, rows};
use duckdb::arrow::array::RecordBatch;
use duckdb::{AccessMode, Config, Connection};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A database with a connection for each thread.
pub(crate) struct Duck {
    pub(crate) db: Connection,
    crew: Crew<Connection>,
    /// What it cost to load.
    pub(crate) loading: Duration,
}

impl Duck {
    /// A table `flights` in memory, as it is in the file.
    pub(crate) fn plain(file: &Path) -> Outcome<Self> {
        Self::in_memory(file, "create table flights as from source.flights")
    }

    /// A table `flights` in memory whose columns are codes: of numbers and days the pixel in
    /// `p_` and the bin in `b_`, of texts an enum; a code of its own for missing.
    pub(crate) fn coded(file: &Path, views: &Views) -> Outcome<Self> {
        let (mut enums, mut columns) = (Vec::new(), Vec::new());
        for view in views.iter() {
            let (column, bins) = (&view.column, view.bins());
            match (&view.shape, &view.pixels) {
                (Shape::Words(_), _) => {
                    let name = view.enum_name();
                    enums.push(format!(
                        "create type {name} as enum (select distinct {column} from source.flights \
                         where {column} is not null order by 1);"
                    ));
                    columns.push(format!("{column}::{name} as {column}"));
                }
                _ => columns.push(format!(
                    "coalesce({}, 65535)::usmallint as p_{column}, \
                     coalesce({}, {bins})::utinyint as b_{column}",
                    view.pixel()?,
                    view.bin()
                )),
            }
        }
        let table =
            format!("create table flights as select {} from source.flights", columns.join(", "));
        Self::in_memory(file, &(enums.concat() + &table))
    }

    fn in_memory(file: &Path, making: &str) -> Outcome<Self> {
        let began = Instant::now();
        let config = Config::default().threads(THREADS as i64)?;
        let db = Connection::open_in_memory_with_flags(config)?;
        let file = file.display();
        db.execute_batch(&format!(
            "attach '{file}' as source (read_only); {making}; detach source"
        ))?;
        Self::of(db, began)
    }

    /// A database file, opened for reading.
    pub(crate) fn file(file: &Path) -> Outcome<Self> {
        let began = Instant::now();
        let config =
            Config::default().access_mode(AccessMode::ReadOnly)?.threads(THREADS as i64)?;
        Self::of(Connection::open_with_flags(file, config)?, began)
    }

    fn of(db: Connection, began: Instant) -> Outcome<Self> {
        let own: Result<Vec<_>, _> = (0..THREADS).map(|_| db.try_clone()).collect();
        Ok(Self { crew: Crew::new(own?)?, db, loading: began.elapsed() })
    }

    /// Runs statements side by side.
    pub(crate) fn run(&self, statements: Vec<String>) -> Outcome<Vec<Vec<RecordBatch>>> {
        self.crew
            .ask(statements, |db, sql: &String| rows(db, sql).map_err(|error| error.to_string()))
    }
}

/// The condition of a brush over codes.
pub(crate) fn coded_condition(view: &View, brush: Brush) -> String {
    format!("p_{} between {} and {}", view.column, brush.from, brush.to - 1)
}

fn unread(views: &Views, run: &Run, found: Vec<Vec<RecordBatch>>) -> Unread {
    let (views, passive) = (Arc::clone(views), run.passive.clone());
    Box::new(move || {
        let each = passive.iter().zip(&found);
        each.map(|(view, batches)| Ok(Told::Every(views[*view].read(batches)?))).collect()
    })
}

/// One statement per view over plain columns.
pub(crate) struct Plain {
    pub(crate) duck: Rc<Duck>,
    pub(crate) views: Views,
}

impl Engine for Plain {
    fn name(&self) -> &'static str {
        "duckdb"
    }

    fn prepare(&mut self) -> Outcome<Duration> {
        Ok(self.duck.loading)
    }

    fn update(&mut self, run: &Run, event: Brush) -> Outcome<Unread> {
        let statement = |view: &usize| {
            let brushes = run.brushes_on(event, *view);
            let conditions: Outcome<Vec<_>> =
                brushes.iter().map(|brush| self.views[brush.view].condition(*brush)).collect();
            let view = &self.views[*view];
            Ok(view.counting("flights", &view.bin(), &conditions?))
        };
        let statements: Outcome<Vec<_>> = run.passive.iter().map(statement).collect();
        Ok(unread(&self.views, run, self.duck.run(statements?)?))
    }
}

/// One statement per view over codes.
pub(crate) struct Coded {
    pub(crate) duck: Rc<Duck>,
    pub(crate) views: Views,
}

impl Engine for Coded {
    fn name(&self) -> &'static str {
        "duckdb_codes"
    }

    fn prepare(&mut self) -> Outcome<Duration> {
        Ok(self.duck.loading)
    }

    fn update(&mut self, run: &Run, event: Brush) -> Outcome<Unread> {
        let statement = |view: &usize| {
            let brushes = run.brushes_on(event, *view);
            let conditions: Vec<_> = brushes
                .iter()
                .map(|brush| coded_condition(&self.views[brush.view], *brush))
                .collect();
            let view = &self.views[*view];
            let bin = match &view.shape {
                Shape::Words(_) => view.column.clone(),
                _ => format!("b_{}", view.column),
            };
            view.counting("flights", &bin, &conditions)
        };
        let statements = run.passive.iter().map(statement).collect();
        Ok(unread(&self.views, run, self.duck.run(statements)?))
    }
}

/// Mosaic's pre-aggregation: when a view begins to be brushed, every other view gets a table of its
/// counts for each pixel of the brushed one, under the conditions of all others; a brush adds up
/// rows of these. Other conditions make them stale.
///
/// # Source
/// `uwdata/mosaic`, `packages/mosaic/core/src/preagg`; arXiv 2507.19690.
pub(crate) struct Mosaic {
    pub(crate) duck: Rc<Duck>,
    pub(crate) views: Views,
}

impl Engine for Mosaic {
    fn name(&self) -> &'static str {
        "mosaic"
    }

    fn prepare(&mut self) -> Outcome<Duration> {
        Ok(self.duck.loading)
    }

    fn switch(&mut self, run: &Run) -> Outcome<()> {
        let pixel = self.views[run.active].pixel()?;
        let standing = self.views[run.standing.view].condition(run.standing)?;
        let table = |view: &usize| {
            let filter = match run.standing.view == *view {
                true => String::new(),
                false => format!(" where {standing}"),
            };
            format!(
                "create table cube_{view} as select {pixel} as pixel, {} as b, count(*) as n \
                 from flights{filter} group by all",
                self.views[*view].bin()
            )
        };
        self.duck.run(run.passive.iter().map(table).collect())?;
        Ok(())
    }

    fn update(&mut self, run: &Run, event: Brush) -> Outcome<Unread> {
        let (from, last) = (event.from, event.to - 1);
        let statement = |view: &usize| {
            let kind = match self.views[*view].shape {
                Shape::Words(_) => "varchar",
                _ => "integer",
            };
            format!(
                "select b::{kind}, sum(n)::bigint from cube_{view} \
                 where pixel between {from} and {last} group by b"
            )
        };
        let statements = run.passive.iter().map(statement).collect();
        Ok(unread(&self.views, run, self.duck.run(statements)?))
    }

    fn leave(&mut self) -> Outcome<()> {
        let drop = |view| format!("drop table if exists cube_{view};");
        Ok(self.duck.db.execute_batch(&(0..self.views.len()).map(drop).collect::<String>())?)
    }
}
