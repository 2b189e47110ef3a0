//! A person's database file is read, let go, and never changed.

use muster::engine::store::{Store, StoreError};
use muster::model::failure::{Failure, FailureKind};
use muster::model::limits::Limits;
use muster::model::value::Value;
use muster::sql::Sql;
use std::path::{Path, PathBuf};

/// Makes a database file with what the statements put into it.
fn make(folder: &Path, name: &str, options: &str, statements: &str) -> PathBuf {
    let path = folder.join(name);
    let writer = Store::in_memory().unwrap();
    writer
        .execute(&Sql::of_project(format!("ATTACH '{}' AS made {options}", path.display())))
        .unwrap();
    writer.execute(&Sql::of_project(format!("USE made.main; {statements}"))).unwrap();
    writer.execute(&Sql::of_project("USE memory; DETACH made")).unwrap();
    path
}

fn open(path: &Path) -> Result<Store, StoreError> {
    Store::open(&[path.to_path_buf()], None, &Limits::default())
}

/// The rows of a table of the file, named in full.
fn count(store: &Store, table: &str) -> Value {
    let database = store.database_name().unwrap().replace('"', "\"\"");
    store
        .query(&Sql::of_project(format!("SELECT count(*) FROM \"{database}\".{table}")))
        .unwrap()
        .rows[0][0]
        .clone()
}

#[test]
fn another_program_can_write_between_questions() {
    let folder = tempfile::tempdir().unwrap();
    let path = make(folder.path(), "shop.duckdb", "", "CREATE TABLE t AS SELECT 1 AS a");
    let store = open(&path).unwrap();
    store.attach().unwrap();
    store.attach().unwrap();
    assert_eq!(count(&store, "\"main\".\"t\""), Value::Integer(1));
    store.detach().unwrap();
    store.detach().unwrap();

    make(folder.path(), "shop.duckdb", "", "INSERT INTO t VALUES (2)");
    store.attach().unwrap();
    assert_eq!(count(&store, "\"main\".\"t\""), Value::Integer(2));
}

#[test]
fn the_file_and_its_pending_log_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pending.duckdb");
    let writer = Store::in_memory().unwrap();
    writer.execute(&Sql::of_project(format!("ATTACH '{}' AS made", path.display()))).unwrap();
    writer
        .execute(&Sql::of_project("CREATE TABLE made.t AS SELECT 1 AS a; CHECKPOINT made"))
        .unwrap();
    writer.execute(&Sql::of_project("INSERT INTO made.t VALUES (2)")).unwrap();
    // A copy taken while the writer is at work has its last rows in the log only.
    let copy = folder.path().join("copy.duckdb");
    let wal = |p: &Path| PathBuf::from(format!("{}.wal", p.display()));
    std::fs::copy(&path, &copy).unwrap();
    std::fs::copy(wal(&path), wal(&copy)).unwrap();
    let bytes = (std::fs::read(&copy).unwrap(), std::fs::read(wal(&copy)).unwrap());

    let store = open(&copy).unwrap();
    store.attach().unwrap();
    assert_eq!(count(&store, "\"main\".\"t\""), Value::Integer(2));
    assert!(store.execute(&Sql::of_project("INSERT INTO copy.main.t VALUES (3)")).is_err());
    store.detach().unwrap();
    drop(store);
    assert_eq!((std::fs::read(&copy).unwrap(), std::fs::read(wal(&copy)).unwrap()), bytes);
}

#[test]
fn views_that_name_their_own_file_work() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop v2.1.duckdb");
    let writer = Store::in_memory().unwrap();
    writer
        .execute(&Sql::of_project(format!("ATTACH '{}' AS \"shop v2.1\"", path.display())))
        .unwrap();
    writer
        .execute(&Sql::of_project(
            "USE \"shop v2.1\".main; CREATE TABLE t AS SELECT 1 AS a; CREATE SCHEMA audience; \
             CREATE VIEW audience.v AS SELECT * FROM \"shop v2.1\".main.t; USE memory; \
             DETACH \"shop v2.1\"",
        ))
        .unwrap();
    let store = open(&path).unwrap();
    store.attach().unwrap();
    assert_eq!(count(&store, "\"audience\".\"v\""), Value::Integer(1));
}

#[test]
fn a_schema_named_like_the_file_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["audience.duckdb", "main.duckdb", "memory.duckdb", "temp.duckdb", "o'r\"x.duckdb"]
    {
        let statements = "CREATE SCHEMA made.audience; CREATE TABLE made.audience.m AS SELECT 1 AS a; \
                          CREATE TABLE made.main.t AS SELECT 1 AS a";
        let path = folder.path().join(name);
        let writer = Store::in_memory().unwrap();
        let quoted = path.display().to_string().replace('\'', "''");
        writer
            .execute(&Sql::of_project(format!(
                "ATTACH '{quoted}' AS made; {statements}; DETACH made"
            )))
            .unwrap();
        let store = open(&path).unwrap();
        store.attach().unwrap();
        assert_eq!(count(&store, "\"audience\".\"m\""), Value::Integer(1), "{name}");
        assert_eq!(count(&store, "\"main\".\"t\""), Value::Integer(1), "{name}");
    }
}

