//! Damaged projects: whatever is written, reading and planning give findings and come to an end.
//!
//! The cases are the corpus. A few thousand mutants run with the other tests; `MUSTER_FUZZ=N` runs
//! N of them, and `MUSTER_FUZZ_FROM=S` begins with number S, which is how one is run again.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::define::files;
use jiff::civil::date;
use muster::define;
use muster::engine::builder;

/// Mutants that run with the other tests.
const FEW: u64 = 1_500;

/// Pieces that mean something to a reader of YAML, of templates or of SQL.
const PIECES: [&str; 40] = [
    "{{",
    "}}",
    "{%",
    "%}",
    "{#",
    "- ",
    ": ",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    "\t",
    "|",
    ">",
    "&a ",
    "*a",
    "<<: *a",
    "name: x",
    "null",
    "~",
    "{{user.Var('x')}}",
    "{{this.DeRef('models/ids')}}",
    "{% for x in [1,2] %}",
    "{% endfor %}",
    "{% if true %}",
    "{% endif %}",
    "models/ids",
    "user/all",
    "--",
    "/*",
    "::",
    "select 1",
    "\u{feff}",
    "\r\n",
    "é",
    "\u{e002}",
    "999999999999999999999",
    ";",
];

struct Dice(u64);

impl Dice {
    /// A number below `most`, by the generator of G. Marsaglia, "Xorshift RNGs", 2003.
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most.max(1) as u64) as usize
    }
}

type Files = Vec<(PathBuf, Vec<u8>)>;

fn corpus() -> Vec<Files> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders: BTreeSet<PathBuf> = BTreeSet::from([root.join("sample_data/profiles")]);
    folders.extend(fs::read_dir(root.join("tests/cases")).unwrap().map(|e| e.unwrap().path()));
    folders.iter().map(|folder| files(folder)).collect()
}

fn mutate(text: &mut Vec<u8>, other: &[u8], dice: &mut Dice) {
    let at = dice.below(text.len() + 1);
    let lines: Vec<&[u8]> = text.split_inclusive(|b| *b == b'\n').collect();
    let line = dice.below(lines.len());
    let joined = |lines: Vec<&[u8]>| lines.concat();
    match dice.below(9) {
        0 if !lines.is_empty() => {
            let mut lines = lines;
            lines.remove(line);
            *text = joined(lines);
        }
        1 if !lines.is_empty() => {
            let mut lines = lines;
            let again = lines[line];
            for _ in 0..=dice.below(40) {
                lines.insert(line, again);
            }
            *text = joined(lines);
        }
        2 if !lines.is_empty() => {
            let mut lines = lines;
            let to = dice.below(lines.len());
            lines.swap(line, to);
            *text = joined(lines);
        }
        3 => {
            let piece = PIECES[dice.below(PIECES.len())];
            text.splice(at..at, piece.bytes());
        }
        4 if at < text.len() => text[at] = dice.below(256) as u8,
        5 => text.truncate(at),
        6 => {
            let from = dice.below(other.len() + 1);
            let to = (from + dice.below(200)).min(other.len());
            text.splice(at..at, other[from..to].iter().copied());
        }
        7 if at < text.len() => {
            let to = (at + dice.below(30)).min(text.len());
            text.drain(at..to);
        }
        _ => {
            let spaces = vec![b' '; dice.below(9)];
            text.splice(at..at, spaces);
        }
    }
}

#[test]
fn damaged_projects_are_read_and_planned_without_a_crash() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (from, count) =
        (number("MUSTER_FUZZ_FROM").unwrap_or(1), number("MUSTER_FUZZ").unwrap_or(FEW));
    let corpus = corpus();
    let end = date(2026, 1, 1).at(0, 0, 0, 0);
    for seed in from..from + count {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let mut files = corpus[dice.below(corpus.len())].clone();
        let others = &corpus[dice.below(corpus.len())];
        for _ in 0..=dice.below(6) {
            let at = dice.below(files.len());
            let other = &others[dice.below(others.len())].1;
            mutate(&mut files[at].1, other, &mut dice);
        }
        let done = std::panic::catch_unwind(|| {
            let (project, findings) = define::read(&files, Path::new(""), None);
            let compiled = builder::compile(&project, Path::new(""), end, BTreeSet::new());
            (findings.len(), compiled.files.len())
        });
        assert!(done.is_ok(), "mutant {seed} is not read: MUSTER_FUZZ_FROM={seed} MUSTER_FUZZ=1");
    }
}
