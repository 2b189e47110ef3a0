//! One table in many spellings: whichever way it was written, and in how many parts, the same rows
//! are read, and nothing becomes something else unsaid.

use super::{open, open_files, open_with, write};
use muster::model::finding::Severity;
use muster::model::workspace::{Correction, FileCorrection};
use muster::sql::Sql;
use proptest::prelude::*;

/// How a file is written.
#[derive(Debug, Clone)]
struct Spelling {
    delimiter: &'static str,
    quote_all: bool,
    decimal_comma: bool,
    date: &'static str,
    encoding: &'static str,
    title: bool,
    order: Vec<usize>,
    line_end: &'static str,
}

/// A row: an id, an amount in hundredths, a day of 2025, a text.
type Row = (u32, i64, i16, String);

fn spelling() -> impl Strategy<Value = Spelling> {
    (
        prop::sample::select(vec![",", ";", "\t", "|"]),
        any::<bool>(),
        any::<bool>(),
        prop::sample::select(vec!["%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y", "%d-%b-%Y", "%m/%d/%Y"]),
        prop::sample::select(vec!["utf-8", "windows-1252", "utf-16le"]),
        any::<bool>(),
        Just(vec![0, 1, 2, 3]).prop_shuffle(),
        prop::sample::select(vec!["\n", "\r\n"]),
    )
        .prop_map(|(delimiter, quote_all, comma, date, encoding, title, order, line_end)| {
            Spelling {
                delimiter,
                quote_all,
                // A comma in a number must not part cells without quotes.
                decimal_comma: comma,
                date,
                encoding,
                title,
                order,
                line_end,
            }
        })
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let text = "[a-z][a-z ,;|'\"]{0,12}[a-z]";
    prop::collection::vec((0..1_000_000_i64, 0..365_i16, text), 4..20).prop_map(|rows| {
        let mut id = 0;
        let mut rows: Vec<Row> = rows
            .into_iter()
            .map(|(amount, day, text)| {
                id += 7;
                (id, amount, day, text)
            })
            .collect();
        // So that the order of day and month is sure, and decimals are.
        rows[0].2 = 29;
        rows[1].1 = 1_234_567;
        // An encoding is told by its letters: a few words of a language, in every part.
        rows[2].3 = "déjà vu à l’hôtel, 5 €, café crème".to_owned();
        rows
    })
}

fn day_of(day: i16) -> jiff::civil::Date {
    jiff::civil::date(2025, 1, 1) + jiff::Span::new().days(i64::from(day))
}

fn cells(row: &Row, spelling: &Spelling) -> [String; 4] {
    let (id, amount, day, text) = row;
    let mark = if spelling.decimal_comma { ',' } else { '.' };
    let amount = format!("{}{mark}{:02}", amount / 100, amount % 100);
    [id.to_string(), amount, day_of(*day).strftime(spelling.date).to_string(), text.clone()]
}

fn written(rows: &[Row], spelling: &Spelling) -> Vec<u8> {
    let names = ["user_id", "amount", "day", "note"].map(str::to_owned);
    let line = |cells: &[String; 4]| {
        let quoted = |cell: &String| {
            let needs = spelling.quote_all
                || cell.contains(spelling.delimiter)
                || cell.contains(['"', '\'']);
            if needs { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
        };
        let ordered: Vec<String> = spelling.order.iter().map(|i| quoted(&cells[*i])).collect();
        ordered.join(spelling.delimiter)
    };
    let mut lines = Vec::new();
    if spelling.title {
        lines.push("Amounts of 2025".to_owned());
    }
    lines.push(line(&names));
    lines.extend(rows.iter().map(|row| line(&cells(row, spelling))));
    let text = lines.join(spelling.line_end) + spelling.line_end;
    match spelling.encoding {
        "utf-16le" => {
            [0xff, 0xfe].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
        }
        name => {
            let encoding = encoding_rs::Encoding::for_label(name.as_bytes()).unwrap();
            encoding.encode(&text).0.into_owned()
        }
    }
}

fn as_read(rows: &[Row]) -> Vec<Vec<String>> {
    let mut out: Vec<Vec<String>> = rows
        .iter()
        .map(|(id, amount, day, text)| {
            let amount = *amount as f64 / 100.0;
            vec![id.to_string(), amount.to_string(), day_of(*day).to_string(), text.clone()]
        })
        .collect();
    out.sort();
    out
}

/// The rows of a table, sorted, each value as plain text.
fn read(opened: &super::Opened, table: &str) -> Vec<Vec<String>> {
    let relation = muster::sources::reach(opened.catalog.table(table).unwrap());
    let sql = format!(
        "SELECT user_id::VARCHAR, regexp_replace(amount::VARCHAR, '\\.0$', ''), day::VARCHAR, note \
         FROM {relation}"
    );
    let rows = opened.store.query(&Sql::of_project(&sql)).unwrap().rows;
    let mut rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| cell.display()).collect()).collect();
    rows.sort();
    rows
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn one_table_in_many_spellings(rows in rows(), first in spelling(), second in spelling()) {
        let folder = tempfile::tempdir().unwrap();
        let half = rows.len() / 2;
        // The first rows say how dates are written, so each part has them.
        let (a, mut b) = (rows[..half.max(3)].to_vec(), rows[..3].to_vec());
        b.extend_from_slice(&rows[half.max(3)..]);
        // Numbers and dates of one table are written one way; the rest may differ by part.
        let second = Spelling { decimal_comma: first.decimal_comma, date: first.date, ..second };
        write(folder.path(), "sales_1.csv", written(&a, &first));
        write(folder.path(), "sales_2.csv", written(&b, &second));
        let opened = open(folder.path());
        let mut expected = as_read(&a);
        expected.extend(as_read(&b));
        expected.sort();
        prop_assert_eq!(opened.types_by_name("sales"), "amount DOUBLE, day DATE, note VARCHAR, user_id BIGINT");
        prop_assert_eq!(read(&opened, "sales"), expected);
    }
}

