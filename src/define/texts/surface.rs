//! What a template can name: `this`, `warehouse`, `end_time`, entities, cohorts, inputs, models.
//!
//! Whatever it asks for is written down on a [`Requests`]: references become numbered marks in the
//! evaluated text, and unknown names become findings.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::path::{Component, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::value::{Kwargs, Object, ObjectRepr};
use minijinja::{Error, State, Value};

use crate::define::names::{Definition, LookedUp, Names, Scope};
use crate::define::project::{EntityId, Owner, Part, Target};
use crate::define::texts::macros::Fault;

/// Around the number of a part in evaluated text; both are in the private range of Unicode.
pub(in crate::define) const MARK: [char; 2] = ['\u{E000}', '\u{E001}'];

/// Where a text stands: the folder from which the files that it names are looked for.
#[derive(Debug, Clone)]
pub(in crate::define) struct Home {
    pub(in crate::define) folder: PathBuf,
}

/// What was asked for during one evaluation.
#[derive(Debug, Default)]
pub(in crate::define) struct Log {
    pub(in crate::define) parts: Vec<Part>,
    pub(in crate::define) also: Vec<Target>,
    pub(in crate::define) faults: Vec<Fault>,
    written: usize,
}

/// Where one evaluation looks names up and writes down what it used.
#[derive(Debug)]
pub(in crate::define) struct Requests {
    names: Arc<Names>,
    scope: Scope,
    files: Arc<HashMap<PathBuf, String>>,
    home: Home,
    log: Mutex<Log>,
}

impl Requests {
    pub(in crate::define) fn new(
        names: Arc<Names>,
        scope: Scope,
        files: Arc<HashMap<PathBuf, String>>,
        home: Home,
    ) -> Self {
        Self { names, scope, files, home, log: Mutex::default() }
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::define) fn take(&self) -> Log {
        std::mem::take(&mut *self.log())
    }

    /// Counts `bytes` as written; how many there are now.
    pub(in crate::define) fn written(&self, bytes: usize) -> usize {
        let mut log = self.log();
        log.written += bytes;
        log.written
    }

    fn fault(&self, message: String, needle: &str, hint: Option<String>) {
        self.add(Fault { hint, ..Fault::new(message, needle) });
    }

    /// Says that something is named that cannot be had here.
    pub(in crate::define) fn mild(&self, message: String, needle: &str, hint: &str) {
        self.add(Fault { hint: Some(hint.to_owned()), mild: true, ..Fault::new(message, needle) });
    }

    fn add(&self, fault: Fault) {
        let mut log = self.log();
        if log.faults.len() < 50 {
            log.faults.push(fault);
        }
    }

    fn part(self: &Arc<Self>, part: Part) -> Value {
        let mut log = self.log();
        let at = log.parts.iter().position(|p| *p == part).unwrap_or_else(|| {
            log.parts.push(part);
            log.parts.len() - 1
        });
        drop(log);
        self.item(What::Part(at))
    }

    fn item(self: &Arc<Self>, what: What) -> Value {
        Value::from_object(Handle { requests: Arc::clone(self), what })
    }

    fn unknown(self: &Arc<Self>, name: &str) -> Value {
        self.part(Part::Unknown(name.to_owned()));
        self.item(What::Missing(name.to_owned()))
    }

    /// What a path means. Something unknown is reported unless it may be missing.
    fn path(self: &Arc<Self>, path: &str, optional: bool) -> Option<Target> {
        match self.names.find(path, &self.scope) {
            LookedUp::Target(target) => Some(target),
            LookedUp::Misspelt(target, right) => {
                self.fault(
                    format!("`{path}` is not defined"),
                    path,
                    Some(format!("read as `{right}`")),
                );
                Some(target)
            }
            LookedUp::NotFetched(_) if optional => None,
            LookedUp::NotFetched(package) => {
                let message = format!("`{path}` is from a package that is not fetched");
                self.mild(message, path, &format!("check out the package `{package}`"));
                None
            }
            LookedUp::Nothing(_) if optional => None,
            LookedUp::Nothing(nearest) => {
                let last = path.rsplit('/').next().unwrap_or_default().to_lowercase();
                let reported =
                    self.names.dropped_models.contains(&last) || self.names.dropped.contains(&last);
                if !reported {
                    let hint = nearest.map(|n| format!("perhaps `{n}` is meant"));
                    self.fault(format!("`{path}` is not defined"), path, hint);
                }
                None
            }
        }
    }

