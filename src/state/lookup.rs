//! The "+ condition" box: one search over features, related tables, cohorts and segments.

use super::{Form, RelatedForm, State};
use crate::model::question::Segment;
use crate::model::value::Kind;
use crate::model::ways::choices;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Results shown at most.
const FOUND_MAX: usize = 12;

/// The open box.
#[derive(Debug, Clone, PartialEq)]
pub struct Adding {
    /// The group that the condition is added to.
    pub group: Vec<usize>,
    /// What is searched.
    pub text: String,
    /// What was found, the best first.
    pub found: Vec<Suggestion>,
}

/// Something that a condition can be about.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// Its name.
    pub name: String,
    /// What it is.
    pub detail: String,
    /// The form of a condition on it.
    pub form: Form,
}

impl State {
    pub(super) fn start_adding(&mut self, group: Vec<usize>) {
        self.canvas.editor = None;
        self.focus = Some(super::Focus::Adding);
        self.canvas.adding = Some(Adding { group, text: String::new(), found: self.find("") });
    }

    pub(super) fn adding_text(&mut self, text: String) {
        let found = self.find(&text);
        if let Some(adding) = &mut self.canvas.adding {
            adding.text = text;
            adding.found = found;
        }
    }

    pub(super) fn take_found(&mut self, index: usize) {
        let Some(adding) = &self.canvas.adding else { return };
        let Some(found) = adding.found.get(index).cloned() else { return };
        let group = adding.group.clone();
        // Membership needs no more said: it is taken at once.
        if matches!(found.form, Form::Member { .. }) {
            self.canvas.adding = None;
            if let Ok(node) = found.form.node(self) {
                self.add(&group, node);
            }
            return;
        }
        self.open_editor(None, group, found.form);
    }

    /// Everything that a condition can be about, the best match first.
    pub fn find(&self, text: &str) -> Vec<Suggestion> {
        let all = self.all_conditions();
        let order = ranked(text, all.iter().map(|f| (f.name.as_str(), f.detail.as_str())));
        order.into_iter().take(FOUND_MAX).map(|i| all[i].clone()).collect()
    }

    fn all_conditions(&self) -> Vec<Suggestion> {
        let (Some(catalog), Some(entity)) = (self.source.catalog(), self.entity()) else {
            return Vec::new();
        };
        let mut all: Vec<Suggestion> = entity
            .features
            .iter()
            .map(|f| Suggestion {
                name: f.name.clone(),
                detail: match &f.description {
                    Some(text) => format!("{} · {text}", f.kind.word()),
                    None => f.kind.word().to_owned(),
                },
                form: Form::for_feature(&f.name, f.kind),
            })
            .collect();
        for table in related_tables(catalog, entity) {
            all.push(Suggestion {
                name: table.clone(),
                detail: "related rows".to_owned(),
                form: Form::Related(RelatedForm {
                    via: choices(catalog, entity.table_name(), &table).into_iter().next(),
                    ..RelatedForm::new(&table)
                }),
            });
        }
        let member = |name: &str, detail: &str| Suggestion {
            name: name.to_owned(),
            detail: detail.to_owned(),
            form: Form::Member { name: name.to_owned(), inside: true },
        };
        let here = self.canvas.cohort.as_ref().and_then(|c| c.cohort.as_deref());
        for cohort in entity.cohorts.iter().filter(|c| Some(c.name.as_str()) != here) {
            all.push(member(&cohort.name, "cohort"));
        }
        for Segment { name, cohort, .. } in &self.source.segments {
            // A segment that refers to itself would have no end.
            if cohort.entity == entity.name && self.canvas.segment.as_deref() != Some(name) {
                all.push(member(name, "segment"));
            }
        }
        all
    }
}

impl State {
    /// The columns by which rows of a table may belong to the entity on screen, when there are
    /// several ways.
    pub fn ways_to(&self, table: &str) -> Vec<String> {
        let entity = self.entity();
        let found = self.source.catalog().zip(entity);
        found
            .map_or_else(Vec::new, |(catalog, entity)| choices(catalog, entity.table_name(), table))
    }
}

/// The tables whose rows belong to an entity, directly or through another table.
pub fn related_tables(
    catalog: &crate::model::catalog::Catalog,
    entity: &crate::model::catalog::Entity,
) -> Vec<String> {
    let mut found: Vec<String> = vec![entity.table_name().to_owned()];
    let mut at = 0;
    while at < found.len() {
        let to = found[at].clone();
        for relation in catalog.relations.iter().filter(|r| r.to_table == to) {
            if !found.contains(&relation.from_table) {
                found.push(relation.from_table.clone());
            }
        }
        at += 1;
    }
    if let crate::model::catalog::EntityBase::Events { tables, .. } = &entity.base {
        for (table, _) in tables {
            if !found.contains(table) {
                found.push(table.clone());
            }
        }
    }
    found.remove(0);
    // The member list of a cohort says nothing that the cohort itself does not.
    found.retain(|table| !catalog.is_cohort_table(table));
    found
}

/// The indices of the items that match, the best first. An empty text matches all, in order. A
/// match in the name counts more than one in the rest.
pub(crate) fn ranked<'a>(
    text: &str,
    items: impl Iterator<Item = (&'a str, &'a str)>,
) -> Vec<usize> {
    if text.trim().is_empty() {
        return (0..items.count()).collect();
    }
    let pattern = Pattern::parse(text.trim(), CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, usize)> = Vec::new();
    for (index, (name, rest)) in items.enumerate() {
        let in_name = pattern.score(Utf32Str::new(name, &mut buffer), &mut matcher);
        let exact = u32::from(name.eq_ignore_ascii_case(text.trim())) * 10_000;
        let score = match in_name {
            Some(score) => Some(score + 1000 + exact),
            None => pattern.score(Utf32Str::new(rest, &mut buffer), &mut matcher),
        };
        if let Some(score) = score {
            scored.push((score, index));
        }
    }
    scored.sort_by_key(|(score, index)| (u32::MAX - score, *index));
    scored.into_iter().map(|(_, index)| index).collect()
}

/// Columns that a figure of this measure can be about.
pub fn fits_measure(measure: &crate::model::clause::Measure, kind: Kind) -> bool {
    use crate::model::clause::Measure;
    match measure {
        Measure::Sum(_) | Measure::Average(_) => kind.is_numeric(),
        Measure::Minimum(_) | Measure::Maximum(_) => kind.is_numeric() || kind.is_temporal(),
        _ => true,
    }
}
