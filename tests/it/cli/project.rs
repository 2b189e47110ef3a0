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
fn a_feature_is_shown_with_what_it_is_read_from() {
    let project = case("as_written");
    let shown = run(&project, &["show", ".", "--json"]).json();
    let features = shown["entities"][0]["features"].as_array().unwrap();
    let loans = features.iter().find(|f| f["name"] == "loans_n").unwrap();
    assert_eq!(
        (&loans["from"], &loans["where"]),
        (&"input loans".into(), &"title is not null".into())
    );
    let text = run(&project, &["show", "."]).good();
    assert!(text.contains("count(*) from input loans where title is not null"), "{text}");
}

#[test]
fn somebody_is_found_by_any_id_of_the_graph_and_a_run_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data.duckdb");
    let rows = std::fs::read_to_string(case("as_written").join("data.sql")).unwrap();
    duckdb::Connection::open(&data).unwrap().execute_batch(&rows).unwrap();
    let (project, built) = (case("as_written"), folder.path().join("built.duckdb"));
    let (project, built) = (project.to_str().unwrap(), built.to_str().unwrap());
    let end = ["--end-time", "2026-11-20T06:00:00Z"];
    let build = ["build", project, "--data", data.to_str().unwrap(), "--into", built];
    run(folder.path(), &[&build[..], &end[..]].concat());
    let of = |id: &str| run(folder.path(), &["profile", built, "--entity", "reader", "--id", id]);
    assert!(of("card=k1").good().contains("Emma"));
    assert!(of("MAIL=bo@example.org").good().contains("Ulysses"));
    let unknown = of("card=k9").fails(1);
    assert!(unknown.contains("no reader has card = k9"), "{unknown}");
    let misspelt = of("crad=k1").fails(2);
    assert!(
        misspelt.contains("has no feature crad")
            && misspelt.contains("its id types are mail, card"),
        "{misspelt}"
    );
    let count = ["count", built, "--cohort", "reader/all", "--as-of", "1"];
    let counted = run(folder.path(), &count).good();
    assert!(counted.contains("run 1, up to 2026-11-20 06:00:00 UTC"), "{counted}");
}

#[test]
fn counting_in_a_project_says_that_it_is_not_built() {
    let failed = run(&case("schema_69_cohorts"), &["count", ".", "--cohort", "germans"]).fails(2);
    assert!(failed.contains("is not built yet") && failed.contains("muster build"), "{failed}");
}

/// A copy of the sample project, and the sample shop beside it.
fn sample() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data");
    let models = folder.path().join("profiles/models");
    std::fs::create_dir_all(&models).unwrap();
    std::fs::copy(
        root.join("profiles/pb_project.yaml"),
        folder.path().join("profiles/pb_project.yaml"),
    )
    .unwrap();
    for entry in std::fs::read_dir(root.join("profiles/models")).unwrap() {
        let path = entry.unwrap().path();
        std::fs::copy(&path, models.join(path.file_name().unwrap())).unwrap();
    }
    std::fs::copy(root.join("shop.duckdb"), folder.path().join("shop.duckdb")).unwrap();
    folder
}

#[test]
fn a_compiled_project_replaces_its_own_files_only() {
    let folder = sample();
    let at = folder.path();
    let compiled = run(at, &["compile", "profiles", "--to", "plan", "--json"]).json();
    let files = compiled["files"].as_array().unwrap();
    assert!(files.iter().any(|f| f == "plan.json") && files.iter().any(|f| f == "plan.svg"));
    for file in files {
        assert!(at.join("plan").join(file.as_str().unwrap()).is_file(), "{file}");
    }
    std::fs::write(at.join("plan/999_mine.txt"), "mine").unwrap();
    std::fs::write(at.join("plan/900_my_own.sql"), "mine").unwrap();
    let part = ["compile", "profiles", "--to", "plan", "--select", "account", "--json"];
    let fewer = run(at, &part).json();
    for file in ["999_mine.txt", "900_my_own.sql"] {
        assert!(at.join("plan").join(file).is_file(), "a file of the person's own stays");
    }
    let left = std::fs::read_dir(at.join("plan")).unwrap().count();
    assert_eq!(left, fewer["files"].as_array().unwrap().len() + 2, "a step that is no more goes");
    std::fs::create_dir(at.join("other")).unwrap();
    std::fs::write(at.join("other/plan.json"), "{}").unwrap();
    let refused = run(at, &["compile", "profiles", "--to", "other"]).fails(2);
    assert!(refused.contains("left as it is"), "{refused}");
}

