//! Moments in a stated zone: what a condition keeps agrees with an evaluation by a calendar that
//! knows the zone, and the printed statement gives the same rows in plain DuckDB.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};
use muster::bind;
use muster::compile;
use muster::engine::store::Store;
use muster::language::{self, Scope};
use muster::model::catalog::CohortRef;
use muster::model::catalog::{
    Catalog, Column, Entity, EntityBase, Fingerprint, OddRows, SourceKind, Table, TableOrigin,
};
use muster::model::now::Moment;
use muster::model::question::Slice;
use muster::model::value::Kind;
use muster::sql::Sql;
use proptest::prelude::*;

const ZONES: &[&str] =
    &["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Chatham"];

fn column(name: &str, type_name: &str) -> Column {
    Column {
        name: name.into(),
        type_name: type_name.into(),
        kind: Kind::of_duckdb_type(type_name),
        description: None,
        personal: None,
    }
}

fn catalog() -> Catalog {
    let columns = vec![
        column("id", "INTEGER"),
        column("seen", "TIMESTAMP WITH TIME ZONE"),
        column("wall", "TIMESTAMP"),
        column("score", "DOUBLE"),
    ];
    let origin = TableOrigin::Stored { schema: "main".into(), table: "people".into() };
    let table = Table {
        name: "people".into(),
        origin,
        columns: columns.clone(),
        rows: 0,
        time_column: None,
    };
    let entity = Entity {
        name: "person".into(),
        base: EntityBase::Table("people".into()),
        key: "id".into(),
        size: 0,
        features: columns,
        cohorts: Vec::new(),
        odd_rows: OddRows::default(),
        why: String::new(),
    };
    Catalog {
        path: "people.duckdb".into(),
        source: SourceKind::DuckDb,
        fingerprint: Fingerprint::default(),
        tables: vec![table],
        entities: vec![entity],
        relations: Vec::new(),
        findings: Vec::new(),
        definitions: None,
        runs: Vec::new(),
        run: None,
        shadows: None,
    }
}

/// A store with a person for each instant; `wall` is the same hands of the clock without a zone.
fn store(instants: &[Timestamp]) -> Store {
    let store = Store::in_memory().unwrap();
    store
        .execute(&Sql::of_project(
            "CREATE TABLE people (id INTEGER, seen TIMESTAMPTZ, wall TIMESTAMP, score DOUBLE)",
        ))
        .unwrap();
    for (id, instant) in instants.iter().enumerate() {
        let civil = instant.to_zoned(TimeZone::UTC).datetime();
        let text = civil.strftime("%Y-%m-%d %H:%M:%S");
        store
            .execute(&Sql::of_project(format!(
                "INSERT INTO people VALUES ({id}, '{text}+00', '{text}', 'nan')"
            )))
            .unwrap();
    }
    store
}

fn kept(store: &Store, condition: &str, now: &Moment) -> u64 {
    let catalog = catalog();
    let scope = Scope { catalog: &catalog, entity: &catalog.entities[0] };
    let tree = language::parse(condition, &scope).unwrap_or_else(|e| panic!("{condition}: {e:?}"));
    let slice =
        Slice { cohort: CohortRef::all("person"), tree, now: now.clone(), segments: Vec::new() };
    let bound = bind::slice(&catalog, &slice).unwrap();
    let query = compile::size(&bound).query;
    store.query(&query.executed(None)).unwrap().rows[0][0].as_u64().unwrap()
}

fn instant() -> impl Strategy<Value = Timestamp> {
    // Near the days on which clocks change, and anywhere.
    let near =
        prop::sample::select(vec![1_711_846_800_i64, 1_729_990_800, 1_710_054_000, 1_730_613_600]);
    prop_oneof![
        (near, -90_000..90_000_i64).prop_map(|(at, off)| at + off),
        946_684_800..2_051_222_400_i64,
    ]
    .prop_map(|seconds| Timestamp::from_second(seconds).unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn days_and_parts_are_those_of_the_stated_zone(
        instants in prop::collection::vec(instant(), 1..8),
        zone in prop::sample::select(ZONES.to_vec()),
        pick in any::<prop::sample::Index>(),
    ) {
        let zone = TimeZone::get(zone).unwrap();
        let now = Moment::new(Timestamp::from_second(1_735_000_000).unwrap(), zone.clone());
        let store = store(&instants);
        let local = |i: &Timestamp| -> Zoned { i.to_zoned(zone.clone()) };
        let wall = |i: &Timestamp| -> DateTime { i.to_zoned(TimeZone::UTC).datetime() };
        let day: Date = local(pick.get(&instants)).date();
        let hour = local(pick.get(&instants)).hour();
        let count = |held: &dyn Fn(&Timestamp) -> bool| instants.iter().filter(|i| held(i)).count() as u64;
        for (condition, expected) in [
            (format!("seen <= date '{day}'"), count(&|i| local(i).date() <= day)),
            (format!("seen > date '{day}'"), count(&|i| local(i).date() > day)),
            (format!("seen = date '{day}'"), count(&|i| local(i).date() == day)),
            (format!("seen <> date '{day}'"), count(&|i| local(i).date() != day)),
            (format!("seen < date '{day}'"), count(&|i| local(i).date() < day)),
            (format!("seen in (date '{day}')"), count(&|i| local(i).date() == day)),
            (
                format!("seen between date '{}' and date '{day}'", day - 3.days()),
                count(&|i| local(i).date() <= day && local(i).date() >= day - 3.days()),
            ),
            (format!("wall <= date '{day}'"), count(&|i| wall(i).date() <= day)),
            (format!("month(seen) = {}", day.month()), count(&|i| local(i).month() == day.month())),
            (format!("hour(seen) = {hour}"), count(&|i| local(i).hour() == hour)),
            (format!("cast(seen as date) = date '{day}'"), count(&|i| local(i).date() == day)),
            ("wall >= seen".to_owned(), count(&|i| wall(i) >= local(i).datetime())),
        ] {
            prop_assert_eq!(kept(&store, &condition, &now), expected, "{} in {}", condition, zone.iana_name().unwrap_or(""));
        }
    }
}

#[test]
fn today_is_one_day_for_moments_with_and_without_a_zone() {
    let zone = TimeZone::get("America/New_York").unwrap();
    let now = Moment::parse("2023-12-01T12:00:00-05:00[America/New_York]", &zone).unwrap();
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let store = store(&[
        at("2023-12-01T04:59:59Z"),
        at("2023-12-01T05:00:00Z"),
        at("2023-11-30T23:00:00Z"),
    ]);
    assert_eq!(kept(&store, "seen >= today()", &now), 1);
    assert_eq!(
        kept(&store, "wall >= today()", &now),
        kept(&store, "wall >= date '2023-12-01'", &now)
    );
}

#[test]
fn nan_is_missing() {
    let now = Moment::parse("2023-12-01T00:00:00Z", &TimeZone::UTC).unwrap();
    let store = store(&[Timestamp::UNIX_EPOCH]);
    store
        .execute(&Sql::of_project(
            "INSERT INTO people VALUES (7, NULL, NULL, 5), (8, NULL, NULL, NULL)",
        ))
        .unwrap();
    assert_eq!(kept(&store, "score > 1", &now), 1);
    assert_eq!(kept(&store, "score is null", &now), 2);
    assert_eq!(kept(&store, "not (score > 10)", &now), 1);
}
