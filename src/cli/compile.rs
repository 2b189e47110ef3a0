//! `muster compile`: the SQL of every step of a project, nothing run.

use super::args::ProjectArgs;
use super::print::sentence;
use super::{Lines, Printed, check, project};
use crate::engine::builder;
use crate::model::failure::Failure;
use clap::Args;
use jiff::civil::DateTime;
use serde::Serialize;
use std::path::PathBuf;

/// `muster compile PROJECT --to FOLDER`
#[derive(Debug, Args)]
pub struct Compile {
    #[command(flatten)]
    project: ProjectArgs,
    /// The folder for the files, created if missing. Files of an earlier compile in it are
    /// replaced; any other file is left alone.
    #[arg(long, value_name = "FOLDER")]
    to: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Compiled {
    schema: u32,
    folder: String,
    end_time: String,
    files: Vec<String>,
    not_built: usize,
    errors: usize,
}

impl Compile {
    pub(super) fn run(&self) -> Result<Printed, Failure> {
        let read = project::read_project(&self.project.path, self.project.warehouse())?;
        let end = self.project.end_time()?.unwrap_or_else(today);
        let selected = self.project.selected(&read)?;
        let compiled = builder::compile(read.project(), read.folder(), end, selected);
        builder::write_files(&self.to, &compiled.files)?;
        let errors = check::errors_in(&read.findings);
        let printed = match self.json {
            true => Printed::json(&Compiled {
                schema: 1,
                folder: self.to.display().to_string(),
                end_time: format!("{end}Z"),
                files: compiled.files.iter().map(|file| file.name.clone()).collect(),
                not_built: compiled.not_built.len(),
                errors,
            }),
            false => Printed::done(&self.text(&compiled, end, errors)),
        };
        Ok(printed.with_status(u8::from(errors > 0)))
    }

    fn text(&self, compiled: &builder::Compiled, end: DateTime, errors: usize) -> Lines {
        let mut out = Lines::default();
        out.line(format_args!(
            "{} files in {}, for a run that ends at {} UTC",
            compiled.files.len(),
            self.to.display(),
            end.strftime("%Y-%m-%d %H:%M:%S")
        ));
        for (name, why) in &compiled.not_built {
            out.line(format_args!("not built: {name}: {}", sentence(why)));
        }
        if errors > 0 {
            out.line("The project has errors; muster check lists them.");
        }
        out
    }
}

/// The start of this day in UTC: the same all day long, so that what is compiled twice is the same.
fn today() -> DateTime {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().at(0, 0, 0, 0)
}
