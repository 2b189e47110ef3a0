//! Statements about runs: what Muster and the registry keep in the file that is built.

use super::pieces::{ident, literal, number, path, text};
use super::{Sql, timestamp};
use crate::model::value::Value;

/// The columns of the registry, in the format's own names.
const REGISTRY: &str = "model_name VARCHAR, model_type VARCHAR, model_ref VARCHAR, \
    model_hash VARCHAR, seq_no BIGINT, creation_ts TIMESTAMP, end_ts TIMESTAMP, metadata JSON, \
    registry_version BIGINT, pb_version VARCHAR";

/// Tables in which runs are kept. They can be made again.
pub fn bookkeeping() -> Vec<Sql> {
    [
        "CREATE SCHEMA IF NOT EXISTS muster",
        "CREATE TABLE IF NOT EXISTS muster.runs (number BIGINT PRIMARY KEY, state VARCHAR NOT NULL, \
         project VARCHAR, end_time TIMESTAMP NOT NULL, started TIMESTAMP NOT NULL, \
         finished TIMESTAMP, commit_id VARCHAR, selected VARCHAR[])",
        "CREATE TABLE IF NOT EXISTS muster.steps (run BIGINT NOT NULL, name VARCHAR NOT NULL, \
         hash VARCHAR NOT NULL, makes VARCHAR[] NOT NULL, seconds DOUBLE)",
        "CREATE TABLE IF NOT EXISTS muster.findings (run BIGINT NOT NULL, severity VARCHAR NOT NULL, \
         message VARCHAR NOT NULL, file VARCHAR, line BIGINT, hint VARCHAR)",
        "CREATE TABLE IF NOT EXISTS muster.stitches (run BIGINT NOT NULL, entity VARCHAR NOT NULL, \
         mode VARCHAR NOT NULL, ids BIGINT, edges BIGINT, refused BIGINT, clusters BIGINT, \
         retired BIGINT, statement VARCHAR)",
        "CREATE TABLE IF NOT EXISTS muster.definitions (run BIGINT PRIMARY KEY, document JSON NOT NULL)",
    ]
    .into_iter()
    .map(Sql::raw)
    .chain([Sql::fill(
        "CREATE TABLE IF NOT EXISTS material_registry ({})",
        &[&Sql::raw(REGISTRY)],
    )])
    .collect()
}

/// Whether a database has runs.
pub fn has_runs(database: &str) -> Sql {
    Sql::fill(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = {} \
         AND schema_name = 'muster' AND table_name IN ('runs', 'definitions')",
        &[&text(database)],
    )
}

/// A table in which runs are kept.
fn kept(name: &str) -> Sql {
    path(&["muster", name]).of_database()
}

/// Number, state and end of every run, oldest first.
pub fn runs() -> Sql {
    Sql::fill(
        "SELECT number, state, strftime(end_time, '%Y-%m-%d %H:%M:%S.%f'), \
         strftime(started, '%Y-%m-%d %H:%M:%S') FROM {} ORDER BY number",
        &[&kept("runs")],
    )
}

/// What a run knew about its definitions.
pub fn definitions(run: u64) -> Sql {
    Sql::fill(
        "SELECT CAST(document AS VARCHAR) FROM {} WHERE run = {}",
        &[&kept("definitions"), &number(run)],
    )
}

/// A run begins.
pub fn begin_run(run: u64, project: &str, end: &str, now: &str, selected: &[String]) -> Sql {
    let list = Sql::join(selected.iter().map(|s| text(s)), ", ");
    Sql::fill(
        "INSERT INTO muster.runs (number, state, project, end_time, started, selected) \
         VALUES ({}, 'running', {}, {}, {}, CAST([{}] AS VARCHAR[]))",
        &[&number(run), &text(project), &timestamp(end), &timestamp(now), &list],
    )
}

/// A run is `done`, or `abandoned`.
pub fn end_run(run: u64, state: &'static str, now: &str, commit: Option<&str>) -> Sql {
    Sql::fill(
        "UPDATE muster.runs SET state = {}, finished = {}, commit_id = {} WHERE number = {}",
        &[&text(state), &timestamp(now), &maybe(commit), &number(run)],
    )
}

