//! Counts by code → what charts show.

use super::bits::Bitmap;
use super::column::{Codes, Column, Nature, Values as Known};
use super::constant::{day_text, micros, micros_of};
use super::eye::{Eye, Lack, Source};
use super::held::{Plate, Tally};
use crate::bind::{Bins, BoundSlice, Periods};
use crate::model::catalog::Column as Feature;
use crate::model::question::{Counts, Grid, Histogram, Shares, Timeline, Values};
use crate::model::value::{Kind, Value};
use std::cell::LazyCell;
use std::cmp::Reverse;
use std::sync::Arc;

/// How often each code is there, in the cohort and in the slice.
struct Tallies {
    all: Arc<Tally>,
    kept: Arc<Tally>,
}

impl Tallies {
    fn counts(&self, code: usize) -> Counts {
        Counts { all: self.all.counts[code].into(), kept: self.kept.counts[code].into() }
    }
}

/// What a chart counts by.
enum Counted {
    Column(Arc<Column>),
    Plate(Arc<Plate>),
}

impl Counted {
    fn codes(&self) -> &Codes {
        match self {
            Self::Column(column) => &column.codes,
            Self::Plate(plate) => &plate.codes,
        }
    }

    fn distinct(&self) -> usize {
        match self {
            Self::Column(column) => column.distinct(),
            Self::Plate(plate) => plate.distinct,
        }
    }
}

/// A chart of one column.
struct Drawn<'c> {
    column: Arc<Column>,
    /// Tells it from other charts of its entity.
    name: String,
    /// How many places it has: bins or periods, and what is in none of them.
    places: usize,
    /// The place of each code.
    place_of: &'c dyn Fn(usize) -> usize,
}

/// Beyond so many codes, a chart counts by its own bins: of at most so many a row takes a byte, and
/// what a count costs is how many bytes it goes through.
const COUNTED_MAX: usize = 0x100;

