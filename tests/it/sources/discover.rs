//! Entities, keys, relations and cohorts, found in small copies of the shapes that data comes in.

use super::{Opened, open, open_files, open_with, write};
use muster::engine::store::Store;
use muster::model::catalog::{Derivation, EntityBase, SourceKind};
use muster::model::workspace::Correction;
use muster::sql::Sql;
use std::fmt::Write as _;
use std::path::PathBuf;

/// A shop: customers with text ids, their orders, the items of these, and tweets by "users".
fn shop() -> (tempfile::TempDir, Opened) {
    let id = |kind: &str, n: usize| format!("{kind}{:04x}-{}", n * 7919 % 65536, n);
    let mut customers = "id,name\n".to_owned();
    let mut orders = "id,customer,ordered_at,total\n".to_owned();
    let mut items = "id,order_id,sku\n".to_owned();
    let mut tweets = "id,user_id,tweeted_at,content\n".to_owned();
    for n in 0..60 {
        writeln!(customers, "{},Person {n}", id("c", n)).unwrap();
        writeln!(tweets, "{},{},2024-03-01 10:00:00,hello", id("t", n), id("c", n / 2)).unwrap();
    }
    for n in 0..200 {
        let day = n % 28 + 1;
        writeln!(orders, "{},{},2024-02-{day:02}T10:00:00,{n}", id("o", n), id("c", n % 50))
            .unwrap();
        writeln!(items, "{},{},SKU-{}", id("i", n), id("o", n % 150), n % 7).unwrap();
    }
    open_files(&[
        ("raw_customers.csv", &customers),
        ("raw_orders.csv", &orders),
        ("raw_items.csv", &items),
        ("raw_tweets.csv", &tweets),
    ])
}

#[test]
fn a_shop_of_text_files_gives_its_entities_and_relations() {
    let (_folder, shop) = shop();
    assert_eq!(shop.entities()[0], ("raw_customer", "id", 60));
    let names: Vec<&str> = shop.entities().iter().map(|e| e.0).collect();
    assert!(names.contains(&"raw_order") && names.contains(&"raw_item"), "{names:?}");
    assert_eq!(
        shop.relations(),
        [
            "raw_items.order_id → raw_orders.id 0",
            "raw_orders.customer → raw_customers.id 0",
            "raw_tweets.user_id → raw_customers.id 0",
        ]
    );
    let customers = &shop.catalog.entities[0];
    assert_eq!(customers.why, "id is unique in 60 rows and 2 tables point at it");
    assert!(customers.feature("name").unwrap().personal.is_some());
    assert_eq!(
        shop.catalog.table("raw_orders").unwrap().time_column.as_deref(),
        Some("ordered_at")
    );
    assert_eq!(shop.catalog.table("raw_customers").unwrap().time_column, None);
}

#[test]
fn a_lone_log_of_events_gives_users_and_sessions() {
    let mut log = "user_id,session_id,event,timestamp,channel,platform\n".to_owned();
    for n in 0..300 {
        let (user, session) = (n % 30, n % 90);
        let platform = if session % 2 == 0 { "web" } else { "app" };
        let channel = user % 3;
        writeln!(
            log,
            "u{user},s{session},view,2024-01-01 10:{:02}:00,c{channel},{platform}",
            n % 60
        )
        .unwrap();
    }
    let (_folder, opened) = open_files(&[("events.csv", &log), ("LICENSE", "text")]);
    assert_eq!(opened.entities(), [("user", "user_id", 30), ("session", "session_id", 90)]);
    let user = opened.catalog.entity("user").unwrap();
    let EntityBase::Events { tables, features, .. } = &user.base else { panic!("{:?}", user.base) };
    assert_eq!(*tables, [("events".to_owned(), "user_id".to_owned())]);
    let made: Vec<(&str, &Derivation)> = features.iter().map(|f| (&*f.name, &f.how)).collect();
    assert!(made.contains(&("channel", &Derivation::Constant("channel".into()))), "{made:?}");
    assert!(made.contains(&("last_timestamp", &Derivation::Last("timestamp".into()))), "{made:?}");
    assert!(made.iter().any(|(_, how)| **how == Derivation::Count), "{made:?}");
    assert_eq!(user.features.len(), features.len() + 1);
    assert_eq!(opened.relations()[0], "events.session_id → session.session_id 0");
    assert!(opened.says("LICENSE"));
}