/// Hashes of the steps of a run that are done.
pub fn steps_done(run: u64) -> Sql {
    Sql::fill("SELECT hash FROM muster.steps WHERE run = {}", &[&number(run)])
}

/// The tables that the steps of a run made.
pub fn made_by(run: u64) -> Sql {
    Sql::fill("SELECT DISTINCT unnest(makes) FROM muster.steps WHERE run = {}", &[&number(run)])
}

/// Forgets a step of a run.
pub fn forget_step(run: u64, hash: &str) -> Sql {
    let pieces = [&number(run), &text(hash)];
    Sql::fill("DELETE FROM muster.steps WHERE run = {} AND hash = {}", &pieces)
}

/// Hashes of the steps of a run with what each made.
pub fn steps_made(run: u64) -> Sql {
    Sql::fill("SELECT hash, unnest(makes) FROM muster.steps WHERE run = {}", &[&number(run)])
}

/// Forgets what came of joining the ids of an entity in a run.
pub fn forget_stitch(run: u64, entity: &str) -> Sql {
    let pieces = [&number(run), &text(entity)];
    Sql::fill("DELETE FROM muster.stitches WHERE run = {} AND entity = {}", &pieces)
}

/// A step is done.
pub fn step_done(run: u64, name: &str, hash: &str, makes: &[String], seconds: f64) -> Sql {
    let list = Sql::join(makes.iter().map(|s| text(s)), ", ");
    let seconds = literal(&Value::Decimal(format!("{seconds:.3}")));
    Sql::fill(
        "INSERT INTO muster.steps VALUES ({}, {}, {}, CAST([{}] AS VARCHAR[]), {})",
        &[&number(run), &text(name), &text(hash), &list, &seconds],
    )
}

/// One line of the registry. `status` is 1 for started and 2 for done.
#[derive(Debug, Clone)]
pub struct Registered<'a> {
    /// The model's name.
    pub model: &'a str,
    /// Its type.
    pub model_type: &'a str,
    /// The hash of what makes it.
    pub hash: &'a str,
    /// The run.
    pub run: u64,
    /// The object that was made.
    pub object: &'a str,
    /// The latest view.
    pub view: &'a str,
    /// The end of the run.
    pub end: &'a str,
    /// The moment of this line.
    pub now: &'a str,
    /// 1 or 2.
    pub status: u8,
}

/// Adds a line to the registry.
pub fn register(line: &Registered<'_>) -> Sql {
    let metadata = serde_json::json!({
        "complete": { "status": line.status },
        "material_objects": [{ "material_name": line.object, "view_name": line.view }],
    });
    let version = concat!("muster ", env!("CARGO_PKG_VERSION"));
    Sql::fill(
        "INSERT INTO material_registry VALUES ({}, {}, {}, {}, {}, {}, {}, {}, 5, {})",
        &[
            &text(line.model),
            &text(line.model_type),
            &text(&format!("models/{}", line.model)),
            &text(line.hash),
            &number(line.run),
            &timestamp(line.now),
            &timestamp(line.end),
            &text(&metadata.to_string()),
            &text(version),
        ],
    )
}

/// Keeps what a run knows about its definitions.
pub fn keep_definitions(run: u64, document: &str) -> Sql {
    Sql::fill(
        "INSERT OR REPLACE INTO muster.definitions VALUES ({}, {})",
        &[&number(run), &text(document)],
    )
}

/// Keeps a finding of a run.
pub fn keep_finding(
    run: u64,
    (severity, message): (&str, &str),
    place: Option<(&str, u64)>,
    hint: Option<&str>,
) -> Sql {
    let line = place.map_or_else(|| Sql::raw("NULL"), |(_, line)| number(line));
    Sql::fill(
        "INSERT INTO muster.findings VALUES ({}, {}, {}, {}, {}, {})",
        &[
            &number(run),
            &text(severity),
            &text(message),
            &maybe(place.map(|(file, _)| file)),
            &line,
            &maybe(hint),
        ],
    )
}

