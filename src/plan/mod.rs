//! Project → plan: the steps that build its tables, as SQL that anyone can read.
//!
//! ```text
//! Project ─order, needs─▶ nodes by depth ─build─▶ Step, Step, …  ─publish─▶ latest views
//!              text: what a definition says → SQL        │
//!              dialect: what a warehouse means by it      └─▶ files, plan.json, picture
//! ```
//!
//! What holds here, and what is kept out:
//!
//! - Pure: no data, no file, no clock. Where rows of inputs are, the end of the run and its number
//!   are parameters, and the same parameters give the same bytes.
//! - A step's tables are named after what makes them: `Material_<model>_<hash>_<run>`, the hash
//!   being that of the step's SQL, in which the hashes of all that it reads stand. So a table that
//!   is there under its name need not be made again.
//! - The number of the run and its end are left open in the SQL ([`Placeholder`]) until
//!   [`Step::statements`] is asked, so that neither is part of a hash.
//! - What cannot be built is left out with why; what needs it is left out too; the rest is planned.
//!
//! Start at [`plan`], then `build.rs`.

mod build;
mod builder;
mod cohorts;
mod dialect;
mod features;
mod files;
mod layout;
mod models;
mod picture;
mod publish;
mod rows;
mod stitch;
mod text;

pub use dialect::{refusal, single_statements};
pub use files::{PlannedFile, files, item_name, item_place, views};
pub use picture::picture;
pub use stitch::seconds;
pub use stitch::{CapPlan, FilterPlan, FilterRule, RulesPlan, Stitch, StitchSource, StitchTables};

use crate::define::{InputId, Item, Place, Project};
use crate::sql::warehouse::Warehouse;
use crate::sql::{ObjectName, Placeholder, Sql, ident};
use jiff::civil::DateTime;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The layout of the end of the run where SQL compares with it.
const END_LAYOUT: &str = "2006-01-02 15:04:05.000000";
/// The schema of tables that live only while a run is being built.
pub const WORK_SCHEMA: &str = "muster_work";

/// What a plan depends on beside the project.
#[derive(Debug, Default, Clone)]
pub struct Options {
    /// Definitions that turned out not to work, with why.
    pub broken: BTreeMap<Item, String>,
    /// Features that are computed in a step of their own, to find out which of them does not work.
    pub alone: BTreeSet<Item>,
    /// Where the rows of inputs are; of the others, where the project says.
    pub tables: BTreeMap<InputId, Sql>,
    /// Where the table of manual stitching rules is; else where the project says.
    pub rules: Option<Sql>,
    /// Only these and what they need; empty means all.
    pub selected: BTreeSet<Item>,
    /// Whose rules hold for what the project writes.
    pub warehouse: Warehouse,
}

/// A run: one build of the tables at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its number, from 1.
    pub number: u64,
    /// Up to when rows count, in UTC.
    pub end: DateTime,
}

/// Everything that is built, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The steps, each after all that it reads.
    pub steps: Vec<Step>,
    /// What is not built, and why.
    pub left_out: Vec<LeftOut>,
    /// What is published at the end: the latest views.
    pub views: Vec<View>,
    /// Which tables hold what, for those who open the result.
    pub outputs: Vec<Output>,
    /// Where the moments of rows come from.
    pub moments: Vec<Moments>,
}

/// Where the moments of rows come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// Whose rows.
    pub item: Item,
    /// Where the project says so.
    pub place: Place,
    /// What it says.
    pub written: String,
    /// Gives one row about it, see [`crate::sql::warehouse::moments_in`].
    pub query: Sql,
}

/// Something that is not built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// What.
    pub item: Item,
    /// Why.
    pub why: String,
    /// Only because something that it needs is not built.
    pub for_want: bool,
}

/// One step of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it makes, in a few words: `features of user from orders`.
    pub name: String,
    /// More about it, for the head of its file.
    pub about: Vec<String>,
    /// The definitions that it carries out.
    pub items: Vec<Item>,
    /// The steps that it reads from.
    pub reads: Vec<usize>,
    /// What it makes.
    pub makes: Vec<ObjectName>,
    /// How.
    pub work: Work,
    /// Identifies what it does.
    pub hash: String,
    statements: Vec<Statement>,
}

