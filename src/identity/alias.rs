//! Main ids that stay: which cluster goes on under which name, and where the others went.
//!
//! A main id of the run before is *at home* in the cluster that has most of its identifiers. A
//! cluster that goes on keeps its name. A main id that no cluster has any more becomes an alias,
//! which leads to a cluster in one step, and says why it went.

use super::edges::Edges;
use super::forest::{Clusters, Forest, apart, root};
use super::intern::NOBODY;
use super::rid::{Least, Rid, Rids};
use std::collections::BTreeMap;

/// How clusters get their main ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// A cluster keeps the least of the main ids that are at home in it, also when a lesser hash
    /// joined. One without any gets the least hash of its members: a new cluster, or a part that
    /// fell off another.
    Incremental,
    /// Every cluster gets the least hash of its members.
    Rebuilt,
}

/// The main ids of the run before.
#[derive(Debug, Clone, Copy)]
pub struct Before<'a> {
    /// The main id of each node, as a place in `main_ids`; [`NOBODY`] for a new node. Nodes past
    /// the end are new.
    pub of_nodes: &'a [u32],
    /// The main ids, each once.
    pub main_ids: &'a [String],
}

/// What became of the main ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// The main id of each cluster.
    pub main_ids: Vec<String>,
    /// The cluster that each main id of the run before leads to; [`NOBODY`] when it is gone.
    ///
    /// Aliases of earlier runs are brought up to date with it: where one led to an old main id, it
    /// now leads to that one's cluster.
    pub now: Vec<u32>,
    /// The old main ids that no longer exist, in the order they were given.
    pub aliases: Vec<Alias>,
}

/// A main id that no cluster has any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alias {
    /// Its place among the main ids of the run before.
    pub old: u32,
    /// The cluster it leads to; [`NOBODY`] when it is gone.
    pub cluster: u32,
    /// Why.
    pub cause: Cause,
}

/// Why a main id went away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// Its cluster was joined with one whose main id went before it. This edge was the first to
    /// join the two.
    Merged {
        /// Its place among the edges.
        edge: u32,
    },
    /// Its cluster got the hash of this node, which is less.
    Renamed {
        /// The node.
        node: u32,
    },
    /// Its cluster fell apart. It leads to the part with most of its nodes; of equal parts, to the
    /// one with the least hash.
    Split,
    /// None of its nodes exists any more.
    Gone,
}

/// Names the clusters of `forest`, and tells where the names of the run before went.
///
/// A cluster that several old main ids share is named after the least of them, and the others
/// become aliases. A name that is new is never one that another cluster had before: where the least
/// hash of a cluster is such a name, it gets its next one.
///
/// `edges` are those that the forest grew from.
///
/// # Panics
/// When a node had a main id that is not among those of the run before.
pub fn name_clusters(
    forest: &Forest,
    edges: &Edges,
    before: Before<'_>,
    rids: &Rids<'_>,
    mode: Mode,
) -> Names {
    let clusters = forest.clusters();
    let mut homes = Homes::find(&clusters, before);
    let least = match mode {
        Mode::Incremental => {
            let settled = homes.settled(&clusters, before);
            rids.least_where(&clusters, |cluster| !settled[cluster as usize])
        }
        Mode::Rebuilt => rids.least_per_cluster(&clusters),
    };
    homes.weigh(&clusters, before, &least);
    let (main_ids, kept) = match mode {
        Mode::Incremental => keep_names(&clusters, before, &homes, &least, rids),
        Mode::Rebuilt => new_names(before, &least),
    };
    let anchors = anchors(clusters.len(), before, &homes, &kept);
    let merged = merged(&homes, &kept, &anchors);
    let history = History { forest, edges, clusters: &clusters, before, homes: &homes };
    let met = history.first_meetings(&anchors, &merged);
    let cause = |old: usize| match homes.of[old] {
        NOBODY => Cause::Gone,
        _ if homes.split[old] => Cause::Split,
        _ if merged[old] => Cause::Merged { edge: met[old] },
        cluster => Cause::Renamed { node: least[cluster as usize].node },
    };
    let retired =
        (0_u32..).zip(kept.iter().zip(&homes.of)).filter(|(_, (kept, _))| **kept == NOBODY);
    let aliases = retired
        .map(|(old, (_, home))| Alias { old, cluster: *home, cause: cause(old as usize) })
        .collect();
    let now =
        kept.iter().zip(&homes.of).map(|(&kept, &home)| if kept == NOBODY { home } else { kept });
    Names { main_ids, now: now.collect(), aliases }
}

