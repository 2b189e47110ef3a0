//! Golden projects compiled and run; and what holds of every build: nothing is lost when it is
//! killed, ids stay, runs are kept, nothing outside is read.
//!
//! A case with a `data.sql` beside its YAML is built over the tables that this makes.

mod functions;
mod hostile;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use duckdb::Connection;
use jiff::civil::{DateTime, date};
use muster::engine::builder::{self, BuildRequest, Built};
use muster::engine::{Job, project};
use muster::model::failure::{Failure, FailureKind};
use muster::model::finding::{Finding, Severity};

const END: DateTime = date(2026, 11, 20).at(6, 0, 0, 0);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf()
}

fn case(name: &str) -> PathBuf {
    root().join("tests/cases").join(name)
}

/// A folder with the data of a project, and the file that it is built into.
struct Scene {
    folder: tempfile::TempDir,
    project: PathBuf,
}

impl Scene {
    fn of(project: &Path) -> Self {
        Self { folder: tempfile::tempdir().unwrap(), project: project.to_path_buf() }
    }

    fn of_case(name: &str) -> Self {
        let scene = Self::of(&case(name));
        scene.data(&fs::read_to_string(scene.project.join("data.sql")).unwrap());
        scene
    }

    /// A project of one file, over tables that SQL makes.
    fn written(yaml: &str, data: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("project");
        fs::create_dir_all(project.join("models")).unwrap();
        let scene = Self { folder, project };
        scene.write(yaml);
        scene.data(data);
        scene
    }

    /// Head and models of the project, parted by a line of dashes.
    fn write(&self, yaml: &str) {
        let (head, models) = yaml.split_once("---\n").unwrap();
        fs::write(self.project.join("pb_project.yaml"), head).unwrap();
        fs::write(self.project.join("models/all.yaml"), models).unwrap();
    }

    fn data_file(&self) -> PathBuf {
        self.folder.path().join("warehouse.duckdb")
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("built.duckdb")
    }

    fn data(&self, sql: &str) {
        Connection::open(self.data_file()).unwrap().execute_batch(sql).unwrap();
    }

    fn request(&self) -> BuildRequest {
        BuildRequest {
            folder: self.project.clone(),
            into: self.file(),
            data: vec![self.data_file()],
            end: Some(END),
            now: END,
            ..BuildRequest::default()
        }
    }

    fn build(&self) -> Built {
        built(&self.request()).unwrap()
    }

    /// The rows of a statement on what was built, in order.
    fn rows(&self, sql: &str) -> Vec<String> {
        rows(&Connection::open(self.file()).unwrap(), sql)
    }
}

fn built(request: &BuildRequest) -> Result<Built, Failure> {
    let mut report = |_| ();
    let cancelled = Arc::new(AtomicBool::new(false));
    builder::build(request, &mut Job { cancelled, report: &mut report })
}