/// Keeps what came of joining ids.
pub fn keep_stitch(run: u64, entity: &str, mode: &str, counts: [u64; 5], statement: &str) -> Sql {
    let [ids, edges, refused, clusters, retired] = counts.map(number);
    Sql::fill(
        "INSERT INTO muster.stitches VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {})",
        &[
            &number(run),
            &text(entity),
            &text(mode),
            &ids,
            &edges,
            &refused,
            &clusters,
            &retired,
            &text(statement),
        ],
    )
}

/// What came of joining ids in a run.
pub fn stitches(run: u64) -> Sql {
    Sql::fill(
        "SELECT entity, mode, ids, edges, refused, clusters, retired, statement \
         FROM muster.stitches WHERE run = {} ORDER BY entity",
        &[&number(run)],
    )
}

/// Views that are not of a run themselves: name and statement.
pub fn latest_views() -> Sql {
    Sql::raw(
        "SELECT view_name, sql FROM duckdb_views() WHERE database_name = current_database() \
         AND schema_name = 'main' AND NOT internal AND NOT starts_with(view_name, 'Material_')",
    )
}

/// Forgets findings and stitches of a run that begins anew.
pub fn forget_notes(run: u64) -> Vec<Sql> {
    let run = number(run);
    vec![
        Sql::fill("DELETE FROM muster.findings WHERE run = {}", &[&run]),
        Sql::fill("DELETE FROM muster.stitches WHERE run = {}", &[&run]),
    ]
}

/// Forgets a run that is gone.
pub fn forget_run(run: u64) -> Vec<Sql> {
    let n = number(run);
    let mut all = forget_notes(run);
    all.push(Sql::fill("DELETE FROM muster.steps WHERE run = {}", &[&n]));
    all.push(Sql::fill("DELETE FROM muster.definitions WHERE run = {}", &[&n]));
    all.push(Sql::fill("DELETE FROM material_registry WHERE seq_no = {}", &[&n]));
    all.push(Sql::fill("DELETE FROM muster.runs WHERE number = {}", &[&n]));
    all
}

/// Tables and views of the file: schema, name, and whether it is a view.
pub fn objects() -> Sql {
    Sql::raw(
        "SELECT schema_name, table_name, FALSE FROM duckdb_tables() \
         WHERE database_name = current_database() AND NOT internal AND NOT temporary \
         UNION ALL SELECT schema_name, view_name, TRUE FROM duckdb_views() \
         WHERE database_name = current_database() AND NOT internal AND NOT temporary ORDER BY 1, 2",
    )
}

/// Tables and views of an attached database: schema and name.
pub fn tables_of(database: &str) -> Sql {
    let name = text(database);
    Sql::fill(
        "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = {} \
         AND NOT internal UNION ALL SELECT schema_name, view_name FROM duckdb_views() \
         WHERE database_name = {} AND NOT internal ORDER BY 1, 2",
        &[&name, &name],
    )
}

/// A table of an attached database.
pub fn table_of(database: &str, schema: &str, table: &str) -> Sql {
    path(&[database, schema, table])
}

/// Drops a table or a view, if it is there.
pub fn drop_object(schema: &str, name: &str, is_view: bool) -> Sql {
    let object = path(&[schema, name]);
    match is_view {
        true => Sql::fill("DROP VIEW IF EXISTS {}", &[&object]),
        false => Sql::fill("DROP TABLE IF EXISTS {}", &[&object]),
    }
}

/// Drops a schema with all that is in it.
pub fn drop_schema(name: &str) -> Sql {
    Sql::fill("DROP SCHEMA IF EXISTS {} CASCADE", &[&ident(name)])
}

/// Drops a schema in which nothing is; else it fails.
pub fn drop_schema_if_empty(name: &str) -> Sql {
    Sql::fill("DROP SCHEMA IF EXISTS {} RESTRICT", &[&ident(name)])
}

/// Drops the tables in which runs are kept.
pub fn drop_bookkeeping() -> Vec<Sql> {
    vec![drop_schema("muster"), Sql::raw("DROP TABLE IF EXISTS material_registry")]
}

/// The database in which names are looked up.
pub fn current_database() -> Sql {
    Sql::raw("SELECT current_database()")
}

