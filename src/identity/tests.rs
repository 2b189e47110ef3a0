//! What holds of the whole room, on random small graphs.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const KINDS: [&str; 3] = ["user_id", "email", "device"];

/// A kind and a text.
type Id = (u16, String);

/// Two identifiers of one row, either of which may be missing, and the row's moment.
type Row = (Option<Id>, Option<Id>, Option<i64>);

/// Clusters as a reader sees them.
type Partition = BTreeSet<BTreeSet<Id>>;

fn id() -> impl Strategy<Value = Id> {
    (0..3_u16, 0..12_u8).prop_map(|(kind, i)| (kind, format!("x{i}")))
}

fn row() -> impl Strategy<Value = Row> {
    let maybe = || prop::option::weighted(0.95, id());
    (maybe(), maybe(), prop::option::weighted(0.8, 0..6_i64))
}

fn rows(most: usize) -> impl Strategy<Value = Vec<Row>> {
    prop::collection::vec(row(), 0..most)
}

fn shuffled(most: usize) -> impl Strategy<Value = (Vec<Row>, Vec<Row>)> {
    rows(most).prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle()))
}

fn caps() -> impl Strategy<Value = Vec<Cap>> {
    let cap =
        (0..3_u16, 0..3_u16, 0..3_u64).prop_map(|(kind, other, most)| Cap { kind, other, most });
    prop::collection::vec(cap, 0..4)
}

/// A finished run.
struct Run {
    interner: Interner,
    /// The edges left by the caps.
    edges: Edges,
    /// Those of which caps told: ends, cap, and whose cap it is.
    refused: BTreeSet<(BTreeSet<Id>, u32, Id, u32)>,
    forest: Forest,
}

impl Run {
    fn of(rows: &[Row], caps: &[Cap]) -> Self {
        let mut interner = Interner::new();
        let [a, b] = [0, 1].map(|side| {
            let ids = || rows.iter().map(move |row| if side == 0 { &row.0 } else { &row.1 });
            let kinds: Vec<u16> = ids().map(|id| id.as_ref().map_or(0, |id| id.0)).collect();
            let texts = ids().map(|id| id.as_ref().map(|id| id.1.as_str()));
            let mut out = Vec::new();
            interner.intern_column(Kinds::Each(&kinds), texts, &mut out).unwrap();
            out
        });
        let seen: Vec<i64> = rows.iter().map(|row| row.2.unwrap_or(UNTIMED)).collect();
        let mut edges = Edges::new();
        edges.push_columns(&a, &b, &seen).unwrap();
        edges.push_columns(&a, &a, &seen).unwrap();
        edges.push_columns(&b, &b, &seen).unwrap();
        let mut edges = edges.merge_repeats();
        edges.in_first_seen_order(&interner);
        let refusals = apply_caps(&edges, &interner, caps);
        let refused = refusals
            .iter()
            .map(|r| (ends(&interner, &edges, r.edge), r.cap, owned(interner.key(r.id)), r.rank))
            .collect();
        drop_refused(&mut edges, &refusals);
        let forest = Forest::grow(interner.len(), &edges);
        assert_eq!(forest.check(&edges).unwrap().edges, edges.len());
        Self { interner, edges, refused, forest }
    }

    fn partition(&self) -> Partition {
        let mut clusters: BTreeMap<u32, BTreeSet<Id>> = BTreeMap::new();
        for (node, label) in (0..).zip(self.forest.labels()) {
            clusters.entry(*label).or_default().insert(owned(self.interner.key(node)));
        }
        clusters.into_values().collect()
    }

    /// The edges that joined two clusters, in order, with the sizes of the two.
    fn history(&self) -> Vec<(BTreeSet<Id>, BTreeSet<u32>)> {
        let joins = self.forest.joins().iter();
        joins
            .map(|j| (ends(&self.interner, &self.edges, j.edge), [j.size_a, j.size_b].into()))
            .collect()
    }

    fn names(&self, before: &Known, mode: Mode) -> Names {
        let main_ids: Vec<String> = before.main_ids();
        let place = |id: &String| main_ids.binary_search(id).unwrap() as u32;
        let of_nodes: Vec<u32> = (0..self.interner.len() as u32)
            .map(|node| before.0.get(&owned(self.interner.key(node))).map_or(NOBODY, place))
            .collect();
        let before = Before { of_nodes: &of_nodes, main_ids: &main_ids };
        let kinds = KINDS.map(str::to_owned);
        let rids = Rids::new(&self.interner, &kinds);
        name_clusters(&self.forest, &self.edges, before, &rids, mode)
    }

