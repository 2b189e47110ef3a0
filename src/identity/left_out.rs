//! What takes no part, and why: ids and pairs that manual rules exclude, ids that a filter leaves
//! out, and pairs beyond a cap.
//!
//! Of several reasons the first counts: that of a manual rule, then those of filters in their order,
//! then those of caps in theirs.

use super::TooMany;
use super::caps::{Cap, apply_caps};
use super::edges::{Edges, UNTIMED};
use super::ids::Ids;
use super::intern::Interner;
use std::collections::BTreeSet;

/// Why an id or a pair takes no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A manual rule excludes it.
    Rule,
    /// The filter at this place.
    Filter(u16),
    /// It is beyond the cap at this place.
    Cap(u16),
}

/// A pair that is not joined, or with the same id twice, an id that takes no part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refused {
    /// One end; of a pair the smaller number.
    pub a: u32,
    /// The other.
    pub b: u32,
    /// When it was first seen, in microseconds since 1970, or [`UNTIMED`].
    pub seen: i64,
    /// Why.
    pub reason: Reason,
}

/// What a manual rule wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// The id takes part, or the two are joined.
    Include,
    /// The id takes no part, or the two are not joined by this pair.
    Exclude,
}

/// Manual rules about ids and pairs.
#[derive(Debug, Default)]
pub struct Rules {
    include_first: bool,
    excluded: BTreeSet<u32>,
    included: BTreeSet<u32>,
    of_included_pairs: BTreeSet<u32>,
    excluded_pairs: BTreeSet<(u32, u32)>,
}

impl Rules {
    /// No rules yet. With `include_first`, an id of a pair that is included takes part although
    /// another rule excludes it.
    pub fn new(include_first: bool) -> Self {
        Self { include_first, ..Self::default() }
    }

    /// Adds a rule about two ids, or about `first` alone. Two that are included are joined in `ids`,
    /// and no cap refuses them. A rule without a first id says nothing.
    ///
    /// # Errors
    /// When there are more pairs than can be numbered.
    pub fn add(
        &mut self,
        action: Action,
        first: Option<u32>,
        second: Option<u32>,
        ids: &mut Ids,
    ) -> Result<(), TooMany> {
        match (action, first, second) {
            (_, None, _) => {}
            (Action::Include, Some(a), Some(b)) => {
                ids.edges.push_fixed(a, b, UNTIMED)?;
                self.included.extend([a, b]);
                self.of_included_pairs.extend([a, b]);
            }
            (Action::Exclude, Some(a), Some(b)) => {
                self.excluded_pairs.insert((a.min(b), a.max(b)));
            }
            (Action::Include, Some(a), None) => {
                self.included.insert(a);
            }
            (Action::Exclude, Some(a), None) => {
                self.excluded.insert(a);
            }
        }
        Ok(())
    }
}

/// A rule about which ids of a kind take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Filter {
    /// Its place among the filters, which is the reason it gives.
    pub place: u16,
    /// The kind.
    pub kind: u16,
    /// Only matches take part; otherwise matches do not.
    pub include: bool,
}

/// The ids that take no part.
#[derive(Debug)]
pub struct LeftOut {
    of: Vec<Option<Reason>>,
}

impl LeftOut {
    /// Those of the `ids` that manual rules exclude.
    ///
    /// # Panics
    /// When a rule is about an id whose number is not below `ids`.
    pub fn by_rules(ids: usize, rules: &Rules) -> Self {
        let mut of = vec![None; ids];
        for id in &rules.excluded {
            if !(rules.include_first && rules.of_included_pairs.contains(id)) {
                of[*id as usize] = Some(Reason::Rule);
            }
        }
        Self { of }
    }

    /// Leaves out what a filter does, but for ids that a manual rule includes and those that are
    /// left out already.
    pub fn filter(
        &mut self,
        filter: Filter,
        interner: &Interner,
        rules: &Rules,
        matches: impl Fn(&str) -> bool,
    ) {
        for (id, reason) in (0_u32..).zip(&mut self.of) {
            let concerned = reason.is_none() && interner.kind(id) == filter.kind;
            if concerned
                && !rules.included.contains(&id)
                && matches(interner.text(id)) != filter.include
            {
                *reason = Some(Reason::Filter(filter.place));
            }
        }
    }

    /// Why an id takes no part; `None` when it does.
    pub fn reason(&self, id: u32) -> Option<Reason> {
        self.of[id as usize]
    }

    /// The reason of each id.
    pub(super) fn reasons(&self) -> &[Option<Reason>] {
        &self.of
    }
}