/// The rows of a table whose text cells are SQL literals, as what they stand for.
pub fn without_quotes(table: &Sql, columns: &[(String, String)]) -> Sql {
    let selected = columns.iter().map(|(name, type_name)| {
        let name = ident(name);
        if type_name != "VARCHAR" {
            return name;
        }
        let cell = Sql::fill("trim({})", &[&name]);
        let quoted = Sql::fill(
            "starts_with({}, chr(39)) AND ends_with({}, chr(39)) AND length({}) > 1",
            &[&cell, &cell, &cell],
        );
        let inner = Sql::fill(
            "replace(substr({}, 2, length({}) - 2), chr(39) || chr(39), chr(39))",
            &[&cell, &cell],
        );
        Sql::fill(
            "CASE WHEN upper({}) = {} THEN NULL WHEN {} THEN {} ELSE {} END AS {}",
            &[&cell, &text("NULL"), &quoted, &inner, &name, &name],
        )
    });
    Sql::fill("SELECT {} FROM {}", &[&Sql::join(selected, ", "), table])
}

/// Schemas in which names are looked up, in order; new tables go into the first.
pub fn look_in(schemas: &[Sql]) -> Sql {
    let list: Vec<String> = schemas.iter().map(Sql::text).collect();
    Sql::fill("SET search_path = {}", &[&text(&list.join(","))])
}

/// A schema of the session in memory.
pub fn schema_in_memory(name: &str) -> Sql {
    path(&["memory", name])
}

/// Makes a schema, if it is not there.
pub fn create_schema(schema: &Sql) -> Sql {
    Sql::fill("CREATE SCHEMA IF NOT EXISTS {}", &[schema])
}

/// Names rows in a schema, if the name is free.
pub fn name_in_schema(schema: &Sql, name: &str, rows: &Sql) -> Sql {
    Sql::fill("CREATE VIEW IF NOT EXISTS {}.{} AS SELECT * FROM {}", &[schema, &ident(name), rows])
}

/// The database in which models that are made by several statements run.
pub const SCRATCH: &str = "muster scratch";
/// The table by which a transaction is bound to that database.
const MARK: &str = "muster mark";

/// Makes the scratch database.
pub fn attach_scratch() -> Sql {
    Sql::fill("ATTACH IF NOT EXISTS ':memory:' AS {}", &[&ident(SCRATCH)])
}

/// Lets the scratch database go with all that is in it.
pub fn detach_scratch() -> Sql {
    Sql::fill("DETACH DATABASE IF EXISTS {}", &[&ident(SCRATCH)])
}

/// Binds the transaction to the scratch database: a transaction writes to one database only.
pub fn mark_scratch() -> Sql {
    Sql::fill("CREATE OR REPLACE TABLE {} AS SELECT 1", &[&path(&[SCRATCH, "main", MARK])])
}

/// Names of the tables and views of the scratch database.
pub fn scratch_objects() -> Sql {
    Sql::fill(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = {} AND table_name <> {} \
         UNION ALL SELECT view_name FROM duckdb_views() WHERE database_name = {} AND NOT internal",
        &[&text(SCRATCH), &text(MARK), &text(SCRATCH)],
    )
}

/// The rows of a table or view of the scratch database.
pub fn scratch_rows(name: &str) -> Sql {
    Sql::fill("SELECT * FROM {}", &[&path(&[SCRATCH, "main", name])])
}

/// Makes a table of the one of its name in the scratch database.
pub fn from_scratch(name: &str) -> Sql {
    Sql::fill("CREATE OR REPLACE TABLE {} AS {}", &[&ident(name), &scratch_rows(name)])
}

/// Temporary tables, views and macros: name, kind and what defines them.
pub fn temporary_objects() -> Sql {
    Sql::raw(
        "SELECT table_name, 'table', coalesce(sql, '') FROM duckdb_tables() WHERE temporary \
         UNION ALL SELECT view_name, 'view', coalesce(sql, '') FROM duckdb_views() \
         WHERE temporary AND NOT internal \
         UNION ALL SELECT function_name, 'macro', coalesce(macro_definition, '') \
         FROM duckdb_functions() WHERE database_name = 'temp' AND NOT internal",
    )
}

/// Drops a temporary table or view.
pub fn drop_temporary(name: &str, is_view: bool) -> Sql {
    let object = path(&["temp", "main", name]);
    match is_view {
        true => Sql::fill("DROP VIEW IF EXISTS {}", &[&object]),
        false => Sql::fill("DROP TABLE IF EXISTS {}", &[&object]),
    }
}

