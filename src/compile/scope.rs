//! The rows that a slice is about: the base table, the figures over related rows joined to it, and
//! the condition of its cohort.
//!
//! Figures over one related table are worked out together, in one pass over it, and joined by the
//! entity's key:
//!
//! ```sql
//! "customers" AS e
//! LEFT JOIN (
//!   SELECT r."customer" AS k, count(*) FILTER (WHERE …) AS a1, sum(r."total") AS a2
//!   FROM "orders" AS r GROUP BY 1
//! ) AS r1 ON r1.k = e."id"
//! ```

use super::path::{Hop, path_to};
use super::{Query, unknown};
use crate::model::catalog::{
    Catalog, CohortRef, Derivation, Entity, EntityBase, SourceKind, Table, TableOrigin,
};
use crate::model::clause::{Aggregate, Measure, Tree};
use crate::model::failure::Failure;
use crate::model::question::Slice;
use crate::model::value::Kind;
use crate::sql::{self, Sql, ident};
use std::collections::BTreeSet;

/// A slice being turned into SQL. Conditions added to it may add joins.
pub(super) struct Scope<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) slice: &'a Slice,
    pub(super) entity: &'a Entity,
    joins: Vec<Joined>,
    used: BTreeSet<String>,
    /// Segments being expanded, so that one cannot contain itself.
    expanding: Vec<String>,
}

struct Joined {
    path: Vec<Hop>,
    /// Each distinct figure; its alias is `a` and its number from 1.
    figures: Vec<Sql>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(catalog: &'a Catalog, slice: &'a Slice) -> Result<Self, Failure> {
        Self::of_cohort(catalog, slice, &slice.cohort, Vec::new())
    }

    fn of_cohort(
        catalog: &'a Catalog,
        slice: &'a Slice,
        cohort: &CohortRef,
        expanding: Vec<String>,
    ) -> Result<Self, Failure> {
        let entity = catalog.entity(&cohort.entity).ok_or_else(|| {
            let names: Vec<_> = catalog.entities.iter().map(|e| e.name.as_str()).collect();
            unknown("entity", &cohort.entity, format!("there is {}", names.join(", ")))
        })?;
        Ok(Self { catalog, slice, entity, joins: Vec::new(), used: BTreeSet::new(), expanding })
    }

    /// How a table is named in the statement; notes that it is read.
    pub(super) fn table(&mut self, name: &str) -> Result<Sql, Failure> {
        let table = self.catalog.table(name).ok_or_else(|| unknown("table", name, ""))?;
        self.used.insert(table.name.clone());
        Ok(match &table.origin {
            TableOrigin::Files { .. } => ident(&table.name),
            stored => sql::relation(stored),
        })
    }

    /// A column of the entity.
    pub(super) fn column(&self, name: &str) -> Sql {
        Sql::fill("e.{}", &[&ident(name)])
    }

    /// The entity's key.
    pub(super) fn key(&self) -> Sql {
        self.column(&self.entity.key)
    }

    /// The condition that an entity is in the slice's cohort; `None` for everyone.
    pub(super) fn in_own_cohort(&mut self) -> Result<Option<Sql>, Failure> {
        match self.slice.cohort.cohort.clone() {
            None => Ok(None),
            Some(name) => self.in_found_cohort(&name).map(Some),
        }
    }