    fn var_of_entity(self: &Arc<Self>, entity: EntityId, name: &str) -> Value {
        let name = name.trim();
        let name = name.strip_prefix("./").unwrap_or(name);
        if name.contains('/') {
            return match self.path(name, false) {
                Some(target) => self.part(Part::Ref(target)),
                None => self.unknown(name),
            };
        }
        let known = &self.names.entities[entity.0];
        if let Some(var) = self.names.var(entity, name, &self.scope) {
            return self.part(Part::Ref(Target::Feature(var)));
        }
        let lower = name.to_lowercase();
        if let Some(table) = self.names.columns.get(&(entity, lower.clone())) {
            return self.part(Part::Column(*table, name.to_owned()));
        }
        if lower == known.main_id.to_lowercase() || matches!(lower.as_str(), "main_id" | "valid_at")
        {
            let column = if lower == "valid_at" { "valid_at" } else { &known.main_id };
            return self.part(Part::Sql(column.to_owned()));
        }
        if self.names.dropped.contains(&lower) {
            return self.unknown(name);
        }
        if self.names.open_entities.contains(&entity) {
            let message = format!("`{}` has no feature `{name}` that is built here", known.name);
            self.mild(message, name, "a model of a kind that is not built here may make it");
            return self.unknown(name);
        }
        let mut owners = vec![Owner::Entity(entity)];
        owners.extend(self.scope.cohort.map(Owner::Cohort));
        let nearest = self.names.nearest_var(&owners, name);
        let hint = nearest.map(|n| format!("perhaps `{n}` is meant"));
        self.fault(format!("`{}` has no feature `{name}`", known.name), name, hint);
        self.unknown(name)
    }

    fn var(self: &Arc<Self>, thing: Definition, name: &str) -> Value {
        match thing {
            Definition::Entity(entity) => self.var_of_entity(entity, name),
            Definition::Cohort(cohort) => {
                let scope = Scope { cohort: Some(cohort), ..self.scope };
                let entity = self.names.cohorts[cohort.0].entity;
                match self.names.var(entity, name, &scope) {
                    Some(var) => self.part(Part::Ref(Target::Feature(var))),
                    None => self.var_of_entity(entity, name),
                }
            }
            Definition::Table(table) => match self.names.var_of_table(table, name) {
                Some(var) => self.part(Part::Ref(Target::Feature(var))),
                None => self.column(table, name),
            },
        }
    }

    /// A column of a plain table, or an expression of its columns.
    fn column(self: &Arc<Self>, table: Target, name: &str) -> Value {
        let name = name.trim().strip_prefix("./").unwrap_or(name.trim());
        if !name.contains(['(', ')', ':', '+', '*', '\'', '"', ',', '|', '[', '.']) {
            return self.part(Part::Column(table, name.to_owned()));
        }
        let mut log = self.log();
        if !log.also.contains(&table) {
            log.also.push(table);
        }
        drop(log);
        self.part(Part::Sql(name.to_owned()))
    }

    fn read_file(&self, path: &str) -> Option<String> {
        file_from(&self.files, &self.home.folder, path).cloned()
    }
}

/// The path without `.` and `..`; `None` when it leads out of where it starts.
pub(in crate::define) fn plain_path(path: &std::path::Path) -> Option<PathBuf> {
    let mut made = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                if !made.pop() {
                    return None;
                }
            }
            other => made.push(other),
        }
    }
    Some(made)
}

/// The names that stand alone in a template.
#[derive(Debug)]
pub(in crate::define) struct Root(pub(in crate::define) Arc<Requests>);

