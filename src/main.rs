//! The binary: `muster`. A command where one is named, the window otherwise.

use muster::app::{self, WindowArgs};
use muster::cli::{self, Asked};
use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::read(std::env::args_os()) {
        Asked::Command(command) => command.run(),
        Asked::Window { paths, workspace } => match app::run(WindowArgs { paths, workspace }) {
            Ok(()) => ExitCode::SUCCESS,
            Err(failure) => cli::tell(&failure),
        },
        Asked::Nothing(status) => status,
    }
}
