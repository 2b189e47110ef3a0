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

use super::{Named, Query};
use crate::bind::{BoundSlice, Figure, Measure};
use crate::model::catalog::{
    Column, Derivation, EntityBase, KeyForm, SourceKind, Table, TableOrigin,
};
use crate::model::value::Kind;
use crate::model::ways::Hop;
use crate::sql::{self, Dialect, DuckDb, Sql, ident};
use std::collections::BTreeSet;

/// A slice being turned into SQL. Conditions added to it may add joins.
pub(super) struct Scope<'a> {
    pub(super) slice: &'a BoundSlice<'a>,
    pub(super) dialect: &'a dyn Dialect,
    joins: Vec<Joined>,
    /// The rows that the entity's own rows point at, and so on.
    beyond: Vec<Step>,
    /// The same of the related rows that a figure is about, while it is written.
    beyond_rows: Vec<Step>,
    used: BTreeSet<String>,
    /// The entity's rows carry their number.
    is_numbered: bool,
}

/// The name of a row's number, from 0 in the order of the table.
pub(super) const ROW: &str = "muster row";

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

impl<'a> Scope<'a> {
    pub(super) fn new(slice: &'a BoundSlice<'a>) -> Self {
        Self::in_dialect(slice, &DuckDb)
    }

    pub(super) fn in_dialect(slice: &'a BoundSlice<'a>, dialect: &'a dyn Dialect) -> Self {
        Self {
            slice,
            dialect,
            joins: Vec::new(),
            beyond: Vec::new(),
            beyond_rows: Vec::new(),
            used: BTreeSet::new(),
            is_numbered: false,
        }
    }

    /// The same, in which the entity's rows carry their number.
    pub(super) fn numbered(slice: &'a BoundSlice<'a>) -> Self {
        Self { is_numbered: true, ..Self::new(slice) }
    }

    /// How a table is named in the statement; notes that it is read.
    pub(super) fn table(&mut self, table: &Table) -> Sql {
        self.used.insert(table.name.clone());
        match &table.origin {
            TableOrigin::Files { .. } | TableOrigin::Unnested { .. } => ident(&table.name),
            stored => self.dialect.relation(stored),
        }
    }

    /// A table by its handle: the catalog has every table that its relations and entities name.
    fn table_named(&mut self, name: &str) -> Sql {
        match self.slice.catalog.table(name) {
            Some(table) => self.table(table),
            None => ident(name),
        }
    }

    /// The tables that were read.
    pub(super) fn read(self) -> BTreeSet<String> {
        self.used
    }

    /// Notes tables that a part of the statement reads.
    pub(super) fn note_read(&mut self, mut tables: BTreeSet<String>) {
        self.used.append(&mut tables);
    }

    /// A column of the entity.
    pub(super) fn column(&self, column: &Column) -> Sql {
        Sql::fill("e.{}", &[&ident(&column.name)])
    }

    /// The entity's key.
    pub(super) fn key(&self) -> Sql {
        Sql::fill("e.{}", &[&ident(&self.slice.entity.key)])
    }

    /// The condition that an entity is in the slice's cohort; `None` for everyone.
    pub(super) fn in_cohort(&mut self) -> Option<Sql> {
        let slice = self.slice;
        slice.cohort.as_ref().map(|members| self.member(members))
    }

    /// The condition of the slice's clauses; `None` for everyone.
    pub(super) fn kept(&mut self) -> Option<Sql> {
        let slice = self.slice;
        slice.condition.as_ref().map(|condition| self.condition(condition))
    }

    /// A figure over related rows, as an expression on the joined rows.
    pub(super) fn figure(&mut self, figure: &Figure<'_>) -> Sql {
        let join = match self.joins.iter().position(|join| join.path == figure.way) {
            Some(found) => found,
            None => {
                let path = figure.way.clone();
                self.joins.push(Joined { path, figures: Vec::new(), beyond: Vec::new() });
                self.joins.len() - 1
            }
        };
        self.beyond_rows = std::mem::take(&mut self.joins[join].beyond);
        let made = self.figure_of_rows(figure);
        self.joins[join].beyond = std::mem::take(&mut self.beyond_rows);
        let figures = &mut self.joins[join].figures;
        let place = figures.iter().position(|known| *known == made).unwrap_or_else(|| {
            figures.push(made);
            figures.len() - 1
        });
        let value = joined_name(join, place);
        match figure.measure {
            // No related rows at all: no group, so the join gives nothing, and the count is 0.
            Measure::Count | Measure::CountDistinct(_) => Sql::fill("coalesce({}, 0)", &[&value]),
            _ => value,
        }
    }

