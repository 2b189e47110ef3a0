"""The questions about the sample shop: computes their answers with plain DuckDB.

    python tests/golden/sample_answers.py           compares with sample_data/answers.json
    python tests/golden/sample_answers.py --write   writes answers.json and the table in README.md

Muster takes no part in it: every question has SQL of its own, written by hand in another shape
than the condition.
"""

import json
import sys
from pathlib import Path

import duckdb

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
NOW = "2026-11-20T00:00:00Z"
START, END = "<!-- answers: begin -->", "<!-- answers: end -->"

# Question, cohort, condition, SQL that counts the same people.
QUESTIONS = [
    ("How many people are there?", "user/all", "", "select count(*) from users"),
    (
        "Who lives in Germany and ordered at least three times?",
        "user/all",
        "country = 'DE' and orders >= 3",
        "select count(*) from users where country = 'DE' and orders >= 3",
    ),
    (
        "Who does not live in France, people without a country included?",
        "user/all",
        "country is distinct from 'FR'",
        "select (select count(*) from users) - (select count(*) from users where country = 'FR')",
    ),
    (
        "And in SQL's own reading, which drops people without a country?",
        "user/all",
        "country <> 'FR'",
        "select count(country) - count(*) filter (where country = 'FR') from users",
    ),
    (
        "Who placed at least three orders in 2026?",
        "user/all",
        "count(orders) filter (where ordered >= date '2026-01-01') >= 3",
        "select count(*) from (select user_id from orders where year(ordered) = 2026 "
        "group by user_id having count(*) >= 3)",
    ),
    (
        "Whose orders sum to 1,000 EUR or more?",
        "user/all",
        "sum(orders.total) >= 1000",
        "select count(*) from (select user_id from orders group by user_id having sum(total) >= 1000)",
    ),
    (
        "Who ordered before, but not in the last 90 days?",
        "user/all",
        "last_order < now() - interval 90 days",
        "select count(*) from (select user_id from orders group by user_id "
        "having max(ordered) < timestamp '2026-08-22 00:00:00')",
    ),
    (
        "Who bought at least six different teas?",
        "user/all",
        "count(distinct order_items.sku) filter (where sku like 'TEA-%') >= 6",
        "select count(*) from (select o.user_id from orders o join order_items i using (order_id) "
        "where starts_with(i.sku, 'TEA-') group by 1 having count(distinct i.sku) >= 6)",
    ),
    (
        "Who visited but never ordered?",
        "user/all",
        "count(events) >= 1 and count(orders) = 0",
        "select count(*) from (select distinct user_id from events "
        "except select user_id from orders)",
    ),
    (
        "Who ran into the broken checkout in September 2026 and has not ordered since?",
        "user/all",
        "count(events) filter (where event = 'checkout_error') >= 1 "
        "and count(orders) filter (where ordered >= date '2026-09-25') = 0",
        "select count(*) from (select distinct user_id from events where event = 'checkout_error' "
        "except select user_id from orders where ordered >= timestamp '2026-09-25')",
    ),
    (
        "Who opened at least four e-mails without following a single link?",
        "user/all",
        "count(emails_sent) filter (where opened) >= 4 "
        "and count(emails_sent) filter (where clicked) = 0",
        "select count(*) from (select user_id from emails_sent group by 1 "
        "having sum(opened::int) >= 4 and not bool_or(clicked))",
    ),
    (
        "Whose address is at a made-up company (firm… .example)?",
        "user/all",
        "contains(email, '@firm')",
        "select count(*) from users where email like '%@firm%'",
    ),
    (
        "Who is labelled as tea lover or gift buyer?",
        "user/all",
        "list_has_any(tags, ['tea lover', 'gift buyer'])",
        "select count(distinct user_id) from (select user_id, unnest(tags) tag from users) "
        "where tag in ('tea lover', 'gift buyer')",
    ),
    (
        "Who is labelled VIP?",
        "user/all",
        "list_contains(tags, 'vip')",
        "select count(*) from (select user_id, unnest(tags) tag from users) where tag = 'vip'",
    ),
    (
        "Which known customers have been lost, though they once spent 500 EUR or more?",
        "big_spenders",
        "in_cohort('lapsed')",
        "select count(*) from users where email is not null and orders >= 1 "
        "and lifetime_value >= 500 and last_order < timestamp '2026-11-20 06:00:00' - interval 180 days",
    ),
    (
        "Which known customers get no newsletter?",
        "known_customers",
        "not in_cohort('newsletter')",
        "select count(*) from users where email is not null and orders >= 1 "
        "and marketing_consent is not true",
    ),
    (
        "Who is on trial and came on three days or more in the last 30?",
        "trial_users",
        "sessions_30d >= 3",
        "select count(*) from users where plan = 'trial' and sessions_30d >= 3",
    ),
    (
        "Who gave no answer about recommending the shop, or 6 or less?",
        "known_customers",
        "nps is null or nps <= 6",
        "select count(*) from users where email is not null and orders >= 1 "
        "and coalesce(nps, 0) <= 6",
    ),
    (
        "Which accounts have at least ten people who may sign in?",
        "account/all",
        "count(users) >= 10",
        "select count(*) from (select account_id from users where account_id is not null "
        "group by 1 having count(*) >= 10)",
    ),
    (
        "Which orders above 200 EUR were cancelled or refunded?",
        "order/all",
        "total > 200 and status in ('cancelled', 'refunded')",
        "select count(*) from orders where total > 200 and (status = 'cancelled' or status = 'refunded')",
    ),
]


def answers():
    db = duckdb.connect(str(SAMPLE / "shop.duckdb"), read_only=True)
    for question, cohort, where, sql in QUESTIONS:
        answer = db.execute(sql).fetchone()[0]
        yield {
            "question": question,
            "cohort": cohort,
            "where": where,
            "now": NOW,
            "answer": answer,
            "sql": sql,
        }


def command(row):
    where = f' --where "{row["where"]}"' if row["where"] else ""
    return f'muster count sample_data/shop.duckdb --cohort {row["cohort"]}{where} --now {row["now"]}'


def readme_part(rows):
    lines = [START, ""]
    for number, row in enumerate(rows, 1):
        lines += [f"**{number}. {row['question']}** {row['answer']:,}", "", "```sh", command(row)]
        lines += ["```", "", "```sql", row["sql"], "```", ""]
    return "\n".join([*lines, END])


def main():
    rows = list(answers())
    kept = SAMPLE / "answers.json"
    readme = SAMPLE / "README.md"
    text = readme.read_text(encoding="utf-8")
    part = text[text.index(START) : text.index(END) + len(END)]
    if "--write" in sys.argv:
        kept.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        readme.write_text(text.replace(part, readme_part(rows)), encoding="utf-8")
    failed = json.loads(kept.read_text(encoding="utf-8")) != rows
    failed = failed or readme_part(rows) not in readme.read_text(encoding="utf-8")
    print("the answers have changed: run with --write" if failed else f"{len(rows)} answers agree")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