fn rows(connection: &Connection, sql: &str) -> Vec<String> {
    let columns: Vec<String> = {
        let mut described = connection.prepare(&format!("DESCRIBE {sql}")).unwrap();
        let names = described.query_map([], |row| row.get::<_, String>(0)).unwrap();
        names.map(Result::unwrap).collect()
    };
    let list = columns.iter().map(|name| format!("coalesce(CAST(\"{name}\" AS VARCHAR), '·')"));
    let list = list.collect::<Vec<_>>().join(" || ' | ' || ");
    let asked = format!("SELECT {list} FROM ({sql}) ORDER BY ALL");
    let mut statement = connection.prepare(&asked).unwrap();
    let rows = statement.query_map([], |row| row.get::<_, String>(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Names of runs' objects, whose hash says nothing to a reader, are shortened.
fn without_hashes(text: &str) -> String {
    let hash = regex::Regex::new(r"(Material_\w+?)_[0-9a-f]{8}_(\d+)").unwrap();
    hash.replace_all(text, "${1}_…_${2}").into_owned()
}

fn shown(findings: &[Finding], root: &Path) -> String {
    let mut out = String::new();
    for finding in findings {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let file =
            finding.file.as_ref().map(|f| f.strip_prefix(root).unwrap_or(f).display().to_string());
        let place = format!("{}:{}", file.unwrap_or_default(), finding.line.unwrap_or(0));
        let message = finding.message.lines().next().unwrap_or_default();
        let _ = writeln!(out, "{severity} {place}: {message}");
    }
    out
}

/// The latest views that hold people, with their rows.
fn contents(connection: &Connection) -> String {
    let views = rows(
        connection,
        "SELECT view_name FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal \
         AND NOT starts_with(view_name, 'Material_')",
    );
    let mut out = String::new();
    for view in views {
        let wide = ["_var_table", "_all"];
        if wide.iter().any(|end| view.ends_with(end)) {
            continue;
        }
        let columns: String = connection
            .query_row(
                &format!("SELECT string_agg(column_name, ', ') FROM (DESCRIBE \"{view}\")"),
                [],
                |r| r.get(0),
            )
            .unwrap();
        let _ = writeln!(out, "{view} ({columns})");
        // The moment of the run is the same for all, and `any_value` is what it is.
        let keep = if columns.contains("valid_at") && view.contains("feature_view") {
            "* EXCLUDE (valid_at)"
        } else {
            "*"
        };
        for row in rows(connection, &format!("SELECT {keep} FROM \"{view}\"")) {
            let _ = writeln!(out, "  {row}");
        }
    }
    out
}

#[test]
fn every_case_is_compiled_and_run_as_written_beside_it() {
    let mut ran = 0;
    let mut folders: Vec<PathBuf> =
        fs::read_dir(root().join("tests/cases")).unwrap().map(|e| e.unwrap().path()).collect();
    folders.sort();
    for folder in folders.into_iter().filter(|folder| folder.join("data.sql").is_file()) {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let scene = Scene::of_case(&name);
        let (project, _) = project::read(&folder).unwrap();
        let compiled = builder::compile(&project, &folder, END, Default::default());
        let again = builder::compile(&project, &folder, END, Default::default());
        assert_eq!(compiled.files, again.files, "{name} is compiled the same twice");
        let sql = compiled.files.iter().filter(|file| file.name.ends_with(".sql")).skip(1);
        let sql: Vec<String> =
            sql.map(|file| format!("== {}\n{}", file.name, file.text.trim_end())).collect();
        let plan = compiled.files.iter().find(|file| file.name == "plan.json").unwrap();
        let plan: serde_json::Value = serde_json::from_str(&plan.text).unwrap();
        assert_eq!(plan["steps"].as_array().unwrap().len() + 3, compiled.files.len());

        let built = scene.build();
        let mut found = shown(&built.findings, &folder);
        for stitched in &built.stitches {
            let _ = writeln!(
                found,
                "{}: {} ids, {} pairs, {} refused, {} main ids",
                stitched.entity, stitched.ids, stitched.edges, stitched.refused, stitched.clusters
            );
        }
        let connection = Connection::open(scene.file()).unwrap();
        let _ = write!(found, "\n{}", contents(&connection));
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(&folder);
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.set_description(name);
        settings.bind(|| {
            insta::assert_snapshot!("compiled", without_hashes(&sql.join("\n\n")));
            insta::assert_snapshot!("built", without_hashes(&found));
        });
        ran += 1;
    }
    assert!(ran > 12, "only {ran} cases were run");
}

/// The SQL of a plan, run by plain DuckDB in the order of its files on the tables themselves.
fn run_compiled(scene: &Scene) -> Connection {
    let copy = scene.folder.path().join("plain.duckdb");
    fs::copy(scene.data_file(), &copy).unwrap();
    let connection = Connection::open(&copy).unwrap();
    let (project, _) = project::read(&scene.project).unwrap();
    for file in builder::compile(&project, &scene.project, END, Default::default()).files {
        if file.name.ends_with(".sql") {
            let done = connection.execute_batch(&file.text);
            done.unwrap_or_else(|error| panic!("{}: {error}\n{}", file.name, file.text));
        }
    }
    connection
}

/// The views of a file that a build made, each with its rows; the history of joins is only made by
/// a build.
fn all_views(connection: &Connection) -> BTreeMap<String, Vec<String>> {
    let views = rows(
        connection,
        "SELECT view_name FROM duckdb_views() WHERE schema_name = 'main' AND NOT internal \
         AND NOT starts_with(view_name, 'Material_')",
    );
    let compared =
        views.into_iter().filter(|v| !v.ends_with("_merges") && !v.ends_with("_aliases"));
    compared.map(|view| (view.clone(), rows(connection, &format!("FROM \"{view}\"")))).collect()
}

#[test]
fn the_sql_that_is_compiled_gives_in_plain_duckdb_what_a_build_makes() {
    for name in [
        "stitching",
        "schema_96_incremental",
        "schema_69_cohorts",
        "schema_60_serve_traits_360",
        "dialect",
    ] {
        let scene = Scene::of_case(name);
        scene.build();
        let plain = run_compiled(&scene);
        let made = Connection::open(scene.file()).unwrap();
        assert_same(&plain, &made, name);
    }
}

#[track_caller]
fn assert_same(plain: &Connection, made: &Connection, name: &str) {
    let (plain, made) = (all_views(plain), all_views(made));
    assert!(made.len() > 3, "{name}");
    for (view, rows) in &made {
        assert_eq!(plain.get(view), Some(rows), "{name}: {view}");
    }
}

#[test]
fn drawn_graphs_are_joined_by_the_sql_as_by_a_build() {
    let capped = LOGINS.replace(
        "{name: email}]",
        "{name: email, maximum_edges: [{user_id: 2}], filters: [{type: exclude, regex: 'e.*7'}]}]",
    );
    for (yaml, days) in [(LOGINS, 3), (LOGINS, 12), (LOGINS, 40), (capped.as_str(), 30)] {
        let scene = Scene::written(yaml, NO_LOGINS);
        scene.data(&drawn_logins(0, days));
        let built = scene.build();
        assert!(built.stitches[0].edges > 40, "{built:?}");
        let plain = run_compiled(&scene);
        assert_same(&plain, &Connection::open(scene.file()).unwrap(), &format!("{days} days"));
    }
}

const LOGINS: &str = "name: logins
schema_version: 93
connection: c
model_folders: [models]
entities: [{name: user, id_stitcher: models/ids, id_types: [user_id, email]}]
id_types: [{name: user_id}, {name: email}]
---
inputs:
  - name: logins
    app_defaults:
      table: logins
      occurred_at_col: at
      ids: [{select: user_id, type: user_id, entity: user}, {select: email, type: email, entity: user}]
models:
  - name: ids
    model_type: id_stitcher
    model_spec: {entity_key: user, edge_sources: [{from: inputs/logins}]}
  - name: active
    model_type: entity_cohort
    model_spec: {extends: user/all, filter_pipeline: [{type: include, value: '{{user.logins_n}} >= 2'}]}
var_groups:
  - name: core
    entity_key: user
    vars: [{entity_var: {name: logins_n, select: count(*), from: inputs/logins}}]
";

const NO_LOGINS: &str = "CREATE TABLE logins (user_id VARCHAR, email VARCHAR, \"at\" TIMESTAMP)";

/// Twenty logins a day of people whose ids are drawn, from day `first` on: the same each time.
fn drawn_logins(first: u64, days: u64) -> String {
    format!(
        "INSERT INTO logins SELECT 'u' || (hash(r.range * 7 + d.range * 13) % 400), \
         'e' || (hash(r.range * 11 + d.range) % 500), TIMESTAMP '2026-01-01' + to_days(CAST(d.range AS INTEGER)) \
         FROM range(20) r, range({first}, {}) d",
        first + days
    )
}

/// Which ids hang together: each id with the least id of its cluster.
fn partition(scene: &Scene) -> Vec<String> {
    scene.rows(
        "SELECT other_id_type, other_id, min(other_id) OVER (PARTITION BY user_main_id) FROM ids",
    )
}

#[test]
fn an_incremental_run_adds_to_the_one_before_and_ends_where_a_whole_one_does() {
    let scene = Scene::written(LOGINS, NO_LOGINS);
    scene.data(&drawn_logins(0, 20));
    let mut request = scene.request();
    request.end = Some(date(2026, 1, 21).at(0, 0, 0, 0));
    let first = built(&request).unwrap();
    assert_eq!(first.stitches[0].mode, "all rows");
    let before = scene.rows("SELECT * FROM ids");

    // A run that ends before the last one knows nothing of what came after it, and is history.
    request.end = Some(date(2026, 1, 11).at(0, 0, 0, 0));
    let past = built(&request).unwrap();
    assert_eq!((past.run, past.history_of.map(|run| run.number)), (2, Some(1)));
    assert_eq!(scene.rows("SELECT * FROM ids"), before, "the latest views stay");
    request.as_latest = true;
    let past = built(&request).unwrap();
    assert_eq!((past.run, past.history_of), (3, None));
    assert_eq!(past.stitches[0].mode, "all rows");
    assert!(scene.rows("FROM ids").len() < before.len());
    request.as_latest = false;
    request.end = Some(date(2026, 1, 21).at(0, 0, 0, 0));
    request.rebuild_ids = true;
    built(&request).unwrap();
    request.rebuild_ids = false;
    assert_eq!(scene.rows("SELECT * FROM ids"), before);

    // Nothing new: nothing changes.
    request.end = Some(date(2026, 1, 22).at(0, 0, 0, 0));
    let same = built(&request).unwrap();
    assert_eq!((same.stitches[0].mode, same.stitches[0].retired), ("new rows", 0));
    assert_eq!(scene.rows("SELECT * FROM ids"), before);

    // New rows, one of them late, and one that is seen twice.
    scene.data(&drawn_logins(20, 10));
    scene.data("INSERT INTO logins VALUES ('u1', 'late', TIMESTAMP '2026-01-19'), ('u1', 'late', TIMESTAMP '2026-01-30')");
    request.end = Some(date(2026, 2, 10).at(0, 0, 0, 0));
    let second = built(&request).unwrap();
    assert_eq!(second.stitches[0].mode, "new rows");
    assert!(second.stitches[0].retired > 0, "some people turned out to be one");
    let added = partition(&scene);
    let (edges, main_ids) = (
        scene.rows("SELECT * EXCLUDE (user_main_id, rows) FROM ids_edges"),
        scene.rows("SELECT DISTINCT user_main_id FROM ids"),
    );
    // Whoever was there keeps the main id, or has an alias that leads to the present one.
    let lost = scene.rows(
        "SELECT old_id FROM ids_aliases WHERE new_id NOT IN (SELECT user_main_id FROM ids) OR old_id = new_id",
    );
    assert_eq!(lost, Vec::<String>::new());
    let aliases = scene.rows("SELECT old_id FROM ids_aliases");
    let old: std::collections::BTreeSet<String> =
        before.iter().map(|row| row.split(" | ").next().unwrap().to_owned()).collect();
    for id in &old {
        assert!(main_ids.contains(id) || aliases.contains(id), "{id} is lost");
    }
    // Each alias names the pair that joined the two, and both its ids are in the new cluster.
    let unexplained = scene.rows(
        "SELECT a.old_id FROM ids_aliases a JOIN ids g ON g.other_id = a.id1 AND g.other_id_type = a.id1_type \
         JOIN ids h ON h.other_id = a.id2 AND h.other_id_type = a.id2_type \
         WHERE a.cause <> 'merged' OR g.user_main_id <> a.new_id OR h.user_main_id <> a.new_id",
    );
    assert_eq!(unexplained, Vec::<String>::new());
    // The history of joins leaves as many main ids as there are.
    let joins = scene.rows("SELECT (SELECT count(*) FROM ids) - (SELECT count(*) FROM ids_merges)");
    assert_eq!(joins, [main_ids.len().to_string()]);

    request.rebuild_ids = true;
    request.end = Some(date(2026, 2, 11).at(0, 0, 0, 0));
    let whole = built(&request).unwrap();
    assert_eq!(whole.stitches[0].mode, "all rows");
    assert_eq!(partition(&scene), added);
    assert_eq!(scene.rows("SELECT * EXCLUDE (user_main_id, rows) FROM ids_edges"), edges);
    let least = scene.rows(
        "SELECT user_main_id FROM ids GROUP BY 1 HAVING user_main_id <> \
         min('rid' || left(sha1(left(sha1('fe971b24-9572-4005-b22f-351e9c09274d' || other_id), 32) || other_id_type), 32))",
    );
    assert_eq!(least, Vec::<String>::new(), "a main id is the least hash of its ids");

    // Other rows count now: what was joined over those that do not is joined no more.
    scene.write(
        &LOGINS.replace("    app_defaults:\n", "    where: user_id <> 'u1'\n    app_defaults:\n"),
    );
    request.rebuild_ids = false;
    request.end = Some(date(2026, 2, 12).at(0, 0, 0, 0));
    assert_eq!(built(&request).unwrap().stitches[0].mode, "all rows");
    assert_eq!(scene.rows("FROM ids WHERE other_id = 'u1'"), Vec::<String>::new());
}

#[test]
fn the_order_of_rows_changes_nothing() {
    let results: Vec<BTreeMap<String, Vec<String>>> = ["ASC", "DESC"]
        .into_iter()
        .map(|order| {
            let scene = Scene::of_case("stitching");
            scene.data(&format!(
                "CREATE OR REPLACE TABLE logins AS SELECT * FROM logins ORDER BY user_id {order}, email, \"at\""
            ));
            scene.build();
            let connection = Connection::open(scene.file()).unwrap();
            let views = ["ids", "ids_edges", "ids_refused", "ids_merges", "user_feature_view"];
            views
                .into_iter()
                .map(|view| (view.to_owned(), rows(&connection, &format!("FROM {view}"))))
                .collect()
        })
        .collect();
    assert_eq!(results[0], results[1]);
}

#[test]
fn runs_are_kept_and_removed_only_when_their_time_is_over() {
    let scene = Scene::written(LOGINS, NO_LOGINS);
    scene.data(&drawn_logins(0, 30));
    let mut request = scene.request();
    for day in [5, 10, 15, 20] {
        request.end = Some(date(2026, 1, day).at(0, 0, 0, 0));
        assert_eq!(built(&request).unwrap().removed, Vec::<u64>::new(), "no period is stated");
    }
    let sizes = scene.rows("SELECT count(*), max(number) FROM muster.runs WHERE state = 'done'");
    assert_eq!(sizes, ["4 | 4"]);
    let registered = scene.rows(
        "SELECT DISTINCT seq_no FROM material_registry WHERE metadata ->> '$.complete.status' = '2'",
    );
    assert_eq!(registered.len(), 4);

    // A period that the project states: runs 1 and 2 end before it begins.
    scene.write(&LOGINS.replace("connection: c\n", "connection: c\nretention_period: 240h\n"));
    request.end = Some(date(2026, 1, 22).at(0, 0, 0, 0));
    assert_eq!(built(&request).unwrap().removed, [1, 2]);
    request.keep_runs = Some(1);
    request.end = Some(date(2026, 1, 23).at(0, 0, 0, 0));
    let last = built(&request).unwrap();
    assert_eq!((last.run, last.removed), (6, vec![3, 4, 5]));
    let left = scene.rows(
        "SELECT DISTINCT regexp_extract(table_name, '_(\\d+)$', 1) FROM duckdb_tables() \
         WHERE starts_with(table_name, 'Material_')",
    );
    assert_eq!(left, ["6"]);
}

#[test]
fn a_run_that_a_view_still_shows_is_not_removed() {
    let scene = Scene::written(LOGINS, NO_LOGINS);
    scene.data(&drawn_logins(0, 30));
    scene.build();
    let (project, _) = project::read(&scene.project).unwrap();
    let mut request = scene.request();
    request.selected = [builder::item_named(&project, "ids").unwrap()].into();
    request.keep_runs = Some(1);
    request.end = Some(END.checked_add(jiff::ToSpan::days(1)).unwrap());
    let second = built(&request).unwrap();
    assert_eq!(second.removed, Vec::<u64>::new(), "user_active is of the first run");
    assert!(!scene.rows("FROM user_active").is_empty());
    assert!(builder::item_named(&project, "nobody").unwrap_err().hint.contains("active"));
}

#[test]
fn what_is_in_the_way_is_said_and_nothing_is_lost() {
    let scene = Scene::written(LOGINS, NO_LOGINS);
    scene.data(&drawn_logins(0, 3));
    let mut request = scene.request();
    request.into = scene.data_file();
    let failure = built(&request).unwrap_err();
    assert!(
        failure.kind == FailureKind::WrongUse && failure.what.contains("never written"),
        "{failure}"
    );
    let text = scene.folder.path().join("notes.txt");
    fs::write(&text, "mine").unwrap();
    request.into = text.clone();
    assert!(built(&request).unwrap_err().what.contains("not a DuckDB file"));
    assert_eq!(fs::read_to_string(&text).unwrap(), "mine");
    request.into = scene.folder.path().join("nowhere/x.duckdb");
    assert!(built(&request).unwrap_err().what.contains("no such folder"));

    // The file has the rows itself, and a table under the name of an output.
    let own = scene.folder.path().join("own.duckdb");
    fs::copy(scene.data_file(), &own).unwrap();
    Connection::open(&own)
        .unwrap()
        .execute_batch("CREATE TABLE user_active AS SELECT 1 AS mine")
        .unwrap();
    request.into = own.clone();
    request.data = Vec::new();
    let built_there = built(&request).unwrap();
    assert!(
        shown(&built_there.findings, &scene.project).contains("`user_active` is not published")
    );
    let connection = Connection::open(&own).unwrap();
    assert_eq!(rows(&connection, "SELECT mine FROM user_active"), ["1"]);
    assert!(!rows(&connection, "FROM user_feature_view").is_empty());

    request.into = scene.file();
    let failure = built(&request).unwrap_err();
    assert!(failure.what.contains("there is no table `logins`"), "{failure}");
    assert!(!scene.file().exists(), "a file with nothing in it is not left behind");
}

#[test]
fn files_are_inputs_too_and_ids_keep_their_zeros() {
    let scene = Scene::written(LOGINS, "SELECT 1");
    let folder = scene.folder.path().join("files");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("logins.csv"), "user_id,email,at\n007,a@example.com,2026-01-01\n007,b@example.com,2026-01-02\n8,,2026-01-03\n").unwrap();
    let mut request = scene.request();
    request.data = vec![folder.clone()];
    built(&request).unwrap();
    let ids = scene.rows("SELECT other_id FROM ids WHERE other_id_type = 'user_id'");
    assert_eq!(ids, ["007", "8"]);
    assert_eq!(scene.rows("SELECT logins_n FROM user_feature_view"), ["1", "2"]);

    // A CSV file of the project whose cells are SQL literals.
    scene.write(&LOGINS.replace("table: logins", "csv: seed/logins.csv"));
    fs::create_dir_all(scene.project.join("seed")).unwrap();
    let cells = "user_id,email,at\n'o''neil',NULL,'2026-01-01'\n'u2','b@example.com',NULL\n";
    fs::write(scene.project.join("seed/logins.csv"), cells).unwrap();
    request.end = Some(END.checked_add(jiff::ToSpan::hours(1)).unwrap());
    built(&request).unwrap();
    let ids = scene.rows("SELECT other_id, valid_at FROM ids");
    assert_eq!(ids, ["b@example.com | ·", "o'neil | 2026-01-01 00:00:00", "u2 | ·"]);
    scene.write(LOGINS);

    let parquet = scene.folder.path().join("logins.parquet");
    Connection::open_in_memory().unwrap().execute_batch(&format!(
        "COPY (SELECT 'p' AS user_id, 'p@example.com' AS email, TIMESTAMP '2026-01-01' AS \"at\") TO '{}'",
        parquet.display()
    )).unwrap();
    request.data = vec![parquet];
    request.rebuild_ids = true;
    request.end = Some(END.checked_add(jiff::ToSpan::days(1)).unwrap());
    built(&request).unwrap();
    assert_eq!(scene.rows("SELECT other_id FROM ids"), ["p", "p@example.com"]);
}

#[test]
fn a_model_that_must_be_there_keeps_the_run_from_being_published() {
    let scene = Scene::written(LOGINS, NO_LOGINS);
    scene.data(&drawn_logins(0, 5));
    scene.build();
    let before = scene.rows("FROM user_active");
    scene.write(&LOGINS.replace(
        "filter_pipeline: [{type: include, value: '{{user.logins_n}} >= 2'}]",
        "materialization: {enable_status: must_have}, filter_pipeline: [{type: include, value: 'no_column >= 2'}]",
    ));
    let mut request = scene.request();
    request.end = Some(END.checked_add(jiff::ToSpan::days(1)).unwrap());
    let failure = built(&request).unwrap_err();
    assert!(failure.what.contains("cohort active must be built"), "{failure}");
    assert!(failure.place.ends_with("all.yaml:11"), "{failure}");
    assert_eq!(scene.rows("FROM user_active"), before);
    // Repaired, the same run goes on.
    scene.write(LOGINS);
    let again = built(&request).unwrap();
    assert!(again.resumed && again.reused > 0, "{again:?}");
}

#[test]
fn a_cancelled_build_goes_on_where_it_stopped() {
    let scene = Scene::written(LOGINS, NO_LOGINS);
    scene.data(&drawn_logins(0, 30));
    let cancelled = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&cancelled);
    let mut report = move |progress: muster::protocol::Progress| {
        if progress.doing.contains("logins_n") {
            flag.store(true, Ordering::Relaxed);
        }
    };
    let request = BuildRequest { end: None, ..scene.request() };
    let stopped = builder::build(&request, &mut Job { cancelled, report: &mut report });
    assert_eq!(stopped.unwrap_err().what, "cancelled");
    let later = BuildRequest { now: date(2026, 12, 1).at(0, 0, 0, 0), ..request };
    let built = built(&later).unwrap();
    assert_eq!((built.run, built.resumed, built.end), (1, true, END), "with the end it began with");
    assert!(built.reused >= 2, "{built:?}");
    assert!(!scene.rows("FROM user_active").is_empty());
}

/// The logins of a table whose moments are written in some other way.
fn logins_of(kind: &str, rows: &[&str]) -> Scene {
    let made = NO_LOGINS.replace("\"at\" TIMESTAMP", &format!("\"at\" {kind}"));
    let scene = Scene::written(LOGINS, &made);
    for (n, moment) in rows.iter().enumerate() {
        let email = format!("u{n}@x.example");
        scene.data(&format!("INSERT INTO logins VALUES ('u{n}', '{email}', {moment})"));
    }
    scene
}

fn warnings(built: &Built) -> Vec<String> {
    let is_warning = |finding: &&Finding| finding.severity != Severity::Note;
    let found = built.findings.iter().filter(is_warning);
    found.map(|finding| format!("{} {:?}", finding.message, finding.line)).collect()
}

#[test]
fn moments_that_are_text_are_read_as_they_are_meant() {
    // The run ends at 06:00 in UTC: each of these lies before it, or has no moment.
    let good = [
        "'2026-11-20 05:59:59'",
        "'2026-11-20T06:30:00+01:00'",
        "'2026-11-20 07:59:59 +0200'",
        "'2026-11-20T05:59:59.5Z'",
        "'2026-11-20 05:59:59 UTC'",
        "'2026-11-20'",
        "''",
        "'  '",
        "NULL",
    ];
    let built = logins_of("VARCHAR", &good).build();
    assert_eq!(warnings(&built), Vec::<String>::new());
    assert_eq!(built.sizes[0].2, 9);
    let late = ["'2026-11-20 06:00:00'", "'2026-11-20T05:30:00-01:00'", "'2026-11-20T06:00:00Z'"];
    let built = logins_of("VARCHAR", &[&late[..], &good[..1]].concat()).build();
    assert_eq!(built.sizes[0].2, 1, "three happened after the end of the run");
}

#[test]
fn text_that_is_no_moment_is_told_once_and_the_rest_is_built() {
    let rows = ["'2026-11-19 10:00:00'", "'yesterday'", "'2026-11-19 10:00 Europe/Berlin'", "''"];
    let built = logins_of("VARCHAR", &rows).build();
    assert_eq!(built.sizes[0].2, 4, "their rows count like those without a moment");
    assert_eq!(
        warnings(&built),
        ["2 of 3 values of `at` of input logins are not timestamps, such as \"2026-11-19 10:00 \
          Europe/Berlin\"; their rows count as rows without a timestamp Some(5)"]
    );
}

#[test]
fn the_command_tells_what_is_odd_about_the_data() {
    let scene = logins_of("VARCHAR", &["'2026-11-19 10:00:00'", "'yesterday'"]);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_muster"));
    command.arg("build").arg(&scene.project).arg("--data").arg(scene.data_file());
    let done = command.arg("--into").arg(scene.file()).output().unwrap();
    let out = String::from_utf8(done.stdout).unwrap();
    assert!(done.status.success(), "{out}");
    assert!(out.contains("are not timestamps, such as \"yesterday\""), "{out}");
    assert!(out.contains("all.yaml:5"), "{out}");
}

#[test]
fn whole_numbers_are_moments_since_1970() {
    // Seconds, milliseconds and microseconds before and after the end of the run.
    let (before, after) = (1_795_153_199_i64, 1_795_154_400_i64);
    assert_eq!(jiff::Timestamp::from_second(after).unwrap().to_string(), "2026-11-20T06:00:00Z");
    for factor in [1, 1000, 1_000_000] {
        let rows = [(before * factor).to_string(), (after * factor).to_string(), "NULL".to_owned()];
        let built = logins_of("BIGINT", &rows.each_ref().map(String::as_str)).build();
        assert_eq!(built.sizes[0].2, 2, "times {factor}");
        let told = warnings(&built);
        assert!(told.len() == 1 && told[0].contains("seconds, milliseconds"), "{told:?}");
    }
}

#[test]
fn a_build_of_which_nothing_came_leaves_the_file_as_it_was() {
    let scene = Scene::written(LOGINS, NO_LOGINS);
    scene.data(&drawn_logins(0, 3));
    let own = "CREATE TABLE own AS SELECT 1 AS n; CREATE TYPE mine AS INTEGER";
    Connection::open(scene.file()).unwrap().execute_batch(own).unwrap();
    let everything = "SELECT schema_name, '' FROM duckdb_schemas() WHERE NOT internal UNION ALL \
        SELECT table_name, schema_name FROM duckdb_tables() UNION ALL \
        SELECT type_name, '' FROM duckdb_types() WHERE NOT internal UNION ALL \
        SELECT function_name, '' FROM duckdb_functions() WHERE NOT internal";
    let before = scene.rows(everything);
    let request = BuildRequest { data: Vec::new(), ..scene.request() };
    let failure = built(&request).unwrap_err();
    assert!(failure.what.contains("there is no table `logins`"), "{failure}");
    assert!(failure.place.ends_with("all.yaml:2"), "{failure}");
    assert_eq!(scene.rows(everything), before);

    scene.build();
    let with_types =
        "SELECT type_name FROM duckdb_types() WHERE NOT internal AND schema_name = 'main'";
    assert_eq!(scene.rows(with_types), ["mine"], "a build leaves no types behind");
    let good = scene.rows(everything);
    let other = BuildRequest { end: END.checked_add(jiff::ToSpan::days(1)).ok(), ..request };
    built(&other).unwrap_err();
    assert_eq!(scene.rows(everything), good);
    assert_eq!(scene.rows("SELECT number, state FROM muster.runs"), ["1 | done"]);
}

/// Runs the binary, kills it after a while, and looks at what is left: twenty times.
#[test]
fn a_build_that_is_killed_leaves_the_last_good_run_and_is_made_good() {
    let scene = Scene::of(&root().join("sample_data/profiles"));
    let shop = root().join("sample_data/shop.duckdb");
    let command = |end: &str| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_muster"));
        command.arg("build").arg(&scene.project).arg("--data").arg(&shop);
        command.arg("--into").arg(scene.file());
        command.arg("--end-time").arg(format!("{end}T06:00:00Z")).arg("--as-latest");
        command.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        command
    };
    let (before, after) = ("2026-10-01", "2026-11-20");
    let shown = "SELECT (SELECT count(*) FROM user_known_customers), (SELECT count(*) FROM user_ids), \
                 (SELECT sum(revenue) FROM user_feature_view)";
    let mut whole = std::time::Duration::ZERO;
    // What each of the two runs shows when it is left alone.
    let good: BTreeMap<&str, Vec<String>> = [after, before]
        .into_iter()
        .map(|end| {
            let started = std::time::Instant::now();
            assert!(command(end).status().unwrap().success());
            whole = started.elapsed();
            (end, scene.rows(shown))
        })
        .collect();
    assert_ne!(good[before], good[after]);
    let last = "SELECT strftime(arg_max(end_time, number), '%Y-%m-%d') FROM muster.runs WHERE state = 'done'";
    for round in 1..=20u32 {
        let mut child = command(after).spawn().unwrap();
        std::thread::sleep(whole * round / 20);
        child.kill().unwrap();
        child.wait().unwrap();
        let end = scene.rows(last).remove(0);
        assert_eq!(scene.rows(shown), good[end.as_str()], "after {round} of 20 parts of a build");
        if end == after {
            // It was done before it was killed.
            assert!(command(before).status().unwrap().success());
        }
    }
    assert!(command("2026-11-20").status().unwrap().success());
    let known = scene.rows("SELECT count(*) FROM user_known_customers");
    assert_eq!(known, ["3761"], "as the sample project states");
    let schemas =
        scene.rows("SELECT schema_name FROM duckdb_schemas() WHERE schema_name = 'muster_work'");
    assert_eq!(schemas, Vec::<String>::new(), "nothing of unfinished work is left");
}

