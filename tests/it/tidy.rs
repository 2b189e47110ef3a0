//! The walls of the house: which room may import which, and where a guest library may be named.

use std::fs;
use std::path::{Path, PathBuf};

/// Which rooms each room may import. A new entry is a decision: write why in ARCHITECTURE.md.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("disk", &["model"]),
    ("language", &["model"]),
    ("define", &["model"]),
    ("sql", &["model"]),
    ("bind", &["model", "language"]),
    ("lens", &["model", "bind"]),
    ("compile", &["model", "bind", "sql"]),
    ("plan", &["model", "define", "sql"]),
    ("identity", &["model"]),
    ("sources", &["model", "disk", "sql", "protocol"]),
    ("protocol", &["model"]),
    ("deliver", &["model", "disk"]),
    ("destinations", &["model"]),
    ("activate", &["model", "disk", "destinations"]),
    ("mapping", &["model", "destinations"]),
    // Stands alone: whatever sends to it must find what any receiver would be.
    ("inbox", &[]),
    (
        "engine",
        &[
            "model",
            "disk",
            "define",
            "language",
            "sql",
            "bind",
            "lens",
            "compile",
            "plan",
            "identity",
            "sources",
            "deliver",
            "provenance",
            "protocol",
            "destinations",
            "activate",
            "mapping",
            "inbox",
        ],
    ),
    ("provenance", &["model", "disk"]),
    ("state", &["model", "language", "protocol", "destinations"]),
    ("ui", &["model", "language", "state", "destinations"]),
    ("app", &["model", "disk", "language", "protocol", "state", "ui", "engine"]),
    (
        "cli",
        &[
            "model", "disk", "define", "language", "protocol", "engine", "deliver", "activate",
            "inbox",
        ],
    ),
];

/// The rooms or files in which each guest library may be named.
const GUEST_ROOMS: &[(&str, &[&str])] = &[
    ("multiversion::", &["lens/"]),
    ("crc32fast::", &["engine/remembered/"]),
    ("duckdb::", &["engine/store.rs", "engine/store/", "sql/"]),
    ("egui::", &["ui/", "app/"]),
    ("eframe::", &["ui/", "app/"]),
    ("egui_plot::", &["ui/"]),
    ("rfd::", &["app/dialogs.rs"]),
    ("opener::", &["app/window.rs"]),
    ("sqlparser::", &["language/", "plan/dialect/"]),
    ("serde_saphyr::", &["engine/workspace.rs", "app/settings.rs", "define/files/yaml.rs"]),
    ("minijinja::", &["define/texts/", "destinations/template.rs"]),
    ("polars::", &["engine/arrow.rs", "engine/store.rs", "engine/sync/plan.rs", "mapping/"]),
    ("ureq::", &["activate/wire.rs"]),
    ("postgres::", &["activate/table.rs"]),
    ("rustls::", &["activate/table.rs"]),
    ("keyring::", &["activate/secrets.rs"]),
    ("cronexpr::", &["activate/schedule.rs"]),
    ("phonenumber::", &["destinations/normal.rs"]),
    ("hyper::", &["inbox/"]),
    ("tokio::", &["inbox/"]),
    ("gix::", &["provenance/"]),
    ("rustix::", &["disk/"]),
    ("signal_hook::", &["disk/"]),
    ("tempfile::", &["disk/"]),
    ("landlock::", &["disk/"]),
    ("chardetng::", &["sources/csv/"]),
    ("encoding_rs::", &["sources/csv/"]),
    ("encoding_rs_io::", &["sources/csv/"]),
    ("flate2::", &["disk/", "sources/csv/encoding.rs"]),
    ("zstd::", &["disk/", "sources/csv/encoding.rs"]),
    ("rusqlite::", &["sources/sqlite.rs", "activate/ledger/"]),
    ("calamine::", &["sources/workbook.rs"]),
    ("zip::", &["sources/workbook.rs"]),
    ("gix_imara_diff::", &["provenance/"]),
    ("rust_xlsxwriter::", &["engine/", "deliver/"]),
];

