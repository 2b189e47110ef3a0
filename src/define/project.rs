//! What was meant: the project with every name resolved.
//!
//! Definitions refer to each other by the typed numbers of [`EntityId`], [`FeatureId`] and so on,
//! which are places in the lists of [`Project`]; a name that could not be resolved is a finding and
//! a [`Part::Unknown`] in the text where it stood, and what uses it is marked with why it cannot be
//! computed. So whoever compiles a project looks at `broken` first, and never at a name.

use crate::model::warehouse::Warehouse;
use std::path::PathBuf;

pub use crate::define::place::{Place, Written};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident => $field:ident: $item:ty;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub usize);

        impl std::ops::Index<$name> for Project {
            type Output = $item;

            fn index(&self, id: $name) -> &$item {
                &self.$field[id.0]
            }
        }

        impl std::ops::IndexMut<$name> for Project {
            fn index_mut(&mut self, id: $name) -> &mut $item {
                &mut self.$field[id.0]
            }
        }
    )*};
}

ids! {
    /// An entity of the project.
    EntityId => entities: Entity;
    /// An id type of the project.
    IdTypeId => id_types: IdType;
    /// An input of the project.
    InputId => inputs: Input;
    /// An id stitcher of the project.
    StitcherId => stitchers: Stitcher;
    /// A var of the project, of an entity, a cohort or an input.
    FeatureId => features: Feature;
    /// A cohort of the project.
    CohortId => cohorts: Cohort;
    /// A SQL model of the project.
    SqlModelId => sql_models: SqlModel;
    /// A feature table of the project.
    FeatureTableId => feature_tables: FeatureTable;
    /// A model of a kind that is not built here.
    OtherModelId => other_models: OtherModel;
}

/// A project and its packages, every name resolved.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Project {
    /// Its name; empty when the file names none.
    pub name: String,
    /// The layout it says it is written in.
    pub schema_version: Option<u32>,
    /// The connection it names. Never opened here.
    pub connection: Option<String>,
    /// Whose rules hold for its SQL.
    pub warehouse: Warehouse,
    /// How long runs are kept, as written (`720h0m0s`); none means 30 days.
    pub retention: Option<String>,
    /// Tags with their description.
    pub tags: Vec<(String, Option<String>)>,
    /// The table of manual stitching rules, when it is switched on.
    pub stitcher_rules: Option<StitcherRules>,
    /// Its entities.
    pub entities: Vec<Entity>,
    /// Its id types.
    pub id_types: Vec<IdType>,
    /// Its inputs.
    pub inputs: Vec<Input>,
    /// Its id stitchers, at least one per entity that is not broken.
    pub stitchers: Vec<Stitcher>,
    /// All vars: of entities, of cohorts and of inputs.
    pub features: Vec<Feature>,
    /// Its cohorts, without the one of everybody that each entity has.
    pub cohorts: Vec<Cohort>,
    /// Its SQL models.
    pub sql_models: Vec<SqlModel>,
    /// Its feature tables.
    pub feature_tables: Vec<FeatureTable>,
    /// Models of a kind that is not built here, such as `propensity`.
    pub other_models: Vec<OtherModel>,
    /// Its macros.
    pub macros: Vec<Macro>,
    /// Packages it uses.
    pub packages: Vec<Package>,
    /// Everything that can be built, so that each stands after all that it reads. What is broken is
    /// not in it.
    pub order: Vec<Item>,
}

/// One thing that is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Item {
    /// An input, as rows with ids and a time.
    Input(InputId),
    /// The id graph of an entity.
    Stitcher(StitcherId),
    /// Everybody of an entity: the distinct main ids.
    Entity(EntityId),
    /// A var.
    Feature(FeatureId),
    /// A cohort.
    Cohort(CohortId),
    /// A SQL model.
    SqlModel(SqlModelId),
    /// A feature table.
    FeatureTable(FeatureTableId),
    /// A model of a kind that is not built here.
    Other(OtherModelId),
}

/// A kind of thing rows are about.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// Its name.
    pub name: String,
    /// What it stands for.
    pub description: Option<String>,
    /// The column of its main id, `<name>_main_id` unless the project says otherwise.
    pub main_id: String,
    /// Its id types, in the order of the project.
    pub id_types: Vec<IdTypeId>,
    /// Who stitches its ids. None when no input has an id of it.
    pub stitcher: Option<StitcherId>,
    /// Under which ids and names its features are served.
    pub served: Vec<FeatureView>,
    /// Where it is defined.
    pub place: Place,
}

