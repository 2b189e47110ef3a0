//! Cohorts: who of the extended cohort is in, step by step.

use super::builder::{Builder, Draft};
use super::text::{About, Said, bracketed, whole};
use crate::define::{
    CohortId, CohortRule, EntityId, Expression, FeatureId, Item, Node, Rows, Target, words,
};
use crate::sql::{Sql, ident};
use std::collections::BTreeSet;

impl Builder<'_> {
    /// The members of a cohort.
    pub(super) fn cohort(&mut self, id: CohortId) -> Result<(), String> {
        let cohort = &self.project[id];
        let entity = cohort.entity;
        let base = match cohort.extends {
            Some(parent) => Target::Cohort(parent),
            None => Target::Entity(entity),
        };
        let (base, base_step) = self
            .relations
            .get(&base)
            .cloned()
            .ok_or_else(|| format!("{} is not built", words::target(self.project, base)))?;
        let mut reads = self.reads_of([Node::Item(Item::Cohort(id))]);
        reads.push(base_step);
        let mut vars: BTreeSet<FeatureId> = BTreeSet::new();
        let mut conditions = Vec::new();
        for step in &cohort.filter.steps {
            let matches = match &step.rule {
                CohortRule::Condition(text) => {
                    let said = self.said(text, About::Entity(entity))?;
                    vars.extend(said.vars.iter().copied());
                    no_row_vars(&said)?;
                    bracketed(&said.sql)
                }
                CohortRule::Rows(rows) => self.listed(rows, entity)?,
            };
            conditions.push(match step.include {
                true => Sql::fill("{} IS TRUE", &[&matches]),
                // Who does not match for certain stays: missing is not false.
                false => Sql::fill("{} IS NOT TRUE", &[&matches]),
            });
        }
        if let Some(expression) = &cohort.filter.expression {
            conditions.push(self.condition(expression, entity, &mut vars)?);
        }
        let joins = self.joins(entity, &vars, &mut reads)?;
        let main = ident(&self.project[entity].main_id);
        let conditions = match conditions.is_empty() {
            true => Sql::raw(""),
            false => Sql::fill("\nWHERE {}", &[&Sql::join(conditions, "\n  AND ")]),
        };
        let query = Sql::fill(
            "SELECT base.{}\nFROM {} AS base{}{}\nORDER BY 1",
            &[&main, &base, &joins, &conditions],
        );
        let mut about = words::cohort(self.project, id);
        about.insert(0, format!("The members of the cohort {}.", cohort.name));
        let draft = Draft {
            name: format!("cohort {}", cohort.name),
            about,
            items: vec![Item::Cohort(id)],
            reads,
            hashed: None,
        };
        let name = cohort.name.clone();
        let (table, step) = self.table(draft, &name, &query);
        self.relations.insert(Target::Cohort(id), (table, step));
        self.made(Node::Item(Item::Cohort(id)), step);
        Ok(())
    }

    fn condition(
        &self,
        expression: &Expression,
        entity: EntityId,
        vars: &mut BTreeSet<FeatureId>,
    ) -> Result<Sql, String> {
        let list = match expression {
            Expression::Condition(text) => {
                let said = self.said(text, About::Entity(entity))?;
                no_row_vars(&said)?;
                vars.extend(said.vars.iter().copied());
                return Ok(bracketed(&said.sql));
            }
            Expression::And(list) | Expression::Or(list) => list,
        };
        let parts: Result<Vec<Sql>, String> =
            list.iter().map(|part| self.condition(part, entity, vars)).collect();
        Ok(match expression {
            Expression::Or(_) => Sql::any_of(parts?),
            _ => Sql::all_of(parts?),
        })
    }

    /// The condition that a main id is listed by some rows.
    fn listed(&self, rows: &Rows, entity: EntityId) -> Result<Sql, String> {
        let main = ident(&self.project[entity].main_id);
        let listed = self.rows_listed(rows)?;
        Ok(Sql::fill("({} IN ({}))", &[&main, &listed]))
    }

    /// A query of the values that some rows list, missing ones left out.
    pub(super) fn rows_listed(&self, rows: &Rows) -> Result<Sql, String> {
        let from = rows.from.ok_or_else(|| "it reads something that is not there".to_owned())?;
        let from = self.relation(from)?;
        let select = self.said(&rows.select, About::Query)?.sql;
        let filter = match &rows.filter {
            Some(filter) => {
                let filter = self.said(filter, About::Query)?.sql;
                Sql::fill("{} AND ", &[&bracketed(&filter)])
            }
            None => Sql::raw(""),
        };
        Ok(Sql::fill(
            "SELECT {} FROM {} WHERE {}{} IS NOT NULL",
            &[&whole(&select), &from, &filter, &bracketed(&select)],
        ))
    }
}

fn no_row_vars(said: &Said) -> Result<(), String> {
    match said.row_vars.is_empty() {
        true => Ok(()),
        false => Err("a condition of a cohort uses a var of rows".to_owned()),
    }
}
