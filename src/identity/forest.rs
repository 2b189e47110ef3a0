//! Clusters of identifiers, and the edges that made them.
//!
//! Union–find over the edges in order. Of the edges, those that joined two clusters are kept: the
//! merge forest, with one edge less per cluster than the cluster has identifiers. It answers why
//! two identifiers belong together, since when, and what a cluster was before.

use super::edges::Edges;
use std::fmt;

/// A numbering of the clusters: 0, 1, 2 … in the order of their smallest members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clusters {
    of: Vec<u32>,
    len: usize,
}

impl Clusters {
    /// Numbers clusters given by the smallest member of each node's cluster, as [`labels`] has it.
    pub fn of_labels(labels: Vec<u32>) -> Self {
        let mut of = labels;
        let mut len = 0;
        for node in 0..of.len() {
            // A smaller node has its cluster's number in place of its label already.
            of[node] = if of[node] as usize == node {
                len += 1;
                len - 1
            } else {
                of[of[node] as usize]
            };
        }
        Self { of, len: len as usize }
    }

    /// How many clusters there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The cluster of each node.
    pub fn of_nodes(&self) -> &[u32] {
        &self.of
    }

    /// The cluster of a node.
    pub fn of(&self, node: u32) -> u32 {
        self.of[node as usize]
    }

    /// How many nodes each cluster has.
    pub fn sizes(&self) -> Vec<u32> {
        let mut sizes = vec![0; self.len];
        for cluster in &self.of {
            sizes[*cluster as usize] += 1;
        }
        sizes
    }
}

/// The label of each node: the smallest node of its cluster.
///
/// Rem's union–find with splicing: parents are never greater than their children. The order of the
/// edges makes no difference.
///
/// # Panics
/// When an edge has an end that is not below `nodes`, or those are more than a `u32` counts.
///
/// # Source
/// E. W. Dijkstra, "A Discipline of Programming", 1976, chapter 23; M. Patwary, J. Blair, F. Manne,
/// "Experiments on Union-Find Algorithms for the Disjoint-Set Data Structure", 2010.
pub fn labels(nodes: usize, edges: &Edges) -> Vec<u32> {
    let mut parents = apart(nodes);
    for (a, b) in edges.pairs() {
        splice(&mut parents, a, b);
    }
    flatten(&mut parents);
    parents
}

/// Joins the clusters of two nodes. The higher node moves below the other's parent, and the search
/// goes on from where it was.
fn splice(parents: &mut [u32], a: u32, b: u32) {
    let (mut low, mut high) = (a as usize, b as usize);
    while parents[low] != parents[high] {
        if parents[low] > parents[high] {
            std::mem::swap(&mut low, &mut high);
        }
        let above = parents[high] as usize;
        parents[high] = parents[low];
        if above == high {
            return;
        }
        high = above;
    }
}

/// Each node a tree by itself.
pub(super) fn apart(nodes: usize) -> Vec<u32> {
    (0..u32::try_from(nodes).expect("nodes are numbered by u32")).collect()
}

/// Points every node at the root of its tree, given that no parent is greater than its child.
fn flatten(parents: &mut [u32]) {
    for node in 0..parents.len() {
        parents[node] = parents[parents[node] as usize];
    }
}

/// The root of a node's tree. Halves the way there for the next who asks.
pub(super) fn root(parents: &mut [u32], mut node: u32) -> u32 {
    while parents[node as usize] != node {
        let above = parents[parents[node as usize] as usize];
        parents[node as usize] = above;
        node = above;
    }
    node
}

/// An edge that joined two clusters into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Join {
    /// Its place among the edges.
    pub edge: u32,
    /// The label of the cluster that came out: its smallest node.
    pub kept: u32,
    /// The label of the other cluster, which is no longer a label.
    pub absorbed: u32,
    /// How many nodes the cluster of the edge's `a` had just before.
    pub size_a: u32,
    /// How many nodes the cluster of the edge's `b` had just before.
    pub size_b: u32,
}

/// The clusters of a graph, and the edges that made them in the order in which they did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forest {
    joins: Vec<Join>,
    labels: Vec<u32>,
}

