//! Reading a mapping key by key, and saying which keys nobody asked for.

use std::sync::Arc;

use super::place::{Place, Written};
use super::report::{Report, nearest, with_hint};
use super::yaml::{Kind, Node};

/// A mapping that is being read. End it with [`Fields::done`].
pub(super) struct Fields<'a> {
    /// What it describes, such as "an input".
    what: &'static str,
    pub(super) place: Place,
    entries: &'a [(Written, Arc<Node>)],
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// The fields of `node`, or `None` and a finding when it is no mapping.
    pub(super) fn of(node: &'a Node, what: &'static str, report: &mut Report) -> Option<Self> {
        match &node.kind {
            Kind::Map(entries) => {
                Some(Self { what, place: node.place.clone(), entries, asked: Vec::new() })
            }
            _ => {
                wrong(node, &format!("{what} is a mapping"), report);
                None
            }
        }
    }

    /// The value under `key`, unless there is none or it is empty.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'a Node> {
        self.asked.push(key);
        let (_, node) = self.entries.iter().find(|(k, _)| k.text == key)?;
        (!matches!(node.kind, Kind::Nothing)).then_some(&**node)
    }

    /// The first of several keys that is there: a name and its older names.
    pub(super) fn any(&mut self, keys: &[&'static str]) -> Option<&'a Node> {
        keys.iter().map(|key| self.get(key)).fold(None, Option::or)
    }

    /// Keys that are known and of no use here.
    pub(super) fn ignore(&mut self, keys: &[&'static str]) {
        self.asked.extend_from_slice(keys);
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(k, _)| k.text == key)
    }

    pub(super) fn text(&mut self, keys: &[&'static str], report: &mut Report) -> Option<Written> {
        text(self.any(keys)?, keys[0], report)
    }

    /// A text that must be there.
    pub(super) fn needed(&mut self, key: &'static str, report: &mut Report) -> Option<Written> {
        let found = self.text(&[key], report);
        if found.is_none() && self.any(&[key]).is_none() {
            let finding = report.error(&self.place, format!("{} has no `{key}`", self.what));
            report.add(finding);
        }
        found
    }

    pub(super) fn flag(&mut self, key: &'static str, report: &mut Report) -> Option<bool> {
        let node = self.get(key)?;
        let written = text(node, key, report)?;
        match written.text.to_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => {
                wrong(node, &format!("`{key}` is true or false"), report);
                None
            }
        }
    }

    pub(super) fn number(&mut self, key: &'static str, report: &mut Report) -> Option<u64> {
        let node = self.get(key)?;
        let written = text(node, key, report)?;
        let number = written.text.parse().ok();
        if number.is_none() {
            wrong(node, &format!("`{key}` is a whole number"), report);
        }
        number
    }

    /// The items under `key`. A single mapping or value stands for a list of one.
    pub(super) fn list(&mut self, key: &'static str) -> Vec<&'a Node> {
        self.get(key).map(items).unwrap_or_default()
    }

    pub(super) fn texts(&mut self, key: &'static str, report: &mut Report) -> Vec<Written> {
        self.list(key).into_iter().filter_map(|node| text(node, key, report)).collect()
    }

    /// Reports every key that was not asked for as an error: what is defined here means something
    /// else with it, nobody knows what.
    pub(super) fn done(self, report: &mut Report) {
        for (key, message, meant) in self.unknown() {
            let hint = match meant {
                Some(meant) => format!("did this mean `{meant}`?"),
                None => "take it out, or look up its name".to_owned(),
            };
            let finding = with_hint(report.error(&key.place, &*message), Some(hint));
            report.add(finding);
            report.unknown_key(message);
        }
    }

    /// Reports every key that was not asked for where none changes what is computed.
    pub(super) fn done_with_extras(self, report: &mut Report) {
        for (key, message, meant) in self.unknown() {
            let hint = match meant {
                Some(meant) => format!("did this mean `{meant}`?"),
                None => "it is ignored".to_owned(),
            };
            let finding = with_hint(report.warning(&key.place, message), Some(hint));
            report.add(finding);
        }
    }

    /// The keys that were not asked for: what to say of each, and what it may have meant.
    fn unknown(&self) -> Vec<(&'a Written, String, Option<&'static str>)> {
        let unknown =
            self.entries.iter().filter(|(key, _)| !self.asked.contains(&key.text.as_str()));
        let told = unknown.map(|(key, _)| {
            let meant = nearest(&key.text, self.asked.iter().copied());
            (key, format!("`{}` is not a key of {}", key.text, self.what), meant)
        });
        told.collect()
    }
}

/// The items of a list; anything else is a list of one.
pub(super) fn items(node: &Node) -> Vec<&Node> {
    match &node.kind {
        Kind::List(items) => items.iter().map(|item| &**item).collect(),
        Kind::Nothing => Vec::new(),
        _ => vec![node],
    }
}

/// The text of a single value, or a finding.
pub(super) fn text(node: &Node, key: &str, report: &mut Report) -> Option<Written> {
    match &node.kind {
        Kind::Scalar { text, plain } => {
            Some(Written { text: text.clone(), plain: *plain, place: node.place.clone() })
        }
        _ => {
            wrong(node, &format!("`{key}` is a single value"), report);
            None
        }
    }
}

fn wrong(node: &Node, expected: &str, report: &mut Report) {
    let finding = report.error(&node.place, format!("{expected}, but here it is {}", said(node)));
    report.add(finding);
}

fn said(node: &Node) -> String {
    match &node.kind {
        Kind::Scalar { text, .. } => {
            let short: String = text.chars().take(40).collect();
            format!("`{short}`")
        }
        _ => node.what().to_owned(),
    }
}
