//! One search behind every box that finds something: what matches, in which order, in which groups;
//! and what has to be asked of the source for it.

use super::answers::Answers;
use super::{Dialog, State};
use crate::model::catalog::{CohortRef, Column};
use crate::model::clause::{
    Case, Clause, Comparison, Expr, Group, Node, Part, Test, TextMatch, Tree,
};
use crate::model::question::{Answer, Counts, Question};
use crate::model::value::{Kind, Value, grouped as with_commas};
use crate::protocol::Slot;
use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Results of one group that are shown.
const GROUP_MAX: usize = 5;

/// Results that are shown.
const SHOWN_MAX: usize = 12;

/// Features whose values are searched.
const COLUMNS_MAX: usize = 12;

/// Values of a feature that are shown.
const VALUES_MAX: u16 = 3;

/// People that are shown.
const PEOPLE_MAX: u32 = 4;

/// What kind of thing was found, in the order of groups that match equally well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum About {
    /// Something to do.
    Commands,
    /// Features of the entity.
    Features,
    /// Cohorts and segments.
    Cohorts,
    /// Related tables and their columns.
    Related,
    /// Values of features.
    Values,
    /// One of those who are sliced.
    People,
}

impl About {
    /// The heading of the group.
    pub fn word(self) -> &'static str {
        match self {
            Self::Commands => "Commands",
            Self::Features => "Features",
            Self::Cohorts => "Cohorts and segments",
            Self::Related => "Related rows",
            Self::Values => "Values",
            Self::People => "People",
        }
    }
}

/// The indices of the items that match, the best first. An empty text matches all, in order. Each
/// word of the text must stand in the name, or begin a word of the name or of the rest; a match in
/// the name alone counts more.
pub(crate) fn ranked<'a>(
    text: &str,
    items: impl Iterator<Item = (&'a str, &'a str)>,
) -> Vec<usize> {
    let text = text.trim();
    if text.is_empty() {
        return (0..items.count()).collect();
    }
    // Letters that only happen to stand in the same order are no match.
    let of = |kind| Pattern::new(text, CaseMatching::Ignore, Normalization::Smart, kind);
    let (anywhere, begins) = (of(AtomKind::Substring), of(AtomKind::Prefix));
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, usize)> = Vec::new();
    for (index, (name, rest)) in items.enumerate() {
        let in_name = anywhere.score(Utf32Str::new(name, &mut buffer), &mut matcher);
        let exact = u32::from(name.eq_ignore_ascii_case(text)) * 10_000;
        let mut words = |atom: &Atom| {
            let mut all = [name, rest].into_iter().flat_map(words_of);
            all.any(|word| atom.score(Utf32Str::new(word, &mut buffer), &mut matcher).is_some())
        };
        let starts = begins.atoms.iter().all(&mut words);
        let score = match in_name {
            Some(score) => Some(score + 1000 + exact + u32::from(starts) * 500),
            None => starts.then_some(0),
        };
        if let Some(score) = score {
            scored.push((score, index));
        }
    }
    scored.sort_by_key(|(score, index)| (u32::MAX - score, *index));
    scored.into_iter().map(|(_, index)| index).collect()
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty())
}

/// Brings what was found into groups: the group of the best result first, a few of each.
pub(super) fn grouped<T>(found: Vec<T>, about: impl Fn(&T) -> About) -> Vec<T> {
    let mut groups: Vec<(About, Vec<T>)> = Vec::new();
    for one in found {
        let about = about(&one);
        match groups.iter_mut().find(|(group, _)| *group == about) {
            Some((_, group)) => group.push(one),
            None => groups.push((about, vec![one])),
        }
    }
    let few = groups.into_iter().flat_map(|(_, group)| group.into_iter().take(GROUP_MAX));
    few.take(SHOWN_MAX).collect()
}

/// Where a mark among `count` results goes.
pub(super) fn moved(mark: usize, by: isize, count: usize) -> usize {
    mark.saturating_add_signed(by).min(count.saturating_sub(1))
}

/// "214", or "14 of 214" where a segment keeps a part of them.
pub(super) fn of_words(counts: Counts) -> String {
    match counts.kept == counts.all {
        true => with_commas(counts.all),
        false => format!("{} of {}", with_commas(counts.kept), with_commas(counts.all)),
    }
}

impl Answers {
    /// The values of a feature that contain a text, if that is what was answered last.
    pub(super) fn values_found(&self, column: &Column, text: &str) -> &[(Value, Counts)] {
        let slot = Slot::Found(column.name.clone());
        let is_this = self.get(&slot).is_some_and(|held| {
            matches!(&held.question, Question::Values { search, .. } if search == text.trim())
                && !held.waiting
        });
        match self.answer(&slot) {
            Some(Answer::Values(values)) if is_this => &values.top,
            _ => &[],
        }
    }
}

impl State {
    /// The text for which values are looked for: that of the box or sheet that is open.
    fn searched(&self) -> Option<&str> {
        let text = match (self.front.dialog == Dialog::Palette, &self.canvas.adding) {
            (true, _) => self.front.palette.text.trim(),
            (false, Some(adding)) => adding.text.trim(),
            (false, None) => return None,
        };
        (text.chars().count() >= 2).then_some(text)
    }

