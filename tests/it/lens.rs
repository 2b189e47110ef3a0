//! Answers of the lens and of the database are the same: over values of every type, missing ones,
//! NaN and infinity, in any order of slices and questions.

use duckdb::Connection;
use muster::engine::{Engine, Job, Session};
use muster::language::{self, Scope};
use muster::model::catalog::CohortRef;
use muster::model::now::Moment;
use muster::model::question::{Answer, Question, Segment, Slice, Sort};
use muster::protocol::{Command, Event, OpenRequest, Outcome, Slot, Ticket};
use proptest::prelude::*;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// What has not happened by then never does.
const PATIENCE: Duration = Duration::from_secs(60);

const PEOPLE: &str = "
    CREATE TABLE people AS SELECT
        'p' || lpad(i::VARCHAR, 5, '0') AS id,
        CASE WHEN i % 7 = 0 THEN NULL WHEN i % 31 = 1 THEN 'NaN'::DOUBLE
             WHEN i % 37 = 2 THEN 'Infinity'::DOUBLE WHEN i % 41 = 3 THEN '-Infinity'::DOUBLE
             WHEN i % 11 = 4 THEN -0.0 ELSE (hash(i) % 400)::DOUBLE / 8 - 10 END AS score,
        CASE WHEN i % 5 > 0 THEN (hash(i + 1) % 300)::INTEGER - 50 END AS visits,
        CASE WHEN i % 13 > 0 THEN (hash(i + 2) % 1000000007)::BIGINT * 9223372 END AS huge,
        CASE WHEN i % 9 > 0 THEN ['FR', 'DE', '', 'it''s', 'Ähre', 'de'][(1 + hash(i + 3) % 6)::BIGINT] END
            AS country,
        CASE WHEN i % 3 > 0 THEN hash(i + 4) % 2 = 0 END AS consent,
        CASE WHEN i % 17 = 0 THEN NULL WHEN i % 43 = 1 THEN 'infinity'::DATE
             ELSE DATE '2023-02-27' + (hash(i + 5) % 900)::INTEGER END AS since,
        CASE WHEN i % 19 > 0 THEN TIMESTAMP '2024-03-30 22:00:00'
             + to_microseconds((hash(i + 6) % 90000000000)::BIGINT) END AS seen,
        CASE WHEN i % 19 > 1 THEN to_timestamp(1711836000 + (hash(i + 7) % 90000)::BIGINT) END AS heard,
        CASE WHEN i % 23 > 0 THEN ((hash(i + 8) % 20000)::INTEGER / 100)::DECIMAL(9, 2) END AS paid,
        ((hash(i + 9) % 100) / 7)::FLOAT AS slight,
        'mail' || (hash(i + 10) % 900) AS mail,
        [hash(i + 11) % 3, 7] AS tags
    FROM range(700) AS r(i);
    CREATE TABLE orders AS SELECT
        'p' || lpad((hash(i) % 800)::VARCHAR, 5, '0') AS person,
        CASE WHEN i % 6 > 0 THEN (hash(i + 1) % 90)::INTEGER END AS total
    FROM range(2000) AS r(i);
    CREATE TABLE regulars AS SELECT id FROM people WHERE hash(id) % 3 = 0;
";

/// The file, made once.
fn file() -> &'static Path {
    static MADE: OnceLock<TempDir> = OnceLock::new();
    let folder = MADE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let database = Connection::open(folder.path().join("people.duckdb")).unwrap();
        database.execute_batch("SET TimeZone = 'UTC'").ok();
        database.execute_batch(PEOPLE).unwrap();
        folder
    });
    folder.path()
}

fn open(file: &Path) -> Session {
    let mut report = |_| ();
    let mut job = Job { cancelled: Default::default(), report: &mut report };
    let request = OpenRequest { paths: vec![file.to_owned()], ..OpenRequest::default() };
    Session::open(&request, &mut job).unwrap()
}

