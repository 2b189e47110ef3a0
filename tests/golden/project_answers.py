"""The questions about the sample project: computes their answers with plain DuckDB.

    project_answers.py                   compares with answers.json and README.md of the project
    project_answers.py --write           writes both
    project_answers.py --muster BINARY   also checks, compiles and builds the project with Muster
                                         and asks the built file

Muster and the YAML take no part in the answers: every question has SQL of its own over
shop.duckdb, written from what the question means. Where identifiers have to be joined, the SQL
lists them and plain Python finds the connected components. Often the SQL reads a column that the
shop itself keeps (`lifetime_value`, `orders`, `last_seen`), which the project computes from orders
and events instead.

With `--muster` the last line is `N passed, M failed`; the exit status is 1 if anything failed.
"""

import hashlib
import json
import shlex
import subprocess
import sys
import tempfile
from collections import defaultdict
from decimal import Decimal
from pathlib import Path

import duckdb

ROOT = Path(__file__).resolve().parents[2]
SHOP = ROOT / "sample_data" / "shop.duckdb"
PROJECT = ROOT / "sample_data" / "profiles"
FILE = "shop_profiles.duckdb"
BUILD = (
    "muster build sample_data/profiles --data sample_data/shop.duckdb "
    f"--into {FILE} --end-time 2026-11-20T06:00:00Z"
)
TIMEOUT_SECONDS = 300
START, END = "<!-- answers: begin -->", "<!-- answers: end -->"

# Who the shop itself is, and the first moment of the last 30 days.
STAFF = "select user_id from users join accounts using (account_id) where is_internal"
SINCE = "timestamp '2026-10-21 06:00:00'"

# The identifiers of each row of the shop's users. A telephone number counts that one person has.
IDS = (
    "select user_id::varchar, lower(email), "
    "case when count(*) over (partition by phone) = 1 then phone end from users"
)
IDS_WITH_SHARED_PHONES = "select user_id::varchar, lower(email), phone from users"


def count(cohort, where=""):
    where = f' --where "{where}"' if where else ""
    return {"command": f"muster count {FILE} --cohort {cohort}{where}"}


def select(statement):
    return {"statement": statement}


