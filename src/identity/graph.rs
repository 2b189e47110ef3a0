//! A finished id graph: what takes part, joined; and what of it is told, in an order that does not
//! depend on the order of the rows.

use super::TooMany;
use super::alias::{Cause, Mode, Names, name_clusters};
use super::caps::Cap;
use super::earlier::{Earlier, after_joined};
use super::edges::{Edges, UNTIMED};
use super::forest::{Clusters, Converged, Forest, Join, Unproven};
use super::ids::Ids;
use super::intern::Interner;
use super::left_out::{LeftOut, Refused, Rules, cap_edges, take_out};
use super::rid::Rids;

/// An id as a reader knows it. Ordered by the name of its kind, then by its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id<'a> {
    /// The name of its kind.
    pub kind: &'a str,
    /// Its text.
    pub text: &'a str,
}

/// That two clusters became one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge<'a> {
    /// The ends of the edge that joined them, the lesser first.
    pub ends: [Id<'a>; 2],
    /// How many ids the cluster of each end had just before.
    pub sizes: [u32; 2],
    /// When the edge was first seen, in microseconds since 1970, or [`UNTIMED`].
    pub seen: i64,
}

/// The ids that take part, in the order in which they are listed: by main id, kind and text.
#[derive(Debug)]
pub struct Listed {
    /// The ids of each cluster that take part.
    members: Vec<Vec<u32>>,
    /// The clusters that have any.
    order: Vec<u32>,
    ids: usize,
}

impl Listed {
    /// How many ids take part.
    pub fn ids(&self) -> usize {
        self.ids
    }

    /// How many main ids they have.
    pub fn clusters(&self) -> usize {
        self.order.len()
    }

    /// Cluster and id of each row.
    pub fn rows(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let members = |cluster: &u32| &self.members[*cluster as usize];
        self.order.iter().flat_map(move |c| members(c).iter().map(move |id| (*c, *id)))
    }
}

/// The ids of an entity, joined.
#[derive(Debug)]
pub struct Graph {
    interner: Interner,
    /// The name of each kind.
    kinds: Vec<String>,
    seen: Vec<i64>,
    edges: Edges,
    refused: Vec<Refused>,
    left_out: LeftOut,
    /// How many pairs of an earlier run come before the edges.
    joined: usize,
    /// These pairs and the edges after them, where there are any.
    after_joined: Option<Edges>,
    forest: Forest,
}

impl Graph {
    /// Joins the ids: takes out what takes no part, refuses what is beyond a cap, and takes what is
    /// left in the order in which it was first seen. `kinds` are the names of the kinds of ids.
    ///
    /// # Errors
    /// When there are more pairs than can be numbered.
    ///
    /// # Panics
    /// When `left_out` is about fewer ids.
    pub fn grow(
        ids: Ids,
        kinds: &[String],
        rules: &Rules,
        left_out: LeftOut,
        caps: &[Cap],
    ) -> Result<Self, TooMany> {
        let Ids { interner, mut seen, edges, joined } = ids;
        seen.resize(interner.len(), UNTIMED);
        let (mut edges, mut refused) = take_out(edges.merge_repeats(), &left_out, &seen, rules);
        cap_edges(&mut edges, &interner, caps, &mut refused);
        edges.in_first_seen_order(&interner);
        let after_joined = after_joined(&joined, &edges)?;
        let forest = Forest::grow(interner.len(), after_joined.as_ref().unwrap_or(&edges));
        Ok(Self {
            interner,
            kinds: kinds.to_vec(),
            seen,
            edges,
            refused,
            left_out,
            joined: joined.len(),
            after_joined,
            forest,
        })
    }

    /// The numbers of the ids.
    pub fn interner(&self) -> &Interner {
        &self.interner
    }

    /// The pairs that are joined, without those that only say what an earlier run joined.
    pub fn edges(&self) -> &Edges {
        &self.edges
    }

    /// What takes no part, and why.
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// Which ids take no part.
    pub fn left_out(&self) -> &LeftOut {
        &self.left_out
    }

    /// How many times two clusters became one, also in an earlier run.
    pub fn joins(&self) -> usize {
        self.forest.joins().len()
    }