/// A view of all features under one id.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureView {
    /// The id type it is keyed by; none for the main id.
    pub id_type: Option<IdTypeId>,
    /// The name of the view.
    pub name: String,
    /// Where it is asked for; none for the view by main id that every entity has.
    pub place: Option<Place>,
}

/// A kind of identifier.
#[derive(Debug, Clone, PartialEq)]
pub struct IdType {
    /// Its name.
    pub name: String,
    /// The id type whose filters come before its own.
    pub extends: Option<IdTypeId>,
    /// Which of its values take part, in order. Those of what it extends come first.
    pub filters: Vec<IdFilter>,
    /// The most ids of another type that one id of this type may be joined to.
    pub caps: Vec<(IdTypeId, u64)>,
    /// Where it is defined.
    pub place: Place,
}

/// One rule of an id type. An edge is dropped when either end has the type and fails the rule.
#[derive(Debug, Clone, PartialEq)]
pub struct IdFilter {
    /// Only matches are kept; otherwise matches are dropped.
    pub include: bool,
    /// What matches.
    pub rule: IdRule,
    /// Where it stands.
    pub place: Place,
}

/// What an id filter matches.
#[derive(Debug, Clone, PartialEq)]
pub enum IdRule {
    /// Exactly this id.
    Value(String),
    /// Ids that match the whole of this regular expression.
    Regex(String),
    /// Ids that this query lists.
    Rows(Rows),
}

/// Rows of a model: `select` … `from` … `where`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// The expression.
    pub select: Text,
    /// What it is read from.
    pub from: Option<Target>,
    /// Which rows.
    pub filter: Option<Text>,
}

/// The table of manual stitching rules.
#[derive(Debug, Clone, PartialEq)]
pub struct StitcherRules {
    /// Its table.
    pub table: String,
    /// Include rules come before exclude rules.
    pub include_first: bool,
}

/// A table or file that rows come from.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// The package it is of.
    pub package: Option<String>,
    /// Where its rows are.
    pub source: Source,
    /// Its time column, an SQL expression.
    pub occurred_at: Option<Text>,
    /// Columns that tell its rows apart.
    pub row_identifier: Vec<String>,
    /// Identifiers in each row.
    pub ids: Vec<RowId>,
    /// Which of its rows count, for stitching too.
    pub filter: Option<Text>,
    /// It may be missing: then what reads it is not built, and that is no error.
    pub optional: bool,
    /// Rows are events.
    pub event_stream: bool,
    /// Rows are only ever added.
    pub append_only: bool,
    /// Columns it promises, with their type.
    pub columns: Vec<(String, Option<String>)>,
    /// Where it is defined.
    pub place: Place,
    /// Why it cannot be read.
    pub broken: Option<String>,
}

/// Where the rows of an input are.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// A table, by its possibly qualified name.
    Table(String),
    /// A view, by its possibly qualified name.
    View(String),
    /// A CSV or Parquet file inside the project, relative to its folder.
    File(PathBuf),
    /// Somewhere that cannot be read, as written.
    Elsewhere(String),
}

/// One identifier in each row of an input or a SQL model.
#[derive(Debug, Clone, PartialEq)]
pub struct RowId {
    /// The SQL expression that computes it.
    pub select: Text,
    /// Its type; none when the row already carries the main id.
    pub id_type: Option<IdTypeId>,
    /// Whose id it is.
    pub entity: EntityId,
    /// It asks for the default stitcher, as older layouts did. When any id of an entity does, the
    /// default stitcher takes only those.
    pub to_default_stitcher: bool,
    /// Where it stands.
    pub place: Place,
}

