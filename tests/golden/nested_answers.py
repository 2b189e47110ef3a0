"""Nested data: what is asked of fields of structs and of items of lists, answered from the records.

    nested_answers.py MUSTER

The same made-up shop is written as JSON lines, as Parquet and as a DuckDB file. Every answer is
computed here from the records themselves; Muster must give it for each of the three, and the
statement that it prints must give it in plain DuckDB.

The last line is `N passed, N failed`; the exit status is 1 if anything failed.
"""

import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb


def records() -> tuple[list, list, list]:
    """Users, their orders with items, and events without a key."""
    dice = random.Random(11)
    users = [
        {
            "user_id": f"u{n}",
            "plan": dice.choice(["free", "pro"]),
            "profile": {
                "email": f"u{n}@x.example",
                "address": {"city": dice.choice(["Berlin", "Paris", "Rome"]), "floor": dice.randrange(9)},
            },
        }
        for n in range(60)
    ]
    orders = []
    for n in range(240):
        order = {
            "order_id": n + 1,
            "user_id": f"u{dice.randrange(50)}",
            "ordered_at": f"2026-0{dice.randrange(1, 9)}-1{dice.randrange(9)}T10:00:00",
            "device": {
                "category": dice.choice(["web", "app", "store"]),
                "os": {"name": dice.choice(["iOS", "Android", "Windows"]), "version": dice.randrange(1, 20)},
            },
            "items": [
                {
                    "sku": f"s{dice.randrange(12)}",
                    "price": dice.randrange(1, 100) / 4,
                    "quantity": dice.choice([1, 2, 3, None]),
                    "product": {"category": dice.choice(["toys", "food", "books"])},
                }
                for _ in range(dice.choice([0, 1, 1, 2, 3]))
            ],
        }
        if dice.random() < 0.1:
            order["device"] = None
        if dice.random() < 0.1:
            order["items"] = None
        orders.append(order)
    visits = [
        {
            "at": f"2026-0{dice.randrange(1, 9)}-1{dice.randrange(9)}T1{dice.randrange(9)}:00:00",
            "name": dice.choice(["view", "buy"]),
            "visitor_id": f"p{dice.randrange(30)}",
            "device": {"category": dice.choice(["mobile", "desktop"])},
            "things": [{"thing": dice.choice("xyz")} for _ in range(dice.randrange(3))],
        }
        for _ in range(300)
    ]
    return users, orders, visits


def items(order: dict) -> list:
    return order["items"] or []


def questions(users: list, orders: list, visits: list) -> list:
    """Cohort, condition, and whom it means."""

    def of_orders(condition, test):
        return ("order/all", condition, sum(1 for order in orders if test(order)))

    def of_users(condition, test):
        mine = lambda user: [order for order in orders if order["user_id"] == user["user_id"]]
        return ("user/all", condition, sum(1 for user in users if test(user, mine(user))))

    def of_visitors(condition, test):
        names = {visit["visitor_id"] for visit in visits}
        mine = lambda name: [visit for visit in visits if visit["visitor_id"] == name]
        return ("visitor/all", condition, sum(1 for name in names if test(mine(name))))

    device = lambda order: order["device"] or {"category": None, "os": {"name": None, "version": None}}
    own = lambda mine: [item for order in mine for item in items(order)]
    return [
        of_orders("device.category = 'web'", lambda o: device(o)["category"] == "web"),
        of_orders("device.os.name in ('iOS', 'Android')", lambda o: device(o)["os"]["name"] in ("iOS", "Android")),
        of_orders("device.os.version >= 10 and device.category <> 'app'",
                  lambda o: (device(o)["os"]["version"] or 0) >= 10 and device(o)["category"] not in (None, "app")),
        of_orders("device.category is null", lambda o: device(o)["category"] is None),
        of_orders("count(items) >= 2", lambda o: len(items(o)) >= 2),
        of_orders("count(items) = 0", lambda o: not items(o)),
        of_orders("sum(items.price) > 20", lambda o: sum(i["price"] for i in items(o)) > 20),
        of_orders("count(items where product.category = 'toys') >= 1",
                  lambda o: any(i["product"]["category"] == "toys" for i in items(o))),
        of_orders("count(items where quantity is null) = 1", lambda o: sum(i["quantity"] is None for i in items(o)) == 1),
        of_orders("count(items) filter (where place = 2 and price > 10) = 1",
                  lambda o: len(items(o)) > 1 and items(o)[1]["price"] > 10),
        of_orders("count(distinct items.product.category) = 2",
                  lambda o: len({i["product"]["category"] for i in items(o)}) == 2),
        of_orders("max(items.price where product.category = 'food') > 10",
                  lambda o: max((i["price"] for i in items(o) if i["product"]["category"] == "food"), default=0) > 10),
        of_users("profile.address.city = 'Berlin'", lambda u, _: u["profile"]["address"]["city"] == "Berlin"),
        of_users("profile.address.floor between 2 and 4", lambda u, _: 2 <= u["profile"]["address"]["floor"] <= 4),
        of_users("count(items) >= 8", lambda _, mine: len(own(mine)) >= 8),
        of_users("count(items where product.category = 'books') = 0",
                 lambda _, mine: not any(i["product"]["category"] == "books" for i in own(mine))),
        of_users("count(orders where device.category = 'app') >= 2",
                 lambda _, mine: sum(device(o)["category"] == "app" for o in mine) >= 2),
        of_users("count(items where ordered_at >= date '2026-05-01' and price > 5) >= 3",
                 lambda _, mine: sum(i["price"] > 5 for o in mine if o["ordered_at"] >= "2026-05-01" for i in items(o)) >= 3),
        of_visitors("count(things where thing = 'x') >= 4",
                    lambda mine: sum(t["thing"] == "x" for v in mine for t in v["things"]) >= 4),
        of_visitors("count(visits where device.category = 'mobile') > 5",
                    lambda mine: sum(v["device"]["category"] == "mobile" for v in mine) > 5),
    ]