/// A database in memory for files that are read once.
pub fn attach_memory() -> Sql {
    Sql::raw("ATTACH IF NOT EXISTS ':memory:' AS memory")
}

/// Whether rows have to come in the order in which they are stored.
pub fn keep_order(keep: bool) -> Sql {
    match keep {
        true => Sql::raw("SET preserve_insertion_order = true"),
        false => Sql::raw("SET preserve_insertion_order = false"),
    }
}

/// A transaction begins.
pub fn begin() -> Sql {
    Sql::raw("BEGIN")
}

/// A transaction begins that may only read.
pub fn begin_reading() -> Sql {
    Sql::raw("BEGIN TRANSACTION READ ONLY")
}

/// A transaction is kept.
pub fn commit() -> Sql {
    Sql::raw("COMMIT")
}

/// A transaction is undone.
pub fn rollback() -> Sql {
    Sql::raw("ROLLBACK")
}

/// What is only in the log goes into the file.
pub fn checkpoint() -> Sql {
    Sql::raw("CHECKPOINT")
}

/// The rows of a table or view.
pub fn count(name: &str) -> Sql {
    Sql::fill("SELECT count(*) FROM {}", &[&ident(name)])
}

/// A table for the id graph.
pub fn graph_table(name: &str, main_id: &str) -> Sql {
    Sql::fill(
        "CREATE OR REPLACE TABLE {} ({} VARCHAR, other_id VARCHAR, other_id_type VARCHAR, \
         valid_at TIMESTAMP)",
        &[&ident(name), &ident(main_id)],
    )
}

/// A table for joined pairs.
pub fn edges_table(name: &str, main_id: &str) -> Sql {
    Sql::fill(
        "CREATE OR REPLACE TABLE {} ({} VARCHAR, id1 VARCHAR, id1_type VARCHAR, id2 VARCHAR, \
         id2_type VARCHAR, valid_at TIMESTAMP, rows BIGINT)",
        &[&ident(name), &ident(main_id)],
    )
}

/// A table for pairs that were not joined.
pub fn refused_table(name: &str) -> Sql {
    Sql::fill(
        "CREATE OR REPLACE TABLE {} (id1 VARCHAR, id1_type VARCHAR, id2 VARCHAR, id2_type VARCHAR, \
         valid_at TIMESTAMP, reason VARCHAR)",
        &[&ident(name)],
    )
}

/// A table for the pairs by which clusters grew together.
pub fn merges_table(name: &Sql) -> Sql {
    Sql::fill(
        "CREATE OR REPLACE TABLE {} (seq BIGINT, valid_at TIMESTAMP, id1 VARCHAR, id1_type VARCHAR, \
         id2 VARCHAR, id2_type VARCHAR, size1 BIGINT, size2 BIGINT)",
        &[name],
    )
}

/// A table for main ids that no longer exist.
pub fn aliases_table(name: &Sql) -> Sql {
    Sql::fill(
        "CREATE OR REPLACE TABLE {} (old_id VARCHAR, new_id VARCHAR, run BIGINT, cause VARCHAR, \
         id1 VARCHAR, id1_type VARCHAR, id2 VARCHAR, id2_type VARCHAR, valid_at TIMESTAMP)",
        &[name],
    )
}

/// Carries aliases of earlier runs over, each to the main id that it stands for now.
pub fn carry_aliases(from: &str, to: &str) -> Sql {
    let (from, to) = (ident(from), ident(to));
    Sql::fill(
        "INSERT INTO {} SELECT o.old_id, CASE WHEN n.old_id IS NULL THEN o.new_id ELSE n.new_id \
         END, o.run, o.cause, o.id1, \
         o.id1_type, o.id2, o.id2_type, o.valid_at FROM {} AS o \
         LEFT JOIN {} AS n ON n.old_id = o.new_id WHERE o.old_id NOT IN (SELECT old_id FROM {})",
        &[&to, &from, &to, &to],
    )
}

