//! Reading a mapping key by key, and saying which keys nobody asked for.

use std::sync::Arc;

use crate::define::files::yaml::{Kind, Node};
use crate::define::place::{Place, Written};
use crate::define::report::Report;
use crate::model::nearest::nearest;

/// A mapping that is being read. End it with [`Fields::done`].
pub(in crate::define) struct Fields<'a> {
    /// What it describes, such as "an input".
    what: &'static str,
    pub(in crate::define) place: Place,
    entries: &'a [(Written, Arc<Node>)],
    asked: Vec<&'static str>,
    /// Known keys that say nothing about what is computed.
    quiet: Vec<&'static str>,
    /// Known keys that would say something elsewhere and have no effect here.
    idle: Vec<&'static str>,
}

/// What other tools call a key.
const SYNONYMS: [(&str, &str); 6] = [
    ("filter", "where"),
    ("condition", "where"),
    ("expression", "select"),
    ("sql", "single_sql"),
    ("query", "single_sql"),
    ("comment", "description"),
];

/// Keys that are often written one level too high or too low, and where they belong.
const ELSEWHERE: [(&str, &str); 30] = [
    ("order_by", "inside `window`"),
    ("frame_clause", "inside `window`"),
    ("partition_by", "inside `window`"),
    ("table", "inside `app_defaults`"),
    ("view", "inside `app_defaults`"),
    ("csv", "inside `app_defaults`"),
    ("ids", "inside `app_defaults` or `model_spec`"),
    ("occurred_at_col", "inside `app_defaults` or `model_spec`"),
    ("output_type", "inside `materialization`"),
    ("run_type", "inside `materialization`"),
    ("enable_status", "inside `materialization`"),
    ("requested_enable_status", "inside `materialization`"),
    ("edge_sources", "inside `model_spec`"),
    ("extends", "inside `model_spec` or an id type"),
    ("filter_pipeline", "inside `model_spec`"),
    ("filter_expression", "inside `model_spec`"),
    ("single_sql", "inside `model_spec`"),
    ("multi_sql", "inside `model_spec`"),
    ("entity_key", "inside `model_spec` or a var group"),
    ("entity_cohort", "inside `model_spec` or a var group"),
    ("features", "inside `model_spec`"),
    ("model_type", "beside `model_spec`"),
    ("is_optional", "inside `contract`"),
    ("is_event_stream", "inside `contract`"),
    ("is_append_only", "inside `contract`"),
    ("with_columns", "inside `contract`"),
    ("select", "inside a var, an id or `sql`"),
    ("from", "inside a var, an edge source or `sql`"),
    ("where", "inside a var, an input or `sql`"),
    ("name", "one level below"),
];

impl<'a> Fields<'a> {
    /// The fields of `node`, or `None` and a finding when it is no mapping.
    pub(in crate::define) fn of(
        node: &'a Node,
        what: &'static str,
        report: &mut Report,
    ) -> Option<Self> {
        match &node.kind {
            Kind::Map(entries) => Some(Self {
                what,
                place: node.place.clone(),
                entries,
                asked: Vec::new(),
                quiet: Vec::new(),
                idle: Vec::new(),
            }),
            _ => {
                wrong(node, &format!("{what} must be a mapping"), report);
                None
            }
        }
    }

