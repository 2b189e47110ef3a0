//! Changes to the clause tree.

use super::typed::TypedLine;
use super::{Effect, SliceAction, State};
use crate::language::{self, Scope};
use crate::model::clause::{Combine, Group, Missing, Node, Part, Test, Tree};

impl State {
    pub(super) fn on_slice(&mut self, action: SliceAction) -> Vec<Effect> {
        match action {
            SliceAction::Undo => self.step(super::history::History::undo),
            SliceAction::Redo => self.step(super::history::History::redo),
            SliceAction::GoTo(index) => self.step(|h| {
                h.go_to(index);
                true
            }),
            SliceAction::Typing(text) => self.type_condition(text),
            SliceAction::CommitTyped => self.commit_typed(),
            SliceAction::CancelTyped => self.canvas.reset_typed(),
            SliceAction::Remove(path) => self.edit("Delete", |t| t.remove(&path).is_some()),
            SliceAction::Toggle(path) => self.edit("Switch", |t| toggle(t, &path)),
            SliceAction::Duplicate(path) => self.edit("Duplicate", |t| duplicate(t, &path)),
            SliceAction::Negate(path, to) => self.edit("Negate", |t| negate(t, &path, to)),
            SliceAction::Move(path, by) => self.edit("Move", |t| shift(t, &path, by)),
            SliceAction::MoveTo(from, group, before) => {
                self.edit("Move", |t| move_to(t, &from, &group, before));
            }
            SliceAction::Wrap(path) => self.edit("Group", |t| wrap(t, &path)),
            SliceAction::Unwrap(path) => self.edit("Ungroup", |t| unwrap(t, &path)),
            SliceAction::Combine(path, combine) => {
                self.edit("Combine", |t| t.group_mut(&path).map(|g| g.combine = combine).is_some())
            }
            SliceAction::AddGroup(path) => self.edit("Add group", |t| {
                let group = Group { combine: Combine::Any, parts: Vec::new() };
                t.group_mut(&path).map(|g| g.parts.push(Part::on(group.into()))).is_some()
            }),
            SliceAction::Add(path, node) => self.add(&path, node),
            SliceAction::Clear => self.edit("Clear", |t| {
                *t = Tree::everyone();
                true
            }),
            SliceAction::StartAdding(path) => self.start_adding(path),
            SliceAction::Adding(text) => self.adding_text(text),
            SliceAction::MoveFound(by) => self.move_adding(by),
            SliceAction::Take(index, not) => self.take_found(index, not),
            SliceAction::StopAdding => self.canvas.adding = None,
        }
        Vec::new()
    }

    /// Changes the tree as one step of the history, unless `change` says that nothing changed.
    pub(super) fn edit(&mut self, what: &str, change: impl FnOnce(&mut Tree) -> bool) {
        let mut tree = self.canvas.tree().clone();
        if change(&mut tree) {
            self.canvas.history.push(tree, what);
            self.tree_changed();
        }
    }

    pub(super) fn add(&mut self, path: &[usize], node: Node) {
        self.edit("Add", |t| t.group_mut(path).map(|g| g.parts.push(Part::on(node))).is_some());
    }

    fn step(&mut self, step: impl FnOnce(&mut super::history::History) -> bool) {
        if step(&mut self.canvas.history) {
            self.canvas.editor = None;
            self.tree_changed();
        }
    }

    /// What follows from a new tree: the typed line says it, and the table begins at the top.
    pub(super) fn tree_changed(&mut self) {
        self.people.show_dropped(None);
        self.canvas.reset_typed();
    }

    fn type_condition(&mut self, text: String) {
        let error = self.parse(&text).err();
        self.canvas.typed = TypedLine { text, editing: true, error };
    }

    fn commit_typed(&mut self) {
        match self.parse(&self.canvas.typed.text) {
            Ok(tree) => {
                self.canvas.history.push(tree, "Type");
                self.tree_changed();
            }
            Err(error) => self.canvas.typed.error = Some(error),
        }
    }

    pub(super) fn parse(&self, text: &str) -> Result<Tree, language::ParseError> {
        match (self.source.catalog(), self.entity()) {
            (Some(catalog), Some(entity)) => language::parse(text, &Scope { catalog, entity }),
            _ => Ok(Tree::everyone()),
        }
    }
}

fn toggle(tree: &mut Tree, path: &[usize]) -> bool {
    tree.part_mut(path).map(|part| part.off = !part.off).is_some()
}

fn duplicate(tree: &mut Tree, path: &[usize]) -> bool {
    let Some(part) = tree.part(path).cloned() else { return false };
    let Some((last, parent)) = path.split_last() else { return false };
    tree.group_mut(parent).map(|g| g.parts.insert(last + 1, part)).is_some()
}

