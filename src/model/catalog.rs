//! What was opened: tables, the entities found in them, relations, cohorts, and why.
//!
//! Discovery fills a [`Catalog`] once; everything after it (screens, clauses, SQL) reads it. A
//! table is known by its *handle* ([`Table::name`]): a name that is unique in the source and by
//! which the printed SQL addresses it.

use super::definition::{Definitions, Run};
use super::failure::Failure;
use super::fields::fields;
use super::finding::Finding;
use super::reading::TextFiles;
use super::value::Kind;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::sync::Arc;

/// Everything known about an opened source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Catalog {
    /// The file or folder that was opened, as an absolute path.
    pub path: PathBuf,
    /// What kind of source it is.
    pub source: SourceKind,
    /// What the source looked like when it was opened, so that a change is noticed.
    pub fingerprint: Fingerprint,
    /// Every readable table, view or file set, in name order.
    pub tables: Vec<Table>,
    /// The entities, the most likely first.
    pub entities: Vec<Entity>,
    /// How tables point at each other.
    pub relations: Vec<Relation>,
    /// What is odd about the source or about the data in it.
    pub findings: Vec<Finding>,
    /// What a data team defined, when the source was built from a project or is one.
    #[serde(skip)]
    pub definitions: Option<Arc<Definitions>>,
    /// Every run that the source keeps, oldest first.
    #[serde(skip)]
    pub runs: Vec<Run>,
    /// The number of the run that is shown.
    pub run: Option<u64>,
    /// Set when the database file has macros with the names of built-in functions.
    pub shadows: Option<Shadows>,
}

/// A database file in which names of built-in functions mean something else. A statement for a
/// shell started on it has to say that it means the built-in ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadows {
    /// The name that the file has in a shell.
    pub database: String,
}

/// What kind of source was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SourceKind {
    /// A DuckDB database file.
    DuckDb,
    /// One or more Parquet, CSV, TSV or JSON files.
    Files,
}

/// What identifies the state of a source: its files with size and modification time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Fingerprint {
    /// Every file of the source, in name order.
    pub files: Vec<FileStamp>,
}

/// One file of a source as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileStamp {
    /// The absolute path.
    pub path: PathBuf,
    /// Size in bytes.
    pub bytes: u64,
    /// Modification time in nanoseconds since 1970, UTC.
    pub modified_nanos: i128,
}

/// A table, view or set of like files.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// The handle: unique in the source. `orders`, or `audience.members` outside the main schema.
    pub name: String,
    /// How SQL reaches it.
    pub origin: TableOrigin,
    /// Columns in their own order.
    pub columns: Vec<Column>,
    /// Rows, counted by reading.
    pub rows: u64,
    /// The column that says when a row happened, if the table is a log of events.
    pub time_column: Option<String>,
}

/// How SQL reaches a table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum TableOrigin {
    /// A table in the opened DuckDB file.
    Stored {
        /// Its schema.
        schema: String,
        /// Its name there.
        table: String,
    },
    /// A view in the opened DuckDB file.
    View {
        /// Its schema.
        schema: String,
        /// Its name there.
        table: String,
        /// The statement that defines it.
        sql: String,
    },
    /// Files read by a table function.
    Files {
        /// The files that make up the table, in order.
        paths: Vec<PathBuf>,
        /// How they are read.
        reader: Reader,
    },
    /// What is made of nested columns of a table in the opened DuckDB file.
    Unnested {
        /// What.
        unnest: Unnest,
        /// The table.
        of: Box<TableOrigin>,
    },
}

impl TableOrigin {
    /// Where the rows are stored.
    pub fn stored(&self) -> &Self {
        match self {
            Self::Unnested { of, .. } => of.stored(),
            own => own,
        }
    }

    /// Whether the rows are computed whenever they are read.
    pub fn is_view(&self) -> bool {
        matches!(self.stored(), Self::View { .. })
    }
}

/// What is made of nested columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unnest {
    /// The rows, with fields of structs as columns beside them.
    Fields(Vec<NestedField>),
    /// A row for each item of a list of structs.
    Items(ListItems),
}

/// A field somewhere in a struct, as a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NestedField {
    /// The column's name: `device.category`.
    pub name: String,
    /// The names on the way to it, the struct's own first.
    pub way: Vec<String>,
}

