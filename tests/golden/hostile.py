"""Throws damaged and hostile files, projects, workspaces and manifests at Muster, under a watch.

    hostile.py MUSTER [--seconds S] [--cases N] [--seed N] [--start N] [--only KIND] [--strace]

It runs for `--seconds` (60 when neither it nor `--cases` is given) or for `--cases` cases. The
number of a case decides its kind, and with the seed all that is done in it. A case of a finding is
run again with `--seed N --start CASE --cases 1`, whatever options found it.

database   DuckDB files: bytes flipped, blocks swapped, cut, names of functions and paths replaced
           in the stored catalog (with the checksum of the block mended), a damaged log beside it,
           and whole files with hostile views, macros and generated columns
project    the projects of tests/cases and sample_data with YAML, templates and SQL spliced in, and
           pipes, links and folders where files are expected; checked, compiled and built
workspace  `muster.yaml` treated in the same way, beside a good source and elsewhere
manifest   a list with its manifest changed, verified and made again
corrupt    only with `--only corrupt`: bytes flipped in the catalog with the checksum mended. A crash
           in it is DuckDB's own; SECURITY.md does not promise that there is none.

After every command: the exit status is 0, 1 or 2 without a panic; it ended in time and stayed small;
nothing but its output and the user's own folders was changed, and no temporary folder is left;
neither the secret of the files in `precious/` nor that of the environment is in what it printed or
wrote; no character that acts on a terminal was printed. A person's tables in a file that is built
into stay as they were. Where strace is installed every fifth case runs under it, and all with
`--strace`: no network, no other program, no file of `precious/` opened, and nothing opened for
writing, renamed or removed outside the folder of the case.

The last line is `N passed, N failed`; the exit status is 1 if anything failed. The folder of a case
that failed is kept, with `FINDINGS.txt` in it.
"""

import argparse
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

