//! The order in which edges were first seen, whatever the numbers of their ends.
//!
//! Moments decide, and texts where moments tie. Comparing texts means reaching all over memory, so
//! few ties are settled by reading texts, and many by ranking all identifiers once.

use super::edges::{Edges, UNTIMED};
use super::intern::Interner;

/// When more than one edge in this many is tied, ranks settle it.
const TIED_FEW: usize = 16;

/// A value to sort by, and the edge or identifier it belongs to.
type Keyed = (u64, u32);

impl Edges {
    /// Puts the edges in the order in which they were first seen.
    ///
    /// Edges of one moment, and those without one, are ordered by kind and text of their ends, the
    /// lesser end first. So the order is the same whichever identifier came first.
    pub fn in_first_seen_order(&mut self, interner: &Interner) {
        if let Some(order) = first_seen(self, interner) {
            *self = self.picked(&order);
        }
    }
}

/// The places of the edges in first-seen order; `None` when that is the order they are in.
fn first_seen(edges: &Edges, interner: &Interner) -> Option<Vec<u32>> {
    if (1..edges.len()).all(|edge| edges.seen(edge - 1) < edges.seen(edge)) {
        return None;
    }
    let mut order: Vec<Keyed> =
        (0..edges.len()).map(|edge| (moment_key(edges.seen(edge)), edge as u32)).collect();
    sort(&mut order);
    let same_moment = |x: &Keyed, y: &Keyed| x.0 == y.0;
    let tied: usize = order.chunk_by(same_moment).map(<[_]>::len).filter(|n| *n > 1).sum();
    let ranks = (tied > edges.len() / TIED_FEW).then(|| ranks(interner));
    for ties in order.chunk_by_mut(same_moment).filter(|ties| ties.len() > 1) {
        match &ranks {
            Some(ranks) => sort_by_rank(ties, edges, ranks),
            None => sort_by_text(ties, edges, interner),
        }
    }
    let moved = (0_u32..).zip(&order).any(|(place, (_, edge))| *edge != place);
    moved.then(|| order.into_iter().map(|(_, edge)| edge).collect())
}

/// Each identifier's place among all, ordered by kind and text.
pub(super) fn ranks(interner: &Interner) -> Vec<u32> {
    let mut ranks = vec![0; interner.len()];
    let mut next = 0;
    for ids in by_kind(interner) {
        for (_, id) in by_text(&ids, interner) {
            ranks[id as usize] = next;
            next += 1;
        }
    }
    ranks
}

fn sort_by_rank(ties: &mut [Keyed], edges: &Edges, ranks: &[u32]) {
    for (key, edge) in &mut *ties {
        let (a, b) = edges.ends(*edge as usize);
        let (a, b) = (ranks[a as usize], ranks[b as usize]);
        *key = u64::from(a.min(b)) << 32 | u64::from(a.max(b));
    }
    sort(ties);
}

fn sort_by_text(ties: &mut [Keyed], edges: &Edges, interner: &Interner) {
    let key = |(_, edge): Keyed| (text_ends(edges, edge as usize, interner), edge);
    ties.sort_unstable_by(|x, y| key(*x).cmp(&key(*y)));
}

fn sort(keyed: &mut [Keyed]) {
    if !keyed.is_sorted() {
        keyed.sort_unstable();
    }
}

/// Kind and text of both ends, the lesser first.
fn text_ends<'i>(
    edges: &Edges,
    edge: usize,
    interner: &'i Interner,
) -> ((u16, &'i str), (u16, &'i str)) {
    let (a, b) = edges.ends(edge);
    let (a, b) = (interner.key(a), interner.key(b));
    if a <= b { (a, b) } else { (b, a) }
}

/// A moment as a number that sorts alike.
fn moment_key(seen: i64) -> u64 {
    const { assert!(UNTIMED == i64::MAX, "sorts last") };
    seen as u64 ^ 1 << 63
}

