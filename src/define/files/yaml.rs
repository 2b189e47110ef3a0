//! What was written: YAML text as a tree in which every key and value knows its line.
//!
//! Reading goes on after a mistake: what stood before it is kept, and the mistake is a finding.
//! Anchors are resolved by sharing, and what all aliases of a file stand for is counted before
//! they are followed, so a short file cannot unfold into a large one.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use serde_saphyr::granit_parser::{Event, Options, Parser, ScalarStyle, Span};

use crate::model::finding::Finding;

use crate::define::place::{Place, Written};
use crate::define::report::Report;

/// A file longer than this is not read. In bytes.
const FILE_MAX: usize = 8 << 20;
/// How deep lists and mappings may nest.
const DEPTH_MAX: usize = 64;
/// How many values the aliases of one file may stand for.
const ALIAS_MAX: u64 = 100_000;

/// A value as it was written.
#[derive(Debug, Clone)]
pub(in crate::define) struct Node {
    pub(in crate::define) place: Place,
    pub(in crate::define) kind: Kind,
    /// How many values it stands for, itself included, with aliases followed.
    weight: u64,
}

/// What was written there.
#[derive(Debug, Clone)]
pub(in crate::define) enum Kind {
    /// Nothing, `null` or `~`.
    Nothing,
    /// One word, number or text. Plain when it stood without quotes.
    Scalar { text: String, plain: bool },
    /// A list.
    List(Vec<Arc<Node>>),
    /// A mapping in written order; keys are unique.
    Map(Vec<(Written, Arc<Node>)>),
}

impl Node {
    fn new(place: Place, kind: Kind) -> Self {
        let weight = match &kind {
            Kind::Nothing | Kind::Scalar { .. } => 1,
            Kind::List(items) => items.iter().fold(1, |sum: u64, n| sum.saturating_add(n.weight)),
            Kind::Map(entries) => {
                entries.iter().fold(1, |sum: u64, (_, n)| sum.saturating_add(n.weight))
            }
        };
        Self { place, kind, weight }
    }

    /// What it is, in words for a finding.
    pub(in crate::define) fn what(&self) -> &'static str {
        match &self.kind {
            Kind::Nothing => "nothing",
            Kind::Scalar { .. } => "a single value",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }
}

/// The documents of one file, each as a tree. What cannot be read is reported.
pub(in crate::define) fn parse(
    file: &Arc<Path>,
    bytes: &[u8],
    report: &mut Report,
) -> Vec<Arc<Node>> {
    if bytes.len() > FILE_MAX {
        let place = Place::new(file, 1);
        report.add(
            report
                .error(
                    &place,
                    format!("the file is larger than {} MB and is not read", FILE_MAX >> 20),
                )
                .hint("split it into several files"),
        );
        report.broken_file(file);
        return Vec::new();
    }
    let text = decode(file, bytes, report);
    let (nodes, failure) = Builder::new(file, report).build(&text);
    let Some(failure) = failure else { return nodes };
    if let Some(line) = tab_line(&text) {
        // Tabs are no indentation in YAML, but are fine in the SQL of a block: only when the
        // file cannot be read as it is do they count as a mistake.
        let spaced = tabs_to_spaces(&text);
        let mut silent = Report::default();
        let (nodes, second) = Builder::new(file, &mut silent).build(&spaced);
        if second.is_none() {
            let found = report
                .error(&Place::new(file, line), "a tab is used to indent")
                .hint("indent with spaces; here each tab was read as two spaces");
            report.add(found);
            report.absorb(silent);
            return nodes;
        }
    }
    report.add(failure);
    report.broken_file(file);
    nodes
}

/// The text of a file in whatever encoding it has, with plain newlines.
fn decode(file: &Arc<Path>, bytes: &[u8], report: &mut Report) -> String {
    let start = Place::new(file, 1);
    let (text, utf16) = match bytes {
        [0xFF, 0xFE, rest @ ..] => (utf16(rest, u16::from_le_bytes), true),
        [0xFE, 0xFF, rest @ ..] => (utf16(rest, u16::from_be_bytes), true),
        [0xEF, 0xBB, 0xBF, rest @ ..] => {
            report.add(
                report
                    .note(&start, "the file starts with a byte order mark")
                    .hint("save it as UTF-8 without a byte order mark"),
            );
            (utf8(file, rest, report), false)
        }
        _ => (utf8(file, bytes, report), false),
    };
    if utf16 {
        let found = report.error(&start, "the file is UTF-16").hint("save it as UTF-8");
        report.add(found);
    }
    if !text.contains('\r') {
        return text;
    }
    let found = report.note(&start, "the file has Windows line endings").hint(
        "they are read as plain line endings; `git config core.autocrlf input` keeps them out",
    );
    report.add(found);
    text.replace("\r\n", "\n").replace('\r', "\n")
}

