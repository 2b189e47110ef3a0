//! Caps on how many identifiers of one kind belong to one of another, and the edges they refuse.
//!
//! A cap has a direction: "one e-mail keeps its first 3 devices" leaves a device as many e-mails
//! as it has. What is kept depends on all the edges there are, not on which were kept before:
//! neither the order of the edges nor that of the caps makes a difference.

use super::edges::Edges;
use super::intern::Interner;

/// One identifier of `kind` keeps its first `most` identifiers of `other`.
///
/// First are those seen first; of one moment, those whose text is less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// The kind of the identifier that has too many neighbours.
    pub kind: u16,
    /// The kind of the neighbours.
    pub other: u16,
    /// How many it keeps.
    pub most: u64,
}

/// That an edge was refused, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// Its place among the edges.
    pub edge: u32,
    /// The place of the cap among the caps.
    pub cap: u32,
    /// The end of the edge that has too many neighbours.
    pub id: u32,
    /// Which of its neighbours of that kind, from 1, the other end is.
    pub rank: u32,
    /// How many neighbours of that kind it has.
    pub neighbours: u32,
}

/// The edges that some cap refuses, ordered by edge, cap and end. An edge is listed once for each
/// cap and end that refuses it.
///
/// Fixed edges are never refused, but are counted as neighbours like any other. An edge from an
/// identifier to itself is neither refused nor counted. Of edges that repeat a pair, the first seen
/// says when, and all that are not fixed are refused, or none.
pub fn apply_caps(edges: &Edges, interner: &Interner, caps: &[Cap]) -> Vec<Refusal> {
    if caps.is_empty() {
        return Vec::new();
    }
    let kinds = kinds_of_ends(edges, interner);
    let mut refusals = Vec::new();
    for (place, cap) in (0_u32..).zip(caps) {
        let mut links = links_of_crowded(edges, &kinds, interner.len(), *cap);
        let seen = |link: &Link| edges.seen(link.edge as usize);
        links.sort_unstable_by_key(|link| (link.id, link.neighbour, seen(link), link.edge));
        for of_one in links.chunk_by(|x, y| x.id == y.id) {
            refuse(of_one, edges, interner, *cap, |link, rank, neighbours| {
                if !edges.is_fixed(link.edge as usize) {
                    let (edge, id) = (link.edge, link.id);
                    refusals.push(Refusal { edge, cap: place, id, rank, neighbours });
                }
            });
        }
    }
    refusals.sort_unstable();
    refusals
}

/// Takes the refused edges out, given as [`apply_caps`] orders them. Their places are then not those
/// of edges any more.
pub fn drop_refused(edges: &mut Edges, refusals: &[Refusal]) {
    let mut refused = refusals.iter().map(|refusal| refusal.edge as usize).peekable();
    edges.retain(|edge| {
        let mut keep = true;
        while refused.next_if_eq(&edge).is_some() {
            keep = false;
        }
        keep
    });
}

/// An edge as one of its ends sees it.
#[derive(Debug, Clone, Copy)]
struct Link {
    id: u32,
    neighbour: u32,
    edge: u32,
}

/// The kinds of both ends of each edge.
fn kinds_of_ends(edges: &Edges, interner: &Interner) -> Vec<(u16, u16)> {
    // Apart from the dictionary they stay in the cache.
    let kinds: Vec<u16> = (0..interner.len() as u32).map(|id| interner.kind(id)).collect();
    edges.pairs().map(|(a, b)| (kinds[a as usize], kinds[b as usize])).collect()
}

/// The links of those identifiers that may have more neighbours than the cap lets them keep.
fn links_of_crowded(edges: &Edges, kinds: &[(u16, u16)], nodes: usize, cap: Cap) -> Vec<Link> {
    let mut links = Vec::new();
    for (edge, &(kind_a, kind_b)) in (0_u32..).zip(kinds) {
        let (from_a, from_b) =
            ((kind_a, kind_b) == (cap.kind, cap.other), (kind_b, kind_a) == (cap.kind, cap.other));
        if !(from_a || from_b) {
            continue;
        }
        let (a, b) = edges.ends(edge as usize);
        if from_a && a != b {
            links.push(Link { id: a, neighbour: b, edge });
        }
        if from_b && a != b {
            links.push(Link { id: b, neighbour: a, edge });
        }
    }
    let mut degrees = vec![0_u32; nodes];
    for link in &links {
        degrees[link.id as usize] += 1;
    }
    links.retain(|link| u64::from(degrees[link.id as usize]) > cap.most);
    links
}

