//! Codes of columns, kept so that a source that did not change is sliced at once the next time.
//!
//! A file per column: a check sum, then two Arrow streams, the codes and what they stand for. Columns
//! with personal data are not kept, nor anything of an encrypted source.

use super::{Memory, folder, kept_files, states};
use crate::deliver::checksum;
use crate::disk::{Readers, read, write};
use crate::lens::{Codes, Column, Nature, Values};
use arrow::array::{
    Array, ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, StringArray, UInt8Array,
    UInt16Array, UInt32Array,
};
use arrow::datatypes::{
    DataType, Field, Float64Type, Int64Type, Schema, UInt8Type, UInt16Type, UInt32Type,
};
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of all that is kept; the oldest goes.
const BYTES_MAX: u64 = 4 << 30;
/// Bytes of a column that is kept: more would leave little room for others.
const COLUMN_MAX: usize = 1 << 30;
/// The ending of the files.
pub(super) const ENDING: &str = "codes";
/// Under which the nature of the values is written.
const NATURE: &str = "nature";

const NATURES: [(Nature, &str); 9] = [
    (Nature::Boolean, "boolean"),
    (Nature::Integer, "integer"),
    (Nature::Day, "day"),
    (Nature::Moment, "moment"),
    (Nature::Instant, "instant"),
    (Nature::Float, "float"),
    (Nature::Single, "single"),
    (Nature::Decimal, "decimal"),
    (Nature::Text, "text"),
];

impl Memory {
    /// The codes of a column, if they were kept and the files of the source are as they were.
    pub(in crate::engine) fn recall_codes(&self, name: &str) -> Option<Column> {
        if states(&self.paths).as_ref() != Some(&self.files) {
            return None;
        }
        let bytes = read::whole(&self.codes_file(name)?, BYTES_MAX).ok()?;
        // What is damaged is not for the reader of streams, which takes their word.
        let (sum, streams) = bytes.split_first_chunk()?;
        if crc32fast::hash(streams) != u32::from_le_bytes(*sum) {
            return None;
        }
        let column = read_codes(streams).ok()??;
        column.is_sound().then_some(column)
    }

    /// Whether codes of a column were kept of the source as it is.
    pub(in crate::engine) fn has_codes(&self, name: &str) -> bool {
        self.codes_file(name).is_some_and(|file| file.is_file())
    }

    /// Keeps the codes of a column. What cannot be kept is read again the next time.
    pub(in crate::engine) fn keep_codes(&self, name: &str, column: &Column) {
        if column.codes.bytes() + column.values.bytes() <= COLUMN_MAX
            && let Some(file) = self.codes_file(name)
            && write_codes(&file, column).is_ok()
        {
            make_room();
        }
    }

    /// Named after the state of the source: what was kept of another is never found.
    fn codes_file(&self, name: &str) -> Option<PathBuf> {
        let key = self.file.file_stem()?.to_str()?;
        let name = checksum::of_bytes(&serde_json::to_vec(&(name, &self.files)).ok()?);
        Some(self.file.with_file_name(format!("{key}-{}.{ENDING}", &name[..32])))
    }
}

fn read_codes(mut from: &[u8]) -> Result<Option<Column>, ArrowError> {
    let mut stream = StreamReader::try_new(&mut from, None)?;
    let told = stream.schema();
    let nature = told.metadata().get(NATURE);
    let nature = NATURES.iter().find(|(_, word)| nature.is_some_and(|told| told == word));
    let Some((nature, _)) = nature else { return Ok(None) };
    let Some(codes) = stream.next().transpose()? else { return Ok(None) };
    // Up to its end, behind which the other begins.
    if stream.next().is_some() {
        return Ok(None);
    }
    let codes = codes.column(0);
    let codes = match codes.data_type() {
        DataType::UInt8 => Codes::Narrow(codes.as_primitive::<UInt8Type>().values().to_vec()),
        DataType::UInt16 => Codes::Wide(codes.as_primitive::<UInt16Type>().values().to_vec()),
        DataType::UInt32 => Codes::Full(codes.as_primitive::<UInt32Type>().values().to_vec()),
        _ => return Ok(None),
    };
    let mut values = StreamReader::try_new(from, None)?;
    let Some(values) = values.next().transpose()? else { return Ok(None) };
    let values = values.column(0);
    let values = match values.data_type() {
        DataType::Int64 => Values::Whole(values.as_primitive::<Int64Type>().values().to_vec()),
        DataType::Float64 => Values::Float(values.as_primitive::<Float64Type>().values().to_vec()),
        DataType::Utf8 => {
            let texts = values.as_string::<i32>();
            Values::Text(texts.iter().map(|text| text.unwrap_or_default().to_owned()).collect())
        }
        _ => return Ok(None),
    };
    Ok(Some(Column { nature: *nature, codes, values }))
}