/// What joins the ids of an entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Stitcher {
    /// Its name.
    pub name: String,
    /// The package it is of.
    pub package: Option<String>,
    /// Whose ids it joins.
    pub entity: EntityId,
    /// Where its edges come from.
    pub sources: Vec<EdgeSource>,
    /// It adds to the previous run.
    pub incremental: bool,
    /// How far an incremental run looks back for late rows, as written; none means 96 hours.
    pub overlap: Option<String>,
    /// The bound that the project sets on its passes. The result here is always the whole one.
    pub max_iterations: u64,
    /// It is the one that an entity without a stitcher of its own gets.
    pub default: bool,
    /// Where it is defined; for a default one, where its entity is.
    pub place: Place,
    /// Why it cannot be built.
    pub broken: Option<String>,
}

/// One source of edges.
#[derive(Debug, Clone, PartialEq)]
pub struct EdgeSource {
    /// An input or a SQL model.
    pub from: Target,
    /// Its ids: those of the edge source if it lists any, otherwise those of what it reads. Only
    /// those of the stitcher's entity.
    pub ids: Vec<RowId>,
    /// Where it stands.
    pub place: Place,
}

/// Whose var it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// Computed for everybody of an entity.
    Entity(EntityId),
    /// Computed for the members of a cohort only.
    Cohort(CohortId),
    /// A column added to the rows of an input.
    Input(InputId),
    /// A column added to the rows of a SQL model.
    SqlModel(SqlModelId),
}

/// A var: a column about an entity (a feature unless it is not served), or about rows of an input.
#[derive(Debug, Clone, PartialEq)]
pub struct Feature {
    /// Its name.
    pub name: String,
    /// The package it is of.
    pub package: Option<String>,
    /// Whose it is.
    pub owner: Owner,
    /// The entity it is about.
    pub entity: EntityId,
    /// The var group it stands in.
    pub group: Option<String>,
    /// What it stands for.
    pub description: Option<String>,
    /// Its tags.
    pub tags: Vec<String>,
    /// The expression; it aggregates when `from` is there and no window is.
    pub select: Text,
    /// Which rows it is computed from; none for an expression over other features.
    pub from: Option<Target>,
    /// Which of these rows count.
    pub filter: Option<Text>,
    /// Over which window it is computed.
    pub window: Option<Window>,
    /// What replaces a missing value, an SQL expression.
    pub default: Option<Text>,
    /// The SQL type it is cast to.
    pub data_type: Option<Text>,
    /// It is served as a feature. An unserved one only helps others.
    pub served: bool,
    /// A tag says that it is personal.
    pub personal: bool,
    /// How an earlier value and a new one make the value of both, in an incremental run.
    pub merge: Option<Text>,
    /// Which rows are merged.
    pub merge_filter: Option<Text>,
    /// How much it is wanted.
    pub status: EnableStatus,
    /// How often it is recomputed, as written.
    pub time_grain: Option<String>,
    /// How long it is kept, as written.
    pub retention: Option<String>,
    /// Where it is defined.
    pub place: Place,
    /// Why it cannot be computed.
    pub broken: Option<String>,
}

/// The window of a var.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// By what rows are parted; empty means by the main id, or not at all without `from`.
    pub partition_by: Vec<Text>,
    /// In what order.
    pub order_by: Vec<Text>,
    /// Over which rows of the order.
    pub frame: Option<Text>,
}

/// A named subset of an entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Cohort {
    /// Its name.
    pub name: String,
    /// The package it is of.
    pub package: Option<String>,
    /// What it is a subset of.
    pub entity: EntityId,
    /// The cohort it narrows; none for everybody of the entity.
    pub extends: Option<CohortId>,
    /// What it stands for.
    pub description: Option<String>,
    /// Who is in.
    pub filter: CohortFilter,
    /// Its own vars, computed for its members only.
    pub features: Vec<FeatureId>,
    /// Under which ids and names its features are served.
    pub served: Vec<FeatureView>,
    /// How it is kept.
    pub output: OutputType,
    /// How much it is wanted.
    pub status: EnableStatus,
    /// How often it is recomputed, as written.
    pub time_grain: Option<String>,
    /// How long it is kept, as written.
    pub retention: Option<String>,
    /// Where it is defined.
    pub place: Place,
    /// Why it cannot be built.
    pub broken: Option<String>,
}

/// Who of the extended cohort is in.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CohortFilter {
    /// Steps, in order. Each include keeps who matches, each exclude drops who matches.
    pub steps: Vec<CohortStep>,
    /// A condition that has to hold as well.
    pub expression: Option<Expression>,
}