    /// The clusters, numbered.
    pub fn clusters(&self) -> Clusters {
        self.forest.clusters()
    }

    /// When an id was first seen, in microseconds since 1970, or [`UNTIMED`].
    pub fn seen(&self, id: u32) -> i64 {
        self.seen[id as usize]
    }

    /// An id as a reader knows it.
    pub fn id(&self, id: u32) -> Id<'_> {
        let kind = &self.kinds[usize::from(self.interner.kind(id))];
        Id { kind, text: self.interner.text(id) }
    }

    /// The ends of a pair, the lesser first: the same whichever came first.
    pub fn ends(&self, a: u32, b: u32) -> [Id<'_>; 2] {
        let mut ends = [self.id(a), self.id(b)];
        ends.sort_unstable();
        ends
    }

    /// Proves the clusters: see [`Forest::check`].
    ///
    /// # Errors
    /// When they are not the clusters of the edges.
    pub fn check(&self) -> Result<Converged, Unproven> {
        self.forest.check(self.grown_from())
    }

    /// Names the clusters, and tells where the main ids of the earlier run went: see
    /// [`name_clusters`].
    pub fn name(&self, earlier: &Earlier, mode: Mode) -> Names {
        let rids = Rids::new(&self.interner, &self.kinds);
        name_clusters(&self.forest, self.grown_from(), earlier.before(), &rids, mode)
    }

    /// The ids that take part, as they are listed. `clusters` are those of [`Graph::clusters`].
    pub fn listed(&self, clusters: &Clusters, names: &Names) -> Listed {
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); clusters.len()];
        let mut ids = 0;
        for (id, cluster) in (0_u32..).zip(clusters.of_nodes()) {
            if self.left_out.reason(id).is_none() {
                members[*cluster as usize].push(id);
                ids += 1;
            }
        }
        let some = |cluster: &u32| !members[*cluster as usize].is_empty();
        let mut order: Vec<u32> = (0..clusters.len() as u32).filter(some).collect();
        let main_id = |cluster: u32| &names.main_ids[cluster as usize];
        order.sort_unstable_by(|a, b| main_id(*a).cmp(main_id(*b)));
        for cluster in &order {
            members[*cluster as usize].sort_unstable_by(|a, b| self.id(*a).cmp(&self.id(*b)));
        }
        Listed { members, order, ids }
    }

    /// Whether each join left one cluster less of the ids that take part.
    pub fn adds_up(&self, listed: &Listed) -> bool {
        listed.ids() == listed.clusters() + self.joins()
    }

    /// How clusters became one, in the order in which they did, without what an earlier run joined.
    pub fn merges(&self) -> impl Iterator<Item = Merge<'_>> + '_ {
        let joins = self.forest.joins().iter();
        joins.filter(|join| join.edge as usize >= self.joined).map(|join| self.merge(join))
    }

    fn merge(&self, join: &Join) -> Merge<'_> {
        let at = join.edge as usize - self.joined;
        let (a, b) = self.edges.ends(at);
        let ends = self.ends(a, b);
        let mut sizes = [join.size_a, join.size_b];
        if self.id(a) != ends[0] {
            sizes.reverse();
        }
        Merge { ends, sizes, seen: self.edges.seen(at) }
    }

    /// What the cause of an alias is about: an edge's ends or an id, and when it was first seen.
    pub fn about(&self, cause: Cause) -> ([Option<Id<'_>>; 2], Option<i64>) {
        match cause {
            // What an earlier run joined was one main id then.
            Cause::Merged { edge } => {
                let at = (edge as usize).saturating_sub(self.joined);
                let (a, b) = self.edges.ends(at);
                (self.ends(a, b).map(Some), Some(self.edges.seen(at)))
            }
            Cause::Renamed { node } => ([Some(self.id(node)), None], Some(self.seen(node))),
            Cause::Split | Cause::Gone => ([None; 2], None),
        }
    }

    /// The edges that the forest grew from.
    fn grown_from(&self) -> &Edges {
        self.after_joined.as_ref().unwrap_or(&self.edges)
    }
}

#[cfg(test)]
mod tests {
    use super::super::earlier::EarlierRows;
    use super::super::left_out::{Action, Reason};
    use super::*;

