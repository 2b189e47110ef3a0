"""Gives Muster every odd file: the right content or a clear error, never a crash or a hang.

    bad_input.py MUSTER DATA GENERATED

For each file: `muster show` and `muster check` end within a minute with exit status 0, 1 or 2 and
no signal; when they fail, standard error holds `error: what; where; what to try` naming the file;
`--json` on standard output is JSON; and neither the file nor its folder is changed. Files of
csv_spectrum are compared with the answers that come with them, where an entity is found in them.

The last line is `N passed, N failed`; the exit status is 1 if anything failed.
"""

import csv
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

TIMEOUT_SECONDS = 60
ENDINGS = {".duckdb", ".csv", ".tsv", ".json", ".parquet", ".gz", ".bz2", ".txt", ".xls", ".sql", ".md", ""}
# What must open, and what cannot: the start of the file's name, and the exit status of `show`.
EXPECTED = [
    # DuckDB 2.0 itself reads storage of 0.9 and later only.
    ("cdnow_v0.8.1", 1),
    ("cdnow_v0.9", 0),
    ("cdnow_v0.10", 0),
    ("cdnow_v1", 0),
    ("cdnow_v2", 0),
    ("latest_storage_v", 0),
    ("wal_pending", 0),
    ("all_types", 0),
    ("encrypted_v", 1),
    ("bad_truncated", 1),
    ("bad_magic", 1),
    ("bad_future", 1),
    ("bad_is_sqlite", 1),
    ("bad_random", 1),
]


def files(data, generated):
    homes = [data / name for name in ("csvkit_agate", "csv_spectrum/csvs", "naughty_strings", "faker_users")]
    if generated is not None:
        homes.append(generated / "duckdb_files")
    for home in homes:
        for path in sorted(home.rglob("*")):
            if path.is_file() and path.suffix.lower() in ENDINGS:
                yield path


def run(arguments):
    return subprocess.run(
        [str(argument) for argument in arguments],
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )


def require(holds, message):
    if not holds:
        raise AssertionError(message)


def check_command(muster, command, path):
    """Runs one command on a copy in a folder of its own, so that neighbours play no part."""
    done = run([muster, command, path, "--json"])
    said = done.stderr.decode("utf-8", "replace").strip()
    require(done.returncode in (0, 1, 2), f"{command}: exit status {done.returncode}: {said[-300:]}")
    require("panicked" not in said, f"{command}: a panic: {said[-300:]}")
    if done.returncode == 0 or (command == "check" and not said):
        return done.returncode, json.loads(done.stdout)
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    require(errors, f"{command}: no line starts with \"error: \": {said[:300]!r}")
    parts = errors[-1].removeprefix("error: ").split("; ")
    require(len(parts) >= 3 and all(part.strip() for part in parts),
            f"{command}: not `what; where; what to try`: {errors[-1]!r}")
    require(path.name in said, f"{command}: the error does not name the file: {errors[-1]!r}")
    return done.returncode, None


def prints(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(folder.iterdir()) if p.is_file()}


def check_file(muster, original):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        path = folder / original.name
        shutil.copy(original, path)
        wal = original.with_name(original.name + ".wal")
        if wal.exists():
            shutil.copy(wal, folder / wal.name)
        before = prints(folder)
        status, shown = check_command(muster, "show", path)
        check_command(muster, "check", path)
        require(prints(folder) == before, f"files were changed or left behind: {sorted(prints(folder))}")
        for start, expected in EXPECTED:
            if original.name.startswith(start):
                require(status == expected, f"show: exit status {status} where {expected} is right")
        if original.parent.name == "csvs" and shown is not None:
            return compare(muster, path, original, shown, folder)
    return None


def compare(muster, path, original, shown, folder):
    """The cells that leave Muster are the cells of the answer."""
    answer_file = original.parent.parent / "json" / (original.stem + ".json")
    answer = json.loads(answer_file.read_bytes().decode("utf-8", "replace"))
    answer = answer if isinstance(answer, list) else [answer]
    if "�" in answer_file.read_bytes().decode("utf-8", "replace"):
        return "not compared: the answer itself is damaged"
    for table in shown.get("tables", []):
        require(table["rows"] == len(answer), f"{table['rows']} rows where {len(answer)} are right")
        names = [column["name"] for column in table.get("columns", [])]
        if "row" not in answer[0]:  # the number that stands for a key where there is none
            names = [name for name in names if name != "row"]
        require(not names or names == list(answer[0]), f"columns {names}")
    if not shown["entities"]:
        return "cells not compared: no entity in it"
    entity = shown["entities"][0]["name"]
    file = folder / "out" / "list.csv"
    file.parent.mkdir()
    done = run([muster, "export", path, "--cohort", f"{entity}/all", "--to", file])
    require(done.returncode == 0, f"export: {done.stderr.decode('utf-8', 'replace')[-300:]}")
    with file.open(encoding="utf-8", newline="") as text:
        found = list(csv.DictReader(text))
    for cells in found:
        if "row" not in answer[0]:
            cells.pop("row", None)
    order = lambda row: sorted(row.items())
    require(sorted(found, key=order) == sorted(answer, key=order), f"{found} where {answer} is right")
    return None


def main():
    if len(sys.argv) != 4:
        print(__doc__, file=sys.stderr)
        return 2
    muster, data, generated = sys.argv[1:]
    passed = failed = 0
    for path in files(Path(data), None if generated == "-" else Path(generated)):
        try:
            note = check_file(muster, path)
            passed += 1
            if note:
                print(f"{path.name}: {note}")
        except subprocess.TimeoutExpired:
            failed += 1
            print(f"FAILED {path}: not done within {TIMEOUT_SECONDS} s")
        except Exception as failure:  # every file is told, whatever breaks
            failed += 1
            print(f"FAILED {path}: {type(failure).__name__}: {failure}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
