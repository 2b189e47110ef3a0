//! Arguments that several commands take.

use crate::disk::bounds;
use crate::model::failure::Failure;
use crate::model::limits::{Limits, bytes_of};
use crate::model::now::Moment;
use crate::model::warehouse::Warehouse;
use clap::Args;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::path::PathBuf;
use std::time::Duration;

/// What to open.
#[derive(Debug, Args)]
pub(super) struct SourceArgs {
    /// A DuckDB file, Parquet, CSV or JSON files, or a folder of them.
    #[arg(required = true, value_name = "PATH")]
    pub(super) paths: Vec<PathBuf>,
    /// The folder of the workspace. Default: beside the source, or in the user's data folder.
    #[arg(long, value_name = "DIR")]
    pub(super) workspace: Option<PathBuf>,
    #[command(flatten)]
    pub(super) key: KeyArgs,
    #[command(flatten)]
    pub(super) limits: LimitArgs,
}

/// How much of this machine somebody else's SQL may use.
#[derive(Debug, Default, Args)]
pub(super) struct LimitArgs {
    /// Seconds that a statement of a source or project may take. Default: MUSTER_TIME_LIMIT, or 600,
    /// and 15 for a view while the source is opened.
    #[arg(long, value_name = "SECONDS", help_heading = "Limits")]
    time_limit: Option<String>,
    /// Memory that it may use: 4GB. Default: MUSTER_MEMORY_LIMIT, or four fifths of all memory.
    #[arg(long, value_name = "SIZE", help_heading = "Limits")]
    memory_limit: Option<String>,
    /// Disk for what does not fit into memory: 20GB. Default: MUSTER_SPILL_LIMIT, or most of what
    /// is free.
    #[arg(long, value_name = "SIZE", help_heading = "Limits")]
    spill_limit: Option<String>,
}

impl LimitArgs {
    /// The limits, of which that of memory holds for the whole process from here on.
    pub(super) fn impose(&self) -> Result<Limits, Failure> {
        let limits = self.read()?;
        bounds::memory(limits.memory);
        Ok(limits)
    }

    /// The limits: what was given, else the environment, else the usual ones.
    fn read(&self) -> Result<Limits, Failure> {
        let mut limits = Limits::default();
        let time = given(self.time_limit.as_ref(), ("--time-limit", "MUSTER_TIME_LIMIT"));
        if let Some((place, text)) = time {
            let seconds = text.trim().parse::<f64>().ok().filter(|s| *s >= 0.001 && *s < 1e9);
            let seconds = seconds.ok_or_else(|| {
                let what = format!("\"{text}\" is not a number of seconds");
                Failure::wrong_use(what, place, "write a number such as 60")
            })?;
            limits = limits.with_time(Duration::from_secs_f64(seconds));
        }
        let bytes = |given: Option<(&'static str, String)>| -> Result<Option<u64>, Failure> {
            let Some((place, text)) = given else { return Ok(None) };
            bytes_of(&text).map(Some).ok_or_else(|| {
                Failure::wrong_use(format!("\"{text}\" is not a size"), place, "write 4GB or 500MB")
            })
        };
        let memory = ("--memory-limit", "MUSTER_MEMORY_LIMIT");
        limits.memory = bytes(given(self.memory_limit.as_ref(), memory))?;
        let spill = ("--spill-limit", "MUSTER_SPILL_LIMIT");
        limits.spill = bytes(given(self.spill_limit.as_ref(), spill))?;
        Ok(limits)
    }
}

/// What was written on the command line, else in the environment, and where.
fn given(
    argument: Option<&String>,
    (flag, variable): (&'static str, &'static str),
) -> Option<(&'static str, String)> {
    let of_environment = || std::env::var(variable).ok().filter(|text| !text.trim().is_empty());
    match argument {
        Some(text) => Some((flag, text.clone())),
        None => of_environment().map(|text| (variable, text)),
    }
}

/// The key of an encrypted DuckDB file. Never on the command line, where others could read it.
#[derive(Debug, Args)]
pub(super) struct KeyArgs {
    /// A file with the key of an encrypted DuckDB file. Default: the variable MUSTER_KEY.
    #[arg(long, value_name = "FILE")]
    pub(super) key_file: Option<PathBuf>,
}