    fn figure_of_rows(&mut self, figure: &Figure<'_>) -> Sql {
        let (template, of) = match &figure.measure {
            Measure::Count => ("count(*)", None),
            Measure::CountDistinct(of) => ("count(DISTINCT {})", Some(of)),
            Measure::Sum(of) => ("sum({})", Some(of)),
            Measure::Average(of) => ("avg({})", Some(of)),
            Measure::Minimum(of) => ("min({})", Some(of)),
            Measure::Maximum(of) => ("max({})", Some(of)),
        };
        let measure = match of {
            None => Sql::raw(template),
            Some(of) => Sql::fill(template, &[&self.expr(of, Row::Related)]),
        };
        match &figure.filter {
            None => measure,
            Some(filter) => {
                let filter = self.condition_of(filter, Row::Related);
                Sql::fill("{} FILTER (WHERE {})", &[&measure, &filter])
            }
        }
    }

    /// A moment with a zone as the clocks of the stated zone show it.
    pub(super) fn local(&self, moment: &Sql) -> Sql {
        self.dialect.local_time(moment, &self.slice.zone.offsets())
    }

    /// A moment as the clocks of the stated zone show it; anything else as it is.
    pub(super) fn local_value(&self, kind: Kind, value: Sql) -> Sql {
        if kind == Kind::Instant { self.local(&value) } else { value }
    }

    /// The name of the row that steps lead to; it is joined.
    pub(super) fn beyond(&mut self, hops: &[Hop], row: Row) -> Sql {
        let (known, letter) = match row {
            Row::Entity => (&mut self.beyond, "x"),
            Row::Related => (&mut self.beyond_rows, "s"),
        };
        let mut after = None;
        for hop in hops {
            let same = |step: &Step| step.after == after && step.hop == *hop;
            after = Some(known.iter().position(same).unwrap_or_else(|| {
                known.push(Step { after, hop: hop.clone() });
                known.len() - 1
            }));
        }
        after.map_or_else(|| row.name(), |number| alias(letter, number + 1))
    }

