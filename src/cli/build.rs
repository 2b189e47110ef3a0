//! `muster build`: a Profiles project becomes tables.

use super::args::{KeyArgs, LimitArgs, ProjectArgs};
use super::check::CheckedFinding;
use super::session::{Watch, key};
use super::{Lines, Printed, check, project};
use crate::disk::{bounds, write};
use crate::engine::builder::{self, BuildRequest, Built, Counted};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use clap::Args;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// `muster build PROJECT --into FILE.duckdb`
#[derive(Debug, Args)]
pub struct Build {
    #[command(flatten)]
    project: ProjectArgs,
    /// The DuckDB file to build into, created if missing. Default: PROJECT/output/NAME.duckdb.
    #[arg(long, value_name = "FILE")]
    into: Option<PathBuf>,
    /// Where the tables that the inputs name are: a DuckDB file, files, or a folder of files. May
    /// be given several times. Tables of the file that is built into are found without it.
    #[arg(long, value_name = "PATH")]
    data: Vec<PathBuf>,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    limits: LimitArgs,
    /// Start a new run, even if one was not finished.
    #[arg(long)]
    anew: bool,
    /// Join all ids from scratch, rather than adding to the run before.
    #[arg(long)]
    rebuild_ids: bool,
    /// Keep only this many runs afterwards, and remove the others.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    keep_runs: Option<u64>,
    /// Show this run as the latest, even if another one ends later. Default: keep it as history.
    #[arg(long)]
    as_latest: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct BuiltJson<'a> {
    schema: u32,
    file: String,
    run: u64,
    end_time: String,
    resumed: bool,
    steps: usize,
    reused: usize,
    entities: Vec<SizeJson<'a>>,
    cohorts: Vec<SizeJson<'a>>,
    ids: Vec<StitchedJson<'a>>,
    removed_runs: &'a [u64],
    /// The run that stays the latest, when this one ends earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    history_of: Option<u64>,
    built: Vec<CountedJson>,
    findings: usize,
    errors: usize,
    told: Vec<CheckedFinding<'a>>,
}

#[derive(Debug, Serialize)]
struct CountedJson {
    what: &'static str,
    built: usize,
    of: usize,
}

impl CountedJson {
    fn of(counted: &Counted) -> Self {
        Self { what: counted.what, built: counted.built, of: counted.of }
    }
}

#[derive(Debug, Serialize)]
struct SizeJson<'a> {
    entity: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cohort: Option<&'a str>,
    size: u64,
}

#[derive(Debug, Serialize)]
struct StitchedJson<'a> {
    entity: &'a str,
    mode: &'a str,
    ids: u64,
    pairs: u64,
    refused: u64,
    main_ids: u64,
    retired: u64,
    checked: &'a str,
}

impl Build {
    pub(super) fn run(&self) -> Result<Printed, Failure> {
        let read = project::read_project(&self.project.path, self.project.warehouse())?;
        let into = match &self.into {
            // A link that the person names means the file behind it.
            Some(into) => write::behind_link(into).unwrap_or_else(|_| into.clone()),
            None => builder::default_file(read.folder(), read.project())?,
        };
        let request = BuildRequest {
            folder: read.folder().to_path_buf(),
            into: into.clone(),
            data: self.data.clone(),
            key: key(&self.key)?,
            end: self.project.end_time()?,
            selected: self.project.selected(&read)?,
            anew: self.anew,
            rebuild_ids: self.rebuild_ids,
            keep_runs: self.keep_runs,
            as_latest: self.as_latest,
            warehouse: self.project.warehouse(),
            now: jiff::Timestamp::now().to_zoned(TimeZone::UTC).datetime(),
            limits: self.limits.impose()?,
        };
        let folder = into.parent().filter(|folder| !folder.as_os_str().is_empty());
        bounds::write_only_in(&[folder.unwrap_or(Path::new("."))]);
        let built = Watch::new().over(|job| builder::build(&request, job))?;
        let errors = check::errors_in(&built.findings);
        let printed = match self.json {
            true => Printed::json(&json(&built, &into, errors)),
            false => Printed::done(&text(&built, &into)),
        };
        Ok(printed.with_status(u8::from(errors > 0)))
    }
}