#[test]
fn what_is_a_persons_own_in_the_file_stays() {
    let scene = Scene::written(LOGINS, NO_LOGINS);
    scene.data(&drawn_logins(0, 10));
    let own = "CREATE TABLE \"Material_steel_1\" AS SELECT 7 AS n; CREATE VIEW user_active AS SELECT 42 AS n; \
               CREATE TABLE user_all AS SELECT 5 AS n; CREATE MACRO nvl(a, b) AS 'mine'";
    Connection::open(scene.file()).unwrap().execute_batch(own).unwrap();
    let mut request = scene.request();
    request.keep_runs = Some(1);
    for hour in 0..3 {
        request.end = Some(END.checked_add(jiff::ToSpan::hours(hour)).unwrap());
        let built = built(&request).unwrap();
        let told = shown(&built.findings, &scene.project);
        assert!(told.contains("`user_active` is not published"), "{told}");
        assert!(told.contains("`user_all` is not published"), "{told}");
    }
    for (sql, value) in [
        ("SELECT n FROM \"Material_steel_1\"", "7"),
        ("SELECT n FROM user_active", "42"),
        ("SELECT n FROM user_all", "5"),
        ("SELECT nvl(1, 2)", "mine"),
    ] {
        assert_eq!(scene.rows(sql), [value], "{sql}");
    }
    // Who opens the file sees the cohort all the same, under the name of its run.
    let request = muster::protocol::OpenRequest { paths: vec![scene.file()], ..Default::default() };
    let cancelled = Arc::new(AtomicBool::new(false));
    let mut job = Job { cancelled, report: &mut |_| () };
    let session = muster::engine::Session::open(&request, &mut job).unwrap();
    let cohort =
        session.catalog().entity("user").and_then(|e| e.cohort("active").cloned()).unwrap();
    assert!(cohort.table.starts_with("Material_active_") && cohort.size > 5, "{cohort:?}");
}

