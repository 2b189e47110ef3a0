//! `muster profile`: one entity, whole.

use super::args::{NowArgs, SourceArgs};
use super::count::unexpected;
use super::session::{Watch, open_run};
use super::slice::{conditioned, moment};
use super::table::{cut, table};
use super::{Lines, Printed};
use crate::engine::Session;
use crate::engine::slices::cohort;
use crate::language::{print, print_clause, words};
use crate::model::catalog::{Catalog, CohortRef, Column, Entity};
use crate::model::clause::{Aggregate, Clause, Comparison, Expr, Group, Measure, Node, Test};
use crate::model::failure::Failure;
use crate::model::now::Moment;
use crate::model::question::{Answer, Profile, Question, RelatedRows, Slice};
use crate::model::value::grouped;
use crate::model::value::{Kind, Value};
use clap::Args;
use serde::Serialize;

/// The most matches that are listed.
const MATCHES_MAX: u32 = 20;

/// `muster profile PATH --entity user --id email=a@b.com`
#[derive(Debug, Args)]
pub struct ProfileOf {
    #[command(flatten)]
    source: SourceArgs,
    /// The entity's name.
    #[arg(long, value_name = "NAME")]
    entity: String,
    /// FEATURE=VALUE: any feature, or any id type of a built project; VALUE alone is the key.
    #[arg(long, value_name = "FEATURE=VALUE")]
    id: String,
    /// Also say whether it is in this cohort.
    #[arg(long, value_name = "COHORT")]
    cohort: Option<String>,
    /// Also say which clauses of this condition it meets.
    #[arg(long = "where", value_name = "CONDITION")]
    condition: Option<String>,
    #[command(flatten)]
    now: NowArgs,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl ProfileOf {
    pub(super) fn run(&self) -> Result<Printed, Failure> {
        let watch = Watch::new();
        let session = open_run(&self.source, self.now.run()?, &watch)?;
        let entity = entity(session.catalog(), &self.entity)?;
        let sought = Sought::of(session.catalog(), entity, &self.id)?;
        let now = moment(&self.now)?;
        let clause = sought.clause()?;
        let slice = Slice {
            cohort: CohortRef::all(&entity.name),
            tree: Group::all([Node::Clause(clause)]),
            now: now.clone(),
            segments: Vec::new(),
        };
        let keys = keys(&session, &slice, entity)?;
        let profile = match keys.as_slice() {
            [] => return Err(sought.nobody(entity)),
            [key] => Some(self.shown(&session, entity, key, &now)?),
            _ => None,
        };
        let shown = Shown::of(entity, &keys, profile, &now);
        Ok(match self.json {
            true => Printed::json(&shown),
            false => Printed::done(&shown.text()),
        })
    }

    /// The profile of a key, with its cohorts and why it is in the slice that was asked about.
    fn shown(
        &self,
        session: &Session,
        entity: &Entity,
        key: &Value,
        now: &Moment,
    ) -> Result<ShownProfile, Failure> {
        let opened = session.opened();
        let cohort = match &self.cohort {
            Some(asked) => self::cohort(&opened.catalog, asked, "--cohort")?,
            None => CohortRef::all(&entity.name),
        };
        if cohort.entity != entity.name {
            let what = format!("{cohort} is a cohort of another entity");
            return Err(Failure::wrong_use(what, "--cohort", "name a cohort of this entity"));
        }
        let condition = self.condition.as_deref().unwrap_or_default();
        let (catalog, workspace) = (&*opened.catalog, &opened.workspace);
        let slice = conditioned(cohort, condition, now.clone(), (catalog, workspace))?;
        let profile = profile(session, &slice, key)?;
        let asked = self.cohort.is_some() || self.condition.is_some();
        let cohorts = memberships(session, entity, key, now)?;
        Ok(ShownProfile::of(&profile, cohorts, asked.then_some(&slice)))
    }
}

/// Each cohort of the entity, and whether the one with this key is in it.
fn memberships(
    session: &Session,
    entity: &Entity,
    key: &Value,
    now: &Moment,
) -> Result<Vec<ShownMembership>, Failure> {
    let is_key = Test::Compare(Comparison::Equal, Expr::Value(key.clone()));
    let clause = Clause::on(&entity.key, is_key);
    let mut found = Vec::with_capacity(entity.cohorts.len());
    for cohort in &entity.cohorts {
        let slice = Slice {
            cohort: CohortRef { entity: entity.name.clone(), cohort: Some(cohort.name.clone()) },
            tree: Group::all([Node::Clause(clause.clone())]),
            now: now.clone(),
            segments: Vec::new(),
        };
        match session.ask(&slice, &Question::Size)?.answer {
            Answer::Size(size) => {
                let member = size.kept > 0;
                found.push(ShownMembership { cohort: cohort.name.clone(), member });
            }
            other => return Err(unexpected(&other)),
        }
    }
    Ok(found)
}

fn entity<'a>(catalog: &'a Catalog, name: &str) -> Result<&'a Entity, Failure> {
    catalog.entity(name).ok_or_else(|| {
        let names: Vec<&str> = catalog.entities.iter().map(|e| e.name.as_str()).collect();
        let hint = match names.is_empty() {
            true => "no entity was found in the source".to_owned(),
            false => format!("available: {}", names.join(", ")),
        };
        Failure::wrong_use(format!("there is no entity {name}"), "--entity", hint)
    })
}

