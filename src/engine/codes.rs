//! Brings the lens what it lacks: codes of columns and rows of tests, read from the database.
//!
//! What is quick to read is read when a question needs it. Codes of a large table are read behind:
//! until they are there, the database answers.

use super::remembered::Memory;
use super::session::Session;
use crate::bind::{self, BoundQuestion, BoundSlice};
use crate::compile::{self, Query, RowByRow};
use crate::lens::{Bitmap, Builder, Lack, Lens, Nature, Need, Source, Unfit};
use crate::model::catalog::Entity;
use crate::model::failure::Failure;
use crate::model::question::{Answer, Question, Slice};
use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, RecordBatch};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimeUnit, TimestampMicrosecondType, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use std::sync::Arc;

/// Of an entity with at most so many rows codes are read at once.
const SMALL: u64 = 50_000;

/// The lens may hold one part in so many of the memory that the database may use.
const SHARE: u64 = 3;
/// What it may hold when that is not known: 1 GB.
const SHARE_OF_UNKNOWN: u64 = 1_000_000_000;

/// Each round brings what the one before found lacking: the count of rows, then codes and rows of
/// tests, then what tests need whose codes turned out unfit.
const ROUNDS: usize = 6;

impl Session {
    /// The same session with a lens of at most so many bytes. Its forks share it. Nothing that it
    /// holds is kept for the next time.
    #[must_use]
    pub fn with_lens(mut self, budget: usize) -> Self {
        self.lens = Some(Arc::new(Lens::new(budget)));
        self.memory = None;
        self
    }

    /// The same session with a lens that may hold its share of the memory of this machine, and
    /// whose codes are kept for the next time.
    #[must_use]
    pub fn with_lens_of_its_share(mut self) -> Self {
        let limit = self.store().memory_limit().unwrap_or(SHARE_OF_UNKNOWN * SHARE);
        let budget = usize::try_from(limit / SHARE).unwrap_or(usize::MAX);
        self.lens = Some(Arc::new(Lens::new(budget)));
        self
    }

    /// The answer of the lens; `None` when it is for the database.
    pub(super) fn seen(&self, bound: &BoundQuestion<'_>, points_max: u32) -> Option<Answer> {
        self.looked(|lens| lens.answer(bound, points_max))
    }

    /// The numbers of the rows of a page; `None` when the database has to find them.
    pub(super) fn rows_of_page(&self, bound: &BoundQuestion<'_>) -> Option<Vec<u32>> {
        self.looked(|lens| lens.page(bound))
    }