HERE = Path(__file__).resolve().parent
SAMPLE = HERE.parent.parent / "sample_data"
KINDS = ("database", "project", "workspace", "project", "database", "manifest")
FILE_SECRET, VARIABLE_SECRET = "TOKEN-of-a-file-4711", "TOKEN-of-a-variable-0815"
WALL_SECONDS, MOST_MEMORY_KB = 60, 3_000_000
ACTING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
TRACED = "trace=%network,execve,openat,open,creat,rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,symlink,symlinkat,link,linkat,truncate"
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
    "SELECT * FROM read_text('/proc/self/environ')",
    "SELECT * FROM read_csv('http://127.0.0.1:9/a.csv')",
    "SELECT getenv('PRECIOUS_SECRET') AS user_id",
    "SELECT * FROM enable_profiling(format := 'json', save_location := '{p}/note.txt')",
    "SELECT * FROM enable_logging('QueryLog', storage := 'file', storage_path := '{p}/logged')",
    "SELECT * FROM query('SELECT content FROM read_text(''{p}/note.txt'')')",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql("
    "'WITH q AS (DELETE FROM users RETURNING *) SELECT * FROM q'))",
    "SELECT * FROM json_execute_serialized_sql(json_serialize_sql("
    "'SELECT content FROM read_text(''{p}/note.txt'')'))",
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
    "{{% include '{p}/note.txt' %}}", "{{{{ this.ReadFile('{p}/note.txt') }}}}", "{{{{ 'x' * 2000000000 }}}}",
    "{{% for i in range(9999999) %}}{{% for j in range(9999999) %}}x{{% endfor %}}{{% endfor %}}",
    "{{% macro m() %}}{{{{ m() }}}}{{% endmacro %}}{{{{ m() }}}}", "{{{{ env('PRECIOUS_SECRET') }}}}",
    "{{{{ this.DeRef('{p}/people') }}}}", "{{{{ user.__class__ }}}}", "{{% set a = [1] * 900000000 %}}", "{{{{ (((((",
]
PIECES = [
    "~", "[]", "{{}}", "-1", ".inf", "99999999999999999999999999", "1e999", "!!binary aGE=", "!!python/object:os.system ls",
    "&a [*a, *a]", "*nothing", "<<: *nothing", "? [a]", "|2", ">-\n", "\"\\u202e\\u001b[2J\\0\"", "'\u202e\u200f'", "../{p}/note.txt",
    "{p}/people.csv", "file://{p}/note.txt", "../../../../../etc/passwd", "user/all", "inputs/orders", "models/ids",
]
# Names in the stored catalog and what they become, of the same length.
STAND_INS = [
    (b"read_texx", b"read_text"), (b"read_blox", b"read_blob"), (b"read_csx", b"read_csv"), (b"querx", b"query"),
    (b"glox", b"glob"), (b"getenx", b"getenv"), (b"parquet_scax", b"parquet_scan"), (b"read_duckdx", b"read_duckdb"),
    (b"enable_loggins", b"enable_logging"), (b"enable_profilins", b"enable_profiling"), (b"repeax", b"repeat"),
    (b"json_execute_serialized_sqx", b"json_execute_serialized_sql"), (b"force_checkpoinx", b"force_checkpoint"),
]
STAND_IN_PATH = b"./" * 20 + b"stands_for_a_path.txt"
BASE = """
CREATE TABLE users AS SELECT i AS user_id, 'n' || i AS name, 'u' || i || '@example.com' AS email,
  'a' || chr(27) || '[2J' || chr(8238) || chr(13) || i AS odd, i % 3 = 0 AS yes, DATE '2026-01-01' + i::INT AS born
  FROM range(300) t(i);
CREATE TABLE orders AS SELECT i AS order_id, i % 300 AS user_id, i * 1.5 AS total, [i, 1] AS list, {'a': i} AS struct,
  TIMESTAMP '2026-01-01' + to_hours(i) AS ordered_at FROM range(3000) t(i);
CREATE SEQUENCE counted; CREATE TYPE mood AS ENUM ('well', 'ill'); CREATE SCHEMA s;
CREATE TABLE s.more (user_id INT PRIMARY KEY, m mood DEFAULT 'well', n INT DEFAULT nextval('counted'), CHECK (n < 9999999));
INSERT INTO s.more (user_id) SELECT range FROM range(50); CREATE INDEX more_n ON s.more (n);
COMMENT ON TABLE users IS 'who' ; COMMENT ON COLUMN users.odd IS 'a\x1b[2J\u202eb';
CREATE VIEW many AS SELECT user_id, count(*) AS n FROM orders GROUP BY ALL HAVING n > 3;
CREATE MACRO sha256(a) AS a; CREATE MACRO lower(a) AS error('called'); CREATE MACRO twice(a) AS TABLE SELECT a, a;
CREATE TABLE "o\x1b[31m\rdd\u202e" AS SELECT 1 AS "a\x9bb", 2 AS "-- x', \\"y";
""".replace('\\"', '""')


def connect(path):
    """DuckDB on a file, without its extensions."""
    settings = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    return duckdb.connect(str(path), config=settings)


def attempt(database, statements):
    """Runs those of the statements that can be run."""
    for statement in statements:
        try:
            database.execute(statement)
        except duckdb.Error:
            pass


def lay_out(precious):
    """Makes the files that nobody may read or change."""
    shutil.rmtree(precious, ignore_errors=True)
    precious.mkdir()
    (precious / "note.txt").write_text(f"{FILE_SECRET}\n" * 9)
    (precious / "people.csv").write_text("user_id,name\n" + f"1,{FILE_SECRET}\n" * 9)
    (precious / "other.sqlite").write_bytes(b"SQLite format 3\0" + FILE_SECRET.encode() * 300)
    (precious / "muster.yaml").write_text(f"version: 1\nsegments: [{{name: {FILE_SECRET}, cohort: user/all, where: ''}}]\n")
    with connect(precious / "other.duckdb") as other:
        other.execute(f"CREATE TABLE secret AS SELECT '{FILE_SECRET}' AS user_id FROM range(9)")
        other.execute(f"COPY secret TO '{precious / 'people.parquet'}' (FORMAT parquet)")