    fn in_found_cohort(&mut self, name: &str) -> Result<Sql, Failure> {
        let entity = self.entity;
        let cohort = entity
            .cohorts
            .iter()
            .find(|c| c.name == name)
            .or_else(|| entity.cohorts.iter().find(|c| c.name.eq_ignore_ascii_case(name)))
            .ok_or_else(|| {
                let names: Vec<_> = entity.cohorts.iter().map(|c| c.name.as_str()).collect();
                let hint = if names.is_empty() {
                    format!("{} has no cohorts; {}/all is everyone", entity.name, entity.name)
                } else {
                    format!("there is {}", names.join(", "))
                };
                unknown("cohort or segment", name, hint)
            })?;
        let table = self.table(&cohort.table)?;
        let key = ident(&cohort.key);
        let own = self.key();
        let kinds = (
            self.catalog.table(&cohort.table).and_then(|t| t.column(&cohort.key)).map(|c| c.kind),
            entity.feature(&entity.key).map(|c| c.kind),
        );
        // A missing key would make "not in" unknown for everyone.
        Ok(if kinds.0 == kinds.1 {
            Sql::fill("{} IN (SELECT {} FROM {} WHERE {} IS NOT NULL)", &[&own, &key, &table, &key])
        } else {
            Sql::fill(
                "CAST({} AS VARCHAR) IN (SELECT CAST({} AS VARCHAR) FROM {} WHERE {} IS NOT NULL)",
                &[&own, &key, &table, &key],
            )
        })
    }

    /// The condition that an entity is in a cohort or segment of this name: never unknown.
    pub(super) fn in_cohort(&mut self, name: &str) -> Result<Sql, Failure> {
        let named = |n: &str| n == name || n.eq_ignore_ascii_case(name);
        let segment = self
            .slice
            .segments
            .iter()
            .find(|(n, cohort, _)| named(n) && cohort.entity == self.entity.name);
        match segment {
            None => self.in_found_cohort(name),
            Some((name, cohort, tree)) => self.in_segment(name, cohort, tree),
        }
    }

    fn in_segment(
        &mut self,
        name: &str,
        cohort: &CohortRef,
        tree: &'a Tree,
    ) -> Result<Sql, Failure> {
        if self.expanding.iter().any(|n| n == name) {
            return Err(Failure::wrong_use(
                format!("the segment \"{name}\" contains itself"),
                self.expanding.join(" > "),
                "take one of them out of the other",
            ));
        }
        let expanding = self.expanding.iter().cloned().chain([name.to_owned()]).collect();
        let mut inner = Self::of_cohort(self.catalog, self.slice, cohort, expanding)?;
        let in_cohort = match &cohort.cohort {
            None => None,
            Some(name) => Some(inner.in_found_cohort(name)?),
        };
        let condition = inner.condition(tree)?;
        let key = inner.key();
        let from = inner.from()?;
        self.used.append(&mut inner.used);
        let keep = Sql::all_of(in_cohort.into_iter().chain(condition));
        Ok(Sql::fill("{} IN (SELECT {} FROM {} WHERE {})", &[&self.key(), &key, &from, &keep]))
    }

    /// A figure over related rows, as an expression on the joined rows.
    pub(super) fn aggregate(&mut self, aggregate: &Aggregate) -> Result<Sql, Failure> {
        let table = self
            .catalog
            .table(&aggregate.table)
            .ok_or_else(|| unknown("table", &aggregate.table, ""))?;
        let base = self.entity.table_name().to_owned();
        let path = path_to(self.catalog, &base, &table.name).ok_or_else(|| {
            Failure::wrong_use(
                format!("rows of {} do not belong to a {}", table.name, self.entity.name),
                "",
                "no relation leads there; a missing one can be added as a correction",
            )
        })?;
        let figure = self.figure(aggregate, table)?;
        let join = match self.joins.iter().position(|j| j.path == path) {
            Some(found) => found,
            None => {
                self.joins.push(Joined { path, figures: Vec::new() });
                self.joins.len() - 1
            }
        };
        let figures = &mut self.joins[join].figures;
        let place = figures.iter().position(|f| *f == figure).unwrap_or_else(|| {
            figures.push(figure);
            figures.len() - 1
        });
        let value = joined_name(join, place);
        Ok(match aggregate.measure {
            // No related rows at all: no group, so the join gives nothing, and the count is 0.
            Measure::Count | Measure::CountDistinct(_) => Sql::fill("coalesce({}, 0)", &[&value]),
            _ => value,
        })
    }

