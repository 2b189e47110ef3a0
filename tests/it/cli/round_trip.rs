//! What leaves in a list comes back out of it: every type of the database, every format, and what
//! is changed on the way is told.

use super::{Shop, run};
use duckdb::Connection;
use serde_json::json;
use std::path::Path;

/// A database with a table `things`, whose key is `id`.
fn things(shop: &Shop, columns: &str) {
    let database = Connection::open(shop.path("things.duckdb")).unwrap();
    database.execute_batch(&format!("CREATE TABLE things AS {columns}")).unwrap();
}

fn export(shop: &Shop, to: &str, more: &[&str]) -> super::Ran {
    let arguments = ["export", "things.duckdb", "--cohort", "thing/all", "--to", to];
    run(&shop.path(""), &[&arguments[..], more].concat())
}

/// A connection with the table as `made`, and the rows of a list as `list`.
fn both(shop: &Shop, read: &str) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    let database = shop.path("things.duckdb");
    let sql = format!(
        "ATTACH '{}' AS made (READ_ONLY); CREATE VIEW list AS SELECT * FROM {read}",
        database.display()
    );
    connection.execute_batch(&sql).unwrap();
    connection
}

fn strings(connection: &Connection, sql: &str) -> Vec<Option<String>> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Every type that the database has, with its least and greatest value and a missing one.
const EVERY_TYPE: &str = "SELECT row_number() OVER () AS id, * FROM test_all_types()";

/// Columns of the table whose values a list holds in another shape, as text that says the same.
fn in_another_shape(name: &str) -> bool {
    ["union", "tuple", "empty_struct"].contains(&name)
}

#[test]
fn every_type_comes_back_out_of_a_parquet_list() {
    let shop = Shop::new();
    things(&shop, EVERY_TYPE);
    export(&shop, "list.parquet", &[]).good();
    let connection =
        both(&shop, &format!("read_parquet('{}')", shop.path("list.parquet").display()));
    let names = strings(&connection, "SELECT column_name FROM (DESCRIBE made.things)");
    let mut compared = 0;
    for name in names.into_iter().flatten().filter(|name| !in_another_shape(name)) {
        let typed =
            format!("SELECT column_type FROM (DESCRIBE made.things) WHERE column_name = '{name}'");
        let type_name = strings(&connection, &typed).remove(0).unwrap();
        let was = format!("SELECT CAST(\"{name}\" AS VARCHAR) FROM made.things ORDER BY id");
        let is = format!(
            "SELECT CAST(CAST(\"{name}\" AS {type_name}) AS VARCHAR) FROM list ORDER BY id"
        );
        assert_eq!(strings(&connection, &was), strings(&connection, &is), "{name} {type_name}");
        compared += 1;
    }
    assert!(compared > 50, "{compared}");
    let struct_of_union = "SELECT CAST(\"union\" AS VARCHAR) FROM list ORDER BY id";
    let members = strings(&connection, struct_of_union);
    assert!(members[0].as_ref().unwrap().contains("Frank"), "{members:?}");
    run(&shop.path(""), &["verify", "list.parquet"]).good();
}

#[test]
fn every_type_comes_back_out_of_a_csv_list() {
    let shop = Shop::new();
    // A text with the zero character is read back by no program.
    things(&shop, &format!("SELECT * EXCLUDE varchar FROM ({EVERY_TYPE})"));
    export(&shop, "list.csv", &["--raw-formulas"]).good();
    let list = shop.path("list.csv");
    let connection =
        both(&shop, &format!("read_csv('{}', all_varchar = true, header = true)", list.display()));
    let names = strings(&connection, "SELECT column_name FROM (DESCRIBE made.things)");
    for name in names.into_iter().flatten() {
        let was = format!("SELECT CAST(\"{name}\" AS VARCHAR) FROM made.things ORDER BY id");
        let is = format!("SELECT \"{name}\" FROM list ORDER BY CAST(id AS INTEGER)");
        assert_eq!(strings(&connection, &was), strings(&connection, &is), "{name}");
    }
}