    /// What the lens finds, with what it lacks and is quick to read.
    fn looked<'q, T>(&self, look: impl Fn(&Lens) -> Result<T, Lack<'q>>) -> Option<T> {
        let lens = self.lens.as_ref()?;
        for _ in 0..ROUNDS {
            let needs = match look(lens) {
                Ok(found) => return Some(found),
                Err(Lack::Never) => return None,
                Err(Lack::Needs(needs)) => needs,
            };
            self.lacks_codes.set(self.lacks_codes.get() || needs.iter().any(wants_codes));
            if !needs.iter().all(|need| self.is_quick(need)) {
                return None;
            }
            for need in &needs {
                // The database says itself why it cannot be read.
                self.bring(lens, need).ok()?;
            }
        }
        None
    }

    /// Reads the codes with which the lens answers a question and those that are like it.
    ///
    /// # Errors
    /// When the question does not fit the source, or reading fails or is cancelled.
    pub fn fill(&self, slice: &Slice, question: &Question) -> Result<(), Failure> {
        let Some(lens) = &self.lens else { return Ok(()) };
        let found = self.ranges(slice, question)?;
        let bound = bind::question(self.catalog(), slice, question, &found)?;
        for _ in 0..ROUNDS {
            let mut needs = lens.better(&bound);
            let lack = match &bound {
                BoundQuestion::Page { .. } => lens.page(&bound).err(),
                bound => lens.answer(bound, 0).err(),
            };
            match lack {
                Some(Lack::Needs(lacking)) => needs.extend(lacking),
                None | Some(Lack::Never) if needs.is_empty() => return Ok(()),
                None | Some(Lack::Never) => {}
            }
            for need in &needs {
                self.bring(lens, need)?;
            }
        }
        Ok(())
    }

    /// Whether an answer since this was asked last would have come from codes, had there been any.
    pub(super) fn lacked_codes(&self) -> bool {
        self.lacks_codes.replace(false)
    }

    /// Reads what is needed, and hands it to the lens.
    fn bring(&self, lens: &Lens, need: &Need<'_>) -> Result<(), Failure> {
        match need {
            Need::RowCount { slice } => {
                let rows = match compile::row_count(slice) {
                    None => None,
                    Some(asked) => usize::try_from(self.answer(asked)?).ok(),
                };
                lens.set_rows(slice.entity, rows);
            }
            Need::Column { slice, source } => self.bring_codes(lens, slice, *source)?,
            Need::Rows { slice, test, holds, .. } => {
                let asked = RowByRow::held(slice, test, *holds);
                self.bring_rows(lens, (slice.entity, need), asked)?;
            }
            Need::Order { slice, sort } => {
                let has_ids = compile::has_row_ids(slice).map(|asked| self.answer(asked));
                let order = match has_ids.transpose()? {
                    Some(true) => Some(self.order(&compile::row_order(slice, *sort))?),
                    Some(false) | None => None,
                };
                lens.put_order(need, order.filter(|_| self.is_unchanged()));
            }
            Need::Members { slice, members } => {
                let asked = RowByRow::members(slice, members);
                self.bring_rows(lens, (slice.entity, need), asked)?;
            }
        }
        Ok(())
    }

    /// Whether something takes so little that a question can wait for it.
    fn is_quick(&self, need: &Need<'_>) -> bool {
        match need {
            Need::Column { slice, source } => {
                slice.entity.size <= SMALL
                    || self
                        .kept_codes(slice.entity, *source)
                        .is_some_and(|(memory, name)| memory.has_codes(&name))
            }
            Need::Order { slice, .. } => slice.entity.size <= SMALL,
            Need::RowCount { .. } | Need::Rows { .. } | Need::Members { .. } => true,
        }
    }

    /// Where the codes of a column are kept, and by which name. Only those that take their time to
    /// be read, and never of personal data.
    fn kept_codes(&self, entity: &Entity, source: Source<'_>) -> Option<(&Memory, String)> {
        match source {
            Source::Feature(feature) if entity.size > SMALL && feature.personal.is_none() => {
                let memory = self.memory.as_deref()?;
                Some((memory, format!("{:?} {:?} {:?}", entity.name, entity.base, feature.name)))
            }
            _ => None,
        }
    }

    fn bring_codes(
        &self,
        lens: &Lens,
        slice: &BoundSlice<'_>,
        source: Source<'_>,
    ) -> Result<(), Failure> {
        if lens.is_settled(slice, source) {
            return Ok(());
        }
        let kept = self.kept_codes(slice.entity, source);
        let recalled = kept.as_ref().and_then(|(memory, name)| memory.recall_codes(name));
        if let Some(column) = recalled
            && lens.put_column(slice, source, column)
        {
            return Ok(());
        }
        let asked = match source {
            Source::Feature(feature) => RowByRow::feature(slice, feature, false),
            Source::Local(feature) => RowByRow::feature(slice, feature, true),
            Source::Value(value) => RowByRow::value(slice, value),
        };
        let Some(asked) = asked else {
            lens.leave_out(slice, source);
            return Ok(());
        };
        let is_text = match source {
            Source::Feature(feature) => feature.type_name.eq_ignore_ascii_case("VARCHAR"),
            Source::Local(_) => false,
            Source::Value(value) => value.is_text(),
        };
        let mut taken = Taken { builder: None, order: Vec::new(), is_unfit: false };
        self.each_batch(&asked.query, &mut |batch| {
            taken.take(batch, asked.is_numbered, is_text);
            Ok(())
        })?;
        let column = match (taken.is_unfit, taken.builder) {
            (false, Some(builder)) => builder.finish().ok(),
            _ => None,
        };
        let column = match asked.is_numbered {
            true => column.and_then(|column| column.in_order(&taken.order)),
            false => column,
        };
        match column {
            None => lens.leave_out(slice, source),
            Some(column) => {
                let is_same = self.is_unchanged();
                if let Some((memory, name)) = kept.filter(|_| is_same) {
                    memory.keep_codes(&name, &column);
                }
                if !is_same || !lens.put_column(slice, source, column) {
                    lens.close();
                }
            }
        }
        Ok(())
    }

    fn bring_rows(
        &self,
        lens: &Lens,
        (entity, need): (&Entity, &Need<'_>),
        asked: Option<RowByRow>,
    ) -> Result<(), Failure> {
        let (Some(asked), Some(rows)) = (asked, lens.rows(entity)) else { return Ok(()) };
        let mut found = Bitmap::none(rows);
        let mut seen = 0;
        self.each_batch(&asked.query, &mut |batch| {
            let (numbers, holds) = (batch.column(0), batch.column(1));
            let numbers = numbers.as_primitive_opt::<Int64Type>().ok_or("rows have no number")?;
            let holds = holds.as_boolean_opt().ok_or("a test is not true or false")?;
            seen += batch.num_rows();
            for (number, holds) in numbers.iter().zip(holds) {
                if let (Some(number), Some(true)) = (number, holds) {
                    found.insert(usize::try_from(number).unwrap_or(usize::MAX));
                }
            }
            Ok(())
        })?;
        // Where a row came twice, or not at all, the source is not what it was.
        match self.is_unchanged() && seen == rows {
            true => lens.put_rows(need, found),
            false => lens.close(),
        }
        Ok(())
    }

    fn order(&self, query: &Query) -> Result<Vec<u32>, Failure> {
        let mut order = Vec::new();
        self.each_batch(query, &mut |batch| {
            let numbers = batch.column(0).as_primitive_opt::<Int64Type>();
            let numbers = numbers.ok_or("rows have no number")?;
            for number in numbers.values() {
                order.push(u32::try_from(*number).map_err(|error| error.to_string())?);
            }
            Ok(())
        })?;
        Ok(order)
    }

    fn each_batch(
        &self,
        query: &Query,
        take: &mut dyn FnMut(&RecordBatch) -> Result<(), String>,
    ) -> Result<(), Failure> {
        self.store().attach()?;
        let statement = self.statement(query);
        Ok(self.store().batches(&statement, &mut |batch| take(&batch))?)
    }
}