/// One statement of a step, by who wrote it: what holds SQL of the project is looked at before it
/// is run.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    /// Written here; nothing of the project stands in it but names.
    Own(Sql),
    /// Makes a table or a view of a query that holds SQL of the project.
    Makes {
        /// Up to the query.
        head: Sql,
        /// The query.
        query: Sql,
    },
    /// What the project wrote to make its own table: one statement or several.
    Model {
        /// The name of that table.
        table: ObjectName,
        /// The text.
        text: Sql,
    },
}

impl Statement {
    fn map(&self, with: impl Fn(&Sql) -> Sql) -> Self {
        match self {
            Self::Own(text) => Self::Own(with(text)),
            Self::Makes { head, query } => Self::Makes { head: with(head), query: with(query) },
            Self::Model { table, text } => Self::Model { table: table.clone(), text: with(text) },
        }
    }

    /// The statement as it is run, or read.
    pub fn whole(&self) -> Sql {
        match self {
            Self::Own(text) | Self::Model { text, .. } => text.clone(),
            Self::Makes { head, query } => Sql::fill("{}{}", &[head, query]),
        }
    }
}

/// How a step works.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// Its statements define what lives as long as the session: it is run in every session.
    Session,
    /// Its statements make tables that stay.
    Tables,
    /// Ids are joined by [`crate::identity`]; the statements are SQL that comes to the same.
    Stitch(Box<Stitch>),
}

/// A view that is published when all is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// Its name, the same for every run.
    pub name: String,
    /// The table or view of the run that it shows.
    pub of: ObjectName,
    /// The model that it belongs to, as the registry names it.
    pub model: String,
    /// Its type, as the registry names it.
    pub model_type: &'static str,
    /// The step that makes what it shows.
    pub step: usize,
}

/// Which object of a run holds what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// What it is.
    pub what: Holds,
    /// The latest view.
    pub view: String,
    /// The object of the run.
    pub of: ObjectName,
}

/// What an output holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holds {
    /// Features of an entity, by main id.
    Entity(crate::define::EntityId),
    /// The members of a cohort.
    Cohort(crate::define::CohortId),
    /// Features of a cohort, by main id.
    CohortFeatures(crate::define::CohortId),
    /// The id graph of an entity.
    Graph(crate::define::EntityId),
    /// Rows of a SQL model or a feature table.
    Table,
}

/// The plan of a project.
pub fn plan(project: &Project, options: &Options) -> Plan {
    build::build(project, options)
}

impl Run {
    /// A piece of SQL with what the run puts in.
    pub fn settled(&self, sql: &Sql) -> Sql {
        sql.settled(&|later| match later {
            Placeholder::Object(name) => Some(ident(&self.settle(name))),
            Placeholder::End(layout) => Some(Sql::of_project(layout::written(&self.end, layout))),
            Placeholder::Own => None,
        })
    }

    /// The name of a table or view in the run.
    pub fn settle(&self, name: &ObjectName) -> String {
        name.in_run(self.number)
    }
}

impl Step {
    /// The statements of no run in particular, for reading.
    pub fn shown(&self) -> Vec<String> {
        self.statements.iter().map(|statement| statement.whole().text()).collect()
    }

    /// The statements, for a run.
    pub fn statements(&self, run: &Run) -> Vec<Statement> {
        self.statements.iter().map(|statement| statement.map(|sql| run.settled(sql))).collect()
    }

    /// Whether what it makes outlives the session.
    pub fn stays(&self) -> bool {
        !matches!(self.work, Work::Session)
    }
}

/// The end of the run as an SQL moment.
fn end_of_run() -> Sql {
    Sql::fill("TIMESTAMP '{}'", &[&Sql::placeholder(Placeholder::End(END_LAYOUT.to_owned()))])
}

/// A statement as it is hashed: what is left open is part of it as such.
fn hashed(sql: &Sql) -> String {
    sql.text_with(&|later| match later {
        Placeholder::Object(name) => ident(&name.with_number("\u{E002}")).text(),
        Placeholder::End(layout) => format!("\u{E003}{layout}\u{E004}"),
        Placeholder::Own => ident("\u{E005}").text(),
    })
}

/// Eight letters that stand for what `parts` say.
fn hash(parts: &[&str]) -> String {
    let mut sha = Sha256::new();
    for part in parts {
        sha.update((part.len() as u64).to_le_bytes());
        sha.update(part.as_bytes());
    }
    sha.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
}
