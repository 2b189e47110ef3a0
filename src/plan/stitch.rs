//! Joining the ids of an entity: what the work needs, and SQL that comes to the same.
//!
//! A build joins ids with [`crate::identity`]. The statements of the step are for reading and for
//! checking: run in a DuckDB shell they make the same three tables. They are also the definition of
//! what a stitcher means here:
//!
//! 1. Every two ids of one row are a pair; an id by itself is a pair with itself. Ids are text;
//!    missing and blank ones take no part. A pair is seen first when its earliest row happened.
//! 2. An id that fails a filter of its type is left out with all of its pairs. Filters act on ids,
//!    so two good ids of a row stay joined when the third is bad.
//! 3. Of the pairs that one id has with ids of a capped type, the first so many stay.
//! 4. Manual rules go before filters and caps.
//! 5. What hangs together is one entity. Its main id is the least of the salted hashes of its ids.

use super::builder::{Builder, Draft, RowSource, material};
use super::rows::table_named;
use super::text::{About, bracketed};
use super::{Statement, Work};
use crate::define::{EdgeSource, IdRule, Item, Node, StitcherId, Target};
use crate::sql::{ObjectName, Sql, build, ident, number, object, text, warehouse};
use std::collections::BTreeSet;

/// The salt of main ids: the example in the documentation of Snowflake's `UUID_STRING`, which
/// Profiles uses. See the facts on the format of the id graph.
const SALT: &str = "fe971b24-9572-4005-b22f-351e9c09274d";
/// How far an incremental run looks back for late rows when the project does not say. In hours.
const OVERLAP_HOURS: i64 = 96;

/// What joining the ids of an entity needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Stitch {
    /// The stitcher.
    pub id: StitcherId,
    /// The entity's name.
    pub entity: String,
    /// The column of its main id.
    pub main_id: String,
    /// Its id types; elsewhere they go by their place in this list.
    pub kinds: Vec<String>,
    /// Rows with ids.
    pub sources: Vec<StitchSource>,
    /// Which ids take part.
    pub filters: Vec<FilterPlan>,
    /// How many ids one id may be joined to.
    pub caps: Vec<CapPlan>,
    /// The table of manual rules.
    pub rules: Option<RulesPlan>,
    /// It adds to the previous run when that was made by the same definition.
    pub incremental: bool,
    /// How far an incremental run looks back for late rows. In seconds.
    pub overlap_seconds: i64,
    /// The tables that it makes.
    pub tables: StitchTables,
}

/// Rows with ids.
#[derive(Debug, Clone, PartialEq)]
pub struct StitchSource {
    /// Its place among the edge sources of the stitcher.
    pub number: usize,
    /// Where they come from, in words.
    pub name: String,
    /// A query of `seen` (a moment or missing), `id_1`, `id_2`, … (text or missing), with marks.
    pub query: Sql,
    /// The id type of each id.
    pub kinds: Vec<usize>,
    /// Rows of an earlier moment are not changed by later ones.
    pub only_grows: bool,
}

/// One rule about which ids of a type take part.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterPlan {
    /// The id type.
    pub kind: usize,
    /// Only matches take part; otherwise matches do not.
    pub include: bool,
    /// What matches.
    pub rule: FilterRule,
    /// The rule in words, which is the reason given for what it leaves out.
    pub reason: String,
    /// `file:line` of it.
    pub place: String,
}

/// What an id is matched with.
#[derive(Debug, Clone, PartialEq)]
pub enum FilterRule {
    /// This text.
    Value(String),
    /// The whole id matches this regular expression.
    Regex(String),
    /// A query of one column, with marks, lists it.
    Rows(Sql),
}

/// The most ids of one type that an id of another may be joined to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapPlan {
    /// The type of the one id.
    pub kind: usize,
    /// The type of the others.
    pub other: usize,
    /// How many.
    pub most: u64,
}