#[test]
fn a_project_is_built_and_counted_as_of_each_run() {
    let folder = sample();
    let at = folder.path();
    let project = content(&at.join("profiles"));
    let build = |end: &str| {
        let line = [
            "build",
            "profiles",
            "--data",
            "shop.duckdb",
            "--into",
            "b.duckdb",
            "--json",
            "--end-time",
            end,
        ];
        run(at, &line).json()
    };
    let first = build("2026-11-01");
    let second = build("2026-11-20T06:00:00Z");
    assert_eq!((first["run"].as_u64(), second["run"].as_u64()), (Some(1), Some(2)));
    assert!(second["ids"][0]["checked"].as_str().unwrap().starts_with("checked"));
    let size = |built: &serde_json::Value| {
        let all = built["cohorts"].as_array().unwrap();
        all.iter().find(|c| c["cohort"] == "big_spenders").unwrap()["size"].as_u64()
    };
    let count = |more: &[&str]| {
        let line = [&["count", "b.duckdb", "--cohort", "big_spenders", "--json"], more].concat();
        run(at, &line).json()
    };
    let (latest, past) = (count(&[]), count(&["--as-of", "1"]));
    assert_eq!((latest["size"].as_u64(), latest["as_of"].as_str()), (size(&second), Some("2")));
    assert_eq!((past["size"].as_u64(), past["as_of"].as_str()), (size(&first), Some("1")));
    assert_ne!(latest["size"], past["size"]);
    let failed =
        run(at, &["count", "b.duckdb", "--cohort", "big_spenders", "--as-of", "7"]).fails(2);
    assert!(failed.contains("there is no run 7") && failed.contains("available: 1, 2"), "{failed}");
    let failed =
        run(at, &["count", "shop.duckdb", "--cohort", "user/all", "--as-of", "1"]).fails(2);
    assert!(failed.contains("keeps no runs"), "{failed}");

    // A list of a past run is made again as it was, whatever was built since.
    let list = ["export", "b.duckdb", "--cohort", "big_spenders", "--as-of", "1", "--to", "l.csv"];
    run(at, &list).good();
    build("2026-11-21");
    assert!(
        run(at, &["verify", "l.csv", "--rebuild"]).good().contains("same"),
        "it is the same list"
    );

    let shown = run(at, &["show", "b.duckdb", "--json"]).json();
    assert_eq!(shown["runs"].as_array().unwrap().len(), 3);
    let user = shown["entities"].as_array().unwrap().iter().find(|e| e["name"] == "user").unwrap();
    assert_eq!(user["key"], "user_main_id");
    let big =
        user["cohorts"].as_array().unwrap().iter().find(|c| c["name"] == "big_spenders").unwrap();
    assert_eq!(big["extends"], "known_customers");
    assert!(big["origin"].as_str().unwrap().starts_with("models/cohorts.yaml:"));
    let email =
        user["features"].as_array().unwrap().iter().find(|f| f["name"] == "contact_email").unwrap();
    assert_eq!(email["personal"], true);
    assert_eq!(content(&at.join("profiles")), project, "no file of the project was touched");

    // Into the project's own output folder, and the project opened there.
    let line = [
        "build",
        "profiles",
        "--data",
        "shop.duckdb",
        "--end-time",
        "2026-11-20T06:00:00Z",
        "--select",
        "big_spenders,user",
    ];
    run(at, &line).good();
    assert!(at.join("profiles/output/sample_shop.duckdb").is_file());
    let counted = run(at, &["count", "profiles", "--cohort", "big_spenders", "--json"]).json();
    assert_eq!(counted["size"], latest["size"]);
    let failed = run(at, &["build", "profiles", "--select", "nobody"]).fails(2);
    assert!(failed.contains("nothing called \"nobody\""), "{failed}");
}

#[test]
fn who_changed_a_definition_is_shown_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in content(&case("schema_69_cohorts")) {
        let to = folder.path().join(path.strip_prefix(case("schema_69_cohorts")).unwrap());
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, text).unwrap();
    }
    let without = run(folder.path(), &["show", ".", "--git"]).good();
    assert!(!without.contains("not committed"), "there is no repository: {without}");
    gix::init(folder.path()).unwrap();
    let new = run(folder.path(), &["show", ".", "--git"]).good();
    assert!(new.contains("last change") && new.contains("not committed"), "{new}");
    assert!(!run(folder.path(), &["show", "."]).good().contains("not committed"));
}