/// What reaches a person, and the one file that may call it: there, what cannot be seen in names
/// and values is made visible.
const WAYS_OUT: &[(&str, &str)] = &[
    ("stdout()", "cli/print.rs"),
    ("stderr()", "cli/print.rs"),
    ("println!", "nowhere"),
    ("print!(", "nowhere"),
    ("dbg!(", "nowhere"),
    (".print()", "nowhere"),
    ("RichText::new", "ui/theme.rs"),
];

/// How files are opened, made and renamed without the care that `disk` takes.
const BARE: &[&str] = &[
    "File::open",
    "File::create",
    "OpenOptions",
    "fs::read(",
    "fs::read_to_string",
    "fs::write",
    "fs::copy",
    "fs::rename",
];

pub(crate) fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    walk(&root, &mut found);
    found.sort();
    found
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

/// The text before the unit tests, without comments: tests may look over the wall.
pub(crate) fn code(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let code = code.split("#[cfg(all(test,").next().unwrap_or_default();
    code.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn rooms_import_only_what_they_may() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let room = file.split('/').next().unwrap().trim_end_matches(".rs");
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == room) else {
            assert!(["lib", "main"].contains(&room), "{file} is in no known room");
            continue;
        };
        for used in code(&text).split("crate::").skip(1) {
            let other: String =
                used.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let known = MAY_IMPORT.iter().any(|(name, _)| *name == other);
            if known && other != room && !allowed.contains(&other.as_str()) {
                wrong.push(format!("{file} imports {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn guests_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        for (guest, rooms) in GUEST_ROOMS {
            let named = code(&text).split(guest).collect::<Vec<_>>().windows(2).any(|pair| {
                // `egui::` is also the end of another name, such as `my_egui::`.
                !pair[0].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':')
            });
            if named && !rooms.iter().any(|room| file.starts_with(room)) {
                wrong.push(format!("{file} names {guest}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_is_shown_goes_out_by_one_door() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        for (way, door) in WAYS_OUT {
            if file != *door && code(&text).contains(way) {
                wrong.push(format!("{file} calls {way}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_are_opened_and_made_by_disk() {
    let mut wrong = Vec::new();
    for (file, text) in sources().iter().filter(|(file, _)| !file.starts_with("disk/")) {
        let bare = BARE.iter().filter(|bare| code(text).contains(**bare));
        wrong.extend(bare.map(|bare| format!("{file} names {bare}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What a statement is called in the head of a function.
const STATEMENTS: &[&str] = &["sql: &str", "query: &str", "statement: &str"];

#[test]
fn no_statement_reaches_the_store_as_text() {
    let mut wrong = Vec::new();
    for (file, text) in sources().iter().filter(|(file, _)| file.starts_with("engine/store")) {
        // The parser only counts statements, and runs none.
        let doors = ["pub fn ", "pub(in crate::engine) fn "];
        for door in doors.iter().filter(|_| file != "engine/store/parser.rs") {
            for head in code(text).split(door).skip(1) {
                let head = head.split('{').next().unwrap_or_default();
                if STATEMENTS.iter().any(|text| head.contains(text)) {
                    wrong.push(format!("{file}: {}", head.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Where the words of others are read that come without a kind: those of the database, and those
/// of the parser of typed conditions. They leave as values.
const READERS: &[&str] =
    &["engine/store/error.rs", "engine/store/words.rs", "language/mistakes.rs"];

/// Where code decides by the words of a message, as the pieces that do: it is searched, compared
/// with a text or a constant, or matched with texts.
fn decides_by_message(code: &str) -> Vec<String> {
    let told = r"\b(?:message|what|hint|why|told|reason|error|failure|fault|finding|trouble)\b";
    // `iter` is not among them: what is iterated is a list, and no text.
    let as_text = r"(?:\s*\.(?:message|detail|to_\w+|as_\w+|clone|trim|lines|next|unwrap\w*)\(\))*";
    let read = r"contains|starts_with|ends_with|find|strip_\w+|r?split_once|matches|eq\w*";
    [
        format!(r"{told}(?:\(\))?{as_text}\s*\.(?:{read})\("),
        format!(r#"{told}(?:\(\))?{as_text} [=!]= [&*]*"[^"]"#),
        // Reasons may be numbers, which are constants too.
        format!(r"\b(?:message|what|hint|told){as_text} [=!]= [&*]*(?:\w+::)*[A-Z][A-Z0-9_]+\b"),
        format!(r#"" [=!]= [&*]*(?:\w+\.)*{told}"#),
        format!(r"\.(?:is_match|contains|find)\([&*]*(?:\w+\.)*{told}{as_text}\)"),
        format!(r"\bmatch(?:es!\()?\s*[&*]*(?:\w+\.)*{told}\.as_(?:str|ref|deref)\(\)"),
        r#"\bSome\("[a-z]+ [a-z]+ [a-z ]+"\) =>"#.to_owned(),
    ]
    .iter()
    .flat_map(|pattern| {
        let pattern = regex::Regex::new(pattern).unwrap();
        pattern.find_iter(code).map(|found| found.as_str().to_owned()).collect::<Vec<_>>()
    })
    .collect()
}

#[test]
fn nothing_is_decided_by_reading_a_message() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        if READERS.contains(&file.as_str()) || file.ends_with("/tests.rs") {
            continue;
        }
        let found = decides_by_message(&code(&text));
        wrong.extend(found.into_iter().map(|piece| format!("{file}: {piece}")));
    }
    assert!(wrong.is_empty(), "give it a kind that says what happens next: {wrong:#?}");
}

#[test]
fn what_reads_a_message_is_seen() {
    for code in [
        r#"let elsewhere = message.contains("Attempting to write");"#,
        r#"errors().find(|f| !f.message.contains("gives no edges"))"#,
        r#"Err(StoreError::Sql { what, .. }) if what.starts_with("Parser Error") => {}"#,
        "parts.iter().any(|part| failure.what.contains(part))",
        "error\n    .to_string()\n    .contains(\"locked\")",
        "if message == REFUSAL {",
        r#"if failure.hint != "try again" {"#,
        r#"if "cancelled" == failure.what {"#,
        "pattern.is_match(&failure.what)",
        r#"match failure.what.as_str() { "cancelled" => {} }"#,
        r#"["a pipe", "a device"].contains(what)"#,
    ] {
        assert!(!decides_by_message(code).is_empty(), "{code}");
    }
    for code in [
        "if failure.kind == FailureKind::Limit {",
        "error.cause() == Some(Cause::Aftermath)",
        "if failure.hint.is_empty() {",
        "output.what == Holds::Table",
        "why.iter().map(|why| why.code).find(|why| *why != NONE)",
        "error.kind() == io::ErrorKind::NotFound",
        r#"format!("{message}, such as \"{example}\"")"#,
    ] {
        assert_eq!(decides_by_message(code), Vec::<String>::new(), "{code}");
    }
}

#[test]
fn statements_are_composed_by_few() {
    // Conditions and charts, and what a project defines, are composed of pieces; all other
    // statements stand in `sql`, which is asked for them.
    let composers = ["sql/", "compile/", "plan/"];
    // Only a plan has text of a project, and what tells its statements apart.
    let of_projects = ["plan/", "engine/builder/project_sql.rs"];
    let doors: [(&str, &[&str]); 4] = [
        ("Sql::fill", &composers),
        ("Sql::raw", &composers),
        ("Sql::join", &composers),
        ("Sql::of_project", &of_projects),
    ];
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let code = code(&text);
        for (door, rooms) in &doors {
            if code.contains(door) && !rooms.iter().any(|room| file.starts_with(room)) {
                wrong.push(format!("{file}: {door}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<String> = sources()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(file, _)| file)
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn no_test_file_is_forgotten() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it");
    let main = fs::read_to_string(folder.join("main.rs")).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_module = path.is_dir() || path.extension().is_some_and(|e| e == "rs");
        if is_module && stem != "main" {
            assert!(main.contains(&format!("mod {stem};")), "{} is never run", path.display());
        }
    }
}
