//! Building a Profiles project into a DuckDB file.
//!
//! ```text
//! project ─plan─▶ steps ─▶ run one by one, each in a transaction ─▶ publish: latest views, registry
//!            ▲       │
//!            └───────┘ a step that does not work is left out, with what needs it; the rest is
//!                      planned anew, and what is done stays done
//! ```
//!
//! - The tables of a run have names of their own; what others read are the latest views, which
//!   are switched over in one transaction when everything is there. A build that fails or is
//!   killed leaves them on the last good run, and the next one goes on where it stopped.
//! - SQL of the project can read the inputs and nothing else: before the first of it runs, the
//!   database is shut (`store/sandbox.rs`). It makes its own tables and changes nothing of a person
//!   (`project_sql.rs`).
//!
//! Start at [`build`].

mod access;
mod definitions;
mod inputs;
mod moments;
mod project_sql;
mod runs;
mod stitch;

pub use definitions::definitions;
pub use stitch::{Joined, join};

use super::Job;
use super::project;
use super::store::{Cause, Parser, SEVERAL, Store, StoreError};
use crate::define::{self, EnableStatus, Item, Project};
use crate::disk::{Readers, limit, links, read, write};
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::model::limits::Limits;
use crate::model::warehouse::Warehouse;
use crate::plan::{
    self, Options, Plan, PlannedFile, Run, Statement, Step, Work, item_name, item_place,
};
use crate::protocol::Progress;
use crate::sql::{Sql, build as statements};
use jiff::civil::DateTime;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How moments are written in statements.
pub(super) const ISO: &str = "%Y-%m-%d %H:%M:%S.%6f";

/// What to build.
#[derive(Debug, Clone, Default)]
pub struct BuildRequest {
    /// The folder of the project.
    pub folder: PathBuf,
    /// The file to build into; made when it is not there.
    pub into: PathBuf,
    /// Where the rows of inputs are: DuckDB files, files, or folders of files. Tables of the file
    /// that is built into are found without being named.
    pub data: Vec<PathBuf>,
    /// The key of encrypted DuckDB files.
    pub key: Option<String>,
    /// Up to when rows count, in UTC; else that of the run that is gone on with, or now.
    pub end: Option<DateTime>,
    /// Only these and what they need; empty means all.
    pub selected: BTreeSet<Item>,
    /// Start a new run, even if one was not finished.
    pub anew: bool,
    /// Join all ids from scratch.
    pub rebuild_ids: bool,
    /// Keep this many runs, and remove older ones.
    pub keep_runs: Option<u64>,
    /// Whose rules hold for SQL of the project; else those of the warehouse that its connection names.
    pub warehouse: Option<Warehouse>,
    /// Show this run as the latest although another one ends later.
    pub as_latest: bool,
    /// Now, in UTC.
    pub now: DateTime,
    /// What SQL of the project may use of the machine.
    pub limits: Limits,
}

/// What came of a build.
#[derive(Debug, Clone, Default)]
pub struct Built {
    /// The run's number.
    pub run: u64,
    /// Its end, in UTC.
    pub end: DateTime,
    /// It went on with a run that was not finished.
    pub resumed: bool,
    /// Steps that were run.
    pub steps: usize,
    /// Steps whose tables were there already.
    pub reused: usize,
    /// What is wrong with the project, what is odd about the data, what does not work, and what is
    /// left out for it.
    pub findings: Vec<Finding>,
    /// How many of them, the first ones, are about the project's files.
    pub of_project: usize,
    /// What came of joining ids, by entity.
    pub stitches: Vec<Stitched>,
    /// Entities and cohorts with their sizes: entity, cohort or none, how many.
    pub sizes: Vec<(String, Option<String>, u64)>,
    /// Runs that were removed.
    pub removed: Vec<u64>,
    /// How many of what is defined are built, by kind.
    pub counts: Vec<Counted>,
    /// Which of the findings, by their number, tell only that something is left out because another
    /// thing is.
    pub told_elsewhere: BTreeSet<usize>,
    /// The run whose end is later: this one is kept as history, and the latest views stay.
    pub history_of: Option<Run>,
}

/// How many of what is defined are built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// Of what kind: `features`.
    pub what: &'static str,
    /// So many are built.
    pub built: usize,
    /// So many are defined, or were asked for.
    pub of: usize,
}

