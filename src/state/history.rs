//! The clause tree with the way back and forward.

use crate::model::clause::Tree;

/// Steps that can be taken back.
const DEPTH: usize = 200;

/// A tree and its past.
#[derive(Debug, Clone)]
pub struct History {
    steps: Vec<Step>,
    at: usize,
}

/// One state of the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What was done to get here, as the history list says it.
    pub what: String,
    /// The tree.
    pub tree: Tree,
}

impl Default for History {
    fn default() -> Self {
        Self::start(Tree::everyone(), "Start")
    }
}

impl History {
    /// A history that begins with `tree`.
    pub fn start(tree: Tree, what: &str) -> Self {
        Self { steps: vec![Step { what: what.to_owned(), tree }], at: 0 }
    }

    /// The tree now.
    pub fn tree(&self) -> &Tree {
        &self.steps[self.at].tree
    }

    /// A new step. One that changes nothing is not kept.
    pub fn push(&mut self, tree: Tree, what: &str) {
        if tree == *self.tree() {
            return;
        }
        self.steps.truncate(self.at + 1);
        self.steps.push(Step { what: what.to_owned(), tree });
        if self.steps.len() > DEPTH {
            self.steps.remove(0);
        }
        self.at = self.steps.len() - 1;
    }

    /// Replaces the newest step: one drag is one step.
    pub fn replace(&mut self, tree: Tree) {
        self.steps.truncate(self.at + 1);
        self.steps[self.at].tree = tree;
    }

    /// One back. False at the beginning.
    pub fn undo(&mut self) -> bool {
        let can = self.at > 0;
        self.at -= usize::from(can);
        can
    }

    /// One forward. False at the end.
    pub fn redo(&mut self) -> bool {
        let can = self.at + 1 < self.steps.len();
        self.at += usize::from(can);
        can
    }

    /// To a step of the list.
    pub fn go_to(&mut self, index: usize) {
        self.at = index.min(self.steps.len() - 1);
    }

    /// Whether there is a way back.
    pub fn can_undo(&self) -> bool {
        self.at > 0
    }

    /// Whether there is a way forward.
    pub fn can_redo(&self) -> bool {
        self.at + 1 < self.steps.len()
    }

    /// All steps, oldest first, and which one is now.
    pub fn steps(&self) -> (&[Step], usize) {
        (&self.steps, self.at)
    }
}