    /// What is told of the names that went away, as a reader sees it: the name, where it leads,
    /// why, and the identifiers that the cause is about.
    fn told(
        &self,
        before: &Known,
        names: &Names,
    ) -> Vec<(String, Option<String>, u8, BTreeSet<Id>)> {
        let old_ids = before.main_ids();
        let told = |alias: &Alias| {
            let (why, about) = match alias.cause {
                Cause::Merged { edge } => (0, ends(&self.interner, &self.edges, edge)),
                Cause::Renamed { node } => (1, [owned(self.interner.key(node))].into()),
                Cause::Split => (2, BTreeSet::new()),
                Cause::Gone => (3, BTreeSet::new()),
            };
            let leads = names.main_ids.get(alias.cluster as usize).cloned();
            (old_ids[alias.old as usize].clone(), leads, why, about)
        };
        names.aliases.iter().map(told).collect()
    }

    /// The main id of each identifier after this run.
    fn known(&self, names: &Names) -> Known {
        let clusters = self.forest.clusters();
        let id = |node| owned(self.interner.key(node));
        let nodes = 0..self.interner.len() as u32;
        Known(nodes.map(|n| (id(n), names.main_ids[clusters.of(n) as usize].clone())).collect())
    }
}

/// The main id of each identifier.
#[derive(Debug, Clone, Default, PartialEq)]
struct Known(BTreeMap<Id, String>);