/// Manual rules.
#[derive(Debug, Clone, PartialEq)]
pub struct RulesPlan {
    /// A query of `action` (`include` or `exclude`), `id1`, `id1_type`, `id2`, `id2_type`; the ids
    /// of a rule about one id have no `id2`. Of several about the same the latest counts.
    pub query: Sql,
    /// An id that is excluded takes part where a pair with it is included; a pair that is excluded
    /// stays out.
    pub include_first: bool,
}

/// Names of the tables that stitching makes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StitchTables {
    /// `<main id>, other_id, other_id_type, valid_at`: one row per id.
    pub graph: ObjectName,
    /// `<main id>, id1, id1_type, id2, id2_type, valid_at, rows`: one row per joined pair.
    pub edges: ObjectName,
    /// `id1, id1_type, id2, id2_type, valid_at, reason`: pairs that were not joined, and ids that
    /// were left out as pairs with themselves.
    pub refused: ObjectName,
    /// The pairs by which clusters grew together, in first-seen order: `seq, valid_at, id1, …,
    /// size1, size2`. Made by a build only.
    pub merges: ObjectName,
    /// `old_id, new_id, cause, …`: main ids that are none any more. Made by a build only.
    pub aliases: ObjectName,
}

impl Builder<'_> {
    /// The id graph of an entity.
    pub(super) fn stitcher(&mut self, id: StitcherId) -> Result<(), String> {
        let stitcher = &self.project[id];
        let entity = &self.project[stitcher.entity];
        let kinds: Vec<String> =
            entity.id_types.iter().map(|kind| self.project[*kind].name.clone()).collect();
        let place_of = |kind| entity.id_types.iter().position(|k| *k == kind);
        let mut reads: BTreeSet<usize> =
            self.reads_of([Node::Item(Item::Stitcher(id))]).into_iter().collect();
        let mut sources = Vec::new();
        for (number, source) in stitcher.sources.iter().enumerate() {
            let Some((_, step)) = self.relations.get(&source.from).cloned() else { continue };
            reads.insert(step);
            sources.extend(self.source(number, source, &place_of)?);
        }
        if sources.is_empty() {
            return Err("none of its sources can be read".to_owned());
        }
        let (mut filters, mut caps) = (Vec::new(), Vec::new());
        for (number, kind) in entity.id_types.iter().enumerate() {
            for filter in &self.project[*kind].filters {
                filters.push(self.filter(number, filter)?);
            }
            for (other, most) in &self.project[*kind].caps {
                if let Some(other) = place_of(*other) {
                    caps.push(CapPlan { kind: number, other, most: *most });
                }
            }
        }
        let rules = self.project.stitcher_rules.as_ref().map(|rules| RulesPlan {
            query: rules_query(&table_named(&rules.table), &entity.name),
            include_first: rules.include_first,
        });
        let overlap = stitcher.overlap.as_deref().and_then(seconds);
        let mut stitch = Stitch {
            id,
            entity: entity.name.clone(),
            main_id: entity.main_id.clone(),
            kinds,
            sources,
            filters,
            caps,
            rules,
            incremental: stitcher.incremental,
            overlap_seconds: overlap.unwrap_or(OVERLAP_HOURS * 3600),
            tables: tables(&stitcher.name, ""),
        };
        let mode = if stitch.incremental { "incremental" } else { "discrete" };
        let mut draft = Draft {
            name: format!("ids of {}", stitch.entity),
            about: vec![
                format!("Joins the ids of each {} to one main id.", stitch.entity),
                "A build does this with a union-find; these statements come to the same.".into(),
            ],
            items: vec![Item::Stitcher(id)],
            reads: reads.into_iter().collect(),
            hashed: None,
        };
        let mut hashed = statements(&stitch);
        hashed.push(Sql::raw(mode));
        let hash = self.hash_of(&draft, &hashed);
        stitch.tables = tables(&stitcher.name, &hash);
        // Where the rules are is no part of what is done with them.
        if let (Some(rules), Some(table)) = (&mut stitch.rules, &self.options.rules) {
            rules.query = rules_query(table, &entity.name);
        }
        let (graph, edges) = (object(&stitch.tables.graph), object(&stitch.tables.edges));
        let made = &stitch.tables;
        let makes = [&made.graph, &made.edges, &made.refused, &made.merges, &made.aliases];
        let makes = makes.into_iter().cloned().collect();
        draft.hashed = Some(hash);
        let sql = statements(&stitch).into_iter().map(Statement::Own).collect();
        let step = self.add(draft, makes, Work::Stitch(Box::new(stitch)), sql);
        self.relations.insert(Target::Stitcher(id), (graph, step));
        self.relations.insert(Target::Edges(id), (edges, step));
        self.made(Node::Item(Item::Stitcher(id)), step);
        Ok(())
    }

    fn source(
        &self,
        number: usize,
        source: &EdgeSource,
        place_of: &dyn Fn(crate::define::IdTypeId) -> Option<usize>,
    ) -> Result<Option<StitchSource>, String> {
        let rows = self.relation(source.from)?;
        let time = match RowSource::of(source.from) {
            Some(RowSource::Input(id)) => &self.project[id].occurred_at,
            Some(RowSource::SqlModel(id)) => &self.project[id].occurred_at,
            None => &None,
        };
        let seen = match time {
            Some(time) => {
                let time = self.said(time, About::Query)?.sql;
                warehouse::moment(&bracketed(&time))
            }
            None => Sql::raw("CAST(NULL AS TIMESTAMP)"),
        };
        let (mut columns, mut kinds) = (Vec::new(), Vec::new());
        for id in &source.ids {
            // Ids of types that the entity does not list take no part.
            let Some(kind) = id.id_type.and_then(place_of) else { continue };
            let select = self.said(&id.select, About::Query)?.sql;
            let name = ident(&format!("id_{}", columns.len() + 1));
            columns.push(Sql::fill(", CAST({} AS VARCHAR) AS {}", &[&bracketed(&select), &name]));
            kinds.push(kind);
        }
        if kinds.is_empty() {
            return Ok(None);
        }
        let query =
            Sql::fill("SELECT {} AS seen{} FROM {}", &[&seen, &Sql::join(columns, ""), &rows]);
        let name = crate::define::words::target(self.project, source.from);
        let only_grows = match RowSource::of(source.from) {
            // A condition that looks elsewhere may take in old rows later.
            Some(RowSource::Input(id)) => self.project[id].filter.as_ref().is_none_or(|filter| {
                filter.parts.iter().all(|part| matches!(part, crate::define::Part::Sql(_)))
            }),
            _ => false,
        };
        Ok(Some(StitchSource { number, name, query, kinds, only_grows }))
    }

    fn filter(&self, kind: usize, filter: &crate::define::IdFilter) -> Result<FilterPlan, String> {
        let (rule, what) = match &filter.rule {
            IdRule::Value(value) => (FilterRule::Value(value.clone()), format!("‘{value}’")),
            IdRule::Regex(regex) => (FilterRule::Regex(regex.clone()), format!("regex {regex}")),
            IdRule::Rows(rows) => {
                let listed = self.rows_listed(rows)?;
                (FilterRule::Rows(listed), "the listed ids".to_owned())
            }
        };
        let verb = if filter.include { "not included by" } else { "excluded by" };
        let place = &filter.place;
        Ok(FilterPlan {
            kind,
            include: filter.include,
            rule,
            reason: format!("{verb} {what}"),
            place: format!("{}:{}", place.file.display(), place.line),
        })
    }
}