    /// The features whose values are searched: texts that are not masked.
    pub(super) fn value_columns(&self) -> Vec<&Column> {
        let Some(entity) = self.entity() else { return Vec::new() };
        let fits =
            |f: &&Column| f.kind == Kind::Text && f.name != entity.key && !self.people.is_masked(f);
        entity.features.iter().filter(fits).take(COLUMNS_MAX).collect()
    }

    /// What the open search asks of the source.
    pub(super) fn search_wanted(&self) -> Vec<(Slot, Tree, Question)> {
        let Some(text) = self.searched() else { return Vec::new() };
        let mut wanted: Vec<(Slot, Tree, Question)> = Vec::new();
        if self.front.dialog == Dialog::Palette
            && let Some((tree, question)) = self.people_search(text)
        {
            wanted.push((Slot::FoundPeople, tree, question));
        }
        wanted.extend(self.value_columns().into_iter().map(|column| {
            let question = Question::Values {
                column: column.name.clone(),
                top: VALUES_MAX,
                search: text.to_owned(),
            };
            (Slot::Found(column.name.clone()), self.canvas.tree().clone(), question)
        }));
        wanted
    }

    /// Who has this id, e-mail address or name: a slice of everyone, and its first rows.
    fn people_search(&self, text: &str) -> Option<(Tree, Question)> {
        let entity = self.entity()?;
        let mut tests = Vec::new();
        let key = entity.feature(&entity.key)?;
        let id = match key.kind {
            Kind::Text => Some(Test::OneOf(vec![Value::Text(text.to_owned())], Case::Ignored)),
            kind => super::values::read_value(text, kind)
                .ok()
                .map(|value| Test::Compare(Comparison::Equal, Expr::Value(value))),
        };
        tests.extend(id.map(|test| Clause::on(&key.name, test)));
        let named = entity
            .features
            .iter()
            .filter(|f| f.kind == Kind::Text && f.personal.is_some() && f.name != entity.key);
        tests.extend(named.take(4).map(|f| {
            let how = if text.contains('@') { TextMatch::StartsWith } else { TextMatch::Contains };
            Clause::on(&f.name, Test::Text(how, text.to_owned(), Case::Ignored))
        }));
        if tests.is_empty() {
            return None;
        }
        let any = Group {
            combine: crate::model::clause::Combine::Any,
            parts: tests.into_iter().map(|test| Part::on(Node::Clause(test))).collect(),
        };
        let question = Question::Page {
            columns: vec![entity.key.clone()],
            sort: None,
            offset: 0,
            limit: PEOPLE_MAX,
        };
        Some((any, question))
    }

    /// The keys of those whom the palette's text finds.
    pub(super) fn people_found(&self) -> Vec<Value> {
        let asked = self.people_search(self.front.palette.text.trim());
        let held = self.answers.get(&Slot::FoundPeople);
        let Some((tree, _)) = asked.filter(|_| self.searched().is_some()) else {
            return Vec::new();
        };
        if held.is_none_or(|held| held.waiting || held.slice.tree != tree) {
            return Vec::new();
        }
        match self.answers.answer(&Slot::FoundPeople) {
            Some(Answer::Page(page)) => {
                page.rows.iter().filter_map(|row| row.first().cloned()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The cohort of which a slot asks: that on the canvas, but for a person, who is looked for
    /// among everyone, and for the size of a segment.
    pub(super) fn asked_of(&self, slot: &Slot) -> Option<CohortRef> {
        let cohort = self.canvas.cohort.as_ref()?;
        Some(match slot {
            Slot::FoundPeople => CohortRef::all(&cohort.entity),
            Slot::Segment(name) => self.source.segment(name)?.cohort.clone(),
            _ => cohort.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&'static str> {
        let all = [
            ("last_order_at", "moment"),
            ("orders", "number"),
            ("email", "text"),
            ("lifetime", "number · what all orders came to"),
        ];
        ranked(text, all.into_iter()).into_iter().map(|i| all[i].0).collect()
    }

    #[test]
    fn scattered_letters_are_no_match() {
        assert_eq!(found("lot"), Vec::<&str>::new());
        assert_eq!(found("ema"), ["email"]);
    }

    #[test]
    fn names_come_before_descriptions_and_words_may_stand_anywhere() {
        assert_eq!(found("orders"), ["orders", "lifetime"]);
        assert_eq!(found("order last"), ["last_order_at"]);
        assert_eq!(found("order")[2..], ["lifetime"]);
        // "number" and "lifetime" have these letters within a word.
        assert_eq!(found("ber"), Vec::<&str>::new());
        assert_eq!(found("fet"), ["lifetime"]);
    }

    #[test]
    fn groups_stand_in_the_order_of_their_best() {
        let found = vec![(1, About::Values), (2, About::Features), (3, About::Values)];
        let order: Vec<i32> = grouped(found, |f| f.1).into_iter().map(|f| f.0).collect();
        assert_eq!(order, [1, 3, 2]);
    }
}