/// The items of a list of structs, one row for each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListItems {
    /// The column with the list.
    pub column: String,
    /// Columns of the row that the list is in.
    pub kept: Vec<String>,
    /// The column that says which item of its list it is, from 1.
    pub place: String,
    /// The items' own columns; their ways begin within the item.
    pub fields: Vec<NestedField>,
}

/// The table function that reads files, with everything that decides what is read.
///
/// Written down once after sniffing, so that the engine and the printed SQL read the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Reader {
    /// `read_parquet`.
    Parquet,
    /// `read_parquet`, with columns whose values are not in the files.
    Partitioned(Partitions),
    /// `read_json`.
    Json(JsonReader),
    /// `read_csv`, once for each part, and what becomes of the text.
    Text(TextFiles),
    /// A table of a file that the database does not read by itself.
    Foreign(ForeignReader),
    /// Another reader, with the number of each row (from 1, in file order) as a first column: the
    /// key of a table that has no other.
    Numbered {
        /// The name of the column.
        column: String,
        /// How the files are read.
        reader: Box<Reader>,
    },
    /// Another reader, with what is made of its nested columns.
    Unnested {
        /// What.
        unnest: Unnest,
        /// How the files are read.
        reader: Box<Reader>,
    },
    /// Another reader, with some of its columns converted.
    Converted {
        /// Their names, and what becomes of them.
        columns: Vec<(String, Conversion)>,
        /// How the files are read.
        reader: Box<Reader>,
    },
}

/// What becomes of a column that the files' own format does not describe as it is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Conversion {
    /// ISO text of days or moments becomes this type; an empty text is missing.
    MomentText {
        /// The DuckDB type.
        type_name: String,
    },
    /// Bytes that are UTF-8 throughout become text.
    BytesText,
    /// The same for lists.
    BytesTexts,
    /// A moment without a zone, or a day, becomes one in UTC.
    AsUtc,
    /// Text of two hexadecimal digits for each byte becomes bytes.
    HexBytes,
    /// It becomes this type.
    Cast {
        /// The DuckDB type.
        type_name: String,
    },
}

impl Reader {
    /// The reader of the files themselves, without what is made of their rows.
    pub fn inner(&self) -> &Self {
        match self {
            Self::Numbered { reader, .. }
            | Self::Converted { reader, .. }
            | Self::Unnested { reader, .. } => reader.inner(),
            own => own,
        }
    }

    /// The same, to be changed.
    pub fn inner_mut(&mut self) -> &mut Self {
        match self {
            Self::Numbered { reader, .. }
            | Self::Converted { reader, .. }
            | Self::Unnested { reader, .. } => reader.inner_mut(),
            own => own,
        }
    }

    /// Whether the files are delimited text.
    pub fn is_text(&self) -> bool {
        matches!(self.inner(), Self::Text(_))
    }

    /// Whether the files are Parquet, which can be read where they lie.
    pub fn is_parquet(&self) -> bool {
        matches!(self.inner(), Self::Parquet | Self::Partitioned(_))
    }

    /// The table that the database does not read by itself, and the name of the column with the
    /// number of each row, if it has one.
    pub fn foreign(&self) -> Option<(&ForeignReader, Option<&str>)> {
        match self {
            Self::Foreign(foreign) => Some((foreign, None)),
            Self::Numbered { column, reader } => match &**reader {
                Self::Foreign(foreign) => Some((foreign, Some(column))),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether it is a table of an SQLite file, beside which changes may wait.
    pub fn is_sqlite(&self) -> bool {
        match self.inner() {
            Self::Foreign(foreign) => matches!(foreign.kind, ForeignKind::Sqlite { .. }),
            _ => false,
        }
    }

    /// The files that say which files are live, if any do.
    pub fn log(&self) -> &[PathBuf] {
        match self.inner() {
            Self::Partitioned(partitions) => &partitions.log,
            _ => &[],
        }
    }
}

/// Columns of Parquet files that stand in the names of their folders, or in the log of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Partitions {
    /// Their names and DuckDB types.
    pub columns: Vec<(String, String)>,
    /// Whether the database finds the same by itself in the names of the folders.
    pub by_names: bool,
    /// Files that follow each other and are read alike are one part.
    pub parts: Vec<PartitionPart>,
    /// All columns of the table in their order, when that is known.
    pub order: Vec<String>,
    /// The files that say which files are live.
    pub log: Vec<PathBuf>,
}

/// Parquet files that are read alike.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PartitionPart {
    /// How many files these are.
    pub files: usize,
    /// The values of the columns that are not in them.
    pub values: Vec<Option<String>>,
    /// Columns that have another type in them than in the other files, and what becomes of these.
    pub conversions: Vec<(String, Conversion)>,
}

/// How a table is read that the database does not read by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignReader {
    /// Where the table is in its file.
    pub kind: ForeignKind,
    /// Its columns, in order.
    pub columns: Vec<ForeignColumn>,
}