/// What a person is sought by.
enum Sought<'a> {
    /// The value of a feature.
    Feature(&'a Column, &'a str),
    /// An id of the id graph: the table of the graph, the type of the id and the id.
    Id { graph: &'a str, id_type: &'a str, id: &'a str },
}

impl<'a> Sought<'a> {
    fn of(catalog: &'a Catalog, entity: &'a Entity, id: &'a str) -> Result<Self, Failure> {
        let wrong = match by_feature(entity, id) {
            Ok((feature, value)) => return Ok(Self::Feature(feature, value)),
            Err(wrong) => wrong,
        };
        let defined = catalog.definitions.as_ref().and_then(|definitions| {
            definitions.entities.iter().find(|defined| defined.name == entity.name)
        });
        let Some((defined, (written, value))) = defined.zip(id.split_once('=')) else {
            return Err(wrong);
        };
        let is_there = |name: &&String| catalog.tables.iter().any(|table| table.name == **name);
        let graph = defined.graph.as_ref();
        let graph = graph.and_then(|graph| [&graph.view, &graph.object].into_iter().find(is_there));
        let id_type =
            defined.id_types.iter().find(|kind| kind.eq_ignore_ascii_case(written.trim()));
        match (graph, id_type) {
            (Some(graph), Some(id_type)) => Ok(Self::Id { graph, id_type, id: value }),
            (Some(_), None) => {
                let kinds = defined.id_types.join(", ");
                let hint = format!("{}; its id types are {kinds}", wrong.hint);
                Err(Failure { hint, ..wrong })
            }
            (None, _) => Err(wrong),
        }
    }

    fn clause(&self) -> Result<Clause, Failure> {
        let (graph, id_type, id) = match self {
            Self::Feature(feature, value) => {
                return Ok(Clause::on(&feature.name, test(feature, value)?));
            }
            Self::Id { graph, id_type, id } => (graph, id_type, id),
        };
        let is = |column: &str, text: &str| {
            let text = Expr::Value(Value::Text(text.to_owned()));
            Node::Clause(Clause::on(column, Test::Compare(Comparison::Equal, text)))
        };
        let rows = Aggregate {
            measure: Measure::Count,
            table: (*graph).to_owned(),
            via: None,
            filter: Some(Group::all([is("other_id_type", id_type), is("other_id", id)])),
        };
        let none = Expr::Value(Value::Integer(0));
        Ok(Clause {
            left: Expr::Aggregate(Box::new(rows)),
            test: Test::Compare(Comparison::Greater, none),
            negated: None,
        })
    }

    fn nobody(&self, entity: &Entity) -> Failure {
        let (what, value) = match self {
            Self::Feature(feature, value) => (feature.name.as_str(), value),
            Self::Id { id_type, id, .. } => (*id_type, id),
        };
        Failure::new(
            format!("no {} has {what} = {value}", entity.name),
            "--id",
            "check the spelling; upper and lower case differ",
        )
    }
}

/// The feature and the value that are sought. `key` means the key, unless a feature has that name.
fn by_feature<'a, 'b>(entity: &'a Entity, id: &'b str) -> Result<(&'a Column, &'b str), Failure> {
    let key = || {
        entity.feature(&entity.key).ok_or_else(|| {
            Failure::new(format!("{} has no key among its features", entity.name), "", "")
        })
    };
    // A name may hold an equals sign itself: the longest name that is a feature counts.
    for (at, _) in id.rmatch_indices('=') {
        let (name, value) = (id[..at].trim(), &id[at + 1..]);
        if let Some(feature) = entity.feature(name) {
            return Ok((feature, value));
        }
    }
    match id.split_once('=') {
        None => Ok((key()?, id)),
        Some(("key", value)) => Ok((key()?, value)),
        Some((name, value)) => Ok((entity.known_feature(name, "--id")?, value)),
    }
}

