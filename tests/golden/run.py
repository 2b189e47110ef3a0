"""Holds Muster to numbers that others computed.

    run.py MUSTER DATA GENERATED

MUSTER is the binary, DATA the folder with GOLDEN.md, GENERATED the folder with the sets that
`get.sh` makes. DATA and GENERATED may be `-`; then only the sample shop is asked.

For every case: `muster count` gives the golden number; the statement that `muster sql` prints, run
by plain DuckDB, lists as many rows; `muster export` to CSV and to Parquet writes as many, and
`muster verify` says that both files match their manifests. For the sample shop the statement and
the independent SQL of answers.json must agree too.

The last line is `N passed, N failed`; the exit status is 1 if anything failed.
"""

import csv
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import duckdb

PROJECT = Path(__file__).resolve().parents[2]
TIMEOUT_SECONDS = 180
csv.field_size_limit(1 << 30)

# Id in GOLDEN.md, path (of DATA or, with `+`, of GENERATED), cohort, condition, golden number.
CASES = [
    ("RE1 users", "retentioneering_ecom", "user/all", "", 600),
    ("RE1 purchase", "retentioneering_ecom", "user/all",
     "count(ecom) filter (where event = 'purchase') >= 1", 328),
    ("RE1 purchase >= 3", "retentioneering_ecom", "user/all",
     "count(ecom) filter (where event = 'purchase') >= 3", 31),
    ("RE2", "retentioneering_ecom", "user/all",
     "count(ecom) filter (where platform = 'mobile' and event = 'add_to_cart') >= 1 and "
     "count(ecom) filter (where platform = 'mobile' and event = 'purchase') = 0", 111),
    ("RE4 organic", "retentioneering_ecom", "user/all", "acquisition_channel = 'organic'", 219),
    ("RE4 paid", "retentioneering_ecom", "user/all", "acquisition_channel = 'paid_search'", 169),
    ("RE4 email", "retentioneering_ecom", "user/all", "acquisition_channel = 'email'", 95),
    ("RE4 social", "retentioneering_ecom", "user/all", "acquisition_channel = 'social'", 87),
    ("RE4 direct", "retentioneering_ecom", "user/all", "acquisition_channel = 'direct'", 30),
    ("RE1 sessions", "retentioneering_ecom", "session/all", "", 3605),
    ("NY1 flights", "+nycflights13/flights.csv", "flight/all", "", 336776),
    ("NY2 late", "+nycflights13/flights.csv", "flight/all", "arr_delay > 60", 27789),
    ("NY2 not known", "+nycflights13/flights.csv", "flight/all", "arr_delay is null", 9430),
    ("NY1 planes", "+nycflights13", "plane/all", "", 3322),
    ("NY1 >= 100 flights", "+nycflights13", "plane/all", "count(flights) >= 100", 1118),
    ("NY4 first", "+nycflights13", "airline/all",
     "name = 'United Air Lines Inc.' and count(flights) = 58665", 1),
    ("NY4 second", "+nycflights13", "airline/all",
     "name = 'JetBlue Airways' and count(flights) = 54635", 1),
    ("NY4 third", "+nycflights13", "airline/all",
     "name = 'ExpressJet Airlines Inc.' and count(flights) = 54173", 1),
    ("NY4 top three", "+nycflights13", "airline/all", "count(flights) >= 54173", 3),
    ("FE1 rows", "febrl/dataset3.csv", "dataset3/all", "", 5000),
    ("FE1 originals", "febrl/dataset3.csv", "dataset3/all", "rec_id like '%-org'", 2000),
    ("FE1 duplicates", "febrl/dataset3.csv", "dataset3/all", "contains(rec_id, '-dup-')", 3000),
    ("FE3 leading zeros", "febrl/dataset3.csv", "dataset3/all", "trim(postcode) like '0%'", 36),
    ("FE3 blank states", "febrl/dataset3.csv", "dataset3/all",
     "coalesce(trim(state), '') = ''", 85),
    ("FE3 birthdays", "febrl/dataset3.csv", "dataset3/all",
     "not regexp_matches(coalesce(trim(cast(date_of_birth as varchar)), ''), '^[0-9]{8}$')", 155),
    ("NS1 Parquet", "naughty_strings/users.parquet", "user/all", "", 461),
    ("NS1 CSV", "naughty_strings/users.csv", "user/all", "", 461),
    ("NS1 empty, Parquet", "naughty_strings/users.parquet", "user/all", "display_name = ''", 1),
    ("NS1 empty, CSV", "naughty_strings/users.csv", "user/all", "display_name = ''", 1),
    ("NS2 quote", "naughty_strings/users.parquet", "user/all",
     "contains(display_name, '''')", 84),
    ("NS2 quote, CSV", "naughty_strings/users.csv", "user/all",
     "contains(display_name, '''')", 84),
    ("NS2 percent", "naughty_strings/users.parquet", "user/all",
     "contains(display_name, '%')", 9),
    ("NS2 not ASCII", "naughty_strings/users.parquet", "user/all",
     r"regexp_matches(display_name, '[^\x00-\x7F]')", 78),
    ("NS2 not ASCII, CSV", "naughty_strings/users.csv", "user/all",
     r"regexp_matches(display_name, '[^\x00-\x7F]')", 78),
    ("JG1 customers", "+jaffle_gen", "raw_customer/all", "", 934),
    ("JG1 orders", "+jaffle_gen", "raw_order/all", "", 72788),
    ("JG1 items", "+jaffle_gen", "raw_item/all", "", 107769),
    ("JG1 tweets", "+jaffle_gen", "raw_tweet/all", "", 22639),
    ("JG2 >= 100 orders", "+jaffle_gen", "raw_customer/all", "count(raw_orders) >= 100", 300),
    ("JG2 never tweeted", "+jaffle_gen", "raw_customer/all", "count(raw_tweets) = 0", 144),
    ("JG3", "+jaffle_gen", "raw_customer/all",
     "count(raw_items) filter (where sku like 'BEV-%') >= 1 and "
     "count(raw_items) filter (where sku like 'JAF-%') = 0", 366),
    ("TH1 customers", "+tpch_sf005", "customer/all", "", 7500),
    ("TH1 orders", "+tpch_sf005", "order/all", "", 75000),
    ("TH1 without orders", "+tpch_sf005", "customer/all", "count(orders) = 0", 2500),
    ("TH2 building", "+tpch_sf005", "customer/all",
     "c_mktsegment = 'BUILDING' and count(orders) >= 15", 527),
    ("TH2 sum", "+tpch_sf005", "customer/all", "sum(orders.o_totalprice) >= 3000000", 981),
    ("FK1 users", "faker_users", "user/all", "", 6000),
    ("FK1 Japanese", "faker_users", "user/all", "locale = 'ja_JP'", 250),
    ("FK1 Arabic", "faker_users", "user/all", "locale = 'ar_SA'", 250),
    ("FK1 >= 10 logins", "faker_users", "user/all", "count(logins) >= 10", 770),
    ("FK2 six digits", "faker_users", "user/all", "length(user_id) = 6", 6000),
    ("FK2 never logged in", "faker_users", "user/all", "count(logins) = 0", 2736),
    ("FK2 longest address", "faker_users", "user/all", "length(address) > 92", 0),
    ("FK2 line breaks", "faker_users", "user/all", "contains(address, '\n')", 3250),
]