fn tables(stitcher: &str, hash: &str) -> StitchTables {
    let named = |part: &str| material(&format!("{stitcher}{part}"), hash);
    StitchTables {
        graph: named(""),
        edges: named("_edges"),
        refused: named("_refused"),
        merges: named("_merges"),
        aliases: named("_aliases"),
    }
}

/// A length of time as Go writes it: `96h`, `720h0m0s`, `30m`.
pub fn seconds(text: &str) -> Option<i64> {
    let (mut total, mut digits) = (0i64, String::new());
    for c in text.trim().chars() {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        let unit = match c {
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return None,
        };
        let count: i64 = digits.parse().ok()?;
        total = total.checked_add(count.checked_mul(unit)?)?;
        digits.clear();
    }
    (digits.is_empty() && total > 0).then_some(total)
}

/// The manual rules of an entity, of several about the same ids the latest.
fn rules_query(table: &Sql, entity: &str) -> Sql {
    // The second part gives optional columns to tables that do not have them.
    Sql::fill(
        "SELECT lower(action) AS action, id1, id1_type, id2, id2_type FROM (\
         SELECT row_number() OVER () AS line, * FROM (SELECT * FROM {} UNION ALL BY NAME \
         SELECT CAST(NULL AS VARCHAR) AS entity, CAST(NULL AS VARCHAR) AS id1, \
         CAST(NULL AS VARCHAR) AS id1_type, CAST(NULL AS VARCHAR) AS action, \
         CAST(NULL AS VARCHAR) AS id2, CAST(NULL AS VARCHAR) AS id2_type, \
         CAST(NULL AS TIMESTAMP) AS created_at WHERE FALSE)) \
         WHERE entity = {} QUALIFY row_number() OVER (PARTITION BY id1, id1_type, id2, id2_type \
         ORDER BY created_at DESC NULLS LAST, line DESC) = 1",
        &[table, &text(entity)],
    )
}

