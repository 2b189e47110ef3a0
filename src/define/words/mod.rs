//! Definitions in plain words: who is in a cohort, step by step.

pub(in crate::define) mod condition;
pub(in crate::define) mod named;

use crate::define::project::{CohortId, CohortRule, Expression, Project, Rows, Target, Text};
use crate::define::words::condition::{Condition, Literal, Op, Subject, parse};
pub use crate::define::words::named::{every, sql, target};

/// Who is in a cohort, one line per step, from whom it starts to the last condition.
///
/// # Shape
/// The first line says what it narrows. A line of a nested condition is indented by two spaces per
/// level.
pub fn cohort(project: &Project, id: CohortId) -> Vec<String> {
    let cohort = &project[id];
    let mut lines = vec![match cohort.extends {
        Some(parent) => format!("Start with the cohort {}", project[parent].name),
        None => format!("Start with {}", every(&project[cohort.entity].name)),
    }];
    for step in &cohort.filter.steps {
        let verb = if step.include { "Keep" } else { "Drop" };
        lines.push(match &step.rule {
            CohortRule::Condition(text) => {
                format!("{verb} those where {}", condition(project, text))
            }
            CohortRule::Rows(rows) => format!("{verb} those listed by {}", listed(project, rows)),
        });
    }
    match &cohort.filter.expression {
        None => {}
        Some(Expression::Condition(text)) => {
            lines.push(format!("Keep those where {}", condition(project, text)));
        }
        Some(group) => expression(project, group, 0, &mut lines),
    }
    lines
}

fn expression(project: &Project, node: &Expression, depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    let (head, inner, list) = match node {
        Expression::Condition(text) => {
            lines.push(format!("{indent}{}", condition(project, text)));
            return;
        }
        Expression::And(list) => {
            ("Keep those where all of these hold:", "all of these hold:", list)
        }
        Expression::Or(list) => {
            ("Keep those where any of these holds:", "any of these holds:", list)
        }
    };
    lines.push(format!("{indent}{}", if depth == 0 { head } else { inner }));
    for part in list {
        expression(project, part, depth + 1, lines);
    }
}

fn listed(project: &Project, rows: &Rows) -> String {
    let from = rows
        .from
        .map_or_else(|| "something that is not defined".to_owned(), |t| target(project, t));
    let which = rows.filter.as_ref().map(|text| format!(" where {}", condition(project, text)));
    format!("{} of {from}{}", sql(project, &rows.select), which.unwrap_or_default())
}

/// A condition in plain words, as far as it is simple; the rest as SQL.
pub fn condition(project: &Project, text: &Text) -> String {
    said(project, &parse(project, text), false)
}

pub(in crate::define) fn said(project: &Project, condition: &Condition, nested: bool) -> String {
    let all = |list: &[Condition], word: &str| {
        let parts: Vec<String> = list.iter().map(|part| said(project, part, true)).collect();
        let joined = parts.join(word);
        if nested { format!("({joined})") } else { joined }
    };
    let of = |subject: &Subject| name(project, subject);
    match condition {
        Condition::And(list) => all(list, " and "),
        Condition::Or(list) => all(list, " or "),
        Condition::Not(inner) => negated(project, inner),
        Condition::Compare(subject, op, value) => compared(&of(subject), *op, value),
        Condition::OneOf(subject, values) => {
            format!("{} is one of {}", of(subject), values_said(values))
        }
        Condition::Missing(subject) => format!("{} is missing", of(subject)),
        Condition::Between(subject, low, high) => {
            format!("{} is from {} to {}", of(subject), value(low), value(high))
        }
        Condition::Member(cohort) => format!("they are in {}", group(project, *cohort)),
        Condition::Always(truth) => if *truth { "anything" } else { "nothing" }.to_owned(),
        Condition::Is(subject) => format!("{} is true", of(subject)),
        Condition::Other(sql) => sql.clone(),
    }
}

fn negated(project: &Project, inner: &Condition) -> String {
    let of = |subject: &Subject| name(project, subject);
    match inner {
        Condition::Missing(subject) => format!("{} is there", of(subject)),
        Condition::OneOf(subject, values) => {
            format!("{} is none of {}", of(subject), values_said(values))
        }
        Condition::Member(cohort) => format!("they are not in {}", group(project, *cohort)),
        Condition::Is(subject) => format!("{} is false", of(subject)),
        Condition::Always(truth) => if *truth { "nothing" } else { "anything" }.to_owned(),
        Condition::Not(inner) => said(project, inner, true),
        other => format!("not ({})", said(project, other, false)),
    }
}

fn compared(subject: &str, op: Op, right: &Literal) -> String {
    let right_said = value(right);
    let number = matches!(right, Literal::Number(..));
    match op {
        Op::Equal => format!("{subject} is {right_said}"),
        Op::Unequal => format!("{subject} is not {right_said}"),
        Op::Less if number => format!("{subject} is less than {right_said}"),
        Op::Less => format!("{subject} is before {right_said}"),
        Op::AtMost if number => format!("{subject} is at most {right_said}"),
        Op::AtMost => format!("{subject} is not after {right_said}"),
        Op::More if number => format!("{subject} is more than {right_said}"),
        Op::More => format!("{subject} is after {right_said}"),
        Op::AtLeast if number => format!("{subject} is at least {right_said}"),
        Op::AtLeast => format!("{subject} is not before {right_said}"),
        Op::Like => like(subject, right),
    }
}

fn like(subject: &str, pattern: &Literal) -> String {
    let Literal::Text(pattern) = pattern else {
        return format!("{subject} is like {}", value(pattern));
    };
    let inner = pattern.trim_matches('%');
    if inner.contains(['%', '_']) || inner.is_empty() {
        return format!("{subject} is like ‘{pattern}’");
    }
    match (pattern.starts_with('%'), pattern.ends_with('%')) {
        (true, true) => format!("{subject} contains ‘{inner}’"),
        (true, false) => format!("{subject} ends with ‘{inner}’"),
        (false, true) => format!("{subject} starts with ‘{inner}’"),
        (false, false) => format!("{subject} is ‘{inner}’"),
    }
}

fn values_said(values: &[Literal]) -> String {
    values.iter().map(value).collect::<Vec<_>>().join(", ")
}

fn value(literal: &Literal) -> String {
    match literal {
        Literal::Number(_, text) => text.clone(),
        Literal::Text(text) => format!("‘{text}’"),
        Literal::Truth(truth) => truth.to_string(),
    }
}

fn name(project: &Project, subject: &Subject) -> String {
    match subject {
        Subject::Feature(id) => project[*id].name.clone(),
        Subject::Column(name) => name.clone(),
    }
}

fn group(project: &Project, cohort: Target) -> String {
    match cohort {
        Target::Cohort(id) => format!("the cohort {}", project[id].name),
        other => target(project, other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everybody_of_an_entity_is_english() {
        assert_eq!(every("user"), "every user");
        assert_eq!(every("users"), "all users");
        assert_eq!(every("business"), "every business");
    }
}
