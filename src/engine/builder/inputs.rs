//! Where the rows of a project's inputs are: in the file that is built, in data files beside it, or
//! in files of the project.

use super::super::Job;
use super::super::store::Store;
use super::BuildRequest;
use crate::define::{InputId, Item, Project, Source};
use crate::disk::{links, read};
use crate::model::catalog::Table;
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::model::value::Value;
use crate::sources::{self, files};
use crate::sql::{Sql, build as statements, path, session};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The inputs, as far as they were found.
#[derive(Debug, Default)]
pub(super) struct Bound {
    /// Where the rows of each are.
    pub(super) tables: BTreeMap<InputId, Sql>,
    /// Where the table of manual stitching rules is.
    pub(super) rules: Option<Sql>,
    /// Inputs that were not found, with why.
    pub(super) broken: BTreeMap<Item, String>,
    /// Those of them that may be missing.
    pub(super) optional: BTreeSet<Item>,
    /// What is odd about the files of data.
    pub(super) findings: Vec<Finding>,
    /// Files that are read while the build goes on.
    pub(super) readable: Vec<PathBuf>,
    /// Views of this session in which moments of tables that SQL of the project may name are in UTC.
    pub(super) views: Vec<String>,
    /// Schemas in which SQL of the project finds tables, in order.
    pub(super) places: Vec<Sql>,
}

/// A table that can be read.
struct Known {
    schema: String,
    name: String,
    sql: Sql,
}

/// Finds the rows of every input of a project.
///
/// # Errors
/// When a data file cannot be read.
pub(super) fn bind(
    request: &BuildRequest,
    project: &Project,
    store: &Store,
    job: &mut Job<'_>,
) -> Result<Bound, Failure> {
    store.execute(&statements::attach_memory())?;
    let mut bound = Bound::default();
    let mut known = own_tables(store)?;
    let mut databases = 0;
    for data in &request.data {
        if files::is_database(data) {
            known.extend(database(store, data, databases, request.key.as_deref())?);
            databases += 1;
        } else {
            known.extend(of_files(store, std::slice::from_ref(data), &mut bound, job)?);
        }
    }
    for (at, input) in project.inputs.iter().enumerate() {
        let id = InputId(at);
        let found = match &input.source {
            Source::Table(name) | Source::View(name) => find(&known, name),
            Source::File(file) => {
                let file = request.folder.join(file);
                match links::leads_out(&request.folder, &file) {
                    // Who gave the project away must not choose what is read from here.
                    Some(to) => Err(format!(
                        "{} leads out of the project, to {}, and is not read; put a copy of it into the project, or name it with --data",
                        file.display(),
                        to.display()
                    )),
                    None => project_file(store, &file, &mut bound, job),
                }
            }
            // The reader told why.
            Source::Elsewhere(_) => continue,
        };
        match found {
            Ok(sql) => {
                bound.tables.insert(id, in_utc(store, sql));
            }
            Err(why) => {
                if input.optional {
                    bound.optional.insert(Item::Input(id));
                }
                bound.broken.insert(Item::Input(id), why);
            }
        }
    }
    bound.views = name_in_utc(store, &known)?;
    // SQL of the project may name tables itself.
    let own = current(store)?;
    refuse_shadows(store, &own, &request.into)?;
    // Before the data files come the database's own functions: no macro of a data file stands in
    // for one of them.
    let main = |database: &str| path(&[database, "main"]);
    let mut places = vec![main(&own), main("system")];
    places.extend((0..databases).map(|number| main(&alias(number))));
    places.push(main("memory"));
    places.extend(name_by_schema(store, &known)?);
    store.execute(&statements::look_in(&places))?;
    bound.places = places;
    // One that is missing is reported where it is read.
    let rules = project.stitcher_rules.as_ref();
    bound.rules = rules.and_then(|rules| find(&known, &rules.table).ok());
    Ok(bound)
}

/// Rows with their moments in UTC and without a zone: a run knows no other. What cannot be looked at
/// is reported where it is read.
fn in_utc(store: &Store, rows: Sql) -> Sql {
    let columns = store.columns(&session::everything(&rows)).unwrap_or_default();
    statements::in_utc(&rows, &columns).unwrap_or(rows)
}