/// Parts pairs into those that take part, and the others with the ids that do not: first the ids in
/// the order of their numbers, then the pairs in theirs. `seen` has the moment of each id.
pub(super) fn take_out(
    mut edges: Edges,
    out: &LeftOut,
    seen: &[i64],
    rules: &Rules,
) -> (Edges, Vec<Refused>) {
    let ids = (0_u32..).zip(out.of.iter().zip(seen));
    let mut refused: Vec<Refused> = ids
        .filter_map(|(id, (reason, seen))| {
            reason.map(|reason| Refused { a: id, b: id, seen: *seen, reason })
        })
        .collect();
    let why: Vec<Option<Reason>> = edges
        .pairs()
        .map(|(a, b)| {
            let by_id = out.reason(a).or(out.reason(b));
            by_id.or_else(|| rules.excluded_pairs.contains(&(a, b)).then_some(Reason::Rule))
        })
        .collect();
    refuse(&mut edges, &why, &mut refused);
    (edges, refused)
}

/// Takes out the pairs that are beyond a cap, each for the first cap that refuses it.
pub(super) fn cap_edges(
    edges: &mut Edges,
    interner: &Interner,
    caps: &[Cap],
    refused: &mut Vec<Refused>,
) {
    if caps.is_empty() {
        return;
    }
    let mut why = vec![None; edges.len()];
    for refusal in apply_caps(edges, interner, caps) {
        let reason = &mut why[refusal.edge as usize];
        *reason = reason.or(Some(Reason::Cap(refusal.cap as u16)));
    }
    refuse(edges, &why, refused);
}