/// Who is asked about.
#[derive(Debug, Args)]
pub(super) struct SliceArgs {
    /// A cohort's name, ENTITY/COHORT, or ENTITY/all for everyone.
    #[arg(long, value_name = "COHORT", required_unless_present = "segment")]
    pub(super) cohort: Option<String>,
    /// A condition over features: "country = 'DE' and count(orders) >= 3".
    #[arg(long = "where", value_name = "CONDITION", conflicts_with = "segment")]
    pub(super) condition: Option<String>,
    /// A saved segment: its name in the workspace, or a YAML file with cohort and where.
    #[arg(long, value_name = "NAME_OR_FILE")]
    pub(super) segment: Option<PathBuf>,
    #[command(flatten)]
    pub(super) now: NowArgs,
}

/// What "now" means.
#[derive(Debug, Default, Args)]
pub(super) struct NowArgs {
    /// The number of the run to read, if the source keeps runs. Default: the latest.
    #[arg(long, value_name = "RUN")]
    as_of: Option<String>,
    /// What now() means: 2026-11-23T09:00:00Z, or 2026-11-23 in the zone. Default: now.
    #[arg(long, value_name = "INSTANT")]
    pub(super) now: Option<String>,
    /// The time zone of days: Europe/Berlin. Default: the system's.
    #[arg(long, value_name = "NAME")]
    pub(super) zone: Option<String>,
}

impl NowArgs {
    /// The run that is asked for.
    pub(super) fn run(&self) -> Result<Option<u64>, Failure> {
        let number = |text: &String| {
            text.trim().parse().map_err(|_| {
                let what = format!("\"{text}\" is not the number of a run");
                Failure::wrong_use(
                    what,
                    "--as-of",
                    "muster show lists the runs that a source keeps",
                )
            })
        };
        self.as_of.as_ref().map(number).transpose()
    }

    /// For tests: a stated now and zone.
    #[cfg(test)]
    pub(super) fn of(now: Option<&str>, zone: Option<&str>) -> Self {
        Self { as_of: None, now: now.map(str::to_owned), zone: zone.map(str::to_owned) }
    }
}

/// Which project, up to when, and what of it.
#[derive(Debug, Args)]
pub(super) struct ProjectArgs {
    /// The folder of a Profiles project, or its pb_project.yaml.
    #[arg(value_name = "PROJECT")]
    pub(super) path: PathBuf,
    /// Rows count up to this instant: 2026-11-20T06:00:00Z. In UTC when no zone is given.
    #[arg(long, value_name = "INSTANT")]
    end_time: Option<String>,
    /// Only these models and what they need: names of entities, cohorts, SQL models, feature tables
    /// and id stitchers. May be given several times, or separated by commas.
    #[arg(long, value_name = "MODEL", value_delimiter = ',')]
    pub(super) select: Vec<String>,
    /// The warehouse whose SQL the project is written in. Default: the one that its connection
    /// names, or Snowflake.
    #[arg(long, value_name = "WAREHOUSE", value_enum)]
    dialect: Option<DialectArg>,
}

/// A warehouse on the command line.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum DialectArg {
    /// Snowflake.
    Snowflake,
    /// Google BigQuery.
    Bigquery,
    /// Amazon Redshift.
    Redshift,
    /// Databricks.
    Databricks,
}

impl ProjectArgs {
    /// The end of the run in UTC, when it is given.
    pub(super) fn end_time(&self) -> Result<Option<DateTime>, Failure> {
        let Some(text) = &self.end_time else { return Ok(None) };
        let moment = Moment::parse(text, &TimeZone::UTC).map_err(|error| {
            Failure::wrong_use(error.to_string(), "--end-time", "write 2026-11-20T06:00:00Z")
        })?;
        Ok(Some(moment.instant().to_zoned(TimeZone::UTC).datetime()))
    }

    /// The warehouse that `--dialect` names.
    pub(super) fn warehouse(&self) -> Option<Warehouse> {
        self.dialect.map(|dialect| match dialect {
            DialectArg::Snowflake => Warehouse::Snowflake,
            DialectArg::Bigquery => Warehouse::BigQuery,
            DialectArg::Redshift => Warehouse::Redshift,
            DialectArg::Databricks => Warehouse::Databricks,
        })
    }
}
