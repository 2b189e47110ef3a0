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

use super::{Named, Query, unknown};
use crate::model::catalog::{
    Catalog, CohortRef, Column, Derivation, Entity, EntityBase, KeyForm, SourceKind, Table,
    TableOrigin,
};
use crate::model::clause::{Aggregate, Measure, Tree};
use crate::model::failure::Failure;
use crate::model::fields::field_of;
use crate::model::question::Slice;
use crate::model::value::Kind;
use crate::model::ways::{Hop, NoWay, steps, way_to};
use crate::sql::{self, Sql, ident};
use std::collections::BTreeSet;

/// A slice being turned into SQL. Conditions added to it may add joins.
pub(super) struct Scope<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) slice: &'a Slice,
    pub(super) entity: &'a Entity,
    joins: Vec<Joined>,
    /// The rows that the entity's own rows point at, and so on.
    beyond: Vec<Step>,
    /// The same of the related rows that a figure is about, while it is written.
    beyond_rows: Vec<Step>,
    used: BTreeSet<String>,
    /// Segments being expanded, so that one cannot contain itself.
    expanding: Vec<String>,
}

struct Joined {
    path: Vec<Hop>,
    /// Each distinct figure; its alias is `a` and its number from 1.
    figures: Vec<Sql>,
    /// The rows that the related rows point at.
    beyond: Vec<Step>,
}

/// A row that another row points at: joined once, whoever asks for it.
struct Step {
    /// The step before, by number; none starts at the rows themselves.
    after: Option<usize>,
    hop: Hop,
}

/// Where a way to a column starts.
#[derive(Clone, Copy)]
pub(super) enum Start<'t> {
    Entity,
    Rows(&'t Table),
}

/// A float without NaN, which is more than everything: it is no value, and so missing. What was read
/// from text has none.
pub(super) fn without_nan(printed: Sql, column: &Column, table: Option<&Table>) -> Sql {
    let reads_text = |table: &Table| match &table.origin {
        TableOrigin::Files { reader, .. } => reader.is_text(),
        _ => false,
    };
    let is_float = matches!(column.type_name.as_str(), "DOUBLE" | "FLOAT");
    match is_float && !table.is_some_and(reads_text) {
        true => Sql::fill("nullif({}, CAST('nan' AS DOUBLE))", &[&printed]),
        false => printed,
    }
}

