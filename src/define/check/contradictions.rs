//! Cohorts that can never hold anyone: conditions that contradict each other.
//!
//! Only what is simple is seen (see `condition.rs`), so a cohort that is not reported may be empty
//! all the same; one that is reported can never have members.

use std::collections::HashMap;

use crate::define::project::{CohortId, CohortRule, Expression, Project, Target};
use crate::define::words;
use crate::define::words::condition::{Condition, Literal, Op, Subject, parse};

/// How far up the cohorts that it narrows are looked at.
const CHAIN_MAX: usize = 30;
/// How many conditions of one cohort are held against each other.
const CONDITIONS_MAX: usize = 150;

/// What each cohort asks for by itself, parsed once for all cohorts that narrow it.
pub(in crate::define) struct Asked<'a> {
    project: &'a Project,
    own: Vec<Vec<Condition>>,
}

impl<'a> Asked<'a> {
    pub(in crate::define) fn of(project: &'a Project) -> Self {
        let own = (0..project.cohorts.len()).map(|at| own(project, CohortId(at))).collect();
        Self { project, own }
    }

    /// Why no one can be in `cohort`, in words; `None` when someone may be.
    pub(in crate::define) fn never(&self, cohort: CohortId) -> Option<String> {
        let mut chain = vec![cohort];
        let mut at = cohort;
        while let Some(parent) = self.project[at].extends.filter(|_| chain.len() < CHAIN_MAX) {
            chain.push(parent);
            at = parent;
        }
        let mut limits =
            Limits { project: self.project, by_subject: HashMap::new(), whole: Vec::new() };
        let all = chain.into_iter().rev().flat_map(|id| &self.own[id.0]);
        all.take(CONDITIONS_MAX).find_map(|condition| limits.add(condition))
    }
}

/// Everything that has to hold for the members of `cohort` beside what it narrows asks for.
fn own(project: &Project, cohort: CohortId) -> Vec<Condition> {
    let mut all = vec![Condition::Member(Target::Cohort(cohort))];
    let filter = &project[cohort].filter;
    for step in &filter.steps {
        if let CohortRule::Condition(text) = &step.rule {
            let condition = parse(project, text);
            add(if step.include { condition } else { opposite(condition) }, &mut all);
        }
    }
    if let Some(expression) = &filter.expression {
        add(of_expression(project, expression), &mut all);
    }
    all
}

fn of_expression(project: &Project, expression: &Expression) -> Condition {
    let inner = |list: &[Expression]| list.iter().map(|e| of_expression(project, e)).collect();
    match expression {
        Expression::Condition(text) => parse(project, text),
        Expression::And(list) => Condition::And(inner(list)),
        Expression::Or(list) => Condition::Or(inner(list)),
    }
}

fn add(condition: Condition, all: &mut Vec<Condition>) {
    match condition {
        Condition::And(list) => list.into_iter().for_each(|part| add(part, all)),
        other if all.len() < CONDITIONS_MAX => all.push(other),
        _ => {}
    }
}

/// What holds for those whom an exclude step leaves. A missing value is not excluded, so only
/// conditions that are false or true for everybody turn round.
fn opposite(condition: Condition) -> Condition {
    match condition {
        Condition::Not(inner) => match *inner {
            certain @ (Condition::Missing(_) | Condition::Member(_) | Condition::Always(_)) => {
                certain
            }
            _ => Condition::Always(true),
        },
        Condition::Or(list) => Condition::And(list.into_iter().map(opposite).collect()),
        Condition::Always(truth) => Condition::Always(!truth),
        other => Condition::Not(Box::new(other)),
    }
}

/// What is known of the value of one subject.
#[derive(Default)]
struct Limit {
    low: Option<(f64, bool)>,
    high: Option<(f64, bool)>,
    texts: Option<Vec<String>>,
    not_texts: Vec<String>,
    missing: bool,
    there: bool,
    truth: Option<bool>,
}

struct Limits<'a> {
    project: &'a Project,
    by_subject: HashMap<Subject, Limit>,
    whole: Vec<Condition>,
}