fn utf8(file: &Arc<Path>, bytes: &[u8], report: &mut Report) -> String {
    let fault = match std::str::from_utf8(bytes) {
        Ok(text) => return text.to_owned(),
        Err(fault) => fault,
    };
    let line = 1 + bytes[..fault.valid_up_to()].iter().filter(|b| **b == b'\n').count();
    let found = report
        .error(&Place::new(file, line), "the file is not UTF-8")
        .hint("save it as UTF-8; what could not be read is shown as \u{FFFD}");
    report.add(found);
    String::from_utf8_lossy(bytes).into_owned()
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair)).collect();
    String::from_utf16_lossy(&units)
}

/// The first line that is indented with a tab, from 1.
fn tab_line(text: &str) -> Option<usize> {
    text.lines().position(|line| indent(line).contains('\t')).map(|at| at + 1)
}

fn indent(line: &str) -> &str {
    &line[..line.len() - line.trim_start_matches([' ', '\t']).len()]
}

fn tabs_to_spaces(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    for line in text.split_inclusive('\n') {
        let indent = indent(line);
        out.push_str(&indent.replace('\t', "  "));
        out.push_str(&line[indent.len()..]);
    }
    out
}

/// A list or mapping whose end was not seen yet.
struct Open {
    place: Place,
    anchor: usize,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Arc<Node>>),
    Map(Entries),
}

#[derive(Default)]
struct Entries {
    entries: Vec<(Written, Arc<Node>)>,
    seen: HashSet<String>,
    /// Keys that came in through `<<` and give way to a written one.
    merged: Vec<(Written, Arc<Node>)>,
    key: Option<Arc<Node>>,
}

struct Builder<'a> {
    file: &'a Arc<Path>,
    report: &'a mut Report,
    open: Vec<Open>,
    anchors: HashMap<usize, Arc<Node>>,
    aliased: u64,
    done: Vec<Arc<Node>>,
}

impl<'a> Builder<'a> {
    fn new(file: &'a Arc<Path>, report: &'a mut Report) -> Self {
        Self {
            file,
            report,
            open: Vec::new(),
            anchors: HashMap::new(),
            aliased: 0,
            done: Vec::new(),
        }
    }

    /// Reads to the end or to the first mistake, which is given back as a finding.
    fn build(mut self, text: &str) -> (Vec<Arc<Node>>, Option<Finding>) {
        let mut options = Options::default();
        options.set_emit_comments(false);
        let mut failure = None;
        for event in Parser::new_from_str_with_options(text, options) {
            let step = match event {
                Ok((event, span)) => self.event(event, span),
                Err(error) => {
                    let place = Place::new(self.file, error.marker().line());
                    Err(self
                        .report
                        .error(&place, format!("not valid YAML: {}", cause(&error.to_string()))))
                }
            };
            if let Err(found) = step {
                failure = Some(found);
                break;
            }
        }
        if failure.is_some() {
            self.keep_what_is_whole();
        }
        (self.done, failure)
    }