/// Where such a table is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum ForeignKind {
    /// In an SQLite file.
    Sqlite {
        /// Its name there.
        table: String,
    },
    /// On a sheet of a workbook.
    Sheet(SheetPlace),
}

/// Where a table is on a sheet. Rows and columns count from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetPlace {
    /// The sheet's name.
    pub sheet: String,
    /// The first row with values.
    pub first_row: u32,
    /// The last one.
    pub last_row: u32,
    /// The first and the last column.
    pub columns: (u32, u32),
    /// Whether days count from 1904.
    pub from_1904: bool,
}

/// A column of such a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignColumn {
    /// Its name here.
    pub name: String,
    /// Its name in the file.
    pub own: String,
    /// Its DuckDB type.
    pub type_name: String,
    /// How the text of a cell becomes its value.
    pub conversion: Conversion,
}

/// How JSON files are read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonReader {
    /// Files that follow each other and are written alike are one part.
    pub parts: Vec<JsonPart>,
    /// The key of the one record whose list of objects is the table; the records themselves are
    /// without.
    pub within: Option<String>,
    /// The columns of the table, in order.
    pub columns: Vec<JsonColumn>,
    /// The bytes of the largest record.
    pub largest: u64,
    /// Columns out of the names of folders, with their types.
    pub folders: Vec<(String, String)>,
}

/// JSON files that are written alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonPart {
    /// How many files these are.
    pub files: usize,
    /// How records follow each other.
    pub layout: JsonLayout,
    /// Whether a byte order mark stands before the first record.
    pub mark: bool,
    /// Whether some lines or records are passed over, because they are no objects.
    pub passes_over: bool,
}

/// How the records of a JSON file follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum JsonLayout {
    /// One in each line.
    Lines,
    /// As the items of one list.
    Array,
    /// One after another.
    Documents,
}

/// A column that is made of a key of JSON records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct JsonColumn {
    /// Its name.
    pub name: String,
    /// The key, in all its spellings; the record itself when there is none.
    pub keys: Vec<String>,
    /// Its DuckDB type.
    pub type_name: String,
}

/// A column of a table or a feature of an entity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The type as DuckDB prints it.
    pub type_name: String,
    /// What slicing and drawing make of it.
    pub kind: Kind,
    /// What the data team says about it (a column comment).
    pub description: Option<String>,
    /// Why it is considered personal data, if it is.
    pub personal: Option<String>,
}

/// A kind of thing that rows are about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entity {
    /// Singular: `customer`.
    pub name: String,
    /// Where its rows come from.
    pub base: EntityBase,
    /// The id column of the base.
    pub key: String,
    /// How many there are, counted.
    pub size: u64,
    /// The columns about it, key included.
    pub features: Vec<Column>,
    /// Named subsets found in the source, `all` not included.
    pub cohorts: Vec<Cohort>,
    /// Rows of its table that a perfect key would not have.
    pub odd_rows: OddRows,
    /// Why this is considered an entity, in one sentence.
    pub why: String,
}

/// Rows of a table whose key is nearly unique. Each of them counts as one of the entity and stands
/// in its lists, as every other row does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OddRows {
    /// Rows without a key.
    pub without: u64,
    /// Rows whose key an other row has already.
    pub doubled: u64,
}

impl OddRows {
    /// Whether there are none.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// Where the rows of an entity come from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum EntityBase {
    /// A table with one row per key.
    Table(String),
    /// Event tables: one row per distinct key over all of them.
    Events {
        /// The tables and the key column in each.
        tables: Vec<(String, String)>,
        /// How the keys of each are read, in the same order.
        forms: Vec<KeyForm>,
        /// How each feature but the key is made from the rows of a key.
        features: Vec<DerivedFeature>,
    },
}

