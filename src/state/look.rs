//! Charts: which ones are shown, and what brushing them does to the tree.

use super::values::{edge, rounded};
use super::{Effect, LookAction, Scale, State};
use crate::model::catalog::{Column, Entity};
use crate::model::clause::{Case, Clause, Combine, Expr, Missing, Node, Part, Test, Tree};
use crate::model::question::ChartKind;
use crate::model::value::{Kind, Value};
use crate::model::workspace::SavedChart;
use crate::protocol::Slot;

/// Charts that an entity begins with.
const FIRST_CHARTS: usize = 6;

/// A chart on Look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// Its number, which stays while it is shown.
    pub id: u64,
    /// What it shows.
    pub kind: ChartKind,
    /// Shown as a table.
    pub as_table: bool,
    /// Bars as high as the logarithm of their counts.
    pub log: bool,
}

impl Chart {
    /// The slot of its answer.
    pub fn slot(&self) -> Slot {
        Slot::Chart(self.id)
    }
}

/// The charts that are shown, and the drag that goes on in one of them.
#[derive(Debug, Default)]
pub struct Look {
    /// The charts, as they stand.
    pub charts: Vec<Chart>,
    /// The column whose brush is being dragged.
    pub brushing: Option<String>,
    /// What the height of a bar means.
    pub scale: Scale,
    /// The chart that fills the screen.
    pub enlarged: Option<u64>,
}

impl Look {
    fn chart_mut(&mut self, id: u64) -> Option<&mut Chart> {
        self.charts.iter_mut().find(|c| c.id == id)
    }

    /// Moves a chart to stand before the one at `before`.
    fn move_to(&mut self, id: u64, before: usize) -> bool {
        let Some(at) = self.charts.iter().position(|c| c.id == id) else { return false };
        let chart = self.charts.remove(at);
        let to = if before > at { before - 1 } else { before }.min(self.charts.len());
        self.charts.insert(to, chart);
        to != at
    }

    /// Puts a chart before the others. False when it is there already.
    fn add(&mut self, kind: ChartKind) -> bool {
        if self.charts.iter().any(|c| c.kind == kind) {
            return false;
        }
        let id = self.charts.iter().map(|c| c.id + 1).max().unwrap_or(0).max(1000);
        self.charts.insert(0, Chart { id, kind, as_table: false, log: false });
        true
    }
}

impl State {
    pub(super) fn on_look(&mut self, action: LookAction) -> Vec<Effect> {
        match action {
            LookAction::BrushNumber { column, range, done } => {
                let test = self.number_range(&column, range);
                self.brush(&column, test, done);
            }
            LookAction::BrushGrid { x, y, done } => self.brush_grid(&x, &y, done),
            LookAction::BrushDays { column, range, done } => {
                let test = self.day_range(&column, range);
                self.brush(&column, test, done);
            }
            LookAction::Only(column, value) => self.only(&column, value),
            LookAction::Include(column, value) => self.include(&column, value),
            LookAction::Exclude(column, value) => self.exclude(&column, value),
            LookAction::Clear(column) => {
                self.edit("Clear", |t| set_own(t, &column, None));
            }
            LookAction::Add(kind) => return self.add_chart(kind),
            LookAction::Remove(id) => {
                self.look.charts.retain(|c| c.id != id);
                self.look.enlarged = self.look.enlarged.filter(|enlarged| *enlarged != id);
                return self.keep_charts();
            }
            LookAction::AsTable(id) => {
                if let Some(chart) = self.look.chart_mut(id) {
                    chart.as_table = !chart.as_table;
                }
            }
            LookAction::LogCounts(id) => {
                if let Some(chart) = self.look.chart_mut(id) {
                    chart.log = !chart.log;
                }
            }
            LookAction::Scale(scale) => self.look.scale = scale,
            LookAction::Enlarge(id) => {
                self.look.enlarged = (self.look.enlarged != Some(id)).then_some(id);
            }
            LookAction::MoveTo(id, before) => {
                if self.look.move_to(id, before) {
                    return self.keep_charts();
                }
            }
            LookAction::Reset => {
                self.look.charts = self.first_charts();
                return self.keep_charts();
            }
        }
        Vec::new()
    }

    fn kind_of(&self, column: &str) -> Option<Kind> {
        Some(self.entity()?.feature(column)?.kind)
    }

