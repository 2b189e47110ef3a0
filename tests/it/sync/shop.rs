//! The sample shop in a folder of its own, with a workspace that sends to an inbox of the test.

use muster::inbox::{Act, Inbox, Script};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The content of the variable that the destination's secret stands in.
pub(super) const SECRET: &str = "S3cret-of-the-hook-7f1a";
/// The activation of the issue.
pub(super) const NAME: &str = "lapsed to hook";

/// A source, its workspace and an inbox.
pub(super) struct Shop {
    folder: tempfile::TempDir,
    pub(super) inbox: Inbox,
}

/// What a command printed, and its status.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) out: String,
    pub(super) err: String,
    pub(super) status: i32,
}

impl Ran {
    #[track_caller]
    pub(super) fn ends(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{}{}", self.out, self.err);
        self
    }

    #[track_caller]
    pub(super) fn json(&self) -> Value {
        let told = serde_json::from_str(&self.out);
        told.unwrap_or_else(|error| panic!("{error}: {}{}", self.out, self.err))
    }

    /// An error of the user's making, with all of these words.
    #[track_caller]
    pub(super) fn tells(&self, words: &[&str]) {
        for word in words {
            assert!(self.err.contains(word), "no \"{word}\" in: {}", self.err);
        }
    }
}

impl Shop {
    /// The workspace of the issue.
    pub(super) fn new() -> Self {
        let shop = Self::empty();
        shop.workspace(&[], &[]);
        shop
    }

    /// The same without a workspace.
    pub(super) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("sample_data/shop.duckdb");
        std::fs::copy(sample, folder.path().join("shop.duckdb")).unwrap();
        let inbox = Inbox::start(0, Script::default(), || {}).unwrap();
        Self { folder, inbox }
    }

    /// Writes muster.yaml as in the issue, with more lines for the destination and the activation.
    /// A line of one's own takes the place of one with the same name.
    pub(super) fn workspace(&self, destination: &[&str], activation: &[&str]) {
        let url = format!("url: {}", self.inbox.url());
        let to =
            lines(&["name: hook", "type: webhook", &url, "secret: env:HOOK_SECRET"], destination);
        let usual = [
            "name: lapsed to hook",
            "segment: Lapsed big spenders",
            "destination: hook",
            "mode: mirror",
            "mapping: { email: email, name: \"{{ name }} of {{ city }}\" }",
            "limits: { removals_max_percent: 20 }",
        ];
        self.write(&format!("destinations:\n{to}activations:\n{}", lines(&usual, activation)));
    }

    /// Writes muster.yaml with these destinations and activations, and the segment of the issue.
    pub(super) fn write(&self, text: &str) {
        let segment = "segments:\n  - name: Lapsed big spenders\n    cohort: lapsed\n    \
                       where: lifetime_value > 300\n";
        std::fs::write(self.path("muster.yaml"), format!("version: 1\n{segment}{text}")).unwrap();
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Changes the source.
    pub(super) fn change(&self, sql: &str) {
        duckdb::Connection::open(self.path("shop.duckdb")).unwrap().execute_batch(sql).unwrap();
    }

    /// Asks the source, or files beside it: the first column of each row as text.
    pub(super) fn ask(&self, sql: &str) -> Vec<String> {
        let config = duckdb::Config::default().access_mode(duckdb::AccessMode::ReadOnly).unwrap();
        let file = self.path("shop.duckdb");
        let source = duckdb::Connection::open_with_flags(file, config).unwrap();
        let mut asked = source.prepare(sql).unwrap();
        let rows = asked.query_map([], |row| row.get::<_, String>(0)).unwrap();
        rows.map(Result::unwrap).collect()
    }

    /// Who is in the segment, by key.
    pub(super) fn members(&self) -> Vec<String> {
        let sql = "SELECT CAST(user_id AS VARCHAR) FROM cohorts.lapsed JOIN users USING (user_id)
            WHERE users.lifetime_value > 300 ORDER BY 1 COLLATE \"binary\"";
        self.ask(sql)
    }

    pub(super) fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, &[("HOOK_SECRET", SECRET)])
    }

    pub(super) fn run_with(&self, arguments: &[&str], variables: &[(&str, &str)]) -> Ran {
        let output = self.command(arguments).envs(variables.iter().copied()).output().unwrap();
        Ran {
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
            status: output.status.code().expect("it ended by itself"),
        }
    }

    /// A command in the folder, without any secret.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
        command.args(arguments).current_dir(self.folder.path()).env_remove("HOOK_SECRET");
        command
    }

    /// Syncs the activation of the issue.
    pub(super) fn sync(&self, more: &[&str]) -> Ran {
        self.run(&[&["sync", "shop.duckdb", "--activation", NAME], more].concat())
    }

    pub(super) fn syncs(&self, more: &[&str]) -> Ran {
        self.run(&[&["syncs", "shop.duckdb"], more].concat())
    }

    /// What is done with the next requests for rows.
    pub(super) fn acts(&self, acts: impl IntoIterator<Item = Act>) {
        let mut script = Script::default();
        acts.into_iter().for_each(|act| script.push("/rows", act));
        self.inbox.script(script);
    }

    /// Keys that the inbox holds.
    pub(super) fn held(&self) -> Vec<String> {
        self.inbox.held().rows.keys().cloned().collect()
    }

    /// What the inbox holds of a member.
    pub(super) fn data(&self, key: &str) -> Value {
        serde_json::from_str(&self.inbox.held().rows[key]).unwrap()
    }

    pub(super) fn arrived(&self) -> u64 {
        self.inbox.held().arrived
    }
}

/// An item of a list in YAML.
fn lines(usual: &[&str], own: &[&str]) -> String {
    let name = |line: &str| line.split(':').next().unwrap().to_owned();
    let kept = usual.iter().filter(|line| !own.iter().any(|own| name(own) == name(line)));
    let all: Vec<String> = kept.chain(own).map(|line| format!("    {line}\n")).collect();
    all.concat().replacen("    ", "  - ", 1)
}

/// The counts of a sync in JSON, by these names.
pub(super) fn counts(told: &Value, names: &[&str]) -> Vec<i64> {
    names.iter().map(|name| told[name].as_i64().unwrap_or(-1)).collect()
}