    /// In the order of their names, users come before e-mails.
    const KINDS: [&str; 2] = ["z_email", "a_user"];
    const EMAIL: u16 = 0;
    const USER: u16 = 1;

    /// Takes rows of an e-mail, a user and a moment.
    fn take(ids: &mut Ids, rows: &[(&str, &str, i64)]) {
        let [mut emails, mut users] = [Vec::new(), Vec::new()];
        ids.intern_column(EMAIL, rows.iter().map(|row| Some(row.0)), &mut emails).unwrap();
        ids.intern_column(USER, rows.iter().map(|row| Some(row.1)), &mut users).unwrap();
        ids.take(&[emails, users], rows.iter().map(|row| Some(row.2))).unwrap();
    }

    fn grow(ids: Ids, rules: &Rules, caps: &[Cap]) -> Graph {
        let out = LeftOut::by_rules(ids.interner.len(), rules);
        let graph = Graph::grow(ids, &KINDS.map(str::to_owned), rules, out, caps).unwrap();
        graph.check().unwrap();
        graph
    }

    fn of_rows(rows: &[(&str, &str, i64)]) -> Graph {
        let mut ids = Ids::default();
        take(&mut ids, rows);
        grow(ids, &Rules::default(), &[])
    }

    /// Each main id and the texts of its ids, as they are listed.
    fn listed(graph: &Graph, names: &Names) -> Vec<(String, String)> {
        let listed = graph.listed(&graph.clusters(), names);
        assert!(graph.adds_up(&listed));
        let rows: Vec<(u32, u32)> = listed.rows().collect();
        assert_eq!(rows.len(), listed.ids());
        let of_main_id = |rows: &[(u32, u32)]| {
            let texts: Vec<&str> = rows.iter().map(|(_, id)| graph.id(*id).text).collect();
            (names.main_ids[rows[0].0 as usize].clone(), texts.join(" "))
        };
        let told: Vec<_> = rows.chunk_by(|x, y| x.0 == y.0).map(of_main_id).collect();
        assert_eq!(told.len(), listed.clusters());
        told
    }

    fn merges(graph: &Graph) -> Vec<([&str; 2], [u32; 2], i64)> {
        graph.merges().map(|m| (m.ends.map(|end| end.text), m.sizes, m.seen)).collect()
    }

    #[test]
    fn the_order_of_rows_changes_nothing_that_is_told() {
        let rows = [("m", "u", 3), ("n", "u", 1), ("n", "v", 3), ("o", "w", 2), ("m", "v", 2)];
        let mut turned = rows;
        turned.reverse();
        let graphs = [of_rows(&rows), of_rows(&turned)];
        let told =
            graphs.each_ref().map(|g| listed(g, &g.name(&Earlier::default(), Mode::Rebuilt)));
        assert_eq!(told[0], told[1]);
        assert_eq!(merges(&graphs[0]), merges(&graphs[1]));
        assert_eq!(
            merges(&graphs[0]),
            [
                (["u", "n"], [1, 1], 1),
                (["v", "m"], [1, 1], 2),
                (["w", "o"], [1, 1], 2),
                (["u", "m"], [2, 2], 3),
            ]
        );
    }

    #[test]
    fn the_sizes_of_a_merge_stand_as_its_ends_do() {
        let graph = of_rows(&[("m", "u", 1), ("n", "v", 2), ("n", "w", 3), ("m", "w", 4)]);
        assert_eq!(merges(&graph).last(), Some(&(["w", "m"], [3, 2], 4)));
    }

    #[test]
    fn ids_are_listed_by_main_id_then_kind_then_text() {
        let graph = of_rows(&[("n", "v", 1), ("m", "v", 1), ("m", "u", 1), ("o", "x", 1)]);
        let mut names = graph.name(&Earlier::default(), Mode::Rebuilt);
        names.main_ids = vec!["r9".into(), "r1".into()];
        let expected = [("r1", "x o"), ("r9", "u v m n")];
        assert_eq!(listed(&graph, &names), expected.map(|(id, ids)| (id.into(), ids.into())));
    }

