//! The table of people: which rows and columns are shown, the cell under the keys, the profile.

use super::{Effect, PeopleAction, State};
use crate::model::catalog::Column;
use crate::model::clause::{
    Case, Clause, Combine, Comparison, Expr, Group, Missing, Part, Test, Tree,
};
use crate::model::question::{Answer, Question, Sort};
use crate::model::value::{Kind, Value};
use crate::protocol::Slot;
use std::collections::BTreeSet;

/// Rows per page asked for.
pub const PAGE_ROWS: u64 = 200;

/// What is shown of the table.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct People {
    /// The column and whether descending.
    pub sort: Option<Sort>,
    /// Columns not shown.
    pub hidden: BTreeSet<String>,
    /// Search over columns.
    pub search: String,
    /// Personal columns shown for this sitting.
    pub revealed: BTreeSet<String>,
    /// The rows on screen: from, and to (not included).
    pub seen: (u64, u64),
    /// The cell that the keys act on: row and shown column.
    pub cursor: (u64, usize),
    /// The key of the open profile.
    pub profile: Option<Value>,
    /// The part of the root whose dropped rows are shown instead of the segment's.
    pub dropped_by: Option<usize>,
    /// Counts up when the rows become others, so that the table goes back to its top.
    pub turn: u64,
}

impl People {
    /// Whether a column's values are masked on screen.
    pub fn is_masked(&self, column: &Column) -> bool {
        column.personal.is_some() && !self.revealed.contains(&column.name)
    }

    /// Sorts by a column: ascending at first, then descending, then no longer.
    fn sort_by(&mut self, column: String) {
        self.sort = match self.sort.take() {
            Some(sort) if sort.by == column && sort.descending => None,
            Some(sort) if sort.by == column => Some(Sort { descending: true, ..sort }),
            _ => Some(Sort { by: column, descending: false }),
        };
        self.forget_rows();
    }

    /// Shows those that a step drops, or the segment's own people.
    pub(super) fn show_dropped(&mut self, part: Option<usize>) {
        self.dropped_by = part;
        self.forget_rows();
    }

    /// Goes back to the top, because the rows are other ones now.
    fn forget_rows(&mut self) {
        let page = self.seen.1.saturating_sub(self.seen.0).clamp(1, PAGE_ROWS);
        self.seen = (0, page);
        self.cursor.0 = 0;
        self.turn += 1;
    }
}

impl State {
    pub(super) fn on_people(&mut self, action: PeopleAction) -> Vec<Effect> {
        match action {
            PeopleAction::See(from, to) => self.people.seen = (from, to),
            PeopleAction::Sort(column) => self.people.sort_by(column),
            PeopleAction::Hide(column) => {
                if !self.people.hidden.remove(&column) {
                    self.people.hidden.insert(column);
                }
            }
            PeopleAction::ShowAll => self.people.hidden.clear(),
            PeopleAction::Search(text) => self.people.search = text,
            PeopleAction::Reveal(column) => {
                if !self.people.revealed.remove(&column) {
                    self.people.revealed.insert(column);
                }
            }
            PeopleAction::Cursor(row, column) => self.people.cursor = (row, column),
            PeopleAction::FilterToCell => self.filter_to_cell(false),
            PeopleAction::ExcludeCell => self.filter_to_cell(true),
            PeopleAction::OpenRow(row) => {
                if let Some(key) = self.cell_of(row, &self.key_name()).cloned() {
                    self.people.profile = Some(key);
                }
            }
            PeopleAction::ShowDropped(part) => {
                self.people.show_dropped(part);
                if part.is_some() {
                    self.canvas.tab = super::Tab::People;
                }
            }
            PeopleAction::Profile(key) => self.people.profile = Some(key),
            PeopleAction::CloseProfile => self.people.profile = None,
        }
        Vec::new()
    }

    /// The columns shown, the key first.
    pub fn shown_columns(&self) -> Vec<&Column> {
        let Some(entity) = self.entity() else { return Vec::new() };
        let search = self.people.search.to_lowercase();
        let mut shown: Vec<&Column> = entity
            .features
            .iter()
            .filter(|c| {
                c.name == entity.key
                    || !entity.is_taken_apart(c)
                        && !self.people.hidden.contains(&c.name)
                        && c.name.to_lowercase().contains(&search)
            })
            .collect();
        // What the conditions are about comes first, in their order.
        let mut asked = Vec::new();
        self.canvas.tree().visit_clauses(&mut |clause| asked.extend(clause.left.first_column()));
        let place = |c: &Column| asked.iter().position(|name| *name == c.name);
        shown.sort_by_key(|c| (c.name != entity.key, place(c).unwrap_or(usize::MAX)));
        shown
    }

