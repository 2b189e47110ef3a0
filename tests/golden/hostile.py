"""Throws damaged and hostile files, projects, workspaces and manifests at Muster, under a watch.

    hostile.py MUSTER [--seconds S] [--cases N] [--seed N] [--start N] [--only KIND] [--strace]

It runs for `--seconds` (60 when neither it nor `--cases` is given) or for so many `--cases`. The seed
and the number of a case decide all that is done in it. A case of a finding is run again with
`--seed SEED --start CASE --cases 1 --strace`, whatever options found it.

database   DuckDB files: bytes flipped, blocks swapped, cut; names of functions and paths replaced in
           the stored catalog, with the checksum mended; a damaged log beside a file; and whole files
           with hostile views, macros and generated columns
project    those of tests/cases and sample_data, with YAML, templates and SQL spliced in, and pipes,
           links and folders where files are expected; checked, compiled and built
workspace  `muster.yaml` treated in the same way, beside a good source and elsewhere
manifest   that of a list, changed; the list is verified and made again
corrupt    only with `--only corrupt`: bytes of the catalog flipped, with the checksum mended. A crash
           is DuckDB's own then, and SECURITY.md does not promise that there is none.

After every command: the exit status is 0, 1 or 2 without a panic; it ended in time and stayed small;
nothing but its output and the user's own folders was changed, and no temporary folder is left; neither
the secret of the files in `precious/` nor that of the environment is in what it printed or wrote; no
character that acts on a terminal was printed. A person's tables in a file that is built into stay as
they were. Where strace is installed every fifth case runs under it, and all with `--strace`: no
network, no other program, nothing of `precious/` opened, and nothing opened for writing, renamed or
removed outside the folder of the case.

The last line is `N passed, N failed`; the exit status is 1 if anything failed. The folder of a case
that failed is kept, with `FINDINGS.txt` in it.
"""

import argparse
import contextlib
import hashlib
import json
import os
import random
import re
import resource
import shutil
import socket
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import duckdb

CASES = Path(__file__).resolve().parent.parent / "cases"
SAMPLE = CASES.parent.parent / "sample_data"
KINDS = ("database", "project", "workspace", "project", "database", "manifest")
FILE_SECRET, VARIABLE_SECRET = "TOKEN-of-a-file-4711", "TOKEN-of-a-variable-0815"
WALL_SECONDS, MOST_MEMORY_KB = 60, 3_000_000
LIMITS = {"MUSTER_TIME_LIMIT": "3", "MUSTER_MEMORY_LIMIT": "300MB", "MUSTER_SPILL_LIMIT": "300MB"}
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
OPENING = ("open", "openat", "creat")
CHANGING = ("rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir", "mkdir", "mkdirat", "symlink",
            "symlinkat", "link", "linkat", "truncate")
TRACED = "trace=" + ",".join(("%network", "execve", *OPENING, *CHANGING))
USERS_FOLDERS = ("home/.config", "home/.local", "home/.cache", "out")