    #[test]
    fn an_id_that_is_left_out_is_refused_and_not_listed() {
        let mut ids = Ids::default();
        take(&mut ids, &[("m", "u", 5), ("m", "v", 6)]);
        let shared = ids.interner.find(EMAIL, "m");
        let mut rules = Rules::default();
        rules.add(Action::Exclude, shared, None, &mut ids).unwrap();
        let graph = grow(ids, &rules, &[]);
        let names = graph.name(&Earlier::default(), Mode::Rebuilt);
        let mut texts: Vec<String> = listed(&graph, &names).into_iter().map(|row| row.1).collect();
        texts.sort_unstable();
        assert_eq!(texts, ["u", "v"]);
        assert_eq!((graph.joins(), graph.edges().len(), graph.refused().len()), (0, 0, 3));
        assert_eq!(graph.left_out().reason(0), Some(Reason::Rule));
    }

    #[test]
    fn counts_that_do_not_fit_the_joins_do_not_add_up() {
        let graph = of_rows(&[("m", "u", 5), ("n", "v", 6)]);
        let names = graph.name(&Earlier::default(), Mode::Rebuilt);
        let mut listed = graph.listed(&graph.clusters(), &names);
        assert!(graph.adds_up(&listed));
        listed.ids -= 1;
        assert!(!graph.adds_up(&listed));
    }

    #[test]
    fn a_cap_refuses_after_rules_and_in_the_order_of_moments() {
        let mut ids = Ids::default();
        take(&mut ids, &[("m", "w", 3), ("m", "v", 2), ("m", "u", 1)]);
        let first = ids.interner.find(USER, "u");
        let mut rules = Rules::default();
        rules.add(Action::Exclude, first, None, &mut ids).unwrap();
        let graph = grow(ids, &rules, &[Cap { kind: EMAIL, other: USER, most: 1 }]);
        // The excluded user is no neighbour that is counted.
        assert_eq!(merges(&graph), [(["v", "m"], [1, 1], 2)]);
        let refused: Vec<_> = graph.refused().iter().map(|r| (r.seen, r.reason)).collect();
        assert_eq!(refused, [(1, Reason::Rule), (1, Reason::Rule), (3, Reason::Cap(0))]);
    }

    #[test]
    fn what_an_earlier_run_joined_is_no_merge_and_keeps_its_name() {
        let (mut ids, mut rows) = (Ids::default(), EarlierRows::default());
        for (main_id, kind, text) in
            [("r2", EMAIL, "m"), ("r2", USER, "u"), ("r1", EMAIL, "n"), ("r1", USER, "v")]
        {
            rows.go_on(&mut ids, main_id, (kind, text), 1).unwrap();
        }
        take(&mut ids, &[("n", "u", 7), ("o", "x", 8)]);
        let graph = grow(ids, &Rules::default(), &[]);
        let names = graph.name(&rows.done(), Mode::Incremental);
        assert_eq!(merges(&graph), [(["u", "n"], [2, 2], 7), (["x", "o"], [1, 1], 8)]);
        assert_eq!((graph.joins(), graph.edges().len()), (4, 2));
        assert_eq!(names.main_ids[0], "r1");
        let [alias] = names.aliases[..] else { panic!("one went: {:?}", names.aliases) };
        let (ends, seen) = graph.about(alias.cause);
        assert_eq!((alias.old, ends.map(|end| end.unwrap().text), seen), (0, ["u", "n"], Some(7)));
    }

    #[test]
    fn a_cause_is_about_an_edge_an_id_or_nothing() {
        let graph = of_rows(&[("m", "u", 5)]);
        let user = graph.interner().find(USER, "u").unwrap();
        let [email, named] =
            [("z_email", "m"), ("a_user", "u")].map(|(kind, text)| Id { kind, text });
        let about = [Cause::Merged { edge: 0 }, Cause::Renamed { node: user }];
        let ends = [[Some(named), Some(email)], [Some(named), None]];
        assert_eq!(about.map(|cause| graph.about(cause)), ends.map(|ends| (ends, Some(5))));
        let of_nothing = [Cause::Split, Cause::Gone].map(|cause| graph.about(cause));
        assert_eq!(of_nothing, [([None; 2], None); 2]);
    }
}