    /// Ends what is open after a mistake. What was being written when it happened is dropped: half
    /// a definition would only bring more findings about what it lacks.
    fn keep_what_is_whole(&mut self) {
        self.open.truncate(2);
        while let Some(open) = self.open.pop() {
            self.close(open);
        }
    }

    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Finding> {
        let place = Place::new(self.file, span.start.line());
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let kind = scalar(&text, style);
                self.value(Node::new(place, kind), anchor);
            }
            Event::SequenceStart(_, anchor, _) => {
                self.start(place, anchor, OpenKind::List(Vec::new()))?;
            }
            Event::MappingStart(_, anchor, _) => {
                self.start(place, anchor, OpenKind::Map(Entries::default()))?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                if let Some(open) = self.open.pop() {
                    self.close(open);
                }
            }
            Event::Alias(anchor) => return self.alias(anchor, &place),
            _ => {}
        }
        Ok(())
    }

    fn start(&mut self, place: Place, anchor: usize, kind: OpenKind) -> Result<(), Finding> {
        if self.open.len() >= DEPTH_MAX {
            let message = format!("lists and mappings nest deeper than {DEPTH_MAX}");
            return Err(self
                .report
                .error(&place, message)
                .hint("the rest of the file is not read"));
        }
        self.open.push(Open { place, anchor, kind });
        Ok(())
    }

    fn close(&mut self, open: Open) {
        let kind = match open.kind {
            OpenKind::List(items) => Kind::List(items),
            OpenKind::Map(mut map) => {
                let merged = std::mem::take(&mut map.merged);
                for (key, value) in merged {
                    if map.seen.insert(key.text.clone()) {
                        map.entries.push((key, value));
                    }
                }
                Kind::Map(map.entries)
            }
        };
        self.value(Node::new(open.place, kind), open.anchor);
    }

    fn alias(&mut self, anchor: usize, place: &Place) -> Result<(), Finding> {
        let Some(node) = self.anchors.get(&anchor).cloned() else {
            return Err(self.report.error(place, "the alias is inside its own anchor"));
        };
        self.aliased = self.aliased.saturating_add(node.weight);
        if self.aliased > ALIAS_MAX {
            let message = format!("the aliases stand for more than {ALIAS_MAX} values");
            return Err(self.report.error(place, message).hint("the rest of the file is not read"));
        }
        self.place_in_parent(node);
        Ok(())
    }

    fn value(&mut self, node: Node, anchor: usize) {
        let node = Arc::new(node);
        if anchor != 0 {
            self.anchors.insert(anchor, Arc::clone(&node));
        }
        self.place_in_parent(node);
    }

    fn place_in_parent(&mut self, node: Arc<Node>) {
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.done.push(node),
            Some(OpenKind::List(items)) => items.push(node),
            Some(OpenKind::Map(map)) => match map.key.take() {
                None => map.key = Some(node),
                Some(key) => entry(map, &key, node, self.report),
            },
        }
    }
}

fn entry(map: &mut Entries, key: &Node, value: Arc<Node>, report: &mut Report) {
    let Kind::Scalar { text, plain } = &key.kind else {
        let found = report.error(&key.place, format!("a key must be a word, not {}", key.what()));
        report.add(found);
        return;
    };
    if *plain && text == "<<" {
        merge(map, &value, report);
        return;
    }
    let key = Written { text: text.clone(), plain: *plain, place: key.place.clone() };
    if map.seen.insert(key.text.clone()) {
        map.entries.push((key, value));
        return;
    }
    let first =
        map.entries.iter().find(|(k, _)| k.text == key.text).map_or(0, |(k, _)| k.place.line);
    let found = report
        .error(&key.place, format!("`{}` is written twice", key.text))
        .hint(format!("the one on line {first} is used"));
    report.add(found);
}

/// `<<: *anchor`, or a list of them: earlier ones win.
fn merge(map: &mut Entries, value: &Node, report: &mut Report) {
    match &value.kind {
        Kind::Map(entries) => map.merged.extend(entries.iter().cloned()),
        Kind::List(items) if items.iter().all(|item| matches!(item.kind, Kind::Map(_))) => {
            for item in items {
                merge(map, item, report);
            }
        }
        _ => {
            let found =
                report.error(&value.place, format!("`<<` takes a mapping, not {}", value.what()));
            report.add(found);
        }
    }
}

fn scalar(text: &str, style: ScalarStyle) -> Kind {
    let plain = matches!(style, ScalarStyle::Plain);
    if plain && matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Kind::Nothing;
    }
    Kind::Scalar { text: text.to_owned(), plain }
}

