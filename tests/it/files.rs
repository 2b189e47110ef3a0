//! Somebody else's files, folders, projects, workspaces and manifests lead neither reading nor
//! writing astray, and nothing waits on a pipe. Real pipes, links and signals, through the real
//! binary.
#![cfg(unix)]

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use duckdb::Connection;
use rustix::process::{Pid, Signal, kill_process};

/// A command that has not ended by then hangs.
const PATIENCE: Duration = Duration::from_secs(40);

/// A folder with what a test makes, and one for the temporary files of the commands.
struct Place {
    folder: tempfile::TempDir,
}

struct Ran {
    status: Option<i32>,
    said: String,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(place.at("tmp")).unwrap();
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    fn pipe(&self, name: &str) -> PathBuf {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    }

    fn link(&self, to: impl AsRef<Path>, name: &str) -> PathBuf {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(to, &path).unwrap();
        path
    }

    fn users(&self, name: &str) -> PathBuf {
        self.file(
            name,
            "user_id,email,city\n1,a@x.example,Rome\n2,b@x.example,Oslo\n3,c@x.example,Bari\n",
        )
    }

    fn database(&self, name: &str) -> PathBuf {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let made = Connection::open(&path).unwrap();
        made.execute_batch("CREATE TABLE users AS SELECT i AS user_id FROM range(9) t(i)").unwrap();
        path
    }

    /// A project whose input is `table` or a file, with one SQL model.
    fn project(&self, input: &str, sql: &str) -> PathBuf {
        self.file("proj/pb_project.yaml", "name: trial\nschema_version: 85\nconnection: wh\nmodel_folders: [models]\nentities:\n  - name: user\n    id_stitcher: models/user_ids\n    id_types: [user_id, email]\nid_types: [{name: user_id}, {name: email}]\n");
        self.file("proj/models/all.yaml", &format!("inputs:\n  - name: visits\n    app_defaults:\n      {input}\n      occurred_at_col: at\n      ids: [{{select: user_id, type: user_id, entity: user}}, {{select: email, type: email, entity: user}}]\nmodels:\n  - name: user_ids\n    model_type: id_stitcher\n    model_spec: {{entity_key: user, edge_sources: [{{from: inputs/visits}}]}}\n  - name: more\n    model_type: sql_template\n    model_spec: {{materialization: {{output_type: table}}, single_sql: \"{sql}\"}}\n"));
        self.at("proj")
    }

    fn visits(&self, name: &str) -> PathBuf {
        self.file(name, "user_id,email,at\nu1,a@x.example,2026-01-01 00:00:00\nu2,b@x.example,2026-01-02 00:00:00\n")
    }