impl<'q> Eye<'_, 'q> {
    pub(super) fn histogram(
        &mut self,
        slice: &'q BoundSlice<'q>,
        number: &'q Feature,
        bins: Bins,
    ) -> Result<Histogram, Lack<'q>> {
        let (sets, column) = (self.sets(slice), self.drawn(slice, Source::shown(number)));
        let ((cohort, kept), column) = self.both(sets, column)?;
        let last = usize::from(bins.count);
        // Codes of a plate: 0 missing, then the bins, then what is not finite.
        let bin_of = |code: usize| match float_at(&column, code) {
            None => 0,
            Some(value) if !value.is_finite() => last + 1,
            Some(value) => 1 + bin(bins, value),
        };
        let name = format!("bins {bins:?} {}", Source::shown(number).identity());
        let drawn =
            Drawn { column: Arc::clone(&column), name, places: last + 2, place_of: &bin_of };
        let places = self.by_place(slice, &drawn, (&cohort, &kept));
        Ok(Histogram {
            start: bins.start,
            width: bins.width,
            missing: places[0],
            not_finite: places[last + 1],
            bins: places[1..=last].to_vec(),
        })
    }

    pub(super) fn timeline(
        &mut self,
        slice: &'q BoundSlice<'q>,
        moment: &'q Feature,
        periods: &Periods,
    ) -> Result<Timeline, Lack<'q>> {
        let (sets, column) = (self.sets(slice), self.drawn(slice, Source::shown(moment)));
        let ((cohort, kept), column) = self.both(sets, column)?;
        let starts = starts(periods).ok_or(Lack::Never)?;
        let last = starts.len();
        let place_of = |code: usize| period(&column, code, &starts);
        let name = format!("periods {:?} {starts:?} {}", periods.unit, moment.name);
        let drawn =
            Drawn { column: Arc::clone(&column), name, places: last + 2, place_of: &place_of };
        let places = self.by_place(slice, &drawn, (&cohort, &kept));
        // What lies before the first period is in years that have no fixed width.
        if places[last + 1] != Counts::default() {
            return Err(Lack::Never);
        }
        let shown = periods.starts.iter().cloned().zip(places[1..=last].iter().copied());
        Ok(Timeline { unit: periods.unit, periods: shown.collect(), missing: places[0] })
    }

    pub(super) fn values(
        &mut self,
        slice: &'q BoundSlice<'q>,
        feature: &'q Feature,
        (top, search): (u16, &str),
    ) -> Result<Values, Lack<'q>> {
        let source = Source::Feature(feature);
        let is_plain = match feature.kind {
            Kind::Text => feature.type_name.eq_ignore_ascii_case("VARCHAR"),
            kind => matches!(kind, Kind::Boolean | Kind::Integer | Kind::Date),
        };
        if !is_plain {
            return Err(Lack::Never);
        }
        let (sets, column) = (self.sets(slice), self.drawn(slice, source));
        let ((cohort, kept), column) = self.both(sets, column)?;
        let counted = Counted::Column(Arc::clone(&column));
        let tallies = self.tallies(slice, &source.identity(), &counted, (&cohort, &kept));
        let matches = matching(&column, search).ok_or(Lack::Never)?;
        let mut found: Vec<(usize, Counts)> = (1..counted.distinct())
            .map(|code| (code, tallies.counts(code)))
            .filter(|(code, counts)| counts.all > 0 && matches(*code))
            .collect();
        let distinct = found.len() as u64;
        let mut others = Counts::default();
        for (_, counts) in &found {
            others += *counts;
        }
        let order =
            |found: &(usize, Counts)| (Reverse(found.1.kept), Reverse(found.1.all), found.0);
        let top = usize::from(top).min(found.len());
        if top > 0 && top < found.len() {
            found.select_nth_unstable_by_key(top - 1, order);
        }
        found.truncate(top);
        found.sort_unstable_by_key(order);
        let mut shown = Vec::with_capacity(top);
        for (code, counts) in found {
            others.all -= counts.all;
            others.kept -= counts.kept;
            shown.push((value_at(&column, code).ok_or(Lack::Never)?, counts));
        }
        Ok(Values { top: shown, others, distinct, missing: tallies.counts(0) })
    }

    pub(super) fn grid(
        &mut self,
        slice: &'q BoundSlice<'q>,
        (x, across): (&'q Feature, Bins),
        (y, up): (&'q Feature, Bins),
        points_max: u32,
    ) -> Result<Grid, Lack<'q>> {
        let sets = self.sets(slice);
        let columns =
            (self.drawn(slice, Source::Feature(x)), self.drawn(slice, Source::Feature(y)));
        let columns = self.both(columns.0, columns.1);
        let ((cohort, kept), (of_x, of_y)) = self.both(sets, columns)?;
        let (columns, rows) = (usize::from(across.count), usize::from(up.count));
        let side = |column: &Column, bins: Bins| -> Vec<usize> {
            let bin_of = |code| float_at(column, code).filter(|value| value.is_finite());
            (0..column.distinct())
                .map(|code| bin_of(code).map_or(0, |v| 1 + bin(bins, v)))
                .collect()
        };
        let name = format!("cells {across:?} {up:?} {:?} {:?}", x.name, y.name);
        let plate = self.plate(&name, 1 + columns * rows, || {
            let (across, up) = (side(&of_x, across), side(&of_y, up));
            let pairs = of_x.codes.numbers().zip(of_y.codes.numbers());
            let cells = pairs.map(|(x, y)| match (across[x as usize], up[y as usize]) {
                (0, _) | (_, 0) => 0,
                (x, y) => (1 + (x - 1) * rows + y - 1) as u32,
            });
            Codes::of(cells, 1 + columns * rows)
        });
        let tallies = self.tallies(slice, &name, &Counted::Plate(plate), (&cohort, &kept));
        let counts = &tallies.kept.counts;
        let cells = (1..counts.len()).filter(|code| counts[*code] > 0).map(|code| {
            let (x, y) = ((code - 1) / rows, (code - 1) % rows);
            (x as u16, y as u16, u64::from(counts[code]))
        });
        let mut grid = Grid {
            x: (across.start, across.width),
            y: (up.start, up.width),
            cells: cells.collect(),
            points: Vec::new(),
            missing: counts[0].into(),
        };
        if grid.cells.iter().map(|cell| cell.2).sum::<u64>() <= points_max.into() {
            let at = |column: &Column, row| float_at(column, column.codes.at(row) as usize);
            let points = kept.iter().filter_map(|row| Some((at(&of_x, row)?, at(&of_y, row)?)));
            grid.points = points.filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
        }
        Ok(grid)
    }

    pub(super) fn shares(
        &mut self,
        slice: &'q BoundSlice<'q>,
        (moment, by): (&'q Feature, &'q Feature),
        periods: &Periods,
        top: u16,
    ) -> Result<Shares, Lack<'q>> {
        let sets = self.sets(slice);
        let of_values = self.values(slice, by, (0, "")).map(|_| ());
        let columns =
            (self.drawn(slice, Source::shown(moment)), self.drawn(slice, Source::Feature(by)));
        let columns = self.both(columns.0, columns.1);
        let ((cohort, kept), (when, what)) = self.both(sets, columns)?;
        of_values?;
        let starts = starts(periods).ok_or(Lack::Never)?;
        // Looked up when codes are made: there may be as many moments as rows.
        let period_of = LazyCell::new(|| {
            (0..when.distinct()).map(|code| period(&when, code, &starts)).collect::<Vec<usize>>()
        });
        let of_places =
            format!("places {} {:?} {:?}", slice.cohort_identity(), moment.name, by.name);
        let columns = (when.as_ref(), what.as_ref());
        let has_moment = |code: u32| period_of[code as usize] > 0;
        let places = self.places(&of_places, columns, &has_moment, (&cohort, usize::from(top)));
        // A value's place among the most frequent; all others, with the missing, come last.
        let mut place_of = vec![places.len(); what.distinct()];
        for (place, code) in places.iter().enumerate() {
            place_of[*code] = place;
        }
        let width = places.len() + 1;
        let name = format!("shares {places:?} {starts:?} {:?} {:?}", moment.name, by.name);
        let plate = self.plate(&name, (starts.len() + 2) * width, || {
            let pairs = when.codes.numbers().zip(what.codes.numbers());
            let places = pairs.map(|(when, what)| {
                (period_of[when as usize] * width + place_of[what as usize]) as u32
            });
            Codes::of(places, (starts.len() + 2) * width)
        });
        let tallies = self.tallies(slice, &name, &Counted::Plate(plate), (&cohort, &kept));
        let line = |period: usize| {
            let kept = &tallies.kept.counts[period * width..(period + 1) * width];
            kept.iter().map(|count| u64::from(*count)).collect::<Vec<u64>>()
        };
        let all_others = |period: &usize| tallies.all.counts[period * width + width - 1] > 0;
        if tallies.all.counts[(starts.len() + 1) * width..].iter().any(|count| *count > 0) {
            return Err(Lack::Never);
        }
        // A value that no row of the cohort has with a moment is not shown.
        let has_others = (1..=starts.len()).any(|period| all_others(&period));
        let mut values = Vec::with_capacity(width);
        for code in &places {
            let value = if *code == 0 { Some(Value::Missing) } else { value_at(&what, *code) };
            values.push(Some(value.ok_or(Lack::Never)?));
        }
        if has_others {
            values.push(None);
        }
        let shown = periods.starts.iter().cloned().zip(1..).map(|(start, period)| {
            let mut counts = line(period);
            counts.truncate(values.len());
            (start, counts)
        });
        let shown = shown.collect();
        let missing = line(0).iter().sum();
        Ok(Shares { unit: periods.unit, values, periods: shown, missing })
    }

    /// The codes of the values that are most frequent in the cohort, among those with a moment.
    /// Missing is one of them.
    fn places(
        &self,
        name: &str,
        (when, what): (&Column, &Column),
        has_moment: &dyn Fn(u32) -> bool,
        (cohort, top): (&Arc<Bitmap>, usize),
    ) -> Vec<usize> {
        let name = self.name(name);
        let known = self.lens.held().get::<Tally>(&name);
        let tally = known.unwrap_or_else(|| {
            let mut counts = vec![0; what.distinct()];
            for row in cohort.iter() {
                if has_moment(when.codes.at(row)) {
                    counts[what.codes.at(row) as usize] += 1;
                }
            }
            let tally = Arc::new(Tally { rows: Arc::clone(cohort), counts });
            self.lens.held().put(name, Arc::clone(&tally));
            tally
        });
        let counts = &tally.counts;
        let mut found: Vec<usize> = (0..counts.len()).filter(|code| counts[*code] > 0).collect();
        found.sort_by_key(|code| (Reverse(counts[*code]), *code == 0, *code));
        found.truncate(top);
        found
    }

    /// The cohort and the slice.
    fn sets(&mut self, slice: &'q BoundSlice<'q>) -> Result<(Arc<Bitmap>, Arc<Bitmap>), Lack<'q>> {
        let (cohort, kept) = (self.cohort(slice), self.kept(slice));
        match (cohort, kept) {
            (Some(cohort), Some(kept)) => Ok((cohort, kept)),
            _ => Err(self.lack()),
        }
    }

    /// A column that a chart is drawn from.
    fn drawn(
        &mut self,
        slice: &'q BoundSlice<'q>,
        source: Source<'q>,
    ) -> Result<Arc<Column>, Lack<'q>> {
        if self.is_unfit(source) {
            return Err(Lack::Never);
        }
        self.column(slice, source).ok_or_else(|| self.lack())
    }

    /// Two things of which either may be lacking; what is lacking for both is told together.
    fn both<A, B>(
        &self,
        one: Result<A, Lack<'q>>,
        other: Result<B, Lack<'q>>,
    ) -> Result<(A, B), Lack<'q>> {
        match (one, other) {
            (Ok(one), Ok(other)) => Ok((one, other)),
            (Err(Lack::Never), _) | (_, Err(Lack::Never)) => Err(Lack::Never),
            _ => Err(self.lack()),
        }
    }

    fn lack(&self) -> Lack<'q> {
        Lack::Needs(self.needs.clone())
    }

    /// How many fall into each place of a chart. Counted by the codes of its column where they are
    /// few, and by codes of its own places otherwise.
    fn by_place(
        &self,
        slice: &BoundSlice<'_>,
        drawn: &Drawn<'_>,
        sets: (&Arc<Bitmap>, &Arc<Bitmap>),
    ) -> Vec<Counts> {
        let Drawn { column, name, places, place_of } = drawn;
        if column.distinct() > COUNTED_MAX {
            // Of many codes, the places are looked up once.
            let codes = || {
                let place_of: Vec<u32> =
                    (0..column.distinct()).map(|code| place_of(code) as u32).collect();
                column.codes.mapped(&place_of, *places)
            };
            let plate = Counted::Plate(self.plate(name, *places, codes));
            let tallies = self.tallies(slice, name, &plate, sets);
            return (0..*places).map(|place| tallies.counts(place)).collect();
        }
        let tallies = self.tallies(slice, name, &Counted::Column(Arc::clone(column)), sets);
        let mut counts = vec![Counts::default(); *places];
        for code in 0..column.distinct() {
            counts[place_of(code)] += tallies.counts(code);
        }
        counts
    }

    fn plate(&self, name: &str, distinct: usize, codes: impl FnOnce() -> Codes) -> Arc<Plate> {
        let name = self.name(&format!("plate {name}"));
        let known = self.lens.held().get::<Plate>(&name);
        if let Some(known) = known {
            return known;
        }
        let made = Arc::new(Plate { codes: codes(), distinct });
        self.lens.held().put(name, Arc::clone(&made));
        made
    }

    /// How often each code is there, in the cohort and in the slice. The slice is counted from
    /// what differs least from it: nobody, the cohort, or the slice that was counted last.
    fn tallies(
        &self,
        slice: &BoundSlice<'_>,
        name: &str,
        counted: &Counted,
        (cohort, kept): (&Arc<Bitmap>, &Arc<Bitmap>),
    ) -> Tallies {
        let name = self.name(&format!("{name} {}", slice.cohort_identity()));
        let (of_all, of_last) = (format!("all {name}"), format!("last {name}"));
        let (all, last) = {
            let mut held = self.lens.held();
            (held.get::<Tally>(&of_all), held.get::<Tally>(&of_last))
        };
        let all = all.unwrap_or_else(|| {
            let counts = counted.codes().tally(cohort, counted.distinct());
            let all = Arc::new(Tally { rows: Arc::clone(cohort), counts });
            self.lens.held().put(of_all, Arc::clone(&all));
            all
        });
        let near = |tally: &Arc<Tally>| match Arc::ptr_eq(&tally.rows, kept) {
            true => 0,
            false => tally.rows.distance(kept),
        };
        let from = [Some(&all), last.as_ref()];
        let nearest = from.into_iter().flatten().map(|tally| (near(tally), tally));
        let nearest = nearest.min_by_key(|(distance, _)| *distance);
        let counts = match nearest {
            Some((0, tally)) => return Tallies { all: Arc::clone(&all), kept: Arc::clone(tally) },
            Some((distance, tally)) if distance <= kept.count() => {
                let mut counts = tally.counts.clone();
                counted.codes().retally(&tally.rows, kept, &mut counts);
                counts
            }
            _ => counted.codes().tally(kept, counted.distinct()),
        };
        let kept = Arc::new(Tally { rows: Arc::clone(kept), counts });
        self.lens.held().put(of_last, Arc::clone(&kept));
        Tallies { all, kept }
    }
}

