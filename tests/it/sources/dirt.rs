//! Keys and relations in data as it comes: ids of other types, missing and doubled ones, references
//! under other names, several of them, and rows that are reached by steps.

use super::{Opened, open, open_files, open_with, write};
use muster::bind;
use muster::compile;
use muster::engine::store::Store;
use muster::language::{self, Scope};
use muster::model::catalog::CohortRef;
use muster::model::clause::Tree;
use muster::model::failure::Failure;
use muster::model::now::Moment;
use muster::model::question::Slice;
use muster::model::workspace::Correction;
use muster::sql::Sql;
use std::fmt::Write as _;

/// How many of an entity a condition keeps; the failure when it cannot be asked.
fn count(opened: &Opened, entity: &str, condition: &str) -> Result<u64, String> {
    let catalog = &opened.catalog;
    let entity = catalog.entity(entity).unwrap_or_else(|| panic!("{:?}", opened.entities()));
    let tree: Tree = language::parse(condition, &Scope { catalog, entity })
        .map_err(|error| format!("{}; {}", error.message, error.hint))?;
    let slice = Slice {
        cohort: CohortRef::all(&entity.name),
        tree,
        now: Moment::parse("2025-12-01T00:00:00Z", &jiff::tz::TimeZone::UTC).unwrap(),
        segments: Vec::new(),
    };
    let bound = bind::slice(catalog, &slice).map_err(|error| Failure::from(error).what)?;
    let query = compile::size(&bound).query;
    let rows = opened.store.query(&query.executed(None)).unwrap().rows;
    // What a person copies gives the same in plain DuckDB: all of these are files.
    let plain = Store::in_memory().unwrap().query(&Sql::of_project(query.portable())).unwrap().rows;
    assert_eq!(rows, plain, "{condition}");
    Ok(rows[0][0].as_u64().unwrap())
}

/// A folder of Parquet files, each made by a query.
fn parquet(tables: &[(&str, &str)]) -> (tempfile::TempDir, Opened) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::in_memory().unwrap();
    for (name, query) in tables {
        let path = write(folder.path(), &format!("{name}.parquet"), "");
        store
            .execute(&Sql::of_project(format!(
                "COPY ({query}) TO '{}' (FORMAT parquet)",
                path.display()
            )))
            .unwrap();
    }
    let opened = open(folder.path());
    (folder, opened)
}

#[test]
fn whole_numbers_of_any_type_are_keys_and_references() {
    let types = ["DECIMAL(38,0)", "DECIMAL(12,0)", "DOUBLE", "BIGINT", "VARCHAR", "DECIMAL(12,2)"];
    for key in types {
        for reference in types {
            let users =
                format!("SELECT (100 + range)::{key} user_id, 'n' || range AS n FROM range(30)");
            let orders = format!(
                "SELECT range AS order_id, CASE WHEN range % 7 > 0 THEN (100 + range % 20)::{reference} END user_id FROM range(60)"
            );
            // A whole number with two decimals is no id as text: it says so itself.
            if [key, reference].contains(&"DECIMAL(12,2)") && [key, reference].contains(&"VARCHAR")
            {
                continue;
            }
            let (_folder, opened) = parquet(&[("users", &users), ("orders", &orders)]);
            let known = count(&opened, "user", "count(orders) >= 1");
            assert_eq!(known, Ok(20), "{key} {reference}: {:?}", opened.relations());
        }
    }
}

#[test]
fn text_that_went_through_a_float_is_the_number() {
    let (_folder, opened) = parquet(&[
        ("users", "SELECT 100 + range AS user_id, 'n' || range AS n FROM range(30)"),
        (
            "orders",
            "SELECT range AS order_id, (100 + range % 20) || '.0' AS user_id FROM range(60)",
        ),
    ]);
    assert_eq!(count(&opened, "user", "count(orders) >= 1"), Ok(20));
    assert!(opened.catalog.relations[0].why.contains("compared as text"));
}

fn users(more: &str) -> String {
    let mut text = "user_id,email\n".to_owned();
    for n in 1..200 {
        writeln!(text, "{n},u{n}@x.example").unwrap();
    }
    text + more
}