    fn figure(&mut self, aggregate: &Aggregate, table: &'a Table) -> Result<Sql, Failure> {
        let column = |name: &str| -> Result<Sql, Failure> {
            let column = table.column(name).ok_or_else(|| {
                unknown("column", name, format!("it is not among the columns of {}", table.name))
            })?;
            Ok(Sql::fill("r.{}", &[&ident(&column.name)]))
        };
        let measure = match &aggregate.measure {
            Measure::Count => Sql::raw("count(*)"),
            Measure::CountDistinct(c) => Sql::fill("count(DISTINCT {})", &[&column(c)?]),
            Measure::Sum(c) => Sql::fill("sum({})", &[&column(c)?]),
            Measure::Average(c) => Sql::fill("avg({})", &[&column(c)?]),
            Measure::Minimum(c) => Sql::fill("min({})", &[&column(c)?]),
            Measure::Maximum(c) => Sql::fill("max({})", &[&column(c)?]),
        };
        let filter = match &aggregate.filter {
            None => None,
            Some(group) => self.row_condition(group, table)?,
        };
        Ok(match filter {
            None => measure,
            Some(filter) => Sql::fill("{} FILTER (WHERE {})", &[&measure, &filter]),
        })
    }

    /// The kind of value that a figure is.
    pub(super) fn aggregate_kind(&self, aggregate: &Aggregate) -> Option<Kind> {
        match &aggregate.measure {
            Measure::Count | Measure::CountDistinct(_) => Some(Kind::Integer),
            Measure::Average(_) => Some(Kind::Number),
            Measure::Sum(c) | Measure::Minimum(c) | Measure::Maximum(c) => {
                Some(self.catalog.table(&aggregate.table)?.column(c)?.kind)
            }
        }
    }

    /// What stands after `FROM`, with every join that conditions asked for.
    pub(super) fn from(&mut self) -> Result<Sql, Failure> {
        let base = match &self.entity.base {
            EntityBase::Table(name) => self.table(name)?,
            EntityBase::Events { .. } => {
                self.note_events();
                ident(&self.entity.name)
            }
        };
        let mut from = Sql::fill("{} AS e", &[&base]);
        let joins = std::mem::take(&mut self.joins);
        for (number, join) in joins.iter().enumerate() {
            let joined = self.joined(number, join)?;
            from = Sql::join([from, joined], "\nLEFT JOIN ");
        }
        self.joins = joins;
        Ok(from)
    }

    fn joined(&mut self, number: usize, join: &Joined) -> Result<Sql, Failure> {
        let (first, last) = match join.path.as_slice() {
            [first, .., last] => (first, last),
            [only] => (only, only),
            [] => unreachable!("a path has at least one hop"),
        };
        // From the related table back towards the entity: r is the far end, j1 the one before.
        let mut from = Sql::fill("{} AS r", &[&self.table(&last.to_table)?]);
        let mut near = Sql::raw("r");
        for (i, hop) in join.path.iter().enumerate().skip(1).rev() {
            let alias = alias("j", i);
            let there = self.table(&hop.from_table)?;
            let here = column_of(&near, &hop.to_column, hop.as_text);
            let back = column_of(&alias, &hop.from_column, hop.as_text);
            from = Sql::fill("{} JOIN {} AS {} ON {} = {}", &[&from, &there, &alias, &back, &here]);
            near = alias;
        }
        let key = column_of(&near, &first.to_column, first.as_text);
        let figures = join
            .figures
            .iter()
            .enumerate()
            .map(|(i, figure)| Sql::fill("{} AS {}", &[figure, &alias("a", i + 1)]));
        let name = alias("r", number + 1);
        let own = column_of(&Sql::raw("e"), &first.from_column, first.as_text);
        Ok(Sql::fill(
            "(\n  SELECT {} AS k, {}\n  FROM {}\n  GROUP BY 1\n) AS {} ON {}.k = {}",
            &[&key, &Sql::join(figures, ", "), &from, &name, &name, &own],
        ))
    }

    /// Whether the statement reads the base table alone, in its own order.
    pub(super) fn keeps_order(&self) -> bool {
        let plain = match &self.entity.base {
            EntityBase::Events { .. } => false,
            EntityBase::Table(name) => self
                .catalog
                .table(name)
                .is_some_and(|t| !matches!(t.origin, TableOrigin::View { .. })),
        };
        plain && self.used.len() <= 1 && self.joins.is_empty()
    }