/// The test that finds a value of a feature, typed as the feature is.
fn test(feature: &Column, value: &str) -> Result<Test, Failure> {
    let wrong = |hint: &str| {
        let what = format!("{} is a {}, but \"{value}\" is not", feature.name, feature.kind.word());
        Failure::wrong_use(what, "--id", hint)
    };
    let text = || value.to_owned();
    let typed = match feature.kind {
        Kind::Text => Value::Text(text()),
        Kind::Boolean => Value::Boolean(value.parse().map_err(|_| wrong("write true or false"))?),
        Kind::Integer => Value::Integer(value.trim().parse().map_err(|_| wrong("write digits"))?),
        Kind::Number => {
            let number: f64 = value.trim().parse().map_err(|_| wrong("write a number"))?;
            match number.is_finite() {
                true => Value::Decimal(value.trim().trim_start_matches('+').to_owned()),
                false => Value::Float(number),
            }
        }
        Kind::Date => {
            value.parse::<jiff::civil::Date>().map_err(|_| wrong("write 2026-11-23"))?;
            Value::Date(text())
        }
        Kind::Timestamp => Value::Timestamp(text()),
        Kind::Instant => Value::Instant(text()),
        Kind::List => return Ok(Test::ListHasAny(vec![Value::Text(text())])),
        Kind::Time | Kind::Interval | Kind::Nested | Kind::Binary => {
            return Err(wrong("choose a feature that is a number, text or a date"));
        }
    };
    Ok(Test::Compare(Comparison::Equal, Expr::Value(typed)))
}

/// The keys that match, at most one more than are listed.
fn keys(session: &Session, slice: &Slice, entity: &Entity) -> Result<Vec<Value>, Failure> {
    let question = Question::Page {
        columns: vec![entity.key.clone()],
        sort: None,
        offset: 0,
        limit: MATCHES_MAX + 1,
    };
    match session.ask(slice, &question)?.answer {
        Answer::Page(page) => {
            Ok(page.rows.into_iter().filter_map(|row| row.into_iter().next()).collect())
        }
        other => Err(unexpected(&other)),
    }
}

fn profile(session: &Session, slice: &Slice, key: &Value) -> Result<Profile, Failure> {
    match session.ask(slice, &Question::Profile { key: key.clone() })?.answer {
        Answer::Profile(profile) => Ok(profile),
        other => Err(unexpected(&other)),
    }
}

#[derive(Debug, Serialize)]
struct Shown {
    schema: u32,
    entity: String,
    key_feature: String,
    now: String,
    zone: String,
    matches: Vec<serde_json::Value>,
    more_matches: bool,
    profile: Option<ShownProfile>,
}

#[derive(Debug, Serialize)]
struct ShownProfile {
    key: serde_json::Value,
    features: serde_json::Map<String, serde_json::Value>,
    cohorts: Vec<ShownMembership>,
    in_cohort: Option<bool>,
    in_slice: Option<bool>,
    why: Vec<ShownWhy>,
    related: Vec<ShownRelated>,
}

#[derive(Debug, Serialize)]
struct ShownMembership {
    cohort: String,
    member: bool,
}

/// Whether a clause holds; `None` when a missing value leaves that open.
#[derive(Debug, Serialize)]
struct ShownWhy {
    clause: String,
    words: String,
    holds: Option<bool>,
}

#[derive(Debug, Serialize)]
struct ShownRelated {
    table: String,
    time_column: Option<String>,
    total: u64,
    columns: Vec<String>,
    rows: Vec<Vec<serde_json::Value>>,
}

impl Shown {
    fn of(entity: &Entity, keys: &[Value], profile: Option<ShownProfile>, now: &Moment) -> Self {
        let listed = MATCHES_MAX as usize;
        Self {
            schema: 1,
            entity: entity.name.clone(),
            key_feature: entity.key.clone(),
            now: now.written(),
            zone: now.zone_name(),
            matches: keys.iter().take(listed).map(json).collect(),
            more_matches: keys.len() > listed,
            profile,
        }
    }