#[test]
fn a_row_without_an_id_or_with_one_that_is_taken_is_told_and_counted() {
    let orders = "order_id,user_id\n1,5\n2,5\n3,9\n4,17\n";
    for (more, odd) in [
        (",u200@x.example\n", "1 row has no user_id (the first is row 200)"),
        ("17,u200@x.example\n", "still counted and listed, such as \"17\""),
    ] {
        let (_folder, opened) = open_files(&[("users.csv", &users(more)), ("orders.csv", orders)]);
        assert_eq!(opened.entities()[0], ("user", "user_id", 200), "{more}");
        assert!(opened.says(odd), "{:?}", opened.catalog.findings);
        assert!(opened.catalog.entities[0].why.contains("except for 1 row"));
        assert_eq!(count(&opened, "user", ""), Ok(200));
        let of_17 = if more.starts_with("17") { 2 } else { 1 };
        assert_eq!(count(&opened, "user", "count(orders) >= 1"), Ok(2 + of_17));
        assert_eq!(count(&opened, "user", "count(orders) = 0"), Ok(198 - of_17));
    }
}

#[test]
fn a_log_in_which_most_come_once_has_no_key_of_theirs() {
    let mut log = "user_id,page\n".to_owned();
    for n in 0..200 {
        writeln!(log, "{},p{}", n % 197, n % 5).unwrap();
    }
    let (_folder, opened) = open_files(&[("visits.csv", &log)]);
    assert_eq!(opened.entities(), [("user", "user_id", 197)]);
}

#[test]
fn an_id_that_only_a_log_holds_is_an_entity_whatever_its_type() {
    let log = |id: &dyn Fn(usize) -> String| {
        let mut text = "name,event_timestamp,visitor_id\n".to_owned();
        for n in 0..400 {
            writeln!(text, "view,{},{}", 1_604_188_800_000_000_u64 + n as u64, id(n % 40)).unwrap();
        }
        open_files(&[("events.csv", &text)])
    };
    let ids: [&dyn Fn(usize) -> String; 4] = [
        &|n| format!("{}.39", 100 + n),
        &|n| format!("{}.0", 100 + n),
        &|n| format!("u{n}"),
        &|n| n.to_string(),
    ];
    for id in ids {
        let (_folder, opened) = log(id);
        assert_eq!(opened.entities()[0], ("visitor", "visitor_id", 40), "{}", id(1));
        assert!(opened.says("microseconds since 1970"), "{:?}", opened.catalog.findings);
        assert_eq!(count(&opened, "visitor", "count(events) = 10"), Ok(40), "{}", id(1));
    }
}

#[test]
fn people_are_found_under_another_name_and_codes_are_not() {
    let mut customers = "id,first_name\n".to_owned();
    let mut orders = "id,user_id,status_id,pages\n".to_owned();
    for n in 1..=100 {
        writeln!(customers, "{n},n{n}").unwrap();
        writeln!(orders, "{n},{},{},{}", n * 7 % 90 + 1, n % 3 + 1, n % 12 + 1).unwrap();
    }
    let codes = "id,label\n1,a\n2,b\n3,c\n4,d\n";
    let (_folder, opened) = open_files(&[
        ("raw_customers.csv", &customers),
        ("raw_orders.csv", &orders),
        ("colors.csv", codes),
    ]);
    assert_eq!(opened.relations(), ["raw_orders.user_id → raw_customers.id 0"]);
    assert!(opened.catalog.relations[0].why.contains("both are about people"));
}

#[test]
fn rows_of_a_table_point_at_each_other() {
    let staff = "employee_id,name,reports_to\n1,a,\n2,b,1\n3,c,1\n4,d,2\n5,e,2\n6,f,3\n";
    let (_folder, opened) = open_files(&[("employees.csv", staff)]);
    assert_eq!(opened.relations(), ["employees.reports_to → employees.employee_id 0"]);
    assert_eq!(count(&opened, "employee", "reports_to.name = 'a'"), Ok(2));
    assert_eq!(count(&opened, "employee", "reports_to.reports_to.name = 'a'"), Ok(3));
    assert_eq!(count(&opened, "employee", "count(employees) >= 2"), Ok(2));
}

