//! What was opened cannot act: files of others, with everything in them that the database could be
//! made to do. `src/engine/store/sandbox.rs` and `src/engine/builder/project_sql.rs` say why.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use duckdb::Connection;
use muster::engine::store::{Store, StoreError};
use muster::engine::{Job, Session, jobs};
use muster::model::clause::Tree;
use muster::model::export::{ExportColumn, ExportFormat, ExportRequest, Normal};
use muster::model::failure::Failure;
use muster::model::limits::Limits;
use muster::model::now::Moment;
use muster::model::question::{Question, Slice};
use muster::protocol::OpenRequest;
use muster::sql::Sql;

const TOKEN: &str = "TOKEN-4711";

/// A folder of a person, with something in it that nobody else may read and something that nobody
/// may change, and a file that somebody else made.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.lay_out();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn lay_out(&self) {
        let lines: String = (0..5).map(|n| format!("{TOKEN}-{n},{n}\n")).collect();
        fs::write(self.path("secret.csv"), lines).unwrap();
        fs::write(self.path("secret.json"), format!("{{\"a\": \"{TOKEN}\"}}\n")).unwrap();
        fs::write(self.path("precious.txt"), "precious").unwrap();
        let other = Connection::open_in_memory().unwrap();
        let to = self.path("secret.parquet");
        let copy = format!("COPY (SELECT '{TOKEN}' AS a) TO '{}' (FORMAT parquet)", to.display());
        other.execute_batch(&copy).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.path("theirs.duckdb")
    }

    /// Runs statements on the file, each by itself, and gives how many worked.
    fn make(&self, statements: &[String]) -> usize {
        let made = Connection::open(self.file()).unwrap();
        made.execute_batch("SET autoinstall_known_extensions = false").unwrap();
        made.execute_batch("SET autoload_known_extensions = false").unwrap();
        statements.iter().filter(|sql| made.execute_batch(sql).is_ok()).count()
    }

    /// Everything in the folder but the file itself and its log.
    fn content(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        fn walk(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => walk(&path, found),
                    false => drop(found.insert(path.clone(), fs::read(&path).unwrap())),
                }
            }
        }
        let mut found = BTreeMap::new();
        walk(self.folder.path(), &mut found);
        found.retain(|path, _| !path.to_string_lossy().contains("theirs.duckdb"));
        found
    }

    fn open(&self, limits: &Limits) -> Result<Session, Failure> {
        let request = OpenRequest {
            paths: vec![self.file()],
            workspace: Some(self.path("workspace")),
            limits: limits.clone(),
            ..OpenRequest::default()
        };
        Session::open(&request, &mut job(&mut |_| ()))
    }
}

fn job(report: &mut dyn FnMut(muster::protocol::Progress)) -> Job<'_> {
    Job { cancelled: Arc::new(AtomicBool::new(false)), report }
}

fn quick() -> Limits {
    let limits = Limits::default().with_time(Duration::from_secs(2));
    Limits { memory: Some(500_000_000), ..limits }
}

fn everyone(session: &Session, entity: &str) -> Slice {
    let cohort = session.catalog().cohort(&format!("{entity}/all")).unwrap();
    let now = Moment::parse("2026-01-01T00:00:00Z", &jiff::tz::TimeZone::UTC).unwrap();
    Slice { cohort, tree: Tree::everyone(), now, segments: Vec::new() }
}