/// The identifiers of each kind, the least kind first.
fn by_kind(interner: &Interner) -> Vec<Vec<u32>> {
    let mut kinds: Vec<Vec<u32>> = Vec::new();
    for id in 0..interner.len() as u32 {
        let kind = usize::from(interner.kind(id));
        if kind >= kinds.len() {
            kinds.resize_with(kind + 1, Vec::new);
        }
        kinds[kind].push(id);
    }
    kinds
}

/// Identifiers of one kind ordered by their text, each with eight bytes of it that often decide.
fn by_text(ids: &[u32], interner: &Interner) -> Vec<Keyed> {
    let shared = shared_start(ids, interner);
    let rest = |id: u32| &interner.bytes_of(id)[shared..];
    let mut keyed: Vec<Keyed> = ids.iter().map(|id| (leading(rest(*id)), *id)).collect();
    keyed.sort_unstable_by(|x, y| x.0.cmp(&y.0).then_with(|| rest(x.1).cmp(rest(y.1))));
    keyed
}

/// How many bytes at the start all the texts share: `user.` says nothing about their order.
fn shared_start(ids: &[u32], interner: &Interner) -> usize {
    let Some(first) = ids.first() else { return 0 };
    let first = interner.bytes_of(*first);
    ids.iter().fold(first.len(), |shared, id| {
        let text = interner.bytes_of(*id);
        first[..shared].iter().zip(text).take_while(|(x, y)| x == y).count()
    })
}

/// The first eight bytes as a number that sorts alike; a short text counts as ending in zeros.
fn leading(text: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let len = text.len().min(8);
    bytes[..len].copy_from_slice(&text[..len]);
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn interner(texts: &[(u16, String)]) -> Interner {
        let mut interner = Interner::new();
        for (kind, text) in texts {
            interner.intern(*kind, text).unwrap();
        }
        interner
    }

    #[test]
    fn a_zero_byte_does_not_hide_the_end_of_a_text() {
        let texts = [(0, "a\0".to_owned()), (0, "a".to_owned()), (0, "a\0\0".to_owned())];
        assert_eq!(ranks(&interner(&texts)), [1, 0, 2]);
    }

    #[test]
    fn moments_before_1970_come_first_and_untimed_edges_last() {
        let mut keys = [UNTIMED, 0, i64::MIN, -1, 5].map(moment_key);
        keys.sort_unstable();
        assert_eq!(keys, [i64::MIN, -1, 0, 5, UNTIMED].map(moment_key));
    }

    proptest! {
        #[test]
        fn ranks_order_like_kind_and_text(
            texts in prop::collection::vec((0_u16..3, "(user[.]){0,1}[abä]{0,12}"), 0..60),
        ) {
            let interner = interner(&texts);
            let mut ids: Vec<u32> = (0..interner.len() as u32).collect();
            ids.sort_by_key(|id| interner.key(*id));
            let ranks = ranks(&interner);
            prop_assert!(ids.iter().enumerate().all(|(rank, id)| ranks[*id as usize] == rank as u32));
        }

        #[test]
        fn few_ties_and_many_ties_give_the_order_of_a_plain_sort(
            texts in prop::collection::vec((0_u16..2, "[ab]{0,4}"), 1..20),
            pairs in prop::collection::vec((any::<u32>(), any::<u32>(), 0_i64..400), 0..80),
            few in any::<bool>(),
        ) {
            let interner = interner(&texts);
            let nodes = interner.len() as u32;
            let mut edges = Edges::new();
            for (a, b, seen) in pairs {
                let seen = if few { seen } else { seen % 3 };
                let seen = if seen == 0 { UNTIMED } else { seen };
                edges.push(a % nodes, b % nodes, seen).unwrap();
            }
            let mut expected: Vec<u32> = (0..edges.len() as u32).collect();
            expected.sort_by_key(|edge| {
                let edge = *edge as usize;
                (edges.seen(edge), text_ends(&edges, edge, &interner))
            });
            let found = first_seen(&edges, &interner);
            prop_assert_eq!(found.unwrap_or_else(|| (0..edges.len() as u32).collect()), expected);
            edges.in_first_seen_order(&interner);
            prop_assert_eq!(first_seen(&edges, &interner), None);
        }
    }
}
