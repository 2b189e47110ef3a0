//! A Profiles project on the command line: shown and checked, never changed.

use super::run;
use std::path::{Path, PathBuf};

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name)
}

/// Every file of a folder with its content.
fn content(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(content(&path));
        } else {
            found.push((path.clone(), std::fs::read(path).unwrap()));
        }
    }
    found.sort();
    found
}

#[test]
fn a_project_is_shown_with_the_place_of_each_definition() {
    let project = case("schema_69_cohorts");
    let before = content(&project);
    let shown = run(&project, &["show", ".", "--json"]).json();
    assert_eq!(shown["kind"], "profiles");
    let user = &shown["entities"][0];
    assert_eq!(user["name"], "user");
    assert!(user["size"].is_null(), "nothing is computed");
    let names: Vec<_> = user["cohorts"].as_array().unwrap().iter().map(|c| &c["name"]).collect();
    assert_eq!(names, ["known_users", "germans", "step_1", "step_2", "step_3"]);
    assert_eq!(user["cohorts"][1]["extends"], "known_users");
    assert_eq!(user["cohorts"][1]["origin"], "models/cohorts.yaml:12");
    assert!(run(&project, &["show", "pb_project.yaml"]).good().contains("known_users"));
    assert_eq!(content(&project), before);
}

#[test]
fn a_project_with_errors_names_each_with_file_and_line_and_ends_with_1() {
    let project = case("bad_references");
    let checked = run(&project, &["check", ".", "--json"]);
    assert_eq!(checked.status, 1, "{}", checked.err);
    let checked: serde_json::Value = serde_json::from_str(&checked.out).unwrap();
    assert!(checked["errors"].as_u64().unwrap() > 1);
    for finding in checked["findings"].as_array().unwrap() {
        assert!(finding["file"].is_string() && finding["line"].is_number(), "{finding}");
    }
    let good = run(&case("schema_30_flat"), &["check", "."]);
    assert_eq!(good.status, 0, "{}{}", good.out, good.err);
}

#[test]
fn counting_in_a_project_says_that_it_is_not_built() {
    let failed = run(&case("schema_69_cohorts"), &["count", ".", "--cohort", "germans"]).fails(2);
    assert!(failed.contains("Profiles project"), "{failed}");
}
