//! The journeys on the sample shop, through the session and through the engine, without a window.

use muster::engine::store::Store;
use muster::engine::{Engine, Job, Session};
use muster::language;
use muster::model::catalog::{CohortRef, Column};
use muster::model::clause::Tree;
use muster::model::now::Moment;
use muster::model::question::{Answer, Counts, Question, Segment, Size, Slice, Sort};
use muster::model::value::Kind;
use muster::protocol::{Command, Event, OpenRequest, Opened, Outcome, Slot, Ticket};
use muster::sql::Sql;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

fn shop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data/shop.duckdb")
}

fn request(workspace: &Path) -> OpenRequest {
    OpenRequest {
        paths: vec![shop()],
        workspace: Some(workspace.to_path_buf()),
        ..OpenRequest::default()
    }
}

fn open() -> (Session, tempfile::TempDir) {
    let workspace = tempfile::tempdir().unwrap();
    let mut report = |_| {};
    let mut job = Job { cancelled: Arc::new(AtomicBool::new(false)), report: &mut report };
    (Session::open(&request(workspace.path()), &mut job).unwrap(), workspace)
}

/// Plain DuckDB as in a shell that was started on the shop.
fn shell() -> Store {
    let shell = Store::in_memory().unwrap();
    let attach = format!("ATTACH '{}' AS shop (READ_ONLY)", shop().display());
    shell.execute(&Sql::of_project(&attach)).unwrap();
    shell.execute(&Sql::of_project("USE shop")).unwrap();
    shell
}

fn slice(session: &Session, cohort: &str, condition: &str) -> Slice {
    let catalog = session.catalog();
    let cohort = catalog.cohort(cohort).unwrap();
    let entity = catalog.entity(&cohort.entity).unwrap();
    let tree = language::parse(condition, &language::Scope { catalog, entity }).unwrap();
    let now = Moment::parse("2026-11-20T06:00:00Z", &jiff::tz::TimeZone::UTC).unwrap();
    Slice { cohort, tree, now, segments: Vec::new() }
}

fn size(session: &Session, slice: &Slice) -> Size {
    match session.ask(slice, &Question::Size).unwrap().answer {
        Answer::Size(size) => size,
        other => panic!("{other:?}"),
    }
}

/// The chart that a feature gets, and the sum of everything in the answer.
fn chart_total(session: &Session, slice: &Slice, feature: &Column) -> Counts {
    let column = feature.name.clone();
    let question = match feature.kind {
        Kind::Integer | Kind::Number => Question::Histogram { column, bins_max: 40 },
        Kind::Date | Kind::Timestamp | Kind::Instant => {
            Question::Timeline { column, periods_max: 60 }
        }
        _ => Question::Values { column, top: 8, search: String::new() },
    };
    let mut total = Counts::default();
    let mut add = |counts: Counts| {
        total.all += counts.all;
        total.kept += counts.kept;
    };
    match session.ask(slice, &question).unwrap().answer {
        Answer::Histogram(found) => {
            found.bins.into_iter().for_each(&mut add);
            add(found.missing);
            add(found.not_finite);
        }
        Answer::Timeline(found) => {
            found.periods.into_iter().for_each(|(_, counts)| add(counts));
            add(found.missing);
        }
        Answer::Values(found) => {
            found.top.into_iter().for_each(|(_, counts)| add(counts));
            add(found.others);
            add(found.missing);
        }
        other => panic!("{other:?}"),
    }
    total
}

const CONDITION: &str = "country in ('DE', 'FR') and count(orders) >= 2 and \
     (last_order < now() - interval 90 days or plan is distinct from 'free')";