def make_pool(pool):
    """The whole DuckDB files that cases begin with: the sample, one of everything, stand-ins, a log."""
    shutil.copy(SAMPLE / "shop.duckdb", pool / "shop.duckdb")
    with connect(pool / "base.duckdb") as base:
        base.execute(BASE)
    shutil.copy(pool / "base.duckdb", pool / "names.duckdb")
    with connect(pool / "names.duckdb") as names:
        for old, _ in STAND_INS:
            old, path = old.decode(), STAND_IN_PATH.decode()
            names.execute(f"CREATE MACRO {old}(a) AS TABLE SELECT a AS user_id; CREATE MACRO {old}(a) AS a || 'a'" if
                          old != "getenx" else "CREATE MACRO getenx(a) AS a || 'a'")
            if old != "getenx":
                names.execute(f"CREATE VIEW v_{old[::-1]} AS SELECT 1 AS one, f.* FROM {old}('{path}') AS f")
        names.execute("CREATE VIEW variables AS SELECT i AS user_id, getenx('PRECIOUS_SECRET') AS x FROM range(9) t(i)")
    shutil.copy(pool / "base.duckdb", pool / "log.duckdb")
    log = connect(pool / "log.duckdb")
    log.execute("PRAGMA disable_checkpoint_on_shutdown; SET checkpoint_threshold = '1TB'; CREATE VIEW late AS FROM users;"
                "UPDATE users SET name = 'new' WHERE user_id < 9; DROP VIEW many; ALTER TABLE orders ADD COLUMN x INT DEFAULT 7")
    log.close()


def mend(before, after):
    """Gives every block of a DuckDB file that was changed the checksum of its content."""
    after = bytearray(after)
    places = [(0, 4096), (4096, 4096), (8192, 4096)] + [(o, 262144) for o in range(12288, len(after), 262144)]
    for place, size in places:
        block = bytes(after[place : place + size])
        if len(block) == size and block != before[place : place + size]:
            total = 5381
            for (word,) in struct.iter_unpack("<Q", block[8:]):
                total ^= (word * 0xBF58476D1CE4E5B9) & (2**64 - 1)
            after[place : place + 8] = struct.pack("<Q", total)
    return bytes(after)