def write(folder: Path, tables: dict) -> dict:
    """The same rows in three forms; gives what Muster is to open."""
    (folder / "json").mkdir()
    (folder / "parquet").mkdir()
    connection = duckdb.connect(str(folder / "shop.duckdb"))
    for name, rows in tables.items():
        file = folder / "json" / f"{name}.jsonl"
        file.write_text("\n".join(json.dumps(row) for row in rows) + "\n")
        connection.execute(f"create table {name} as from read_json('{file}')")
        connection.execute(f"copy {name} to '{folder}/parquet/{name}.parquet'")
    connection.close()
    return {"json": folder / "json", "parquet": folder / "parquet", "duckdb": folder / "shop.duckdb"}


def main() -> int:
    muster = sys.argv[1]
    passed, failed = 0, 0

    def check(what: str, got, wanted) -> None:
        nonlocal passed, failed
        if got == wanted:
            passed += 1
        else:
            failed += 1
            print(f"FAILED {what}: {got} instead of {wanted}")

    users, orders, visits = records()
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        sources = write(folder, {"users": users, "orders": orders, "visits": visits})

        def run(*arguments: str) -> str:
            done = subprocess.run([muster, *arguments], capture_output=True, text=True)
            return done.stdout if done.returncode == 0 else done.stderr.strip()

        for form, path in sources.items():
            connection = duckdb.connect(str(path), read_only=True) if form == "duckdb" else duckdb.connect()
            for cohort, condition, wanted in questions(users, orders, visits):
                where = ["--cohort", cohort, "--where", condition]
                try:
                    told = json.loads(run("count", str(path), *where, "--json"))["size"]
                except ValueError as error:
                    told = str(error)
                check(f"{form}: {condition}", told, wanted)
                statement = run("sql", str(path), *where)
                try:
                    found = len(connection.execute(statement).fetchall())
                except duckdb.Error as error:
                    found = f"{error}"
                check(f"{form}: the statement of {condition}", found, wanted)
            connection.close()
            # A list has the columns of its table, and fields of structs when they are asked for.
            for chosen, wanted in [([], "user_id,plan,profile"), (["--columns", "user_id,profile.email"], None)]:
                wanted = wanted or chosen[1]
                file = folder / f"{form} {len(chosen)}.csv"
                run("export", str(path), "--cohort", "user/all", "--to", str(file), *chosen)
                header = file.read_text().splitlines()[0] if file.exists() else "no file"
                check(f"{form}: the columns of a list", header, wanted)
            shown = json.loads(run("show", str(path), "--json"))
            personal = {f["name"]: bool(f.get("personal")) for e in shown["entities"] for f in e["features"]}
            check(f"{form}: the e-mail address is personal", personal.get("profile.email"), True)
            check(f"{form}: so is what it stands in", personal.get("profile"), True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
