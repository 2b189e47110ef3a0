//! Runs: begun, gone on with, published, and removed when their time is over.

use super::super::store::Store;
use super::{BuildRequest, Builder, ISO, Stitched};
use crate::define::Project;
use crate::model::failure::Failure;
use crate::model::finding::{Finding, Severity};
use crate::model::value::Value;
use crate::plan::{self, Plan, Run, WORK_SCHEMA};
use crate::sql::build::{self as statements, Registered};
use jiff::ToSpan as _;
use jiff::civil::DateTime;
use std::collections::{BTreeSet, HashSet};

/// A table or view of the file.
pub(super) struct Object {
    pub(super) schema: String,
    pub(super) name: String,
    pub(super) is_view: bool,
}

/// A run that the file knows.
struct Known {
    number: u64,
    state: String,
    end: DateTime,
}

impl Known {
    /// Whether it was published, or kept as history.
    fn is_finished(&self) -> bool {
        self.state == "done" || self.state == statements::HISTORY
    }
}

/// Makes the tables in which runs are kept. Says whether none of them was there.
pub(super) fn prepare(store: &Store) -> Result<bool, Failure> {
    let is_kept = |object: &Object| object.schema == "muster" || object.name == "material_registry";
    let fresh = !objects(store)?.iter().any(is_kept);
    for statement in statements::bookkeeping() {
        store.execute(&statement)?;
    }
    Ok(fresh)
}

fn known(store: &Store) -> Result<Vec<Known>, Failure> {
    let rows = store.cells(&statements::runs())?;
    let run = |row: Vec<Value>| {
        let mut cells = row.into_iter().map(|cell| cell.display());
        let number = cells.next()?.parse().ok()?;
        let state = cells.next()?;
        let end = DateTime::strptime("%Y-%m-%d %H:%M:%S.%f", cells.next()?).ok()?;
        Some(Known { number, state, end })
    };
    Ok(rows.into_iter().filter_map(run).collect())
}

/// The good runs, the latest first.
pub(super) fn good(store: &Store) -> Result<Vec<Run>, Failure> {
    let runs = known(store)?.into_iter().rev().filter(|run| run.state == "done");
    Ok(runs.map(|run| Run { number: run.number, end: run.end }).collect())
}

/// The run to build: the one that was not finished, when it is the one asked for, or a new one.
pub(super) fn begin(
    store: &Store,
    request: &BuildRequest,
    project: &Project,
) -> Result<(Run, bool), Failure> {
    let runs = known(store)?;
    let open = runs.last().filter(|run| run.state == "running");
    if let Some(open) = open {
        let same_end = request.end.is_none_or(|end| end == open.end);
        if same_end && !request.anew && !request.rebuild_ids {
            return Ok((Run { number: open.number, end: open.end }, true));
        }
        remove(store, open.number)?;
    }
    let last = runs.iter().filter(|run| run.is_finished()).map(|run| run.number).max();
    let number = last.unwrap_or(0) + 1;
    let end = request.end.unwrap_or(request.now);
    let selected: Vec<String> =
        request.selected.iter().map(|item| plan::item_name(project, *item)).collect();
    let begun = statements::begin_run(
        number,
        &project.name,
        &end.strftime(ISO).to_string(),
        &request.now.strftime(ISO).to_string(),
        &selected,
    );
    store.execute(&begun)?;
    Ok((Run { number, end }, false))
}

/// Takes back that a run was begun of which nothing was made, so that the file is as it was: also
/// the tables in which runs are kept, when they were made for it (`fresh`). What cannot be taken
/// away stays, and does no harm.
pub(super) fn undo_begin(store: &Store, run: Option<&Run>, fresh: bool) {
    // The failure that led here may be that the work was stopped.
    store.obey(std::sync::Arc::default());
    let forgotten = run.map(|run| statements::forget_run(run.number)).unwrap_or_default();
    let bookkeeping = if fresh { statements::drop_bookkeeping() } else { Vec::new() };
    let work = statements::drop_schema_if_empty(WORK_SCHEMA);
    for statement in forgotten.into_iter().chain([work]).chain(bookkeeping) {
        let _ = store.execute(&statement);
    }
}

pub(super) fn steps_done(store: &Store, run: &Run) -> Result<HashSet<String>, Failure> {
    let rows = store.cells(&statements::steps_done(run.number))?;
    Ok(rows.into_iter().filter_map(|row| row.first().map(Value::display)).collect())
}