    fn text(&self) -> Lines {
        match &self.profile {
            Some(profile) => profile.text(&self.entity),
            None => self.matches_text(),
        }
    }

    fn matches_text(&self) -> Lines {
        let more = if self.more_matches { "more than " } else { "" };
        let (entity, key) = (&self.entity, &self.key_feature);
        let mut out = Lines::default();
        out.line(format_args!("{more}{} match; by {key}:", self.matches.len()));
        for found in &self.matches {
            out.line(format_args!("  {}", cut(&text(found))));
        }
        out.line(format_args!("One {entity}: --id KEY"));
        out
    }
}

impl ShownProfile {
    fn of(profile: &Profile, cohorts: Vec<ShownMembership>, asked: Option<&Slice>) -> Self {
        let features = profile.features.iter().map(|(name, value)| (name.clone(), json(value)));
        Self {
            key: json(&profile.key),
            features: features.collect(),
            cohorts,
            in_cohort: asked.map(|_| profile.in_cohort),
            in_slice: asked.map(|_| profile.in_slice),
            why: asked.map(|slice| why(profile, slice)).unwrap_or_default(),
            related: profile.related.iter().map(ShownRelated::of).collect(),
        }
    }

    fn text(&self, entity: &str) -> Lines {
        let mut out = Lines::default();
        out.line(format_args!("{entity} {}", cut(&text(&self.key))));
        out.blank();
        let features = self.features.iter().map(|(name, value)| vec![name.clone(), text(value)]);
        out.add("", table(&["feature", "value"], features.collect(), &[]));
        let (members, others): (Vec<_>, Vec<_>) = self.cohorts.iter().partition(|c| c.member);
        for (word, cohorts) in [("In", members), ("Not in", others)] {
            if !cohorts.is_empty() {
                let names: Vec<&str> = cohorts.iter().map(|c| c.cohort.as_str()).collect();
                out.blank();
                out.line(format_args!("{word}: {}", names.join(", ")));
            }
        }
        self.why_text(&mut out);
        for related in &self.related {
            related.text(&mut out);
        }
        out
    }

    fn why_text(&self, out: &mut Lines) {
        let word = |yes: bool| if yes { "yes" } else { "no" };
        if let (Some(in_cohort), Some(in_slice)) = (self.in_cohort, self.in_slice) {
            out.blank();
            out.line(format_args!("In the cohort: {}", word(in_cohort)));
            out.line(format_args!("In the slice: {}", word(in_slice)));
        }
        for why in &self.why {
            let holds = why.holds.map_or("unknown, a value is missing", word);
            out.line(format_args!("  {}: {holds}", why.words));
        }
    }
}

fn why(profile: &Profile, slice: &Slice) -> Vec<ShownWhy> {
    let now = Some(&slice.now);
    let told = |(path, holds): &(Vec<usize>, Option<bool>)| {
        let (clause, words) = match &slice.tree.part(path)?.node {
            Node::Clause(clause) => (print_clause(clause), words::clause(clause, now)),
            Node::Group(group) => (print(group), words::tree(group, now)),
        };
        Some(ShownWhy { clause, words, holds: *holds })
    };
    profile.why.iter().filter_map(told).collect()
}

impl ShownRelated {
    fn of(related: &RelatedRows) -> Self {
        Self {
            table: related.table.clone(),
            time_column: related.time_column.clone(),
            total: related.total,
            columns: related.columns.clone(),
            rows: related.rows.iter().map(|row| row.iter().map(json).collect()).collect(),
        }
    }

    /// The newest rows, as many as fit on a screen.
    fn text(&self, out: &mut Lines) {
        const ROWS: usize = 10;
        let newest = match self.total > ROWS as u64 {
            true => format!(", the newest {ROWS}"),
            false => String::new(),
        };
        out.blank();
        out.line(format_args!("{}: {}{newest}", self.table, grouped(self.total)));
        let headings: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let rows = self.rows.iter().take(ROWS).map(|row| row.iter().map(text).collect());
        out.add("", table(&headings, rows.collect(), &[]));
    }
}

/// A value as JSON: numbers where JSON's numbers hold them exactly, text otherwise.
pub(super) fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Missing => serde_json::Value::Null,
        Value::Boolean(b) => (*b).into(),
        Value::Integer(n) => serde_json::Number::from_i128(*n)
            .map_or_else(|| n.to_string().into(), serde_json::Value::Number),
        Value::Float(x) => serde_json::Number::from_f64(*x)
            .map_or_else(|| x.to_string().into(), serde_json::Value::Number),
        Value::List(items) => items.iter().map(json).collect(),
        other => other.display().into(),
    }
}