/// Names the tables that have moments with a zone once more, for SQL of the project that names them
/// itself. Gives these names.
fn name_in_utc(store: &Store, known: &[Known]) -> Result<Vec<String>, Failure> {
    let mut named: Vec<String> = Vec::new();
    for table in known {
        let is_taken = named.iter().any(|name| name.eq_ignore_ascii_case(&table.name));
        let columns = store.columns(&session::everything(&table.sql)).unwrap_or_default();
        let Some(rows) = statements::in_utc(&table.sql, &columns).filter(|_| !is_taken) else {
            continue;
        };
        store.execute(&statements::name_for_session(&table.name, &rows))?;
        named.push(table.name.clone());
    }
    Ok(named)
}

/// Names the tables of every other schema by it and in UTC, for SQL of the project that names them
/// as its warehouse does: `sales.orders`. Gives the schemas.
fn name_by_schema(store: &Store, known: &[Known]) -> Result<Vec<Sql>, Failure> {
    let mut schemas: Vec<Sql> = Vec::new();
    for table in known.iter().filter(|table| !matches!(table.schema.as_str(), "" | "main")) {
        let schema = statements::schema_in_memory(&table.schema);
        if !schemas.contains(&schema) {
            store.execute(&statements::create_schema(&schema))?;
            schemas.push(schema.clone());
        }
        let rows = in_utc(store, table.sql.clone());
        let named = statements::name_in_schema(&schema, &table.name, &rows);
        // A view of a data file that does not work is reported where it is read.
        let _ = store.execute(&named);
    }
    Ok(schemas)
}

/// A macro of the file that is built into, with the name of a built-in function, would stand in for
/// it in every statement of the build.
fn refuse_shadows(store: &Store, own: &str, into: &std::path::Path) -> Result<(), Failure> {
    let macros = store.look_at_code()?;
    if !macros.iter().any(|(database, _)| database == own) {
        return Ok(());
    }
    let names = sources::shadowing(store, own)?;
    if names.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!(
            "the file has macros with the names of built-in functions: {}; what is built with them \
             would have wrong values",
            names.join(", ")
        ),
        into.display().to_string(),
        "build into another file with --into, or drop these macros",
    ))
}

fn current(store: &Store) -> Result<String, Failure> {
    let own = store.cells(&statements::current_database())?;
    Ok(own.first().and_then(|row| row.first()).map(Value::display).unwrap_or_default())
}

/// Under which name a data file is attached.
fn alias(number: usize) -> String {
    format!("muster data {}", number + 1)
}

/// Tables of the file that is built into, except those that a build made.
fn own_tables(store: &Store) -> Result<Vec<Known>, Failure> {
    let rows = store.cells(&statements::objects())?;
    let tables = rows.into_iter().filter_map(|row| {
        let [schema, name, is_view] = <[Value; 3]>::try_from(row).ok()?;
        let (schema, name) = (schema.display(), name.display());
        let made = schema.starts_with("muster")
            || name.starts_with("Material_")
            || name == "material_registry"
            || is_view == Value::Boolean(true) && schema == "main";
        let sql = path(&[&schema, &name]);
        (!made).then_some(Known { schema, name, sql })
    });
    Ok(tables.collect())
}

fn database(
    store: &Store,
    file: &std::path::Path,
    number: usize,
    key: Option<&str>,
) -> Result<Vec<Known>, Failure> {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf());
    if let Some((message, hint)) = files::instead_of_database(&file) {
        return Err(Failure::new(message, file.display().to_string(), hint));
    }
    let alias = alias(number);
    store.attach_beside(&file, &alias, key)?;
    let rows = store.cells(&statements::tables_of(&alias))?;
    let tables = rows.into_iter().filter_map(|row| {
        let [schema, name] = <[Value; 2]>::try_from(row).ok()?;
        let (schema, name) = (schema.display(), name.display());
        let sql = statements::table_of(&alias, &schema, &name);
        Some(Known { schema, name, sql })
    });
    Ok(tables.collect())
}