/// Where the nodes of each old main id are now.
struct Homes {
    /// The cluster with most of them; [`NOBODY`] when there is no node.
    of: Vec<u32>,
    /// Whether they are in several clusters.
    split: Vec<bool>,
}

impl Homes {
    /// The home of each old main id that is in one cluster only, and some cluster of the others.
    fn find(clusters: &Clusters, before: Before<'_>) -> Self {
        let mut of = vec![NOBODY; before.main_ids.len()];
        let mut split = vec![false; of.len()];
        for (old, cluster) in known_nodes(clusters, before) {
            let home = &mut of[old as usize];
            if *home == NOBODY {
                *home = cluster;
            }
            split[old as usize] |= *home != cluster;
        }
        Self { of, split }
    }

    /// Which clusters will keep an old main id, whatever the hashes of their nodes.
    fn settled(&self, clusters: &Clusters, before: Before<'_>) -> Vec<bool> {
        let mut settled = vec![false; clusters.len()];
        for (home, _) in self.of.iter().zip(&self.split).filter(|(_, split)| !**split) {
            if let Some(settled) = settled.get_mut(*home as usize) {
                *settled = true;
            }
        }
        // Between equal parts of what fell apart, hashes decide.
        for (_, part) in self.parts(clusters, before) {
            settled[part as usize] = false;
        }
        settled
    }

    /// The old main id and the cluster of each node whose old main id is in several clusters.
    fn parts(&self, clusters: &Clusters, before: Before<'_>) -> Vec<(u32, u32)> {
        if !self.split.contains(&true) {
            return Vec::new();
        }
        known_nodes(clusters, before).filter(|(old, _)| self.split[*old as usize]).collect()
    }

    /// Finds the greatest part of each old main id that is in several clusters.
    fn weigh(&mut self, clusters: &Clusters, before: Before<'_>, least: &[Least]) {
        let mut nodes = self.parts(clusters, before);
        nodes.sort_unstable();
        let mut greatest = BTreeMap::new();
        for part in nodes.chunk_by(|x, y| x == y) {
            let (old, cluster) = part[0];
            let weight = (part.len(), std::cmp::Reverse(least[cluster as usize].rid), cluster);
            let greatest = greatest.entry(old).or_insert(weight);
            *greatest = weight.max(*greatest);
        }
        for (old, (_, _, cluster)) in greatest {
            self.of[old as usize] = cluster;
        }
    }
}

/// The old main id and the cluster of each node that had a main id.
fn known_nodes<'a>(
    clusters: &'a Clusters,
    before: Before<'a>,
) -> impl Iterator<Item = (u32, u32)> + 'a {
    let nodes = before.of_nodes.iter().copied().zip(clusters.of_nodes().iter().copied());
    nodes.filter(|(old, _)| *old != NOBODY)
}

/// The main id of each cluster in an incremental run, and the cluster that has each old one.
fn keep_names(
    clusters: &Clusters,
    before: Before<'_>,
    homes: &Homes,
    least: &[Least],
    rids: &Rids<'_>,
) -> (Vec<String>, Vec<u32>) {
    let keepers = least_old(clusters.len(), before, homes, |_| true);
    let mut kept = vec![NOBODY; before.main_ids.len()];
    let mut taken: Vec<Rid> = before.main_ids.iter().filter_map(|id| Rid::parse(id)).collect();
    taken.sort_unstable();
    let mut clashes = Vec::new();
    let mut main_ids = Vec::with_capacity(clusters.len());
    for (cluster, (old, least)) in (0_u32..).zip(keepers.iter().zip(least)) {
        if let Some(main_id) = before.main_ids.get(*old as usize) {
            kept[*old as usize] = cluster;
            main_ids.push(main_id.clone());
        } else {
            if taken.binary_search(&least.rid).is_ok() {
                clashes.push(cluster);
            }
            main_ids.push(least.rid.to_string());
        }
    }
    for (cluster, rid) in next_rids(&clashes, clusters, &taken, rids) {
        main_ids[cluster as usize] = rid.to_string();
    }
    (main_ids, kept)
}

