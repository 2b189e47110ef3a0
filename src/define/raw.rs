//! What was meant to be declared: every layout of the format in one shape, names not yet resolved.

use super::place::{Place, Written};
use super::project::{EnableStatus, OutputType};

/// The project and its packages before names are resolved. The first one is the project itself.
#[derive(Debug, Default)]
pub(super) struct RawProject {
    /// Name under which items are addressed (`packages/<name>/…`); none for the project itself.
    pub(super) package: Option<String>,
    pub(super) name: Option<Written>,
    pub(super) schema: Option<u32>,
    pub(super) connection: Option<Written>,
    pub(super) folders: Vec<Written>,
    pub(super) entities: Vec<RawEntity>,
    pub(super) id_types: Vec<RawIdType>,
    pub(super) packages: Vec<RawPackage>,
    pub(super) retention: Option<Written>,
    pub(super) tags: Vec<(Written, Option<Written>)>,
    pub(super) rules: Option<RawRules>,
    pub(super) inputs: Vec<RawInput>,
    pub(super) models: Vec<RawModel>,
    pub(super) vars: Vec<RawVar>,
    pub(super) macros: Vec<RawMacro>,
    /// What a package calls an input → what the project around it calls it.
    pub(super) mapped: Vec<(Written, Option<Written>)>,
    /// Paths of what the project around a package switched off.
    pub(super) disabled: Vec<Written>,
}

#[derive(Debug)]
pub(super) struct RawRules {
    pub(super) enabled: bool,
    pub(super) table: Option<Written>,
    pub(super) include_first: bool,
    /// Why it cannot be built as it was meant: a part of it is not read.
    pub(super) fault: Option<String>,
}

#[derive(Debug)]
pub(super) struct RawEntity {
    pub(super) name: Written,
    pub(super) description: Option<Written>,
    pub(super) id_stitcher: Option<Written>,
    pub(super) id_column: Option<Written>,
    pub(super) id_types: Vec<Written>,
    pub(super) views: RawViews,
    /// Why it cannot be built as it was meant: a part of it is not read.
    pub(super) fault: Option<String>,
}

/// Under which ids and names features are served.
#[derive(Debug, Default, Clone)]
pub(super) struct RawViews {
    pub(super) name: Option<Written>,
    pub(super) using: Vec<(Written, Option<Written>)>,
}

#[derive(Debug)]
pub(super) struct RawIdType {
    pub(super) name: Written,
    pub(super) extends: Option<Written>,
    pub(super) filters: Vec<RawFilter>,
    pub(super) caps: Vec<(Written, u64)>,
    /// Why it cannot be built as it was meant: a part of it is not read.
    pub(super) fault: Option<String>,
}

#[derive(Debug)]
pub(super) struct RawFilter {
    pub(super) include: bool,
    pub(super) rule: RawRule,
    pub(super) place: Place,
}

#[derive(Debug)]
pub(super) enum RawRule {
    Value(Written),
    Regex(Written),
    Sql(RawRows),
}

/// `{select, from, where}`: rows of a model.
#[derive(Debug)]
pub(super) struct RawRows {
    pub(super) select: Written,
    pub(super) from: Option<Written>,
    pub(super) filter: Option<Written>,
}

#[derive(Debug)]
pub(super) struct RawPackage {
    pub(super) name: Written,
    pub(super) url: Option<Written>,
    pub(super) mapped: Vec<(Written, Option<Written>)>,
    pub(super) disabled: Vec<Written>,
    /// Why it cannot be built as it was meant: a part of it is not read.
    pub(super) fault: Option<String>,
}