fn slice(session: &Session, text: &str) -> Slice {
    let has_visits = session.catalog().tables.iter().any(|table| table.name == "orders");
    let fond = if has_visits { "visits > 20 and country is not null" } else { "" };
    let catalog = session.catalog();
    let entity = catalog.entities.iter().find(|entity| entity.key == "id").unwrap();
    let all = CohortRef::all(&entity.name);
    let now = Moment::parse("2024-06-01 09:00", &Moment::zone("Europe/Berlin").unwrap()).unwrap();
    let read = |text: &str| {
        let scope = Scope { catalog, entity };
        language::parse(text, &scope).unwrap_or_else(|error| panic!("{text}: {error}"))
    };
    let fond = Segment { name: "Fond".to_owned(), cohort: all.clone(), tree: read(fond) };
    let tree = read(text);
    Slice { cohort: all, tree, now, segments: vec![fond] }
}

fn same(lens: &Session, plain: &Session, text: &str, question: &Question) {
    agree(lens, plain, (text, question), false);
}

/// The same answer; from codes, unless they are left out.
fn agree(lens: &Session, plain: &Session, (text, question): (&str, &Question), is_left_out: bool) {
    let slice = slice(plain, text);
    let expected = plain.ask(&slice, question).unwrap();
    for round in ["first", "again"] {
        let found = lens.ask(&slice, question).unwrap();
        assert!(
            found.from_codes || !has_codes(question) || is_left_out,
            "{text:?}, {question:?} from codes: {}",
            found.from_codes
        );
        assert!(
            alike(&found.answer, &expected.answer),
            "{round}, {text:?}, {question:?}:\n{:?}\n{:?}",
            found.answer,
            expected.answer
        );
        assert_eq!(found.sql, expected.sql);
        assert!(!expected.from_codes);
    }
}

/// Whether codes decide the chart of a column, or its values.
fn has_codes(question: &Question) -> bool {
    match question {
        Question::Values { column, search, .. } => {
            column != "tags"
                && (search.is_empty() || search.is_ascii() && ["mail", "id"].contains(&&**column))
        }
        Question::Shares { by, .. } => by != "tags",
        _ => true,
    }
}

/// The same but for the order of points, which no statement says.
fn alike(one: &Answer, other: &Answer) -> bool {
    match (one, other) {
        (Answer::Grid(one), Answer::Grid(other)) => {
            let sorted = |points: &[(f64, f64)]| {
                let mut points = points.to_vec();
                points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
                format!("{points:?}").replace("-0.0", "0.0")
            };
            (one.x, one.y, &one.cells, one.missing)
                == (other.x, other.y, &other.cells, other.missing)
                && sorted(&one.points) == sorted(&other.points)
        }
        _ => one == other,
    }
}

fn condition() -> impl Strategy<Value = String> {
    let number = (-60_i32..260, 0_u32..3).prop_map(|(n, kind)| match kind {
        0 => n.to_string(),
        1 => format!("{}", f64::from(n) / 8.0),
        _ => format!("{:e}", f64::from(n) / 4.0),
    });
    let compare = prop::sample::select(vec!["<", "<=", "=", "<>", ">", ">="]);
    let numeric = prop::sample::select(vec!["score", "visits", "huge", "paid", "slight"]);
    let text = prop::sample::select(vec!["'FR'", "'de'", "''", "'it''s'", "'Ähre'", "'zz'"]);
    let day = (0_i64..1000).prop_map(|n| {
        let day = jiff::civil::date(2023, 1, 1).checked_add(jiff::Span::new().days(n)).unwrap();
        format!("DATE '{day}'")
    });
    let moment = (0_i64..2_000_000).prop_map(|n| {
        let moment = jiff::civil::datetime(2024, 3, 29, 0, 0, 0, 0);
        let moment = moment.checked_add(jiff::Span::new().seconds(n / 10)).unwrap();
        format!("TIMESTAMP '{}'", moment.strftime("%Y-%m-%d %H:%M:%S"))
    });
    prop_oneof![
        (numeric.clone(), compare.clone(), number.clone())
            .prop_map(|(column, how, n)| format!("{column} {how} {n}")),
        (numeric.clone(), number.clone(), number)
            .prop_map(|(column, low, high)| format!("{column} between {low} and {high}")),
        (compare.clone(), text.clone()).prop_map(|(how, text)| format!("country {how} {text}")),
        prop::collection::vec(text, 1..4)
            .prop_map(|texts| format!("country in ({})", texts.join(", "))),
        (compare.clone(), day).prop_map(|(how, day)| format!("since {how} {day}")),
        (prop::sample::select(vec!["seen", "heard"]), compare.clone(), moment)
            .prop_map(|(column, how, moment)| format!("{column} {how} {moment}")),
        prop::sample::select(vec![
            "consent",
            "not consent",
            "consent is null",
            "score is null",
            "score is not null",
            "country is null",
            "contains(country, 'e')",
            "lower(country) = 'de'",
            "since is null",
            "mail in ('mail7', 'mail8', 'mail700')",
            "list_has_any(tags, [1])",
            "visits > score",
            "in_cohort('Fond')",
            "not in_cohort('Fond')",
            "heard is null",
        ])
        .prop_map(str::to_owned),
        (compare.clone(), 0_u32..5).prop_map(|(how, n)| format!("count(orders) {how} {n}")),
        (compare, 0_u32..150).prop_map(|(how, n)| format!("sum(orders.total) {how} {n}")),
    ]
}