/// What came of joining the ids of an entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stitched {
    /// The entity.
    pub entity: String,
    /// `all rows`, or `new rows`.
    pub mode: &'static str,
    /// Ids that take part.
    pub ids: u64,
    /// Pairs that are joined.
    pub edges: u64,
    /// Pairs that are not, and ids that were left out.
    pub refused: u64,
    /// Main ids.
    pub clusters: u64,
    /// Main ids that no longer exist.
    pub retired: u64,
    /// What was checked, as a sentence.
    pub statement: String,
}

/// The plan of a project as files.
#[derive(Debug, Clone)]
pub struct Compiled {
    /// The files.
    pub files: Vec<PlannedFile>,
    /// What cannot be built: its name, and why.
    pub not_built: Vec<(String, String)>,
}

/// Plans a project for a run that ends at `end`. Nothing is read and nothing is run.
pub fn compile(
    project: &Project,
    folder: &Path,
    end: DateTime,
    selected: BTreeSet<Item>,
) -> Compiled {
    let warehouse = project.warehouse;
    let mut options = Options { selected, warehouse, ..Options::default() };
    let mut plan = plan::plan(project, &options);
    // Who runs the files runs one statement where one is written.
    let parser = Parser::start();
    while let Some(items) = parser.as_ref().and_then(|parser| several_in(&plan, parser)) {
        leave_out(&mut options, &items, SEVERAL);
        plan = plan::plan(project, &options);
    }
    let files = plan::files(&plan, project, &Run { number: 1, end }, folder);
    let not_built =
        plan.left_out.iter().map(|out| (item_name(project, out.item), out.why.clone())).collect();
    Compiled { files, not_built }
}

/// The definitions of the first step that makes one thing of several statements.
fn several_in(plan: &Plan, parser: &Parser) -> Option<Vec<Item>> {
    let is_several = |statement: &Statement| match statement {
        Statement::Makes { .. } => parser.count(&statement.whole().text()).is_ok_and(|n| n > 1),
        Statement::Own(_) | Statement::Model { .. } => false,
    };
    let run = Run { number: 1, end: DateTime::default() };
    let mut steps = plan.steps.iter().filter(|step| !step.items.is_empty());
    steps.find(|step| step.statements(&run).iter().any(is_several)).map(|step| step.items.clone())
}

/// Writes the files of a plan into a folder. Files of an earlier plan there are replaced.
///
/// # Errors
/// When the folder cannot be made or written.
pub fn write_files(folder: &Path, files: &[PlannedFile]) -> Result<(), Failure> {
    let failed = |error: std::io::Error, path: &Path| {
        Failure::new(
            format!("the plan cannot be written: {error}"),
            path.display().to_string(),
            "name a folder that can be written to",
        )
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(error, folder))?;
    for name in planned_before(folder)? {
        let path = folder.join(&name);
        if path.is_file() || links::is_link(&path) {
            // A link is removed, not what it leads to.
            std::fs::remove_file(&path).map_err(|error| failed(error, &path))?;
        }
    }
    for file in files {
        let path = folder.join(&file.name);
        write::replace(&path, file.text.as_bytes(), Readers::AsUsual)
            .map_err(|error| failed(error, &path))?;
    }
    Ok(())
}