/// Customers, and returns that two of them have to do with.
fn returns() -> [(&'static str, String); 2] {
    let mut customers = "customer_id,name\n".to_owned();
    let mut returns = "return_id,refunded_customer_id,returning_customer_id\n".to_owned();
    for n in 1..120 {
        writeln!(customers, "{n},n{n}").unwrap();
    }
    for n in 1..150 {
        writeln!(returns, "{n},{},{}", n % 100 + 1, n * 3 % 50 + 1).unwrap();
    }
    [("customers.csv", customers), ("returns.csv", returns)]
}

#[test]
fn of_several_ways_the_person_chooses_one() {
    let [customers, made] = returns();
    let (folder, opened) = open_files(&[(customers.0, &customers.1), (made.0, &made.1)]);
    assert_eq!(opened.relations().len(), 2);
    assert!(opened.says("refunded_customer_id and returning_customer_id"));
    let refused = count(&opened, "customer", "count(returns) >= 1").unwrap_err();
    assert!(refused.contains("refunded_customer_id or by returning_customer_id"), "{refused}");
    assert!(refused.contains("via"), "{refused}");
    let refunded = "count(returns via refunded_customer_id) >= 1";
    assert_eq!(count(&opened, "customer", refunded), Ok(100));
    let other = "count(distinct returns.return_id via returns.returning_customer_id) >= 1";
    assert_eq!(count(&opened, "customer", other), Ok(50));
    let wrong = count(&opened, "customer", "count(returns via return_id) >= 1").unwrap_err();
    assert!(wrong.contains("do not belong"), "{wrong}");

    let entity = opened.catalog.entity("customer").unwrap();
    let scope = Scope { catalog: &opened.catalog, entity };
    let tree = language::parse(refunded, &scope).unwrap();
    assert_eq!(language::print(&tree), refunded);
    assert_eq!(language::parse(&language::print(&tree), &scope).unwrap(), tree);

    let way = Correction::Way { by: "returns.returning_customer_id".into() };
    let opened = open_with(folder.path(), &[way]).unwrap();
    assert_eq!(count(&opened, "customer", "count(returns) >= 1"), Ok(50));
    assert!(
        opened.says("a correction is about") || opened.catalog.relations.iter().any(|r| r.chosen)
    );
}

#[test]
fn the_plain_name_is_meant_beside_a_longer_one() {
    let mut orders = "order_id,customer_id,referrer_customer_id\n".to_owned();
    let mut customers = "customer_id,name\n".to_owned();
    for n in 1..=60 {
        writeln!(customers, "{n},n{n}").unwrap();
        writeln!(orders, "{n},{},{}", n % 40 + 1, n % 10 + 1).unwrap();
    }
    let (_folder, opened) = open_files(&[("customers.csv", &customers), ("orders.csv", &orders)]);
    assert_eq!(count(&opened, "customer", "count(orders) >= 1"), Ok(40));
    let entity = opened.catalog.entity("customer").unwrap();
    let scope = Scope { catalog: &opened.catalog, entity };
    let tree = language::parse("count(orders) >= 1", &scope).unwrap();
    assert_eq!(language::print(&tree), "count(orders via customer_id) >= 1");
}

#[test]
fn columns_are_reached_by_steps() {
    let mut tables: Vec<(&str, String)> = vec![
        ("customer.csv", "customer_id,name\n".into()),
        ("invoice.csv", "invoice_id,customer_id\n".into()),
        ("line.csv", "line_id,invoice_id,track_id\n".into()),
        ("track.csv", "track_id,genre_id,title\n".into()),
        ("genre.csv", "genre_id,label\n".into()),
    ];
    for n in 1..=60 {
        writeln!(tables[0].1, "{n},n{n}").unwrap();
        writeln!(tables[1].1, "{n},{}", n % 60 + 1).unwrap();
        writeln!(tables[2].1, "{n},{0},{0}", n % 60 + 1).unwrap();
        writeln!(tables[3].1, "{n},{},t{n}", n % 6 + 1).unwrap();
    }
    for n in 1..=6 {
        writeln!(tables[4].1, "{n},g{n}").unwrap();
    }
    let files: Vec<(&str, &str)> = tables.iter().map(|(name, text)| (*name, &**text)).collect();
    let (_folder, opened) = open_files(&files);
    let of = |condition: &str| count(&opened, "customer", condition);
    assert_eq!(of("count(line) filter (where track.genre.label = 'g3') > 0"), Ok(10));
    let three = "count(line) filter (where track.genre.label in ('g1', 'g2') and track.title is not null) > 0";
    assert_eq!(of(three), Ok(20));
    assert_eq!(of("count(genre) > 0"), Ok(60));
    let lost = of("count(line) filter (where track.nothing.label = 'g3') > 0").unwrap_err();
    assert!(lost.contains("do not point at any nothing"), "{lost}");
    let track = count(&opened, "track", "genre.label = 'g3' and not genre.label = 'g1'");
    assert_eq!(track, Ok(10));
}

#[test]
fn what_is_found_can_be_set_by_hand() {
    let mut log = "who,what\n".to_owned();
    let mut more = "person,amount\n".to_owned();
    for n in 0..60 {
        writeln!(log, "{},x{n}", n % 5).unwrap();
        writeln!(more, "{}.0,{n}", n % 6).unwrap();
    }
    let (folder, _) = open_files(&[("log.csv", &log), ("more.csv", &more)]);
    let entity = Correction::Entity {
        table: "log".into(),
        name: "visitor".into(),
        key: "who".into(),
        also: vec!["more.person".into()],
    };
    let opened = open_with(folder.path(), &[entity]).unwrap();
    assert_eq!(opened.entities()[0], ("visitor", "who", 6));
    assert_eq!(count(&opened, "visitor", "count(log) = 12 and count(more) = 10"), Ok(5));

    let entity = Correction::Entity {
        table: "log".into(),
        name: "log".into(),
        key: "who".into(),
        also: Vec::new(),
    };
    let opened = open_with(folder.path(), &[entity]).unwrap();
    assert!(opened.says("a table has that name"));

    let relation = |form: &str| Correction::Relation {
        from: "more.person".into(),
        to: "log.who".into(),
        form: Some(form.into()),
    };
    let opened = open_with(folder.path(), &[relation("whole number")]).unwrap();
    assert_eq!(opened.catalog.relations[0].dangling, 10);
    let opened = open_with(folder.path(), &[relation("colour")]).unwrap();
    assert!(opened.says("cannot be compared as"));
}

#[test]
fn a_long_list_of_entities_leaves_out_what_only_describes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shop.duckdb");
    let store = Store::in_memory().unwrap();
    store
        .execute(&Sql::of_project(format!("ATTACH '{}' AS shop; USE shop", path.display())))
        .unwrap();
    let dims = ["date_dim", "ship_mode", "reason", "income_band", "customer_type"];
    let things =
        ["customer", "item", "store", "promotion", "campaign", "supplier", "team", "course"];
    let mut facts = vec!["range AS n".to_owned()];
    for name in dims.iter().chain(&things) {
        store
            .execute(&Sql::of_project(format!(
                "CREATE TABLE {name} AS SELECT range AS {name}_id, 'x' || range AS label, range * 2 AS size, 'y' AS y, 'z' AS z FROM range(50)"
            )))
            .unwrap();
        facts.push(format!("range % 50 AS {name}_id"));
    }
    store
        .execute(&Sql::of_project(format!(
            "CREATE TABLE sales AS SELECT {} FROM range(900)",
            facts.join(", ")
        )))
        .unwrap();
    store.execute(&Sql::of_project("USE memory; DETACH shop")).unwrap();
    let opened = open(&path);
    let names: Vec<&str> = opened.entities().iter().map(|e| e.0).collect();
    assert_eq!(names[0], "customer");
    for name in things {
        assert!(names.contains(&name), "{name} {names:?}");
    }
    for name in dims {
        assert!(!names.contains(&name), "{name} {names:?}");
        assert!(opened.says(name));
    }
    let reached = "count(sales) filter (where reason.label = 'x7') > 0";
    assert_eq!(opened.catalog.source, muster::model::catalog::SourceKind::DuckDb);
    let catalog = &opened.catalog;
    let entity = catalog.entity("customer").unwrap();
    language::parse(reached, &Scope { catalog, entity }).unwrap();
    let back = Correction::Entity {
        table: "reason".into(),
        name: "reason".into(),
        key: "reason_id".into(),
        also: Vec::new(),
    };
    let opened = open_with(&path, &[back]).unwrap();
    assert_eq!(opened.entities()[0].0, "reason");
}

#[test]
fn a_list_that_was_written_here_is_no_table() {
    let manifest = r#"{"schema": 1, "file": "new.csv", "sql": "SELECT 1"}"#;
    let users = users("");
    let files = [("users.csv", users.as_str()), ("new.csv", "user_id\n1\n2\n")];
    let (_folder, opened) = open_files(&[files[0], files[1], ("new.csv.manifest.json", manifest)]);
    assert_eq!(opened.catalog.tables.len(), 1);
    assert!(opened.says("new.csv is a list written by Muster"));
    // Another's manifest says nothing.
    let (_folder, opened) = open_files(&[files[0], files[1], ("new.csv.manifest.json", "{}")]);
    assert_eq!(opened.catalog.tables.len(), 2);
}