impl Limits<'_> {
    /// Adds a condition that has to hold; why it cannot, when it cannot.
    fn add(&mut self, condition: &Condition) -> Option<String> {
        let against = match condition {
            Condition::Not(inner) => (**inner).clone(),
            other => Condition::Not(Box::new(other.clone())),
        };
        if self.whole.contains(&against) {
            let inner = match condition {
                Condition::Not(inner) => inner,
                other => other,
            };
            return Some(format!(
                "it asks for a condition and for its opposite: {}",
                self.said(inner)
            ));
        }
        self.whole.push(condition.clone());
        match condition {
            Condition::Always(false) => Some("one of its conditions is never true".into()),
            Condition::Compare(subject, op, value) => self.compare(subject, *op, value),
            Condition::Between(subject, low, high) => self
                .compare(subject, Op::AtLeast, low)
                .or_else(|| self.compare(subject, Op::AtMost, high)),
            Condition::OneOf(subject, values) => {
                let texts = values.iter().map(|value| match value {
                    Literal::Text(text) => Some(text.clone()),
                    _ => None,
                });
                let texts: Vec<String> = texts.collect::<Option<_>>()?;
                self.one_of(subject, &texts)
            }
            Condition::Missing(subject) => {
                self.limit(subject).missing = true;
                self.contradiction(subject)
            }
            Condition::Is(subject) => self.truth(subject, true),
            Condition::Not(inner) => match &**inner {
                Condition::Missing(subject) => {
                    self.limit(subject).there = true;
                    self.contradiction(subject)
                }
                Condition::Compare(subject, Op::Equal, Literal::Text(text)) => {
                    self.limit(subject).not_texts.push(text.clone());
                    self.contradiction(subject)
                }
                Condition::OneOf(subject, values) => {
                    let texts = values.iter().filter_map(|v| match v {
                        Literal::Text(text) => Some(text.clone()),
                        _ => None,
                    });
                    let texts: Vec<String> = texts.collect();
                    self.limit(subject).not_texts.extend(texts);
                    self.contradiction(subject)
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn limit(&mut self, subject: &Subject) -> &mut Limit {
        self.by_subject.entry(subject.clone()).or_default()
    }

    fn truth(&mut self, subject: &Subject, truth: bool) -> Option<String> {
        let limit = self.limit(subject);
        limit.there = true;
        let clash = limit.truth == Some(!truth);
        limit.truth = Some(truth);
        if clash {
            self.clash(subject, "be both true and false")
        } else {
            self.contradiction(subject)
        }
    }

    fn one_of(&mut self, subject: &Subject, texts: &[String]) -> Option<String> {
        let limit = self.limit(subject);
        limit.there = true;
        match &mut limit.texts {
            None => limit.texts = Some(texts.to_vec()),
            Some(known) => known.retain(|text| texts.contains(text)),
        }
        self.contradiction(subject)
    }

    fn compare(&mut self, subject: &Subject, op: Op, value: &Literal) -> Option<String> {
        let limit = self.limit(subject);
        limit.there = true;
        let number = match value {
            Literal::Number(number, _) => *number,
            Literal::Text(text) => {
                match op {
                    Op::Equal => return self.one_of(subject, std::slice::from_ref(text)),
                    Op::Unequal => limit.not_texts.push(text.clone()),
                    _ => {}
                }
                return self.contradiction(subject);
            }
            Literal::Truth(_) => return None,
        };
        let low = |limit: &mut Limit, open: bool| {
            let tighter =
                limit.low.is_none_or(|(at, was)| number > at || (number == at && open && !was));
            if tighter {
                limit.low = Some((number, open));
            }
        };
        let high = |limit: &mut Limit, open: bool| {
            let tighter =
                limit.high.is_none_or(|(at, was)| number < at || (number == at && open && !was));
            if tighter {
                limit.high = Some((number, open));
            }
        };
        match op {
            Op::Equal => {
                low(limit, false);
                high(limit, false);
            }
            Op::More => low(limit, true),
            Op::AtLeast => low(limit, false),
            Op::Less => high(limit, true),
            Op::AtMost => high(limit, false),
            Op::Unequal | Op::Like => {}
        }
        self.contradiction(subject)
    }

    fn contradiction(&self, subject: &Subject) -> Option<String> {
        let limit = self.by_subject.get(subject)?;
        if limit.missing && limit.there {
            return self.clash(subject, "be both missing and not missing");
        }
        if let (Some((low, low_open)), Some((high, high_open))) = (limit.low, limit.high)
            && (low > high || (low == high && (low_open || high_open)))
        {
            let most = if high_open { "less than" } else { "at most" };
            let least = if low_open { "more than" } else { "at least" };
            return self.clash(subject, &format!("be both {least} {low} and {most} {high}"));
        }
        let texts = limit.texts.as_ref()?;
        if texts.iter().all(|text| limit.not_texts.contains(text)) {
            return self.clash(subject, "have several values at once, or one that is ruled out");
        }
        None
    }

    fn clash(&self, subject: &Subject, how: &str) -> Option<String> {
        let name = match subject {
            Subject::Feature(id) => &self.project[*id].name,
            Subject::Column(name) => name,
        };
        Some(format!("`{name}` would have to {how}"))
    }

    fn said(&self, condition: &Condition) -> String {
        words::said(self.project, condition, false)
    }
}