    fn number_range(&self, column: &str, (low, high): (f64, f64)) -> Option<Test> {
        let kind = self.kind_of(column)?;
        let step = (high - low) / 100.0;
        let bound = |x: f64, is_low| Expr::Value(edge(rounded(x, step), kind, is_low));
        Some(Test::Between(bound(low, true), bound(high, false)))
    }

    fn day_range(&self, column: &str, (low, high): (String, String)) -> Option<Test> {
        let (low, high) = match self.kind_of(column)? {
            Kind::Timestamp => (
                Value::Timestamp(format!("{low} 00:00:00")),
                Value::Timestamp(format!("{high} 23:59:59.999999")),
            ),
            Kind::Instant => (
                Value::Instant(format!("{low} 00:00:00+00")),
                Value::Instant(format!("{high} 23:59:59.999999+00")),
            ),
            _ => (Value::Date(low), Value::Date(high)),
        };
        Some(Test::Between(Expr::Value(low), Expr::Value(high)))
    }

    /// One drag is one step of the history, however often it moves.
    fn brush(&mut self, column: &str, test: Option<Test>, done: bool) {
        let Some(test) = test else { return };
        let clause = Clause::on(column, test);
        let mut tree = self.canvas.tree().clone();
        set_own(&mut tree, column, Some(clause));
        self.brush_to(tree, column.to_owned(), done);
    }

    fn brush_to(&mut self, tree: Tree, name: String, done: bool) {
        if self.look.brushing.as_ref() == Some(&name) {
            self.canvas.history.replace(tree);
        } else {
            self.canvas.history.push(tree, "Brush");
        }
        self.look.brushing = (!done).then_some(name);
        self.tree_changed();
    }

    fn brush_grid(
        &mut self,
        (x, across): &(String, (f64, f64)),
        (y, up): &(String, (f64, f64)),
        done: bool,
    ) {
        let tests = (self.number_range(x, *across), self.number_range(y, *up));
        let (Some(across), Some(up)) = tests else { return };
        let mut tree = self.canvas.tree().clone();
        set_own(&mut tree, x, Some(Clause::on(x, across)));
        set_own(&mut tree, y, Some(Clause::on(y, up)));
        let name = format!("{x} and {y}");
        self.brush_to(tree, name, done);
    }

    fn only(&mut self, column: &str, value: Value) {
        let clause = one_of(column, vec![value]);
        let again = self.canvas.own_clause(column) == Some(&clause);
        self.edit("Only", |t| set_own(t, column, (!again).then_some(clause)));
    }

    fn include(&mut self, column: &str, value: Value) {
        // These have a clause of their own, which cannot hold several.
        if matches!(value, Value::Missing | Value::List(_) | Value::Boolean(_)) {
            return self.only(column, value);
        }
        let mut values = match self.canvas.own_clause(column) {
            Some(Clause { test: Test::OneOf(values, _), negated: None, .. }) => values.clone(),
            _ => Vec::new(),
        };
        match values.iter().position(|v| *v == value) {
            Some(at) => drop(values.remove(at)),
            None => values.push(value),
        }
        let clause = (!values.is_empty()).then(|| one_of(column, values));
        self.edit("Include", |t| set_own(t, column, clause));
    }

    fn exclude(&mut self, column: &str, value: Value) {
        if matches!(value, Value::Missing | Value::List(_) | Value::Boolean(_)) {
            let clause = one_of(column, vec![value]).not();
            return self.edit("Exclude", |t| set_own(t, column, Some(clause)));
        }
        let mut values = match self.canvas.own_clause(column) {
            Some(Clause { test: Test::OneOf(values, _), negated: Some(_), .. }) => values.clone(),
            _ => Vec::new(),
        };
        if !values.contains(&value) {
            values.push(value);
        }
        let clause = one_of(column, values).not();
        self.edit("Exclude", |t| set_own(t, column, Some(clause)));
    }

    fn add_chart(&mut self, kind: ChartKind) -> Vec<Effect> {
        if !self.look.add(kind) {
            return Vec::new();
        }
        self.canvas.tab = super::Tab::Look;
        self.look.enlarged = None;
        self.keep_charts()
    }

    fn keep_charts(&mut self) -> Vec<Effect> {
        let Some(cohort) = &self.canvas.cohort else { return Vec::new() };
        let entity = cohort.entity.clone();
        self.source.workspace.charts.retain(|c| c.entity != entity);
        let charts = self.look.charts.iter().map(|c| c.kind.clone());
        self.source
            .workspace
            .charts
            .extend(charts.map(|chart| SavedChart { entity: entity.clone(), chart }));
        vec![self.save_workspace(false)]
    }