fn tree() -> impl Strategy<Value = String> {
    condition().prop_recursive(2, 8, 3, |inner| {
        (prop::collection::vec(inner, 1..4), 0_u32..4).prop_map(|(parts, how)| match how {
            0 => format!("({})", parts.join(" and ")),
            1 => format!("({})", parts.join(" or ")),
            2 => format!("not ({})", parts.join(" or ")),
            _ => format!("(({}) is not true)", parts.join(" or ")),
        })
    })
}

fn question() -> impl Strategy<Value = Question> {
    let number = || {
        prop::sample::select(vec!["score", "visits", "huge", "paid", "slight"])
            .prop_map(str::to_owned)
    };
    let moment = || prop::sample::select(vec!["since", "seen", "heard"]).prop_map(str::to_owned);
    let value = || {
        prop::sample::select(vec!["country", "consent", "visits", "since", "mail", "tags", "id"])
            .prop_map(str::to_owned)
    };
    prop_oneof![
        Just(Question::Size),
        Just(Question::Steps),
        (number(), 1_u16..60)
            .prop_map(|(column, bins_max)| Question::Histogram { column, bins_max }),
        (value(), 0_u16..9).prop_map(|(column, top)| Question::Values {
            column,
            top,
            search: String::new()
        }),
        (moment(), 1_u16..60)
            .prop_map(|(column, periods_max)| Question::Timeline { column, periods_max }),
        (number(), number(), 1_u16..30).prop_map(|(x, y, cells_max)| Question::Grid {
            x,
            y,
            cells_max
        }),
        (prop::option::of((value(), any::<bool>())), 0_u64..800, 0_u32..60).prop_map(
            |(sort, offset, limit)| Question::Page {
                columns: vec!["country".into(), "paid".into(), "seen".into()],
                sort: sort.map(|(by, descending)| Sort { by, descending }),
                offset,
                limit,
            },
        ),
        (moment(), value(), 1_u16..40, 1_u16..8).prop_map(|(moment, by, periods_max, top)| {
            Question::Shares { moment, by, periods_max, top }
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_slices_and_questions_gives_the_answers_of_the_database(
        asked in prop::collection::vec((prop::option::of(tree()), question()), 1..14),
    ) {
        thread_local! {
            static PLAIN: Session = open(&file().join("people.duckdb"));
        }
        PLAIN.with(|plain| {
            let lens = plain.fork().unwrap().with_lens(100_000_000);
            for (text, question) in &asked {
                same(&lens, plain, text.as_deref().unwrap_or(""), question);
            }
        });
    }
}

/// More values than a table of codes takes: charts count by their own bins.
#[test]
fn many_values_and_a_moving_range_agree_with_the_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.duckdb");
    Connection::open(&path)
        .unwrap()
        .execute_batch(
            "CREATE TABLE people AS SELECT i AS id,
                CASE WHEN i % 10 > 0 THEN (hash(i) % 1000003) / 1000.0::DOUBLE END AS score,
                CASE WHEN i % 9 > 0 THEN TIMESTAMP '2024-01-01'
                    + to_microseconds((hash(i + 1) % 9000000000000)::BIGINT) END AS seen,
                (hash(i + 2) % 90)::INTEGER AS age
             FROM range(150000) AS r(i)",
        )
        .unwrap();
    let plain = open(&path);
    let lens = plain.fork().unwrap().with_lens(100_000_000);
    let questions = [
        Question::Histogram { column: "score".into(), bins_max: 40 },
        Question::Histogram { column: "age".into(), bins_max: 40 },
        Question::Timeline { column: "seen".into(), periods_max: 60 },
        Question::Grid { x: "age".into(), y: "score".into(), cells_max: 20 },
        Question::Steps,
    ];
    let start = slice(&plain, "");
    for question in &questions {
        lens.fill(&start, question).unwrap();
    }
    for step in 0..8 {
        let text = format!("score between {} and {} and age < 60", step * 50, 300 + step * 80);
        for question in &questions {
            same(&lens, &plain, &text, question);
        }
    }
}

#[test]
fn a_budget_below_one_column_leaves_all_to_the_database() {
    let plain = open(&file().join("people.duckdb"));
    let lens = plain.fork().unwrap().with_lens(50);
    for question in [
        Question::Size,
        Question::Histogram { column: "score".into(), bins_max: 20 },
        Question::Values { column: "country".into(), top: 5, search: String::new() },
    ] {
        agree(&lens, &plain, ("visits > 3", &question), true);
        assert!(!lens.ask(&slice(&plain, "visits > 3"), &question).unwrap().from_codes);
    }
}

/// The window's way: an engine answers from the database, reads codes behind, and then from them.
#[test]
fn codes_of_a_large_table_are_read_behind_while_the_database_answers() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("many.duckdb");
    // E-mail addresses are personal: their codes are kept nowhere.
    Connection::open(&path)
        .unwrap()
        .execute_batch(
            "CREATE TABLE people AS SELECT i AS id, 'm' || (hash(i) % 90) || '@example.com' AS email
             FROM range(60000) AS r(i)",
        )
        .unwrap();
    let plain = open(&path);
    let asked = Arc::new(slice(&plain, "email <> 'm3@example.com'"));
    let question = Question::Values { column: "email".into(), top: 5, search: String::new() };
    let expected = plain.ask(&asked, &question).unwrap().answer;

    let engine = Engine::spawn(|| ());
    let request = OpenRequest { paths: vec![path], ..OpenRequest::default() };
    engine.send(Command::Open { ticket: Ticket(0), request });
    let mut events = Vec::new();
    let mut next = |is_it: &dyn Fn(&Event) -> bool| {
        let until = Instant::now() + PATIENCE;
        loop {
            events.extend(engine.drain());
            if let Some(at) = events.iter().position(is_it) {
                return events.drain(..=at).next_back().unwrap();
            }
            assert!(Instant::now() < until, "{events:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    };
    next(&|event| matches!(event, Event::Finished(Ticket(0), Outcome::Done)));
    let until = Instant::now() + PATIENCE;
    for number in 1.. {
        let (ticket, slice) = (Ticket(number), Arc::clone(&asked));
        let slot = Slot::Size;
        engine.send(Command::Ask { ticket, slot, slice, question: question.clone() });
        let told = next(&|event| matches!(event, Event::Answered(at, ..) if *at == ticket));
        let Event::Answered(_, _, told) = told else { unreachable!() };
        assert_eq!(told.answer, expected);
        assert!(number > 1 || !told.from_codes, "nobody waits for codes");
        if told.from_codes {
            break;
        }
        assert!(Instant::now() < until, "codes never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}