/// A hash that is not taken for each of the clusters whose least one is.
fn next_rids(
    clashes: &[u32],
    clusters: &Clusters,
    taken: &[Rid],
    rids: &Rids<'_>,
) -> Vec<(u32, Rid)> {
    let mut members: BTreeMap<u32, Vec<Rid>> = clashes.iter().map(|c| (*c, Vec::new())).collect();
    if !members.is_empty() {
        for (node, cluster) in (0_u32..).zip(clusters.of_nodes()) {
            if let Some(members) = members.get_mut(cluster) {
                members.push(rids.of(node));
            }
        }
    }
    let is_free = |rid: &Rid| taken.binary_search(rid).is_err();
    let mut next = Vec::with_capacity(members.len());
    for (cluster, mut members) in members {
        members.sort_unstable();
        let free = members.iter().copied().find(is_free).unwrap_or_else(|| {
            let others = std::iter::successors(Some(members[0].next()), |rid| Some(rid.next()));
            others.into_iter().find(is_free).expect("there is no end of them")
        });
        next.push((cluster, free));
    }
    next
}

/// The main id of each cluster in a run from nothing, and the cluster that has each old one.
fn new_names(before: Before<'_>, least: &[Least]) -> (Vec<String>, Vec<u32>) {
    let mut owners: Vec<(Rid, u32)> = least.iter().map(|least| least.rid).zip(0..).collect();
    owners.sort_unstable();
    let owner = |main_id: &String| {
        let rid = Rid::parse(main_id)?;
        let place = owners.binary_search_by_key(&rid, |owner| owner.0).ok()?;
        Some(owners[place].1)
    };
    let kept = before.main_ids.iter().map(|id| owner(id).unwrap_or(NOBODY)).collect();
    (least.iter().map(|least| least.rid.to_string()).collect(), kept)
}

/// The old main id that each cluster goes on from: the one it has, or the least at home in it of
/// those that no cluster has; [`NOBODY`] when there is none.
fn anchors(clusters: usize, before: Before<'_>, homes: &Homes, kept: &[u32]) -> Vec<u32> {
    let mut anchors = least_old(clusters, before, homes, |old| kept[old as usize] == NOBODY);
    for (old, cluster) in (0_u32..).zip(kept) {
        if *cluster != NOBODY && homes.of[old as usize] == *cluster {
            anchors[*cluster as usize] = old;
        }
    }
    anchors
}

/// Which old main ids no cluster has any more while their home goes on from another.
fn merged(homes: &Homes, kept: &[u32], anchors: &[u32]) -> Vec<bool> {
    let is_merged = |(old, (home, kept)): (u32, (&u32, &u32))| {
        let anchor = anchors.get(*home as usize);
        *kept == NOBODY && anchor.is_some_and(|anchor| *anchor != old)
    };
    (0_u32..).zip(homes.of.iter().zip(kept)).map(is_merged).collect()
}

/// The least old main id that is at home in each cluster, of those that `counts`.
fn least_old(
    clusters: usize,
    before: Before<'_>,
    homes: &Homes,
    counts: impl Fn(u32) -> bool,
) -> Vec<u32> {
    let mut least = vec![NOBODY; clusters];
    for (old, home) in (0_u32..).zip(&homes.of) {
        if *home == NOBODY || !counts(old) {
            continue;
        }
        let best = &mut least[*home as usize];
        if *best == NOBODY || before.main_ids[old as usize] < before.main_ids[*best as usize] {
            *best = old;
        }
    }
    least
}

/// What is needed to see again how the clusters of the run before were joined.
struct History<'a> {
    forest: &'a Forest,
    edges: &'a Edges,
    clusters: &'a Clusters,
    before: Before<'a>,
    homes: &'a Homes,
}

impl History<'_> {
    /// For each old main id that `merged`, the join that first brought it together with the anchor
    /// of its cluster. What was one cluster before is one from the start.
    fn first_meetings(&self, anchors: &[u32], merged: &[bool]) -> Vec<u32> {
        let mut met = vec![NOBODY; merged.len()];
        if !merged.contains(&true) {
            return met;
        }
        let mut concerned = vec![false; self.clusters.len()];
        for (home, _) in self.homes.of.iter().zip(merged).filter(|(_, merged)| **merged) {
            concerned[*home as usize] = true;
        }
        let mut groups = Groups::of(self, anchors, &concerned);
        for join in self.forest.joins() {
            let (a, b) = self.edges.ends(join.edge as usize);
            if concerned[self.clusters.of(a) as usize] {
                groups.join(a, b, |old| met[old as usize] = join.edge);
            }
        }
        met
    }
}