    /// The workspace's charts of the entity, or the first ones.
    pub(super) fn charts_for_entity(&self) -> Vec<Chart> {
        let Some(entity) = self.entity() else { return Vec::new() };
        let saved = self.source.workspace.charts.iter().filter(|c| c.entity == entity.name);
        let charts = numbered(saved.map(|c| c.chart.clone()));
        if charts.is_empty() { self.first_charts() } else { charts }
    }

    fn first_charts(&self) -> Vec<Chart> {
        self.entity().map(|e| numbered(first_features(e).into_iter())).unwrap_or_default()
    }
}

fn numbered(kinds: impl Iterator<Item = ChartKind>) -> Vec<Chart> {
    (0..).zip(kinds).map(|(id, kind)| Chart { id, kind, as_table: false, log: false }).collect()
}

/// The features that say most at a glance: not the key, not personal, not ids; dates, numbers and
/// few-valued texts taking turns.
fn first_features(entity: &Entity) -> Vec<ChartKind> {
    let plain: Vec<&Column> = entity
        .features
        .iter()
        .filter(|c| c.name != entity.key && c.personal.is_none() && !looks_like_an_id(&c.name))
        .collect();
    let of = |test: fn(Kind) -> bool| plain.iter().filter(move |c| test(c.kind)).copied();
    let mut kinds = [
        of(|k| matches!(k, Kind::Text | Kind::Boolean)).collect::<Vec<_>>(),
        of(Kind::is_numeric).collect(),
        of(Kind::is_temporal).collect(),
    ];
    let mut chosen = Vec::new();
    while chosen.len() < FIRST_CHARTS && kinds.iter().any(|k| !k.is_empty()) {
        for kind in &mut kinds {
            if !kind.is_empty() {
                chosen.push(ChartKind::Feature(kind.remove(0).name.clone()));
            }
        }
    }
    chosen.truncate(FIRST_CHARTS);
    chosen
}

/// Whether a name is that of an identifier, whose digits are no quantity.
pub fn looks_like_an_id(name: &str) -> bool {
    let low = name.to_lowercase();
    low == "id" || low.ends_with("_id") || low.ends_with("uuid") || name.ends_with("Id")
}

fn one_of(column: &str, values: Vec<Value>) -> Clause {
    match values.as_slice() {
        [Value::Missing] => Clause::on(column, Test::IsMissing),
        [Value::List(items)] => Clause::on(column, Test::ListHasAll(items.clone())),
        [Value::Boolean(b)] => {
            let value = Expr::Value(Value::Boolean(*b));
            Clause::on(column, Test::Compare(crate::model::clause::Comparison::Equal, value))
        }
        _ => Clause::on(column, Test::OneOf(values, Case::Sensitive)),
    }
}

/// Whether a clause is about the value of a column.
pub(super) fn is_on(clause: &Clause, column: &str) -> bool {
    clause.left == Expr::Column(column.to_owned())
}

/// Puts `clause` in the place of the column's own clauses, which stand under a root of all. Another
/// root becomes a part of such a root first.
pub(super) fn set_own(tree: &mut Tree, column: &str, clause: Option<Clause>) -> bool {
    if tree.combine != Combine::All {
        if clause.is_none() {
            return false;
        }
        let old = std::mem::replace(tree, Tree::everyone());
        tree.parts.push(Part::on(old.into()));
    }
    let own = |part: &Part| matches!(&part.node, Node::Clause(c) if is_on(c, column));
    let at = tree.parts.iter().position(own);
    tree.parts.retain(|part| !own(part));
    if let Some(clause) = clause {
        let at = at.unwrap_or(tree.parts.len()).min(tree.parts.len());
        tree.parts.insert(at, Part::on(clause.into()));
        return true;
    }
    at.is_some()
}

/// Whether a value is among those that a clause keeps; none when the clause says nothing about it.
pub fn keeps(clause: &Clause, value: &Value) -> Option<bool> {
    let holds = match &clause.test {
        Test::OneOf(values, _) => values.contains(value),
        Test::IsMissing => value.is_missing(),
        Test::ListHasAll(items) => *value == Value::List(items.clone()),
        Test::Compare(crate::model::clause::Comparison::Equal, Expr::Value(v)) => v == value,
        _ => return None,
    };
    Some(match clause.negated {
        None => holds,
        Some(Missing::Drop) if value.is_missing() && clause.test != Test::IsMissing => false,
        Some(_) => !holds,
    })
}