/// SQL that makes the graph, the edges and what was refused, from definitions alone.
fn statements(stitch: &Stitch) -> Vec<Sql> {
    let name = |part: &str| ident(&format!("{} {part}", stitch.entity));
    let (pairs, ids, out, kept) =
        (name("pairs"), name("ids"), name("left out"), name("kept pairs"));
    let (rules, labels) = (name("rules"), name("labels"));
    let mut made = Vec::new();
    if let Some(plan) = &stitch.rules {
        made.push(Sql::fill("CREATE OR REPLACE TEMP TABLE {} AS\n{}", &[&rules, &plan.query]));
    }
    made.push(pairs_statement(stitch, &pairs));
    made.push(Sql::fill(
        "CREATE OR REPLACE TEMP TABLE {} AS\n\
         SELECT id, type, min(valid_at) AS valid_at FROM (\n  \
         SELECT id1 AS id, id1_type AS type, valid_at FROM {}\n  UNION ALL\n  \
         SELECT id2, id2_type, valid_at FROM {}\n)\nGROUP BY ALL",
        &[&ids, &pairs, &pairs],
    ));
    made.push(left_out_statement(stitch, &ids, &rules, &out));
    let refused = object(&stitch.tables.refused);
    made.push(kept_statement(stitch, &pairs, &out, &rules, &kept));
    made.push(Sql::fill(
        "CREATE OR REPLACE TABLE {} AS\n\
         SELECT p.id1, p.id1_type, p.id2, p.id2_type, p.valid_at, \
         coalesce(a.reason, b.reason, k.reason) AS reason\nFROM {} AS p\n\
         LEFT JOIN {} AS a ON a.id = p.id1 AND a.type = p.id1_type\n\
         LEFT JOIN {} AS b ON b.id = p.id2 AND b.type = p.id2_type\n\
         LEFT JOIN {} AS k USING (id1, id1_type, id2, id2_type)\n\
         WHERE k.reason IS DISTINCT FROM 'kept'\nORDER BY ALL",
        &[&refused, &pairs, &out, &out, &kept],
    ));
    made.push(labels_statement(&ids, &kept, &out, &labels));
    let main = ident(&stitch.main_id);
    made.push(Sql::fill(
        "CREATE OR REPLACE TABLE {} AS\n\
         SELECT main AS {}, id AS other_id, type AS other_id_type, valid_at\n\
         FROM {} JOIN {} USING (id, type)\nORDER BY 1, 3, 2",
        &[&object(&stitch.tables.graph), &main, &labels, &ids],
    ));
    made.push(Sql::fill(
        "CREATE OR REPLACE TABLE {} AS\n\
         SELECT main AS {}, id1, id1_type, id2, id2_type, valid_at, rows\n\
         FROM {} JOIN {} ON id = id1 AND type = id1_type\n\
         WHERE reason = 'kept' AND (id1_type, id1) <> (id2_type, id2)\nORDER BY ALL",
        &[&object(&stitch.tables.edges), &main, &kept, &labels],
    ));
    // The history of joins needs the order in which a build makes them; here it stays empty.
    made.push(build::merges_table(&object(&stitch.tables.merges)));
    made.push(build::aliases_table(&object(&stitch.tables.aliases)));
    made
}