/// Which codes stand for values that contain a text, letters compared without case. `None` when the
/// database has to say, which knows the small letters of every script.
fn matching<'c>(column: &'c Column, search: &str) -> Option<Box<dyn Fn(usize) -> bool + 'c>> {
    if search.is_empty() {
        return Some(Box::new(|_| true));
    }
    let Known::Text(values) = &column.values else { return None };
    if !search.is_ascii() || !values.iter().all(|value| value.is_ascii()) {
        return None;
    }
    let search = search.to_ascii_lowercase();
    Some(Box::new(move |code| {
        let value = code.checked_sub(1).and_then(|at| values.get(at));
        value.is_some_and(|value| value.to_ascii_lowercase().contains(&search))
    }))
}

/// The number of the bin that a finite value falls into, as the database works it out.
fn bin(bins: Bins, value: f64) -> usize {
    let last = f64::from(bins.count) - 1.0;
    ((value - bins.start) / bins.width).floor().max(0.0).min(last) as usize
}

/// The value of a code as a float; `None` for a missing one.
fn float_at(column: &Column, code: usize) -> Option<f64> {
    let at = code.checked_sub(1)?;
    match &column.values {
        Known::Whole(values) => values.get(at).map(|value| *value as f64),
        Known::Float(values) => values.get(at).copied(),
        Known::Text(_) => None,
    }
}