    fn note_events(&mut self) {
        if let EntityBase::Events { tables, .. } = &self.entity.base {
            self.used.extend(tables.iter().map(|(table, _)| table.clone()));
        }
    }

    /// The finished statement.
    pub(super) fn query(mut self, select: Sql) -> Result<Query, Failure> {
        let mut tables = Vec::new();
        if let EntityBase::Events { .. } = &self.entity.base {
            let base = self.events_base()?;
            tables.push((ident(&self.entity.name), base));
        }
        let mut files = Vec::new();
        if self.catalog.source == SourceKind::Files {
            for name in &self.used {
                let table = self.catalog.table(name).expect("only known tables are noted as used");
                let read = Sql::fill("  FROM {}", &[&sql::relation(&table.origin)]);
                files.push((ident(&table.name), read));
            }
        }
        let shadows = self.catalog.shadows.clone();
        Ok(Query { files, tables, select, shadows })
    }

    /// One row per distinct key of the event tables.
    fn events_base(&mut self) -> Result<Sql, Failure> {
        let EntityBase::Events { tables, features } = &self.entity.base else {
            unreachable!("only an entity found in event tables has this base")
        };
        let as_text = self.entity.feature(&self.entity.key).is_some_and(|c| c.kind == Kind::Text);
        let key_name = ident(&self.entity.key);
        let mut parts = Vec::new();
        for (table_name, key) in tables {
            let key = column_of(&Sql::raw("t"), key, as_text && tables.len() > 1);
            let mut columns = vec![Sql::fill("{} AS {}", &[&key, &key_name])];
            for feature in features.iter().filter(|f| f.table == *table_name) {
                let made = derived(&feature.how);
                columns.push(Sql::fill("{} AS {}", &[&made, &ident(&feature.name)]));
            }
            let table = self.table(table_name)?;
            parts.push(Sql::fill(
                "SELECT {}\n  FROM {} AS t WHERE {} IS NOT NULL GROUP BY 1",
                &[&Sql::join(columns, ", "), &table, &key],
            ));
        }
        if parts.len() == 1 {
            return Ok(Sql::fill("  {}", &[&parts[0]]));
        }
        // Keys of any of the tables; a table without a key gives missing features.
        let mut from = Sql::fill("(\n  {}\n) AS t1", &[&parts[0]]);
        for (i, part) in parts.iter().enumerate().skip(1) {
            let name = alias("t", i + 1);
            from = Sql::fill(
                "{}\n  FULL JOIN (\n  {}\n) AS {} USING ({})",
                &[&from, part, &name, &key_name],
            );
        }
        Ok(Sql::fill("  SELECT * FROM {}", &[&from]))
    }
}

fn derived(how: &Derivation) -> Sql {
    let t = |column: &str| Sql::fill("t.{}", &[&ident(column)]);
    match how {
        Derivation::Constant(column) => Sql::fill("min({})", &[&t(column)]),
        Derivation::Count => Sql::raw("count(*)"),
        Derivation::First(column) => Sql::fill("min({})", &[&t(column)]),
        Derivation::Last(column) => Sql::fill("max({})", &[&t(column)]),
    }
}

/// `alias."column"`, as text if asked.
pub(super) fn column_of(alias: &Sql, column: &str, as_text: bool) -> Sql {
    let column = Sql::fill("{}.{}", &[alias, &ident(column)]);
    if as_text { Sql::fill("CAST({} AS VARCHAR)", &[&column]) } else { column }
}

/// A short name that the statement makes up: a letter and a number.
fn alias(letter: &'static str, number: usize) -> Sql {
    Sql::fill("{}{}", &[&Sql::raw(letter), &sql::number(number as i128)])
}

fn joined_name(join: usize, figure: usize) -> Sql {
    Sql::fill("{}.{}", &[&alias("r", join + 1), &alias("a", figure + 1)])
}
