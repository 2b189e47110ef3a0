//! Answers a question: compiles it, runs it, and makes plain numbers of the rows.

use crate::compile::{self, Bins, Extent, Query};
use crate::engine::session::{NumberedOrder, Session};
use crate::model::answer::{
    Answer, BoxSummary, Counts, Grid, Histogram, Page, Profile, RelatedRows, Size, Step, Steps,
    Timeline, Values,
};
use crate::model::clause::Unit;
use crate::model::failure::Failure;
use crate::model::question::{Question, Slice};
use crate::model::value::{Kind, Value};
use crate::sql;
use std::collections::BTreeMap;

/// Points of a scatter are drawn one by one up to this many.
const POINTS_MAX: u32 = 2_000;

/// Related rows shown in a profile, per table.
const RELATED_MAX: u32 = 200;

/// The answer, and the statement that plain DuckDB runs for the same numbers.
pub(in crate::engine) fn answer(
    session: &Session,
    slice: &Slice,
    question: &Question,
) -> Result<(Answer, String), Failure> {
    let catalog = session.catalog();
    match question {
        Question::Size => size(session, slice),
        Question::Members => Ok((Answer::Members, compile::members(catalog, slice)?.portable())),
        Question::Steps => steps(session, slice),
        Question::Histogram { column, bins_max } => histogram(session, slice, column, *bins_max),
        Question::Values { column, top, search } => values(session, slice, (column, *top, search)),
        Question::Timeline { column, periods_max } => {
            timeline(session, slice, column, *periods_max)
        }
        Question::Grid { x, y, cells_max } => grid(session, slice, (x, y), *cells_max),
        Question::Boxes { number, by, top } => boxes(session, slice, (number, by), *top),
        Question::Page { columns, sort, offset, limit } => {
            page(session, slice, (columns, sort.as_ref()), (*offset, *limit))
        }
        Question::Profile { key } => profile(session, slice, key),
    }
}

/// The rows of a statement.
type Figures = Vec<Vec<Value>>;

fn run(session: &Session, query: &Query) -> Result<(Figures, String), Failure> {
    Ok((session.figures(query)?, query.portable()))
}

fn count(row: &[Value], column: usize) -> u64 {
    row.get(column).and_then(Value::as_u64).unwrap_or(0)
}

fn counts(row: &[Value], column: usize) -> Counts {
    Counts { all: count(row, column), kept: count(row, column + 1) }
}

fn add(to: &mut Counts, more: Counts) {
    to.all += more.all;
    to.kept += more.kept;
}

fn size(session: &Session, slice: &Slice) -> Result<(Answer, String), Failure> {
    let (rows, sql) = run(session, &compile::size(session.catalog(), slice)?)?;
    let row = first(&rows)?;
    Ok((Answer::Size(Size { kept: count(row, 0), of: count(row, 1) }), sql))
}

fn first(rows: &Figures) -> Result<&[Value], Failure> {
    rows.first()
        .map(Vec::as_slice)
        .ok_or_else(|| Failure::new("the database gave no answer", "", "open the source again"))
}

fn steps(session: &Session, slice: &Slice) -> Result<(Answer, String), Failure> {
    let (query, parts) = compile::steps(session.catalog(), slice)?;
    let (rows, sql) = run(session, &query)?;
    let row = first(&rows)?;
    let of = count(row, 0);
    let mut before = of;
    let mut steps = Vec::new();
    for (number, part) in parts.iter().enumerate() {
        let at = 1 + 3 * number;
        let kept = count(row, at);
        steps.push(Step {
            part: *part,
            kept,
            dropped: before.saturating_sub(kept),
            meets_alone: count(row, at + 1),
            gained_without: count(row, at + 2),
        });
        before = kept;
    }
    let near_misses = count(row, 1 + 3 * parts.len());
    Ok((Answer::Steps(Steps { of, steps, near_misses }), sql))
}