impl Object for Root {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let requests = &self.0;
        let name = key.as_str()?;
        let what = match name {
            "this" => What::This,
            "warehouse" => What::Warehouse,
            "end_time" => What::EndTime,
            "begin_time" | "timestamp" => What::EndTime,
            "end_time_sql" => return Some(requests.part(Part::EndTime)),
            "rowset" => What::RowSet,
            "makePath" | "makepath" | "BuildContract" => What::Function(name.to_owned()),
            "best_schema_version" => return Some(Value::from("")),
            _ => match requests.names.thing(name, &requests.scope) {
                Some(thing) => What::Definition(thing),
                None => {
                    let hint = requests
                        .names
                        .nearest_thing(name)
                        .map(|n| format!("perhaps `{n}` is meant"));
                    if requests.names.dropped_models.contains(&name.to_lowercase()) {
                        return Some(requests.unknown(name));
                    }
                    let message = format!("`{name}` is not known in this template");
                    if hint.is_none() && !requests.names.not_fetched.is_empty() {
                        requests.mild(message, name, "a package that is not fetched may define it");
                    } else {
                        requests.fault(message, name, hint);
                    }
                    return Some(requests.unknown(name));
                }
            },
        };
        Some(requests.item(what))
    }
}

/// Something that a template holds.
#[derive(Debug, Clone, PartialEq)]
enum What {
    This,
    Warehouse,
    EndTime,
    RowSet,
    Function(String),
    Definition(Definition),
    /// A table that a template asked for.
    Material(Target),
    /// The model behind it, and the entity behind that.
    Model(Target),
    Entity(EntityId),
    /// A numbered part.
    Part(usize),
    /// Something that is not there; there is a finding unless it was optional.
    Missing(String),
    /// Something about the run that has no meaning here.
    Nothing,
}

#[derive(Debug)]
struct Handle {
    requests: Arc<Requests>,
    what: What,
}

impl Object for Handle {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn is_true(self: &Arc<Self>) -> bool {
        !matches!(self.what, What::Missing(_) | What::Nothing)
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        let requests = &self.requests;
        Some(match (&self.what, key) {
            (What::Definition(thing), _) => requests.var(*thing, key),
            (What::RowSet, _) => requests.part(Part::RowSet(key.to_owned())),
            (What::Material(target), "Model") => requests.item(What::Model(*target)),
            (What::Entity(id), "IdColumnName") => {
                Value::from(requests.names.entities[id.0].main_id.clone())
            }
            (What::Entity(id), "Name") => Value::from(requests.names.entities[id.0].name.clone()),
            (What::Material(_) | What::This, "WhtCtx" | "TimeInfo") => requests.item(What::EndTime),
            (What::EndTime, "TimeInfo" | "EndTime" | "BeginTime") => requests.item(What::EndTime),
            (What::This, "Model") => requests.item(What::This),
            (What::Missing(_), _) => requests.item(self.what.clone()),
            _ => return None,
        })
    }

    fn call(self: &Arc<Self>, _: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        match &self.what {
            What::Function(name) if name == "BuildContract" => {
                Ok(self.requests.item(What::Nothing))
            }
            What::Function(_) => Ok(args.first().cloned().unwrap_or_default()),
            What::Missing(_) => Ok(self.requests.item(self.what.clone())),
            _ => Ok(self.unknown_method("()")),
        }
    }