impl Known {
    /// Each main id once, sorted.
    fn main_ids(&self) -> Vec<String> {
        self.0.values().cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// The identifiers of each main id.
    fn members(&self) -> BTreeMap<String, BTreeSet<Id>> {
        let mut members: BTreeMap<_, BTreeSet<Id>> = BTreeMap::new();
        for (id, main_id) in &self.0 {
            members.entry(main_id.clone()).or_default().insert(id.clone());
        }
        members
    }
}

fn owned((kind, text): (u16, &str)) -> Id {
    (kind, text.to_owned())
}

fn ends(interner: &Interner, edges: &Edges, edge: u32) -> BTreeSet<Id> {
    let (a, b) = edges.ends(edge as usize);
    [a, b].map(|end| owned(interner.key(end))).into()
}

/// Clusters found by joining sets until none share a member.
fn plain_partition(rows: &[Row]) -> Partition {
    let mut clusters: Vec<BTreeSet<Id>> = Vec::new();
    for (a, b, _) in rows {
        let mut joined: BTreeSet<Id> = a.iter().chain(b).cloned().collect();
        // No two clusters share a member, so one pass finds all that the row touches.
        clusters.retain(|cluster| {
            let apart = cluster.is_disjoint(&joined);
            if !apart {
                joined.extend(cluster.iter().cloned());
            }
            apart
        });
        if !joined.is_empty() {
            clusters.push(joined);
        }
    }
    clusters.into_iter().collect()
}

/// The refused edges by the rule as it is written down, looked up afresh for each edge.
fn plainly_refused(rows: &[Row], caps: &[Cap]) -> BTreeSet<BTreeSet<Id>> {
    let mut seen: BTreeMap<BTreeSet<Id>, i64> = BTreeMap::new();
    for (a, b, at) in rows {
        if let (Some(a), Some(b)) = (a, b) {
            let at = at.unwrap_or(UNTIMED);
            let first = seen.entry([a.clone(), b.clone()].into()).or_insert(at);
            *first = at.min(*first);
        }
    }
    let too_far = |of: &Id, other: &Id, cap: &Cap| {
        if of.0 != cap.kind || other.0 != cap.other {
            return false;
        }
        let mut neighbours: Vec<(i64, &Id)> = Vec::new();
        for (pair, at) in &seen {
            let far = pair.iter().find(|id| *id != of && pair.contains(of));
            neighbours.extend(far.filter(|id| id.0 == cap.other).map(|id| (*at, id)));
        }
        neighbours.sort();
        let rank = neighbours.iter().position(|(_, id)| *id == other).unwrap();
        rank as u64 >= cap.most
    };
    let refused = |pair: &BTreeSet<Id>| {
        let ends: Vec<&Id> = pair.iter().collect();
        let [a, b] = ends[..] else { return false };
        caps.iter().any(|cap| too_far(a, b, cap) || too_far(b, a, cap))
    };
    seen.keys().filter(|pair| refused(pair)).cloned().collect()
}

/// Whether every main id of `before` leads in one step to a main id of `now`, or is gone.
fn leads_in_one_step(before: &Known, now: &Known, names: &Names) -> Result<(), TestCaseError> {
    let (old_ids, main_ids) = (before.main_ids(), now.main_ids());
    prop_assert_eq!(names.now.len(), old_ids.len());
    let retired: BTreeMap<u32, &Alias> = names.aliases.iter().map(|a| (a.old, a)).collect();
    let members = before.members();
    for (old, text) in (0..).zip(&old_ids) {
        let Some(alias) = retired.get(&old) else {
            prop_assert!(main_ids.contains(text));
            prop_assert_eq!(&names.main_ids[names.now[old as usize] as usize], text);
            continue;
        };
        prop_assert!(!main_ids.contains(text));
        prop_assert_eq!(alias.cluster, names.now[old as usize]);
        let left = members[text].iter().filter(|id| now.0.contains_key(*id)).count();
        prop_assert_eq!(alias.cause == Cause::Gone, left == 0);
        prop_assert_eq!(alias.cluster == NOBODY, left == 0);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn clusters_are_those_of_the_plain_way(rows in rows(40)) {
        prop_assert_eq!(Run::of(&rows, &[]).partition(), plain_partition(&rows));
    }

    #[test]
    fn the_order_of_rows_changes_nothing_that_is_seen(
        (rows, others) in shuffled(40),
        earlier in rows(20),
        caps in caps(),
    ) {
        let (run, other) = (Run::of(&rows, &caps), Run::of(&others, &caps));
        prop_assert_eq!(run.partition(), other.partition());
        prop_assert_eq!(&run.refused, &other.refused);
        prop_assert_eq!(run.history(), other.history());
        // Some of the rows, and some that are not there any more, had been there before.
        let earlier = Run::of(&earlier, &[]);
        let known = earlier.known(&earlier.names(&Known::default(), Mode::Rebuilt));
        for mode in [Mode::Incremental, Mode::Rebuilt] {
            let names = [&run, &other].map(|run| run.names(&known, mode));
            prop_assert_eq!(run.known(&names[0]), other.known(&names[1]));
            prop_assert_eq!(run.told(&known, &names[0]), other.told(&known, &names[1]));
        }
    }

    #[test]
    fn caps_refuse_what_the_rule_says(rows in rows(40), caps in caps()) {
        let run = Run::of(&rows, &caps);
        let refused: BTreeSet<_> = run.refused.iter().map(|refusal| refusal.0.clone()).collect();
        prop_assert_eq!(refused, plainly_refused(&rows, &caps));
    }

    #[test]
    fn one_more_row_only_merges(rows in rows(40), more in row()) {
        let before = Run::of(&rows, &[]).partition();
        let after = Run::of(&[rows, vec![more]].concat(), &[]).partition();
        for cluster in before {
            prop_assert!(after.iter().any(|whole| cluster.is_subset(whole)));
        }
    }

    #[test]
    fn nothing_new_means_no_new_names(
        (rows, again) in shuffled(40),
        rebuilt_first in any::<bool>(),
        more in rows(10),
    ) {
        let first = Run::of(&rows, &[]);
        let known = first.known(&first.names(&Known::default(), Mode::Rebuilt));
        // A second run leaves names that are not those of a rebuild.
        let all = if rebuilt_first { rows } else { [rows, more.clone()].concat() };
        let again = if rebuilt_first { again } else { [more, again].concat() };
        let second = Run::of(&all, &[]);
        let known = second.known(&second.names(&known, Mode::Incremental));
        let third = Run::of(&again, &[]);
        let names = third.names(&known, Mode::Incremental);
        prop_assert_eq!(&names.aliases, &[]);
        prop_assert_eq!(third.known(&names), known);
    }

    #[test]
    fn a_rebuild_has_the_clusters_of_an_incremental_run(rows in rows(30), more in rows(20)) {
        let first = Run::of(&rows, &[]);
        let known = first.known(&first.names(&Known::default(), Mode::Rebuilt));
        let all = Run::of(&[rows, more].concat(), &[]);
        let [kept, rebuilt] = [Mode::Incremental, Mode::Rebuilt].map(|mode| all.names(&known, mode));
        let parts = [&kept, &rebuilt].map(|names| {
            all.known(names).members().into_values().collect::<Partition>()
        });
        prop_assert_eq!(&parts[0], &parts[1]);
        // A rebuild is named as if nothing had been before.
        prop_assert_eq!(rebuilt.main_ids, all.names(&Known::default(), Mode::Rebuilt).main_ids);
        // Who kept its name had it before, or is all new.
        let before = known.main_ids();
        for (main_id, members) in all.known(&kept).members() {
            let old: BTreeSet<_> = members.iter().filter_map(|id| known.0.get(id)).collect();
            match old.first() {
                Some(least) => prop_assert_eq!(&main_id, *least),
                None => prop_assert!(!before.contains(&main_id)),
            }
        }
    }

    #[test]
    fn every_retired_name_leads_on_in_one_step_over_many_runs(
        rows in prop::collection::vec(rows(14), 1..5),
        modes in prop::collection::vec(any::<bool>(), 5),
        keep in prop::collection::vec(0.0..1.0_f64, 5),
    ) {
        let mut known = Known::default();
        let mut present: Vec<Row> = Vec::new();
        // Where each name that ever was leads to now.
        let mut leads: BTreeMap<String, Option<String>> = BTreeMap::new();
        for ((more, incremental), keep) in rows.into_iter().zip(modes).zip(keep) {
            // Old rows leave, so that clusters fall apart.
            present.drain(..(present.len() as f64 * (1.0 - keep)) as usize);
            present.extend(more);
            let run = Run::of(&present, &[]);
            let mode = if incremental { Mode::Incremental } else { Mode::Rebuilt };
            let names = run.names(&known, mode);
            let now = run.known(&names);
            prop_assert_eq!(now.members().len(), run.forest.clusters().len(), "names differ");
            leads_in_one_step(&known, &now, &names)?;
            let old_ids = known.main_ids();
            let now_of = |old: &String| {
                let cluster = names.now[old_ids.binary_search(old).unwrap()];
                names.main_ids.get(cluster as usize).cloned()
            };
            for lead in leads.values_mut() {
                *lead = lead.as_ref().and_then(now_of);
            }
            for main_id in &old_ids {
                leads.insert(main_id.clone(), now_of(main_id));
            }
            let main_ids = now.main_ids();
            for (text, lead) in &leads {
                prop_assert!(lead.as_ref().is_none_or(|lead| main_ids.contains(lead)), "{}", text);
            }
            known = now;
        }
    }

    #[test]
    fn a_merge_is_told_with_the_edge_that_made_the_two_meet(
        rows in rows(30),
        more in rows(15),
        incremental in any::<bool>(),
    ) {
        let first = Run::of(&rows, &[]);
        let known = first.known(&first.names(&Known::default(), Mode::Rebuilt));
        let all = Run::of(&[rows, more].concat(), &[]);
        let mode = if incremental { Mode::Incremental } else { Mode::Rebuilt };
        let names = all.names(&known, mode);
        let (old_ids, members) = (known.main_ids(), known.members());
        let clusters = all.forest.clusters();
        for alias in &names.aliases {
            let Cause::Merged { edge } = alias.cause else { continue };
            let old = &old_ids[alias.old as usize];
            // The name it gave way to: the one the cluster has, else the least old one there.
            let there = (0..all.interner.len() as u32)
                .filter(|node| clusters.of(*node) == alias.cluster)
                .filter_map(|node| known.0.get(&owned(all.interner.key(node))));
            let there: BTreeSet<&String> = there.collect();
            let name = &names.main_ids[alias.cluster as usize];
            let winner = there.get(name).copied().or(there.first().copied()).unwrap();
            prop_assert_ne!(winner, old);
            let together = |joins: &[Join]| {
                let mut rows: Vec<Row> = joins
                    .iter()
                    .map(|join| {
                        let ends = ends(&all.interner, &all.edges, join.edge);
                        (ends.first().cloned(), ends.last().cloned(), None)
                    })
                    .collect();
                for ids in members.values() {
                    let first = ids.first().cloned();
                    rows.extend(ids.iter().map(|id| (first.clone(), Some(id.clone()), None)));
                }
                let (a, b) = (members[old].first().unwrap(), members[winner].first().unwrap());
                plain_partition(&rows).iter().any(|ids| ids.contains(a) && ids.contains(b))
            };
            let joins = all.forest.joins();
            let place = joins.iter().position(|join| join.edge == edge).unwrap();
            prop_assert!(!together(&joins[..place]));
            prop_assert!(together(&joins[..=place]));
        }
    }
}
