//! Opening sources: files made in temporary folders, read through the public doors.

mod attach;
mod bad_input;
mod dirt;
mod discover;
mod json_files;
mod lakes;
mod parquet_files;
mod several;
mod spellings;
mod text_files;

use muster::engine::store::Store;
use muster::model::catalog::{Catalog, Reader, TableOrigin};
use muster::model::failure::Failure;
use muster::model::limits::Limits;
use muster::model::reading::TextFiles;
use muster::model::value::Value;
use muster::model::workspace::Correction;
use muster::protocol::OpenRequest;
use muster::sql::Sql;
use std::path::{Path, PathBuf};

/// An opened source with the store that reads it.
struct Opened {
    store: Store,
    catalog: Catalog,
}

fn open_with(path: &Path, corrections: &[Correction]) -> Result<Opened, Failure> {
    let request = OpenRequest { paths: vec![path.to_path_buf()], ..OpenRequest::default() };
    let store = Store::open(&request.paths, None, &Limits::default())?;
    store.attach()?;
    let catalog = muster::sources::open(&request, &store, corrections, &mut |_| ())?;
    Ok(Opened { store, catalog })
}

fn open(path: &Path) -> Opened {
    open_with(path, &[]).unwrap()
}

/// The failure to open a path.
fn failure(path: &Path) -> Failure {
    open_with(path, &[]).err().unwrap_or_else(|| panic!("{} opens", path.display()))
}

/// Opens a folder with these files.
fn open_files(files: &[(&str, &str)]) -> (tempfile::TempDir, Opened) {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        write(folder.path(), name, text);
    }
    let opened = open(folder.path());
    (folder, opened)
}

fn write(folder: &Path, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, text).unwrap();
    path
}

impl Opened {
    fn types(&self, table: &str) -> Vec<String> {
        let table = self.catalog.table(table).unwrap();
        table.columns.iter().map(|c| c.type_name.clone()).collect()
    }

    /// The columns of a table with their types, in name order.
    fn types_by_name(&self, table: &str) -> String {
        let table = self.catalog.table(table).unwrap();
        let mut columns: Vec<String> =
            table.columns.iter().map(|c| format!("{} {}", c.name, c.type_name)).collect();
        columns.sort();
        columns.join(", ")
    }

    /// The rows of a table, as text.
    fn rows(&self, table: &str) -> Vec<Vec<String>> {
        let relation = muster::sources::reach(self.catalog.table(table).unwrap());
        let rows =
            self.store.query(&Sql::of_project(format!("SELECT * FROM {relation}"))).unwrap().rows;
        rows.iter().map(|row| row.iter().map(Value::to_string).collect()).collect()
    }

    fn csv(&self, table: &str) -> TextFiles {
        fn inner(reader: &Reader) -> TextFiles {
            match reader {
                Reader::Text(files) => files.clone(),
                Reader::Numbered { reader, .. } => inner(reader),
                other => panic!("{other:?} is not delimited text"),
            }
        }
        match &self.catalog.table(table).unwrap().origin {
            TableOrigin::Files { reader, .. } => inner(reader),
            other => panic!("{other:?} is no file"),
        }
    }

    fn entities(&self) -> Vec<(&str, &str, u64)> {
        self.catalog.entities.iter().map(|e| (&*e.name, &*e.key, e.size)).collect()
    }

    fn relations(&self) -> Vec<String> {
        let mut relations: Vec<String> = self
            .catalog
            .relations
            .iter()
            .map(|r| {
                format!(
                    "{}.{} → {}.{} {}",
                    r.from_table, r.from_column, r.to_table, r.to_column, r.dangling
                )
            })
            .collect();
        relations.sort();
        relations
    }

    fn says(&self, part: &str) -> bool {
        self.catalog.findings.iter().any(|f| f.message.contains(part))
    }
}