/// Calls of every function that can stand after `FROM`, with all arguments that may fit, by what
/// the database lists. Paths lead to what nobody may read or change.
fn calls(place: &Place) -> Vec<String> {
    let database = Connection::open_in_memory().unwrap();
    let mut listed = database
        .prepare(
            "SELECT DISTINCT function_name, coalesce(len(parameter_types), 0), \
             CAST(to_json(parameters) AS VARCHAR) FROM duckdb_functions() \
             WHERE function_type IN ('table', 'table_macro', 'pragma') ORDER BY ALL",
        )
        .unwrap();
    let functions: Vec<(String, i64, String)> = listed
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert!(functions.len() > 80, "{}", functions.len());
    let path = |name: &str| format!("'{}'", place.path(name).display());
    let values = [
        path("precious.txt"),
        path("secret.csv"),
        path("secret.parquet"),
        path("secret.json"),
        path("new.txt"),
        "'/proc/self/environ'".to_owned(),
        format!("'{}/*'", place.folder.path().display()),
        "'users'".to_owned(),
        "'theirs'".to_owned(),
        "'SELECT 1'".to_owned(),
        "'QueryLog'".to_owned(),
        "'json'".to_owned(),
        "3".to_owned(),
        format!("[{}]", path("secret.csv")),
    ];
    let mut calls = Vec::new();
    for (name, types, parameters) in &functions {
        let call = |arguments: &str| format!("\"{name}\"({arguments})");
        calls.push(call(""));
        calls.extend(values.iter().map(|value| call(value)));
        let two = ["'a'", "3"].iter().flat_map(|b| values.iter().map(move |a| (a, b)));
        if *types > 1 {
            calls.extend(two.map(|(a, b)| call(&format!("{a}, {b}"))));
        }
        // Settings of a call are given by name, and may be where a file is to be written.
        let names: Vec<String> = serde_json::from_str(parameters).unwrap_or_default();
        for named in names.iter().filter(|n| n.chars().all(|c| c.is_alphanumeric() || c == '_')) {
            for value in [path("precious.txt"), path("logged"), "'file'".to_owned()] {
                calls.push(call(&format!("{named} := {value}")));
                calls.push(call(&format!("'json', {named} := {value}")));
                calls.push(call(&format!("'QueryLog', {named} := {value}")));
            }
        }
    }
    calls.push(format!(
        "enable_logging('QueryLog', storage := 'file', storage_path := {})",
        path("logged")
    ));
    calls.push(format!(
        "enable_profiling(format := 'json', save_location := {})",
        path("precious.txt")
    ));
    calls.push(format!(
        "query('SELECT * FROM read_text({})')",
        path("secret.csv").replace('\'', "''")
    ));
    let change = "WITH q AS (DELETE FROM theirs.main.users RETURNING *) SELECT * FROM q";
    calls.push(format!("json_execute_serialized_sql(json_serialize_sql('{change}'))"));
    calls
}

#[test]
fn no_function_in_a_view_reads_or_writes_anything_of_a_person() {
    let place = Place::new();
    let mut statements =
        vec!["CREATE TABLE users AS SELECT i AS user_id FROM range(9) t(i)".into()];
    let calls = calls(&place);
    statements.extend(calls.iter().enumerate().map(|(number, call)| {
        format!("CREATE VIEW v{number} AS SELECT 1 AS one, f.* FROM {call} AS f")
    }));
    let made = place.make(&statements);
    assert!(made > 200, "{made} of {} views could be made", calls.len());
    // What the making itself did to the folder is not the point.
    fs::remove_dir_all(place.path("logged")).ok();
    fs::remove_file(place.path("new.txt")).ok();
    place.lay_out();
    let before = place.content();
    let settings = "SELECT name, value FROM duckdb_settings() ORDER BY ALL";

    let session = place.open(&quick()).unwrap();
    assert_eq!(session.catalog().table("users").map(|t| t.rows), Some(9));
    let store = session.store();
    let fresh = Store::open(&[place.file()], None, &quick()).unwrap();
    let own = |rows: Vec<Vec<muster::model::value::Value>>| -> Vec<String> {
        let texts = rows.iter().map(|row| format!("{row:?}"));
        // But for the private folder, which each has of its own.
        texts.filter(|text| !text.contains("muster-spill-")).collect()
    };
    store.attach().unwrap();
    for (number, call) in calls.iter().enumerate() {
        // Whether it works is of no interest.
        let rows =
            store.query(&Sql::of_project(format!("SELECT * FROM theirs.main.v{number} LIMIT 50")));
        let shown = format!("{:?}", rows.map(|rows| rows.rows));
        assert!(!shown.contains(TOKEN), "{call} reads what it may not");
        let home = std::env::var("PATH").unwrap();
        assert!(!shown.contains(&home), "{call} reads the environment");
    }
    let now = own(store.query(&Sql::of_project(settings)).unwrap().rows);
    assert_eq!(
        now,
        own(fresh.query(&Sql::of_project(settings)).unwrap().rows),
        "settings stay as they are"
    );
    assert_eq!(
        store.query(&Sql::of_project("SELECT count(*) FROM theirs.main.users")).unwrap().rows.len(),
        1
    );
    let name = "SELECT count(*) FROM duckdb_functions() WHERE function_name = 'getenv'";
    let absent = format!("{:?}", store.query(&Sql::of_project(name)).unwrap().rows);
    assert_eq!(absent, "[[Integer(0)]]", "the environment has no function");
    drop((session, fresh));
    let after = place.content();
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    assert_eq!(after, before);
    let users = Connection::open(place.file()).unwrap();
    let count: i64 = users.query_row("SELECT count(*) FROM users", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 9, "and the file itself is as it was");
}