# Question, how the built file is asked, SQL over the shop, and what Python does with its rows.
QUESTIONS = [
    (
        "How many people are there, when their identifiers are joined?",
        count("user/all"),
        IDS,
        "people",
    ),
    (
        "How many identifiers does the id graph hold?",
        select("select count(*) from user_ids"),
        IDS,
        "identifiers",
    ),
    (
        "How many people have a user id, an e-mail address and a telephone number of their own?",
        count("user/all", "ids_n = 3"),
        IDS,
        "people_with_three",
    ),
    (
        "And how many have a user id alone?",
        count("user/all", "ids_n = 1"),
        IDS,
        "people_with_one",
    ),
    (
        "How many people have two user ids, because they gave one address or number?",
        select(
            "select count(*) from (select user_main_id from user_ids where other_id_type = 'user_id' "
            "group by user_main_id having count(*) > 1)"
        ),
        IDS,
        "people_with_two_user_ids",
    ),
    (
        "Whose telephone number is not in the id graph, because others gave it too?",
        select(
            "select count(*) from user_feature_view where contact_phone is not null "
            "and user_main_id not in (select user_main_id from user_ids where other_id_type = 'phone')"
        ),
        "select count(*) from users a where exists "
        "(select 1 from users b where b.phone = a.phone and b.user_id <> a.user_id)",
        None,
    ),
    (
        "How many companies are there?",
        count("account/all"),
        "select count(*) from accounts",
        None,
    ),
    (
        "How many of the people are the shop's own?",
        count("user/all", "is_staff = true"),
        f"select count(*) from ({STAFF})",
        None,
    ),
    (
        "Who is a known customer?",
        count("known_customers"),
        "select count(*) from users where email is not null and orders >= 1 "
        f"and user_id not in ({STAFF})",
        None,
    ),
    (
        "Who is a big spender?",
        count("big_spenders"),
        f"select count(*) from cohorts.big_spenders where user_id not in ({STAFF})",
        None,
    ),
    (
        "Who ordered on the web or in the app in the last 30 days?",
        count("funnel_ordered"),
        f"select count(distinct user_id) from orders where channel in ('web', 'app') "
        f"and ordered >= {SINCE} and user_id not in ({STAFF})",
        None,
    ),
    (
        "Who put something into the cart in the last 30 days and did not order there?",
        count("funnel_cart"),
        f'select count(*) from (select user_id from events where "at" >= {SINCE} '
        "group by user_id having bool_or(event = 'add_to_cart') and not bool_or(event = 'purchase')) "
        f"where user_id not in ({STAFF})",
        None,
    ),
    (
        "Who came in the last 30 days, or followed a link in an e-mail, and put nothing into the cart?",
        count("funnel_visited"),
        "select count(*) from ("
        f'select user_id from events where "at" >= {SINCE} '
        f"union select user_id from emails_sent where clicked and sent_at >= {SINCE} "
        f"except select user_id from events where event in ('add_to_cart', 'purchase') and \"at\" >= {SINCE} "
        f"except {STAFF})",
        None,
    ),
    (
        "How many people are in any step of the funnel? As many as the three steps together.",
        select(
            "select count(distinct user_main_id) from (select user_main_id from user_funnel_visited "
            "union all select user_main_id from user_funnel_cart "
            "union all select user_main_id from user_funnel_ordered)"
        ),
        f'select count(*) from (select user_id from events where "at" >= {SINCE} '
        f"union select user_id from emails_sent where clicked and sent_at >= {SINCE} except {STAFF})",
        None,
    ),
    (
        "How much did all people spend, staff too?",
        select("select round(sum(revenue), 2) from user_feature_view"),
        "select round(sum(lifetime_value), 2) from users",
        None,
    ),
    (
        "Who never ordered?",
        count("user/all", "orders_n = 0"),
        "select count(*) from (select user_id from users except select user_id from orders)",
        None,
    ),
    (
        "Who placed a second order within 30 days of the first?",
        count("user/all", "days_to_second_order <= 30"),
        "select count(*) from (select list_sort(list(ordered::date)) as days from orders group by user_id) "
        "where days[2] - days[1] <= 30",
        None,
    ),
    (
        "Whose orders that were kept are worth 100 EUR or more on average?",
        count("user/all", "average_order >= 100"),
        "select count(*) from (select avg(total) as mean from orders "
        "where status in ('paid', 'shipped', 'delivered') group by user_id) where mean >= 100",
        None,
    ),
    (
        "Who placed the latest order by telephone?",
        count("user/all", "last_order_channel = 'phone'"),
        "select count(*) from (select max_by(channel, ordered) as latest from orders group by user_id) "
        "where latest = 'phone'",
        None,
    ),
    (
        "Which known customers placed their latest order more than 180 days ago?",
        count("known_customers", "days_since_last_order > 180"),
        "select count(*) from users where email is not null "
        f"and date '2026-11-20' - last_order::date > 180 and user_id not in ({STAFF})",
        None,
    ),
    (
        "Who was last seen before 2025?",
        count("user/all", "last_seen_at < date '2025-01-01'"),
        "select count(*) from users where year(last_seen) < 2025",
        None,
    ),
    (
        "Who came on three days or more in the last 30?",
        count("user/all", "visit_days_30d >= 3"),
        "select count(*) from users where sessions_30d >= 3",
        None,
    ),
    (
        "How many campaign e-mails were sent, the apology left out?",
        select("select sum(emails_n) from user_feature_view"),
        "select count(*) filter (where campaign <> 'sorry_checkout') from emails_sent",
        None,
    ),
    (
        "Whose country is missing?",
        count("user/all", "country is null"),
        "select count(*) - count(country) from users",
        None,
    ),
    (
        "How many rows does the view by e-mail address have?",
        select("select count(*) from users_by_email"),
        "select count(distinct lower(email)) from users",
        None,
    ),
    (
        "How much did the person spend who wrote the address HEIKE_KRUGER+2@example.com in capitals?",
        select("select revenue from users_by_email where email = 'heike_kruger+2@example.com'"),
        "select lifetime_value from users where email = 'HEIKE_KRUGER+2@example.com'",
        None,
    ),
    (
        "Which big spenders placed a single order of 300 EUR or more?",
        count("big_spenders", "big_spenders_largest_order >= 300"),
        "select count(distinct user_id) from orders semi join cohorts.big_spenders using (user_id) "
        f"where total >= 300 and status not in ('cancelled', 'refunded') and user_id not in ({STAFF})",
        None,
    ),
    (
        "How much did the tenth among the big spenders spend?",
        select("select revenue from big_spenders_by_email where revenue_rank = 10"),
        f"select lifetime_value from cohorts.big_spenders where user_id not in ({STAFF}) "
        "order by lifetime_value desc limit 1 offset 9",
        None,
    ),
    (
        "How many companies are left without the shop's own?",
        count("customer_accounts"),
        "select count(*) from accounts where not is_internal",
        None,
    ),
    (
        "For which companies does nobody order?",
        count("account/all", "people_n = 0"),
        "select count(*) from (select account_id from accounts except select account_id from users)",
        None,
    ),
    (
        "How much did the people of companies spend, without staff?",
        select("select round(sum(revenue), 2) from account_feature_view"),
        "select round(sum(lifetime_value), 2) from users join accounts using (account_id) "
        "where not is_internal",
        None,
    ),
    (
        "And with staff?",
        select("select round(sum(revenue_with_staff), 2) from account_feature_view"),
        "select round(sum(lifetime_value), 2) from users where account_id is not null",
        None,
    ),
    (
        "How many people of companies came in the last 30 days, without staff?",
        select("select sum(active_people_n) from account_feature_view"),
        "select count(*) from users join accounts using (account_id) "
        "where sessions_30d >= 1 and not is_internal",
        None,
    ),
    (
        "How many companies are in the group of acc_0004, itself and those further below included?",
        select("select group_accounts_n from accounts_by_id where account_id = 'acc_0004'"),
        "select count(*) from accounts a left join accounts b on b.account_id = a.parent_account_id "
        "where 'acc_0004' in (a.account_id, a.parent_account_id, b.parent_account_id)",
        None,
    ),
    (
        "How much did the people of that group spend?",
        select("select group_revenue from accounts_by_id where account_id = 'acc_0004'"),
        "select round(sum(lifetime_value), 2) from users join accounts a using (account_id) "
        "left join accounts b on b.account_id = a.parent_account_id "
        "where 'acc_0004' in (a.account_id, a.parent_account_id, b.parent_account_id)",
        None,
    ),
]


