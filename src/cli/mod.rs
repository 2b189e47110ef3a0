//! The command line: a second face on the same engine.
//!
//! [`read`] makes of the arguments either a window to open or a [`Command`]; [`Command::run`]
//! carries it out. A command gives its whole text and a status; only this file writes it, so that
//! a closed pipe is met in one place. Results go to standard output, everything else to standard
//! error. The clock, the zone of the system and the environment are read here and nowhere below.

mod args;
mod build;
mod check;
mod compile;
mod count;
mod export;
mod profile;
mod project;
mod session;
mod show;
mod slice;
mod sql;
mod table;
mod verify;

use crate::disk::stop;
use crate::model::failure::Failure;
use clap::{Parser, Subcommand};
use std::ffi::OsString;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// See, slice and send the cohorts that a data team defined.
#[derive(Debug, Parser)]
#[command(name = "muster", version, args_conflicts_with_subcommands = true)]
#[command(after_help = "Without a command, the window opens.")]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// What to open in the window: a DuckDB file, Parquet, CSV or JSON files, or a folder of them.
    paths: Vec<PathBuf>,
    /// The folder of the workspace.
    #[arg(long, value_name = "DIR")]
    workspace: Option<PathBuf>,
}

/// What can be asked for without a window.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Entities, features, cohorts with sizes, relations and tables.
    Show(show::Show),
    /// Problems in the data, each with a place and a hint.
    Check(check::Check),
    /// The SQL of every step that builds a Profiles project, nothing run.
    Compile(compile::Compile),
    /// Builds a Profiles project: ids joined, features, cohorts, kept as a run.
    Build(build::Build),
    /// How many are in a cohort or a slice of it.
    Count(count::Count),
    /// The statement that lists the members, as plain DuckDB runs it.
    Sql(sql::SqlOf),
    /// Writes the members to a CSV, Parquet or Excel file, with a manifest beside it.
    Export(export::Export),
    /// Whether a list still matches its manifest.
    Verify(verify::Verify),
    /// One entity, whole.
    Profile(profile::ProfileOf),
}

/// What the arguments ask for.
pub enum Asked {
    /// The window, on these paths.
    Window {
        /// Files, or one folder; may be empty.
        paths: Vec<PathBuf>,
        /// The folder of the workspace.
        workspace: Option<PathBuf>,
    },
    /// A command.
    Command(Box<Command>),
    /// Nothing more: help was printed, or what is wrong with the arguments.
    Nothing(ExitCode),
}

/// What a command prints on standard output, and its exit status.
#[derive(Debug)]
struct Printed {
    text: String,
    status: u8,
}

impl Printed {
    /// Text of a command that is done.
    fn done(text: impl Into<String>) -> Self {
        Self { text: text.into(), status: 0 }
    }

    /// JSON, with two spaces of indent.
    fn json(value: &impl serde::Serialize) -> Self {
        let text = serde_json::to_string_pretty(value);
        Self::done(text.expect("the shapes hold only text, numbers and lists"))
    }

    #[must_use]
    fn with_status(self, status: u8) -> Self {
        Self { status, ..self }
    }
}

/// Reads the arguments, the program's name first. Help and mistakes are printed here.
pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Asked {
    match Arguments::try_parse_from(arguments) {
        Ok(Arguments { command: Some(command), .. }) => Asked::Command(Box::new(command)),
        Ok(Arguments { command: None, paths, workspace }) => Asked::Window { paths, workspace },
        Err(error) => {
            // A closed pipe is no failure of the command.
            let _ = error.print();
            Asked::Nothing(ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2)))
        }
    }
}

impl Command {
    /// Carries the command out and prints what it brings. The status is 0 for done, 1 for failed,
    /// 2 for wrong use.
    pub fn run(&self) -> ExitCode {
        let printed = match self {
            Self::Show(command) => command.run(),
            Self::Check(command) => command.run(),
            Self::Compile(command) => command.run(),
            Self::Build(command) => command.run(),
            Self::Count(command) => command.run(),
            Self::Sql(command) => command.run(),
            Self::Export(command) => command.run(),
            Self::Verify(command) => command.run(),
            Self::Profile(command) => command.run(),
        };
        if let Some(status) = stop::status() {
            // Whoever stopped it knows; what it had begun is cleaned up by now.
            tell(&Failure::new("stopped", "", ""));
            return ExitCode::from(status);
        }
        match printed {
            Ok(printed) => {
                let mut out = std::io::stdout().lock();
                finish(
                    writeln!(out, "{}", printed.text.trim_end()).and_then(|()| out.flush()),
                    printed.status,
                )
            }
            Err(failure) => {
                tell(&failure);
                ExitCode::from(if failure.wrong_use { 2 } else { 1 })
            }
        }
    }
}

/// A reader that went away (`muster show … | head`) has what it wanted.
fn finish(written: std::io::Result<()>, status: u8) -> ExitCode {
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            tell(&Failure::new(format!("the result cannot be printed: {error}"), "", ""));
            ExitCode::FAILURE
        }
        _ => ExitCode::from(status),
    }
}

fn tell(failure: &Failure) {
    // Where standard error is closed there is no one to tell.
    let _ = writeln!(std::io::stderr(), "error: {failure}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn check(line: &str) -> String {
        let arguments = std::iter::once("muster").chain(line.split_whitespace());
        match read(arguments.map(OsString::from)) {
            Asked::Window { paths, workspace } => format!("window {paths:?} {workspace:?}"),
            Asked::Command(_) => "command".to_owned(),
            Asked::Nothing(_) => "nothing".to_owned(),
        }
    }

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_command_wins_over_a_file_of_its_name() {
        assert_eq!(check(""), "window [] None");
        assert_eq!(check("shop.duckdb"), r#"window ["shop.duckdb"] None"#);
        assert_eq!(check("a.csv b.csv --workspace w"), r#"window ["a.csv", "b.csv"] Some("w")"#);
        assert_eq!(check("./show"), r#"window ["./show"] None"#);
        assert_eq!(check("show shop.duckdb"), "command");
        assert_eq!(check("show"), "nothing", "a path is missing");
        assert_eq!(check("count x --cohort a --where b --segment c"), "nothing");
    }
}
