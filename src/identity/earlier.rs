//! The main ids of an earlier run, out of the rows of its id graph.
//!
//! They are read in one of two ways. Where a run goes on with the earlier one, ids that had one main
//! id hang together from the start, and only new rows are read besides. Where all rows are read
//! anew, only the names are remembered.

use super::TooMany;
use super::alias::Before;
use super::edges::Edges;
use super::ids::Ids;
use super::intern::{Interner, NOBODY};
use super::left_out::LeftOut;

/// The moment of pairs that only say what was joined in an earlier run: before all others.
const BEFORE: i64 = i64::MIN;

/// The main ids of an earlier run.
#[derive(Debug, Default)]
pub struct Earlier {
    main_ids: Vec<String>,
    /// The main id of each id, as a place among them.
    of_nodes: Vec<u32>,
}

impl Earlier {
    /// The main ids, each once.
    pub fn main_ids(&self) -> &[String] {
        &self.main_ids
    }

    /// An id that takes no part any more has no main id to go on with.
    pub fn forget_left_out(&mut self, out: &LeftOut) {
        for (place, reason) in self.of_nodes.iter_mut().zip(out.reasons()) {
            if reason.is_some() {
                *place = NOBODY;
            }
        }
    }

    pub(super) fn before(&self) -> Before<'_> {
        Before { of_nodes: &self.of_nodes, main_ids: &self.main_ids }
    }
}

/// The id graph of an earlier run, as its rows come.
#[derive(Debug, Default)]
pub struct EarlierRows {
    /// The main ids, whose numbers are their places.
    main_ids: Interner,
    /// The first id of each main id.
    firsts: Vec<u32>,
    of_nodes: Vec<u32>,
}

impl EarlierRows {
    /// Takes over an id that had this main id, and was first seen at this moment (microseconds
    /// since 1970): it hangs together with the others that had it.
    ///
    /// # Errors
    /// When the ids outgrow their numbers.
    pub fn go_on(
        &mut self,
        ids: &mut Ids,
        main_id: &str,
        (kind, text): (u16, &str),
        seen: i64,
    ) -> Result<(), TooMany> {
        let node = ids.intern(kind, text)?;
        ids.note(node, seen);
        let place = self.main_ids.intern(0, main_id)?;
        if place as usize == self.firsts.len() {
            self.firsts.push(node);
        }
        self.of_nodes.resize(ids.interner.len(), NOBODY);
        self.of_nodes[node as usize] = place;
        let first = self.firsts[place as usize];
        if first != node {
            ids.joined.push((first, node));
        }
        Ok(())
    }

    /// Remembers the main id that an id had, where the id is known in this run too. The main id is
    /// remembered in any case. `None` stands for an id of a kind that is none any more.
    ///
    /// # Errors
    /// When the main ids outgrow their numbers.
    pub fn recall(
        &mut self,
        interner: &Interner,
        main_id: &str,
        id: Option<(u16, &str)>,
    ) -> Result<(), TooMany> {
        let place = self.main_ids.intern(0, main_id)?;
        if let Some(node) = id.and_then(|(kind, text)| interner.find(kind, text)) {
            self.of_nodes.resize(interner.len(), NOBODY);
            self.of_nodes[node as usize] = place;
        }
        Ok(())
    }

    /// All rows came.
    pub fn done(self) -> Earlier {
        let places = 0..self.main_ids.len() as u32;
        let main_ids = places.map(|place| self.main_ids.text(place).to_owned()).collect();
        Earlier { main_ids, of_nodes: self.of_nodes }
    }
}

/// The pairs of an earlier run, and the edges after them; `None` when there were none.
pub(super) fn after_joined(joined: &[(u32, u32)], edges: &Edges) -> Result<Option<Edges>, TooMany> {
    if joined.is_empty() {
        return Ok(None);
    }
    let mut all = Edges::new();
    for (a, b) in joined {
        all.push(*a, *b, BEFORE)?;
    }
    for (at, (a, b)) in edges.pairs().enumerate() {
        all.push(a, b, edges.seen(at))?;
    }
    Ok(Some(all))
}

#[cfg(test)]
mod tests {
    use super::super::edges::UNTIMED;
    use super::super::left_out::{Action, Rules};
    use super::*;

    #[test]
    fn ids_of_one_main_id_hang_together_with_its_first() {
        let (mut ids, mut rows) = (Ids::default(), EarlierRows::default());
        let graph = [("r2", "a", 9), ("r1", "b", UNTIMED), ("r2", "c", 3), ("r2", "a", 4)];
        for (main_id, text, seen) in graph {
            rows.go_on(&mut ids, main_id, (0, text), seen).unwrap();
        }
        assert_eq!(ids.joined, [(0, 2)]);
        assert_eq!(ids.seen, [4, UNTIMED, 3]);
        assert!(ids.edges.is_empty());
        let earlier = rows.done();
        assert_eq!(earlier.main_ids(), ["r2", "r1"]);
        assert_eq!(earlier.of_nodes, [0, 1, 0]);
    }

    #[test]
    fn ids_that_come_later_had_no_main_id() {
        let (mut ids, mut rows) = (Ids::default(), EarlierRows::default());
        ids.intern(0, "new").unwrap();
        rows.go_on(&mut ids, "r", (0, "old"), 1).unwrap();
        assert_eq!(rows.done().of_nodes, [NOBODY, 0]);
    }

    #[test]
    fn main_ids_are_recalled_also_where_no_id_is_known_any_more() {
        let mut interner = Interner::new();
        for text in ["a", "b", "c"] {
            interner.intern(1, text).unwrap();
        }
        let mut rows = EarlierRows::default();
        let graph =
            [("r0", Some((0, "a"))), ("r1", Some((1, "b"))), ("r2", None), ("r1", Some((1, "a")))];
        for (main_id, id) in graph {
            rows.recall(&interner, main_id, id).unwrap();
        }
        let earlier = rows.done();
        assert_eq!(earlier.main_ids(), ["r0", "r1", "r2"]);
        assert_eq!(earlier.of_nodes, [1, 1, NOBODY]);
        assert_eq!(interner.len(), 3);
    }

    #[test]
    fn an_id_that_is_left_out_forgets_its_main_id() {
        let (mut ids, mut rows) = (Ids::default(), EarlierRows::default());
        for text in ["a", "b"] {
            rows.go_on(&mut ids, "r", (0, text), 1).unwrap();
        }
        ids.intern(0, "c").unwrap();
        let mut rules = Rules::default();
        for id in [0, 2] {
            rules.add(Action::Exclude, Some(id), None, &mut ids).unwrap();
        }
        let mut earlier = rows.done();
        earlier.forget_left_out(&LeftOut::by_rules(3, &rules));
        assert_eq!(earlier.of_nodes, [NOBODY, 0]);
        assert_eq!(earlier.main_ids(), ["r"]);
    }

    #[test]
    fn pairs_of_an_earlier_run_come_before_all_edges() {
        let mut edges = Edges::new();
        edges.push(0, 1, -5).unwrap();
        edges.push(1, 2, UNTIMED).unwrap();
        assert_eq!(after_joined(&[], &edges), Ok(None));
        let all = after_joined(&[(4, 3), (0, 3)], &edges).unwrap().unwrap();
        assert_eq!(all.pairs().collect::<Vec<_>>(), [(3, 4), (0, 3), (0, 1), (1, 2)]);
        let seen: Vec<i64> = (0..4).map(|at| all.seen(at)).collect();
        assert_eq!(seen, [BEFORE, BEFORE, -5, UNTIMED]);
    }
}