# The most hostile names: each must find itself and nobody else.
HOSTILE = 60


@dataclass
class Case:
    name: str
    path: Path
    cohort: str
    where: str
    expected: int
    now: str | None = None

    def arguments(self):
        given = [str(self.path), "--cohort", self.cohort]
        if self.where:
            given += ["--where", self.where]
        if self.now:
            given += ["--now", self.now]
        return given


def run(muster, *arguments):
    """What a command prints; a failure names the command and what it said."""
    done = subprocess.run(
        [muster, *arguments], capture_output=True, timeout=TIMEOUT_SECONDS, check=False
    )
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip() or "nothing was said"
        raise AssertionError(f"{arguments[0]}: exit status {done.returncode}: {said[:400]}")
    return done.stdout.decode("utf-8")


def equal(what, found, expected):
    if found != expected:
        raise AssertionError(f"{what}: {found} where {expected} is right")


def plain_duckdb(path):
    if path.suffix == ".duckdb":
        return duckdb.connect(str(path), read_only=True)
    return duckdb.connect()


def check(muster, case):
    said = json.loads(run(muster, "count", *case.arguments(), "--json"))
    equal("count", said["size"], case.expected)
    sql = run(muster, "sql", *case.arguments()).strip().removesuffix(";")
    with plain_duckdb(case.path) as db:
        rows = db.execute(f"select count(*) from (\n{sql}\n)").fetchone()[0]
    equal("rows of the statement", rows, case.expected)
    with tempfile.TemporaryDirectory() as folder:
        for ending in ("csv", "parquet"):
            file = Path(folder) / f"list.{ending}"
            run(muster, "export", *case.arguments(), "--to", str(file))
            equal(f"rows of the {ending} file", rows_of(file), case.expected)
            if not Path(f"{file}.manifest.json").exists():
                raise AssertionError(f"{ending}: no manifest beside the list")
            # Where now is stated, the same request must give the same bytes again.
            again = ["--rebuild", "--source", str(case.path)]
            run(muster, "verify", str(file), *(again if case.now else []))