/// One step of a cohort's pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct CohortStep {
    /// Who matches is kept; otherwise dropped.
    pub include: bool,
    /// Who matches.
    pub rule: CohortRule,
    /// Where it stands.
    pub place: Place,
}

/// Who matches a step.
#[derive(Debug, Clone, PartialEq)]
pub enum CohortRule {
    /// Those for whom the condition is true.
    Condition(Text),
    /// Whose main id these rows list.
    Rows(Rows),
}

/// A condition made of conditions.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// One condition.
    Condition(Text),
    /// All have to hold.
    And(Vec<Expression>),
    /// One has to hold.
    Or(Vec<Expression>),
}

/// A table made by SQL.
#[derive(Debug, Clone, PartialEq)]
pub struct SqlModel {
    /// Its name.
    pub name: String,
    /// The package it is of.
    pub package: Option<String>,
    /// The entity or cohort it is about, when it says so.
    pub owner: Option<Owner>,
    /// What it stands for.
    pub description: Option<String>,
    /// The SQL.
    pub sql: Text,
    /// How the SQL is to be wrapped.
    pub body: SqlBody,
    /// How it is kept.
    pub output: OutputType,
    /// Identifiers in each row.
    pub ids: Vec<RowId>,
    /// Its time column, an SQL expression.
    pub occurred_at: Option<Text>,
    /// Columns of it that are served as features, with their description.
    pub features: Vec<(String, Option<String>)>,
    /// How much it is wanted.
    pub status: EnableStatus,
    /// How often it is recomputed, as written.
    pub time_grain: Option<String>,
    /// How long it is kept, as written.
    pub retention: Option<String>,
    /// Where it is defined.
    pub place: Place,
    /// Why it cannot be built.
    pub broken: Option<String>,
}

/// In which form the SQL of a model was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SqlBody {
    /// A query: `SELECT …`, or `SELECT * FROM (WITH …)`.
    Select,
    /// A query with its own `WITH`.
    With,
    /// `, a AS (…) SELECT …`: goes on after a `WITH dummy AS (SELECT 1)`.
    Continues,
    /// Several statements; the last makes the table.
    Statements,
}

/// A table of chosen features.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureTable {
    /// Its name.
    pub name: String,
    /// The package it is of.
    pub package: Option<String>,
    /// The entity or cohort it is about.
    pub owner: Owner,
    /// Its features, in order.
    pub features: Vec<FeatureId>,
    /// Its columns that come ready from a model.
    pub columns: Vec<(Target, String)>,
    /// How long its numbers counted as fresh in older layouts, as written.
    pub validity: Option<String>,
    /// How long it is kept, as written.
    pub retention: Option<String>,
    /// How much it is wanted.
    pub status: EnableStatus,
    /// Where it is defined.
    pub place: Place,
    /// Why it cannot be built.
    pub broken: Option<String>,
}

/// A model of a kind that is not built here.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherModel {
    /// Its name.
    pub name: String,
    /// The package it is of.
    pub package: Option<String>,
    /// Its type, as written.
    pub kind: String,
    /// Where it is defined.
    pub place: Place,
}

/// A macro.
#[derive(Debug, Clone, PartialEq)]
pub struct Macro {
    /// Its name.
    pub name: String,
    /// The package it is of.
    pub package: Option<String>,
    /// Its inputs.
    pub inputs: Vec<String>,
    /// What it stands for, as written.
    pub value: String,
    /// Some text uses it.
    pub used: bool,
    /// Where it is defined.
    pub place: Place,
}

/// A package of the project.
#[derive(Debug, Clone, PartialEq)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Where it comes from, as written.
    pub url: Option<String>,
    /// It was there to be read.
    pub fetched: bool,
    /// Where it is named.
    pub place: Place,
}

/// SQL text with what it refers to.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// As written, templates and all.
    pub written: String,
    /// As evaluated: text, and between it the things referred to.
    pub parts: Vec<Part>,
    /// What it depends on without naming it in `parts`: dependencies that a template asked for.
    pub also: Vec<Target>,
    /// Where it stands.
    pub place: Place,
}