    /// Joins that add the rows that others point at; each has one at most.
    fn steps_joined(
        &mut self,
        from: Sql,
        (letter, root): (&'static str, &Sql),
        steps: &[Step],
    ) -> Sql {
        let mut from = from;
        for (number, step) in steps.iter().enumerate() {
            let there = self.once(&step.hop.to_table, &step.hop.to_column);
            let before = step.after.map_or(root.clone(), |after| alias(letter, after + 1));
            let name = alias(letter, number + 1);
            let own = self.key_of(&before, &step.hop.from_column, step.hop.from_form);
            let key = self.key_of(&name, &step.hop.to_column, step.hop.to_form);
            from =
                Sql::fill("{}\nLEFT JOIN {} AS {} ON {} = {}", &[&from, &there, &name, &key, &own]);
        }
        from
    }

    /// `alias."column"`, in the form in which it is compared.
    pub(super) fn key_of(&self, alias: &Sql, column: &str, form: KeyForm) -> Sql {
        self.dialect.key(Sql::fill("{}.{}", &[alias, &ident(column)]), form)
    }

    /// A table with one row per key, whatever the data says: a row that is joined to it stays one.
    fn once(&mut self, table: &str, key: &str) -> Sql {
        let name = self.table_named(table);
        let unique = self
            .slice
            .catalog
            .entities
            .iter()
            .any(|e| e.table_name() == table && e.key == key && e.odd_rows.doubled == 0);
        match unique {
            true => name,
            false => Sql::fill("(SELECT DISTINCT ON ({}) * FROM {})", &[&ident(key), &name]),
        }
    }

    /// What stands after `FROM`, with every join that conditions asked for.
    pub(super) fn from(&mut self) -> Sql {
        let entity = self.slice.entity;
        let base = match &entity.base {
            EntityBase::Table(name) => self.table_named(name),
            EntityBase::Events { tables, .. } => {
                self.used.extend(tables.iter().map(|(table, _)| table.clone()));
                ident(&entity.name)
            }
        };
        let beyond = std::mem::take(&mut self.beyond);
        let base = match self.is_numbered {
            false => base,
            true => Sql::fill(
                "(SELECT *, row_number() OVER () - 1 AS {} FROM {})",
                &[&ident(ROW), &base],
            ),
        };
        let base = Sql::fill("{} AS e", &[&base]);
        let mut from = self.steps_joined(base, ("x", &Row::Entity.name()), &beyond);
        self.beyond = beyond;
        let joins = std::mem::take(&mut self.joins);
        for (number, join) in joins.iter().enumerate() {
            let joined = self.joined(number, join);
            from = Sql::join([from, joined], "\nLEFT JOIN ");
        }
        self.joins = joins;
        from
    }

    fn joined(&mut self, number: usize, join: &Joined) -> Sql {
        let (first, last) = match join.path.as_slice() {
            [first, .., last] => (first, last),
            [only] => (only, only),
            [] => unreachable!("a path has at least one hop"),
        };
        // From the related table back towards the entity: r is the far end, j1 the one before.
        let rows = Sql::fill("{} AS r", &[&self.table_named(&last.to_table)]);
        let mut from = self.steps_joined(rows, ("s", &Row::Related.name()), &join.beyond);
        let mut near = Row::Related.name();
        for (i, hop) in join.path.iter().enumerate().skip(1).rev() {
            let alias = alias("j", i);
            let there = match hop.to_many {
                true => self.once(&hop.from_table, &hop.from_column),
                false => self.table_named(&hop.from_table),
            };
            let here = self.key_of(&near, &hop.to_column, hop.to_form);
            let back = self.key_of(&alias, &hop.from_column, hop.from_form);
            from = Sql::fill("{} JOIN {} AS {} ON {} = {}", &[&from, &there, &alias, &back, &here]);
            near = alias;
        }
        let key = self.key_of(&near, &first.to_column, first.to_form);
        let figures = join
            .figures
            .iter()
            .enumerate()
            .map(|(i, figure)| Sql::fill("{} AS {}", &[figure, &alias("a", i + 1)]));
        let name = alias("r", number + 1);
        let own = self.key_of(&Row::Entity.name(), &first.from_column, first.from_form);
        Sql::fill(
            "(\n  SELECT {} AS k, {}\n  FROM {}\n  GROUP BY 1\n) AS {} ON {}.k = {}",
            &[&key, &Sql::join(figures, ", "), &from, &name, &name, &own],
        )
    }

    /// Whether the entity's rows have an order of their own.
    pub(super) fn has_order(&self) -> bool {
        match &self.slice.entity.base {
            EntityBase::Events { .. } => false,
            EntityBase::Table(name) => {
                self.slice.catalog.table(name).is_some_and(|t| !t.origin.is_view())
            }
        }
    }

    /// Whether the entity's rows stand in a table of a database, as they are.
    pub(super) fn is_stored(&self) -> bool {
        let table = self.slice.catalog.table(self.slice.entity.table_name());
        table.is_some_and(|table| matches!(table.origin, TableOrigin::Stored { .. }))
    }

    /// Whether the statement reads the base table alone, in its own order.
    pub(super) fn keeps_order(&self) -> bool {
        self.has_order() && self.used.len() <= 1 && self.joins.is_empty() && self.beyond.is_empty()
    }

    /// The finished statement.
    pub(super) fn query(mut self, select: Sql) -> Query {
        let base = self.events_base();
        let catalog = self.slice.catalog;
        let used: Vec<&Table> = self.used.iter().filter_map(|name| catalog.table(name)).collect();
        let mut files = Vec::new();
        if catalog.source == SourceKind::Files {
            files.extend(used.iter().map(|table| self.named(table, false)));
        }
        let unnested = used.iter().filter(|t| matches!(t.origin, TableOrigin::Unnested { .. }));
        let mut tables: Vec<Named> = unnested.map(|table| self.named(table, true)).collect();
        tables.extend(base);
        Query { files, tables, select, shadows: catalog.shadows.clone() }
    }

    /// A table by its handle, as it is read where it lives.
    fn named(&self, table: &Table, as_asked: bool) -> Named {
        let rows = Sql::fill("  FROM {}", &[&self.dialect.relation(&table.origin)]);
        Named { name: ident(&table.name), rows, as_asked }
    }

    /// One row per distinct key of the event tables, for an entity that has no other rows.
    fn events_base(&mut self) -> Option<Named> {
        let entity = self.slice.entity;
        let EntityBase::Events { tables, forms, features } = &entity.base else { return None };
        let key_name = ident(&entity.key);
        let mut parts = Vec::new();
        for ((table_name, key), form) in tables.iter().zip(forms) {
            let key = self.key_of(&Sql::raw("t"), key, *form);
            let mut columns = vec![Sql::fill("{} AS {}", &[&key, &key_name])];
            for feature in features.iter().filter(|f| f.table == *table_name) {
                let made = derived(&feature.how);
                columns.push(Sql::fill("{} AS {}", &[&made, &ident(&feature.name)]));
            }
            let table = self.table_named(table_name);
            parts.push(Sql::fill(
                "SELECT {}\n  FROM {} AS t WHERE {} IS NOT NULL GROUP BY 1",
                &[&Sql::join(columns, ", "), &table, &key],
            ));
        }
        let name = ident(&entity.name);
        if let [only] = parts.as_slice() {
            return Some(Named { name, rows: Sql::fill("  {}", &[only]), as_asked: false });
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
        Some(Named { name, rows: Sql::fill("  SELECT * FROM {}", &[&from]), as_asked: false })
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

/// A short name that the statement makes up: a letter and a number.
fn alias(letter: &'static str, number: usize) -> Sql {
    Sql::fill("{}{}", &[&Sql::raw(letter), &sql::number(number as i128)])
}

fn joined_name(join: usize, figure: usize) -> Sql {
    Sql::fill("{}.{}", &[&alias("r", join + 1), &alias("a", figure + 1)])
}

/// The row that columns are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Row {
    /// The entity's, known as `e`.
    Entity,
    /// One of the table that a figure is about, known as `r`.
    Related,
}

impl Row {
    /// Its name in the statement.
    pub(super) fn name(self) -> Sql {
        Sql::raw(match self {
            Self::Entity => "e",
            Self::Related => "r",
        })
    }
}