/// The value of a code as a cell.
fn value_at(column: &Column, code: usize) -> Option<Value> {
    let at = code.checked_sub(1)?;
    match (&column.values, column.nature) {
        (Known::Text(values), _) => values.get(at).cloned().map(Value::Text),
        (Known::Whole(values), nature) => {
            let value = *values.get(at)?;
            match nature {
                Nature::Boolean => Some(Value::Boolean(value != 0)),
                Nature::Integer => Some(Value::Integer(value.into())),
                Nature::Day => day_text(value).map(Value::Date),
                _ => None,
            }
        }
        (Known::Float(_), _) => None,
    }
}

/// When periods begin, in microseconds since 1970.
fn starts(periods: &Periods) -> Option<Vec<i64>> {
    periods.starts.iter().map(|start| micros(start.parse().ok()?)).collect()
}

/// The number of a code's period from 1; 0 for a missing or infinite moment, and one past the last
/// for what lies before the first.
fn period(column: &Column, code: usize, starts: &[i64]) -> usize {
    let Known::Whole(values) = &column.values else { return 0 };
    let value = code.checked_sub(1).and_then(|at| values.get(at));
    match value.and_then(|value| micros_of(column.nature, *value)) {
        None => 0,
        Some(micros) => match starts.partition_point(|start| *start <= micros) {
            0 => starts.len() + 1,
            number => number,
        },
    }
}
