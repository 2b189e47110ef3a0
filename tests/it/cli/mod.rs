//! The command line through the real binary, over small files made for each test.

mod hidden;
mod list;
mod look;
mod project;
mod remember;
mod round_trip;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What "now" is in these tests.
const NOW: &str = "2026-11-23T09:00:00Z";

/// A shop in a folder of its own: six customers, among them cells that a spreadsheet would run,
/// quotes, line breaks and missing values; and nine orders.
struct Shop {
    folder: tempfile::TempDir,
}

impl Shop {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("shop");
        std::fs::create_dir(&source).unwrap();
        let customers = "customer_id,email,name,country,spent\n\
             1,a@x.com,Ana,DE,10.5\n\
             2,b@x.com,\"=HYPERLINK(\"\"x\"\")\",DE,-3\n\
             3,c@x.com,\"Line\nbreak, \"\"quoted\"\"\",FR,0\n\
             4,d@x.com,@sum,,1000\n\
             5,,Ünïcode 名前,FR,7\n\
             6,f@x.com,Bob,US,8\n";
        std::fs::write(source.join("customers.csv"), customers).unwrap();
        let orders = "order_id,customer_id,ordered,total\n\
             100,1,2026-11-01,5\n101,1,2026-11-20,6\n102,1,2025-01-01,7\n103,2,2026-11-22,8\n\
             104,3,2024-01-01,9\n105,3,2026-01-01,10\n106,3,2026-11-10,11\n107,6,2026-11-10,12\n\
             108,6,2026-11-11,13\n";
        std::fs::write(source.join("orders.csv"), orders).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs a command on the shop with a pinned now, where the command takes one.
    fn run(&self, command: &str, more: &[&str]) -> Ran {
        let source = self.path("shop");
        let mut arguments = vec![command, source.to_str().unwrap()];
        if !["show", "check"].contains(&command) {
            arguments.extend(["--now", NOW, "--zone", "UTC"]);
        }
        arguments.extend(more);
        run(self.folder.path(), &arguments)
    }
}

/// What a command printed, and its status.
struct Ran {
    out: String,
    err: String,
    status: i32,
}

impl Ran {
    #[track_caller]
    fn good(self) -> String {
        assert_eq!(self.status, 0, "{}{}", self.out, self.err);
        assert_eq!(self.err, "", "nothing but results when piped");
        self.out
    }

    #[track_caller]
    fn json(self) -> serde_json::Value {
        let value: serde_json::Value = serde_json::from_str(&self.good()).unwrap();
        assert_eq!(value["schema"], 1);
        value
    }

    /// The error, with everything up to the shop's folder taken out of paths.
    #[track_caller]
    fn fails(self, status: i32) -> String {
        assert_eq!(self.status, status, "{}{}", self.out, self.err);
        assert_eq!(self.out, "", "an error is not a result");
        assert!(self.err.starts_with("error: "), "{}", self.err);
        self.err
    }
}

fn run(folder: &Path, arguments: &[&str]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_muster"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("MUSTER_KEY")
        .output()
        .unwrap();
    ran(&output)
}

fn ran(output: &Output) -> Ran {
    Ran {
        out: String::from_utf8(output.stdout.clone()).unwrap(),
        err: String::from_utf8(output.stderr.clone()).unwrap(),
        status: output.status.code().expect("it ended by itself"),
    }
}
