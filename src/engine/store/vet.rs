//! What SQL of a project may do, decided from the plan that the database makes of it.
//!
//! A query of a project is planned inside a transaction that may only read, as a part of a query of
//! ours. So the database itself refuses it when it, or a view or macro that it uses, changes
//! something. What it calls is then seen in the plan, whatever it was called through: functions
//! that only give rows are allowed by name, all others that the database has are not.
//!
//! Planning costs as much as running a small step. It is left out where it cannot find anything:
//! where neither the text nor any view or macro that it may use has one of the words in it without
//! which nothing can be done ([`may_act`]).

use super::parser::Parser;
use super::{Cause, Store, StoreError};
use crate::model::value::Value;
use crate::sql::Sql;
use crate::sql::{build, session};
use serde_json::Value as Json;
use std::cell::{Cell, OnceCell};
use std::collections::BTreeSet;

/// Why a text of a project is not run that is to be one statement.
pub(in crate::engine) const SEVERAL: &str = "it holds more than one statement";

/// Functions that give rows and do nothing else. What they may read is a matter of the sandbox.
const GIVE_ROWS: [&str; 21] = [
    "arrow_scan",
    "generate_series",
    "json_each",
    "json_tree",
    "parquet_scan",
    "range",
    "read_csv",
    "read_csv_auto",
    "read_json",
    "read_json_auto",
    "read_json_objects",
    "read_ndjson",
    "read_ndjson_auto",
    "read_ndjson_objects",
    "read_parquet",
    "repeat",
    "repeat_row",
    "seq_scan",
    "unnest",
    "duckdb_columns",
    "duckdb_tables",
];

/// What statements of a model may do; where they may do it is a matter of the transaction.
const KINDS: [&str; 8] =
    ["ALTER", "CREATE_TABLE", "CREATE_VIEW", "DELETE", "DROP", "INSERT", "MERGE_INTO", "UPDATE"];

/// How names of functions begin that may stand after `FROM` and do more than give rows.
const BEGINNINGS: [&str; 14] = [
    "create_external",
    "deregister_",
    "destroy_",
    "disable_",
    "duckdb_",
    "enable_",
    "force_",
    "json_execute",
    "parquet_",
    "pragma_",
    "read_",
    "register_",
    "test_",
    "truncate",
];

/// Other words without which a query does not do more than give rows: such functions, and verbs.
const WORDS: [&str; 24] = [
    "arrow_scan_dumb",
    "checkpoint",
    "delete",
    "glob",
    "histogram",
    "histogram_values",
    "icu_calendar_names",
    "insert",
    "merge",
    "nextval",
    "pandas_scan",
    "pg_timezone_names",
    "python_arrow_scan",
    "python_map_function",
    "query",
    "query_table",
    "show",
    "sniff_csv",
    "storage_info",
    "summary",
    "table_info",
    "truncate",
    "update",
    "which_secret",
];

/// Whether a text may do more than give rows. Where none of these words stands in it, it cannot,
/// for each can only be written as it is; where one does, its plan tells.
fn may_act(sql: &str) -> bool {
    let lower = sql.to_ascii_lowercase();
    let words = lower.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let acts = |word: &str| {
        WORDS.contains(&word) || BEGINNINGS.iter().any(|beginning| word.starts_with(beginning))
    };
    // Names written by the codes of their letters.
    lower.contains("u&") || words.into_iter().any(acts)
}

/// The functions of a plan that do more than give rows. `functions` are all that the database has
/// that can stand after `FROM`.
fn acting(plan: &Json, functions: &BTreeSet<String>) -> Vec<String> {
    let mut found = BTreeSet::new();
    visit(plan, &mut |name| {
        let name = name.trim().to_lowercase();
        if functions.contains(&name) && !GIVE_ROWS.contains(&name.as_str()) {
            found.insert(name);
        }
    });
    found.into_iter().collect()
}

/// Whether a plan is one of a statement that makes or changes a table or view.
fn changes(plan: &Json) -> bool {
    let root = plan.as_array().and_then(|roots| roots.first()).unwrap_or(plan);
    root["name"].as_str().is_some_and(|name| KINDS.contains(&name.trim()))
}

