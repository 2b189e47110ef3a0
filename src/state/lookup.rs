//! The "+ condition" box: one search over features, related rows, values, cohorts and segments.

use super::search::{self, About};
use super::{Form, RelatedForm, State};
use crate::language::identifier;
use crate::model::catalog::{Catalog, Column, Entity};
use crate::model::clause::{Case, Clause, Measure, Missing, Node, Test, Unit};
use crate::model::question::Segment;
use crate::model::value::Kind;
use crate::model::ways::choices;

/// The open box.
#[derive(Debug, Clone, PartialEq)]
pub struct Adding {
    /// The group that the condition is added to.
    pub group: Vec<usize>,
    /// What is searched.
    pub text: String,
    /// The marked result.
    pub mark: usize,
}

/// Something that a condition can be about.
#[derive(Debug, Clone, PartialEq)]
pub struct Suggestion {
    /// What kind of thing it is.
    pub about: About,
    /// Its name.
    pub name: String,
    /// What it is.
    pub detail: String,
    /// What taking it does.
    pub take: Take,
}

/// What a suggestion becomes.
#[derive(Debug, Clone, PartialEq)]
pub enum Take {
    /// A condition whose fields are filled in an editor.
    Edit(Box<Form>),
    /// A condition as it is, or its negation.
    Add(Box<Clause>),
}

impl State {
    pub(super) fn start_adding(&mut self, group: Vec<usize>) {
        self.canvas.editor = None;
        self.focus = Some(super::Focus::Adding);
        self.canvas.adding = Some(Adding { group, text: String::new(), mark: 0 });
    }

    pub(super) fn adding_text(&mut self, text: String) {
        if let Some(adding) = &mut self.canvas.adding {
            adding.text = text;
            adding.mark = 0;
        }
    }

    pub(super) fn move_adding(&mut self, by: isize) {
        let count = self.suggestions().len();
        if let Some(adding) = &mut self.canvas.adding {
            adding.mark = search::moved(adding.mark, by, count);
        }
    }

    /// Takes a result of the box; `not` asks for the opposite, where it has one.
    pub(super) fn take_found(&mut self, index: usize, not: bool) {
        let Some(found) = self.suggestions().into_iter().nth(index) else { return };
        let Some(group) = self.canvas.adding.as_ref().map(|a| a.group.clone()) else { return };
        self.take(&group, found.take, not);
    }

    /// Adds what was found to a group, or opens its editor.
    pub(super) fn take(&mut self, group: &[usize], take: Take, not: bool) {
        match take {
            Take::Edit(form) => self.open_editor(None, group.to_vec(), *form),
            Take::Add(mut clause) => {
                self.canvas.adding = None;
                clause.negated = not.then_some(Missing::Keep);
                self.add(group, Node::Clause(*clause));
            }
        }
    }

    /// What the box finds, the best first, in groups.
    pub fn suggestions(&self) -> Vec<Suggestion> {
        let text = self.canvas.adding.as_ref().map_or("", |a| a.text.as_str());
        self.find_conditions(text)
    }

    /// Everything that a condition can be about and that a text finds.
    pub(super) fn find_conditions(&self, text: &str) -> Vec<Suggestion> {
        let all = self.all_conditions();
        let order = search::ranked(text, all.iter().map(|f| (f.name.as_str(), f.detail.as_str())));
        let mut found: Vec<Suggestion> = order.into_iter().map(|i| all[i].clone()).collect();
        found.extend(self.found_values(text));
        search::grouped(found, |f| f.about)
    }

    /// Values that contain the text, as far as the engine has told them by now.
    fn found_values(&self, text: &str) -> Vec<Suggestion> {
        let found = self.value_columns().into_iter().flat_map(|column| {
            let values = self.answers.values_found(column, text);
            values.iter().map(|(value, counts)| {
                let values = vec![value.clone()];
                Suggestion {
                    about: About::Values,
                    name: format!("{} is {}", column.name, value.display()),
                    detail: search::of_words(*counts),
                    take: Take::Add(Box::new(Clause::on(
                        &column.name,
                        Test::OneOf(values, Case::Sensitive),
                    ))),
                }
            })
        });
        let mut found: Vec<Suggestion> = found.collect();
        // A value that is the text itself stands before those that only contain it.
        let is_it = |f: &Suggestion| {
            f.name.to_lowercase().ends_with(&format!(" is {}", text.trim().to_lowercase()))
        };
        found.sort_by_key(|f| !is_it(f));
        found
    }

    fn all_conditions(&self) -> Vec<Suggestion> {
        let (Some(catalog), Some(entity)) = (self.source.catalog(), self.entity()) else {
            return Vec::new();
        };
        let features = entity.features.iter().filter(|f| !entity.is_taken_apart(f));
        let mut all: Vec<Suggestion> = features
            .map(|f| Suggestion {
                about: About::Features,
                name: f.name.clone(),
                detail: detail(f),
                take: Take::Edit(Box::new(Form::for_feature(&f.name, f.kind))),
            })
            .collect();
        for table in related_tables(catalog, entity) {
            related(catalog, entity, &table, &mut all);
        }
        let member = |name: &str, detail: &str| Suggestion {
            about: About::Cohorts,
            name: format!("in {name}"),
            detail: format!("{detail}; Shift+Enter for not in"),
            take: Take::Add(Box::new(Clause::in_cohort(name))),
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

/// What a feature is, in a few words.
fn detail(feature: &Column) -> String {
    match &feature.description {
        Some(text) => format!("{} · {text}", feature.kind.word()),
        None => feature.kind.word().to_owned(),
    }
}

/// A related table and its columns, each as the condition that its kind asks for first.
fn related(catalog: &Catalog, entity: &Entity, name: &str, all: &mut Vec<Suggestion>) {
    let form = RelatedForm {
        via: choices(catalog, entity.table_name(), name).into_iter().next(),
        ..RelatedForm::new(name)
    };
    let mut push = |name: String, detail: String, form: RelatedForm| {
        let take = Take::Edit(Box::new(Form::Related(form)));
        all.push(Suggestion { about: About::Related, name, detail, take });
    };
    push(name.to_owned(), "related rows".to_owned(), form.clone());
    for column in catalog.table(name).into_iter().flat_map(|table| &table.columns) {
        let kind = column.kind;
        let form = if kind.is_temporal() {
            RelatedForm {
                window: Some((column.name.clone(), "30".to_owned(), Unit::Day)),
                ..form.clone()
            }
        } else if kind.is_numeric() && !super::look::looks_like_an_id(&column.name) {
            RelatedForm { measure: Measure::Sum(column.name.clone()), ..form.clone() }
        } else if kind == Kind::Boolean {
            RelatedForm { filter: identifier(&column.name), ..form.clone() }
        } else {
            RelatedForm { measure: Measure::CountDistinct(column.name.clone()), ..form.clone() }
        };
        push(format!("{name} › {}", column.name), detail(column), form);
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
pub fn related_tables(catalog: &Catalog, entity: &Entity) -> Vec<String> {
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

/// Columns that a figure of this measure can be about.
pub fn fits_measure(measure: &crate::model::clause::Measure, kind: Kind) -> bool {
    use crate::model::clause::Measure;
    match measure {
        Measure::Sum(_) | Measure::Average(_) => kind.is_numeric(),
        Measure::Minimum(_) | Measure::Maximum(_) => kind.is_numeric() || kind.is_temporal(),
        _ => true,
    }
}