impl Forest {
    /// Takes the edges in their order, and keeps those that join two clusters.
    ///
    /// The clusters are the same in any order; the joins are history only when the edges are in
    /// first-seen order, see [`Edges::in_first_seen_order`].
    ///
    /// # Panics
    /// When an edge has an end that is not below `nodes`, or those are more than a `u32` counts.
    pub fn grow(nodes: usize, edges: &Edges) -> Self {
        let mut parents = apart(nodes);
        let mut sizes = vec![1_u32; nodes];
        let mut joins = Vec::new();
        for (edge, (a, b)) in (0_u32..).zip(edges.pairs()) {
            if parents[a as usize] == parents[b as usize] {
                continue;
            }
            let (a, b) = (root(&mut parents, a), root(&mut parents, b));
            if a == b {
                continue;
            }
            let (kept, absorbed) = (a.min(b), a.max(b));
            let (size_a, size_b) = (sizes[a as usize], sizes[b as usize]);
            joins.push(Join { edge, kept, absorbed, size_a, size_b });
            parents[absorbed as usize] = kept;
            sizes[kept as usize] = size_a + size_b;
        }
        drop(sizes);
        flatten(&mut parents);
        Self { joins, labels: parents }
    }

    /// The edges that joined two clusters, in the order in which they did.
    pub fn joins(&self) -> &[Join] {
        &self.joins
    }

    /// The label of each node: the smallest node of its cluster.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// The clusters, numbered.
    pub fn clusters(&self) -> Clusters {
        Clusters::of_labels(self.labels.clone())
    }

    /// Proves the clusters: see [`check`]. Besides, each join made one cluster of two, so there
    /// must be one cluster less per join than there are nodes; fewer were glued without an edge.
    ///
    /// # Errors
    /// When they are not the clusters of these edges.
    pub fn check(&self, edges: &Edges) -> Result<Converged, Unproven> {
        let converged = check(&self.labels, edges)?;
        let expected = self.labels.len() - self.joins.len();
        if converged.clusters != expected {
            return Err(Unproven::Miscounted { clusters: converged.clusters, expected });
        }
        Ok(converged)
    }
}

/// What was proven of clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Converged {
    /// Edges looked at, each of which lies within one cluster.
    pub edges: usize,
    /// Labels counted.
    pub clusters: usize,
}

/// Why clusters are not those of a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproven {
    /// The edge at this place has its ends in two clusters.
    Across {
        /// Its place among the edges.
        edge: usize,
    },
    /// A node's label is no node with that label itself, or is greater than the node.
    BadLabel {
        /// The node.
        node: u32,
    },
    /// There are not as many clusters as the joins left.
    Miscounted {
        /// Labels counted.
        clusters: usize,
        /// One less than the nodes for each join.
        expected: usize,
    },
}

impl fmt::Display for Unproven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Across { edge } => write!(f, "edge {edge} lies across two clusters"),
            Self::BadLabel { node } => write!(f, "node {node} has a label that names no cluster"),
            Self::Miscounted { clusters, expected } => {
                write!(f, "there are {clusters} clusters where the joins left {expected}")
            }
        }
    }
}

impl std::error::Error for Unproven {}