/// The list of a group that holds the anchor: who joins it has met the anchor.
const ANCHORED: u32 = NOBODY - 1;

/// Groups of nodes, each with a list of the old main ids in it that have not met the anchor.
struct Groups {
    parents: Vec<u32>,
    /// The first old main id in the list of each root; [`NOBODY`] for none, or [`ANCHORED`].
    first: Vec<u32>,
    /// The next in the list of each old main id, or [`NOBODY`].
    next: Vec<u32>,
    /// The last in the list that starts with each old main id.
    last: Vec<u32>,
}

impl Groups {
    fn of(history: &History<'_>, anchors: &[u32], concerned: &[bool]) -> Self {
        let nodes = history.clusters.of_nodes().len();
        let olds = history.before.main_ids.len() as u32;
        let mut groups = Self {
            parents: apart(nodes),
            first: vec![NOBODY; nodes],
            next: vec![NOBODY; olds as usize],
            last: (0..olds).collect(),
        };
        let mut first_node = vec![NOBODY; olds as usize];
        for (node, old) in (0..nodes as u32).zip(history.before.of_nodes.iter().copied()) {
            let cluster = history.clusters.of(node);
            if old == NOBODY
                || !concerned[cluster as usize]
                || history.homes.of[old as usize] != cluster
            {
                continue;
            }
            let first = &mut first_node[old as usize];
            if *first == NOBODY {
                *first = node;
                let is_anchor = anchors[cluster as usize] == old;
                groups.first[node as usize] = if is_anchor { ANCHORED } else { old };
            }
            groups.parents[node as usize] = *first;
        }
        groups
    }

    /// Joins the groups of two nodes. Tells which old main ids meet the anchor by that.
    fn join(&mut self, a: u32, b: u32, mut meet: impl FnMut(u32)) {
        let (a, b) = (root(&mut self.parents, a), root(&mut self.parents, b));
        if a == b {
            return;
        }
        let (kept, absorbed) = (a.min(b), a.max(b));
        self.parents[absorbed as usize] = kept;
        let lists = (self.first[kept as usize], self.first[absorbed as usize]);
        self.first[kept as usize] = match lists {
            (ANCHORED, list) | (list, ANCHORED) => {
                let mut old = list;
                while old < ANCHORED {
                    meet(old);
                    old = self.next[old as usize];
                }
                ANCHORED
            }
            (NOBODY, list) | (list, NOBODY) => list,
            (list, more) => {
                self.next[self.last[list as usize] as usize] = more;
                self.last[list as usize] = self.last[more as usize];
                list
            }
        };
    }
}

#[cfg(test)]
mod tests {
    use super::super::edges::UNTIMED;
    use super::super::intern::Interner;
    use super::super::rid::rid;
    use super::*;

    /// Texts of one kind, in the order of their hashes: `names(4)[0]` has the least.
    fn names(count: usize) -> Vec<String> {
        let mut names: Vec<String> = (0..count).map(|i| format!("id{i}")).collect();
        names.sort_by_key(|name| rid(name, "k"));
        names
    }

    /// A run over nodes, edges between them, and what was there before: for each node the name of
    /// its cluster.
    struct Run {
        interner: Interner,
        edges: Edges,
        of_nodes: Vec<u32>,
        main_ids: Vec<String>,
    }

    impl Run {
        fn new(nodes: &[&str], edges: &[(u32, u32)]) -> Self {
            let mut interner = Interner::new();
            for node in nodes {
                interner.intern(0, node).unwrap();
            }
            let mut list = Edges::new();
            for (a, b) in edges {
                list.push(*a, *b, UNTIMED).unwrap();
            }
            Self { interner, edges: list, of_nodes: Vec::new(), main_ids: Vec::new() }
        }

        /// Before, these clusters had these main ids.
        fn after(mut self, clusters: &[(&[u32], &str)]) -> Self {
            self.of_nodes = vec![NOBODY; self.interner.len()];
            for (nodes, main_id) in clusters {
                for node in *nodes {
                    self.of_nodes[*node as usize] = self.main_ids.len() as u32;
                }
                self.main_ids.push((*main_id).to_owned());
            }
            self
        }

