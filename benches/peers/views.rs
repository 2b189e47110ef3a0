//! The linked views of the flights: what each counts, on which grid of pixels it is brushed, and how
//! both are said in SQL.

use crate::common::Outcome;
use duckdb::Connection;
use duckdb::arrow::array::{Array, AsArray, RecordBatch};
use duckdb::arrow::datatypes::{Int32Type, Int64Type};
use jiff::ToSpan as _;
use jiff::civil::Date;
use muster::model::question::Answer;
use std::ops::Range;
use std::sync::Arc;

/// All views, in the order in which they stand on screen.
pub(crate) type Views = Arc<Vec<View>>;

/// A chart of one feature.
#[derive(Debug)]
pub(crate) struct View {
    /// The feature.
    pub(crate) column: String,
    /// What it counts.
    pub(crate) shape: Shape,
    /// Where it is brushed; texts are not.
    pub(crate) pixels: Option<Pixels>,
    /// How many of all rows are in each of its bins, the missing ones last.
    pub(crate) all: Vec<u64>,
}

/// The bins of a view.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Of equal width.
    Bins { start: f64, width: f64, count: usize },
    /// Of the calendar: the unit, and the first day of each.
    Periods { unit: &'static str, starts: Vec<String> },
    /// Values, in their order.
    Words(Vec<String>),
}

/// What a pixel of a brushed view is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    Whole,
    Double,
    Day,
}

/// The pixels of a view. Every one begins at a whole number, so that a brush from pixel to pixel and
/// the condition that it stands for hold for the same rows.
#[derive(Debug)]
pub(crate) struct Pixels {
    pub(crate) scale: Scale,
    /// The first value; of days, the number of days since [`FIRST_DAY`].
    pub(crate) start: i64,
    /// The values, or days, in one pixel.
    pub(crate) step: i64,
    /// How many there are.
    pub(crate) count: u16,
    /// Where most rows are, which is where people brush.
    pub(crate) busy: Range<u16>,
}

const FIRST_DAY: Date = Date::constant(2015, 1, 1);

/// A brush over a view: the pixels from the first to before the second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Brush {
    pub(crate) view: usize,
    pub(crate) from: u16,
    pub(crate) to: u16,
}

/// The ends of a brush, both included.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Ends {
    Whole(i64, i64),
    Double(f64, f64),
    Day(Date, Date),
}

/// The columns of the flights that are drawn, in order.
pub(crate) const COLUMNS: [&str; 9] = [
    "dep_delay",
    "arr_delay",
    "distance",
    "air_time",
    "dep_minute",
    "fare",
    "flight_date",
    "carrier",
    "origin",
];

/// The pixels of a column.
fn pixels(column: &str) -> Option<Pixels> {
    let on = |scale, start, step, count, busy| Some(Pixels { scale, start, step, count, busy });
    match column {
        "dep_delay" | "arr_delay" => on(Scale::Whole, -60, 1, 241, 40..150),
        "distance" => on(Scale::Whole, 0, 10, 499, 3..250),
        "air_time" => on(Scale::Whole, 0, 2, 350, 10..180),
        "dep_minute" => on(Scale::Whole, 0, 3, 480, 100..420),
        "fare" => on(Scale::Double, 0, 2, 501, 19..150),
        "flight_date" => on(Scale::Day, 0, 5, 438, 0..438),
        _ => None,
    }
}

impl View {
    /// The view that an answer of Muster to the first question of its column belongs to. The words
    /// and the counts come from the database.
    pub(crate) fn of(
        (table, column): (&str, &str),
        answer: &Answer,
        db: &Connection,
    ) -> Outcome<Self> {
        let shape = match answer {
            Answer::Histogram(found) => {
                Shape::Bins { start: found.start, width: found.width, count: found.bins.len() }
            }
            Answer::Timeline(found) => Shape::Periods {
                unit: found.unit.word(),
                starts: found.periods.iter().map(|(start, _)| start.clone()).collect(),
            },
            _ => Shape::Words(words(db, table, column)?),
        };
        let (pixels, column) = (pixels(column), column.to_owned());
        let mut view = Self { column, shape, pixels, all: Vec::new() };
        view.all = view.read(&rows(db, &view.counting(table, &view.bin(), &[]))?)?;
        Ok(view)
    }

    /// How many bins there are, the one for missing values not counted.
    pub(crate) fn bins(&self) -> usize {
        match &self.shape {
            Shape::Bins { count, .. } => *count,
            Shape::Periods { starts, .. } => starts.len(),
            Shape::Words(words) => words.len(),
        }
    }

    /// The pixels of a view that is brushed.
    pub(crate) fn brushed(&self) -> Outcome<&Pixels> {
        Ok(self.pixels.as_ref().ok_or("this view is not brushed")?)
    }