def components(rows):
    """The connected components of identifiers: a row joins those in it. Each is a set of pairs of
    the column, which tells the id types apart, and the identifier."""
    joined = defaultdict(set)
    for row in rows:
        ids = [(column, value) for column, value in enumerate(row) if value not in (None, "")]
        for one in ids:
            joined[one].update(ids)
    found, seen = [], set()
    for start in joined:
        if start in seen:
            continue
        group, ahead = set(), [start]
        while ahead:
            one = ahead.pop()
            if one not in group:
                group.add(one)
                ahead.extend(joined[one])
        seen |= group
        found.append(group)
    return found


def people(rows):
    return len(components(rows))


def identifiers(rows):
    return sum(len(group) for group in components(rows))


def people_with_three(rows):
    return sum(len(group) == 3 for group in components(rows))


def people_with_one(rows):
    return sum(len(group) == 1 for group in components(rows))


def people_with_two_user_ids(rows):
    return sum(sum(column == 0 for column, _ in group) > 1 for group in components(rows))


def plain(value):
    """A value as JSON holds it. Sums of money are exact to the cent."""
    return round(float(value), 2) if isinstance(value, (float, Decimal)) else value


def answers(db):
    for question, asked, sql, python in QUESTIONS:
        rows = db.execute(sql).fetchall()
        if python:
            answer = globals()[python](rows)
        else:
            [(answer,)] = rows
        row = {"question": question, "answer": plain(answer), **asked, "sql": sql}
        yield {**row, "python": python} if python else row


def shown(value):
    return f"{value:,.2f}" if isinstance(value, float) else f"{value:,}"


def readme_part(rows, glued):
    told = (
        "No two rows of the shop's users have one e-mail address, capitals or not, so the identifiers "
        "of each person are joined, and nobody is joined with anybody else. If two did, they would be "
        "one person here. Telephone numbers are given by several people: were those not left out, "
        f"{shown(rows[0]['answer'])} people would become {shown(glued)}."
    )
    lines = [START, "", told, ""]
    for number, row in enumerate(rows, 1):
        lines += [f"**{number}. {row['question']}** {shown(row['answer'])}", ""]
        if "command" in row:
            lines += ["```sh", row["command"], "```", ""]
        else:
            lines += ["On the built file:", "", "```sql", row["statement"], "```", ""]
        python = row.get("python")
        lines += [f"On the shop, then `{python}` in Python:" if python else "On the shop:", ""]
        lines += ["```sql", row["sql"], "```", ""]
    return "\n".join([*lines, END])


