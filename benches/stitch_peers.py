"""Measures what Muster's id stitching competes with: pairs of text ids in, one label per id out.

    pip install duckdb==2.0.0 polars pyarrow scipy splink
    python gen_idgraph.py       # writes edges.parquet here; needs numpy, duckdb and pyarrow
    python benches/stitch_peers.py edges.parquet [--only NAME,...] [--muster "COMMAND"]

The file has the columns a_type, a, b_type, b; one row says that id `a` and id `b` are the same
someone. The generator's file has 10 million such rows. Every method starts from that Parquet file
and ends with a table in memory that gives each distinct id the label of its cluster. Nothing is
written to disk.

Ids are compared as text alone, without their type. In the generator's data no text occurs under
two types, so comparing (type, text) gives the same 718,708 clusters; text alone is less work for
the methods here.

Each method runs in a process of its own, one after another. CPU is user and system time of that
process and its children from start to end, so it includes starting Python and importing packages.
Peak is the largest resident set, in units of 1,048,576 bytes. On a busy machine compare CPU, not
wall time.

`--only` takes names out of polars, duckdb, pyarrow, splink; an empty string runs none of them.
`--muster` adds a row for a command (no shell), whose stdout must have a line `clusters N`.

A method that cannot run here gets a row without a count and a note that says why. The exit status
is 1 if the methods that ran disagree on the number of clusters, or if the `--muster` command fails.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

# The packages to measure are imported inside the methods: each process then pays only for its own,
# and this one stays small. It has to, since a child's peak cannot be read as less than its parent's
# memory at the moment of the start.
PACKAGES = ["duckdb", "polars", "pyarrow", "scipy", "splink"]
CANNOT_RUN = "cannot run: "


# --- The methods: each takes the path of the edges and returns the number of clusters. ---


def polars_scipy(edges):
    import numpy
    import polars

    # Both columns share one set of categories, so equal texts get equal codes. The streaming engine
    # encodes while it reads: the text of all rows is never in memory at once.
    pairs = (
        polars.scan_parquet(edges)
        .select(polars.col("a", "b").cast(polars.Categorical))
        .collect(engine="streaming")
    )
    left, right = (pairs[name].to_physical().cast(polars.Int32).to_numpy() for name in ("a", "b"))
    count = int(max(left.max(), right.max())) + 1
    clusters, labels = components(left, right, count)
    codes = polars.Series(numpy.arange(count, dtype=numpy.uint32))
    answer = polars.DataFrame({"id": codes.cat.to(polars.Categorical), "label": labels})
    return checked(clusters, answer.height, count)


def pyarrow_scipy(edges):
    import numpy
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(edges, columns=["a", "b"])
    rows = table.num_rows
    # Both columns in one call, so that equal texts get equal codes.
    texts = pyarrow.chunked_array(table["a"].chunks + table["b"].chunks).dictionary_encode()
    del table
    ids = texts.chunk(0).dictionary
    codes = numpy.concatenate([chunk.indices.to_numpy() for chunk in texts.chunks])
    del texts
    clusters, labels = components(codes[:rows], codes[rows:], len(ids))
    answer = pyarrow.table({"id": ids, "label": labels})
    return checked(clusters, answer.num_rows, len(ids))


def components(left, right, count):
    import numpy
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    # Truth values, not numbers: adding up a pair that occurs often must not overflow to nothing.
    there = numpy.ones(len(left), dtype=bool)
    graph = coo_array((there, (left, right)), shape=(count, count)).tocsr()
    return connected_components(graph, directed=False)


def duckdb_alone(edges):
    db = connect(edges)
    db.execute("create table ids as select a as id from edges union select b from edges")
    # The row number in `ids` is the id's code. 32 bits halve the memory of all later steps.
    db.execute("""
        create table pairs as
        select least(x.rowid, y.rowid)::uinteger as low,
               greatest(x.rowid, y.rowid)::uinteger as high
        from edges join ids x on x.id = edges.a join ids y on y.id = edges.b
        where x.rowid <> y.rowid""")
    rounds = contract_until_done(db)
    compose(db, rounds)
    # An id without a root has no smaller one in its cluster, or met only itself.
    db.execute("""
        create table labels as
        select ids.id, coalesce(root_0.root, ids.rowid) as label
        from ids left join root_0 on root_0.code = ids.rowid""")
    return checked(number(db, "select count(distinct label) from labels"),
                   number(db, "select count(*) from labels"),
                   number(db, "select count(*) from ids"))


def contract_until_done(db):
    """Replaces codes by smaller ones of their cluster until no pair is left.

    Each round points every code at its least neighbour, follows the pointers to their ends and
    puts the ends in place of the codes. Pointers always lead to smaller codes, so none is circular
    and each code with a smaller neighbour disappears from the pairs: the loop must end. `root_N`
    keeps what round N replaced.
    """
    rounds = 0
    while True:
        root = f"root_{rounds}"
        follow_least_neighbours(db, root)
        rounds += 1
        db.execute(f"""
            create table fewer as
            select distinct least(a, b) as low, greatest(a, b) as high
            from (select coalesce(x.root, low) as a, coalesce(y.root, high) as b
                  from pairs left join {root} x on x.code = low left join {root} y on y.code = high)
            where a <> b""")
        db.execute("drop table pairs")
        db.execute("alter table fewer rename to pairs")
        if number(db, "select count(*) from pairs") == 0:
            return rounds


def follow_least_neighbours(db, root):
    """Makes the table `root`: for each code with a smaller neighbour, where its pointers end."""
    db.execute("""
        create table moving as select high as code, min(low) as root from pairs group by high""")
    db.execute(f"create table {root} as from moving limit 0")
    # Every step doubles the distance. Codes that have arrived are set aside, so that later steps
    # move only the few that are still on the way.
    while number(db, "select count(*) from moving") > 0:
        db.execute(f"""
            create table moved as
            select m.code, coalesce(p.root, m.root) as root, coalesce(p.arrived, true) as arrived
            from moving m left join (select code, root, true as arrived from {root}
                                     union all
                                     select code, root, false from moving) p on p.code = m.root""")
        db.execute(f"insert into {root} select code, root from moved where arrived")
        db.execute("""
            create or replace table moving as
            select code, root from moved where not arrived""")
        db.execute("drop table moved")
    db.execute("drop table moving")


def compose(db, rounds):
    """Joins the rounds, from the last and smallest back, so that `root_0` has the final roots."""
    for this in reversed(range(rounds - 1)):
        db.execute(f"""
            create or replace table root_{this} as
            select now.code, coalesce(later.root, now.root) as root
            from root_{this} now left join root_{this + 1} later on later.code = now.root
            union all
            select code, root from root_{this + 1}""")


def splink_strings(edges):
    from splink import DuckDBAPI
    from splink.clustering import cluster_pairwise_predictions_at_threshold

    db = connect(edges)
    # Splink wants the list of ids beside the pairs. Without a threshold every pair counts.
    db.execute("create table ids as select a as id from edges union select b from edges")
    found = cluster_pairwise_predictions_at_threshold(
        nodes="ids",
        edges="edges",
        db_api=DuckDBAPI(db),
        node_id_column_name="id",
        edge_id_column_name_left="a",
        edge_id_column_name_right="b",
    ).physical_name
    return checked(number(db, f"select count(distinct cluster_id) from {found}"),
                   number(db, f"select count(*) from {found}"),
                   number(db, "select count(*) from ids"))


def connect(edges):
    import duckdb

    db = duckdb.connect()
    # The order of rows means nothing here, and keeping it costs memory.
    db.execute("set preserve_insertion_order = false")
    db.execute("set enable_progress_bar = false")
    path = edges.replace("'", "''")
    db.execute(f"create view edges as select a, b from read_parquet('{path}')")
    return db


def number(db, query):
    return db.execute(query).fetchall()[0][0]


def checked(clusters, labelled, ids):
    """A method that leaves ids without a label, or gives one two, did not do the work."""
    if labelled != ids:
        raise ValueError(f"{labelled} labels for {ids} ids")
    return clusters


METHODS = {
    "polars": (polars_scipy, "polars Categorical, scipy connected_components"),
    "duckdb": (duckdb_alone, "DuckDB SQL: UNION dictionary, contraction to least neighbour"),
    "pyarrow": (pyarrow_scipy, "pyarrow dictionary_encode, scipy connected_components"),
    "splink": (splink_strings, "Splink clustering on DuckDB, strings straight in"),
}


# --- Running and measuring them. ---


@dataclass
class Row:
    name: str
    what: str
    clusters: int | None
    cpu: float
    wall: float
    peak: float
    note: str = ""


def run_method(name, edges):
    """What the process of one method does."""
    method, _ = METHODS[name]
    try:
        print("clusters", method(edges))
    except Exception as error:
        reason = str(error).strip() or "no reason given"
        print(f"{CANNOT_RUN}{type(error).__name__}: {reason.splitlines()[0]}")
        return 1
    return 0


def measure(name, what, command, folder):
    """Runs a command in a folder to its end; stderr goes straight to the terminal."""
    print(f"running {name} ...", file=sys.stderr, flush=True)
    start = time.monotonic()
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=folder)
    except OSError as error:
        return Row(name, what, None, 0.0, 0.0, 0.0, f"did not start: {error}")
    with process.stdout as stream:
        said = stream.read()
    # wait4 and not Popen.wait: only it tells what this one process and its children used.
    _, status, used = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    # Linux counts the peak in kilobytes, macOS in bytes.
    peak = used.ru_maxrss / (1024 * 1024 if sys.platform == "darwin" else 1024)
    clusters, note = read_answer(said, process.returncode)
    return Row(name, what, clusters, used.ru_utime + used.ru_stime, wall, peak, note)


def read_answer(said, status):
    """The number of clusters, or None and the reason."""
    for line in said.splitlines():
        if line.startswith(CANNOT_RUN):
            return None, line
    if status < 0:
        return None, f"ended by signal {-status}" + (" (out of memory?)" if status == -9 else "")
    if status > 0:
        return None, f"ended with status {status}"
    found = re.search(r"^clusters (\d+)\s*$", said, re.MULTILINE)
    return (int(found[1]), "") if found else (None, "printed no line `clusters N`")


def run_all(edges, names, muster):
    rows = []
    for name in names:
        # DuckDB spills to the folder it is started in, so each method gets one to throw away.
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, str(Path(__file__).resolve()), edges, "--method", name]
            rows.append(measure(name, METHODS[name][1], command, folder))
    if muster is not None:
        rows.append(measure("muster", "the given command", shlex.split(muster), None))
    return rows


def print_table(rows):
    head = ["name", "what it does", "clusters", "CPU s", "wall s", "peak MB"]
    cells = [
        [row.name, row.what, "-" if row.clusters is None else f"{row.clusters:,}",
         f"{row.cpu:.1f}", f"{row.wall:.1f}", f"{row.peak:,.0f}"]
        for row in rows
    ]
    widths = [max(len(line[at]) for line in [head, *cells]) for at in range(len(head))]
    for line in [head, ["-" * width for width in widths], *cells]:
        texts = [text.ljust(width) for text, width in zip(line[:2], widths[:2])]
        numbers = [text.rjust(width) for text, width in zip(line[2:], widths[2:])]
        print("  ".join(texts + numbers))
    for row in rows:
        if row.note:
            print(f"{row.name}: {row.note}")


def installed():
    """The versions, since the figures mean little without them."""
    found = []
    for package in PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            found.append(f"{package} not installed")
    return ", ".join(found)


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("edges", metavar="EDGES.parquet")
    parser.add_argument("--only", metavar="NAME,...", default=",".join(METHODS))
    parser.add_argument("--muster", metavar="COMMAND")
    parser.add_argument("--method", choices=METHODS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if not os.path.isfile(given.edges):
        parser.error(f"no such file: {given.edges}")
    given.names = [name.strip() for name in given.only.split(",") if name.strip()]
    for name in given.names:
        if name not in METHODS:
            parser.error(f"unknown method {name}: choose from {', '.join(METHODS)}")
    return given


def main():
    given = arguments()
    # Methods run in other folders, where a relative path would mean nothing.
    edges = os.path.abspath(given.edges)
    if given.method:
        return run_method(given.method, edges)
    rows = run_all(edges, given.names, given.muster)
    print_table(rows)
    print(installed())
    answers = {row.clusters for row in rows if row.clusters is not None}
    if len(answers) > 1:
        print("the methods disagree on the number of clusters")
    muster_failed = any(row.name == "muster" and row.clusters is None for row in rows)
    return 1 if len(answers) > 1 or muster_failed else 0


if __name__ == "__main__":
    sys.exit(main())