/// Drops aliases of ids that are main ids again.
pub fn drop_living_aliases(aliases: &str, graph: &str, main_id: &str) -> Sql {
    Sql::fill(
        "DELETE FROM {} WHERE old_id IN (SELECT {} FROM {})",
        &[&ident(aliases), &ident(main_id), &ident(graph)],
    )
}

/// Earlier pairs and new ones as one table: of a pair that is in both the earlier moment counts.
pub fn join_edges(to: &str, main_id: &str, before: &str, fresh: &str, graph: &str) -> Sql {
    let main = ident(main_id);
    Sql::fill(
        "INSERT INTO {} SELECT g.{}, e.* FROM (SELECT id1, id1_type, id2, id2_type, \
         min(valid_at) AS valid_at, max(rows) AS rows FROM (\
         SELECT id1, id1_type, id2, id2_type, valid_at, rows FROM {} UNION ALL \
         SELECT id1, id1_type, id2, id2_type, valid_at, rows FROM {}) GROUP BY ALL) AS e \
         JOIN {} AS g ON g.other_id = e.id1 AND g.other_id_type = e.id1_type ORDER BY ALL",
        &[&ident(to), &main, &ident(before), &ident(fresh), &ident(graph)],
    )
}

/// Copies the rows of a table.
pub fn copy_rows(from: &str, to: &str) -> Sql {
    Sql::fill("INSERT INTO {} SELECT * FROM {}", &[&ident(to), &ident(from)])
}

/// Refused pairs of an earlier run that are not refused anew.
pub fn carry_refused(from: &str, to: &str) -> Sql {
    let (from, to) = (ident(from), ident(to));
    Sql::fill(
        "INSERT INTO {} SELECT o.* FROM {} AS o WHERE NOT EXISTS (SELECT 1 FROM {} AS n WHERE \
         (n.id1, n.id1_type, n.id2, n.id2_type) = (o.id1, o.id1_type, o.id2, o.id2_type))",
        &[&to, &from, &to],
    )
}

/// The id graph of an earlier run.
pub fn graph_rows(name: &str, main_id: &str) -> Sql {
    Sql::fill(
        "SELECT {}, other_id, other_id_type, epoch_us(valid_at) FROM {}",
        &[&ident(main_id), &ident(name)],
    )
}

/// The greatest number of the merges of an earlier run.
pub fn last_merge(name: &str) -> Sql {
    Sql::fill("SELECT coalesce(max(seq), 0) FROM {}", &[&ident(name)])
}

/// Rows with ids, the moment as microseconds since 1970; of an incremental run only those from
/// `since` on, and those without a moment.
pub fn id_rows(query: &Sql, since: Option<&str>) -> Sql {
    let rows = Sql::fill("SELECT * REPLACE (epoch_us(seen) AS seen) FROM ({})", &[query]);
    match since {
        Some(since) => {
            Sql::fill("{} WHERE seen IS NULL OR seen >= {}", &[&rows, &timestamp(since)])
        }
        None => rows,
    }
}

fn maybe(value: Option<&str>) -> Sql {
    value.map_or_else(|| Sql::raw("NULL"), text)
}
/// The state of a run that ends earlier than the latest one and is kept beside it.
pub const HISTORY: &str = "history";

/// Rows whose moments with a zone are moments in UTC; `None` when they have none.
pub fn in_utc(rows: &Sql, columns: &[(String, String)]) -> Option<Sql> {
    let zoned = columns
        .iter()
        .filter(|(_, kind)| matches!(kind.as_str(), "TIMESTAMP WITH TIME ZONE" | "TIMESTAMPTZ"));
    let replaced: Vec<Sql> = zoned
        .map(|(name, _)| {
            let name = ident(name);
            Sql::fill("CAST({} AS TIMESTAMP) AS {}", &[&name, &name])
        })
        .collect();
    if replaced.is_empty() {
        return None;
    }
    let replaced = Sql::join(replaced, ", ");
    Some(Sql::fill("(SELECT * REPLACE ({}) FROM {})", &[&replaced, rows]))
}

/// A name for rows that is there as long as the session.
pub fn name_for_session(name: &str, rows: &Sql) -> Sql {
    Sql::fill("CREATE OR REPLACE TEMP VIEW {} AS SELECT * FROM {}", &[&ident(name), rows])
}