/// The tables that files make up. Text is read once, into memory; Parquet where it lies.
fn of_files(
    store: &Store,
    paths: &[PathBuf],
    bound: &mut Bound,
    job: &mut Job<'_>,
) -> Result<Vec<Known>, Failure> {
    let mut findings = Vec::new();
    // Files are named in memory, and looked at by that name.
    let own = current(store)?;
    store.execute(&session::use_database("memory"))?;
    let tables = sources::tables_of_files(store, paths, &mut findings, job.report);
    store.execute(&session::use_database(&own))?;
    let tables = tables?;
    // What was left out or guessed on the way in is reported with the result.
    bound.findings.extend(findings.into_iter().filter(|f| f.severity != Severity::Note));
    for table in &tables {
        if let crate::model::catalog::TableOrigin::Files { paths, reader } = &table.origin
            && reader.is_parquet()
        {
            bound.readable.extend(paths.iter().cloned());
        }
    }
    let known = |table: Table| {
        let sql = path(&["memory", "main", &table.name]);
        let (schema, name) = match table.name.rsplit_once('.') {
            Some((schema, name)) => (schema.to_owned(), name.to_owned()),
            None => (String::new(), table.name),
        };
        Known { schema, name, sql }
    };
    Ok(tables.into_iter().map(known).collect())
}

fn project_file(
    store: &Store,
    file: &std::path::Path,
    bound: &mut Bound,
    job: &mut Job<'_>,
) -> Result<Sql, String> {
    if !file.is_file() {
        return Err(format!("there is no file {}", file.display()));
    }
    let mut found = of_files(store, &[file.to_path_buf()], bound, job)
        .map_err(|failure| failure.to_string())?;
    if found.len() != 1 {
        return Err(format!("{} holds no table", file.display()));
    }
    let table = found.remove(0);
    let is_text = file.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
    if !is_text || !holds_literals(file) {
        return Ok(table.sql);
    }
    let columns = store.columns(&session::everything(&table.sql));
    let columns = columns.map_err(|error| error.to_string())?;
    let named = format!("{} without quotes", table.name);
    let without = statements::without_quotes(&table.sql, &columns);
    store.execute(&session::name_query(&named, &without)).map_err(|e| e.to_string())?;
    Ok(path(&["memory", "main", &named]))
}

/// Whether the cells of a CSV file are SQL literals (`'a@b.com'`, `NULL`), as in the projects that
/// the format's own tool begins: some cell of its first lines is in single quotes.
fn holds_literals(file: &std::path::Path) -> bool {
    let start = read::head(file, 1 << 16).unwrap_or_default();
    let text = String::from_utf8_lossy(&start);
    let quoted = |cell: &str| {
        let cell = cell.trim();
        cell.len() > 1 && cell.starts_with('\'') && cell.ends_with('\'')
    };
    text.lines().skip(1).take(50).any(|line| line.split(',').any(quoted))
}

/// The table that a possibly qualified name means: of several of its name the one of its schema.
fn find(known: &[Known], written: &str) -> Result<Sql, String> {
    let parts: Vec<String> =
        written.split('.').map(|p| p.trim().trim_matches(['"', '`']).to_lowercase()).collect();
    let (name, schema) = match parts.as_slice() {
        [.., schema, name] => (name, Some(schema)),
        [name] => (name, None),
        [] => return Err("it names no table".to_owned()),
    };
    let same: Vec<&Known> = known.iter().filter(|k| k.name.to_lowercase() == *name).collect();
    let of_schema = same.iter().find(|k| Some(&k.schema.to_lowercase()) == schema);
    match (of_schema, same.as_slice()) {
        (Some(found), _) | (None, [found]) => Ok(found.sql.clone()),
        (None, []) => {
            let mut names: Vec<&str> = known.iter().map(|k| k.name.as_str()).collect();
            names.truncate(12);
            let there = match names.is_empty() {
                true => "no data is named; say where it is with --data".to_owned(),
                false => format!("available: {}", names.join(", ")),
            };
            Err(format!("there is no table `{written}`; {there}"))
        }
        (None, several) => {
            let main = several.iter().find(|k| k.schema == "main" && schema.is_none());
            main.map(|found| found.sql.clone()).ok_or_else(|| {
                let names: Vec<String> =
                    several.iter().map(|k| format!("{}.{}", k.schema, k.name)).collect();
                format!("`{written}` may be any of {}", names.join(", "))
            })
        }
    }
}