#[test]
fn an_encrypted_file_needs_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let key = "(ENCRYPTION_KEY 'correct horse')";
    let path = folder.path().join("secret.duckdb");
    let writer = Store::in_memory().unwrap();
    // The bundled database reads encrypted files, but writes them only when told to.
    writer.execute(&Sql::of_project("SET force_mbedtls_unsafe = 'true'")).unwrap();
    writer.execute(&Sql::of_project(format!("ATTACH '{}' AS made {key}", path.display()))).unwrap();
    writer.execute(&Sql::of_project("CREATE TABLE made.t AS SELECT 1 AS a; DETACH made")).unwrap();
    let failure: Failure = open(&path).err().unwrap().into();
    assert!(failure.kind == FailureKind::KeyNeeded, "{failure}");
    assert!(failure.place.ends_with("secret.duckdb"), "{failure}");
    let wrong = Store::open(std::slice::from_ref(&path), Some("wrong horse"), &Limits::default())
        .err()
        .unwrap();
    assert!(matches!(wrong, StoreError::WrongKey { .. }), "{wrong:?}");
    let store = Store::open(&[path], Some("correct horse"), &Limits::default()).unwrap();
    store.attach().unwrap();
    assert_eq!(count(&store, "\"main\".\"t\""), Value::Integer(1));
}

#[test]
fn a_key_that_is_not_needed_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let path = make(folder.path(), "plain.duckdb", "", "CREATE TABLE t AS SELECT 1 AS a");
    let store = Store::open(&[path], Some("a key for another file"), &Limits::default()).unwrap();
    store.attach().unwrap();
    assert_eq!(count(&store, "\"main\".\"t\""), Value::Integer(1));
}

#[test]
fn a_file_may_lack_free_blocks_at_its_end_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let rows = "CREATE TABLE users AS SELECT i AS id, md5(i::VARCHAR) AS h FROM range(20000) t(i)";
    let path = make(folder.path(), "users.duckdb", "", rows);
    make(folder.path(), "users.duckdb", "", "UPDATE users SET h = 'x'");
    make(folder.path(), "users.duckdb", "", "UPDATE users SET h = 'y' || id");
    let store = open(&path).unwrap();
    store.attach().unwrap();
    let sizes = "SELECT total_blocks * block_size, free_blocks FROM pragma_database_size() \
                 WHERE database_name = 'users'";
    let sizes = store.query(&Sql::of_project(sizes)).unwrap().rows.remove(0);
    let bytes = std::fs::metadata(&path).unwrap().len();
    // This is what the test is about: the file is shorter than all of its blocks.
    assert!(sizes[0].as_u64().unwrap() > bytes && sizes[1].as_u64().unwrap() > 0, "{sizes:?}");
    assert_eq!(count(&store, "\"main\".\"users\""), Value::Integer(20_000));
    store.detach().unwrap();
    drop(store);

    let whole = std::fs::read(&path).unwrap();
    for less in [1, 4096, 262_144] {
        std::fs::write(&path, &whole[..whole.len() - less]).unwrap();
        let failure: Failure = open(&path).err().unwrap().into();
        assert!(failure.what.contains("cut short"), "{less} bytes less: {failure}");
    }
}

/// Not a test of its own: holds the file named in `HELD_FILE` open for writing until its input
/// ends. Locks are per process, so the test below needs a second one.
#[test]
#[ignore = "run by a_file_that_is_being_written_names_the_writer"]
fn holds_a_file() {
    let path = std::env::var("HELD_FILE").unwrap();
    let writer = Store::in_memory().unwrap();
    writer.execute(&Sql::of_project(format!("ATTACH '{path}' AS made"))).unwrap();
    eprintln!("held");
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

#[test]
fn a_file_that_is_being_written_names_the_writer() {
    use std::io::{BufRead as _, BufReader};
    let folder = tempfile::tempdir().unwrap();
    let path = make(folder.path(), "busy.duckdb", "", "CREATE TABLE t AS SELECT 1 AS a");
    let store = open(&path).unwrap();
    let mut writer = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", "sources::attach::holds_a_file"])
        .env("HELD_FILE", &path)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(writer.stderr.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("held")));

    let busy = store.attach().unwrap_err();
    let expected = StoreError::Busy { path, pid: Some(writer.id()) };
    drop(writer.stdin.take());
    writer.wait().unwrap();
    assert_eq!(busy, expected);
    store.attach().unwrap();
    assert_eq!(count(&store, "\"main\".\"t\""), Value::Integer(1));
}