/// A feature made from the event rows of one key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DerivedFeature {
    /// The feature's name.
    pub name: String,
    /// The table it is made from.
    pub table: String,
    /// How.
    pub how: Derivation,
}

/// How a derived feature is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Derivation {
    /// The one value that all rows of a key share.
    Constant(String),
    /// The number of rows.
    Count,
    /// The earliest moment in a column.
    First(String),
    /// The latest moment in a column.
    Last(String),
}

/// A named, read-only subset of an entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cohort {
    /// Its name.
    pub name: String,
    /// The table or view that holds the members' keys.
    pub table: String,
    /// The key column there.
    pub key: String,
    /// How many, counted.
    pub size: u64,
    /// The cohort it is a part of, when that is known.
    pub extends: Option<String>,
    /// The SQL that defines it, or what is known about its origin.
    pub origin: String,
    /// Why it is considered a cohort.
    pub why: String,
}

/// Rows of one table point at rows of another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// The table that points.
    pub from_table: String,
    /// Its column.
    pub from_column: String,
    /// The table (or event entity, by entity name) that is pointed at.
    pub to_table: String,
    /// Its key column.
    pub to_column: String,
    /// How its values are read to be compared with those of the other side.
    pub from_form: KeyForm,
    /// How the values of the other side are read.
    pub to_form: KeyForm,
    /// Whether it is meant where one table points at another by several columns and nothing else is
    /// said.
    pub chosen: bool,
    /// Rows that point at nothing, missing keys not counted.
    pub dangling: u64,
    /// Why it is considered a relation.
    pub why: String,
}

/// How the values of a column are read to be compared with those of a column of another type. No
/// form makes two values equal that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum KeyForm {
    /// As they are.
    #[default]
    AsIs,
    /// As text.
    Text,
    /// Floats and decimals as whole numbers; what has a fraction equals nothing.
    Whole,
    /// Numbers as text, whole ones without a fraction: `17850`.
    WholeText,
    /// Text that went through a float on its way: `17850.0` is `17850`.
    BareText,
}

impl Relation {
    /// Whether both sides are compared as text, because their types differ.
    pub fn as_text(&self) -> bool {
        !matches!(self.to_form, KeyForm::AsIs | KeyForm::Whole)
    }

    /// Whether it leads to a row of its own table.
    pub fn is_within(&self) -> bool {
        self.from_table == self.to_table
    }
}

impl Catalog {
    /// The run that is shown.
    pub fn shown_run(&self) -> Option<&Run> {
        self.runs.iter().find(|run| Some(run.number) == self.run)
    }

    /// The table with this handle, ignoring case as SQL does.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables
            .iter()
            .find(|t| t.name == name)
            .or_else(|| self.tables.iter().find(|t| t.name.eq_ignore_ascii_case(name)))
    }

    /// The entity with this name, ignoring case.
    pub fn entity(&self, name: &str) -> Option<&Entity> {
        self.entities
            .iter()
            .find(|e| e.name == name)
            .or_else(|| self.entities.iter().find(|e| e.name.eq_ignore_ascii_case(name)))
    }

    /// The entity and cohort that `--cohort` names: a cohort's name, `ENTITY/all`, or
    /// `ENTITY/COHORT` where two entities have a cohort of that name.
    ///
    /// # Errors
    /// A sentence that names what was asked for and what there is.
    pub fn cohort(&self, asked: &str) -> Result<CohortRef, String> {
        let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
        if let Some((entity, cohort)) = asked.rsplit_once('/')
            && let Some(entity) = self.entity(entity)
        {
            if same(cohort, "all") {
                return Ok(CohortRef::all(&entity.name));
            }
            if let Some(found) = entity.cohorts.iter().find(|c| same(&c.name, cohort)) {
                return Ok(CohortRef {
                    entity: entity.name.clone(),
                    cohort: Some(found.name.clone()),
                });
            }
        }
        let mut found: Vec<CohortRef> = Vec::new();
        for entity in &self.entities {
            for cohort in entity.cohorts.iter().filter(|c| same(&c.name, asked)) {
                found.push(CohortRef {
                    entity: entity.name.clone(),
                    cohort: Some(cohort.name.clone()),
                });
            }
        }
        match found.len() {
            1 => Ok(found.remove(0)),
            0 => {
                Err(format!("no cohort is called \"{asked}\"; available: {}", self.cohort_names()))
            }
            _ => Err(format!(
                "\"{asked}\" is a cohort of several entities; write one of {}",
                found.iter().map(|c| c.to_string()).collect::<Vec<_>>().join(", ")
            )),
        }
    }

    /// Whether a table or view is the member list of a cohort, rather than rows about something.
    pub fn is_cohort_table(&self, name: &str) -> bool {
        self.entities.iter().any(|e| e.cohorts.iter().any(|c| c.table == name))
    }

    fn cohort_names(&self) -> String {
        let mut names = Vec::new();
        for entity in &self.entities {
            names.push(format!("{}/all", entity.name));
            names.extend(entity.cohorts.iter().map(|c| c.name.clone()));
        }
        if names.is_empty() { "none, as no entity was found".to_owned() } else { names.join(", ") }
    }
}

