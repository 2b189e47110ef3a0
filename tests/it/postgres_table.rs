//! Syncs into a table of a real PostgreSQL server.

use crate::postgres::psql;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// People as the data team has them: one of them breaks a rule of the table.
const PEOPLE: &str = "id,name,score,since\n\
    1,Ana,10.5,2026-01-02\n\
    2,\"Tab\tand \\ and \"\"quotes\"\" and\nline\",-3,2026-01-03\n\
    3,,7,\n\
    4,Refused,-100,2026-01-05\n";

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(mode: &str, schema: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let workspace = format!(
            "version: 1\n\
             destinations:\n  - name: warehouse\n    type: postgres\n    connection: env:MUSTER_PG\n    \
             table: {schema}.people\n    key_column: person\n    tls: \"off\"\n\
             activations:\n  - name: people\n    cohort: customer/all\n    destination: warehouse\n    \
             mode: {mode}\n    key: id\n    mapping: {{ name: name, score: score, since: since }}\n    \
             limits: {{ removals_max_percent: 100 }}\n"
        );
        std::fs::create_dir(folder.path().join("data")).unwrap();
        let place = Self { folder };
        place.write("data/customers.csv", PEOPLE);
        place.write("muster.yaml", &workspace);
        place
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn sync(&self) -> Value {
        let at = |name: &str| self.folder.path().join(name);
        let host = std::env::var("PGHOST").unwrap();
        let user = std::env::var("PGUSER").unwrap();
        let ran = Command::new(env!("CARGO_BIN_EXE_muster"))
            .args(["sync", path(&at("data")), "--workspace", path(&at(""))])
            .args(["--activation", "people", "--json"])
            .env("MUSTER_PG", format!("host={host} user={user} dbname=postgres"))
            .output()
            .unwrap();
        let error = String::from_utf8_lossy(&ran.stderr);
        serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{error}"))
    }
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn counts(told: &Value) -> [u64; 6] {
    ["accepted", "rejected", "unknown", "adds", "updates", "removes"]
        .map(|name| told[name].as_u64().unwrap())
}

#[test]
#[ignore = "needs a PostgreSQL server, named by PGHOST and PGUSER"]
fn a_table_is_kept_like_the_cohort_on_postgresql() {
    psql(
        "DROP SCHEMA IF EXISTS kept CASCADE; CREATE SCHEMA kept;
         CREATE TABLE kept.people (person bigint PRIMARY KEY, name text,
             score numeric CHECK (score > -50), since date, note text);
         INSERT INTO kept.people VALUES (99, 'of another program', 1, NULL, 'stays');\n",
    );
    let rows = || psql("SELECT person, name, score, since, note FROM kept.people ORDER BY 1;\n");
    let place = Place::new("mirror", "kept");
    let first = place.sync();
    assert_eq!(counts(&first), [3, 1, 0, 4, 0, 0], "{first}");
    let at_first = rows();
    assert!(at_first.contains("1|Ana|10.5|2026-01-02|"), "{at_first}");
    assert!(
        at_first.contains("2|Tab\tand \\ and \"quotes\" and\nline|-3.0|2026-01-03|"),
        "{at_first}"
    );
    assert!(at_first.contains("3||7.0||") && at_first.contains("99|of another program|1||stays"));
    assert!(!at_first.contains("Refused"), "{at_first}");

    // What the table has besides is left alone; what changed is sent, and who left is deleted.
    psql("UPDATE kept.people SET note = 'by hand', score = 8 WHERE person = 3;\n");
    place.write("data/customers.csv", "id,name,score,since\n1,Anna,10.5,2026-01-02\n3,,7,\n");
    let second = place.sync();
    assert_eq!(counts(&second), [2, 0, 0, 0, 1, 1], "{second}");
    let now = rows();
    assert!(now.contains("1|Anna|10.5|2026-01-02|") && now.contains("3||8||by hand"), "{now}");
    assert!(!now.contains("2|Tab") && now.contains("99|of another program"), "{now}");
    assert_eq!(counts(&place.sync()), [0; 6], "nothing changed since");
}

#[test]
#[ignore = "needs a PostgreSQL server, named by PGHOST and PGUSER"]
fn a_table_that_is_not_there_or_has_no_key_is_told_on_postgresql() {
    psql("DROP SCHEMA IF EXISTS told CASCADE; CREATE SCHEMA told;\n");
    let place = Place::new("upsert", "told");
    let told = place.sync();
    assert_eq!(told["status"], "failed");
    assert!(told["message"].as_str().unwrap().contains("there is no table"), "{told}");
    psql("CREATE TABLE told.people (person bigint, name text, score numeric, since date);\n");
    let told = place.sync();
    assert!(told["message"].as_str().unwrap().contains("primary or unique key"), "{told}");
    assert_eq!(psql("SELECT count(*) FROM told.people;\n").trim(), "0");
}