#[test]
fn keys_with_a_letter_for_their_table_find_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let made = Store::in_memory().unwrap();
    for (name, query) in [
        ("customer", "SELECT range AS c_custkey, 'x' || range AS c_name FROM range(100)"),
        (
            "orders",
            "SELECT range AS o_orderkey, range % 80 AS o_custkey, DATE '2024-01-01' AS o_orderdate FROM range(500)",
        ),
        ("lineitem/part-0", "SELECT range % 500 AS l_orderkey, range AS n FROM range(700)"),
        ("lineitem/part-1", "SELECT range % 500 AS l_orderkey, range AS n FROM range(700)"),
    ] {
        let path = write(folder.path(), &format!("{name}.parquet"), "");
        made.execute(&Sql::of_project(format!(
            "COPY ({query}) TO '{}' (FORMAT parquet)",
            path.display()
        )))
        .unwrap();
    }
    let opened = open(folder.path());
    assert_eq!(opened.catalog.table("lineitem").unwrap().rows, 1400);
    assert_eq!(opened.entities()[0].0, "customer");
    assert_eq!(
        opened.relations(),
        ["lineitem.l_orderkey → orders.o_orderkey 0", "orders.o_custkey → customer.c_custkey 0"]
    );
}

#[test]
fn rows_that_point_at_nothing_are_counted() {
    let (_folder, opened) = open_files(&[
        ("planes.csv", "tailnum,seats\nN1A,10\nN2B,20\nN3C,30\n"),
        ("flights.csv", "flight,tailnum,delay\n1,N1A,5\n2,N2B,NA\n3,N9Z,7\n4,,8\n5,N1A,1\n"),
    ]);
    assert_eq!(opened.relations(), ["flights.tailnum → planes.tailnum 1"]);
    assert!(opened.catalog.relations[0].why.contains("3 of 4"), "{:?}", opened.catalog.relations);
}

#[test]
fn keys_of_different_types_are_compared_as_text() {
    let (_folder, opened) = open_files(&[
        ("accounts.csv", "account_id,plan\nA1,x\n20,y\n30,z\n"),
        ("visits.csv", "visit,account_id\n1,20\n2,20\n3,30\n"),
    ]);
    let relation = &opened.catalog.relations[0];
    assert_eq!(opened.relations(), ["visits.account_id → accounts.account_id 0"]);
    assert!(relation.as_text());
}

/// A database with an entity, cohorts as views and as a table, and one view that is broken.
fn database(folder: &std::path::Path) -> PathBuf {
    let path = folder.join("crm.duckdb");
    let writer = Store::in_memory().unwrap();
    writer
        .execute(&Sql::of_project(format!("ATTACH '{}' AS crm; USE crm", path.display())))
        .unwrap();
    writer
        .execute(&Sql::of_project(
            "CREATE TABLE customers AS SELECT range AS customer_id, range % 5 AS tier, \
               'p' || range || '@example.org' AS contact FROM range(100); \
             CREATE TABLE orders AS SELECT range AS order_id, range % 60 AS customer_id, \
               TIMESTAMP '2024-01-01' AS ordered_at FROM range(400); \
             CREATE VIEW gold AS SELECT * FROM customers WHERE tier > 2; \
             CREATE VIEW platinum AS SELECT customer_id FROM gold WHERE tier = 4; \
             CREATE SCHEMA audience; \
             CREATE TABLE audience.members AS SELECT customer_id, 1 AS weight FROM customers \
               WHERE customer_id < 7; \
             COMMENT ON COLUMN customers.tier IS 'Loyalty tier'; \
             CREATE TABLE gone AS SELECT 1 AS a; CREATE VIEW broken AS SELECT a FROM gone; \
             DROP TABLE gone; USE memory; DETACH crm",
        ))
        .unwrap();
    path
}

#[test]
fn a_database_gives_its_cohorts_and_survives_a_broken_view() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(&database(folder.path()));
    assert_eq!(opened.catalog.source, SourceKind::DuckDb);
    assert!(opened.says("the view broken cannot be read"), "{:?}", opened.catalog.findings);
    let entities: Vec<&str> = opened.entities().iter().map(|e| e.0).collect();
    assert_eq!(entities, ["customer", "order"]);
    let customer = &opened.catalog.entities[0];
    let cohorts: Vec<(&str, u64, Option<&str>)> =
        customer.cohorts.iter().map(|c| (&*c.name, c.size, c.extends.as_deref())).collect();
    assert_eq!(cohorts, [("gold", 40, None), ("platinum", 20, Some("gold")), ("members", 7, None)]);
    assert!(customer.cohorts[0].origin.contains("WHERE (tier > 2)"), "{:?}", customer.cohorts[0]);
    assert_eq!(customer.feature("tier").unwrap().description.as_deref(), Some("Loyalty tier"));
    assert!(customer.feature("contact").unwrap().personal.as_ref().unwrap().contains("e-mail"));
    assert_eq!(opened.relations(), ["orders.customer_id → customers.customer_id 0"]);
}