fn negate(tree: &mut Tree, path: &[usize], to: Option<Missing>) -> bool {
    let Some(Part { node: Node::Clause(clause), .. }) = tree.part_mut(path) else { return false };
    clause.negated = match clause.test {
        // "Has a value" has one written form.
        Test::IsMissing => to.map(|_| Missing::Drop),
        _ => to,
    };
    true
}

fn shift(tree: &mut Tree, path: &[usize], by: isize) -> bool {
    let Some((&last, parent)) = path.split_last() else { return false };
    let Some(group) = tree.group_mut(parent) else { return false };
    let Some(to) = last.checked_add_signed(by).filter(|to| *to < group.parts.len()) else {
        return false;
    };
    let part = group.parts.remove(last);
    group.parts.insert(to, part);
    true
}

/// Moves a part before index `before` of a group, both as they are before the move.
fn move_to(tree: &mut Tree, from: &[usize], group: &[usize], before: usize) -> bool {
    // A group cannot be moved into itself.
    if group.starts_with(from) {
        return false;
    }
    let Some((&last, parent)) = from.split_last() else { return false };
    let Some(part) = tree.remove(from) else { return false };
    let mut group = group.to_vec();
    let mut before = before;
    if group == parent && before > last {
        before -= 1;
    }
    // Taking the part out moved its later siblings, and what is below them, one up.
    if group.len() > parent.len() && group.starts_with(parent) && group[parent.len()] > last {
        group[parent.len()] -= 1;
    }
    match tree.group_mut(&group) {
        Some(target) => {
            let before = before.min(target.parts.len());
            target.parts.insert(before, part);
            true
        }
        None => false,
    }
}

fn wrap(tree: &mut Tree, path: &[usize]) -> bool {
    let Some(part) = tree.part_mut(path) else { return false };
    let inner = part.clone();
    *part = Part::on(Group { combine: Combine::Any, parts: vec![inner] }.into());
    true
}

fn unwrap(tree: &mut Tree, path: &[usize]) -> bool {
    let Some((&last, parent)) = path.split_last() else { return false };
    let Some(Part { node: Node::Group(group), .. }) = tree.part(path).cloned() else {
        return false;
    };
    let Some(outer) = tree.group_mut(parent) else { return false };
    outer.parts.splice(last..=last, group.parts);
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::clause::Clause;

    fn leaf(name: &str) -> Node {
        Clause::on(name, Test::IsMissing).into()
    }

    fn names(group: &Group) -> String {
        let parts: Vec<String> = group
            .parts
            .iter()
            .map(|p| match &p.node {
                Node::Clause(c) => match &c.left {
                    crate::model::clause::Expr::Column(name) => name.clone(),
                    _ => "?".into(),
                },
                Node::Group(g) => format!("({})", names(g)),
            })
            .collect();
        parts.join(" ")
    }

    #[test]
    fn a_part_moves_into_a_later_group_although_that_group_moves_up() {
        let mut tree = Group::all([leaf("a"), leaf("b"), Group::all([leaf("c")]).into()]);
        assert!(move_to(&mut tree, &[0], &[2], 0));
        assert_eq!(names(&tree), "b (a c)");
    }

    #[test]
    fn a_part_moves_down_within_its_group() {
        let mut tree = Group::all([leaf("a"), leaf("b"), leaf("c")]);
        assert!(move_to(&mut tree, &[0], &[], 2));
        assert_eq!(names(&tree), "b a c");
    }

    #[test]
    fn a_group_does_not_move_into_itself() {
        let mut tree = Group::all([Group::all([leaf("a")]).into()]);
        assert!(!move_to(&mut tree, &[0], &[0], 0));
        assert_eq!(names(&tree), "(a)");
    }

    #[test]
    fn ungrouping_undoes_grouping() {
        let mut tree = Group::all([leaf("a"), leaf("b")]);
        let before = tree.clone();
        assert!(wrap(&mut tree, &[1]));
        assert_eq!(names(&tree), "a (b)");
        assert!(unwrap(&mut tree, &[1]));
        assert_eq!(tree, before);
    }

    #[test]
    fn a_missing_test_is_negated_in_its_one_form() {
        let mut tree = Group::all([leaf("a")]);
        assert!(negate(&mut tree, &[0], Some(Missing::Keep)));
        let Node::Clause(clause) = &tree.parts[0].node else { panic!("a clause") };
        assert_eq!(clause.negated, Some(Missing::Drop));
    }
}