fn visit(node: &Json, see: &mut dyn FnMut(&str)) {
    match node {
        Json::Array(nodes) => nodes.iter().for_each(|node| visit(node, see)),
        Json::Object(fields) => {
            if let Some(name) = fields.get("name").and_then(Json::as_str) {
                see(name);
            }
            // Where a plan names its function apart from the operator, that is looked at too.
            if let Some(name) = node["extra_info"]["Function"].as_str() {
                see(name);
            }
            if let Some(children) = fields.get("children") {
                visit(children, see);
            }
        }
        _ => {}
    }
}

/// What a store has that runs SQL of a project.
#[derive(Default)]
pub(super) struct Project {
    /// Started when the first text needs it: most have no semicolon.
    parser: OnceCell<Option<Parser>>,
    /// What the database has that can stand after `FROM`, in small letters, once it was asked.
    functions: OnceCell<BTreeSet<String>>,
    /// Views or macros of the files may do more than give rows.
    wary: Cell<bool>,
}

impl Project {
    /// How many statements a text holds.
    fn count(&self, sql: &str) -> Result<u64, StoreError> {
        let parser = self.parser.get_or_init(Parser::start).as_ref();
        let none = || StoreError::of_machine("no second database can be started");
        parser.ok_or_else(none)?.count(sql)
    }
}

impl Store {
    /// Refuses a query of a project that does anything but read, and tells why.
    ///
    /// # Errors
    /// When it is refused, does not fit the tables, or was cancelled.
    pub(in crate::engine) fn vet_query(&self, query: &Sql) -> Result<(), StoreError> {
        let text = query.text();
        self.single(&text)?;
        match self.is_wary() || may_act(&text) {
            true => self.vet_plan(query),
            false => Ok(()),
        }
    }

    /// The same by its plan, whatever words stand in it.
    ///
    /// # Errors
    /// See [`Store::vet_query`].
    pub(in crate::engine) fn vet_plan(&self, query: &Sql) -> Result<(), StoreError> {
        self.batch(&build::begin_reading(), None)?;
        let plan = self.plan_of(&session::plan_of_query(query));
        self.undo();
        self.refuse_acting(&plan?)
    }

    /// Refuses a statement of a model that is not about tables and views. It must be run in a
    /// transaction that decides which.
    ///
    /// # Errors
    /// When it is refused, does not fit the tables, or was cancelled.
    pub(in crate::engine) fn vet_statement(&self, statement: &Sql) -> Result<(), StoreError> {
        self.single(&statement.text())?;
        let plan = self.plan_of(&session::plan_of(statement));
        let plan = match plan {
            Ok(plan) if changes(&plan) => plan,
            // A query by itself changes nothing; whatever else has a plan is not one.
            Ok(_) => self
                .plan_of(&session::plan_of_query(statement))
                .map_err(|_| StoreError::refusal())?,
            // It is a statement, and yet has no plan.
            Err(error) if error.cause() == Some(Cause::NotSql) => {
                return Err(StoreError::refusal());
            }
            Err(error) => return Err(error),
        };
        self.refuse_acting(&plan)
    }

    /// Whether views or macros that SQL of the project may use do more than give rows.
    fn is_wary(&self) -> bool {
        self.project.as_ref().is_some_and(|project| project.wary.get())
    }

    /// Looks at the views and macros of every database that is attached: SQL of the project may use
    /// them. Gives the macros: database and name.
    ///
    /// # Errors
    /// When the database does not tell.
    pub(in crate::engine) fn look_at_code(&self) -> Result<Vec<(String, String)>, StoreError> {
        let mut macros = Vec::new();
        for row in self.cells(&session::code_of_others())? {
            let mut cells = row.iter().map(Value::display);
            let (database, name) = (cells.next().unwrap_or_default(), cells.next());
            let acts = cells.next().is_some_and(|code| may_act(&code));
            if let Some(project) = self.project.as_ref().filter(|_| acts) {
                project.wary.set(true);
            }
            macros.extend(name.filter(|name| !name.is_empty()).map(|name| (database, name)));
        }
        Ok(macros)
    }

    /// How many statements a text of a project holds, as the database reads it.
    ///
    /// # Errors
    /// When it is no SQL.
    pub(in crate::engine) fn count_statements(&self, sql: &Sql) -> Result<u64, StoreError> {
        let Some(project) = &self.project else { return Err(StoreError::refusal()) };
        project.count(&sql.text())
    }

