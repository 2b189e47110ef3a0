//! Pages of the table of a slice, at places all over it: as when the scroll bar is dragged. Each
//! slice is looked at several times; the first page of each pays for what makes the others quick.

use crate::common::Outcome;
use crate::duck::Duck;
use crate::lens;
use crate::muster_side::{Opened, clause};
use crate::report::Report;
use crate::views::{Brush, COLUMNS, Views, rows};
use duckdb::arrow::array::{Array, AsArray, RecordBatch};
use fastrand::Rng;
use muster::model::clause::Node;
use muster::model::question::{Answer, Question, Sort};
use muster::model::value::Value;
use std::time::Instant;

/// Rows on one screen.
const ROWS: u32 = 44;
/// Slices, of which every second is sorted.
const SLICES: usize = 6;
/// Pages of each.
const PAGES: usize = 8;
/// Rows from which DuckDB is shown fewer pages.
const LARGE: u64 = 50_000_000;

/// Lets Muster and DuckDB give the same pages.
pub(crate) fn bench(
    (opened, plain, views): (&Opened, &Duck, &Views),
    size: u64,
    report: &mut Report,
) -> Outcome<()> {
    report.note("page: polars and duckdb_codes hold codes only, and Mosaic asks what duckdb asks");
    let mut rng = Rng::with_seed(21);
    let pages = if size < LARGE { PAGES } else { 3 };
    for number in 0..SLICES {
        let brushes = brushes(views, &mut rng)?;
        let sort = (number % 2 == 1).then(|| Sort { by: "dep_delay".to_owned(), descending: true });
        let conditions: Outcome<Vec<_>> =
            brushes.iter().map(|brush| views[brush.view].condition(*brush)).collect();
        let filter = conditions?.join(" and ");
        let count = format!("select count(*)::integer from flights where {filter}");
        let kept: u64 = plain.db.query_row(&count, [], |row| row.get(0))?;
        let nodes: Outcome<Vec<Node>> =
            brushes.iter().map(|brush| clause(&views[brush.view], *brush)).collect();
        let slice = opened.slice(nodes?);
        for page in 0..pages {
            let offset = rng.u64(1..kept.saturating_sub(u64::from(ROWS)).max(2));
            let columns = COLUMNS.map(str::to_owned).to_vec();
            let question = Question::Page { columns, sort: sort.clone(), offset, limit: ROWS };
            let began = Instant::now();
            let answered = opened.session.ask(&slice, &question)?;
            if page == 0 {
                // Done behind what is seen, but charged here.
                lens::fill(&opened.session, &slice, &question)?;
            }
            report.add("page", "muster", began.elapsed());
            let order = sort.as_ref().map_or("", |_| "dep_delay desc nulls last, ");
            let sql = format!(
                "select columns(*)::varchar from (select flight_id, {} from flights \
                 where {filter} order by {order}flight_id limit {ROWS} offset {offset})",
                COLUMNS.join(", ")
            );
            let began = Instant::now();
            let right = rows(&plain.db, &sql)?;
            report.add("page", "duckdb", began.elapsed());
            check(&answered.answer, &right)?;
        }
    }
    Ok(())
}

/// Three brushes that keep a good part.
fn brushes(views: &Views, rng: &mut Rng) -> Outcome<Vec<Brush>> {
    ["distance", "dep_minute", "flight_date"]
        .into_iter()
        .map(|column| {
            let view = views.iter().position(|view| view.column == column);
            let view = view.ok_or("a view is missing")?;
            let busy = &views[view].brushed()?.busy;
            let third = (busy.end - busy.start) / 3;
            let from = rng.u16(busy.start..busy.start + third);
            Ok(Brush { view, from, to: rng.u16(busy.end - third..busy.end) })
        })
        .collect()
}

fn check(answer: &Answer, right: &[RecordBatch]) -> Outcome<()> {
    let Answer::Page(page) = answer else {
        return Err("WRONG: a page is answered by something else".into());
    };
    let mut told = page.rows.iter();
    for batch in right {
        for row in 0..batch.num_rows() {
            let cells = (0..batch.num_columns()).map(|at| {
                let column = batch.column(at);
                column.is_valid(row).then(|| column.as_string::<i32>().value(row))
            });
            let own = told.next().ok_or("WRONG: muster gave too few rows")?;
            if own.len() != batch.num_columns()
                || !own.iter().zip(cells).all(|(own, right)| is_same(own, right))
            {
                return Err(
                    format!("WRONG: muster gave the row {own:?}, right is {batch:?}").into()
                );
            }
        }
    }
    match told.next() {
        None => Ok(()),
        Some(row) => Err(format!("WRONG: muster gave the row {row:?} beyond the page").into()),
    }
}

fn is_same(own: &Value, right: Option<&str>) -> bool {
    match (own, right) {
        (Value::Missing, None) => true,
        (Value::Float(own), Some(right)) => right.parse() == Ok(*own),
        (own, Some(right)) => own.display() == right,
        _ => false,
    }
}