#[test]
fn a_run_that_went_on_after_its_definitions_changed_leaves_one_id_graph() {
    let yaml = LOGINS.replace(
        "filter_pipeline: [{type: include, value: '{{user.logins_n}} >= 2'}]",
        "materialization: {enable_status: must_have}, filter_pipeline: [{type: include, value: 'no_column'}]",
    );
    let scene = Scene::written(&yaml, NO_LOGINS);
    scene.data(
        "INSERT INTO logins VALUES ('u1', 'shared', '2026-01-01'), ('u2', 'shared', '2026-01-02')",
    );
    assert!(built(&scene.request()).is_err());
    let filtered = LOGINS
        .replace("{name: email}]", "{name: email, filters: [{type: exclude, value: shared}]}]");
    scene.write(&filtered);
    let again = scene.build();
    assert!(again.resumed && again.stitches.len() == 1, "{again:?}");
    assert_eq!(again.stitches[0].clusters, 2);
    let graphs = "SELECT count(*) FROM duckdb_tables() WHERE regexp_matches(table_name, '^Material_ids_[0-9a-f]+_1$')";
    assert_eq!(scene.rows(graphs), ["1"]);
    let mut request = scene.request();
    request.end = Some(END.checked_add(jiff::ToSpan::hours(1)).unwrap());
    let next = built(&request).unwrap();
    assert_eq!((next.stitches[0].mode, next.stitches[0].clusters), ("new rows", 2));
}