#[derive(Debug)]
pub(super) struct RawInput {
    pub(super) name: Written,
    /// `table`, `view`, `csv` or `s3`, and what it names.
    pub(super) source: Option<(&'static str, Written)>,
    pub(super) occurred_at: Option<Written>,
    pub(super) row_identifier: Vec<Written>,
    pub(super) ids: Vec<RawId>,
    pub(super) filter: Option<Written>,
    pub(super) contract: RawContract,
    /// Why it cannot be built as it was meant: a part of it is not read.
    pub(super) fault: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct RawContract {
    pub(super) optional: bool,
    pub(super) event_stream: bool,
    pub(super) append_only: bool,
    pub(super) columns: Vec<(Written, Option<Written>)>,
}

#[derive(Debug)]
pub(super) struct RawId {
    pub(super) select: Written,
    pub(super) id_type: Written,
    pub(super) entity: Option<Written>,
    pub(super) to_default_stitcher: bool,
}

/// Whose var, feature table or SQL model it is.
#[derive(Debug, Default, Clone)]
pub(super) struct RawOwner {
    pub(super) entity: Option<Written>,
    pub(super) cohort: Option<Written>,
}

#[derive(Debug)]
pub(super) struct RawVar {
    pub(super) of_input: bool,
    pub(super) name: Written,
    pub(super) owner: RawOwner,
    pub(super) group: Option<Written>,
    /// It stands inside a feature table, as vars did before var groups.
    pub(super) in_feature_table: bool,
    pub(super) select: Option<Written>,
    pub(super) from: Option<Written>,
    pub(super) filter: Option<Written>,
    pub(super) order_by: Vec<Written>,
    pub(super) partition_by: Vec<Written>,
    pub(super) frame: Option<Written>,
    pub(super) default: Option<Written>,
    pub(super) served: bool,
    pub(super) description: Option<Written>,
    pub(super) tags: Vec<Written>,
    pub(super) data_type: Option<Written>,
    pub(super) merge: Option<Written>,
    pub(super) merge_where: Option<Written>,
    pub(super) status: EnableStatus,
    pub(super) time_grain: Option<Written>,
    pub(super) retention: Option<Written>,
    /// Why it cannot be built as it was meant: a part of it is not read.
    pub(super) fault: Option<String>,
}

impl RawVar {
    /// Whether both compute the same, apart from where they are written.
    pub(super) fn says_the_same_as(&self, other: &Self) -> bool {
        let said = |var: &Self| {
            let one = |w: &Option<Written>| w.as_ref().map(|w| w.text.trim().to_owned());
            let single = [
                &var.select,
                &var.from,
                &var.filter,
                &var.frame,
                &var.default,
                &var.data_type,
                &var.merge,
                &var.merge_where,
            ];
            let mut said: Vec<Option<String>> = single.into_iter().map(one).collect();
            said.extend(var.order_by.iter().map(|w| Some(w.text.trim().to_owned())));
            said.push(None);
            said.extend(var.partition_by.iter().map(|w| Some(w.text.trim().to_owned())));
            said
        };
        self.fault.is_none() && self.fault == other.fault && said(self) == said(other)
    }
}

#[derive(Debug)]
pub(super) struct RawMacro {
    pub(super) name: Written,
    pub(super) inputs: Vec<Written>,
    pub(super) value: Written,
    /// The model that it is of, in lower case; none for a macro of the whole project.
    pub(super) within: Option<String>,
    /// Why it cannot be built as it was meant: a part of it is not read.
    pub(super) fault: Option<String>,
}

#[derive(Debug)]
pub(super) struct RawModel {
    pub(super) name: Written,
    pub(super) kind: Written,
    pub(super) owner: RawOwner,
    pub(super) output: Option<OutputType>,
    pub(super) incremental: Option<bool>,
    pub(super) status: EnableStatus,
    pub(super) time_grain: Option<Written>,
    pub(super) retention: Option<Written>,
    pub(super) validity: Option<Written>,
    pub(super) ids: Vec<RawId>,
    pub(super) occurred_at: Option<Written>,
    pub(super) features: Vec<(Written, Option<Written>)>,
    pub(super) description: Option<Written>,
    pub(super) spec: RawSpec,
    /// Why it cannot be built as it was meant: a part of it is not read.
    pub(super) fault: Option<String>,
}

#[derive(Debug)]
pub(super) enum RawSpec {
    Stitcher {
        sources: Vec<RawEdgeSource>,
        max_iterations: Option<u64>,
        overlap: Option<Written>,
    },
    Sql {
        single: Option<Written>,
        multi: Option<Written>,
    },
    /// The rows of several, one below the other.
    Union(Vec<Written>),
    FeatureTable,
    Cohort {
        extends: Option<Written>,
        filter: RawCohortFilter,
        views: RawViews,
    },
    FeatureView {
        id: Option<Written>,
        views: RawViews,
    },
    /// A kind of model that is kept as a name only.
    Other,
}

#[derive(Debug)]
pub(super) struct RawEdgeSource {
    pub(super) from: Written,
    pub(super) ids: Vec<RawId>,
}

#[derive(Debug, Default)]
pub(super) struct RawCohortFilter {
    pub(super) steps: Vec<RawStep>,
    pub(super) expression: Option<RawExpression>,
}

#[derive(Debug)]
pub(super) struct RawStep {
    pub(super) include: bool,
    pub(super) rule: RawRule,
    pub(super) place: Place,
}

#[derive(Debug)]
pub(super) enum RawExpression {
    Condition(Written),
    And(Vec<RawExpression>),
    Or(Vec<RawExpression>),
}