    fn key_name(&self) -> String {
        self.entity().map(|e| e.key.clone()).unwrap_or_default()
    }

    /// The tree whose people the table shows: the segment's, or those that one step drops.
    pub fn people_tree(&self) -> Tree {
        self.dropped_tree().unwrap_or_else(|| self.canvas.tree().clone())
    }

    /// Everyone who meets the steps before one and not that one; whom it leaves unknown, it drops.
    fn dropped_tree(&self) -> Option<Tree> {
        let index = self.people.dropped_by?;
        let tree = self.canvas.tree();
        let fails = |part: Part| Group { combine: Combine::None(Missing::Keep), parts: vec![part] };
        // A root that is not a group of all is one step.
        if tree.combine != Combine::All {
            return Some(Group::all([fails(Part::on(tree.clone().into())).into()]));
        }
        let failed = tree.parts.get(index)?.clone();
        let mut parts: Vec<Part> = tree.parts.iter().take(index).cloned().collect();
        parts.push(Part::on(fails(failed).into()));
        Some(Group { combine: Combine::All, parts })
    }

    /// The slot of how many rows the table has.
    pub fn people_size_slot(&self) -> Slot {
        if self.people.dropped_by.is_some() { Slot::Dropped } else { Slot::Size }
    }

    /// How many rows the table has.
    pub fn row_count(&self) -> u64 {
        match self.answers.answer(&self.people_size_slot()) {
            Some(Answer::Size(size)) => size.kept,
            _ => 0,
        }
    }

    /// The value of a cell, when its page is here.
    pub fn cell_of(&self, row: u64, column: &str) -> Option<&Value> {
        let Some(Answer::Page(page)) = self.answers.answer(&Slot::Page(row / PAGE_ROWS)) else {
            return None;
        };
        let index = page.columns.iter().position(|c| c == column)?;
        page.rows.get(usize::try_from(row.checked_sub(page.offset)?).ok()?)?.get(index)
    }

    pub(super) fn people_wanted(&self) -> Vec<(Slot, Tree, Question)> {
        let Some(entity) = self.entity() else { return Vec::new() };
        // All columns that are not hidden, so that searching columns asks nothing anew.
        let columns: Vec<String> = entity
            .features
            .iter()
            .filter(|c| c.name == entity.key || !self.people.hidden.contains(&c.name))
            .map(|c| c.name.clone())
            .collect();
        let (from, to) = self.people.seen;
        let pages = from / PAGE_ROWS..=to.max(from + 1).saturating_sub(1) / PAGE_ROWS;
        let tree = self.people_tree();
        let dropped = self.people.dropped_by.map(|_| (Slot::Dropped, tree.clone(), Question::Size));
        let pages = pages.take(3).map(|page| {
            let question = Question::Page {
                columns: columns.clone(),
                sort: self.people.sort.clone(),
                offset: page * PAGE_ROWS,
                limit: PAGE_ROWS as u32,
            };
            (Slot::Page(page), tree.clone(), question)
        });
        dropped.into_iter().chain(pages).collect()
    }

    fn filter_to_cell(&mut self, exclude: bool) {
        let (row, index) = self.people.cursor;
        let Some(column) = self.shown_columns().get(index).map(|c| (c.name.clone(), c.kind)) else {
            return;
        };
        let Some(value) = self.cell_of(row, &column.0).cloned() else { return };
        let clause = cell_clause(&column.0, column.1, value);
        let clause = if exclude { clause.not() } else { clause };
        self.edit(if exclude { "Exclude" } else { "Filter" }, |tree| {
            tree.parts.push(crate::model::clause::Part::on(clause.into()));
            true
        });
    }
}

/// "Is this value" as a clause.
fn cell_clause(column: &str, kind: Kind, value: Value) -> Clause {
    match (value, kind) {
        (Value::Missing, _) => Clause::on(column, Test::IsMissing),
        (Value::List(items), _) => Clause::on(column, Test::ListHasAll(items)),
        (value, Kind::Text) => Clause::on(column, Test::OneOf(vec![value], Case::Sensitive)),
        (value, _) => Clause::on(column, Test::Compare(Comparison::Equal, Expr::Value(value))),
    }
}
