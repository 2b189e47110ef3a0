//! The binary: `muster`. A command where one is named, the window otherwise.

use muster::app::{self, WindowArgs};
use muster::cli::{self, Asked};
use muster::disk::{self, stop};
use muster::engine::store::on_collapse;
use muster::model::failure::Failure;
use std::process::ExitCode;

fn main() -> ExitCode {
    let asked = cli::read(std::env::args_os());
    match asked {
        Asked::Command(command) => {
            start(stop::Stopping::CancelFirst);
            command.run()
        }
        Asked::Window { paths, workspace, limits } => {
            start(stop::Stopping::AtOnce);
            match app::run(WindowArgs { paths, workspace, limits }) {
                Ok(()) => ExitCode::SUCCESS,
                Err(failure) => cli::tell(&failure),
            }
        }
        Asked::Nothing(status) => status,
    }
}

/// Sees to it that nothing is left behind, however the program ends, and sweeps what was.
fn start(stopping: stop::Stopping) {
    stop::listen(stopping);
    on_collapse(|place| {
        let hint = "a file is damaged, or made to do this: get another copy of it";
        cli::tell(&Failure::new("the database gave up and ended the program", place, hint));
        stop::end_now(1);
    });
    disk::sweep();
}