/// Every two ids of a row, and every id with itself, with when they were first seen.
fn pairs_statement(stitch: &Stitch, pairs: &Sql) -> Sql {
    let mut selects = Vec::new();
    for source in &stitch.sources {
        let rows = source.query.nested();
        for a in 0..source.kinds.len() {
            for b in a..source.kinds.len() {
                let column = |at: usize| ident(&format!("id_{}", at + 1));
                let kind = |at: usize| text(&stitch.kinds[source.kinds[at]]);
                selects.push(Sql::fill(
                    "SELECT {} AS a, {} AS a_type, {} AS b, {} AS b_type, seen FROM {}",
                    &[&column(a), &kind(a), &column(b), &kind(b), &rows],
                ));
            }
        }
    }
    if stitch.rules.is_some() {
        let rules = ident(&format!("{} rules", stitch.entity));
        selects.push(Sql::fill(
            "SELECT id1, id1_type, id2, id2_type, CAST(NULL AS TIMESTAMP) FROM {} \
             WHERE action = 'include' AND id2 IS NOT NULL",
            &[&rules],
        ));
    }
    let all = Sql::join(selects, "\n  UNION ALL\n  ");
    Sql::fill(
        "CREATE OR REPLACE TEMP TABLE {} AS\n\
         SELECT CASE WHEN swapped THEN b ELSE a END AS id1, \
         CASE WHEN swapped THEN b_type ELSE a_type END AS id1_type,\n  \
         CASE WHEN swapped THEN a ELSE b END AS id2, \
         CASE WHEN swapped THEN a_type ELSE b_type END AS id2_type,\n  \
         min(seen) AS valid_at, count(*) AS rows\nFROM (\n  \
         SELECT *, (a_type, a) > (b_type, b) AS swapped FROM (\n  {}\n  )\n  \
         WHERE trim(a) <> '' AND trim(b) <> ''\n)\nGROUP BY ALL",
        &[pairs, &all],
    )
}