fn write_codes(target: &Path, column: &Column) -> Result<(), ArrowError> {
    if let Some(folder) = target.parent() {
        write::create_private_folder(folder)?;
    }
    let codes: ArrayRef = match &column.codes {
        Codes::Narrow(codes) => Arc::new(UInt8Array::from(codes.clone())),
        Codes::Wide(codes) => Arc::new(UInt16Array::from(codes.clone())),
        Codes::Full(codes) => Arc::new(UInt32Array::from(codes.clone())),
    };
    let values: ArrayRef = match &column.values {
        Values::Whole(values) => Arc::new(Int64Array::from(values.clone())),
        Values::Float(values) => Arc::new(Float64Array::from(values.clone())),
        Values::Text(values) => Arc::new(StringArray::from_iter_values(values)),
    };
    let nature = NATURES.iter().find(|(nature, _)| *nature == column.nature);
    let nature = (NATURE.to_owned(), nature.map_or("", |(_, word)| word).to_owned());
    let mut streams = vec![0; size_of::<u32>()];
    for (array, told) in [(codes, HashMap::from([nature])), (values, HashMap::new())] {
        let field = Field::new("v", array.data_type().clone(), false);
        let schema = Arc::new(Schema::new(vec![field]).with_metadata(told));
        let mut stream = StreamWriter::try_new(&mut streams, &schema)?;
        stream.write(&RecordBatch::try_new(schema, vec![array])?)?;
        stream.finish()?;
    }
    let sum = crc32fast::hash(&streams[size_of::<u32>()..]);
    streams[..size_of::<u32>()].copy_from_slice(&sum.to_le_bytes());
    Ok(write::replace(target, &streams, Readers::Owner)?)
}

/// Removes the oldest codes until the others have room.
fn make_room() {
    let mut all = folder().map(|folder| kept_files(&folder, ENDING)).unwrap_or_default();
    all.sort_by_key(|kept| std::cmp::Reverse(kept.age));
    let mut bytes = 0;
    for kept in all {
        bytes += kept.bytes;
        if bytes > BYTES_MAX {
            // One that stays is removed by the next.
            let _ = std::fs::remove_file(kept.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lens::Builder;

    /// Of a source of these lines.
    fn memory(folder: &Path, lines: &str) -> Memory {
        let source = folder.join("people.csv");
        std::fs::write(&source, lines).unwrap();
        let paths = vec![source];
        Memory { file: folder.join("key.json"), files: states(&paths).unwrap(), paths }
    }

    fn column() -> Column {
        let mut builder = Builder::new(Nature::Text);
        for text in [Some("FR"), None, Some("DE"), Some("FR")] {
            match text {
                None => builder.missing(),
                Some(text) => builder.text(text).unwrap(),
            }
        }
        builder.finish().unwrap()
    }

    #[test]
    fn codes_come_back_as_they_were_while_the_source_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let kept = memory(folder.path(), "id\n1\n");
        kept.keep_codes("country", &column());
        let found = kept.recall_codes("country").unwrap();
        assert_eq!(found.nature, Nature::Text);
        assert_eq!(found.values, Values::Text(vec!["DE".to_owned(), "FR".to_owned()]));
        assert_eq!(found.codes.numbers().collect::<Vec<_>>(), [2, 0, 1, 2]);
        assert!(kept.recall_codes("city").is_none());
        let changed = memory(folder.path(), "id\n1\n2\n");
        assert!(!changed.has_codes("country") && changed.recall_codes("country").is_none());
        assert!(kept.recall_codes("country").is_none(), "the source changed while it was open");
    }

    #[test]
    fn damaged_codes_are_read_anew() {
        let folder = tempfile::tempdir().unwrap();
        let kept = memory(folder.path(), "id\n1\n");
        kept.keep_codes("country", &column());
        let file = kept.codes_file("country").unwrap();
        let whole = std::fs::read(&file).unwrap();
        for at in (0..whole.len()).step_by(7) {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x55;
            std::fs::write(&file, &damaged).unwrap();
            assert!(kept.recall_codes("country").is_none());
            std::fs::write(&file, &whole[..at]).unwrap();
            assert!(kept.recall_codes("country").is_none());
        }
    }
}