def damage(rng, data):
    """Bytes flipped, lengths changed, pieces swapped, doubled or cut off; a few of them."""
    data = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 40))):
        how, at, size = rng.randrange(6), rng.randrange(max(1, len(data))), rng.choice((1, 8, 512, 4096, 262144))
        other = rng.randrange(max(1, len(data)))
        if how == 0 and data:
            data[at] ^= 1 << rng.randrange(8)
        elif how == 1:
            data[at : at + 8] = struct.pack("<Q", rng.choice((0, 1, 2**31, 2**63, 2**64 - 1, rng.getrandbits(64))))
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
    """Something else where a file is expected."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    path.unlink(missing_ok=True)
    kind = rng.choice(("fifo", "folder", "socket", "huge", "link"))
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "socket":
        here = os.getcwd()
        os.chdir(path.parent)  # the address of a socket has room for a short path only
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
        os.chdir(here)
    elif kind == "huge":
        path.touch()
        os.truncate(path, 20_000_000_000)
    else:
        to = rng.choice((precious, precious / "note.txt", precious / "muster.yaml", Path(path.name), Path("/dev/zero"), Path("/dev/stdin"), Path("/proc/self/environ")))
        path.symlink_to(to)


def hostile_text(rng, place):
    """A piece of SQL, of a template or of YAML that asks for what it may not have."""
    pool = rng.choice((QUERIES, QUERIES, STATEMENTS, TEMPLATES, PIECES))
    text = rng.choice(pool)
    if pool in (TEMPLATES, PIECES):
        return text.format(p=place)
    text = text.replace("{p}", place)
    return rng.choice((text, text, f"({text})", f"1 FROM users; {text}; --", f"(SELECT max(user_id) FROM ({text}))"))


def mutate_yaml(rng, text, others, place):
    """Changes YAML as text, so that all that a parser may meet can come about."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        lines = text.split("\n")
        at, how = rng.randrange(len(lines)), rng.randrange(12)
        spots = list(re.finditer(r"\b(\w+): *([^\s,{}\[\]][^,{}\[\]\n]*)", text))
        hostile = hostile_text(rng, place)
        quoted = json.dumps(hostile) if rng.random() < 0.8 else hostile
        if how < 5 and spots:
            sql = [s for s in spots if re.search("select|where|sql|value|filter|table|csv|from|name|path|cohort", s[1])]
            spot = rng.choice(sql or spots if how < 4 else spots)
            text = text[: spot.start(2)] + quoted + text[spot.end(2) :]
            continue
        if how == 5:
            lines.insert(at, lines[rng.randrange(len(lines))])
        elif how == 6:
            lines[at] = " " * rng.randrange(9) + lines[at].lstrip()
        elif how == 7:
            borrowed = rng.choice(others).split("\n")
            start = rng.randrange(len(borrowed))
            lines[at:at] = borrowed[start : start + rng.choice((1, 5, 20))]
        elif how == 8:
            bomb = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
            lines = bomb + lines if rng.random() < 0.5 else lines + bomb
        elif how == 9:
            opening = rng.choice(("[", "{a: ", "- ", "? ", "&a [", "!t [", "- - - "))
            lines[at] += rng.choice(("", "\nx: ")) + opening * rng.choice((200, 5000, 100000))
        elif how == 10:
            lines[at] = lines[at][: rng.randrange(len(lines[at]) + 1)] + rng.choice((quoted, "\x00", "\x1b[2J", "\u202e", "\ud800", "x" * 1_000_000, "\r", "\x85"))
        else:
            del lines[at : at + rng.choice((1, 1, 10))]
        text = "\n".join(lines)
    return text.encode("utf-8", "surrogatepass")


