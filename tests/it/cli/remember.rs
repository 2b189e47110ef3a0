//! What is remembered of a source: it opens with the same answers, and nothing of a row is kept.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A value of one row only, which a finding names as its example.
const PRIVATE: &str = "ada.lovelace@private.example";

/// A folder with a source that takes its time, and a cache of its own.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(place.folder.path().join("data")).unwrap();
        place.write_users("");
        place
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn write_users(&self, more: &str) {
        let mut text = "user_id,name,score\n".to_owned();
        for n in 0..150_000 {
            writeln!(text, "{n},user {n},{}", n % 100).unwrap();
        }
        // One value that keeps a column text, and so is an example.
        writeln!(text, "150000,x,{PRIVATE}").unwrap();
        std::fs::write(self.data().join("users.csv"), text + more).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> String {
        let run = Command::new(env!("CARGO_BIN_EXE_muster"))
            .args(arguments)
            .env("XDG_CACHE_HOME", self.folder.path().join("cache"))
            .env("HOME", self.folder.path())
            .output()
            .unwrap();
        assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
        String::from_utf8(run.stdout).unwrap()
    }

    fn show(&self) -> serde_json::Value {
        serde_json::from_str(&self.run(&["show", self.data().to_str().unwrap(), "--json"])).unwrap()
    }

    fn count(&self, condition: &str) -> serde_json::Value {
        let data = self.data();
        let asked = ["count", data.to_str().unwrap(), "--cohort", "user/all", "--json", "--where"];
        let text = self.run(&[asked.as_slice(), &[condition]].concat());
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["size"].clone()
    }

    fn kept(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        collect(&self.folder.path().join("cache"), &mut found);
        found
    }
}

fn collect(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { collect(&path, found) } else { found.push(path) }
    }
}

#[test]
fn a_source_that_did_not_change_gives_the_same_answers() {
    let place = Place::new();
    let first = place.show();
    assert_eq!(place.kept().len(), 1);
    assert_eq!(place.show(), first);
    assert_eq!(place.count("user_id < 10"), 10);
    assert_eq!(place.count("user_id < 10"), 10);
}

#[test]
fn nothing_of_a_row_is_kept_and_only_its_owner_reads_it() {
    let place = Place::new();
    let told = place.run(&["check", place.data().to_str().unwrap()]);
    assert!(told.contains(PRIVATE), "{told}");
    let [file] = place.kept().try_into().unwrap();
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(kept.contains("score is kept as text"), "{kept}");
    assert!(!kept.contains(PRIVATE) && !kept.contains("user 77"), "{kept}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
    }
}

#[test]
fn a_change_of_any_file_is_another_source() {
    let place = Place::new();
    let size = |shown: &serde_json::Value| shown["entities"][0]["size"].clone();
    assert_eq!(size(&place.show()), 150_001);
    place.write_users("150001,y,5\n");
    assert_eq!(size(&place.show()), 150_002);
    std::fs::write(place.data().join("orders.csv"), "order_id,user_id\n1,5\n2,5\n").unwrap();
    assert_eq!(place.show()["tables"].as_array().unwrap().len(), 2);
    assert_eq!(place.count("count(orders) >= 2"), 1);
}

#[test]
fn what_is_kept_is_forgotten_when_asked_and_a_damaged_file_does_no_harm() {
    let place = Place::new();
    let first = place.show();
    let [file] = place.kept().try_into().unwrap();
    std::fs::write(&file, "{\"files\": [").unwrap();
    assert_eq!(place.show(), first);
    assert_eq!(place.run(&["forget"]).trim(), "Forgot what was found in 1 source");
    assert!(place.kept().is_empty());
    assert_eq!(place.run(&["forget"]).trim(), "Forgot what was found in 0 sources");
}