#[test]
fn every_chart_of_every_feature_adds_up_to_the_headline() {
    let (session, _workspace) = open();
    let user = session.catalog().entity("user").unwrap().clone();
    let slice = slice(&session, "user/all", CONDITION);
    let headline = size(&session, &slice);
    assert!(headline.kept > 0 && headline.kept < headline.of, "{headline:?}");
    let own = ["country", "last_order", "plan"];
    for feature in &user.features {
        let total = chart_total(&session, &slice, feature);
        assert_eq!(total.all, headline.of, "{}", feature.name);
        if own.contains(&feature.name.as_str()) {
            assert!(total.kept >= headline.kept, "{}", feature.name);
        } else {
            assert_eq!(total.kept, headline.kept, "{}", feature.name);
        }
    }
}

#[test]
fn the_printed_statement_gives_the_same_numbers() {
    let (session, _workspace) = open();
    let slice = slice(&session, "known_customers", CONDITION);
    let headline = size(&session, &slice);
    let shell = shell();
    let rows = |question: &Question| {
        let sql = session.ask(&slice, question).unwrap().sql;
        shell.query(&Sql::of_project(&sql)).unwrap().rows
    };
    assert_eq!(rows(&Question::Size)[0][0].as_u64(), Some(headline.kept));
    assert_eq!(rows(&Question::Members).len() as u64, headline.kept);
    let bars = Question::Values { column: "plan".into(), top: 20, search: String::new() };
    assert!(rows(&bars).len() > 1);
}

#[test]
fn shares_over_time_hold_everyone_in_the_slice_once() {
    let (session, _workspace) = open();
    let slice = slice(&session, "user/all", "orders >= 1");
    let kept = size(&session, &slice).kept;
    let question = Question::Shares {
        moment: "last_order".into(),
        by: "country".into(),
        periods_max: 40,
        top: 2,
    };
    let answered = session.ask(&slice, &question).unwrap();
    let Answer::Shares(shares) = answered.answer else { panic!("shares") };
    assert!(shares.periods.len() > 1 && shares.periods.len() <= 40);
    assert_eq!(shares.values.len(), 3, "two countries and all others");
    assert_eq!(shares.values[2], None);
    let of = |place: usize| shares.periods.iter().map(|(_, counts)| counts[place]).sum::<u64>();
    assert_eq!(of(0) + of(1) + of(2) + shares.missing, kept);
    let told = shell().query(&Sql::of_project(&answered.sql)).unwrap().rows;
    let total: u64 = told.iter().filter_map(|row| row[3].as_u64()).sum();
    assert_eq!(total, kept, "plain DuckDB counts the same people");
    let most = shell()
        .query(&Sql::of_project(
            "SELECT country, count(*) FILTER (WHERE orders >= 1) FROM users
             WHERE last_order IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1",
        ))
        .unwrap()
        .rows;
    assert_eq!(shares.values[0].as_ref(), Some(&most[0][0]));
    assert_eq!(Some(of(0)), most[0][1].as_u64());
}

#[test]
fn a_deep_page_is_the_same_looked_up_or_read_through() {
    let (session, _workspace) = open();
    let slice = slice(&session, "user/all", "country is not null");
    let by = |by: &str, descending| Some(Sort { by: by.to_owned(), descending });
    for sort in [None, by("last_order", true), by("name", false)] {
        let question = Question::Page {
            columns: vec!["name".into(), "last_order".into()],
            sort,
            offset: 1_000,
            limit: 50,
        };
        let answered = session.ask(&slice, &question).unwrap();
        let Answer::Page(page) = answered.answer else { panic!("a page") };
        assert_eq!(page.rows.len(), 50);
        assert_eq!(page.rows, shell().query(&Sql::of_project(&answered.sql)).unwrap().rows);
    }
}

#[test]
fn steps_of_the_sample_add_up_and_leave_one_out_is_what_leaving_out_gives() {
    let (session, _workspace) = open();
    let whole = slice(&session, "user/all", CONDITION);
    let Answer::Steps(steps) = session.ask(&whole, &Question::Steps).unwrap().answer else {
        panic!("steps")
    };
    let mut before = steps.of;
    for step in &steps.steps {
        assert_eq!(step.kept + step.dropped, before);
        before = step.kept;
        let mut without = whole.clone();
        without.tree.parts.remove(step.part);
        let gained = size(&session, &without).kept - size(&session, &whole).kept;
        assert_eq!(step.gained_without, gained, "part {}", step.part);
    }
    assert_eq!(before, size(&session, &whole).kept);
}