/// Every table and view of the file.
pub(super) fn objects(store: &Store) -> Result<Vec<Object>, Failure> {
    let rows = store.cells(&statements::objects())?;
    let object = |row: Vec<Value>| {
        let [schema, name, is_view] = <[Value; 3]>::try_from(row).ok()?;
        Some(Object {
            schema: schema.display(),
            name: name.display(),
            is_view: is_view == Value::Boolean(true),
        })
    };
    Ok(rows.into_iter().filter_map(object).collect())
}

/// What a run made, as far as it is still there.
pub(super) fn objects_of(store: &Store, run: u64) -> Result<Vec<String>, Failure> {
    Ok(made(store, run)?.into_iter().map(|object| object.name).collect())
}

/// What the steps of a run made, as far as it is still there. Nothing else of the file is a run's.
fn made(store: &Store, run: u64) -> Result<Vec<Object>, Failure> {
    let rows = store.cells(&statements::made_by(run))?;
    let names: BTreeSet<String> =
        rows.iter().filter_map(|row| row.first().map(Value::display)).collect();
    let is_made = |object: &Object| match object.schema.as_str() {
        "main" => names.contains(&object.name),
        schema => names.contains(&format!("{schema}.{}", object.name)),
    };
    Ok(objects(store)?.into_iter().filter(is_made).collect())
}

/// The rows of a table of the file.
pub(super) fn count(store: &Store, name: &str) -> Result<u64, Failure> {
    let rows = store.cells(&statements::count(name))?;
    let count = rows.first().and_then(|row| row.first()).and_then(Value::as_u64);
    Ok(count.unwrap_or(0))
}

/// The plan without latest views whose names a person's own tables and views have: those are not
/// replaced.
pub(super) fn without_taken(builder: &mut Builder<'_>, mut plan: Plan) -> Result<Plan, Failure> {
    let store = builder.store;
    let mut taken: BTreeSet<String> = objects(store)?
        .into_iter()
        .filter(|object| !object.is_view && object.schema == "main")
        .map(|object| object.name.to_lowercase())
        .collect();
    for row in store.cells(&statements::latest_views())? {
        let mut cells = row.iter().map(Value::display);
        let (name, sql) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        // A latest view shows something of a run.
        if !sql.contains("Material_") {
            taken.insert(name.to_lowercase());
        }
    }
    plan.views.retain(|view| {
        let is_taken = taken.contains(&view.name.to_lowercase());
        if is_taken {
            let message = format!(
                "`{}` is not published: the file has a table or view of that name",
                view.name
            );
            builder
                .built
                .findings
                .push(Finding::new(Severity::Warning, message).hint(
                    "build into another file; the output is there under the name of its run",
                ));
        }
        !is_taken
    });
    Ok(plan)
}

/// Drops what steps of this run made that are no longer part of it: it was gone on with after its
/// definitions changed.
pub(super) fn drop_stale(builder: &Builder<'_>, plan: &Plan) -> Result<(), Failure> {
    let (store, run) = (builder.store, builder.run.number);
    let current: HashSet<&str> = plan.steps.iter().map(|step| step.hash.as_str()).collect();
    let kept: HashSet<String> =
        plan.steps.iter().flat_map(|s| &s.makes).map(|name| builder.run.settle(name)).collect();
    let there = objects(store)?;
    for row in store.cells(&statements::steps_made(run))? {
        let mut cells = row.iter().map(Value::display);
        let (hash, made) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        if current.contains(hash.as_str()) {
            continue;
        }
        let (schema, name) = made.split_once('.').unwrap_or(("main", made.as_str()));
        let object = there.iter().find(|o| o.schema == schema && o.name == name);
        if let Some(object) = object.filter(|_| !kept.contains(&made)) {
            let dropped = statements::drop_object(schema, name, object.is_view);
            store.execute(&dropped)?;
        }
        store.execute(&statements::forget_step(run, &hash))?;
    }
    Ok(())
}

/// Switches the latest views over to this run, and notes that it is done: all at once or not at
/// all.
pub(super) fn publish(
    builder: &mut Builder<'_>,
    plan: &Plan,
    document: &str,
    commit: Option<&str>,
) -> Result<(), Failure> {
    let store = builder.store;
    builder.built.stitches = stitches(store, builder.run.number)?;
    store.execute(&statements::begin())?;
    let done = publish_all(builder, plan, document, commit);
    if done.is_err() {
        store.undo();
        return done;
    }
    store.execute(&statements::commit())?;
    // What is only in the log is read back when the file is opened.
    let _ = store.execute(&statements::checkpoint());
    Ok(())
}