    fn call_method(
        self: &Arc<Self>,
        _: &mut State<'_, '_>,
        method: &str,
        args: &[Value],
    ) -> Result<Value, Error> {
        let first = args.first().map(ToString::to_string).unwrap_or_default();
        let requests = &self.requests;
        Ok(match (&self.what, method) {
            (What::Missing(_), "IsNil" | "isNil") => Value::from(true),
            (What::Missing(_), "IsEnabled") => Value::from(false),
            (What::Missing(_), _) => requests.item(self.what.clone()),
            (What::Definition(thing), "Var") => requests.var(*thing, &first),
            (What::RowSet, "Var") => requests.part(Part::RowSet(first)),
            (What::This | What::Material(_), _) => self.material(method, &first, args),
            (What::Warehouse, _) => self.warehouse(method, &first, args),
            (What::EndTime, "Format") => requests.part(Part::EndTimeText(first)),
            (What::EndTime | What::Nothing, _) => requests.item(What::EndTime),
            (What::Model(target), "ModelType") => Value::from(model_type(*target)),
            (What::Model(target), "GetEntity") => self.entity(*target),
            (What::Model(target), "GetVarTableRef") => requests.part(Part::Ref(vars_of(*target))),
            (What::Model(target), "DbObjectNamePrefix" | "Name") => {
                requests.part(Part::Ref(*target))
            }
            _ => self.unknown_method(method),
        })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let requests = &self.requests;
        let value = match &self.what {
            What::Part(at) => return write!(f, "{}{at}{}", MARK[0], MARK[1]),
            What::Nothing => return Ok(()),
            What::Missing(name) => requests.part(Part::Unknown(name.clone())),
            What::This => requests.part(Part::This),
            What::EndTime => requests.part(Part::EndTime),
            What::Material(target)
            | What::Model(target)
            | What::Definition(Definition::Table(target)) => requests.part(Part::Ref(*target)),
            What::Definition(Definition::Entity(id)) | What::Entity(id) => {
                requests.part(Part::Ref(Target::Entity(*id)))
            }
            What::Definition(Definition::Cohort(id)) => {
                requests.part(Part::Ref(Target::Cohort(*id)))
            }
            What::Warehouse | What::RowSet | What::Function(_) => {
                requests.fault("a template writes something that is not text".into(), "{{", None);
                return Ok(());
            }
        };
        write!(f, "{value}")
    }
}

impl Handle {
    fn unknown_method(self: &Arc<Self>, method: &str) -> Value {
        let message = format!("a template uses `{method}`, which Muster does not know");
        self.requests.fault(message, method, None);
        self.requests.unknown(method)
    }

    /// Methods of `this` and of tables that it gave.
    fn material(self: &Arc<Self>, method: &str, first: &str, args: &[Value]) -> Value {
        let requests = &self.requests;
        let own = match &self.what {
            What::Material(target) => Some(*target),
            _ => None,
        };
        match method {
            "DeRef" => self.reference(own, first, args),
            "IsEnabled" => Value::from(true),
            "IsNil" => Value::from(false),
            "Except" => requests.item(self.what.clone()),
            "ReadFile" => match requests.read_file(first) {
                Some(text) => Value::from(text.replace(MARK, "\u{FFFD}")),
                None => {
                    let hint =
                        "it must be inside the project and end in .sql, .txt or .yaml".to_owned();
                    requests.fault(format!("the file `{first}` is not there"), first, Some(hint));
                    requests.unknown(first)
                }
            },
            "GetMaterialization" | "OutputType" => requests.item(What::Nothing),
            "GetEntity" => match own {
                Some(target) => self.entity(target),
                None => requests
                    .scope
                    .entity
                    .map_or_else(|| requests.unknown(method), |id| requests.item(What::Entity(id))),
            },
            "GetVarTableRef" => own
                .map_or_else(|| requests.unknown(method), |t| requests.part(Part::Ref(vars_of(t)))),
            "GetTimeFilteringColSQL" | "GetTimeFilteringSQL" => match own {
                Some(target) => requests.part(Part::TimeFilter(target)),
                None => requests.unknown(method),
            },
            "Column" | "Var" => own.map_or_else(
                || requests.unknown(first),
                |table| requests.var(Definition::Table(table), first),
            ),
            "DbObjectNamePrefix" | "Name" => match own {
                Some(target) => requests.part(Part::Ref(target)),
                None => requests.part(Part::This),
            },
            _ => self.unknown_method(method),
        }
    }

    fn reference(self: &Arc<Self>, own: Option<Target>, path: &str, args: &[Value]) -> Value {
        let requests = &self.requests;
        let named = args.last().and_then(|last| Kwargs::try_from(last.clone()).ok());
        let kind = named.as_ref().and_then(|named| named.get::<String>("dependency").ok());
        let old = named.as_ref().and_then(|named| named.get::<bool>("pre_existing").ok());
        let optional =
            matches!(kind.as_deref(), Some("optional" | "preferred")) || old == Some(true);
        let skip = named.as_ref().and_then(|n| n.get::<bool>("skip_dependency").ok()) == Some(true);
        let scope = Scope { from: own, ..requests.scope };
        let found = match requests.names.find(path, &scope) {
            LookedUp::Target(target) => Some(target),
            _ => requests.path(path, optional),
        };
        match found {
            Some(target) => {
                if !skip {
                    let mut log = requests.log();
                    if !log.also.contains(&target) {
                        log.also.push(target);
                    }
                }
                requests.item(What::Material(target))
            }
            None if optional => requests.item(What::Missing(path.to_owned())),
            None => requests.unknown(path),
        }
    }