    /// The value under `key`, unless there is none or it is empty.
    pub(in crate::define) fn get(&mut self, key: &'static str) -> Option<&'a Node> {
        self.asked.push(key);
        let (_, node) = self.entries.iter().find(|(k, _)| k.text == key)?;
        (!matches!(node.kind, Kind::Nothing)).then_some(&**node)
    }

    /// The first of several keys that is there: a name and its older names.
    pub(in crate::define) fn any(&mut self, keys: &[&'static str]) -> Option<&'a Node> {
        keys.iter().map(|key| self.get(key)).fold(None, Option::or)
    }

    /// Keys that say nothing about what is computed, such as descriptions.
    pub(in crate::define) fn ignore(&mut self, keys: &[&'static str]) {
        self.quiet.extend_from_slice(keys);
    }

    /// Keys that the format knows and that change nothing here: each is noted once.
    pub(in crate::define) fn without_effect(&mut self, keys: &[&'static str]) {
        self.idle.extend_from_slice(keys);
    }

    pub(in crate::define) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(in crate::define) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|(k, _)| k.text == key)
    }

    pub(in crate::define) fn text(
        &mut self,
        keys: &[&'static str],
        report: &mut Report,
    ) -> Option<Written> {
        text(self.any(keys)?, keys[0], report)
    }

    /// A text that must be there.
    pub(in crate::define) fn needed(
        &mut self,
        key: &'static str,
        report: &mut Report,
    ) -> Option<Written> {
        let found = self.text(&[key], report);
        if found.is_none() && self.any(&[key]).is_none() {
            let finding = report.error(&self.place, format!("{} has no `{key}`", self.what));
            report.add_fault(finding);
        }
        found
    }

    pub(in crate::define) fn flag(
        &mut self,
        key: &'static str,
        report: &mut Report,
    ) -> Option<bool> {
        let node = self.get(key)?;
        let written = text(node, key, report)?;
        match written.text.to_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => {
                wrong(node, &format!("`{key}` must be true or false"), report);
                None
            }
        }
    }

    pub(in crate::define) fn number(
        &mut self,
        key: &'static str,
        report: &mut Report,
    ) -> Option<u64> {
        let node = self.get(key)?;
        let written = text(node, key, report)?;
        let number = written.text.parse().ok();
        if number.is_none() {
            wrong(node, &format!("`{key}` must be a whole number"), report);
        }
        number
    }

    /// The items under `key`. A single mapping or value stands for a list of one.
    pub(in crate::define) fn list(&mut self, key: &'static str) -> Vec<&'a Node> {
        self.get(key).map(items).unwrap_or_default()
    }

    pub(in crate::define) fn texts(
        &mut self,
        key: &'static str,
        report: &mut Report,
    ) -> Vec<Written> {
        self.list(key).into_iter().filter_map(|node| text(node, key, report)).collect()
    }

    /// Reports every key that was not asked for: what has a key that nobody knows may have meant
    /// something else, so the definition that it stands in is not built.
    pub(in crate::define) fn done(self, report: &mut Report) {
        self.end(true, report);
    }

    /// Reports every key that was not asked for, where no key changes what is computed.
    pub(in crate::define) fn done_leniently(self, report: &mut Report) {
        self.end(false, report);
    }

    fn end(self, strict: bool, report: &mut Report) {
        for (key, _) in self.entries {
            let word = key.text.as_str();
            if self.asked.contains(&word) || self.quiet.contains(&word) {
                continue;
            }
            if let Some(known) = self.idle.iter().find(|idle| **idle == word) {
                report.without_effect(known, &key.place);
                continue;
            }
            let message = format!("`{word}` is not a key of {}", self.what);
            let meant = self.meant(word);
            if strict {
                let hint = format!("{meant}; the definition it is in is not built");
                let found = report.error(&key.place, message).hint(hint);
                report.add_fault(found);
            } else {
                let found = report.warning(&key.place, message);
                report.add(found.hint(format!("{meant}; it is ignored")));
            }
        }
    }

    /// What was most likely meant by a key that is not known.
    fn meant(&self, word: &str) -> String {
        let letters = |key: &str| key.to_lowercase().replace(['-', '_', ' ', '.'], "");
        let plain = letters(word);
        let known = || self.asked.iter().chain(&self.quiet).chain(&self.idle).copied();
        let same = known().find(|key| letters(key) == plain);
        let same = same.or_else(|| {
            let other = SYNONYMS.iter().find(|(word, _)| *word == plain)?.1;
            known().find(|key| *key == other)
        });
        if let Some(key) = same.or_else(|| nearest(word, known())) {
            return format!("perhaps `{key}` is meant");
        }
        if let Some((key, place)) = ELSEWHERE.iter().find(|(key, _)| letters(key) == plain) {
            return format!("`{key}` belongs {place}");
        }
        let start = known().find(|key| {
            let key = letters(key);
            plain.len() > 2 && (key.contains(&plain) || plain.starts_with(&key))
        });
        match start {
            Some(key) => format!("perhaps `{key}` is meant"),
            None if self.asked.is_empty() => "it is not known".to_owned(),
            None => {
                let mut known = self.asked.clone();
                known.dedup();
                format!("available: {}", known.join(", "))
            }
        }
    }
}

/// The items of a list; anything else is a list of one.
pub(in crate::define) fn items(node: &Node) -> Vec<&Node> {
    match &node.kind {
        Kind::List(items) => items.iter().map(|item| &**item).collect(),
        Kind::Nothing => Vec::new(),
        _ => vec![node],
    }
}

/// The text of a single value, or a finding.
pub(in crate::define) fn text(node: &Node, key: &str, report: &mut Report) -> Option<Written> {
    match &node.kind {
        Kind::Scalar { text, plain } => {
            Some(Written { text: text.clone(), plain: *plain, place: node.place.clone() })
        }
        _ => {
            wrong(node, &format!("`{key}` must be a single value"), report);
            None
        }
    }
}

fn wrong(node: &Node, expected: &str, report: &mut Report) {
    let finding = report.error(&node.place, format!("{expected}, not {}", said(node)));
    report.add_fault(finding);
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