/// The cause alone: the place is given by the finding.
fn cause(message: &str) -> &str {
    message
        .split(" at byte ")
        .next()
        .and_then(|m| m.split(" at char ").next())
        .unwrap_or(message)
        .trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str) -> (String, Vec<String>) {
        let mut report = Report::default();
        let file: Arc<Path> = Path::new("a.yaml").into();
        let nodes = parse(&file, text.as_bytes(), &mut report);
        let shown = nodes.iter().map(|n| show(n)).collect::<Vec<_>>().join(" --- ");
        let found = report.into_findings();
        (shown, found.iter().map(|f| format!("{}: {}", f.line.unwrap_or(0), f.message)).collect())
    }

    fn show(node: &Node) -> String {
        match &node.kind {
            Kind::Nothing => "nothing".into(),
            Kind::Scalar { text, .. } => format!("{text:?}@{}", node.place.line),
            Kind::List(items) => {
                format!("[{}]", items.iter().map(|n| show(n)).collect::<Vec<_>>().join(", "))
            }
            Kind::Map(entries) => format!(
                "{{{}}}",
                entries
                    .iter()
                    .map(|(k, v)| format!("{}@{}: {}", k.text, k.place.line, show(v)))
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        }
    }

    #[test]
    fn every_key_and_value_knows_its_line() {
        let (tree, found) = check("a: 1\nb:\n  - x\n  - {c: d}\nsql: |\n  select 1\n  from t\n");
        assert_eq!(
            tree,
            r#"{a@1: "1"@1, b@2: ["x"@3, {c@4: "d"@4}], sql@5: "select 1\nfrom t\n"@6}"#
        );
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn anchors_and_merge_keys_are_resolved_and_written_keys_win() {
        let (tree, found) = check("base: &b {x: 1, y: 2}\none:\n  <<: *b\n  y: 3\ntwo: *b\n");
        assert_eq!(
            tree,
            r#"{base@1: {x@1: "1"@1, y@1: "2"@1}, one@2: {y@4: "3"@4, x@1: "1"@1}, two@5: {x@1: "1"@1, y@1: "2"@1}}"#
        );
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn a_mistake_keeps_what_was_whole_before_it() {
        let (tree, found) =
            check("models:\n  - name: a\n  - name: b\n  - name: c\n    x: [1, 2\nvars: }\n");
        assert!(tree.starts_with(r#"{models@1: [{name@2: "a"@2}, {name@3: "b"@3}"#), "{tree}");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("not valid YAML"), "{found:?}");
    }

    #[test]
    fn an_alias_bomb_is_refused_at_once() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
        for level in 1..30 {
            let items = vec![format!("*a{}", level - 1); 9].join(", ");
            text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
        }
        let (_, found) = check(&text);
        assert!(found.iter().any(|f| f.contains("stand for more than")), "{found:?}");
    }

    #[test]
    fn deep_nesting_is_refused() {
        let (_, found) = check(&"[".repeat(100_000));
        assert_eq!(found.len(), 1, "{found:?}");
        let (_, found) =
            check(&(0..500).map(|n| format!("{}a:\n", " ".repeat(n))).collect::<String>());
        assert!(found[0].contains("nest deeper"), "{found:?}");
    }

    #[test]
    fn tabs_twice_written_keys_and_newlines_of_windows_are_found() {
        let (tree, found) = check("a:\n\tb: 1\n\tc: 2\n");
        assert_eq!(tree, r#"{a@1: {b@2: "1"@2, c@3: "2"@3}}"#);
        assert_eq!(found, ["2: a tab is used to indent"]);
        let (tree, found) = check("a: 1\r\na: 2\r\n");
        assert_eq!(tree, r#"{a@1: "1"@1}"#);
        assert_eq!(found, ["1: the file has Windows line endings", "2: `a` is written twice"]);
    }

    #[test]
    fn other_encodings_are_found_and_read_as_far_as_possible() {
        let mut report = Report::default();
        let file: Arc<Path> = Path::new("a.yaml").into();
        let nodes = parse(&file, b"a: 1\nb: caf\xE9\n", &mut report);
        assert_eq!(show(&nodes[0]), "{a@1: \"1\"@1, b@2: \"caf\u{FFFD}\"@2}");
        let found = report.into_findings();
        assert_eq!((found[0].line, found[0].message.as_str()), (Some(2), "the file is not UTF-8"));

        let mut report = Report::default();
        let bytes: Vec<u8> = [0xFF, 0xFE]
            .into_iter()
            .chain("a: 1".encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(show(&parse(&file, &bytes, &mut report)[0]), r#"{a@1: "1"@1}"#);
        assert_eq!(report.into_findings()[0].message, "the file is UTF-16");
    }
}
