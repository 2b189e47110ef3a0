//! Why a slice or a question does not fit the catalog.

use crate::model::failure::Failure;
use crate::model::nearest::nearest;
use crate::model::ways::NoWay;

/// A message names this many of what there is.
const TOLD_MAX: usize = 12;

/// Why something cannot be bound, and in which clause it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", Failure::from(self.clone()))]
pub struct BindError {
    /// Why.
    pub reason: Box<Reason>,
    /// The clause as it is typed; empty where none is to blame.
    pub clause: String,
}

/// Why something cannot be bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Nothing has this name.
    Unknown {
        /// What was looked for: a feature, a table, …
        what: &'static str,
        /// The name.
        name: String,
        /// Where it was looked for, `the features of customer`; empty for everywhere.
        among: String,
        /// What is there, in the order in which it is told.
        known: Vec<String>,
    },
    /// A segment refers to itself, by these segments.
    Circle {
        /// The segment.
        segment: String,
        /// The segments on the way to it, the first first.
        by: Vec<String>,
    },
    /// Rows of a table do not belong to an entity, or in several ways.
    NoWay {
        /// The table.
        table: String,
        /// The entity.
        entity: String,
        /// The column by which they should.
        via: Option<String>,
        /// What was found.
        why: NoWay,
    },
    /// A step leads nowhere, or to several rows.
    NoStep {
        /// The step.
        step: String,
        /// All steps, as they are typed.
        steps: String,
        /// What was found.
        why: NoWay,
    },
    /// It cannot mean anything as it is: what, and what to write.
    Mismatch {
        /// What.
        what: String,
        /// What to write.
        hint: String,
    },
}

impl Reason {
    pub(super) fn unknown<'n>(
        what: &'static str,
        name: &str,
        among: impl Into<String>,
        known: impl IntoIterator<Item = &'n str>,
    ) -> Self {
        Self::Unknown {
            what,
            name: name.to_owned(),
            among: among.into(),
            known: known.into_iter().map(str::to_owned).collect(),
        }
    }

    pub(super) fn mismatch(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Mismatch { what: what.into(), hint: hint.into() }
    }
}

impl From<Reason> for BindError {
    fn from(reason: Reason) -> Self {
        Self { reason: Box::new(reason), clause: String::new() }
    }
}

impl BindError {
    /// The error as one of this clause, unless it is one of a clause already.
    pub(super) fn within(mut self, clause: impl FnOnce() -> String) -> Self {
        if self.clause.is_empty() {
            self.clause = clause();
        }
        self
    }
}

impl From<BindError> for Failure {
    fn from(error: BindError) -> Self {
        let clause = error.clause;
        let (what, place, hint) = match *error.reason {
            Reason::Unknown { what, name, among, known } => {
                let meant = nearest(&name, known.iter().map(String::as_str));
                let hint = match (meant, known.as_slice()) {
                    (Some(meant), _) => format!("perhaps {meant} is meant"),
                    (None, []) if among.is_empty() => String::new(),
                    (None, []) => format!("there are none among {among}"),
                    (None, known) => format!("available: {}", few(known)),
                };
                let place = match clause.is_empty() && !among.is_empty() {
                    true => format!("among {among}"),
                    false => clause,
                };
                (format!("there is no {what} called \"{name}\""), place, hint)
            }
            Reason::Circle { segment, by } => (
                format!("the segment \"{segment}\" contains itself"),
                by.join(" > "),
                "remove one of them from the other".to_owned(),
            ),
            Reason::NoWay { table, entity, via, why } => {
                let (what, hint) = no_way(&table, &entity, via.as_deref(), &why);
                (what, clause, hint)
            }
            Reason::NoStep { step, steps, why } => match why {
                NoWay::Several(ways) | NoWay::NotBy(ways) => (
                    format!("{step} can be reached by {}", ways.join(" or by ")),
                    steps,
                    format!("write {} in place of {step}", ways[0]),
                ),
                NoWay::None => (
                    format!("nothing called {step} can be reached from here"),
                    steps,
                    "name a step after the table it leads to, or after the column that points there"
                        .to_owned(),
                ),
            },
            Reason::Mismatch { what, hint } => (what, clause, hint),
        };
        Self::wrong_use(what, place, hint)
    }
}

/// Names as they fit into a message.
fn few(names: &[String]) -> String {
    match names.len() {
        0..=TOLD_MAX => names.join(", "),
        all => format!("{} and {} more", names[..TOLD_MAX].join(", "), all - TOLD_MAX),
    }
}

/// Why a figure over related rows cannot be, and what to write.
fn no_way(table: &str, entity: &str, via: Option<&str>, why: &NoWay) -> (String, String) {
    let ways = match why {
        NoWay::None => {
            return (
                format!("rows of {table} do not belong to a {entity}"),
                "no relation leads there; a missing one can be added as a correction".to_owned(),
            );
        }
        NoWay::Several(ways) | NoWay::NotBy(ways) => ways,
    };
    let what = match (why, via) {
        (NoWay::NotBy(_), Some(via)) => {
            format!("rows of {table} do not belong to a {entity} by {via}")
        }
        _ => format!("rows of {table} belong to a {entity} by {}", ways.join(" or by ")),
    };
    let last = ways.last().map_or("", String::as_str);
    let hint = format!("write count({table} via {last}), or choose one with the correction `way`");
    (what, hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(reason: Reason, clause: &str) -> String {
        Failure::from(BindError::from(reason).within(|| clause.to_owned())).to_string()
    }

    #[test]
    fn an_unknown_name_is_told_with_what_was_meant_or_what_there_is() {
        let among = "the features of user";
        let near = Reason::unknown("feature", "contry", among, ["country", "orders"]);
        assert_eq!(
            told(near, "contry = 'DE'"),
            "there is no feature called \"contry\"; contry = 'DE'; perhaps country is meant"
        );
        let far = Reason::unknown("feature", "height", among, ["country", "orders"]);
        assert_eq!(
            told(far, ""),
            "there is no feature called \"height\"; among the features of user; \
             available: country, orders"
        );
        let many: Vec<String> = (0..20).map(|i| format!("feature_{i}")).collect();
        let many = Reason::unknown("feature", "x", among, many.iter().map(String::as_str));
        assert!(told(many, "").ends_with("feature_11 and 8 more"));
    }

    #[test]
    fn rows_that_belong_in_several_ways_are_told_with_what_to_write() {
        let reason = Reason::NoWay {
            table: "returns".to_owned(),
            entity: "customer".to_owned(),
            via: None,
            why: NoWay::Several(vec!["buyer_id".to_owned(), "payer_id".to_owned()]),
        };
        assert_eq!(
            told(reason, "count(returns) > 1"),
            "rows of returns belong to a customer by buyer_id or by payer_id; count(returns) > 1; \
             write count(returns via payer_id), or choose one with the correction `way`"
        );
    }
}