    fn start(&self, arguments: &[&str]) -> Child {
        Command::new(env!("CARGO_BIN_EXE_muster"))
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("MUSTER_KEY")
            .env("HOME", self.at("home"))
            .env("TMPDIR", self.at("tmp"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    /// Runs a command, which must end.
    #[track_caller]
    fn run(&self, arguments: &[&str]) -> Ran {
        ended(self.start(arguments), arguments)
    }

    #[track_caller]
    fn good(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!(ran.status, Some(0), "{arguments:?}: {}", ran.said);
        ran.said
    }

    #[track_caller]
    fn fails(&self, arguments: &[&str], parts: &[&str]) {
        let ran = self.run(arguments);
        assert!(matches!(ran.status, Some(1 | 2)), "{arguments:?}: {:?} {}", ran.status, ran.said);
        for part in parts {
            assert!(ran.said.contains(part), "{arguments:?}: no {part} in {}", ran.said);
        }
    }
}

#[track_caller]
fn ended(mut child: Child, arguments: &[&str]) -> Ran {
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{arguments:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let status = child.wait().unwrap().code();
    let mut said = String::new();
    child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    Ran { status, said }
}

#[test]
fn a_pipe_in_the_place_of_data_is_refused_or_left_out() {
    let place = Place::new();
    for name in ["a.csv", "a.parquet", "a.json", "a.duckdb", "plain"] {
        place.pipe(name);
        place.fails(&["show", name], &["a pipe, not a file"]);
        place.fails(&["check", name], &["a pipe, not a file"]);
    }
    place.users("data/users.csv");
    place.pipe("data/orders.csv");
    assert!(place.good(&["check", "data"]).contains("orders.csv is a pipe"));
    place.fails(&["show", "/dev/zero"], &["a device"]);
    place.fails(&["show", "/dev/stdin"], &[]);
}

#[test]
fn the_log_of_a_database_is_a_file_or_refused() {
    let place = Place::new();
    place.database("a.duckdb");
    place.pipe("a.duckdb.wal");
    place.link("a.duckdb", "link.duckdb");
    for name in ["a.duckdb", "link.duckdb"] {
        place.fails(&["show", name], &["a.duckdb.wal, is a pipe"]);
    }
    place.database("b.duckdb");
    place.link("a.duckdb", "b.duckdb.wal");
    place.fails(&["count", "b.duckdb", "--cohort", "user/all"], &["b.duckdb.wal, is a link"]);
    for (name, end) in [("c.duckdb", "checkpoint"), ("d.duckdb", "recovery")] {
        place.database(name);
        place.pipe(&format!("{name}.wal.{end}"));
        place.fails(&["show", name], &["is a pipe"]);
    }
    let project = place.project("table: users", "select 1 a");
    let project = project.to_str().unwrap();
    place.fails(&["build", project, "--data", "a.duckdb", "--into", "o.duckdb"], &["is a pipe"]);
    place.pipe("o.duckdb.wal");
    place.fails(&["build", project, "--into", "o.duckdb"], &["o.duckdb.wal, is a pipe"]);
    place.pipe("p.duckdb");
    place.fails(&["build", project, "--into", "p.duckdb"], &["a pipe, not a file"]);
}

#[test]
fn pipes_beside_the_data_do_not_hang() {
    let place = Place::new();
    place.users("users.csv");
    place.pipe("ws/muster.yaml");
    place.fails(&["show", "users.csv", "--workspace", "ws"], &["muster.yaml", "a pipe"]);
    place.pipe("segment.yaml");
    let count = ["count", "users.csv", "--cohort", "user/all", "--segment", "segment.yaml"];
    place.fails(&count, &["segment.yaml"]);
    place.pipe("key");
    place.fails(&["show", "users.csv", "--key-file", "key"], &["a pipe"]);
    place.users("list.csv");
    place.pipe("list.csv.manifest.json");
    place.fails(&["verify", "list.csv"], &["a pipe"]);
    place.pipe("other.csv");
    place.fails(&["verify", "other.csv"], &["a pipe"]);
    let export = ["export", "users.csv", "--cohort", "user/all", "--to", "other.csv"];
    place.fails(&export, &["a pipe"]);
}

#[test]
fn pipes_in_a_project_do_not_hang() {
    let place = Place::new();
    let project = place.project("table: visits", "select 1 a");
    place.visits("data/visits.csv");
    place.pipe("proj/.git/HEAD");
    place.pipe("proj/models/more.yaml");
    place.pipe("proj/models/more.sql");
    let project = project.to_str().unwrap();
    place.run(&["show", project]);
    assert!(place.run(&["check", project]).said.contains("more.yaml is a pipe"));
    let built = place.run(&["build", project, "--data", "data", "--into", "o.duckdb", "--json"]);
    assert!(built.said.contains("\"run\": 1"), "{}", built.said);
    let built = place.run(&["build", project, "--data", "data"]);
    assert!(built.said.contains("Run 1"), "{}", built.said);
    place.good(&["show", project]);
    place.pipe("plan/plan.json");
    place.fails(&["compile", project, "--to", "plan"], &["plan.json"]);
}

#[test]
fn links_out_of_a_folder_of_data_are_told_and_not_followed() {
    let place = Place::new();
    place.users("data/users.csv");
    place.file("secret/secrets.csv", "secret_id,word\n1,xyzzy\n2,plugh\n3,abra\n");
    place.link("../secret/secrets.csv", "data/a.csv");
    place.link("../secret", "data/b");
    place.link("users.csv", "data/inside.csv");
    place.link("..", "data/up");
    place.link(".", "data/circle");
    place.link("loop.csv", "data/loop.csv");
    let shown = place.good(&["show", "data", "--json"]);
    assert!(!shown.contains("secret") && shown.contains("inside"), "{shown}");
    let told = place.good(&["check", "data"]);
    for part in ["a.csv is a link", "b is a link", "up is a link", "loop.csv is a link"] {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert!(told.contains("secrets.csv itself"), "{told}");
    // What a person names is followed.
    place.link("data", "named");
    place.link("secret/secrets.csv", "named.csv");
    assert!(place.good(&["show", "named", "--json"]).contains("users"));
    assert!(place.good(&["show", "named.csv", "--json"]).contains("secret_id"));
    // A folder of nothing else says why it is empty.
    place.link("../secret/secrets.csv", "links/a.csv");
    place.fails(&["show", "links"], &["leads out of the folder"]);
}

#[test]
fn many_links_in_circles_end() {
    let place = Place::new();
    place.users("data/deep/users.csv");
    for at in 0..60 {
        place.link("..", &format!("data/deep/up{at}"));
        place.link("deep", &format!("data/down{at}"));
    }
    assert!(place.good(&["show", "data", "--json"]).contains("users"));
}

#[test]
fn a_project_reads_nothing_outside_of_it() {
    let place = Place::new();
    place.visits("secret/visits.csv");
    let project = place.project("csv: inputs/visits.csv", "select 1 a");
    let project = project.to_str().unwrap();
    let build = ["build", project, "--into", "o.duckdb", "--end-time", "2026-03-01"];
    place.link("../../secret/visits.csv", "proj/inputs/visits.csv");
    place.fails(&build, &["leads out of the project"]);
    fs::remove_file(place.at("proj/inputs/visits.csv")).unwrap();
    fs::remove_dir(place.at("proj/inputs")).unwrap();
    place.link("../secret", "proj/inputs");
    place.fails(&build, &["leads out of the project"]);
    fs::remove_file(place.at("proj/inputs")).unwrap();
    for path in ["../secret/visits.csv", "/etc/passwd"] {
        place.project(&format!("csv: {path}"), "select 1 a");
        place.fails(&build, &["outside the project"]);
    }
    place.project("csv: inputs/visits.csv", "select 1 a");
    place.visits("proj/inputs/real.csv");
    place.link("real.csv", "proj/inputs/visits.csv");
    let built = place.run(&build).said;
    assert!(built.contains("2 main ids"), "{built}");
    place.file("elsewhere/more.yaml", "models:\n  - name: stolen\n");
    place.link("../../elsewhere/more.yaml", "proj/models/more.yaml");
    place.link("../elsewhere", "proj/packages");
    let told = place.run(&["check", project]).said;
    assert!(told.contains("more.yaml is a link") && told.contains("packages is a link"), "{told}");
    assert!(!told.contains("stolen"), "{told}");
}

#[test]
fn the_output_of_a_project_is_no_link() {
    let place = Place::new();
    place.visits("data/visits.csv");
    let project = place.project("table: visits", "select 1 a");
    let project = project.to_str().unwrap();
    let build = ["build", project, "--data", "data", "--end-time", "2026-03-01"];
    let victim = place.database("mine/trial.duckdb");
    let before = fs::read(&victim).unwrap();
    place.link("../mine", "proj/output");
    place.fails(&build, &["is a link", "--into"]);
    place.run(&["show", project]);
    fs::remove_file(place.at("proj/output")).unwrap();
    place.link("../../mine/trial.duckdb", "proj/output/trial.duckdb");
    place.fails(&build, &["is a link", "--into"]);
    place.fails(&["count", project, "--cohort", "user/all"], &[]);
    fs::remove_file(place.at("proj/output/trial.duckdb")).unwrap();
    place.link("../../mine/log", "proj/output/trial.duckdb.wal");
    place.fails(&build, &["is a link", "--into"]);
    assert!(fs::read(&victim).unwrap() == before && !place.at("mine/log").exists());
    // A link that the person names is the file behind it.
    place.link("mine/new.duckdb", "into.duckdb");
    let into = place.run(&[&build[..], &["--into", "into.duckdb"]].concat());
    assert!(into.said.contains("Run 1"), "{}", into.said);
    assert!(place.at("mine/new.duckdb").is_file() && place.at("into.duckdb").is_symlink());
}

#[test]
fn lists_are_written_where_they_were_sent() {
    let place = Place::new();
    place.users("users.csv");
    let victim = place.file("victim.txt", "mine");
    let export = |to: &str| {
        place.good(&[
            "export",
            "users.csv",
            "--cohort",
            "user/all",
            "--columns",
            "user_id",
            "--to",
            to,
        ]);
    };
    for ending in ["csv", "parquet", "xlsx"] {
        let list = format!("l.{ending}");
        for planted in [".part", ".manifest.json", ".manifest.json.part", ".rebuilt.part"] {
            place.link("victim.txt", &format!("{list}{planted}"));
        }
        export(&list);
        place.good(&["verify", &list, "--rebuild"]);
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine", "{ending}");
        assert!(!place.at(&format!("{list}.manifest.json")).is_symlink());
    }
    // Another name of a file is no reason to write into it.
    fs::hard_link(&victim, place.at("h.csv.part")).unwrap();
    export("h.csv");
    assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
    // A link that the person names is the file behind it, there or not yet.
    place.file("real/old.csv", "old");
    place.link("real/old.csv", "to_old.csv");
    place.link("real/new.csv", "to_new.csv");
    for (link, real) in [("to_old.csv", "real/old.csv"), ("to_new.csv", "real/new.csv")] {
        export(link);
        assert!(place.at(link).is_symlink());
        assert_eq!(fs::read_to_string(place.at(real)).unwrap(), "user_id\n1\n2\n3\n");
        place.good(&["verify", link]);
        place.good(&["verify", real]);
    }
    place.link("circle.csv", "circle.csv");
    let to_circle = ["export", "users.csv", "--cohort", "user/all", "--to", "circle.csv"];
    place.fails(&to_circle, &["circle"]);
}

#[test]
fn plans_are_written_where_they_were_sent() {
    let place = Place::new();
    let project = place.project("table: visits", "select 1 a");
    let project = project.to_str().unwrap();
    place.good(&["compile", project, "--to", "plan"]);
    let names: Vec<String> = fs::read_dir(place.at("plan"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let victim = place.file("victim.txt", "mine");
    for name in names.iter().filter(|name| *name != "plan.json") {
        fs::remove_file(place.at("plan").join(name)).unwrap();
        place.link("../victim.txt", &format!("plan/{name}"));
        place.link("../victim.txt", &format!("fresh/{name}"));
    }
    place.good(&["compile", project, "--to", "plan"]);
    place.good(&["compile", project, "--to", "fresh"]);
    assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
    place.link("../victim.txt", "other/plan.json");
    place.fails(&["compile", project, "--to", "other"], &["plan.json"]);
    assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
}

#[test]
fn a_workspace_is_no_link_out_of_its_folder() {
    let place = Place::new();
    place.users("data/users.csv");
    place.file("mine.yaml", "token: xyzzy\n");
    place.link("../mine.yaml", "data/muster.yaml");
    let ran = place.run(&["show", "data"]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.said.contains("leads out of its folder") && !ran.said.contains("xyzzy"));
}

#[test]
fn too_much_is_not_read() {
    let place = Place::new();
    place.users("users.csv");
    let long = format!("version: 1\n{}", "# nothing\n".repeat(500_000));
    place.file("ws/muster.yaml", &long);
    place.fails(&["show", "users.csv", "--workspace", "ws"], &["larger than 4 MB"]);
    place.users("list.csv");
    place.file("list.csv.manifest.json", &" ".repeat((16 << 20) + 1));
    place.fails(&["verify", "list.csv"], &["larger than 16 MB"]);
    let project = place.project("table: visits", "select 1 a");
    place.file("proj/models/large.yaml", &"# nothing\n".repeat(1 << 20));
    let told = place.run(&["check", project.to_str().unwrap()]).said;
    assert!(told.contains("larger than 8 MB"), "{told}");
}

#[test]
fn a_manifest_does_not_decide_what_is_opened() {
    let place = Place::new();
    place.users("elsewhere/users.csv");
    let list = ["--cohort", "user/all", "--now", "2026-01-01T00:00:00Z", "--to", "lists/l.csv"];
    fs::create_dir(place.at("lists")).unwrap();
    place.good(&[&["export", "elsewhere/users.csv"], &list[..]].concat());
    place.good(&["verify", "lists/l.csv"]);
    let refused = ["verify", "lists/l.csv", "--rebuild"];
    place.fails(&refused, &["elsewhere/users.csv", "--source"]);
    let told = place.good(&[&refused[..], &["--source", "elsewhere/users.csv"]].concat());
    assert!(told.contains("the same, byte for byte"), "{told}");
    // Moved beside the list, and named there.
    fs::create_dir(place.at("moved")).unwrap();
    fs::rename(place.at("elsewhere/users.csv"), place.at("moved/users.csv")).unwrap();
    let told = place.good(&[&refused[..], &["--source", "moved/users.csv"]].concat());
    assert!(told.contains("the same, byte for byte"), "{told}");
    // A pipe as the source of a manifest.
    place.pipe("elsewhere/users.csv");
    place.fails(&refused, &["--source"]);
    // A workspace that is elsewhere.
    place.file("ws/muster.yaml", "version: 1\n");
    place.users("lists/users.csv");
    let export = ["export", "lists/users.csv", "--workspace", "ws"];
    place.good(&[&export[..], &list[..]].concat());
    place.fails(&refused, &["ws", "--workspace"]);
    place.good(&[&refused[..], &["--workspace", "ws"]].concat());
    // Source and list in one folder need no consent.
    place.good(&[&["export", "lists/users.csv"], &list[..]].concat());
    place.good(&refused);
}

#[test]
fn who_takes_the_mark_from_a_personal_column_is_told() {
    let place = Place::new();
    place.users("users.csv");
    let clean = place.good(&["check", "users.csv"]);
    assert!(!clean.contains("looks personal"), "{clean}");
    place.file(
        "muster.yaml",
        "version: 1\ncorrections:\n  - personal: {table: users, column: email, personal: false}\n  - personal: {table: users, column: city, personal: true}\n",
    );
    let told = place.good(&["check", "users.csv"]);
    for part in ["warning: users.email looks personal", "muster.yaml", "remove the correction"] {
        assert!(told.contains(part), "{part} in {told}");
    }
    assert!(!told.contains("users.city looks personal"), "{told}");
    let shown: serde_json::Value =
        serde_json::from_str(&place.good(&["show", "users.csv", "--json"])).unwrap();
    assert_eq!(shown["findings"], 1, "it is applied and told");
}

/// A build that goes on for longer than anybody waits.
fn endless(place: &Place) -> Child {
    place.visits("data/visits.csv");
    let sql = "select sum((a.i * b.i) % 7) as n from range(100000000) a(i), range(100000) b(i)";
    let project = place.project("table: visits", sql);
    let child = place.start(&[
        "build",
        project.to_str().unwrap(),
        "--data",
        "data",
        "--into",
        "o.duckdb",
        "--end-time",
        "2026-03-01",
    ]);
    let began = Instant::now();
    while !place.at("o.duckdb").exists() || began.elapsed() < Duration::from_millis(1500) {
        assert!(began.elapsed() < PATIENCE, "the build does not begin");
        std::thread::sleep(Duration::from_millis(20));
    }
    child
}

fn tell(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Whether commands started here hear a signal: under `nohup` and in the background of a script
/// some are ignored, and stay so.
fn is_heard(signal: Signal) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let ignored = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    ignored & (1 << (signal.as_raw() - 1)) == 0
}

#[test]
fn a_command_that_is_told_to_stop_leaves_nothing_behind() {
    let told = [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)];
    for (signal, status) in told.into_iter().filter(|(signal, _)| is_heard(*signal)) {
        let place = Place::new();
        let child = endless(&place);
        tell(&child, signal);
        let ran = ended(child, &["build"]);
        assert_eq!(ran.status, Some(status), "{}", ran.said);
        let left: Vec<_> = fs::read_dir(place.at("tmp")).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

#[test]
fn what_a_killed_command_left_is_swept_by_the_next() {
    let place = Place::new();
    place.users("users.csv");
    let left = place.file("tmp/muster-spill-0123456789abcdefghij/.lock", "");
    place.file("tmp/muster-spill-0123456789abcdefghij/rows", "x");
    let other = place.file("tmp/muster-notes/.lock", "");
    place.good(&["show", "users.csv"]);
    assert!(!left.parent().unwrap().exists() && other.exists());
}

#[test]
fn two_exports_to_one_name_give_one_whole_list() {
    let place = Place::new();
    Connection::open(place.at("a.duckdb"))
        .unwrap()
        .execute_batch("CREATE TABLE users AS SELECT i AS user_id, md5(i::VARCHAR) AS h FROM range(300000) t(i)")
        .unwrap();
    let export = ["export", "a.duckdb", "--cohort", "user/all", "--to", "l.csv"];
    let both = [place.start(&export), place.start(&export)];
    let ran = both.map(|child| ended(child, &export));
    assert!(ran.iter().any(|ran| ran.status == Some(0)));
    for ran in ran.iter().filter(|ran| ran.status != Some(0)) {
        assert!(ran.said.contains("another export"), "{}", ran.said);
    }
    place.good(&["verify", "l.csv"]);
}