def rows_of(file):
    if file.suffix == ".parquet":
        with duckdb.connect() as db:
            return db.execute("select count(*) from read_parquet(?)", [str(file)]).fetchone()[0]
    with file.open(encoding="utf-8", newline="") as text:
        return sum(1 for _ in csv.reader(text)) - 1


def golden_cases(data, generated):
    for name, path, cohort, where, expected in CASES:
        home = generated if path.startswith("+") else data
        yield Case(name, home / path.removeprefix("+"), cohort, where, expected)


def hostile_cases(data):
    path = data / "naughty_strings/users.parquet"
    with duckdb.connect() as db:
        names = [row[0] for row in db.execute(
            "select display_name from read_parquet(?) order by user_id", [str(path)]
        ).fetchall()]
    def hostile(name):
        return "\0" not in name and ("--" in name or any(mark in name for mark in "'\"\\%;\n"))
    chosen = [name for name in dict.fromkeys(names) if hostile(name)][:HOSTILE]
    for number, name in enumerate(chosen):
        quoted = name.replace("'", "''")
        where = f"display_name = '{quoted}'"
        yield Case(f"hostile name {number}", path, "user/all", where, names.count(name))


def sample_cases():
    shop = PROJECT / "sample_data/shop.duckdb"
    rows = json.loads((PROJECT / "sample_data/answers.json").read_text(encoding="utf-8"))
    with duckdb.connect(str(shop), read_only=True) as db:
        for number, row in enumerate(rows, 1):
            equal(row["question"], db.execute(row["sql"]).fetchone()[0], row["answer"])
            name = f"sample {number}"
            yield Case(name, shop, row["cohort"], row["where"], row["answer"], row["now"])


def main():
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    muster, data, generated = sys.argv[1:]
    cases = list(sample_cases())
    if data != "-":
        cases += hostile_cases(Path(data))
    if "-" not in (data, generated):
        cases += golden_cases(Path(data), Path(generated))

    def outcome(case):
        try:
            check(muster, case)
        except Exception as failure:  # every case is told, whatever breaks
            return f"{type(failure).__name__}: {failure}"
        return None

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(outcome, cases))
    failed = 0
    for case, failure in zip(cases, outcomes):
        if failure:
            failed += 1
            print(f"FAILED {case.name} ({case.path.name}, {case.cohort}, {case.where!r})\n    {failure}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
