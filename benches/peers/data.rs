//! The rows that all engines look at: made flights, and a table of 500 columns. Seeded, made by the
//! database itself, kept between runs.

use crate::common::{Outcome, scratch};
use duckdb::Connection;
use std::path::{Path, PathBuf};

/// Columns of the wide table, its key not counted.
pub(crate) const WIDE_COLUMNS: usize = 500;

/// Rows at or above which the wide table is not made: its file would be tens of gigabytes.
pub(crate) const WIDE_ROWS_MAX: u64 = 50_000_000;

/// A file with a table `flights` of so many rows.
pub(crate) fn flights(rows: u64) -> Outcome<PathBuf> {
    made(&format!("flights_{rows}.duckdb"), &flights_sql(rows))
}

/// A file with a table `people` of so many rows and [`WIDE_COLUMNS`] columns.
pub(crate) fn wide(rows: u64) -> Outcome<PathBuf> {
    made(&format!("wide_{rows}.duckdb"), &wide_sql(rows))
}

/// The file of this name, made by a statement unless it is there. It gets its name once it is whole.
fn made(name: &str, sql: &str) -> Outcome<PathBuf> {
    let path = scratch()?.join(name);
    if !path.exists() {
        let part = path.with_extension("part");
        if part.exists() {
            std::fs::remove_file(&part)?;
        }
        let db = Connection::open(&part)?;
        db.execute_batch(sql)?;
        db.execute_batch("checkpoint")?;
        drop(db);
        std::fs::rename(&part, &path)?;
    }
    Ok(path)
}

/// A number from 0 to below 1 for each row, as independent of the others as their numbers differ.
fn dice(number: u64) -> String {
    format!("(hash(i + {}) >> 11)::double / 9007199254740992", number * 1_000_003)
}

/// Flights in the order of their days: two rushes a day, delays around nothing with a long tail,
/// distances that thin out, fares of which no two are alike, a few carriers, many airports, gaps.
fn flights_sql(rows: u64) -> String {
    let dice: Vec<String> = ["a", "b", "c", "d", "e", "f", "g", "h", "k"]
        .iter()
        .zip(1..)
        .map(|(name, number)| format!("{} as {name}", dice(number)))
        .collect();
    let dice = dice.join(", ");
    format!(
        "create table flights as
        with thrown as (select i, {dice} from range({rows}) t(i)),
        legs as (
          select *, d < 0.02 as cancelled,
            least(31 + (-780 * ln(1 - a * 0.997))::integer, 4983) as miles,
            (case when b < 0.45 then 360 + 300 * c + 60 * d
                  when b < 0.9 then 840 + 360 * c - 60 * d
                  else 1440 * c end)::integer % 1440 as minute,
            case when e < 0.65 then (-12 + 16 * f)::integer
                 else least((-3 - 32 * ln(1 - f))::integer, 180) end as late
          from thrown
        )
        select i::integer as flight_id,
          date '2015-01-01' + (i * 2190 // {rows})::integer as flight_date,
          minute::smallint as dep_minute,
          case when not cancelled then late end::smallint as dep_delay,
          case when not cancelled and g >= 0.004 then
            greatest(least(late - 6 + (24 * (c - 0.5) + 18 * (g - 0.5))::integer, 180), -60)
          end::smallint as arr_delay,
          miles::smallint as distance,
          case when not cancelled and g >= 0.004 then
            greatest(20, (miles / 7.6 + 18 + 22 * (f - 0.5))::integer)
          end::smallint as air_time,
          case when e >= 0.01 then
            least(38 + miles * 0.09 * (0.4 + 1.8 * g * g), 999.5) + (a + 0.001) / 1024
          end as fare,
          ['WN', 'DL', 'AA', 'OO', 'UA', 'EV', 'B6', 'AS', 'NK', 'MQ', 'F9', 'HA']
            [1 + (12 * h * h)::integer % 12] as carrier,
          case when k >= 0.003 then
            chr(65 + (300 * k * k * k)::integer % 26)
              || chr(65 + (300 * k * k * k)::integer * 7 // 26 % 26)
              || chr(65 + (300 * k * k * k)::integer * 11 % 23)
          end as origin
        from legs"
    )
}

/// Columns of every kind in turn: numbers, texts with few and many values, days, moments, gaps.
fn wide_sql(rows: u64) -> String {
    let columns: Vec<String> =
        (1..=WIDE_COLUMNS).map(|number| format!("{} as c{number}", wide_cell(number))).collect();
    format!(
        "create table people as select i::integer as person_id, {} from range({rows}) t(i)",
        columns.join(", ")
    )
}

fn wide_cell(number: usize) -> String {
    let mix = format!("hash(i + {number} * 1000003)");
    match number % 12 {
        0 | 4 | 8 => format!("({mix} % 200)::smallint"),
        1 | 7 => format!("({mix} % 1000000)::double / 997.0"),
        2 | 10 => format!("'value ' || ({mix} % 12)"),
        3 => format!("date '2015-01-01' + ({mix} % 2190)::integer"),
        5 | 11 => format!("case when {mix} % 5 = 0 then null else ({mix} % 400)::smallint end"),
        6 => format!("'city ' || ({mix} % 1000)"),
        _ => format!("timestamp '2023-01-01' + to_hours(({mix} % 17520)::bigint)"),
    }
}

/// Reads a file once, so that what is cold is the engine and not the disk.
pub(crate) fn read_once(path: &Path) -> Outcome<()> {
    std::io::copy(&mut std::fs::File::open(path)?, &mut std::io::sink())?;
    Ok(())
}