impl Table {
    /// Whether it is read from delimited text.
    pub fn reads_text(&self) -> bool {
        matches!(&self.origin, TableOrigin::Files { reader, .. } if reader.is_text())
    }

    /// The column with this name, ignoring case as SQL does.
    pub fn column(&self, name: &str) -> Option<&Column> {
        find_column(&self.columns, name)
    }
}

impl Entity {
    /// The feature with this name, ignoring case as SQL does.
    pub fn feature(&self, name: &str) -> Option<&Column> {
        find_column(&self.features, name)
    }

    /// The feature with this name, asked for at `place`.
    ///
    /// # Errors
    /// When there is none: the failure names what there is.
    pub fn known_feature(&self, name: &str, place: &str) -> Result<&Column, Failure> {
        self.feature(name).ok_or_else(|| {
            let names: Vec<&str> = self.features.iter().map(|f| f.name.as_str()).collect();
            Failure::wrong_use(
                format!("{} has no feature {name}", self.name),
                place,
                format!("available: {}", names.join(", ")),
            )
        })
    }

    /// The features of a list when no others are chosen: fields of a struct are in the struct.
    pub fn listed(&self) -> impl Iterator<Item = &Column> {
        self.features.iter().filter(|column| !self.is_field(&column.name))
    }

    /// Whether a feature is a field of a struct that is a feature too.
    fn is_field(&self, name: &str) -> bool {
        let structs = self.features.iter().filter(|column| column.type_name.starts_with("STRUCT("));
        structs
            .map(|column| column.name.as_str())
            .any(|outer| name.strip_prefix(outer).is_some_and(|rest| rest.starts_with('.')))
    }

    /// Whether a column is a struct of which every field is a feature by itself.
    pub fn is_taken_apart(&self, column: &Column) -> bool {
        self.has_fields(&column.name, &column.type_name)
    }

    fn has_fields(&self, name: &str, type_name: &str) -> bool {
        let Some(fields) = fields(type_name) else { return false };
        fields.iter().all(|(field, inner)| {
            let name = format!("{name}.{field}");
            self.features.iter().any(|feature| feature.name == name)
                || self.has_fields(&name, inner)
        })
    }

    /// The cohort with this name.
    pub fn cohort(&self, name: &str) -> Option<&Cohort> {
        self.cohorts.iter().find(|c| c.name == name)
    }

    /// The handle of the table that holds its rows; the entity's own name when they are derived.
    pub fn table_name(&self) -> &str {
        match &self.base {
            EntityBase::Table(name) => name,
            EntityBase::Events { .. } => &self.name,
        }
    }
}

/// An exact match first: two columns may differ only in case in a quoted world.
pub fn find_column<'a>(columns: &'a [Column], name: &str) -> Option<&'a Column> {
    columns
        .iter()
        .find(|c| c.name == name)
        .or_else(|| columns.iter().find(|c| c.name.eq_ignore_ascii_case(name)))
}

/// A cohort by name: an entity, and one of its cohorts or everyone.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CohortRef {
    /// The entity's name.
    pub entity: String,
    /// The cohort's name; `None` is everyone.
    pub cohort: Option<String>,
}

impl CohortRef {
    /// Everyone of an entity.
    pub fn all(entity: impl Into<String>) -> Self {
        Self { entity: entity.into(), cohort: None }
    }
}

impl std::fmt::Display for CohortRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.cohort {
            Some(cohort) => write!(f, "{}/{cohort}", self.entity),
            None => write!(f, "{}/all", self.entity),
        }
    }
}
