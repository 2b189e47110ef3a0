//! The editor of one clause: what it holds, what it needs to know, how it is taken.

use super::{EditAction, Effect, Form, State};
use crate::model::clause::{Node, Part, Tree};
use crate::model::question::Question;
use crate::protocol::Slot;

/// A clause being edited. The tree changes only when it is taken.
#[derive(Debug, Clone, PartialEq)]
pub struct Editor {
    /// The part it replaces; `None` for a new one.
    pub path: Option<Vec<usize>>,
    /// The group that a new one is added to.
    pub group: Vec<usize>,
    /// The fields.
    pub form: Form,
    /// What the fields mean, or what is wrong with them.
    pub node: Result<Node, String>,
    /// The search over values.
    pub search: String,
    /// What it asks to draw itself.
    pub question: Option<Question>,
}

impl Editor {
    /// The tree with the edited clause in its place, when it can be read.
    pub fn applied(&self, tree: &Tree) -> Option<Tree> {
        let node = self.node.as_ref().ok()?.clone();
        let mut tree = tree.clone();
        match &self.path {
            Some(path) => tree.part_mut(path)?.node = node,
            None => tree.group_mut(&self.group)?.parts.push(Part::on(node)),
        }
        Some(tree)
    }

    /// The tree without the edited clause.
    pub fn without(&self, tree: &Tree) -> Tree {
        let mut tree = tree.clone();
        if let Some(part) = self.path.as_ref().and_then(|path| tree.part_mut(path)) {
            part.off = true;
        }
        tree
    }

    /// What the editor needs to know.
    pub(super) fn wanted(&self, tree: &Tree) -> Vec<(Slot, Tree, Question)> {
        let mut wanted = Vec::new();
        if let Some(question) = &self.question {
            wanted.push((Slot::EditedShape, self.without(tree), question.clone()));
        }
        if let Some(applied) = self.applied(tree) {
            wanted.push((Slot::EditedSize, applied, Question::Size));
            wanted.push((Slot::EditedWithout, self.without(tree), Question::Size));
        }
        wanted
    }
}

impl State {
    pub(super) fn on_edit(&mut self, action: EditAction) -> Vec<Effect> {
        match action {
            EditAction::Open(path) => {
                let form = match (self.canvas.tree().part(&path), self.entity()) {
                    (Some(Part { node: Node::Clause(clause), .. }), Some(entity)) => {
                        super::form_read::form_of(clause, entity)
                    }
                    _ => return Vec::new(),
                };
                self.open_editor(Some(path), Vec::new(), form);
            }
            EditAction::New(column) => {
                if let Some(feature) = self.entity().and_then(|e| e.feature(&column)) {
                    let form = Form::for_feature(&feature.name, feature.kind);
                    self.open_editor(None, Vec::new(), form);
                }
            }
            EditAction::Change(form) => self.change_form(*form),
            EditAction::Search(text) => {
                if let Some(editor) = &mut self.canvas.editor {
                    editor.search = text;
                }
                self.refresh_editor();
            }
            EditAction::Commit => self.commit_editor(),
            EditAction::Cancel => self.canvas.editor = None,
        }
        Vec::new()
    }

    /// Opens the editor; a new clause goes to the end of `group`.
    pub(super) fn open_editor(&mut self, path: Option<Vec<usize>>, group: Vec<usize>, form: Form) {
        self.canvas.adding = None;
        let node = form.node(self);
        self.canvas.editor =
            Some(Editor { path, group, form, node, search: String::new(), question: None });
        self.refresh_editor();
    }

    fn change_form(&mut self, form: Form) {
        let node = form.node(self);
        if let Some(editor) = &mut self.canvas.editor {
            editor.form = form;
            editor.node = node;
        }
        self.refresh_editor();
    }

    fn refresh_editor(&mut self) {
        let Some(editor) = &self.canvas.editor else { return };
        let feature = editor.form.column().and_then(|c| self.entity().and_then(|e| e.feature(c)));
        let question = feature.and_then(|feature| match &editor.form {
            Form::Text { .. } => Some(Question::Values {
                column: feature.name.clone(),
                top: 100,
                search: editor.search.clone(),
            }),
            Form::Presence { .. } | Form::List { .. } => None,
            _ => Question::of_feature(feature),
        });
        if let Some(editor) = &mut self.canvas.editor {
            editor.question = question;
        }
    }

    fn commit_editor(&mut self) {
        let Some(editor) = &self.canvas.editor else { return };
        if let Some(tree) = editor.applied(self.canvas.tree()) {
            let what = if editor.path.is_some() { "Edit" } else { "Add" };
            self.canvas.editor = None;
            self.canvas.history.push(tree, what);
            self.tree_changed();
        }
    }
}
