#!/usr/bin/env python3
"""Text files that were spoilt in one place: read as they were meant, or said to be odd.

    python3 tests/golden/polluted.py MUSTER

Makes a table of every kind of value, writes it cleanly and then with one thing wrong in one place at a time (a
delimiter too many, a quote too few, a title above it, another encoding, …). Muster must read all but the spoilt row
as it was meant; where a cell is otherwise, `check` must say something. A clean file must be silent. Prints what does
not hold, the share of cells that came through, and `N passed, N failed`."""
import csv, io, json, os, subprocess, sys, tempfile
from pathlib import Path

MUSTER = os.path.abspath(sys.argv[1])
NAMES = ["code", "day", "clock", "qty", "price", "kind", "note", "link", "remark"]


def row(k):
    note = 'a "quoted" word' if k % 17 == 0 else ("two\nlines" if k % 23 == 0 else f"warm, soft {k % 5}")
    return [f"P{k:04}", f"{k % 28 + 1:02}/{k % 12 + 1:02}/2018", f"{k % 24:02}:{k % 60:02}", str(k % 9), f"{k}.{k % 90 + 10}",
            ["lamp", "desk", "chair"][k % 3], note, f"https://shop.example/p?id={k}", "" if k % 4 else "ok"]


ROWS = [row(k) for k in range(1, 84)]


def line(cells, delimiter=",", quote='"', end="\n", all_quoted=False, escape=None):
    def cell(text):
        if not all_quoted and not any(c in text for c in (delimiter, quote, "\n", "\r")):
            return text
        return quote + text.replace(quote, (escape or quote) + quote) + quote
    return delimiter.join(cell(c) for c in cells) + end


def whole(**how):
    return "".join(line(cells, **how) for cells in [NAMES, *ROWS])