        fn names(&self, mode: Mode) -> Names {
            let forest = Forest::grow(self.interner.len(), &self.edges);
            let before = Before { of_nodes: &self.of_nodes, main_ids: &self.main_ids };
            let kinds = ["k".to_owned()];
            let rids = Rids::new(&self.interner, &kinds);
            name_clusters(&forest, &self.edges, before, &rids, mode)
        }
    }

    fn alias(old: u32, cluster: u32, cause: Cause) -> Alias {
        Alias { old, cluster, cause }
    }

    #[test]
    fn a_first_run_names_clusters_after_their_least_member() {
        let n = names(3);
        let run = Run::new(&[&n[2], &n[0], &n[1]], &[(0, 2)]);
        for mode in [Mode::Incremental, Mode::Rebuilt] {
            let names = run.names(mode);
            assert_eq!(names.main_ids, [rid(&n[1], "k"), rid(&n[0], "k")]);
            assert_eq!((names.now, names.aliases), (vec![], vec![]));
        }
    }

    #[test]
    fn a_cluster_keeps_its_name_when_a_lesser_hash_joins() {
        let n = names(3);
        let old = rid(&n[1], "k");
        let run = Run::new(&[&n[1], &n[2], &n[0]], &[(0, 1), (1, 2)]).after(&[(&[0, 1], &old)]);
        let kept = run.names(Mode::Incremental);
        assert_eq!((kept.main_ids, kept.now, kept.aliases), (vec![old], vec![0], vec![]));
        let renamed = run.names(Mode::Rebuilt);
        assert_eq!(renamed.main_ids, [rid(&n[0], "k")]);
        assert_eq!(renamed.now, [0]);
        assert_eq!(renamed.aliases, [alias(0, 0, Cause::Renamed { node: 2 })]);
    }

    #[test]
    fn of_merged_clusters_the_least_name_stays_and_the_edge_that_met_it_is_told() {
        let n = names(7);
        let ids: Vec<String> = n.iter().map(|n| rid(n, "k")).collect();
        // Three clusters {0, 3}, {1, 4}, {2, 5}. First the second meets the third, by way of a new
        // node, then the first meets both.
        let nodes: Vec<&str> = n.iter().map(String::as_str).collect();
        let edges = [(0, 3), (1, 4), (2, 5), (4, 6), (6, 5), (1, 2), (3, 5), (0, 1)];
        let run = Run::new(&nodes, &edges).after(&[
            (&[2, 5], &ids[2]),
            (&[0, 3], &ids[0]),
            (&[1, 4], &ids[1]),
        ]);
        for mode in [Mode::Incremental, Mode::Rebuilt] {
            let names = run.names(mode);
            assert_eq!(names.main_ids, [ids[0].clone()]);
            assert_eq!(names.now, [0, 0, 0]);
            let merged = Cause::Merged { edge: 6 };
            assert_eq!(names.aliases, [alias(0, 0, merged), alias(2, 0, merged)]);
        }
    }

    #[test]
    fn of_merged_clusters_one_is_renamed_when_the_new_name_is_nobodys() {
        let n = names(5);
        let ids: Vec<String> = n.iter().map(|n| rid(n, "k")).collect();
        let nodes: Vec<&str> = n.iter().map(String::as_str).collect();
        let run = Run::new(&nodes, &[(1, 2), (3, 4), (2, 3), (0, 4)])
            .after(&[(&[1, 2], &ids[1]), (&[3, 4], &ids[3])]);
        let names = run.names(Mode::Rebuilt);
        assert_eq!(names.main_ids, [ids[0].clone()]);
        assert_eq!(
            names.aliases,
            [alias(0, 0, Cause::Renamed { node: 0 }), alias(1, 0, Cause::Merged { edge: 2 })]
        );
    }

    #[test]
    fn a_name_leads_to_the_greatest_part_of_what_fell_apart() {
        let n = names(6);
        let ids: Vec<String> = n.iter().map(|n| rid(n, "k")).collect();
        let nodes: Vec<&str> = n.iter().map(String::as_str).collect();
        let run =
            Run::new(&nodes, &[(1, 2), (3, 4), (4, 5)]).after(&[(&[1, 2, 3, 4, 5], "rid of old")]);
        // Clusters: {0}, {1, 2}, {3, 4, 5}.
        let names = run.names(Mode::Rebuilt);
        assert_eq!(names.main_ids, [ids[0].clone(), ids[1].clone(), ids[3].clone()]);
        assert_eq!(names.aliases, [alias(0, 2, Cause::Split)]);
        assert_eq!(names.now, [2]);
        let names = run.names(Mode::Incremental);
        assert_eq!(names.main_ids, [ids[0].clone(), ids[1].clone(), "rid of old".to_owned()]);
        assert_eq!((names.now, names.aliases), (vec![2], vec![]));
    }