/// The files of the plan that a folder holds already.
///
/// # Errors
/// When it has a `plan.json` that is not a plan's: it may be somebody's own.
fn planned_before(folder: &Path) -> Result<Vec<String>, Failure> {
    let path = folder.join("plan.json");
    let text = match read::text(&path, limit::PLAN) {
        _ if links::is_link(&path) => String::new(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text.unwrap_or_default(),
    };
    let plan: Option<serde_json::Value> = serde_json::from_str(&text).ok();
    let steps = plan.as_ref().and_then(|plan| plan.get("steps")?.as_array());
    let files = steps.filter(|_| plan.as_ref().is_some_and(|plan| plan["schema"] == 1));
    let Some(files) = files else {
        return Err(Failure::wrong_use(
            "this plan.json is not from a compiled project, and is left as it is",
            path.display().to_string(),
            "name another folder with --to",
        ));
    };
    let named = |step: &serde_json::Value| Some(step.get("file")?.as_str()?.to_owned());
    let mut names: Vec<String> = files.iter().filter_map(named).collect();
    let latest = plan.as_ref().and_then(|plan| plan["latest_views"].as_str().map(str::to_owned));
    names.extend(latest);
    // Names of files in this folder, and of nothing else.
    names.retain(|name| Path::new(name).file_name().is_some_and(|file| file == name.as_str()));
    Ok(names)
}

/// The definition that a person names: an entity, a cohort, a SQL model, a feature table or an id
/// stitcher, also as `models/NAME`.
///
/// # Errors
/// When there is none of that name.
pub fn item_named(project: &Project, name: &str) -> Result<Item, Failure> {
    let asked = name.trim().trim_start_matches("models/").trim_end_matches("/all");
    let all = named_items(project);
    let found = all.iter().find(|(known, _)| known.eq_ignore_ascii_case(asked));
    found.map(|(_, item)| *item).ok_or_else(|| {
        let known: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
        Failure::wrong_use(
            format!("nothing called \"{name}\" is built"),
            "--select",
            format!("available: {}", known.join(", ")),
        )
    })
}

fn named_items(project: &Project) -> Vec<(String, Item)> {
    let mut all = Vec::new();
    for (at, it) in project.entities.iter().enumerate() {
        all.push((it.name.clone(), Item::Entity(define::EntityId(at))));
    }
    for (at, it) in project.cohorts.iter().enumerate() {
        all.push((it.name.clone(), Item::Cohort(define::CohortId(at))));
    }
    for (at, it) in project.sql_models.iter().enumerate() {
        all.push((it.name.clone(), Item::SqlModel(define::SqlModelId(at))));
    }
    for (at, it) in project.feature_tables.iter().enumerate() {
        all.push((it.name.clone(), Item::FeatureTable(define::FeatureTableId(at))));
    }
    for (at, it) in project.stitchers.iter().enumerate() {
        all.push((it.name.clone(), Item::Stitcher(define::StitcherId(at))));
    }
    all
}

/// Why steps were not all run.
enum Stop {
    /// The build cannot go on.
    Failed(Failure),
    /// These definitions do not work; the rest can be built without them.
    Broken { items: Vec<Item>, why: String },
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// A build under way.
struct Builder<'a> {
    request: &'a BuildRequest,
    project: &'a Project,
    store: &'a Store,
    run: Run,
    /// Hashes of steps whose tables are there.
    done: HashSet<String>,
    /// Hashes of what was defined in this session.
    defined: HashSet<String>,
    /// Names of what was defined in this session.
    defined_views: HashSet<String>,
    /// Schemas in which SQL of the project finds tables, in order.
    places: Vec<Sql>,
    built: Built,
}

/// Builds a project.
///
/// # Errors
/// When the project or the file cannot be read or written, it was cancelled, a model that must be
/// there does not work, or nothing works. The latest views then show the last good run.
pub fn build(request: &BuildRequest, job: &mut Job<'_>) -> Result<Built, Failure> {
    let was_there = request.into.exists();
    let mut begun = Begun::default();
    let built = build_into(request, job, &mut begun);
    if built.is_err() && !was_there && begun.steps == 0 {
        // Nothing is in it that could be gone on with. A file that stays does no harm.
        let _ = std::fs::remove_file(&request.into);
        let _ = std::fs::remove_file(crate::sources::log_of(&request.into));
    }
    built
}

/// How far a build came.
#[derive(Default)]
struct Begun {
    /// The run, unless it was begun by an earlier build.
    run: Option<Run>,
    /// It goes on with a run of an earlier build.
    resumed: bool,
    /// Steps that were run.
    steps: usize,
}

fn build_into(
    request: &BuildRequest,
    job: &mut Job<'_>,
    begun: &mut Begun,
) -> Result<Built, Failure> {
    (job.report)(Progress { doing: "Reading the project".into(), part: None });
    let (project, findings) = project::read_as(&request.folder, request.warehouse)?;
    if project.order.is_empty() {
        return Err(nothing_to_build(&findings, &request.folder));
    }
    access::check(request)?;
    let store = Store::writable(&request.into, &request.limits)?;
    store.obey(std::sync::Arc::clone(&job.cancelled));
    let fresh = runs::prepare(&store)?;
    let built = build_run(request, (&project, findings), &store, job, begun);
    if built.is_err() && begun.steps == 0 && !begun.resumed {
        runs::undo_begin(&store, begun.run.as_ref(), fresh);
    }
    built
}

fn build_run(
    request: &BuildRequest,
    (project, mut findings): (&Project, Vec<Finding>),
    store: &Store,
    job: &mut Job<'_>,
    begun: &mut Begun,
) -> Result<Built, Failure> {
    let of_project = findings.len();
    let mut bound = inputs::bind(request, project, store, job)?;
    findings.append(&mut bound.findings);
    store.shut(&bound.readable)?;
    let (run, resumed) = runs::begin(store, request, project)?;
    (begun.run, begun.resumed) = (Some(run.clone()), resumed);
    let done = runs::steps_done(store, &run)?;
    // A run that looks back does not take the place of what is known now, unless it is asked to.
    let later = runs::good(store)?.into_iter().find(|latest| latest.end > run.end);
    let history_of = later.filter(|_| !request.as_latest);
    let built = Built {
        run: run.number,
        end: run.end,
        resumed,
        findings,
        of_project,
        history_of,
        ..Built::default()
    };
    let mut builder = Builder {
        request,
        project,
        store,
        run,
        done,
        defined: HashSet::new(),
        defined_views: bound.views.into_iter().collect(),
        places: bound.places,
        built,
    };
    let mut options = Options {
        tables: bound.tables,
        rules: bound.rules,
        broken: bound.broken.clone(),
        selected: request.selected.clone(),
        warehouse: project.warehouse,
        ..Options::default()
    };
    let planned = builder.all(&mut options, job);
    begun.steps = builder.built.steps;
    let plan = planned?;
    builder.must_haves(&plan)?;
    builder.tell_left_out(&plan, &bound.optional);
    builder.tell_moments(&plan);
    let plan = runs::without_taken(&mut builder, plan)?;
    runs::drop_stale(&builder, &plan)?;
    let (document, commit, trouble) = definitions::document(project, request, &plan, &builder.run);
    builder.built.findings.extend(trouble);
    runs::publish(&mut builder, &plan, &document, commit.as_deref())?;
    // The run is published: what fails now is reported beside it.
    for failure in [runs::retire(&mut builder).err(), builder.sizes(&plan).err()] {
        let told = failure.map(|f| Finding::new(Severity::Warning, f.what).hint(f.hint));
        builder.built.findings.extend(told);
    }
    Ok(builder.built)
}

fn nothing_to_build(findings: &[Finding], folder: &Path) -> Failure {
    // What tells of a part only names something else, which is told as well.
    let errors = || findings.iter().filter(|f| f.severity == Severity::Error);
    let cause = errors().find(|f| !f.is_of_part);
    let first = cause.or_else(|| errors().next());
    let place = first.and_then(|f| Some((f.file.as_ref()?, f.line.unwrap_or(1))));
    Failure::new(
        match first {
            Some(first) => {
                format!("the project defines nothing that can be built: {}", first.message)
            }
            None => "the project defines nothing that can be built".to_owned(),
        },
        match place {
            Some((file, line)) => format!("{}:{line}", file.display()),
            None => folder.display().to_string(),
        },
        "muster check lists everything that is wrong with it",
    )
}

/// Marks what does not work. Where it is one of several, each is tried by itself to find out which.
fn leave_out(options: &mut Options, items: &[Item], why: &str) {
    let before = options.alone.len();
    if items.len() > 1 {
        options.alone.extend(items.iter().copied());
    }
    if options.alone.len() == before {
        options.broken.extend(items.iter().map(|item| (*item, why.to_owned())));
    }
}

impl Builder<'_> {
    /// Runs the steps, planning anew without what does not work, until all that is left is done.
    fn all(&mut self, options: &mut Options, job: &mut Job<'_>) -> Result<Plan, Failure> {
        loop {
            let plan = plan::plan(self.project, options);
            match self.steps(&plan, job) {
                Ok(()) => return Ok(plan),
                Err(Stop::Failed(failure)) => return Err(failure),
                Err(Stop::Broken { items, why }) if items.is_empty() => {
                    return Err(Failure::new(why, "", "report what was built"));
                }
                Err(Stop::Broken { items, why }) => leave_out(options, &items, &why),
            }
        }
    }

    fn steps(&mut self, plan: &Plan, job: &mut Job<'_>) -> Result<(), Stop> {
        let total = plan.steps.len();
        for (at, step) in plan.steps.iter().enumerate() {
            if job.cancelled.load(std::sync::atomic::Ordering::Relaxed) {
                return Err(Failure::from(StoreError::Cancelled).into());
            }
            let part = Some(at as f32 / total as f32);
            (job.report)(Progress { doing: format!("Building {}", step.name), part });
            if self.defined.contains(&step.hash) {
                continue;
            }
            if step.stays() && self.done.contains(&step.hash) {
                self.built.reused += 1;
                self.defined.insert(step.hash.clone());
                continue;
            }
            self.step(step, &mut |doing| {
                (job.report)(Progress { doing: format!("{doing} {}", step.name), part });
            })?;
            self.defined.insert(step.hash.clone());
        }
        Ok(())
    }

    fn step(&mut self, step: &Step, tell: &mut dyn FnMut(&str)) -> Result<(), Stop> {
        let started = Instant::now();
        self.vet(step)?;
        if !step.stays() {
            self.run_statements(step)?;
            self.defined_views.extend(step.makes.iter().map(|name| self.run.settle(name)));
            return Ok(());
        }
        if let Err(stop) = self.model_apart(step) {
            self.clear_scratch(step)?;
            return Err(stop);
        }
        self.store.execute(&statements::begin())?;
        let work = match &step.work {
            Work::Stitch(stitch) => self.stitch(stitch, step, tell),
            Work::Tables | Work::Session => self.run_statements(step),
        };
        let noted = work.and_then(|()| {
            let makes: Vec<String> = step.makes.iter().map(|name| self.run.settle(name)).collect();
            let seconds = started.elapsed().as_secs_f64();
            let note =
                statements::step_done(self.run.number, &step.name, &step.hash, &makes, seconds);
            self.store.execute(&note)?;
            Ok(self.store.execute(&statements::commit())?)
        });
        if noted.is_err() {
            self.store.undo();
            self.store.execute(&statements::keep_order(true))?;
        }
        self.clear_scratch(step)?;
        noted?;
        self.built.steps += 1;
        self.done.insert(step.hash.clone());
        Ok(())
    }

    fn run_statements(&self, step: &Step) -> Result<(), Stop> {
        for statement in step.statements(&self.run) {
            let sql = match &statement {
                Statement::Model { table, .. } => statements::from_scratch(&self.run.settle(table)),
                other => other.whole(),
            };
            self.sorted(self.store.execute(&sql), step)?;
        }
        Ok(())
    }

    /// A statement that does not work is the fault of what it carries out; the rest goes on.
    fn sorted<T>(&self, done: Result<T, StoreError>, step: &Step) -> Result<T, Stop> {
        match done {
            Ok(value) => Ok(value),
            Err(error) => match why_broken(&error) {
                Some(why) => Err(Stop::Broken { items: step.items.clone(), why }),
                None => Err(error.into()),
            },
        }
    }

    /// Tells what was left out of the plan: what does not work as an error, what needs it as a
    /// warning, and what may be missing as a note.
    fn tell_left_out(&mut self, plan: &Plan, optional: &BTreeSet<Item>) {
        let quiet: BTreeMap<Item, bool> =
            plan.left_out.iter().map(|out| (out.item, optional.contains(&out.item))).collect();
        for out in &plan.left_out {
            let name = item_name(self.project, out.item);
            let place = item_place(self.project, out.item);
            let severity = match (quiet.get(&out.item), out.for_want) {
                (Some(true), _) => Severity::Note,
                (_, true) => Severity::Warning,
                _ => Severity::Error,
            };
            let hint = match (severity, out.for_want) {
                (Severity::Note, _) => "it is optional, and left out with what needs it",
                (_, true) => "fix that first",
                _ => "",
            };
            let finding = Finding::new(severity, format!("{name} is not built: {}", out.why))
                .at(&*place.file, Some(place.line))
                .hint(hint);
            if out.for_want {
                self.built.told_elsewhere.insert(self.built.findings.len());
            }
            self.built.findings.push(finding);
        }
        self.built.counts = self.counts(plan);
    }

    /// How many of what is defined, or was asked for, are built.
    fn counts(&self, plan: &Plan) -> Vec<Counted> {
        let built: BTreeSet<Item> =
            plan.steps.iter().flat_map(|step| &step.items).copied().collect();
        let out: BTreeSet<Item> = plan.left_out.iter().map(|out| out.item).collect();
        let all = !self.request.selected.is_empty();
        let count = |what, items: Vec<Item>| {
            let is_asked = |item: &&Item| !all || built.contains(*item) || out.contains(*item);
            let asked: Vec<&Item> = items.iter().filter(is_asked).collect();
            let there = asked.iter().filter(|item| built.contains(**item)).count();
            Counted { what, built: there, of: asked.len() }
        };
        let project = self.project;
        let kinds = [
            count(
                "features",
                (0..project.features.len()).map(|n| Item::Feature(define::FeatureId(n))).collect(),
            ),
            count(
                "cohorts",
                (0..project.cohorts.len()).map(|n| Item::Cohort(define::CohortId(n))).collect(),
            ),
            count(
                "SQL models",
                (0..project.sql_models.len())
                    .map(|n| Item::SqlModel(define::SqlModelId(n)))
                    .collect(),
            ),
            count(
                "feature tables",
                (0..project.feature_tables.len())
                    .map(|n| Item::FeatureTable(define::FeatureTableId(n)))
                    .collect(),
            ),
        ];
        kinds.into_iter().filter(|counted| counted.of > 0).collect()
    }

    /// A run without something that it must have is not published.
    fn must_haves(&self, plan: &Plan) -> Result<(), Failure> {
        let missing = plan.left_out.iter().find(|out| {
            let status = match out.item {
                Item::Feature(id) => self.project[id].status,
                Item::Cohort(id) => self.project[id].status,
                Item::SqlModel(id) => self.project[id].status,
                Item::FeatureTable(id) => self.project[id].status,
                _ => EnableStatus::GoodToHave,
            };
            status == EnableStatus::MustHave
        });
        if let Some(out) = missing {
            let place = item_place(self.project, out.item);
            return Err(Failure::new(
                format!(
                    "{} must be built but is not: {}",
                    item_name(self.project, out.item),
                    out.why
                ),
                format!("{}:{}", place.file.display(), place.line),
                "the latest views show the last good run",
            ));
        }
        if plan.views.is_empty() {
            // What needs something else is left out only for that.
            let cause = |out: &&plan::LeftOut| !out.for_want;
            let first = plan.left_out.iter().find(cause).or(plan.left_out.first());
            let why = first.map_or_else(String::new, |out| {
                format!(": {}: {}", item_name(self.project, out.item), out.why)
            });
            let place = match first.map(|out| item_place(self.project, out.item)) {
                Some(place) => format!("{}:{}", place.file.display(), place.line),
                None => self.request.folder.display().to_string(),
            };
            return Err(Failure::new(
                format!("nothing could be built{why}"),
                place,
                "name the data with --data, or fix what muster check lists",
            ));
        }
        Ok(())
    }

    fn sizes(&mut self, plan: &Plan) -> Result<(), Failure> {
        for output in &plan.outputs {
            let (entity, cohort) = match output.what {
                plan::Holds::Entity(id) => (id, None),
                plan::Holds::Cohort(id) => {
                    (self.project[id].entity, Some(self.project[id].name.clone()))
                }
                _ => continue,
            };
            let size = runs::count(self.store, &self.run.settle(&output.of))?;
            self.built.sizes.push((self.project[entity].name.clone(), cohort, size));
        }
        Ok(())
    }
}