    fn plan_of(&self, explain: &Sql) -> Result<Json, StoreError> {
        let rows = self.cells(explain)?;
        // The first is the plan as it was understood, before anything was taken out of it.
        let text = rows.first().and_then(|row| row.get(1)).map(Value::display);
        let plan = text.as_deref().map(serde_json::from_str);
        plan.transpose()
            .ok()
            .flatten()
            .ok_or_else(|| StoreError::of_ours("the database does not tell what it would do"))
    }

    fn refuse_acting(&self, plan: &Json) -> Result<(), StoreError> {
        let Some(project) = &self.project else { return Ok(()) };
        if project.functions.get().is_none() {
            let listed = self.cells(&session::table_functions())?;
            let names = listed.iter().filter_map(|row| row.first()).map(Value::display);
            // Nobody else sets it: a store is used from one thread.
            let _ = project.functions.set(names.collect());
        }
        let acting = project.functions.get().map(|known| acting(plan, known));
        let acting = acting.unwrap_or_default();
        if acting.is_empty() {
            return Ok(());
        }
        let acting = acting.join(" and ");
        Err(StoreError::of_ours(format!("it calls {acting}, which does more than read rows")))
    }

    /// Text of a project goes to the database one statement at a time.
    pub(super) fn single(&self, sql: &str) -> Result<(), StoreError> {
        let Some(project) = &self.project else { return Ok(()) };
        // Without a semicolon there is one at most, and asking the parser costs a second parse.
        if !sql.contains(';') {
            return Ok(());
        }
        match project.count(sql) {
            Ok(1) => Ok(()),
            Ok(_) => Err(StoreError::of_ours(SEVERAL)),
            // The database runs what stands before a mistake.
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_that_act_are_found_wherever_they_stand() {
        let plan = serde_json::json!([{ "name": "PROJECTION", "children": [
            { "name": "CROSS_PRODUCT", "children": [
                { "name": "RANGE", "children": [] },
                { "name": " CHECKPOINT ", "children": [] },
                { "name": "SEQ_SCAN", "children": [] },
            ] },
        ] }]);
        let functions = ["range", "checkpoint", "seq_scan"].map(str::to_owned).into();
        assert_eq!(acting(&plan, &functions), ["checkpoint"]);
    }

    #[test]
    fn every_function_of_the_database_is_known_to_give_rows_or_may_act() {
        let database = duckdb::Connection::open_in_memory().unwrap();
        let sql = "SELECT DISTINCT lower(function_name) FROM duckdb_functions() \
                   WHERE function_type IN ('table', 'table_macro')";
        let mut listed = database.prepare(sql).unwrap();
        let names = listed.query_map([], |row| row.get::<_, String>(0)).unwrap();
        let names: Vec<String> = names.map(Result::unwrap).collect();
        assert!(names.len() > 80, "{}", names.len());
        let undecided: Vec<&String> = names
            .iter()
            .filter(|name| !GIVE_ROWS.contains(&name.as_str()))
            .filter(|name| !may_act(&format!("SELECT * FROM \"{}\"()", name.to_uppercase())))
            .collect();
        assert_eq!(undecided, Vec::<&String>::new());
        // The database counts as letters of a name what it takes for one.
        for (text, acts) in [
            ("SELECT query FROM t", true),
            ("select a, count(*) from \"my table\" group by 1", false),
            ("WITH q AS (DELETE FROM t RETURNING a) FROM q", true),
            ("select deleted, last_update, search_query_n from t", false),
            ("select U&'\\0071uery'", true),
        ] {
            assert_eq!(may_act(text), acts, "{text}");
        }
    }

    #[test]
    fn only_statements_about_tables_and_views_change_something_allowed() {
        let plan = |name: &str| serde_json::json!([{ "name": name, "children": [] }]);
        assert!(changes(&plan("INSERT")));
        for other in ["COPY_TO_FILE", "SET", "TRANSACTION", "CREATE_MACRO", "PROJECTION", "LOAD"] {
            assert!(!changes(&plan(other)), "{other}");
        }
    }
}