#[test]
fn whole_numbers_of_any_width_keep_their_digits_in_parquet() {
    let shop = Shop::new();
    let columns = |number: &str| {
        format!(
            "SELECT 1 AS id, {number}::HUGEINT AS n, [{number}::UHUGEINT, NULL] AS list, \
             {{'hugeint': {number}::HUGEINT, 'a \"b\"': INTERVAL '1.000001 seconds'}} AS pair, \
             MAP {{'x': {number}::HUGEINT}} AS map"
        )
    };
    for (number, type_name) in [
        ("12345678901234567891", "DECIMAL(38,0)"),
        ("99999999999999999999999999999999999999", "DECIMAL(38,0)"),
        ("100000000000000000000000000000000000000", "VARCHAR"),
    ] {
        // A table of the same name in a file of its own.
        let _ = std::fs::remove_file(shop.path("things.duckdb"));
        things(&shop, &columns(number));
        export(&shop, "list.parquet", &[]).good();
        let list = format!("read_parquet('{}')", shop.path("list.parquet").display());
        let connection = both(&shop, &list);
        assert_eq!(
            strings(&connection, "SELECT column_type FROM (DESCRIBE list) WHERE column_name = 'n'"),
            [Some(type_name.to_owned())]
        );
        for path in ["n", "list[1]", "pair.hugeint", "map['x']"] {
            let found = strings(&connection, &format!("SELECT CAST({path} AS VARCHAR) FROM list"));
            assert_eq!(found, [Some(number.to_owned())], "{path}");
        }
        assert_eq!(
            strings(&connection, "SELECT pair.\"a \"\"b\"\"\" FROM list"),
            [Some("00:00:01.000001".to_owned())]
        );
        run(&shop.path(""), &["verify", "list.parquet", "--rebuild"]).good();
    }
}

#[test]
fn a_csv_for_excel_begins_with_its_mark_and_is_read_back() {
    let shop = Shop::new();
    let arguments = ["--cohort", "customer/all", "--to", "list.csv", "--bom"];
    shop.run("export", &arguments).good();
    let bytes = std::fs::read(shop.path("list.csv")).unwrap();
    assert!(bytes.starts_with(b"\xef\xbb\xbfcustomer_id,email,"));
    assert_eq!(manifest(&shop.path("list.csv"))["options"]["byte_order_mark"], true);
    run(&shop.path(""), &["verify", "list.csv", "--rebuild"]).good();

    std::fs::create_dir(shop.path("again")).unwrap();
    std::fs::write(shop.path("again/customers.csv"), &bytes).unwrap();
    let shown = run(&shop.path(""), &["show", "again", "--json"]).json();
    let entity = &shown["entities"][0];
    assert_eq!((&entity["key"], &entity["size"]), (&json!("customer_id"), &json!(6)));

    std::fs::write(shop.path("list.csv"), &bytes[3..]).unwrap();
    let told = run(&shop.path(""), &["verify", "list.csv"]);
    assert!(told.status == 1 && told.out.contains("no byte order mark"), "{}", told.out);
    let arguments = ["--cohort", "customer/all", "--to", "list.parquet", "--bom"];
    assert!(shop.run("export", &arguments).fails(2).contains("--bom"));
}

