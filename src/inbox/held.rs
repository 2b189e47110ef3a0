//! What an inbox holds, and what came to it.

use super::script::Taken;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, HashMap, VecDeque};

/// So many requests are kept to be looked at.
const SHOWN: usize = 200;

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// Its number, from 1.
    pub number: u64,
    /// The method and the path.
    pub line: String,
    /// Its headers; those with secrets are covered.
    pub headers: Vec<String>,
    /// Its body.
    pub body: String,
    /// Rows that were taken of it.
    pub taken: usize,
    /// The status that it was answered with; 0 for none.
    pub status: u16,
}

/// What an inbox holds.
#[derive(Debug, Default)]
pub struct Held {
    /// The members that it has: key → data.
    pub rows: BTreeMap<String, String>,
    /// The last requests.
    pub requests: VecDeque<Arrived>,
    /// All requests that came.
    pub arrived: u64,
    /// Rows that were taken, counted each time.
    pub taken: u64,
    /// Rows that were taken twice in one sync.
    pub doubled: u64,
    /// Whether the data is kept, or only how many there are.
    pub counts_only: bool,
    /// Whether idempotency keys are overlooked, so that what comes twice is taken twice.
    pub overlooks_ids: bool,
    seen: HashMap<(String, String), u32>,
    answered: HashMap<String, Outcome>,
}

/// A body as a webhook has it.
#[derive(Deserialize)]
struct Body<'a> {
    run: String,
    #[serde(borrow)]
    rows: Vec<Row<'a>>,
}

#[derive(Deserialize)]
struct Row<'a> {
    op: &'a str,
    key: String,
    #[serde(borrow)]
    data: &'a RawValue,
}

/// What was done with the rows of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    /// How many were taken.
    pub(super) taken: usize,
    /// The places of those that were not.
    pub(super) refused: Vec<usize>,
    /// Whether it was refused whole because of one of them.
    pub(super) whole: bool,
}

impl Held {
    /// Takes rows of a request. One that came before under the same idempotency key is answered as
    /// then, and changes nothing.
    pub(super) fn take(&mut self, body: &str, id: Option<&str>, how: &Taken) -> Outcome {
        let nothing = Outcome { taken: 0, refused: Vec::new(), whole: false };
        if *how == Taken::Nothing {
            return nothing;
        }
        let id = id.filter(|_| !self.overlooks_ids && !self.counts_only);
        if let Some(as_then) = id.and_then(|id| self.answered.get(id)) {
            return as_then.clone();
        }
        let Ok(body) = serde_json::from_str::<Body<'_>>(body) else { return nothing };
        let refused: Vec<usize> = match how {
            Taken::All => Vec::new(),
            Taken::Nothing => return nothing,
            Taken::Without(places) => {
                (0..body.rows.len()).filter(|place| places.contains(place)).collect()
            }
            Taken::WholeWithout(keys) => {
                if body.rows.iter().any(|row| keys.contains(&row.key)) {
                    return Outcome { whole: true, ..nothing };
                }
                Vec::new()
            }
        };
        let taken = body.rows.len() - refused.len();
        for (place, row) in body.rows.into_iter().enumerate() {
            if !refused.contains(&place) {
                self.apply(&body.run, row);
            }
        }
        let outcome = Outcome { taken, refused, whole: false };
        if let Some(id) = id {
            self.answered.insert(id.to_owned(), outcome.clone());
        }
        outcome
    }

    fn apply(&mut self, run: &str, row: Row<'_>) {
        self.taken += 1;
        if self.counts_only {
            return;
        }
        let times = self.seen.entry((run.to_owned(), row.key.clone())).or_default();
        *times += 1;
        if *times > 1 {
            self.doubled += 1;
        }
        match row.op {
            "remove" => drop(self.rows.remove(&row.key)),
            _ => drop(self.rows.insert(row.key, row.data.get().to_owned())),
        }
    }

    pub(super) fn show(&mut self, mut arrived: Arrived) {
        self.arrived += 1;
        if self.counts_only {
            return;
        }
        arrived.number = self.arrived;
        if self.requests.len() == SHOWN {
            self.requests.pop_front();
        }
        self.requests.push_back(arrived);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"run":"1","chunk":1,"rows":[
        {"op":"add","key":"a","data":{"n":1}},{"op":"add","key":"b","data":{"n":2}}]}"#;

    #[test]
    fn rows_are_held_and_removed() {
        let mut held = Held::default();
        assert_eq!(held.take(BODY, None, &Taken::All).taken, 2);
        let remove = r#"{"run":"2","chunk":1,"rows":[{"op":"remove","key":"a","data":{}}]}"#;
        held.take(remove, None, &Taken::All);
        let rows: Vec<_> = held.rows.iter().map(|(k, v)| format!("{k} {v}")).collect();
        assert_eq!(rows, [r#"b {"n":2}"#]);
        assert_eq!((held.taken, held.doubled), (3, 0));
    }

    #[test]
    fn what_comes_twice_is_counted_unless_it_says_that_it_is_the_same() {
        let mut held = Held::default();
        held.take(BODY, Some("x"), &Taken::All);
        assert_eq!(held.take(BODY, Some("x"), &Taken::All).taken, 2, "answered as before");
        assert_eq!((held.taken, held.doubled), (2, 0));
        held.take(BODY, Some("y"), &Taken::All);
        assert_eq!((held.taken, held.doubled), (4, 2));
        held.overlooks_ids = true;
        held.take(BODY, Some("y"), &Taken::All);
        assert_eq!((held.taken, held.doubled), (6, 4));
    }

    #[test]
    fn what_is_repeated_is_answered_as_before_whatever_would_be_said_now() {
        let mut held = Held::default();
        let first = held.take(BODY, Some("x"), &Taken::Without(vec![0]));
        assert_eq!(held.take(BODY, Some("x"), &Taken::WholeWithout(vec!["b".into()])), first);
        assert_eq!(held.take(BODY, Some("x"), &Taken::All), first);
        assert_eq!(held.rows.len(), 1);
    }

    #[test]
    fn rows_can_be_refused_alone_or_with_their_batch() {
        let mut held = Held::default();
        let some = held.take(BODY, None, &Taken::Without(vec![1, 9, 1]));
        assert_eq!((some.taken, some.refused), (1, vec![1]));
        let none = held.take(BODY, None, &Taken::WholeWithout(vec!["b".into()]));
        assert!(none.whole && none.taken == 0);
        assert_eq!(held.take("no JSON", None, &Taken::All).taken, 0);
    }
}