/// Whether codes would have helped.
fn wants_codes(need: &Need<'_>) -> bool {
    matches!(need, Need::Column { .. } | Need::Order { .. } | Need::Rows { better: Some(_), .. })
}

/// The values of a column as they arrive.
struct Taken {
    builder: Option<Builder>,
    /// The number of each row that arrived, when they come in any order.
    order: Vec<u32>,
    is_unfit: bool,
}

impl Taken {
    fn take(&mut self, batch: &RecordBatch, is_numbered: bool, is_text: bool) {
        if self.is_unfit {
            return;
        }
        let values = batch.column(usize::from(is_numbered));
        if self.builder.is_none() {
            self.builder = nature(values.data_type(), is_text).map(Builder::new);
        }
        let fed =
            self.builder.as_mut().ok_or(Unfit::Kind).and_then(|builder| feed(builder, values));
        self.is_unfit = fed.is_err();
        if let Some(numbers) =
            batch.column(0).as_primitive_opt::<Int64Type>().filter(|_| is_numbered)
        {
            self.order
                .extend(numbers.values().iter().map(|n| u32::try_from(*n).unwrap_or(u32::MAX)));
        }
    }
}

/// The nature of the values of an Arrow type, of which there is none for most.
fn nature(of: &DataType, is_text: bool) -> Option<Nature> {
    Some(match of {
        DataType::Boolean => Nature::Boolean,
        of if of.is_integer() => Nature::Integer,
        DataType::Decimal128(_, 0) => Nature::Integer,
        DataType::Decimal128(..) => Nature::Decimal,
        DataType::Float32 => Nature::Single,
        DataType::Float64 => Nature::Float,
        DataType::Date32 => Nature::Day,
        DataType::Timestamp(TimeUnit::Microsecond, None) => Nature::Moment,
        DataType::Timestamp(TimeUnit::Microsecond, Some(_)) => Nature::Instant,
        DataType::Utf8 if is_text => Nature::Text,
        _ => return None,
    })
}