fn manifest(list: &Path) -> serde_json::Value {
    let path = format!("{}.manifest.json", list.display());
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn cells_with_an_apostrophe_are_counted() {
    let shop = Shop::new();
    things(
        &shop,
        "SELECT * FROM (VALUES (1, '+49 170 1234567', '=1+1'), (2, '+1-202-555-0147', 'a'), \
         (3, '-5', '''=kept'), (4, '+4917012345', NULL)) AS t(id, phone, note)",
    );
    let told = export(&shop, "list.csv", &[]).good();
    assert!(told.contains("2 cells got an apostrophe"), "{told}");
    assert!(told.contains("in phone, note, such as `+1-202-555-0147`"), "{told}");
    assert!(told.contains("--raw-formulas"), "{told}");
    assert_eq!(
        std::fs::read_to_string(shop.path("list.csv")).unwrap(),
        "id,phone,note\n1,+49 170 1234567,'=1+1\n2,'+1-202-555-0147,a\n3,-5,'=kept\n\
         4,+4917012345,\n"
    );
    assert_eq!(manifest(&shop.path("list.csv"))["options"]["apostrophes"], 2);
    let raw = export(&shop, "raw.csv", &["--raw-formulas", "--json"]).json();
    assert_eq!((&raw["apostrophes"], &raw["changes"]), (&json!(0), &json!([])));
    let none = export(&shop, "none.csv", &["--where", "id > 2", "--json"]).json();
    assert_eq!(none["apostrophes"], 0, "one that was there before is not counted");
}

#[test]
fn values_are_normalised_before_hashing_only_when_asked() {
    let shop = Shop::new();
    things(
        &shop,
        "SELECT * FROM (VALUES \
         (1, ' Ana.Maria+News@GMail.com', '+49 (0) 170 / 123-4567', 491701234567), \
         (2, 'b@x.com', '0170 1234567', 12), (3, e' \\t', '0049-170-1234567', 33123456789), \
         (4, NULL, NULL, NULL)) AS t(id, email, phone, number)",
    );
    let hash = |text: &str| match text {
        "" => String::new(),
        text => muster::deliver::checksum::of_bytes(text.as_bytes()),
    };
    let check = |how: &str, column: &str, expected: [&str; 4], told: Option<[u64; 2]>| {
        let asked = format!("{column}{how}");
        let more = ["--columns", column, "--hash", &asked];
        export(&shop, "list.csv", &more).good();
        let list = std::fs::read_to_string(shop.path("list.csv")).unwrap();
        let found: Vec<&str> = list.lines().skip(1).collect();
        assert_eq!(found, expected.map(hash), "{asked}");
        let record = &manifest(&shop.path("list.csv"))["columns"][0];
        assert_eq!(record["hashed"], true);
        let counts = told.map(|[changed, lost]| {
            json!({"how": how.trim_start_matches(':'), "changed": changed, "lost": lost})
        });
        assert_eq!(record.get("normalised"), counts.as_ref(), "{asked}");
        run(&shop.path(""), &["verify", "list.csv", "--rebuild"]).good();
    };
    check("", "email", [" Ana.Maria+News@GMail.com", "b@x.com", " \t", ""], None);
    check(":email", "email", ["ana.maria+news@gmail.com", "b@x.com", "", ""], Some([1, 1]));
    check(":google-email", "email", ["anamaria@gmail.com", "b@x.com", "", ""], Some([1, 1]));
    check(":phone", "phone", ["+491701234567", "", "+491701234567", ""], Some([2, 1]));
    check(":phone-digits", "phone", ["491701234567", "", "491701234567", ""], Some([2, 1]));
    check(":phone-digits", "number", ["491701234567", "", "33123456789", ""], Some([0, 1]));
    let told = export(&shop, "list.csv", &["--hash", "phone:phone"]).good();
    assert!(told.contains("1 are not phone numbers with a country code"), "{told}");
    assert!(export(&shop, "list.csv", &["--hash", "phone:md5"]).fails(2).contains("phone-digits"));
}

#[test]
fn a_folder_with_the_name_of_the_part_file_is_named() {
    let shop = Shop::new();
    things(&shop, "SELECT 1 AS id");
    std::fs::create_dir(shop.path("list.csv.part")).unwrap();
    let failed = export(&shop, "list.csv", &[]).fails(1);
    assert!(failed.contains("list.csv.part; move the folder"), "{failed}");
}

#[test]
fn a_segment_is_a_file_and_no_pipe() {
    let shop = Shop::new();
    let failed = shop.run("count", &["--segment", "/dev/null"]).fails(2);
    assert!(failed.contains("not a file with a segment; --segment /dev/null; save it"), "{failed}");
}

#[test]
fn a_text_that_fits_no_cell_of_excel_is_refused_and_not_cut() {
    let shop = Shop::new();
    things(&shop, "SELECT 1 AS id, repeat('x', 32767) AS note UNION ALL SELECT 2, 'y'");
    export(&shop, "list.xlsx", &[]).good();
    for long in ["repeat('x', 32768)", "repeat('🦆', 16384)", "range(20000)"] {
        let _ = std::fs::remove_file(shop.path("things.duckdb"));
        things(&shop, &format!("SELECT 1 AS id, {long} AS note"));
        let failed = export(&shop, "list.xlsx", &[]).fails(1);
        assert!(failed.contains("32,767") && failed.contains("column note"), "{failed}");
    }
}