#[test]
fn a_shut_database_stays_shut() {
    let place = Place::new();
    place.make(&["CREATE TABLE users AS SELECT 1 AS user_id".into()]);
    let store = Store::open(&[place.file()], None, &Limits::default()).unwrap();
    store.attach().unwrap();
    let path = |name: &str| place.path(name).display().to_string();
    for sql in [
        format!("SELECT * FROM read_text('{}')", path("secret.csv")),
        format!("SELECT * FROM '{}'", path("secret.parquet")),
        format!("COPY (SELECT 1) TO '{}'", path("new.csv")),
        format!("COPY (SELECT 1) TO '{}'", path("theirs.duckdb")),
        format!("ATTACH '{}' AS other", path("other.duckdb")),
        format!("EXPORT DATABASE '{}'", path("exported")),
        "SET enable_external_access = true".into(),
        "SET lock_configuration = false".into(),
        "RESET allowed_paths".into(),
        "SET allowed_directories = ['/']".into(),
        "SET temp_directory = '/tmp'".into(),
        "PRAGMA enable_profiling".into(),
        "CREATE PERSISTENT SECRET s (TYPE s3)".into(),
        "INSTALL httpfs".into(),
        "LOAD httpfs".into(),
        "DELETE FROM theirs.main.users".into(),
        "CREATE TABLE theirs.main.more AS SELECT 1".into(),
    ] {
        assert!(store.execute(&Sql::of_project(&sql)).is_err(), "{sql}");
    }
    assert!(!place.path("new.csv").exists() && !place.path("exported").exists());
}

/// The numbers and lists that a file gives: sizes, steps, values, and a list with hashed e-mails.
fn answers(place: &Place) -> String {
    let session = place.open(&Limits::default()).unwrap();
    let slice = everyone(&session, "user");
    let mut out = String::new();
    for question in [
        Question::Size,
        Question::Values { column: "country".into(), top: 5, search: "e".into() },
        Question::Histogram { column: "spent".into(), bins_max: 10 },
        Question::Timeline { column: "joined".into(), periods_max: 12 },
        Question::Boxes { number: "spent".into(), by: "country".into(), top: 3 },
    ] {
        let answered = session.ask(&slice, &question).unwrap();
        out.push_str(&format!("{:?}\n", answered.answer));
        // The statement means the same in a shell that is started on the file.
        let shell = Connection::open(place.file()).unwrap();
        if question == Question::Size {
            let statement = answered.sql.replace("AS \"of\"", "AS everyone");
            let ran: Vec<i64> = ran(&shell, &statement);
            out.push_str(&format!("in a shell {ran:?}\n"));
        }
    }
    let column = |name: &str, hashed: bool| ExportColumn {
        feature: name.to_owned(),
        name: name.to_owned(),
        hash: hashed.then_some(Normal::AsItIs),
    };
    let request = ExportRequest {
        slice,
        columns: vec![column("user_id", false), column("email", true), column("country", false)],
        path: place.path("list.csv"),
        format: ExportFormat::Csv,
        neutralise_formulas: true,
        byte_order_mark: false,
    };
    jobs::export::export(&session, &request, &mut job(&mut |_| ())).unwrap();
    out + &fs::read_to_string(place.path("list.csv")).unwrap()
}

/// The whole numbers of the first row that the last of several statements gives.
fn ran(shell: &Connection, statements: &str) -> Vec<i64> {
    let mut statement = shell.prepare(statements).unwrap();
    let mut rows = statement.query([]).unwrap();
    let row = rows.next().unwrap().unwrap();
    (0..2).map(|at| row.get(at).unwrap()).collect()
}