#[test]
fn a_profile_says_why_someone_is_in() {
    let (session, _workspace) = open();
    let slice = slice(&session, "user/all", CONDITION);
    let page = Question::Page { columns: Vec::new(), sort: None, offset: 0, limit: 1 };
    let Answer::Page(page) = session.ask(&slice, &page).unwrap().answer else { panic!("a page") };
    let key = page.rows[0][0].clone();
    let question = Question::Profile { key };
    let Answer::Profile(profile) = session.ask(&slice, &question).unwrap().answer else {
        panic!("a profile")
    };
    assert!(profile.in_slice && profile.in_cohort);
    let root: Vec<_> = profile.why.iter().filter(|(path, _)| path.len() == 1).collect();
    assert_eq!(root.len(), 3);
    assert!(root.iter().all(|(_, met)| *met == Some(true)), "{root:?}");
    let orders = profile.related.iter().find(|r| r.table == "orders").unwrap();
    assert!(orders.total >= 2 && orders.rows.len() as u64 == orders.total);
}

#[test]
fn a_segment_is_a_clause_and_cannot_contain_itself() {
    let (session, _workspace) = open();
    let mut outer = slice(&session, "user/all", "in_cohort('Germans') and orders >= 2");
    let german = slice(&session, "user/all", "country = 'DE'").tree;
    let named = |tree| Segment { name: "Germans".to_owned(), cohort: CohortRef::all("user"), tree };
    outer.segments = vec![named(german)];
    let direct = slice(&session, "user/all", "country = 'DE' and orders >= 2");
    assert_eq!(size(&session, &outer), size(&session, &direct));
    let own = slice(&session, "user/all", "in_cohort('Germans')").tree;
    outer.segments = vec![named(own)];
    let failure = session.ask(&outer, &Question::Size).unwrap_err();
    assert!(failure.what.contains("contains itself"), "{failure}");
}

#[test]
fn accounts_of_an_account_are_its_related_rows() {
    let (session, _workspace) = open();
    let catalog = session.catalog();
    let names: Vec<&str> = catalog.entities.iter().map(|e| e.name.as_str()).collect();
    assert!(!names.contains(&"parent_account"), "{names:?}");
    let parents = slice(&session, "account/all", "count(accounts) >= 1");
    let size = size(&session, &parents);
    let sql = "SELECT count(DISTINCT parent_account_id) FROM accounts";
    let expected = shell().query(&Sql::of_project(sql)).unwrap().rows[0][0].as_u64();
    assert_eq!(Some(size.kept), expected);
    assert!(size.kept > 0);
}

