//! The canvas: the cohort that is sliced, the tree that slices it, and the ways of changing it.

use super::choices::Tab;
use super::editor::Editor;
use super::history::History;
use super::look::is_on;
use super::lookup::Adding;
use super::typed::TypedLine;
use crate::language;
use crate::model::catalog::CohortRef;
use crate::model::clause::{Clause, Combine, Node, Tree};
use crate::model::now::Moment;

/// What is sliced and how, and what is being typed or edited to slice it otherwise.
#[derive(Debug)]
pub struct Canvas {
    /// What is sliced.
    pub cohort: Option<CohortRef>,
    /// The definition that is looked at, when it is not that of the cohort on the canvas.
    pub defined: Option<CohortRef>,
    /// How it is sliced, with the way back.
    pub history: History,
    /// The name of the segment on the canvas, when it is a saved one.
    pub segment: Option<String>,
    /// Its tree as it was saved.
    pub saved_tree: Tree,
    /// What "now" means.
    pub now: Moment,
    /// The tab.
    pub tab: Tab,
    /// The typed condition.
    pub typed: TypedLine,
    /// The clause being edited.
    pub editor: Option<Editor>,
    /// The "+ condition" box: the group it adds to, and the text.
    pub adding: Option<Adding>,
}

impl Canvas {
    /// A canvas with nothing on it.
    pub fn new(now: Moment) -> Self {
        Self {
            cohort: None,
            defined: None,
            history: History::default(),
            segment: None,
            saved_tree: Tree::everyone(),
            now,
            tab: Tab::default(),
            typed: TypedLine::default(),
            editor: None,
            adding: None,
        }
    }

    /// The tree.
    pub fn tree(&self) -> &Tree {
        self.history.tree()
    }

    /// Whether the tree differs from that of the saved segment.
    pub fn is_dirty(&self) -> bool {
        *self.tree() != self.saved_tree
    }

    /// The clause that the chart of a column sets: the first on it under a root of all.
    pub fn own_clause(&self, column: &str) -> Option<&Clause> {
        let tree = self.tree();
        (tree.combine == Combine::All).then_some(())?;
        tree.parts.iter().find_map(|part| match &part.node {
            Node::Clause(c) if !part.off && is_on(c, column) => Some(c),
            _ => None,
        })
    }

    /// Lets the typed line say the tree again.
    pub(super) fn reset_typed(&mut self) {
        self.typed = TypedLine { text: language::print(self.tree()), editing: false, error: None };
    }
}
