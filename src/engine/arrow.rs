//! From Arrow batches, as the database gives them, to cells and to polars frames.
//!
//! Only the few Arrow types that [`Shape`] lets through arrive here: everything else was turned
//! into text by the database itself, so that there is one way to print a date or a decimal.

use crate::model::value::{Kind, Value};
use crate::sql::session::Outward;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use polars::prelude::{Column, DataFrame, PlSmallStr, Series};

/// How a column of a DuckDB type travels, and how its text is read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shape {
    /// What the database converts it to.
    pub(super) outward: Outward,
    /// What its text means; for a list, the text of an item.
    leaf: Leaf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaf {
    /// Numbers, booleans and plain text: no text to be read.
    Direct,
    Boolean,
    Integer,
    Decimal,
    Float,
    Text,
    Date,
    Timestamp,
    Instant,
    Other,
}

impl Shape {
    /// The shape in which cells of a DuckDB type travel.
    pub(super) fn of(type_name: &str) -> Self {
        let (leaf_name, depth) = without_brackets(type_name);
        if depth > 0 {
            return Self { outward: Outward::TextLists(depth), leaf: Leaf::of(leaf_name) };
        }
        match type_name {
            "BOOLEAN" | "TINYINT" | "SMALLINT" | "INTEGER" | "BIGINT" | "UTINYINT"
            | "USMALLINT" | "UINTEGER" | "UBIGINT" | "FLOAT" | "DOUBLE" | "VARCHAR" => {
                Self { outward: Outward::Same, leaf: Leaf::Direct }
            }
            other => Self { outward: Outward::Text, leaf: Leaf::of(other) },
        }
    }

    /// How a column of a DuckDB type travels into a polars frame. Types that the slim polars does
    /// not have travel as text, exactly as DuckDB prints them.
    pub(super) fn for_polars(type_name: &str) -> Outward {
        match type_name {
            "TINYINT" | "SMALLINT" | "UTINYINT" | "USMALLINT" => Outward::Whole,
            "BOOLEAN" | "INTEGER" | "BIGINT" | "UINTEGER" | "UBIGINT" | "FLOAT" | "DOUBLE"
            | "VARCHAR" | "DATE" | "TIMESTAMP" => Outward::Same,
            _ => Outward::Text,
        }
    }
}

impl Leaf {
    fn of(type_name: &str) -> Self {
        match Kind::of_duckdb_type(type_name) {
            Kind::Boolean => Self::Boolean,
            Kind::Integer => Self::Integer,
            Kind::Number if type_name.starts_with("DECIMAL") => Self::Decimal,
            Kind::Number => Self::Float,
            Kind::Text => Self::Text,
            Kind::Date => Self::Date,
            Kind::Timestamp => Self::Timestamp,
            Kind::Instant => Self::Instant,
            _ => Self::Other,
        }
    }

    /// The cell that the database printed as `text`.
    fn read(self, text: &str) -> Value {
        match self {
            Self::Boolean => Value::Boolean(text == "true"),
            // Beyond 128 bits (BIGNUM) the digits are kept as they are.
            Self::Integer => {
                text.parse().map_or_else(|_| Value::Decimal(text.to_owned()), Value::Integer)
            }
            Self::Decimal => Value::Decimal(text.to_owned()),
            Self::Float => {
                text.parse().map_or_else(|_| Value::Other(text.to_owned()), Value::Float)
            }
            Self::Text | Self::Direct => Value::Text(text.to_owned()),
            Self::Date => Value::Date(text.to_owned()),
            Self::Timestamp => Value::Timestamp(text.to_owned()),
            Self::Instant => Value::Instant(text.to_owned()),
            Self::Other => Value::Other(text.to_owned()),
        }
    }
}

/// `INTEGER[3][]` is `INTEGER` at depth 2.
fn without_brackets(type_name: &str) -> (&str, usize) {
    let mut rest = type_name;
    let mut depth = 0;
    while let Some(head) = rest.strip_suffix(']') {
        let Some(open) = head.rfind('[') else { break };
        rest = &head[..open];
        depth += 1;
    }
    (rest, depth)
}

/// Appends the rows of a batch as cells.
///
/// # Errors
/// The name of an Arrow type that was not expected.
pub(super) fn push_rows(
    batch: &RecordBatch,
    shapes: &[Shape],
    rows: &mut Vec<Vec<Value>>,
) -> Result<(), String> {
    let first = rows.len();
    rows.extend((0..batch.num_rows()).map(|_| Vec::with_capacity(shapes.len())));
    for (array, shape) in batch.columns().iter().zip(shapes) {
        for (i, row) in rows[first..].iter_mut().enumerate() {
            row.push(cell(array, i, shape.leaf)?);
        }
    }
    Ok(())
}

/// Whether a batch has only numbers, booleans and text.
pub(super) fn is_plain(batch: &RecordBatch) -> bool {
    batch.columns().iter().all(|array| {
        let t = array.data_type();
        t.is_integer()
            || matches!(
                t,
                DataType::Boolean | DataType::Float32 | DataType::Float64 | DataType::Utf8
            )
    })
}