/// A value for a person: text without quotes.
pub(super) fn text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "missing".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::show::tests::shop;
    use super::*;

    fn check(id: &str) -> String {
        let entity = shop().entities.remove(0);
        match by_feature(&entity, id).and_then(|(f, v)| Ok((f.name.clone(), test(f, v)?))) {
            Ok((name, Test::Compare(_, Expr::Value(value)))) => format!("{name} {value:?}"),
            Ok(other) => format!("{other:?}"),
            Err(failure) => failure.to_string(),
        }
    }

    #[test]
    fn any_feature_finds_someone() {
        assert_eq!(check("42"), "customer_id Integer(42)");
        assert_eq!(check("key=42"), "customer_id Integer(42)");
        assert_eq!(check("EMAIL=a=b@c.com"), r#"email Text("a=b@c.com")"#);
        assert_eq!(
            check("phone=1"),
            "customer has no feature phone; --id; available: customer_id, email"
        );
        assert_eq!(
            check("x"),
            "customer_id is a whole number, but \"x\" is not; --id; write digits"
        );
    }

    fn someone() -> Profile {
        Profile {
            key: Value::Integer(42),
            features: vec![
                ("customer_id".into(), Value::Integer(42)),
                ("email".into(), Value::Missing),
                ("spent".into(), Value::Decimal("10.50".into())),
                ("tags".into(), Value::List(vec![Value::Text("a".into()), Value::Missing])),
            ],
            related: vec![RelatedRows {
                table: "orders".into(),
                time_column: Some("ordered".into()),
                total: 1,
                columns: vec!["ordered".into(), "total".into()],
                rows: vec![vec![Value::Timestamp("2026-01-02 03:04:05".into()), Value::Float(1.5)]],
            }],
            why: vec![],
            in_cohort: true,
            in_slice: true,
        }
    }

    fn shown_someone() -> Shown {
        let entity = shop().entities.remove(0);
        let now =
            Moment::parse("2026-11-23T09:00:00Z", &jiff::tz::TimeZone::UTC).expect("an instant");
        let cohorts = vec![ShownMembership { cohort: "vip".into(), member: true }];
        let profile = ShownProfile::of(&someone(), cohorts, None);
        Shown::of(&entity, &[Value::Integer(42)], Some(profile), &now)
    }

    #[test]
    fn the_json_reads_like_this() {
        insta::assert_snapshot!(Printed::json(&shown_someone()).text, @r#"
        {
          "schema": 1,
          "entity": "customer",
          "key_feature": "customer_id",
          "now": "2026-11-23T09:00:00+00:00[UTC]",
          "zone": "UTC",
          "matches": [
            42
          ],
          "more_matches": false,
          "profile": {
            "key": 42,
            "features": {
              "customer_id": 42,
              "email": null,
              "spent": "10.50",
              "tags": [
                "a",
                null
              ]
            },
            "cohorts": [
              {
                "cohort": "vip",
                "member": true
              }
            ],
            "in_cohort": null,
            "in_slice": null,
            "why": [],
            "related": [
              {
                "table": "orders",
                "time_column": "ordered",
                "total": 1,
                "columns": [
                  "ordered",
                  "total"
                ],
                "rows": [
                  [
                    "2026-01-02 03:04:05",
                    1.5
                  ]
                ]
              }
            ]
          }
        }
        "#);
    }

    #[test]
    fn the_text_reads_like_this() {
        insta::assert_snapshot!(shown_someone().text(), @r#"
        customer 42

         feature      value
         customer_id  42
         email        missing
         spent        10.50
         tags         ["a",null]

        In: vip

        orders: 1
         ordered              total
         2026-01-02 03:04:05  1.5
        "#);
    }

    #[test]
    fn several_matches_are_listed() {
        let entity = shop().entities.remove(0);
        let now =
            Moment::parse("2026-11-23T09:00:00Z", &jiff::tz::TimeZone::UTC).expect("an instant");
        let keys: Vec<Value> = (0..=i128::from(MATCHES_MAX)).map(Value::Integer).collect();
        let shown = Shown::of(&entity, &keys, None, &now);
        assert!(shown.more_matches && shown.matches.len() == MATCHES_MAX as usize);
        assert!(
            shown.text().to_string().starts_with("more than 20 match; by customer_id:\n  0\n  1\n")
        );
    }
}
