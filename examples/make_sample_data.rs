//! Makes the sample shop: `cargo run --release --example make_sample_data [FILE]`.
//!
//! A made-up shop for tea and coffee with people in fourteen countries, their orders, visits and
//! e-mails, and six monthly runs. The same seed gives the same content on every machine: there is
//! no clock and no randomness from outside. Each person draws from an own stream, so that a change
//! to one does not move all others.

#[path = "sample_shop/names.rs"]
mod names;

use duckdb::{Appender, Connection, params};
use names::{
    CAMPAIGNS, CHANNELS, COUNTRIES, Campaign, Country, DESCRIPTIONS, FIRMS, INDUSTRIES, PRODUCTS,
};
use std::error::Error;
use std::path::Path;

type Outcome<T> = Result<T, Box<dyn Error>>;

const SEED: u64 = 0x4D75_7374_6572;
const PEOPLE: u64 = 6_000;
const ACCOUNTS: u64 = 700;
const DAY: i64 = 86_400;
/// The moments of the runs: the 20th at six in the morning, June to November 2026.
const RUNS: [(i64, i64); 6] = [(2026, 6), (2026, 7), (2026, 8), (2026, 9), (2026, 10), (2026, 11)];

fn main() -> Outcome<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "sample_data/shop.duckdb".to_owned());
    let path = Path::new(&path);
    if path.exists() {
        std::fs::remove_file(path)?;
    }
    let db = Connection::open_in_memory()?;
    db.execute_batch("set threads = 1; set TimeZone = 'UTC'")
        .or_else(|_| db.execute_batch("set threads = 1"))?;
    db.execute_batch(&format!(
        "attach '{}' as shop (storage_version 'v1.0.0')",
        path.display().to_string().replace('\'', "''")
    ))?;
    db.execute_batch(STAGING)?;
    let products = write_products(&db)?;
    write_accounts(&db)?;
    Shop::new(&db, products)?.write()?;
    db.execute_batch(TABLES)?;
    db.execute_batch(COHORTS)?;
    for (table, column, says) in DESCRIPTIONS {
        let says = says.replace('\'', "''");
        db.execute_batch(&format!("comment on column shop.main.{table}.{column} is '{says}'"))?;
    }
    db.execute_batch("checkpoint shop; detach shop")?;
    Ok(())
}

/// SplitMix64: small, fast, the same everywhere.
struct Random(u64);

impl Random {
    /// The stream of one thing: a purpose and a number.
    fn of(purpose: u64, number: u64) -> Self {
        let mut seed = Self(SEED ^ (purpose << 48) ^ number.wrapping_mul(0x9E37_79B9));
        Self(seed.next())
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 to `limit`, without it.
    fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }

    /// From `low` to `high`, both included.
    fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).max(1) as u64) as i64
    }

    /// True so many times in 1,000.
    fn chance(&mut self, of_thousand: u64) -> bool {
        self.below(1_000) < of_thousand
    }

    /// One of several, the first ones far more often.
    fn skewed(&mut self, count: usize) -> usize {
        let weights = (0..count as u64).map(|rank| 6_000 / (rank + 2));
        self.weighted(weights.collect::<Vec<_>>().as_slice())
    }

    /// An index, as often as its weight says.
    fn weighted(&mut self, weights: &[u64]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        0
    }

    /// How many successes before the first failure, at most `limit`.
    fn streak(&mut self, of_thousand: u64, limit: u64) -> u64 {
        let mut count = 0;
        while count < limit && self.chance(of_thousand) {
            count += 1;
        }
        count
    }

    fn pick<'a>(&mut self, words: &'a str, separator: char) -> &'a str {
        let words: Vec<&str> = words.split(separator).collect();
        words[self.below(words.len() as u64) as usize]
    }
}

/// Days from 1970 to a day of the Gregorian calendar.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Seconds from 1970 to the start of a day.
fn start_of(year: i64, month: i64, day: i64) -> i64 {
    days(year, month, day) * DAY
}