/// A piece of an evaluated text.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// SQL.
    Sql(String),
    /// A table or a var.
    Ref(Target),
    /// A plain column of a table.
    Column(Target, String),
    /// The previous value of a var, beside the new one, inside `merge`.
    RowSet(String),
    /// The condition that the row at hand is a member of the cohort, or is not.
    InCohort {
        /// Which.
        cohort: Target,
        /// Is a member, rather than is not.
        member: bool,
    },
    /// The condition that a row of the target is not later than the end of the run.
    TimeFilter(Target),
    /// The end of the run as an SQL timestamp.
    EndTime,
    /// The end of the run written in a Go layout, such as `2006-01-02`.
    EndTimeText(String),
    /// The table that is being made.
    This,
    /// A name that could not be resolved; there is a finding.
    Unknown(String),
    /// The text could not be evaluated, and why; there is a finding. It is the only part then.
    Broken(String),
}

/// What a reference means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Target {
    /// An input.
    Input(InputId),
    /// An input with main ids and input vars added.
    InputVars(InputId),
    /// The main id of an entity in the rows of an input.
    InputMainId(InputId, EntityId),
    /// Everybody of an entity.
    Entity(EntityId),
    /// The table of an entity's vars.
    EntityVars(EntityId),
    /// The view of an entity's features; keyed by the main id, or by an id type.
    EntityView(EntityId, Option<IdTypeId>),
    /// An id graph.
    Stitcher(StitcherId),
    /// The edges of an id graph.
    Edges(StitcherId),
    /// A var.
    Feature(FeatureId),
    /// A cohort.
    Cohort(CohortId),
    /// The table of a cohort's vars.
    CohortVars(CohortId),
    /// The view of a cohort's features.
    CohortView(CohortId, Option<IdTypeId>),
    /// A SQL model.
    SqlModel(SqlModelId),
    /// A SQL model with main ids and input vars added.
    SqlModelVars(SqlModelId),
    /// A feature table.
    FeatureTable(FeatureTableId),
    /// A model of a kind that is not built here.
    Other(OtherModelId),
}

impl Target {
    /// What has to be built before the target can be read.
    pub fn item(self) -> Item {
        match self {
            Self::Input(id) | Self::InputVars(id) | Self::InputMainId(id, _) => Item::Input(id),
            Self::Entity(id) | Self::EntityVars(id) | Self::EntityView(id, _) => Item::Entity(id),
            Self::Stitcher(id) | Self::Edges(id) => Item::Stitcher(id),
            Self::Feature(id) => Item::Feature(id),
            Self::Cohort(id) | Self::CohortVars(id) | Self::CohortView(id, _) => Item::Cohort(id),
            Self::SqlModel(id) | Self::SqlModelVars(id) => Item::SqlModel(id),
            Self::FeatureTable(id) => Item::FeatureTable(id),
            Self::Other(id) => Item::Other(id),
        }
    }
}

/// How a model is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputType {
    /// A table.
    #[default]
    Table,
    /// A view.
    View,
    /// Written into what uses it.
    Ephemeral,
    /// A column of another table.
    Column,
    /// Nothing is kept, or a picture, a report or a script: not built here.
    Nothing,
}

impl OutputType {
    /// The output type that the format calls `name`.
    pub fn of(name: &str) -> Option<Self> {
        match name.to_lowercase().as_str() {
            "table" => Some(Self::Table),
            "view" => Some(Self::View),
            "ephemeral" => Some(Self::Ephemeral),
            "column" => Some(Self::Column),
            "none" | "image" | "report" | "shell" => Some(Self::Nothing),
            _ => None,
        }
    }
}

/// How much a model is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum EnableStatus {
    /// Built when it can be.
    #[default]
    GoodToHave,
    /// The run fails without it.
    MustHave,
    /// Built only when something built needs it.
    OnlyIfNecessary,
    /// Not built.
    Disabled,
}

impl EnableStatus {
    /// The status that the format calls `name`, in its older spellings too.
    pub fn of(name: &str) -> Option<Self> {
        match name.to_lowercase().replace(['_', '-', ' '], "").as_str() {
            "goodtohave" | "enabled" => Some(Self::GoodToHave),
            "musthave" => Some(Self::MustHave),
            "onlyifnecessary" | "notneeded" => Some(Self::OnlyIfNecessary),
            "disabled" => Some(Self::Disabled),
            _ => None,
        }
    }
}
