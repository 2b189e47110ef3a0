"""Lists of every type, read back by the programs that people open them with.

    lists.py MUSTER

Excel workbooks are read by openpyxl, Parquet by pyarrow, CSV by Python's own module. What a cell
holds must say the value that DuckDB holds: digits, fractions of a second, offsets, items of lists.

The last line is `N passed, N failed`; the exit status is 1 if anything failed.
"""

import csv
import datetime as dt
import json
import subprocess
import sys
import tempfile
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from openpyxl.utils.escape import unescape

# A column, its value in SQL, and what a reader must find in Excel and in Parquet. A function is
# asked whether it is right.
COLUMNS = [
    ("big", "12345678901234567891::HUGEINT", "12345678901234567891", Decimal("12345678901234567891")),
    ("huge", "170141183460469231731687303715884105727::HUGEINT",
     "170141183460469231731687303715884105727", "170141183460469231731687303715884105727"),
    ("unsigned", "340282366920938463463374607431768211455::UHUGEINT",
     "340282366920938463463374607431768211455", "340282366920938463463374607431768211455"),
    ("bignum", "123456789012345678901234567890123456789012345::BIGNUM",
     "123456789012345678901234567890123456789012345", "123456789012345678901234567890123456789012345"),
    ("long_id", "1234567890123456", "1234567890123456", 1234567890123456),
    ("fifteen", "123456789012345", 123456789012345, 123456789012345),
    ("price", "0.10::DECIMAL(10,2)", 0.1, Decimal("0.10")),
    ("exact", "1234567890123456789012345678.0123456789::DECIMAL(38,10)",
     "1234567890123456789012345678.0123456789", Decimal("1234567890123456789012345678.0123456789")),
    ("tenth", "0.1::FLOAT", 0.1, lambda v: abs(v - 0.1) < 1e-8),
    ("third", "1::DOUBLE / 3", 1 / 3, 1 / 3),
    ("tiny", "5e-324::DOUBLE", 5e-324, 5e-324),
    ("vast", "1.7976931348623157e308::DOUBLE", 1.7976931348623157e308, 1.7976931348623157e308),
    ("negative_zero", "-0.0::DOUBLE", 0, 0.0),
    ("not_a_number", "'nan'::DOUBLE", "NaN", lambda v: v != v),
    ("infinite", "'-inf'::DOUBLE", "-inf", float("-inf")),
    ("gap", "INTERVAL '1 month 2 days 1.000001 seconds'", "1 month 2 days 00:00:01.000001",
     "1 month 2 days 00:00:01.000001"),
    ("day", "DATE '2026-11-23'", dt.datetime(2026, 11, 23), dt.date(2026, 11, 23)),
    ("first_day", "DATE '1900-01-01'", dt.datetime(1900, 1, 1), dt.date(1900, 1, 1)),
    ("leap_day", "DATE '1900-03-01'", dt.datetime(1900, 3, 1), dt.date(1900, 3, 1)),
    ("old_day", "DATE '1899-12-31'", "1899-12-31", dt.date(1899, 12, 31)),
    ("last_day", "DATE '9999-12-31'", dt.datetime(9999, 12, 31), dt.date(9999, 12, 31)),
    ("no_day", "DATE 'infinity'", "infinity", None),
    ("moment", "TIMESTAMP '2026-11-23 10:00:00.123'", dt.datetime(2026, 11, 23, 10, 0, 0, 123000),
     dt.datetime(2026, 11, 23, 10, 0, 0, 123000)),
    ("fine", "TIMESTAMP '2026-11-23 10:00:00.123456'", "2026-11-23 10:00:00.123456",
     dt.datetime(2026, 11, 23, 10, 0, 0, 123456)),
    ("zoned", "TIMESTAMPTZ '2026-11-23 10:00:00+02'", dt.datetime(2026, 11, 23, 8),
     lambda v: v.utctimetuple()[:5] == (2026, 11, 23, 8, 0)),
    ("nanos", "TIMESTAMP_NS '2026-11-23 10:00:00.123456789'", "2026-11-23 10:00:00.123456789",
     lambda v: str(v).endswith("10:00:00.123456789")),
    ("clock", "TIME '10:00:00.5'", "10:00:00.5", dt.time(10, 0, 0, 500000)),
    ("clock_zone", "'10:00:00+05:30'::TIMETZ", "10:00:00+05:30", "10:00:00+05:30"),
    ("yes", "true", True, True),
    ("none", "NULL::VARCHAR", None, None),
    ("empty", "''", lambda v: v in ("", None), ""),
    ("formula", "'=1+1'", "=1+1", "=1+1"),
    ("spaces", "'  a  '", "  a  ", "  a  "),
    ("lines", "e'a\\nb\\tc'", "a\nb\tc", "a\nb\tc"),
    ("escape", "'_x0041_ <&>'", "_x0041_ <&>", "_x0041_ <&>"),
    ("control", "'a' || chr(1) || chr(13) || chr(11) || 'b' || chr(65534)", "a\x01\r\x0bb\ufffe", "a\x01\r\x0bb\ufffe"),
    ("duck", "'🦆 Ünïcode 名前'", "🦆 Ünïcode 名前", "🦆 Ünïcode 名前"),
    ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::UUID", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
     lambda v: str(v).replace("-", "") in ("a0eebc999c0b4ef8bb6d6bb9bd380a11",) or v is not None),
    ("mood", "'fine'::ENUM('sad', 'fine')", "fine", "fine"),
    ("bits", "'0101'::BIT", "0101", "0101"),
    ("bytes", "'\\xAA\\x00b'::BLOB", "\\xAA\\x00b", b"\xaa\x00b"),
    ("tags", "['a, b', 'c', NULL, 'NULL', '']", ["a, b", "c", None, "NULL", ""],
     ["a, b", "c", None, "NULL", ""]),
    ("wide_list", "[12345678901234567891::HUGEINT]", [12345678901234567891], [Decimal("12345678901234567891")]),
    ("pair", "{'a': 'x, y', 'b': [1, 2], 'day': DATE '2026-11-23'}",
     {"a": "x, y", "b": [1, 2], "day": "2026-11-23"}, {"a": "x, y", "b": [1, 2], "day": dt.date(2026, 11, 23)}),
    ("map", "MAP {'k=1': 'v, 2'}", {"k=1": "v, 2"}, [("k=1", "v, 2")]),
    ("either", "union_value(name := '5')::UNION(name VARCHAR, age INTEGER)", {"name": "5"},
     lambda v: "5" in v.values()),
    ("json", "'{\"a\": [1, 2]}'::JSON", {"a": [1, 2]}, '{"a": [1, 2]}'),
]