def differences(rows, part):
    """What answers.json and README.md say otherwise."""
    kept = PROJECT / "answers.json"
    old = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else []
    before = {row["question"]: row for row in old}
    for row in rows:
        if before.get(row["question"]) != row:
            said = before.get(row["question"], {}).get("answer", "nothing")
            yield f"answers.json: {row['question']} It says {said}, computed is {row['answer']}"
    if [row["question"] for row in old] != [row["question"] for row in rows]:
        yield "answers.json has other questions, or in another order"
    if part not in (PROJECT / "README.md").read_text(encoding="utf-8"):
        yield "README.md has another text between the markers"


def write(rows, part):
    text = json.dumps(rows, indent=2, ensure_ascii=False) + "\n"
    (PROJECT / "answers.json").write_text(text, encoding="utf-8")
    readme = PROJECT / "README.md"
    text = readme.read_text(encoding="utf-8")
    old = text[text.index(START) : text.index(END) + len(END)]
    readme.write_text(text.replace(old, part), encoding="utf-8")


def run(binary, command, **places):
    """Runs a command of the README with the binary in place of its name and files in theirs."""
    words = [places.get(word, word) for word in shlex.split(command)]
    return subprocess.run(
        [binary, *words[1:]],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=TIMEOUT_SECONDS,
    )


def done(binary, command, **places):
    """What the command prints; an error with its message when it fails."""
    result = run(binary, command, **places)
    if result.returncode != 0:
        said = (result.stderr or result.stdout).strip()
        raise ValueError(f"{command}: exit status {result.returncode}: {said}")
    return result.stdout


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def held_to(binary, rows, folder):
    """Name and failure of each check of the binary; the failure is empty when it passed."""

    def check(name, test):
        try:
            return name, test() or ""
        except (ValueError, OSError, KeyError, duckdb.Error, subprocess.SubprocessError) as error:
            return name, str(error)

    def no_findings():
        found = json.loads(done(binary, "muster check sample_data/profiles --json"))
        if found["errors"] or found["warnings"]:
            return f"{found['errors']} errors, {found['warnings']} warnings"

    def compiles():
        done(binary, "muster compile sample_data/profiles --to FOLDER", FOLDER=str(folder / "sql"))
        if not any((folder / "sql").rglob("*.sql")):
            return "no SQL was written"

    built = folder / FILE
    before = digest(SHOP)

    def builds():
        done(binary, BUILD, **{FILE: str(built)})
        if digest(SHOP) != before:
            return "the shop was changed"

    def asked(row):
        if "command" in row:
            said = done(binary, row["command"] + " --json", **{FILE: str(built)})
            answer = json.loads(said)["size"]
        else:
            with duckdb.connect(str(built), read_only=True) as db:
                found = db.execute(row["statement"]).fetchall()
            if len(found) != 1:
                return f"{len(found)} rows instead of one"
            answer = plain(found[0][0])
        if answer != row["answer"]:
            return f"{answer} instead of {row['answer']}"

    yield check("check", no_findings)
    yield check("compile", compiles)
    build = check("build", builds)
    yield build
    if build[1]:
        yield from ((row["question"], "not asked: the build failed") for row in rows)
        return
    for row in rows:
        yield check(row["question"], lambda row=row: asked(row))


def main():
    with duckdb.connect(str(SHOP), read_only=True) as db:
        db.execute("SET TimeZone = 'UTC'")
        rows = list(answers(db))
        glued = people(db.execute(IDS_WITH_SHARED_PHONES).fetchall())
    part = readme_part(rows, glued)
    if "--write" in sys.argv:
        write(rows, part)
    differing = list(differences(rows, part))
    for line in differing:
        print(line)
    if differing:
        print("the answers have changed: run with --write")
    else:
        print(f"{len(rows)} answers agree")
    if "--muster" not in sys.argv:
        return 1 if differing else 0

    binary = str(Path(sys.argv[sys.argv.index("--muster") + 1]).expanduser().resolve())
    with tempfile.TemporaryDirectory() as folder:
        results = list(held_to(binary, rows, Path(folder)))
    failed = [(name, failure) for name, failure in results if failure]
    for name, failure in failed:
        print(f"FAILED {name} {failure}")
    bad = len(failed) + len(differing)
    print(f"{len(results) - len(failed)} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