/// Appends the rows of a batch for which [`is_plain`] holds.
///
/// # Errors
/// The name of an Arrow type that was not expected.
pub(super) fn push_plain_rows(
    batch: &RecordBatch,
    rows: &mut Vec<Vec<Value>>,
) -> Result<(), String> {
    let shape = Shape { outward: Outward::Same, leaf: Leaf::Direct };
    push_rows(batch, &vec![shape; batch.num_columns()], rows)
}

fn cell(array: &ArrayRef, i: usize, leaf: Leaf) -> Result<Value, String> {
    if array.is_null(i) {
        return Ok(Value::Missing);
    }
    Ok(match array.data_type() {
        DataType::Null => Value::Missing,
        DataType::Boolean => Value::Boolean(array.as_boolean().value(i)),
        DataType::Int8 => Value::Integer(array.as_primitive::<Int8Type>().value(i).into()),
        DataType::Int16 => Value::Integer(array.as_primitive::<Int16Type>().value(i).into()),
        DataType::Int32 => Value::Integer(array.as_primitive::<Int32Type>().value(i).into()),
        DataType::Int64 => Value::Integer(array.as_primitive::<Int64Type>().value(i).into()),
        DataType::UInt8 => Value::Integer(array.as_primitive::<UInt8Type>().value(i).into()),
        DataType::UInt16 => Value::Integer(array.as_primitive::<UInt16Type>().value(i).into()),
        DataType::UInt32 => Value::Integer(array.as_primitive::<UInt32Type>().value(i).into()),
        DataType::UInt64 => Value::Integer(array.as_primitive::<UInt64Type>().value(i).into()),
        DataType::Float32 => Value::Float(widened(array.as_primitive::<Float32Type>().value(i))),
        DataType::Float64 => Value::Float(array.as_primitive::<Float64Type>().value(i)),
        DataType::Utf8 => leaf.read(array.as_string::<i32>().value(i)),
        DataType::LargeUtf8 => leaf.read(array.as_string::<i64>().value(i)),
        DataType::Utf8View => leaf.read(array.as_string_view().value(i)),
        DataType::List(_) => items(&array.as_list::<i32>().value(i), leaf)?,
        DataType::LargeList(_) => items(&array.as_list::<i64>().value(i), leaf)?,
        other => return Err(format!("a column came as {other}, which is not expected")),
    })
}

fn items(array: &ArrayRef, leaf: Leaf) -> Result<Value, String> {
    (0..array.len()).map(|i| cell(array, i, leaf)).collect::<Result<_, _>>().map(Value::List)
}

/// The float that a person would write: `0.1`, not `0.10000000149`.
fn widened(x: f32) -> f64 {
    x.to_string().parse().unwrap_or_else(|_| f64::from(x))
}

/// A polars frame of batches that all have the named columns. Doubled names get a number.
///
/// # Errors
/// A message when a batch cannot be taken over.
pub(super) fn frame(names: &[String], batches: &[RecordBatch]) -> Result<DataFrame, String> {
    let names = distinct(names);
    let mut columns = Vec::with_capacity(names.len());
    for (i, name) in names.iter().enumerate() {
        let name = PlSmallStr::from_str(name);
        let chunks = batches
            .iter()
            .map(|batch| polars_array(batch.column(i)))
            .collect::<Result<Vec<_>, String>>()?;
        let series = Series::try_from((name, chunks)).map_err(|e| e.to_string())?;
        columns.push(Column::from(series));
    }
    let height = batches.iter().map(RecordBatch::num_rows).sum();
    DataFrame::new(height, columns).map_err(|e| e.to_string())
}

/// An Arrow array handed over through the C data interface, without a copy.
fn polars_array(array: &ArrayRef) -> Result<Box<dyn polars_arrow::array::Array>, String> {
    let (array, schema) =
        arrow::ffi::to_ffi(&array.to_data()).map_err(|error| error.to_string())?;
    take_over(array, &schema).map_err(|error| error.to_string())
}

#[expect(unsafe_code, reason = "the Arrow C data interface is the one bridge to polars")]
fn take_over(
    array: arrow::ffi::FFI_ArrowArray,
    schema: &arrow::ffi::FFI_ArrowSchema,
) -> polars::prelude::PolarsResult<Box<dyn polars_arrow::array::Array>> {
    // SAFETY: both crates lay out the structs as the C data interface says, field by field. The
    // schema is only borrowed, and the array is moved: `array` here is not dropped but owned, and
    // later released, by polars.
    unsafe {
        let schema: &polars_arrow::ffi::ArrowSchema = &*std::ptr::from_ref(schema).cast();
        let field = polars_arrow::ffi::import_field_from_c(schema)?;
        let array: polars_arrow::ffi::ArrowArray = std::mem::transmute(array);
        polars_arrow::ffi::import_array_from_c(array, field.dtype)
    }
}

fn distinct(names: &[String]) -> Vec<String> {
    let mut taken = std::collections::BTreeSet::new();
    names
        .iter()
        .map(|name| {
            let mut tried = name.clone();
            let mut n = 1;
            while !taken.insert(tried.clone()) {
                tried = format!("{name}_{n}");
                n += 1;
            }
            tried
        })
        .collect()
}
