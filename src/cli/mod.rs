//! The command line: a second face on the same engine.
//!
//! [`read`] makes of the arguments either a window to open or a [`Command`]; [`Command::run`]
//! carries it out. A command gives its whole text and a status; `print.rs` alone writes it. The
//! clock, the zone of the system and the environment are read here and nowhere below.

mod args;
mod build;
mod check;
mod compile;
mod count;
mod export;
mod forget;
mod inbox;
mod print;
mod profile;
mod project;
mod secret;
mod session;
mod show;
mod slice;
mod sql;
mod sync;
mod syncs;
mod table;
mod values;
mod verify;

pub use print::tell;

use crate::disk::{bounds, stop};
use crate::engine::remembered;
use crate::engine::store::on_stubborn;
use crate::model::failure::Failure;
use crate::model::limits::Limits;
use clap::{Parser, Subcommand};
use print::{Lines, Printed};
use std::ffi::OsString;
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
    #[command(flatten)]
    limits: args::LimitArgs,
}

/// What can be asked for without a window.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Entities, features, cohorts with sizes, relations and tables.
    Show(show::Show),
    /// Problems in the data, each with a place and a hint.
    Check(check::Check),
    /// Writes the SQL of every step that builds a Profiles project, and runs nothing.
    Compile(compile::Compile),
    /// Builds a Profiles project: joins its ids, computes features and cohorts, keeps them as a run.
    Build(build::Build),
    /// How many members a cohort, or a slice of it, has.
    Count(count::Count),
    /// The values of a feature, and how often each occurs.
    Values(values::ValuesOf),
    /// The SQL that lists the members, as plain DuckDB runs it.
    Sql(sql::SqlOf),
    /// Writes the members to a CSV, Parquet or Excel file, with a manifest beside it.
    Export(export::Export),
    /// Whether a list still matches its manifest.
    Verify(verify::Verify),
    /// Everything about one member of an entity.
    Profile(profile::ProfileOf),
    /// Sends an activation of muster.yaml to its destination, or says what it would send.
    Sync(sync::Sync),
    /// What was sent, when, and what became of the rows.
    Syncs(syncs::Syncs),
    /// The practice inbox: shows what an activation sends, without an account.
    Inbox(inbox::InboxOf),
    /// Keeps a secret of a destination in the system's key store.
    Secret(secret::SecretOf),
    /// Removes what is remembered about sources to open them faster.
    Forget(forget::Forget),
}

/// What the arguments ask for.
pub enum Asked {
    /// The window, on these paths.
    Window {
        /// Files, or one folder; may be empty.
        paths: Vec<PathBuf>,
        /// The folder of the workspace.
        workspace: Option<PathBuf>,
        /// What SQL of the source may use of the machine.
        limits: Limits,
    },
    /// A command.
    Command(Box<Command>),
    /// Nothing more: help was printed, or what is wrong with the arguments.
    Nothing(ExitCode),
}

/// Reads the arguments, the program's name first. Help and mistakes are printed here.
pub fn read(arguments: impl IntoIterator<Item = OsString>) -> Asked {
    match Arguments::try_parse_from(arguments) {
        Ok(Arguments { command: Some(command), .. }) => Asked::Command(Box::new(command)),
        Ok(Arguments { command: None, paths, workspace, limits }) => match limits.impose() {
            Ok(limits) => Asked::Window { paths, workspace, limits },
            Err(failure) => Asked::Nothing(tell(&failure)),
        },
        Err(error) => Asked::Nothing(print::answer(error)),
    }
}

impl Command {
    /// Whether it writes files of the person, or keeps a ledger.
    fn writes(&self) -> bool {
        match self {
            Self::Compile(_) | Self::Build(_) | Self::Export(_) | Self::Verify(_) => true,
            Self::Sync(_) | Self::Syncs(_) | Self::Secret(_) => true,
            Self::Show(_) | Self::Check(_) | Self::Count(_) | Self::Values(_) | Self::Sql(_) => {
                false
            }
            Self::Profile(_) | Self::Inbox(_) | Self::Forget(_) => false,
        }
    }

    /// Carries the command out and prints what it brings. The status is 0 for done, 1 for failed,
    /// 2 for wrong use.
    pub fn run(&self) -> ExitCode {
        if !self.writes() {
            // A second wall: these write nothing, whatever they are given to read.
            let remembered = remembered::folder();
            bounds::write_only_in(&remembered.iter().map(PathBuf::as_path).collect::<Vec<_>>());
        }
        on_stubborn(|| {
            let hint =
                "a view or model may work on a single huge value; check what the file defines";
            tell(&Failure::new(
                "a statement does not stop although its time limit has passed",
                "",
                hint,
            ));
            stop::end_now(1);
        });
        let printed = match self {
            Self::Show(command) => command.run(),
            Self::Check(command) => command.run(),
            Self::Compile(command) => command.run(),
            Self::Build(command) => command.run(),
            Self::Count(command) => command.run(),
            Self::Values(command) => command.run(),
            Self::Sql(command) => command.run(),
            Self::Export(command) => command.run(),
            Self::Verify(command) => command.run(),
            Self::Profile(command) => command.run(),
            Self::Sync(command) => command.run(),
            Self::Syncs(command) => command.run(),
            Self::Inbox(command) => command.run(),
            Self::Secret(command) => command.run(),
            Self::Forget(command) => command.run(),
        };
        match (printed, stop::status()) {
            // What was done before it was stopped is done.
            (Ok(printed), _) => printed.write(),
            (Err(_), Some(status)) => {
                // Whoever stopped it knows; what it had begun is cleaned up by now.
                tell(&Failure::new("stopped", "", ""));
                ExitCode::from(status)
            }
            (Err(failure), None) => tell(&failure),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    fn check(line: &str) -> String {
        let arguments = std::iter::once("muster").chain(line.split_whitespace());
        match read(arguments.map(OsString::from)) {
            Asked::Window { paths, workspace, .. } => format!("window {paths:?} {workspace:?}"),
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