class Case:
    """One case: its folder, its chances, and what was found in it."""

    def __init__(self, options, root, kind, number):
        self.rng = random.Random(f"{options.seed} {number} {kind}")
        self.muster, self.kind, self.number, self.pool = options.muster, kind, number, root / "pool"
        self.folder, self.watch = root / f"{kind}-{number}", root / "watch"
        self.precious, self.out = self.folder / "precious", self.folder / "out"
        self.traced = shutil.which("strace") and (options.strace or number % 5 == 0)
        self.findings, self.before = [], None
        for name in ("home", "tmp", "out"):
            (self.folder / name).mkdir(parents=True)
        lay_out(self.precious)
        self.place = self.rng.choice((str(self.precious), "precious", "../precious"))

    def found(self, what):
        self.findings.append(what)

    def listing(self):
        """What lies in the folder, and what each thing is."""
        found, folders = {}, [self.folder]
        while folders:
            for entry in os.scandir(folders.pop()):
                at = entry.stat(follow_symlinks=False)
                name = os.path.relpath(entry.path, self.folder)
                if stat.S_ISDIR(at.st_mode):
                    folders.append(entry.path)
                    found[name] = "folder"
                elif stat.S_ISREG(at.st_mode):
                    content = Path(entry.path).read_bytes() if at.st_size < 100_000_000 else b""
                    found[name] = (at.st_size, at.st_mtime_ns, hashlib.sha256(content).hexdigest())
                else:
                    found[name] = (at.st_mode, os.readlink(entry.path) if entry.is_symlink() else "")
        return found

    def run(self, *arguments, writes=()):
        """Runs one command under the watch and gives its exit status and what it printed."""
        before = self.before or self.listing()
        shutil.rmtree(self.watch, ignore_errors=True)
        self.watch.mkdir()
        command = [self.muster, *map(str, arguments)]
        if self.traced:
            command = ["strace", "-ff", "-qq", "-y", "-s", "4096", "-o", str(self.watch / "trace"), "-e", TRACED, *command]
        environment = {
            "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "HOME": str(self.folder / "home"), "TMPDIR": str(self.folder / "tmp"),
            "PRECIOUS_SECRET": VARIABLE_SECRET, "MUSTER_TIME_LIMIT": "3", "MUSTER_MEMORY_LIMIT": "300MB", "MUSTER_SPILL_LIMIT": "300MB",
        }
        with (self.watch / "out").open("wb") as out, (self.watch / "err").open("wb") as err:
            started = subprocess.Popen(command, cwd=self.folder, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
            late = threading.Event()
            clock = threading.Timer(WALL_SECONDS, lambda: (late.set(), os.killpg(started.pid, 9)))
            clock.start()
            _, ended, used = os.wait4(started.pid, 0)
            clock.cancel()
            started.returncode = status = os.waitstatus_to_exitcode(ended)
        shown = " ".join(map(repr, command[-len(arguments) :]))
        out, err = (self.watch / "out").read_bytes(), (self.watch / "err").read_bytes()
        self.judge(shown, status, late.is_set(), used.ru_maxrss, out, err)
        self.before = self.listing()
        self.compare(shown, before, (*USERS_FOLDERS, *writes))
        if self.traced:
            self.read_trace(shown)
        return status, out

    def judge(self, shown, status, late, memory, out, err):
        """How a command ended and what it said."""
        if late:
            self.found(f"{shown}: not done within {WALL_SECONDS} s")
        elif status not in (0, 1, 2):
            self.found(f"{shown}: exit status {status}: {err[-300:]!r}")
        if b"panicked" in err or b"RUST_BACKTRACE" in err:
            self.found(f"{shown}: a panic: {err[-300:]!r}")
        if memory > MOST_MEMORY_KB:
            self.found(f"{shown}: {memory // 1000} MB of memory")
        for name, text in (("output", out), ("errors", err)):
            for secret in (FILE_SECRET, VARIABLE_SECRET):
                if secret.encode() in text:
                    self.found(f"{shown}: {secret} in its {name}")
            acting = ACTING.search(text.decode("utf-8", "replace"))
            if acting:
                around = text.decode("utf-8", "replace")[max(0, acting.start() - 60) : acting.start() + 60]
                self.found(f"{shown}: {acting[0]!r} in its {name}: {around!r}")

    def compare(self, shown, before, allowed):
        """Which files were changed, and whether a secret is in those that may be."""
        for name in sorted(before.keys() | self.before.keys()):
            if before.get(name) == self.before.get(name):
                continue
            if not any(name == place or name.startswith(place + "/") for place in allowed):
                self.found(f"{shown}: {name} was {before.get(name)} and is {self.before.get(name)}")
            elif isinstance(self.before.get(name), tuple) and (self.folder / name).is_file():
                content = (self.folder / name).read_bytes()
                for secret in (FILE_SECRET, VARIABLE_SECRET):
                    if secret.encode() in content:
                        self.found(f"{shown}: {secret} in {name}")

    def read_trace(self, shown):
        """What the kernel was asked for: failed calls do no harm."""
        here = str(self.folder) + "/"
        for line in (line for log in self.watch.glob("trace.*") for line in log.read_text(errors="replace").splitlines()):
            call = line.split("(")[0]
            if call == "connect" or "AF_INET" in line or (call == "execve" and f'("{self.muster}"' not in line):
                self.found(f"{shown}: {line[:300]}")
            if " = -1 " in line or call not in TRACED:
                continue
            folder = re.search(r"\((?:AT_FDCWD|\d+)<([^>]*)>", line)
            paths = [os.path.normpath(os.path.join(folder[1] if folder else self.folder, p)) for p in re.findall(r'"((?:[^"\\]|\\.)*)"', line)]
            opened = re.search(r" = \d+<([^>]*)>", line)
            paths = [opened[1]] if opened else paths
            writes = not call.startswith("open") or re.search(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC", line)
            for path in paths if call != "execve" else ():
                if path.startswith(str(self.precious)) and "O_PATH" not in line:
                    self.found(f"{shown}: {line[:300]}")
                elif writes and not path.startswith((here, "/dev/null", "/dev/tty", "/proc/self/", f"/proc/{os.getpid()}/")):
                    self.found(f"{shown}: {line[:300]}")

    def ask(self, source):
        """Every question about a source that opens."""
        self.run("check", source)
        status, text = self.run("show", source, "--json")
        self.run("show", source)
        entities = json.loads(text)["entities"] if status == 0 else []
        if entities:
            entity = self.rng.choice(entities)["name"]
            everyone = f"--cohort={entity}/all"
            ending = self.rng.choice(("csv", "csv", "parquet", "xlsx"))
            self.run("count", source, everyone)
            self.run("sql", source, everyone)
            self.run("export", source, everyone, "--to", self.out / f"list.{ending}")
            self.run("profile", source, f"--entity={entity}", "--id=1")

    def database(self):
        """A DuckDB file, damaged or hostile."""
        rng, path = self.rng, self.folder / "theirs.duckdb"
        how = rng.choice(("damage", "names", "names", "views", "views", "views", "log"))
        seed = self.pool / f"{ {'names': 'names', 'views': 'base', 'log': 'log'}.get(how) or rng.choice(('base', 'shop', 'names'))}.duckdb"
        data = seed.read_bytes()
        wal = self.pool / "log.duckdb.wal"
        if how == "damage":
            path.write_bytes(damage(rng, data))
        elif how == "names":
            steps = self.rng.choice(("note.txt", "people.csv", "people.parquet", "other.duckdb", "new.txt"))
            target = f"precious/{steps}".encode()
            padded = b"./" * ((len(STAND_IN_PATH) - len(target)) // 2)
            changed = data.replace(STAND_IN_PATH, (padded + target).rjust(len(STAND_IN_PATH), b"/")[-len(STAND_IN_PATH) :])
            for old, new in rng.sample(STAND_INS, rng.choice((2, 4, len(STAND_INS)))):
                changed = changed.replace(old, new)
            path.write_bytes(mend(data, changed))
        elif how == "log":
            path.write_bytes(data if rng.random() < 0.7 else (self.pool / "base.duckdb").read_bytes())
            Path(f"{path}.wal").write_bytes(damage(rng, wal.read_bytes()) if rng.random() < 0.8 else wal.read_bytes())
        else:
            path.write_bytes(data)
            self.hostile_views(path)
        self.ask(path)

    def hostile_views(self, path):
        """Puts hostile SQL into a whole file by DuckDB itself, from where its paths are right."""
        here = os.getcwd()
        os.chdir(self.folder)
        with connect(path) as database:
            for number, query in enumerate(self.rng.sample(QUERIES, 3)):
                query = query.replace("{p}", self.rng.choice((str(self.precious), "precious")))
                name = self.rng.choice((f"v{number}", "customers", "read_csv", "user_all", "user_feature_view", "a\x1b[2J\u202e\nb", "material_registry"))
                scalar = f"(SELECT max(columns(*))::VARCHAR FROM ({query}))"
                attempt(database, [
                    self.rng.choice((f'CREATE VIEW "{name}" AS {query}', f'CREATE VIEW "{name}" AS SELECT i AS user_id, f.* FROM range(9) t(i), ({query}) f')),
                    f"CREATE MACRO m{number}(a) AS {scalar}", f"CREATE MACRO count_{number}() AS TABLE {query}",
                    f"CREATE VIEW called{number} AS SELECT user_id, m{number}(name) AS x FROM users",
                    "ALTER TABLE users ADD COLUMN g VARCHAR GENERATED ALWAYS AS (repeat(name, 100000000))" if number == 2 else "",
                ])
        os.chdir(here)
        lay_out(self.precious)

    def corrupt(self):
        """The catalog of a DuckDB file damaged behind a right checksum."""
        path, data = self.folder / "theirs.duckdb", (self.pool / "names.duckdb").read_bytes()
        changed, used = bytearray(data), [n for n, byte in enumerate(data) if byte]
        for _ in range(self.rng.choice((1, 1, 2, 8))):
            changed[self.rng.choice(used)] = self.rng.choice((0, 1, 127, 255, self.rng.randrange(256)))
        path.write_bytes(mend(data, changed))
        self.ask(path)

    def project(self):
        """A project, changed, and built into a file that holds tables of a person."""
        rng, project = self.rng, self.folder / "project"
        corpus = [SAMPLE / "profiles"] + sorted(p for p in (HERE.parent / "cases").iterdir() if p.is_dir())
        chosen = rng.choice(corpus)
        shutil.copytree(chosen, project, ignore=shutil.ignore_patterns("*.snap", "README.md", "answers.json"))
        data, into = self.folder / "data.duckdb", self.out / "built.duckdb"
        if (chosen / "data.sql").is_file():
            with connect(data) as database:
                database.execute((chosen / "data.sql").read_text())
        else:
            shutil.copy(self.pool / "shop.duckdb", data)
        yaml = sorted(p for p in project.rglob("*") if p.suffix in (".yaml", ".sql") and p.name != "data.sql")
        others = [p.read_text() for p in yaml] + [p.read_text() for p in rng.choice(corpus).rglob("*.yaml")]
        for path in rng.sample(yaml, min(len(yaml), rng.choice((1, 1, 2)))):
            path.write_bytes(mutate_yaml(rng, path.read_text(), others, self.place))
        if rng.random() < 0.25:
            odd = rng.choice([*yaml, project / "models", project / "models/more.yaml", project / ".git", project / "output"])
            if odd.parent.is_dir():
                put_oddity(rng, odd, self.precious)
        inside = rng.random() < 0.3
        shutil.copy(data, into) if inside else None
        with connect(into) as database:
            attempt(database, ["CREATE TABLE mine AS SELECT 'my own' AS a", "CREATE VIEW my_view AS FROM mine", "CREATE TABLE user_all AS SELECT 1 AS mine",
                               "CREATE SCHEMA mine2", "CREATE TABLE mine2.orders AS SELECT 2 AS mine", "CREATE MACRO my_macro() AS 7"])
        was = persons(into)
        self.run("check", project)
        self.run("show", project)
        self.run("compile", project, "--to", self.out / "plan")
        given = [] if inside else ["--data", data]
        self.run("build", project, *given, "--into", into)
        for fault in changed_tables(into, was):
            self.found(f"build: {fault}")
        if rng.random() < 0.4:
            self.run("build", project, "--data", data, "--json", writes=("project/output",))
        self.run("check", into)

    def workspace(self):
        """A workspace, changed, of a good source."""
        rng, home = self.rng, self.folder / "source"
        home.mkdir()
        source = home / "base.duckdb"
        shutil.copy(self.pool / "base.duckdb", source)
        beside = rng.random() < 0.5
        file = (home if beside else self.folder) / "muster.yaml"
        good = (
            "version: 1\nsegments:\n  - name: Big\n    cohort: users/all\n    where: \"count(orders) >= 3 and name like 'n1%'\"\n"
            "corrections:\n  - not_relation: {from: orders.user_id, to: users.user_id}\n  - personal: {table: users, column: email, personal: false}\n"
            "  - entity: {table: users, name: users, key: user_id}\n  - time_column: {table: orders, column: ordered_at}\n  - not_entity: {name: s}\n"
            "charts:\n  - entity: users\n    chart: {feature: name}\n  - entity: users\n    chart: {grid: {x: yes, y: born}}\n"
        )
        file.write_bytes(mutate_yaml(rng, good, [good], self.place) if rng.random() < 0.9 else damage(rng, good.encode()))
        if rng.random() < 0.2:
            put_oddity(rng, file, self.precious)
        chosen = [] if beside else ["--workspace", file.parent]
        for command in (("show",), ("check",), ("check", "--json"), ("count", "--segment", "Big"), ("count", "--segment", file), ("sql", "--segment=Big")):
            self.run(*command, source, *chosen)

    def manifest(self):
        """A list whose manifest was changed."""
        rng, out = self.rng, self.out / "list.csv"
        source = self.out / "base.duckdb"
        shutil.copy(self.pool / "base.duckdb", source)
        self.run("export", source, f"--cohort={rng.choice(('user', 'order'))}/all", "--to", out)
        file = Path(f"{out}.manifest.json")
        if not file.is_file():
            return self.found("no list was written")
        manifest = json.loads(file.read_text())
        for _ in range(rng.choice((1, 1, 2, 5))):
            at, key = manifest, rng.choice(list(manifest))
            while isinstance(at[key], (dict, list)) and at[key] and rng.random() < 0.85:
                at = at[key]
                key = rng.choice(list(at) if isinstance(at, dict) else range(len(at)))
            files = [f"{self.place}/{name}" for name in ("note.txt", "people.csv", "other.duckdb", "people.parquet", "", "new.csv")]
            values = [None, -1, 10**30, 1e308, True, [], {}, "", "\x1b[2J\u202e", "/dev/zero", "/proc/self/environ", *files, *files,
                      hostile_text(rng, self.place), hostile_text(rng, self.place), "x" * 100_000]
            at[key] = rng.choice(values)
        text = json.dumps(manifest)
        if rng.random() < 0.2:
            text = text[:-1] + ', "columns": ' + rng.choice(("[", '{"a":')) * 100_000
        file.write_bytes(damage(rng, text.encode()) if rng.random() < 0.2 else text.encode())
        if rng.random() < 0.1:
            put_oddity(rng, rng.choice((file, out)), self.precious)
        self.before = None
        for arguments in ((out,), (file,), (out, "--rebuild"), (out, "--rebuild", "--source", source), (out, "--json")):
            self.run("verify", *arguments)


def persons(path):
    """The tables, views and macros in a DuckDB file: how each is made, and a sum of its rows."""
    with duckdb.connect(str(path), read_only=True, config={"enable_external_access": "false"}) as database:
        tables = database.execute("SELECT schema_name, table_name, sql FROM duckdb_tables()").fetchall()
        made = {
            (schema, name): (sql, database.execute(f'SELECT count(*), bit_xor(hash(t)) FROM "{schema}"."{name}" t').fetchone())
            for schema, name, sql in tables if '"' not in schema + name
        }
        made |= {("view", name): sql for name, sql in database.execute("SELECT view_name, sql FROM duckdb_views() WHERE NOT internal").fetchall()}
        macros = database.execute("SELECT function_name, macro_definition FROM duckdb_functions() WHERE NOT internal").fetchall()
        return made | {("macro", name): sql for name, sql in macros}


def changed_tables(path, was):
    """What of a person's tables is not as it was."""
    try:
        now = persons(path)
    except duckdb.Error as error:
        return [f"{path.name} cannot be read any more: {error}"]
    return [f"{name} of a person is not as it was" for name in was if now.get(name) != was[name]]


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
    passed = failed = 0
    number = options.start
    while time.monotonic() - began < seconds and passed + failed < (options.cases or float("inf")):
        kind = options.only if options.only == "corrupt" else KINDS[number % len(KINDS)]
        if options.only in (None, kind):
            case = Case(options, root, kind, number)
            getattr(case, kind)()
            passed, failed = passed + (not case.findings), failed + bool(case.findings)
            if case.findings:
                (case.folder / "FINDINGS.txt").write_text("\n".join(case.findings) + "\n")
                print(f"FAILED {kind}, --seed {options.seed} --start {number} --cases 1, kept in {case.folder}", flush=True)
                print("".join(f"  {finding[:600]}\n" for finding in case.findings[:6]), end="", flush=True)
            else:
                shutil.rmtree(case.folder)
        number += 1
        if time.monotonic() - told > 60:
            told = time.monotonic()
            print(f"{told - began:.0f} s: case {number}, {failed} failed", flush=True)
    if not failed:
        shutil.rmtree(root)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