#[test]
fn macros_of_a_file_change_no_number_and_undo_no_hash() {
    let users = "CREATE TABLE users AS SELECT i AS user_id, 'u' || i || '@x.example' AS email, \
                 CASE i % 3 WHEN 0 THEN 'DE' WHEN 1 THEN 'FR' END AS country, i * 1.5 AS spent, \
                 DATE '2025-01-01' + CAST(i AS INTEGER) AS joined FROM range(40) t(i)";
    let plain = Place::new();
    plain.make(&[users.into()]);
    let expected = answers(&plain);
    assert!(!expected.contains("@x.example"), "the e-mails are hashed");

    let place = Place::new();
    let names: Vec<String> = {
        let database = Connection::open_in_memory().unwrap();
        let all = "SELECT DISTINCT function_name FROM duckdb_functions() ORDER BY ALL";
        let mut listed = database.prepare(all).unwrap();
        listed.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let mut statements = vec![users.to_owned()];
    for name in &names {
        let name = name.replace('"', "\"\"");
        statements.push(format!(
            "CREATE MACRO \"{name}\"() AS 7, (a) AS CAST(a AS VARCHAR), (a, b) AS a, (a, b, c) AS a"
        ));
        statements.push(format!("CREATE MACRO \"{name}\"() AS TABLE SELECT 7 AS x"));
    }
    let made = place.make(&statements);
    assert!(made > names.len(), "{made} macros of {}", names.len());
    assert_eq!(answers(&place), expected);
    let session = place.open(&Limits::default()).unwrap();
    let told = session.catalog().findings.iter().any(|f| f.message.contains("sha256"));
    assert!(told, "it is told which names mean something else in the file");
}

#[test]
fn a_view_without_an_end_is_left_out_and_the_rest_is_shown() {
    let place = Place::new();
    place.make(&[
        "CREATE TABLE users AS SELECT i AS user_id FROM range(9) t(i)".into(),
        "CREATE VIEW endless AS SELECT i AS endless_id, 'x' || i AS name \
         FROM range(1000000000000000) t(i)"
            .into(),
        // Its rows are counted at once; what is in them takes for ever.
        "CREATE VIEW slow AS SELECT i AS slow_id, (SELECT count(*) FROM range(1000000000) a(x), \
         range(1000000000) b(y) WHERE (x * y + i) % 7 = 3) AS n FROM range(20) t(i)"
            .into(),
        "CREATE VIEW third AS SELECT * FROM endless".into(),
    ]);
    let limits = Limits { look: Duration::from_millis(300), ..Limits::default() };
    let session = place.open(&limits).unwrap();
    let names: Vec<&str> = session.catalog().entities.iter().map(|e| e.name.as_str()).collect();
    assert!(names.contains(&"user") && !names.contains(&"endless"), "{names:?}");
    let told: Vec<String> =
        session.catalog().findings.iter().map(|f| format!("{} {:?}", f.message, f.hint)).collect();
    for view in ["endless", "slow"] {
        let finding = told.iter().find(|t| t.contains(view));
        let finding = finding.unwrap_or_else(|| panic!("nothing of {view} in {told:#?}"));
        assert!(finding.contains("longer than") && finding.contains("--time-limit"), "{finding}");
    }
    let third = told.iter().find(|t| t.contains("third")).unwrap();
    assert!(third.contains("not looked at"), "{third}");
}

#[test]
fn what_uses_up_its_limit_is_stopped_and_told() {
    let store = |limits: Limits| Store::open(&[], None, &limits).unwrap();
    let words = |error: StoreError| Failure::from(error).to_string();
    let endless = "SELECT count(*) FROM range(10000000000) a, range(10000000000) b \
                   WHERE (a.range * b.range) % 7 = 3";
    let short = Limits::default().with_time(Duration::from_millis(200));
    let told = words(store(short.clone()).query(&Sql::of_project(endless)).unwrap_err());
    assert!(told.contains("longer than") && told.contains("--time-limit"), "{told}");
    // One that tells how far it is has the same limit, and one is enough.
    let slow = store(short);
    let kept = format!("CREATE TEMP TABLE t AS {endless}");
    let told = words(slow.write_telling(&Sql::of_project(&kept), &mut |_| ()).unwrap_err());
    assert!(told.contains("longer than"), "{told}");
    assert!(slow.query(&Sql::of_project("SELECT 1")).is_ok());

    let large = "SELECT count(DISTINCT md5(CAST(i AS VARCHAR))) FROM range(20000000) t(i)";
    let little = Limits { memory: Some(30_000_000), spill: Some(1_000_000), ..Limits::default() };
    let told = words(store(little).query(&Sql::of_project(large)).unwrap_err());
    assert!(told.contains("-limit"), "{told}");
}

#[test]
fn looking_at_a_source_leaves_no_trace_beside_it() {
    let place = Place::new();
    place.make(&["CREATE TABLE users AS SELECT i AS user_id FROM range(9) t(i)".into()]);
    let before = fs::metadata(place.folder.path()).unwrap().modified().unwrap();
    let names = place.content();
    let request = OpenRequest { paths: vec![place.file()], ..OpenRequest::default() };
    let session = Session::open(&request, &mut job(&mut |_| ())).unwrap();
    session.ask(&everyone(&session, "user"), &Question::Size).unwrap();
    drop(session);
    assert_eq!(place.content(), names);
    let after = fs::metadata(place.folder.path()).unwrap().modified().unwrap();
    assert_eq!(after, before, "nothing was made there, not even for a moment");
}