    #[test]
    fn of_equal_parts_a_name_leads_to_the_one_with_the_least_hash() {
        let n = names(4);
        let nodes = [n[3].as_str(), &n[2], &n[1], &n[0]];
        let run = Run::new(&nodes, &[(0, 3), (1, 2)]).after(&[(&[0, 1, 2, 3], "old")]);
        assert_eq!(run.names(Mode::Rebuilt).aliases, [alias(0, 0, Cause::Split)]);
        let run = Run::new(&nodes, &[(0, 1), (2, 3)]).after(&[(&[0, 1, 2, 3], "old")]);
        assert_eq!(run.names(Mode::Rebuilt).aliases, [alias(0, 1, Cause::Split)]);
    }

    #[test]
    fn a_name_without_nodes_is_gone() {
        let n = names(2);
        let run = Run::new(&[&n[0]], &[]).after(&[(&[], "old"), (&[0], &rid(&n[0], "k"))]);
        for mode in [Mode::Incremental, Mode::Rebuilt] {
            let names = run.names(mode);
            assert_eq!(names.now, [NOBODY, 0]);
            assert_eq!(names.aliases, [alias(0, NOBODY, Cause::Gone)]);
        }
    }

    #[test]
    fn a_name_that_moved_with_its_node_stays_a_name() {
        let n = names(4);
        let ids: Vec<String> = n.iter().map(|n| rid(n, "k")).collect();
        let nodes: Vec<&str> = n.iter().map(String::as_str).collect();
        // The node that the name is the hash of left the others.
        let run = Run::new(&nodes, &[(1, 2), (2, 3)]).after(&[(&[0, 1, 2, 3], &ids[0])]);
        let rebuilt = run.names(Mode::Rebuilt);
        assert_eq!(rebuilt.main_ids, [ids[0].clone(), ids[1].clone()]);
        assert_eq!((rebuilt.now, rebuilt.aliases), (vec![0], vec![]));
        // The greater part keeps it in an incremental run, and who left is not called the same.
        let kept = run.names(Mode::Incremental);
        assert_eq!(kept.main_ids[1], ids[0]);
        assert!(Rid::parse(&kept.main_ids[0]).is_some());
        assert_ne!(kept.main_ids[0], ids[0]);
        assert_eq!((kept.now, kept.aliases), (vec![1], vec![]));
    }

    #[test]
    fn a_name_that_went_on_elsewhere_takes_no_other_with_it() {
        let n = names(4);
        let ids: Vec<String> = n.iter().map(|n| rid(n, "k")).collect();
        let nodes: Vec<&str> = n.iter().map(String::as_str).collect();
        let run =
            Run::new(&nodes, &[(1, 2), (2, 3)]).after(&[(&[0, 1, 2], &ids[0]), (&[3], &ids[3])]);
        let names = run.names(Mode::Rebuilt);
        assert_eq!(names.now, [0, 1]);
        assert_eq!(names.aliases, [alias(1, 1, Cause::Renamed { node: 1 })]);
    }

    #[test]
    fn a_new_cluster_whose_least_hash_is_taken_gets_its_next() {
        let n = names(3);
        let ids: Vec<String> = n.iter().map(|n| rid(n, "k")).collect();
        // Node 2 kept the name of node 0, which had left and now comes back with node 1.
        let nodes: Vec<&str> = n.iter().map(String::as_str).collect();
        let run = Run::new(&nodes, &[(0, 1)]).after(&[(&[2], &ids[0])]);
        let names = run.names(Mode::Incremental);
        assert_eq!(names.main_ids, [ids[1].clone(), ids[0].clone()]);
    }

    #[test]
    fn nodes_past_the_end_of_what_was_before_are_new() {
        let n = names(3);
        let nodes: Vec<&str> = n.iter().map(String::as_str).collect();
        let mut run = Run::new(&nodes, &[(0, 2)]).after(&[(&[0], "old")]);
        run.of_nodes.truncate(1);
        assert_eq!(run.names(Mode::Incremental).main_ids, ["old".to_owned(), rid(&n[1], "k")]);
    }
}