/// Ids that take no part, each with the first reason.
fn left_out_statement(stitch: &Stitch, ids: &Sql, rules: &Sql, out: &Sql) -> Sql {
    let mut cases = Vec::new();
    if stitch.rules.is_some() {
        let listed = |action: &str| {
            Sql::fill(
                "(id, type) IN (SELECT (id1, id1_type) FROM {} WHERE action = {} AND id2 IS NULL)",
                &[rules, &text(action)],
            )
        };
        let in_pair = Sql::fill(
            "(id, type) IN (SELECT (id1, id1_type) FROM {} WHERE action = 'include' AND id2 IS NOT \
             NULL UNION ALL SELECT (id2, id2_type) FROM {} WHERE action = 'include' AND id2 IS NOT NULL)",
            &[rules, rules],
        );
        if stitch.rules.as_ref().is_some_and(|rules| rules.include_first) {
            cases.push(Sql::fill("WHEN {} THEN NULL", &[&in_pair]));
        }
        cases.push(Sql::fill(
            "WHEN {} THEN {}",
            &[&listed("exclude"), &text("excluded by a manual rule")],
        ));
        cases.push(Sql::fill("WHEN {} THEN NULL", &[&listed("include")]));
        cases.push(Sql::fill("WHEN {} THEN NULL", &[&in_pair]));
    }
    for filter in &stitch.filters {
        let kind = text(&stitch.kinds[filter.kind]);
        let matches = match &filter.rule {
            FilterRule::Value(value) => Sql::fill("id = {}", &[&text(value)]),
            FilterRule::Regex(regex) => Sql::fill("regexp_full_match(id, {})", &[&text(regex)]),
            FilterRule::Rows(rows) => {
                Sql::fill("id IN (SELECT CAST(c AS VARCHAR) FROM ({}) AS listed(c))", &[rows])
            }
        };
        let fails = match filter.include {
            true => Sql::fill("NOT ({})", &[&matches]),
            false => matches,
        };
        cases.push(Sql::fill(
            "WHEN type = {} AND {} THEN {}",
            &[&kind, &fails, &text(&filter.reason)],
        ));
    }
    let reason = match cases.is_empty() {
        true => Sql::raw("CAST(NULL AS VARCHAR)"),
        false => Sql::fill("CASE\n  {}\n  END", &[&Sql::join(cases, "\n  ")]),
    };
    Sql::fill(
        "CREATE OR REPLACE TEMP TABLE {} AS\n\
         SELECT * FROM (SELECT id, type, {} AS reason FROM {}) WHERE reason IS NOT NULL",
        &[out, &reason, ids],
    )
}

/// Pairs of ids that take part, each `kept` or with the reason why it is refused.
fn kept_statement(stitch: &Stitch, pairs: &Sql, out: &Sql, rules: &Sql, kept: &Sql) -> Sql {
    let mut cases = Vec::new();
    let ruled = |action: &str| {
        Sql::fill(
            "EXISTS (SELECT 1 FROM {} AS r WHERE r.action = {} AND r.id2 IS NOT NULL AND \
             ((r.id1, r.id1_type, r.id2, r.id2_type) = (p.id1, p.id1_type, p.id2, p.id2_type) OR \
             (r.id2, r.id2_type, r.id1, r.id1_type) = (p.id1, p.id1_type, p.id2, p.id2_type)))",
            &[rules, &text(action)],
        )
    };
    if stitch.rules.is_some() {
        cases.push(Sql::fill(
            "WHEN {} THEN {}",
            &[&ruled("exclude"), &text("excluded by a manual rule")],
        ));
        cases.push(Sql::fill("WHEN {} THEN 'kept'", &[&ruled("include")]));
    }
    for cap in &stitch.caps {
        let (kind, other) = (text(&stitch.kinds[cap.kind]), text(&stitch.kinds[cap.other]));
        let reason = text(&cap_reason(stitch, cap));
        let most = number(cap.most);
        for (from, to) in [("1", "2"), ("2", "1")] {
            let rank = match from {
                "1" => Sql::raw("rank1"),
                _ => Sql::raw("rank2"),
            };
            cases.push(Sql::fill(
                "WHEN {} = {} AND {} = {} AND {} > {} THEN {}",
                &[&side(from), &kind, &side(to), &other, &rank, &most, &reason],
            ));
        }
    }
    let reason = match cases.is_empty() {
        true => Sql::raw("'kept'"),
        false => Sql::fill("CASE\n  {}\n  ELSE 'kept' END", &[&Sql::join(cases, "\n  ")]),
    };
    if stitch.caps.is_empty() {
        return Sql::fill(
            "CREATE OR REPLACE TEMP TABLE {} AS\n\
             SELECT p.*, {} AS reason FROM {} AS p\n\
             WHERE (p.id1, p.id1_type) NOT IN (SELECT (id, type) FROM {})\n  \
             AND (p.id2, p.id2_type) NOT IN (SELECT (id, type) FROM {})",
            &[kept, &reason, pairs, out, out],
        );
    }
    Sql::fill(
        "CREATE OR REPLACE TEMP TABLE {} AS\n\
         WITH good AS (\n  SELECT p.* FROM {} AS p\n  \
         WHERE (p.id1, p.id1_type) NOT IN (SELECT (id, type) FROM {})\n    \
         AND (p.id2, p.id2_type) NOT IN (SELECT (id, type) FROM {})\n),\n\
         ways AS (\n  SELECT id1 AS f, id1_type AS ft, id2 AS t, id2_type AS tt, valid_at FROM good \
         WHERE (id1_type, id1) <> (id2_type, id2)\n  UNION ALL\n  \
         SELECT id2, id2_type, id1, id1_type, valid_at FROM good \
         WHERE (id1_type, id1) <> (id2_type, id2)\n),\n\
         ranked AS (\n  SELECT *, row_number() OVER (PARTITION BY f, ft, tt ORDER BY valid_at NULLS \
         LAST, t) AS rank FROM ways\n)\n\
         SELECT p.*, {} AS reason\nFROM (\n  SELECT good.*, a.rank AS rank1, b.rank AS rank2 FROM good\n  \
         LEFT JOIN ranked AS a ON (a.f, a.ft, a.t, a.tt) = (id1, id1_type, id2, id2_type)\n  \
         LEFT JOIN ranked AS b ON (b.f, b.ft, b.t, b.tt) = (id2, id2_type, id1, id1_type)\n) AS p",
        &[kept, pairs, out, out, &reason],
    )
}

