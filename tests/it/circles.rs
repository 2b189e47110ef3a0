//! Files of the program import each other in one direction: none of them, by way of others, uses
//! what uses it. What a file takes from the face of its own room (`mod.rs`) does not count: a face
//! names its parts.

use crate::tidy::{code, sources};
use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};

/// The parts of the path of a module: `plan::dialect::calls`.
type Path = Vec<String>;

/// The program's files by module.
struct House {
    code: BTreeMap<String, String>,
    files: BTreeMap<Path, String>,
    used: Regex,
    inline: Regex,
}

/// The module that a file is; nothing for the roots of the crate.
fn module(file: &str) -> Option<Path> {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    (!["lib", "main"].contains(&path)).then(|| path.split('/').map(str::to_owned).collect())
}

/// `a::{b, c::d}` as `a::b` and `a::c::d`.
fn flat(tree: &str, found: &mut Vec<Path>, before: &[String]) {
    let tree = tree.trim();
    let (head, inner) = match tree.split_once('{') {
        Some((head, inner)) => (head.trim_end_matches("::"), inner.strip_suffix('}')),
        None => (tree.split(" as ").next().unwrap_or(tree), None),
    };
    let mut path = before.to_vec();
    path.extend(head.split("::").filter(|part| !part.is_empty()).map(|part| part.trim().into()));
    let Some(inner) = inner else { return found.push(path) };
    let (mut depth, mut start) = (0, 0);
    for (at, c) in inner.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                flat(&inner[start..at], found, &path);
                start = at + 1;
            }
            _ => {}
        }
    }
    if !inner[start..].trim().is_empty() {
        flat(&inner[start..], found, &path);
    }
}

impl House {
    fn new() -> Self {
        let code: BTreeMap<String, String> =
            sources().into_iter().map(|(file, text)| (file, code(&text))).collect();
        let files = code.keys().filter_map(|file| Some((module(file)?, file.clone()))).collect();
        let used = Regex::new(r"(pub(?:\([\w: ]+\))? )?\buse ([^;]+);").unwrap();
        let inline = Regex::new(r"\b(?:crate|super|self)(?:::\w+)+").unwrap();
        Self { code, files, used, inline }
    }

    /// A path as written in a file, from the root of the crate.
    fn absolute(&self, file: &str, path: &[String]) -> Option<Path> {
        let mut at = module(file)?;
        let mut rest = path;
        match rest.first()?.as_str() {
            "crate" => (at, rest) = (Vec::new(), &rest[1..]),
            "self" => rest = &rest[1..],
            "super" => {
                while rest.first().is_some_and(|part| part == "super") {
                    at.pop();
                    rest = &rest[1..];
                }
            }
            first => {
                let inner: Path = at.iter().cloned().chain([first.to_owned()]).collect();
                self.files.get(&inner)?;
            }
        }
        at.extend_from_slice(rest);
        Some(at)
    }

    /// The file in which what a path names is defined, also where a face hands it on.
    fn home(&self, path: &[String], depth: usize) -> Option<&String> {
        let length = (1..=path.len()).rev().find(|n| self.files.contains_key(&path[..*n]))?;
        let file = &self.files[&path[..length]];
        let handed_on = path.get(length).filter(|_| depth < 6).and_then(|name| {
            let given = self.used.captures_iter(&self.code[file]).filter(|c| c.get(1).is_some());
            let mut all = Vec::new();
            given.for_each(|tree| flat(&tree[2], &mut all, &[]));
            let given = all.into_iter().find(|given| given.last() == Some(name))?;
            let given = self.absolute(file, &given).filter(|given| *given != path)?;
            self.home(&given, depth + 1)
        });
        handed_on.or(Some(file))
    }

    /// The files that a file takes something from.
    fn uses(&self, file: &str) -> BTreeSet<String> {
        let code = &self.code[file];
        let mut paths = Vec::new();
        self.used.captures_iter(code).for_each(|tree| flat(&tree[2], &mut paths, &[]));
        let rest = self.used.replace_all(code, "");
        for path in self.inline.find_iter(&rest) {
            paths.push(path.as_str().split("::").map(str::to_owned).collect());
        }
        for path in paths.clone() {
            // Items that are named by way of their module.
            let Some(name) = path.last().filter(|name| name.chars().all(|c| !c.is_uppercase()))
            else {
                continue;
            };
            for (at, _) in rest.match_indices(&format!("{name}::")) {
                let item =
                    rest[at + name.len() + 2..].split(|c: char| !c.is_alphanumeric() && c != '_');
                let item = item.into_iter().next().unwrap_or_default();
                paths.push(path.iter().cloned().chain([item.to_owned()]).collect());
            }
        }
        let own = module(file).unwrap_or_default();
        let homes = paths.iter().filter_map(|path| self.home(&self.absolute(file, path)?, 0));
        homes.filter(|home| module(home).is_some_and(|m| !own.starts_with(&m))).cloned().collect()
    }
}

#[test]
fn no_file_uses_by_way_of_others_what_uses_it() {
    let house = House::new();
    let mut arrows: BTreeMap<&String, BTreeSet<String>> =
        house.code.keys().map(|file| (file, house.uses(file))).collect();
    assert!(arrows.values().map(BTreeSet::len).sum::<usize>() > 500, "imports are read");
    // Whoever uses nothing that is left, or is used by nothing that is left, is in no circle.
    loop {
        let left: BTreeSet<String> = arrows.keys().map(|file| (*file).clone()).collect();
        let used: BTreeSet<String> = arrows.values().flatten().cloned().collect();
        arrows.values_mut().for_each(|uses| uses.retain(|file| left.contains(file)));
        arrows.retain(|file, uses| !uses.is_empty() && used.contains(*file));
        if arrows.len() == left.len() {
            break;
        }
    }
    assert!(arrows.is_empty(), "{arrows:#?}");
}