/// The least and greatest finite value of a feature in the cohort as text; `None` when it has none.
fn range(
    session: &Session,
    slice: &Slice,
    column: &str,
    query: impl Fn(Extent) -> Result<Query, Failure>,
) -> Result<Option<(String, String)>, Failure> {
    let key = (slice.cohort.clone(), column.to_owned());
    if let Some(known) = session.kept().ranges.get(&key) {
        return Ok(Some(known.clone()));
    }
    for extent in [Extent::All, Extent::Finite] {
        let rows = session.figures(&query(extent)?)?;
        let row = first(&rows)?;
        if row.iter().any(Value::is_missing) {
            continue;
        }
        let found = (row[0].display(), row[1].display());
        // Not finite: `inf`, `-inf`, `NaN` as numbers, `infinity` as a date.
        if [&found.0, &found.1].iter().all(|end| !end.contains(['i', 'a'])) {
            session.kept().ranges.insert(key, found.clone());
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn bins(session: &Session, slice: &Slice, column: &str, bins_max: u16) -> Result<Bins, Failure> {
    let catalog = session.catalog();
    let whole = catalog
        .entity(&slice.cohort.entity)
        .and_then(|e| e.feature(column))
        .is_some_and(|c| c.kind == Kind::Integer);
    let found = range(session, slice, column, |e| compile::range(catalog, slice, column, e))?;
    let number = |text: &str| text.parse::<f64>().unwrap_or(0.0);
    Ok(match found {
        Some((low, high)) => compile::nice_bins(number(&low), number(&high), bins_max, whole),
        None => Bins { start: 0.0, width: 1.0, count: 1 },
    })
}

fn histogram(
    session: &Session,
    slice: &Slice,
    column: &str,
    bins_max: u16,
) -> Result<(Answer, String), Failure> {
    let bins = bins(session, slice, column, bins_max)?;
    let query = compile::histogram(session.catalog(), slice, column, bins)?;
    let (rows, sql) = run(session, &query)?;
    let mut found = Histogram {
        start: bins.start,
        width: bins.width,
        bins: vec![Counts::default(); usize::from(bins.count)],
        missing: Counts::default(),
        not_finite: Counts::default(),
    };
    for row in &rows {
        let place = match &row[0] {
            Value::Integer(-1) => &mut found.not_finite,
            Value::Integer(bin) => {
                let bin = usize::try_from(*bin).unwrap_or(0).min(found.bins.len() - 1);
                &mut found.bins[bin]
            }
            _ => &mut found.missing,
        };
        add(place, counts(row, 1));
    }
    Ok((Answer::Histogram(found), sql))
}

fn values(
    session: &Session,
    slice: &Slice,
    (column, top, search): (&str, u16, &str),
) -> Result<(Answer, String), Failure> {
    let catalog = session.catalog();
    let query = compile::values(catalog, slice, column, top, search)?;
    let feature = catalog.entity(&slice.cohort.entity).and_then(|e| e.feature(column));
    let plain = feature.is_some_and(|f| {
        matches!(f.kind, Kind::Integer | Kind::Boolean) || f.type_name == "VARCHAR"
    });
    // A date among the values has to come as one, for clauses are made from it.
    let rows = if plain { session.figures(&query)? } else { session.run(&query)?.rows };
    let sql = query.portable();
    let row = first(&rows)?;
    let total = counts(row, 3);
    let mut found = Values {
        top: Vec::new(),
        others: Counts::default(),
        distinct: count(row, 5),
        missing: counts(row, 6),
    };
    let mut shown = Counts::default();
    for row in rows.iter().filter(|row| !row[0].is_missing()) {
        let counts = counts(row, 1);
        add(&mut shown, counts);
        found.top.push((row[0].clone(), counts));
    }
    found.others = Counts { all: total.all - shown.all, kept: total.kept - shown.kept };
    Ok((Answer::Values(found), sql))
}

fn timeline(
    session: &Session,
    slice: &Slice,
    column: &str,
    periods_max: u16,
) -> Result<(Answer, String), Failure> {
    let catalog = session.catalog();
    let found = range(session, slice, column, |e| compile::time_range(catalog, slice, column, e))?;
    let periods = found.and_then(|(low, high)| compile::periods(&low, &high, periods_max));
    let (unit, starts) = periods.map_or((Unit::Year, Vec::new()), |p| (p.unit, p.starts));
    let query = compile::timeline(catalog, slice, column, unit)?;
    let (rows, sql) = run(session, &query)?;
    let mut missing = Counts::default();
    let mut found: BTreeMap<String, Counts> = BTreeMap::new();
    for row in &rows {
        match &row[0] {
            Value::Missing => add(&mut missing, counts(row, 1)),
            period => add(found.entry(period.display()).or_default(), counts(row, 1)),
        }
    }
    // Years before 1 have no fixed width; they come first as the database gave them.
    let mut periods: Vec<(String, Counts)> = starts
        .into_iter()
        .map(|start| {
            let counts = found.remove(&start).unwrap_or_default();
            (start, counts)
        })
        .collect();
    periods.splice(0..0, found);
    Ok((Answer::Timeline(Timeline { unit, periods, missing }), sql))
}

fn grid(
    session: &Session,
    slice: &Slice,
    (x, y): (&str, &str),
    cells_max: u16,
) -> Result<(Answer, String), Failure> {
    let catalog = session.catalog();
    let xs = bins(session, slice, x, cells_max)?;
    let ys = bins(session, slice, y, cells_max)?;
    let (rows, sql) = run(session, &compile::grid(catalog, slice, (x, xs), (y, ys))?)?;
    let mut found = Grid {
        x: (xs.start, xs.width),
        y: (ys.start, ys.width),
        cells: Vec::new(),
        points: Vec::new(),
        missing: 0,
    };
    let mut total = 0;
    for row in &rows {
        match (row[0].as_u64(), row[1].as_u64()) {
            (Some(x), Some(y)) => {
                found.cells.push((x as u16, y as u16, count(row, 2)));
                total += count(row, 2);
            }
            _ => found.missing += count(row, 2),
        }
    }
    if total <= u64::from(POINTS_MAX) {
        let rows = session.figures(&compile::grid_points(catalog, slice, x, y, POINTS_MAX)?)?;
        let points = rows.iter().filter_map(|r| Some((r[0].as_f64()?, r[1].as_f64()?)));
        found.points = points.collect();
    }
    Ok((Answer::Grid(found), sql))
}

fn boxes(
    session: &Session,
    slice: &Slice,
    (number, by): (&str, &str),
    top: u16,
) -> Result<(Answer, String), Failure> {
    let query = compile::boxes(session.catalog(), slice, number, by, top)?;
    let (rows, sql) = (session.run(&query)?.rows, query.portable());
    let summaries = rows.iter().map(|row| BoxSummary {
        group: row[0].clone(),
        count: count(row, 1),
        five: std::array::from_fn(|i| row[2 + i].as_f64().unwrap_or(0.0)),
    });
    Ok((Answer::Boxes(summaries.collect()), sql))
}

/// A page. The keys are numbered once per slice and sort, so that a deep page costs as little as
/// the first; the first page alone is read directly.
fn page(
    session: &Session,
    slice: &Slice,
    (columns, sort): (&[String], Option<&(String, bool)>),
    window: (u64, u32),
) -> Result<(Answer, String), Failure> {
    let catalog = session.catalog();
    let plain = compile::page(catalog, slice, columns, sort, window)?;
    let rows = if window.0 == 0 {
        session.run(&plain)?
    } else {
        let table = numbered(session, slice, sort)?;
        session.run(&compile::page_of_order(catalog, slice, columns, &table, window)?)?
    };
    let key = catalog.entity(&slice.cohort.entity).map(|e| e.key.clone()).unwrap_or_default();
    let columns = std::iter::once(key).chain(columns.iter().cloned()).collect();
    let page = Page { offset: window.0, columns, rows: rows.rows };
    Ok((Answer::Page(page), plain.portable()))
}

fn numbered(
    session: &Session,
    slice: &Slice,
    sort: Option<&(String, bool)>,
) -> Result<String, Failure> {
    // Held while the order is made: a second page of the same order waits for it.
    let mut kept = session.kept();
    let old = kept.order.take();
    if let Some(known) = &old
        && known.slice == *slice
        && known.sort.as_ref() == sort
    {
        let table = known.table.clone();
        kept.order = old;
        return Ok(table);
    }
    kept.orders += 1;
    let table = format!("people_order_{}", kept.orders);
    let query = compile::order(session.catalog(), slice, sort)?;
    session.store().attach()?;
    if let Some(old) = old {
        session.store().execute(sql::session::forget(&old.table).text())?;
    }
    session
        .store()
        .execute(sql::session::keep_result(&table, &session.statement(&query)).text())?;
    kept.order =
        Some(NumberedOrder { slice: slice.clone(), sort: sort.cloned(), table: table.clone() });
    Ok(table)
}

fn profile(session: &Session, slice: &Slice, key: &Value) -> Result<(Answer, String), Failure> {
    let catalog = session.catalog();
    let queries = compile::profile(catalog, slice, key, RELATED_MAX)?;
    let (rows, sql) = (session.run(&queries.main)?, queries.main.portable());
    let Some(row) = rows.rows.first() else {
        return Err(Failure::wrong_use(
            format!("there is no {} \"{key}\"", slice.cohort.entity),
            "",
            "check the id",
        ));
    };
    let verdict = |value: &Value| match value {
        Value::Boolean(b) => Some(*b),
        _ => None,
    };
    let parts = queries.paths.len();
    let why = queries.paths.into_iter().zip(row[1..=parts].iter().map(verdict)).collect();
    let in_cohort = verdict(&row[0]) == Some(true);
    let names = rows.columns[parts + 2..].iter().cloned();
    let features = names.zip(row[parts + 2..].iter().cloned()).collect();
    let mut related = Vec::new();
    for query in queries.related {
        let rows = session.run(&query.query)?;
        let total = rows.rows.first().map_or(0, |row| count(row, 0));
        related.push(RelatedRows {
            table: query.table,
            time_column: query.time_column,
            total,
            columns: query.columns,
            rows: rows.rows.into_iter().map(|mut row| row.split_off(1)).collect(),
        });
    }
    let profile = Profile {
        key: key.clone(),
        features,
        related,
        why,
        in_cohort,
        in_slice: in_cohort && verdict(&row[parts + 1]) == Some(true),
    };
    Ok((Answer::Profile(profile), sql))
}