fn publish_all(
    builder: &Builder<'_>,
    plan: &Plan,
    document: &str,
    commit: Option<&str>,
) -> Result<(), Failure> {
    let (store, run) = (builder.store, &builder.run);
    let end = run.end.strftime(ISO).to_string();
    let now = builder.request.now.strftime(ISO).to_string();
    let is_latest = builder.built.history_of.is_none();
    for statement in plan::views(plan, run).into_iter().filter(|_| is_latest) {
        store.execute(&statement)?;
    }
    for view in plan.views.iter().filter(|_| is_latest) {
        let object = run.settle(&view.of);
        for status in [1, 2] {
            let line = Registered {
                model: &view.model,
                model_type: view.model_type,
                hash: &plan.steps[view.step].hash,
                run: run.number,
                object: &object,
                view: &view.name,
                end: &end,
                now: &now,
                status,
            };
            store.execute(&statements::register(&line))?;
        }
    }
    store.execute(&statements::keep_definitions(run.number, document))?;
    for finding in &builder.built.findings {
        let severity = finding.severity.word();
        let file = finding.file.as_ref().map(|file| file.display().to_string());
        let place = file.as_deref().zip(finding.line);
        let hint = finding.hint.as_deref();
        let kept = statements::keep_finding(run.number, (severity, &finding.message), place, hint);
        store.execute(&kept)?;
    }
    let state = if is_latest { "done" } else { statements::HISTORY };
    store.execute(&statements::end_run(run.number, state, &now, commit))?;
    Ok(store.execute(&statements::drop_schema(WORK_SCHEMA))?)
}

/// What came of joining ids in a run, also in a part of it that was done before.
fn stitches(store: &Store, run: u64) -> Result<Vec<Stitched>, Failure> {
    let rows = store.cells(&statements::stitches(run))?;
    let stitched = |row: Vec<Value>| {
        let mut cells = row.into_iter().map(|cell| cell.display());
        let (entity, mode) = (cells.next()?, cells.next()?);
        let mut number = || cells.next()?.parse::<u64>().ok();
        let [ids, edges, refused, clusters, retired] =
            [number()?, number()?, number()?, number()?, number()?];
        let mode = if mode == "new rows" { "new rows" } else { "all rows" };
        let statement = cells.next()?;
        Some(Stitched { entity, mode, ids, edges, refused, clusters, retired, statement })
    };
    Ok(rows.into_iter().filter_map(stitched).collect())
}

/// Removes runs: those beyond the number that was asked for, and those past the period that the
/// project states. Never the latest, and never one that a latest view still shows.
pub(super) fn retire(builder: &mut Builder<'_>) -> Result<(), Failure> {
    let store = builder.store;
    let mut done: Vec<Known> = known(store)?.into_iter().filter(Known::is_finished).collect();
    let Some(at) = done.iter().rposition(|run| run.state == "done") else { return Ok(()) };
    let latest = done.remove(at);
    let keep = builder.request.keep_runs.map(|keep| keep.max(1) as usize - 1);
    let stated = builder.project.retention.as_deref().and_then(plan::seconds);
    let oldest = stated.and_then(|seconds| latest.end.checked_sub(seconds.seconds()).ok());
    let beyond = keep.map_or(0, |keep| done.len().saturating_sub(keep));
    let shown = shown_runs(store)?;
    for (at, run) in done.iter().enumerate() {
        let past = oldest.is_some_and(|oldest| run.end < oldest);
        if (at < beyond || past) && !shown.contains(&run.number) {
            remove(store, run.number)?;
            builder.built.removed.push(run.number);
        }
    }
    Ok(())
}

/// Runs that some latest view shows.
fn shown_runs(store: &Store) -> Result<BTreeSet<u64>, Failure> {
    let rows = store.cells(&statements::latest_views())?;
    let number = |row: Vec<Value>| {
        let sql = row.get(1)?.display();
        let at = sql.find("Material_")?;
        // The database leaves quotes out where it can.
        let quoted = sql[..at].ends_with('"');
        let ends = |c: char| if quoted { c == '"' } else { !c.is_alphanumeric() && c != '_' };
        let name = &sql[at..];
        let name = &name[..name.find(ends).unwrap_or(name.len())];
        name.rsplit('_').next()?.parse().ok()
    };
    Ok(rows.into_iter().filter_map(number).collect())
}

/// Removes a run with all that it made.
fn remove(store: &Store, run: u64) -> Result<(), Failure> {
    let objects = made(store, run)?;
    store.execute(&statements::begin())?;
    let removed = objects
        .iter()
        .map(|o| statements::drop_object(&o.schema, &o.name, o.is_view))
        .chain(statements::forget_run(run))
        .try_for_each(|statement| store.execute(&statement));
    if let Err(error) = removed {
        store.undo();
        return Err(error.into());
    }
    Ok(store.execute(&statements::commit())?)
}