/// Tells of each link of one identifier beyond what it keeps: the link, the rank of its neighbour,
/// and how many neighbours there are. Repeats lie side by side, the first seen first.
fn refuse(
    links: &[Link],
    edges: &Edges,
    interner: &Interner,
    cap: Cap,
    mut tell: impl FnMut(&Link, u32, u32),
) {
    let mut neighbours: Vec<&[Link]> = links.chunk_by(|x, y| x.neighbour == y.neighbour).collect();
    if neighbours.len() as u64 <= cap.most {
        return;
    }
    neighbours.sort_unstable_by_key(|links| {
        (edges.seen(links[0].edge as usize), interner.text(links[0].neighbour))
    });
    let count = neighbours.len() as u32;
    for (rank, links) in (1_u32..).zip(neighbours).skip(cap.most as usize) {
        for link in links {
            tell(link, rank, count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::edges::UNTIMED;
    use super::*;

    const EMAIL: u16 = 0;
    const USER: u16 = 1;

    /// A graph of e-mails and users, given by name: users start with `u`.
    fn graph(rows: &[(&str, &str, i64)]) -> (Interner, Edges) {
        let mut interner = Interner::new();
        let mut edges = Edges::new();
        for (a, b, seen) in rows {
            let [a, b] = [a, b].map(|text| {
                interner.intern(if text.starts_with('u') { USER } else { EMAIL }, text).unwrap()
            });
            edges.push(a, b, *seen).unwrap();
        }
        (interner, edges)
    }

    /// Which edges are refused, by which cap, and whose cap it is.
    fn refused(graph: &(Interner, Edges), caps: &[Cap]) -> Vec<(u32, u32, String)> {
        let refusals = apply_caps(&graph.1, &graph.0, caps);
        refusals.iter().map(|r| (r.edge, r.cap, graph.0.text(r.id).to_owned())).collect()
    }

    fn users_per_email(most: u64) -> Cap {
        Cap { kind: EMAIL, other: USER, most }
    }

    #[test]
    fn an_email_keeps_its_first_users_and_a_user_all_its_emails() {
        let graph = graph(&[("m", "u3", 5), ("m", "u1", 9), ("m", "u2", 1), ("n", "u3", 7)]);
        assert_eq!(refused(&graph, &[users_per_email(2)]), [(1, 0, "m".into())]);
        assert_eq!(refused(&graph, &[users_per_email(3)]), []);
        let emails_per_user = Cap { kind: USER, other: EMAIL, most: 1 };
        assert_eq!(refused(&graph, &[emails_per_user]), [(3, 0, "u3".into())]);
    }

    #[test]
    fn of_one_moment_the_lesser_text_is_kept_and_untimed_is_last() {
        let graph =
            graph(&[("m", "u9", UNTIMED), ("m", "u2", 5), ("m", "u1", 5), ("m", "u0", UNTIMED)]);
        assert_eq!(
            refused(&graph, &[users_per_email(1)]),
            [(0, 0, "m".into()), (1, 0, "m".into()), (3, 0, "m".into())]
        );
        let refusals = apply_caps(&graph.1, &graph.0, &[users_per_email(3)]);
        let id = graph.0.find(EMAIL, "m").unwrap();
        assert_eq!(refusals, [Refusal { edge: 0, cap: 0, id, rank: 4, neighbours: 4 }]);
    }

    #[test]
    fn a_cap_of_none_refuses_every_edge_between_the_kinds() {
        let graph = graph(&[("m", "u1", 1), ("m", "n", 1), ("u1", "u1", 1)]);
        assert_eq!(refused(&graph, &[users_per_email(0)]), [(0, 0, "m".into())]);
    }

    #[test]
    fn a_cap_within_a_kind_counts_at_both_ends() {
        let graph = graph(&[("m", "n", 1), ("n", "o", 2), ("o", "o", 0)]);
        let cap = Cap { kind: EMAIL, other: EMAIL, most: 1 };
        assert_eq!(refused(&graph, &[cap]), [(1, 0, "n".into())]);
        let both = Cap { most: 0, ..cap };
        assert_eq!(refused(&graph, &[both]).len(), 4);
    }

    #[test]
    fn repeats_of_a_pair_are_one_neighbour_and_share_its_fate() {
        let rows = [("m", "u1", 8), ("m", "u2", 5), ("m", "u1", 1), ("m", "u2", 9)];
        let graph = graph(&rows);
        assert_eq!(refused(&graph, &[users_per_email(2)]), []);
        assert_eq!(
            refused(&graph, &[users_per_email(1)]),
            [(1, 0, "m".into()), (3, 0, "m".into())]
        );
    }

    #[test]
    fn an_edge_put_there_by_hand_is_counted_but_never_refused() {
        let (mut interner, mut edges) = graph(&[("m", "u1", 5), ("m", "u2", 6)]);
        let m = interner.find(EMAIL, "m").unwrap();
        let by_hand = interner.intern(USER, "u3").unwrap();
        let early = interner.intern(USER, "u0").unwrap();
        edges.push_fixed(m, by_hand, 9).unwrap();
        edges.push_fixed(m, early, 1).unwrap();
        let graph = (interner, edges);
        assert_eq!(
            refused(&graph, &[users_per_email(1)]),
            [(0, 0, "m".into()), (1, 0, "m".into())]
        );
    }

    #[test]
    fn each_cap_that_refuses_an_edge_is_told_of() {
        let graph = graph(&[("m", "u1", 1), ("m", "u2", 2), ("n", "u2", 1)]);
        let caps = [users_per_email(1), Cap { kind: USER, other: EMAIL, most: 1 }];
        assert_eq!(refused(&graph, &caps), [(1, 0, "m".into()), (1, 1, "u2".into())]);
    }
}