fn side(number: &str) -> Sql {
    match number {
        "1" => Sql::raw("id1_type"),
        _ => Sql::raw("id2_type"),
    }
}

/// Why a pair is refused that is beyond a cap.
fn cap_reason(stitch: &Stitch, cap: &CapPlan) -> String {
    format!("one {} has more than {} {}", stitch.kinds[cap.kind], cap.most, stitch.kinds[cap.other])
}

impl Stitch {
    /// Why a pair is refused that is beyond a cap.
    pub fn cap_reason(&self, cap: &CapPlan) -> String {
        cap_reason(self, cap)
    }
}

/// The main id of every id: the least hash that can be reached over kept pairs.
fn labels_statement(ids: &Sql, kept: &Sql, out: &Sql, labels: &Sql) -> Sql {
    let salt = text(SALT);
    Sql::fill(
        "CREATE OR REPLACE TEMP TABLE {} AS\n\
         WITH RECURSIVE ways AS (\n  \
         SELECT id1 AS f, id1_type AS ft, id2 AS t, id2_type AS tt FROM {} WHERE reason = 'kept'\n  \
         UNION ALL\n  \
         SELECT id2, id2_type, id1, id1_type FROM {} WHERE reason = 'kept'\n),\n\
         label(id, type, main) USING KEY (id, type) AS (\n  \
         SELECT id, type, 'rid' || left(sha1(left(sha1({} || id), 32) || type), 32) FROM {}\n  \
         WHERE (id, type) NOT IN (SELECT (id, type) FROM {})\n  UNION\n  \
         SELECT n.id, n.type, min(l.main) FROM label AS l\n  \
         JOIN ways ON l.id = f AND l.type = ft\n  \
         JOIN recurring.label AS n ON n.id = t AND n.type = tt\n  \
         WHERE l.main < n.main GROUP BY n.id, n.type\n)\nSELECT * FROM label",
        &[labels, kept, kept, &salt, ids, out],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_read_as_go_writes_them() {
        assert_eq!(seconds("96h"), Some(345_600));
        assert_eq!(seconds("720h0m0s"), Some(2_592_000));
        assert_eq!(seconds("1h30m"), Some(5_400));
        assert_eq!(seconds("never"), None);
        assert_eq!(seconds("12"), None);
    }
}