#[test]
fn corrections_have_the_last_word() {
    let folder = tempfile::tempdir().unwrap();
    let path = database(folder.path());
    let named = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    let (from, to) = named("orders.customer_id", "customers.customer_id");
    let corrections = [
        Correction::NotEntity { name: "order".into() },
        Correction::Entity {
            table: "customers".into(),
            name: "buyer".into(),
            key: "customer_id".into(),
            also: Vec::new(),
        },
        Correction::NotRelation { from: from.clone(), to: to.clone() },
        Correction::Personal {
            table: "customers".into(),
            column: "contact".into(),
            personal: false,
        },
        Correction::TimeColumn { table: "orders".into(), column: None },
        Correction::NotEntity { name: "ghost".into() },
        // Its values repeat, so that each of them is one.
        Correction::Entity {
            table: "customers".into(),
            name: "tier".into(),
            key: "tier".into(),
            also: Vec::new(),
        },
    ];
    let opened = open_with(&path, &corrections).unwrap();
    assert_eq!(opened.entities(), [("tier", "tier", 5), ("buyer", "customer_id", 100)]);
    assert_eq!(opened.catalog.entities[1].cohorts.len(), 3);
    assert_eq!(opened.relations(), ["customers.tier → tier.tier 0"]);
    assert_eq!(opened.catalog.entities[1].feature("contact").unwrap().personal, None);
    assert_eq!(opened.catalog.table("orders").unwrap().time_column, None);
    assert!(opened.says("the entity ghost"));

    let mut again = corrections[..3].to_vec();
    again.push(Correction::Relation { from, to, form: None });
    let opened = open_with(&path, &again).unwrap();
    assert_eq!(opened.relations(), ["orders.customer_id → customers.customer_id 0"]);
}

#[test]
fn rows_without_any_key_are_known_by_their_number() {
    let (_folder, opened) = open_files(&[("delays.csv", "delay,distance\n1,2\n1,2\n3,4\n")]);
    assert_eq!(opened.entities(), [("delay", "row", 3)]);
    assert_eq!(opened.rows("delays")[2], ["3", "3", "4"]);
    let origin = &opened.catalog.table("delays").unwrap().origin;
    let printed = format!("SELECT max(\"row\"), sum(delay) FROM {}", muster::sql::relation(origin));
    assert_eq!(opened.store.query(&Sql::of_project(&printed)).unwrap().rows[0][0].to_string(), "3");

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("delays.parquet");
    let query = "SELECT range // 2 AS delay, range // 3 AS distance FROM range(5000)";
    let made = Store::in_memory().unwrap();
    made.execute(&Sql::of_project(format!(
        "COPY ({query}) TO '{}' (FORMAT parquet)",
        path.display()
    )))
    .unwrap();
    let opened = open(&path);
    assert_eq!(opened.entities(), [("delay", "row", 5000)]);
    assert_eq!(opened.rows("delays")[4999], ["5000", "2499", "1666"]);
}

#[test]
fn a_list_of_users_beside_a_log_is_a_cohort_of_it() {
    let mut log = "user_id,event,at\n".to_owned();
    for n in 0..200 {
        writeln!(log, "u{},view,2024-01-01 10:{:02}:00", n % 40, n % 60).unwrap();
    }
    let (_folder, opened) = open_files(&[
        ("events.csv", &log),
        ("audience_vip.csv", "user_id,since\nu1,2024\nu2,2023\nu7,2024\n"),
    ]);
    assert_eq!(opened.entities(), [("user", "user_id", 40)]);
    let cohort = &opened.catalog.entities[0].cohorts[0];
    assert_eq!((&*cohort.name, &*cohort.key, cohort.size), ("audience_vip", "user_id", 3));
    assert!(cohort.origin.contains("audience_vip.csv"));
}

#[test]
fn a_small_table_is_no_cohort_because_its_numbers_are_small() {
    let mut customers = "id,name\n".to_owned();
    for n in 1..50 {
        writeln!(customers, "{n},Person {n}").unwrap();
    }
    let (_folder, opened) =
        open_files(&[("customers.csv", &customers), ("stores.csv", "id,name\n1,North\n2,South\n")]);
    assert_eq!(opened.entities(), [("customer", "id", 49), ("store", "id", 2)]);
    assert!(opened.catalog.entities[0].cohorts.is_empty());
}

#[test]
fn a_stored_table_without_a_key_has_row_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.duckdb");
    let writer = Store::in_memory().unwrap();
    writer
        .execute(&Sql::of_project(format!(
            "ATTACH '{}' AS made; CREATE TABLE made.delays AS SELECT range // 4 AS delay \
             FROM range(100); DETACH made",
            path.display()
        )))
        .unwrap();
    let opened = open(&path);
    assert_eq!(opened.entities(), [("delay", "rowid", 100)]);
    let rows = opened.store.query(&Sql::of_project(
        "SELECT \"rowid\", delay FROM log.main.delays WHERE \"rowid\" = 99",
    ));
    assert_eq!(rows.unwrap().rows[0][1].to_string(), "24");
    let stamped = &opened.catalog.fingerprint.files;
    assert_eq!(stamped.len(), 2);
    assert!(stamped[0].bytes > 0 && stamped[1].path.ends_with("log.duckdb.wal"));
}