fn json<'a>(built: &'a Built, into: &std::path::Path, errors: usize) -> BuiltJson<'a> {
    let sizes = |cohorts: bool| {
        let of = built.sizes.iter().filter(move |(_, cohort, _)| cohort.is_some() == cohorts);
        of.map(|(entity, cohort, size)| SizeJson { entity, cohort: cohort.as_deref(), size: *size })
            .collect()
    };
    BuiltJson {
        schema: 1,
        file: into.display().to_string(),
        run: built.run,
        end_time: format!("{}Z", built.end),
        resumed: built.resumed,
        steps: built.steps,
        reused: built.reused,
        entities: sizes(false),
        cohorts: sizes(true),
        ids: built
            .stitches
            .iter()
            .map(|s| StitchedJson {
                entity: &s.entity,
                mode: s.mode,
                ids: s.ids,
                pairs: s.edges,
                refused: s.refused,
                main_ids: s.clusters,
                retired: s.retired,
                checked: &s.statement,
            })
            .collect(),
        removed_runs: &built.removed,
        history_of: built.history_of.as_ref().map(|latest| latest.number),
        built: built.counts.iter().map(CountedJson::of).collect(),
        findings: built.findings.len(),
        errors,
        told: told(built).into_iter().map(CheckedFinding::of).collect(),
    }
}

/// What is told at once: what does not work, and what is odd about the data. What is odd about the
/// project, `muster check` tells; what is left out for want of something else says nothing more.
fn told(built: &Built) -> Vec<&Finding> {
    let is_told = |at: usize, finding: &Finding| match finding.severity {
        Severity::Error => true,
        Severity::Warning => at >= built.of_project && !built.told_elsewhere.contains(&at),
        Severity::Note => false,
    };
    let numbered = built.findings.iter().enumerate();
    numbered.filter(|(at, finding)| is_told(*at, finding)).map(|(_, finding)| finding).collect()
}

fn text(built: &Built, into: &std::path::Path) -> Lines {
    let end = built.end.strftime("%Y-%m-%d %H:%M:%S");
    let mut out = Lines::default();
    out.line(format_args!("Run {} up to {end} UTC is in {}", built.run, into.display()));
    let again = match (built.resumed, built.reused) {
        (true, reused) => {
            format!("; resumed an unfinished run, {reused} steps were already done")
        }
        _ => String::new(),
    };
    out.line(format_args!("{} steps{again}", built.steps));
    if let Some(latest) = &built.history_of {
        out.line(format_args!(
            "It ends earlier than run {}, which stays the latest: this one is kept as history \
             (--as-latest shows it instead)",
            latest.number
        ));
    }
    let counts = built.counts.iter().map(|c| format!("{} {} of {}", c.what, c.built, c.of));
    out.line(format_args!("Built: {}", counts.collect::<Vec<_>>().join(", ")));
    for stitched in &built.stitches {
        out.line(format_args!(
            "{}: {} ids are {} main ids, from {}; {} refused, {} retired",
            stitched.entity,
            stitched.ids,
            stitched.clusters,
            stitched.mode,
            stitched.refused,
            stitched.retired
        ));
        out.line(format_args!("  {}", stitched.statement));
    }
    let rows = built.sizes.iter().map(|(entity, cohort, size)| {
        let name = cohort.clone().unwrap_or_else(|| format!("{entity}/all"));
        vec![entity.clone(), name, size.to_string()]
    });
    out.blank();
    out.add("", super::table::table(&["entity", "cohort", "size"], rows.collect(), &[2]));
    if !built.removed.is_empty() {
        let runs: Vec<String> = built.removed.iter().map(u64::to_string).collect();
        out.blank();
        out.line(format_args!("Removed runs: {}", runs.join(", ")));
    }
    let shown = told(built);
    if !shown.is_empty() {
        out.blank();
    }
    for finding in &shown {
        CheckedFinding::of(finding).text(&mut out);
    }
    if built.findings.len() > shown.len() {
        out.blank();
        let more = built.findings.len() - shown.len();
        out.line(format_args!("{more} more findings; muster check lists those of the project"));
    }
    out
}