/// Why what a failed statement carries out does not work; `None` when the machine is the cause. One
/// that takes too long or too much is left out like one that does not work, and so is one that reads
/// a damaged file.
fn why_broken(error: &StoreError) -> Option<String> {
    match error {
        StoreError::Sql { cause: Cause::Machine, .. } => None,
        StoreError::Sql { .. } => Some(error.why()),
        StoreError::Limit { what, hint } => Some(format!("{what}; {hint}")),
        StoreError::NotReadable { .. } => Some(error.to_string()),
        _ => None,
    }
}

/// The file that a project is built into when none is named: `output/NAME.duckdb` in its folder.
///
/// # Errors
/// When the folder for it cannot be made, or a link in the project leads elsewhere.
pub fn default_file(folder: &Path, project: &Project) -> Result<PathBuf, Failure> {
    let file = output_of(folder, project);
    let output = folder.join("output");
    let logs = crate::sources::files::logs_of(&file);
    for path in [&output, &file].into_iter().chain(&logs) {
        if links::is_link(path) {
            return Err(Failure::new(
                "the output of the project is a link, which came with the project",
                path.display().to_string(),
                "remove the link, or name the file to build into with --into",
            ));
        }
    }
    std::fs::create_dir_all(&output).map_err(|error| {
        Failure::new(
            format!("the folder for the output cannot be created: {error}"),
            output.display().to_string(),
            "name a file with --into",
        )
    })?;
    Ok(file)
}

/// Where a project is built into when no file is named.
pub fn output_of(folder: &Path, project: &Project) -> PathBuf {
    let name: String = project
        .name
        .chars()
        .map(|c| if c.is_alphanumeric() || c == '_' || c == '-' { c } else { '_' })
        .collect();
    let name = if name.is_empty() { "profiles".to_owned() } else { name };
    folder.join("output").join(format!("{name}.duckdb"))
}