/// Proves that the work is finished: every edge lies within one cluster. One look at each node and
/// each edge.
///
/// # Errors
/// With the first edge that does not, or the first label that names no cluster.
pub fn check(labels: &[u32], edges: &Edges) -> Result<Converged, Unproven> {
    let mut clusters = 0;
    for (node, &label) in (0_u32..).zip(labels) {
        if label > node || labels[label as usize] != label {
            return Err(Unproven::BadLabel { node });
        }
        clusters += usize::from(label == node);
    }
    let across = |(a, b): (u32, u32)| labels[a as usize] != labels[b as usize];
    match edges.pairs().position(across) {
        Some(edge) => Err(Unproven::Across { edge }),
        None => Ok(Converged { edges: edges.len(), clusters }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::edges::UNTIMED;
    use super::*;
    use proptest::prelude::*;

    fn edges(pairs: &[(u32, u32)]) -> Edges {
        let mut edges = Edges::new();
        for (a, b) in pairs {
            edges.push(*a, *b, UNTIMED).unwrap();
        }
        edges
    }

    /// Labels by spreading the least one along the edges until nothing changes.
    fn spread(nodes: usize, edges: &Edges) -> Vec<u32> {
        let mut labels: Vec<u32> = (0..nodes as u32).collect();
        loop {
            let before = labels.clone();
            for (a, b) in edges.pairs() {
                let least = labels[a as usize].min(labels[b as usize]);
                labels[a as usize] = least;
                labels[b as usize] = least;
            }
            if labels == before {
                return labels;
            }
        }
    }

    #[test]
    fn the_forest_tells_which_edge_joined_what() {
        let edges = edges(&[(3, 4), (0, 0), (1, 2), (4, 3), (2, 4), (1, 3)]);
        let forest = Forest::grow(6, &edges);
        let join =
            |edge, kept, absorbed, size_a, size_b| Join { edge, kept, absorbed, size_a, size_b };
        assert_eq!(forest.joins(), [join(0, 3, 4, 1, 1), join(2, 1, 2, 1, 1), join(4, 1, 3, 2, 2)]);
        assert_eq!(forest.labels(), [0, 1, 1, 1, 1, 5]);
        assert_eq!(forest.check(&edges), Ok(Converged { edges: 6, clusters: 3 }));
        let clusters = forest.clusters();
        assert_eq!(clusters.of_nodes(), [0, 1, 1, 1, 1, 2]);
        assert_eq!((clusters.of(5), clusters.sizes()), (2, vec![1, 4, 1]));
    }

    #[test]
    fn nothing_has_no_clusters() {
        let forest = Forest::grow(0, &Edges::new());
        assert_eq!(forest.check(&Edges::new()), Ok(Converged { edges: 0, clusters: 0 }));
        assert!(forest.clusters().is_empty());
    }

    #[test]
    fn a_path_of_a_million_nodes_is_one_cluster_from_either_end() {
        const NODES: u32 = 1_000_000;
        let mut forward = Edges::new();
        let mut backward = Edges::new();
        for node in 1..NODES {
            forward.push(node - 1, node, UNTIMED).unwrap();
            backward.push(NODES - node - 1, NODES - node, UNTIMED).unwrap();
        }
        for edges in [forward, backward] {
            let forest = Forest::grow(NODES as usize, &edges);
            assert!(forest.labels().iter().all(|label| *label == 0));
            assert_eq!(forest.labels(), labels(NODES as usize, &edges));
            let expected = Converged { edges: NODES as usize - 1, clusters: 1 };
            assert_eq!(forest.check(&edges), Ok(expected));
        }
    }

    #[test]
    fn wrong_clusters_are_found_out() {
        let edges = edges(&[(0, 1), (2, 3)]);
        assert_eq!(check(&[0, 1, 2, 2], &edges), Err(Unproven::Across { edge: 0 }));
        assert_eq!(check(&[0, 0, 3, 3], &edges), Err(Unproven::BadLabel { node: 2 }));
        assert_eq!(check(&[0, 0, 1, 1], &edges), Err(Unproven::BadLabel { node: 2 }));
        let mut forest = Forest::grow(4, &edges);
        forest.labels = vec![0; 4];
        let glued = Unproven::Miscounted { clusters: 1, expected: 2 };
        assert_eq!(forest.check(&edges), Err(glued));
        assert_eq!(glued.to_string(), "there are 1 clusters where the joins left 2");
    }

    proptest! {
        #[test]
        fn clusters_are_those_of_plain_spreading(
            pairs in prop::collection::vec((0_u32..40, 0_u32..40), 0..60),
        ) {
            let edges = edges(&pairs);
            let expected = spread(40, &edges);
            let forest = Forest::grow(40, &edges);
            prop_assert_eq!(&labels(40, &edges), &expected);
            prop_assert_eq!(forest.labels(), &expected);
            prop_assert!(forest.check(&edges).is_ok());
        }

        #[test]
        fn joins_alone_make_the_same_clusters_and_know_the_sizes(
            pairs in prop::collection::vec((0_u32..30, 0_u32..30), 0..60),
        ) {
            let edges = edges(&pairs);
            let forest = Forest::grow(30, &edges);
            for (i, join) in forest.joins().iter().enumerate() {
                let before: Vec<_> =
                    forest.joins()[..i].iter().map(|join| join.edge).collect();
                let before = spread(30, &edges.picked(&before));
                let (a, b) = pairs[join.edge as usize];
                let (a, b) = (before[a.min(b) as usize], before[a.max(b) as usize]);
                let size = |label| before.iter().filter(|other| **other == label).count() as u32;
                prop_assert_eq!((join.kept, join.absorbed), (a.min(b), a.max(b)));
                prop_assert_eq!((join.size_a, join.size_b), (size(a), size(b)));
            }
            let places: Vec<u32> = forest.joins().iter().map(|join| join.edge).collect();
            prop_assert_eq!(forest.labels(), spread(30, &edges.picked(&places)));
        }
    }
}