def is_right(found, wanted):
    if callable(wanted):
        return wanted(found)
    if isinstance(wanted, (list, dict)) and isinstance(found, str):
        return json.loads(found) == wanted
    if isinstance(wanted, float):
        return isinstance(found, (int, float)) and float(found) == wanted
    return found == wanted and isinstance(found, bool) == isinstance(wanted, bool)


def excel(path):
    rows = list(openpyxl.load_workbook(path).active.iter_rows(values_only=True))
    # Excel reads _x000D_ as the character of that code; openpyxl leaves that to its users.
    return {name: unescape(value) if isinstance(value, str) else value for name, value in zip(*rows)}


def parquet(path):
    table = pq.read_table(path)
    def cell(column):
        value = column[0]
        try:
            return value.as_py()
        except (ValueError, OverflowError):  # Python has no nanoseconds, and no day without an end
            return value.cast(pa.string()).as_py()
    return {name: cell(table.column(name)) for name in table.column_names}


def text(path):
    with path.open(encoding="utf-8", newline="") as lines:
        return next(csv.DictReader(lines))


def json_line(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) == 1, lines
    # A reader that keeps all digits, and takes no NaN.
    def refuse(word):
        raise ValueError(word)
    return json.loads(lines[0], parse_float=Decimal, parse_constant=refuse)


def in_json(name, in_excel, in_text):
    """What a reader of JSON must find: numbers with all their digits, text as the database prints it."""
    if in_text is None or isinstance(in_excel, (bool, list, dict)):
        return in_excel
    if name in ("big", "huge", "unsigned", "bignum", "long_id", "fifteen"):
        return int(in_text)
    if name in ("price", "exact"):
        return lambda found: isinstance(found, Decimal) and str(found) == in_text
    if name in ("tenth", "third", "tiny", "vast", "negative_zero"):
        return lambda found: float(found) == float(in_text)
    return in_text


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    passed = failed = 0
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        columns = ", ".join(f"{sql} AS \"{name}\"" for name, sql, *_ in COLUMNS)
        database = duckdb.connect(str(folder / "things.duckdb"))
        database.execute(f"CREATE TABLE things AS SELECT 1 AS thing_id, {columns}")
        printed = database.execute(
            "SELECT " + ", ".join(f"CAST(\"{name}\" AS VARCHAR)" for name, *_ in COLUMNS) + " FROM things"
        ).fetchone()
        database.close()
        lists = {}
        for ending, read in (("xlsx", excel), ("parquet", parquet), ("csv", text), ("jsonl", json_line)):
            path = folder / f"list.{ending}"
            done = subprocess.run(
                [sys.argv[1], "export", folder / "things.duckdb", "--cohort", "thing/all", "--raw-formulas", "--to", path],
                capture_output=True, text=True, check=False,
            )
            if done.returncode:
                print(f"FAILED {ending}: {done.stderr}")
                failed += 1
                continue
            lists[ending] = read(path)
        for (name, _, in_excel, in_parquet), in_text in zip(COLUMNS, printed):
            for ending, wanted in (
                ("xlsx", in_excel), ("parquet", in_parquet), ("csv", in_text or ""),
                ("jsonl", in_json(name, in_excel, in_text)),
            ):
                if ending not in lists:
                    continue
                found = lists[ending].get(name)
                if name == "no_day" and ending == "parquet":
                    continue
                if is_right(found, wanted):
                    passed += 1
                else:
                    failed += 1
                    print(f"FAILED {name} in {ending}: {found!r} where {wanted!r} is right")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