#[test]
fn a_column_that_a_model_does_not_have_is_one_finding() {
    let model = "  - name: scores\n    model_type: sql_template\n    model_spec: {entity_key: user, materialization: {output_type: table}, \
                 single_sql: 'select user_id, 1 as score from {{this.DeRef(\"inputs/logins\")}}', ids: [{select: user_id, type: user_id, entity: user}], \
                 features: [{name: scroe}]}\nvar_groups:\n";
    let scene = Scene::written(&LOGINS.replace("var_groups:\n", model), NO_LOGINS);
    scene.data(&drawn_logins(0, 5));
    let built = scene.build();
    let told = shown(&built.findings, &scene.project);
    assert!(told.contains("SQL model scores is not built: there is no column scroe"), "{told}");
    assert!(!scene.rows("FROM user_feature_view").is_empty());
}

#[test]
fn features_by_an_id_show_the_id_also_where_a_feature_has_its_name() {
    let model = "  - name: mails\n    model_type: sql_template\n    model_spec: {materialization: {output_type: table}, \
                 single_sql: 'select * from {{this.DeRef(\"user/all/feature_view/using_email\")}}'}\nvar_groups:\n";
    let yaml = LOGINS.replace("var_groups:\n", model).replace(
        "vars: [",
        "vars: [{entity_var: {name: email, select: max(email), from: inputs/logins}}, ",
    );
    let scene = Scene::written(&yaml, NO_LOGINS);
    scene.data("INSERT INTO logins VALUES ('u1', 'a', '2026-01-01'), ('u1', 'b', '2026-01-02')");
    let built = scene.build();
    assert_eq!(shown(&built.findings, &scene.project), "");
    let columns = "SELECT column_name FROM (DESCRIBE mails)";
    assert_eq!(scene.rows(columns), ["email", "logins_n", "user_main_id", "valid_at"]);
    assert_eq!(scene.rows("SELECT email, logins_n FROM mails"), ["a | 2", "b | 2"]);
}