    /// The bin of a row as it is said over plain columns: a number from 0, or the text itself.
    pub(crate) fn bin(&self) -> String {
        let column = &self.column;
        let is_whole = self.pixels.as_ref().is_some_and(|pixels| pixels.scale == Scale::Whole);
        match &self.shape {
            Shape::Bins { start, width, .. } if is_whole => {
                format!("({column} - {start}) // {width}")
            }
            Shape::Bins { start, width, .. } => format!("floor(({column} - {start}) / {width})"),
            Shape::Periods { unit, starts } => {
                let first = starts.first().map_or("", |start| &start[..10]);
                format!("datediff('{unit}', date '{first}', {column})")
            }
            Shape::Words(_) => column.clone(),
        }
    }

    /// The name of the enum of its words.
    pub(crate) fn enum_name(&self) -> String {
        format!("{}_words", self.column)
    }

    /// The pixel of a row, over plain columns.
    pub(crate) fn pixel(&self) -> Outcome<String> {
        let (Pixels { scale, start, step, .. }, column) = (self.brushed()?, &self.column);
        Ok(match scale {
            Scale::Whole => format!("({column} - {start}) // {step}"),
            Scale::Double => format!("floor(({column} - {start}) / {step})"),
            Scale::Day => format!("({column} - date '{FIRST_DAY}') // {step}"),
        })
    }

    /// The values at the ends of a brush over it.
    pub(crate) fn ends(&self, brush: Brush) -> Outcome<Ends> {
        let Pixels { scale, start, step, .. } = self.brushed()?;
        let (low, high) =
            (start + step * i64::from(brush.from), start + step * i64::from(brush.to));
        Ok(match scale {
            Scale::Whole => Ends::Whole(low, high - 1),
            Scale::Double => Ends::Double(low as f64, high as f64),
            Scale::Day => Ends::Day(
                FIRST_DAY.checked_add(low.days())?,
                FIRST_DAY.checked_add((high - 1).days())?,
            ),
        })
    }

    /// The condition of a brush over plain columns.
    pub(crate) fn condition(&self, brush: Brush) -> Outcome<String> {
        let column = &self.column;
        Ok(match self.ends(brush)? {
            Ends::Whole(low, high) => format!("{column} between {low} and {high}"),
            Ends::Double(low, high) => {
                format!("{column} between {low}::double and {high}::double")
            }
            Ends::Day(low, high) => format!("{column} between date '{low}' and date '{high}'"),
        })
    }

    /// A statement that counts the rows of a table for which all conditions hold by `bin`. Its rows
    /// are read by [`View::read`].
    pub(crate) fn counting(&self, table: &str, bin: &str, conditions: &[String]) -> String {
        let kind = if matches!(self.shape, Shape::Words(_)) { "varchar" } else { "integer" };
        let filter = match conditions.is_empty() {
            true => String::new(),
            false => format!(" where {}", conditions.join(" and ")),
        };
        format!(
            "select b::{kind}, n from (select {bin} as b, count(*) as n from {table}{filter} group by 1)"
        )
    }

    /// The counts per bin, the missing last, of rows of a bin (a whole number or a text) and a count.
    pub(crate) fn read(&self, batches: &[RecordBatch]) -> Outcome<Vec<u64>> {
        let mut counts = vec![0; self.bins() + 1];
        for batch in batches {
            let (bins, rows) = (batch.column(0), batch.column(1).as_primitive::<Int64Type>());
            for row in 0..batch.num_rows() {
                let place = match &self.shape {
                    _ if bins.is_null(row) => self.bins(),
                    Shape::Words(_) => self.place(bins.as_string::<i32>().value(row))?,
                    _ => usize::try_from(bins.as_primitive::<Int32Type>().value(row))?,
                };
                *counts.get_mut(place).ok_or("a bin that the view does not have")? +=
                    u64::try_from(rows.value(row))?;
            }
        }
        Ok(counts)
    }

    /// The words at some places.
    pub(crate) fn words(&self, places: &[usize]) -> Outcome<Vec<String>> {
        let Shape::Words(words) = &self.shape else { return Err("this view has no words".into()) };
        let found: Option<_> = places.iter().map(|place| words.get(*place).cloned()).collect();
        Ok(found.ok_or("a place without a word")?)
    }

    /// The place of a word among its words.
    pub(crate) fn place(&self, word: &str) -> Outcome<usize> {
        let Shape::Words(words) = &self.shape else { return Err("this view has no words".into()) };
        let found = words.binary_search_by(|known| known.as_str().cmp(word));
        Ok(found.map_err(|_| format!("{word} is no value of {}", self.column))?)
    }
}

/// The different values of a column, in their order.
fn words(db: &Connection, table: &str, column: &str) -> Outcome<Vec<String>> {
    let sql =
        format!("select distinct {column} from {table} where {column} is not null order by 1");
    let mut statement = db.prepare(&sql)?;
    let found = statement.query_map([], |row| row.get(0))?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// The rows of a statement.
pub(crate) fn rows(db: &Connection, sql: &str) -> Outcome<Vec<RecordBatch>> {
    Ok(db.prepare(sql)?.query_arrow([])?.collect())
}