/// A table by its handle, as it is read where it lives.
fn named(table: &Table, as_asked: bool) -> Named {
    let rows = Sql::fill("  FROM {}", &[&sql::relation(&table.origin)]);
    Named { name: ident(&table.name), rows, as_asked }
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
        Ok(Self {
            catalog,
            slice,
            entity,
            joins: Vec::new(),
            beyond: Vec::new(),
            beyond_rows: Vec::new(),
            used: BTreeSet::new(),
            expanding,
        })
    }

    /// How a table is named in the statement; notes that it is read.
    pub(super) fn table(&mut self, name: &str) -> Result<Sql, Failure> {
        let table = self.catalog.table(name).ok_or_else(|| unknown("table", name, ""))?;
        self.used.insert(table.name.clone());
        Ok(match &table.origin {
            TableOrigin::Files { .. } | TableOrigin::Unnested { .. } => ident(&table.name),
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
        Ok(self.never_unknown(if kinds.0 == kinds.1 {
            Sql::fill("{} IN (SELECT {} FROM {} WHERE {} IS NOT NULL)", &[&own, &key, &table, &key])
        } else {
            Sql::fill(
                "CAST({} AS VARCHAR) IN (SELECT CAST({} AS VARCHAR) FROM {} WHERE {} IS NOT NULL)",
                &[&own, &key, &table, &key],
            )
        }))
    }

    /// A test of the key, which a few rows may not have.
    fn never_unknown(&self, test: Sql) -> Sql {
        match self.entity.odd_rows.without {
            0 => test,
            _ => Sql::fill("coalesce({}, FALSE)", &[&test]),
        }
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
        let test =
            Sql::fill("{} IN (SELECT {} FROM {} WHERE {})", &[&self.key(), &key, &from, &keep]);
        Ok(self.never_unknown(test))
    }

    /// A figure over related rows, as an expression on the joined rows.
    pub(super) fn aggregate(&mut self, aggregate: &Aggregate) -> Result<Sql, Failure> {
        let table = self
            .catalog
            .table(&aggregate.table)
            .ok_or_else(|| unknown("table", &aggregate.table, ""))?;
        let base = self.entity.table_name().to_owned();
        let path = way_to(self.catalog, &base, &table.name, aggregate.via.as_deref())
            .map_err(|why| no_way(&why, (&table.name, &self.entity.name), aggregate))?
            .hops;
        let join = match self.joins.iter().position(|j| j.path == path) {
            Some(found) => found,
            None => {
                self.joins.push(Joined { path, figures: Vec::new(), beyond: Vec::new() });
                self.joins.len() - 1
            }
        };
        self.beyond_rows = std::mem::take(&mut self.joins[join].beyond);
        let figure = self.figure(aggregate, table);
        self.joins[join].beyond = std::mem::take(&mut self.beyond_rows);
        let figure = figure?;
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
            let printed = Sql::fill("r.{}", &[&ident(&column.name)]);
            Ok(without_nan(printed, column, Some(table)))
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

    /// A moment as the clocks of the stated zone show it; anything else as it is.
    pub(super) fn local(&self, kind: Option<Kind>, printed: Sql) -> Sql {
        match kind {
            Some(Kind::Instant) => sql::local_time(&printed, &self.slice.now.offsets()),
            _ => printed,
        }
    }

    /// A field of a struct of the row itself: the struct's column, the fields on the way and the
    /// type; `None` when the names do not lead into one.
    pub(super) fn struct_field(
        &self,
        start: Start<'_>,
        names: &[String],
        field: &str,
    ) -> Option<(String, Vec<String>, String)> {
        let (first, rest) = names.split_first()?;
        let column = match start {
            Start::Entity => self.entity.feature(first)?,
            Start::Rows(table) => table.column(first)?,
        };
        let way: Vec<&str> = rest.iter().map(String::as_str).chain([field]).collect();
        let (fields, type_name) = field_of(&column.type_name, &way)?;
        Some((column.name.clone(), fields, type_name))
    }

    /// A column of a row that is reached by steps, and the table that has it.
    pub(super) fn beyond(
        &mut self,
        start: Start<'_>,
        names: &[String],
        column: &str,
    ) -> Result<Sql, Failure> {
        if let Some((struct_column, fields, _)) = self.struct_field(start, names, column) {
            let row = if matches!(start, Start::Entity) { Sql::raw("e") } else { Sql::raw("r") };
            let whole = Sql::fill("{}.{}", &[&row, &ident(&struct_column)]);
            let inner = |whole: Sql, field: &String| {
                Sql::fill("struct_extract({}, {})", &[&whole, &sql::text(field)])
            };
            return Ok(fields.iter().fold(whole, inner));
        }
        let (hops, letter, root) = match start {
            Start::Entity => (self.steps_of(start, names)?, "x", Sql::raw("e")),
            Start::Rows(_) => (self.steps_of(start, names)?, "s", Sql::raw("r")),
        };
        let end = hops.last().map(|hop| hop.to_table.clone()).unwrap_or_default();
        let found = self.catalog.table(&end).and_then(|t| t.column(column)).ok_or_else(|| {
            unknown("column", column, format!("it is not among the columns of {end}"))
        })?;
        let known = match start {
            Start::Entity => &mut self.beyond,
            Start::Rows(_) => &mut self.beyond_rows,
        };
        let mut after = None;
        for hop in hops {
            let same = |step: &Step| step.after == after && step.hop == hop;
            after = Some(known.iter().position(same).unwrap_or_else(|| {
                known.push(Step { after, hop: hop.clone() });
                known.len() - 1
            }));
        }
        let alias = after.map_or(root, |number| alias(letter, number + 1));
        Ok(Sql::fill("{}.{}", &[&alias, &ident(&found.name)]))
    }

    fn steps_of(&self, start: Start<'_>, names: &[String]) -> Result<Vec<Hop>, Failure> {
        let table = match start {
            Start::Entity => self.entity.table_name(),
            Start::Rows(table) => &table.name,
        };
        let borrowed: Vec<&str> = names.iter().map(String::as_str).collect();
        steps(self.catalog, table, &borrowed).map_err(|(place, why)| match why {
            NoWay::Several(ways) | NoWay::NotBy(ways) => Failure::wrong_use(
                format!("{} may be reached by {}", names[place], ways.join(" or by ")),
                names.join("."),
                format!("write {} in place of {}", ways[0], names[place]),
            ),
            NoWay::None => Failure::wrong_use(
                format!("nothing that is called {} is pointed at here", names[place]),
                names.join("."),
                "a step is called by the table that it leads to, or by the column that points",
            ),
        })
    }

    /// The column that steps lead to.
    pub(super) fn column_beyond(
        &self,
        start: Start<'_>,
        names: &[String],
        column: &str,
    ) -> Option<&'a crate::model::catalog::Column> {
        let hops = self.steps_of(start, names).ok()?;
        self.catalog.table(&hops.last()?.to_table)?.column(column)
    }

    /// Joins that add the rows that others point at; each has one at most.
    fn steps_joined(
        &mut self,
        from: Sql,
        (letter, root): (&'static str, &Sql),
        steps: &[Step],
    ) -> Result<Sql, Failure> {
        let mut from = from;
        for (number, step) in steps.iter().enumerate() {
            let there = self.once(&step.hop.to_table, &step.hop.to_column)?;
            let before = step.after.map_or(root.clone(), |after| alias(letter, after + 1));
            let name = alias(letter, number + 1);
            let own = column_of(&before, &step.hop.from_column, step.hop.from_form);
            let key = column_of(&name, &step.hop.to_column, step.hop.to_form);
            from =
                Sql::fill("{}\nLEFT JOIN {} AS {} ON {} = {}", &[&from, &there, &name, &key, &own]);
        }
        Ok(from)
    }

    /// A table with one row per key, whatever the data says: a row that is joined to it stays one.
    fn once(&mut self, table: &str, key: &str) -> Result<Sql, Failure> {
        let name = self.table(table)?;
        let unique = self
            .catalog
            .entities
            .iter()
            .any(|e| e.table_name() == table && e.key == key && e.odd_rows.doubled == 0);
        Ok(match unique {
            true => name,
            false => Sql::fill("(SELECT DISTINCT ON ({}) * FROM {})", &[&ident(key), &name]),
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
        let beyond = std::mem::take(&mut self.beyond);
        let base = Sql::fill("{} AS e", &[&base]);
        let mut from = self.steps_joined(base, ("x", &Sql::raw("e")), &beyond)?;
        self.beyond = beyond;
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
        let rows = Sql::fill("{} AS r", &[&self.table(&last.to_table)?]);
        let mut from = self.steps_joined(rows, ("s", &Sql::raw("r")), &join.beyond)?;
        let mut near = Sql::raw("r");
        for (i, hop) in join.path.iter().enumerate().skip(1).rev() {
            let alias = alias("j", i);
            let there = match hop.to_many {
                true => self.once(&hop.from_table, &hop.from_column)?,
                false => self.table(&hop.from_table)?,
            };
            let here = column_of(&near, &hop.to_column, hop.to_form);
            let back = column_of(&alias, &hop.from_column, hop.from_form);
            from = Sql::fill("{} JOIN {} AS {} ON {} = {}", &[&from, &there, &alias, &back, &here]);
            near = alias;
        }
        let key = column_of(&near, &first.to_column, first.to_form);
        let figures = join
            .figures
            .iter()
            .enumerate()
            .map(|(i, figure)| Sql::fill("{} AS {}", &[figure, &alias("a", i + 1)]));
        let name = alias("r", number + 1);
        let own = column_of(&Sql::raw("e"), &first.from_column, first.from_form);
        Ok(Sql::fill(
            "(\n  SELECT {} AS k, {}\n  FROM {}\n  GROUP BY 1\n) AS {} ON {}.k = {}",
            &[&key, &Sql::join(figures, ", "), &from, &name, &name, &own],
        ))
    }

    /// Whether the statement reads the base table alone, in its own order.
    pub(super) fn keeps_order(&self) -> bool {
        let plain = match &self.entity.base {
            EntityBase::Events { .. } => false,
            EntityBase::Table(name) => {
                self.catalog.table(name).is_some_and(|t| !t.origin.is_view())
            }
        };
        plain && self.used.len() <= 1 && self.joins.is_empty() && self.beyond.is_empty()
    }

    fn note_events(&mut self) {
        if let EntityBase::Events { tables, .. } = &self.entity.base {
            self.used.extend(tables.iter().map(|(table, _)| table.clone()));
        }
    }

    /// The finished statement.
    pub(super) fn query(mut self, select: Sql) -> Result<Query, Failure> {
        let base = match &self.entity.base {
            EntityBase::Events { .. } => Some(Named {
                name: ident(&self.entity.name),
                rows: self.events_base()?,
                as_asked: false,
            }),
            EntityBase::Table(_) => None,
        };
        let (mut files, mut tables) = (Vec::new(), Vec::new());
        if self.catalog.source == SourceKind::Files {
            for name in &self.used {
                let table = self.catalog.table(name).expect("only known tables are noted as used");
                files.push(named(table, false));
            }
        }
        let known = self.used.iter().filter_map(|name| self.catalog.table(name));
        for table in known.filter(|t| matches!(t.origin, TableOrigin::Unnested { .. })) {
            tables.push(named(table, true));
        }
        tables.extend(base);
        let shadows = self.catalog.shadows.clone();
        Ok(Query { files, tables, select, shadows })
    }

    /// One row per distinct key of the event tables.
    fn events_base(&mut self) -> Result<Sql, Failure> {
        let EntityBase::Events { tables, forms, features } = &self.entity.base else {
            unreachable!("only an entity found in event tables has this base")
        };
        let key_name = ident(&self.entity.key);
        let mut parts = Vec::new();
        for ((table_name, key), form) in tables.iter().zip(forms) {
            let key = column_of(&Sql::raw("t"), key, *form);
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

/// `alias."column"`, in the form in which it is compared.
pub(super) fn column_of(alias: &Sql, column: &str, form: KeyForm) -> Sql {
    sql::in_form(Sql::fill("{}.{}", &[alias, &ident(column)]), form)
}

/// Why a figure over related rows cannot be.
fn no_way(why: &NoWay, (table, entity): (&str, &str), aggregate: &Aggregate) -> Failure {
    let ways = match why {
        NoWay::None => {
            return Failure::wrong_use(
                format!("rows of {table} do not belong to a {entity}"),
                "",
                "no relation leads there; a missing one can be added as a correction",
            );
        }
        NoWay::Several(ways) | NoWay::NotBy(ways) => ways,
    };
    let what = match (why, &aggregate.via) {
        (NoWay::NotBy(_), Some(via)) => {
            format!("rows of {table} do not belong to a {entity} by {via}")
        }
        _ => format!("rows of {table} belong to a {entity} by {}", ways.join(" or by ")),
    };
    let last = ways.last().map_or("", String::as_str);
    let hint = format!("write count({table} via {last}), or choose one with the correction `way`");
    Failure::wrong_use(what, "", hint)
}

/// A short name that the statement makes up: a letter and a number.
fn alias(letter: &'static str, number: usize) -> Sql {
    Sql::fill("{}{}", &[&Sql::raw(letter), &sql::number(number as i128)])
}

fn joined_name(join: usize, figure: usize) -> Sql {
    Sql::fill("{}.{}", &[&alias("r", join + 1), &alias("a", figure + 1)])
}