/// Hands the values of a batch over.
fn feed(builder: &mut Builder, values: &ArrayRef) -> Result<(), Unfit> {
    match values.data_type() {
        DataType::Boolean => {
            for value in values.as_boolean() {
                match value {
                    None => builder.missing(),
                    Some(value) => builder.whole(value.into())?,
                }
            }
            Ok(())
        }
        DataType::Int8 => wholes::<Int8Type>(builder, values),
        DataType::Int16 => wholes::<Int16Type>(builder, values),
        DataType::Int32 => wholes::<Int32Type>(builder, values),
        DataType::Int64 => wholes::<Int64Type>(builder, values),
        DataType::UInt8 => wholes::<UInt8Type>(builder, values),
        DataType::UInt16 => wholes::<UInt16Type>(builder, values),
        DataType::UInt32 => wholes::<UInt32Type>(builder, values),
        DataType::UInt64 => wholes::<UInt64Type>(builder, values),
        DataType::Date32 => wholes::<Date32Type>(builder, values),
        DataType::Timestamp(..) => wholes::<TimestampMicrosecondType>(builder, values),
        DataType::Decimal128(_, 0) => wholes::<Decimal128Type>(builder, values),
        DataType::Decimal128(_, scale) => {
            let scale = 10_f64.powi((*scale).into());
            floats(builder, values.as_primitive::<Decimal128Type>(), |digits| {
                // Of more digits, two decimals may be one float.
                let digits = i64::try_from(digits).ok()?;
                (digits.unsigned_abs() < 1_000_000_000_000_000).then_some(digits as f64 / scale)
            })
        }
        DataType::Float32 => {
            floats(builder, values.as_primitive::<Float32Type>(), |value| Some(value.into()))
        }
        DataType::Float64 => floats(builder, values.as_primitive::<Float64Type>(), Some),
        DataType::Utf8 => {
            for value in values.as_string::<i32>() {
                match value {
                    None => builder.missing(),
                    Some(value) => builder.text(value)?,
                }
            }
            Ok(())
        }
        _ => Err(Unfit::Kind),
    }
}

fn wholes<T: ArrowPrimitiveType>(builder: &mut Builder, values: &ArrayRef) -> Result<(), Unfit>
where
    i64: TryFrom<T::Native>,
{
    for value in values.as_primitive::<T>() {
        match value {
            None => builder.missing(),
            Some(value) => builder.whole(i64::try_from(value).map_err(|_| Unfit::Kind)?)?,
        }
    }
    Ok(())
}

fn floats<T: ArrowPrimitiveType>(
    builder: &mut Builder,
    values: &PrimitiveArray<T>,
    float: impl Fn(T::Native) -> Option<f64>,
) -> Result<(), Unfit> {
    for value in values {
        match value {
            None => builder.missing(),
            Some(value) => builder.float(float(value).ok_or(Unfit::Kind)?)?,
        }
    }
    Ok(())
}