#[test]
fn what_is_guessed_is_said_with_its_place_and_can_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "signups.csv", "user_id,day\n1,03/11/2025\n2,04/12/2025\n");
    let opened = open(folder.path());
    let told = opened.catalog.findings.iter().find(|f| f.message.starts_with("day ")).unwrap();
    assert_eq!((told.severity, told.line), (Severity::Warning, Some(2)));
    assert!(told.hint.as_ref().unwrap().contains("date %d/%m/%Y"), "{told:?}");
    assert_eq!(opened.rows("signups")[0][1], "2025-03-11");
    let correction = Correction::Columns {
        table: "signups".into(),
        column: "day".into(),
        form: "date %d/%m/%Y".into(),
    };
    let opened = open_with(folder.path(), &[correction]).unwrap();
    assert_eq!(opened.rows("signups")[0][1], "2025-11-03");
    assert!(!opened.says("day "), "{:?}", opened.catalog.findings);
}

#[test]
fn a_correction_that_does_not_fit_every_value_says_so() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "orders.csv", "order_id,total\n1,5\n2,TOTAL\n3,7\n");
    let as_number = |form: &str| Correction::Columns {
        table: "orders".into(),
        column: "total".into(),
        form: form.into(),
    };
    let opened = open_with(folder.path(), &[as_number("number")]).unwrap();
    assert_eq!(opened.types("orders"), ["BIGINT", "DOUBLE"]);
    assert!(opened.says("total has 1 value that"), "{:?}", opened.catalog.findings);
    let opened = open_with(folder.path(), &[as_number("numbr")]).unwrap();
    assert!(opened.says("\"numbr\" is not a form of a column"), "{:?}", opened.catalog.findings);
}

#[test]
fn how_a_file_is_written_can_be_stated() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "notes.csv", "a b;c d\ne f;g h\n");
    let file = FileCorrection {
        table: "notes".into(),
        delimiter: Some(";".into()),
        header: Some(false),
        ..FileCorrection::default()
    };
    let opened = open_with(folder.path(), &[Correction::File(file)]).unwrap();
    assert_eq!(opened.rows("notes").len(), 2);
    assert_eq!(opened.rows("notes")[1][1..], ["e f", "g h"]);
}

#[test]
fn a_part_that_does_not_belong_is_a_table_by_itself() {
    let (_folder, opened) = open_files(&[
        ("sales_1.csv", "sale_id,net\n1,5\n"),
        ("sales_2.csv", "net,sale_id,vat\n6,2,1\n"),
        ("sales_3.csv", "region,manager\nnorth,Ada\n"),
    ]);
    assert_eq!(opened.catalog.table("sales").unwrap().rows, 2);
    assert_eq!(opened.catalog.table("sales_3").unwrap().rows, 1);
    assert!(opened.says("is a table by itself"), "{:?}", opened.catalog.findings);
    assert!(opened.says("vat is missing in the rows of sales_1.csv"));
}

#[test]
fn a_part_that_cannot_be_read_is_named_and_the_rest_is_read() {
    let (_folder, opened) = open_files(&[
        ("sales_1.csv", "sale_id,net\n1,5\n2,6\n"),
        ("sales_2.csv", ""),
        ("sales_3.csv", "sale_id,net\n3,7\n"),
    ]);
    assert_eq!(opened.catalog.table("sales").unwrap().rows, 3);
    let told = opened.catalog.findings.iter().find(|f| f.severity == Severity::Error).unwrap();
    assert!(told.file.as_ref().unwrap().ends_with("sales_2.csv"), "{told:?}");
}

#[test]
fn units_are_said_at_the_column() {
    let (_folder, opened) =
        open_files(&[("deals.csv", "deal_id,spend,share\n1,\"$1,200.50\",5%\n2,$7,12.5%\n")]);
    assert_eq!(opened.types("deals"), ["BIGINT", "DOUBLE", "DOUBLE"]);
    assert_eq!(opened.rows("deals")[0][1..], ["1200.5", "5"]);
    let table = opened.catalog.table("deals").unwrap();
    assert_eq!(table.column("spend").unwrap().description.as_deref(), Some("In $"));
    assert_eq!(table.column("share").unwrap().description.as_deref(), Some("In %"));
}

#[test]
fn names_of_files_mean_themselves() {
    let folder = tempfile::tempdir().unwrap();
    for (name, person) in [
        ("report[1].csv", "Ada"),
        ("report1.csv", "Xia"),
        ("st*r.csv", "Bea"),
        ("star.csv", "Yan"),
        ("a {b}.csv", "Cem"),
    ] {
        write(folder.path(), name, format!("user_id,name\n1,{person}\n2,Z\n"));
    }
    for (name, person) in [("report[1].csv", "Ada"), ("st*r.csv", "Bea"), ("a {b}.csv", "Cem")] {
        let opened = open(&folder.path().join(name));
        let table = opened.catalog.tables[0].name.clone();
        assert_eq!(opened.rows(&table)[0][1], person, "{name}");
    }
}