/// The calendar month of a moment, 0 to 11.
fn month_of(seconds: i64) -> usize {
    let of_era = (seconds.div_euclid(DAY) + 719_468).rem_euclid(146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    ((((5 * of_year + 2) / 153) + 2) % 12) as usize
}

/// The moment at which everything ends: the latest run.
fn latest_run() -> i64 {
    start_of(2026, 11, 20) + 6 * 3_600
}

/// A moment on a day at an hour when people are awake.
fn waking(random: &mut Random, day: i64) -> i64 {
    const HOURS: [u64; 24] =
        [6, 3, 2, 1, 1, 3, 12, 30, 45, 52, 55, 60, 70, 62, 50, 48, 50, 58, 72, 90, 96, 80, 46, 18];
    day * DAY + random.weighted(&HOURS) as i64 * 3_600 + random.between(0, 3_599)
}

/// A moment between two others: more before Christmas, fewer in summer, more on Sundays and Mondays.
fn season(random: &mut Random, from: i64, to: i64) -> i64 {
    const MONTHS: [u64; 12] = [70, 66, 72, 70, 68, 56, 48, 46, 66, 78, 118, 140];
    // From Thursday on, which 1 January 1970 was.
    const WEEKDAYS: [u64; 7] = [96, 98, 100, 130, 138, 80, 92];
    let mut moment = from;
    for _ in 0..24 {
        let day = random.between(from.div_euclid(DAY), to.div_euclid(DAY));
        moment = waking(random, day).clamp(from, to);
        let weight = MONTHS[month_of(moment)] * WEEKDAYS[day.rem_euclid(7) as usize];
        if random.below(140 * 140) < weight {
            break;
        }
    }
    moment
}

/// `native=latin`, or a name whose Latin form is made by dropping marks.
fn both_scripts(word: &str) -> (String, String) {
    if let Some((native, latin)) = word.split_once('=') {
        return (native.to_owned(), latin.to_owned());
    }
    let lower = word.to_lowercase();
    let latin = lower.chars().map(|letter| match letter {
        'ä' | 'à' | 'á' | 'â' | 'å' | 'ą' => "a".to_owned(),
        'ö' | 'ó' | 'ô' | 'ø' => "o".to_owned(),
        'ü' | 'ú' | 'û' => "u".to_owned(),
        'é' | 'è' | 'ê' | 'ë' | 'ę' => "e".to_owned(),
        'í' | 'ï' | 'î' | 'ı' => "i".to_owned(),
        'ç' | 'ć' => "c".to_owned(),
        'ñ' | 'ń' => "n".to_owned(),
        'ł' => "l".to_owned(),
        'ś' => "s".to_owned(),
        'ż' | 'ź' => "z".to_owned(),
        'ß' => "ss".to_owned(),
        'a'..='z' | '-' => letter.to_string(),
        _ => String::new(),
    });
    (word.to_owned(), latin.collect())
}

const STAGING: &str = "
create temp table products(sku varchar, name varchar, category varchar);
create temp table accounts(account_id varchar, name varchar, parent_account_id varchar,
    industry varchar, seats integer, arr double, is_internal boolean, created bigint);
create temp table people(user_id integer, account_id varchar, name varchar, email varchar,
    phone varchar, country varchar, city varchar, language varchar, signed_up bigint,
    birthday integer, marketing_consent boolean, tags varchar, nps integer,
    acquisition_channel varchar);
create temp table plans(user_id integer, run_at bigint, plan varchar);
create temp table orders(order_id integer, user_id integer, ordered bigint, cents bigint,
    currency varchar, status varchar, channel varchar, discount double);
create temp table items(order_id integer, sku varchar, quantity integer, cents bigint);
create temp table events(user_id integer, \"at\" bigint, event varchar, page varchar, device varchar);
create temp table emails(user_id integer, sent_at bigint, campaign varchar, opened boolean,
    clicked boolean);
";

/// The products with their prices in cents.
fn write_products(db: &Connection) -> Outcome<Vec<(String, u64)>> {
    let mut random = Random::of(1, 0);
    let mut rows = db.appender("products")?;
    let mut products = Vec::new();
    for (category, code, low, high, names) in PRODUCTS {
        for (index, name) in names.split('|').enumerate() {
            let sku = format!("{code}-{:03}", index + 1);
            rows.append_row(params![sku, name, category])?;
            let price = (low + random.below(high - low)) / 10 * 10 + 9;
            products.push((sku, price));
        }
    }
    rows.flush()?;
    Ok(products)
}

fn account_id(number: u64) -> String {
    format!("acc_{number:04}")
}

fn write_accounts(db: &Connection) -> Outcome<()> {
    let mut rows = db.appender("accounts")?;
    let weights: Vec<u64> = INDUSTRIES.iter().map(|(_, weight)| *weight).collect();
    for number in 1..=ACCOUNTS {
        let mut random = Random::of(2, number);
        let internal = number <= 3;
        let name = match number {
            1 => "Leaf & Bean (staff)".to_owned(),
            2 => "Leaf & Bean (test environment)".to_owned(),
            3 => "Leaf & Bean (store tablets)".to_owned(),
            _ => format!("{} {}", random.pick(FIRMS.0, '|'), random.pick(FIRMS.1, '|')),
        };
        let parent = (number > 20 && random.chance(240))
            .then(|| account_id(4 + random.skewed((number / 8) as usize + 1) as u64));
        let seats =
            1 + random.streak(780, 60) + random.streak(960, 400) * u64::from(random.chance(60));
        let arr = (!internal && random.chance(840))
            .then(|| (seats * (90 + random.below(160))) as f64 + random.below(100) as f64 / 100.0);
        let created =
            waking(&mut random, days(2023, 1, 9) + number as i64 * 1_380 / ACCOUNTS as i64);
        rows.append_row(params![
            account_id(number),
            name,
            parent,
            INDUSTRIES[random.weighted(&weights)].0,
            seats as i32,
            arr,
            internal,
            created
        ])?;
    }
    rows.flush()?;
    Ok(())
}

/// Writes people with everything that belongs to them.
struct Shop<'a> {
    products: Vec<(String, u64)>,
    people: Appender<'a>,
    plans: Appender<'a>,
    orders: Appender<'a>,
    items: Appender<'a>,
    events: Appender<'a>,
    emails: Appender<'a>,
    last_order_id: i32,
    taken: std::collections::HashSet<String>,
}

/// What the parts of one person's story share.
struct Person {
    id: i32,
    country: &'static Country,
    signed_up: i64,
    /// After this the person does not come any more.
    left: i64,
    business: bool,
    device: &'static str,
    consent: Option<bool>,
    email: Option<String>,
    /// How much the person orders: 0 never to 4 very often.
    appetite: usize,
}

impl<'a> Shop<'a> {
    fn new(db: &'a Connection, products: Vec<(String, u64)>) -> Outcome<Self> {
        Ok(Self {
            products,
            people: db.appender("people")?,
            plans: db.appender("plans")?,
            orders: db.appender("orders")?,
            items: db.appender("items")?,
            events: db.appender("events")?,
            emails: db.appender("emails")?,
            last_order_id: 50_000,
            taken: std::collections::HashSet::new(),
        })
    }

    fn write(mut self) -> Outcome<()> {
        for number in 1..=PEOPLE {
            let person = self.person(number)?;
            self.plans_of(&person)?;
            self.orders_of(&person)?;
            self.visits_of(&person)?;
            self.emails_of(&person)?;
        }
        for rows in [self.people, self.plans, self.orders, self.items, self.events, self.emails] {
            let mut rows = rows;
            rows.flush()?;
        }
        Ok(())
    }

    fn person(&mut self, number: u64) -> Outcome<Person> {
        let mut random = Random::of(3, number);
        let weights: Vec<u64> = COUNTRIES.iter().map(|country| country.weight).collect();
        let country = &COUNTRIES[random.weighted(&weights)];
        // Growth: later sign-ups lie closer together.
        let share = number as i64 * 1_000 / PEOPLE as i64;
        let span = days(2026, 11, 19) - days(2023, 1, 16);
        let day =
            days(2023, 1, 16) + span * (1_700 * share - 700 * share * share / 1_000) / 1_000_000;
        let signed_up = waking(&mut random, day.min(days(2026, 11, 19)));
        let staff = random.chance(8);
        let business = staff || random.chance(300);
        let account = match (staff, business) {
            (true, _) => Some(1 + random.below(3)),
            (false, true) => Some(4 + random.skewed(ACCOUNTS as usize - 4) as u64),
            _ => None,
        };
        let (given, given_latin) = both_scripts(random.pick(country.given, ' '));
        let (family, family_latin) = both_scripts(random.pick(country.family, ' '));
        let name = match country.order.strip_prefix('<') {
            Some(between) => format!("{family}{between}{given}"),
            None => format!("{given}{}{family}", country.order),
        };
        let email = random
            .chance(955)
            .then(|| self.address(&mut random, &given_latin, &family_latin, account, staff));
        // Paid clicks of spring 2025 brought many people who came once.
        let spring = signed_up >= start_of(2025, 3, 1) && signed_up < start_of(2025, 6, 1);
        let channel = if spring && random.chance(420) {
            "paid_search"
        } else {
            let weights: Vec<u64> = CHANNELS.iter().map(|(_, weight)| *weight).collect();
            CHANNELS[random.weighted(&weights)].0
        };
        let appetite = if spring && channel == "paid_search" {
            random.weighted(&[560, 360, 60, 15, 5])
        } else {
            random.weighted(&[330, 270, 240, 120, 40])
        };
        let left = if random.chance(if spring { 250 } else { 520 }) {
            latest_run()
        } else {
            let stay = latest_run() - signed_up;
            signed_up + stay / 1_000 * random.between(5, 980)
        };
        let person = Person {
            id: 100_000 + number as i32,
            country,
            signed_up,
            left: left.min(latest_run() - 3_600),
            business,
            device: ["ios", "android", "desktop", "tablet"][random.weighted(&[330, 280, 340, 50])],
            consent: (!random.chance(170)).then(|| random.chance(610)),
            email,
            appetite,
        };
        let nps =
            random.chance(170).then(|| [9, 10, 8, 7, 6, 10, 5, 3, 0, 2, 4, 1][random.skewed(12)]);
        let country_known = random.chance(968);
        self.people.append_row(params![
            person.id,
            account.map(account_id),
            random.chance(992).then_some(name),
            person.email,
            random.chance(610).then(|| phone(&mut random, country)),
            country_known.then_some(country.code),
            (country_known && random.chance(940)).then(|| city(&mut random, country)),
            if random.chance(880) { country.language } else { "en" },
            person.signed_up,
            random.chance(640).then(|| birthday(&mut random)),
            person.consent,
            tags(&mut random, &person),
            nps,
            random.chance(975).then_some(channel)
        ])?;
        Ok(person)
    }

    /// An e-mail address that nobody else has.
    fn address(
        &mut self,
        random: &mut Random,
        given: &str,
        family: &str,
        account: Option<u64>,
        staff: bool,
    ) -> String {
        let host = match account {
            _ if staff => "leafandbean.example".to_owned(),
            Some(number) if random.chance(700) => format!("firm{number}.example"),
            _ => ["example.com", "example.org", "example.net", "mail.example"]
                [random.weighted(&[500, 200, 120, 180])]
            .to_owned(),
        };
        let stem = match random.below(4) {
            0 => format!("{given}.{family}"),
            1 => format!("{}{family}", given.chars().next().unwrap_or('x')),
            2 => format!("{given}{}", random.between(1, 99)),
            _ => format!("{given}_{family}"),
        };
        let stem = if random.chance(25) { stem.to_uppercase() } else { stem };
        let mut address = format!("{stem}@{host}");
        let mut again = 2;
        while !self.taken.insert(address.to_lowercase()) {
            address = format!("{stem}+{again}@{host}");
            again += 1;
        }
        address
    }

    /// The membership at each run: free, a month on trial, then plus; business for accounts.
    fn plans_of(&mut self, person: &Person) -> Outcome<()> {
        let mut random = Random::of(4, person.id as u64);
        let tries = random.chance(520);
        let trial_from =
            person.signed_up + if random.chance(500) { 0 } else { DAY * random.between(3, 900) };
        let stays = random.chance(410);
        let plus_until = trial_from + DAY * random.between(90, 1_100);
        for (year, month) in RUNS {
            let run = start_of(year, month, 20) + 6 * 3_600;
            if person.signed_up >= run {
                continue;
            }
            let plan = if person.business && person.appetite > 0 {
                "business"
            } else if !tries || run < trial_from {
                "free"
            } else if run < trial_from + 30 * DAY {
                "trial"
            } else if stays && run < plus_until {
                "plus"
            } else {
                "free"
            };
            self.plans.append_row(params![person.id, run, plan])?;
        }
        Ok(())
    }

    fn orders_of(&mut self, person: &Person) -> Outcome<()> {
        let mut random = Random::of(5, person.id as u64);
        let count = match person.appetite {
            0 => 0,
            1 => 1,
            2 => 2 + random.streak(600, 6),
            3 => 4 + random.streak(850, 30),
            _ => 10 + random.streak(950, 120),
        };
        // Who came lately had no time yet for many orders.
        let count = count.min(
            u64::from(count > 0)
                + ((person.left - person.signed_up).max(0) / (17 * DAY)) as u64 * 2 / 3,
        );
        let mut moments: Vec<i64> = (0..count)
            .map(|index| match index {
                0 => (person.signed_up + random.between(120, 9 * DAY)).min(person.left),
                _ => season(&mut random, person.signed_up, person.left),
            })
            .filter(|moment| *moment >= person.signed_up)
            .collect();
        moments.sort_unstable();
        moments.dedup();
        for moment in moments {
            self.order(person, moment, &mut random)?;
        }
        Ok(())
    }

    /// One order, or one that failed: in September 2026 the checkout broke on iOS.
    fn order(&mut self, person: &Person, moment: i64, random: &mut Random) -> Outcome<()> {
        let channel = ["web", "app", "store", "phone"][random.weighted(&[560, 300, 110, 30])];
        let online = matches!(channel, "web" | "app");
        let broken = online
            && person.device == "ios"
            && (start_of(2026, 9, 3)..start_of(2026, 9, 25)).contains(&moment)
            && random.chance(700);
        if online && moment >= start_of(2026, 5, 21) {
            self.purchase_visit(person, moment, broken, random)?;
        }
        if broken {
            return Ok(());
        }
        self.last_order_id += 1;
        let id = self.last_order_id;
        let black_friday = matches!(month_of(moment), 10 | 11);
        let discount = random
            .chance(if black_friday { 420 } else { 110 })
            .then(|| [5_u64, 10, 15, 20, 30][random.weighted(&[20, 45, 15, 15, 5])]);
        let pieces = 1 + random.streak(450, 7) + u64::from(person.business) * random.streak(600, 6);
        let mut cents = 0;
        let mut seen = Vec::new();
        for _ in 0..pieces {
            let product = random.skewed(self.products.len());
            if seen.contains(&product) {
                continue;
            }
            seen.push(product);
            let (sku, price) = &self.products[product];
            let quantity = 1 + random.streak(200, 5) * if person.business { 3 } else { 1 };
            cents += price * quantity;
            self.items.append_row(params![id, sku, quantity as i32, *price as i64])?;
        }
        cents -= cents * discount.unwrap_or(0) / 100;
        let age = latest_run() - moment;
        let status = match random.below(1_000) {
            0..35 => "cancelled",
            35..80 => "refunded",
            _ if age < 2 * DAY => "paid",
            _ if age < 7 * DAY => "shipped",
            _ => "delivered",
        };
        self.orders.append_row(params![
            id,
            person.id,
            moment,
            cents as i64,
            person.country.currency,
            status,
            channel,
            discount.map(|percent| percent as f64 / 100.0)
        ])?;
        Ok(())
    }

    fn event(&mut self, person: &Person, at: i64, event: &str, page: &str) -> Outcome<()> {
        self.events.append_row(params![person.id, at, event, page, person.device])?;
        Ok(())
    }

    fn purchase_visit(
        &mut self,
        person: &Person,
        bought: i64,
        broken: bool,
        random: &mut Random,
    ) -> Outcome<()> {
        let page = format!("/product/{}", self.products[random.skewed(40)].0);
        self.event(person, bought - random.between(301, 600), "page_view", &page)?;
        self.event(person, bought - random.between(121, 300), "add_to_cart", &page)?;
        self.event(person, bought - random.between(30, 120), "checkout", "/checkout")?;
        if broken {
            for attempt in 0..=random.streak(400, 3) {
                let at = bought + attempt as i64 * random.between(5, 20);
                self.event(person, at, "checkout_error", "/checkout")?;
            }
            return Ok(());
        }
        self.event(person, bought, "purchase", "/thanks")
    }

    /// Visits without an order, from 21 May 2026 on.
    fn visits_of(&mut self, person: &Person) -> Outcome<()> {
        let mut random = Random::of(6, person.id as u64);
        let from = person.signed_up.max(start_of(2026, 5, 21));
        if person.left <= from {
            return Ok(());
        }
        let months = (person.left - from) / (30 * DAY) + 1;
        let visits = random.streak([480, 600, 760, 880, 940][person.appetite], 8 * months as u64);
        for _ in 0..visits {
            let mut at = season(&mut random, from, person.left);
            for step in 0..=random.streak(520, 6) {
                let (event, page) = match (step, random.below(10)) {
                    (0, 0..=5) => ("page_view", "/".to_owned()),
                    (_, 0..=5) => {
                        ("page_view", format!("/product/{}", self.products[random.skewed(40)].0))
                    }
                    (_, 6 | 7) => ("search", "/search".to_owned()),
                    (_, 8) => ("page_view", "/blog".to_owned()),
                    _ => ("add_to_cart", "/cart".to_owned()),
                };
                if at < latest_run() {
                    self.event(person, at, event, &page)?;
                }
                at += random.between(8, 240);
            }
        }
        Ok(())
    }

    fn emails_of(&mut self, person: &Person) -> Outcome<()> {
        if person.consent != Some(true) || person.email.is_none() {
            return Ok(());
        }
        let mut random = Random::of(7, person.id as u64);
        let keen = [600, 850, 1_000, 1_200, 1_350][person.appetite];
        for Campaign { name: campaign, day: (year, month, day), opens, clicks } in CAMPAIGNS {
            let sent = start_of(*year, *month, *day) + 9 * 3_600 + random.between(0, 1_799);
            if person.signed_up >= sent || !random.chance(930) {
                continue;
            }
            // Matcha week was made for readers in Japan.
            let clicks = clicks
                * if *campaign == "matcha_week" && person.country.code == "JP" { 2 } else { 1 };
            let opened = random.chance((opens * keen / 1_000).min(950));
            let clicked = opened && random.chance((clicks * keen / 1_000).min(900));
            self.emails.append_row(params![person.id, sent, campaign, opened, clicked])?;
        }
        Ok(())
    }
}

fn phone(random: &mut Random, country: &Country) -> String {
    format!("{}{:03}", country.dial, random.below(1_000))
}

fn city(random: &mut Random, country: &'static Country) -> &'static str {
    let cities: Vec<&str> = country.cities.split('|').collect();
    cities[random.skewed(cities.len())]
}

/// Days from 1970 to a birthday: mostly people between 20 and 60.
fn birthday(random: &mut Random) -> i32 {
    let middle = random.between(0, 14_000) + random.between(0, 8_600);
    (days(1946, 1, 1) + middle + random.between(0, 365)) as i32
}

/// Labels, separated by bars; missing for most.
fn tags(random: &mut Random, person: &Person) -> Option<String> {
    let mut tags = Vec::new();
    if person.appetite == 4 {
        tags.push("vip");
    }
    let others =
        ["gift buyer", "tea lover", "coffee nerd", "allergy", "complained", "press", "wholesale"];
    for _ in 0..random.streak(320, 3) {
        let tag = others[random.skewed(others.len())];
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    (!tags.is_empty()).then(|| tags.join("|"))
}

const TABLES: &str = "
create table shop.main.products as select * from products order by sku;
create table shop.main.accounts as
    select account_id, name, parent_account_id, industry, seats, arr, is_internal,
        make_timestamp(created * 1000000) as created
    from accounts order by account_id;
create table shop.main.orders as
    select order_id, user_id, make_timestamp(ordered * 1000000) as ordered,
        (cents / 100)::decimal(10, 2) as total, currency, status, channel, discount
    from orders order by order_id;
create table shop.main.order_items as
    select order_id, sku, quantity, (cents / 100)::decimal(10, 2) as price
    from items order by order_id, sku;
create table shop.main.events as
    select user_id, make_timestamp(\"at\" * 1000000) as \"at\", event, page, device
    from events order by \"at\", user_id, event, page;
create table shop.main.emails_sent as
    select user_id, to_timestamp(sent_at) as sent_at, campaign, opened, clicked
    from emails order by sent_at, user_id, campaign;
create temp table history as
    select plans.user_id, make_timestamp(run_at * 1000000) as run_at, plan,
        (select count(*) from shop.main.orders o
            where o.user_id = plans.user_id and o.ordered < make_timestamp(run_at * 1000000))
            ::integer as orders,
        coalesce((select sum(total) from shop.main.orders o
            where o.user_id = plans.user_id and o.ordered < make_timestamp(run_at * 1000000)
                and status not in ('cancelled', 'refunded')), 0)::double as lifetime_value,
        (select count(distinct e.\"at\"::date) from shop.main.events e
            where e.user_id = plans.user_id and e.\"at\" < make_timestamp(run_at * 1000000)
                and e.\"at\" >= make_timestamp(run_at * 1000000) - interval 30 days)
            ::integer as sessions_30d
    from plans;
create table shop.main.users as
    with bought as (select user_id, max(ordered) as last_order from shop.main.orders group by all),
        came as (select user_id, max(\"at\") as last_visit from shop.main.events group by all)
    select user_id, account_id, name, email, phone, country, city, language,
        make_timestamp(signed_up * 1000000) as signed_up,
        (date '1970-01-01' + birthday)::date as birthday, plan, marketing_consent,
        lifetime_value, orders, last_order,
        greatest(make_timestamp(signed_up * 1000000), last_order, last_visit) as last_seen,
        sessions_30d, string_split(tags, '|') as tags, nps, acquisition_channel
    from people
    join history using (user_id)
    left join bought using (user_id)
    left join came using (user_id)
    where run_at = timestamp '2026-11-20 06:00:00'
    order by user_id;
create table shop.main.user_history as
    select user_id, run_at, plan, orders, lifetime_value, sessions_30d
    from history order by run_at, user_id;
";

const COHORTS: &str = "
use shop;
create schema cohorts;
create view cohorts.known_customers as
    select * from main.users where email is not null and orders >= 1;
create view cohorts.big_spenders as
    select * from cohorts.known_customers where lifetime_value >= 500;
create view cohorts.trial_users as select user_id from main.users where plan = 'trial';
create view cohorts.lapsed as
    select * from cohorts.known_customers
    where last_order < (select max(run_at) from main.user_history) - interval 180 days;
create view cohorts.newsletter as
    select user_id from main.users where marketing_consent and email is not null;
use memory;
";