/// Drains events until `done` says so.
fn wait(engine: &Engine, events: &mut Vec<Event>, done: impl Fn(&[Event]) -> bool) {
    let began = Instant::now();
    while !done(events) {
        assert!(began.elapsed() < Duration::from_secs(60), "no answer in a minute: {events:?}");
        events.extend(engine.drain());
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn ended(events: &[Event], ticket: u64) -> Vec<&Outcome> {
    events
        .iter()
        .filter_map(|event| match event {
            Event::Finished(t, outcome) if *t == Ticket(ticket) => Some(outcome),
            _ => None,
        })
        .collect()
}

#[test]
fn every_command_ends_once_and_an_overtaken_question_is_not_answered() {
    let workspace = tempfile::tempdir().unwrap();
    let engine = Engine::spawn(|| {});
    let mut events = Vec::new();
    engine.send(Command::Open { ticket: Ticket(1), request: request(workspace.path()) });
    wait(&engine, &mut events, |events| !ended(events, 1).is_empty());
    assert_eq!(ended(&events, 1), [&Outcome::Done]);

    let slice = Arc::new(Slice {
        cohort: CohortRef::all("user"),
        tree: Tree::everyone(),
        now: Moment::parse("2026-11-20T06:00:00Z", &jiff::tz::TimeZone::UTC).unwrap(),
        segments: Vec::new(),
    });
    for ticket in 2..40 {
        engine.send(Command::Ask {
            ticket: Ticket(ticket),
            slot: Slot::Size,
            slice: Arc::clone(&slice),
            question: Question::Steps,
        });
    }
    engine.send(Command::Ask {
        ticket: Ticket(40),
        slot: Slot::Chart(0),
        slice,
        question: Question::Histogram { column: "name".into(), bins_max: 10 },
    });
    wait(&engine, &mut events, |events| (2..=40).all(|t| !ended(events, t).is_empty()));
    for ticket in 2..=40 {
        assert_eq!(ended(&events, ticket).len(), 1, "{ticket}");
    }
    assert_eq!(ended(&events, 39), [&Outcome::Done]);
    assert!(matches!(ended(&events, 40)[..], [Outcome::Failed(_)]));
    for event in &events {
        if let Event::Answered(ticket, ..) = event {
            assert_eq!(ended(&events, ticket.0), [&Outcome::Done]);
        }
    }
}

#[test]
fn large_text_shows_its_first_rows_while_the_rest_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("people.csv");
    let made = duckdb::Connection::open_in_memory().unwrap();
    made.execute_batch(&format!(
        "COPY (SELECT i AS person_id, 'somebody, somewhere ' || i AS name, i % 90 AS age \
         FROM range(1600000) t(i)) TO '{}' (HEADER)",
        source.display()
    ))
    .unwrap();
    let engine = Engine::spawn(|| {});
    let mut events = Vec::new();
    let request = OpenRequest {
        paths: vec![source],
        workspace: Some(folder.path().to_path_buf()),
        ..OpenRequest::default()
    };
    engine.send(Command::Open { ticket: Ticket(1), request });
    let opened = |events: &[Event]| -> Vec<Arc<Opened>> {
        let found = events.iter().filter_map(|event| match event {
            Event::Opened(_, opened) => Some(Arc::clone(opened)),
            _ => None,
        });
        found.collect()
    };
    let ask = |ticket| Command::Ask {
        ticket: Ticket(ticket),
        slot: Slot::Size,
        slice: Arc::new(Slice {
            cohort: CohortRef::all("person"),
            tree: Tree::everyone(),
            now: Moment::parse("2026-11-20T06:00:00Z", &jiff::tz::TimeZone::UTC).unwrap(),
            segments: Vec::new(),
        }),
        question: Question::Size,
    };
    let kept = |events: &[Event], ticket| {
        let found = events.iter().find_map(|event| match event {
            Event::Answered(t, _, answered) if *t == Ticket(ticket) => Some(Arc::clone(answered)),
            _ => None,
        });
        match &found.expect("an answer").answer {
            Answer::Size(size) => size.kept,
            other => panic!("{other:?}"),
        }
    };
    wait(&engine, &mut events, |events| !opened(events).is_empty());
    assert!(opened(&events)[0].is_beginning);
    engine.send(ask(2));
    wait(&engine, &mut events, |events| {
        !ended(events, 1).is_empty() && !ended(events, 2).is_empty()
    });
    engine.send(ask(3));
    wait(&engine, &mut events, |events| !ended(events, 3).is_empty());
    let [first, whole] = opened(&events).try_into().expect("the first rows, and all of them");
    assert!(!whole.is_beginning);
    assert_eq!(first.catalog.path, whole.catalog.path);
    assert_eq!(first.catalog.tables[0].columns, whole.catalog.tables[0].columns);
    let rows = first.catalog.tables[0].rows;
    assert!(rows > 1000 && rows < 1_600_000, "{rows}");
    // Asked while the rest was read, it is of the first rows, unless the rest was there already.
    assert!([rows, 1_600_000].contains(&kept(&events, 2)));
    assert_eq!(kept(&events, 3), 1_600_000);
}
