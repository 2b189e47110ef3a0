//! What stands after `FROM`: tables of the open file, and the table functions that read others.

use super::files::{converted, file_list};
use super::pieces::{ident, path};
use super::text_files::from_text_files;
use super::{Sql, foreign, json, parquet, unnested};
use crate::model::catalog::{Reader, TableOrigin};
use std::path::PathBuf;

/// What stands after `FROM` to read a table where it lives: its own name in the open database file,
/// a table function for files.
pub fn relation(origin: &TableOrigin) -> Sql {
    match origin {
        TableOrigin::Stored { schema, table } | TableOrigin::View { schema, table, .. } => {
            path(&[schema, table]).of_database()
        }
        TableOrigin::Files { paths, reader } => from_files(paths, reader),
        TableOrigin::Unnested { unnest, of } => unnested(&relation(of), unnest),
    }
}

/// The table function that reads files as [`Reader`] says.
pub fn from_files(paths: &[PathBuf], reader: &Reader) -> Sql {
    let list = file_list(paths);
    let many = paths.len() > 1;
    match reader {
        Reader::Parquet if many => Sql::fill("read_parquet({}, union_by_name = true)", &[&list]),
        Reader::Parquet => Sql::fill("read_parquet({})", &[&list]),
        Reader::Partitioned(partitions) => parquet::partitioned(paths, partitions),
        Reader::Foreign(foreign) => {
            let file = paths.first().map(PathBuf::as_path).unwrap_or_else(|| "".as_ref());
            foreign::from_foreign(file, foreign)
        }
        Reader::Json(json) => json::from_json(paths, json),
        Reader::Converted { columns, reader } => {
            let columns = columns.iter().map(|(name, conversion)| {
                Sql::fill("{} AS {}", &[&converted(&ident(name), conversion), &ident(name)])
            });
            let rows = from_files(paths, reader);
            Sql::fill("(SELECT * REPLACE ({}) FROM {})", &[&Sql::join(columns, ", "), &rows])
        }
        Reader::Unnested { unnest, reader } => unnested(&from_files(paths, reader), unnest),
        Reader::Text(files) => from_text_files(files),
        Reader::Numbered { column, reader } => {
            // Parquet knows the number of a row within its file; the rest is counted.
            let n = if !many && matches!(**reader, Reader::Parquet) {
                Sql::raw("file_row_number + 1")
            } else {
                Sql::raw("row_number() OVER ()")
            };
            let rows = from_files(paths, reader);
            Sql::fill("(SELECT {} AS {}, * FROM {})", &[&n, &ident(column), &rows])
        }
    }
}