def spoilt_rows():
    """Files with one row spoilt: its name, the text, and the place of the row (from 0)."""
    for at in (0, 40, 82):
        clean = [line(cells) for cells in ROWS]
        good = clean[at]
        for k in (0, 3, 6, 8):
            cells = ROWS[at]
            parts = [line([c], end="") for c in cells]
            yield f"a delimiter too many before cell {k} of row {at}", at, ",".join(parts[:k] + [""] + parts[k:]) + "\n"
            if k < 8:
                yield f"a delimiter too few behind cell {k} of row {at}", at, ",".join(parts[:k] + [parts[k] + parts[k + 1]] + parts[k + 2:]) + "\n"
                yield f"another delimiter behind cell {k} of row {at}", at, ",".join(parts[:k] + [parts[k] + ";" + parts[k + 1]] + parts[k + 2:]) + "\n"
            yield f"a quote too many in cell {k} of row {at}", at, ",".join(parts[:k] + [parts[k] + '"'] + parts[k + 1:]) + "\n"
        yield f"half of row {at}", at, good[: len(good) // 2] + "\n"
        if at < 82:  # at the end of a file it means nothing
            yield f"an empty line for row {at}", at, "\n"
        yield f"only delimiters for row {at}", at, "," * 8 + "\n"


def files():
    """(name, bytes, rows that may be otherwise, whether something must be said)"""
    clean = whole()
    yield "clean", clean.encode(), set(), False
    for name, at, text in spoilt_rows():
        lines = [line(cells) for cells in ROWS]
        lines[at] = text
        near = {at, at + 1, at + 2}
        yield name, (line(NAMES) + "".join(lines)).encode(), near, None
    for name, delimiter in (("semicolons", ";"), ("tabs", "\t"), ("bars", "|"), ("commas with spaces", ", ")):
        yield name, whole(delimiter=delimiter).encode(), set(), None
    yield "spaces", whole(delimiter=" ", all_quoted=True).encode(), set(), None
    yield "apostrophes", whole(quote="'").encode(), set(), None
    yield "all quoted", whole(all_quoted=True).encode(), set(), False
    yield "backslashes before quotes", whole(escape="\\").encode(), set(), None
    yield "carriage returns", clean.replace("\n", "\r").encode(), {k - 1 for k in range(23, 84, 23)}, None
    yield "carriage returns and line feeds", clean.replace("\n", "\r\n").encode(), {k - 1 for k in range(23, 84, 23)}, None
    yield "no line feed at the end", clean.rstrip("\n").encode(), set(), False
    yield "empty lines at the end", (clean + "\n\n").encode(), set(), False
    yield "a title", ("Sales of 2018\n" + clean).encode(), set(), True
    yield "a title with empty cells", ("Sales of 2018" + "," * 8 + "\n" + clean).encode(), set(), True
    yield "a title and an empty line", ("Sales of 2018\n\n" + clean).encode(), set(), True
    yield "no names", "".join(line(c) for c in ROWS).encode(), set(), True
    yield "names twice", (line(NAMES) + line([f"{n} unit" for n in NAMES]) + "".join(line(c) for c in ROWS)).encode(), "shift", True
    yield "latin-1", clean.replace("lamp", "lampé").encode("latin-1"), "lamp", None
    yield "utf-16", clean.encode("utf-16"), set(), None
    yield "a mark", b"\xef\xbb\xbf" + clean.encode(), set(), False
    for k in (0, 4, 8):
        odd = list(NAMES)
        odd[k] = odd[k] + '"'
        yield f"a quote behind name {k}", (",".join(odd) + "\n" + "".join(line(c) for c in ROWS)).encode(), set(), None
        odd[k] = '"' + NAMES[k]
        # The reader takes the rows up to the next quote for a part of the names.
        yield f"a quote before name {k}", (",".join(odd) + "\n" + "".join(line(c) for c in ROWS)).encode(), {0, 1}, True


def run(*args):
    return subprocess.run([MUSTER, *map(str, args)], capture_output=True, text=True, timeout=60)


def iso(text):
    """A date as the list writes it, whichever way it was written."""
    return f"{text[6:]}-{text[3:5]}-{text[:2]}" if len(text) == 10 and text[2] == text[5] == "/" else text


def read(path):
    """The cells of a table that has no key: the first column is the number of the row, unless one is a key."""
    shown = json.loads(run("show", path, "--json").stdout)
    entity = shown["entities"][0]
    out = path.parent / "list.csv"
    done = run("export", path, "--cohort", f"{entity['name']}/all", "--raw-formulas", "--to", out)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    rows = list(csv.reader(io.StringIO(out.read_text(encoding="utf-8-sig"), newline="")))
    names, rows = rows[0], rows[1:]
    if names[0] == "row":
        names, rows = names[1:], [r[1:] for r in rows]
    return names, rows


def same(found, meant):
    if found == meant or found == iso(meant):
        return True
    try:
        return float(found) == float(meant)
    except ValueError:
        return False


def judge(name, data, folder):
    path = folder / "things.csv"
    path.write_bytes(data)
    said = bool(json.loads(run("check", path, "--json").stdout)["findings"])
    _, rows = read(path)
    by_code = {}
    for cells in rows:
        by_code.setdefault(cells[0], cells)
    lost = []
    cells_right = 0
    for at, meant in enumerate(ROWS):
        found = by_code.get(meant[0])
        right = 0 if found is None else sum(same(a, b) for a, b in zip(found, meant))
        cells_right += right
        if right < len(meant):
            lost.append(at)
    return said, lost, cells_right, len(rows)


def main():
    good = bad = right = cells = 0
    with tempfile.TemporaryDirectory() as place:
        for name, data, spared, must_say in files():
            wrong = []
            try:
                folder = Path(place) / str(good + bad)
                folder.mkdir()
                said, lost, cells_right, rows = judge(name, data, folder)
            except Exception as error:
                said, lost, cells_right, rows = True, [], 0, 0
                wrong.append(f"{type(error).__name__}: {str(error)[:200]}")
            right, cells = right + cells_right, cells + len(ROWS) * len(NAMES)
            ok_to_lose = set(range(len(ROWS))) if isinstance(spared, str) else spared
            far = [at for at in lost if at not in ok_to_lose]
            if far:
                wrong.append(f"rows {far[:6]} ({len(far)}) were read otherwise")
            if lost and not said and not isinstance(spared, str):
                wrong.append(f"row {lost[0]} was read otherwise, and nothing is said")
            if must_say is not None and said != must_say:
                wrong.append("nothing is said" if must_say else "something is said of a clean file")
            good, bad = good + (not wrong), bad + bool(wrong)
            if wrong:
                print(f"{name}: {'; '.join(wrong)}")
    print(f"{100 * right / cells:.2f} % of the cells came through")
    print(f"{good} passed, {bad} failed")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main())