/// Moves the edges that have a reason to those that are refused.
fn refuse(edges: &mut Edges, why: &[Option<Reason>], refused: &mut Vec<Refused>) {
    for (at, reason) in why.iter().enumerate() {
        if let Some(reason) = *reason {
            let (a, b) = edges.ends(at);
            refused.push(Refused { a, b, seen: edges.seen(at), reason });
        }
    }
    edges.retain(|at| why[at].is_none());
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMAIL: u16 = 0;
    const USER: u16 = 1;

    /// E-mails `m` 0, `n` 1 and users `u` 2, `v` 3.
    fn four() -> Ids {
        let mut ids = Ids::default();
        for (kind, text) in [(EMAIL, "m"), (EMAIL, "n"), (USER, "u"), (USER, "v")] {
            ids.intern(kind, text).unwrap();
        }
        ids
    }

    /// The reason of each id under some rules and a filter on e-mails.
    fn reasons(
        include_first: bool,
        listed: &[(Action, Option<u32>, Option<u32>)],
        filter: Option<(bool, &str)>,
    ) -> Vec<Option<Reason>> {
        let mut ids = four();
        let mut rules = Rules::new(include_first);
        for (action, first, second) in listed {
            rules.add(*action, *first, *second, &mut ids).unwrap();
        }
        let mut out = LeftOut::by_rules(ids.interner.len(), &rules);
        if let Some((include, only)) = filter {
            let filter = Filter { place: 7, kind: EMAIL, include };
            out.filter(filter, &ids.interner, &rules, |text| text == only);
        }
        out.of
    }

    const BY_RULE: Option<Reason> = Some(Reason::Rule);
    const FILTERED: Option<Reason> = Some(Reason::Filter(7));

    #[test]
    fn a_filter_leaves_out_its_matches_or_all_but_them_of_its_kind() {
        assert_eq!(reasons(false, &[], Some((false, "m"))), [FILTERED, None, None, None]);
        assert_eq!(reasons(false, &[], Some((true, "m"))), [None, FILTERED, None, None]);
        assert_eq!(reasons(false, &[], Some((false, "u"))), [None; 4]);
    }

    #[test]
    fn a_rule_counts_before_a_filter() {
        let excluded = (Action::Exclude, Some(0), None);
        assert_eq!(reasons(false, &[excluded], Some((true, "x"))), [BY_RULE, FILTERED, None, None]);
        let included = (Action::Include, Some(1), None);
        assert_eq!(reasons(false, &[included], Some((true, "x"))), [FILTERED, None, None, None]);
        let pair = (Action::Include, Some(0), Some(2));
        assert_eq!(reasons(false, &[pair], Some((true, "x"))), [None, FILTERED, None, None]);
    }

    #[test]
    fn an_id_excluded_and_included_takes_part_only_where_a_pair_is_included_first() {
        let excluded = (Action::Exclude, Some(0), None);
        let pair = (Action::Include, Some(2), Some(0));
        assert_eq!(reasons(false, &[excluded, pair], None), [BY_RULE, None, None, None]);
        assert_eq!(reasons(true, &[pair, excluded], None), [None; 4]);
        let alone = (Action::Include, Some(0), None);
        assert_eq!(reasons(true, &[excluded, alone], None), [BY_RULE, None, None, None]);
    }

    #[test]
    fn a_rule_without_a_first_id_says_nothing() {
        let listed = [(Action::Exclude, None, Some(0)), (Action::Include, None, None)];
        assert_eq!(reasons(false, &listed, None), [None; 4]);
    }

    #[test]
    fn the_first_filter_that_leaves_an_id_out_is_the_reason() {
        let (ids, rules) = (four(), Rules::default());
        let mut out = LeftOut::by_rules(ids.interner.len(), &rules);
        for place in [0, 1] {
            let filter = Filter { place, kind: USER, include: false };
            out.filter(filter, &ids.interner, &rules, |text| place == 1 || text == "v");
        }
        let [first, second] = [0, 1].map(|place| Some(Reason::Filter(place)));
        assert_eq!(out.of, [None, None, second, first]);
        assert_eq!((out.reason(0), out.reason(3)), (None, first));
    }

    #[test]
    fn ids_that_are_left_out_are_refused_and_so_are_their_pairs() {
        let mut ids = four();
        ids.take(&[vec![0, 0, 1, 1], vec![2, 3, 2, 3]], [Some(4), None, Some(1), Some(2)]).unwrap();
        let mut rules = Rules::default();
        rules.add(Action::Exclude, Some(3), None, &mut ids).unwrap();
        rules.add(Action::Exclude, Some(2), Some(1), &mut ids).unwrap();
        let mut out = LeftOut::by_rules(ids.interner.len(), &rules);
        let filter = Filter { place: 0, kind: EMAIL, include: false };
        out.filter(filter, &ids.interner, &rules, |text| text == "n");
        let (edges, refused) = take_out(ids.edges.merge_repeats(), &out, &ids.seen, &rules);
        assert_eq!(edges.pairs().collect::<Vec<_>>(), [(0, 2)]);
        let by_filter = Reason::Filter(0);
        assert_eq!(
            refused,
            [
                Refused { a: 1, b: 1, seen: 1, reason: by_filter },
                Refused { a: 3, b: 3, seen: 2, reason: Reason::Rule },
                Refused { a: 0, b: 3, seen: UNTIMED, reason: Reason::Rule },
                Refused { a: 1, b: 2, seen: 1, reason: by_filter },
                Refused { a: 1, b: 3, seen: 2, reason: by_filter },
            ]
        );
    }

    #[test]
    fn an_excluded_pair_is_refused_also_when_another_rule_joins_it() {
        let mut ids = four();
        let mut rules = Rules::new(true);
        rules.add(Action::Include, Some(0), Some(2), &mut ids).unwrap();
        rules.add(Action::Exclude, Some(2), Some(0), &mut ids).unwrap();
        let out = LeftOut::by_rules(ids.interner.len(), &rules);
        let (edges, refused) = take_out(ids.edges, &out, &[UNTIMED; 4], &rules);
        assert!(edges.is_empty());
        assert_eq!(refused, [Refused { a: 0, b: 2, seen: UNTIMED, reason: Reason::Rule }]);
    }

    #[test]
    fn a_pair_beyond_two_caps_is_refused_once_for_the_first() {
        let mut ids = four();
        ids.take(&[vec![0, 0, 1], vec![2, 3, 3]], [Some(1), Some(2), Some(1)]).unwrap();
        let caps = [
            Cap { kind: EMAIL, other: USER, most: 1 },
            Cap { kind: USER, other: EMAIL, most: 1 },
            Cap { kind: EMAIL, other: USER, most: 0 },
        ];
        let mut edges = ids.edges.merge_repeats();
        let mut refused = Vec::new();
        cap_edges(&mut edges, &ids.interner, &caps[..2], &mut refused);
        assert_eq!(refused, [Refused { a: 0, b: 3, seen: 2, reason: Reason::Cap(0) }]);
        assert_eq!(edges.pairs().collect::<Vec<_>>(), [(0, 2), (1, 3)]);
        cap_edges(&mut edges, &ids.interner, &caps[1..], &mut refused);
        assert_eq!(refused[1..].iter().map(|r| r.reason).collect::<Vec<_>>(), [Reason::Cap(1); 2]);
        assert!(edges.is_empty());
    }

    #[test]
    fn a_pair_that_a_rule_joins_is_beyond_no_cap() {
        let mut ids = four();
        Rules::default().add(Action::Include, Some(0), Some(2), &mut ids).unwrap();
        let cap = Cap { kind: EMAIL, other: USER, most: 0 };
        let mut refused = Vec::new();
        cap_edges(&mut ids.edges, &ids.interner, &[cap], &mut refused);
        assert_eq!((refused, ids.edges.len()), (Vec::new(), 1));
    }
}