# Queries that a view, a model or a feature may hold; {p} is the folder of precious files.
QUERIES = [
    "SELECT content AS user_id FROM read_text('{p}/note.txt')",
    "SELECT * FROM read_blob('{p}/*')",
    "SELECT * FROM read_csv('{p}/people.csv', all_varchar := true)",
    "SELECT * FROM '{p}/people.parquet'",
    "SELECT * FROM parquet_metadata('{p}/people.parquet')",
    "SELECT * FROM sniff_csv('{p}/people.csv')",
    "SELECT * FROM read_duckdb('{p}/other.duckdb', table_name := 'secret')",
    "SELECT * FROM sqlite_scan('{p}/other.sqlite', 'secret')",
    "SELECT file AS user_id FROM glob('{p}/*')",
    "SELECT content AS user_id FROM read_text('/proc/self/environ')",
    "SELECT * FROM read_csv('http://127.0.0.1:9/a.csv')",
    "SELECT getenv('PRECIOUS_SECRET') AS user_id",
    "SELECT * FROM enable_profiling(format := 'json', save_location := '{p}/note.txt')",
    "SELECT * FROM enable_logging('QueryLog', storage := 'file', storage_path := '{p}/logged')",
    "SELECT * FROM query('SELECT content AS user_id FROM read_text(''{p}/note.txt'')')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT * FROM read_text(''{p}/note.txt'')'))",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql("
    "'WITH q AS (DELETE FROM mine RETURNING *) SELECT * FROM q'))",
    "SELECT count(*) AS user_id FROM range(1000000000000) t(i) WHERE hash(i) = 1",
    "SELECT i AS user_id, repeat('x', 99) AS x FROM range(100000000000) t(i) ORDER BY hash(i)",
    "SELECT repeat('x', 1000000000) AS user_id",
    "SELECT string_agg(repeat('x', 100000), '') AS user_id FROM range(100000)",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r) SELECT n AS user_id FROM r",
    "SELECT list_sum(range(1000000000)) AS user_id",
    "SELECT " + "(" * 700 + "1" + ")" * 700 + " AS user_id",
    "SELECT nextval('counted') AS user_id",
    "SELECT error('a' || chr(27) || '[2J' || chr(8238) || chr(155)) AS user_id",
    "SELECT chr(27) || ']0;a' || chr(7) || chr(8238) AS \"a\u202e\x1b[31m\rb\" FROM range(3)",
    "SELECT * FROM duckdb_settings()",
]
STATEMENTS = [
    "COPY (SELECT 1) TO '{p}/note.txt'", "ATTACH '{p}/other.duckdb' AS o; DROP TABLE o.secret",
    "EXPORT DATABASE '{p}/exported'", "DROP TABLE mine", "DELETE FROM main.mine", "VACUUM", "CHECKPOINT",
    "SELECT 1; DROP TABLE mine", "COMMIT; DROP TABLE mine; BEGIN", "ROLLBACK; UPDATE mine SET a = 'b'",
    "CREATE OR REPLACE TABLE mine AS SELECT 1", "CREATE MACRO count(a) AS 0", "INSTALL httpfs; LOAD httpfs",
    "SET enable_external_access = true", "PRAGMA enable_profiling = 'json'",
    "PRAGMA profiling_output = '{p}/note.txt'", "CREATE PERSISTENT SECRET s (TYPE s3)",
]
TEMPLATES = [
    "{% include '{p}/note.txt' %}", "{{ this.ReadFile('{p}/note.txt') }}", "{{ 'x' * 2000000000 }}",
    "{% for i in range(9999999) %}{% for j in range(9999999) %}x{% endfor %}{% endfor %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "{{ env('PRECIOUS_SECRET') }}", "{{ ((((((",
    "{{ this.DeRef('{p}/people') }}", "{{ user.__class__ }}", "{% set a = [1] * 900000000 %}",
]
PIECES = [
    "~", "[]", "{}", "-1", ".inf", "99999999999999999999999999", "1e999", "!!binary aGE=", "&a [*a, *a]", "*nothing",
    "!!python/object:os.system ls", "<<: *nothing", "? [a]", "|2", ">-\n", "\"\\u202e\\u001b[2J\\0\"", "'\u202e\u200f'",
    "../{p}/note.txt", "{p}/people.csv", "file://{p}/note.txt", "../../../etc/passwd", "user/all", "models/ids",
]
# Texts that are as deep as they are long, for whatever reads conditions, SQL and templates.
DEEP = [
    "(" * 50_000 + "1" + ")" * 50_000, "not " * 50_000 + "yes", "yes and " * 20_000 + "yes", "-" * 50_000 + "1",
    "{{ " + "(" * 50_000, "{% if 1 %}" * 20_000, "{{ " + "[" * 50_000, "{{ 1" + " + 1" * 50_000 + " }}",
    "SELECT " + "(SELECT " * 5_000 + "1" + ")" * 5_000, "CASE WHEN 1 THEN " * 5_000, "count(" * 20_000,
]
NOISE = ["\x00", "\x1b[2J", "\u202e", "\ud800", "\r", "\x85", "x" * 1_000_000]
# A key and its value in YAML: quoted, a block of lines, or plain.
PAIR = re.compile(
    r"""\b(\w+): *("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[|>][-+]?\n( +).*(?:\n\3.*)*|[^\s,{}\[\]"'|>&*][^,{}\[\]\n]*)"""
)
SQL_KEY = re.compile("^(select|where|.*sql|value|filter.*|.*expression|default|order_by|condition)$")
PLACE_KEY = re.compile("table|view|csv|from|name|path|cohort|key|extends|url|column")
# Names in the stored catalog and what they become, of the same length.
STAND_INS = {
    b"read_texx": b"read_text", b"read_blox": b"read_blob", b"read_csx": b"read_csv", b"querx": b"query",
    b"glox": b"glob", b"parquet_scax": b"parquet_scan", b"read_duckdx": b"read_duckdb", b"repeax": b"repeat",
    b"enable_loggins": b"enable_logging", b"enable_profilins": b"enable_profiling", b"getenx": b"getenv",
    b"json_execute_serialized_sqx": b"json_execute_serialized_sql", b"force_checkpoinx": b"force_checkpoint",
}
STAND_IN_PATH = b"./" * 20 + b"stands_for_a_path.txt"
BASE = """
CREATE TABLE users AS SELECT i AS user_id, 'n' || i AS name, 'u' || i || '@example.com' AS email,
  'a' || chr(27) || '[2J' || chr(8238) || chr(13) || i AS odd, i % 3 = 0 AS yes, DATE '2026-01-01' + i::INT AS born
  FROM range(300) t(i);
CREATE TABLE orders AS SELECT i AS order_id, i % 300 AS user_id, i * 1.5 AS total, [i, 1] AS list, {'a': i} AS struct,
  TIMESTAMP '2026-01-01' + to_hours(i) AS ordered_at FROM range(3000) t(i);
CREATE SEQUENCE counted; CREATE TYPE mood AS ENUM ('well', 'ill'); CREATE SCHEMA s;
CREATE TABLE s.more (user_id INT PRIMARY KEY, m mood DEFAULT 'well', n INT DEFAULT nextval('counted'), CHECK (n < 999));
INSERT INTO s.more (user_id) SELECT range FROM range(50); CREATE INDEX more_n ON s.more (n);
COMMENT ON TABLE users IS 'who'; COMMENT ON COLUMN users.odd IS 'a\x1b[2J\u202eb';
CREATE VIEW big AS SELECT user_id, count(*) AS n FROM orders GROUP BY ALL HAVING n > 3;
CREATE MACRO sha256(a) AS a; CREATE MACRO lower(a) AS error('called'); CREATE MACRO twice(a) AS TABLE SELECT a, a;
CREATE TABLE "o\x1b[31m\rdd\u202e" AS SELECT 1 AS "a\x9bb", 2 AS "-- x', ""y";
"""
LOGGED = """
PRAGMA disable_checkpoint_on_shutdown; SET checkpoint_threshold = '1TB'; CREATE VIEW late AS FROM users; DROP VIEW big;
UPDATE users SET name = 'new' WHERE user_id < 9; ALTER TABLE orders ADD COLUMN x INT DEFAULT 7
"""
PERSONS = [
    "CREATE TABLE mine AS SELECT 'my own' AS a", "CREATE VIEW my_view AS FROM mine", "CREATE MACRO my_macro() AS 7",
    "CREATE TABLE user_all AS SELECT 1 AS mine", "CREATE SCHEMA s2", "CREATE TABLE s2.orders AS SELECT 2 AS mine",
]
SEGMENT = "cohort: user/all\nwhere: \"count(orders) >= 3 and name like 'n1%'\"\n"
WORKSPACE = """version: 1
segments:
  - name: Big
    cohort: user/all
    where: "count(orders) >= 3 and name like 'n1%'"
corrections:
  - not_relation: {from: s.more.user_id, to: users.user_id}
  - personal: {table: users, column: email, personal: false}
  - entity: {table: orders, name: order, key: order_id}
  - time_column: {table: orders, column: ordered_at}
  - not_entity: {name: more}
charts:
  - entity: user
    chart: {feature: name}
  - entity: user
    chart: {grid: {x: yes, y: born}}
"""


def connect(path):
    """DuckDB on a file, without its extensions."""
    settings = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    return duckdb.connect(str(path), config=settings)


def lay_out(precious):
    """Makes the files that nobody may read or change."""
    shutil.rmtree(precious, ignore_errors=True)
    precious.mkdir()
    (precious / "note.txt").write_text(f"{FILE_SECRET}\n" * 9)
    (precious / "people.csv").write_text("user_id,name\n" + f"1,{FILE_SECRET}\n" * 9)
    (precious / "other.sqlite").write_bytes(b"SQLite format 3\0" + FILE_SECRET.encode() * 300)
    (precious / "muster.yaml").write_text(WORKSPACE.replace("Big", FILE_SECRET))
    with connect(precious / "other.duckdb") as other:
        other.execute(f"CREATE TABLE secret AS SELECT '{FILE_SECRET}' AS user_id FROM range(9)")
        other.execute(f"COPY secret TO '{precious / 'people.parquet'}' (FORMAT parquet)")


def make_pool(pool):
    """The whole DuckDB files that cases begin with: the sample, one of everything, stand-ins, a log."""
    shutil.copy(SAMPLE / "shop.duckdb", pool)
    with connect(pool / "base.duckdb") as base:
        base.execute(BASE)
    for name in ("names", "log"):
        shutil.copy(pool / "base.duckdb", pool / f"{name}.duckdb")
    with connect(pool / "names.duckdb") as names:
        # The views stay when what they call is gone: nothing in the file has the name that is put there.
        for old in map(bytes.decode, STAND_INS):
            if old == "getenx":
                names.execute("CREATE MACRO getenx(a) AS a")
                names.execute("CREATE VIEW v AS SELECT *, getenx('PRECIOUS_SECRET') FROM users; DROP MACRO getenx")
            else:
                names.execute(f"CREATE MACRO {old}(a) AS TABLE SELECT a AS user_id; CREATE VIEW v_{old[::-1]} AS SELECT"
                              f" 1 AS one, f.* FROM {old}('{STAND_IN_PATH.decode()}') AS f; DROP MACRO TABLE {old}")
    with connect(pool / "log.duckdb") as log:
        log.execute(LOGGED)


def mend(before, after):
    """Gives every block of a DuckDB file that was changed the checksum of its content."""
    after = bytearray(after)
    blocks = [(0, 4096), (4096, 4096), (8192, 4096)] + [(at, 262144) for at in range(12288, len(after), 262144)]
    for at, size in blocks:
        if after[at : at + size] != before[at : at + size]:
            total = 5381
            for (word,) in struct.iter_unpack("<Q", after[at + 8 : at + size]):
                total ^= (word * 0xBF58476D1CE4E5B9) & (2**64 - 1)
            after[at : at + 8] = struct.pack("<Q", total)
    return bytes(after)


def damage(rng, data):
    """Bytes flipped, lengths changed, pieces swapped, doubled or cut off; a few of them."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 40))):
        at, other = rng.randrange(len(data) or 1), rng.randrange(len(data) or 1)
        how, size = rng.randrange(6), rng.choice((1, 8, 512, 4096, 262144))
        if how == 0 and data:
            data[at] ^= 1 << rng.randrange(8)
        elif how == 1:
            data[at : at + 8] = struct.pack("<Q", rng.choice((0, 1, 2**31, 2**63, 2**64 - 1)))
        elif how == 2:
            data[at : at + size], data[other : other + size] = data[other : other + size], data[at : at + size]
        elif how == 3:
            data[at:at] = data[other : other + size]
        elif how == 4:
            data[at : at + size] = bytes(min(size, len(data) - at))
        elif rng.random() < 0.3:
            del data[at:]
    return bytes(data)


def put_oddity(rng, path, precious):
    """Something else where a file or folder is expected."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    kind = rng.choice(("pipe", "folder", "socket", "huge", "link", "link", "link"))
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        # The address of a socket has room for a short path only.
        with contextlib.chdir(path.parent), socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    elif kind == "huge":
        path.touch()
        os.truncate(path, 4_000_000_000)
    else:
        devices = ("/dev/zero", "/dev/stdin", "/proc/self/environ", path.name)
        path.symlink_to(rng.choice((precious, precious / "note.txt", precious / "muster.yaml", *devices)))


def hostile_text(rng, place):
    """A piece of SQL, of a template or of YAML that asks for what it may not have."""
    pool = rng.choice((QUERIES, QUERIES, QUERIES, QUERIES, STATEMENTS, TEMPLATES, PIECES, DEEP))
    text = rng.choice(pool).replace("{p}", place)
    if pool is QUERIES:
        inner = f"(SELECT max(columns(*))::VARCHAR FROM ({text}))"
        return rng.choice((text, f"({text} LIMIT 1)", inner, inner, f"{inner} = 'x' OR 1 = 1", f"{text}; {text}"))
    return rng.choice((text, f"SELECT 1 AS a; {text}", f"1 FROM mine; {text}; --")) if pool is STATEMENTS else text


def change_value(rng, text, place):
    """Puts something hostile in the place of one value, as YAML that still can be read."""
    pairs, keys = list(PAIR.finditer(text)), rng.choice((SQL_KEY, SQL_KEY, PLACE_KEY, re.compile("")))
    pair = rng.choice([pair for pair in pairs if keys.search(pair[1])] or pairs)
    return text[: pair.start(2)] + json.dumps(hostile_text(rng, place)) + text[pair.end(2) :]


def mutate_yaml(rng, text, others, place):
    """Changes YAML as text, gently or so that all that a parser may meet can come about."""
    if rng.random() < 0.6:
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            text = change_value(rng, text, place)
        return text.encode()
    for _ in range(rng.choice((1, 1, 2, 5))):
        lines = text.split("\n")
        at, how = rng.randrange(len(lines)), rng.randrange(8)
        if how == 0 and PAIR.search(text):
            lines = change_value(rng, text, place).split("\n")
        elif how == 1:
            lines.insert(at, rng.choice(lines))
        elif how == 2:
            lines[at] = " " * rng.randrange(9) + lines[at].lstrip()
        elif how == 3:
            borrowed = rng.choice(others).split("\n")
            start = rng.randrange(len(borrowed))
            lines[at:at] = borrowed[start : start + rng.choice((1, 5, 20))]
        elif how == 4:
            bomb = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}' if n else 'x'] * 9)}]" for n in range(12)]
            lines = bomb + lines + (["inputs: *a11"] if rng.random() < 0.5 else [])
        elif how == 5:
            opening = rng.choice(("[", "{a: ", "- ", "? ", "&a [", "!t [", "- - - "))
            lines[at] += rng.choice(("", "\nx: ")) + opening * rng.choice((200, 5000, 100000))
        elif how == 6:
            cut = rng.randrange(len(lines[at]) + 1)
            lines[at] = lines[at][:cut] + rng.choice((*NOISE, hostile_text(rng, place))) + lines[at][cut:]
        else:
            del lines[at : at + rng.choice((1, 1, 10))]
        text = "\n".join(lines)
    return text.encode("utf-8", "surrogatepass")


def leaves(value):
    """Every place in JSON that holds a text, a number or nothing: what it is in, and its key there."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, (dict, list)):
            yield from leaves(inner)
        else:
            yield value, key


def persons(path):
    """The tables, views and macros in a DuckDB file: how each is made, and a sum of its rows."""
    with duckdb.connect(str(path), read_only=True, config={"enable_external_access": "false"}) as database:
        ask = lambda sql: database.execute(sql).fetchall()
        views = ask("SELECT view_name, sql FROM duckdb_views() WHERE NOT internal")
        made = {("view", name): sql for name, sql in views}
        macros = ask("SELECT function_name, macro_definition FROM duckdb_functions() WHERE NOT internal")
        made |= {("macro", name): sql for name, sql in macros}
        for schema, name, sql in ask("SELECT schema_name, table_name, sql FROM duckdb_tables()"):
            if '"' not in schema + name:
                made[schema, name] = sql, ask(f'SELECT count(*), bit_xor(hash(t)) FROM "{schema}"."{name}" t')
        return made


def secrets(content):
    """Which secrets are in what was printed or written."""
    return [secret for secret in (FILE_SECRET, VARIABLE_SECRET) if secret.encode() in content]


def faults_of_text(printed):
    """What a command must not print."""
    faults = []
    for name, text in zip(("output", "errors"), printed):
        faults += [f"{secret} in its {name}" for secret in secrets(text)]
        text = text.decode("utf-8", "replace")
        acting = ACTING.search(text)
        if acting:
            faults.append(f"{acting[0]!r} in its {name}: {text[max(0, acting.start() - 60) : acting.start() + 60]!r}")
    return faults


class Case:
    """One case: its folder, its chances, and what was found in it."""

    def __init__(self, options, root, kind, number):
        self.rng = random.Random(f"{options.seed} {number} {kind}")
        self.muster, self.pool, self.watch = options.muster, root / "pool", root / "watch"
        self.folder = root / f"{kind}-{number}"
        self.precious, self.out = self.folder / "precious", self.folder / "out"
        self.traced = shutil.which("strace") and (options.strace or number % 5 == 0)
        self.findings = []
        for name in ("home", "tmp", "out"):
            (self.folder / name).mkdir(parents=True)
        lay_out(self.precious)
        self.place = self.rng.choice((str(self.precious), "precious", "../precious"))

    def listing(self):
        """What lies in the folder, and what each thing is."""
        found, folders = {}, [self.folder]
        while folders:
            for entry in os.scandir(folders.pop()):
                at, name = entry.stat(follow_symlinks=False), os.path.relpath(entry.path, self.folder)
                if stat.S_ISDIR(at.st_mode):
                    folders.append(entry.path)
                    found[name] = "folder"
                elif stat.S_ISREG(at.st_mode):
                    content = Path(entry.path).read_bytes() if at.st_size < 100_000_000 else b""
                    found[name] = f"{at.st_size} bytes", at.st_mtime_ns, hashlib.sha256(content).hexdigest()
                else:
                    found[name] = at.st_mode, os.readlink(entry.path) if entry.is_symlink() else ""
        return found

    def run(self, *arguments, writes=()):
        """Runs one command under the watch and gives its exit status and what it printed."""
        before = self.listing()
        shutil.rmtree(self.watch, ignore_errors=True)
        self.watch.mkdir()
        arguments = [str(argument) for argument in arguments]
        strace = ["strace", "-ff", "-qq", "-y", "-s", "4096", "-e", TRACED, "-o", self.watch / "trace"]
        command = [*(strace if self.traced else ()), self.muster, *arguments]
        environment = LIMITS | {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": self.folder / "home",
            "TMPDIR": self.folder / "tmp", "PRECIOUS_SECRET": VARIABLE_SECRET,
        }
        late = threading.Event()
        with (self.watch / "out").open("wb") as out, (self.watch / "err").open("wb") as err:
            started = subprocess.Popen(command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                                       stdout=out, stderr=err, start_new_session=True)
            clock = threading.Timer(WALL_SECONDS, lambda: (late.set(), os.killpg(started.pid, 9)))
            clock.start()
            _, ended, used = os.wait4(started.pid, 0)
            clock.cancel()
        started.returncode = status = os.waitstatus_to_exitcode(ended)
        printed = [(self.watch / name).read_bytes() for name in ("out", "err")]
        faults = []
        if late.is_set():
            faults.append(f"not done within {WALL_SECONDS} s")
        elif status not in (0, 1, 2) or b"panicked" in printed[1] or b"RUST_BACKTRACE" in printed[1]:
            faults.append(f"exit status {status}: {printed[1][-300:]!r}")
        if used.ru_maxrss > MOST_MEMORY_KB:
            faults.append(f"{used.ru_maxrss // 1000} MB of memory")
        faults += faults_of_text(printed) + self.faults_of_files(before, (*USERS_FOLDERS, *writes))
        if self.traced:
            faults += self.faults_of_trace()
        self.findings += [f"{' '.join(arguments)}: {fault}" for fault in faults]
        return status, printed[0]

    def faults_of_files(self, before, allowed):
        """Which files were changed, and whether a secret is in those that may be."""
        faults, now = [], self.listing()
        for name in sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name)):
            path = self.folder / name
            if not any(f"{name}/".startswith(f"{place}/") for place in allowed):
                faults.append(f"{name} was {before.get(name)} and is {now.get(name)}")
            elif path.is_file() and not path.is_symlink():
                faults += [f"{secret} in {name}" for secret in secrets(path.read_bytes())]
        return faults

    def faults_of_trace(self):
        """What the kernel did: failed calls do no harm, but for those to the network."""
        faults, precious = [], str(self.precious)
        may_write = re.compile(re.escape(str(self.folder)) + r"/|/dev/(null|tty)$|/proc/(self|\d+)/")
        logs = [log.read_text(errors="replace") for log in sorted(self.watch.glob("trace.*"))]
        for line in "".join(logs).splitlines():
            call = line.split("(")[0]
            if call == "connect" or "AF_INET" in line or (call == "execve" and f'("{self.muster}"' not in line):
                faults.append(line[:300])
            if " = -1 " in line or call not in OPENING + CHANGING:
                continue
            opened = re.search(r" = \d+<([^>]*)>", line)
            start = re.search(r"\((?:AT_FDCWD|\d+)<([^>]*)>", line)
            start = start[1] if start else self.folder
            named = [os.path.normpath(os.path.join(start, path)) for path in re.findall(r'"((?:[^"\\]|\\.)*)"', line)]
            writes = call in CHANGING or re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", line)
            for path in [opened[1]] if opened else named:
                if ("O_PATH" not in line and path.startswith(precious)) or (writes and not may_write.match(path)):
                    faults.append(line[:300])
        return faults

    def ask(self, source):
        """Questions about a source, if it opens."""
        self.run("check", source)
        self.run("show", source)
        status, text = self.run("show", source, "--json")
        entities = json.loads(text)["entities"] if status == 0 else []
        if entities:
            entity = self.rng.choice(entities)["name"]
            everyone = f"--cohort={self.rng.choice((entity, entities[0]['name']))}/all"
            to = self.out / f"list.{self.rng.choice(('csv', 'csv', 'parquet', 'xlsx'))}"
            questions = [("count", everyone), ("sql", everyone), ("export", everyone, "--to", to),
                         ("profile", f"--entity={entity}", "--id=1")]
            for command, *rest in self.rng.sample(questions, 2):
                self.run(command, source, *rest)

    def database(self):
        """A DuckDB file, damaged or hostile."""
        rng, path = self.rng, self.folder / "theirs.duckdb"
        how = rng.choice(("damage", "names", "names", "views", "views", "log"))
        whole = {name: (self.pool / f"{name}.duckdb").read_bytes() for name in ("base", "shop", "names", "log")}
        if how == "damage":
            path.write_bytes(damage(rng, whole[rng.choice(("base", "shop", "names"))]))
        elif how == "names":
            name = rng.choice((b"note.txt", b"people.csv", b"people.parquet", b"other.duckdb", b"new.txt"))
            steps = (b"./" * 30)[: len(STAND_IN_PATH) - len(b"precious/" + name) - 1] + b"/"
            query = b"FROM read_text('precious/note.txt')".ljust(len(STAND_IN_PATH))
            changed = whole["names"].replace(STAND_IN_PATH, rng.choice((query, steps + b"precious/" + name)))
            for old in rng.sample(sorted(STAND_INS), rng.choice((2, 4, len(STAND_INS)))):
                changed = changed.replace(old, STAND_INS[old])
            path.write_bytes(mend(whole["names"], changed))
        elif how == "log":
            log = (self.pool / "log.duckdb.wal").read_bytes()
            path.write_bytes(whole[rng.choice(("log", "log", "base"))])
            Path(f"{path}.wal").write_bytes(damage(rng, log) if rng.random() < 0.8 else log)
        else:
            path.write_bytes(whole["base"])
            self.add_hostile(path)
        self.ask(path)

    def add_hostile(self, path):
        """Puts hostile SQL into a whole file by DuckDB itself, from where its paths are right."""
        odd_names = ("customers", "read_csv", "user_all", "user_feature_view", "a\x1b[2J\u202e\nb", "material_registry")
        with contextlib.chdir(self.folder), connect(path) as database:
            for number, query in enumerate(self.rng.sample(QUERIES, 2)):
                query = query.replace("{p}", self.rng.choice((str(self.precious), "precious")))
                name = self.rng.choice((f"v{number}", *odd_names))
                rows = self.rng.choice((query, f"SELECT i AS user_id, f.* FROM range(9) t(i), ({query}) f"))
                for statement in (
                    f'CREATE VIEW "{name}" AS {rows}',
                    f"CREATE MACRO m{number}(a) AS (SELECT max(columns(*))::VARCHAR FROM ({query}))",
                    f"CREATE MACRO {self.rng.choice(('count', 'read_text', 'now'))}() AS TABLE {query}",
                    f"CREATE VIEW called{number} AS SELECT user_id, m{number}(name) AS x FROM users",
                    f"CREATE TABLE t{number} (user_id INT, x VARCHAR AS (repeat(user_id::VARCHAR, 20000000)))",
                    f"INSERT INTO t{number} FROM range(9)",
                ):
                    with contextlib.suppress(duckdb.Error):  # not every query can stand everywhere
                        database.execute(statement)
        lay_out(self.precious)

    def corrupt(self):
        """The catalog of a DuckDB file damaged behind a right checksum."""
        path, data = self.folder / "theirs.duckdb", (self.pool / "names.duckdb").read_bytes()
        changed, used = bytearray(data), [at for at, byte in enumerate(data) if byte]
        for _ in range(self.rng.choice((1, 1, 2, 8))):
            changed[self.rng.choice(used)] = self.rng.choice((0, 1, 127, 255, self.rng.randrange(256)))
        path.write_bytes(mend(data, changed))
        self.ask(path)

    def project(self):
        """A project, changed, and built into a file that holds tables of a person."""
        rng, project = self.rng, self.folder / "project"
        data, into = self.folder / "data.duckdb", self.out / "built.duckdb"
        corpus = [SAMPLE / "profiles", *sorted(path for path in CASES.iterdir() if path.is_dir())]
        buildable = [path for path in corpus if (path / "data.sql").is_file() or path.parent == SAMPLE]
        chosen = rng.choice(rng.choice((corpus, buildable, buildable)))
        not_its = shutil.ignore_patterns("*.snap", "data.sql", "README.md", "answers.json")
        shutil.copytree(chosen, project, ignore=not_its)
        if (chosen / "data.sql").is_file():
            with connect(data) as database:
                database.execute((chosen / "data.sql").read_text())
        else:
            shutil.copy(self.pool / "shop.duckdb", data)
        yaml = sorted(project.rglob("*.yaml"))
        others = [path.read_text() for path in (*yaml, *sorted(rng.choice(corpus).rglob("*.yaml")))]
        for path in rng.sample(yaml, rng.choice((1, 1, len(yaml)))):
            path.write_bytes(mutate_yaml(rng, path.read_text(), others, self.place))
        if rng.random() < 0.2:
            names = ("models", "models/more.yaml", ".git", "output", "output/built.duckdb")
            odd = rng.choice([*yaml, *(project / name for name in names)])
            odd.parent.mkdir(exist_ok=True)
            put_oddity(rng, odd, self.precious)
        given = rng.choice(([], ["--data", data], ["--data", data]))
        if not given:
            shutil.copy(data, into)
        with connect(into) as database:
            for statement in PERSONS:
                with contextlib.suppress(duckdb.Error):  # a table of that name may be there
                    database.execute(statement)
        before = persons(into)
        self.run("check", project)
        self.run("show", project)
        self.run("compile", project, "--to", self.out / "plan")
        for _ in range(rng.choice((1, 1, 2))):
            self.run("build", project, *given, "--into", into)
            now = persons(into)
            changed = [name for name in before if now.get(name) != before[name]]
            self.findings += [f"build: {name} of a person was changed" for name in changed]
        if rng.random() < 0.3:
            self.run("build", project, "--data", data, "--json", writes=("project/output",))
        self.run("check", into)

    def workspace(self):
        """A workspace, changed, of a good source."""
        rng, home, away = self.rng, self.folder / "source", self.folder / "elsewhere"
        home.mkdir()
        away.mkdir()
        source = home / "base.duckdb"
        shutil.copy(self.pool / "base.duckdb", source)
        file = rng.choice((home, away)) / "muster.yaml"
        changed = mutate_yaml(rng, WORKSPACE, [WORKSPACE], self.place)
        file.write_bytes(changed if rng.random() < 0.9 else damage(rng, WORKSPACE.encode()))
        if rng.random() < 0.2:
            put_oddity(rng, file, self.precious)
        segment = self.folder / "segment.yaml"
        segment.write_bytes(mutate_yaml(rng, SEGMENT, [WORKSPACE], self.place))
        elsewhere = [] if file.parent == home else ["--workspace", file.parent]
        for command in ("show", "check"):
            self.run(command, source, *elsewhere)
        for command, named in (("count", "Big"), ("count", segment), ("sql", "Big")):
            self.run(command, source, f"--segment={named}", *elsewhere)

    def manifest(self):
        """A list whose manifest was changed."""
        rng, out, source = self.rng, self.out / "list.csv", self.out / "base.duckdb"
        shutil.copy(self.pool / "base.duckdb", source)
        self.run("export", source, f"--cohort={rng.choice(('user', 'order'))}/all", "--to", out)
        file = Path(f"{out}.manifest.json")
        manifest = json.loads(file.read_text())
        files = [f"{self.place}/{name}" for name in ("note.txt", "people.csv", "other.duckdb", "", "new.csv")]
        odd = [None, -1, 10**30, 1e308, True, [], {}, "", "\x1b[2J\u202e", "/dev/zero", "x" * 100_000]
        for _ in range(rng.choice((1, 1, 2, 5))):
            spots = list(leaves(manifest))
            if rng.random() < 0.7:  # what can be read, and means something else
                at, key = rng.choice([(at, key) for at, key in spots if isinstance(at[key], str)])
                at[key] = rng.choice((rng.choice(files), hostile_text(rng, self.place)))
            else:
                at, key = rng.choice(spots)
                at[key] = rng.choice(odd)
        text = json.dumps(manifest)
        if rng.random() < 0.05:
            text = text[:-1] + ', "more": ' + rng.choice(("[", '{"a":')) * 100_000
        file.write_bytes(damage(rng, text.encode()) if rng.random() < 0.1 else text.encode())
        if rng.random() < 0.1:
            put_oddity(rng, rng.choice((file, out)), self.precious)
        if out.is_symlink() and out.resolve().is_relative_to(self.precious.resolve()):
            # Who names a link means what it leads to, so it leads elsewhere here.
            (self.folder / "linked.csv").write_text("user_id\n1\n")
            out.unlink()
            out.symlink_to(self.folder / "linked.csv")
        for arguments in ((out,), (file, "--json"), (out, "--rebuild"), (out, "--rebuild", "--source", source)):
            self.run("verify", *arguments)


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("muster", type=os.path.abspath)
    words.add_argument("--seconds", type=float)
    words.add_argument("--cases", type=int)
    words.add_argument("--seed", type=int, default=1)
    words.add_argument("--start", type=int, default=0)
    words.add_argument("--only", choices=[*sorted(set(KINDS)), "corrupt"])
    words.add_argument("--strace", action="store_true")
    options = words.parse_args()
    seconds = options.seconds or (float("inf") if options.cases else 60)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    root = Path(tempfile.mkdtemp(prefix="hostile-")).resolve()
    (root / "pool").mkdir()
    make_pool(root / "pool")
    began = told = time.monotonic()
    passed, failed, number = 0, 0, options.start
    while time.monotonic() - began < seconds and passed + failed < (options.cases or float("inf")):
        kind = options.only if options.only == "corrupt" else KINDS[number % len(KINDS)]
        if options.only in (None, kind):
            case = Case(options, root, kind, number)
            try:
                getattr(case, kind)()
            except (duckdb.Error, OSError, ValueError) as error:  # what came out cannot be looked at
                case.findings.append(f"{type(error).__name__}: {error}")
            if case.findings:
                failed += 1
                (case.folder / "FINDINGS.txt").write_text("\n".join(case.findings) + "\n")
                print(f"FAILED {kind}, --seed {options.seed} --start {number} --cases 1, kept in {case.folder}")
                print(*(f"  {finding[:500]}" for finding in case.findings[:6]), sep="\n", flush=True)
            else:
                passed += 1
                shutil.rmtree(case.folder)
        number += 1
        if time.monotonic() - told > 60:
            told = time.monotonic()
            print(f"{told - began:.0f} s: {passed + failed} cases, {failed} failed", flush=True)
    if not failed:
        shutil.rmtree(root)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