    fn entity(self: &Arc<Self>, target: Target) -> Value {
        let id = match target {
            Target::Entity(id) | Target::EntityVars(id) | Target::EntityView(id, _) => Some(id),
            Target::Cohort(id) | Target::CohortVars(id) => {
                Some(self.requests.names.cohorts[id.0].entity)
            }
            Target::Stitcher(id) => self
                .requests
                .names
                .entities
                .iter()
                .position(|e| e.stitcher == Some(id))
                .map(EntityId),
            _ => None,
        };
        let id = id.or(self.requests.scope.entity);
        id.map_or_else(
            || self.requests.unknown("GetEntity"),
            |id| self.requests.item(What::Entity(id)),
        )
    }

    fn warehouse(self: &Arc<Self>, method: &str, first: &str, args: &[Value]) -> Value {
        let requests = &self.requests;
        match method {
            "DatabaseType" => Value::from(requests.names.warehouse.word()),
            "DataType" => Value::from(match first.to_lowercase().as_str() {
                "text" | "string" => "varchar".to_owned(),
                other => other.to_owned(),
            }),
            "Timestamp" => Value::from(format!("'{first}'::timestamp")),
            "ObjRef" => args.first().cloned().unwrap_or_default(),
            "CreateReplaceTableAs" => {
                let sql = args.get(1).map(ToString::to_string).unwrap_or_default();
                Value::from(format!("CREATE OR REPLACE TABLE {first} AS {sql}"))
            }
            "CreateReplaceViewAs" => {
                let sql = args.get(1).map(ToString::to_string).unwrap_or_default();
                Value::from(format!("CREATE OR REPLACE VIEW {first} AS {sql}"))
            }
            "BeginEndBlock" => Value::from(first),
            "EntityCohortCondition" => {
                let how = args.get(1).and_then(Value::as_str).unwrap_or("in").to_lowercase();
                match requests.path(first, false) {
                    Some(cohort @ (Target::Cohort(_) | Target::Entity(_))) => {
                        requests.part(Part::InCohort { cohort, member: how.trim() != "not in" })
                    }
                    Some(_) => {
                        requests.fault(format!("`{first}` is not a cohort"), first, None);
                        requests.unknown(first)
                    }
                    None => requests.unknown(first),
                }
            }
            _ => self.unknown_method(method),
        }
    }
}

fn vars_of(target: Target) -> Target {
    match target {
        Target::Input(id) => Target::InputVars(id),
        Target::Entity(id) => Target::EntityVars(id),
        Target::Cohort(id) => Target::CohortVars(id),
        Target::SqlModel(id) => Target::SqlModelVars(id),
        other => other,
    }
}

fn model_type(target: Target) -> &'static str {
    match target {
        Target::Input(_) | Target::InputVars(_) | Target::InputMainId(..) => "input",
        Target::Entity(_) | Target::Cohort(_) => "entity_cohort",
        Target::EntityVars(_) | Target::CohortVars(_) => "var_table",
        Target::EntityView(..) | Target::CohortView(..) => "feature_view",
        Target::Stitcher(_) | Target::Edges(_) => "id_stitcher",
        Target::Feature(_) => "entity_var_item",
        Target::SqlModel(_) | Target::SqlModelVars(_) => "sql_template",
        Target::FeatureTable(_) => "feature_table_model",
        Target::Other(_) => "",
    }
}

/// A file by its path from the folder of the text that names it, or from one around that.
pub(in crate::define) fn file_from<'a>(
    files: &'a HashMap<PathBuf, String>,
    folder: &Path,
    path: &str,
) -> Option<&'a String> {
    let mut at = Some(folder);
    while let Some(folder) = at {
        if let Some(text) = files.get(&plain_path(&folder.join(path))?) {
            return Some(text);
        }
        at = folder.parent();
    }
    None
}
